/* Temporal scope reconciliation (sync-engine §17): time moves objects over the boundaries of relative dates without any change of
 * data. It only flags; the next synchronisation acts. */
#include "runs/runs_private.h"
#include "sync/scope.h"

enum { PAGE = 1000, INTERVAL_SECONDS = 3600 };

struct lane {
    runs *owner;
    const struct config *config;
    const struct sync_rule *rule;
    instant after, now; /* after ticks 0: every object is looked at */
    arena *a;
    int64_t flagged;
};

/* Has time alone moved the object over the edge, or is this the first look? */
static bool may_have_flipped(struct lane *l, const struct attributes *values, bool *in_scope) {
    *in_scope = scope_holds(l->a, l->rule, values, l->now);
    return !l->after.ticks || scope_holds(l->a, l->rule, values, l->after) != *in_scope;
}

/* ---- import rules: connector-space objects ---- */

static FALLIBLE flag_objects(struct lane *l, store_tx *tx, const struct csos *page) {
    struct cso_changes changes = {0};
    for (EACH(struct cso, o, page)) {
        bool in_scope;
        if (o->type != l->rule->cs_type || o->status != CSO_NORMAL || o->scope_review) continue;
        if (!may_have_flipped(l, &o->values, &in_scope) || in_scope == (o->mvo != 0)) continue;
        struct cso *after = ARENA_NEW(l->a, struct cso);
        *after = *o;
        after->scope_review = true;
        *LIST_ADD(l->a, &changes) = (struct cso_change){.before = o, .after = after};
    }
    l->flagged += (int64_t)changes.count;
    return changes.count ? store_write_csos(tx, l->config, &changes) : NULL;
}

static FALLIBLE look_at_objects(struct lane *l, store_tx *tx, int64_t *after, bool *more) {
    struct csos page = {0};
    struct cso_page_query q = {.system = l->rule->system, .after = *after, .limit = PAGE, .values = true};
    TRY(store_cso_page(tx, l->a, l->config, &q, &page));
    *more = page.count > 0;
    if (*more) *after = page.at[page.count - 1].id;
    return flag_objects(l, tx, &page);
}

/* ---- export rules: metaverse objects ---- */

static FALLIBLE flag_mvos(struct lane *l, store_tx *tx, const struct mvos *page) {
    struct int64s ids = {0};
    struct csos connectors = {0};
    struct int_map in_system;
    struct mvo_changes changes = {0};
    for (EACH(struct mvo, o, page)) *LIST_ADD(l->a, &ids) = o->id;
    TRY(store_connectors(tx, l->a, l->config, ids.at, ids.count, false, &connectors));
    int_map_init(&in_system, l->a, connectors.count);
    for (EACH(struct cso, o, &connectors))
        if (o->system == l->rule->system) int_map_put(&in_system, o->mvo, o);
    for (EACH(struct mvo, o, page)) {
        bool in_scope;
        if (o->scope_review || !may_have_flipped(l, &o->values, &in_scope)) continue;
        if (in_scope == (int_map_get(&in_system, o->id) != NULL)) continue;
        struct mvo *after = ARENA_NEW(l->a, struct mvo);
        *after = *o;
        after->scope_review = true;
        *LIST_ADD(l->a, &changes) = (struct mvo_change){.before = o, .after = after};
    }
    l->flagged += (int64_t)changes.count;
    return changes.count ? store_write_mvos(tx, l->config, &changes) : NULL;
}

static FALLIBLE look_at_mvos(struct lane *l, store_tx *tx, int64_t *after, bool *more) {
    struct mvos page = {0};
    TRY(store_mvo_page(tx, l->a, l->config, MVO_ALL, l->rule->mv_type, *after, PAGE, &page));
    *more = page.count > 0;
    if (!*more) return NULL;
    *after = page.at[page.count - 1].id;
    return flag_mvos(l, tx, &page);
}

/* ---- the pass ---- */

static FALLIBLE one_page(struct lane *l, int64_t *after, bool *more) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(l->owner->store, STORE_BULK, &tx));
    arena_reset(l->a);
    TRY(l->rule->direction == DIRECTION_IMPORT ? look_at_objects(l, tx, after, more) : look_at_mvos(l, tx, after, more));
    return store_commit(tx);
}

static FALLIBLE reconcile_rule(struct lane *l) {
    int64_t after = 0;
    for (bool more = true; more && !atomic_load(&l->owner->stop);) {
        runs_sync_lock(l->owner); /* no page of a synchronisation may hold what is flagged here */
        error *e = one_page(l, &after, &more);
        runs_sync_unlock(l->owner);
        if (e) return e;
    }
    return NULL;
}

static void warn(arena *a, struct activity *activity, const struct sync_rule *rule, text why) {
    text before = activity->warning_message;
    activity->warning_message = arena_print(a, "%.*s%sThe rule '%.*s' was left out: %.*s", TEXT_ARG(before), before.len ? " " : "",
                                            TEXT_ARG(rule->name), TEXT_ARG(why));
}

static FALLIBLE reconcile(runs *r, const struct config *c, instant after, arena *a, struct activity *activity) {
    OWNED(arena) page = arena_new((size_t)1 << 30);
    for (EACH(struct sync_rule, rule, &c->rules)) {
        if (!rule->enabled || !scope_is_relative(rule)) continue;
        text problem = scope_problem(a, c, rule);
        if (!text_is_null(problem)) {
            warn(a, activity, rule, problem);
            continue;
        }
        struct lane l = {.owner = r, .config = c, .rule = rule, .after = after, .now = activity->executed, .a = page};
        TRY(reconcile_rule(&l));
        activity->processed += l.flagged;
    }
    return NULL;
}

static bool any_relative(const struct config *c) {
    for (EACH(struct sync_rule, rule, &c->rules))
        if (rule->enabled && scope_is_relative(rule)) return true;
    return false;
}

/* When the last one began that went well; ticks 0: never. */
static FALLIBLE last_pass(store *s, arena *a, instant *out) {
    OWNED(store_tx) tx = NULL;
    struct activities found = {0};
    int64_t total;
    struct activity_query q = {.targets = UINT64_C(1) << TARGET_TEMPORAL_SCOPE, .has_children = -1, .descending = true, .limit = 1};
    q.statuses = UINT64_C(1) << ACTIVITY_COMPLETE | UINT64_C(1) << ACTIVITY_COMPLETE_WITH_WARNING;
    TRY(store_read(s, &tx));
    TRY(store_activities(tx, a, &q, &found, &total));
    *out = found.count ? found.at[0].executed : (instant){0};
    return NULL;
}

static FALLIBLE save(store *s, struct activity *activity) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(s, STORE_API, &tx));
    TRY(store_save_activity(tx, activity));
    return store_commit(tx);
}

static FALLIBLE pass(runs *r, const struct config *c, arena *a, instant after, instant now) {
    struct activity activity = {.created = now,
                                .executed = now,
                                .status = ACTIVITY_IN_PROGRESS,
                                .target = TARGET_TEMPORAL_SCOPE,
                                .operation = OPERATION_EXECUTE,
                                .target_name = T("Temporal scope reconciliation"),
                                .initiator = {.type = BY_SYSTEM, .name = T("System")}};
    TRY(save(r->store, &activity));
    error *e = reconcile(r, c, after, a, &activity);
    char chain[1000];
    if (e) activity.error_message = arena_text(a, text_of(error_chain(e, chain, sizeof chain)));
    activity.message = arena_print(a, "%lld objects flagged", (long long)activity.processed);
    activity.ended = instant_now();
    activity.status = activity_final_status(&activity, false, e != NULL);
    error *unsaved = save(r->store, &activity);
    if (!e) return unsaved;
    error_free(unsaved);
    return e;
}

static void release(const struct config **c) { config_release(*c); }

FALLIBLE temporal_pass(runs *r, bool now_anyway) {
    OWNED(arena) a = arena_new(64 << 20);
    __attribute__((cleanup(release))) const struct config *config = NULL;
    instant last, now = instant_now();
    TRY(store_config(r->store, &config));
    if (!any_relative(config)) return NULL;
    TRY(last_pass(r->store, a, &last));
    if (last.ticks > now.ticks) last = (instant){0}; /* by a clock that was wrong */
    bool due = now.ticks - last.ticks >= INTERVAL_SECONDS * TICKS_PER_SECOND;
    return due || now_anyway ? pass(r, config, a, last, now) : NULL;
}
