/* Limits of safety in a run: what is measured, what is held back, and how it is listed (operations §23). */
#ifndef JOINERY_RUNS_SAFETY_H
#define JOINERY_RUNS_SAFETY_H

#include "runs/run.h"
#include "store/holds.h"

/* ---- Deciding: pure ---- */

/* The limits in force for a system: its own, else the service's, else the defaults. NULL: the service's. */
struct safety_policy safety_policy_of(const struct config *c, const struct connected_system *s);
/* The two limits of a guard. */
struct guard_limits {
    int64_t percent, count; /* SAFETY_OFF: none */
};
struct guard_limits safety_limits(const struct safety_policy *p, enum hold_guard guard);
/* A limit is exceeded by strictly more than it; either suffices. The percentage counts from the minimum population up. */
enum safety_verdict { SAFETY_FINE, SAFETY_HALF, SAFETY_EXCEEDED };
enum safety_verdict safety_judge(const struct safety_policy *p, enum hold_guard guard, int64_t measured, int64_t population);
/* Must a run end because too many of its objects have errors? Asked from a hundred objects on. */
bool safety_too_many_errors(const struct safety_policy *p, int64_t errors, int64_t objects);
/* The error that says so. */
FALLIBLE safety_error_rate(const struct safety_policy *p, int64_t errors, int64_t objects);

/* ---- In a run ---- */

/* What the run is measured by: taken when it begins. */
struct safety {
    struct safety_policy policy; /* of the run's system */
    struct int_map csos, mvos;   /* object type → const int64_t *: how many objects there are */
};
FALLIBLE safety_begin(struct run *r, store_tx *tx);
int64_t safety_population(const struct int_map *of, int32_t type);
/* Fails the run when too many of so many objects have errors (guard ErrorRate). */
FALLIBLE safety_errors(const struct run *r, int64_t objects);
/* Half of a limit is reached: a line in the log, a metric, and the run's last message. */
void safety_half(struct run *r, enum hold_guard guard, text type, int64_t measured, int64_t population);

/* ---- Holds ---- */

/* Begins a hold of the run: guard, object type, its name and the population are the caller's. It is shown when it is complete. */
FALLIBLE hold_begin(struct run *r, store_tx *tx, const struct safety_policy *p, struct hold *h);
/* "Disconnects: 58 of 118 objects of type 'person' would be disconnected or deprovisioned, more than 10 per cent allow" */
text hold_words(arena *a, const struct hold *h);
/* Adds to its list, giving places. */
FALLIBLE hold_add(store_tx *tx, struct hold *h, struct held_objects *objects);
/* The list is complete: earlier open holds of the kind are superseded, the run says so. */
FALLIBLE hold_complete(struct run *r, struct hold *h);

/* ---- Deciding about holds ---- */

/* Queues what was held, once: ERROR_NOT_FOUND, or ERROR_CONFLICT when it is decided already or cannot be done. */
FALLIBLE runs_release_hold(runs *r, arena *a, int64_t hold, const struct initiator *by, text reason, struct run_ticket *out);
FALLIBLE runs_discard_hold(runs *r, arena *a, int64_t hold, const struct initiator *by, text reason);
/* The body of the task that carries a release out. */
FALLIBLE release_run(struct run *r);
/* The hold of such a task; 0: none. */
FALLIBLE release_hold_of(arena *a, const struct worker_task *t, int64_t *hold);
/* A task ended, or will never run: if it was to release a hold and has left some of its list undone, the hold is open again for
 * what is left, unless a later one took its place. *words: what to tell of it, or null. In a write session; nothing for other
 * tasks. */
FALLIBLE release_ended(store_tx *tx, arena *a, const struct worker_task *t, text *words);
/* Removes lists that nobody needs any more, a batch at a time. */
FALLIBLE safety_forget(runs *r);

#endif
