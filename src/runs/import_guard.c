/* The guard over what an import would take for deleted: it is listed instead when it is too much (operations §23). */
#include "base/unicode.h"
#include "runs/import.h"
#include "runs/safety.h"

#include <stdlib.h>

enum { CHUNK = 1000 };

static FALLIBLE list_chunk(struct import *im, struct hold *h, const int64_t *ids, size_t count) {
    arena *a = im->batch;
    OWNED(store_tx) tx = NULL;
    struct csos objects = {0};
    struct held_objects held = {0};
    arena_reset(a);
    TRY(store_group_write(im->r->store, &im->r->group, &tx));
    TRY(store_csos_brief(tx, a, im->r->config, ids, count, &objects));
    for (EACH(const struct cso, o, &objects)) {
        struct outcome_node *outcome = ARENA_NEW(a, struct outcome_node);
        *outcome = (struct outcome_node){.type = OUTCOME_DELETION_DETECTED, .count = -1};
        *LIST_ADD(a, &held) = (struct held_object){.cso = o->id,
                                                   .change = OBJECT_DELETED,
                                                   .external_id = o->external_id,
                                                   .display_name = cso_display_name(a, im->r->config, o),
                                                   .object_type = h->type_name,
                                                   .outcomes = outcome};
    }
    TRY(hold_add(tx, h, &held));
    return store_group_commit(tx);
}

static FALLIBLE hold(struct import *im, struct hold *h, const struct int64s *missing) {
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_group_write(im->r->store, &im->r->group, &tx));
        TRY(hold_begin(im->r, tx, &im->r->safety->policy, h));
        TRY(store_group_commit(tx));
    }
    for (size_t done = 0; done < missing->count; done += CHUNK) {
        if (run_cancelled(im->r)) return NULL;
        size_t count = missing->count - done < CHUNK ? missing->count - done : CHUNK;
        TRY(list_chunk(im, h, missing->at + done, count));
        run_progress(im->r, (int64_t)(done + count), (int64_t)missing->count);
    }
    TRY(store_group_end(im->r->store, &im->r->group));
    return hold_complete(im->r, h);
}

/* What is missing is within the limits again: an older list of the same objects says nothing true any more. */
static FALLIBLE forget(struct import *im, const struct hold *h) {
    struct holds open = {0};
    int64_t total;
    struct hold_query q = {.statuses = 1u << HOLD_HELD, .system = h->system, .guard = (int)h->guard, .object_type = h->object_type};
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(im->r->store, &tx));
        TRY(store_holds(tx, im->kept, &q, &open, &total));
    }
    if (!total) return NULL;
    OWNED(store_tx) tx = NULL;
    TRY(store_write(im->r->store, STORE_API, &tx));
    TRY(store_supersede_holds(tx, h, h->partition ? h->partition : -1, instant_now()));
    return store_commit(tx);
}

static int by_id(const void *one, const void *two) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)two;
    return (a > b) - (a < b);
}

FALLIBLE import_expected(struct import *im, arena *a, struct int64s *awaiting, struct int64s *missing, struct int64s *expected) {
    if (awaiting->count) qsort(awaiting->at, awaiting->count, sizeof *awaiting->at, by_id);
    for (size_t done = 0; done < awaiting->count; done += CHUNK) {
        size_t count = awaiting->count - done < CHUNK ? awaiting->count - done : CHUNK;
        OWNED(store_tx) tx = NULL;
        struct pending_exports exports = {0};
        struct int_map deleted;
        arena_reset(im->batch);
        TRY(store_read(im->r->store, &tx));
        TRY(store_pending_by_cso(tx, im->batch, im->r->config, awaiting->at + done, count, &exports));
        int_map_init(&deleted, im->batch, exports.count);
        for (EACH(struct pending_export, p, &exports))
            if (p->change == EXPORT_DELETE && p->status == EXPORT_EXPORTED) int_map_put(&deleted, p->cso, p);
        for (size_t i = done; i < done + count; i++)
            *LIST_ADD(a, int_map_get(&deleted, awaiting->at[i]) ? expected : missing) = awaiting->at[i];
    }
    return NULL;
}

FALLIBLE import_guard(struct import *im, const struct cs_type *type, const struct int64s *missing, bool *held) {
    struct run *r = im->r;
    if (!r->safety) return NULL;
    struct hold h = {.guard = GUARD_IMPORT_DELETIONS,
                     .system = r->system->id,
                     .object_type = type->id,
                     .type_name = type->name,
                     .partition = r->profile->partition,
                     .measured = (int64_t)missing->count,
                     .population = safety_population(&r->safety->csos, type->id)};
    enum safety_verdict verdict = safety_judge(&r->safety->policy, h.guard, h.measured, h.population);
    *held = verdict == SAFETY_EXCEEDED;
    if (*held) return hold(im, &h, missing);
    if (verdict == SAFETY_HALF) safety_half(r, h.guard, h.type_name, h.measured, h.population);
    return type->selected ? forget(im, &h) : NULL;
}

/* ---- objects that came back ---- */

static FALLIBLE mark_seen(struct import *im, const struct hold *h) {
    enum { MOST = 1000 };
    int64_t after = 0;
    for (;;) {
        OWNED(arena) a = arena_new((size_t)1 << 28);
        OWNED(store_tx) tx = NULL;
        struct held_objects page = {0}, seen = {0};
        struct held_query q = {.hold = h->id, .state = HELD_WAITING, .after = after, .limit = MOST};
        TRY(store_group_write(im->r->store, &im->r->group, &tx));
        TRY(store_held(tx, a, &q, &page));
        if (!page.count) return NULL;
        after = page.at[page.count - 1].place;
        for (EACH(const struct held_object, o, &page)) {
            uint64_t key[2];
            import_key(h->object_type, text_fold(a, o->external_id), key);
            const struct import_slot *s = import_table_find(&im->table, key);
            if (!s || !s->seen) continue;
            struct held_object *back = LIST_ADD(a, &seen);
            *back = *o;
            back->state = HELD_SKIPPED;
        }
        TRY(store_mark_held(tx, &seen));
        TRY(store_group_commit(tx));
    }
}

FALLIBLE import_guard_seen(struct import *im) {
    struct holds open = {0};
    int64_t total;
    struct hold_query q = {.statuses = 1u << HOLD_HELD,
                           .system = im->r->system->id,
                           .guard = GUARD_IMPORT_DELETIONS,
                           .object_type = -1,
                           .limit = 1000};
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(im->r->store, &tx));
        TRY(store_holds(tx, im->kept, &q, &open, &total));
    }
    for (EACH(const struct hold, h, &open)) TRY(mark_seen(im, h));
    return NULL;
}

/* ---- values that go ---- */

static bool sent(const struct pending_export *own, int32_t attribute) {
    for (size_t i = 0; own && i < own->changes.count; i++)
        if (own->changes.at[i].attribute == attribute) return true;
    return false;
}

void import_guard_values(struct import *im, const struct attributes *before, const struct attributes *after,
                         const struct pending_export *own) {
    for (EACH(const struct values, v, before)) {
        const struct values *left = attributes_find(after, v->attribute);
        if (!v->count || v->partial || (left && left->count)) continue; /* what is partial is large, and stays */
        if (sent(own, v->attribute)) continue;
        int64_t *objects = int_map_get(&im->emptied, v->attribute);
        if (!objects) int_map_put(&im->emptied, v->attribute, objects = ARENA_NEW(im->kept, int64_t));
        ++*objects;
    }
}

/* Measured like deletions, but told only: a value may go, and comes back with the next import. */
void import_guard_tell(struct import *im) {
    struct run *r = im->r;
    if (!r->safety) return;
    for (EACH(const struct cs_type, t, &r->system->types)) {
        int64_t population = safety_population(&r->safety->csos, t->id);
        for (EACH(const struct cs_attribute, at, &t->attributes)) {
            const int64_t *objects = int_map_get(&im->emptied, at->id);
            if (!objects) continue;
            if (safety_judge(&r->safety->policy, GUARD_IMPORT_DELETIONS, *objects, population) != SAFETY_EXCEEDED) continue;
            run_warn(r,
                     "\"%.*s\" has become empty on %lld of %lld objects of type '%.*s'; look at the source before you synchronise.",
                     TEXT_ARG(at->name), (long long)*objects, (long long)population, TEXT_ARG(t->name));
        }
    }
}
