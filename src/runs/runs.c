/* Start and stop of the run framework, its keeper, and what a crash left behind. */
#include "runs/runs.h"

#include "base/log.h"
#include "runs/retention.h"
#include "runs/runs_private.h"
#include "runs/safety.h"

#include <stdlib.h>

enum { CLEANUP_MS = 2000 }; /* heartbeats wait meanwhile */
static const int64_t CLOCK_MAY_SLIP = 300 * TICKS_PER_SECOND, CLOCK_DISTRUST_NS = INT64_C(3600000000000);

store *runs_store(runs *r) { return r->store; }
void runs_sync_lock(runs *r) { pthread_mutex_lock(&r->sync_mutex); }
void runs_sync_unlock(runs *r) { pthread_mutex_unlock(&r->sync_mutex); }

/* Ends an activity that nobody works on any more. */
static void end_activity(struct activity *a, enum activity_status status, text message) {
    instant now = instant_now();
    for (EACH(struct activity_phase, p, &a->phases)) {
        if (p->status == PHASE_ACTIVE) p->ended = now;
        p->status = p->status == PHASE_ACTIVE ? PHASE_FAILED : p->status == PHASE_PENDING ? PHASE_SKIPPED : p->status;
    }
    a->status = status;
    a->ended = now;
    a->message = message;
}

FALLIBLE runs_requeue(store_tx *tx, arena *a, struct worker_task *task, enum activity_status ended, const char *sentence) {
    struct activity old = {0};
    bool found;
    TRY(store_activity(tx, a, task->activity, &old, &found));
    if (found) {
        end_activity(&old, ended, T("Interrupted"));
        if (ended == ACTIVITY_FAILED)
            old.error_message = text_of(sentence);
        else
            old.warning_message = text_of(sentence);
        TRY(store_save_activity(tx, &old));
    }
    if (!found || task->type == TASK_PREVIEW || ++task->interruptions >= 3) {
        text left;
        TRY(release_ended(tx, a, task, &left));
        return store_delete_task(tx, task->id);
    }
    struct activity again = {.created = instant_now(),
                             .status = ACTIVITY_IN_PROGRESS,
                             .target = old.target,
                             .operation = old.operation,
                             .target_name = old.target_name,
                             .target_context = old.target_context,
                             .message = T("Queued again after an interruption"),
                             .initiator = task->initiator,
                             .change_reason = old.change_reason,
                             .system = task->system,
                             .run_profile = task->run_profile,
                             .run_type = old.run_type};
    TRY(store_save_activity(tx, &again));
    task->activity = again.id;
    task->status = TASK_QUEUED;
    return store_save_task(tx, task);
}

static FALLIBLE recover_task(store_tx *tx, arena *a, struct worker_task *t) {
    if (t->status == TASK_PROCESSING)
        return runs_requeue(tx, a, t, ACTIVITY_FAILED,
                            "The run was abandoned by a crash or restart of the server; it starts over from what was committed.");
    if (t->status != TASK_CANCELLATION_REQUESTED) return NULL;
    struct activity activity;
    bool found;
    TRY(store_activity(tx, a, t->activity, &activity, &found));
    if (found) {
        end_activity(&activity, ACTIVITY_CANCELLED, T("Cancelled"));
        TRY(store_save_activity(tx, &activity));
    }
    text left;
    TRY(release_ended(tx, a, t, &left));
    return store_delete_task(tx, t->id);
}

FALLIBLE runs_recover(store *s) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(s, STORE_API, &tx));
    struct worker_tasks tasks = {0};
    int64_t total, reset;
    TRY(store_tasks(tx, a, 0, 100000, &tasks, &total));
    for (EACH(struct worker_task, t, &tasks)) TRY(recover_task(tx, a, t));
    TRY(previews_recover(tx, a));
    TRY(store_reset_executing(tx, 0, &reset));
    TRY(store_commit(tx));
    if (reset)
        log_line(LOG_WARNING, "pending exports recovered", "%lld were being written when the server ended", (long long)reset);
    return NULL;
}

static FALLIBLE heartbeat(runs *r, arena *a, int64_t id) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    struct worker_task task;
    bool found;
    TRY(store_task(tx, a, id, &task, &found));
    if (!found) return NULL;
    task.heartbeat = instant_now();
    TRY(store_save_task(tx, &task));
    TRY(store_commit(tx));
    if (task.status != TASK_CANCELLATION_REQUESTED) return NULL;
    WITH_LOCK(&r->mutex);
    if (r->current_task == id) {
        r->cancelled = true;
        atomic_store(&r->stop, true);
    }
    return NULL;
}

static FALLIBLE housekeep(runs *r, bool ordered) {
    bool more = true;
    while (more && !atomic_load(&r->stop)) {
        more = false;
        TRY(housekeeping_pass(r, ordered, &more));
    }
    return NULL;
}

void runs_delete_ordered(runs *r) {
    WITH_LOCK(&r->mutex);
    r->ordered = true;
    pthread_cond_broadcast(&r->work);
}

static void report(const char *event, error *e) {
    if (e) log_error(event, e);
    error_free(e);
}

/* Soon after the start, then every six hours; a backlog is worked off minute by minute. */
static void clean_up(runs *r, int64_t *next) {
    const struct initiator by = {.type = BY_SYSTEM, .name = T("System")};
    struct cleanup done = {0};
    if (monotonic_ns() < *next) return;
    report("the clean-up of history failed", runs_cleanup(r, &by, CLEANUP_MS, &done));
    report("the clean-up of holds failed", safety_forget(r));
    *next = monotonic_ns() + (done.more ? INT64_C(60) : INT64_C(21600)) * 1000000000;
}

/* Whether the wall clock has gone on like the time since the last look. One that has jumped is believed after an hour without
 * another jump: what is done by the date cannot be taken back, and most clocks are set right sooner. */
struct trust {
    int64_t ahead, until_ns; /* ahead: ticks by which the wall clock is ahead of the other */
};

static int64_t wall_ahead(void) { return instant_now().ticks - monotonic_ns() / 100; }

static bool clock_is_trusted(struct trust *t) {
    int64_t ahead = wall_ahead(), jump = ahead - t->ahead;
    if (jump > CLOCK_MAY_SLIP || jump < -CLOCK_MAY_SLIP) {
        t->until_ns = monotonic_ns() + CLOCK_DISTRUST_NS;
        log_line(LOG_WARNING, "the clock has jumped",
                 "by %lld seconds: scheduled deletions, relative dates and the clean-up of history wait for an hour",
                 (long long)(jump / TICKS_PER_SECOND));
    }
    t->ahead = ahead;
    return monotonic_ns() >= t->until_ns;
}

void *runs_keeper(void *state) {
    runs *r = state;
    struct trust trust = {.ahead = wall_ahead()};
    OWNED(arena) a = arena_new(16 << 20);
    int64_t housekept = monotonic_ns(), cleanup = housekept + INT64_C(600000000000);
    for (;;) {
        pthread_mutex_lock(&r->mutex);
        if (!r->ending && !r->ordered) condition_wait_ms(&r->work, &r->mutex, 2000);
        bool ending = r->ending, ordered = r->ordered;
        r->ordered = false;
        int64_t task = r->current_task;
        pthread_mutex_unlock(&r->mutex);
        if (ending) return NULL;
        arena_reset(a);
        if (task) report("heartbeat failed", heartbeat(r, a, task));
        if (ordered) report("deletions that were ordered failed", housekeep(r, true));
        if (monotonic_ns() - housekept < INT64_C(60000000000)) continue;
        housekept = monotonic_ns();
        if (!clock_is_trusted(&trust)) continue;
        report("scheduled deletions failed", housekeep(r, false));
        report("temporal scope reconciliation failed", temporal_pass(r, false));
        clean_up(r, &cleanup);
    }
}

FALLIBLE runs_start(const struct runs_options *o, runs **out) {
    if (o->execute) TRY(runs_recover(o->store));
    arena *a = arena_new(4 << 20);
    runs *r = ARENA_NEW(a, runs);
    r->a = a;
    r->store = o->store;
    r->execute = o->execute;
    r->record = o->record;
    r->propose = o->propose;
    r->state = o->state;
    r->samples = ARENA_ARRAY(a, struct samples, SAMPLED_ACTIVITIES);
    for (EACH(text, root, &o->file_roots)) *LIST_ADD(a, &r->file_roots) = arena_text(a, *root);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_mutex_init(&r->sync_mutex, NULL);
    condition_init(&r->work);
    condition_init(&r->idle);
    if (o->execute) {
        r->worker = thread_start("worker", runs_worker, r);
        r->keeper = thread_start("keeper", runs_keeper, r);
        r->threads = true;
    }
    if (o->propose) previews_start(r);
    *out = r;
    return NULL;
}

bool runs_drain(runs *r, int milliseconds) {
    if (!r) return true;
    WITH_LOCK(&r->mutex);
    r->ending = true;
    pthread_cond_broadcast(&r->work);
    int64_t until = monotonic_ns() + (int64_t)milliseconds * 1000000;
    while (r->current_task && monotonic_ns() < until) condition_wait_ms(&r->idle, &r->mutex, 100);
    return !r->current_task;
}

void runs_stop(runs *r, int milliseconds) {
    if (!r) return;
    runs_drain(r, milliseconds);
    pthread_mutex_lock(&r->mutex);
    atomic_store(&r->stop, true);
    pthread_mutex_unlock(&r->mutex);
    if (r->threads) {
        pthread_join(r->worker, NULL);
        pthread_join(r->keeper, NULL);
    }
    previews_stop(r);
    arena_free(r->a);
}
