/* The world's runs, and short texts of what stands there after them. */
#include "model/document.h"
#include "world_private.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Runs ---- */

error *world_request(struct world *w, const char *system, enum run_type type, const char *initiator, bool force,
                     struct run_ticket *out) {
    const struct run_profile *p = world_profile(w, system, type);
    struct run_request q = {.system = p->system,
                            .profile = p->id,
                            .initiator = {.type = BY_USER, .id = text_of(initiator), .name = text_of(initiator)},
                            .force = force};
    return runs_execute(w->runs, w->a, &q, out);
}

struct worker_tasks world_tasks(struct world *w) {
    OWNED(store_tx) tx = NULL;
    struct worker_tasks tasks = {0};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_tasks(tx, w->a, 0, 1000, &tasks, &total));
    return tasks;
}

struct activities world_activities(struct world *w) {
    OWNED(store_tx) tx = NULL;
    struct activities list = {0};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_activities(tx, w->a, &(struct activity_query){.parent = -1, .has_children = -1, .limit = 1000}, &list, &total));
    return list;
}

static bool has_ended(struct world *w, int64_t id) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED(store_tx) tx = NULL;
    struct activity now;
    bool found;
    OK(store_read(w->s, &tx));
    OK(store_activity(tx, a, id, &now, &found));
    return found && now.status != ACTIVITY_IN_PROGRESS;
}

void world_await(struct world *w, int64_t id) {
    for (int i = 0; i < 60000; i++) {
        if (has_ended(w, id)) return;
        usleep(1000);
    }
    fail_msg("activity %lld does not end", (long long)id);
}

void world_load_run(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    bool found;
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_activity(tx, w->a, id, &w->run, &found));
    assert_true(found);
    w->items = (struct run_items){0};
    OK(store_items(tx, w->a, &(struct item_query){.activity = id, .limit = 100000}, &w->items, &total));
    assert_int_equal(total, w->run.counters.items);
    for (EACH(const struct run_item, item, &w->items)) assert_true(item->error == ITEM_NO_ERROR || item->error_message.len > 0);
}

enum activity_status world_run(struct world *w, const char *system, enum run_type type) {
    struct run_ticket ticket;
    usleep(1000); /* so that times of different runs differ */
    OK(world_request(w, system, type, "Ada", false, &ticket));
    w->task = ticket.task;
    world_await(w, ticket.activity);
    world_load_run(w, ticket.activity);
    return w->run.status;
}

/* ---- Objects ---- */

struct csos world_csos(struct world *w, const char *system) {
    OWNED(store_tx) tx = NULL;
    struct csos list = {0};
    OK(store_read(w->s, &tx));
    struct cso_page_query q = {.system = world_system(w, system)->id, .limit = 100000, .values = true};
    OK(store_cso_page(tx, w->a, w->c, &q, &list));
    return list;
}

struct cso *world_cso(struct world *w, const char *system, const char *key) {
    struct csos list = world_csos(w, system);
    for (EACH(struct cso, o, &list))
        if (text_equal(o->external_id, text_of(key)) || text_equal(o->secondary_external_id, text_of(key))) return o;
    return NULL;
}

struct mvo *world_mvo_of(struct world *w, const struct cso *o) {
    OWNED(store_tx) tx = NULL;
    struct mvos list = {0};
    if (!o || !o->mvo) return NULL;
    OK(store_read(w->s, &tx));
    OK(store_mvos(tx, w->a, w->c, &o->mvo, 1, &list));
    return list.count ? list.at : NULL;
}

size_t world_mvo_count(struct world *w) {
    OWNED(store_tx) tx = NULL;
    int64_t count;
    OK(store_read(w->s, &tx));
    OK(store_count_mvos(tx, 0, &count));
    return (size_t)count;
}

struct cso *world_connector(struct world *w, const char *hr_key, const char *system) {
    const struct cso *hr = world_cso(w, "HR", hr_key);
    OWNED(store_tx) tx = NULL;
    struct csos list = {0};
    if (!hr || !hr->mvo) return NULL;
    OK(store_read(w->s, &tx));
    OK(store_connectors(tx, w->a, w->c, &hr->mvo, 1, true, &list));
    for (EACH(struct cso, o, &list))
        if (o->system == world_system(w, system)->id) return o;
    return NULL;
}

struct pending_export *world_pe(struct world *w, const struct cso *o) {
    OWNED(store_tx) tx = NULL;
    struct pending_exports list = {0};
    if (!o) return NULL;
    OK(store_read(w->s, &tx));
    OK(store_pending_by_cso(tx, w->a, w->c, &o->id, 1, &list));
    assert_true(list.count < 2); /* invariant 24 */
    return list.count ? list.at : NULL;
}

void world_write_pe(struct world *w, struct pending_export *before, struct pending_export *after) {
    store_tx *tx = world_begin(w);
    if (after && !after->id) OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &after->id));
    struct pending_export_change change = {before, after};
    OK(store_write_pending(tx, w->c, &(struct pending_export_changes){&change, 1, 1}));
    world_commit(w, tx);
}

void world_write_cso(struct world *w, const struct cso *before, const struct cso *after) {
    store_tx *tx = world_begin(w);
    struct cso_change change = {before, after, true};
    OK(store_write_csos(tx, w->c, &(struct cso_changes){&change, 1, 1}));
    world_commit(w, tx);
}

const char *world_persisted(struct world *w, const char *system) {
    OWNED(store_tx) tx = NULL;
    struct system_state state = {0};
    OK(store_read(w->s, &tx));
    OK(store_system_state(tx, w->a, world_system(w, system)->id, &state));
    return text_is_null(state.persisted) ? "" : arena_cstring(w->a, state.persisted);
}

/* ---- Texts ---- */

static text joined(struct world *w, text so_far, const char *between, text more) {
    return arena_print(w->a, "%.*s%s%.*s", TEXT_ARG(so_far), so_far.len ? between : "", TEXT_ARG(more));
}

static const char *values_text(struct world *w, const struct values *set) {
    if (!set || !set->count) return "-";
    text all = T("");
    for (EACH(const struct value, v, set)) {
        text one = value_text(w->a, v);
        if (v->type == TYPE_REFERENCE && v->reference.target)
            one = text_is_null(v->reference.raw) ? arena_print(w->a, "#%lld", (long long)v->reference.target)
                                                 : arena_print(w->a, ">%.*s", TEXT_ARG(v->reference.raw));
        all = joined(w, all, "|", one);
    }
    return all.at;
}

const char *world_cs(struct world *w, const struct cso *o, const char *attribute) {
    assert_non_null(o);
    const struct cs_attribute *at = config_cs_attribute_named(config_cs_type(w->c, o->type), text_of(attribute));
    assert_non_null(at);
    return values_text(w, attributes_find(&o->values, at->id));
}

const char *world_mv(struct world *w, const struct mvo *o, const char *attribute) {
    assert_non_null(o);
    const struct mv_attribute *at = config_mv_attribute_named(w->c, text_of(attribute));
    assert_non_null(at);
    return values_text(w, attributes_find(&o->values, at->id));
}

static int by_text(const void *x, const void *y) { return text_compare(*(const text *)x, *(const text *)y); }

static const char *sorted(struct world *w, struct texts *list, const char *between) {
    text all = T("");
    if (list->count) qsort(list->at, list->count, sizeof *list->at, by_text);
    for (EACH(const text, t, list)) all = joined(w, all, between, *t);
    return all.at;
}

static text change_text(struct world *w, const struct staged_change *k) {
    static const char *const signs[] = {"?", "+=", ":=", "-=", "~"};
    const struct cs_attribute *at = config_cs_attribute(w->c, k->attribute);
    text value = T("");
    if (k->reference_mvo && text_is_null(k->value.reference.raw))
        value = T("#");
    else if (k->has_value)
        value = value_text(w->a, &k->value);
    text all = arena_print(w->a, "%.*s%s%.*s", TEXT_ARG(at->name), signs[k->change], TEXT_ARG(value));
    if (k->status == CHANGE_PENDING && !k->attempts) return all;
    return arena_print(w->a, "%.*s(%s %d)", TEXT_ARG(all), enum_name(&attribute_change_status_names, k->status), k->attempts);
}

const char *world_pe_text(struct world *w, const struct cso *o) {
    const struct pending_export *p = world_pe(w, o);
    struct texts changes = {0};
    if (!p) return "none";
    for (EACH(const struct staged_change, k, &p->changes)) *LIST_ADD(w->a, &changes) = change_text(w, k);
    const char *list = sorted(w, &changes, " ");
    return arena_print(w->a, "%s %s%s%s", enum_name(&export_change_names, p->change), enum_name(&export_status_names, p->status),
                       *list ? " " : "", list)
        .at;
}

static text tree_text(struct world *w, const struct outcome_node *node) {
    text all = T("");
    for (; node; node = node->next) {
        text one = text_of(enum_name(&outcome_names, node->type));
        if (node->count >= 0) one = arena_print(w->a, "%.*s=%d", TEXT_ARG(one), node->count);
        text children = tree_text(w, node->children);
        if (children.len) one = arena_print(w->a, "%.*s(%.*s)", TEXT_ARG(one), TEXT_ARG(children));
        all = joined(w, all, ",", one);
    }
    return all;
}

const char *world_told(struct world *w) {
    struct texts lines = {0};
    for (EACH(const struct run_item, item, &w->items)) {
        text line = arena_print(w->a, "%.*s %s", TEXT_ARG(item->external_id), enum_name(&object_change_names, item->change));
        if (item->error) line = arena_print(w->a, "%.*s!%s", TEXT_ARG(line), enum_name(&item_error_names, item->error));
        if (item->outcomes) line = joined(w, line, ": ", tree_text(w, item->outcomes));
        *LIST_ADD(w->a, &lines) = line;
    }
    return sorted(w, &lines, "\n");
}

const char *world_phases(struct world *w) {
    text all = T("");
    for (EACH(const struct activity_phase, p, &w->run.phases))
        all = joined(w, all, " ", arena_print(w->a, "%.*s=%s", TEXT_ARG(p->key), enum_name(&phase_status_names, p->status)));
    return all.at;
}

void world_plant(struct world *w, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    char *said = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK) fail_msg("%s: %s", sql, said);
    sqlite3_close(db);
}
