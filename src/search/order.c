/* The order of the result: by the ids themselves, by sort keys in memory, or by walking the index of the first sort key and
 * ordering only what is equal there. */
#include "search/order.h"
#include "search/ranks.h"

#include <stdlib.h>

static FALLIBLE hand(struct ordering *o, int64_t id) {
    if (o->take <= 0) return NULL;
    if (o->skip > 0) {
        o->skip--;
        return NULL;
    }
    o->take--;
    return o->deliver(o->state, id);
}

/* ---- By id ---- */

static FALLIBLE hand_ids(struct ordering *o, const struct id_set *set, int64_t after) {
    for (int64_t id = after; o->take > 0 && id_set_next(set, id, &id);) {
        TRY(look(o->w));
        TRY(hand(o, id));
    }
    return NULL;
}

FALLIBLE hand_list(struct ordering *o, const struct int64s *ids, int64_t after) {
    for (EACH(const int64_t, id, ids))
        if (*id > after) TRY(hand(o, *id));
    return NULL;
}

/* All objects of the source: the database skips. */
static FALLIBLE hand_all(struct ordering *o, int64_t after) {
    struct work *w = o->w;
    if (w->q->result.kind == SEARCH_LOOKUP) {
        struct id_set *all;
        TRY(all_of(w, &w->q->result, &all));
        return hand_ids(o, all, after);
    }
    OWNED(arena) some = arena_new((size_t)1 << 28);
    struct object_page page = {
        .metaverse = w->q->result.kind == SEARCH_METAVERSE, .type = w->q->result.type, .after = after, .offset = o->skip};
    o->skip = 0;
    while (o->take > 0) {
        struct int64s ids = {0};
        arena_reset(some);
        page.limit = o->take < 10000 ? o->take : 10000;
        TRY(look_up(w));
        TRY(search_object_ids(w->tx, some, &page, &ids));
        for (EACH(const int64_t, id, &ids)) TRY(hand(o, *id));
        if (ids.count < (size_t)page.limit) return NULL;
        page.after = ids.at[ids.count - 1];
        page.offset = 0;
    }
    return NULL;
}

/* ---- In memory ---- */

struct sortable {
    int64_t id;
    text *keys; /* by the number of the sort key */
};
struct sortables LIST(struct sortable);
struct sort_order {
    const struct search_sorts *sorts;
    size_t level;
};

static int compare(const void *x, const void *y, void *state) {
    const struct sortable *a = x, *b = y;
    const struct sort_order *k = state;
    for (size_t i = k->level; i < k->sorts->count; i++) {
        int order = sort_compare(&k->sorts->at[i], a->keys[i], b->keys[i]);
        if (order) return order;
    }
    return (a->id > b->id) - (a->id < b->id);
}

static FALLIBLE load(struct ordering *o, arena *keep, const struct int64s *ids, const struct part *part, struct sortables *out) {
    struct work *w = o->w;
    const struct search_sorts *sorts = &w->q->sort;
    struct search_objects list = {0};
    struct int32s wanted = {0};
    for (size_t i = part->level; i < sorts->count; i++) want(keep, &wanted, field_number(w, &w->q->result, &sorts->at[i].field));
    TRY(look_up(w));
    TRY(objects_of(w, &w->q->result, ids, &wanted, &list));
    for (EACH(const struct search_object, object, &list)) {
        struct sortable s = {.id = object->id, .keys = ARENA_ARRAY(keep, text, sorts->count)};
        for (size_t i = part->level; i < sorts->count; i++)
            s.keys[i] = arena_text(keep, sort_key(w, w->batch, &sorts->at[i], &object->values));
        text first = s.keys[part->level];
        if (part->check && (text_is_null(first) || !bounds_hold(&part->bounds, &sorts->at[part->level], first))) continue;
        *LIST_ADD(keep, out) = s;
    }
    return NULL;
}

static FALLIBLE sort_and_hand(struct ordering *o, struct sortables *list, const struct part *part) {
    struct sort_order k = {&o->w->q->sort, part->level};
    struct sortable after = {o->after.id, o->after.keys};
    if (list->count > 1) qsort_r(list->at, list->count, sizeof *list->at, compare, &k);
    for (EACH(const struct sortable, s, list)) {
        if (part->bound && compare(s, &after, &k) <= 0) continue;
        if (o->take <= 0) return NULL;
        TRY(hand(o, s->id));
    }
    return NULL;
}

/* ---- By ranks ---- */

bool ranks_tell(const struct ordering *o, const struct part *part) {
    return o->ranks && part->level == o->rank_level && !part->bound && !part->check;
}

static FALLIBLE hand_ranked(struct ordering *o, struct int64s *ids) {
    ranks_sort(o->ranks, ids->at, ids->count);
    return hand_list(o, ids, 0);
}

static FALLIBLE order_by_ranks(struct ordering *o, const struct id_set *set) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct int64s ids = {.at = ARENA_ARRAY(a, int64_t, (size_t)set->count), .room = (size_t)set->count};
    for (int64_t id = 0; id_set_next(set, id, &id);) ids.at[ids.count++] = id;
    return hand_ranked(o, &ids);
}

/* ---- Which way ---- */

FALLIBLE order_list(struct ordering *o, struct int64s *ids, const struct part *part) {
    if (ranks_tell(o, part)) return hand_ranked(o, ids);
    OWNED(arena) keep = arena_new((size_t)1 << 32);
    struct sortables list = {0};
    for (size_t from = 0; from < ids->count; from += BATCH_OBJECTS) {
        size_t count = ids->count - from < BATCH_OBJECTS ? ids->count - from : BATCH_OBJECTS;
        TRY(load(o, keep, &(struct int64s){.at = ids->at + from, .count = count}, part, &list));
    }
    return sort_and_hand(o, &list, part);
}

static FALLIBLE order_in_memory(struct ordering *o, const struct id_set *set, const struct part *part) {
    OWNED(arena) keep = arena_new((size_t)1 << 34);
    OWNED(arena) some = arena_new((size_t)1 << 28);
    struct sortables list = {0};
    for (int64_t after = 0;;) {
        struct int64s ids = {0};
        arena_reset(some);
        id_set_some(some, set, &after, BATCH_OBJECTS, &ids);
        if (!ids.count) break;
        TRY(load(o, keep, &ids, part, &list));
    }
    return sort_and_hand(o, &list, part);
}

/* Walking reads so many rows of the index that enough of them belong to the set. */
static bool walk_pays(struct ordering *o, const struct id_set *set) {
    int64_t all = 0;
    if (!set) return true;
    error *e = count_of(o->w, &o->w->q->result, &all);
    error_free(e);
    double wanted = (double)o->skip + (double)o->take;
    if (wanted > (double)set->count) wanted = (double)set->count;
    return wanted * (double)all / (double)(set->count + 1) < search_tuning.document_cost * (double)set->count;
}

bool sort_is_walkable(const struct work *w, size_t level) {
    const struct search_field *field = &w->q->sort.at[level].field;
    return field->type != FIELD_TYPE_TIME && field_indexed(w, &w->q->result, field);
}

FALLIBLE order_part(struct ordering *o, const struct id_set *set, const struct part *part) {
    struct work *w = o->w;
    if (o->take <= 0 || (set && !set->count)) return NULL;
    if (part->level == w->q->sort.count) {
        int64_t after = part->bound ? o->after.id : 0;
        return set ? hand_ids(o, set, after) : hand_all(o, after);
    }
    if (set && ranks_tell(o, part)) return order_by_ranks(o, set);
    if (sort_is_walkable(w, part->level) && (walk_pays(o, set) || (!part->level && walk_is_cut(o, 0))))
        return order_by_walk(o, set, part);
    struct id_set *all = NULL;
    if (!set) TRY(all_of(w, &w->q->result, &all));
    return order_in_memory(o, set ? set : all, part);
}

FALLIBLE in_order(struct ordering *o) { return order_part(o, o->from->set, &(struct part){.bound = o->after.given}); }
