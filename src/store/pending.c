/* Pending exports: what is staged for a connected system. */
#include "base/unicode.h"
#include "store/objects.h"

#include <stdlib.h>

static FALLIBLE damaged(error *cause, int64_t id) {
    return error_make(ERROR_CORRUPT, cause, __FILE__, __LINE__, "the row of pending with id %lld cannot be read", (long long)id);
}

static FALLIBLE read_pending(arena *a, const struct config *c, struct rows *r, struct pending_exports *out) {
    for (struct pending_row row = {0}; sql_next(r, &row);) {
        struct pending_export *p = LIST_ADD(a, out);
        *p = row.p;
        p->last_error = arena_text(a, row.p.last_error);
        error *e = document_read_changes(a, c, arena_text(a, row.document), &p->changes);
        if (e) return damaged(e, row.p.id);
    }
    return rows_end(r);
}

FALLIBLE store_pending_by_cso(store_tx *tx, arena *a, const struct config *c, const int64_t *csos, size_t count,
                              struct pending_exports *out) {
    if (!count) return NULL;
    struct q_pending_by_cso_in *in = ARENA_ARRAY(a, struct q_pending_by_cso_in, count);
    for (size_t i = 0; i < count; i++) in[i].cso = csos[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_pending_by_cso(tx, in, count, &r));
    return read_pending(a, c, &r, out);
}

FALLIBLE store_pending(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count,
                       struct pending_exports *out) {
    if (!count) return NULL;
    struct q_pending_by_id_in *in = ARENA_ARRAY(a, struct q_pending_by_id_in, count);
    for (size_t i = 0; i < count; i++) in[i].id = ids[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_pending_by_id(tx, in, count, &r));
    return read_pending(a, c, &r, out);
}

/* Whoever waits longer than a day was told to by a clock that was wrong. */
static instant never_after(instant due) {
    instant never = {INT64_MAX};
    return instant_add_ticks(due, TICKS_PER_DAY, &never) ? never : (instant){INT64_MAX};
}

FALLIBLE store_pending_page(store_tx *tx, arena *a, const struct config *c, const struct pending_page_query *q,
                            struct pending_exports *out) {
    struct q_pending_due_in in = {q->system,   q->due,     never_after(q->due), q->after_created,
                                  q->after_id, q->changes, (int64_t)q->limit};
    OWNED_VALUE(rows) r = {0};
    TRY(q_pending_due(tx, &in, 1, &r));
    return read_pending(a, c, &r, out);
}

/* ---- Writing ---- */

struct pending_rows LIST(struct pending_row);

struct batch {
    arena *a;
    struct buffer document;
    struct pending_rows created, updated, deleted;
};

static void classify(const struct pending_export *p, struct pending_row *row) {
    row->awaiting = p->status == EXPORT_EXPORTED;
    for (EACH(const struct staged_change, change, &p->changes)) {
        if (change->status == CHANGE_PENDING || change->status == CHANGE_NOT_CONFIRMED) row->due = true;
        if (change->status == CHANGE_EXPORTED || change->status == CHANGE_NOT_CONFIRMED) row->awaiting = true;
    }
}

static FALLIBLE write_document(struct batch *b, struct pending_row *row) {
    buffer_clear(&b->document);
    document_write_changes(&b->document, &row->p.changes);
    if (b->document.overflow) return FAIL(ERROR_TOO_LARGE, "pending export %lld is too large to store", (long long)row->p.id);
    row->document = arena_text(b->a, buffer_as_text(&b->document));
    return NULL;
}

static FALLIBLE add(struct batch *b, const struct pending_export_change *change) {
    struct pending_row row = {.p = change->after ? *change->after : *change->before};
    if (change->after) {
        classify(change->after, &row);
        row.document = change->document;
        if (text_is_null(row.document)) TRY(write_document(b, &row));
    }
    *LIST_ADD(b->a, !change->before ? &b->created : change->after ? &b->updated : &b->deleted) = row;
    return NULL;
}

static int by_id(const void *x, const void *y) {
    const struct pending_row *a = x, *b = y;
    return (a->p.id > b->p.id) - (a->p.id < b->p.id);
}

static FALLIBLE expect(size_t wanted, int64_t changed) {
    if ((int64_t)wanted == changed) return NULL;
    return FAIL(ERROR_BUSY, "%lld pending exports were removed by somebody else meanwhile", (long long)((int64_t)wanted - changed));
}

static FALLIBLE tally(store_tx *tx, struct batch *b) {
    struct int_map systems; /* → int64_t */
    int_map_init(&systems, b->a, 4);
    const struct pending_rows *lists[] = {&b->created, &b->deleted};
    for (int i = 0; i < 2; i++) {
        for (EACH(const struct pending_row, row, lists[i])) {
            int64_t *n = int_map_get(&systems, row->p.system);
            if (!n) int_map_put(&systems, row->p.system, n = ARENA_NEW(b->a, int64_t));
            *n += i == 0 ? 1 : -1;
        }
    }
    for (size_t i = 0; i < systems.room; i++) {
        const int64_t *n = systems.slots[i].value;
        if (n) TRY(tally_add(tx, TALLY_PENDING_SYSTEM, systems.slots[i].key, *n));
    }
    return NULL;
}

static FALLIBLE write_all(store_tx *tx, struct batch *b, const struct pending_export_changes *changes) {
    for (EACH(const struct pending_export_change, change, changes)) TRY(add(b, change));
    struct pending_rows *lists[] = {&b->created, &b->updated, &b->deleted};
    for (int i = 0; i < 3; i++) sort_rows(lists[i]->at, lists[i]->count, sizeof *lists[i]->at, by_id);
    int64_t changed;
    TRY(q_pending_delete(tx, b->deleted.at, b->deleted.count, &changed));
    TRY(expect(b->deleted.count, changed));
    TRY(q_pending_update(tx, b->updated.at, b->updated.count, &changed));
    TRY(expect(b->updated.count, changed));
    TRY(q_pending_add(tx, b->created.at, b->created.count));
    return tally(tx, b);
}

FALLIBLE store_write_pending(store_tx *tx, const struct config *c, const struct pending_export_changes *changes) {
    (void)c;
    TRY(need_write(tx));
    if (!changes->count) return NULL;
    arena *a = write_memory(tx);
    struct batch b = {.a = a, .document = {.max = DOCUMENT_BYTES}};
    error *e = write_all(tx, &b, changes);
    buffer_free(&b.document);
    return e;
}

FALLIBLE store_pending_due(store_tx *tx, int32_t system, instant due, int64_t counts[EXPORT_CHANGES_COUNT]) {
    OWNED_VALUE(rows) r = {0};
    memset(counts, 0, EXPORT_CHANGES_COUNT * sizeof *counts);
    TRY(q_pending_due_counts(tx, &(struct q_pending_due_counts_in){system, due, never_after(due)}, 1, &r));
    for (struct q_pending_due_counts_row row; q_pending_due_counts_next(&r, &row);)
        if (row.change >= 0 && row.change < EXPORT_CHANGES_COUNT) counts[row.change] = row.objects;
    return rows_end(&r);
}

FALLIBLE store_pending_deletions_due(store_tx *tx, int32_t system, instant due, int64_t *count) {
    struct q_pending_due_deletions_row row;
    bool found;
    TRY(q_pending_due_deletions_one(tx, tx->scratch, &(struct q_pending_due_deletions_in){system, due, never_after(due)}, &row,
                                    &found));
    *count = row.objects;
    return NULL;
}

FALLIBLE store_reset_executing(store_tx *tx, int32_t system, int64_t *count) {
    TRY(need_write(tx));
    return q_pending_reset(tx, &(struct q_pending_reset_in){system}, 1, count);
}

FALLIBLE store_list_pending(store_tx *tx, arena *a, const struct config *c, const struct pending_query *q,
                            struct pending_exports *out, int64_t *total) {
    text search = text_is_empty(q->search) ? (text){0} : text_fold(a, q->search);
    struct q_pending_count_row count;
    bool found;
    TRY(q_pending_count_one(tx, a, &(struct q_pending_count_in){q->system, search, q->status, q->change}, &count, &found));
    *total = count.number;
    if (!q->limit) return NULL;
    struct q_pending_list_in in = {q->system, search, q->status, q->change, q->limit, q->offset};
    OWNED_VALUE(rows) r = {0};
    TRY(q_pending_list(tx, q->descending, &in, 1, &r));
    return read_pending(a, c, &r, out);
}
