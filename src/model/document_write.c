/* Writes the values of objects as documents; on the path of every stored object, so straight into the buffer. */
#include "model/document.h"
#include "model/document_text.h"

/* Writes the digits so that they end before `end`; returns where they begin. */
static char *digits_before(char *end, int64_t n) {
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do *--end = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0) *--end = '-';
    return end;
}

void document_int(struct buffer *out, int64_t n) {
    char digits[24];
    char *at = digits_before(digits + sizeof digits, n);
    buffer_add(out, at, (size_t)(digits + sizeof digits - at));
}

/* The escape of a byte: 0 none, 'u' as \u00XX, else the letter after the backslash. */
static const char escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',         'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\',
};

static char *escape(char *at, unsigned char byte) {
    static const char hex[] = "0123456789abcdef";
    char letter = escapes[byte];
    *at++ = '\\';
    *at++ = letter;
    if (letter != 'u') return at;
    memcpy(at, (char[]){'0', '0', hex[byte >> 4], hex[byte & 15]}, 4);
    return at + 4;
}

/* True when one of eight bytes is a quote, a backslash or a control character. */
static bool any_special(uint64_t word) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs;
}

static bool is_plain(text t) {
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= t.len; i += sizeof word) {
        memcpy(&word, t.at + i, sizeof word);
        if (any_special(word)) return false;
    }
    for (; i < t.len; i++) {
        if (escapes[(unsigned char)t.at[i]]) return false;
    }
    return true;
}

static void write_escaped(struct buffer *out, text t) {
    size_t room = t.len;
    for (size_t i = 0; i < t.len; i++) room += escapes[(unsigned char)t.at[i]] ? 5 : 0;
    if (!buffer_reserve(out, room)) return;
    char *at = out->at + out->len;
    for (size_t i = 0; i < t.len; i++) {
        if (escapes[(unsigned char)t.at[i]])
            at = escape(at, (unsigned char)t.at[i]);
        else
            *at++ = t.at[i];
    }
    out->len = (size_t)(at - out->at);
}

void document_string(struct buffer *out, text t) {
    if (!buffer_reserve(out, t.len + 2)) return;
    out->at[out->len++] = '"';
    if (is_plain(t)) {
        if (t.len) memcpy(out->at + out->len, t.at, t.len);
        out->len += t.len;
    } else {
        write_escaped(out, t);
    }
    buffer_byte(out, '"');
}

static void write_base64(struct buffer *out, text bytes) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!buffer_reserve(out, bytes.len / 3 * 4 + 8)) return;
    char *at = out->at + out->len;
    *at++ = '"';
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t n = (uint32_t)(unsigned char)bytes.at[i] << 16;
        if (left > 1) n |= (uint32_t)(unsigned char)bytes.at[i + 1] << 8;
        if (left > 2) n |= (unsigned char)bytes.at[i + 2];
        *at++ = alphabet[n >> 18];
        *at++ = alphabet[n >> 12 & 63];
        *at++ = left > 1 ? alphabet[n >> 6 & 63] : '=';
        *at++ = left > 2 ? alphabet[n & 63] : '=';
    }
    *at++ = '"';
    out->len = (size_t)(at - out->at);
}

static void write_reference(struct buffer *out, const struct value *v, bool metaverse) {
    if (metaverse) {
        document_int(out, v->reference.target);
        return;
    }
    if (v->reference.target) buffer_byte(out, '[');
    if (text_is_null(v->reference.raw))
        buffer_text(out, T("null"));
    else
        document_string(out, v->reference.raw);
    if (!v->reference.target) return;
    buffer_byte(out, ',');
    document_int(out, v->reference.target);
    buffer_byte(out, ']');
}

void document_value(struct buffer *out, const struct value *v, bool metaverse) {
    char room[42] = "\"";
    size_t len;
    switch (v->type) {
    case TYPE_TEXT:
        document_string(out, v->text);
        break;
    case TYPE_BINARY:
        write_base64(out, v->text);
        break;
    case TYPE_BOOLEAN:
        buffer_text(out, v->integer ? T("true") : T("false"));
        break;
    case TYPE_REFERENCE:
        write_reference(out, v, metaverse);
        break;
    case TYPE_DECIMAL:
        len = decimal_write(*v->decimal, room + 1);
        room[len + 1] = '"';
        buffer_add(out, room, len + 2);
        break;
    case TYPE_GUID:
        uuid_write(v->guid, room + 1);
        room[37] = '"';
        buffer_add(out, room, 38);
        break;
    default:
        document_int(out, v->integer);
        break;
    }
}

static void write_name(struct buffer *out, int32_t attribute, bool first) {
    char name[24];
    char *end = name + sizeof name - 2, *at = digits_before(end, attribute);
    memcpy(end, "\":", 2);
    *--at = '"';
    if (!first) *--at = ',';
    buffer_add(out, at, (size_t)(name + sizeof name - at));
}

void document_write_cso(struct buffer *out, const struct attributes *values) {
    bool first = true;
    buffer_byte(out, '{');
    for (EACH(const struct values, set, values)) {
        if (!set->count) continue;
        write_name(out, set->attribute, first);
        first = false;
        bool bare = set->count == 1 && set->at[0].type != TYPE_REFERENCE;
        if (!bare) buffer_byte(out, '[');
        for (size_t i = 0; i < set->count; i++) {
            if (i) buffer_byte(out, ',');
            document_value(out, &set->at[i], false);
        }
        if (!bare) buffer_byte(out, ']');
    }
    buffer_byte(out, '}');
}

void document_write_mvo(struct buffer *out, const struct attributes *values) {
    bool first = true;
    buffer_byte(out, '{');
    for (EACH(const struct values, set, values)) {
        if (!set->count && !set->null_marker) continue;
        write_name(out, set->attribute, first);
        first = false;
        buffer_byte(out, '[');
        document_int(out, set->mapping);
        if (set->null_marker) buffer_text(out, T(",null"));
        for (size_t i = 0; i < set->count && !set->null_marker; i++) {
            buffer_byte(out, ',');
            document_value(out, &set->at[i], true);
        }
        buffer_byte(out, ']');
    }
    buffer_byte(out, '}');
}
