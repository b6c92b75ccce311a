/* The guard over what an export would create, change and delete: an operation that is too much is listed and left out (operations
 * §23). */
#include "runs/export.h"
#include "runs/safety.h"

enum { PAGE = 1000 };

static const struct {
    enum export_change change;
    enum hold_guard guard;
} operations[] = {
    {EXPORT_DELETE, GUARD_EXPORT_DELETES}, {EXPORT_CREATE, GUARD_EXPORT_CREATES}, {EXPORT_UPDATE, GUARD_EXPORT_UPDATES}};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static FALLIBLE list_page(struct export *ex, store_tx *tx, struct hold *h, const struct pending_exports *page) {
    arena *a = ex->batch;
    struct int64s ids = {0};
    struct csos objects = {0};
    struct held_objects held = {0};
    struct int_map by_id;
    for (EACH(const struct pending_export, p, page)) *LIST_ADD(a, &ids) = p->cso;
    TRY(store_csos_brief(tx, a, ex->r->config, ids.at, ids.count, &objects));
    int_map_init(&by_id, a, objects.count);
    for (EACH(struct cso, o, &objects)) int_map_put(&by_id, o->id, o);
    for (EACH(const struct pending_export, p, page)) {
        const struct cso *o = int_map_get(&by_id, p->cso);
        const struct cs_type *type = o ? config_cs_type(ex->r->config, o->type) : NULL;
        struct outcome_node *outcome = ARENA_NEW(a, struct outcome_node);
        bool delete = p->change == EXPORT_DELETE;
        *outcome =
            (struct outcome_node){.type = delete ? OUTCOME_DEPROVISIONED : OUTCOME_EXPORTED, .count = (int32_t)p->changes.count};
        struct held_object *row = LIST_ADD(a, &held);
        *row = (struct held_object){.cso = p->cso,
                                    .pending_export = p->id,
                                    .change = delete ? OBJECT_DEPROVISIONED : OBJECT_EXPORTED,
                                    .object_type = type ? type->name : (text){0},
                                    .outcomes = outcome};
        if (!o) continue;
        struct export_names names = export_names(a, ex->r->config, o, p);
        row->external_id = names.external_id;
        row->display_name = names.display_name;
    }
    return hold_add(tx, h, &held);
}

static FALLIBLE list_next(struct export *ex, struct hold *h, struct pending_page_query *q, bool *more) {
    OWNED(store_tx) tx = NULL;
    struct pending_exports page = {0};
    arena_reset(ex->batch);
    TRY(store_write(ex->r->store, STORE_BULK, &tx));
    if (!h->id) TRY(hold_begin(ex->r, tx, &ex->r->safety->policy, h));
    TRY(store_pending_page(tx, ex->batch, ex->r->config, q, &page));
    *more = page.count > 0;
    if (!*more) return store_commit(tx);
    q->after_created = page.at[page.count - 1].created;
    q->after_id = page.at[page.count - 1].id;
    TRY(list_page(ex, tx, h, &page));
    return store_commit(tx);
}

static FALLIBLE hold(struct export *ex, enum export_change change, struct hold *h) {
    struct pending_page_query q = {.system = ex->r->system->id, .due = ex->r->started, .limit = PAGE, .changes = 1u << change};
    for (bool more = true; more;) {
        if (run_cancelled(ex->r)) return FAIL(ERROR_CANCELLED, "The export was stopped.");
        TRY(list_next(ex, h, &q, &more));
    }
    return hold_complete(ex->r, h);
}

/* An operation that goes out is not held any more. */
static FALLIBLE forget(struct export *ex, enum hold_guard guard) {
    OWNED(store_tx) tx = NULL;
    struct holds open = {0};
    int64_t total;
    struct hold by = {.guard = guard, .system = ex->r->system->id};
    struct hold_query q = {.statuses = 1u << HOLD_HELD, .system = by.system, .guard = (int)guard};
    TRY(store_read(ex->r->store, &tx));
    TRY(store_holds(tx, ex->kept, &q, &open, &total));
    if (!total) return NULL;
    store_end(TAKE(tx));
    TRY(store_write(ex->r->store, STORE_API, &tx));
    TRY(store_supersede_holds(tx, &by, -1, instant_now()));
    return store_commit(tx);
}

FALLIBLE export_measure(store_tx *tx, const struct safety_policy *policy, int32_t system, instant due, struct export_measure *out) {
    struct system_counts there;
    bool asked = false;
    *out = (struct export_measure){0};
    TRY(store_system_counts(tx, system, &there));
    out->population = there.objects;
    for (size_t i = 0; i < OPERATIONS; i++) {
        enum export_change change = operations[i].change;
        if (safety_judge(policy, operations[i].guard, there.pending_exports, there.objects) == SAFETY_FINE) continue;
        if (change == EXPORT_DELETE)
            TRY(store_pending_deletions_due(tx, system, due, &out->counts[change]));
        else if (!asked)
            TRY(store_pending_due(tx, system, due, out->counts));
        asked |= change != EXPORT_DELETE;
    }
    for (size_t i = 0; i < OPERATIONS; i++)
        out->verdicts[operations[i].change] =
            safety_judge(policy, operations[i].guard, out->counts[operations[i].change], there.objects);
    return NULL;
}

enum hold_guard export_guard_of(enum export_change change) {
    for (size_t i = 0; i < OPERATIONS; i++)
        if (operations[i].change == change) return operations[i].guard;
    return GUARD_EXPORT_UPDATES;
}

FALLIBLE export_guard(struct export *ex) {
    struct run *r = ex->r;
    struct export_measure m;
    ex->changes = 0;
    if (!r->safety) return NULL;
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(r->store, &tx));
        TRY(export_measure(tx, &r->safety->policy, r->system->id, r->started, &m));
    }
    for (size_t i = 0; i < OPERATIONS; i++) {
        enum export_change change = operations[i].change;
        struct hold h = {.guard = operations[i].guard, .measured = m.counts[change], .population = m.population};
        if (m.verdicts[change] == SAFETY_HALF) safety_half(r, h.guard, (text){0}, h.measured, h.population);
        if (m.verdicts[change] == SAFETY_EXCEEDED) {
            TRY(hold(ex, change, &h));
        } else {
            TRY(forget(ex, h.guard));
            ex->changes |= 1u << change;
        }
    }
    return NULL;
}

/* ---- releases ---- */

static bool is_due(const struct export *ex, const struct pending_export *p) {
    bool change = false;
    for (EACH(const struct staged_change, c, &p->changes))
        change |= c->status == CHANGE_PENDING || c->status == CHANGE_NOT_CONFIRMED;
    int64_t wait = p->next_retry.ticks - ex->r->started.ticks;
    if ((wait > 0 && wait <= TICKS_PER_DAY) || p->errors >= p->max_retries) return false;
    if (p->change == EXPORT_UPDATE && !change) return false;
    return p->status == EXPORT_PENDING || p->status == EXPORT_NOT_CONFIRMED ||
           (p->status == EXPORT_EXPORTED && p->change == EXPORT_UPDATE);
}

static enum export_change change_of(enum hold_guard guard) {
    for (size_t i = 0; i < OPERATIONS; i++)
        if (operations[i].guard == guard) return operations[i].change;
    return EXPORT_NOT_SET;
}

static FALLIBLE qualifying(struct export *ex, store_tx *tx, arena *a, enum export_change change, struct held_objects *rows,
                           struct pending_exports *due) {
    struct pending_exports found = {0};
    struct held_objects gone = {0};
    struct int64s ids = {0};
    struct int_map by_id;
    for (EACH(const struct held_object, o, rows)) *LIST_ADD(a, &ids) = o->pending_export;
    TRY(store_pending(tx, a, ex->r->config, ids.at, ids.count, &found));
    int_map_init(&by_id, a, found.count);
    for (EACH(struct pending_export, p, &found)) int_map_put(&by_id, p->id, p);
    for (EACH(struct held_object, o, rows)) {
        const struct pending_export *p = int_map_get(&by_id, o->pending_export);
        if (p && p->change == change && is_due(ex, p)) {
            *LIST_ADD(a, due) = *p;
            continue;
        }
        o->state = HELD_SKIPPED;
        *LIST_ADD(a, &gone) = *o;
    }
    return store_mark_held(tx, &gone);
}

/* The query's id is the last place here. What is marked as done after it was sent does not qualify a second time. */
FALLIBLE export_next_released(struct export *ex, arena *a, struct pending_page_query *q, struct pending_exports *due) {
    while (!due->count) {
        OWNED(store_tx) tx = NULL;
        struct held_objects rows = {0};
        struct hold h;
        bool known;
        TRY(store_write(ex->r->store, STORE_BULK, &tx));
        TRY(store_hold(tx, a, ex->released, &h, &known));
        struct held_query page = {.hold = ex->released, .state = HELD_WAITING, .after = q->after_id, .limit = (int64_t)q->limit};
        if (known) TRY(store_held(tx, a, &page, &rows));
        if (!rows.count) return NULL;
        ex->handed_out = q->after_id = rows.at[rows.count - 1].place;
        TRY(qualifying(ex, tx, a, change_of(h.guard), &rows, due));
        TRY(store_commit(tx));
    }
    return NULL;
}

static FALLIBLE released_pending(struct export *ex, store_tx *tx, const struct held_objects *rows, struct int_map *by_id) {
    struct pending_exports found = {0};
    struct int64s ids = {0};
    for (EACH(const struct held_object, o, rows)) *LIST_ADD(ex->batch, &ids) = o->pending_export;
    TRY(store_pending(tx, ex->batch, ex->r->config, ids.at, ids.count, &found));
    int_map_init(by_id, ex->batch, found.count);
    for (EACH(struct pending_export, p, &found)) int_map_put(by_id, p->id, p);
    return NULL;
}

FALLIBLE export_released_done(struct export *ex, bool all) {
    for (int64_t after = 0;;) {
        OWNED(store_tx) tx = NULL;
        struct held_objects rows = {0}, done = {0};
        struct int_map by_id = {0};
        arena_reset(ex->batch);
        TRY(store_write(ex->r->store, STORE_BULK, &tx));
        struct held_query q = {.hold = ex->released, .state = HELD_WAITING, .after = after, .limit = PAGE};
        TRY(store_held(tx, ex->batch, &q, &rows));
        if (!rows.count || (!all && rows.at[0].place > ex->handed_out)) return NULL;
        after = rows.at[rows.count - 1].place;
        if (!all) TRY(released_pending(ex, tx, &rows, &by_id));
        for (EACH(const struct held_object, o, &rows)) {
            const struct pending_export *p = all ? NULL : int_map_get(&by_id, o->pending_export);
            if (!all && (o->place > ex->handed_out || (p && is_due(ex, p)))) continue;
            struct held_object *row = LIST_ADD(ex->batch, &done);
            *row = *o;
            row->state = HELD_DONE;
        }
        TRY(store_mark_held(tx, &done));
        TRY(store_commit(tx));
    }
}
