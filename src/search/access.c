/* Which index rows answer a filter. */
#include "search/private.h"

#include "base/unicode.h"

/* ---- Keys ---- */

static text ticks_key(arena *a, int64_t ticks) { return index_key(a, &(struct value){.type = TYPE_DATETIME, .integer = ticks}); }

text key_from(arena *a, enum field_type type, const struct search_value *v) {
    switch (type) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_BINARY:
        return index_key(a, &(struct value){.type = TYPE_TEXT, .text = v->text});
    case FIELD_TYPE_DECIMAL:
        return index_key(a, &(struct value){.type = TYPE_DECIMAL, .decimal = &v->decimal});
    case FIELD_TYPE_BOOLEAN:
        return index_key(a, &(struct value){.type = TYPE_BOOLEAN, .integer = v->number});
    case FIELD_TYPE_GUID:
    case FIELD_TYPE_REFERENCE:
        return index_key(a, &(struct value){.type = TYPE_GUID, .guid = v->guid});
    default:
        return ticks_key(a, v->number);
    }
}

text key_behind(arena *a, enum field_type type, const struct search_value *v) {
    if (type == FIELD_TYPE_DATE) return ticks_key(a, v->number + TICKS_PER_DAY);
    if (type == FIELD_TYPE_DATETIME) return ticks_key(a, v->number + TICKS_PER_SECOND);
    return arena_print(a, "%.*s\x01", TEXT_ARG(key_from(a, type, v)));
}

text behind_prefix(arena *a, text prefix) {
    for (size_t end = prefix.len; end > 0;) {
        size_t begin = end - 1;
        while (begin > 0 && ((unsigned char)prefix.at[begin] & 0xC0) == 0x80) begin--;
        size_t at = begin;
        uint32_t next = utf8_next(text_slice(prefix, 0, end), &at) + 1;
        if (next == 0xD800) next = 0xE000;
        char last[4];
        if (next <= 0x10FFFF) return arena_print(a, "%.*s%.*s", (int)begin, prefix.at, (int)utf8_put(last, next), last);
        end = begin;
    }
    return (text){0};
}

/* As much of a folded text as every key that begins so surely holds. */
static text head_of(text folded) {
    if (folded.len <= INDEX_KEY_HEAD) return folded;
    size_t len = INDEX_KEY_HEAD;
    while (len && ((unsigned char)folded.at[len] & 0xC0) == 0x80) len--;
    return text_slice(folded, 0, len);
}

/* ---- Spans ---- */

struct index_span whole_span(struct work *w, const struct search_source *source, const struct search_field *field) {
    return (struct index_span){
        .metaverse = source->kind == SEARCH_METAVERSE, .attribute = field_number(w, source, field), .type = source->type};
}

/* The range of one value; false: the condition has none on this type. */
static bool value_range(arena *a, const struct test *t, const struct search_value *v, text *low, text *high) {
    bool folded = t->type != FIELD_TYPE_TEXT || (t->any_case && v->text.len <= INDEX_KEY_HEAD);
    switch (t->positive) {
    case CONDITION_EQUALS:
    case CONDITION_IN:
        *low = key_from(a, t->type, v);
        *high = key_behind(a, t->type, v);
        return true;
    case CONDITION_STARTS_WITH:
        *low = head_of(text_fold(a, v->text));
        *high = behind_prefix(a, *low);
        return low->len > 0;
    case CONDITION_GREATER_THAN:
        *low = key_behind(a, t->type, v);
        return folded;
    case CONDITION_GREATER_OR_EQUAL:
        *low = key_from(a, t->type, v);
        return folded;
    case CONDITION_LESS_THAN:
        *high = key_from(a, t->type, v);
        return folded;
    case CONDITION_LESS_OR_EQUAL:
        *high = key_behind(a, t->type, v);
        return folded;
    default:
        return false;
    }
}

static bool ranges(struct work *w, const struct test *t, struct index_span whole, struct spans *out) {
    if (t->type == FIELD_TYPE_TIME) return false; /* days stand between equal times */
    if (t->positive == CONDITION_BETWEEN) {
        const struct search_value *v = t->values.at;
        if (t->type == FIELD_TYPE_TEXT && (!t->any_case || v[0].text.len > INDEX_KEY_HEAD || v[1].text.len > INDEX_KEY_HEAD))
            return false;
        whole.low = key_from(w->a, t->type, &v[0]);
        whole.high = key_behind(w->a, t->type, &v[1]);
        *LIST_ADD(w->a, out) = whole;
        return true;
    }
    struct spans list = {0};
    for (EACH(const struct search_value, v, &t->values)) {
        struct index_span one = whole;
        if (!value_range(w->a, t, v, &one.low, &one.high)) return false;
        *LIST_ADD(w->a, &list) = one;
    }
    *out = list;
    return list.count > 0;
}

/* What the folded value surely holds. */
static text part_of(struct work *w, const struct test *t) {
    if (t->values.count != 1) return (text){0};
    text part = {0};
    if (t->positive == CONDITION_LIKE)
        part = text_fold(w->a, pattern_longest(&t->patterns.at[0]));
    else if (t->positive == CONDITION_CONTAINS || t->positive == CONDITION_ENDS_WITH)
        part = text_fold(w->a, t->values.at[0].text);
    return part.len ? part : (text){0};
}

enum access access_of(struct work *w, const struct search_source *source, const struct test *t, struct spans *out) {
    *out = (struct spans){0};
    bool equality = t->positive == CONDITION_EQUALS || t->positive == CONDITION_IN;
    if (source->kind == SEARCH_LOOKUP) return BY_DOCUMENTS;
    if (t->type == FIELD_TYPE_REFERENCE)
        return equality || (source->kind == SEARCH_METAVERSE && t->positive == CONDITION_IS_NOT_EMPTY) ? BY_REFERENCES
                                                                                                       : BY_DOCUMENTS;
    if (!field_indexed(w, source, &t->filter->field)) return BY_DOCUMENTS;
    struct index_span whole = whole_span(w, source, &t->filter->field);
    if (ranges(w, t, whole, out)) return BY_RANGE;
    whole.part = part_of(w, t);
    *out = (struct spans){0};
    *LIST_ADD(w->a, out) = whole;
    return BY_SCAN;
}
