/* Proposed mappings of a synchronisation rule. */
#include "api/proposals.h"

enum { PRIORITY_UNRANKED = 2147483647 };

struct proposed_source {
    int32_t order;
    struct maybe_int32 metaverse_attribute_id, connected_system_attribute_id;
    text expression;
    struct maybe_enum missing_input_behaviour;
};
static SHAPE(proposed_source, "SyncRuleMappingSourceRequest",
             FIELDS(FIELD(proposed_source, order, "order"),
                    FIELD(proposed_source, metaverse_attribute_id, "metaverseAttributeId", .doc = "Export rules."),
                    FIELD(proposed_source, connected_system_attribute_id, "connectedSystemAttributeId", .doc = "Import rules."),
                    FIELD(proposed_source, expression, "expression", .nullable = true),
                    FIELD(proposed_source, missing_input_behaviour, "missingInputBehaviour", .names = &missing_input_names)));

struct proposed_mapping {
    struct maybe_int32 target_metaverse_attribute_id, target_connected_system_attribute_id;
    struct LIST(struct proposed_source) sources;
    struct maybe_enum inbound_value_processing, case_normalisation;
    struct maybe_int32 priority;
    struct maybe_bool null_is_value, initial_export_only, enabled;
};
static SHAPE(proposed_mapping, "SyncRuleMappingRequest",
             FIELDS(FIELD(proposed_mapping, target_metaverse_attribute_id, "targetMetaverseAttributeId", .doc = "Import rules."),
                    FIELD(proposed_mapping, target_connected_system_attribute_id, "targetConnectedSystemAttributeId",
                          .doc = "Export rules."),
                    OBJECTS(proposed_mapping, sources, "sources", proposed_source, .doc = "Exactly one."),
                    FIELD(proposed_mapping, inbound_value_processing, "inboundValueProcessing", .names = &value_processing_names),
                    FIELD(proposed_mapping, case_normalisation, "caseNormalisation", .names = &case_normalisation_names),
                    FIELD(proposed_mapping, priority, "priority",
                          .doc = "Import: as stored when left out, and behind all others for a new mapping."),
                    FIELD(proposed_mapping, null_is_value, "nullIsValue"),
                    FIELD(proposed_mapping, initial_export_only, "initialExportOnly"),
                    FIELD(proposed_mapping, enabled, "enabled")));

struct flow_request {
    int32_t rule;
    struct proposed_mappings LIST(struct proposed_mapping) mappings;
    enum preview_persistence persistence;
};
static SHAPE(flow_request, "StartSyncRuleAttributeFlowPreviewRequest",
             FIELDS(FIELD(flow_request, rule, "syncRuleId"),
                    OBJECTS(flow_request, mappings, "mappings", proposed_mapping, .nullable = true,
                            .doc = "All mappings of the rule. One with the target of a stored mapping changes that mapping."),
                    PERSISTENCE(flow_request, persistence)));

/* ---- applying ---- */

static int32_t highest_id(snapshot *s) {
    int32_t highest = 0;
    for (EACH(const struct sync_rule, r, &s->rules))
        for (EACH(const struct mapping, m, &r->mappings))
            if (m->id > highest) highest = m->id;
    for (EACH(const struct retired_mapping, m, &s->retired))
        if (m->mapping > highest) highest = m->mapping;
    return highest;
}

static bool has_id(const struct mappings *list, int32_t id) {
    for (EACH(const struct mapping, m, list))
        if (m->id == id) return true;
    return false;
}

/* The stored mapping of that target which nothing before it has taken; an equal source is preferred. */
static const struct mapping *stored_mapping(const struct sync_rule *stored, const struct mapping *wanted,
                                            const struct mappings *taken) {
    const struct mapping *found = NULL;
    for (EACH(const struct mapping, m, &stored->mappings)) {
        if (m->mv_target != wanted->mv_target || m->cs_target != wanted->cs_target || has_id(taken, m->id)) continue;
        const struct mapping_source *a = m->sources.count ? &m->sources.at[0] : NULL, *b = &wanted->sources.at[0];
        bool same = a && a->cs_attribute == b->cs_attribute && a->mv_attribute == b->mv_attribute &&
                    text_is_null(a->expression) == text_is_null(b->expression) && text_equal(a->expression, b->expression);
        if (same) return m;
        if (!found) found = m;
    }
    return found;
}

static bool check_given(struct call *c, const struct proposed_mapping *in, bool import) {
    const char *wanted = import ? "targetMetaverseAttributeId" : "targetConnectedSystemAttributeId";
    size_t before = c->problems.count;
    if (!(import ? in->target_metaverse_attribute_id : in->target_connected_system_attribute_id).given)
        call_problem(c, wanted, "Is required for %s rule.", import ? "an import" : "an export");
    if (in->sources.count != 1) {
        call_problem(c, "sources", "Give exactly one source; combine several attributes by an expression.");
        return false;
    }
    const struct proposed_source *from = &in->sources.at[0];
    bool attribute = (import ? from->connected_system_attribute_id : from->metaverse_attribute_id).given;
    if (attribute + !text_is_null(from->expression) != 1)
        call_problem(c, "sources[0]", "Give either an attribute of the %s or an expression.",
                     import ? "connected system" : "metaverse");
    return c->problems.count == before;
}

static struct mapping mapping_of(struct proposal *p, const struct sync_rule *r, const struct proposed_mapping *in, bool import) {
    const struct proposed_source *from = &in->sources.at[0];
    struct mapping m = {.rule = r->id,
                        .mv_target = import ? in->target_metaverse_attribute_id.value : 0,
                        .cs_target = import ? 0 : in->target_connected_system_attribute_id.value,
                        .source_type = text_is_null(from->expression) ? MAPPING_ATTRIBUTE : MAPPING_EXPRESSION,
                        .priority = PRIORITY_UNRANKED,
                        .enabled = true,
                        .processing = 1u << PROCESS_WHITESPACE_AS_NO_VALUE};
    *LIST_ADD(p->a, &m.sources) = (struct mapping_source){.order = from->order,
                                                          .cs_attribute = import ? from->connected_system_attribute_id.value : 0,
                                                          .mv_attribute = import ? 0 : from->metaverse_attribute_id.value,
                                                          .expression = from->expression};
    return m;
}

/* What the stored mapping says holds where the proposal is silent. */
static void take_options(struct mapping *m, const struct mapping *stored, const struct proposed_mapping *in) {
    struct mapping_source *source = &m->sources.at[0];
    if (stored) {
        m->id = stored->id;
        m->created = stored->created;
        m->priority = stored->priority;
        m->null_is_value = stored->null_is_value;
        m->initial_export_only = stored->initial_export_only;
        m->enabled = stored->enabled;
        m->processing = stored->processing;
        m->case_normalisation = stored->case_normalisation;
        if (stored->sources.count) source->id = stored->sources.at[0].id, source->missing = stored->sources.at[0].missing;
    }
    if (in->sources.at[0].missing_input_behaviour.given) source->missing = in->sources.at[0].missing_input_behaviour.value;
    if (in->priority.given) m->priority = in->priority.value;
    if (in->null_is_value.given) m->null_is_value = in->null_is_value.value;
    if (in->initial_export_only.given) m->initial_export_only = in->initial_export_only.value;
    if (in->enabled.given) m->enabled = in->enabled.value;
    if (in->inbound_value_processing.given) m->processing = in->inbound_value_processing.value;
    if (in->case_normalisation.given) m->case_normalisation = in->case_normalisation.value;
}

static FALLIBLE add_mapping(struct proposal *p, const struct sync_rule *stored, const struct proposed_mapping *in, int32_t fresh,
                            struct mappings *out) {
    bool import = stored->direction == DIRECTION_IMPORT;
    struct texts warnings = {0};
    if (!check_given(p->c, in, import)) return NULL;
    struct mapping m = mapping_of(p, stored, in, import);
    const struct mapping *same = stored_mapping(stored, &m, out);
    m.id = fresh;
    if (import && !same) m.priority = mapping_last_priority(p->before, stored->mv_type, m.mv_target);
    take_options(&m, same, in);
    error *e = mapping_check(p->c, p->before, stored, &m, &warnings);
    for (EACH(const text, w, &warnings)) proposal_note(p, FINDING_WARNING, "mappings", "%.*s", TEXT_ARG(*w));
    *LIST_ADD(p->a, out) = m;
    return e;
}

/* Where values of mappings that go came from stays known (sync-engine §19). */
static void retire(struct proposal *p, const struct sync_rule *stored, const struct mappings *kept) {
    const struct connected_system *system = config_system(p->before, stored->system);
    for (EACH(const struct mapping, m, &stored->mappings)) {
        if (stored->direction != DIRECTION_IMPORT || has_id(kept, m->id)) continue;
        *LIST_ADD(p->after->a, &p->after->retired) =
            (struct retired_mapping){m->id, stored->system, stored->id, stored->name, system ? system->name : (text){0}};
    }
}

static error *apply_flow(struct proposal *p, const void *request) {
    const struct flow_request *in = request;
    const struct sync_rule *stored = config_rule(p->before, p->target);
    struct mappings all = {0};
    int32_t fresh = highest_id(p->before);
    if (!stored->enabled)
        proposal_note(p, FINDING_INFORMATION, NULL, "The rule is disabled: the change has no effect until it is enabled.");
    if (!in->mappings.at) return NULL;
    for (size_t i = 0; i < in->mappings.count; i++) {
        p->c->problems.base_field = arena_print(p->a, "mappings[%zu]", i);
        error *e = add_mapping(p, stored, &in->mappings.at[i], ++fresh, &all);
        p->c->problems.base_field = (text){0};
        if (e) return e;
    }
    retire(p, stored, &all);
    proposed_rule(p, p->target)->mappings = all;
    return call_check(p->c);
}
const struct proposal_kind flow_proposal = {SURFACE_RULE_FLOW, &flow_request_shape, apply_flow};

static FALLIBLE flow_start(struct call *c, const struct flow_request *in, struct preview_started *out) {
    snapshot *s;
    const struct sync_rule *r;
    TRY(call_config(c, &s));
    TRY(find_rule(s, in->rule, &r));
    return preview_start(c, SURFACE_RULE_FLOW, in->rule, in->persistence, out);
}
HANDLER(flow_start, flow_request, preview_started)

const struct routes flow_proposal_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           PREVIEW_ROUTE("/sync-rules/{syncRuleId}/mappings/preview", flow_start,
                         "What would happen if these were the mappings of the rule?", "StartSyncRuleAttributeFlowPreview"));
