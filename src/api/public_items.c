/* Documents with a version: finding, If-Match, saving with a record of who and why. */
#include "api/public_items.h"

#include "search/catalogue.h"

SHAPE(by_tenant, NULL, FIELDS(FIELD(by_tenant, tenant_id, "tenantId"), EMBED(by_tenant, list, list_query)));
SHAPE(by_tenant_and_id, NULL,
      FIELDS(FIELD(by_tenant_and_id, tenant_id, "tenantId"), FIELD(by_tenant_and_id, id, "id"),
             FIELD(by_tenant_and_id, if_match, "If-Match", .header = true)));
SHAPE(delete_in_tenant, NULL,
      FIELDS(FIELD(delete_in_tenant, tenant_id, "tenantId"), FIELD(delete_in_tenant, id, "id"),
             FIELD(delete_in_tenant, force, "force", .query = true, .doc = "Delete it although it is used."),
             FIELD(delete_in_tenant, if_match, "If-Match", .header = true), CHANGE_REASON(delete_in_tenant, change_reason)));

FALLIBLE public_find(store_tx *tx, arena *a, enum public_kind kind, const char *what, int32_t tenant, int32_t id,
                     struct public_item *out) {
    bool found;
    TRY(store_public_item(tx, a, kind, id, out, &found));
    if (found && out->tenant == tenant) return NULL;
    return FAIL(ERROR_NOT_FOUND, "There is no %s %d%s.", what, id, tenant ? " in this tenant" : "");
}

FALLIBLE public_find_tenant(store_tx *tx, arena *a, int32_t id, struct tenant *out) {
    struct public_item item;
    TRY(public_find(tx, a, PUBLIC_TENANT, "tenant", 0, id, &item));
    return tenant_read(a, &item, out);
}

static text tag_of(arena *a, int32_t version) { return arena_print(a, "\"%d\"", version); }

void public_tag(struct call *c, int32_t version) { call_header(c, "ETag", tag_of(c->a, version)); }

FALLIBLE public_check_match(struct call *c, text if_match, int32_t version) {
    if (text_is_null(if_match) || text_equal(if_match, T("*")) || text_equal(if_match, tag_of(c->a, version))) return NULL;
    return call_fail(c, 412, "PRECONDITION_FAILED", "It has changed since; read it again.");
}

text public_history_key(arena *a, int32_t tenant, int32_t id) { return arena_print(a, "%d/%d", tenant, id); }

static FALLIBLE save_named(store_tx *tx, const struct public_change *k) {
    OWNED(error) e = store_save_public_item(tx, k->saved, k->name);
    if (!e || e->kind != ERROR_CONFLICT) return TAKE(e);
    return FAIL(ERROR_CONFLICT, "There is a %s '%.*s' already.", k->what, TEXT_ARG(k->name));
}

FALLIBLE public_commit(struct call *c, struct change *x, struct public_change *k) {
    struct change_note note = {.target = k->target, .name = k->name, .reason = k->reason, .along = k->along};
    if (!k->saved) {
        note.operation = OPERATION_DELETE;
        TRY(store_delete_public_item(x->tx, k->kind, k->id));
    } else {
        note.operation = k->id ? OPERATION_UPDATE : OPERATION_CREATE;
        TRY(save_named(x->tx, k));
        k->id = k->saved->id;
    }
    note.id = k->id;
    note.key = public_history_key(c->a, k->tenant, k->id);
    TRY(change_commit(c, x, &note, NULL));
    public_access_changed(c->services->public);
    search_changed(c->services->search);
    return NULL;
}
