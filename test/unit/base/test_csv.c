/* The CSV dialect of connectors §11.2, read in pieces of every size, with its limits; and the writer. */
#include "check.h"

#include "base/csv.h"

#include <stdlib.h>

/* A stream that hands out at most `piece` bytes at a time, and may fail at some offset. */
struct stream {
    text bytes;
    size_t at, piece, fails_at;
};

static error *pull(void *state, char *into, size_t room, size_t *got) {
    struct stream *s = state;
    size_t n = s->bytes.len - s->at;
    if (s->fails_at && s->at >= s->fails_at) return FAIL(ERROR_IO, "the disk is gone");
    if (n > room) n = room;
    if (s->piece && n > s->piece) n = s->piece;
    memcpy(into, s->bytes.at + s->at, n);
    s->at += n;
    *got = n;
    return NULL;
}

/* All records as "a|b;c|d;" with the row before each when `rows`; the error's sentence when there is one. */
static const char *read_all(text bytes, text delimiter, struct csv_limits limits, size_t piece, int *kind) {
    struct stream s = {.bytes = bytes, .piece = piece};
    OWNED(csv_reader) r = NULL;
    OWNED_VALUE(buffer) out = {.max = 1 << 20};
    CHECK_GOOD(csv_reader_new((struct csv_source){&s, pull}, delimiter, limits, &r));
    for (;;) {
        struct csv_record record;
        bool found = true;
        error *e = csv_next(r, &record, &found);
        if (e) {
            assert_false(found);
            if (kind) *kind = (int)e->kind;
            const char *sentence = arena_cstring(a, text_of(e->sentence));
            error_free(e);
            CHECK_ERROR(csv_next(r, &record, &found), ERROR_INVALID, "given up");
            return sentence;
        }
        if (!found) return arena_cstring(a, buffer_as_text(&out));
        for (size_t i = 0; i < record.count; i++)
            buffer_print(&out, "%.*s%c", TEXT_ARG(record.fields[i]), i + 1 < record.count ? '|' : ';');
    }
}

static void check_records(text bytes, text delimiter, const char *expected, int line) {
    for (size_t piece = 0; piece < 4; piece++) {
        const char *all = read_all(bytes, delimiter, (struct csv_limits){0}, piece, NULL);
        if (strcmp(all, expected) != 0) fail_msg("line %d: \"%s\" instead of \"%s\"", line, all, expected);
    }
}
#define RECORDS(bytes, expected) check_records(T(bytes), T(","), (expected), __LINE__)

static void line_ends(void **state) {
    (void)state;
    RECORDS("", "");
    RECORDS("a", "a;");
    RECORDS("a,b\r\nc,d\r\n", "a|b;c|d;");
    RECORDS("a,b\nc,d", "a|b;c|d;");
    RECORDS("a,b\rc,d\r", "a|b;c|d;");
    RECORDS("a\n\r\n\r\r\n\nb\r", "a;b;");
    RECORDS("\r\n\r\n", "");
    RECORDS("\na", "a;");
    RECORDS("a\r\n\rb", "a;b;");
}

static void fields(void **state) {
    (void)state;
    RECORDS("a,,b\n", "a||b;");
    RECORDS(",\n", "|;");
    RECORDS("a,b,", "a|b|;");
    RECORDS("a,b,\n", "a|b|;");
    RECORDS(" a , b \n", " a | b ;");
    RECORDS(" \n", " ;");
    RECORDS("#no comment,1\n", "#no comment|1;");
    RECORDS("a\tb;c|d\n", "a\tb;c|d;");
    RECORDS("é,€\n", "é|€;");
}

static void quotes(void **state) {
    (void)state;
    RECORDS("\"a\",\"b\"\r\n", "a|b;");
    RECORDS("\"\"\n", ";");
    RECORDS("\"\"", ";");
    RECORDS("\"\",\"\"\n", "|;");
    RECORDS("\"a,b\",c\n", "a,b|c;");
    RECORDS("\"a\r\nb\rc\nd\",e\nf\n", "a\r\nb\rc\nd|e;f;");
    RECORDS("\"say \"\"hi\"\"\",\"\"\"\"\n", "say \"hi\"|\";");
    RECORDS("\"\"\"a\"\"b\"\"\"\"c\"", "\"a\"b\"\"c;");
    RECORDS("a,\"b\"\rc", "a|b;c;");
    RECORDS("\" a \"\n", " a ;");
}

static void long_delimiters(void **state) {
    (void)state;
    check_records(T("a||b|c||\"d||e\"\n||\n"), T("||"), "a|b|c|d||e;|;", __LINE__);
    check_records(T("a|b|||c\n"), T("||"), "a|b||c;", __LINE__);
    check_records(T("a|"), T("||"), "a|;", __LINE__);
    check_records(T("a€b€\n"), T("€"), "a|b|;", __LINE__);
    check_records(T("a\xE2\x82z€b\n"), T("€"), "a\xE2\x82z|b;", __LINE__);
    check_records(T("aababab\n"), T("ab"), "a|||;", __LINE__);
    check_records(T("x<>\"y\"<>z"), T("<>"), "x|y|z;", __LINE__);
    check_records(T("a\tb\n"), T("\t"), "a|b;", __LINE__);
}

static void check_malformed(text bytes, const char *words, int line) {
    for (size_t piece = 0; piece < 3; piece++) {
        int kind = -1;
        const char *sentence = read_all(bytes, T(","), (struct csv_limits){0}, piece, &kind);
        if (kind != ERROR_INVALID || !strstr(sentence, words)) fail_msg("line %d: \"%s\"", line, sentence);
    }
}
#define MALFORMED(bytes, words) check_malformed(T(bytes), words, __LINE__)

static void malformed_quoting(void **state) {
    (void)state;
    MALFORMED("a\"b\n", "row 1: a quote stands inside an unquoted field");
    MALFORMED("a,b\n\nc,d\"\n", "row 2: a quote stands inside");
    MALFORMED("a,\"b\"c\n", "row 1: text stands behind a closing quote");
    MALFORMED("\"a\" ,b\n", "row 1: text stands behind a closing quote");
    MALFORMED("a\n\"b\nc\nd\n", "row 2: a quote is opened and never closed");
    MALFORMED("\"", "row 1: a quote is opened and never closed");
    MALFORMED("a,\"b\"\"", "row 1: a quote is opened and never closed");
    MALFORMED(" \"a\"", "row 1: a quote stands inside");
}

static void rows_and_offsets(void **state) {
    (void)state;
    struct stream s = {.bytes = T("\nh1,h2\r\n\"a\nb\",c\n\nd,e\n"), .piece = 1};
    OWNED(csv_reader) r = NULL;
    struct csv_record record;
    bool found;
    CHECK_GOOD(csv_reader_new((struct csv_source){&s, pull}, T(","), (struct csv_limits){0}, &r));
    const uint64_t offsets[] = {1, 8, 17};
    for (int64_t row = 1; row <= 3; row++) {
        CHECK_GOOD(csv_next(r, &record, &found));
        assert_true(found);
        assert_int_equal(record.row, row);
        assert_int_equal(record.offset, offsets[row - 1]);
        assert_int_equal(record.count, 2);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_GOOD(csv_next(r, &record, &found));
        assert_false(found);
    }
}

static const char *limited(const char *bytes, struct csv_limits limits) {
    int kind = -1;
    const char *out = read_all(text_of(bytes), T(","), limits, 7, &kind);
    if (kind >= 0) assert_int_equal(kind, ERROR_TOO_LARGE);
    return out;
}

static void limits(void **state) {
    (void)state;
    assert_string_equal(limited("abcd,\"efgh\"\n", (struct csv_limits){.field_max = 4}), "abcd|efgh;");
    assert_non_null(strstr(limited("a\nb,abcde\n", (struct csv_limits){.field_max = 4}), "row 2: a field is longer than 4 bytes"));
    assert_non_null(strstr(limited("a\n\"bcdef\n", (struct csv_limits){.field_max = 4}), "perhaps a quote is never closed"));
    assert_string_equal(limited("a,b,c\n", (struct csv_limits){.columns_max = 3}), "a|b|c;");
    assert_non_null(strstr(limited("a,b,c,\n", (struct csv_limits){.columns_max = 3}), "row 1: more than 3 columns"));
    assert_string_equal(limited("abc,def\r\n", (struct csv_limits){.record_max = 7}), "abc|def;");
    assert_non_null(
        strstr(limited("x\nabc,def,ghi\n", (struct csv_limits){.record_max = 7}), "row 2: a record is longer than 7 bytes"));
}

/* Endless letters behind one quote. */
static error *endless(void *state, char *into, size_t room, size_t *got) {
    uint64_t *given = state;
    memset(into, 'a', room);
    if (*given == 0) into[0] = '"';
    *given += room;
    *got = room;
    return NULL;
}
static error *endless_plain(void *state, char *into, size_t room, size_t *got) {
    *(uint64_t *)state += room;
    memset(into, 'a', room);
    *got = room;
    return NULL;
}

static void memory_stays_within_the_limits(void **state) {
    (void)state;
    const struct csv_limits small = {.field_max = 1 << 20, .record_max = 2 << 20};
    struct csv_record record;
    bool found;
    uint64_t given = 0;
    OWNED(csv_reader) quoted = NULL;
    CHECK_GOOD(csv_reader_new((struct csv_source){&given, endless}, T(","), small, &quoted));
    CHECK_ERROR(csv_next(quoted, &record, &found), ERROR_TOO_LARGE, "row 1: a field is longer than 1048576 bytes; perhaps a quote");
    assert_true(given <= 2 << 20);
    given = 0;
    OWNED(csv_reader) unquoted = NULL;
    CHECK_GOOD(csv_reader_new((struct csv_source){&given, endless_plain}, T(","), small, &unquoted));
    CHECK_ERROR(csv_next(unquoted, &record, &found), ERROR_TOO_LARGE, "row 1: a field is longer than 1048576 bytes");
    assert_true(given <= 2 << 20);
}

static void records_across_windows(void **state) {
    (void)state;
    OWNED_VALUE(buffer) bytes = {.max = 64 << 20};
    OWNED_VALUE(buffer) large = {.max = 1 << 20};
    for (int i = 0; i < 600000; i++) buffer_byte(&large, i % 100 == 99 ? '\n' : 'x');
    for (int i = 0; i < 60000; i++) {
        buffer_print(&bytes, "%d,name %d,\"quoted \"\"%d\"\"\",end\r\n", i, i, i);
        if (i == 30000) {
            buffer_print(&bytes, "\"%.*s\"\n", TEXT_ARG(buffer_as_text(&large)));
        }
    }
    struct stream s = {.bytes = buffer_as_text(&bytes), .piece = 50021};
    OWNED(csv_reader) r = NULL;
    struct csv_record record;
    bool found;
    CHECK_GOOD(csv_reader_new((struct csv_source){&s, pull}, T(","), (struct csv_limits){0}, &r));
    for (int i = 0; i < 60000; i++) {
        CHECK_GOOD(csv_next(r, &record, &found));
        assert_true(found && record.count == 4);
        char expected[64];
        snprintf(expected, sizeof expected, "quoted \"%d\"", i);
        CHECK_TEXT(record.fields[2], expected);
        if (i == 30000) {
            CHECK_GOOD(csv_next(r, &record, &found));
            assert_true(found && record.count == 1 && text_equal(record.fields[0], buffer_as_text(&large)));
        }
    }
    CHECK_GOOD(csv_next(r, &record, &found));
    assert_false(found);
}

static void many_columns(void **state) {
    (void)state;
    OWNED_VALUE(buffer) bytes = {.max = 1 << 20};
    for (int i = 0; i < 10000; i++) buffer_print(&bytes, i ? ",\"%d\"\"\"" : "\"%d\"\"\"", i);
    struct stream s = {.bytes = buffer_as_text(&bytes)};
    OWNED(csv_reader) r = NULL;
    struct csv_record record;
    bool found;
    CHECK_GOOD(csv_reader_new((struct csv_source){&s, pull}, T(","), (struct csv_limits){0}, &r));
    CHECK_GOOD(csv_next(r, &record, &found));
    assert_int_equal(record.count, 10000);
    CHECK_TEXT(record.fields[9999], "9999\"");
}

static void errors_of_the_source_and_the_delimiter(void **state) {
    (void)state;
    struct stream s = {.bytes = T("a,b\nc,d\n"), .piece = 3, .fails_at = 6};
    OWNED(csv_reader) r = NULL;
    csv_reader *none = NULL;
    struct csv_record record;
    bool found;
    CHECK_GOOD(csv_reader_new((struct csv_source){&s, pull}, T(","), (struct csv_limits){0}, &r));
    CHECK_ERROR(csv_next(r, &record, &found), ERROR_IO, "the disk is gone");
    CHECK_ERROR(csv_reader_new((struct csv_source){&s, pull}, T(""), (struct csv_limits){0}, &none), ERROR_INVALID, "empty");
    CHECK_ERROR(csv_reader_new((struct csv_source){&s, pull}, T("\""), (struct csv_limits){0}, &none), ERROR_INVALID, "quote");
    CHECK_ERROR(csv_reader_new((struct csv_source){&s, pull}, T(";\n"), (struct csv_limits){0}, &none), ERROR_INVALID, "line end");
    assert_null(none);
}

static const char *written(text field, text delimiter) {
    OWNED_VALUE(buffer) b = {.max = 1000};
    csv_write_field(&b, field, delimiter);
    return arena_cstring(a, buffer_as_text(&b));
}

static void writing(void **state) {
    (void)state;
    assert_string_equal(written(T("plain text"), T(",")), "plain text");
    assert_string_equal(written(T(""), T(",")), "");
    assert_string_equal(written((text){0}, T(",")), "");
    assert_string_equal(written(T("a,b"), T(",")), "\"a,b\"");
    assert_string_equal(written(T("a,b"), T(";")), "a,b");
    assert_string_equal(written(T("a||b"), T("||")), "\"a||b\"");
    assert_string_equal(written(T("a|b"), T("||")), "a|b");
    assert_string_equal(written(T("say \"hi\""), T(",")), "\"say \"\"hi\"\"\"");
    assert_string_equal(written(T("\""), T(",")), "\"\"\"\"");
    assert_string_equal(written(T("a\nb"), T(",")), "\"a\nb\"");
    assert_string_equal(written(T("a\rb"), T(",")), "\"a\rb\"");
    assert_string_equal(written(T(" a"), T(",")), "\" a\"");
    assert_string_equal(written(T("a "), T(",")), "\"a \"");
    assert_string_equal(written(T("=1+1"), T(",")), "=1+1"); /* the file is data */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(line_ends),
        TEST(fields),
        TEST(quotes),
        TEST(long_delimiters),
        TEST(malformed_quoting),
        TEST(rows_and_offsets),
        TEST(limits),
        TEST(memory_stays_within_the_limits),
        TEST(records_across_windows),
        TEST(many_columns),
        TEST(errors_of_the_source_and_the_delimiter),
        TEST(writing),
    };
    return RUN(tests);
}
