/* References on their way into the metaverse: from a CSO to the MVO it is joined to (sync-engine §11.7). */
#ifndef JOINERY_SYNC_REFERENCES_H
#define JOINERY_SYNC_REFERENCES_H

#include "sync/batch.h"

/* The MVOs that a connector's references lead to; *waiting: how many targets are known but not joined. False when it has too many
 * for a target that takes one. */
bool reference_values(struct sync_batch *b, const struct plan_mapping *m, const struct work_cso *c, struct values *out,
                      size_t *waiting);
/* What flows now: while targets wait, nothing is taken away; YIELD_NOTHING when nothing can be said yet. Notes c->waiting. */
enum yield reference_incoming(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, struct values *out,
                              struct problem *problem);
/* Asks where the references of this object lead that its type's import rules map. */
void want_reference_targets(struct sync_batch *b, const struct work_cso *c);

#endif
