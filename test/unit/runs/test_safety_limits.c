/* The limits of safety as pure functions: what passes and what does not (operations §23). */
#include "world.h"

#include "runs/safety.h"

static struct safety_policy policy(void) {
    struct safety_policy p;
    for (unsigned i = 0; i < SAFETY_LIMIT_COUNT; i++) p.limit[i] = safety_default((enum safety_limit)i);
    return p;
}

TEST(ten_of_a_hundred_pass_and_eleven_do_not) {
    (void)state;
    struct safety_policy p = policy();
    assert_int_equal(safety_judge(&p, GUARD_IMPORT_DELETIONS, 4, 100), SAFETY_FINE);
    assert_int_equal(safety_judge(&p, GUARD_IMPORT_DELETIONS, 5, 100), SAFETY_HALF);
    assert_int_equal(safety_judge(&p, GUARD_IMPORT_DELETIONS, 10, 100), SAFETY_HALF);
    assert_int_equal(safety_judge(&p, GUARD_IMPORT_DELETIONS, 11, 100), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 10, 100), SAFETY_HALF);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 11, 100), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_EXPORT_DELETES, 11, 100), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_METAVERSE_DELETIONS, 11, 100), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_METAVERSE_DELETIONS, INT64_C(100001), 1000000), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_METAVERSE_DELETIONS, INT64_C(100000), 1000000), SAFETY_HALF);
}

TEST(creations_and_changes_are_not_limited_by_default) {
    (void)state;
    struct safety_policy p = policy();
    assert_int_equal(safety_judge(&p, GUARD_EXPORT_CREATES, 1000, 100), SAFETY_FINE);
    assert_int_equal(safety_judge(&p, GUARD_EXPORT_UPDATES, 1000, 100), SAFETY_FINE);
}

TEST(fortynine_objects_count_nothing) {
    (void)state;
    struct safety_policy p = policy();
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 49, 49), SAFETY_FINE);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 6, 50), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 5, 50), SAFETY_HALF);
}

TEST(either_limit_suffices_and_a_number_counts_always) {
    (void)state;
    struct safety_policy p = policy();
    p.limit[LIMIT_DISCONNECT_COUNT] = 3;
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 3, 1000), SAFETY_HALF);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 4, 1000), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 4, 10), SAFETY_EXCEEDED);
    p.limit[LIMIT_DISCONNECT_COUNT] = 1000;
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 101, 1000), SAFETY_EXCEEDED);
    p.limit[LIMIT_DISCONNECT_PERCENT] = SAFETY_OFF;
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 101, 1000), SAFETY_FINE);
    p.limit[LIMIT_DISCONNECT_COUNT] = 0;
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 1, 1000), SAFETY_EXCEEDED);
    assert_int_equal(safety_judge(&p, GUARD_DISCONNECTS, 0, 1000), SAFETY_FINE);
}

TEST(errors_count_after_a_hundred_objects) {
    (void)state;
    struct safety_policy p = policy();
    assert_false(safety_too_many_errors(&p, 99, 99));
    assert_false(safety_too_many_errors(&p, 50, 100));
    assert_true(safety_too_many_errors(&p, 51, 100));
    p.limit[LIMIT_ERROR_PERCENT] = 100;
    assert_false(safety_too_many_errors(&p, 100, 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_of_a_hundred_pass_and_eleven_do_not),
        cmocka_unit_test(creations_and_changes_are_not_limited_by_default),
        cmocka_unit_test(fortynine_objects_count_nothing),
        cmocka_unit_test(either_limit_suffices_and_a_number_counts_always),
        cmocka_unit_test(errors_count_after_a_hundred_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
