/* Roles: their names and what they allow. */
#include "access/access.h"

const struct caller caller_system = {.kind = BY_SYSTEM, .name = {"System", 6}, .roles = ROLE_BIT(ROLE_ADMINISTRATOR)};
const struct caller caller_anonymous = {.kind = BY_ANONYMOUS};

static const char *const names[ROLES_COUNT] = {
    [ROLE_UNSET] = "",
    [ROLE_ANONYMOUS] = "anonymous",
    [ROLE_USER] = "authenticated",
    [ROLE_PASSWORD_OPERATOR] = "PasswordOperator",
    [ROLE_OPERATOR] = "Operator",
    [ROLE_AUDITOR] = "Auditor",
    [ROLE_ADMINISTRATOR] = "Administrator",
};

const char *role_name(enum access_role role) { return names[role]; }

enum access_role role_by_name(text name) {
    for (enum access_role role = ROLE_PASSWORD_OPERATOR; role < ROLES_COUNT; role++)
        if (text_equal(name, text_of(names[role]))) return role;
    return ROLE_UNSET;
}

/* Who is let in beside the administrator. */
static uint32_t admitted(enum access_role need, bool reading) {
    uint32_t readers = ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_OPERATOR);
    switch (need) {
    case ROLE_PASSWORD_OPERATOR:
        return ROLE_BIT(ROLE_PASSWORD_OPERATOR) | (reading ? readers : 0);
    case ROLE_OPERATOR:
        return ROLE_BIT(ROLE_OPERATOR) | (reading ? readers : 0);
    case ROLE_AUDITOR:
        return readers;
    case ROLE_ADMINISTRATOR:
        return reading ? readers : 0;
    default:
        return 0;
    }
}

bool caller_may(const struct caller *caller, enum access_role need, bool reading) {
    if (need == ROLE_ANONYMOUS) return true;
    if (caller->kind == BY_ANONYMOUS || caller->kind == BY_NOT_SET || need == ROLE_UNSET) return false;
    if (need == ROLE_USER) return true;
    return caller->roles & (ROLE_BIT(ROLE_ADMINISTRATOR) | admitted(need, reading));
}

struct initiator caller_initiator(arena *a, const struct caller *caller) {
    struct initiator by = {.type = caller->kind, .name = caller->name};
    if (uuid_is_zero(caller->id)) return by;
    char *id = arena_bytes(a, 36);
    uuid_write(caller->id, id);
    by.id = (text){id, 36};
    return by;
}

struct texts caller_role_names(arena *a, const struct caller *caller) {
    struct texts list = {0};
    for (enum access_role role = ROLE_PASSWORD_OPERATOR; role < ROLES_COUNT; role++)
        if (caller->roles & ROLE_BIT(role)) *LIST_ADD(a, &list) = text_of(names[role]);
    return list;
}
