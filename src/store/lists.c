/* Lists for people: pages of objects found, sorted and counted by index rows; documents are fetched for the page only. */
#include "base/unicode.h"
#include "store/objects.h"

static text folded(arena *a, text search) { return text_is_empty(search) ? (text){0} : text_fold(a, search); }

/* Both list statements of objects answer with ids. */
static FALLIBLE read_ids(arena *a, struct rows *r, struct int64s *ids) {
    for (struct q_cso_list_row row; sql_next(r, &row);) *LIST_ADD(a, ids) = row.id;
    return rows_end(r);
}

FALLIBLE store_list_csos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct csos *out,
                         int64_t *total) {
    text search = folded(a, q->search);
    bool all = !q->type && !search.at && q->status < 0 && q->join < 0 && !q->unjoined_only;
    if (all) {
        TRY(tally_get(tx, TALLY_CSO_SYSTEM, q->system, total));
    } else {
        struct q_cso_count_row count;
        bool found;
        struct q_cso_count_in in = {q->system, q->type, search, q->status, q->join, q->unjoined_only};
        TRY(q_cso_count_one(tx, a, &in, &count, &found));
        *total = count.number;
    }
    /* objects are created in the order of their ids */
    unsigned sort = q->sort == 2 ? 2 : q->sort == 3 ? 4 : 0;
    struct q_cso_list_in in = {q->system, q->type, search, q->status, q->join, q->unjoined_only, q->limit, q->offset};
    struct int64s ids = {0};
    OWNED_VALUE(rows) r = {0};
    TRY(q_cso_list(tx, sort + q->descending, &in, 1, &r));
    TRY(read_ids(a, &r, &ids));
    return store_csos(tx, a, c, ids.at, ids.count, true, out);
}

/* An attribute without index rows is looked for in every document of the type. */
static FALLIBLE scan(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct int64s *ids) {
    text wanted = text_fold(a, q->filter_value), search = folded(a, q->search);
    OWNED(arena) page = arena_new((size_t)1 << 34);
    for (int64_t after = 0;;) {
        arena_reset(page);
        struct mvos list = {0};
        TRY(store_mvo_page(tx, page, c, MVO_ALL, q->type, after, 1000, &list));
        if (!list.count) return NULL;
        for (EACH(const struct mvo, o, &list)) {
            const struct values *set = attributes_find(&o->values, q->filter_attribute);
            bool hit = false;
            for (size_t i = 0; set && i < set->count && !hit; i++)
                hit = text_equal(text_fold(page, value_text(page, &set->at[i])), wanted);
            if (hit && search.at) hit = text_find(shown_key(page, mvo_display_name(page, c, o)), search) != SIZE_MAX;
            if (hit) *LIST_ADD(a, ids) = o->id;
        }
        after = list.at[list.count - 1].id;
    }
}

static FALLIBLE filtered(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct mvos *out,
                         int64_t *total) {
    struct int64s ids = {0}, page = {0};
    const struct mv_attribute *attribute = config_mv_attribute(c, q->filter_attribute);
    struct value v;
    if (attribute && attribute->indexed && q->type && text_is_empty(q->search) &&
        value_read(a, attribute->type, q->filter_value, &v)) {
        struct match_hits hits = {0};
        TRY(store_match_mvos(tx, a, &(struct match_query){q->type, q->filter_attribute, value_key(a, &v)}, 1, &hits));
        for (EACH(const struct match_hit, hit, &hits)) *LIST_ADD(a, &ids) = hit->object;
    } else {
        TRY(scan(tx, a, c, q, &ids));
    }
    *total = (int64_t)ids.count;
    for (int64_t i = q->offset; i < *total && i < q->offset + q->limit; i++)
        *LIST_ADD(a, &page) = ids.at[q->descending ? *total - 1 - i : i];
    return store_mvos(tx, a, c, page.at, page.count, out);
}

FALLIBLE store_list_mvos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct mvos *out,
                         int64_t *total) {
    if (q->filter_attribute) return filtered(tx, a, c, q, out, total);
    text search = folded(a, q->search);
    struct int64s ids = {0};
    OWNED_VALUE(rows) r = {0};
    if (!search.at) {
        TRY(store_count_mvos(tx, q->type, total));
    } else {
        struct q_mvo_count_row count;
        bool found;
        TRY(q_mvo_count_one(tx, a, &(struct q_mvo_count_in){q->type, search}, &count, &found));
        *total = count.number;
    }
    if (!search.at && q->sort != 2) {
        TRY(q_mvo_list_by_id(tx, q->descending, &(struct q_mvo_list_by_id_in){q->type, q->limit, q->offset}, 1, &r));
    } else {
        unsigned sort = (q->sort == 2 ? 0U : 4U) + (q->type ? 0U : 2U) + (q->descending ? 1U : 0U);
        TRY(q_mvo_list(tx, sort, &(struct q_mvo_list_in){q->type, search, q->limit, q->offset}, 1, &r));
    }
    TRY(read_ids(a, &r, &ids));
    return store_mvos(tx, a, c, ids.at, ids.count, out);
}

FALLIBLE store_system_counts(store_tx *tx, int32_t system, struct system_counts *out) {
    TRY(tally_get(tx, TALLY_CSO_SYSTEM, system, &out->objects));
    TRY(tally_get(tx, TALLY_PENDING_SYSTEM, system, &out->pending_exports));
    struct q_unresolved_references_row row;
    bool found;
    TRY(q_unresolved_references_one(tx, tx->scratch, &(struct q_unresolved_references_in){system}, &row, &found));
    out->unresolved_references = row.number;
    return NULL;
}

FALLIBLE store_count_mvos(store_tx *tx, int32_t type, int64_t *count) {
    if (type) return tally_get(tx, TALLY_MVO_TYPE, type, count);
    struct q_tally_sum_row row;
    bool found;
    TRY(q_tally_sum_one(tx, tx->scratch, &(struct q_tally_sum_in){TALLY_MVO_TYPE}, &row, &found));
    *count = row.objects;
    return NULL;
}

/* A member's name in a document: no text inside it can look like that, because quotes within texts are escaped. */
static text member_name(arena *a, int32_t attribute) { return arena_print(a, "\"%d\":", attribute); }

FALLIBLE store_mv_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects) {
    struct q_mv_attribute_uses_row row;
    bool found;
    TRY(q_mv_attribute_uses_one(tx, tx->scratch, &(struct q_mv_attribute_uses_in){member_name(tx->scratch, attribute)}, &row,
                                &found));
    *objects = row.number;
    return NULL;
}

FALLIBLE store_cs_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects) {
    struct q_cs_attribute_uses_row row;
    bool found;
    TRY(q_cs_attribute_uses_one(tx, tx->scratch, &(struct q_cs_attribute_uses_in){attribute, member_name(tx->scratch, attribute)},
                                &row, &found));
    *objects = row.number;
    return NULL;
}
