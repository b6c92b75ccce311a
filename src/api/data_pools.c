/* The resource /tenants/{tenantId}/data-pools: objects of connected systems, and tables that are loaded, as searches see them
 * (public-data-api.md §7.1, §8). */
#include "api/resources.h"
#include "api/search_items.h"
#include "model/credentials.h"

/* ---- what travels ---- */

struct data_pool {
    struct public_head head;
    struct data_pool_facts facts;
};
static SHAPE(data_pool, "DataPool", FIELDS(EMBED(data_pool, head, public_head), EMBED(data_pool, facts, data_pool_facts)),
             .doc = "A typed list of fields over objects of a connected system, or over a lookup table.");
struct data_pools LIST(struct data_pool);
struct data_pool_page PAGE_OF(data_pool);
static PAGE_SHAPE(data_pool_page, data_pool, "PageOfDataPool");

struct data_pool_save {
    int32_t tenant_id, id;
    struct data_pool_facts facts;
    text if_match, change_reason;
};
static SHAPE(data_pool_save, "DataPoolRequest",
             FIELDS(FIELD(data_pool_save, tenant_id, "tenantId"), FIELD(data_pool_save, id, "id"),
                    EMBED(data_pool_save, facts, data_pool_facts), FIELD(data_pool_save, if_match, "If-Match", .header = true),
                    CHANGE_REASON(data_pool_save, change_reason)));
struct data_pool_rows {
    int32_t tenant_id, id;
    struct json_value rows;
    text if_match, change_reason;
};
static SHAPE(data_pool_rows, NULL,
             FIELDS(FIELD(data_pool_rows, tenant_id, "tenantId"), FIELD(data_pool_rows, id, "id"),
                    FIELD(data_pool_rows, rows, "rows", .body = true,
                          .schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}",
                          .doc = "All rows: objects whose members are the fields."),
                    FIELD(data_pool_rows, if_match, "If-Match", .header = true), CHANGE_REASON(data_pool_rows, change_reason)));

/* ---- what is done ---- */

static FALLIBLE read(arena *a, const struct public_item *i, struct data_pool *out) {
    return public_document_read(a, i, &data_pool_facts_shape, &out->head, &out->facts);
}

static FALLIBLE data_pools_list(struct call *c, const struct by_tenant *in, struct data_pool_page *out) {
    OWNED(store_tx) tx = NULL;
    struct public_items items;
    struct tenant of;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(store_public_items(tx, c->a, PUBLIC_POOL, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) TRY(read(c->a, i, LIST_ADD(c->a, &out->items)));
    LIST_PAGE(c, &in->list, data_pool, &out->items, &out->counts);
    return NULL;
}
HANDLER(data_pools_list, by_tenant, data_pool_page)

static FALLIBLE find(store_tx *tx, arena *a, int32_t tenant, int32_t id, struct data_pool *out) {
    struct public_item item;
    TRY(public_find(tx, a, PUBLIC_POOL, "data pool", tenant, id, &item));
    return read(a, &item, out);
}

static FALLIBLE data_pools_get(struct call *c, const struct by_tenant_and_id *in, struct data_pool *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find(tx, c->a, in->tenant_id, in->id, out));
    public_tag(c, out->head.version);
    return NULL;
}
HANDLER(data_pools_get, by_tenant_and_id, data_pool)

static bool is_lookup(const struct data_pool_facts *f) { return f->source.lookup_table.given && f->source.lookup_table.value; }

static const char *field_fault(const struct cs_type *type, const struct field_facts *f) {
    const struct cs_attribute *m = config_cs_attribute_named(type, field_attribute(f));
    if (!m) return "The object type has no such attribute.";
    if (is_credential_attribute(m->name)) return "The attribute holds secrets.";
    if (!field_type_presents(f->type, m->type)) return "The attribute is of another type.";
    if (f->multi_valued != (m->plurality == MULTI_VALUED)) return "multiValued must be as the attribute is.";
    return NULL;
}

static FALLIBLE check_lookup(struct call *c, const struct data_pool_facts *f) {
    if (f->source.connected_system.given || f->source.object_type.at)
        call_problem(c, "source", "Either a lookup table or objects of a connected system.");
    for (size_t i = 0; i < f->fields.count; i++) {
        if (f->fields.at[i].attribute.at && !text_equal(f->fields.at[i].attribute, f->fields.at[i].name))
            call_problem(c, arena_print(c->a, "fields[%zu].attribute", i).at, "Lookup tables have no attributes.");
        if (is_credential_attribute(f->fields.at[i].name))
            call_problem(c, arena_print(c->a, "fields[%zu].name", i).at, "Secrets have no place here.");
    }
    return call_check(c);
}

static FALLIBLE check(struct call *c, snapshot *s, int32_t tenant, const struct data_pool_facts *f) {
    search_items_check_fields(c, &f->fields);
    if (is_lookup(f)) return check_lookup(c, f);
    const struct connected_system *system = config_system(s, f->source.connected_system.value);
    if (!system || system->tenant != tenant) return call_invalid(c, "source.connectedSystem", "There is no such connected system.");
    const struct cs_type *type = f->source.object_type.at ? config_cs_type_named(system, f->source.object_type) : NULL;
    if (!type) return call_invalid(c, "source.objectType", "The connected system has no such object type.");
    for (size_t i = 0; i < f->fields.count; i++) {
        const char *fault = field_fault(type, &f->fields.at[i]);
        if (fault) call_problem(c, arena_print(c->a, "fields[%zu].attribute", i).at, "%s", fault);
    }
    return call_check(c);
}

static FALLIBLE commit(struct call *c, struct change *x, struct data_pool *p, text reason, bool gone) {
    struct public_item item;
    p->head.updated = c->now;
    if (!gone) public_document_write(c->a, PUBLIC_POOL, &p->head, &data_pool_facts_shape, &p->facts, &item);
    struct public_change k = {.kind = PUBLIC_POOL,
                              .target = TARGET_DATA_POOL,
                              .what = "data pool",
                              .tenant = p->head.tenant_id,
                              .id = p->head.id,
                              .name = p->facts.name,
                              .reason = reason,
                              .saved = gone ? NULL : &item};
    TRY(public_commit(c, x, &k));
    if (gone) return NULL;
    p->head = (struct public_head){item.id, item.tenant, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

static FALLIBLE data_pools_create(struct call *c, const struct data_pool_save *in, struct data_pool *out) {
    OWNED_VALUE(change) x = {0};
    struct tenant of;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->tenant_id, &of));
    TRY(check(c, x.before, in->tenant_id, &in->facts));
    out->head = (struct public_head){.tenant_id = in->tenant_id, .created = c->now};
    out->facts = in->facts;
    TRY(commit(c, &x, out, in->change_reason, false));
    call_location(c, "/api/v1/tenants/%d/data-pools/%d", in->tenant_id, out->head.id);
    return NULL;
}
HANDLER(data_pools_create, data_pool_save, data_pool)

/* Takes all rows of a lookup table and puts these in their place; NULL: none. */
static FALLIBLE put_rows(struct call *c, store_tx *tx, const struct data_pool *p, const struct json *rows) {
    static const struct json none = {.kind = JSON_ARRAY};
    struct search_fields fields = {0};
    bool taken = false;
    if (!is_lookup(&p->facts)) return NULL;
    for (EACH(const struct field_facts, f, &p->facts.fields))
        *LIST_ADD(c->a, &fields) = (struct search_field){f->name, f->type, f->multi_valued, 0};
    TRY(search_lookup_replace(tx, c->a, p->head.id, &fields, rows ? rows : &none, &c->problems, &taken));
    return taken ? NULL : call_check(c);
}

static bool same_fields(const struct data_pool_facts *a, const struct data_pool_facts *b) {
    bool same = a->fields.count == b->fields.count && is_lookup(a) == is_lookup(b);
    for (size_t i = 0; same && i < a->fields.count; i++) {
        const struct field_facts *x = &a->fields.at[i], *y = &b->fields.at[i];
        same = text_equal(x->name, y->name) && x->type == y->type && x->multi_valued == y->multi_valued;
    }
    return same;
}

static FALLIBLE data_pools_update(struct call *c, const struct data_pool_save *in, struct data_pool *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    TRY(check(c, x.before, in->tenant_id, &in->facts));
    if (!same_fields(&out->facts, &in->facts)) TRY(put_rows(c, x.tx, out, NULL)); /* they were of other fields */
    out->facts = in->facts;
    return commit(c, &x, out, in->change_reason, false);
}
HANDLER(data_pools_update, data_pool_save, data_pool)

static FALLIBLE data_pools_load(struct call *c, const struct data_pool_rows *in, struct data_pool *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    if (!is_lookup(&out->facts)) return FAIL(ERROR_INVALID, "Only lookup tables are loaded.");
    if (!in->rows.json || in->rows.json->kind != JSON_ARRAY) return FAIL(ERROR_INVALID, "The body must be a list of rows.");
    TRY(put_rows(c, x.tx, out, in->rows.json));
    return commit(c, &x, out, in->change_reason, false);
}
HANDLER(data_pools_load, data_pool_rows, data_pool)

static FALLIBLE data_pools_delete(struct call *c, const struct delete_in_tenant *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct data_pool p = {0};
    struct search_catalogue all;
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, &p));
    TRY(public_check_match(c, in->if_match, p.head.version));
    TRY(search_items_now(c, x.tx, &all));
    TRY(search_items_unused(&all, in->tenant_id, &(struct search_reference){REFERENCE_DATA_POOL, p.facts.name}));
    TRY(put_rows(c, x.tx, &p, NULL));
    return commit(c, &x, &p, in->change_reason, true);
}
HANDLER(data_pools_delete, delete_in_tenant, nothing)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A data pool of this name exists in the tenant." }
#define POOLS "/tenants/{tenantId}/data-pools"
const struct routes data_pool_routes = ROUTES(
    "Tenants", "/api/v1",
    ROUTE(GET, POOLS, data_pools_list, "Lists the data pools of a tenant.", .operation = "GetDataPools",
          .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, POOLS "/{id}", data_pools_get, "Shows a data pool.", .operation = "GetDataPool", .role = ROLE_ADMINISTRATOR),
    ROUTE(POST, POOLS, data_pools_create, "Makes a data pool.", .operation = "CreateDataPool", .role = ROLE_ADMINISTRATOR,
          .status = 201, .also = ALSO(TAKEN)),
    ROUTE(PUT, POOLS "/{id}", data_pools_update, "Replaces a data pool; a lookup table whose fields change loses its rows.",
          .operation = "UpdateDataPool", .role = ROLE_ADMINISTRATOR, .also = ALSO(TAKEN, SEARCH_ITEM_STALE)),
    ROUTE(PUT, POOLS "/{id}/rows", data_pools_load, "Loads a lookup table: these rows in place of all that it has.",
          .operation = "LoadDataPool", .role = ROLE_ADMINISTRATOR, .body_limit = 64 << 20, .also = ALSO(SEARCH_ITEM_STALE)),
    ROUTE(DELETE, POOLS "/{id}", data_pools_delete, "Deletes a data pool that no search uses.", .operation = "DeleteDataPool",
          .role = ROLE_ADMINISTRATOR, .also = ALSO({409, NULL, "A search uses it."}, SEARCH_ITEM_STALE)));
