/* Joining, projecting and flowing: worked examples W19 to W32 of the engine's specification, and what text processing does. */
#include "world.h"

EXAMPLE(w19_projects) {
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 1);
    check(world_told(w), "1 Projected: Projected(AttributeFlow=2)");
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    check_mv(w, world_mvo(w, "Employee_ID", "E1"), "Display_Name", "Ann@HR");
    assert_int_equal(w->counters.projected, 1);
    assert_int_equal(w->counters.attribute_flows, 1);
    world_sync(w, "HR");
    check(world_told(w), "");
}

EXAMPLE(w20_joins) {
    struct mvo *m = world_identity(w, "User", "Employee_ID=E1");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 1);
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_JOINED);
    check(world_told(w), "1 Joined: Joined(AttributeFlow=1)");
}

EXAMPLE(w21_ambiguous) {
    world_identity(w, "User", "Employee_ID=E1");
    world_identity(w, "User", "Employee_ID=E1");
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "1 NotSet!AmbiguousMatch");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, 0);
    assert_int_equal(w->identities.count, 2);
    assert_true(world_cso(w, "HR", "1")->sync_failed);
}

EXAMPLE(w22_existing_join) {
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    world_row(w, "HR", "person", "2", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "2 NotSet!CouldNotJoinDueToExistingJoin");
    assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
    assert_int_equal(w->identities.count, 1);
}

EXAMPLE(w23_released_and_taken_in_one_page) {
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    int64_t mvo = world_cso(w, "HR", "1")->mvo;
    world_gone(w, "HR", "1");
    world_row(w, "HR", "person", "2", "employeeId=E1;displayName=Anna");
    world_row(w, "HR", "person", "3", "employeeId=E1");
    world_sync(w, "HR");
    assert_null(world_cso(w, "HR", "1"));
    assert_int_equal(world_cso(w, "HR", "2")->mvo, mvo);
    assert_int_equal(world_cso(w, "HR", "3")->mvo, 0);
    assert_int_equal(w->identities.count, 1);
    check_mv(w, w->identities.at[0], "Display_Name", "Anna@HR");
    check(world_told(w), "1 Disconnected: Disconnected(CsoDeleted)\n2 Joined: Joined(AttributeFlow=2)\n"
                         "3 NotSet!CouldNotJoinDueToExistingJoin");
}

EXAMPLE(w24_second_new_object_with_one_key) {
    world_row(w, "HR", "person", "1", "employeeId=E5;displayName=Eve");
    world_row(w, "HR", "person", "2", "employeeId=E5;displayName=Eva");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 1);
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
    assert_non_null(strstr(world_told(w), "2 NotSet!CouldNotJoinDueToExistingJoin"));
}

EXAMPLE(w25_case_is_ignored_and_nothing_is_a_pattern) {
    world_type_named(w, "HR", "person")->matching.at[0].case_sensitive = false;
    struct mvo *m = world_identity(w, "User", "Employee_ID=a_b");
    world_row(w, "HR", "person", "1", "employeeId=aXb");
    world_row(w, "HR", "person", "2", "employeeId=A_B");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    assert_int_equal(world_cso(w, "HR", "2")->mvo, m->id);
}

EXAMPLE(w26_case_counts) {
    world_identity(w, "User", "Employee_ID=EMP1");
    world_row(w, "HR", "person", "1", "employeeId=emp1");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    assert_int_equal(w->identities.count, 2);
}

EXAMPLE(w27_nothing_matches_nothing) {
    world_identity(w, "User", "Display_Name=Nobody");
    world_row(w, "HR", "person", "1", "displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    assert_int_equal(w->identities.count, 2);
}

EXAMPLE(w28_a_join_stands) {
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    int64_t mvo = world_cso(w, "HR", "1")->mvo;
    world_identity(w, "User", "Employee_ID=E9");
    world_row(w, "HR", "person", "1", "employeeId=E9");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, mvo);
    check_mv(w, world_mvo_of(w, world_cso(w, "HR", "1")), "Employee_ID", "E9@HR");
    check(world_told(w), "1 AttributeFlow: AttributeFlow=2");
}

EXAMPLE(w29_several_values_for_one) {
    world_map(w, "R1", "mail -> Email");
    world_row(w, "HR", "person", "1", "employeeId=E1;mail=old@x");
    world_sync(w, "HR");
    world_row(w, "HR", "person", "1", "employeeId=E1;mail=a@x|b@x;department=IT");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "old@x@HR");
    check_mv(w, w->identities.at[0], "Department", "IT@HR"); /* the others flow */
    check(world_told(w), "1 AttributeFlow!MultiValuedToSingleValued: AttributeFlow=1");
}

EXAMPLE(w30_one_value_after_processing) {
    world_map(w, "R1", "mail -> Email")->processing = 1 | 2;
    world_row(w, "HR", "person", "1", "employeeId=E1;mail=a@x|a@x ");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "a@x@HR");
}

EXAMPLE(w31_reference_across_pages) {
    w->page_size = 1;
    world_row(w, "HR", "person", "1", "employeeId=E1;managerId=2");
    world_row(w, "HR", "person", "2", "employeeId=E2");
    world_sync(w, "HR");
    struct mvo *ann = world_mvo(w, "Employee_ID", "E1"), *boss = world_mvo(w, "Employee_ID", "E2");
    check_mv(w, ann, "Manager", arena_cstring(w->a, arena_print(w->a, "#%lld@HR", (long long)boss->id)));
    check(world_told(w), "1 Projected: Projected(AttributeFlow=2)\n2 Projected: Projected(AttributeFlow=1)");
}

/* The same when the target was an object of another run: it joins later, and the referring object has not changed. */
EXAMPLE(reference_to_an_object_that_joins_in_a_later_delta_run) {
    world_scope(w, "R1", "All", "employeeId NotEquals X");
    world_row(w, "HR", "person", "1", "employeeId=E1;managerId=2");
    world_row(w, "HR", "person", "2", "employeeId=X");
    world_sync(w, "HR");
    struct mvo *ann = world_mvo(w, "Employee_ID", "E1");
    check_mv(w, ann, "Manager", "-");
    world_row(w, "HR", "person", "2", "employeeId=E2");
    world_delta(w, "HR");
    struct mvo *boss = world_mvo(w, "Employee_ID", "E2");
    check_mv(w, ann, "Manager", arena_cstring(w->a, arena_print(w->a, "#%lld@HR", (long long)boss->id)));
}

EXAMPLE(w32_a_partial_view_never_shrinks_a_group) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "R3", 'i', "HR", "team", "Group", "p");
    world_map(w, "R3", "teamId -> Display_Name");
    world_map(w, "R3", "members -> Members");
    world_scope(w, "R1", "All", "employeeId NotEquals X");
    world_row(w, "HR", "person", "a", "employeeId=A");
    world_row(w, "HR", "person", "b", "employeeId=B");
    world_row(w, "HR", "person", "c", "employeeId=C");
    world_row(w, "HR", "person", "d", "employeeId=X");
    world_row(w, "HR", "team", "t", "members=a|b");
    world_sync(w, "HR");
    struct mvo *g = world_mvo(w, "Display_Name", "t");
    long long a = world_cso(w, "HR", "a")->mvo, b = world_cso(w, "HR", "b")->mvo, c = world_cso(w, "HR", "c")->mvo;
    world_row(w, "HR", "team", "t", "members=a|c|d");
    world_sync(w, "HR");
    check_mv(w, g, "Members", arena_cstring(w->a, arena_print(w->a, "#%lld|#%lld|#%lld@HR", a, b, c)));
    world_row(w, "HR", "team", "t", "members=a|c|unknown");
    world_sync(w, "HR");
    check_mv(w, g, "Members", arena_cstring(w->a, arena_print(w->a, "#%lld|#%lld@HR", a, c)));
}

/* J+15: a broken matching rule is reported, and the object is not projected. */
EXAMPLE(broken_matching_rule) {
    struct matching_rule *r = &world_type_named(w, "HR", "person")->matching.at[0];
    r->cs_attribute = config_cs_attribute_named(world_type_named(w, "HR", "person"), T("startDate"))->id;
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "1 NotSet!UnhandledError");
    assert_int_equal(w->identities.count, 0);
}

/* The second matching rule is used when the first finds nothing (S5). */
EXAMPLE(second_matching_rule) {
    world_match(w, "HR", "person", "displayName", "User", "Display_Name", true);
    struct mvo *m = world_identity(w, "User", "Display_Name=Ann");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
}

/* Advanced mode: the matching rules hang on the synchronisation rule. */
EXAMPLE(advanced_matching) {
    world_system_named(w, "HR")->matching_mode = MATCHING_ADVANCED;
    struct mvo *m = world_identity(w, "User", "Display_Name=Ann;Employee_ID=E2");
    world_identity(w, "User", "Employee_ID=E1");
    struct matching_rule rule = world_type_named(w, "HR", "person")->matching.at[0];
    struct sync_rule *r1 = world_find_rule(w, "R1");
    *LIST_ADD(w->config->a, &r1->matching) =
        (struct matching_rule){.id = 900,
                               .sync_rule = r1->id,
                               .cs_attribute = config_cs_attribute_named(world_type_named(w, "HR", "person"), T("displayName"))->id,
                               .mv_attribute = config_mv_attribute_named(w->config, T("Display Name"))->id,
                               .case_sensitive = true};
    assert_int_not_equal(rule.id, 900);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
}

/* J+24: a join without a value change is told. */
EXAMPLE(join_without_change) {
    world_identity(w, "User", "Employee_ID=E1");
    world_mapping(w, "R1", "Employee ID")->enabled = false;
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "1 Joined: Joined");
    assert_int_equal(w->items.at[0].attribute_flows, 0);
}

/* §11.3, the table. */
EXAMPLE(text_processing) {
    static const struct {
        const char *in;
        unsigned flags;
        enum case_normalisation letters;
        const char *out;
    } rows[] = {
        {"  Ann   Lee ", 1, CASE_NONE, "  Ann   Lee @HR"},
        {"  Ann   Lee ", 7, CASE_NONE, "Ann Lee@HR"},
        {"   ", 1, CASE_NONE, "-"},
        {"   ", 0, CASE_NONE, "   @HR"},
        {"o'neil SMITH", 2, CASE_TITLE, "O'neil Smith@HR"},
        {"mary-ann 3rd", 0, CASE_TITLE, "Mary-Ann 3Rd@HR"},
        {"Straße", 0, CASE_UPPER, "STRAßE@HR"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mapping *m = world_mapping(w, "R1", "Display Name");
        m->processing = rows[i].flags;
        m->case_normalisation = rows[i].letters;
        const char *values = arena_cstring(w->a, arena_print(w->a, "employeeId=E1;displayName=%s", rows[i].in));
        world_row(w, "HR", "person", "1", values);
        world_sync(w, "HR");
        check_mv(w, w->identities.at[0], "Display_Name", rows[i].out);
    }
}

EXAMPLE(text_processing_merges_repetitions) {
    world_map(w, "R1", "phones -> Phones")->processing = 2;
    world_row(w, "HR", "person", "1", "employeeId=E1;phones=a |a");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Phones", "a@HR");
}

/* §11.2: an expression error takes back everything of its object, and the MVO is not projected. */
EXAMPLE(expression_error) {
    world_map(w, "R1", "=cs[\"title\"] > 5 ? \"a\" : \"b\" -> Email");
    world_row(w, "HR", "person", "1", "employeeId=E1;title=x;displayName=Ann");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 0);
    check(world_told(w), "1 NotSet!ExpressionEvaluationError");
}

EXAMPLE(missing_inputs) {
    struct mapping *m = world_map(w, "R1", "=Upper(cs[\"alias\"]) -> Email");
    m->sources.at[0].missing = MISSING_FAIL_MAPPING;
    world_row(w, "HR", "person", "1", "employeeId=E1;alias=x");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "X@HR");
    world_row(w, "HR", "person", "1", "employeeId=E1;department=IT");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "X@HR");
    check(world_told(w), "1 AttributeFlow!ExpressionMissingInput: AttributeFlow=1");
    world_mapping(w, "R1", "Email")->sources.at[0].missing = MISSING_FAIL_OBJECT;
    world_row(w, "HR", "person", "1", "employeeId=E1;department=HR");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Department", "IT@HR");
    check(world_told(w), "1 NotSet!ExpressionMissingInput");
    world_mapping(w, "R1", "Email")->sources.at[0].missing = MISSING_CONTRIBUTE_NO_VALUE;
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "-");
}

/* An inbound expression sees the MVO as it was before the flow (E+10), and an unchanged result changes nothing (J+10). */
EXAMPLE(expression_reads_the_metaverse) {
    world_map(w, "R1", "=Coalesce(mv[\"Email\"], cs[\"displayName\"]) -> Email");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Bea");
    world_sync(w, "HR");
    check_mv(w, w->identities.at[0], "Email", "Ann@HR");
    check(world_told(w), "1 AttributeFlow: AttributeFlow=2");
}

/* W84, J+44: an error of one object is its own; the next full run takes it up again although nothing changed. */
EXAMPLE(w84_one_of_ten_fails) {
    for (int i = 1; i <= 10; i++) {
        const char *key = arena_cstring(w->a, arena_print(w->a, "%d", i));
        world_row(w, "HR", "person", key, arena_cstring(w->a, arena_print(w->a, "employeeId=E%d", i)));
    }
    struct cso *fifth = world_cso(w, "HR", "5");
    struct values *damaged =
        attributes_find(&fifth->values, config_cs_attribute_named(world_type_named(w, "HR", "person"), T("employeeId"))->id);
    damaged->at[0] = (struct value){.type = TYPE_NUMBER, .integer = 5};
    world_sync(w, "HR");
    assert_int_equal(w->counters.projected, 9);
    assert_int_equal(w->counters.unhandled_errors, 1);
    assert_int_equal(w->identities.count, 9);
    world_cso(w, "HR", "5")->values.at[1].at[0] = (struct value){.type = TYPE_TEXT, .text = T("E5")};
    world_sync(w, "HR");
    check(world_told(w), "5 Projected: Projected(AttributeFlow=1)");
    world_sync(w, "HR");
    check(world_told(w), "");
}

/* Objects that were not begun stay as they are; those that were are complete, exports included. */
EXAMPLE(invariant_36_stops_between_objects) {
    for (int i = 1; i <= 4; i++) world_row(w, "HR", "person", (const char *[]){"1", "2", "3", "4"}[i - 1], "displayName=Ann");
    w->stop_after = 2;
    world_sync(w, "HR");
    check(world_told(w), "1 Projected: Projected(AttributeFlow=1)\n2 Projected: Projected(AttributeFlow=1)");
    assert_int_equal(world_cso(w, "HR", "3")->mvo, 0);
    w->abandon = true;
    w->stop_after = 1;
    world_sync(w, "HR"); /* nothing of the page is kept */
    assert_int_equal(w->identities.count, 2);
    w->stop_after = 0;
    world_sync(w, "HR"); /* what was left is done by the next run */
    assert_int_equal(w->identities.count, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w19_projects),
        cmocka_unit_test(w20_joins),
        cmocka_unit_test(w21_ambiguous),
        cmocka_unit_test(w22_existing_join),
        cmocka_unit_test(w23_released_and_taken_in_one_page),
        cmocka_unit_test(w24_second_new_object_with_one_key),
        cmocka_unit_test(w25_case_is_ignored_and_nothing_is_a_pattern),
        cmocka_unit_test(w26_case_counts),
        cmocka_unit_test(w27_nothing_matches_nothing),
        cmocka_unit_test(w28_a_join_stands),
        cmocka_unit_test(w29_several_values_for_one),
        cmocka_unit_test(w30_one_value_after_processing),
        cmocka_unit_test(w31_reference_across_pages),
        cmocka_unit_test(reference_to_an_object_that_joins_in_a_later_delta_run),
        cmocka_unit_test(w32_a_partial_view_never_shrinks_a_group),
        cmocka_unit_test(broken_matching_rule),
        cmocka_unit_test(second_matching_rule),
        cmocka_unit_test(advanced_matching),
        cmocka_unit_test(join_without_change),
        cmocka_unit_test(text_processing),
        cmocka_unit_test(text_processing_merges_repetitions),
        cmocka_unit_test(expression_error),
        cmocka_unit_test(missing_inputs),
        cmocka_unit_test(expression_reads_the_metaverse),
        cmocka_unit_test(w84_one_of_ten_fails),
        cmocka_unit_test(invariant_36_stops_between_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
