/* Sets of values: hashed where they are large, because a group may have half a million members. */
#include "model/value.h"

enum { SMALL = 64 };

/* A reference that knows both its target and its raw text stands in the table twice: an equal one may know only either. */
struct keys {
    uint64_t at[2];
    int count;
};

static uint64_t mix(uint64_t n) {
    n *= UINT64_C(0x9E3779B97F4A7C15);
    return n ^ (n >> 29);
}

static uint64_t decimal_key(const decimal *d) {
    decimal n = decimal_normal(*d);
    return mix((uint64_t)n.coefficient ^
               mix((uint64_t)(n.coefficient >> 64) ^ ((uint64_t)n.scale << 33 | (uint64_t)n.negative << 40)));
}

static struct keys keys_of(const struct value *v) {
    switch (v->type) {
    case TYPE_TEXT:
    case TYPE_BINARY:
        return (struct keys){{text_hash(v->text)}, 1};
    case TYPE_DECIMAL:
        return (struct keys){{decimal_key(v->decimal)}, 1};
    case TYPE_GUID:
        return (struct keys){{text_hash((text){(const char *)v->guid.bytes, sizeof v->guid.bytes})}, 1};
    case TYPE_REFERENCE: {
        struct keys k = {.count = 0};
        if (v->reference.target) k.at[k.count++] = mix((uint64_t)v->reference.target);
        if (!text_is_null(v->reference.raw)) k.at[k.count++] = text_hash(v->reference.raw);
        return k;
    }
    default:
        return (struct keys){{mix((uint64_t)v->integer)}, 1};
    }
}

static size_t room_for(size_t expected) {
    size_t room = 32;
    while (room / 4 < expected) room *= 2;
    return room;
}

void value_set_init(struct value_set *set, arena *a, size_t expected) {
    size_t room = room_for(expected);
    *set = (struct value_set){.slots = ARENA_ARRAY(a, const struct value *, room), .room = room};
}

static void place(struct value_set *set, const struct value *v) {
    struct keys keys = keys_of(v);
    for (int k = 0; k < keys.count; k++) {
        size_t i = keys.at[k] & (set->room - 1);
        while (set->slots[i] && set->slots[i] != v) i = (i + 1) & (set->room - 1);
        set->slots[i] = v;
    }
}

bool value_set_has(const struct value_set *set, const struct value *v) {
    if (!set->room) return false;
    struct keys keys = keys_of(v);
    for (int k = 0; k < keys.count; k++) {
        for (size_t i = keys.at[k] & (set->room - 1); set->slots[i]; i = (i + 1) & (set->room - 1)) {
            if (value_equal(set->slots[i], v)) return true;
        }
    }
    return false;
}

bool value_set_add(struct value_set *set, arena *a, const struct value *v) {
    if (value_set_has(set, v)) return false;
    if ((set->count + 1) * 4 > set->room) { /* two entries a value at most, so never more than half full */
        struct value_set old = *set;
        value_set_init(set, a, (old.count + 1) * 2);
        set->count = old.count;
        for (size_t i = 0; i < old.room; i++) {
            if (old.slots[i]) place(set, old.slots[i]);
        }
    }
    place(set, v);
    set->count++;
    return true;
}

static void index_values(struct value_set *set, arena *a, const struct values *values) {
    value_set_init(set, a, values->count);
    for (size_t i = 0; i < values->count; i++) place(set, &values->at[i]);
    set->count = values->count;
}

bool values_contain(const struct values *set, const struct value *v) {
    for (size_t i = 0; i < set->count; i++) {
        if (value_equal(&set->at[i], v)) return true;
    }
    return false;
}

bool values_add(arena *a, struct values *set, struct value v) {
    if (set->count < SMALL) {
        if (values_contain(set, &v)) return false;
        *LIST_ADD(a, set) = v;
        return true;
    }
    if (!set->index || set->index->count != set->count) {
        set->index = ARENA_NEW(a, struct value_set);
        index_values(set->index, a, set);
    }
    if (value_set_has(set->index, &v)) return false;
    struct value *added = LIST_ADD(a, set);
    *added = v;
    return value_set_add(set->index, a, added);
}

bool values_remove(struct values *set, const struct value *v) {
    for (size_t i = 0; i < set->count; i++) {
        if (!value_equal(&set->at[i], v)) continue;
        memmove(&set->at[i], &set->at[i + 1], (set->count - i - 1) * sizeof *set->at);
        set->count--;
        set->index = NULL;
        return true;
    }
    return false;
}

static bool same_order(const struct values *a, const struct values *b) {
    for (size_t i = 0; i < a->count; i++) {
        if (!value_equal(&a->at[i], &b->at[i])) return false;
    }
    return true;
}

bool values_same(const struct values *a, const struct values *b) {
    if (a->count != b->count || a->null_marker != b->null_marker) return false;
    if (same_order(a, b)) return true;
    if (a->count < 2) return false;
    OWNED(arena) work = arena_new(SIZE_MAX);
    struct value_set in_b;
    index_values(&in_b, work, b);
    for (size_t i = 0; i < a->count; i++) {
        if (!value_set_has(&in_b, &a->at[i])) return false;
    }
    return true;
}

/* The values of `from` that `without` lacks. */
static void subtract(arena *a, const struct values *from, const struct values *without, struct values *out) {
    if (!from) return;
    bool hashed = without && without->count > 16 && from->count > 4;
    struct value_set index = {0};
    if (hashed) index_values(&index, a, without);
    for (size_t i = 0; i < from->count; i++) {
        const struct value *v = &from->at[i];
        if (hashed ? value_set_has(&index, v) : without && values_contain(without, v)) continue;
        *LIST_ADD(a, out) = *v;
    }
}

/* Sets keep their order: what changed of a large one is a few values that went and a few behind. Walks both at once; what is left
 * over is small then, else the walk is given up. */
static bool walk(arena *a, const struct values *before, const struct values *after, struct value_diff *rest) {
    size_t most = before->count / 16, at = 0;
    for (size_t i = 0; i < before->count; i++) {
        if (at < after->count && value_equal(&before->at[i], &after->at[at]))
            at++;
        else if (rest->removed.count < most)
            *LIST_ADD(a, &rest->removed) = before->at[i];
        else
            return false;
    }
    if (after->count - at > most) return false;
    for (; at < after->count; at++) *LIST_ADD(a, &rest->added) = after->at[at];
    return true;
}

void values_diff(arena *a, const struct values *before, const struct values *after, struct value_diff *out) {
    int32_t attribute = after ? after->attribute : before ? before->attribute : 0;
    *out = (struct value_diff){.added = {.attribute = attribute}, .removed = {.attribute = attribute}};
    if (before && after && before->count == after->count && same_order(before, after)) return;
    struct value_diff rest = {0};
    if (before && after && before->count > SMALL && walk(a, before, after, &rest)) {
        before = &rest.removed; /* what moved stands in both */
        after = &rest.added;
    }
    subtract(a, after, before, &out->added);
    subtract(a, before, after, &out->removed);
}
