/* What the administration of the Public Data API shares: documents with a version, found, saved and deleted in one way. */
#ifndef JOINERY_API_PUBLIC_ITEMS_H
#define JOINERY_API_PUBLIC_ITEMS_H

#include "access/public.h"
#include "api/change.h"

/* Paths with a tenant, and an id within it; the wire names are tenantId and id. */
struct by_tenant {
    int32_t tenant_id;
    struct list_query list;
};
struct by_tenant_and_id {
    int32_t tenant_id, id;
    text if_match;
};
struct delete_in_tenant {
    int32_t tenant_id, id;
    bool force;
    text if_match, change_reason;
};
extern const struct shape by_tenant_shape, by_tenant_and_id_shape, delete_in_tenant_shape;

/* ERROR_NOT_FOUND unless the tenant exists. */
FALLIBLE public_find_tenant(store_tx *tx, arena *a, int32_t id, struct tenant *out);
/* The item of this kind and id in the tenant (0: of none), or ERROR_NOT_FOUND with `what` in the sentence ("user"). */
FALLIBLE public_find(store_tx *tx, arena *a, enum public_kind kind, const char *what, int32_t tenant, int32_t id,
                     struct public_item *out);
/* 412 when If-Match names another version; sets nothing. */
FALLIBLE public_check_match(struct call *c, text if_match, int32_t version);
/* The ETag of a version. */
void public_tag(struct call *c, int32_t version);

/* One change of such a document: the item is saved (or deleted, when `saved` is NULL) and recorded, and the keepers of callers and
 * searches are told. A name that is taken is 409. */
struct public_change {
    enum public_kind kind;
    enum activity_target target;
    const char *what;
    int32_t tenant, id; /* id 0: a new one; set */
    text name, reason;
    struct public_item *saved;
    struct changed_objects along;
};
FALLIBLE public_commit(struct call *c, struct change *x, struct public_change *k);
/* Under what key the history of something in a tenant is kept. */
text public_history_key(arena *a, int32_t tenant, int32_t id);

#endif
