/* API keys and roles. */
#include "store/session.h"

FALLIBLE store_roles(store_tx *tx, arena *a, struct roles *out) { return q_roles_all(tx, a, out); }

FALLIBLE store_api_keys(store_tx *tx, arena *a, struct api_keys *out) {
    TRY(q_api_keys_all(tx, a, out));
    struct api_key_role_rows roles = {0};
    TRY(q_api_key_roles_all(tx, tx->scratch, &roles));
    struct api_key *k = out->at, *end = out->at + out->count;
    for (EACH(const struct api_key_role_row, r, &roles)) {
        while (k < end && k->id < r->key) k++;
        if (k < end && k->id == r->key) *LIST_ADD(a, &k->roles) = r->role;
    }
    return NULL;
}

FALLIBLE store_save_api_key(store_tx *tx, struct api_key *k) {
    TRY(need_write(tx));
    if (!k->id) TRY(store_ids(tx->s, (enum id_space)IDS_API_KEY, 1, &k->id));
    TRY(q_api_key_save(tx, k, 1));
    TRY(q_api_key_roles_delete(tx, &(struct q_api_key_roles_delete_in){k->id}, 1));
    for (EACH(const int32_t, role, &k->roles)) TRY(q_api_key_role_add(tx, &(struct api_key_role_row){k->id, *role}, 1));
    return NULL;
}

FALLIBLE store_delete_api_key(store_tx *tx, int64_t id, bool *found) {
    TRY(need_write(tx));
    int64_t changed;
    TRY(q_api_key_roles_delete(tx, &(struct q_api_key_roles_delete_in){id}, 1));
    TRY(q_api_key_delete(tx, &(struct q_api_key_delete_in){id}, 1, &changed));
    *found = changed > 0;
    return NULL;
}

FALLIBLE store_touch_api_key(store_tx *tx, int64_t id, instant used, text from) {
    TRY(need_write(tx));
    return q_api_key_touch(tx, &(struct q_api_key_touch_in){id, used, from}, 1);
}

/* ---- people ---- */

FALLIBLE store_role_members(store_tx *tx, arena *a, int32_t role, struct int64s *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_role_members(tx, &(struct q_role_members_in){role}, 1, &r));
    for (struct q_role_members_row row; q_role_members_next(&r, &row);) *LIST_ADD(a, out) = row.mvo;
    return rows_end(&r);
}

FALLIBLE store_role_member_counts(store_tx *tx, arena *a, struct role_counts *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_role_member_counts(tx, &r));
    for (struct q_role_member_counts_row row; q_role_member_counts_next(&r, &row);)
        *LIST_ADD(a, out) = (struct role_count){row.role, row.number};
    return rows_end(&r);
}

FALLIBLE store_roles_of(store_tx *tx, arena *a, int64_t mvo, struct int32s *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_roles_of_mvo(tx, &(struct q_roles_of_mvo_in){mvo}, 1, &r));
    for (struct q_roles_of_mvo_row row; q_roles_of_mvo_next(&r, &row);) *LIST_ADD(a, out) = row.role;
    return rows_end(&r);
}

FALLIBLE store_add_role_member(store_tx *tx, int32_t role, int64_t mvo, bool *added) {
    int64_t changed;
    TRY(need_write(tx));
    TRY(q_role_member_add(tx, &(struct q_role_member_add_in){role, mvo}, 1, &changed));
    *added = changed > 0;
    return NULL;
}

FALLIBLE store_remove_role_member(store_tx *tx, int32_t role, int64_t mvo, bool *removed) {
    int64_t changed;
    TRY(need_write(tx));
    TRY(q_role_member_delete(tx, &(struct q_role_member_delete_in){role, mvo}, 1, &changed));
    *removed = changed > 0;
    return NULL;
}
