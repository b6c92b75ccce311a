/* Whoever refers to a connected object that is called otherwise from now on follows it (sync-engine §6 rule 1: a reference that is
 * resolved leads to its object, whatever that is called). */
#include "store/names.h"
#include "store/objects.h"

/* An object that only references of one way of addressing knew by its old key. */
struct renamed {
    int64_t cso;
    int32_t type;
    bool secondary, alone; /* alone: references by its name led to it */
    text key, name;
    struct renamed *next; /* of another type, by the same key */
};
struct renamed_list LIST(struct renamed);

struct following {
    store_tx *tx;
    arena *a;
    const struct config *c;
    struct renamed_list renamed;
    struct text_map by_key[2]; /* [secondary] → chain of struct renamed */
    int32_t system;
};

static void note_rename(struct following *f, const struct cso *after, bool secondary, text before, text now) {
    if (text_is_null(before) || text_is_null(now)) return;
    text key = id_key(f->a, before);
    if (text_equal(key, id_key(f->a, now))) return;
    *LIST_ADD(f->a, &f->renamed) =
        (struct renamed){.cso = after->id, .type = after->type, .secondary = secondary, .key = key, .name = now};
    f->system = after->system;
}

/* What the system has not seen yet bears a name that was only planned, and nobody there can refer to it. */
static void find_renamed(struct following *f, const struct cso_changes *changes) {
    for (EACH(const struct cso_change, k, changes)) {
        if (!k->before || !k->after || text_is_null(k->before->external_id)) continue;
        note_rename(f, k->after, false, k->before->external_id, k->after->external_id);
        note_rename(f, k->after, true, k->before->secondary_external_id, k->after->secondary_external_id);
    }
}

/* Asked before the new names are written: several objects by one name were none that a reference could lead to. */
static FALLIBLE see_who_is_alone(struct following *f) {
    struct cso_key_query *queries = ARENA_ARRAY(f->a, struct cso_key_query, f->renamed.count);
    struct cso_key_hits hits = {0};
    struct namesakes {
        int living, all;
        bool alive;
    } *count = ARENA_ARRAY(f->a, struct namesakes, f->renamed.count);
    for (size_t i = 0; i < f->renamed.count; i++)
        queries[i] =
            (struct cso_key_query){.system = f->system, .secondary = f->renamed.at[i].secondary, .value = f->renamed.at[i].key};
    TRY(store_find_keys(f->tx, f->a, queries, f->renamed.count, &hits));
    for (EACH(const struct cso_key_hit, h, &hits)) {
        struct namesakes *n = &count[h->query];
        n->all++;
        n->living += h->status != CSO_OBSOLETE;
        n->alive |= h->cso == f->renamed.at[h->query].cso && h->status != CSO_OBSOLETE;
    }
    for (int way = 0; way < 2; way++) text_map_init(&f->by_key[way], f->a, f->renamed.count);
    for (size_t i = 0; i < f->renamed.count; i++) {
        struct renamed *r = &f->renamed.at[i];
        r->alone = count[i].alive ? count[i].living == 1 : count[i].all == 1;
        r->next = text_map_get(&f->by_key[r->secondary], r->key);
        text_map_put(&f->by_key[r->secondary], r->key, r);
    }
    return NULL;
}

static const struct renamed *target_of(struct following *f, const struct cs_attribute *attribute, text raw) {
    bool secondary = reference_way(f->c, attribute) == BY_SECONDARY_ID;
    const struct renamed *r = text_map_get(&f->by_key[secondary], reference_key(f->a, f->c, attribute, raw));
    if (!attribute->references_type) return r && r->alone ? r : NULL;
    while (r && r->type != attribute->references_type) r = r->next;
    return r;
}

/* The set with the new names; its copy only where there is one. A name that stands there already is not repeated. */
static bool rename_in(struct following *f, const struct cs_attribute *attribute, struct values *set) {
    struct values out = {.attribute = set->attribute};
    struct text_map there;
    bool any = false;
    for (size_t i = 0; i < set->count && !any; i++)
        any = !text_is_null(set->at[i].reference.raw) && target_of(f, attribute, set->at[i].reference.raw);
    if (!any) return false;
    text_map_init(&there, f->a, set->count);
    for (EACH(struct value, v, set)) {
        const struct renamed *r = text_is_null(v->reference.raw) ? NULL : target_of(f, attribute, v->reference.raw);
        struct value now = *v;
        if (r) now.reference.raw = r->name, now.reference.target = 0; /* for the history, which tells texts */
        if (!text_is_null(now.reference.raw) && text_map_put(&there, now.reference.raw, set)) continue;
        *LIST_ADD(f->a, &out) = now;
    }
    *set = out;
    return true;
}

static void follow(struct following *f, const struct cso *o, struct cso_changes *changes) {
    struct cso *after = ARENA_NEW(f->a, struct cso);
    bool any = false;
    *after = *o;
    after->values.at = ARENA_ARRAY(f->a, struct values, o->values.count + 1);
    memcpy(after->values.at, o->values.at, o->values.count * sizeof *o->values.at);
    for (EACH(struct values, set, &after->values)) {
        const struct cs_attribute *attribute = config_cs_attribute(f->c, set->attribute);
        if (attribute && attribute->type == TYPE_REFERENCE) any |= rename_in(f, attribute, set);
    }
    if (!any) return;
    memset(after->import_hash, 0, sizeof after->import_hash); /* the source may still say otherwise: it is to be looked at */
    *LIST_ADD(f->a, changes) = (struct cso_change){.before = o, .after = after, .values_changed = true};
}

static FALLIBLE follow_all(struct following *f, store_referrer_stays *stays, void *state) {
    struct csos *referrers = ARENA_NEW(f->a, struct csos);
    struct cso_changes changes = {0};
    struct int64s ids = {0};
    text *keys = ARENA_ARRAY(f->a, text, f->renamed.count);
    for (size_t i = 0; i < f->renamed.count; i++) keys[i] = f->renamed.at[i].key;
    TRY(store_referrers(f->tx, f->a, f->system, keys, f->renamed.count, &ids));
    TRY(store_csos(f->tx, f->a, f->c, ids.at, ids.count, true, referrers));
    for (EACH(const struct cso, o, referrers))
        if (!stays || !stays(state, o)) follow(f, o, &changes);
    return store_write_csos(f->tx, f->c, &changes);
}

FALLIBLE store_write_renamed_csos(store_tx *tx, const struct config *c, const struct cso_changes *changes,
                                  store_referrer_stays *stays, void *state) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct following f = {.tx = tx, .a = a, .c = c};
    find_renamed(&f, changes);
    if (f.renamed.count) TRY(see_who_is_alone(&f));
    TRY(store_write_csos(tx, c, changes));
    return f.renamed.count ? follow_all(&f, stays, state) : NULL;
}
