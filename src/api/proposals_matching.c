/* Proposed matching rules of a connected system, and where they stand. */
#include "api/proposals.h"

struct proposed_match_source {
    int32_t order;
    struct maybe_int32 connected_system_attribute_id;
    text expression;
};
static SHAPE(proposed_match_source, "ObjectMatchingRuleSourceRequest",
             FIELDS(FIELD(proposed_match_source, order, "order"),
                    FIELD(proposed_match_source, connected_system_attribute_id, "connectedSystemAttributeId"),
                    FIELD(proposed_match_source, expression, "expression", .nullable = true,
                          .doc = "Matching by an expression is not possible; it blocks.")));

struct proposed_match {
    int32_t order;
    struct maybe_int32 connected_system_object_type_id, sync_rule_id, metaverse_object_type_id, target_metaverse_attribute_id;
    bool case_sensitive;
    struct LIST(struct proposed_match_source) sources;
};
static SHAPE(proposed_match, "ObjectMatchingRuleRequest",
             FIELDS(FIELD(proposed_match, order, "order"),
                    FIELD(proposed_match, connected_system_object_type_id, "connectedSystemObjectTypeId",
                          .doc = "Where object types have the matching rules."),
                    FIELD(proposed_match, sync_rule_id, "syncRuleId", .doc = "Where synchronisation rules have them."),
                    FIELD(proposed_match, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(proposed_match, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
                    FIELD(proposed_match, case_sensitive, "caseSensitive"),
                    OBJECTS(proposed_match, sources, "sources", proposed_match_source, .doc = "Exactly one.")));

struct matching_request {
    int32_t system;
    struct maybe_enum mode;
    struct proposed_matches LIST(struct proposed_match) rules;
    enum preview_persistence persistence;
};
static SHAPE(matching_request, "StartObjectMatchingPreviewRequest",
             FIELDS(FIELD(matching_request, system, "connectedSystemId"),
                    FIELD(matching_request, mode, "mode", .names = &matching_mode_names),
                    OBJECTS(matching_request, rules, "rules", proposed_match, .nullable = true,
                            .doc = "All matching rules of the system; left out: the stored ones, moved when the mode changes."),
                    PERSISTENCE(matching_request, persistence)));

/* ---- the stored rules in the other mode, as the switch moves them (sync-engine §2.6) ---- */

static void move_to_rules(struct proposal *p, struct connected_system *s) {
    for (EACH(struct cs_type, t, &s->types)) {
        for (EACH(const struct matching_rule, m, &t->matching))
            for (EACH(struct sync_rule, r, &p->after->rules)) {
                if (r->cs_type != t->id || r->mv_type != m->mv_type) continue;
                struct matching_rule copy = *m;
                copy.cs_type = copy.mv_type = 0;
                copy.sync_rule = r->id;
                *LIST_ADD(p->after->a, &r->matching) = copy;
            }
        t->matching = (struct matching_rules){0};
    }
}

static bool known(const struct matching_rules *list, const struct matching_rule *m, int32_t mv_type) {
    for (EACH(const struct matching_rule, k, list))
        if (k->mv_type == mv_type && k->mv_attribute == m->mv_attribute && k->cs_attribute == m->cs_attribute &&
            k->case_sensitive == m->case_sensitive)
            return true;
    return false;
}

static void move_to_types(struct proposal *p, struct connected_system *s) {
    for (EACH(struct sync_rule, r, &p->after->rules)) {
        if (r->system != s->id) continue;
        for (EACH(struct cs_type, t, &s->types)) {
            if (t->id != r->cs_type) continue;
            for (EACH(const struct matching_rule, m, &r->matching)) {
                if (known(&t->matching, m, r->mv_type)) continue;
                struct matching_rule copy = *m;
                copy.sync_rule = 0;
                copy.cs_type = t->id;
                copy.mv_type = r->mv_type;
                copy.order = (int32_t)t->matching.count;
                *LIST_ADD(p->after->a, &t->matching) = copy;
            }
        }
        r->matching = (struct matching_rules){0};
    }
}

/* ---- rules that are given ---- */

static struct cs_type *type_of(struct connected_system *s, int32_t id) {
    for (EACH(struct cs_type, t, &s->types))
        if (t->id == id) return t;
    return NULL;
}

static FALLIBLE add_match(struct proposal *p, struct connected_system *s, const struct proposed_match *in, int32_t id) {
    bool simple = s->matching_mode == MATCHING_SIMPLE;
    struct sync_rule *r = simple ? NULL : proposed_rule(p, in->sync_rule_id.value);
    struct cs_type *t = type_of(s, simple ? in->connected_system_object_type_id.value : r ? r->cs_type : 0);
    if (!t || (!simple && r->system != s->id)) {
        call_problem(p->c, simple ? "connectedSystemObjectTypeId" : "syncRuleId", "'%.*s' has none of this id.", TEXT_ARG(s->name));
        return NULL;
    }
    if (in->sources.count != 1 || !in->sources.at[0].connected_system_attribute_id.given) {
        call_problem(p->c, "sources", "Give exactly one attribute.");
        return NULL;
    }
    struct matching_rule m = {.id = id,
                              .order = in->order,
                              .cs_type = simple ? t->id : 0,
                              .sync_rule = simple ? 0 : r->id,
                              .mv_type = simple ? in->metaverse_object_type_id.value : 0,
                              .mv_attribute = in->target_metaverse_attribute_id.value,
                              .cs_attribute = in->sources.at[0].connected_system_attribute_id.value,
                              .case_sensitive = in->case_sensitive};
    *LIST_ADD(p->after->a, simple ? &t->matching : &r->matching) = m;
    return matching_rule_check(p->c, p->before, config_cs_type(p->before, t->id), r ? config_rule(p->before, r->id) : NULL, &m);
}

static void clear(struct proposal *p, struct connected_system *s) {
    for (EACH(struct cs_type, t, &s->types)) t->matching = (struct matching_rules){0};
    for (EACH(struct sync_rule, r, &p->after->rules))
        if (r->system == s->id) r->matching = (struct matching_rules){0};
}

/* A look-up finds only what has index rows. */
static void note_unindexed(struct proposal *p, const struct proposed_match *in) {
    const struct mv_attribute *m = config_mv_attribute(p->before, in->target_metaverse_attribute_id.value);
    if (m && !m->indexed)
        proposal_note(p, FINDING_WARNING, "rules",
                      "Nothing matches by '%.*s' yet, so it cannot be searched: which objects it would find is not foreseen.",
                      TEXT_ARG(m->name));
}

static error *apply_matching(struct proposal *p, const void *request) {
    const struct matching_request *in = request;
    struct connected_system *s = proposed_system(p, p->target);
    bool moves = in->mode.given && in->mode.value != s->matching_mode;
    proposal_note(p, FINDING_INFORMATION, NULL,
                  "Objects that are joined stay so; only objects without a metaverse object are matched.");
    if (in->mode.given) s->matching_mode = in->mode.value;
    if (!in->rules.at) {
        if (moves && s->matching_mode == MATCHING_ADVANCED) move_to_rules(p, s);
        if (moves && s->matching_mode == MATCHING_SIMPLE) move_to_types(p, s);
        return NULL;
    }
    clear(p, s);
    for (size_t i = 0; i < in->rules.count; i++) {
        p->c->problems.base_field = arena_print(p->a, "rules[%zu]", i);
        error *e = add_match(p, s, &in->rules.at[i], (int32_t)i + 1);
        p->c->problems.base_field = (text){0};
        if (e) return e;
        note_unindexed(p, &in->rules.at[i]);
    }
    return call_check(p->c);
}
const struct proposal_kind matching_proposal = {SURFACE_MATCHING, &matching_request_shape, apply_matching};

static FALLIBLE matching_start(struct call *c, const struct matching_request *in, struct preview_started *out) {
    snapshot *s;
    const struct connected_system *system;
    TRY(call_config(c, &s));
    TRY(find_system(s, in->system, &system));
    return preview_start(c, SURFACE_MATCHING, in->system, in->persistence, out);
}
HANDLER(matching_start, matching_request, preview_started)

const struct routes matching_proposal_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           PREVIEW_ROUTE("/connected-systems/{connectedSystemId}/matching-rules/preview", matching_start,
                         "What would happen if objects were matched so?", "StartObjectMatchingPreview"));
