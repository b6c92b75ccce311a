/* Streams of other encodings become UTF-8, code point by code point. */
#include "base/unicode.h"

#include "base/die.h"

#include <stdlib.h>

enum encoding { AUTO, UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252, ISO_8859_1, ISO_8859_15, UTF_32LE, UTF_32BE };
enum { CHOSEN_BY_MARK_ONLY = UTF_32LE };

static const char *const names[] = {"Auto",       "UTF-8",       "UTF-16LE", "UTF-16BE", "Windows-1252",
                                    "ISO-8859-1", "ISO-8859-15", "UTF-32LE", "UTF-32BE"};

struct decoder {
    enum encoding encoding;
    bool started; /* the byte order mark is behind us */
    uint64_t offset;
};

error *decoder_new(text encoding, decoder **out) {
    *out = NULL;
    for (int i = 0; i < CHOSEN_BY_MARK_ONLY; i++) {
        if (!text_equal_ascii_case(encoding, text_of(names[i]))) continue;
        decoder *d = calloc(1, sizeof *d);
        if (!d) die("out of memory");
        d->encoding = (enum encoding)i;
        *out = d;
        return NULL;
    }
    return FAIL(ERROR_INVALID,
                "the encoding \"%.*s\" is not known; choose Auto, UTF-8, UTF-16LE, UTF-16BE, Windows-1252, "
                "ISO-8859-1 or ISO-8859-15",
                TEXT_ARG(encoding));
}

void decoder_free(decoder *d) { free(d); }

/* Byte order marks, the longer before those that they begin with. */
static const struct mark {
    enum encoding encoding;
    text bytes;
} marks[] = {{UTF_8, {"\xEF\xBB\xBF", 3}},
             {UTF_32LE, {"\xFF\xFE\0\0", 4}},
             {UTF_32BE, {"\0\0\xFE\xFF", 4}},
             {UTF_16LE, {"\xFF\xFE", 2}},
             {UTF_16BE, {"\xFE\xFF", 2}}};

/* Chooses the encoding and tells the length of the mark; false when the input is too short to know. */
static bool start(decoder *d, text in, bool last, size_t *mark_length) {
    *mark_length = 0;
    if (in.len < 4 && !last) return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const struct mark *m = &marks[i];
        if ((d->encoding != AUTO && d->encoding != m->encoding) || !text_starts_with(in, m->bytes)) continue;
        d->encoding = m->encoding;
        *mark_length = m->bytes.len;
        break;
    }
    if (d->encoding == AUTO) d->encoding = UTF_8;
    return d->started = true;
}

static uint32_t unit16(const unsigned char *p, bool big) { return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0]; }

/* Each of these returns the bytes taken, 0 when the input is cut short, -1 when it is malformed. */
static int next_utf16(const unsigned char *p, size_t left, bool big, uint32_t *c) {
    if (left < 2) return 0;
    *c = unit16(p, big);
    if (*c < 0xD800 || *c > 0xDFFF) return 2;
    if (*c > 0xDBFF) return -1;
    if (left < 4) return 0;
    uint32_t low = unit16(p + 2, big);
    if (low < 0xDC00 || low > 0xDFFF) return -1;
    *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

static int next_utf32(const unsigned char *p, size_t left, bool big, uint32_t *c) {
    if (left < 4) return 0;
    *c = big ? unit16(p, true) << 16 | unit16(p + 2, true) : unit16(p + 2, false) << 16 | unit16(p, false);
    return *c > 0x10FFFF || (*c >= 0xD800 && *c <= 0xDFFF) ? -1 : 4;
}

/* 0x80 to 0x9F of Windows-1252; the five bytes without a meaning stand for the control of the same number. */
static const uint16_t windows_1252[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
                                          0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                          0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

static uint32_t latin_9(unsigned char byte) {
    switch (byte) {
    case 0xA4:
        return 0x20AC;
    case 0xA6:
        return 0x160;
    case 0xA8:
        return 0x161;
    case 0xB4:
        return 0x17D;
    case 0xB8:
        return 0x17E;
    case 0xBC:
        return 0x152;
    case 0xBD:
        return 0x153;
    case 0xBE:
        return 0x178;
    default:
        return byte;
    }
}

static int next(const decoder *d, const unsigned char *p, size_t left, uint32_t *c) {
    switch (d->encoding) {
    case UTF_16LE:
    case UTF_16BE:
        return next_utf16(p, left, d->encoding == UTF_16BE, c);
    case UTF_32LE:
    case UTF_32BE:
        return next_utf32(p, left, d->encoding == UTF_32BE, c);
    case WINDOWS_1252:
        *c = p[0] >= 0x80 && p[0] < 0xA0 ? windows_1252[p[0] - 0x80] : p[0];
        return 1;
    case ISO_8859_15:
        *c = latin_9(p[0]);
        return 1;
    default:
        *c = p[0];
        return 1;
    }
}

static error *decode(decoder *d, text in, bool last, size_t *used, char *out, size_t room, size_t *made) {
    size_t i = 0, k = 0;
    while (i < in.len && room - k >= 4) {
        uint32_t c;
        int taken = next(d, (const unsigned char *)in.at + i, in.len - i, &c);
        if (taken == 0 && !last) break;
        if (taken <= 0)
            return FAIL(ERROR_INVALID, "the text is not valid %s at byte offset %llu", names[d->encoding],
                        (unsigned long long)(d->offset + i));
        k += utf8_put(out + k, c);
        i += (size_t)taken;
    }
    *used = i;
    *made = k;
    return NULL;
}

error *decoder_run(decoder *d, text in, bool last, size_t *used, char *out, size_t room, size_t *made) {
    size_t skipped = 0, taken = 0;
    *used = *made = 0;
    if (!d->started && !start(d, in, last, &skipped)) return NULL;
    d->offset += skipped;
    if (in.len > skipped) {
        in = text_slice(in, skipped, in.len);
        if (d->encoding == UTF_8) {
            taken = *made = in.len < room ? in.len : room;
            memcpy(out, in.at, taken);
        } else {
            TRY(decode(d, in, last, &taken, out, room, made));
        }
    }
    d->offset += taken;
    *used = skipped + taken;
    return NULL;
}
