/* Builds the index rows of an attribute for objects that exist already, and all of them again when folding has changed. */
#include "store/config_save.h"
#include "store/objects.h"

#include <stdlib.h>

enum { PAGE = 1000, PART = 2000, RECENT_ROWS = 240000, PART_ROWS = 10000 };

/* 0 keeps all. */
static void keep_only(struct index_rows *rows, int32_t attribute) {
    if (!attribute) return;
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].attribute == attribute) rows->at[kept++] = rows->at[i];
    rows->count = kept;
}

static int by_key(const void *x, const void *y) {
    const struct index_row *a = x, *b = y;
    if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
    if (a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    int order = text_compare(a->key, b->key);
    return order ? order : (a->object > b->object) - (a->object < b->object);
}

static void sort(struct index_rows *rows) {
    if (rows->count > 1) qsort(rows->at, rows->count, sizeof *rows->at, by_key);
}

/* Where the next part begins; only a hint, so a long key may be cut and a roll-back does no harm. */
static void remember(store *s, int32_t attribute, int32_t owner, text key) {
    size_t len = key.len < sizeof s->settled_key ? key.len : sizeof s->settled_key;
    memcpy(s->settled_key, key.at, len);
    s->settled = (struct index_range){.attribute = attribute, .owner = owner, .from = {s->settled_key, len}};
}

/* After the last key of an attribute and type comes the next of these, and at the end the first one again. */
static FALLIBLE remember_next(store_tx *tx, const struct index_range *done) {
    struct index_row next = {.attribute = -1};
    bool found;
    TRY(q_mv_ix_recent_group_one(tx, tx->scratch, &(struct q_mv_ix_recent_group_in){done->attribute, done->owner}, &next, &found));
    remember(tx->s, found ? next.attribute : -1, found ? next.owner : 0, T(""));
    return NULL;
}

/* Moves the next rows in the order of their keys, which lie together in the large table, too. */
static FALLIBLE settle_part(store_tx *tx) {
    struct index_range part = tx->s->settled;
    struct q_mv_ix_recent_at_row end;
    bool more;
    int64_t moved;
    if (text_is_null(part.from)) part = (struct index_range){.attribute = -1, .from = T("")};
    part.from = arena_text(tx->scratch, part.from);
    struct q_mv_ix_recent_at_in in = {part.attribute, part.owner, part.from, PART_ROWS};
    TRY(q_mv_ix_recent_at_one(tx, tx->scratch, &in, &end, &more));
    part.to = more ? end.key : T("\xF4\x8F\xBF\xBF"); /* no key stands behind the last character */
    if (text_equal(part.to, part.from)) part.to = arena_print(tx->scratch, "%.*s\x01", TEXT_ARG(part.from));
    TRY(q_mv_ix_settle(tx, &part, 1));
    TRY(q_mv_ix_settled_now(tx, &part, 1, &moved));
    tx->recent_rows -= moved;
    if (!more) return remember_next(tx, &part);
    remember(tx->s, part.attribute, part.owner, part.to);
    return NULL;
}

FALLIBLE mv_index_add(store_tx *tx, const struct index_rows *rows) {
    TRY(q_mv_ix_add(tx, rows->at, rows->count));
    tx->recent_rows += (int64_t)rows->count;
    return tx->priority == STORE_BULK && tx->recent_rows > RECENT_ROWS ? settle_part(tx) : NULL;
}

FALLIBLE mv_index_open(store_tx *tx) {
    struct q_mv_ix_recent_count_row row;
    bool found;
    TRY(q_mv_ix_recent_count_one(tx, tx->scratch, &row, &found));
    tx->recent_rows = row.number;
    return NULL;
}

/* Adds the index rows of one attribute (0: of all) for every identity behind one. */
static FALLIBLE build_mv(store_tx *tx, const struct config *c, int32_t attribute, int64_t after) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    for (;;) {
        arena_reset(a);
        struct mvos list = {0};
        TRY(store_mvo_page(tx, a, c, MVO_ALL, 0, after, PAGE, &list));
        if (!list.count) return NULL;
        struct index_rows rows = {0};
        for (EACH(const struct mvo, o, &list)) {
            struct member_rows refs = {0};
            mvo_index_rows(a, c, o, &rows, &refs);
        }
        keep_only(&rows, attribute);
        sort(&rows);
        TRY(mv_index_add(tx, &rows));
        after = list.at[list.count - 1].id;
    }
}

/* Adds the index rows, or the reference rows, of one attribute (0: of all) for every object of a system behind one. */
static FALLIBLE build_cs(store_tx *tx, const struct config *c, int32_t system, int32_t attribute, bool references, int64_t after) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    for (;;) {
        arena_reset(a);
        struct csos list = {0};
        TRY(store_cso_page(tx, a, c, &(struct cso_page_query){.system = system, .after = after, .limit = PAGE, .values = true},
                           &list));
        if (!list.count) return NULL;
        struct index_rows rows[2] = {0};
        for (EACH(const struct cso, o, &list)) cso_index_rows(a, c, o, &rows[0], &rows[1]);
        struct index_rows *wanted = &rows[references];
        keep_only(wanted, attribute);
        sort(wanted);
        TRY(references ? q_cs_ref_add(tx, wanted->at, wanted->count) : q_cs_ix_add(tx, wanted->at, wanted->count));
        after = list.at[list.count - 1].id;
    }
}

FALLIBLE index_mv_attribute(store_tx *tx, int32_t id, bool wanted) {
    if (!wanted) {
        TRY(q_mv_ix_drop_recent(tx, &(struct q_mv_ix_drop_recent_in){id}, 1));
        return q_mv_ix_drop_settled(tx, &(struct q_mv_ix_drop_settled_in){id}, 1);
    }
    const struct config *c;
    TRY(config_read(tx, &c));
    const struct mv_attribute *m = config_mv_attribute(c, id);
    error *e = build_mv(tx, c, id, m ? m->indexed_to : 0);
    if (!e) e = q_mv_attribute_indexed_to(tx, &(struct q_mv_attribute_indexed_to_in){id, 0}, 1);
    config_release(c);
    return e;
}

static int32_t system_of(const struct config *c, int32_t attribute) {
    const struct cs_attribute *t = config_cs_attribute(c, attribute);
    const struct cs_type *type = t ? config_cs_type(c, t->type_id) : NULL;
    return type ? type->system : 0;
}

FALLIBLE index_cs_attribute(store_tx *tx, int32_t id, bool wanted) {
    if (!wanted) return q_cs_ix_drop(tx, &(struct q_cs_ix_drop_in){id}, 1);
    const struct config *c;
    TRY(config_read(tx, &c));
    const struct cs_attribute *k = config_cs_attribute(c, id);
    error *e = build_cs(tx, c, system_of(c, id), id, false, k ? k->indexed_to : 0);
    if (!e) e = q_cs_attribute_indexed_to(tx, &(struct q_cs_attribute_indexed_to_in){id, 0}, 1);
    config_release(c);
    return e;
}

FALLIBLE index_cs_references(store_tx *tx, int32_t id) {
    const struct config *c;
    TRY(config_read(tx, &c));
    int32_t system = system_of(c, id);
    error *e = q_cs_ref_drop(tx, &(struct q_cs_ref_drop_in){system, id}, 1);
    if (!e) e = build_cs(tx, c, system, id, true, 0);
    config_release(c);
    return e;
}

/* ---- In parts: others write in between, and keep the rows of the objects that have them already ---- */

static FALLIBLE mv_part(store_tx *tx, arena *a, const struct config *c, const struct mv_attribute *m, bool *done) {
    struct mvos list = {0};
    struct index_rows rows = {0};
    TRY(store_mvo_page(tx, a, c, MVO_ALL, 0, m->indexed_to, PART, &list));
    for (EACH(const struct mvo, o, &list)) {
        const struct values *set = attributes_find(&o->values, m->id);
        if (set && m->type != TYPE_REFERENCE) index_rows_of(a, set, o->type, o->id, &rows);
    }
    sort(&rows);
    config_touch(tx, false);
    TRY(mv_index_add(tx, &rows));
    if (list.count)
        TRY(q_mv_attribute_indexed_to(tx, &(struct q_mv_attribute_indexed_to_in){m->id, list.at[list.count - 1].id}, 1));
    *done = list.count < PART;
    struct mv_attribute whole = *m;
    whole.indexed = true;
    return *done ? store_save_mv_attribute(tx, &whole) : NULL;
}

static FALLIBLE cs_part(store_tx *tx, arena *a, const struct config *c, const struct cs_attribute *k, bool *done) {
    struct csos list = {0};
    struct index_rows rows = {0};
    struct cso_page_query next = {.system = system_of(c, k->id), .after = k->indexed_to, .limit = PART, .values = true};
    TRY(store_cso_page(tx, a, c, &next, &list));
    for (EACH(const struct cso, o, &list)) {
        const struct values *set = attributes_find(&o->values, k->id);
        if (set && k->type != TYPE_REFERENCE) index_rows_of(a, set, 0, o->id, &rows);
    }
    sort(&rows);
    config_touch(tx, false);
    TRY(q_cs_ix_add(tx, rows.at, rows.count));
    if (list.count)
        TRY(q_cs_attribute_indexed_to(tx, &(struct q_cs_attribute_indexed_to_in){k->id, list.at[list.count - 1].id}, 1));
    *done = list.count < PART;
    struct cs_attribute whole = *k;
    whole.indexed = true;
    return *done ? store_save_cs_attribute(tx, &whole) : NULL;
}

FALLIBLE store_index_mv_part(store_tx *tx, int32_t id, bool *done) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    const struct config *c;
    TRY(need_write(tx));
    TRY(config_read(tx, &c));
    const struct mv_attribute *m = config_mv_attribute(c, id);
    *done = !m || m->indexed;
    error *e = *done ? NULL : mv_part(tx, a, c, m, done);
    config_release(c);
    return e;
}

FALLIBLE store_index_cs_part(store_tx *tx, int32_t id, bool *done) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    const struct config *c;
    TRY(need_write(tx));
    TRY(config_read(tx, &c));
    const struct cs_attribute *k = config_cs_attribute(c, id);
    *done = !k || k->indexed;
    error *e = *done ? NULL : cs_part(tx, a, c, k, done);
    config_release(c);
    return e;
}

/* ---- Another Unicode version ---- */

static FALLIBLE fold_heads(store_tx *tx, const struct config *c, int32_t system) {
    OWNED(arena) a = arena_new((size_t)1 << 34);
    for (int64_t after = 0;;) {
        arena_reset(a);
        struct csos list = {0};
        TRY(store_cso_page(tx, a, c, &(struct cso_page_query){.system = system, .after = after, .limit = PAGE, .values = true},
                           &list));
        if (!list.count) return NULL;
        for (EACH(const struct cso, o, &list)) {
            struct cso_row row = {.o = *o};
            cso_keys_of(a, c, o, &row);
            TRY(q_cso_update_keys(tx, &row, 1));
            TRY(q_cso_update_name(tx, &row, 1));
        }
        after = list.at[list.count - 1].id;
    }
}

static FALLIBLE rebuild(store_tx *tx, const struct config *c) {
    static const char clear[] = "delete from mv_ix_recent; delete from mv_ix_settled; delete from cs_ix; delete from cs_ref;";
    TRY(tx->db->driver->script(tx->db, clear));
    TRY(build_mv(tx, c, 0, 0));
    for (EACH(const struct connected_system, s, &c->systems)) {
        TRY(fold_heads(tx, c, s->id));
        TRY(build_cs(tx, c, s->id, 0, false, 0));
        TRY(build_cs(tx, c, s->id, 0, true, 0));
    }
    return NULL;
}

FALLIBLE rebuild_keys(store_tx *tx) {
    const struct config *c;
    TRY(config_read(tx, &c));
    error *e = rebuild(tx, c);
    config_release(c);
    return e;
}
