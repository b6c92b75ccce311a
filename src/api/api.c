/* The API as a whole: tables into routes, and the way of one request through them. */
#include "api/private.h"

#include "api/ws.h"
#include "api/ws_audit.h"
#include "base/crypto.h"
#include "base/log.h"
#include "http/assets.h"

#include <stdlib.h>

const struct api_style style_api = {.unauthorised_error_member = true};

static const struct api_style *style_of_path(text path) { return http_path_is_under(path, T("/ws")) ? &style_ws : &style_api; }

/* ---- building ---- */

/* Metrics live as long as the process. */
static struct metric *new_metric(const char *name, const char *help, const char *labels, enum metric_kind kind) {
    struct metric *m = calloc(1, sizeof *m);
    if (!m) abort();
    m->name = name;
    m->help = help;
    m->labels = labels;
    m->kind = kind;
    metric_register(m);
    return m;
}

static FALLIBLE route_metrics(struct bound_route *b) {
    char *labels;
    if (asprintf(&labels, "route=\"%.*s\",method=\"%s\"", TEXT_ARG(b->path), http_method_name(b->route->verb)) < 0)
        return FAIL(ERROR_INTERNAL, "out of memory");
    b->requests = new_metric("joinery_http_requests_total", "Requests by route.", labels, METRIC_COUNTER);
    b->failures = new_metric("joinery_http_failures_total", "Requests answered with 500 and above.", labels, METRIC_COUNTER);
    b->bytes = new_metric("joinery_http_reply_bytes_total", "Bytes of replies by route.", labels, METRIC_COUNTER);
    b->seconds = new_metric("joinery_http_request_seconds", "Time of requests.", labels, METRIC_HISTOGRAM);
    for (int i = 0; i < 4; i++) {
        if (asprintf(&labels, "route=\"%.*s\",method=\"%s\",status=\"%dxx\"", TEXT_ARG(b->path), http_method_name(b->route->verb),
                     i + 2) < 0)
            return FAIL(ERROR_INTERNAL, "out of memory");
        b->replies[i] = new_metric("joinery_http_replies_total", "Replies by route and class of status.", labels, METRIC_COUNTER);
    }
    return NULL;
}

static FALLIBLE check_operation(const struct api *x, const struct bound_route *b) {
    for (const struct bound_route *other = x->routes.at; other < b; other++)
        if (b->route->operation && other->route->operation && !strcmp(b->route->operation, other->route->operation))
            return FAIL(ERROR_INTERNAL, "the operation %s stands there twice", b->route->operation);
    return NULL;
}

static FALLIBLE add_table(struct api *x, const struct routes *table) {
    for (size_t i = 0; i < table->count; i++) {
        struct bound_route *b = &x->routes.at[x->routes.count++];
        TRY(route_bind(x->a, table, &table->at[i], b));
        TRY(check_operation(x, b));
        TRY(route_add(x->a, &x->root, b));
        TRY(route_metrics(b));
    }
    return NULL;
}

static size_t count_routes(const struct routes *const *tables) {
    size_t count = 0;
    for (; *tables; tables++) count += (*tables)->count;
    return count;
}

void api_settings_changed(api *x, const struct config *now) {
    int32_t most = WS_BODY_BYTES_STANDARD;
    (void)text_to_int32(config_setting(now, T("PublicApi.MaxBodyBytes")), &most);
    x->ws_body_max = (size_t)most;
    rate_limits_read(x->limiter, now);
}

static FALLIBLE read_settings(api *x) {
    const struct config *now;
    x->ws_body_max = WS_BODY_BYTES_STANDARD;
    if (!x->services->store) return NULL;
    TRY(store_config(x->services->store, &now));
    api_settings_changed(x, now);
    config_release(now);
    return NULL;
}

enum { API_BYTES = 256 << 20 };

FALLIBLE api_new(struct services *services, const struct routes *const *tables, api **out) {
    OWNED(arena) a = arena_new(API_BYTES);
    api *made = ARENA_NEW(a, api);
    made->a = a;
    made->services = services;
    OWNED(rate_limiter) limiter = rate_limiter_new();
    OWNED(rate_limiter) ws_limiter = rate_limiter_new();
    made->routes.at = ARENA_ARRAY(a, struct bound_route, count_routes(tables));
    for (; *tables; tables++) TRY(add_table(made, *tables));
    TRY(openapi_write(a, &made->routes, T("/api"), "Joinery", NULL, &made->document));
    made->document_etag = arena_print(a, "\"%016llx\"", (unsigned long long)text_hash(made->document));
    services->api = made;
    ws_search_register_metrics();
    made->limiter = TAKE(limiter);
    made->ws_limiter = TAKE(ws_limiter);
    TRY(read_settings(made));
    a = NULL;
    *out = made;
    return NULL;
}

void api_free(api *x) {
    if (!x) return;
    rate_limiter_free(x->limiter);
    rate_limiter_free(x->ws_limiter);
    arena_free(x->a);
}

FALLIBLE api_document_of(const struct api *x, arena *a, text root, const char *title, const char *security, text *out) {
    return openapi_write(a, &x->routes, root, title, security, out);
}

text api_document(const struct api *x) { return x->document; }
text api_document_etag(const struct api *x) { return x->document_etag; }

/* ---- before the body ---- */

static void refuse(struct http_reply *reply, text path, int status, const char *message) {
    struct failure f = {.status = status, .code = code_of_status(status), .message = text_of(message)};
    envelope_reply(reply, &f, NULL, style_of_path(path), instant_now());
}

/* HEAD works wherever GET does. */
static void allow_header(struct http_reply *reply, unsigned allowed) {
    OWNED_VALUE(buffer) b = {.max = 200};
    for (int i = 0; i < HTTP_METHODS; i++)
        if (allowed >> i & 1) buffer_print(&b, "%s%s, ", http_method_name((enum http_method)i), i == HTTP_GET ? ", HEAD" : "");
    if (b.len) http_reply_header(reply, T("Allow"), text_slice(buffer_as_text(&b), 0, b.len - 2));
}

/* What is there only sometimes looks as if it were nowhere, whatever is asked of it. */
static bool in_explorer(text path) {
    return http_path_is_under(path, T("/ws/swagger-ui")) || http_path_is_under(path, T("/ws/v3"));
}
static bool in_api(text path) { return http_path_is_under(path, T("/api")) || http_path_is_under(path, T("/ws")); }

bool api_shows_reference(const struct services *services) { return !services->settings || services->settings->api_reference; }

/* A page of the portal has no dot in its last segment; the portal finds its own way from the start page. */
static const struct http_asset *asset_for(const struct api *x, text path) {
    if (!api_shows_reference(x->services) && text_equal(path, T("/api/reference"))) return NULL;
    const struct http_asset *asset = http_asset_find(path);
    if (asset || in_api(path)) return asset;
    for (size_t i = path.len; i-- && path.at[i] != '/';)
        if (path.at[i] == '.') return NULL;
    return http_asset_find(T("/index.html"));
}

static bool has_credentials(const struct http_request *r) {
    return http_header(r, T("X-API-Key")).at || http_header(r, T("Authorization")).at || http_cookie(r, T(SESSION_COOKIE)).at;
}

static size_t body_limit(const struct api *x, const struct bound_route *b) {
    if (http_path_is_under(b->path, T("/ws"))) return x->ws_body_max;
    if (b->route->body_limit) return b->route->body_limit;
    return b->body || b->body_fields || b->route->late_body ? BODY_BYTES_DEFAULT : BODY_BYTES_IGNORED;
}

#define TOO_MANY "Too many requests. Please wait as long as Retry-After says."
static bool is_limited(const struct bound_route *b) { return !b->route->unlimited && http_path_is_under(b->path, T("/api")); }

/* No route, or not this verb: a file, or why not. */
static void answer_unrouted(const struct api *x, const struct http_request *r, struct match *m, struct http_reply *reply) {
    const struct http_asset *asset = r->method == HTTP_GET && !in_explorer(r->path) ? asset_for(x, r->path) : NULL;
    if (in_explorer(r->path)) m->allowed = 0;
    bool options = m->allowed && style_of_path(r->path) == &style_ws;
    if (options) m->allowed |= 1u << HTTP_OPTIONS;
    if (options && r->method == HTTP_OPTIONS)
        reply->status = 204;
    else if (m->allowed)
        refuse(reply, r->path, 405, "The path does not know this method.");
    else if (asset)
        http_reply_asset(reply, r, asset);
    else
        refuse(reply, r->path, 404, "There is nothing at this path.");
    if (m->allowed) allow_header(reply, m->allowed);
}

/* Under /ws only POST brings something (public-data-api.md §10). */
static bool refuse_body(const struct http_request *r, struct http_reply *reply) {
    bool without = r->method == HTTP_GET || r->method == HTTP_DELETE || r->method == HTTP_OPTIONS;
    if (!without || !r->content_length || !http_path_is_under(r->path, T("/ws"))) return false;
    refuse(reply, r->path, 400, "This method has no body.");
    reply->close = true;
    return true;
}

static bool admit(const struct api *x, struct http_request *r, size_t *body_max, struct http_reply *reply) {
    if (refuse_body(r, reply)) return false;
    struct match *m = ARENA_NEW(r->a, struct match);
    route_find(&x->root, r->method, r->path, m);
    if (!m->route) {
        answer_unrouted(x, r, m, reply);
        return false;
    }
    bool needs_credentials = m->route->route->role != ROLE_ANONYMOUS && !m->route->style->authenticate;
    if (needs_credentials && !has_credentials(r)) {
        metric_add(m->route->requests, 1);
        metric_add(m->route->replies[2], 1);
        int wait = is_limited(m->route) ? rate_limit_unknown(x->limiter, r->client, monotonic_ns()) : 0;
        if (wait) {
            struct audit_event e = {.kind = AUDIT_LIMITED, .reason = "Too many requests without credentials", .client = r->client};
            audit_note(x->services->audit, &e, instant_now());
            http_reply_header_print(reply, T("Retry-After"), "%d", wait);
        }
        refuse(reply, r->path, wait ? 429 : 401, wait ? TOO_MANY : "Authentication required");
        return false;
    }
    *body_max = body_limit(x, m->route);
    r->route = m;
    return true;
}

static bool limit(void *state, struct http_request *r, size_t *body_max, struct http_reply *reply) {
    if (admit(state, r, body_max, reply)) return true;
    ws_audit_refusal(r, reply->status);
    return false;
}

/* ---- the way of one request ---- */

static FALLIBLE authenticate(struct call *c, const struct bound_route *b) {
    c->caller = caller_anonymous;
    if (b->style->authenticate) return b->style->authenticate(c);
    struct credentials given = {
        .api_key = http_header(c->http, T("X-API-Key")),
        .authorisation = http_header(c->http, T("Authorization")),
        .session = http_cookie(c->http, T(SESSION_COOKIE)),
        .client = c->http->client,
    };
    OWNED(error) refused = callers_identify(c->services->callers, c->a, &given, c->now, &c->caller);
    if (!refused) return NULL;
    if (refused->kind != ERROR_UNKNOWN_CALLER) return TAKE(refused);
    CALL_AUDIT(c,
               .kind = given.api_key.at         ? AUDIT_KEY_REFUSED
                       : given.authorisation.at ? AUDIT_TOKEN_REFUSED
                                                : AUDIT_SESSION_REFUSED,
               .reason = refused->sentence, .key_prefix = audit_key_prefix(given.api_key));
    if (b->route->role == ROLE_ANONYMOUS) return NULL; /* a bad key does not break anonymous endpoints */
    return TAKE(refused);
}

/* A browser sends cookies by itself, so a write by session must repeat its token (operations §2.5). */
static FALLIBLE check_forgery(struct call *c) {
    if (c->http->method == HTTP_GET || !text_equal(c->caller.method, T("session"))) return NULL;
    text token = http_header(c->http, T(SESSION_TOKEN_HEADER));
    text wanted = session_token(c->services->callers, c->a, http_cookie(c->http, T(SESSION_COOKIE)));
    if (token.len == wanted.len && equal_constant_time(token.at, wanted.at, wanted.len)) return NULL;
    CALL_AUDIT(c, .kind = AUDIT_DENIED, .reason = "The session's token is missing", .subject = text_of(c->route->operation));
    return call_fail(c, 403, "FORBIDDEN", "A write by session needs the header " SESSION_TOKEN_HEADER ".");
}

static FALLIBLE read_limits(struct call *c, rate_limiter *limiter) {
    if (!c->services->store || !rate_limits_due(limiter, monotonic_ns())) return NULL;
    const struct config *config;
    TRY(store_config(c->services->store, &config));
    rate_limits_read(limiter, config);
    config_release(config);
    return NULL;
}

/* Counted after authentication and before authorisation; `known` is false for failed credentials. */
static FALLIBLE check_rate(struct call *c, const struct bound_route *b, bool known) {
    if (!is_limited(b)) return NULL;
    rate_limiter *limiter = c->services->api->limiter;
    TRY(read_limits(c, limiter));
    int wait = known ? rate_limit_known(limiter, &c->caller, monotonic_ns())
                     : rate_limit_unknown(limiter, c->http->client, monotonic_ns());
    if (!wait) return NULL;
    CALL_AUDIT(c, .kind = AUDIT_LIMITED,
               .reason = known ? "Too many requests of one caller" : "Too many requests without credentials");
    call_header(c, "Retry-After", arena_print(c->a, "%d", wait));
    return call_fail(c, 429, "TOO_MANY_REQUESTS", TOO_MANY);
}

static FALLIBLE authorise(struct call *c, const struct bound_route *b) {
    const struct route *route = b->route;
    OWNED(error) refused = authenticate(c, b);
    TRY(check_rate(c, b, c->caller.kind != BY_ANONYMOUS));
    if (refused) return TAKE(refused);
    if (c->caller.kind != BY_ANONYMOUS) log_context("caller", c->caller.name);
    if (route->role != ROLE_ANONYMOUS && c->caller.kind == BY_ANONYMOUS) return FAIL(ERROR_UNKNOWN_CALLER, "no credentials");
    if (c->caller.infrastructure) CALL_AUDIT(c, .kind = AUDIT_INFRASTRUCTURE_KEY);
    if (!caller_may(&c->caller, route->role, route->verb == HTTP_GET)) {
        CALL_AUDIT(c, .kind = AUDIT_DENIED, .reason = "The caller lacks the role", .subject = text_of(route->operation));
        return call_fail(c, 403, "FORBIDDEN", "This needs the role %s.", role_name(route->role));
    }
    TRY(check_forgery(c));
    bool trial = c->services->settings && c->services->settings->allow_passwords_without_tls;
    if (route->requires_tls && !c->http->secure && !trial)
        return call_fail(c, 403, "FORBIDDEN", "Passwords travel only over HTTPS.");
    return NULL;
}

static FALLIBLE write_result(struct call *c, const struct bound_route *b, const void *out) {
    const struct shape *shape = b->route->handler->out;
    int standard = shape == &nothing_shape ? 204 : 200;
    int status = c->status ? c->status : b->route->status ? b->route->status : standard;
    if (shape != &nothing_shape) return call_reply(c, status, shape, out);
    c->reply->status = status;
    return NULL;
}

static FALLIBLE answer(struct call *c, const struct match *m) {
    const struct bound_route *b = m->route;
    const struct handler *h = b->route->handler;
    TRY(authorise(c, b));
    void *in = arena_alloc(c->a, h->in->size), *out = arena_alloc(c->a, h->out->size);
    TRY(bind_request(c, m, in));
    TRY(h->run(c, in, out));
    return c->replied ? NULL : write_result(c, b, out);
}

static void answer_error(struct call *c, const struct bound_route *b, const error *e) {
    struct failure f;
    failure_of_error(c, e, &f);
    if (f.status >= 500) {
        log_error("request failed", e);
        if (text_is_null(f.details)) f.details = arena_print(c->a, "request %.*s", TEXT_ARG(c->http->request_id));
    }
    envelope_reply(c->reply, &f, c->problems.count ? &c->problems : NULL, b->style, c->now);
}

/* The books of a request that was answered. */
static void settle(struct call *c, const struct bound_route *b, int64_t began_ns) {
    struct http_reply *reply = c->reply;
    if (b->style->audit) b->style->audit(c, reply->status ? reply->status : 200, monotonic_ns() - began_ns);
    metric_add(b->requests, 1);
    metric_add(b->bytes, (int64_t)reply->body.len);
    if (reply->status >= 500) metric_add(b->failures, 1);
    metric_add(b->replies[reply->status >= 200 && reply->status < 600 ? reply->status / 100 - 2 : 0], 1);
    metric_observe_ns(b->seconds, monotonic_ns() - began_ns);
}

/* True when it was stopped only by a body that is not there yet, or because it would take long. */
static bool carry_out(const struct api *x, struct http_request *r, struct http_reply *reply, bool brief) {
    const struct match *m = r->route;
    const struct bound_route *b = m->route;
    struct call c = {.a = r->a,
                     .http = r,
                     .route = b->route,
                     .services = x->services,
                     .now = instant_now(),
                     .reply = reply,
                     .brief = brief,
                     .strict = b->style->strict};
    c.problems.a = r->a;
    int64_t began = monotonic_ns();
    if (b->route->operation) log_context("operation", text_of(b->route->operation));
    OWNED(error) e = answer(&c, m);
    bool unfinished = c.reached_body || c.too_long;
    if (e && !unfinished) answer_error(&c, b, e);
    if (!unfinished) settle(&c, b, began);
    for (size_t i = 0; i < sizeof c.configs / sizeof c.configs[0]; i++) config_release(c.configs[i]);
    return unfinished;
}

static void handle(void *state, struct http_request *r, struct http_reply *reply) { (void)carry_out(state, r, reply, false); }

/* Other routes read their body before they check. */
static bool check(void *state, struct http_request *r, struct http_reply *reply) {
    const struct match *m = r->route;
    return !m->route->route->late_body || carry_out(state, r, reply, false);
}

/* A wake-up of a worker, and one back, cost more than a short search. */
static bool at_once(void *state, struct http_request *r, struct http_reply *reply) {
    const struct api *x = state;
    const struct match *m = r->route;
    if (!m->route->route->brief || !ws_is_at_hand(x->services, r)) return false;
    r->checked = carry_out(x, r, reply, true);
    return !r->checked;
}

/* Searches are never named by an odd path: for whom it concerns, there is nothing there (public-data-api.md §10). */
static bool names_nothing(const struct http_request *r, int status, const char *sentence) {
    if (!r || r->path.at || !r->raw_path.at || status != 400 || !text_starts_with(r->raw_path, T("/ws/"))) return false;
    text wrong = text_of(sentence);
    if (text_equal(wrong, T(HTTP_EMPTY_SEGMENT))) return true;
    bool described = text_starts_with(r->raw_path, T("/ws/data/resources/search/"));
    return described && (text_equal(wrong, T(HTTP_DOT_SEGMENT)) || text_equal(wrong, T(HTTP_ESCAPED_SLASH)));
}

static void server_error(void *state, const struct http_request *r, int status, const char *sentence, struct http_reply *reply) {
    (void)state;
    if (names_nothing(r, status, sentence)) status = 404, sentence = "There is nothing at this path.";
    text path = !r ? (text){0} : r->path.at ? r->path : r->raw_path;
    refuse(reply, path.at ? path : T("/api"), status, sentence);
    ws_audit_refusal(r, status);
}

struct http_app api_app(struct api *x) {
    return (struct http_app){
        .state = x, .limit = limit, .handle = handle, .error = server_error, .check = check, .at_once = at_once};
}
