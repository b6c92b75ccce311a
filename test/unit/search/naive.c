/* Searches carried out plainly over objects in memory, after the specification alone. */
#include "naive.h"
#include "base/unicode.h"
#include "model/ids.h"

#include <stdlib.h>

static int64_t shown_ticks(enum field_type type, int64_t ticks) {
    int64_t second = ticks / TICKS_PER_SECOND, day = second / 86400;
    if (type == FIELD_TYPE_DATE) return day * TICKS_PER_DAY;
    return (type == FIELD_TYPE_TIME ? second % 86400 : second) * TICKS_PER_SECOND;
}

static bool ticking(enum field_type t) { return t == FIELD_TYPE_DATE || t == FIELD_TYPE_DATETIME || t == FIELD_TYPE_TIME; }

/* The order of a stored value and one of a filter, exact. */
static int against(enum field_type type, const struct value *v, const struct search_value *f) {
    if (type == FIELD_TYPE_TEXT) return text_compare(v->text, f->text);
    if (type == FIELD_TYPE_DECIMAL) return decimal_compare(*v->decimal, f->decimal);
    if (type == FIELD_TYPE_GUID) return memcmp(v->guid.bytes, f->guid.bytes, 16);
    if (type == FIELD_TYPE_REFERENCE) {
        uuid target = id_to_uuid(ID_MVO, v->reference.target);
        return memcmp(target.bytes, f->guid.bytes, 16);
    }
    int64_t n = ticking(type) ? shown_ticks(type, v->integer) : v->integer;
    return (n > f->number) - (n < f->number);
}

/* reach[i]: the pattern so far takes the first i characters. */
static bool like(arena *a, const uint32_t *p, size_t pn, const uint32_t *t, size_t tn) {
    bool *reach = ARENA_ARRAY(a, bool, tn + 1);
    reach[0] = true;
    for (size_t i = 0; i < pn; i++) {
        bool *next = ARENA_ARRAY(a, bool, tn + 1), run = p[i] == '*', any = p[i] == '?';
        if (p[i] == '\\') i++;
        for (size_t at = 0; at <= tn; at++)
            next[at] = run ? reach[at] || (at && next[at - 1]) : at && reach[at - 1] && (any || t[at - 1] == p[i]);
        reach = next;
    }
    return reach[tn];
}

static uint32_t *points(arena *a, text t, size_t *count) {
    uint32_t *out = ARENA_ARRAY(a, uint32_t, t.len + 1);
    *count = 0;
    for (size_t i = 0; i < t.len;) out[(*count)++] = utf8_next(t, &i);
    return out;
}

static bool like_text(arena *a, text pattern, text t) {
    size_t pn, tn;
    uint32_t *p = points(a, pattern, &pn), *s = points(a, t, &tn);
    return like(a, p, pn, s, tn);
}

static bool one_holds(arena *a, const struct search_filter *f, const struct value *v, const struct search_value *wanted) {
    int order = f->field.type == FIELD_TYPE_BINARY ? 0 : against(f->field.type, v, wanted);
    switch (f->condition) {
    case CONDITION_EQUALS:
    case CONDITION_NOT_EQUALS:
    case CONDITION_IN:
    case CONDITION_NOT_IN:
        return order == 0;
    case CONDITION_LIKE:
    case CONDITION_NOT_LIKE:
        return like_text(a, wanted->text, v->text);
    case CONDITION_CONTAINS:
    case CONDITION_NOT_CONTAINS:
        return text_find(v->text, wanted->text) != SIZE_MAX;
    case CONDITION_STARTS_WITH:
    case CONDITION_NOT_STARTS_WITH:
        return text_starts_with(v->text, wanted->text);
    case CONDITION_ENDS_WITH:
    case CONDITION_NOT_ENDS_WITH:
        return text_ends_with(v->text, wanted->text);
    case CONDITION_GREATER_THAN:
        return order > 0;
    case CONDITION_GREATER_OR_EQUAL:
        return order >= 0;
    case CONDITION_LESS_THAN:
        return order < 0;
    case CONDITION_LESS_OR_EQUAL:
        return order <= 0;
    default:
        return false;
    }
}

static bool value_holds(arena *a, const struct search_filter *f, struct value v) {
    if (f->condition == CONDITION_IS_EMPTY || f->condition == CONDITION_IS_NOT_EMPTY) return true;
    bool fold = f->any_case && f->field.type == FIELD_TYPE_TEXT;
    if (fold) v.text = text_fold(a, v.text);
    int between = 0;
    for (EACH(const struct search_value, given, &f->values)) {
        struct search_value wanted = *given;
        if (fold) wanted.text = text_fold(a, wanted.text);
        if (f->condition == CONDITION_BETWEEN) {
            int order = against(f->field.type, &v, &wanted);
            between += given == f->values.at ? order >= 0 : order <= 0;
        } else if (one_holds(a, f, &v, &wanted)) {
            return true;
        }
    }
    return between == 2;
}

static bool filter_holds(arena *a, const struct search_filter *f, const struct mvo *o) {
    static const bool negative[SEARCH_CONDITION_COUNT] = {
        [CONDITION_NOT_EQUALS] = true,      [CONDITION_NOT_LIKE] = true,      [CONDITION_NOT_CONTAINS] = true,
        [CONDITION_NOT_STARTS_WITH] = true, [CONDITION_NOT_ENDS_WITH] = true, [CONDITION_NOT_IN] = true,
        [CONDITION_IS_EMPTY] = true};
    const struct values *set = attributes_find(&o->values, f->field.attribute);
    bool any = false;
    for (size_t i = 0; set && i < set->count && !any; i++) any = value_holds(a, f, set->at[i]);
    return any != negative[f->condition];
}

bool naive_holds(arena *a, const struct search_query *q, const struct mvo *o) {
    for (EACH(const struct search_filter, f, &q->filters))
        if (!filter_holds(a, f, o)) return false;
    for (EACH(const struct search_filter, f, &q->result_filters))
        if (!filter_holds(a, f, o)) return false;
    return true;
}

/* ---- Order ---- */

struct naive_order {
    arena *a;
    const struct search_query *q;
};

static int compare_values(arena *a, enum field_type type, const struct value *x, const struct value *y) {
    if (type == FIELD_TYPE_TEXT) {
        int order = text_compare(text_fold(a, x->text), text_fold(a, y->text));
        return order ? order : text_compare(x->text, y->text);
    }
    if (ticking(type)) {
        int64_t n = shown_ticks(type, x->integer), m = shown_ticks(type, y->integer);
        return (n > m) - (n < m);
    }
    if (type == FIELD_TYPE_REFERENCE)
        return (x->reference.target > y->reference.target) - (x->reference.target < y->reference.target);
    return value_compare(x, y);
}

static const struct value *sort_value(arena *a, const struct search_sort *s, const struct mvo *o) {
    const struct values *set = attributes_find(&o->values, s->field.attribute);
    const struct value *best = NULL;
    for (size_t i = 0; set && i < set->count; i++) {
        int order = best ? compare_values(a, s->field.type, &set->at[i], best) : 0;
        if (!best || (s->descending ? order > 0 : order < 0)) best = &set->at[i];
    }
    return best;
}

static int compare_objects(const void *x, const void *y, void *state) {
    const struct mvo *a = *(struct mvo *const *)x, *b = *(struct mvo *const *)y;
    const struct naive_order *k = state;
    for (EACH(const struct search_sort, s, &k->q->sort)) {
        const struct value *v = sort_value(k->a, s, a), *u = sort_value(k->a, s, b);
        int order = v && u ? compare_values(k->a, s->field.type, v, u) : (v == NULL) - (u == NULL);
        if (order) return s->descending ? -order : order;
    }
    return (a->id > b->id) - (a->id < b->id);
}

void naive_search(arena *a, const struct search_query *q, const struct mvos *all, struct int64s *out) {
    struct mvo_refs found = {0};
    for (EACH(struct mvo, o, all))
        if (naive_holds(a, q, o)) *LIST_ADD(a, &found) = o;
    if (found.count > 1) qsort_r(found.at, found.count, sizeof *found.at, compare_objects, &(struct naive_order){a, q});
    for (size_t i = 0; i < found.count; i++) *LIST_ADD(a, out) = found.at[i]->id;
}
