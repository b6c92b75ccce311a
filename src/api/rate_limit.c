/* How often a caller may ask: sliding windows for those who are known, fixed ones by address for others (operations §4). */
#include "api/rate_limit.h"

#include "base/die.h"
#include "base/thread.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SEGMENTS = 6, WAYS = 4, SETS = 4096, WINDOW_SECONDS = 60, REFRESH_SECONDS = 5 };

/* The requests of one caller by segment of the window; `segment` numbers the newest. */
struct bucket {
    uint64_t caller; /* 0: free */
    int64_t segment;
    int32_t counts[SEGMENTS];
    int64_t used;
};

struct rate_limiter {
    pthread_mutex_t lock;
    struct bucket buckets[SETS][WAYS];
    _Atomic int32_t known_limit, unknown_limit; /* a minute; 0: no limit */
    _Atomic int64_t refreshed;                  /* seconds */
};

rate_limiter *rate_limiter_new(void) {
    rate_limiter *r = calloc(1, sizeof *r);
    if (!r) die("out of memory");
    pthread_mutex_init(&r->lock, NULL);
    r->known_limit = RATE_KNOWN_STANDARD;
    r->unknown_limit = RATE_UNKNOWN_STANDARD;
    r->refreshed = -REFRESH_SECONDS;
    return r;
}

void rate_limiter_free(rate_limiter *r) {
    if (!r) return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* ---- settings ---- */

static int32_t setting(const struct config *c, text key, int32_t standard) {
    int32_t n;
    text value = config_setting(c, key);
    if (text_is_null(value) || !text_to_int32(value, &n)) return standard;
    return n < 1 ? 1 : n;
}

bool rate_limits_due(rate_limiter *r, int64_t now_ns) {
    int64_t now = now_ns / 1000000000, last = atomic_load(&r->refreshed);
    return now - last >= REFRESH_SECONDS && atomic_compare_exchange_strong(&r->refreshed, &last, now);
}

void rate_limits_read(rate_limiter *r, const struct config *c) {
    bool off = text_equal_ascii_case(config_setting(c, T("Security.RateLimiting.Enabled")), T("false"));
    atomic_store(&r->known_limit,
                 off ? 0 : setting(c, T("Security.RateLimiting.AuthenticatedRequestsPerMinute"), RATE_KNOWN_STANDARD));
    atomic_store(&r->unknown_limit,
                 off ? 0 : setting(c, T("Security.RateLimiting.UnauthenticatedRequestsPerMinute"), RATE_UNKNOWN_STANDARD));
}

void rate_limits_set(rate_limiter *r, int32_t known, int32_t unknown) {
    atomic_store(&r->known_limit, known);
    atomic_store(&r->unknown_limit, unknown);
}

/* ---- buckets ---- */

/* The caller's bucket, or the one of its set that was used least recently. */
static struct bucket *bucket_of(rate_limiter *r, uint64_t caller, int64_t now_ns) {
    struct bucket *set = r->buckets[caller % SETS], *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].caller == caller) return &set[i];
        if (set[i].used < oldest->used) oldest = &set[i];
    }
    *oldest = (struct bucket){.caller = caller, .used = now_ns};
    return oldest;
}

/* Empties the segments that have left the window. */
static void slide(struct bucket *b, int64_t segment, int segments) {
    int64_t steps = segment - b->segment;
    for (int64_t i = 1; i <= steps && i <= segments; i++) b->counts[(b->segment + i) % segments] = 0;
    if (steps > 0) b->segment = segment;
}

/* Seconds until the oldest segment that counts leaves the window. */
static int wait_seconds(const struct bucket *b, int64_t now_ns, int segments) {
    int64_t length = INT64_C(1000000000) * WINDOW_SECONDS / segments;
    for (int64_t segment = b->segment - segments + 1; segment <= b->segment; segment++) {
        if (segment < 0 || !b->counts[segment % segments]) continue;
        int64_t left = (segment + segments) * length - now_ns;
        return left <= 0 ? 1 : (int)((left + 999999999) / 1000000000);
    }
    return 1;
}

static int take(rate_limiter *r, uint64_t caller, int32_t limit, int segments, int64_t now_ns, int requests) {
    if (!limit) return 0;
    WITH_LOCK(&r->lock);
    struct bucket *b = bucket_of(r, caller ? caller : 1, now_ns);
    b->used = now_ns;
    slide(b, now_ns / (INT64_C(1000000000) * WINDOW_SECONDS / segments), segments);
    int64_t sum = 0;
    for (int i = 0; i < segments; i++) sum += b->counts[i];
    if (sum >= limit) return wait_seconds(b, now_ns, segments);
    b->counts[b->segment % segments] += requests;
    return 0;
}

int rate_limit_known(rate_limiter *r, const struct caller *caller, int64_t now_ns) {
    if (caller->infrastructure || caller->kind == BY_SYSTEM) return 0;
    uuid id = uuid_is_zero(caller->person) ? caller->id : caller->person;
    text key = uuid_is_zero(id) ? caller->name : (text){(const char *)id.bytes, sizeof id.bytes};
    return rate_limit_named(r, key, now_ns);
}

int rate_limit_named(rate_limiter *r, text name, int64_t now_ns) {
    return take(r, text_hash(name), atomic_load(&r->known_limit), SEGMENTS, now_ns, 1);
}

/* IPv6 clients own a /64. */
static uint64_t address_hash(text client) {
    char name[INET6_ADDRSTRLEN] = {0};
    uint8_t address[16];
    if (client.len && client.len < sizeof name) memcpy(name, client.at, client.len);
    if (inet_pton(AF_INET6, name, address) == 1) return text_hash((text){(const char *)address, 8});
    return text_hash(client.at ? client : T("?"));
}

int rate_limit_unknown(rate_limiter *r, text client, int64_t now_ns) {
    return take(r, ~address_hash(client), atomic_load(&r->unknown_limit), 1, now_ns, 1);
}

int rate_limit_spent(rate_limiter *r, text client, int64_t now_ns) {
    return take(r, ~address_hash(client), atomic_load(&r->unknown_limit), 1, now_ns, 0);
}
