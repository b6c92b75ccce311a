/* One batch of imported objects: what each of them means for the connector space, decided in memory and written at once. */
#include "base/unicode.h"
#include "runs/import.h"
#include "sync/confirm.h"
#include "sync/import_diff.h"

enum action { ACTION_REFUSE, ACTION_SKIP, ACTION_CREATE, ACTION_LOAD };

/* One object on its way in. */
struct incoming {
    const struct import_object *object;
    enum action action;
    struct attributes values;
    struct int32s unparsed;
    text external, folded;
    uint64_t key[2];
    uint8_t hash[16];
    int64_t cso;
    bool awaiting;
    enum item_error error;
    text message;
};

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
    struct cso_changes changes;
    struct pending_export_changes export_changes;
    struct run_items items;
    struct import_stamps {
        struct import_stamp *at;
        size_t count, room;
    } stamps;
    struct texts created; /* folded ids, for late resolution */
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

static void refuse(struct incoming *n, enum item_error why, text message) {
    n->action = ACTION_REFUSE;
    n->error = why;
    n->message = message;
}

/* ---- checks of §5.3, in its order ---- */

static bool refused_by_connector(struct work *w, struct incoming *n) {
    switch (n->object->error) {
    case IMPORT_UNKNOWN_TYPE:
        refuse(n, ITEM_COULD_NOT_MATCH_OBJECT_TYPE, n->object->error_message);
        return true;
    case IMPORT_EXTERNAL_ID:
        refuse(n, ITEM_MISSING_EXTERNAL_ID, n->object->error_message);
        return true;
    case IMPORT_CONFIGURATION:
        refuse(n, ITEM_CONNECTOR_CONFIGURATION, n->object->error_message);
        return true;
    case IMPORT_ATTRIBUTE_VALUE:
        n->error = ITEM_ATTRIBUTE_VALUE;
        n->message = n->object->error_message;
        return false;
    default:
        (void)w;
        return false;
    }
}

static bool has_repeated_attribute(const struct import_object *o) {
    for (size_t i = 1; i < o->attributes.count; i++) {
        const struct import_attribute *one = &o->attributes.at[i - 1], *two = &o->attributes.at[i];
        if (one->values.attribute && one->values.attribute == two->values.attribute) return true;
    }
    return false;
}

static bool is_empty(const struct value *v) {
    if (v->type == TYPE_TEXT || v->type == TYPE_BINARY) return v->text.len == 0;
    return v->type == TYPE_REFERENCE && v->reference.raw.len == 0;
}

/* References repeat without regard to case, everything else under its type's equality. */
static void add_value(arena *a, struct values *set, struct value_set *seen, struct text_map *folded, const struct value *v) {
    if (is_empty(v)) return;
    if (v->type == TYPE_REFERENCE) {
        if (text_map_put(folded, text_fold(a, v->reference.raw), set)) return;
    } else if (!value_set_add(seen, a, v)) {
        return;
    }
    *LIST_ADD(a, set) = *v;
}

static void take_several(struct work *w, struct incoming *n, const struct import_attribute *from) {
    struct values set = {.attribute = from->values.attribute};
    struct value_set seen;
    struct text_map folded;
    value_set_init(&seen, w->a, from->values.count);
    text_map_init(&folded, w->a, from->values.count);
    for (EACH(struct value, v, &from->values)) add_value(w->a, &set, &seen, &folded, v);
    if (set.count) *LIST_ADD(w->a, &n->values) = set;
}

static void keep_stored(struct work *w, struct incoming *n, int32_t attribute) { *LIST_ADD(w->a, &n->unparsed) = attribute; }

static void take_attribute(struct work *w, struct incoming *n, const struct import_attribute *from) {
    if (from->unparsed) return keep_stored(w, n, from->values.attribute);
    if (from->values.count == 0) return;
    if (from->values.count == 1) {
        if (!is_empty(from->values.at)) *LIST_ADD(w->a, &n->values) = from->values;
        return;
    }
    take_several(w, n, from);
    const struct cs_attribute *known = config_cs_attribute(w->im->r->config, from->values.attribute);
    struct values *last = n->values.count ? &n->values.at[n->values.count - 1] : NULL;
    bool ours = last && last->attribute == from->values.attribute;
    if (!ours || last->count < 2 || known->plurality == MULTI_VALUED) return;
    n->values.count--;
    keep_stored(w, n, from->values.attribute);
    n->error = ITEM_ATTRIBUTE_VALUE;
    n->message = arena_print(w->a, "The attribute '%.*s' takes one value and came with several.", TEXT_ARG(known->name));
}

static const struct import_attribute *unknown_attribute(const struct import_object *o) {
    for (EACH(struct import_attribute, t, &o->attributes))
        if (!t->values.attribute && (t->values.count || t->unparsed)) return t;
    return NULL;
}

static bool identify(struct work *w, struct incoming *n) {
    const struct cs_type *type = n->object->type;
    const struct values *id = attributes_find(&n->values, type->external_id->id);
    if (!id || id->count != 1) {
        refuse(n, ITEM_MISSING_EXTERNAL_ID,
               text_is_null(n->message)
                   ? arena_print(w->a, "The external id '%.*s' has no value.", TEXT_ARG(type->external_id->name))
                   : n->message);
        return false;
    }
    n->external = value_text(w->a, &id->at[0]);
    n->folded = text_fold(w->a, n->external);
    import_key(type->id, n->folded, n->key);
    return true;
}

static size_t type_place(const struct import *im, const struct cs_type *type) { return (size_t)(type - im->r->system->types.at); }

static bool may_skip(struct work *w, const struct incoming *n, const struct import_slot *s) {
    bool full = w->im->r->profile->type == RUN_FULL_IMPORT;
    uint32_t partition = (uint32_t)w->im->r->profile->partition;
    return full && !w->im->verify && s->status == CSO_NORMAL && !s->awaiting && n->error == ITEM_NO_ERROR && !n->unparsed.count &&
           (!partition || partition == s->partition) && memcmp(n->hash, s->import_hash, sizeof n->hash) == 0;
}

/* The fingerprint makes every earlier stamp differ when the schema or the selection changed. */
static void stamp(struct work *w, struct incoming *n) {
    document_hash(&n->values, n->hash);
    uint64_t mix, print = w->im->fingerprints[type_place(w->im, n->object->type)];
    memcpy(&mix, n->hash, sizeof mix);
    mix ^= print;
    memcpy(n->hash, &mix, sizeof mix);
}

static void choose(struct work *w, struct incoming *n) {
    struct import_slot *s = import_table_find(&w->im->table, n->key);
    bool repeated = (w->im->duplicates && duplicate_keys_count(w->im->duplicates) &&
                     duplicate_keys_has(w->im->duplicates, n->object->type->id, n->folded)) ||
                    (s && (s->fresh || s->seen));
    if (s) s->seen = true;
    if (repeated) {
        refuse(n, ITEM_DUPLICATE_OBJECT,
               T("The external id occurs more than once in this import; none of these objects is taken in."));
        return;
    }
    stamp(w, n);
    if (s) {
        n->cso = s->cso;
        n->awaiting = s->awaiting;
        n->action = may_skip(w, n, s) ? ACTION_SKIP : ACTION_LOAD;
        return;
    }
    const struct import_attribute *unknown = unknown_attribute(n->object);
    if (unknown) {
        refuse(n, ITEM_UNEXPECTED_ATTRIBUTE,
               arena_print(w->a, "The attribute '%.*s' is not in the schema; import the schema again.", TEXT_ARG(unknown->name)));
        return;
    }
    n->action = n->object->change == IMPORT_DELETED ? ACTION_SKIP : ACTION_CREATE;
}

static void classify(struct work *w, struct incoming *n) {
    const struct import_object *o = n->object;
    if (refused_by_connector(w, n)) return;
    if (has_repeated_attribute(o)) return refuse(n, ITEM_DUPLICATE_ATTRIBUTES, T("An attribute occurs twice in this object."));
    if (!o->type || !o->type->selected || !o->type->external_id)
        return refuse(n, ITEM_COULD_NOT_MATCH_OBJECT_TYPE,
                      arena_print(w->a, "The object type '%.*s' is not known or not selected.", TEXT_ARG(o->type_name)));
    n->values.room = o->attributes.count;
    n->values.at = ARENA_ARRAY(w->a, struct values, o->attributes.count + 1);
    for (EACH(struct import_attribute, t, &o->attributes))
        if (t->values.attribute) take_attribute(w, n, t);
    if (identify(w, n)) choose(w, n);
}

/* A refused object that can be named still counts as seen (§5.8). */
static void mark_seen(struct work *w, struct incoming *n) {
    if (n->action != ACTION_REFUSE || !n->object->type || !n->object->type->external_id) return;
    if (text_is_null(n->folded)) {
        for (EACH(struct import_attribute, t, &n->object->attributes)) {
            if (t->values.attribute != n->object->type->external_id->id || t->values.count != 1) continue;
            n->external = value_text(w->a, t->values.at);
            import_key(n->object->type->id, text_fold(w->a, n->external), n->key);
        }
        if (text_is_null(n->external)) return;
    }
    struct import_slot *s = import_table_find(&w->im->table, n->key);
    if (s) s->seen = true;
}

/* ---- items ---- */

static struct run_item *add_item(struct work *w, const struct incoming *n, enum object_change change, const struct cso *o) {
    struct run_item *item = LIST_ADD(w->a, &w->items);
    item->id = w->next_item++;
    item->change = change;
    item->external_id = n->external;
    item->object_type = n->object->type ? n->object->type->name : n->object->type_name;
    item->error = n->error;
    item->error_message = n->message;
    if (!o) return item;
    item->cso = o->id;
    item->display_name = cso_display_name(w->a, w->im->r->config, o);
    return item;
}

/* ---- references ---- */

static FALLIBLE watch_references(struct work *w, const struct incoming *n, const struct cso *o, int64_t item) {
    if (w->im->r->system->unresolved == UNRESOLVED_IGNORE) return NULL;
    for (EACH(struct values, set, &o->values)) {
        const struct cs_attribute *attribute = config_cs_attribute(w->im->r->config, set->attribute);
        if (!attribute || attribute->type != TYPE_REFERENCE) continue;
        for (EACH(struct value, v, set)) {
            bool resolved = v->reference.target != 0;
            if (!resolved) TRY(import_resolves(w->im, w->tx, w->a, attribute, v->reference.raw, &resolved));
            if (resolved) continue;
            *LIST_ADD(w->im->kept, &w->im->waiting) =
                (struct waiting_reference){o->id, item, attribute->id, arena_text(w->im->kept, v->reference.raw)};
        }
    }
    (void)n;
    return NULL;
}

/* ---- creating and updating ---- */

static FALLIBLE create(struct work *w, struct incoming *n) {
    struct cso *o = ARENA_NEW(w->a, struct cso);
    *o = (struct cso){.id = n->cso,
                      .system = w->im->r->system->id,
                      .type = n->object->type->id,
                      .partition = w->im->r->profile->partition,
                      .status = CSO_NORMAL,
                      .created = w->now,
                      .external_id = n->external,
                      .has_values = true,
                      .values = n->values};
    o->secondary_external_id = cso_secondary_id(w->a, n->object->type, &n->values);
    if (n->error == ITEM_NO_ERROR) memcpy(o->import_hash, n->hash, sizeof o->import_hash);
    *LIST_ADD(w->a, &w->changes) = (struct cso_change){.after = o, .values_changed = true};
    struct run_item *item = add_item(w, n, OBJECT_ADDED, o);
    import_outcome(w->a, item, OUTCOME_CSO_ADDED, -1);
    if (w->im->had_objects) *LIST_ADD(w->a, &w->created) = n->folded;
    return watch_references(w, n, o, item->id);
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
    *LIST_ADD(w->a, &w->changes) = (struct cso_change){.before = stored, .after = after};
    const struct pending_export *p = int_map_get(&w->export_by_cso, stored->id);
    if (p) *LIST_ADD(w->a, &w->export_changes) = (struct pending_export_change){p, NULL};
    import_outcome(w->a, add_item(w, n, OBJECT_DELETED, stored), OUTCOME_DELETION_DETECTED, -1);
}

static struct cso *updated_object(struct work *w, const struct incoming *n, const struct cso *stored, struct import_diff *d,
                                  bool *changed) {
    struct cso *after = ARENA_NEW(w->a, struct cso);
    *after = *stored;
    import_diff(w->a, n->object->type, &stored->values, &n->values, &n->unparsed, target_id, w, d);
    after->values = d->values;
    after->status = CSO_NORMAL;
    int32_t partition = w->im->r->profile->partition;
    bool moved = partition && partition != stored->partition;
    if (moved) after->partition = partition;
    after->external_id = n->external;
    after->secondary_external_id = cso_secondary_id(w->a, n->object->type, &d->values);
    bool full = w->im->r->profile->type == RUN_FULL_IMPORT, clean = n->error == ITEM_NO_ERROR;
    if (full && clean)
        memcpy(after->import_hash, n->hash, sizeof n->hash);
    else
        memset(after->import_hash, 0, sizeof after->import_hash);
    *changed = d->added || d->removed || stored->status != CSO_NORMAL;
    if (*changed) after->updated = w->now;
    *changed |= moved || !text_equal(after->external_id, stored->external_id);
    return after;
}

static void verify_hash(struct work *w, struct incoming *n, const struct cso *stored, const struct import_diff *d) {
    bool equal = memcmp(stored->import_hash, n->hash, sizeof n->hash) == 0;
    if (!w->im->verify || !equal || (!d->added && !d->removed) || n->error != ITEM_NO_ERROR) return;
    n->error = ITEM_HASH_VERIFICATION;
    n->message = T("The content hash was equal although values differed; the difference was applied.");
    (void)w;
}

static FALLIBLE update(struct work *w, struct incoming *n, const struct cso *stored) {
    if (n->object->change == IMPORT_DELETED) {
        mark_deleted(w, n, stored);
        return NULL;
    }
    struct import_diff d;
    bool changed;
    struct cso *after = updated_object(w, n, stored, &d, &changed);
    verify_hash(w, n, stored, &d);
    bool values = d.added || d.removed;
    if (changed) {
        *LIST_ADD(w->a, &w->changes) = (struct cso_change){.before = stored, .after = after, .values_changed = values};
    } else if (memcmp(stored->import_hash, after->import_hash, sizeof after->import_hash) != 0) {
        struct import_stamp *s = LIST_ADD(w->a, &w->stamps);
        s->cso = after->id;
        memcpy(s->hash, after->import_hash, sizeof s->hash);
    }
    struct confirmation c;
    confirm(w, n, after, &c);
    int64_t id = 0;
    if (changed || n->error != ITEM_NO_ERROR || c.eligible) {
        struct run_item *item = add_item(w, n, OBJECT_UPDATED, after);
        id = item->id;
        if (values) import_outcome(w->a, item, OUTCOME_CSO_UPDATED, d.added + d.removed);
        report_confirmation(w, item, &c);
    }
    return watch_references(w, n, after, id);
}

/* ---- the batch ---- */

/* An object that was provisioned before its anchor was known is adopted by its secondary id (§5.5 rule 2). */
static FALLIBLE adopt_provisioned(struct work *w) {
    for (size_t i = 0; i < w->count; i++) {
        struct incoming *n = &w->in[i];
        if (n->action != ACTION_CREATE || !n->object->type->secondary || n->object->type->secondary->type != TYPE_TEXT) continue;
        text secondary = cso_secondary_id(w->a, n->object->type, &n->values);
        if (text_is_null(secondary)) continue;
        struct cso_key_query q = {
            .system = w->im->r->system->id, .type = n->object->type->id, .secondary = true, .value = secondary};
        struct cso_key_hits hits = {0};
        TRY(store_find_keys(w->tx, w->a, &q, 1, &hits));
        if (hits.count != 1 || hits.at[0].status != CSO_PENDING_PROVISIONING) continue;
        n->action = ACTION_LOAD;
        n->awaiting = true;
        n->cso = hits.at[0].cso;
    }
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
    if (w->load.count) TRY(store_csos(w->tx, w->a, w->im->r->config, w->load.at, w->load.count, true, &w->stored));
    if (awaiting.count) TRY(store_pending_by_cso(w->tx, w->a, w->im->r->config, awaiting.at, awaiting.count, &w->exports));
    for (EACH(struct cso, o, &w->stored)) int_map_put(&w->stored_by_id, o->id, o);
    for (EACH(struct pending_export, p, &w->exports)) int_map_put(&w->export_by_cso, p->cso, p);
    return NULL;
}

static FALLIBLE give_ids(struct work *w) {
    size_t created = 0, items = 0;
    for (size_t i = 0; i < w->count; i++) {
        created += w->in[i].action == ACTION_CREATE;
        items += w->in[i].action != ACTION_SKIP;
    }
    int64_t next = 0;
    if (created) TRY(store_ids(w->im->r->store, IDS_CSO, (int64_t)created, &next));
    if (items) TRY(store_ids(w->im->r->store, IDS_ITEM, (int64_t)items, &w->next_item));
    for (size_t i = 0; i < w->count; i++) {
        struct incoming *n = &w->in[i];
        if (n->action != ACTION_CREATE) continue;
        n->cso = next++;
        struct import_slot *s = import_table_add(&w->im->table, n->key);
        s->cso = n->cso;
        s->type = n->object->type->id;
        s->seen = s->fresh = true;
    }
    return NULL;
}

/* Two of a page with one key: the second finds the first's slot only after ids were given, so it is looked for here (§5.4). */
static void refuse_repeated(struct work *w) {
    struct text_map seen;
    text_map_init(&seen, w->a, w->count);
    for (size_t i = 0; i < w->count; i++) {
        struct incoming *n = &w->in[i];
        if (n->action != ACTION_CREATE) continue;
        struct incoming *twin = text_map_put(&seen, arena_print(w->a, "%d|%.*s", n->object->type->id, TEXT_ARG(n->folded)), n);
        if (!twin) continue;
        text why = T("The external id occurs more than once in this import; none of these objects is taken in.");
        refuse(n, ITEM_DUPLICATE_OBJECT, why);
        refuse(twin, ITEM_DUPLICATE_OBJECT, why);
    }
}

static FALLIBLE apply(struct work *w, struct incoming *n) {
    switch (n->action) {
    case ACTION_CREATE:
        return create(w, n);
    case ACTION_LOAD: {
        const struct cso *stored = int_map_get(&w->stored_by_id, n->cso);
        if (!stored)
            return FAIL(ERROR_CORRUPT, "Object %lld is in the look-up table and not in the connector space.", (long long)n->cso);
        return update(w, n, stored);
    }
    case ACTION_REFUSE: {
        enum object_change change = OBJECT_NOT_SET;
        add_item(w, n, change, NULL);
        return NULL;
    }
    default:
        return NULL;
    }
}

/* Existing objects whose reference names one that has just come (J+33). */
static FALLIBLE touch_referrers(struct work *w) {
    if (!w->created.count) return NULL;
    struct int64s found = {0}, touch = {0};
    TRY(store_referrers(w->tx, w->a, w->im->r->system->id, w->created.at, w->created.count, &found));
    for (EACH(int64_t, id, &found))
        if (*id < w->im->first_fresh) *LIST_ADD(w->a, &touch) = *id;
    return touch.count ? store_touch_csos(w->tx, touch.at, touch.count, w->now) : NULL;
}

static FALLIBLE save(struct work *w) {
    const struct config *c = w->im->r->config;
    if (w->changes.count) TRY(store_write_csos(w->tx, c, &w->changes));
    if (w->export_changes.count) TRY(store_write_pending(w->tx, c, &w->export_changes));
    if (w->stamps.count) TRY(store_write_stamps(w->tx, w->stamps.at, w->stamps.count));
    TRY(touch_referrers(w));
    TRY(run_write_items(w->im->r, w->tx, &w->items));
    return store_commit(w->tx);
}

static bool has_work(const struct work *w) {
    for (size_t i = 0; i < w->count; i++)
        if (w->in[i].action != ACTION_SKIP) return true;
    return false;
}

FALLIBLE import_batch(struct import *im, const struct import_objects *batch) {
    arena_reset(im->batch);
    struct work w = {.im = im, .a = im->batch, .count = batch->count, .now = instant_now()};
    w.in = ARENA_ARRAY(w.a, struct incoming, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        w.in[i].object = &batch->at[i];
        classify(&w, &w.in[i]);
        mark_seen(&w, &w.in[i]);
    }
    if (!has_work(&w)) return NULL;
    if (!im->duplicates) refuse_repeated(&w);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(im->r->store, STORE_BULK, &tx));
    w.tx = tx;
    TRY(adopt_provisioned(&w));
    TRY(give_ids(&w));
    TRY(load_stored(&w));
    for (size_t i = 0; i < w.count; i++) TRY(apply(&w, &w.in[i]));
    TRY_OR(save(&w), "The batch behind object %lld could not be stored; nothing of it was kept.",
           (long long)(im->received - (int64_t)w.count));
    return NULL;
}
