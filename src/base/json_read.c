/* The JSON reader: one pass, nodes in blocks of the arena, strings as slices of the source. */
#include "base/json.h"

#include "base/map.h"
#include "base/utf8.h"

enum { DEFAULT_DEPTH = 64, FIRST_BLOCK = 8, LARGEST_BLOCK = 512, FEW_MEMBERS = 12 };

struct reader {
    arena *a;
    const char *start, *at, *end;
    struct json_limits limits;
    unsigned depth;
    struct json *spare; /* nodes of the current block that are still free */
    size_t spares, block;
    enum error_kind kind;
    const char *problem; /* set by the first failure; `at` stands where it is */
    text detail;
};

static bool refuse(struct reader *r, const char *at, const char *problem) {
    r->at = at;
    r->kind = ERROR_INVALID;
    r->problem = problem;
    return false;
}

static bool has_room(struct reader *r, size_t bytes) {
    if (bytes <= arena_left(r->a)) return true;
    r->kind = ERROR_TOO_LARGE;
    r->problem = "the text holds more than the memory limit allows";
    return false;
}

static struct json *new_node(struct reader *r) {
    if (r->spares == 0) {
        r->block = r->block ? r->block * 2 : FIRST_BLOCK;
        if (r->block > LARGEST_BLOCK) r->block = LARGEST_BLOCK;
        if (!has_room(r, r->block * sizeof(struct json))) return NULL;
        r->spare = ARENA_ARRAY(r->a, struct json, r->block);
        r->spares = r->block;
    }
    r->spares--;
    return r->spare++;
}

static void skip_blanks(struct reader *r) {
    const char *p = r->at, *end = r->end;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    r->at = p;
}

static bool next_is(struct reader *r, char c) {
    skip_blanks(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* Behind the bytes that need no attention: everything but quotes, backslashes, controls and what is not ASCII. */
static inline const char *skip_plain(const char *p, const char *end) {
    while (end - p >= 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        uint64_t marks = utf8_equal(eight, '"') | utf8_equal(eight, '\\') | utf8_below(eight, 0x20) | utf8_beyond_ascii(eight);
        if (marks) return p + utf8_first(marks);
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80) p++;
    return p;
}

/* Finds the closing quote; checks controls and UTF-8. Escapes are only skipped here. */
static const char *scan_string(struct reader *r, bool *escaped) {
    const char *p = r->at, *end = r->end;
    for (;;) {
        p = skip_plain(p, end);
        if (p == end) {
            refuse(r, end, "the text ends inside a string");
            return NULL;
        }
        if (*p == '"') return p;
        if (*p == '\\') {
            *escaped = true;
            p += end - p > 1 ? 2 : 1;
            continue;
        }
        size_t len = (unsigned char)*p < 0x20 ? 0 : utf8_sequence(p, end);
        if (len == 0) {
            refuse(r, p,
                   (unsigned char)*p < 0x20 ? "a control character in a string must be written as an escape"
                                            : "a string holds bytes that are not UTF-8");
            return NULL;
        }
        p += len;
    }
}

static bool hex4(const char *p, const char *end, uint32_t *out) {
    if (end - p < 4) return false;
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return false;
        sum = sum << 4 | (uint32_t)digit;
    }
    *out = sum;
    return true;
}

static size_t put_code_point(char *out, uint32_t c) {
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3F)), 2;
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        return out[2] = (char)(0x80 | (c & 0x3F)), 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    return out[3] = (char)(0x80 | (c & 0x3F)), 4;
}

/* *p stands behind \u. */
static bool unicode_escape(struct reader *r, const char **p, const char *end, char **out) {
    const char *at = *p - 2;
    uint32_t c, low;
    if (!hex4(*p, end, &c)) return refuse(r, at, "\\u needs four hexadecimal digits");
    *p += 4;
    if (c == 0) return refuse(r, at, "\\u0000 is not allowed");
    if (c >= 0xDC00 && c <= 0xDFFF) return refuse(r, at, "half of a surrogate pair stands alone");
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !hex4(*p + 2, end, &low) || low < 0xDC00 || low > 0xDFFF)
            return refuse(r, at, "half of a surrogate pair stands alone");
        *p += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *out += put_code_point(*out, c);
    return true;
}

static bool decode_string(struct reader *r, const char *p, const char *end, text *content) {
    if (!has_room(r, (size_t)(end - p))) return false;
    char *decoded = arena_bytes(r->a, (size_t)(end - p)), *out = decoded;
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape ? escape : end) - p);
        memcpy(out, p, plain);
        out += plain;
        if (!escape) break;
        static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        const char *letter = escape[1] ? strchr(letters, escape[1]) : NULL;
        p = escape + 2;
        if (letter)
            *out++ = meanings[letter - letters];
        else if (escape[1] != 'u')
            return refuse(r, escape, "an unknown escape stands in a string");
        else if (!unicode_escape(r, &p, end, &out))
            return false;
    }
    *content = (text){decoded, (size_t)(out - decoded)};
    return true;
}

/* `at` stands behind the opening quote. */
static bool read_string(struct reader *r, text *content) {
    bool escaped = false;
    const char *close = scan_string(r, &escaped);
    if (!close) return false;
    if (!escaped)
        *content = text_slice((text){r->at, 0}, 0, (size_t)(close - r->at));
    else if (!decode_string(r, r->at, close, content))
        return false;
    r->at = close + 1;
    return true;
}

static bool is_digit(const struct reader *r, const char *p) { return p < r->end && *p >= '0' && *p <= '9'; }

static const char *skip_digits(const struct reader *r, const char *p) {
    while (is_digit(r, p)) p++;
    return p;
}

static const char *skip_exponent(struct reader *r, const char *p) {
    if (p == r->end || (*p != 'e' && *p != 'E')) return p;
    p++;
    if (p < r->end && (*p == '+' || *p == '-')) p++;
    if (is_digit(r, p)) return skip_digits(r, p);
    refuse(r, p, "a digit is missing in the exponent");
    return NULL;
}

static bool read_number(struct reader *r, struct json *v) {
    const char *start = r->at, *p = *start == '-' ? start + 1 : start;
    if (!is_digit(r, p)) return refuse(r, start, p > start ? "a digit is missing after -" : "this is not the beginning of a value");
    if (*p == '0' && is_digit(r, p + 1)) return refuse(r, p, "a number must not begin with 0");
    p = skip_digits(r, p);
    if (p < r->end && *p == '.') {
        if (!is_digit(r, p + 1)) return refuse(r, p + 1, "a digit is missing after the point");
        p = skip_digits(r, p + 1);
    }
    p = skip_exponent(r, p);
    if (!p) return false;
    v->kind = JSON_NUMBER;
    v->content = (text){start, (size_t)(p - start)};
    r->at = p;
    return true;
}

static bool read_word(struct reader *r, struct json *v, text word, enum json_kind kind) {
    if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.at, word.len) != 0)
        return refuse(r, r->at, "this is not the beginning of a value");
    v->kind = kind;
    v->truth = word.at[0] == 't';
    r->at += word.len;
    return true;
}

static struct json *read_value(struct reader *r);

static bool enter(struct reader *r) {
    if (r->depth == r->limits.depth) return refuse(r, r->at, "the text is nested too deeply");
    r->depth++;
    r->at++;
    return true;
}

static bool read_array(struct reader *r, struct json *v) {
    v->kind = JSON_ARRAY;
    if (!enter(r)) return false;
    const struct json **link = &v->first;
    if (!next_is(r, ']')) {
        for (;;) {
            struct json *child = read_value(r);
            if (!child) return false;
            *link = child;
            link = &child->next;
            v->count++;
            if (next_is(r, ']')) break;
            if (!next_is(r, ',')) return refuse(r, r->at, "a comma or ] is missing");
        }
    }
    r->depth--;
    return true;
}

static bool repeated(struct reader *r, const struct json *member) {
    r->detail = member->name;
    return refuse(r, r->start + member->offset, "the member occurs more than once: ");
}

static bool same_name(const struct reader *r, const struct json *a, const struct json *b) {
    return r->limits.repeated_any_case ? text_equal_ascii_case(a->name, b->name) : text_equal(a->name, b->name);
}

static text map_key(struct reader *r, text name) {
    if (!r->limits.repeated_any_case) return name;
    char *lower = arena_bytes(r->a, name.len);
    for (size_t i = 0; i < name.len; i++) lower[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32 : name.at[i]);
    return (text){lower, name.len};
}

static bool check_many_names(struct reader *r, struct json *object) {
    size_t bytes = 256;
    for (EACH_JSON(m, object)) bytes += 3 * sizeof(struct text_map_slot) + (r->limits.repeated_any_case ? m->name.len + 1 : 0);
    if (!has_room(r, bytes)) return false;
    struct text_map seen;
    text_map_init(&seen, r->a, object->count);
    for (EACH_JSON(member, object))
        if (text_map_put(&seen, map_key(r, member->name), object)) return repeated(r, member);
    return true;
}

static bool check_names(struct reader *r, struct json *object) {
    if (!r->limits.refuse_repeated) return true;
    if (object->count > FEW_MEMBERS) return check_many_names(r, object);
    for (EACH_JSON(member, object))
        for (const struct json *other = object->first; other != member; other = other->next)
            if (same_name(r, member, other)) return repeated(r, member);
    return true;
}

static bool read_object(struct reader *r, struct json *v) {
    v->kind = JSON_OBJECT;
    if (!enter(r)) return false;
    const struct json **link = &v->first;
    if (!next_is(r, '}')) {
        for (;;) {
            text name;
            if (!next_is(r, '"')) return refuse(r, r->at, "a member's name in quotes is missing");
            if (!read_string(r, &name)) return false;
            if (!next_is(r, ':')) return refuse(r, r->at, "a colon is missing after the member's name");
            struct json *child = read_value(r);
            if (!child) return false;
            child->name = name;
            *link = child;
            link = &child->next;
            v->count++;
            if (next_is(r, '}')) break;
            if (!next_is(r, ',')) return refuse(r, r->at, "a comma or } is missing");
        }
    }
    r->depth--;
    return check_names(r, v);
}

static bool read_kind(struct reader *r, struct json *v) {
    switch (*r->at) {
    case '{':
        return read_object(r, v);
    case '[':
        return read_array(r, v);
    case '"':
        v->kind = JSON_STRING;
        return r->at++, read_string(r, &v->content);
    case 't':
        return read_word(r, v, T("true"), JSON_BOOL);
    case 'f':
        return read_word(r, v, T("false"), JSON_BOOL);
    case 'n':
        return read_word(r, v, T("null"), JSON_NULL);
    default:
        return read_number(r, v);
    }
}

/* Recursion ends at the depth limit. */
static struct json *read_value(struct reader *r) {
    skip_blanks(r);
    if (r->at == r->end) return refuse(r, r->at, "a value is missing at the end of the text"), NULL;
    struct json *v = new_node(r);
    if (!v) return NULL;
    v->offset = (uint32_t)(r->at - r->start);
    return read_kind(r, v) ? v : NULL;
}

/* Lines end with LF; columns count code points. */
static error *problem(const struct reader *r) {
    size_t line = 1, column = 1;
    for (const char *p = r->start; p < r->at; p++) {
        if (*p == '\n')
            line++, column = 1;
        else if (((unsigned char)*p & 0xC0) != 0x80)
            column++;
    }
    text detail = r->detail;
    if (detail.len > 64) detail.len = 64;
    return FAIL(r->kind, "line %zu, column %zu: %s%.*s", line, column, r->problem, TEXT_ARG(detail));
}

error *json_read(arena *a, text source, struct json_limits limits, const struct json **out, size_t *offset) {
    *out = NULL;
    if (source.len >= UINT32_MAX) return FAIL(ERROR_TOO_LARGE, "a JSON text of %zu bytes exceeds the limit of 4 GiB", source.len);
    if (!source.at) source = T("");
    if (limits.depth == 0) limits.depth = DEFAULT_DEPTH;
    struct reader r = {.a = a, .start = source.at, .at = source.at, .end = source.at + source.len, .limits = limits};
    const struct json *v = read_value(&r);
    if (v) {
        skip_blanks(&r);
        if (r.at < r.end) v = NULL, refuse(&r, r.at, "something stands after the end of the value");
    }
    if (v) return *out = v, NULL;
    if (offset) *offset = (size_t)(r.at - r.start);
    return problem(&r);
}

const struct json *json_member(const struct json *object, text name) {
    for (EACH_JSON(m, object))
        if (text_equal(m->name, name)) return m;
    return NULL;
}

const struct json *json_member_any_case(const struct json *object, text name) {
    for (EACH_JSON(m, object))
        if (text_equal_ascii_case(m->name, name)) return m;
    return NULL;
}

bool json_int64(const struct json *v, int64_t *out) { return v && v->kind == JSON_NUMBER && text_to_int64(v->content, out); }
