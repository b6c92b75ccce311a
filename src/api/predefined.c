/* Predefined searches as documents: read, shown, saved, and what an administrator finds built in. */
#include "api/predefined.h"

#include <stdlib.h>

SHAPE(predefined_column, "PredefinedSearchAttributeDto",
      FIELDS(FIELD(predefined_column, id, "id"), FIELD(predefined_column, attribute, "metaverseAttributeId"),
             FIELD(predefined_column, name, "metaverseAttributeName"), FIELD(predefined_column, position, "position")));
SHAPE(predefined_criterion, "PredefinedSearchCriteriaDto",
      FIELDS(FIELD(predefined_criterion, v.id, "id"), FIELD(predefined_criterion, attribute, "metaverseAttributeId"),
             FIELD(predefined_criterion, v.metaverse_attribute_name, "metaverseAttributeName", .nullable = true),
             FIELD(predefined_criterion, v.attribute_data_type, "attributeDataType", .names = &data_type_names),
             FIELD(predefined_criterion, v.comparison_type, "comparisonType", .names = &comparison_names),
             FIELD(predefined_criterion, v.string_value, "stringValue", .nullable = true),
             FIELD(predefined_criterion, v.int_value, "intValue"), FIELD(predefined_criterion, v.long_value, "longValue"),
             FIELD(predefined_criterion, v.decimal_value, "decimalValue"),
             FIELD(predefined_criterion, v.date_time_value, "dateTimeValue"),
             FIELD(predefined_criterion, v.bool_value, "boolValue"), FIELD(predefined_criterion, v.guid_value, "guidValue"),
             FIELD(predefined_criterion, v.case_sensitive, "caseSensitive"),
             FIELD(predefined_criterion, v.value_mode, "valueMode", .names = &value_mode_names),
             FIELD(predefined_criterion, v.relative_count, "relativeCount"),
             FIELD(predefined_criterion, v.relative_unit, "relativeUnit", .names = &relative_unit_names),
             FIELD(predefined_criterion, v.relative_direction, "relativeDirection", .names = &relative_direction_names)));
SHAPE(predefined_group, "PredefinedSearchCriteriaGroupDto",
      FIELDS(FIELD(predefined_group, id, "id"), FIELD(predefined_group, type, "type", .names = &scope_group_type_names),
             FIELD(predefined_group, position, "position"), OBJECTS(predefined_group, criteria, "criteria", predefined_criterion),
             OBJECTS(predefined_group, children, "childGroups", predefined_group)));

static SHAPE(predefined_facts, NULL,
             FIELDS(FIELD(predefined_facts, name, "name"), FIELD(predefined_facts, uri, "uri"),
                    FIELD(predefined_facts, built_in, "builtIn"), FIELD(predefined_facts, enabled, "isEnabled"),
                    FIELD(predefined_facts, is_default, "isDefaultForMetaverseObjectType"),
                    FIELD(predefined_facts, type, "metaverseObjectTypeId"),
                    FIELD(predefined_facts, created_by, "createdByName", .nullable = true),
                    FIELD(predefined_facts, updated_by, "lastUpdatedByName", .nullable = true),
                    OBJECTS(predefined_facts, columns, "attributes", predefined_column),
                    OBJECTS(predefined_facts, groups, "criteriaGroups", predefined_group)));
SHAPE(predefined_search, "PredefinedSearchDetailDto",
      FIELDS(FIELD(predefined_search, head.id, "id"), FIELD(predefined_search, head.created, "created"),
             FIELD(predefined_search, head.updated, "lastUpdated", .nullable = true),
             FIELD(predefined_search, type_name, "metaverseObjectTypeName"), EMBED(predefined_search, facts, predefined_facts)));

/* What is kept. */
struct predefined_document {
    struct predefined_facts facts;
    int32_t last_id;
};
static SHAPE(predefined_document, NULL,
             FIELDS(EMBED(predefined_document, facts, predefined_facts), FIELD(predefined_document, last_id, "lastId")));

/* ---- as it is shown ---- */

static const struct mv_attribute *attribute_of(snapshot *s, int32_t id, int32_t type) {
    const struct mv_attribute *m = config_mv_attribute(s, id);
    return m && contains_id(&m->object_types, type) ? m : NULL;
}

static void show_groups(snapshot *s, int32_t type, struct predefined_groups *groups) {
    for (EACH(struct predefined_group, g, groups)) {
        size_t kept = 0;
        for (EACH(struct predefined_criterion, k, &g->criteria)) {
            const struct mv_attribute *m = attribute_of(s, k->attribute, type);
            if (!m || m->type != k->v.attribute_data_type) continue;
            k->v.metaverse_attribute_name = m->name;
            g->criteria.at[kept++] = *k;
        }
        g->criteria.count = kept;
        show_groups(s, type, &g->children);
    }
}

static void show(snapshot *s, struct predefined_search *p) {
    size_t kept = 0;
    p->type_name = mv_type_name(s, p->facts.type);
    for (EACH(struct predefined_column, column, &p->facts.columns)) {
        const struct mv_attribute *m = attribute_of(s, column->attribute, p->facts.type);
        if (!m) continue;
        column->name = m->name;
        p->facts.columns.at[kept++] = *column;
    }
    p->facts.columns.count = kept;
    show_groups(s, p->facts.type, &p->facts.groups);
}

static FALLIBLE read(arena *a, const struct public_item *item, struct predefined_search *out) {
    struct predefined_document document = {0};
    *out = (struct predefined_search){0};
    TRY(public_document_read(a, item, &predefined_document_shape, &out->head, &document));
    out->facts = document.facts;
    out->last_id = document.last_id;
    return NULL;
}

FALLIBLE predefined_find(store_tx *tx, arena *a, snapshot *s, int32_t id, struct predefined_search *out) {
    struct public_item item;
    bool found;
    TRY(store_public_item(tx, a, PUBLIC_PREDEFINED, id, &item, &found));
    if (found) TRY(read(a, &item, out));
    if (!found || !config_mv_type(s, out->facts.type)) return FAIL(ERROR_NOT_FOUND, "There is no predefined search %d.", id);
    show(s, out);
    return NULL;
}

FALLIBLE predefined_all(store_tx *tx, arena *a, snapshot *s, struct predefined_searches *out) {
    struct public_items items;
    TRY(store_public_items(tx, a, PUBLIC_PREDEFINED, 0, &items));
    for (EACH(const struct public_item, item, &items)) {
        struct predefined_search p;
        TRY(read(a, item, &p));
        if (!config_mv_type(s, p.facts.type)) continue;
        show(s, &p);
        *LIST_ADD(a, out) = p;
    }
    return NULL;
}

FALLIBLE predefined_find_uri(store_tx *tx, arena *a, snapshot *s, text uri, struct predefined_search *out) {
    struct predefined_searches all = {0};
    TRY(predefined_all(tx, a, s, &all));
    for (EACH(const struct predefined_search, p, &all))
        if (text_equal_ascii_case(p->facts.uri, uri)) return *out = *p, NULL;
    return FAIL(ERROR_NOT_FOUND, "There is no predefined search of this URI.");
}

/* ---- saving ---- */

static int by_position(const void *x, const void *y) {
    const struct predefined_group *a = x, *b = y;
    if (a->position != b->position) return a->position < b->position ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static void sort_groups(struct predefined_groups *groups) {
    if (groups->count > 1) qsort(groups->at, groups->count, sizeof *groups->at, by_position);
    for (EACH(struct predefined_group, g, groups)) sort_groups(&g->children);
}

FALLIBLE predefined_save(store_tx *tx, arena *a, struct predefined_search *p) {
    struct public_item item;
    sort_groups(&p->facts.groups);
    struct predefined_document document = {p->facts, p->last_id};
    public_document_write(a, PUBLIC_PREDEFINED, &p->head, &predefined_document_shape, &document, &item);
    TRY_OR(store_save_public_item(tx, &item, p->facts.uri), "the predefined search cannot be saved");
    p->head.id = item.id;
    p->head.version = item.version;
    return NULL;
}

FALLIBLE predefined_forget_orphans(store_tx *tx, arena *a, snapshot *s) {
    struct public_items items;
    TRY(store_public_items(tx, a, PUBLIC_PREDEFINED, 0, &items));
    for (EACH(const struct public_item, item, &items)) {
        struct predefined_search p;
        TRY(read(a, item, &p));
        if (!config_mv_type(s, p.facts.type)) TRY(store_delete_public_item(tx, PUBLIC_PREDEFINED, item->id));
    }
    return NULL;
}

FALLIBLE predefined_edit_begin(struct call *c, int32_t id, struct predefined_edit *out) {
    TRY(change_begin(c, &out->x));
    return predefined_find(out->x.tx, c->a, out->x.before, id, &out->p);
}

FALLIBLE predefined_edit_commit(struct call *c, struct predefined_edit *e, enum activity_operation operation, text reason) {
    e->p.facts.updated_by = c->caller.name;
    e->p.head.updated = c->now;
    TRY(predefined_save(e->x.tx, c->a, &e->p));
    struct change_note note = {
        .target = TARGET_PREDEFINED_SEARCH, .operation = operation, .name = e->p.facts.name, .reason = reason, .id = e->p.head.id};
    TRY(change_commit(c, &e->x, &note, NULL));
    search_changed(c->services->search);
    return NULL;
}

void predefined_edit_end(struct predefined_edit *e) { change_end(&e->x); }

/* ---- what is built in ---- */

struct built_in {
    const char *name, *uri, *type, *attribute, *value; /* attribute NULL: every object of the type */
    bool is_default;
    const char *columns[7];
};
static const struct built_in built_ins[] = {
    {"Users", "users", "User", NULL, NULL, true, {"Display Name", "Job Title", "Department", "Company", "Email", "Status"}},
    {"People",
     "people",
     "User",
     "Type",
     "PersonEntity",
     false,
     {"Display Name", "Job Title", "Department", "Company", "Email", "Status"}},
    {"Service Principals",
     "service-principals",
     "User",
     "Type",
     "NonPersonEntity",
     false,
     {"Display Name", "Account Name", "Email", "Status"}},
    {"Groups", "groups", "Group", NULL, NULL, true, {"Display Name", "Group Type", "Group Scope", "Email", "Status"}},
    {"Security Groups",
     "security-groups",
     "Group",
     "Group Type",
     "Security",
     false,
     {"Display Name", "Group Type", "Group Scope", "Email", "Status"}},
    {"Distribution Groups",
     "distribution-groups",
     "Group",
     "Group Type",
     "Distribution",
     false,
     {"Display Name", "Group Type", "Group Scope", "Email", "Status"}},
};

static void add_built_in_criterion(arena *a, snapshot *s, const struct built_in *from, struct predefined_search *p) {
    const struct mv_attribute *m = from->attribute ? config_mv_attribute_named(s, text_of(from->attribute)) : NULL;
    if (!m) return;
    struct predefined_group *g = LIST_ADD(a, &p->facts.groups);
    *g = (struct predefined_group){.id = ++p->last_id, .type = SCOPE_ALL};
    *LIST_ADD(a, &g->criteria) = (struct predefined_criterion){.attribute = m->id,
                                                               .v = {.id = ++p->last_id,
                                                                     .attribute_data_type = m->type,
                                                                     .comparison_type = COMPARE_EQUALS,
                                                                     .string_value = text_of(from->value),
                                                                     .case_sensitive = true}};
}

static FALLIBLE make_built_in(store_tx *tx, arena *a, snapshot *s, const struct built_in *from) {
    const struct mv_type *type = config_mv_type_named(s, text_of(from->type));
    if (!type) return NULL;
    struct predefined_search p = {.head = {.created = instant_now()},
                                  .facts = {.name = text_of(from->name),
                                            .uri = text_of(from->uri),
                                            .built_in = true,
                                            .enabled = true,
                                            .is_default = from->is_default,
                                            .type = type->id,
                                            .created_by = caller_system.name}};
    for (size_t i = 0; from->columns[i]; i++) {
        const struct mv_attribute *m = config_mv_attribute_named(s, text_of(from->columns[i]));
        if (!m) continue;
        int32_t position = (int32_t)p.facts.columns.count;
        *LIST_ADD(a, &p.facts.columns) =
            (struct predefined_column){.id = ++p.last_id, .attribute = m->id, .name = m->name, .position = position};
    }
    add_built_in_criterion(a, s, from, &p);
    return predefined_save(tx, a, &p);
}

static FALLIBLE make_missing(store_tx *tx, arena *a, snapshot *s) {
    struct public_items items;
    TRY(store_public_items(tx, a, PUBLIC_PREDEFINED, 0, &items));
    if (items.count) return store_commit(tx);
    for (size_t i = 0; i < sizeof built_ins / sizeof *built_ins; i++) TRY(make_built_in(tx, a, s, &built_ins[i]));
    return store_commit(tx);
}

FALLIBLE predefined_start(store *s) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    OWNED(store_tx) tx = NULL;
    const struct config *config = NULL;
    TRY(store_write(s, STORE_API, &tx));
    TRY(store_config_in(tx, &config));
    error *e = make_missing(tx, a, config);
    config_release(config);
    return e;
}

/* ---- who uses an attribute ---- */

static void uses_in_groups(arena *a, snapshot *s, const struct predefined_search *p, const struct predefined_groups *groups,
                           int32_t attribute, struct attribute_references *out) {
    for (EACH(const struct predefined_group, g, groups)) {
        for (EACH(const struct predefined_criterion, k, &g->criteria)) {
            if (k->attribute != attribute) continue;
            *LIST_ADD(a, out) = (struct attribute_reference){
                .kind = USED_BY_SEARCH_CRITERION,
                .id = k->v.id,
                .description = arena_print(a, "The predefined search '%.*s' asks for it.", TEXT_ARG(p->facts.name)),
                .metaverse_object_type_id = id_or_null(p->facts.type),
                .metaverse_object_type_name = mv_type_name(s, p->facts.type)};
        }
        uses_in_groups(a, s, p, &g->children, attribute, out);
    }
}

FALLIBLE predefined_uses(store_tx *tx, arena *a, snapshot *s, const struct mv_attribute *m, int32_t type,
                         struct attribute_references *out) {
    struct predefined_searches all = {0};
    TRY(predefined_all(tx, a, s, &all));
    for (EACH(const struct predefined_search, p, &all)) {
        if (type && p->facts.type != type) continue;
        for (EACH(const struct predefined_column, column, &p->facts.columns))
            if (column->attribute == m->id)
                *LIST_ADD(a, out) = (struct attribute_reference){
                    .kind = USED_BY_SEARCH_ATTRIBUTE,
                    .id = column->id,
                    .description = arena_print(a, "The predefined search '%.*s' shows it.", TEXT_ARG(p->facts.name)),
                    .metaverse_object_type_id = id_or_null(p->facts.type),
                    .metaverse_object_type_name = mv_type_name(s, p->facts.type)};
        uses_in_groups(a, s, p, &p->facts.groups, m->id, out);
    }
    return NULL;
}
