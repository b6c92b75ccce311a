/* From a path to its route: what a template says, and the tree that is searched. */
#include "api/private.h"

static bool is_parameter(text segment) { return segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}'; }

/* The next segment behind a '/'; false at the end. A last '/' alone is no segment. */
static bool next_segment(text *rest, text *segment) {
    if (rest->len < 2 || rest->at[0] != '/') return false;
    text t = text_slice(*rest, 1, rest->len);
    size_t slash = text_find_byte(t, '/');
    size_t end = slash == SIZE_MAX ? t.len : slash;
    *segment = text_slice(t, 0, end);
    *rest = text_slice(t, end, t.len);
    return true;
}

static const struct field *field_named(const struct shape *shape, text name, size_t *index) {
    for (size_t i = 0; i < shape->count; i++)
        if (text_equal(shape->fields[i].name, name)) {
            *index = i;
            return &shape->fields[i];
        }
    return NULL;
}

#define DEFECT(...) FAIL(ERROR_INTERNAL, __VA_ARGS__)

static FALLIBLE bind_path(struct bound_route *b) {
    const struct shape *in = b->route->handler->in;
    text rest = b->path, segment;
    while (next_segment(&rest, &segment)) {
        if (!is_parameter(segment)) continue;
        size_t i;
        const struct field *f = field_named(in, text_slice(segment, 1, segment.len - 1), &i);
        if (!f || i >= 64) return DEFECT("%s: no field for %.*s", b->route->path, TEXT_ARG(segment));
        bool typed = f->kind == FIELD_TEXT || f->kind == FIELD_INT32 || f->kind == FIELD_INT64 || f->kind == FIELD_UUID;
        if (!typed) return DEFECT("%s: %.*s must be text, int32, int64 or uuid", b->route->path, TEXT_ARG(segment));
        if (b->parameter_count == PATH_PARAMETERS) return DEFECT("%s: too many parameters", b->route->path);
        b->parameters[b->parameter_count++] = f;
        b->path_fields |= UINT64_C(1) << i;
    }
    return NULL;
}

static FALLIBLE bind_rest(struct bound_route *b) {
    const struct route *r = b->route;
    const struct shape *in = r->handler->in;
    bool has_body = r->verb == HTTP_POST || r->verb == HTTP_PUT || r->verb == HTTP_PATCH;
    if (in->count > 64) return DEFECT("%s: more than 64 fields come in", r->path);
    for (size_t i = 0; i < in->count; i++) {
        if (!in->fields[i].body) continue;
        if (b->body) return DEFECT("%s: two fields are the body", r->path);
        b->body = &in->fields[i];
    }
    for (size_t i = 0; i < in->count; i++) {
        const struct field *f = &in->fields[i];
        uint64_t bit = UINT64_C(1) << i;
        if ((b->path_fields & bit) || f == b->body) continue;
        if (f->header)
            b->header_fields |= bit;
        else if (f->query || !has_body || b->body)
            b->query_fields |= bit;
        else
            b->body_fields |= bit;
    }
    return NULL;
}

FALLIBLE route_bind(arena *a, const struct routes *table, const struct route *route, struct bound_route *out) {
    *out = (struct bound_route){.route = route, .table = table, .style = table->style ? table->style : &style_api};
    out->path = arena_print(a, "%s%s", table->base, route->path);
    if (route->role == ROLE_UNSET) return DEFECT("%.*s: a route needs a role", TEXT_ARG(out->path));
    if (!route->operation && !route->hidden) return DEFECT("%.*s: a route needs .operation", TEXT_ARG(out->path));
    TRY_OR(describe_check(route->handler->in), "%.*s", TEXT_ARG(out->path));
    TRY_OR(describe_check(route->handler->out), "%.*s", TEXT_ARG(out->path));
    for (const struct also *also = route->also; also && also->status; also++)
        if (also->shape) TRY_OR(describe_check(also->shape), "%.*s", TEXT_ARG(out->path));
    TRY(bind_path(out));
    return bind_rest(out);
}

/* ---- the tree ---- */

static struct path_node *child(arena *a, struct path_node *parent, text literal, enum field_kind parameter, bool exact) {
    struct path_node **at = &parent->children;
    for (; *at; at = &(*at)->next) {
        struct path_node *n = *at;
        if (n->parameter == parameter && (parameter || text_equal_ascii_case(n->literal, literal))) return n;
        if (n->parameter > parameter) break; /* fixed ones first, then parameters in the order of kinds */
    }
    struct path_node *n = ARENA_NEW(a, struct path_node);
    *n = (struct path_node){.literal = literal, .parameter = parameter, .exact = exact, .next = *at};
    *at = n;
    return n;
}

/* Text takes anything, so it must be tried last. */
#define PARAMETER_TEXT FIELD_EMBEDDED

FALLIBLE route_add(arena *a, struct path_node *root, const struct bound_route *route) {
    struct path_node *n = root;
    text rest = route->path, segment;
    for (size_t parameter = 0; next_segment(&rest, &segment);) {
        enum field_kind kind = is_parameter(segment) ? route->parameters[parameter++]->kind : 0;
        if (kind == FIELD_TEXT) kind = PARAMETER_TEXT;
        n = child(a, n, segment, kind, route->style->strict);
    }
    enum http_method verb = route->route->verb;
    if (n->routes[verb]) return DEFECT("%s %.*s stands there twice", http_method_name(verb), TEXT_ARG(route->path));
    n->routes[verb] = route;
    return NULL;
}

static bool fits(const struct path_node *n, text segment) {
    int32_t small;
    int64_t large;
    uuid id;
    switch ((int)n->parameter) {
    case 0:
        return n->exact ? text_equal(n->literal, segment) : text_equal_ascii_case(n->literal, segment);
    case FIELD_INT32:
        return text_to_int32(segment, &small);
    case FIELD_INT64:
        return text_to_int64(segment, &large);
    case FIELD_UUID:
        return uuid_read(segment, &id);
    default:
        return true;
    }
}

static void search(const struct path_node *n, enum http_method verb, text rest, struct match *m) {
    text segment;
    if (!next_segment(&rest, &segment)) {
        if (n->exact && rest.len) return; /* a slash too many */
        for (int i = 0; i < HTTP_METHODS; i++) m->allowed |= n->routes[i] ? 1u << i : 0;
        m->route = n->routes[verb];
        return;
    }
    for (const struct path_node *c = n->children; c && !m->route; c = c->next) {
        if (!fits(c, segment)) continue;
        size_t count = m->count;
        if (c->parameter) m->values[m->count++] = segment;
        search(c, verb, rest, m);
        if (!m->route) m->count = count;
    }
}

void route_find(const struct path_node *root, enum http_method verb, text path, struct match *out) {
    *out = (struct match){0};
    search(root, verb, path, out);
}
