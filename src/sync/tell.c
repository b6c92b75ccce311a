/* What export evaluation and deletions leave in items: staged exports, deprovisioning, errors (sync-engine §13.6, §12.5). */
#include "sync/outbound.h"

#include "model/document.h"

struct work_item *carrier_of(struct sync_batch *b, struct work_mvo *m, const struct work_cso *target) {
    if (m->recalled || (!m->carrier && !m->origin)) {
        struct work_item *w = item_new(b, target, OBJECT_PENDING_EXPORT);
        if (m->recalled) item_cause(b, w, m->recall);
        return w;
    }
    if (m->carrier) return m->carrier;
    struct work_item *w = item_of(b, m->origin);
    if (w->item.change == OBJECT_NOT_SET || w->item.change == OBJECT_NO_CHANGE) {
        w->item.change = OBJECT_PENDING_EXPORT;
        w->item.no_change = NO_CHANGE_NOT_SET;
    }
    return w;
}

static void name_target(struct sync_batch *b, struct outcome_node *node, const struct work_cso *c) {
    if (!node) return;
    node->target = c->now.id;
    node->target_system = c->now.system;
    node->target_description = c->type ? c->type->system->name : cso_display_name(b->a, b->plan->config, &c->now);
}

void tell_staged(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, const struct plan_rule *provisioned) {
    struct work_item *w = carrier_of(b, m, c);
    struct outcome_node *parent = w->anchor;
    if (provisioned) {
        parent = item_node(b, w, parent, OUTCOME_PROVISIONED);
        name_target(b, parent, c);
        if (parent) {
            parent->rule = provisioned->config->id;
            parent->rule_name = provisioned->config->name;
        }
    }
    struct work_pe *pe = batch_pe(c);
    struct outcome_node *node = item_node(b, w, parent, OUTCOME_PENDING_EXPORT_CREATED);
    name_target(b, node, c);
    if (node) node->count = pe ? (int32_t)pe->now.changes.count : 0;
    if (!pe) return;
    if (!w->item.pending_export) w->item.pending_export = pe->now.id;
    pe->now.queued_by = w->item.id;
}

void tell_delete(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, struct outcome_node *parent) {
    struct work_item *w = carrier_of(b, m, c);
    struct outcome_node *node = item_node(b, w, parent ? parent : w->anchor, OUTCOME_DEPROVISION_QUEUED);
    name_target(b, node, c);
    struct work_pe *pe = batch_pe(c);
    if (!pe) return;
    if (!w->item.pending_export) w->item.pending_export = pe->now.id;
    pe->now.queued_by = w->item.id;
}

/* What drift has told already is not told twice. */
static bool is_told(const struct run_item *item, enum item_error kind, text message) {
    return item->error == kind && text_equal(item->error_message, message);
}

void tell_problem(struct sync_batch *b, struct work_mvo *m, enum item_error kind, text message) {
    const struct work_cso *any = m->origin ? m->origin : m->connectors;
    if (m->origin && !m->recalled) {
        const struct run_item *item = m->origin->item ? &m->origin->item->item : NULL;
        bool first = !item || item->error == ITEM_NO_ERROR || is_told(item, kind, message);
        m->origin->failed = true;
        if (first) {
            item_fail(b, m->origin, kind, message);
            return;
        }
    }
    if (any) item_error(item_new(b, any, OBJECT_NOT_SET), kind, message);
}
