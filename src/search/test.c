/* Filters made ready, and whether a value fulfils one. */
#include "search/private.h"

#include "base/unicode.h"
#include "model/ids.h"

#include <stdlib.h>

/* ---- Values as their fields present them ---- */

static int64_t presented_ticks(enum field_type type, int64_t ticks) {
    if (type == FIELD_TYPE_DATE) return ticks - ticks % TICKS_PER_DAY;
    ticks -= ticks % TICKS_PER_SECOND;
    return type == FIELD_TYPE_TIME ? ticks % TICKS_PER_DAY : ticks;
}

bool present(enum search_kind kind, enum field_type type, const struct value *v, struct search_value *out) {
    *out = (struct search_value){0};
    switch (v->type) {
    case TYPE_TEXT:
    case TYPE_BINARY:
        out->text = v->text;
        return true;
    case TYPE_DECIMAL:
        out->decimal = *v->decimal;
        return true;
    case TYPE_GUID:
        out->guid = v->guid;
        return true;
    case TYPE_REFERENCE:
        if (v->reference.target) out->guid = id_to_uuid(kind == SEARCH_METAVERSE ? ID_MVO : ID_CSO, v->reference.target);
        return v->reference.target != 0;
    case TYPE_DATETIME:
        out->number = presented_ticks(type, v->integer);
        return true;
    default:
        out->number = v->integer;
        return true;
    }
}

bool present_hit(enum field_type type, const struct index_hit *hit, struct search_value *out) {
    *out = (struct search_value){0};
    switch (type) {
    case FIELD_TYPE_TEXT:
        out->text = text_is_null(hit->raw) ? hit->key : text_slice(hit->raw, 1, hit->raw.len);
        return text_is_null(hit->raw) || hit->raw.at[0] == '=' || hit->raw.len > 1;
    case FIELD_TYPE_BOOLEAN:
        out->number = text_equal(hit->key, T("true"));
        return true;
    case FIELD_TYPE_DECIMAL:
        return index_key_decimal(hit->key, &out->decimal);
    case FIELD_TYPE_GUID:
        return uuid_read(hit->key, &out->guid);
    case FIELD_TYPE_NUMBER:
    case FIELD_TYPE_LONG_NUMBER:
        return index_key_number(hit->key, &out->number);
    case FIELD_TYPE_DATE:
    case FIELD_TYPE_DATETIME:
    case FIELD_TYPE_TIME:
        if (!index_key_number(hit->key, &out->number)) return false;
        out->number = presented_ticks(type, out->number);
        return true;
    default:
        return false;
    }
}

/* ---- Tests ---- */

static int by_value(const void *x, const void *y, void *type) { return search_value_compare(*(const enum field_type *)type, x, y); }

void test_make(arena *a, const struct search_filter *f, int32_t attribute, struct test *out) {
    *out = (struct test){.filter = f,
                         .type = f->field.type,
                         .attribute = attribute,
                         .positive = condition_rules[f->condition].positive,
                         .negative = condition_negative(f->condition),
                         .any_case = f->any_case && f->field.type == FIELD_TYPE_TEXT};
    out->values = f->values;
    out->values.at = ARENA_ARRAY(a, struct search_value, f->values.count);
    if (f->values.count) memcpy(out->values.at, f->values.at, f->values.count * sizeof *out->values.at);
    for (EACH(struct search_value, v, &out->values))
        if (out->any_case) v->text = text_fold(a, v->text);
    if (out->positive == CONDITION_LIKE)
        for (EACH(const struct search_value, v, &out->values)) pattern_read(a, v->text, LIST_ADD(a, &out->patterns));
    bool equality = out->positive == CONDITION_EQUALS || out->positive == CONDITION_IN;
    if (equality && out->values.count > 1) qsort_r(out->values.at, out->values.count, sizeof *out->values.at, by_value, &out->type);
}

static bool one_of(const struct test *t, const struct search_value *v) {
    size_t from = 0, to = t->values.count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = search_value_compare(t->type, v, &t->values.at[middle]);
        if (!order) return true;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

static bool like_any(const struct test *t, text subject) {
    for (EACH(const struct pattern, p, &t->patterns))
        if (pattern_matches(p, subject)) return true;
    return false;
}

static bool holds_with(const struct test *t, const struct search_value *v, const struct search_value *wanted) {
    switch (t->positive) {
    case CONDITION_CONTAINS:
        return text_find(v->text, wanted->text) != SIZE_MAX;
    case CONDITION_STARTS_WITH:
        return text_starts_with(v->text, wanted->text);
    case CONDITION_ENDS_WITH:
        return text_ends_with(v->text, wanted->text);
    case CONDITION_GREATER_THAN:
        return search_value_compare(t->type, v, wanted) > 0;
    case CONDITION_GREATER_OR_EQUAL:
        return search_value_compare(t->type, v, wanted) >= 0;
    case CONDITION_LESS_THAN:
        return search_value_compare(t->type, v, wanted) < 0;
    case CONDITION_LESS_OR_EQUAL:
        return search_value_compare(t->type, v, wanted) <= 0;
    default:
        return false;
    }
}

bool test_value(const struct test *t, const struct search_value *v) {
    switch (t->positive) {
    case CONDITION_IS_NOT_EMPTY:
        return true;
    case CONDITION_EQUALS:
    case CONDITION_IN:
        return one_of(t, v);
    case CONDITION_LIKE:
        return like_any(t, v->text);
    case CONDITION_BETWEEN:
        return search_value_compare(t->type, v, &t->values.at[0]) >= 0 && search_value_compare(t->type, v, &t->values.at[1]) <= 0;
    default:
        for (EACH(const struct search_value, wanted, &t->values))
            if (holds_with(t, v, wanted)) return true;
        return false;
    }
}

bool test_positive(arena *scratch, enum search_kind kind, const struct test *t, const struct attributes *values) {
    const struct values *set = attributes_find(values, t->attribute);
    if (!set || !set->count) return false;
    if (t->positive == CONDITION_IS_NOT_EMPTY) return true;
    for (size_t i = 0; i < set->count; i++) {
        struct search_value v;
        if (!present(kind, t->type, &set->at[i], &v)) continue;
        if (t->any_case) v.text = text_fold(scratch, v.text);
        if (test_value(t, &v)) return true;
    }
    return false;
}
