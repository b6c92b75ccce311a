/* Which index rows an object's values ask for: matched and searched attributes, references, the shown name. */
#include "base/unicode.h"
#include "store/objects.h"

#include <stdlib.h>

enum { NAME_KEY_BYTES = 200 };

text id_key(arena *a, text id) {
    if (text_is_null(id)) return id;
    return value_key(a, &(struct value){.type = TYPE_TEXT, .text = id});
}

text shown_key(arena *a, text name) {
    text folded = text_fold(a, name);
    size_t len = folded.len < NAME_KEY_BYTES ? folded.len : NAME_KEY_BYTES;
    while (len < folded.len && len && ((unsigned char)folded.at[len] & 0xC0) == 0x80) len--;
    return text_slice(folded, 0, len);
}

text reference_key(arena *a, const struct config *c, const struct cs_attribute *attribute, text raw) {
    const struct cs_type *type = attribute->references_type ? config_cs_type(c, attribute->references_type) : NULL;
    struct value v;
    if (type && type->external_id && type->external_id->type != TYPE_TEXT && value_read(a, type->external_id->type, raw, &v))
        return value_key(a, &v);
    return id_key(a, raw);
}

static int by_key(const void *x, const void *y) {
    const struct index_row *a = x, *b = y;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    if (a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    int order = text_compare(a->key, b->key);
    return order ? order : (a->object > b->object) - (a->object < b->object);
}

/* Two values may fold to one key: then only the document knows both. */
static void drop_repeated(struct index_rows *list, size_t from) {
    if (list->count - from < 2) return;
    qsort(list->at + from, list->count - from, sizeof *list->at, by_key);
    size_t kept = from + 1;
    for (size_t i = kept; i < list->count; i++) {
        struct index_row *last = &list->at[kept - 1];
        if (by_key(&list->at[i], last) != 0)
            list->at[kept++] = list->at[i];
        else if (!text_equal(list->at[i].raw, last->raw))
            last->raw = T("?");
    }
    list->count = kept;
}

static void add_row(arena *a, struct index_rows *list, int32_t owner, int64_t object, int32_t attribute, const struct value *v) {
    text key = index_key(a, v);
    *LIST_ADD(a, list) = (struct index_row){attribute, owner, key, object, index_raw(a, v, key)};
}

/* An index that is not whole yet has rows of the first objects. */
static bool has_rows(bool indexed, int64_t indexed_to, int64_t object) { return indexed || (indexed_to && object <= indexed_to); }

bool is_being_indexed(const struct config *c) {
    for (EACH(const struct mv_attribute, m, &c->mv_attributes))
        if (m->indexed_to) return true;
    for (EACH(const struct connected_system, s, &c->systems))
        for (EACH(const struct cs_type, t, &s->types))
            for (EACH(const struct cs_attribute, k, &t->attributes))
                if (k->indexed_to) return true;
    return false;
}

void index_rows_of(arena *a, const struct values *set, int32_t owner, int64_t object, struct index_rows *list) {
    size_t from = list->count;
    for (size_t i = 0; i < set->count; i++) add_row(a, list, owner, object, set->attribute, &set->at[i]);
    drop_repeated(list, from);
}

void cso_index_rows(arena *a, const struct config *c, const struct cso *o, struct index_rows *ix, struct index_rows *refs) {
    for (EACH(const struct values, set, &o->values)) {
        const struct cs_attribute *attribute = config_cs_attribute(c, set->attribute);
        if (!attribute) continue;
        if (attribute->type != TYPE_REFERENCE) {
            if (has_rows(attribute->indexed, attribute->indexed_to, o->id)) index_rows_of(a, set, 0, o->id, ix);
            continue;
        }
        size_t from = refs->count;
        for (size_t i = 0; i < set->count; i++) {
            text raw = set->at[i].reference.raw;
            if (text_is_null(raw)) continue;
            *LIST_ADD(a, refs) = (struct index_row){set->attribute, o->system, reference_key(a, c, attribute, raw), o->id};
        }
        drop_repeated(refs, from);
    }
}

static int by_target(const void *x, const void *y) {
    const struct member_row *a = x, *b = y;
    if (a->target != b->target) return a->target < b->target ? -1 : 1;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    return (a->object > b->object) - (a->object < b->object);
}

void mvo_index_rows(arena *a, const struct config *c, const struct mvo *o, struct index_rows *ix, struct member_rows *refs) {
    *LIST_ADD(a, ix) = (struct index_row){SHOWN_NAME, o->type, shown_key(a, mvo_display_name(a, c, o)), o->id};
    for (EACH(const struct values, set, &o->values)) {
        const struct mv_attribute *attribute = config_mv_attribute(c, set->attribute);
        if (!attribute) continue;
        if (attribute->type == TYPE_REFERENCE) {
            for (size_t i = 0; i < set->count; i++)
                *LIST_ADD(a, refs) =
                    (struct member_row){.object = o->id, .attribute = set->attribute, .target = set->at[i].reference.target};
        } else if (has_rows(attribute->indexed, attribute->indexed_to, o->id)) {
            index_rows_of(a, set, o->type, o->id, ix);
        }
    }
    if (refs->count > 1) qsort(refs->at, refs->count, sizeof *refs->at, by_target);
}
