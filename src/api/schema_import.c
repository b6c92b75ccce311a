/* Importing the schema of a connected system, and looking at it first (connectors §6.4). */
#include "api/system_view.h"
#include "model/ids.h"
#include "runs/removal.h"
#include "runs/systems.h"

struct definition_change {
    text attribute_name;
    text aspect;
    text old_value;
    text new_value;
};
static SHAPE(definition_change, "SchemaAttributeDefinitionChangeDto",
             FIELDS(FIELD(definition_change, attribute_name, "attributeName"), FIELD(definition_change, aspect, "aspect"),
                    FIELD(definition_change, old_value, "oldValue"), FIELD(definition_change, new_value, "newValue")));

struct lost_rule {
    int32_t sync_rule_id;
    text sync_rule_name;
    text object_type_name;
    int32_t mapping_count;
    text reason;
};
static SHAPE(lost_rule, "SchemaRefreshDependentRule",
             FIELDS(FIELD(lost_rule, sync_rule_id, "syncRuleId"), FIELD(lost_rule, sync_rule_name, "syncRuleName"),
                    FIELD(lost_rule, object_type_name, "objectTypeName"), FIELD(lost_rule, mapping_count, "mappingCount"),
                    FIELD(lost_rule, reason, "reason")));

struct lost_mapping {
    int32_t mapping_id;
    int32_t sync_rule_id;
    text sync_rule_name;
    text description;
    bool via_expression;
    text reason;
};
static SHAPE(lost_mapping, "SchemaRefreshDependentMapping",
             FIELDS(FIELD(lost_mapping, mapping_id, "mappingId"), FIELD(lost_mapping, sync_rule_id, "syncRuleId"),
                    FIELD(lost_mapping, sync_rule_name, "syncRuleName"), FIELD(lost_mapping, description, "description"),
                    FIELD(lost_mapping, via_expression, "viaExpression"), FIELD(lost_mapping, reason, "reason")));

struct lost_matching_rule {
    int32_t object_matching_rule_id;
    text context;
    text reason;
};
static SHAPE(lost_matching_rule, "SchemaRefreshDependentMatchingRule",
             FIELDS(FIELD(lost_matching_rule, object_matching_rule_id, "objectMatchingRuleId"),
                    FIELD(lost_matching_rule, context, "context"), FIELD(lost_matching_rule, reason, "reason")));

struct lost {
    struct lost_rules LIST(struct lost_rule) invalidated_sync_rules;
    struct lost_mappings LIST(struct lost_mapping) invalidated_mappings;
    struct lost_matching_rules LIST(struct lost_matching_rule) referenced_object_matching_rules;
    bool has_any;
};
static SHAPE(lost, "SchemaRefreshDependents",
             FIELDS(OBJECTS(lost, invalidated_sync_rules, "invalidatedSyncRules", lost_rule),
                    OBJECTS(lost, invalidated_mappings, "invalidatedMappings", lost_mapping),
                    OBJECTS(lost, referenced_object_matching_rules, "referencedObjectMatchingRules", lost_matching_rule),
                    FIELD(lost, has_any, "hasAny")));

struct type_impact {
    int32_t object_type_id;
    text object_type_name;
    int32_t connected_system_object_count;
};
static SHAPE(type_impact, "SchemaRefreshRemovalTypeImpact",
             FIELDS(FIELD(type_impact, object_type_id, "objectTypeId"), FIELD(type_impact, object_type_name, "objectTypeName"),
                    FIELD(type_impact, connected_system_object_count, "connectedSystemObjectCount")));

struct attribute_impact {
    int32_t attribute_id;
    text attribute_name;
    text object_type_name;
    int32_t stored_value_count;
};
static SHAPE(attribute_impact, "SchemaRefreshRemovalAttributeImpact",
             FIELDS(FIELD(attribute_impact, attribute_id, "attributeId"), FIELD(attribute_impact, attribute_name, "attributeName"),
                    FIELD(attribute_impact, object_type_name, "objectTypeName"),
                    FIELD(attribute_impact, stored_value_count, "storedValueCount")));

struct removal_impact_view {
    struct type_impacts LIST(struct type_impact) removed_object_types;
    struct attribute_impacts LIST(struct attribute_impact) removed_attributes;
    int32_t total_connected_system_objects;
    int32_t total_stored_values;
};
static SHAPE(removal_impact_view, "SchemaRefreshRemovalImpact",
             FIELDS(OBJECTS(removal_impact_view, removed_object_types, "removedObjectTypes", type_impact),
                    OBJECTS(removal_impact_view, removed_attributes, "removedAttributes", attribute_impact),
                    FIELD(removal_impact_view, total_connected_system_objects, "totalConnectedSystemObjects"),
                    FIELD(removal_impact_view, total_stored_values, "totalStoredValues")));

struct change_entry {
    text name;
    struct definition_changes LIST(struct definition_change) value;
};
static SHAPE(change_entry, NULL, FIELDS(OBJECTS(change_entry, value, "value", definition_change)), .bare = true);

struct schema_result {
    bool success;
    text error_message;
    int32_t total_object_types;
    int32_t total_attributes;
    struct texts added_object_types;
    struct texts removed_object_types;
    struct texts updated_object_types;
    struct texts_entries added_attributes;
    struct texts_entries removed_attributes;
    struct change_entries LIST(struct change_entry) changed_attributes;
    struct texts_entries attributes_in_use;
    struct texts_entries blocked_credential_attributes;
    struct texts discovery_warnings;
    bool password_policy_discovered;
    bool has_changes;
    bool has_removals_or_definition_changes;
    const struct lost *dependents;
    const struct removal_impact_view *removal_impact;
};
static SHAPE(schema_result, "SchemaRefreshResultDto",
             FIELDS(FIELD(schema_result, success, "success"), FIELD(schema_result, error_message, "errorMessage", .nullable = true),
                    FIELD(schema_result, total_object_types, "totalObjectTypes"),
                    FIELD(schema_result, total_attributes, "totalAttributes"),
                    FIELD(schema_result, added_object_types, "addedObjectTypes"),
                    FIELD(schema_result, removed_object_types, "removedObjectTypes"),
                    FIELD(schema_result, updated_object_types, "updatedObjectTypes"),
                    MAP(schema_result, added_attributes, "addedAttributes", texts_entry),
                    MAP(schema_result, removed_attributes, "removedAttributes", texts_entry),
                    MAP(schema_result, changed_attributes, "changedAttributes", change_entry),
                    MAP(schema_result, attributes_in_use, "attributesInUse", texts_entry),
                    MAP(schema_result, blocked_credential_attributes, "blockedCredentialAttributes", texts_entry),
                    FIELD(schema_result, discovery_warnings, "discoveryWarnings"),
                    FIELD(schema_result, password_policy_discovered, "passwordPolicyDiscovered"),
                    FIELD(schema_result, has_changes, "hasChanges"),
                    FIELD(schema_result, has_removals_or_definition_changes, "hasRemovalsOrDefinitionChanges"),
                    OBJECT(schema_result, dependents, "dependents", lost, .nullable = true),
                    OBJECT(schema_result, removal_impact, "removalImpact", removal_impact_view, .nullable = true)));

struct schema_request {
    int32_t system;
    bool disable_dependents;
    bool remove_dependents;
    text prefer;
};
static SHAPE(schema_request, "ImportConnectedSystemSchemaRequest",
             FIELDS(FIELD(schema_request, system, "connectedSystemId"),
                    FIELD(schema_request, disable_dependents, "disableDependents"),
                    FIELD(schema_request, remove_dependents, "removeDependents"),
                    FIELD(schema_request, prefer, "Prefer", .header = true, .nullable = true,
                          .doc = "respond-async: the worker does it, the reply is 202.")));

struct schema_ticket {
    uuid activity_id, task_id;
    text message;
};
static SHAPE(schema_ticket, "SchemaImportTicket",
             FIELDS(FIELD(schema_ticket, activity_id, "activityId"), FIELD(schema_ticket, task_id, "taskId"),
                    FIELD(schema_ticket, message, "message")));

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));

static void lists_of(arena *a, const struct type_attributes_list *from, struct texts_entries *out) {
    for (EACH(struct type_attributes, t, from)) *LIST_ADD(a, out) = (struct texts_entry){t->type, t->attributes};
}

static void changes_of(arena *a, const struct type_differences_list *from, struct schema_result *out) {
    for (EACH(struct type_differences, t, from)) {
        struct change_entry *entry = LIST_ADD(a, &out->changed_attributes);
        entry->name = t->type;
        for (EACH(struct attribute_difference, d, &t->list))
            *LIST_ADD(a, &entry->value) = (struct definition_change){d->attribute, text_of(d->aspect), d->before, d->after};
    }
}

static bool names(const struct texts *list, text name) {
    for (EACH(text, t, list))
        if (text_equal(*t, name)) return true;
    return false;
}

static bool is_removed(const struct schema_merge *m, const struct cs_type *t, const struct cs_attribute *attribute) {
    if (names(&m->removed_types, t->name)) return true;
    for (EACH(struct type_attributes, r, &m->removed))
        if (text_equal(r->type, t->name) && names(&r->attributes, attribute->name)) return true;
    return false;
}

static bool has_changed(const struct schema_merge *m, const struct cs_type *t, const struct cs_attribute *attribute) {
    for (EACH(struct type_differences, d, &m->changed)) {
        if (!text_equal(d->type, t->name)) continue;
        for (EACH(struct attribute_difference, one, &d->list))
            if (text_equal(one->attribute, attribute->name)) return true;
    }
    return false;
}

struct hunt {
    arena *a;
    snapshot *config;
    const struct schema_merge *merge;
    const struct cs_type *type;
    const struct cs_attribute *attribute;
    text reason;
    struct lost *out;
};

static void lose_mappings(struct hunt *h) {
    for (EACH(struct sync_rule, r, &h->config->rules))
        for (EACH(struct mapping, m, &r->mappings)) {
            bool uses = m->cs_target == h->attribute->id;
            for (EACH(struct mapping_source, s, &m->sources)) uses |= s->cs_attribute == h->attribute->id;
            if (!uses) continue;
            *LIST_ADD(h->a, &h->out->invalidated_mappings) = (struct lost_mapping){.mapping_id = m->id,
                                                                                   .sync_rule_id = r->id,
                                                                                   .sync_rule_name = r->name,
                                                                                   .description = h->attribute->name,
                                                                                   .reason = h->reason};
        }
}

static void lose_matching(struct hunt *h) {
    for (EACH(struct matching_rule, m, &h->type->matching))
        if (m->cs_attribute == h->attribute->id)
            *LIST_ADD(h->a, &h->out->referenced_object_matching_rules) =
                (struct lost_matching_rule){m->id, h->type->name, h->reason};
}

static void lose_rules(struct hunt *h) {
    for (EACH(struct sync_rule, r, &h->config->rules)) {
        if (r->cs_type != h->type->id) continue;
        *LIST_ADD(h->a, &h->out->invalidated_sync_rules) = (struct lost_rule){
            r->id, r->name, h->type->name, (int32_t)r->mappings.count, T("The object type is not reported any more.")};
    }
}

/* What in the configuration stands on something that is gone or has changed. */
static void dependents_of(struct hunt *h, const struct connected_system *s) {
    for (EACH(struct cs_type, t, &s->types)) {
        h->type = t;
        if (names(&h->merge->removed_types, t->name)) lose_rules(h);
        for (EACH(struct cs_attribute, attribute, &t->attributes)) {
            bool removed = is_removed(h->merge, t, attribute);
            if (!removed && !has_changed(h->merge, t, attribute)) continue;
            h->attribute = attribute;
            h->reason = removed ? T("The attribute is not reported any more.") : T("The attribute's definition has changed.");
            lose_mappings(h);
            lose_matching(h);
        }
    }
    h->out->has_any = h->out->invalidated_sync_rules.count || h->out->invalidated_mappings.count ||
                      h->out->referenced_object_matching_rules.count;
}

static FALLIBLE impact_of(struct call *c, const struct schema_merge *m, const struct connected_system *s,
                          struct removal_impact_view *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    for (EACH(struct cs_type, t, &s->types))
        for (EACH(struct cs_attribute, attribute, &t->attributes)) {
            int64_t uses;
            if (!is_removed(m, t, attribute)) continue;
            TRY(store_cs_attribute_uses(tx, attribute->id, &uses));
            *LIST_ADD(c->a, &out->removed_attributes) =
                (struct attribute_impact){attribute->id, attribute->name, t->name, (int32_t)uses};
            out->total_stored_values += (int32_t)uses;
        }
    return NULL;
}

static FALLIBLE result_of(struct call *c, snapshot *config, const struct connected_system *s, const struct schema_merge *m,
                          struct schema_result *out) {
    *out = (struct schema_result){.success = true,
                                  .total_object_types = m->total_types,
                                  .total_attributes = m->total_attributes,
                                  .added_object_types = m->added_types,
                                  .removed_object_types = m->removed_types,
                                  .updated_object_types = m->updated_types,
                                  .discovery_warnings = m->warnings,
                                  .has_changes = m->has_changes,
                                  .has_removals_or_definition_changes = m->has_removals_or_changes};
    lists_of(c->a, &m->added, &out->added_attributes);
    lists_of(c->a, &m->removed, &out->removed_attributes);
    lists_of(c->a, &m->blocked_credentials, &out->blocked_credential_attributes);
    changes_of(c->a, &m->changed, out);
    if (!m->has_removals_or_changes) return NULL;
    struct lost *dependents = ARENA_NEW(c->a, struct lost);
    struct removal_impact_view *impact = ARENA_NEW(c->a, struct removal_impact_view);
    struct hunt h = {.a = c->a, .config = config, .merge = m, .out = dependents};
    dependents_of(&h, s);
    TRY(impact_of(c, m, s, impact));
    out->dependents = dependents;
    out->removal_impact = impact;
    return NULL;
}

static FALLIBLE schema_preview(struct call *c, const struct of_system *in, struct schema_result *out) {
    snapshot *config;
    const struct connected_system *s;
    struct schema_merge m;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    OWNED(error) failure = system_discover(c->services->runs, c->a, s, &m);
    if (failure)
        return FAIL(ERROR_INVALID, "%s", arena_cstring(c->a, text_of(error_chain(failure, arena_bytes(c->a, 2048), 2048))));
    return result_of(c, config, s, &m, out);
}
HANDLER(schema_preview, of_system, schema_result)

/* Does the client ask not to wait (RFC 7240)? */
static bool prefers_async(text prefer) {
    while (prefer.len) {
        size_t end = 0;
        while (end < prefer.len && prefer.at[end] != ',') end++;
        if (text_equal_ascii_case(text_trim_ascii(text_slice(prefer, 0, end)), T("respond-async"))) return true;
        prefer = text_slice(prefer, end < prefer.len ? end + 1 : end, prefer.len);
    }
    return false;
}

/* The worker does it; the activity tells when and how it has ended. */
static FALLIBLE import_later(struct call *c, const struct schema_request *in) {
    OWNED_VALUE(change) x = {0};
    const struct connected_system *s;
    struct run_ticket ticket;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &s));
    if (s->status == SYSTEM_DELETING) return FAIL(ERROR_INVALID, "'%.*s' is being deleted.", TEXT_ARG(s->name));
    bool dependents = in->disable_dependents || in->remove_dependents;
    struct task_request q = {.type = TASK_SCHEMA_IMPORT,
                             .system = s,
                             .operation = OPERATION_IMPORT_SCHEMA,
                             .initiator = caller_initiator(c->a, &c->caller),
                             .parameters = dependents ? T("{\"dependents\":true}") : (text){0}};
    TRY(runs_enqueue(x.tx, c->a, &q, &ticket));
    TRY(store_commit(x.tx));
    change_end(&x);
    runs_wake(c->services->runs);
    struct schema_ticket reply = {id_to_uuid(ID_ACTIVITY, ticket.activity), id_to_uuid(ID_TASK, ticket.task), ticket.message};
    call_header(c, "Preference-Applied", T("respond-async"));
    return CALL_REPLY(c, 202, schema_ticket, &reply);
}

static FALLIBLE schema_import(struct call *c, const struct schema_request *in, struct system_detail *out) {
    snapshot *config, *after;
    const struct connected_system *s;
    struct schema_merge m;
    if (in->disable_dependents && in->remove_dependents)
        return FAIL(ERROR_INVALID, "disableDependents and removeDependents exclude each other.");
    if (prefers_async(in->prefer)) return import_later(c, in);
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    OWNED(error) failure = system_discover(c->services->runs, c->a, s, &m);
    if (failure)
        return FAIL(ERROR_INVALID, "%s", arena_cstring(c->a, text_of(error_chain(failure, arena_bytes(c->a, 2048), 2048))));
    TRY(system_check_merge(&m, in->disable_dependents || in->remove_dependents));
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    if (x.before->version != config->version)
        return FAIL(ERROR_CONFLICT, "The configuration changed while the schema was read; import it again.");
    TRY(system_store_schema(x.tx, &m));
    struct change_note note = {
        .target = TARGET_CONNECTED_SYSTEM, .operation = OPERATION_IMPORT_SCHEMA, .name = s->name, .system = s->id, .id = s->id};
    note.warnings = m.warnings;
    TRY(change_commit(c, &x, &note, &after));
    system_detail_of(c->a, after, config_system(after, s->id), out);
    return NULL;
}
HANDLER(schema_import, schema_request, system_detail)

#define SYSTEM "/connected-systems/{connectedSystemId}"
#define UNKNOWN ALSO({404, NULL, "There is no such connected system."})
const struct routes schema_import_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(POST, SYSTEM "/import-schema", schema_import, "Reads the schema from the system and stores it.",
                 .operation = "ImportConnectedSystemSchema", .role = ROLE_ADMINISTRATOR, .body_optional = true,
                 .also = ALSO({202, &schema_ticket_shape, "With Prefer: respond-async: the worker does it."},
                              {404, NULL, "There is no such connected system."})),
           ROUTE(POST, SYSTEM "/import-schema/preview", schema_preview, "Reads the schema and says what would change.",
                 .operation = "PreviewConnectedSystemSchemaImport", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
