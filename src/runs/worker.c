/* The worker: one task after another, in the order they were queued, each from Processing to its activity's end. */
#include "runs/runs_private.h"

#include "base/log.h"
#include "runs/safety.h"

/* A page of work and its look-ups; far above what a run of pages of 1,000 objects needs. */
enum { RUN_MEMORY = 64 << 20 };

static FALLIBLE first_queued(store_tx *tx, arena *a, struct worker_task *task, bool *found) {
    struct worker_tasks tasks = {0};
    int64_t total;
    *found = false;
    TRY(store_tasks(tx, a, 0, 1000, &tasks, &total));
    for (size_t i = 0; i < tasks.count && !*found; i++) {
        *task = tasks.at[i];
        *found = task->status == TASK_QUEUED;
    }
    return NULL;
}

/* Whoever only looks keeps nobody from writing. */
static FALLIBLE look(runs *r, arena *a, struct worker_task *task, bool *found) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(r->store, &tx));
    return first_queued(tx, a, task, found);
}

/* A claim that the loss of power takes back is made again. */
static FALLIBLE claim(runs *r, arena *a, struct worker_task *task, bool *found) {
    OWNED(store_tx) tx = NULL;
    TRY(look(r, a, task, found));
    if (!*found) return NULL;
    TRY(store_write(r->store, STORE_BULK, &tx));
    TRY(first_queued(tx, a, task, found));
    if (!*found) return NULL;
    task->status = TASK_PROCESSING;
    task->heartbeat = instant_now();
    TRY(store_save_task(tx, task));
    return store_commit(tx);
}

static FALLIBLE profile_body(struct run *r) {
    switch (r->profile->type) {
    case RUN_FULL_IMPORT:
    case RUN_DELTA_IMPORT:
        return import_run(r);
    case RUN_FULL_SYNCHRONISATION:
    case RUN_DELTA_SYNCHRONISATION:
        return sync_run(r);
    case RUN_EXPORT:
        return export_run(r);
    default:
        return FAIL(ERROR_UNSUPPORTED, "The run type %s cannot be executed.", enum_name(&run_type_names, r->profile->type));
    }
}

static FALLIBLE run_body(struct run *r) {
    switch (r->task.type) {
    case TASK_RUN_PROFILE:
        return profile_body(r);
    case TASK_CLEAR_SPACE:
        return clear_run(r);
    case TASK_DELETE_SYSTEM:
        return delete_run(r);
    case TASK_SCHEMA_IMPORT:
        return schema_run(r);
    case TASK_PREVIEW:
        run_declare_phases(r);
        return preview_run(r);
    case TASK_RELEASE_HOLD:
        return release_run(r);
    default:
        return FAIL(ERROR_UNSUPPORTED, "Tasks of the kind '%s' cannot be carried out.", enum_name(&task_type_names, r->task.type));
    }
}

FALLIBLE runs_record(struct run *r, store_tx *tx) {
    struct runs *owner = r->runs;
    return owner->record ? owner->record(owner->state, r->a, tx, r->config, &r->activity) : NULL;
}

/* Fills the run from the task; an error here is the run's own failure. */
static FALLIBLE run_prepare(struct run *r) {
    OWNED(store_tx) tx = NULL;
    bool found;
    TRY(store_read(r->store, &tx));
    TRY(store_activity(tx, r->a, r->task.activity, &r->activity, &found));
    if (!found) return FAIL(ERROR_CORRUPT, "The activity of the queued task is missing.");
    r->activity.executed = r->started;
    unsigned level = TRACK_DETAILED;
    enum_find(&tracking_level_names, config_setting(r->config, T("ChangeTracking.SyncOutcomes.Level")), true, &level);
    r->tracking = level;
    r->verbose = run_setting_bool(r->config, T("Sync.VerboseNoChangeRecording"), false);
    r->system = config_system(r->config, r->task.system);
    r->profile = config_run_profile(r->config, r->task.run_profile);
    if (r->task.type != TASK_RUN_PROFILE) return NULL;
    if (!r->system || !r->profile)
        return FAIL(ERROR_NOT_FOUND, "The connected system or its run profile was deleted while the run was queued.");
    if (r->system->status != SYSTEM_ACTIVE) return FAIL(ERROR_CONFLICT, "The connected system is not active any more.");
    struct system_state state;
    TRY(store_system_state(tx, r->a, r->system->id, &state));
    r->not_before = (instant){state.last_sync.ticks + 1};
    if (r->started.ticks < r->not_before.ticks) r->started = r->not_before;
    run_declare_phases(r);
    return safety_begin(r, tx);
}

/* Imports and synchronisations whose end the loss of power takes back are made again: the next run need not wait for the disk. */
static bool may_repeat(const struct run *r) {
    return r->task.type == TASK_RUN_PROFILE && r->profile && r->profile->type != RUN_EXPORT;
}

FALLIBLE runs_finish(struct run *r, bool cancelled, const error *failure) {
    struct activity *a = &r->activity;
    bool repeats = may_repeat(r);
    if (failure && text_is_null(a->error_message)) {
        char sentence[2048];
        a->error_message = arena_text(r->a, text_of(error_chain(failure, sentence, sizeof sentence)));
    }
    run_close_phases(r, failure || cancelled);
    text left;
    OWNED(store_tx) tx = NULL;
    TRY(repeats ? store_write_unsynced(r->store, &tx) : store_write(r->store, STORE_API, &tx));
    TRY(run_take_stored_counters(r, tx));
    TRY(release_ended(tx, r->a, &r->task, &left));
    if (!text_is_null(left)) run_warn(r, "%.*s", TEXT_ARG(left));
    a->status = activity_final_status(a, cancelled, failure != NULL);
    a->ended = instant_now();
    if (text_is_null(r->last_words)) r->last_words = T("Finished");
    a->message = cancelled ? T("Cancelled") : failure ? T("Failed") : r->last_words;
    TRY(store_save_activity(tx, a));
    TRY(store_delete_task(tx, r->task.id));
    TRY(store_commit(tx));
    if (repeats) store_sync_soon(r->store);
    return NULL;
}

static FALLIBLE park(struct run *r) {
    run_close_phases(r, true);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(run_take_stored_counters(r, tx));
    TRY(store_save_activity(tx, &r->activity));
    struct worker_task task = r->task;
    task.interruptions--; /* an orderly stop is no crash */
    TRY(runs_requeue(tx, r->a, &task, ACTIVITY_CANCELLED,
                     "The server was stopped; the run is queued again and starts over from what was committed."));
    return store_commit(tx);
}

/* False when the server ends. */
static bool wait_a_second(runs *r) {
    WITH_LOCK(&r->mutex);
    if (!r->ending) condition_wait_ms(&r->work, &r->mutex, 1000);
    return !r->ending;
}

static FALLIBLE try_end(struct run *r, const error *failure) {
    struct runs *owner = r->runs;
    pthread_mutex_lock(&owner->mutex);
    bool stopped = atomic_load(&owner->stop), cancelled = owner->cancelled;
    pthread_mutex_unlock(&owner->mutex);
    bool interrupted = stopped && (!failure || failure->kind == ERROR_CANCELLED);
    if (interrupted && !cancelled) return park(r);
    return runs_finish(r, interrupted, interrupted ? NULL : failure);
}

/* While the end cannot be recorded no other run could do anything either: it is tried until it can, or the server ends. Then the
 * task is recovered at the next start. */
static FALLIBLE end_run(struct run *r, const error *failure) {
    for (bool first = true;; first = false) {
        OWNED(error) e = try_end(r, failure);
        if (!e || !wait_a_second(r->runs)) return TAKE(e);
        if (first) log_error("the end of a run could not be recorded yet", e);
    }
}

static void carry_out(runs *owner, const struct worker_task *task) {
    OWNED(arena) a = arena_new(RUN_MEMORY);
    struct run r = {.runs = owner,
                    .store = owner->store,
                    .a = a,
                    .task = *task,
                    .stop = &owner->stop,
                    .file_roots = owner->file_roots,
                    .started = instant_now()}; /* before the configuration is read: what changes it later is not in this run */
    error *e = store_config(r.store, &r.config);
    if (!e) e = run_prepare(&r);
    log_context("run", r.activity.target_name);
    log_line(LOG_INFORMATION, "run started", "%.*s", TEXT_ARG(task->name));
    if (!e) e = run_body(&r);
    error *ending = end_run(&r, e);
    if (e && e->kind != ERROR_CANCELLED) log_error("run failed", e);
    if (ending) log_error("the end of a run could not be recorded", ending);
    log_line(LOG_INFORMATION, "run ended", "%.*s: %s, %lld items, %lld errors", TEXT_ARG(task->name),
             enum_name(&activity_status_names, r.activity.status), (long long)r.activity.counters.items,
             (long long)r.activity.counters.errors);
    log_context_clear();
    error_free(e);
    error_free(ending);
    config_release(r.config);
}

static int64_t queued(runs *r) {
    WITH_LOCK(&r->mutex);
    return r->queued;
}

/* Until something is queued here, or another process may have queued something. */
static bool wait_for_work(runs *r, int64_t seen) {
    WITH_LOCK(&r->mutex);
    if (!r->ending && r->queued == seen) condition_wait_ms(&r->work, &r->mutex, 2000);
    return !r->ending;
}

static bool begin(runs *r, const struct worker_task *task) {
    WITH_LOCK(&r->mutex);
    if (r->ending)
        atomic_store(&r->stop, true); /* claimed in the last moment: park it at once */
    else
        atomic_store(&r->stop, false);
    r->cancelled = false;
    r->current_task = task->id;
    r->current_system = task->system;
    return true;
}

static void finished(runs *r) {
    WITH_LOCK(&r->mutex);
    r->current_task = 0;
    r->current_system = 0;
    pthread_cond_broadcast(&r->idle);
}

static bool ending(runs *r) {
    WITH_LOCK(&r->mutex);
    return r->ending;
}

bool runs_work(runs *r, arena *a) {
    struct worker_task task;
    bool found = false;
    error *e = claim(r, a, &task, &found);
    if (e) log_error("the task queue could not be read", e);
    error_free(e);
    if (!found || !begin(r, &task)) return false;
    carry_out(r, &task);
    finished(r);
    return true;
}

void *runs_worker(void *state) {
    runs *r = state;
    OWNED(arena) a = arena_new(16 << 20);
    while (!ending(r)) {
        arena_reset(a);
        int64_t seen = queued(r);
        if (!runs_work(r, a) && !wait_for_work(r, seen)) break;
    }
    return NULL;
}
