/* The life of a preview: checked and estimated, computed by one of two server threads or by the worker, cancelled. */
#include "runs/preview_private.h"

#include "base/die.h"
#include "base/log.h"
#include "runs/removal.h"
#include "runs/runs_private.h"

#include <stdlib.h>

enum { THRESHOLD = 2500, PREVIEW_MEMORY = 1 << 30 };

/* ---- starting ---- */

static void describe_target(const struct config *c, const struct change_preview *p, struct activity *a) {
    const struct sync_rule *rule = config_rule(c, p->target);
    const struct connected_system *system = config_system(c, p->target);
    const struct mv_type *type = config_mv_type(c, p->target);
    const struct run_profile *profile = config_run_profile(c, p->target);
    switch (p->surface) {
    case SURFACE_RUN:
        system = profile ? config_system(c, profile->system) : NULL;
        a->target = TARGET_CONNECTED_SYSTEM;
        a->target_name = system ? system->name : (text){0};
        a->target_context = profile ? profile->name : (text){0};
        a->system = system ? system->id : 0;
        break;
    case SURFACE_SYSTEM:
    case SURFACE_SCHEMA:
    case SURFACE_MATCHING:
        a->target = TARGET_CONNECTED_SYSTEM;
        a->target_name = system ? system->name : (text){0};
        a->system = p->target;
        break;
    case SURFACE_MV_ATTRIBUTE:
        a->target = TARGET_MV_ATTRIBUTE;
        a->target_name = config_mv_attribute(c, p->target) ? config_mv_attribute(c, p->target)->name : (text){0};
        break;
    case SURFACE_MV_TYPE:
        a->target = TARGET_MV_TYPE;
        a->target_name = type ? type->name : (text){0};
        break;
    default:
        a->target = TARGET_SYNC_RULE;
        a->target_name = rule ? rule->name : (text){0};
        a->rule = p->target;
        a->system = rule ? rule->system : 0;
        break;
    }
}

static text first_blocking(const struct preview_findings *list) {
    for (EACH(const struct preview_finding, f, list))
        if (f->severity == FINDING_BLOCKING) return f->message;
    return (text){0};
}

static void end_blocked(struct activity *a, text why) {
    a->executed = a->ended = a->created;
    a->status = ACTIVITY_COMPLETE_WITH_WARNING;
    a->warning_message = why;
    a->message = T("The change is not possible as proposed");
}

static FALLIBLE save_new(store_tx *tx, const struct activity *a, const struct change_preview *p) {
    TRY(store_save_change_preview(tx, p));
    if (!p->dispatched) return NULL;
    struct worker_task task = {.type = TASK_PREVIEW,
                               .status = TASK_QUEUED,
                               .queued = a->created,
                               .initiator = a->initiator,
                               .activity = a->id,
                               .name = a->target_name};
    return store_save_task(tx, &task);
}

static void enqueue(runs *r, int64_t activity) {
    WITH_LOCK(&r->mutex);
    struct preview_pool *pool = &r->previews;
    if (pool->waiting_count == pool->waiting_room) {
        pool->waiting_room = pool->waiting_room ? pool->waiting_room * 2 : 16;
        pool->waiting = realloc(pool->waiting, pool->waiting_room * sizeof *pool->waiting);
        if (!pool->waiting) die("out of memory");
    }
    pool->waiting[pool->waiting_count++] = activity;
    pthread_cond_broadcast(&pool->work);
}

static FALLIBLE estimate(runs *r, const struct config *before, const struct config *after, struct change_preview *p) {
    OWNED(store_tx) tx = NULL;
    int64_t threshold = run_setting_int(before, T("Preview.WorkerThreshold"), THRESHOLD, 1, INT32_MAX);
    TRY(store_read(r->store, &tx));
    TRY(preview_estimate(tx, before, after, p));
    p->dispatched = p->estimated_objects > threshold;
    return NULL;
}

static FALLIBLE begin(runs *r, arena *a, const struct config *before, const struct change_preview_request *q,
                      struct change_preview *p, struct change_preview_started *out) {
    const struct config *after = NULL;
    OWNED(store_tx) tx = NULL;
    TRY(preview_propose(r, a, before, p, &after, &out->findings));
    text why = first_blocking(&out->findings);
    out->blocked = !text_is_null(why);
    error *e = out->blocked ? NULL : estimate(r, before, after, p);
    config_release(after);
    if (e) return e;
    struct activity activity = {.created = instant_now(),
                                .status = ACTIVITY_IN_PROGRESS,
                                .operation = OPERATION_PREVIEW,
                                .message = T("Queued"),
                                .initiator = q->initiator,
                                .to_process = p->estimated_objects};
    describe_target(before, p, &activity);
    if (out->blocked) end_blocked(&activity, why);
    p->baseline = activity.created;
    p->complete = out->blocked;
    p->document = preview_document_write(a, &(struct preview_document){.findings = out->findings});
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_save_activity(tx, &activity));
    p->activity = activity.id;
    TRY(save_new(tx, &activity, p));
    return store_commit(tx);
}

FALLIBLE change_preview_start(runs *r, arena *a, const struct change_preview_request *q, struct change_preview_started *out) {
    const struct config *before = NULL;
    struct change_preview p = {.surface = q->surface, .target = q->target, .proposal = q->proposal, .persistence = q->persistence};
    *out = (struct change_preview_started){0};
    TRY(store_config(r->store, &before));
    error *e = begin(r, a, before, q, &p, out);
    config_release(before);
    if (e) return e;
    out->activity = p.activity;
    out->estimated_objects = p.estimated_objects;
    out->estimated_rows = p.estimated_rows;
    if (out->blocked) return NULL;
    if (p.dispatched)
        runs_wake(r);
    else
        enqueue(r, p.activity);
    return NULL;
}

/* ---- the server's threads ---- */

static FALLIBLE prepare(struct run *r, int64_t id) {
    OWNED(store_tx) tx = NULL;
    bool found;
    TRY(store_config(r->store, &r->config));
    TRY(store_read(r->store, &tx));
    TRY(store_activity(tx, r->a, id, &r->activity, &found));
    if (!found) return FAIL(ERROR_NOT_FOUND, "The activity of the preview is gone.");
    r->activity.executed = r->started = instant_now();
    return NULL;
}

static void carry_out(runs *owner, struct preview_slot *slot) {
    OWNED(arena) a = arena_new(PREVIEW_MEMORY);
    struct run r = {.runs = owner, .store = owner->store, .a = a, .stop = &slot->stop};
    error *e = prepare(&r, slot->activity);
    if (!e) {
        run_declare_phases(&r);
        e = preview_run(&r);
    }
    bool stopped = e && e->kind == ERROR_CANCELLED;
    error *unsaved = r.activity.id ? runs_finish(&r, stopped, stopped ? NULL : e) : NULL;
    if (e && !stopped) log_error("a preview failed", e);
    if (unsaved) log_error("the end of a preview could not be recorded", unsaved);
    error_free(e);
    error_free(unsaved);
    config_release(r.config);
}

static bool take(runs *r, struct preview_slot *slot) {
    WITH_LOCK(&r->mutex);
    struct preview_pool *pool = &r->previews;
    slot->activity = 0;
    while (!pool->ending && !pool->waiting_count) condition_wait_ms(&pool->work, &r->mutex, 60000);
    if (pool->ending) return false;
    slot->activity = pool->waiting[0];
    memmove(pool->waiting, pool->waiting + 1, --pool->waiting_count * sizeof *pool->waiting);
    atomic_store(&slot->stop, false);
    return true;
}

static void *previewer(void *state) {
    struct preview_slot *slot = state;
    while (take(slot->owner, slot)) carry_out(slot->owner, slot);
    return NULL;
}

void previews_start(runs *r) {
    condition_init(&r->previews.work);
    for (int i = 0; i < PREVIEW_THREADS; i++) {
        struct preview_slot *slot = &r->previews.slots[i];
        slot->owner = r;
        slot->thread = thread_start("preview", previewer, slot);
    }
    r->previews.started = true;
}

void previews_stop(runs *r) {
    if (!r->previews.started) return;
    pthread_mutex_lock(&r->mutex);
    r->previews.ending = true;
    for (int i = 0; i < PREVIEW_THREADS; i++) atomic_store(&r->previews.slots[i].stop, true);
    pthread_cond_broadcast(&r->previews.work);
    pthread_mutex_unlock(&r->mutex);
    for (int i = 0; i < PREVIEW_THREADS; i++) pthread_join(r->previews.slots[i].thread, NULL);
    free(r->previews.waiting);
}

FALLIBLE previews_recover(store_tx *tx, arena *a) {
    struct int64s left = {0};
    TRY(store_orphaned_previews(tx, a, &left));
    for (size_t i = 0; i < left.count; i++) {
        struct activity activity;
        bool found, more = true;
        TRY(store_activity(tx, a, left.at[i], &activity, &found));
        activity.status = ACTIVITY_FAILED;
        activity.ended = instant_now();
        activity.message = T("Interrupted");
        activity.error_message = T("The server ended before the preview did; start it again.");
        TRY(store_save_activity(tx, &activity));
        while (more) TRY(store_drop_preview_rows(tx, left.at[i], &more));
    }
    return NULL;
}

/* ---- cancelling ---- */

static FALLIBLE task_of(runs *r, arena *a, int64_t activity, int64_t *task) {
    OWNED(store_tx) tx = NULL;
    struct worker_tasks tasks = {0};
    int64_t total;
    *task = 0;
    TRY(store_read(r->store, &tx));
    TRY(store_tasks(tx, a, 0, 10000, &tasks, &total));
    for (EACH(const struct worker_task, t, &tasks))
        if (t->activity == activity) *task = t->id;
    return NULL;
}

/* True when it waited and waits no more; a running one is asked to stop. */
static bool stop_thread(runs *r, int64_t activity) {
    WITH_LOCK(&r->mutex);
    struct preview_pool *pool = &r->previews;
    for (int i = 0; i < PREVIEW_THREADS; i++)
        if (pool->slots[i].activity == activity) atomic_store(&pool->slots[i].stop, true);
    for (size_t i = 0; i < pool->waiting_count; i++) {
        if (pool->waiting[i] != activity) continue;
        memmove(pool->waiting + i, pool->waiting + i + 1, (--pool->waiting_count - i) * sizeof *pool->waiting);
        return true;
    }
    return false;
}

static FALLIBLE end_waiting(runs *r, struct activity *activity) {
    OWNED(store_tx) tx = NULL;
    activity->status = ACTIVITY_CANCELLED;
    activity->ended = instant_now();
    activity->message = T("Cancelled before it began");
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_save_activity(tx, activity));
    return store_commit(tx);
}

static FALLIBLE find(runs *r, arena *a, int64_t id, struct activity *activity, bool *found) {
    struct change_preview p;
    OWNED(store_tx) tx = NULL;
    TRY(store_read(r->store, &tx));
    TRY(store_change_preview(tx, a, id, &p, found));
    if (*found) TRY(store_activity(tx, a, id, activity, found));
    return NULL;
}

FALLIBLE change_preview_cancel(runs *r, int64_t id, bool *found, bool *stopping) {
    OWNED(arena) a = arena_new(64 << 20);
    struct activity activity;
    int64_t task;
    *stopping = false;
    TRY(find(r, a, id, &activity, found));
    if (!*found || activity.status != ACTIVITY_IN_PROGRESS) return NULL;
    *stopping = true;
    TRY(task_of(r, a, id, &task));
    if (task) return runs_cancel(r, task, stopping);
    return stop_thread(r, id) ? end_waiting(r, &activity) : NULL;
}
