/* Structs into JSON. */
#include "describe/kinds.h"

#define WRITE_ARENA ((size_t)1 << 30)

static void write_tree(struct json_writer *w, const struct json *json) {
    switch (json->kind) {
    case JSON_NULL:
        json_null(w);
        return;
    case JSON_BOOL:
        json_bool(w, json->truth);
        return;
    case JSON_NUMBER:
        json_raw(w, json->content);
        return;
    case JSON_STRING:
        json_string(w, json->content);
        return;
    case JSON_ARRAY:
        json_array(w);
        break;
    case JSON_OBJECT:
        json_object(w);
        break;
    }
    for (EACH_JSON(child, json)) {
        if (json->kind == JSON_OBJECT) json_name(w, child->name);
        write_tree(w, child);
    }
    json->kind == JSON_ARRAY ? json_array_end(w) : json_object_end(w);
}

static void write_json_value(struct json_writer *w, const struct json_value *v) {
    if (!text_is_null(v->raw))
        json_raw(w, v->raw);
    else if (v->json)
        write_tree(w, v->json);
    else
        json_null(w);
}

/* Flags and bytes need room of their own for a moment. */
static void write_with_arena(struct json_writer *w, const struct field *f, enum field_kind base, const void *at) {
    OWNED(arena) a = arena_new(WRITE_ARENA);
    char out[64];
    json_string(w, scalar_text(a, f, base, at, out));
}

static void write_scalar(struct json_writer *w, const struct field *f, enum field_kind base, const void *at) {
    char out[64];
    switch (base) {
    case FIELD_TEXT:
        json_string(w, text_is_null(*(const text *)at) ? T("") : *(const text *)at);
        return;
    case FIELD_BOOL:
        json_bool(w, *(const bool *)at);
        return;
    case FIELD_INT32:
        json_int(w, *(const int32_t *)at);
        return;
    case FIELD_INT64:
        json_int(w, *(const int64_t *)at);
        return;
    case FIELD_DOUBLE:
        json_double(w, *(const double *)at);
        return;
    case FIELD_DECIMAL:
        json_raw(w, scalar_text(NULL, f, base, at, out));
        return;
    case FIELD_JSON:
        write_json_value(w, at);
        return;
    case FIELD_BYTES:
        write_with_arena(w, f, base, at);
        return;
    case FIELD_ENUM:
        if (f->names->flags)
            write_with_arena(w, f, base, at);
        else
            json_string(w, enum_text(f->names, *(const unsigned *)at));
        return;
    default:
        json_string(w, scalar_text(NULL, f, base, at, out));
        return;
    }
}

static void write_members(struct json_writer *w, const struct shape *shape, const char *from);

static void write_member(struct json_writer *w, const struct field *f, const void *at);

static void write_list(struct json_writer *w, const struct field *f, const void *at) {
    const struct kind_info *k = kind_of(f);
    struct any_list list = list_of(f, at);
    json_array(w);
    for (size_t i = 0; i < list.count; i++)
        if (k->list)
            write_scalar(w, f, k->base, (const char *)list.at + i * k->size);
        else
            describe_write(w, f->of, (const char *)list.at + i * f->of->size);
    json_array_end(w);
}

static void write_map(struct json_writer *w, const struct field *f, const void *at) {
    struct any_list list = list_of(f, at);
    const struct field *value = &f->of->fields[0];
    json_object(w);
    for (size_t i = 0; i < list.count; i++) {
        const char *entry = (const char *)list.at + i * f->of->size;
        json_name(w, *(const text *)(const void *)(entry + f->key_offset));
        write_member(w, value, entry + value->offset);
    }
    json_object_end(w);
}

static bool is_list(const struct field *f) { return kind_of(f)->list || f->kind == FIELD_OBJECTS || f->kind == FIELD_MAP; }

/* Is null what stands on the wire? */
static bool written_as_null(const struct field *f, const void *at) {
    if (is_list(f)) return f->nullable && !list_of(f, at).at;
    if (f->kind == FIELD_TEXT || f->kind == FIELD_BYTES) return f->nullable && describe_is_null(f, at);
    return describe_is_null(f, at);
}

static void write_member(struct json_writer *w, const struct field *f, const void *at) {
    const struct kind_info *k = kind_of(f);
    if (written_as_null(f, at))
        json_null(w);
    else if (k->list || f->kind == FIELD_OBJECTS)
        write_list(w, f, at);
    else if (f->kind == FIELD_MAP)
        write_map(w, f, at);
    else if (k->base)
        write_scalar(w, f, k->base, (const char *)at + k->value_at);
    else
        describe_write(w, f->of, f->kind == FIELD_OBJECT ? *(const void *const *)at : at);
}

static bool left_out(const struct field *f, const void *at) {
    if (f->secret) return true;
    if (!f->omit_empty) return false;
    return is_list(f) ? list_of(f, at).count == 0 : describe_is_null(f, at);
}

static void write_members(struct json_writer *w, const struct shape *shape, const char *from) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (f->kind == FIELD_EMBEDDED) {
            write_members(w, f->of, from + f->offset);
            continue;
        }
        if (left_out(f, from + f->offset)) continue;
        json_name(w, f->name);
        write_member(w, f, from + f->offset);
    }
}

void describe_write_members(struct json_writer *w, const struct shape *shape, const void *from) { write_members(w, shape, from); }

void describe_write(struct json_writer *w, const struct shape *shape, const void *from) {
    if (shape->bare) {
        write_member(w, &shape->fields[0], (const char *)from + shape->fields[0].offset);
        return;
    }
    json_object(w);
    write_members(w, shape, from);
    json_object_end(w);
}

/* ---- values and entries that every resource may use ---- */

static text written(arena *a, void (*write)(struct json_writer *, const void *), const void *value) {
    OWNED_VALUE(buffer) b = {.max = WRITE_ARENA};
    struct json_writer w = {.out = &b};
    write(&w, value);
    return arena_text(a, buffer_as_text(&b));
}
static void write_text(struct json_writer *w, const void *t) { json_string(w, *(const text *)t); }
static void write_double(struct json_writer *w, const void *n) { json_double(w, *(const double *)n); }

struct json_value json_value_text(arena *a, text t) {
    return (struct json_value){.raw = written(a, write_text, &t)};
}
struct json_value json_value_int(arena *a, int64_t n) {
    return (struct json_value){.raw = arena_print(a, "%lld", (long long)n)};
}
struct json_value json_value_double(arena *a, double n) {
    return (struct json_value){.raw = written(a, write_double, &n)};
}
struct json_value json_value_bool(bool b) {
    return (struct json_value){.raw = b ? T("true") : T("false")};
}

SHAPE(text_entry, NULL, FIELDS(FIELD(text_entry, value, "value", .nullable = true)));
SHAPE(bool_entry, NULL, FIELDS(FIELD(bool_entry, value, "value")));
SHAPE(int32_entry, NULL, FIELDS(FIELD(int32_entry, value, "value")));
SHAPE(int64_entry, NULL, FIELDS(FIELD(int64_entry, value, "value")));
SHAPE(texts_entry, NULL, FIELDS(FIELD(texts_entry, value, "value")));
SHAPE(json_entry, NULL, FIELDS(FIELD(json_entry, value, "value")));
