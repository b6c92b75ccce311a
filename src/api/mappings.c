/* Mappings of a synchronisation rule: which attribute takes its values from where (sync-engine §2.5, expressions §11). */
#include "api/history_views.h"
#include "api/rule_parts.h"
#include "model/credentials.h"
#include "sync/expression/expression.h"

enum { PRIORITY_UNRANKED = 2147483647 };

struct mapping_source_view {
    int32_t id;
    int32_t order;
    struct maybe_int32 metaverse_attribute_id;
    text metaverse_attribute_name;
    struct maybe_int32 connected_system_attribute_id;
    text connected_system_attribute_name;
    text expression;
    enum missing_input missing_input_behaviour;
};
static SHAPE(mapping_source_view, "SyncRuleMappingSourceDto",
             FIELDS(FIELD(mapping_source_view, id, "id"), FIELD(mapping_source_view, order, "order"),
                    FIELD(mapping_source_view, metaverse_attribute_id, "metaverseAttributeId"),
                    FIELD(mapping_source_view, metaverse_attribute_name, "metaverseAttributeName", .nullable = true),
                    FIELD(mapping_source_view, connected_system_attribute_id, "connectedSystemAttributeId"),
                    FIELD(mapping_source_view, connected_system_attribute_name, "connectedSystemAttributeName", .nullable = true),
                    FIELD(mapping_source_view, expression, "expression", .nullable = true),
                    FIELD(mapping_source_view, missing_input_behaviour, "missingInputBehaviour", .names = &missing_input_names)));

struct mapping_view {
    int32_t id;
    instant created;
    struct maybe_int32 target_metaverse_attribute_id;
    text target_metaverse_attribute_name;
    struct maybe_int32 target_connected_system_attribute_id;
    text target_connected_system_attribute_name;
    enum mapping_source_type source_type;
    unsigned inbound_value_processing;
    enum case_normalisation case_normalisation;
    int32_t priority;
    bool null_is_value;
    bool initial_export_only;
    bool enabled;
    text disabled_reason;
    struct mapping_source_views LIST(struct mapping_source_view) sources;
};
static SHAPE(
    mapping_view, "SyncRuleMappingDto",
    FIELDS(FIELD(mapping_view, id, "id"), FIELD(mapping_view, created, "created"),
           FIELD(mapping_view, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
           FIELD(mapping_view, target_metaverse_attribute_name, "targetMetaverseAttributeName", .nullable = true),
           FIELD(mapping_view, target_connected_system_attribute_id, "targetConnectedSystemAttributeId"),
           FIELD(mapping_view, target_connected_system_attribute_name, "targetConnectedSystemAttributeName", .nullable = true),
           FIELD(mapping_view, source_type, "sourceType", .names = &mapping_source_type_names),
           FIELD(mapping_view, inbound_value_processing, "inboundValueProcessing", .names = &value_processing_names),
           FIELD(mapping_view, case_normalisation, "caseNormalisation", .names = &case_normalisation_names),
           FIELD(mapping_view, priority, "priority", .doc = "Import: the smallest wins; 2147483647 is unranked."),
           FIELD(mapping_view, null_is_value, "nullIsValue"), FIELD(mapping_view, initial_export_only, "initialExportOnly"),
           FIELD(mapping_view, enabled, "enabled"), FIELD(mapping_view, disabled_reason, "disabledReason", .nullable = true),
           OBJECTS(mapping_view, sources, "sources", mapping_source_view)));

struct mapping_list {
    struct LIST(struct mapping_view) items;
};
static SHAPE(mapping_list, NULL, FIELDS(OBJECTS(mapping_list, items, "items", mapping_view)), .bare = true);

struct mapping_source_create {
    int32_t order;
    struct maybe_int32 metaverse_attribute_id;
    struct maybe_int32 connected_system_attribute_id;
    text expression;
    struct maybe_enum missing_input_behaviour;
};
static SHAPE(mapping_source_create, "CreateSyncRuleMappingSourceRequest",
             FIELDS(FIELD(mapping_source_create, order, "order"),
                    FIELD(mapping_source_create, metaverse_attribute_id, "metaverseAttributeId", .doc = "Export rules."),
                    FIELD(mapping_source_create, connected_system_attribute_id, "connectedSystemAttributeId",
                          .doc = "Import rules."),
                    FIELD(mapping_source_create, expression, "expression", .nullable = true),
                    FIELD(mapping_source_create, missing_input_behaviour, "missingInputBehaviour", .names = &missing_input_names)));

struct mapping_create {
    int32_t rule;
    struct maybe_int32 target_metaverse_attribute_id;
    struct maybe_int32 target_connected_system_attribute_id;
    struct maybe_enum inbound_value_processing;
    struct maybe_enum case_normalisation;
    struct maybe_bool null_is_value;
    struct maybe_bool initial_export_only;
    struct mapping_sources_create LIST(struct mapping_source_create) sources;
};
static SHAPE(mapping_create, "CreateSyncRuleMappingRequest",
             FIELDS(FIELD(mapping_create, rule, "syncRuleId"),
                    FIELD(mapping_create, target_metaverse_attribute_id, "targetMetaverseAttributeId", .doc = "Import rules."),
                    FIELD(mapping_create, target_connected_system_attribute_id, "targetConnectedSystemAttributeId",
                          .doc = "Export rules."),
                    FIELD(mapping_create, inbound_value_processing, "inboundValueProcessing", .names = &value_processing_names),
                    FIELD(mapping_create, case_normalisation, "caseNormalisation", .names = &case_normalisation_names),
                    FIELD(mapping_create, null_is_value, "nullIsValue", .doc = "Import rules."),
                    FIELD(mapping_create, initial_export_only, "initialExportOnly", .doc = "Export rules."),
                    OBJECTS(mapping_create, sources, "sources", mapping_source_create,
                            .doc = "Exactly one: an attribute or an expression.")));

struct mapping_update {
    int32_t rule, mapping;
    text expression;
    struct maybe_enum missing_input_behaviour;
    struct maybe_bool null_is_value;
    struct maybe_enum inbound_value_processing;
    struct maybe_enum case_normalisation;
    struct maybe_bool initial_export_only;
    struct maybe_bool enabled;
};
static SHAPE(mapping_update, "UpdateSyncRuleMappingRequest",
             FIELDS(FIELD(mapping_update, rule, "syncRuleId"), FIELD(mapping_update, mapping, "mappingId"),
                    FIELD(mapping_update, expression, "expression", .nullable = true,
                          .doc = "Only of a mapping that is an expression."),
                    FIELD(mapping_update, missing_input_behaviour, "missingInputBehaviour", .names = &missing_input_names),
                    FIELD(mapping_update, null_is_value, "nullIsValue"),
                    FIELD(mapping_update, inbound_value_processing, "inboundValueProcessing", .names = &value_processing_names),
                    FIELD(mapping_update, case_normalisation, "caseNormalisation", .names = &case_normalisation_names),
                    FIELD(mapping_update, initial_export_only, "initialExportOnly"), FIELD(mapping_update, enabled, "enabled")));

struct of_mapping {
    int32_t rule, mapping;
    text reason;
};
static SHAPE(of_mapping, NULL,
             FIELDS(FIELD(of_mapping, rule, "syncRuleId"), FIELD(of_mapping, mapping, "mappingId"),
                    CHANGE_REASON(of_mapping, reason)));
struct by_mapping {
    int32_t rule, mapping;
};
static SHAPE(by_mapping, NULL, FIELDS(FIELD(by_mapping, rule, "syncRuleId"), FIELD(by_mapping, mapping, "mappingId")));

/* ---- reading ---- */

static void view(arena *a, snapshot *s, const struct mapping *m, struct mapping_view *out) {
    *out = (struct mapping_view){.id = m->id,
                                 .created = m->created,
                                 .target_metaverse_attribute_id = id_or_null(m->mv_target),
                                 .target_metaverse_attribute_name = mv_attribute_name(s, m->mv_target),
                                 .target_connected_system_attribute_id = id_or_null(m->cs_target),
                                 .target_connected_system_attribute_name = cs_attribute_name(s, m->cs_target),
                                 .source_type = m->source_type,
                                 .inbound_value_processing = m->processing,
                                 .case_normalisation = m->case_normalisation,
                                 .priority = m->priority,
                                 .null_is_value = m->null_is_value,
                                 .initial_export_only = m->initial_export_only,
                                 .enabled = m->enabled,
                                 .disabled_reason = m->disabled_reason};
    for (EACH(const struct mapping_source, from, &m->sources))
        *LIST_ADD(a, &out->sources) =
            (struct mapping_source_view){.id = from->id,
                                         .order = from->order,
                                         .metaverse_attribute_id = id_or_null(from->mv_attribute),
                                         .metaverse_attribute_name = mv_attribute_name(s, from->mv_attribute),
                                         .connected_system_attribute_id = id_or_null(from->cs_attribute),
                                         .connected_system_attribute_name = cs_attribute_name(s, from->cs_attribute),
                                         .expression = from->expression,
                                         .missing_input_behaviour = from->missing};
}

void mapping_write(struct json_writer *w, arena *a, snapshot *s, const struct mapping *m) {
    struct mapping_view v;
    view(a, s, m, &v);
    describe_write_members(w, &mapping_view_shape, &v);
}

static FALLIBLE mappings_list(struct call *c, const struct of_rule *in, struct mapping_list *out) {
    snapshot *config;
    const struct sync_rule *r;
    TRY(call_config(c, &config));
    TRY(find_rule(config, in->rule, &r));
    for (EACH(const struct mapping, m, &r->mappings)) view(c->a, config, m, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(mappings_list, of_rule, mapping_list)

static FALLIBLE find_mapping(snapshot *s, int32_t rule, int32_t id, const struct sync_rule **r, const struct mapping **out) {
    TRY(find_rule(s, rule, r));
    *out = config_mapping(s, id);
    if (*out && (*out)->rule == rule) return NULL;
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no mapping %d.", TEXT_ARG((*r)->name), id);
}

static FALLIBLE mapping_get(struct call *c, const struct by_mapping *in, struct mapping_view *out) {
    snapshot *config;
    const struct sync_rule *r;
    const struct mapping *m;
    TRY(call_config(c, &config));
    TRY(find_mapping(config, in->rule, in->mapping, &r, &m));
    view(c->a, config, m, out);
    return NULL;
}
HANDLER(mapping_get, by_mapping, mapping_view)

/* ---- checking ---- */

/* What a mapping writes to and reads from, while it is checked. */
struct ends {
    const struct sync_rule *rule;
    bool import;
    text name; /* of the target */
    enum data_type type;
};

static FALLIBLE check_import_target(struct call *c, snapshot *s, const struct mapping *m, struct ends *e) {
    const struct mv_attribute *target;
    TRY(find_mv_attribute(s, m->mv_target, &target));
    check_mv_attribute(c, s, "targetMetaverseAttributeId", target, e->rule->mv_type);
    e->name = target->name;
    e->type = target->type;
    return NULL;
}

static FALLIBLE check_export_target(struct call *c, snapshot *s, const struct mapping *m, struct ends *e) {
    const char *field = "targetConnectedSystemAttributeId";
    const struct cs_attribute *target;
    TRY(find_cs_attribute(s, m->cs_target, &target));
    check_cs_attribute(c, s, field, target, e->rule->cs_type);
    if (target->writability == READ_ONLY)
        call_problem(c, field, "'%.*s' is read-only in the connected system.", TEXT_ARG(target->name));
    e->name = target->name;
    e->type = target->type;
    return NULL;
}

static FALLIBLE check_direct(struct call *c, snapshot *s, const struct mapping_source *from, const struct ends *e) {
    const char *field = e->import ? "sources[0].connectedSystemAttributeId" : "sources[0].metaverseAttributeId";
    const struct mv_attribute *mv = NULL;
    const struct cs_attribute *cs = NULL;
    if (e->import) {
        TRY(find_cs_attribute(s, from->cs_attribute, &cs));
        check_cs_attribute(c, s, field, cs, e->rule->cs_type);
    } else {
        TRY(find_mv_attribute(s, from->mv_attribute, &mv));
        check_mv_attribute(c, s, field, mv, e->rule->mv_type);
    }
    text name = cs ? cs->name : mv->name;
    enum data_type type = cs ? cs->type : mv->type;
    if (type != e->type)
        call_problem(c, field, "'%.*s' is %s and '%.*s' is %s; a direct mapping needs equal types, else use an expression.",
                     TEXT_ARG(name), enum_name(&data_type_names, type), TEXT_ARG(e->name), enum_name(&data_type_names, e->type));
    return NULL;
}

static void check_input(struct call *c, snapshot *s, const char *field, const struct expression_input *in, const struct ends *e,
                        struct texts *warnings) {
    const struct cs_type *type = config_cs_type(s, e->rule->cs_type);
    bool known =
        in->metaverse ? config_mv_attribute_named(s, in->name) != NULL : type && config_cs_attribute_named(type, in->name) != NULL;
    const char *of = in->metaverse ? "mv" : "cs";
    if (is_credential_attribute(in->name))
        call_problem(c, field, "%s[\"%.*s\"] is a credential; credentials are never read.", of, TEXT_ARG(in->name));
    else if (!known)
        *LIST_ADD(c->a, warnings) =
            arena_print(c->a, "There is no attribute %s[\"%.*s\"]; it reads as null.", of, TEXT_ARG(in->name));
}

static void check_expression(struct call *c, snapshot *s, const char *field, const struct mapping *m, const struct ends *e,
                             struct texts *warnings) {
    const struct expression *parsed;
    struct expression_error fault;
    if (!expression_parse(c->a, m->sources.at[0].expression, &parsed, &fault)) {
        call_problem(c, field, "At position %zu: %.*s", fault.position, TEXT_ARG(fault.message));
        return;
    }
    if (e->import && e->type == TYPE_REFERENCE)
        call_problem(c, field, "An expression cannot yield references for '%.*s'; map the attribute itself.", TEXT_ARG(e->name));
    for (size_t i = 0; i < expression_input_count(parsed); i++) check_input(c, s, field, expression_input(parsed, i), e, warnings);
    if (expression_is_random(parsed) && !m->initial_export_only)
        *LIST_ADD(c->a, warnings) =
            T("The expression gives another random value each time; use it only for the initial export (initialExportOnly).");
}

/* Warnings stand on the activity, because the contract has no place for them in the reply. */
static FALLIBLE check_source(struct call *c, snapshot *s, const char *field, const struct mapping *m, const struct ends *e,
                             struct texts *warnings) {
    if (!m->sources.count) return NULL;
    if (m->source_type == MAPPING_ATTRIBUTE) return check_direct(c, s, &m->sources.at[0], e);
    check_expression(c, s, field, m, e, warnings);
    return NULL;
}

static void check_options(struct call *c, const struct mapping *m, bool import) {
    if (import && m->initial_export_only)
        call_problem(c, "initialExportOnly", "Only a mapping of an export rule can be for the initial export.");
    if (!import && m->null_is_value)
        call_problem(c, "nullIsValue", "Only a mapping of an import rule can assert that there is no value.");
}

FALLIBLE mapping_check(struct call *c, snapshot *s, const struct sync_rule *r, const struct mapping *m, struct texts *warnings) {
    struct ends e = {.rule = r, .import = r->direction == DIRECTION_IMPORT};
    TRY(e.import ? check_import_target(c, s, m, &e) : check_export_target(c, s, m, &e));
    TRY(check_source(c, s, "sources[0].expression", m, &e, warnings));
    check_options(c, m, e.import);
    return call_check(c);
}

/* ---- writing ---- */

/* Behind all who contribute to the attribute already (sync-engine §11.4). */
int32_t mapping_last_priority(snapshot *s, int32_t mv_type, int32_t attribute) {
    int32_t last = 0;
    for (EACH(const struct sync_rule, r, &s->rules)) {
        if (r->direction != DIRECTION_IMPORT || r->mv_type != mv_type) continue;
        for (EACH(const struct mapping, m, &r->mappings))
            if (m->mv_target == attribute && m->priority > last) last = m->priority;
    }
    return last == PRIORITY_UNRANKED ? last : last + 1;
}

/* Which fields are given, before anything is looked up. */
static void check_given_target(struct call *c, const struct mapping_create *in, bool import) {
    const char *wanted = import ? "targetMetaverseAttributeId" : "targetConnectedSystemAttributeId";
    const char *other = import ? "targetConnectedSystemAttributeId" : "targetMetaverseAttributeId";
    bool has_mv = in->target_metaverse_attribute_id.given, has_cs = in->target_connected_system_attribute_id.given;
    if (!(import ? has_mv : has_cs)) call_problem(c, wanted, "Is required for %s rule.", import ? "an import" : "an export");
    if (import ? has_cs : has_mv) call_problem(c, other, "Does not belong to %s rule.", import ? "an import" : "an export");
}

static void check_given_source(struct call *c, const struct mapping_create *in, bool import) {
    if (in->sources.count != 1) {
        call_problem(c, "sources", "Give exactly one source; combine several attributes by an expression.");
        return;
    }
    const struct mapping_source_create *from = &in->sources.at[0];
    bool from_mv = from->metaverse_attribute_id.given, from_cs = from->connected_system_attribute_id.given;
    if (from_mv + from_cs + !text_is_null(from->expression) != 1)
        call_problem(c, "sources[0]", "Give either an attribute or an expression.");
    else if (import && from_mv)
        call_problem(c, "sources[0].connectedSystemAttributeId", "An import rule reads attributes of the connected system.");
    else if (!import && from_cs)
        call_problem(c, "sources[0].metaverseAttributeId", "An export rule reads attributes of the metaverse.");
}

static struct mapping mapping_of(struct call *c, const struct mapping_create *in, const struct sync_rule *r) {
    const struct mapping_source_create *from = &in->sources.at[0];
    struct mapping m = {.rule = r->id,
                        .mv_target = in->target_metaverse_attribute_id.value,
                        .cs_target = in->target_connected_system_attribute_id.value,
                        .source_type = text_is_null(from->expression) ? MAPPING_ATTRIBUTE : MAPPING_EXPRESSION,
                        .priority = PRIORITY_UNRANKED,
                        .null_is_value = in->null_is_value.value,
                        .initial_export_only = in->initial_export_only.value,
                        .enabled = true,
                        .processing = 1u << PROCESS_WHITESPACE_AS_NO_VALUE,
                        .case_normalisation = in->case_normalisation.value,
                        .created = c->now};
    if (in->inbound_value_processing.given) m.processing = in->inbound_value_processing.value;
    *LIST_ADD(c->a, &m.sources) = (struct mapping_source){.order = from->order,
                                                          .cs_attribute = from->connected_system_attribute_id.value,
                                                          .mv_attribute = from->metaverse_attribute_id.value,
                                                          .expression = from->expression,
                                                          .missing = from->missing_input_behaviour.value};
    return m;
}

static struct change_note note_of(snapshot *s, const struct sync_rule *r, const struct mapping *m, text reason) {
    struct change_note note = rule_note(r, OPERATION_UPDATE, reason);
    note.context = m->mv_target ? mv_attribute_name(s, m->mv_target) : cs_attribute_name(s, m->cs_target);
    return note;
}

static FALLIBLE mapping_create(struct call *c, const struct mapping_create *in, struct mapping_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    struct texts warnings = {0};
    TRY(change_begin(c, &x));
    TRY(find_rule(x.before, in->rule, &r));
    bool import = r->direction == DIRECTION_IMPORT;
    check_given_target(c, in, import);
    check_given_source(c, in, import);
    TRY(call_check(c));
    struct mapping m = mapping_of(c, in, r);
    TRY(mapping_check(c, x.before, r, &m, &warnings));
    if (import) m.priority = mapping_last_priority(x.before, r->mv_type, m.mv_target);
    TRY(store_save_mapping(x.tx, &m));
    struct change_note note = note_of(x.before, r, &m, (text){0});
    note.warnings = warnings;
    TRY(change_commit(c, &x, &note, NULL));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d/mappings/%d", r->id, m.id);
    view(c->a, x.before, &m, out);
    return NULL;
}
HANDLER(mapping_create, mapping_create, mapping_view)

static bool sets_something(const struct mapping_update *in) {
    return !text_is_null(in->expression) || in->missing_input_behaviour.given || in->null_is_value.given ||
           in->inbound_value_processing.given || in->case_normalisation.given || in->initial_export_only.given || in->enabled.given;
}

static void propose_sources(struct call *c, const struct mapping_update *in, struct mapping *m) {
    struct mapping_sources stored = m->sources;
    m->sources = (struct mapping_sources){0};
    for (EACH(const struct mapping_source, from, &stored)) *LIST_ADD(c->a, &m->sources) = *from;
    if (!text_is_null(in->expression) && (m->source_type != MAPPING_EXPRESSION || !m->sources.count))
        call_problem(c, "expression", "The mapping takes an attribute; make another mapping for an expression.");
    for (EACH(struct mapping_source, from, &m->sources)) {
        if (!text_is_null(in->expression)) from->expression = in->expression;
        if (in->missing_input_behaviour.given) from->missing = in->missing_input_behaviour.value;
    }
}

static void propose(struct call *c, const struct mapping_update *in, struct mapping *m) {
    if (!sets_something(in)) call_problem(c, "$", "Nothing is set; give at least one member.");
    propose_sources(c, in, m);
    if (in->null_is_value.given) m->null_is_value = in->null_is_value.value;
    if (in->inbound_value_processing.given) m->processing = in->inbound_value_processing.value;
    if (in->case_normalisation.given) m->case_normalisation = in->case_normalisation.value;
    if (in->initial_export_only.given) m->initial_export_only = in->initial_export_only.value;
    if (!in->enabled.given) return;
    m->enabled = in->enabled.value;
    if (m->enabled) m->disabled_reason = (text){0};
}

/* A mapping can always be disabled; what it does when enabled is looked at again as at its creation. */
static FALLIBLE check_again(struct call *c, snapshot *s, const struct sync_rule *r, const struct mapping *m, bool enabling,
                            struct texts *warnings) {
    struct ends e = {.rule = r, .import = r->direction == DIRECTION_IMPORT};
    if (m->source_type == MAPPING_EXPRESSION || enabling) {
        TRY(e.import ? check_import_target(c, s, m, &e) : check_export_target(c, s, m, &e));
        TRY(check_source(c, s, "expression", m, &e, warnings));
    }
    return call_check(c);
}

static FALLIBLE mapping_update(struct call *c, const struct mapping_update *in, struct mapping_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct mapping *stored;
    struct texts warnings = {0};
    TRY(change_begin(c, &x));
    TRY(find_mapping(x.before, in->rule, in->mapping, &r, &stored));
    struct mapping m = *stored;
    propose(c, in, &m);
    check_options(c, &m, r->direction == DIRECTION_IMPORT);
    TRY(call_check(c));
    if (m.enabled || !text_is_null(in->expression))
        TRY(check_again(c, x.before, r, &m, in->enabled.given && !stored->enabled, &warnings));
    TRY(store_save_mapping(x.tx, &m));
    struct change_note note = note_of(x.before, r, &m, (text){0});
    note.warnings = warnings;
    TRY(change_commit(c, &x, &note, NULL));
    view(c->a, x.before, &m, out);
    return NULL;
}
HANDLER(mapping_update, mapping_update, mapping_view)

static FALLIBLE mapping_delete(struct call *c, const struct of_mapping *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct mapping *m;
    TRY(change_begin(c, &x));
    TRY(find_mapping(x.before, in->rule, in->mapping, &r, &m));
    TRY(store_delete_mapping(x.tx, m->id));
    struct change_note note = note_of(x.before, r, m, in->reason);
    return change_commit(c, &x, &note, NULL);
}
HANDLER(mapping_delete, of_mapping, nothing)

#define MAPPINGS "/sync-rules/{syncRuleId}/mappings"
#define UNKNOWN ALSO({404, NULL, "There is no such synchronisation rule, mapping or attribute."})
const struct routes mapping_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, MAPPINGS, mappings_list, "Lists the mappings of a rule.", .operation = "GetSyncRuleMappings",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, MAPPINGS, mapping_create, "Maps an attribute; on import it ranks behind those who contribute already.",
                 .operation = "CreateSyncRuleMapping", .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, MAPPINGS "/{mappingId}", mapping_get, "A mapping.", .operation = "GetSyncRuleMapping",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PATCH, MAPPINGS "/{mappingId}", mapping_update, "Changes a mapping; its target and kind of source stay.",
                 .operation = "UpdateSyncRuleMapping", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, MAPPINGS "/{mappingId}", mapping_delete, "Deletes a mapping.", .operation = "DeleteSyncRuleMapping",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
