/* Query parameters, path segments and settings into structs: texts by name. */
#include "describe/kinds.h"

struct pair_reader {
    arena *a;
    const struct text_entries *pairs;
    struct problems *problems;
    bool strict;
};

static bool same_name(const struct pair_reader *r, const struct text_entry *e, const struct field *f) {
    return r->strict ? text_equal(e->name, f->name) : text_equal_ascii_case(e->name, f->name);
}

static bool one(const struct pair_reader *r, const struct field *f, enum field_kind base, text value, void *into) {
    struct place here = {NULL, f->name, 0};
    struct scalar_fault fault = {0};
    if (scalar_from_text(r->a, f, base, value, !r->strict, !r->strict, into, &fault))
        return scalar_within(f, base, into, r->problems, &here);
    problem_here(r->problems, &here, fault.kind, "%s", fault.why);
    return false;
}

static void read_list(const struct pair_reader *r, const struct field *f, void *into) {
    const struct kind_info *k = kind_of(f);
    char *at = arena_alloc(r->a, r->pairs->count * k->size);
    struct field item = *f;
    item.min_length = item.max_length = 0;
    item.required = false;
    size_t count = 0;
    for (EACH(struct text_entry, e, r->pairs)) {
        if (!same_name(r, e, f) || text_is_empty(e->value)) continue;
        count += one(r, &item, k->base, e->value, at + count * k->size);
    }
    struct place here = {NULL, f->name, 0};
    if (f->required && !count) problem_here(r->problems, &here, PROBLEM_MISSING, "Is required.");
    count_within(f, count, r->problems, &here);
    list_put(f, into, at, count);
}

/* The value of the parameter; null when it is absent. Problems only when strict. */
static text only_value(const struct pair_reader *r, const struct field *f, bool *fine) {
    text value = {0};
    struct place here = {NULL, f->name, 0};
    for (EACH(struct text_entry, e, r->pairs)) {
        if (!same_name(r, e, f)) continue;
        if (r->strict && (value.at || text_is_empty(e->value))) {
            *fine = false;
            if (value.at)
                problem_here(r->problems, &here, PROBLEM_REPEATED, "The parameter stands there twice.");
            else
                problem_here(r->problems, &here, PROBLEM_FORMAT, "Must not be empty.");
            return (text){0};
        }
        if (!value.at && !text_is_empty(e->value)) value = e->value;
    }
    return value;
}

static void read_scalar(const struct pair_reader *r, const struct field *f, void *into) {
    const struct kind_info *k = kind_of(f);
    bool fine = true;
    text value = only_value(r, f, &fine);
    if (!fine) return;
    if (text_is_null(value)) {
        struct place here = {NULL, f->name, 0};
        if (f->required)
            problem_here(r->problems, &here, PROBLEM_MISSING, "Is required.");
        else
            put_default(r->a, f, into);
    } else if (one(r, f, k->base, value, scalar_in(k, into)) && k->maybe)
        *(bool *)into = true;
}

static bool has_name(const struct pair_reader *r, const struct field *f) {
    for (EACH(struct text_entry, e, r->pairs))
        if (same_name(r, e, f)) return true;
    return false;
}

static void all(const struct pair_reader *r, const struct shape *shape, uint64_t only, char *into) {
    size_t before = r->problems->count;
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        if (only && !(i < 64 && only >> i & 1)) continue;
        if (f->kind == FIELD_EMBEDDED)
            all(r, f->of, 0, into + f->offset);
        else if (kind_of(f)->list)
            read_list(r, f, into + f->offset);
        else if (kind_of(f)->base)
            read_scalar(r, f, into + f->offset);
        if (shape->has_given && has_name(r, f)) *(uint64_t *)(void *)(into + shape->given_offset) |= UINT64_C(1) << i;
    }
    if (shape->check && !only && r->problems->count == before) shape->check(into, r->problems);
}

bool describe_read_pairs(arena *a, const struct shape *shape, const struct text_entries *pairs, struct reading how, void *into,
                         struct problems *problems) {
    size_t before = problems->count;
    struct pair_reader r = {a, pairs, problems, how.strict};
    all(&r, shape, how.only, into);
    return problems->count == before;
}
