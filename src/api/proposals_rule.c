/* Proposed changes of a synchronisation rule: its actions, its behaviour, its scope. */
#include "api/proposals.h"
#include "api/scoping_view.h"

/* ---- what happens on leaving: destructive toggles ---- */

struct toggles_request {
    int32_t rule;
    struct maybe_enum outbound_deprovision_action, inbound_out_of_scope_action;
    enum preview_persistence persistence;
};
static SHAPE(
    toggles_request, "StartSyncRuleDestructiveTogglesPreviewRequest",
    FIELDS(FIELD(toggles_request, rule, "syncRuleId"),
           FIELD(toggles_request, outbound_deprovision_action, "outboundDeprovisionAction", .names = &deprovision_action_names),
           FIELD(toggles_request, inbound_out_of_scope_action, "inboundOutOfScopeAction", .names = &out_of_scope_action_names),
           PERSISTENCE(toggles_request, persistence)));

static void note_disabled(struct proposal *p, const struct sync_rule *r) {
    if (!r->enabled && !config_rule(p->before, r->id)->enabled)
        proposal_note(p, FINDING_INFORMATION, NULL, "The rule is disabled: the change has no effect until it is enabled.");
}

static error *apply_toggles(struct proposal *p, const void *request) {
    const struct toggles_request *in = request;
    struct sync_rule *r = proposed_rule(p, p->target);
    bool import = r->direction == DIRECTION_IMPORT;
    note_disabled(p, r);
    if (in->outbound_deprovision_action.given) {
        r->deprovision = in->outbound_deprovision_action.value;
        if (import)
            proposal_note(p, FINDING_INFORMATION, "outboundDeprovisionAction", "The action has no meaning for an import rule.");
    }
    if (in->inbound_out_of_scope_action.given) {
        r->out_of_scope = in->inbound_out_of_scope_action.value;
        if (!import)
            proposal_note(p, FINDING_INFORMATION, "inboundOutOfScopeAction", "The action has no meaning for an export rule.");
    }
    return NULL;
}
const struct proposal_kind toggles_proposal = {SURFACE_RULE_TOGGLES, &toggles_request_shape, apply_toggles};

static FALLIBLE start_on_rule(struct call *c, int32_t rule, enum preview_surface surface, enum preview_persistence persistence,
                              struct preview_started *out) {
    snapshot *s;
    const struct sync_rule *r;
    TRY(call_config(c, &s));
    TRY(find_rule(s, rule, &r));
    return preview_start(c, surface, rule, persistence, out);
}

static FALLIBLE toggles_start(struct call *c, const struct toggles_request *in, struct preview_started *out) {
    return start_on_rule(c, in->rule, SURFACE_RULE_TOGGLES, in->persistence, out);
}
HANDLER(toggles_start, toggles_request, preview_started)

/* ---- what the rule does: behaviour ---- */

struct behaviour_request {
    int32_t rule;
    struct maybe_bool enabled;
    struct maybe_enum direction;
    struct maybe_bool project_to_metaverse, provision_to_connected_system, enforce_state;
    enum preview_persistence persistence;
};
static SHAPE(behaviour_request, "StartSyncRuleBehaviourPreviewRequest",
             FIELDS(FIELD(behaviour_request, rule, "syncRuleId"), FIELD(behaviour_request, enabled, "enabled"),
                    FIELD(behaviour_request, direction, "direction", .names = &rule_direction_names,
                          .doc = "The direction of a rule cannot change; another one blocks."),
                    FIELD(behaviour_request, project_to_metaverse, "projectToMetaverse"),
                    FIELD(behaviour_request, provision_to_connected_system, "provisionToConnectedSystem"),
                    FIELD(behaviour_request, enforce_state, "enforceState"), PERSISTENCE(behaviour_request, persistence)));

static error *apply_behaviour(struct proposal *p, const void *request) {
    const struct behaviour_request *in = request;
    struct sync_rule *r = proposed_rule(p, p->target);
    bool import = r->direction == DIRECTION_IMPORT;
    if (in->direction.given && in->direction.value != r->direction)
        call_problem(p->c, "direction", "The direction of a rule cannot be changed; make another rule.");
    if (in->enabled.given) r->enabled = in->enabled.value;
    if (in->project_to_metaverse.given) {
        if (!import && in->project_to_metaverse.value) call_problem(p->c, "projectToMetaverse", "Only an import rule can project.");
        r->project = in->project_to_metaverse.value;
    }
    if (in->provision_to_connected_system.given) {
        if (import && in->provision_to_connected_system.value)
            call_problem(p->c, "provisionToConnectedSystem", "Only an export rule can provision.");
        r->provision = in->provision_to_connected_system.value;
    }
    if (in->enforce_state.given) r->enforce_state = in->enforce_state.value;
    note_disabled(p, r);
    return call_check(p->c);
}
const struct proposal_kind behaviour_proposal = {SURFACE_RULE_BEHAVIOUR, &behaviour_request_shape, apply_behaviour};

static FALLIBLE behaviour_start(struct call *c, const struct behaviour_request *in, struct preview_started *out) {
    return start_on_rule(c, in->rule, SURFACE_RULE_BEHAVIOUR, in->persistence, out);
}
HANDLER(behaviour_start, behaviour_request, preview_started)

/* ---- scope ---- */

struct proposed_criterion {
    struct criterion_request k;
};
static SHAPE(
    proposed_criterion, "SyncRuleScopingCriterionRequest",
    FIELDS(FIELD(proposed_criterion, k.metaverse_attribute_id, "metaverseAttributeId", .doc = "Export rules."),
           FIELD(proposed_criterion, k.connected_system_attribute_id, "connectedSystemAttributeId", .doc = "Import rules."),
           FIELD(proposed_criterion, k.comparison_type, "comparisonType", .names = &comparison_names, .by_default = "Equals"),
           CRITERION_FIELDS(proposed_criterion, k.)));

struct proposed_groups LIST(struct proposed_group);
struct proposed_group {
    enum scope_group_type type;
    struct LIST(struct proposed_criterion) criteria;
    struct proposed_groups children;
};
static const struct shape proposed_group_shape;
static SHAPE(proposed_group, "SyncRuleScopingCriteriaGroupRequest",
             FIELDS(FIELD(proposed_group, type, "type", .names = &scope_group_type_names, .by_default = "All"),
                    OBJECTS(proposed_group, criteria, "criteria", proposed_criterion, .nullable = true),
                    OBJECTS(proposed_group, children, "childGroups", proposed_group, .nullable = true)));

struct scope_request {
    int32_t rule;
    struct proposed_groups groups;
    enum preview_persistence persistence;
};
static SHAPE(scope_request, "StartSyncRuleScopingPreviewRequest",
             FIELDS(FIELD(scope_request, rule, "syncRuleId"),
                    OBJECTS(scope_request, groups, "criteriaGroups", proposed_group, .nullable = true,
                            .doc = "The whole scope; empty: everything is in scope."),
                    PERSISTENCE(scope_request, persistence)));

enum { GROUP_DEPTH_MAX = 16 };

/* Problems of what stands deeper are named by their whole path. */
static FALLIBLE add_group(struct proposal *p, struct sync_rule *r, const struct proposed_group *in, int32_t parent,
                          int32_t position, text at, int depth) {
    struct scope_group g = {
        .id = (int32_t)r->groups.count + 1, .rule = r->id, .parent = parent, .type = in->type, .position = position};
    if (depth > GROUP_DEPTH_MAX)
        return call_invalid(p->c, "criteriaGroups", "Groups nest at most %d levels deep.", GROUP_DEPTH_MAX);
    for (size_t i = 0; i < in->criteria.count; i++) {
        struct scope_criterion k = {.id = g.id * 1000 + (int32_t)i, .group = g.id};
        p->c->problems.base_field = arena_print(p->a, "%.*s.criteria[%zu]", TEXT_ARG(at), i);
        error *e = criterion_read(p->c, p->before, r, &in->criteria.at[i].k, &k);
        p->c->problems.base_field = (text){0};
        if (e) return e;
        *LIST_ADD(p->a, &g.criteria) = k;
    }
    *LIST_ADD(p->a, &r->groups) = g;
    for (size_t i = 0; i < in->children.count; i++)
        TRY(add_group(p, r, &in->children.at[i], g.id, (int32_t)i, arena_print(p->a, "%.*s.childGroups[%zu]", TEXT_ARG(at), i),
                      depth + 1));
    return NULL;
}

static error *apply_scope(struct proposal *p, const void *request) {
    const struct scope_request *in = request;
    struct sync_rule *r = proposed_rule(p, p->target);
    note_disabled(p, r);
    if (!in->groups.at) return NULL;
    r->groups = (struct scope_groups){0};
    for (size_t i = 0; i < in->groups.count; i++)
        TRY(add_group(p, r, &in->groups.at[i], 0, (int32_t)i, arena_print(p->a, "criteriaGroups[%zu]", i), 1));
    if (!r->groups.count) proposal_note(p, FINDING_INFORMATION, "criteriaGroups", "Without criteria every object is in scope.");
    return NULL;
}
const struct proposal_kind scope_proposal = {SURFACE_RULE_SCOPE, &scope_request_shape, apply_scope};

static FALLIBLE scope_start(struct call *c, const struct scope_request *in, struct preview_started *out) {
    return start_on_rule(c, in->rule, SURFACE_RULE_SCOPE, in->persistence, out);
}
HANDLER(scope_start, scope_request, preview_started)

#define RULE "/sync-rules/{syncRuleId}"
const struct routes rule_proposal_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    PREVIEW_ROUTE(RULE "/behaviour/preview", behaviour_start, "What would happen if the rule behaved so?",
                  "StartSyncRuleBehaviourPreview"),
    PREVIEW_ROUTE(RULE "/destructive-toggles/preview", toggles_start,
                  "What would happen if objects that leave the scope were treated so?", "StartSyncRuleDestructiveTogglesPreview"),
    PREVIEW_ROUTE(RULE "/scoping-criteria/preview", scope_start, "What would happen if this were the scope of the rule?",
                  "StartSyncRuleScopingPreview"));
