/* The resource /tenants/{tenantId}/roles: roles of the Public Data API (public-data-api.md §2.2, §8). */
#include "api/public_items.h"
#include "api/resources.h"
#include "search/model.h"

/* ---- what travels ---- */

struct data_role_page PAGE_OF(data_role);
static PAGE_SHAPE(data_role_page, data_role, "PageOfDataRole");

struct data_role_save {
    int32_t tenant_id, id;
    struct data_role_facts facts;
    text if_match, change_reason;
};
static SHAPE(data_role_save, "DataRoleRequest",
             FIELDS(FIELD(data_role_save, tenant_id, "tenantId"), FIELD(data_role_save, id, "id"),
                    EMBED(data_role_save, facts, data_role_facts), FIELD(data_role_save, if_match, "If-Match", .header = true),
                    CHANGE_REASON(data_role_save, change_reason)));

/* ---- what is done ---- */

static FALLIBLE data_roles_list(struct call *c, const struct by_tenant *in, struct data_role_page *out) {
    OWNED(store_tx) tx = NULL;
    struct public_items items;
    struct tenant of;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(store_public_items(tx, c->a, PUBLIC_ROLE, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) TRY(data_role_read(c->a, i, LIST_ADD(c->a, &out->items)));
    LIST_PAGE(c, &in->list, data_role, &out->items, &out->counts);
    return NULL;
}
HANDLER(data_roles_list, by_tenant, data_role_page)

static FALLIBLE find(store_tx *tx, arena *a, int32_t tenant, int32_t id, struct data_role *out) {
    struct public_item item;
    TRY(public_find(tx, a, PUBLIC_ROLE, "role", tenant, id, &item));
    return data_role_read(a, &item, out);
}

static FALLIBLE data_roles_get(struct call *c, const struct by_tenant_and_id *in, struct data_role *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find(tx, c->a, in->tenant_id, in->id, out));
    public_tag(c, out->head.version);
    return NULL;
}
HANDLER(data_roles_get, by_tenant_and_id, data_role)

static FALLIBLE save(struct call *c, struct change *x, const struct data_role_save *in, struct data_role *r) {
    struct public_item item;
    r->facts = in->facts;
    r->head.updated = c->now;
    r->head.tenant_id = in->tenant_id;
    data_role_write(c->a, r, &item);
    struct public_change k = {.kind = PUBLIC_ROLE,
                              .target = TARGET_DATA_ROLE,
                              .what = "role",
                              .tenant = in->tenant_id,
                              .id = in->id,
                              .name = in->facts.name,
                              .reason = in->change_reason,
                              .saved = &item};
    TRY(public_commit(c, x, &k));
    r->head = (struct public_head){item.id, item.tenant, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

static FALLIBLE data_roles_create(struct call *c, const struct data_role_save *in, struct data_role *out) {
    OWNED_VALUE(change) x = {0};
    struct tenant of;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->tenant_id, &of));
    out->head.created = c->now;
    TRY(save(c, &x, in, out));
    call_location(c, "/api/v1/tenants/%d/roles/%d", in->tenant_id, out->head.id);
    return NULL;
}
HANDLER(data_roles_create, data_role_save, data_role)

static FALLIBLE data_roles_update(struct call *c, const struct data_role_save *in, struct data_role *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    return save(c, &x, in, out);
}
HANDLER(data_roles_update, data_role_save, data_role)

static FALLIBLE role_used(const struct data_role *role, const char *what, text by) {
    return FAIL(ERROR_CONFLICT, "The role '%.*s' is used by the %s '%.*s'; take it away first, or say force=true.",
                TEXT_ARG(role->facts.name), what, TEXT_ARG(by));
}

/* Users lose a role that is deleted although it is used. */
static FALLIBLE take_from_users(struct call *c, store_tx *tx, const struct delete_in_tenant *in, const struct data_role *role,
                                struct changed_objects *changed) {
    struct public_items items;
    TRY(store_public_items(tx, c->a, PUBLIC_USER, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct data_user u = {0};
        TRY(data_user_read(c->a, i, &u));
        size_t kept = 0;
        for (size_t k = 0; k < u.facts.roles.count; k++)
            if (u.facts.roles.at[k] != in->id) u.facts.roles.at[kept++] = u.facts.roles.at[k];
        if (kept == u.facts.roles.count) continue;
        if (!in->force) return role_used(role, "user", u.facts.user_name);
        u.facts.roles.count = kept;
        u.head.updated = c->now;
        struct public_item item;
        data_user_write(c->a, &u, &item);
        TRY(store_save_public_item(tx, &item, u.facts.user_name));
        *LIST_ADD(c->a, changed) = (struct changed_object){TARGET_DATA_USER, public_history_key(c->a, in->tenant_id, i->id)};
    }
    return NULL;
}

/* Searches that it may execute name it, too. Ids are never used again, so with force the name can stay where it is. */
static FALLIBLE check_searches(struct call *c, store_tx *tx, const struct delete_in_tenant *in, const struct data_role *role) {
    struct public_items items;
    if (in->force) return NULL;
    TRY(store_public_items(tx, c->a, PUBLIC_SEARCH, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct public_head head;
        struct search_facts facts = {0};
        TRY(public_document_read(c->a, i, &search_facts_shape, &head, &facts));
        for (EACH(const int32_t, id, &facts.execute.roles))
            if (*id == in->id) return role_used(role, "search", facts.name);
    }
    return NULL;
}

static FALLIBLE data_roles_delete(struct call *c, const struct delete_in_tenant *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct data_role r;
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, &r));
    TRY(public_check_match(c, in->if_match, r.head.version));
    TRY(check_searches(c, x.tx, in, &r));
    struct changed_objects changed = {0};
    TRY(take_from_users(c, x.tx, in, &r, &changed));
    struct public_change k = {.along = changed,
                              .kind = PUBLIC_ROLE,
                              .target = TARGET_DATA_ROLE,
                              .what = "role",
                              .tenant = in->tenant_id,
                              .id = in->id,
                              .name = r.facts.name,
                              .reason = in->change_reason};
    return public_commit(c, &x, &k);
}
HANDLER(data_roles_delete, delete_in_tenant, nothing)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A role of this name exists in the tenant." }
#define STALE                                                                                                                      \
    { 412, NULL, "It has changed since the version that If-Match names." }
#define ROLES "/tenants/{tenantId}/roles"
const struct routes data_role_routes = ROUTES(
    "Tenants", "/api/v1",
    ROUTE(GET, ROLES, data_roles_list, "Lists the roles of a tenant.", .operation = "GetDataRoles", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, ROLES "/{id}", data_roles_get, "Shows a role of a tenant.", .operation = "GetDataRole", .role = ROLE_ADMINISTRATOR),
    ROUTE(POST, ROLES, data_roles_create, "Makes a role.", .operation = "CreateDataRole", .role = ROLE_ADMINISTRATOR, .status = 201,
          .also = ALSO(TAKEN)),
    ROUTE(PUT, ROLES "/{id}", data_roles_update, "Replaces a role.", .operation = "UpdateDataRole", .role = ROLE_ADMINISTRATOR,
          .also = ALSO(TAKEN, STALE)),
    ROUTE(DELETE, ROLES "/{id}", data_roles_delete, "Deletes a role.", .operation = "DeleteDataRole", .role = ROLE_ADMINISTRATOR,
          .also = ALSO({409, NULL, "The role is used."}, STALE)));
