/* Collections, choice, comparison, conversion and bits (expressions.md §9.2, §9.4, §9.5, §9.8). */
#include "sync/expression/functions.h"

#include "base/unicode.h"

/* ---- Collections ---- */

enum { PRINTED = 64 }; /* room of a number, date or id as text */

/* The text of element i; a single value is a list of one. */
static bool element_text(struct evaluation *ev, const struct expression_value *c, size_t i, text *out) {
    if (c->kind != EXPRESSION_LIST) return text_of_value(ev, c, out);
    const struct value *v = &c->list.at[i];
    if (v->type == TYPE_TEXT) return *out = v->text, true;
    if (!charge(ev, PRINTED)) return false;
    struct expression_value element = expression_value_of(ev->a, v, c->metaverse);
    return text_of_value(ev, &element, out);
}
static size_t element_count(const struct expression_value *c) {
    return is_null(c) ? 0 : c->kind == EXPRESSION_LIST ? c->list.count : 1;
}

CALLABLE(run_collection_contains) {
    (void)count;
    text wanted, element;
    *out = make_bool(false);
    if (!text_of_value(ev, &args[1], &wanted)) return false;
    if (text_is_null(wanted)) wanted = T("");
    for (size_t i = 0; i < element_count(&args[0]); i++) {
        if (!element_text(ev, &args[0], i, &element)) return false;
        if (text_equal(element, wanted)) return *out = make_bool(true), true;
    }
    return true;
}

/* The next part of *rest, trimmed; *rest becomes null behind the last. */
static text next_part(text *rest, text delimiter) {
    size_t at = text_find(*rest, delimiter);
    text part = at == SIZE_MAX ? *rest : text_slice(*rest, 0, at);
    *rest = at == SIZE_MAX ? (text){0} : text_slice(*rest, at + delimiter.len, rest->len);
    return text_trim_unicode(part);
}

static size_t count_parts(text s, text delimiter) {
    size_t n = 0;
    while (!text_is_null(s)) n += next_part(&s, delimiter).len > 0;
    return n;
}

CALLABLE(run_split) {
    (void)count;
    text s, delimiter;
    if (!text_of_value(ev, &args[0], &s) || !text_of_value(ev, &args[1], &delimiter)) return false;
    *out = (struct expression_value){.kind = EXPRESSION_LIST};
    if (s.len == 0) return true;
    size_t parts = delimiter.len ? count_parts(s, delimiter) : 1;
    if (parts > EXPRESSION_MAX_LIST) return fail(ev, "%s: the list would have more than 1,000,000 elements.", ev->name);
    if (!charge(ev, parts * sizeof(struct value))) return false;
    struct value *made = ARENA_ARRAY(ev->a, struct value, parts);
    out->list.at = made;
    out->list.count = parts;
    if (!delimiter.len) made[0] = (struct value){.type = TYPE_TEXT, .text = s};
    for (size_t i = 0; delimiter.len && i < parts;) {
        text part = next_part(&s, delimiter);
        if (part.len) made[i++] = (struct value){.type = TYPE_TEXT, .text = part};
    }
    return true;
}

/* Appends the elements that are not empty, with the delimiter between them, to `made` (NULL: only counts). */
static bool join(struct evaluation *ev, const struct expression_value *c, text delimiter, char *made, size_t *len, size_t *joined) {
    *len = *joined = 0;
    for (size_t i = 0; i < element_count(c); i++) {
        text element;
        if (!element_text(ev, c, i, &element)) return false;
        if (element.len == 0) continue;
        if (made && *joined && delimiter.len) memcpy(made + *len, delimiter.at, delimiter.len);
        if (*joined) *len += delimiter.len;
        if (made) memcpy(made + *len, element.at, element.len);
        *len += element.len;
        if (*len > EXPRESSION_MAX_TEXT) return fail(ev, "%s: the text would be longer than 1 MiB.", ev->name);
        ++*joined;
    }
    return true;
}

CALLABLE(run_join) {
    (void)count;
    text delimiter;
    size_t len, joined;
    *out = make_null();
    if (!text_of_value(ev, &args[1], &delimiter)) return false;
    if (text_is_null(delimiter)) delimiter = T(",");
    if (!join(ev, &args[0], delimiter, NULL, &len, &joined)) return false;
    if (joined == 0) return true;
    char *made = text_room(ev, len);
    if (!made || !join(ev, &args[0], delimiter, made, &len, &joined)) return false;
    *out = make_text((text){made, len});
    return true;
}

/* ---- Choice ---- */

CALLABLE(run_iif) {
    (void)count;
    bool truth;
    if (!truth_of(ev, &args[0], &truth)) return false;
    *out = args[truth ? 1 : 2];
    return true;
}

CALLABLE(run_coalesce) {
    (void)ev, (void)count;
    *out = args[is_null(&args[0])];
    return true;
}

CALLABLE(run_eq) {
    (void)count;
    bool equal;
    if (!values_equal(ev, &args[0], &args[1], &equal)) return false;
    *out = make_bool(equal);
    return true;
}

/* ---- Conversion ---- */

CALLABLE(run_to_string) {
    (void)count;
    text t;
    if (!text_of_value(ev, &args[0], &t)) return false;
    *out = make_text(t);
    return true;
}

/* An int32 by canonical text, 0 when it is none. */
static bool lenient_int32(struct evaluation *ev, const struct expression_value *v, int32_t *out) {
    text t;
    *out = 0;
    if (!text_of_value(ev, v, &t)) return false;
    if (!text_is_null(t) && !text_to_int32(text_trim_unicode(t), out)) *out = 0;
    return true;
}

CALLABLE(run_to_int) {
    (void)count;
    int32_t n;
    if (!lenient_int32(ev, &args[0], &n)) return false;
    *out = make_int32(n);
    return true;
}

CALLABLE(run_to_decimal) {
    (void)count;
    text t;
    decimal d;
    if (args[0].kind == EXPRESSION_DECIMAL) return *out = args[0], true;
    if (!text_of_value(ev, &args[0], &t)) return false;
    if (text_is_null(t) || !decimal_read(text_trim_unicode(t), &d)) d = decimal_from_int64(0);
    *out = make_decimal(ev, d);
    return true;
}

/* ---- Bits ---- */

/* The value whose bits are meant: integers as they are, null as 0. */
static bool bit_field(struct evaluation *ev, const struct expression_value *v, int32_t *out) {
    if (!is_integer(v)) return lenient_int32(ev, v, out);
    *out = (int32_t)v->integer;
    return *out == v->integer || fail(ev, "%s expects an integer within Int32, not %s.", ev->name, expression_kind_name(v->kind));
}

static bool bit_mask(struct evaluation *ev, const struct expression_value *v, int32_t *out) {
    int64_t n;
    if (!integer_of(ev, v, &n)) return false;
    *out = (int32_t)n;
    return *out == n || fail(ev, "%s expects a bit mask within Int32.", ev->name);
}

CALLABLE(run_set_bit) {
    (void)count;
    int32_t v, bit;
    if (!bit_field(ev, &args[0], &v) || !bit_mask(ev, &args[1], &bit)) return false;
    *out = make_int32(v | bit);
    return true;
}
CALLABLE(run_clear_bit) {
    (void)count;
    int32_t v, bit;
    if (!bit_field(ev, &args[0], &v) || !bit_mask(ev, &args[1], &bit)) return false;
    *out = make_int32(v & ~bit);
    return true;
}
CALLABLE(run_has_bit) {
    (void)count;
    int32_t v, bit;
    if (!bit_field(ev, &args[0], &v) || !bit_mask(ev, &args[1], &bit)) return false;
    *out = make_bool((v & bit) == bit);
    return true;
}

enum { ACCOUNT_DISABLED = 2 }; /* userAccountControl */

CALLABLE(run_enable_user) {
    (void)count;
    int32_t v;
    if (!bit_field(ev, &args[0], &v)) return false;
    *out = make_int32(v & ~ACCOUNT_DISABLED);
    return true;
}
CALLABLE(run_disable_user) {
    (void)count;
    int32_t v;
    if (!bit_field(ev, &args[0], &v)) return false;
    *out = make_int32(v | ACCOUNT_DISABLED);
    return true;
}
