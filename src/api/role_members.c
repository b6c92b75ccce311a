/* The members of roles: people, who show a token of the identity provider (operations §3). */
#include "api/change.h"
#include "api/resources.h"
#include "api/role_view.h"
#include "api/value_view.h"
#include "model/ids.h"

/* ---- what travels ---- */

struct role_member {
    uuid id;
    text display_name;
    struct named_id type;
};
static SHAPE(role_member, "RoleMemberDto",
             FIELDS(FIELD(role_member, id, "id"), FIELD(role_member, display_name, "displayName", .nullable = true),
                    OBJECT(role_member, type, "type", named_id)));

struct role_member_list {
    struct LIST(struct role_member) members;
};
static SHAPE(role_member_list, NULL, FIELDS(OBJECTS(role_member_list, members, "", role_member)), .bare = true);

struct person_roles {
    struct role_views roles;
};
static SHAPE(person_roles, NULL, FIELDS(OBJECTS(person_roles, roles, "", role_view)), .bare = true);

struct by_role_id {
    int32_t role;
};
static SHAPE(by_role_id, NULL, FIELDS(FIELD(by_role_id, role, "roleId")));

struct by_person {
    uuid person;
};
static SHAPE(by_person, NULL, FIELDS(FIELD(by_person, person, "metaverseObjectId")));

struct membership {
    int32_t role;
    uuid person;
    text change_reason;
};
static SHAPE(membership, NULL,
             FIELDS(FIELD(membership, role, "roleId"), FIELD(membership, person, "metaverseObjectId"),
                    CHANGE_REASON(membership, change_reason, .query = true)));

/* ---- what is done ---- */

static FALLIBLE find_role(store_tx *tx, arena *a, int32_t id, struct role *out) {
    struct roles roles = {0};
    TRY(store_roles(tx, a, &roles));
    for (EACH(const struct role, r, &roles)) {
        if (r->id != id) continue;
        *out = *r;
        return NULL;
    }
    return FAIL(ERROR_NOT_FOUND, "There is no role %d.", id);
}

static FALLIBLE find_person(store_tx *tx, arena *a, const struct config *c, uuid id, int64_t *person) {
    struct mvos found = {0};
    *person = id_from_uuid(ID_MVO, id);
    if (*person) TRY(store_mvos(tx, a, c, person, 1, &found));
    return found.count ? NULL : FAIL(ERROR_NOT_FOUND, "There is no such metaverse object.");
}

static FALLIBLE members_list(struct call *c, const struct by_role_id *in, struct role_member_list *out) {
    OWNED(store_tx) tx = NULL;
    snapshot *s;
    struct role role;
    struct int64s ids = {0};
    struct mvos people = {0};
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find_role(tx, c->a, in->role, &role));
    TRY(store_role_members(tx, c->a, in->role, &ids));
    TRY(store_mvos(tx, c->a, s, ids.at, ids.count, &people));
    for (EACH(const struct mvo, o, &people))
        *LIST_ADD(c->a, &out->members) = (struct role_member){
            .id = id_to_uuid(ID_MVO, o->id), .display_name = mvo_display_name(c->a, s, o), .type = mv_type_reference(s, o->type)};
    return NULL;
}
HANDLER(members_list, by_role_id, role_member_list)

static FALLIBLE person_roles(struct call *c, const struct by_person *in, struct person_roles *out) {
    OWNED(store_tx) tx = NULL;
    snapshot *s;
    int64_t person;
    struct int32s ids = {0};
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find_person(tx, c->a, s, in->person, &person));
    TRY(store_roles_of(tx, c->a, person, &ids));
    for (EACH(const int32_t, id, &ids)) {
        struct role role;
        TRY(find_role(tx, c->a, *id, &role));
        *LIST_ADD(c->a, &out->roles) = role_view_of(&role);
    }
    return role_views_count(tx, c->a, &out->roles);
}
HANDLER(person_roles, by_person, person_roles)

static FALLIBLE commit(struct call *c, struct change *x, const struct role *role, const struct membership *in) {
    struct change_note note = {
        .target = TARGET_ROLE, .operation = OPERATION_UPDATE, .name = role->name, .id = role->id, .reason = in->change_reason};
    return change_commit(c, x, &note, NULL);
}

static FALLIBLE member_add(struct call *c, const struct membership *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct role role;
    int64_t person;
    bool added;
    TRY(change_begin(c, &x));
    TRY(find_role(x.tx, c->a, in->role, &role));
    TRY(find_person(x.tx, c->a, x.before, in->person, &person));
    TRY(store_add_role_member(x.tx, in->role, person, &added));
    if (!added) return FAIL(ERROR_CONFLICT, "That person has the role '%.*s' already.", TEXT_ARG(role.name));
    return commit(c, &x, &role, in);
}
HANDLER(member_add, membership, nothing)

/* Nobody locks themselves out, and somebody is left who may let others in; the lock of the change is held. */
static FALLIBLE check_removal(struct call *c, const struct role *role, const struct int64s *members, const struct membership *in) {
    if (role_by_name(role->name) != ROLE_ADMINISTRATOR) return NULL;
    if (memcmp(&c->caller.person, &in->person, sizeof in->person) == 0)
        return FAIL(ERROR_INVALID, "You cannot take this role from yourself.");
    return members->count > 1 ? NULL : FAIL(ERROR_INVALID, "The last administrator cannot be removed.");
}

static FALLIBLE member_remove(struct call *c, const struct membership *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct role role;
    struct int64s members = {0};
    int64_t person;
    bool removed = false;
    TRY(change_begin(c, &x));
    TRY(find_role(x.tx, c->a, in->role, &role));
    TRY(find_person(x.tx, c->a, x.before, in->person, &person));
    TRY(store_role_members(x.tx, c->a, in->role, &members));
    for (EACH(const int64_t, m, &members)) removed |= *m == person;
    if (!removed) return FAIL(ERROR_NOT_FOUND, "That person does not have the role '%.*s'.", TEXT_ARG(role.name));
    TRY(check_removal(c, &role, &members, in));
    TRY(store_remove_role_member(x.tx, in->role, person, &removed));
    return commit(c, &x, &role, in);
}
HANDLER(member_remove, membership, nothing)

/* ---- where it is reached ---- */

#define MEMBERS "/security/roles/{roleId}/members"
const struct routes role_member_routes =
    ROUTES("Security", "/api/v1",
           ROUTE(GET, MEMBERS, members_list, "Lists the people who have a role.", .operation = "GetRoleMembers",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(PUT, MEMBERS "/{metaverseObjectId}", member_add, "Gives a person a role.", .operation = "AddRoleMember",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO({409, NULL, "The person has the role already."})),
           ROUTE(DELETE, MEMBERS "/{metaverseObjectId}", member_remove, "Takes a role from a person.",
                 .operation = "RemoveRoleMember", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/security/metaverse-objects/{metaverseObjectId}/roles", person_roles, "Lists the roles of a person.",
                 .operation = "GetMetaverseObjectRoles", .role = ROLE_ADMINISTRATOR));
