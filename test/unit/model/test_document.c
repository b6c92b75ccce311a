/* Documents of objects, staged changes and outcomes: what was written is read back; what is malformed is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/document.h"
#include "model/ids.h"

static arena *a;
static struct config *config;

static const enum data_type TYPES[] = {TYPE_TEXT, TYPE_NUMBER,  TYPE_LONG_NUMBER, TYPE_DECIMAL,   TYPE_DATETIME,
                                       TYPE_GUID, TYPE_BOOLEAN, TYPE_BINARY,      TYPE_REFERENCE, TYPE_TEXT};
static const char *const NAMES[] = {"displayName", "number",  "long",   "decimal", "date",
                                    "employeeId",  "boolean", "binary", "manager", "cn"};
enum { TEXT = 11, NUMBER, LONG, DECIMAL, DATE, GUID, BOOLEAN, BINARY, REFERENCE, CN };

/* Attributes 11 … 20 exist in both worlds. */
static int set_up(void **state) {
    (void)state;
    a = arena_new(SIZE_MAX);
    config = config_new();
    struct connected_system *s = LIST_ADD(config->a, &config->systems);
    s->id = 1;
    struct cs_type *t = LIST_ADD(config->a, &s->types);
    t->id = 5;
    for (int i = 9; i >= 0; i--) {
        *LIST_ADD(config->a, &t->attributes) =
            (struct cs_attribute){.id = 11 + i, .type_id = 5, .name = text_of(NAMES[i]), .type = TYPES[i], .external_id = i == 5};
        *LIST_ADD(config->a, &config->mv_attributes) = (struct mv_attribute){.id = 11 + i,
                                                                             .name = i == 0   ? T("display name")
                                                                                     : i == 9 ? T("Common Name")
                                                                                              : text_of(NAMES[i]),
                                                                             .type = TYPES[i]};
    }
    config_index(config);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    config_release(config);
    arena_free(a);
    return 0;
}

static void put(struct attributes *list, int32_t attribute, const char *t) {
    struct value v;
    assert_true(value_read(a, TYPES[attribute - 11], text_of(t), &v));
    values_add(a, attributes_ensure(a, list, attribute), v);
}
static void put_reference(struct attributes *list, const char *raw, int64_t target) {
    struct value v = {.type = TYPE_REFERENCE, .reference = {text_of(raw), target}};
    values_add(a, attributes_ensure(a, list, REFERENCE), v);
}

static text written(const struct attributes *list, bool metaverse) {
    OWNED_VALUE(buffer) out = {.max = 1 << 20};
    (metaverse ? document_write_mvo : document_write_cso)(&out, list);
    assert_false(out.overflow);
    return arena_text(a, buffer_as_text(&out));
}

static void assert_document(const struct attributes *list, bool metaverse, const char *expected) {
    text document = written(list, metaverse);
    if (!text_equal(document, text_of(expected))) fail_msg("%.*s is not %s", TEXT_ARG(document), expected);
    struct attributes back;
    assert_null((metaverse ? document_read_mvo : document_read_cso)(a, config, document, &back));
    assert_int_equal(back.count, list->count);
    for (size_t i = 0; i < back.count; i++) {
        assert_int_equal(back.at[i].attribute, list->at[i].attribute);
        assert_int_equal(back.at[i].mapping, list->at[i].mapping);
        assert_true(values_same(&back.at[i], &list->at[i]));
    }
}

static void test_connector_space_document(void **state) {
    (void)state;
    struct attributes list = {0};
    assert_document(&list, false, "{}");
    put(&list, TEXT, "Ada \"A\" \\ \n\x01 é");
    put(&list, NUMBER, "7");
    put(&list, NUMBER, "-8");
    put(&list, LONG, "-9223372036854775808");
    put(&list, DECIMAL, "1.50");
    put(&list, DATE, "0001-01-01T00:00:01Z");
    put(&list, GUID, "00112233-4455-6677-8899-AABBCCDDEEFF");
    put(&list, BOOLEAN, "true");
    put(&list, BINARY, "AQIDBA==");
    put_reference(&list, "E7", 4711);
    put_reference(&list, "E8", 0);
    assert_document(
        &list, false,
        "{\"11\":\"Ada \\\"A\\\" \\\\ \\n\\u0001 é\",\"12\":[7,-8],\"13\":-9223372036854775808,\"14\":\"1.5\",\"15\":10000000,"
        "\"16\":\"00112233-4455-6677-8899-aabbccddeeff\",\"17\":true,\"18\":\"AQIDBA==\",\"19\":[[\"E7\",4711],\"E8\"]}");
}

static void test_metaverse_document(void **state) {
    (void)state;
    struct attributes list = {0};
    put(&list, TEXT, "Ada");
    attributes_find(&list, TEXT)->mapping = 5;
    *attributes_ensure(a, &list, NUMBER) = (struct values){.attribute = NUMBER, .mapping = 6, .null_marker = true};
    put_reference(&list, NULL, 4711);
    put_reference(&list, NULL, 4712);
    assert_document(&list, true, "{\"11\":[5,\"Ada\"],\"12\":[6,null],\"19\":[0,4711,4712]}");
}

/* The values of the first attribute once were overwritten by those of the attributes behind it. */
static void test_many_values_of_the_first_attribute_survive(void **state) {
    (void)state;
    const int32_t more[] = {NUMBER, LONG, BOOLEAN, CN};
    struct attributes list = {0};
    for (int i = 0; i < 6; i++) put(&list, TEXT, arena_print(a, "value %d", i).at);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) put(&list, more[i], "1");
    put(&list, DATE, "0001-01-01T00:00:01Z");
    text document = written(&list, true);
    assert_document(&list, true, arena_cstring(a, document));
    document = written(&list, false);
    assert_document(&list, false, arena_cstring(a, document));
}

static void test_every_byte_survives(void **state) {
    (void)state;
    char all[400];
    for (size_t len = 1; len < 200; len += 7) {
        for (size_t i = 0; i < len; i++) all[i] = (char)(1 + (i * 5 + len) % 127);
        struct attributes list = {0}, back;
        struct value v = {.type = TYPE_TEXT, .text = {all, len}};
        values_add(a, attributes_ensure(a, &list, TEXT), v);
        assert_null(document_read_cso(a, config, written(&list, false), &back));
        assert_true(text_equal(back.at[0].at[0].text, v.text));
    }
}

static void test_equal_objects_have_equal_bytes(void **state) {
    (void)state;
    struct attributes one = {0}, two = {0};
    put(&one, TEXT, "x");
    put(&one, NUMBER, "1");
    put(&two, NUMBER, "1");
    put(&two, TEXT, "x");
    assert_true(text_equal(written(&one, false), written(&two, false)));
}

static void test_malformed_documents_are_corrupt(void **state) {
    (void)state;
    const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"11\":\"x\"",
        "{\"11\":\"x\"}x",
        "{\"11\":x}",
        "{\"99\":\"x\"}",
        "{\"11\":7}",
        "{11:\"x\"}",
        "{\"12\":\"7\"}",
        "{\"11\":\"\\q\"}",
        "{\"11\":\"x\",}",
        "{\"17\":1}",
        "{\"12\":1,\"11\":\"x\"}",
        "{\"11\":[]}",
        "{\"14\":\"1,5\"}",
        "{\"13\":9223372036854775808}",
        "{\"11\":\"\\u00e9\"}",
        "{\"11\":\"\\",
        "{\"19\":\"E7\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct attributes out;
        OWNED(error) e = document_read_cso(a, config, text_of(bad[i]), &out);
        if (!e) fail_msg("%s was read", bad[i]);
        assert_int_equal(e->kind, ERROR_CORRUPT);
    }
    struct attributes out;
    OWNED(error) e = document_read_mvo(a, config, T("{\"11\":\"x\"}"), &out);
    assert_non_null(e);
}

static void test_hash_ignores_order_and_scale(void **state) {
    (void)state;
    struct attributes one = {0}, two = {0};
    uint8_t h1[16], h2[16];
    put(&one, TEXT, "a"), put(&one, TEXT, "b"), put(&one, DECIMAL, "1.50");
    put(&two, TEXT, "b"), put(&two, TEXT, "a"), put(&two, DECIMAL, "1.5");
    document_hash(&one, h1), document_hash(&two, h2);
    assert_memory_equal(h1, h2, 16);
    put(&two, TEXT, "c");
    document_hash(&two, h2);
    assert_memory_not_equal(h1, h2, 16);
}

static void test_hash_tells_neighbours_apart(void **state) {
    (void)state;
    struct attributes one = {0}, two = {0}, three = {0};
    uint8_t h1[16], h2[16], h3[16];
    put(&one, TEXT, "ab"), put(&one, CN, "c");
    put(&two, TEXT, "a"), put(&two, CN, "bc");
    put(&three, TEXT, "ab"), put(&three, CN, "c");
    attributes_ensure(a, &three, NUMBER); /* an attribute without values does not count */
    document_hash(&one, h1), document_hash(&two, h2), document_hash(&three, h3);
    assert_memory_not_equal(h1, h2, 16);
    assert_memory_equal(h1, h3, 16);
}

static void test_fingerprint_follows_the_schema(void **state) {
    (void)state;
    struct cs_attribute attributes[2] = {{.id = 1, .name = T("a"), .type = TYPE_TEXT},
                                         {.id = 2, .name = T("b"), .type = TYPE_TEXT}};
    struct cs_type type = {.attributes = {attributes, 2, 2}};
    uint64_t before = schema_fingerprint(&type);
    assert_int_equal(before, schema_fingerprint(&type));
    attributes[1].selected = true;
    assert_int_not_equal(before, schema_fingerprint(&type));
    attributes[1].selected = false;
    attributes[0].type = TYPE_NUMBER;
    assert_int_not_equal(before, schema_fingerprint(&type));
}

static void test_staged_changes(void **state) {
    (void)state;
    struct value text_value = {.type = TYPE_TEXT, .text = T("x\"y")},
                 resolved = {.type = TYPE_REFERENCE, .reference = {(text){0}, 88}}, number = {.type = TYPE_NUMBER, .integer = -3};
    struct staged_change list[] = {
        {.attribute = TEXT, .change = CHANGE_UPDATE, .has_value = true, .value = text_value, .drift = true, .attempts = 2},
        {.attribute = NUMBER,
         .change = CHANGE_ADD,
         .status = CHANGE_EXPORTED,
         .has_value = true,
         .value = number,
         .exported = {77},
         .last_imported = T("4")},
        {.attribute = REFERENCE, .change = CHANGE_ADD, .has_value = true, .value = resolved, .reference_mvo = 9},
        {.attribute = CN, .change = CHANGE_REMOVE_ALL},
    };
    struct staged_changes changes = {list, 4, 4}, back;
    OWNED_VALUE(buffer) out = {.max = 1 << 20};
    document_write_changes(&out, &changes);
    assert_null(document_read_changes(a, config, buffer_as_text(&out), &back));
    assert_int_equal(back.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(back.at[i].attribute, list[i].attribute);
        assert_int_equal(back.at[i].change, list[i].change);
        assert_int_equal(back.at[i].status, list[i].status);
        assert_int_equal(back.at[i].has_value, list[i].has_value);
        assert_int_equal(back.at[i].reference_mvo, list[i].reference_mvo);
        assert_int_equal(back.at[i].attempts, list[i].attempts);
        assert_int_equal(back.at[i].exported.ticks, list[i].exported.ticks);
        assert_int_equal(back.at[i].drift, list[i].drift);
        assert_true(text_equal(back.at[i].last_imported, list[i].last_imported));
        if (list[i].has_value) assert_true(value_equal(&back.at[i].value, &list[i].value));
    }
    assert_int_equal(back.at[2].value.reference.target, 88);
}

/* Of half a million changes no tree is made. */
static void test_many_changes(void **state) {
    (void)state;
    enum { MANY = 4000 };
    struct staged_change *list = ARENA_ARRAY(a, struct staged_change, MANY);
    for (size_t i = 0; i < MANY; i++) {
        text said = arena_print(a, "quote \"%zu\"} ],\n\\", i);
        list[i] = (struct staged_change){.attribute = TEXT, .change = CHANGE_ADD, .has_value = true, .last_imported = said};
        list[i].value = (struct value){.type = TYPE_TEXT, .text = said};
        if (i % 2) list[i].attribute = REFERENCE;
        if (i % 2) list[i].value = (struct value){.type = TYPE_REFERENCE, .reference = {said, (int64_t)i}};
    }
    struct staged_changes changes = {list, MANY, MANY}, back;
    OWNED_VALUE(buffer) out = {.max = 1 << 24};
    document_write_changes(&out, &changes);
    assert_null(document_read_changes(a, config, buffer_as_text(&out), &back));
    assert_int_equal(back.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(value_equal(&back.at[i].value, &list[i].value));
        assert_true(text_equal(back.at[i].last_imported, list[i].last_imported));
        if (i % 2) assert_int_equal(back.at[i].value.reference.target, i);
    }
    for (size_t cut = 1; cut < 20; cut++) {
        OWNED(error) e = document_read_changes(a, config, (text){out.at, out.len - cut}, &back);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_CORRUPT);
    }
}

static void test_malformed_changes_are_corrupt(void **state) {
    (void)state;
    const char *const bad[] = {"[", "[{\"a\":99,\"c\":1}]", "[{\"a\":11,\"c\":1,\"v\":7}]", "[{\"a\":11,\"c\":77}]", "[7]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct staged_changes out;
        OWNED(error) e = document_read_changes(a, config, text_of(bad[i]), &out);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_CORRUPT);
    }
}

static void test_outcomes(void **state) {
    (void)state;
    struct outcome_node export = {
        .type = OUTCOME_PENDING_EXPORT_CREATED, .target_system = 2, .target = 7, .count = 3, .rule = 4, .rule_name = T("R2")};
    struct outcome_node flow = {.type = OUTCOME_ATTRIBUTE_FLOW, .count = -1, .message = T("m"), .children = &export};
    struct outcome_node root = {
        .type = OUTCOME_PROJECTED, .target = 5, .target_is_mvo = true, .target_description = T("Ada"), .count = -1, .next = &flow};
    OWNED_VALUE(buffer) out = {.max = 1 << 20};
    document_write_outcomes(&out, &root);
    struct outcome_node *back;
    assert_null(document_read_outcomes(a, buffer_as_text(&out), &back));
    assert_int_equal(back->type, OUTCOME_PROJECTED);
    assert_true(back->target_is_mvo && back->target == 5 && back->count == -1);
    assert_true(text_equal(back->target_description, T("Ada")));
    assert_true(text_equal(back->next->message, T("m")));
    assert_int_equal(back->next->children->count, 3);
    assert_int_equal(back->next->children->target_system, 2);
    assert_true(text_equal(back->next->children->rule_name, T("R2")));
    assert_null(back->next->next);
    OWNED(error) e = document_read_outcomes(a, T("[{\"t\":999}]"), &back);
    assert_non_null(e);
}

static void test_display_names(void **state) {
    (void)state;
    struct mvo m = {.id = 77};
    char id[37] = {0};
    uuid_write(id_to_uuid(ID_MVO, 77), id);
    assert_true(text_equal(mvo_display_name(a, config, &m), text_of(id)));
    put(&m.values, CN, "common");
    put(&m.values, TEXT, "  ");
    assert_true(text_equal(mvo_display_name(a, config, &m), T("common")));
    attributes_remove(&m.values, TEXT);
    put(&m.values, TEXT, "Ada");
    assert_true(text_equal(mvo_display_name(a, config, &m), T("Ada")));
    struct cso c = {.id = 3, .type = 5};
    uuid_write(id_to_uuid(ID_CSO, 3), id);
    assert_true(text_equal(cso_display_name(a, config, &c), text_of(id)));
    c.secondary_external_id = T("dn");
    assert_true(text_equal(cso_display_name(a, config, &c), T("dn")));
    c.external_id = T("E1");
    assert_true(text_equal(cso_display_name(a, config, &c), T("E1")));
    put(&c.values, CN, "cn");
    assert_true(text_equal(cso_display_name(a, config, &c), T("cn")));
}

static void test_external_ids(void **state) {
    (void)state;
    const struct cs_type *t = config_cs_type(config, 5);
    struct attributes list = {0};
    assert_true(text_is_null(cso_external_id(a, t, &list)));
    put(&list, GUID, "00112233-4455-6677-8899-AABBCCDDEEFF");
    assert_true(text_equal(cso_external_id(a, t, &list), T("00112233-4455-6677-8899-aabbccddeeff")));
    assert_true(text_is_null(cso_secondary_id(a, t, &list)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connector_space_document),
        cmocka_unit_test(test_metaverse_document),
        cmocka_unit_test(test_many_values_of_the_first_attribute_survive),
        cmocka_unit_test(test_every_byte_survives),
        cmocka_unit_test(test_equal_objects_have_equal_bytes),
        cmocka_unit_test(test_malformed_documents_are_corrupt),
        cmocka_unit_test(test_hash_ignores_order_and_scale),
        cmocka_unit_test(test_hash_tells_neighbours_apart),
        cmocka_unit_test(test_fingerprint_follows_the_schema),
        cmocka_unit_test(test_staged_changes),
        cmocka_unit_test(test_many_changes),
        cmocka_unit_test(test_malformed_changes_are_corrupt),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_display_names),
        cmocka_unit_test(test_external_ids),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
