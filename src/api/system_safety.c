/* The limits of safety that a connected system sets for itself (operations §23). */
#include "api/change.h"

#include "model/safety.h"

struct safety_limits_view {
    struct maybe_int32 minimum_population, import_delete_percent, import_delete_count, disconnect_percent, disconnect_count,
        export_delete_percent, export_delete_count, export_create_percent, export_create_count, export_update_percent,
        export_update_count, metaverse_delete_percent, metaverse_delete_count, error_percent;
};
#define PERCENT(member, wire) FIELD(safety_limits_view, member, wire, BETWEEN(0, 100), .nullable = true)
#define COUNT(member, wire) FIELD(safety_limits_view, member, wire, AT_LEAST(0), .nullable = true)
static SHAPE(safety_limits_view, "ConnectedSystemSafety",
             FIELDS(FIELD(safety_limits_view, minimum_population, "minimumPopulation", AT_LEAST(1), .nullable = true,
                          .doc = "Percentages count for object types with so many objects or more."),
                    PERCENT(import_delete_percent, "importDeletePercent"), COUNT(import_delete_count, "importDeleteCount"),
                    PERCENT(disconnect_percent, "disconnectPercent"), COUNT(disconnect_count, "disconnectCount"),
                    PERCENT(export_delete_percent, "exportDeletePercent"), COUNT(export_delete_count, "exportDeleteCount"),
                    PERCENT(export_create_percent, "exportCreatePercent"), COUNT(export_create_count, "exportCreateCount"),
                    PERCENT(export_update_percent, "exportUpdatePercent"), COUNT(export_update_count, "exportUpdateCount"),
                    PERCENT(metaverse_delete_percent, "metaverseDeletePercent"),
                    COUNT(metaverse_delete_count, "metaverseDeleteCount"), PERCENT(error_percent, "errorPercent")),
             .doc = "Null: the setting of the service (Safety.…) holds. A share of 100 is no limit.");

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
struct safety_update {
    int32_t system;
    struct safety_limits_view limits;
    text change_reason;
};
static SHAPE(safety_update, "ConnectedSystemSafetyUpdate",
             FIELDS(FIELD(safety_update, system, "connectedSystemId"), EMBED(safety_update, limits, safety_limits_view),
                    CHANGE_REASON(safety_update, change_reason)));

/* The members stand in the order of enum safety_limit. */
_Static_assert(sizeof(struct safety_limits_view) == SAFETY_LIMIT_COUNT * sizeof(struct maybe_int32), "one member for each limit");

static void show(const struct safety_own *own, struct safety_limits_view *out) {
    struct maybe_int32 *members = (struct maybe_int32 *)out;
    for (size_t i = 0; i < SAFETY_LIMIT_COUNT; i++) members[i] = (struct maybe_int32){own->set[i], (int32_t)own->limit[i]};
}

static FALLIBLE safety_get(struct call *c, const struct of_system *in, struct safety_limits_view *out) {
    snapshot *config;
    const struct connected_system *s;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    show(&s->safety, out);
    return NULL;
}
HANDLER(safety_get, of_system, safety_limits_view)

static FALLIBLE safety_put(struct call *c, const struct safety_update *in, struct safety_limits_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct connected_system *s;
    struct safety_own own = {0};
    const struct maybe_int32 *members = (const struct maybe_int32 *)&in->limits;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &s));
    for (size_t i = 0; i < SAFETY_LIMIT_COUNT; i++) {
        own.set[i] = members[i].given;
        own.limit[i] = members[i].value;
    }
    TRY(store_save_safety(x.tx, s->id, &own));
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_UPDATE,
                               .name = s->name,
                               .reason = in->change_reason,
                               .system = s->id,
                               .id = s->id};
    TRY(change_commit(c, &x, &note, NULL));
    show(&own, out);
    return NULL;
}
HANDLER(safety_put, safety_update, safety_limits_view)

#define UNKNOWN ALSO({404, NULL, "There is no such connected system."})
const struct routes system_safety_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(GET, "/connected-systems/{connectedSystemId}/safety", safety_get, "The limits that the system sets for itself.",
          .operation = "GetConnectedSystemSafety", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(PUT, "/connected-systems/{connectedSystemId}/safety", safety_put, "Sets them; what is left out or null is the service's.",
          .operation = "UpdateConnectedSystemSafety", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
