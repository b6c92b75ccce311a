/* One batch from its task to its outcome: the order of the stages, what each wants to know, and what came of it (sync-engine §8.4).
 */
#include "sync/batch.h"

#include "sync/explain.h"
#include "sync/inbound.h"
#include "sync/join.h"
#include "sync/outbound.h"

typedef void (*step)(struct sync_batch *b);

static void next_round(struct sync_batch *b);

/* Each step decides or asks; before the next one everything asked has been answered. */
static const step page_steps[] = {want_identities,    want_neighbours, want_matched, want_rivals,
                                  want_rival_targets, decide_inbound,  NULL};
static const step reference_steps[] = {want_identities,    want_neighbours,   want_matched, want_rivals,
                                       want_rival_targets, decide_references, NULL};
static const step housekeeping_steps[] = {doom_due, NULL};
static const step delete_steps[] = {doom_all, NULL};
static const step explain_steps[] = {want_contributors, want_contributions, want_rival_targets, NULL};
static const step no_steps[] = {NULL};
static const step outbound_steps[] = {
    want_evaluated, want_exported,    want_claimed, want_referred, decide_outbound, want_doomed, want_casualties,
    want_bereaved,  decide_deletions, next_round,   NULL};

/* MVOs that lost references are evaluated in another round; objects released meanwhile may doom more. */
static void next_round(struct sync_batch *b) {
    if (b->queue.count || b->doomed.count) b->step = 0;
}

sync_batch *sync_batch_new(arena *a, const sync_plan *plan, const struct sync_run *run, struct sync_ids *ids) {
    struct sync_batch *b = ARENA_NEW(a, struct sync_batch);
    b->a = a;
    b->plan = plan;
    b->run = run;
    b->ids = ids;
    b->steps = no_steps;
    b->needs_whole = &b->outcome.needs_whole;
    struct int_map *maps[] = {&b->csos, &b->mvos, &b->orphans, &b->targets, &b->links, &b->new_keys};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) int_map_init(maps[i], a, 16);
    return b;
}

static void add_page(struct sync_batch *b, const struct csos *page) {
    for (EACH(const struct cso, o, page)) {
        struct work_cso *c = batch_add_cso(b, o);
        c->in_page = true;
        c->pending_asked = b->run->no_pending;
        *LIST_ADD(b->a, &b->page) = c;
    }
}

void sync_batch_page(sync_batch *b, const struct csos *page) {
    b->task = BATCH_PAGE;
    b->steps = page_steps;
    add_page(b, page);
}

void sync_batch_difference(sync_batch *b, const struct csos *page, const struct attributes *gone) {
    b->gone = gone;
    sync_batch_page(b, page);
}

void sync_batch_references(sync_batch *b, const struct csos *objects, const struct run_items *earlier) {
    b->task = BATCH_REFERENCES;
    b->steps = reference_steps;
    add_page(b, objects);
    for (EACH(const struct run_item, item, earlier)) {
        struct work_cso *c = batch_cso(b, item->cso);
        if (c) c->earlier = item;
    }
}

void sync_batch_judge_again(sync_batch *b, int64_t cso) {
    struct work_cso *c = batch_cso(b, cso);
    if (c) c->again = true;
}

static void add_mvos(struct sync_batch *b, const struct mvos *list, enum batch_task task, const step *steps) {
    b->task = task;
    b->steps = steps;
    for (EACH(const struct mvo, o, list)) batch_add_mvo(b, o);
}

static void queue_all(struct sync_batch *b, enum evaluation evaluation) {
    for (size_t i = 0; i < b->all_mvos.count; i++) batch_queue(b, b->all_mvos.at[i], evaluation);
}

void sync_batch_review(sync_batch *b, const struct mvos *flagged) {
    add_mvos(b, flagged, BATCH_REVIEW, no_steps);
    queue_all(b, EVALUATE_SCOPE);
}

void sync_batch_housekeeping(sync_batch *b, const struct mvos *marked) {
    add_mvos(b, marked, BATCH_DELETIONS, housekeeping_steps);
    for (size_t i = 0; i < b->all_mvos.count; i++) want_connectors(b, b->all_mvos.at[i]);
}

void sync_batch_delete(sync_batch *b, const struct mvos *chosen) { add_mvos(b, chosen, BATCH_DELETIONS, delete_steps); }

void sync_batch_evaluate(sync_batch *b, const struct mvos *chosen) {
    add_mvos(b, chosen, BATCH_EVALUATE, no_steps);
    queue_all(b, EVALUATE_ALL);
}

void sync_batch_explain(sync_batch *b, const struct mvo *o) {
    b->task = BATCH_EXPLAIN;
    b->steps = explain_steps;
    batch_add_mvo(b, o);
}

/* ---- Asking and learning ---- */

static bool short_of(int64_t next, int64_t end, int64_t needed) { return end - next < needed; }

static bool wants_anything(const struct sync_batch *b) {
    const struct sync_wants *w = &b->wants;
    const struct sync_ids *ids = b->ids;
    return w->mvos.count || w->connectors.count || w->values.count || w->targets.count || w->links.count || w->pending.count ||
           w->referrers.count || w->match_mvos.count || w->match_csos.count || short_of(ids->mvo.next, ids->mvo.end, w->mvo_ids) ||
           short_of(ids->cso.next, ids->cso.end, w->cso_ids) ||
           short_of(ids->pending_export.next, ids->pending_export.end, w->pending_export_ids) ||
           short_of(ids->item.next, ids->item.end, w->item_ids);
}

static void finish(struct sync_batch *b);

/* The step behind the last one of the task is the first of the outbound stage. */
static step current_step(struct sync_batch *b) {
    if (!b->steps[b->step] && b->steps != outbound_steps) {
        b->steps = outbound_steps;
        b->step = 0;
    }
    return b->steps[b->step];
}

bool sync_next(sync_batch *b, struct sync_wants *wants) {
    for (step run; !wants_anything(b) && (run = current_step(b));) {
        b->step++;
        b->wants.mvo_ids = b->wants.cso_ids = b->wants.pending_export_ids = b->wants.item_ids = 0;
        run(b);
    }
    *wants = b->wants;
    if (!wants_anything(b)) {
        finish(b);
        return false;
    }
    b->asked = b->wants;
    b->wants = (struct sync_wants){0};
    return true;
}

static void learn_links(struct sync_batch *b, const struct sync_facts *f) {
    for (EACH(const struct sync_link, l, &f->targets)) {
        struct sync_link *copy = ARENA_NEW(b->a, struct sync_link);
        *copy = *l;
        int_map_put(&b->targets, l->cso, copy);
    }
    for (EACH(const struct sync_link, l, &f->links)) batch_know_link(b, *l);
}

static void learn_pending(struct sync_batch *b, const struct pending_exports *list) {
    for (EACH(const struct pending_export, p, list)) {
        struct work_cso *c = batch_cso(b, p->cso);
        if (!c || c->pe) continue;
        c->pe = ARENA_NEW(b->a, struct work_pe);
        c->pe->before = p;
        c->pe->now = *p;
    }
}

void sync_learn(sync_batch *b, const struct sync_facts *f) {
    for (EACH(const struct mvo, o, &f->mvos)) batch_add_mvo(b, o);
    for (EACH(const struct cso, o, &f->connectors)) batch_add_cso(b, o);
    for (EACH(const struct cso, o, &f->values)) batch_add_cso(b, o);
    for (EACH(const struct sync_referrer, r, &f->referrers)) *LIST_ADD(b->a, &b->referrers) = *r;
    learn_links(b, f);
    learn_pending(b, &f->pending);
    if (b->asked.match_mvos.count) learn_matches(b, &f->match_mvos);
    if (b->asked.match_csos.count) learn_claims(b, &f->match_csos);
    b->asked = (struct sync_wants){0};
}

bool batch_stops(struct sync_batch *b) {
    enum sync_stop stop = b->run->stop ? b->run->stop(b->run->stop_state) : SYNC_GO_ON;
    b->abandoned |= stop == SYNC_ABANDON;
    return stop != SYNC_GO_ON;
}

FALLIBLE sync_finish(sync_batch *b, struct sync_source source) {
    struct sync_wants wants;
    while (sync_next(b, &wants)) {
        struct sync_facts facts = {0};
        TRY(source.answer(source.state, b->a, &wants, b->ids, &facts));
        sync_learn(b, &facts);
    }
    return b->abandoned ? FAIL(ERROR_CANCELLED, "the synchronisation was stopped") : NULL;
}

/* ---- The outcome ---- */

/* The item that tells why, and what history calls it. */
static void name_change(const struct work_mvo *m, struct mvo_change *k) {
    const struct work_item *w = m->carrier ? m->carrier : m->origin ? m->origin->item : NULL;
    k->item = w ? w->item.id : m->recall.item; /* of the deletion that took references away */
    if (!w || !k->before || !k->after) return;
    enum object_change told = w->item.change;
    bool fits = told == OBJECT_JOINED || told == OBJECT_DISCONNECTED || told == OBJECT_DISCONNECTED_OUT_OF_SCOPE;
    k->kind = fits ? told : OBJECT_ATTRIBUTE_FLOW;
}

static void put_mvo(struct sync_batch *b, struct work_mvo *m) {
    struct mvo_change k = {.before = m->before, .after = m->removed ? NULL : &m->now};
    if (m->removed ? !m->before : !m->changed) return;
    if (!m->removed) {
        m->now.version = m->before ? m->before->version + 1 : 1;
        if (m->before) m->now.updated = b->run->now;
    }
    name_change(m, &k);
    *LIST_ADD(b->a, &b->outcome.mvos) = k;
}

static bool leaves(const struct work_cso *c) { return c->removed || (c->before && c->before->mvo && c->now.mvo != c->before->mvo); }

static void put_cso(struct sync_batch *b, struct work_cso *c) {
    int64_t item = c->item ? c->item->item.id : 0;
    if (c->removed) {
        if (c->before) *LIST_ADD(b->a, &b->outcome.csos) = (struct cso_change){.before = c->before, .item = item};
    } else if (c->changed) {
        *LIST_ADD(b->a, &b->outcome.csos) = (struct cso_change){
            .before = c->before, .after = &c->now, .values_changed = !c->before || c->values_changed, .item = item};
    }
}

static void put_pending(struct sync_batch *b, struct work_cso *c) {
    struct work_pe *pe = c->pe;
    if (!pe) return;
    if (pe->removed) {
        if (pe->before) *LIST_ADD(b->a, &b->outcome.pending) = (struct pending_export_change){.before = pe->before};
    } else if (pe->changed) {
        *LIST_ADD(b->a, &b->outcome.pending) = (struct pending_export_change){.before = pe->before, .after = &pe->now};
    }
}

static void close_objects(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        if (!c->handled || c->removed) continue;
        bool review = c->now.scope_review && c->failed;
        if (c->now.sync_failed == c->failed && c->now.scope_review == review) continue;
        c->now.sync_failed = c->failed;
        c->now.scope_review = review;
        c->changed = true;
    }
}

/* With the item that drift, exports or deletions may have begun only after the references waited. */
static void note_waiting(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        const struct work_cso *c = b->page.at[i];
        if (c->waiting) *LIST_ADD(b->a, &b->outcome.waiting) = (struct sync_waiting){c->now.id, c->item ? c->item->item.id : 0};
    }
}

static bool refers(const struct cso *o) {
    for (EACH(const struct values, set, &o->values)) {
        if (set->count && set->at[0].type == TYPE_REFERENCE) return true;
    }
    return false;
}

static void note_doubtful(struct sync_batch *b) {
    for (size_t i = 0; i < b->page.count; i++) {
        const struct work_cso *c = b->page.at[i];
        if (!c->handled || !c->mvo || c->stopped || c->removed) continue;
        if (!c->open && !(c->type->loses_targets && refers(&c->now))) continue;
        *LIST_ADD(b->a, &b->outcome.doubtful) = (struct sync_doubt){{c->now.id, c->item ? c->item->item.id : 0}, c->open};
    }
}

static void finish(struct sync_batch *b) {
    if (b->finished) return;
    b->finished = true;
    close_objects(b);
    note_waiting(b);
    note_doubtful(b);
    for (size_t i = 0; i < b->all_mvos.count; i++) put_mvo(b, b->all_mvos.at[i]);
    for (size_t i = 0; i < b->all_csos.count; i++) {
        if (leaves(b->all_csos.at[i])) put_cso(b, b->all_csos.at[i]);
    }
    for (size_t i = 0; i < b->all_csos.count; i++) {
        if (!leaves(b->all_csos.at[i])) put_cso(b, b->all_csos.at[i]);
        put_pending(b, b->all_csos.at[i]);
    }
    for (size_t i = 0; i < b->items.count; i++) {
        struct work_item *w = b->items.at[i];
        *LIST_ADD(b->a, w->again ? &b->outcome.items_again : &b->outcome.items) = w->item;
    }
}

const struct sync_outcome *sync_outcome(const sync_batch *b) { return &b->outcome; }
