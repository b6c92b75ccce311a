/* Rate limits: windows that slide, windows that are fixed, buckets that are forgotten (operations §4). */
#include "api/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

static int taken(rate_limiter *r, const struct caller *caller, int64_t at, int times) {
    int allowed = 0;
    for (int i = 0; i < times; i++) allowed += rate_limit_known(r, caller, at) == 0;
    return allowed;
}

static void known_callers_have_a_sliding_minute(void **state) {
    (void)state;
    OWNED(rate_limiter) r = rate_limiter_new();
    struct caller caller = {.kind = BY_API_KEY, .id = {{1}}}, other = {.kind = BY_API_KEY, .id = {{2}}};
    int64_t start = 6000 * second;
    assert_int_equal(taken(r, &caller, start, 200), 200);
    assert_int_equal(taken(r, &caller, start + 25 * second, 200), 100);
    assert_int_equal(rate_limit_known(r, &caller, start + 25 * second), 35); /* when the first segment leaves the window */
    assert_int_equal(taken(r, &other, start + 25 * second, 400), 300);
    assert_int_equal(taken(r, &caller, start + 59 * second, 1), 0);
    assert_int_equal(taken(r, &caller, start + 60 * second, 400), 200);
    assert_int_equal(taken(r, &caller, start + 1000 * second, 400), 300);
}

static void others_have_a_fixed_minute_by_address(void **state) {
    (void)state;
    OWNED(rate_limiter) r = rate_limiter_new();
    int64_t at = 6000 * second;
    for (int i = 0; i < 30; i++) assert_int_equal(rate_limit_unknown(r, T("192.0.2.1"), at + 59 * second), 0);
    assert_int_equal(rate_limit_unknown(r, T("192.0.2.1"), at + 59 * second), 1);
    assert_int_equal(rate_limit_unknown(r, T("192.0.2.2"), at + 59 * second), 0);
    assert_int_equal(rate_limit_unknown(r, T("192.0.2.1"), at + 60 * second), 0);
    for (int i = 0; i < 30; i++) assert_int_equal(rate_limit_unknown(r, T("2001:db8::1"), at), 0);
    assert_true(rate_limit_unknown(r, T("2001:db8::2"), at) > 0); /* the same /64 */
    assert_int_equal(rate_limit_unknown(r, T("2001:db8:0:1::1"), at), 0);
}

static void infrastructure_is_exempt(void **state) {
    (void)state;
    OWNED(rate_limiter) r = rate_limiter_new();
    struct caller caller = {.kind = BY_API_KEY, .id = {{1}}, .infrastructure = true};
    assert_int_equal(taken(r, &caller, second, 1000), 1000);
}

static void many_addresses_do_not_grow_it(void **state) {
    (void)state;
    OWNED(rate_limiter) r = rate_limiter_new();
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(rate_limit_unknown(r, text_of(name), i), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_callers_have_a_sliding_minute),
        cmocka_unit_test(others_have_a_fixed_minute_by_address),
        cmocka_unit_test(infrastructure_is_exempt),
        cmocka_unit_test(many_addresses_do_not_grow_it),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
