/* Builds replies. */
#include "http/reply.h"

#include <stdarg.h>
#include <time.h>

static text header_value(arena *a, text value) {
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.at[i] < 0x20 || value.at[i] == 0x7f) value.len = i;
    return arena_text(a, value);
}

void http_reply_header(struct http_reply *reply, text name, text value) {
    *LIST_ADD(reply->a, &reply->headers) = (struct http_pair){name, header_value(reply->a, value)};
}

void http_reply_header_print(struct http_reply *reply, text name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text value = arena_vprint(reply->a, format, args);
    va_end(args);
    http_reply_header(reply, name, value);
}

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_status_phrase(int status) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status) return phrases[i].phrase;
    return "Unknown";
}

#define PAIR(name, value)                                                                                                          \
    {                                                                                                                              \
        {(name), sizeof(name) - 1}, { (value), sizeof(value) - 1 }                                                                 \
    }
static const struct http_pair everywhere[] = {
    PAIR("Content-Security-Policy",
         "default-src 'self'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; img-src 'self' data:; "
         "object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"),
    PAIR("X-Content-Type-Options", "nosniff"),
    PAIR("X-Frame-Options", "DENY"),
    PAIR("Referrer-Policy", "strict-origin-when-cross-origin"),
    PAIR("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
};
static const struct http_pair under_api[] = {
    PAIR("api-supported-versions", "1.0"),
    PAIR("Cache-Control", "no-store"),
};

static const struct http_pair under_ws[] = {PAIR("Cache-Control", "no-store")};

static void add_missing(struct http_reply *reply, size_t given, const struct http_pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool present = false;
        for (size_t k = 0; k < given && !present; k++) present = text_equal_ascii_case(reply->headers.at[k].name, pairs[i].name);
        if (!present) *LIST_ADD(reply->a, &reply->headers) = pairs[i];
    }
}

void http_reply_finish(struct http_reply *reply, const struct http_request *r) {
    if (!reply->status) reply->status = 200;
    size_t given = reply->headers.count;
    add_missing(reply, given, everywhere, sizeof everywhere / sizeof *everywhere);
    if (!r) return;
    text path = r->path.at ? r->path : r->raw_path;
    if (http_path_is_under(path, T("/api"))) add_missing(reply, given, under_api, sizeof under_api / sizeof *under_api);
    if (http_path_is_under(path, T("/ws"))) add_missing(reply, given, under_ws, sizeof under_ws / sizeof *under_ws);
    *LIST_ADD(reply->a, &reply->headers) = (struct http_pair){T("X-Request-Id"), r->request_id};
}

text http_reply_wire(arena *a, const struct http_reply *reply, bool with_body) {
    char date[64];
    struct tm parts;
    time_t now = time(NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    text out = arena_print(a, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n", reply->status,
                           http_status_phrase(reply->status), date, reply->body.len);
    if (reply->content_type.at) out = arena_print(a, "%.*sContent-Type: %.*s\r\n", TEXT_ARG(out), TEXT_ARG(reply->content_type));
    for (EACH(const struct http_pair, h, &reply->headers))
        out = arena_print(a, "%.*s%.*s: %.*s\r\n", TEXT_ARG(out), TEXT_ARG(h->name), TEXT_ARG(h->value));
    return arena_print(a, "%.*s\r\n%.*s", TEXT_ARG(out), with_body ? (int)reply->body.len : 0,
                       reply->body.at ? reply->body.at : "");
}
