/* The shape of one UTF-8 sequence, for the scanners of this layer. */
#ifndef JOINERY_BASE_UTF8_H
#define JOINERY_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed sequence at `at` (2..4) whose first byte is not ASCII, or 0 when it is malformed: cut short, overlong,
 * a surrogate, or beyond U+10FFFF (Unicode, table 3-7). */
static inline size_t utf8_sequence(const char *at, const char *end) {
    const unsigned char *p = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < 2) return 0;
    if (p[0] < 0xE0) return (p[1] & 0xC0) == 0x80 ? 2 : 0;
    unsigned char least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < least || p[1] > most || left < 3 || (p[2] & 0xC0) != 0x80) return 0;
    if (p[0] < 0xF0) return 3;
    return left >= 4 && (p[3] & 0xC0) == 0x80 ? 4 : 0;
}

/* The code point of a well-formed sequence of `len` bytes (1..4). */
static inline uint32_t utf8_code_point(const char *at, size_t len) {
    const unsigned char *p = (const unsigned char *)at;
    if (len == 1) return p[0];
    uint32_t c = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) c = c << 6 | (p[i] & 0x3Fu);
    return c;
}

/* Eight bytes at once. Each function marks, by its high bit, every byte that fulfils it; bytes above the lowest mark may be marked
 * wrongly, so only the lowest counts (utf8_first). */
#define UTF8_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))
static inline uint64_t utf8_equal(uint64_t eight, unsigned char c) {
    uint64_t x = eight ^ UTF8_EACH(c);
    return (x - UTF8_EACH(1)) & ~x & UTF8_EACH(0x80);
}
static inline uint64_t utf8_below(uint64_t eight, unsigned char c) { return (eight - UTF8_EACH(c)) & ~eight & UTF8_EACH(0x80); }
static inline uint64_t utf8_beyond_ascii(uint64_t eight) { return eight & UTF8_EACH(0x80); }
static inline size_t utf8_first(uint64_t marks) { return (size_t)__builtin_ctzll(marks) / 8; }

#endif
