/* The JSON writer: appends to a buffer and remembers where commas are due. */
#include "base/json.h"

#include "base/decimal.h"
#include "base/die.h"
#include "base/utf8.h"

static void begin_value(struct json_writer *w) {
    if (w->after_name) {
        w->after_name = false;
        return;
    }
    uint64_t level = UINT64_C(1) << w->depth;
    if (w->has_items & level) buffer_byte(w->out, ',');
    w->has_items |= level;
}

static void open_level(struct json_writer *w, char bracket) {
    begin_value(w);
    if (w->depth == 63) die("a JSON text is nested deeper than 63 levels while it is written");
    w->depth++;
    w->has_items &= ~(UINT64_C(1) << w->depth);
    buffer_byte(w->out, bracket);
}

static void close_level(struct json_writer *w, char bracket) {
    if (w->depth == 0) die("a JSON text is closed more often than it was opened");
    w->depth--;
    buffer_byte(w->out, bracket);
}

void json_object(struct json_writer *w) { open_level(w, '{'); }
void json_object_end(struct json_writer *w) { close_level(w, '}'); }
void json_array(struct json_writer *w) { open_level(w, '['); }
void json_array_end(struct json_writer *w) { close_level(w, ']'); }

/* Behind everything that is written as it stands: all but quotes, backslashes, controls and malformed UTF-8. */
static inline const char *skip_clean(const char *p, const char *end) {
    for (;;) {
        while (end - p >= 8) {
            uint64_t eight;
            memcpy(&eight, p, 8);
            uint64_t marks = utf8_equal(eight, '"') | utf8_equal(eight, '\\') | utf8_below(eight, 0x20) | utf8_beyond_ascii(eight);
            if (marks) {
                p += utf8_first(marks);
                break;
            }
            p += 8;
        }
        while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80) p++;
        if (p == end || (unsigned char)*p < 0x80) return p;
        size_t len = utf8_sequence(p, end);
        if (len == 0) return p;
        p += len;
    }
}

static void escape(struct buffer *out, unsigned char c) {
    static const char letters[32] = {[8] = 'b', [9] = 't', [10] = 'n', [12] = 'f', [13] = 'r'};
    static const char hex[] = "0123456789abcdef";
    if (c >= 0x80)
        buffer_add(out, "\xEF\xBF\xBD", 3);
    else if (c >= 0x20)
        buffer_add(out, (char[]){'\\', (char)c}, 2);
    else if (letters[c])
        buffer_add(out, (char[]){'\\', letters[c]}, 2);
    else
        buffer_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

void json_quote(struct buffer *out, text t) {
    if (!t.at) t = T("");
    const char *p = t.at, *end = t.at + t.len, *stop = skip_clean(p, end);
    if (stop == end && buffer_reserve(out, t.len + 2)) { /* the usual case: one copy */
        char *to = out->at + out->len;
        to[0] = '"';
        memcpy(to + 1, p, t.len);
        to[t.len + 1] = '"';
        out->len += t.len + 2;
        return;
    }
    buffer_byte(out, '"');
    for (; stop < end; stop = skip_clean(p, end)) {
        buffer_add(out, p, (size_t)(stop - p));
        escape(out, (unsigned char)*stop);
        p = stop + 1;
    }
    buffer_add(out, p, (size_t)(end - p));
    buffer_byte(out, '"');
}

void json_name(struct json_writer *w, text name) {
    begin_value(w);
    json_quote(w->out, name);
    buffer_byte(w->out, ':');
    w->after_name = true;
}

void json_string(struct json_writer *w, text t) {
    begin_value(w);
    if (text_is_null(t))
        buffer_add(w->out, "null", 4);
    else
        json_quote(w->out, t);
}

void json_int(struct json_writer *w, int64_t n) {
    char digits[24], *p = digits + sizeof digits;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do *--p = (char)('0' + left % 10);
    while (left /= 10);
    if (n < 0) *--p = '-';
    begin_value(w);
    buffer_add(w->out, p, (size_t)(digits + sizeof digits - p));
}

void json_double(struct json_writer *w, double n) {
    if (!__builtin_isfinite(n)) {
        json_null(w);
        return;
    }
    char digits[32];
    size_t len = double_write(n, digits);
    begin_value(w);
    buffer_add(w->out, digits, len);
}

void json_bool(struct json_writer *w, bool b) { json_raw(w, b ? T("true") : T("false")); }

void json_null(struct json_writer *w) { json_raw(w, T("null")); }

void json_raw(struct json_writer *w, text value) {
    begin_value(w);
    buffer_text(w->out, value);
}
