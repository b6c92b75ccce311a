/* Templates, pools and search configurations: their tables, and what can be said about them alone. */
#include "search/model.h"

#include "model/credentials.h"

#include <stdlib.h>

NAMED_ENUM_TABLE(filter_mode, "SearchFilterMode", FILTER_MODES)
NAMED_ENUM_TABLE(reference_type, "SearchReferenceType", REFERENCE_TYPES)
NAMED_ENUM_TABLE(hop_direction, "SearchHopDirection", HOP_DIRECTIONS)
NAMED_ENUM_TABLE(search_purpose, "SearchPurpose", SEARCH_PURPOSES)

/* ---- tables ---- */

SHAPE(field_facts, "SearchField",
      FIELDS(FIELD(field_facts, name, "name", .required = true, .max_length = 64),
             FIELD(field_facts, type, "type", .required = true, .names = &field_type_names),
             FIELD(field_facts, attribute, "attribute", .nullable = true, .max_length = 200,
                   .doc = "What it shows; absent: the attribute of the field's name."),
             FIELD(field_facts, multi_valued, "multiValued", .by_default = "false")));

SHAPE(filter_facts, "SearchFilter",
      FIELDS(FIELD(filter_facts, name, "name", .required = true, .max_length = 64),
             FIELD(filter_facts, condition, "condition", .required = true, .names = &search_condition_names),
             FIELD(filter_facts, value, "value", .nullable = true,
                   .doc = "A value, a list of values, or null; texts may hold expressions such as ${today}."),
             FIELD(filter_facts, mode, "mode", .names = &filter_mode_names, .by_default = "FIXED"),
             FIELD(filter_facts, hidden, "hidden", .by_default = "false"),
             FIELD(filter_facts, case_sensitive, "caseSensitive", .by_default = "true")));

SHAPE(core_template_facts, NULL,
      FIELDS(FIELD(core_template_facts, name, "name", .required = true, .max_length = 128),
             FIELD(core_template_facts, object_type, "objectType", .required = true, .max_length = 200),
             OBJECTS(core_template_facts, fields, "fields", field_facts, .required = true, .max_length = 1000),
             OBJECTS(core_template_facts, scope, "scope", filter_facts, .max_length = SEARCH_FILTERS_MAX)));

SHAPE(pool_source, "DataPoolSource",
      FIELDS(FIELD(pool_source, connected_system, "connectedSystem", .nullable = true),
             FIELD(pool_source, object_type, "objectType", .nullable = true, .max_length = 200),
             FIELD(pool_source, lookup_table, "lookupTable", .nullable = true,
                   .doc = "True: a table of rows that are loaded. Else connected system and object type are needed.")));
SHAPE(data_pool_facts, NULL,
      FIELDS(FIELD(data_pool_facts, name, "name", .required = true, .max_length = 128),
             OBJECT(data_pool_facts, source, "source", pool_source, .required = true),
             OBJECTS(data_pool_facts, fields, "fields", field_facts, .required = true, .min_length = 1, .max_length = 1000)));

SHAPE(search_reference, "SearchReference",
      FIELDS(FIELD(search_reference, type, "type", .required = true, .names = &reference_type_names),
             FIELD(search_reference, name, "name", .required = true, .max_length = 128)));
SHAPE(hop_facts, "SearchHop",
      FIELDS(FIELD(hop_facts, attribute, "attribute", .required = true, .max_length = 200,
                   .doc = "A reference attribute, or $join: the link between an identity and its connected objects."),
             FIELD(hop_facts, direction, "direction", .names = &hop_direction_names, .by_default = "Outgoing")));
SHAPE(relation_facts, "SearchRelation",
      FIELDS(OBJECTS(relation_facts, path, "path", hop_facts, .required = true, .min_length = 1, .max_length = SEARCH_HOPS_MAX)));

SHAPE(search_section, "SearchSection",
      FIELDS(OBJECT(search_section, reference, "reference", search_reference, .required = true),
             OBJECTS(search_section, filters, "filters", filter_facts, .max_length = SEARCH_FILTERS_MAX)));
SHAPE(columns_facts, "SearchColumns",
      FIELDS(FIELD(columns_facts, fields, "fields", .required = true, .min_length = 1, .max_length = SEARCH_COLUMNS_MAX),
             FIELD(columns_facts, sort, "sort", .max_length = SEARCH_SORTS_MAX, .doc = "Field|ASC or Field|DESC.")));
SHAPE(result_section, "SearchResultSection",
      FIELDS(OBJECT(result_section, reference, "reference", search_reference, .required = true),
             OBJECTS(result_section, filters, "filters", filter_facts, .max_length = SEARCH_FILTERS_MAX),
             OBJECT(result_section, columns, "columns", columns_facts, .required = true)));
SHAPE(execute_facts, "SearchExecute",
      FIELDS(FIELD(execute_facts, users, "users", .max_length = 10000), FIELD(execute_facts, roles, "roles", .max_length = 1000)));

SHAPE(search_facts, NULL,
      FIELDS(FIELD(search_facts, name, "name", .required = true, .max_length = SEARCH_NAME_BYTES),
             FIELD(search_facts, description, "description", .nullable = true, .max_length = 1000),
             FIELD(search_facts, enabled, "enabled", .by_default = "true"),
             FIELD(search_facts, purposes, "purposes", .names = &search_purpose_names),
             OBJECT(search_facts, search, "search", search_section, .required = true),
             OBJECT(search_facts, result, "result", result_section, .required = true),
             FIELD(search_facts, filterable, "filterableFields", .nullable = true, .max_length = 1000,
                   .doc = "Fields on which callers may filter; null: the columns and what they may change anyway."),
             FIELD(search_facts, max_results, "maxResultCount", .nullable = true, AT_LEAST(1)),
             FIELD(search_facts, value_operators, "valueOperators", .by_default = "false",
                   .doc = "Whether ' AND ' and ' OR ' in the values of callers have a meaning."),
             OBJECT(search_facts, relation, "relation", relation_facts, .nullable = true),
             OBJECT(search_facts, execute, "execute", execute_facts)));

/* ---- names and types ---- */

bool is_field_name(text name) {
    size_t characters = 0;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char k = (unsigned char)name.at[i];
        if (k < 0x20 || k == 0x7f || k == '|') return false;
        characters += (k & 0xC0) != 0x80;
    }
    return characters >= 1 && characters <= 64 && name.at[0] != ' ' && name.at[name.len - 1] != ' ';
}

bool is_search_name(text name) {
    if (!name.len || name.len > SEARCH_NAME_BYTES || text_find(name, T("..")) != SIZE_MAX) return false;
    for (size_t i = 0; i < name.len; i++) {
        char k = name.at[i];
        bool word = (k >= 'a' && k <= 'z') || (k >= 'A' && k <= 'Z') || (k >= '0' && k <= '9') || k == '_';
        if (!word && (i == 0 || (k != '.' && k != '-'))) return false;
    }
    return true;
}

bool sort_read(text sort, text *field, bool *descending) {
    size_t bar = text_find_byte(sort, '|');
    if (bar == SIZE_MAX) return false;
    *field = text_slice(sort, 0, bar);
    text order = text_slice(sort, bar + 1, sort.len);
    *descending = text_equal(order, T("DESC"));
    return *descending || text_equal(order, T("ASC"));
}

void reference_settle(struct search_reference *r) {
    if (r->type == REFERENCE_DATAPOOL_ALIAS) r->type = REFERENCE_DATA_POOL;
}

bool reference_equal(const struct search_reference *a, const struct search_reference *b) {
    return (a->type == REFERENCE_CORE_TEMPLATE) == (b->type == REFERENCE_CORE_TEMPLATE) && text_equal(a->name, b->name);
}

enum field_type field_type_of(enum data_type type) {
    static const enum field_type types[] = {
        [TYPE_TEXT] = FIELD_TYPE_TEXT,       [TYPE_NUMBER] = FIELD_TYPE_NUMBER,           [TYPE_DATETIME] = FIELD_TYPE_DATETIME,
        [TYPE_BINARY] = FIELD_TYPE_BINARY,   [TYPE_REFERENCE] = FIELD_TYPE_REFERENCE,     [TYPE_GUID] = FIELD_TYPE_GUID,
        [TYPE_BOOLEAN] = FIELD_TYPE_BOOLEAN, [TYPE_LONG_NUMBER] = FIELD_TYPE_LONG_NUMBER, [TYPE_DECIMAL] = FIELD_TYPE_DECIMAL,
    };
    return types[type];
}

/* ---- default templates ---- */

static int by_name(const void *a, const void *b) {
    return text_compare(((const struct field_facts *)a)->name, ((const struct field_facts *)b)->name);
}

void core_template_by_default(arena *a, const struct config *c, const struct mv_type *type, struct core_template_facts *out) {
    *out = (struct core_template_facts){.name = type->name, .object_type = type->name};
    for (EACH(const int32_t, id, &type->attributes)) {
        const struct mv_attribute *m = config_mv_attribute(c, *id);
        if (!m || m->type == TYPE_NOT_SET || !is_field_name(m->name) || is_credential_attribute(m->name)) continue;
        *LIST_ADD(a, &out->fields) = (struct field_facts){
            .name = m->name, .type = field_type_of(m->type), .attribute = m->name, .multi_valued = m->plurality == MULTI_VALUED};
    }
    if (out->fields.count) qsort(out->fields.at, out->fields.count, sizeof *out->fields.at, by_name);
}
