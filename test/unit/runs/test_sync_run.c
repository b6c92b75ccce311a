/* The synchronisation run over a real store: a joiner, a mover, a leaver, references across pages, exports staged, deletions due.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "runs/run.h"
#include "store/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    arena *a;
    store *s;
    runs *r;
    int32_t hr, ad, person, account, user, group_size;
    int32_t hr_id, hr_name, hr_manager, ad_id, ad_dn, ad_manager, mv_number, mv_name, mv_manager;
    struct activity last;
};

static void must(error *e) {
    char said[2000];
    if (e) fail_msg("%s", error_chain(e, said, sizeof said));
}

static store_tx *write_tx(struct fixture *f) {
    store_tx *tx;
    must(store_write(f->s, STORE_API, &tx));
    return tx;
}

static void commit(store_tx *tx) {
    must(store_commit(tx));
    store_end(tx);
}

static int32_t mv_attribute(struct fixture *f, store_tx *tx, const char *name, enum data_type type) {
    struct mv_attribute at = {.name = text_of(name), .type = type, .indexed = true, .object_types = {&f->user, 1, 1}};
    must(store_save_mv_attribute(tx, &at));
    return at.id;
}

static int32_t rule(struct fixture *f, store_tx *tx, const char *name, bool import) {
    struct sync_rule r = {.system = import ? f->hr : f->ad,
                          .cs_type = import ? f->person : f->account,
                          .mv_type = f->user,
                          .name = text_of(name),
                          .direction = import ? DIRECTION_IMPORT : DIRECTION_EXPORT,
                          .project = import,
                          .provision = !import,
                          .enabled = true,
                          .enforce_state = true,
                          .deprovision = DEPROVISION_DELETE};
    must(store_save_rule(tx, &r));
    return r.id;
}

static void map(store_tx *tx, int32_t in_rule, int32_t cs_source, int32_t mv_target, int32_t mv_source, int32_t cs_target,
                const char *expression) {
    struct mapping_source s = {.cs_attribute = cs_source, .mv_attribute = mv_source, .expression = text_of(expression)};
    struct mapping m = {.rule = in_rule,
                        .mv_target = mv_target,
                        .cs_target = cs_target,
                        .source_type = expression ? MAPPING_EXPRESSION : MAPPING_ATTRIBUTE,
                        .priority = INT32_MAX,
                        .enabled = true,
                        .processing = 1,
                        .sources = {&s, 1, 1}};
    must(store_save_mapping(tx, &m));
}

static void add_system(struct fixture *f, store_tx *tx, const char *name, int32_t *system, int32_t *type, int32_t *id,
                       int32_t *second, int32_t *manager, bool secondary) {
    struct connected_system s = {.name = text_of(name), .definition = 1};
    must(store_save_system(tx, &s));
    struct cs_type t = {.system = s.id, .name = T("person"), .selected = true, .remove_contributed = true};
    *LIST_ADD(f->a, &t.attributes) =
        (struct cs_attribute){.name = T("id"), .type = TYPE_TEXT, .selected = true, .external_id = true};
    *LIST_ADD(f->a, &t.attributes) =
        (struct cs_attribute){.name = T("cn"), .type = TYPE_TEXT, .selected = true, .secondary_external_id = secondary};
    *LIST_ADD(f->a, &t.attributes) = (struct cs_attribute){.name = T("manager"), .type = TYPE_REFERENCE, .selected = true};
    must(store_save_cs_type(tx, &t));
    *system = s.id;
    *type = t.id;
    *id = t.attributes.at[0].id;
    *second = t.attributes.at[1].id;
    *manager = t.attributes.at[2].id;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    char url[200];
    f->a = arena_new((size_t)1 << 30);
    strcpy(f->folder, "/tmp/joinery-sync-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(url, sizeof url, "sqlite:%s/test.db", f->folder);
    must(store_open(&(struct store_options){.url = text_of(url), .slow_ms = -1, .create = true}, &f->s));
    must(runs_start(&(struct runs_options){.store = f->s}, &f->r));
    store_tx *tx = write_tx(f);
    struct mv_type user = {.name = T("Test user"), .plural = T("Test users"), .deletion_rule = DELETE_WHEN_AUTHORITATIVE_SOURCE};
    must(store_save_mv_type(tx, &user));
    f->user = user.id;
    f->mv_number = mv_attribute(f, tx, "Test number", TYPE_TEXT);
    f->mv_name = mv_attribute(f, tx, "Test name", TYPE_TEXT);
    f->mv_manager = mv_attribute(f, tx, "Test manager", TYPE_REFERENCE);
    add_system(f, tx, "HR", &f->hr, &f->person, &f->hr_id, &f->hr_name, &f->hr_manager, false);
    add_system(f, tx, "AD", &f->ad, &f->account, &f->ad_id, &f->ad_dn, &f->ad_manager, true);
    user.trigger_systems = (struct int32s){&f->hr, 1, 1};
    must(store_save_mv_type(tx, &user));
    int32_t in = rule(f, tx, "in", true), out = rule(f, tx, "out", false);
    map(tx, in, f->hr_id, f->mv_number, 0, 0, NULL);
    map(tx, in, f->hr_name, f->mv_name, 0, 0, NULL);
    map(tx, in, f->hr_manager, f->mv_manager, 0, 0, NULL);
    map(tx, out, 0, 0, 0, f->ad_dn, "\"CN=\" + mv[\"Test name\"]");
    map(tx, out, 0, 0, f->mv_manager, f->ad_manager, NULL);
    struct matching_rule match = {
        .cs_type = f->person, .mv_type = f->user, .mv_attribute = f->mv_number, .cs_attribute = f->hr_id, .case_sensitive = true};
    must(store_save_matching_rule(tx, &match));
    must(store_save_setting(tx, T("Sync.PageSize"), T("2")));
    commit(tx);
    *state = f;
    return 0;
}

/* Every test ends with the store's own check of documents, index rows and invariants. */
static int tear_down(void **state) {
    struct fixture *f = *state;
    struct texts findings = {0};
    must(store_check(f->s, f->a, NULL, NULL, &findings));
    for (EACH(text, t, &findings)) print_error("%.*s\n", TEXT_ARG(*t));
    assert_int_equal(findings.count, 0);
    runs_stop(f->r, 0);
    store_close(f->s);
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    int gone = system(command);
    arena_free(f->a);
    free(f);
    return gone;
}

static const struct config *config_of(struct fixture *f) {
    const struct config *c;
    must(store_config(f->s, &c));
    return c;
}

static struct cso *find(struct fixture *f, int32_t system, const char *key, bool secondary) {
    const struct config *c = config_of(f);
    struct cso_key_query q = {.system = system, .secondary = secondary, .value = text_of(key)};
    struct cso_key_hits hits = {0};
    struct csos *found = ARENA_NEW(f->a, struct csos);
    store_tx *tx;
    must(store_read(f->s, &tx));
    must(store_find_keys(tx, f->a, &q, 1, &hits));
    if (hits.count) must(store_csos(tx, f->a, c, &hits.at[0].cso, 1, true, found));
    store_end(tx);
    config_release(c);
    return found->count ? &found->at[0] : NULL;
}

static struct mvo *mvo(struct fixture *f, int64_t id) {
    const struct config *c = config_of(f);
    struct mvos *found = ARENA_NEW(f->a, struct mvos);
    store_tx *tx;
    must(store_read(f->s, &tx));
    must(store_mvos(tx, f->a, c, &id, 1, found));
    store_end(tx);
    config_release(c);
    return found->count ? &found->at[0] : NULL;
}

static struct pending_export *pending(struct fixture *f, const struct cso *o) {
    const struct config *c = config_of(f);
    struct pending_exports *found = ARENA_NEW(f->a, struct pending_exports);
    store_tx *tx;
    must(store_read(f->s, &tx));
    must(store_pending_by_cso(tx, f->a, c, &o->id, 1, found));
    store_end(tx);
    config_release(c);
    return found->count ? &found->at[0] : NULL;
}

/* What an import leaves: a new or changed row; no name: obsolete. */
static void row(struct fixture *f, const char *key, const char *name, const char *manager) {
    const struct config *c = config_of(f);
    const struct cso *before = find(f, f->hr, key, false);
    struct cso after = {.system = f->hr, .type = f->person, .external_id = text_of(key), .has_values = true};
    if (before) after = *before;
    after.values = (struct attributes){0};
    after.status = name ? CSO_NORMAL : CSO_OBSOLETE;
    values_add(f->a, attributes_ensure(f->a, &after.values, f->hr_id), (struct value){.type = TYPE_TEXT, .text = text_of(key)});
    if (name)
        values_add(f->a, attributes_ensure(f->a, &after.values, f->hr_name),
                   (struct value){.type = TYPE_TEXT, .text = text_of(name)});
    if (manager) {
        struct value v = {.type = TYPE_REFERENCE, .reference = {.raw = text_of(manager)}};
        values_add(f->a, attributes_ensure(f->a, &after.values, f->hr_manager), v);
    }
    if (before)
        after.updated = instant_now();
    else
        after.created = instant_now();
    if (!before) must(store_ids(f->s, IDS_CSO, 1, &after.id));
    struct cso_change change = {.before = before, .after = &after, .values_changed = true};
    store_tx *tx = write_tx(f);
    must(store_write_csos(tx, c, &(struct cso_changes){&change, 1, 1}));
    commit(tx);
    config_release(c);
}

static void run(struct fixture *f, enum run_type type) {
    const struct config *c = config_of(f);
    atomic_bool stop = false;
    struct run r = {.runs = f->r, .store = f->s, .config = c, .system = config_system(c, f->hr), .a = f->a, .stop = &stop};
    r.started = instant_now();
    r.tracking = TRACK_DETAILED;
    r.activity = (struct activity){.created = r.started, .run_type = type, .target = TARGET_RUN_PROFILE};
    store_tx *tx = write_tx(f);
    must(store_save_activity(tx, &r.activity));
    commit(tx);
    must(sync_run(&r));
    f->last = r.activity;
    config_release(c);
    usleep(1000);
}

static const char *mv_text(struct fixture *f, const struct mvo *m, int32_t attribute) {
    const struct value *v = m ? attributes_first(&m->values, attribute) : NULL;
    return v ? arena_cstring(f->a, value_text(f->a, v)) : "";
}

static void joiner_mover_leaver(void **state) {
    struct fixture *f = *state;
    row(f, "1", "Ann", "3"); /* her manager comes on the second page */
    row(f, "2", "Bea", "1");
    row(f, "3", "Cyd", NULL);
    run(f, RUN_FULL_SYNCHRONISATION);
    assert_int_equal(f->last.counters.projected, 3);
    assert_int_equal(f->last.counters.provisioned, 3);
    assert_int_equal(f->last.counters.items, 3);
    int64_t ann = find(f, f->hr, "1", false)->mvo, cyd = find(f, f->hr, "3", false)->mvo;
    assert_int_equal(attributes_first(&mvo(f, ann)->values, f->mv_manager)->reference.target, cyd);
    const struct cso *account = find(f, f->ad, "CN=Ann", true);
    assert_non_null(account);
    assert_int_equal(account->mvo, ann);
    struct pending_export *p = pending(f, account);
    assert_int_equal(p->change, EXPORT_CREATE);
    assert_int_equal(p->changes.count, 2); /* the reference of the second pass is in the one Create */
    assert_true(p->unresolved);

    run(f, RUN_FULL_SYNCHRONISATION);
    assert_int_equal(f->last.counters.items, 0);

    row(f, "1", "Anna", "3");
    run(f, RUN_DELTA_SYNCHRONISATION);
    assert_int_equal(f->last.counters.attribute_flows, 1);
    assert_string_equal(mv_text(f, mvo(f, ann), f->mv_name), "Anna");
    assert_non_null(find(f, f->ad, "CN=Anna", true));

    row(f, "3", NULL, NULL);
    run(f, RUN_DELTA_SYNCHRONISATION);
    assert_null(find(f, f->hr, "3", false));
    assert_null(mvo(f, cyd));
    assert_null(find(f, f->ad, "CN=Cyd", true)); /* its Create was never sent (J+36) */
    assert_null(attributes_find(&mvo(f, ann)->values, f->mv_manager));
    assert_int_equal(pending(f, find(f, f->ad, "CN=Anna", true))->changes.count, 1);
}

static void scheduled_deletions(void **state) {
    struct fixture *f = *state;
    const struct config *c = config_of(f);
    struct mv_type user = *config_mv_type(c, f->user);
    user.grace.ticks = 1;
    store_tx *tx = write_tx(f);
    must(store_save_mv_type(tx, &user));
    commit(tx);
    config_release(c);
    row(f, "1", "Ann", NULL);
    run(f, RUN_FULL_SYNCHRONISATION);
    int64_t ann = find(f, f->hr, "1", false)->mvo;
    row(f, "1", NULL, NULL);
    run(f, RUN_DELTA_SYNCHRONISATION);
    assert_true(mvo(f, ann)->deletion.disconnected.ticks > 0);
    bool more = true;
    must(housekeeping_pass(f->r, false, &more));
    assert_false(more);
    assert_null(mvo(f, ann));
    assert_null(find(f, f->ad, "CN=Ann", true));
}

static void returning_row_finds_its_identity(void **state) {
    struct fixture *f = *state;
    row(f, "1", "Ann", NULL);
    row(f, "2", "Bea", NULL);
    run(f, RUN_FULL_SYNCHRONISATION);
    int64_t ann = find(f, f->hr, "1", false)->mvo;
    const struct config *c = config_of(f);
    struct mv_type user = *config_mv_type(c, f->user);
    user.grace.ticks = TICKS_PER_DAY;
    store_tx *tx = write_tx(f);
    must(store_save_mv_type(tx, &user));
    commit(tx);
    config_release(c);
    row(f, "1", NULL, NULL);
    run(f, RUN_DELTA_SYNCHRONISATION);
    row(f, "1", "Ann", NULL);
    run(f, RUN_DELTA_SYNCHRONISATION);
    assert_int_equal(find(f, f->hr, "1", false)->mvo, ann);
    assert_int_equal(f->last.counters.joined, 1);
    assert_int_equal(mvo(f, ann)->deletion.disconnected.ticks, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(joiner_mover_leaver, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scheduled_deletions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(returning_row_finds_its_identity, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
