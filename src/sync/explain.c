/* Asks each contributor of an object by the engine's own means, and says why the one that holds an attribute holds it. */
#include "sync/explain.h"

#include "sync/flow.h"

#include <stdlib.h>

NAMED_ENUM_TABLE(contribution_state, "ContributionState", CONTRIBUTION_STATES)
NAMED_ENUM_TABLE(resolution, "AttributeResolutionOutcome", RESOLUTIONS)
NAMED_ENUM_TABLE(verdict, "ContributionVerdict", VERDICTS)

/* ---- Look-ups ---- */

void want_contributors(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_mvos.count; i++) want_connectors(b, b->all_mvos.at[i]);
}

void want_contributions(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_mvos.count; i++) {
        for (struct work_cso *c = b->all_mvos.at[i]->connectors; c; c = c->next)
            if (c->type && c->type->imports.count) want_values(b, c);
    }
}

/* ---- One contributor ---- */

struct asked {
    struct sync_batch *b;
    const struct work_mvo *m;
    struct sync_contribution *k;
};

static text system_name(const struct sync_batch *b, int32_t id) {
    const struct connected_system *s = config_system(b->plan->config, id);
    return s ? s->name : T("a connected system that is gone");
}

static void refuse(struct asked *q, enum verdict verdict, text sentence) {
    q->k->verdict = verdict;
    q->k->sentence = sentence;
}

static void refuse_disabled(struct asked *q, enum verdict verdict, const char *what, text reason) {
    bool told = !text_is_empty(reason);
    refuse(q, verdict, arena_print(q->b->a, "%s is disabled%s%.*s.", what, told ? ": " : "", TEXT_ARG(reason)));
}

/* Why the rule does not apply to the object that is joined. */
static void refuse_object(struct asked *q, const struct plan_rule *rule, const struct work_cso *c) {
    arena *a = q->b->a;
    text system = rule->system->name;
    if (!c) {
        refuse(q, VERDICT_NOT_JOINED, arena_print(a, "No object of %.*s is joined to this object.", TEXT_ARG(system)));
    } else if (c->now.status != CSO_NORMAL) {
        refuse(q, VERDICT_NOT_NORMAL,
               arena_print(a, "The joined object of %.*s is %s.", TEXT_ARG(system), enum_name(&cso_status_names, c->now.status)));
    } else if (c->now.type != rule->cs_type->id) {
        refuse(q, VERDICT_OTHER_TYPE,
               arena_print(a, "The joined object of %.*s is not of type %.*s.", TEXT_ARG(system), TEXT_ARG(rule->cs_type->name)));
    } else if (!text_is_null(rule->broken_scope)) {
        refuse(q, VERDICT_ERROR, rule->broken_scope);
    } else {
        refuse(q, VERDICT_OUT_OF_SCOPE,
               arena_print(a, "The joined object of %.*s is out of the scope of rule %.*s.", TEXT_ARG(system),
                           TEXT_ARG(rule->config->name)));
    }
}

static void ask(struct asked *q) {
    struct sync_contribution *k = q->k;
    const struct plan_mapping *mapping = plan_import_mapping(q->b->plan, k->mapping->id);
    struct work_cso *c = batch_connector(q->m, k->rule->system);
    k->cso = c ? c->now.id : 0;
    if (!k->rule->enabled) return refuse_disabled(q, VERDICT_RULE_DISABLED, "The rule", k->rule->disabled_reason);
    if (!k->mapping->enabled) return refuse_disabled(q, VERDICT_MAPPING_DISABLED, "The mapping", k->mapping->disabled_reason);
    if (!mapping) return refuse(q, VERDICT_ERROR, T("The rule or the mapping names something that is not configured any more."));
    if (!c || !c->now.has_values || !flow_applies(q->b, mapping->rule, c)) return refuse_object(q, mapping->rule, c);
    struct problem problem = {0};
    k->state = CONTRIBUTION_NO_VALUE;
    k->verdict = VERDICT_NO_VALUE;
    switch (flow_says(q->b, mapping, c, q->m, &k->would_be, &problem)) {
    case YIELD_VALUES:
        if (k->would_be.count) k->state = CONTRIBUTION_VALUE;
        return;
    case YIELD_NOTHING:
        return refuse(q, VERDICT_WAITS, T("It refers to an object that is not joined yet."));
    case YIELD_PROBLEM:
        k->would_be = (struct values){0};
        return refuse(q, VERDICT_ERROR, problem.message);
    }
}

/* ---- Against each other ---- */

static int by_priority(const void *left, const void *right) {
    const struct mapping *a = ((const struct sync_contribution *)left)->mapping,
                         *b = ((const struct sync_contribution *)right)->mapping;
    if (a->priority != b->priority) return a->priority < b->priority ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool has_opinion(const struct sync_contribution *k) {
    return k->state == CONTRIBUTION_VALUE ||
           (k->state == CONTRIBUTION_NO_VALUE && k->verdict == VERDICT_NO_VALUE && k->mapping->null_is_value);
}

/* The first with an opinion: who would be elected now (§11.6). */
static const struct sync_contribution *elected(const struct sync_contributions *list) {
    for (EACH(const struct sync_contribution, k, list))
        if (has_opinion(k)) return k;
    return NULL;
}

static text rule_of(const struct sync_contribution *k) { return k->rule->name; }

static bool says_what_is_held(const struct sync_contribution *k, const struct values *held) {
    return k->would_be.count ? !held->null_marker && values_same(held, &k->would_be) : held->null_marker;
}

/* Judges one that applies, has no error and waits for nothing. */
static void judge(struct sync_batch *b, struct sync_contribution *k, const struct sync_explained *x,
                  const struct sync_contribution *first) {
    text system = system_name(b, k->rule->system);
    if (!has_opinion(k)) {
        k->sentence = k->holds
                          ? arena_print(b->a, "It has no value any more: the next synchronisation of %.*s withdraws the value.",
                                        TEXT_ARG(system))
                          : T("It has no value, and having none is no opinion.");
        return;
    }
    if (k != first) {
        k->verdict = VERDICT_RANKS_AFTER;
        k->sentence = arena_print(b->a, "It ranks after rule %.*s of %.*s (priority %d after %d).", TEXT_ARG(rule_of(first)),
                                  TEXT_ARG(system_name(b, first->rule->system)), k->mapping->priority, first->mapping->priority);
        return;
    }
    if (k->holds && says_what_is_held(k, x->held)) {
        k->verdict = VERDICT_HOLDS;
        k->sentence = x->held->null_marker ? T("It is the first with an opinion: that there is no value.")
                                           : T("It is the first with a value.");
        return;
    }
    k->verdict = VERDICT_NOT_SYNCHRONISED;
    k->sentence = arena_print(b->a, "It is the first with an opinion%s: the next synchronisation of %.*s brings it.",
                              k->holds ? ", which has changed since" : "", TEXT_ARG(system));
}

/* Where values come from whose mapping is no contributor any more. */
static text gone(struct sync_batch *b, int32_t mapping) {
    for (EACH(const struct retired_mapping, r, &b->plan->config->retired)) {
        if (r->mapping == mapping)
            return arena_print(
                b->a, "It is from rule %.*s of %.*s, whose mapping was deleted; a synchronisation of it withdraws the value.",
                TEXT_ARG(r->rule_name), TEXT_ARG(r->system_name));
    }
    return T("It is from a mapping that contributes nothing to objects of this type.");
}

static text holding(struct sync_batch *b, const struct sync_explained *x, const struct sync_contribution *holder,
                    const struct sync_contribution *first) {
    text told = arena_print(b->a, "%.*s %s by rule %.*s (priority %d)", TEXT_ARG(system_name(b, holder->rule->system)),
                            x->held->null_marker ? "asserts that there is no value" : "supplies it", TEXT_ARG(holder->rule->name),
                            holder->mapping->priority);
    if (first && first != holder)
        return arena_print(b->a, "%.*s; rule %.*s of %.*s takes over at the next synchronisation.", TEXT_ARG(told),
                           TEXT_ARG(first->rule->name), TEXT_ARG(system_name(b, first->rule->system)));
    bool speaks = holder->state != CONTRIBUTION_NOT_APPLICABLE;
    return arena_print(b->a, "%.*s%s.", TEXT_ARG(told), speaks ? "" : ", which does not apply any more");
}

/* Without a value. */
static text missing(struct sync_batch *b, const struct sync_contribution *first) {
    if (!first) return T("No contributor has a value.");
    return arena_print(b->a, "No value yet: the next synchronisation of %.*s brings what it says.",
                       TEXT_ARG(system_name(b, first->rule->system)));
}

static void conclude(struct sync_batch *b, const struct work_mvo *m, struct sync_explained *x,
                     const struct sync_contribution *first) {
    const struct sync_contribution *holder = NULL;
    for (EACH(const struct sync_contribution, k, &x->contributions))
        if (k->holds) holder = k;
    bool speaks = holder && holder->state != CONTRIBUTION_NOT_APPLICABLE;
    x->frozen = x->held && x->held->mapping && !speaks && !first && m->now.deletion.disconnected.ticks;
    if (!x->held)
        x->sentence = missing(b, first);
    else if (!x->held->mapping)
        x->sentence = T("No rule supplied it.");
    else if (x->frozen)
        x->sentence =
            T("Its contributor has left and nobody succeeds it: it stays as it is until the object is deleted or returns.");
    else
        x->sentence = holder ? holding(b, x, holder, first) : gone(b, x->held->mapping);
}

static void explain(struct sync_batch *b, const struct work_mvo *m, struct sync_explained *x) {
    x->held = attributes_find(&m->now.values, x->attribute);
    x->resolution = !x->held ? RESOLVED_NO_CONTRIBUTOR : x->held->null_marker ? RESOLVED_ASSERTED_NULL : RESOLVED_VALUE;
    struct sync_contributions *list = &x->contributions;
    if (list->count > 1) qsort(list->at, list->count, sizeof *list->at, by_priority);
    for (EACH(struct sync_contribution, k, list)) {
        k->holds = x->held && x->held->mapping == k->mapping->id;
        ask(&(struct asked){b, m, k});
    }
    const struct sync_contribution *first = elected(list);
    for (EACH(struct sync_contribution, k, list)) {
        if (k->state != CONTRIBUTION_NOT_APPLICABLE && k->verdict == VERDICT_NO_VALUE) judge(b, k, x, first);
    }
    conclude(b, m, x, first);
}

static int by_attribute(const void *left, const void *right) {
    int32_t a = ((const struct sync_explained *)left)->attribute, b = ((const struct sync_explained *)right)->attribute;
    return (a > b) - (a < b);
}

static struct sync_explained *about(struct sync_batch *b, struct sync_explanation *all, int32_t attribute) {
    for (EACH(struct sync_explained, x, all))
        if (x->attribute == attribute) return x;
    struct sync_explained *x = LIST_ADD(b->a, all);
    x->attribute = attribute;
    return x;
}

void sync_explain(sync_batch *b, struct sync_explanation *out) {
    const struct work_mvo *m = b->all_mvos.at[0];
    *out = (struct sync_explanation){0};
    for (EACH(const struct values, set, &m->now.values)) about(b, out, set->attribute);
    for (EACH(const struct sync_rule, r, &b->plan->config->rules)) {
        const struct connected_system *s = config_system(b->plan->config, r->system);
        if (r->direction != DIRECTION_IMPORT || r->mv_type != m->now.type || !s || s->tenant != m->now.tenant) continue;
        for (EACH(const struct mapping, k, &r->mappings))
            *LIST_ADD(b->a, &about(b, out, k->mv_target)->contributions) = (struct sync_contribution){.rule = r, .mapping = k};
    }
    if (out->count > 1) qsort(out->at, out->count, sizeof *out->at, by_attribute);
    for (EACH(struct sync_explained, x, out)) explain(b, m, x);
}
