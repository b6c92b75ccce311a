/* Invariants of sync-engine §1 that no worked example shows by itself, each by its number. Those about runs are in the tests of
 * runs and from end to end; 1, 2, 16, 17 and 24 are checked after every step of every test (world_run.c). */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

/* Ann joined in HR and AD, which hold what R2 says. */
static struct mvo *ann_in_both(struct world *w) {
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR");
    struct mvo *m = world_mvo(w, "Employee_ID", "E1");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    world_find_rule(w, "R2")->enabled = true;
    return m;
}

static void second_source(struct world *w) {
    world_system(w, "S");
    world_type(w, "S", "person", "sId||employeeId department phones:Text[]");
    world_match(w, "S", "person", "employeeId", "User", "Employee_ID", true);
    world_rule(w, "RS", 'i', "S", "person", "User", "p");
    world_map(w, "RS", "employeeId -> Employee_ID")->priority = 9;
    world_map(w, "RS", "department -> Department")->priority = 9;
    world_map(w, "RS", "phones -> Phones")->priority = 9;
    for (EACH(struct mapping, m, &world_find_rule(w, "R1")->mappings)) m->priority = 1;
    world_map(w, "R1", "phones -> Phones")->priority = 1;
}

EXAMPLE(invariant_4_obsolete_objects_take_no_part) {
    struct mvo *m = world_identity(w, "User", "Employee_ID=E1");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    check_mv(w, m, "Display_Name", "-");
    assert_int_equal(w->identities.count, 1);
    assert_null(world_cso(w, "HR", "1"));
    struct cso *gone = world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E2");
    gone->status = CSO_OBSOLETE; /* nor is it claimed by an export that matches it */
    world_find_rule(w, "R2")->enabled = true;
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=Bob");
    world_sync(w, "HR");
    assert_int_equal(gone->mvo, 0);
    assert_int_equal(world_connector(w, world_mvo(w, "Employee_ID", "E2"), "AD")->join, JOIN_PROVISIONED);
}

EXAMPLE(invariant_5_provisioning_objects_are_neither_matched_nor_drift_checked) {
    world_find_rule(w, "R2")->enabled = true;
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR");
    struct cso *account = world_connector(w, world_mvo(w, "Employee_ID", "E1"), "AD");
    assert_int_equal(account->status, CSO_PENDING_PROVISIONING);
    account->mvo = 0; /* unjoined, with the key that another identity looks for */
    account->join = JOIN_NONE;
    values_add(w->a,
               attributes_ensure(w->a, &account->values,
                                 config_cs_attribute_named(world_type_named(w, "AD", "user"), T("employeeID"))->id),
               (struct value){.type = TYPE_TEXT, .text = T("E2")});
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=Bob");
    world_sync(w, "HR");
    struct cso *bob = world_connector(w, world_mvo(w, "Employee_ID", "E2"), "AD");
    assert_true(bob && bob != account);
    assert_int_equal(account->mvo, 0);
    world_sync(w, "AD");
    assert_int_equal(w->counters.drift_corrections, 0);
}

EXAMPLE(invariants_6_and_7_joins_are_not_stolen_and_never_guessed) {
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    int64_t taken = world_cso(w, "HR", "1")->mvo;
    world_row(w, "HR", "person", "0", "employeeId=E1;displayName=Thief"); /* comes first in every order but that of arrival */
    world_identity(w, "User", "Employee_ID=E2");
    world_identity(w, "User", "Employee_ID=E2");
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=Bob");
    for (int again = 0; again < 3; again++) {
        world_sync(w, "HR");
        assert_int_equal(world_cso(w, "HR", "1")->mvo, taken);
        assert_int_equal(world_cso(w, "HR", "0")->mvo, 0);
        assert_int_equal(world_cso(w, "HR", "2")->mvo, 0);
        assert_int_equal(w->identities.count, 3);
    }
}

EXAMPLE(invariant_8_nothing_matches_nothing) {
    struct mvo *null = world_identity(w, "User", "Display_Name=Asserted");
    struct values *key = attributes_ensure(w->a, &null->values, config_mv_attribute_named(w->config, T("Employee ID"))->id);
    key->null_marker = true;
    world_identity(w, "User", "Display_Name=None");
    world_row(w, "HR", "person", "1", "displayName=Ann");
    world_row(w, "HR", "person", "2", "displayName=Bob");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 4);
    assert_int_equal(world_cso(w, "HR", "1")->join, JOIN_PROJECTED);
    assert_int_equal(world_cso(w, "HR", "2")->join, JOIN_PROJECTED);
}

EXAMPLE(invariant_18_values_without_a_contributor_are_not_recalled) {
    struct mvo *m = world_identity(w, "User", "Employee_ID=E1;Email=by@hand");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    check_mv(w, m, "Display_Name", "Ann@HR");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann"), m);
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    check_mv(w, m, "Display_Name", "-");
    check_mv(w, m, "Email", "by@hand");
}

EXAMPLE(invariant_19_all_values_come_from_one_contributor) {
    second_source(w);
    world_row(w, "HR", "person", "1", "employeeId=E1;phones=1|2");
    world_row(w, "S", "person", "1", "employeeId=E1;phones=2|3;department=Law");
    world_sync(w, "S");
    struct mvo *m = world_mvo(w, "Employee_ID", "E1");
    check_mv(w, m, "Phones", "2|3@S");
    world_sync(w, "HR");
    check_mv(w, m, "Phones", "1|2@HR");
    check_mv(w, m, "Department", "Law@S");
}

EXAMPLE(invariant_20_disabled_rules_and_mappings_do_nothing) {
    second_source(w);
    world_find_rule(w, "R1")->enabled = false;
    world_row(w, "HR", "person", "1", "employeeId=E1;department=HR");
    world_row(w, "S", "person", "1", "employeeId=E1;department=S");
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, 0); /* contributes nothing */
    world_sync(w, "S");
    struct mvo *m = world_mvo(w, "Employee_ID", "E1");
    check_mv(w, m, "Department", "S@S"); /* blocks nothing: it would rank first */
    world_find_rule(w, "R1")->enabled = true;
    world_mapping(w, "R1", "Department")->enabled = false;
    w->configuration_changed = true;
    world_sync(w, "HR");
    check_mv(w, m, "Department", "S@S");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
    assert_null(world_connector(w, m, "AD")); /* R2 is disabled: provisions nothing … */
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=elsewhere;department=other", m);
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none"); /* … and corrects nothing */
    world_find_rule(w, "R2")->enabled = true;
    world_mapping(w, "R2", "department")->enabled = false;
    world_mapping(w, "R2", "distinguishedName")->enabled = false;
    world_sync(w, "AD");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none");
}

/* A number does not become a rounded one, nor a text a number: such a mapping is skipped and says so. */
EXAMPLE(invariant_22_nothing_is_rounded_or_reinterpreted) {
    world_mv_attributes(w, "Level:Number Badge:Text");
    world_map(w, "R1", "=ToDecimal(cs[\"alias\"]) -> Level");
    world_map(w, "R1", "employeeId -> Badge");
    world_row(w, "HR", "person", "1", "employeeId=007;alias=3");
    world_sync(w, "HR");
    struct mvo *m = world_mvo(w, "Employee_ID", "007");
    check_mv(w, m, "Level", "3@HR");
    check_mv(w, m, "Badge", "007@HR");
    world_row(w, "HR", "person", "1", "employeeId=007;alias=0.6");
    world_sync(w, "HR");
    check_mv(w, m, "Level", "3@HR");
    assert_non_null(strstr(world_told(w), "!ExpressionEvaluationError"));
    world_row(w, "HR", "person", "2", "employeeId=7;alias=1");
    world_sync(w, "HR");
    assert_int_not_equal(world_cso(w, "HR", "2")->mvo, m->id); /* 7 is not 007 */
}

EXAMPLE(invariant_26_what_the_target_holds_is_not_staged) {
    struct mvo *m = ann_in_both(w);
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT;title=new");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;title=new");
    world_sync(w, "HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "Update Pending department:=");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;department=IT");
    world_sync(w, "HR"); /* back before anything was sent */
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none");
    check_mv(w, m, "Department", "IT@HR");
}

EXAMPLE(invariant_44_an_orphaned_value_is_frozen_in_the_grace_period) {
    struct mvo *m = ann_in_both(w);
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, ALL_SOURCES_DISCONNECT, "HR", 7);
    world_gone(w, "HR", "1");
    world_sync(w, "HR");
    assert_true(m->deletion.disconnected.ticks > 0);
    check_mv(w, m, "Department", "IT@HR");
    check_mv(w, m, "Display_Name", "Ann@HR");
    check(world_pe_text(w, world_cso(w, "AD", GUID_ANN)), "none");
}

/* Two import rules that claim the same attribute with equal priority, stored in any order: the lower id wins. */
EXAMPLE(invariant_45_order_is_that_of_ids) {
    world_map(w, "R1", "alias -> Job_Title");
    world_row(w, "HR", "person", "1", "employeeId=E1;title=first;alias=second");
    world_sync(w, "HR");
    check_mv(w, world_mvo(w, "Employee_ID", "E1"), "Job_Title", "first@HR");
    struct cso *o = world_row(w, "HR", "person", "2", "employeeId=E2;alias=second");
    world_sync(w, "HR");
    check_mv(w, world_mvo_of(w, o), "Job_Title", "second@HR");
    world_row(w, "HR", "person", "2", "employeeId=E2;alias=second;title=first");
    world_sync(w, "HR");
    check_mv(w, world_mvo_of(w, o), "Job_Title", "first@HR");
}

/* A window whose edges are the same boundary holds for no instant, whatever the clock does between the two criteria. */
EXAMPLE(invariant_46_one_now_for_all_criteria) {
    world_scope(w, "R1", "All", "startDate LessThan 0HoursAgo;startDate GreaterThanOrEquals 0HoursAgo");
    for (int i = 0; i < 3; i++) {
        world_row(w, "HR", "person", "1",
                  i ? "employeeId=E1;startDate=2026-01-01T10:00:00Z" : "employeeId=E1;startDate=2026-01-01");
        world_sync(w, "HR");
        assert_int_equal(w->identities.count, 0);
    }
}

EXAMPLE(invariant_48_configuration_changes_no_data_by_itself) {
    struct mvo *m = ann_in_both(w);
    int64_t version = m->version;
    world_mapping(w, "R1", "Department")->enabled = false;
    world_scope(w, "R1", "All", "department Equals nowhere");
    world_find_rule(w, "R2")->deprovision = DEPROVISION_DELETE;
    world_delta(w, "HR"); /* nothing changed in the source, and a delta run asks for nothing else */
    check(world_told(w), "");
    assert_int_equal(m->version, version);
    check_mv(w, m, "Department", "IT@HR");
    assert_int_equal(world_cso(w, "HR", "1")->mvo, m->id);
}

EXAMPLE(invariant_49_expressions_reach_nothing) {
    static const char *const attempts[] = {"=File.ReadAllText(\"/etc/passwd\")", "=System(\"id\")", "=Environment[\"HOME\"]",
                                           "=cs.GetType()"};
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        struct world *one = world_examples();
        struct mapping *m = world_map(one, "R1", arena_cstring(one->a, arena_print(one->a, "%s -> Email", attempts[i])));
        assert_non_null(m);
        world_row(one, "HR", "person", "1", "employeeId=E1;displayName=Ann");
        world_sync(one, "HR");
        assert_non_null(strstr(world_told(one), "!"));
        assert_int_equal(one->identities.count, 0);
        world_free(one);
    }
    (void)w;
}

/* Data that looks like a pattern, a query or an expression is data: as a key, as a value, and in a name. */
EXAMPLE(invariant_50_data_is_never_parsed) {
    static const char *const keys[] = {"%",       "_",  "' or '1'='1", "\");--",      "mv[\"Employee ID\"]",
                                       "*)(cn=*", "\\", "a\tb",        "$1 ?1 :x {0}"};
    enum { COUNT = sizeof keys / sizeof *keys };
    struct mvo *own[COUNT];
    world_type_named(w, "HR", "person")->matching.at[0].case_sensitive = false;
    world_map(w, "R1", "=cs[\"alias\"] + \"!\" -> Email");
    world_identity(w, "User", "Employee_ID=plain");
    for (size_t i = 0; i < COUNT; i++) {
        own[i] = world_identity(w, "User", "Display_Name=x");
        struct values *v = attributes_ensure(w->a, &own[i]->values, config_mv_attribute_named(w->config, T("Employee ID"))->id);
        values_add(w->a, v, (struct value){.type = TYPE_TEXT, .text = text_of(keys[i])});
        struct cso *o = world_row(w, "HR", "person", arena_cstring(w->a, arena_print(w->a, "%zu", i)), "displayName=y");
        const struct cs_type *t = world_type_named(w, "HR", "person");
        values_add(w->a, attributes_ensure(w->a, &o->values, config_cs_attribute_named(t, T("employeeId"))->id),
                   (struct value){.type = TYPE_TEXT, .text = text_of(keys[i])});
        values_add(w->a, attributes_ensure(w->a, &o->values, config_cs_attribute_named(t, T("alias"))->id),
                   (struct value){.type = TYPE_TEXT, .text = text_of(keys[i])});
    }
    world_sync(w, "HR");
    assert_int_equal(w->identities.count, COUNT + 1);
    for (size_t i = 0; i < COUNT; i++) {
        struct cso *o = world_cso(w, "HR", arena_cstring(w->a, arena_print(w->a, "%zu", i)));
        assert_int_equal(o->mvo, own[i]->id);
        check_mv(w, own[i], "Email", arena_cstring(w->a, arena_print(w->a, "%s!@HR", keys[i])));
    }
}

/* Two tenants with the same people: nobody is joined across, and nobody is exported across. */
EXAMPLE(invariant_51_tenants_never_meet) {
    world_system(w, "HR2");
    world_type(w, "HR2", "person", "hrId||employeeId displayName");
    world_rule(w, "R3", 'i', "HR2", "person", "User", "p");
    world_map(w, "R3", "employeeId -> Employee_ID");
    world_match(w, "HR2", "person", "employeeId", "User", "Employee_ID", true);
    world_find_rule(w, "R2")->enabled = true;
    world_system_named(w, "HR2")->tenant = 2;
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR");
    world_row(w, "HR2", "person", "1", "employeeId=E1;displayName=Ann");
    world_sync(w, "HR2");
    struct mvo *one = world_mvo_of(w, world_cso(w, "HR", "1")), *two = world_mvo_of(w, world_cso(w, "HR2", "1"));
    assert_non_null(two);
    assert_int_not_equal(one->id, two->id);
    assert_int_equal(two->tenant, 2);
    assert_non_null(world_connector(w, one, "AD"));
    assert_null(world_connector(w, two, "AD"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invariant_4_obsolete_objects_take_no_part),
        cmocka_unit_test(invariant_5_provisioning_objects_are_neither_matched_nor_drift_checked),
        cmocka_unit_test(invariants_6_and_7_joins_are_not_stolen_and_never_guessed),
        cmocka_unit_test(invariant_8_nothing_matches_nothing),
        cmocka_unit_test(invariant_18_values_without_a_contributor_are_not_recalled),
        cmocka_unit_test(invariant_19_all_values_come_from_one_contributor),
        cmocka_unit_test(invariant_20_disabled_rules_and_mappings_do_nothing),
        cmocka_unit_test(invariant_22_nothing_is_rounded_or_reinterpreted),
        cmocka_unit_test(invariant_26_what_the_target_holds_is_not_staged),
        cmocka_unit_test(invariant_44_an_orphaned_value_is_frozen_in_the_grace_period),
        cmocka_unit_test(invariant_45_order_is_that_of_ids),
        cmocka_unit_test(invariant_46_one_now_for_all_criteria),
        cmocka_unit_test(invariant_48_configuration_changes_no_data_by_itself),
        cmocka_unit_test(invariant_49_expressions_reach_nothing),
        cmocka_unit_test(invariant_50_data_is_never_parsed),
        cmocka_unit_test(invariant_51_tenants_never_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
