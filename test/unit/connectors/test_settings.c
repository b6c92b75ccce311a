/* Definitions, the registry, and the generic validation of settings (connectors §1, §3). */
#include "fixture.h"

#include <unistd.h>

#define F struct fixture *f = *state

static struct validation_results check(struct fixture *f, const struct connector_definition *d) {
    struct validation_results out = {0};
    settings_validate(f->a, d, &f->system.settings, &out);
    return out;
}

static bool says(const struct validation_results *r, const char *setting, const char *words) {
    for (EACH(const struct validation_result, x, r))
        if (text_equal(x->setting, text_of(setting)) && text_find(x->message, text_of(words)) != SIZE_MAX) return !x->valid;
    return false;
}

static void a_connector_is_found_by_id_and_by_both_names(void **state) {
    (void)state;
    size_t count;
    assert_non_null(connector_definitions(&count));
    assert_true(count >= 1);
    assert_ptr_equal(connector_by_id(1), &file_connector);
    assert_null(connector_by_id(0));
    assert_ptr_equal(connector_by_name(T("JIM File Connector")), &file_connector);
    assert_ptr_equal(connector_by_name(T("Joinery File Connector")), &file_connector);
    assert_ptr_equal(connector_by_name(T("joinery file connector")), &file_connector);
    assert_null(connector_by_name(T("File Connector")));
    assert_null(connector_by_name(T("JIM ")));
    assert_null(connector_by_name(T("")));
}

static void definitions_have_distinct_ids_and_names(void **state) {
    (void)state;
    size_t count;
    const struct connector_definition *const *all = connector_definitions(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || all[i]->id > all[i - 1]->id);
        for (size_t k = 0; k < all[i]->settings_count; k++) {
            const struct setting_definition *s = &all[i]->settings[k];
            assert_int_equal(s->id / 100, all[i]->id);
            assert_ptr_equal(setting_by_id(all[i], s->id), s);
            assert_ptr_equal(setting_by_name(all[i], text_of(s->name)), s);
            assert_true(s->description && strlen(s->description) > 10);
        }
    }
}

static void defaults_fill_every_setting(void **state) {
    F;
    assert_int_equal(f->system.settings.count, file_connector.settings_count);
    assert_true(text_equal(setting_text(&f->system.settings, FILE_MODE), T("Import Only")));
    assert_true(text_equal(setting_text(&f->system.settings, FILE_DELIMITER), T(",")));
    assert_true(text_equal(setting_text(&f->system.settings, FILE_MULTI_VALUE_DELIMITER), T("|")));
    assert_true(text_equal(setting_text(&f->system.settings, FILE_STOP_ON_FIRST_ERROR), T("false")));
    assert_int_equal(setting_integer(&f->system.settings, FILE_KEEP_PREVIOUS, -1), 0);
    assert_int_equal(check(f, &file_connector).count, 0);
}

static void all_problems_come_together(void **state) {
    F;
    fixture_set(f, FILE_PATH, " ");
    fixture_set(f, FILE_MODE, "Sideways");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    fixture_set(f, FILE_KEEP_PREVIOUS, "101");
    fixture_set(f, FILE_STOP_ON_FIRST_ERROR, "maybe");
    fixture_set(f, FILE_CULTURE, "de\x01");
    *LIST_ADD(f->a, &f->system.settings) = (struct setting_value){.setting = 999, .value = T("x")};
    struct validation_results r = check(f, &file_connector);
    assert_int_equal(r.count, 7);
    assert_true(says(&r, "File Path", "required"));
    assert_true(says(&r, "Mode", "list"));
    assert_true(says(&r, "Object Type Column", "exactly one"));
    assert_true(says(&r, "Keep Previous Export Files", "between 0 and 100"));
    assert_true(says(&r, "Stop On First Error", "true or false"));
    assert_true(says(&r, "Culture", "control"));
}

static void exactly_one_of_a_group(void **state) {
    F;
    fixture_set(f, FILE_OBJECT_TYPE, "");
    struct validation_results none = check(f, &file_connector);
    assert_int_equal(none.count, 1);
    assert_true(says(&none, "Object Type Column", "\"Object Type Column\", \"Object Type\""));
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    assert_int_equal(check(f, &file_connector).count, 0);
}

static void lines_are_allowed_in_long_texts_only(void **state) {
    F;
    fixture_set(f, FILE_DECLARED_SCHEMA, "user = dn!\r\ngroup = dn!\t");
    assert_int_equal(check(f, &file_connector).count, 0);
    fixture_set(f, FILE_OBJECT_TYPE, "us\ner");
    assert_int_equal(check(f, &file_connector).count, 1);
}

/* A definition with conditions: B when A is "on" or "half", C when B is x, D and E in a circle; a check box in a group. */
static const char *const on[] = {"on", "half", NULL};
static const char *const x[] = {"x", NULL};
static const struct setting_definition conditional[] = {
    {.id = 1, .name = "A", .type = SETTING_STRING},
    {.id = 2, .name = "B", .type = SETTING_STRING, .when_setting = "A", .when_values = on},
    {.id = 3, .name = "C", .type = SETTING_STRING, .when_setting = "B", .when_values = x},
    {.id = 4, .name = "D", .type = SETTING_STRING, .when_setting = "E", .when_values = x},
    {.id = 5, .name = "E", .type = SETTING_STRING, .when_setting = "D", .when_values = x},
    {.id = 6,
     .name = "G",
     .type = SETTING_STRING,
     .group = "g",
     .cardinality = AT_LEAST_ONE,
     .when_setting = "A",
     .when_values = on},
    {.id = 7,
     .name = "H",
     .type = SETTING_CHECK_BOX,
     .group = "g",
     .cardinality = AT_LEAST_ONE,
     .when_setting = "A",
     .when_values = on,
     .default_checked = true},
    {.id = 8, .name = "T", .type = SETTING_TEXT, .required = true},
};
static const struct connector_definition conditions = {
    .id = 99, .name = "JIM Test", .label = "Test", .settings = conditional, .settings_count = 8};

static void conditions_follow_their_chain(void **state) {
    F;
    f->system.settings = (struct setting_values){0};
    settings_defaults(f->a, &conditions, &f->system.settings);
    assert_int_equal(check(f, &conditions).count,
                     0); /* A is empty: nothing applies; circles are never met; Text counts as present */
    fixture_set(f, 1, "HALF");
    struct validation_results r = check(f, &conditions);
    assert_int_equal(r.count, 2);
    assert_true(says(&r, "B", "required"));
    assert_true(says(&r, "G", "at least one")); /* the default-filled check box does not count */
    fixture_set(f, 2, "x");
    fixture_set(f, 7, "false");
    r = check(f, &conditions);
    assert_int_equal(r.count, 1);
    assert_true(says(&r, "C", "required"));
    fixture_set(f, 1, "off"); /* B does not apply any more, so C does not either */
    assert_int_equal(check(f, &conditions).count, 0);
    fixture_set(f, 4, "x");
    fixture_set(f, 5, "");
    assert_int_equal(check(f, &conditions).count, 0);
}

static struct validation_results file_check(struct fixture *f) {
    struct validation_results out = {0};
    struct connector_use use = {.ctx = &f->ctx, .system = &f->system};
    error *e = file_connector.ops.validate(&use, f->a, &out);
    assert_null(e);
    return out;
}

static void the_file_connector_checks_its_settings(void **state) {
    F;
    fixture_set(f, FILE_DELIMITER, "|");
    fixture_set(f, FILE_CULTURE, "xx-nowhere");
    fixture_set(f, FILE_MODE, "Bidirectional");
    fixture_set(f, FILE_DECLARED_SCHEMA, "user dn");
    fixture_set(f, FILE_PATH, "/etc/passwd");
    struct validation_results r = file_check(f);
    assert_int_equal(r.count, 4);
    assert_true(says(&r, "Multi-Value Delimiter", "differ"));
    assert_true(says(&r, "Culture", "xx-nowhere"));
    assert_true(says(&r, "Declared Schema", "line 1"));
    assert_true(says(&r, "File Path", "outside"));
}

static void delimiters_hold_no_quote_and_no_line_end(void **state) {
    F;
    fixture_write(f, "users.csv", T("dn\n"));
    static const char *const bad[] = {"", "\"", "a\"b"};
    for (size_t i = 0; i < 3; i++) {
        fixture_set(f, FILE_DELIMITER, bad[i]);
        struct validation_results r = file_check(f);
        assert_int_equal(r.count, 1);
        assert_true(says(&r, "Delimiter", ""));
    }
    fixture_set(f, FILE_DELIMITER, "\\t");
    assert_int_equal(file_check(f).count, 0);
    fixture_set(f, FILE_MULTI_VALUE_DELIMITER, "\\t");
    assert_int_equal(file_check(f).count, 1);
}

static void a_file_must_exist_unless_it_is_to_be_made(void **state) {
    F;
    struct validation_results r = file_check(f);
    assert_true(says(&r, "File Path", "does not exist"));
    fixture_set(f, FILE_MODE, "Bidirectional");
    assert_int_equal(file_check(f).count, 1);
    fixture_set(f, FILE_DECLARED_SCHEMA, "user = dn!");
    assert_int_equal(file_check(f).count, 0);
    fixture_set(f, FILE_MODE, "Export Only");
    fixture_set(f, FILE_PATH, fixture_path(f, "new/folder/users.csv"));
    assert_int_equal(file_check(f).count, 0);
    assert_int_equal(access(fixture_path(f, "new/folder"), F_OK), 0);
}

static error *open_secret(void *state, arena *a, text sealed, text *plain) {
    (void)state, (void)a;
    if (text_equal(sealed, T("$JIM$v1$good"))) return *plain = T("secret"), NULL;
    return FAIL(ERROR_CORRUPT, "no key opens it");
}

static void a_secret_that_will_not_open_is_an_error_that_names_it(void **state) {
    F;
    static const struct setting_definition password = {.id = 50, .name = "Password", .type = SETTING_STRING_ENCRYPTED};
    struct connector_use use = {.ctx = &f->ctx, .system = &f->system};
    f->ctx.open_secret = open_secret;
    struct setting_value *v = LIST_ADD(f->a, &f->system.settings);
    *v = (struct setting_value){50, T("$JIM$v1$good")};
    text plain;
    error *none = setting_secret(&use, f->a, &password, &plain);
    assert_null(none);
    assert_true(text_equal(plain, T("secret")));
    v->value = T("$JIM$v1$bad");
    OWNED(error) e = setting_secret(&use, f->a, &password, &plain);
    assert_non_null(e);
    assert_non_null(strstr(e->sentence, "Password"));
    assert_null(strstr(e->sentence, "$JIM"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_connector_is_found_by_id_and_by_both_names),
        TEST(definitions_have_distinct_ids_and_names),
        TEST(defaults_fill_every_setting),
        TEST(all_problems_come_together),
        TEST(exactly_one_of_a_group),
        TEST(lines_are_allowed_in_long_texts_only),
        TEST(conditions_follow_their_chain),
        TEST(the_file_connector_checks_its_settings),
        TEST(delimiters_hold_no_quote_and_no_line_end),
        TEST(a_file_must_exist_unless_it_is_to_be_made),
        TEST(a_secret_that_will_not_open_is_an_error_that_names_it),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
