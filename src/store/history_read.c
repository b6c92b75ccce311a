/* Reads what changed on objects, and forgets it when its time has passed. */
#include "base/unicode.h"
#include "store/objects.h"

static unsigned table_of(enum history_of of) { return of == HISTORY_OF_CSO ? 0 : 1; }

static FALLIBLE read_changes(arena *a, enum history_of of, const struct history_row *row, struct value_changes *out) {
    TRY_OR(document_read_history(a, row->document, of == HISTORY_OF_MVO, out), "row %lld of history", (long long)row->id);
    return NULL;
}

/* ---- back in time ---- */

/* The values that the object has, or none when it is gone. */
static FALLIBLE values_today(store_tx *tx, arena *a, const struct config *c, enum history_of of, int64_t object,
                             struct attributes *out, bool *there) {
    struct csos csos = {0};
    struct mvos mvos = {0};
    if (of == HISTORY_OF_CSO)
        TRY(store_csos(tx, a, c, &object, 1, true, &csos));
    else
        TRY(store_mvos(tx, a, c, &object, 1, &mvos));
    *there = csos.count || mvos.count;
    if (csos.count) *out = csos.at[0].values;
    if (mvos.count) *out = mvos.at[0].values;
    return NULL;
}

FALLIBLE history_values_at(store_tx *tx, arena *a, const struct config *c, enum history_of of, int64_t object, int64_t row,
                           struct attributes *out, bool *known, bool *right) {
    struct history_rows later = {0};
    bool there;
    *out = (struct attributes){0};
    *right = true;
    TRY(values_today(tx, a, c, of, object, out, &there));
    TRY(q_history_since_all(tx, a, table_of(of), &(struct q_history_since_in){object, row}, 1, &later));
    *known = there || (later.count && later.at[0].change == OBJECT_DELETED);
    for (EACH(const struct history_row, r, &later)) {
        struct value_changes changes;
        if (text_is_null(r->document)) { /* it was made, again: before, it was not there */
            *out = (struct attributes){0};
            continue;
        }
        TRY(read_changes(a, of, r, &changes));
        *right &= values_rewind(a, &changes, out);
    }
    return NULL;
}

static FALLIBLE values_made(store_tx *tx, arena *a, const struct config *c, enum history_of of, struct change_record *k) {
    struct attributes values;
    instant untracked;
    bool known, right;
    k->made = true;
    TRY(history_untracked(tx, of, &untracked));
    TRY(history_values_at(tx, a, c, of, k->object, k->id, &values, &known, &right));
    k->unknown = !known || untracked.ticks > k->at.ticks;
    for (size_t i = 0; i < values.count && !k->unknown; i++) {
        struct value_change change;
        if (values_changes(a, NULL, &values.at[i], &change)) {
            change.type = values.at[i].count ? values.at[i].at[0].type : TYPE_NOT_SET;
            *LIST_ADD(a, &k->changes) = change;
        }
    }
    return NULL;
}

/* ---- rows ---- */

static void add_references(arena *a, int32_t system, struct values *set, struct csos *out) {
    if (!set->count || set->at[0].type != TYPE_REFERENCE) return;
    struct cso *o = LIST_ADD(a, out);
    *o = (struct cso){.system = system, .has_values = true};
    *LIST_ADD(a, &o->values) = *set;
}

/* Where references lead today. */
static FALLIBLE find_targets(store_tx *tx, arena *a, const struct config *c, struct change_records *list) {
    struct csos holders = {0};
    for (EACH(struct change_record, k, list)) {
        for (EACH(struct value_change, change, &k->changes)) {
            add_references(a, k->owner, &change->removed, &holders);
            add_references(a, k->owner, &change->added, &holders);
        }
    }
    return holders.count ? resolve_references(tx, a, c, &holders) : NULL;
}

FALLIBLE store_object_history(store_tx *tx, arena *a, const struct config *c, const struct change_query *q,
                              struct change_records *out, int64_t *total) {
    struct history_rows rows = {0};
    struct q_history_count_row count;
    bool found;
    struct q_history_count_in number = {q->object, q->item};
    struct q_history_of_in in = {q->object, q->item, q->limit, q->offset};
    TRY(q_history_count_one(tx, a, table_of(q->of), &number, &count, &found));
    *total = count.number;
    TRY(q_history_of_all(tx, a, table_of(q->of), &in, 1, &rows));
    for (EACH(const struct history_row, row, &rows)) {
        struct change_record *k = LIST_ADD(a, out);
        *k = (struct change_record){.id = row->id,
                                    .object = row->object,
                                    .owner = row->owner,
                                    .activity = row->activity,
                                    .item = row->item,
                                    .at = row->at,
                                    .change = row->change};
        if (text_is_null(row->document))
            TRY(values_made(tx, a, c, q->of, k));
        else
            TRY(read_changes(a, q->of, row, &k->changes));
    }
    return q->of == HISTORY_OF_CSO ? find_targets(tx, a, c, out) : NULL;
}

/* ---- deleted objects ---- */

FALLIBLE store_tombstones(store_tx *tx, arena *a, const struct tombstone_query *q, struct tombstones *out, int64_t *total) {
    text search = text_is_empty(q->search) ? (text){0} : text_fold(a, q->search);
    struct q_tombstones_count_in number = {(int32_t)q->of, q->owner, search, q->from.ticks, q->to.ticks};
    struct q_tombstones_in in = {(int32_t)q->of, q->owner, search, q->from.ticks, q->to.ticks, q->limit, q->offset};
    struct q_tombstones_count_row count;
    struct tombstone_rows rows = {0};
    bool found;
    TRY(q_tombstones_count_one(tx, a, &number, &count, &found));
    *total = count.number;
    TRY(q_tombstones_all(tx, a, &in, 1, &rows));
    for (EACH(const struct tombstone_row, row, &rows)) *LIST_ADD(a, out) = row->t;
    return NULL;
}

FALLIBLE store_tombstones_of(store_tx *tx, arena *a, enum history_of of, const int64_t *objects, size_t count,
                             struct tombstones *out) {
    if (!count) return NULL;
    struct q_tombstone_of_in *in = ARENA_ARRAY(a, struct q_tombstone_of_in, count);
    struct tombstone_rows rows = {0};
    for (size_t i = 0; i < count; i++) in[i] = (struct q_tombstone_of_in){objects[i], (int32_t)of};
    TRY(q_tombstone_of_all(tx, a, in, count, &rows));
    for (EACH(const struct tombstone_row, row, &rows)) *LIST_ADD(a, out) = row->t;
    return NULL;
}

FALLIBLE store_forget_tombstone(store_tx *tx, enum history_of of, int64_t object) {
    TRY(need_write(tx));
    return q_tombstones_delete(tx, &(struct q_tombstones_delete_in){object, (int32_t)of}, 1);
}

FALLIBLE store_retired_attribute(store_tx *tx, arena *a, enum history_of of, int32_t id, struct retired_attribute *out) {
    struct q_retired_attribute_row row = {0};
    bool found;
    TRY(q_retired_attribute_one(tx, a, &(struct q_retired_attribute_in){(int32_t)of, id}, &row, &found));
    *out = found ? (struct retired_attribute){row.name, row.plurality} : (struct retired_attribute){0};
    return NULL;
}

/* ---- forgetting ---- */

static FALLIBLE forget(store_tx *tx, arena *a, enum history_of of, const struct history_rows *rows) {
    struct q_tombstone_delete_in *graves = ARENA_ARRAY(a, struct q_tombstone_delete_in, rows->count + 1);
    for (size_t i = 0; i < rows->count; i++) graves[i] = (struct q_tombstone_delete_in){(int32_t)of, rows->at[i].id};
    if (!rows->count) return NULL;
    TRY(q_tombstone_delete(tx, graves, rows->count));
    TRY(q_history_delete(tx, table_of(of), rows->at, rows->count));
    size_t first = 0;
    for (size_t i = 1; i <= rows->count && of == HISTORY_OF_CSO; i++) {
        if (i < rows->count && rows->at[i].owner == rows->at[first].owner) continue;
        TRY(tally_add(tx, TALLY_HISTORY_SYSTEM, rows->at[first].owner, -(int64_t)(i - first)));
        first = i;
    }
    return NULL;
}

FALLIBLE store_forget_history(store_tx *tx, enum history_of of, instant before, int64_t most, struct forgotten *out) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct history_rows rows = {0}, old = {0};
    *out = (struct forgotten){0};
    TRY(need_write(tx));
    TRY(q_history_oldest_all(tx, a, table_of(of), &(struct q_history_oldest_in){most}, 1, &rows));
    for (EACH(const struct history_row, r, &rows)) {
        if (r->at.ticks >= before.ticks) continue;
        *LIST_ADD(a, &old) = *r;
        if (!out->rows || r->at.ticks < out->oldest.ticks) out->oldest = r->at;
        if (!out->rows || r->at.ticks > out->newest.ticks) out->newest = r->at;
        out->rows++;
    }
    return forget(tx, a, of, &old);
}

FALLIBLE store_forget_system_history(store_tx *tx, int32_t system, int64_t most, int64_t *count) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct history_rows rows = {0};
    TRY(need_write(tx));
    TRY(q_history_of_system_all(tx, a, &(struct q_history_of_system_in){system, most}, 1, &rows));
    *count = (int64_t)rows.count;
    return forget(tx, a, HISTORY_OF_CSO, &rows);
}
