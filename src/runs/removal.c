/* Emptying connector spaces and deleting connected systems, in one session or chunk by chunk (sync-engine §19). */
#include "runs/removal.h"

#include "runs/runs_private.h"
#include "sync/sync.h"

#include <time.h>

/* ---- the queue ---- */

FALLIBLE runs_queue_state(store_tx *tx, arena *a, int32_t system, struct queue_state *out) {
    struct worker_tasks tasks = {0};
    int64_t total;
    *out = (struct queue_state){0};
    TRY(store_tasks(tx, a, 0, 100000, &tasks, &total));
    for (EACH(const struct worker_task, t, &tasks)) {
        out->running |= t->status == TASK_PROCESSING || t->status == TASK_CANCELLATION_REQUESTED;
        out->busy |= t->system == system;
    }
    return NULL;
}

FALLIBLE runs_enqueue(store_tx *tx, arena *a, const struct task_request *q, struct run_ticket *out) {
    struct activity activity = {.created = instant_now(),
                                .status = ACTIVITY_IN_PROGRESS,
                                .target = TARGET_CONNECTED_SYSTEM,
                                .operation = q->operation,
                                .target_name = q->system->name,
                                .message = T("Queued"),
                                .initiator = q->initiator,
                                .change_reason = q->reason,
                                .system = q->system->id};
    TRY(store_save_activity(tx, &activity));
    struct worker_task task = {.type = q->type,
                               .status = TASK_QUEUED,
                               .queued = activity.created,
                               .initiator = q->initiator,
                               .activity = activity.id,
                               .system = q->system->id,
                               .name = q->system->name,
                               .parameters = q->parameters};
    TRY(store_save_task(tx, &task));
    *out = (struct run_ticket){.activity = activity.id, .task = task.id};
    out->message =
        arena_print(a, "%s of '%.*s' is queued.", enum_name(&activity_operation_names, q->operation), TEXT_ARG(q->system->name));
    return NULL;
}

void runs_wake(runs *r) {
    WITH_LOCK(&r->mutex);
    pthread_cond_broadcast(&r->work);
}

static FALLIBLE has_ended(store *s, arena *a, int64_t id, bool *ended) {
    OWNED(store_tx) tx = NULL;
    struct worker_task task;
    bool found;
    TRY(store_read(s, &tx));
    TRY(store_task(tx, a, id, &task, &found));
    *ended = !found;
    return NULL;
}

FALLIBLE runs_wait(runs *r, int64_t task, int milliseconds, bool *ended) {
    OWNED(arena) a = arena_new(16 << 20);
    int64_t until = monotonic_ns() + (int64_t)milliseconds * 1000000;
    for (;;) {
        arena_reset(a);
        TRY(has_ended(r->store, a, task, ended));
        if (*ended || monotonic_ns() >= until) return NULL;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

/* ---- objects ---- */

/* The systems whose objects stay joined, by MVO. */
static FALLIBLE remaining(store_tx *tx, arena *a, const struct config *c, const struct int64s *mvos, struct int_map *out) {
    struct csos connectors = {0};
    TRY(store_connectors(tx, a, c, mvos->at, mvos->count, false, &connectors));
    int_map_init(out, a, connectors.count);
    for (EACH(const struct cso, o, &connectors)) {
        struct int32s *systems = int_map_get(out, o->mvo);
        if (!systems) {
            systems = ARENA_NEW(a, struct int32s);
            int_map_put(out, o->mvo, systems);
        }
        *LIST_ADD(a, systems) = o->system;
    }
    return NULL;
}

/* Called when the objects are gone. Nothing is deleted here: housekeeping does it when the time has come. */
static FALLIBLE mark_orphans(store_tx *tx, arena *a, const struct removal *q, const struct csos *gone) {
    struct int64s ids = {0};
    struct mvos list = {0};
    struct mvo_changes marked = {0};
    struct int_map left;
    for (EACH(const struct cso, o, gone))
        if (o->mvo) *LIST_ADD(a, &ids) = o->mvo;
    if (!ids.count) return NULL;
    TRY(store_mvos(tx, a, q->config, ids.at, ids.count, &list));
    TRY(remaining(tx, a, q->config, &ids, &left));
    for (EACH(const struct mvo, o, &list)) {
        const struct mv_type *type = config_mv_type(q->config, o->type);
        const struct int32s *systems = int_map_get(&left, o->id);
        struct sync_leaving l = {.system = q->system->id,
                                 .system_name = q->system->name,
                                 .remaining = systems ? *systems : (struct int32s){0},
                                 .initiator = q->initiator,
                                 .now = instant_now()};
        enum causal_reason reason = sync_deletion_reason(type, o, &l);
        if (reason == REASON_NONE) continue;
        struct mvo *after = ARENA_NEW(a, struct mvo);
        *after = *o;
        after->deletion = sync_deletion_marker(a, type, &l, reason);
        after->deletion.order = o->deletion.order;
        *LIST_ADD(a, &marked) = (struct mvo_change){o, after};
    }
    return store_write_mvos(tx, q->config, &marked);
}

enum { ROWS_AT_ONCE = 20000 };

/* What is forgotten needs no last line. */
static FALLIBLE remove_some(store_tx *tx, arena *a, const struct removal *q, int64_t *removed) {
    struct csos gone;
    if (!q->forget) store_note_tracked(tx, q->config, q->activity, instant_now());
    TRY(store_clear_some(tx, a, q->config, q->system->id, &gone));
    *removed = (int64_t)gone.count;
    return q->orphans ? mark_orphans(tx, a, q, &gone) : NULL;
}

FALLIBLE removal_at_once(store_tx *tx, const struct removal *q, int64_t *removed) {
    *removed = 0;
    for (int64_t some = 1; some; *removed += some) {
        OWNED(arena) a = arena_new((size_t)1 << 34);
        TRY(remove_some(tx, a, q, &some));
    }
    for (int64_t rows = q->forget; rows;) TRY(store_forget_system_history(tx, q->system->id, ROWS_AT_ONCE, &rows));
    return NULL;
}

/* ---- tasks ---- */

static FALLIBLE count_objects(store *s, int32_t system, int64_t *objects) {
    OWNED(store_tx) tx = NULL;
    struct system_counts counts;
    TRY(store_read(s, &tx));
    TRY(store_system_counts(tx, system, &counts));
    *objects = counts.objects;
    return NULL;
}

static FALLIBLE remove_chunk(store *s, arena *a, const struct removal *q, int64_t *removed) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(s, STORE_BULK, &tx));
    TRY(remove_some(tx, a, q, removed));
    return store_commit(tx);
}

static FALLIBLE forget_chunk(store *s, int32_t system, int64_t *rows) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(s, STORE_BULK, &tx));
    TRY(store_forget_system_history(tx, system, ROWS_AT_ONCE, rows));
    return store_commit(tx);
}

static FALLIBLE remove_all(struct run *r, const struct removal *q) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    int64_t total, done = 0;
    TRY(count_objects(r->store, q->system->id, &total));
    for (int64_t some = 1; some; done += some) {
        if (run_cancelled(r)) return FAIL(ERROR_CANCELLED, "The removal was stopped after %lld objects.", (long long)done);
        arena_reset(a);
        TRY(remove_chunk(r->store, a, q, &some));
        run_progress(r, done + some, total);
    }
    for (int64_t rows = q->forget; rows && !run_cancelled(r);) TRY(forget_chunk(r->store, q->system->id, &rows));
    return NULL;
}

text removal_parameters(bool forget) { return forget ? T("{\"deleteChangeHistory\":true}") : T("{\"deleteChangeHistory\":false}"); }

static struct removal removal_of(const struct run *r, bool orphans) {
    return (struct removal){.config = r->config,
                            .system = r->system,
                            .initiator = r->activity.initiator,
                            .orphans = orphans,
                            .forget = text_equal(r->task.parameters, removal_parameters(true)),
                            .activity = r->activity.id};
}

FALLIBLE clear_run(struct run *r) {
    if (!r->system) return FAIL(ERROR_NOT_FOUND, "The connected system was deleted while the task was queued.");
    struct removal q = removal_of(r, false);
    return remove_all(r, &q);
}

/* The configuration goes when no object is left; versions of it are kept in the same transaction. */
static FALLIBLE delete_configuration(struct run *r, const struct removal *q) {
    OWNED(store_tx) tx = NULL;
    int64_t late;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(removal_at_once(tx, q, &late));
    TRY(store_delete_system(tx, q->system->id));
    TRY(runs_record(r, tx));
    return store_commit(tx);
}

/* A task that was interrupted after its last transaction finds nothing left to do. */
FALLIBLE delete_run(struct run *r) {
    if (!r->system) return NULL;
    struct removal q = removal_of(r, true);
    TRY(remove_all(r, &q));
    return delete_configuration(r, &q);
}
