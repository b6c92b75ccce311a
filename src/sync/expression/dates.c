/* Dates (expressions.md §9.3): formatting by .NET-like codes with invariant names, and Windows file times. */
#include "sync/expression/functions.h"

#include "base/unicode.h"

#include <stdio.h>

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static void put_number(struct buffer *out, int n, size_t digits) { buffer_print(out, "%0*d", (int)digits, n); }

static void put_fraction(struct buffer *out, int ticks, size_t digits) {
    char all[16];
    int len = snprintf(all, sizeof all, "%07d", ticks);
    buffer_add(out, all, digits < (size_t)len ? digits : (size_t)len);
}

static void put_zone(struct buffer *out, size_t length) {
    buffer_text(out, length > 2 ? T("+00:00") : length > 1 ? T("+00") : T("+0"));
}

/* A number of one or two digits, or a name of three letters or all. */
static void put_number_or_name(struct buffer *out, int n, const char *name, size_t length) {
    if (length < 3)
        put_number(out, n, length);
    else
        buffer_add(out, name, length > 3 ? strlen(name) : 3);
}

/* Writes what a run of one code letter stands for; false when the letter is no code. */
static bool put_code(struct buffer *out, const struct date_parts *p, char code, size_t length) {
    size_t two = length > 2 ? 2 : length;
    switch (code) {
    case 'y':
        put_number(out, length < 3 ? p->year % 100 : p->year, length);
        break;
    case 'M':
        put_number_or_name(out, p->month, months[p->month - 1], length);
        break;
    case 'd':
        put_number_or_name(out, p->day, weekdays[p->weekday], length);
        break;
    case 'H':
        put_number(out, p->hour, two);
        break;
    case 'h':
        put_number(out, (p->hour + 11) % 12 + 1, two);
        break;
    case 'm':
        put_number(out, p->minute, two);
        break;
    case 's':
        put_number(out, p->second, two);
        break;
    case 'f':
        put_fraction(out, p->fraction, length);
        break;
    case 't':
        buffer_add(out, p->hour < 12 ? "AM" : "PM", two);
        break;
    case 'z':
        put_zone(out, length);
        break;
    case 'K':
        buffer_byte(out, 'Z');
        break;
    default:
        return false;
    }
    return true;
}

/* The pattern behind a format of one letter; null when the letter is none. */
static text standard_format(char letter) {
    switch (letter) {
    case 'd':
        return T("MM/dd/yyyy");
    case 'D':
        return T("dddd, dd MMMM yyyy");
    case 's':
        return T("yyyy-MM-dd'T'HH:mm:ss");
    case 'u':
        return T("yyyy-MM-dd HH:mm:ss'Z'");
    case 'o':
    case 'O':
        return T("yyyy-MM-dd'T'HH:mm:ss.fffffffK");
    default:
        return (text){0};
    }
}

/* A quoted literal or an escaped character at i; returns how many bytes it takes, 0 when there is neither. */
static size_t put_literal(struct buffer *out, text format, size_t i) {
    if (format.at[i] == '\\' && i + 1 < format.len) {
        size_t behind = i + 1;
        utf8_next(format, &behind);
        buffer_add(out, format.at + i + 1, behind - i - 1);
        return behind - i;
    }
    if (format.at[i] != '\'') return 0;
    size_t close = text_find_byte(text_slice(format, i + 1, format.len), '\'');
    if (close == SIZE_MAX) close = format.len - i - 1;
    buffer_add(out, format.at + i + 1, close);
    return i + close + 2 <= format.len ? close + 2 : format.len - i;
}

static void put_pattern(struct buffer *out, const struct date_parts *p, text format) {
    for (size_t i = 0; i < format.len;) {
        size_t taken = put_literal(out, format, i);
        if (!taken) {
            size_t end = i + 1;
            while (format.at[i] != 'K' && end < format.len && format.at[end] == format.at[i]) end++;
            taken = end - i;
            if (!put_code(out, p, format.at[i], taken)) buffer_add(out, format.at + i, taken);
        }
        i += taken;
    }
}

static bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool format_date(struct evaluation *ev, instant when, text format, text *out) {
    if (format.len == 0) format = T("yyyy-MM-dd'T'HH:mm:ss'Z'");
    if (format.len == 1 && is_ascii_letter(format.at[0])) {
        format = standard_format(format.at[0]);
        if (text_is_null(format)) return fail(ev, "%s: the format is an unknown letter.", ev->name);
    }
    struct date_parts parts = instant_parts(when);
    OWNED_VALUE(buffer) made = {.max = EXPRESSION_MAX_TEXT};
    put_pattern(&made, &parts, format);
    if (made.overflow) return fail(ev, "%s: the text would be longer than 1 MiB.", ev->name);
    char *room = text_room(ev, made.len);
    if (!room) return false;
    if (made.len) memcpy(room, made.at, made.len);
    *out = (text){room, made.len};
    return true;
}

CALLABLE(run_now) {
    (void)args, (void)count;
    *out = make_datetime(ev->in->now);
    return true;
}
CALLABLE(run_today) {
    (void)args, (void)count;
    *out = make_datetime(instant_floor_day(ev->in->now));
    return true;
}

CALLABLE(run_format_date) {
    (void)count;
    text format, made;
    instant when = args[0].when;
    *out = make_null();
    if (is_null(&args[0])) return true;
    if (args[0].kind == EXPRESSION_TEXT && !instant_read(text_trim_unicode(args[0].text), &when))
        return fail(ev, "%s expects a date, not a String that is none.", ev->name);
    if (args[0].kind != EXPRESSION_TEXT && args[0].kind != EXPRESSION_DATETIME) return fail_kind(ev, "a date", &args[0]);
    if (!text_of_value(ev, &args[1], &format) || !format_date(ev, when, format, &made)) return false;
    *out = make_text(made);
    return true;
}

/* The last day of the calendar stands for "never" and has no file time. */
static bool has_file_time(instant t) { return t.ticks >= TICKS_1601 && t.ticks < TICKS_MAX; }

CALLABLE(run_to_file_time) {
    (void)count;
    instant when = {0};
    *out = make_null();
    if (is_null(&args[0])) return true;
    if (args[0].kind == EXPRESSION_TEXT) {
        if (!instant_read(text_trim_unicode(args[0].text), &when)) return true;
    } else if (args[0].kind == EXPRESSION_DATETIME) {
        when = args[0].when;
    } else {
        return fail_kind(ev, "a date", &args[0]);
    }
    if (has_file_time(when)) *out = make_int64(when.ticks - TICKS_1601);
    return true;
}

CALLABLE(run_from_file_time) {
    (void)count;
    int64_t n = 0;
    *out = make_null();
    if (is_null(&args[0])) return true;
    if (args[0].kind == EXPRESSION_TEXT) {
        if (!text_to_int64(text_trim_unicode(args[0].text), &n)) return true;
    } else if (is_integer(&args[0])) {
        n = args[0].integer;
    } else {
        return fail_kind(ev, "an integer", &args[0]);
    }
    if (n > 0 && n <= TICKS_MAX - TICKS_1601) *out = make_datetime((instant){n + TICKS_1601});
    return true;
}
