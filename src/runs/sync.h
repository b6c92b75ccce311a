/* What the files of the synchronisation run share. */
#ifndef JOINERY_RUNS_SYNC_H
#define JOINERY_RUNS_SYNC_H

#include "runs/run.h"
#include "runs/sync_ahead.h"
#include "sync/sync.h"

/* ---- sync_load.c ---- */

/* A session that answers a batch's wants, one query a kind. */
struct sync_loader {
    store *store;
    store_tx *tx;
    const struct config *config;
    arena *scratch;                 /* emptied after each chunk of look-ups of which only little is kept */
    const struct sync_ahead *ahead; /* with the page: what need not be looked up any more; both may be NULL */
    const struct sync_page *page;
};
struct sync_source sync_loader_source(struct sync_loader *l);
/* Fresh ids until so many are left; what is left of the old ranges is given up. */
FALLIBLE sync_reserve(store *s, const struct sync_wants *wants, struct sync_ids *ids);

/* What a synchronisation of the system has to do follows from what was done before: full, watermarks, changed configuration. */
void sync_facts_of(struct sync_run *facts, const struct config *c, bool full, const struct system_state *state);
/* Would a run with these facts look at the object? The same choice as that of its pages (store_cso_page, sync_needs_values). */
bool sync_takes_up(const struct sync_run *facts, const struct cso *head);

/* ---- sync_apply.c ---- */

/* Writes what a batch decided, in the order of sync-engine §8.4, into the session's transaction. Items are the caller's. */
FALLIBLE sync_apply(store_tx *tx, const struct config *c, const struct sync_outcome *o);

/* ---- sync_batch.c ---- */

/* A run of batches: a synchronisation, or a pass of housekeeping. */
struct sync_job {
    struct run *r;
    sync_plan *plan;
    struct sync_run facts;
    struct sync_ids ids;
    arena *page, *scratch, *keep; /* one batch; look-ups; the whole job */
    struct sync_waitings waiting; /* objects with references to look at again after the last page */
    struct int64s joined;         /* objects that joined, when who refers to them must be looked at again */
    bool keep_joined;
    int64_t processed, total;
    int64_t after;                      /* the last object of the page before */
    size_t loaded;                      /* objects of the page in hand, where the batch loads them itself */
    struct sync_ahead *ahead;           /* reads the next page; NULL: nobody does */
    const struct sync_page *ahead_page; /* the page in hand, when it was read ahead */
    int64_t deleted;                    /* MVOs */
    int64_t stopped_ns;                 /* when a wish to stop was met, 0: never */
    int batches;
};
void sync_job_open(struct sync_job *j, struct run *r);
void sync_job_close(struct sync_job *j);

/* One batch: which task, on which objects. */
struct sync_work {
    /* Loads the objects named by `ids` and gives the batch its task. */
    error *(*begin)(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w);
    const int64_t *ids;
    const struct sync_waiting *waiting; /* beside ids, or NULL */
    size_t count;
    const int64_t *next; /* the objects after these, to be read ahead */
    size_t next_count;
    bool next_page; /* ids[0] is only the last id before the page, count its size */
};
/* Loads, decides, applies and commits in one transaction, which no other synchronisation of this process interrupts. A batch that
 * met somebody else's writing is decided anew, three times at most (§24). */
FALLIBLE sync_work_do(struct sync_job *j, const struct sync_work *w);

#endif
