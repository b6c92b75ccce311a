/* What one write changed on an object's values, as a document: attribute by attribute what went and what came. */
#include "base/json.h"
#include "model/document.h"
#include "model/document_text.h"

/* {"12":[1,["old"],["new"]],"7":[5,[],[4711],6]}: the type, what was removed, what was added, of the metaverse also the
 * contributing mapping; null among the values is the asserted null; of bytes only the number is kept. */

static void write_values(struct buffer *out, const struct values *set, bool null, bool metaverse) {
    buffer_byte(out, '[');
    if (null) buffer_text(out, T("null"));
    for (size_t i = 0; i < set->count; i++) {
        if (i || null) buffer_byte(out, ',');
        if (set->at[i].type == TYPE_BINARY)
            document_int(out, (int64_t)set->at[i].text.len);
        else
            document_value(out, &set->at[i], metaverse);
    }
    buffer_byte(out, ']');
}

static enum data_type type_of(const struct value_change *k) {
    if (k->added.count) return k->added.at[0].type;
    return k->removed.count ? k->removed.at[0].type : TYPE_NOT_SET;
}

static void write_change(struct buffer *out, const struct value_change *k, bool metaverse) {
    if (out->len > 1) buffer_byte(out, ',');
    buffer_byte(out, '"');
    document_int(out, k->attribute);
    buffer_text(out, T("\":["));
    document_int(out, type_of(k));
    buffer_byte(out, ',');
    write_values(out, &k->removed, k->null_removed, metaverse);
    buffer_byte(out, ',');
    write_values(out, &k->added, k->null_added, metaverse);
    if (k->mapping) {
        buffer_byte(out, ',');
        document_int(out, k->mapping);
    }
    buffer_byte(out, ']');
}

static bool is_same_set(const struct values *one, const struct values *two) {
    return one && two && one->at == two->at && one->count == two->count && one->null_marker == two->null_marker;
}

bool values_changes(arena *a, const struct values *before, const struct values *after, struct value_change *out) {
    struct value_diff d;
    if (is_same_set(before, after)) return false;
    values_diff(a, before, after, &d);
    *out = (struct value_change){.attribute = after ? after->attribute : before->attribute,
                                 .mapping = after ? after->mapping : 0,
                                 .null_removed = before && before->null_marker && !(after && after->null_marker),
                                 .null_added = after && after->null_marker && !(before && before->null_marker),
                                 .removed = d.removed,
                                 .added = d.added};
    return d.removed.count || d.added.count || out->null_removed || out->null_added;
}

void document_write_history(arena *a, struct buffer *out, const struct attributes *before, const struct attributes *after,
                            bool metaverse) {
    size_t i = 0, j = 0, nb = before ? before->count : 0, na = after ? after->count : 0;
    buffer_byte(out, '{');
    while (i < nb || j < na) {
        const struct values *b = i < nb ? &before->at[i] : NULL, *n = j < na ? &after->at[j] : NULL;
        if (b && n && b->attribute != n->attribute) *(b->attribute < n->attribute ? &n : &b) = NULL;
        struct value_change k;
        if (values_changes(a, b, n, &k)) write_change(out, &k, metaverse);
        i += b != NULL;
        j += n != NULL;
    }
    buffer_byte(out, '}');
}

static bool read_value(arena *a, enum data_type type, const struct json *v, bool metaverse, struct value *out) {
    *out = (struct value){.type = type};
    if (type == TYPE_REFERENCE && metaverse) return json_int64(v, &out->reference.target);
    int64_t bytes;
    if (type != TYPE_BINARY) return document_value_read(a, type, v, out);
    if (!json_int64(v, &bytes) || bytes < 0) return false;
    out->text = (text){"", (size_t)bytes};
    return true;
}

static bool read_values(arena *a, enum data_type type, const struct json *list, bool metaverse, struct values *out, bool *null) {
    if (!list || list->kind != JSON_ARRAY) return false;
    for (EACH_JSON(v, list)) {
        if (v->kind == JSON_NULL)
            *null = true;
        else if (!read_value(a, type, v, metaverse, LIST_ADD(a, out)))
            return false;
    }
    return true;
}

static bool read_change(arena *a, const struct json *member, bool metaverse, struct value_change *k) {
    int64_t attribute, type, mapping = 0;
    if (!text_to_int64(member->name, &attribute) || member->kind != JSON_ARRAY || member->count < 3) return false;
    const struct json *removed = member->first->next, *added = removed->next;
    if (!json_int64(member->first, &type) || type < 0 || type >= (int64_t)data_type_names.count) return false;
    if (added->next && !json_int64(added->next, &mapping)) return false;
    *k = (struct value_change){.attribute = (int32_t)attribute, .type = (enum data_type)type, .mapping = (int32_t)mapping};
    k->removed.attribute = k->added.attribute = k->attribute;
    return read_values(a, k->type, removed, metaverse, &k->removed, &k->null_removed) &&
           read_values(a, k->type, added, metaverse, &k->added, &k->null_added);
}

FALLIBLE document_read_history(arena *a, text document, bool metaverse, struct value_changes *out) {
    const struct json *tree;
    *out = (struct value_changes){0};
    error *e = json_read(a, document, (struct json_limits){0}, &tree, NULL);
    if (e) return error_make(ERROR_CORRUPT, e, __FILE__, __LINE__, "a recorded change is malformed");
    if (tree->kind != JSON_OBJECT) return FAIL(ERROR_CORRUPT, "a recorded change is no object");
    for (EACH_JSON(member, tree))
        if (!read_change(a, member, metaverse, LIST_ADD(a, out)))
            return FAIL(ERROR_CORRUPT, "the recorded change of attribute %.*s is malformed", TEXT_ARG(member->name));
    return NULL;
}

/* ---- back in time ---- */

/* Of bytes only the number is known. */
static size_t place_of(const struct values *set, const struct value *v) {
    for (size_t i = 0; i < set->count; i++) {
        const struct value *w = &set->at[i];
        if (v->type == TYPE_BINARY ? w->type == TYPE_BINARY && w->text.len == v->text.len : value_equal(w, v)) return i;
    }
    return SIZE_MAX;
}

/* Many at once, so that a set of a million does not take their product. */
static bool take_away(arena *a, struct values *set, const struct values *gone) {
    if (gone->count <= 8 || gone->at[0].type == TYPE_BINARY) {
        bool all = true;
        for (EACH(const struct value, v, gone)) {
            size_t at = place_of(set, v);
            all &= at != SIZE_MAX;
            if (at == SIZE_MAX) continue;
            memmove(&set->at[at], &set->at[at + 1], (set->count - at - 1) * sizeof *set->at);
            set->count--;
        }
        return all;
    }
    struct value_set out_of;
    size_t kept = 0, before = set->count;
    value_set_init(&out_of, a, gone->count);
    for (EACH(const struct value, v, gone)) value_set_add(&out_of, a, v);
    for (size_t i = 0; i < set->count; i++)
        if (!value_set_has(&out_of, &set->at[i])) set->at[kept++] = set->at[i];
    set->count = kept;
    return before - kept == gone->count;
}

bool values_rewind(arena *a, const struct value_changes *changes, struct attributes *values) {
    bool right = true;
    for (EACH(const struct value_change, k, changes)) {
        struct values *set = attributes_ensure(a, values, k->attribute);
        struct values now = {.attribute = set->attribute, .mapping = set->mapping, .null_marker = set->null_marker};
        for (EACH(const struct value, v, set)) *LIST_ADD(a, &now) = *v;
        right &= take_away(a, &now, &k->added);
        right &= now.null_marker == k->null_added || (!k->null_added && !k->null_removed);
        if (k->null_added) now.null_marker = false;
        for (EACH(const struct value, v, &k->removed)) *LIST_ADD(a, &now) = *v;
        if (k->null_removed) now.null_marker = true;
        *set = now;
        if (!now.count && !now.null_marker) attributes_remove(values, k->attribute);
    }
    return right;
}
