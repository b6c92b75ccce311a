/* One batch of a synchronisation: look up, decide, write, in one transaction. */
#include "runs/sync.h"

#include "base/metrics.h"
#include "store/differences.h"

#include <stdio.h>

enum { ATTEMPTS = 3 };
#define PAGE_BYTES ((size_t)16 << 30)

static struct metric by_differences = {.name = "joinery_sync_differences_total",
                                       .help = "Objects decided by what their large sets gained and lost.",
                                       .kind = METRIC_COUNTER};

/* A page that cannot be completed soon is given up: its transaction leaves nothing behind. */
static enum sync_stop asked_to_stop(void *state) {
    enum { COMPLETE_NS = 400000000 };
    struct sync_job *j = state;
    if (!run_cancelled(j->r)) return SYNC_GO_ON;
    int64_t now = monotonic_ns();
    if (!j->stopped_ns) j->stopped_ns = now;
    return now - j->stopped_ns > COMPLETE_NS ? SYNC_ABANDON : SYNC_STOP;
}

void sync_job_open(struct sync_job *j, struct run *r) {
    store_group_begin(r->store, &r->group);
    metric_register(&by_differences);
    *j = (struct sync_job){.r = r,
                           .plan = sync_plan_new(r->config),
                           .page = arena_new(PAGE_BYTES),
                           .scratch = arena_new(PAGE_BYTES),
                           .keep = arena_new(PAGE_BYTES)};
    j->facts = (struct sync_run){.system = r->system ? r->system->id : 0,
                                 .verbose = r->verbose,
                                 .tracking = r->tracking,
                                 .initiator = r->activity.initiator,
                                 .scratch = j->scratch,
                                 .stop = r->stop ? asked_to_stop : NULL,
                                 .stop_state = j};
}

void sync_job_close(struct sync_job *j) {
    sync_ahead_stop(j->ahead);
    sync_plan_free(j->plan);
    arena_free(j->page);
    arena_free(j->scratch);
    arena_free(j->keep);
}

/* What an item that was written before adds to the counters now that it is complete. */
static void count_again(struct activity_counters *c, const struct run_item *before, const struct run_item *after,
                        enum tracking_level level) {
    struct activity_counters old = {0}, new = {0};
    activity_count(&old, before, level);
    activity_count(&new, after, level);
    int64_t *sum = (int64_t *)c, *from = (int64_t *)&old, *to = (int64_t *)&new;
    for (size_t i = 0; i < sizeof *c / sizeof *sum; i++) {
        if (to[i] > from[i]) sum[i] += to[i] - from[i];
    }
}

static FALLIBLE write_again(struct sync_job *j, store_tx *tx, const struct run_items *items) {
    struct run_items before = {0};
    struct int64s ids = {0};
    struct int_map by_id;
    if (!items->count) return NULL;
    for (EACH(const struct run_item, item, items)) *LIST_ADD(j->page, &ids) = item->id;
    TRY(store_items_of(tx, j->page, j->r->activity.id, ids.at, ids.count, &before));
    int_map_init(&by_id, j->page, before.count);
    for (EACH(struct run_item, item, &before)) int_map_put(&by_id, item->id, item);
    for (EACH(const struct run_item, item, items)) {
        const struct run_item *old = int_map_get(&by_id, item->id);
        if (old) count_again(&j->r->activity.counters, old, item, j->r->tracking);
    }
    return store_write_items(tx, j->r->activity.id, items);
}

static FALLIBLE write_outcome(struct sync_job *j, store_tx *tx, const struct sync_outcome *o) {
    struct run_items items = o->items;
    TRY(sync_apply(tx, j->r->config, o));
    for (EACH(const struct sync_flow, f, &o->flows))
        TRY(store_write_member_flow(tx, f->cso, f->updated, j->r->config->rules_changed_at, f->whole));
    TRY(write_again(j, tx, &o->items_again));
    TRY(run_write_items(j->r, tx, &items));
    return store_group_commit(tx);
}

static bool is_nothing(const struct sync_outcome *o) {
    return !o->mvos.count && !o->csos.count && !o->pending.count && !o->items.count && !o->items_again.count && !o->flows.count;
}

static void take_note(struct sync_job *j, const struct sync_outcome *o) {
    for (EACH(const struct sync_waiting, w, &o->waiting)) *LIST_ADD(j->keep, &j->waiting) = *w;
    for (size_t i = 0; j->keep_joined && i < o->joined.count; i++) *LIST_ADD(j->keep, &j->joined) = o->joined.at[i];
    for (EACH(const struct sync_doubt, d, &o->doubtful)) *LIST_ADD(j->keep, &j->doubtful) = *d;
    for (size_t i = 0; i < o->left.count; i++) *LIST_ADD(j->keep, &j->left) = o->left.at[i];
    j->any_joined |= o->joined.count > 0;
    for (EACH(const struct sync_type_count, k, &o->deletions)) j->deleted += k->count;
}

/* Another synchronisation or an administrator may have staged the first export of this system meanwhile. */
static FALLIBLE look_for_pending(struct sync_job *j, store_tx *tx) {
    struct system_counts counts;
    if (!j->facts.no_pending) return NULL;
    TRY(store_system_counts(tx, j->facts.system, &counts));
    j->facts.no_pending = counts.pending_exports == 0;
    return NULL;
}

/* The next page is decided while this one is written: it must be known by then what this one changes. */
static void let_ahead(struct sync_job *j, store_tx *tx, const struct sync_outcome *o) {
    for (EACH(const struct pending_export_change, p, &o->pending)) {
        if (p->after && p->after->system == j->facts.system) j->facts.no_pending = false;
    }
    if (!j->ahead) return;
    sync_ahead_wrote(j->ahead, tx, o);
    sync_ahead_decide(j->ahead, &j->facts);
}

/* From now on every page is read and decided in its turn. */
static void end_ahead(struct sync_job *j) {
    sync_ahead_stop(TAKE(j->ahead));
    j->ahead_page = NULL;
}

/* Decides what is left to be decided: of a page that was read ahead, what it could not know. */
static FALLIBLE decide(struct sync_job *j, sync_batch **b, struct sync_source source) {
    const struct sync_page *page = j->ahead_page;
    if (!page || !page->batch) return sync_finish(*b, source);
    *b = page->batch;
    if (page->asks) {
        struct sync_facts facts = {0};
        TRY(source.answer(source.state, page->a, &page->wants, &j->ids, &facts));
        sync_learn(*b, &facts);
    }
    return sync_finish(*b, source);
}

static FALLIBLE attempt_with(struct sync_job *j, const struct sync_work *w, bool *needs_whole) {
    OWNED(store_tx) tx = NULL;
    arena_reset(j->page);
    arena_reset(j->scratch);
    j->facts.now = instant_now();
    TRY(store_group_write(j->r->store, &j->r->group, &tx));
    run_note(j->r, tx);
    TRY(look_for_pending(j, tx));
    struct sync_loader loader = {.store = j->r->store, .tx = tx, .config = j->r->config, .scratch = j->scratch, .ahead = j->ahead};
    sync_batch *b = sync_batch_new(j->page, j->plan, &j->facts, &j->ids);
    j->ahead_page = NULL;
    j->window = NULL;
    TRY(w->begin(j, tx, b, w));
    loader.page = j->ahead_page;
    loader.window = j->window;
    TRY(decide(j, &b, sync_loader_source(&loader)));
    const struct sync_outcome *o = sync_outcome(b);
    bool refused = false;
    *needs_whole = o->needs_whole;
    if (*needs_whole) return NULL;
    if (w->look) TRY(w->look(w->state, tx, o, &refused));
    if (refused) return NULL;
    if (sync_guard_stops(j, o)) {
        error *e = sync_guard_list(j, tx, w, o);
        end_ahead(j);
        return e;
    }
    let_ahead(j, tx, o);
    TRY(sync_guard_count(j, tx, o));
    if (!is_nothing(o)) TRY(write_outcome(j, tx, o));
    sync_guard_counted(j, o);
    take_note(j, o);
    return NULL;
}

static FALLIBLE attempt(struct sync_job *j, const struct sync_work *w) {
    bool needs_whole;
    TRY(attempt_with(j, w, &needs_whole));
    if (!needs_whole && j->window) metric_add(&by_differences, 1);
    if (!needs_whole || !w->whole) return NULL;
    struct sync_work whole = *w;
    whole.begin = w->whole;
    return attempt_with(j, &whole, &needs_whole);
}

/* A page that is only listed is decided once more, in full detail; MVOs whose scope is reviewed one by one. */
static FALLIBLE attempt_and_list(struct sync_job *j, const struct sync_work *w) {
    bool apart = w->review && w->count > 1;
    if (!apart || !j->guard.listing) TRY(attempt(j, w));
    if (!j->guard.again && !(apart && j->guard.listing)) return NULL;
    j->guard.again = false;
    if (!apart) return attempt(j, w);
    for (size_t i = 0; i < w->count; i++)
        TRY(attempt(j, &(struct sync_work){.begin = w->begin, .ids = w->ids + i, .count = 1, .review = true}));
    return NULL;
}

static void unlock(runs **r) {
    if (*r) runs_sync_unlock(*r);
}

/* At most ten ids, for the message of a failure; a page that loads itself is named by what stands before it. */
static text some_ids(arena *a, const struct sync_work *w) {
    text list = {0};
    if (w->next_page) return arena_print(a, "after %lld", (long long)w->ids[0]);
    for (size_t i = 0; i < w->count && i < 10; i++) {
        list = arena_print(a, "%.*s%s%lld", TEXT_ARG(list), i ? ", " : "", (long long)w->ids[i]);
    }
    return list;
}

FALLIBLE sync_work_do(struct sync_job *j, const struct sync_work *w) {
    __attribute__((cleanup(unlock))) runs *held = j->r->runs;
    if (held) runs_sync_lock(held);
    struct activity_counters counters = j->r->activity.counters;
    error *failure = NULL;
    j->batches++;
    for (int i = 0; i < ATTEMPTS; i++) {
        error_free(failure);
        j->r->activity.counters = counters;
        failure = attempt_and_list(j, w);
        if (!failure) return NULL;
        end_ahead(j);
        if (failure->kind != ERROR_BUSY) break;
    }
    j->r->activity.counters = counters;
    return error_make(failure->kind, failure, __FILE__, __LINE__, "page %d of the run could not be stored (objects %.*s)",
                      j->batches, TEXT_ARG(some_ids(j->keep, w)));
}
