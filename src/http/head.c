/* Checks the request line and the headers. */
#include "http/head.h"

#include "http/target.h"

static const struct http_refusal fine;

static struct http_refusal refuse(int status, const char *sentence) { return (struct http_refusal){status, sentence}; }

bool http_head_is_contiguous(const char *line, size_t size, const char *target, size_t target_len, const char *version,
                             const struct http_pairs *headers) {
    if (target != line + strlen(line) + 1 || version != target + target_len + 1) return false;
    const char *expected = version + strlen(version) + 2;
    for (EACH(const struct http_pair, h, headers)) {
        if (h->name.at != expected || h->value.at <= h->name.at + h->name.len) return false;
        for (const char *c = h->name.at + h->name.len + 1; c < h->value.at; c++)
            if (*c != ' ' && *c != '\t') return false;
        expected = h->value.at + h->value.len + 2;
    }
    return expected + 2 == line + size;
}

static bool is_token(text t) {
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c))) return false;
    }
    return t.len > 0;
}

static struct http_refusal check_lines(struct http_pairs *headers) {
    for (EACH(struct http_pair, h, headers)) {
        if (!is_token(h->name)) return refuse(400, "The name of a header is malformed.");
        for (size_t i = 0; i < h->value.len; i++) {
            unsigned char c = (unsigned char)h->value.at[i];
            if ((c < 0x20 && c != '\t') || c == 0x7f) return refuse(400, "The value of a header contains a control character.");
        }
        h->value = text_trim_ascii(h->value);
    }
    return fine;
}

static size_t count_of(const struct http_request *r, text name) {
    size_t count = 0;
    for (EACH(const struct http_pair, h, &r->headers)) count += text_equal_ascii_case(h->name, name);
    return count;
}

/* How the end of the body is found. */
static struct http_refusal check_framing(struct http_request *r, bool *broken) {
    text length = http_header(r, T("Content-Length")), encoding = http_header(r, T("Transfer-Encoding"));
    r->content_length = encoding.at ? -1 : 0;
    *broken = true;
    if (count_of(r, T("Content-Length")) + count_of(r, T("Transfer-Encoding")) > 1)
        return refuse(400, "The length of the body is stated more than once.");
    if (encoding.at && !text_equal_ascii_case(encoding, T("chunked")))
        return refuse(501, "The only Transfer-Encoding that is understood is chunked.");
    if (length.at) {
        int64_t value = 0;
        bool digits = length.len > 0 && length.len <= 18;
        for (size_t i = 0; i < length.len && digits; i++) {
            digits = length.at[i] >= '0' && length.at[i] <= '9';
            value = value * 10 + (length.at[i] - '0');
        }
        if (!digits) return refuse(400, "The Content-Length is not a number.");
        r->content_length = value;
    }
    *broken = false;
    return fine;
}

static bool host_is_plausible(text host) {
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.at[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!letter && (c == 0 || !strchr(".-_:[]", c))) return false;
    }
    return host.len > 0 && host.len <= 255;
}

static struct http_refusal check_host(struct http_request *r, text authority) {
    r->host = http_header(r, T("Host"));
    if (count_of(r, T("Host")) != 1) return refuse(400, "Exactly one Host header is needed.");
    if (!host_is_plausible(r->host)) return refuse(400, "The Host header is malformed.");
    if (authority.at && !text_equal_ascii_case(authority, r->host))
        return refuse(400, "The request target and the Host header name different hosts.");
    return fine;
}

static struct http_refusal check_single(struct http_request *r) {
    r->content_type = http_header(r, T("Content-Type"));
    if (count_of(r, T("Content-Type")) > 1) return refuse(400, "There is more than one Content-Type header.");
    if (count_of(r, T("Authorization")) > 1) return refuse(400, "There is more than one Authorization header.");
    text expect = http_header(r, T("Expect"));
    if (expect.at && !text_equal_ascii_case(expect, T("100-continue")))
        return refuse(417, "The only expectation that is understood is 100-continue.");
    return fine;
}

static struct http_refusal check_method(struct http_request *r, text method) {
    r->head = text_equal(method, T("HEAD"));
    if (r->head) return fine;
    for (int i = 0; i < HTTP_METHODS; i++) {
        if (!text_equal(method, text_of(http_method_name((enum http_method)i)))) continue;
        r->method = (enum http_method)i;
        return fine;
    }
    return refuse(501, "The method is not known here.");
}

/* OPTIONS * asks about the server as a whole. */
static bool is_server_wide(const struct http_request *r, text target) {
    return r->method == HTTP_OPTIONS && text_equal(target, T("*"));
}

static struct http_refusal check_target(struct http_request *r, text target, struct http_target *parts) {
    r->raw_path = http_target_front(target);
    if (target.len > HTTP_TARGET_MAX) return refuse(414, "The request target is longer than 8192 bytes.");
    if (is_server_wide(r, target)) {
        r->path = target;
        return fine;
    }
    const char *wrong = http_target_read(r->a, target, parts);
    if (!wrong) r->raw_path = parts->raw_path;
    r->raw_query = parts->raw_query;
    if (wrong) return refuse(400, wrong);
    r->path = parts->path;
    r->query = parts->query;
    return fine;
}

struct http_refusal http_head_read(struct http_request *r, text method, text target, text version, bool *broken) {
    struct http_target parts = {0};
    struct http_refusal found[8];
    int count = 0;
    size_t bytes = 0;
    found[count++] = check_lines(&r->headers);
    found[count++] = check_framing(r, broken);
    found[count++] = check_method(r, method);
    found[count++] = check_target(r, target, &parts);
    found[count++] = check_host(r, parts.authority);
    found[count++] = check_single(r);
    if (!text_equal(version, T("HTTP/1.1"))) return refuse(505, "Only HTTP/1.1 is spoken here.");
    for (EACH(const struct http_pair, h, &r->headers)) bytes += h->name.len + h->value.len + 4;
    if (bytes > HTTP_HEADER_BYTES_MAX || r->headers.count > HTTP_HEADERS_MAX)
        return refuse(431, "The headers are larger than 16384 bytes or more than 100.");
    for (int i = 0; i < count; i++)
        if (found[i].status) return found[i];
    return fine;
}
