/* The counters of an activity (sync-engine §22.4), its final status (§4.3), and the configuration snapshot's indexes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/activity.h"
#include "model/config.h"

static void test_counters_from_outcomes(void **state) {
    (void)state;
    struct outcome_node queued = {.type = OUTCOME_DEPROVISION_QUEUED},
                        created = {.type = OUTCOME_PENDING_EXPORT_CREATED, .next = &queued};
    struct outcome_node deleted = {.type = OUTCOME_MVO_DELETED, .children = &created};
    struct outcome_node detected = {.type = OUTCOME_DELETION_DETECTED, .next = &deleted};
    struct run_item item = {.change = OBJECT_DISCONNECTED, .outcomes = &detected, .error = ITEM_EXPORT_NOT_CONFIRMED};
    struct activity_counters c = {0};
    activity_count(&c, &item, TRACK_DETAILED);
    assert_int_equal(c.deleted, 2);
    assert_int_equal(c.cso_deletes, 1);
    assert_int_equal(c.pending_exports, 2);
    assert_int_equal(c.disconnected, 0);
    assert_int_equal(c.errors, 1);
    assert_int_equal(c.export_retrying, 1);
    assert_int_equal(c.items, 1);
    assert_int_equal(c.object_changes, 1);
}

static void test_counters_without_tracking(void **state) {
    (void)state;
    struct activity_counters c = {0};
    const enum object_change changes[] = {OBJECT_ADDED,     OBJECT_UPDATED, OBJECT_DELETED,
                                          OBJECT_PROJECTED, OBJECT_JOINED,  OBJECT_CREATED,
                                          OBJECT_NO_CHANGE, OBJECT_NOT_SET, OBJECT_OUT_OF_SCOPE_RETAIN_JOIN};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct run_item item = {.change = changes[i]};
        activity_count(&c, &item, TRACK_NONE);
    }
    assert_int_equal(c.added, 1);
    assert_int_equal(c.updated, 1);
    assert_int_equal(c.deleted, 1);
    assert_int_equal(c.projected, 1);
    assert_int_equal(c.joined, 1);
    assert_int_equal(c.created, 1);
    assert_int_equal(c.out_of_scope_retain_join, 1);
    assert_int_equal(c.object_changes, 7);
    assert_int_equal(c.items, 9);
}

static enum activity_status status_of(int64_t items, int64_t with_error, int64_t unhandled, const char *warning) {
    struct activity a = {.counters = {.items = items, .objects_with_error = with_error, .unhandled_errors = unhandled},
                         .warning_message = text_of(warning)};
    return activity_final_status(&a, false, false);
}

static void test_final_status_table_4_3(void **state) {
    (void)state;
    struct activity a = {.counters = {.items = 1, .objects_with_error = 1}};
    assert_int_equal(activity_final_status(&a, true, true), ACTIVITY_CANCELLED);
    assert_int_equal(activity_final_status(&a, false, true), ACTIVITY_FAILED);
    assert_int_equal(status_of(3, 3, 0, NULL), ACTIVITY_FAILED);
    assert_int_equal(status_of(3, 1, 1, NULL), ACTIVITY_COMPLETE_WITH_ERROR);
    assert_int_equal(status_of(3, 1, 0, NULL), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(status_of(3, 0, 0, "w"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(status_of(3, 0, 0, NULL), ACTIVITY_COMPLETE);
    assert_int_equal(status_of(0, 0, 0, NULL), ACTIVITY_COMPLETE);
}

static void test_configuration_snapshot(void **state) {
    (void)state;
    struct config *c = config_new();
    struct connected_system *s = LIST_ADD(c->a, &c->systems);
    *s = (struct connected_system){.id = 2};
    struct cs_type *t = LIST_ADD(c->a, &s->types);
    *t = (struct cs_type){.id = 3, .system = 2, .name = T("User")};
    *LIST_ADD(c->a, &t->attributes) = (struct cs_attribute){.id = 9, .name = T("dn"), .secondary_external_id = true};
    *LIST_ADD(c->a, &t->attributes) = (struct cs_attribute){.id = 4, .name = T("id"), .external_id = true};
    *LIST_ADD(c->a, &t->matching) = (struct matching_rule){.id = 1, .order = 2};
    *LIST_ADD(c->a, &t->matching) = (struct matching_rule){.id = 2, .order = 1};
    struct sync_rule *r = LIST_ADD(c->a, &c->rules);
    *r = (struct sync_rule){.id = 7};
    *LIST_ADD(c->a, &r->groups) = (struct scope_group){.id = 12, .parent = 10, .position = 2};
    *LIST_ADD(c->a, &r->groups) = (struct scope_group){.id = 11, .parent = 10, .position = 3};
    *LIST_ADD(c->a, &r->groups) = (struct scope_group){.id = 10};
    *LIST_ADD(c->a, &r->mappings) = (struct mapping){.id = 21};
    *LIST_ADD(c->a, &r->mappings) = (struct mapping){.id = 20};
    config_index(c);
    const struct cs_type *type = config_cs_type_named(config_system(c, 2), T("USER"));
    assert_ptr_equal(type, config_cs_type(c, 3));
    assert_int_equal(type->external_id->id, 4);
    assert_int_equal(type->secondary->id, 9);
    assert_int_equal(config_cs_attribute_named(type, T("DN"))->id, 9);
    assert_null(config_cs_attribute_named(type, T("d")));
    assert_int_equal(type->matching.at[0].id, 2);
    assert_int_equal(config_rule(c, 7)->top_groups.count, 1);
    assert_int_equal(config_rule(c, 7)->top_groups.at[0]->children.at[0]->id, 12);
    assert_int_equal(config_mapping(c, 20)->id, 20);
    assert_null(config_mapping(c, 22));
    config_retain(c);
    config_release(c);
    assert_int_equal(config_system(c, 2)->id, 2);
    config_release(c);
    config_release(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_from_outcomes),
        cmocka_unit_test(test_counters_without_tracking),
        cmocka_unit_test(test_final_status_table_4_3),
        cmocka_unit_test(test_configuration_snapshot),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
