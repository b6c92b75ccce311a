/* Which MVO a connected object belongs to: matching, joining, projecting (sync-engine §10). */
#ifndef JOINERY_SYNC_JOIN_H
#define JOINERY_SYNC_JOIN_H

#include "sync/batch.h"

/* Asks which MVOs carry the matching values of the page's unjoined objects. */
void want_matches(struct sync_batch *b);
/* Takes the answer down and asks for the MVOs that were hit. */
void learn_matches(struct sync_batch *b, const struct sync_match_hits *hits);
void want_matched(struct sync_batch *b);

enum match_result { MATCH_NONE, MATCH_ONE, MATCH_REFUSED };
/* Joins an unjoined object when exactly one free MVO matches; MATCH_REFUSED when its item carries the reason. */
enum match_result join_try(struct sync_batch *b, struct work_cso *c);
/* The first rule in scope that projects, or NULL. */
const struct plan_rule *join_projecting_rule(const struct work_cso *c);
void join_project(struct sync_batch *b, struct work_cso *c, const struct plan_rule *rule);
/* Remembers the matching values of an MVO that was projected here, so that a second object of the page finds it (J+23). */
void join_index(struct sync_batch *b, struct work_cso *c);
/* Equality of a matching rule. */
bool match_equal(const struct matching_rule *rule, const struct value *a, const struct value *b);

#endif
