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

void cso_index_rows(arena *a, const struct config *c, const struct cso *o, struct index_rows *ix, struct index_rows *refs) {
    for (EACH(const struct values, set, &o->values)) {
        const struct cs_attribute *attribute = config_cs_attribute(c, set->attribute);
        if (!attribute || (attribute->type != TYPE_REFERENCE && !attribute->indexed)) continue;
        bool reference = attribute->type == TYPE_REFERENCE;
        struct index_rows *list = reference ? refs : ix;
        size_t from = list->count;
        for (size_t i = 0; i < set->count; i++) {
            if (reference && text_is_null(set->at[i].reference.raw)) continue;
            if (reference)
                *LIST_ADD(a, list) =
                    (struct index_row){set->attribute, o->system, reference_key(a, c, attribute, set->at[i].reference.raw), o->id};
            else
                add_row(a, list, 0, o->id, set->attribute, &set->at[i]);
        }
        drop_repeated(list, from);
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
        } else if (attribute->indexed) {
            size_t from = ix->count;
            for (size_t i = 0; i < set->count; i++) add_row(a, ix, o->type, o->id, set->attribute, &set->at[i]);
            drop_repeated(ix, from);
        }
    }
    if (refs->count > 1) qsort(refs->at, refs->count, sizeof *refs->at, by_target);
}
