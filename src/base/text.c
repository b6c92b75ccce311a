/* Plain operations on borrowed bytes. */
#include "base/text.h"

#include "base/random_seed.h"

#include <xxhash.h>

bool text_equal(text a, text b) {
    if (a.len != b.len || (a.at == NULL) != (b.at == NULL)) return false;
    return a.len == 0 || memcmp(a.at, b.at, a.len) == 0;
}

int text_compare(text a, text b) {
    if (!a.at || !b.at) return (a.at != NULL) - (b.at != NULL);
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

static char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

bool text_equal_ascii_case(text a, text b) {
    if (a.len != b.len || (a.at == NULL) != (b.at == NULL)) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower_ascii(a.at[i]) != lower_ascii(b.at[i])) return false;
    return true;
}

bool text_starts_with(text t, text prefix) {
    return t.len >= prefix.len && (prefix.len == 0 || memcmp(t.at, prefix.at, prefix.len) == 0);
}

bool text_ends_with(text t, text suffix) {
    return t.len >= suffix.len && (suffix.len == 0 || memcmp(t.at + t.len - suffix.len, suffix.at, suffix.len) == 0);
}

size_t text_find(text t, text needle) {
    if (needle.len == 0) return 0;
    if (t.len < needle.len) return SIZE_MAX;
    const char *hit = memmem(t.at, t.len, needle.at, needle.len);
    return hit ? (size_t)(hit - t.at) : SIZE_MAX;
}

size_t text_find_byte(text t, char byte) {
    const char *hit = t.len ? memchr(t.at, byte, t.len) : NULL;
    return hit ? (size_t)(hit - t.at) : SIZE_MAX;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

text text_trim_ascii(text t) {
    while (t.len && is_blank(t.at[0])) t = (text){t.at + 1, t.len - 1};
    while (t.len && is_blank(t.at[t.len - 1])) t.len--;
    return t;
}

bool text_to_int64(text t, int64_t *value) {
    size_t i = 0;
    bool negative = false;
    if (t.len && (t.at[0] == '-' || t.at[0] == '+')) negative = t.at[i++] == '-';
    if (i == t.len) return false;
    int64_t sum = 0; /* kept negative: the negative range is the larger one */
    for (; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') return false;
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, t.at[i] - '0', &sum)) return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, sum, &sum)) return false;
    *value = sum;
    return true;
}

bool text_to_int32(text t, int32_t *value) {
    int64_t wide;
    if (!text_to_int64(t, &wide) || wide < INT32_MIN || wide > INT32_MAX) return false;
    *value = (int32_t)wide;
    return true;
}

uint64_t text_hash(text t) { return XXH3_64bits_withSeed(t.at, t.len, random_seed()); }

/* The finaliser of SplitMix64. */
static uint64_t scatter(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* The salt goes into what comes out: XXH3 takes a seed and a short text together bit by bit, so that a text of one seed and another
 * text of another one would be the same to it. */
void text_hash128(text t, uint64_t salt, uint64_t out[2]) {
    XXH128_hash_t h = XXH3_128bits_withSeed(t.at, t.len, random_seed());
    out[0] = h.high64 ^ scatter(salt + UINT64_C(0x9E3779B97F4A7C15));
    out[1] = h.low64 ^ scatter(salt ^ UINT64_C(0xD1B54A32D192ED03));
}
