/* Reads the documents of objects back into values: one pass without a tree, types taken from the configuration. */
#include "model/document.h"

struct reader {
    arena *a;
    const struct config *config;
    const char *start, *at, *end;
    bool metaverse;
    struct value *spare; /* room for the single values of an object, taken in blocks */
    size_t spares;
};

static error *malformed(const struct reader *r) {
    return FAIL(ERROR_CORRUPT, "the stored document of an object is malformed at byte %zu", (size_t)(r->at - r->start));
}

static bool take(struct reader *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static bool read_int(struct reader *r, int64_t *out) {
    bool negative = take(r, '-');
    const char *first = r->at;
    uint64_t n = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        uint64_t digit = (uint64_t)(*r->at - '0');
        if (n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
        r->at++;
    }
    if (r->at == first || n > (uint64_t)INT64_MAX + negative) return false;
    *out = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The writer escapes control characters only; what is above U+007F it never escapes. */
static bool unescape_hex(const char *from, const char *end, char *out) {
    if (end - from < 4) return false;
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(from[i]);
        if (digit < 0) return false;
        code = code * 16 + digit;
    }
    *out = (char)code;
    return code < 0x80;
}

static bool unescape(arena *a, text raw, text *out) {
    char *made = arena_bytes(a, raw.len + 1);
    size_t len = 0;
    const char *end = raw.at + raw.len;
    for (const char *at = raw.at; at < end; at++) {
        if (*at != '\\') {
            made[len++] = *at;
            continue;
        }
        if (++at == end) return false;
        static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        const char *found = memchr(letters, *at, sizeof letters - 1);
        if (found) {
            made[len++] = meanings[found - letters];
        } else {
            if (*at != 'u' || !unescape_hex(at + 1, end, &made[len++])) return false;
            at += 4;
        }
    }
    *out = (text){made, len};
    return true;
}

/* The closing quote: the first that an even number of backslashes precedes. */
static const char *closing_quote(const char *from, const char *end) {
    for (const char *at = from; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++) {
        const char *back = at;
        while (back > from && back[-1] == '\\') back--;
        if ((at - back) % 2 == 0) return at;
    }
    return NULL;
}

static bool read_string(struct reader *r, text *out) {
    if (!take(r, '"')) return false;
    const char *close = closing_quote(r->at, r->end);
    if (!close) return false;
    *out = (text){r->at, (size_t)(close - r->at)};
    r->at = close + 1;
    return !memchr(out->at, '\\', out->len) || unescape(r->a, *out, out);
}

static bool read_word(struct reader *r, text word) {
    if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.at, word.len) != 0) return false;
    r->at += word.len;
    return true;
}

static bool read_reference(struct reader *r, struct value *v) {
    if (r->metaverse) return read_int(r, &v->reference.target);
    if (!take(r, '[')) return read_string(r, &v->reference.raw);
    if (!read_word(r, T("null")) && !read_string(r, &v->reference.raw)) return false;
    return take(r, ',') && read_int(r, &v->reference.target) && take(r, ']');
}

static bool read_value(struct reader *r, enum data_type type, struct value *v) {
    text t;
    v->type = type;
    switch (type) {
    case TYPE_TEXT:
        return read_string(r, &v->text);
    case TYPE_REFERENCE:
        return read_reference(r, v);
    case TYPE_BINARY:
    case TYPE_DECIMAL:
    case TYPE_GUID:
        return read_string(r, &t) && value_read(r->a, type, t, v);
    case TYPE_BOOLEAN:
        v->integer = read_word(r, T("true"));
        return v->integer || read_word(r, T("false"));
    default:
        return read_int(r, &v->integer);
    }
}

static struct value *single(struct reader *r) {
    if (!r->spares) {
        r->spares = 16;
        r->spare = ARENA_ARRAY(r->a, struct value, r->spares);
    }
    r->spares--;
    return r->spare++;
}

/* A further value. The single one before it leaves its place among those of other attributes, which must not be grown over. */
static void add_value(struct reader *r, struct values *set, struct value v) {
    struct value first = set->at[0];
    if (set->count == 1) {
        *set = (struct values){.attribute = set->attribute, .mapping = set->mapping};
        *LIST_ADD(r->a, set) = first;
    }
    *LIST_ADD(r->a, set) = v;
}

/* Values up to the closing bracket; the first is about to begin. */
static bool read_several(struct reader *r, enum data_type type, struct values *set) {
    do {
        struct value v = {0};
        if (!read_value(r, type, &v)) return false;
        if (!set->count) {
            set->at = single(r);
            set->at[0] = v;
            set->count = set->room = 1;
        } else {
            add_value(r, set, v);
        }
    } while (take(r, ','));
    return take(r, ']');
}

static bool read_cso_attribute(struct reader *r, enum data_type type, struct values *set) {
    if (take(r, '[')) return read_several(r, type, set);
    set->at = single(r);
    set->count = set->room = 1;
    return read_value(r, type, set->at);
}

static bool read_mvo_attribute(struct reader *r, enum data_type type, struct values *set) {
    int64_t mapping;
    if (!take(r, '[') || !read_int(r, &mapping) || mapping < 0 || mapping > INT32_MAX || !take(r, ',')) return false;
    set->mapping = (int32_t)mapping;
    if (!read_word(r, T("null"))) return read_several(r, type, set);
    set->null_marker = true;
    return take(r, ']');
}

/* The type of an attribute, NOT_SET when the configuration does not know it. */
static enum data_type type_of(const struct reader *r, int32_t attribute) {
    if (r->metaverse) {
        const struct mv_attribute *m = config_mv_attribute(r->config, attribute);
        return m ? m->type : TYPE_NOT_SET;
    }
    const struct cs_attribute *c = config_cs_attribute(r->config, attribute);
    return c ? c->type : TYPE_NOT_SET;
}

static FALLIBLE read_attribute(struct reader *r, struct attributes *out) {
    int64_t id;
    if (!take(r, '"') || !read_int(r, &id) || id <= 0 || id > INT32_MAX || !read_word(r, T("\":"))) return malformed(r);
    if (out->count && out->at[out->count - 1].attribute >= id) return malformed(r);
    enum data_type type = type_of(r, (int32_t)id);
    if (type == TYPE_NOT_SET)
        return FAIL(ERROR_CORRUPT, "a stored document has values of attribute %lld, which is not configured", (long long)id);
    struct values *set = LIST_ADD(r->a, out);
    set->attribute = (int32_t)id;
    if (!(r->metaverse ? read_mvo_attribute(r, type, set) : read_cso_attribute(r, type, set))) return malformed(r);
    return NULL;
}

static FALLIBLE read_document(struct reader *r, struct attributes *out) {
    *out = (struct attributes){0};
    if (!take(r, '{')) return malformed(r);
    if (take(r, '}')) return r->at == r->end ? NULL : malformed(r);
    out->room = 16;
    out->at = ARENA_ARRAY(r->a, struct values, out->room);
    do TRY(read_attribute(r, out));
    while (take(r, ','));
    return take(r, '}') && r->at == r->end ? NULL : malformed(r);
}

FALLIBLE document_read_cso(arena *a, const struct config *c, text document, struct attributes *out) {
    struct reader r = {.a = a, .config = c, .start = document.at, .at = document.at, .end = document.at + document.len};
    return read_document(&r, out);
}

FALLIBLE document_read_mvo(arena *a, const struct config *c, text document, struct attributes *out) {
    struct reader r = {
        .a = a, .config = c, .start = document.at, .at = document.at, .end = document.at + document.len, .metaverse = true};
    return read_document(&r, out);
}

/* ---- Only some attributes ---- */

/* One array, of the metaverse. */
static bool skip_array(struct reader *r) {
    int depth = 0;
    do {
        if (r->at == r->end) return false;
        char c = *r->at++;
        depth += (c == '[') - (c == ']');
        if (c != '"') continue;
        const char *close = closing_quote(r->at, r->end);
        if (!close) return false;
        r->at = close + 1;
    } while (depth);
    return true;
}

static FALLIBLE read_wanted(struct reader *r, const struct int32s *wanted, struct attributes *out) {
    size_t next = 0;
    while (next < wanted->count) {
        const char *begin = r->at;
        int64_t id;
        if (!take(r, '"') || !read_int(r, &id) || !read_word(r, T("\":"))) return malformed(r);
        while (next < wanted->count && wanted->at[next] < id) next++;
        if (next == wanted->count) return NULL;
        if (wanted->at[next] == id) {
            r->at = begin;
            TRY(read_attribute(r, out));
        } else if (!skip_array(r)) {
            return malformed(r);
        }
        if (!take(r, ',')) return take(r, '}') && r->at == r->end ? NULL : malformed(r);
    }
    return NULL;
}

FALLIBLE document_read_mvo_some(arena *a, const struct config *c, text document, const struct int32s *wanted,
                                struct attributes *out) {
    struct reader r = {
        .a = a, .config = c, .start = document.at, .at = document.at, .end = document.at + document.len, .metaverse = true};
    *out = (struct attributes){0};
    if (!take(&r, '{')) return malformed(&r);
    return take(&r, '}') ? NULL : read_wanted(&r, wanted, out);
}
