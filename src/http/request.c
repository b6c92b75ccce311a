/* What a handler asks a request. */
#include "http/http.h"

static const char *const method_names[HTTP_METHODS] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};

const char *http_method_name(enum http_method method) { return method_names[method]; }

text http_header(const struct http_request *r, text name) {
    for (EACH(const struct http_pair, pair, &r->headers))
        if (text_equal_ascii_case(pair->name, name)) return pair->value;
    return (text){0};
}

text http_query(const struct http_request *r, text name) {
    for (EACH(const struct http_pair, pair, &r->query))
        if (text_equal(pair->name, name)) return pair->value;
    return (text){0};
}

text http_query_ascii_case(const struct http_request *r, text name) {
    for (EACH(const struct http_pair, pair, &r->query))
        if (text_equal_ascii_case(pair->name, name)) return pair->value;
    return (text){0};
}

static text cookie_in(text line, text name) {
    for (size_t from = 0, i = 0; i <= line.len; i++) {
        if (i < line.len && line.at[i] != ';') continue;
        text pair = text_trim_ascii(text_slice(line, from, i));
        size_t equals = text_find_byte(pair, '=');
        if (equals != SIZE_MAX && text_equal(text_slice(pair, 0, equals), name)) {
            text value = text_slice(pair, equals + 1, pair.len);
            bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';
            return quoted ? text_slice(value, 1, value.len - 1) : value;
        }
        from = i + 1;
    }
    return (text){0};
}

text http_cookie(const struct http_request *r, text name) {
    for (EACH(const struct http_pair, pair, &r->headers)) {
        if (!text_equal_ascii_case(pair->name, T("Cookie"))) continue;
        text value = cookie_in(pair->value, name);
        if (value.at) return value;
    }
    return (text){0};
}

bool http_path_is_under(text path, text root) {
    if (path.len < root.len || !text_equal_ascii_case(text_slice(path, 0, root.len), root)) return false;
    return path.len == root.len || path.at[root.len] == '/';
}
