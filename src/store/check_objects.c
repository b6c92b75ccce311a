/* Compares every object's document with its head and its index rows, and its values with the invariants about values. */
#include "store/check.h"

enum { PAGE = 1000, TELL_EVERY = 100000 };

/* Index tables in the order of the statement `index_count`. */
enum index_table { CS_IX, CS_REF, MV_IX, MV_REF };

/* Rows that documents ask for are looked up one by one; since they differ, an equal number of rows then means equal sets. */
static FALLIBLE same_number(struct checker *k, enum index_table table, int64_t wanted) {
    static const char *const names[] = {"cs_ix", "cs_ref", "mv_ix", "mv_ref"};
    struct q_index_count_row row;
    bool found;
    TRY(q_index_count_one(k->tx, k->page, (unsigned)table, &row, &found));
    if (row.number != wanted)
        find_wrong(k, "The index %s has %lld rows where the documents ask for %lld.", names[table], (long long)row.number,
                   (long long)wanted);
    return NULL;
}

/* ---- Values ---- */

static void check_set(struct checker *k, const char *what, int64_t id, const struct values *set, enum plurality plurality) {
    if (set->null_marker && set->count)
        find_wrong(k, "%s %lld has values beside the null marker of attribute %d (invariant 17).", what, (long long)id,
                   set->attribute);
    if (plurality == SINGLE_VALUED && set->count > 1)
        find_wrong(k, "%s %lld has %zu values of the single-valued attribute %d (invariant 16).", what, (long long)id, set->count,
                   set->attribute);
    if (set->count < 2) return;
    struct value_set seen;
    value_set_init(&seen, k->page, set->count);
    for (size_t i = 0; i < set->count; i++) {
        if (value_set_add(&seen, k->page, &set->at[i])) continue;
        find_wrong(k, "%s %lld has a value of attribute %d twice (invariant 16).", what, (long long)id, set->attribute);
        return;
    }
}

/* ---- Connector space ---- */

struct cs_counts {
    int64_t after, ix, refs;
    bool more;
};

static void check_head(struct checker *k, const struct cso *o, const struct cso_row *row) {
    struct cso_row wanted = {.o = *o};
    const struct cs_type *type = config_cs_type(k->c, o->type);
    text external = type ? cso_external_id(k->page, type, &o->values) : (text){0};
    if (!text_is_null(external) && !text_equal(external, o->external_id))
        find_wrong(k, "Connected object %lld: the head's external id is not that of the document (invariant 3).", (long long)o->id);
    cso_keys_of(k->page, k->c, o, &wanted);
    if (!text_equal(wanted.key, row->key) || !text_equal(wanted.secondary_key, row->secondary_key))
        find_wrong(k, "Connected object %lld: the head's keys are not those of its ids.", (long long)o->id);
    if (!text_equal(wanted.name_key, row->name_key))
        find_wrong(k, "Connected object %lld: the head's name key is not that of the document.", (long long)o->id);
}

static FALLIBLE check_cs_rows(struct checker *k, const struct cso *o, struct cs_counts *n) {
    struct index_rows ix = {0}, refs = {0};
    cso_index_rows(k->page, k->c, o, &ix, &refs);
    n->ix += (int64_t)ix.count;
    n->refs += (int64_t)refs.count;
    struct q_cs_ix_has_row row;
    struct q_cs_ref_has_row ref_row;
    bool found;
    for (EACH(const struct index_row, r, &ix)) {
        TRY(q_cs_ix_has_one(k->tx, k->page, r, &row, &found));
        if (!found) find_wrong(k, "Connected object %lld lacks an index row of attribute %d.", (long long)o->id, r->attribute);
    }
    for (EACH(const struct index_row, r, &refs)) {
        TRY(q_cs_ref_has_one(k->tx, k->page, r, &ref_row, &found));
        if (!found) find_wrong(k, "Connected object %lld lacks a reference row of attribute %d.", (long long)o->id, r->attribute);
    }
    return NULL;
}

static FALLIBLE check_cso(struct checker *k, const struct cso_row *row, struct cs_counts *n) {
    struct cso o = row->o;
    if (text_is_null(o.external_id)) o.external_id = row->key;
    if (text_is_null(o.secondary_external_id)) o.secondary_external_id = row->secondary_key;
    error *e = document_read_cso(k->page, k->c, row->document, &o.values);
    if (!e) e = fetch_large(k->tx, k->page, BLOB_CSO, o.id, &o.values);
    if (e) {
        char said[500];
        find_wrong(k, "The document of connected object %lld (cso_doc) cannot be read: %s.", (long long)o.id,
                   error_chain(e, said, sizeof said));
        error_free(e);
        return NULL;
    }
    for (EACH(const struct values, set, &o.values)) {
        const struct cs_attribute *t = config_cs_attribute(k->c, set->attribute);
        if (t) check_set(k, "Connected object", o.id, set, t->plurality);
    }
    check_head(k, &o, row);
    return check_cs_rows(k, &o, n);
}

struct cso_rows LIST(struct cso_row);

static FALLIBLE cs_page(struct checker *k, struct cs_counts *n) {
    arena_reset(k->page);
    struct cso_rows list = {0};
    OWNED_VALUE(rows) r = {0};
    TRY(q_check_csos(k->tx, &(struct q_check_csos_in){n->after, PAGE}, 1, &r));
    for (struct cso_row row = {0}; q_check_csos_next(&r, &row);) {
        text *texts[] = {&row.key,      &row.secondary_key, &row.name_key,
                         &row.document, &row.o.external_id, &row.o.secondary_external_id};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = arena_text(k->page, *texts[i]);
        *LIST_ADD(k->page, &list) = row;
    }
    TRY(rows_end(&r));
    for (EACH(const struct cso_row, row, &list)) TRY(check_cso(k, row, n));
    n->more = list.count > 0;
    if (n->more) n->after = list.at[list.count - 1].o.id;
    k->csos += (int64_t)list.count;
    if (k->csos % TELL_EVERY == 0) tell(k, "%lld connected objects", (long long)k->csos);
    return NULL;
}

FALLIBLE check_csos(struct checker *k) {
    struct cs_counts n = {.more = true};
    while (n.more) TRY(cs_page(k, &n));
    TRY(same_number(k, CS_IX, n.ix));
    return same_number(k, CS_REF, n.refs);
}

/* ---- Metaverse ---- */

static FALLIBLE check_mv_rows(struct checker *k, const struct mvo *o, int64_t *ix_count, int64_t *ref_count) {
    struct index_rows ix = {0};
    struct member_rows refs = {0};
    mvo_index_rows(k->page, k->c, o, &ix, &refs);
    *ix_count += (int64_t)ix.count;
    *ref_count += (int64_t)refs.count;
    struct q_mv_ix_has_row row;
    struct q_mv_ref_has_row ref_row;
    bool found;
    for (EACH(const struct index_row, r, &ix)) {
        TRY(q_mv_ix_has_one(k->tx, k->page, r, &row, &found));
        if (!found) find_wrong(k, "Metaverse object %lld lacks an index row of attribute %d.", (long long)o->id, r->attribute);
    }
    for (EACH(const struct member_row, r, &refs)) {
        TRY(q_mv_ref_has_one(k->tx, k->page, r, &ref_row, &found));
        if (!found) find_wrong(k, "Metaverse object %lld lacks a reference row of attribute %d.", (long long)o->id, r->attribute);
    }
    return NULL;
}

/* A page with a damaged object is read object by object, so that one does not hide the others. */
static FALLIBLE read_page(struct checker *k, int64_t after, struct mvos *list, int64_t *last) {
    error *e = store_mvo_page(k->tx, k->page, k->c, MVO_ALL, 0, after, PAGE, list);
    if (!e) {
        *last = list->count ? list->at[list->count - 1].id : 0;
        return NULL;
    }
    if (e->kind != ERROR_CORRUPT) return e;
    error_free(e);
    *list = (struct mvos){0};
    struct int64s ids = {0};
    TRY(mvo_ids_after(k->tx, k->page, after, PAGE, &ids));
    for (EACH(const int64_t, id, &ids)) {
        e = store_mvos(k->tx, k->page, k->c, id, 1, list);
        if (!e) continue;
        char said[500];
        find_wrong(k, "Metaverse object %lld (mvo) cannot be read: %s.", (long long)*id, error_chain(e, said, sizeof said));
        error_free(e);
        list->count--;
    }
    *last = ids.count ? ids.at[ids.count - 1] : 0;
    return NULL;
}

FALLIBLE check_mvos(struct checker *k) {
    int64_t ix = 0, refs = 0;
    for (int64_t after = 0, last = 1; last; after = last) {
        arena_reset(k->page);
        struct mvos list = {0};
        TRY(read_page(k, after, &list, &last));
        for (EACH(const struct mvo, o, &list)) {
            for (EACH(const struct values, set, &o->values)) {
                const struct mv_attribute *t = config_mv_attribute(k->c, set->attribute);
                if (t) check_set(k, "Metaverse object", o->id, set, t->plurality);
            }
            TRY(check_mv_rows(k, o, &ix, &refs));
        }
        k->mvos += (int64_t)list.count;
        if (list.count && k->mvos % TELL_EVERY == 0) tell(k, "%lld identities", (long long)k->mvos);
    }
    TRY(same_number(k, MV_IX, ix));
    return same_number(k, MV_REF, refs);
}
