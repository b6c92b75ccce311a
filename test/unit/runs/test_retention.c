/* Retention (operations §18.1): what is old goes in small transactions, what is held back stays. */
#include "world.h"

#include "runs/retention.h"

static const struct initiator somebody = {.type = BY_USER, .name = {"Somebody", 8}};

static instant days_ago(int days) {
    instant at;
    assert_true(instant_add_ticks(instant_now(), -days * TICKS_PER_DAY, &at));
    return at;
}

/* An ended activity with so many items; its id. */
static int64_t add(struct world *w, struct activity activity, int items) {
    OWNED(store_tx) tx = NULL;
    struct run_items list = {0};
    if (!activity.status) activity.status = ACTIVITY_COMPLETE;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, &activity));
    for (int i = 0; i < items; i++) LIST_ADD(w->a, &list)->change = OBJECT_ADDED;
    OK(store_write_items(tx, activity.id, &list));
    OK(store_commit(tx));
    return activity.id;
}

static int64_t add_version(struct world *w, int days, const char *object, enum activity_operation operation) {
    int64_t id = add(w, (struct activity){.created = days_ago(days), .target = TARGET_SCHEDULE}, 0);
    OWNED(store_tx) tx = NULL;
    struct configuration_change k = {.activity = id,
                                     .kind = TARGET_SCHEDULE,
                                     .object = text_of(object),
                                     .operation = operation,
                                     .at = days_ago(days),
                                     .snapshot = T("{}")};
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_add_configuration_change(tx, &k));
    OK(store_commit(tx));
    return id;
}

static bool there(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    bool found;
    OK(store_read(w->s, &tx));
    OK(store_activity(tx, w->a, id, &activity, &found));
    return found;
}

static int64_t items_of(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    struct run_items items = {0};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_items(tx, w->a, &(struct item_query){.activity = id}, &items, &total));
    return total;
}

static void test_old_activities_go_with_their_items(void **state) {
    struct world *w = *state;
    struct cleanup done;
    int64_t old = add(w, (struct activity){.created = days_ago(91), .target = TARGET_RUN_PROFILE}, 250);
    int64_t young = add(w, (struct activity){.created = days_ago(89), .target = TARGET_RUN_PROFILE}, 3);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_false(there(w, old));
    assert_int_equal(items_of(w, old), 0);
    assert_true(there(w, young));
    assert_int_equal(items_of(w, young), 3);
    assert_int_equal(done.activities[RETAIN_ORDINARY], 1);
    assert_false(done.more);
    assert_true(done.oldest.ticks == done.newest.ticks && done.oldest.ticks < done.cutoff.ticks);
}

static void test_changes_of_objects_go_with_their_age(void **state) {
    struct world *w = *state;
    struct cleanup done;
    world_plant(w,
                arena_print(w->a,
                            "insert into cso_history (id, object, owner, at, change) values (1, 1, 1, %lld, 1), (2, 1, 1, %lld, 1);"
                            "insert into mvo_history (id, object, owner, at, change) values (3, 1, 1, %lld, 1);"
                            "insert into tally (kind, id, objects) values (4, 1, 2)",
                            (long long)days_ago(92).ticks, (long long)days_ago(3).ticks, (long long)days_ago(91).ticks)
                    .at);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_int_equal(done.cso_changes, 1);
    assert_int_equal(done.mvo_changes, 1);
    assert_true(done.oldest.ticks < done.newest.ticks);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_int_equal(done.cso_changes + done.mvo_changes, 0);
}

static void test_what_is_held_back_stays(void **state) {
    struct world *w = *state;
    struct cleanup done;
    int64_t running = add(w, (struct activity){.created = days_ago(400), .status = ACTIVITY_IN_PROGRESS}, 2);
    int64_t parent = add(w, (struct activity){.created = days_ago(400), .target = TARGET_SYSTEM_INITIALISATION}, 0);
    int64_t child = add(w, (struct activity){.created = days_ago(1), .parent = parent}, 0);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_true(there(w, running) && there(w, parent) && there(w, child));
    assert_int_equal(items_of(w, running), 2);
    assert_int_equal(done.activities[RETAIN_ORDINARY], 0);
}

static void test_parents_go_after_their_children(void **state) {
    struct world *w = *state;
    struct cleanup done;
    int64_t parent = add(w, (struct activity){.created = days_ago(400)}, 0);
    int64_t child = add(w, (struct activity){.created = days_ago(400), .parent = parent}, 0);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_false(there(w, parent) || there(w, child));
    assert_int_equal(done.activities[RETAIN_ORDINARY], 2);
}

static void test_versions_and_sign_ins_have_periods_of_their_own(void **state) {
    struct world *w = *state;
    struct cleanup done;
    int64_t ancient = add_version(w, 4000, "1", OPERATION_CREATE), middle = add_version(w, 3700, "1", OPERATION_UPDATE);
    int64_t kept = add_version(w, 200, "1", OPERATION_UPDATE), newest = add_version(w, 4000, "2", OPERATION_CREATE);
    int64_t tombstone = add_version(w, 100, "3", OPERATION_DELETE);
    int64_t sign_in = add(w, (struct activity){.created = days_ago(300), .target = TARGET_AUTHENTICATION}, 0);
    int64_t old_sign_in = add(w, (struct activity){.created = days_ago(366), .target = TARGET_AUTHENTICATION}, 0);
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_false(there(w, ancient) || there(w, middle) || there(w, old_sign_in));
    assert_true(there(w, kept) && there(w, tombstone) && there(w, sign_in));
    assert_true(there(w, newest)); /* old as it is: it tells what the object is */
    assert_int_equal(done.activities[RETAIN_CONFIGURATION], 2);
    assert_int_equal(done.activities[RETAIN_SECURITY], 1);
}

static void test_settings_and_a_time_that_is_too_short(void **state) {
    struct world *w = *state;
    struct cleanup done;
    world_setting(w, "History.RetentionPeriod", "2.00:00:00");
    world_setting(w, "History.CleanupBatchSize", "7");
    int64_t old = add(w, (struct activity){.created = days_ago(3)}, 30);
    OK(runs_cleanup(w->runs, &somebody, 0, &done));
    assert_true(done.more && there(w, old));
    OK(runs_cleanup(w->runs, &somebody, 20000, &done));
    assert_int_equal(done.batch, 7);
    assert_false(there(w, old));
    assert_int_equal(items_of(w, old), 0);
}

static void test_is_recorded_only_when_something_went(void **state) {
    struct world *w = *state;
    struct cleanup done;
    struct activity_query q = {.parent = -1, .targets = UINT64_C(1) << TARGET_HISTORY_CLEANUP, .has_children = -1, .limit = 10};
    for (int round = 0; round < 2; round++) {
        OK(runs_cleanup(w->runs, &somebody, 20000, &done));
        OWNED(store_tx) tx = NULL;
        struct activities found = {0};
        int64_t total;
        OK(store_read(w->s, &tx));
        OK(store_activities(tx, w->a, &q, &found, &total));
        assert_int_equal(total, round);
        if (round) assert_int_equal(found.at[0].initiator.type, BY_USER);
        store_end(tx);
        tx = NULL;
        if (!round) add(w, (struct activity){.created = days_ago(100)}, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_old_activities_go_with_their_items, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_changes_of_objects_go_with_their_age, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_what_is_held_back_stays, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_parents_go_after_their_children, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_versions_and_sign_ins_have_periods_of_their_own, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_settings_and_a_time_that_is_too_short, world_open_empty, world_close),
        cmocka_unit_test_setup_teardown(test_is_recorded_only_when_something_went, world_open_empty, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
