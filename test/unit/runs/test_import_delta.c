/* Deltas: they look up the objects that they deliver, and load every key only when they deliver very many. */
#include "px.h"

enum { STORED = 20, DELIVERED = 1200, PAGE = 400 };

static void numbered_page(struct world *w, int from, int to, const char *rest) {
    text all = {0};
    for (int i = from; i < to; i++) all = arena_print(w->a, "%.*s%sperson;hrId=%d%s", TEXT_ARG(all), i > from ? "\n" : "", i, rest);
    px_page(w, "PX", all.at);
}

static void import_some(struct world *w, int count) {
    numbered_page(w, 0, count, "");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    px_of("PX")->pages.count = 0;
}

/* Changed, new, deleted, unknown, twice: as if every key were known. */
TEST(looks_up_what_it_delivers) {
    struct world *w = *state;
    import_some(w, 5);
    px_page(w, "PX",
            "person;hrId=1;title=new;managerId=4\nperson;hrId=7;managerId=8\n-person;hrId=3\n-person;hrId=99\nperson;hrId=2");
    px_page(w, "PX", "person;hrId=1;title=again\nperson;hrId=8;managerId=7\nperson;hrId=9;managerId=77");
    assert_int_equal(DELTA(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "1 NotSet!DuplicateObject\n1 Updated: CsoUpdated=2\n3 Deleted: DeletionDetected\n7 Added: CsoAdded\n"
                         "8 Added: CsoAdded\n9 Added!UnresolvedReference: CsoAdded");
    check(world_cs(w, world_cso(w, "PX", "1"), "managerId"), ">4"); /* an object that was not delivered */
    check(world_cs(w, world_cso(w, "PX", "7"), "managerId"), ">8");
    assert_int_equal(world_cso(w, "PX", "3")->status, CSO_OBSOLETE);
    assert_int_equal(world_cso(w, "PX", "0")->status, CSO_NORMAL);
    assert_int_equal(world_csos(w, "PX").count, 8);
}

/* What is refused is told of the stored object, which is found by its name. */
TEST(refuses_a_stored_object) {
    struct world *w = *state;
    import_some(w, 3);
    px_page(w, "PX", "person;hrId=1;hrId=1;title=x");
    DELTA(w, "PX");
    assert_int_equal(w->items.count, 1);
    assert_int_equal(w->items.at[0].error, ITEM_DUPLICATE_ATTRIBUTES);
    assert_int_equal(w->items.at[0].cso, world_cso(w, "PX", "1")->id);
}

/* A value that was exported is confirmed by a delta. */
TEST(confirms) {
    struct world *w = *state;
    import_some(w, 3);
    struct cso *o = world_cso(w, "PX", "1");
    struct staged_change title = {.attribute = world_attribute(w, "PX", "title")->id,
                                  .change = CHANGE_UPDATE,
                                  .has_value = true,
                                  .value = {.type = TYPE_TEXT, .text = T("sent")},
                                  .attempts = 1,
                                  .status = CHANGE_EXPORTED};
    struct pending_export p = {.system = o->system,
                               .cso = o->id,
                               .change = EXPORT_UPDATE,
                               .status = EXPORT_EXPORTED,
                               .max_retries = 5,
                               .created = {1},
                               .changes = {.at = &title, .count = 1, .room = 1}};
    OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &p.id));
    world_write_pe(w, NULL, &p);
    px_page(w, "PX", "person;hrId=1;title=sent");
    DELTA(w, "PX");
    assert_int_equal(w->run.counters.pending_exports_confirmed, 1);
    check(world_pe_text(w, world_cso(w, "PX", "1")), "none");
}

/* On the third page more was asked for than it costs to read every key; a key of the first page is known then, too. */
TEST(a_large_delta_loads_the_rest) {
    struct world *w = *state;
    import_some(w, STORED);
    numbered_page(w, STORED / 2, PAGE, ";title=new;managerId=3");
    numbered_page(w, PAGE, 2 * PAGE, "");
    numbered_page(w, 2 * PAGE, DELIVERED, ";managerId=4");
    px_page(w, "PX", "person;hrId=12;title=twice\nperson;hrId=2;title=late\n-person;hrId=5");
    DELTA(w, "PX");
    assert_int_equal(w->run.counters.added, DELIVERED - STORED);
    assert_int_equal(w->run.counters.errors, 1);
    check(world_cs(w, world_cso(w, "PX", "12"), "title"), "new");
    check(world_cs(w, world_cso(w, "PX", "2"), "title"), "late");
    check(world_cs(w, world_cso(w, "PX", "900"), "managerId"), ">4");
    assert_int_equal(world_cso(w, "PX", "5")->status, CSO_OBSOLETE);
    assert_int_equal(world_csos(w, "PX").count, DELIVERED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(looks_up_what_it_delivers),
        CASE(refuses_a_stored_object),
        CASE(confirms),
        CASE(a_large_delta_loads_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
