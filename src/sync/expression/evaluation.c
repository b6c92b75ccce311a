/* What operators, functions and members share: errors, the budget, and values as texts, integers and conditions. */
#include "sync/expression/evaluation.h"

#include "base/unicode.h"
#include "model/ids.h"

#include <stdarg.h>

bool fail(struct evaluation *ev, const char *format, ...) {
    if (!text_is_null(ev->error)) return false;
    va_list args;
    va_start(args, format);
    ev->error = arena_vprint(ev->a, format, args);
    va_end(args);
    return false;
}

bool fail_kind(struct evaluation *ev, const char *expected, const struct expression_value *got) {
    return fail(ev, "%s expects %s, not %s.", ev->name, expected, expression_kind_name(got->kind));
}

bool charge(struct evaluation *ev, size_t bytes) {
    if (bytes > ev->memory) return fail(ev, "%s: the evaluation needs more memory than it may have.", ev->name);
    ev->memory -= bytes;
    return true;
}

char *text_room(struct evaluation *ev, size_t len) {
    if (len > EXPRESSION_MAX_TEXT) {
        fail(ev, "%s: the text would be longer than 1 MiB.", ev->name);
        return NULL;
    }
    return charge(ev, len) ? arena_bytes(ev->a, len) : NULL;
}

struct expression_value make_decimal(struct evaluation *ev, decimal d) {
    decimal *copy = ARENA_NEW(ev->a, decimal);
    *copy = d;
    return (struct expression_value){.kind = EXPRESSION_DECIMAL, .decimal = copy};
}

const char *expression_kind_name(enum expression_kind kind) {
    static const char *const names[] = {"null",    "String",   "Int32", "Int64",  "Decimal", "Double",
                                        "Boolean", "DateTime", "Guid",  "Byte[]", "String[]"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

static text id_text(arena *a, enum id_kind kind, int64_t id) {
    char out[36];
    uuid_write(id_to_uuid(kind, id), out);
    return arena_text(a, (text){out, sizeof out});
}

struct expression_value expression_value_of(arena *a, const struct value *v, bool metaverse) {
    switch (v->type) {
    case TYPE_TEXT:
        return make_text(v->text);
    case TYPE_NUMBER:
        return make_int32((int32_t)v->integer);
    case TYPE_LONG_NUMBER:
        return make_int64(v->integer);
    case TYPE_DECIMAL:
        return (struct expression_value){.kind = EXPRESSION_DECIMAL, .decimal = v->decimal};
    case TYPE_DATETIME:
        return make_datetime((instant){v->integer});
    case TYPE_BOOLEAN:
        return make_bool(v->integer != 0);
    case TYPE_GUID:
        return (struct expression_value){.kind = EXPRESSION_GUID, .guid = v->guid};
    case TYPE_BINARY:
        return (struct expression_value){.kind = EXPRESSION_BINARY, .text = v->text};
    case TYPE_REFERENCE:
        if (metaverse) return make_text(id_text(a, ID_MVO, v->reference.target));
        return make_text(v->reference.target ? id_text(a, ID_CSO, v->reference.target) : v->reference.raw);
    case TYPE_NOT_SET:
        break;
    }
    return make_null();
}

struct expression_value scalar_of(struct evaluation *ev, struct expression_value v) {
    if (v.kind != EXPRESSION_LIST) return v;
    return v.list.count ? expression_value_of(ev->a, &v.list.at[0], v.metaverse) : make_null();
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

/* The text of a scalar. */
static text canonical(arena *a, const struct expression_value *v) {
    char out[40];
    switch (v->kind) {
    case EXPRESSION_TEXT:
        return v->text;
    case EXPRESSION_INT32:
    case EXPRESSION_INT64:
        return int64_text(a, v->integer);
    case EXPRESSION_DECIMAL:
        return arena_text(a, (text){out, decimal_write(*v->decimal, out)});
    case EXPRESSION_DOUBLE:
        return arena_text(a, (text){out, double_write(v->real, out)});
    case EXPRESSION_BOOL:
        return v->truth ? T("True") : T("False");
    case EXPRESSION_DATETIME:
        return arena_text(a, (text){out, instant_write(v->when, out)});
    case EXPRESSION_GUID:
        uuid_write(v->guid, out);
        return arena_text(a, (text){out, 36});
    case EXPRESSION_BINARY:
        return base64_write(a, v->text);
    case EXPRESSION_LIST:
    case EXPRESSION_NULL:
        break;
    }
    return (text){0};
}

text expression_text(arena *a, const struct expression_value *v) {
    struct evaluation ev = {.a = a};
    struct expression_value scalar = scalar_of(&ev, *v);
    return canonical(a, &scalar);
}

bool text_of_value(struct evaluation *ev, const struct expression_value *v, text *out) {
    *out = (text){0};
    if (v->kind == EXPRESSION_BINARY && !charge(ev, v->text.len / 3 * 4 + 8)) return false;
    *out = canonical(ev->a, v);
    return true;
}

bool integer_of(struct evaluation *ev, const struct expression_value *v, int64_t *out) {
    decimal d;
    if (is_integer(v)) return *out = v->integer, true;
    if (v->kind == EXPRESSION_DECIMAL && decimal_to_int64(*v->decimal, out)) return true;
    if (v->kind == EXPRESSION_DOUBLE && decimal_from_double(v->real, &d) && decimal_to_int64(d, out)) return true;
    if (v->kind == EXPRESSION_TEXT && text_to_int64(text_trim_unicode(v->text), out)) return true;
    return fail_kind(ev, "an integer", v);
}

bool truth_of(struct evaluation *ev, const struct expression_value *v, bool *out) {
    if (is_null(v)) return fail(ev, "%s: the condition has no value.", ev->name);
    if (v->kind != EXPRESSION_BOOL) return fail_kind(ev, "Boolean", v);
    *out = v->truth;
    return true;
}
