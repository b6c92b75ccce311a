/* When a scheduled deletion is pending and when it is due (sync-engine §2.2, §12.7); settings are read at decision time. */
#include "sync/sync.h"

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
    if (!sync_is_pending_deletion(type, o)) return false;
    instant at = o->deletion.disconnected;
    if (type->grace.ticks > 0 && !instant_add_ticks(at, type->grace.ticks, &at)) return false;
    if (at.ticks > now.ticks) return false;
    return type->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE || joined == 0;
}
