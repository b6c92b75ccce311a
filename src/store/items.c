/* The items of activities: one compact row for each object that a run touched. */
#include "base/json.h"
#include "base/unicode.h"
#include "model/document.h"
#include "store/session.h"

#include <stdlib.h>

enum { DOCUMENT_BYTES = 1 << 26 };

static int64_t outcome_bits(const struct outcome_node *node) {
    int64_t bits = 0;
    for (; node; node = node->next) bits |= INT64_C(1) << node->type | outcome_bits(node->children);
    return bits;
}

static text write_tree(arena *a, const struct outcome_node *roots) {
    if (!roots) return (text){0};
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    document_write_outcomes(&b, roots);
    return arena_text(a, buffer_as_text(&b));
}

static text write_causes(arena *a, const struct run_item *i) {
    if (!i->cause_count) return (text){0};
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    json_array(&w);
    for (size_t n = 0; n < i->cause_count; n++) {
        const struct cause *c = &i->causes[n];
        json_array(&w);
        json_int(&w, c->edge), json_int(&w, c->reason), json_int(&w, c->item), json_int(&w, c->mvo);
        json_string(&w, c->mvo_name), json_string(&w, c->mvo_type), json_string(&w, c->attribute);
        json_array_end(&w);
    }
    json_array_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static bool read_cause(const struct json *row, struct cause *c) {
    if (row->kind != JSON_ARRAY || row->count != 7) return false;
    int64_t numbers[4];
    text texts[3];
    const struct json *at = row->first;
    for (size_t i = 0; i < 4; i++, at = at->next)
        if (!json_int64(at, &numbers[i])) return false;
    for (size_t i = 0; i < 3; i++, at = at->next) texts[i] = at->kind == JSON_STRING ? at->content : (text){0};
    *c = (struct cause){(int)numbers[0], (int)numbers[1], numbers[2], numbers[3], texts[0], texts[1], texts[2]};
    return true;
}

static FALLIBLE read_causes(arena *a, text document, struct run_item *i) {
    if (text_is_null(document)) return NULL;
    const struct json *list;
    TRY(json_read(a, document, (struct json_limits){0}, &list, NULL));
    i->causes = ARENA_ARRAY(a, struct cause, list->count);
    for (EACH_JSON(row, list))
        if (!read_cause(row, &i->causes[i->cause_count++])) return FAIL(ERROR_CORRUPT, "a cause cannot be read");
    return NULL;
}

static FALLIBLE from_row(arena *a, const struct item_row *row, struct run_item *out) {
    *out = row->i;
    if (!text_is_null(row->document))
        TRY_OR(document_read_outcomes(a, row->document, &out->outcomes), "item %lld: outcomes", (long long)row->i.id);
    TRY_OR(read_causes(a, row->causes, out), "item %lld: causes", (long long)row->i.id);
    return NULL;
}

static int by_id(const void *x, const void *y) {
    const struct item_row *a = x, *b = y;
    return (a->i.id > b->i.id) - (a->i.id < b->i.id);
}

/* So that their number need not be counted over a million items each time somebody watches a run. */
static FALLIBLE add_types(store_tx *tx, arena *a, int64_t activity, const struct run_items *items) {
    struct texts types = {0};
    for (EACH(const struct run_item, item, items)) {
        bool known = text_is_null(item->object_type);
        for (size_t i = 0; i < types.count && !known; i++) known = text_equal(types.at[i], item->object_type);
        if (!known) *LIST_ADD(a, &types) = item->object_type;
    }
    for (EACH(const text, type, &types)) TRY(q_item_type_add(tx, &(struct q_item_type_add_in){activity, *type}, 1));
    return NULL;
}

FALLIBLE store_write_items(store_tx *tx, int64_t activity, const struct run_items *items) {
    TRY(need_write(tx));
    if (!items->count) return NULL;
    arena *a = write_memory(tx);
    struct item_row *rows = ARENA_ARRAY(a, struct item_row, items->count);
    size_t without_id = 0;
    for (size_t i = 0; i < items->count; i++) without_id += items->at[i].id == 0;
    int64_t next = 0;
    if (without_id) TRY(store_ids(tx->s, IDS_ITEM, (int64_t)without_id, &next));
    for (size_t i = 0; i < items->count; i++) {
        const struct run_item *item = &items->at[i];
        rows[i] = (struct item_row){.i = *item,
                                    .activity = activity,
                                    .outcomes = outcome_bits(item->outcomes),
                                    .document = text_is_null(item->tree) ? write_tree(a, item->outcomes) : item->tree,
                                    .cause = item->cause_count ? item->causes[0].item : 0,
                                    .causes = write_causes(a, item)};
        if (!rows[i].i.id) rows[i].i.id = next++;
    }
    sort_rows(rows, items->count, sizeof *rows, by_id);
    TRY(add_types(tx, a, activity, items));
    return q_item_save(tx, rows, items->count);
}

static bool holds(arena *a, text in, text folded) { return !text_is_null(in) && text_find(text_fold(a, in), folded) != SIZE_MAX; }

/* A search in names and ids folds what it reads: history is large and rarely searched, so no folded copy is kept. */
static FALLIBLE search(store_tx *tx, arena *a, const struct item_query *q, struct q_items_in *in, struct run_items *out,
                       int64_t *total) {
    text folded = text_fold(a, q->search);
    OWNED(arena) row_arena = arena_new((size_t)1 << 28);
    OWNED_VALUE(rows) r = {0};
    in->limit = INT64_MAX;
    in->offset = 0;
    *total = 0;
    TRY(q_items(tx, in, 1, &r));
    for (struct item_row row = {0}; q_items_next(&r, &row); arena_reset(row_arena)) {
        if (!holds(row_arena, row.i.display_name, folded) && !holds(row_arena, row.i.external_id, folded)) continue;
        int64_t place = (*total)++;
        if (place < q->offset || place >= q->offset + q->limit) continue;
        text *texts[] = {&row.i.external_id,   &row.i.display_name, &row.i.object_type,
                         &row.i.error_message, &row.document,       &row.causes};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = arena_text(a, *texts[i]);
        TRY(from_row(a, &row, LIST_ADD(a, out)));
    }
    return rows_end(&r);
}

FALLIBLE store_items(store_tx *tx, arena *a, const struct item_query *q, struct run_items *out, int64_t *total) {
    text type = text_is_empty(q->object_type) ? (text){0} : q->object_type;
    struct q_items_in in = {q->activity, (int64_t)q->errors, (int64_t)q->changes, (int64_t)q->outcomes, type, q->cso,
                            q->limit,    q->offset};
    if (!text_is_empty(q->search)) return search(tx, a, q, &in, out, total);
    struct q_items_count_in count_in = {in.activity, in.errors, in.changes, in.outcomes, in.object_type, in.cso};
    struct q_items_count_row count;
    bool found;
    TRY(q_items_count_one(tx, a, &count_in, &count, &found));
    *total = count.number;
    struct item_rows rows = {0};
    TRY(q_items_all(tx, a, &in, 1, &rows));
    for (EACH(const struct item_row, row, &rows)) TRY(from_row(a, row, LIST_ADD(a, out)));
    return NULL;
}

FALLIBLE store_item(store_tx *tx, arena *a, int64_t id, struct run_item *out, int64_t *activity, bool *found) {
    struct item_row row = {0};
    TRY(q_item_by_id_one(tx, a, &(struct q_item_by_id_in){id}, &row, found));
    if (!*found) return NULL;
    *activity = row.activity;
    return from_row(a, &row, out);
}

FALLIBLE store_items_of(store_tx *tx, arena *a, int64_t activity, const int64_t *ids, size_t count, struct run_items *out) {
    if (!count) return NULL;
    struct q_items_of_in *in = ARENA_ARRAY(a, struct q_items_of_in, count);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_items_of_in){activity, ids[i]};
    struct item_rows rows = {0};
    TRY(q_items_of_all(tx, a, in, count, &rows));
    for (EACH(const struct item_row, row, &rows)) TRY(from_row(a, row, LIST_ADD(a, out)));
    return NULL;
}

FALLIBLE store_item_effects(store_tx *tx, arena *a, int64_t item, struct item_effects *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_item_effects(tx, &(struct q_item_effects_in){item}, 1, &r));
    for (struct q_item_effects_row row; q_item_effects_next(&r, &row);)
        *LIST_ADD(a, out) = (struct item_effect){row.activity, row.items, row.first};
    return rows_end(&r);
}

FALLIBLE store_items_caused(store_tx *tx, arena *a, int64_t activity, int64_t item, int64_t limit, struct run_items *out) {
    struct item_rows rows = {0};
    TRY(q_items_caused_all(tx, a, &(struct q_items_caused_in){activity, item, limit}, 1, &rows));
    for (EACH(const struct item_row, row, &rows)) TRY(from_row(a, row, LIST_ADD(a, out)));
    return NULL;
}

FALLIBLE store_item_type_count(store_tx *tx, int64_t activity, int64_t *types) {
    struct q_item_types_row row;
    bool found;
    TRY(q_item_types_one(tx, tx->scratch, &(struct q_item_types_in){activity}, &row, &found));
    *types = row.number;
    return NULL;
}
