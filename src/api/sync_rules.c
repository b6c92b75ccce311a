/* Synchronisation rules: which objects of a system become which identities, or the other way round (sync-engine §2.5). */
#include "api/history_views.h"
#include "api/proposals.h"
#include "api/rule_parts.h"
#include "base/unicode.h"

#include <stdlib.h>

/* What a rule does beside flowing attributes. */
#define RULE_ACTIONS(X) X(RULE_FLOW_ONLY, "FlowOnly") X(RULE_PROJECTS, "Projects") X(RULE_PROVISIONS, "Provisions")
NAMED_ENUM(rule_action, RULE_ACTIONS)
NAMED_ENUM_TABLE(rule_action, "SyncRuleActionType", RULE_ACTIONS)
#define RULE_STATUSES(X) X(RULE_DISABLED, "Disabled") X(RULE_ENABLED, "Enabled")
NAMED_ENUM(rule_status, RULE_STATUSES)
NAMED_ENUM_TABLE(rule_status, "SyncRuleStatus", RULE_STATUSES)

struct rule_view {
    int32_t id;
    text name;
    text description;
    instant created;
    int32_t connected_system_id;
    text connected_system_name;
    int32_t connected_system_object_type_id;
    text connected_system_object_type_name;
    int32_t metaverse_object_type_id;
    text metaverse_object_type_name;
    enum rule_direction direction;
    struct maybe_bool provision_to_connected_system;
    struct maybe_bool project_to_metaverse;
    bool enabled;
    bool enforce_state;
    enum out_of_scope_action inbound_out_of_scope_action;
    enum deprovision_action outbound_deprovision_action;
};
static SHAPE(rule_view, "SyncRuleHeader",
             FIELDS(FIELD(rule_view, id, "id"), FIELD(rule_view, name, "name"),
                    FIELD(rule_view, description, "description", .nullable = true), FIELD(rule_view, created, "created"),
                    FIELD(rule_view, connected_system_id, "connectedSystemId"),
                    FIELD(rule_view, connected_system_name, "connectedSystemName"),
                    FIELD(rule_view, connected_system_object_type_id, "connectedSystemObjectTypeId"),
                    FIELD(rule_view, connected_system_object_type_name, "connectedSystemObjectTypeName"),
                    FIELD(rule_view, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(rule_view, metaverse_object_type_name, "metaverseObjectTypeName"),
                    FIELD(rule_view, direction, "direction", .names = &rule_direction_names),
                    FIELD(rule_view, provision_to_connected_system, "provisionToConnectedSystem", .doc = "Null on import rules."),
                    FIELD(rule_view, project_to_metaverse, "projectToMetaverse", .doc = "Null on export rules."),
                    FIELD(rule_view, enabled, "enabled"), FIELD(rule_view, enforce_state, "enforceState"),
                    FIELD(rule_view, inbound_out_of_scope_action, "inboundOutOfScopeAction", .names = &out_of_scope_action_names),
                    FIELD(rule_view, outbound_deprovision_action, "outboundDeprovisionAction",
                          .names = &deprovision_action_names)));

struct rules_query {
    struct list_query list;
    struct int32s systems;
    struct enums directions, actions, statuses;
    text search;
};
static SHAPE(rules_query, NULL,
             FIELDS(EMBED(rules_query, list, list_query), FIELD(rules_query, systems, "connectedSystemIds"),
                    FIELD(rules_query, directions, "directions", .names = &rule_direction_names),
                    FIELD(rules_query, actions, "actionTypes", .names = &rule_action_names),
                    FIELD(rules_query, statuses, "statuses", .names = &rule_status_names),
                    FIELD(rules_query, search, "search", .doc = "Part of the name, in any case.")));

struct rule_create {
    text name;
    text description;
    int32_t connected_system_id;
    int32_t connected_system_object_type_id;
    int32_t metaverse_object_type_id;
    enum rule_direction direction;
    struct maybe_bool project_to_metaverse;
    struct maybe_bool provision_to_connected_system;
    bool enabled;
    bool enforce_state;
    struct maybe_enum inbound_out_of_scope_action;
    struct maybe_enum outbound_deprovision_action;
    text change_reason;
};
static SHAPE(rule_create, "CreateSyncRuleRequest",
             FIELDS(FIELD(rule_create, name, "name", .required = true, .max_length = 200),
                    FIELD(rule_create, description, "description", .max_length = 1000, .nullable = true),
                    FIELD(rule_create, connected_system_id, "connectedSystemId"),
                    FIELD(rule_create, connected_system_object_type_id, "connectedSystemObjectTypeId"),
                    FIELD(rule_create, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(rule_create, direction, "direction", .names = &rule_direction_names),
                    FIELD(rule_create, project_to_metaverse, "projectToMetaverse", .doc = "Import rules only."),
                    FIELD(rule_create, provision_to_connected_system, "provisionToConnectedSystem", .doc = "Export rules only."),
                    FIELD(rule_create, enabled, "enabled", .by_default = "true"),
                    FIELD(rule_create, enforce_state, "enforceState", .by_default = "true"),
                    FIELD(rule_create, inbound_out_of_scope_action, "inboundOutOfScopeAction", .names = &out_of_scope_action_names),
                    FIELD(rule_create, outbound_deprovision_action, "outboundDeprovisionAction",
                          .names = &deprovision_action_names),
                    FIELD(rule_create, change_reason, "changeReason", .max_length = 2000, .nullable = true)));

struct rule_update {
    int32_t id;
    text name;
    text description;
    struct maybe_bool enabled;
    struct maybe_bool project_to_metaverse;
    struct maybe_bool provision_to_connected_system;
    struct maybe_bool enforce_state;
    struct maybe_enum inbound_out_of_scope_action;
    struct maybe_enum outbound_deprovision_action;
    text change_reason;
    struct maybe_uuid preview_activity_id;
};
static SHAPE(
    rule_update, "UpdateSyncRuleRequest",
    FIELDS(FIELD(rule_update, id, "id"), FIELD(rule_update, name, "name", .max_length = 200, .nullable = true, .not_blank = true),
           FIELD(rule_update, description, "description", .max_length = 1000, .nullable = true, .doc = "An empty text removes it."),
           FIELD(rule_update, enabled, "enabled"), FIELD(rule_update, project_to_metaverse, "projectToMetaverse"),
           FIELD(rule_update, provision_to_connected_system, "provisionToConnectedSystem"),
           FIELD(rule_update, enforce_state, "enforceState"),
           FIELD(rule_update, inbound_out_of_scope_action, "inboundOutOfScopeAction", .names = &out_of_scope_action_names),
           FIELD(rule_update, outbound_deprovision_action, "outboundDeprovisionAction", .names = &deprovision_action_names),
           FIELD(rule_update, change_reason, "changeReason", .max_length = 2000, .nullable = true),
           FIELD(rule_update, preview_activity_id, "previewActivityId")));

/* ---- reading ---- */

static struct rule_view view(snapshot *s, const struct sync_rule *r) {
    const struct connected_system *system = config_system(s, r->system);
    bool import = r->direction == DIRECTION_IMPORT;
    return (struct rule_view){.id = r->id,
                              .name = r->name,
                              .description = r->description,
                              .created = r->created,
                              .connected_system_id = r->system,
                              .connected_system_name = system ? system->name : T(""),
                              .connected_system_object_type_id = r->cs_type,
                              .connected_system_object_type_name = cs_type_name(s, r->cs_type),
                              .metaverse_object_type_id = r->mv_type,
                              .metaverse_object_type_name = mv_type_name(s, r->mv_type),
                              .direction = r->direction,
                              .provision_to_connected_system = {.given = !import, .value = r->provision},
                              .project_to_metaverse = {.given = import, .value = r->project},
                              .enabled = r->enabled,
                              .enforce_state = r->enforce_state,
                              .inbound_out_of_scope_action = r->out_of_scope,
                              .outbound_deprovision_action = r->deprovision};
}

void sync_rule_write(struct json_writer *w, snapshot *s, const struct sync_rule *r) {
    struct rule_view v = view(s, r);
    describe_write_members(w, &rule_view_shape, &v);
}

static enum rule_action action_of(const struct sync_rule *r) {
    if (r->direction == DIRECTION_IMPORT && r->project) return RULE_PROJECTS;
    if (r->direction == DIRECTION_EXPORT && r->provision) return RULE_PROVISIONS;
    return RULE_FLOW_ONLY;
}

static bool among(const struct enums *list, unsigned value) {
    for (EACH(const unsigned, e, list))
        if (*e == value) return true;
    return list->count == 0;
}

static bool selected(struct call *c, const struct rules_query *q, const struct sync_rule *r) {
    bool system = q->systems.count == 0;
    for (EACH(const int32_t, id, &q->systems)) system = system || *id == r->system;
    return system && among(&q->directions, r->direction) && among(&q->actions, action_of(r)) &&
           among(&q->statuses, r->enabled ? RULE_ENABLED : RULE_DISABLED) &&
           (!q->search.len || text_find(text_fold(c->a, r->name), text_fold(c->a, q->search)) != SIZE_MAX);
}

static int by_name_then_id(const void *one, const void *two) {
    const struct rule_view *a = one, *b = two;
    int order = text_compare(a->name, b->name);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

struct rule_page PAGE_OF(rule_view);
static PAGE_SHAPE(rule_page, rule_view, "PaginatedResponseOfSyncRuleHeader");

static FALLIBLE rules_list(struct call *c, const struct rules_query *in, struct rule_page *out) {
    snapshot *config;
    TRY(call_config(c, &config));
    for (EACH(const struct sync_rule, r, &config->rules))
        if (selected(c, in, r)) *LIST_ADD(c->a, &out->items) = view(config, r);
    if (out->items.count) qsort(out->items.at, out->items.count, sizeof out->items.at[0], by_name_then_id);
    LIST_PAGE(c, &in->list, rule_view, &out->items, &out->counts);
    return NULL;
}
HANDLER(rules_list, rules_query, rule_page)

static FALLIBLE rule_get(struct call *c, const struct by_id *in, struct rule_view *out) {
    snapshot *config;
    const struct sync_rule *r;
    TRY(call_config(c, &config));
    TRY(find_rule(config, in->id, &r));
    *out = view(config, r);
    return NULL;
}
HANDLER(rule_get, by_id, rule_view)

/* ---- writing ---- */

static void check_create(struct call *c, snapshot *s, const struct rule_create *in) {
    const struct connected_system *system = config_system(s, in->connected_system_id);
    const struct cs_type *type = config_cs_type(s, in->connected_system_object_type_id);
    if (!system)
        call_problem(c, "connectedSystemId", "There is no connected system %d.", in->connected_system_id);
    else if (!type || type->system != system->id)
        call_problem(c, "connectedSystemObjectTypeId", "'%.*s' has no object type %d.", TEXT_ARG(system->name),
                     in->connected_system_object_type_id);
    if (!config_mv_type(s, in->metaverse_object_type_id))
        call_problem(c, "metaverseObjectTypeId", "There is no metaverse object type %d.", in->metaverse_object_type_id);
    if (in->direction == DIRECTION_NOT_SET) call_problem(c, "direction", "Choose Import or Export.");
    if (in->direction == DIRECTION_EXPORT && in->project_to_metaverse.given && in->project_to_metaverse.value)
        call_problem(c, "projectToMetaverse", "Only an import rule can project.");
    if (in->direction == DIRECTION_IMPORT && in->provision_to_connected_system.given && in->provision_to_connected_system.value)
        call_problem(c, "provisionToConnectedSystem", "Only an export rule can provision.");
}

static FALLIBLE rule_create(struct call *c, const struct rule_create *in, struct rule_view *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    check_create(c, x.before, in);
    TRY(call_check(c));
    struct sync_rule r = {.system = in->connected_system_id,
                          .cs_type = in->connected_system_object_type_id,
                          .mv_type = in->metaverse_object_type_id,
                          .name = in->name,
                          .description = in->description.len ? in->description : (text){0},
                          .direction = in->direction,
                          .project = in->project_to_metaverse.given && in->project_to_metaverse.value,
                          .provision = in->provision_to_connected_system.given && in->provision_to_connected_system.value,
                          .enabled = in->enabled,
                          .enforce_state = in->enforce_state,
                          .out_of_scope = OUT_OF_SCOPE_DISCONNECT,
                          .deprovision = DEPROVISION_DISCONNECT,
                          .created = c->now};
    if (in->inbound_out_of_scope_action.given) r.out_of_scope = in->inbound_out_of_scope_action.value;
    if (in->outbound_deprovision_action.given) r.deprovision = in->outbound_deprovision_action.value;
    TRY(store_save_rule(x.tx, &r));
    struct change_note note = rule_note(&r, OPERATION_CREATE, in->change_reason);
    TRY(change_commit(c, &x, &note, NULL));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d", r.id);
    *out = view(x.before, &r);
    return NULL;
}
HANDLER(rule_create, rule_create, rule_view)

static void propose(struct call *c, const struct rule_update *in, struct sync_rule *r) {
    bool import = r->direction == DIRECTION_IMPORT;
    if (!text_is_null(in->name)) r->name = in->name;
    if (!text_is_null(in->description)) r->description = in->description.len ? in->description : (text){0};
    if (in->enabled.given) {
        r->enabled = in->enabled.value;
        if (r->enabled) r->disabled_reason = (text){0};
    }
    if (in->project_to_metaverse.given) {
        if (!import && in->project_to_metaverse.value) call_problem(c, "projectToMetaverse", "Only an import rule can project.");
        r->project = in->project_to_metaverse.value;
    }
    if (in->provision_to_connected_system.given) {
        if (import && in->provision_to_connected_system.value)
            call_problem(c, "provisionToConnectedSystem", "Only an export rule can provision.");
        r->provision = in->provision_to_connected_system.value;
    }
    if (in->enforce_state.given) r->enforce_state = in->enforce_state.value;
    if (in->inbound_out_of_scope_action.given) r->out_of_scope = in->inbound_out_of_scope_action.value;
    if (in->outbound_deprovision_action.given) r->deprovision = in->outbound_deprovision_action.value;
    r->updated = c->now;
}

static FALLIBLE rule_update(struct call *c, const struct rule_update *in, struct rule_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *stored;
    TRY(change_begin(c, &x));
    TRY(find_rule(x.before, in->id, &stored));
    struct sync_rule r = *stored;
    propose(c, in, &r);
    struct change_note note = rule_note(&r, OPERATION_UPDATE, in->change_reason);
    TRY(preview_reference(c, x.tx, in->preview_activity_id.value, &note.preview));
    TRY(call_check(c));
    TRY(store_save_rule(x.tx, &r));
    TRY(change_commit(c, &x, &note, NULL));
    *out = view(x.before, &r);
    return NULL;
}
HANDLER(rule_update, rule_update, rule_view)

static FALLIBLE rule_delete(struct call *c, const struct delete_by_id *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    TRY(change_begin(c, &x));
    TRY(find_rule(x.before, in->id, &r));
    TRY(store_delete_rule(x.tx, r->id));
    struct change_note note = rule_note(r, OPERATION_DELETE, in->change_reason);
    return change_commit(c, &x, &note, NULL);
}
HANDLER(rule_delete, delete_by_id, nothing)

#define UNKNOWN ALSO({404, NULL, "There is no such synchronisation rule."})
const struct routes sync_rule_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, "/sync-rules", rules_list, "Lists the synchronisation rules.", .operation = "GetSyncRules",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/sync-rules", rule_create, "Creates a synchronisation rule.", .operation = "CreateSyncRule", .status = 201,
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/sync-rules/{id}", rule_get, "A synchronisation rule.", .operation = "GetSyncRule",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, "/sync-rules/{id}", rule_update, "Changes a synchronisation rule; the direction and the types stay.",
                 .operation = "UpdateSyncRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, "/sync-rules/{id}", rule_delete, "Deletes a synchronisation rule with its mappings, scope and matching.",
                 .operation = "DeleteSyncRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
