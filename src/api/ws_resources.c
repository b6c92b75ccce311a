/* The resources /ws/data/resources/…, /ws/data/search and /ws/data/async-search: what a caller may ask (public-data-api.md §4). */
#include "api/resources.h"
#include "api/ws_search.h"
#include "base/crypto.h"

/* ---- what travels ---- */

struct described_filter {
    text name;
    struct json_value value;
    enum search_condition condition;
    struct maybe_bool case_sensitive;
};
static SHAPE(described_filter, "DescribedFilter",
             FIELDS(FIELD(described_filter, name, "name"), FIELD(described_filter, value, "value", .nullable = true),
                    FIELD(described_filter, condition, "condition", .names = &search_condition_names),
                    FIELD(described_filter, case_sensitive, "caseSensitive", .omit_empty = true)));
struct described_filters LIST(struct described_filter);
struct described_search {
    struct search_reference reference;
    struct described_filters filters;
};
static SHAPE(described_search, "DescribedSearch",
             FIELDS(OBJECT(described_search, reference, "reference", search_reference),
                    OBJECTS(described_search, filters, "filters", described_filter)));
struct described_result {
    struct search_reference reference;
    struct described_filters filters;
    struct columns_facts columns;
};
static SHAPE(described_result, "DescribedResult",
             FIELDS(OBJECT(described_result, reference, "reference", search_reference),
                    OBJECTS(described_result, filters, "filters", described_filter),
                    OBJECT(described_result, columns, "columns", columns_facts)));
struct description {
    struct described_search search;
    struct described_result result;
    struct ws_links links;
};
static SHAPE(description, "SearchDescription",
             FIELDS(OBJECT(description, search, "search", described_search),
                    OBJECT(description, result, "result", described_result), OBJECTS(description, links, "links", ws_link)),
             .doc = "A search as it is configured; sent back as the body of a request it changes nothing.");

struct listed_search {
    text name;
    struct ws_links links;
};
static SHAPE(listed_search, "ListedSearch",
             FIELDS(FIELD(listed_search, name, "name"), OBJECTS(listed_search, links, "links", ws_link)));
struct search_list {
    struct ws_links links;
    struct LIST(struct listed_search) content;
};
static SHAPE(search_list, "SearchList",
             FIELDS(OBJECTS(search_list, links, "links", ws_link), OBJECTS(search_list, content, "content", listed_search)));
struct link_list {
    struct ws_links links;
};
static SHAPE(link_list, "LinkList", FIELDS(OBJECTS(link_list, links, "links", ws_link)));

struct ws_named {
    text name, if_none_match;
    int32_t tenant_id;
};
static SHAPE(ws_named, NULL,
             FIELDS(FIELD(ws_named, name, "name"), FIELD(ws_named, if_none_match, "If-None-Match", .header = true),
                    FIELD(ws_named, tenant_id, "tenantId", .required = true)));
struct ws_tenant {
    int32_t tenant_id;
};
static SHAPE(ws_tenant, NULL, FIELDS(FIELD(ws_tenant, tenant_id, "tenantId", .required = true)));

/* ---- lists ---- */

enum links_shown { LINK_SEARCH = 1, LINK_ASYNC = 2 };

static void add_search_links(struct call *c, text name, unsigned shown, struct ws_links *links) {
    if (shown & LINK_SEARCH)
        ws_add_link(c->a, links, "search", arena_print(c->a, "/data/search/%.*s?page,pageSize", TEXT_ARG(name)));
    if (shown & LINK_ASYNC)
        ws_add_link(c->a, links, "search", arena_print(c->a, "/data/async-search/%.*s?page,pageSize", TEXT_ARG(name)));
}

static FALLIBLE list(struct call *c, const char *self, unsigned shown, struct search_list *out) {
    OWNED_VALUE(held_search) h = {.keeper = c->services->search};
    TRY(search_take(h.keeper, &h.all));
    ws_add_link(c->a, &out->links, "self", text_of(self));
    for (EACH(const struct search_item, s, &h.all->searches)) {
        if (s->tenant != c->data_caller.tenant || !ws_is_offered(s) || !ws_may_execute(&c->data_caller, s)) continue;
        struct listed_search *entry = LIST_ADD(c->a, &out->content);
        entry->name = arena_text(c->a, s->facts.name);
        ws_add_link(c->a, &entry->links, "describedBy", arena_print(c->a, "/data/resources/search/%.*s", TEXT_ARG(s->facts.name)));
        add_search_links(c, s->facts.name, shown, &entry->links);
    }
    c->rows = (int64_t)out->content.count;
    return NULL;
}

static FALLIBLE searches_list(struct call *c, const struct ws_tenant *in, struct search_list *out) {
    (void)in;
    return list(c, "/data/resources/search", LINK_SEARCH | LINK_ASYNC, out);
}
HANDLER(searches_list, ws_tenant, search_list)

static FALLIBLE search_index(struct call *c, const struct ws_tenant *in, struct search_list *out) {
    (void)in;
    return list(c, "/data/search", LINK_SEARCH, out);
}
HANDLER(search_index, ws_tenant, search_list)

static FALLIBLE async_index(struct call *c, const struct ws_tenant *in, struct search_list *out) {
    (void)in;
    return list(c, "/data/async-search", LINK_ASYNC, out);
}
HANDLER(async_index, ws_tenant, search_list)

static FALLIBLE resources_index(struct call *c, const struct ws_tenant *in, struct link_list *out) {
    (void)in;
    ws_add_link(c->a, &out->links, "self", T("/data/resources"));
    ws_add_link(c->a, &out->links, "search", T("/data/resources/search"));
    return NULL;
}
HANDLER(resources_index, ws_tenant, link_list)

/* ---- one search ---- */

static struct described_filters described(arena *a, const struct filters_facts *filters) {
    struct described_filters out = {0};
    for (EACH(const struct filter_facts, f, filters))
        if (!f->hidden)
            *LIST_ADD(a, &out) = (struct described_filter){f->name, f->value, f->condition, {!f->case_sensitive, false}};
    return out;
}

static text tag_of(arena *a, text content) {
    uint8_t digest[32];
    char hex[32];
    sha256(content, digest);
    hex_write(digest, 16, hex);
    return arena_print(a, "\"%.32s\"", hex);
}

static FALLIBLE describe(struct call *c, const struct search_item *s, text if_none_match) {
    struct description d = {
        .search = {s->facts.search.reference, described(c->a, &s->facts.search.filters)},
        .result = {s->facts.result.reference, described(c->a, &s->facts.result.filters), s->facts.result.columns}};
    OWNED_VALUE(buffer) b = {.max = 16 << 20};
    struct json_writer w = {.out = &b};
    ws_add_link(c->a, &d.links, "self", arena_print(c->a, "/data/resources/search/%.*s", TEXT_ARG(s->facts.name)));
    add_search_links(c, s->facts.name, LINK_SEARCH | LINK_ASYNC, &d.links);
    describe_write(&w, &description_shape, &d);
    text content = arena_text(c->a, buffer_as_text(&b)), tag = tag_of(c->a, content);
    call_header(c, "ETag", tag);
    bool same = if_none_match.at && (text_equal(if_none_match, T("*")) || text_find(if_none_match, tag) != SIZE_MAX);
    if (same) return call_bytes(c, 304, NULL, T(""));
    return call_bytes(c, 200, "application/json", content);
}

static FALLIBLE search_described(struct call *c, const struct ws_named *in, struct description *out) {
    (void)out;
    OWNED_VALUE(held_search) h = {.keeper = c->services->search};
    TRY(search_take(h.keeper, &h.all));
    const struct search_item *s = is_search_name(in->name) ? search_find(h.all, c->a, c->data_caller.tenant, in->name) : NULL;
    bool offered = s && ws_is_offered(s), may = s && ws_may_execute(&c->data_caller, s);
    if (!offered || (!may && c->ws->hide_forbidden)) return FAIL(ERROR_NOT_FOUND, "There is no such search.");
    if (!may) return call_fail(c, 403, "SEARCH_NOT_AVAILABLE", "The search is not available.");
    return describe(c, s, in->if_none_match);
}
HANDLER(search_described, ws_named, description)

/* ---- where it is reached ---- */

const struct routes ws_resource_routes = {
    .tag = "Resources",
    .base = "/ws",
    .style = &style_ws,
    .at =
        (const struct route[]){
            ROUTE(GET, "/data/resources", resources_index, "Lists the kinds of resources.", .operation = "GetDataResources",
                  .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
            ROUTE(GET, "/data/resources/search", searches_list, "Lists the searches that the caller may carry out.",
                  .operation = "GetSearchResources", .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
            ROUTE(GET, "/data/resources/search/{name}", search_described, "Describes a search.", .operation = "GetSearchResource",
                  .role = ROLE_USER, .also = ALSO(WS_REFUSALS, {304, NULL, "It is as If-None-Match says."})),
            ROUTE(GET, "/data/search", search_index, "Lists the searches that are answered at once.", .operation = "GetSearchIndex",
                  .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
            ROUTE(GET, "/data/async-search", async_index, "Lists the searches that can be ordered.",
                  .operation = "GetAsyncSearchIndex", .role = ROLE_USER, .also = ALSO(WS_REFUSALS)),
        },
    .count = 5,
};
