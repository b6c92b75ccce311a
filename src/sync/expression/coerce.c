/* The result of an expression as values of the target's type (expressions.md §6). */
#include "sync/expression/evaluation.h"

#include "base/unicode.h"

static bool to_integer(const struct expression_value *v, int64_t *n) {
    decimal d;
    switch (v->kind) {
    case EXPRESSION_INT32:
    case EXPRESSION_INT64:
        *n = v->integer;
        return true;
    case EXPRESSION_DECIMAL:
        return decimal_to_int64(*v->decimal, n);
    case EXPRESSION_DOUBLE:
        return decimal_from_double(v->real, &d) && decimal_to_int64(d, n);
    case EXPRESSION_TEXT:
        return text_to_int64(text_trim_unicode(v->text), n);
    default:
        return false;
    }
}

static bool to_decimal(arena *a, const struct expression_value *v, const decimal **out) {
    decimal *d = ARENA_NEW(a, decimal);
    *out = d;
    if (v->kind == EXPRESSION_DECIMAL) return *d = *v->decimal, true;
    if (v->kind == EXPRESSION_INT32 || v->kind == EXPRESSION_INT64) return *d = decimal_from_int64(v->integer), true;
    return v->kind == EXPRESSION_TEXT && decimal_read(text_trim_unicode(v->text), d);
}

static bool to_boolean(const struct expression_value *v, int64_t *out) {
    if (v->kind == EXPRESSION_BOOL) return *out = v->truth, true;
    if (v->kind != EXPRESSION_TEXT) return false;
    text t = text_trim_unicode(v->text);
    *out = text_equal_ascii_case(t, T("true"));
    return *out || text_equal_ascii_case(t, T("false"));
}

static bool to_instant(const struct expression_value *v, int64_t *ticks) {
    instant t = v->when;
    bool ok = v->kind == EXPRESSION_DATETIME || (v->kind == EXPRESSION_TEXT && instant_read(text_trim_unicode(v->text), &t));
    *ticks = t.ticks;
    return ok;
}

static bool to_guid(const struct expression_value *v, uuid *out) {
    *out = v->guid;
    return v->kind == EXPRESSION_GUID || (v->kind == EXPRESSION_TEXT && uuid_read_any(text_trim_unicode(v->text), out));
}

static bool to_binary(arena *a, const struct expression_value *v, text *out) {
    *out = v->kind == EXPRESSION_TEXT ? base64_read(a, v->text) : v->text;
    return v->kind == EXPRESSION_BINARY || (v->kind == EXPRESSION_TEXT && !text_is_null(*out));
}

/* One scalar; false when the type does not accept it. */
static bool coerce_one(arena *a, const struct expression_value *v, enum data_type type, bool outbound, struct value *out) {
    *out = (struct value){.type = type};
    switch (type) {
    case TYPE_TEXT:
        out->text = expression_text(a, v);
        return true;
    case TYPE_NUMBER:
        return to_integer(v, &out->integer) && out->integer >= INT32_MIN && out->integer <= INT32_MAX;
    case TYPE_LONG_NUMBER:
        return to_integer(v, &out->integer);
    case TYPE_DECIMAL:
        return to_decimal(a, v, &out->decimal);
    case TYPE_DATETIME:
        return to_instant(v, &out->integer);
    case TYPE_BOOLEAN:
        return to_boolean(v, &out->integer);
    case TYPE_GUID:
        return to_guid(v, &out->guid);
    case TYPE_BINARY:
        return to_binary(a, v, &out->text);
    case TYPE_REFERENCE:
        out->reference.raw = v->text;
        return outbound && v->kind == EXPRESSION_TEXT;
    case TYPE_NOT_SET:
        break;
    }
    return false;
}

enum item_error expression_coerce(arena *a, const struct expression_value *v, enum data_type type, enum plurality plurality,
                                  bool outbound, struct values *out, text *message) {
    out->at = NULL;
    out->index = NULL;
    out->count = out->room = 0;
    *message = (text){0};
    bool list = v->kind == EXPRESSION_LIST;
    size_t count = is_null(v) ? 0 : list ? v->list.count : 1;
    if (count > 1 && plurality == SINGLE_VALUED) {
        *message = arena_print(a, "The expression yields %zu values for an attribute that holds one.", count);
        return ITEM_MULTI_TO_SINGLE;
    }
    for (size_t i = 0; i < count; i++) {
        struct value made;
        struct expression_value one = list ? expression_value_of(a, &v->list.at[i], v->metaverse) : *v;
        if (!coerce_one(a, &one, type, outbound, &made)) {
            out->count = 0;
            *message = arena_print(a, "The expression yields %s, which the type %s does not accept.",
                                   expression_kind_name(one.kind), enum_name(&data_type_names, type));
            return ITEM_EXPRESSION_ERROR;
        }
        values_add(a, out, made);
    }
    return ITEM_NO_ERROR;
}
