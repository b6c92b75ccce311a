/* Schema discovery and the declared schema (connectors §11.1, §11.3). */
#include "fixture.h"

#include "connectors/file/cells.h"
#include "connectors/file/declared.h"

#define F struct fixture *f = *state
#define FINDS(f, file, expected)                                                                                                   \
    do {                                                                                                                           \
        fixture_write((f), "users.csv", T(file));                                                                                  \
        const char *seen_ = fixture_discover(f);                                                                                   \
        assert_ok(f);                                                                                                              \
        assert_string_equal(seen_, (expected));                                                                                    \
    } while (0)
#define FAILS(f, file, words)                                                                                                      \
    do {                                                                                                                           \
        fixture_write((f), "users.csv", T(file));                                                                                  \
        fixture_discover(f);                                                                                                       \
        fixture_failed((f), ERROR_INVALID, (words));                                                                               \
    } while (0)

static void the_narrowest_type_that_fits_all(void **state) {
    F;
    FINDS(f,
          "n,l,d,b,g,t,x,none,mixed,half\n"
          "1,3000000000,1.5,true,6f9619ff-8b86-d011-b42d-00cf4fc964ff,2024-01-01,abc,,1,1\n"
          "-2,1,1,FALSE,{6F9619FF-8B86-D011-B42D-00CF4FC964FF},2024-01-01T10:00:00Z,1,,2.5,x\n"
          ",,,,,,,,3000000000,\n",
          "user = n:Number, l:LongNumber, d:Decimal, b:Boolean, g:Guid, t:DateTime, x, none, mixed:Decimal, half\n");
}

static void digits_that_would_not_come_back_are_texts(void **state) {
    F;
    FINDS(f, "zip,phone,zero,minus,one,hash\n00123,+441234,0,-01,0.5,0123456789abcdef0123456789abcdef\n",
          "user = zip, phone, zero:Number, minus, one:Decimal, hash\n");
    FINDS(f, "long\n79228162514264337593543950336\n", "user = long\n"); /* beyond the widest number */
}

static void one_and_zero_are_numbers_not_booleans(void **state) {
    F;
    FINDS(f, "a,b\n1,true\n0,1\n", "user = a:Number, b\n");
}

static void the_first_fifty_values_of_each_type_decide(void **state) {
    F;
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    buffer_text(&b, T("kind,n\n"));
    for (int i = 0; i < 60; i++) buffer_print(&b, "a,%d\n", i);
    buffer_text(&b, T("a,word\nb,\nb,7\nb,2024-01-01\n"));
    fixture_write(f, "users.csv", buffer_as_text(&b));
    assert_string_equal(fixture_discover(f), "a = kind, n:Number\nb = kind, n\n");
    assert_ok(f);
}

static void several_values_are_seen_in_the_whole_file(void **state) {
    F;
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    buffer_text(&b, T("n,m,M\n"));
    for (int i = 0; i < 5000; i++) buffer_print(&b, "%d,,\n", i);
    buffer_text(&b, T("1|2,,x\n"));
    fixture_write(f, "users.csv", buffer_as_text(&b));
    assert_string_equal(fixture_discover(f), "user = n:Number[], m[]\n");
}

static void object_types_are_distinct_in_any_case_and_sorted(void **state) {
    F;
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "KIND");
    FINDS(f, "kind,a\nuser,1\nGroup,2\nUSER,x\n,3\n", "Group = kind, a:Number\nuser = kind, a\n");
    FAILS(f, "kind,a\n,1\n,2\n", "No object types were found");
    FAILS(f, "kind,a\n", "No object types were found");
    FAILS(f, "sort,a\nx,1\n", "lacks the object type column \"KIND\"");
}

static void a_column_of_ids_is_not_taken_for_types(void **state) {
    F;
    OWNED_VALUE(buffer) b = {.max = 8 << 20};
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "dn");
    buffer_text(&b, T("dn\n"));
    for (int i = 0; i < 100001; i++) buffer_print(&b, "u%d\n", i);
    fixture_write(f, "users.csv", buffer_as_text(&b));
    fixture_discover(f);
    fixture_failed(f, ERROR_INVALID, "is it the right column");
}

static void a_culture_decides_what_is_a_number(void **state) {
    F;
    fixture_set(f, FILE_CULTURE, "de-DE");
    fixture_set(f, FILE_DELIMITER, ";");
    FINDS(f, "a;b;c\n1.234;1,5;31.12.2024\n", "user = a:Number, b:Decimal, c:DateTime\n");
}

static void rows_that_do_not_fit_the_header(void **state) {
    F;
    FAILS(f, "a,b\n1,2\n3\n", "Row 3 of");
    assert_non_null(strstr(f->problem, "has 1 fields, but the header has 2"));
    FINDS(f, "a,b\n1,2,3\n", "user = a:Number, b:Number\n");
    assert_true(text_starts_with(f->warning, T("1 rows have more fields")));
    FAILS(f, "", "is empty");
}

static void a_file_without_rows_has_texts(void **state) {
    F;
    FINDS(f, "a,b,b\n", "user = a, b[]\n");
    fixture_set(f, FILE_PATH, fixture_path(f, "none.csv"));
    fixture_discover(f);
    fixture_failed(f, ERROR_NOT_FOUND, "none.csv");
}

/* ---- Declared ---- */
static void a_missing_file_is_as_declared(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Export Only");
    fixture_discover(f);
    fixture_failed(f, ERROR_INVALID, "Declared Schema");
    fixture_set(f, FILE_DECLARED_SCHEMA,
                "user = dn!, n : number , boss:Reference,mail[]\r\n\r\ngroup = cn !, member:Reference[]\n");
    assert_string_equal(fixture_discover(f), "user = dn!, n:Number, boss:Reference, mail[]\ngroup = cn!, member:Reference[]\n");
    assert_ok(f);
    FINDS(f, "dn,Mail,extra\n",
          "user = dn!, n:Number, boss:Reference, mail[], extra\ngroup = cn!, member:Reference[], dn, Mail, extra\n");
    FINDS(f, "", "user = dn!, n:Number, boss:Reference, mail[]\ngroup = cn!, member:Reference[]\n");
}

static void without_declaration_the_header_serves(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Bidirectional");
    FINDS(f, "dn,mail\n", "user = dn, mail\n");
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "dn");
    FAILS(f, "dn,mail\n", "Declared Schema");
}

static void a_declaration_and_rows_must_agree(void **state) {
    F;
    fixture_set(f, FILE_MODE, "Bidirectional");
    fixture_set(f, FILE_DECLARED_SCHEMA, "user = dn!, n:Number, boss:Reference, mail[]");
    FINDS(f, "DN,n,boss,mail,age\na,7,b,x,36\n", "user = dn!, n:Number, boss:Reference, mail[], age:Number\n");
    FAILS(f, "dn,n\na,x\n", "user.n is a Number");
    FAILS(f, "dn,n\na,1|2\n", "user.n has one value");
    fixture_set(f, FILE_OBJECT_TYPE, "person");
    FAILS(f, "dn,n\na,1\n", "object type \"person\"");
    fixture_set(f, FILE_MODE, "Import Only"); /* then the declaration does not matter */
    FINDS(f, "dn,n\na,x\n", "person = dn, n\n");
}

static void mistakes_of_declarations_name_the_line(void **state) {
    F;
    static const struct {
        const char *source, *words;
    } cases[] = {
        {"user", "line 1: write an object type"},
        {"= dn!", "line 1: write an object type"},
        {"a = b\nuser = ", "line 2: write an object type"},
        {"user = dn!, , x", "line 1: an attribute has no name"},
        {"user = dn!, x:Integer", "line 1: \"Integer\" is no type"},
        {"user = dn!, x, X:Number", "line 1: \"X\" is declared twice"},
        {"user = dn!\nUSER = dn!", "line 2: the object type \"USER\" is declared twice"},
        {"user = dn!, id!", "line 1: two attributes are marked"},
        {"user = dn![]", "line 1: the external id must have one value"},
        {"user = dn:Reference!", "line 1: the external id must have one value"},
        {"user = dn!, unicodePwd", "line 1: \"unicodePwd\" is a credential"},
        {" \n ", "declares no object type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct connector_schema s;
        OWNED(error) e = declared_schema_read(f->a, text_of(cases[i].source), &s);
        char chain[512];
        assert_non_null(e);
        error_chain(e, chain, sizeof chain);
        if (!strstr(chain, cases[i].words)) fail_msg("%s: %s", cases[i].source, chain);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_narrowest_type_that_fits_all),
        TEST(digits_that_would_not_come_back_are_texts),
        TEST(one_and_zero_are_numbers_not_booleans),
        TEST(the_first_fifty_values_of_each_type_decide),
        TEST(several_values_are_seen_in_the_whole_file),
        TEST(object_types_are_distinct_in_any_case_and_sorted),
        TEST(a_column_of_ids_is_not_taken_for_types),
        TEST(a_culture_decides_what_is_a_number),
        TEST(rows_that_do_not_fit_the_header),
        TEST(a_file_without_rows_has_texts),
        TEST(a_missing_file_is_as_declared),
        TEST(without_declaration_the_header_serves),
        TEST(a_declaration_and_rows_must_agree),
        TEST(mistakes_of_declarations_name_the_line),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
