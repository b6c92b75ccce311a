/* Cuts an expression into tokens (expressions.md §2). */
#include "sync/expression/lexer.h"

#include "base/unicode.h"

struct lexer {
    arena *a;
    text source;
    size_t at;
};

static char peek(const struct lexer *l, size_t ahead) { return l->at + ahead < l->source.len ? l->source.at[l->at + ahead] : '\0'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool at_letter(const struct lexer *l, size_t *behind) {
    *behind = l->at;
    if (l->at == l->source.len) return false;
    char c = l->source.at[l->at];
    if ((unsigned char)c >= 0x80) return unicode_is_letter(utf8_next(l->source, behind));
    (*behind)++;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct token bad(size_t at, const char *message) {
    return (struct token){.kind = TOKEN_BAD, .at = at, .end = at, .message = message};
}

static struct token lex_name(struct lexer *l) {
    struct token t = {.kind = TOKEN_NAME, .at = l->at};
    for (size_t behind; at_letter(l, &behind) || is_digit(peek(l, 0));) l->at = is_digit(peek(l, 0)) ? l->at + 1 : behind;
    t.end = l->at;
    t.text = text_slice(l->source, t.at, t.end);
    return t;
}

/* The character that an escape letter stands for, or −1. */
static int escaped(char c) {
    static const char letters[] = "\"'\\0abfnrtv", meanings[] = "\"'\\\0\a\b\f\n\r\t\v";
    const char *found = c ? strchr(letters, c) : NULL;
    return found ? meanings[found - letters] : -1;
}

static text decode(arena *a, text raw) {
    if (text_find_byte(raw, '\\') == SIZE_MAX) return raw;
    char *made = arena_bytes(a, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) made[len++] = raw.at[i] == '\\' ? (char)escaped(raw.at[++i]) : raw.at[i];
    return (text){made, len};
}

static struct token lex_text(struct lexer *l, char quote) {
    struct token t = {.kind = quote == '"' ? TOKEN_TEXT : TOKEN_CHARACTER, .at = l->at};
    for (l->at++; l->at < l->source.len; l->at++) {
        char c = l->source.at[l->at];
        if (c == quote) {
            t.text = decode(l->a, text_slice(l->source, t.at + 1, l->at));
            t.end = ++l->at;
            return t;
        }
        if (c == '\n' || c == '\r') return bad(l->at, "a line break inside a text");
        if (c == '\\' && escaped(peek(l, 1)) < 0) return bad(l->at, "an unknown escape");
        if (c == '\\') l->at++;
    }
    return bad(l->source.len, "the end of the expression inside a text");
}

/* Digits of a base up to the first other character; false when they exceed 64 bits. */
static bool lex_digits(struct lexer *l, unsigned base, uint64_t *out) {
    for (*out = 0; l->at < l->source.len; l->at++) {
        char c = l->source.at[l->at];
        unsigned digit = is_digit(c)              ? (unsigned)(c - '0')
                         : (c >= 'a' && c <= 'f') ? (unsigned)(c - 'a' + 10)
                         : (c >= 'A' && c <= 'F') ? (unsigned)(c - 'A' + 10)
                                                  : 99;
        if (digit >= base) break;
        if (*out > (UINT64_MAX - digit) / base) return false;
        *out = *out * base + digit;
    }
    return true;
}

static struct token finish_number(struct lexer *l, struct token t) {
    size_t behind;
    if (at_letter(l, &behind) || is_digit(peek(l, 0))) return bad(t.at, "a malformed number");
    t.end = l->at;
    return t;
}

static struct token lex_integer(struct lexer *l, size_t start, unsigned base) {
    struct token t = {.kind = TOKEN_INTEGER, .at = start};
    size_t first = l->at;
    if (!lex_digits(l, base, &t.magnitude) || t.magnitude > (uint64_t)INT64_MAX + 1)
        return bad(start, "an integer beyond the range of Int64");
    if (l->at == first) return bad(start, "a malformed number");
    for (int i = 0; i < 2; i++) {
        char c = peek(l, 0);
        if (c == 'L' || c == 'l') t.is_long = true;
        if (c == 'L' || c == 'l' || c == 'U' || c == 'u') l->at++;
    }
    return finish_number(l, t);
}

static size_t behind_digits(text s, size_t at) {
    while (at < s.len && is_digit(s.at[at])) at++;
    return at;
}

/* Where a number's fraction and exponent end; equal to the second argument when it has neither. */
static size_t behind_fraction(text s, size_t at) {
    if (at + 1 < s.len && s.at[at] == '.' && is_digit(s.at[at + 1])) at = behind_digits(s, at + 1);
    if (at == s.len || (s.at[at] != 'e' && s.at[at] != 'E')) return at;
    size_t digits = at + 1;
    if (digits < s.len && (s.at[digits] == '+' || s.at[digits] == '-')) digits++;
    size_t end = behind_digits(s, digits);
    return end > digits ? end : at;
}

static struct token lex_real(struct lexer *l, size_t start, text digits, char suffix) {
    struct token t = {.kind = TOKEN_NUMBER, .at = start};
    if (suffix == 'm' || suffix == 'M') {
        decimal *d = ARENA_NEW(l->a, decimal);
        if (!decimal_read(digits, d)) return bad(start, "a number beyond the range of Decimal");
        t.value = (struct expression_value){.kind = EXPRESSION_DECIMAL, .decimal = d};
    } else {
        t.value.kind = EXPRESSION_DOUBLE;
        if (!double_read(digits, &t.value.real)) return bad(start, "a number beyond the range of Double");
    }
    return finish_number(l, t);
}

static struct token lex_number(struct lexer *l) {
    size_t start = l->at;
    char second = peek(l, 1);
    if (peek(l, 0) == '0' && (second == 'x' || second == 'X' || second == 'b' || second == 'B')) {
        l->at += 2;
        return lex_integer(l, start, second == 'x' || second == 'X' ? 16 : 2);
    }
    size_t whole = behind_digits(l->source, start), end = behind_fraction(l->source, whole);
    char suffix = end < l->source.len ? l->source.at[end] : '\0';
    bool has_suffix = suffix && strchr("dDfFmM", suffix);
    if (end == whole && !has_suffix) return lex_integer(l, start, 10);
    l->at = end + has_suffix;
    return lex_real(l, start, text_slice(l->source, start, end), suffix);
}

static struct token lex_mark(struct lexer *l) {
    static const struct {
        char text[3];
        int mark;
    } pairs[] = {
        {"==", MARK_EQUAL},      {"!=", MARK_NOT_EQUAL},   {"<=", MARK_LESS_EQUAL}, {">=", MARK_GREATER_EQUAL},
        {"<<", MARK_SHIFT_LEFT}, {">>", MARK_SHIFT_RIGHT}, {"&&", MARK_AND},        {"||", MARK_OR},
        {"??", MARK_COALESCE},   {"?.", MARK_IF_NOT_NULL},
    };
    struct token t = {.kind = TOKEN_MARK, .at = l->at, .end = l->at + 1, .mark = (unsigned char)peek(l, 0)};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (peek(l, 0) == pairs[i].text[0] && peek(l, 1) == pairs[i].text[1]) {
            t.mark = pairs[i].mark;
            t.end++;
            return t;
        }
    }
    if (t.mark && strchr("()[],.?:+-*/%!~&|^<>", t.mark)) return t;
    return bad(l->at, NULL);
}

struct token lex(arena *a, text source, size_t at) {
    struct lexer l = {.a = a, .source = source, .at = at};
    while (l.at < source.len && strchr(" \t\r\n", source.at[l.at]) && source.at[l.at]) l.at++;
    size_t behind;
    if (l.at == source.len) return (struct token){.kind = TOKEN_END, .at = l.at, .end = l.at};
    if (at_letter(&l, &behind)) return lex_name(&l);
    char c = peek(&l, 0);
    if (is_digit(c)) return lex_number(&l);
    if (c == '"' || c == '\'') return lex_text(&l, c);
    return lex_mark(&l);
}
