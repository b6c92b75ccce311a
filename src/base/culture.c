/* Numbers and dates as people of a culture write them; the forms come from ICU. */
#include "base/die.h"
#include "base/instant.h"
#include "base/thread.h"
#include "base/unicode.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <unicode/ucal.h>
#include <unicode/uchar.h>
#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

enum { FORMATS_MAX = 24, TEXT_MAX = 128 };

struct culture {
    uint32_t decimal, group, minus, zero; /* group 0: none */
    int group_size, next_group_size;
    mutex lock; /* ICU's date formats hold the state of their parsing */
    UDateFormat *formats[FORMATS_MAX];
    size_t format_count;
};

/* The first code point of a symbol that is not a mark of direction. */
static uint32_t symbol(const UNumberFormat *numbers, UNumberFormatSymbol which) {
    UChar units[16];
    UChar32 points[16];
    int32_t count = 0;
    UErrorCode status = U_ZERO_ERROR;
    int32_t len = unum_getSymbol(numbers, which, units, 16, &status);
    u_strToUTF32(points, 16, &count, units, len, &status);
    for (int32_t i = 0; U_SUCCESS(status) && i < count; i++)
        if (points[i] != 0x200E && points[i] != 0x200F && points[i] != 0x61C) return (uint32_t)points[i];
    return 0;
}

static bool load_numbers(culture *c, const char *locale) {
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormat *numbers = unum_open(UNUM_DECIMAL, NULL, 0, locale, NULL, &status);
    if (U_FAILURE(status)) return false;
    c->decimal = symbol(numbers, UNUM_DECIMAL_SEPARATOR_SYMBOL);
    c->group = symbol(numbers, UNUM_GROUPING_SEPARATOR_SYMBOL);
    c->minus = symbol(numbers, UNUM_MINUS_SIGN_SYMBOL);
    c->zero = symbol(numbers, UNUM_ZERO_DIGIT_SYMBOL);
    c->group_size = unum_getAttribute(numbers, UNUM_GROUPING_SIZE);
    c->next_group_size = unum_getAttribute(numbers, UNUM_SECONDARY_GROUPING_SIZE);
    if (c->group_size <= 0) c->group_size = 3;
    if (c->next_group_size <= 0) c->next_group_size = c->group_size;
    unum_close(numbers);
    return true;
}

/* Every space counts as the same one, in patterns and in texts: ICU 72 writes narrow ones that nobody types. */
static int32_t plain_spaces(UChar *units, int32_t len) {
    for (int32_t i = 0; i < len; i++)
        if (units[i] == 0xA0 || units[i] == 0x202F || units[i] == 0x2009) units[i] = ' ';
    return len;
}

/* Numbers of one digit are read where the pattern has two: "5.3.2026" for dd.MM.y. */
static int32_t single_digits(UChar *units, int32_t len) {
    int32_t out = 0;
    for (int32_t i = 0, run; i < len; i += run) {
        for (run = 1; i + run < len && units[i + run] == units[i];) run++;
        bool shorten = run == 2 && u_strchr(u"dMHh", units[i]);
        for (int32_t k = 0; k < (shorten ? 1 : run); k++) units[out++] = units[i];
    }
    return out;
}

/* Strict, in UTC, Gregorian from year 1 on where the calendar is Gregorian at all. */
static void prepare(UDateFormat *f) {
    static const UDate year_1950 = -631152000000.0;
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *calendar = ucal_clone(udat_getCalendar(f), &status);
    if (U_SUCCESS(status)) {
        ucal_setGregorianChange(calendar, -1e17, &status); /* fails for other calendars, which is fine */
        udat_setCalendar(f, calendar);
        ucal_close(calendar);
    }
    status = U_ZERO_ERROR;
    udat_set2DigitYearStart(f, year_1950, &status);
    udat_setLenient(f, false);
    status = U_ZERO_ERROR;
    udat_setBooleanAttribute(f, UDAT_PARSE_ALLOW_WHITESPACE, false, &status);
    udat_setBooleanAttribute(f, UDAT_PARSE_ALLOW_NUMERIC, false, &status);
    udat_setBooleanAttribute(f, UDAT_PARSE_PARTIAL_LITERAL_MATCH, false, &status);
}

static void add_format(culture *c, const char *locale, const UChar *pattern, int32_t len) {
    static const UChar utc[] = u"Etc/UTC";
    UErrorCode status = U_ZERO_ERROR;
    UDateFormat *f = udat_open(UDAT_PATTERN, UDAT_PATTERN, locale, utc, -1, pattern, len, &status);
    if (U_FAILURE(status) || c->format_count == FORMATS_MAX) return;
    prepare(f);
    c->formats[c->format_count++] = f;
}

struct pattern {
    UChar units[TEXT_MAX];
    int32_t len;
};

static struct pattern pattern_of(const char *locale, UDateFormatStyle date, UDateFormatStyle time) {
    struct pattern p = {.len = 0};
    UErrorCode status = U_ZERO_ERROR;
    UDateFormat *f = udat_open(time, date, locale, NULL, 0, NULL, 0, &status);
    if (U_FAILURE(status)) return p;
    p.len = udat_toPattern(f, false, p.units, TEXT_MAX, &status);
    p.len = U_SUCCESS(status) ? single_digits(p.units, plain_spaces(p.units, p.len)) : 0;
    udat_close(f);
    return p;
}

/* A date pattern alone and followed by each time pattern, behind a space and behind a comma. */
static void add_formats(culture *c, const char *locale, const struct pattern *date, const struct pattern times[2]) {
    static const UChar *const between[] = {u" ", u", "};
    if (date->len == 0) return;
    add_format(c, locale, date->units, date->len);
    for (int i = 0; i < 4; i++) {
        UChar joined[2 * TEXT_MAX + 4];
        const struct pattern *time = &times[i / 2];
        if (time->len == 0) continue;
        u_memcpy(joined, date->units, date->len);
        int32_t gap = u_strlen(between[i % 2]);
        u_memcpy(joined + date->len, between[i % 2], gap);
        u_memcpy(joined + date->len + gap, time->units, time->len);
        add_format(c, locale, joined, date->len + gap + time->len);
    }
}

static struct pattern fixed(const UChar *units) {
    struct pattern p = {.len = u_strlen(units)};
    u_memcpy(p.units, units, p.len);
    p.len = single_digits(p.units, p.len);
    return p;
}

static void load_dates(culture *c, const char *locale) {
    static const UDateFormatStyle styles[] = {UDAT_SHORT, UDAT_MEDIUM, UDAT_LONG, UDAT_FULL};
    struct pattern times[2] = {pattern_of(locale, UDAT_NONE, UDAT_SHORT), pattern_of(locale, UDAT_NONE, UDAT_MEDIUM)};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        struct pattern date = pattern_of(locale, styles[i], UDAT_NONE);
        add_formats(c, locale, &date, times);
    }
}

static void load_invariant(culture *c) {
    struct pattern times[2] = {fixed(u"HH:mm"), fixed(u"HH:mm:ss")};
    struct pattern dates[2] = {fixed(u"MM/dd/yyyy"), fixed(u"EEEE, dd MMMM yyyy")};
    c->decimal = '.';
    c->minus = '-';
    c->zero = '0';
    for (int i = 0; i < 2; i++) add_formats(c, "en_US", &dates[i], times);
}

/* The whole tag is well-formed and ICU knows its language. */
static bool find_locale(text tag, char locale[ULOC_FULLNAME_CAPACITY]) {
    char closed[64], language[ULOC_LANG_CAPACITY], known[ULOC_LANG_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    int32_t read = 0;
    if (tag.len >= sizeof closed) return false;
    memcpy(closed, tag.at, tag.len);
    closed[tag.len] = '\0';
    uloc_forLanguageTag(closed, locale, ULOC_FULLNAME_CAPACITY, &read, &status);
    if (U_FAILURE(status) || (size_t)read != tag.len) return false;
    uloc_getLanguage(locale, language, sizeof language, &status);
    for (int32_t i = 0; U_SUCCESS(status) && i < uloc_countAvailable(); i++) {
        uloc_getLanguage(uloc_getAvailable(i), known, sizeof known, &status);
        if (strcmp(known, language) == 0) return true;
    }
    return false;
}

error *culture_new(text tag, culture **out) {
    char locale[ULOC_FULLNAME_CAPACITY];
    *out = NULL;
    if (tag.len && !find_locale(tag, locale))
        return FAIL(ERROR_INVALID, "the culture \"%.*s\" is not known; use a tag such as de-DE", TEXT_ARG(tag));
    OWNED(culture) c = calloc(1, sizeof *c);
    if (!c) die("out of memory");
    pthread_mutex_init(&c->lock, NULL);
    if (tag.len) {
        if (!load_numbers(c, locale))
            return FAIL(ERROR_INTERNAL, "the forms of the culture \"%.*s\" cannot be loaded", TEXT_ARG(tag));
        load_dates(c, locale);
    } else {
        load_invariant(c);
    }
    *out = TAKE(c);
    return NULL;
}

const char *culture_version(void) { return U_ICU_VERSION; }

void culture_free(culture *c) {
    if (!c) return;
    for (size_t i = 0; i < c->format_count; i++) udat_close(c->formats[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* One group separator stands for its look-alikes: any space for a space, any apostrophe for an apostrophe. */
static bool is_group(const culture *c, uint32_t code_point) {
    if (c->group == 0) return false;
    if (code_point == c->group) return true;
    bool apostrophe = c->group == '\'' || c->group == 0x2019;
    if (apostrophe) return code_point == '\'' || code_point == 0x2019;
    return unicode_is_space(c->group) && unicode_is_space(code_point);
}

static bool is_digit(const culture *c, uint32_t code_point, char *digit) {
    if (code_point - '0' < 10)
        *digit = (char)code_point;
    else if (code_point - c->zero < 10)
        *digit = (char)('0' + (code_point - c->zero));
    else
        return false;
    return true;
}

/* The text's walker: the next code point, or 0 at the end. */
static uint32_t peek(text t, size_t i, size_t *after) {
    *after = i;
    return i < t.len ? utf8_next(t, after) : 0;
}

static size_t copy_digits(const culture *c, text t, size_t *i, char **to) {
    size_t count = 0, after;
    char digit;
    while (is_digit(c, peek(t, *i, &after), &digit)) {
        *(*to)++ = digit;
        *i = after;
        count++;
    }
    return count;
}

/* Digits in groups of the culture's sizes, or in none: the last group has group_size, those before next_group_size, the first may
 * be shorter. */
static bool whole_part(const culture *c, text t, size_t *i, char **to, size_t *count) {
    size_t after, group = *count = copy_digits(c, t, i, to);
    bool first = true;
    while (group && is_group(c, peek(t, *i, &after))) {
        size_t allowed = (size_t)c->next_group_size;
        if (group > allowed || (!first && group != allowed)) return false;
        *i = after;
        group = copy_digits(c, t, i, to);
        *count += group;
        first = false;
    }
    return first || group == (size_t)c->group_size;
}

static void sign(const culture *c, text t, size_t *i, char **to) {
    size_t after;
    uint32_t code_point = peek(t, *i, &after);
    bool minus = code_point && (code_point == '-' || code_point == 0x2212 || code_point == c->minus);
    if (minus) *(*to)++ = '-';
    if (minus || code_point == '+') *i = after;
}

text culture_number(const culture *c, arena *a, text t) {
    if (t.len == 0 || t.len > 1024) return (text){0};
    char *out = arena_bytes(a, t.len + 1), *to = out;
    size_t i = 0, after, whole, fraction = 0;
    sign(c, t, &i, &to);
    if (!whole_part(c, t, &i, &to, &whole)) return (text){0};
    if (peek(t, i, &after) == c->decimal && i < t.len) {
        *to++ = '.';
        i = after;
        fraction = copy_digits(c, t, &i, &to);
    }
    if (whole + fraction == 0) return (text){0};
    if (i < t.len && (t.at[i] == 'e' || t.at[i] == 'E')) {
        *to++ = t.at[i++];
        sign(c, t, &i, &to);
        if (copy_digits(c, t, &i, &to) == 0) return (text){0};
    }
    return i == t.len ? (text){out, (size_t)(to - out)} : (text){0};
}

static bool has_four_digits(const UChar *units, int32_t len) {
    int run = 0;
    for (int32_t i = 0; i < len && run < 4; i++) run = u_isdigit(units[i]) ? run + 1 : 0;
    return run == 4;
}

static bool to_ticks(UDate milliseconds, bool full_year, int64_t *ticks) {
    const double least = -62135596800000.0, most = 253402300799999.0; /* years 1 to 9999 */
    if (!(milliseconds >= least && milliseconds <= most)) return false;
    instant t = {TICKS_1970 + (int64_t)milliseconds * TICKS_PER_MILLISECOND};
    struct date_parts p = instant_parts(t);
    if (p.year < 100 && !full_year) { /* a year of two digits under a pattern that wants four */
        p.year += p.year < 50 ? 2000 : 1900;
        if (!instant_from_parts(p, &t)) return false;
    }
    *ticks = t.ticks;
    return true;
}

bool culture_date(const culture *c, text t, int64_t *ticks) {
    UChar units[TEXT_MAX];
    int32_t len = 0;
    UErrorCode status = U_ZERO_ERROR;
    if (t.len < 3 || t.len >= TEXT_MAX) return false;
    u_strFromUTF8(units, TEXT_MAX, &len, t.at, (int32_t)t.len, &status);
    if (U_FAILURE(status)) return false;
    plain_spaces(units, len);
    bool full_year = has_four_digits(units, len);
    mutex *lock = (mutex *)(uintptr_t)&c->lock; /* the only part that changes */
    WITH_LOCK(lock);
    for (size_t i = 0; i < c->format_count; i++) {
        int32_t at = 0;
        status = U_ZERO_ERROR;
        UDate milliseconds = udat_parse(c->formats[i], units, len, &at, &status);
        if (U_SUCCESS(status) && at == len && to_ticks(milliseconds, full_year, ticks)) return true;
    }
    return false;
}
