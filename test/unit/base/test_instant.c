/* Times and spans: the calendar's corners, the textual forms, calendar steps. */
#include "check.h"

#include "base/instant.h"

static instant at(const char *t) {
    instant i;
    if (!instant_read(text_of(t), &i)) fail_msg("%s is not read", t);
    return i;
}

static const char *form(instant t) {
    char out[32];
    return arena_cstring(a, (text){out, instant_write(t, out)});
}

static void fixed_points(void **state) {
    (void)state;
    assert_int_equal(at("0001-01-01").ticks, 0);
    assert_int_equal(at("1601-01-01T00:00:00Z").ticks, TICKS_1601);
    assert_int_equal(at("1970-01-01T00:00:00Z").ticks, TICKS_1970);
    assert_int_equal(at("9999-12-31T23:59:59.9999999Z").ticks, TICKS_MAX);
    assert_string_equal(form((instant){0}), "0001-01-01T00:00:00Z");
    assert_string_equal(form((instant){TICKS_MAX}), "9999-12-31T23:59:59.9999999Z");
    instant now = instant_now();
    assert_true(now.ticks > at("2025-01-01").ticks && now.ticks < at("2200-01-01").ticks);
    assert_true(monotonic_ns() <= monotonic_ns());
}

static void every_day_goes_there_and_back(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = 0;
    for (int year = 1; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int last = lengths[month - 1] + (leap && month == 2);
            for (int day = 1; day <= last; day += day == 1 ? last - 1 : 1) {
                instant t;
                assert_true(instant_from_parts((struct date_parts){.year = year, .month = month, .day = day}, &t));
                assert_int_equal(t.ticks, (days + day - 1) * TICKS_PER_DAY);
                struct date_parts p = instant_parts(t);
                assert_true(p.year == year && p.month == month && p.day == day);
                assert_int_equal(p.weekday, (days + day) % 7);
            }
            instant none;
            assert_false(instant_from_parts((struct date_parts){.year = year, .month = month, .day = last + 1}, &none));
            days += last;
        }
    }
    assert_int_equal(days * TICKS_PER_DAY - 1, TICKS_MAX);
}

static void reading(void **state) {
    (void)state;
    assert_string_equal(form(at("2026-03-15")), "2026-03-15T00:00:00Z");
    assert_string_equal(form(at("2026-03-15T14:05")), "2026-03-15T14:05:00Z");
    assert_string_equal(form(at("2026-03-15 14:05:06")), "2026-03-15T14:05:06Z");
    assert_string_equal(form(at("2026-03-15T14:05:06.5")), "2026-03-15T14:05:06.5Z");
    assert_string_equal(form(at("2026-03-15T14:05:06.1200000Z")), "2026-03-15T14:05:06.12Z");
    assert_string_equal(form(at("2026-03-15T14:05:06.0000001Z")), "2026-03-15T14:05:06.0000001Z");
    assert_string_equal(form(at("2026-03-15T01:00:00+02:00")), "2026-03-14T23:00:00Z");
    assert_string_equal(form(at("2026-12-31T23:30:00-01:30")), "2027-01-01T01:00:00Z");
    assert_string_equal(form(at("2026-03-15T01:00+14:00")), "2026-03-14T11:00:00Z");
    assert_string_equal(form(at("2024-02-29T12:00:00Z")), "2024-02-29T12:00:00Z");
    assert_string_equal(form(at("2000-02-29")), "2000-02-29T00:00:00Z");
}

static void refusing(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-3-15",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-04-31",
                                      "2026-04-00",
                                      "2025-02-29",
                                      "1900-02-29",
                                      "0000-01-01",
                                      "2026-03-15T",
                                      "2026-03-15T1",
                                      "2026-03-15T24:00:00",
                                      "2026-03-15T23:60:00",
                                      "2026-03-15T23:59:60Z",
                                      "2026-03-15T14:05:06.",
                                      "2026-03-15T14:05:06.12345678Z",
                                      "2026-03-15T14:05:06+0200",
                                      "2026-03-15T14:05:06+15:00",
                                      "2026-03-15T14:05:06+02:60",
                                      "2026-03-15T14:05:06Zx",
                                      "2026-03-15T14:05:06 Z",
                                      "2026-03-15x14:05:06",
                                      " 2026-03-15",
                                      "+026-03-15",
                                      "0001-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        instant t;
        if (instant_read(text_of(bad[i]), &t)) fail_msg("%s is read", bad[i]);
    }
}

static void full_form(void **state) {
    (void)state;
    char out[32];
    CHECK_TEXT(((text){out, instant_write_full(at("2026-03-15"), out)}), "2026-03-15T00:00:00.0000000Z");
    CHECK_TEXT(((text){out, instant_write_full(at("2026-03-15T01:02:03.0456"), out)}), "2026-03-15T01:02:03.0456000Z");
}

/* sync-engine §9.3. */
static void relative_dates(void **state) {
    (void)state;
    instant now = at("2026-03-31T14:05:00Z"), t;
    assert_true(instant_add_months(now, -1, &t));
    assert_string_equal(form(instant_floor_day(t)), "2026-02-28T00:00:00Z");
    assert_string_equal(form(instant_floor_day(now)), "2026-03-31T00:00:00Z");
    assert_true(instant_add_ticks(now, 36 * 3600 * TICKS_PER_SECOND, &t));
    assert_string_equal(form(t), "2026-04-02T02:05:00Z");
    assert_true(instant_add_months(at("2024-02-29T08:00:00Z"), 12, &t));
    assert_string_equal(form(instant_floor_day(t)), "2025-02-28T00:00:00Z");
    assert_true(instant_add_ticks(now, -14 * TICKS_PER_DAY, &t));
    assert_string_equal(form(instant_floor_day(t)), "2026-03-17T00:00:00Z");
}

static void steps_end_at_the_years_1_and_9999(void **state) {
    (void)state;
    instant t;
    assert_false(instant_add_months(at("0001-01-31"), -1, &t));
    assert_true(instant_add_months(at("0001-02-28"), -1, &t));
    assert_true(instant_add_months(at("9999-11-30"), 1, &t));
    assert_false(instant_add_months(at("9999-12-01"), 1, &t));
    assert_false(instant_add_months(at("2026-01-01"), INT64_MAX, &t));
    assert_false(instant_add_months(at("2026-01-01"), INT64_MIN, &t));
    assert_false(instant_add_ticks(at("2026-01-01"), INT64_MAX, &t));
    assert_false(instant_add_ticks((instant){0}, -1, &t));
    assert_false(instant_add_ticks((instant){TICKS_MAX}, 1, &t));
    assert_true(instant_add_months(at("2023-12-31T23:59:59.9999999Z"), 2, &t));
    assert_string_equal(form(t), "2024-02-29T23:59:59.9999999Z");
}

/* expressions §9.3: file times count from 1601. */
static void file_times(void **state) {
    (void)state;
    assert_int_equal(at("2026-03-15T00:00:00Z").ticks - TICKS_1601, INT64_C(134180064000000000));
    assert_int_equal(at("2020-01-01T00:00:00Z").ticks - TICKS_1601, INT64_C(132223104000000000));
    assert_string_equal(form((instant){TICKS_1601 + INT64_C(132539328000000000)}), "2021-01-01T00:00:00Z");
}

static void spans(void **state) {
    (void)state;
    static const char *const same[] = {"00:00:00",
                                       "01:02:03",
                                       "-00:00:01",
                                       "7.00:00:00",
                                       "-1.23:59:59.9999999",
                                       "10675199.02:48:05.4775807",
                                       "-10675199.02:48:05.4775808",
                                       "00:00:00.5000000"};
    char out[32];
    timespan s;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (!timespan_read(text_of(same[i]), &s)) fail_msg("%s is not read", same[i]);
        CHECK_TEXT(((text){out, timespan_write(s, out)}), same[i]);
    }
    assert_true(timespan_read(T("00:00:00.5"), &s));
    assert_int_equal(s.ticks, TICKS_PER_SECOND / 2);
    assert_true(timespan_read(T("7.00:00:00"), &s));
    assert_int_equal(s.ticks, 7 * TICKS_PER_DAY);
    static const char *const bad[] = {"",
                                      "1",
                                      "24:00:00",
                                      "00:60:00",
                                      "00:00:60",
                                      "1:02:03",
                                      "--01:02:03",
                                      "-+1.01:02:03",
                                      "+01:02:03",
                                      "1.2.01:02:03",
                                      "10675200.00:00:00",
                                      "01:02:03.",
                                      "01:02",
                                      ".01:02:03",
                                      "01:02:03.12345678",
                                      "999999999.00:00:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (timespan_read(text_of(bad[i]), &s)) fail_msg("%s is read", bad[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(fixed_points),   TEST(every_day_goes_there_and_back),     TEST(reading),    TEST(refusing), TEST(full_form),
        TEST(relative_dates), TEST(steps_end_at_the_years_1_and_9999), TEST(file_times), TEST(spans),
    };
    return RUN(tests);
}
