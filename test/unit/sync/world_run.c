/* Runs in the world: answers what the engine asks from memory, applies what it decides, and checks the invariants of what stands
 * there. */
#include "base/unicode.h"
#include "sync/explain.h"
#include "world_private.h"

/* ---- Answers ---- */

static bool among(const struct int64s *ids, int64_t id) {
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->at[i] == id) return true;
    }
    return false;
}

/* A reference leads to the one object of its system that it names. */
static int64_t resolve(struct world *w, int32_t system, text raw) {
    int64_t found = 0;
    for (size_t i = 0; i < w->objects.count; i++) {
        const struct cso *o = w->objects.at[i];
        bool named = text_equal_fold(o->external_id, raw) || text_equal_fold(o->secondary_external_id, raw);
        if (o->system != system || !named) continue;
        if (found) return 0;
        found = o->id;
    }
    return found;
}

static struct cso loaded(struct world *w, arena *a, const struct cso *o, bool values) {
    struct cso copy = *o;
    copy.has_values = values;
    copy.values = values ? attributes_copy(a, &o->values) : (struct attributes){0};
    for (EACH(struct values, set, &copy.values)) {
        for (size_t i = 0; i < set->count; i++) {
            if (set->at[i].type == TYPE_REFERENCE) set->at[i].reference.target = resolve(w, o->system, set->at[i].reference.raw);
        }
    }
    return copy;
}

static struct sync_link link_of(const struct cso *o) { return (struct sync_link){o->id, o->mvo, o->system, o->type, o->status}; }

static bool has_key(arena *a, const struct attributes *values, const struct sync_match *m) {
    const struct values *set = attributes_find(values, m->attribute);
    for (size_t i = 0; set && i < set->count; i++) {
        if (text_equal(value_key(a, &set->at[i]), m->key)) return true;
    }
    return false;
}

static void answer_matches(struct world *w, arena *a, const struct sync_wants *wants, struct sync_facts *f) {
    for (uint32_t q = 0; q < wants->match_mvos.count; q++) {
        for (size_t i = 0; i < w->identities.count; i++) {
            const struct mvo *m = w->identities.at[i];
            if (m->type == wants->match_mvos.at[q].type && has_key(a, &m->values, &wants->match_mvos.at[q]))
                *LIST_ADD(a, &f->match_mvos) = (struct sync_match_hit){q, m->id};
        }
    }
    for (uint32_t q = 0; q < wants->match_csos.count; q++) {
        for (size_t i = 0; i < w->objects.count; i++) {
            const struct cso *o = w->objects.at[i];
            bool fits = o->type == wants->match_csos.at[q].type && !o->mvo && o->status == CSO_NORMAL;
            if (fits && has_key(a, &o->values, &wants->match_csos.at[q]))
                *LIST_ADD(a, &f->match_csos) = (struct sync_match_hit){q, o->id};
        }
    }
}

static void answer_referrers(struct world *w, arena *a, const struct sync_wants *wants, struct sync_facts *f) {
    for (size_t i = 0; wants->referrers.count && i < w->identities.count; i++) {
        const struct mvo *m = w->identities.at[i];
        for (EACH(const struct values, set, &m->values)) {
            for (size_t n = 0; n < set->count && set->at[n].type == TYPE_REFERENCE; n++) {
                int64_t target = set->at[n].reference.target;
                if (among(&wants->referrers, target))
                    *LIST_ADD(a, &f->referrers) = (struct sync_referrer){m->id, target, set->attribute};
            }
        }
    }
}

static void answer_objects(struct world *w, arena *a, const struct sync_wants *wants, struct sync_facts *f) {
    for (size_t i = 0; i < w->identities.count; i++) {
        const struct mvo *m = w->identities.at[i];
        if (!among(&wants->mvos, m->id)) continue;
        struct mvo *copy = LIST_ADD(a, &f->mvos);
        *copy = *m;
        copy->values = attributes_copy(a, &m->values);
    }
    for (size_t i = 0; i < w->objects.count; i++) {
        const struct cso *o = w->objects.at[i];
        if (o->mvo && among(&wants->connectors, o->mvo)) *LIST_ADD(a, &f->connectors) = loaded(w, a, o, false);
        if (among(&wants->values, o->id)) *LIST_ADD(a, &f->values) = loaded(w, a, o, true);
        if (among(&wants->targets, o->id)) *LIST_ADD(a, &f->targets) = link_of(o);
        if (o->mvo && among(&wants->links, o->mvo)) *LIST_ADD(a, &f->links) = link_of(o);
    }
    for (size_t i = 0; i < w->exports.count; i++) {
        if (among(&wants->pending, w->exports.at[i]->cso)) *LIST_ADD(a, &f->pending) = *w->exports.at[i];
    }
}

static void top_up(const struct sync_wants *wants, struct sync_ids *ids) {
    if (ids->mvo.end < ids->mvo.next + wants->mvo_ids) ids->mvo.end = ids->mvo.next + wants->mvo_ids;
    if (ids->cso.end < ids->cso.next + wants->cso_ids) ids->cso.end = ids->cso.next + wants->cso_ids;
    if (ids->item.end < ids->item.next + wants->item_ids) ids->item.end = ids->item.next + wants->item_ids;
    if (ids->pending_export.end < ids->pending_export.next + wants->pending_export_ids)
        ids->pending_export.end = ids->pending_export.next + wants->pending_export_ids;
}

static error *answer(void *state, arena *a, const struct sync_wants *wants, struct sync_ids *ids, struct sync_facts *f) {
    struct world *w = state;
    w->asked++;
    answer_objects(w, a, wants, f);
    answer_matches(w, a, wants, f);
    answer_referrers(w, a, wants, f);
    top_up(wants, ids);
    return NULL;
}

/* ---- Applying ---- */

static void apply_mvo(struct world *w, const struct mvo_change *k) {
    struct mvo *m = k->before ? mvo_by_id(w, k->before->id) : NULL;
    if (k->before) {
        assert_non_null(m);
        assert_int_equal(m->version, k->before->version);
    }
    if (!k->after) {
        for (size_t i = 0; i < w->identities.count; i++) {
            if (w->identities.at[i] == m) w->identities.at[i--] = w->identities.at[--w->identities.count];
        }
        return;
    }
    if (!m) {
        m = ARENA_NEW(w->a, struct mvo);
        *LIST_ADD(w->a, &w->identities) = m;
    }
    *m = *k->after;
    m->values = attributes_copy(w->a, &k->after->values);
    m->deletion.policy = arena_text(w->a, m->deletion.policy);
}

static void apply_cso(struct world *w, const struct cso_change *k) {
    struct cso *o = cso_by_id(w, k->before ? k->before->id : k->after->id);
    assert_true((o != NULL) == (k->before != NULL));
    if (!k->after) {
        assert_true(k->before->has_values);
        size_t at = 0;
        while (w->objects.at[at] != o) at++;
        memmove(&w->objects.at[at], &w->objects.at[at + 1], (w->objects.count - at - 1) * sizeof o);
        w->objects.count--;
        return;
    }
    for (size_t i = 0; i < w->objects.count && k->after->mvo; i++) { /* invariant 2 holds at every step */
        const struct cso *other = w->objects.at[i];
        assert_false(other != o && other->mvo == k->after->mvo && other->system == k->after->system);
    }
    struct attributes values = o ? o->values : (struct attributes){0};
    if (!o) {
        o = ARENA_NEW(w->a, struct cso);
        *LIST_ADD(w->a, &w->objects) = o;
    }
    *o = *k->after;
    o->has_values = true;
    o->external_id = arena_text(w->a, o->external_id);
    o->secondary_external_id = arena_text(w->a, o->secondary_external_id);
    o->values = k->values_changed ? attributes_copy(w->a, &k->after->values) : values;
}

static void apply_pending(struct world *w, const struct pending_export_change *k) {
    struct pending_export *p = NULL;
    for (size_t i = 0; i < w->exports.count; i++) {
        if (w->exports.at[i]->id != (k->before ? k->before->id : k->after->id)) continue;
        p = w->exports.at[i];
        if (!k->after) w->exports.at[i] = w->exports.at[--w->exports.count];
        break;
    }
    assert_true((p != NULL) == (k->before != NULL));
    if (!k->after) return;
    if (!p) {
        p = ARENA_NEW(w->a, struct pending_export);
        *LIST_ADD(w->a, &w->exports) = p;
    }
    *p = *k->after;
    p->changes = (struct staged_changes){0};
    for (EACH(const struct staged_change, c, &k->after->changes)) {
        struct staged_change *copy = LIST_ADD(w->a, &p->changes);
        *copy = *c;
        copy->value = value_copy(w->a, &c->value);
    }
}

static struct outcome_node *copy_tree(arena *a, const struct outcome_node *from) {
    if (!from) return NULL;
    struct outcome_node *node = ARENA_NEW(a, struct outcome_node);
    *node = *from;
    node->message = arena_text(a, from->message);
    node->children = copy_tree(a, from->children);
    node->next = copy_tree(a, from->next);
    return node;
}

static void keep_item(struct world *w, const struct run_item *item, bool again) {
    struct run_item *place = NULL;
    for (EACH(struct run_item, i, &w->items)) place = i->id == item->id ? i : place;
    assert_true((place != NULL) == again);
    if (!place) {
        place = LIST_ADD(w->a, &w->items);
        activity_count(&w->counters, item, w->tracking);
    }
    *place = *item;
    place->external_id = arena_text(w->a, item->external_id);
    place->error_message = arena_text(w->a, item->error_message);
    place->outcomes = copy_tree(w->a, item->outcomes);
    if (item->cause_count) {
        place->causes = ARENA_ARRAY(w->a, struct cause, item->cause_count);
        memcpy(place->causes, item->causes, item->cause_count * sizeof *item->causes);
    }
    assert_true(item->error == ITEM_NO_ERROR || item->error_message.len > 0);
}

/* What must always hold (invariants 1, 2, 16, 17, 24). */
static void check_invariants(struct world *w) {
    for (size_t i = 0; i < w->objects.count; i++) {
        const struct cso *o = w->objects.at[i];
        assert_true(!o->mvo || mvo_by_id(w, o->mvo));
        assert_true((o->join == JOIN_NONE) == (o->mvo == 0));
        for (size_t n = 0; n < i; n++) {
            assert_false(o->mvo && w->objects.at[n]->mvo == o->mvo && w->objects.at[n]->system == o->system);
        }
    }
    for (size_t i = 0; i < w->exports.count; i++) {
        assert_non_null(cso_by_id(w, w->exports.at[i]->cso));
        for (size_t n = 0; n < i; n++) assert_int_not_equal(w->exports.at[n]->cso, w->exports.at[i]->cso);
    }
    for (size_t i = 0; i < w->identities.count; i++) {
        for (EACH(const struct values, set, &w->identities.at[i]->values)) {
            const struct mv_attribute *at = config_mv_attribute(w->config, set->attribute);
            assert_true(set->null_marker ? set->count == 0 : set->count > 0);
            assert_true(at->plurality == MULTI_VALUED || set->count <= 1);
        }
    }
}

static void apply(struct world *w, const struct sync_outcome *o) {
    for (EACH(const struct mvo_change, k, &o->mvos)) {
        if (k->after) apply_mvo(w, k);
    }
    for (EACH(const struct cso_change, k, &o->csos)) apply_cso(w, k);
    for (EACH(const struct pending_export_change, k, &o->pending)) apply_pending(w, k);
    for (EACH(const struct mvo_change, k, &o->mvos)) {
        if (!k->after) apply_mvo(w, k);
    }
    for (EACH(const struct run_item, item, &o->items)) keep_item(w, item, false);
    for (EACH(const struct run_item, item, &o->items_again)) keep_item(w, item, true);
    w->already_current += o->already_current;
    check_invariants(w);
}

/* ---- Runs ---- */

struct pass {
    struct world *w;
    sync_plan *plan;
    arena *scratch;
    struct sync_run run;
    struct sync_waitings waiting;
    struct sync_doubts doubtful;
    struct int64s joined;
    bool moved; /* some object joined or left */
};

static enum sync_stop stop_of(void *state) {
    struct pass *p = state;
    if (p->w->stop_after-- > 0) return SYNC_GO_ON;
    p->w->stop_after = 0;
    return p->w->abandon ? SYNC_ABANDON : SYNC_STOP;
}

static void finish(struct pass *p, sync_batch *b) {
    error *e = sync_finish(b, (struct sync_source){.state = p->w, .answer = answer});
    if (e && p->w->abandon && e->kind == ERROR_CANCELLED) return error_free(e);
    assert_null(e);
    const struct sync_outcome *o = sync_outcome(b);
    apply(p->w, o);
    for (EACH(const struct sync_waiting, x, &o->waiting)) *LIST_ADD(p->w->a, &p->waiting) = *x;
    for (EACH(const struct sync_doubt, d, &o->doubtful)) *LIST_ADD(p->w->a, &p->doubtful) = *d;
    for (size_t i = 0; i < o->joined.count; i++) *LIST_ADD(p->w->a, &p->joined) = o->joined.at[i];
    p->moved |= o->joined.count || o->left.count;
    const struct sync_ids *ids = &p->w->ids; /* what was taken had been asked for */
    assert_true(ids->mvo.next <= ids->mvo.end && ids->item.next <= ids->item.end);
    assert_true(ids->pending_export.next <= ids->pending_export.end && ids->cso.next <= ids->cso.end);
}

static void page(struct pass *p, const struct int64s *ids, size_t from) {
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct csos list = {0};
    for (size_t i = from; i < ids->count && i < from + p->w->page_size; i++) {
        const struct cso *o = cso_by_id(p->w, ids->at[i]);
        *LIST_ADD(a, &list) = loaded(p->w, a, o, sync_needs_values(&p->run, o));
    }
    sync_batch *b = sync_batch_new(a, p->plan, &p->run, &p->w->ids);
    sync_batch_page(b, &list);
    finish(p, b);
}

static bool is_doubtful(const struct pass *p, int64_t cso) {
    for (size_t i = 0; i < p->doubtful.count && p->moved; i++)
        if (p->doubtful.at[i].object.cso == cso) return true;
    return false;
}

/* Those that wait, and those that were judged before others joined or left. */
static struct sync_waitings looked_at_again(const struct pass *p) {
    struct sync_waitings all = p->waiting;
    for (size_t i = 0; i < p->doubtful.count && p->moved; i++) {
        bool waits = false;
        for (EACH(const struct sync_waiting, x, &p->waiting)) waits |= x->cso == p->doubtful.at[i].object.cso;
        if (!waits) *LIST_ADD(p->w->a, &all) = p->doubtful.at[i].object;
    }
    return all;
}

static void references(struct pass *p) {
    struct world *w = p->w;
    struct sync_waitings waiting = looked_at_again(p);
    for (size_t i = 0; i < p->joined.count; i++) { /* who refers to those that joined */
        for (size_t n = 0; n < w->objects.count; n++) {
            const struct cso *o = w->objects.at[n];
            OWNED(arena) a = arena_new(SIZE_MAX);
            struct cso copy = loaded(w, a, o, true);
            for (EACH(const struct values, set, &copy.values)) {
                for (size_t v = 0; v < set->count; v++) {
                    bool refers = set->at[v].type == TYPE_REFERENCE && set->at[v].reference.target == p->joined.at[i];
                    if (refers && o->system == p->run.system) *LIST_ADD(w->a, &waiting) = (struct sync_waiting){o->id, 0};
                }
            }
        }
    }
    for (EACH(const struct sync_waiting, x, &waiting)) {
        OWNED(arena) a = arena_new(SIZE_MAX);
        struct csos one = {0};
        struct run_items earlier = {0};
        *LIST_ADD(a, &one) = loaded(w, a, cso_by_id(w, x->cso), true);
        for (EACH(const struct run_item, item, &w->items)) {
            if (item->id == x->item) *LIST_ADD(a, &earlier) = *item;
        }
        sync_batch *b = sync_batch_new(a, p->plan, &p->run, &w->ids);
        sync_batch_references(b, &one, &earlier);
        if (is_doubtful(p, x->cso)) sync_batch_judge_again(b, x->cso);
        finish(p, b);
    }
}

static void review(struct pass *p) {
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct mvos flagged = {0};
    for (size_t i = 0; i < p->w->identities.count; i++) {
        if (p->w->identities.at[i]->scope_review) *LIST_ADD(a, &flagged) = *p->w->identities.at[i];
    }
    sync_batch *b = sync_batch_new(a, p->plan, &p->run, &p->w->ids);
    sync_batch_review(b, &flagged);
    finish(p, b);
}

static void begin(struct world *w, struct pass *p) {
    config_index(w->config);
    w->now.ticks += 60 * TICKS_PER_SECOND;
    *p = (struct pass){.w = w, .plan = sync_plan_new(w->config), .scratch = arena_new(SIZE_MAX)};
    p->run = (struct sync_run){
        .verbose = w->verbose, .tracking = w->tracking, .now = w->now, .initiator = {.type = BY_SYSTEM}, .scratch = p->scratch};
    if (w->stop_after) p->run.stop = stop_of, p->run.stop_state = p;
    w->items = (struct run_items){0};
    w->counters = (struct activity_counters){0};
    w->already_current = 0;
    w->asked = 0;
}

static void end(struct pass *p) {
    sync_plan_free(p->plan);
    arena_free(p->scratch);
}

static bool changed_since(const struct cso *o, instant since) {
    instant at = o->updated.ticks ? o->updated : o->created;
    return at.ticks > since.ticks || o->scope_review || o->sync_failed;
}

static void synchronise(struct world *w, const char *system, bool full) {
    struct pass p;
    struct int64s ids = {0};
    begin(w, &p);
    p.run.system = world_system_named(w, system)->id;
    p.run.full = full;
    p.run.last_sync = w->last_sync[p.run.system];
    p.run.configuration_changed = full && (w->configuration_changed || !p.run.last_sync.ticks);
    instant started = w->now;
    for (size_t i = 0; i < w->objects.count; i++) {
        const struct cso *o = w->objects.at[i];
        if (o->system == p.run.system && (full || changed_since(o, p.run.last_sync))) *LIST_ADD(w->a, &ids) = o->id;
    }
    for (size_t from = 0; from < ids.count; from += w->page_size) page(&p, &ids, from);
    references(&p);
    review(&p);
    w->last_sync[p.run.system] = started;
    w->now.ticks += 60 * TICKS_PER_SECOND;
    end(&p);
}

void world_sync(struct world *w, const char *system) { synchronise(w, system, true); }
void world_delta(struct world *w, const char *system) { synchronise(w, system, false); }

void world_housekeeping(struct world *w) {
    struct pass p;
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct mvos marked = {0};
    begin(w, &p);
    for (size_t i = 0; i < w->identities.count; i++) {
        if (w->identities.at[i]->deletion.disconnected.ticks) *LIST_ADD(a, &marked) = *w->identities.at[i];
    }
    sync_batch *b = sync_batch_new(a, p.plan, &p.run, &w->ids);
    sync_batch_housekeeping(b, &marked);
    finish(&p, b);
    end(&p);
}

static text add_contribution(struct world *w, text all, const struct sync_contribution *k) {
    const struct connected_system *s = config_system(w->config, k->rule->system);
    text first = k->would_be.count ? value_text(w->a, &k->would_be.at[0]) : T("-");
    assert_true((k->verdict == VERDICT_HOLDS) <= k->holds);
    assert_true(k->sentence.len > 0);
    return arena_print(w->a, "%.*s%s%.*s%s %.*s %s", TEXT_ARG(all), all.len ? ", " : "", TEXT_ARG(s->name), k->holds ? "*" : "",
                       TEXT_ARG(first), enum_name(&verdict_names, k->verdict));
}

const char *world_explanation(struct world *w, const struct mvo *m, const char *attribute) {
    struct pass p;
    struct sync_explanation all;
    OWNED(arena) a = arena_new(SIZE_MAX);
    begin(w, &p);
    struct mvo copy = *m;
    sync_batch *b = sync_batch_new(a, p.plan, &p.run, &w->ids);
    sync_batch_explain(b, &copy);
    assert_null(sync_finish(b, (struct sync_source){.state = w, .answer = answer}));
    assert_int_equal(sync_outcome(b)->items.count + sync_outcome(b)->mvos.count + sync_outcome(b)->csos.count, 0);
    sync_explain(b, &all);
    text told = {0};
    for (EACH(const struct sync_explained, x, &all)) {
        if (!text_equal(config_mv_attribute(w->config, x->attribute)->name, text_of(attribute))) continue;
        for (EACH(const struct sync_contribution, k, &x->contributions)) told = add_contribution(w, told, k);
        assert_true(x->sentence.len > 0);
        told = arena_print(w->a, "%s%s: %.*s", enum_name(&resolution_names, x->resolution), x->frozen ? " frozen" : "",
                           TEXT_ARG(told));
    }
    end(&p);
    return arena_cstring(w->a, told);
}

void world_remove(struct world *w, const struct mvo *m) {
    struct pass p;
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct mvos chosen = {0};
    begin(w, &p);
    *LIST_ADD(a, &chosen) = *m;
    sync_batch *b = sync_batch_new(a, p.plan, &p.run, &w->ids);
    sync_batch_delete(b, &chosen);
    finish(&p, b);
    end(&p);
}

size_t world_preview(struct world *w, const struct mvo *m) {
    struct pass p;
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct mvos chosen = {0};
    begin(w, &p);
    p.run.preview = true;
    *LIST_ADD(a, &chosen) = *m;
    sync_batch *b = sync_batch_new(a, p.plan, &p.run, &w->ids);
    sync_batch_evaluate(b, &chosen);
    assert_null(sync_finish(b, (struct sync_source){.state = w, .answer = answer}));
    size_t staged = sync_outcome(b)->pending.count;
    end(&p);
    return staged;
}
