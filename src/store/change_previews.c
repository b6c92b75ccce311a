/* Previews of changes of the configuration and their rows (operations §16). */
#include "base/unicode.h"
#include "store/session.h"

enum { ROWS_DROPPED = 10000 };

FALLIBLE store_save_change_preview(store_tx *tx, const struct change_preview *p) {
    TRY(need_write(tx));
    return q_change_preview_save(tx, p, 1);
}

FALLIBLE store_change_preview(store_tx *tx, arena *a, int64_t activity, struct change_preview *out, bool *found) {
    *out = (struct change_preview){0};
    return q_change_preview_by_id_one(tx, a, &(struct q_change_preview_by_id_in){activity}, out, found);
}

FALLIBLE store_orphaned_previews(store_tx *tx, arena *a, struct int64s *activities) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_orphaned_previews(tx, &r));
    for (struct q_orphaned_previews_row row; q_orphaned_previews_next(&r, &row);) *LIST_ADD(a, activities) = row.id;
    return rows_end(&r);
}

FALLIBLE store_add_preview_rows(store_tx *tx, const struct preview_rows *rows) {
    TRY(need_write(tx));
    return q_preview_row_add(tx, rows->at, rows->count);
}

FALLIBLE store_move_preview_rows(store_tx *tx, int64_t preview, int32_t from, int32_t to) {
    TRY(need_write(tx));
    return q_preview_rows_move(tx, &(struct q_preview_rows_move_in){preview, from, to}, 1);
}

FALLIBLE store_trim_preview_rows(store_tx *tx, int64_t preview, int32_t part, int64_t keep) {
    TRY(need_write(tx));
    return q_preview_rows_trim(tx, &(struct q_preview_rows_trim_in){preview, part, keep}, 1);
}

FALLIBLE store_drop_preview_rows(store_tx *tx, int64_t preview, bool *more) {
    int64_t removed;
    TRY(need_write(tx));
    TRY(q_change_preview_rows_forget(tx, &(struct q_change_preview_rows_forget_in){preview, ROWS_DROPPED}, 1, &removed));
    *more = removed == ROWS_DROPPED;
    return NULL;
}

FALLIBLE store_preview_rows(store_tx *tx, arena *a, const struct preview_row_query *q, struct preview_rows *out, int64_t *total) {
    struct q_preview_rows_count_row count;
    bool found;
    text search = text_is_empty(q->search) ? (text){0} : text_fold(a, q->search);
    struct q_preview_rows_count_in all = {q->preview, q->part, search};
    TRY(q_preview_rows_count_one(tx, a, &all, &count, &found));
    *total = count.number;
    struct q_preview_rows_in in = {
        .preview = q->preview, .part = q->part, .search = search, .limit = q->limit, .offset = q->offset};
    return q_preview_rows_all(tx, a, &in, 1, out);
}
