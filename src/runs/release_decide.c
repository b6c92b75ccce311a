/* An administrator decides about a hold: it is released as a queued task, once, or discarded (operations §23). */
#include "base/json.h"
#include "runs/removal.h"
#include "runs/runs_private.h"
#include "runs/safety.h"

static FALLIBLE find_open(store_tx *tx, arena *a, int64_t id, struct hold *h) {
    bool found;
    TRY(store_hold(tx, a, id, h, &found));
    if (!found) return FAIL(ERROR_NOT_FOUND, "There is no hold of this id.");
    if (h->status == HOLD_HELD) return NULL;
    return FAIL(ERROR_CONFLICT, "The hold is %s already.", enum_name(&hold_status_names, h->status));
}

static FALLIBLE decide(store_tx *tx, struct hold *h, enum hold_status status, const struct initiator *by, text reason) {
    h->status = status;
    h->decided = instant_now();
    h->decided_by = *by;
    h->reason = reason;
    return store_save_hold(tx, h);
}

/* As the run that was held, so that it is found among the runs of its system. */
static FALLIBLE activity_of(store_tx *tx, arena *a, const struct hold *h, struct activity *out) {
    struct activity held;
    bool found;
    *out = (struct activity){.created = h->decided,
                             .status = ACTIVITY_IN_PROGRESS,
                             .target = h->system ? TARGET_RUN_PROFILE : TARGET_HOUSEKEEPING,
                             .operation = h->system ? OPERATION_EXECUTE : OPERATION_DELETE,
                             .target_context = h->system_name,
                             .message = T("Queued"),
                             .initiator = h->decided_by,
                             .change_reason = h->reason,
                             .system = h->system};
    TRY(store_activity(tx, a, h->activity, &held, &found));
    out->target_name = T("Release of held objects");
    if (!found) return NULL;
    out->target_name = arena_print(a, "%.*s (release of held objects)", TEXT_ARG(held.target_name));
    out->run_profile = held.run_profile;
    out->run_type = held.run_type;
    return NULL;
}

static FALLIBLE enqueue(store_tx *tx, arena *a, const struct hold *h, struct run_ticket *out) {
    struct activity activity;
    TRY(activity_of(tx, a, h, &activity));
    TRY(store_save_activity(tx, &activity));
    struct worker_task task = {.type = TASK_RELEASE_HOLD,
                               .status = TASK_QUEUED,
                               .queued = activity.created,
                               .initiator = activity.initiator,
                               .activity = activity.id,
                               .system = h->system,
                               .run_profile = activity.run_profile,
                               .name = h->system
                                           ? arena_print(a, "%.*s - %.*s", TEXT_ARG(h->system_name), TEXT_ARG(activity.target_name))
                                           : activity.target_name,
                               .parameters = arena_print(a, "{\"hold\":%lld}", (long long)h->id)};
    TRY(store_save_task(tx, &task));
    *out = (struct run_ticket){.activity = activity.id, .task = task.id};
    out->message = arena_print(a, "%lld held objects are queued; those that still qualify are done.", (long long)h->objects);
    return NULL;
}

FALLIBLE release_hold_of(arena *a, const struct worker_task *t, int64_t *hold) {
    const struct json *parameters;
    *hold = 0;
    TRY(json_read(a, t->parameters, (struct json_limits){0}, &parameters, NULL));
    const struct json *member = json_member(parameters, T("hold"));
    if (!member || !json_int64(member, hold)) *hold = 0;
    return NULL;
}

static FALLIBLE check_may_run(store_tx *tx, const struct hold *h) {
    const struct config *c;
    if (!h->system) return NULL;
    TRY(store_config_in(tx, &c));
    const struct connected_system *s = config_system(c, h->system);
    bool active = s && s->status == SYSTEM_ACTIVE;
    config_release(c);
    return active ? NULL : FAIL(ERROR_CONFLICT, "The connected system of the hold is not active any more.");
}

FALLIBLE runs_release_hold(runs *r, arena *a, int64_t hold, const struct initiator *by, text reason, struct run_ticket *out) {
    OWNED(store_tx) tx = NULL;
    struct hold h;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(find_open(tx, a, hold, &h));
    TRY(check_may_run(tx, &h));
    TRY(decide(tx, &h, HOLD_RELEASED, by, reason));
    TRY(enqueue(tx, a, &h, out));
    TRY(store_commit(tx));
    WITH_LOCK(&r->mutex);
    r->queued++;
    pthread_cond_broadcast(&r->work);
    return NULL;
}

/* ---- a release that came to no end ---- */

static FALLIBLE is_followed(store_tx *tx, arena *a, const struct hold *h, bool *followed) {
    struct holds open = {0};
    int64_t total = 0;
    struct hold_query q = {
        .statuses = 1u << HOLD_HELD, .system = h->system, .guard = (int)h->guard, .object_type = h->object_type, .limit = 1000};
    TRY(store_holds(tx, a, &q, &open, &total));
    *followed = false;
    for (EACH(const struct hold, other, &open)) *followed |= other->system == h->system && other->partition == h->partition;
    return NULL;
}

FALLIBLE release_ended(store_tx *tx, arena *a, const struct worker_task *t, text *words) {
    int64_t id = 0, left = 0;
    struct hold h;
    bool found = false, followed;
    *words = (text){0};
    if (t->type != TASK_RELEASE_HOLD) return NULL;
    TRY(release_hold_of(a, t, &id));
    if (id) TRY(store_hold(tx, a, id, &h, &found));
    if (!found || h.status != HOLD_RELEASED) return NULL;
    TRY(store_count_held(tx, id, HELD_WAITING, &left));
    if (!left) return NULL;
    TRY(is_followed(tx, a, &h, &followed));
    h.status = followed ? HOLD_SUPERSEDED : HOLD_HELD;
    h.decided = followed ? instant_now() : (instant){0};
    if (!followed) {
        h.decided_by = (struct initiator){0};
        h.reason = (text){0};
        *words = arena_print(a, "%lld of %lld held objects were not done; the hold is open again for them.", (long long)left,
                             (long long)h.objects);
    }
    return store_save_hold(tx, &h);
}

FALLIBLE runs_discard_hold(runs *r, arena *a, int64_t hold, const struct initiator *by, text reason) {
    OWNED(store_tx) tx = NULL;
    struct hold h;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(find_open(tx, a, hold, &h));
    TRY(decide(tx, &h, HOLD_DISCARDED, by, reason));
    return store_commit(tx);
}
