/* Reading distinguished names as RFC 4514 writes them, with what RFC 2253 allowed. */
#include "connectors/dn.h"

#include "base/unicode.h"

#include <stdlib.h>

enum { DN_MEMORY = 64 << 20 };

static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
static int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

/* Moves behind one character of a value, an escaped one as a whole; *c is what it stands for. */
static bool next_character(text t, size_t *i, char *c, bool *escaped) {
    *escaped = t.at[*i] == '\\';
    if (!*escaped) {
        *c = t.at[(*i)++];
        return true;
    }
    if (*i + 1 >= t.len) return false;
    if (*i + 2 < t.len && is_hex(t.at[*i + 1]) && is_hex(t.at[*i + 2])) {
        *c = (char)(unsigned char)(hex_digit(t.at[*i + 1]) * 16 + hex_digit(t.at[*i + 2]));
        *i += 3;
    } else {
        *c = t.at[*i + 1];
        *i += 2;
    }
    return true;
}

/* The end of what stands before a separator that is neither escaped nor quoted. */
static size_t part_end(text t, size_t from, const char *separators) {
    bool quoted = false;
    for (size_t i = from; i < t.len; i++) {
        if (t.at[i] == '\\' && i + 1 < t.len)
            i++;
        else if (t.at[i] == '"')
            quoted = !quoted;
        else if (!quoted && strchr(separators, t.at[i]))
            return i;
    }
    return t.len;
}

/* Spaces at the ends do not count, unless they are escaped or quoted. */
static bool unescape(arena *a, text t, text *out) {
    t = text_trim_ascii(t);
    bool quoted = t.len > 1 && t.at[0] == '"' && t.at[t.len - 1] == '"';
    if (quoted) t = text_slice(t, 1, t.len - 1);
    char *to = arena_bytes(a, t.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < t.len;) {
        bool escaped;
        if (!next_character(t, &i, &to[len], &escaped)) { /* a trailing backslash escapes a space that was trimmed */
            to[len] = ' ';
            i = t.len;
        }
        len++;
    }
    *out = (text){to, len};
    return utf8_valid(*out, NULL);
}

static bool read_pair(arena *a, text pair, text *type, text *value) {
    size_t equal = text_find_byte(pair, '=');
    if (equal == SIZE_MAX) return false;
    *type = text_trim_ascii(text_slice(pair, 0, equal));
    return type->len && unescape(a, text_slice(pair, equal + 1, pair.len), value);
}

static int by_text(const void *x, const void *y) { return text_compare(*(const text *)x, *(const text *)y); }

/* One part may hold several pairs, in any order. */
static bool read_part(arena *a, text part, text *out) {
    struct texts pairs = {0};
    for (size_t at = 0; at <= part.len;) {
        size_t end = part_end(part, at, "+");
        text type, value;
        if (!read_pair(a, text_slice(part, at, end), &type, &value)) return false;
        *LIST_ADD(a, &pairs) = arena_print(a, "%.*s=%.*s", TEXT_ARG(text_fold(a, type)), TEXT_ARG(text_fold(a, value)));
        at = end + 1;
    }
    if (pairs.count > 1) qsort(pairs.at, pairs.count, sizeof *pairs.at, by_text);
    *out = pairs.at[0];
    for (size_t i = 1; i < pairs.count; i++) *out = arena_print(a, "%.*s\x01%.*s", TEXT_ARG(*out), TEXT_ARG(pairs.at[i]));
    return true;
}

bool dn_parts(arena *a, text dn, struct texts *out) {
    *out = (struct texts){0};
    if (text_is_empty(text_trim_ascii(dn)) || !utf8_valid(dn, NULL)) return false;
    for (size_t at = 0; at <= dn.len;) {
        size_t end = part_end(dn, at, ",;");
        if (!read_part(a, text_slice(dn, at, end), LIST_ADD(a, out))) return false;
        at = end + 1;
    }
    return true;
}

bool dn_within(text dn, text base, bool one_level) {
    OWNED(arena) a = arena_new(DN_MEMORY);
    struct texts object, place;
    if (!dn_parts(a, dn, &object) || !dn_parts(a, base, &place) || object.count < place.count) return false;
    size_t below = object.count - place.count;
    for (size_t i = 0; i < place.count; i++)
        if (!text_equal(object.at[below + i], place.at[i])) return false;
    return one_level ? below == 1 : true;
}

text dn_key(arena *a, text dn) {
    struct texts parts;
    if (!dn_parts(a, dn, &parts)) return (text){0};
    text key = parts.at[0];
    for (size_t i = 1; i < parts.count; i++) key = arena_print(a, "%.*s\x02%.*s", TEXT_ARG(key), TEXT_ARG(parts.at[i]));
    return key;
}

text dn_parent(text dn) {
    size_t end = part_end(dn, 0, ",;");
    return end < dn.len ? text_trim_ascii(text_slice(dn, end + 1, dn.len)) : (text){0};
}

text dn_first_value(arena *a, text dn) {
    text type, value, first = text_slice(dn, 0, part_end(dn, 0, ",;+"));
    return !text_is_empty(dn) && read_pair(a, first, &type, &value) ? value : (text){0};
}
