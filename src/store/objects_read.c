/* Reads connector space objects: heads, documents with their large values, and the targets of references. */
#include "store/names.h"
#include "store/objects.h"

#include <stdlib.h>

static FALLIBLE damaged(error *cause, const char *table, int64_t id) {
    return error_make(ERROR_CORRUPT, cause, __FILE__, __LINE__, "the row of %s with id %lld cannot be read", table, (long long)id);
}

static FALLIBLE read_by(arena *a, const struct config *c, enum blob_kind kind, text document, struct attributes *out) {
    *out = (struct attributes){0};
    return kind == BLOB_CSO ? document_read_cso(a, c, document, out) : document_read_mvo(a, c, document, out);
}

FALLIBLE read_document(arena *a, const struct config *c, struct rows *r, enum blob_kind kind, text document,
                       struct attributes *out) {
    error *e = read_by(a, c, kind, document, out);
    if (!e) return NULL;
    const struct config *newer;
    OWNED(error) hidden = config_in(r->tx, &newer);
    if (hidden) return e;
    if (newer->version != c->version) {
        error_free(e);
        e = read_by(a, newer, kind, document, out);
    }
    config_release(newer);
    return e;
}

static FALLIBLE read_values(arena *a, const struct config *c, struct rows *r, const struct cso_row *row, struct cso *o) {
    if (text_is_null(row->document)) return damaged(NULL, "cso_doc", o->id);
    error *e = read_document(a, c, r, BLOB_CSO, arena_text(a, row->document), &o->values);
    return e ? damaged(e, "cso_doc", o->id) : NULL;
}

FALLIBLE read_cso_rows(arena *a, const struct config *c, struct rows *r, bool values, struct csos *out) {
    for (struct cso_row row = {0}; sql_next(r, &row);) {
        struct cso *o = LIST_ADD(a, out);
        *o = row.o;
        o->external_id = arena_text(a, text_is_null(row.o.external_id) ? row.key : row.o.external_id);
        o->secondary_external_id =
            arena_text(a, text_is_null(row.o.secondary_external_id) ? row.secondary_key : row.o.secondary_external_id);
        o->has_values = values;
        if (values) TRY(read_values(a, c, r, &row, o));
    }
    return rows_end(r);
}

FALLIBLE read_csos(store_tx *tx, arena *a, const struct config *c, struct rows *r, bool values, struct csos *out) {
    size_t from = out->count;
    TRY(read_cso_rows(a, c, r, values, out));
    for (size_t i = from; values && i < out->count; i++) {
        error *e = fetch_large(tx, a, BLOB_CSO, out->at[i].id, &out->at[i].values);
        if (e) return damaged(e, "cso_doc", out->at[i].id);
    }
    return NULL;
}

static FALLIBLE complete(store_tx *tx, arena *a, const struct config *c, struct csos *out, size_t from) {
    struct csos fresh = {.at = out->at + from, .count = out->count - from};
    return resolve_references(tx, a, c, &fresh);
}

static void make_room(arena *a, struct csos *out, size_t count) {
    if (out->room) return;
    out->at = ARENA_ARRAY(a, struct cso, count);
    out->room = count;
}

FALLIBLE store_csos(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, bool values,
                    struct csos *out) {
    if (!count) return NULL;
    struct q_csos_by_id_in *in = ARENA_ARRAY(a, struct q_csos_by_id_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_csos_by_id_in){ids[i], values};
    size_t from = out->count;
    OWNED_VALUE(rows) r = {0};
    make_room(a, out, count);
    TRY(q_csos_by_id(tx, in, count, &r));
    TRY(read_csos(tx, a, c, &r, values, out));
    return values ? complete(tx, a, c, out, from) : NULL;
}

FALLIBLE store_cso_page(store_tx *tx, arena *a, const struct config *c, const struct cso_page_query *q, struct csos *out) {
    size_t from = out->count;
    int64_t limit = (int64_t)q->limit;
    OWNED_VALUE(rows) r = {0};
    if (q->changed_after.ticks)
        TRY(q_csos_changed_after(tx, &(struct q_csos_changed_after_in){q->system, q->after, q->changed_after, q->values, limit}, 1,
                                 &r));
    else
        TRY(q_csos_after(tx, &(struct q_csos_after_in){q->system, q->after, q->values, limit}, 1, &r));
    TRY(read_csos(tx, a, c, &r, q->values, out));
    struct csos fresh = {.at = out->at + from, .count = out->count - from};
    return q->values ? resolve_and_tell(tx, a, c, &fresh, q->targets) : NULL;
}

FALLIBLE store_changed_csos(store_tx *tx, arena *a, int32_t system, instant changed_after, int64_t after, size_t most,
                            struct int64s *ids, bool *few) {
    size_t from = ids->count;
    OWNED_VALUE(rows) r = {0};
    TRY(q_changed_csos(tx, &(struct q_changed_csos_in){system, after, changed_after, (int64_t)most + 1}, 1, &r));
    for (struct q_changed_csos_row row; q_changed_csos_next(&r, &row);) *LIST_ADD(a, ids) = row.id;
    *few = ids->count - from <= most;
    return rows_end(&r);
}

void sort_connectors(struct csos *list, size_t from) {
    for (size_t i = from + 1; i < list->count; i++) {
        struct cso o = list->at[i];
        size_t place = i;
        for (; place > from && list->at[place - 1].mvo == o.mvo && list->at[place - 1].id > o.id; place--)
            list->at[place] = list->at[place - 1];
        list->at[place] = o;
    }
}

FALLIBLE store_connector_ids(store_tx *tx, arena *a, const int64_t *mvos, size_t count, struct connector_refs *out) {
    if (!count) return NULL;
    struct q_connector_ids_in *in = ARENA_ARRAY(a, struct q_connector_ids_in, count);
    for (size_t i = 0; i < count; i++) in[i].mvo = mvos[i];
    size_t from = out->count;
    OWNED_VALUE(rows) r = {0};
    TRY(q_connector_ids(tx, in, count, &r));
    for (struct connector_ref row = {0}; q_connector_ids_next(&r, &row);) *LIST_ADD(a, out) = row;
    for (size_t i = from + 1; i < out->count; i++) { /* those of one are few, and come in the order of their systems */
        struct connector_ref one = out->at[i];
        size_t place = i;
        for (; place > from && out->at[place - 1].mvo == one.mvo && out->at[place - 1].cso > one.cso; place--)
            out->at[place] = out->at[place - 1];
        out->at[place] = one;
    }
    return rows_end(&r);
}

FALLIBLE store_connectors(store_tx *tx, arena *a, const struct config *c, const int64_t *mvos, size_t count, bool values,
                          struct csos *out) {
    if (!count) return NULL;
    struct q_csos_of_mvo_in *in = ARENA_ARRAY(a, struct q_csos_of_mvo_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_csos_of_mvo_in){mvos[i], values};
    size_t from = out->count;
    OWNED_VALUE(rows) r = {0};
    make_room(a, out, count);
    TRY(q_csos_of_mvo(tx, in, count, &r));
    TRY(read_csos(tx, a, c, &r, values, out));
    sort_connectors(out, from);
    return values ? complete(tx, a, c, out, from) : NULL;
}

static FALLIBLE awaiting(store_tx *tx, arena *a, int32_t system, struct int64s *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_awaiting_csos(tx, &(struct q_awaiting_csos_in){system}, 1, &r));
    for (struct q_awaiting_csos_row row; q_awaiting_csos_next(&r, &row);) *LIST_ADD(a, out) = row.cso;
    return rows_end(&r);
}

/* Keys and waiting exports both ascend by id. */
FALLIBLE store_each_cso_key(store_tx *tx, int32_t system, void (*visit)(void *state, const struct cso_key *k), void *state) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct int64s waiting = {0};
    TRY(awaiting(tx, a, system, &waiting));
    size_t next = 0;
    OWNED_VALUE(rows) r = {0};
    TRY(q_cso_keys(tx, &(struct q_cso_keys_in){system}, 1, &r));
    for (struct cso_key k = {0}; q_cso_keys_next(&r, &k);) {
        while (next < waiting.count && waiting.at[next] < k.id) next++;
        k.awaiting = next < waiting.count && waiting.at[next] == k.id;
        visit(state, &k);
    }
    return rows_end(&r);
}

FALLIBLE store_cso_keys_of(store_tx *tx, arena *a, int32_t system, const text *keys, size_t count,
                           void (*visit)(void *state, const struct cso_key *k), void *state) {
    if (!count) return NULL;
    struct q_cso_keys_of_in *in = ARENA_ARRAY(a, struct q_cso_keys_of_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_cso_keys_of_in){system, id_key(a, keys[i])};
    OWNED_VALUE(rows) r = {0};
    TRY(q_cso_keys_of(tx, in, count, &r));
    for (struct cso_key k = {0}; q_cso_keys_of_next(&r, &k);) visit(state, &k);
    return rows_end(&r);
}

static FALLIBLE find(store_tx *tx, arena *a, const struct cso_key_query *queries, size_t count, bool secondary,
                     struct cso_key_hits *out) {
    struct q_find_key_in *in = ARENA_ARRAY(a, struct q_find_key_in, count);
    struct q_find_secondary_in *in_secondary = ARENA_ARRAY(a, struct q_find_secondary_in, count);
    uint32_t *which = ARENA_ARRAY(a, uint32_t, count);
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        if (queries[i].secondary != secondary || text_is_null(queries[i].value)) continue;
        text key = id_key(a, queries[i].value);
        in[wanted] = (struct q_find_key_in){queries[i].system, key};
        in_secondary[wanted] = (struct q_find_secondary_in){queries[i].system, key};
        which[wanted++] = (uint32_t)i;
    }
    if (!wanted) return NULL;
    OWNED_VALUE(rows) r = {0};
    TRY(secondary ? q_find_secondary(tx, in_secondary, wanted, &r) : q_find_key(tx, in, wanted, &r));
    for (struct q_find_key_row row; sql_next(&r, &row);) {
        uint32_t query = which[r.input];
        if (queries[query].type && queries[query].type != row.type) continue;
        *LIST_ADD(a, out) = (struct cso_key_hit){query, row.type, row.status, row.id, row.mvo};
    }
    return rows_end(&r);
}

static int by_query(const void *x, const void *y) {
    const struct cso_key_hit *a = x, *b = y;
    if (a->query != b->query) return a->query < b->query ? -1 : 1;
    return (a->cso > b->cso) - (a->cso < b->cso);
}

FALLIBLE store_find_keys(store_tx *tx, arena *a, const struct cso_key_query *queries, size_t count, struct cso_key_hits *out) {
    TRY(find(tx, a, queries, count, false, out));
    TRY(find(tx, a, queries, count, true, out));
    if (out->count > 1) qsort(out->at, out->count, sizeof *out->at, by_query);
    return NULL;
}

FALLIBLE store_referrers(store_tx *tx, arena *a, int32_t system, const text *folded_ids, size_t count, struct int64s *csos) {
    if (!count) return NULL;
    struct q_referrers_in *in = ARENA_ARRAY(a, struct q_referrers_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_referrers_in){system, id_key(a, folded_ids[i])};
    OWNED_VALUE(rows) r = {0};
    TRY(q_referrers(tx, in, count, &r));
    struct int_map seen;
    int_map_init(&seen, a, count);
    for (struct q_referrers_row row; q_referrers_next(&r, &row);)
        if (!int_map_put(&seen, row.cso, &seen)) *LIST_ADD(a, csos) = row.cso;
    return rows_end(&r);
}

FALLIBLE store_match_csos(store_tx *tx, arena *a, const struct match_query *queries, size_t count, struct match_hits *out) {
    if (!count) return NULL;
    struct q_match_csos_in *in = ARENA_ARRAY(a, struct q_match_csos_in, count);
    const struct config *c;
    TRY(config_in(tx, &c));
    for (size_t i = 0; i < count; i++) {
        const struct cs_attribute *t = config_cs_attribute(c, queries[i].attribute);
        text key = match_key(a, t ? t->type : TYPE_TEXT, queries[i].key);
        in[i] = (struct q_match_csos_in){queries[i].type, queries[i].attribute, key};
    }
    config_release(c);
    OWNED_VALUE(rows) r = {0};
    TRY(q_match_csos(tx, in, count, &r));
    for (struct q_match_csos_row row; q_match_csos_next(&r, &row);)
        *LIST_ADD(a, out) = (struct match_hit){(uint32_t)r.input, row.id};
    return rows_end(&r);
}
