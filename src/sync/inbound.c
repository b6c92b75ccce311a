/* Pass 1 and pass 2 over a page: confirmation, obsolete objects, then scope, join, projection, flow, references (sync-engine §8.3).
 */
#include "sync/inbound.h"

#include "sync/confirm.h"
#include "sync/disconnect.h"
#include "sync/flow.h"
#include "sync/join.h"
#include "sync/references.h"
#include "sync/scope.h"

bool sync_needs_values(const struct sync_run *run, const struct cso *head) {
    bool unchanged = head->status == CSO_NORMAL && head->mvo && !head->scope_review && !head->sync_failed;
    instant changed = head->updated.ticks ? head->updated : head->created;
    /* verbose runs say of each object why it stayed as it was */
    return !run->full || run->verbose || run->configuration_changed || !unchanged || changed.ticks > run->last_sync.ticks;
}

/* ---- Look-ups ---- */

/* The import rules of the object's type that hold (§9.4), or what keeps them from being decided. */
static void decide_scope(struct sync_batch *b, struct work_cso *c) {
    c->scope_known = true;
    if (!c->type) {
        c->trouble = T("The object type of this object is not configured any more.");
        return;
    }
    for (size_t i = 0; i < c->type->imports.count; i++) {
        struct plan_rule *rule = c->type->imports.at[i];
        if (!text_is_null(rule->broken_scope)) {
            c->trouble = rule->broken_scope;
            c->scope.count = 0;
            return;
        }
        if (!rule->scoped || scope_holds(b->a, rule->config, &c->now.values, b->run->now)) *LIST_ADD(b->a, &c->scope) = rule;
    }
}

/* Is this an object of pass 2? */
static bool in_pass_two(const struct sync_batch *b, const struct work_cso *c) {
    return c->now.status == CSO_NORMAL && (b->task == BATCH_REFERENCES || sync_needs_values(b->run, &c->now));
}

void want_identities(struct sync_batch *b) {
    b->wants.mvo_ids = (int64_t)b->page.count;
    b->wants.item_ids = (int64_t)b->page.count;
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        want_pending(b, c);
        bool flows = in_pass_two(b, c);
        if (flows) decide_scope(b, c);
        if (c->now.mvo && (flows || c->now.status == CSO_OBSOLETE)) want_mvo(b, c->now.mvo);
    }
    if (b->task == BATCH_PAGE) want_matches(b);
}

static bool awaits_confirmation(const struct work_cso *c) {
    const struct work_pe *pe = batch_pe(c);
    return pe && pe->now.status == EXPORT_NOT_CONFIRMED && pe->now.change != EXPORT_DELETE;
}

void want_neighbours(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        if (c->mvo) want_connectors(b, c->mvo);
        if (awaits_confirmation(c)) want_values(b, c);
    }
}

static bool feeds(const struct work_cso *c, const struct plan_mv_type *type) {
    for (size_t i = 0; c->type && i < c->type->imports.count; i++) {
        if (c->type->imports.at[i]->mv_type == type->config) return true;
    }
    return false;
}

/* Does the MVO hold a value that nobody brings any more and another may supply? */
static bool is_up_for_election(const struct sync_batch *b, const struct work_mvo *m) {
    for (size_t i = 0; b->plan->abandons && i < m->now.values.count; i++) {
        const struct values *entry = &m->now.values.at[i];
        bool abandoned = entry->mapping && !plan_import_mapping(b->plan, entry->mapping);
        if (abandoned && plan_contributors_of(b->plan, m->now.type, entry->attribute)) return true;
    }
    return false;
}

void want_rivals(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        if (in_pass_two(b, b->page.at[i])) want_reference_targets(b, b->page.at[i]);
    }
    for (size_t i = 0; i < b->all_mvos.count; i++) {
        const struct work_mvo *m = b->all_mvos.at[i];
        if (!m->type || (!m->type->contested && !is_up_for_election(b, m))) continue;
        for (struct work_cso *c = m->connectors; c; c = c->next) {
            if (feeds(c, m->type)) want_values(b, c);
        }
    }
}

void want_rival_targets(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_csos.count; i++) {
        struct work_cso *c = b->all_csos.at[i];
        if (!c->in_page && c->now.has_values) want_reference_targets(b, c);
    }
}

/* ---- Pass 1 ---- */

static void confirm(struct sync_batch *b, struct work_cso *c) {
    struct confirmation result;
    if (!c->type || !c->now.has_values || !awaits_confirmation(c)) return;
    if (!confirm_again(b->a, c->type->config, &c->pe->now, &c->now.values, &result)) return;
    if (result.ended) {
        batch_drop_pe(c);
        return;
    }
    c->pe->now = result.after;
    c->pe->changed = true;
}

/* ---- Pass 2 ---- */

static void flow(struct sync_batch *b, struct work_cso *c) {
    const struct plan_rule *projecting = c->mvo ? NULL : join_projecting_rule(c);
    if (!c->mvo && !projecting) return;
    struct incomings list;
    if (!flow_compute(b, c, c->mvo ? &c->mvo->now.values : NULL, &list)) return;
    if (projecting) join_project(b, c, projecting);
    flow_apply(b, c, &list);
    if (projecting) join_index(b, c);
    c->flowing = true;
}

static void synchronise(struct sync_batch *b, struct work_cso *c) {
    c->handled = true;
    if (!text_is_null(c->trouble)) {
        item_fail(b, c, ITEM_UNHANDLED, c->trouble);
        c->stopped = true;
        return;
    }
    if (c->now.mvo && !c->mvo) {
        item_fail(b, c, ITEM_UNHANDLED, T("The metaverse object that this object is joined to cannot be found."));
        return;
    }
    if (c->type->imports.count && !c->scope.count) {
        if (c->mvo) out_of_scope(b, c);
        return;
    }
    if (!c->mvo && join_try(b, c) == MATCH_REFUSED) return;
    if (c->scope.count) flow(b, c);
}

/* Is every attribute of the object's MVO evaluated, not only what changed (§13.1)? */
static bool evaluates_all(const struct sync_batch *b, const struct work_cso *c) {
    if (c->event == EVENT_PROJECTED) return true;
    bool retried = c->handled && c->now.sync_failed;
    return c->mvo && (c->handled || c->again) && !c->stopped && (b->run->configuration_changed || retried);
}

/* The MVO that the object touched goes to export evaluation; of several such objects one that changed values tells what follows. */
static void note_export(struct sync_batch *b, struct work_cso *c) {
    struct work_mvo *m = c->mvo ? c->mvo : c->left;
    if (!m) return;
    if (c->mvo && (c->joined_here || batch_joined_before(b, c))) *LIST_ADD(b->a, &m->wholly) = c->now.system;
    if (!m->origin || c->tally.flows || !m->origin->tally.flows) m->origin = c;
    if (evaluates_all(b, c))
        batch_queue(b, m, EVALUATE_ALL);
    else if (m->changed || m->wholly.count)
        batch_queue(b, m, EVALUATE_CHANGES);
}

static bool is_large(const struct cso *o) {
    for (EACH(const struct values, set, &o->values)) {
        if (set->partial || (set->count > LARGE_MEMBERS && set->at[0].type == TYPE_REFERENCE)) return true;
    }
    return false;
}

/* From a large set that has flowed on, only its differences count. */
static void note_flow(struct sync_batch *b, const struct work_cso *c) {
    if (!c->now.has_values || !is_large(&c->now)) return;
    if (b->task == BATCH_PAGE && !c->handled) return;
    *LIST_ADD(b->a, &b->outcome.flows) =
        (struct sync_flow){.cso = c->now.id,
                           .updated = c->now.updated.ticks ? c->now.updated : c->now.created,
                           .whole = c->referred && c->mvo && !c->waiting && !c->failed && !c->stopped && !c->removed};
}

static void note_outcome(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        note_export(b, c);
        if (c->joined_here) *LIST_ADD(b->a, &b->outcome.joined) = c->now.id;
        if (c->event == EVENT_OUT_OF_SCOPE) *LIST_ADD(b->a, &b->outcome.left) = c->now.id;
        note_flow(b, c);
    }
}

void decide_inbound(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        confirm(b, c);
        if (c->now.status == CSO_OBSOLETE) obsolete(b, c);
    }
    for (size_t i = 0; i < b->page.count && !batch_stops(b); i++) {
        struct work_cso *c = b->page.at[i];
        if (in_pass_two(b, c)) synchronise(b, c);
    }
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        if (c->flowing && c->type->flows_references) flow_references(b, c);
    }
    items_of_page(b);
    note_outcome(b);
    b->outcome.processed = b->page.count;
}

void decide_references(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count && !batch_stops(b); i++) {
        struct work_cso *c = b->page.at[i];
        bool speaks = in_pass_two(b, c) && c->mvo && c->scope.count && text_is_null(c->trouble);
        bool stopped = speaks && c->now.sync_failed && flow_stops(b, c);
        if (speaks && !stopped) flow_references(b, c);
        if (stopped) c->again = false;
    }
    items_of_page(b);
    note_outcome(b);
}
