/* The configuration of the Public Data API, and tokens that were taken back. */
#include "store/public.h"
#include "base/unicode.h"
#include "store/session.h"

static const char *const counters[PUBLIC_KINDS] = {
    [PUBLIC_TENANT] = "public:tenant", [PUBLIC_USER] = "public:user",
    [PUBLIC_ROLE] = "public:role",     [PUBLIC_TEMPLATE] = "public:template",
    [PUBLIC_POOL] = "public:pool",     [PUBLIC_SEARCH] = "public:search",
    [PUBLIC_KEY] = "public:key",       [PUBLIC_PREDEFINED] = "public:predefined",
};

FALLIBLE store_public_items(store_tx *tx, arena *a, enum public_kind kind, int32_t tenant, struct public_items *out) {
    *out = (struct public_items){0};
    return q_public_items_all(tx, a, &(struct q_public_items_in){(int32_t)kind, tenant}, 1, out);
}

FALLIBLE store_public_item(store_tx *tx, arena *a, enum public_kind kind, int32_t id, struct public_item *out, bool *found) {
    *out = (struct public_item){0};
    return q_public_item_one(tx, a, &(struct q_public_item_in){(int32_t)kind, id}, out, found);
}

FALLIBLE store_save_public_item(store_tx *tx, struct public_item *item, text name) {
    TRY(need_write(tx));
    item->key = text_fold(tx->scratch, name);
    struct q_public_item_by_key_row taken;
    bool found;
    struct q_public_item_by_key_in named = {(int32_t)item->kind, item->tenant, item->key};
    TRY(q_public_item_by_key_one(tx, tx->scratch, &named, &taken, &found));
    if (found && taken.id != item->id) return FAIL(ERROR_CONFLICT, "'%.*s' exists already", TEXT_ARG(name));
    if (!item->id) TRY(config_id(tx, counters[item->kind], &item->id));
    item->version++;
    return q_public_item_save(tx, item, 1);
}

FALLIBLE store_delete_public_item(store_tx *tx, enum public_kind kind, int32_t id) {
    TRY(need_write(tx));
    int64_t changed;
    TRY(q_public_item_delete(tx, &(struct q_public_item_delete_in){(int32_t)kind, id}, 1, &changed));
    if (!changed) return FAIL(ERROR_NOT_FOUND, "There is none of the number %d.", id);
    return kind == PUBLIC_TENANT ? q_public_items_of_tenant_delete(tx, &(struct q_public_items_of_tenant_delete_in){id}, 1) : NULL;
}

FALLIBLE store_revoke_token(store_tx *tx, text jti, instant ends, instant now) {
    TRY(need_write(tx));
    TRY(q_revoked_tokens_forget(tx, &(struct q_revoked_tokens_forget_in){now}, 1));
    return q_revoked_token_add(tx, &(struct revoked_token){jti, ends}, 1);
}

FALLIBLE store_revoked_tokens(store_tx *tx, arena *a, instant now, struct revoked_tokens *out) {
    *out = (struct revoked_tokens){0};
    return q_revoked_tokens_all(tx, a, &(struct q_revoked_tokens_in){now}, 1, out);
}
