/* What the files of the run framework share. */
#ifndef JOINERY_RUNS_RUNS_PRIVATE_H
#define JOINERY_RUNS_RUNS_PRIVATE_H

#include "base/thread.h"
#include "connectors/context.h"
#include "runs/run.h"

enum { SAMPLES = 30, SAMPLED_ACTIVITIES = 512 };

/* Recent figures of one activity, for rate and estimate (operations §11.11). */
struct samples {
    int64_t activity, used; /* `used` orders them by age */
    int64_t to_process;
    int count;
    struct {
        int64_t at_ns, processed;
    } at[SAMPLES];
};

/* Small previews are computed here, two at a time (operations §16.4). */
enum { PREVIEW_THREADS = 2 };
struct preview_slot {
    runs *owner;
    pthread_t thread;
    atomic_bool stop;
    int64_t activity; /* in hand; 0: none */
};
struct preview_pool {
    struct preview_slot slots[PREVIEW_THREADS];
    pthread_cond_t work;
    int64_t *waiting; /* activities */
    size_t waiting_count, waiting_room;
    bool started, ending;
};
void previews_start(runs *r);
void previews_stop(runs *r);
/* Ends previews that a server left behind. */
FALLIBLE previews_recover(store_tx *tx, arena *a);

struct runs {
    store *store;
    arena *a;
    struct texts file_roots;
    bool execute;
    error *(*record)(void *state, arena *a, store_tx *tx, const struct config *before, const struct activity *activity);
    error *(*propose)(void *state, arena *a, const struct proposal_request *q, struct config *after,
                      struct preview_findings *findings);
    void *state;                  /* of record and propose */
    struct preview_pool previews; /* by the mutex */
    pthread_mutex_t mutex;        /* guards everything below */
    pthread_cond_t work;          /* a task was queued, or the end is near */
    pthread_cond_t idle;          /* the run in hand has ended */
    bool ending;                  /* take no further task */
    int64_t queued;               /* counts what was queued here, so that the worker never sleeps over it */
    int64_t current_task;         /* 0: none */
    int32_t current_system;
    atomic_bool stop; /* the run in hand must stop */
    bool cancelled;   /* … because an administrator said so, not because the server ends */
    bool ordered;     /* deletions that an administrator wants now */
    struct samples *samples;
    int64_t sample_clock;
    pthread_mutex_t sync_mutex;
    pthread_t worker, keeper;
    bool threads;
};

/* Carries out the oldest queued task in the calling thread; false when none waits. */
bool runs_work(runs *r, arena *a);
/* The worker thread: takes tasks in order and carries them out. */
void *runs_worker(void *state);
/* Heartbeats, cancellation requests of other processes, housekeeping. */
void *runs_keeper(void *state);
/* What a crash left behind (sync-engine §4.5, operations §14.4). */
FALLIBLE runs_recover(store *s);
/* Ends an activity and removes its task in one transaction. */
FALLIBLE runs_finish(struct run *r, bool cancelled, const error *failure);
/* Puts a task back into the queue under a new activity; the old one ends with the sentence. At the third interruption the task is
 * removed. */
FALLIBLE runs_requeue(store_tx *tx, arena *a, struct worker_task *task, enum activity_status ended, const char *sentence);
/* Declares the phases of a run type in their order. */
void run_declare_phases(struct run *r);
void run_close_phases(struct run *r, bool failed);
/* Counters are stored together with the items they count; when work of the run is lost with a transaction, what the last commit
 * left tells what was done. In a write session; the number of objects looked at stays. */
FALLIBLE run_take_stored_counters(struct run *r, store_tx *tx);
/* Writes the activity now, in a short transaction of its own. */
FALLIBLE run_save(struct run *r);
void runs_sample(runs *r, int64_t activity, int64_t processed, int64_t to_process);

/* What a connector is lent for one question of an administrator, with a deadline. */
struct run_ctx runs_question(const runs *r);

/* Flags what time has moved into or out of the scope of rules with relative dates (§17), when an hour has passed since the last
 * time, or at once. */
FALLIBLE temporal_pass(runs *r, bool now_anyway);

#endif
