/* The resource /security: roles and who has them (operations §3). People get roles through single sign-on only. */
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

static FALLIBLE read_roles(struct call *c, struct roles *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    return store_roles(tx, c->a, out);
}

static FALLIBLE roles_list(struct call *c, const struct nothing *in, struct role_list *out) {
    (void)in;
    struct roles roles = {0};
    TRY(read_roles(c, &roles));
    for (EACH(struct role, role, &roles)) *LIST_ADD(c->a, &out->roles) = role_view_of(role);
    return NULL;
}
HANDLER(roles_list, nothing, role_list)

static FALLIBLE roles_get(struct call *c, const struct by_role *in, struct role_view *out) {
    struct roles roles = {0};
    TRY(read_roles(c, &roles));
    for (EACH(struct role, role, &roles)) {
        if (role->id != in->role) continue;
        *out = role_view_of(role);
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
