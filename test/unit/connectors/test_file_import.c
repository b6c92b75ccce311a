/* The import of files (connectors §11.4), and every fault of §11.7 with the words that a person needs. */
#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define F struct fixture *f = *state
#define IMPORTS(f, file, expected)                                                                                                 \
    do {                                                                                                                           \
        fixture_write((f), "users.csv", T(file));                                                                                  \
        const char *seen_ = fixture_import(f);                                                                                     \
        assert_ok(f);                                                                                                              \
        assert_string_equal(seen_, (expected));                                                                                    \
    } while (0)

static const char people[] = "user = dn!, name, age:Number, big:LongNumber, cost:Decimal, born:DateTime, active:Boolean, tag:Guid, "
                             "photo:Binary, boss:Reference, mail[], codes:Number[]";

static void every_type_is_read(void **state) {
    F;
    fixture_schema(f, people);
    IMPORTS(f,
            "dn,name,age,big,cost,born,active,tag,photo,boss,mail,codes\r\n"
            "e1,Ada,36,9223372036854775807,1.50,1815-12-10,TRUE,{6F9619FF-8B86-D011-B42D-00CF4FC964FF},AQID,e2,a|b,1| 2 ||3\r\n"
            "e2,,-5,0,1e3,2024-02-29T10:00:00+02:00,0,,,,,\r\n",
            "2 user dn=e1 name=Ada age=36 big=9223372036854775807 cost=1.5 born=1815-12-10T00:00:00Z active=True "
            "tag=6f9619ff-8b86-d011-b42d-00cf4fc964ff photo=AQID boss=e2 mail=[a|b] codes=[1|2|3]\n"
            "3 user dn=e2 age=-5 big=0 cost=1000 born=2024-02-29T08:00:00Z active=False\n");
    assert_int_equal(f->total, 2);
    assert_int_equal(f->phases.count, 1);
    assert_true(text_equal(f->phases.at[0], T("read")));
}

static void all_bad_values_of_a_row_are_named_and_keep_what_is_stored(void **state) {
    F;
    fixture_schema(f, people);
    IMPORTS(
        f,
        "dn,name,age,big,cost,born,active,tag,photo,boss,mail,codes\n"
        "e1,Ada,old,9223372036854775808,0.00000000000000000000000000001,yesterday,maybe,zz,***,,,1|x|3\n",
        "2 user dn=e1 name=Ada age=? big=? cost=? born=? active=? tag=? photo=? codes=? !AttributeValueError Row 2: \"age\" does "
        "not hold a Number. \"big\" does not hold a LongNumber. \"cost\" does not hold a Decimal. \"born\" does not hold a "
        "DateTime. \"active\" does not hold a Boolean. \"tag\" does not hold a Guid. \"photo\" does not hold a Binary. \"codes\" "
        "does not hold a Number.\n");
}

static void numbers_at_their_limits(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    IMPORTS(f, "dn,age\na,2147483647\nb,2147483648\nc,-2147483648\nd,+7\ne, 7 \nf,007\ng,1.0\nh, \n",
            "2 user dn=a age=2147483647\n3 user dn=b age=? !AttributeValueError Row 3: \"age\" does not hold a Number.\n"
            "4 user dn=c age=-2147483648\n5 user dn=d age=7\n6 user dn=e age=7\n7 user dn=f age=7\n"
            "8 user dn=g age=? !AttributeValueError Row 8: \"age\" does not hold a Number.\n9 user dn=h\n");
}

static void text_is_taken_as_it_stands(void **state) {
    F;
    fixture_schema(f, "user = dn!, name");
    IMPORTS(f, "dn,name\na,\" two  spaces \"\nb, x\nc,\"q\"\"q\"\nd,\"1\r\n2\"\ne,a|b\nf,\" \"\n",
            "2 user dn=a name= two  spaces \n3 user dn=b name= x\n4 user dn=c name=q\"q\n5 user dn=d name=1\r\n2\n6 user dn=e "
            "name=a|b\n"
            "7 user dn=f name= \n");
    fixture_write(f, "users.csv", T("dn,name\na\0b,x\0y\nc,\0\n"));
    assert_string_equal(fixture_import(f), "2 user dn=ab name=xy\n3 user dn=c\n"); /* NUL is removed */
}

static void repeated_columns_and_parts_are_all_values(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail[], ok:Boolean[], day:DateTime[]");
    IMPORTS(f, "dn,mail,MAIL,ok,day,mail\na,x| y ,z|,true|0,2024-01-01|2024-01-02,\n",
            "2 user dn=a mail=[x|y|z] ok=[True|False] day=[2024-01-01T00:00:00Z|2024-01-02T00:00:00Z]\n");
    fixture_schema(f, "user = dn!, mail");
    IMPORTS(
        f, "dn,mail,mail\na,x,y\nb,,y\n",
        "2 user dn=a mail=? !AttributeValueError Row 2: \"mail\" has several columns with values but is single-valued; retrieve "
        "the schema again.\n3 user dn=b mail=y\n");
}

static void header_names_match_in_any_case(void **state) {
    F;
    fixture_schema(f, "user = dn!, Straße");
    IMPORTS(f, "STRAßE,DN\nx,a\n", "2 user dn=a Straße=x\n");
}

static void delimiters_of_several_characters_and_tabs(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail[]");
    fixture_set(f, FILE_DELIMITER, "\\t");
    fixture_set(f, FILE_MULTI_VALUE_DELIMITER, "; ");
    IMPORTS(f, "dn\tmail\na\tx; y,z\n", "2 user dn=a mail=[x|y,z]\n");
    fixture_set(f, FILE_DELIMITER, "::");
    IMPORTS(f, "dn::mail\na:::x\n", "2 user dn=a mail=:x\n");
    fixture_set(f, FILE_MULTI_VALUE_DELIMITER, "");
    IMPORTS(f, "dn::mail\na::x; y\n", "2 user dn=a mail=x; y\n");
}

static void a_culture_reads_its_numbers_and_dates(void **state) {
    F;
    fixture_schema(f, "user = dn!, cost:Decimal, n:Number, born:DateTime");
    fixture_set(f, FILE_CULTURE, "de-DE");
    fixture_set(f, FILE_DELIMITER, ";");
    IMPORTS(f, "dn;cost;n;born\na;1.234,5;1.234;31.12.2024\nb;1,5;1,5;2024-12-31\n",
            "2 user dn=a cost=1234.5 n=1234 born=2024-12-31T00:00:00Z\n"
            "3 user dn=b cost=1.5 n=? born=2024-12-31T00:00:00Z !AttributeValueError Row 3: \"n\" does not hold a Number.\n");
}

static void other_encodings(void **state) {
    F;
    fixture_schema(f, "user = dn!, name");
    IMPORTS(f,
            "\xEF\xBB\xBF"
            "dn,name\na,\xC3\xBC\n",
            "2 user dn=a name=\xC3\xBC\n");
    IMPORTS(f,
            "\xFF\xFE"
            "d\0n\0,\0n\0a\0m\0e\0\n\0a\0,\0\xFC\0\n\0",
            "2 user dn=a name=\xC3\xBC\n");
    fixture_set(f, FILE_ENCODING, "Windows-1252");
    IMPORTS(f, "dn,name\na,\x80\xFC\n", "2 user dn=a name=\xE2\x82\xAC\xC3\xBC\n");
    fixture_set(f, FILE_ENCODING, "UTF-16BE");
    fixture_write(f, "users.csv", T("\0d\0n\0,\0n\0a\0m\0e\0\n\0a\0,\xD8"));
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "byte offset");
}

static void invalid_utf8_names_the_byte(void **state) {
    F;
    fixture_schema(f, "user = dn!, name, mail[], age:Number");
    IMPORTS(
        f, "dn,name,mail,age\na,x\xFFy,b|\xC3,7\nb,\xC3\xBC,ok,8\n",
        "2 user dn=a name=? mail=? age=7 !AttributeValueError Row 2: \"name\" is not valid UTF-8 at byte offset 20 of the file. "
        "\"mail\" is not valid UTF-8 at byte offset 25 of the file.\n3 user dn=b name=\xC3\xBC mail=ok age=8\n");
    fixture_schema(f, "user = dn!, name");
    IMPORTS(f,
            "\xEF\xBB\xBF"
            "dn,name\n\"a\",\"\"\"\xFF\"\n",
            "2 user dn=a name=? !AttributeValueError Row 2: \"name\" is not valid UTF-8 at byte offset 18 of the file.\n");
    IMPORTS(f, "dn,name\n\xFF,x\n",
            "2 user dn=? name=x !ExternalIdAttributes Row 2: \"dn\" is not valid UTF-8 at byte offset 8 of the file.\n");
}

static void rows_of_another_length_are_refused_but_counted_as_present(void **state) {
    F;
    fixture_schema(f, "user = dn!, name, age:Number");
    IMPORTS(f, "dn,name,age\na,x\nb,x,1,2\nc,x,3\n",
            "2 user dn=a !ConfigurationError Row 2: it has 2 fields, but the header has 3.\n"
            "3 user dn=b !ConfigurationError Row 3: it has 4 fields, but the header has 3.\n4 user dn=c name=x age=3\n");
}

static void an_empty_external_id_is_an_error_of_its_row(void **state) {
    F;
    fixture_schema(f, "user = id:Number!, name");
    IMPORTS(f, "name,id\nx,\ny,abc\n",
            "2 user name=x !ExternalIdAttributes Row 2: the External ID column \"id\" is empty.\n"
            "3 user id=? name=y !ExternalIdAttributes Row 3: \"id\" does not hold a Number.\n");
}

static void types_come_from_a_column(void **state) {
    F;
    fixture_schema(f, "user = dn!, name\ngroup = dn!, member:Reference[]\nhidden = dn!");
    fixture_type(f, "hidden")->selected = false;
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "Kind");
    IMPORTS(f, "kind,dn,name,member\nuser,a,x,\nGROUP,g,,a|b\nhidden,h,,\nrobot,r,,\n,e,,\n",
            "2 user dn=a name=x\n3 group dn=g member=[a|b]\n"
            "5 robot !CouldNotDetermineObjectType Row 5: the object type \"robot\" is not in the schema.\n"
            "6  !CouldNotDetermineObjectType Row 6 has no object type.\n");
    assert_int_equal(f->total, 5);
}

static void only_selected_attributes_and_external_ids_are_read(void **state) {
    F;
    fixture_schema(f, "user = dn!, name, age:Number");
    fixture_attribute(f, "user", "dn")->selected = false;
    fixture_attribute(f, "user", "age")->selected = false;
    fixture_attribute(f, "user", "name")->name = T("userPassword"); /* never managed, whatever the selection says */
    IMPORTS(f, "dn,userPassword,age\na,x,old\n", "2 user dn=a\n");
}

static void a_lost_column_keeps_what_is_stored(void **state) {
    F;
    fixture_schema(f, "user = dn!, name, mail[]");
    IMPORTS(f, "dn,mail\na,x\n", "2 user dn=a name=? mail=x\n");
    assert_true(text_find(f->warning, T("\"name\"")) != SIZE_MAX);
    /* A declared column that no export has needed yet is no loss. */
    fixture_set(f, FILE_MODE, "Bidirectional");
    fixture_set(f, FILE_DECLARED_SCHEMA, "user = dn!, name, mail[]");
    IMPORTS(f, "dn,mail\na,x\n", "2 user dn=a mail=x\n");
    assert_true(text_is_null(f->warning));
}

/* ---- Repeated keys ---- */
static void repeated_keys_are_known_before_the_first_row(void **state) {
    F;
    fixture_schema(f, "user = dn!, name");
    IMPORTS(f, "dn,name\nAnn,1\nbob,2\nann,3\nEve,4\nANN,5\n",
            "2=dup user dn=Ann name=1\n3 user dn=bob name=2\n4=dup user dn=ann name=3\n5 user dn=Eve name=4\n6=dup user dn=ANN "
            "name=5\n");
}

static void keys_repeat_by_value_and_type(void **state) {
    F;
    fixture_schema(f, "user = id:Number!\ngroup = gid:Text!");
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    IMPORTS(f, "kind,id,gid\nuser,7,\ngroup,,7\nuser,+07,\ngroup,,07\n",
            "2=dup user id=7\n3 group gid=7\n4=dup user id=7\n5 group gid=07\n");
}

static bool is_first(struct fixture *f, const struct import_glimpse *g) {
    static uint64_t first;
    (void)f;
    if (!first) first = g->print[0];
    return g->print[0] == first;
}

static void rows_that_are_not_wanted_do_not_come(void **state) {
    F;
    fixture_schema(f, "user = dn!, name");
    f->unwanted = is_first;
    IMPORTS(
        f, "dn,name\nann,1\nbob,2\n\"an\",1\nann,1,\n,1\n",
        "3 user dn=bob name=2\n4 user dn=an name=1\n5=dup user dn=ann !ConfigurationError Row 5: it has 3 fields, but the header "
        "has 2.\n6 user name=1 !ExternalIdAttributes Row 6: the External ID column \"dn\" is empty.\n");
    assert_int_equal(f->total, 5);
}

static uint64_t prints[8][2];
static int printed;

static bool keep_print(struct fixture *f, const struct import_glimpse *g) {
    (void)f;
    memcpy(prints[printed++], g->print, sizeof g->print);
    return true;
}

static bool same_print(int a, int b) { return memcmp(prints[a], prints[b], sizeof prints[0]) == 0; }

/* The print of the one row of a file. */
static int print_of(struct fixture *f, const char *content) {
    fixture_write(f, "users.csv", text_of(content));
    fixture_import(f);
    assert_string_equal(f->problem, "");
    return printed - 1;
}

static void prints_tell_what_is_read_and_how(void **state) {
    F;
    fixture_schema(f, "user = dn!, name, more");
    f->unwanted = keep_print;
    printed = 0;
    int first = print_of(f, "dn,x,name,more\nann,7,a,b\n");
    assert_true(same_print(first, print_of(f, "dn,x,name,more\nann,8,a,b\n"))); /* a column that is not read */
    assert_false(same_print(first, print_of(f, "dn,x,name,more\nann,7,b,a\n")));
    assert_false(same_print(first, print_of(f, "dn,x,more,name\nann,7,a,b\n")));
    int quoted = print_of(f, "dn,x,name,more\nann,7,\"p,\",r\n"), other = print_of(f, "dn,x,name,more\nann,7,p,\",r\"\n");
    assert_false(same_print(quoted, other));
    fixture_set(f, FILE_MULTI_VALUE_DELIMITER, ";");
    assert_false(same_print(first, print_of(f, "dn,x,name,more\nann,7,a,b\n")));
}

/* ---- Batches, stopping, changes ---- */
static void write_rows(struct fixture *f, int count, const char *last) {
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    buffer_text(&b, T("dn,age\n"));
    for (int i = 0; i < count; i++) buffer_print(&b, "user%06d,%d\n", i, i);
    buffer_text(&b, text_of(last));
    fixture_write(f, "users.csv", buffer_as_text(&b));
}

static void batches_hold_at_most_a_thousand(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    write_rows(f, 12345, "");
    const char *seen = fixture_import(f);
    assert_ok(f);
    assert_int_equal(f->total, 12345);
    assert_int_equal(f->batches, 13);
    assert_int_equal(f->largest_batch, 1000);
    assert_non_null(strstr(seen, "12346 user dn=user012344 age=12344\n"));
}

static void stop_on_first_error_fails_the_run(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    fixture_set(f, FILE_STOP_ON_FIRST_ERROR, "true");
    fixture_write(f, "users.csv", T("dn,age\na,1\nb,x\nc,y\n"));
    assert_string_equal(fixture_import(f),
                        "2 user dn=a age=1\n3 user dn=b age=? !AttributeValueError Row 3: \"age\" does not hold a Number.\n");
    fixture_failed(f, ERROR_INVALID, "Row 3: \"age\" does not hold a Number");
}

static void touch(struct fixture *f) {
    int fd = open(fixture_path(f, "users.csv"), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "x,1\n", 4), 4);
    close(fd);
    f->between = NULL;
}

static void replace(struct fixture *f) {
    fixture_write(f, "new.csv", T("dn,age\nz,1\n"));
    rename(fixture_path(f, "new.csv"), fixture_path(f, "users.csv"));
    f->between = NULL;
}

static void a_file_changed_while_read_fails_the_run(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    write_rows(f, 5000, "");
    f->between = touch;
    fixture_import(f);
    fixture_failed(f, ERROR_CONFLICT, "was changed while it was read");
    assert_int_equal(f->batches, 1);
}

/* The writer did what it should; the run reads the file it began with, whole. */
static void a_file_replaced_as_a_whole_is_read_to_its_end(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    write_rows(f, 5000, "");
    f->between = replace;
    fixture_import(f);
    assert_ok(f);
    assert_int_equal(f->batches, 5);
}

static void cancelling_ends_the_import(void **state) {
    F;
    fixture_schema(f, "user = dn!, age:Number");
    write_rows(f, 5000, "");
    f->batches_until_cancel = 2;
    fixture_import(f);
    fixture_failed(f, ERROR_CANCELLED, "cancelled");
    assert_int_equal(f->batches, 2);
}

/* ---- Faults of the file and of the settings ---- */
static void the_run_profile_names_another_file(void **state) {
    F;
    fixture_schema(f, "user = dn!");
    fixture_write(f, "other.csv", T("dn\nb\n"));
    f->profile.file_path = text_of(fixture_path(f, "other.csv"));
    IMPORTS(f, "dn\na\n", "2 user dn=b\n");
    f->profile.file_path = T("");
    IMPORTS(f, "dn\na\n", "2 user dn=a\n");
    f->profile.file_path = T("/etc/passwd");
    fixture_import(f);
    fixture_failed(f, ERROR_DENIED, "outside");
}

static void faults_are_told_apart(void **state) {
    F;
    static const struct {
        text file;
        enum error_kind kind;
        const char *words;
    } cases[] = {
        {{"", 0}, ERROR_INVALID, "is empty"},
        {{"\n\n", 2}, ERROR_INVALID, "is empty"},
        {{"dn,,x\n", 6}, ERROR_INVALID, "Column 2"},
        {{"name\na\n", 7}, ERROR_INVALID, "lacks the column \"dn\""},
        {{"dn\n\"a\n", 6}, ERROR_INVALID, "row 2: a quote is opened and never closed"},
        {{"dn\na\nb\"c\n", 9}, ERROR_INVALID, "row 3: a quote stands inside"},
        {{"dn\n\"a\"b\n", 8}, ERROR_INVALID, "row 2: text stands behind"},
    };
    fixture_schema(f, "user = dn!");
    fixture_import(f);
    fixture_failed(f, ERROR_NOT_FOUND, "users.csv\" does not exist");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_write(f, "users.csv", cases[i].file);
        fixture_import(f);
        fixture_failed(f, cases[i].kind, cases[i].words);
        assert_int_equal(f->total, -1); /* nothing was delivered */
    }
}

static void faults_of_the_settings(void **state) {
    F;
    fixture_schema(f, "user = dn!");
    fixture_write(f, "users.csv", T("dn\na\n"));
    f->profile.type = RUN_DELTA_IMPORT;
    fixture_import(f);
    fixture_failed(f, ERROR_UNSUPPORTED, "Delta Import");
    f->profile.type = RUN_FULL_IMPORT;
    fixture_set(f, FILE_MODE, "Export Only");
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "Export Only");
    fixture_set(f, FILE_MODE, "Import Only");
    fixture_schema(f, "user = dn!\nleft_over = id!"); /* of an earlier setting: no row can be of it */
    fixture_import(f);
    assert_ok(f);
    fixture_set(f, FILE_OBJECT_TYPE, "person");
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "\"person\" of the settings is not in the schema");
    fixture_set(f, FILE_OBJECT_TYPE, "");
    fixture_set(f, FILE_TYPE_COLUMN, "kind");
    fixture_schema(f, "user = dn!");
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "lacks the object type column \"kind\"");
    fixture_set(f, FILE_DELIMITER, "");
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "Delimiter");
    fixture_set(f, FILE_DELIMITER, ",");
    fixture_type(f, "user")->external_id = NULL;
    fixture_import(f);
    fixture_failed(f, ERROR_INVALID, "has no External ID attribute");
}

/* 40 MiB behind a quote: the limit of a field ends it long before. */
static void a_quote_never_closed_in_a_large_file_stays_bounded(void **state) {
    F;
    fixture_schema(f, "user = dn!, name");
    size_t len = 40 << 20;
    char *bytes = malloc(len);
    memset(bytes, 'x', len);
    for (size_t i = 63; i < len; i += 64) bytes[i] = '\n';
    memcpy(bytes, "dn,name\na,\"", 11);
    fixture_write(f, "users.csv", (text){bytes, len});
    free(bytes);
    fixture_import(f);
    fixture_failed(f, ERROR_TOO_LARGE, "row 2");
    assert_non_null(strstr(f->problem, "perhaps a quote is never closed"));
}

static void too_many_values_in_a_row_end_the_run(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail[]");
    size_t len = 5 << 20;
    char *bytes = malloc(len);
    for (size_t i = 0; i < len; i++) bytes[i] = i & 1 ? '|' : 'x';
    memcpy(bytes, "dn,mail\na,", 10);
    fixture_write(f, "users.csv", (text){bytes, len});
    free(bytes);
    fixture_import(f);
    fixture_failed(f, ERROR_TOO_LARGE, "Row 2 has more than");
}

static void a_large_group_is_read(void **state) {
    F;
    fixture_schema(f, "user = dn!, member:Reference[]");
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    buffer_text(&b, T("dn,member\ng,"));
    for (int i = 0; i < 100000; i++) buffer_print(&b, "user%d|", i);
    fixture_write(f, "users.csv", buffer_as_text(&b));
    assert_non_null(strstr(fixture_import(f), "|user99999]"));
    assert_ok(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_type_is_read),
        TEST(all_bad_values_of_a_row_are_named_and_keep_what_is_stored),
        TEST(numbers_at_their_limits),
        TEST(text_is_taken_as_it_stands),
        TEST(repeated_columns_and_parts_are_all_values),
        TEST(header_names_match_in_any_case),
        TEST(delimiters_of_several_characters_and_tabs),
        TEST(a_culture_reads_its_numbers_and_dates),
        TEST(other_encodings),
        TEST(invalid_utf8_names_the_byte),
        TEST(rows_of_another_length_are_refused_but_counted_as_present),
        TEST(an_empty_external_id_is_an_error_of_its_row),
        TEST(types_come_from_a_column),
        TEST(only_selected_attributes_and_external_ids_are_read),
        TEST(a_lost_column_keeps_what_is_stored),
        TEST(repeated_keys_are_known_before_the_first_row),
        TEST(keys_repeat_by_value_and_type),
        TEST(rows_that_are_not_wanted_do_not_come),
        TEST(prints_tell_what_is_read_and_how),
        TEST(batches_hold_at_most_a_thousand),
        TEST(stop_on_first_error_fails_the_run),
        TEST(a_file_changed_while_read_fails_the_run),
        TEST(a_file_replaced_as_a_whole_is_read_to_its_end),
        TEST(cancelling_ends_the_import),
        TEST(the_run_profile_names_another_file),
        TEST(faults_are_told_apart),
        TEST(faults_of_the_settings),
        TEST(a_quote_never_closed_in_a_large_file_stays_bounded),
        TEST(too_many_values_in_a_row_end_the_run),
        TEST(a_large_group_is_read),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
