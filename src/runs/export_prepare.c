/* What can be written now: references become the texts by which the target system knows their objects. */
#include "base/unicode.h"
#include "runs/export.h"
#include "store/differences.h"
#include "store/names.h"

/* ---- loading ---- */

/* What a referenced MVO is called in the target system. */
struct target {
    int64_t cso;
    text address;   /* null: it has no id yet */
    bool unwritten; /* its Create was never exported */
};

static void wanted_mvos(const struct pending_exports *due, arena *a, struct int64s *mvos) {
    struct int_map seen;
    int_map_init(&seen, a, 64);
    for (EACH(struct pending_export, p, due))
        for (EACH(struct staged_change, c, &p->changes))
            if (c->reference_mvo && !int_map_put(&seen, c->reference_mvo, c)) *LIST_ADD(a, mvos) = c->reference_mvo;
}

static text address_of(const struct cso *target, const struct cs_type *type) {
    return type->secondary && !text_is_null(target->secondary_external_id) ? target->secondary_external_id : target->external_id;
}

static FALLIBLE load_chunk(struct export *ex, arena *scratch, store_tx *tx, const int64_t *mvos, size_t count, arena *a,
                           struct int_map *by_mvo) {
    struct csos objects = {0};
    struct pending_exports creates = {0};
    struct int64s staged = {0};
    struct int_map unwritten;
    TRY(store_connectors(tx, scratch, ex->r->config, mvos, count, false, &objects));
    for (EACH(const struct cso, o, &objects))
        if (o->system == ex->r->system->id && o->status == CSO_PENDING_PROVISIONING) *LIST_ADD(scratch, &staged) = o->id;
    if (staged.count) TRY(store_pending_by_cso(tx, scratch, ex->r->config, staged.at, staged.count, &creates));
    int_map_init(&unwritten, scratch, creates.count);
    for (EACH(struct pending_export, p, &creates))
        if (p->change == EXPORT_CREATE && !p->ever_exported) int_map_put(&unwritten, p->cso, p);
    for (EACH(const struct cso, o, &objects)) {
        const struct cs_type *type = config_cs_type(ex->r->config, o->type);
        if (o->system != ex->r->system->id || o->status == CSO_OBSOLETE) continue;
        struct target *t = ARENA_NEW(a, struct target);
        *t = (struct target){.cso = o->id, .unwritten = int_map_get(&unwritten, o->id) != NULL};
        if (type) t->address = arena_text(a, address_of(o, type));
        int_map_put(by_mvo, o->mvo, t);
    }
    return NULL;
}

/* A group may refer to half a million objects: of each only its address is kept. */
static FALLIBLE load_targets(struct export *ex, struct export_batch *b, store_tx *tx, const struct pending_exports *due,
                             struct int_map *by_mvo) {
    enum { CHUNK = 1000 };
    OWNED(arena) scratch = arena_new((size_t)1 << 30);
    struct int64s mvos = {0};
    wanted_mvos(due, b->a, &mvos);
    int_map_init(by_mvo, b->a, mvos.count);
    for (size_t from = 0; from < mvos.count; from += CHUNK) {
        size_t count = mvos.count - from < CHUNK ? mvos.count - from : CHUNK;
        arena_reset(scratch);
        TRY(load_chunk(ex, scratch, tx, mvos.at + from, count, b->a, by_mvo));
    }
    return NULL;
}

static bool changes_attribute(const struct pending_export *p, int32_t attribute) {
    for (EACH(const struct staged_change, c, &p->changes))
        if (c->attribute == attribute) return true;
    return false;
}

/* A connector may ask for all values of an attribute that the export leaves as it is. */
static bool misses_known(const struct pending_export *p, const struct cso *o) {
    for (EACH(const struct values, set, &o->values))
        if (set->partial && p && !changes_attribute(p, set->attribute)) return true;
    return false;
}

FALLIBLE export_objects(struct export *ex, store_tx *tx, arena *a, const int64_t *ids, size_t count,
                        const struct int_map *known_for, struct csos *out) {
    if (export_applies_values(ex)) return store_csos(tx, a, ex->r->config, ids, count, true, out);
    TRY(store_csos_towards(tx, a, ex->r->config, ids, count, NULL, 0, out));
    for (EACH(struct cso, o, out)) {
        struct csos whole = {0};
        if (!known_for || !misses_known(int_map_get(known_for, o->id), o)) continue;
        TRY(store_csos(tx, a, ex->r->config, &o->id, 1, true, &whole));
        if (whole.count) *o = whole.at[0];
    }
    return NULL;
}

static FALLIBLE load_objects(struct export *ex, struct export_batch *b, store_tx *tx, const struct pending_exports *due,
                             struct int_map *by_id) {
    struct int64s ids = {0};
    struct csos *objects = ARENA_NEW(b->a, struct csos);
    struct int_map exports;
    int_map_init(&exports, b->a, due->count);
    for (EACH(struct pending_export, p, due)) {
        *LIST_ADD(b->a, &ids) = p->cso;
        int_map_put(&exports, p->cso, p);
    }
    int_map_init(by_id, b->a, ids.count);
    TRY(export_objects(ex, tx, b->a, ids.at, ids.count, &exports, objects));
    for (EACH(struct cso, o, objects)) int_map_put(by_id, o->id, o);
    return NULL;
}

/* ---- deciding ---- */

static enum unresolved_reason resolve(const struct int_map *targets, struct staged_change *c) {
    if (!c->reference_mvo) return REFERENCE_RESOLVABLE;
    const struct target *target = int_map_get(targets, c->reference_mvo);
    if (!target) return REFERENCE_NOT_IN_TARGET;
    if (text_is_null(target->address) || target->unwritten) return REFERENCE_AWAITING_ANCHOR;
    c->value = (struct value){.type = TYPE_REFERENCE, .reference = {target->address, target->cso}};
    c->has_value = true;
    return REFERENCE_RESOLVABLE;
}

static bool is_due(const struct staged_change *c) { return c->status == CHANGE_PENDING || c->status == CHANGE_NOT_CONFIRMED; }

static void take_change(struct export *ex, struct export_batch *b, const struct int_map *targets, struct export_work *w, size_t i) {
    struct staged_change *c = &w->before.changes.at[i];
    if (!is_due(c)) return;
    enum unresolved_reason reason = resolve(targets, c);
    if (reason == REFERENCE_AWAITING_ANCHOR) w->awaiting = true;
    if (reason == REFERENCE_NOT_IN_TARGET) w->missing = true;
    if (reason != REFERENCE_RESOLVABLE) return;
    const struct cs_attribute *attribute = config_cs_attribute(ex->r->config, c->attribute);
    if (!attribute) return;
    w->sent[i] = true;
    *LIST_ADD(b->a, &w->item.changes) =
        (struct export_attribute){.attribute = attribute, .change = c->change, .has_value = c->has_value, .value = c->value};
}

/* A Create whose object an import has met meanwhile goes out as an Update (J+28). */
static void correct_kind(struct export_work *w) {
    if (w->before.change == EXPORT_CREATE && w->object->status == CSO_NORMAL) w->before.change = EXPORT_UPDATE;
}

/* What the object holds where this export changes nothing: a change that was sent before and is not confirmed has made the stored
 * value old. */
static const struct attributes *known_of(struct export_batch *b, const struct pending_export *p, const struct cso *object) {
    struct attributes *known = ARENA_NEW(b->a, struct attributes);
    for (EACH(const struct values, v, &object->values)) {
        if (!changes_attribute(p, v->attribute)) *LIST_ADD(b->a, known) = *v;
    }
    return known;
}

static struct staged_changes copy_of(arena *a, const struct staged_changes *list) {
    struct staged_changes copy = {
        .at = ARENA_ARRAY(a, struct staged_change, list->count), .count = list->count, .room = list->count};
    if (list->count) memcpy(copy.at, list->at, list->count * sizeof *copy.at);
    return copy;
}

static void prepare_one(struct export *ex, struct export_batch *b, const struct int_map *targets, const struct pending_export *p,
                        const struct cso *object) {
    const struct cs_type *type = config_cs_type(ex->r->config, object->type);
    if (!type) return;
    struct export_work *w = LIST_ADD(b->a, &b->work);
    *w = (struct export_work){.stored = p, .before = *p, .object = object, .type = type};
    w->before.changes = copy_of(b->a, &p->changes);
    w->sent = ARENA_ARRAY(b->a, bool, p->changes.count + 1);
    correct_kind(w);
    w->item = (struct export_item){.change = w->before.change, .type = type, .known = known_of(b, p, object)};
    w->item.external_id = object->external_id;
    w->item.secondary_external_id = object->secondary_external_id;
    w->item.changes.room = w->before.changes.count;
    w->item.changes.at = ARENA_ARRAY(b->a, struct export_attribute, w->item.changes.room + 1);
    for (size_t i = 0; i < w->before.changes.count; i++) take_change(ex, b, targets, w, i);
    w->send = w->before.change != EXPORT_UPDATE || w->item.changes.count > 0;
    if (b->final && (w->awaiting || !w->item.changes.count)) w->send = w->item.changes.count > 0;
}

/* ---- external ids ---- */

/* The external id that a change gives the object, or null when it keeps its own. */
static text new_id(const struct export_batch *b, const struct export_work *w) {
    for (EACH(const struct export_attribute, c, &w->item.changes)) {
        if (c->attribute != w->type->external_id || !c->has_value) continue;
        text id = value_text(b->a, &c->value);
        return text_equal(id, w->object->external_id) ? (text){0} : id;
    }
    return (text){0};
}

/* Has no other object claimed the id before? A file takes all that is written in one piece, so its claims outlast the page. */
static bool claim(struct export *ex, struct export_batch *b, const struct export_work *w, text id) {
    arena *a = ex->definition->ops.export_file ? ex->kept : b->a;
    uint64_t *key = ARENA_ARRAY(a, uint64_t, 2);
    void *self = (void *)(uintptr_t)w->object->id;
    text_hash128(text_fold(b->a, id), (uint64_t)w->type->id, key);
    text hashed = {(const char *)key, 2 * sizeof *key};
    void *earlier = text_map_put(&ex->claimed, hashed, self);
    if (!earlier || earlier == self) return true;
    text_map_put(&ex->claimed, hashed, earlier);
    return false;
}

/* One external id is one object (invariant 3): a system that finds its objects by what it is told would write the one over the
 * other. The first has it, unless a stored object has. */
static FALLIBLE find_taken(struct export *ex, struct export_batch *b, store_tx *tx) {
    struct cso_key_query *queries = ARENA_ARRAY(b->a, struct cso_key_query, b->work.count + 1);
    struct export_work **asking = ARENA_ARRAY(b->a, struct export_work *, b->work.count + 1);
    struct cso_key_hits hits = {0};
    size_t asked = 0;
    if (!ex->definition->ops.export_file) text_map_init(&ex->claimed, b->a, b->work.count);
    for (EACH(struct export_work, w, &b->work)) {
        text id = w->send && w->type->external_id ? new_id(b, w) : (text){0};
        if (text_is_null(id)) continue;
        if (!claim(ex, b, w, id)) w->taken = id;
        queries[asked] = (struct cso_key_query){.system = ex->r->system->id, .type = w->type->id, .value = id};
        asking[asked++] = w;
    }
    if (asked) TRY(store_find_keys(tx, b->a, queries, asked, &hits));
    for (EACH(const struct cso_key_hit, h, &hits))
        if (h->cso != asking[h->query]->object->id) asking[h->query]->taken = queries[h->query].value;
    return NULL;
}

FALLIBLE export_prepare(struct export *ex, struct export_batch *b, const struct pending_exports *due) {
    OWNED(store_tx) tx = NULL;
    struct int_map objects, targets;
    TRY(store_read(ex->r->store, &tx));
    TRY(load_objects(ex, b, tx, due, &objects));
    TRY(load_targets(ex, b, tx, due, &targets));
    for (EACH(struct pending_export, p, due)) {
        const struct cso *object = int_map_get(&objects, p->cso);
        if (object)
            prepare_one(ex, b, &targets, p, object);
        else
            *LIST_ADD(b->a, &b->exports) = (struct pending_export_change){p, NULL};
    }
    return find_taken(ex, b, tx);
}
