/* One batch of imported objects: what each of them means for the connector space, decided in memory and written at once. */
#include "runs/import_batch.h"
#include "base/unicode.h"
#include "runs/safety.h"
#include "store/differences.h"
#include "store/names.h"
#include "sync/confirm.h"
#include "sync/import_diff.h"

enum { PREPARED_BYTES = 1 << 20 }; /* larger documents are left to the store */

struct work {
    struct import *im;
    arena *a;
    store_tx *tx;
    struct incoming *in;
    size_t count;
    struct int64s load; /* ids of stored objects to compare with */
    struct csos stored;
    struct pending_exports exports; /* of those that await confirmation */
    struct int_map stored_by_id, export_by_cso;
    struct int_map parts; /* by object: what was imported, its large sets only as far as they differ from the stored ones */
    struct cso_changes changes;
    struct pending_export_changes export_changes;
    struct run_items items;
    struct import_stamps {
        struct import_stamp *at;
        size_t count, room;
    } stamps;
    struct texts appeared;             /* folded ids that references could not name before, for late resolution */
    struct waiting_references watched; /* references without a target when the batch was read */
    int64_t next_item;
    instant now;
};

struct outcome_node *import_outcome(arena *a, struct run_item *item, enum outcome type, int32_t count) {
    struct outcome_node **end = &item->outcomes;
    while (*end) end = &(*end)->next;
    *end = ARENA_NEW(a, struct outcome_node);
    (*end)->type = type;
    (*end)->count = count;
    return *end;
}

/* ---- items ---- */

/* Without a stored object the name comes from the values that the refused one brought. */
static struct run_item *add_item(struct work *w, const struct incoming *n, enum object_change change, const struct cso *o) {
    struct run_item *item = LIST_ADD(w->a, &w->items);
    const struct cs_type *type = n->object->type;
    struct cso refused = {.type = type ? type->id : 0, .external_id = n->external, .has_values = true, .values = n->values};
    *item = (struct run_item){.id = w->next_item++,
                              .change = change,
                              .cso = o ? o->id : n->cso,
                              .external_id = n->external,
                              .object_type = type ? type->name : n->object->type_name,
                              .error = n->error,
                              .error_message = n->message};
    if (o)
        item->display_name = cso_display_name(w->a, w->im->r->config, o);
    else if (type && !text_is_null(n->external))
        item->display_name = cso_display_name(w->a, w->im->r->config, &refused);
    return item;
}

/* ---- references ---- */

static void watch_references(struct work *w, const struct cso *o, int64_t item) {
    if (w->im->r->system->unresolved == UNRESOLVED_IGNORE) return;
    for (EACH(struct values, set, &o->values)) {
        if (!set->count || set->at[0].type != TYPE_REFERENCE) continue;
        const struct cs_attribute *attribute = config_cs_attribute(w->im->r->config, set->attribute);
        if (!attribute || attribute->type != TYPE_REFERENCE) continue;
        for (EACH(struct value, v, set)) {
            if (!v->reference.target)
                *LIST_ADD(w->a, &w->watched) = (struct waiting_reference){o->id, item, attribute->id, v->reference.raw};
        }
    }
}

/* Those that name nothing yet wait for the end of the run. */
static FALLIBLE keep_waiting(struct work *w) {
    struct import *im = w->im;
    bool *resolved = ARENA_ARRAY(w->a, bool, w->watched.count + 1);
    TRY(import_resolve(im, w->tx, w->a, w->watched.at, w->watched.count, resolved));
    for (size_t i = 0; i < w->watched.count; i++) {
        if (resolved[i]) continue;
        struct waiting_reference *kept = LIST_ADD(im->kept, &im->waiting);
        *kept = w->watched.at[i];
        kept->raw = arena_text(im->kept, kept->raw);
    }
    return NULL;
}

/* A key that is new to the connector space may be what stored references were waiting for (J+33). */
static void note_key(struct work *w, text id) {
    if (w->im->had_objects && !text_is_null(id)) *LIST_ADD(w->a, &w->appeared) = text_fold(w->a, id);
}

/* ---- creating and updating ---- */

static void create(struct work *w, struct incoming *n) {
    struct cso *o = ARENA_NEW(w->a, struct cso);
    *o = (struct cso){.id = n->cso,
                      .system = w->im->r->system->id,
                      .type = n->object->type->id,
                      .partition = import_partition(w->im, n->object),
                      .status = CSO_NORMAL,
                      .created = w->now,
                      .external_id = n->external,
                      .has_values = true,
                      .values = n->values};
    o->secondary_external_id = cso_secondary_id(w->a, n->object->type, &n->values);
    if (n->error == ITEM_NO_ERROR) memcpy(o->import_hash, n->hash, sizeof o->import_hash);
    struct run_item *item = add_item(w, n, OBJECT_ADDED, o);
    *LIST_ADD(w->a, &w->changes) =
        (struct cso_change){.after = o, .values_changed = true, .item = item->id, .prepared = n->prepared};
    import_outcome(w->a, item, OUTCOME_CSO_ADDED, -1);
    note_key(w, o->external_id);
    note_key(w, o->secondary_external_id);
    watch_references(w, o, item->id);
}

/* What a stored object is called by those who refer to it. */
static text target_id(void *state, int64_t cso) {
    struct work *w = state;
    struct csos found = {0};
    error *e = store_csos(w->tx, w->a, w->im->r->config, &cso, 1, false, &found);
    error_free(e);
    if (e || !found.count) return (text){0};
    return text_is_null(found.at[0].secondary_external_id) ? found.at[0].external_id : found.at[0].secondary_external_id;
}

static void confirm(struct work *w, const struct incoming *n, const struct cso *o, struct confirmation *c) {
    const struct pending_export *p = int_map_get(&w->export_by_cso, o->id);
    *c = (struct confirmation){0};
    if (!p) return;
    if (p->change == EXPORT_DELETE)
        confirm_refuse_delete(p, c);
    else
        confirm_export(w->a, n->object->type, p, &o->values, c);
    if (!c->eligible) return;
    struct pending_export *after = NULL;
    if (!c->ended) {
        after = ARENA_NEW(w->a, struct pending_export);
        *after = c->after;
    }
    *LIST_ADD(w->a, &w->export_changes) = (struct pending_export_change){p, after};
    if (c->ended) w->im->r->activity.counters.pending_exports_confirmed++;
}

static void report_confirmation(struct work *w, struct run_item *item, const struct confirmation *c) {
    const struct pending_export *p = int_map_get(&w->export_by_cso, item->cso);
    if (p && (c->confirmed || c->ended)) run_confirms(w->a, item, p);
    if (c->confirmed) import_outcome(w->a, item, OUTCOME_EXPORT_CONFIRMED, c->confirmed);
    if (!c->unconfirmed) return;
    import_outcome(w->a, item, OUTCOME_EXPORT_FAILED, c->unconfirmed);
    if (item->error != ITEM_NO_ERROR) return;
    item->error = c->failed ? ITEM_EXPORT_CONFIRMATION_FAILED : ITEM_EXPORT_NOT_CONFIRMED;
    item->error_message = c->failed
                              ? T("Exported values did not arrive after the last attempt; the pending export is parked as Failed.")
                              : T("Exported values have not arrived; they will be exported again.");
}

static void mark_deleted(struct work *w, struct incoming *n, const struct cso *stored) {
    if (stored->status == CSO_OBSOLETE) return;
    struct cso *after = ARENA_NEW(w->a, struct cso);
    *after = *stored;
    after->status = CSO_OBSOLETE;
    after->updated = w->now;
    const struct pending_export *p = int_map_get(&w->export_by_cso, stored->id);
    if (p) *LIST_ADD(w->a, &w->export_changes) = (struct pending_export_change){p, NULL};
    struct run_item *item = add_item(w, n, OBJECT_DELETED, stored);
    *LIST_ADD(w->a, &w->changes) = (struct cso_change){.before = stored, .after = after, .item = item->id};
    if (!text_is_null(stored->external_id)) item->external_id = stored->external_id; /* the import may write it otherwise */
    import_outcome(w->a, item, OUTCOME_DELETION_DETECTED, -1);
    if (p && p->change == EXPORT_DELETE) run_confirms(w->a, item, p);
}

/* What an update does: `changed` shows to people and to synchronisation, `write` also where only partition or keys follow. */
struct effect {
    bool changed, write;
};

static struct cso *updated_object(struct work *w, const struct incoming *n, const struct cso *stored, struct import_diff *d,
                                  struct effect *effect) {
    struct cso *after = ARENA_NEW(w->a, struct cso);
    *after = *stored;
    const struct attributes *part = int_map_get(&w->parts, n->cso);
    import_diff(w->a, n->object->type, &stored->values, part ? part : &n->values, &n->unparsed, target_id, w, d);
    after->values = d->values;
    after->status = CSO_NORMAL;
    int32_t partition = import_partition(w->im, n->object);
    bool moved = partition && partition != stored->partition;
    if (moved) after->partition = partition;
    after->external_id = n->external;
    after->secondary_external_id = cso_secondary_id(w->a, n->object->type, &d->values);
    bool full = w->im->r->profile->type == RUN_FULL_IMPORT, clean = n->error == ITEM_NO_ERROR, values = d->added || d->removed;
    if (full && clean)
        memcpy(after->import_hash, n->hash, sizeof n->hash);
    else if (values || !clean)
        memset(after->import_hash, 0, sizeof after->import_hash);
    effect->changed = values || stored->status != CSO_NORMAL;
    if (effect->changed) after->updated = w->now;
    effect->write = effect->changed || moved || !text_equal(after->external_id, stored->external_id);
    if (!text_equal(after->external_id, stored->external_id)) note_key(w, after->external_id);
    if (!text_equal(after->secondary_external_id, stored->secondary_external_id)) note_key(w, after->secondary_external_id);
    return after;
}

static void verify_hash(const struct work *w, struct incoming *n, const struct cso *stored, const struct import_diff *d) {
    bool equal = memcmp(stored->import_hash, n->hash, sizeof n->hash) == 0;
    if (!w->im->verify || !equal || (!d->added && !d->removed) || n->error != ITEM_NO_ERROR) return;
    n->error = ITEM_HASH_VERIFICATION;
    n->message = T("The content hash was equal although values differed; the difference was applied.");
}

static void add_stamp(struct work *w, const struct cso *stored, const struct cso *after) {
    if (memcmp(stored->import_hash, after->import_hash, sizeof after->import_hash) == 0) return;
    struct import_stamp *s = LIST_ADD(w->a, &w->stamps);
    s->cso = after->id;
    memcpy(s->hash, after->import_hash, sizeof s->hash);
}

static void update(struct work *w, struct incoming *n, const struct cso *stored) {
    if (n->object->change == IMPORT_DELETED) return mark_deleted(w, n, stored);
    struct import_diff d;
    struct effect effect;
    struct confirmation c;
    struct cso *after = updated_object(w, n, stored, &d, &effect);
    verify_hash(w, n, stored, &d);
    bool values = d.added || d.removed;
    if (d.removed) import_guard_values(w->im, &stored->values, &after->values, int_map_get(&w->export_by_cso, stored->id));
    confirm(w, n, after, &c);
    int64_t id = 0;
    if (effect.changed || n->error != ITEM_NO_ERROR || c.confirmed || c.unconfirmed) {
        struct run_item *item = add_item(w, n, OBJECT_UPDATED, after);
        id = item->id;
        if (values) import_outcome(w->a, item, OUTCOME_CSO_UPDATED, d.added + d.removed);
        report_confirmation(w, item, &c);
        bool wrong = item->error != ITEM_NO_ERROR && item->error != ITEM_HASH_VERIFICATION;
        if (wrong) memset(after->import_hash, 0, sizeof after->import_hash); /* it is looked at again (§5.6) */
    }
    if (effect.write)
        *LIST_ADD(w->a, &w->changes) = (struct cso_change){.before = stored, .after = after, .values_changed = values, .item = id};
    else
        add_stamp(w, stored, after);
    watch_references(w, after, id);
}

/* ---- the batch ---- */

static bool is_partial(const struct cso *o) {
    for (EACH(const struct values, set, &o->values))
        if (set->partial) return true;
    return false;
}

/* Large sets are not loaded but compared where they are, unless only the whole of them tells. */
static FALLIBLE load_large(struct work *w, const struct incoming *n) {
    struct cso *o = int_map_get(&w->stored_by_id, n->cso);
    struct attributes *part = ARENA_NEW(w->a, struct attributes);
    struct csos whole = {0};
    bool told = false;
    if (!o || !is_partial(o) || n->object->change == IMPORT_DELETED) return NULL;
    TRY(import_compare_large(w->im, w->a, w->tx, n, int_map_get(&w->export_by_cso, n->cso), o, part, &told));
    if (told) {
        int_map_put(&w->parts, n->cso, part);
        return NULL;
    }
    TRY(store_csos(w->tx, w->a, w->im->r->config, &n->cso, 1, true, &whole));
    if (whole.count) *o = whole.at[0];
    return NULL;
}

static FALLIBLE load_stored(struct work *w) {
    struct int64s awaiting = {0};
    for (size_t i = 0; i < w->count; i++) {
        if (w->in[i].action != ACTION_LOAD) continue;
        *LIST_ADD(w->a, &w->load) = w->in[i].cso;
        if (w->in[i].awaiting || w->in[i].object->change == IMPORT_DELETED) *LIST_ADD(w->a, &awaiting) = w->in[i].cso;
    }
    int_map_init(&w->stored_by_id, w->a, w->load.count);
    int_map_init(&w->export_by_cso, w->a, awaiting.count);
    int_map_init(&w->parts, w->a, 4);
    TRY(store_csos_towards(w->tx, w->a, w->im->r->config, w->load.at, w->load.count, NULL, 0, &w->stored));
    if (awaiting.count) TRY(store_pending_by_cso(w->tx, w->a, w->im->r->config, awaiting.at, awaiting.count, &w->exports));
    for (EACH(struct cso, o, &w->stored)) int_map_put(&w->stored_by_id, o->id, o);
    for (EACH(struct pending_export, p, &w->exports)) int_map_put(&w->export_by_cso, p->cso, p);
    for (size_t i = 0; i < w->count; i++)
        if (w->in[i].action == ACTION_LOAD) TRY(load_large(w, &w->in[i]));
    return NULL;
}

static FALLIBLE apply(struct work *w, struct incoming *n) {
    const struct cso *stored;
    switch (n->action) {
    case ACTION_CREATE:
        create(w, n);
        return NULL;
    case ACTION_LOAD:
        stored = int_map_get(&w->stored_by_id, n->cso);
        if (!stored)
            return FAIL(ERROR_CORRUPT, "Object %lld is in the look-up table and not in the connector space.", (long long)n->cso);
        update(w, n, stored);
        return NULL;
    case ACTION_REFUSE:
        add_item(w, n, OBJECT_NOT_SET, NULL);
        return NULL;
    default:
        return NULL;
    }
}

static FALLIBLE find_waiting(struct work *w, struct int64s *touch) {
    if (!w->appeared.count) return NULL;
    struct int64s found = {0};
    TRY(store_referrers(w->tx, w->a, w->im->r->system->id, w->appeared.at, w->appeared.count, &found));
    for (EACH(int64_t, id, &found))
        if (*id < w->im->first_fresh) *LIST_ADD(w->a, touch) = *id;
    return NULL;
}

/* The text of those that this run has read is what the system says now. */
static bool was_read(void *state, const struct cso *referrer) {
    const struct work *w = state;
    uint64_t key[2];
    if (text_is_null(referrer->external_id)) return false;
    import_key(referrer->type, text_fold(w->a, referrer->external_id), key);
    const struct import_slot *s = import_table_find(&w->im->table, key);
    return s && s->seen;
}

/* An import of everything reads all who refer to anyone. */
static FALLIBLE write_objects_of(struct work *w) {
    const struct run_profile *p = w->im->r->profile;
    if (!w->changes.count) return NULL;
    if (p->type == RUN_FULL_IMPORT && !p->partition) return store_write_csos(w->tx, w->im->r->config, &w->changes);
    return store_write_renamed_csos(w->tx, w->im->r->config, &w->changes, was_read, w);
}

static FALLIBLE write_work(struct work *w) {
    const struct config *c = w->im->r->config;
    run_note(w->im->r, w->tx);
    TRY(load_stored(w));
    for (size_t i = 0; i < w->count; i++) {
        TRY(import_goes_on(w->im));
        TRY(apply(w, &w->in[i]));
    }
    TRY(import_goes_on(w->im));
    struct int64s touch = {0};
    TRY(find_waiting(w, &touch));
    TRY(write_objects_of(w));
    if (w->export_changes.count) TRY(store_write_pending(w->tx, c, &w->export_changes));
    if (w->stamps.count) TRY(store_write_stamps(w->tx, w->stamps.at, w->stamps.count));
    if (touch.count) TRY(store_touch_csos(w->tx, touch.at, touch.count, w->now));
    TRY(keep_waiting(w));
    TRY(run_write_items(w->im->r, w->tx, &w->items));
    return store_group_commit(w->tx);
}

/* All in one transaction or not at all; then the figures of the run are as before, too (invariant 34). */
static FALLIBLE write_objects(struct import *im, struct incoming *in, size_t count) {
    OWNED(store_tx) tx = NULL;
    struct work w = {.im = im, .a = im->batch, .in = in, .count = count, .now = run_clock(im->r)};
    struct activity_counters counters = im->r->activity.counters;
    size_t waiting = im->waiting.count;
    TRY(store_ids(im->r->store, IDS_ITEM, (int64_t)count, &w.next_item));
    TRY(store_group_write(im->r->store, &im->r->group, &tx));
    w.tx = tx;
    error *e = write_work(&w);
    if (!e) return NULL;
    im->r->activity.counters = counters;
    im->waiting.count = waiting;
    return e;
}

/* Could another object have been stored all the same? */
static bool is_about_object(const error *e) {
    return e->kind == ERROR_CONFLICT || e->kind == ERROR_TOO_LARGE || e->kind == ERROR_INVALID || e->kind == ERROR_CORRUPT;
}

static FALLIBLE give_up_object(struct import *im, struct incoming *n, const error *why) {
    char sentence[1024];
    struct import_slot *s = import_table_find(&im->table, n->key);
    bool created = n->action == ACTION_CREATE;
    if (created) {
        n->cso = 0;
        if (s) s->cso = 0; /* its key was used in this run, but nothing can refer to it */
    }
    import_refuse(n, created ? ITEM_CSO_CREATION_FAILED : ITEM_UNHANDLED,
                  arena_text(im->batch, text_of(error_chain(why, sentence, sizeof sentence))));
    return write_objects(im, n, 1);
}

/* A batch that cannot be stored for the sake of one object is stored object by object (§5.7). */
static FALLIBLE write_one_by_one(struct import *im, struct incoming *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (in[i].action == ACTION_SKIP) continue;
        OWNED(error) e = write_objects(im, &in[i], 1);
        if (!e) continue;
        if (!is_about_object(e) || in[i].action == ACTION_REFUSE) return TAKE(e);
        TRY(give_up_object(im, &in[i], e));
    }
    return NULL;
}

/* ---- before writing ---- */

/* Objects that were provisioned before their anchor was known are adopted by their secondary id (§5.5 rule 2). */
static FALLIBLE adopt_provisioned(struct import *im, struct incoming *in, size_t count) {
    arena *a = im->batch;
    struct cso_key_query *queries = ARENA_ARRAY(a, struct cso_key_query, count);
    struct incoming **asking = ARENA_ARRAY(a, struct incoming *, count);
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cs_type *type = in[i].object->type;
        if (in[i].action != ACTION_CREATE || !type->secondary || type->secondary->type != TYPE_TEXT) continue;
        text secondary = cso_secondary_id(a, type, &in[i].values);
        if (text_is_null(secondary)) continue;
        queries[asked] =
            (struct cso_key_query){.system = im->r->system->id, .type = type->id, .secondary = true, .value = secondary};
        asking[asked++] = &in[i];
    }
    if (!asked) return NULL;
    OWNED(store_tx) tx = NULL;
    struct cso_key_hits hits = {0};
    TRY(store_read(im->r->store, &tx));
    TRY(store_find_keys(tx, a, queries, asked, &hits));
    for (EACH(struct cso_key_hit, h, &hits)) {
        struct incoming *n = asking[h->query];
        if (h->status != CSO_PENDING_PROVISIONING) continue;
        n->action = n->action == ACTION_CREATE ? ACTION_LOAD : ACTION_NONE; /* of several, none */
        n->awaiting = true;
        n->cso = h->cso;
    }
    for (size_t i = 0; i < asked; i++) {
        if (asking[i]->action == ACTION_NONE) asking[i]->action = ACTION_CREATE;
    }
    return NULL;
}

/* Every key of this batch stands in the table before references are looked at. */
static FALLIBLE give_ids(struct import *im, struct incoming *in, size_t count) {
    size_t created = 0;
    for (size_t i = 0; i < count; i++) created += in[i].action == ACTION_CREATE;
    int64_t next = 0;
    if (created) TRY(store_ids(im->r->store, IDS_CSO, (int64_t)created, &next));
    for (size_t i = 0; i < count; i++) {
        struct incoming *n = &in[i];
        if (n->action != ACTION_CREATE && n->action != ACTION_LOAD) continue;
        struct import_slot *s = import_table_find(&im->table, n->key);
        bool adopted = n->action == ACTION_LOAD && !(s && s->cso);
        if (n->action != ACTION_CREATE && !adopted) continue;
        if (!adopted) n->cso = next++;
        if (!s) s = import_table_add(&im->table, n->key);
        s->cso = n->cso;
        s->type = n->object->type->id;
        s->partition = (uint32_t)import_partition(im, n->object) & 0xffffff;
        s->seen = s->fresh = true;
    }
    return NULL;
}

static bool has_work(const struct incoming *in, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (in[i].action != ACTION_SKIP) return true;
    return false;
}

/* Nearly every object that gets this far is written. */
static void prepare(const struct import *im, arena *a, struct buffer *room, struct incoming *n) {
    const struct cso o = {.system = im->r->system->id,
                          .type = n->object->type->id,
                          .external_id = n->external,
                          .secondary_external_id = cso_secondary_id(a, n->object->type, &n->values),
                          .has_values = true,
                          .values = n->values};
    n->prepared = store_prepare_cso(a, im->r->config, room, &o);
}

FALLIBLE import_look(const struct import *im, arena *a, const struct import_objects *batch, struct incoming **out) {
    OWNED_VALUE(buffer) document = {.max = PREPARED_BYTES};
    struct incoming *in = *out = ARENA_ARRAY(a, struct incoming, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        TRY(import_goes_on(im));
        in[i].object = &batch->at[i];
        import_check(im, a, &in[i]);
        if (in[i].action != ACTION_REFUSE) prepare(im, a, &document, &in[i]);
    }
    return NULL;
}

static FALLIBLE store_batch(struct import *im, struct incoming *in, size_t count) {
    if (!has_work(in, count)) return NULL;
    TRY(adopt_provisioned(im, in, count));
    TRY(give_ids(im, in, count));
    error *e = write_objects(im, in, count);
    if (e && is_about_object(e) && count > 1) {
        error_free(e);
        e = write_one_by_one(im, in, count);
    } else if (e && is_about_object(e) && in[0].action != ACTION_REFUSE) {
        error *told = give_up_object(im, &in[0], e);
        error_free(e);
        e = told;
    }
    TRY_OR(e, "The page behind object %lld could not be stored; nothing of it was kept.",
           (long long)(im->received - (int64_t)count));
    return NULL;
}

FALLIBLE import_batch(struct import *im, struct incoming *in, size_t count) {
    TRY(import_goes_on(im));
    run_phase_beside(im->r, T("import.process"));
    arena_reset(im->batch);
    im->received += (int64_t)count;
    TRY(import_keys_ask(im, im->batch, in, count));
    for (size_t i = 0; i < count; i++) import_table_fetch(&im->table, in[i].key);
    import_decide(im, im->batch, in, count);
    TRY(store_batch(im, in, count));
    im->r->activity.counters.objects = im->received;
    run_progress(im->r, im->received, im->expected);
    return safety_errors(im->r, im->received);
}
