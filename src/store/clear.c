/* Empties a connector space, one transaction for each chunk, so that others can write in between. */
#include "store/objects.h"

enum { CHUNK = 1000 };

FALLIBLE store_clear_some(store_tx *tx, arena *a, const struct config *c, int32_t system, struct csos *removed) {
    struct csos list = {0};
    TRY(store_cso_page(tx, a, c, &(struct cso_page_query){.system = system, .limit = CHUNK, .values = true}, &list));
    *removed = list;
    if (!list.count) return store_save_system_state(tx, system, &(struct system_state){0});
    struct int64s ids = {0};
    struct cso_changes gone = {0};
    struct pending_exports exports = {0};
    struct pending_export_changes withdrawn = {0};
    for (EACH(const struct cso, o, &list)) {
        *LIST_ADD(a, &ids) = o->id;
        LIST_ADD(a, &gone)->before = o;
    }
    TRY(store_pending_by_cso(tx, a, c, ids.at, ids.count, &exports));
    for (EACH(const struct pending_export, p, &exports)) LIST_ADD(a, &withdrawn)->before = p;
    TRY(store_write_pending(tx, c, &withdrawn));
    return store_write_csos(tx, c, &gone);
}

static FALLIBLE clear_all(store *s, const struct config *c, int32_t system, bool (*cancelled)(void *), void *state,
                          int64_t *removed) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    for (bool more = true; more;) {
        struct csos gone;
        if (cancelled && cancelled(state)) return FAIL(ERROR_CANCELLED, "clearing the connector space was cancelled");
        arena_reset(a);
        OWNED(store_tx) tx = NULL;
        TRY(store_write(s, STORE_BULK, &tx));
        TRY(store_clear_some(tx, a, c, system, &gone));
        TRY(store_commit(tx));
        *removed += (int64_t)gone.count;
        more = gone.count > 0;
    }
    return NULL;
}

FALLIBLE store_clear_system(store *s, int32_t system, bool (*cancelled)(void *), void *state, int64_t *removed) {
    const struct config *c;
    *removed = 0;
    TRY(store_config(s, &c));
    error *e = clear_all(s, c, system, cancelled, state, removed);
    config_release(c);
    return e;
}
