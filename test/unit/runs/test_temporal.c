/* Relative dates: nothing but time changes, the reconciliation flags, the next synchronisation acts (sync-engine §17). */
#include "runs/runs_private.h"
#include "world.h"
#include "world_private.h"

/* "Employee Start Date LessThanOrEquals 0 Days Ago" for the rule R2. */
static void scope_r2(struct world *w) {
    const struct sync_rule *rule = &w->c->rules.at[w->c->rules.count - 1];
    struct scope_group group = {.rule = rule->id, .type = SCOPE_ALL};
    store_tx *tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_scope_group(tx, &group));
    struct scope_criterion k = {.group = group.id,
                                .attribute = config_mv_attribute_named(w->c, T("Employee Start Date"))->id,
                                .comparison = COMPARE_LESS_OR_EQUAL,
                                .mode = VALUE_RELATIVE,
                                .unit = UNIT_DAYS,
                                .direction = RELATIVE_AGO};
    OK(store_save_scope_criterion(tx, &k));
    OK(store_commit(tx));
    store_end(tx);
    world_configuration(w);
}

/* The date lies in the past, yet no synchronisation has looked since the rule came: as on the day on which it falls due. */
TEST(w79_time_alone_provisions) {
    struct world *w = *state;
    world_rows(w, "HR",
               "hrId=1;employeeId=E1;displayName=Ann Lee;startDate=2020-03-15T00:00:00Z\n"
               "hrId=2;employeeId=E2;displayName=Bob Roe;startDate=2999-01-01T00:00:00Z");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    world_r2(w, NULL);
    scope_r2(w);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_null(world_connector(w, "1", "AD"));
    OK(temporal_pass(w->runs, true));
    assert_true(world_mvo_of(w, world_cso(w, "HR", "1"))->scope_review);
    assert_false(world_mvo_of(w, world_cso(w, "HR", "2"))->scope_review);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_non_null(world_connector(w, "1", "AD"));
    assert_null(world_connector(w, "2", "AD"));
    assert_false(world_mvo_of(w, world_cso(w, "HR", "1"))->scope_review);
}

TEST(a_second_pass_within_the_hour_is_not_made_by_itself) {
    struct world *w = *state;
    world_r2(w, NULL);
    scope_r2(w);
    OK(temporal_pass(w->runs, false));
    size_t activities = world_activities(w).count;
    OK(temporal_pass(w->runs, false));
    assert_int_equal(world_activities(w).count, activities);
    struct activities all = world_activities(w);
    assert_int_equal(all.at[all.count - 1].target, TARGET_TEMPORAL_SCOPE);
    assert_int_equal(all.at[all.count - 1].status, ACTIVITY_COMPLETE);
}

TEST(without_relative_dates_nothing_is_recorded) {
    struct world *w = *state;
    size_t activities = world_activities(w).count;
    OK(temporal_pass(w->runs, true));
    assert_int_equal(world_activities(w).count, activities);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(w79_time_alone_provisions, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_second_pass_within_the_hour_is_not_made_by_itself, world_open, world_close),
        cmocka_unit_test_setup_teardown(without_relative_dates_nothing_is_recorded, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
