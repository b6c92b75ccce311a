/* Scoping criteria as they travel: written out, and read with all checks of sync-engine §9. */
#include "api/scoping_view.h"

#include "sync/scope.h"

#define VALUE_FIELDS(tag)                                                                                                          \
    FIELD(tag, string_value, "stringValue", .nullable = true), FIELD(tag, int_value, "intValue"),                                  \
        FIELD(tag, long_value, "longValue"), FIELD(tag, decimal_value, "decimalValue"),                                            \
        FIELD(tag, date_time_value, "dateTimeValue"), FIELD(tag, bool_value, "boolValue"), FIELD(tag, guid_value, "guidValue")

SHAPE(criterion_view, "SyncRuleScopingCriteriaDto",
      FIELDS(FIELD(criterion_view, id, "id"), FIELD(criterion_view, metaverse_attribute_id, "metaverseAttributeId"),
             FIELD(criterion_view, metaverse_attribute_name, "metaverseAttributeName", .nullable = true),
             FIELD(criterion_view, connected_system_attribute_id, "connectedSystemAttributeId"),
             FIELD(criterion_view, connected_system_attribute_name, "connectedSystemAttributeName", .nullable = true),
             FIELD(criterion_view, attribute_data_type, "attributeDataType", .names = &data_type_names),
             FIELD(criterion_view, comparison_type, "comparisonType", .names = &comparison_names), VALUE_FIELDS(criterion_view),
             FIELD(criterion_view, case_sensitive, "caseSensitive"),
             FIELD(criterion_view, value_mode, "valueMode", .names = &value_mode_names),
             FIELD(criterion_view, relative_count, "relativeCount"),
             FIELD(criterion_view, relative_unit, "relativeUnit", .names = &relative_unit_names),
             FIELD(criterion_view, relative_direction, "relativeDirection", .names = &relative_direction_names)));

SHAPE(scope_group_view, "SyncRuleScopingCriteriaGroupDto",
      FIELDS(FIELD(scope_group_view, id, "id"), FIELD(scope_group_view, type, "type", .names = &scope_group_type_names),
             FIELD(scope_group_view, position, "position"), OBJECTS(scope_group_view, criteria, "criteria", criterion_view),
             OBJECTS(scope_group_view, child_groups, "childGroups", scope_group_view)));

SHAPE(criterion_request, NULL,
      FIELDS(FIELD(criterion_request, metaverse_attribute_id, "metaverseAttributeId", .doc = "Export rules."),
             FIELD(criterion_request, connected_system_attribute_id, "connectedSystemAttributeId", .doc = "Import rules."),
             FIELD(criterion_request, comparison_type, "comparisonType", .names = &comparison_names, .required = true),
             CRITERION_FIELDS(criterion_request, )));

/* ---- writing out ---- */

static void show_value(const struct value *v, struct criterion_view *out) {
    switch (v->type) {
    case TYPE_TEXT:
        out->string_value = v->text;
        break;
    case TYPE_NUMBER:
        out->int_value = (struct maybe_int32)GIVE((int32_t)v->integer);
        break;
    case TYPE_LONG_NUMBER:
        out->long_value = (struct maybe_int64)GIVE(v->integer);
        break;
    case TYPE_DECIMAL:
        out->decimal_value = (struct maybe_decimal)GIVE(*v->decimal);
        break;
    case TYPE_DATETIME:
        out->date_time_value = (struct maybe_instant)GIVE((instant){v->integer});
        break;
    case TYPE_BOOLEAN:
        out->bool_value = (struct maybe_bool)GIVE(v->integer != 0);
        break;
    case TYPE_GUID:
        out->guid_value = (struct maybe_uuid)GIVE(v->guid);
        break;
    default:
        break;
    }
}

static enum data_type type_of(snapshot *s, bool import, int32_t attribute) {
    const struct cs_attribute *cs = import ? config_cs_attribute(s, attribute) : NULL;
    const struct mv_attribute *mv = import ? NULL : config_mv_attribute(s, attribute);
    return cs ? cs->type : mv ? mv->type : TYPE_NOT_SET;
}

void criterion_show(const struct scope_criterion *k, struct criterion_view *out) {
    out->id = k->id;
    out->comparison_type = k->comparison;
    out->case_sensitive = k->case_sensitive;
    out->value_mode = k->mode;
    if (k->has_value) show_value(&k->value, out);
    if (k->mode != VALUE_RELATIVE) return;
    out->relative_count = (struct maybe_int32)GIVE(k->relative_count);
    out->relative_unit = (struct maybe_enum)GIVE(k->unit);
    out->relative_direction = (struct maybe_enum)GIVE(k->direction);
}

struct criterion_view criterion_view_of(snapshot *s, const struct sync_rule *r, const struct scope_criterion *k) {
    bool import = r->direction == DIRECTION_IMPORT;
    struct criterion_view out = {.metaverse_attribute_id = id_or_null(import ? 0 : k->attribute),
                                 .metaverse_attribute_name = mv_attribute_name(s, import ? 0 : k->attribute),
                                 .connected_system_attribute_id = id_or_null(import ? k->attribute : 0),
                                 .connected_system_attribute_name = cs_attribute_name(s, import ? k->attribute : 0),
                                 .attribute_data_type = type_of(s, import, k->attribute)};
    criterion_show(k, &out);
    return out;
}

void scope_group_view_of(arena *a, snapshot *s, const struct sync_rule *r, const struct scope_group *g,
                         struct scope_group_view *out) {
    *out = (struct scope_group_view){.id = g->id, .type = g->type, .position = g->position};
    for (EACH(const struct scope_criterion, k, &g->criteria)) *LIST_ADD(a, &out->criteria) = criterion_view_of(s, r, k);
    for (size_t i = 0; i < g->children.count; i++) scope_group_view_of(a, s, r, g->children.at[i], LIST_ADD(a, &out->child_groups));
}

/* ---- reading ---- */

static FALLIBLE read_attribute(struct call *c, snapshot *s, const struct sync_rule *r, const struct criterion_request *in,
                               struct scope_criterion *k) {
    bool import = r->direction == DIRECTION_IMPORT;
    const char *field = import ? "connectedSystemAttributeId" : "metaverseAttributeId";
    struct maybe_int32 wanted = import ? in->connected_system_attribute_id : in->metaverse_attribute_id;
    struct maybe_int32 other = import ? in->metaverse_attribute_id : in->connected_system_attribute_id;
    if (other.given)
        call_problem(c, import ? "metaverseAttributeId" : "connectedSystemAttributeId", "%s rule tests attributes of %s.",
                     import ? "An import" : "An export", import ? "the connected system" : "the metaverse");
    if (wanted.given) k->attribute = wanted.value;
    if (!k->attribute) {
        call_problem(c, field, "Is required for %s rule.", import ? "an import" : "an export");
        return NULL;
    }
    const struct cs_attribute *cs;
    const struct mv_attribute *mv;
    if (import) {
        TRY(find_cs_attribute(s, k->attribute, &cs));
        check_cs_attribute(c, s, field, cs, r->cs_type);
    } else {
        TRY(find_mv_attribute(s, k->attribute, &mv));
        check_mv_attribute(c, s, field, mv, r->mv_type);
    }
    return NULL;
}

/* The value fields that were given, each as a value of its own type. */
struct given_values {
    struct value at[7];
    size_t count;
};

static void add_given(struct given_values *g, struct value v) { g->at[g->count++] = v; }

static struct given_values given_of(const struct criterion_request *in) {
    struct given_values g = {0};
    if (!text_is_null(in->string_value)) add_given(&g, (struct value){.type = TYPE_TEXT, .text = in->string_value});
    if (in->int_value.given) add_given(&g, (struct value){.type = TYPE_NUMBER, .integer = in->int_value.value});
    if (in->long_value.given) add_given(&g, (struct value){.type = TYPE_LONG_NUMBER, .integer = in->long_value.value});
    if (in->decimal_value.given) add_given(&g, (struct value){.type = TYPE_DECIMAL, .decimal = &in->decimal_value.value});
    if (in->date_time_value.given) add_given(&g, (struct value){.type = TYPE_DATETIME, .integer = in->date_time_value.value.ticks});
    if (in->bool_value.given) add_given(&g, (struct value){.type = TYPE_BOOLEAN, .integer = in->bool_value.value});
    if (in->guid_value.given) add_given(&g, (struct value){.type = TYPE_GUID, .guid = in->guid_value.value});
    return g;
}

static const char *field_of(enum data_type type) {
    static const char *const fields[] = {
        [TYPE_TEXT] = "stringValue",     [TYPE_NUMBER] = "intValue",        [TYPE_LONG_NUMBER] = "longValue",
        [TYPE_DECIMAL] = "decimalValue", [TYPE_DATETIME] = "dateTimeValue", [TYPE_BOOLEAN] = "boolValue",
        [TYPE_GUID] = "guidValue"};
    return (size_t)type < sizeof fields / sizeof fields[0] && fields[type] ? fields[type] : "comparisonType";
}

/* A whole number may stand for a wider one; nothing else is reinterpreted (invariant 22). */
static bool widen(arena *a, enum data_type type, struct value *v) {
    if (v->type == type) return true;
    bool whole = v->type == TYPE_NUMBER || v->type == TYPE_LONG_NUMBER;
    if (type == TYPE_LONG_NUMBER && v->type == TYPE_NUMBER) {
        v->type = type;
        return true;
    }
    if (type != TYPE_DECIMAL || !whole) return false;
    decimal *d = ARENA_NEW(a, decimal);
    *d = decimal_from_int64(v->integer);
    *v = (struct value){.type = type, .decimal = d};
    return true;
}

static void read_absolute(struct call *c, enum data_type type, const struct criterion_request *in, struct given_values *g,
                          struct scope_criterion *k) {
    if (in->relative_count.given || in->relative_unit.given || in->relative_direction.given)
        call_problem(c, "valueMode", "A relative date needs the mode Relative.");
    if (g->count > 1) call_problem(c, field_of(g->at[1].type), "Give one value at most.");
    if (g->count != 1) return;
    const char *given = field_of(g->at[0].type);
    k->has_value = true;
    k->value = g->at[0];
    if (!widen(c->a, type, &k->value))
        call_problem(c, given, "The attribute is of type %s; give its value as %s.", enum_name(&data_type_names, type),
                     field_of(type));
}

static void read_relative(struct call *c, enum data_type type, const struct criterion_request *in, const struct given_values *g,
                          struct scope_criterion *k) {
    if (type != TYPE_DATETIME)
        call_problem(c, "valueMode", "Only an attribute of type DateTime can be compared with a relative date.");
    for (size_t i = 0; i < g->count; i++) call_problem(c, field_of(g->at[i].type), "A relative date takes no value.");
    if (!in->relative_count.given)
        call_problem(c, "relativeCount", "Is required for a relative date.");
    else if (in->relative_count.value < 0)
        call_problem(c, "relativeCount", "Must be 0 or more.");
    if (!in->relative_unit.given) call_problem(c, "relativeUnit", "Is required for a relative date.");
    if (!in->relative_direction.given) call_problem(c, "relativeDirection", "Is required for a relative date.");
    k->relative_count = in->relative_count.value;
    k->unit = in->relative_unit.value;
    k->direction = in->relative_direction.value;
}

void criterion_read_values(struct call *c, enum data_type type, const struct criterion_request *in, struct scope_criterion *k) {
    k->comparison = in->comparison_type;
    k->case_sensitive = in->case_sensitive;
    k->mode = in->value_mode.given ? in->value_mode.value : VALUE_ABSOLUTE;
    if (!k->attribute) return;
    struct given_values given = given_of(in);
    if (!scope_operator_fits(type, k->comparison))
        call_problem(c, "comparisonType", "%s cannot be used with an attribute of type %s.",
                     enum_name(&comparison_names, k->comparison), enum_name(&data_type_names, type));
    else if (k->mode == VALUE_RELATIVE)
        read_relative(c, type, in, &given, k);
    else
        read_absolute(c, type, in, &given, k);
}

FALLIBLE criterion_read(struct call *c, snapshot *s, const struct sync_rule *r, const struct criterion_request *in,
                        struct scope_criterion *k) {
    TRY(read_attribute(c, s, r, in, k));
    criterion_read_values(c, type_of(s, r->direction == DIRECTION_IMPORT, k->attribute), in, k);
    return call_check(c);
}

const char *criterion_value_field(enum data_type type) { return field_of(type); }
