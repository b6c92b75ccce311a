/* Drift: a target changed out of band is set back to the metaverse's state (sync-engine §14). */
#include "sync/outbound.h"
#include "sync/scope.h"

static bool judged(const struct sync_batch *b, const struct work_cso *c) {
    return (c->handled || c->again) && !batch_joined_before(b, c) && c->mvo && !c->stopped && !c->joined_here && !c->removed &&
           c->now.status == CSO_NORMAL && c->type && c->type->enforces && !c->mvo->doomed;
}

static bool enforces(struct sync_batch *b, const struct plan_rule *rule, const struct work_mvo *m) {
    return rule->config->enforce_state && rule->mv_type->id == m->now.type && text_is_null(rule->broken_scope) &&
           scope_holds(b->a, rule->config, &m->now.values, b->run->now);
}

/* Does this system rightly decide what the attribute holds: as its only contributor, or because it wins now? */
static bool rightful(const struct sync_batch *b, const struct work_mvo *m, int32_t attribute, int32_t system) {
    const struct plan_contributors *list = plan_contributors_of(b->plan, m->now.type, attribute);
    bool feeds = false, others = false;
    for (size_t i = 0; list && i < list->count; i++) {
        bool own = list->at[i]->rule->system->id == system;
        feeds |= own;
        others |= !own;
    }
    if (!feeds || !others) return feeds;
    const struct values *entry = attributes_find(&m->now.values, attribute);
    return entry && entry->mapping && plan_system_of_mapping(b->plan, entry->mapping) == system;
}

bool fed_by_itself(const struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping, int32_t system) {
    if (!mapping->formula) return rightful(b, m, mapping->source, system);
    const struct int32s *inputs = formula_mv_inputs(mapping->formula);
    for (size_t i = 0; i < inputs->count; i++) {
        if (rightful(b, m, inputs->at[i], system)) return true;
    }
    return false;
}

static bool awaits(const struct work_cso *c, int32_t attribute) {
    const struct work_pe *pe = batch_pe(c);
    for (size_t i = 0; pe && i < pe->now.changes.count; i++) {
        const struct staged_change *k = &pe->now.changes.at[i];
        if (k->attribute == attribute && (k->status == CHANGE_EXPORTED || k->status == CHANGE_NOT_CONFIRMED || !k->drift))
            return true;
    }
    return false;
}

static bool corrects(const struct sync_batch *b, const struct work_cso *c, const struct plan_mapping *mapping) {
    return !mapping->never && !mapping->create_only && !awaits(c, mapping->target) &&
           !fed_by_itself(b, c->mvo, mapping, c->now.system);
}

/* Visits the mappings that may correct an object. */
static void each_mapping(struct sync_batch *b, struct work_cso *c,
                         void (*visit)(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, void *state),
                         void *state) {
    for (size_t r = 0; r < c->type->exports.count; r++) {
        const struct plan_rule *rule = c->type->exports.at[r];
        if (!enforces(b, rule, c->mvo)) continue;
        for (EACH(const struct plan_mapping, m, &rule->mappings)) {
            if (corrects(b, c, m)) visit(b, c, m, state);
        }
    }
}

static void want_links_of(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, void *state) {
    (void)state;
    if (m->type != TYPE_REFERENCE || m->formula) return;
    const struct values *set = attributes_find(&c->mvo->now.values, m->source);
    for (size_t i = 0; set && i < set->count; i++) want_link(b, set->at[i].reference.target);
}

void want_drift(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        if (judged(b, c)) each_mapping(b, c, want_links_of, NULL);
    }
}

struct drift {
    int32_t corrected;
    struct problem problem;
    struct wanted wanted;
};

/* Corrections staged earlier that are not needed any more. */
static void forget_old(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, const struct wanted *w,
                       struct staged_changes *out) {
    const struct work_pe *pe = batch_pe(c);
    for (size_t i = 0; pe && i < pe->now.changes.count; i++) {
        const struct staged_change *old = &pe->now.changes.at[i];
        if (!old->drift || old->attribute != m->target || old->status != CHANGE_PENDING) continue;
        bool needed = false;
        for (EACH(const struct staged_change, k, &w->changes)) needed |= same_key(b, c->now.system, m->multi, old, k);
        if (!needed) *LIST_ADD(b->a, out) = *old;
    }
}

static void forget_attribute(struct staged_changes *list, int32_t attribute) {
    size_t kept = 0;
    for (EACH(const struct staged_change, k, list))
        if (k->attribute != attribute) list->at[kept++] = *k;
    list->count = kept;
}

static void judge(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, void *state) {
    struct drift *d = state;
    struct wanted w;
    batch_whole(b, attributes_find(&c->now.values, m->target));
    wanted_by_drift(b, c->mvo, m, c, &w);
    c->open |= w.open;
    bool worse = w.problem.whole_object && !d->problem.whole_object;
    if (worse || (w.problem.kind != ITEM_NO_ERROR && d->problem.kind == ITEM_NO_ERROR)) d->problem = w.problem;
    if (w.changes.count || w.current.count) { /* a later rule has the word, as in evaluation; else the two would never rest */
        forget_attribute(&d->wanted.changes, m->target);
        forget_attribute(&d->wanted.current, m->target);
    }
    forget_old(b, c, m, &w, &d->wanted.current);
    for (EACH(const struct staged_change, k, &w.changes)) *LIST_ADD(b->a, &d->wanted.changes) = *k;
    for (EACH(const struct staged_change, k, &w.current)) *LIST_ADD(b->a, &d->wanted.current) = *k;
}

static void correct(struct sync_batch *b, struct work_cso *c) {
    struct drift d = {0};
    each_mapping(b, c, judge, &d);
    if (d.problem.whole_object) {
        item_fail(b, c, d.problem.kind, d.problem.message);
        return;
    }
    d.corrected = (int32_t)d.wanted.changes.count;
    if (!merge_changes(b, c, &d.wanted, true)) return;
    struct work_item *w = item_of(b, c);
    if (w->item.change == OBJECT_NOT_SET || w->item.change == OBJECT_NO_CHANGE) {
        w->item.change = OBJECT_DRIFT_CORRECTION;
        w->item.no_change = NO_CHANGE_NOT_SET;
    }
    struct outcome_node *node = item_node(b, w, NULL, OUTCOME_DRIFT_CORRECTION);
    if (node) node->count = d.corrected;
    struct work_pe *pe = batch_pe(c);
    w->item.pending_export = pe->now.id;
    pe->now.queued_by = w->item.id;
}

void decide_drift(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        if (judged(b, b->page.at[i])) correct(b, b->page.at[i]);
    }
}
