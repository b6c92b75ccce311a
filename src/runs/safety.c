/* Judges what a run would do, and writes down what is held (operations §23). */
#include "runs/safety.h"

#include "base/log.h"
#include "base/metrics.h"
#include "model/ids.h"

#include <stdio.h>

enum { ERRORS_FROM = 100 };

static struct metric holds_made = {
    .name = "joinery_safety_holds_total", .help = "Runs held by a limit of safety.", .kind = METRIC_COUNTER};
static struct metric halves_reached = {
    .name = "joinery_safety_warnings_total", .help = "Runs that reached half of a limit of safety.", .kind = METRIC_COUNTER};

/* ---- deciding ---- */

static int64_t service_limit(const struct config *c, enum safety_limit limit) {
    char key[64];
    int64_t n;
    int len = snprintf(key, sizeof key, "Safety.%s", enum_name(&safety_limit_names, limit));
    return text_to_int64(config_setting(c, (text){key, (size_t)len}), &n) && n >= 0 ? n : safety_default(limit);
}

struct safety_policy safety_policy_of(const struct config *c, const struct connected_system *s) {
    struct safety_policy p;
    for (unsigned i = 0; i < SAFETY_LIMIT_COUNT; i++)
        p.limit[i] = s && s->safety.set[i] ? s->safety.limit[i] : service_limit(c, (enum safety_limit)i);
    return p;
}

struct guard_limits safety_limits(const struct safety_policy *p, enum hold_guard guard) {
    static const enum safety_limit percents[] = {
        [GUARD_IMPORT_DELETIONS] = LIMIT_IMPORT_DELETE_PERCENT, [GUARD_DISCONNECTS] = LIMIT_DISCONNECT_PERCENT,
        [GUARD_EXPORT_DELETES] = LIMIT_EXPORT_DELETE_PERCENT,   [GUARD_EXPORT_CREATES] = LIMIT_EXPORT_CREATE_PERCENT,
        [GUARD_EXPORT_UPDATES] = LIMIT_EXPORT_UPDATE_PERCENT,   [GUARD_METAVERSE_DELETIONS] = LIMIT_METAVERSE_DELETE_PERCENT};
    return (struct guard_limits){p->limit[percents[guard]], p->limit[percents[guard] + 1]};
}

enum safety_verdict safety_judge(const struct safety_policy *p, enum hold_guard guard, int64_t measured, int64_t population) {
    struct guard_limits at = safety_limits(p, guard);
    bool percent = at.percent != SAFETY_OFF && population >= p->limit[LIMIT_MINIMUM_POPULATION];
    bool number = at.count != SAFETY_OFF;
    if (measured <= 0) return SAFETY_FINE;
    if (percent && measured * 100 > at.percent * population) return SAFETY_EXCEEDED;
    if (number && measured > at.count) return SAFETY_EXCEEDED;
    bool half = (percent && measured * 200 >= at.percent * population) || (number && measured * 2 >= at.count);
    return half ? SAFETY_HALF : SAFETY_FINE;
}

bool safety_too_many_errors(const struct safety_policy *p, int64_t errors, int64_t objects) {
    int64_t percent = p->limit[LIMIT_ERROR_PERCENT];
    return percent != SAFETY_OFF && objects >= ERRORS_FROM && errors * 100 > percent * objects;
}

/* ---- in a run ---- */

static void keep(struct run *r, struct int_map *map, int32_t type, int64_t count) {
    int64_t *kept = ARENA_NEW(r->a, int64_t);
    *kept = count;
    int_map_put(map, type, kept);
}

FALLIBLE safety_begin(struct run *r, store_tx *tx) {
    int64_t count;
    struct safety *s = ARENA_NEW(r->a, struct safety);
    metric_register(&holds_made);
    metric_register(&halves_reached);
    s->policy = safety_policy_of(r->config, r->system);
    int_map_init(&s->csos, r->a, 16);
    int_map_init(&s->mvos, r->a, r->config->mv_types.count);
    for (EACH(const struct connected_system, system, &r->config->systems)) {
        for (EACH(const struct cs_type, t, &system->types)) {
            TRY(store_count_csos(tx, t->id, &count));
            keep(r, &s->csos, t->id, count);
        }
    }
    for (EACH(const struct mv_type, t, &r->config->mv_types)) {
        TRY(store_count_mvos(tx, t->id, &count));
        keep(r, &s->mvos, t->id, count);
    }
    r->safety = s;
    return NULL;
}

int64_t safety_population(const struct int_map *of, int32_t type) {
    const int64_t *count = int_map_get(of, type);
    return count ? *count : 0;
}

FALLIBLE safety_error_rate(const struct safety_policy *p, int64_t errors, int64_t objects) {
    return FAIL(
        ERROR_INVALID,
        "%lld of %lld objects have errors, more than %lld per cent (Safety.ErrorPercent), so the run ends here; what was done "
        "stays.",
        (long long)errors, (long long)objects, (long long)p->limit[LIMIT_ERROR_PERCENT]);
}

FALLIBLE safety_errors(const struct run *r, int64_t objects) {
    int64_t errors = r->activity.counters.objects_with_error;
    if (!r->safety || !safety_too_many_errors(&r->safety->policy, errors, objects)) return NULL;
    return safety_error_rate(&r->safety->policy, errors, objects);
}

static const char *words_of(enum hold_guard guard) {
    static const char *const words[] = {[GUARD_IMPORT_DELETIONS] = "would be taken for deleted",
                                        [GUARD_DISCONNECTS] = "would be disconnected or deprovisioned",
                                        [GUARD_EXPORT_DELETES] = "would be deleted by the export",
                                        [GUARD_EXPORT_CREATES] = "would be created by the export",
                                        [GUARD_EXPORT_UPDATES] = "would be changed by the export",
                                        [GUARD_METAVERSE_DELETIONS] = "would be deleted from the metaverse within 24 hours"};
    return words[guard];
}

static text measure(arena *a, enum hold_guard guard, text type, int64_t measured, int64_t population) {
    text of = text_is_null(type) ? T("") : arena_print(a, " of type '%.*s'", TEXT_ARG(type));
    return arena_print(a, "%lld of %lld objects%.*s %s", (long long)measured, (long long)population, TEXT_ARG(of), words_of(guard));
}

void safety_half(struct run *r, enum hold_guard guard, text type, int64_t measured, int64_t population) {
    text said = measure(r->a, guard, type, measured, population);
    metric_add(&halves_reached, 1);
    log_line(LOG_WARNING, "half of a limit of safety is reached", "%s: %.*s", enum_name(&hold_guard_names, guard), TEXT_ARG(said));
    r->last_words = arena_print(r->a, "%.*s%sHalf of the limit of %s is reached: %.*s.", TEXT_ARG(r->last_words),
                                r->last_words.len ? " " : "", enum_name(&hold_guard_names, guard), TEXT_ARG(said));
}

/* ---- holds ---- */

FALLIBLE hold_begin(struct run *r, store_tx *tx, const struct safety_policy *p, struct hold *h) {
    struct guard_limits limits = safety_limits(p, h->guard);
    h->system = r->system ? r->system->id : 0;
    h->system_name = r->system ? r->system->name : (text){0};
    h->activity = r->activity.id;
    h->limit_percent = limits.percent;
    h->limit_count = limits.count;
    h->created = instant_now();
    h->status = HOLD_HELD;
    h->complete = false;
    return store_save_hold(tx, h);
}

FALLIBLE hold_add(store_tx *tx, struct hold *h, struct held_objects *objects) {
    for (EACH(struct held_object, o, objects)) {
        o->hold = h->id;
        o->place = ++h->objects;
    }
    return store_add_held(tx, objects);
}

static text limits_text(arena *a, const struct hold *h) {
    text all = T("");
    if (h->limit_percent != SAFETY_OFF) all = arena_print(a, "%lld per cent", (long long)h->limit_percent);
    if (h->limit_count != SAFETY_OFF)
        all = arena_print(a, "%.*s%s%lld objects", TEXT_ARG(all), all.len ? " or " : "", (long long)h->limit_count);
    return all;
}

text hold_words(arena *a, const struct hold *h) {
    text said = measure(a, h->guard, h->type_name, h->measured, h->population);
    return arena_print(a, "%s: %.*s, more than %.*s allow", enum_name(&hold_guard_names, h->guard), TEXT_ARG(said),
                       TEXT_ARG(limits_text(a, h)));
}

static void tell(struct run *r, const struct hold *h) {
    text said = hold_words(r->a, h);
    char id[37] = {0};
    uuid_write(id_to_uuid(ID_HOLD, h->id), id);
    metric_add(&holds_made, 1);
    log_line(LOG_WARNING, "a run is held", "hold %s, %.*s", id, TEXT_ARG(said));
    run_warn(r, "Held by %.*s. Review, release or discard hold %s.", TEXT_ARG(said), id);
    r->last_words = arena_print(r->a, "%.*s%sHeld; see hold %s.", TEXT_ARG(r->last_words), r->last_words.len ? " " : "", id);
}

FALLIBLE hold_complete(struct run *r, struct hold *h) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(r->store, STORE_API, &tx));
    h->complete = true;
    TRY(store_supersede_holds(tx, h, -1, instant_now()));
    TRY(store_save_hold(tx, h));
    TRY(store_commit(tx));
    tell(r, h);
    return NULL;
}

FALLIBLE safety_forget(runs *r) {
    const struct config *c;
    timespan keep = {.ticks = 90 * TICKS_PER_DAY}, set;
    enum { ROWS = 10000 };
    TRY(store_config(runs_store(r), &c));
    if (timespan_read(config_setting(c, T("History.RetentionPeriod")), &set) && set.ticks > 0) keep = set;
    config_release(c);
    for (int64_t removed = ROWS; removed >= ROWS;) {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(runs_store(r), STORE_BULK, &tx));
        TRY(store_forget_holds(tx, (instant){instant_now().ticks - keep.ticks}, ROWS, &removed));
        TRY(store_forget_safety_counts(tx, GUARD_METAVERSE_DELETIONS, 0, (instant){instant_now().ticks - 2 * TICKS_PER_DAY}));
        TRY(store_commit(tx));
    }
    return NULL;
}
