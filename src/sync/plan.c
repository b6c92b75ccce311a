/* Compiles the configuration into a plan: who contributes what, which rules touch which types, in which order. */
#include "sync/plan.h"

#include "sync/formula.h"
#include "sync/scope.h"

#include <stdlib.h>

struct plan_type *plan_type_of(const struct sync_plan *p, int32_t cs_type) {
    return int_map_get(&p->types, cs_type);
}

struct plan_mv_type *plan_mv_type_of(const struct sync_plan *p, int32_t tenant, int32_t mv_type) {
    struct plan_mv_type *type = int_map_get(&p->mv_types, plan_key(tenant, mv_type));
    return type ? type : int_map_get(&p->mv_types, plan_key(0, mv_type));
}

const struct plan_contributors *plan_contributors_of(const struct sync_plan *p, int32_t mv_type, int32_t attribute) {
    return int_map_get(&p->contributors, plan_key(mv_type, attribute));
}

const struct plan_mapping *plan_import_mapping(const struct sync_plan *p, int32_t mapping) {
    return int_map_get(&p->mappings, mapping);
}

int32_t plan_system_of_mapping(const struct sync_plan *p, int32_t mapping) {
    const struct plan_origin *origin = int_map_get(&p->origins, mapping);
    return origin ? origin->system : 0;
}

/* ---- Matching rules ---- */

static bool matchable(enum data_type type) {
    return type == TYPE_TEXT || type == TYPE_NUMBER || type == TYPE_LONG_NUMBER || type == TYPE_DECIMAL || type == TYPE_GUID;
}

static text match_problem(arena *a, const struct config *c, const struct matching_rule *r) {
    const struct cs_attribute *cs = config_cs_attribute(c, r->cs_attribute);
    const struct mv_attribute *mv = config_mv_attribute(c, r->mv_attribute);
    if (!cs || !mv) return arena_print(a, "Matching rule %d names an attribute that does not exist any more.", r->id);
    if (cs->type == mv->type && matchable(cs->type)) return (text){0};
    return arena_print(a, "Matching rule %d compares %.*s (%s) with %.*s (%s); the types must be equal and able to identify.",
                       r->id, TEXT_ARG(cs->name), enum_name(&data_type_names, cs->type), TEXT_ARG(mv->name),
                       enum_name(&data_type_names, mv->type));
}

static struct plan_matches compile_matches(struct sync_plan *p, const struct matching_rules *rules, int32_t mv_type) {
    struct plan_matches list = {0};
    for (EACH(const struct matching_rule, r, rules)) {
        *LIST_ADD(p->a, &list) = (struct plan_match){
            .config = r, .mv_type = mv_type ? mv_type : r->mv_type, .broken = match_problem(p->a, p->config, r)};
    }
    return list;
}

/* ---- Mappings ---- */

static bool compile_import_target(struct sync_plan *p, struct plan_mapping *m) {
    const struct mv_attribute *target = config_mv_attribute(p->config, m->config->mv_target);
    if (!target) return false;
    m->target = target->id;
    m->type = target->type;
    m->multi = target->plurality == MULTI_VALUED;
    return true;
}

static bool compile_export_target(struct sync_plan *p, struct plan_mapping *m) {
    const struct cs_attribute *target = config_cs_attribute(p->config, m->config->cs_target);
    if (!target) return false;
    m->target = target->id;
    m->type = target->type;
    m->multi = target->plurality == MULTI_VALUED;
    m->create_only = m->config->initial_export_only || target->writability == WRITABLE_ON_CREATE;
    m->never = target->writability == READ_ONLY;
    m->address = target->external_id || target->secondary_external_id;
    return true;
}

static void compile_direct(struct sync_plan *p, struct plan_mapping *m, const struct mapping_source *s) {
    const struct cs_attribute *cs = s->cs_attribute ? config_cs_attribute(p->config, s->cs_attribute) : NULL;
    const struct mv_attribute *mv = s->mv_attribute ? config_mv_attribute(p->config, s->mv_attribute) : NULL;
    if (!cs && !mv) {
        m->broken = arena_print(p->a, "Mapping %d has a source attribute that does not exist any more.", m->id);
        return;
    }
    m->source = cs ? cs->id : mv->id;
    m->source_multi = (cs ? cs->plurality : mv->plurality) == MULTI_VALUED;
    if ((cs ? cs->type : mv->type) != m->type) {
        m->broken = arena_print(p->a, "Mapping %d has a source and a target of different types.", m->id);
    }
}

static void compile_mapping(struct sync_plan *p, struct plan_rule *rule, const struct mapping *config) {
    struct plan_mapping m = {.config = config, .rule = rule, .id = config->id};
    bool import = rule->config->direction == DIRECTION_IMPORT;
    if (!config->enabled || !(import ? compile_import_target(p, &m) : compile_export_target(p, &m))) return;
    if (config->sources.count != 1) {
        m.broken = arena_print(p->a, "Mapping %d must have exactly one source.", m.id);
    } else {
        const struct mapping_source *s = &config->sources.at[0];
        m.missing = s->missing;
        if (text_is_null(s->expression))
            compile_direct(p, &m, s);
        else
            m.formula = formula_new(p->a, p->config, rule->cs_type, s->expression, &m.broken);
        if (!import && m.formula && formula_is_random(m.formula)) m.create_only = true;
        if (import && m.formula && m.type == TYPE_REFERENCE)
            m.broken = arena_print(p->a, "Mapping %d computes a reference; references flow directly only.", m.id);
    }
    *LIST_ADD(p->a, &rule->mappings) = m;
}

/* ---- Rules ---- */

static struct plan_rule *compile_rule(struct sync_plan *p, const struct sync_rule *config) {
    struct plan_rule *rule = ARENA_NEW(p->a, struct plan_rule);
    *rule = (struct plan_rule){.config = config,
                               .system = config_system(p->config, config->system),
                               .cs_type = config_cs_type(p->config, config->cs_type),
                               .mv_type = config_mv_type(p->config, config->mv_type),
                               .scoped = config->top_groups.count > 0,
                               .broken_scope = scope_problem(p->a, p->config, config)};
    if (!rule->system || !rule->cs_type || !rule->mv_type) return NULL;
    for (EACH(const struct mapping, m, &config->mappings)) compile_mapping(p, rule, m);
    bool simple = rule->system->matching_mode == MATCHING_SIMPLE;
    rule->matches = compile_matches(p, simple ? &rule->cs_type->matching : &config->matching, simple ? 0 : config->mv_type);
    return rule;
}

static struct plan_contributors *contributors_for(struct sync_plan *p, int32_t mv_type, int32_t attribute) {
    int64_t key = plan_key(mv_type, attribute);
    struct plan_contributors *list = int_map_get(&p->contributors, key);
    if (list) return list;
    list = ARENA_NEW(p->a, struct plan_contributors);
    list->mv_type = mv_type;
    list->attribute = attribute;
    int_map_put(&p->contributors, key, list);
    return list;
}

static void add_import(struct sync_plan *p, struct plan_type *type, struct plan_rule *rule) {
    *LIST_ADD(p->a, &type->imports) = rule;
    struct plan_mv_type *mv_type = plan_mv_type_of(p, rule->system->tenant, rule->mv_type->id);
    *LIST_ADD(p->a, &mv_type->imports) = rule;
    for (EACH(struct plan_mapping, m, &rule->mappings)) {
        if (m->type == TYPE_REFERENCE) type->flows_references = true;
        m->contributors = contributors_for(p, rule->mv_type->id, m->target);
        if (m->contributors->count) mv_type->contested = true;
        *LIST_ADD(p->a, m->contributors) = m;
        int_map_put(&p->mappings, m->id, m);
    }
}

static void add_export(struct sync_plan *p, struct plan_type *type, struct plan_rule *rule) {
    *LIST_ADD(p->a, &type->exports) = rule;
    *LIST_ADD(p->a, &plan_mv_type_of(p, rule->system->tenant, rule->mv_type->id)->exports) = rule;
    if (rule->config->enforce_state) type->enforces = true;
    for (EACH(const struct plan_mapping, m, &rule->mappings)) {
        if (m->type == TYPE_REFERENCE && !m->formula) type->loses_targets = true;
    }
}

static bool lets_leave(const struct config *c, const struct connected_system *s) {
    for (EACH(const struct sync_rule, r, &c->rules)) {
        bool scoped = r->enabled && r->direction == DIRECTION_IMPORT && r->system == s->id && r->top_groups.count;
        if (scoped && r->out_of_scope == OUT_OF_SCOPE_DISCONNECT) return true;
    }
    return false;
}

static void note_losses(struct sync_plan *p) {
    for (EACH(const struct connected_system, s, &p->config->systems)) {
        bool leaves = lets_leave(p->config, s);
        for (EACH(const struct cs_type, t, &s->types)) {
            struct plan_type *type = plan_type_of(p, t->id);
            type->loses_targets &= leaves;
        }
    }
}

static int by_priority(const void *left, const void *right) {
    const struct plan_mapping *a = *(struct plan_mapping *const *)left, *b = *(struct plan_mapping *const *)right;
    if (a->config->priority != b->config->priority) return a->config->priority < b->config->priority ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static void rank_contributors(struct sync_plan *p) {
    for (size_t i = 0; i < p->contributors.room; i++) {
        struct plan_contributors *list = p->contributors.slots[i].value;
        if (!list) continue;
        qsort(list->at, list->count, sizeof *list->at, by_priority);
        for (size_t n = 0; n < list->count; n++) list->at[n]->rank = (uint32_t)n;
    }
}

static void note_origin(struct sync_plan *p, int32_t mapping, int32_t system, int32_t rule) {
    struct plan_origin *origin = ARENA_NEW(p->a, struct plan_origin);
    *origin = (struct plan_origin){.system = system, .rule = rule};
    int_map_put(&p->origins, mapping, origin);
}

static void note_origins(struct sync_plan *p) {
    for (EACH(const struct retired_mapping, r, &p->config->retired)) note_origin(p, r->mapping, r->system, r->rule);
    for (EACH(const struct sync_rule, r, &p->config->rules)) {
        for (EACH(const struct mapping, m, &r->mappings)) note_origin(p, m->id, r->system, r->id);
    }
}

static bool abandons(const struct sync_plan *p) {
    if (p->config->retired.count) return true;
    for (EACH(const struct sync_rule, r, &p->config->rules)) {
        for (size_t i = 0; r->direction == DIRECTION_IMPORT && i < r->mappings.count; i++)
            if (!plan_import_mapping(p, r->mappings.at[i].id)) return true;
    }
    return false;
}

static void add_mv_types(struct sync_plan *p, int32_t tenant) {
    for (EACH(const struct mv_type, t, &p->config->mv_types)) {
        if (int_map_get(&p->mv_types, plan_key(tenant, t->id))) continue;
        struct plan_mv_type *type = ARENA_NEW(p->a, struct plan_mv_type);
        type->config = t;
        int_map_put(&p->mv_types, plan_key(tenant, t->id), type);
    }
}

static void add_types(struct sync_plan *p) {
    add_mv_types(p, 0);
    for (EACH(const struct connected_system, s, &p->config->systems)) {
        add_mv_types(p, s->tenant);
        for (EACH(const struct cs_type, t, &s->types)) {
            struct plan_type *type = ARENA_NEW(p->a, struct plan_type);
            type->config = t;
            type->system = s;
            if (s->matching_mode == MATCHING_SIMPLE) type->matches = compile_matches(p, &t->matching, 0);
            int_map_put(&p->types, t->id, type);
        }
    }
}

sync_plan *sync_plan_new(const struct config *c) {
    arena *a = arena_new(SIZE_MAX);
    struct sync_plan *p = ARENA_NEW(a, struct sync_plan);
    p->a = a;
    p->config = c;
    int_map_init(&p->types, a, 64);
    int_map_init(&p->mv_types, a, 64);
    int_map_init(&p->contributors, a, 64);
    int_map_init(&p->mappings, a, 64);
    int_map_init(&p->origins, a, 64);
    add_types(p);
    note_origins(p);
    for (EACH(const struct sync_rule, config, &c->rules)) {
        struct plan_rule *rule = config->enabled ? compile_rule(p, config) : NULL;
        if (!rule) continue;
        struct plan_type *type = plan_type_of(p, rule->cs_type->id);
        if (config->direction == DIRECTION_IMPORT)
            add_import(p, type, rule);
        else if (config->direction == DIRECTION_EXPORT)
            add_export(p, type, rule);
    }
    rank_contributors(p);
    note_losses(p);
    p->abandons = abandons(p);
    return p;
}

void sync_plan_free(sync_plan *p) {
    if (p) arena_free(p->a);
}
