/* Large sets of references as differences: of half a million members only those are read that may have changed.
 *
 * A row of cs_member_flow says that the metaverse holds what the object's large sets lead to. It goes with whatever could make that
 * untrue: another writer of the metaverse object's sets, a target that is deleted, released or called otherwise, references that
 * are looked at again. Then the whole sets flow once more. */
#include "store/differences.h"
#include "store/objects.h"

/* ---- Reading a part ---- */

static void add_value(arena *a, struct values *set, struct value v) { *LIST_ADD(a, set) = v; }

/* The members that imports have touched: those that are there, and in `gone` those that are not. */
static FALLIBLE read_touched(store_tx *tx, arena *a, const struct cso *o, struct values *set, struct values *gone) {
    OWNED_VALUE(rows) r = {0};
    *set = (struct values){.attribute = set->attribute, .partial = true};
    *gone = (struct values){.attribute = set->attribute};
    TRY(q_member_changes(tx, &(struct q_member_changes_in){o->id, set->attribute}, 1, &r));
    for (struct q_member_changes_row row; q_member_changes_next(&r, &row);)
        add_value(a, row.pos < 0 ? gone : set,
                  (struct value){.type = TYPE_REFERENCE, .reference = {.raw = arena_text(a, row.raw)}});
    return rows_end(&r);
}

/* Written in another way the same member may still be there: then it has not gone. */
static FALLIBLE keep_respelled(store_tx *tx, arena *a, const struct config *c, const struct cso *o, struct values *gone) {
    const struct cs_attribute *attribute = config_cs_attribute(c, gone->attribute);
    size_t kept = 0;
    for (size_t i = 0; attribute && i < gone->count; i++) {
        text key = reference_key(a, c, attribute, gone->at[i].reference.raw);
        struct q_cs_ref_has_row row;
        bool found;
        TRY(q_cs_ref_has_one(tx, a, &(struct index_row){attribute->id, o->system, key, o->id}, &row, &found));
        if (!found) gone->at[kept++] = gone->at[i];
    }
    gone->count = kept;
    return NULL;
}

static FALLIBLE read_sets(store_tx *tx, arena *a, const struct config *c, struct cso *o, struct attributes *gone) {
    for (EACH(struct values, set, &o->values)) {
        if (!is_member_mark(BLOB_CSO, set)) continue;
        struct values went;
        TRY(read_touched(tx, a, o, set, &went));
        TRY(keep_respelled(tx, a, c, o, &went));
        if (went.count) *LIST_ADD(a, gone) = went;
    }
    return fetch_large(tx, a, BLOB_CSO, o->id, &o->values);
}

static bool holds(const struct config *c, const struct cso *o, const struct q_member_flow_row *flow) {
    instant changed = o->updated.ticks ? o->updated : o->created;
    return o->status == CSO_NORMAL && o->mvo && !o->sync_failed && !o->scope_review && changed.ticks == flow->updated.ticks &&
           flow->rules == c->rules_changed_at;
}

FALLIBLE store_cso_difference(store_tx *tx, arena *a, const struct config *c, int64_t id, struct csos *out, struct attributes *gone,
                              bool *found) {
    struct q_member_flow_row flow;
    struct q_member_change_count_row changes;
    bool counted;
    OWNED_VALUE(rows) r = {0};
    *found = false;
    TRY(q_member_flow_one(tx, a, &(struct q_member_flow_in){id}, &flow, found));
    if (!*found) return NULL;
    TRY(q_member_change_count_one(tx, a, &(struct q_member_change_count_in){id}, &changes, &counted));
    TRY(q_csos_by_id(tx, &(struct q_csos_by_id_in){id, true}, 1, &r));
    TRY(read_cso_rows(a, c, &r, true, out));
    *found = out->count == 1 && changes.number <= LARGE_MEMBERS && holds(c, &out->at[0], &flow);
    if (!*found) return NULL;
    TRY(read_sets(tx, a, c, &out->at[0], gone));
    struct cso ghost = out->at[0];
    ghost.values = *gone;
    TRY(resolve_references(tx, a, c, out));
    return resolve_references(tx, a, c, &(struct csos){.at = &ghost, .count = 1});
}

static FALLIBLE read_chosen(store_tx *tx, arena *a, const struct mvo *o, struct values *set, const int64_t *targets, size_t count) {
    *set = (struct values){.attribute = set->attribute, .mapping = set->mapping, .partial = true};
    for (size_t i = 0; i < count; i++) {
        struct q_mv_member_at_row row;
        bool found;
        TRY(q_mv_member_at_one(tx, a, &(struct q_mv_member_at_in){o->id, set->attribute, targets[i]}, &row, &found));
        if (found) add_value(a, set, (struct value){.type = TYPE_REFERENCE, .reference = {.target = targets[i]}});
    }
    return NULL;
}

FALLIBLE store_mvo_towards(store_tx *tx, arena *a, const struct config *c, int64_t id, const int64_t *targets, size_t count,
                           struct mvos *out) {
    size_t from = out->count;
    OWNED_VALUE(rows) r = {0};
    TRY(query_mvos(tx, a, &id, 1, &r));
    TRY(read_mvo_rows(a, c, &r, out));
    if (out->count == from) return NULL;
    struct mvo *o = &out->at[from];
    for (EACH(struct values, set, &o->values))
        if (is_member_mark(BLOB_MVO, set)) TRY(read_chosen(tx, a, o, set, targets, count));
    return fetch_large(tx, a, BLOB_MVO, id, &o->values);
}

/* The member that names the target, if there is one; *whole: it is named in a way that only the whole set tells. */
static FALLIBLE read_named(store_tx *tx, arena *a, const struct config *c, const struct cso *o, struct values *set,
                           const struct cso *target, bool *whole) {
    const struct cs_attribute *attribute = config_cs_attribute(c, set->attribute);
    const text names[] = {target->external_id, target->secondary_external_id};
    bool named = false, found = false;
    for (size_t i = 0; attribute && i < 2 && !found; i++) {
        struct q_cs_member_at_row row;
        struct q_cs_ref_has_row ref;
        if (text_is_null(names[i])) continue;
        TRY(q_cs_member_at_one(tx, a, &(struct q_cs_member_at_in){o->id, set->attribute, names[i]}, &row, &found));
        if (found) add_value(a, set, (struct value){.type = TYPE_REFERENCE, .reference = {.raw = names[i]}});
        bool listed = false;
        text key = reference_key(a, c, attribute, names[i]);
        if (!found) TRY(q_cs_ref_has_one(tx, a, &(struct index_row){attribute->id, o->system, key, o->id}, &ref, &listed));
        named |= listed;
    }
    *whole |= named && !found;
    return NULL;
}

static FALLIBLE read_towards(store_tx *tx, arena *a, const struct config *c, struct cso *o, const struct csos *targets) {
    for (EACH(struct values, set, &o->values)) {
        if (!is_member_mark(BLOB_CSO, set)) continue;
        struct values part = {.attribute = set->attribute, .partial = true};
        bool whole = false;
        for (EACH(const struct cso, t, targets))
            if (t->system == o->system) TRY(read_named(tx, a, c, o, &part, t, &whole));
        if (!whole) *set = part;
    }
    return fetch_large(tx, a, BLOB_CSO, o->id, &o->values);
}

FALLIBLE store_csos_towards(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, const int64_t *mvos,
                            size_t mvo_count, struct csos *out) {
    struct csos targets = {0};
    size_t from = out->count;
    if (!count) return NULL;
    struct q_csos_by_id_in *in = ARENA_ARRAY(a, struct q_csos_by_id_in, count + 1);
    for (size_t i = 0; i < count; i++) in[i] = (struct q_csos_by_id_in){ids[i], true};
    TRY(store_connectors(tx, a, c, mvos, mvo_count, false, &targets));
    OWNED_VALUE(rows) r = {0};
    TRY(q_csos_by_id(tx, in, count, &r));
    TRY(read_cso_rows(a, c, &r, true, out));
    struct csos fresh = {.at = out->at + from, .count = out->count - from};
    for (EACH(struct cso, o, &fresh)) TRY(read_towards(tx, a, c, o, &targets));
    return resolve_references(tx, a, c, &fresh);
}

FALLIBLE store_each_member(store_tx *tx, int64_t cso, int32_t attribute, void (*visit)(void *state, text raw), void *state) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_cs_members(tx, &(struct q_cs_members_in){cso, attribute}, 1, &r));
    for (struct q_cs_members_row row; q_cs_members_next(&r, &row);) visit(state, row.raw);
    return rows_end(&r);
}

FALLIBLE store_refers(store_tx *tx, arena *a, const struct config *c, const struct cs_attribute *attribute, int64_t cso, text raw,
                      bool *found) {
    const struct cs_type *type = config_cs_type(c, attribute->type_id);
    struct q_cs_ref_has_row row;
    struct index_row in = {attribute->id, type ? type->system : 0, reference_key(a, c, attribute, raw), cso};
    return q_cs_ref_has_one(tx, a, &in, &row, found);
}

FALLIBLE store_resolve(store_tx *tx, arena *a, const struct config *c, struct cso *o) {
    return resolve_references(tx, a, c, &(struct csos){.at = o, .count = 1});
}

/* ---- What has flowed ---- */

FALLIBLE store_member_flows(store_tx *tx, arena *a, int32_t system, struct int64s *csos) {
    OWNED_VALUE(rows) r = {0};
    TRY(q_member_flows(tx, &(struct q_member_flows_in){system}, 1, &r));
    for (struct q_member_flows_row row; q_member_flows_next(&r, &row);) *LIST_ADD(a, csos) = row.cso;
    return rows_end(&r);
}

FALLIBLE store_write_member_flow(store_tx *tx, int64_t cso, instant updated, int64_t rules, bool whole) {
    TRY(need_write(tx));
    TRY(q_member_changes_drop(tx, &(struct q_member_changes_drop_in){cso}, 1));
    if (!whole) return q_member_flow_drop(tx, &(struct q_member_flow_drop_in){cso}, 1);
    return q_member_flow_put(tx, &(struct q_member_flow_put_in){cso, updated, rules}, 1);
}

FALLIBLE any_member_flow(store_tx *tx, bool *any) {
    struct q_member_flow_any_row row;
    TRY(q_member_flow_any_one(tx, tx->scratch, &row, any));
    *any = *any && row.number > 0;
    return NULL;
}

FALLIBLE drop_member_flow(store_tx *tx, int64_t cso) {
    TRY(q_member_changes_drop(tx, &(struct q_member_changes_drop_in){cso}, 1));
    return q_member_flow_drop(tx, &(struct q_member_flow_drop_in){cso}, 1);
}

FALLIBLE drop_referring_flows(store_tx *tx, arena *a, const struct cso *target) {
    const text ids[] = {target->external_id, target->secondary_external_id};
    for (size_t i = 0; i < 2; i++) {
        if (text_is_null(ids[i])) continue;
        struct q_member_flow_drop_by_key_in in = {target->system, id_key(a, ids[i])};
        TRY(q_member_flow_drop_by_key(tx, &in, 1));
    }
    return NULL;
}

static instant changed_at(const struct cso *o) { return o->updated.ticks ? o->updated : o->created; }

static bool has_large(const struct cso *o) {
    if (!o->has_values) return true; /* perhaps */
    for (EACH(const struct values, set, &o->values)) {
        if (set->partial || (set->count > LARGE_MEMBERS && set->at[0].type == TYPE_REFERENCE)) return true;
    }
    return false;
}

/* The rows of one object in the difference of a batch. */
static void rows_of(arena *a, const struct member_rows *all, int64_t object, struct member_rows *out) {
    for (EACH(const struct member_row, m, all))
        if (m->object == object) *LIST_ADD(a, out) = *m;
}

static bool has_row(const struct member_rows *all, int64_t object) {
    for (EACH(const struct member_row, m, all))
        if (m->object == object) return true;
    return false;
}

static bool moved(const struct cso_change *k) {
    return k->before->status != k->after->status || (k->before->mvo && k->before->mvo != k->after->mvo);
}

static bool renamed(const struct cso_change *k) {
    return !text_equal(k->before->external_id, k->after->external_id) ||
           !text_equal(k->before->secondary_external_id, k->after->secondary_external_id);
}

static FALLIBLE advance(store_tx *tx, arena *a, const struct difference *d, const struct cso_change *k) {
    int64_t id = k->after->id;
    struct member_rows touched = {0};
    bool changed = k->values_changed && (d->members_added.count || d->members_removed.count);
    if (k->before->mvo != k->after->mvo || has_row(&d->members_dropped, id)) return drop_member_flow(tx, id);
    TRY(q_member_flow_advance(tx, &(struct q_member_flow_advance_in){id, changed_at(k->before), changed_at(k->after)}, 1));
    TRY(q_member_flow_expire(tx, &(struct q_member_flow_expire_in){id, changed_at(k->after)}, 1));
    if (!changed) return NULL;
    struct q_member_flow_row flow;
    bool found;
    TRY(q_member_flow_one(tx, a, &(struct q_member_flow_in){id}, &flow, &found));
    if (!found) return NULL;
    rows_of(a, &d->members_added, id, &touched);
    rows_of(a, &d->members_removed, id, &touched);
    if (touched.count > LARGE_MEMBERS) return drop_member_flow(tx, id);
    return q_member_change_add(tx, touched.at, touched.count);
}

FALLIBLE note_member_changes(store_tx *tx, arena *a, const struct difference *d, const struct cso_changes *changes) {
    bool any;
    TRY(any_member_flow(tx, &any));
    if (!any) return NULL;
    for (EACH(const struct cso_change, k, changes)) {
        if (!k->before) continue;
        if (!k->after) TRY(drop_member_flow(tx, k->before->id));
        if (!k->after || moved(k) || renamed(k)) TRY(drop_referring_flows(tx, a, k->before));
        if (k->after && (has_large(k->before) || has_large(k->after))) TRY(advance(tx, a, d, k));
    }
    return NULL;
}
