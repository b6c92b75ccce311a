/* A tiny application on the HTTP server, and a client that speaks raw bytes. */
#ifndef JOINERY_TEST_HTTP_TINY_H
#define JOINERY_TEST_HTTP_TINY_H

#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { TINY_SMALL = 1000, TINY_LARGE = 300000, TINY_ANSWER = 1 << 20 };

static atomic_int tiny_handled, tiny_slow_running, tiny_left, tiny_tried;
/* The streams that /events made; the tests end them. */
enum { TINY_STREAMS = 64 };
static http_stream *_Atomic tiny_streams[TINY_STREAMS];
static atomic_int tiny_stream_count;

static bool tiny_limit(void *state, struct http_request *r, size_t *body_max, struct http_reply *reply) {
    (void)state;
    *body_max = text_equal(r->path, T("/none")) ? 0 : text_equal(r->path, T("/small")) ? TINY_SMALL : TINY_LARGE;
    if (!text_starts_with(r->path, T("/missing"))) return true;
    reply->status = 404;
    reply->content_type = T("text/plain");
    reply->body = T("nothing is here");
    return false;
}

static void tiny_handle(void *state, struct http_request *r, struct http_reply *reply) {
    (void)state;
    atomic_fetch_add(&tiny_handled, 1);
    reply->content_type = T("text/plain");
    if (text_starts_with(r->path, T("/slow"))) {
        atomic_fetch_add(&tiny_slow_running, 1);
        int milliseconds = r->path.len > 6 ? atoi(arena_cstring(r->a, r->path) + 6) : 30;
        while (milliseconds > 0 && !atomic_load(r->left)) {
            int step = milliseconds < 20 ? milliseconds : 20;
            usleep((useconds_t)step * 1000);
            milliseconds -= step;
        }
        if (atomic_load(r->left)) atomic_fetch_add(&tiny_left, 1);
        atomic_fetch_sub(&tiny_slow_running, 1);
    }
    if (text_equal(r->path, T("/events"))) {
        reply->content_type = T("text/event-stream");
        tiny_streams[atomic_fetch_add(&tiny_stream_count, 1) % TINY_STREAMS] = http_reply_stream(reply);
    } else if (text_equal(r->path, T("/client"))) {
        reply->body = arena_print(r->a, "client=%.*s secure=%d host=%.*s", TEXT_ARG(r->client), r->secure, TEXT_ARG(r->host));
    } else if (text_equal(r->path, T("/big"))) {
        char *bytes = arena_bytes(r->a, 3000000);
        memset(bytes, 'b', 3000000);
        reply->body = (text){bytes, 3000000};
    } else if (r->body.len) {
        reply->body = r->body;
    } else {
        text q = http_query(r, T("q"));
        reply->body = arena_print(r->a, "%s path=[%.*s] q=[%.*s]", http_method_name(r->method), TEXT_ARG(r->path), TEXT_ARG(q));
    }
}

static void tiny_error(void *state, const struct http_request *r, int status, const char *sentence, struct http_reply *reply) {
    (void)state, (void)status;
    bool api = r && http_path_is_under(r->path.at ? r->path : r->raw_path, T("/api"));
    reply->content_type = api ? T("application/json; charset=utf-8") : T("text/plain");
    reply->body = api ? arena_print(reply->a, "{\"message\":\"%s\"}", sentence) : arena_text(reply->a, text_of(sentence));
}

static bool tiny_check(void *state, struct http_request *r, struct http_reply *reply) {
    (void)state;
    assert_true(r->awaited && !r->body.len);
    if (!text_starts_with(r->path, T("/forbidden"))) return true;
    reply->status = 403;
    reply->content_type = T("text/plain");
    reply->body = T("not for you");
    return false;
}

/* /brief is answered on the I/O thread; /brief/not is begun there, and a worker's after all. */
static bool tiny_at_once(void *state, struct http_request *r, struct http_reply *reply) {
    (void)state;
    if (!text_starts_with(r->path, T("/brief"))) return false;
    atomic_fetch_add(&tiny_tried, 1);
    http_reply_header(reply, T("X-Begun"), T("yes"));
    reply->body = arena_print(r->a, "at once: %.*s", TEXT_ARG(r->body));
    return text_equal(r->path, T("/brief"));
}

static const struct http_app tiny_app = {NULL, tiny_limit, tiny_handle, tiny_error, tiny_check, tiny_at_once};

__attribute__((unused)) static http_server *tiny_start(struct http_settings settings) {
    http_server *server = NULL;
    if (!settings.listen.at) settings.listen = T("127.0.0.1:0");
    error *e = http_server_start(&settings, &tiny_app, &server);
    if (e) fail_msg("%s", e->sentence);
    return server;
}

static int tiny_connect(const http_server *server) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(server)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void tiny_send(int fd, const char *bytes, size_t len) {
    while (len) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) return; /* refused in the middle: the answer tells why */
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Reads until the end, or until nothing came for `silence` milliseconds after the first byte (4 s before it). *closed tells which.
 */
__attribute__((unused)) static const char *tiny_receive(int fd, int silence, bool *closed) {
    static char answer[TINY_ANSWER];
    size_t len = 0;
    *closed = false;
    while (len < sizeof answer - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, len ? silence : 4000) <= 0) break;
        ssize_t got = recv(fd, answer + len, sizeof answer - 1 - len, 0);
        if (got <= 0) {
            *closed = true;
            break;
        }
        len += (size_t)got;
    }
    answer[len] = 0;
    return answer;
}

/* One connection: sends, receives, closes. */
__attribute__((unused)) static const char *tiny_exchange(const http_server *server, const char *bytes, bool *closed) {
    int fd = tiny_connect(server);
    bool ignored;
    tiny_send(fd, bytes, strlen(bytes));
    const char *answer = tiny_receive(fd, 150, closed ? closed : &ignored);
    close(fd);
    return answer;
}

__attribute__((unused)) static int tiny_status(const char *answer) {
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

__attribute__((unused)) static int tiny_count(const char *answer, const char *needle) {
    int count = 0;
    for (const char *at = answer; (at = strstr(at, needle)); at += strlen(needle)) count++;
    return count;
}

#endif
