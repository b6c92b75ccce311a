/* From a request to the struct that the handler takes. */
#include "api/private.h"

enum { DEPTH_LENIENT = 32, DEPTH_STRICT = 16 };

static FALLIBLE unsupported(struct call *c) {
    return call_fail(c, 415, "UNSUPPORTED_MEDIA_TYPE", "The body must be %s.",
                     c->route->consumes ? c->route->consumes : "application/json in UTF-8");
}

/* The essence of a media type, without parameters. */
static text essence(text content_type) {
    size_t semicolon = text_find_byte(content_type, ';');
    return text_trim_ascii(text_slice(content_type, 0, semicolon == SIZE_MAX ? content_type.len : semicolon));
}

/* Without a charset, or with UTF-8. */
static bool charset_fits(text content_type) {
    size_t semicolon = text_find_byte(content_type, ';');
    while (semicolon != SIZE_MAX) {
        text rest = text_trim_ascii(text_slice(content_type, semicolon + 1, content_type.len));
        size_t next = text_find_byte(rest, ';');
        text one = text_trim_ascii(text_slice(rest, 0, next == SIZE_MAX ? rest.len : next));
        if (one.len > 8 && text_equal_ascii_case(text_slice(one, 0, 8), T("charset="))) {
            text value = text_slice(one, 8, one.len);
            return text_equal_ascii_case(value, T("utf-8")) || text_equal_ascii_case(value, T("\"utf-8\""));
        }
        content_type = rest;
        semicolon = next;
    }
    return true;
}

static bool is_json(const struct call *c, text content_type) {
    text type = essence(content_type);
    if (!charset_fits(content_type)) return false;
    if (text_equal_ascii_case(type, T("application/json"))) return true;
    bool other = type.len > 5 && text_equal_ascii_case(text_slice(type, type.len - 5, type.len), T("+json"));
    return !c->strict && (other || text_equal_ascii_case(type, T("text/json")));
}

static FALLIBLE check_media_type(struct call *c) {
    const struct http_request *r = c->http;
    if (!text_is_null(http_header(r, T("Content-Encoding")))) return unsupported(c);
    if (c->route->consumes)
        return text_equal_ascii_case(essence(r->content_type.at ? r->content_type : T("")), text_of(c->route->consumes))
                   ? NULL
                   : unsupported(c);
    if (text_is_null(r->content_type)) return r->body.len || r->awaited ? unsupported(c) : NULL;
    return is_json(c, r->content_type) ? NULL : unsupported(c);
}

/* What of a body is known before it is there. */
static FALLIBLE stop_at_body(struct call *c) {
    if (c->http->content_length > 0) TRY(check_media_type(c));
    c->reached_body = true;
    return FAIL(ERROR_CANCELLED, "the body is not there yet");
}

FALLIBLE call_parse_body(struct call *c) {
    const struct http_request *r = c->http;
    if (r->awaited) return stop_at_body(c);
    TRY(check_media_type(c));
    if (c->route->consumes) return NULL;
    if (text_is_empty(text_trim_ascii(r->body))) {
        if (c->route->body_optional) return NULL;
        return call_fail(c, 400, "MALFORMED_JSON", "The request needs a JSON body.");
    }
    struct json_limits limits = {.depth = c->strict ? DEPTH_STRICT : DEPTH_LENIENT, .refuse_repeated = true};
    error *e = json_read(c->a, r->body, limits, &c->body, NULL);
    if (!e) return NULL;
    OWNED(error) cause = e;
    return call_fail(c, 400, "MALFORMED_JSON", "The body is not valid JSON: %s", cause->sentence);
}

static void read_entries(struct call *c, const struct http_pairs *from, const struct shape *shape, uint64_t only, bool strict,
                         void *in) {
    struct text_entries pairs = {0};
    for (EACH(const struct http_pair, p, from)) *LIST_ADD(c->a, &pairs) = (struct text_entry){p->name, p->value};
    (void)describe_read_pairs(c->a, shape, &pairs, (struct reading){.strict = strict, .only = only}, in, &c->problems);
}

static void read_path(struct call *c, const struct match *m, const struct shape *shape, void *in) {
    struct text_entries pairs = {0};
    for (size_t i = 0; i < m->route->parameter_count; i++)
        *LIST_ADD(c->a, &pairs) = (struct text_entry){m->route->parameters[i]->name, m->values[i]};
    (void)describe_read_pairs(c->a, shape, &pairs, (struct reading){.only = m->route->path_fields}, in, &c->problems);
}

/* The field that is the whole body: read as if it were the only member of a bare shape. */
static void read_whole_body(struct call *c, const struct bound_route *b, void *in) {
    struct shape bare = {.name = NULL, .size = b->route->handler->in->size, .fields = b->body, .count = 1, .bare = true};
    (void)describe_read(c->a, &bare, c->body, (struct reading){.strict = c->strict}, in, &c->problems);
}

static FALLIBLE read_body(struct call *c, const struct bound_route *b, void *in) {
    if (b->route->late_body || (!b->body && !b->body_fields)) return NULL;
    TRY(call_parse_body(c));
    static const struct json empty = {.kind = JSON_OBJECT};
    if (b->route->consumes || (!c->body && b->body)) return NULL;
    const struct json *body = c->body ? c->body : &empty;
    if (b->body)
        read_whole_body(c, b, in);
    else
        (void)describe_read(c->a, b->route->handler->in, body, (struct reading){.strict = c->strict, .only = b->body_fields}, in,
                            &c->problems);
    return NULL;
}

FALLIBLE bind_request(struct call *c, const struct match *m, void *in) {
    const struct bound_route *b = m->route;
    const struct shape *shape = b->route->handler->in;
    bool there = c->http->body.len || (c->http->awaited && c->http->content_length > 0);
    if (c->strict && there) TRY(check_media_type(c));
    if (b->path_fields) read_path(c, m, shape, in);
    if (b->query_fields) read_entries(c, &c->http->query, shape, b->query_fields, c->strict, in);
    if (b->header_fields) read_entries(c, &c->http->headers, shape, b->header_fields, false, in);
    problems_of_parameters(&c->problems, 0);
    if (c->strict) TRY(call_check(c));
    TRY(read_body(c, b, in));
    if (shape->check && !c->problems.count) shape->check(in, &c->problems);
    return call_check(c);
}
