/* What an import does when everything has been read: deletions, and references that found no target. */
#include "base/unicode.h"
#include "runs/import.h"
#include "store/names.h"

#include <stdlib.h>

enum { CHUNK = 1000 };

/* ---- deletion detection ---- */

static int by_id(const void *one, const void *two) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)two;
    return (a > b) - (a < b);
}

/* The type of an object that this run should have met, or NULL. */
static const struct cs_type *missing_type(const struct import *im, const struct import_slot *s) {
    uint32_t partition = (uint32_t)im->r->profile->partition;
    if ((!s->key[0] && !s->key[1]) || s->seen || s->status == CSO_OBSOLETE) return NULL;
    if (partition && s->partition != partition) return NULL;
    const struct cs_type *type = config_cs_type(im->r->config, s->type);
    return type && type->selected ? type : NULL;
}

static void count_missing(const struct import *im, int64_t *counts) {
    for (size_t i = 0; i < im->table.room; i++) {
        const struct cs_type *type = missing_type(im, &im->table.slots[i]);
        if (type) counts[type - im->r->system->types.at]++;
    }
}

/* Those of which a pending export waits for its confirmation apart: what was deleted by an export is expected to be missing. */
static void collect_missing(const struct import *im, arena *a, const struct cs_type *type, struct int64s *missing,
                            struct int64s *awaiting) {
    for (size_t i = 0; i < im->table.room; i++) {
        const struct import_slot *s = &im->table.slots[i];
        if (missing_type(im, s) == type) *LIST_ADD(a, s->awaiting ? awaiting : missing) = s->cso;
    }
}

static void sort(struct int64s *ids) {
    if (ids->count) qsort(ids->at, ids->count, sizeof ids->at[0], by_id);
}

FALLIBLE import_obsolete(struct run *r, store_tx *tx, arena *a, const int64_t *ids, size_t count) {
    struct csos objects = {0};
    struct pending_exports exports = {0};
    struct cso_changes changes = {0};
    struct pending_export_changes gone = {0};
    struct run_items items = {0};
    int64_t item_id;
    instant now = run_clock(r);
    TRY(store_ids(r->store, IDS_ITEM, (int64_t)count, &item_id));
    TRY(store_csos(tx, a, r->config, ids, count, true, &objects));
    TRY(store_pending_by_cso(tx, a, r->config, ids, count, &exports));
    for (EACH(struct cso, o, &objects)) {
        struct cso *after = ARENA_NEW(a, struct cso);
        *after = *o;
        after->status = CSO_OBSOLETE;
        after->updated = now;
        *LIST_ADD(a, &changes) = (struct cso_change){.before = o, .after = after, .item = item_id};
        struct run_item *item = LIST_ADD(a, &items);
        const struct cs_type *type = config_cs_type(r->config, o->type);
        *item = (struct run_item){.id = item_id++, .change = OBJECT_DELETED, .cso = o->id, .external_id = o->external_id};
        item->display_name = cso_display_name(a, r->config, o);
        item->object_type = type ? type->name : (text){0};
        import_outcome(a, item, OUTCOME_DELETION_DETECTED, -1);
    }
    for (EACH(struct pending_export, p, &exports)) {
        *LIST_ADD(a, &gone) = (struct pending_export_change){p, NULL};
        if (p->change != EXPORT_DELETE) continue;
        for (EACH(struct run_item, item, &items))
            if (item->cso == p->cso) run_confirms(a, item, p);
    }
    run_note(r, tx);
    TRY(store_write_csos(tx, r->config, &changes));
    if (gone.count) TRY(store_write_pending(tx, r->config, &gone));
    return run_write_items(r, tx, &items);
}

static FALLIBLE mark_chunk(struct import *im, const int64_t *ids, size_t count) {
    OWNED(store_tx) tx = NULL;
    arena_reset(im->batch);
    TRY(store_group_write(im->r->store, &im->r->group, &tx));
    TRY(import_obsolete(im->r, tx, im->batch, ids, count));
    return store_group_commit(tx);
}

static FALLIBLE delete_missing(struct import *im, const struct int64s *missing) {
    for (size_t done = 0; done < missing->count; done += CHUNK) {
        if (run_cancelled(im->r)) return NULL;
        size_t count = missing->count - done < CHUNK ? missing->count - done : CHUNK;
        TRY(mark_chunk(im, missing->at + done, count));
        run_progress(im->r, (int64_t)(done + count), (int64_t)missing->count);
    }
    return NULL;
}

FALLIBLE import_deletions(struct import *im) {
    if (im->received == 0) return NULL; /* invariant 12 */
    const struct cs_types *types = &im->r->system->types;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    int64_t *counts = ARENA_ARRAY(a, int64_t, types->count + 1);
    count_missing(im, counts);
    for (size_t i = 0; i < types->count && !run_cancelled(im->r); i++) {
        struct int64s missing = {0}, awaiting = {0}, expected = {0};
        bool held = false;
        if (counts[i]) collect_missing(im, a, &types->at[i], &missing, &awaiting);
        TRY(import_expected(im, a, &awaiting, &missing, &expected));
        sort(&missing);
        TRY(delete_missing(im, &expected));
        TRY(import_guard(im, &types->at[i], &missing, &held));
        if (!held) TRY(delete_missing(im, &missing));
    }
    return NULL;
}

/* ---- references ---- */

static size_t in_memory(const struct import *im, const struct cs_attribute *attribute, text folded) {
    size_t hits = 0, living = 0;
    for (EACH(struct cs_type, t, &im->r->system->types)) {
        if (attribute->references_type && attribute->references_type != t->id) continue;
        uint64_t key[2];
        import_key(t->id, folded, key);
        const struct import_slot *s = import_table_find(&im->table, key);
        if (!s || !s->cso) continue;
        hits++;
        living += s->status != CSO_OBSOLETE || s->seen;
    }
    return living ? living : hits;
}

bool import_knows_by_store(const struct import *im, const struct cs_attribute *attribute) {
    const struct cs_type *from = config_cs_type(im->r->config, attribute->type_id);
    return !attribute->references_type && from && from->secondary && from->secondary->type == TYPE_TEXT;
}

bool import_knows(const struct import *im, arena *a, const struct cs_attribute *attribute, text raw) {
    return in_memory(im, attribute, text_fold(a, raw)) == 1;
}

FALLIBLE import_resolve(struct import *im, store_tx *tx, arena *a, const struct waiting_reference *at, size_t count,
                        bool *resolved) {
    struct cso_key_query *queries = ARENA_ARRAY(a, struct cso_key_query, count + 1);
    size_t *places = ARENA_ARRAY(a, size_t, count + 1), *found = ARENA_ARRAY(a, size_t, count + 1), asked = 0;
    bool *living = ARENA_ARRAY(a, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct cs_attribute *attribute = config_cs_attribute(im->r->config, at[i].attribute);
        bool secondary = import_knows_by_store(im, attribute);
        if (secondary || im->partly) {
            queries[asked] = (struct cso_key_query){.system = im->r->system->id, .secondary = secondary, .value = at[i].raw};
            if (!secondary) queries[asked].type = attribute->references_type;
            places[asked++] = i;
        } else {
            found[i] = in_memory(im, attribute, text_fold(a, at[i].raw));
        }
    }
    struct cso_key_hits hits = {0};
    if (asked) TRY(store_find_keys(tx, a, queries, asked, &hits));
    for (EACH(struct cso_key_hit, h, &hits)) { /* what has left gives way to who bears its name now */
        size_t n = places[h->query];
        bool lives = h->status != CSO_OBSOLETE;
        if (lives && !living[n]) found[n] = 0;
        if (lives || !living[n]) found[n]++;
        living[n] |= lives;
    }
    for (size_t i = 0; i < count; i++) resolved[i] = found[i] == 1;
    return NULL;
}

static FALLIBLE report(struct import *im, store_tx *tx, arena *a, const struct waiting_reference *w, struct run_items *items) {
    struct run_item item = {0};
    bool found = false;
    int64_t activity;
    const struct cs_attribute *attribute = config_cs_attribute(im->r->config, w->attribute);
    if (w->item) TRY(store_item(tx, a, w->item, &item, &activity, &found));
    if (found && item.error != ITEM_NO_ERROR) return NULL;
    if (!found) {
        struct csos o = {0};
        TRY(store_csos(tx, a, im->r->config, &w->cso, 1, true, &o));
        if (!o.count) return NULL;
        item = (struct run_item){
            .cso = w->cso, .external_id = o.at[0].external_id, .object_type = config_cs_type(im->r->config, o.at[0].type)->name};
        item.display_name = cso_display_name(a, im->r->config, &o.at[0]);
        TRY(store_ids(im->r->store, IDS_ITEM, 1, &item.id));
        im->r->activity.counters.items++;
    }
    item.error = ITEM_UNRESOLVED_REFERENCE;
    item.error_message = arena_print(a, "The reference '%.*s' to '%.*s' names no object, or more than one.",
                                     TEXT_ARG(attribute->name), TEXT_ARG(w->raw));
    im->r->activity.counters.errors++;
    im->r->activity.counters.objects_with_error++;
    *LIST_ADD(a, items) = item;
    return NULL;
}

/* An object with an error keeps no stamp, so that the next import looks at it again (§5.6). */
static FALLIBLE report_chunk(struct import *im, const struct waiting_reference *at, size_t count, int64_t *last) {
    arena *a = im->batch;
    arena_reset(a);
    OWNED(store_tx) tx = NULL;
    struct run_items items = {0};
    struct import_stamp *stamps = ARENA_ARRAY(a, struct import_stamp, count);
    size_t stamped = 0;
    TRY(store_write(im->r->store, STORE_BULK, &tx));
    for (size_t i = 0; i < count; i++) {
        if (at[i].cso == *last) continue; /* the first one of an object is reported */
        *last = at[i].cso;
        TRY(report(im, tx, a, &at[i], &items));
        stamps[stamped++].cso = at[i].cso;
    }
    if (items.count) TRY(store_write_items(tx, im->r->activity.id, &items));
    if (stamped) TRY(store_write_stamps(tx, stamps, stamped));
    TRY(store_save_activity(tx, &im->r->activity));
    return store_commit(tx);
}

/* A cancelled run still looks for what its committed pages refer to (W17), but not for long. */
static bool is_overdue(struct import *im) {
    enum { COMPLETE_NS = 400000000 };
    if (!run_cancelled(im->r)) return false;
    if (!im->stopped_ns) im->stopped_ns = monotonic_ns();
    return monotonic_ns() - im->stopped_ns > COMPLETE_NS;
}

/* Keeps, in place, those that still name nothing now that everything was read. */
static FALLIBLE keep_unresolved(struct import *im) {
    OWNED(store_tx) tx = NULL;
    TRY(store_group_end(im->r->store, &im->r->group));
    TRY(store_read(im->r->store, &tx));
    size_t kept = 0, all = im->waiting.count;
    for (size_t done = 0; done < all && !is_overdue(im); done += CHUNK) {
        bool resolved[CHUNK] = {0};
        size_t count = all - done < CHUNK ? all - done : CHUNK;
        arena_reset(im->batch);
        TRY(import_resolve(im, tx, im->batch, im->waiting.at + done, count, resolved));
        for (size_t i = 0; i < count; i++)
            if (!resolved[i]) im->waiting.at[kept++] = im->waiting.at[done + i];
    }
    im->waiting.count = kept;
    return NULL;
}

FALLIBLE import_references(struct import *im) {
    if (!im->waiting.count) return NULL;
    TRY(keep_unresolved(im));
    size_t count = im->waiting.count;
    if (count && im->r->system->unresolved == UNRESOLVED_WARN)
        run_warn(im->r, "%zu references name no object of '%.*s', or more than one.", count, TEXT_ARG(im->r->system->name));
    if (im->r->system->unresolved != UNRESOLVED_ERROR) return NULL;
    int64_t last = 0;
    for (size_t done = 0; done < count && !is_overdue(im); done += CHUNK) {
        TRY(report_chunk(im, im->waiting.at + done, count - done < CHUNK ? count - done : CHUNK, &last));
        run_progress(im->r, (int64_t)done, (int64_t)count);
    }
    return NULL;
}
