/* Decodes request targets. */
#include "http/target.h"

#include "base/unicode.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Undoes the escapes of t; false when one is not two hex digits. */
static bool unescape(arena *a, text t, bool plus_is_space, text *out) {
    if (!memchr(t.at, '%', t.len) && !(plus_is_space && memchr(t.at, '+', t.len))) {
        *out = t;
        return true;
    }
    char *made = arena_bytes(a, t.len);
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (c == '%') {
            int high = i + 2 < t.len ? hex_value(t.at[i + 1]) : -1;
            int low = i + 2 < t.len ? hex_value(t.at[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        made[len++] = c;
    }
    *out = (text){made, len};
    return true;
}

static bool has_control(text t) {
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7f) return true;
    return false;
}

static const char *check_segment(text segment) {
    if (memchr(segment.at, '/', segment.len) || memchr(segment.at, '\\', segment.len)) return HTTP_ESCAPED_SLASH;
    if (text_equal(segment, T(".")) || text_equal(segment, T(".."))) return HTTP_DOT_SEGMENT;
    if (has_control(segment)) return "The path contains a control character.";
    if (!utf8_valid(segment, NULL)) return "The path is not valid UTF-8.";
    return NULL;
}

static const char *read_path(arena *a, text raw, text *out) {
    char *made = arena_bytes(a, raw.len);
    size_t len = 0, from = 1;
    for (size_t i = 1; i <= raw.len; i++) {
        if (i < raw.len && raw.at[i] != '/') continue;
        text segment;
        if (!unescape(a, text_slice(raw, from, i), false, &segment)) return "The path contains a malformed escape sequence.";
        if (text_is_empty(segment) && i < raw.len) return HTTP_EMPTY_SEGMENT;
        const char *wrong = check_segment(segment);
        if (wrong) return wrong;
        made[len++] = '/';
        if (segment.len) memcpy(made + len, segment.at, segment.len);
        len += segment.len;
        from = i + 1;
    }
    *out = (text){made, len};
    return NULL;
}

static const char *read_pair(arena *a, text raw, struct http_pairs *query) {
    size_t equals = text_find_byte(raw, '=');
    text name = equals == SIZE_MAX ? raw : text_slice(raw, 0, equals);
    text value = equals == SIZE_MAX ? T("") : text_slice(raw, equals + 1, raw.len);
    struct http_pair pair;
    if (!unescape(a, name, true, &pair.name) || !unescape(a, value, true, &pair.value))
        return "The query contains a malformed escape sequence.";
    if (memchr(pair.name.at, 0, pair.name.len) || memchr(pair.value.at, 0, pair.value.len))
        return "The query contains a null character.";
    if (!utf8_valid(pair.name, NULL) || !utf8_valid(pair.value, NULL)) return "The query is not valid UTF-8.";
    *LIST_ADD(a, query) = pair;
    return NULL;
}

static const char *read_query(arena *a, text raw, struct http_pairs *query) {
    for (size_t from = 0, i = 0; i <= raw.len; i++) {
        if (i < raw.len && raw.at[i] != '&') continue;
        if (i > from) {
            const char *wrong = read_pair(a, text_slice(raw, from, i), query);
            if (wrong) return wrong;
        }
        from = i + 1;
    }
    return NULL;
}

/* Cuts "http://authority" off the front of an absolute form. */
static text after_authority(text raw, text *authority) {
    size_t scheme = 0;
    if (raw.len > 7 && text_equal_ascii_case(text_slice(raw, 0, 7), T("http://"))) scheme = 7;
    if (raw.len > 8 && text_equal_ascii_case(text_slice(raw, 0, 8), T("https://"))) scheme = 8;
    if (!scheme) return raw;
    size_t end = scheme;
    while (end < raw.len && raw.at[end] != '/' && raw.at[end] != '?') end++;
    *authority = text_slice(raw, scheme, end);
    return text_slice(raw, end, raw.len);
}

text http_target_front(text raw) {
    size_t end = 0;
    while (end < raw.len && raw.at[end] != '?' && raw.at[end] != ' ') end++;
    return text_slice(raw, 0, end);
}

const char *http_target_read(arena *a, text raw, struct http_target *out) {
    *out = (struct http_target){0};
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.at[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') return "The request target contains a character that must be escaped.";
    }
    text origin = after_authority(raw, &out->authority);
    size_t question = text_find_byte(origin, '?');
    out->raw_path = question == SIZE_MAX ? origin : text_slice(origin, 0, question);
    out->raw_query = question == SIZE_MAX ? T("") : text_slice(origin, question + 1, origin.len);
    if (text_is_empty(out->raw_path) && out->authority.at) out->raw_path = T("/");
    if (!text_starts_with(out->raw_path, T("/"))) return "The request target must begin with a slash.";
    const char *wrong = read_path(a, out->raw_path, &out->path);
    return wrong ? wrong : read_query(a, out->raw_query, &out->query);
}
