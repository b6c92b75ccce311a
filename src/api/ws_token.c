/* The resource /ws/auth/token: tokens with the least rights that a program needs (public-data-api.md §3). */
#include "api/resources.h"
#include "api/ws_search.h"

#include "http/proxies.h"

enum { SERVICES_MAX = 64, SERVICE_BYTES_MAX = 3000 };

/* ---- what travels ---- */

struct token_request {
    uint64_t given;
    struct maybe_int32 duration;
    struct texts services;
    text service;
};
static SHAPE(token_request, "TokenRequest",
             FIELDS(FIELD(token_request, duration, "duration", .doc = "Minutes; absent: the longest allowed."),
                    FIELD(token_request, services, "services", .doc = "Either this …"),
                    FIELD(token_request, service, "service", .doc = "… or this.")),
             WITH_GIVEN(token_request));

/* The order of checks has read the tenant before; it stands here for the document. */
struct token_asked {
    int32_t tenant_id;
    const struct token_request *request;
};
static SHAPE(token_asked, NULL,
             FIELDS(FIELD(token_asked, tenant_id, "tenantId", .query = true, .required = true,
                          .doc = "The tenant that the caller is of."),
                    OBJECT(token_asked, request, "request", token_request, .body = true)));
struct token_of_tenant {
    int32_t tenant_id;
};
static SHAPE(token_of_tenant, NULL,
             FIELDS(FIELD(token_of_tenant, tenant_id, "tenantId", .query = true, .required = true,
                          .doc = "The tenant that the caller is of.")));

struct token_options {
    int32_t duration;
    struct texts services;
};
static SHAPE(token_options, "TokenOptions",
             FIELDS(FIELD(token_options, duration, "duration"), FIELD(token_options, services, "services")));

/* ---- what is done ---- */

/* One of the templates, or one with the name of a search in place of {name} that the caller may carry out. */
static bool is_service(const struct call *c, const struct search_catalogue *all, text service) {
    for (size_t i = 0; i < WS_SERVICES; i++) {
        text template = ws_services[i];
        if (text_equal(service, template)) return true;
        size_t at = text_find(template, T("{name}"));
        if (at == SIZE_MAX || !text_starts_with(service, text_slice(template, 0, at))) continue;
        text behind = text_slice(template, at + T("{name}").len, template.len);
        if (service.len < at + behind.len || !text_ends_with(service, behind)) continue;
        text name = text_slice(service, at, service.len - behind.len);
        const struct search_item *item = search_find(all, c->a, c->data_caller.tenant, name);
        if (item && ws_is_offered(item) && ws_may_execute(&c->data_caller, item)) return true;
    }
    return false;
}

static FALLIBLE check_services(struct call *c, const struct token_request *in, struct texts *out) {
    bool many = WAS_GIVEN(in, token_request, services), one = WAS_GIVEN(in, token_request, service);
    if (many == one) return call_invalid(c, many ? "services" : "service", "Exactly one of services and service must be given.");
    struct texts wanted = in->services;
    text single = in->service;
    if (one) wanted = (struct texts){.at = &single, .count = 1};
    if (!wanted.count) return call_invalid(c, "services", "Must name at least one service.");
    OWNED_VALUE(held_search) h = {.keeper = c->services->search};
    TRY(search_take(h.keeper, &h.all));
    size_t bytes = 0;
    for (size_t i = 0; i < wanted.count; i++) {
        bool twice = false;
        for (EACH(const text, known, out)) twice |= text_equal(*known, wanted.at[i]);
        if (!is_service(c, h.all, wanted.at[i]))
            call_problem(c, one ? "service" : arena_cstring(c->a, arena_print(c->a, "services[%zu]", i)),
                         "There is no such service.");
        bytes += wanted.at[i].len;
        if (!twice) *LIST_ADD(c->a, out) = wanted.at[i];
    }
    if (out->count > SERVICES_MAX || bytes > SERVICE_BYTES_MAX)
        call_problem(c, "services", "A token is for %d services and %d bytes of names at most.", SERVICES_MAX, SERVICE_BYTES_MAX);
    return call_check(c);
}

/* Tokens are given only to addresses that the user may come from. */
static FALLIBLE check_address(struct call *c) {
    struct http_networks allowed = {0};
    struct http_address address;
    text list = {0};
    const struct texts *networks = &c->data_caller.allowed_networks;
    bool known = http_address_read(c->http->client, &address);
    for (EACH(const text, n, networks)) list = list.at ? arena_print(c->a, "%.*s,%.*s", TEXT_ARG(list), TEXT_ARG(*n)) : *n;
    if (networks->count) http_networks_read(c->a, list, &allowed);
    if (known && (!networks->count || http_networks_hold(&allowed, address))) return NULL;
    return call_fail(c, 400, "INVALID_REMOTE_ADDRESS", "No token is given to this address.");
}

static FALLIBLE token_create(struct call *c, const struct token_asked *unread, struct nothing *out) {
    (void)unread, (void)out;
    struct token_request in = {0};
    struct texts services = {0};
    text token;
    TRY(check_address(c));
    TRY(CALL_BODY(c, token_request, &in));
    if (WAS_GIVEN(&in, token_request, duration) && !in.duration.given) return call_invalid(c, "duration", "Must not be null.");
    int longest = c->ws->limits.token_minutes, minutes = in.duration.given ? in.duration.value : longest;
    if (minutes < 1 || minutes > longest) return call_invalid(c, "duration", "Must be from 1 to %d minutes.", longest);
    TRY(check_services(c, &in, &services));
    TRY(public_issue(c->services->public, c->a, &c->data_caller, &services, minutes, c->http->client, &c->ws->limits, c->now,
                     &token));
    CALL_AUDIT(c, .kind = AUDIT_DATA_TOKEN_ISSUED, .subject = ws_caller_name(c),
               .detail = arena_print(c->a, "%zu services, %d minutes", services.count, minutes));
    call_header(c, "Authorization", arena_print(c->a, "Bearer %.*s", TEXT_ARG(token)));
    return NULL;
}
HANDLER(token_create, token_asked, nothing)

static FALLIBLE token_options(struct call *c, const struct token_of_tenant *in, struct token_options *out) {
    (void)in;
    out->duration = c->ws->limits.token_minutes;
    for (size_t i = 0; i < WS_SERVICES; i++) *LIST_ADD(c->a, &out->services) = ws_services[i];
    return NULL;
}
HANDLER(token_options, token_of_tenant, token_options)

static FALLIBLE token_revoke(struct call *c, const struct token_of_tenant *in, struct nothing *out) {
    (void)in, (void)out;
    if (!c->data_caller.by_token) return FAIL(ERROR_INVALID, "Only a token can take itself back; send it as the credential.");
    TRY(public_revoke(c->services->public, c->data_caller.jti, c->data_caller.token_ends, c->now));
    CALL_AUDIT(c, .kind = AUDIT_DATA_TOKEN_REVOKED, .subject = ws_caller_name(c), .detail = c->data_caller.jti);
    return NULL;
}
HANDLER(token_revoke, token_of_tenant, nothing)

/* ---- where it is reached ---- */

const struct routes ws_token_routes = {
    .tag = "Token",
    .base = "/ws",
    .style = &style_ws,
    .at =
        (const struct route[]){
            ROUTE(POST, "/auth/token", token_create, "Makes a token; it stands in the header Authorization of the reply.",
                  .operation = "CreateToken", .role = ROLE_USER, .status = 204, .late_body = true, .also = ALSO(WS_REFUSALS)),
            ROUTE(DELETE, "/auth/token", token_revoke, "Takes the token back with which it is called.", .operation = "RevokeToken",
                  .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
            ROUTE(GET, "/resources/auth/token", token_options, "Shows for how long and for what tokens can be made.",
                  .operation = "GetTokenOptions", .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
        },
    .count = 3,
};
