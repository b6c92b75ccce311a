/* The HTTP server with nothing behind it: a fixed reply of a given size, for measuring what the server itself costs. */
#include "http/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static text body;

static bool limit(void *state, struct http_request *r, size_t *body_max, struct http_reply *reply) {
    (void)state, (void)r, (void)reply;
    *body_max = 10 << 20;
    return true;
}

static void handle(void *state, struct http_request *r, struct http_reply *reply) {
    (void)state, (void)r;
    reply->content_type = T("application/json; charset=utf-8");
    reply->body = body;
}

static void explain(void *state, const struct http_request *r, int status, const char *sentence, struct http_reply *reply) {
    (void)state, (void)r, (void)status;
    reply->content_type = T("text/plain");
    reply->body = text_of(sentence);
}

static int usage(void) {
    fprintf(stderr, "usage: joinery-bare-http ADDRESS:PORT [BYTES [WORKERS]]\nServes a reply of BYTES (1024) until interrupted.\n");
    return 2;
}

int main(int count, char **arguments) {
    if (count < 2 || count > 4) return usage();
    int size = count > 2 ? atoi(arguments[2]) : 1024;
    if (size < 2 || size > 100 << 20) return usage();
    char *bytes = malloc((size_t)size);
    if (!bytes) return 1;
    memset(bytes, 'x', (size_t)size);
    bytes[0] = bytes[size - 1] = '"';
    body = (text){bytes, (size_t)size};

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);

    struct http_settings settings = {
        .listen = text_of(arguments[1]), .workers = count > 3 ? atoi(arguments[3]) : 2, .connections_per_address = 1000};
    const struct http_app app = {NULL, limit, handle, explain, NULL};
    http_server *server = NULL;
    OWNED(error) e = http_server_start(&settings, &app, &server);
    if (e) {
        fprintf(stderr, "%s\n", e->sentence);
        free(bytes);
        return 1;
    }
    printf("http://127.0.0.1:%d/\n", http_server_port(server));
    fflush(stdout);
    int received;
    sigwait(&ends, &received);
    http_server_stop(server, 1000);
    free(bytes);
    return 0;
}
