/* The resources /ws/data/async-search/…: searches that are ordered now and fetched later (public-data-api.md §5). */
#include "api/resources.h"
#include "api/ws_audit.h"
#include "api/ws_search.h"
#include "search/result_sets.h"

/* ---- what travels ---- */

struct ordered {
    text id;
};
static SHAPE(ordered, NULL, FIELDS(FIELD(ordered, id, "id", .schema = "{\"type\":\"string\",\"format\":\"uuid\"}")), .bare = true);

struct ws_result_set {
    uint64_t given;
    text name, uuid;
    int32_t tenant_id;
    struct maybe_int32 page, page_size;
};
static SHAPE(
    ws_result_set, NULL,
    FIELDS(FIELD(ws_result_set, name, "name"), FIELD(ws_result_set, uuid, "uuid"),
           FIELD(ws_result_set, tenant_id, "tenantId", .query = true, .required = true, .doc = "The tenant that the caller is of."),
           FIELD(ws_result_set, page, "page", .query = true, AT_LEAST(1), .doc = "From 1; as ordered when it is not said."),
           FIELD(ws_result_set, page_size, "pageSize", .query = true, AT_LEAST(1))),
    WITH_GIVEN(ws_result_set));

/* ---- ordering ---- */

static FALLIBLE no_room(struct call *c) {
    call_header(c, "Retry-After", T("30"));
    return call_fail(c, 507, "INSUFFICIENT_STORAGE", "There is no room for another result set; delete some or come back later.");
}

static struct result_set order_of(struct call *c, const struct search_item *item, int32_t page, int32_t page_size) {
    const struct public_caller *k = &c->data_caller;
    struct result_set order = {.tenant = k->tenant,
                               .user = k->user,
                               .search = item->id,
                               .version = item->version,
                               .search_name = item->facts.name,
                               .ordered = c->now,
                               .page = page,
                               .page_size = page_size,
                               .body = c->http->body,
                               .user_name = k->user_name,
                               .full_name = k->full_name,
                               .address = c->http->client};
    char object[36];
    uuid_write(k->object_id, object);
    if (!uuid_is_zero(k->object_id)) order.object_id = arena_text(c->a, (text){object, sizeof object});
    return order;
}

static FALLIBLE no_cursor(struct call *c) {
    return http_query(c->http, T("cursor")).at ? call_bad_parameter(c, "cursor", "A result set has pages.") : NULL;
}

static FALLIBLE search_order(struct call *c, const struct ws_search *in, struct ordered *out) {
    OWNED_VALUE(held_search) h = {0};
    struct search_query q;
    int32_t page, page_size;
    TRY(ws_check_paging(c, in, &page, &page_size));
    TRY(no_cursor(c));
    TRY(ws_hold_search(c, in->name, &h));
    TRY(ws_parse_body(c));
    TRY(ws_read_query(c, &h, c->now, &q));
    ws_audit_query(c, &q);
    struct result_set order = order_of(c, h.item, page, page_size);
    enum order_outcome outcome;
    TRY(result_sets_order(c->services->result_sets, c->a, &order, &outcome));
    if (outcome == ORDER_NO_ROOM) return no_room(c);
    out->id = order.id;
    call_header(c, "Location",
                arena_print(c->a, "/ws/data/async-search/%.*s/result-set/%.*s?tenantId=%d", TEXT_ARG(h.item->facts.name),
                            TEXT_ARG(order.id), order.tenant));
    call_header(c, "Retry-After", T("1"));
    return NULL;
}
HANDLER(search_order, ws_search, ordered)

/* ---- fetching ---- */

/* RFC 9110, 5.6.7 */
static text http_date(arena *a, instant t) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct date_parts p = instant_parts(t);
    return arena_print(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[p.weekday], p.day, months[p.month - 1], p.year, p.hour,
                       p.minute, p.second);
}

static text lower(arena *a, text id) {
    uuid u;
    char out[36];
    if (!uuid_read(id, &u)) return (text){0};
    uuid_write(u, out);
    return arena_text(a, (text){out, sizeof out});
}

/* Steps 11 to 13 of §2.3: the set of this caller, search and tenant. */
static FALLIBLE find(struct call *c, const struct ws_result_set *in, const struct search_item *item, struct result_set *set,
                     bool *running) {
    text id = lower(c->a, in->uuid);
    bool found;
    TRY(result_sets_find(c->services->result_sets, c->a, id, c->now, set, &found, running));
    const struct public_caller *k = &c->data_caller;
    if (found && set->search == item->id && set->user == k->user && set->tenant == k->tenant) return NULL;
    return call_fail(c, 416, "RESULT_MISMATCH", "This search has no such result set for you.");
}

static FALLIBLE check(struct call *c, const struct ws_result_set *in, int32_t *page, int32_t *page_size) {
    struct ws_search as = {.name = in->name, .page_size = in->page_size}; /* how deep the page is, the size of the order may say */
    TRY(ws_check_paging(c, &as, page, page_size));
    if (in->page.given) *page = in->page.value;
    if (text_is_null(lower(c->a, in->uuid))) return call_bad_parameter(c, "uuid", "Is no UUID.");
    return no_cursor(c);
}

static FALLIBLE check_state(struct call *c, const struct search_item *item, const struct result_set *set, bool running) {
    if (set->state > RESULT_COMPLETED || set->version != item->version)
        return call_fail(c, 410, "RESULT_GONE", "The result set is gone; order the search again.");
    if (set->state == RESULT_QUEUED) {
        call_header(c, "Retry-After", running ? T("1") : T("5"));
        call_details(c, running ? T("state=RUNNING") : T("state=QUEUED"));
        return call_fail(c, 409, "SEARCH_RUNNING", "The search is not finished yet.");
    }
    if (set->state != RESULT_FAILED) return NULL;
    if (!text_is_null(set->detail)) call_details(c, set->detail);
    return call_fail(c, 422, arena_cstring(c->a, set->failure), "The search could not be carried out.");
}

static FALLIBLE result_get(struct call *c, const struct ws_result_set *in, struct result_document *out) {
    OWNED_VALUE(held_search) h = {0};
    struct result_set set;
    int32_t page, page_size;
    bool running;
    text rows;
    TRY(check(c, in, &page, &page_size));
    TRY(ws_hold_search(c, in->name, &h));
    TRY(find(c, in, h.item, &set, &running));
    TRY(check_state(c, h.item, &set, running));
    if (!in->page.given) page = set.page;
    if (!in->page_size.given) page_size = set.page_size;
    TRY(ws_check_depth(c, page, page_size));
    TRY(result_sets_page(c->services->result_sets, c->a, &set, ((int64_t)page - 1) * page_size, page_size, &rows));
    c->rows = set.total;
    out->meta = (struct result_meta){.name = h.item->facts.name,
                                     .date = ws_date(c->a, set.taken),
                                     .total_size = set.total,
                                     .page = {true, page},
                                     .page_size = page_size};
    out->result = (struct result_rows){h.item->facts.result.reference, {.raw = rows}};
    text own = arena_print(c->a, "/data/async-search/%.*s/result-set/%.*s", TEXT_ARG(h.item->facts.name), TEXT_ARG(set.id));
    text search = arena_print(c->a, "/data/search/%.*s", TEXT_ARG(h.item->facts.name));
    ws_page_links(c, out, c->ws->links_to_search ? search : own, arena_print(c->a, "/ws%.*s", TEXT_ARG(own)));
    call_header(c, "Sunset", http_date(c->a, set.ends));
    return CALL_REPLY(c, 200, result_document, out); /* while the search is held, whose texts it borrows */
}
HANDLER(result_get, ws_result_set, result_document)

static FALLIBLE result_delete(struct call *c, const struct ws_result_set *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(held_search) h = {0};
    struct result_set set;
    int32_t page, page_size;
    bool running;
    TRY(check(c, in, &page, &page_size));
    TRY(ws_hold_search(c, in->name, &h));
    TRY(find(c, in, h.item, &set, &running));
    return result_sets_delete(c->services->result_sets, set.id, c->now);
}
HANDLER(result_delete, ws_result_set, nothing)

FALLIBLE ws_may_go_on(void *state, const struct search_item *search, int32_t user, bool *out) {
    const struct services *services = state;
    struct public_caller k;
    OWNED(arena) a = arena_new((size_t)1 << 24);
    TRY(public_caller_now(services->public, a, user, instant_now(), &k, out));
    *out = *out && k.tenant == search->tenant && k.permissions & 1u << MAY_SEARCH && ws_is_offered(search) &&
           ws_may_execute(&k, search);
    return NULL;
}

/* ---- where it is reached ---- */

#define UNAVAILABLE                                                                                                                \
    { 403, NULL, "The permission or the search is missing." }
#define NO_JSON                                                                                                                    \
    { 406, NULL, "JSON is not accepted." }
#define MISMATCH                                                                                                                   \
    { 416, NULL, "The search has no such result set for this caller." }
const struct routes ws_async_routes = {
    .tag = "Search",
    .base = "/ws",
    .style = &style_ws,
    .at =
        (const struct route[]){
            ROUTE(POST, "/data/async-search/{name}", search_order, "Orders a search whose result is fetched later.",
                  .operation = "OrderSearch", .role = ROLE_USER, .status = 202, .late_body = true, .body_optional = true,
                  .also = ALSO(UNAVAILABLE, NO_JSON, {507, NULL, "There is no room for another result set."})),
            ROUTE(GET, "/data/async-search/{name}/result-set/{uuid}", result_get, "A page of the result of an ordered search.",
                  .operation = "GetResultSet", .role = ROLE_USER,
                  .also = ALSO(UNAVAILABLE, NO_JSON, {409, NULL, "It is not finished yet; Retry-After tells when to ask again."},
                               {410, NULL, "It is gone: deleted, expired, or the search was changed."}, MISMATCH,
                               {422, NULL, "The search could not be carried out."})),
            ROUTE(DELETE, "/data/async-search/{name}/result-set/{uuid}", result_delete,
                  "Deletes a result set, or cancels the search that makes it.", .operation = "DeleteResultSet", .role = ROLE_USER,
                  .also = ALSO(UNAVAILABLE, NO_JSON, MISMATCH)),
        },
    .count = 3,
};
