/* What is kept of the Public Data API and of predefined searches: documents of the layers that know what they mean, and tokens that
 * were taken back (public-data-api.md). */
#ifndef JOINERY_STORE_PUBLIC_H
#define JOINERY_STORE_PUBLIC_H

#include "store/store.h"

enum public_kind {
    PUBLIC_TENANT = 1,
    PUBLIC_USER,
    PUBLIC_ROLE,
    PUBLIC_TEMPLATE,
    PUBLIC_POOL,
    PUBLIC_SEARCH,
    PUBLIC_KEY,        /* of tokens */
    PUBLIC_PREDEFINED, /* predefined searches of the metaverse; of no tenant */
    PUBLIC_KINDS
};
/* A document of the layer that knows what it means. */
struct public_item {
    enum public_kind kind;
    int32_t id;
    int32_t tenant; /* 0: of none (tenants, keys) */
    text key;       /* the folded name; unique for kind and tenant */
    int32_t version;
    instant created, updated;
    text doc; /* JSON */
};
struct public_items LIST(struct public_item);
/* tenant 0: of all tenants. By id. */
FALLIBLE store_public_items(store_tx *tx, arena *a, enum public_kind kind, int32_t tenant, struct public_items *out);
FALLIBLE store_public_item(store_tx *tx, arena *a, enum public_kind kind, int32_t id, struct public_item *out, bool *found);
/* id 0: gives one. Sets key and the next version. ERROR_CONFLICT when another one has the name, in any case. */
FALLIBLE store_save_public_item(store_tx *tx, struct public_item *item, text name);
/* With a tenant goes everything in it. ERROR_NOT_FOUND. */
FALLIBLE store_delete_public_item(store_tx *tx, enum public_kind kind, int32_t id);
struct revoked_token {
    text jti;
    instant ends;
};
struct revoked_tokens LIST(struct revoked_token);
/* Twice is as once; forgets those that have ended. */
FALLIBLE store_revoke_token(store_tx *tx, text jti, instant ends, instant now);
FALLIBLE store_revoked_tokens(store_tx *tx, arena *a, instant now, struct revoked_tokens *out);

#endif
