/* Would the run that is previewed be held? The same measure as in the run, of what was decided in all (operations §23). */
#include "runs/export.h"
#include "runs/preview_private.h"

/* ---- synchronisations ---- */

static void add(struct examiner *x, struct guard_counts *list, const struct sync_type_counts *more) {
    for (EACH(const struct sync_type_count, k, more)) guard_count_of(x->keep, list, k->type)->would += k->count;
}

void preview_weigh(struct examiner *x, const struct sync_outcome *o) {
    add(x, &x->disconnects, &o->disconnects);
    add(x, &x->deletions, &o->deletions);
}

static FALLIBLE add_earlier(struct examiner *x, enum hold_guard guard, int32_t system, instant since, struct guard_counts *list) {
    struct safety_counts before = {0};
    TRY(store_safety_counts(x->tx, x->keep, guard, system, since, &before));
    for (EACH(const struct safety_count, k, &before)) guard_count_of(x->keep, list, k->type)->done += k->objects;
    return NULL;
}

static void find(struct examiner *x, const struct safety_policy *p, struct hold *h, struct preview_findings *out) {
    enum safety_verdict verdict = safety_judge(p, h->guard, h->measured, h->population);
    struct guard_limits limits = safety_limits(p, h->guard);
    h->limit_percent = limits.percent;
    h->limit_count = limits.count;
    if (verdict != SAFETY_EXCEEDED) return;
    text message = arena_print(x->r->a, "The run would be held by %.*s.", TEXT_ARG(hold_words(x->r->a, h)));
    *LIST_ADD(x->r->a, out) = (struct preview_finding){.severity = FINDING_WARNING, .message = message};
}

static FALLIBLE judge_disconnects(struct examiner *x, struct preview_findings *out) {
    for (EACH(const struct guard_count, k, &x->disconnects)) {
        const struct cs_type *t = config_cs_type(x->configs[PRESENT], k->type);
        struct hold h = {.guard = GUARD_DISCONNECTS, .measured = k->done + k->would};
        if (!t || !k->would) continue;
        struct safety_policy p = safety_policy_of(x->configs[PRESENT], config_system(x->configs[PRESENT], t->system));
        h.type_name = t->name;
        TRY(store_count_csos(x->tx, k->type, &h.population));
        find(x, &p, &h, out);
    }
    return NULL;
}

static FALLIBLE judge_deletions(struct examiner *x, int32_t system, struct preview_findings *out) {
    struct safety_policy p = safety_policy_of(x->configs[PRESENT], config_system(x->configs[PRESENT], system));
    for (EACH(const struct guard_count, k, &x->deletions)) {
        const struct mv_type *t = config_mv_type(x->configs[PRESENT], k->type);
        struct hold h = {.guard = GUARD_METAVERSE_DELETIONS, .measured = k->done + k->would};
        if (!t || !k->would) continue;
        h.type_name = t->name;
        TRY(store_count_mvos(x->tx, k->type, &h.population));
        find(x, &p, &h, out);
    }
    return NULL;
}

static FALLIBLE judge_synchronisation(struct examiner *x, int32_t system, struct preview_findings *out) {
    instant yesterday = {instant_now().ticks - TICKS_PER_DAY};
    TRY(add_earlier(x, GUARD_DISCONNECTS, system, (instant){0}, &x->disconnects));
    TRY(add_earlier(x, GUARD_METAVERSE_DELETIONS, 0, yesterday, &x->deletions));
    TRY(judge_disconnects(x, out));
    return judge_deletions(x, system, out);
}

/* ---- exports ---- */

static FALLIBLE judge_export(struct examiner *x, int32_t system, struct preview_findings *out) {
    struct export_measure m;
    struct safety_policy p = safety_policy_of(x->configs[PRESENT], config_system(x->configs[PRESENT], system));
    TRY(export_measure(x->tx, &p, system, x->facts.now, &m));
    for (int change = EXPORT_CREATE; change < EXPORT_CHANGES_COUNT; change++) {
        struct hold h = {.guard = export_guard_of((enum export_change)change), .measured = m.counts[change]};
        h.population = m.population;
        find(x, &p, &h, out);
    }
    return NULL;
}

FALLIBLE preview_hold_findings(struct examiner *x, struct preview_findings *out) {
    if (x->preview->surface != SURFACE_RUN) return NULL;
    const struct run_profile *profile = config_run_profile(x->configs[PRESENT], x->preview->target);
    if (profile->type == RUN_EXPORT) return judge_export(x, profile->system, out);
    return judge_synchronisation(x, profile->system, out);
}
