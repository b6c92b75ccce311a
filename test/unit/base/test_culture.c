/* Numbers and dates of cultures (connectors §11.3). */
#include "check.h"

#include "base/instant.h"
#include "base/thread.h"
#include "base/unicode.h"

static const char *number(const char *tag, const char *t) {
    OWNED(culture) c = NULL;
    CHECK_GOOD(culture_new(text_of(tag), &c));
    text out = culture_number(c, a, text_of(t));
    return out.at ? arena_cstring(a, out) : "none";
}

static const char *date(const char *tag, const char *t) {
    OWNED(culture) c = NULL;
    int64_t ticks;
    char out[32];
    CHECK_GOOD(culture_new(text_of(tag), &c));
    if (!culture_date(c, text_of(t), &ticks)) return "none";
    return arena_cstring(a, (text){out, instant_write((instant){ticks}, out)});
}

static void numbers(void **state) {
    (void)state;
    assert_string_equal(number("de-DE", "1.234,5"), "1234.5");
    assert_string_equal(number("de-DE", "-1.234.567,89"), "-1234567.89");
    assert_string_equal(number("de-DE", "1234,5"), "1234.5");
    assert_string_equal(number("de-DE", "12"), "12");
    assert_string_equal(number("de-DE", "1.5"), "none");
    assert_string_equal(number("de-DE", "1.23.456"), "none");
    assert_string_equal(number("de-DE", "1234.567"), "none");
    assert_string_equal(number("de-DE", "1,5,5"), "none");
    assert_string_equal(number("en-US", "1,5"), "none");
    assert_string_equal(number("en-US", "1,234,567.5E3"), "1234567.5E3");
    assert_string_equal(number("en-IN", "12,34,567.5"), "1234567.5");
    assert_string_equal(number("fr-FR", "1 234,5"), "1234.5");
    assert_string_equal(number("fr-FR", "1\u00A0234,5"), "1234.5");
    assert_string_equal(number("fr-FR", "1\u202F234,5"), "1234.5");
    assert_string_equal(number("de-CH", "1'234.5"), "1234.5");
    assert_string_equal(number("de-CH", "1’234.5"), "1234.5");
    assert_string_equal(number("sv-SE", "\u22125,5"), "-5.5");
    assert_string_equal(number("ar-EG", "١٢٣٫٥"), "123.5");
}

static void invariant_numbers(void **state) {
    (void)state;
    assert_string_equal(number("", "+1.5e-3"), "1.5e-3");
    assert_string_equal(number("", "1,234"), "none");
    static const char *const none[] = {"", "-", "+", ".", "abc", "1 ", " 1", "1e", "1e+", "1x", "--1", "0x1", "1.2.3"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_string_equal(number("", none[i]), "none");
}

static void dates(void **state) {
    (void)state;
    assert_string_equal(date("de-DE", "15.03.2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("de-DE", "5.3.2026"), "2026-03-05T00:00:00Z");
    assert_string_equal(date("de-DE", "15.03.26"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("de-DE", "15. März 2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("de-DE", "15.03.2026 14:05"), "2026-03-15T14:05:00Z");
    assert_string_equal(date("de-DE", "15.03.2026 14:05:06"), "2026-03-15T14:05:06Z");
    assert_string_equal(date("de-DE", "31.02.2026"), "none");
    assert_string_equal(date("de-DE", "15.13.2026"), "none");
    assert_string_equal(date("en-US", "3/15/2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("en-US", "3/15/2026 2:05 PM"), "2026-03-15T14:05:00Z");
    assert_string_equal(date("en-US", "3/15/26, 2:05:06 AM"), "2026-03-15T02:05:06Z");
    assert_string_equal(date("en-US", "March 15, 2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("en-US", "Sunday, March 15, 2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("en-GB", "15/03/2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("en-GB", "03/15/2026"), "none");
    assert_string_equal(date("en-US", "1/1/50"), "1950-01-01T00:00:00Z");
    assert_string_equal(date("en-US", "1/1/49"), "2049-01-01T00:00:00Z");
    assert_string_equal(date("th-TH", "15/3/2569"), "2026-03-15T00:00:00Z");
}

static void invariant_dates(void **state) {
    (void)state;
    assert_string_equal(date("", "03/15/2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("", "03/15/2026 14:05:06"), "2026-03-15T14:05:06Z");
    assert_string_equal(date("", "Sunday, 15 March 2026"), "2026-03-15T00:00:00Z");
    assert_string_equal(date("", "10/10/1500"), "1500-10-10T00:00:00Z"); /* no Julian calendar */
    assert_string_equal(date("", "01/01/0001"), "0001-01-01T00:00:00Z");
    static const char *const none[] = {"", "12", "abc", "03/15/2026x", "2026", "12345", "1.5", "03/15/99999", "\xFF\xFF\xFF"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_string_equal(date("", none[i]), "none");
}

static void unknown_cultures(void **state) {
    (void)state;
    culture *c;
    CHECK_ERROR(culture_new(T("xx-YY"), &c), ERROR_INVALID, "xx-YY");
    CHECK_ERROR(culture_new(T("de_DE"), &c), ERROR_INVALID, "de_DE");
    CHECK_ERROR(culture_new(T("german"), &c), ERROR_INVALID, "german");
    assert_null(c);
}

static void *read_many(void *shared) {
    intptr_t good = 0;
    for (int i = 0; i < 300; i++) {
        int64_t ticks;
        char t[32];
        snprintf(t, sizeof t, "%d.%d.2026 14:05", i % 28 + 1, i % 12 + 1);
        struct date_parts p = {.year = 2026, .month = i % 12 + 1, .day = i % 28 + 1, .hour = 14, .minute = 5};
        instant expected;
        good += culture_date(shared, text_of(t), &ticks) && instant_from_parts(p, &expected) && expected.ticks == ticks;
    }
    return (void *)good;
}

static void cultures_are_shared_between_threads(void **state) {
    (void)state;
    OWNED(culture) c = NULL;
    CHECK_GOOD(culture_new(T("de-DE"), &c));
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) threads[i] = thread_start("reader", read_many, c);
    for (int i = 0; i < 3; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, 300);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(numbers),         TEST(invariant_numbers), TEST(dates),
        TEST(invariant_dates), TEST(unknown_cultures),  TEST(cultures_are_shared_between_threads),
    };
    return RUN(tests);
}
