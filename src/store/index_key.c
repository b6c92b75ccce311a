/* Keys of index rows: folded texts, and numbers in a form whose bytes have the order of the numbers. */
#include "store/objects.h"

#include <stdio.h>
#include <stdlib.h>

enum { RAW_MAX = 1000, DIGITS_MAX = 32 };

/* ---- Numbers ---- */

/* A letter tells sign and length, so that longer numbers stand behind shorter ones: "b7", "c42"; negative ones stand before, with
 * the complement of each digit and a closing "~" behind which nothing stands: -42 is "X57~". Decimals: "b1.5". */
static text number_key(arena *a, bool negative, text whole, text fraction) {
    char out[2 * DIGITS_MAX + 4];
    size_t len = 0;
    out[len++] = (char)(negative ? 'Z' - (int)whole.len : 'a' + (int)whole.len);
    for (size_t i = 0; i < whole.len; i++) out[len++] = negative ? (char)('0' + '9' - whole.at[i]) : whole.at[i];
    if (fraction.len) out[len++] = '.';
    for (size_t i = 0; i < fraction.len; i++) out[len++] = negative ? (char)('0' + '9' - fraction.at[i]) : fraction.at[i];
    if (negative) out[len++] = '~';
    return arena_text(a, (text){out, len});
}

static text integer_key(arena *a, int64_t n) {
    char digits[DIGITS_MAX];
    uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude);
    return number_key(a, n < 0, (text){digits, (size_t)len}, (text){0});
}

static text decimal_key(arena *a, decimal d) {
    char written[40];
    text t = {written, decimal_write(d, written)};
    if (d.negative) t = text_slice(t, 1, t.len);
    size_t point = text_find_byte(t, '.');
    if (point == SIZE_MAX) return number_key(a, d.negative, t, (text){0});
    return number_key(a, d.negative, text_slice(t, 0, point), text_slice(t, point + 1, t.len));
}

text index_key(arena *a, const struct value *v) {
    switch (v->type) {
    case TYPE_NUMBER:
    case TYPE_LONG_NUMBER:
    case TYPE_DATETIME:
        return integer_key(a, v->integer);
    case TYPE_DECIMAL:
        return decimal_key(a, *v->decimal);
    default:
        return value_key(a, v);
    }
}

/* The plain number of a key; false when it is none. */
static bool plain(text key, char out[2 * DIGITS_MAX + 4], size_t *len) {
    if (key.len < 2 || key.len > 2 * DIGITS_MAX) return false;
    bool negative = key.at[0] < 'a';
    *len = 0;
    if (negative) out[(*len)++] = '-';
    for (size_t i = 1; i < key.len - negative; i++) {
        char c = key.at[i];
        if (c != '.' && (c < '0' || c > '9')) return false;
        out[(*len)++] = c == '.' || !negative ? c : (char)('0' + '9' - c);
    }
    return true;
}

bool index_key_number(text key, int64_t *out) {
    char digits[2 * DIGITS_MAX + 4];
    size_t len;
    if (key.len > 1 && key.at[0] >= 'b' && key.at[0] <= 's') { /* at most 18 digits: the usual case */
        int64_t n = 0;
        for (size_t i = 1; i < key.len; i++) n = n * 10 + (key.at[i] - '0');
        *out = n;
        return true;
    }
    return plain(key, digits, &len) && text_to_int64((text){digits, len}, out);
}

bool index_key_decimal(text key, decimal *out) {
    char digits[2 * DIGITS_MAX + 4];
    size_t len;
    return plain(key, digits, &len) && decimal_read((text){digits, len}, out);
}

/* Dates are folded in their canonical form: 2020-02-20t00:00:00z. */
static bool read_folded(arena *a, enum data_type type, text key, struct value *out) {
    if (type != TYPE_DATETIME) return value_read(a, type, key, out);
    char *upper = arena_bytes(a, key.len + 1);
    for (size_t i = 0; i < key.len; i++)
        upper[i] = (char)(key.at[i] == 't' || key.at[i] == 'z' ? key.at[i] - 'a' + 'A' : key.at[i]);
    return value_read(a, type, (text){upper, key.len}, out);
}

text match_key(arena *a, enum data_type type, text key) {
    struct value v;
    if (type != TYPE_NUMBER && type != TYPE_LONG_NUMBER && type != TYPE_DECIMAL && type != TYPE_DATETIME) return key;
    if (!read_folded(a, type, key, &v) || !text_equal(value_key(a, &v), key)) return T(""); /* no row has it */
    return index_key(a, &v);
}

/* ---- Texts ---- */

text index_raw(arena *a, const struct value *v, text key) {
    if (v->type == TYPE_BINARY) return T("?");
    if (v->type != TYPE_TEXT || text_equal(v->text, key)) return (text){0};
    if (v->text.len > RAW_MAX) return T("?");
    return arena_print(a, "%c%.*s", key.len > INDEX_KEY_HEAD ? '?' : '=', TEXT_ARG(v->text));
}
