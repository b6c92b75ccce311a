/* Audit records of the Public Data API: who asked for what, and what came of it. */
#include "api/ws_audit.h"

#include "api/private.h"
#include "base/log.h"

static void add(struct buffer *b, const struct search_filters *list) {
    for (EACH(const struct search_filter, f, list))
        buffer_print(b, "%s%.*s %s", b->len ? ", " : "", TEXT_ARG(f->field.name), enum_name(&search_condition_names, f->condition));
}

void ws_audit_query(struct call *c, const struct search_query *q) {
    OWNED_VALUE(buffer) b = {.max = 4000};
    add(&b, &q->filters);
    add(&b, &q->result_filters);
    c->audited = arena_text(c->a, buffer_as_text(&b));
}

/* The name in the path, when it can be one. */
static text name_of(const struct call *c) {
    static const text fronts[] = {T("/ws/data/search/"), T("/ws/data/async-search/"), T("/ws/data/resources/search/")};
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        if (!text_starts_with(c->http->path, fronts[i])) continue;
        text rest = text_slice(c->http->path, fronts[i].len, c->http->path.len);
        size_t slash = text_find_byte(rest, '/');
        return text_slice(rest, 0, slash == SIZE_MAX ? rest.len : slash);
    }
    return T("-");
}

void ws_audit(struct call *c, int status, int64_t nanoseconds) {
    const struct http_request *r = c->http;
    const struct public_caller *k = &c->data_caller;
    bool unknown = status == 501 || !r->host.at; /* what cannot be read has no method */
    const char *method = unknown ? "-" : r->head ? "HEAD" : http_method_name(r->method), *root = c->route ? "/ws" : "";
    text user = k->user_name.at ? k->user_name : T("-"), jti = k->jti.at ? k->jti : T("-");
    log_line(LOG_INFORMATION, "public request",
             "tenant %d, user \"%.*s\", from %.*s, %s %s%s, search %.*s, filters (%.*s), status %d, rows %lld, %.3f ms, token %.*s",
             k->tenant, TEXT_ARG(user), TEXT_ARG(r->client), method, root, c->route ? c->route->path : "-", TEXT_ARG(name_of(c)),
             TEXT_ARG(c->audited), status, (long long)c->rows, (double)nanoseconds / 1e6, TEXT_ARG(jti));
}

void ws_audit_refusal(const struct http_request *r, int status) {
    const struct match *m = r ? r->route : NULL;
    struct call c = {.http = r, .route = m ? m->route->route : NULL};
    if (!r || !http_path_is_under(r->path.at ? r->path : r->raw_path, T("/ws"))) return;
    ws_audit(&c, status, monotonic_ns() - r->started_ns);
}
