/* Every function and member of the expression language, by the tables of §9. */
#include "expression_check.h"

#include "base/words.h"

static void test_9_1_text(void **state) {
    (void)state;
    CHECK({"Trim(\"  a b \")", NULL, "\"a b\""}, {"Trim(null)", NULL, "null"}, {"Trim(\"\\u00a0\")", NULL, "? 6 escape"},
          {"Trim(mv[\"x\"])", "mv x=\u00a0\u2003a\u3000", "\"a\""}, {"Upper(\"straße\")", NULL, "\"STRAßE\""},
          {"Upper(null)", NULL, "null"}, {"Lower(\"ÀB\")", NULL, "\"àb\""}, {"Lower(null)", NULL, "null"},
          {"Lower(5)", NULL, "\"5\""}, {"Capitalise(\"o'brien-SMITH jr\")", NULL, "\"O'Brien-Smith Jr\""},
          {"Capitalise(null)", NULL, "null"}, {"Capitalise(\"\")", NULL, "\"\""}, {"Left(\"Jonathan\", 3)", NULL, "\"Jon\""},
          {"Left(null, 3)", NULL, "null"}, {"Left(\"ab\", 0)", NULL, "\"\""}, {"Left(\"ab\", -1)", NULL, "\"\""},
          {"Left(\"ab\", 2)", NULL, "\"ab\""}, {"Left(\"ab\", 9)", NULL, "\"ab\""}, {"Left(\"😀é\", 1)", NULL, "\"😀\""},
          {"Left(\"ab\", \"1\")", NULL, "\"a\""}, {"Left(\"ab\", 1.0)", NULL, "\"a\""},
          {"Left(\"ab\", 1.5)", NULL, "! Left expects an integer, not Double"},
          {"Left(\"ab\", \"x\")", NULL, "! Left expects an integer, not String"}, {"Left(\"ab\", null)", NULL, "! not null"},
          {"Right(\"Jonathan\", 4)", NULL, "\"than\""}, {"Right(null, 4)", NULL, "null"}, {"Right(\"ab\", 0)", NULL, "\"\""},
          {"Right(\"ab\", 9)", NULL, "\"ab\""}, {"Right(\"é😀\", 1)", NULL, "\"😀\""});
    CHECK({"Substring(\"Jonathan\", 2, 4)", NULL, "\"nath\""}, {"Substring(\"ab\", 1, 9)", NULL, "\"b\""},
          {"Substring(null, 1, 9)", NULL, "null"}, {"Substring(\"ab\", -5, 1)", NULL, "\"a\""},
          {"Substring(\"ab\", 2, 1)", NULL, "\"\""}, {"Substring(\"ab\", 0, -1)", NULL, "\"\""},
          {"Replace(\"a@old.com\", \"@old.com\", \"@new.com\")", NULL, "\"a@new.com\""},
          {"Replace(null, \"a\", \"b\")", NULL, "null"}, {"Replace(\"aXbX\", \"X\", null)", NULL, "\"ab\""},
          {"Replace(\"ab\", null, \"x\")", NULL, "\"ab\""}, {"Replace(\"ab\", \"\", \"x\")", NULL, "\"ab\""},
          {"Replace(\"aaa\", \"aa\", \"b\")", NULL, "\"ba\""}, {"Replace(\"aA\", \"a\", \"b\")", NULL, "\"bA\""},
          {"Replace(\"abab\", \"b\", \"cde\")", NULL, "\"acdeacde\""}, {"StartsWith(\"admin1\", \"admin\")", NULL, "Boolean True"},
          {"StartsWith(null, \"a\")", NULL, "Boolean False"}, {"StartsWith(\"a\", null)", NULL, "Boolean True"},
          {"StartsWith(\"Admin\", \"admin\")", NULL, "Boolean False"}, {"EndsWith(\"x@y.com\", \"@y.com\")", NULL, "Boolean True"},
          {"EndsWith(null, \"\")", NULL, "Boolean False"}, {"EndsWith(\"a\", null)", NULL, "Boolean True"},
          {"Contains(\"a@company.com\", \"@company\")", NULL, "Boolean True"}, {"Contains(null, \"\")", NULL, "Boolean False"},
          {"Contains(\"a\", null)", NULL, "Boolean True"}, {"Contains(\"A\", \"a\")", NULL, "Boolean False"},
          {"Length(\"abc\")", NULL, "Int32 3"}, {"Length(null)", NULL, "Int32 0"}, {"Length(\"😀é\")", NULL, "Int32 2"});
    CHECK({"IsNullOrEmpty(\" \")", NULL, "Boolean False"}, {"IsNullOrEmpty(null)", NULL, "Boolean True"},
          {"IsNullOrEmpty(\"\")", NULL, "Boolean True"}, {"IsNullOrEmpty(0)", NULL, "Boolean False"},
          {"IsNullOrWhitespace(\" \")", NULL, "Boolean True"}, {"IsNullOrWhitespace(null)", NULL, "Boolean True"},
          {"IsNullOrWhitespace(\"\")", NULL, "Boolean True"}, {"IsNullOrWhitespace(\" a\")", NULL, "Boolean False"});
}

static void test_9_2_collections(void **state) {
    (void)state;
    CHECK({"CollectionContains(mv[\"Groups\"], \"Admin\")", "mv Groups:Text[]=User|Admin", "Boolean True"},
          {"CollectionContains(mv[\"Groups\"], \"admin\")", "mv Groups:Text[]=User|Admin", "Boolean False"},
          {"CollectionContains(null, \"x\")", NULL, "Boolean False"}, {"CollectionContains(\"x\", \"x\")", NULL, "Boolean True"},
          {"CollectionContains(\"\", null)", NULL, "Boolean True"},
          {"CollectionContains(mv[\"n\"], 7)", "mv n:Number[]=6|7", "Boolean True"},
          {"Split(\"A|B|| C \", \"|\")", NULL, "[A|B|C]"}, {"Split(null, \"|\")", NULL, "[]"}, {"Split(\"\", \"|\")", NULL, "[]"},
          {"Split(\"a|b\", null)", NULL, "[a|b]"}, {"Split(\"a b\", \"\")", NULL, "[a b]"},
          {"Split(\"a--b\", \"--\")", NULL, "[a|b]"}, {"Split(\"|\", \"|\")", NULL, "[]"},
          {"Join(mv[\"Groups\"], \";\")", "mv Groups:Text[]=A||B", "\"A;B\""}, {"Join(null, \";\")", NULL, "null"},
          {"Join(Split(\"\", \";\"), \";\")", NULL, "null"}, {"Join(\"\", \";\")", NULL, "null"},
          {"Join(mv[\"g\"], null)", "mv g:Text[]=A|B", "\"A,B\""}, {"Join(\"x\", \";\")", NULL, "\"x\""},
          {"Join(mv[\"n\"], \"\")", "mv n:Number[]=1|2", "\"12\""}, {"Join(Split(\"c b a\", \" \"), \"+\")", NULL, "\"c+b+a\""});
}

static void test_9_3_dates(void **state) {
    (void)state;
    const char *hired = "mv d:DateTime=2020-03-05T14:07:09.1234567Z";
    CHECK({"Now()", NULL, "DateTime 2026-03-15T23:30:00Z"}, {"Today()", NULL, "DateTime 2026-03-15T00:00:00Z"},
          {"FormatDate(mv[\"HireDate\"], \"yyyy-MM-dd\")", "mv HireDate:DateTime=2020-03-15", "\"2020-03-15\""},
          {"FormatDate(null, \"yyyy\")", NULL, "null"}, {"FormatDate(\"2020-03-15\", \"dd.MM.yy\")", NULL, "\"15.03.20\""},
          {"FormatDate(\"nonsense\", \"yyyy\")", NULL, "! FormatDate expects a date"},
          {"FormatDate(5, \"yyyy\")", NULL, "! FormatDate expects a date, not Int32"},
          {"FormatDate(Now(), \"x\")", NULL, "! unknown letter"}, {"FormatDate(Now(), \"F\")", NULL, "! unknown letter"},
          {"FormatDate(Now(), \"-\")", NULL, "\"-\""});
    const struct row formats[] = {
        {"yyyy yy y", hired, "2020 20 20"},
        {"MMMM MMM MM M.", hired, "March Mar 03 3."},
        {"dddd ddd dd d.", hired, "Thursday Thu 05 5."},
        {"HH H hh h mm m ss s", hired, "14 14 02 2 07 7 09 9"},
        {"fff ff f.", hired, "123 12 1."},
        {"tt zzz K", hired, "PM +00:00 Z"},
        {"'day' d 'o''clock'", hired, "day 5 oclock"},
        {"\\\\d\\\\y dd", hired, "dy 05"},
        {"yyyyMMddHHmmss", hired, "20200305140709"},
        {"d", hired, "03/05/2020"},
        {"D", hired, "Thursday, 05 March 2020"},
        {"s", hired, "2020-03-05T14:07:09"},
        {"u", hired, "2020-03-05 14:07:09Z"},
        {"o", hired, "2020-03-05T14:07:09.1234567Z"},
        {"O", hired, "2020-03-05T14:07:09.1234567Z"},
        {"yyyy-MM-ddTHH:mm", hired, "2020-03-05T14:07"},
        {"é/é", hired, "é/é"},
        {"'open", hired, "open"},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char expression[200], expected[200];
        snprintf(expression, sizeof expression, "FormatDate(mv[\"d\"], \"%s\")", formats[i].expression);
        snprintf(expected, sizeof expected, "\"%s\"", formats[i].expected);
        check_row(&(struct row){expression, hired, expected});
    }
    check_row(&(struct row){"FormatDate(mv[\"d\"], \"h tt\")", "mv d:DateTime=2020-03-05T00:07:09Z", "\"12 AM\""});
    check_row(&(struct row){"FormatDate(mv[\"d\"], \"h tt\")", "mv d:DateTime=2020-03-05T12:07:09Z", "\"12 PM\""});
}

static void test_9_3_file_times(void **state) {
    (void)state;
    CHECK({"ToFileTime(mv[\"d\"])", "mv d:DateTime=2026-03-15T00:00:00Z", "Int64 134180064000000000"},
          {"ToFileTime(mv[\"d\"])", "mv d:DateTime=2020-01-01T00:00:00Z", "Int64 132223104000000000"},
          {"ToFileTime(null)", NULL, "null"}, {"ToFileTime(\"2020-01-01\")", NULL, "Int64 132223104000000000"},
          {"ToFileTime(\"soon\")", NULL, "null"}, {"ToFileTime(5)", NULL, "! ToFileTime expects a date, not Int32"},
          {"ToFileTime(\"1600-12-31\")", NULL, "null"}, {"ToFileTime(\"0001-01-01\")", NULL, "null"},
          {"ToFileTime(\"9999-12-31T23:59:59.9999999Z\")", NULL, "null"},
          {"FromFileTime(132539328000000000)", NULL, "DateTime 2021-01-01T00:00:00Z"},
          {"FromFileTime(\"132539328000000000\")", NULL, "DateTime 2021-01-01T00:00:00Z"}, {"FromFileTime(null)", NULL, "null"},
          {"FromFileTime(0)", NULL, "null"}, {"FromFileTime(-5)", NULL, "null"},
          {"FromFileTime(9223372036854775807)", NULL, "null"}, {"FromFileTime(3000000000000000000)", NULL, "null"},
          {"FromFileTime(\"x\")", NULL, "null"}, {"FromFileTime(true)", NULL, "! not Boolean"},
          {"FromFileTime(1.0)", NULL, "! not Double"});
}

static void test_9_4_choice(void **state) {
    (void)state;
    CHECK({"IIF(Eq(mv[\"Status\"], \"Active\"), 512, 514)", "mv Status=Active", "Int32 512"},
          {"IIF(null, 1, 2)", NULL, "! IIF: the condition has no value"},
          {"IIF(1, 1, 2)", NULL, "! IIF expects Boolean, not Int32"}, {"IIF(\"true\", 1, 2)", NULL, "! not String"},
          {"Coalesce(null, \"x\")", NULL, "\"x\""}, {"Coalesce(\"\", \"x\")", NULL, "\"\""}, {"Coalesce(null, null)", NULL, "null"},
          {"Coalesce(1, 2, 3)", NULL, "? 0 takes 2 arguments, found 3"}, {"Coalesce(1)", NULL, "? 0 found 1"},
          {"Eq(42, 42.0)", NULL, "Boolean True"}, {"Eq(\"42\", 42)", NULL, "Boolean True"},
          {"Eq(\"A\", \"a\")", NULL, "Boolean False"}, {"Eq(null, null)", NULL, "Boolean True"},
          {"Eq(null, \"\")", NULL, "Boolean False"}, {"Eq(42L, 42m)", NULL, "Boolean True"}, {"Eq(true, 1)", NULL, "Boolean False"},
          {"Eq(Today(), \"2026-03-15T00:00:00Z\")", NULL, "Boolean True"}, {"Eq(true, \"True\")", NULL, "Boolean True"},
          {"Eq(true, \"true\")", NULL, "Boolean False"});
}

static void test_9_5_conversion(void **state) {
    (void)state;
    CHECK({"ToString(42)", NULL, "\"42\""}, {"ToString(null)", NULL, "null"}, {"ToString(1.50m)", NULL, "\"1.5\""},
          {"ToInt(\"35\")", NULL, "Int32 35"}, {"ToInt(\"3.5\")", NULL, "Int32 0"}, {"ToInt(\"99999999999\")", NULL, "Int32 0"},
          {"ToInt(null)", NULL, "Int32 0"}, {"ToInt(\" +7 \")", NULL, "Int32 7"}, {"ToInt(\"-7\")", NULL, "Int32 -7"},
          {"ToInt(7m)", NULL, "Int32 7"}, {"ToInt(true)", NULL, "Int32 0"}, {"ToInt(3000000000)", NULL, "Int32 0"},
          {"ToDecimal(\"1.5E3\")", NULL, "Decimal 1500"}, {"ToDecimal(\"1,5\")", NULL, "Decimal 0"},
          {"ToDecimal(1.5)", NULL, "Decimal 1.5"}, {"ToDecimal(0.1)", NULL, "Decimal 0.1"}, {"ToDecimal(null)", NULL, "Decimal 0"},
          {"ToDecimal(7L)", NULL, "Decimal 7"}, {"ToDecimal(2.50m)", NULL, "Decimal 2.5"},
          {"ToDecimal(\" 4 \")", NULL, "Decimal 4"});
}

static void test_9_6_directory_names(void **state) {
    (void)state;
    CHECK({"EscapeDN(\"Smith, Jane\")", NULL, "\"Smith\\, Jane\""}, {"EscapeDN(\"#1 \")", NULL, "\"\\#1\\ \""},
          {"EscapeDN(\" \")", NULL, "\"\\ \""}, {"EscapeDN(null)", NULL, "null"}, {"EscapeDN(\"\")", NULL, "\"\""},
          {"EscapeDN(\"a+b\\\"c\\\\d<e>f;g=h\")", NULL, "\"a\\+b\\\"c\\\\d\\<e\\>f\\;g\\=h\""},
          {"EscapeDN(\"a\\rb\\nc\\0d\")", NULL, "\"a\\0Db\\0Ac\\00d\""}, {"EscapeDN(\" a b \")", NULL, "\"\\ a b\\ \""},
          {"EscapeDN(\"a#b\")", NULL, "\"a#b\""});
}

static void test_9_8_bits(void **state) {
    (void)state;
    CHECK({"SetBit(512, 65536)", NULL, "Int32 66048"}, {"ClearBit(66048, 65536)", NULL, "Int32 512"},
          {"HasBit(514, 2)", NULL, "Boolean True"}, {"HasBit(514, 3)", NULL, "Boolean False"},
          {"EnableUser(514)", NULL, "Int32 512"}, {"EnableUser(null)", NULL, "Int32 0"}, {"DisableUser(512)", NULL, "Int32 514"},
          {"DisableUser(null)", NULL, "Int32 2"}, {"SetBit(null, 4)", NULL, "Int32 4"}, {"SetBit(\"512\", 2)", NULL, "Int32 514"},
          {"SetBit(\"x\", 2)", NULL, "Int32 2"}, {"SetBit(3000000000, 2)", NULL, "! within Int32"},
          {"DisableUser(3000000000)", NULL, "! DisableUser"}, {"SetBit(1, 3000000000)", NULL, "! mask within Int32"},
          {"SetBit(1, null)", NULL, "! SetBit expects an integer, not null"}, {"HasBit(512L, \"512\")", NULL, "Boolean True"},
          {"EnableUser(514m)", NULL, "Int32 512"});
}

static void test_9_9_text_members(void **state) {
    (void)state;
    CHECK({"mv[\"Display Name\"].Replace(\" \", \".\").ToLower()", "mv Display Name=Ada Lovelace", "\"ada.lovelace\""},
          {"\"abc\".Length", NULL, "Int32 3"},
          {"\"ab\".ToUpper() + \"AB\".ToLower() + \"ab\".ToUpperInvariant() + \"AB\".ToLowerInvariant()", NULL, "\"ABabABab\""},
          {"\"[\" + \" a \".Trim() + \"|\" + \" a \".TrimStart() + \"|\" + \" a \".TrimEnd() + \"]\"", NULL, "\"[a|a | a]\""},
          {"\"  \".TrimStart() + \"  \".TrimEnd()", NULL, "\"\""}, {"\"Jonathan\".Substring(2)", NULL, "\"nathan\""},
          {"\"Jonathan\".Substring(2, 4)", NULL, "\"nath\""}, {"\"ab\".Substring(2)", NULL, "\"\""},
          {"\"ab\".Substring(3)", NULL, "! Substring starts outside"}, {"\"ab\".Substring(-1)", NULL, "! outside"},
          {"\"ab\".Substring(1, 2)", NULL, "! Substring ends outside"},
          {"\"ab\".StartsWith(\"a\") && \"ab\".EndsWith(\"b\") && \"ab\".Contains(\"b\")", NULL, "Boolean True"},
          {"\"é😀b\".IndexOf(\"b\")", NULL, "Int32 2"}, {"\"a\".IndexOf(\"x\")", NULL, "Int32 -1"},
          {"\"7\".PadLeft(3) + \"|\"", NULL, "\"  7|\""}, {"\"7\".PadRight(3) + \"|\"", NULL, "\"7  |\""},
          {"\"abc\".PadLeft(2)", NULL, "\"abc\""}, {"\"a\".PadLeft(-1)", NULL, "! not negative"},
          {"\"a\".PadLeft(9223372036854775807)", NULL, "! 1 MiB"}, {"5.ToString()", NULL, "\"5\""},
          {"true.ToString()", NULL, "\"True\""}, {"5.Length", NULL, "! Member Length belongs to String, not Int32"},
          {"\"a\".Year", NULL, "! belongs to DateTime"}, {"\"a\".Length()", NULL, "? 10 no arguments"},
          {"\"a\".Trim", NULL, "? 8 '('"}, {"\"a\".Nope()", NULL, "? 4 unknown member"},
          {"\"a\".Replace(\"b\")", NULL, "? 4 takes 2"});
}

static void test_9_9_date_members(void **state) {
    (void)state;
    const char *d = "mv d:DateTime=2024-01-31T14:07:09Z";
    const struct row rows[] = {
        {"mv[\"d\"].Year", d, "Int32 2024"},
        {"mv[\"d\"].Month", d, "Int32 1"},
        {"mv[\"d\"].Day", d, "Int32 31"},
        {"mv[\"d\"].Hour", d, "Int32 14"},
        {"mv[\"d\"].Minute", d, "Int32 7"},
        {"mv[\"d\"].Second", d, "Int32 9"},
        {"mv[\"d\"].Date", d, "DateTime 2024-01-31T00:00:00Z"},
        {"mv[\"d\"].AddDays(1)", d, "DateTime 2024-02-01T14:07:09Z"},
        {"mv[\"d\"].AddDays(-0.5)", d, "DateTime 2024-01-31T02:07:09Z"},
        {"mv[\"d\"].AddMonths(1)", d, "DateTime 2024-02-29T14:07:09Z"},
        {"mv[\"d\"].AddYears(1)", d, "DateTime 2025-01-31T14:07:09Z"},
        {"mv[\"d\"].AddHours(10)", d, "DateTime 2024-02-01T00:07:09Z"},
        {"mv[\"d\"].AddMinutes(-8)", d, "DateTime 2024-01-31T13:59:09Z"},
        {"mv[\"d\"].AddYears(9000)", d, "! AddYears leaves the years"},
        {"mv[\"d\"].AddDays(9223372036854775807)", d, "! AddDays leaves"},
        {"mv[\"d\"].AddDays(1e300)", d, "! AddDays leaves"},
        {"mv[\"d\"].AddMonths(9223372036854775807)", d, "! AddMonths leaves"},
        {"mv[\"d\"].AddDays(\"x\")", d, "! AddDays expects an integer, not String"},
        {"mv[\"d\"].ToString(\"yyyy/MM\")", d, "\"2024/01\""},
        {"mv[\"d\"].ToString()", d, "\"2024-01-31T14:07:09Z\""},
        {"5.ToString(\"yyyy\")", d, "! ToString expects DateTime"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) check_row(&rows[i]);
}

static void test_9_9_static_members(void **state) {
    (void)state;
    CHECK({"Math.Abs(-5)", NULL, "Int32 5"}, {"Math.Abs(-1.5m)", NULL, "Decimal 1.5"}, {"Math.Abs(null)", NULL, "null"},
          {"Math.Abs(-2147483648)", NULL, "! Int32"}, {"Math.Min(2, 1.5)", NULL, "Double 1.5"},
          {"Math.Max(2, 1.5)", NULL, "Int32 2"}, {"Math.Max(null, 1)", NULL, "null"}, {"Math.Floor(-1.5m)", NULL, "Decimal -2"},
          {"Math.Floor(1.5)", NULL, "Double 1"}, {"Math.Ceiling(1.2m)", NULL, "Decimal 2"},
          {"Math.Ceiling(-1.2m)", NULL, "Decimal -1"}, {"Math.Round(2.5m)", NULL, "Decimal 2"},
          {"Math.Round(3.5m)", NULL, "Decimal 4"}, {"Math.Round(-2.5m)", NULL, "Decimal -2"},
          {"Math.Round(2.675m, 2)", NULL, "Decimal 2.68"}, {"Math.Round(2.665m, 2)", NULL, "Decimal 2.66"},
          {"Math.Round(2.5)", NULL, "Double 2"}, {"Math.Round(7)", NULL, "Int32 7"}, {"Math.Round(1.5m, 99)", NULL, "! 0 to 15"},
          {"Math.Abs(\"x\")", NULL, "! Math.Abs expects a number"}, {"string.IsNullOrEmpty(\"\")", NULL, "Boolean True"},
          {"string.IsNullOrWhiteSpace(\" \")", NULL, "Boolean True"},
          {"Math.Sqrt(4)", NULL, "? 0 Math.Sqrt, which is an unknown function"},
          {"string.Join(\",\", mv[\"a\"])", NULL, "? 0 unknown function"}, {"string.Empty", NULL, "? 12 '('"},
          {"Convert.ToInt32(\"5\")", NULL, "? 0 unknown identifier"},
          {"Enumerable.Range(0, 1000000000).Count()", NULL, "? 0 unknown identifier"},
          {"DateTime.Now", NULL, "? 0 unknown identifier"});
}

static bool each_class(text t, bool extended) {
    size_t lower = 0, upper = 0, digit = 0, other = 0;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        lower += c >= 'a' && c <= 'z';
        upper += c >= 'A' && c <= 'Z';
        digit += c >= '0' && c <= '9';
        other += strchr("!@#$%^&*", c) != NULL;
    }
    return lower && upper && digit && (other > 0) == extended && lower + upper + digit + other == t.len;
}

static text secret(arena *a, const char *expression) {
    struct world w = world_of(a, NULL);
    struct expression_result out;
    assert_true(evaluated(&w, parsed(a, expression), &out));
    assert_true(out.secret);
    return out.value.text;
}

static void test_9_7_random_password(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 28);
    for (int i = 0; i < 200; i++) {
        text plain = secret(a, "RandomPassword(8, false)"), extended = secret(a, "RandomPassword(16, true)");
        assert_int_equal(plain.len, 8);
        assert_int_equal(extended.len, 16);
        assert_true(each_class(plain, false) && each_class(extended, true));
    }
    assert_int_equal(secret(a, "RandomPassword(1, false)").len, 8);
    assert_int_equal(secret(a, "RandomPassword(999, false)").len, 128);
    assert_false(text_equal(secret(a, "RandomPassword(20, true)"), secret(a, "RandomPassword(20, true)")));
    CHECK({"RandomPassword(null, true)", NULL, "! not null"}, {"RandomPassword(8, null)", NULL, "! no value"},
          {"RandomPassword(8, 1)", NULL, "! not Int32"});
}

static bool is_word(text t) {
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (text_equal(word_at(i), t)) return true;
    }
    return false;
}

static void test_9_7_random_passphrase(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 28);
    static const struct {
        const char *expression;
        size_t words;
        char separator;
    } cases[] = {
        {"RandomPassphrase(4, null)", 4, '-'}, {"RandomPassphrase(1, \"\")", 3, '-'}, {"RandomPassphrase(99, \"+\")", 10, '+'}};
    for (size_t i = 0; i < 3; i++) {
        text phrase = secret(a, cases[i].expression);
        size_t words = 0;
        for (; phrase.len; words++) assert_true(is_word(cut(&phrase, cases[i].separator)));
        assert_int_equal(words, cases[i].words);
    }
}

static void test_9_7_words(void **state) {
    (void)state;
    assert_true(WORD_COUNT >= 2048);
    for (size_t i = 0; i < WORD_COUNT; i++) {
        text word = word_at(i);
        assert_true(word.len >= WORD_LETTERS_MIN && word.len <= WORD_LETTERS_MAX);
        for (size_t c = 0; c < word.len; c++) assert_true(word.at[c] >= 'a' && word.at[c] <= 'z');
        if (i) assert_true(text_compare(word_at(i - 1), word) < 0);
    }
}

static void test_9_7_masked_in_previews(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct world w = world_of(a, NULL);
    w.mask = true;
    struct expression_result out;
    assert_true(evaluated(&w, parsed(a, "\"pw:\" + RandomPassword(12, true) + RandomPassphrase(4, null)"), &out));
    assert_true(text_equal(out.value.text, T("pw:****************")));
    assert_true(out.secret);
}

static void test_all_36_functions_exist(void **state) {
    (void)state;
    static const char *const calls[] = {"Trim(1)",
                                        "Upper(1)",
                                        "Lower(1)",
                                        "Capitalise(1)",
                                        "Left(1,1)",
                                        "Right(1,1)",
                                        "Substring(1,1,1)",
                                        "Replace(1,1,1)",
                                        "StartsWith(1,1)",
                                        "EndsWith(1,1)",
                                        "Contains(1,1)",
                                        "Length(1)",
                                        "IsNullOrEmpty(1)",
                                        "IsNullOrWhitespace(1)",
                                        "CollectionContains(1,1)",
                                        "Split(1,1)",
                                        "Join(1,1)",
                                        "Now()",
                                        "Today()",
                                        "FormatDate(1,1)",
                                        "ToFileTime(1)",
                                        "FromFileTime(1)",
                                        "IIF(1,1,1)",
                                        "Coalesce(1,1)",
                                        "Eq(1,1)",
                                        "ToString(1)",
                                        "ToInt(1)",
                                        "ToDecimal(1)",
                                        "EscapeDN(1)",
                                        "RandomPassword(1,1)",
                                        "RandomPassphrase(1,1)",
                                        "SetBit(1,1)",
                                        "ClearBit(1,1)",
                                        "HasBit(1,1)",
                                        "EnableUser(1)",
                                        "DisableUser(1)"};
    OWNED(arena) a = arena_new(1 << 20);
    assert_int_equal(sizeof calls / sizeof calls[0], 36);
    for (size_t i = 0; i < 36; i++) parsed(a, calls[i]);
    CHECK({"upper(\"a\")", NULL, "? 0 unknown function"}, {"Now(1)", NULL, "? 0 takes 0 arguments, found 1"},
          {"Trim()", NULL, "? 0 takes 1 argument, found 0"});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_9_1_text),
        cmocka_unit_test(test_9_2_collections),
        cmocka_unit_test(test_9_3_dates),
        cmocka_unit_test(test_9_3_file_times),
        cmocka_unit_test(test_9_4_choice),
        cmocka_unit_test(test_9_5_conversion),
        cmocka_unit_test(test_9_6_directory_names),
        cmocka_unit_test(test_9_7_random_password),
        cmocka_unit_test(test_9_7_random_passphrase),
        cmocka_unit_test(test_9_7_words),
        cmocka_unit_test(test_9_7_masked_in_previews),
        cmocka_unit_test(test_9_8_bits),
        cmocka_unit_test(test_9_9_text_members),
        cmocka_unit_test(test_9_9_date_members),
        cmocka_unit_test(test_9_9_static_members),
        cmocka_unit_test(test_all_36_functions_exist),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
