/* The attributes of the metaverse: what they are, where they belong, changing and deleting them (contract §7). */
#include "api/mv_view.h"

#include "api/history_views.h"

#include "base/unicode.h"

/* ---- what travels ---- */

struct type_pair {
    int32_t key;
    text value;
};
static SHAPE(type_pair, NULL, FIELDS(FIELD(type_pair, key, "key"), FIELD(type_pair, value, "value")));

struct attribute_header {
    int32_t id;
    instant created;
    text name;
    enum data_type type;
    enum plurality attribute_plurality;
    bool built_in;
    struct type_pairs LIST(struct type_pair) metaverse_object_types;
};
static SHAPE(attribute_header, "MetaverseAttributeHeader",
             FIELDS(FIELD(attribute_header, id, "id"), FIELD(attribute_header, created, "created"),
                    FIELD(attribute_header, name, "name"), FIELD(attribute_header, type, "type", .names = &data_type_names),
                    FIELD(attribute_header, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    FIELD(attribute_header, built_in, "builtIn"),
                    OBJECTS(attribute_header, metaverse_object_types, "metaverseObjectTypes", type_pair)));
struct attribute_page PAGE_OF(attribute_header);
static PAGE_SHAPE(attribute_page, attribute_header, "PaginatedResponseOfMetaverseAttributeHeader");

struct type_reference {
    int32_t id;
    text name;
};
static SHAPE(type_reference, "ObjectTypeReferenceDto",
             FIELDS(FIELD(type_reference, id, "id"), FIELD(type_reference, name, "name")));

/* What the attribute is called in a standard: for people, no rule reads it. */
struct standard_mapping {
    enum standard standard;
    text counterpart_name;
    text notes;
};
static SHAPE(standard_mapping, "StandardMappingDto",
             FIELDS(FIELD(standard_mapping, standard, "standard", .names = &standard_names),
                    FIELD(standard_mapping, counterpart_name, "counterpartName", .required = true, .max_length = 200),
                    FIELD(standard_mapping, notes, "notes", .nullable = true, .max_length = 1000)));
struct standard_mappings LIST(struct standard_mapping);

struct attribute_detail {
    int32_t id;
    text name;
    instant created;
    enum data_type type;
    enum plurality attribute_plurality;
    bool built_in;
    enum rendering_hint rendering_hint;
    struct LIST(struct type_reference) object_types;
    struct standard_mappings standard_mappings;
};
static SHAPE(attribute_detail, "MetaverseAttributeDetailDto",
             FIELDS(FIELD(attribute_detail, id, "id"), FIELD(attribute_detail, name, "name"),
                    FIELD(attribute_detail, created, "created"), FIELD(attribute_detail, type, "type", .names = &data_type_names),
                    FIELD(attribute_detail, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    FIELD(attribute_detail, built_in, "builtIn"),
                    FIELD(attribute_detail, rendering_hint, "renderingHint", .names = &rendering_hint_names),
                    OBJECTS(attribute_detail, object_types, "objectTypes", type_reference),
                    OBJECTS(attribute_detail, standard_mappings, "standardMappings", standard_mapping)));

struct attribute_create {
    text name;
    enum data_type type;
    enum plurality attribute_plurality;
    struct int32s object_type_ids;
    text change_reason;
};
static SHAPE(attribute_create, "CreateMetaverseAttributeRequest",
             FIELDS(FIELD(attribute_create, name, "name", .required = true, .max_length = 200),
                    FIELD(attribute_create, type, "type", .names = &data_type_names, .by_default = "NotSet"),
                    FIELD(attribute_create, attribute_plurality, "attributePlurality", .names = &plurality_names,
                          .by_default = "SingleValued"),
                    FIELD(attribute_create, object_type_ids, "objectTypeIds", .nullable = true),
                    CHANGE_REASON(attribute_create, change_reason)));

struct attribute_patch {
    int32_t id;
    text name;
    struct maybe_enum rendering_hint;
    struct standard_mappings standard_mappings; /* null: unchanged */
    text change_reason;
};
static SHAPE(attribute_patch, "UpdateMetaverseAttributeRequest",
             FIELDS(FIELD(attribute_patch, id, "id"),
                    FIELD(attribute_patch, name, "name", .nullable = true, .not_blank = true, .max_length = 200),
                    FIELD(attribute_patch, rendering_hint, "renderingHint", .names = &rendering_hint_names),
                    OBJECTS(attribute_patch, standard_mappings, "standardMappings", standard_mapping, .nullable = true,
                            .max_length = 100),
                    CHANGE_REASON(attribute_patch, change_reason)));

struct schema_patch {
    int32_t id;
    enum data_type type;
    enum plurality attribute_plurality;
    text change_reason;
};
static SHAPE(
    schema_patch, "ChangeMetaverseAttributeSchemaRequest",
    FIELDS(FIELD(schema_patch, id, "id"), FIELD(schema_patch, type, "type", .names = &data_type_names, .by_default = "NotSet"),
           FIELD(schema_patch, attribute_plurality, "attributePlurality", .names = &plurality_names, .by_default = "SingleValued"),
           CHANGE_REASON(schema_patch, change_reason)));

struct schema_impact {
    int32_t attribute_id;
    text attribute_name;
    bool built_in;
    int32_t total_objects_with_values;
    bool applied;
    bool blocked_by_values;
};
static SHAPE(schema_impact, "AttributeSchemaChangeImpact",
             FIELDS(FIELD(schema_impact, attribute_id, "attributeId"), FIELD(schema_impact, attribute_name, "attributeName"),
                    FIELD(schema_impact, built_in, "builtIn"),
                    FIELD(schema_impact, total_objects_with_values, "totalObjectsWithValues"),
                    FIELD(schema_impact, applied, "applied"), FIELD(schema_impact, blocked_by_values, "blockedByValues")));

struct name_query {
    text name;
    struct maybe_int32 exclude_id;
};
static SHAPE(name_query, NULL,
             FIELDS(FIELD(name_query, name, "name", .required = true, .max_length = 200),
                    FIELD(name_query, exclude_id, "excludeId", .doc = "The attribute that may have the name.")));
struct name_availability {
    text name;
    bool available;
};
static SHAPE(name_availability, "MetaverseAttributeNameAvailabilityDto",
             FIELDS(FIELD(name_availability, name, "name"), FIELD(name_availability, available, "available")));

/* ---- reading ---- */

static FALLIBLE read_standards(arena *a, text stored, struct standard_mappings *out) {
    const struct json *list;
    if (text_is_null(stored)) return NULL;
    TRY(json_read(a, stored, (struct json_limits){0}, &list, NULL));
    for (EACH_JSON(item, list)) {
        struct problems problems = {.a = a};
        if (!describe_read(a, &standard_mapping_shape, item, (struct reading){0}, LIST_ADD(a, out), &problems))
            return FAIL(ERROR_CORRUPT, "a stored standard mapping cannot be read");
    }
    return NULL;
}

static text write_standards(arena *a, const struct standard_mappings *list) {
    if (!list->count) return (text){0};
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    struct json_writer w = {.out = &b};
    json_array(&w);
    for (EACH(const struct standard_mapping, m, list)) describe_write(&w, &standard_mapping_shape, m);
    json_array_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static FALLIBLE detail(arena *a, snapshot *s, const struct mv_attribute *m, struct attribute_detail *out) {
    *out = (struct attribute_detail){.id = m->id,
                                     .name = m->name,
                                     .created = m->created,
                                     .type = m->type,
                                     .attribute_plurality = m->plurality,
                                     .built_in = m->built_in,
                                     .rendering_hint = m->rendering};
    for (EACH(const int32_t, t, &m->object_types))
        *LIST_ADD(a, &out->object_types) = (struct type_reference){*t, mv_type_name(s, *t)};
    return read_standards(a, m->standards, &out->standard_mappings);
}

FALLIBLE mv_attribute_write(struct json_writer *w, arena *a, snapshot *s, const struct mv_attribute *m) {
    struct attribute_detail v;
    TRY(detail(a, s, m, &v));
    describe_write_members(w, &attribute_detail_shape, &v);
    return NULL;
}

static FALLIBLE attributes_list(struct call *c, const struct list_query *in, struct attribute_page *out) {
    snapshot *s;
    TRY(call_config(c, &s));
    for (EACH(const struct mv_attribute, m, &s->mv_attributes)) {
        struct attribute_header *h = LIST_ADD(c->a, &out->items);
        *h = (struct attribute_header){.id = m->id,
                                       .created = m->created,
                                       .name = m->name,
                                       .type = m->type,
                                       .attribute_plurality = m->plurality,
                                       .built_in = m->built_in};
        for (EACH(const int32_t, t, &m->object_types))
            *LIST_ADD(c->a, &h->metaverse_object_types) = (struct type_pair){*t, mv_type_name(s, *t)};
    }
    struct list_query q = sorted_by_name(in, &attribute_header_shape);
    LIST_PAGE(c, &q, attribute_header, &out->items, &out->counts);
    return NULL;
}
HANDLER(attributes_list, list_query, attribute_page)

static FALLIBLE attribute_get(struct call *c, const struct by_id *in, struct attribute_detail *out) {
    snapshot *s;
    const struct mv_attribute *m;
    TRY(call_config(c, &s));
    TRY(find_mv_attribute(s, in->id, &m));
    return detail(c->a, s, m, out);
}
HANDLER(attribute_get, by_id, attribute_detail)

static bool is_taken(snapshot *s, text name, int32_t except) {
    for (EACH(const struct mv_attribute, m, &s->mv_attributes))
        if (m->id != except && text_equal_fold(m->name, name)) return true;
    return false;
}

static FALLIBLE attribute_name(struct call *c, const struct name_query *in, struct name_availability *out) {
    snapshot *s;
    TRY(call_config(c, &s));
    *out = (struct name_availability){in->name, !is_taken(s, in->name, in->exclude_id.given ? in->exclude_id.value : 0)};
    return NULL;
}
HANDLER(attribute_name, name_query, name_availability)

/* ---- writing ---- */

static struct change_note note_of(const struct mv_attribute *m, enum activity_operation operation, text reason) {
    return (struct change_note){
        .target = TARGET_MV_ATTRIBUTE, .operation = operation, .name = m->name, .reason = reason, .id = m->id};
}

static FALLIBLE refuse_taken(snapshot *s, text name, int32_t except) {
    if (!is_taken(s, name, except)) return NULL;
    return FAIL(ERROR_CONFLICT, "A metaverse attribute called '%.*s' exists.", TEXT_ARG(name));
}

static FALLIBLE save(struct call *c, struct change *x, struct mv_attribute *m, enum activity_operation operation, text reason,
                     struct attribute_detail *out) {
    snapshot *after;
    TRY(store_save_mv_attribute(x->tx, m));
    struct change_note note = note_of(m, operation, reason);
    TRY(change_commit(c, x, &note, &after));
    return detail(c->a, after, config_mv_attribute(after, m->id), out);
}

static FALLIBLE attribute_create(struct call *c, const struct attribute_create *in, struct attribute_detail *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    struct mv_attribute m = {.name = in->name, .type = in->type, .plurality = in->attribute_plurality, .created = c->now};
    if (m.type == TYPE_NOT_SET) call_problem(c, "type", "Choose a data type.");
    for (EACH(const int32_t, t, &in->object_type_ids)) {
        if (!config_mv_type(x.before, *t)) call_problem(c, "objectTypeIds", "There is no metaverse object type %d.", *t);
        if (!contains_id(&m.object_types, *t)) *LIST_ADD(c->a, &m.object_types) = *t;
    }
    TRY(call_check(c));
    TRY(refuse_taken(x.before, m.name, 0));
    TRY(save(c, &x, &m, OPERATION_CREATE, in->change_reason, out));
    call_location(c, "/api/v1/metaverse/attributes/%d", m.id);
    return NULL;
}
HANDLER(attribute_create, attribute_create, attribute_detail)

/* Expressions name attributes, so a name that they read cannot go. */
static FALLIBLE rename_attribute(struct call *c, snapshot *s, struct mv_attribute *m, text name) {
    if (text_equal(m->name, name)) return NULL;
    if (m->built_in) return FAIL(ERROR_INVALID, "A built-in attribute cannot be renamed.");
    TRY(refuse_taken(s, name, m->id));
    if (!text_equal_fold(m->name, name) && attribute_in_expressions(c->a, s, m->name))
        return FAIL(ERROR_INVALID, "Expressions read mv[\"%.*s\"]; change them before the attribute is renamed.",
                    TEXT_ARG(m->name));
    m->name = name;
    return NULL;
}

static FALLIBLE attribute_patch(struct call *c, const struct attribute_patch *in, struct attribute_detail *out) {
    if (text_is_null(in->name) && !in->rendering_hint.given && !in->standard_mappings.at)
        return FAIL(ERROR_INVALID, "Give name, renderingHint or standardMappings.");
    OWNED_VALUE(change) x = {0};
    const struct mv_attribute *stored;
    TRY(change_begin(c, &x));
    TRY(find_mv_attribute(x.before, in->id, &stored));
    struct mv_attribute m = *stored;
    if (!text_is_null(in->name)) TRY(rename_attribute(c, x.before, &m, in->name));
    if (in->rendering_hint.given) m.rendering = in->rendering_hint.value;
    if (in->standard_mappings.at) m.standards = write_standards(c->a, &in->standard_mappings);
    return save(c, &x, &m, OPERATION_UPDATE, in->change_reason, out);
}
HANDLER(attribute_patch, attribute_patch, attribute_detail)

static FALLIBLE schema_patch(struct call *c, const struct schema_patch *in, struct attribute_detail *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_attribute *stored;
    struct type_value_counts counts = {0};
    TRY(change_begin(c, &x));
    TRY(find_mv_attribute(x.before, in->id, &stored));
    if (in->type == TYPE_NOT_SET) return call_invalid(c, "type", "Choose a data type.");
    if (stored->type == in->type && stored->plurality == in->attribute_plurality) return detail(c->a, x.before, stored, out);
    if (stored->built_in) return FAIL(ERROR_INVALID, "The type and plurality of a built-in attribute cannot change.");
    struct schema_impact impact = {.attribute_id = stored->id, .attribute_name = stored->name, .built_in = stored->built_in};
    TRY(attribute_value_counts(c, x.tx, x.before, stored->id, &counts, &impact.total_objects_with_values));
    impact.blocked_by_values = impact.total_objects_with_values > 0;
    if (impact.blocked_by_values) return CALL_REPLY(c, 409, schema_impact, &impact);
    struct attribute_references uses = {0};
    attribute_uses(c->a, x.before, stored, 0, &uses);
    if (attribute_uses_cascade(&uses))
        return FAIL(ERROR_INVALID, "The attribute is used by synchronisation or matching rules; remove those uses first.");
    struct mv_attribute m = *stored;
    m.type = in->type;
    m.plurality = in->attribute_plurality;
    return save(c, &x, &m, OPERATION_UPDATE, in->change_reason, out);
}
HANDLER(schema_patch, schema_patch, attribute_detail)

/* ---- binding ---- */

struct binding {
    int32_t id, type;
    text change_reason;
};
static SHAPE(binding, NULL,
             FIELDS(FIELD(binding, id, "id"), FIELD(binding, type, "objectTypeId"),
                    CHANGE_REASON(binding, change_reason, .query = true)));

static FALLIBLE attribute_bind(struct call *c, const struct binding *in, struct attribute_detail *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_attribute *stored;
    const struct mv_type *t;
    TRY(change_begin(c, &x));
    TRY(find_mv_attribute(x.before, in->id, &stored));
    TRY(find_mv_type(x.before, in->type, &t));
    if (stored->built_in) return FAIL(ERROR_INVALID, "Built-in attributes keep the object types they have.");
    if (contains_id(&stored->object_types, t->id)) return detail(c->a, x.before, stored, out);
    struct mv_attribute m = *stored;
    m.object_types = (struct int32s){0};
    for (EACH(const int32_t, bound, &stored->object_types)) *LIST_ADD(c->a, &m.object_types) = *bound;
    *LIST_ADD(c->a, &m.object_types) = t->id;
    return save(c, &x, &m, OPERATION_UPDATE, in->change_reason, out);
}
HANDLER(attribute_bind, binding, attribute_detail)

#define ATTRIBUTE "/attributes/{id}"
#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such attribute or object type." }
#define TAKEN                                                                                                                      \
    { 409, NULL, "Another attribute has this name." }
const struct routes mv_attribute_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, "/attributes", attributes_list, "Lists the attributes of the metaverse.", .operation = "GetAttributes",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/attributes", attribute_create, "Creates an attribute.", .operation = "CreateAttribute", .status = 201,
                 .role = ROLE_ADMINISTRATOR, .also = ALSO(TAKEN)),
           ROUTE(GET, "/attributes/name-availability", attribute_name, "Is the name free?",
                 .operation = "GetAttributeNameAvailability", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, ATTRIBUTE, attribute_get, "An attribute.", .operation = "GetAttribute", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO(UNKNOWN)),
           ROUTE(PATCH, ATTRIBUTE, attribute_patch, "Changes name, rendering hint or standard mappings.",
                 .operation = "UpdateAttribute", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN, TAKEN)),
           ROUTE(PATCH, ATTRIBUTE "/schema", schema_patch, "Changes type and plurality while there are no values.",
                 .operation = "ChangeAttributeSchema", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO(UNKNOWN, {409, &schema_impact_shape, "Objects have values of it."})),
           ROUTE(POST, ATTRIBUTE "/object-types/{objectTypeId}", attribute_bind, "Gives the attribute to an object type.",
                 .operation = "BindAttributeToObjectType", .role = ROLE_ADMINISTRATOR, .status = 200, .also = ALSO(UNKNOWN)));
