/* Recorded changes (sync-engine §21): what one write changed leads back from what an object has to what it had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/document.h"

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

static uint64_t seed = 88172645463325252;
static uint64_t dice(uint64_t sides) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % sides;
}

static struct value random_value(enum data_type type, bool metaverse, uint64_t room) {
    uint64_t n = dice(room);
    struct value v = {.type = type, .integer = (int64_t)n};
    if (type == TYPE_TEXT) v.text = arena_print(a, "va\"l\\ue %llu", (unsigned long long)n);
    if (type == TYPE_GUID) v.guid = (uuid){{(uint8_t)n, (uint8_t)(n >> 8)}};
    if (type == TYPE_BOOLEAN) v.integer = n % 2;
    if (type == TYPE_REFERENCE && metaverse) v.reference.target = (int64_t)n + 1, v.reference.raw = (text){0};
    if (type == TYPE_REFERENCE && !metaverse) {
        v.reference.raw = arena_print(a, "cn=%llu", (unsigned long long)n);
        v.reference.target = 0;
    }
    return v;
}

static const enum data_type TYPES[] = {TYPE_TEXT, TYPE_NUMBER,  TYPE_LONG_NUMBER, TYPE_DATETIME,
                                       TYPE_GUID, TYPE_BOOLEAN, TYPE_REFERENCE};
enum { ATTRIBUTES = sizeof TYPES / sizeof *TYPES };

static struct attributes random_object(bool metaverse) {
    struct attributes out = {0};
    for (int32_t i = 0; i < ATTRIBUTES; i++) {
        if (dice(3) == 0) continue;
        struct values *set = attributes_ensure(a, &out, 10 + i);
        if (metaverse && dice(5) == 0) {
            set->null_marker = true;
            continue;
        }
        for (uint64_t n = dice(6) + 1; n; n--) values_add(a, set, random_value(TYPES[i], metaverse, 8));
    }
    return out;
}

static void assert_same(const struct attributes *one, const struct attributes *two) {
    assert_int_equal(one->count, two->count);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->at[i].attribute, two->at[i].attribute);
        assert_true(values_same(&one->at[i], &two->at[i]));
    }
}

static text written(const struct attributes *before, const struct attributes *after, bool metaverse) {
    OWNED_VALUE(buffer) out = {.max = 1 << 24};
    document_write_history(a, &out, before, after, metaverse);
    return arena_text(a, buffer_as_text(&out));
}

static void read(text document, bool metaverse, struct value_changes *out) {
    OWNED(error) e = document_read_history(a, document, metaverse, out);
    char said[500];
    if (e) fail_msg("%.*s: %s", TEXT_ARG(document), error_chain(e, said, sizeof said));
}

static void test_a_change_leads_back(void **state) {
    (void)state;
    for (int round = 0; round < 2000; round++) {
        bool metaverse = round % 2;
        arena_reset(a);
        struct attributes before = random_object(metaverse), after = random_object(metaverse);
        struct value_changes changes;
        read(written(&before, &after, metaverse), metaverse, &changes);
        assert_true(values_rewind(a, &changes, &after));
        assert_same(&after, &before);
    }
}

static void test_a_change_that_does_not_fit_is_seen(void **state) {
    (void)state;
    struct attributes before = {0}, after = {0}, other = {0};
    struct value_changes changes;
    struct value old = {.type = TYPE_NUMBER, .integer = 1}, new = {.type = TYPE_NUMBER, .integer = 2};
    values_add(a, attributes_ensure(a, &before, 7), old);
    values_add(a, attributes_ensure(a, &after, 7), new);
    read(written(&before, &after, false), false, &changes);
    assert_false(values_rewind(a, &changes, &other));
}

static void test_the_form_is_small(void **state) {
    (void)state;
    struct attributes before = {0}, after = {0};
    struct value bytes = {.type = TYPE_BINARY, .text = {"\0\1\2", 3}};
    for (int64_t i = 1; i <= 5000; i++)
        values_add(a, attributes_ensure(a, &before, 9), (struct value){.type = TYPE_REFERENCE, .reference.target = i});
    after = attributes_copy(a, &before);
    after.at[0].mapping = 6;
    values_remove(&after.at[0], &(struct value){.type = TYPE_REFERENCE, .reference.target = 17});
    values_add(a, &after.at[0], (struct value){.type = TYPE_REFERENCE, .reference.target = 9000});
    values_add(a, attributes_ensure(a, &after, 10), bytes);
    text t = written(&before, &after, true);
    assert_string_equal(arena_print(a, "%.*s", TEXT_ARG(t)).at, "{\"9\":[5,[17],[9000],6],\"10\":[4,[],[3]]}");
    t = written(&after, &after, true);
    assert_string_equal(arena_print(a, "%.*s", TEXT_ARG(t)).at, "{}");
}

/* Whatever moved, went and came: the same as comparing each with each. */
static void test_differences_of_large_sets(void **state) {
    (void)state;
    for (int round = 0; round < 300; round++) {
        arena_reset(a);
        struct values before = {0}, after = {0};
        struct value_diff d;
        for (int64_t i = 0; i < 200; i++) *LIST_ADD(a, &before) = (struct value){.type = TYPE_NUMBER, .integer = i};
        uint64_t spare = dice(30) + 1;
        for (size_t i = 0; i < before.count; i++)
            if (dice(spare)) *LIST_ADD(a, &after) = before.at[i];
        for (uint64_t n = dice(6); n; n--)
            *LIST_ADD(a, &after) = (struct value){.type = TYPE_NUMBER, .integer = (int64_t)(1000 + n)};
        for (uint64_t n = dice(4); n && after.count > 1; n--) {
            size_t one = dice(after.count), two = dice(after.count);
            struct value kept = after.at[one];
            after.at[one] = after.at[two];
            after.at[two] = kept;
        }
        values_diff(a, &before, &after, &d);
        size_t removed = 0, added = 0;
        for (size_t i = 0; i < before.count; i++) removed += !values_contain(&after, &before.at[i]);
        for (size_t i = 0; i < after.count; i++) added += !values_contain(&before, &after.at[i]);
        assert_int_equal(d.removed.count, removed);
        assert_int_equal(d.added.count, added);
        for (size_t i = 0; i < d.removed.count; i++) assert_false(values_contain(&after, &d.removed.at[i]));
        for (size_t i = 0; i < d.added.count; i++) assert_false(values_contain(&before, &d.added.at[i]));
    }
}

static void test_malformed_documents_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{\"x\":[1,[],[]]}",
                                        "{\"1\":[1,[]]}",
                                        "{\"1\":[99,[],[]]}",
                                        "{\"1\":[2,[\"a\"],[]]}",
                                        "{\"1\":[4,[-1],[]]}",
                                        "{\"1\":{}}",
                                        "{\"1\":[1,[],[],\"m\"]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct value_changes out;
        OWNED(error) e = document_read_history(a, text_of(wrong[i]), false, &out);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_CORRUPT);
    }
}

#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(test_a_change_leads_back),
        HISTORY_TEST(test_a_change_that_does_not_fit_is_seen),
        HISTORY_TEST(test_the_form_is_small),
        HISTORY_TEST(test_differences_of_large_sets),
        HISTORY_TEST(test_malformed_documents_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
