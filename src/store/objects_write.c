/* Writes connector space objects: head, document, index rows, references and members together. */
#include "store/objects.h"

#include <stdlib.h>

struct cso_rows LIST(struct cso_row);

/* A batch of changes, by what has to be done for each. */
struct batch {
    arena *a;
    const struct config *c;
    bool indexing; /* some index has rows of the first objects only */
    struct buffer document;
    struct difference d;
    struct int64s deleted;
    struct cso_rows created, heads, released, taken, joined, keys, names, documents;
    struct int_map tally; /* type → struct tally_change */
};

struct cso_prepared {
    int64_t version; /* of the configuration */
    struct cso_row row;
    struct index_rows ix, refs;
};

struct tally_change {
    int32_t system, type;
    int64_t objects;
};

static void count(struct batch *b, const struct cso *o, int64_t objects) {
    struct tally_change *t = int_map_get(&b->tally, o->type);
    if (!t) {
        t = ARENA_NEW(b->a, struct tally_change);
        t->system = o->system;
        t->type = o->type;
        int_map_put(&b->tally, o->type, t);
    }
    t->objects += objects;
}

/* An id is stored once when it is its own key. */
void cso_keys_of(arena *a, const struct config *c, const struct cso *o, struct cso_row *row) {
    row->key = id_key(a, o->external_id);
    row->secondary_key = id_key(a, o->secondary_external_id);
    row->name_key = shown_key(a, cso_display_name(a, c, o));
    if (text_equal(row->key, o->external_id)) row->o.external_id = (text){0};
    if (text_equal(row->secondary_key, o->secondary_external_id)) row->o.secondary_external_id = (text){0};
}

/* What such an object holds depends on what is stored: little of what is made for all of it here would be used. */
static bool has_large_set(const struct cso *o) {
    for (EACH(const struct values, set, &o->values))
        if (set->count > LARGE_MEMBERS && set->at[0].type == TYPE_REFERENCE) return true;
    return false;
}

const struct cso_prepared *store_prepare_cso(arena *a, const struct config *c, struct buffer *room, const struct cso *o) {
    if (has_large_set(o)) return NULL;
    struct difference d = {.a = a, .kind = BLOB_CSO};
    difference_cso(&d, c, NULL, o);
    buffer_clear(room);
    document_write_cso(room, &o->values);
    bool named = !text_is_empty(o->external_id); /* else it may be called by its id */
    if (room->overflow || !named || d.blobs_added.count || d.members_added.count) return NULL;
    struct cso_prepared *p = ARENA_NEW(a, struct cso_prepared);
    *p = (struct cso_prepared){.version = c->version, .row = {.o = *o}, .ix = d.ix_added, .refs = d.refs_added};
    cso_keys_of(a, c, o, &p->row);
    p->row.document = arena_text(a, buffer_as_text(room));
    return p;
}

static FALLIBLE set_document(struct batch *b, const struct attributes *values, struct cso_row *row) {
    buffer_clear(&b->document);
    document_write_cso(&b->document, values);
    if (b->document.overflow)
        return FAIL(ERROR_TOO_LARGE, "the values of connected object %lld are too large to store", (long long)row->o.id);
    row->document = arena_text(b->a, buffer_as_text(&b->document));
    return NULL;
}

static void add_rows(arena *a, struct index_rows *to, const struct index_rows *from, int64_t object) {
    for (EACH(const struct index_row, row, from)) {
        struct index_row *copy = LIST_ADD(a, to);
        *copy = *row;
        copy->object = object;
    }
}

static void add_prepared(struct batch *b, const struct cso *o, const struct cso_prepared *p) {
    struct cso_row *row = LIST_ADD(b->a, &b->created);
    *row = p->row;
    text external = row->o.external_id, secondary = row->o.secondary_external_id;
    row->o = *o;
    row->o.external_id = external;
    row->o.secondary_external_id = secondary;
    add_rows(b->a, &b->d.ix_added, &p->ix, o->id);
    add_rows(b->a, &b->d.refs_added, &p->refs, o->id);
    count(b, o, 1);
}

/* What was prepared for another configuration may lack index rows; without an id
 * nobody knows what it has in an index that is being built. */
static FALLIBLE add_create(struct batch *b, const struct cso_change *change) {
    const struct cso *after = change->after;
    if (change->prepared && change->prepared->version == b->c->version && !b->indexing) {
        add_prepared(b, after, change->prepared);
        return NULL;
    }
    struct attributes values = difference_cso(&b->d, b->c, NULL, after);
    struct cso_row *row = LIST_ADD(b->a, &b->created);
    row->o = *after;
    cso_keys_of(b->a, b->c, after, row);
    count(b, after, 1);
    return set_document(b, &values, row);
}

static FALLIBLE add_values(struct batch *b, const struct cso *before, const struct cso *after, struct cso_row *row) {
    struct attributes values = difference_cso(&b->d, b->c, before, after);
    TRY(set_document(b, &values, row));
    *LIST_ADD(b->a, &b->documents) = *row;
    row->name_key = shown_key(b->a, cso_display_name(b->a, b->c, after));
    if (!text_equal(row->name_key, shown_key(b->a, cso_display_name(b->a, b->c, before)))) *LIST_ADD(b->a, &b->names) = *row;
    return NULL;
}

/* Was it free before, and differs in nothing but its join? */
static bool only_joins(const struct cso *before, const struct cso *after) {
    return !before->mvo && after->mvo && before->partition == after->partition && before->status == after->status &&
           before->updated.ticks == after->updated.ticks && before->scope_review == after->scope_review &&
           before->sync_failed == after->sync_failed &&
           memcmp(&before->import_hash, &after->import_hash, sizeof before->import_hash) == 0;
}

static struct cso_rows *heads_for(struct batch *b, const struct cso *before, const struct cso *after) {
    if (before->mvo == after->mvo) return &b->heads;
    if (before->mvo) return &b->released;
    return only_joins(before, after) ? &b->joined : &b->taken;
}

static FALLIBLE add_update(struct batch *b, const struct cso_change *change) {
    const struct cso *before = change->before, *after = change->after;
    struct cso_row row = {.o = *after, .was_mvo = before->mvo, .was_status = before->status};
    if (change->values_changed) TRY(add_values(b, before, after, &row));
    if (!text_equal(before->external_id, after->external_id) ||
        !text_equal(before->secondary_external_id, after->secondary_external_id)) {
        cso_keys_of(b->a, b->c, after, &row);
        *LIST_ADD(b->a, &b->keys) = row;
    }
    /* what leaves its metaverse object goes first, so that another of its system can take the place in the same batch */
    *LIST_ADD(b->a, heads_for(b, before, after)) = row;
    return NULL;
}

static FALLIBLE add(struct batch *b, const struct cso_change *change) {
    if (!change->before) return add_create(b, change);
    if (change->after) return add_update(b, change);
    difference_cso(&b->d, b->c, change->before, NULL);
    *LIST_ADD(b->a, &b->deleted) = change->before->id;
    count(b, change->before, -1);
    return NULL;
}

static int by_id(const void *x, const void *y) {
    const struct cso_row *a = x, *b = y;
    return (a->o.id > b->o.id) - (a->o.id < b->o.id);
}

static int by_number(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void sort(struct cso_rows *rows) { sort_rows(rows->at, rows->count, sizeof *rows->at, by_id); }

static FALLIBLE expect(size_t wanted, int64_t changed) {
    if ((int64_t)wanted == changed) return NULL;
    return FAIL(ERROR_BUSY, "%lld connected objects were changed by somebody else meanwhile",
                (long long)((int64_t)wanted - changed));
}

static FALLIBLE write_deletes(store_tx *tx, struct batch *b) {
    size_t n = b->deleted.count;
    if (!n) return NULL;
    qsort(b->deleted.at, n, sizeof *b->deleted.at, by_number);
    struct q_cso_delete_in *heads = ARENA_ARRAY(b->a, struct q_cso_delete_in, n);
    struct q_cso_doc_delete_in *documents = ARENA_ARRAY(b->a, struct q_cso_doc_delete_in, n);
    for (size_t i = 0; i < n; i++) {
        heads[i].id = b->deleted.at[i];
        documents[i].id = b->deleted.at[i];
    }
    int64_t changed;
    TRY(q_cso_delete(tx, heads, n, &changed));
    TRY(expect(n, changed));
    return q_cso_doc_delete(tx, documents, n);
}

static FALLIBLE write_updates(store_tx *tx, struct batch *b) {
    struct cso_rows *lists[] = {&b->heads, &b->released, &b->taken, &b->joined, &b->keys, &b->names, &b->documents};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) sort(lists[i]);
    int64_t changed;
    TRY(q_cso_update_head(tx, b->heads.at, b->heads.count, &changed));
    TRY(expect(b->heads.count, changed));
    TRY(q_cso_update_join(tx, b->released.at, b->released.count, &changed));
    TRY(expect(b->released.count, changed));
    TRY(q_cso_update_join(tx, b->taken.at, b->taken.count, &changed));
    TRY(expect(b->taken.count, changed));
    TRY(q_cso_join(tx, b->joined.at, b->joined.count, &changed));
    TRY(expect(b->joined.count, changed));
    TRY(q_cso_update_keys(tx, b->keys.at, b->keys.count));
    TRY(q_cso_update_name(tx, b->names.at, b->names.count));
    return q_cso_doc_update(tx, b->documents.at, b->documents.count);
}

static FALLIBLE write_batch(store_tx *tx, struct batch *b) {
    TRY(write_deletes(tx, b));
    TRY(write_updates(tx, b));
    sort(&b->created);
    TRY(q_cso_add(tx, b->created.at, b->created.count));
    TRY(q_cso_doc_add(tx, b->created.at, b->created.count));
    TRY(difference_write(tx, &b->d));
    for (size_t i = 0; i < b->tally.room; i++) {
        const struct tally_change *t = b->tally.slots[i].value;
        if (!t) continue;
        TRY(tally_add(tx, TALLY_CSO_SYSTEM, t->system, t->objects));
        TRY(tally_add(tx, TALLY_CSO_TYPE, t->type, t->objects));
    }
    return NULL;
}

static FALLIBLE write_all(store_tx *tx, struct batch *b, const struct cso_changes *changes) {
    for (EACH(const struct cso_change, change, changes)) TRY(add(b, change));
    TRY(note_member_changes(tx, b->a, &b->d, changes));
    return write_batch(tx, b);
}

/* What is indexed is told by the configuration in force, not by the snapshot of the run: an index may have been built meanwhile. */
FALLIBLE store_write_csos(store_tx *tx, const struct config *c, const struct cso_changes *changes) {
    TRY(need_write(tx));
    if (!changes->count) return NULL;
    TRY(config_in(tx, &c));
    arena *a = write_memory(tx);
    struct batch b = {
        .a = a, .c = c, .indexing = is_being_indexed(c), .document = {.max = DOCUMENT_BYTES}, .d = {.a = a, .kind = BLOB_CSO}};
    int_map_init(&b.tally, a, 4);
    error *e = write_all(tx, &b, changes);
    if (!e) e = history_csos(tx, a, c, changes);
    buffer_free(&b.document);
    config_release(c);
    return e;
}

static int by_stamp(const void *x, const void *y) {
    const struct import_stamp *a = x, *b = y;
    return (a->cso > b->cso) - (a->cso < b->cso);
}

FALLIBLE store_write_stamps(store_tx *tx, const struct import_stamp *stamps, size_t count_) {
    TRY(need_write(tx));
    if (!count_) return NULL;
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct import_stamp *sorted = ARENA_ARRAY(a, struct import_stamp, count_);
    memcpy(sorted, stamps, count_ * sizeof *sorted);
    qsort(sorted, count_, sizeof *sorted, by_stamp);
    return q_cso_stamp(tx, sorted, count_);
}

FALLIBLE store_touch_csos(store_tx *tx, const int64_t *ids, size_t count_, instant updated) {
    TRY(need_write(tx));
    if (!count_) return NULL;
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct q_cso_touch_in *in = ARENA_ARRAY(a, struct q_cso_touch_in, count_);
    for (size_t i = 0; i < count_; i++) in[i] = (struct q_cso_touch_in){ids[i], updated};
    bool any;
    TRY(any_member_flow(tx, &any));
    for (size_t i = 0; any && i < count_; i++) TRY(drop_member_flow(tx, ids[i]));
    return q_cso_touch(tx, in, count_);
}
