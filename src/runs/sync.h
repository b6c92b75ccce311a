/* What the files of the synchronisation run share. */
#ifndef JOINERY_RUNS_SYNC_H
#define JOINERY_RUNS_SYNC_H

#include "runs/safety.h"
#include "runs/sync_ahead.h"
#include "sync/sync.h"

/* ---- sync_load.c ---- */

/* Of large sets only what leads to these MVOs is looked up, while one object is decided by its differences. */
struct sync_window {
    int64_t mvo; /* of that object */
    struct int64s towards;
};

/* A session that answers a batch's wants, one query a kind. */
struct sync_loader {
    store *store;
    store_tx *tx;
    const struct config *config;
    arena *scratch;                 /* emptied after each chunk of look-ups of which only little is kept */
    const struct sync_ahead *ahead; /* with the page: what need not be looked up any more; both may be NULL */
    const struct sync_page *page;
    const struct sync_window *window; /* NULL: all is looked up */
};
struct sync_source sync_loader_source(struct sync_loader *l);
/* Fresh ids until so many are left; what is left of the old ranges is given up. */
FALLIBLE sync_reserve(store *s, const struct sync_wants *wants, struct sync_ids *ids);
/* The same without waiting for anybody: false when the store would have to write for it. */
bool sync_reserve_at_hand(store *s, const struct sync_wants *wants, struct sync_ids *ids);

/* What a synchronisation of the system has to do follows from what was done before: full, watermarks, changed configuration. */
void sync_facts_of(struct sync_run *facts, const struct config *c, bool full, const struct system_state *state);
/* Would a run with these facts look at the object? The same choice as that of its pages (store_cso_page, sync_needs_values). */
bool sync_takes_up(const struct sync_run *facts, const struct cso *head);

/* ---- sync_apply.c ---- */

/* Writes what a batch decided, in the order of sync-engine §8.4, into the session's transaction. Items are the caller's. */
FALLIBLE sync_apply(store_tx *tx, const struct config *c, const struct sync_outcome *o);

/* ---- sync_batch.c ---- */

/* What a synchronisation does to objects that safety limits (operations §23): counted before each page is written. From the page on
 * that would exceed a limit nothing is written any more: the rest of the run is only listed. */
struct guard_count {
    int32_t type;
    int64_t done, would; /* done in this run, and before it where that counts together; only listed */
    bool half;           /* told already */
};
struct guard_counts LIST(struct guard_count);
/* The one of the type, added when there is none. */
struct guard_count *guard_count_of(arena *a, struct guard_counts *list, int32_t type);
struct sync_guard {
    bool on;                                    /* false: what is done was decided, or is judged elsewhere */
    bool counts;                                /* it counts together with what comes after it */
    bool listing, again, review;                /* again: the page in hand is to be listed; review: the review of scope was held */
    struct guard_counts disconnects, deletions; /* by object type of a connector space, of the metaverse */
    struct hold hold;
    struct int_map followers; /* listed because identities take references with them: by object, struct sync_follower */
};
/* Such an object stands in the list once, however many pages take something from it. */
struct sync_follower {
    int64_t place;
    int32_t changes;
};

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
    struct sync_doubts doubtful; /* judged by where references led when their page was decided */
    struct int64s left;          /* objects that left their identities */
    bool any_joined;
    struct int_map again; /* those of `waiting` that are doubtful, too */
    int64_t processed, total;
    int64_t after;                      /* the last object of the page before */
    size_t loaded;                      /* objects of the page in hand, where the batch loads them itself */
    struct sync_ahead *ahead;           /* reads the next page; NULL: nobody does */
    const struct sync_page *ahead_page; /* the page in hand, when it was read ahead */
    struct int_map flows;               /* objects of the system whose large sets have flowed: only their differences may matter */
    const struct sync_window *window;   /* of the object in hand, when it is decided by its differences */
    int64_t deleted;                    /* MVOs */
    int64_t stopped_ns;                 /* when a wish to stop was met, 0: never */
    int batches;
    struct sync_guard guard;
};
void sync_job_open(struct sync_job *j, struct run *r);
void sync_job_close(struct sync_job *j);

/* One batch: which task, on which objects. */
struct sync_work {
    /* Loads the objects named by `ids` and gives the batch its task, or takes a page with a batch of its own that was read ahead.
     */
    error *(*begin)(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w);
    /* The same with all values, for where the differences of large sets were not enough; or NULL. */
    error *(*whole)(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w);
    const int64_t *ids;
    const struct sync_waiting *waiting; /* beside ids, or NULL */
    size_t count;
    const int64_t *next; /* the objects after these, to be read ahead */
    size_t next_count;
    bool next_page; /* ids[0] is only the last id before the page, count its size */
    bool review;    /* ids are MVOs whose scope is reviewed */
    /* Looks at what was decided, in the session that will write it; *refused: it is not written. Or NULL. */
    error *(*look)(void *state, store_tx *tx, const struct sync_outcome *o, bool *refused);
    void *state;
};
/* Loads, decides, applies and commits in one transaction, which no other synchronisation of this process interrupts. A batch that
 * met somebody else's writing is decided anew, three times at most (§24). */
FALLIBLE sync_work_do(struct sync_job *j, const struct sync_work *w);

/* ---- sync_guard.c ---- */

/* Turns the guard on: what counts together with this run, from the store. */
FALLIBLE sync_guard_begin(struct sync_job *j, store_tx *tx);
/* Would writing this exceed a limit? Then, and from then on, true: list it instead. */
bool sync_guard_stops(struct sync_job *j, const struct sync_outcome *o);
FALLIBLE sync_guard_list(struct sync_job *j, store_tx *tx, const struct sync_work *w, const struct sync_outcome *o);
/* In the session that writes the outcome; and when that is done. */
FALLIBLE sync_guard_count(struct sync_job *j, store_tx *tx, const struct sync_outcome *o);
void sync_guard_counted(struct sync_job *j, const struct sync_outcome *o);
/* At the end of a run that was not stopped: its hold becomes complete. */
FALLIBLE sync_guard_end(struct sync_job *j);
/* In the session that ends a run that has done everything: it counts no longer together with the next, and what was held before is
 * decided. */
FALLIBLE sync_guard_passed(struct sync_job *j, store_tx *tx);
/* What of an item the list of a hold shows: a change of an object of the run's system, with its consequences. */
bool sync_guard_lists(const struct run_item *item);
/* An object of another system from which a deleted identity takes a reference: listed behind what causes it. */
bool sync_guard_follows(const struct run_item *item);

#endif
