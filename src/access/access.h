/* Who is asking, and what may they do: callers, roles, API keys. */
#ifndef JOINERY_ACCESS_ACCESS_H
#define JOINERY_ACCESS_ACCESS_H

#include "base/base.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "model/enums.h"

/* What a route asks for. Administrator includes all. On GET routes that ask for an administrator, Auditor and Operator are let in
 * as well (operations §3: every GET). */
enum access_role {
    ROLE_UNSET,             /* a route without a role does not start */
    ROLE_ANONYMOUS,         /* everybody, without credentials */
    ROLE_USER,              /* whoever is known */
    ROLE_PASSWORD_OPERATOR, /* password endpoints */
    ROLE_OPERATOR,          /* run profiles, schedules, cancelling */
    ROLE_AUDITOR,           /* reading; Operator as well */
    ROLE_ADMINISTRATOR,
};
#define ROLES_COUNT (ROLE_ADMINISTRATOR + 1)
/* "Administrator", "Auditor", … as on the wire; "anonymous" and "authenticated" for the first two, as in the contract. */
const char *role_name(enum access_role role);
/* The stored role of that exact name, or ROLE_UNSET. */
enum access_role role_by_name(text name);
#define ROLE_BIT(role) (1u << (role))

/* The authenticated principal: the one place that initiators of activities and history are taken from. */
struct caller {
    enum initiator_type kind; /* BY_ANONYMOUS, BY_USER, BY_API_KEY, BY_SYSTEM */
    uuid id;                  /* of the key or of the person's metaverse object; zero when there is none */
    text name;
    uint32_t roles; /* ROLE_BIT of the stored roles */
    bool infrastructure;
    text method; /* "api_key", "oauth", "session", or null */
    text key_prefix;
    uuid person; /* metaverse object, zero when there is none */
};

/* May this caller use a route that asks for `need`? `reading` says that it is a GET. */
bool caller_may(const struct caller *caller, enum access_role need, bool reading);
extern const struct caller caller_system, caller_anonymous;

#endif
