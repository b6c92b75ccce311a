/* UTF-8 as bytes: checking, counting and stepping; needs no Unicode tables. */
#include "base/utf8.h"

#include "base/unicode.h"

/* Behind the ASCII bytes from p on. */
static inline const char *skip_ascii(const char *p, const char *end) {
    while (end - p >= 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        uint64_t marks = utf8_beyond_ascii(eight);
        if (marks) return p + utf8_first(marks);
        p += 8;
    }
    while (p < end && (unsigned char)*p < 0x80) p++;
    return p;
}

bool utf8_valid(text t, size_t *bad) {
    if (t.len == 0) return true;
    const char *p = t.at, *end = t.at + t.len;
    while ((p = skip_ascii(p, end)) < end) {
        size_t len = utf8_sequence(p, end);
        if (len == 0) {
            if (bad) *bad = (size_t)(p - t.at);
            return false;
        }
        p += len;
    }
    return true;
}

/* A code point is counted at its first byte: every byte that does not continue one. */
size_t utf8_length(text t) {
    size_t count = 0, i = 0;
    for (; t.len - i >= 8; i += 8) {
        uint64_t eight;
        memcpy(&eight, t.at + i, 8);
        count += 8 - (size_t)__builtin_popcountll(eight & ~(eight << 1) & UTF8_EACH(0x80));
    }
    for (; i < t.len; i++) count += ((unsigned char)t.at[i] & 0xC0) != 0x80;
    return count;
}

size_t utf8_offset(text t, size_t n) {
    size_t i = 0;
    while (n > 0 && i < t.len) {
        i++;
        while (i < t.len && ((unsigned char)t.at[i] & 0xC0) == 0x80) i++;
        n--;
    }
    return i;
}

uint32_t utf8_next(text t, size_t *i) {
    const char *p = t.at + *i;
    if ((unsigned char)*p < 0x80) return ++*i, (uint32_t)*p;
    size_t len = utf8_sequence(p, t.at + t.len);
    *i += len ? len : 1;
    return len ? utf8_code_point(p, len) : 0xFFFD;
}

size_t utf8_put(char out[4], uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; --i > 0; c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> len & 0xF0) | c);
    return len;
}
