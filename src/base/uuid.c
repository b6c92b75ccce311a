/* UUIDs, hexadecimal and base64: bytes as text and back. */
#include "base/uuid.h"

#include "base/crypto.h"

static const char hex_digits[] = "0123456789abcdef";

/* The digit's value + 1; 0 marks what is no digit. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

static inline void put_byte(char *out, uint8_t byte) {
    out[0] = hex_digits[byte >> 4];
    out[1] = hex_digits[byte & 15];
}

void hex_write(const uint8_t *bytes, size_t len, char *out) {
    for (size_t i = 0; i < len; i++) put_byte(out + 2 * i, bytes[i]);
}

static inline bool read_bytes(const char *digits, uint8_t *out, size_t len) {
    unsigned bad = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned high = hex_values[(uint8_t)digits[2 * i]], low = hex_values[(uint8_t)digits[2 * i + 1]];
        bad |= (high == 0) | (low == 0);
        out[i] = (uint8_t)((high - 1) << 4 | ((low - 1) & 15));
    }
    return !bad;
}

bool hex_read(text t, uint8_t *out, size_t len) { return t.len == len * 2 && read_bytes(t.at, out, len); }

bool uuid_read(text t, uuid *out) {
    if (t.len != 36 || t.at[8] != '-' || t.at[13] != '-' || t.at[18] != '-' || t.at[23] != '-') return false;
    uuid u;
    bool good = read_bytes(t.at, u.bytes, 4) && read_bytes(t.at + 9, u.bytes + 4, 2) && read_bytes(t.at + 14, u.bytes + 6, 2) &&
                read_bytes(t.at + 19, u.bytes + 8, 2) && read_bytes(t.at + 24, u.bytes + 10, 6);
    if (good) *out = u;
    return good;
}

bool uuid_read_any(text t, uuid *out) {
    if (t.len == 38 && t.at[0] == '{' && t.at[37] == '}') return uuid_read(text_slice(t, 1, 37), out);
    uuid u;
    if (t.len != 32) return uuid_read(t, out);
    if (!hex_read(t, u.bytes, 16)) return false;
    *out = u;
    return true;
}

void uuid_write(uuid u, char out[36]) {
    static const uint8_t places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    for (int i = 0; i < 16; i++) put_byte(out + places[i], u.bytes[i]);
    out[8] = out[13] = out[18] = out[23] = '-';
}

bool uuid_equal(uuid a, uuid b) { return memcmp(a.bytes, b.bytes, 16) == 0; }

bool uuid_is_zero(uuid u) { return uuid_equal(u, (uuid){{0}}); }

uuid uuid_random(void) {
    uuid u;
    random_bytes(u.bytes, sizeof u.bytes);
    u.bytes[6] = (uint8_t)((u.bytes[6] & 0x0F) | 0x40);
    u.bytes[8] = (uint8_t)((u.bytes[8] & 0x3F) | 0x80);
    return u;
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static text sextets_write(arena *a, text bytes, const char *alphabet, bool padded) {
    char *out = arena_bytes(a, (bytes.len + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) group = group << 8 | (k < left ? (uint8_t)bytes.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            if (k <= left) *to++ = alphabet[group >> (18 - 6 * k) & 63];
        for (size_t k = left; padded && k < 3; k++) *to++ = '=';
    }
    *to = '\0';
    return (text){out, (size_t)(to - out)};
}

static int sextet(char c, const char *alphabet) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* `t` without padding. Bits that no byte uses must be zero, so that every value has one form. */
static text sextets_read(arena *a, text t, const char *alphabet) {
    if (t.len % 4 == 1) return (text){0};
    char *out = arena_bytes(a, t.len / 4 * 3 + 3), *to = out;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < t.len; i++) {
        int value = sextet(t.at[i], alphabet);
        if (value < 0) return (text){0};
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        *to++ = (char)(bits >> count & 0xFF);
        bits &= (1u << count) - 1;
    }
    return bits ? (text){0} : (text){out, (size_t)(to - out)};
}

text base64_write(arena *a, text bytes) { return sextets_write(a, bytes, standard, true); }

text base64_read(arena *a, text t) {
    if (t.len % 4 != 0) return (text){0};
    for (int i = 0; i < 2 && t.len && t.at[t.len - 1] == '='; i++) t.len--;
    return sextets_read(a, t, standard);
}

text base64url_write(arena *a, text bytes) { return sextets_write(a, bytes, for_urls, false); }

text base64url_read(arena *a, text t) { return sextets_read(a, t, for_urls); }
