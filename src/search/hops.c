/* From the selected objects to those of the result, over references and the links of connectors. */
#include "search/private.h"

/* Where one stands between two hops. */
struct place {
    struct work *w;
    bool metaverse;
    struct id_set *at;
};

static FALLIBLE targets_of(struct place *p, const struct search_hop *hop, const struct int64s *ids, struct id_set *out) {
    struct search_objects list = {0};
    struct int32s wanted = {0};
    struct search_source source = {.kind = p->metaverse ? SEARCH_METAVERSE : SEARCH_CONNECTOR_SPACE};
    want(p->w->a, &wanted, hop->attribute);
    TRY(objects_of(p->w, &source, ids, &wanted, &list));
    for (EACH(const struct search_object, o, &list)) {
        const struct values *set = attributes_find(&o->values, hop->attribute);
        for (size_t i = 0; set && i < set->count; i++)
            if (set->at[i].type == TYPE_REFERENCE && set->at[i].reference.target > 0) id_set_add(out, set->at[i].reference.target);
    }
    return NULL;
}

/* Of connected objects it is asked how the reference resolves. */
static FALLIBLE keep_resolved(struct place *p, const struct search_hop *hop, const struct int64s *ids, struct id_set *out) {
    struct search_objects list = {0};
    struct int32s wanted = {0};
    want(p->w->a, &wanted, hop->attribute);
    TRY(objects_of(p->w, &(struct search_source){.kind = SEARCH_CONNECTOR_SPACE}, ids, &wanted, &list));
    for (EACH(const struct search_object, o, &list)) {
        const struct values *set = attributes_find(&o->values, hop->attribute);
        for (size_t i = 0; set && i < set->count; i++)
            if (set->at[i].type == TYPE_REFERENCE && id_set_has(p->at, set->at[i].reference.target)) id_set_add(out, o->id);
    }
    return NULL;
}

static FALLIBLE referrers_of(struct place *p, arena *some, const struct search_hop *hop, const struct int64s *ids,
                             struct id_set *out) {
    struct int64s found = {0};
    if (p->metaverse) {
        TRY(search_referring(p->w->tx, some, hop->attribute, ids, &found));
        for (EACH(const int64_t, id, &found)) id_set_add(out, *id);
        return NULL;
    }
    TRY(search_cso_referring(p->w->tx, some, hop->attribute, ids, &found));
    for (size_t from = 0; from < found.count; from += BATCH_OBJECTS) {
        size_t count = found.count - from < BATCH_OBJECTS ? found.count - from : BATCH_OBJECTS;
        TRY(keep_resolved(p, hop, &(struct int64s){.at = found.at + from, .count = count}, out));
    }
    return NULL;
}

static FALLIBLE links_of(struct place *p, arena *some, const struct int64s *ids, struct id_set *out) {
    struct int64s found = {0};
    TRY(p->metaverse ? search_connectors(p->w->tx, some, ids, &found) : search_joined(p->w->tx, some, ids, &found));
    for (EACH(const int64_t, id, &found)) id_set_add(out, *id);
    return NULL;
}

static FALLIBLE hop_over(struct place *p, const struct search_hop *hop) {
    struct id_set *out = id_set_new(p->w->a);
    OWNED(arena) some = arena_new((size_t)1 << 30);
    for (int64_t after = 0;;) {
        struct int64s ids = {0};
        arena_reset(some);
        id_set_some(some, p->at, &after, BATCH_OBJECTS, &ids);
        if (!ids.count) break;
        TRY(look_up(p->w));
        if (hop->join)
            TRY(links_of(p, some, &ids, out));
        else
            TRY(hop->incoming ? referrers_of(p, some, hop, &ids, out) : targets_of(p, hop, &ids, out));
    }
    p->at = out;
    if (hop->join) p->metaverse = !p->metaverse;
    return NULL;
}

/* Only objects of the result's type are left. */
static FALLIBLE keep_type(struct work *w, const struct id_set *from, struct id_set *out) {
    OWNED(arena) some = arena_new((size_t)1 << 30);
    for (int64_t after = 0;;) {
        struct int64s ids = {0}, right = {0};
        arena_reset(some);
        id_set_some(some, from, &after, BATCH_OBJECTS, &ids);
        if (!ids.count) return NULL;
        TRY(search_ids_of_type(w->tx, some, w->q->result.kind == SEARCH_METAVERSE, w->q->result.type, &ids, &right));
        for (EACH(const int64_t, id, &right)) id_set_add(out, *id);
    }
}

FALLIBLE follow_hops(struct work *w, const struct selection *from, struct id_set **out) {
    struct place p = {.w = w, .metaverse = w->q->search.kind == SEARCH_METAVERSE, .at = from->set};
    if (!p.at) TRY(all_of(w, &w->q->search, &p.at));
    for (EACH(const struct search_hop, hop, &w->q->hops)) TRY(hop_over(&p, hop));
    *out = id_set_new(w->a);
    if (p.metaverse != (w->q->result.kind == SEARCH_METAVERSE)) return NULL; /* the path leads to objects of another kind */
    return keep_type(w, p.at, *out);
}
