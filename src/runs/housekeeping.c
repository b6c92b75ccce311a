/* Scheduled deletions whose grace period is over (sync-engine §12.7). */
#include "runs/runs_private.h"
#include "runs/sync.h"

#include <stdlib.h>

enum { PASS = 50, PAGE = 1000 };

struct due {
    int64_t mvo;
    int32_t type;
    instant marked;
    bool ordered; /* by an administrator: no limit weighs it */
};
struct dues LIST(struct due);

static int oldest_first(const void *left, const void *right) {
    const struct due *a = left, *b = right;
    if (a->marked.ticks != b->marked.ticks) return a->marked.ticks < b->marked.ticks ? -1 : 1;
    return (a->mvo > b->mvo) - (a->mvo < b->mvo);
}

/* Adds those of a page that are due; which connectors are left decides under WhenLastConnectorDisconnected. */
static FALLIBLE add_due(store_tx *tx, arena *page, const struct config *c, const struct mvos *marked, instant now, arena *a,
                        struct dues *out) {
    struct int64s candidates = {0};
    struct csos connectors = {0};
    struct int_map joined;
    for (EACH(const struct mvo, o, marked)) {
        if (sync_deletion_due(config_mv_type(c, o->type), o, 0, now)) *LIST_ADD(page, &candidates) = o->id;
    }
    TRY(store_connectors(tx, page, c, candidates.at, candidates.count, false, &connectors));
    int_map_init(&joined, page, connectors.count);
    for (EACH(struct cso, o, &connectors)) int_map_put(&joined, o->mvo, o);
    for (EACH(const struct mvo, o, marked)) {
        size_t count = int_map_get(&joined, o->id) != NULL;
        if (sync_deletion_due(config_mv_type(c, o->type), o, count, now))
            *LIST_ADD(a, out) = (struct due){o->id, o->type, o->deletion.disconnected, o->deletion.order == DELETION_NOW};
    }
    return NULL;
}

static void keep_ordered(struct dues *due) {
    size_t kept = 0;
    for (size_t i = 0; i < due->count; i++)
        if (due->at[i].ordered) due->at[kept++] = due->at[i];
    due->count = kept;
}

static FALLIBLE find_due(store *s, const struct config *c, arena *a, struct dues *out) {
    OWNED(arena) page = arena_new((size_t)1 << 32);
    OWNED(store_tx) tx = NULL;
    instant now = instant_now();
    TRY(store_read(s, &tx));
    for (int64_t after = 0;;) {
        struct mvos marked = {0};
        arena_reset(page);
        TRY(store_mvo_page(tx, page, c, MVO_MARKED, 0, after, PAGE, &marked));
        if (!marked.count) return NULL;
        after = marked.at[marked.count - 1].id;
        TRY(add_due(tx, page, c, &marked, now, a, out));
    }
}

static error *begin_deletions(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct mvos *marked = ARENA_NEW(j->page, struct mvos);
    TRY(store_mvos(tx, j->page, j->r->config, w->ids, w->count, marked));
    sync_batch_housekeeping(b, marked);
    return NULL;
}

/* ---- the guard (operations §23) ---- */

static int64_t fingerprint_of(const struct dues *due, int32_t type) {
    uint64_t sum = 0;
    for (EACH(const struct due, d, due)) {
        uint64_t mixed = (uint64_t)d->mvo * UINT64_C(0x9e3779b97f4a7c15);
        if (d->type == type && !d->ordered) sum += mixed ^ mixed >> 29;
    }
    return (int64_t)sum;
}

/* Lists what housekeeping would do to these identities, with all that follows. */
static FALLIBLE list_due(struct run *r, struct hold *h, const struct dues *due) {
    struct sync_job job;
    struct int64s ids = {0};
    error *e = NULL;
    for (EACH(const struct due, d, due))
        if (d->type == h->object_type && !d->ordered) *LIST_ADD(r->a, &ids) = d->mvo;
    sync_job_open(&job, r);
    job.guard = (struct sync_guard){.on = true, .listing = true, .hold = *h};
    for (size_t from = 0; from < ids.count && !e && !run_cancelled(r); from += PASS) {
        size_t count = ids.count - from < PASS ? ids.count - from : PASS;
        e = sync_work_do(&job, &(struct sync_work){.begin = begin_deletions, .ids = ids.at + from, .count = count});
    }
    *h = job.guard.hold;
    sync_job_close(&job);
    if (!e) e = store_group_end(r->store, &r->group);
    return e || run_cancelled(r) || !h->id ? e : hold_complete(r, h);
}

/* The newest hold of housekeeping about this type, id 0: none. */
static FALLIBLE newest_hold(struct run *r, int32_t type, struct hold *out) {
    OWNED(store_tx) tx = NULL;
    struct holds found = {0};
    int64_t total;
    struct hold_query q = {
        .statuses = 1u << HOLD_HELD | 1u << HOLD_DISCARDED, .guard = GUARD_METAVERSE_DELETIONS, .object_type = type, .limit = 1000};
    *out = (struct hold){0};
    TRY(store_read(r->store, &tx));
    TRY(store_holds(tx, r->a, &q, &found, &total));
    for (size_t i = found.count; i-- > 0;)
        if (!found.at[i].system) *out = found.at[i];
    return NULL;
}

static FALLIBLE supersede(struct run *r, const struct hold *open) {
    OWNED(store_tx) tx = NULL;
    struct hold by = *open;
    by.id = 0;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_supersede_holds(tx, &by, -1, instant_now()));
    return store_commit(tx);
}

static FALLIBLE deleted_lately(struct run *r, int32_t type, int64_t *objects) {
    OWNED(store_tx) tx = NULL;
    struct safety_counts counts = {0};
    TRY(store_read(r->store, &tx));
    TRY(store_safety_counts(tx, r->a, GUARD_METAVERSE_DELETIONS, 0, (instant){instant_now().ticks - TICKS_PER_DAY}, &counts));
    *objects = 0;
    for (EACH(const struct safety_count, k, &counts))
        if (k->type == type) *objects += k->objects;
    return NULL;
}

/* A list that an administrator has seen, open or discarded, is not made again while it stays the same. */
static FALLIBLE judge_type(struct run *r, const struct mv_type *t, const struct dues *due, bool *held) {
    struct hold before, h = {.guard = GUARD_METAVERSE_DELETIONS, .object_type = t->id, .type_name = t->name};
    int64_t now = 0;
    for (EACH(const struct due, d, due)) now += d->type == t->id && !d->ordered;
    TRY(newest_hold(r, t->id, &before));
    if (now) TRY(deleted_lately(r, t->id, &h.measured));
    h.measured += now;
    h.population = safety_population(&r->safety->mvos, t->id);
    h.fingerprint = fingerprint_of(due, t->id);
    enum safety_verdict verdict = now ? safety_judge(&r->safety->policy, h.guard, h.measured, h.population) : SAFETY_FINE;
    *held = verdict == SAFETY_EXCEEDED;
    if (*held && before.id && before.fingerprint == h.fingerprint) return NULL;
    if (!*held) {
        if (verdict == SAFETY_HALF) safety_half(r, h.guard, h.type_name, h.measured, h.population);
        return before.id && before.status == HOLD_HELD ? supersede(r, &before) : NULL;
    }
    if (!r->activity.id) TRY(run_save(r));
    return list_due(r, &h, due);
}

static void leave_out(struct dues *due, int32_t type) {
    size_t kept = 0;
    for (size_t i = 0; i < due->count; i++)
        if (due->at[i].type != type || due->at[i].ordered) due->at[kept++] = due->at[i];
    due->count = kept;
}

static FALLIBLE guard(struct run *r, struct dues *due) {
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(r->store, &tx));
        TRY(safety_begin(r, tx));
    }
    for (EACH(const struct mv_type, t, &r->config->mv_types)) {
        bool held = false;
        TRY(judge_type(r, t, due, &held));
        if (held) leave_out(due, t->id);
    }
    return NULL;
}

/* ---- the pass ---- */

static FALLIBLE end(struct run *r, error *e) {
    char chain[1000];
    r->activity.ended = instant_now();
    r->activity.status = activity_final_status(&r->activity, false, e != NULL);
    if (e) r->activity.error_message = arena_text(r->a, text_of(error_chain(e, chain, sizeof chain)));
    r->activity.message = r->last_words;
    error *unsaved = run_save(r);
    if (!e) return unsaved;
    error_free(unsaved);
    return e;
}

static FALLIBLE delete_due(struct run *r, const struct dues *due) {
    struct sync_job job;
    struct int64s ids = {0};
    for (EACH(const struct due, d, due)) *LIST_ADD(r->a, &ids) = d->mvo;
    TRY(run_save(r));
    sync_job_open(&job, r);
    job.guard.counts = true;
    error *e = sync_work_do(&job, &(struct sync_work){.begin = begin_deletions, .ids = ids.at, .count = ids.count});
    r->activity.processed = r->activity.to_process = job.deleted;
    sync_job_close(&job);
    return e;
}

static FALLIBLE carry_out(struct run *r, struct dues *due, bool ordered, bool *more) {
    error *e = ordered ? NULL : guard(r, due);
    *more = !e && due->count > PASS;
    if (due->count > PASS) due->count = PASS;
    if (!e && due->count) e = delete_due(r, due);
    return r->activity.id ? end(r, e) : e;
}

static void release(const struct config **c) { config_release(*c); }

FALLIBLE housekeeping_pass(runs *r, bool ordered, bool *more) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    __attribute__((cleanup(release))) const struct config *config = NULL;
    struct dues due = {0};
    *more = false;
    TRY(store_config(r->store, &config));
    TRY(find_due(r->store, config, a, &due));
    if (ordered) keep_ordered(&due);
    if (due.count) qsort(due.at, due.count, sizeof *due.at, oldest_first);
    struct run run = {.runs = r,
                      .store = r->store,
                      .config = config,
                      .a = a,
                      .started = instant_now(),
                      .tracking = TRACK_DETAILED,
                      .stop = &r->stop,
                      .activity = {.created = instant_now(),
                                   .executed = instant_now(),
                                   .status = ACTIVITY_IN_PROGRESS,
                                   .target = TARGET_HOUSEKEEPING,
                                   .operation = OPERATION_DELETE,
                                   .target_name = T("Scheduled deletions"),
                                   .initiator = {.type = BY_SYSTEM, .name = T("System")}}};
    return carry_out(&run, &due, ordered, more);
}
