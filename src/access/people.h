/* From the claims of a token to a person of the metaverse and their roles (operations §2.6). */
#ifndef JOINERY_ACCESS_PEOPLE_H
#define JOINERY_ACCESS_PEOPLE_H

#include "access/access.h"
#include "access/oidc.h"

struct people_options {
    text mv_attribute;  /* what the claim is compared with; null: Subject Identifier */
    text initial_admin; /* the claim's value that is always an administrator; null: nobody */
};
/* Sees to it that people are found quickly: the attribute gets an index when it has none. ERROR_INVALID when there is no such
 * attribute. Before the first call of people_identify. */
FALLIBLE people_prepare(store *s, const struct people_options *options);
/* The object of type User whose attribute is the claim's value, with its roles. The initial administrator is made when there is no
 * such person, and gets the role again when it was taken away; both are recorded as done by the system. Somebody unknown is known
 * by name and has no role. What is missing of somebody's profile is taken from the claims; what is there stays. Two people with the
 * value are refused: ERROR_UNKNOWN_CALLER. */
FALLIBLE people_identify(store *s, arena *a, const struct people_options *options, const struct oidc_claims *claims, instant now,
                         struct caller *out);

#endif
