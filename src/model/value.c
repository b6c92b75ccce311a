/* Single values: equality, order, their texts, and the keys they are found by. */
#include "model/value.h"

#include "base/unicode.h"
#include "model/hash.h"
#include "model/ids.h"

#include <stdio.h>

static int compare_int64(int64_t a, int64_t b) { return (a > b) - (a < b); }

static bool references_equal(const struct value *a, const struct value *b) {
    if (a->reference.target && b->reference.target) return a->reference.target == b->reference.target;
    return !text_is_null(a->reference.raw) && text_equal(a->reference.raw, b->reference.raw);
}

bool value_equal(const struct value *a, const struct value *b) {
    if (a->type != b->type) return false;
    switch (a->type) {
    case TYPE_TEXT:
    case TYPE_BINARY:
        return text_equal(a->text, b->text);
    case TYPE_DECIMAL:
        return decimal_compare(*a->decimal, *b->decimal) == 0;
    case TYPE_GUID:
        return uuid_equal(a->guid, b->guid);
    case TYPE_REFERENCE:
        return references_equal(a, b);
    default:
        return a->integer == b->integer;
    }
}

bool value_equal_any_case(const struct value *a, const struct value *b) {
    if (a->type == TYPE_TEXT && b->type == TYPE_TEXT) return text_equal_fold(a->text, b->text);
    return value_equal(a, b);
}

int value_compare(const struct value *a, const struct value *b) {
    if (a->type != b->type) return compare_int64(a->type, b->type);
    switch (a->type) {
    case TYPE_TEXT:
    case TYPE_BINARY:
        return text_compare(a->text, b->text);
    case TYPE_DECIMAL:
        return decimal_compare(*a->decimal, *b->decimal);
    case TYPE_GUID:
        return memcmp(a->guid.bytes, b->guid.bytes, sizeof a->guid.bytes);
    case TYPE_REFERENCE: {
        int by_target = compare_int64(a->reference.target, b->reference.target);
        return by_target ? by_target : text_compare(a->reference.raw, b->reference.raw);
    }
    default:
        return compare_int64(a->integer, b->integer);
    }
}

static text int64_text(arena *a, int64_t n) {
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0) *--at = '-';
    return arena_text(a, (text){at, (size_t)(digits + sizeof digits - at)});
}

static text uuid_text(arena *a, uuid u) {
    char out[36];
    uuid_write(u, out);
    return arena_text(a, (text){out, sizeof out});
}

text value_text(arena *a, const struct value *v) {
    char out[40];
    switch (v->type) {
    case TYPE_TEXT:
        return v->text;
    case TYPE_NUMBER:
    case TYPE_LONG_NUMBER:
        return int64_text(a, v->integer);
    case TYPE_DECIMAL:
        return arena_text(a, (text){out, decimal_write(*v->decimal, out)});
    case TYPE_DATETIME:
        return arena_text(a, (text){out, instant_write((instant){v->integer}, out)});
    case TYPE_BOOLEAN:
        return v->integer ? T("True") : T("False");
    case TYPE_GUID:
        return uuid_text(a, v->guid);
    case TYPE_BINARY:
        return base64_write(a, v->text);
    case TYPE_REFERENCE:
        if (!text_is_null(v->reference.raw)) return v->reference.raw;
        return uuid_text(a, id_to_uuid(ID_MVO, v->reference.target));
    case TYPE_NOT_SET:
        break;
    }
    return T("");
}

static bool read_boolean(text t, int64_t *out) {
    bool yes = text_equal_ascii_case(t, T("true")) || text_equal(t, T("1"));
    *out = yes;
    return yes || text_equal_ascii_case(t, T("false")) || text_equal(t, T("0"));
}

static bool read_decimal(arena *a, text t, const decimal **out) {
    decimal d;
    if (!decimal_read(t, &d)) return false;
    decimal *copy = ARENA_NEW(a, decimal);
    *copy = d;
    *out = copy;
    return true;
}

bool value_read(arena *a, enum data_type type, text t, struct value *out) {
    *out = (struct value){.type = type};
    if (text_is_null(t)) return false;
    int32_t narrow = 0;
    instant when;
    switch (type) {
    case TYPE_TEXT:
        out->text = t;
        return true;
    case TYPE_NUMBER:
        if (!text_to_int32(t, &narrow)) return false;
        out->integer = narrow;
        return true;
    case TYPE_LONG_NUMBER:
        return text_to_int64(t, &out->integer);
    case TYPE_DECIMAL:
        return read_decimal(a, t, &out->decimal);
    case TYPE_DATETIME:
        if (!instant_read(t, &when)) return false;
        out->integer = when.ticks;
        return true;
    case TYPE_BOOLEAN:
        return read_boolean(t, &out->integer);
    case TYPE_GUID:
        return uuid_read_any(t, &out->guid);
    case TYPE_BINARY:
        out->text = base64_read(a, t);
        return !text_is_null(out->text);
    case TYPE_REFERENCE:
        out->reference.raw = t;
        return true;
    case TYPE_NOT_SET:
        break;
    }
    return false;
}

struct value value_copy(arena *a, const struct value *v) {
    struct value copy = *v;
    if (v->type == TYPE_TEXT || v->type == TYPE_BINARY) copy.text = arena_text(a, v->text);
    if (v->type == TYPE_REFERENCE) copy.reference.raw = arena_text(a, v->reference.raw);
    if (v->type == TYPE_DECIMAL) {
        decimal *d = ARENA_NEW(a, decimal);
        *d = *v->decimal;
        copy.decimal = d;
    }
    return copy;
}

enum { KEY_MAX = 200, KEY_SUFFIX = 17 };

text value_key(arena *a, const struct value *v) {
    text folded = text_fold(a, value_text(a, v));
    if (folded.len <= KEY_MAX) return folded;
    size_t head = KEY_MAX - KEY_SUFFIX;
    while (head > 0 && ((unsigned char)folded.at[head] & 0xC0) == 0x80) head--;
    return arena_print(a, "%.*s~%016llx", (int)head, folded.at, (unsigned long long)stable_hash(folded));
}
