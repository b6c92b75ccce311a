/* What a mapping changes on a target object, and what of it the target holds already (sync-engine §13.3, §13.4). */
#ifndef JOINERY_SYNC_CHANGES_H
#define JOINERY_SYNC_CHANGES_H

#include "sync/batch.h"

/* The changes that one rule wants on one object. */
struct wanted {
    struct staged_changes changes; /* differ from what the target holds */
    struct staged_changes current; /* the target holds them already: cancel what is staged against them (J+35) */
    struct problem problem;        /* of a mapping that was left out, or of the whole object */
    bool open;                     /* more may be found current, or missing, when other objects have joined */
};

/* For a Create: every mapping with a value. */
void wanted_on_create(struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule, struct wanted *out);
/* For an existing object: the mappings whose sources changed (m->diffs), or all of them. */
void wanted_on_update(struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule, struct work_cso *c, bool all,
                      struct wanted *out);
/* For drift (§14): what brings the object back to the metaverse's state. */
void wanted_by_drift(struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping, struct work_cso *c,
                     struct wanted *out);
/* Does the mapping read anything that changed? */
bool mapping_is_touched(const struct work_mvo *m, const struct plan_mapping *mapping);

/* The attribute as the target holds it, seen with what was written and no import has confirmed yet (§13.4). */
struct values effective_values(struct sync_batch *b, const struct work_cso *c, int32_t attribute);
/* Do two changes concern the same value of the same attribute (§13.5)? `several`: the attribute takes several values. */
bool same_key(const struct sync_batch *b, int32_t system, bool several, const struct staged_change *x,
              const struct staged_change *y);

/* ---- pending.c: one pending export a CSO (§13.5) ---- */
bool create_was_exported(const struct work_cso *c);
/* Puts changes into the CSO's pending export; false when nothing of them is staged in the end. */
bool merge_changes(struct sync_batch *b, struct work_cso *c, const struct wanted *w, bool drift);
/* Replaces the content of a Create that was never sent; false when it stays as it was. */
bool rebuild_create(struct sync_batch *b, struct work_cso *c, const struct staged_changes *changes, int32_t rule);
/* Makes sure of a Delete: true when one is newly staged. An object that was never created ends instead (J+36). */
bool stage_delete(struct sync_batch *b, struct work_cso *c);
/* Takes away staged changes that name MVOs deleted in this batch (§12.6). */
void purge_deleted(struct sync_batch *b, struct work_cso *c);

#endif
