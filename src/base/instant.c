/* The calendar: days since year 1 and back, and the textual forms of times and spans. */
#include "base/instant.h"

#include <stdio.h>
#include <time.h>

enum { DAYS_400_YEARS = 146097 };

instant instant_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (instant){TICKS_1970 + now.tv_sec * TICKS_PER_SECOND + now.tv_nsec / 100};
}

int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_of_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 0001-01-01. The year is taken to begin in March, so that the leap day is its last. */
static int64_t days_from_date(int year, int month, int day) {
    int y = month > 2 ? year : year - 1;
    int from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 306;
}

static void date_from_days(int64_t days, int *year, int *month, int *day) {
    int64_t shifted = days + 306; /* since 0000-03-01 */
    int64_t era = shifted / DAYS_400_YEARS;
    int in_era = (int)(shifted % DAYS_400_YEARS);
    int year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

struct date_parts instant_parts(instant t) {
    struct date_parts p;
    int64_t days = t.ticks / TICKS_PER_DAY, rest = t.ticks % TICKS_PER_DAY;
    date_from_days(days, &p.year, &p.month, &p.day);
    int seconds = (int)(rest / TICKS_PER_SECOND);
    p.fraction = (int)(rest % TICKS_PER_SECOND);
    p.hour = seconds / 3600;
    p.minute = seconds / 60 % 60;
    p.second = seconds % 60;
    p.weekday = (int)((days + 1) % 7); /* 0001-01-01 was a Monday */
    return p;
}

static bool in(int value, int least, int most) { return value >= least && value <= most; }

bool instant_from_parts(struct date_parts p, instant *out) {
    if (!in(p.year, 1, 9999) || !in(p.month, 1, 12) || !in(p.day, 1, days_of_month(p.year, p.month))) return false;
    if (!in(p.hour, 0, 23) || !in(p.minute, 0, 59) || !in(p.second, 0, 59) || !in(p.fraction, 0, (int)TICKS_PER_SECOND - 1))
        return false;
    int64_t seconds = days_from_date(p.year, p.month, p.day) * 86400 + p.hour * 3600 + p.minute * 60 + p.second;
    *out = (instant){seconds * TICKS_PER_SECOND + p.fraction};
    return true;
}

/* Takes exactly `count` digits. */
static bool digits(text *t, int count, int *value) {
    if (t->len < (size_t)count) return false;
    int sum = 0;
    for (int i = 0; i < count; i++) {
        if (t->at[i] < '0' || t->at[i] > '9') return false;
        sum = sum * 10 + (t->at[i] - '0');
    }
    *t = text_slice(*t, (size_t)count, t->len);
    *value = sum;
    return true;
}

static bool take(text *t, char c) {
    if (t->len == 0 || t->at[0] != c) return false;
    *t = text_slice(*t, 1, t->len);
    return true;
}

/* One to seven digits behind a point. */
static bool fraction(text *t, int *value) {
    int sum = 0, count = 0, digit;
    while (count < 7 && digits(t, 1, &digit)) sum = sum * 10 + digit, count++;
    if (count == 0) return false;
    while (count++ < 7) sum *= 10;
    *value = sum;
    return true;
}

/* Z, ±HH:mm or nothing at the end; minutes east of UTC. */
static bool offset_minutes(text t, int *minutes) {
    *minutes = 0;
    if (t.len == 0 || (t.len == 1 && t.at[0] == 'Z')) return true;
    int hours, rest, sign = take(&t, '-') ? -1 : 1;
    if (sign > 0 && !take(&t, '+')) return false;
    if (!digits(&t, 2, &hours) || !take(&t, ':') || !digits(&t, 2, &rest) || t.len) return false;
    if (rest > 59 || hours * 60 + rest > 14 * 60) return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

static bool read_date(text *t, struct date_parts *p) {
    return digits(t, 4, &p->year) && take(t, '-') && digits(t, 2, &p->month) && take(t, '-') && digits(t, 2, &p->day);
}

/* :ss[.fraction] */
static bool read_seconds(text *t, struct date_parts *p) {
    if (!take(t, ':') || !digits(t, 2, &p->second)) return false;
    return !take(t, '.') || fraction(t, &p->fraction);
}

static bool read_minutes(text *t, struct date_parts *p) {
    return digits(t, 2, &p->hour) && take(t, ':') && digits(t, 2, &p->minute);
}

bool instant_read(text t, instant *out) {
    struct date_parts p = {0};
    instant local;
    int minutes;
    if (!read_date(&t, &p)) return false;
    if (t.len == 0) return instant_from_parts(p, out);
    if ((!take(&t, 'T') && !take(&t, ' ')) || !read_minutes(&t, &p)) return false;
    if (t.len && t.at[0] == ':' && !read_seconds(&t, &p)) return false;
    if (!offset_minutes(t, &minutes) || !instant_from_parts(p, &local)) return false;
    return instant_add_ticks(local, -minutes * 60 * TICKS_PER_SECOND, out);
}

static inline char *put_two(char *at, int value) {
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static char *put_fraction(char *at, int value) {
    for (int i = 7; i > 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
    *at = '.';
    return at + 8;
}

static char *put_time(char *at, int hour, int minute, int second) {
    at = put_two(at, hour);
    *at++ = ':';
    at = put_two(at, minute);
    *at++ = ':';
    return put_two(at, second);
}

static char *put_seconds(char *at, struct date_parts p) {
    at = put_two(put_two(at, p.year / 100), p.year % 100);
    *at++ = '-';
    at = put_two(at, p.month);
    *at++ = '-';
    at = put_two(at, p.day);
    *at++ = 'T';
    return put_time(at, p.hour, p.minute, p.second);
}

size_t instant_write(instant t, char out[32]) {
    struct date_parts p = instant_parts(t);
    char *at = put_seconds(out, p);
    if (p.fraction) {
        at = put_fraction(at, p.fraction);
        while (at[-1] == '0') at--;
    }
    *at++ = 'Z';
    return (size_t)(at - out);
}

size_t instant_write_full(instant t, char out[32]) {
    struct date_parts p = instant_parts(t);
    char *at = put_fraction(put_seconds(out, p), p.fraction);
    *at++ = 'Z';
    return (size_t)(at - out);
}

bool instant_add_months(instant t, int64_t months, instant *out) {
    struct date_parts p = instant_parts(t);
    int64_t at;
    if (__builtin_add_overflow((int64_t)p.year * 12 + p.month - 1, months, &at) || at < 12 || at >= 10000 * 12) return false;
    p.year = (int)(at / 12);
    p.month = (int)(at % 12) + 1;
    int last = days_of_month(p.year, p.month);
    if (p.day > last) p.day = last;
    return instant_from_parts(p, out);
}

bool instant_add_ticks(instant t, int64_t ticks, instant *out) {
    int64_t sum;
    if (__builtin_add_overflow(t.ticks, ticks, &sum) || sum < 0 || sum > TICKS_MAX) return false;
    *out = (instant){sum};
    return true;
}

instant instant_floor_day(instant t) { return (instant){t.ticks - t.ticks % TICKS_PER_DAY}; }

/* The days before a point that stands before the first colon. */
static bool read_days(text *t, int64_t *days) {
    size_t point = text_find_byte(*t, '.');
    *days = 0;
    if (point == SIZE_MAX || point > text_find_byte(*t, ':')) return true;
    if (point > 8 || t->at[0] == '+' || t->at[0] == '-' || !text_to_int64(text_slice(*t, 0, point), days)) return false;
    *t = text_slice(*t, point + 1, t->len);
    return true;
}

bool timespan_read(text t, timespan *out) {
    struct date_parts p = {0};
    int64_t days, ticks;
    bool negative = take(&t, '-');
    if (!read_days(&t, &days) || !read_minutes(&t, &p) || !read_seconds(&t, &p) || t.len) return false;
    if (p.hour > 23 || p.minute > 59 || p.second > 59) return false;
    int64_t rest = (p.hour * 3600 + p.minute * 60 + p.second) * TICKS_PER_SECOND + p.fraction;
    if (__builtin_mul_overflow(negative ? -days : days, TICKS_PER_DAY, &ticks)) return false;
    if (__builtin_add_overflow(ticks, negative ? -rest : rest, &ticks)) return false;
    *out = (timespan){ticks};
    return true;
}

size_t timespan_write(timespan s, char out[32]) {
    char *at = out;
    uint64_t left = s.ticks < 0 ? 0 - (uint64_t)s.ticks : (uint64_t)s.ticks;
    if (s.ticks < 0) *at++ = '-';
    int days = (int)(left / (uint64_t)TICKS_PER_DAY);
    left %= (uint64_t)TICKS_PER_DAY;
    if (days) at += snprintf(at, 16, "%d.", days);
    int seconds = (int)(left / (uint64_t)TICKS_PER_SECOND), part = (int)(left % (uint64_t)TICKS_PER_SECOND);
    at = put_time(at, seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (part) at = put_fraction(at, part);
    return (size_t)(at - out);
}
