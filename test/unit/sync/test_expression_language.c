/* The expression language itself: lexical forms (§2), grammar (§3), types (§4), lists (§5), null (§7) and limits (§1). */
#include "expression_check.h"

static void test_section_2_literals(void **state) {
    (void)state;
    CHECK({"42", NULL, "Int32 42"}, {"0x2A", NULL, "Int32 42"}, {"0b101010", NULL, "Int32 42"}, {"42L", NULL, "Int64 42"},
          {"42l", NULL, "Int64 42"}, {"42U", NULL, "Int32 42"}, {"42UL", NULL, "Int64 42"},
          {"2147483647", NULL, "Int32 2147483647"}, {"2147483648", NULL, "Int64 2147483648"},
          {"-2147483648", NULL, "Int32 -2147483648"}, {"0xFFFFFFFF", NULL, "Int64 4294967295"},
          {"9223372036854775807", NULL, "Int64 9223372036854775807"}, {"-9223372036854775808", NULL, "Int64 -9223372036854775808"},
          {"9223372036854775808", NULL, "? 0 beyond the range of Int64"}, {"1 + 99999999999999999999", NULL, "? 4 beyond"},
          {"1.5", NULL, "Double 1.5"}, {"1.5e3", NULL, "Double 1500"}, {"1.5d", NULL, "Double 1.5"}, {"2f", NULL, "Double 2"},
          {"1.50m", NULL, "Decimal 1.5"}, {"42M", NULL, "Decimal 42"}, {"true", NULL, "Boolean True"},
          {"false", NULL, "Boolean False"}, {"null", NULL, "null"}, {"1x", NULL, "? 0 malformed number"},
          {"0x", NULL, "? 0 malformed"}, {"1.", NULL, "? 2 a member"});
    CHECK({"\"a\\\"b\\'c\\\\d\"", NULL, "\"a\"b'c\\d\""}, {"\"\\a\\b\\f\\n\\r\\t\\v\"", NULL, "\"\a\b\f\n\r\t\v\""},
          {"Length(\"\\0\")", NULL, "Int32 1"}, {"'x'", NULL, "\"x\""}, {"'\\n'", NULL, "\"\n\""}, {"'é' + 'b'", NULL, "\"éb\""},
          {"'ab'", NULL, "? 0 expected one"}, {"''", NULL, "? 0 expected one"}, {"\"a\\qb\"", NULL, "? 2 unknown escape"},
          {"\"a\nb\"", NULL, "? 2 line break"}, {"\"abc", NULL, "? 4 the end of the expression inside a text"},
          {" \t\r\n1 +\n2 ", NULL, "Int32 3"}, {"\"ü\" + $", NULL, "? 6 Found $"}, {"1 // 2", NULL, "? 3 an operand"});
}

static void test_section_3_precedence_table(void **state) {
    (void)state;
    CHECK({"1 + 2 * 3", NULL, "Int32 7"}, {"\"a\" + 1 + 2", NULL, "\"a12\""}, {"1 + 2 + \"a\"", NULL, "\"3a\""},
          {"true ? 1 : false ? 2 : 3", NULL, "Int32 1"}, {"null ?? null ?? \"x\"", NULL, "\"x\""},
          {"!true || true", NULL, "Boolean True"}, {"10 / 3", NULL, "Int32 3"}, {"-7 / 2", NULL, "Int32 -3"},
          {"-7 % 3", NULL, "Int32 -1"}, {"2 + 3 << 1", NULL, "Int32 10"});
    CHECK({"1 < 2 == true", NULL, "Boolean True"}, {"8 - 3 - 2", NULL, "Int32 3"}, {"1 | 6 ^ 4 & 5", NULL, "Int32 3"},
          {"true || false && false", NULL, "Boolean True"}, {"false ? 1 : true ? 2 : 3", NULL, "Int32 2"},
          {"true ? false ? 1 : 2 : 3", NULL, "Int32 2"}, {"null ?? 1 + 1", NULL, "Int32 2"}, {"-\"abc\".Length", NULL, "Int32 -3"},
          {"(int)1.9 + 1", NULL, "Int32 2"}, {"-(1 + 2) * 3", NULL, "Int32 -9"}, {"~5", NULL, "Int32 -6"}, {"+5", NULL, "Int32 5"},
          {"- - 5", NULL, "Int32 5"}, {"!(1 > 2)", NULL, "Boolean True"}, {"1 >= 1 && 2 <= 2 && 1 != 2", NULL, "Boolean True"},
          {"true ? null : 1", NULL, "null"}, {"null ?? true ? 1 : 2", NULL, "Int32 1"});
}

static void test_section_3_attributes(void **state) {
    (void)state;
    CHECK({"mv[\"A b\"]", "mv A b=x", "\"x\""}, {"mv['Ab']", "mv Ab=x", "\"x\""},
          {"cs[\"a\"] + mv[\"a\"]", "cs a=1\nmv a=2", "\"12\""}, {"mv[\"nothing\"]", "mv a=x", "null"},
          {"mv[\"a\" + \"b\"]", "mv ab=x", "\"x\""}, {"mv[cs[\"which\"]]", "cs which=k\nmv k=v", "\"v\""},
          {"mv[null]", NULL, "null"}, {"mv[\"a\"][0]", NULL, "? 7 Found [, expected an operator"}, {"mv", NULL, "? 2 '['"},
          {"mv(1)", NULL, "? 2 '['"}, {"mv[\"a\"", NULL, "? 6 ']'"}, {"foo", NULL, "? 0 unknown identifier"},
          {"1 + foo", NULL, "? 4 unknown identifier"}, {"(foo) 1", NULL, "? 1 unknown identifier"}, {"(1 + 2", NULL, "? 6 ')'"},
          {"1 2", NULL, "? 2 an operator"}, {"true ? 1", NULL, "? 8 ':'"}, {"Upper(\"a\",)", NULL, "? 10 an operand"});
}

static void test_inputs_are_literal_names(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    const struct expression *e = parsed(a, "mv[\"x\"] + cs['y'] + mv[\"x\"] + \"mv[\\\"z\\\"]\" + mv[\"a\" + \"b\"] + cs[\"x\"]");
    assert_int_equal(expression_input_count(e), 3);
    assert_true(text_equal(expression_input(e, 0)->name, T("x")) && expression_input(e, 0)->metaverse);
    assert_true(text_equal(expression_input(e, 1)->name, T("y")) && !expression_input(e, 1)->metaverse);
    assert_true(text_equal(expression_input(e, 2)->name, T("x")) && !expression_input(e, 2)->metaverse);
    assert_false(expression_is_random(e));
    assert_true(expression_is_random(parsed(a, "true ? \"\" : RandomPassword(12, true)")));
    assert_true(expression_is_random(parsed(a, "RandomPassphrase(4, null)")));
}

static void test_section_4_types_and_texts(void **state) {
    (void)state;
    CHECK({"mv[\"a\"]", "mv a:Number=5", "Int32 5"}, {"mv[\"a\"]", "mv a:LongNumber=5", "Int64 5"},
          {"mv[\"a\"]", "mv a:Decimal=1.50", "Decimal 1.5"}, {"mv[\"a\"]", "mv a:Boolean=true", "Boolean True"},
          {"mv[\"a\"]", "mv a:DateTime=2020-03-15", "DateTime 2020-03-15T00:00:00Z"},
          {"mv[\"a\"]", "mv a:Guid=00112233-4455-6677-8899-AABBCCDDEEFF", "Guid 00112233-4455-6677-8899-aabbccddeeff"},
          {"mv[\"a\"]", "mv a:Binary=AQI=", "Byte[] AQI="}, {"cs[\"a\"]", "cs a:Reference=CN=x", "\"CN=x\""});
    CHECK({"\"\" + true", NULL, "\"True\""}, {"\"\" + false", NULL, "\"False\""}, {"\"\" + -5L", NULL, "\"-5\""},
          {"\"\" + 1.50m", NULL, "\"1.5\""}, {"\"\" + 0.1", NULL, "\"0.1\""}, {"\"\" + 1e22", NULL, "\"1e+22\""},
          {"\"\" + mv[\"d\"]", "mv d:DateTime=2020-03-15T10:11:12.5+01:00", "\"2020-03-15T09:11:12.5Z\""},
          {"\"\" + mv[\"d\"]", "mv d:Binary=AQI=", "\"AQI=\""}, {"\"\" + mv[\"d\"]", "mv d:Text[]=a|b", "\"a\""},
          {"\"\" + null", NULL, "\"\""}, {"\"[\" + Split(\"\", \",\") + \"]\"", NULL, "\"[]\""});
}

static void test_references_read_as_ids(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct value resolved = {.type = TYPE_REFERENCE, .reference = {T("CN=x"), 7}},
                 open = {.type = TYPE_REFERENCE, .reference = {T("CN=x"), 0}};
    struct expression_value as_cs = expression_value_of(a, &resolved, false), as_mv = expression_value_of(a, &resolved, true),
                            raw = expression_value_of(a, &open, false);
    assert_int_equal(as_cs.text.len, 36);
    assert_false(text_equal(as_cs.text, as_mv.text));
    assert_true(text_equal(raw.text, T("CN=x")));
}

static void test_section_4_2_numbers(void **state) {
    (void)state;
    CHECK({"2147483647 + 1", NULL, "! exceeds the range of Int32"}, {"2147483647L + 1", NULL, "Int64 2147483648"},
          {"-2147483648 - 1", NULL, "! Int32"}, {"65536 * 65536", NULL, "! Int32"}, {"-(-2147483648)", NULL, "! Int32"},
          {"9223372036854775807 + 1", NULL, "! Int64"}, {"-9223372036854775808 / -1", NULL, "! Int64"},
          {"-9223372036854775808 % -1", NULL, "Int64 0"}, {"1m + 2", NULL, "Decimal 3"}, {"0.1m + 0.2m", NULL, "Decimal 0.3"},
          {"0.5 * 3", NULL, "Double 1.5"}, {"1.5m + 0.5", NULL, "Decimal 2"}, {"1m + 0.1", NULL, "! no exact Decimal"},
          {"1 / 0", NULL, "! division by zero"}, {"1 % 0", NULL, "! division by zero"}, {"1m / 0", NULL, "! division by zero"},
          {"7.5m % 2", NULL, "Decimal 1.5"}, {"79228162514264337593543950335m + 1", NULL, "! Decimal"},
          {"1 / 0.0 > 5", NULL, "Boolean True"}, {"10 / 4.0", NULL, "Double 2.5"}, {"10 / 4m", NULL, "Decimal 2.5"});
    CHECK({"6 & 3", NULL, "Int32 2"}, {"6 | 3L", NULL, "Int64 7"}, {"6 ^ 3", NULL, "Int32 5"},
          {"true & false", NULL, "Boolean False"}, {"true | false", NULL, "Boolean True"}, {"true ^ true", NULL, "Boolean False"},
          {"1 << 31", NULL, "Int32 -2147483648"}, {"-8 >> 1", NULL, "Int32 -4"}, {"1L << 40", NULL, "Int64 1099511627776"},
          {"1 & true", NULL, "! Operator & expects integers, not Boolean"}, {"1.5 | 1", NULL, "! not Double"},
          {"~1.5", NULL, "! Operator ~"}, {"!1", NULL, "! Operator ! expects Boolean, not Int32"});
    CHECK({"mv[\"Level\"] + 1", "mv Level:Number=4", "Int32 5"}, {"\"2\" * 3", NULL, "! Operator * expects numbers, not String"},
          {"\"2\" - 1", NULL, "! Operator -"}, {"3 / \"2\"", NULL, "! Operator /"}, {"3 % \"2\"", NULL, "! Operator %"},
          {"true + 1", NULL, "! not Boolean"}, {"-\"x\"", NULL, "! not String"}, {"-true", NULL, "! not Boolean"});
}

static void test_section_4_3_casts(void **state) {
    (void)state;
    CHECK({"(string)\"a\"", NULL, "\"a\""}, {"(string)null", NULL, "null"},
          {"(string)1", NULL, "! Cast (string) expects String, not Int32"}, {"(int)3.9m", NULL, "Int32 3"},
          {"(int)-3.9", NULL, "Int32 -3"}, {"(int)null", NULL, "null"}, {"(int)3000000000", NULL, "! Int32"},
          {"(int)\"3\"", NULL, "! Cast (int) expects a number, not String"}, {"(long)3000000000.5", NULL, "Int64 3000000000"},
          {"(long)1e30", NULL, "! Int64"}, {"(int)(1 / 0.0)", NULL, "! Int32"}, {"(decimal)1.5", NULL, "Decimal 1.5"},
          {"(decimal)0.1", NULL, "Decimal 0.1"}, {"(decimal)null", NULL, "null"}, {"(double)1.5m", NULL, "Double 1.5"},
          {"(double)7", NULL, "Double 7"}, {"(bool)true", NULL, "Boolean True"}, {"(bool)null", NULL, "! Cast (bool)"},
          {"(bool)1", NULL, "! not Int32"}, {"(DateTime)null", NULL, "! Cast (DateTime)"}, {"(DateTime?)null", NULL, "null"},
          {"(DateTime)\"2020-01-01\"", NULL, "! not String"}, {"(Guid)null", NULL, "! Cast (Guid)"}, {"(object)1", NULL, "Int32 1"},
          {"(object)null", NULL, "null"}, {"(int?)null", NULL, "null"}, {"(int) - 5", NULL, "Int32 -5"},
          {"(int)(long)5", NULL, "Int32 5"});
    CHECK({"IIF((bool)mv[\"IsActive\"], \"A\", \"B\")", "mv IsActive:Boolean=true", "\"A\""},
          {"IIF(mv[\"IsActive\"], \"A\", \"B\")", "mv IsActive:Boolean=false", "\"B\""},
          {"(Guid)mv[\"g\"]", "mv g:Guid=00112233-4455-6677-8899-aabbccddeeff", "Guid 00112233-4455-6677-8899-aabbccddeeff"},
          {"(DateTime)mv[\"d\"]", "mv d:DateTime=2020-01-01", "DateTime 2020-01-01T00:00:00Z"},
          {"(int)mv[\"n\"]", "mv n:Number[]=7|8", "Int32 7"});
}

static void test_section_5_lists(void **state) {
    (void)state;
    CHECK({"Upper(mv[\"Phones\"])", "mv Phones:Text[]=a1|b2", "\"A1\""}, {"mv[\"Phones\"]", "mv Phones:Text[]=a1|b2", "[a1|b2]"},
          {"mv[\"Phones\"]", "mv Phones:Text[]=a1", "[a1]"}, {"mv[\"Phones\"]", "mv Phones:Text[]=", "null"},
          {"Join(mv[\"One\"], \";\")", "mv One=x", "\"x\""}, {"mv[\"n\"] + 1", "mv n:Number[]=4|9", "Int32 5"},
          {"mv[\"l\"] == \"a\"", "mv l:Text[]=a|b", "Boolean True"}, {"true ? mv[\"l\"] : null", "mv l:Text[]=a|b", "[a|b]"},
          {"mv[\"no\"] ?? mv[\"l\"]", "mv l:Text[]=a|b", "[a|b]"}, {"Coalesce(Split(\"\", \",\"), \"x\")", NULL, "\"x\""},
          {"mv[\"l\"].ToUpper()", "mv l:Text[]=a|b", "\"A\""}, {"Split(\"\", \",\") == null", NULL, "Boolean True"});
}

static void test_section_7_null(void **state) {
    (void)state;
    CHECK({"\"CN=\" + null + \",DC=x\"", NULL, "\"CN=,DC=x\""}, {"null + null", NULL, "null"}, {"null + 1", NULL, "null"},
          {"1 - null", NULL, "null"}, {"null * null", NULL, "null"}, {"-null", NULL, "null"}, {"~null", NULL, "null"},
          {"null & 1", NULL, "null"}, {"null << 1", NULL, "null"}, {"null < 1", NULL, "Boolean False"},
          {"1 >= null", NULL, "Boolean False"}, {"null <= null", NULL, "Boolean False"}, {"null == null", NULL, "Boolean True"},
          {"null != null", NULL, "Boolean False"}, {"null == \"\"", NULL, "Boolean False"}, {"null != 1", NULL, "Boolean True"},
          {"null && true", NULL, "! Operator &&: the condition has no value"},
          {"true && null", NULL, "! Operator &&: the condition has no value"},
          {"false || null", NULL, "! Operator ||: the condition has no value"}, {"!null", NULL, "! the condition has no value"},
          {"null ? 1 : 2", NULL, "! Operator ? :: the condition has no value"}, {"1 ? 1 : 2", NULL, "! not Int32"},
          {"1 && true", NULL, "! Operator &&"}, {"null ?? 5", NULL, "Int32 5"}, {"null?.Length", NULL, "null"},
          {"mv[\"x\"]?.Trim().ToUpper()", NULL, "null"}, {"mv[\"x\"]?.Trim().ToUpper() ?? \"d\"", "mv x= a ", "\"A\""},
          {"null.Length", NULL, "! Member Length was asked of null"},
          {"mv[\"x\"].ToUpper()", NULL, "! Member ToUpper was asked of null"});
    CHECK({"false && 1 / 0 == 1", NULL, "Boolean False"}, {"true || 1 / 0 == 1", NULL, "Boolean True"},
          {"true ? 1 : 1 / 0", NULL, "Int32 1"}, {"false ? 1 / 0 : 2", NULL, "Int32 2"}, {"1 ?? 1 / 0", NULL, "Int32 1"},
          {"IIF(true, 1, 1 / 0)", NULL, "! division by zero"});
    CHECK({"42 == 42.0", NULL, "Boolean True"}, {"\"42\" == 42", NULL, "Boolean True"}, {"\"A\" == \"a\"", NULL, "Boolean False"},
          {"1 < 1.5m", NULL, "Boolean True"}, {"9223372036854775807 < 9223372036854775808.0", NULL, "Boolean True"},
          {"\"a\" < \"b\"", NULL, "Boolean True"}, {"\"B\" < \"a\"", NULL, "Boolean True"},
          {"\"a\" < 1", NULL, "! Operator < cannot compare String with Int32"},
          {"true < false", NULL, "! cannot compare Boolean with Boolean"}, {"Now() > Today()", NULL, "Boolean True"},
          {"Today() <= Now()", NULL, "Boolean True"}, {"0.1 == 0.1m", NULL, "Boolean False"}, {"0.5 == 0.5m", NULL, "Boolean True"},
          {"true == 1", NULL, "Boolean False"});
}

static bool parses(arena *a, text source, struct expression_error *problem) {
    const struct expression *e;
    return expression_parse(a, source, &e, problem);
}

static text repeated(arena *a, const char *head, size_t times, const char *middle, const char *tail) {
    OWNED_VALUE(buffer) b = {.max = 1 << 22};
    for (size_t i = 0; i < times; i++) buffer_text(&b, text_of(head));
    buffer_text(&b, text_of(middle));
    for (size_t i = 0; i < times; i++) buffer_text(&b, text_of(tail));
    return arena_text(a, buffer_as_text(&b));
}

static void test_section_1_length(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    struct expression_error problem;
    assert_true(parses(a, repeated(a, "é", 0, "1", ""), &problem));
    text fits = arena_print(a, "\"%.*s\"", TEXT_ARG(repeated(a, "é", 9998, "", "")));
    assert_true(parses(a, fits, &problem));
    text longer = arena_print(a, "\"%.*s\"", TEXT_ARG(repeated(a, "é", 9999, "", "")));
    assert_false(parses(a, longer, &problem));
    assert_true(holds(problem.message, "10,000"));
    assert_int_equal(problem.position, 10000);
}

static void test_section_1_depth(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    struct expression_error problem;
    assert_true(parses(a, repeated(a, "(", 200, "1", ")"), &problem));
    assert_false(parses(a, repeated(a, "(", 201, "1", ")"), &problem));
    assert_true(holds(problem.message, "deeper than 200"));
    assert_true(parses(a, repeated(a, "-", 200, "1", ""), &problem));
    assert_false(parses(a, repeated(a, "-", 201, "1", ""), &problem));
    assert_true(parses(a, repeated(a, "Trim(", 200, "null", ")"), &problem));
    assert_false(parses(a, repeated(a, "mv[", 5000, "", ""), &problem));
    assert_false(parses(a, repeated(a, "(int)", 1999, "1", ""), &problem));
    assert_true(holds(problem.message, "deeper"));
}

static void test_10000_parentheses(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 24);
    struct expression_error problem;
    assert_false(parses(a, repeated(a, "(", 10000, "", ""), &problem));
    assert_true(holds(problem.message, "deeper than 200"));
    assert_int_equal(problem.position, 201);
}

/* Long chains are not deep: they are as many instructions, not as many frames. */
static void test_long_chains(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 28);
    struct world w = world_of(a, "mv a=x");
    struct expression_result out;
    assert_true(evaluated(&w, parsed(a, repeated(a, "mv[\"a\"]+", 1000, "\"!\"", "").at), &out));
    assert_int_equal(out.value.text.len, 1001);
    assert_true(evaluated(&w, parsed(a, repeated(a, "null??", 1600, "7", "").at), &out));
    assert_int_equal(out.value.integer, 7);
    assert_true(evaluated(&w, parsed(a, repeated(a, "mv[\"a\"]==1?2:", 700, "3", "").at), &out));
    assert_int_equal(out.value.integer, 3);
    assert_true(evaluated(&w, parsed(a, arena_print(a, "mv[\"a\"]%.*s", TEXT_ARG(repeated(a, ".Trim()", 1000, "", ""))).at), &out));
    assert_true(text_equal(out.value.text, T("x")));
}

static void test_section_1_text_limit(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    struct world w = world_of(a, NULL);
    struct expression_result out;
    assert_true(evaluated(&w, parsed(a, "\"\".PadLeft(1048576).Length"), &out));
    assert_int_equal(out.value.integer, 1048576);
    assert_false(evaluated(&w, parsed(a, "\"\".PadLeft(1048577)"), &out));
    assert_true(holds(out.error, "longer than 1 MiB"));
    assert_false(evaluated(&w, parsed(a, "\"\".PadLeft(1048576) + \"x\""), &out));
    assert_false(evaluated(&w, parsed(a, "Replace(\"\".PadLeft(1048576), \" \", \"ab\")"), &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_section_2_literals),        cmocka_unit_test(test_section_3_precedence_table),
        cmocka_unit_test(test_section_3_attributes),      cmocka_unit_test(test_inputs_are_literal_names),
        cmocka_unit_test(test_section_4_types_and_texts), cmocka_unit_test(test_references_read_as_ids),
        cmocka_unit_test(test_section_4_2_numbers),       cmocka_unit_test(test_section_4_3_casts),
        cmocka_unit_test(test_section_5_lists),           cmocka_unit_test(test_section_7_null),
        cmocka_unit_test(test_section_1_length),          cmocka_unit_test(test_section_1_depth),
        cmocka_unit_test(test_10000_parentheses),         cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_section_1_text_limit),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
