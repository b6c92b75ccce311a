/* The server on libmicrohttpd: one I/O thread with epoll; a request that is complete is suspended until a worker has answered it.
 */
#include "base/die.h"
#include "base/log.h"
#include "http/call.h"
#include "http/listen.h"
#include "http/stream.h"
#include "http/tls.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POOL_BYTES = 32 * 1024, /* headers are refused by us at half of it, so that the refusal is ours */
    STREAM_BLOCK = 4096,
    LAST_SENDING_MS = 500, /* for replies that are on their way when the server stops */
};

struct http_server {
    struct http_core core;
    struct MHD_Daemon *daemon;
    int port;
};

static void *on_target(void *state, const char *target, struct MHD_Connection *connection) {
    struct http_server *s = state;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct call *call = call_new(&s->core, info->socket_context, target ? target : "");
    call->connection = connection;
    return call;
}

/* Leaves the escapes alone: decoding is ours. */
static size_t on_unescape(void *state, struct MHD_Connection *connection, char *t) {
    (void)state, (void)connection;
    return strlen(t);
}

static enum MHD_Result on_header(void *state, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
                                 size_t value_len) {
    (void)kind;
    struct call *call = state;
    struct http_pair pair = {{name, name_len}, {value ? value : name + name_len, value_len}};
    *LIST_ADD(call->request.a, &call->request.headers) = pair;
    return MHD_YES;
}

static void suspend(void *connection) { MHD_suspend_connection(connection); }

static void resume(void *connection) { MHD_resume_connection(connection); }

static ssize_t on_read(void *state, uint64_t position, char *into, size_t room) {
    (void)position;
    ssize_t len = http_stream_read(state, into, room);
    return len < 0 ? MHD_CONTENT_READER_END_OF_STREAM : len;
}

static struct MHD_Response *make_response(struct http_core *core, struct call *call) {
    const struct http_reply *reply = &call->reply;
    if (reply->stream) {
        http_stream_attach(reply->stream, (struct http_stream_link){call->connection, suspend, resume});
        call_stream(core, call);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, reply->stream, NULL);
    }
    char *body = (char *)(uintptr_t)(reply->body.at ? reply->body.at : "");
    return MHD_create_response_from_buffer(reply->body.len, body, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct http_core *core, struct MHD_Connection *connection, struct call *call) {
    const struct http_reply *reply = &call->reply;
    struct MHD_Response *response = make_response(core, call);
    if (!response) die("out of memory");
    if (reply->content_type.at) MHD_add_response_header(response, "Content-Type", arena_cstring(reply->a, reply->content_type));
    for (EACH(const struct http_pair, h, &reply->headers)) MHD_add_response_header(response, h->name.at, h->value.at);
    if (reply->close) MHD_add_response_header(response, "Connection", "close");
    http_socket_within(call->socket, 0);
    call->stage = CALL_SENT;
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

static void give(struct http_core *core, struct MHD_Connection *connection, struct call *call) {
    MHD_suspend_connection(connection); /* before a worker can resume it */
    call_give(core, call);
}

static enum MHD_Result begin(struct http_core *core, struct MHD_Connection *connection, struct call *call, const char *method,
                             const char *version) {
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct call_lines lines = {method, version, size ? size->header_size : 0,
                               text_starts_with(text_of(MHD_get_version()), T("0."))};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, call);
    if (call_begin(core, call, &lines)) return send_reply(core, connection, call);
    if (call->stage == CALL_WAITING) give(core, connection, call);
    return MHD_YES;
}

/* The library calls this when the headers are complete, for each piece of the body, at the end of the body, and after a resume. */
static enum MHD_Result on_request(void *state, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_len, void **call_slot) {
    (void)url;
    struct http_server *s = state;
    struct call *call = *call_slot;
    size_t len = *piece_len;
    *piece_len = 0;
    switch (call->stage) {
    case CALL_HEADERS:
        return begin(&s->core, connection, call, method, version);
    case CALL_BODY:
        if (len) {
            call_take(&s->core, call, piece, len);
            return MHD_YES;
        }
        call_complete(&s->core, call);
        if (call_at_once(&s->core, call)) return send_reply(&s->core, connection, call);
        give(&s->core, connection, call);
        return MHD_YES;
    case CALL_INVITED:
        call_invite(&s->core, call);
        return MHD_YES;
    case CALL_ANSWERED:
        return len ? MHD_YES : send_reply(&s->core, connection, call);
    case CALL_LINGERING:
        return len ? MHD_YES : MHD_NO;
    case CALL_WAITING:
    case CALL_SENT:
        break;
    }
    return MHD_YES;
}

static void on_completed(void *state, struct MHD_Connection *connection, void **call_slot, enum MHD_RequestTerminationCode why) {
    (void)connection, (void)why;
    struct http_server *s = state;
    if (*call_slot) call_end(&s->core, *call_slot);
    *call_slot = NULL;
}

static void on_connection(void *state, struct MHD_Connection *connection, void **socket_slot,
                          enum MHD_ConnectionNotificationCode what) {
    struct http_server *s = state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const struct sockaddr *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        struct http_socket *socket = http_sockets_open(&s->core.sockets, fd, peer);
        if (s->core.settings.tls.certificate.at)
            socket->tls = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
        http_socket_within(socket, s->core.settings.header_ms);
        *socket_slot = socket;
    } else {
        http_sockets_close(&s->core.sockets, *socket_slot);
        *socket_slot = NULL;
    }
}

static enum MHD_Result on_accept(void *state, const struct sockaddr *peer, socklen_t len) {
    (void)len;
    struct http_server *s = state;
    return http_sockets_admit(&s->core.sockets, peer) ? MHD_YES : MHD_NO;
}

/* The one connection that the library can be speaking of when it says that it refuses a request, or NULL when there are several
 * that are just being read; a quiet one cannot be it. It is certain when a header block is complete that we have not been shown: a
 * bad Content-Length. */
static struct http_socket *find_refused(struct http_sockets *sockets) {
    struct http_socket *only = NULL;
    int reading = 0;
    WITH_LOCK(&sockets->lock);
    for (struct http_socket *socket = sockets->first; socket; socket = socket->next) {
        struct call *call = socket->call;
        if (call && call->stage == CALL_HEADERS &&
            MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE))
            return socket;
        if (call && (call->stage == CALL_WAITING || call->stage == CALL_SENT)) continue;
        if (http_socket_is_quiet(socket)) continue;
        only = socket;
        reading++;
    }
    return reading == 1 ? only : NULL;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *state, const char *format, va_list args) {
    static const char refusal[] = "Error processing request (HTTP response code is ";
    struct http_server *s = state;
    char line[256];
    vsnprintf(line, sizeof line, format, args);
    if (strncmp(line, refusal, sizeof refusal - 1) == 0) {
        struct http_socket *refused = find_refused(&s->core.sockets);
        if (refused) call_refuse(&s->core, refused, refused->call, (int)strtol(line + sizeof refusal - 1, NULL, 10));
    }
    log_line(LOG_DEBUG, "http library", "%.*s", (int)strcspn(line, "\n"), line);
}

__attribute__((noreturn)) static void on_panic(void *state, const char *file, unsigned line, const char *reason) {
    (void)state;
    die("libmicrohttpd gave up at %s:%u: %s", file, line, reason ? reason : "no reason given");
}

static void resume_call(struct call *call) { resume(call->connection); }

static void fill_defaults(struct http_settings *t) {
#define DEFAULT(member, value)                                                                                                     \
    if (!t->member) t->member = (value)
    DEFAULT(workers, 8);
    DEFAULT(header_ms, 10000);
    DEFAULT(request_ms, 30000);
    DEFAULT(progress_ms, 10000);
    DEFAULT(idle_ms, 60000);
    DEFAULT(connections, 1024);
    DEFAULT(connections_per_address, 256);
    DEFAULT(queue, 512);
#undef DEFAULT
}

/* A quarter of the shortest deadline, between 50 ms and a second. */
static int tick_of(const struct http_settings *t) {
    int least = t->header_ms < t->request_ms ? t->header_ms : t->request_ms;
    if (t->idle_ms < least) least = t->idle_ms;
    if (t->progress_ms < least) least = t->progress_ms;
    return least / 4 < 50 ? 50 : least / 4 > 1000 ? 1000 : least / 4;
}

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd) {
    const struct http_settings *t = &s->core.settings;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    const struct MHD_OptionItem with_tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, http_tls_retrieve()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    bool plain = !t->tls.certificate.at;
    if (!plain) flags |= MHD_USE_TLS;
    MHD_set_panic_func(on_panic, NULL);
    return MHD_start_daemon(flags, 0, on_accept, s, on_request, s,                              /* */
                            MHD_OPTION_EXTERNAL_LOGGER, on_log, s,                              /* first: it reports the others */
                            MHD_OPTION_LISTEN_SOCKET, fd,                                       /* */
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)t->connections,              /* */
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(t->idle_ms + 999) / 1000, /* of silence */
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,             /* */
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, s,                          /* */
                            MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,                    /* */
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,                       /* */
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,                     /* */
                            MHD_OPTION_ARRAY, plain ? with_tls + 2 : with_tls,                  /* */
                            MHD_OPTION_END);
}

static void free_server(struct http_server *s) {
    http_workers_free(&s->core.workers);
    http_sockets_stop(&s->core.sockets);
    call_free_spares(&s->core);
    pthread_cond_destroy(&s->core.calm);
    pthread_mutex_destroy(&s->core.lock);
    arena_free(s->core.a);
    http_tls_close();
    free(s);
}

FALLIBLE http_server_start(const struct http_settings *settings, const struct http_app *app, http_server **out) {
    int fd, port;
    if (settings->tls.certificate.at) TRY(http_tls_open(&settings->tls));
    TRY(http_listen(settings->listen, &fd, &port));
    signal(SIGPIPE, SIG_IGN);
    struct http_server *s = calloc(1, sizeof *s);
    if (!s) die("out of memory");
    struct http_core *core = &s->core;
    s->port = port;
    core->settings = *settings;
    fill_defaults(&core->settings);
    core->app = *app;
    core->resume = resume_call;
    core->a = arena_new(1 << 20);
    http_networks_read(core->a, settings->trusted_proxies, &core->trusted);
    pthread_mutex_init(&core->lock, NULL);
    condition_init(&core->calm);
    call_register_metrics();
    http_sockets_start(&core->sockets, &core->trusted, core->settings.connections_per_address, tick_of(&core->settings));
    http_workers_start(&core->workers, core->settings.workers, core->settings.queue, core, call_work);
    s->daemon = start_daemon(s, fd);
    if (!s->daemon) {
        close(fd);
        http_workers_stop(&core->workers);
        free_server(s);
        return FAIL(ERROR_IO, "the HTTP server cannot be started on %.*s", TEXT_ARG(settings->listen));
    }
    *out = s;
    return NULL;
}

int http_server_port(const http_server *s) { return s->port; }

/* Waits until no request is in hand, at most so long. */
static void wait_for_calm(struct http_core *core, int milliseconds) {
    int64_t until = monotonic_ns() + milliseconds * INT64_C(1000000);
    WITH_LOCK(&core->lock);
    for (int64_t now; core->in_hand && (now = monotonic_ns()) < until;)
        condition_wait_ms(&core->calm, &core->lock, (until - now) / 1000000 + 1);
}

void http_server_stop(http_server *s, int milliseconds) {
    if (!s) return;
    struct http_core *core = &s->core;
    atomic_store(&core->ending, true);
    call_stop_streams(core);
    int fd = MHD_quiesce_daemon(s->daemon);
    shutdown(fd, SHUT_RDWR); /* the I/O thread may still look at it, so it is closed at the end */
    wait_for_calm(core, milliseconds);
    http_workers_stop(&core->workers);
    wait_for_calm(core, LAST_SENDING_MS);
    MHD_stop_daemon(s->daemon);
    if (fd >= 0) close(fd);
    free_server(s);
}
