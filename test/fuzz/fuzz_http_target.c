/* Feeds request lines and headers to the checks of the HTTP server; what is accepted must keep the promises of http.h. */
#include "base/die.h"
#include "base/unicode.h"
#include "http/head.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(text path) {
    if (!utf8_valid(path, NULL)) die("a path that is not UTF-8");
    if (text_equal(path, T("*"))) return;
    if (!path.len || path.at[0] != '/') die("a path without a slash");
    for (size_t from = 1, i = 1; i <= path.len; i++) {
        if (i < path.len && ((unsigned char)path.at[i] < 0x20 || path.at[i] == '\\')) die("a forbidden character in a path");
        if (i < path.len && path.at[i] != '/') continue;
        text segment = text_slice(path, from, i);
        bool dots = text_equal(segment, T(".")) || text_equal(segment, T(".."));
        if (dots || (!segment.len && i < path.len)) die("a dot segment or an empty one");
        from = i + 1;
    }
}

static void check_request(const struct http_request *r) {
    check_path(r->path);
    for (EACH(const struct http_pair, q, &r->query))
        if (memchr(q->name.at, 0, q->name.len) || memchr(q->value.at, 0, q->value.len)) die("a null character in the query");
    for (EACH(const struct http_pair, h, &r->headers))
        for (size_t i = 0; i < h->value.len; i++)
            if (h->value.at[i] == '\r' || h->value.at[i] == '\n') die("a line end in a header");
    if (r->content_length < -1) die("a negative length");
    if (!r->host.len) die("no host");
}

static text next_line(text *rest) {
    size_t end = text_find_byte(*rest, '\n');
    text line = end == SIZE_MAX ? *rest : text_slice(*rest, 0, end);
    *rest = text_slice(*rest, end == SIZE_MAX ? rest->len : end + 1, rest->len);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    OWNED(arena) a = arena_new(64 << 20);
    struct http_request r = {.a = a};
    text rest = {(const char *)data, size};
    text method = next_line(&rest), target = next_line(&rest);
    while (rest.len) {
        text line = next_line(&rest);
        size_t colon = text_find_byte(line, ':');
        if (colon == SIZE_MAX) continue;
        *LIST_ADD(a, &r.headers) = (struct http_pair){text_slice(line, 0, colon), text_slice(line, colon + 1, line.len)};
    }
    bool broken;
    struct http_refusal refusal = http_head_read(&r, method, target, T("HTTP/1.1"), &broken);
    if (!refusal.status) check_request(&r);
    if (!refusal.status && broken) die("a broken length is accepted");
    return 0;
}
