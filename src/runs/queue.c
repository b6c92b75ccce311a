/* Queueing: what may run, one task and one activity in one transaction, and cancelling. */
#include "runs/runs_private.h"

#include "connectors/host.h"
#include "runs/safety.h"

/* The refusals of sync-engine §2.8. */
static FALLIBLE check_may_run(const struct connected_system *s, const struct run_profile *p) {
    if (s->status != SYSTEM_ACTIVE)
        return FAIL(ERROR_INVALID, "The connected system '%.*s' is not active, so it cannot run.", TEXT_ARG(s->name));
    bool import = p->type == RUN_FULL_IMPORT || p->type == RUN_DELTA_IMPORT;
    const struct connector_definition *d = connector_by_id(s->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(s->name));
    if (p->type == RUN_DELTA_IMPORT && !d->can.delta_import)
        return FAIL(ERROR_INVALID, "The connector of '%.*s' has no delta import; use a full import.", TEXT_ARG(s->name));
    if (!import) return NULL;
    for (EACH(struct cs_type, t, &s->types)) {
        if (!t->selected) continue;
        if (!t->external_id)
            return FAIL(ERROR_INVALID,
                        "The object type '%.*s' of '%.*s' has no external id attribute; choose one before importing.",
                        TEXT_ARG(t->name), TEXT_ARG(s->name));
        import = false;
    }
    if (import)
        return FAIL(ERROR_INVALID, "No object type of '%.*s' is selected; import the schema and select one.", TEXT_ARG(s->name));
    return NULL;
}

/* Imports of what is not selected read nothing, or less than the administrator believes (sync-engine §2.8). */
static FALLIBLE check_hierarchy(const struct config *c, arena *a, const struct connected_system *s, const struct run_profile *p,
                                struct texts *warnings) {
    const struct connector_definition *d = connector_by_id(s->definition);
    const struct partition *target = p->partition ? config_partition(s, p->partition) : NULL;
    bool any = !d->can.partitions;
    if (p->partition && !target)
        return FAIL(ERROR_INVALID, "The partition of the run profile '%.*s' does not exist any more; choose another one.",
                    TEXT_ARG(p->name));
    if (target && !target->selected)
        return FAIL(ERROR_INVALID, "The partition '%.*s' of the run profile '%.*s' is not selected.", TEXT_ARG(target->name),
                    TEXT_ARG(p->name));
    for (EACH(const struct partition, q, &s->partitions)) any |= q->selected;
    if (any) return NULL;
    text finding = arena_print(a, "No partition of '%.*s' is selected; import its hierarchy and select one.", TEXT_ARG(s->name));
    if (!text_equal_ascii_case(config_setting(c, T("Sync.PartitionValidationMode")), T("Warning")))
        return FAIL(ERROR_INVALID, "%.*s", TEXT_ARG(finding));
    *LIST_ADD(a, warnings) = finding;
    return NULL;
}

static bool same_initiator(const struct initiator *a, const struct initiator *b) {
    return a->type == b->type && text_equal(a->id, b->id);
}

static FALLIBLE check_not_queued(store_tx *tx, arena *a, const struct run_request *q) {
    struct worker_tasks tasks = {0};
    int64_t total;
    TRY(store_tasks(tx, a, 0, 1000, &tasks, &total));
    for (EACH(struct worker_task, t, &tasks))
        if (t->status == TASK_QUEUED && t->system == q->system && t->run_profile == q->profile &&
            same_initiator(&t->initiator, &q->initiator))
            return FAIL(ERROR_CONFLICT,
                        "This run profile is queued already; follow activity and task in /worker-tasks, or add force=true.");
    return NULL;
}

static struct activity activity_for(const struct connected_system *s, const struct run_profile *p, const struct initiator *by) {
    return (struct activity){.created = instant_now(),
                             .status = ACTIVITY_IN_PROGRESS,
                             .target = TARGET_RUN_PROFILE,
                             .operation = OPERATION_EXECUTE,
                             .target_name = p->name,
                             .target_context = s->name,
                             .message = T("Queued"),
                             .initiator = *by,
                             .system = s->id,
                             .run_profile = p->id,
                             .run_type = p->type};
}

static FALLIBLE enqueue(runs *r, arena *a, const struct connected_system *s, const struct run_profile *p,
                        const struct run_request *q, struct run_ticket *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write_unsynced(r->store, &tx));
    if (!q->force) TRY(check_not_queued(tx, a, q));
    struct activity activity = activity_for(s, p, &q->initiator);
    TRY(store_save_activity(tx, &activity));
    struct worker_task task = {.type = TASK_RUN_PROFILE,
                               .status = TASK_QUEUED,
                               .queued = activity.created,
                               .initiator = q->initiator,
                               .activity = activity.id,
                               .system = s->id,
                               .run_profile = p->id,
                               .name = arena_print(a, "%.*s - %.*s", TEXT_ARG(s->name), TEXT_ARG(p->name))};
    TRY(store_save_task(tx, &task));
    TRY(store_commit(tx));
    *out = (struct run_ticket){.activity = activity.id, .task = task.id};
    out->message = arena_print(a, "'%.*s' of '%.*s' is queued.", TEXT_ARG(p->name), TEXT_ARG(s->name));
    return NULL;
}

static void wake(runs *r) {
    WITH_LOCK(&r->mutex);
    r->queued++;
    pthread_cond_broadcast(&r->work);
}

/* The run may begin while its caller waits until it is sure to be queued. */
static FALLIBLE execute(runs *r, arena *a, const struct config *c, const struct run_request *q, struct run_ticket *out) {
    const struct connected_system *s = config_system(c, q->system);
    const struct run_profile *p = config_run_profile(c, q->profile);
    if (!s) return FAIL(ERROR_NOT_FOUND, "There is no connected system %d.", q->system);
    if (!p || p->system != s->id) return FAIL(ERROR_NOT_FOUND, "'%.*s' has no run profile %d.", TEXT_ARG(s->name), q->profile);
    struct texts warnings = {0};
    TRY(check_may_run(s, p));
    TRY(check_hierarchy(c, a, s, p, &warnings));
    TRY(enqueue(r, a, s, p, q, out));
    out->warnings = warnings;
    wake(r);
    return store_sync(r->store);
}

FALLIBLE runs_execute(runs *r, arena *a, const struct run_request *q, struct run_ticket *out) {
    const struct config *c = NULL;
    TRY(store_config(r->store, &c));
    error *e = execute(r, a, c, q, out);
    config_release(c);
    return e;
}

static FALLIBLE cancel_waiting(store_tx *tx, arena *a, const struct worker_task *t) {
    struct activity activity;
    text left;
    bool found;
    TRY(store_activity(tx, a, t->activity, &activity, &found));
    TRY(release_ended(tx, a, t, &left));
    if (found) {
        activity.status = ACTIVITY_CANCELLED;
        activity.ended = instant_now();
        activity.message = T("Cancelled before it began");
        if (!text_is_null(left)) activity.warning_message = left;
        TRY(store_save_activity(tx, &activity));
    }
    return store_delete_task(tx, t->id);
}

FALLIBLE runs_cancel(runs *r, int64_t id, bool *found) {
    OWNED(arena) a = arena_new(16 << 20);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    struct worker_task task;
    TRY(store_task(tx, a, id, &task, found));
    if (!*found) return NULL;
    if (task.status == TASK_QUEUED || task.status == TASK_WAITING) {
        TRY(cancel_waiting(tx, a, &task));
    } else if (task.status == TASK_PROCESSING) {
        task.status = TASK_CANCELLATION_REQUESTED;
        TRY(store_save_task(tx, &task));
    }
    TRY(store_commit(tx));
    WITH_LOCK(&r->mutex);
    if (r->current_task == id) {
        r->cancelled = true;
        atomic_store(&r->stop, true);
    }
    return NULL;
}

FALLIBLE runs_busy(runs *r, int32_t system, bool *busy) {
    OWNED(arena) a = arena_new(16 << 20);
    OWNED(store_tx) tx = NULL;
    TRY(store_read(r->store, &tx));
    struct worker_tasks tasks = {0};
    int64_t total;
    TRY(store_tasks(tx, a, 0, 10000, &tasks, &total));
    *busy = false;
    for (EACH(struct worker_task, t, &tasks)) *busy |= t->system == system;
    return NULL;
}
