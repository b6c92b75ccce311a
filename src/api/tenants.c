/* The resource /tenants: sealed spaces of the Public Data API (public-data-api.md §2.4, §8). */
#include "api/public_items.h"
#include "api/resources.h"
#include "search/query.h"

/* ---- what travels ---- */

struct tenant_page PAGE_OF(tenant);
static PAGE_SHAPE(tenant_page, tenant, "PageOfTenant");

struct tenant_save {
    int32_t id;
    struct tenant_facts facts;
    text if_match, change_reason;
};
static SHAPE(tenant_save, "TenantRequest",
             FIELDS(FIELD(tenant_save, id, "id"), EMBED(tenant_save, facts, tenant_facts),
                    FIELD(tenant_save, if_match, "If-Match", .header = true), CHANGE_REASON(tenant_save, change_reason)));

struct tenant_delete {
    int32_t id;
    text if_match, change_reason;
};
static SHAPE(tenant_delete, NULL,
             FIELDS(FIELD(tenant_delete, id, "id"), FIELD(tenant_delete, if_match, "If-Match", .header = true),
                    CHANGE_REASON(tenant_delete, change_reason)));

struct tenant_list {
    struct list_query list;
};
static SHAPE(tenant_list, NULL, FIELDS(EMBED(tenant_list, list, list_query)));

/* ---- what is done ---- */

/* A tenant is of itself. */
static void show(struct call *c, const struct public_item *item, struct tenant *out) {
    out->head.tenant_id = item->id;
    public_tag(c, item->version);
}

static FALLIBLE tenants_list(struct call *c, const struct tenant_list *in, struct tenant_page *out) {
    OWNED(store_tx) tx = NULL;
    struct public_items items;
    TRY(store_read(c->services->store, &tx));
    TRY(store_public_items(tx, c->a, PUBLIC_TENANT, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct tenant *t = LIST_ADD(c->a, &out->items);
        TRY(tenant_read(c->a, i, t));
        t->head.tenant_id = i->id;
    }
    LIST_PAGE(c, &in->list, tenant, &out->items, &out->counts);
    return NULL;
}
HANDLER(tenants_list, tenant_list, tenant_page)

static FALLIBLE tenants_get(struct call *c, const struct by_id *in, struct tenant *out) {
    OWNED(store_tx) tx = NULL;
    struct public_item item;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find(tx, c->a, PUBLIC_TENANT, "tenant", 0, in->id, &item));
    TRY(tenant_read(c->a, &item, out));
    show(c, &item, out);
    return NULL;
}
HANDLER(tenants_get, by_id, tenant)

static FALLIBLE save(struct call *c, struct change *x, const struct tenant_save *in, struct tenant *t) {
    struct public_item item;
    t->facts = in->facts;
    t->head.updated = c->now;
    tenant_write(c->a, t, &item);
    struct public_change k = {.kind = PUBLIC_TENANT,
                              .target = TARGET_TENANT,
                              .what = "tenant",
                              .id = in->id,
                              .name = in->facts.name,
                              .reason = in->change_reason,
                              .saved = &item};
    TRY(public_commit(c, x, &k));
    t->head = (struct public_head){item.id, item.id, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

static FALLIBLE tenants_create(struct call *c, const struct tenant_save *in, struct tenant *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    out->head.created = c->now;
    TRY(save(c, &x, in, out));
    call_location(c, "/api/v1/tenants/%d", out->head.id);
    return NULL;
}
HANDLER(tenants_create, tenant_save, tenant)

/* Tokens that are out stay ended when the tenant is enabled again (§3.3). */
static FALLIBLE end_tokens(struct call *c, store_tx *tx, int32_t tenant) {
    struct public_items users;
    TRY(store_public_items(tx, c->a, PUBLIC_USER, tenant, &users));
    for (EACH(const struct public_item, i, &users)) {
        struct data_user u = {0};
        struct public_item item;
        TRY(data_user_read(c->a, i, &u));
        u.secrets.token_version++;
        u.head.updated = c->now;
        data_user_write(c->a, &u, &item);
        TRY(store_save_public_item(tx, &item, u.facts.user_name));
    }
    return NULL;
}

static FALLIBLE tenants_update(struct call *c, const struct tenant_save *in, struct tenant *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    if (out->facts.enabled && !in->facts.enabled) TRY(end_tokens(c, x.tx, in->id));
    return save(c, &x, in, out);
}
HANDLER(tenants_update, tenant_save, tenant)

/* What lookup tables hold is no document of the tenant. */
static FALLIBLE empty_pools(struct call *c, store_tx *tx, int32_t tenant) {
    static const struct json none = {.kind = JSON_ARRAY};
    struct public_items pools;
    TRY(store_public_items(tx, c->a, PUBLIC_POOL, tenant, &pools));
    for (EACH(const struct public_item, p, &pools)) {
        struct search_fields fields = {0};
        bool taken;
        TRY(search_lookup_replace(tx, c->a, p->id, &fields, &none, &c->problems, &taken));
    }
    return NULL;
}

/* The histories of all that is in the tenant end with it. */
static FALLIBLE all_in(struct call *c, store_tx *tx, int32_t tenant, struct changed_objects *out) {
    static const struct {
        enum public_kind kind;
        enum activity_target target;
    } kinds[] = {{PUBLIC_USER, TARGET_DATA_USER},
                 {PUBLIC_ROLE, TARGET_DATA_ROLE},
                 {PUBLIC_TEMPLATE, TARGET_CORE_TEMPLATE},
                 {PUBLIC_POOL, TARGET_DATA_POOL},
                 {PUBLIC_SEARCH, TARGET_SEARCH_CONFIGURATION}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct public_items items;
        TRY(store_public_items(tx, c->a, kinds[i].kind, tenant, &items));
        for (EACH(const struct public_item, item, &items))
            *LIST_ADD(c->a, out) = (struct changed_object){kinds[i].target, public_history_key(c->a, tenant, item->id)};
    }
    return NULL;
}

static FALLIBLE tenants_delete(struct call *c, const struct tenant_delete *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct tenant t;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->id, &t));
    TRY(public_check_match(c, in->if_match, t.head.version));
    if (in->id == 1) return FAIL(ERROR_CONFLICT, "The first tenant cannot be deleted.");
    TRY(empty_pools(c, x.tx, in->id));
    for (EACH(const struct connected_system, s, &x.before->systems))
        if (s->tenant == in->id)
            return FAIL(ERROR_CONFLICT, "The connected system '%.*s' is of this tenant; delete it first.", TEXT_ARG(s->name));
    struct public_change k = {.kind = PUBLIC_TENANT,
                              .target = TARGET_TENANT,
                              .what = "tenant",
                              .id = in->id,
                              .name = t.facts.name,
                              .reason = in->change_reason};
    TRY(all_in(c, x.tx, in->id, &k.along));
    return public_commit(c, &x, &k);
}
HANDLER(tenants_delete, tenant_delete, nothing)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A tenant of this name exists." }
#define STALE                                                                                                                      \
    { 412, NULL, "It has changed since the version that If-Match names." }
const struct routes tenant_routes =
    ROUTES("Tenants", "/api/v1",
           ROUTE(GET, "/tenants", tenants_list, "Lists the tenants.", .operation = "GetTenants", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/tenants/{id}", tenants_get, "Shows a tenant.", .operation = "GetTenant", .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/tenants", tenants_create, "Makes a tenant.", .operation = "CreateTenant", .role = ROLE_ADMINISTRATOR,
                 .status = 201, .also = ALSO(TAKEN)),
           ROUTE(PUT, "/tenants/{id}", tenants_update, "Replaces name, description and state of a tenant.",
                 .operation = "UpdateTenant", .role = ROLE_ADMINISTRATOR, .also = ALSO(TAKEN, STALE)),
           ROUTE(DELETE, "/tenants/{id}", tenants_delete, "Deletes a tenant with everything in it.", .operation = "DeleteTenant",
                 .role = ROLE_ADMINISTRATOR,
                 .also = ALSO({409, NULL, "The first tenant stays, and one that has connected systems."}, STALE)));
