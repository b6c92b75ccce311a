/* What the files of the synchronisation run share. */
#ifndef JOINERY_RUNS_SYNC_H
#define JOINERY_RUNS_SYNC_H

#include "runs/run.h"
#include "sync/sync.h"

/* ---- sync_load.c ---- */

/* A session that answers a batch's wants, one query a kind. */
struct sync_loader {
    store *store;
    store_tx *tx;
    const struct config *config;
    arena *scratch; /* emptied after each chunk of look-ups of which only little is kept */
};
struct sync_source sync_loader_source(struct sync_loader *l);
/* Fresh ids until so many are left; what is left of the old ranges is given up. */
FALLIBLE sync_reserve(store *s, const struct sync_wants *wants, struct sync_ids *ids);

/* ---- sync_apply.c ---- */

/* Writes what a batch decided, in the order of sync-engine §8.4, into the session's transaction. Items are the caller's. */
FALLIBLE sync_apply(store_tx *tx, const struct config *c, const struct sync_outcome *o);

/* ---- sync_batches.c: batches of one run ---- */

/* A synchronisation run, or a housekeeping pass, while it happens. */
struct sync_job {
    struct run *r;
    const struct config *config;
    sync_plan *plan;
    struct sync_run facts;
    struct sync_ids ids;
    arena *page, *scratch, *keep; /* one batch; look-ups; the whole job */
    struct sync_waitings waiting;
    struct int64s joined;
    bool keep_joined;
    int64_t processed, total;
    int64_t batches; /* for the message of a failure */
};
/* Opens the store's transaction, lets `begin` load the batch's objects and give the batch its task, decides, applies and commits. A batch
 * that met somebody else's writing is decided anew, three times at most (§24). */
struct sync_work {
    FALLIBLE (*begin)(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w);
    const int64_t *ids; /* of CSOs or MVOs */
    const int64_t *items; /* of the items written for them, or NULL */
    size_t count;
};
FALLIBLE sync_batch_run(struct sync_job *j, const struct sync_work *w);
FALLIBLE sync_job_open(struct sync_job *j, struct run *r);
void sync_job_close(struct sync_job *j);

#endif
