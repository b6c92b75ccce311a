/* Lists for people: pages of objects found, sorted and counted by index rows; documents are fetched for the page only. */
#include "base/unicode.h"
#include "store/objects.h"
#include "store/search.h"

#include <stdlib.h>

static text folded(arena *a, text search) { return text_is_empty(search) ? (text){0} : text_fold(a, search); }

/* Both list statements of objects answer with ids. */
static FALLIBLE read_ids(arena *a, struct rows *r, struct int64s *ids) {
    for (struct q_cso_list_row row; sql_next(r, &row);) *LIST_ADD(a, ids) = row.id;
    return rows_end(r);
}

/* ",3,7," for the statement; null: all types. */
static text type_list(arena *a, const struct object_query *q) {
    if (!q->types.count) return q->type ? arena_print(a, ",%d,", q->type) : (text){0};
    text out = T(",");
    for (EACH(const int32_t, t, &q->types)) out = arena_print(a, "%.*s%d,", TEXT_ARG(out), *t);
    return out;
}

static int64_t bits(uint32_t many, int one) { return many ? many : one >= 0 ? INT64_C(1) << one : 0; }

/* Alternatives of cso_list by q->sort, each followed by its reverse. */
static unsigned cso_order(const struct object_query *q) {
    static const unsigned orders[] = {0, 0, 2, 4, 6, 8, 10, 12, 14};
    bool known = q->sort >= 0 && (size_t)q->sort < sizeof orders / sizeof *orders;
    return (known ? orders[q->sort] : 0) + (q->descending ? 1U : 0U);
}

FALLIBLE store_list_csos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct csos *out,
                         int64_t *total) {
    struct q_cso_count_in filter = {.system = q->system,
                                    .types = type_list(a, q),
                                    .search = folded(a, q->search),
                                    .statuses = bits(q->statuses, q->status),
                                    .joins = bits(q->joins, q->join),
                                    .unjoined = q->unjoined_only,
                                    .partition = q->partition};
    bool all = !filter.types.at && !filter.search.at && !filter.statuses && !filter.joins && !filter.unjoined && !filter.partition;
    if (all) {
        TRY(tally_get(tx, TALLY_CSO_SYSTEM, q->system, total));
    } else {
        struct q_cso_count_row count;
        bool found;
        TRY(q_cso_count_one(tx, a, &filter, &count, &found));
        *total = count.number;
    }
    if (!q->limit) return NULL;
    struct q_cso_list_in in = {filter.system,   filter.types,     filter.search, filter.statuses, filter.joins,
                               filter.unjoined, filter.partition, q->limit,      q->offset};
    struct int64s ids = {0};
    OWNED_VALUE(rows) r = {0};
    TRY(q_cso_list(tx, cso_order(q), &in, 1, &r));
    TRY(read_ids(a, &r, &ids));
    return store_csos_brief(tx, a, c, ids.at, ids.count, out);
}

/* An object that a scan found, and where it stands in the order; key null: no value. */
struct scanned {
    int64_t id;
    text key;
};
struct scanned_list LIST(struct scanned);

static bool has_filter_value(arena *a, const struct object_query *q, const struct mvo *o, text wanted) {
    const struct values *set = attributes_find(&o->values, q->filter_attribute);
    for (size_t i = 0; set && i < set->count; i++)
        if (text_equal(text_fold(a, value_text(a, &set->at[i])), wanted)) return true;
    return false;
}

static text sort_key(arena *keys, arena *page, const struct config *c, const struct object_query *q, const struct mvo *o) {
    if (q->sort == 2) return arena_text(keys, shown_key(page, mvo_display_name(page, c, o)));
    const struct value *first = attributes_first(&o->values, q->sort_attribute);
    return first ? arena_text(keys, index_key(page, first)) : (text){0};
}

static int by_sort_key(const void *x, const void *y) {
    const struct scanned *a = x, *b = y;
    int order = !a->key.at - !b->key.at;
    if (!order && a->key.at) order = text_compare(a->key, b->key);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

struct scan {
    const struct config *c;
    const struct object_query *q;
    text wanted, search; /* folded, or null */
    bool sorted;
};

static bool scan_finds(const struct scan *s, arena *page, const struct mvo *o) {
    if (s->wanted.at && !has_filter_value(page, s->q, o, s->wanted)) return false;
    if (s->search.at && text_find(shown_key(page, mvo_display_name(page, s->c, o)), s->search) == SIZE_MAX) return false;
    return !s->q->accepts || s->q->accepts(s->q->state, page, o);
}

/* What no index row can tell is looked for in every document of the type. */
static FALLIBLE scan(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct int64s *ids) {
    struct scan s = {c, q, q->filter_attribute ? text_fold(a, q->filter_value) : (text){0}, folded(a, q->search),
                     q->sort == 2 || q->sort_attribute};
    struct scanned_list hits = {0};
    OWNED(arena) page = arena_new((size_t)1 << 34);
    OWNED(arena) keys = arena_new((size_t)1 << 34);
    for (int64_t after = 0;;) {
        arena_reset(page);
        struct mvos list = {0};
        TRY(store_mvo_page(tx, page, c, MVO_ALL, q->type, after, 1000, &list));
        if (!list.count) break;
        for (EACH(const struct mvo, o, &list)) {
            if (!scan_finds(&s, page, o)) continue;
            *LIST_ADD(keys, &hits) = (struct scanned){o->id, s.sorted ? sort_key(keys, page, c, q, o) : (text){0}};
        }
        after = list.at[list.count - 1].id;
    }
    if (s.sorted && hits.count) qsort(hits.at, hits.count, sizeof *hits.at, by_sort_key);
    for (EACH(const struct scanned, hit, &hits)) *LIST_ADD(a, ids) = hit->id;
    return NULL;
}

/* The page's objects without the large values that nobody asked for. */
static FALLIBLE mvos_brief(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, const struct int64s *ids,
                           struct mvos *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(query_mvos(tx, a, ids->at, ids->count, &r));
    TRY(read_mvo_rows(a, c, &r, out));
    for (EACH(struct mvo, o, out)) TRY(fetch_wanted(tx, a, c, BLOB_MVO, o->id, q->all_large ? NULL : &q->large, &o->values));
    return NULL;
}

FALLIBLE store_listed_mvos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, const struct int64s *ids,
                           struct mvos *out) {
    return ids->count ? mvos_brief(tx, a, c, q, ids, out) : NULL;
}

static FALLIBLE filtered(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct mvos *out,
                         int64_t *total) {
    struct int64s ids = {0}, page = {0};
    const struct mv_attribute *attribute = config_mv_attribute(c, q->filter_attribute);
    struct value v;
    if (attribute && attribute->indexed && q->type && text_is_empty(q->search) && !q->accepts && !q->sort_attribute &&
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
    return mvos_brief(tx, a, c, q, &page, out);
}

FALLIBLE store_list_mvos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct mvos *out,
                         int64_t *total) {
    if (q->filter_attribute || q->accepts || q->sort_attribute) return filtered(tx, a, c, q, out, total);
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
    if (!q->limit) return NULL;
    if (!search.at && q->sort != 2) {
        TRY(q_mvo_list_by_id(tx, q->descending, &(struct q_mvo_list_by_id_in){q->type, q->limit, q->offset}, 1, &r));
    } else {
        unsigned sort = (q->sort == 2 ? 0U : 4U) + (q->type ? 0U : 2U) + (q->descending ? 1U : 0U);
        TRY(q_mvo_list(tx, sort, &(struct q_mvo_list_in){q->type, search, q->limit, q->offset}, 1, &r));
    }
    TRY(read_ids(a, &r, &ids));
    return mvos_brief(tx, a, c, q, &ids, out);
}

FALLIBLE store_system_counts(store_tx *tx, int32_t system, struct system_counts *out) {
    TRY(tally_get(tx, TALLY_CSO_SYSTEM, system, &out->objects));
    return tally_get(tx, TALLY_PENDING_SYSTEM, system, &out->pending_exports);
}

FALLIBLE store_count_unresolved(store_tx *tx, int32_t system, int64_t *references) {
    struct q_unresolved_references_row row;
    bool found;
    TRY(q_unresolved_references_one(tx, tx->scratch, &(struct q_unresolved_references_in){system}, &row, &found));
    *references = row.number;
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
