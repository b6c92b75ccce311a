/* What needs the Unicode tables: case, white space, words. ICU's one-to-one mappings, with a fast path for ASCII. */
#include "base/unicode.h"

#include "base/utf8.h"

#include <unicode/uchar.h>

typedef UChar32 mapping(UChar32);

static UChar32 fold(UChar32 c) { return u_foldCase(c, U_FOLD_CASE_DEFAULT); }

/* The length of the text's beginning that is ASCII and holds no letter from `first` to `first` + 25. */
static size_t unchanged(text t, char first) {
    size_t i = 0;
    for (; t.len - i >= 8; i += 8) {
        uint64_t eight;
        memcpy(&eight, t.at + i, 8);
        if (utf8_beyond_ascii(eight)) break;
        uint64_t from = eight + UTF8_EACH(0x80 - first), above = eight + UTF8_EACH(0x80 - first - 26);
        if ((from ^ above) & UTF8_EACH(0x80)) break;
    }
    while (i < t.len && (unsigned char)t.at[i] < 0x80 && (unsigned char)(t.at[i] - first) >= 26) i++;
    return i;
}

/* Maps ASCII bytes up to the first byte that is none; flips the case of the letters from `first` on. */
static size_t map_ascii(const char *from, size_t len, char *to, char first) {
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        uint64_t eight;
        memcpy(&eight, from + i, 8);
        if (utf8_beyond_ascii(eight)) break;
        uint64_t at_least = eight + UTF8_EACH(0x80 - first), above = eight + UTF8_EACH(0x80 - first - 26);
        eight ^= ((at_least ^ above) & UTF8_EACH(0x80)) >> 2;
        memcpy(to + i, &eight, 8);
    }
    for (; i < len && (unsigned char)from[i] < 0x80; i++)
        to[i] = (char)((unsigned char)(from[i] - first) < 26 ? from[i] ^ 0x20 : from[i]);
    return i;
}

/* Bytes that are not UTF-8 stay as they are. A mapping takes two bytes to three at most. */
static text map_case(arena *a, text t, char first, mapping *map) {
    size_t i = t.len ? unchanged(t, first) : 0;
    if (i == t.len) return t;
    char *out = arena_bytes(a, t.len + t.len / 2 + 4), *to = out;
    memcpy(to, t.at, i);
    to += i;
    while (i < t.len) {
        size_t ascii = map_ascii(t.at + i, t.len - i, to, first);
        i += ascii;
        to += ascii;
        if (i == t.len) break;
        size_t len = utf8_sequence(t.at + i, t.at + t.len);
        if (len)
            to += utf8_put(to, (uint32_t)map((UChar32)utf8_code_point(t.at + i, len)));
        else
            *to++ = t.at[i];
        i += len ? len : 1;
    }
    return (text){out, (size_t)(to - out)};
}

text text_upper(arena *a, text t) { return map_case(a, t, 'a', u_toupper); }

text text_lower(arena *a, text t) { return map_case(a, t, 'A', u_tolower); }

text text_fold(arena *a, text t) { return map_case(a, t, 'A', fold); }

/* Lower-cases every code point but those that `starts` chooses; it sees each and keeps its own state. */
static text map_words(arena *a, text t, bool (*starts)(UChar32 c, bool *state), bool state) {
    if (t.len == 0) return t;
    char *out = arena_bytes(a, t.len + t.len / 2 + 4), *to = out;
    for (size_t i = 0; i < t.len;) {
        size_t len = (unsigned char)t.at[i] < 0x80 ? 1 : utf8_sequence(t.at + i, t.at + t.len);
        if (len == 0) {
            *to++ = t.at[i++];
            continue;
        }
        UChar32 c = (UChar32)utf8_code_point(t.at + i, len);
        to += utf8_put(to, (uint32_t)(starts(c, &state) ? u_toupper(c) : u_tolower(c)));
        i += len;
    }
    return (text){out, (size_t)(to - out)};
}

static bool in_word(UChar32 c) {
    return c == '\'' || c == 0x2019 || (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_ND_MASK | U_GC_M_MASK)) != 0;
}

/* State: inside a word. */
static bool starts_word(UChar32 c, bool *inside) {
    bool starts = !*inside && u_isalpha(c);
    *inside = starts || (*inside && in_word(c));
    return starts;
}

/* State: the next letter is a first one. */
static bool is_first_letter(UChar32 c, bool *due) {
    bool first = *due && u_isalpha(c);
    *due = c == '-' || c == '\'' || u_isUWhiteSpace(c) || (*due && !first);
    return first;
}

text text_title_words(arena *a, text t) { return map_words(a, t, starts_word, false); }

text text_capitalise(arena *a, text t) { return map_words(a, t, is_first_letter, true); }

/* The next code point, folded; bytes that are not UTF-8 become values beyond Unicode, equal only to themselves. */
static uint32_t next_folded(text t, size_t *i) {
    unsigned char byte = (unsigned char)t.at[*i];
    if (byte < 0x80) return ++*i, (unsigned char)(byte - 'A') < 26 ? byte | 0x20u : byte;
    size_t len = utf8_sequence(t.at + *i, t.at + t.len), at = *i;
    *i += len ? len : 1;
    return len ? (uint32_t)fold((UChar32)utf8_code_point(t.at + at, len)) : 0x110000u + byte;
}

bool text_equal_fold(text a, text b) {
    if ((a.at == NULL) != (b.at == NULL)) return false;
    size_t i = 0, k = 0;
    while (i < a.len && k < b.len)
        if (next_folded(a, &i) != next_folded(b, &k)) return false;
    return i == a.len && k == b.len;
}

bool unicode_is_space(uint32_t c) { return c < 0x80 ? c == ' ' || (c >= 9 && c <= 13) : u_isUWhiteSpace((UChar32)c); }

bool unicode_is_letter(uint32_t c) { return u_isalpha((UChar32)c); }

/* Start of the code point that ends before `end`; a byte that continues none stands for itself. */
static size_t step_back(text t, size_t end) {
    size_t start = end - 1;
    while (start > 0 && end - start < 4 && ((unsigned char)t.at[start] & 0xC0) == 0x80) start--;
    size_t i = start;
    (void)utf8_next(text_slice(t, 0, end), &i);
    return i == end ? start : end - 1;
}

text text_trim_unicode(text t) {
    size_t from = 0, to = t.len;
    while (from < to) {
        size_t i = from;
        if (!unicode_is_space(utf8_next(t, &i))) break;
        from = i;
    }
    while (to > from) {
        size_t start = step_back(t, to), i = start;
        if (!unicode_is_space(utf8_next(text_slice(t, 0, to), &i))) break;
        to = start;
    }
    return t.at ? text_slice(t, from, to) : t;
}

bool text_is_blank(text t) {
    for (size_t i = 0; i < t.len;)
        if (!unicode_is_space(utf8_next(t, &i))) return false;
    return true;
}

/* Where the first run begins that is not a single space; t.len when there is none. */
static size_t first_run(text t) {
    for (size_t i = 0; i < t.len;) {
        size_t at = i, next;
        if (!unicode_is_space(utf8_next(t, &i))) continue;
        next = i;
        if (t.at[at] != ' ' || (i < t.len && unicode_is_space(utf8_next(t, &next)))) return at;
    }
    return t.len;
}

text text_collapse_spaces(arena *a, text t) {
    size_t i = first_run(t);
    if (i == t.len) return t;
    char *out = arena_bytes(a, t.len), *to = out;
    memcpy(to, t.at, i);
    to += i;
    bool run = false;
    while (i < t.len) {
        size_t at = i;
        bool space = unicode_is_space(utf8_next(t, &i));
        if (space && !run) *to++ = ' ';
        if (!space) {
            memcpy(to, t.at + at, i - at);
            to += i - at;
        }
        run = space;
    }
    return (text){out, (size_t)(to - out)};
}

const char *unicode_version(void) { return U_UNICODE_VERSION; }
