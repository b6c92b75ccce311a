/* Activities: what happened, how far a run is, and its items (operations §11.4). */
#include "api/activity_view.h"
#include "model/ids.h"
#include "runs/runs.h"
#include "store/security_events.h"

#define OUTCOME_FILTERS(X)                                                                                                         \
    X(FILTER_ADDED, "Added")                                                                                                       \
    X(FILTER_UPDATED, "Updated")                                                                                                   \
    X(FILTER_DELETED, "Deleted")                                                                                                   \
    X(FILTER_PROJECTED, "Projected")                                                                                               \
    X(FILTER_JOINED, "Joined")                                                                                                     \
    X(FILTER_ATTRIBUTE_FLOWS, "AttributeFlows")                                                                                    \
    X(FILTER_DISCONNECTED, "Disconnected")                                                                                         \
    X(FILTER_DRIFT_CORRECTIONS, "DriftCorrections")                                                                                \
    X(FILTER_PROVISIONED, "Provisioned")                                                                                           \
    X(FILTER_EXPORTED, "Exported")                                                                                                 \
    X(FILTER_DEPROVISIONED, "Deprovisioned")                                                                                       \
    X(FILTER_CREATED, "Created") X(FILTER_PENDING_EXPORTS, "PendingExports") X(FILTER_ERRORS, "Errors")
NAMED_ENUM(outcome_filter, OUTCOME_FILTERS)
NAMED_ENUM_TABLE(outcome_filter, "ActivityOutcomeType", OUTCOME_FILTERS)

struct activities_in {
    struct list_query list;
    text search;
    struct enums target_type, initiator_type, operation, outcome, status;
    uuid initiated_by_id;
    struct maybe_bool has_child_activities, scheduled_only;
    instant created_from, created_to;
    struct texts connected_system, run_profile;
    text initiated_by;
    struct uuids schedule_id;
};
static SHAPE(
    activities_in, NULL,
    FIELDS(EMBED(activities_in, list, list_query),
           FIELD(activities_in, search, "search", .doc = "Part of target name, target context or initiator, in any letter case."),
           FIELD(activities_in, target_type, "targetType", .names = &activity_target_names),
           FIELD(activities_in, initiator_type, "initiatorType", .names = &initiator_type_names),
           FIELD(activities_in, operation, "operation", .names = &activity_operation_names),
           FIELD(activities_in, outcome, "outcome", .names = &outcome_filter_names),
           FIELD(activities_in, status, "status", .names = &activity_status_names),
           FIELD(activities_in, initiated_by_id, "initiatedById"), FIELD(activities_in, has_child_activities, "hasChildActivities"),
           FIELD(activities_in, created_from, "createdFrom"), FIELD(activities_in, created_to, "createdTo"),
           FIELD(activities_in, connected_system, "connectedSystem"), FIELD(activities_in, run_profile, "runProfile"),
           FIELD(activities_in, initiated_by, "initiatedBy"), FIELD(activities_in, scheduled_only, "scheduledOnly"),
           FIELD(activities_in, schedule_id, "scheduleId")));

struct activity_page PAGE_OF(activity_header);
static PAGE_SHAPE(activity_page, activity_header, "PaginatedResponseOfActivityHeader");

static uint64_t mask_of(const struct enums *wanted) {
    uint64_t mask = 0;
    for (EACH(unsigned, n, wanted)) mask |= UINT64_C(1) << *n;
    return mask;
}

static int sort_of(text name) {
    static const char *const keys[] = {"created", "status", "type", "target"};
    for (int i = 0; i < 4; i++)
        if (text_equal_ascii_case(name, text_of(keys[i]))) return i;
    return 0;
}

static FALLIBLE fill_page(struct call *c, const struct list_query *list, const struct activity_query *q,
                          struct activity_page *out) {
    OWNED(store_tx) tx = NULL;
    struct activities found = {0};
    int64_t total;
    TRY(store_read(c->services->store, &tx));
    TRY(store_activities(tx, c->a, q, &found, &total));
    for (EACH(struct activity, f, &found)) activity_header_of(c->a, f, LIST_ADD(c->a, &out->items));
    if (!found.count) total = q->offset ? 0 : total; /* a page past the end says 0 (contract §5) */
    page_fill(&out->counts, list->page, list->page_size, total);
    return NULL;
}

static FALLIBLE activities_list(struct call *c, const struct activities_in *in, struct activity_page *out) {
    if (in->scheduled_only.given && in->scheduled_only.value) { /* schedules come later: nothing is scheduled yet */
        page_fill(&out->counts, in->list.page, in->list.page_size, 0);
        return NULL;
    }
    struct activity_query q = {.search = in->search,
                               .initiated_by = in->initiated_by,
                               .targets = mask_of(&in->target_type),
                               .operations = mask_of(&in->operation),
                               .statuses = mask_of(&in->status),
                               .initiator_types = mask_of(&in->initiator_type),
                               .outcomes = (unsigned)mask_of(&in->outcome),
                               .systems = in->connected_system,
                               .run_profiles = in->run_profile,
                               .from = in->created_from,
                               .to = in->created_to,
                               .has_children = in->has_child_activities.given ? in->has_child_activities.value : -1,
                               .sort = sort_of(in->list.sort_by),
                               .descending = list_descending(&in->list),
                               .offset = list_offset(&in->list),
                               .limit = in->list.page_size};
    if (!uuid_is_zero(in->initiated_by_id)) {
        char *id = arena_bytes(c->a, 36);
        uuid_write(in->initiated_by_id, id);
        q.initiated_by_id = (text){id, 36};
    }
    return fill_page(c, &in->list, &q, out);
}
HANDLER(activities_list, activities_in, activity_page)

static FALLIBLE load(struct call *c, store_tx *tx, uuid id, struct activity *out) {
    bool found = false;
    int64_t number = id_from_uuid(ID_ACTIVITY, id);
    if (number) TRY(store_activity(tx, c->a, number, out, &found));
    return found ? NULL : FAIL(ERROR_NOT_FOUND, "There is no activity of this id.");
}

/* What the activity made of the configuration; a tombstone has no version. */
static FALLIBLE add_version(struct call *c, store_tx *tx, int64_t activity, struct activity_detail *out) {
    struct configuration_change k;
    bool found;
    TRY(store_configuration_change_of(tx, c->a, activity, &k, &found));
    if (!found) return NULL;
    struct configuration_snapshot *of = ARENA_NEW(c->a, struct configuration_snapshot);
    TRY(history_snapshot(c->a, &k, of));
    out->configuration_change_snapshot = of;
    out->configuration_change_version = (struct maybe_int32){k.version > 0, k.version};
    out->configuration_change_class = (struct maybe_enum){true, k.class};
    return NULL;
}

static FALLIBLE add_security_event(struct call *c, store_tx *tx, int64_t activity, struct activity_detail *out) {
    struct security_event e;
    bool found;
    TRY(store_security_event(tx, c->a, activity, &e, &found));
    if (!found) return NULL;
    struct security_event_view *v = ARENA_NEW(c->a, struct security_event_view);
    *v = (struct security_event_view){.kind = (enum audit_kind)e.kind,
                                      .api_key_prefix = e.prefix,
                                      .client_ip_address = e.client,
                                      .reason = e.reason,
                                      .subject = e.subject,
                                      .window = e.window,
                                      .first_seen = e.first,
                                      .last_seen = e.last,
                                      .attempts = e.attempts};
    out->security_event = v;
    return NULL;
}

static FALLIBLE activity_get(struct call *c, const struct by_uuid *in, struct activity_detail *out) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    int64_t types = 0;
    TRY(store_read(c->services->store, &tx));
    TRY(load(c, tx, in->id, &activity));
    if (activity.target == TARGET_RUN_PROFILE) TRY(store_item_type_count(tx, activity.id, &types));
    activity_detail_of(c->a, &activity, types, out);
    if (activity.target == TARGET_AUTHENTICATION) TRY(add_security_event(c, tx, activity.id, out));
    return add_version(c, tx, activity.id, out);
}
HANDLER(activity_get, by_uuid, activity_detail)

static FALLIBLE activity_progress(struct call *c, const struct by_uuid *in, struct activity_progress *out) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    TRY(store_read(c->services->store, &tx));
    TRY(load(c, tx, in->id, &activity));
    activity_progress_of(c->a, &activity, c->services->runs, c->now, out);
    return NULL;
}
HANDLER(activity_progress, by_uuid, activity_progress)

static FALLIBLE load_run(struct call *c, store_tx *tx, uuid id, struct activity *out) {
    TRY(load(c, tx, id, out));
    if (out->target == TARGET_RUN_PROFILE) return NULL;
    return FAIL(ERROR_INVALID, "Only the activities of run profiles have items and statistics.");
}

static FALLIBLE activity_stats(struct call *c, const struct by_uuid *in, struct activity_stats *out) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    int64_t types;
    TRY(store_read(c->services->store, &tx));
    TRY(load_run(c, tx, in->id, &activity));
    TRY(store_item_type_count(tx, activity.id, &types));
    activity_stats_of(c->a, &activity, types, out);
    return NULL;
}
HANDLER(activity_stats, by_uuid, activity_stats)

struct children_in {
    uuid id;
    struct list_query list;
};
static SHAPE(children_in, NULL, FIELDS(FIELD(children_in, id, "id"), EMBED(children_in, list, list_query)));

static FALLIBLE activity_children(struct call *c, const struct children_in *in, struct activity_page *out) {
    struct activity activity;
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(c->services->store, &tx));
        TRY(load(c, tx, in->id, &activity));
    }
    struct activity_query q = {
        .parent = activity.id, .has_children = -1, .offset = list_offset(&in->list), .limit = in->list.page_size};
    q.sort = sort_of(in->list.sort_by);
    q.descending = list_descending(&in->list);
    return fill_page(c, &in->list, &q, out);
}
HANDLER(activity_children, children_in, activity_page)

struct items_in {
    uuid id;
    struct list_query list;
    text search, connected_system_object_type;
    struct enums error_type, object_change_type, outcome_type;
};
static SHAPE(items_in, NULL,
             FIELDS(FIELD(items_in, id, "id"), EMBED(items_in, list, list_query),
                    FIELD(items_in, search, "search", .doc = "Part of the name or the external id, in any letter case."),
                    FIELD(items_in, connected_system_object_type, "connectedSystemObjectType"),
                    FIELD(items_in, error_type, "errorType", .names = &item_error_names),
                    FIELD(items_in, object_change_type, "objectChangeType", .names = &object_change_names),
                    FIELD(items_in, outcome_type, "outcomeType", .names = &outcome_names)));

struct item_page PAGE_OF(item_header);
static PAGE_SHAPE(item_page, item_header, "PaginatedResponseOfActivityRunProfileExecutionItemHeader");

static FALLIBLE activity_items(struct call *c, const struct items_in *in, struct item_page *out) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    struct run_items items = {0};
    int64_t total;
    TRY(store_read(c->services->store, &tx));
    TRY(load_run(c, tx, in->id, &activity));
    struct item_query q = {.activity = activity.id,
                           .search = in->search,
                           .object_type = in->connected_system_object_type,
                           .errors = mask_of(&in->error_type),
                           .changes = mask_of(&in->object_change_type),
                           .outcomes = mask_of(&in->outcome_type),
                           .offset = list_offset(&in->list),
                           .limit = in->list.page_size};
    TRY(store_items(tx, c->a, &q, &items, &total));
    for (EACH(struct run_item, item, &items)) item_header_of(c->a, item, LIST_ADD(c->a, &out->items));
    page_fill(&out->counts, in->list.page, in->list.page_size, items.count || !q.offset ? total : 0);
    return NULL;
}
HANDLER(activity_items, items_in, item_page)

const struct routes activity_routes = ROUTES(
    "Activities", "/api/v1",
    ROUTE(GET, "/activities", activities_list, "Lists what happened, newest last unless asked otherwise.",
          .operation = "GetActivities", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/activities/{id}", activity_get, "One activity with its statistics and phases.", .operation = "GetActivity",
          .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such activity."})),
    ROUTE(GET, "/activities/{id}/children", activity_children, "The activities that one has caused.",
          .operation = "GetActivityChildren", .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such activity."})),
    ROUTE(GET, "/activities/{id}/items", activity_items, "The objects that a run has touched.",
          .operation = "GetActivityExecutionItems", .role = ROLE_ADMINISTRATOR,
          .also = ALSO({404, NULL, "There is no such activity."})),
    ROUTE(GET, "/activities/{id}/progress", activity_progress, "How far it is.", .operation = "GetActivityProgress",
          .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such activity."})),
    ROUTE(GET, "/activities/{id}/stats", activity_stats, "What a run has done, in numbers.", .operation = "GetActivityStats",
          .role = ROLE_ADMINISTRATOR,
          .also = ALSO({400, NULL, "It is not the activity of a run."}, {404, NULL, "There is no such activity."})));
