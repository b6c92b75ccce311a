/* The deliberate differences [J+n] that the engine decides (sync-engine §30), by their numbers; those that are worked examples as
 * well have their tests there. */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static struct cso *account(struct world *w) { return world_connector(w, world_mvo(w, "Employee_ID", "E1"), "AD"); }

static const char *print(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *print(struct world *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text t = arena_vprint(w->a, format, args);
    va_end(args);
    return arena_cstring(w->a, t);
}

static struct mvo *ann(struct world *w, const char *values) {
    world_row(w, "HR", "person", "1", print(w, "employeeId=E1;%s", values));
    world_sync(w, "HR");
    return world_mvo(w, "Employee_ID", "E1");
}

/* Case is folded; what is a pattern elsewhere is an ordinary character. */
EXAMPLE(j1_wildcards_match_only_themselves) {
    world_find_rule(w, "R1")->project = false;
    world_type_named(w, "HR", "person")->matching.at[0].case_sensitive = false;
    struct mvo *m = world_identity(w, "User", "Employee_ID=A_1%");
    world_identity(w, "User", "Employee_ID=AB1X");
    world_row(w, "HR", "person", "1", "employeeId=a_1%");
    world_row(w, "HR", "person", "2", "employeeId=%");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
    assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
}

/* The result of an expression takes the type of its target; a list has several values. */
EXAMPLE(j9_results_are_typed_by_their_target) {
    world_mv_attributes(w, "Level:Number Nick_Names:Text[]");
    world_map(w, "R1", "=\"12\" -> Level");
    world_map(w, "R1", "=Split(\"b,a\",\",\") -> Nick_Names");
    struct mvo *m = ann(w, "displayName=Ann");
    check_mv(w, m, "Level", "12@HR");
    check_mv(w, m, "Nick_Names", "b|a@HR");
}

/* J+10: compared as the type of the target, an expression that gives the same value changes nothing. */
EXAMPLE(j10_an_unchanged_result_is_no_change) {
    world_mv_attributes(w, "Level:Number");
    world_map(w, "R1", "=\"12\" -> Level");
    ann(w, "displayName=Ann");
    world_sync(w, "HR");
    check(world_told(w), "");
}

/* An account outside the export rule's scope is not corrected. */
EXAMPLE(j18_drift_respects_the_scope) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    world_find_rule(w, "R2")->enabled = true;
    world_scope(w, "R2", "All", "Department Equals Law");
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=by hand");
    world_sync(w, "AD");
    check(world_pe_text(w, account(w)), "none");
}

/* Two newcomers with one key in one page: the first is projected, the second is told that it conflicts. */
EXAMPLE(j23_no_twins_in_one_page) {
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_row(w, "HR", "person", "2", "employeeId=E1");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 1);
    assert_int_not_equal(world_cso(w, "HR", "1")->mvo, 0);
    assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
    assert_true(world_cso(w, "HR", "2")->sync_failed);
}

/* … also where the rule that looks for the first one does not hold for that one itself. */
EXAMPLE(j23_no_twins_by_a_rule_of_the_second) {
    world_system_named(w, "HR")->matching_mode = MATCHING_ADVANCED;
    world_rule(w, "RL", 'i', "HR", "person", "User", "");
    world_scope(w, "RL", "All", "department Equals Law");
    struct sync_rule *law = world_find_rule(w, "RL");
    *LIST_ADD(w->config->a, &law->matching) =
        (struct matching_rule){.id = 900,
                               .sync_rule = law->id,
                               .cs_attribute = config_cs_attribute_named(world_type_named(w, "HR", "person"), T("employeeId"))->id,
                               .mv_attribute = config_mv_attribute_named(w->config, T("Employee ID"))->id,
                               .case_sensitive = true};
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_row(w, "HR", "person", "2", "employeeId=E1;department=Law");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 1);
    assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
}

/* A projection that brings no value is told all the same. */
EXAMPLE(j24_a_projection_without_values_is_recorded) {
    world_find_rule(w, "R1")->mappings.count = 0;
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "1 Projected: Projected");
}

EXAMPLE(j30_multi_valued_times_and_booleans_keep_all_values) {
    world_type(w, "AD", "door", "objectGUID:Guid||opened:DateTime[] flags:Boolean[]");
    world_mv_type(w, "Door");
    world_mv_attributes(w, "Opened:DateTime[] Flags:Boolean[]");
    world_rule(w, "R9", 'i', "AD", "door", "Door", "p");
    world_map(w, "R9", "opened -> Opened");
    world_map(w, "R9", "flags -> Flags");
    world_row(w, "AD", "door", GUID_ANN, "opened=2026-01-01T10:00:00Z|2026-01-02T10:00:00Z;flags=true|false");
    world_sync(w, "AD");
    struct mvo *m = world_mvo_of(w, world_cso(w, "AD", GUID_ANN));
    check_mv(w, m, "Opened", "2026-01-01T10:00:00Z|2026-01-02T10:00:00Z@AD");
    check_mv(w, m, "Flags", "True|False@AD");
}

/* Without a deletion on its way, values go with their source although the type has a grace period. */
EXAMPLE(j32_values_are_frozen_only_while_a_deletion_is_scheduled) {
    world_delete_rule(w, "User", DELETE_MANUAL, ALL_SOURCES_DISCONNECT, "", 30);
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    check_mv(w, m, "Department", "-");
}

/* What is staged on an object that does not exist yet is no source. */
EXAMPLE(j38_staged_values_do_not_flow_back) {
    world_rule(w, "R3", 'i', "AD", "user", "User", "");
    world_mv_attributes(w, "Office");
    world_map(w, "R3", "department -> Office");
    world_find_rule(w, "R2")->enabled = true;
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    assert_int_equal(account(w)->status, CSO_PENDING_PROVISIONING);
    world_sync(w, "AD");
    check_mv(w, m, "Office", "-");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(j1_wildcards_match_only_themselves),
        cmocka_unit_test(j9_results_are_typed_by_their_target),
        cmocka_unit_test(j10_an_unchanged_result_is_no_change),
        cmocka_unit_test(j18_drift_respects_the_scope),
        cmocka_unit_test(j23_no_twins_in_one_page),
        cmocka_unit_test(j23_no_twins_by_a_rule_of_the_second),
        cmocka_unit_test(j24_a_projection_without_values_is_recorded),
        cmocka_unit_test(j30_multi_valued_times_and_booleans_keep_all_values),
        cmocka_unit_test(j32_values_are_frozen_only_while_a_deletion_is_scheduled),
        cmocka_unit_test(j38_staged_values_do_not_flow_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
