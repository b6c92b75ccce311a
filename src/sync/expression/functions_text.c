/* Text functions (expressions.md §9.1, §9.6); positions and lengths count code points. */
#include "sync/expression/functions.h"

#include "base/unicode.h"

/* The first argument's text into `s`; leaves the function with null when it has none. */
#define TEXT_OR_NULL(s)                                                                                                            \
    text s;                                                                                                                        \
    if (!text_of_value(ev, &args[0], &s)) return false;                                                                            \
    if (text_is_null(s)) return *out = make_null(), true;

CALLABLE(run_trim) {
    (void)count;
    TEXT_OR_NULL(s);
    *out = make_text(text_trim_unicode(s));
    return true;
}

/* A case mapping may lengthen a text by half. */
static bool mapped(struct evaluation *ev, const struct expression_value *args, text (*map)(arena *, text),
                   struct expression_value *out) {
    TEXT_OR_NULL(s);
    if (s.len > EXPRESSION_MAX_TEXT) return fail(ev, "%s: the text would be longer than 1 MiB.", ev->name);
    if (!charge(ev, s.len * 2)) return false;
    *out = make_text(map(ev->a, s));
    return true;
}

CALLABLE(run_upper) {
    (void)count;
    return mapped(ev, args, text_upper, out);
}
CALLABLE(run_lower) {
    (void)count;
    return mapped(ev, args, text_lower, out);
}
CALLABLE(run_capitalise) {
    (void)count;
    return mapped(ev, args, text_capitalise, out);
}

static size_t clamped(int64_t n) { return n < 0 ? 0 : (size_t)n; }

CALLABLE(run_left) {
    (void)count;
    int64_t n;
    TEXT_OR_NULL(s);
    if (!integer_of(ev, &args[1], &n)) return false;
    *out = make_text(text_slice(s, 0, utf8_offset(s, clamped(n))));
    return true;
}

CALLABLE(run_right) {
    (void)count;
    int64_t n;
    TEXT_OR_NULL(s);
    if (!integer_of(ev, &args[1], &n)) return false;
    size_t length = utf8_length(s), wanted = clamped(n);
    *out = make_text(text_slice(s, wanted >= length ? 0 : utf8_offset(s, length - wanted), s.len));
    return true;
}

CALLABLE(run_substring) {
    (void)count;
    int64_t start, length;
    TEXT_OR_NULL(s);
    if (!integer_of(ev, &args[1], &start) || !integer_of(ev, &args[2], &length)) return false;
    text rest = text_slice(s, utf8_offset(s, clamped(start)), s.len);
    *out = make_text(text_slice(rest, 0, utf8_offset(rest, clamped(length))));
    return true;
}

/* A single byte needs no search table. */
static size_t find(text s, text part) { return part.len == 1 ? text_find_byte(s, part.at[0]) : text_find(s, part); }

/* Occurrences from left to right, not overlapping. */
static size_t occurrences(text s, text old) {
    size_t n = 0;
    for (size_t at; (at = find(s, old)) != SIZE_MAX; n++) s = text_slice(s, at + old.len, s.len);
    return n;
}

CALLABLE(run_replace) {
    (void)count;
    text old, new;
    TEXT_OR_NULL(s);
    if (!text_of_value(ev, &args[1], &old) || !text_of_value(ev, &args[2], &new)) return false;
    size_t n = old.len ? occurrences(s, old) : 0;
    if (n == 0) return *out = make_text(s), true;
    if (new.len > EXPRESSION_MAX_TEXT) return fail(ev, "%s: the text would be longer than 1 MiB.", ev->name);
    char *made = text_room(ev, s.len - n * old.len + n * new.len), *to = made;
    if (!made) return false;
    for (size_t at; (at = find(s, old)) != SIZE_MAX; s = text_slice(s, at + old.len, s.len)) {
        to = mempcpy(to, s.at, at);
        if (new.len) to = mempcpy(to, new.at, new.len);
    }
    to = mempcpy(to, s.at, s.len);
    *out = make_text((text){made, (size_t)(to - made)});
    return true;
}

/* Both texts of a test; a null second one is empty. *has is false when the first is null. */
static bool two_texts(struct evaluation *ev, const struct expression_value *args, text *s, text *part, bool *has) {
    if (!text_of_value(ev, &args[0], s) || !text_of_value(ev, &args[1], part)) return false;
    if (text_is_null(*part)) *part = T("");
    *has = !text_is_null(*s);
    return true;
}

CALLABLE(run_starts_with) {
    (void)count;
    text s, part;
    bool has;
    if (!two_texts(ev, args, &s, &part, &has)) return false;
    *out = make_bool(has && text_starts_with(s, part));
    return true;
}
CALLABLE(run_ends_with) {
    (void)count;
    text s, part;
    bool has;
    if (!two_texts(ev, args, &s, &part, &has)) return false;
    *out = make_bool(has && text_ends_with(s, part));
    return true;
}
CALLABLE(run_contains) {
    (void)count;
    text s, part;
    bool has;
    if (!two_texts(ev, args, &s, &part, &has)) return false;
    *out = make_bool(has && text_find(s, part) != SIZE_MAX);
    return true;
}

CALLABLE(run_length) {
    (void)count;
    text s;
    if (!text_of_value(ev, &args[0], &s)) return false;
    *out = make_int32((int32_t)utf8_length(s));
    return true;
}

CALLABLE(run_is_null_or_empty) {
    (void)ev, (void)count;
    *out = make_bool(is_null(&args[0]) || (args[0].kind == EXPRESSION_TEXT && args[0].text.len == 0));
    return true;
}
CALLABLE(run_is_null_or_whitespace) {
    (void)ev, (void)count;
    *out = make_bool(is_null(&args[0]) || (args[0].kind == EXPRESSION_TEXT && text_is_blank(args[0].text)));
    return true;
}

/* What stands for byte i of a value in a distinguished name (RFC 4514 §2.4). */
static text escaped_byte(text s, size_t i, char room[2]) {
    char c = s.at[i];
    if (c == '\r') return T("\\0D");
    if (c == '\n') return T("\\0A");
    if (c == '\0') return T("\\00");
    bool special = strchr(",+\"\\<>;=", c) || (i == 0 && (c == ' ' || c == '#')) || (i + 1 == s.len && c == ' ');
    room[0] = '\\';
    room[special] = c;
    return (text){room, special ? 2 : 1};
}

CALLABLE(run_escape_dn) {
    (void)count;
    char room[2];
    size_t len = 0;
    TEXT_OR_NULL(s);
    for (size_t i = 0; i < s.len; i++) len += escaped_byte(s, i, room).len;
    char *made = text_room(ev, len), *to = made;
    if (!made) return false;
    for (size_t i = 0; i < s.len; i++) {
        text e = escaped_byte(s, i, room);
        to = mempcpy(to, e.at, e.len);
    }
    *out = make_text((text){made, len});
    return true;
}
