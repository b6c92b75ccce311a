/* The resource /tenants/{tenantId}/search-configurations: what the Public Data API may be asked (public-data-api.md §7, §8). */
#include "api/resources.h"
#include "api/search_items.h"

/* ---- what travels ---- */

#define INDEX_STATES(X) X(INDEXES_READY, "Ready") X(INDEXES_BUILDING, "Building")
NAMED_ENUM(index_state, INDEX_STATES)
NAMED_ENUM_TABLE(index_state, "SearchIndexState", INDEX_STATES)

struct search_configuration {
    struct public_head head;
    enum index_state indexes;
    struct search_facts facts;
};
static SHAPE(search_configuration, "SearchConfiguration",
             FIELDS(EMBED(search_configuration, head, public_head),
                    FIELD(search_configuration, indexes, "indexes", .names = &index_state_names,
                          .doc = "Whether what its filters and sort keys ask for is indexed; until then it is right, but slow."),
                    EMBED(search_configuration, facts, search_facts)),
             .doc = "A search that programs may carry out, with what they may change of it.");
struct search_configurations LIST(struct search_configuration);
struct search_configuration_page PAGE_OF(search_configuration);
static PAGE_SHAPE(search_configuration_page, search_configuration, "PageOfSearchConfiguration");

struct search_configuration_save {
    int32_t tenant_id, id;
    struct search_facts facts;
    text if_match, change_reason;
};
static SHAPE(search_configuration_save, "SearchConfigurationRequest",
             FIELDS(FIELD(search_configuration_save, tenant_id, "tenantId"), FIELD(search_configuration_save, id, "id"),
                    EMBED(search_configuration_save, facts, search_facts),
                    FIELD(search_configuration_save, if_match, "If-Match", .header = true),
                    CHANGE_REASON(search_configuration_save, change_reason)));
struct by_tenant_and_name {
    int32_t tenant_id;
    text name;
};
static SHAPE(by_tenant_and_name, NULL,
             FIELDS(FIELD(by_tenant_and_name, tenant_id, "tenantId"), FIELD(by_tenant_and_name, name, "name")));

/* ---- what is done ---- */

/* Who was deleted may still stand in the document: ids are never used again. */
static FALLIBLE keep_known(store_tx *tx, arena *a, enum public_kind kind, struct int32s *ids) {
    size_t kept = 0;
    for (size_t i = 0; i < ids->count; i++) {
        struct public_item item;
        bool found;
        TRY(store_public_item(tx, a, kind, ids->at[i], &item, &found));
        if (found) ids->at[kept++] = ids->at[i];
    }
    ids->count = kept;
    return NULL;
}

static FALLIBLE read(store_tx *tx, arena *a, const struct public_item *i, struct search_configuration *out) {
    TRY(public_document_read(a, i, &search_facts_shape, &out->head, &out->facts));
    TRY(keep_known(tx, a, PUBLIC_USER, &out->facts.execute.users));
    return keep_known(tx, a, PUBLIC_ROLE, &out->facts.execute.roles);
}

/* The one place that knows it as the search sees it. */
static const struct search_item *settled(struct call *c, const struct search_catalogue *all, const struct search_configuration *s) {
    struct search_item *item = ARENA_NEW(c->a, struct search_item);
    *item = (struct search_item){.id = s->head.id, .tenant = s->head.tenant_id, .version = s->head.version, .facts = s->facts};
    search_item_settle(all, c->a, item);
    return item;
}

static void show_indexes(struct call *c, const struct search_catalogue *all, struct search_configuration *s) {
    struct search_indexes needed = {0};
    search_item_indexes(c->a, all->config, settled(c, all, s), &needed);
    s->indexes = needed.mv.count || needed.cs.count ? INDEXES_BUILDING : INDEXES_READY;
}

static FALLIBLE search_configurations_list(struct call *c, const struct by_tenant *in, struct search_configuration_page *out) {
    OWNED(store_tx) tx = NULL;
    struct search_catalogue all;
    struct public_items items;
    struct tenant of;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(store_public_items(tx, c->a, PUBLIC_SEARCH, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) TRY(read(tx, c->a, i, LIST_ADD(c->a, &out->items)));
    LIST_PAGE(c, &in->list, search_configuration, &out->items, &out->counts);
    TRY(search_items_now(c, tx, &all));
    for (EACH(struct search_configuration, s, &out->items)) show_indexes(c, &all, s);
    return NULL;
}
HANDLER(search_configurations_list, by_tenant, search_configuration_page)

static FALLIBLE find(store_tx *tx, arena *a, int32_t tenant, int32_t id, struct search_configuration *out) {
    struct public_item item;
    TRY(public_find(tx, a, PUBLIC_SEARCH, "search configuration", tenant, id, &item));
    return read(tx, a, &item, out);
}

static FALLIBLE show(struct call *c, store_tx *tx, struct search_configuration *out) {
    struct search_catalogue all;
    TRY(search_items_now(c, tx, &all));
    show_indexes(c, &all, out);
    public_tag(c, out->head.version);
    return NULL;
}

static FALLIBLE search_configurations_get(struct call *c, const struct by_tenant_and_id *in, struct search_configuration *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find(tx, c->a, in->tenant_id, in->id, out));
    return show(c, tx, out);
}
HANDLER(search_configurations_get, by_tenant_and_id, search_configuration)

static FALLIBLE search_configurations_named(struct call *c, const struct by_tenant_and_name *in, struct search_configuration *out) {
    OWNED(store_tx) tx = NULL;
    struct public_items items;
    struct tenant of;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(store_public_items(tx, c->a, PUBLIC_SEARCH, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) {
        TRY(read(tx, c->a, i, out));
        if (text_equal(out->facts.name, in->name)) return show(c, tx, out);
        *out = (struct search_configuration){0};
    }
    return FAIL(ERROR_NOT_FOUND, "There is no search configuration of this name in this tenant.");
}
HANDLER(search_configurations_named, by_tenant_and_name, search_configuration)

/* Users and roles that may execute it must be of the tenant. */
static FALLIBLE check_execute(struct call *c, store_tx *tx, int32_t tenant, enum public_kind kind, const char *what,
                              const struct int32s *ids) {
    for (size_t i = 0; i < ids->count; i++) {
        struct public_item item;
        bool found;
        TRY(store_public_item(tx, c->a, kind, ids->at[i], &item, &found));
        if (!found || item.tenant != tenant)
            call_problem(c, arena_print(c->a, "execute.%ss[%zu]", what, i).at, "There is no %s %d in this tenant.", what,
                         ids->at[i]);
    }
    return NULL;
}

static FALLIBLE check(struct call *c, struct change *x, struct search_configuration *s) {
    struct search_catalogue all;
    reference_settle(&s->facts.search.reference);
    reference_settle(&s->facts.result.reference);
    TRY(search_items_now(c, x->tx, &all));
    search_facts_check(c->a, settled(c, &all, s), &c->problems);
    TRY(check_execute(c, x->tx, s->head.tenant_id, PUBLIC_USER, "user", &s->facts.execute.users));
    TRY(check_execute(c, x->tx, s->head.tenant_id, PUBLIC_ROLE, "role", &s->facts.execute.roles));
    TRY(call_check(c));
    show_indexes(c, &all, s);
    return NULL;
}

static FALLIBLE commit(struct call *c, struct change *x, struct search_configuration *s, text reason, bool gone) {
    struct public_item item;
    s->head.updated = c->now;
    if (!gone) public_document_write(c->a, PUBLIC_SEARCH, &s->head, &search_facts_shape, &s->facts, &item);
    struct public_change k = {.kind = PUBLIC_SEARCH,
                              .target = TARGET_SEARCH_CONFIGURATION,
                              .what = "search configuration",
                              .tenant = s->head.tenant_id,
                              .id = s->head.id,
                              .name = s->facts.name,
                              .reason = reason,
                              .saved = gone ? NULL : &item};
    TRY(public_commit(c, x, &k));
    if (gone) return NULL;
    s->head = (struct public_head){item.id, item.tenant, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

static FALLIBLE search_configurations_create(struct call *c, const struct search_configuration_save *in,
                                             struct search_configuration *out) {
    OWNED_VALUE(change) x = {0};
    struct tenant of;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->tenant_id, &of));
    out->head = (struct public_head){.tenant_id = in->tenant_id, .created = c->now};
    out->facts = in->facts;
    TRY(check(c, &x, out));
    TRY(commit(c, &x, out, in->change_reason, false));
    call_location(c, "/api/v1/tenants/%d/search-configurations/%d", in->tenant_id, out->head.id);
    return NULL;
}
HANDLER(search_configurations_create, search_configuration_save, search_configuration)

static FALLIBLE search_configurations_update(struct call *c, const struct search_configuration_save *in,
                                             struct search_configuration *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    if (!text_equal(out->facts.name, in->facts.name)) return call_invalid(c, "name", "The name of a search cannot be changed.");
    out->facts = in->facts;
    TRY(check(c, &x, out));
    return commit(c, &x, out, in->change_reason, false);
}
HANDLER(search_configurations_update, search_configuration_save, search_configuration)

static FALLIBLE search_configurations_delete(struct call *c, const struct delete_in_tenant *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct search_configuration s = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, &s));
    TRY(public_check_match(c, in->if_match, s.head.version));
    return commit(c, &x, &s, in->change_reason, true);
}
HANDLER(search_configurations_delete, delete_in_tenant, nothing)

/* ---- how it would be carried out ---- */

struct explained_filter {
    text section, name, condition;
    struct texts values;
    bool case_sensitive;
};
static SHAPE(explained_filter, "ExplainedFilter",
             FIELDS(FIELD(explained_filter, section, "section", .doc = "search or result."), FIELD(explained_filter, name, "name"),
                    FIELD(explained_filter, condition, "condition"), FIELD(explained_filter, values, "values"),
                    FIELD(explained_filter, case_sensitive, "caseSensitive")));
static SHAPE(search_step, "ExplainedStep",
             FIELDS(FIELD(search_step, part, "part"), FIELD(search_step, field, "field", .nullable = true),
                    FIELD(search_step, condition, "condition", .nullable = true), FIELD(search_step, access, "access"),
                    FIELD(search_step, indexed, "indexed"),
                    FIELD(search_step, rows, "rows", .doc = "How many it leaves, as far as it is known; else -1.")));
struct explanation {
    enum index_state indexes;
    int64_t objects, rows;
    struct LIST(struct explained_filter) filters;
    struct search_steps steps;
};
static SHAPE(explanation, "SearchExplanation",
             FIELDS(FIELD(explanation, indexes, "indexes", .names = &index_state_names),
                    FIELD(explanation, objects, "objects", .doc = "Of the kind that results are."),
                    FIELD(explanation, rows, "estimatedRows"), OBJECTS(explanation, filters, "filters", explained_filter),
                    OBJECTS(explanation, steps, "steps", search_step)),
             .doc = "The filters that hold in the end, and how they are carried out.");
struct explain_request {
    int32_t tenant_id, id;
    const struct search_request *request;
};
static SHAPE(explain_request, NULL,
             FIELDS(FIELD(explain_request, tenant_id, "tenantId"), FIELD(explain_request, id, "id"),
                    OBJECT(explain_request, request, "request", search_request, .body = true)));

static text value_shown(arena *a, enum field_type type, const struct search_value *v) {
    char *out = arena_bytes(a, 40);
    char time[32];
    switch (type) {
    case FIELD_TYPE_TEXT:
        return v->text;
    case FIELD_TYPE_BOOLEAN:
        return v->number ? T("true") : T("false");
    case FIELD_TYPE_DECIMAL:
        return (text){out, decimal_write(v->decimal, out)};
    case FIELD_TYPE_GUID:
    case FIELD_TYPE_REFERENCE:
        uuid_write(v->guid, out);
        return (text){out, 36};
    case FIELD_TYPE_DATE:
    case FIELD_TYPE_DATETIME:
    case FIELD_TYPE_TIME:
        return arena_print(a, "%.*s", (int)instant_write((instant){v->number}, time), time);
    default:
        return arena_print(a, "%lld", (long long)v->number);
    }
}

static void explain_filters(arena *a, text section, const struct search_filters *list, struct explanation *out) {
    for (EACH(const struct search_filter, f, list)) {
        struct explained_filter *e = LIST_ADD(a, &out->filters);
        *e = (struct explained_filter){.section = section,
                                       .name = f->field.name,
                                       .condition = enum_text(&search_condition_names, f->condition),
                                       .case_sensitive = !f->any_case};
        for (EACH(const struct search_value, v, &f->values)) *LIST_ADD(a, &e->values) = value_shown(a, f->field.type, v);
    }
}

static FALLIBLE search_explained(struct call *c, const struct explain_request *in, struct explanation *out) {
    OWNED(store_tx) tx = NULL;
    struct search_configuration s = {0};
    struct search_catalogue all;
    struct search_query q;
    struct search_plan plan = {0};
    struct search_indexes missing = {0};
    struct search_asker who = {.user_name = c->caller.name, .full_name = c->caller.name, .address = c->http->client, .now = c->now};
    TRY(store_read(c->services->store, &tx));
    TRY(find(tx, c->a, in->tenant_id, in->id, &s));
    TRY(search_items_now(c, tx, &all));
    TRY(search_request_merge(c->a, settled(c, &all, &s), in->request, &who, &c->problems, &q));
    TRY(call_check(c));
    TRY(search_explain(tx, c->a, all.config, &q, &plan));
    search_needed_indexes(c->a, all.config, &q, &missing);
    explain_filters(c->a, T("search"), &q.filters, out);
    explain_filters(c->a, T("result"), &q.result_filters, out);
    out->indexes = missing.mv.count || missing.cs.count ? INDEXES_BUILDING : INDEXES_READY;
    out->objects = plan.objects;
    out->rows = plan.rows;
    out->steps = plan.steps;
    return NULL;
}
HANDLER(search_explained, explain_request, explanation)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A search of this name exists in the tenant." }
#define SEARCHES "/tenants/{tenantId}/search-configurations"
const struct routes search_configuration_routes =
    ROUTES("Tenants", "/api/v1",
           ROUTE(GET, SEARCHES, search_configurations_list, "Lists the searches of a tenant.",
                 .operation = "GetSearchConfigurations", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, SEARCHES "/{id}", search_configurations_get, "Shows a search.", .operation = "GetSearchConfiguration",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, SEARCHES "/by-name/{name}", search_configurations_named, "Shows a search by its name.",
                 .operation = "GetSearchConfigurationByName", .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, SEARCHES, search_configurations_create, "Makes a search; nobody may execute it until somebody is named.",
                 .operation = "CreateSearchConfiguration", .role = ROLE_ADMINISTRATOR, .status = 201, .also = ALSO(TAKEN)),
           ROUTE(PUT, SEARCHES "/{id}", search_configurations_update, "Replaces a search; its name stays.",
                 .operation = "UpdateSearchConfiguration", .role = ROLE_ADMINISTRATOR, .also = ALSO(TAKEN, SEARCH_ITEM_STALE)),
           ROUTE(DELETE, SEARCHES "/{id}", search_configurations_delete, "Deletes a search.",
                 .operation = "DeleteSearchConfiguration", .role = ROLE_ADMINISTRATOR, .also = ALSO(SEARCH_ITEM_STALE)),
           ROUTE(POST, SEARCHES "/{id}/explain", search_explained, "How a request would be carried out, without data.",
                 .operation = "ExplainSearchConfiguration", .role = ROLE_ADMINISTRATOR, .body_optional = true));
