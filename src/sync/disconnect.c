/* Disconnection, recall, the deletion decision and its markers, rejoining (sync-engine §12.1–12.4). */
#include "sync/disconnect.h"

#include "sync/flow.h"

/* ---- The decision (§12.3) ---- */

static struct int32s remaining_systems(arena *a, const struct work_mvo *m, const struct work_cso *leaving) {
    struct int32s systems = {0};
    for (const struct work_cso *c = m->connectors; c; c = c->next) {
        if (c != leaving) *LIST_ADD(a, &systems) = c->now.system;
    }
    return systems;
}

static text fate_message(struct sync_batch *b, const struct work_mvo *m, enum causal_reason reason) {
    const struct mv_type *type = m->type->config;
    const char *rule = enum_name(&deletion_rule_names, type->deletion_rule), *why = enum_name(&causal_reason_names, reason);
    if (type->grace.ticks <= 0) return arena_print(b->a, "Deleted under %s (%s), without a grace period.", rule, why);
    char eligible[32], grace[32];
    instant at = {0};
    if (!instant_add_ticks(b->run->now, type->grace.ticks, &at)) at.ticks = TICKS_MAX;
    size_t eligible_len = instant_write(at, eligible), grace_len = timespan_write(type->grace, grace);
    return arena_print(b->a, "Scheduled under %s (%s): grace period %.*s, eligible %.*s.", rule, why, (int)grace_len, grace,
                       (int)eligible_len, eligible);
}

static void mark(struct sync_batch *b, struct work_mvo *m, const struct sync_leaving *l, enum causal_reason reason) {
    enum deletion_order order = m->now.deletion.order;
    m->changed = true;
    m->now.deletion = sync_deletion_marker(b->a, m->type->config, l, reason);
    m->now.deletion.order = order;
}

static void doom(struct sync_batch *b, struct work_mvo *m, struct work_cso *leaving, enum causal_reason reason) {
    m->trigger_system = leaving->now.system;
    m->reason = reason;
    m->leaver = leaving;
    if (m->doomed) return;
    m->doomed = true;
    *LIST_ADD(b->a, &b->doomed) = m;
}

/* ---- Leaving ---- */

/* §12.2 but for the row of the object itself. */
static void disconnect(struct sync_batch *b, struct work_cso *c, bool recall) {
    struct work_mvo *m = c->mvo;
    const struct mv_type *of = m->type ? m->type->config : NULL;
    struct sync_leaving l = {.system = c->now.system,
                             .system_name = c->type ? c->type->system->name : (text){0},
                             .remaining = remaining_systems(b->a, m, c),
                             .initiator = b->run->initiator,
                             .now = b->run->now};
    enum causal_reason reason = sync_deletion_reason(of, &m->now, &l);
    c->left = m;
    bool waits = of->grace.ticks > 0 || m->now.deletion.order == DELETION_HELD;
    c->fate = reason == REASON_NONE ? FATE_NOT_DELETED : waits ? FATE_SCHEDULED : FATE_DELETED;
    if (reason != REASON_NONE) c->fate_message = fate_message(b, m, reason);
    if (recall && c->fate != FATE_DELETED) flow_recall(b, c, c->fate == FATE_SCHEDULED);
    if (c->fate == FATE_SCHEDULED) mark(b, m, &l, reason);
    if (c->fate == FATE_DELETED) doom(b, m, c, reason);
    batch_part(b, c);
    batch_count(b, &b->outcome.disconnects, c->now.type);
}

void obsolete(struct sync_batch *b, struct work_cso *c) {
    const struct plan_type *type = c->type;
    const struct plan_rule *first = type && type->imports.count ? type->imports.at[0] : NULL;
    if (!c->now.mvo) {
        if (c->now.join != JOIN_NONE) c->event = EVENT_ENDED;
    } else if (!c->mvo || (first && first->config->out_of_scope == OUT_OF_SCOPE_REMAIN_JOINED)) {
        c->event = EVENT_ENDED;
        if (c->mvo) batch_part(b, c);
    } else {
        c->event = EVENT_DISCONNECTED;
        disconnect(b, c, type && type->config->remove_contributed);
    }
    batch_remove_cso(c);
}

static const struct plan_rule *first_scoped(const struct plan_type *type) {
    for (size_t i = 0; i < type->imports.count; i++) {
        if (type->imports.at[i]->scoped) return type->imports.at[i];
    }
    return NULL;
}

/* What was staged for an identity that the object is not joined to any more is not sent; a decision to delete it stands. */
static void drop_changes(struct work_cso *c) {
    struct work_pe *pe = batch_pe(c);
    if (!pe) return;
    if (pe->now.change != EXPORT_DELETE) {
        batch_drop_pe(c);
        return;
    }
    pe->now.mvo = 0;
    pe->changed = true;
}

void out_of_scope(struct sync_batch *b, struct work_cso *c) {
    const struct plan_rule *rule = first_scoped(c->type);
    c->rule = rule->config->id;
    if (rule->config->out_of_scope == OUT_OF_SCOPE_REMAIN_JOINED) {
        c->event = EVENT_RETAINED;
        return;
    }
    c->event = EVENT_OUT_OF_SCOPE;
    disconnect(b, c, c->type->config->remove_contributed);
    drop_changes(c);
}

void release_target(struct sync_batch *b, struct work_cso *c) { disconnect(b, c, false); }

/* ---- Coming back (§12.4) ---- */

/* A trigger that was deleted can never come back: then any listed system will do, as the one that is made in its place. */
static bool rejoin_cancels(const struct config *config, const struct mv_type *type, int32_t system, int32_t trigger) {
    if (type->deletion_rule != DELETE_WHEN_AUTHORITATIVE_SOURCE || !type->trigger_systems.count || !trigger) return true;
    if (type->trigger_mode == SPECIFIC_SOURCES_DISCONNECT && config_system(config, trigger)) return system == trigger;
    return sync_lists_system(&type->trigger_systems, system);
}

void rejoined(struct sync_batch *b, struct work_cso *c) {
    struct work_mvo *m = c->mvo;
    const struct config *config = b->plan->config;
    if (!m->type) return;
    if (m->doomed && rejoin_cancels(config, m->type->config, c->now.system, m->trigger_system)) m->doomed = false;
    if (!m->now.deletion.disconnected.ticks) return;
    if (!rejoin_cancels(config, m->type->config, c->now.system, m->now.deletion.trigger_system)) return;
    m->now.deletion = (struct deletion_marker){0};
    m->changed = true;
}
