/* Asynchronous searches as they are kept (public-data-api §5). */
#include "store/result_sets.h"

#include "store/session.h"

FALLIBLE store_add_result_set(store_tx *tx, const struct result_set *r) {
    TRY(need_write(tx));
    return q_result_set_add(tx, r, 1);
}

FALLIBLE store_result_set(store_tx *tx, arena *a, text id, struct result_set *out, bool *found) {
    return q_result_set_one(tx, a, &(struct q_result_set_in){id}, out, found);
}

FALLIBLE store_turn_result_set(store_tx *tx, const struct result_set *r) {
    TRY(need_write(tx));
    return q_result_set_turn(tx, r, 1);
}

FALLIBLE store_result_sets(store_tx *tx, arena *a, int state, struct result_sets_kept *out) {
    *out = (struct result_sets_kept){0};
    return q_result_sets_all(tx, a, &(struct q_result_sets_in){state}, 1, out);
}

FALLIBLE store_forget_result_sets(store_tx *tx, instant before) {
    TRY(need_write(tx));
    return q_result_sets_forget(tx, &(struct q_result_sets_forget_in){before}, 1);
}

FALLIBLE store_result_usage(store_tx *tx, int32_t tenant, int32_t user, struct result_usage *out) {
    struct q_result_sets_usage_row row;
    bool found;
    TRY(q_result_sets_usage_one(tx, tx->scratch, &(struct q_result_sets_usage_in){tenant, user}, &row, &found));
    *out = (struct result_usage){row.bytes, row.tenant_bytes, row.of_user};
    return NULL;
}
