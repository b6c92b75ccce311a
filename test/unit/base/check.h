/* What the tests of this layer share: one arena a test, comparisons that show both sides, errors by kind and words. */
#ifndef JOINERY_TEST_CHECK_H
#define JOINERY_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base.h"

#include <stdio.h>

static arena *a;

static inline int make_arena(void **state) {
    (void)state;
    a = arena_new(256 << 20);
    return 0;
}

static inline int drop_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static inline void check_text(text t, const char *expected, int line) {
    if (t.at && text_equal(t, text_of(expected))) return;
    fail_msg("line %d: \"%.*s\" instead of \"%s\"", line, TEXT_ARG(t), expected);
}
/* Compares bytes up to the end of the expected literal. */
#define CHECK_TEXT(t, expected) check_text((t), (expected), __LINE__)

static inline void check_error(error *e, int kind, const char *words, int line) {
    if (!e) fail_msg("line %d: no error, expected \"%s\"", line, words);
    if ((int)e->kind != kind || !strstr(e->sentence, words))
        fail_msg("line %d: kind %d \"%s\" instead of kind %d \"%s\"", line, (int)e->kind, e->sentence, kind, words);
    error_free(e);
}
/* The call must fail with this kind and a sentence that holds these words. */
#define CHECK_ERROR(call, kind, words) check_error((call), (kind), (words), __LINE__)

static inline void check_good(error *e, int line) {
    if (e) fail_msg("line %d: %s", line, e->sentence);
}
#define CHECK_GOOD(call) check_good((call), __LINE__)

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_arena, drop_arena)
#define RUN(tests) (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

#endif
