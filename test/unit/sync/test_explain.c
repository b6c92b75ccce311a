/* Why an attribute has its value: each verdict on a contributor, and that what is expected happens (sync-engine §11.4, §11.6). */
#include "world.h"

/* Systems P and S with title → Job Title, P first; HR says nothing. */
static struct world *two_sources(void) {
    struct world *w = world_examples();
    world_find_rule(w, "R1")->mappings.count = 0;
    static const char *const names[] = {"P", "S"};
    for (int i = 0; i < 2; i++) {
        world_system(w, names[i]);
        world_type(w, names[i], "person", "hrId||employeeId title phones:Text[] managerId:Reference");
        world_type(w, names[i], "robot", "hrId||employeeId title");
        world_match(w, names[i], "person", "employeeId", "User", "Employee_ID", true);
        world_rule(w, names[i], 'i', names[i], "person", "User", "p");
        world_map(w, names[i], "employeeId -> Employee_ID")->priority = i + 1;
        world_map(w, names[i], "title -> Job_Title")->priority = i + 1;
    }
    return w;
}

#define TWO(name)                                                                                                                  \
    static void name##_in(struct world *w);                                                                                        \
    static void name(void **state) {                                                                                               \
        (void)state;                                                                                                               \
        struct world *w = two_sources();                                                                                           \
        name##_in(w);                                                                                                              \
        world_free(w);                                                                                                             \
    }                                                                                                                              \
    static void name##_in(struct world *w)

static void put(struct world *w, const char *system, const char *values) {
    world_row(w, system, "person", "E1", arena_cstring(w->a, arena_print(w->a, "employeeId=E1;%s", values)));
}

static struct mvo *both(struct world *w, const char *p, const char *s) {
    put(w, "P", p);
    put(w, "S", s);
    world_sync(w, "P");
    world_sync(w, "S");
    assert_int_equal(w->identities.count, 1);
    return w->identities.at[0];
}

#define check_title(w, m, expected) check(world_explanation((w), (m), "Job Title"), (expected))

TWO(the_first_with_a_value_holds) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    check_title(w, m, "Value: P* Boss Holds, S Clerk RanksAfter");
    check(world_explanation(w, m, "Employee ID"), "Value: P* E1 Holds, S E1 RanksAfter");
}

TWO(no_value_is_no_opinion) {
    struct mvo *m = both(w, "", "title=Clerk");
    check_title(w, m, "Value: P - NoValue, S* Clerk Holds");
    put(w, "S", "");
    world_sync(w, "S");
    check_title(w, m, "NoContributor: P - NoValue, S - NoValue");
}

TWO(asserted_null) {
    world_mapping(w, "P", "Job Title")->null_is_value = true;
    check_title(w, both(w, "", "title=Clerk"), "AssertedNull: P* - Holds, S Clerk RanksAfter");
}

TWO(what_was_not_synchronised_yet) {
    struct mvo *m = both(w, "", "title=Clerk");
    put(w, "P", "title=Boss");
    check_title(w, m, "Value: P Boss NotSynchronisedYet, S* Clerk RanksAfter");
    world_sync(w, "P");
    check_title(w, m, "Value: P* Boss Holds, S Clerk RanksAfter");
    put(w, "P", "title=Chief");
    check_title(w, m, "Value: P* Chief NotSynchronisedYet, S Clerk RanksAfter");
    put(w, "P", "");
    check_title(w, m, "Value: P* - NoValue, S Clerk NotSynchronisedYet");
}

TWO(not_joined_and_disabled) {
    put(w, "S", "title=Clerk");
    world_sync(w, "S");
    struct mvo *m = w->identities.at[0];
    check_title(w, m, "Value: P - NotJoined, S* Clerk Holds");
    world_mapping(w, "P", "Job Title")->enabled = false;
    check_title(w, m, "Value: P - MappingDisabled, S* Clerk Holds");
    world_find_rule(w, "P")->enabled = false;
    check_title(w, m, "Value: P - RuleDisabled, S* Clerk Holds");
}

TWO(out_of_scope_and_obsolete) {
    struct mvo *m = both(w, "title=Boss", "title=Clerk");
    world_gone(w, "P", "E1");
    check_title(w, m, "Value: P* - ObjectNotNormal, S Clerk NotSynchronisedYet");
    world_sync(w, "P");
    check_title(w, m, "Value: P - NotJoined, S* Clerk Holds");
    world_scope(w, "S", "All", "title Equals Boss");
    check_title(w, m, "Value: P - NotJoined, S* - OutOfScope");
}

TWO(another_object_type) {
    world_rule(w, "robots", 'i', "P", "robot", "User", "p");
    world_map(w, "robots", "title -> Job_Title")->priority = 3;
    check_title(w, both(w, "title=Boss", "title=Clerk"), "Value: P* Boss Holds, S Clerk RanksAfter, P - OtherObjectType");
}

TWO(errors_of_expressions) {
    world_map(w, "P", "=ToNumber(cs[\"title\"] + \"x\") -> Email")->priority = 1;
    world_map(w, "S", "title -> Email")->priority = 2;
    put(w, "S", "title=Clerk");
    world_sync(w, "S");
    put(w, "P", "title=Boss");
    world_sync(w, "P");
    check(world_explanation(w, w->identities.at[0], "Email"), "Value: P - Error, S* Clerk Holds");
}

/* E2 matches nobody and is not projected: who refers to it waits. */
TWO(references_wait_for_their_targets) {
    world_map(w, "P", "managerId -> Manager");
    struct mvo *m = both(w, "title=Boss;managerId=E2", "");
    world_find_rule(w, "P")->project = false;
    world_row(w, "P", "person", "E2", "employeeId=E2");
    check(world_explanation(w, m, "Manager"), "NoContributor: P - WaitsForReference");
}

TWO(deleted_mappings_are_remembered) {
    struct mvo *m = both(w, "title=Boss", "");
    struct sync_rule *p = world_find_rule(w, "P");
    *LIST_ADD(w->a, &w->config->retired) =
        (struct retired_mapping){world_mapping(w, "P", "Job Title")->id, p->system, p->id, T("P"), T("P")};
    p->mappings.count--;
    check_title(w, m, "Value: S - NoValue");
}

TWO(frozen_in_the_grace_period) {
    world_delete_rule(w, "User", DELETE_WHEN_AUTHORITATIVE_SOURCE, SPECIFIC_SOURCES_DISCONNECT, "P", 7);
    struct mvo *m = both(w, "title=Boss", "");
    world_gone(w, "P", "E1");
    world_sync(w, "P");
    check_mv(w, m, "Job_Title", "Boss@P");
    check_title(w, m, "Value frozen: P* - NotJoined, S - NoValue");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_with_a_value_holds),
        cmocka_unit_test(no_value_is_no_opinion),
        cmocka_unit_test(asserted_null),
        cmocka_unit_test(what_was_not_synchronised_yet),
        cmocka_unit_test(not_joined_and_disabled),
        cmocka_unit_test(out_of_scope_and_obsolete),
        cmocka_unit_test(another_object_type),
        cmocka_unit_test(errors_of_expressions),
        cmocka_unit_test(references_wait_for_their_targets),
        cmocka_unit_test(deleted_mappings_are_remembered),
        cmocka_unit_test(frozen_in_the_grace_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
