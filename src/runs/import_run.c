/* An import from beginning to end: look-up table, connector, deletions, references. */
#include "runs/import.h"

/* ---- what the connector calls ---- */

static bool ctx_cancelled(void *state) { return run_cancelled(((struct import *)state)->r); }
static instant ctx_clock(void *state) {
    (void)state;
    return instant_now();
}
static void ctx_enter(void *state, text key, text name) {
    run_connector_phase(((struct import *)state)->r, T("import.fetch"), key, name);
}
static void ctx_said(void *state, text message) { run_message(((struct import *)state)->r, "%.*s", TEXT_ARG(message)); }
static void ctx_total(void *state, int64_t count) {
    run_progress(((struct import *)state)->r, ((struct import *)state)->received, count);
}

/* ---- fetching ---- */

FALLIBLE import_begin(struct import *im, int64_t total, bool *again) {
    *again = im->repeated && !im->asked_again;
    im->asked_again = im->foreseen = true;
    im->expected = total;
    if (*again) {
        im->received = 0;
        return NULL;
    }
    run_phase_beside(im->r, T("import.process"));
    im->r->activity.counters.objects = im->received;
    run_progress(im->r, im->received, total);
    return NULL;
}

static FALLIBLE fetch_file(struct import *im, const struct connector_use *use) {
    struct import_request request = {.profile = im->r->profile};
    run_phase(im->r, T("import.fetch"));
    return import_feed(im, use, &request);
}

static void count_discarded(struct import *im, const struct discarded_list *of_page) {
    struct run *r = im->r;
    for (EACH(const struct discarded_entries, d, of_page)) {
        struct discarded_entries *sum = NULL;
        for (EACH(struct discarded_entries, s, &r->activity.discarded))
            if (s->container == d->container) sum = s;
        if (!sum) sum = LIST_ADD(r->a, &r->activity.discarded);
        sum->container = d->container;
        sum->count += d->count;
    }
}

static FALLIBLE fetch_pages(struct import *im, const struct connector_use *use, arena *a, struct system_state *watermark) {
    struct import_request request = {.profile = im->r->profile, .persisted = watermark->persisted};
    text first = {0};
    TRY(im->definition->ops.open_import(use, &request));
    run_phase(im->r, T("import.fetch"));
    for (bool more = true; more;) {
        TRY(import_goes_on(im));
        OWNED(arena) page_arena = arena_new(512 << 20);
        struct import_page page = {0};
        TRY(im->definition->ops.import_page(use, page_arena, &request, &page));
        count_discarded(im, &page.discarded);
        struct incoming *in;
        TRY(import_look(im, page_arena, &page.objects, &in));
        TRY(import_batch(im, in, page.objects.count));
        TRY(store_group_end(im->r->store, &im->r->group)); /* the next page may take its time */
        if (text_is_null(first) && !text_is_null(page.persisted)) first = arena_text(a, page.persisted);
        if (!text_is_null(page.warning)) run_warn(im->r, "%.*s", TEXT_ARG(page.warning));
        request.tokens = (struct import_tokens){0};
        for (EACH(struct import_token, t, &page.tokens))
            *LIST_ADD(a, &request.tokens) = (struct import_token){arena_text(a, t->name), arena_text(a, t->value)};
        more = page.tokens.count > 0;
    }
    if (!text_is_null(first)) watermark->persisted = first;
    return NULL;
}

static bool is_delta(const struct import *im) { return im->r->profile->type == RUN_DELTA_IMPORT; }

static FALLIBLE fetch(struct import *im, arena *a, struct system_state *watermark) {
    struct run_ctx ctx = {.state = im,
                          .cancelled = ctx_cancelled,
                          .now = ctx_clock,
                          .enter_phase = ctx_enter,
                          .report = ctx_said,
                          .expected_objects = ctx_total,
                          .file_roots = &im->r->file_roots};
    struct connector_use use = connector_use_begin(im->definition, &ctx, im->r->system);
    struct scope_containers stated;
    scope_stated(a, im->r->system, im->r->profile->partition, &stated);
    if (stated.count && im->definition->ops.set_managed_scope) im->definition->ops.set_managed_scope(use.connector, &stated);
    /* one that reads whole files may still be asked for its changes in pages */
    bool pages = !im->definition->ops.import_file || (is_delta(im) && im->definition->ops.import_page);
    error *e = pages ? fetch_pages(im, &use, a, watermark) : fetch_file(im, &use);
    if (im->definition->ops.close_import) {
        text final = {0};
        error *closing = im->definition->ops.close_import(&use, a, &final);
        if (!text_is_null(final)) watermark->persisted = final;
        if (e)
            error_free(closing);
        else
            e = closing;
    }
    connector_use_end(im->definition, &use);
    return e;
}

static FALLIBLE save_watermark(struct import *im, const struct system_state *watermark) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(im->r->store, STORE_BULK, &tx));
    TRY(store_save_system_state(tx, im->r->system->id, watermark));
    return store_commit(tx);
}

/* A cancelled or failed fetch keeps what was committed and still resolves its references (§4.4). */
static FALLIBLE after_fetch(struct import *im, error *fetched) {
    if (fetched && !im->received) return fetched;
    if (im->received) {
        run_phase_was_within(im->r, T("import.save"), T("import.process"));
        run_phase_was_within(im->r, T("import.reconcile"), T("import.process"));
    }
    bool whole = !fetched && im->r->profile->type == RUN_FULL_IMPORT && !run_cancelled(im->r);
    if (whole) run_phase(im->r, T("import.deletions"));
    error *e = import_guard_seen(im);
    if (!e && whole) e = import_deletions(im);
    run_phase(im->r, T("import.references"));
    if (!e) e = import_references(im);
    if (!fetched) return e;
    error_free(e);
    return fetched;
}

static FALLIBLE carry_out(struct import *im, arena *a) {
    struct system_state watermark = {0};
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(im->r->store, &tx));
        TRY(store_system_state(tx, a, im->r->system->id, &watermark));
    }
    text before = watermark.persisted;
    int_map_init(&im->emptied, im->kept, 16);
    TRY(import_keys_begin(im));
    TRY(store_ids(im->r->store, IDS_CSO, 1, &im->first_fresh));
    im->fingerprints = ARENA_ARRAY(a, uint64_t, im->r->system->types.count + 1);
    for (size_t i = 0; i < im->r->system->types.count; i++) im->fingerprints[i] = schema_fingerprint(&im->r->system->types.at[i]);
    TRY(after_fetch(im, fetch(im, a, &watermark)));
    TRY(import_goes_on(im));
    TRY(store_group_end(im->r->store, &im->r->group));
    if (!text_equal(before, watermark.persisted)) TRY(save_watermark(im, &watermark));
    run_phase(im->r, T("import.record"));
    import_guard_tell(im);
    bool emptied = im->received == 0 && im->had_objects && im->r->profile->type == RUN_FULL_IMPORT;
    if (emptied) run_warn(im->r, "The import received no objects, so nothing was marked as deleted.");
    return NULL;
}

FALLIBLE import_run(struct run *r) {
    run_phase(r, T("import.connect"));
    store_group_begin(r->store, &r->group);
    const struct connector_definition *d = connector_by_id(r->system->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(r->system->name));
    OWNED(arena) batch = arena_new((size_t)1 << 30);
    OWNED(arena) kept = arena_new((size_t)1 << 30);
    struct import im = {.r = r,
                        .definition = d,
                        .batch = batch,
                        .kept = kept,
                        .verify = r->profile->verify_hashes,
                        .distrust = r->task.interruptions > 0};
    error *e = carry_out(&im, r->a);
    import_table_free(&im.table);
    return e;
}
