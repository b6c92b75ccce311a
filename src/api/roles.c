/* The resource /security: roles and who has them (operations §3). */
#include "api/resources.h"
#include "api/role_view.h"

/* ---- what travels ---- */

SHAPE(role_view, "RoleDto",
      FIELDS(FIELD(role_view, id, "id"), FIELD(role_view, name, "name"), FIELD(role_view, built_in, "builtIn"),
             FIELD(role_view, created, "created"), FIELD(role_view, members, "staticMemberCount")));

struct role_list {
    struct role_views roles;
};
static SHAPE(role_list, NULL, FIELDS(OBJECTS(role_list, roles, "", role_view)), .bare = true);

struct by_role {
    int32_t role;
};
static SHAPE(by_role, NULL, FIELDS(FIELD(by_role, role, "roleId")));

/* ---- what is done ---- */

struct role_view role_view_of(const struct role *role) {
    return (struct role_view){.id = role->id, .name = role->name, .built_in = role->built_in, .created = role->created};
}

FALLIBLE role_views_count(store_tx *tx, arena *a, const struct role_views *views) {
    struct role_counts counts = {0};
    TRY(store_role_member_counts(tx, a, &counts));
    for (EACH(struct role_view, v, views))
        for (EACH(const struct role_count, n, &counts))
            if (n->role == v->id) v->members = (int32_t)n->members;
    return NULL;
}

static FALLIBLE read_views(struct call *c, struct role_views *out) {
    OWNED(store_tx) tx = NULL;
    struct roles roles = {0};
    TRY(store_read(c->services->store, &tx));
    TRY(store_roles(tx, c->a, &roles));
    for (EACH(struct role, role, &roles)) *LIST_ADD(c->a, out) = role_view_of(role);
    return role_views_count(tx, c->a, out);
}

static FALLIBLE roles_list(struct call *c, const struct nothing *in, struct role_list *out) {
    (void)in;
    return read_views(c, &out->roles);
}
HANDLER(roles_list, nothing, role_list)

static FALLIBLE roles_get(struct call *c, const struct by_role *in, struct role_view *out) {
    struct role_views views = {0};
    TRY(read_views(c, &views));
    for (EACH(const struct role_view, v, &views)) {
        if (v->id != in->role) continue;
        *out = *v;
        return NULL;
    }
    return FAIL(ERROR_NOT_FOUND, "There is no role %d.", in->role);
}
HANDLER(roles_get, by_role, role_view)

/* ---- where it is reached ---- */

const struct routes role_routes =
    ROUTES("Security", "/api/v1",
           ROUTE(GET, "/security/roles", roles_list, "Lists the roles.", .operation = "GetRoles", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/security/roles/{roleId}", roles_get, "Shows a role.", .operation = "GetRole", .role = ROLE_ADMINISTRATOR));
