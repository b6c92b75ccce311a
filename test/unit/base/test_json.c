/* The JSON reader's strictness, limits and positions; the writer's escapes and commas. */
#include "check.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>

static const struct json_limits plain = {0}, strict = {.refuse_repeated = true},
                                strictest = {.refuse_repeated = true, .repeated_any_case = true};

static const struct json *read(const char *source) {
    const struct json *v = NULL;
    error *e = json_read(a, text_of(source), plain, &v, NULL);
    if (e) fail_msg("%s: %s", source, e->sentence);
    return v;
}

static void kinds_and_children(void **state) {
    (void)state;
    const struct json *v = read(" {\"a\": [1, -2.5e+3, true, false, null], \"b\": {\"c\": \"x\"}, \"\": {}, \"d\":[]}\r\n\t ");
    assert_int_equal(v->kind, JSON_OBJECT);
    assert_int_equal(v->count, 4);
    assert_int_equal(v->offset, 1);
    const struct json *list = json_member(v, T("a"));
    assert_int_equal(list->kind, JSON_ARRAY);
    assert_int_equal(list->count, 5);
    assert_int_equal(list->offset, 7);
    const enum json_kind kinds[] = {JSON_NUMBER, JSON_NUMBER, JSON_BOOL, JSON_BOOL, JSON_NULL};
    size_t i = 0;
    for (EACH_JSON(child, list)) assert_int_equal(child->kind, kinds[i++]);
    assert_int_equal(i, 5);
    CHECK_TEXT(list->first->next->content, "-2.5e+3");
    assert_true(list->first->next->next->truth);
    assert_false(list->first->next->next->next->truth);
    CHECK_TEXT(json_member(json_member(v, T("b")), T("c"))->content, "x");
    assert_int_equal(json_member(v, T(""))->count, 0);
    assert_null(json_member(v, T("D")));
    assert_non_null(json_member_any_case(v, T("D")));
    assert_null(json_member(NULL, T("a")));
    for (EACH_JSON(none, (const struct json *)NULL)) fail_msg("%u", none->count);
}

static void scalars_alone(void **state) {
    (void)state;
    assert_int_equal(read("0")->kind, JSON_NUMBER);
    assert_int_equal(read(" null ")->kind, JSON_NULL);
    CHECK_TEXT(read("\"\"")->content, "");
    CHECK_TEXT(read("-0.0E-0")->content, "-0.0E-0");
}

static void escapes(void **state) {
    (void)state;
    CHECK_TEXT(read("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->content, "\"\\/\b\f\n\r\t");
    CHECK_TEXT(read("\"a\\u00e9b\\u20ACc\\ud83d\\uDE00d\\u0001\"")->content, "aéb€c😀d\x01");
    CHECK_TEXT(read("\"\\uFFFF\\uD7FF\\uE000\"")->content, "\xEF\xBF\xBF\xED\x9F\xBF\xEE\x80\x80");
    CHECK_TEXT(read("{\"\\u0061\": 1}")->first->name, "a");
    CHECK_TEXT(read("\"é€😀 and some more plain text\"")->content, "é€😀 and some more plain text");
}

static void strings_without_escapes_are_slices(void **state) {
    (void)state;
    text source = T("[\"slice\", \"esc\\n\"]");
    const struct json *v;
    CHECK_GOOD(json_read(a, source, plain, &v, NULL));
    assert_ptr_equal(v->first->content.at, source.at + 2);
    assert_false(v->first->next->content.at >= source.at && v->first->next->content.at < source.at + source.len);
}

static void check_refused(text source, const char *words, int line) {
    const struct json *v = (const struct json *)1;
    size_t offset = SIZE_MAX;
    char *exact = malloc(source.len ? source.len : 1); /* so that the sanitizer sees a read behind the end */
    memcpy(exact, source.at, source.len);
    check_error(json_read(a, (text){exact, source.len}, strict, &v, &offset), ERROR_INVALID, words, line);
    free(exact);
    assert_null(v);
    assert_true(offset <= source.len);
}
#define REFUSED(literal, words) check_refused(T(literal), words, __LINE__)

static void malformed_structure(void **state) {
    (void)state;
    REFUSED("", "line 1, column 1: a value is missing");
    REFUSED("  ", "column 3");
    REFUSED("[1,]", "line 1, column 4");
    REFUSED("[,1]", "column 2");
    REFUSED("[1 2]", "line 1, column 4: a comma or ] is missing");
    REFUSED("[1", "a comma or ] is missing");
    REFUSED("[", "a value is missing");
    REFUSED("{", "name in quotes is missing");
    REFUSED("{\"a\":1,}", "line 1, column 8");
    REFUSED("{\"a\" 1}", "a colon is missing");
    REFUSED("{\"a\":}", "line 1, column 6");
    REFUSED("{a:1}", "name in quotes is missing");
    REFUSED("{\"a\":1 \"b\":2}", "a comma or } is missing");
    REFUSED("[1}", "a comma or ]");
    REFUSED("]", "not the beginning of a value");
    REFUSED("1 2", "line 1, column 3: something stands after");
    REFUSED("{}x", "something stands after");
    REFUSED("tru", "not the beginning of a value");
    REFUSED("nul", "not the beginning");
    REFUSED("True", "not the beginning");
    REFUSED("truex", "something stands after");
    REFUSED("'a'", "not the beginning");
    REFUSED("NaN", "not the beginning");
    REFUSED("// no\n1", "not the beginning");
    REFUSED("\xEF\xBB\xBF{}", "line 1, column 1");
    REFUSED("1\0", "something stands after");
    REFUSED("\0", "not the beginning");
}

static void malformed_numbers(void **state) {
    (void)state;
    REFUSED("01", "must not begin with 0");
    REFUSED("-01", "must not begin with 0");
    REFUSED("00", "must not begin with 0");
    REFUSED("-", "a digit is missing");
    REFUSED("+1", "not the beginning");
    REFUSED(".5", "not the beginning");
    REFUSED("1.", "after the point");
    REFUSED("1.e5", "after the point");
    REFUSED("1e", "in the exponent");
    REFUSED("1e+", "in the exponent");
    REFUSED("0x10", "something stands after");
    REFUSED("-a", "a digit is missing");
    REFUSED("Infinity", "not the beginning");
}

static void malformed_strings(void **state) {
    (void)state;
    REFUSED("\"", "ends inside a string");
    REFUSED("\"abc", "ends inside a string");
    REFUSED("\"abc\\", "ends inside a string");
    REFUSED("\"abc\\\"", "ends inside a string");
    REFUSED("\"a\nb\"", "control character");
    REFUSED("\"a\tb\"", "control character");
    REFUSED("\"a\0b\"", "control character");
    REFUSED("\"\x1f\"", "control character");
    REFUSED("\"\\x41\"", "unknown escape");
    REFUSED("\"\\\0\"", "unknown escape");
    REFUSED("\"\\U0041\"", "unknown escape");
    REFUSED("\"\\u004\"", "four hexadecimal digits");
    REFUSED("\"\\u00g0\"", "four hexadecimal digits");
    REFUSED("\"\\u0000\"", "\\u0000 is not allowed");
    REFUSED("\"\\ud800\"", "surrogate");
    REFUSED("\"\\ud800x\"", "surrogate");
    REFUSED("\"\\ud800\\n\"", "surrogate");
    REFUSED("\"\\ud800\\ud800\"", "surrogate");
    REFUSED("\"\\udc00\"", "surrogate");
    REFUSED("\"\\udc00\\ud800\"", "surrogate");
}

static void malformed_utf8(void **state) {
    (void)state;
    REFUSED("\"\x80\"", "not UTF-8");
    REFUSED("\"\xC3\"", "not UTF-8");
    REFUSED("\"\xC0\xAF\"", "not UTF-8");         /* overlong */
    REFUSED("\"\xE0\x80\xAF\"", "not UTF-8");     /* overlong */
    REFUSED("\"\xED\xA0\x80\"", "not UTF-8");     /* surrogate */
    REFUSED("\"\xF4\x90\x80\x80\"", "not UTF-8"); /* beyond U+10FFFF */
    REFUSED("\"\xF0\x80\x80\x80\"", "not UTF-8");
    REFUSED("\"\xFE\"", "not UTF-8");
    REFUSED("\"\xE2\x82", "not UTF-8");
    REFUSED("{\"\xFF\":1}", "not UTF-8");
    REFUSED("\"plain text that is long \xE2\x28\xA1\"", "column 26");
}

static void positions_count_lines_and_characters(void **state) {
    (void)state;
    const struct json *v;
    size_t offset = 0;
    CHECK_ERROR(json_read(a, T("{\n  \"é€\": x\n}"), plain, &v, &offset), ERROR_INVALID, "line 2, column 9:");
    assert_int_equal(offset, 13);
}

static void depth_is_limited(void **state) {
    (void)state;
    const struct json *v;
    char deep[400];
    for (size_t depth = 60; depth <= 70; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        error *e = json_read(a, (text){deep, 2 * depth}, plain, &v, NULL);
        if (depth <= 64)
            CHECK_GOOD(e);
        else
            CHECK_ERROR(e, ERROR_INVALID, "column 65: the text is nested too deeply");
    }
    CHECK_ERROR(json_read(a, T("{\"a\":{\"b\":{}}}"), (struct json_limits){.depth = 2}, &v, NULL), ERROR_INVALID,
                "nested too deeply");
    CHECK_GOOD(json_read(a, T("[{},{},[],{\"a\":1}]"), (struct json_limits){.depth = 2}, &v, NULL)); /* depth, not count */
    size_t much = 1000000;
    char *open = malloc(much);
    memset(open, '[', much);
    CHECK_ERROR(json_read(a, (text){open, much}, plain, &v, NULL), ERROR_INVALID, "nested too deeply");
    free(open);
}

static void repeated_members(void **state) {
    (void)state;
    const struct json *v;
    CHECK_GOOD(json_read(a, T("{\"a\":1,\"a\":2}"), plain, &v, NULL));
    CHECK_ERROR(json_read(a, T("{\"a\":1,\"b\":0,\"a\":2}"), strict, &v, NULL), ERROR_INVALID, "more than once: a");
    CHECK_ERROR(json_read(a, T("{\"a\":1,\"\\u0061\":2}"), strict, &v, NULL), ERROR_INVALID, "more than once: a");
    CHECK_GOOD(json_read(a, T("{\"a\":1,\"A\":2,\"b\":{\"a\":1}}"), strict, &v, NULL));
    CHECK_ERROR(json_read(a, T("{\"a\":1,\"A\":2}"), strictest, &v, NULL), ERROR_INVALID, "more than once: A");
    CHECK_ERROR(json_read(a, T("[{\"a\":1,\"a\":2}]"), strict, &v, NULL), ERROR_INVALID, "line 1, column 13");
    OWNED_VALUE(buffer) many = {.max = 1 << 20};
    buffer_text(&many, T("{"));
    for (int i = 0; i < 20000; i++) buffer_print(&many, "\"m%d\":%d,", i, i);
    size_t len = many.len;
    buffer_text(&many, T("\"last\":0}"));
    CHECK_GOOD(json_read(a, buffer_as_text(&many), strictest, &v, NULL));
    assert_int_equal(v->count, 20001);
    many.len = len;
    buffer_text(&many, T("\"M77\":0}"));
    CHECK_GOOD(json_read(a, buffer_as_text(&many), strict, &v, NULL));
    CHECK_ERROR(json_read(a, buffer_as_text(&many), strictest, &v, NULL), ERROR_INVALID, "more than once: M77");
}

static void the_arenas_limit_is_an_error_not_the_end(void **state) {
    (void)state;
    const struct json *v;
    OWNED_VALUE(buffer) many = {.max = 1 << 20};
    for (int i = 0; i < 100000; i++) buffer_text(&many, i ? T(",1") : T("[1"));
    buffer_byte(&many, ']');
    for (size_t limit = 0; limit < 100000; limit = limit * 2 + 100) {
        OWNED(arena) small = arena_new(limit);
        CHECK_ERROR(json_read(small, buffer_as_text(&many), plain, &v, NULL), ERROR_TOO_LARGE, "memory limit");
        OWNED(arena) other = arena_new(limit);
        error *e = json_read(other, T("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\n\":1}"), strict, &v, NULL);
        assert_true(!e || e->kind == ERROR_TOO_LARGE);
        error_free(e);
    }
}

static void integers(void **state) {
    (void)state;
    int64_t n;
    assert_true(json_int64(read("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(json_int64(read("-0"), &n) && n == 0);
    assert_false(json_int64(read("9223372036854775808"), &n) || json_int64(read("1.0"), &n) || json_int64(read("1e3"), &n));
    assert_false(json_int64(read("\"1\""), &n) || json_int64(NULL, &n));
}

static const char *quoted(text t) {
    struct buffer b = {.max = 1000};
    json_quote(&b, t);
    const char *out = arena_cstring(a, buffer_as_text(&b));
    buffer_free(&b);
    return out;
}

static void quoting(void **state) {
    (void)state;
    assert_string_equal(quoted(T("")), "\"\"");
    assert_string_equal(quoted((text){0}), "\"\"");
    assert_string_equal(quoted(T("a long text without anything to escape")), "\"a long text without anything to escape\"");
    assert_string_equal(quoted(T("\"\\/\b\f\n\r\t\x01\x1f\x7f")), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    assert_string_equal(quoted(T("a\0b")), "\"a\\u0000b\"");
    assert_string_equal(quoted(T("é€😀 long enough é")), "\"é€😀 long enough é\"");
    assert_string_equal(quoted(T("a\xFF\xC3z\xE2\x82")), "\"a��z��\"");
    assert_string_equal(quoted(T("12345678\"12345678\n")), "\"12345678\\\"12345678\\n\"");
}

static void writing(void **state) {
    (void)state;
    OWNED_VALUE(buffer) b = {.max = 1 << 16};
    struct json_writer w = {.out = &b};
    json_object(&w);
    json_name(&w, T("n\""));
    json_string(&w, (text){0});
    json_name(&w, T("list"));
    json_array(&w);
    json_int(&w, INT64_MIN);
    json_int(&w, 0);
    json_object(&w);
    json_object_end(&w);
    json_array(&w);
    json_array_end(&w);
    json_bool(&w, true);
    json_null(&w);
    json_double(&w, 0.1);
    json_double(&w, (double)INFINITY);
    json_double(&w, (double)NAN);
    json_double(&w, 3);
    json_raw(&w, T("[1]"));
    json_array_end(&w);
    json_name(&w, T("s"));
    json_string(&w, T("x"));
    json_object_end(&w);
    CHECK_TEXT(buffer_as_text(&b),
               "{\"n\\\"\":null,\"list\":[-9223372036854775808,0,{},[],true,null,0.1,null,null,3,[1]],\"s\":\"x\"}");
    read(arena_cstring(a, buffer_as_text(&b)));
}

static void nesting_while_writing(void **state) {
    (void)state;
    OWNED_VALUE(buffer) b = {.max = 1 << 16};
    struct json_writer w = {.out = &b};
    for (int i = 0; i < 63; i++) {
        json_array(&w);
        json_int(&w, i);
    }
    for (int i = 0; i < 63; i++) {
        json_array_end(&w);
        if (i < 62) json_int(&w, i);
    }
    const struct json *v = read(arena_cstring(a, buffer_as_text(&b)));
    for (int i = 0; i < 62; i++) {
        assert_int_equal(v->count, 3);
        v = v->first->next;
    }
}

static void a_full_buffer_overflows(void **state) {
    (void)state;
    OWNED_VALUE(buffer) b = {.max = 10};
    struct json_writer w = {.out = &b};
    json_string(&w, T("longer than ten bytes\n"));
    assert_true(b.overflow);
    assert_true(b.len <= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(kinds_and_children),
        TEST(scalars_alone),
        TEST(escapes),
        TEST(strings_without_escapes_are_slices),
        TEST(malformed_structure),
        TEST(malformed_numbers),
        TEST(malformed_strings),
        TEST(malformed_utf8),
        TEST(positions_count_lines_and_characters),
        TEST(depth_is_limited),
        TEST(repeated_members),
        TEST(the_arenas_limit_is_an_error_not_the_end),
        TEST(integers),
        TEST(quoting),
        TEST(writing),
        TEST(nesting_while_writing),
        TEST(a_full_buffer_overflows),
    };
    return RUN(tests);
}
