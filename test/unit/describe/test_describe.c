/* Reading, checking and writing by table: every kind, every problem with its place, both strictness modes. */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static arena *a;
static int setup(void **state) {
    (void)state;
    a = arena_new(1 << 26);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static bool read_into(const struct shape *shape, const char *json, bool strict, void *into, struct problems *p) {
    const struct json *tree;
    error *e = json_read(a, text_of(json), (struct json_limits){0}, &tree, NULL);
    assert_null(e);
    *p = (struct problems){.a = a};
    return describe_read(a, shape, tree, (struct reading){.strict = strict}, into, p);
}

static bool read_sample(const char *json, bool strict, struct sample *s, struct problems *p) {
    *s = (struct sample){0};
    return read_into(&sample_shape, json, strict, s, p);
}

static const char *write_sample(const struct sample *s) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    struct json_writer w = {.out = &b};
    describe_write(&w, &sample_shape, s);
    return arena_cstring(a, buffer_as_text(&b));
}

static const char full[] =
    "{\"name\":\"Ann\",\"note\":null,\"open\":false,\"small\":5,\"large\":9000000000,\"ratio\":1.5,\"price\":12.34,"
    "\"when\":\"2025-01-31T08:00:00Z\",\"span\":\"1.02:03:04\",\"id\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"colour\":"
    "\"Green\","
    "\"charms\":\"Up, Strange\",\"blob\":\"AAEC\",\"maybeOpen\":true,\"maybeSmall\":-1,\"maybeLarge\":null,\"maybeRatio\":0.25,"
    "\"maybePrice\":null,\"maybeWhen\":\"2025-02-01T00:00:00Z\",\"maybeSpan\":\"00:05:00\",\"maybeId\":null,\"maybeColour\":"
    "\"Red\","
    "\"tags\":[\"a\",\"b\"],\"numbers\":[1,2],\"larges\":[9000000000],\"ids\":[\"01234567-89ab-4cde-8f01-23456789abcd\"],"
    "\"colours\":[\"Red\",\"Green\"],\"any\":{\"x\":[1,null,\"y\"]},\"anys\":[1,\"z\"],\"home\":{\"street\":\"S\",\"number\":1},"
    "\"work\":{\"street\":\"W\",\"number\":2},\"others\":[{\"street\":\"O\",\"number\":3}],\"children\":[],\"counts\":{\"7\":1,"
    "\"8\":2},"
    "\"labels\":{\"Display Name\":\"x\",\"y\":null},";

static void reads_and_writes_every_kind_unchanged(void **state) {
    (void)state;
    const char *in = arena_cstring(a, arena_print(a, "%s\"password\":\"hush\",\"maker\":\"me\",\"made\":null}", full));
    struct sample s;
    struct problems p;
    for (int strict = 0; strict < 2; strict++) {
        assert_true(read_sample(in, strict, &s, &p));
        assert_true(text_equal(s.password, T("hush")));
        const char *want = arena_cstring(a, arena_print(a, "%s\"maker\":\"me\",\"made\":null}", full));
        assert_string_equal(write_sample(&s), want); /* the secret is not written */
    }
}

static void absent_is_not_null(void **state) {
    (void)state;
    struct sample s;
    struct problems p;
    assert_true(read_sample("{\"name\":\"x\",\"note\":null,\"made\":null}", false, &s, &p));
    assert_true(WAS_GIVEN(&s, sample, name) && WAS_GIVEN(&s, sample, note) && !WAS_GIVEN(&s, sample, open));
    assert_int_equal(s.stamp.given, 2);
    assert_true(s.open && s.colour == COLOUR_BLUE && s.large == 7); /* defaults */
    assert_true(text_is_null(s.note) && !s.maybe_small.given && !s.home);
}

static void expect(const char *json, bool strict, enum problem_kind kind, const char *pointer, const char *field) {
    struct sample s;
    struct problems p;
    assert_false(read_sample(json, strict, &s, &p));
    if (p.count != 1 || p.at[0].kind != kind || !text_equal(p.at[0].pointer, text_of(pointer)) ||
        !text_equal(p.at[0].field, text_of(field)))
        fail_msg("%s: %zu problems, first %d at %.*s (%.*s): %.*s", json, p.count, p.at[0].kind, TEXT_ARG(p.at[0].pointer),
                 TEXT_ARG(p.at[0].field), TEXT_ARG(p.at[0].message));
}

static void names_every_problem_with_its_place(void **state) {
    (void)state;
    expect("{}", false, PROBLEM_MISSING, "/name", "name");
    expect("[]", false, PROBLEM_TYPE, "", "$");
    expect("null", false, PROBLEM_TYPE, "", "$");
    expect("{\"name\":null}", false, PROBLEM_NULL, "/name", "name");
    expect("{\"name\":\"  \"}", false, PROBLEM_LENGTH, "/name", "name");
    expect("{\"name\":\"12345678901\"}", false, PROBLEM_LENGTH, "/name", "name");
    expect("{\"name\":5}", false, PROBLEM_TYPE, "/name", "name");
    expect("{\"name\":\"x\",\"open\":\"true\"}", false, PROBLEM_TYPE, "/open", "open");
    expect("{\"name\":\"x\",\"open\":1}", false, PROBLEM_TYPE, "/open", "open");
    expect("{\"name\":\"x\",\"small\":101}", false, PROBLEM_RANGE, "/small", "small");
    expect("{\"name\":\"x\",\"small\":1.5}", false, PROBLEM_TYPE, "/small", "small");
    expect("{\"name\":\"x\",\"small\":null}", false, PROBLEM_NULL, "/small", "small");
    expect("{\"name\":\"x\",\"small\":99999999999}", false, PROBLEM_RANGE, "/small", "small");
    expect("{\"name\":\"x\",\"large\":99999999999999999999}", false, PROBLEM_RANGE, "/large", "large");
    expect("{\"name\":\"x\",\"ratio\":{}}", false, PROBLEM_TYPE, "/ratio", "ratio");
    expect("{\"name\":\"x\",\"when\":\"yesterday\"}", false, PROBLEM_FORMAT, "/when", "when");
    expect("{\"name\":\"x\",\"when\":\"2025-02-30T00:00:00Z\"}", false, PROBLEM_FORMAT, "/when", "when");
    expect("{\"name\":\"x\",\"span\":\"5\"}", false, PROBLEM_FORMAT, "/span", "span");
    expect("{\"name\":\"x\",\"id\":\"5\"}", false, PROBLEM_FORMAT, "/id", "id");
    expect("{\"name\":\"x\",\"blob\":\"?\"}", false, PROBLEM_FORMAT, "/blob", "blob");
    expect("{\"name\":\"x\",\"colour\":\"Pink\"}", false, PROBLEM_ENUM, "/colour", "colour");
    expect("{\"name\":\"x\",\"colour\":\"1\"}", false, PROBLEM_ENUM, "/colour", "colour");
    expect("{\"name\":\"x\",\"colour\":1}", false, PROBLEM_TYPE, "/colour", "colour");
    expect("{\"name\":\"x\",\"charms\":\"Up,Left\"}", false, PROBLEM_ENUM, "/charms", "charms");
    expect("{\"name\":\"x\",\"tags\":\"a\"}", false, PROBLEM_TYPE, "/tags", "tags");
    expect("{\"name\":\"x\",\"tags\":[\"a\",null]}", false, PROBLEM_NULL, "/tags/1", "tags[1]");
    expect("{\"name\":\"x\",\"tags\":[\"a\",\"b\",\"c\",\"d\"]}", false, PROBLEM_LENGTH, "/tags", "tags");
    expect("{\"name\":\"x\",\"others\":[{\"street\":\"s\",\"number\":1},{\"number\":1}]}", false, PROBLEM_MISSING,
           "/others/1/street", "others[1].street");
    expect("{\"name\":\"x\",\"others\":[{\"street\":\"s\",\"number\":13}]}", false, PROBLEM_RULE, "/others/0/number",
           "others[0].number");
    expect("{\"name\":\"x\",\"home\":{\"street\":\"s\",\"number\":0}}", false, PROBLEM_RANGE, "/home/number", "home.number");
    expect("{\"name\":\"x\",\"work\":null}", false, PROBLEM_NULL, "/work", "work");
    expect("{\"name\":\"x\",\"counts\":{\"a/b\":1}}", false, PROBLEM_FORMAT, "/counts/a~1b", "counts.a/b");
    expect("{\"name\":\"x\",\"counts\":{\"1\":null}}", false, PROBLEM_NULL, "/counts/1", "counts.1");
    expect("{\"name\":\"x\",\"counts\":{\"1\":1,\"1\":2}}", false, PROBLEM_REPEATED, "/counts/1", "counts.1");
    expect("{\"name\":\"x\",\"Name\":\"y\"}", false, PROBLEM_REPEATED, "/name", "name");
    expect("{\"name\":\"x\",\"children\":[{\"name\":\"y\",\"children\":[{}]}]}", false, PROBLEM_MISSING,
           "/children/0/children/0/name", "children[0].children[0].name");
}

static void collects_all_problems_up_to_a_hundred(void **state) {
    (void)state;
    struct sample s;
    struct problems p;
    assert_false(read_sample("{\"small\":\"x\",\"when\":1,\"tags\":[1,2]}", false, &s, &p));
    assert_int_equal(p.count, 5);
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    buffer_text(&b, T("{\"name\":\"x\",\"numbers\":[null"));
    for (int i = 0; i < 5000; i++) buffer_text(&b, T(",null"));
    buffer_text(&b, T("]}"));
    assert_false(read_sample(arena_cstring(a, buffer_as_text(&b)), false, &s, &p));
    assert_int_equal(p.count, 100);
}

static void lenient_mode_reads_what_clients_of_the_contract_send(void **state) {
    (void)state;
    struct sample s;
    struct problems p;
    assert_true(
        read_sample("{\"NAME\":\"x\",\"extra\":{\"a\":[]},\"small\":\"5\",\"RATIO\":\"1e2\",\"colour\":\"gREEN\",\"charms\":\"\"}",
                    false, &s, &p));
    assert_true(s.small == 5 && s.ratio == 100 && s.colour == COLOUR_GREEN && s.charms == 0);
    assert_true(read_sample("{\"name\":\"x\",\"large\":0}", false, &s, &p));
    assert_int_equal(s.large, 7); /* clamped to the default */
}

static void strict_mode_refuses_it(void **state) {
    (void)state;
    expect("{\"name\":\"x\",\"extra\":1}", true, PROBLEM_UNKNOWN, "/extra", "extra");
    expect("{\"name\":\"x\",\"Note\":\"y\"}", true, PROBLEM_UNKNOWN, "/Note", "Note");
    expect("{\"name\":\"x\",\"name\":\"y\"}", true, PROBLEM_REPEATED, "/name", "name");
    expect("{\"name\":\"x\",\"small\":\"5\"}", true, PROBLEM_TYPE, "/small", "small");
    expect("{\"name\":\"x\",\"colour\":\"red\"}", true, PROBLEM_ENUM, "/colour", "colour");
}

static void lists_that_were_read_can_grow(void **state) {
    (void)state;
    struct sample s;
    struct problems p;
    assert_true(read_sample("{\"name\":\"x\",\"others\":[{\"street\":\"s\",\"number\":1}],\"tags\":[\"a\"]}", false, &s, &p));
    *LIST_ADD(a, &s.others) = (struct address){T("t"), 2};
    *LIST_ADD(a, &s.tags) = T("b");
    assert_int_equal(s.others.count, 2);
    assert_true(text_equal(s.others.at[0].street, T("s")) && text_equal(s.tags.at[0], T("a")));
}

static struct text_entries pairs_of(const struct text_entry *at, size_t count) {
    struct text_entries pairs = {0};
    for (size_t i = 0; i < count; i++) *LIST_ADD(a, &pairs) = at[i];
    return pairs;
}

static void reads_query_parameters(void **state) {
    (void)state;
    const struct text_entry at[] = {
        {T("NAME"), T("x")}, {T("colours"), T("red")}, {T("colours"), T("2")},    {T("open"), T("False")}, {T("small"), T("")},
        {T("ids"), T("")},   {T("unknown"), T("1")},   {T("maybeSmall"), T("4")}, {T("colour"), T("1")},   {T("maker"), T("me")}};
    struct text_entries pairs = pairs_of(at, sizeof at / sizeof at[0]);
    struct sample s = {0};
    struct problems p = {.a = a};
    assert_true(describe_read_pairs(a, &sample_shape, &pairs, (struct reading){0}, &s, &p));
    assert_true(!s.open && s.colours.count == 2 && s.colours.at[1] == COLOUR_GREEN && s.ids.count == 0 && s.colour == COLOUR_BLUE);
    assert_true(s.maybe_small.given && s.maybe_small.value == 4 && text_equal(s.stamp.maker, T("me")));
    struct sample t = {0};
    assert_false(describe_read_pairs(a, &sample_shape, &pairs, (struct reading){.strict = true}, &t, &p));
    const struct text_entry twice[] = {{T("name"), T("x")}, {T("name"), T("y")}};
    pairs = pairs_of(twice, 2);
    p = (struct problems){.a = a};
    assert_false(describe_read_pairs(a, &sample_shape, &pairs, (struct reading){.strict = true}, &t, &p));
    assert_int_equal(p.at[0].kind, PROBLEM_REPEATED);
}

static void reads_only_the_fields_asked_for(void **state) {
    (void)state;
    const struct json *tree;
    assert_null(json_read(a, T("{\"name\":\"x\",\"note\":\"y\",\"maker\":\"m\"}"), (struct json_limits){0}, &tree, NULL));
    struct sample s = {0};
    struct problems p = {.a = a};
    assert_true(describe_read(a, &sample_shape, tree, (struct reading){.only = 2}, &s, &p));
    assert_true(text_is_null(s.name) && text_equal(s.note, T("y")) && text_is_null(s.stamp.maker));
    assert_false(describe_read(a, &sample_shape, tree, (struct reading){.only = 2, .strict = true}, &s, &p));
}

static void compares_and_finds_members(void **state) {
    (void)state;
    size_t offset;
    const struct field *f = describe_find(&sample_shape, T("NAME"), &offset);
    assert_true(f && offset == offsetof(struct sample, name));
    text x = T("apple"), y = T("Berry"), none = {0};
    assert_true(describe_compare(f, &x, &y) < 0 && describe_compare(f, &none, &x) < 0 && describe_compare(f, &x, &x) == 0);
    f = describe_find(&sample_shape, T("maker"), &offset);
    assert_int_equal(offset, offsetof(struct sample, stamp) + offsetof(struct stamp, maker));
    assert_null(describe_find(&sample_shape, T("tags"), &offset));
    assert_null(describe_find(&sample_shape, T("password"), &offset)); /* nothing may sort by a secret */
    f = describe_find(&sample_shape, T("maybeSmall"), &offset);
    struct maybe_int32 four = {true, 4}, nothing = {0};
    assert_true(describe_compare(f, &nothing, &four) < 0);
    assert_true(text_equal(describe_text(a, f, &four), T("4")) && text_is_null(describe_text(a, f, &nothing)));
}

static const char *schema(const struct shape *shape, bool reply) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    struct json_writer w = {.out = &b};
    describe_schema(&w, shape, reply, 0);
    const struct json *tree;
    assert_null(json_read(a, arena_text(a, buffer_as_text(&b)), (struct json_limits){.refuse_repeated = true}, &tree, NULL));
    return arena_cstring(a, buffer_as_text(&b));
}

static void writes_schemas(void **state) {
    (void)state;
    assert_string_equal(
        schema(&address_shape, false),
        "{\"type\":\"object\",\"properties\":{\"street\":{\"type\":\"string\",\"minLength\":1},"
        "\"number\":{\"type\":\"integer\",\"format\":\"int32\",\"minimum\":1,\"maximum\":999}},\"required\":[\"street\"]}");
    const char *all = schema(&sample_shape, true);
    assert_null(strstr(all, "password"));
    assert_non_null(strstr(schema(&sample_shape, false), "\"password\":{\"type\":\"string\",\"writeOnly\":true}"));
    assert_non_null(strstr(all, "\"maybeColour\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Colour\"},{\"type\":\"null\"}]}"));
    assert_non_null(
        strstr(all, "\"counts\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\",\"format\":\"int32\"}}"));
    assert_non_null(strstr(all, "\"maker\":{\"type\":[\"string\",\"null\"]"));
}

static void finds_defects_of_tables(void **state) {
    (void)state;
    assert_null(describe_check(&sample_shape));
    struct field twice[] = {FIELD(address, street, "street"), FIELD(address, number, "Street")};
    struct shape broken = {.name = "Broken", .size = sizeof(struct address), .fields = twice, .count = 2};
    OWNED(error) e = describe_check(&broken);
    assert_int_equal(e->kind, ERROR_INTERNAL);
    struct field nameless[] = {FIELD(sample, colour, "colour")};
    broken = (struct shape){.name = "Broken", .size = sizeof(struct sample), .fields = nameless, .count = 1};
    OWNED(error) f = describe_check(&broken);
    assert_non_null(strstr(f->sentence, ".names"));
    struct field wrong[] = {FIELD(sample, small, "small", .by_default = "many")};
    broken.fields = wrong;
    OWNED(error) g = describe_check(&broken);
    assert_non_null(strstr(g->sentence, "many"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_every_kind_unchanged),
        cmocka_unit_test(absent_is_not_null),
        cmocka_unit_test(names_every_problem_with_its_place),
        cmocka_unit_test(collects_all_problems_up_to_a_hundred),
        cmocka_unit_test(lenient_mode_reads_what_clients_of_the_contract_send),
        cmocka_unit_test(strict_mode_refuses_it),
        cmocka_unit_test(lists_that_were_read_can_grow),
        cmocka_unit_test(reads_query_parameters),
        cmocka_unit_test(reads_only_the_fields_asked_for),
        cmocka_unit_test(compares_and_finds_members),
        cmocka_unit_test(writes_schemas),
        cmocka_unit_test(finds_defects_of_tables),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
