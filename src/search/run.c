/* Carries out a search: select, follow the relation, narrow, count, order, and write rows. */
#include "search/private.h"
#include "search/ranks.h"

#include <stdlib.h>

enum { ROWS_BYTES = 1 << 30 };

/* ---- The result as a set ---- */

static void number_fields(struct work *w) {
    const struct search_query *q = w->q;
    for (EACH(const struct search_field, f, &q->columns)) field_number(w, &q->result, f);
    for (EACH(const struct search_sort, s, &q->sort)) field_number(w, &q->result, &s->field);
    for (EACH(const struct search_filter, f, &q->result_filters)) field_number(w, &q->result, &f->field);
    for (EACH(const struct search_filter, f, &q->filters)) field_number(w, &q->search, &f->field);
}

FALLIBLE select_objects(struct work *w, struct selection *out) {
    const struct search_query *q = w->q;
    struct selection from;
    struct id_set *reached;
    number_fields(w);
    if (!q->hops.count) {
        struct search_filters both = {0};
        for (EACH(const struct search_filter, f, &q->filters)) *LIST_ADD(w->a, &both) = *f;
        for (EACH(const struct search_filter, f, &q->result_filters)) *LIST_ADD(w->a, &both) = *f;
        return narrow(w, &q->result, &both, NULL, out);
    }
    TRY(narrow(w, &q->search, &q->filters, NULL, &from));
    TRY(follow_hops(w, &from, &reached));
    return narrow(w, &q->result, &q->result_filters, reached, out);
}

static bool too_many(const struct work *w, const struct selection *s) { return w->q->max_results && s->count > w->q->max_results; }

/* ---- Rows ---- */

static struct int32s wanted_for_rows(struct work *w, bool position) {
    struct int32s wanted = {0};
    for (EACH(const struct search_field, f, &w->q->columns)) want(w->a, &wanted, field_number(w, &w->q->result, f));
    for (EACH(const struct search_sort, s, &w->q->sort))
        if (position) want(w->a, &wanted, field_number(w, &w->q->result, &s->field));
    return wanted;
}

struct page {
    struct work *w;
    struct int64s ids;
};

static error *keep_id(void *state, int64_t id) {
    struct page *p = state;
    *LIST_ADD(p->w->a, &p->ids) = id;
    return NULL;
}

static text position_of(struct work *w, arena *a, const struct search_object *o) {
    struct position p = {.id = o->id, .keys = ARENA_ARRAY(a, text, w->q->sort.count + 1)};
    for (size_t i = 0; i < w->q->sort.count; i++) p.keys[i] = sort_key(w, a, &w->q->sort.at[i], &o->values);
    return position_write(a, w->q, &p);
}

static FALLIBLE write_page(struct work *w, arena *a, const struct int64s *ids, bool more, struct search_page *out) {
    OWNED_VALUE(buffer) b = {.max = ROWS_BYTES};
    struct json_writer json = {.out = &b};
    struct int32s wanted = wanted_for_rows(w, w->q->cursor);
    json_array(&json);
    for (size_t from = 0; from < ids->count; from += BATCH_OBJECTS) {
        size_t count = ids->count - from < BATCH_OBJECTS ? ids->count - from : BATCH_OBJECTS;
        struct search_objects list = {0};
        TRY(objects_of(w, &w->q->result, &(struct int64s){.at = ids->at + from, .count = count}, &wanted, &list));
        for (EACH(const struct search_object, o, &list)) row_write(w, &json, o);
        out->count += list.count;
        if (more && from + count == ids->count && list.count) out->next = position_of(w, a, &list.at[list.count - 1]);
    }
    json_array_end(&json);
    if (b.overflow) return FAIL(ERROR_TOO_LARGE, "the rows of a page are larger than %d bytes", ROWS_BYTES);
    out->rows = arena_text(a, buffer_as_text(&b));
    return NULL;
}

static FALLIBLE page_of(struct work *w, arena *a, const struct selection *from, const struct position *after,
                        struct search_page *out) {
    const struct search_query *q = w->q;
    struct page page = {.w = w};
    struct ordering order = {
        .w = w, .from = from, .after = *after, .skip = q->offset, .take = q->limit + q->cursor, .deliver = keep_id, .state = &page};
    out->total = from->count;
    TRY(in_order(&order));
    bool more = q->cursor && page.ids.count > (size_t)q->limit;
    if (more) page.ids.count--;
    return write_page(w, a, &page.ids, more, out);
}

/* What the deadline or a request stopped is an outcome, no error. */
static error *outcome_of(const struct work *w, error *e, enum search_outcome *out) {
    if (!w->stopped) return e;
    error_free(e);
    *out = w->stopped;
    return NULL;
}

static FALLIBLE run(struct work *w, arena *a, struct search_page *out) {
    struct selection from;
    struct position after;
    if (!position_read(w->a, w->q, &after)) {
        out->outcome = SEARCH_BAD_POSITION;
        return NULL;
    }
    TRY(look_up(w));
    TRY(select_objects(w, &from));
    if (too_many(w, &from)) {
        out->outcome = SEARCH_TOO_MANY;
        return NULL;
    }
    return page_of(w, a, &from, &after, out);
}

FALLIBLE search_run(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_page *out) {
    OWNED(arena) own = arena_new((size_t)1 << 34);
    OWNED(arena) batch = arena_new((size_t)1 << 34);
    struct work w = {.tx = tx, .a = own, .batch = batch, .c = c, .q = q};
    *out = (struct search_page){0};
    error *e = run(&w, a, out);
    if (w.stopped) *out = (struct search_page){0};
    return outcome_of(&w, e, &out->outcome);
}

static FALLIBLE ids_of(struct work *w, arena *a, struct int64s *ids, int64_t *total) {
    struct selection from;
    struct page page = {.w = w};
    struct ordering order = {.w = w, .from = &from, .skip = w->q->offset, .take = w->q->limit, .deliver = keep_id, .state = &page};
    TRY(look_up(w));
    TRY(select_objects(w, &from));
    (void)position_read(w->a, w->q, &order.after);
    TRY(in_order(&order));
    for (EACH(const int64_t, id, &page.ids)) *LIST_ADD(a, ids) = *id;
    *total = from.count;
    return NULL;
}

FALLIBLE search_ids(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct int64s *ids,
                    int64_t *total, enum search_outcome *outcome) {
    OWNED(arena) own = arena_new((size_t)1 << 34);
    OWNED(arena) batch = arena_new((size_t)1 << 34);
    struct work w = {.tx = tx, .a = own, .batch = batch, .c = c, .q = q};
    *outcome = SEARCH_DONE;
    return outcome_of(&w, ids_of(&w, a, ids, total), outcome);
}

/* ---- The whole result, a batch at a time ---- */

struct streaming {
    struct work *w;
    const struct search_sink *sink;
    struct int32s wanted;
    int64_t ids[BATCH_OBJECTS], places[BATCH_OBJECTS];
    size_t count;
    int64_t delivered;
    struct buffer *row;
};

static FALLIBLE flush(struct streaming *s) {
    struct search_objects list = {0};
    size_t at = 0;
    TRY(look_up(s->w));
    TRY(objects_of(s->w, &s->w->q->result, &(struct int64s){.at = s->ids, .count = s->count}, &s->wanted, &list));
    s->count = 0;
    for (EACH(const struct search_object, o, &list)) {
        struct json_writer json = {.out = s->row};
        buffer_clear(s->row);
        row_write(s->w, &json, o);
        if (s->row->overflow) return FAIL(ERROR_TOO_LARGE, "a row is larger than %d bytes", ROWS_BYTES);
        while (s->ids[at] != o->id) at++;
        TRY(s->sink->row(s->sink->state, s->places[at], buffer_as_text(s->row)));
    }
    return NULL;
}

static FALLIBLE add_to_batch(struct streaming *s, int64_t id, int64_t place) {
    s->ids[s->count] = id;
    s->places[s->count++] = place;
    return s->count == BATCH_OBJECTS ? flush(s) : NULL;
}

static error *stream_id(void *state, int64_t id) {
    struct streaming *s = state;
    return add_to_batch(s, id, s->delivered++);
}

static error *note_place(void *state, int64_t id) {
    ranks_add(state, id);
    return NULL;
}

/* First the places of all, then the rows in the order of the ids. */
static FALLIBLE stream_sorted(struct streaming *s, struct ordering *order) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct ranks *places = ranks_new(a);
    order->deliver = note_place, order->state = places;
    TRY(in_order(order));
    for (int64_t id = 0, place; ranks_next(places, id, &id, &place);) TRY(add_to_batch(s, id, place));
    return NULL;
}

static FALLIBLE stream(struct work *w, const struct search_sink *sink, enum search_outcome *outcome) {
    struct selection from;
    OWNED_VALUE(buffer) row = {.max = ROWS_BYTES};
    TRY(look_up(w));
    TRY(select_objects(w, &from));
    if (too_many(w, &from)) {
        *outcome = SEARCH_TOO_MANY;
        return NULL;
    }
    if (sink->begin) TRY(sink->begin(sink->state, from.count));
    struct streaming s = {.w = w, .sink = sink, .wanted = wanted_for_rows(w, false), .row = &row};
    struct ordering order = {.w = w, .from = &from, .take = INT64_MAX, .deliver = stream_id, .state = &s};
    TRY(w->q->sort.count ? stream_sorted(&s, &order) : in_order(&order));
    return flush(&s);
}

FALLIBLE search_stream(store_tx *tx, const struct config *c, const struct search_query *q, const struct search_sink *sink,
                       enum search_outcome *outcome) {
    OWNED(arena) own = arena_new((size_t)1 << 34);
    OWNED(arena) batch = arena_new((size_t)1 << 34);
    struct work w = {.tx = tx, .a = own, .batch = batch, .c = c, .q = q};
    *outcome = SEARCH_DONE;
    return outcome_of(&w, stream(&w, sink, outcome), outcome);
}
