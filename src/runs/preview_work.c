/* The computation of a preview from its proposal to its result; nothing but its own rows is written. */
#include "runs/preview_private.h"

#include "runs/preview.h"
#include "runs/preview_values.h"
#include "runs/runs_private.h"
#include "sync/scope.h"

#define PAGE_BYTES ((size_t)16 << 30)

/* ---- the page's rows ---- */

static text name_of(struct examiner *x, const struct noted *n) {
    bool joined = !n->cso || (n->mvo && n->cso->mvo == n->mvo->id);
    if (joined && n->mvo && n->mvo->values.count) return mvo_display_name(x->page, x->configs[PRESENT], n->mvo);
    return n->cso ? cso_display_name(x->page, x->configs[PRESENT], n->cso) : (text){0};
}

static text type_name_of(const struct examiner *x, const struct noted *n) {
    const struct cs_type *connected = n->cso ? config_cs_type(x->configs[PRESENT], n->cso->type) : NULL;
    const struct mv_type *type = !n->cso && n->mvo ? config_mv_type(x->configs[PRESENT], n->mvo->type) : NULL;
    return connected ? connected->name : type ? type->name : (text){0};
}

static int64_t stored_id(int64_t id) { return preview_made(id) ? 0 : id; }

void examiner_note(struct examiner *x, const struct noted *n) {
    int32_t mv_type = n->mv_type ? n->mv_type : n->mvo ? n->mvo->type : x->mv_type;
    int64_t mvo = n->mvo ? n->mvo->id : n->cso ? n->cso->mvo : 0;
    *LIST_ADD(x->page, &x->types) = mv_type;
    *LIST_ADD(x->page, &x->found) = (struct preview_row){.transition = n->transition,
                                                         .mvo = stored_id(mvo),
                                                         .cso = n->cso ? stored_id(n->cso->id) : 0,
                                                         .system = n->system,
                                                         .display_name = name_of(x, n),
                                                         .object_type = type_name_of(x, n),
                                                         .attribute = n->attribute,
                                                         .old_value = n->old_value,
                                                         .new_value = n->new_value};
}

/* An object with several rows of a transition counts once. */
static bool counts(struct int_map *seen, const struct preview_row *row, int32_t mv_type) {
    uint64_t key = (uint64_t)(row->mvo ? row->mvo : -row->cso) * UINT64_C(0x9E3779B97F4A7C15);
    if (!row->mvo && !row->cso) return true;
    key = (key ^ (uint64_t)row->transition << 40 ^ (uint64_t)row->system << 20 ^ (uint64_t)mv_type) * UINT64_C(0xFF51AFD7ED558CCD);
    return !int_map_put(seen, (int64_t)(key ^ key >> 32), seen);
}

FALLIBLE examiner_end_page(struct examiner *x) {
    struct int_map of_page;
    int_map_init(&of_page, x->page, x->found.count);
    struct int_map *seen = x->dry ? &x->counted : &of_page;
    for (size_t i = 0; i < x->found.count; i++) {
        const struct preview_row *row = &x->found.at[i];
        collector_add(&x->rows, row, x->types.at[i]);
        if (counts(seen, row, x->types.at[i])) collector_count(&x->rows, row->transition, row->system, x->types.at[i]);
    }
    x->found = (struct preview_rows){0};
    x->types = (struct int32s){0};
    x->told = (struct told_list){0};
    arena_reset(x->page);
    int_map_init(&x->names, x->page, 64);
    return collector_spill(&x->rows, false);
}

/* ---- the computation ---- */

static void open_examiner(struct examiner *x, struct run *r, const struct change_preview *p, const struct config *after) {
    *x = (struct examiner){.r = r,
                           .configs = {r->config, after},
                           .preview = p,
                           .page = arena_new(PAGE_BYTES),
                           .scratch = arena_new(PAGE_BYTES),
                           .keep = arena_new(PAGE_BYTES),
                           .total = p->estimated_objects};
    for (int i = 0; i < SIDES; i++) {
        x->plans[i] = sync_plan_new(x->configs[i]);
        if (p->surface == SURFACE_RULE_TOGGLES || p->surface == SURFACE_RULE_SCOPE || p->surface == SURFACE_RULE_FLOW ||
            p->surface == SURFACE_RULE_BEHAVIOUR)
            x->rules[i] = config_rule(x->configs[i], p->target);
        x->decidable[i] = x->rules[i] && text_is_null(scope_problem(x->keep, x->configs[i], x->rules[i]));
    }
    x->mv_type = x->rules[PRESENT] ? x->rules[PRESENT]->mv_type : 0;
    x->facts = (struct sync_run){.full = true,
                                 .configuration_changed = true,
                                 .preview = true,
                                 .tracking = TRACK_DETAILED,
                                 .now = instant_now(),
                                 .last_sync = instant_now(),
                                 .initiator = r->activity.initiator,
                                 .scratch = x->scratch};
    int_map_init(&x->names, x->page, 64);
    int_map_init(&x->counted, x->keep, 64);
    collector_open(&x->rows, r->store, r->config, p);
}

static void close_examiner(struct examiner *x) {
    if (x->tx) store_end(x->tx);
    for (int i = 0; i < SIDES; i++) sync_plan_free(x->plans[i]);
    collector_close(&x->rows);
    arena_free(x->page);
    arena_free(x->scratch);
    arena_free(x->keep);
}

static FALLIBLE compute(struct examiner *x, struct preview_document *out) {
    run_phase(x->r, T("preview.count"));
    TRY(store_read(x->r->store, &x->tx));
    run_progress(x->r, 0, x->total);
    TRY(preview_examine(x));
    TRY(examiner_end_page(x));
    TRY(preview_hold_findings(x, &out->findings));
    run_phase(x->r, T("preview.summarise"));
    return collector_finish(&x->rows, x->keep, out);
}

static FALLIBLE complete(struct run *r, struct change_preview *p, const struct preview_document *d) {
    OWNED(store_tx) tx = NULL;
    run_phase(r, T("preview.store"));
    if (run_cancelled(r)) return FAIL(ERROR_CANCELLED, "The preview was stopped.");
    p->document = preview_document_write(r->a, d);
    p->complete = true;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_save_change_preview(tx, p));
    return store_commit(tx);
}

static FALLIBLE work(struct run *r, struct change_preview *p, const struct config *after, struct preview_document *d) {
    struct examiner x;
    open_examiner(&x, r, p, after);
    error *e = compute(&x, d);
    int64_t done = x.done;
    if (!e) e = complete(r, p, d);
    run_progress(r, done, x.total > done ? done : x.total);
    close_examiner(&x);
    return e;
}

static FALLIBLE drop_rows(struct run *r, int64_t preview) {
    for (bool more = true; more;) {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(r->store, STORE_BULK, &tx));
        TRY(store_drop_preview_rows(tx, preview, &more));
        TRY(store_commit(tx));
    }
    return NULL;
}

static FALLIBLE load(struct run *r, struct change_preview *p) {
    OWNED(store_tx) tx = NULL;
    bool found;
    TRY(store_read(r->store, &tx));
    TRY(store_change_preview(tx, r->a, r->activity.id, p, &found));
    return found ? NULL : FAIL(ERROR_CORRUPT, "the preview of the activity is missing");
}

static bool blocks(const struct preview_findings *list) {
    for (EACH(const struct preview_finding, f, list))
        if (f->severity == FINDING_BLOCKING) return true;
    return false;
}

/* What was proposed may not be possible any more when a worker gets to it. */
static FALLIBLE carry_out(struct run *r, struct change_preview *p) {
    struct preview_document d = {0};
    const struct config *after = NULL;
    p->baseline = instant_now();
    TRY(preview_propose(r->runs, r->a, r->config, p, &after, &d.findings));
    error *e = blocks(&d.findings) ? FAIL(ERROR_CONFLICT, "The configuration was changed meanwhile, so that the proposal is not "
                                                          "possible any more; start another preview.")
                                   : work(r, p, after, &d);
    config_release(after);
    return e;
}

FALLIBLE preview_run(struct run *r) {
    struct change_preview p;
    TRY(load(r, &p));
    error *e = carry_out(r, &p);
    if (!e) return NULL;
    error *left = drop_rows(r, p.activity);
    if (left) error_free(left); /* they are never shown, and go with the preview */
    return e;
}

/* Of a run nothing is proposed but that it takes place. */
static FALLIBLE propose_run(arena *a, const struct config *before, const struct change_preview *p, const struct config **after,
                            struct preview_findings *findings) {
    const struct run_profile *profile = config_run_profile(before, p->target);
    if (!profile) return FAIL(ERROR_NOT_FOUND, "The run profile was deleted meanwhile.");
    *after = config_retain(before);
    if (profile->type == RUN_FULL_IMPORT || profile->type == RUN_DELTA_IMPORT)
        *LIST_ADD(a, findings) = (struct preview_finding){
            .severity = FINDING_BLOCKING,
            .message = T("What an import brings stands in its source, and previews ask no connected system.")};
    return NULL;
}

FALLIBLE preview_propose(runs *r, arena *a, const struct config *before, const struct change_preview *p,
                         const struct config **after, struct preview_findings *findings) {
    if (p->surface == SURFACE_RUN) return propose_run(a, before, p, after, findings);
    struct config *copy = config_copy(before);
    struct proposal_request q = {before, p->surface, p->target, p->proposal};
    error *e =
        r->propose ? r->propose(r->state, a, &q, copy, findings) : FAIL(ERROR_UNSUPPORTED, "This program cannot read proposals.");
    if (e) {
        config_release(copy);
        return e;
    }
    config_index(copy);
    struct texts problems = {0};
    sync_unsupported(a, copy, &problems);
    for (EACH(const text, t, &problems))
        *LIST_ADD(a, findings) = (struct preview_finding){.severity = FINDING_BLOCKING, .message = *t};
    *after = copy;
    return NULL;
}
