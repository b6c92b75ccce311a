/* An export: selects what is due, resolves references, hands batches to the connector, stores every result (sync-engine §16). */
#include "runs/export.h"
#include "runs/hierarchy.h"
#include "runs/safety.h"

enum { BATCH = 100 };

/* ---- one batch ---- */

/* Where an object is written to: the new place that the changes say, else where it is (sync-engine §16.2). */
static text destination(arena *a, const struct export_work *w) {
    const struct cs_attribute *places = w->type->secondary ? w->type->secondary : w->type->external_id;
    for (EACH(const struct export_attribute, c, &w->item.changes))
        if (c->attribute == places && c->has_value && c->change != CHANGE_REMOVE) return value_text(a, &c->value);
    return w->type->secondary ? w->item.secondary_external_id : w->item.external_id;
}

static struct export_result outside_scope(arena *a, text place) {
    text message = arena_print(a, "'%.*s' lies outside the selected containers.", TEXT_ARG(place));
    return (struct export_result){.done = true, .error = EXPORT_ERROR_OUTSIDE_SCOPE, .error_message = message};
}

static struct export_result id_taken(arena *a, text id) {
    text message = arena_print(a, "The External ID '%.*s' belongs to another object of this connected system.", TEXT_ARG(id));
    return (struct export_result){.done = true, .error = EXPORT_ERROR_INVALID_ID, .error_message = message};
}

/* What is outside the managed scope, or would be written over another object, has its result at once, behind those of the items
 * that are sent (invariants 3 and 14). */
size_t export_items(struct export *ex, struct export_batch *b, struct export_item **items) {
    size_t count = 0, last = b->work.count;
    *items = ARENA_ARRAY(b->a, struct export_item, b->work.count + 1);
    b->results = ARENA_ARRAY(b->a, struct export_result, b->work.count + 1);
    for (EACH(struct export_work, w, &b->work)) {
        if (!w->send) continue;
        text place = ex->scope.count ? destination(b->a, w) : (text){0};
        bool allowed = text_is_null(w->taken) && scope_allows(&ex->definition->ops, &ex->scope, place, NULL);
        w->place = allowed ? count : last;
        if (allowed)
            (*items)[count++] = w->item;
        else
            b->results[last--] = text_is_null(w->taken) ? outside_scope(b->a, place) : id_taken(b->a, w->taken);
    }
    return count;
}

/* A container that the connector made counts as selected from then on, unless an exclusion covers it. */
static FALLIBLE note_created(struct export *ex) {
    struct texts now = {0};
    if (!ex->definition->ops.created_containers) return NULL;
    TRY(ex->definition->ops.created_containers(ex->use.connector, ex->kept, &now));
    for (size_t i = ex->created.count; i < now.count; i++) {
        const struct scope_container *by;
        *LIST_ADD(ex->kept, &ex->created) = now.at[i];
        scope_allows(&ex->definition->ops, &ex->scope, now.at[i], &by);
        if (ex->scope.count && (!by || !by->excluded))
            *LIST_ADD(ex->kept, &ex->scope) = (struct scope_container){.external_id = now.at[i]};
    }
    return NULL;
}

/* A connector's error fails the items that have no result; a lost connection, which is ERROR_BUSY, leaves them untouched (§16.4).
 */
static void fail_rest(struct export *ex, struct export_batch *b, size_t count, const error *failure) {
    char sentence[1024];
    text message = arena_text(b->a, text_of(error_chain(failure, sentence, sizeof sentence)));
    bool attempted = failure->kind != ERROR_CANCELLED && failure->kind != ERROR_BUSY;
    for (size_t i = 0; i < count; i++) {
        if (!b->results[i].done) b->results[i] = (struct export_result){.done = attempted, .error_message = message};
    }
    ex->failed_batches = attempted ? ex->failed_batches + 1 : 0;
    ex->lost |= failure->kind == ERROR_BUSY;
}

static FALLIBLE send(struct export *ex, struct export_batch *b, size_t count, struct export_item *items) {
    error *e = ex->definition->ops.export_batch(&ex->use, b->a, items, count, b->results);
    if (!e) {
        ex->failed_batches = 0;
        return NULL;
    }
    fail_rest(ex, b, count, e);
    if (ex->failure)
        error_free(e);
    else
        ex->failure = e;
    return NULL;
}

static FALLIBLE export_one_batch(struct export *ex, const struct pending_exports *due, bool final) {
    struct export_batch b = {.a = ex->batch, .now = run_clock(ex->r), .final = final};
    TRY(export_prepare(ex, &b, due));
    TRY(export_mark(ex, &b));
    struct export_item *items;
    size_t count = export_items(ex, &b, &items);
    if (count) TRY(send(ex, &b, count, items));
    TRY(note_created(ex));
    TRY(export_store(ex, &b));
    ex->done += (int64_t)due->count;
    ex->r->activity.counters.objects += (int64_t)due->count;
    run_progress(ex->r, ex->done, ex->total);
    return safety_errors(ex->r, ex->done);
}

/* ---- the sweep ---- */

FALLIBLE export_next_page(struct export *ex, arena *a, struct pending_page_query *q, struct pending_exports *due) {
    OWNED(store_tx) tx = NULL;
    *due = (struct pending_exports){0};
    if (ex->released) return export_next_released(ex, a, q, due);
    TRY(store_read(ex->r->store, &tx));
    TRY(store_pending_page(tx, a, ex->r->config, q, due));
    if (!due->count) return NULL;
    q->after_created = due->at[due->count - 1].created;
    q->after_id = due->at[due->count - 1].id;
    return NULL;
}

static FALLIBLE check_still_connected(const struct export *ex) {
    if (run_cancelled(ex->r)) return FAIL(ERROR_CANCELLED, "The export was stopped.");
    if (ex->lost)
        return FAIL(ERROR_IO, "The connection was lost; the remaining pending exports were left as they are. %s",
                    ex->failure->sentence);
    if (ex->failed_batches < 3) return NULL;
    return FAIL(ERROR_IO, "Three batches in a row failed in the connector; the remaining pending exports were left as they are. %s",
                ex->failure->sentence);
}

static FALLIBLE sweep(struct export *ex) {
    if (ex->definition->ops.export_file) return export_to_file(ex, false);
    struct pending_page_query q = {.system = ex->r->system->id, .due = ex->r->started, .limit = BATCH, .changes = ex->changes};
    for (;;) {
        struct pending_exports due;
        arena_reset(ex->batch);
        TRY(check_still_connected(ex));
        TRY(export_next_page(ex, ex->batch, &q, &due));
        if (!due.count) return NULL;
        TRY(export_one_batch(ex, &due, false));
    }
}

/* References that became writable because their targets were written in this very run (§16.6 rule 4, J+37). */
static FALLIBLE final_pass(struct export *ex) {
    if (ex->definition->ops.export_file) return export_to_file(ex, true);
    for (size_t done = 0; done < ex->deferred.count;) {
        arena_reset(ex->batch);
        TRY(check_still_connected(ex));
        size_t rest = ex->deferred.count - done, count = rest < BATCH ? rest : BATCH;
        struct pending_exports due = {0};
        {
            OWNED(store_tx) tx = NULL;
            TRY(store_read(ex->r->store, &tx));
            TRY(store_pending(tx, ex->batch, ex->r->config, ex->deferred.at + done, count, &due));
        }
        done += count;
        if (due.count) TRY(export_one_batch(ex, &due, true));
    }
    return NULL;
}

static FALLIBLE prepare(struct export *ex) {
    OWNED(store_tx) tx = NULL;
    int64_t reset;
    struct system_counts counts;
    TRY(store_write(ex->r->store, STORE_API, &tx));
    TRY(store_reset_executing(tx, ex->r->system->id, &reset));
    TRY(store_system_counts(tx, ex->r->system->id, &counts));
    ex->total = counts.pending_exports;
    return store_commit(tx);
}

static FALLIBLE carry_out(struct export *ex) {
    TRY(prepare(ex));
    if (!ex->total) return NULL;
    if (!ex->released) {
        TRY(export_guard(ex));
        if (ex->r->safety && !ex->changes) return NULL;
    }
    run_phase(ex->r, T("export.execute"));
    run_progress(ex->r, 0, ex->total);
    if (ex->definition->ops.open_export) {
        struct system_state state = {0};
        OWNED(store_tx) tx = NULL;
        TRY(store_read(ex->r->store, &tx));
        TRY(store_system_state(tx, ex->r->a, ex->r->system->id, &state));
        store_end(TAKE(tx));
        TRY(ex->definition->ops.open_export(&ex->use, ex->r->a, state.persisted));
    }
    TRY(sweep(ex));
    if (ex->deferred.count) {
        run_phase(ex->r, T("export.deferred"));
        TRY(final_pass(ex));
    }
    run_progress(ex->r, ex->done, ex->done);
    if (ex->lost) return check_still_connected(ex);
    return ex->released ? export_released_done(ex, true) : NULL;
}

static FALLIBLE keep_persisted(struct export *ex, text persisted) {
    OWNED(store_tx) tx = NULL;
    struct system_state state = {0};
    if (text_is_null(persisted)) return NULL;
    TRY(store_write(ex->r->store, STORE_API, &tx));
    TRY(store_system_state(tx, ex->r->a, ex->r->system->id, &state));
    state.persisted = persisted;
    TRY(store_save_system_state(tx, ex->r->system->id, &state));
    return store_commit(tx);
}

static FALLIBLE reset_executing(struct export *ex) {
    OWNED(store_tx) tx = NULL;
    int64_t reset;
    TRY(store_write(ex->r->store, STORE_API, &tx));
    TRY(store_reset_executing(tx, ex->r->system->id, &reset));
    return store_commit(tx);
}

/* After a failure nothing stays Executing (invariant 38); if even that cannot be written, the next export does it. What of a
 * released list was sent is done. */
static void release(struct export *ex) {
    error *e = reset_executing(ex);
    if (!e && ex->released) e = export_released_done(ex, false);
    error_free(e);
}

static FALLIBLE close_connector(struct export *ex, error *so_far) {
    text persisted = {0};
    error *closing = ex->definition->ops.close_export ? ex->definition->ops.close_export(&ex->use, ex->r->a, &persisted) : NULL;
    connector_use_end(ex->definition, &ex->use);
    if (!so_far && !closing) return keep_persisted(ex, persisted);
    if (!so_far) return closing;
    error_free(closing);
    return so_far;
}

/* Also after a failure: the containers exist. */
static FALLIBLE add_created(struct export *ex, error *so_far) {
    if (!ex->created.count) return so_far;
    run_phase(ex->r, T("export.containers"));
    error *e = run_add_containers(ex->r, ex->definition, &ex->created);
    if (!so_far) return e;
    error_free(e);
    return so_far;
}

/* ---- what the connector calls ---- */

static bool ctx_cancelled(void *state) { return run_cancelled(((struct export *)state)->r); }
static void ctx_enter(void *state, text key, text name) {
    run_connector_phase(((struct export *)state)->r, T("export.execute"), key, name);
}
static void ctx_said(void *state, text message) { run_message(((struct export *)state)->r, "%.*s", TEXT_ARG(message)); }

FALLIBLE export_run(struct run *r) { return export_list(r, 0); }

FALLIBLE export_list(struct run *r, int64_t released) {
    run_phase(r, T("export.prepare"));
    const struct connector_definition *d = connector_by_id(r->system->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(r->system->name));
    if (!d->can.export) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' cannot export.", TEXT_ARG(r->system->name));
    OWNED(arena) batch = arena_new((size_t)8 << 30);
    OWNED(arena) kept = arena_new((size_t)1 << 30);
    struct export ex = {.r = r, .definition = d, .batch = batch, .kept = kept, .released = released};
    struct run_ctx ctx = {
        .state = &ex, .cancelled = ctx_cancelled, .enter_phase = ctx_enter, .report = ctx_said, .file_roots = &r->file_roots};
    ex.use = connector_use_begin(d, &ctx, r->system);
    ex.auto_confirm = export_auto_confirms(&ex);
    text_map_init(&ex.claimed, kept, 16);
    scope_stated(kept, r->system, 0, &ex.scope);
    if (ex.scope.count && d->ops.set_managed_scope) d->ops.set_managed_scope(ex.use.connector, &ex.scope);
    error *e = close_connector(&ex, carry_out(&ex));
    e = add_created(&ex, e);
    if (e) release(&ex);
    if (ex.unresolved && r->system->unresolved == UNRESOLVED_WARN)
        run_warn(r, "%lld references name an object that is not in '%.*s'.", (long long)ex.unresolved, TEXT_ARG(r->system->name));
    if (!e && ex.failure && ex.failure->kind != ERROR_CANCELLED) run_warn(r, "%s", ex.failure->sentence);
    if (!e && ex.failure && ex.failure->kind == ERROR_CANCELLED) return ex.failure;
    error_free(ex.failure);
    return e;
}
