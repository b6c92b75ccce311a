/* Switching where the matching rules of a system stand; the rules move along, joins stay (sync-engine §2.6, §19). */
#include "api/rule_parts.h"

struct mode_request {
    int32_t system;
    enum matching_mode mode;
};
static SHAPE(mode_request, "SwitchObjectMatchingModeRequest",
             FIELDS(FIELD(mode_request, system, "connectedSystemId"),
                    FIELD(mode_request, mode, "mode", .names = &matching_mode_names)));

struct type_migration {
    int32_t object_type_id;
    text object_type_name;
    int32_t sync_rule_count;
    int32_t sync_rules_with_matching_rules;
    int32_t unique_sync_rule_configurations;
    bool rules_diverged;
    int32_t matching_rules_set;
    int32_t sync_rules_cleared;
};
static SHAPE(type_migration, "ObjectTypeMatchingRuleMigration",
             FIELDS(FIELD(type_migration, object_type_id, "objectTypeId"),
                    FIELD(type_migration, object_type_name, "objectTypeName"),
                    FIELD(type_migration, sync_rule_count, "syncRuleCount"),
                    FIELD(type_migration, sync_rules_with_matching_rules, "syncRulesWithMatchingRules"),
                    FIELD(type_migration, unique_sync_rule_configurations, "uniqueSyncRuleConfigurations"),
                    FIELD(type_migration, rules_diverged, "rulesDiverged"),
                    FIELD(type_migration, matching_rules_set, "matchingRulesSet"),
                    FIELD(type_migration, sync_rules_cleared, "syncRulesCleared")));

struct mode_result {
    bool success;
    enum matching_mode new_mode;
    int32_t sync_rules_updated;
    int32_t object_types_updated;
    struct texts warnings;
    struct type_migrations LIST(struct type_migration) object_type_migrations;
    text error_message;
};
static SHAPE(mode_result, "ObjectMatchingModeSwitchResult",
             FIELDS(FIELD(mode_result, success, "success"), FIELD(mode_result, new_mode, "newMode", .names = &matching_mode_names),
                    FIELD(mode_result, sync_rules_updated, "syncRulesUpdated"),
                    FIELD(mode_result, object_types_updated, "objectTypesUpdated"), FIELD(mode_result, warnings, "warnings"),
                    OBJECTS(mode_result, object_type_migrations, "objectTypeMigrations", type_migration),
                    FIELD(mode_result, error_message, "errorMessage", .nullable = true)));

/* ---- from object types to synchronisation rules ---- */

static FALLIBLE copy_to_rules(struct call *c, struct change *x, const struct cs_type *t, const struct matching_rule *m,
                              int32_t *copies) {
    for (EACH(const struct sync_rule, r, &x->before->rules)) {
        if (r->cs_type != t->id || r->mv_type != m->mv_type) continue;
        struct matching_rule copy = *m;
        copy.id = copy.cs_type = copy.mv_type = 0;
        copy.sync_rule = r->id;
        copy.created = c->now;
        TRY(store_save_matching_rule(x->tx, &copy));
        ++*copies;
    }
    return store_delete_matching_rule(x->tx, m->id);
}

static bool takes_rules(const struct cs_type *t, const struct sync_rule *r) {
    for (EACH(const struct matching_rule, m, &t->matching))
        if (m->mv_type == r->mv_type) return true;
    return false;
}

static FALLIBLE type_to_rules(struct call *c, struct change *x, const struct cs_type *t, struct mode_result *out) {
    struct type_migration g = {.object_type_id = t->id, .object_type_name = t->name};
    for (EACH(const struct sync_rule, r, &x->before->rules)) {
        if (r->cs_type != t->id) continue;
        g.sync_rule_count++;
        if (!takes_rules(t, r)) continue;
        g.sync_rules_with_matching_rules++;
        out->sync_rules_updated++;
    }
    if (!t->matching.count) return NULL;
    for (EACH(const struct matching_rule, m, &t->matching)) {
        int32_t copies = 0;
        TRY(copy_to_rules(c, x, t, m, &copies));
        g.matching_rules_set += copies;
        if (!copies)
            *LIST_ADD(c->a, &out->warnings) =
                arena_print(c->a, "The matching rule of '%.*s' for '%.*s' is gone: no synchronisation rule joins these types.",
                            TEXT_ARG(t->name), TEXT_ARG(mv_type_name(x->before, m->mv_type)));
    }
    g.unique_sync_rule_configurations = g.sync_rules_with_matching_rules ? 1 : 0;
    out->object_types_updated++;
    *LIST_ADD(c->a, &out->object_type_migrations) = g;
    return NULL;
}

/* ---- from synchronisation rules to object types ---- */

static bool same_match(const struct matching_rule *a, int32_t a_type, const struct matching_rule *b, int32_t b_type) {
    return a_type == b_type && a->mv_attribute == b->mv_attribute && a->cs_attribute == b->cs_attribute &&
           a->case_sensitive == b->case_sensitive;
}

static bool same_rules(const struct sync_rule *a, const struct sync_rule *b) {
    bool same = a->matching.count == b->matching.count;
    for (size_t i = 0; same && i < a->matching.count; i++)
        same = same_match(&a->matching.at[i], a->mv_type, &b->matching.at[i], b->mv_type);
    return same;
}

/* True when an earlier synchronisation rule of the type has the same matching rules. */
static bool seen_before(snapshot *s, const struct sync_rule *r) {
    for (EACH(const struct sync_rule, other, &s->rules))
        if (other->id < r->id && other->cs_type == r->cs_type && other->matching.count && same_rules(other, r)) return true;
    return false;
}

/* Each different rule once, in the order in which the engine would try them. */
static FALLIBLE collect(struct call *c, struct change *x, const struct sync_rule *r, struct matching_rules *all) {
    for (EACH(const struct matching_rule, m, &r->matching)) {
        bool known = false;
        for (EACH(const struct matching_rule, k, all)) known = known || same_match(k, k->mv_type, m, r->mv_type);
        if (!known) {
            struct matching_rule *k = LIST_ADD(c->a, all);
            *k = *m;
            k->id = k->sync_rule = 0;
            k->cs_type = r->cs_type;
            k->mv_type = r->mv_type;
            k->order = (int32_t)all->count - 1;
            k->created = c->now;
        }
        TRY(store_delete_matching_rule(x->tx, m->id));
    }
    return NULL;
}

static FALLIBLE rules_to_type(struct call *c, struct change *x, const struct cs_type *t, struct mode_result *out) {
    struct type_migration g = {.object_type_id = t->id, .object_type_name = t->name};
    struct matching_rules all = {0};
    for (EACH(const struct sync_rule, r, &x->before->rules)) {
        if (r->cs_type != t->id) continue;
        g.sync_rule_count++;
        if (!r->matching.count) continue;
        g.sync_rules_with_matching_rules++;
        if (!seen_before(x->before, r)) g.unique_sync_rule_configurations++;
        TRY(collect(c, x, r, &all));
    }
    if (!all.count) return NULL;
    for (EACH(struct matching_rule, m, &all)) TRY(store_save_matching_rule(x->tx, m));
    g.rules_diverged = g.unique_sync_rule_configurations > 1;
    g.matching_rules_set = (int32_t)all.count;
    g.sync_rules_cleared = g.sync_rules_with_matching_rules;
    if (g.rules_diverged)
        *LIST_ADD(c->a, &out->warnings) = arena_print(
            c->a, "The synchronisation rules of '%.*s' matched differently; the object type now has all %d matching rules of them.",
            TEXT_ARG(t->name), g.matching_rules_set);
    out->sync_rules_updated += g.sync_rules_cleared;
    out->object_types_updated++;
    *LIST_ADD(c->a, &out->object_type_migrations) = g;
    return NULL;
}

/* ---- the switch ---- */

static FALLIBLE mode_switch(struct call *c, const struct mode_request *in, struct mode_result *out) {
    OWNED_VALUE(change) x = {0};
    const struct connected_system *stored;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &stored));
    out->success = true;
    out->new_mode = in->mode;
    if (stored->matching_mode == in->mode) return NULL;
    for (EACH(const struct cs_type, t, &stored->types))
        TRY(in->mode == MATCHING_ADVANCED ? type_to_rules(c, &x, t, out) : rules_to_type(c, &x, t, out));
    struct connected_system s = *stored;
    s.matching_mode = in->mode;
    s.updated = c->now;
    TRY(store_save_system(x.tx, &s));
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_UPDATE,
                               .name = s.name,
                               .system = s.id,
                               .id = s.id,
                               .warnings = out->warnings};
    return change_commit(c, &x, &note, NULL);
}
HANDLER(mode_switch, mode_request, mode_result)

const struct routes matching_mode_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(POST, "/connected-systems/{connectedSystemId}/matching-mode", mode_switch,
          "Moves the matching rules to the object types or to the synchronisation rules.", .operation = "SwitchObjectMatchingMode",
          .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such connected system."})));
