/* References of the connector space whose targets are renamed (sync-engine §6 rules 1 and 6, invariant 21): who is resolved follows
 * its target, by delta imports and by our own exports, until an import brings its own text again. */
#include "px.h"

#include "world_private.h"

#define GUID1 "00000000-0000-0000-0000-000000000001"
#define GUID2 "00000000-0000-0000-0000-000000000002"
#define GUID3 "00000000-0000-0000-0000-000000000003"
#define GROUP "22222222-2222-2222-2222-222222222222"
#define USER(guid, name) "user;objectGUID=" guid ";distinguishedName=" name "\n"
#define MEMBERS(names) "group;objectGUID=" GROUP ";distinguishedName=CN=G;member=" names "\n"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static void pages(struct world *w, const char *page) {
    px_of("AD")->pages.count = 0;
    px_page(w, "AD", page);
}

static void full(struct world *w, const char *page) {
    pages(w, page);
    FULL(w, "AD");
}

static void delta(struct world *w, const char *page) {
    pages(w, page);
    DELTA(w, "AD");
}

static struct cso *group(struct world *w) { return world_cso(w, "AD", GROUP); }
static const char *members(struct world *w) { return world_cs(w, group(w), "member"); }

/* The first member. */
static int64_t target(struct world *w) {
    return attributes_first(&group(w)->values, world_attribute(w, "AD", "member")->id)->reference.target;
}

TEST(follows_a_rename) {
    struct world *w = *state;
    world_unresolved(w, "AD", UNRESOLVED_IGNORE);
    full(w, USER(GUID1, "CN=Ann") USER(GUID2, "CN=Bob") MEMBERS("cn=ann|CN=Bob|CN=Nobody"));
    instant before = group(w)->updated;
    delta(w, USER(GUID1, "CN=Ann Lee"));
    check(world_told(w), GUID1 " Updated: CsoUpdated=2");
    check(members(w), ">CN=Ann Lee|>CN=Bob|CN=Nobody");
    assert_true(group(w)->updated.ticks == before.ticks); /* whom it means is as it was */
    delta(w, MEMBERS("CN=Ann Lee|CN=Bob|CN=Nobody"));
    assert_int_equal(w->items.count, 0);
    full(w,
         USER(GUID1, "CN=Ann Lee") USER(GUID2, "CN=Bob") MEMBERS("cn=ann|CN=Bob|CN=Nobody")); /* the system has another opinion */
    check(world_told(w), GROUP " Updated: CsoUpdated=2");
    check(members(w), ">CN=Bob|CN=Nobody|cn=ann");
}

/* What one import brings holds, in whichever order it comes. */
TEST(text_of_the_same_import) {
    struct world *w = *state;
    static const char *const orders[] = {USER(GUID1, "CN=New") MEMBERS("CN=Ann"), MEMBERS("CN=Ann") USER(GUID1, "CN=New")};
    for (int page = 0; page < 2; page++)
        for (int order = 0; order < 2; order++) {
            world_unresolved(w, "AD", UNRESOLVED_IGNORE);
            full(w, USER(GUID1, "CN=Ann") MEMBERS("CN=Ann"));
            px_of("AD")->pages.count = 0;
            px_page(w, "AD", page ? arena_print(w->a, "%.*s", (int)strcspn(orders[order], "\n"), orders[order]).at : orders[order]);
            if (page) px_page(w, "AD", strchr(orders[order], '\n') + 1);
            DELTA(w, "AD");
            check(members(w), "CN=Ann");
        }
}

/* Who takes a name that has become free is not taken for who had it. */
TEST(name_taken_by_another) {
    struct world *w = *state;
    full(w, USER(GUID1, "CN=Ann") MEMBERS("CN=Ann"));
    delta(w, USER(GUID3, "CN=Ann") USER(GUID1, "CN=Ann Lee"));
    check(members(w), ">CN=Ann Lee");
    assert_true(target(w) == world_cso(w, "AD", GUID1)->id);
    full(w, USER(GUID1, "CN=Ann May") USER(GUID3, "CN=Ann Lee") MEMBERS("CN=Ann Lee")); /* now the system says so itself */
    assert_true(target(w) == world_cso(w, "AD", GUID3)->id);
    full(w, USER(GUID1, "CN=A") USER(GUID2, "CN=B") MEMBERS("CN=A"));
    delta(w, USER(GUID1, "CN=B") USER(GUID2, "CN=A"));
    check(members(w), ">CN=B");
    assert_true(target(w) == world_cso(w, "AD", GUID1)->id);
}

/* A name that two had was nobody's; it leads to the one who is left. */
TEST(ambiguous_name) {
    struct world *w = *state;
    world_unresolved(w, "AD", UNRESOLVED_IGNORE);
    full(w, USER(GUID1, "CN=X") USER(GUID2, "cn=x") MEMBERS("CN=X"));
    check(members(w), "CN=X");
    delta(w, USER(GUID1, "CN=Y"));
    check(members(w), ">CN=X");
    assert_true(text_equal(world_cso(w, "AD", "cn=x")->external_id, T(GUID2)));
}

/* What has left the system gives way at once to who bears its name now (invariant 4). */
TEST(name_of_one_who_left) {
    struct world *w = *state;
    full(w, USER(GUID1, "CN=Ann") MEMBERS("CN=Ann"));
    full(w, USER(GUID3, "cn=ann") MEMBERS("CN=Ann"));
    check(world_told(w), GUID1 " Deleted: DeletionDetected\n" GUID3 " Added: CsoAdded");
    check(members(w), ">CN=Ann");
    assert_true(target(w) == world_cso(w, "AD", GUID3)->id);
    full(w, MEMBERS("CN=Ann") USER(GUID2, "CN=Bob"));
    delta(w, USER(GUID1, "CN=Ann May")); /* of two who are gone, one is back under another name */
    assert_true(target(w) == world_cso(w, "AD", GUID3)->id);
}

TEST(follows_our_own_export) {
    struct world *w = *state;
    world_r2(w, NULL);
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    FULL(w, "HR");
    SYNC(w, "HR");
    EXPORT(w, "AD");
    px_object(w, "AD", "group;objectGUID=" GROUP ";distinguishedName=CN=G;member=" DN("Ann Lee"));
    FULL(w, "AD");
    check(members(w), ">" DN("Ann Lee"));
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann May;department=IT");
    FULL(w, "HR");
    SYNC(w, "HR");
    EXPORT(w, "AD");
    check(world_cs(w, world_connector(w, "1", "AD"), "distinguishedName"), DN("Ann May"));
    check(members(w), ">" DN("Ann May"));
    FULL(w, "AD"); /* this directory does not keep references: what it says is what holds */
    check(members(w), DN("Ann Lee"));
}

/* Only what an object that the system knows was called can be referred to there (W58: a planned name is none). */
TEST(planned_names) {
    struct world *w = *state;
    world_r2(w, NULL);
    world_unresolved(w, "AD", UNRESOLVED_IGNORE);
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann Lee");
    FULL(w, "HR");
    SYNC(w, "HR");
    full(w, MEMBERS(DN("Ann Lee")));
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann May");
    FULL(w, "HR");
    SYNC(w, "HR");
    check(world_cs(w, world_connector(w, "1", "AD"), "distinguishedName"), DN("Ann May"));
    check(members(w), DN("Ann Lee"));
}

/* Two of one name are one text to the system that is told of both. */
TEST(invariant_16_two_members_of_one_name) {
    struct world *w = *state;
    world_r2(w, NULL);
    world_type(w, "PX", "group", "gid||members:Reference[]");
    world_rule(w, "RP", 'i', "PX", "person", "p");
    world_map(w, "RP", "displayName -> Display_Name");
    world_rule(w, "RG", 'i', "PX", "group", "p");
    world_map(w, "RG", "members -> Members");
    world_rule(w, "RX", 'o', "AD", "group", "p");
    world_map(w, "RX", "=\"CN=G\" -> distinguishedName");
    world_map(w, "RX", "Members -> member");
    px_page(w, "PX", "person;hrId=1;displayName=Ann Lee\nperson;hrId=2;displayName=Ann Lee\ngroup;gid=g;members=1|2");
    FULL(w, "PX");
    SYNC(w, "PX");
    EXPORT(w, "AD");
    check(world_cs(w, world_cso(w, "AD", "CN=G"), "member"), DN("Ann Lee"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(follows_a_rename),      CASE(text_of_the_same_import),
        CASE(name_taken_by_another), CASE(ambiguous_name),
        CASE(name_of_one_who_left),  CASE(follows_our_own_export),
        CASE(planned_names),         CASE(invariant_16_two_members_of_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
