/* Whether a metaverse object is to be deleted when an object leaves it, since when that waits, and when it is due (sync-engine
 * §2.2, §12.3, §12.7); settings are read at decision time. */
#include "sync/sync.h"

bool sync_lists_system(const struct int32s *systems, int32_t system) {
    for (size_t i = 0; i < systems->count; i++) {
        if (systems->at[i] == system) return true;
    }
    return false;
}

static bool listed_source_remains(const struct mv_type *type, const struct int32s *remaining) {
    for (size_t i = 0; i < remaining->count; i++) {
        if (sync_lists_system(&type->trigger_systems, remaining->at[i])) return true;
    }
    return false;
}

enum causal_reason sync_deletion_reason(const struct mv_type *type, const struct mvo *o, const struct sync_leaving *l) {
    if (!type || o->origin == ORIGIN_INTERNAL || type->deletion_rule == DELETE_MANUAL) return REASON_NONE;
    bool by_source = type->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE && type->trigger_systems.count > 0;
    if (!by_source) {
        if (l->remaining.count) return REASON_NONE;
        return type->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE ? REASON_NO_SOURCES : REASON_LAST_CONNECTOR;
    }
    if (!sync_lists_system(&type->trigger_systems, l->system)) return REASON_NONE;
    if (type->trigger_mode == SPECIFIC_SOURCES_DISCONNECT) return REASON_SOURCE;
    return listed_source_remains(type, &l->remaining) ? REASON_NONE : REASON_ALL_SOURCES;
}

static text systems_json(arena *a, const struct int32s *systems) {
    text list = {0};
    for (size_t i = 0; i < systems->count; i++) list = arena_print(a, "%.*s%s%d", TEXT_ARG(list), i ? "," : "", systems->at[i]);
    return list;
}

static text policy(arena *a, const struct mv_type *type, const struct sync_leaving *l, enum causal_reason reason) {
    char eligible[32], grace[32];
    instant at = {0};
    if (!instant_add_ticks(l->now, type->grace.ticks, &at)) at.ticks = TICKS_MAX;
    size_t eligible_len = instant_write(at, eligible), grace_len = timespan_write(type->grace, grace);
    return arena_print(a,
                       "{\"rule\":\"%s\",\"mode\":\"%s\",\"gracePeriod\":\"%.*s\",\"sources\":[%.*s],\"remaining\":[%.*s],"
                       "\"reason\":\"%s\",\"eligible\":\"%.*s\"}",
                       enum_name(&deletion_rule_names, type->deletion_rule),
                       enum_name(&deletion_trigger_mode_names, type->trigger_mode), (int)grace_len, grace,
                       TEXT_ARG(systems_json(a, &type->trigger_systems)), TEXT_ARG(systems_json(a, &l->remaining)),
                       enum_name(&causal_reason_names, reason), (int)eligible_len, eligible);
}

struct deletion_marker sync_deletion_marker(arena *a, const struct mv_type *type, const struct sync_leaving *l,
                                            enum causal_reason reason) {
    return (struct deletion_marker){.disconnected = l->now,
                                    .initiator_type = l->initiator.type,
                                    .initiator_id = l->initiator.id,
                                    .initiator_name = l->initiator.name,
                                    .trigger_system = l->system,
                                    .trigger_system_name = l->system_name,
                                    .policy = policy(a, type, l, reason)};
}

bool sync_is_pending_deletion(const struct mv_type *type, const struct mvo *o) {
    return type && o->deletion.disconnected.ticks && o->origin == ORIGIN_PROJECTED && type->deletion_rule != DELETE_MANUAL;
}

instant sync_deletion_eligible(const struct mv_type *type, const struct mvo *o) {
    instant at = {0};
    if (!sync_is_pending_deletion(type, o) || type->grace.ticks <= 0) return at;
    if (!instant_add_ticks(o->deletion.disconnected, type->grace.ticks, &at)) at.ticks = TICKS_MAX;
    return at;
}

bool sync_deletion_due(const struct mv_type *type, const struct mvo *o, size_t joined, instant now) {
    if (!sync_is_pending_deletion(type, o) || o->deletion.order == DELETION_HELD) return false;
    if (o->deletion.order == DELETION_NOW) return true;
    instant at = o->deletion.disconnected;
    if (type->grace.ticks > 0 && !instant_add_ticks(at, type->grace.ticks, &at)) return false;
    if (at.ticks > now.ticks) return false;
    return type->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE || joined == 0;
}
