/* The resources /ws/data/search/…: searches that are answered at once (public-data-api.md §4). */
#include "api/ws_search.h"

#include "api/resources.h"
#include "api/ws_audit.h"
#include "api/ws_cursor.h"
#include "base/log.h"

enum { SLOW_MS = 1000, BRIEF_MS = 5 };

/* ---- what is done ---- */

/* A slow search tells how it was carried out, without values. */
static void log_slow(struct call *c, const struct held_search *h, store_tx *tx, const struct search_query *q, int64_t began_ns) {
    int64_t ms = (monotonic_ns() - began_ns) / 1000000;
    struct search_plan plan = {0};
    OWNED_VALUE(buffer) steps = {.max = 4000};
    if (ms < SLOW_MS) return;
    OWNED(error) e = search_explain(tx, c->a, h->all->config, q, &plan);
    for (EACH(const struct search_step, s, &plan.steps))
        buffer_print(&steps, "; %.*s %.*s %.*s by %.*s", TEXT_ARG(s->part), TEXT_ARG(s->field), TEXT_ARG(s->condition),
                     TEXT_ARG(s->access));
    log_line(LOG_WARNING, "slow search", "%.*s of tenant %d, %lld ms%s%.*s", TEXT_ARG(h->item->facts.name), h->item->tenant,
             (long long)ms, e ? ", plan not known" : "", TEXT_ARG(buffer_as_text(&steps)));
}

static FALLIBLE run(struct call *c, const struct held_search *h, struct search_query *q, struct search_page *page,
                    instant *snapshot) {
    OWNED(store_tx) tx = NULL;
    int64_t began = monotonic_ns();
    q->deadline = began + (c->brief ? BRIEF_MS * INT64_C(1000000) : c->ws->search_seconds * INT64_C(1000000000));
    q->brief = c->brief;
    q->cancelled = c->http->left;
    *snapshot = instant_now();
    TRY(store_read(c->services->store, &tx));
    TRY(search_run(tx, c->a, h->all->config, q, page));
    c->too_long = c->brief && page->outcome == SEARCH_TIMED_OUT;
    if (c->too_long) return FAIL(ERROR_CANCELLED, "the search takes long");
    log_slow(c, h, tx, q, began);
    return ws_check_outcome(c, page->outcome, q);
}

/* The parameter cursor: not there, or once, and then without a page. */
static FALLIBLE check_cursor(struct call *c, const struct ws_search *in, bool *walking) {
    text cursor = http_query(c->http, T("cursor"));
    size_t times = 0;
    for (EACH(const struct http_pair, p, &c->http->query)) times += text_equal(p->name, T("cursor"));
    *walking = cursor.at != NULL;
    if (times > 1) return call_bad_parameter(c, "cursor", "The parameter stands there twice.");
    if (*walking && in->page.given) return call_bad_parameter(c, "page", "A walk by cursor has no pages.");
    return NULL;
}

static FALLIBLE search_answer(struct call *c, const struct ws_search *in, struct result_document *out) {
    OWNED_VALUE(held_search) h = {0};
    struct search_query q;
    struct search_page found = {0};
    struct walk walk = {.began = c->now};
    instant snapshot;
    int32_t page, page_size;
    bool walking;
    TRY(ws_check_paging(c, in, &page, &page_size));
    TRY(check_cursor(c, in, &walking));
    TRY(ws_hold_search(c, in->name, &h));
    TRY(ws_parse_body(c));
    if (walking) TRY(ws_cursor_open(c, h.item, http_query(c->http, T("cursor")), &walk));
    TRY(ws_read_query(c, &h, walk.began, &q));
    q.limit = page_size, q.offset = walking ? 0 : ((int64_t)page - 1) * page_size, q.cursor = walking, q.after = walk.after;
    ws_audit_query(c, &q);
    TRY(run(c, &h, &q, &found, &snapshot));
    c->rows = (int64_t)found.count;
    out->meta = (struct result_meta){.name = h.item->facts.name,
                                     .date = ws_date(c->a, snapshot),
                                     .total_size = found.total,
                                     .page = {!walking, page},
                                     .page_size = page_size};
    if (walking && found.next.at) out->meta.next_cursor = ws_cursor_seal(c, h.item, &(struct walk){walk.began, found.next});
    out->result = (struct result_rows){h.item->facts.result.reference, {.raw = found.rows}};
    ws_page_links(c, out, arena_print(c->a, "/data/search/%.*s", TEXT_ARG(h.item->facts.name)),
                  arena_print(c->a, "/ws/data/search/%.*s", TEXT_ARG(h.item->facts.name)));
    return CALL_REPLY(c, 200, result_document, out); /* while the search is held, whose texts it borrows */
}
HANDLER(search_answer, ws_search, result_document)
static const struct handler search_get_handler = {search_answer_run, &ws_search_get_shape, &result_document_shape};

/* ---- where it is reached ---- */

#define TOO_LARGE                                                                                                                  \
    { 422, NULL, "Too many objects match, the time is over, or the configuration cannot be carried out." }
const struct routes ws_search_routes = {
    .tag = "Search",
    .base = "/ws",
    .style = &style_ws,
    .at =
        (const struct route[]){
            ROUTE(GET, "/data/search/{name}", search_get, "Carries out a search as it is configured.", .operation = "GetSearch",
                  .brief = true, .role = ROLE_USER, .also = ALSO(WS_REFUSALS, TOO_LARGE)),
            ROUTE(POST, "/data/search/{name}", search_answer, "Carries out a search with what the body says in place.",
                  .operation = "CustomisedSearch", .brief = true, .role = ROLE_USER, .late_body = true, .body_optional = true,
                  .also = ALSO(WS_REFUSALS, TOO_LARGE)),
        },
    .count = 2,
};
