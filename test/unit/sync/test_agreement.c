/* Where the reference model and the engine once disagreed, and the engine was wrong (test/model). */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static struct cso *account(struct world *w) { return world_connector(w, world_mvo(w, "Employee_ID", "E1"), "AD"); }

static struct mvo *ann(struct world *w, const char *values) {
    world_row(w, "HR", "person", "1", arena_cstring(w->a, arena_print(w->a, "employeeId=E1;%s", values)));
    world_sync(w, "HR");
    return world_mvo(w, "Employee_ID", "E1");
}

static void sync_all(struct world *w, const char *system) {
    w->configuration_changed = true;
    world_sync(w, system);
    w->configuration_changed = false;
}

/* The only source of an attribute loses nothing because its value is one that does not flow (§14). */
EXAMPLE(a_source_keeps_what_does_not_flow) {
    world_rule(w, "R9", 'o', "HR", "person", "User", "");
    world_map(w, "R9", "Job_Title -> title");
    ann(w, "displayName=Ann;title= ");
    check(world_mv(w, world_mvo(w, "Employee_ID", "E1"), "Job_Title"), "-");
    check(world_pe_text(w, world_cso(w, "HR", "1")), "none");
}

static void nick(struct world *w, enum missing_input missing) {
    world_mv_attributes(w, "Nick");
    world_map(w, "R1", "=Upper(cs[\"title\"]) -> Nick")->sources.at[0].missing = missing;
}

/* A mapping that is left out (§11.2) keeps neither a new export rule nor drift correction from the object. */
EXAMPLE(an_error_of_one_mapping_stops_nothing_else) {
    nick(w, MISSING_FAIL_MAPPING);
    ann(w, "displayName=Ann;department=IT");
    check(world_told(w), "1 Projected!ExpressionMissingInput: Projected(AttributeFlow=3)");
    world_find_rule(w, "R2")->enabled = true;
    sync_all(w, "HR");
    assert_non_null(account(w));
    check(world_pe_text(w, account(w)), "Create Pending department:=IT distinguishedName:=" DN("Ann"));
}

/* Nothing of a failed object flows, nor does a reference whose target is joined later in the run. */
EXAMPLE(nothing_of_a_failed_object_flows_later) {
    nick(w, MISSING_FAIL_OBJECT);
    ann(w, "displayName=Ann;title=Boss");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann;managerId=2");
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=Bob;title=Clerk");
    w->page_size = 1;
    world_sync(w, "HR");
    check(world_mv(w, world_mvo(w, "Employee_ID", "E1"), "Manager"), "-");
    world_delta(w, "HR");
    check(world_mv(w, world_mvo(w, "Employee_ID", "E1"), "Manager"), "-");
}

static void renamed_before_confirmation(struct world *w) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    world_find_rule(w, "R2")->enabled = true;
    sync_all(w, "AD");
    ann(w, "displayName=Ann;department=Law");
    world_exported(w, account(w), NULL);
    ann(w, "displayName=Bob;department=Law");
    check(world_pe_text(w, account(w)), "Update Pending department:=Law distinguishedName:=" DN("Bob"));
}

/* What was written and carried over stays until an import has seen it (invariant 27). */
EXAMPLE(what_was_written_waits_for_its_confirmation) {
    renamed_before_confirmation(w);
    struct value *held = attributes_find(&account(w)->values, world_type_named(w, "AD", "user")->attributes.at[3].id)->at;
    held->text = T("Law"); /* applied when it was written (§16.5) */
    sync_all(w, "HR");
    check(world_pe_text(w, account(w)), "Update Pending department:=Law distinguishedName:=" DN("Bob"));
}

/* New values are compared with what was written, not with what stood there before (§13.4). */
EXAMPLE(a_value_goes_back_after_it_was_written) {
    renamed_before_confirmation(w);
    ann(w, "displayName=Bob;department=IT");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT distinguishedName:=" DN("Bob"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_keeps_what_does_not_flow),      cmocka_unit_test(an_error_of_one_mapping_stops_nothing_else),
        cmocka_unit_test(nothing_of_a_failed_object_flows_later), cmocka_unit_test(what_was_written_waits_for_its_confirmation),
        cmocka_unit_test(a_value_goes_back_after_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
