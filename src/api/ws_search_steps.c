/* The steps of a search under /ws, one by one. */
#include "api/ws_search.h"

#include "api/private.h"
#include "base/log.h"
#include "base/metrics.h"

/* ---- what travels ---- */

#define CURSOR_SCHEMA "{\"type\":\"string\"}"
#define PAGING_FIELDS                                                                                                              \
    FIELD(ws_search, name, "name"),                                                                                                \
        FIELD(ws_search, tenant_id, "tenantId", .query = true, .required = true, .doc = "The tenant that the caller is of."),      \
        FIELD(ws_search, page, "page", .query = true, AT_LEAST(1), .doc = "From 1."),                                              \
        FIELD(ws_search, page_size, "pageSize", .query = true, AT_LEAST(1)),                                                       \
        FIELD(ws_search, cursor, "cursor", .query = true, .schema = CURSOR_SCHEMA,                                                 \
              .doc = "Empty: begin a walk; else nextCursor of the page before.")

SHAPE(ws_search, NULL, FIELDS(PAGING_FIELDS, OBJECT(ws_search, request, "request", search_request, .body = true)),
      WITH_GIVEN(ws_search));
const struct shape ws_search_get_shape = {.size = sizeof(struct ws_search), FIELDS(PAGING_FIELDS), WITH_GIVEN(ws_search)};

SHAPE(ws_link, "Link", FIELDS(FIELD(ws_link, rel, "rel"), FIELD(ws_link, href, "href")));
static SHAPE(result_meta, "ResultMeta",
             FIELDS(FIELD(result_meta, name, "name"), FIELD(result_meta, date, "date", .doc = "Of the data, in UTC."),
                    FIELD(result_meta, total_size, "totalSize"), FIELD(result_meta, page, "page", .omit_empty = true),
                    FIELD(result_meta, next_cursor, "nextCursor", .omit_empty = true), FIELD(result_meta, page_size, "pageSize")));
static SHAPE(result_rows, "ResultRows",
             FIELDS(OBJECT(result_rows, reference, "reference", search_reference),
                    FIELD(result_rows, rows, "rows", .schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}")));
SHAPE(result_document, "SearchResult",
      FIELDS(OBJECT(result_document, meta, "meta", result_meta), OBJECT(result_document, result, "result", result_rows),
             OBJECTS(result_document, links, "links", ws_link)));

/* ---- paging ---- */

/* Names as they are written, and numbers without a plus sign. */
static FALLIBLE check_spelling(struct call *c) {
    static const text names[] = {T("page"), T("pageSize"), T("cursor"), T("tenantId")};
    for (EACH(const struct http_pair, p, &c->http->query))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (text_equal_ascii_case(p->name, names[i]) && !text_equal(p->name, names[i]))
                return call_bad_parameter(c, arena_cstring(c->a, p->name), "It is written %.*s.", TEXT_ARG(names[i]));
            else if (i < 2 && text_equal(p->name, names[i]) && text_starts_with(p->value, T("+")))
                return call_bad_parameter(c, arena_cstring(c->a, p->name), "Must be a whole number.");
    return NULL;
}

FALLIBLE ws_check_depth(struct call *c, int32_t page, int32_t page_size) {
    int64_t offset = ((int64_t)page - 1) * page_size;
    if (offset <= c->ws->most_offset) return NULL;
    return call_fail(c, 400, "PAGE_TOO_DEEP", "The deepest page of this size is %d; use cursor= to go further.",
                     c->ws->most_offset / page_size + 1);
}

FALLIBLE ws_check_paging(struct call *c, const struct ws_search *in, int32_t *page, int32_t *page_size) {
    int32_t most = c->ws->most_page_size;
    TRY(check_spelling(c));
    if (!is_search_name(in->name)) return call_bad_parameter(c, "name", "No search has such a name.");
    *page = in->page.given ? in->page.value : 1;
    *page_size = in->page_size.given ? in->page_size.value : c->ws->page_size;
    if (*page_size > most) return call_bad_parameter(c, "pageSize", "Must be at most %d.", most);
    return ws_check_depth(c, *page, *page_size);
}

/* ---- which search ---- */

void held_search_end(struct held_search *h) {
    if (h->all) search_give(h->keeper, h->all);
    *h = (struct held_search){0};
}

bool ws_is_offered(const struct search_item *item) {
    for (EACH(const unsigned, p, &item->facts.purposes))
        if (*p == PURPOSE_PUBLIC_API) return item->facts.enabled;
    return false;
}

bool ws_may_execute(const struct public_caller *k, const struct search_item *item) {
    for (EACH(const int32_t, user, &item->facts.execute.users))
        if (*user == k->user) return true;
    for (EACH(const int32_t, role, &item->facts.execute.roles))
        for (EACH(const int32_t, own, &k->roles))
            if (*own == *role) return true;
    return false;
}

FALLIBLE ws_hold_search(struct call *c, text name, struct held_search *out) {
    *out = (struct held_search){.keeper = c->services->search};
    TRY(search_take(out->keeper, &out->all));
    out->item = search_find(out->all, c->a, c->data_caller.tenant, name);
    if (out->item && ws_is_offered(out->item) && ws_may_execute(&c->data_caller, out->item)) return NULL;
    return call_fail(c, 403, "SEARCH_NOT_AVAILABLE", "The search is not available.");
}

/* ---- what is asked ---- */

static FALLIBLE search_failed(struct call *c, const struct search_item *item, error *e) {
    OWNED(error) why = e;
    if (why->kind != ERROR_INVALID) return TAKE(why);
    log_line(LOG_WARNING, "search failed", "%.*s of tenant %d: %s", TEXT_ARG(item->facts.name), item->tenant, why->sentence);
    return call_fail(c, 422, "SEARCH_FAILED", "%s", why->sentence);
}

FALLIBLE ws_parse_body(struct call *c) {
    bool some = c->http->body.len || c->http->awaited;
    return c->http->method == HTTP_POST && some ? call_parse_body(c) : NULL;
}

FALLIBLE ws_read_query(struct call *c, const struct held_search *h, instant now, struct search_query *out) {
    struct search_request request = {0};
    const struct public_caller *k = &c->data_caller;
    struct search_asker who = {.user = k->user,
                               .user_name = k->user_name,
                               .full_name = k->full_name,
                               .address = c->http->client,
                               .object_id = k->object_id,
                               .now = now};
    struct reading how = {.strict = true};
    if (c->body) (void)describe_read(c->a, &search_request_shape, c->body, how, &request, &c->problems);
    TRY(call_check(c));
    error *e = search_request_merge(c->a, h->item, c->body ? &request : NULL, &who, &c->problems, out);
    if (e) return search_failed(c, h->item, e);
    return call_check(c);
}

static struct metric stopped = {.name = "joinery_searches_stopped_total",
                                .help = "Searches that ended early because nobody waited for them any more.",
                                .kind = METRIC_COUNTER};
void ws_search_register_metrics(void) { metric_register(&stopped); }

FALLIBLE ws_check_outcome(struct call *c, enum search_outcome outcome, const struct search_query *q) {
    switch (outcome) {
    case SEARCH_DONE:
        return NULL;
    case SEARCH_TOO_MANY:
        call_details(c, arena_print(c->a, "maxResultCount=%lld", (long long)q->max_results));
        return call_fail(c, 422, "RESULT_TOO_LARGE", "More objects match than the search may give; ask for fewer.");
    case SEARCH_TIMED_OUT:
        return call_fail(c, 422, "SEARCH_TIMEOUT", "The search took too long; ask for fewer objects.");
    case SEARCH_BAD_POSITION:
        return call_fail(c, 400, "INVALID_CURSOR", "The cursor is none of this search.");
    default:
        metric_add(&stopped, 1);
        return call_fail(c, 499, "SEARCH_FAILED", "The client has left, so the search was stopped.");
    }
}

/* ---- what is answered ---- */

text ws_date(arena *a, instant t) {
    struct date_parts p = instant_parts(t);
    return arena_print(a, "%04d-%02d-%02dT%02d:%02d:%02d", p.year, p.month, p.day, p.hour, p.minute, p.second);
}

void ws_add_link(arena *a, struct ws_links *links, const char *rel, text href) {
    *LIST_ADD(a, links) = (struct ws_link){text_of(rel), href};
}

/* Both forms of one link: in the body, and directly usable in the header, where relations have their registered names. */
static void add_both(struct call *c, struct ws_links *links, struct buffer *header, const char *rel, text path, text target,
                     text query) {
    bool previous = !strcmp(rel, "previous");
    ws_add_link(c->a, links, rel, arena_print(c->a, "%.*s%.*s", TEXT_ARG(path), TEXT_ARG(query)));
    buffer_print(header, "%s<%.*s%.*s%ctenantId=%d>; rel=\"%s\"", header->len ? ", " : "", TEXT_ARG(target), TEXT_ARG(query),
                 query.len ? '&' : '?', c->data_caller.tenant, previous ? "prev" : rel);
}

static text page_query(arena *a, int64_t page, int32_t size) {
    return arena_print(a, "?page=%lld&pageSize=%d", (long long)page, size);
}

static text cursor_query(arena *a, text cursor, int32_t size) {
    return arena_print(a, "?cursor=%.*s&pageSize=%d", TEXT_ARG(cursor), size);
}

void ws_page_links(struct call *c, struct result_document *d, text path, text target) {
    OWNED_VALUE(buffer) header = {.max = 1 << 16};
    const struct result_meta *m = &d->meta;
    int64_t page = m->page.value, last = (m->total_size + m->page_size - 1) / m->page_size;
    text described = arena_print(c->a, "/data/resources/search/%.*s", TEXT_ARG(m->name));
    text own =
        m->page.given ? page_query(c->a, page, m->page_size) : cursor_query(c->a, http_query(c->http, T("cursor")), m->page_size);
    add_both(c, &d->links, &header, "self", path, target, own);
    add_both(c, &d->links, &header, "describedBy", described, arena_print(c->a, "/ws%.*s", TEXT_ARG(described)), T(""));
    if (m->page.given && page > 1 && m->total_size > 0)
        add_both(c, &d->links, &header, "previous", path, target,
                 page_query(c->a, page - 1 < last ? page - 1 : last, m->page_size));
    if (m->page.given && page * m->page_size < m->total_size)
        add_both(c, &d->links, &header, "next", path, target, page_query(c->a, page + 1, m->page_size));
    if (!m->page.given && m->next_cursor.at)
        add_both(c, &d->links, &header, "next", path, target, cursor_query(c->a, m->next_cursor, m->page_size));
    call_header(c, "Link", buffer_as_text(&header));
}
