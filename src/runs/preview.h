/* What the engine would decide about one object now, and why an object has its values: the decisions of a run, and none applied. */
#ifndef JOINERY_RUNS_PREVIEW_H
#define JOINERY_RUNS_PREVIEW_H

#include "store/store.h"
#include "sync/explain.h"
#include "sync/sync.h"

/* The decisions and what they borrow from; close it. */
struct preview {
    arena *a;
    const struct sync_outcome *outcome;  /* of preview_synchronisation and preview_exports */
    struct sync_explanation explanation; /* of preview_explanation */
    bool selected;                       /* a run of this type takes the object up now */
    sync_plan *plan;
    arena *scratch;
    struct sync_run facts;
    struct sync_ids ids;
};
void preview_close(struct preview *p);
OWNED_STRUCT(preview, preview_close)

/* What a synchronisation of its system would do to this object, were it the only one of its page. `type` is
 * RUN_FULL_SYNCHRONISATION or RUN_DELTA_SYNCHRONISATION; a full one leaves alone what has not changed. `tx` is a reading session,
 * so that nothing can be written; `c` must outlive the preview. Close *p also after an error. */
FALLIBLE preview_synchronisation(store_tx *tx, const struct config *c, enum run_type type, const struct cso *object,
                                 struct preview *p);
/* What export evaluation of all attributes of a metaverse object would stage. */
FALLIBLE preview_exports(store_tx *tx, const struct config *c, const struct mvo *object, struct preview *p);
/* Why a metaverse object has its values. */
FALLIBLE preview_explanation(store_tx *tx, const struct config *c, const struct mvo *object, struct preview *p);

/* Ids for objects that would be made, from a range of which a preview never runs out. */
void preview_ids(struct sync_ids *ids);
/* True for ids of objects that would be made: they are of a range that no store gives out. */
bool preview_made(int64_t id);

#endif
