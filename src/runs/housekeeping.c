/* Scheduled deletions whose grace period is over (sync-engine §12.7). */
#include "runs/runs_private.h"
#include "runs/sync.h"

#include <stdlib.h>

enum { PASS = 50, PAGE = 1000 };

struct due {
    int64_t mvo;
    instant marked;
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
            *LIST_ADD(a, out) = (struct due){o->id, o->deletion.disconnected};
    }
    return NULL;
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

static FALLIBLE delete_due(struct run *r, const struct dues *due) {
    struct sync_job job;
    struct int64s ids = {0};
    for (EACH(const struct due, d, due)) *LIST_ADD(r->a, &ids) = d->mvo;
    TRY(run_save(r));
    sync_job_open(&job, r);
    error *e = sync_work_do(&job, &(struct sync_work){.begin = begin_deletions, .ids = ids.at, .count = ids.count});
    r->activity.processed = r->activity.to_process = job.deleted;
    r->activity.ended = instant_now();
    r->activity.status = activity_final_status(&r->activity, false, e != NULL);
    char chain[1000];
    if (e) r->activity.error_message = arena_text(r->a, text_of(error_chain(e, chain, sizeof chain)));
    sync_job_close(&job);
    error *unsaved = run_save(r);
    if (!e) return unsaved;
    error_free(unsaved);
    return e;
}

static void release(const struct config **c) { config_release(*c); }

FALLIBLE housekeeping_pass(runs *r, bool *more) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    __attribute__((cleanup(release))) const struct config *config = NULL;
    struct dues due = {0};
    *more = false;
    TRY(store_config(r->store, &config));
    TRY(find_due(r->store, config, a, &due));
    if (!due.count) return NULL;
    qsort(due.at, due.count, sizeof *due.at, oldest_first);
    *more = due.count > PASS;
    if (due.count > PASS) due.count = PASS;
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
    return delete_due(&run, &due);
}
