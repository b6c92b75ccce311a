/* The metaverse: reading and writing identities with their index rows and references. */
#include "base/json.h"
#include "store/objects.h"

#include <stdlib.h>

static FALLIBLE damaged(error *cause, int64_t id) {
    return error_make(ERROR_CORRUPT, cause, __FILE__, __LINE__, "the row of mvo with id %lld cannot be read", (long long)id);
}

/* The deletion marker but its date, as [initiator type, id, name, system, system's name, policy, order]; an order of 0 is left out.
 */
static text write_marker(arena *a, const struct deletion_marker *m) {
    if (!m->disconnected.ticks) return (text){0};
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    json_array(&w);
    json_int(&w, m->initiator_type), json_string(&w, m->initiator_id), json_string(&w, m->initiator_name);
    json_int(&w, m->trigger_system), json_string(&w, m->trigger_system_name), json_string(&w, m->policy);
    if (m->order) json_int(&w, m->order);
    json_array_end(&w);
    return arena_text(a, buffer_as_text(&b));
}

static text string_of(const struct json *v) { return v->kind == JSON_STRING ? v->content : (text){0}; }

static FALLIBLE read_marker(arena *a, text document, struct deletion_marker *m) {
    const struct json *list;
    int64_t type, system, order = DELETION_BY_RULE;
    TRY(json_read(a, document, (struct json_limits){0}, &list, NULL));
    if (list->kind != JSON_ARRAY || list->count < 6 || list->count > 7)
        return FAIL(ERROR_CORRUPT, "the deletion marker is malformed");
    const struct json *v[6], *at = list->first;
    for (size_t i = 0; i < 6; i++, at = at->next) v[i] = at;
    bool whole = json_int64(v[0], &type) && json_int64(v[3], &system) && (list->count == 6 || json_int64(at, &order));
    if (!whole) return FAIL(ERROR_CORRUPT, "the deletion marker is malformed");
    m->initiator_type = (enum initiator_type)type;
    m->initiator_id = string_of(v[1]);
    m->initiator_name = string_of(v[2]);
    m->trigger_system = (int32_t)system;
    m->trigger_system_name = string_of(v[4]);
    m->policy = string_of(v[5]);
    m->order = (enum deletion_order)order;
    return NULL;
}

static FALLIBLE from_row(arena *a, const struct config *c, struct rows *r, const struct mvo_row *row, struct mvo *o) {
    *o = row->o;
    if (!text_is_null(row->deletion)) TRY(read_marker(a, arena_text(a, row->deletion), &o->deletion));
    return read_document(a, c, r, BLOB_MVO, arena_text(a, row->document), &o->values);
}

FALLIBLE read_mvo_rows(arena *a, const struct config *c, struct rows *r, struct mvos *out) {
    for (struct mvo_row row = {0}; sql_next(r, &row);) {
        error *e = from_row(a, c, r, &row, LIST_ADD(a, out));
        if (e) return damaged(e, row.o.id);
    }
    return rows_end(r);
}

static FALLIBLE read_mvos(store_tx *tx, arena *a, const struct config *c, struct rows *r, struct mvos *out) {
    size_t from = out->count;
    TRY(read_mvo_rows(a, c, r, out));
    for (size_t i = from; i < out->count; i++) {
        error *e = fetch_large(tx, a, BLOB_MVO, out->at[i].id, &out->at[i].values);
        if (e) return damaged(e, out->at[i].id);
    }
    return NULL;
}

FALLIBLE query_mvos(store_tx *tx, arena *a, const int64_t *ids, size_t count, struct rows *r) {
    struct q_mvos_by_id_in *in = ARENA_ARRAY(a, struct q_mvos_by_id_in, count);
    for (size_t i = 0; i < count; i++) in[i].id = ids[i];
    return q_mvos_by_id(tx, in, count, r);
}

FALLIBLE store_mvos(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct mvos *out) {
    if (!count) return NULL;
    OWNED_VALUE(rows) r = {0};
    if (!out->room) *out = (struct mvos){.at = ARENA_ARRAY(a, struct mvo, count), .room = count};
    TRY(query_mvos(tx, a, ids, count, &r));
    return read_mvos(tx, a, c, &r, out);
}

FALLIBLE store_mvo_page(store_tx *tx, arena *a, const struct config *c, enum mvo_page_kind kind, int32_t type, int64_t after,
                        size_t limit, struct mvos *out) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_mvos_after(tx, (unsigned)kind, &(struct q_mvos_after_in){type, after, (int64_t)limit}, 1, &r));
    return read_mvos(tx, a, c, &r, out);
}

FALLIBLE mvo_ids_after(store_tx *tx, arena *a, int64_t after, int64_t limit, struct int64s *ids) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_mvo_ids_after(tx, &(struct q_mvo_ids_after_in){after, limit}, 1, &r));
    for (struct q_mvo_ids_after_row row; q_mvo_ids_after_next(&r, &row);) *LIST_ADD(a, ids) = row.id;
    return rows_end(&r);
}

FALLIBLE store_match_mvos(store_tx *tx, arena *a, const struct match_query *queries, size_t count, struct match_hits *out) {
    if (!count) return NULL;
    struct q_match_mvos_in *in = ARENA_ARRAY(a, struct q_match_mvos_in, count);
    const struct config *c;
    TRY(config_in(tx, &c));
    for (size_t i = 0; i < count; i++) {
        const struct mv_attribute *t = config_mv_attribute(c, queries[i].attribute);
        text key = match_key(a, t ? t->type : TYPE_TEXT, queries[i].key);
        in[i] = (struct q_match_mvos_in){queries[i].type, queries[i].attribute, key};
    }
    config_release(c);
    OWNED_VALUE(rows) r = {0};
    TRY(q_match_mvos(tx, in, count, &r));
    for (struct q_match_mvos_row row; q_match_mvos_next(&r, &row);)
        *LIST_ADD(a, out) = (struct match_hit){(uint32_t)r.input, row.id};
    return rows_end(&r);
}

FALLIBLE store_mvo_referrers(store_tx *tx, arena *a, const int64_t *targets, size_t count, struct mvo_referrers *out) {
    if (!count) return NULL;
    struct q_mvo_referrers_in *in = ARENA_ARRAY(a, struct q_mvo_referrers_in, count);
    for (size_t i = 0; i < count; i++) in[i].target = targets[i];
    OWNED_VALUE(rows) r = {0};
    TRY(q_mvo_referrers(tx, in, count, &r));
    for (struct mvo_referrer row = {0}; q_mvo_referrers_next(&r, &row);) *LIST_ADD(a, out) = row;
    return rows_end(&r);
}

/* ---- Writing ---- */

struct mvo_rows LIST(struct mvo_row);

struct batch {
    arena *a;
    const struct config *c;
    bool indexing; /* some index has rows of the first objects only */
    struct buffer document;
    struct difference d;
    struct mvo_rows created, updated, deleted;
    struct int_map tally; /* type → int64_t */
};

/* Of a new object, worked out before its turn. */
struct mvo_prepared {
    int64_t version; /* of the configuration */
    struct index_rows ix;
    struct member_rows refs;
    text document;
};

const struct mvo_prepared *store_prepare_mvo(arena *a, const struct config *c, struct buffer *room, const struct mvo *o) {
    struct difference d = {.a = a, .kind = BLOB_MVO};
    struct attributes values = difference_mvo(&d, c, NULL, o);
    buffer_clear(room);
    document_write_mvo(room, &values);
    if (room->overflow || d.blobs_added.count || d.members_added.count) return NULL;
    struct mvo_prepared *p = ARENA_NEW(a, struct mvo_prepared);
    *p = (struct mvo_prepared){
        .version = c->version, .ix = d.ix_added, .refs = d.mv_refs_added, .document = arena_text(a, buffer_as_text(room))};
    return p;
}

static void count_type(struct batch *b, int32_t type, int64_t objects) {
    int64_t *n = int_map_get(&b->tally, type);
    if (!n) {
        n = ARENA_NEW(b->a, int64_t);
        int_map_put(&b->tally, type, n);
    }
    *n += objects;
}

static FALLIBLE write_document(struct batch *b, const struct attributes *values, struct mvo_row *row) {
    buffer_clear(&b->document);
    document_write_mvo(&b->document, values);
    if (b->document.overflow)
        return FAIL(ERROR_TOO_LARGE, "the values of metaverse object %lld are too large to store", (long long)row->o.id);
    row->document = arena_text(b->a, buffer_as_text(&b->document));
    return NULL;
}

static void add_prepared(struct batch *b, const struct mvo *o, const struct mvo_prepared *p) {
    for (EACH(const struct index_row, row, &p->ix)) *LIST_ADD(b->a, &b->d.ix_added) = *row;
    for (EACH(const struct member_row, row, &p->refs)) *LIST_ADD(b->a, &b->d.mv_refs_added) = *row;
    *LIST_ADD(b->a, &b->created) = (struct mvo_row){.o = *o, .deletion = write_marker(b->a, &o->deletion), .document = p->document};
}

static FALLIBLE add(struct batch *b, const struct mvo_change *change) {
    const struct mvo *before = change->before, *after = change->after;
    if (before) count_type(b, before->type, -1);
    if (after) count_type(b, after->type, 1);
    /* what was prepared for another configuration may lack index rows; without an id nobody knows what it has in an index that is
     * being built */
    if (!before && change->prepared && change->prepared->version == b->c->version && !b->indexing) {
        add_prepared(b, after, change->prepared);
        return NULL;
    }
    struct attributes values = difference_mvo(&b->d, b->c, before, after);
    struct mvo_row row = {.o = after ? *after : *before, .was_version = before ? before->version : 0};
    if (after) {
        row.o.version = before ? before->version + 1 : after->version;
        row.deletion = write_marker(b->a, &after->deletion);
        /* with large values it is another one */
        row.document = values.at == after->values.at ? change->document : (text){0};
        if (text_is_null(row.document)) TRY(write_document(b, &values, &row));
    }
    *LIST_ADD(b->a, !before ? &b->created : after ? &b->updated : &b->deleted) = row;
    return NULL;
}

static int by_id(const void *x, const void *y) {
    const struct mvo_row *a = x, *b = y;
    return (a->o.id > b->o.id) - (a->o.id < b->o.id);
}

static void sort(struct mvo_rows *rows) { sort_rows(rows->at, rows->count, sizeof *rows->at, by_id); }

static FALLIBLE expect(size_t wanted, int64_t changed) {
    if ((int64_t)wanted == changed) return NULL;
    return FAIL(ERROR_BUSY, "%lld metaverse objects were changed by somebody else meanwhile",
                (long long)((int64_t)wanted - changed));
}

/* Whoever fed a set that another has changed says all of it again. */
static FALLIBLE drop_flows_into(store_tx *tx, const struct member_rows *changed) {
    bool any = false;
    if (changed->count) TRY(any_member_flow(tx, &any));
    for (size_t i = 0; any && i < changed->count; i++) {
        if (i && changed->at[i].object == changed->at[i - 1].object) continue;
        TRY(q_member_flow_drop_by_mvo(tx, &(struct q_member_flow_drop_by_mvo_in){changed->at[i].object}, 1));
    }
    return NULL;
}

static FALLIBLE write_all(store_tx *tx, struct batch *b, const struct mvo_changes *changes) {
    for (EACH(const struct mvo_change, change, changes)) TRY(add(b, change));
    sort(&b->created);
    sort(&b->updated);
    sort(&b->deleted);
    int64_t changed;
    TRY(q_mvo_delete(tx, b->deleted.at, b->deleted.count, &changed));
    TRY(expect(b->deleted.count, changed));
    TRY(q_mvo_update(tx, b->updated.at, b->updated.count, &changed));
    TRY(expect(b->updated.count, changed));
    TRY(q_mvo_add(tx, b->created.at, b->created.count));
    TRY(drop_flows_into(tx, &b->d.members_added));
    TRY(drop_flows_into(tx, &b->d.members_removed));
    TRY(drop_flows_into(tx, &b->d.members_dropped));
    TRY(difference_write(tx, &b->d));
    for (size_t i = 0; i < b->tally.room; i++) {
        const int64_t *n = b->tally.slots[i].value;
        if (n) TRY(tally_add(tx, TALLY_MVO_TYPE, b->tally.slots[i].key, *n));
    }
    return NULL;
}

/* What is indexed is told by the configuration in force, not by the snapshot of the run: an index may have been built meanwhile. */
FALLIBLE store_write_mvos(store_tx *tx, const struct config *c, const struct mvo_changes *changes) {
    TRY(need_write(tx));
    if (!changes->count) return NULL;
    TRY(config_in(tx, &c));
    arena *a = write_memory(tx);
    struct batch b = {
        .a = a, .c = c, .indexing = is_being_indexed(c), .document = {.max = DOCUMENT_BYTES}, .d = {.a = a, .kind = BLOB_MVO}};
    int_map_init(&b.tally, a, 4);
    error *e = write_all(tx, &b, changes);
    if (!e) e = history_mvos(tx, a, c, changes);
    buffer_free(&b.document);
    config_release(c);
    return e;
}
