/* Set differences attribute by attribute. */
#include "sync/import_diff.h"

#include "base/unicode.h"

struct diffing {
    arena *a;
    text (*target_id)(void *state, int64_t cso);
    void *state;
    struct import_diff *out;
};

static bool listed(const struct int32s *list, int32_t attribute) {
    for (EACH(int32_t, n, list))
        if (*n == attribute) return true;
    return false;
}

/* Marks the stored references that the import repeats word by word and notes these in `kept`. */
static bool *match_exactly(struct diffing *d, const struct values *stored, const struct values *imported, struct text_map *kept) {
    struct text_map raws;
    bool *same = ARENA_ARRAY(d->a, bool, stored->count + 1);
    text_map_init(&raws, d->a, imported->count);
    for (EACH(struct value, v, imported)) text_map_put(&raws, v->reference.raw, v);
    for (size_t i = 0; i < stored->count; i++) {
        struct value *v = text_map_get(&raws, stored->at[i].reference.raw);
        same[i] = v && !text_map_put(kept, v->reference.raw, v);
    }
    return same;
}

/* "cn=ann" still means the object that "CN=Ann" was resolved to: what the import says otherwise is compared with what the targets
 * are called. */
static void match_by_target(struct diffing *d, const struct values *stored, const struct values *imported, struct text_map *kept,
                            bool *same) {
    struct text_map rest;
    text_map_init(&rest, d->a, imported->count - kept->count);
    for (EACH(struct value, v, imported))
        if (!text_map_get(kept, v->reference.raw)) text_map_put(&rest, text_fold(d->a, v->reference.raw), v);
    for (size_t i = 0; i < stored->count; i++) {
        const struct value *s = &stored->at[i];
        text id = !same[i] && s->reference.target ? d->target_id(d->state, s->reference.target) : (text){0};
        struct value *v = text_is_null(id) ? NULL : text_map_get(&rest, text_fold(d->a, id));
        if (v) same[i] = !text_map_put(kept, v->reference.raw, v);
    }
}

static void diff_references(struct diffing *d, const struct values *stored, const struct values *imported, struct values *after) {
    struct text_map kept;
    text_map_init(&kept, d->a, imported->count);
    bool *same = match_exactly(d, stored, imported, &kept);
    if (d->target_id && kept.count < imported->count && kept.count < stored->count)
        match_by_target(d, stored, imported, &kept, same);
    for (size_t i = 0; i < stored->count; i++) {
        if (same[i])
            *LIST_ADD(d->a, after) = stored->at[i];
        else
            d->out->removed++;
    }
    for (EACH(struct value, v, imported)) {
        if (text_map_get(&kept, v->reference.raw)) continue;
        *LIST_ADD(d->a, after) = *v;
        d->out->added++;
    }
}

static void diff_values(struct diffing *d, const struct values *stored, const struct values *imported, struct values *after) {
    struct value_diff difference = {0};
    values_diff(d->a, stored, imported, &difference);
    d->out->added += (int32_t)difference.added.count;
    d->out->removed += (int32_t)difference.removed.count;
    if (!difference.added.count && !difference.removed.count) {
        *after = *stored;
        return;
    }
    struct value_set gone;
    value_set_init(&gone, d->a, difference.removed.count);
    for (EACH(struct value, v, &difference.removed)) value_set_add(&gone, d->a, v);
    for (EACH(struct value, v, stored))
        if (!value_set_has(&gone, v)) *LIST_ADD(d->a, after) = *v;
    for (EACH(struct value, v, &difference.added)) *LIST_ADD(d->a, after) = *v;
}

static void diff_attribute(struct diffing *d, const struct cs_attribute *attribute, const struct values *stored,
                           const struct values *imported) {
    static const struct values none = {0};
    struct values after = {.attribute = attribute->id};
    if (attribute->type == TYPE_REFERENCE)
        diff_references(d, stored ? stored : &none, imported ? imported : &none, &after);
    else
        diff_values(d, stored ? stored : &none, imported ? imported : &none, &after);
    after.attribute = attribute->id;
    after.partial = stored && stored->partial;
    if (after.count || after.partial) *LIST_ADD(d->a, &d->out->values) = after;
}

void import_diff(arena *a, const struct cs_type *type, const struct attributes *stored, const struct attributes *imported,
                 const struct int32s *unparsed, text (*target_id)(void *state, int64_t cso), void *state, struct import_diff *out) {
    *out = (struct import_diff){0};
    struct diffing d = {a, target_id, state, out};
    for (EACH(struct cs_attribute, attribute, &type->attributes)) {
        const struct values *before = attributes_find(stored, attribute->id);
        if (listed(unparsed, attribute->id)) {
            if (before) *LIST_ADD(a, &out->values) = *before;
            continue;
        }
        const struct values *now = attribute->selected || attribute->external_id ? attributes_find(imported, attribute->id) : NULL;
        if (before || now) diff_attribute(&d, attribute, before, now);
    }
}
