/* What searches ask: walks over index rows, ids, documents, and lookup tables. */
#include "store/search.h"
#include "store/objects.h"

#include <stdlib.h>

/* Above every key that begins with an assigned character. */
static const char beyond[] = "\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF";

/* ---- Index rows ---- */

/* New rows of the metaverse stand in a table of their own: the walk merges both. */
struct index_walk {
    struct rows part[2];
    struct index_hit next[2];
    bool has[2];
    int parts;
    bool descending, begun;
    union {
        struct q_search_settled_in settled;
        struct q_search_recent_in recent;
        struct q_search_connected_in connected;
    } in[2];
};

FALLIBLE index_walk_open(store_tx *tx, const struct index_span *span, index_walk **out) {
    OWNED(index_walk) w = calloc(1, sizeof *w);
    if (!w) return FAIL(ERROR_INTERNAL, "out of memory");
    text low = text_is_null(span->low) ? T("") : span->low, high = text_is_null(span->high) ? text_of(beyond) : span->high;
    int64_t after = span->after ? span->after : -1;
    unsigned order = span->descending ? 1 : 0;
    w->descending = span->descending;
    w->parts = span->metaverse ? 2 : 1;
    if (span->metaverse) {
        w->in[0].settled = (struct q_search_settled_in){span->attribute, span->type, low, after, high, span->part};
        w->in[1].recent = (struct q_search_recent_in){span->attribute, span->type, low, after, high, span->part};
        TRY(q_search_settled(tx, order, &w->in[0].settled, 1, &w->part[0]));
        TRY(q_search_recent(tx, order, &w->in[1].recent, 1, &w->part[1]));
    } else {
        w->in[0].connected = (struct q_search_connected_in){span->attribute, low, after, high, span->part};
        TRY(q_search_connected(tx, order, &w->in[0].connected, 1, &w->part[0]));
    }
    *out = TAKE(w);
    return NULL;
}

static int choose_part(const index_walk *w) {
    if (!w->has[0] || !w->has[1]) return w->has[0] ? 0 : w->has[1] ? 1 : -1;
    int order = text_compare(w->next[0].key, w->next[1].key);
    if (!order) order = (w->next[0].object > w->next[1].object) - (w->next[0].object < w->next[1].object);
    return (w->descending ? order >= 0 : order <= 0) ? 0 : 1;
}

bool index_walk_next(index_walk *w, struct index_hit *out) {
    for (int i = 0; i < w->parts && !w->begun; i++) w->has[i] = sql_next(&w->part[i], &w->next[i]);
    if (w->begun) {
        int last = w->has[0] && w->has[1] ? choose_part(w) : w->has[0] ? 0 : w->has[1] ? 1 : -1;
        if (last < 0) return false;
        w->has[last] = sql_next(&w->part[last], &w->next[last]);
    }
    w->begun = true;
    int first = choose_part(w);
    if (first < 0) return false;
    *out = w->next[first];
    return true;
}

FALLIBLE index_walk_end(index_walk *w) {
    for (int i = 0; i < w->parts; i++) TRY(rows_end(&w->part[i]));
    return NULL;
}

void index_walk_close(index_walk *w) {
    for (int i = 0; i < w->parts; i++) rows_free(&w->part[i]);
    free(w);
}

/* ---- Ids ---- */

/* Rows of one id each. */
struct id_row {
    int64_t id;
};

static FALLIBLE add_ids(arena *a, struct rows *r, struct int64s *out) {
    for (struct id_row row; sql_next(r, &row);) *LIST_ADD(a, out) = row.id;
    return rows_end(r);
}

FALLIBLE search_object_ids(store_tx *tx, arena *a, const struct object_page *p, struct int64s *out) {
    OWNED_VALUE(rows) r = {0};
    if (p->metaverse)
        TRY(q_search_mvo_ids(tx, &(struct q_search_mvo_ids_in){p->type, p->after, p->limit, p->offset}, 1, &r));
    else
        TRY(q_search_cso_ids(tx, &(struct q_search_cso_ids_in){p->type, p->after, p->limit, p->offset}, 1, &r));
    return add_ids(a, &r, out);
}

FALLIBLE search_has_tenants(store_tx *tx, bool *any) {
    struct q_search_tenants_row row;
    return q_search_tenants_one(tx, tx->scratch, &row, any);
}

FALLIBLE search_tenant_objects(store_tx *tx, arena *a, int32_t tenant, int32_t type, struct tenant_objects *out) {
    *out = (struct tenant_objects){0};
    TRY(search_has_tenants(tx, &out->only));
    out->only |= tenant != 1;
    if (!out->only) return NULL;
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_mvo_ids_of_tenant(tx, tenant == 1, &(struct q_search_mvo_ids_of_tenant_in){type, tenant}, 1, &r));
    return add_ids(a, &r, tenant == 1 ? &out->but : &out->of);
}

FALLIBLE search_object_count(store_tx *tx, bool metaverse, int32_t type, int64_t *count) {
    return tally_get(tx, metaverse ? TALLY_MVO_TYPE : TALLY_CSO_TYPE, type, count);
}

FALLIBLE search_ids_of_type(store_tx *tx, arena *a, bool metaverse, int32_t type, const struct int64s *ids, struct int64s *out) {
    struct q_search_mvo_type_in *mv = ARENA_ARRAY(a, struct q_search_mvo_type_in, ids->count);
    struct q_search_cso_type_in *cs = ARENA_ARRAY(a, struct q_search_cso_type_in, ids->count);
    for (size_t i = 0; i < ids->count; i++) {
        mv[i] = (struct q_search_mvo_type_in){ids->at[i], type};
        cs[i] = (struct q_search_cso_type_in){ids->at[i], type};
    }
    if (!ids->count) return NULL;
    OWNED_VALUE(rows) r = {0};
    TRY(metaverse ? q_search_mvo_type(tx, mv, ids->count, &r) : q_search_cso_type(tx, cs, ids->count, &r));
    return add_ids(a, &r, out);
}

FALLIBLE search_connectors(store_tx *tx, arena *a, const struct int64s *mvos, struct int64s *csos) {
    if (!mvos->count) return NULL;
    struct q_search_connectors_in *in = ARENA_ARRAY(a, struct q_search_connectors_in, mvos->count);
    for (size_t i = 0; i < mvos->count; i++) in[i].id = mvos->at[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_connectors(tx, in, mvos->count, &r));
    return add_ids(a, &r, csos);
}

FALLIBLE search_joined(store_tx *tx, arena *a, const struct int64s *csos, struct int64s *mvos) {
    if (!csos->count) return NULL;
    struct q_search_joined_in *in = ARENA_ARRAY(a, struct q_search_joined_in, csos->count);
    for (size_t i = 0; i < csos->count; i++) in[i].id = csos->at[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_joined(tx, in, csos->count, &r));
    return add_ids(a, &r, mvos);
}

FALLIBLE search_referring(store_tx *tx, arena *a, int32_t attribute, const struct int64s *targets, struct int64s *out) {
    if (!targets->count) return NULL;
    struct q_search_referring_in *in = ARENA_ARRAY(a, struct q_search_referring_in, targets->count);
    for (size_t i = 0; i < targets->count; i++) in[i] = (struct q_search_referring_in){targets->at[i], attribute};
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_referring(tx, in, targets->count, &r));
    return add_ids(a, &r, out);
}

/* Any id of the target may be what the reference says. */
static FALLIBLE keys_of(store_tx *tx, arena *a, int32_t attribute, const struct int64s *targets,
                        struct q_search_cso_referring_in *in, size_t *count) {
    struct q_search_cso_id_keys_in *ids = ARENA_ARRAY(a, struct q_search_cso_id_keys_in, targets->count);
    for (size_t i = 0; i < targets->count; i++) ids[i].id = targets->at[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_cso_id_keys(tx, ids, targets->count, &r));
    for (struct q_search_cso_id_keys_row row; q_search_cso_id_keys_next(&r, &row);) {
        if (row.key.at) in[(*count)++] = (struct q_search_cso_referring_in){row.system, arena_text(a, row.key), attribute};
        if (row.secondary.at)
            in[(*count)++] = (struct q_search_cso_referring_in){row.system, arena_text(a, row.secondary), attribute};
    }
    return rows_end(&r);
}

FALLIBLE search_cso_referring(store_tx *tx, arena *a, int32_t attribute, const struct int64s *targets, struct int64s *out) {
    if (!targets->count) return NULL;
    struct q_search_cso_referring_in *in = ARENA_ARRAY(a, struct q_search_cso_referring_in, 2 * targets->count);
    size_t count = 0;
    TRY(keys_of(tx, a, attribute, targets, in, &count));
    if (!count) return NULL;
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_cso_referring(tx, in, count, &r));
    return add_ids(a, &r, out);
}

FALLIBLE search_each_with_reference(store_tx *tx, int32_t attribute, void (*visit)(void *state, int64_t id), void *state) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_with_reference(tx, &(struct q_search_with_reference_in){attribute}, 1, &r));
    for (struct q_search_with_reference_row row; q_search_with_reference_next(&r, &row);) visit(state, row.id);
    return rows_end(&r);
}

/* ---- Documents ---- */

/* Large values of other attributes are not read. */
static void keep_wanted(struct attributes *values, const struct int32s *wanted) {
    size_t kept = 0, w = 0;
    for (size_t i = 0; i < values->count; i++) {
        while (w < wanted->count && wanted->at[w] < values->at[i].attribute) w++;
        if (w < wanted->count && wanted->at[w] == values->at[i].attribute) values->at[kept++] = values->at[i];
    }
    values->count = kept;
}

static FALLIBLE mv_objects(store_tx *tx, arena *a, const struct config *c, const struct int64s *ids, const struct int32s *wanted,
                           struct search_objects *out) {
    struct q_search_mvo_documents_in *in = ARENA_ARRAY(a, struct q_search_mvo_documents_in, ids->count);
    for (size_t i = 0; i < ids->count; i++) in[i].id = ids->at[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_search_mvo_documents(tx, in, ids->count, &r));
    for (struct q_search_mvo_documents_row row; q_search_mvo_documents_next(&r, &row);) {
        struct search_object *o = LIST_ADD(a, out);
        o->id = row.id;
        TRY_OR(document_read_mvo_some(a, c, arena_text(a, row.document), wanted, &o->values), "metaverse object %lld",
               (long long)row.id);
    }
    TRY(rows_end(&r));
    for (EACH(struct search_object, o, out)) TRY(fetch_large(tx, a, BLOB_MVO, o->id, &o->values));
    return NULL;
}

static FALLIBLE cs_objects(store_tx *tx, arena *a, const struct config *c, const struct int64s *ids, const struct int32s *wanted,
                           struct search_objects *out) {
    struct csos list = {0};
    struct q_csos_by_id_in *in = ARENA_ARRAY(a, struct q_csos_by_id_in, ids->count);
    for (size_t i = 0; i < ids->count; i++) in[i] = (struct q_csos_by_id_in){ids->at[i], true};
    OWNED_VALUE(rows) r = {0};
    TRY(q_csos_by_id(tx, in, ids->count, &r));
    TRY(read_cso_rows(a, c, &r, true, &list));
    for (EACH(struct cso, o, &list)) {
        keep_wanted(&o->values, wanted);
        TRY(fetch_large(tx, a, BLOB_CSO, o->id, &o->values));
    }
    TRY(resolve_references(tx, a, c, &list));
    for (EACH(const struct cso, o, &list)) *LIST_ADD(a, out) = (struct search_object){o->id, o->values};
    return NULL;
}

FALLIBLE search_objects(store_tx *tx, arena *a, const struct config *c, bool metaverse, const struct int64s *ids,
                        const struct int32s *wanted, struct search_objects *out) {
    if (!ids->count) return NULL;
    return metaverse ? mv_objects(tx, a, c, ids, wanted, out) : cs_objects(tx, a, c, ids, wanted, out);
}

/* ---- Lookup tables ---- */

FALLIBLE store_replace_lookup(store_tx *tx, int32_t pool, const struct lookup_entries *rows) {
    TRY(need_write(tx));
    TRY(q_lookup_clear(tx, &(struct q_lookup_clear_in){pool}, 1));
    return q_lookup_add(tx, rows->at, rows->count);
}

static FALLIBLE read_lookup(arena *a, int32_t pool, struct rows *r, struct lookup_entries *out) {
    for (struct q_lookup_rows_row row; sql_next(r, &row);)
        *LIST_ADD(a, out) = (struct lookup_entry){pool, row.id, arena_text(a, row.doc)};
    return rows_end(r);
}

FALLIBLE store_lookup_page(store_tx *tx, arena *a, int32_t pool, int64_t after, int64_t limit, struct lookup_entries *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_lookup_rows(tx, &(struct q_lookup_rows_in){pool, after, limit}, 1, &r));
    return read_lookup(a, pool, &r, out);
}

FALLIBLE store_lookup_rows(store_tx *tx, arena *a, int32_t pool, const struct int64s *ids, struct lookup_entries *out) {
    if (!ids->count) return NULL;
    struct q_lookup_row_in *in = ARENA_ARRAY(a, struct q_lookup_row_in, ids->count);
    for (size_t i = 0; i < ids->count; i++) in[i] = (struct q_lookup_row_in){pool, ids->at[i]};
    OWNED_VALUE(rows) r = {0};
    TRY(q_lookup_row(tx, in, ids->count, &r));
    return read_lookup(a, pool, &r, out);
}

FALLIBLE store_lookup_count(store_tx *tx, int32_t pool, int64_t *count) {
    struct q_lookup_count_row row;
    bool found;
    TRY(q_lookup_count_one(tx, tx->scratch, &(struct q_lookup_count_in){pool}, &row, &found));
    *count = row.number;
    return NULL;
}
