/* Imports by the worked examples W1 … W18. */
#include "px.h"

TEST(w1) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;displayName=Ann\nhrId=2;displayName=Bob");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    check(world_told(w), "1 Added: CsoAdded\n2 Added: CsoAdded");
    assert_int_equal(w->run.counters.added, 2);
    assert_int_equal(world_csos(w, "HR").count, 2);
    assert_int_equal(world_cso(w, "HR", "1")->status, CSO_NORMAL);
    assert_int_equal(world_cso(w, "HR", "2")->status, CSO_NORMAL);
    /* invariant 39 */
    for (EACH(const struct run_item, item, &w->items)) {
        assert_true(item->display_name.len == 3);
        check(item->object_type.at, "person");
    }
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(w1, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
