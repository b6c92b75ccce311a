/* MVOs that are deleted now: their connectors are deprovisioned, references to them recalled (sync-engine §12.5, §12.6). */
#include "sync/disconnect.h"
#include "sync/outbound.h"

#include "model/document.h"

static void doom(struct sync_batch *b, struct work_mvo *m) {
    if (m->doomed || m->removed) return;
    m->doomed = true;
    *LIST_ADD(b->a, &b->doomed) = m;
}

void doom_all(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_mvos.count; i++) doom(b, b->all_mvos.at[i]);
}

/* Why the deletion was scheduled stands in the policy that was in force then. */
static int scheduled_reason(arena *a, text policy) {
    for (unsigned i = 1; i < causal_reason_names.count; i++) {
        text said = arena_print(a, "\"reason\":\"%s\"", enum_name(&causal_reason_names, i));
        if (!text_is_null(policy) && text_find(policy, said) != SIZE_MAX) return (int)i;
    }
    return REASON_NONE;
}

void doom_due(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_mvos.count; i++) {
        struct work_mvo *m = b->all_mvos.at[i];
        size_t joined = 0;
        for (const struct work_cso *c = m->connectors; c; c = c->next) joined++;
        if (!m->type || !sync_deletion_due(m->type->config, &m->now, joined, b->run->now)) continue;
        m->trigger_system = m->now.deletion.trigger_system;
        m->reason = scheduled_reason(b->a, m->now.deletion.policy);
        doom(b, m);
    }
}

/* ---- Look-ups ---- */

void want_doomed(struct sync_batch *b) {
    size_t kept = 0;
    for (size_t i = 0; i < b->doomed.count; i++) {
        struct work_mvo *m = b->doomed.at[i];
        if (!m->doomed || m->removed) continue;
        b->doomed.at[kept++] = m;
        want_connectors(b, m);
    }
    b->doomed.count = kept;
}

/* Is the object of a deleted identity to be deleted too? Any enabled export rule says so, whatever its scope. */
static bool deprovisions(const struct work_cso *c, const struct work_mvo *m) {
    for (size_t i = 0; c->type && i < c->type->exports.count; i++) {
        const struct plan_rule *rule = c->type->exports.at[i];
        if (rule->mv_type->id == m->now.type && rule->config->deprovision == DEPROVISION_DELETE) return true;
    }
    return false;
}

void want_casualties(struct sync_batch *b) {
    for (size_t i = 0; i < b->doomed.count; i++) {
        struct work_mvo *m = b->doomed.at[i];
        if (m->before) want_referrers(b, m->now.id);
        for (struct work_cso *c = m->connectors; c; c = c->next) {
            want_pending(b, c);
            if (deprovisions(c, m) || c->now.status == CSO_PENDING_PROVISIONING) want_values(b, c);
        }
    }
}

void want_bereaved(struct sync_batch *b) {
    for (EACH(const struct sync_referrer, r, &b->referrers)) want_mvo(b, r->mvo);
    for (size_t i = 0; i < b->doomed.count; i++) {
        b->wants.item_ids++;
        for (const struct work_cso *c = b->doomed.at[i]->connectors; c; c = c->next) {
            b->wants.pending_export_ids++;
            b->wants.item_ids++;
        }
    }
}

/* ---- References (§12.6) ---- */

static const struct work_mvo *deleted_target(const struct sync_batch *b, const struct value *v) {
    const struct work_mvo *m = v->type == TYPE_REFERENCE ? batch_mvo(b, v->reference.target) : NULL;
    return m && m->removed ? m : NULL;
}

static struct cause recall_cause(struct sync_batch *b, int32_t attribute, const struct work_mvo *deleted) {
    const struct mv_attribute *name = config_mv_attribute(b->plan->config, attribute);
    return (struct cause){.edge = EDGE_DELETION_REMOVES_REFERENCE,
                          .reason = deleted->reason,
                          .item = deleted->carrier ? deleted->carrier->item.id : 0,
                          .mvo = deleted->now.id,
                          .mvo_name = mvo_display_name(b->a, b->plan->config, &deleted->now),
                          .mvo_type = deleted->type ? deleted->type->config->name : (text){0},
                          .attribute = name ? name->name : (text){0}};
}

/* Takes every reference to a deleted MVO out of one attribute, all at once: a group may lose many members. */
static void recall(struct sync_batch *b, struct work_mvo *referrer, int32_t attribute) {
    const struct values *entry = attributes_find(&referrer->now.values, attribute);
    const struct work_mvo *deleted = NULL;
    if (!entry) return;
    batch_whole(b, entry);
    struct values rest = {.attribute = attribute, .mapping = entry->mapping, .at = ARENA_ARRAY(b->a, struct value, entry->count)};
    for (size_t i = 0; i < entry->count; i++) {
        const struct work_mvo *gone = deleted_target(b, &entry->at[i]);
        if (gone)
            deleted = gone;
        else
            rest.at[rest.count++] = entry->at[i];
    }
    if (!deleted) return;
    rest.room = rest.count;
    struct attributes *values = batch_values(b, referrer);
    if (rest.count)
        *attributes_ensure(b->a, values, attribute) = rest;
    else
        attributes_remove(values, attribute);
    referrer->recalled = true;
    referrer->recall = recall_cause(b, attribute, deleted);
    batch_queue(b, referrer, EVALUATE_CHANGES);
}

static bool contains(const struct int32s *list, int32_t n) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i] == n) return true;
    }
    return false;
}

/* One referrer may be named many times, once for each member that it loses. */
static void recall_known(struct sync_batch *b) {
    struct int_map done;
    int_map_init(&done, b->a, b->referrers.count);
    for (EACH(const struct sync_referrer, r, &b->referrers)) {
        struct work_mvo *referrer = batch_mvo(b, r->mvo);
        if (!referrer || referrer->removed) continue;
        struct int32s *attributes = int_map_get(&done, r->mvo);
        if (!attributes) {
            attributes = ARENA_NEW(b->a, struct int32s);
            int_map_put(&done, r->mvo, attributes);
        }
        if (contains(attributes, r->attribute)) continue;
        *LIST_ADD(b->a, attributes) = r->attribute;
        recall(b, referrer, r->attribute);
    }
}

/* References that this very batch put in are in no look-up. */
static void recall_new(struct sync_batch *b) {
    for (size_t i = 0; i < b->all_mvos.count; i++) {
        struct work_mvo *m = b->all_mvos.at[i];
        if (!m->changed || m->removed) continue;
        struct int32s attributes = {0};
        for (EACH(const struct values, entry, &m->now.values)) {
            if (entry->count && entry->at[0].type == TYPE_REFERENCE) *LIST_ADD(b->a, &attributes) = entry->attribute;
        }
        for (size_t n = 0; n < attributes.count; n++) recall(b, m, attributes.at[n]);
    }
}

/* ---- Deletion ---- */

/* The MvoDeleted node of the object that left, or one of its own. */
static struct outcome_node *deletion_node(struct sync_batch *b, struct work_mvo *m) {
    if (m->carrier) return m->carrier->anchor;
    struct work_item *w;
    if (m->origin) {
        w = carrier_of(b, m, m->origin);
    } else {
        struct work_cso none = {.now = {.has_values = true}};
        w = item_new(b, &none, OBJECT_DELETED);
        w->item.display_name = mvo_display_name(b->a, b->plan->config, &m->now);
        w->item.object_type = m->type ? m->type->config->name : (text){0};
    }
    struct outcome_node *node = item_node(b, w, w->anchor, OUTCOME_MVO_DELETED);
    if (node) {
        node->target = m->now.id;
        node->target_is_mvo = true;
        node->target_description = mvo_display_name(b->a, b->plan->config, &m->now);
        if (!text_is_null(m->now.deletion.policy))
            node->message = arena_print(b->a, "%s. The policy when it began: %.*s",
                                        m->now.deletion.order == DELETION_NOW ? "An administrator did not want to wait for its end"
                                                                              : "The grace period is over",
                                        TEXT_ARG(m->now.deletion.policy));
    }
    m->carrier = w;
    return node;
}

static void tell_cause(struct sync_batch *b, struct work_mvo *m) {
    item_cause(b, m->carrier,
               (struct cause){.edge = EDGE_DELETION_DEPROVISIONS,
                              .reason = m->reason,
                              .item = m->carrier->item.id,
                              .mvo = m->now.id,
                              .mvo_name = mvo_display_name(b->a, b->plan->config, &m->now),
                              .mvo_type = m->type ? m->type->config->name : (text){0}});
}

static void deprovision(struct sync_batch *b, struct work_mvo *m, struct work_cso *c, struct outcome_node *node) {
    bool delete = deprovisions(c, m), staged = false;
    bool unsent = c->now.status == CSO_PENDING_PROVISIONING && !create_was_exported(c);
    if (unsent)
        batch_remove_cso(c);
    else if (delete)
        staged = stage_delete(b, c);
    if (!delete &&!unsent) batch_drop_pe(c);
    struct work_pe *pe = batch_pe(c);
    if (pe && !unsent) {
        pe->now.mvo = 0;
        pe->changed = true;
    }
    if (staged) {
        tell_delete(b, m, c, node);
        tell_cause(b, m);
    }
    if (!delete) batch_count(b, &b->outcome.disconnects, c->now.type);
    batch_part(b, c);
}

static void delete_mvo(struct sync_batch *b, struct work_mvo *m) {
    struct outcome_node *node = deletion_node(b, m);
    while (m->connectors) deprovision(b, m, m->connectors, node);
    m->removed = true;
    batch_count(b, &b->outcome.deletions, m->now.type);
}

void decide_deletions(struct sync_batch *b) {
    if (!b->doomed.count) return;
    for (size_t i = 0; i < b->doomed.count; i++) delete_mvo(b, b->doomed.at[i]);
    recall_known(b);
    recall_new(b);
    b->doomed.count = 0;
    b->referrers.count = 0;
}
