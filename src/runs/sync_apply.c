/* Writes what a batch of the engine decided (sync-engine §8.4). */
#include "runs/sync.h"

/* An object that ends or gives up its identity makes room for one that joins, so those come first (invariant 2). */
static bool releases(const struct cso_change *change) {
    return !change->after || (change->before && change->before->mvo && change->after->mvo != change->before->mvo);
}

static FALLIBLE apply_csos(store_tx *tx, const struct config *c, const struct cso_changes *changes) {
    size_t first = 0;
    while (first < changes->count && releases(&changes->at[first])) first++;
    struct cso_changes released = {.at = changes->at, .count = first};
    struct cso_changes others = {.at = changes->at + first, .count = changes->count - first};
    TRY(store_write_csos(tx, c, &released));
    return store_write_csos(tx, c, &others);
}

FALLIBLE sync_apply(store_tx *tx, const struct config *c, const struct sync_outcome *o) {
    TRY(store_write_mvos(tx, c, &o->mvos));
    TRY(apply_csos(tx, c, &o->csos));
    return store_write_pending(tx, c, &o->pending);
}
