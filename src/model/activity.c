/* What an item adds to its activity's counters, and how an activity ends (sync-engine §22.4, §4.3). */
#include "model/activity.h"

static void count_outcome(struct activity_counters *c, enum outcome type) {
    switch (type) {
    case OUTCOME_CSO_ADDED:
        c->added++, c->cso_adds++;
        break;
    case OUTCOME_CSO_UPDATED:
        c->updated++, c->cso_updates++;
        break;
    case OUTCOME_CSO_DELETED:
    case OUTCOME_DELETION_DETECTED:
        c->deleted++, c->cso_deletes++;
        break;
    case OUTCOME_MVO_DELETED:
        c->deleted++;
        break;
    case OUTCOME_PROJECTED:
        c->projected++;
        break;
    case OUTCOME_JOINED:
        c->joined++;
        break;
    case OUTCOME_ATTRIBUTE_FLOW:
        c->attribute_flows++;
        break;
    case OUTCOME_DISCONNECTED:
        c->disconnected++;
        break;
    case OUTCOME_DISCONNECTED_OUT_OF_SCOPE:
        c->disconnected_out_of_scope++;
        break;
    case OUTCOME_DRIFT_CORRECTION:
        c->drift_corrections++;
        break;
    case OUTCOME_PROVISIONED:
        c->provisioned++;
        break;
    case OUTCOME_EXPORTED:
        c->exported++;
        break;
    case OUTCOME_DEPROVISIONED:
        c->deprovisioned++;
        break;
    case OUTCOME_PENDING_EXPORT_CREATED:
    case OUTCOME_DEPROVISION_QUEUED:
        c->pending_exports++;
        break;
    default:
        break;
    }
}

static void count_tree(struct activity_counters *c, const struct outcome_node *node) {
    for (; node; node = node->next) {
        count_outcome(c, node->type);
        count_tree(c, node->children);
    }
}

/* The outcome that stands for a change where no outcomes are kept. */
static enum outcome outcome_of(enum object_change change) {
    switch (change) {
    case OBJECT_ADDED:
        return OUTCOME_CSO_ADDED;
    case OBJECT_UPDATED:
        return OUTCOME_CSO_UPDATED;
    case OBJECT_DELETED:
        return OUTCOME_CSO_DELETED;
    case OBJECT_PROJECTED:
        return OUTCOME_PROJECTED;
    case OBJECT_JOINED:
        return OUTCOME_JOINED;
    case OBJECT_ATTRIBUTE_FLOW:
        return OUTCOME_ATTRIBUTE_FLOW;
    case OBJECT_DISCONNECTED:
        return OUTCOME_DISCONNECTED;
    case OBJECT_DISCONNECTED_OUT_OF_SCOPE:
        return OUTCOME_DISCONNECTED_OUT_OF_SCOPE;
    case OBJECT_DRIFT_CORRECTION:
        return OUTCOME_DRIFT_CORRECTION;
    case OBJECT_EXPORTED:
        return OUTCOME_EXPORTED;
    case OBJECT_DEPROVISIONED:
        return OUTCOME_DEPROVISIONED;
    case OBJECT_PENDING_EXPORT:
        return OUTCOME_PENDING_EXPORT_CREATED;
    default:
        return OUTCOME_NOT_SET;
    }
}

void activity_count(struct activity_counters *c, const struct run_item *item, enum tracking_level level) {
    c->items++;
    if (item->change != OBJECT_NOT_SET && item->change != OBJECT_NO_CHANGE) c->object_changes++;
    if (item->change == OBJECT_OUT_OF_SCOPE_RETAIN_JOIN) c->out_of_scope_retain_join++;
    if (item->change == OBJECT_CREATED) c->created++;
    if (item->error != ITEM_NO_ERROR) c->errors++, c->objects_with_error++;
    if (item->error == ITEM_UNHANDLED) c->unhandled_errors++;
    if (item->error == ITEM_EXPORT_NOT_CONFIRMED) c->export_retrying++;
    if (item->error == ITEM_EXPORT_CONFIRMATION_FAILED) c->export_failed++;
    if (level == TRACK_NONE)
        count_outcome(c, outcome_of(item->change));
    else
        count_tree(c, item->outcomes);
}

enum activity_status activity_final_status(const struct activity *a, bool cancelled, bool threw) {
    const struct activity_counters *c = &a->counters;
    if (cancelled) return ACTIVITY_CANCELLED;
    if (threw) return ACTIVITY_FAILED;
    if (c->items > 0 && c->objects_with_error == c->items) return ACTIVITY_FAILED;
    if (c->unhandled_errors > 0) return ACTIVITY_COMPLETE_WITH_ERROR;
    if (c->objects_with_error > 0 || a->warning_message.len > 0) return ACTIVITY_COMPLETE_WITH_WARNING;
    return ACTIVITY_COMPLETE;
}
