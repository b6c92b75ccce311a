/* The same objects under two configurations: what the one decides otherwise than the other. */
#include "runs/preview.h"
#include "runs/preview_private.h"
#include "runs/preview_values.h"

/* ---- deciding ---- */

static bool same_ids(const struct int64s *a, const struct int64s *b) {
    return a->count == b->count && (!a->count || memcmp(a->at, b->at, a->count * sizeof *a->at) == 0);
}

static bool same_matches(const struct sync_matches *a, const struct sync_matches *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->at[i].type == b->at[i].type && a->at[i].attribute == b->at[i].attribute && text_equal(a->at[i].key, b->at[i].key);
    return same;
}

static bool same_wants(const struct sync_wants *a, const struct sync_wants *b) {
    return same_ids(&a->mvos, &b->mvos) && same_ids(&a->connectors, &b->connectors) && same_ids(&a->values, &b->values) &&
           same_ids(&a->targets, &b->targets) && same_ids(&a->links, &b->links) && same_ids(&a->pending, &b->pending) &&
           same_ids(&a->referrers, &b->referrers) && same_matches(&a->match_mvos, &b->match_mvos) &&
           same_matches(&a->match_csos, &b->match_csos);
}

/* The second configuration asks mostly what the first one asked. */
struct memory {
    struct examiner *x;
    struct sync_source source;
    size_t first; /* told for an earlier comparison of the page */
};
static error *answer(void *state, arena *a, const struct sync_wants *w, struct sync_ids *ids, struct sync_facts *out) {
    struct memory *m = state;
    for (size_t i = m->first; i < m->x->told.count; i++) {
        if (!same_wants(&m->x->told.at[i].wants, w)) continue;
        *out = m->x->told.at[i].facts;
        return NULL;
    }
    TRY(m->source.answer(m->source.state, a, w, ids, out));
    *LIST_ADD(m->x->page, &m->x->told) = (struct told){*w, *out};
    return NULL;
}

static FALLIBLE decide(struct examiner *x, int side, const struct examined *what, size_t first, const struct sync_outcome **out) {
    static const struct sync_outcome nothing;
    if (x->dry && side == PRESENT) return *out = &nothing, NULL;
    struct sync_ids *ids = ARENA_NEW(x->page, struct sync_ids);
    struct sync_loader loader = {.store = store_of(x->tx), .tx = x->tx, .config = x->configs[side], .scratch = x->scratch};
    struct memory memory = {x, sync_loader_source(&loader), first};
    preview_ids(ids);
    arena_reset(x->scratch);
    sync_batch *b = sync_batch_new(x->page, x->plans[side], &x->facts, ids);
    if (what->pages[side])
        sync_batch_page(b, what->pages[side]);
    else
        sync_batch_evaluate(b, what->evaluated);
    TRY(sync_finish(b, (struct sync_source){&memory, answer}));
    *out = sync_outcome(b);
    return NULL;
}

/* ---- what was decided, by the object that it is about ---- */

/* Objects that would be made have ids of their own in each outcome; what they are made of names them: the object that projected, or
 * the metaverse object and the system. Such keys are negative. */
#define MADE_CONNECTED (INT64_C(1) << 50)

struct side {
    const struct sync_outcome *outcome;
    struct int_map csos, mvos, pending, errors; /* by key: changes, items with an error */
    struct int_map origins;                     /* id of an MVO that would be made → CSO id */
    struct int_map made;                        /* id of a CSO that would be made → its key */
};
struct both_sides {
    struct examiner *x;
    struct side sides[SIDES];
    struct int_map known_csos, known_mvos;
    struct text_map made; /* "MVO key/system" → number */
};

static int64_t key_of_mvo(const struct side *s, int64_t id) {
    return preview_made(id) ? -(int64_t)(intptr_t)int_map_get(&s->origins, id) : id;
}

static int64_t key_of_new_cso(struct both_sides *k, struct side *s, const struct cso *o) {
    text name = arena_print(k->x->page, "%lld/%d", (long long)key_of_mvo(s, o->mvo), o->system);
    int64_t number = (int64_t)(intptr_t)text_map_get(&k->made, name);
    if (!number) {
        number = (int64_t)k->made.count + 1;
        text_map_put(&k->made, name, (void *)(intptr_t)number);
    }
    int_map_put(&s->made, o->id, (void *)(intptr_t)number);
    return -MADE_CONNECTED - number;
}

static int64_t key_of_cso(const struct side *s, int64_t id) {
    return preview_made(id) ? -MADE_CONNECTED - (int64_t)(intptr_t)int_map_get(&s->made, id) : id;
}

static void index_csos(struct both_sides *k, struct side *s) {
    const struct cso_changes *list = &s->outcome->csos;
    for (EACH(struct cso_change, c, list))
        if (c->before && c->after && c->after->join == JOIN_PROJECTED && preview_made(c->after->mvo))
            int_map_put(&s->origins, c->after->mvo, (void *)(intptr_t)c->after->id);
    for (EACH(struct cso_change, c, list)) int_map_put(&s->csos, c->before ? c->before->id : key_of_new_cso(k, s, c->after), c);
}

static int64_t mvo_key(const struct side *s, const struct mvo_change *m) {
    return key_of_mvo(s, (m->before ? m->before : m->after)->id);
}
static int64_t pending_key(const struct side *s, const struct pending_export_change *p) {
    return key_of_cso(s, (p->before ? p->before : p->after)->cso);
}
static bool has_failed(const struct run_item *item) { return item->error != ITEM_NO_ERROR && item->cso; }

static void index_side(struct both_sides *k, struct side *s) {
    const struct sync_outcome *o = s->outcome;
    struct int_map *maps[] = {&s->csos, &s->mvos, &s->pending, &s->errors, &s->origins, &s->made};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) int_map_init(maps[i], k->x->page, o->csos.count);
    index_csos(k, s);
    for (EACH(struct mvo_change, m, &o->mvos)) int_map_put(&s->mvos, mvo_key(s, m), m);
    for (EACH(struct pending_export_change, p, &o->pending)) int_map_put(&s->pending, pending_key(s, p), p);
    for (EACH(struct run_item, item, &o->items))
        if (has_failed(item)) int_map_put(&s->errors, key_of_cso(s, item->cso), item);
}

static void know_csos(struct both_sides *k, const struct csos *list) {
    for (EACH(struct cso, o, list)) {
        const struct cso *known = int_map_get(&k->known_csos, o->id);
        if (!known || !known->has_values) int_map_put(&k->known_csos, o->id, o);
    }
}
static void know_mvos(struct both_sides *k, const struct mvos *list) {
    for (EACH(struct mvo, o, list)) int_map_put(&k->known_mvos, o->id, o);
}

static void remember(struct both_sides *k, const struct examined *what, size_t first) {
    int_map_init(&k->known_csos, k->x->page, 256);
    int_map_init(&k->known_mvos, k->x->page, 256);
    text_map_init(&k->made, k->x->page, 64);
    if (what->pages[PRESENT]) know_csos(k, what->pages[PRESENT]);
    if (what->evaluated) know_mvos(k, what->evaluated);
    for (size_t i = first; i < k->x->told.count; i++) {
        const struct sync_facts *f = &k->x->told.at[i].facts;
        know_csos(k, &f->values);
        know_csos(k, &f->connectors);
        know_mvos(k, &f->mvos);
    }
}

/* ---- joins ---- */

enum place { PLACE_NONE, PLACE_FREE, PLACE_KEPT, PLACE_JOINED, PLACE_PROJECTED, PLACE_LEFT, PLACE_MADE };

static enum place place_of(const struct cso_change *c, const struct cso *stored) {
    if (!c) return !stored ? PLACE_NONE : stored->mvo ? PLACE_KEPT : PLACE_FREE;
    if (!c->before) return PLACE_MADE;
    if (!c->after || !c->after->mvo) return c->before->mvo ? PLACE_LEFT : PLACE_FREE;
    if (c->before->mvo == c->after->mvo) return PLACE_KEPT;
    return c->after->join == JOIN_PROJECTED ? PLACE_PROJECTED : PLACE_JOINED;
}

static enum outcome lost_transition(enum place now, bool ambiguous) {
    if (now == PLACE_MADE) return WOULD_STOP_PROVISIONING;
    if (ambiguous) return OUTCOME_NOT_SET; /* its error says so */
    if (now == PLACE_PROJECTED) return WOULD_STOP_PROJECTING;
    return now == PLACE_JOINED ? WOULD_DISCONNECT : OUTCOME_NOT_SET;
}

static enum outcome join_transition(enum place now, enum place then, bool same_target, bool ambiguous) {
    if (now == then) return now == PLACE_JOINED && !same_target ? WOULD_JOIN_DIFFERENT : OUTCOME_NOT_SET;
    switch (then) {
    case PLACE_MADE:
        return OUTCOME_PROVISIONED;
    case PLACE_PROJECTED:
        return now == PLACE_JOINED ? WOULD_PROJECT_INSTEAD : OUTCOME_PROJECTED;
    case PLACE_JOINED:
        return now == PLACE_PROJECTED ? WOULD_JOIN_INSTEAD : OUTCOME_JOINED;
    case PLACE_KEPT:
        return now == PLACE_LEFT ? WOULD_REMAIN_JOINED : OUTCOME_NOT_SET;
    case PLACE_LEFT:
        return WOULD_DISCONNECT;
    default:
        return lost_transition(now, ambiguous);
    }
}

static const struct mvo *mvo_of(const struct both_sides *k, const struct side *s, int64_t id) {
    const struct mvo_change *change = id ? int_map_get(&s->mvos, key_of_mvo(s, id)) : NULL;
    if (change) return change->after ? change->after : change->before;
    return id ? int_map_get(&k->known_mvos, id) : NULL;
}

static bool stages_delete(const struct side *s, int64_t key) {
    const struct pending_export_change *p = int_map_get(&s->pending, key);
    return p && p->after && p->after->change == EXPORT_DELETE;
}

/* One connected object on both sides. */
struct cso_pair {
    int64_t key;
    const struct cso_change *changes[SIDES];
    const struct cso *stored;
    enum place places[SIDES];
};

static int64_t joined_to(const struct cso_change *c) { return c && c->after ? c->after->mvo : 0; }

static struct cso_pair pair_of(const struct both_sides *k, int64_t key) {
    struct cso_pair p = {.key = key};
    for (int i = 0; i < SIDES; i++) {
        p.changes[i] = int_map_get(&k->sides[i].csos, key);
        if (p.changes[i] && p.changes[i]->before) p.stored = p.changes[i]->before;
    }
    for (int i = 0; i < SIDES; i++) p.places[i] = place_of(p.changes[i], p.stored);
    return p;
}

static bool same_target(const struct both_sides *k, const struct cso_pair *p) {
    return p->changes[PRESENT] && p->changes[PROPOSED] &&
           key_of_mvo(&k->sides[PRESENT], joined_to(p->changes[PRESENT])) ==
               key_of_mvo(&k->sides[PROPOSED], joined_to(p->changes[PROPOSED]));
}

static const struct cso *shown_cso(const struct both_sides *k, const struct cso_pair *p) {
    const struct cso *known = int_map_get(&k->known_csos, p->key);
    if (known || p->stored) return known ? known : p->stored;
    return p->changes[PROPOSED] ? p->changes[PROPOSED]->after : p->changes[PRESENT]->after;
}

/* The metaverse object that it would be joined to, is joined to, or would be joined to without the change. */
static const struct mvo *shown_mvo(const struct both_sides *k, const struct cso_pair *p) {
    if (joined_to(p->changes[PROPOSED])) return mvo_of(k, &k->sides[PROPOSED], joined_to(p->changes[PROPOSED]));
    int64_t id = p->stored ? p->stored->mvo : 0;
    return mvo_of(k, &k->sides[PRESENT], id ? id : joined_to(p->changes[PRESENT]));
}

static text target_name(struct both_sides *k, const struct cso_pair *p, int side) {
    int64_t id = joined_to(p->changes[side]);
    return id && !preview_made(id) ? preview_mvo_name(k->x, mvo_of(k, &k->sides[side], id), id) : (text){0};
}

/* What is staged about the account says more than that its join ends. */
static bool staged_instead(const struct both_sides *k, int64_t key, enum outcome transition) {
    bool now = stages_delete(&k->sides[PRESENT], key), then = stages_delete(&k->sides[PROPOSED], key);
    return (transition == WOULD_DISCONNECT && then && !now) || (transition == WOULD_REMAIN_JOINED && now);
}

static void compare_cso(struct both_sides *k, int64_t key) {
    struct cso_pair p = pair_of(k, key);
    const struct run_item *failed = int_map_get(&k->sides[PROPOSED].errors, key);
    bool ambiguous = failed && failed->error == ITEM_AMBIGUOUS_MATCH;
    enum outcome transition = join_transition(p.places[PRESENT], p.places[PROPOSED], same_target(k, &p), ambiguous);
    if (transition == OUTCOME_NOT_SET || staged_instead(k, key, transition)) return;
    const struct cso *o = shown_cso(k, &p);
    struct noted n = {.transition = transition, .system = o->system, .cso = o, .mvo = shown_mvo(k, &p)};
    if (p.places[PROPOSED] == PLACE_JOINED) n.new_value = target_name(k, &p, PROPOSED);
    if (p.places[PRESENT] == PLACE_JOINED) n.old_value = target_name(k, &p, PRESENT);
    examiner_note(k->x, &n);
}

/* ---- identities ---- */

static bool leaves(const struct both_sides *k, int64_t mvo) {
    for (EACH(const struct cso_change, c, &k->sides[PROPOSED].outcome->csos))
        if (c->before && c->before->mvo == mvo && (!c->after || c->after->mvo != mvo)) return true;
    return false;
}

static enum outcome flow_transition(const struct both_sides *k, const struct mvo *o, const struct values *after) {
    if (after && after->null_marker) return OUTCOME_ASSERTED_NULL;
    if (after && after->count) return OUTCOME_ATTRIBUTE_FLOW;
    return leaves(k, o->id) ? WOULD_WITHDRAW_VALUES : OUTCOME_NO_CONTRIBUTOR;
}

static bool same_values(const struct values *a, const struct values *b) {
    bool none_a = !a || !a->count, none_b = !b || !b->count;
    if ((a && a->null_marker) != (b && b->null_marker)) return false;
    return none_a || none_b ? none_a == none_b : values_same(a, b);
}

static void compare_attribute(struct both_sides *k, const struct mvo *now, const struct mvo *then, int32_t attribute) {
    const struct values *old = attributes_find(&now->values, attribute), *new = attributes_find(&then->values, attribute);
    const struct mv_attribute *m = config_mv_attribute(k->x->configs[PROPOSED], attribute);
    if (!m) m = config_mv_attribute(k->x->configs[PRESENT], attribute);
    if (same_values(old, new) || !m) return;
    examiner_note(k->x, &(struct noted){.transition = flow_transition(k, then, new),
                                        .system = preview_supplier(k->x, old, new),
                                        .mvo = now,
                                        .attribute = m->name,
                                        .old_value = preview_values_text(k->x, old),
                                        .new_value = preview_values_text(k->x, new)});
}

/* Both lists ascend by attribute. */
static void compare_values(struct both_sides *k, const struct mvo *now, const struct mvo *then) {
    size_t i = 0, n = 0;
    while (i < now->values.count || n < then->values.count) {
        int32_t a = i < now->values.count ? now->values.at[i].attribute : INT32_MAX;
        int32_t b = n < then->values.count ? then->values.at[n].attribute : INT32_MAX;
        compare_attribute(k, now, then, a < b ? a : b);
        i += a <= b;
        n += b <= a;
    }
}

static bool marks(const struct mvo_change *c) {
    return c && c->before && c->after && c->after->deletion.disconnected.ticks && !c->before->deletion.disconnected.ticks;
}
static bool unmarks(const struct mvo_change *c) {
    return c && c->before && c->after && !c->after->deletion.disconnected.ticks && c->before->deletion.disconnected.ticks;
}

static void compare_fate(struct both_sides *k, const struct mvo_change *now, const struct mvo_change *then, const struct mvo *o) {
    bool gone_now = now && !now->after, gone_then = then && !then->after;
    struct noted n = {.mvo = o};
    if (gone_then && !gone_now) {
        n.transition = OUTCOME_MVO_DELETED;
    } else if (marks(then) && !marks(now)) {
        const struct mv_type *type = config_mv_type(k->x->configs[PROPOSED], o->type);
        n.transition = OUTCOME_MVO_DELETION_SCHEDULED;
        n.new_value = preview_instant_text(k->x, sync_deletion_eligible(type, then->after));
    } else if ((gone_now && !gone_then) || (marks(now) && !marks(then)) || (unmarks(then) && !unmarks(now))) {
        n.transition = WOULD_CEASE_TO_BE_ELIGIBLE;
    }
    if (n.transition != OUTCOME_NOT_SET) examiner_note(k->x, &n);
}

static void compare_mvo(struct both_sides *k, int64_t key) {
    const struct mvo_change *now = int_map_get(&k->sides[PRESENT].mvos, key), *then = int_map_get(&k->sides[PROPOSED].mvos, key);
    const struct mvo *stored = now && now->before ? now->before : then ? then->before : NULL;
    const struct mvo *here = now ? now->after : stored, *there = then ? then->after : stored;
    if (stored) compare_fate(k, now, then, stored);
    if (here && there) compare_values(k, here, there);
}

/* ---- pending exports ---- */

static enum outcome staged_transition(const struct staged_text *now, const struct staged_text *then) {
    if (then->drift && !now->drift) return OUTCOME_DRIFT_CORRECTION;
    return now->drift && !then->changes ? WOULD_STOP_CORRECTING : OUTCOME_PENDING_EXPORT_CREATED;
}

static void compare_staged(struct both_sides *k, const struct noted *like, const struct pending_export *now,
                           const struct pending_export *then, int32_t attribute) {
    struct staged_text here = preview_staged_text(k->x, now, attribute), there = preview_staged_text(k->x, then, attribute);
    const struct cs_attribute *m = config_cs_attribute(k->x->configs[PROPOSED], attribute);
    if (!m || (here.changes == there.changes && here.hash == there.hash)) return;
    const struct values *held = like->cso && like->cso->has_values ? attributes_find(&like->cso->values, attribute) : NULL;
    text present = preview_values_text(k->x, held);
    struct noted n = *like;
    n.transition = staged_transition(&here, &there);
    n.attribute = m->name;
    n.old_value = here.changes ? here.shown : present;
    n.new_value = there.changes ? there.shown : present;
    examiner_note(k->x, &n);
}

static bool listed(const struct int32s *list, int32_t n) {
    for (EACH(const int32_t, i, list))
        if (*i == n) return true;
    return false;
}

static void compare_changes(struct both_sides *k, const struct noted *like, const struct pending_export *now,
                            const struct pending_export *then) {
    const struct pending_export *both[] = {now, then};
    struct int32s seen = {0};
    for (size_t i = 0; i < SIDES; i++)
        for (size_t n = 0; both[i] && n < both[i]->changes.count; n++) {
            int32_t attribute = both[i]->changes.at[n].attribute;
            if (listed(&seen, attribute)) continue;
            *LIST_ADD(k->x->page, &seen) = attribute;
            compare_staged(k, like, now, then, attribute);
        }
}

static enum outcome delete_transition(const struct both_sides *k, int64_t key, bool then) {
    if (then) return WOULD_STAGE_DELETE;
    struct cso_pair p = pair_of(k, key);
    return p.places[PROPOSED] == PLACE_LEFT ? WOULD_DISCONNECT : WOULD_REMAIN_JOINED;
}

static bool deletes(const struct pending_export *p) { return p && p->change == EXPORT_DELETE; }

static const struct pending_export *stored_pending(const struct pending_export_change *const changes[SIDES]) {
    const struct pending_export_change *any = changes[PRESENT] ? changes[PRESENT] : changes[PROPOSED];
    return any->before;
}

static struct noted about_pending(const struct both_sides *k, int64_t key, const struct pending_export *p, const struct side *s) {
    struct noted n = {.system = p->system, .cso = key > 0 ? int_map_get(&k->known_csos, key) : NULL};
    n.mvo = mvo_of(k, s, p->mvo || !n.cso ? p->mvo : n.cso->mvo);
    return n;
}

static void compare_pending(struct both_sides *k, int64_t key) {
    const struct pending_export_change *changes[SIDES];
    const struct pending_export *ends[SIDES];
    for (int i = 0; i < SIDES; i++) changes[i] = int_map_get(&k->sides[i].pending, key);
    if (key < 0 && (!changes[PRESENT] || !changes[PROPOSED])) return; /* of an account made on one side only: told with it */
    const struct pending_export *any = stored_pending(changes);
    for (int i = 0; i < SIDES; i++) ends[i] = changes[i] ? changes[i]->after : any;
    for (int i = 0; i < SIDES; i++)
        if (!any) any = ends[i];
    struct noted n = about_pending(k, key, any, &k->sides[changes[PROPOSED] ? PROPOSED : PRESENT]);
    if (deletes(ends[PRESENT]) != deletes(ends[PROPOSED])) {
        n.transition = delete_transition(k, key, deletes(ends[PROPOSED]));
        examiner_note(k->x, &n);
    } else if (!deletes(ends[PROPOSED])) {
        compare_changes(k, &n, ends[PRESENT], ends[PROPOSED]);
    }
}

/* ---- errors ---- */

static void compare_error(struct both_sides *k, const struct run_item *then) {
    int64_t key = key_of_cso(&k->sides[PROPOSED], then->cso);
    const struct run_item *now = int_map_get(&k->sides[PRESENT].errors, key);
    if (now && now->error == then->error) return;
    const struct cso *o = key > 0 ? int_map_get(&k->known_csos, key) : NULL;
    if (!o) return;
    bool ambiguous = then->error == ITEM_AMBIGUOUS_MATCH;
    examiner_note(k->x, &(struct noted){.transition = ambiguous ? WOULD_MATCH_AMBIGUOUSLY : WOULD_FAIL_FLOW,
                                        .system = o->system,
                                        .cso = o,
                                        .mvo = mvo_of(k, &k->sides[PROPOSED], o->mvo),
                                        .new_value = ambiguous ? (text){0} : enum_text(&item_error_names, then->error)});
}

/* ---- all of it ---- */

/* Every key of the one side, and those of the other that it lacks; outcomes are in the order of the batch. */
static bool is_first(const struct both_sides *k, const struct side *s, const struct int_map *of_present, int64_t key) {
    return s == &k->sides[PRESENT] || !int_map_get(of_present, key);
}

static void compare_side(struct both_sides *k, const struct side *s) {
    const struct side *p = &k->sides[PRESENT];
    for (EACH(const struct cso_change, c, &s->outcome->csos)) {
        int64_t key = key_of_cso(s, (c->before ? c->before : c->after)->id);
        if (is_first(k, s, &p->csos, key)) compare_cso(k, key);
    }
    for (EACH(const struct mvo_change, m, &s->outcome->mvos))
        if (is_first(k, s, &p->mvos, mvo_key(s, m))) compare_mvo(k, mvo_key(s, m));
    for (EACH(const struct pending_export_change, e, &s->outcome->pending))
        if (is_first(k, s, &p->pending, pending_key(s, e))) compare_pending(k, pending_key(s, e));
}

static void compare_all(struct both_sides *k) {
    for (int i = 0; i < SIDES; i++) compare_side(k, &k->sides[i]);
    for (EACH(const struct run_item, item, &k->sides[PROPOSED].outcome->items))
        if (has_failed(item)) compare_error(k, item);
}

FALLIBLE examiner_compare(struct examiner *x, const struct examined *what) {
    struct both_sides k = {.x = x};
    size_t first = x->told.count;
    for (int i = 0; i < SIDES; i++) TRY(decide(x, i, what, first, &k.sides[i].outcome));
    if (x->dry) preview_weigh(x, k.sides[PROPOSED].outcome);
    remember(&k, what, first);
    for (int i = 0; i < SIDES; i++) index_side(&k, &k.sides[i]);
    TRY(preview_load_names(x, k.sides[PRESENT].outcome, k.sides[PROPOSED].outcome, &k.known_mvos));
    compare_all(&k);
    return NULL;
}
