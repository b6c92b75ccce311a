/* Writes what a batch of the engine decided (sync-engine §8.4); the store takes releases before joins. */
#include "runs/sync.h"

FALLIBLE sync_apply(store_tx *tx, const struct config *c, const struct sync_outcome *o) {
    TRY(store_write_mvos(tx, c, &o->mvos));
    TRY(store_write_csos(tx, c, &o->csos));
    return store_write_pending(tx, c, &o->pending);
}
