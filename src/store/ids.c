/* Ids in blocks: the end of a block is stored before any of its ids is given out. */
#include "store/session.h"

enum { BLOCK = 1 << 20 };

static const char *const counters[IDS_ALL] = {
    [IDS_CSO] = "id:cso",           [IDS_MVO] = "id:mvo",   [IDS_PENDING_EXPORT] = "id:pending_export",
    [IDS_ACTIVITY] = "id:activity", [IDS_ITEM] = "id:item", [IDS_TASK] = "id:task",
    [IDS_CHANGE] = "id:change",     [IDS_HOLD] = "id:hold", [IDS_API_KEY] = "id:api_key",
};

static FALLIBLE take(store_tx *tx, text counter, int64_t count, int64_t *first) {
    struct q_counter_take_row row;
    bool found;
    TRY(q_counter_take_one(tx, tx->scratch, &(struct q_counter_take_in){counter, count}, &row, &found));
    *first = row.next - count;
    return NULL;
}

FALLIBLE ids_refill(store_tx *tx) {
    for (int space = 0; space < IDS_ALL; space++) {
        {
            WITH_LOCK(&tx->s->ids_lock);
            if (tx->s->ids[space].end - tx->s->ids[space].next > BLOCK / 2) continue;
        }
        int64_t first;
        TRY(take(tx, text_of(counters[space]), BLOCK, &first));
        tx->ids[space] = (struct id_block){first, first + BLOCK};
    }
    return NULL;
}

/* What is left of the old block is used up first when the new one follows it, else forgotten. */
void ids_committed(store_tx *tx) {
    WITH_LOCK(&tx->s->ids_lock);
    for (int space = 0; space < IDS_ALL; space++) {
        struct id_block *block = &tx->s->ids[space], fresh = tx->ids[space];
        if (!fresh.next) continue;
        if (block->end == fresh.next)
            block->end = fresh.end;
        else
            *block = fresh;
    }
}

static bool give(store *s, int space, int64_t count, int64_t *first) {
    WITH_LOCK(&s->ids_lock);
    struct id_block *block = &s->ids[space];
    if (block->end - block->next < count) return false;
    *first = block->next;
    block->next += count;
    return true;
}

bool store_ids_at_hand(store *s, enum id_space space, int64_t count, int64_t *first) {
    return count > 0 && give(s, (int)space, count, first);
}

/* A block normally grows with any write session long before it ends. One that is too small for a single request is enlarged here,
 * in a session of its own. */
FALLIBLE store_ids(store *s, enum id_space space, int64_t count, int64_t *first) {
    if (count <= 0 || count > BLOCK / 4) return FAIL(ERROR_INTERNAL, "ids are given out %d at a time at most", BLOCK / 4);
    while (!give(s, (int)space, count, first)) {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(s, STORE_API, &tx));
        TRY(store_commit(tx));
    }
    return NULL;
}

FALLIBLE config_id(store_tx *tx, const char *counter, int32_t *id) {
    int64_t first;
    TRY(take(tx, text_of(counter), 1, &first));
    if (first > INT32_MAX) return FAIL(ERROR_TOO_LARGE, "the numbers of %s are used up", counter);
    *id = (int32_t)first;
    return NULL;
}

FALLIBLE member_positions(store_tx *tx, int64_t count, int64_t *first) { return take(tx, T("member"), count, first); }

FALLIBLE meta_get(store_tx *tx, arena *a, text name, text *value) {
    struct q_meta_get_row row = {0};
    bool found;
    TRY(q_meta_get_one(tx, a, &(struct q_meta_get_in){name}, &row, &found));
    *value = found ? row.value : (text){0};
    return NULL;
}

FALLIBLE meta_put(store_tx *tx, text name, text value) { return q_meta_put(tx, &(struct q_meta_put_in){name, value}, 1); }

FALLIBLE tally_add(store_tx *tx, enum tally_kind kind, int64_t id, int64_t objects) {
    if (objects == 0) return NULL;
    return q_tally_add(tx, &(struct q_tally_add_in){(int32_t)kind, id, objects}, 1);
}

FALLIBLE tally_get(store_tx *tx, enum tally_kind kind, int64_t id, int64_t *objects) {
    struct q_tally_get_row row = {0};
    bool found;
    TRY(q_tally_get_one(tx, tx->scratch, &(struct q_tally_get_in){(int32_t)kind, id}, &row, &found));
    *objects = found ? row.objects : 0;
    return NULL;
}
