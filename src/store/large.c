/* Values that do not belong into a document: long texts and bytes, and references by the thousand. The document holds marks. */
#include "base/crypto.h"
#include "base/uuid.h"
#include "store/objects.h"

#include <stdlib.h>

/* A mark begins with a control character; a real value that begins so is stored as a large one, hence a mark is never mistaken. */
#define MARK '\x01'
static const char blob_mark[] = "\x01"
                                "blob:";
static const char member_mark[] = "\x01"
                                  "members";
enum { BLOB_MARK_LEN = sizeof blob_mark - 1 + 64, MEMBERS_MARK_TARGET = -1 };

static bool is_bytes(const struct value *v) { return v->type == TYPE_TEXT || v->type == TYPE_BINARY; }

static bool is_large(const struct value *v) { return v->text.len > LARGE_BYTES || (v->text.len && v->text.at[0] == MARK); }

/* References without raw text (written by an export before the source named them) stay in the document. */
static bool is_large_set(enum blob_kind kind, const struct values *set) {
    if (set->partial) return true;
    if (set->count <= LARGE_MEMBERS || set->at[0].type != TYPE_REFERENCE) return false;
    for (size_t i = 0; i < set->count && kind == BLOB_CSO; i++)
        if (text_is_null(set->at[i].reference.raw)) return false;
    return true;
}

static bool fits(enum blob_kind kind, const struct values *set) {
    if (set->partial) return false;
    if (!set->count) return true;
    if (set->at[0].type == TYPE_REFERENCE) return kind == BLOB_MVO && set->count <= LARGE_MEMBERS;
    if (!is_bytes(&set->at[0])) return true;
    for (size_t i = 0; i < set->count; i++)
        if (is_large(&set->at[i])) return false;
    return true;
}

static void mark_blob(arena *a, enum blob_kind kind, int64_t object, struct value *v, struct blob_rows *blobs) {
    struct blob_row *row = LIST_ADD(a, blobs);
    *row = (struct blob_row){.kind = (int32_t)kind, .object = object, .content = v->text};
    sha256(v->text, row->hash);
    char *mark = arena_bytes(a, BLOB_MARK_LEN);
    memcpy(mark, blob_mark, sizeof blob_mark - 1);
    hex_write(row->hash, sizeof row->hash, mark + sizeof blob_mark - 1);
    v->text = (text){mark, BLOB_MARK_LEN};
}

static void mark_members(arena *a, enum blob_kind kind, int64_t object, struct values *set, struct member_rows *members) {
    for (size_t i = 0; i < set->count; i++)
        *LIST_ADD(a, members) = (struct member_row){
            .object = object, .attribute = set->attribute, .raw = set->at[i].reference.raw, .target = set->at[i].reference.target};
    struct value *mark = ARENA_NEW(a, struct value);
    mark->type = TYPE_REFERENCE;
    if (kind == BLOB_CSO)
        mark->reference.raw = text_of(member_mark);
    else
        mark->reference.target = MEMBERS_MARK_TARGET;
    set->at = mark;
    set->count = set->room = 1;
}

static void replace(arena *a, enum blob_kind kind, int64_t object, struct values *set, struct large_values *large) {
    if (is_large_set(kind, set)) {
        mark_members(a, kind, object, set, &large->members);
        return;
    }
    struct value *copy = ARENA_ARRAY(a, struct value, set->count);
    memcpy(copy, set->at, set->count * sizeof *copy);
    set->at = copy;
    for (size_t i = 0; i < set->count; i++) {
        struct value *v = &copy[i];
        if (v->type == TYPE_REFERENCE && !text_is_null(v->reference.raw)) v->reference.target = 0;
        if (is_bytes(v) && is_large(v)) mark_blob(a, kind, object, v, &large->blobs);
    }
}

struct attributes without_large(arena *a, enum blob_kind kind, int64_t object, const struct attributes *values,
                                struct large_values *large) {
    struct attributes out = *values;
    for (size_t i = 0; i < values->count; i++) {
        if (fits(kind, &values->at[i])) continue;
        if (out.at == values->at) {
            out.at = ARENA_ARRAY(a, struct values, values->count);
            memcpy(out.at, values->at, values->count * sizeof *out.at);
        }
        replace(a, kind, object, &out.at[i], large);
    }
    return out;
}

/* ---- The reverse ---- */

static FALLIBLE fetch_blob(store_tx *tx, arena *a, struct value *v) {
    uint8_t hash[32];
    text hex = text_slice(v->text, sizeof blob_mark - 1, v->text.len);
    if (!hex_read(hex, hash, sizeof hash)) return FAIL(ERROR_CORRUPT, "a large value's mark is malformed");
    struct q_blob_row row;
    bool found;
    TRY(q_blob_one(tx, a, &(struct q_blob_in){{(const char *)hash, sizeof hash}}, &row, &found));
    if (!found) return FAIL(ERROR_CORRUPT, "the large value %.*s is missing in the table blob", TEXT_ARG(hex));
    v->text = row.content;
    return NULL;
}

struct placed {
    int64_t pos;
    struct value v;
};
struct placed_list LIST(struct placed);

static int by_pos(const void *x, const void *y) {
    const struct placed *a = x, *b = y;
    return (a->pos > b->pos) - (a->pos < b->pos);
}

static FALLIBLE read_cs_members(store_tx *tx, arena *a, int64_t object, int32_t attribute, struct placed_list *list) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_cs_members(tx, &(struct q_cs_members_in){object, attribute}, 1, &r));
    for (struct q_cs_members_row row; q_cs_members_next(&r, &row);)
        *LIST_ADD(a, list) = (struct placed){row.pos, {.type = TYPE_REFERENCE, .reference = {.raw = arena_text(a, row.raw)}}};
    return rows_end(&r);
}

static FALLIBLE read_mv_members(store_tx *tx, arena *a, int64_t object, int32_t attribute, struct placed_list *list) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_mv_members(tx, &(struct q_mv_members_in){object, attribute}, 1, &r));
    for (struct q_mv_members_row row; q_mv_members_next(&r, &row);)
        *LIST_ADD(a, list) = (struct placed){row.pos, {.type = TYPE_REFERENCE, .reference = {.target = row.target}}};
    return rows_end(&r);
}

static FALLIBLE fetch_members(store_tx *tx, arena *a, enum blob_kind kind, int64_t object, struct values *set) {
    struct placed_list list = {0};
    TRY(kind == BLOB_CSO ? read_cs_members(tx, a, object, set->attribute, &list)
                         : read_mv_members(tx, a, object, set->attribute, &list));
    if (list.count) qsort(list.at, list.count, sizeof *list.at, by_pos);
    set->at = ARENA_ARRAY(a, struct value, list.count);
    set->count = set->room = list.count;
    for (size_t i = 0; i < list.count; i++) set->at[i] = list.at[i].v;
    return NULL;
}

bool is_member_mark(enum blob_kind kind, const struct values *set) {
    if (set->count != 1 || set->at[0].type != TYPE_REFERENCE) return false;
    const struct value *v = &set->at[0];
    return kind == BLOB_CSO ? text_equal(v->reference.raw, text_of(member_mark)) : v->reference.target == MEMBERS_MARK_TARGET;
}

FALLIBLE fetch_large(store_tx *tx, arena *a, enum blob_kind kind, int64_t object, struct attributes *values) {
    for (EACH(struct values, set, values)) {
        if (!set->count) continue;
        if (set->at[0].type == TYPE_REFERENCE) {
            if (is_member_mark(kind, set)) TRY(fetch_members(tx, a, kind, object, set));
            continue;
        }
        if (!is_bytes(&set->at[0])) continue;
        for (size_t i = 0; i < set->count; i++)
            if (set->at[i].text.len == BLOB_MARK_LEN && set->at[i].text.at[0] == MARK) TRY(fetch_blob(tx, a, &set->at[i]));
    }
    return NULL;
}

/* ---- Only what a list shows ---- */

static bool names_object(const struct config *c, enum blob_kind kind, int32_t attribute) {
    if (kind == BLOB_MVO) {
        for (size_t i = 0; i < sizeof c->display / sizeof *c->display; i++)
            if (c->display[i] && c->display[i]->id == attribute) return true;
        return false;
    }
    const struct cs_attribute *t = config_cs_attribute(c, attribute);
    const struct cs_type *type = t ? config_cs_type(c, t->type_id) : NULL;
    for (size_t i = 0; type && i < sizeof type->display / sizeof *type->display; i++)
        if (type->display[i] == t) return true;
    return false;
}

static bool is_wanted(const struct config *c, enum blob_kind kind, const struct int32s *wanted, int32_t attribute) {
    if (!wanted) return true;
    for (EACH(const int32_t, each, wanted))
        if (*each == attribute) return true;
    return names_object(c, kind, attribute);
}

static bool is_blob_mark(const struct value *v) { return v->text.len == BLOB_MARK_LEN && v->text.at[0] == MARK; }

static bool holds_marks(enum blob_kind kind, const struct values *set) {
    if (set->count && set->at[0].type == TYPE_REFERENCE) return is_member_mark(kind, set);
    for (size_t i = 0; i < set->count && is_bytes(&set->at[i]); i++)
        if (is_blob_mark(&set->at[i])) return true;
    return false;
}

static FALLIBLE fetch_first(store_tx *tx, arena *a, enum blob_kind kind, int64_t object, struct values *set) {
    struct value *first = &set->at[0];
    set->count = 1;
    if (is_bytes(first)) return is_blob_mark(first) ? fetch_blob(tx, a, first) : NULL;
    set->count = 0;
    OWNED_VALUE(rows) r = {0};
    if (kind == BLOB_CSO) return NULL;
    TRY(q_mv_first_member(tx, &(struct q_mv_first_member_in){object, set->attribute}, 1, &r));
    for (struct q_mv_first_member_row row; q_mv_first_member_next(&r, &row); set->count = 1) first->reference.target = row.target;
    return rows_end(&r);
}

FALLIBLE fetch_wanted(store_tx *tx, arena *a, const struct config *c, enum blob_kind kind, int64_t object,
                      const struct int32s *wanted, struct attributes *values) {
    size_t kept = 0;
    for (size_t i = 0; i < values->count; i++) {
        struct values *set = &values->at[i];
        if (holds_marks(kind, set)) {
            if (!is_wanted(c, kind, wanted, set->attribute)) continue;
            TRY(fetch_first(tx, a, kind, object, set));
            if (!set->count) continue;
        }
        values->at[kept++] = *set;
    }
    values->count = kept;
    return NULL;
}
