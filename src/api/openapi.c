/* The OpenAPI 3.1 document, written from the tables of routes and shapes. */
#include "api/private.h"

#include <stdio.h>

/* A named shape of the document and where it is used. */
struct component {
    const struct shape *shape;
    uint64_t only; /* request bodies whose struct also holds path and query fields */
    bool request, reply;
};
struct components LIST(struct component);
struct enum_component {
    const struct enum_names *names;
};
struct enum_list LIST(struct enum_component);

struct document {
    arena *a;
    struct json_writer w;
    struct components components;
    struct enum_list enums;
    const struct bound_routes *routes;
    text root; /* routes under it are shown */
    error *defect;
    bool visiting_reply;
    uint64_t visiting_only;
    const struct shape *visiting_root;
};

static void string_member(struct json_writer *w, const char *name, const char *value) {
    json_name(w, text_of(name));
    json_string(w, text_of(value));
}

static void object_member(struct json_writer *w, const char *name) {
    json_name(w, text_of(name));
    json_object(w);
}

static void array_member(struct json_writer *w, const char *name) {
    json_name(w, text_of(name));
    json_array(w);
}

/* ---- collecting what is named ---- */

static struct component *component_of(struct document *d, const struct shape *shape, uint64_t only) {
    for (EACH(struct component, c, &d->components)) {
        if (c->shape == shape && c->only == only) return c;
        bool clash = c->shape != shape && shape->name && c->shape->name && !strcmp(c->shape->name, shape->name);
        if (clash && !d->defect) d->defect = FAIL(ERROR_INTERNAL, "two shapes are named %s", shape->name);
    }
    struct component *c = LIST_ADD(d->a, &d->components);
    *c = (struct component){.shape = shape, .only = only};
    return c;
}

static bool visit_shape(void *state, const struct shape *shape) {
    struct document *d = state;
    struct component *c = component_of(d, shape, shape == d->visiting_root ? d->visiting_only : 0);
    bool *known = d->visiting_reply ? &c->reply : &c->request;
    if (*known) return false;
    return *known = true;
}

static void visit_enum(void *state, const struct enum_names *names) {
    struct document *d = state;
    for (EACH(struct enum_component, e, &d->enums)) {
        if (e->names == names) return;
        bool clash = names->name && e->names->name && !strcmp(e->names->name, names->name);
        if (clash && !d->defect) d->defect = FAIL(ERROR_INTERNAL, "two enumerations are named %s", names->name);
    }
    LIST_ADD(d->a, &d->enums)->names = names;
}

static void collect(struct document *d, const struct shape *shape, uint64_t only, bool reply) {
    const struct describe_visitor visitor = {d, visit_shape, visit_enum};
    d->visiting_reply = reply;
    d->visiting_only = only;
    d->visiting_root = shape;
    describe_visit(shape, only, &visitor);
}

/* 0 when all fields of `in` are the body. */
static uint64_t body_mask(const struct bound_route *b) {
    size_t count = b->route->handler->in->count;
    uint64_t all = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    return b->body_fields == all ? 0 : b->body_fields;
}

static void collect_route(struct document *d, const struct bound_route *b) {
    const struct shape *in = b->route->handler->in;
    const struct describe_visitor names_only = {d, visit_shape, visit_enum};
    if (b->body_fields) collect(d, in, body_mask(b), false);
    d->visiting_reply = false;
    d->visiting_root = NULL;
    for (size_t i = 0; i < in->count; i++) {
        if (b->body_fields >> i & 1) continue;
        if (in->fields[i].of) describe_visit(in->fields[i].of, 0, &names_only);
        if (in->fields[i].names) visit_enum(d, in->fields[i].names);
    }
    collect(d, b->route->handler->out, 0, true);
    for (const struct also *also = b->route->also; also && also->status; also++)
        if (also->shape) collect(d, also->shape, 0, true);
}

/* ---- operations ---- */

static void parameter(struct json_writer *w, const struct field *f, const char *place) {
    json_object(w);
    json_name(w, T("name"));
    json_string(w, f->name);
    string_member(w, "in", place);
    json_name(w, T("required"));
    json_bool(w, f->required || !strcmp(place, "path"));
    if (f->doc) string_member(w, "description", f->doc);
    json_name(w, T("schema"));
    struct field bare = *f;
    bare.doc = NULL;
    bare.nullable = false;
    describe_field_schema(w, &bare, false);
    json_object_end(w);
}

static void parameters_of(struct json_writer *w, const struct shape *shape, uint64_t only, const char *place) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (only && !(i < 64 && only >> i & 1)) continue;
        if (f->kind == FIELD_EMBEDDED)
            parameters_of(w, f->of, 0, place);
        else
            parameter(w, f, place);
    }
}

static void parameters(struct json_writer *w, const struct bound_route *b) {
    if (!b->path_fields && !b->query_fields && !b->header_fields) return;
    const struct shape *in = b->route->handler->in;
    array_member(w, "parameters");
    for (size_t i = 0; i < b->parameter_count; i++) parameter(w, b->parameters[i], "path");
    if (b->query_fields) parameters_of(w, in, b->query_fields, "query");
    if (b->header_fields) parameters_of(w, in, b->header_fields, "header");
    json_array_end(w);
}

/* { "application/json": { "schema": … — the caller writes the schema and closes twice. */
static void open_content(struct json_writer *w, const char *media_type) {
    object_member(w, "content");
    object_member(w, media_type);
    json_name(w, T("schema"));
}

static void close_content(struct json_writer *w) {
    json_object_end(w);
    json_object_end(w);
}

static void binary_schema(struct json_writer *w) {
    json_object(w);
    string_member(w, "type", "string");
    string_member(w, "format", "binary");
    json_object_end(w);
}

/* The first mask under which a shape is a body is its component; others stand in place. */
static bool is_component(const struct document *d, const struct shape *shape, uint64_t only) {
    for (EACH(const struct component, c, &d->components))
        if (c->shape == shape) return c->only == only;
    return false;
}

static void body_schema(struct document *d, const struct bound_route *b) {
    struct json_writer *w = &d->w;
    const struct shape *in = b->route->handler->in;
    uint64_t only = body_mask(b);
    if (b->route->consumes)
        binary_schema(w);
    else if (b->body)
        describe_field_schema(w, b->body, false);
    else if (in->name && is_component(d, in, only))
        describe_schema_use(w, in, false);
    else
        describe_schema(w, in, false, only);
}

static void request_body(struct document *d, const struct bound_route *b) {
    if (!b->body && !b->body_fields) return;
    struct json_writer *w = &d->w;
    object_member(w, "requestBody");
    json_name(w, T("required"));
    json_bool(w, !b->route->body_optional);
    open_content(w, b->route->consumes ? b->route->consumes : "application/json");
    body_schema(d, b);
    close_content(w);
    json_object_end(w);
}

static void open_response(struct json_writer *w, int status, const char *description) {
    char name[16];
    snprintf(name, sizeof name, "%d", status);
    object_member(w, name);
    string_member(w, "description", description);
}

/* The shape, and beside it the members of the error envelope. */
static void enveloped_schema(struct json_writer *w, const struct shape *shape) {
    json_object(w);
    json_name(w, T("allOf"));
    json_array(w);
    describe_schema_use(w, shape, true);
    describe_schema_use(w, &envelope_shape, true);
    json_array_end(w);
    json_object_end(w);
}

static void json_response(struct json_writer *w, int status, const char *description, const struct shape *shape, bool enveloped) {
    open_response(w, status, description);
    if (status == 201) {
        object_member(w, "headers");
        object_member(w, "Location");
        json_name(w, T("schema"));
        json_raw(w, T("{\"type\":\"string\",\"format\":\"uri-reference\"}"));
        json_object_end(w);
        json_object_end(w);
    }
    if (shape && shape != &nothing_shape) {
        open_content(w, "application/json");
        if (enveloped)
            enveloped_schema(w, shape);
        else
            describe_schema_use(w, shape, true);
        close_content(w);
    }
    json_object_end(w);
}

static int success_status(const struct route *r) {
    if (r->status) return r->status;
    return r->handler->out == &nothing_shape && !r->produces ? 204 : 200;
}

static void success(struct json_writer *w, const struct route *r) {
    int status = success_status(r);
    if (!r->produces) {
        json_response(w, status, "Success.", r->handler->out, false);
        return;
    }
    open_response(w, status, "Success.");
    open_content(w, r->produces);
    binary_schema(w);
    close_content(w);
    json_object_end(w);
}

static const struct common_failure {
    int status;
    const char *description;
} common_failures[] = {
    {400, "The request is not valid."},
    {401, "No credentials, or bad ones."},
    {403, "The caller lacks the role."},
    {404, "There is no such thing."},
    {413, "The body is too large."},
    {415, "The body is of another media type."},
    {429, "Too many requests; Retry-After says when to try again."},
    {500, "A defect of the server."},
    {503, "The server is busy or stopping."},
};

static bool may_fail_with(const struct bound_route *b, int status) {
    const struct route *r = b->route;
    bool has_body = b->body || b->body_fields;
    switch (status) {
    case 400:
        return b->style == &style_ws || has_body || b->query_fields || b->header_fields || b->parameter_count > 0 ||
               r->verb != HTTP_GET;
    case 401:
        return r->role != ROLE_ANONYMOUS;
    case 403:
        return r->role > ROLE_USER || r->requires_tls;
    case 404:
        return b->parameter_count > 0;
    case 413:
    case 415:
        return has_body;
    case 429:
        return !r->unlimited;
    default:
        return true;
    }
}

static bool announced(const struct route *r, int status) {
    if (success_status(r) == status) return true;
    for (const struct also *also = r->also; also && also->status; also++)
        if (also->status == status) return true;
    return false;
}

static void common_response(struct json_writer *w, int status) {
    char name[64];
    snprintf(name, sizeof name, "%d", status);
    object_member(w, name);
    snprintf(name, sizeof name, "#/components/responses/%s", code_of_status(status));
    string_member(w, "$ref", name);
    json_object_end(w);
}

/* A 401 without a shape of its own is like every other of its interface. */
static void also_response(struct json_writer *w, const struct also *also) {
    if (also->status == 401 && !also->shape) return common_response(w, 401);
    const struct shape *shape = also->shape || also->status < 400 ? also->shape : &envelope_shape;
    json_response(w, also->status, also->doc ? also->doc : "See the summary.", shape, also->enveloped);
}

static void responses(struct json_writer *w, const struct bound_route *b) {
    object_member(w, "responses");
    success(w, b->route);
    for (const struct also *also = b->route->also; also && also->status; also++) also_response(w, also);
    for (size_t i = 0; i < sizeof common_failures / sizeof common_failures[0]; i++) {
        int status = common_failures[i].status;
        if (may_fail_with(b, status) && !announced(b->route, status)) common_response(w, status);
    }
    json_object_end(w);
}

static void operation(struct document *d, const struct bound_route *b) {
    static const char *const verbs[HTTP_METHODS] = {"get", "post", "put", "patch", "delete", "options", "trace"};
    struct json_writer *w = &d->w;
    const struct route *r = b->route;
    object_member(w, verbs[r->verb]);
    string_member(w, "operationId", r->operation);
    array_member(w, "tags");
    json_string(w, text_of(b->table->tag));
    json_array_end(w);
    string_member(w, "summary", r->summary);
    if (r->doc) string_member(w, "description", r->doc);
    string_member(w, "x-role", role_name(r->role));
    if (r->role == ROLE_ANONYMOUS) json_name(w, T("security")), json_raw(w, T("[]"));
    parameters(w, b);
    request_body(d, b);
    responses(w, b);
    json_object_end(w);
}

static bool is_shown(const struct document *d, const struct bound_route *b) {
    return !b->route->hidden && http_path_is_under(b->path, d->root);
}

static bool first_of_path(const struct document *d, const struct bound_route *b) {
    for (const struct bound_route *other = d->routes->at; other < b; other++)
        if (is_shown(d, other) && text_equal(other->path, b->path)) return false;
    return true;
}

static void paths(struct document *d) {
    object_member(&d->w, "paths");
    for (EACH(const struct bound_route, b, d->routes)) {
        if (!is_shown(d, b) || !first_of_path(d, b)) continue;
        json_name(&d->w, b->path);
        json_object(&d->w);
        for (const struct bound_route *same = b; same < b_end; same++)
            if (is_shown(d, same) && text_equal(same->path, b->path)) operation(d, same);
        json_object_end(&d->w);
    }
    json_object_end(&d->w);
}

/* ---- components ---- */

static void schemas(struct document *d) {
    struct json_writer *w = &d->w;
    object_member(w, "schemas");
    for (EACH(struct component, c, &d->components)) {
        if (!c->shape->name || c->shape->bare || !is_component(d, c->shape, c->only)) continue;
        json_name(w, text_of(c->shape->name));
        describe_schema(w, c->shape, c->reply && !c->request, c->only);
    }
    for (EACH(struct enum_component, e, &d->enums)) {
        if (!e->names->name) continue;
        json_name(w, text_of(e->names->name));
        describe_enum_schema(w, e->names);
    }
    json_object_end(w);
}

static void common_responses(struct json_writer *w, const struct shape *challenge) {
    object_member(w, "responses");
    for (size_t i = 0; i < sizeof common_failures / sizeof common_failures[0]; i++) {
        object_member(w, code_of_status(common_failures[i].status));
        string_member(w, "description", common_failures[i].description);
        open_content(w, "application/json");
        describe_schema_use(w, common_failures[i].status == 401 ? challenge : &envelope_shape, true);
        close_content(w);
        json_object_end(w);
    }
    json_object_end(w);
}

static void head(struct json_writer *w, const char *title) {
    string_member(w, "openapi", "3.1.0");
    object_member(w, "info");
    string_member(w, "title", title);
    string_member(w, "version", "1.0");
    json_object_end(w);
}

FALLIBLE openapi_write(arena *a, const struct bound_routes *routes, text root, const char *title, const char *security, text *out) {
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    struct document d = {.a = a, .w = {.out = &b}, .routes = routes, .root = root};
    const struct shape *challenge = text_equal(root, T("/ws")) ? &envelope_shape : &envelope_401_shape;
    collect(&d, &envelope_shape, 0, true);
    collect(&d, challenge, 0, true);
    for (EACH(const struct bound_route, r, routes))
        if (is_shown(&d, r)) collect_route(&d, r);
    if (d.defect) return d.defect;
    struct json_writer *w = &d.w;
    json_object(w);
    head(w, title);
    json_name(w, T("security"));
    json_raw(w, text_of(security ? security : "[{\"apiKey\":[]},{\"bearer\":[]}]"));
    paths(&d);
    object_member(w, "components");
    json_name(w, T("securitySchemes"));
    json_raw(w, T("{\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},"
                  "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
                  "\"basic\":{\"type\":\"http\",\"scheme\":\"basic\"}}"));
    common_responses(w, challenge);
    schemas(&d);
    json_object_end(w);
    json_object_end(w);
    if (b.overflow) return FAIL(ERROR_INTERNAL, "the API document is too large");
    *out = arena_text(a, buffer_as_text(&b));
    return NULL;
}
