/* Differences of large sets (sync-engine §23): what of them has flowed into the metaverse is remembered, and from then on which of
 * their members imports touch. The functions here read only such members; the sets are `partial`. */
#ifndef JOINERY_STORE_DIFFERENCES_H
#define JOINERY_STORE_DIFFERENCES_H

#include "store/store.h"

/* An object with the members that were touched and are there, and in `gone`, by attribute, those that are not; references with
 * their targets. *found false: its sets flow as a whole, because they never did, or because something else than members has
 * changed. */
FALLIBLE store_cso_difference(store_tx *tx, arena *a, const struct config *c, int64_t id, struct csos *out, struct attributes *gone,
                              bool *found);
/* An MVO with the members among `targets` only; objects with the members only that lead to objects joined to these MVOs (where one
 * is spelled unlike any id of its target: the whole set). */
FALLIBLE store_mvo_towards(store_tx *tx, arena *a, const struct config *c, int64_t id, const int64_t *targets, size_t count,
                           struct mvos *out);
FALLIBLE store_csos_towards(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, const int64_t *mvos,
                            size_t mvo_count, struct csos *out);
/* The raw texts of a large set, in any order; each is there only while it is visited. */
FALLIBLE store_each_member(store_tx *tx, int64_t cso, int32_t attribute, void (*visit)(void *state, text raw), void *state);
/* Has the object a reference in this attribute that reads as this text, however it is spelled? */
FALLIBLE store_refers(store_tx *tx, arena *a, const struct config *c, const struct cs_attribute *attribute, int64_t cso, text raw,
                      bool *found);
/* Finds the targets of the object's references. */
FALLIBLE store_resolve(store_tx *tx, arena *a, const struct config *c, struct cso *o);
/* The objects of a system for which store_cso_difference may find something. */
FALLIBLE store_member_flows(store_tx *tx, arena *a, int32_t system, struct int64s *csos);
/* The metaverse holds what the large sets of this object lead to, as it was at `updated` and by the rules of then (rules_changed_at
 * of the configuration); or, when not `whole`, does not. In the session that writes it there, afterwards. */
FALLIBLE store_write_member_flow(store_tx *tx, int64_t cso, instant updated, int64_t rules, bool whole);

#endif
