/* The way of a request through the framework: routes, binding, errors, roles; against the interface of the HTTP server. */
#include "api/resources.h"

#include "model/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a resource for the tests ---- */

struct thing {
    int32_t id;
    text name, reason;
    int32_t size;
    text token;
};
static SHAPE(thing, "Thing",
             FIELDS(FIELD(thing, id, "id"), FIELD(thing, name, "name", .required = true, .max_length = 10),
                    FIELD(thing, size, "size"), FIELD(thing, reason, "reason", .query = true, .nullable = true),
                    FIELD(thing, token, "X-Token", .header = true, .nullable = true)));

static FALLIBLE thing_put(struct call *c, const struct thing *in, struct thing *out) {
    (void)c;
    *out = *in;
    return NULL;
}
HANDLER(thing_put, thing, thing)

struct things {
    int32_t id;
    struct LIST(struct thing) all;
};
static SHAPE(things, NULL, FIELDS(FIELD(things, id, "id"), OBJECTS(things, all, "all", thing, .body = true)));

struct count {
    int32_t count;
};
static SHAPE(count, NULL, FIELDS(FIELD(count, count, "")), .bare = true);

static FALLIBLE things_put(struct call *c, const struct things *in, struct count *out) {
    (void)c;
    out->count = (int32_t)in->all.count + in->id;
    return NULL;
}
HANDLER(things_put, things, count)

struct failing {
    text how;
};
static SHAPE(failing, NULL, FIELDS(FIELD(failing, how, "how")));

static FALLIBLE fails(struct call *c, const struct failing *in, struct nothing *out) {
    (void)out;
    if (text_equal(in->how, T("missing"))) return FAIL(ERROR_NOT_FOUND, "There is no thing.");
    if (text_equal(in->how, T("invalid"))) return call_invalid(c, "steps[2].type", "Unknown type.");
    if (text_equal(in->how, T("gateway"))) return call_fail(c, 502, "BAD_GATEWAY", "The directory did not answer.");
    if (text_equal(in->how, T("internal"))) return FAIL(ERROR_INTERNAL, "secret table pwd at 10.0.0.1");
    if (text_equal(in->how, T("busy"))) return FAIL(ERROR_BUSY, "secret lock");
    struct count impact = {7};
    return CALL_REPLY(c, 409, count, &impact);
}
HANDLER(fails, failing, nothing)

static FALLIBLE let_in(struct call *c, const struct nothing *in, struct nothing *out) {
    (void)c, (void)in, (void)out;
    return FAIL(ERROR_CONFLICT, "Let in.");
}
HANDLER(let_in, nothing, nothing)

static FALLIBLE plain(struct call *c, const struct by_uuid *in, struct nothing *out) {
    (void)in, (void)out;
    return call_bytes(c, 200, "text/plain", T("uuid"));
}
HANDLER(plain, by_uuid, nothing)
static FALLIBLE named(struct call *c, const struct by_name *in, struct nothing *out) {
    (void)out;
    return call_bytes(c, 200, "text/plain", in->name);
}
HANDLER(named, by_name, nothing)

static const struct routes test_routes = ROUTES(
    "Test", "/api/v1/test",
    ROUTE(PUT, "/things/{id}", thing_put, "Puts.", .operation = "PutThing", .role = ROLE_ANONYMOUS, .body_limit = 1000),
    ROUTE(POST, "/things/{id}/all", things_put, "Puts many.", .operation = "PutThings", .role = ROLE_ANONYMOUS, .status = 202),
    ROUTE(GET, "/fail", fails, "Fails.", .operation = "Fail", .role = ROLE_ANONYMOUS, .also = ALSO({409, &count_shape, "In use."})),
    ROUTE(GET, "/kinds/{id}", plain, "A uuid.", .operation = "ByUuid", .role = ROLE_ANONYMOUS, .produces = "text/plain"),
    ROUTE(GET, "/kinds/{name}", named, "A name.", .operation = "ByName", .role = ROLE_ANONYMOUS, .produces = "text/plain"),
    ROUTE(GET, "/kinds/fixed", fails, "A fixed one.", .operation = "Fixed", .role = ROLE_ANONYMOUS),
    ROUTE(POST, "/operate", let_in, "For operators.", .operation = "Operate", .role = ROLE_OPERATOR),
    ROUTE(POST, "/password", let_in, "A password.", .operation = "Password", .role = ROLE_PASSWORD_OPERATOR, .requires_tls = true));

/* ---- a server without sockets ---- */

static char folder[] = "/tmp/joinery-api-XXXXXX";
static arena *a;
static store *kept;
static callers *who;
static api *server;
static struct services services;
static text admin;

static error *open_all(FILE *say) {
    struct store_options options = {.url = arena_print(a, "sqlite:%s/joinery.db", folder), .slow_ms = -1, .create = true};
    TRY(store_open(&options, &kept));
    TRY(callers_new(&(struct callers_options){.store = kept}, &who));
    TRY(callers_first_start(who, (text){0}, text_of(folder), say, instant_now()));
    services.store = kept;
    services.callers = who;
    static const struct routes *tables[] = {&test_routes,    &health_routes,    &auth_routes,    &userinfo_routes,
                                            &apikeys_routes, &reference_routes, &metrics_routes, NULL};
    return api_new(&services, tables, &server);
}

static text read_file(const char *name) {
    char bytes[200] = {0};
    FILE *f = fopen(arena_cstring(a, arena_print(a, "%s/%s", folder, name)), "r");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes - 1, f);
    fclose(f);
    return arena_text(a, text_trim_ascii((text){bytes, len}));
}

static int setup(void **state) {
    (void)state;
    a = arena_new(1 << 28);
    if (!mkdtemp(folder)) return 1;
    FILE *say = fopen(arena_cstring(a, arena_print(a, "%s/said", folder)), "w");
    error *e = open_all(say);
    fclose(say);
    if (e) {
        char out[1000];
        fprintf(stderr, "%s\n", error_chain(e, out, sizeof out));
        return 1;
    }
    admin = read_file("admin.key");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    api_free(server);
    callers_free(who);
    store_close(kept);
    const char *command = arena_cstring(a, arena_print(a, "rm -r %s", folder));
    int rc = system(command);
    arena_free(a);
    return rc;
}

struct sent {
    const char *content_type, *key, *cookie, *token, *client;
    bool secure;
};
static int requests; /* every one from another address, for the limits of §4 */

static struct http_reply send_with(enum http_method method, const char *target, const char *body, struct sent sent) {
    struct http_request *r = ARENA_NEW(a, struct http_request);
    const char *question = strchr(target, '?');
    *r = (struct http_request){.a = a,
                               .method = method,
                               .secure = sent.secure,
                               .path = {target, question ? (size_t)(question - target) : strlen(target)},
                               .host = T("example.org"),
                               .client = sent.client ? text_of(sent.client) : arena_print(a, "192.0.2.%d", ++requests % 250),
                               .request_id = T("r-1"),
                               .body = text_of(body),
                               .content_type = text_of(body ? sent.content_type ? sent.content_type : "application/json" : NULL)};
    for (char *pair = question ? strtok((char *)(uintptr_t)arena_cstring(a, text_of(question + 1)), "&") : NULL; pair;
         pair = strtok(NULL, "&")) {
        char *equals = strchr(pair, '=');
        *LIST_ADD(a, &r->query) = (struct http_pair){{pair, (size_t)(equals - pair)}, text_of(equals + 1)};
    }
    if (sent.key) *LIST_ADD(a, &r->headers) = (struct http_pair){T("x-api-key"), text_of(sent.key)};
    if (sent.cookie) *LIST_ADD(a, &r->headers) = (struct http_pair){T("Cookie"), text_of(sent.cookie)};
    if (sent.token) *LIST_ADD(a, &r->headers) = (struct http_pair){T("X-Joinery-Token"), text_of(sent.token)};
    *LIST_ADD(a, &r->headers) = (struct http_pair){T("x-token"), T("hello")};
    struct http_reply reply = {.a = a};
    struct http_app app = api_app(server);
    size_t max = 0;
    if (app.limit(app.state, r, &max, &reply)) app.handle(app.state, r, &reply);
    return reply;
}

static struct http_reply send(enum http_method method, const char *target, const char *body) {
    return send_with(method, target, body, (struct sent){0});
}

static struct http_reply as_admin(enum http_method method, const char *target, const char *body) {
    return send_with(method, target, body, (struct sent){.key = arena_cstring(a, admin)});
}

static const struct json *json_of(const struct http_reply *reply) {
    const struct json *tree = NULL;
    error *e = json_read(a, reply->body, (struct json_limits){.refuse_repeated = true}, &tree, NULL);
    if (e) fail_msg("%s: %.*s", e->sentence, TEXT_ARG(reply->body));
    return tree;
}

static text member(const struct http_reply *reply, const char *name) {
    const struct json *m = json_member(json_of(reply), text_of(name));
    return m ? m->content : (text){0};
}

static text header(const struct http_reply *reply, text name) {
    for (EACH(const struct http_pair, p, &reply->headers))
        if (text_equal_ascii_case(p->name, name)) return p->value;
    return (text){0};
}

#define assert_text(t, literal)                                                                                                    \
    do {                                                                                                                           \
        text t_ = (t);                                                                                                             \
        if (!text_equal(t_, T(literal))) fail_msg("is %.*s, should be %s", TEXT_ARG(t_), literal);                                 \
    } while (0)

/* Every error has the same five members. */
static void assert_envelope(struct http_reply reply, int status, const char *code) {
    if (reply.status != status) fail_msg("is %d, should be %d: %.*s", reply.status, status, TEXT_ARG(reply.body));
    text is = member(&reply, "code");
    if (!text_equal(is, text_of(code))) fail_msg("is %.*s, should be %s", TEXT_ARG(is), code);
    const struct json *tree = json_of(&reply);
    assert_int_equal(tree->count, status == 401 ? 6 : 5);
    assert_true(member(&reply, "message").len > 0 && member(&reply, "timestamp").len > 0);
    assert_non_null(json_member(tree, T("details")));
    assert_non_null(json_member(tree, T("validationErrors")));
    if (status == 401) assert_text(member(&reply, "error"), "Unauthorized");
}

/* ---- tests ---- */

static void paths_are_found_in_any_letter_case_and_by_type(void **state) {
    (void)state;
    assert_envelope(send(HTTP_GET, "/api/v1/nowhere", NULL), 404, "NOT_FOUND");
    assert_envelope(send(HTTP_GET, "/api", NULL), 404, "NOT_FOUND");
    assert_int_equal(send(HTTP_GET, "/API/V1/HEALTH/", NULL).status, 200);
    assert_text(send(HTTP_GET, "/api/v1/test/kinds/01234567-89ab-4cde-8f01-23456789abcd", NULL).body, "uuid");
    assert_text(send(HTTP_GET, "/api/v1/test/Kinds/Ann", NULL).body, "Ann");
    assert_int_equal(send(HTTP_GET, "/api/v1/test/kinds/FIXED", NULL).status, 409);
    assert_envelope(send(HTTP_PUT, "/api/v1/test/things/x", "{}"), 404, "NOT_FOUND");
    assert_envelope(send(HTTP_PUT, "/api/v1/test/things/99999999999", "{}"), 404, "NOT_FOUND");
}

static void wrong_methods_name_the_right_ones_before_credentials(void **state) {
    (void)state;
    struct http_reply r = send(HTTP_DELETE, "/api/v1/apikeys", NULL);
    assert_envelope(r, 405, "METHOD_NOT_ALLOWED");
    assert_text(header(&r, T("Allow")), "GET, HEAD, POST");
}

static void a_struct_is_filled_from_path_query_header_and_body(void **state) {
    (void)state;
    struct http_reply r =
        send(HTTP_PUT, "/api/v1/test/things/5?REASON=why&other=1", "{\"NAME\":\"n\",\"size\":\"3\",\"id\":9,\"reason\":\"no\"}");
    assert_int_equal(r.status, 200);
    assert_text(r.body, "{\"id\":5,\"name\":\"n\",\"size\":3,\"reason\":\"why\",\"X-Token\":\"hello\"}");
    r = send(HTTP_POST, "/api/v1/test/things/5/all", "[{\"name\":\"a\"},{\"name\":\"b\"}]");
    assert_int_equal(r.status, 202);
    assert_text(r.body, "7");
}

static void bad_bodies_are_told_precisely(void **state) {
    (void)state;
    assert_envelope(send(HTTP_PUT, "/api/v1/test/things/5", "{\"name\":"), 400, "MALFORMED_JSON");
    assert_envelope(send(HTTP_PUT, "/api/v1/test/things/5", ""), 400, "MALFORMED_JSON");
    struct http_reply r = send(HTTP_PUT, "/api/v1/test/things/5", "{\"size\":\"x\"}");
    assert_envelope(r, 400, "VALIDATION_ERROR");
    const struct json *errors = json_member(json_of(&r), T("validationErrors"));
    assert_int_equal(errors->count, 2);
    assert_int_equal(json_member(errors, T("name"))->kind, JSON_ARRAY);
    r = send(HTTP_POST, "/api/v1/test/things/5/all", "[{\"name\":\"a\"},{\"name\":5}]");
    assert_non_null(json_member(json_member(json_of(&r), T("validationErrors")), T("[1].name")));
    assert_envelope(send(HTTP_PUT, "/api/v1/test/things/5", "{\"name\":\"a\",\"NAME\":\"b\"}"), 400, "VALIDATION_ERROR");
}

static void only_json_in_utf8_is_taken(void **state) {
    (void)state;
    const char *const good[] = {"application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json", "text/json"};
    const char *const bad[] = {"text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            send_with(HTTP_PUT, "/api/v1/test/things/5", "{\"name\":\"a\"}", (struct sent){.content_type = good[i]}).status, 200);
    for (size_t i = 0; i < 3; i++)
        assert_envelope(send_with(HTTP_PUT, "/api/v1/test/things/5", "{}", (struct sent){.content_type = bad[i]}), 415,
                        "UNSUPPORTED_MEDIA_TYPE");
}

static void kinds_of_errors_have_their_status_and_leak_nothing(void **state) {
    (void)state;
    struct http_reply r = send(HTTP_GET, "/api/v1/test/fail?how=missing", NULL);
    assert_envelope(r, 404, "NOT_FOUND");
    assert_text(member(&r, "message"), "There is no thing.");
    r = send(HTTP_GET, "/api/v1/test/fail?how=invalid", NULL);
    assert_envelope(r, 400, "VALIDATION_ERROR");
    assert_non_null(json_member(json_member(json_of(&r), T("validationErrors")), T("steps[2].type")));
    assert_envelope(send(HTTP_GET, "/api/v1/test/fail?how=gateway", NULL), 502, "BAD_GATEWAY");
    r = send(HTTP_GET, "/api/v1/test/fail?how=internal", NULL);
    assert_envelope(r, 500, "INTERNAL_ERROR");
    assert_true(text_find(r.body, T("secret")) == SIZE_MAX && text_find(r.body, T("r-1")) != SIZE_MAX);
    r = send(HTTP_GET, "/api/v1/test/fail?how=busy", NULL);
    assert_envelope(r, 503, "SERVICE_UNAVAILABLE");
    assert_true(text_equal(header(&r, T("Retry-After")), T("5")) && text_find(r.body, T("secret")) == SIZE_MAX);
    r = send(HTTP_GET, "/api/v1/test/fail?how=impact", NULL);
    assert_int_equal(r.status, 409);
    assert_text(r.body, "7");
}

static void the_server_s_own_errors_have_the_envelope(void **state) {
    (void)state;
    struct http_app app = api_app(server);
    struct http_reply reply = {.a = a};
    app.error(app.state, NULL, 431, "The headers are too large.", &reply);
    assert_envelope(reply, 431, "HEADERS_TOO_LARGE");
}

static void callers_need_credentials_and_roles(void **state) {
    (void)state;
    assert_envelope(send(HTTP_GET, "/api/v1/apikeys", NULL), 401, "UNAUTHORISED");
    assert_envelope(send_with(HTTP_GET, "/api/v1/apikeys", NULL, (struct sent){.key = "nonsense"}), 401, "UNAUTHORISED");
    assert_int_equal(send_with(HTTP_GET, "/api/v1/health", NULL, (struct sent){.key = "nonsense"}).status, 200);
    assert_int_equal(as_admin(HTTP_GET, "/api/v1/apikeys", NULL).status, 200);
    assert_envelope(as_admin(HTTP_POST, "/api/v1/test/password", NULL), 403, "FORBIDDEN");
    assert_int_equal(
        send_with(HTTP_POST, "/api/v1/test/password", NULL, (struct sent){.key = arena_cstring(a, admin), .secure = true}).status,
        409);
}

static text make_key(const char *body, text *id) {
    struct http_reply r = as_admin(HTTP_POST, "/api/v1/apikeys", body);
    assert_int_equal(r.status, 201);
    *id = member(&r, "id");
    text at = header(&r, T("Location")), want = arena_print(a, "http://example.org/api/v1/apikeys/%.*s", TEXT_ARG(*id));
    assert_true(text_equal(at, want));
    return member(&r, "key");
}

static int32_t role_id(const char *name) {
    OWNED(store_tx) tx = NULL;
    struct roles roles = {0};
    assert_null(store_read(kept, &tx));
    assert_null(store_roles(tx, a, &roles));
    for (EACH(struct role, role, &roles))
        if (text_equal(role->name, text_of(name))) return role->id;
    fail_msg("no role %s", name);
    return 0;
}

static int status_as(text key, enum http_method method, const char *target) {
    return send_with(method, target, NULL, (struct sent){.key = arena_cstring(a, key)}).status;
}

static void keys_live_from_creation_to_deletion(void **state) {
    (void)state;
    assert_envelope(as_admin(HTTP_POST, "/api/v1/apikeys", "{\"description\":\"x\"}"), 400, "VALIDATION_ERROR");
    assert_envelope(as_admin(HTTP_POST, "/api/v1/apikeys", "{\"name\":\"x\",\"roleIds\":[4711]}"), 400, "VALIDATION_ERROR");
    text id, key = make_key(arena_cstring(a, arena_print(a, "{\"name\":\"reader\",\"roleIds\":[%d]}", role_id("Auditor"))), &id);
    assert_int_equal(key.len, API_KEY_LENGTH);
    assert_true(text_starts_with(key, T("jny_ak_")));
    assert_int_equal(status_as(key, HTTP_GET, "/api/v1/apikeys"), 200); /* every GET */
    assert_int_equal(status_as(key, HTTP_POST, "/api/v1/test/operate"), 403);
    const char *at = arena_cstring(a, arena_print(a, "/api/v1/apikeys/%.*s", TEXT_ARG(id)));
    struct http_reply r = as_admin(HTTP_GET, at, NULL);
    assert_text(member(&r, "name"), "reader");
    assert_true(text_is_null(member(&r, "key")) && text_equal(member(&r, "keyPrefix"), text_slice(key, 0, 12)));
    const char *replaced =
        arena_cstring(a, arena_print(a, "{\"name\":\"worker\",\"roleIds\":[%d],\"isEnabled\":true}", role_id("Operator")));
    assert_int_equal(as_admin(HTTP_PUT, at, replaced).status, 200);
    assert_int_equal(status_as(key, HTTP_POST, "/api/v1/test/operate"), 409); /* let in */
    assert_int_equal(status_as(key, HTTP_DELETE, at), 403);
    assert_int_equal(as_admin(HTTP_PUT, at, "{\"name\":\"worker\"}").status, 200); /* isEnabled left out: disabled */
    assert_int_equal(status_as(key, HTTP_GET, "/api/v1/userinfo"), 401);
    assert_int_equal(as_admin(HTTP_PUT, at, "{\"name\":\"w\",\"isEnabled\":true,\"expiresAt\":\"2001-01-01T00:00:00Z\"}").status,
                     200);
    assert_int_equal(status_as(key, HTTP_GET, "/api/v1/userinfo"), 401);
    assert_int_equal(as_admin(HTTP_DELETE, at, NULL).status, 204);
    assert_envelope(as_admin(HTTP_GET, at, NULL), 404, "NOT_FOUND");
    assert_envelope(as_admin(HTTP_DELETE, at, NULL), 404, "NOT_FOUND");
}

static void userinfo_tells_true_roles(void **state) {
    (void)state;
    struct http_reply r = as_admin(HTTP_GET, "/api/v1/userinfo", NULL);
    assert_text(r.body,
                "{\"authorised\":true,\"isAdministrator\":true,\"name\":\"First administrator key\",\"authMethod\":\"api_key\","
                "\"metaverseObjectId\":null,\"roles\":[\"Administrator\",\"User\"]}");
    text id, key = make_key("{\"name\":\"nobody\"}", &id);
    r = send_with(HTTP_GET, "/api/v1/userinfo", NULL, (struct sent){.key = arena_cstring(a, key)});
    const struct json *authorised = json_member(json_of(&r), T("authorised"));
    assert_true(authorised && !authorised->truth && member(&r, "message").len);
    assert_int_equal(status_as(key, HTTP_GET, "/api/v1/apikeys"), 403);
}

static text cookie_value(const struct http_reply *r, const char *name) {
    for (EACH(const struct http_pair, p, &r->headers)) {
        if (!text_equal_ascii_case(p->name, T("Set-Cookie")) || !text_starts_with(p->value, text_of(name))) continue;
        return arena_text(a, text_slice(p->value, 0, text_find_byte(p->value, ';')));
    }
    fail_msg("no cookie %s", name);
    return (text){0};
}

static void a_session_stands_for_its_key(void **state) {
    (void)state;
    assert_envelope(send(HTTP_POST, "/api/v1/session", "{\"apiKey\":\"jny_ak_wrong\"}"), 401, "UNAUTHORISED");
    text id, key = make_key(arena_cstring(a, arena_print(a, "{\"name\":\"portal\",\"roleIds\":[%d]}", role_id("Operator"))), &id);
    struct http_reply r =
        send(HTTP_POST, "/api/v1/session", arena_cstring(a, arena_print(a, "{\"apiKey\":\"%.*s\"}", TEXT_ARG(key))));
    assert_int_equal(r.status, 204);
    const char *cookie = arena_cstring(a, cookie_value(&r, "joinery_session="));
    text token = cookie_value(&r, "joinery_token=");
    const char *repeated = arena_cstring(a, text_slice(token, 14, token.len));
    assert_int_equal(send_with(HTTP_GET, "/api/v1/apikeys", NULL, (struct sent){.cookie = cookie}).status, 200);
    assert_envelope(send_with(HTTP_POST, "/api/v1/test/operate", NULL, (struct sent){.cookie = cookie}), 403, "FORBIDDEN");
    assert_int_equal(send_with(HTTP_POST, "/api/v1/test/operate", NULL, (struct sent){.cookie = cookie, .token = repeated}).status,
                     409);
    char *spoilt = (char *)(uintptr_t)arena_cstring(a, text_of(cookie));
    spoilt[20] = spoilt[20] == '0' ? '1' : '0';
    assert_int_equal(send_with(HTTP_GET, "/api/v1/apikeys", NULL, (struct sent){.cookie = spoilt}).status, 401);
    assert_int_equal(send_with(HTTP_DELETE, "/api/v1/session", NULL, (struct sent){.cookie = cookie, .token = repeated}).status,
                     204);
    assert_int_equal(send_with(HTTP_GET, "/api/v1/apikeys", NULL, (struct sent){.cookie = cookie}).status, 401);
}

static void probes_and_bootstrap_need_nobody(void **state) {
    (void)state;
    assert_text(member(&(struct http_reply){.body = send(HTTP_GET, "/api/v1/health/ready", NULL).body}, "status"), "ready");
    struct http_reply r = send(HTTP_GET, "/api/v1/auth/config", NULL);
    assert_int_equal(r.status, 503);
    assert_text(member(&r, "error"), "sso_not_configured");
    assert_text(member(&r, "code"), "SERVICE_UNAVAILABLE");
    static atomic_bool maintenance = true;
    services.maintenance = &maintenance;
    r = send(HTTP_GET, "/api/v1/health/ready", NULL);
    services.maintenance = NULL;
    assert_int_equal(r.status, 503);
    assert_text(member(&r, "reason"), "maintenance_mode");
    assert_int_equal(send(HTTP_GET, "/metrics", NULL).status, 401);
    r = as_admin(HTTP_GET, "/metrics", NULL);
    assert_true(text_find(r.body, T("joinery_http_requests_total{route=\"/api/v1/health\",method=\"GET\"}")) != SIZE_MAX);
    r = send(HTTP_GET, "/api/openapi/v1.json", NULL);
    assert_true(r.status == 200 && header(&r, T("ETag")).len);
    (void)json_of(&r);
}

static void those_who_ask_too_often_have_to_wait(void **state) {
    (void)state;
    struct http_reply r;
    int answered = 0; /* a fixed minute may end meanwhile */
    do {
        r = send_with(HTTP_GET, "/api/v1/userinfo", NULL,
                      (struct sent){.client = "198.51.100.7", .key = answered % 2 ? "wrong" : NULL});
    } while (r.status == 401 && ++answered <= 60);
    assert_in_range(answered, 30, 60);
    for (int i = 0; i < 2; i++) {
        r = send_with(HTTP_GET, "/api/v1/userinfo", NULL, (struct sent){.client = "198.51.100.7", .key = i ? "wrong" : NULL});
        assert_envelope(r, 429, "TOO_MANY_REQUESTS");
        int32_t wait;
        assert_true(text_to_int32(header(&r, T("Retry-After")), &wait) && wait >= 1 && wait <= 60);
    }
    assert_int_equal(send_with(HTTP_GET, "/api/v1/health", NULL, (struct sent){.client = "198.51.100.7"}).status, 200);
    text id, key = make_key("{\"name\":\"busy\"}", &id);
    for (int i = 0; i < 300; i++) assert_int_equal(status_as(key, HTTP_GET, "/api/v1/userinfo"), 200);
    assert_int_equal(status_as(key, HTTP_GET, "/api/v1/userinfo"), 429);
}

static void the_first_start_makes_one_key_and_says_it_once(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(stat(arena_cstring(a, arena_print(a, "%s/admin.key", folder)), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(text_find(read_file("said"), admin) != SIZE_MAX);
    FILE *say = fopen(arena_cstring(a, arena_print(a, "%s/again", folder)), "w");
    assert_null(callers_first_start(who, (text){0}, text_of(folder), say, instant_now()));
    fclose(say);
    assert_int_equal(read_file("again").len, 0);
    assert_true(text_equal(read_file("admin.key"), admin));
}

static void an_infrastructure_key_comes_from_the_environment(void **state) {
    (void)state;
    instant now = instant_now();
    const char *key = "jim_ak_0123456789012345678901234567";
    assert_null(callers_first_start(who, T("jim_ak_short"), text_of(folder), stderr, now));
    assert_int_equal(status_as(T("jim_ak_short"), HTTP_GET, "/api/v1/userinfo"), 401);
    assert_null(
        callers_first_start(who, text_of(key), text_of(folder), stderr, (instant){now.ticks - 48 * 3600 * TICKS_PER_SECOND}));
    assert_int_equal(status_as(text_of(key), HTTP_GET, "/api/v1/apikeys"), 401); /* expired */
    assert_null(callers_first_start(who, text_of(key), text_of(folder), stderr, now));
    assert_int_equal(status_as(text_of(key), HTTP_GET, "/api/v1/apikeys"), 200); /* another day from that start */
}

static const struct routes roleless = ROUTES("X", "/api", ROUTE(GET, "/x", fails, "X.", .operation = "X"));
static const struct routes twice = ROUTES("X", "/api", ROUTE(GET, "/x", fails, "X.", .operation = "X1", .role = ROLE_USER),
                                          ROUTE(GET, "/X", fails, "X.", .operation = "X2", .role = ROLE_USER));
static const struct routes unknown = ROUTES("X", "/api", ROUTE(GET, "/x/{no}", fails, "X.", .operation = "X", .role = ROLE_USER));

static void broken_tables_do_not_start(void **state) {
    (void)state;
    const struct routes *const broken[] = {&roleless, &twice, &unknown};
    for (size_t i = 0; i < 3; i++) {
        const struct routes *const tables[] = {broken[i], NULL};
        struct services none = {0};
        api *made = NULL;
        OWNED(error) e = api_new(&none, tables, &made);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_INTERNAL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_found_in_any_letter_case_and_by_type),
        cmocka_unit_test(wrong_methods_name_the_right_ones_before_credentials),
        cmocka_unit_test(a_struct_is_filled_from_path_query_header_and_body),
        cmocka_unit_test(bad_bodies_are_told_precisely),
        cmocka_unit_test(only_json_in_utf8_is_taken),
        cmocka_unit_test(kinds_of_errors_have_their_status_and_leak_nothing),
        cmocka_unit_test(the_server_s_own_errors_have_the_envelope),
        cmocka_unit_test(callers_need_credentials_and_roles),
        cmocka_unit_test(keys_live_from_creation_to_deletion),
        cmocka_unit_test(userinfo_tells_true_roles),
        cmocka_unit_test(a_session_stands_for_its_key),
        cmocka_unit_test(probes_and_bootstrap_need_nobody),
        cmocka_unit_test(those_who_ask_too_often_have_to_wait),
        cmocka_unit_test(the_first_start_makes_one_key_and_says_it_once),
        cmocka_unit_test(an_infrastructure_key_comes_from_the_environment),
        cmocka_unit_test(broken_tables_do_not_start),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
