/* Is an object in the scope of a rule? (sync-engine §9) */
#ifndef JOINERY_SYNC_SCOPE_H
#define JOINERY_SYNC_SCOPE_H

#include "model/config.h"
#include "model/object.h"

/* Evaluates the rule's criteria with one instant for all of them (invariant 46). `values` are those of the CSO (import rules) or of
 * the MVO (export rules). A rule without groups has everything in scope. Call only when scope_problem found nothing. `a` holds
 * folded texts. */
bool scope_holds(arena *a, const struct sync_rule *rule, const struct attributes *values, instant now);
/* Compares one value with the absolute value of a criterion. */
bool scope_value_holds(arena *a, const struct scope_criterion *k, const struct value *actual);
/* The boundary of a relative criterion (§9.3); ticks are clamped to years 1..9999. */
instant scope_boundary(const struct scope_criterion *k, instant now);
/* May values of this type be compared so (§9.2)? Text by equality and its parts, numbers and times by equality and order, truths
 * and GUIDs by equality; other types by nothing. */
bool scope_operator_fits(enum data_type type, enum comparison comparison);
/* Why the rule's scope cannot be evaluated (unknown attribute, operator not allowed for its type, incomplete relative date), or
 * null. */
text scope_problem(arena *a, const struct config *c, const struct sync_rule *rule);
/* Does any criterion depend on the clock (§17)? */
bool scope_is_relative(const struct sync_rule *rule);

#endif
