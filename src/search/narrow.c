/* From filters to the objects that fulfil them: a short range of index rows first, then sets, documents only where nothing else
 * knows. */
#include "search/private.h"

#include "base/unicode.h"
#include "model/ids.h"

struct plan {
    struct test test;
    enum access access;
    struct spans spans;
    bool done;
};
struct plans LIST(struct plan);

struct narrowing {
    struct work *w;
    const struct search_source *source;
    struct plans plans;
    struct id_set *set; /* what is left; NULL: all */
};

static void make_plans(struct narrowing *n, const struct search_filters *filters) {
    for (EACH(const struct search_filter, f, filters)) {
        struct plan *p = LIST_ADD(n->w->a, &n->plans);
        test_make(n->w->a, f, field_number(n->w, n->source, &f->field), &p->test);
        p->access = access_of(n->w, n->source, &p->test, &p->spans);
    }
}

/* ---- Documents ---- */

/* The tests of the plans (all that are not done, or one) on documents. */
static bool fulfils(const struct narrowing *n, const struct plan *only, const struct attributes *values) {
    for (EACH(const struct plan, p, &n->plans)) {
        if (only ? p != only : p->done) continue;
        bool holds = test_positive(n->w->batch, n->source->kind, &p->test, values);
        if (holds == (!only && p->test.negative)) return false;
    }
    return true;
}

/* Of the objects in `from` those that fulfil; with `only` its positive condition, else all that is not done. */
static FALLIBLE by_documents(struct narrowing *n, const struct plan *only, const struct id_set *from, struct id_set *out) {
    struct work *w = n->w;
    struct int32s wanted = {0};
    OWNED(arena) ids_of = arena_new((size_t)1 << 28);
    for (EACH(const struct plan, p, &n->plans))
        if (only ? p == only : !p->done) want(w->a, &wanted, p->test.attribute);
    for (int64_t after = 0;;) {
        struct int64s ids = {0};
        struct search_objects list = {0};
        arena_reset(ids_of);
        id_set_some(ids_of, from, &after, BATCH_OBJECTS, &ids);
        if (!ids.count) return NULL;
        TRY(look_up(w));
        TRY(objects_of(w, n->source, &ids, &wanted, &list));
        for (EACH(const struct search_object, o, &list))
            if (fulfils(n, only, &o->values)) id_set_add(out, o->id);
    }
}

/* ---- Index rows ---- */

/* What rows tell: surely, or only that the document must be asked. */
struct found {
    struct id_set *sure, *perhaps;
    int64_t rows, most; /* most 0: no limit */
};

static bool hit_holds(struct work *w, const struct test *t, const struct index_hit *hit, bool *sure) {
    struct search_value v;
    *sure = true;
    if (t->positive == CONDITION_IS_NOT_EMPTY) return true;
    *sure = present_hit(t->type, hit, &v);
    if (!*sure) return true;
    if (t->any_case) {
        bool whole = text_is_null(hit->raw) || hit->raw.at[0] == '=';
        v.text = whole ? hit->key : text_fold(w->batch, v.text);
    }
    return test_value(t, &v);
}

static FALLIBLE walk_span(struct narrowing *n, const struct plan *p, const struct index_span *span, struct found *found) {
    OWNED(index_walk) walk = NULL;
    TRY(index_walk_open(n->w->tx, span, &walk));
    arena_reset(n->w->batch);
    for (struct index_hit hit; index_walk_next(walk, &hit);) {
        bool sure;
        TRY(look(n->w));
        if (found->most && ++found->rows > found->most) return NULL;
        if (n->set && !id_set_has(n->set, hit.object)) continue;
        if (hit_holds(n->w, &p->test, &hit, &sure)) id_set_add(sure ? found->sure : found->perhaps, hit.object);
        if (arena_used(n->w->batch) > (1U << 20)) arena_reset(n->w->batch);
    }
    return index_walk_end(walk);
}

static void visit_referrer(void *state, int64_t id) { id_set_add(state, id); }

/* Who refers to the values, which are ids of objects. */
static FALLIBLE walk_references(struct narrowing *n, const struct plan *p, struct found *found) {
    struct work *w = n->w;
    bool mv = n->source->kind == SEARCH_METAVERSE;
    struct int64s targets = {0}, ids = {0};
    if (p->test.positive == CONDITION_IS_NOT_EMPTY)
        TRY(search_each_with_reference(w->tx, p->test.attribute, visit_referrer, found->perhaps));
    for (EACH(const struct search_value, v, &p->test.values)) {
        int64_t id = id_from_uuid(mv ? ID_MVO : ID_CSO, v->guid);
        if (id) *LIST_ADD(w->a, &targets) = id;
    }
    TRY(mv ? search_referring(w->tx, w->a, p->test.attribute, &targets, &ids)
           : search_cso_referring(w->tx, w->a, p->test.attribute, &targets, &ids));
    for (EACH(const int64_t, id, &ids)) id_set_add(found->perhaps, *id);
    found->rows = found->perhaps->count;
    return NULL;
}

/* Another type's objects may have the same attribute; of connected objects only the document knows how a reference resolves. */
static FALLIBLE settle_references(struct narrowing *n, struct found *found) {
    if (n->set) {
        for (int64_t id = 0; id_set_next(found->perhaps, id, &id);)
            if (!id_set_has(n->set, id)) id_set_remove(found->perhaps, id);
    }
    if (n->source->kind != SEARCH_METAVERSE) return NULL;
    OWNED(arena) some = arena_new((size_t)1 << 28);
    for (int64_t after = 0;;) {
        struct int64s ids = {0}, right = {0};
        arena_reset(some);
        id_set_some(some, found->perhaps, &after, 10000, &ids);
        if (!ids.count) break;
        TRY(look_up(n->w));
        TRY(search_ids_of_type(n->w->tx, some, true, n->source->type, &ids, &right));
        for (EACH(const int64_t, id, &right)) id_set_add(found->sure, *id);
    }
    found->perhaps = id_set_new(n->w->a);
    return NULL;
}

/* The objects that fulfil the positive condition; NULL when more rows than `most` had to be read. */
static FALLIBLE positives(struct narrowing *n, const struct plan *p, int64_t most, struct id_set **out) {
    struct work *w = n->w;
    struct found found = {.sure = id_set_new(w->a), .perhaps = id_set_new(w->a), .most = most};
    *out = NULL;
    if (p->access == BY_REFERENCES) {
        TRY(walk_references(n, p, &found));
        TRY(settle_references(n, &found));
    }
    for (EACH(const struct index_span, span, &p->spans)) {
        TRY(walk_span(n, p, span, &found));
        if (most && found.rows > most) return NULL;
    }
    if (found.perhaps->count) TRY(by_documents(n, p, id_set_except(w->a, found.perhaps, found.sure), found.sure));
    *out = found.sure;
    return NULL;
}

/* ---- The order of work ---- */

static FALLIBLE need_set(struct narrowing *n) { return n->set ? NULL : all_of(n->w, n->source, &n->set); }

enum { BRIEF_ROWS = 100 };

/* A short range, or few references, leaves little to look at. */
static FALLIBLE probe(struct narrowing *n) {
    for (EACH(struct plan, p, &n->plans)) {
        if (p->test.negative || p->access != BY_RANGE) continue;
        struct id_set *few;
        TRY(positives(n, p, n->w->q->brief ? BRIEF_ROWS : search_tuning.few, &few));
        if (!few) continue;
        n->set = few;
        p->done = true;
        return NULL;
    }
    return NULL;
}

static FALLIBLE by_index(struct narrowing *n, struct plan *p) {
    struct id_set *hits;
    if (p->test.negative) TRY(need_set(n));
    TRY(positives(n, p, 0, &hits));
    n->set = p->test.negative ? id_set_except(n->w->a, n->set, hits) : hits;
    p->done = true;
    return NULL;
}

static bool few_left(const struct narrowing *n) { return n->set && n->set->count <= search_tuning.few; }

/* Positive filters first: they leave less for the others. */
static FALLIBLE by_indexes(struct narrowing *n) {
    for (int pass = 0; pass < 2; pass++)
        for (EACH(struct plan, p, &n->plans)) {
            if (p->done || p->access == BY_DOCUMENTS || p->test.negative != (pass == 1)) continue;
            if (few_left(n)) return NULL;
            TRY(by_index(n, p));
        }
    return NULL;
}

static FALLIBLE not_brief(struct work *w) {
    w->stopped = SEARCH_TIMED_OUT;
    return FAIL(ERROR_CANCELLED, "the search is not brief");
}

static FALLIBLE brief_tenant(struct work *w, int32_t tenant) {
    bool several;
    TRY(search_has_tenants(w->tx, &several));
    return several || tenant != 1 ? not_brief(w) : NULL;
}

/* Nothing large is shown, and one index says nearly all. */
static bool can_be_brief(const struct narrowing *n) {
    for (EACH(const struct search_field, f, &n->w->q->columns))
        if (f->type == FIELD_TYPE_BINARY) return false;
    return n->set && !n->w->q->hops.count;
}

/* The tenant's objects are the whole where several tenants have some. */
static FALLIBLE keep_tenant(struct narrowing *n) {
    struct work *w = n->w;
    const struct search_source *source = n->source;
    if (source->kind == SEARCH_LOOKUP) return NULL;
    if (source->kind == SEARCH_CONNECTOR_SPACE) {
        const struct cs_type *type = config_cs_type(w->c, source->type);
        const struct connected_system *system = type ? config_system(w->c, type->system) : NULL;
        if (!system || system->tenant != source->tenant) n->set = id_set_new(w->a);
        return NULL;
    }
    struct tenant_objects objects;
    if (!source->tenant) return NULL;
    if (w->q->brief) return brief_tenant(w, source->tenant);
    TRY(search_tenant_objects(w->tx, w->a, source->tenant, source->type, &objects));
    if (!objects.only) return NULL;
    struct id_set *own = id_set_new(w->a);
    if (source->tenant == 1) {
        TRY(n->set ? NULL : all_of(w, source, &n->set));
        own = id_set_except(w->a, n->set, own);
        for (EACH(const int64_t, id, &objects.but)) id_set_remove(own, *id);
    } else {
        for (EACH(const int64_t, id, &objects.of))
            if (!n->set || id_set_has(n->set, *id)) id_set_add(own, *id);
    }
    n->set = own;
    return NULL;
}

FALLIBLE narrow(struct work *w, const struct search_source *source, const struct search_filters *filters, struct id_set *within,
                struct selection *out) {
    struct narrowing n = {.w = w, .source = source, .set = within};
    TRY(keep_tenant(&n));
    make_plans(&n, filters);
    if (!few_left(&n)) TRY(probe(&n));
    if (w->q->brief && !can_be_brief(&n)) return not_brief(w);
    if (!few_left(&n)) TRY(by_indexes(&n));
    bool left = false;
    for (EACH(const struct plan, p, &n.plans)) left |= !p->done;
    if (left) {
        TRY(need_set(&n));
        struct id_set *fulfilling = id_set_new(w->a);
        TRY(by_documents(&n, NULL, n.set, fulfilling));
        n.set = fulfilling;
    }
    *out = (struct selection){.set = n.set};
    if (!n.set) return count_of(w, source, &out->count);
    out->count = n.set->count;
    return NULL;
}
