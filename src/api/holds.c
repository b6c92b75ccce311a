/* What runs did not do because it was too much: to be looked at, released or discarded (operations §23). */
#include "api/activity_view.h"
#include "api/outcome_view.h"

#include "model/ids.h"
#include "runs/safety.h"

/* ---- what travels ---- */

struct hold_view {
    uuid id;
    enum hold_guard guard;
    struct maybe_int32 connected_system_id;
    text connected_system_name, object_type_name;
    uuid activity_id;
    int64_t measured, population;
    struct maybe_int64 limit_percent, limit_count;
    enum hold_status status;
    instant created, decided;
    struct maybe_enum decided_by_type;
    uuid decided_by_id;
    text decided_by_name, reason;
    int64_t object_count;
};
static SHAPE(hold_view, "Hold",
             FIELDS(FIELD(hold_view, id, "id"), FIELD(hold_view, guard, "guard", .names = &hold_guard_names),
                    FIELD(hold_view, connected_system_id, "connectedSystemId",
                          .doc = "Whose run was held; null: scheduled deletions."),
                    FIELD(hold_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(hold_view, object_type_name, "objectTypeName", .nullable = true,
                          .doc = "Of the system or of the metaverse; null: all types of the system (exports)."),
                    FIELD(hold_view, activity_id, "activityId", .doc = "The run that was held."),
                    FIELD(hold_view, measured, "measured", .doc = "So many objects would have been changed in all."),
                    FIELD(hold_view, population, "population", .doc = "… of so many that there were when the run began."),
                    FIELD(hold_view, limit_percent, "limitPercent", .doc = "As it was; null: none."),
                    FIELD(hold_view, limit_count, "limitCount", .doc = "As it was; null: none."),
                    FIELD(hold_view, status, "status", .names = &hold_status_names), FIELD(hold_view, created, "created"),
                    FIELD(hold_view, decided, "decided", .nullable = true),
                    FIELD(hold_view, decided_by_type, "decidedByType", .names = &initiator_type_names),
                    FIELD(hold_view, decided_by_id, "decidedById", .nullable = true),
                    FIELD(hold_view, decided_by_name, "decidedByName", .nullable = true),
                    FIELD(hold_view, reason, "reason", .nullable = true),
                    FIELD(hold_view, object_count, "objectCount", .doc = "Objects of its list.")));
struct hold_page PAGE_OF(hold_view);
static PAGE_SHAPE(hold_page, hold_view, "PaginatedResponseOfHold");

struct held_view {
    uuid connected_system_object_id, metaverse_object_id, pending_export_id;
    text external_id, display_name, object_type_name;
    enum object_change change;
    enum held_state state;
    struct outcome_views outcomes;
};
static SHAPE(held_view, "HeldObject",
             FIELDS(FIELD(held_view, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(held_view, metaverse_object_id, "metaverseObjectId", .nullable = true),
                    FIELD(held_view, pending_export_id, "pendingExportId", .nullable = true),
                    FIELD(held_view, external_id, "externalId", .nullable = true),
                    FIELD(held_view, display_name, "displayName", .nullable = true),
                    FIELD(held_view, object_type_name, "objectTypeName", .nullable = true),
                    FIELD(held_view, change, "objectChangeType", .names = &object_change_names),
                    FIELD(held_view, state, "state", .names = &held_state_names,
                          .doc = "What became of it when the hold was released."),
                    OBJECTS(held_view, outcomes, "outcomes", outcome_view)));
struct held_page PAGE_OF(held_view);
static PAGE_SHAPE(held_page, held_view, "PaginatedResponseOfHeldObject");

struct holds_in {
    struct maybe_enum status;
    struct maybe_int32 connected_system_id;
    int32_t page, page_size;
};
static SHAPE(holds_in, NULL,
             FIELDS(FIELD(holds_in, status, "status", .names = &hold_status_names),
                    FIELD(holds_in, connected_system_id, "connectedSystemId"), FIELD(holds_in, page, "page", .by_default = "1"),
                    FIELD(holds_in, page_size, "pageSize", .by_default = "50")));
struct held_in {
    uuid id;
    int32_t page, page_size;
};
static SHAPE(held_in, NULL,
             FIELDS(FIELD(held_in, id, "id"), FIELD(held_in, page, "page", .by_default = "1"),
                    FIELD(held_in, page_size, "pageSize", .by_default = "50")));

struct hold_decision {
    uuid id;
    text reason;
};
static SHAPE(hold_decision, "HoldDecisionRequest",
             FIELDS(FIELD(hold_decision, id, "id"), FIELD(hold_decision, reason, "reason", .required = true, .max_length = 1000,
                                                          .doc = "Why; kept with the hold.")));
struct hold_release {
    uuid activity_id, task_id;
    text message;
};
static SHAPE(hold_release, "HoldReleaseResponse",
             FIELDS(FIELD(hold_release, activity_id, "activityId"), FIELD(hold_release, task_id, "taskId"),
                    FIELD(hold_release, message, "message")));

/* ---- what is done ---- */

static uuid uuid_or_none(enum id_kind kind, int64_t id) { return id ? id_to_uuid(kind, id) : (uuid){{0}}; }
static struct maybe_int64 limit_or_none(int64_t n) { return (struct maybe_int64){n != SAFETY_OFF, n}; }

static struct hold_view view_of(const struct hold *h) {
    bool by = h->decided_by.type != BY_NOT_SET;
    return (struct hold_view){.id = id_to_uuid(ID_HOLD, h->id),
                              .guard = h->guard,
                              .connected_system_id = {h->system != 0, h->system},
                              .connected_system_name = h->system_name,
                              .object_type_name = h->type_name,
                              .activity_id = id_to_uuid(ID_ACTIVITY, h->activity),
                              .measured = h->measured,
                              .population = h->population,
                              .limit_percent = limit_or_none(h->limit_percent),
                              .limit_count = limit_or_none(h->limit_count),
                              .status = h->status,
                              .created = h->created,
                              .decided = h->decided,
                              .decided_by_type = {by, h->decided_by.type},
                              .decided_by_id = initiator_uuid(h->decided_by.id),
                              .decided_by_name = h->decided_by.name,
                              .reason = h->reason,
                              .object_count = h->objects};
}

static FALLIBLE holds_list(struct call *c, const struct holds_in *in, struct hold_page *out) {
    int32_t page = in->page, size = in->page_size;
    list_clamp(&page, &size, 50, 100);
    TRY(list_depth(c, page, size));
    OWNED(store_tx) tx = NULL;
    struct holds found = {0};
    int64_t total;
    struct hold_query q = {.statuses = in->status.given ? 1u << in->status.value : 0,
                           .system = in->connected_system_id.given ? in->connected_system_id.value : 0,
                           .guard = -1,
                           .offset = (int64_t)(page - 1) * size,
                           .limit = size};
    TRY(store_read(c->services->store, &tx));
    TRY(store_holds(tx, c->a, &q, &found, &total));
    for (EACH(const struct hold, h, &found)) *LIST_ADD(c->a, &out->items) = view_of(h);
    page_fill(&out->counts, page, size, total);
    return NULL;
}
HANDLER(holds_list, holds_in, hold_page)

static FALLIBLE find_hold(struct call *c, store_tx *tx, uuid id, struct hold *out) {
    int64_t number = id_from_uuid(ID_HOLD, id);
    bool found = false;
    if (number) TRY(store_hold(tx, c->a, number, out, &found));
    return found ? NULL : FAIL(ERROR_NOT_FOUND, "There is no hold of this id.");
}

static FALLIBLE hold_get(struct call *c, const struct by_uuid *in, struct hold_view *out) {
    OWNED(store_tx) tx = NULL;
    struct hold h;
    TRY(store_read(c->services->store, &tx));
    TRY(find_hold(c, tx, in->id, &h));
    *out = view_of(&h);
    return NULL;
}
HANDLER(hold_get, by_uuid, hold_view)

static FALLIBLE hold_objects(struct call *c, const struct held_in *in, struct held_page *out) {
    int32_t page = in->page, size = in->page_size;
    list_clamp(&page, &size, 50, 100);
    TRY(list_depth(c, page, size));
    OWNED(store_tx) tx = NULL;
    struct hold h;
    struct held_objects found = {0};
    int64_t total;
    TRY(store_read(c->services->store, &tx));
    TRY(find_hold(c, tx, in->id, &h));
    TRY(store_count_held(tx, h.id, -1, &total));
    /* places have no gaps, so a page is found by them */
    struct held_query q = {.hold = h.id, .state = -1, .after = (int64_t)(page - 1) * size, .limit = size};
    TRY(store_held(tx, c->a, &q, &found));
    for (EACH(const struct held_object, o, &found)) {
        struct held_view *v = LIST_ADD(c->a, &out->items);
        *v = (struct held_view){.connected_system_object_id = uuid_or_none(ID_CSO, o->cso),
                                .metaverse_object_id = uuid_or_none(ID_MVO, o->mvo),
                                .pending_export_id = uuid_or_none(ID_PENDING_EXPORT, o->pending_export),
                                .external_id = o->external_id,
                                .display_name = o->display_name,
                                .object_type_name = o->object_type,
                                .change = o->change,
                                .state = o->state};
        outcome_views_of(c->a, o->outcomes, &v->outcomes);
    }
    page_fill(&out->counts, page, size, total);
    return NULL;
}
HANDLER(hold_objects, held_in, held_page)

static FALLIBLE hold_release(struct call *c, const struct hold_decision *in, struct hold_release *out) {
    struct run_ticket ticket;
    struct initiator by = caller_initiator(c->a, &c->caller);
    TRY(runs_release_hold(c->services->runs, c->a, id_from_uuid(ID_HOLD, in->id), &by, in->reason, &ticket));
    *out = (struct hold_release){id_to_uuid(ID_ACTIVITY, ticket.activity), id_to_uuid(ID_TASK, ticket.task), ticket.message};
    return NULL;
}
HANDLER(hold_release, hold_decision, hold_release)

static FALLIBLE hold_discard(struct call *c, const struct hold_decision *in, struct hold_view *out) {
    struct initiator by = caller_initiator(c->a, &c->caller);
    TRY(runs_discard_hold(c->services->runs, c->a, id_from_uuid(ID_HOLD, in->id), &by, in->reason));
    struct by_uuid id = {in->id};
    return hold_get(c, &id, out);
}
HANDLER(hold_discard, hold_decision, hold_view)

#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such hold." }
const struct routes hold_routes = ROUTES(
    "Holds", "/api/v1",
    ROUTE(GET, "/holds", holds_list, "Lists what runs did not do because it was too much, the newest first.",
          .operation = "GetHolds", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/holds/{id}", hold_get, "Shows a hold.", .operation = "GetHold", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
    ROUTE(GET, "/holds/{id}/objects", hold_objects, "What would have happened, object by object.", .operation = "GetHeldObjects",
          .role = ROLE_ADMINISTRATOR, .doc = "A hold that was superseded keeps its figures, not its list.", .also = ALSO(UNKNOWN)),
    ROUTE(POST, "/holds/{id}/release", hold_release, "Does what was held, once: exactly the listed objects that still qualify.",
          .operation = "ReleaseHold", .status = 202, .role = ROLE_ADMINISTRATOR,
          .doc = "A release that is cancelled or fails opens the hold again for what it has not done.",
          .also = ALSO(UNKNOWN, {409, NULL, "It is decided already, or its system is not active."})),
    ROUTE(POST, "/holds/{id}/discard", hold_discard, "Closes a hold; nothing is done.", .operation = "DiscardHold", .status = 200,
          .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN, {409, NULL, "It is decided already."})));
