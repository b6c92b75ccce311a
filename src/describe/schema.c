/* The JSON schema of shapes, for the API document. */
#include "describe/kinds.h"

static void pair(struct json_writer *w, const char *name, const char *value) {
    json_name(w, text_of(name));
    json_string(w, text_of(value));
}

static void reference(struct json_writer *w, const char *name) {
    OWNED_VALUE(buffer) b = {.max = 1000};
    buffer_print(&b, "#/components/schemas/%s", name);
    json_name(w, T("$ref"));
    json_string(w, buffer_as_text(&b));
}

static const char *json_type(enum field_kind base) {
    switch (base) {
    case FIELD_BOOL:
        return "boolean";
    case FIELD_INT32:
    case FIELD_INT64:
        return "integer";
    case FIELD_DOUBLE:
    case FIELD_DECIMAL:
        return "number";
    default:
        return "string";
    }
}

static const char *json_format(enum field_kind base) {
    switch (base) {
    case FIELD_INT32:
        return "int32";
    case FIELD_INT64:
        return "int64";
    case FIELD_DOUBLE:
        return "double";
    case FIELD_DECIMAL:
        return "decimal";
    case FIELD_INSTANT:
        return "date-time";
    case FIELD_TIMESPAN:
        return "timespan";
    case FIELD_UUID:
        return "uuid";
    case FIELD_BYTES:
        return "byte";
    default:
        return NULL;
    }
}

static void type_member(struct json_writer *w, const char *type, bool null) {
    json_name(w, T("type"));
    if (null) json_array(w);
    json_string(w, text_of(type));
    if (!null) return;
    json_string(w, T("null"));
    json_array_end(w);
}

static bool may_be_null(const struct field *f) { return f->nullable || kind_of(f)->maybe; }

static void number_limits(struct json_writer *w, const struct field *f) {
    if (f->has_min) json_name(w, T("minimum")), json_int(w, f->min);
    if (f->has_max) json_name(w, T("maximum")), json_int(w, f->max);
}

static void length_limits(struct json_writer *w, const struct field *f, const char *least, const char *most) {
    uint32_t min = f->min_length;
    if (!min && !strcmp(least, "minLength") && (f->required || f->not_blank)) min = 1;
    if (min) json_name(w, text_of(least)), json_int(w, min);
    if (f->max_length) json_name(w, text_of(most)), json_int(w, f->max_length);
}

/* Everything of a scalar but enumerations, into an open object. */
static void plain_scalar(struct json_writer *w, const struct field *f, enum field_kind base, bool null, bool limits) {
    type_member(w, json_type(base), null);
    if (json_format(base)) pair(w, "format", json_format(base));
    if (base == FIELD_BYTES) pair(w, "contentEncoding", "base64");
    if (base == FIELD_TIMESPAN) pair(w, "pattern", "^-?(\\d+\\.)?\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,7})?$");
    if (f->pattern) pair(w, "pattern", f->pattern);
    if (!limits) return;
    if (base == FIELD_TEXT) length_limits(w, f, "minLength", "maxLength");
    if (base >= FIELD_INT32 && base <= FIELD_DECIMAL) number_limits(w, f);
}

static void enum_members(struct json_writer *w, const struct enum_names *names, bool null) {
    type_member(w, "string", null);
    json_name(w, names->flags ? T("examples") : T("enum"));
    json_array(w);
    for (size_t i = 0; i < names->count; i++)
        if (names->names[i]) json_string(w, text_of(names->names[i]));
    if (null && !names->flags) json_null(w);
    json_array_end(w);
    if (names->flags) pair(w, "description", "Names separated by commas, or None.");
}

void describe_enum_schema(struct json_writer *w, const struct enum_names *names) {
    json_object(w);
    enum_members(w, names, false);
    json_object_end(w);
}

/* A reference that may be null needs a choice around it. */
static void reference_or_null(struct json_writer *w, const char *name, bool null) {
    if (!null) {
        reference(w, name);
        return;
    }
    json_name(w, T("anyOf"));
    json_array(w);
    json_object(w);
    reference(w, name);
    json_object_end(w);
    json_object(w);
    pair(w, "type", "null");
    json_object_end(w);
    json_array_end(w);
}

static void scalar(struct json_writer *w, const struct field *f, enum field_kind base, bool null, bool limits) {
    if (base == FIELD_JSON) return;
    if (base != FIELD_ENUM)
        plain_scalar(w, f, base, null, limits);
    else if (f->names->name)
        reference_or_null(w, f->names->name, null);
    else
        enum_members(w, f->names, null);
}

static void members(struct json_writer *w, const struct shape *shape, bool reply, bool null, uint64_t only);

static void inside(struct json_writer *w, const struct shape *shape, bool reply, bool null) {
    if (shape->name)
        reference_or_null(w, shape->name, null);
    else
        members(w, shape, reply, null, 0);
}

static void value_of_map(struct json_writer *w, const struct field *f, bool reply) {
    json_name(w, T("additionalProperties"));
    describe_field_schema(w, &f->of->fields[0], reply);
}

static void items_of_list(struct json_writer *w, const struct field *f, bool reply) {
    const struct kind_info *k = kind_of(f);
    json_name(w, T("items"));
    json_object(w);
    if (k->list)
        scalar(w, f, k->base, false, false);
    else
        inside(w, f->of, reply, false);
    json_object_end(w);
    length_limits(w, f, "minItems", "maxItems");
}

/* The default as JSON: texts and names in quotation marks. */
static void default_member(struct json_writer *w, const struct field *f) {
    json_name(w, T("default"));
    bool bare = kind_of(f)->base >= FIELD_BOOL && kind_of(f)->base <= FIELD_DECIMAL;
    if (bare)
        json_raw(w, text_of(f->by_default));
    else
        json_string(w, text_of(f->by_default));
}

static void annotations(struct json_writer *w, const struct field *f, bool reply) {
    if (f->doc) pair(w, "description", f->doc);
    if (f->by_default && kind_of(f)->base && !kind_of(f)->list && !reply) default_member(w, f);
    if (f->secret) json_name(w, T("writeOnly")), json_bool(w, true);
}

void describe_field_schema(struct json_writer *w, const struct field *f, bool reply) {
    if (f->schema) {
        json_raw(w, text_of(f->schema));
        return;
    }
    const struct kind_info *k = kind_of(f);
    bool null = may_be_null(f) && !(reply && f->omit_empty);
    json_object(w);
    if (k->list || f->kind == FIELD_OBJECTS) {
        type_member(w, "array", null);
        items_of_list(w, f, reply);
    } else if (f->kind == FIELD_MAP) {
        type_member(w, "object", null);
        value_of_map(w, f, reply);
    } else if (k->base)
        scalar(w, f, k->base, null, true);
    else
        inside(w, f->of, reply, null);
    annotations(w, f, reply);
    json_object_end(w);
}

static void properties(struct json_writer *w, const struct shape *shape, bool reply, uint64_t only) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if ((only && !(i < 64 && only >> i & 1)) || (reply && f->secret)) continue;
        if (f->kind == FIELD_EMBEDDED) {
            properties(w, f->of, reply, 0);
            continue;
        }
        json_name(w, f->name);
        describe_field_schema(w, f, reply);
    }
}

static bool is_required(const struct field *f, bool reply) { return reply ? !f->omit_empty && !f->secret : f->required; }

/* Writes the names of the required members; opens the list with the first. */
static void required(struct json_writer *w, const struct shape *shape, bool reply, uint64_t only, bool *open) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (only && !(i < 64 && only >> i & 1)) continue;
        if (f->kind == FIELD_EMBEDDED) {
            required(w, f->of, reply, 0, open);
            continue;
        }
        if (!is_required(f, reply)) continue;
        if (!*open) json_name(w, T("required")), json_array(w);
        *open = true;
        json_string(w, f->name);
    }
}

static void members(struct json_writer *w, const struct shape *shape, bool reply, bool null, uint64_t only) {
    type_member(w, "object", null);
    if (shape->doc) pair(w, "description", shape->doc);
    json_name(w, T("properties"));
    json_object(w);
    properties(w, shape, reply, only);
    json_object_end(w);
    bool open = false;
    required(w, shape, reply, only, &open);
    if (open) json_array_end(w);
}

void describe_schema(struct json_writer *w, const struct shape *shape, bool reply, uint64_t only) {
    if (shape->bare) {
        describe_field_schema(w, &shape->fields[0], reply);
        return;
    }
    json_object(w);
    members(w, shape, reply, false, only);
    json_object_end(w);
}

void describe_schema_use(struct json_writer *w, const struct shape *shape, bool reply) {
    if (!shape->name || shape->bare) {
        describe_schema(w, shape, reply, 0);
        return;
    }
    json_object(w);
    reference(w, shape->name);
    json_object_end(w);
}

void describe_visit(const struct shape *shape, uint64_t only, const struct describe_visitor *v) {
    if (v->shape && !v->shape(v->state, shape)) return;
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (only && !(i < 64 && only >> i & 1)) continue;
        if (f->names && v->names) v->names(v->state, f->names);
        if (f->of) describe_visit(f->of, 0, v);
    }
}
