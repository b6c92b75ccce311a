/* The job queue and its worker as the API and the command line see them. */
#ifndef JOINERY_RUNS_RUNS_H
#define JOINERY_RUNS_RUNS_H

#include "store/store.h"

typedef struct runs runs;

/* A change of the configuration as it was asked for, to be previewed. */
struct proposal_request {
    const struct config *before;
    enum preview_surface surface;
    int32_t target;
    text body; /* JSON */
};

struct runs_options {
    store *store;
    struct texts file_roots; /* JOINERY_FILE_ROOTS, absolute */
    bool execute;            /* false: only queue (role web) */
    /* Keeps versions of what a task changes of the configuration, within its session (operations §12); NULL: nobody does. */
    error *(*record)(void *state, arena *a, store_tx *tx, const struct config *before, const struct activity *activity);
    /* Changes the copy `after` as the proposal says and tells what is to be said about it; never for an id that does not exist. */
    error *(*propose)(void *state, arena *a, const struct proposal_request *q, struct config *after,
                      struct preview_findings *findings);
    void *state; /* of both */
};

/* Recovers what a crash left (sync-engine §4.5), then starts the worker and the keeper (heartbeats, housekeeping). */
FALLIBLE runs_start(const struct runs_options *options, runs **out);
/* Takes no further task and lets the run in hand finish for at most so long; true: none is left. It may be called again. */
bool runs_drain(runs *r, int milliseconds);
/* Lets the run in hand finish for at most so long; then parks it: what is committed stays, the task is queued again. Frees. NULL is
 * allowed. */
void runs_stop(runs *r, int milliseconds);

/* What an administrator gets back for a queued task. */
struct run_ticket {
    int64_t activity, task;
    text message;
    struct texts warnings;
};
/* Queues a run profile: task and activity in one transaction (operations §14.2). ERROR_NOT_FOUND for an unknown profile;
 * ERROR_INVALID for the refusals of sync-engine §2.8; ERROR_CONFLICT when the same initiator has queued the same profile already,
 * unless `force`. */
struct run_request {
    int32_t system, profile;
    struct initiator initiator;
    bool force;
};
FALLIBLE runs_execute(runs *r, arena *a, const struct run_request *request, struct run_ticket *out);
/* A waiting task is removed and its activity Cancelled; a running one is asked to stop. Twice is harmless. */
FALLIBLE runs_cancel(runs *r, int64_t task, bool *found);
/* Scheduled deletions that an administrator wants now are carried out at once, not with the next pass of a minute; where nobody
 * executes, the one who does so finds them then. */
void runs_delete_ordered(runs *r);
/* True while a task of this system is queued or running. */
FALLIBLE runs_busy(runs *r, int32_t system, bool *busy);

/* Rate and estimate of a running activity (operations §11.11); negative while unknown. */
struct run_rate {
    double objects_per_second, seconds_remaining;
};
struct run_rate runs_rate(runs *r, int64_t activity);

#endif
