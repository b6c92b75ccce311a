/* What only people ask: names, counts by type, and objects that wait for their deletion. */
#include "store/objects.h"

enum { NAMES_AT_ONCE = 1000 };

static FALLIBLE read_names(store_tx *tx, arena *a, arena *scratch, const struct config *c, const int64_t *ids, size_t count,
                           text *names) {
    struct mvos list = {0};
    OWNED_VALUE(rows) r = {0};
    TRY(query_mvos(tx, scratch, ids, count, &r));
    TRY(read_mvo_rows(scratch, c, &r, &list));
    static const struct int32s none = {0};
    size_t at = 0;
    for (EACH(struct mvo, o, &list)) {
        while (at < count && ids[at] != o->id) names[at++] = (text){0};
        if (at == count) break;
        TRY(fetch_wanted(tx, scratch, c, BLOB_MVO, o->id, &none, &o->values));
        names[at++] = arena_text(a, mvo_display_name(scratch, c, o));
    }
    while (at < count) names[at++] = (text){0};
    return NULL;
}

FALLIBLE store_mvo_names(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, text *names) {
    OWNED(arena) scratch = arena_new((size_t)1 << 34);
    for (size_t from = 0; from < count; from += NAMES_AT_ONCE) {
        size_t some = count - from < NAMES_AT_ONCE ? count - from : NAMES_AT_ONCE;
        arena_reset(scratch);
        TRY(read_names(tx, a, scratch, c, ids + from, some, names + from));
    }
    return NULL;
}

static FALLIBLE brief(store_tx *tx, arena *a, const struct config *c, struct rows *r, struct csos *out) {
    static const struct int32s none = {0};
    size_t from = out->count;
    TRY(read_cso_rows(a, c, r, true, out));
    for (size_t i = from; i < out->count; i++) TRY(fetch_wanted(tx, a, c, BLOB_CSO, out->at[i].id, &none, &out->at[i].values));
    return NULL;
}

FALLIBLE store_csos_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct csos *out) {
    if (!count) return NULL;
    struct q_csos_by_id_in *in = ARENA_ARRAY(a, struct q_csos_by_id_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_csos_by_id_in){ids[i], true};
    OWNED_VALUE(rows) r = {0};
    TRY(q_csos_by_id(tx, in, count, &r));
    return brief(tx, a, c, &r, out);
}

FALLIBLE store_mvos_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct mvos *out) {
    static const struct int32s none = {0};
    if (!count) return NULL;
    OWNED_VALUE(rows) r = {0};
    TRY(query_mvos(tx, a, ids, count, &r));
    TRY(read_mvo_rows(a, c, &r, out));
    for (EACH(struct mvo, o, out)) TRY(fetch_wanted(tx, a, c, BLOB_MVO, o->id, &none, &o->values));
    return NULL;
}

FALLIBLE store_connectors_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *mvos, size_t count,
                                struct csos *out) {
    if (!count) return NULL;
    struct q_csos_of_mvo_in *in = ARENA_ARRAY(a, struct q_csos_of_mvo_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_csos_of_mvo_in){mvos[i], true};
    size_t from = out->count;
    OWNED_VALUE(rows) r = {0};
    TRY(q_csos_of_mvo(tx, in, count, &r));
    TRY(brief(tx, a, c, &r, out));
    sort_connectors(out, from);
    return NULL;
}

FALLIBLE store_mv_attribute_type_uses(store_tx *tx, arena *a, int32_t attribute, struct type_counts *out) {
    struct q_mv_attribute_type_uses_in in = {arena_print(a, "\"%d\":", attribute)};
    return q_mv_attribute_type_uses_all(tx, a, &in, 1, out);
}

FALLIBLE store_marked_counts(store_tx *tx, int32_t type, instant now, struct marked_counts *out) {
    bool found;
    return q_marked_counts_one(tx, tx->scratch, &(struct q_marked_counts_in){type, now}, out, &found);
}

FALLIBLE store_removal_counts(store_tx *tx, int32_t system, struct removal_counts *out) {
    bool found;
    return q_removal_counts_one(tx, tx->scratch, &(struct q_removal_counts_in){system}, out, &found);
}

FALLIBLE store_list_marked(store_tx *tx, arena *a, const struct config *c, int32_t type, int64_t offset, int64_t limit,
                           struct mvos *out) {
    static const struct int32s none = {0};
    struct int64s ids = {0};
    OWNED_VALUE(rows) r = {0};
    TRY(q_marked_list(tx, &(struct q_marked_list_in){type, limit, offset}, 1, &r));
    for (struct q_marked_list_row row; q_marked_list_next(&r, &row);) *LIST_ADD(a, &ids) = row.id;
    TRY(rows_end(&r));
    TRY(query_mvos(tx, a, ids.at, ids.count, &r));
    TRY(read_mvo_rows(a, c, &r, out));
    for (EACH(struct mvo, o, out)) TRY(fetch_wanted(tx, a, c, BLOB_MVO, o->id, &none, &o->values));
    return NULL;
}
