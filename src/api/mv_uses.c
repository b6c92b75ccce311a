/* What uses an attribute of the metaverse, how many objects have values of it, and taking its uses away. */
#include "api/mv_view.h"

#include "base/unicode.h"
#include "sync/expression/expression.h"

NAMED_ENUM_TABLE(attribute_reference_kind, "AttributeReferenceKind", ATTRIBUTE_REFERENCE_KINDS)

SHAPE(attribute_reference, "AttributeReference",
      FIELDS(FIELD(attribute_reference, kind, "kind", .names = &attribute_reference_kind_names),
             FIELD(attribute_reference, id, "id"), FIELD(attribute_reference, description, "description"),
             FIELD(attribute_reference, sync_rule_id, "syncRuleId"),
             FIELD(attribute_reference, sync_rule_name, "syncRuleName", .nullable = true),
             FIELD(attribute_reference, metaverse_object_type_id, "metaverseObjectTypeId"),
             FIELD(attribute_reference, metaverse_object_type_name, "metaverseObjectTypeName", .nullable = true)));
SHAPE(type_value_count, "AttributeObjectTypeValueCount",
      FIELDS(FIELD(type_value_count, metaverse_object_type_id, "metaverseObjectTypeId"),
             FIELD(type_value_count, metaverse_object_type_name, "metaverseObjectTypeName"),
             FIELD(type_value_count, metaverse_object_type_plural_name, "metaverseObjectTypePluralName"),
             FIELD(type_value_count, object_count, "objectCount")));

struct uses {
    arena *a;
    snapshot *s;
    const struct mv_attribute *m;
    int32_t type; /* 0: all */
    struct attribute_references *out;
};

static void add(struct uses *u, enum attribute_reference_kind kind, int32_t id, const struct sync_rule *r, int32_t type,
                text description) {
    *LIST_ADD(u->a, u->out) = (struct attribute_reference){.kind = kind,
                                                           .id = id,
                                                           .description = description,
                                                           .sync_rule_id = id_or_null(r ? r->id : 0),
                                                           .sync_rule_name = r ? r->name : (text){0},
                                                           .metaverse_object_type_id = id_or_null(type),
                                                           .metaverse_object_type_name = mv_type_name(u->s, type)};
}

static bool wanted(const struct uses *u, int32_t type) { return !u->type || u->type == type; }

/* Does the expression read mv["name"]? One that cannot be parsed reads nothing. */
static bool mentions(arena *a, text source, text name) {
    const struct expression *e;
    struct expression_error fault;
    if (text_is_null(source) || !expression_parse(a, source, &e, &fault)) return false;
    for (size_t i = 0; i < expression_input_count(e); i++) {
        const struct expression_input *in = expression_input(e, i);
        if (in->metaverse && text_equal_fold(in->name, name)) return true;
    }
    return false;
}

static void uses_of_mapping(struct uses *u, const struct sync_rule *r, const struct mapping *m) {
    bool reads = false;
    if (m->mv_target == u->m->id)
        add(u, USED_BY_IMPORT_FLOW, m->id, r, r->mv_type, arena_print(u->a, "'%.*s' imports into it.", TEXT_ARG(r->name)));
    for (EACH(const struct mapping_source, source, &m->sources)) {
        if (source->mv_attribute != u->m->id && !mentions(u->a, source->expression, u->m->name)) continue;
        add(u, USED_BY_EXPORT_SOURCE, source->id, r, r->mv_type, arena_print(u->a, "'%.*s' reads it.", TEXT_ARG(r->name)));
        reads = true;
    }
    if (reads && m->mv_target != u->m->id)
        add(u, USED_BY_EXPORT_MAPPING, m->id, r, r->mv_type,
            arena_print(u->a, "A mapping of '%.*s' depends on it.", TEXT_ARG(r->name)));
}

static void uses_of_rule(struct uses *u, const struct sync_rule *r) {
    for (EACH(const struct mapping, m, &r->mappings)) uses_of_mapping(u, r, m);
    for (EACH(const struct scope_group, g, &r->groups))
        for (EACH(const struct scope_criterion, k, &g->criteria))
            if (r->direction == DIRECTION_EXPORT && k->attribute == u->m->id)
                add(u, USED_BY_CRITERION, k->id, r, r->mv_type,
                    arena_print(u->a, "The scope of '%.*s' asks for it.", TEXT_ARG(r->name)));
    for (EACH(const struct matching_rule, k, &r->matching))
        if (k->mv_attribute == u->m->id)
            add(u, USED_BY_MATCHING_RULE, k->id, r, r->mv_type,
                arena_print(u->a, "A matching rule of '%.*s' compares with it.", TEXT_ARG(r->name)));
}

static void uses_of_system(struct uses *u, const struct connected_system *system) {
    for (EACH(const struct cs_type, t, &system->types))
        for (EACH(const struct matching_rule, k, &t->matching))
            if (k->mv_attribute == u->m->id && wanted(u, k->mv_type))
                add(u, USED_BY_MATCHING_RULE, k->id, NULL, k->mv_type,
                    arena_print(u->a, "A matching rule of '%.*s' (%.*s) compares with it.", TEXT_ARG(system->name),
                                TEXT_ARG(t->name)));
}

void attribute_uses(arena *a, snapshot *s, const struct mv_attribute *m, int32_t type, struct attribute_references *out) {
    struct uses u = {a, s, m, type, out};
    for (EACH(const int32_t, bound, &m->object_types))
        if (wanted(&u, *bound))
            add(&u, USED_BY_BINDING, *bound, NULL, *bound,
                arena_print(a, "It belongs to the object type '%.*s'.", TEXT_ARG(mv_type_name(s, *bound))));
    for (EACH(const struct sync_rule, r, &s->rules))
        if (wanted(&u, r->mv_type)) uses_of_rule(&u, r);
    for (EACH(const struct connected_system, system, &s->systems)) uses_of_system(&u, system);
    if (!type && text_equal_fold(config_setting(s, T("SSO.MvAttribute")), m->name))
        add(&u, USED_BY_SIGN_IN, 0, NULL, 0, T("People who sign in are found by it."));
}

bool attribute_uses_cascade(const struct attribute_references *uses) {
    for (EACH(const struct attribute_reference, u, uses))
        if (u->kind != USED_BY_BINDING) return true;
    return false;
}

FALLIBLE attribute_uses_delete(struct change *x, const struct attribute_references *uses) {
    for (EACH(const struct attribute_reference, u, uses)) {
        if (u->kind == USED_BY_IMPORT_FLOW || u->kind == USED_BY_EXPORT_MAPPING) TRY(store_delete_mapping(x->tx, u->id));
        if (u->kind == USED_BY_CRITERION) TRY(store_delete_scope_criterion(x->tx, u->id));
        if (u->kind == USED_BY_MATCHING_RULE) TRY(store_delete_matching_rule(x->tx, u->id));
    }
    return NULL;
}

bool attribute_in_expressions(arena *a, snapshot *s, text name) {
    for (EACH(const struct sync_rule, r, &s->rules))
        for (EACH(const struct mapping, m, &r->mappings))
            for (EACH(const struct mapping_source, source, &m->sources))
                if (mentions(a, source->expression, name)) return true;
    return false;
}

FALLIBLE attribute_value_counts(struct call *c, store_tx *tx, snapshot *s, int32_t attribute, struct type_value_counts *out,
                                int32_t *total) {
    struct type_counts found = {0};
    TRY(store_mv_attribute_type_uses(tx, c->a, attribute, &found));
    *total = 0;
    for (EACH(const struct type_count, f, &found)) {
        const struct mv_type *t = config_mv_type(s, f->type);
        int32_t objects = f->objects > INT32_MAX ? INT32_MAX : (int32_t)f->objects;
        *LIST_ADD(c->a, out) = (struct type_value_count){f->type, t ? t->name : T(""), t ? t->plural : T(""), objects};
        *total = objects > INT32_MAX - *total ? INT32_MAX : *total + objects;
    }
    return NULL;
}

FALLIBLE find_mv_type(snapshot *s, int32_t id, const struct mv_type **out) {
    *out = config_mv_type(s, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no metaverse object type %d.", id);
}

bool contains_id(const struct int32s *list, int32_t id) {
    for (EACH(const int32_t, each, list))
        if (*each == id) return true;
    return false;
}

struct list_query sorted_by_name(const struct list_query *q, const struct shape *item) {
    struct list_query out = *q;
    size_t offset;
    if (text_is_empty(q->sort_by) || !describe_find(item, q->sort_by, &offset)) out.sort_by = T("name");
    return out;
}
