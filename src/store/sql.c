/* Running a statement of the catalogue in a session. */
#include "base/log.h"
#include "store/session.h"

static void note_time(const store_tx *tx, const struct sql *sql, int64_t began, size_t inputs) {
    if (tx->s->slow_ns < 0) return;
    int64_t took = monotonic_ns() - began;
    if (took > tx->s->slow_ns)
        log_line(LOG_WARNING, "slow statement", "%s took %lld ms for %zu inputs", sql->name, (long long)(took / 1000000), inputs);
}

static int64_t start(const store_tx *tx) { return tx->s->slow_ns < 0 ? 0 : monotonic_ns(); }

FALLIBLE sql_execute(store_tx *tx, const struct sql *sql, struct sql_inputs in, int64_t *changed) {
    int64_t began = start(tx);
    error *e = tx->db->driver->execute(tx->db, sql, in, changed);
    note_time(tx, sql, began, in.count);
    return e;
}

FALLIBLE sql_query(store_tx *tx, const struct sql *sql, struct sql_inputs in, struct rows *out) {
    *out = (struct rows){0};
    TRY(tx->db->driver->query(tx->db, sql, in, out));
    out->tx = tx;
    return NULL;
}

void rows_free(struct rows *r) {
    if (!r->db) return;
    r->db->driver->end(r);
    error_free(r->failed);
    *r = (struct rows){0};
}

error *rows_end(struct rows *r) {
    error *e = TAKE(r->failed);
    rows_free(r);
    return e;
}

static void keep_texts(arena *a, const struct sql *sql, void *row) {
    for (size_t i = 0; i < sql->out_count; i++) {
        if (sql->out[i].kind != SQL_TEXT && sql->out[i].kind != SQL_BYTES) continue;
        text *t = (text *)(void *)((char *)row + sql->out[i].offset);
        *t = arena_text(a, *t);
    }
}

FALLIBLE sql_one(store_tx *tx, const struct sql *sql, struct sql_inputs in, arena *a, void *row, bool *found) {
    int64_t began = start(tx);
    OWNED_VALUE(rows) r = {0};
    TRY(sql_query(tx, sql, in, &r));
    *found = sql_next(&r, row);
    if (*found) keep_texts(a, sql, row);
    TRY(rows_end(&r));
    note_time(tx, sql, began, 1);
    return NULL;
}

FALLIBLE sql_all(store_tx *tx, const struct sql *sql, struct sql_inputs in, arena *a, struct sql_list *list) {
    int64_t began = start(tx);
    OWNED_VALUE(rows) r = {0};
    TRY(sql_query(tx, sql, in, &r));
    for (;;) {
        if (list->count == list->room) list->at = list_grow_(a, list->at, &list->room, list->size);
        void *row = (char *)list->at + list->count * list->size;
        memset(row, 0, list->size);
        if (!sql_next(&r, row)) break;
        keep_texts(a, sql, row);
        list->count++;
    }
    TRY(rows_end(&r));
    note_time(tx, sql, began, in.count);
    return NULL;
}
