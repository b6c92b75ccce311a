/* An export: selects what is due, resolves references, hands batches to the connector, stores every result (sync-engine §16). */
#include "runs/export.h"

enum { BATCH = 100 };

/* ---- one batch ---- */

static size_t items_to_send(struct export_batch *b, struct export_item **items) {
    size_t count = 0;
    *items = ARENA_ARRAY(b->a, struct export_item, b->work.count + 1);
    for (EACH(struct export_work, w, &b->work)) {
        if (!w->send) continue;
        w->place = count;
        (*items)[count++] = w->item;
    }
    return count;
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
    b->results = ARENA_ARRAY(b->a, struct export_result, count + 1);
    const struct connector_ops *ops = &ex->definition->ops;
    error *e = ops->export_file ? ops->export_file(&ex->use, b->a, items, count, b->results)
                                : ops->export_batch(&ex->use, b->a, items, count, b->results);
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
    struct export_batch b = {.a = ex->batch, .now = instant_now(), .final = final};
    TRY(export_prepare(ex, &b, due));
    TRY(export_mark(ex, &b));
    struct export_item *items;
    size_t count = items_to_send(&b, &items);
    if (count) TRY(send(ex, &b, count, items));
    TRY(export_store(ex, &b));
    ex->done += (int64_t)due->count;
    ex->r->activity.counters.objects += (int64_t)due->count;
    run_progress(ex->r, ex->done, ex->total);
    return NULL;
}

/* ---- the sweep ---- */

static FALLIBLE next_page(struct export *ex, arena *a, struct pending_page_query *q, struct pending_exports *due) {
    OWNED(store_tx) tx = NULL;
    *due = (struct pending_exports){0};
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
    bool whole = ex->definition->ops.export_file != NULL;
    struct pending_page_query q = {.system = ex->r->system->id, .due = ex->r->started, .limit = whole ? INT32_MAX : BATCH};
    for (;;) {
        struct pending_exports due;
        arena_reset(ex->batch);
        TRY(check_still_connected(ex));
        TRY(next_page(ex, ex->batch, &q, &due));
        if (!due.count) return NULL;
        TRY(export_one_batch(ex, &due, false));
        if (whole) return NULL;
    }
}

/* References that became writable because their targets were written in this very run (§16.6 rule 4, J+37). */
static FALLIBLE final_pass(struct export *ex) {
    for (size_t done = 0; done < ex->deferred.count;) {
        arena_reset(ex->batch);
        TRY(check_still_connected(ex));
        size_t rest = ex->deferred.count - done, count = ex->definition->ops.export_file || rest < BATCH ? rest : BATCH;
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
    return ex->lost ? check_still_connected(ex) : NULL;
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

/* After a failure nothing stays Executing (invariant 38); if even that cannot be written, the next export does it. */
static void release(struct export *ex) {
    OWNED(store_tx) tx = NULL;
    int64_t reset;
    error *e = store_write(ex->r->store, STORE_API, &tx);
    if (!e) e = store_reset_executing(tx, ex->r->system->id, &reset);
    if (!e) e = store_commit(tx);
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

/* ---- what the connector calls ---- */

static bool ctx_cancelled(void *state) { return run_cancelled(((struct export *)state)->r); }
static void ctx_enter(void *state, text key, text name) {
    run_connector_phase(((struct export *)state)->r, T("export.execute"), key, name);
}
static void ctx_said(void *state, text message) { run_message(((struct export *)state)->r, "%.*s", TEXT_ARG(message)); }

FALLIBLE export_run(struct run *r) {
    run_phase(r, T("export.prepare"));
    const struct connector_definition *d = connector_by_id(r->system->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(r->system->name));
    if (!d->can.export) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' cannot export.", TEXT_ARG(r->system->name));
    OWNED(arena) batch = arena_new((size_t)8 << 30);
    OWNED(arena) kept = arena_new((size_t)1 << 30);
    struct export ex = {.r = r, .definition = d, .batch = batch, .kept = kept};
    struct run_ctx ctx = {
        .state = &ex, .cancelled = ctx_cancelled, .enter_phase = ctx_enter, .report = ctx_said, .file_roots = &r->file_roots};
    ex.use = connector_use_begin(d, &ctx, r->system);
    ex.auto_confirm = export_auto_confirms(&ex);
    error *e = close_connector(&ex, carry_out(&ex));
    if (e) release(&ex);
    if (ex.unresolved && r->system->unresolved == UNRESOLVED_WARN)
        run_warn(r, "%lld references name an object that is not in '%.*s'.", (long long)ex.unresolved, TEXT_ARG(r->system->name));
    if (!e && ex.failure && ex.failure->kind != ERROR_CANCELLED) run_warn(r, "%s", ex.failure->sentence);
    if (!e && ex.failure && ex.failure->kind == ERROR_CANCELLED) return ex.failure;
    error_free(ex.failure);
    return e;
}
