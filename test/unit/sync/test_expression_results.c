/* Results (§6), inputs (§8), the endpoint's examples (§11), security (§13) and the worked examples X1–X24 (§15). */
#include "expression_check.h"

#include "model/credentials.h"

#include <pthread.h>

/* ---- §6 ---- */

struct coercion {
    const char *expression, *inputs;
    enum data_type type;
    const char *expected; /* value texts joined by |, "" for no value, "!" refused, "!!" several for one */
};

static void check_coercion(const struct coercion *c, enum plurality plurality, bool outbound) {
    OWNED(arena) a = arena_new((size_t)1 << 28);
    struct world w = world_of(a, c->inputs);
    struct expression_result result;
    assert_true(evaluated(&w, parsed(a, c->expression), &result));
    struct values out = {0};
    text message;
    enum item_error refusal = expression_coerce(a, &result.value, c->type, plurality, outbound, &out, &message);
    text got = refusal == ITEM_NO_ERROR ? T("") : refusal == ITEM_MULTI_TO_SINGLE ? T("!!") : T("!");
    for (size_t i = 0; i < out.count; i++) {
        assert_int_equal(out.at[i].type, c->type);
        got = arena_print(a, "%.*s%s%.*s", TEXT_ARG(got), i ? "|" : "", TEXT_ARG(value_text(a, &out.at[i])));
    }
    assert_int_equal(refusal == ITEM_NO_ERROR, text_is_null(message));
    if (!text_equal(got, text_of(c->expected)))
        fail_msg("%s as %s gave %.*s, not %s", c->expression, enum_name(&data_type_names, c->type), TEXT_ARG(got), c->expected);
}

static void test_6_1_coercion(void **state) {
    (void)state;
    static const struct coercion rows[] = {
        {"\"a\"", NULL, TYPE_TEXT, "a"},
        {"1.50m", NULL, TYPE_TEXT, "1.5"},
        {"true", NULL, TYPE_TEXT, "True"},
        {"Today()", NULL, TYPE_TEXT, "2026-03-15T00:00:00Z"},
        {"null", NULL, TYPE_TEXT, ""},
        {"5", NULL, TYPE_NUMBER, "5"},
        {"5L", NULL, TYPE_NUMBER, "5"},
        {"3000000000", NULL, TYPE_NUMBER, "!"},
        {"5.0", NULL, TYPE_NUMBER, "5"},
        {"5.5m", NULL, TYPE_NUMBER, "!"},
        {"5.00m", NULL, TYPE_NUMBER, "5"},
        {"\"5\"", NULL, TYPE_NUMBER, "5"},
        {"\"5.0\"", NULL, TYPE_NUMBER, "!"},
        {"true", NULL, TYPE_NUMBER, "!"},
        {"Today()", NULL, TYPE_NUMBER, "!"},
        {"3000000000", NULL, TYPE_LONG_NUMBER, "3000000000"},
        {"5", NULL, TYPE_LONG_NUMBER, "5"},
        {"5m", NULL, TYPE_LONG_NUMBER, "5"},
        {"\"99999999999999999999\"", NULL, TYPE_LONG_NUMBER, "!"},
        {"1e30", NULL, TYPE_LONG_NUMBER, "!"},
        {"5", NULL, TYPE_DECIMAL, "5"},
        {"1.5m", NULL, TYPE_DECIMAL, "1.5"},
        {"\"1.5E3\"", NULL, TYPE_DECIMAL, "1500"},
        {"1.5", NULL, TYPE_DECIMAL, "!"},
        {"\"x\"", NULL, TYPE_DECIMAL, "!"},
        {"Today()", NULL, TYPE_DATETIME, "2026-03-15T00:00:00Z"},
        {"\"2020-01-02\"", NULL, TYPE_DATETIME, "2020-01-02T00:00:00Z"},
        {"\"2020-01-02T03:04:05+01:00\"", NULL, TYPE_DATETIME, "2020-01-02T02:04:05Z"},
        {"\"soon\"", NULL, TYPE_DATETIME, "!"},
        {"5", NULL, TYPE_DATETIME, "!"},
        {"true", NULL, TYPE_BOOLEAN, "True"},
        {"\"TRUE\"", NULL, TYPE_BOOLEAN, "True"},
        {"\"false\"", NULL, TYPE_BOOLEAN, "False"},
        {"1", NULL, TYPE_BOOLEAN, "!"},
        {"\"1\"", NULL, TYPE_BOOLEAN, "!"},
        {"\"yes\"", NULL, TYPE_BOOLEAN, "!"},
        {"\"{00112233-4455-6677-8899-AABBCCDDEEFF}\"", NULL, TYPE_GUID, "00112233-4455-6677-8899-aabbccddeeff"},
        {"\"00112233445566778899aabbccddeeff\"", NULL, TYPE_GUID, "00112233-4455-6677-8899-aabbccddeeff"},
        {"mv[\"g\"]", "mv g:Guid=00112233-4455-6677-8899-aabbccddeeff", TYPE_GUID, "00112233-4455-6677-8899-aabbccddeeff"},
        {"\"x\"", NULL, TYPE_GUID, "!"},
        {"\"AQI=\"", NULL, TYPE_BINARY, "AQI="},
        {"mv[\"b\"]", "mv b:Binary=AQI=", TYPE_BINARY, "AQI="},
        {"\"?\"", NULL, TYPE_BINARY, "!"},
        {"5", NULL, TYPE_BINARY, "!"},
        {"\"CN=x\"", NULL, TYPE_REFERENCE, "!"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check_coercion(&rows[i], SINGLE_VALUED, false);
    check_coercion(&(struct coercion){"\"CN=x\"", NULL, TYPE_REFERENCE, "CN=x"}, SINGLE_VALUED, true);
    check_coercion(&(struct coercion){"5", NULL, TYPE_REFERENCE, "!"}, SINGLE_VALUED, true);
}

static void test_6_2_lists(void **state) {
    (void)state;
    static const struct coercion none = {"Split(\"\", \"|\")", NULL, TYPE_TEXT, ""},
                                 one = {"Split(\"a\", \"|\")", NULL, TYPE_TEXT, "a"};
    check_coercion(&none, MULTI_VALUED, false);
    check_coercion(&none, SINGLE_VALUED, false);
    check_coercion(&one, MULTI_VALUED, false);
    check_coercion(&one, SINGLE_VALUED, false);
    check_coercion(&(struct coercion){"Split(\"a|b|a\", \"|\")", NULL, TYPE_TEXT, "a|b"}, MULTI_VALUED, false);
    check_coercion(&(struct coercion){"Split(\"1|2\", \"|\")", NULL, TYPE_NUMBER, "1|2"}, MULTI_VALUED, false);
    check_coercion(&(struct coercion){"Split(\"1|x\", \"|\")", NULL, TYPE_NUMBER, "!"}, MULTI_VALUED, false);
    check_coercion(&(struct coercion){"Split(\"a|b\", \"|\")", NULL, TYPE_TEXT, "!!"}, SINGLE_VALUED, false);
}

/* ---- §8 ---- */

static const char *missing(const char *expression, const char *inputs) {
    OWNED(arena) a = arena_new(1 << 20);
    struct world w = world_of(a, inputs);
    const struct expression *e = expression_bind(a, parsed(a, expression), (struct expression_names){&w, world_find});
    struct expression_inputs in = {.mv = &w.mv, .cs = &w.cs};
    const struct expression_input *found = expression_missing_input(e, &in);
    static char name[100];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(found ? found->name : T("none")));
    return name;
}

static void test_8_3_missing_inputs(void **state) {
    (void)state;
    assert_string_equal(missing("mv[\"a\"] + cs[\"b\"]", "mv a=1\ncs b=2"), "none");
    assert_string_equal(missing("mv[\"a\"] + cs[\"b\"]", "mv a=1"), "b");
    assert_string_equal(missing("mv[\"a\"]", "mv a="), "a");
    assert_string_equal(missing("mv[\"a\"]", "mv a= "), "none");
    assert_string_equal(missing("mv[\"a\"]", "cs a=1"), "a");
    assert_string_equal(missing("mv[\"a\" + \"\"] + \"mv[\\\"b\\\"]\"", NULL), "none");
    assert_string_equal(missing("true ? 1 : mv[\"a\"]", NULL), "a");
}

static void test_8_asserted_null_reads_as_null(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct world w = world_of(a, "mv a=x");
    w.mv.at[0].count = 0;
    w.mv.at[0].null_marker = true;
    struct expression_result out;
    assert_true(evaluated(&w, parsed(a, "mv[\"a\"] == null"), &out));
    assert_true(out.value.truth);
    const struct expression *e = expression_bind(a, parsed(a, "mv[\"a\"]"), (struct expression_names){&w, world_find});
    assert_non_null(expression_missing_input(e, &(struct expression_inputs){.mv = &w.mv}));
}

static void test_8_binding_to_the_configuration(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct config *c = config_new();
    *LIST_ADD(c->a, &c->mv_attributes) = (struct mv_attribute){.id = 4, .name = T("Department"), .type = TYPE_TEXT};
    *LIST_ADD(c->a, &c->mv_attributes) =
        (struct mv_attribute){.id = 5, .name = T("Groups"), .type = TYPE_TEXT, .plurality = MULTI_VALUED};
    struct connected_system *s = LIST_ADD(c->a, &c->systems);
    struct cs_type *t = LIST_ADD(c->a, &s->types);
    *LIST_ADD(c->a, &t->attributes) = (struct cs_attribute){.id = 8, .name = T("dept"), .type = TYPE_TEXT};
    *LIST_ADD(c->a, &t->attributes) = (struct cs_attribute){.id = 9, .name = T("unicodePwd"), .type = TYPE_TEXT};
    config_index(c);
    const struct expression *e = parsed(
        a, "mv[\"DEPARTMENT\"] + cs[\"Dept\"] + mv[\"Groups\"] + cs[\"unicodePwd\"] + cs[\"unicode\" + \"Pwd\"] + mv[\"dept\"]");
    const struct expression *bound = expression_bind_config(a, e, c, t);
    const int32_t ids[] = {4, 8, 5, 0, 0};
    assert_int_equal(expression_input_count(bound), 5);
    for (size_t i = 0; i < 5; i++) assert_int_equal(expression_input(bound, i)->attribute, ids[i]);
    assert_true(expression_input(bound, 2)->multi_valued);
    struct attributes mv = {0}, cs = {0};
    values_add(a, attributes_ensure(a, &mv, 4), (struct value){.type = TYPE_TEXT, .text = T("IT")});
    values_add(a, attributes_ensure(a, &cs, 8), (struct value){.type = TYPE_TEXT, .text = T("/x")});
    values_add(a, attributes_ensure(a, &cs, 9), (struct value){.type = TYPE_TEXT, .text = T("secret")});
    struct expression_result out;
    assert_true(expression_evaluate(bound, &(struct expression_inputs){.mv = &mv, .cs = &cs}, a, &out));
    assert_true(text_equal(out.value.text, T("IT/x")));
    assert_true(expression_evaluate(e, &(struct expression_inputs){.mv = &mv, .cs = &cs}, a, &out));
    assert_true(text_equal(out.value.text, T("")) || out.value.kind == EXPRESSION_NULL);
    config_release(c);
}

/* ---- §11 ---- */

static void test_11_examples(void **state) {
    (void)state;
    CHECK({"Lower(cs[\"givenName\"]) + \".\" + Lower(cs[\"sn\"]) + \"@x.io\"", "cs givenName=Ada\ncs sn=Lovelace",
           "\"ada.lovelace@x.io\""},
          {"Lower(cs[\"givenName\"]) + \".\" + Lower(cs[\"sn\"]) + \"@x.io\"", "cs givenName=Ada", "\"ada.@x.io\""},
          {"IIF(Eq(mv[\"Status\"], \"Active\"), 512, 514)", "mv Status=Active", "Int32 512"}, {"Trim(cs[\"x\"])", NULL, "null"},
          {"Split(cs[\"c\"], \"|\")", "cs c=A|B", "[A|B]"}, {"10 > 3 && Eq(mv[\"D\"], \"IT\")", "mv D=IT", "Boolean True"},
          {"Upper(mv[\"a\"]", NULL, "? 13 the end of the expression"}, {"Mid(mv[\"a\"],1,2)", NULL, "? 0 unknown function"},
          {"upper(\"a\")", NULL, "? 0 unknown function"}, {"", NULL, "? 0 Expression cannot be empty."},
          {" \n", NULL, "? 0 Expression cannot be empty."}, {"\"\xff\"", NULL, "? 1 not UTF-8"});
}

/* ---- §13 ---- */

static void test_13_1_to_13_4_nothing_but_values(void **state) {
    (void)state;
    CHECK({"mv[\"a\"].GetType()", NULL, "? 8 unknown member"}, {"typeof(double).Assembly", NULL, "? 0 unknown function"},
          {"\"\".GetType().Assembly", NULL, "? 3 unknown member"},
          {"new System.IO.FileStream(\"x\", 0)", NULL, "? 0 unknown identifier"},
          {"Activator.CreateInstance(1)", NULL, "? 0 unknown identifier"},
          {"System.Diagnostics.Process.Start(\"cmd\")", NULL, "? 0 unknown identifier"},
          {"Environment.GetEnvironmentVariable(\"PATH\")", NULL, "? 0 unknown identifier"},
          {"mv[\"a\"] = \"changed\"", NULL, "? 8 Found ="}, {"cs[\"a\"] += 1", NULL, "? 9 Found ="},
          {"default(int)", NULL, "? 0 unknown function"}, {"1 is int", NULL, "? 2 Found is"}, {"1 as int", NULL, "? 2 Found as"},
          {"x => x", NULL, "? 0 unknown identifier"}, {"mv[\"a\"]; 1", NULL, "? 7 Found ;"}, {"{1}", NULL, "? 0 Found {"},
          {"mv.Count", NULL, "? 2 '['"}, {"this", NULL, "? 0 unknown identifier"}, {"\"a\" @ \"b\"", NULL, "? 4 Found @"});
}

static void test_13_5_credential_attributes_are_absent(void **state) {
    (void)state;
    CHECK({"cs[\"unicodePwd\"]", "cs unicodePwd=secret", "null"}, {"cs[\"USERPASSWORD\"]", "cs userPassword=secret", "null"},
          {"cs[\"user\" + \"Password\"]", "cs userPassword=secret", "null"}, {"cs[\"pwdLastSet\"]", "cs pwdLastSet=1", "\"1\""});
}

static void test_13_7_values_are_data(void **state) {
    (void)state;
    CHECK({"mv[\"a\"] + \"!\"", "mv a=\" + System.X + \"", "\"\" + System.X + \"!\""},
          {"mv[\"a\"]", "mv a='; DROP TABLE Users; --", "\"'; DROP TABLE Users; --\""},
          {"Trim(mv[\"a\"])", "mv a=../../etc/passwd", "\"../../etc/passwd\""},
          {"Coalesce(mv[\"a\"], 1)", "mv a=<script>", "\"<script>\""}, {"mv[mv[\"a\"]]", "mv a=mv[\"b\"]\nmv b=x", "null"},
          {"\"%s%n\" + mv[\"a\"]", "mv a=%s%n", "\"%s%n%s%n\""});
}

static void test_13_8_errors_name_no_values(void **state) {
    (void)state;
    static const char *const failing[] = {"mv[\"s\"] * 2",
                                          "2 - mv[\"s\"]",
                                          "(int)mv[\"s\"]",
                                          "(bool)mv[\"s\"]",
                                          "!mv[\"s\"]",
                                          "mv[\"s\"] ? 1 : 2",
                                          "mv[\"s\"] < 1",
                                          "Left(\"x\", mv[\"s\"])",
                                          "FormatDate(mv[\"s\"], \"yyyy\")",
                                          "FormatDate(Now(), mv[\"one\"])",
                                          "IIF(mv[\"s\"], 1, 2)",
                                          "SetBit(1, mv[\"s\"])",
                                          "mv[\"s\"].Substring(99)",
                                          "mv[\"s\"].Year",
                                          "Now().AddDays(mv[\"s\"])",
                                          "Math.Abs(mv[\"s\"])",
                                          "RandomPassword(mv[\"s\"], true)",
                                          "~mv[\"s\"]",
                                          "mv[\"n\"] * 987654321",
                                          "DisableUser(mv[\"n\"] * 1L * 1000)"};
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        OWNED(arena) a = arena_new(1 << 24);
        struct world w = world_of(a, "mv s=Topsecret\nmv one=q\nmv n:Number=987654321");
        struct expression_result out;
        if (evaluated(&w, parsed(a, failing[i]), &out)) fail_msg("%s did not fail", failing[i]);
        if (holds(out.error, "Topsecret") || holds(out.error, "987654321") || holds(out.error, "'q'"))
            fail_msg("%s: %.*s", failing[i], TEXT_ARG(out.error));
        assert_int_equal(out.value.kind, EXPRESSION_NULL);
    }
}

static void test_13_9_memory_is_bounded(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 27);
    struct world w = world_of(a, "mv a:Text[]=xxxxxxxxxxxxxxxxxxxx|yyyyyyyyyyyyyyyyyyyy");
    struct expression_result out;
    OWNED_VALUE(buffer) chain = {.max = 1 << 20};
    buffer_text(&chain, T("\"x\""));
    for (int i = 0; i < 300; i++) buffer_text(&chain, T(".Replace(\"x\", \"xxxx\")"));
    assert_false(evaluated(&w, parsed(a, arena_cstring(a, buffer_as_text(&chain))), &out));
    assert_true(holds(out.error, "1 MiB"));
    assert_false(evaluated(&w, parsed(a, "Join(mv[\"a\"], \"\".PadLeft(1048570))"), &out));
    assert_true(holds(out.error, "1 MiB"));
    buffer_clear(&chain); /* each step stays below a mebibyte; all together do not */
    buffer_text(&chain, T("\"a\".PadLeft(1000000)"));
    for (int i = 0; i < 300; i++) buffer_text(&chain, i % 2 ? T(".Replace(\"b\", \"a\")") : T(".Replace(\"a\", \"b\")"));
    assert_false(evaluated(&w, parsed(a, arena_cstring(a, buffer_as_text(&chain))), &out));
    assert_true(holds(out.error, "more memory"));
    assert_true(arena_used(a) < ((size_t)1 << 27));
}

static void test_13_10_deep_nesting_is_a_parse_error(void **state) {
    (void)state;
    static const char *const heads[] = {"(", "!", "-", "~", "Trim(", "mv[", "(int)", "true?", "IIF(", "\"\".Replace("};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        OWNED(arena) a = arena_new(1 << 26);
        OWNED_VALUE(buffer) deep = {.max = 1 << 20};
        while (deep.len + strlen(heads[i]) <= 10000) buffer_text(&deep, text_of(heads[i]));
        const struct expression *e;
        struct expression_error problem;
        assert_false(expression_parse(a, buffer_as_text(&deep), &e, &problem));
        assert_true(holds(problem.message, "deeper than 200"));
    }
}

/* ---- §15 ---- */

static void test_15_worked_examples(void **state) {
    (void)state;
    CHECK(
        /* X1 */ {"mv[\"First Name\"] + \" \" + mv[\"Last Name\"]", "mv First Name=Jane\nmv Last Name=Smith", "\"Jane Smith\""},
        /* X2 */ {"mv[\"First Name\"] + \" \" + mv[\"Last Name\"]", "mv First Name=Jane", "\"Jane \""},
        /* X3 */
        {"\"CN=\" + EscapeDN(mv[\"Display Name\"]) + \",OU=U,DC=d\"", "mv Display Name=Smith, Jane",
         "\"CN=Smith\\, Jane,OU=U,DC=d\""},
        /* X4 */ {"\"CN=\" + EscapeDN(mv[\"Display Name\"]) + \",OU=U,DC=d\"", NULL, "\"CN=,OU=U,DC=d\""},
        /* X6 */
        {"Upper(Left(mv[\"First Name\"],1)) + Upper(Left(mv[\"Last Name\"],1))", "mv First Name=Jane\nmv Last Name=Smith",
         "\"JS\""},
        /* X7 */ {"IIF(Eq(mv[\"D\"],\"IT\"), \"tech-\" + mv[\"A\"], mv[\"A\"])", "mv D=IT\nmv A=bob", "\"tech-bob\""},
        /* X8 */ {"Coalesce(mv[\"Preferred Name\"], mv[\"First Name\"])", "mv First Name=Jane", "\"Jane\""},
        /* X9 */ {"Coalesce(Trim(cs[\"middleName\"]), mv[\"Middle Name\"])", "mv Middle Name=Ada", "\"Ada\""},
        /* X10 */
        {"IIF(HasBit(cs[\"userAccountControl\"], 2), \"Archived\", \"Active\")", "cs userAccountControl:Number=514",
         "\"Archived\""},
        /* X11 */ {"DisableUser(Coalesce(cs[\"userAccountControl\"], 512))", "cs userAccountControl:Number=66048", "Int32 66050"},
        /* X11 */ {"DisableUser(Coalesce(cs[\"userAccountControl\"], 512))", NULL, "Int32 514"},
        /* X12 */
        {"ToFileTime(mv[\"Employee End Date\"])", "mv Employee End Date:DateTime=2026-03-15T00:00:00Z", "Int64 134180064000000000"},
        /* X15 */ {"ToDecimal(cs[\"salary\"]) * 2", "cs salary=0.1", "Decimal 0.2"},
        /* X16 */ {"mv[\"Count\"] == 42", "mv Count:LongNumber=42", "Boolean True"},
        /* X17 */ {"mv[\"Level\"] > 3", NULL, "Boolean False"},
        /* X18 */ {"Eq(Lower(mv[\"Status\"]), \"active\")", "mv Status=ACTIVE", "Boolean True"},
        /* X20 */ {"mv[\"department\"]", "mv Department=IT", "\"IT\""},
        /* X21 */ {"mv[\"D\"] != null ? Upper(mv[\"D\"]) : \"NONE\"", NULL, "\"NONE\""},
        /* X22 */ {"Join(mv[\"Groups\"], \"|\")", "mv Groups:Text[]=Admin|Users", "\"Admin|Users\""},
        /* X23 */ {"FormatDate(Today(), \"yyyyMMdd\")", NULL, "\"20260315\""},
        /* X24 */ {"Replace(mv[\"E\"], \"\", \"x\")", "mv E=abc", "\"abc\""});
}

static void test_X5_missing_input(void **state) {
    (void)state;
    assert_string_equal(missing("\"CN=\" + EscapeDN(mv[\"Display Name\"]) + \",OU=U,DC=d\"", NULL), "Display Name");
}
static void test_X13_X14_X19_targets(void **state) {
    (void)state;
    static const struct coercion courses = {"Split(cs[\"courses\"], \"|\")", "cs courses=SOFT101|SEC101|", TYPE_TEXT,
                                            "SOFT101|SEC101"};
    check_coercion(&courses, MULTI_VALUED, false);
    check_coercion(&(struct coercion){courses.expression, courses.inputs, TYPE_TEXT, "!!"}, SINGLE_VALUED, false);
    check_coercion(&(struct coercion){"cs[\"n\"]", "cs n:LongNumber=3000000000", TYPE_NUMBER, "!"}, SINGLE_VALUED, false);
}

/* ---- Threads ---- */

static struct world shared_world;
static const struct expression *shared_expression;

static void *evaluate_often(void *state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    size_t wrong = 0;
    for (int i = 0; i < 2000; i++) {
        arena_reset(a);
        struct expression_result out;
        struct expression_inputs in = {.mv = &shared_world.mv, .cs = &shared_world.cs, .now = shared_world.now};
        wrong += !expression_evaluate(shared_expression, &in, a, &out) || !text_equal(out.value.text, T("ada.x@2026"));
    }
    return wrong ? &shared_world : NULL;
}

static void test_one_expression_serves_many_threads(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    shared_world = world_of(a, "mv a=ADA\ncs b:Text[]=X|Y");
    shared_expression = expression_bind(a, parsed(a, "Lower(mv[\"a\"]) + \".\" + cs[\"b\"].ToLower() + \"@\" + Now().Year"),
                                        (struct expression_names){&shared_world, world_find});
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, evaluate_often, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_6_1_coercion),
        cmocka_unit_test(test_6_2_lists),
        cmocka_unit_test(test_8_3_missing_inputs),
        cmocka_unit_test(test_8_asserted_null_reads_as_null),
        cmocka_unit_test(test_8_binding_to_the_configuration),
        cmocka_unit_test(test_11_examples),
        cmocka_unit_test(test_13_1_to_13_4_nothing_but_values),
        cmocka_unit_test(test_13_5_credential_attributes_are_absent),
        cmocka_unit_test(test_13_7_values_are_data),
        cmocka_unit_test(test_13_8_errors_name_no_values),
        cmocka_unit_test(test_13_9_memory_is_bounded),
        cmocka_unit_test(test_13_10_deep_nesting_is_a_parse_error),
        cmocka_unit_test(test_15_worked_examples),
        cmocka_unit_test(test_X5_missing_input),
        cmocka_unit_test(test_X13_X14_X19_targets),
        cmocka_unit_test(test_one_expression_serves_many_threads),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
