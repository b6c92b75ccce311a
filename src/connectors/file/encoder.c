/* The reverse of base's decoder; single-byte encodings are learnt from it. */
#include "connectors/file/encoder.h"

#include "base/unicode.h"

static error *learn_bytes(text encoding, struct encoder *e) {
    OWNED(decoder) d = NULL;
    TRY(decoder_new(encoding, &d));
    for (unsigned byte = 0; byte < 256; byte++) {
        char in = (char)(unsigned char)byte, out[16];
        size_t used = 0, made = 0, at = 0;
        TRY(decoder_run(d, (text){&in, 1}, true, &used, out, sizeof out, &made));
        e->points[byte] = utf8_next((text){out, made}, &at);
    }
    return NULL;
}

error *encoder_make(text encoding, text first, struct encoder *out) {
    *out = (struct encoder){.form = ENCODE_UTF8};
    bool automatic = text_equal_ascii_case(encoding, T("Auto"));
    if (automatic || text_equal_ascii_case(encoding, T("UTF-8"))) out->mark = text_starts_with(first, T("\xEF\xBB\xBF"));
    if (text_equal_ascii_case(encoding, T("UTF-16LE")) || (automatic && text_starts_with(first, T("\xFF\xFE"))))
        out->form = ENCODE_UTF16LE;
    if (text_equal_ascii_case(encoding, T("UTF-16BE")) || (automatic && text_starts_with(first, T("\xFE\xFF"))))
        out->form = ENCODE_UTF16BE;
    if (out->form != ENCODE_UTF8) {
        out->mark = automatic || text_starts_with(first, T("\xFF\xFE")) || text_starts_with(first, T("\xFE\xFF"));
        return NULL;
    }
    if (automatic || text_equal_ascii_case(encoding, T("UTF-8"))) return NULL;
    out->form = ENCODE_BYTES;
    return learn_bytes(encoding, out);
}

static int byte_of(const struct encoder *e, uint32_t point) {
    if (point < 0x80) return (int)point;
    for (int byte = 0x80; byte < 256; byte++)
        if (e->points[byte] == point) return byte;
    return -1;
}

bool encoder_can(const struct encoder *e, text t) {
    if (e->form != ENCODE_BYTES) return true;
    for (size_t i = 0; i < t.len;)
        if (byte_of(e, utf8_next(t, &i)) < 0) return false;
    return true;
}

static void write_unit(const struct encoder *e, struct buffer *out, uint32_t unit) {
    char low = (char)(unsigned char)(unit & 0xff), high = (char)(unsigned char)(unit >> 8);
    buffer_byte(out, e->form == ENCODE_UTF16BE ? high : low);
    buffer_byte(out, e->form == ENCODE_UTF16BE ? low : high);
}

static void write_utf16(const struct encoder *e, struct buffer *out, uint32_t point) {
    if (point < 0x10000) {
        write_unit(e, out, point);
        return;
    }
    write_unit(e, out, 0xD800 + ((point - 0x10000) >> 10));
    write_unit(e, out, 0xDC00 + ((point - 0x10000) & 0x3ff));
}

void encoder_write(const struct encoder *e, struct buffer *out, text t) {
    if (e->form == ENCODE_UTF8) {
        buffer_text(out, t);
        return;
    }
    for (size_t i = 0; i < t.len;) {
        uint32_t point = utf8_next(t, &i);
        if (e->form == ENCODE_BYTES)
            buffer_byte(out, (char)byte_of(e, point));
        else
            write_utf16(e, out, point);
    }
}

void encoder_begin(const struct encoder *e, struct buffer *out) {
    if (!e->mark) return;
    if (e->form == ENCODE_UTF8)
        buffer_text(out, T("\xEF\xBB\xBF"));
    else
        write_unit(e, out, 0xFEFF);
}
