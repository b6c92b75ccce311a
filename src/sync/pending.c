/* One pending export a CSO: merging, rebuilding, deleting (sync-engine §13.5, §12.5). */
#include "sync/changes.h"

#include "model/document.h"

static bool takes_several(const struct sync_batch *b, int32_t attribute) {
    const struct cs_attribute *a = config_cs_attribute(b->plan->config, attribute);
    return a && a->plurality == MULTI_VALUED;
}

/* ---- State ---- */

static bool was_written(const struct staged_change *k) { return k->status != CHANGE_PENDING || k->attempts > 0; }

static bool any_written(const struct pending_export *p) {
    for (EACH(const struct staged_change, k, &p->changes)) {
        if (was_written(k)) return true;
    }
    return false;
}

bool create_was_exported(const struct work_cso *c) {
    const struct work_pe *pe = batch_pe(c);
    if (c->now.status == CSO_NORMAL || !text_is_null(c->now.external_id)) return true;
    return pe && (pe->now.status == EXPORT_EXPORTED || pe->now.status == EXPORT_EXECUTING || pe->now.change == EXPORT_UPDATE ||
                  pe->now.ever_exported || any_written(&pe->now));
}

static void settle(struct pending_export *p) {
    bool pending = false, unconfirmed = false, exported = false;
    p->unresolved = false;
    for (EACH(const struct staged_change, k, &p->changes)) {
        pending |= k->status == CHANGE_PENDING;
        unconfirmed |= k->status == CHANGE_NOT_CONFIRMED;
        exported |= k->status == CHANGE_EXPORTED;
        if (k->reference_mvo && !k->value.reference.target && k->status == CHANGE_PENDING) p->unresolved = true;
    }
    if (p->status == EXPORT_EXECUTING) return;
    p->status = pending ? EXPORT_PENDING : unconfirmed ? EXPORT_NOT_CONFIRMED : exported ? EXPORT_EXPORTED : EXPORT_FAILED;
    if (p->change == EXPORT_CREATE && !p->changes.count) p->status = EXPORT_PENDING;
}

/* The list of changes as this batch's own copy, so that what was stored stays as it was. */
static void own_changes(struct sync_batch *b, struct work_pe *pe, size_t more) {
    size_t count = pe->now.changes.count;
    struct staged_change *copy = ARENA_ARRAY(b->a, struct staged_change, count + more + 1);
    if (count) memcpy(copy, pe->now.changes.at, count * sizeof *copy);
    pe->now.changes = (struct staged_changes){.at = copy, .count = count, .room = count + more + 1};
    pe->changed = true;
}

/* ---- Finding a change by its key ---- */

/* Beyond a few changes an index by attribute and value replaces looking at all of them: groups have many members. */
struct key_index {
    struct sync_batch *b;
    struct work_cso *c;
    struct int_map chains; /* hash → struct key_chain */
    bool hashed;
};
struct key_chain {
    size_t at;
    struct key_chain *next;
};

static int64_t key_hash(const struct key_index *x, const struct staged_change *k) {
    struct value v = k->value;
    if (v.type == TYPE_REFERENCE && k->reference_mvo && !v.reference.target) {
        v.reference.target = batch_link(x->b, k->reference_mvo, x->c->now.system);
    }
    uint64_t n;
    if (v.type != TYPE_REFERENCE)
        n = text_hash(value_key(x->b->a, &v));
    else
        n = v.reference.target ? (uint64_t)v.reference.target
            : k->reference_mvo ? (uint64_t)k->reference_mvo << 1
                               : text_hash(v.reference.raw);
    return (int64_t)((n ^ (uint64_t)k->attribute << 40) * UINT64_C(0x9E3779B97F4A7C15));
}

static void index_change(struct key_index *x, const struct staged_changes *list, size_t at) {
    if (!x->hashed) return;
    int64_t hash = key_hash(x, &list->at[at]);
    struct key_chain *link = ARENA_NEW(x->b->a, struct key_chain);
    *link = (struct key_chain){at, int_map_get(&x->chains, hash)};
    int_map_put(&x->chains, hash, link);
}

static struct key_index open_index(struct sync_batch *b, struct work_cso *c, const struct staged_changes *list, size_t incoming) {
    struct key_index x = {.b = b, .c = c, .hashed = incoming > 8 && list->count + incoming > 64};
    if (x.hashed) int_map_init(&x.chains, b->a, list->count + incoming);
    for (size_t i = 0; i < list->count; i++) index_change(&x, list, i);
    return x;
}

/* The live change with the same value of the same attribute, or SIZE_MAX; dropped ones have no attribute. */
static size_t find_key(const struct key_index *x, const struct staged_changes *list, const struct staged_change *k) {
    if (x->hashed && k->has_value) {
        for (struct key_chain *l = int_map_get(&x->chains, key_hash(x, k)); l; l = l->next) {
            const struct staged_change *other = &list->at[l->at];
            if (other->attribute && same_key(x->b, x->c->now.system, true, other, k)) return l->at;
        }
        return SIZE_MAX;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].attribute && same_key(x->b, x->c->now.system, true, &list->at[i], k)) return i;
    }
    return SIZE_MAX;
}

/* ---- Merging ---- */

static void drop_attribute(struct staged_changes *list, int32_t attribute) {
    for (EACH(struct staged_change, k, list)) {
        if (k->attribute == attribute) k->attribute = 0;
    }
}

static void compact(struct staged_changes *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].attribute) list->at[kept++] = list->at[i];
    }
    list->count = kept;
}

static bool cancels(const struct staged_change *old, const struct staged_change *new) {
    return (old->change == CHANGE_ADD && new->change == CHANGE_REMOVE) ||
           (old->change == CHANGE_REMOVE && new->change == CHANGE_ADD);
}

/* Puts one change in; false when it and a staged one cancel out. */
static bool put_change(struct key_index *x, struct staged_changes *list, const struct staged_change *k) {
    bool whole = k->change == CHANGE_UPDATE || k->change == CHANGE_REMOVE_ALL || !takes_several(x->b, k->attribute);
    if (whole) {
        drop_attribute(list, k->attribute);
    } else {
        size_t at = find_key(x, list, k);
        if (at != SIZE_MAX) {
            struct staged_change old = list->at[at];
            list->at[at].attribute = 0;
            if (cancels(&old, k) && !was_written(&old)) return false;
        }
    }
    *LIST_ADD(x->b->a, list) = *k;
    index_change(x, list, list->count - 1);
    return true;
}

/* What was written once and says the same stays until an import has seen it (invariant 27). */
static bool repeats_written(const struct key_index *x, const struct staged_change *old, const struct staged_change *new) {
    return old->status == CHANGE_PENDING && old->attempts > 0 && old->change == new->change &&
           old->has_value == new->has_value &&same_key(x->b, x->c->now.system, true, old, new);
}

/* A change that the target does not need any more also ends what is staged, unsent, for the same key (J+35). */
static bool cancel_staged(struct key_index *x, struct staged_changes *list, const struct staged_change *k) {
    bool whole = k->change == CHANGE_UPDATE || k->change == CHANGE_REMOVE_ALL || !takes_several(x->b, k->attribute);
    bool any = false;
    if (!whole) {
        size_t at = find_key(x, list, k);
        any = at != SIZE_MAX && list->at[at].status != CHANGE_EXPORTED && !repeats_written(x, &list->at[at], k);
        if (any) list->at[at].attribute = 0;
        return any;
    }
    for (EACH(struct staged_change, old, list)) {
        if (old->attribute != k->attribute || old->status == CHANGE_EXPORTED || repeats_written(x, old, k)) continue;
        old->attribute = 0;
        any = true;
    }
    return any;
}

/* What an earlier export left behind goes out again together with the new changes. */
static void reopen(struct work_pe *pe, const struct work_cso *c) {
    struct pending_export *p = &pe->now;
    if (p->status == EXPORT_EXECUTING) return;
    if (p->change == EXPORT_CREATE && create_was_exported(c)) p->change = EXPORT_UPDATE;
    for (EACH(struct staged_change, k, &p->changes)) k->status = CHANGE_PENDING;
    p->status = EXPORT_PENDING;
    p->errors = 0;
    p->next_retry = (instant){0};
}

static bool is_sent(const struct pending_export *p) { return p->status != EXPORT_PENDING || any_written(p); }

/* Exactly this change is staged already and waits. */
static bool is_staged(const struct key_index *x, const struct staged_changes *list, const struct staged_change *k) {
    size_t at = find_key(x, list, k);
    if (at == SIZE_MAX) return false;
    const struct staged_change *old = &list->at[at];
    if (old->status != CHANGE_PENDING || old->change != k->change || old->has_value != k->has_value) return false;
    return !k->has_value || (k->reference_mvo ? old->reference_mvo == k->reference_mvo : value_equal(&old->value, &k->value));
}

/* What evaluation says about an attribute replaces what drift correction staged for it. */
static void drop_drift(struct staged_changes *list, const struct staged_changes *incoming) {
    for (EACH(struct staged_change, old, list)) {
        for (size_t i = 0; old->drift && i < incoming->count; i++) {
            if (incoming->at[i].attribute != old->attribute) continue;
            old->attribute = 0;
            break;
        }
    }
}

/* Only what is new is put in, so that evaluating twice stages once. */
static struct staged_changes unstaged(struct sync_batch *b, struct work_cso *c, const struct pending_export *p,
                                      const struct staged_changes *incoming) {
    struct staged_changes out = {0};
    struct key_index index = open_index(b, c, &p->changes, incoming->count);
    for (EACH(const struct staged_change, k, incoming)) {
        if (!is_staged(&index, &p->changes, k)) *LIST_ADD(b->a, &out) = *k;
    }
    return out;
}

/* Nothing is left to be written; a Create that was never sent makes an object without any value. */
static bool is_over(const struct work_cso *c, const struct work_pe *pe) {
    return !pe->now.changes.count && (pe->now.change != EXPORT_CREATE || create_was_exported(c));
}

bool merge_changes(struct sync_batch *b, struct work_cso *c, const struct wanted *w, bool drift) {
    struct work_pe *pe = batch_pe(c);
    if (pe && pe->now.change == EXPORT_DELETE) return false;
    if (!pe && !w->changes.count) return false;
    if (!pe) pe = batch_stage(b, c, EXPORT_UPDATE);
    struct staged_changes incoming = unstaged(b, c, &pe->now, &w->changes);
    bool was_changed = pe->changed, cancelled = false, staged = false;
    own_changes(b, pe, incoming.count);
    struct staged_changes *list = &pe->now.changes;
    struct key_index index = open_index(b, c, list, incoming.count + w->current.count);
    for (EACH(const struct staged_change, k, &w->current)) cancelled |= cancel_staged(&index, list, k);
    if (!incoming.count && !cancelled) {
        pe->changed = was_changed;
        return false;
    }
    if (incoming.count && is_sent(&pe->now)) reopen(pe, c);
    if (!drift) drop_drift(list, &incoming);
    for (EACH(const struct staged_change, k, &incoming)) {
        struct staged_change copy = *k;
        copy.drift = drift;
        staged |= put_change(&index, list, &copy);
    }
    compact(list);
    if (is_over(c, pe))
        batch_drop_pe(c);
    else
        settle(&pe->now);
    return staged;
}

/* ---- Creates ---- */

/* The CSO holds the staged secondary external id at once, so that an import can adopt it (§5.5). */
static void hold_secondary(struct sync_batch *b, struct work_cso *c, const struct staged_changes *changes) {
    const struct cs_attribute *secondary = c->type->config->secondary;
    if (!secondary) return;
    c->now.values = attributes_copy(b->a, &c->now.values);
    attributes_remove(&c->now.values, secondary->id);
    c->now.secondary_external_id = (text){0};
    for (EACH(const struct staged_change, k, changes)) {
        if (k->attribute != secondary->id || !k->has_value) continue;
        values_add(b->a, attributes_ensure(b->a, &c->now.values, secondary->id), k->value);
        c->now.secondary_external_id = value_text(b->a, &k->value);
        break;
    }
    c->changed = c->values_changed = true;
}

static bool same_changes(const struct staged_changes *x, const struct staged_changes *y) {
    if (x->count != y->count) return false;
    for (size_t i = 0; i < x->count; i++) {
        const struct staged_change *l = &x->at[i], *r = &y->at[i];
        if (l->attribute != r->attribute || l->change != r->change || l->has_value != r->has_value ||
            l->reference_mvo != r->reference_mvo)
            return false;
        if (l->has_value && !l->reference_mvo && !value_equal(&l->value, &r->value)) return false;
    }
    return true;
}

bool rebuild_create(struct sync_batch *b, struct work_cso *c, const struct staged_changes *changes, int32_t rule) {
    struct work_pe *pe = batch_pe(c);
    if (pe && pe->now.change == EXPORT_CREATE && same_changes(&pe->now.changes, changes)) return false;
    pe = batch_stage(b, c, EXPORT_CREATE);
    if (pe->before) pe->now.created = pe->before->created;
    pe->now.rule = pe->before && pe->before->rule ? pe->before->rule : rule;
    pe->now.changes = *changes;
    settle(&pe->now);
    hold_secondary(b, c, changes);
    return true;
}

/* ---- Deletes ---- */

bool stage_delete(struct sync_batch *b, struct work_cso *c) {
    struct work_pe *pe = batch_pe(c);
    if (c->now.status == CSO_PENDING_PROVISIONING && !create_was_exported(c)) {
        batch_remove_cso(c);
        return false;
    }
    if (pe && pe->now.change == EXPORT_DELETE) return false;
    pe = batch_stage(b, c, EXPORT_DELETE);
    const struct cs_attribute *secondary = c->type ? c->type->config->secondary : NULL;
    const struct value *address = secondary ? attributes_first(&c->now.values, secondary->id) : NULL;
    if (address) {
        *LIST_ADD(b->a, &pe->now.changes) =
            (struct staged_change){.attribute = secondary->id, .change = CHANGE_UPDATE, .has_value = true, .value = *address};
    }
    batch_count(b, &b->outcome.disconnects, c->now.type);
    return true;
}

void purge_deleted(struct sync_batch *b, struct work_cso *c) {
    struct work_pe *pe = batch_pe(c);
    if (!pe) return;
    bool any = false;
    for (EACH(const struct staged_change, k, &pe->now.changes)) {
        const struct work_mvo *m = k->reference_mvo && k->status != CHANGE_EXPORTED ? batch_mvo(b, k->reference_mvo) : NULL;
        any |= m && m->removed;
    }
    if (!any) return;
    own_changes(b, pe, 0);
    for (EACH(struct staged_change, k, &pe->now.changes)) {
        const struct work_mvo *m = k->reference_mvo && k->status != CHANGE_EXPORTED ? batch_mvo(b, k->reference_mvo) : NULL;
        if (m && m->removed) k->attribute = 0;
    }
    compact(&pe->now.changes);
    if (is_over(c, pe))
        batch_drop_pe(c);
    else
        settle(&pe->now);
}
