/* Members of texts and dates (expressions.md §9.9); the receiver is args[0], of the right kind and not null. */
#include "sync/expression/functions.h"

#include "base/unicode.h"

#include <math.h>

/* ---- Texts ---- */

CALLABLE(run_trim_start) {
    (void)ev, (void)count;
    text s = args[0].text, trimmed = text_trim_unicode(s);
    *out = make_text(trimmed.len ? text_slice(s, (size_t)(trimmed.at - s.at), s.len) : T(""));
    return true;
}
CALLABLE(run_trim_end) {
    (void)ev, (void)count;
    text s = args[0].text, trimmed = text_trim_unicode(s);
    *out = make_text(trimmed.len ? text_slice(s, 0, (size_t)(trimmed.at - s.at) + trimmed.len) : T(""));
    return true;
}

CALLABLE(run_substring_strict) {
    text s = args[0].text;
    int64_t start, length, all = (int64_t)utf8_length(s);
    if (!integer_of(ev, &args[1], &start)) return false;
    if (start < 0 || start > all) return fail(ev, "Substring starts outside of the text.");
    length = all - start;
    if (count > 2 && !integer_of(ev, &args[2], &length)) return false;
    if (length < 0 || length > all - start) return fail(ev, "Substring ends outside of the text.");
    text rest = text_slice(s, utf8_offset(s, (size_t)start), s.len);
    *out = make_text(text_slice(rest, 0, utf8_offset(rest, (size_t)length)));
    return true;
}

CALLABLE(run_index_of) {
    (void)count;
    text s = args[0].text, part;
    if (!text_of_value(ev, &args[1], &part)) return false;
    size_t at = text_find(s, text_is_null(part) ? T("") : part);
    *out = make_int32(at == SIZE_MAX ? -1 : (int32_t)utf8_length(text_slice(s, 0, at)));
    return true;
}

static bool pad(struct evaluation *ev, const struct expression_value *args, bool left, struct expression_value *out) {
    text s = args[0].text;
    int64_t wanted;
    if (!integer_of(ev, &args[1], &wanted)) return false;
    if (wanted < 0) return fail(ev, "%s expects a length that is not negative.", ev->name);
    size_t length = utf8_length(s), blanks = (size_t)wanted > length ? (size_t)wanted - length : 0;
    char *made = text_room(ev, blanks > EXPRESSION_MAX_TEXT ? blanks : s.len + blanks);
    if (!made) return false;
    memset(made + (left ? 0 : s.len), ' ', blanks);
    memcpy(made + (left ? blanks : 0), s.at, s.len);
    *out = make_text((text){made, s.len + blanks});
    return true;
}
CALLABLE(run_pad_left) {
    (void)count;
    return pad(ev, args, true, out);
}
CALLABLE(run_pad_right) {
    (void)count;
    return pad(ev, args, false, out);
}

CALLABLE(run_member_text) {
    text t;
    if (count == 1) {
        if (!text_of_value(ev, &args[0], &t)) return false;
    } else {
        text format;
        if (args[0].kind != EXPRESSION_DATETIME) return fail_kind(ev, "DateTime when it has a format", &args[0]);
        if (!text_of_value(ev, &args[1], &format) || !format_date(ev, args[0].when, format, &t)) return false;
    }
    *out = make_text(t);
    return true;
}

/* ---- Dates ---- */

#define DATE_PART(name, member)                                                                                                    \
    CALLABLE(name) {                                                                                                               \
        (void)ev, (void)count;                                                                                                     \
        *out = make_int32(instant_parts(args[0].when).member);                                                                     \
        return true;                                                                                                               \
    }
DATE_PART(run_year, year)
DATE_PART(run_month, month)
DATE_PART(run_day, day)
DATE_PART(run_hour, hour)
DATE_PART(run_minute, minute)
DATE_PART(run_second, second)

CALLABLE(run_date) {
    (void)ev, (void)count;
    *out = make_datetime(instant_floor_day(args[0].when));
    return true;
}

static bool beyond_calendar(struct evaluation *ev) { return fail(ev, "%s leaves the years 1 to 9999.", ev->name); }

/* A number of units, perhaps with a fraction, as ticks. */
static bool add_units(struct evaluation *ev, const struct expression_value *args, int64_t unit, struct expression_value *out) {
    const struct expression_value *n = &args[1];
    int64_t whole, ticks;
    double real = n->kind == EXPRESSION_DOUBLE ? n->real : n->kind == EXPRESSION_DECIMAL ? decimal_to_double(*n->decimal) : NAN;
    if (!isnan(real)) {
        if (!(fabs(real * (double)unit) < 0x1p62)) return beyond_calendar(ev);
        ticks = llround(real * (double)unit);
    } else if (!integer_of(ev, n, &whole)) {
        return false;
    } else if (__builtin_mul_overflow(whole, unit, &ticks)) {
        return beyond_calendar(ev);
    }
    instant moved;
    if (!instant_add_ticks(args[0].when, ticks, &moved)) return beyond_calendar(ev);
    *out = make_datetime(moved);
    return true;
}
CALLABLE(run_add_days) {
    (void)count;
    return add_units(ev, args, TICKS_PER_DAY, out);
}
CALLABLE(run_add_hours) {
    (void)count;
    return add_units(ev, args, 3600 * TICKS_PER_SECOND, out);
}
CALLABLE(run_add_minutes) {
    (void)count;
    return add_units(ev, args, 60 * TICKS_PER_SECOND, out);
}

enum { MONTHS_MAX = 120000 };

static bool add_months(struct evaluation *ev, const struct expression_value *args, int64_t each, struct expression_value *out) {
    int64_t n;
    instant moved;
    if (!integer_of(ev, &args[1], &n)) return false;
    if (n > MONTHS_MAX || n < -MONTHS_MAX || !instant_add_months(args[0].when, n * each, &moved)) return beyond_calendar(ev);
    *out = make_datetime(moved);
    return true;
}
CALLABLE(run_add_months) {
    (void)count;
    return add_months(ev, args, 1, out);
}
CALLABLE(run_add_years) {
    (void)count;
    return add_months(ev, args, 12, out);
}
