/* Puts a freshly filled configuration snapshot in order and builds its indexes. */
#include "model/config.h"

#include <stdlib.h>

static int compare_int32(int32_t a, int32_t b) { return (a > b) - (a < b); }

/* Sorts a list by its elements' member `id`. */
#define SORT_BY_ID(type, list) sort_by_id((list)->at, (list)->count, sizeof(type), offsetof(type, id))

static int by_leading_id(const void *a, const void *b, void *offset) {
    size_t at = *(const size_t *)offset;
    int32_t x, y;
    memcpy(&x, (const char *)a + at, sizeof x);
    memcpy(&y, (const char *)b + at, sizeof y);
    return compare_int32(x, y);
}

static void sort_by_id(void *at, size_t count, size_t size, size_t offset) {
    if (count > 1) qsort_r(at, count, size, by_leading_id, &offset);
}

static int by_number(const void *a, const void *b) { return compare_int32(*(const int32_t *)a, *(const int32_t *)b); }
static void sort_numbers(struct int32s *list) {
    if (list->count > 1) qsort(list->at, list->count, sizeof *list->at, by_number);
}

static int by_rule_order(const void *a, const void *b) {
    const struct matching_rule *x = a, *y = b;
    int order = compare_int32(x->order, y->order);
    return order ? order : compare_int32(x->id, y->id);
}
static int by_source_order(const void *a, const void *b) {
    const struct mapping_source *x = a, *y = b;
    int order = compare_int32(x->order, y->order);
    return order ? order : compare_int32(x->id, y->id);
}
static int by_position(const void *a, const void *b) {
    const struct scope_group *x = *(struct scope_group *const *)a, *y = *(struct scope_group *const *)b;
    int order = compare_int32(x->position, y->position);
    return order ? order : compare_int32(x->id, y->id);
}
static void sort_groups(struct scope_group_refs *refs) {
    if (refs->count > 1) qsort(refs->at, refs->count, sizeof(struct scope_group *), by_position);
}
static void sort_matching(struct matching_rules *rules) {
    if (rules->count > 1) qsort(rules->at, rules->count, sizeof *rules->at, by_rule_order);
}

static void put(struct config *c, enum config_kind kind, int32_t id, void *thing) { int_map_put(&c->by_id[kind], id, thing); }

static void index_metaverse(struct config *c) {
    SORT_BY_ID(struct mv_type, &c->mv_types);
    SORT_BY_ID(struct mv_attribute, &c->mv_attributes);
    for (EACH(struct mv_type, t, &c->mv_types)) {
        sort_numbers(&t->attributes);
        put(c, CONFIG_MV_TYPE, t->id, t);
    }
    for (EACH(struct mv_attribute, m, &c->mv_attributes)) {
        sort_numbers(&m->object_types);
        put(c, CONFIG_MV_ATTRIBUTE, m->id, m);
        text_map_put(&c->mv_attribute_names, m->name, m);
    }
    c->display[0] = config_mv_attribute_named(c, T("Display Name"));
    c->display[1] = config_mv_attribute_named(c, T("Common Name"));
}

static void index_cs_type(struct config *c, struct cs_type *t) {
    SORT_BY_ID(struct cs_attribute, &t->attributes);
    sort_matching(&t->matching);
    put(c, CONFIG_CS_TYPE, t->id, t);
    t->external_id = t->secondary = NULL;
    text_map_init(&t->names, c->a, t->attributes.count);
    for (EACH(struct cs_attribute, s, &t->attributes)) {
        put(c, CONFIG_CS_ATTRIBUTE, s->id, s);
        text_map_put(&t->names, s->name, s);
        if (s->external_id) t->external_id = s;
        if (s->secondary_external_id) t->secondary = s;
    }
    t->display[0] = config_cs_attribute_named(t, T("displayName"));
    t->display[1] = config_cs_attribute_named(t, T("cn"));
    t->display[2] = config_cs_attribute_named(t, T("name"));
}

static void index_system(struct config *c, struct connected_system *s) {
    SORT_BY_ID(struct cs_type, &s->types);
    SORT_BY_ID(struct run_profile, &s->run_profiles);
    put(c, CONFIG_SYSTEM, s->id, s);
    for (EACH(struct cs_type, t, &s->types)) index_cs_type(c, t);
    for (EACH(struct run_profile, p, &s->run_profiles)) put(c, CONFIG_RUN_PROFILE, p->id, p);
}

static struct scope_group *group_of(const struct sync_rule *r, int32_t id) {
    for (EACH(struct scope_group, g, &r->groups)) {
        if (g->id == id) return g;
    }
    return NULL;
}

static void link_groups(struct config *c, struct sync_rule *r) {
    SORT_BY_ID(struct scope_group, &r->groups);
    r->top_groups = (struct scope_group_refs){0};
    for (EACH(struct scope_group, g, &r->groups)) {
        SORT_BY_ID(struct scope_criterion, &g->criteria);
        g->children = (struct scope_group_refs){0};
    }
    for (EACH(struct scope_group, g, &r->groups)) {
        struct scope_group *parent = g->parent ? group_of(r, g->parent) : NULL;
        *LIST_ADD(c->a, parent ? &parent->children : &r->top_groups) = g;
    }
    sort_groups(&r->top_groups);
    for (EACH(struct scope_group, g, &r->groups)) sort_groups(&g->children);
}

static void index_rule(struct config *c, struct sync_rule *r) {
    SORT_BY_ID(struct mapping, &r->mappings);
    sort_matching(&r->matching);
    put(c, CONFIG_RULE, r->id, r);
    for (EACH(struct mapping, m, &r->mappings)) {
        if (m->sources.count > 1) qsort(m->sources.at, m->sources.count, sizeof *m->sources.at, by_source_order);
        put(c, CONFIG_MAPPING, m->id, m);
    }
    link_groups(c, r);
}

void config_index(struct config *c) {
    index_metaverse(c);
    SORT_BY_ID(struct connected_system, &c->systems);
    for (EACH(struct connected_system, s, &c->systems)) index_system(c, s);
    SORT_BY_ID(struct sync_rule, &c->rules);
    for (EACH(struct sync_rule, r, &c->rules)) index_rule(c, r);
}
