/* Searches under /ws: what synchronous and asynchronous ones share (public-data-api.md §4). */
#ifndef JOINERY_API_WS_SEARCH_H
#define JOINERY_API_WS_SEARCH_H

#include "api/api.h"
#include "api/ws.h"
#include "search/request.h"

/* ---- what travels ---- */

/* A request by name, with its paging; `request` is the body of a POST. */
struct ws_search {
    uint64_t given;
    text name;
    int32_t tenant_id;
    struct maybe_int32 page, page_size;
    struct texts cursor;
    const struct search_request *request;
};
extern const struct shape ws_search_shape;     /* POST */
extern const struct shape ws_search_get_shape; /* GET: the same struct without a body */

struct ws_link {
    text rel, href;
};
struct ws_links LIST(struct ws_link);
extern const struct shape ws_link_shape;

/* One page of a result as it is written (§4.1). */
struct result_meta {
    text name, date;
    int64_t total_size;
    struct maybe_int32 page; /* one of them: */
    text next_cursor;
    int32_t page_size;
};
struct result_rows {
    struct search_reference reference;
    struct json_value rows;
};
struct result_document {
    struct result_meta meta;
    struct result_rows result;
    struct ws_links links;
};
extern const struct shape result_document_shape;

/* ---- the steps of a request ---- */

/* A search that the caller may carry out, held until the end of the scope. */
struct held_search {
    search_keeper *keeper;
    struct search_catalogue *all;
    const struct search_item *item;
};
void held_search_end(struct held_search *h);
OWNED_STRUCT(held_search, held_search_end)

/* Steps 11 and 12 of §2.3: 400 for a name or paging that cannot be, 403 SEARCH_NOT_AVAILABLE. */
FALLIBLE ws_check_paging(struct call *c, const struct ws_search *in, int32_t *page, int32_t *page_size);
/* 400 PAGE_TOO_DEEP when more rows than PublicApi.MaxOffset would be left out. */
FALLIBLE ws_check_depth(struct call *c, int32_t page, int32_t page_size);
FALLIBLE ws_hold_search(struct call *c, text name, struct held_search *out);
/* Whether the caller may carry it out: a user or role of the list of Execute. */
bool ws_may_execute(const struct public_caller *k, const struct search_item *item);
bool ws_is_offered(const struct search_item *item); /* enabled, with the purpose */
/* Step 14: the body as JSON (c->body; NULL: none, as a GET has none), then merged into the query: 400, or 422 SEARCH_FAILED. `now`
 * stands for now in expressions. */
FALLIBLE ws_parse_body(struct call *c);
FALLIBLE ws_read_query(struct call *c, const struct held_search *h, instant now, struct search_query *out);
/* 422 for what a search came to; NULL when it is done. */
FALLIBLE ws_check_outcome(struct call *c, enum search_outcome outcome, const struct search_query *q);

/* Puts page links into the document and the Link header (§4.1): hrefs begin with `path` ("/data/search/NAME"), targets of the
 * header with `target` ("/ws/data/search/NAME"). */
void ws_page_links(struct call *c, struct result_document *d, text path, text target);
/* yyyy-MM-ddTHH:mm:ss */
text ws_date(arena *a, instant t);
void ws_add_link(arena *a, struct ws_links *links, const char *rel, text href);

#endif
