/* The values of filters (public-data-api §6.1, §6.2, §10): what is accepted, and what is refused with its pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "search/private.h"

static bool reads(arena *a, enum field_type type, enum search_condition condition, const char *json, struct search_values *out,
                  struct problems *problems) {
    const struct json *value = NULL;
    if (json && json_read(a, text_of(json), (struct json_limits){0}, &value, NULL)) fail_msg("no JSON: %s", json);
    return search_value_read(a, type, condition, value, "value", problems, out);
}

static const struct {
    enum field_type type;
    enum search_condition condition;
    const char *json;
    bool good;
    int64_t number;
} cases[] = {
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "2147483647", true, 2147483647},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "\"-2147483648\"", true, INT64_C(-2147483648)},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "2147483648", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "\"1.5\"", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "1.0", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "1e2", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "\"+1\"", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "\" 1\"", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "\"\"", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "true", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, "null", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_EQUALS, NULL, false, 0},
    {FIELD_TYPE_LONG_NUMBER, CONDITION_EQUALS, "9223372036854775807", true, INT64_MAX},
    {FIELD_TYPE_LONG_NUMBER, CONDITION_EQUALS, "9223372036854775808", false, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "\"-1.50\"", true, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "15e-1", true, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "\"1e2\"", false, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "\"1.\"", false, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "\".5\"", false, 0},
    {FIELD_TYPE_DECIMAL, CONDITION_EQUALS, "1e400", false, 0},
    {FIELD_TYPE_BOOLEAN, CONDITION_EQUALS, "\"true\"", true, 1},
    {FIELD_TYPE_BOOLEAN, CONDITION_EQUALS, "false", true, 0},
    {FIELD_TYPE_BOOLEAN, CONDITION_EQUALS, "\"True\"", false, 0},
    {FIELD_TYPE_BOOLEAN, CONDITION_EQUALS, "1", false, 0},
    {FIELD_TYPE_GUID, CONDITION_EQUALS, "\"0F0F0F0F-0000-4000-8000-00000000000a\"", true, 0},
    {FIELD_TYPE_GUID, CONDITION_EQUALS, "\"{0F0F0F0F-0000-4000-8000-00000000000a}\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T02:00:00+0200\"", true, TICKS_1970},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T00:00:00Z\"", true, TICKS_1970},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1969-12-31T19:30:00-04:30\"", true, TICKS_1970},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"0001-01-01T00:00:00+0200\"", true, -72000000000},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T00:00:00\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T00:00:00.5Z\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T00:00:60Z\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T24:00:00Z\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01T00:00:00+0260\"", false, 0},
    {FIELD_TYPE_DATETIME, CONDITION_EQUALS, "\"1970-01-01 00:00:00Z\"", false, 0},
    {FIELD_TYPE_DATE, CONDITION_EQUALS, "\"1970-01-01T23:59:59-0500\"", true, TICKS_1970},
    {FIELD_TYPE_DATE, CONDITION_EQUALS, "\"2020-02-30T00:00:00+0000\"", false, 0},
    {FIELD_TYPE_DATE, CONDITION_EQUALS, "\"2020-01-02\"", false, 0},
    {FIELD_TYPE_DATE, CONDITION_EQUALS, "\"0000-01-01T00:00:00Z\"", false, 0},
    {FIELD_TYPE_TIME, CONDITION_EQUALS, "\"2020-01-01T00:00:07+0200\"", true, 70000000},
    {FIELD_TYPE_TEXT, CONDITION_EQUALS, "5", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_EQUALS, "[\"a\"]", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_EQUALS, "\"\"", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_LIKE, "\"a\\\\\"", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_LIKE, "\"a\\\\\\\\\"", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_LIKE, "\"****************\"", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_LIKE, "\"*****************\"", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_LIKE, "\"****************\\\\*\\\\?\"", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_BETWEEN, "[\"b\",\"a\"]", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_BETWEEN, "[\"a\",\"a\"]", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_BETWEEN, "[\"a\"]", false, 0},
    {FIELD_TYPE_TEXT, CONDITION_BETWEEN, "\"a\"", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_IN, "[]", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_IN, "[1,null]", false, 0},
    {FIELD_TYPE_NUMBER, CONDITION_IN, "[1,\"2\"]", true, 1},
    {FIELD_TYPE_BINARY, CONDITION_IS_EMPTY, NULL, true, 0},
    {FIELD_TYPE_BINARY, CONDITION_IS_EMPTY, "null", true, 0},
    {FIELD_TYPE_TEXT, CONDITION_IS_EMPTY, "\"\"", false, 0},
};

static void test_values(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct search_values out;
        struct problems problems = {.a = a};
        bool good = reads(a, cases[i].type, cases[i].condition, cases[i].json, &out, &problems);
        const char *json = cases[i].json ? cases[i].json : "nothing";
        if (good != cases[i].good) fail_msg("%s as %s", json, enum_name(&field_type_names, cases[i].type));
        if (good != (problems.count == 0)) fail_msg("%s: %zu problems", json, problems.count);
        if (good && out.count && out.at[0].number != cases[i].number) fail_msg("%s is %lld", json, (long long)out.at[0].number);
        if (!good && !text_starts_with(problems.at[0].pointer, T("/value"))) fail_msg("%s: pointer", json);
    }
}

static void test_limits(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    for (int over = 0; over < 2; over++) {
        OWNED_VALUE(buffer) long_text = {.max = 1 << 20}, list = {.max = 1 << 20};
        struct search_values out;
        struct problems problems = {.a = a};
        buffer_byte(&long_text, '"');
        for (int i = 0; i < SEARCH_VALUE_BYTES + over; i++) buffer_byte(&long_text, 'x');
        buffer_print(&long_text, "\"%c", 0);
        buffer_byte(&list, '[');
        for (int i = 0; i < SEARCH_LIST_VALUES + over; i++) buffer_print(&list, "%s%d", i ? "," : "", i);
        buffer_print(&list, "]%c", 0);
        assert_int_equal(reads(a, FIELD_TYPE_TEXT, CONDITION_EQUALS, long_text.at, &out, &problems), !over);
        assert_int_equal(reads(a, FIELD_TYPE_NUMBER, CONDITION_IN, list.at, &out, &problems), !over);
    }
    struct search_values out;
    struct problems problems = {.a = a};
    assert_false(reads(a, FIELD_TYPE_NUMBER, CONDITION_IN, "[1,\"x\",2]", &out, &problems));
    assert_int_equal(problems.count, 1);
    assert_true(text_equal(problems.at[0].pointer, T("/value/1")));
}

/* The table of §6.2, and that a negative condition has what its positive one has. */
static void test_conditions(void **state) {
    (void)state;
    assert_true(condition_fits(CONDITION_EQUALS, FIELD_TYPE_GUID));
    assert_false(condition_fits(CONDITION_EQUALS, FIELD_TYPE_BINARY));
    assert_false(condition_fits(CONDITION_CONTAINS, FIELD_TYPE_NUMBER));
    assert_false(condition_fits(CONDITION_GREATER_THAN, FIELD_TYPE_BOOLEAN));
    assert_false(condition_fits(CONDITION_BETWEEN, FIELD_TYPE_REFERENCE));
    assert_true(condition_fits(CONDITION_LESS_THAN, FIELD_TYPE_TEXT));
    assert_true(condition_fits(CONDITION_IS_EMPTY, FIELD_TYPE_BINARY));
    for (unsigned i = 0; i < SEARCH_CONDITION_COUNT; i++) {
        const struct condition_rule *rule = &condition_rules[i], *positive = &condition_rules[rule->positive];
        assert_int_equal(rule->types, positive->types);
        assert_int_equal(rule->takes, positive->takes);
        assert_int_equal(positive->positive, rule->positive);
    }
}

static void test_patterns(void **state) {
    static const struct {
        const char *pattern, *text;
        bool matches;
    } all[] = {
        {"", "", true},           {"", "a", false},        {"*", "", true},          {"?", "", false},        {"?", "Å", true},
        {"a*", "a", true},        {"*a", "ba", true},      {"*a", "ab", false},      {"a*a", "a", false},     {"a*a", "aa", true},
        {"a*b*c", "abbc", true},  {"a*b*c", "acb", false}, {"*ab?", "xabab", false}, {"*ab?", "ababx", true}, {"\\*", "*", true},
        {"\\*", "a", false},      {"%", "x", false},       {"_", "x", false},        {"?*?", "x", false},     {"?*?", "xy", true},
        {"**", "x", true},        {"a\\\\", "a\\", true},  {"*?a", "ba", true},      {"*?a", "a", false},     {"a?", "aÅ", true},
        {"*b?d*", "abbcd", true},
    };
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct pattern p;
        pattern_read(a, text_of(all[i].pattern), &p);
        if (pattern_matches(&p, text_of(all[i].text)) != all[i].matches) fail_msg("'%s' on '%s'", all[i].pattern, all[i].text);
    }
}

/* The keys of numbers have the order of the numbers, and give them back. */
static void test_keys(void **state) {
    static const char *const ordered[] = {"-9223372036854775808",
                                          "-100",
                                          "-99.5",
                                          "-99",
                                          "-10",
                                          "-9",
                                          "-1.55",
                                          "-1.5",
                                          "-1.25",
                                          "-1",
                                          "-0.5",
                                          "-0.001",
                                          "0",
                                          "0.001",
                                          "0.5",
                                          "1",
                                          "1.25",
                                          "1.5",
                                          "9",
                                          "10",
                                          "99",
                                          "99.5",
                                          "100",
                                          "9223372036854775807"};
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    text last = {0};
    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++) {
        decimal d, back;
        int64_t n, m;
        assert_true(decimal_read(text_of(ordered[i]), &d));
        text key = index_key(a, &(struct value){.type = TYPE_DECIMAL, .decimal = &d});
        if (text_compare(last, key) >= 0) fail_msg("%s stands wrong: %.*s", ordered[i], TEXT_ARG(key));
        assert_true(index_key_decimal(key, &back));
        assert_int_equal(decimal_compare(d, back), 0);
        if (text_to_int64(text_of(ordered[i]), &n)) {
            assert_true(text_equal(key, index_key(a, &(struct value){.type = TYPE_LONG_NUMBER, .integer = n})));
            assert_true(index_key_number(key, &m));
            assert_int_equal(n, m);
        }
        last = key;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_conditions), cmocka_unit_test(test_patterns),
                                       cmocka_unit_test(test_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
