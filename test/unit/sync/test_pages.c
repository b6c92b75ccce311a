/* The size of pages and the order of objects in them change nothing (sync-engine §8.3, §8.5, invariant 45): the same story, lived
 * in pages of several sizes and with its objects in both orders, ends the same. */
#include "world.h"

#include <string.h>

#define GUID_ANN "aaaaaaaa-0000-0000-0000-000000000001"
#define GUID_BOSS "aaaaaaaa-0000-0000-0000-000000000002"
#define GUID_TEAM "aaaaaaaa-0000-0000-0000-000000000003"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static const size_t sizes[] = {1, 2, 500};

/* Lives the story in pages of each size, its objects in one order and the other; it says what came of it. */
static void always(const char *(*story)(struct world *w, bool backwards), const char *expected) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int backwards = 0; backwards < 2; backwards++) {
            struct world *w = world_examples();
            w->page_size = sizes[i];
            check(story(w, backwards), expected);
            world_free(w);
        }
    }
}

/* Ann and her boss, from HR. */
static void two_people(struct world *w) {
    world_row(w, "HR", "person", "1", "employeeId=E1;managerId=2");
    world_row(w, "HR", "person", "2", "employeeId=E2");
    world_sync(w, "HR");
}

static struct cso *account_of(struct world *w, bool boss) {
    return boss ? world_account(w, "AD", "user", GUID_BOSS, "distinguishedName=" DN("Boss") ";employeeID=E2",
                                world_mvo(w, "Employee_ID", "E2"))
                : world_account(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1;manager=" DN("Boss"),
                                world_mvo(w, "Employee_ID", "E1"));
}

/* Ann's manager has left the directory, and lives on elsewhere. */
static const char *manager_left_the_target(struct world *w, bool backwards) {
    two_people(w);
    world_find_rule(w, "R2")->enabled = true;
    world_map(w, "R2", "Manager -> manager");
    account_of(w, backwards);
    account_of(w, !backwards);
    world_gone(w, "AD", GUID_BOSS);
    w->configuration_changed = true;
    world_sync(w, "AD");
    return world_pe_text(w, world_cso(w, "AD", GUID_ANN));
}

static void a_reference_to_an_object_that_left_the_target_is_open(void **state) {
    (void)state;
    always(manager_left_the_target, "Update Pending manager:=#1001");
}

/* Ann's manager is a new one, who has left already: his row goes in this very run. */
static const char *manager_on_his_way_out(struct world *w, bool backwards) {
    world_find_rule(w, "R1")->out_of_scope = OUT_OF_SCOPE_REMAIN_JOINED;
    world_row(w, "HR", "person", backwards ? "2" : "1", backwards ? "employeeId=E2" : "employeeId=E1");
    world_row(w, "HR", "person", backwards ? "1" : "2", backwards ? "employeeId=E1" : "employeeId=E2");
    world_sync(w, "HR");
    world_row(w, "HR", "person", "1", "employeeId=E1;managerId=2");
    world_gone(w, "HR", "2");
    world_sync(w, "HR");
    return world_mv(w, world_mvo(w, "Employee_ID", "E1"), "Manager");
}

static void invariant_4_what_is_on_its_way_out_is_nobody_s_reference(void **state) {
    (void)state;
    always(manager_on_his_way_out, "-");
}

/* ---- A group whose member joins, or leaves, in the run in which the group is judged ---- */

static struct mvo *team_of_one(struct world *w) {
    world_type(w, "HR", "team", "teamId||members:Reference[]");
    world_rule(w, "R3", 'i', "HR", "team", "Group", "p");
    world_map(w, "R3", "teamId -> Display_Name");
    world_map(w, "R3", "members -> Members");
    world_rule(w, "R4", 'o', "AD", "group", "Group", "");
    world_map(w, "R4", "Members -> member");
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_row(w, "HR", "team", "t", "members=1");
    world_sync(w, "HR");
    return world_mvo(w, "Display_Name", "t");
}

static void group_of(struct world *w, struct mvo *team) {
    world_account(w, "AD", "group", GUID_TEAM, "distinguishedName=" DN("Team") ";member=" DN("Ann"), team);
}

static const char *member_leaves(struct world *w, bool backwards) {
    struct mvo *team = team_of_one(w);
    world_rule(w, "R5", 'i', "AD", "user", "User", "");
    world_scope(w, "R5", "All", "department Equals IT");
    if (backwards) group_of(w, team);
    account_of(w, false);
    if (!backwards) group_of(w, team);
    world_sync(w, "AD");
    return world_pe_text(w, world_cso(w, "AD", GUID_TEAM));
}

static void drift_of_a_group_whose_member_leaves_in_the_same_run(void **state) {
    (void)state;
    always(member_leaves, "Update Pending member+=#1000 member-=" DN("Ann"));
}

static const char *member_joins(struct world *w, bool backwards) {
    struct mvo *team = team_of_one(w);
    if (backwards) group_of(w, team);
    world_row(w, "AD", "user", GUID_ANN, "distinguishedName=" DN("Ann") ";employeeID=E1");
    if (!backwards) group_of(w, team);
    world_sync(w, "AD");
    assert_int_not_equal(world_cso(w, "AD", GUID_ANN)->mvo, 0);
    return world_pe_text(w, world_cso(w, "AD", GUID_TEAM));
}

static void drift_of_a_group_whose_member_joins_in_the_same_run(void **state) {
    (void)state;
    always(member_joins, "none");
}

/* ---- §8.5 no. 1: no duplicate item ---- */

static const char *waits_and_stages(struct world *w, bool backwards) {
    int lines = 0;
    world_row(w, "HR", "person", "1", "employeeId=E1;managerId=2");
    world_sync(w, "HR");
    world_find_rule(w, "R2")->enabled = true;
    w->configuration_changed = true;
    world_row(w, "HR", "person", "2", "employeeId=E2");
    world_sync(w, "HR");
    for (const char *at = world_told(w); at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) lines += !strncmp(at, "1 ", 2);
    (void)backwards;
    return arena_cstring(w->a, arena_print(w->a, "%d", lines));
}

static void an_item_that_exports_began_is_completed_by_late_references(void **state) {
    (void)state;
    always(waits_and_stages, "1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_to_an_object_that_left_the_target_is_open),
        cmocka_unit_test(invariant_4_what_is_on_its_way_out_is_nobody_s_reference),
        cmocka_unit_test(drift_of_a_group_whose_member_leaves_in_the_same_run),
        cmocka_unit_test(drift_of_a_group_whose_member_joins_in_the_same_run),
        cmocka_unit_test(an_item_that_exports_began_is_completed_by_late_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
