/* Answers what a batch of the engine wants to know: one query a kind. */
#include "runs/sync.h"

#include "store/differences.h"

enum { CHUNK = 1000, RESERVE = 4096 };

static struct match_query *match_queries(arena *a, const struct sync_matches *wanted) {
    struct match_query *out = ARENA_ARRAY(a, struct match_query, wanted->count);
    for (size_t i = 0; i < wanted->count; i++) {
        out[i] = (struct match_query){wanted->at[i].type, wanted->at[i].attribute, wanted->at[i].key};
    }
    return out;
}

static void take_hits(arena *a, const struct match_hits *hits, struct sync_match_hits *out) {
    for (EACH(const struct match_hit, h, hits)) *LIST_ADD(a, out) = (struct sync_match_hit){h->query, h->object};
}

static FALLIBLE load_matches(struct sync_loader *l, arena *a, const struct sync_wants *w, struct sync_facts *out) {
    struct match_hits mvos = {0}, csos = {0};
    if (w->match_mvos.count) TRY(store_match_mvos(l->tx, a, match_queries(a, &w->match_mvos), w->match_mvos.count, &mvos));
    if (w->match_csos.count) TRY(store_match_csos(l->tx, a, match_queries(a, &w->match_csos), w->match_csos.count, &csos));
    take_hits(a, &mvos, &out->match_mvos);
    take_hits(a, &csos, &out->match_csos);
    return NULL;
}

static void take_links(arena *a, const struct csos *heads, struct sync_links *out) {
    for (EACH(const struct cso, o, heads)) *LIST_ADD(a, out) = (struct sync_link){o->id, o->mvo, o->system, o->type, o->status};
}

/* ---- What was read ahead need not be looked up; the answers stand in the order of the wants in any case ---- */

static FALLIBLE load_window(struct sync_loader *l, arena *a, const struct int64s *wanted, struct mvos *out) {
    const struct int64s *towards = &l->window->towards;
    for (EACH(const int64_t, id, wanted)) {
        if (*id == l->window->mvo)
            TRY(store_mvo_towards(l->tx, a, l->config, *id, towards->at, towards->count, out));
        else
            TRY(store_mvos(l->tx, a, l->config, id, 1, out));
    }
    return NULL;
}

static FALLIBLE load_values(struct sync_loader *l, arena *a, const struct int64s *wanted, struct csos *out) {
    if (!l->window) return store_csos(l->tx, a, l->config, wanted->at, wanted->count, true, out);
    const struct int64s *towards = &l->window->towards;
    return store_csos_towards(l->tx, a, l->config, wanted->at, wanted->count, towards->at, towards->count, out);
}

static FALLIBLE load_mvos(struct sync_loader *l, arena *a, const struct int64s *wanted, struct mvos *out) {
    struct int64s rest = {0};
    struct mvos looked_up = {0};
    if (l->window) return load_window(l, a, wanted, out);
    for (EACH(const int64_t, id, wanted))
        if (!sync_ahead_mvo(l->ahead, l->page, *id)) *LIST_ADD(a, &rest) = *id;
    TRY(store_mvos(l->tx, a, l->config, rest.at, rest.count, rest.count == wanted->count ? out : &looked_up));
    if (rest.count == wanted->count) return NULL;
    size_t next = 0;
    for (EACH(const int64_t, id, wanted)) {
        const struct mvo *m = sync_ahead_mvo(l->ahead, l->page, *id);
        if (!m && next < looked_up.count && looked_up.at[next].id == *id) m = &looked_up.at[next++];
        if (m) *LIST_ADD(a, out) = *m;
    }
    return NULL;
}

static FALLIBLE load_connectors(struct sync_loader *l, arena *a, const struct int64s *wanted, struct csos *out) {
    struct int64s rest = {0};
    struct csos looked_up = {0};
    for (EACH(const int64_t, id, wanted))
        if (!sync_ahead_connectors(l->ahead, l->page, *id)) *LIST_ADD(a, &rest) = *id;
    TRY(store_connectors(l->tx, a, l->config, rest.at, rest.count, false, rest.count == wanted->count ? out : &looked_up));
    if (rest.count == wanted->count) return NULL;
    size_t next = 0;
    for (EACH(const int64_t, id, wanted)) {
        const struct sync_span *span = sync_ahead_connectors(l->ahead, l->page, *id);
        for (size_t i = 0; span && i < span->count; i++) *LIST_ADD(a, out) = span->first[i];
        while (!span && next < looked_up.count && looked_up.at[next].mvo == *id) *LIST_ADD(a, out) = looked_up.at[next++];
    }
    return NULL;
}

/* Adds the links that are known and gives the ids of the others. */
static struct int64s take_read_targets(struct sync_loader *l, arena *a, const struct int64s *wanted, struct sync_links *out) {
    struct int64s rest = {0};
    for (EACH(const int64_t, id, wanted))
        if (!sync_ahead_target(l->ahead, l->page, a, *id, out)) *LIST_ADD(a, &rest) = *id;
    return rest;
}

/* A group may refer to half a million objects: of each only a link is kept. */
static FALLIBLE load_links(struct sync_loader *l, arena *a, const struct sync_wants *w, struct sync_facts *out) {
    struct int64s targets = l->page ? take_read_targets(l, a, &w->targets, &out->targets) : w->targets;
    for (size_t from = 0; from < targets.count; from += CHUNK) {
        size_t count = targets.count - from < CHUNK ? targets.count - from : CHUNK;
        struct csos heads = {0};
        TRY(store_csos(l->tx, l->scratch, l->config, targets.at + from, count, false, &heads));
        take_links(a, &heads, &out->targets);
        arena_reset(l->scratch);
    }
    for (size_t from = 0; from < w->links.count; from += CHUNK) {
        size_t count = w->links.count - from < CHUNK ? w->links.count - from : CHUNK;
        struct csos heads = {0};
        TRY(store_connectors(l->tx, l->scratch, l->config, w->links.at + from, count, false, &heads));
        take_links(a, &heads, &out->links);
        arena_reset(l->scratch);
    }
    return NULL;
}

static FALLIBLE load_referrers(struct sync_loader *l, arena *a, const struct sync_wants *w, struct sync_facts *out) {
    struct mvo_referrers found = {0};
    if (!w->referrers.count) return NULL;
    TRY(store_mvo_referrers(l->tx, a, w->referrers.at, w->referrers.count, &found));
    for (EACH(const struct mvo_referrer, r, &found))
        *LIST_ADD(a, &out->referrers) = (struct sync_referrer){r->mvo, r->target, r->attribute};
    return NULL;
}

static int64_t shortage(int64_t next, int64_t end, int64_t wanted) {
    return end - next >= wanted ? 0 : wanted > RESERVE ? wanted : RESERVE;
}

enum { RESERVES = 4 };
struct reserve {
    enum id_space space;
    struct sync_id_range *range;
    int64_t count; /* to be taken */
};

static void find_shortages(const struct sync_wants *w, struct sync_ids *ids, struct reserve all[RESERVES]) {
    all[0] = (struct reserve){IDS_MVO, &ids->mvo, w->mvo_ids};
    all[1] = (struct reserve){IDS_CSO, &ids->cso, w->cso_ids};
    all[2] = (struct reserve){IDS_PENDING_EXPORT, &ids->pending_export, w->pending_export_ids};
    all[3] = (struct reserve){IDS_ITEM, &ids->item, w->item_ids};
    for (int i = 0; i < RESERVES; i++) all[i].count = shortage(all[i].range->next, all[i].range->end, all[i].count);
}

FALLIBLE sync_reserve(store *s, const struct sync_wants *w, struct sync_ids *ids) {
    struct reserve all[RESERVES];
    find_shortages(w, ids, all);
    for (struct reserve *k = all; k < all + RESERVES; k++) {
        if (!k->count) continue;
        TRY(store_ids(s, k->space, k->count, &k->range->next));
        k->range->end = k->range->next + k->count;
    }
    return NULL;
}

bool sync_reserve_at_hand(store *s, const struct sync_wants *w, struct sync_ids *ids) {
    struct reserve all[RESERVES];
    find_shortages(w, ids, all);
    for (struct reserve *k = all; k < all + RESERVES; k++) {
        if (!k->count) continue;
        if (!store_ids_at_hand(s, k->space, k->count, &k->range->next)) return false;
        k->range->end = k->range->next + k->count;
    }
    return true;
}

static error *answer(void *state, arena *a, const struct sync_wants *w, struct sync_ids *ids, struct sync_facts *out) {
    struct sync_loader *l = state;
    TRY(sync_reserve(l->store, w, ids));
    if (w->mvos.count) TRY(load_mvos(l, a, &w->mvos, &out->mvos));
    if (w->connectors.count) TRY(load_connectors(l, a, &w->connectors, &out->connectors));
    if (w->values.count) TRY(load_values(l, a, &w->values, &out->values));
    if (w->pending.count) TRY(store_pending_by_cso(l->tx, a, l->config, w->pending.at, w->pending.count, &out->pending));
    TRY(load_links(l, a, w, out));
    TRY(load_matches(l, a, w, out));
    return load_referrers(l, a, w, out);
}

struct sync_source sync_loader_source(struct sync_loader *l) {
    return (struct sync_source){.state = l, .answer = answer};
}

void sync_facts_of(struct sync_run *facts, const struct config *c, bool full, const struct system_state *state) {
    facts->full = full;
    facts->last_sync = state->last_sync;
    facts->configuration_changed =
        full && (!state->configuration_applied.ticks || c->rules_changed_at > state->configuration_applied.ticks);
}

bool sync_takes_up(const struct sync_run *facts, const struct cso *head) {
    if (facts->full || !facts->last_sync.ticks) return sync_needs_values(facts, head);
    instant changed = head->updated.ticks ? head->updated : head->created;
    return changed.ticks > facts->last_sync.ticks || head->scope_review || head->sync_failed;
}
