/* What searches of the Public Data API are made of: core templates, data pools and search configurations (public-data-api.md §7.1).
 * Each travels and is kept as the same members; these tables read and write both. What they name is checked by the administration
 * (api/), what they ask is worked out by search/request.h. */
#ifndef JOINERY_SEARCH_MODEL_H
#define JOINERY_SEARCH_MODEL_H

#include "describe/describe.h"
#include "model/config.h"
#include "search/query.h"

enum {
    SEARCH_NAME_BYTES = 128,
    SEARCH_FILTERS_MAX = 50, /* of a section */
    SEARCH_COLUMNS_MAX = 64,
    SEARCH_SORTS_MAX = 8,
    SEARCH_HOPS_MAX = 3
};

/* ---- where the objects come from ---- */

/* A typed name. `attribute` is what it shows: of the metaverse, or of a connected system's object; null: of the field's own name.
 * Fields of lookup tables are the table's own columns. */
struct field_facts {
    text name;
    enum field_type type;
    text attribute;
    bool multi_valued;
};
struct fields_facts LIST(struct field_facts);
extern const struct shape field_facts_shape;
static inline text field_attribute(const struct field_facts *f) { return f->attribute.at ? f->attribute : f->name; }

#define FILTER_MODES(X) X(FILTER_FIXED, "FIXED") X(FILTER_EDITABLE, "EDITABLE") X(FILTER_MANDATORY, "MANDATORY")
NAMED_ENUM(filter_mode, FILTER_MODES)
/* One condition of a configuration. The value is any JSON that fits the field and the condition, or null; texts may hold ${…}. */
struct filter_facts {
    text name;
    enum search_condition condition;
    struct json_value value;
    enum filter_mode mode;
    bool hidden, case_sensitive; /* callers neither see nor change a hidden one, whatever its mode */
};
struct filters_facts LIST(struct filter_facts);
extern const struct shape filter_facts_shape;

/* A typed list of fields over the objects of one metaverse type, of which `scope` may leave some out. */
struct core_template_facts {
    text name, object_type;
    struct fields_facts fields;
    struct filters_facts scope;
};
/* A typed list of fields over the objects of one type of a connected system, or over a table that was loaded. */
struct pool_source {
    struct maybe_int32 connected_system;
    text object_type;
    struct maybe_bool lookup_table;
};
struct data_pool_facts {
    text name;
    struct pool_source source;
    struct fields_facts fields;
};
extern const struct shape core_template_facts_shape, pool_source_shape, data_pool_facts_shape;

/* The template that an object type has by itself: its name, and all its attributes (by their own names, in the order of names). */
void core_template_by_default(arena *a, const struct config *c, const struct mv_type *type, struct core_template_facts *out);
/* How a field shows an attribute of this type when nobody says. */
enum field_type field_type_of(enum data_type type);
/* 1–64 characters, no '|', no control characters, no blanks at the ends. */
bool is_field_name(text name);

/* ---- searches ---- */

#define REFERENCE_TYPES(X)                                                                                                         \
    X(REFERENCE_CORE_TEMPLATE, "CORE_TEMPLATE") X(REFERENCE_DATA_POOL, "DATA_POOL") X(REFERENCE_DATAPOOL_ALIAS, "DATAPOOL")
NAMED_ENUM(reference_type, REFERENCE_TYPES)
struct search_reference {
    enum reference_type type; /* the alias only on the way in */
    text name;
};
extern const struct shape search_reference_shape;

#define HOP_DIRECTIONS(X) X(HOP_OUTGOING, "Outgoing") X(HOP_INCOMING, "Incoming")
NAMED_ENUM(hop_direction, HOP_DIRECTIONS)
/* A step from one object to others: along a reference, against it, or ($join) between an identity and its connected objects. */
struct hop_facts {
    text attribute;
    enum hop_direction direction;
};
struct relation_facts {
    struct LIST(struct hop_facts) path;
};
extern const struct shape hop_facts_shape, relation_facts_shape;
#define RELATION_JOIN T("$join")

#define SEARCH_PURPOSES(X) X(PURPOSE_PUBLIC_API, "PublicRestApi") X(PURPOSE_PORTAL, "Portal") X(PURPOSE_QUICK_SEARCH, "QuickSearch")
NAMED_ENUM(search_purpose, SEARCH_PURPOSES)

struct search_section {
    struct search_reference reference;
    struct filters_facts filters;
};
struct columns_facts {
    struct texts fields, sort;
};
struct result_section {
    struct search_reference reference;
    struct filters_facts filters;
    struct columns_facts columns;
};
struct execute_facts {
    struct int32s users, roles;
};
struct search_facts {
    text name, description;
    bool enabled;
    struct enums purposes;
    struct search_section search;
    struct result_section result;
    struct texts filterable; /* no array: the columns, and the fields of filters that callers may change */
    struct maybe_int32 max_results;
    bool value_operators;
    const struct relation_facts *relation; /* or NULL */
    struct execute_facts execute;
};
extern const struct shape search_section_shape, columns_facts_shape, result_section_shape, execute_facts_shape, search_facts_shape;

/* The pattern of §7.1, and no "..". */
bool is_search_name(text name);
/* "Field|ASC" or "Field|DESC"; false when it is neither. */
bool sort_read(text sort, text *field, bool *descending);
/* The alias is the same type. */
bool reference_equal(const struct search_reference *a, const struct search_reference *b);
/* Takes the alias for what it stands for. */
void reference_settle(struct search_reference *r);

#endif
