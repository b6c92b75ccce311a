/* Values and sets of values: equality, order, texts, keys, and sets as large as a group of half a million. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/credentials.h"
#include "model/ids.h"
#include "model/value.h"

#include <stdio.h>

static arena *a;
static int set_up(void **state) {
    (void)state;
    a = arena_new(SIZE_MAX);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static struct value read_as(enum data_type type, const char *t) {
    struct value v;
    assert_true(value_read(a, type, text_of(t), &v));
    return v;
}
static bool readable(enum data_type type, const char *t) {
    struct value v;
    return value_read(a, type, text_of(t), &v);
}
static const char *as_text(struct value v) { return arena_cstring(a, value_text(a, &v)); }
static struct value reference(const char *raw, int64_t target) {
    return (struct value){.type = TYPE_REFERENCE, .reference = {text_of(raw), target}};
}
static struct value number(int64_t n) { return (struct value){.type = TYPE_LONG_NUMBER, .integer = n}; }

#define ASSERT_TEXT(actual, expected)                                                                                              \
    do {                                                                                                                           \
        text got_ = (actual);                                                                                                      \
        if (!text_equal(got_, text_of(expected))) fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARG(got_), expected);                    \
    } while (0)

static void test_canonical_texts(void **state) {
    (void)state;
    assert_string_equal(as_text(read_as(TYPE_TEXT, "Ada")), "Ada");
    assert_string_equal(as_text(read_as(TYPE_NUMBER, "-2147483648")), "-2147483648");
    assert_string_equal(as_text(read_as(TYPE_LONG_NUMBER, "-9223372036854775808")), "-9223372036854775808");
    assert_string_equal(as_text(read_as(TYPE_LONG_NUMBER, "0")), "0");
    assert_string_equal(as_text(read_as(TYPE_DECIMAL, "1.50")), "1.5");
    assert_string_equal(as_text(read_as(TYPE_DECIMAL, "1E-7")), "0.0000001");
    assert_string_equal(as_text(read_as(TYPE_DATETIME, "2020-03-15")), "2020-03-15T00:00:00Z");
    assert_string_equal(as_text(read_as(TYPE_BOOLEAN, "TRUE")), "True");
    assert_string_equal(as_text(read_as(TYPE_BOOLEAN, "0")), "False");
    assert_string_equal(as_text(read_as(TYPE_GUID, "{00112233-4455-6677-8899-AABBCCDDEEFF}")),
                        "00112233-4455-6677-8899-aabbccddeeff");
    assert_string_equal(as_text(read_as(TYPE_BINARY, "AQI=")), "AQI=");
    assert_string_equal(as_text(read_as(TYPE_REFERENCE, "CN=x")), "CN=x");
}

static void test_what_is_no_value(void **state) {
    (void)state;
    assert_false(readable(TYPE_NUMBER, "2147483648"));
    assert_false(readable(TYPE_NUMBER, "1.0"));
    assert_false(readable(TYPE_LONG_NUMBER, "9223372036854775808"));
    assert_false(readable(TYPE_DECIMAL, "1,5"));
    assert_false(readable(TYPE_BOOLEAN, "yes"));
    assert_false(readable(TYPE_GUID, "0011"));
    assert_false(readable(TYPE_DATETIME, "2020-02-30"));
    assert_false(readable(TYPE_BINARY, "A"));
    assert_false(readable(TYPE_NOT_SET, "x"));
}

static void test_equality_by_type(void **state) {
    (void)state;
    struct value small = read_as(TYPE_DECIMAL, "1.50"), same = read_as(TYPE_DECIMAL, "1.5"), upper = read_as(TYPE_TEXT, "ADA"),
                 lower = read_as(TYPE_TEXT, "ada"), wide = number(7), narrow = read_as(TYPE_NUMBER, "7");
    assert_true(value_equal(&small, &same));
    assert_int_equal(value_compare(&small, &same), 0);
    assert_false(value_equal(&upper, &lower));
    assert_true(value_equal_any_case(&upper, &lower));
    assert_false(value_equal(&wide, &narrow));
    struct value sharp = read_as(TYPE_TEXT, "ß"), ss = read_as(TYPE_TEXT, "ss");
    assert_false(value_equal_any_case(&sharp, &ss));
}

static void test_references_by_target_or_raw_text(void **state) {
    (void)state;
    struct value x5 = reference("x", 5), y5 = reference("y", 5), x6 = reference("x", 6), x = reference("x", 0),
                 five = reference(NULL, 5), none = reference(NULL, 0);
    assert_true(value_equal(&x5, &y5));
    assert_false(value_equal(&x5, &x6));
    assert_true(value_equal(&x5, &x));
    assert_true(value_equal(&x5, &five));
    assert_false(value_equal(&five, &none));
}

static void test_order(void **state) {
    (void)state;
    struct value two = number(2), ten = number(10), f = read_as(TYPE_BOOLEAN, "false"), t = read_as(TYPE_BOOLEAN, "true"),
                 b = read_as(TYPE_TEXT, "B"), la = read_as(TYPE_TEXT, "a");
    assert_true(value_compare(&two, &ten) < 0);
    assert_true(value_compare(&f, &t) < 0);
    assert_true(value_compare(&b, &la) < 0);
    assert_true(value_compare(&ten, &two) > 0);
}

static void test_keys(void **state) {
    (void)state;
    struct value v = read_as(TYPE_TEXT, "ÀDA"), n = number(42);
    ASSERT_TEXT(value_key(a, &v), "àda");
    ASSERT_TEXT(value_key(a, &n), "42");
    char long_text[301];
    memset(long_text, 'a', 300);
    long_text[300] = '\0';
    struct value one = read_as(TYPE_TEXT, arena_cstring(a, text_of(long_text)));
    text key_one = value_key(a, &one);
    assert_true(key_one.len <= 200);
    long_text[299] = 'B';
    struct value other = read_as(TYPE_TEXT, arena_cstring(a, text_of(long_text)));
    assert_false(text_equal(key_one, value_key(a, &other)));
    long_text[299] = 'A';
    struct value folded = read_as(TYPE_TEXT, long_text);
    assert_true(text_equal(key_one, value_key(a, &folded)));
}

static void test_key_is_cut_between_characters(void **state) {
    (void)state;
    char wide[402];
    for (size_t i = 0; i < 200; i++) memcpy(wide + 1 + 2 * i, "é", 2);
    wide[0] = 'x';
    struct value v = {.type = TYPE_TEXT, .text = {wide, 401}};
    text key = value_key(a, &v);
    assert_true(key.len <= 200);
    size_t tilde = text_find_byte(key, '~');
    assert_int_equal(key.len - tilde, 17);
    assert_int_equal((tilde - 1) % 2, 0);
}

static void test_attribute_list(void **state) {
    (void)state;
    struct attributes list = {0};
    const int32_t ids[] = {7, 3, 9, 1};
    for (size_t i = 0; i < 4; i++) values_add(a, attributes_ensure(a, &list, ids[i]), number(ids[i] * 10));
    for (size_t i = 1; i < list.count; i++) assert_true(list.at[i - 1].attribute < list.at[i].attribute);
    assert_int_equal(attributes_first(&list, 9)->integer, 90);
    assert_null(attributes_first(&list, 2));
    assert_ptr_equal(attributes_ensure(a, &list, 3), attributes_find(&list, 3));
    assert_int_equal(list.count, 4);
    struct attributes copy = attributes_copy(a, &list);
    attributes_remove(&list, 3);
    attributes_remove(&list, 4);
    assert_int_equal(list.count, 3);
    assert_null(attributes_find(&list, 3));
    assert_int_equal(attributes_first(&copy, 3)->integer, 30);
}

static void test_set_of_495000_values(void **state) {
    (void)state;
    enum { N = 495000 };
    struct values group = {.attribute = 1}, shuffled = {.attribute = 1};
    for (int i = 0; i < N; i++) assert_true(values_add(a, &group, reference(NULL, i + 1)));
    for (int i = 0; i < N; i += 1000) assert_false(values_add(a, &group, reference(NULL, i + 1)));
    for (int i = 0; i < N; i++) *LIST_ADD(a, &shuffled) = reference(NULL, (int64_t)i * 7 % N + 1);
    assert_true(values_same(&group, &shuffled));
    shuffled.at[17].reference.target = N + 5;
    assert_false(values_same(&group, &shuffled));
    struct value_diff diff;
    values_diff(a, &group, &shuffled, &diff);
    assert_int_equal(diff.added.count, 1);
    assert_int_equal(diff.added.at[0].reference.target, N + 5);
    assert_int_equal(diff.removed.count, 1);
}

static void test_index_follows_removals(void **state) {
    (void)state;
    struct values set = {0};
    for (int i = 0; i < 200; i++) values_add(a, &set, number(i));
    struct value gone = number(100);
    assert_true(values_remove(&set, &gone));
    assert_false(values_remove(&set, &gone));
    assert_true(values_add(a, &set, gone));
    assert_false(values_add(a, &set, gone));
    assert_int_equal(set.count, 200);
    assert_int_equal(set.at[199].integer, 100);
}

static void test_value_set_finds_references_by_either_name(void **state) {
    (void)state;
    struct value_set set;
    value_set_init(&set, a, 1);
    struct value *many = ARENA_ARRAY(a, struct value, 500);
    for (int i = 0; i < 500; i++) {
        many[i] = reference(arena_print(a, "cn=%d", i).at, i + 1);
        assert_true(value_set_add(&set, a, &many[i]));
    }
    struct value by_raw = reference("cn=321", 0), by_target = reference(NULL, 77), neither = reference("cn=x", 600);
    assert_true(value_set_has(&set, &by_raw));
    assert_true(value_set_has(&set, &by_target));
    assert_false(value_set_has(&set, &neither));
    assert_int_equal(set.count, 500);
}

static void test_diff_of_missing_sides(void **state) {
    (void)state;
    struct values set = {.attribute = 4};
    values_add(a, &set, number(1));
    struct value_diff diff;
    values_diff(a, NULL, &set, &diff);
    assert_int_equal(diff.added.count, 1);
    assert_int_equal(diff.added.attribute, 4);
    assert_int_equal(diff.removed.count, 0);
    values_diff(a, &set, NULL, &diff);
    assert_int_equal(diff.removed.count, 1);
    values_diff(a, NULL, NULL, &diff);
    assert_int_equal(diff.removed.count + diff.added.count, 0);
}

static void test_decimals_of_different_scale_are_one_member(void **state) {
    (void)state;
    struct value_set set;
    value_set_init(&set, a, 4);
    struct value x = read_as(TYPE_DECIMAL, "2.50"), y = read_as(TYPE_DECIMAL, "2.5000");
    assert_true(value_set_add(&set, a, &x));
    assert_false(value_set_add(&set, a, &y));
}

static void test_ids_are_uuids_of_a_kind(void **state) {
    (void)state;
    uuid instance, other;
    assert_true(uuid_read(T("5f3c2c52-7d2e-4c11-9a3b-0123456789ab"), &instance));
    ids_installation(instance);
    uuid u = id_to_uuid(ID_MVO, 4711), next = id_to_uuid(ID_MVO, 4712);
    assert_int_equal(id_from_uuid(ID_MVO, u), 4711);
    assert_int_equal(id_from_uuid(ID_CSO, u), 0);
    assert_int_equal(u.bytes[6] >> 4, 8);
    assert_int_equal(u.bytes[8] >> 6, 2);
    assert_true(memcmp(u.bytes, next.bytes, 16) < 0);
    assert_int_equal(id_from_uuid(ID_MVO, id_to_uuid(ID_MVO, (INT64_C(1) << 48) - 1)), (INT64_C(1) << 48) - 1);
    assert_true(uuid_read(T("5f3c2c52-7d2e-4c11-9a3b-ffffffffffff"), &other));
    ids_installation(other);
    assert_int_equal(id_from_uuid(ID_MVO, u), 0);
}

static void test_credential_attributes(void **state) {
    (void)state;
    assert_true(is_credential_attribute(T("UNICODEPWD")));
    assert_true(is_credential_attribute(T("msds-managedpassword")));
    assert_false(is_credential_attribute(T("pwdLastSet")));
    assert_false(is_credential_attribute(T("userPasswordHint")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_texts),
        cmocka_unit_test(test_what_is_no_value),
        cmocka_unit_test(test_equality_by_type),
        cmocka_unit_test(test_references_by_target_or_raw_text),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_key_is_cut_between_characters),
        cmocka_unit_test(test_attribute_list),
        cmocka_unit_test(test_set_of_495000_values),
        cmocka_unit_test(test_index_follows_removals),
        cmocka_unit_test(test_value_set_finds_references_by_either_name),
        cmocka_unit_test(test_diff_of_missing_sides),
        cmocka_unit_test(test_decimals_of_different_scale_are_one_member),
        cmocka_unit_test(test_ids_are_uuids_of_a_kind),
        cmocka_unit_test(test_credential_attributes),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
