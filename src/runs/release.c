/* Does what was held and has been released: exactly the listed objects that still qualify (operations §23). */
#include "runs/import.h"
#include "runs/sync.h"

#include <stdlib.h>

enum { CHUNK = 500, CHUNK_OF_HOUSEKEEPING = 50 };

struct release {
    struct run *r;
    struct hold hold;
    arena *a; /* one chunk */
    int64_t after, done;
    struct held_objects rows;     /* of the chunk */
    struct int_map by_object;     /* CSO, or MVO where MVOs are listed → struct held_object */
    struct int_map page, refused; /* CSOs of the page; … that would do something else than the list says */
};

static FALLIBLE next_rows(struct release *x, store_tx *tx, int64_t limit) {
    x->rows = (struct held_objects){0};
    struct held_query q = {.hold = x->hold.id, .state = HELD_WAITING, .after = x->after, .limit = limit};
    TRY(store_held(tx, x->a, &q, &x->rows));
    if (x->rows.count) x->after = x->rows.at[x->rows.count - 1].place;
    return NULL;
}

static FALLIBLE stopped(void) { return FAIL(ERROR_CANCELLED, "The release was stopped; the rest of the list waits."); }

static FALLIBLE load_rows(struct release *x, int64_t limit) {
    OWNED(store_tx) tx = NULL;
    arena_reset(x->a);
    TRY(store_group_end(x->r->store, &x->r->group));
    if (run_cancelled(x->r)) return stopped();
    TRY(store_read(x->r->store, &tx));
    return next_rows(x, tx, limit);
}

/* A reference that goes with an identity: done with what stands before it in the list. */
static bool follows(const struct held_object *o) { return o->change == OBJECT_PENDING_EXPORT && o->cso && o->mvo; }

/* What befalls objects of other systems because of an identity is done when it has befallen them, with whichever chunk: they are no
 * longer joined to it, or it is gone, so that nothing refers to it. */
static FALLIBLE mark_followers(struct release *x, store_tx *tx, struct held_objects *rows) {
    struct int64s ids = {0}, mvos = {0};
    struct csos objects = {0};
    struct mvos there = {0};
    struct int_map by_id, stays;
    for (EACH(const struct held_object, o, rows)) {
        if (!o->cso || !o->mvo) continue;
        *LIST_ADD(x->a, &ids) = o->cso;
        *LIST_ADD(x->a, &mvos) = o->mvo;
    }
    if (!ids.count) return NULL;
    TRY(store_csos_brief(tx, x->a, x->r->config, ids.at, ids.count, &objects));
    TRY(store_mvos_brief(tx, x->a, x->r->config, mvos.at, mvos.count, &there));
    int_map_init(&by_id, x->a, objects.count);
    int_map_init(&stays, x->a, there.count);
    for (EACH(struct cso, o, &objects)) int_map_put(&by_id, o->id, o);
    for (EACH(struct mvo, m, &there)) int_map_put(&stays, m->id, m);
    for (EACH(struct held_object, o, rows)) {
        const struct cso *is = int_map_get(&by_id, o->cso);
        if (!o->cso || !o->mvo) continue;
        bool let_go = o->change == OBJECT_DISCONNECTED && (!is || is->mvo != o->mvo);
        if (let_go || (follows(o) && !int_map_get(&stays, o->mvo))) o->state = HELD_DONE;
    }
    return NULL;
}

/* What has not been marked as done does not qualify any more; in a release that is stopped nobody has looked at it. */
static FALLIBLE mark_rest(struct release *x) {
    OWNED(store_tx) tx = NULL;
    struct held_objects rest = {0};
    if (run_cancelled(x->r)) return stopped();
    for (EACH(const struct held_object, o, &x->rows))
        if (o->state != HELD_DONE) *LIST_ADD(x->a, &rest) = *o;
    x->done += (int64_t)x->rows.count;
    run_progress(x->r, x->done, x->hold.objects);
    if (!rest.count) return NULL;
    TRY(store_group_write(x->r->store, &x->r->group, &tx));
    TRY(mark_followers(x, tx, &rest));
    for (EACH(struct held_object, o, &rest))
        if (o->state != HELD_DONE) o->state = HELD_SKIPPED;
    TRY(store_mark_held(tx, &rest));
    return store_group_commit(tx);
}

/* ---- deletions of an import ---- */

static FALLIBLE obsolete_chunk(struct release *x, bool *more) {
    OWNED(store_tx) tx = NULL;
    struct int64s ids = {0};
    struct csos objects = {0};
    arena_reset(x->a);
    TRY(store_group_write(x->r->store, &x->r->group, &tx));
    TRY(next_rows(x, tx, CHUNK));
    *more = x->rows.count > 0;
    if (!*more) return NULL;
    for (EACH(const struct held_object, o, &x->rows)) *LIST_ADD(x->a, &ids) = o->cso;
    TRY(store_csos(tx, x->a, x->r->config, ids.at, ids.count, false, &objects));
    ids.count = 0;
    int_map_init(&x->by_object, x->a, objects.count);
    for (EACH(struct cso, o, &objects)) {
        if (o->system != x->hold.system || o->type != x->hold.object_type || o->status == CSO_OBSOLETE) continue;
        int_map_put(&x->by_object, o->id, o);
        *LIST_ADD(x->a, &ids) = o->id;
    }
    for (EACH(struct held_object, o, &x->rows)) o->state = int_map_get(&x->by_object, o->cso) ? HELD_DONE : HELD_SKIPPED;
    if (ids.count) TRY(import_obsolete(x->r, tx, x->a, ids.at, ids.count));
    TRY(store_mark_held(tx, &x->rows));
    TRY(store_group_commit(tx));
    store_end(TAKE(tx)); /* progress may be written, by a session of its own */
    x->done += (int64_t)x->rows.count;
    run_progress(x->r, x->done, x->hold.objects);
    return NULL;
}

static FALLIBLE release_deletions(struct release *x) {
    for (bool more = true; more;) {
        if (run_cancelled(x->r)) return stopped();
        TRY(obsolete_chunk(x, &more));
    }
    return NULL;
}

/* ---- the rest of a synchronisation ---- */

static uint64_t outcome_bits(const struct outcome_node *node) {
    uint64_t bits = 0;
    for (; node; node = node->next) bits |= UINT64_C(1) << node->type | outcome_bits(node->children);
    return bits;
}

static bool is_as_listed(const struct held_object *row, const struct run_item *item) {
    return row && row->change == item->change && !(outcome_bits(item->outcomes) & ~outcome_bits(row->outcomes));
}

/* Rows of other systems' objects are done with the identity that lets them go. */
static void mark_released(struct release *x, const struct sync_outcome *o) {
    for (EACH(const struct cso_change, k, &o->csos)) {
        struct held_object *row = k->before ? int_map_get(&x->by_object, k->before->id) : NULL;
        if (row && row->mvo && (!k->after || !k->after->mvo)) row->state = HELD_DONE;
    }
}

static error *look_at_page(void *state, store_tx *tx, const struct sync_outcome *o, bool *refused) {
    struct release *x = state;
    struct held_objects done = {0};
    for (EACH(struct held_object, row, &x->rows)) row->state = HELD_WAITING;
    for (EACH(const struct run_item, item, &o->items)) {
        struct held_object *row = int_map_get(&x->by_object, item->cso);
        if (!sync_guard_lists(item)) continue;
        if (is_as_listed(row, item)) {
            row->state = HELD_DONE;
        } else if (int_map_get(&x->page, item->cso)) {
            int_map_put(&x->refused, item->cso, x);
            *refused = true;
        }
    }
    if (*refused) return NULL;
    mark_released(x, o);
    for (EACH(const struct held_object, row, &x->rows))
        if (row->state == HELD_DONE) *LIST_ADD(x->a, &done) = *row;
    return store_mark_held(tx, &done);
}

static error *begin_listed(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct csos *page = ARENA_NEW(j->page, struct csos);
    TRY(store_csos(tx, j->page, j->r->config, w->ids, w->count, true, page));
    sync_batch_page(b, page);
    return NULL;
}

static int by_id(const void *one, const void *two) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)two;
    return (a > b) - (a < b);
}

static FALLIBLE objects_of_page(struct release *x, struct int64s *ids) {
    OWNED(store_tx) tx = NULL;
    struct int64s listed = {0}, mvos = {0};
    struct csos objects = {0}, connectors = {0};
    TRY(store_read(x->r->store, &tx));
    for (EACH(const struct held_object, o, &x->rows)) {
        if (follows(o)) continue;
        *LIST_ADD(x->a, &listed) = o->cso;
        if (o->mvo) *LIST_ADD(x->a, &mvos) = o->mvo;
    }
    TRY(store_csos(tx, x->a, x->r->config, listed.at, listed.count, false, &objects));
    TRY(store_connectors(tx, x->a, x->r->config, mvos.at, mvos.count, false, &connectors));
    for (EACH(const struct cso, o, &connectors)) *LIST_ADD(x->a, &objects) = *o;
    for (EACH(const struct cso, o, &objects))
        if (o->system == x->hold.system) *LIST_ADD(x->a, ids) = o->id;
    if (ids->count) qsort(ids->at, ids->count, sizeof *ids->at, by_id);
    size_t kept = 0;
    for (size_t i = 0; i < ids->count; i++)
        if (!kept || ids->at[kept - 1] != ids->at[i]) ids->at[kept++] = ids->at[i];
    ids->count = kept;
    return NULL;
}

static size_t without_refused(const struct release *x, struct int64s *ids) {
    size_t before = ids->count;
    ids->count = 0;
    for (size_t i = 0; i < before; i++)
        if (!int_map_get(&x->refused, ids->at[i])) ids->at[ids->count++] = ids->at[i];
    return before - ids->count;
}

/* Objects that would do something else than the list says are left out, and the rest is decided again without them. */
static FALLIBLE do_page(struct release *x, struct sync_job *j) {
    struct int64s ids = {0};
    int_map_init(&x->by_object, x->a, x->rows.count);
    int_map_init(&x->refused, x->a, 16);
    for (EACH(struct held_object, o, &x->rows))
        if (!follows(o)) int_map_put(&x->by_object, o->cso, o);
    TRY(objects_of_page(x, &ids));
    int_map_init(&x->page, x->a, ids.count);
    for (EACH(const int64_t, id, &ids)) int_map_put(&x->page, *id, x);
    size_t refused = 1;
    while (refused && ids.count) {
        struct sync_work w = {.begin = begin_listed, .ids = ids.at, .count = ids.count, .look = look_at_page, .state = x};
        TRY(sync_work_do(j, &w));
        refused = without_refused(x, &ids);
    }
    return mark_rest(x);
}

/* ---- the review of scope ---- */

static error *begin_review(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct mvos found = {0}, *flagged = ARENA_NEW(j->page, struct mvos);
    TRY(store_mvos(tx, j->page, j->r->config, w->ids, w->count, &found));
    for (EACH(const struct mvo, m, &found))
        if (m->scope_review) *LIST_ADD(j->page, flagged) = *m;
    sync_batch_review(b, flagged);
    return NULL;
}

static error *look_at_mvo(void *state, store_tx *tx, const struct sync_outcome *o, bool *refused) {
    struct release *x = state;
    struct held_object *row = x->rows.at;
    uint64_t bits = 0;
    for (EACH(const struct run_item, item, &o->items)) bits |= outcome_bits(item->outcomes);
    *refused = !o->mvos.count || (bits & ~outcome_bits(row->outcomes));
    row->state = *refused ? HELD_WAITING : HELD_DONE;
    struct held_objects one = {row, 1, 1};
    return *refused ? NULL : store_mark_held(tx, &one);
}

static FALLIBLE do_review(struct release *x, struct sync_job *j) {
    struct held_objects all = x->rows;
    for (EACH(struct held_object, o, &all)) {
        if (run_cancelled(x->r)) return stopped();
        x->rows = (struct held_objects){o, 1, 1};
        struct sync_work w = {.begin = begin_review, .ids = &o->mvo, .count = 1, .review = true, .look = look_at_mvo, .state = x};
        TRY(sync_work_do(j, &w));
    }
    x->rows = all;
    return mark_rest(x);
}

/* ---- scheduled deletions ---- */

static error *begin_deletions(struct sync_job *j, store_tx *tx, sync_batch *b, const struct sync_work *w) {
    struct mvos *marked = ARENA_NEW(j->page, struct mvos);
    TRY(store_mvos(tx, j->page, j->r->config, w->ids, w->count, marked));
    sync_batch_housekeeping(b, marked);
    return NULL;
}

static error *look_at_deletions(void *state, store_tx *tx, const struct sync_outcome *o, bool *refused) {
    struct release *x = state;
    struct held_objects done = {0};
    (void)refused;
    for (EACH(struct held_object, row, &x->rows)) row->state = HELD_WAITING;
    for (EACH(const struct mvo_change, k, &o->mvos)) {
        struct held_object *row = k->before && !k->after ? int_map_get(&x->by_object, k->before->id) : NULL;
        if (!row) continue;
        row->state = HELD_DONE;
        *LIST_ADD(x->a, &done) = *row;
    }
    return store_mark_held(tx, &done);
}

static FALLIBLE do_deletions(struct release *x, struct sync_job *j) {
    struct int64s ids = {0};
    int_map_init(&x->by_object, x->a, x->rows.count);
    for (EACH(struct held_object, o, &x->rows)) {
        if (follows(o)) continue;
        int_map_put(&x->by_object, o->mvo, o);
        *LIST_ADD(x->a, &ids) = o->mvo;
    }
    struct sync_work w = {.begin = begin_deletions, .ids = ids.at, .count = ids.count, .look = look_at_deletions, .state = x};
    TRY(sync_work_do(j, &w));
    return mark_rest(x);
}

/* ---- the task ---- */

static FALLIBLE prepare(struct release *x, struct sync_job *j) {
    OWNED(store_tx) tx = NULL;
    struct system_state state;
    j->facts.tracking = TRACK_DETAILED; /* so that it compares with the list */
    if (!x->hold.system) return NULL;
    TRY(store_read(x->r->store, &tx));
    TRY(store_system_state(tx, j->keep, x->hold.system, &state));
    sync_facts_of(&j->facts, x->r->config, x->r->activity.run_type == RUN_FULL_SYNCHRONISATION, &state);
    return NULL;
}

/* What was approved does not weigh on the runs that follow. */
static FALLIBLE forget_counts(struct release *x) {
    OWNED(store_tx) tx = NULL;
    TRY(store_group_end(x->r->store, &x->r->group));
    if (!x->hold.system) return NULL;
    TRY(store_write(x->r->store, STORE_API, &tx));
    TRY(store_forget_safety_counts(tx, GUARD_DISCONNECTS, x->hold.system, instant_now()));
    return store_commit(tx);
}

static FALLIBLE release_pages(struct release *x, struct sync_job *j) {
    TRY(prepare(x, j));
    for (;;) {
        TRY(load_rows(x, x->hold.system ? CHUNK : CHUNK_OF_HOUSEKEEPING));
        if (!x->rows.count) return forget_counts(x);
        if (!x->hold.system)
            TRY(do_deletions(x, j));
        else
            TRY(x->hold.review ? do_review(x, j) : do_page(x, j));
    }
}

static FALLIBLE release_synchronisation(struct release *x) {
    struct sync_job job;
    sync_job_open(&job, x->r);
    error *e = release_pages(x, &job);
    sync_job_close(&job);
    return e;
}

static FALLIBLE load_hold(struct run *r, struct hold *h) {
    OWNED(store_tx) tx = NULL;
    int64_t id;
    bool found = false;
    TRY(release_hold_of(r->a, &r->task, &id));
    if (id) {
        TRY(store_read(r->store, &tx));
        TRY(store_hold(tx, r->a, id, h, &found));
    }
    return found ? NULL : FAIL(ERROR_NOT_FOUND, "The hold of this task is not there any more.");
}

/* As in the runs themselves: what is done here is later than the last synchronisation, whatever the clock says. */
static FALLIBLE set_clock(struct release *x) {
    OWNED(store_tx) tx = NULL;
    struct system_state state;
    struct run *r = x->r;
    if (!x->hold.system) return NULL;
    TRY(store_read(r->store, &tx));
    TRY(store_system_state(tx, r->a, x->hold.system, &state));
    r->not_before = (instant){state.last_sync.ticks + 1};
    if (r->started.ticks < r->not_before.ticks) r->started = r->not_before;
    return NULL;
}

FALLIBLE release_run(struct run *r) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct release x = {.r = r, .a = a};
    TRY(load_hold(r, &x.hold));
    if (x.hold.system && (!r->system || r->system->status != SYSTEM_ACTIVE))
        return FAIL(ERROR_CONFLICT, "The connected system of the hold is not active any more.");
    TRY(set_clock(&x));
    store_group_begin(r->store, &r->group);
    run_progress(r, 0, x.hold.objects);
    switch (x.hold.guard) {
    case GUARD_IMPORT_DELETIONS:
        TRY(release_deletions(&x));
        return store_group_end(r->store, &r->group);
    case GUARD_DISCONNECTS:
    case GUARD_METAVERSE_DELETIONS:
        return release_synchronisation(&x);
    default:
        return export_list(r, x.hold.id);
    }
}
