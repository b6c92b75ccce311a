/* One use of a connector for one question. */
#include "runs/systems.h"

#include "runs/runs_private.h"

enum { QUESTION_NS = 30 }; /* seconds a question may take */

static instant clock_now(void *state) {
    (void)state;
    return instant_now();
}

struct run_ctx runs_question(const runs *r) {
    return (struct run_ctx){
        .now = clock_now, .file_roots = &r->file_roots, .deadline_ns = monotonic_ns() + QUESTION_NS * INT64_C(1000000000)};
}

static FALLIBLE definition_of(const struct connected_system *s, const struct connector_definition **out) {
    *out = connector_by_id(s->definition);
    return *out ? NULL : FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(s->name));
}

FALLIBLE system_validate(runs *r, arena *a, const struct connected_system *s, bool generic_only, struct validation_results *out) {
    const struct connector_definition *d;
    TRY(definition_of(s, &d));
    settings_validate(a, d, &s->settings, out);
    if (out->count || generic_only || !d->ops.validate) return NULL;
    struct run_ctx ctx = runs_question(r);
    struct connector_use use = connector_use_begin(d, &ctx, s);
    struct validation_results found = {0};
    error *e = d->ops.validate(&use, a, &found);
    connector_use_end(d, &use);
    for (EACH(struct validation_result, v, &found))
        if (!v->valid) *LIST_ADD(a, out) = *v;
    return e;
}

FALLIBLE system_validate_selection(runs *r, arena *a, const struct connected_system *s, struct validation_results *out) {
    const struct connector_definition *d;
    TRY(definition_of(s, &d));
    if (!d->ops.validate_selection) return NULL;
    struct run_ctx ctx = runs_question(r);
    struct connector_use use = connector_use_begin(d, &ctx, s);
    error *e = d->ops.validate_selection(&use, a, out);
    connector_use_end(d, &use);
    return e;
}

FALLIBLE system_discover(runs *r, arena *a, const struct connected_system *s, struct schema_merge *out) {
    const struct connector_definition *d;
    struct connector_schema found = {0};
    TRY(definition_of(s, &d));
    struct run_ctx ctx = runs_question(r);
    ctx.deadline_ns = 0; /* a schema may take the reading of a whole file */
    struct connector_use use = connector_use_begin(d, &ctx, s);
    error *e =
        d->ops.schema ? d->ops.schema(&use, a, &found) : FAIL(ERROR_UNSUPPORTED, "This connector has no schema to discover.");
    connector_use_end(d, &use);
    if (e) return e;
    schema_merge(a, d, s, &found, instant_now(), out);
    return NULL;
}

/* Destructive refreshes keep what is gone until an administrator removes it by hand. */
FALLIBLE system_check_merge(const struct schema_merge *m, bool with_dependents) {
    if (!m->has_removals_or_changes || !with_dependents) return NULL;
    return FAIL(ERROR_INVALID,
                "Disabling or removing dependents with a schema import is not available in this version; import without it and "
                "change the rules by hand. Nothing was stored.");
}

FALLIBLE system_store_schema(store_tx *tx, struct schema_merge *merge) {
    for (EACH(struct cs_type, t, &merge->types)) TRY(store_save_cs_type(tx, t));
    if (!schema_merge_resolve(merge)) return NULL;
    for (EACH(struct cs_type, t, &merge->types)) TRY(store_save_cs_type(tx, t));
    return NULL;
}

const struct texts *runs_file_roots(const runs *r) { return &r->file_roots; }

static FALLIBLE store_discovered(struct run *r, struct schema_merge *merge) {
    OWNED(store_tx) tx = NULL;
    const struct config *now = NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    TRY(store_config_in(tx, &now));
    bool same = now->version == r->config->version;
    config_release(now);
    if (!same) return FAIL(ERROR_CONFLICT, "The configuration changed while the schema was read; import it again.");
    TRY(system_store_schema(tx, merge));
    TRY(runs_record(r, tx));
    return store_commit(tx);
}

/* The task's parameters are null unless dependents were to be disabled or removed. */
FALLIBLE schema_run(struct run *r) {
    struct schema_merge merge;
    if (!r->system) return FAIL(ERROR_NOT_FOUND, "The connected system was deleted while the task was queued.");
    TRY(system_discover(r->runs, r->a, r->system, &merge));
    if (run_cancelled(r)) return FAIL(ERROR_CANCELLED, "The schema import was stopped; nothing was stored.");
    TRY(system_check_merge(&merge, !text_is_null(r->task.parameters)));
    for (EACH(const text, w, &merge.warnings)) run_warn(r, "%.*s", TEXT_ARG(*w));
    return store_discovered(r, &merge);
}
