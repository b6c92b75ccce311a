/* Taking objects away: emptying a connector space, deleting a connected system (sync-engine §19). */
#ifndef JOINERY_RUNS_REMOVAL_H
#define JOINERY_RUNS_REMOVAL_H

#include "runs/runs.h"

enum { REMOVED_AT_ONCE = 1000 }; /* objects; more are the worker's matter */

/* The queue as a session sees it. No task begins before a session that writes has ended. */
struct queue_state {
    bool running; /* a task is carried out, of whatever system */
    bool busy;    /* a task of this system waits or is carried out */
};
FALLIBLE runs_queue_state(store_tx *tx, arena *a, int32_t system, struct queue_state *out);

/* Removes all objects of a system that has REMOVED_AT_ONCE of them at most, in the session. */
struct removal {
    const struct config *config;
    const struct connected_system *system;
    struct initiator initiator;
    bool orphans; /* the system goes: MVOs are marked under the deletion rules of their types */
    bool forget;  /* also what is recorded about changes of its objects */
    int64_t activity;
};
FALLIBLE removal_at_once(store_tx *tx, const struct removal *q, int64_t *removed);

/* The task's parameters, and back. */
text removal_parameters(bool forget);

/* Puts a task about a system into the queue, with its activity; wake the worker after the commit. */
struct task_request {
    enum task_type type;
    const struct connected_system *system;
    enum activity_operation operation;
    struct initiator initiator;
    text reason;
    text parameters; /* a JSON document of the task type, or null */
};
FALLIBLE runs_enqueue(store_tx *tx, arena *a, const struct task_request *q, struct run_ticket *out);
void runs_wake(runs *r);
/* Waits until the task has ended, for so long at most. */
FALLIBLE runs_wait(runs *r, int64_t task, int milliseconds, bool *ended);

#endif
