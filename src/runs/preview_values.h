/* Values and names of objects as rows of a preview show them. */
#ifndef JOINERY_RUNS_PREVIEW_VALUES_H
#define JOINERY_RUNS_PREVIEW_VALUES_H

#include "runs/preview_private.h"

/* The first values of a set; null when there is none. */
text preview_values_text(struct examiner *x, const struct values *set);
/* ISO 8601; null for ticks 0. */
text preview_instant_text(struct examiner *x, instant t);
/* The system whose mapping supplies the new value, else the old one; 0: unknown. */
int32_t preview_supplier(const struct examiner *x, const struct values *old_set, const struct values *new_set);

/* What is staged for an attribute. */
struct staged_text {
    size_t changes;
    uint64_t hash; /* of all changes, in any order */
    bool drift;
    text shown;
};
struct staged_text preview_staged_text(struct examiner *x, const struct pending_export *p, int32_t attribute);

/* The name of a metaverse object, which may be known (`o`) or not. */
text preview_mvo_name(struct examiner *x, const struct mvo *o, int64_t id);
/* Looks up the names of what the changed values of the outcomes refer to. */
FALLIBLE preview_load_names(struct examiner *x, const struct sync_outcome *present, const struct sync_outcome *proposed,
                            const struct int_map *known);

/* The same for what pending exports refer to. */
FALLIBLE preview_load_export_names(struct examiner *x, const struct pending_exports *list, const struct int_map *known);

#endif
