/* Export evaluation: which export rules concern an MVO, and what they stage (sync-engine §13.1, §13.2). */
#include "sync/outbound.h"

#include "sync/disconnect.h"
#include "sync/scope.h"

/* ---- What changed ---- */

static void add_diff(struct sync_batch *b, struct work_mvo *m, const struct values *before, const struct values *after) {
    if (before && after && before->null_marker == after->null_marker && (before->at == after->at || values_same(before, after)) &&
        before->count == after->count)
        return;
    struct attribute_diff *d = LIST_ADD(b->a, &m->diffs);
    d->attribute = after ? after->attribute : before->attribute;
    values_diff(b->a, before, after, &d->values);
}

/* Both lists ascend by attribute. */
static void find_diffs(struct sync_batch *b, struct work_mvo *m) {
    const struct attributes *before = &m->seen, *after = &m->now.values;
    m->diffs = (struct attribute_diffs){0};
    size_t i = 0, n = 0;
    while (i < before->count || n < after->count) {
        const struct values *x = i < before->count ? &before->at[i] : NULL, *y = n < after->count ? &after->at[n] : NULL;
        if (x && y && x->attribute != y->attribute) {
            if (x->attribute < y->attribute)
                y = NULL;
            else
                x = NULL;
        }
        add_diff(b, m, x, y);
        i += x != NULL;
        n += y != NULL;
    }
}

static bool is_evaluated(const struct work_mvo *m) {
    return m->queued && !m->removed && !m->doomed && m->type && m->type->exports.count &&
           (m->evaluation != EVALUATE_CHANGES || m->diffs.count || m->wholly.count);
}

/* Are all attributes evaluated for this system? */
static bool wholly(const struct work_mvo *m, int32_t system) {
    if (m->evaluation == EVALUATE_ALL) return true;
    for (size_t i = 0; i < m->wholly.count; i++) {
        if (m->wholly.at[i] == system) return true;
    }
    return false;
}

/* ---- Look-ups ---- */

void want_evaluated(struct sync_batch *b) {
    for (size_t i = 0; i < b->queue.count; i++) {
        struct work_mvo *m = b->queue.at[i];
        if (m->removed || m->doomed || !m->type || !m->type->exports.count) continue;
        if (m->evaluation == EVALUATE_CHANGES || m->seen.count) find_diffs(b, m);
        if (is_evaluated(m)) want_connectors(b, m);
    }
}

static bool holds(struct sync_batch *b, const struct plan_rule *rule, const struct work_mvo *m) {
    return scope_holds(b->a, rule->config, &m->now.values, b->run->now);
}

static void want_exported_by(struct sync_batch *b, struct work_mvo *m, const struct plan_rule *rule) {
    struct work_cso *c = batch_connector(m, rule->system->id);
    if (c) {
        want_values(b, c);
        want_pending(b, c);
    } else if (rule->config->provision && rule->matches.count && text_is_null(rule->broken_scope) && holds(b, rule, m)) {
        want_claims(b, m, rule);
    }
}

void want_exported(struct sync_batch *b) {
    if (b->round == 0) want_drift(b);
    for (size_t i = 0; i < b->queue.count; i++) {
        struct work_mvo *m = b->queue.at[i];
        if (!is_evaluated(m)) continue;
        for (size_t r = 0; r < m->type->exports.count; r++) want_exported_by(b, m, m->type->exports.at[r]);
        b->wants.cso_ids += (int64_t)m->type->exports.count;
        b->wants.pending_export_ids += (int64_t)m->type->exports.count;
        b->wants.item_ids += (int64_t)m->type->exports.count * 2 + 1;
    }
    b->wants.pending_export_ids += (int64_t)b->page.count;
    b->wants.item_ids += (int64_t)b->page.count;
}

static void want_links_of(struct sync_batch *b, const struct values *set) {
    for (size_t i = 0; set && i < set->count; i++) want_link(b, set->at[i].reference.target);
}

static void want_referred_by(struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule) {
    bool all = wholly(m, rule->system->id) || !batch_connector(m, rule->system->id);
    for (EACH(const struct plan_mapping, mapping, &rule->mappings)) {
        if (mapping->type != TYPE_REFERENCE || mapping->formula) continue;
        if (all) want_links_of(b, attributes_find(&m->now.values, mapping->source));
        for (EACH(const struct attribute_diff, d, &m->diffs)) {
            if (d->attribute != mapping->source) continue;
            want_links_of(b, &d->values.added);
            want_links_of(b, &d->values.removed);
        }
    }
}

void want_referred(struct sync_batch *b) {
    for (size_t i = 0; i < b->queue.count; i++) {
        struct work_mvo *m = b->queue.at[i];
        if (!is_evaluated(m)) continue;
        for (size_t r = 0; r < m->type->exports.count; r++) {
            const struct plan_rule *rule = m->type->exports.at[r];
            struct work_cso *found;
            if (batch_connector(m, rule->system->id) || claim_candidates(b, m, rule, &found) == 1) want_referred_by(b, m, rule);
        }
    }
}

/* ---- The decision on one MVO ---- */

/* The changes of all rules that write one object. */
struct target_plan {
    const struct plan_rule *rule; /* the first of them */
    struct work_cso *c;           /* NULL: to be created */
    bool create, claim, cancel_delete;
    bool relevant; /* a Create: something that it carries changed */
    struct wanted wanted;
    struct target_plan *next;
};

struct decision {
    struct sync_batch *b;
    struct work_mvo *m;
    struct target_plan *targets, **end;
    struct plan_rules exited, holding;
};

static struct target_plan *target_in(struct decision *d, int32_t system) {
    for (struct target_plan *t = d->targets; t; t = t->next) {
        if (t->rule->system->id == system) return t;
    }
    return NULL;
}

static struct target_plan *new_target(struct decision *d, const struct plan_rule *rule, struct work_cso *c) {
    struct target_plan *t = ARENA_NEW(d->b->a, struct target_plan);
    t->rule = rule;
    t->c = c;
    *d->end = t;
    d->end = &t->next;
    return t;
}

/* Drops what a later rule says anew about the same attribute or value. */
static void drop_repeated(struct sync_batch *b, int32_t system, struct staged_changes *list,
                          const struct staged_changes *incoming) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct cs_attribute *a = config_cs_attribute(b->plan->config, list->at[i].attribute);
        bool several = a && a->plurality == MULTI_VALUED, repeated = false;
        for (size_t n = 0; n < incoming->count && !repeated; n++)
            repeated = same_key(b, system, several, &list->at[i], &incoming->at[n]);
        if (!repeated) list->at[kept++] = list->at[i];
    }
    list->count = kept;
}

/* Adds a rule's changes to those of the rules before. False: nothing may be staged. */
static bool add_wanted(struct decision *d, struct target_plan *t, const struct plan_rule *rule, const struct wanted *w) {
    if (w->problem.kind != ITEM_NO_ERROR) tell_problem(d->b, d->m, w->problem.kind, w->problem.message);
    if (w->problem.whole_object) return false;
    struct wanted *all = &t->wanted;
    if (!all->changes.count && !all->current.count) {
        *all = *w;
        return true;
    }
    drop_repeated(d->b, rule->system->id, &all->changes, &w->changes);
    drop_repeated(d->b, rule->system->id, &all->changes, &w->current); /* nor stands what a later rule finds right */
    for (EACH(const struct staged_change, k, &w->changes)) *LIST_ADD(d->b->a, &all->changes) = *k;
    for (EACH(const struct staged_change, k, &w->current)) *LIST_ADD(d->b->a, &all->current) = *k;
    return true;
}

static bool plan_create(struct decision *d, struct target_plan *t, const struct plan_rule *rule) {
    struct wanted w;
    wanted_on_create(d->b, d->m, rule, &w);
    for (EACH(const struct plan_mapping, mapping, &rule->mappings)) {
        t->relevant |= mapping->formula || d->m->evaluation == EVALUATE_ALL || mapping_is_touched(d->m, mapping);
    }
    return add_wanted(d, t, rule, &w);
}

static bool plan_update(struct decision *d, struct target_plan *t, const struct plan_rule *rule, bool all) {
    struct wanted w;
    wanted_on_update(d->b, d->m, rule, t->c, all, &w);
    t->c->open |= w.open;
    return add_wanted(d, t, rule, &w);
}

static bool is_unsent_delete(const struct work_pe *pe) {
    return pe && pe->now.change == EXPORT_DELETE && pe->now.status == EXPORT_PENDING;
}

/* No object in the system yet: one that matches is claimed, else one is created. */
static bool plan_new(struct decision *d, const struct plan_rule *rule) {
    struct work_cso *found;
    size_t count = claim_candidates(d->b, d->m, rule, &found);
    if (count > 1) {
        tell_problem(d->b, d->m, ITEM_AMBIGUOUS_MATCH,
                     arena_print(d->b->a, "%zu unjoined objects of %.*s match this identity; nothing was provisioned by rule %.*s.",
                                 count, TEXT_ARG(rule->system->name), TEXT_ARG(rule->config->name)));
        return true;
    }
    struct target_plan *t = new_target(d, rule, found);
    if (!found) {
        t->create = t->relevant = true;
        return plan_create(d, t, rule);
    }
    t->claim = true;
    t->cancel_delete = is_unsent_delete(batch_pe(found));
    return plan_update(d, t, rule, true);
}

static bool plan_existing(struct decision *d, const struct plan_rule *rule, struct work_cso *c) {
    struct target_plan *t = target_in(d, rule->system->id);
    struct work_pe *pe = batch_pe(c);
    if (c->now.status == CSO_OBSOLETE) return true;
    bool unsent = c->now.status == CSO_PENDING_PROVISIONING && !create_was_exported(c);
    if (unsent && !rule->config->provision) return true;
    bool back = is_unsent_delete(pe);
    if (d->m->evaluation == EVALUATE_SCOPE && !back) return true;
    if (!t) t = new_target(d, rule, c);
    t->create = unsent;
    t->cancel_delete = back;
    return unsent ? plan_create(d, t, rule) : plan_update(d, t, rule, back || wholly(d->m, rule->system->id));
}

static bool other_type(struct decision *d, const struct plan_rule *rule) {
    tell_problem(d->b, d->m, ITEM_OTHER_TYPE_IN_TARGET,
                 arena_print(d->b->a, "Rule %.*s wants an object of type %.*s, but the identity has one of another type in %.*s.",
                             TEXT_ARG(rule->config->name), TEXT_ARG(rule->cs_type->name), TEXT_ARG(rule->system->name)));
    return true;
}

static bool plan_rule(struct decision *d, struct plan_rule *rule) {
    if (!text_is_null(rule->broken_scope)) {
        tell_problem(d->b, d->m, ITEM_UNHANDLED, rule->broken_scope);
        return false;
    }
    if (!holds(d->b, rule, d->m)) {
        *LIST_ADD(d->b->a, &d->exited) = rule;
        return true;
    }
    *LIST_ADD(d->b->a, &d->holding) = rule;
    struct work_cso *c = batch_connector(d->m, rule->system->id);
    if (c) return c->now.type == rule->cs_type->id ? plan_existing(d, rule, c) : other_type(d, rule);
    struct target_plan *t = target_in(d, rule->system->id);
    if (t && t->rule->cs_type != rule->cs_type) return other_type(d, rule);
    if (t && t->claim) return plan_update(d, t, rule, true);
    if (!rule->config->provision) return true;
    return t ? plan_create(d, t, rule) : plan_new(d, rule);
}

static void tell_current(struct sync_batch *b, struct work_cso *c, size_t count) {
    b->outcome.already_current += (int64_t)count;
    if (!count || !b->run->verbose) return;
    item_new(b, c, OBJECT_NO_CHANGE)->item.no_change = NO_CHANGE_CSO;
}

static void carry_out(struct decision *d, struct target_plan *t) {
    struct sync_batch *b = d->b;
    struct work_mvo *m = d->m;
    if (t->create) {
        bool new = !t->c;
        if (new) t->c = batch_provision(b, plan_type_of(b->plan, t->rule->cs_type->id), m);
        if ((new || t->relevant) && rebuild_create(b, t->c, &t->wanted.changes, t->rule->config->id))
            tell_staged(b, m, t->c, new ? t->rule : NULL);
        return;
    }
    if (t->claim) {
        batch_join(b, t->c, m, JOIN_JOINED);
        rejoined(b, t->c);
    }
    if (t->cancel_delete) batch_drop_pe(t->c);
    if (merge_changes(b, t->c, &t->wanted, false))
        tell_staged(b, m, t->c, NULL);
    else
        tell_current(b, t->c, t->wanted.current.count);
}

/* Nothing of the MVO has changed since its page: only where references lead in the system that others have joined or left. */
static bool only_again(const struct sync_batch *b, const struct work_mvo *m) {
    return b->task == BATCH_REFERENCES && !m->recalled && !m->diffs.count;
}

static void carry_out_again(struct decision *d) {
    for (struct target_plan *t = d->targets; t; t = t->next) {
        if (t->rule->system->id == d->b->run->system) carry_out(d, t);
    }
}

static void evaluate(struct sync_batch *b, struct work_mvo *m) {
    struct decision d = {.b = b, .m = m};
    d.end = &d.targets;
    for (const struct work_cso *c = m->recalled ? m->connectors : NULL; c; c = c->next) purge_deleted(b, batch_cso(b, c->now.id));
    for (size_t r = 0; r < m->type->exports.count; r++) {
        if (!plan_rule(&d, m->type->exports.at[r])) return;
    }
    if (only_again(b, m)) {
        carry_out_again(&d);
        return;
    }
    for (struct target_plan *t = d.targets; t; t = t->next) carry_out(&d, t);
    scope_exit(b, m, &d.exited, &d.holding);
}

void decide_outbound(struct sync_batch *b) {
    if (b->round++ == 0) decide_drift(b);
    for (size_t i = 0; i < b->queue.count; i++) {
        struct work_mvo *m = b->queue.at[i];
        batch_stops(b);
        if (is_evaluated(m) && !b->abandoned) evaluate(b, m);
        m->queued = m->recalled = false;
        m->evaluation = EVALUATE_NOTHING;
        m->wholly.count = 0;
        m->seen = m->now.values;
        m->own_values = false;
        if (b->task == BATCH_REVIEW && m->now.scope_review) {
            m->now.scope_review = false;
            m->changed = true;
        }
    }
    b->queue.count = 0;
}
