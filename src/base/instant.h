/* Points in time and spans: int64 ticks of 100 ns; instants since 0001-01-01T00:00:00Z, proleptic Gregorian, UTC. */
#ifndef JOINERY_BASE_INSTANT_H
#define JOINERY_BASE_INSTANT_H

#include "base/arena.h"

#define TICKS_PER_MILLISECOND INT64_C(10000)
#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_PER_DAY (INT64_C(86400) * TICKS_PER_SECOND)
/* 9999-12-31T23:59:59.9999999Z */
#define TICKS_MAX INT64_C(3155378975999999999)
/* 1601-01-01T00:00:00Z, the zero of Windows file times */
#define TICKS_1601 INT64_C(504911232000000000)
/* 1970-01-01T00:00:00Z */
#define TICKS_1970 INT64_C(621355968000000000)

typedef struct instant {
    int64_t ticks;
} instant; /* 0 means none where a field may be absent */
typedef struct timespan {
    int64_t ticks;
} timespan; /* may be negative */

struct date_parts {
    int year, month, day, hour, minute, second, fraction; /* fraction: 100 ns ticks within the second */
    int weekday;                                          /* 0 = Sunday */
};

/* Now, from the system clock. Only runs/, access/ and api/ ask; the engine is told. */
instant instant_now(void);
/* Nanoseconds of the monotonic clock, for measuring. */
int64_t monotonic_ns(void);

struct date_parts instant_parts(instant t);
/* False when the parts name no real date between years 1 and 9999. */
bool instant_from_parts(struct date_parts p, instant *out);
/* ISO 8601: yyyy-MM-dd, or with T (or blank) HH:mm[:ss[.1–7 digits]], and Z or ±HH:mm or nothing (read as UTC). */
bool instant_read(text t, instant *out);
/* yyyy-MM-ddTHH:mm:ss[.fraction without trailing zeros]Z, the form of the API and of expressions. Returns length (≤ 28). */
size_t instant_write(instant t, char out[32]);
/* yyyy-MM-ddTHH:mm:ss.fffffffZ, always seven digits: the form in exported files. */
size_t instant_write_full(instant t, char out[32]);
/* Calendar steps; the day is clamped to the month's last. False beyond years 1..9999. */
bool instant_add_months(instant t, int64_t months, instant *out);
bool instant_add_ticks(instant t, int64_t ticks, instant *out);
instant instant_floor_day(instant t);
/* [-][d.]hh:mm:ss[.fffffff] */
bool timespan_read(text t, timespan *out);
size_t timespan_write(timespan s, char out[32]);

#endif
