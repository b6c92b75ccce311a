/* The triple /change-history, /change-history/{changeVersion} and /change-history/compare below every object that has one
 * (operations §12.4): one implementation, a line for each kind. */
#include "api/history.h"

#include "model/ids.h"

#include "api/activity_view.h"

/* ---- what travels ---- */

struct history_item {
    uuid activity_id;
    int32_t version;
    enum activity_operation operation;
    enum initiator_type initiated_by_type;
    uuid initiated_by_id;
    text initiated_by_name;
    instant when;
    text reason, summary;
    const struct configuration_diff *diff;
};
static SHAPE(history_item, "ConfigurationChangeHistoryItem",
             FIELDS(FIELD(history_item, activity_id, "activityId"), FIELD(history_item, version, "version"),
                    FIELD(history_item, operation, "operation", .names = &activity_operation_names),
                    FIELD(history_item, initiated_by_type, "initiatedByType", .names = &initiator_type_names),
                    FIELD(history_item, initiated_by_id, "initiatedById", .nullable = true),
                    FIELD(history_item, initiated_by_name, "initiatedByName", .nullable = true), FIELD(history_item, when, "when"),
                    FIELD(history_item, reason, "reason", .nullable = true), FIELD(history_item, summary, "summary"),
                    OBJECT(history_item, diff, "diff", configuration_diff, .nullable = true,
                           .doc = "What changed against the version before; null on the first.")));
struct history_page PAGE_OF(history_item);
static PAGE_SHAPE(history_page, history_item, "PaginatedResponseOfConfigurationChangeHistoryItem");

struct history_version {
    uuid activity_id;
    int32_t version;
    enum activity_operation operation;
    enum initiator_type initiated_by_type;
    text initiated_by_name;
    instant when;
    text reason;
    struct configuration_snapshot snapshot;
    struct configuration_diff diff;
};
static SHAPE(history_version, "ConfigurationChangeDetail",
             FIELDS(FIELD(history_version, activity_id, "activityId"), FIELD(history_version, version, "version"),
                    FIELD(history_version, operation, "operation", .names = &activity_operation_names),
                    FIELD(history_version, initiated_by_type, "initiatedByType", .names = &initiator_type_names),
                    FIELD(history_version, initiated_by_name, "initiatedByName", .nullable = true),
                    FIELD(history_version, when, "when"), FIELD(history_version, reason, "reason", .nullable = true),
                    OBJECT(history_version, snapshot, "snapshot", configuration_snapshot),
                    OBJECT(history_version, diff, "diff", configuration_diff, .doc = "Against the version before.")));

/* ---- what is done ---- */

static struct maybe_int32 version_of(const struct configuration_change *k) {
    return (struct maybe_int32){.given = k->version > 0, .value = k->version};
}

/* `before` may be NULL. */
static FALLIBLE diff_of(arena *a, const struct configuration_change *before, const struct configuration_change *after, bool whole,
                        struct configuration_diff *out) {
    struct configuration_snapshot old, new;
    if (before) TRY(history_snapshot(a, before, &old));
    TRY(history_snapshot(a, after, &new));
    history_diff(a, before ? &old : NULL, &new, whole, out);
    if (before) out->old_version = version_of(before);
    out->new_version = version_of(after);
    return NULL;
}

static FALLIBLE item_of(arena *a, const struct configuration_change *k, const struct configuration_change *before,
                        struct history_item *out) {
    struct configuration_diff *diff = ARENA_NEW(a, struct configuration_diff);
    *out = (struct history_item){.activity_id = id_to_uuid(ID_ACTIVITY, k->activity),
                                 .version = k->version,
                                 .operation = k->operation,
                                 .initiated_by_type = k->initiator.type,
                                 .initiated_by_id = initiator_uuid(k->initiator.id),
                                 .initiated_by_name = k->initiator.name,
                                 .when = k->at,
                                 .reason = k->reason,
                                 .summary = T("Created")};
    if (!before) return NULL;
    TRY(diff_of(a, before, k, false, diff));
    out->summary = history_summary(a, diff);
    out->diff = diff;
    return NULL;
}

static FALLIBLE history_list(struct call *c, enum activity_target kind, text object, const struct list_query *q,
                             struct history_page *out) {
    OWNED(store_tx) tx = NULL;
    struct configuration_changes found = {0};
    int64_t total;
    TRY(store_read(c->services->store, &tx));
    TRY(store_configuration_changes(tx, c->a, kind, object, list_offset(q), q->page_size + 1, &found, &total));
    for (size_t i = 0; i < found.count && i < (size_t)q->page_size; i++)
        TRY(item_of(c->a, &found.at[i], i + 1 < found.count ? &found.at[i + 1] : NULL, LIST_ADD(c->a, &out->items)));
    page_fill(&out->counts, q->page, q->page_size, total);
    return NULL;
}

static FALLIBLE find_version(store_tx *tx, arena *a, enum activity_target kind, text object, int32_t version,
                             struct configuration_change *out) {
    bool found = false;
    if (version > 0) TRY(store_configuration_change(tx, a, kind, object, version, out, &found));
    return found ? NULL : FAIL(ERROR_NOT_FOUND, "There is no version %d of it.", version);
}

static FALLIBLE history_get(struct call *c, enum activity_target kind, text object, int32_t version, struct history_version *out) {
    OWNED(store_tx) tx = NULL;
    struct configuration_change k, before;
    bool has_before = false;
    TRY(store_read(c->services->store, &tx));
    TRY(find_version(tx, c->a, kind, object, version, &k));
    if (version > 1) TRY(store_configuration_change(tx, c->a, kind, object, version - 1, &before, &has_before));
    *out = (struct history_version){.activity_id = id_to_uuid(ID_ACTIVITY, k.activity),
                                    .version = k.version,
                                    .operation = k.operation,
                                    .initiated_by_type = k.initiator.type,
                                    .initiated_by_name = k.initiator.name,
                                    .when = k.at,
                                    .reason = k.reason};
    TRY(history_snapshot(c->a, &k, &out->snapshot));
    return diff_of(c->a, has_before ? &before : NULL, &k, true, &out->diff);
}

static FALLIBLE history_compare(struct call *c, enum activity_target kind, text object, int32_t from, int32_t to,
                                struct configuration_diff *out) {
    OWNED(store_tx) tx = NULL;
    struct configuration_change before, after;
    TRY(store_read(c->services->store, &tx));
    TRY(find_version(tx, c->a, kind, object, from, &before));
    TRY(find_version(tx, c->a, kind, object, to, &after));
    return diff_of(c->a, &before, &after, true, out);
}

/* ---- where it is reached ---- */

static text int32_object(arena *a, int32_t id) { return arena_print(a, "%d", id); }
static text uuid_object(arena *a, uuid id) {
    char *at = arena_bytes(a, 36);
    uuid_write(id, at);
    return (text){at, 36};
}
static text text_object(arena *a, text key) {
    (void)a;
    return key;
}

/* What comes in, for objects that are named in the path by such a member. */
#define REQUESTS(tag, type, wire)                                                                                                  \
    struct tag##_list {                                                                                                            \
        type object;                                                                                                               \
        struct list_query list;                                                                                                    \
    };                                                                                                                             \
    static SHAPE(tag##_list, NULL, FIELDS(FIELD(tag##_list, object, wire), EMBED(tag##_list, list, list_query)));                  \
    struct tag##_version {                                                                                                         \
        type object;                                                                                                               \
        int32_t version;                                                                                                           \
    };                                                                                                                             \
    static SHAPE(tag##_version, NULL, FIELDS(FIELD(tag##_version, object, wire), FIELD(tag##_version, version, "changeVersion"))); \
    struct tag##_compare {                                                                                                         \
        type object;                                                                                                               \
        int32_t from, to;                                                                                                          \
    };                                                                                                                             \
    static SHAPE(tag##_compare, NULL,                                                                                              \
                 FIELDS(FIELD(tag##_compare, object, wire), FIELD(tag##_compare, from, "fromVersion", .by_default = "0"),          \
                        FIELD(tag##_compare, to, "toVersion", .by_default = "0")));

/* … and for what has a number within a tenant. */
struct in_tenant {
    int32_t tenant, id;
};
static text tenant_object(arena *a, struct in_tenant at) { return arena_print(a, "%d/%d", at.tenant, at.id); }
#define OF_TENANT(tag) FIELD(tag, object.tenant, "tenantId"), FIELD(tag, object.id, "id")
struct by_tenant_list {
    struct in_tenant object;
    struct list_query list;
};
static SHAPE(by_tenant_list, NULL, FIELDS(OF_TENANT(by_tenant_list), EMBED(by_tenant_list, list, list_query)));
struct by_tenant_version {
    struct in_tenant object;
    int32_t version;
};
static SHAPE(by_tenant_version, NULL, FIELDS(OF_TENANT(by_tenant_version), FIELD(by_tenant_version, version, "changeVersion")));
struct by_tenant_compare {
    struct in_tenant object;
    int32_t from, to;
};
static SHAPE(by_tenant_compare, NULL,
             FIELDS(OF_TENANT(by_tenant_compare), FIELD(by_tenant_compare, from, "fromVersion", .by_default = "0"),
                    FIELD(by_tenant_compare, to, "toVersion", .by_default = "0")));

/* The three handlers of a kind. */
#define HANDLERS(kind, target, tag, object_text)                                                                                   \
    static FALLIBLE kind##_list(struct call *c, const struct tag##_list *in, struct history_page *out) {                           \
        return history_list(c, target, object_text(c->a, in->object), &in->list, out);                                             \
    }                                                                                                                              \
    HANDLER(kind##_list, tag##_list, history_page)                                                                                 \
    static FALLIBLE kind##_get(struct call *c, const struct tag##_version *in, struct history_version *out) {                      \
        return history_get(c, target, object_text(c->a, in->object), in->version, out);                                            \
    }                                                                                                                              \
    HANDLER(kind##_get, tag##_version, history_version)                                                                            \
    static FALLIBLE kind##_compare(struct call *c, const struct tag##_compare *in, struct configuration_diff *out) {               \
        return history_compare(c, target, object_text(c->a, in->object), in->from, in->to, out);                                   \
    }                                                                                                                              \
    HANDLER(kind##_compare, tag##_compare, configuration_diff)

#define TRIPLE(kind, path, noun)                                                                                                   \
    ROUTE(GET, path "/change-history", kind##_list, "Lists the versions, the newest first.",                                       \
          .operation = "Get" noun "ChangeHistory", .role = ROLE_ADMINISTRATOR),                                                    \
        ROUTE(GET, path "/change-history/compare", kind##_compare, "Compares two versions.",                                       \
              .operation = "Compare" noun "Changes", .role = ROLE_ADMINISTRATOR,                                                   \
              .also = ALSO({404, NULL, "There is no such version."})),                                                             \
        ROUTE(GET, path "/change-history/{changeVersion}", kind##_get, "Shows a version with all that it held.",                   \
              .operation = "Get" noun "Change", .role = ROLE_ADMINISTRATOR,                                                        \
              .also = ALSO({404, NULL, "There is no such version."}))

REQUESTS(by_number, int32_t, "id")
REQUESTS(by_system, int32_t, "connectedSystemId")
REQUESTS(by_role, int32_t, "roleId")
REQUESTS(by_guid, uuid, "id")
REQUESTS(by_key, text, "key")

HANDLERS(api_key, TARGET_API_KEY, by_guid, uuid_object)
HANDLERS(role, TARGET_ROLE, by_role, int32_object)
HANDLERS(setting, TARGET_SERVICE_SETTING, by_key, text_object)
HANDLERS(attribute, TARGET_MV_ATTRIBUTE, by_number, int32_object)
HANDLERS(object_type, TARGET_MV_TYPE, by_number, int32_object)
HANDLERS(system, TARGET_CONNECTED_SYSTEM, by_system, int32_object)
HANDLERS(definition, TARGET_CONNECTOR_DEFINITION, by_number, int32_object)
HANDLERS(tenant, TARGET_TENANT, by_number, int32_object)
HANDLERS(data_user, TARGET_DATA_USER, by_tenant, tenant_object)
HANDLERS(data_role, TARGET_DATA_ROLE, by_tenant, tenant_object)
HANDLERS(core_template, TARGET_CORE_TEMPLATE, by_tenant, tenant_object)
HANDLERS(data_pool, TARGET_DATA_POOL, by_tenant, tenant_object)
HANDLERS(search_configuration, TARGET_SEARCH_CONFIGURATION, by_tenant, tenant_object)
HANDLERS(predefined, TARGET_PREDEFINED_SEARCH, by_number, int32_object)
HANDLERS(rule, TARGET_SYNC_RULE, by_number, int32_object)

const struct routes api_key_history_routes = ROUTES("ApiKeys", "/api/v1", TRIPLE(api_key, "/apikeys/{id}", "ApiKey"));
const struct routes role_history_routes = ROUTES("Security", "/api/v1", TRIPLE(role, "/security/roles/{roleId}", "Role"));
const struct routes setting_history_routes =
    ROUTES("ServiceSettings", "/api/v1", TRIPLE(setting, "/service-settings/{key}", "ServiceSetting"));
const struct routes metaverse_history_routes =
    ROUTES("Metaverse", "/api/v1/metaverse", TRIPLE(attribute, "/attributes/{id}", "Attribute"),
           TRIPLE(object_type, "/object-types/{id}", "ObjectType"));
const struct routes synchronisation_history_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation", TRIPLE(system, "/connected-systems/{connectedSystemId}", "ConnectedSystem"),
    TRIPLE(definition, "/connector-definitions/{id}", "ConnectorDefinition"), TRIPLE(rule, "/sync-rules/{id}", "SyncRule"));
const struct routes predefined_history_routes =
    ROUTES("PredefinedSearches", "/api/v1", TRIPLE(predefined, "/predefined-searches/{id}", "PredefinedSearch"));
const struct routes public_history_routes =
    ROUTES("Tenants", "/api/v1", TRIPLE(tenant, "/tenants/{id}", "Tenant"),
           TRIPLE(data_user, "/tenants/{tenantId}/users/{id}", "DataUser"),
           TRIPLE(data_role, "/tenants/{tenantId}/roles/{id}", "DataRole"),
           TRIPLE(core_template, "/tenants/{tenantId}/core-templates/{id}", "CoreTemplate"),
           TRIPLE(data_pool, "/tenants/{tenantId}/data-pools/{id}", "DataPool"),
           TRIPLE(search_configuration, "/tenants/{tenantId}/search-configurations/{id}", "SearchConfiguration"));
