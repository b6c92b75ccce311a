/* Holds and their lists, and what counts together though it was done in parts (operations §23). */
#include "store/holds.h"

#include "model/document.h"
#include "store/session.h"

enum { DOCUMENT_BYTES = 1 << 26 };

FALLIBLE store_save_hold(store_tx *tx, struct hold *h) {
    TRY(need_write(tx));
    if (!h->id) TRY(store_ids(tx->s, IDS_HOLD, 1, &h->id));
    return q_hold_save(tx, h, 1);
}

FALLIBLE store_hold(store_tx *tx, arena *a, int64_t id, struct hold *out, bool *found) {
    return q_hold_by_id_one(tx, a, &(struct q_hold_by_id_in){id}, out, found);
}

FALLIBLE store_holds(store_tx *tx, arena *a, const struct hold_query *q, struct holds *out, int64_t *total) {
    struct q_holds_count_row count;
    bool found;
    int32_t type = q->guard < 0 ? -1 : q->object_type;
    TRY(q_holds_count_one(tx, a, &(struct q_holds_count_in){q->statuses, q->system, q->guard, type}, &count, &found));
    *total = count.number;
    struct q_holds_in in = {q->statuses, q->system, q->guard, type, q->limit, q->offset};
    return q_holds_all(tx, a, &in, 1, out);
}

FALLIBLE store_supersede_holds(store_tx *tx, const struct hold *by, int32_t partition, instant now) {
    TRY(need_write(tx));
    struct q_holds_supersede_in in = {(int32_t)by->guard, by->system, by->object_type, partition, by->id, now};
    return q_holds_supersede(tx, &in, 1);
}

/* ---- lists ---- */

static struct held_row *rows_of(arena *a, const struct held_objects *objects) {
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct held_row *rows = ARENA_ARRAY(a, struct held_row, objects->count);
    for (size_t i = 0; i < objects->count; i++) {
        rows[i].o = objects->at[i];
        if (!rows[i].o.outcomes) continue;
        buffer_clear(&b);
        document_write_outcomes(&b, rows[i].o.outcomes);
        rows[i].document = arena_text(a, buffer_as_text(&b));
    }
    return rows;
}

FALLIBLE store_add_held(store_tx *tx, const struct held_objects *objects) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    TRY(need_write(tx));
    return q_held_add(tx, rows_of(a, objects), objects->count);
}

FALLIBLE store_retell_held(store_tx *tx, const struct held_objects *objects) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    TRY(need_write(tx));
    return q_held_retell(tx, rows_of(a, objects), objects->count);
}

FALLIBLE store_held(store_tx *tx, arena *a, const struct held_query *q, struct held_objects *out) {
    struct held_rows rows = {0};
    TRY(q_held_list_all(tx, a, &(struct q_held_list_in){q->hold, q->state, q->after, q->limit, q->offset}, 1, &rows));
    for (EACH(const struct held_row, r, &rows)) {
        struct held_object *o = LIST_ADD(a, out);
        *o = r->o;
        if (!text_is_null(r->document))
            TRY_OR(document_read_outcomes(a, r->document, &o->outcomes), "hold %lld: place %lld", (long long)o->hold,
                   (long long)o->place);
    }
    return NULL;
}

FALLIBLE store_count_held(store_tx *tx, int64_t hold, int state, int64_t *count) {
    struct q_held_count_row row;
    bool found;
    TRY(q_held_count_one(tx, tx->scratch, &(struct q_held_count_in){hold, state}, &row, &found));
    *count = row.number;
    return NULL;
}

FALLIBLE store_mark_held(store_tx *tx, const struct held_objects *objects) {
    TRY(need_write(tx));
    return q_held_mark(tx, objects->at, objects->count);
}

FALLIBLE store_forget_holds(store_tx *tx, instant before, int64_t rows, int64_t *removed) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED_VALUE(rows) r = {0};
    struct q_holds_spent_rows LIST(struct q_holds_spent_row) spent = {0};
    TRY(need_write(tx));
    *removed = 0;
    TRY(q_holds_spent(tx, &(struct q_holds_spent_in){before}, 1, &r));
    for (struct q_holds_spent_row row; q_holds_spent_next(&r, &row);) *LIST_ADD(a, &spent) = row;
    TRY(rows_end(&r));
    for (size_t i = 0; i < spent.count && *removed < rows; i++) {
        int64_t some = 0, self = 0;
        TRY(q_held_forget(tx, &(struct q_held_forget_in){spent.at[i].id, rows - *removed}, 1, &some));
        *removed += some;
        if (*removed >= rows || !spent.at[i].whole) continue;
        TRY(q_hold_forget(tx, &(struct q_hold_forget_in){spent.at[i].id}, 1, &self));
        *removed += self;
    }
    return NULL;
}

/* ---- counts ---- */

FALLIBLE store_count_csos(store_tx *tx, int32_t type, int64_t *count) { return tally_get(tx, TALLY_CSO_TYPE, type, count); }

FALLIBLE store_add_safety_count(store_tx *tx, const struct safety_count *k) {
    struct safety_count row = *k;
    TRY(need_write(tx));
    row.at.ticks -= row.at.ticks % (60 * TICKS_PER_SECOND);
    return q_safety_count_add(tx, &row, 1);
}

FALLIBLE store_safety_counts(store_tx *tx, arena *a, enum hold_guard guard, int32_t system, instant since,
                             struct safety_counts *out) {
    return q_safety_counts_all(tx, a, &(struct q_safety_counts_in){(int32_t)guard, system, since}, 1, out);
}

FALLIBLE store_forget_safety_counts(store_tx *tx, enum hold_guard guard, int32_t system, instant before) {
    TRY(need_write(tx));
    return q_safety_counts_forget(tx, &(struct q_safety_counts_forget_in){(int32_t)guard, system, before}, 1);
}
