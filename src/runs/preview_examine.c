/* Which objects a proposal can touch, page by page; only those are decided under both configurations. */
#include "runs/preview_private.h"

#include "connectors/host.h"
#include "runs/preview_values.h"
#include "sync/plan.h"
#include "sync/scope.h"

/* ---- what differs ---- */

static bool in_scope(struct examiner *x, int side, const struct attributes *values) {
    return x->decidable[side] && scope_holds(x->page, x->rules[side], values, x->facts.now);
}

/* Notes the object that enters or leaves the scope. */
static bool scope_differs(struct examiner *x, const struct cso *o, const struct mvo *m) {
    const struct attributes *values = o ? &o->values : &m->values;
    bool now = in_scope(x, PRESENT, values), then = in_scope(x, PROPOSED, values);
    if (now == then) return false;
    examiner_note(x, &(struct noted){.transition = then ? WOULD_FALL_IN_SCOPE : WOULD_FALL_OUT_OF_SCOPE,
                                     .system = x->rules[PROPOSED]->system,
                                     .mv_type = x->rules[PROPOSED]->mv_type,
                                     .cso = o,
                                     .mvo = m});
    return true;
}

/* ---- connected objects ---- */

static bool concerns_object(struct examiner *x, const struct cso *o) {
    switch (x->preview->surface) {
    case SURFACE_RULE_SCOPE:
        return scope_differs(x, o, NULL);
    case SURFACE_RULE_TOGGLES:
        return o->mvo && !in_scope(x, PROPOSED, &o->values);
    case SURFACE_MV_ATTRIBUTE:
        return o->mvo != 0;
    case SURFACE_MATCHING:
        return !o->mvo && o->status == CSO_NORMAL;
    case SURFACE_RULE_BEHAVIOUR:
        return x->rules[PRESENT]->direction == DIRECTION_EXPORT ? o->mvo != 0 : true;
    default:
        return in_scope(x, PROPOSED, &o->values);
    }
}

static FALLIBLE look_at_objects(struct examiner *x, const struct csos *page) {
    struct csos *chosen = ARENA_NEW(x->page, struct csos);
    for (EACH(const struct cso, o, page))
        if (concerns_object(x, o)) *LIST_ADD(x->page, chosen) = *o;
    return chosen->count ? examiner_compare(x, &(struct examined){.pages = {chosen, chosen}}) : NULL;
}

/* ---- the schema ---- */

static bool drops(const struct cs_attribute *now, const struct cs_type *then) {
    for (EACH(const struct cs_attribute, m, &then->attributes))
        if (m->id == now->id) return now->selected && !m->selected;
    return false;
}

/* The object as it will be when its system has been imported again. */
static bool without_dropped(struct examiner *x, const struct cs_type *now, const struct cs_type *then, const struct cso *o,
                            struct cso *out) {
    bool any = false;
    *out = *o;
    out->values = (struct attributes){0};
    for (EACH(const struct values, set, &o->values)) {
        const struct cs_attribute *m = config_cs_attribute(x->configs[PRESENT], set->attribute);
        if (!m || m->type_id != now->id || !drops(m, then)) {
            *LIST_ADD(x->page, &out->values) = *set;
            continue;
        }
        any = true;
        examiner_note(x, &(struct noted){.transition = WOULD_STOP_BEING_IMPORTED,
                                         .system = o->system,
                                         .cso = o,
                                         .attribute = m->name,
                                         .old_value = preview_values_text(x, set)});
    }
    return any;
}

/* Values of the object's identity that its system supplies: what happens to them when the object goes. */
static FALLIBLE note_contributions(struct examiner *x, const struct csos *page, bool withdraw) {
    struct int64s ids = {0};
    struct mvos found = {0};
    struct int_map mvos;
    for (EACH(const struct cso, o, page))
        if (o->mvo) *LIST_ADD(x->page, &ids) = o->mvo;
    if (!ids.count) return NULL;
    TRY(store_mvos(x->tx, x->page, x->configs[PRESENT], ids.at, ids.count, &found));
    int_map_init(&mvos, x->page, found.count);
    for (EACH(struct mvo, m, &found)) int_map_put(&mvos, m->id, m);
    for (EACH(const struct cso, o, page)) {
        const struct mvo *m = o->mvo ? int_map_get(&mvos, o->mvo) : NULL;
        bool supplies = false;
        for (size_t i = 0; m && !supplies && i < m->values.count; i++)
            supplies = m->values.at[i].mapping && plan_system_of_mapping(x->plans[PRESENT], m->values.at[i].mapping) == o->system;
        if (supplies)
            examiner_note(x, &(struct noted){.transition = withdraw ? WOULD_WITHDRAW_VALUES : WOULD_RETAIN_VALUES,
                                             .system = o->system,
                                             .cso = o,
                                             .mvo = m});
    }
    return NULL;
}

static FALLIBLE look_at_type(struct examiner *x, const struct cs_type *now, const struct csos *page) {
    const struct cs_type *then = config_cs_type(x->configs[PROPOSED], now->id);
    struct csos *here = ARENA_NEW(x->page, struct csos), *there = ARENA_NEW(x->page, struct csos);
    if (then->selected != now->selected) {
        for (EACH(const struct cso, o, page))
            examiner_note(x, &(struct noted){.transition = then->selected ? WOULD_RESUME_BEING_IMPORTED : WOULD_STOP_BEING_IMPORTED,
                                             .system = o->system,
                                             .cso = o});
        return NULL;
    }
    if (!now->selected) return NULL;
    bool policy = then->remove_contributed != now->remove_contributed;
    if (policy) TRY(note_contributions(x, page, then->remove_contributed));
    for (EACH(const struct cso, o, page)) {
        struct cso stripped;
        bool changed = o->status == CSO_NORMAL && without_dropped(x, now, then, o, &stripped);
        if (!changed && !(policy && o->status == CSO_OBSOLETE)) continue;
        *LIST_ADD(x->page, here) = *o;
        *LIST_ADD(x->page, there) = changed ? stripped : *o;
    }
    return here->count ? examiner_compare(x, &(struct examined){.pages = {here, there}}) : NULL;
}

/* ---- partitions and containers ---- */

/* What lies outside is not delivered any more: the next full import marks it obsolete. */
static FALLIBLE look_at_places(struct examiner *x, const struct csos *page) {
    struct csos *here = ARENA_NEW(x->page, struct csos), *there = ARENA_NEW(x->page, struct csos);
    for (EACH(const struct cso, o, page)) {
        const struct cs_type *type = config_cs_type(x->configs[PRESENT], o->type);
        text place = text_is_empty(o->secondary_external_id) ? o->external_id : o->secondary_external_id;
        if (o->status == CSO_PENDING_PROVISIONING || !type || !type->selected) continue;
        bool now = scope_allows(x->ops, &x->stated[PRESENT], place, NULL),
             then = scope_allows(x->ops, &x->stated[PROPOSED], place, NULL);
        if (now == then) continue;
        examiner_note(x, &(struct noted){.transition = then ? WOULD_RESUME_BEING_IMPORTED : WOULD_STOP_BEING_IMPORTED,
                                         .system = o->system,
                                         .cso = o});
        if (then || o->status != CSO_NORMAL) continue;
        *LIST_ADD(x->page, here) = *o;
        struct cso *gone = LIST_ADD(x->page, there);
        *gone = *o;
        gone->status = CSO_OBSOLETE;
        gone->updated = x->facts.now;
    }
    return here->count ? examiner_compare(x, &(struct examined){.pages = {here, there}}) : NULL;
}

static FALLIBLE look_at_system(struct examiner *x, const struct csos *page) {
    const struct connected_system *s = config_system(x->configs[PRESENT], x->preview->target);
    for (EACH(const struct cs_type, t, &s->types)) {
        struct csos *of_type = ARENA_NEW(x->page, struct csos);
        for (EACH(const struct cso, o, page))
            if (o->type == t->id) *LIST_ADD(x->page, of_type) = *o;
        if (of_type->count) TRY(look_at_type(x, t, of_type));
    }
    return NULL;
}

/* ---- pages ---- */

static FALLIBLE next_page(struct examiner *x, size_t count) {
    TRY(examiner_end_page(x));
    x->done += (int64_t)count;
    run_progress(x->r, x->done, x->total);
    return run_cancelled(x->r) ? FAIL(ERROR_CANCELLED, "The preview was stopped.") : NULL;
}

static FALLIBLE each_object(struct examiner *x, int32_t system, int32_t type,
                            error *(*look)(struct examiner *, const struct csos *)) {
    struct cso_page_query q = {.system = system, .limit = PREVIEW_PAGE, .values = true};
    x->facts.system = system;
    for (;;) {
        struct csos page = {0}, chosen = {0};
        TRY(store_cso_page(x->tx, x->page, x->configs[PRESENT], &q, &page));
        if (!page.count) return NULL;
        q.after = page.at[page.count - 1].id;
        for (EACH(const struct cso, o, &page))
            if (!type || o->type == type) *LIST_ADD(x->page, &chosen) = *o;
        if (chosen.count) TRY(look(x, &chosen));
        TRY(next_page(x, chosen.count));
    }
}

static FALLIBLE examine_places(struct examiner *x) {
    const struct connected_system *s = config_system(x->configs[PRESENT], x->preview->target);
    const struct connector_definition *d = connector_by_id(s->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of '%.*s' is not part of this program.", TEXT_ARG(s->name));
    x->ops = &d->ops;
    for (int i = 0; i < SIDES; i++) scope_stated(x->keep, config_system(x->configs[i], s->id), 0, &x->stated[i]);
    return each_object(x, s->id, 0, look_at_places);
}

/* ---- identities ---- */

static bool concerns_identity(struct examiner *x, const struct mvo *m, const struct cso *account) {
    const struct sync_rule *now = x->rules[PRESENT], *then = x->rules[PROPOSED];
    switch (x->preview->surface) {
    case SURFACE_RULE_SCOPE:
        return scope_differs(x, NULL, m);
    case SURFACE_RULE_TOGGLES:
        if (!account || now->deprovision == then->deprovision) return false;
        if (!in_scope(x, PROPOSED, &m->values)) return true;
        examiner_note(x, &(struct noted){.transition = WOULD_CHANGE_DEPROVISION,
                                         .system = account->system,
                                         .cso = account,
                                         .mvo = m,
                                         .old_value = enum_text(&deprovision_action_names, now->deprovision),
                                         .new_value = enum_text(&deprovision_action_names, then->deprovision)});
        return false;
    case SURFACE_RULE_FLOW:
        return in_scope(x, PROPOSED, &m->values);
    default:
        return true;
    }
}

/* Synchronisations of their sources evaluate joined identities only. */
static FALLIBLE look_at_identities(struct examiner *x, const struct mvos *page) {
    struct mvos *chosen = ARENA_NEW(x->page, struct mvos);
    struct csos heads = {0};
    struct int64s ids = {0};
    for (EACH(const struct mvo, m, page)) *LIST_ADD(x->page, &ids) = m->id;
    TRY(store_connectors(x->tx, x->page, x->configs[PRESENT], ids.at, ids.count, false, &heads));
    const struct cso *at = heads.at, *end = heads.at + heads.count; /* in the order of the identities */
    for (EACH(const struct mvo, m, page)) {
        const struct cso *account = NULL, *first = at;
        for (; at < end && at->mvo == m->id; at++)
            if (at->system == x->rules[PROPOSED]->system) account = at;
        if (at > first && concerns_identity(x, m, account)) *LIST_ADD(x->page, chosen) = *m;
    }
    return chosen->count ? examiner_compare(x, &(struct examined){.evaluated = chosen}) : NULL;
}

static FALLIBLE look_at_marked(struct examiner *x, const struct mvos *page) {
    const struct mv_type *now = config_mv_type(x->configs[PRESENT], x->preview->target);
    const struct mv_type *then = config_mv_type(x->configs[PROPOSED], x->preview->target);
    for (EACH(const struct mvo, m, page)) {
        bool pending_now = sync_is_pending_deletion(now, m), pending_then = sync_is_pending_deletion(then, m);
        instant at_now = sync_deletion_eligible(now, m), at_then = sync_deletion_eligible(then, m);
        if (!at_now.ticks) at_now = m->deletion.disconnected;
        if (!at_then.ticks) at_then = m->deletion.disconnected;
        struct noted n = {.mvo = m};
        if (pending_now) n.old_value = preview_instant_text(x, at_now);
        if (pending_then) n.new_value = preview_instant_text(x, at_then);
        if (pending_now != pending_then)
            n.transition = pending_then ? WOULD_BECOME_ELIGIBLE : WOULD_CEASE_TO_BE_ELIGIBLE;
        else if (pending_then && at_now.ticks != at_then.ticks)
            n.transition = WOULD_CHANGE_ELIGIBLE_DATE;
        if (n.transition != OUTCOME_NOT_SET) examiner_note(x, &n);
    }
    return NULL;
}

static FALLIBLE each_identity(struct examiner *x, enum mvo_page_kind kind, int32_t type,
                              error *(*look)(struct examiner *, const struct mvos *)) {
    int64_t after = 0;
    x->facts.system = 0;
    for (;;) {
        struct mvos page = {0};
        TRY(store_mvo_page(x->tx, x->page, x->configs[PRESENT], kind, type, after, PREVIEW_PAGE, &page));
        if (!page.count) return NULL;
        after = page.at[page.count - 1].id;
        TRY(look(x, &page));
        TRY(next_page(x, page.count));
    }
}

/* ---- priorities ---- */

static bool contributes(const struct sync_rule *r, int32_t attribute) {
    for (EACH(const struct mapping, m, &r->mappings))
        if (r->direction == DIRECTION_IMPORT && r->enabled && m->enabled && m->mv_target == attribute) return true;
    return false;
}

static bool ranks_otherwise(const struct sync_rule *r, const struct config *after, int32_t attribute) {
    for (EACH(const struct mapping, m, &r->mappings)) {
        const struct mapping *then = m->mv_target == attribute ? config_mapping(after, m->id) : NULL;
        if (then && (then->priority != m->priority || then->null_is_value != m->null_is_value)) return true;
    }
    return false;
}

/* The metaverse type whose contributors are put in another order; 0: none. */
static int32_t reordered_type(const struct config *before, const struct config *after, int32_t attribute) {
    for (EACH(const struct sync_rule, r, &before->rules))
        if (ranks_otherwise(r, after, attribute)) return r->mv_type;
    return 0;
}

static bool is_first_of_its_type(const struct config *c, const struct sync_rule *rule, int32_t attribute) {
    for (const struct sync_rule *r = c->rules.at; r < rule; r++)
        if (r->cs_type == rule->cs_type && r->mv_type == rule->mv_type && contributes(r, attribute)) return false;
    return true;
}

/* Whoever ranks better now takes the attribute when its own system is synchronised. */
static FALLIBLE each_contributor(const struct config *before, const struct config *after, int32_t attribute, void *state,
                                 error *(*visit)(void *state, const struct sync_rule *r)) {
    int32_t type = reordered_type(before, after, attribute);
    for (EACH(const struct sync_rule, r, &before->rules))
        if (r->mv_type == type && contributes(r, attribute) && is_first_of_its_type(before, r, attribute)) TRY(visit(state, r));
    return NULL;
}

static error *examine_contributor(void *state, const struct sync_rule *r) {
    return each_object(state, r->system, r->cs_type, look_at_objects);
}

/* ---- survivors ---- */

static bool rivals(const struct sync_rule *r, const struct sync_rule *of) {
    if (r->mv_type != of->mv_type || r->cs_type == of->cs_type) return false;
    for (EACH(const struct mapping, m, &of->mappings))
        if (m->enabled && contributes(r, m->mv_target)) return true;
    return false;
}

static bool rivals_first(const struct config *c, const struct sync_rule *rule, const struct sync_rule *of) {
    for (const struct sync_rule *r = c->rules.at; r < rule; r++)
        if (r->cs_type == rule->cs_type && rivals(r, of)) return false;
    return rivals(rule, of);
}

/* A disabled import rule is taken over from where the others' objects are synchronised: visits a rule of each of their types. */
static FALLIBLE each_survivor(const struct config *before, const struct config *after, int32_t rule, void *state,
                              error *(*visit)(void *state, const struct sync_rule *r)) {
    const struct sync_rule *now = config_rule(before, rule);
    if (now->direction != DIRECTION_IMPORT || !now->enabled || config_rule(after, rule)->enabled) return NULL;
    for (EACH(const struct sync_rule, r, &before->rules))
        if (rivals_first(before, r, now)) TRY(visit(state, r));
    return NULL;
}

/* ---- runs ---- */

static FALLIBLE look_at_run(struct examiner *x, const struct csos *page) {
    struct csos *chosen = ARENA_NEW(x->page, struct csos);
    for (EACH(const struct cso, o, page))
        if (sync_takes_up(&x->facts, o)) *LIST_ADD(x->page, chosen) = *o;
    return chosen->count ? examiner_compare(x, &(struct examined){.pages = {chosen, chosen}}) : NULL;
}

static FALLIBLE examine_synchronisation(struct examiner *x, const struct run_profile *profile) {
    struct system_state state;
    TRY(store_system_state(x->tx, x->keep, profile->system, &state));
    sync_facts_of(&x->facts, x->configs[PRESENT], profile->type == RUN_FULL_SYNCHRONISATION, &state);
    x->facts.configuration_changed = x->facts.full && x->facts.configuration_changed;
    x->dry = true;
    return each_object(x, profile->system, 0, look_at_run);
}

static bool told_before(const struct pending_export *p, size_t change) {
    for (size_t i = 0; i < change; i++)
        if (p->changes.at[i].attribute == p->changes.at[change].attribute) return true;
    return false;
}

static void note_export(struct examiner *x, const struct pending_export *p, const struct cso *o, const struct mvo *m) {
    struct noted n = {.transition = OUTCOME_EXPORTED, .system = p->system, .cso = o, .mvo = m};
    if (p->change == EXPORT_DELETE) {
        n.transition = OUTCOME_DEPROVISIONED;
        examiner_note(x, &n);
        return;
    }
    if (p->change == EXPORT_CREATE) n.transition = OUTCOME_PROVISIONED;
    for (size_t i = 0; i < p->changes.count && i < PREVIEW_CAP; i++) {
        const struct cs_attribute *a = config_cs_attribute(x->configs[PRESENT], p->changes.at[i].attribute);
        if (!a || told_before(p, i)) continue;
        n.attribute = a->name;
        n.old_value = o ? preview_values_text(x, attributes_find(&o->values, a->id)) : (text){0};
        n.new_value = preview_staged_text(x, p, a->id).shown;
        examiner_note(x, &n);
    }
}

/* What the next run would send; the target may refuse it. */
static FALLIBLE look_at_exports(struct examiner *x, const struct pending_exports *page) {
    struct csos objects = {0};
    struct mvos identities = {0};
    struct int64s ids = {0}, mvos = {0};
    struct int_map by_id, mvo_by_id;
    for (EACH(const struct pending_export, p, page)) {
        *LIST_ADD(x->page, &ids) = p->cso;
        if (p->mvo) *LIST_ADD(x->page, &mvos) = p->mvo;
    }
    TRY(store_csos_brief(x->tx, x->page, x->configs[PRESENT], ids.at, ids.count, &objects));
    if (mvos.count) TRY(store_mvos(x->tx, x->page, x->configs[PRESENT], mvos.at, mvos.count, &identities));
    int_map_init(&by_id, x->page, objects.count);
    int_map_init(&mvo_by_id, x->page, identities.count);
    for (EACH(struct cso, o, &objects)) int_map_put(&by_id, o->id, o);
    for (EACH(struct mvo, m, &identities)) int_map_put(&mvo_by_id, m->id, m);
    TRY(preview_load_export_names(x, page, &mvo_by_id));
    for (EACH(const struct pending_export, p, page))
        note_export(x, p, int_map_get(&by_id, p->cso), p->mvo ? int_map_get(&mvo_by_id, p->mvo) : NULL);
    return NULL;
}

static FALLIBLE examine_export(struct examiner *x, int32_t system) {
    struct pending_page_query q = {.system = system, .due = x->facts.now, .limit = PREVIEW_PAGE};
    for (;;) {
        struct pending_exports page = {0};
        TRY(store_pending_page(x->tx, x->page, x->configs[PRESENT], &q, &page));
        if (!page.count) return NULL;
        q.after_created = page.at[page.count - 1].created;
        q.after_id = page.at[page.count - 1].id;
        TRY(look_at_exports(x, &page));
        TRY(next_page(x, page.count));
    }
}

static FALLIBLE examine_run(struct examiner *x) {
    const struct run_profile *profile = config_run_profile(x->configs[PRESENT], x->preview->target);
    if (profile->type == RUN_EXPORT) return examine_export(x, profile->system);
    return examine_synchronisation(x, profile);
}

/* ---- surfaces ---- */

static bool of_rule(enum preview_surface s) {
    return s == SURFACE_RULE_TOGGLES || s == SURFACE_RULE_SCOPE || s == SURFACE_RULE_FLOW || s == SURFACE_RULE_BEHAVIOUR;
}

/* A rule that is disabled and stays so is as if absent. */
static bool without_effect(const struct config *before, const struct config *after, const struct change_preview *p) {
    return of_rule(p->surface) && !config_rule(before, p->target)->enabled && !config_rule(after, p->target)->enabled;
}

/* Drift is judged where the objects of the target are synchronised; what evaluation tells of the same objects comes with it. */
static bool judges_drift(const struct examiner *x) {
    const struct sync_rule *now = x->rules[PRESENT], *then = x->rules[PROPOSED];
    return x->preview->surface == SURFACE_RULE_BEHAVIOUR && now->enforce_state != then->enforce_state;
}

static FALLIBLE examine_rule(struct examiner *x) {
    const struct sync_rule *now = x->rules[PRESENT], *then = x->rules[PROPOSED];
    bool evaluates = now->enabled != then->enabled || now->provision != then->provision || !judges_drift(x);
    /* Where everything is evaluated anyway, a correction is nothing of its own: what counts is every other synchronisation. */
    x->facts.full = x->facts.configuration_changed = evaluates;
    if (now->direction == DIRECTION_IMPORT || !evaluates) {
        TRY(each_object(x, now->system, now->cs_type, look_at_objects));
        return each_survivor(x->configs[PRESENT], x->configs[PROPOSED], now->id, x, examine_contributor);
    }
    return each_identity(x, MVO_ALL, now->mv_type, look_at_identities);
}

FALLIBLE preview_examine(struct examiner *x) {
    const struct change_preview *p = x->preview;
    if (without_effect(x->configs[PRESENT], x->configs[PROPOSED], p)) return NULL;
    switch (p->surface) {
    case SURFACE_MV_TYPE:
        return each_identity(x, MVO_MARKED, p->target, look_at_marked);
    case SURFACE_MATCHING:
        return each_object(x, p->target, 0, look_at_objects);
    case SURFACE_MV_ATTRIBUTE:
        return each_contributor(x->configs[PRESENT], x->configs[PROPOSED], p->target, x, examine_contributor);
    case SURFACE_RUN:
        return examine_run(x);
    case SURFACE_SYSTEM:
        return examine_places(x);
    case SURFACE_SCHEMA:
        return each_object(x, p->target, 0, look_at_system);
    case SURFACE_RULE_TOGGLES:
    case SURFACE_RULE_SCOPE:
    case SURFACE_RULE_FLOW:
    case SURFACE_RULE_BEHAVIOUR:
        return examine_rule(x);
    default:
        return FAIL(ERROR_UNSUPPORTED, "Changes of this kind cannot be previewed.");
    }
}

/* ---- the estimate ---- */

static FALLIBLE count_objects(store_tx *tx, const struct config *c, int32_t system, int32_t type, int64_t *count) {
    struct csos none = {0};
    struct object_query q = {.system = system, .type = type, .status = -1, .join = -1};
    OWNED(arena) a = arena_new(1 << 20);
    return store_list_csos(tx, a, c, &q, &none, count);
}

static int64_t rows_an_object(const struct config *before, const struct config *after, const struct change_preview *p) {
    if (p->surface != SURFACE_RULE_FLOW) return 1;
    size_t now = config_rule(before, p->target)->mappings.count, then = config_rule(after, p->target)->mappings.count;
    return (int64_t)(now > then ? now : then);
}

static FALLIBLE count_of_run(store_tx *tx, const struct config *c, int32_t profile, int64_t *count) {
    const struct run_profile *run = config_run_profile(c, profile);
    struct system_counts counts;
    TRY(store_system_counts(tx, run->system, &counts));
    *count = run->type == RUN_EXPORT ? counts.pending_exports : counts.objects;
    return NULL;
}

struct counting {
    store_tx *tx;
    const struct config *config;
    int64_t sum;
};
static error *count_contributor(void *state, const struct sync_rule *r) {
    struct counting *k = state;
    int64_t count = 0;
    TRY(count_objects(k->tx, k->config, r->system, r->cs_type, &count));
    k->sum += count;
    return NULL;
}

static FALLIBLE count_marked(store_tx *tx, const struct config *c, int32_t type, int64_t *count) {
    struct marked_counts marked;
    if (config_mv_type(c, type)->deletion_rule == DELETE_MANUAL) return store_count_mvos(tx, type, count);
    TRY(store_marked_counts(tx, type, instant_now(), &marked));
    *count = marked.total;
    return NULL;
}

static FALLIBLE count_of(store_tx *tx, const struct config *before, const struct config *after, const struct change_preview *p,
                         int64_t *count) {
    const struct sync_rule *rule = of_rule(p->surface) ? config_rule(before, p->target) : NULL;
    struct counting k = {tx, before, 0};
    if (rule && rule->direction == DIRECTION_EXPORT) return store_count_mvos(tx, rule->mv_type, count);
    if (rule) {
        TRY(each_survivor(before, after, rule->id, &k, count_contributor));
        TRY(count_objects(tx, before, rule->system, rule->cs_type, count));
        *count += k.sum;
        return NULL;
    }
    switch (p->surface) {
    case SURFACE_RUN:
        return count_of_run(tx, before, p->target, count);
    case SURFACE_MV_TYPE:
        return count_marked(tx, before, p->target, count);
    case SURFACE_MV_ATTRIBUTE:
        TRY(each_contributor(before, after, p->target, &k, count_contributor));
        *count = k.sum;
        return NULL;
    default:
        return count_objects(tx, before, p->target, 0, count);
    }
}

FALLIBLE preview_estimate(store_tx *tx, const struct config *before, const struct config *after, struct change_preview *p) {
    p->estimated_objects = p->estimated_rows = 0;
    if (without_effect(before, after, p)) return NULL;
    TRY(count_of(tx, before, after, p, &p->estimated_objects));
    p->estimated_rows = p->estimated_objects * rows_an_object(before, after, p);
    return NULL;
}
