/* Looking at tables: their defects, and members by name. */
#include "describe/kinds.h"

size_t flat_fields(const struct shape *shape) {
    size_t n = 0;
    for (size_t i = 0; i < shape->count; i++) n += shape->fields[i].kind == FIELD_EMBEDDED ? flat_fields(shape->fields[i].of) : 1;
    return n;
}

static const char *label(const struct shape *shape) { return shape->name ? shape->name : "a shape without a name"; }

#define DEFECT(...) FAIL(ERROR_INTERNAL, __VA_ARGS__)

static FALLIBLE check_default(const struct shape *shape, const struct field *f) {
    OWNED(arena) a = arena_new(1 << 20);
    const char *why = "";
    void *member = arena_alloc(a, f->size);
    if (kind_of(f)->list || !describe_read_text(a, f, text_of(f->by_default), member, &why))
        return DEFECT("%s.%.*s: the default \"%s\" is wrong: %s", label(shape), TEXT_ARG(f->name), f->by_default, why);
    return NULL;
}

static FALLIBLE check_field(const struct shape *shape, const struct field *f) {
    const struct kind_info *k = kind_of(f);
    if (f->kind < FIELD_TEXT || f->kind > FIELD_EMBEDDED) return DEFECT("%s: a field is not built with the macros", label(shape));
    if (k->base == FIELD_ENUM && !f->names) return DEFECT("%s.%.*s: an enumeration needs .names", label(shape), TEXT_ARG(f->name));
    if (!k->base && !f->of) return DEFECT("%s.%.*s: needs a shape", label(shape), TEXT_ARG(f->name));
    if (f->offset + f->size > shape->size) return DEFECT("%s.%.*s lies outside of the struct", label(shape), TEXT_ARG(f->name));
    if (f->kind == FIELD_MAP && f->of->count != 1)
        return DEFECT("%s.%.*s: the entries of a map need exactly one field, the value", label(shape), TEXT_ARG(f->name));
    if (f->kind == FIELD_EMBEDDED && f->of->bare) return DEFECT("%s embeds a bare shape", label(shape));
    return f->by_default && k->base ? check_default(shape, f) : NULL;
}

static FALLIBLE check_one(const struct shape *shape) {
    if (shape->bare && shape->count != 1) return DEFECT("%s: a bare shape has exactly one field", label(shape));
    if (shape->has_given && shape->count > 64) return DEFECT("%s: a given-mask holds 64 fields", label(shape));
    if (flat_fields(shape) > FLAT_FIELDS) return DEFECT("%s has more than %d fields", label(shape), FLAT_FIELDS);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        TRY(check_field(shape, f));
        for (size_t j = 0; j < i; j++)
            if (f->kind != FIELD_EMBEDDED && text_equal_ascii_case(f->name, shape->fields[j].name))
                return DEFECT("%s.%.*s stands there twice", label(shape), TEXT_ARG(f->name));
    }
    return NULL;
}

struct seen_shape {
    const struct shape *shape;
};
struct seen_shapes LIST(struct seen_shape);

static FALLIBLE check_all(arena *a, const struct shape *shape, struct seen_shapes *seen) {
    for (size_t i = 0; i < seen->count; i++)
        if (seen->at[i].shape == shape) return NULL;
    LIST_ADD(a, seen)->shape = shape;
    TRY(check_one(shape));
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].of) TRY(check_all(a, shape->fields[i].of, seen));
    return NULL;
}

FALLIBLE describe_check(const struct shape *shape) {
    OWNED(arena) a = arena_new(1 << 24);
    struct seen_shapes seen = {0};
    return check_all(a, shape, &seen);
}

const struct field *describe_find(const struct shape *shape, text name, size_t *offset) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (f->kind == FIELD_EMBEDDED) {
            const struct field *inner = describe_find(f->of, name, offset);
            if (!inner) continue;
            *offset += f->offset;
            return inner;
        }
        const struct kind_info *k = kind_of(f);
        if (!k->base || k->list || f->secret || !text_equal_ascii_case(f->name, name)) continue;
        *offset = f->offset;
        return f;
    }
    return NULL;
}
