/* The clean-up of history: candidates by kind and age, then batch after batch until all or the time is gone (operations §18.1). */
#include "runs/retention.h"

#include "runs/runs_private.h"

#include <time.h>

enum { CANDIDATES = 1000, PAUSE_NS = 1000000, BATCH_NORMAL = 100, BATCH_MOST = 100000 };

static const struct {
    const char *setting;
    int64_t days;
} kinds[RETENTION_KINDS] = {
    [RETAIN_ORDINARY] = {"History.RetentionPeriod", 90},
    [RETAIN_CONFIGURATION] = {"History.ConfigurationChangeRetentionPeriod", 3650},
    [RETAIN_SECURITY] = {"History.SecurityEventRetentionPeriod", 365},
};

struct pass {
    runs *r;
    struct cleanup *out;
    int64_t until;
    enum retention_kind kind;
    int64_t removed; /* rows of all batches */
};

static bool over(const struct pass *p) {
    WITH_LOCK(&p->r->mutex);
    return p->r->ending || monotonic_ns() >= p->until;
}

static void take_note(struct pass *p, instant oldest, instant newest) {
    struct cleanup *n = p->out;
    if (!n->oldest.ticks || oldest.ticks < n->oldest.ticks) n->oldest = oldest;
    if (newest.ticks > n->newest.ticks) n->newest = newest;
}

static void count(struct pass *p, const struct old_activity *of) {
    p->out->activities[p->kind]++;
    take_note(p, of->created, of->created);
}

/* One transaction: as many rows as a batch has, beginning with this candidate; *at is the next one. */
static FALLIBLE batch(struct pass *p, const struct old_activities *list, size_t *at) {
    OWNED(store_tx) tx = NULL;
    int64_t room = p->out->batch;
    size_t first = *at;
    bool gone = true;
    TRY(store_write(p->r->store, STORE_BULK, &tx));
    bool done[CANDIDATES] = {0};
    for (; *at < list->count && room > 0; *at += gone ? 1 : 0) {
        int64_t some;
        TRY(store_forget_activity(tx, list->at[*at].id, room, &some, &gone));
        room -= some;
        done[*at] = gone;
        if (!gone && some == 0) gone = true; /* somebody else has removed it */
    }
    TRY(store_commit(tx));
    for (size_t i = first; i < list->count && i <= *at; i++)
        if (done[i]) count(p, &list->at[i]);
    p->removed += p->out->batch - room;
    return NULL;
}

static FALLIBLE candidates(struct pass *p, arena *a, int64_t after, struct old_activities *out) {
    OWNED(store_tx) tx = NULL;
    struct old_activity_query q = {.kind = p->kind, .after = after, .limit = CANDIDATES};
    if (!instant_add_ticks(instant_now(), -p->out->periods[p->kind].ticks, &q.before)) return NULL;
    TRY(store_read(p->r->store, &tx));
    return store_old_activities(tx, a, &q, out);
}

/* All candidates once, by their age. */
static FALLIBLE sweep(struct pass *p) {
    OWNED(arena) a = arena_new(16 << 20);
    for (int64_t after = 0; !over(p);) {
        struct old_activities list = {0};
        arena_reset(a);
        TRY(candidates(p, a, after, &list));
        if (!list.count) return NULL;
        for (size_t at = 0; at < list.count && !over(p);) {
            TRY(batch(p, &list, &at));
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        }
        after = list.at[list.count - 1].id;
    }
    return NULL;
}

/* What changed on objects, the oldest first. */
static FALLIBLE sweep_changes(struct pass *p, enum history_of of, int64_t *removed) {
    for (struct forgotten some = {.rows = 1}; some.rows && !over(p);) {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(p->r->store, STORE_BULK, &tx));
        TRY(store_forget_history(tx, of, p->out->cutoff, p->out->batch, &some));
        TRY(store_commit(tx));
        *removed += some.rows;
        if (some.rows) take_note(p, some.oldest, some.newest);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return NULL;
}

static FALLIBLE record(struct pass *p, const struct initiator *by, instant began) {
    OWNED(arena) a = arena_new(1 << 20);
    OWNED(store_tx) tx = NULL;
    const struct cleanup *n = p->out;
    char oldest[32], newest[32];
    int64_t all = n->cso_changes + n->mvo_changes;
    for (int i = 0; i < RETENTION_KINDS; i++) all += n->activities[i];
    if (!all) return NULL;
    size_t oldest_len = instant_write(n->oldest, oldest), newest_len = instant_write(n->newest, newest);
    struct activity activity = {.created = began,
                                .executed = began,
                                .ended = instant_now(),
                                .status = ACTIVITY_COMPLETE,
                                .target = TARGET_HISTORY_CLEANUP,
                                .operation = OPERATION_DELETE,
                                .target_name = T("History"),
                                .initiator = *by,
                                .to_process = all,
                                .processed = all};
    activity.message = arena_print(a,
                                   "Removed %lld activities, %lld of changes of the configuration, %lld of sign-ins, and what is "
                                   "recorded of %lld changes of connected and %lld of metaverse objects, from %.*s to %.*s.",
                                   (long long)n->activities[RETAIN_ORDINARY], (long long)n->activities[RETAIN_CONFIGURATION],
                                   (long long)n->activities[RETAIN_SECURITY], (long long)n->cso_changes, (long long)n->mvo_changes,
                                   (int)oldest_len, oldest, (int)newest_len, newest);
    TRY(store_write(p->r->store, STORE_API, &tx));
    TRY(store_save_activity(tx, &activity));
    return store_commit(tx);
}

static void take_settings(const struct config *c, struct cleanup *out) {
    for (int i = 0; i < RETENTION_KINDS; i++)
        if (!timespan_read(config_setting(c, text_of(kinds[i].setting)), &out->periods[i]) || out->periods[i].ticks < 0)
            out->periods[i].ticks = kinds[i].days * TICKS_PER_DAY;
    out->batch = (int32_t)run_setting_int(c, T("History.CleanupBatchSize"), BATCH_NORMAL, 1, BATCH_MOST);
}

FALLIBLE runs_cleanup(runs *r, const struct initiator *by, int milliseconds, struct cleanup *out) {
    const struct config *config = NULL;
    instant began = instant_now();
    *out = (struct cleanup){0};
    TRY(store_config(r->store, &config));
    take_settings(config, out);
    config_release(config);
    if (!instant_add_ticks(began, -out->periods[RETAIN_ORDINARY].ticks, &out->cutoff)) out->cutoff = (instant){0};
    struct pass p = {.r = r, .out = out, .until = monotonic_ns() + (int64_t)milliseconds * 1000000};
    TRY(sweep_changes(&p, HISTORY_OF_CSO, &out->cso_changes));
    TRY(sweep_changes(&p, HISTORY_OF_MVO, &out->mvo_changes));
    /* What stands below others goes first, so that they can go in the next round. */
    for (int64_t before = -1; p.removed > before && !over(&p);) {
        before = p.removed;
        for (p.kind = 0; p.kind < RETENTION_KINDS; p.kind++) TRY(sweep(&p));
    }
    out->more = over(&p);
    return record(&p, by, began);
}
