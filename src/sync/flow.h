/* Values into the metaverse: the priority gate, differences, re-election (sync-engine §11). */
#ifndef JOINERY_SYNC_FLOW_H
#define JOINERY_SYNC_FLOW_H

#include "sync/batch.h"

/* What one object's mappings yield, computed before anything is applied, because one failure takes all back (§11.2). */
struct incoming {
    const struct plan_mapping *mapping;
    struct values set;
};
struct incomings LIST(struct incoming);

/* Computes the scalar mappings of the rules in c->scope; `mv`: the MVO's values before, NULL on projection. False when nothing may
 * flow: the item carries the error. */
bool flow_compute(struct sync_batch *b, struct work_cso *c, const struct attributes *mv, struct incomings *out);
/* Does an error keep everything of the object from flowing? Told by flow_compute when the object itself was looked at. */
bool flow_stops(struct sync_batch *b, const struct work_cso *c);
/* Passes them through the gate to c->mvo, then withdraws what this system contributed by mappings that do not apply any more
 * (J+11, J+26). */
void flow_apply(struct sync_batch *b, struct work_cso *c, const struct incomings *list);
/* The same for the reference mappings, once every MVO of the page has an id (§11.7). */
void flow_references(struct sync_batch *b, struct work_cso *c);

/* Takes away what the MVO holds from the system of the leaving connector and re-elects survivors (§12.2 no. 3); `freeze` keeps
 * attributes without a successor as they are (no. 4). */
void flow_recall(struct sync_batch *b, struct work_cso *leaving, bool freeze);

/* Is this connector one whose rule holds now: living, of the rule's type, in its scope? */
bool flow_applies(struct sync_batch *b, const struct plan_rule *rule, const struct work_cso *c);
/* What a contributor whose rule applies has to say now: values (none: no value), nothing (a reference waits for its target), or a
 * problem. */
enum yield flow_says(struct sync_batch *b, const struct plan_mapping *mapping, const struct work_cso *c, const struct work_mvo *m,
                     struct values *out, struct problem *problem);

#endif
