/* Where the reference model and the engine once disagreed, and the engine was wrong (test/model). */
#include "world.h"

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define GUID_GROUP "aaaaaaaa-0000-0000-0000-000000000002"
#define GUID_TWIN "aaaaaaaa-0000-0000-0000-000000000003"
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

/* What its other mappings computed is discarded, and their errors with it (§11.2). */
EXAMPLE(a_failed_object_tells_what_stopped_it) {
    world_map(w, "R1", "mail -> Email");
    nick(w, MISSING_FAIL_OBJECT);
    ann(w, "displayName=Ann;mail=a|b");
    check(world_told(w), "1 NotSet!ExpressionMissingInput");
}

/* Empty text is no value to any system (§5.3 no. 4): it would never be confirmed. */
EXAMPLE(empty_text_is_not_exported) {
    world_system(w, "T");
    world_type(w, "T", "t", "id||phones:Text[]");
    world_map(w, "R1", "phones -> Phones")->processing = 1u << PROCESS_TRIM;
    world_rule(w, "RT", 'o', "T", "t", "User", "p");
    world_map(w, "RT", "Phones -> phones");
    struct mvo *m = ann(w, "displayName=Ann;phones=  |1");
    struct cso *o = world_connector(w, m, "T");
    check(world_mv(w, m, "Phones"), "|1@HR");
    check(world_pe_text(w, o), "Create Pending phones+=1");
    world_exported(w, o, "t1");
    ann(w, "displayName=Ann;phones=  ");
    check(world_pe_text(w, o), "Update Pending phones-=1");
}

/* … and what its only source writes as blanks is not cleared there for having been trimmed. */
EXAMPLE(a_source_keeps_its_blanks) {
    world_mapping(w, "R1", "Job Title")->processing = 1u << PROCESS_TRIM;
    world_rule(w, "R9", 'o', "HR", "person", "User", "");
    world_map(w, "R9", "Job_Title -> title");
    ann(w, "displayName=Ann;title= ");
    sync_all(w, "HR");
    check(world_pe_text(w, world_cso(w, "HR", "1")), "none");
}

/* Values are kept in the order in which they came (§2.1); a difference moves none of the others (§11.5). */
EXAMPLE(stored_values_keep_their_place) {
    world_map(w, "R1", "phones -> Phones");
    struct mvo *m = ann(w, "displayName=Ann;phones=1|2");
    ann(w, "displayName=Ann;phones=3|2|1");
    check(world_mv(w, m, "Phones"), "1|2|3@HR");
    ann(w, "displayName=Ann;phones=4|3|2");
    check(world_mv(w, m, "Phones"), "2|3|4@HR");
}

/* All values come from one mapping (invariant 19), also while one of its targets is not joined yet. */
EXAMPLE(a_partial_view_takes_nothing_of_others) {
    world_type(w, "HR", "team", "id||leaders:Reference[] members:Reference[]");
    world_type(w, "HR", "guest", "id||");
    world_rule(w, "RT", 'i', "HR", "team", "Group", "p");
    world_map(w, "RT", "leaders -> Members");
    world_map(w, "RT", "members -> Members");
    world_row(w, "HR", "guest", "g", "");
    world_row(w, "HR", "person", "2", "employeeId=E2;displayName=Bob");
    world_row(w, "HR", "team", "t", "members=1");
    ann(w, "displayName=Ann");
    struct mvo *team = world_mvo_of(w, world_cso(w, "HR", "t"));
    world_row(w, "HR", "team", "t", "members=1;leaders=2|g");
    world_sync(w, "HR");
    long long bob = world_mvo(w, "Employee_ID", "E2")->id;
    check(world_mv(w, team, "Members"), arena_print(w->a, "#%lld@HR", bob).at);
}

/* What has just left its system is nobody there, in whichever page it left: a reference to it is not taken away as if it were. */
EXAMPLE(who_has_left_is_not_taken_away_from_others) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "RT", 'i', "HR", "team", "Group", "p");
    world_map(w, "RT", "members -> Members");
    world_rule(w, "RX", 'o', "HR", "team", "Group", "e");
    world_map(w, "RX", "Members -> members");
    world_delete_rule(w, "User", DELETE_WHEN_LAST_CONNECTOR, ALL_SOURCES_DISCONNECT, "", 7);
    world_row(w, "HR", "team", "t", "members=1");
    struct mvo *m = ann(w, "displayName=Ann");
    world_sync(w, "HR");
    struct cso *team = world_cso(w, "HR", "t");
    assert_string_not_equal(world_mv(w, world_mvo_of(w, team), "Members"), "-");
    world_gone(w, "HR", "1");
    world_row(w, "HR", "team", "t", "members=1");
    world_sync(w, "HR");
    assert_int_equal(m->id, world_mvo(w, "Employee_ID", "E1")->id);
    check(world_mv(w, world_mvo_of(w, team), "Members"), "-");
    check(world_pe_text(w, team), "none");
}

/* Nothing is sent to an object for an identity that it is not joined to any more (12.2, as 15.1 says it of targets). */
EXAMPLE(what_was_staged_goes_with_the_join) {
    world_scope(w, "R1", "All", "department Equals Law");
    world_rule(w, "R9", 'o', "HR", "person", "User", "");
    world_map(w, "R9", "Display_Name -> alias");
    ann(w, "displayName=Ann;department=Law");
    check(world_pe_text(w, world_cso(w, "HR", "1")), "Update Pending alias:=Ann");
    ann(w, "displayName=Ann;department=IT");
    check(world_told(w), "1 DisconnectedOutOfScope: DisconnectedOutOfScope(MvoDeleted)");
    check(world_pe_text(w, world_cso(w, "HR", "1")), "none");
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

/* What an identity has just lost is taken away also where everything is evaluated and nothing is enforced (§13.1, §13.3). */
EXAMPLE(a_loss_counts_when_all_is_evaluated) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    world_find_rule(w, "R2")->enabled = true;
    world_find_rule(w, "R2")->enforce_state = false;
    sync_all(w, "HR");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    sync_all(w, "HR");
    check(world_pe_text(w, account(w)), "Update Pending department:=");
}

/* … nor does the value that was staged before go out (§13.4). */
EXAMPLE(a_loss_cancels_what_is_staged) {
    struct mvo *m = ann(w, "displayName=Ann");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1", m);
    world_find_rule(w, "R2")->enabled = true;
    world_find_rule(w, "R2")->enforce_state = false;
    ann(w, "displayName=Ann;department=IT");
    check(world_pe_text(w, account(w)), "Update Pending department:=IT");
    world_row(w, "HR", "person", "1", "employeeId=E1;displayName=Ann");
    sync_all(w, "HR");
    check(world_pe_text(w, account(w)), "none");
}

static struct cso *group_of_twins(struct world *w) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "R3", 'i', "HR", "team", "Group", "p");
    world_map(w, "R3", "teamId -> Display_Name");
    world_map(w, "R3", "members -> Members");
    world_rule(w, "R4", 'o', "AD", "group", "Group", "e");
    world_map(w, "R4", "Members -> member");
    world_row(w, "HR", "person", "a", "employeeId=E1");
    world_row(w, "HR", "team", "t", "");
    world_sync(w, "HR");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=cn=a", world_mvo(w, "Employee_ID", "E1"));
    struct cso *g = world_account(w, "AD", "group", GUID_GROUP, "distinguishedName=cn=g", world_mvo(w, "Display_Name", "t"));
    world_row(w, "HR", "team", "t", "members=a");
    world_sync(w, "HR");
    return g;
}

/* A member that was written and applied, and whose name two objects bear now, is still the one that was written (§13.4). */
EXAMPLE(a_written_member_is_removed_by_whom_it_meant) {
    struct cso *g = group_of_twins(w);
    struct value *written = &world_pe(w, g)->changes.at[0].value;
    written->reference.target = account(w)->id;
    written->reference.raw = T("cn=a");
    world_exported(w, g, NULL);
    world_row(w, "AD", "user", GUID_TWIN, "distinguishedName=cn=a");
    int32_t member = config_cs_attribute_named(world_type_named(w, "AD", "group"), T("member"))->id;
    struct value held = {.type = TYPE_REFERENCE, .reference = {.raw = T("cn=a")}};
    values_add(w->a, attributes_ensure(w->a, &g->values, member), held);
    world_row(w, "HR", "team", "t", "");
    world_sync(w, "HR");
    check(world_pe_text(w, g), "Update Pending member-=cn=a");
}

/* What drift correction has told of an object is not told again by evaluation. */
EXAMPLE(one_error_is_told_once) {
    struct mvo *m = ann(w, "displayName=Ann;title=Boss");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1", m);
    world_map(w, "R2", "=Upper(mv[\"Department\"]) -> title")->sources.at[0].missing = MISSING_FAIL_OBJECT;
    world_find_rule(w, "R2")->enabled = true;
    sync_all(w, "AD");
    check(world_told(w), GUID_ANN " NotSet!ExpressionMissingInput");
}

/* A mapping that is left out does not hide one that stops the whole object (§11.2, §14). */
EXAMPLE(the_worst_error_decides_on_drift) {
    struct mvo *m = ann(w, "displayName=Ann;department=IT");
    world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=IT", m);
    world_map(w, "R2", "=Upper(mv[\"Job Title\"]) -> title")->sources.at[0].missing = MISSING_FAIL_MAPPING;
    world_map(w, "R2", "=Upper(mv[\"Email\"]) -> employeeID")->sources.at[0].missing = MISSING_FAIL_OBJECT;
    world_find_rule(w, "R2")->enabled = true;
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;department=X");
    world_delta(w, "AD");
    check(world_pe_text(w, account(w)), "none");
    check(world_told(w), GUID_ANN " NotSet!ExpressionMissingInput");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_keeps_what_does_not_flow),
        cmocka_unit_test(an_error_of_one_mapping_stops_nothing_else),
        cmocka_unit_test(nothing_of_a_failed_object_flows_later),
        cmocka_unit_test(a_failed_object_tells_what_stopped_it),
        cmocka_unit_test(empty_text_is_not_exported),
        cmocka_unit_test(a_source_keeps_its_blanks),
        cmocka_unit_test(stored_values_keep_their_place),
        cmocka_unit_test(a_partial_view_takes_nothing_of_others),
        cmocka_unit_test(who_has_left_is_not_taken_away_from_others),
        cmocka_unit_test(what_was_staged_goes_with_the_join),
        cmocka_unit_test(what_was_written_waits_for_its_confirmation),
        cmocka_unit_test(a_value_goes_back_after_it_was_written),
        cmocka_unit_test(a_loss_counts_when_all_is_evaluated),
        cmocka_unit_test(a_loss_cancels_what_is_staged),
        cmocka_unit_test(a_written_member_is_removed_by_whom_it_meant),
        cmocka_unit_test(one_error_is_told_once),
        cmocka_unit_test(the_worst_error_decides_on_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
