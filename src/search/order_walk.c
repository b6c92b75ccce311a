/* Walks the index of a sort key: rows come in groups of equal keys, most of which are handed on or skipped without reading a
 * document. */
#include "search/order.h"
#include "search/ranks.h"

#include <stdlib.h>

/* ---- Groups ---- */

static text cut(text key) {
    size_t len = INDEX_KEY_HEAD;
    while (len && ((unsigned char)key.at[len] & 0xC0) == 0x80) len--;
    return text_slice(key, 0, len);
}

/* The group of a row's key. Long keys are cut, so that only their beginning says where they belong; dates hide times. */
static struct bounds bounds_of(arena *a, enum field_type type, text key) {
    struct search_value v;
    if ((type == FIELD_TYPE_DATE || type == FIELD_TYPE_DATETIME) && present_hit(type, &(struct index_hit){.key = key}, &v))
        return (struct bounds){key_from(a, type, &v), key_behind(a, type, &v)};
    if (type == FIELD_TYPE_TEXT && key.len > INDEX_KEY_HEAD) {
        text head = arena_text(a, cut(key));
        return (struct bounds){head, behind_prefix(a, head)};
    }
    char *bytes = arena_bytes(a, key.len + 1);
    if (key.len) memcpy(bytes, key.at, key.len);
    bytes[key.len] = '\x01';
    return (struct bounds){{bytes, key.len}, {bytes, key.len + 1}};
}

/* The folded part of a text's sort key; other sort keys are keys of rows. */
static text row_part(enum field_type type, text key) {
    size_t end = type == FIELD_TYPE_TEXT ? text_find_byte(key, '\0') : SIZE_MAX;
    return end == SIZE_MAX ? key : text_slice(key, 0, end);
}

static bool within(const struct bounds *b, text key) {
    return text_compare(key, b->from) >= 0 && (text_is_null(b->behind) || text_compare(key, b->behind) < 0);
}

bool bounds_hold(const struct bounds *b, const struct search_sort *sort, text key) {
    return within(b, row_part(sort->field.type, key));
}

struct group {
    arena *a; /* for the time of the group */
    struct bounds bounds;
    struct int64s ids;
    text key, raw; /* of its first row */
    bool uniform;  /* all rows are that one, and it tells the value */
    bool begun;
};

struct walker {
    struct ordering *o;
    const struct id_set *set;
    const struct part *part;
    const struct search_sort *sort;
    struct index_span span;
    struct bounds bound; /* the group of the position */
    struct id_set *seen; /* NULL: the walk begins in the middle */
    bool several;        /* an object may have several rows */
    bool all_have;       /* a filter says that each object has a value */
    struct group group;
};

static void begin_group(struct walker *k, const struct index_hit *hit) {
    struct group *g = &k->group;
    struct search_value v;
    arena_reset(g->a);
    *g = (struct group){.a = g->a, .begun = true};
    g->bounds = bounds_of(g->a, k->sort->field.type, hit->key);
    g->key = arena_text(g->a, hit->key);
    g->raw = arena_text(g->a, hit->raw);
    g->uniform = hit->key.len <= INDEX_KEY_HEAD && present_hit(k->sort->field.type, hit, &v);
}

static void take_row(struct walker *k, const struct index_hit *hit) {
    struct group *g = &k->group;
    if (k->seen && !id_set_add(k->seen, hit->object)) return;
    if (k->sort->field.type == FIELD_TYPE_TEXT)
        g->uniform = g->uniform && text_equal(hit->key, g->key) && text_equal(hit->raw, g->raw);
    *LIST_ADD(g->a, &g->ids) = hit->object;
}

static int by_id(const void *x, const void *y) {
    const int64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* How the one sort key of a uniform group stands to that of the position. */
static int against_position(const struct walker *k) {
    const struct group *g = &k->group;
    struct search_value v;
    present_hit(k->sort->field.type, &(struct index_hit){.key = g->key, .raw = g->raw}, &v);
    return sort_compare(k->sort, sort_key_of(g->a, k->sort->field.type, &v), k->o->after.keys[k->part->level]);
}

static void sort_ids(struct int64s *ids) {
    if (ids->count > 1) qsort(ids->at, ids->count, sizeof *ids->at, by_id);
    size_t once = 0;
    for (size_t i = 0; i < ids->count; i++)
        if (!i || ids->at[i] != ids->at[once - 1]) ids->at[once++] = ids->at[i];
    ids->count = once;
}

/* Does the position lie in this group? */
static bool holds_position(const struct walker *k) {
    return k->part->bound && !text_is_null(k->bound.from) && within(&k->bound, k->group.key);
}

/* A group whose values are equal: by the next sort keys. */
static FALLIBLE end_uniform(struct walker *k, bool holds, bool *deeper) {
    struct group *g = &k->group;
    size_t next = k->part->level + 1;
    int place = holds ? against_position(k) : 1;
    if (place < 0) return NULL;
    bool bound = place == 0;
    if (next == k->o->w->q->sort.count || (g->ids.count == 1 && !bound)) {
        sort_ids(&g->ids);
        return hand_list(k->o, &g->ids, bound ? k->o->after.id : 0);
    }
    struct part part = {.level = next, .bound = bound};
    *deeper = (int64_t)g->ids.count > search_tuning.few && !ranks_tell(k->o, &part);
    return *deeper ? NULL : order_list(k->o, &g->ids, &part);
}

/* Hands the group on; `deeper` instead when its objects have to be ordered by another walk, which begins once this one is closed.
 */
static FALLIBLE end_group(struct walker *k, bool *deeper) {
    struct group *g = &k->group;
    struct ordering *o = k->o;
    bool check = k->several && !k->seen, holds = holds_position(k);
    g->begun = *deeper = false;
    if (!g->ids.count) return NULL;
    if (!holds && !check && (int64_t)g->ids.count <= o->skip) {
        o->skip -= (int64_t)g->ids.count;
        return NULL;
    }
    if (g->uniform && !check) return end_uniform(k, holds, deeper);
    sort_ids(&g->ids);
    if (g->ids.count == 1 && !holds && !check) return hand_list(o, &g->ids, 0);
    return order_list(o, &g->ids, &(struct part){k->part->level, holds, check, g->bounds});
}

/* The large group by the next sort key; afterwards this walk goes on behind it. */
static FALLIBLE go_deeper(struct walker *k) {
    struct group *g = &k->group;
    bool bound = holds_position(k) && against_position(k) == 0;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct id_set *set = id_set_new(a);
    for (EACH(const int64_t, id, &g->ids)) id_set_add(set, *id);
    if (k->sort->descending)
        k->span.high = arena_text(k->o->w->a, g->bounds.from);
    else
        k->span.low = arena_text(k->o->w->a, g->bounds.behind);
    return order_part(k->o, set, &(struct part){.level = k->part->level + 1, .bound = bound});
}

/* Until the end, or until a group needs a walk of its own. */
static FALLIBLE walk_some(struct walker *k, bool *deeper) {
    OWNED(index_walk) walk = NULL;
    *deeper = false;
    TRY(index_walk_open(k->o->w->tx, &k->span, &walk));
    for (struct index_hit hit; index_walk_next(walk, &hit);) {
        TRY(look(k->o->w));
        if (k->group.begun && !within(&k->group.bounds, hit.key)) {
            TRY(end_group(k, deeper));
            if (*deeper || k->o->take <= 0) return NULL;
        }
        if (k->set && !id_set_has(k->set, hit.object)) continue;
        if (!k->group.begun) begin_group(k, &hit);
        take_row(k, &hit);
    }
    TRY(index_walk_end(walk));
    return k->group.begun ? end_group(k, deeper) : NULL;
}

static FALLIBLE walk_groups(struct walker *k) {
    for (bool deeper = true; deeper && k->o->take > 0;) {
        TRY(walk_some(k, &deeper));
        if (deeper) TRY(go_deeper(k));
    }
    return NULL;
}

/* ---- Objects without a value ---- */

static FALLIBLE order_rest(struct walker *k, const struct id_set *have, bool bound) {
    struct id_set *all = NULL;
    struct work *w = k->o->w;
    if (!k->set) TRY(all_of(w, &w->q->result, &all));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct id_set *rest = id_set_except(a, k->set ? k->set : all, have);
    return order_part(k->o, rest, &(struct part){.level = k->part->level + 1, .bound = bound});
}

/* Does an object have several values? */
static bool several(const struct work *w, const struct search_field *field) {
    if (w->q->result.kind == SEARCH_METAVERSE) {
        const struct mv_attribute *t = config_mv_attribute(w->c, field->attribute);
        return !t || t->plurality == MULTI_VALUED;
    }
    const struct cs_attribute *t = config_cs_attribute(w->c, field->attribute);
    return !t || t->plurality == MULTI_VALUED;
}

/* Whether any object of the part has no value, when the walk has seen all rows. */
static FALLIBLE complete(struct walker *k, bool *all) {
    int64_t count = k->set ? k->set->count : 0;
    if (!k->set) TRY(count_of(k->o->w, &k->o->w->q->result, &count));
    *all = k->seen && k->seen->count >= count;
    return NULL;
}

/* The span of one filter on the sort key's field cuts the walk short; an object with several values may have its first one
 * elsewhere. */
static void cut_span(struct walker *k, const struct search_filters *filters) {
    struct work *w = k->o->w;
    for (EACH(const struct search_filter, f, filters)) {
        struct test t;
        struct spans spans;
        if (field_number(w, &w->q->result, &f->field) != k->span.attribute || condition_negative(f->condition)) continue;
        k->all_have = true;
        test_make(w->a, f, k->span.attribute, &t);
        if (k->several || access_of(w, &w->q->result, &t, &spans) != BY_RANGE || spans.count != 1) continue;
        const struct index_span *span = &spans.at[0];
        if (!text_is_null(span->low) && (text_is_null(k->span.low) || text_compare(span->low, k->span.low) > 0))
            k->span.low = span->low;
        if (!text_is_null(span->high) && (text_is_null(k->span.high) || text_compare(span->high, k->span.high) < 0))
            k->span.high = span->high;
    }
}

static void begin_walk(struct walker *k, text at, arena *seen_in) {
    struct work *w = k->o->w;
    enum field_type type = k->sort->field.type;
    k->span = whole_span(w, &w->q->result, &k->sort->field);
    k->span.descending = k->sort->descending;
    k->several = several(w, &k->sort->field);
    if (text_is_null(at)) {
        k->seen = id_set_new(seen_in);
        return;
    }
    k->bound = bounds_of(w->a, type, row_part(type, at));
    if (k->sort->descending)
        k->span.high = k->bound.behind;
    else
        k->span.low = k->bound.from;
}

static void cut_spans(struct walker *k) {
    const struct search_query *q = k->o->w->q;
    cut_span(k, &q->result_filters);
    if (!q->hops.count) cut_span(k, &q->filters);
}

bool walk_is_cut(struct ordering *o, size_t level) {
    struct work *w = o->w;
    struct walker k = {.o = o, .sort = &w->q->sort.at[level]};
    k.span = whole_span(w, &w->q->result, &k.sort->field);
    k.several = several(w, &k.sort->field);
    cut_spans(&k);
    return !text_is_null(k.span.low) || !text_is_null(k.span.high);
}

/* ---- Ranks for the groups ---- */

static error *add_rank(void *state, int64_t id) {
    ranks_add(state, id);
    return NULL;
}

/* Where nearly all objects are asked for, one walk of the next sort key's index costs less than a document of each. */
static FALLIBLE rank_by_next(struct ordering *o, arena *a, const struct id_set *set, const struct part *part) {
    struct work *w = o->w;
    size_t next = part->level + 1;
    int64_t all = 0;
    if (o->ranks || part->bound || next >= w->q->sort.count || !sort_is_walkable(w, next)) return NULL;
    TRY(count_of(w, &w->q->result, &all));
    int64_t wanted = set ? set->count : all;
    if (wanted > o->take) wanted = o->take;
    if ((double)wanted * search_tuning.document_cost <= (double)all) return NULL;
    struct ranks *ranks = ranks_new(a);
    struct ordering sub = {.w = w, .from = o->from, .take = INT64_MAX, .deliver = add_rank, .state = ranks};
    TRY(order_by_walk(&sub, set, &(struct part){.level = next}));
    o->ranks = ranks;
    o->rank_level = next;
    return NULL;
}

/* ---- The walk ---- */

static FALLIBLE walk_all(struct ordering *o, const struct id_set *set, const struct part *part) {
    struct work *w = o->w;
    OWNED(arena) seen_in = arena_new((size_t)1 << 30);
    OWNED(arena) group_in = arena_new((size_t)1 << 30);
    struct walker k = {.o = o, .set = set, .part = part, .sort = &w->q->sort.at[part->level], .group.a = group_in};
    text at = part->bound ? o->after.keys[part->level] : (text){0};
    bool descending = k.sort->descending, among_rest = part->bound && text_is_null(at), all = false;
    struct id_set *have = NULL;
    begin_walk(&k, at, seen_in);
    cut_spans(&k);
    if (!k.all_have && (descending ? text_is_null(at) : among_rest)) {
        TRY(having(w, &w->q->result, &k.sort->field, &have));
        TRY(order_rest(&k, have, among_rest));
    }
    if (descending || !among_rest) TRY(walk_groups(&k));
    if (descending || among_rest || k.all_have || o->take <= 0) return NULL;
    TRY(complete(&k, &all));
    if (all) return NULL;
    if (!k.seen) TRY(having(w, &w->q->result, &k.sort->field, &have));
    return order_rest(&k, k.seen ? k.seen : have, false);
}

FALLIBLE order_by_walk(struct ordering *o, const struct id_set *set, const struct part *part) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    bool before = o->ranks != NULL;
    TRY(rank_by_next(o, a, set, part));
    error *e = walk_all(o, set, part);
    if (!before) o->ranks = NULL; /* they live as long as the walk */
    return e;
}
