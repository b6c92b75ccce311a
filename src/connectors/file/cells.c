/* The forms of values in files. */
#include "connectors/file/cells.h"

/* Up to nine digits with an optional minus: nearly every number of a file. */
static bool small_integer(text t, int64_t *out) {
    size_t i = t.len && t.at[0] == '-';
    if (t.len == i || t.len - i > 9) return false;
    int64_t n = 0;
    for (size_t k = i; k < t.len; k++) {
        unsigned digit = (unsigned char)t.at[k] - (unsigned)'0';
        if (digit > 9) return false;
        n = n * 10 + digit;
    }
    *out = i ? -n : n;
    return true;
}

static bool is_numeric(enum data_type type) { return type == TYPE_NUMBER || type == TYPE_LONG_NUMBER || type == TYPE_DECIMAL; }

bool cell_read(arena *a, const struct file_options *o, enum data_type type, text cell, struct value *out) {
    if (type == TYPE_TEXT) {
        *out = (struct value){.type = TYPE_TEXT, .text = cell};
        return true;
    }
    if (type != TYPE_REFERENCE) cell = text_trim_ascii(cell);
    if ((type == TYPE_NUMBER || type == TYPE_LONG_NUMBER) && small_integer(cell, &out->integer)) return out->type = type, true;
    if (is_numeric(type) && !o->invariant) {
        cell = culture_number(o->culture, a, cell);
        if (text_is_null(cell)) return false;
    }
    if (value_read(a, type, cell, out)) return true;
    if (type != TYPE_DATETIME || o->invariant) return false;
    *out = (struct value){.type = TYPE_DATETIME};
    return culture_date(o->culture, cell, &out->integer);
}

text cell_write(arena *a, const struct value *v) {
    char when[32];
    if (v->type == TYPE_DATETIME) return arena_text(a, (text){when, instant_write_full((instant){v->integer}, when)});
    if (v->type == TYPE_BOOLEAN) return v->integer ? T("true") : T("false");
    return value_text(a, v);
}

bool cell_part(text *rest, text delimiter, text *part) {
    while (!text_is_empty(*rest)) {
        size_t end = text_is_empty(delimiter) ? SIZE_MAX : text_find(*rest, delimiter);
        bool last = end == SIZE_MAX;
        *part = text_trim_ascii(text_slice(*rest, 0, last ? rest->len : end));
        *rest = last ? T("") : text_slice(*rest, end + delimiter.len, rest->len);
        if (!text_is_empty(*part)) return true;
    }
    return false;
}

size_t cell_parts_count(text cell, text delimiter) {
    size_t count = 0;
    for (text part; cell_part(&cell, delimiter, &part);) count++;
    return count;
}

/* 00123 and +44 are names made of digits: as numbers they would come back as other texts. */
static bool is_digits_of_a_text(text t) {
    size_t i = t.len && t.at[0] == '-';
    if (t.len && t.at[0] == '+') return true;
    return t.len > i + 1 && t.at[i] == '0' && t.at[i + 1] >= '0' && t.at[i + 1] <= '9';
}

static unsigned fits(arena *a, const struct file_options *o, enum data_type type, text t) {
    struct value ignored;
    return cell_read(a, o, type, t, &ignored) ? 1U << type : 0;
}

unsigned infer_fitting(arena *a, const struct file_options *o, text value) {
    unsigned all = 1U << TYPE_TEXT;
    uuid id;
    if (!is_digits_of_a_text(value))
        all |= fits(a, o, TYPE_NUMBER, value) | fits(a, o, TYPE_LONG_NUMBER, value) | fits(a, o, TYPE_DECIMAL, value);
    if (text_equal_ascii_case(value, T("true")) || text_equal_ascii_case(value, T("false"))) all |= 1U << TYPE_BOOLEAN;
    if (value.len != 32 && uuid_read_any(value, &id)) all |= 1U << TYPE_GUID;
    return all | fits(a, o, TYPE_DATETIME, value);
}

enum data_type infer_narrowest(unsigned fitting) {
    static const enum data_type order[] = {TYPE_NUMBER, TYPE_LONG_NUMBER, TYPE_DECIMAL, TYPE_BOOLEAN, TYPE_GUID, TYPE_DATETIME};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (fitting & 1U << order[i]) return order[i];
    return TYPE_TEXT;
}
