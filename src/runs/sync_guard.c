/* The guards over what a synchronisation disconnects and deletes: counted before each page is written; from the page on that would
 * exceed a limit the rest of the run is only listed (operations §23). */
#include "runs/sync.h"

struct guard_count *guard_count_of(arena *a, struct guard_counts *list, int32_t type) {
    for (EACH(struct guard_count, k, list))
        if (k->type == type) return k;
    struct guard_count *k = LIST_ADD(a, list);
    k->type = type;
    return k;
}

static struct guard_count *count_of(struct sync_job *j, struct guard_counts *list, int32_t type) {
    return guard_count_of(j->keep, list, type);
}

FALLIBLE sync_guard_begin(struct sync_job *j, store_tx *tx) {
    struct safety_counts before = {0};
    if (!j->r->safety) return NULL;
    j->guard.on = j->guard.counts = true;
    TRY(store_safety_counts(tx, j->keep, GUARD_DISCONNECTS, j->facts.system, (instant){0}, &before));
    for (EACH(const struct safety_count, k, &before)) count_of(j, &j->guard.disconnects, k->type)->done = k->objects;
    before = (struct safety_counts){0};
    instant yesterday = {instant_now().ticks - TICKS_PER_DAY};
    TRY(store_safety_counts(tx, j->keep, GUARD_METAVERSE_DELETIONS, 0, yesterday, &before));
    for (EACH(const struct safety_count, k, &before)) count_of(j, &j->guard.deletions, k->type)->done = k->objects;
    return NULL;
}

/* ---- judging ---- */

struct judged {
    enum hold_guard guard;
    int32_t type;
    text name;
    int64_t population;
    struct safety_policy policy; /* an object type is limited by its own system, also when another one's run changes it */
};

static struct judged judged_of(const struct sync_job *j, enum hold_guard guard, int32_t type) {
    const struct run *r = j->r;
    struct judged k = {.guard = guard, .type = type, .policy = r->safety->policy};
    if (guard == GUARD_METAVERSE_DELETIONS) {
        const struct mv_type *t = config_mv_type(r->config, type);
        k.name = t ? t->name : (text){0};
        k.population = safety_population(&r->safety->mvos, type);
        return k;
    }
    const struct cs_type *t = config_cs_type(r->config, type);
    k.name = t ? t->name : (text){0};
    k.population = safety_population(&r->safety->csos, type);
    if (t && t->system != j->facts.system) k.policy = safety_policy_of(r->config, config_system(r->config, t->system));
    return k;
}

static bool exceeds(struct sync_job *j, enum hold_guard guard, struct guard_counts *list, const struct sync_type_counts *more) {
    for (EACH(const struct sync_type_count, k, more)) {
        struct judged of = judged_of(j, guard, k->type);
        int64_t total = count_of(j, list, k->type)->done + k->count;
        if (safety_judge(&of.policy, guard, total, of.population) != SAFETY_EXCEEDED) continue;
        j->guard.hold = (struct hold){.guard = guard, .object_type = k->type, .type_name = of.name, .population = of.population};
        return true;
    }
    return false;
}

bool sync_guard_stops(struct sync_job *j, const struct sync_outcome *o) {
    struct sync_guard *g = &j->guard;
    if (g->listing || !g->on) return g->listing;
    bool over = exceeds(j, GUARD_DISCONNECTS, &g->disconnects, &o->disconnects) ||
                exceeds(j, GUARD_METAVERSE_DELETIONS, &g->deletions, &o->deletions);
    if (over) g->listing = g->again = true;
    return over;
}

/* ---- counting ---- */

static FALLIBLE keep_counts(store_tx *tx, const struct sync_job *j, enum hold_guard guard, int32_t system,
                            const struct sync_type_counts *more) {
    for (EACH(const struct sync_type_count, k, more)) {
        struct safety_count row = {guard, system, k->type, j->facts.now, k->count};
        TRY(store_add_safety_count(tx, &row));
    }
    return NULL;
}

FALLIBLE sync_guard_count(struct sync_job *j, store_tx *tx, const struct sync_outcome *o) {
    if (!j->guard.counts) return NULL;
    if (j->facts.system) TRY(keep_counts(tx, j, GUARD_DISCONNECTS, j->facts.system, &o->disconnects));
    return keep_counts(tx, j, GUARD_METAVERSE_DELETIONS, 0, &o->deletions);
}

static void take(struct sync_job *j, enum hold_guard guard, struct guard_counts *list, const struct sync_type_counts *more) {
    for (EACH(const struct sync_type_count, k, more)) {
        struct guard_count *n = count_of(j, list, k->type);
        n->done += k->count;
        if (n->half) continue;
        struct judged of = judged_of(j, guard, k->type);
        n->half = safety_judge(&of.policy, guard, n->done, of.population) == SAFETY_HALF;
        if (n->half) safety_half(j->r, guard, of.name, n->done, of.population);
    }
}

void sync_guard_counted(struct sync_job *j, const struct sync_outcome *o) {
    if (!j->guard.on) return;
    take(j, GUARD_DISCONNECTS, &j->guard.disconnects, &o->disconnects);
    take(j, GUARD_METAVERSE_DELETIONS, &j->guard.deletions, &o->deletions);
}

/* ---- listing ---- */

bool sync_guard_lists(const struct run_item *item) {
    return item->change != OBJECT_NOT_SET && item->change != OBJECT_NO_CHANGE && !sync_guard_follows(item);
}

bool sync_guard_follows(const struct run_item *item) { return item->change == OBJECT_PENDING_EXPORT && item->cause_count; }

/* The identity that deletes itself, or that takes references with it. */
static int64_t identity_of(const struct run_item *item) {
    if (sync_guard_follows(item)) return item->causes[0].mvo;
    const struct outcome_node *root = item->cso ? NULL : item->outcomes;
    return root && root->target_is_mvo ? root->target : 0;
}

static void list_items(struct sync_job *j, const struct sync_outcome *o, bool following, struct held_objects *out) {
    for (EACH(const struct run_item, item, &o->items)) {
        if (following ? !sync_guard_follows(item) : !sync_guard_lists(item)) continue;
        *LIST_ADD(j->page, out) = (struct held_object){.cso = item->cso,
                                                       .mvo = identity_of(item),
                                                       .pending_export = item->pending_export,
                                                       .change = item->change,
                                                       .external_id = item->external_id,
                                                       .display_name = item->display_name,
                                                       .object_type = item->object_type,
                                                       .outcomes = item->outcomes};
    }
}

static bool is_deleted_there(const struct sync_outcome *o, int64_t cso) {
    for (EACH(const struct pending_export_change, p, &o->pending))
        if (p->after && p->after->cso == cso && p->after->change == EXPORT_DELETE) return true;
    return false;
}

/* Objects of other systems that would be let go: no item tells of them. */
static void list_released(struct sync_job *j, const struct sync_outcome *o, struct held_objects *out) {
    for (EACH(const struct cso_change, k, &o->csos)) {
        if (!j->facts.system) return;
        if (!k->before || !k->before->mvo || k->before->system == j->facts.system) continue;
        if ((k->after && k->after->mvo == k->before->mvo) || is_deleted_there(o, k->before->id)) continue;
        const struct cs_type *type = config_cs_type(j->r->config, k->before->type);
        *LIST_ADD(j->page, out) = (struct held_object){.cso = k->before->id,
                                                       .mvo = k->before->mvo,
                                                       .change = OBJECT_DISCONNECTED,
                                                       .external_id = k->before->external_id,
                                                       .display_name = cso_display_name(j->page, j->r->config, k->before),
                                                       .object_type = type ? type->name : (text){0}};
    }
}

/* The roots of several items as one list. */
static struct outcome_node *all_outcomes(const struct run_items *items) {
    struct outcome_node *first = NULL, **end = &first;
    for (EACH(const struct run_item, item, items)) {
        *end = item->outcomes;
        while (*end) end = &(*end)->next;
    }
    return first;
}

/* An identity whose scope would be reviewed stands in the list itself. */
static FALLIBLE list_reviewed(struct sync_job *j, store_tx *tx, const struct sync_work *w, const struct sync_outcome *o,
                              struct held_objects *out) {
    struct mvos found = {0};
    if (!o->items.count && !o->disconnects.count) return NULL;
    TRY(store_mvos(tx, j->page, j->r->config, w->ids, w->count, &found));
    for (EACH(const struct mvo, m, &found)) {
        const struct mv_type *type = config_mv_type(j->r->config, m->type);
        *LIST_ADD(j->page, out) = (struct held_object){.mvo = m->id,
                                                       .change = OBJECT_PENDING_EXPORT,
                                                       .display_name = mvo_display_name(j->page, j->r->config, m),
                                                       .object_type = type ? type->name : (text){0},
                                                       .outcomes = all_outcomes(&o->items)};
    }
    return NULL;
}

/* Takes out of the list those that stand in the hold already, with what they lose now added to what they lost before. */
static struct held_objects take_known(struct sync_job *j, struct held_objects *list) {
    struct held_objects known = {0}, rest = {0};
    for (EACH(struct held_object, o, list)) {
        struct sync_follower *f = int_map_get(&j->guard.followers, o->cso);
        if (!f || !o->outcomes) {
            *LIST_ADD(j->page, &rest) = *o;
            continue;
        }
        o->hold = j->guard.hold.id;
        o->place = f->place;
        o->outcomes->count = f->changes += o->outcomes->count;
        *LIST_ADD(j->page, &known) = *o;
    }
    *list = rest;
    return known;
}

static FALLIBLE list_followers(struct sync_job *j, store_tx *tx, const struct sync_outcome *o) {
    struct held_objects list = {0};
    if (!j->guard.followers.slots) int_map_init(&j->guard.followers, j->keep, 64);
    list_items(j, o, true, &list);
    struct held_objects known = take_known(j, &list);
    if (known.count) TRY(store_retell_held(tx, &known));
    TRY(hold_add(tx, &j->guard.hold, &list));
    for (EACH(const struct held_object, new, &list)) {
        struct sync_follower *f = ARENA_NEW(j->keep, struct sync_follower);
        *f = (struct sync_follower){new->place, new->outcomes ? new->outcomes->count : 0};
        int_map_put(&j->guard.followers, new->cso, f);
    }
    return NULL;
}

static void add_would(struct sync_job *j, struct guard_counts *list, const struct sync_type_counts *more) {
    for (EACH(const struct sync_type_count, k, more)) count_of(j, list, k->type)->would += k->count;
}

FALLIBLE sync_guard_list(struct sync_job *j, store_tx *tx, const struct sync_work *w, const struct sync_outcome *o) {
    struct sync_guard *g = &j->guard;
    struct held_objects list = {0};
    if (g->again) {
        j->facts.tracking = TRACK_DETAILED;
        g->review = w->review;
        return NULL;
    }
    if (!g->hold.id) {
        struct judged of = judged_of(j, g->hold.guard, g->hold.object_type);
        g->hold.review = g->review;
        TRY(hold_begin(j->r, tx, &of.policy, &g->hold));
    }
    if (w->review) {
        TRY(list_reviewed(j, tx, w, o, &list));
    } else {
        list_items(j, o, false, &list);
        list_released(j, o, &list);
    }
    TRY(hold_add(tx, &g->hold, &list));
    if (!w->review) TRY(list_followers(j, tx, o));
    TRY(store_group_commit(tx));
    add_would(j, &g->disconnects, &o->disconnects);
    add_would(j, &g->deletions, &o->deletions);
    return NULL;
}

FALLIBLE sync_guard_end(struct sync_job *j) {
    struct sync_guard *g = &j->guard;
    if (!g->listing || run_cancelled(j->r)) return NULL;
    bool disconnects = g->hold.guard == GUARD_DISCONNECTS;
    const struct guard_count *k = count_of(j, disconnects ? &g->disconnects : &g->deletions, g->hold.object_type);
    g->hold.measured = k->done + k->would;
    return hold_complete(j->r, &g->hold);
}

FALLIBLE sync_guard_passed(struct sync_job *j, store_tx *tx) {
    struct hold of = {.guard = GUARD_DISCONNECTS, .system = j->facts.system, .object_type = -1};
    TRY(store_forget_safety_counts(tx, GUARD_DISCONNECTS, j->facts.system, instant_now()));
    TRY(store_supersede_holds(tx, &of, -1, instant_now()));
    of.guard = GUARD_METAVERSE_DELETIONS;
    return store_supersede_holds(tx, &of, -1, instant_now());
}
