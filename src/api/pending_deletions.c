/* Metaverse objects that wait for their deletion (sync-engine §12.7, operations §18.3). */
#include "api/rule_parts.h"
#include "api/value_view.h"

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
};
static SHAPE(pending_deletion, "PendingDeletionDto",
             FIELDS(FIELD(pending_deletion, id, "id"), FIELD(pending_deletion, display_name, "displayName", .nullable = true),
                    OBJECT(pending_deletion, type, "type", named_id),
                    FIELD(pending_deletion, last_connector_disconnected_date, "lastConnectorDisconnectedDate"),
                    FIELD(pending_deletion, deletion_eligible_date, "deletionEligibleDate", .nullable = true),
                    FIELD(pending_deletion, days_until_deletion, "daysUntilDeletion", .doc = "Full or begun days."),
                    FIELD(pending_deletion, grace_period, "gracePeriod"),
                    FIELD(pending_deletion, connected_system_object_count, "connectedSystemObjectCount"),
                    FIELD(pending_deletion, status, "status", .doc = "Deprovisioning, AwaitingGracePeriod or ReadyForDeletion."),
                    FIELD(pending_deletion, deletion_triggered_by_system_id, "deletionTriggeredBySystemId"),
                    FIELD(pending_deletion, deletion_triggered_by_system_name, "deletionTriggeredBySystemName", .nullable = true)));
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

const struct routes pending_deletion_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, "/pending-deletions", pending_list, "Lists objects that wait for their deletion, the longest waiting first.",
                 .operation = "GetPendingDeletions", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/pending-deletions/count", pending_count, "Counts objects that wait for their deletion.",
                 .operation = "GetPendingDeletionsCount", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/pending-deletions/summary", pending_summary, "Counts them by what they wait for.",
                 .operation = "GetPendingDeletionsSummary", .role = ROLE_ADMINISTRATOR));
