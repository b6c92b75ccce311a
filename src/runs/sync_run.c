/* The synchronisation run: pages of a connector space, then what could not be decided page by page (sync-engine §8). */
#include "runs/sync.h"
#include "store/names.h"

#include "store/differences.h"

enum { HEADS = 5000, FEW = 10 * HEADS, REVIEW = 500, PAGE_NORMAL = 500, PAGE_MOST = 1000 };

/* ---- Pages ---- */

/* What was read ahead, if it still holds. */
static const struct csos *take_ahead(struct sync_job *j, store_tx *tx, const struct sync_request *q) {
    if (!j->ahead) return NULL;
    j->ahead_page = sync_ahead_take(j->ahead, tx, q, &j->facts);
    return j->ahead_page ? &j->ahead_page->objects : NULL;
}

/* The task of a page, unless it was begun already by who read it ahead; and what is read next. */
static void begin_with(struct sync_job *j, sync_batch *b, const struct csos *page, const struct sync_request *next) {
    if (!j->ahead_page || !j->ahead_page->batch) sync_batch_page(b, page);
    if (j->ahead && next->count) sync_ahead_ask(j->ahead, next);
}

static error *begin_page(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    const struct csos *page = take_ahead(j, tx, &(struct sync_request){.ids = w->ids, .count = w->count});
    if (!page) {
        struct csos *read = ARENA_NEW(j->page, struct csos);
        TRY(store_csos(tx, j->page, j->r->config, w->ids, w->count, true, read));
        page = read;
    }
    begin_with(j, b, page, &(struct sync_request){.ids = w->next, .count = w->next_count});
    return NULL;
}

/* Unchanged objects: only their heads, and what an import has not confirmed. */
static error *begin_heads(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct csos *heads = ARENA_NEW(j->page, struct csos);
    TRY(store_csos(tx, j->page, j->r->config, w->ids, w->count, false, heads));
    sync_batch_page(b, heads);
    return NULL;
}

/* ---- One object by what its large sets gained and lost ---- */

static error *begin_whole(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct csos *page = ARENA_NEW(j->page, struct csos);
    TRY(store_csos(tx, j->page, j->r->config, w->ids, w->count, true, page));
    sync_batch_page(b, page);
    return NULL;
}

static void add_targets(arena *a, const struct attributes *values, struct int64s *targets) {
    for (EACH(const struct values, set, values)) {
        for (size_t i = 0; i < set->count && set->at[i].type == TYPE_REFERENCE; i++) {
            if (set->at[i].reference.target) *LIST_ADD(a, targets) = set->at[i].reference.target;
        }
    }
}

static error *begin_difference(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    arena *a = j->page;
    struct csos *page = ARENA_NEW(a, struct csos), heads = {0};
    struct attributes *gone = ARENA_NEW(a, struct attributes);
    struct sync_window *window = ARENA_NEW(a, struct sync_window);
    struct int64s targets = {0};
    bool found;
    TRY(store_cso_difference(tx, a, j->r->config, w->ids[0], page, gone, &found));
    if (!found) return begin_whole(j, tx, b, w);
    add_targets(a, &page->at[0].values, &targets);
    add_targets(a, gone, &targets);
    TRY(store_csos(tx, a, j->r->config, targets.at, targets.count, false, &heads));
    for (EACH(const struct cso, o, &heads))
        if (o->mvo) *LIST_ADD(a, &window->towards) = o->mvo;
    window->mvo = page->at[0].mvo;
    j->window = window;
    sync_batch_difference(b, page, gone);
    return NULL;
}

static bool may_differ(const struct sync_job *j, int64_t cso) {
    return !j->facts.configuration_changed && int_map_get(&j->flows, cso) != NULL;
}

static FALLIBLE do_pages(struct sync_job *j, const struct int64s *ids, size_t page,
                         error *(*begin)(struct sync_job *, store_tx *, sync_batch *, const struct sync_work *)) {
    for (size_t from = 0; from < ids->count && !run_cancelled(j->r); from += page) {
        size_t count = ids->count - from < page ? ids->count - from : page;
        size_t left = ids->count - from - count;
        TRY(sync_work_do(j, &(struct sync_work){.begin = begin,
                                                .whole = begin == begin_difference ? begin_whole : NULL,
                                                .ids = ids->at + from,
                                                .count = count,
                                                .next = ids->at + from + count,
                                                .next_count = left < page ? left : page}));
        j->processed += (int64_t)count;
        run_progress(j->r, j->processed, j->total);
        TRY(safety_errors(j->r, j->processed));
    }
    return NULL;
}

static FALLIBLE load_heads(struct sync_job *j, arena *a, int64_t after, struct csos *out) {
    OWNED(store_tx) tx = NULL;
    bool all = j->facts.full || !j->facts.last_sync.ticks;
    struct cso_page_query q = {.system = j->facts.system, .after = after, .limit = HEADS};
    if (!all) q.changed_after = j->facts.last_sync;
    TRY(store_group_end(j->r->store, &j->r->group));
    TRY(store_read(j->r->store, &tx));
    return store_cso_page(tx, a, j->r->config, &q, out);
}

/* The next objects in the order of ids, where each of them is decided. */
static error *begin_next(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    const struct csos *page = take_ahead(j, tx, &(struct sync_request){.after = w->ids[0], .count = w->count});
    if (!page) {
        struct cso_page_query q = {.system = j->facts.system, .after = w->ids[0], .limit = w->count, .values = true};
        struct csos *read = ARENA_NEW(j->page, struct csos);
        TRY(store_cso_page(tx, j->page, j->r->config, &q, read));
        page = read;
    }
    j->loaded = page->count;
    if (page->count) j->after = page->at[page->count - 1].id;
    begin_with(j, b, page, &(struct sync_request){.after = j->after, .count = page->count == w->count ? w->count : 0});
    return NULL;
}

static FALLIBLE process_all(struct sync_job *j, size_t page) {
    for (j->loaded = page; j->loaded == page && !run_cancelled(j->r);) {
        int64_t after = j->after;
        TRY(sync_work_do(j, &(struct sync_work){.begin = begin_next, .ids = &after, .count = page, .next_page = true}));
        j->processed += (int64_t)j->loaded;
        run_progress(j->r, j->processed, j->total);
        TRY(safety_errors(j->r, j->processed));
    }
    return NULL;
}

static void read_ahead(struct sync_job *j, size_t objects, size_t page) {
    if (!j->ahead && objects > page) j->ahead = sync_ahead_start(j->r, j->facts.system, j->plan, &j->ids);
}

/* Heads first: what has not changed needs no more. */
static FALLIBLE process_heads(struct sync_job *j, arena *a, const struct csos *heads, size_t page) {
    struct int64s work = {0}, differing = {0}, unchanged = {0};
    for (EACH(const struct cso, o, heads)) {
        struct int64s *list = !sync_needs_values(&j->facts, o) ? &unchanged : may_differ(j, o->id) ? &differing : &work;
        *LIST_ADD(a, list) = o->id;
    }
    j->after = heads->at[heads->count - 1].id;
    TRY(do_pages(j, &work, page, begin_page));
    TRY(do_pages(j, &differing, 1, begin_difference));
    if (!j->facts.no_pending) return do_pages(j, &unchanged, PAGE_MOST, begin_heads);
    j->processed += (int64_t)unchanged.count;
    run_progress(j->r, j->processed, j->total);
    return NULL;
}

static FALLIBLE load_listed(struct sync_job *j, arena *a, const int64_t *ids, size_t count, struct csos *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_group_end(j->r->store, &j->r->group));
    TRY(store_read(j->r->store, &tx));
    return store_csos(tx, a, j->r->config, ids, count, false, out);
}

static FALLIBLE list_changed(struct sync_job *j, struct int64s *ids, bool *few) {
    OWNED(store_tx) tx = NULL;
    TRY(store_group_end(j->r->store, &j->r->group));
    TRY(store_read(j->r->store, &tx));
    return store_changed_csos(tx, j->keep, j->facts.system, j->facts.last_sync, j->after, FEW, ids, few);
}

/* When little has changed it is found without looking at the rest; once more at the end, for what the run itself has brought. */
static FALLIBLE process_listed(struct sync_job *j, size_t page, bool *done) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    while (!run_cancelled(j->r)) {
        struct int64s ids = {0};
        TRY(list_changed(j, &ids, done));
        if (!*done || !ids.count) return NULL;
        read_ahead(j, ids.count, page);
        for (size_t from = 0; from < ids.count && !run_cancelled(j->r); from += HEADS) {
            struct csos heads = {0};
            arena_reset(a);
            TRY(load_listed(j, a, ids.at + from, ids.count - from < HEADS ? ids.count - from : HEADS, &heads));
            if (heads.count) TRY(process_heads(j, a, &heads, page));
        }
        if (ids.at[ids.count - 1] > j->after) j->after = ids.at[ids.count - 1];
    }
    return NULL;
}

static FALLIBLE process_changed(struct sync_job *j, size_t page) {
    bool done = false;
    if (!j->facts.full && j->facts.last_sync.ticks) TRY(process_listed(j, page, &done));
    if (done) return NULL;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    read_ahead(j, (size_t)j->total, page);
    while (!run_cancelled(j->r)) {
        struct csos heads = {0};
        arena_reset(a);
        TRY(load_heads(j, a, j->after, &heads));
        if (!heads.count) break;
        TRY(process_heads(j, a, &heads, page));
    }
    return NULL;
}

static FALLIBLE process(struct sync_job *j) {
    size_t page = (size_t)run_setting_int(j->r->config, T("Sync.PageSize"), PAGE_NORMAL, 1, PAGE_MOST);
    if (!j->facts.configuration_changed) return process_changed(j, page);
    read_ahead(j, (size_t)j->total, page);
    return process_all(j, page);
}

/* ---- References across pages (§8.5 no. 1) ---- */

static error *begin_references(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct csos *objects = ARENA_NEW(j->page, struct csos);
    struct run_items *earlier = ARENA_NEW(j->page, struct run_items);
    TRY(store_csos(tx, j->page, j->r->config, w->ids, w->count, true, objects));
    struct int64s items = {0};
    for (size_t i = 0; w->waiting && i < w->count; i++) {
        if (w->waiting[i].item) *LIST_ADD(j->page, &items) = w->waiting[i].item;
    }
    TRY(store_items_of(tx, j->page, j->r->activity.id, items.at, items.count, earlier));
    sync_batch_references(b, objects, earlier);
    for (EACH(const struct cso, o, objects))
        if (int_map_get(&j->again, o->id)) sync_batch_judge_again(b, o->id);
    return NULL;
}

static FALLIBLE resolve_waiting(struct sync_job *j) {
    struct sync_waitings waiting = j->waiting;
    j->waiting = (struct sync_waitings){0};
    int64_t *ids = ARENA_ARRAY(j->keep, int64_t, waiting.count);
    for (size_t i = 0; i < waiting.count; i++) ids[i] = waiting.at[i].cso;
    for (size_t from = 0; from < waiting.count && !run_cancelled(j->r); from += REVIEW) {
        size_t count = waiting.count - from < REVIEW ? waiting.count - from : REVIEW;
        TRY(sync_work_do(
            j, &(struct sync_work){.begin = begin_references, .ids = ids + from, .waiting = waiting.at + from, .count = count}));
        run_progress(j->r, (int64_t)(from + count), (int64_t)waiting.count);
    }
    return NULL;
}

/* Objects that were not part of this run and refer to objects that joined in it. */
static FALLIBLE find_referrers(struct sync_job *j, const int64_t *joined, size_t count, struct int64s *out) {
    OWNED(store_tx) tx = NULL;
    struct csos heads = {0};
    struct texts keys = {0};
    arena_reset(j->page);
    TRY(store_group_end(j->r->store, &j->r->group));
    TRY(store_read(j->r->store, &tx));
    TRY(store_csos(tx, j->page, j->r->config, joined, count, false, &heads));
    for (EACH(const struct cso, o, &heads)) {
        if (!text_is_empty(o->external_id)) *LIST_ADD(j->page, &keys) = o->external_id;
        if (!text_is_empty(o->secondary_external_id)) *LIST_ADD(j->page, &keys) = o->secondary_external_id;
    }
    struct int64s found = {0};
    TRY(store_referrers(tx, j->page, j->facts.system, keys.at, keys.count, &found));
    for (size_t i = 0; i < found.count; i++) *LIST_ADD(j->keep, out) = found.at[i];
    return NULL;
}

/* ---- What was judged before others joined or left ---- */

/* Adds those that refer to objects which have left, as far as they stand in `seen`. */
static FALLIBLE find_bereft(struct sync_job *j, const struct int_map *seen) {
    for (size_t from = 0; from < j->left.count && !run_cancelled(j->r); from += REVIEW) {
        size_t count = j->left.count - from < REVIEW ? j->left.count - from : REVIEW;
        struct int64s referrers = {0};
        TRY(find_referrers(j, j->left.at + from, count, &referrers));
        for (EACH(const int64_t, id, &referrers)) {
            struct sync_doubt *d = int_map_get(seen, *id);
            if (d) d->open = true;
        }
    }
    return NULL;
}

/* The doubtful objects that may be judged otherwise now join those that wait. */
static FALLIBLE add_doubtful(struct sync_job *j) {
    struct int_map seen, waits;
    if (!j->doubtful.count || (!j->any_joined && !j->left.count)) return NULL;
    int_map_init(&seen, j->keep, j->left.count ? j->doubtful.count : 0);
    int_map_init(&waits, j->keep, j->waiting.count);
    int_map_init(&j->again, j->keep, 16);
    for (EACH(struct sync_doubt, d, &j->doubtful))
        if (j->left.count) int_map_put(&seen, d->object.cso, d);
    for (EACH(struct sync_waiting, w, &j->waiting)) int_map_put(&waits, w->cso, w);
    TRY(find_bereft(j, &seen));
    for (EACH(struct sync_doubt, d, &j->doubtful)) {
        if (!d->open) continue;
        int_map_put(&j->again, d->object.cso, d);
        if (!int_map_get(&waits, d->object.cso)) *LIST_ADD(j->keep, &j->waiting) = d->object;
    }
    return NULL;
}

static FALLIBLE resolve_referrers(struct sync_job *j) {
    for (size_t from = 0; from < j->joined.count && !run_cancelled(j->r); from += REVIEW) {
        size_t count = j->joined.count - from < REVIEW ? j->joined.count - from : REVIEW;
        struct int64s referrers = {0};
        TRY(find_referrers(j, j->joined.at + from, count, &referrers));
        for (size_t at = 0; at < referrers.count; at += REVIEW) {
            size_t some = referrers.count - at < REVIEW ? referrers.count - at : REVIEW;
            TRY(sync_work_do(j, &(struct sync_work){.begin = begin_references, .ids = referrers.at + at, .count = some}));
        }
    }
    return NULL;
}

/* ---- Scope review (§8.5 no. 3) ---- */

static error *begin_review(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct mvos *flagged = ARENA_NEW(j->page, struct mvos);
    TRY(store_mvos(tx, j->page, j->r->config, w->ids, w->count, flagged));
    sync_batch_review(b, flagged);
    return NULL;
}

static FALLIBLE review(struct sync_job *j) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    int64_t after = 0;
    while (!run_cancelled(j->r)) {
        arena_reset(a);
        struct mvos flagged = {0};
        struct int64s ids = {0};
        OWNED(store_tx) tx = NULL;
        TRY(store_group_end(j->r->store, &j->r->group));
        TRY(store_read(j->r->store, &tx));
        TRY(store_mvo_page(tx, a, j->r->config, MVO_SCOPE_REVIEW, 0, after, REVIEW, &flagged));
        if (!flagged.count) break;
        for (EACH(const struct mvo, o, &flagged)) *LIST_ADD(a, &ids) = o->id;
        after = ids.at[ids.count - 1];
        TRY(sync_work_do(j, &(struct sync_work){.begin = begin_review, .ids = ids.at, .count = ids.count, .review = true}));
    }
    return NULL;
}

/* ---- The run ---- */

static FALLIBLE load_flows(struct sync_job *j, store_tx *tx) {
    struct int64s flows = {0};
    TRY(store_member_flows(tx, j->keep, j->facts.system, &flows));
    int_map_init(&j->flows, j->keep, flows.count);
    for (EACH(int64_t, id, &flows)) int_map_put(&j->flows, *id, id);
    return NULL;
}

static FALLIBLE prepare(struct sync_job *j) {
    OWNED(store_tx) tx = NULL;
    struct system_state state;
    struct system_counts counts;
    TRY(store_read(j->r->store, &tx));
    TRY(store_system_state(tx, j->keep, j->facts.system, &state));
    TRY(store_system_counts(tx, j->facts.system, &counts));
    j->total = counts.objects;
    sync_facts_of(&j->facts, j->r->config, j->r->activity.run_type == RUN_FULL_SYNCHRONISATION, &state);
    j->facts.began = j->r->started;
    j->facts.no_pending = counts.pending_exports == 0;
    TRY(sync_guard_begin(j, tx));
    TRY(load_flows(j, tx));
    /* where every object is visited, whoever waits for a reference is noted when it is visited */
    j->keep_joined = state.last_sync.ticks && (!j->facts.full || !j->facts.configuration_changed);
    return NULL;
}

/* Only a run that got to its end moves the watermarks, to the time when it began (J+22, invariant 35). */
static FALLIBLE advance(struct sync_job *j) {
    OWNED(store_tx) tx = NULL;
    struct system_state state;
    TRY(store_write(j->r->store, STORE_BULK, &tx));
    TRY(store_system_state(tx, j->keep, j->facts.system, &state));
    state.last_sync = j->r->started;
    if (j->facts.full) state.configuration_applied = j->r->started;
    TRY(store_save_system_state(tx, j->facts.system, &state));
    TRY(sync_guard_passed(j, tx));
    return store_commit(tx);
}

/* What follows the pages builds on what they have written. */
static bool goes_on(const struct sync_job *j) { return !run_cancelled(j->r) && !j->guard.listing; }

static FALLIBLE carry_out(struct sync_job *j) {
    run_phase(j->r, T("sync.prepare"));
    TRY(prepare(j));
    run_phase(j->r, T("sync.process"));
    TRY(process(j));
    if (goes_on(j)) TRY(add_doubtful(j));
    if (goes_on(j) && (j->waiting.count || j->joined.count)) {
        run_phase(j->r, T("sync.crosspagereferences"));
        TRY(resolve_waiting(j));
        TRY(resolve_referrers(j));
    }
    if (goes_on(j)) {
        run_phase(j->r, T("sync.scopereview"));
        TRY(review(j));
    }
    run_progress(j->r, j->processed, j->total);
    TRY(store_group_end(j->r->store, &j->r->group));
    TRY(sync_guard_end(j));
    return goes_on(j) ? advance(j) : NULL;
}

FALLIBLE sync_run(struct run *r) {
    struct sync_job job;
    sync_job_open(&job, r);
    error *e = carry_out(&job);
    sync_job_close(&job);
    return e;
}
