/* Metaverse objects that wait for their deletion (sync-engine §12.7, operations §18.3). */
#include "api/change.h"
#include "api/rule_parts.h"
#include "api/value_view.h"
#include "runs/runs.h"

struct pending_deletion {
    uuid id;
    text display_name;
    struct named_id type;
    instant last_connector_disconnected_date, deletion_eligible_date;
    struct maybe_int32 days_until_deletion;
    struct maybe_timespan grace_period;
    int32_t connected_system_object_count;
    text status;
    struct maybe_int32 deletion_triggered_by_system_id;
    text deletion_triggered_by_system_name;
    text decision;
};
static SHAPE(
    pending_deletion, "PendingDeletionDto",
    FIELDS(FIELD(pending_deletion, id, "id"), FIELD(pending_deletion, display_name, "displayName", .nullable = true),
           OBJECT(pending_deletion, type, "type", named_id),
           FIELD(pending_deletion, last_connector_disconnected_date, "lastConnectorDisconnectedDate"),
           FIELD(pending_deletion, deletion_eligible_date, "deletionEligibleDate", .nullable = true),
           FIELD(pending_deletion, days_until_deletion, "daysUntilDeletion", .doc = "Full or begun days."),
           FIELD(pending_deletion, grace_period, "gracePeriod"),
           FIELD(pending_deletion, connected_system_object_count, "connectedSystemObjectCount"),
           FIELD(pending_deletion, status, "status", .doc = "Deprovisioning, AwaitingGracePeriod or ReadyForDeletion."),
           FIELD(pending_deletion, deletion_triggered_by_system_id, "deletionTriggeredBySystemId"),
           FIELD(pending_deletion, deletion_triggered_by_system_name, "deletionTriggeredBySystemName", .nullable = true),
           FIELD(pending_deletion, decision, "decision", .nullable = true,
                 .doc = "Held: an administrator keeps the object, whatever its grace period says. DeleteNow: one does not want "
                        "to wait for its end. Null: the rule of its type decides.")));
struct pending_deletion_page PAGE_OF(pending_deletion);
static PAGE_SHAPE(pending_deletion_page, pending_deletion, "PaginatedResponseOfPendingDeletionDto");

struct pending_deletion_summary {
    int32_t total_count, deprovisioning_count, awaiting_grace_period_count, ready_for_deletion_count;
};
static SHAPE(pending_deletion_summary, "PendingDeletionSummary",
             FIELDS(FIELD(pending_deletion_summary, total_count, "totalCount"),
                    FIELD(pending_deletion_summary, deprovisioning_count, "deprovisioningCount"),
                    FIELD(pending_deletion_summary, awaiting_grace_period_count, "awaitingGracePeriodCount"),
                    FIELD(pending_deletion_summary, ready_for_deletion_count, "readyForDeletionCount")));

struct of_type {
    struct maybe_int32 object_type_id;
};
static SHAPE(of_type, NULL, FIELDS(FIELD(of_type, object_type_id, "objectTypeId")));
struct pending_list_query {
    struct list_query list;
    struct of_type filter;
};
static SHAPE(pending_list_query, NULL,
             FIELDS(EMBED(pending_list_query, list, list_query), EMBED(pending_list_query, filter, of_type)));
struct pending_count {
    int32_t count;
};
static SHAPE(pending_count, NULL, FIELDS(FIELD(pending_count, count, "count")), .bare = true);

static void connectors_by_mvo(arena *a, const struct csos *list, struct int_map *counts) {
    int_map_init(counts, a, list->count);
    for (EACH(const struct cso, o, list)) {
        int32_t *n = int_map_get(counts, o->mvo);
        if (!n) int_map_put(counts, o->mvo, n = ARENA_NEW(a, int32_t));
        ++*n;
    }
}

/* Begun days count as whole ones; what is due has none left. */
static int32_t days_until(instant due, instant now) {
    int64_t ticks = due.ticks - now.ticks;
    return ticks <= 0 ? 0 : (int32_t)((ticks + TICKS_PER_DAY - 1) / TICKS_PER_DAY);
}

static void view(struct call *c, snapshot *s, const struct mvo *o, int32_t connectors, struct pending_deletion *out) {
    const struct mv_type *t = config_mv_type(s, o->type);
    struct deletion_state state = deletion_state_of(s, o);
    bool waits = state.eligible.ticks > c->now.ticks;
    *out = (struct pending_deletion){.id = id_to_uuid(ID_MVO, o->id),
                                     .display_name = mvo_display_name(c->a, s, o),
                                     .type = mv_type_reference(s, o->type),
                                     .last_connector_disconnected_date = o->deletion.disconnected,
                                     .deletion_eligible_date = state.eligible,
                                     .connected_system_object_count = connectors,
                                     .deletion_triggered_by_system_id = id_or_null(o->deletion.trigger_system),
                                     .deletion_triggered_by_system_name = o->deletion.trigger_system_name};
    if (o->deletion.order) out->decision = o->deletion.order == DELETION_HELD ? T("Held") : T("DeleteNow");
    out->status = connectors ? T("Deprovisioning") : waits ? T("AwaitingGracePeriod") : T("ReadyForDeletion");
    if (t && t->grace.ticks > 0) out->grace_period = (struct maybe_timespan){true, t->grace};
    if (state.eligible.ticks) out->days_until_deletion = (struct maybe_int32){true, days_until(state.eligible, c->now)};
}

static FALLIBLE pending_list(struct call *c, const struct pending_list_query *in, struct pending_deletion_page *out) {
    snapshot *s;
    struct mvos found = {0};
    struct csos connectors = {0};
    struct int64s ids = {0};
    struct int_map counts;
    struct marked_counts total;
    OWNED(store_tx) tx = NULL;
    int32_t type = in->filter.object_type_id.given ? in->filter.object_type_id.value : 0;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(store_marked_counts(tx, type, c->now, &total));
    TRY(store_list_marked(tx, c->a, s, type, list_offset(&in->list), in->list.page_size, &found));
    for (EACH(const struct mvo, o, &found)) *LIST_ADD(c->a, &ids) = o->id;
    TRY(store_connectors(tx, c->a, s, ids.at, ids.count, false, &connectors));
    connectors_by_mvo(c->a, &connectors, &counts);
    for (EACH(const struct mvo, o, &found)) {
        const int32_t *n = int_map_get(&counts, o->id);
        view(c, s, o, n ? *n : 0, LIST_ADD(c->a, &out->items));
    }
    page_fill(&out->counts, in->list.page, in->list.page_size, total.total);
    return NULL;
}
HANDLER(pending_list, pending_list_query, pending_deletion_page)

static FALLIBLE counts_of(struct call *c, int32_t type, struct marked_counts *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    return store_marked_counts(tx, type, c->now, out);
}

static FALLIBLE pending_count(struct call *c, const struct of_type *in, struct pending_count *out) {
    struct marked_counts n;
    TRY(counts_of(c, in->object_type_id.given ? in->object_type_id.value : 0, &n));
    out->count = (int32_t)n.total;
    return NULL;
}
HANDLER(pending_count, of_type, pending_count)

static FALLIBLE pending_summary(struct call *c, const struct nothing *in, struct pending_deletion_summary *out) {
    (void)in;
    struct marked_counts n;
    TRY(counts_of(c, 0, &n));
    *out = (struct pending_deletion_summary){.total_count = (int32_t)n.total,
                                             .deprovisioning_count = (int32_t)n.connected,
                                             .awaiting_grace_period_count = (int32_t)(n.total - n.connected - n.ready),
                                             .ready_for_deletion_count = (int32_t)n.ready};
    return NULL;
}
HANDLER(pending_summary, nothing, pending_deletion_summary)

/* ---- what an administrator decides ---- */

struct pending_decision {
    uuid id;
    text change_reason;
};
static SHAPE(pending_decision, NULL,
             FIELDS(FIELD(pending_decision, id, "id"), FIELD(pending_decision, change_reason, "changeReason", .query = true)));

static FALLIBLE write_decision(struct call *c, struct change *x, const struct mvo *o, enum deletion_order order, text reason) {
    static const char *const said[] = {"Deletion released", "Deletion held", "Deletion ordered"};
    struct change_note note = {.target = TARGET_MVO,
                               .operation = order == DELETION_NOW ? OPERATION_DELETE : OPERATION_UPDATE,
                               .name = mvo_display_name(c->a, x->before, o),
                               .context = text_of(said[order]),
                               .reason = reason};
    struct mvo after = *o;
    struct mvo_change made = {o, &after};
    after.deletion.order = order;
    if (order == DELETION_NOW) {
        struct initiator by = caller_initiator(c->a, &c->caller);
        after.deletion.initiator_type = by.type;
        after.deletion.initiator_id = by.id;
        after.deletion.initiator_name = by.name;
    }
    TRY(store_write_mvos(x->tx, x->before, &(struct mvo_changes){.at = &made, .count = 1, .room = 1}));
    return change_commit(c, x, &note, NULL);
}

static FALLIBLE decide(struct call *c, const struct pending_decision *in, enum deletion_order order, struct pending_deletion *out) {
    OWNED_VALUE(change) x = {0};
    struct mvos found = {0};
    struct csos connectors = {0};
    int64_t id = id_from_uuid(ID_MVO, in->id);
    TRY(change_begin(c, &x));
    if (id) TRY(store_mvos(x.tx, c->a, x.before, &id, 1, &found));
    const struct mvo *o = found.count ? &found.at[0] : NULL;
    if (!o || !deletion_state_of(x.before, o).pending)
        return FAIL(ERROR_NOT_FOUND, "No metaverse object of this id waits for its deletion.");
    TRY(store_connectors(x.tx, c->a, x.before, &id, 1, false, &connectors));
    struct mvo after = *o;
    after.deletion.order = order;
    view(c, x.before, &after, (int32_t)connectors.count, out);
    return o->deletion.order == order ? NULL : write_decision(c, &x, o, order, in->change_reason);
}

static FALLIBLE pending_hold(struct call *c, const struct pending_decision *in, struct pending_deletion *out) {
    return decide(c, in, DELETION_HELD, out);
}
HANDLER(pending_hold, pending_decision, pending_deletion)

static FALLIBLE pending_release(struct call *c, const struct pending_decision *in, struct pending_deletion *out) {
    return decide(c, in, DELETION_BY_RULE, out);
}
HANDLER(pending_release, pending_decision, pending_deletion)

static FALLIBLE pending_delete(struct call *c, const struct pending_decision *in, struct pending_deletion *out) {
    TRY(decide(c, in, DELETION_NOW, out));
    runs_delete_ordered(c->services->runs);
    return NULL;
}
HANDLER(pending_delete, pending_decision, pending_deletion)

#define DECISION(path, handler, words, name, ...)                                                                                  \
    ROUTE(POST, "/pending-deletions/{id}/" path, handler, words, .operation = name, .status = 200, .role = ROLE_ADMINISTRATOR,     \
          .also = ALSO({404, NULL, "No metaverse object of this id waits for its deletion."}), ##__VA_ARGS__)

const struct routes pending_deletion_routes = ROUTES(
    "Metaverse", "/api/v1/metaverse",
    ROUTE(GET, "/pending-deletions", pending_list, "Lists objects that wait for their deletion, the longest waiting first.",
          .operation = "GetPendingDeletions", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/pending-deletions/count", pending_count, "Counts objects that wait for their deletion.",
          .operation = "GetPendingDeletionsCount", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/pending-deletions/summary", pending_summary, "Counts them by what they wait for.",
          .operation = "GetPendingDeletionsSummary", .role = ROLE_ADMINISTRATOR),
    DECISION("hold", pending_hold, "Keeps an object that waits for its deletion, until it is released.", "HoldPendingDeletion"),
    DECISION("release", pending_release, "Leaves the object to the rule of its type again.", "ReleasePendingDeletion"),
    DECISION("delete", pending_delete, "Deletes the object without waiting for the end of its grace period.",
             "DeletePendingDeletionNow",
             .doc = "It goes as it would at that end: exports are staged, references removed. No limit of safety weighs it."));
