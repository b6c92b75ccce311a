/* JSON into structs: every member is checked, every problem is told with its place. */
#include "describe/kinds.h"

struct reader {
    arena *a;
    struct problems *problems;
    bool strict;
};

struct seen {
    uint64_t bits[FLAT_FIELDS / 64];
};

/* A field found by name, inside embedded structs too: where its struct begins and its number among all. */
struct found {
    const struct field *field;
    const struct shape *owner;
    char *owner_at;
    size_t number; /* in the flattened order */
    size_t own;    /* in its owner */
};

static bool find(const struct shape *shape, uint64_t only, char *at, text name, bool exact, size_t *number, struct found *out) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        bool wanted = !only || (i < 64 && only >> i & 1);
        if (f->kind == FIELD_EMBEDDED) {
            bool inside = find(f->of, 0, at + f->offset, name, exact, number, out);
            if (inside && wanted) return true;
            if (inside) return false;
            continue;
        }
        if (wanted && (exact ? text_equal(f->name, name) : text_equal_ascii_case(f->name, name))) {
            *out = (struct found){f, shape, at, *number, i};
            return true;
        }
        ++*number;
    }
    return false;
}

static void object(const struct reader *r, const struct shape *shape, uint64_t only, const struct json *json, char *into,
                   const struct place *here);
static void member(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here);

static const char *wanted_kind(enum field_kind base) {
    switch (base) {
    case FIELD_BOOL:
        return "Must be true or false.";
    case FIELD_INT32:
    case FIELD_INT64:
        return "Must be a whole number.";
    case FIELD_DOUBLE:
    case FIELD_DECIMAL:
        return "Must be a number.";
    default:
        return "Must be text.";
    }
}

static bool kind_fits(const struct reader *r, enum field_kind base, enum json_kind kind) {
    if (base == FIELD_BOOL) return kind == JSON_BOOL;
    if (base >= FIELD_INT32 && base <= FIELD_DECIMAL) return kind == JSON_NUMBER || (!r->strict && kind == JSON_STRING);
    return kind == JSON_STRING;
}

static bool scalar(const struct reader *r, const struct field *f, enum field_kind base, const struct json *json, void *into,
                   const struct place *here) {
    if (base == FIELD_JSON) {
        *(struct json_value *)into = (struct json_value){.json = json};
        return true;
    }
    if (!kind_fits(r, base, json->kind)) {
        if (json->kind == JSON_NULL)
            problem_here(r->problems, here, PROBLEM_NULL, "Must not be null.");
        else
            problem_here(r->problems, here, PROBLEM_TYPE, "%s", wanted_kind(base));
        return false;
    }
    if (base == FIELD_BOOL) {
        *(bool *)into = json->truth;
        return true;
    }
    struct scalar_fault fault = {0};
    if (!scalar_from_text(r->a, f, base, json->content, !r->strict, false, into, &fault)) {
        problem_here(r->problems, here, fault.kind, "%s", fault.why);
        return false;
    }
    return scalar_within(f, base, into, r->problems, here);
}

static bool is(const struct reader *r, const struct json *json, enum json_kind kind, const char *what, const struct place *here) {
    if (json->kind == kind) return true;
    problem_here(r->problems, here, PROBLEM_TYPE, "%s", what);
    return false;
}

static void scalars(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here) {
    if (!is(r, json, JSON_ARRAY, "Must be a list.", here)) return;
    const struct kind_info *k = kind_of(f);
    struct field item = *f; /* the lengths are the list's */
    item.min_length = item.max_length = 0;
    item.required = false;
    char *at = arena_alloc(r->a, (size_t)json->count * k->size);
    size_t i = 0;
    for (EACH_JSON(child, json)) {
        struct place inside = {here, {0}, i};
        scalar(r, &item, k->base, child, at + i++ * k->size, &inside);
    }
    count_within(f, json->count, r->problems, here);
    list_put(f, into, at, json->count);
}

static void objects(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here) {
    if (!is(r, json, JSON_ARRAY, "Must be a list.", here)) return;
    char *at = arena_alloc(r->a, (size_t)json->count * f->of->size);
    size_t i = 0;
    for (EACH_JSON(child, json)) {
        struct place inside = {here, {0}, i};
        object(r, f->of, 0, child, at + i++ * f->of->size, &inside);
    }
    count_within(f, json->count, r->problems, here);
    list_put(f, into, at, json->count);
}

static void check_key(const struct reader *r, const struct field *f, struct text_map *keys, text key, const struct place *here) {
    int32_t n;
    if (text_map_put(keys, key, keys)) problem_here(r->problems, here, PROBLEM_REPEATED, "The member stands there twice.");
    if (f->int_keys && !text_to_int32(key, &n)) problem_here(r->problems, here, PROBLEM_FORMAT, "The name must be a whole number.");
}

static void map(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here) {
    if (!is(r, json, JSON_OBJECT, "Must be an object.", here)) return;
    char *at = arena_alloc(r->a, (size_t)json->count * f->of->size);
    const struct field *value = &f->of->fields[0];
    struct text_map keys;
    text_map_init(&keys, r->a, json->count);
    size_t i = 0;
    for (EACH_JSON(child, json)) {
        struct place inside = {here, child->name, 0};
        char *entry = at + i++ * f->of->size;
        check_key(r, f, &keys, child->name, &inside);
        memcpy(entry + f->key_offset, &child->name, sizeof child->name);
        member(r, value, child, entry + value->offset, &inside);
    }
    count_within(f, json->count, r->problems, here);
    list_put(f, into, at, json->count);
}

static void nested(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here) {
    void *at = f->kind == FIELD_OBJECT ? arena_alloc(r->a, f->of->size) : into;
    object(r, f->of, 0, json, at, here);
    if (f->kind == FIELD_OBJECT) memcpy(into, &at, sizeof at);
}

static bool null_allowed(const struct field *f) {
    return f->nullable || f->by_default || kind_of(f)->maybe || f->kind == FIELD_JSON;
}

static void member(const struct reader *r, const struct field *f, const struct json *json, void *into, const struct place *here) {
    const struct kind_info *k = kind_of(f);
    if (json->kind == JSON_NULL && !(f->kind == FIELD_JSON)) {
        if (null_allowed(f))
            put_default(r->a, f, into);
        else
            problem_here(r->problems, here, PROBLEM_NULL, "Must not be null.");
    } else if (k->list)
        scalars(r, f, json, into, here);
    else if (k->base) {
        if (scalar(r, f, k->base, json, scalar_in(k, into), here) && k->maybe) *(bool *)into = true;
    } else if (f->kind == FIELD_OBJECTS)
        objects(r, f, json, into, here);
    else if (f->kind == FIELD_MAP)
        map(r, f, json, into, here);
    else
        nested(r, f, json, into, here);
}

static bool mark(struct seen *seen, size_t number) {
    uint64_t *word = &seen->bits[number / 64], bit = UINT64_C(1) << number % 64;
    bool before = *word & bit;
    *word |= bit;
    return before;
}

static void mark_given(const struct found *found) {
    if (!found->owner->has_given) return;
    uint64_t *given = (uint64_t *)(void *)(found->owner_at + found->owner->given_offset);
    *given |= UINT64_C(1) << found->own;
}

/* Defaults and "is required" for the members that were not there. */
static void absent(const struct reader *r, const struct shape *shape, uint64_t only, const struct seen *seen, char *at,
                   size_t *number, const struct place *here) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        bool wanted = !only || (i < 64 && only >> i & 1);
        if (f->kind == FIELD_EMBEDDED) {
            if (wanted)
                absent(r, f->of, 0, seen, at + f->offset, number, here);
            else
                *number += flat_fields(f->of);
            continue;
        }
        bool present = seen->bits[*number / 64] >> *number % 64 & 1;
        ++*number;
        if (present || !wanted) continue;
        if (f->required) {
            struct place inside = {here, f->name, 0};
            problem_here(r->problems, &inside, PROBLEM_MISSING, "Is required.");
        } else
            put_default(r->a, f, at + f->offset);
    }
}

static void checks(const struct reader *r, const struct shape *shape, uint64_t only, const char *at, const struct place *here) {
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = &shape->fields[i];
        bool wanted = !only || (i < 64 && only >> i & 1);
        if (wanted && f->kind == FIELD_EMBEDDED) checks(r, f->of, 0, at + f->offset, here);
    }
    if (shape->check && !only) check_here(r->problems, here, shape, at);
}

static void object(const struct reader *r, const struct shape *shape, uint64_t only, const struct json *json, char *into,
                   const struct place *here) {
    if (shape->bare) {
        member(r, &shape->fields[0], json, into + shape->fields[0].offset, here);
        return;
    }
    if (!is(r, json, JSON_OBJECT, json->kind == JSON_NULL ? "Must not be null." : "Must be an object.", here)) return;
    size_t before = r->problems->count, number = 0;
    struct seen seen = {0};
    for (EACH_JSON(child, json)) {
        struct found found;
        size_t at = 0;
        if (!find(shape, only, into, child->name, r->strict, &at, &found)) {
            struct place inside = {here, child->name, 0};
            if (r->strict) problem_here(r->problems, &inside, PROBLEM_UNKNOWN, "There is no such member.");
            continue;
        }
        struct place inside = {here, found.field->name, 0};
        if (mark(&seen, found.number)) {
            problem_here(r->problems, &inside, PROBLEM_REPEATED, "The member stands there twice.");
            continue;
        }
        mark_given(&found);
        member(r, found.field, child, found.owner_at + found.field->offset, &inside);
    }
    absent(r, shape, only, &seen, into, &number, here);
    if (r->problems->count == before) checks(r, shape, only, into, here);
}

bool describe_read(arena *a, const struct shape *shape, const struct json *json, struct reading how, void *into,
                   struct problems *problems) {
    size_t before = problems->count;
    struct reader r = {a, problems, how.strict};
    object(&r, shape, how.only, json, into, NULL);
    return problems->count == before;
}

bool describe_given(const struct shape *shape, const void *value, size_t offset) {
    uint64_t given;
    memcpy(&given, (const char *)value + shape->given_offset, sizeof given);
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].offset == offset && shape->fields[i].kind != FIELD_EMBEDDED) return given >> i & 1;
    return false;
}
