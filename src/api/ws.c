/* The order of checks of the Public Data API (public-data-api.md §2.3), steps 3 to 9; framing and routes come before, parameters
 * and bodies after. */
#include "api/ws.h"

#include "api/change.h"
#include "api/private.h"
#include "api/ws_audit.h"
#include "base/log.h"
#include "search/catalogue.h"

#include <stdlib.h>

const text ws_services[WS_SERVICES] = {
    T("/data/async-search"), T("/data/async-search/{name}"), T("/data/async-search/{name}/result-set/{uuid}"),
    T("/data/resources"),    T("/data/resources/search"),    T("/data/resources/search/{name}"),
    T("/data/search"),       T("/data/search/{name}"),
};

static bool setting_is(snapshot *s, text key, bool standard) {
    text value = config_setting(s, key);
    return text_is_null(value) ? standard : text_equal(value, T("true"));
}

static int32_t number(snapshot *s, const char *key, int32_t standard) {
    (void)text_to_int32(config_setting(s, text_of(key)), &standard);
    return standard;
}

static FALLIBLE ws_settings_read(struct call *c, struct ws_settings *out) {
    snapshot *s;
    TRY(call_config(c, &s));
    text name = config_setting(s, T("Instance.Name"));
    out->limits = (struct public_limits){.token_minutes = number(s, "PublicApi.Jwt.MaxDurationMinutes", 30),
                                         .bind_address = setting_is(s, T("PublicApi.Jwt.BindRemoteAddress"), true),
                                         .issuer = text_is_empty(name) ? T("Joinery") : name};
    out->requests = number(s, "PublicApi.RateLimit.RequestsPerMinute", 6000);
    out->failures = number(s, "PublicApi.RateLimit.FailedAuthPerMinute", 30);
    out->require_tls = setting_is(s, T("PublicApi.RequireTls"), true);
    out->most_page_size = number(s, "PublicApi.MaxPageSize", 1000);
    out->page_size = number(s, "PublicApi.DefaultPageSize", 100);
    if (out->page_size > out->most_page_size) out->page_size = out->most_page_size;
    out->most_offset = number(s, "PublicApi.MaxOffset", 1000000);
    out->search_seconds = number(s, "PublicApi.SearchTimeoutSeconds", 30);
    out->hide_forbidden = setting_is(s, T("PublicApi.HideForbiddenSearches"), false);
    out->links_to_search = setting_is(s, T("PublicApi.Async.LinksToSearch"), true);
    out->explorer = setting_is(s, T("PublicApi.OpenApiDocs.Enabled"), false);
    c->services->api->ws_body_max = (size_t)number(s, "PublicApi.MaxBodyBytes", WS_BODY_BYTES_STANDARD);
    return NULL;
}

static bool is_loopback(text client) { return text_starts_with(client, T("127.")) || text_equal(client, T("::1")); }

static FALLIBLE unauthorised(struct call *c, bool with_token) {
    call_header(c, "WWW-Authenticate", T("Basic realm=\"Joinery\", charset=\"UTF-8\""));
    call_header(c, "WWW-Authenticate",
                with_token ? T("Bearer realm=\"Joinery\", error=\"invalid_token\"") : T("Bearer realm=\"Joinery\""));
    return FAIL(ERROR_UNKNOWN_CALLER, "credentials are missing or wrong");
}

/* Exactly one, in decimal digits, from 1 to the greatest int32. */
static FALLIBLE read_tenant(struct call *c, int32_t *tenant) {
    size_t given = 0;
    text value = {0};
    for (EACH(const struct http_pair, p, &c->http->query)) {
        bool like = text_equal_ascii_case(p->name, T("tenantId"));
        if (like && !text_equal(p->name, T("tenantId")))
            return call_bad_parameter(c, arena_cstring(c->a, p->name), "It is written tenantId.");
        if (!like) continue;
        given++;
        value = p->value;
    }
    if (!given) return call_bad_parameter(c, "tenantId", "Is required.");
    if (given > 1) return call_bad_parameter(c, "tenantId", "Must stand there once.");
    bool digits = value.len && value.at[0] >= '0' && value.at[0] <= '9';
    if (!digits || !text_to_int32(value, tenant) || *tenant < 1)
        return call_bad_parameter(c, "tenantId", "Must be a whole number from 1 to 2147483647.");
    return NULL;
}

text ws_caller_name(struct call *c) {
    return arena_print(c->a, "tenant %d: %.*s", c->data_caller.tenant, TEXT_ARG(c->data_caller.user_name));
}

static FALLIBLE too_many(struct call *c, int wait) {
    if (!wait) return NULL;
    bool known = c->data_caller.user != 0;
    CALL_AUDIT(c, .kind = AUDIT_LIMITED, .reason = known ? "Too many requests of one caller" : "Too many failed log-ins",
               .subject = known ? ws_caller_name(c) : (text){0});
    call_header(c, "Retry-After", arena_print(c->a, "%d", wait));
    return call_fail(c, 429, "TOO_MANY_REQUESTS", "Too many requests. Please wait as long as Retry-After says.");
}

/* Failed log-ins are counted by address, everything else by user. */
static FALLIBLE count(struct call *c, bool known) {
    rate_limiter *r = c->services->api->ws_limiter;
    const struct public_caller *k = &c->data_caller;
    if (known && c->http->checked) return NULL; /* it was counted before it was invited to send its body */
    if (!known) return too_many(c, rate_limit_unknown(r, c->http->client, monotonic_ns()));
    return too_many(c, rate_limit_named(r, arena_print(c->a, "%d:%d", k->tenant, k->user), monotonic_ns()));
}

static FALLIBLE identify(struct call *c, const struct ws_settings *settings, int32_t tenant) {
    const struct http_certificate *shown = c->http->certificate;
    struct public_credentials given = {.authorisation = http_header(c->http, T("Authorization")), .client = c->http->client};
    if (shown) given.thumbprint = shown->thumbprint, given.issuer = shown->issuer, given.serial = shown->serial;
    enum public_refusal refusal = PUBLIC_BAD_CREDENTIALS;
    const char *why = NULL;
    TRY(public_identify(c->services->public, c->a, &given, tenant, &settings->limits, c->now, &c->data_caller, &refusal, &why));
    TRY(count(c, refusal == PUBLIC_KNOWN));
    if (refusal == PUBLIC_KNOWN) return NULL;
    CALL_AUDIT(c, .kind = AUDIT_DATA_LOGIN_FAILED, .reason = why, .subject = arena_print(c->a, "tenant %d", tenant));
    if (refusal == PUBLIC_FOREIGN_TENANT) return call_fail(c, 403, "TOKEN_TENANT", "The token belongs to another tenant.");
    return unauthorised(c, refusal == PUBLIC_BAD_TOKEN);
}

enum { BRIEF_BODY = 16 * 1024 };

bool ws_is_at_hand(struct services *services, const struct http_request *r) {
    text credentials = http_header(r, T("Authorization"));
    bool token = credentials.len > 7 && text_equal_ascii_case(text_slice(credentials, 0, 7), T("Bearer "));
    return token && !r->checked && r->body.len <= BRIEF_BODY && public_is_at_hand(services->public) &&
           search_is_at_hand(services->search);
}

/* A token covers a route by its template, or by the template with the name of the search that is asked for (§3.3). */
static bool covers(struct call *c, const struct texts *audience, text template) {
    text path = text_slice(c->http->path, T("/ws").len, c->http->path.len);
    size_t name_at = text_find(template, T("{name}"));
    text concrete = {0};
    if (name_at != SIZE_MAX) {
        text rest = text_slice(path, name_at, path.len), behind = text_slice(template, name_at + T("{name}").len, template.len);
        size_t end = text_find_byte(rest, '/');
        text name = text_slice(rest, 0, end == SIZE_MAX ? rest.len : end);
        concrete = arena_print(c->a, "%.*s%.*s%.*s", (int)name_at, template.at, TEXT_ARG(name), TEXT_ARG(behind));
    }
    for (EACH(const text, service, audience))
        if (text_equal(*service, template) || (concrete.at && text_equal(*service, concrete))) return true;
    return false;
}

static FALLIBLE denied(struct call *c, const char *code, const char *why) {
    CALL_AUDIT(c, .kind = AUDIT_DATA_DENIED, .reason = why, .subject = ws_caller_name(c));
    return call_fail(c, 403, code, "%s", why);
}

/* Revoking itself is always in a token's scope; making tokens never is. */
static FALLIBLE check_scope(struct call *c, text template) {
    const struct public_caller *k = &c->data_caller;
    bool own = text_equal(template, T("/auth/token")) && c->http->method == HTTP_DELETE;
    if (k->by_token && !own && !covers(c, &k->audience, template))
        return denied(c, "TOKEN_SCOPE", "The token does not cover this service.");
    if (own) return NULL;
    unsigned needed = text_starts_with(template, T("/data")) ? 1u << MAY_SEARCH : 1u << MAY_MAKE_TOKENS;
    if (k->permissions & needed) return NULL;
    return denied(c, "FORBIDDEN", "The permission for this is missing.");
}

/* How closely a media range names JSON (0: not at all), and whether with a quality above nothing. */
static int range_names_json(arena *a, text range, bool *wanted) {
    static const text names[] = {T("*/*"), T("application/*"), T("application/json")};
    size_t semicolon = text_find_byte(range, ';');
    text type = text_trim_ascii(text_slice(range, 0, semicolon == SIZE_MAX ? range.len : semicolon));
    text parameters = semicolon == SIZE_MAX ? T("") : text_slice(range, semicolon, range.len);
    size_t q = text_find(parameters, T("q="));
    *wanted = q == SIZE_MAX || strtod(arena_cstring(a, text_slice(parameters, q + 2, parameters.len)), NULL) > 0;
    for (int i = 0; i < 3; i++)
        if (text_equal_ascii_case(type, names[i])) return i + 1;
    return 0;
}

/* The range that names JSON most closely decides (RFC 9110, 12.5.1). */
static FALLIBLE check_accept(struct call *c) {
    text rest = http_header(c->http, T("Accept"));
    int closest = 0;
    bool admitted = false;
    if (text_is_null(rest) || text_is_empty(text_trim_ascii(rest))) return NULL;
    while (rest.len) {
        size_t comma = text_find_byte(rest, ',');
        bool wanted;
        int names = range_names_json(c->a, text_slice(rest, 0, comma == SIZE_MAX ? rest.len : comma), &wanted);
        if (names > closest) closest = names, admitted = wanted;
        rest = comma == SIZE_MAX ? T("") : text_slice(rest, comma + 1, rest.len);
    }
    if (admitted) return NULL;
    return call_fail(c, 406, "NOT_ACCEPTABLE", "Answers here are application/json.");
}

static FALLIBLE know_settings(struct call *c) {
    struct ws_settings *settings = ARENA_NEW(c->a, struct ws_settings);
    TRY(ws_settings_read(c, settings));
    c->ws = settings;
    return NULL;
}

/* What comes before credentials. An address that guessed too often is not asked for them again in this minute: a right guess would
 * show. */
static FALLIBLE first_checks(struct call *c) {
    const struct ws_settings *settings = c->ws;
    if (settings->require_tls && !c->http->secure && !is_loopback(c->http->client))
        return call_fail(c, 403, "TLS_REQUIRED", "The Public Data API speaks only HTTPS here.");
    rate_limits_set(c->services->api->ws_limiter, settings->requests, settings->failures);
    return too_many(c, rate_limit_spent(c->services->api->ws_limiter, c->http->client, monotonic_ns()));
}

static bool has_credentials(const struct call *c) { return http_header(c->http, T("Authorization")).at || c->http->certificate; }

static void note_caller(struct call *c) {
    c->caller = (struct caller){
        .kind = BY_USER, .name = c->data_caller.user_name, .roles = ROLE_BIT(ROLE_USER), .method = c->data_caller.method};
}

static error *authenticate(struct call *c) {
    int32_t tenant = 0;
    TRY(know_settings(c));
    TRY(first_checks(c));
    if (!has_credentials(c)) return unauthorised(c, false);
    TRY(read_tenant(c, &tenant));
    TRY(identify(c, c->ws, tenant));
    note_caller(c);
    TRY(check_scope(c, text_of(c->route->path)));
    return check_accept(c);
}

/* Nothing is there unless the setting says so; then for passwords and certificates with any permission, in tenant 1 by default. */
static error *authenticate_explorer(struct call *c) {
    int32_t tenant = 1;
    TRY(know_settings(c));
    if (!c->ws->explorer) return FAIL(ERROR_NOT_FOUND, "There is nothing at this path.");
    TRY(first_checks(c));
    if (!has_credentials(c)) return unauthorised(c, false);
    if (http_query_ascii_case(c->http, T("tenantId")).at) TRY(read_tenant(c, &tenant));
    TRY(identify(c, c->ws, tenant));
    if (c->data_caller.by_token) return unauthorised(c, true);
    note_caller(c);
    return c->data_caller.permissions ? NULL : call_fail(c, 403, "FORBIDDEN", "The permission for this is missing.");
}

const struct api_style style_ws = {.strict = true, .pointers = true, .authenticate = authenticate, .audit = ws_audit};
const struct api_style style_ws_explorer = {
    .strict = true, .pointers = true, .authenticate = authenticate_explorer, .audit = ws_audit};
