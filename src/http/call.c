/* The life of a request. */
#include "http/call.h"

#include "base/crypto.h"
#include "base/die.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "http/head.h"
#include "http/reply.h"
#include "http/stream.h"
#include "http/target.h"
#include "http/tls.h"

#include <stdlib.h>

enum {
    DISCARD_MAX = 64 * 1024, /* a refused body of this size is read to its end, so that the connection can go on */
    LINGER_MS = 2000,        /* how long a client has to read a refusal while it is still sending */
    KEPT_ARENA = 256 * 1024, /* what a call used at most to be kept for the next one */
    KEPT_CALLS = 256,
    REQUEST_MEMORY = 256 << 20,
};

#define REQUESTS(class)                                                                                                            \
    {                                                                                                                              \
        .name = "joinery_http_requests_total", .help = "HTTP requests by class of status.", .labels = "status=\"" class "\"",      \
        .kind = METRIC_COUNTER                                                                                                     \
    }
static struct metric requests[] = {REQUESTS("none"), REQUESTS("1xx"), REQUESTS("2xx"),
                                   REQUESTS("3xx"),  REQUESTS("4xx"), REQUESTS("5xx")};
static struct metric seconds = {.name = "joinery_http_request_seconds",
                                .help = "Time from the first line of a request to the end of its reply.",
                                .kind = METRIC_HISTOGRAM};

void call_register_metrics(void) {
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) metric_register(&requests[i]);
    metric_register(&seconds);
}

static struct call *take_spare(struct http_core *core) {
    struct call *call = core->spare;
    if (call) {
        core->spare = (struct call *)call->job.next;
        core->spare_count--;
        return call;
    }
    call = calloc(1, sizeof *call);
    if (!call) die("out of memory");
    call->request.a = arena_new(core->settings.memory ? core->settings.memory : REQUEST_MEMORY);
    return call;
}

static void free_call(struct call *call) {
    arena_free(call->request.a);
    buffer_free(&call->body);
    free(call);
}

static text new_request_id(arena *a) {
    uint8_t bytes[16];
    char hex[32];
    random_bytes(bytes, sizeof bytes);
    hex_write(bytes, sizeof bytes, hex);
    return arena_text(a, (text){hex, sizeof hex});
}

struct call *call_new(struct http_core *core, struct http_socket *socket, const char *target) {
    struct call *call = take_spare(core);
    arena *a = call->request.a;
    struct buffer body = call->body;
    *call = (struct call){.socket = socket, .target_at = target, .body = body};
    call->target = arena_text(a, text_of(target));
    call->request = (struct http_request){.a = a,
                                          .started = instant_now(),
                                          .started_ns = monotonic_ns(),
                                          .request_id = new_request_id(a),
                                          .client = http_address_text(a, socket->peer),
                                          .left = &socket->left};
    call->reply.a = a;
    socket->call = call;
    http_socket_within(socket, core->settings.header_ms);
    return call;
}

static void answer_error(struct http_core *core, struct call *call, int status, const char *sentence) {
    call->reply = (struct http_reply){.a = call->request.a};
    core->app.error(core->app.state, &call->request, status, sentence, &call->reply);
    if (!call->reply.status) call->reply.status = status;
}

static void finish_reply(struct http_core *core, struct call *call) {
    http_reply_finish(&call->reply, &call->request);
    text path = call->request.path;
    if (call->socket->tls && !http_path_is_under(path, T("/api")) && !http_path_is_under(path, T("/ws")))
        http_reply_header(&call->reply, T("Strict-Transport-Security"), T("max-age=31536000"));
    if (atomic_load(&core->ending)) call->reply.close = true;
}

/* Writes the reply past the library, for the moments in which the library takes none. It is small and the first thing that is sent
 * on an idle socket, so it fits into the socket's buffer; when it does not, the client sees a closed connection. */
static void write_directly(const struct http_socket *socket, const struct http_reply *reply, bool with_body) {
    text wire = http_reply_wire(reply->a, reply, with_body);
    ssize_t sent =
        socket->tls ? http_tls_send(socket->tls, wire) : send(socket->fd, wire.at, wire.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) log_line(LOG_DEBUG, "reply lost", "status %d", reply->status);
    shutdown(socket->fd, SHUT_WR);
}

/* Answers at once and then reads for a while what the client is still sending: closing with unread bytes would reset the
 * connection, and the client would never see why. */
static void linger(struct call *call) {
    write_directly(call->socket, &call->reply, !call->request.head);
    call->stage = CALL_LINGERING;
    atomic_store(&call->socket->lingering, true);
    http_socket_within(call->socket, LINGER_MS);
}

/* The reply stands before the body was read: decides what becomes of the body. */
static bool answer_early(struct http_core *core, struct call *call, bool broken) {
    const struct http_request *r = &call->request;
    finish_reply(core, call);
    call->stage = CALL_ANSWERED;
    if (!broken && r->content_length == 0) return false;
    if (http_header(r, T("Expect")).at) return true; /* the client has not begun to send */
    if (!broken && r->content_length > 0 && r->content_length <= DISCARD_MAX) return false;
    linger(call);
    return false;
}

static bool refuse(struct http_core *core, struct call *call, int status, const char *sentence, bool broken) {
    answer_error(core, call, status, sentence);
    call->reply.close = true;
    return answer_early(core, call, broken);
}

static struct http_refusal read_head(struct call *call, const struct call_lines *lines, bool *broken) {
    struct http_request *r = &call->request;
    bool whole = !lines->check_layout || http_head_is_contiguous(lines->method, lines->header_bytes, call->target_at,
                                                                 call->target.len, lines->version, &r->headers);
    struct http_refusal found = http_head_read(r, text_of(lines->method), call->target, text_of(lines->version), broken);
    if (whole) return found;
    *broken = true;
    return (struct http_refusal){400,
                                 "The header block is malformed; folded lines, bare line feeds and null characters are refused."};
}

static void enter(struct http_core *core, struct call *call) {
    WITH_LOCK(&core->lock);
    core->in_hand++;
    call->counted = true;
}

static const struct http_certificate *shown_certificate(struct call *call) {
    struct http_certificate *made = call->socket->tls ? ARENA_NEW(call->request.a, struct http_certificate) : NULL;
    return made && http_tls_client(call->socket->tls, call->request.a, made) ? made : NULL;
}

static void account(struct http_socket *socket, const struct http_request *r, size_t header_bytes) {
    bool known = socket->accounted >= 0 && r->content_length >= 0;
    socket->accounted = known ? socket->accounted + (int64_t)header_bytes + r->content_length : -1;
}

/* The next piece of the body must come soon, and all of it within the time of a request. */
static void await_more(const struct http_core *core, const struct call *call) {
    int64_t left_ms = (call->ends_ns - monotonic_ns()) / 1000000;
    if (left_ms > core->settings.progress_ms) left_ms = core->settings.progress_ms;
    http_socket_within(call->socket, left_ms < 1 ? 1 : (int)left_ms);
}

/* What follows is a worker's. */
static void hand_over(struct call *call) {
    http_socket_within(call->socket, 0);
    call->stage = CALL_WAITING;
}

/* With an expectation the library would say 100 Continue next, so what can be answered first is. */
static void answer_before_invitation(const struct http_core *core, struct call *call) {
    struct http_request *r = &call->request;
    if (!http_header(r, T("Expect")).at) return;
    r->awaited = core->app.check && r->content_length;
    if (r->awaited || !r->content_length) hand_over(call);
}

bool call_begin(struct http_core *core, struct call *call, const struct call_lines *lines) {
    struct http_request *r = &call->request;
    bool broken = false;
    size_t body_max = 0;
    enter(core, call);
    call->ends_ns = monotonic_ns() + core->settings.request_ms * INT64_C(1000000);
    await_more(core, call);
    struct http_refusal wrong = read_head(call, lines, &broken);
    account(call->socket, r, lines->header_bytes);
    struct http_address client;
    bool known = http_client_of(&core->trusted, call->socket->peer, &r->headers, &client);
    r->client = known ? http_address_text(r->a, client) : T("unknown");
    r->secure = call->socket->tls || http_client_uses_tls(&core->trusted, call->socket->peer, &r->headers);
    r->certificate = shown_certificate(call);
    if (wrong.status) return refuse(core, call, wrong.status, wrong.sentence, broken);
    if (text_equal(r->path, T("*"))) {
        call->reply.status = 204;
        http_reply_header(&call->reply, T("Allow"), T("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        return answer_early(core, call, false);
    }
    if (!core->app.limit(core->app.state, r, &body_max, &call->reply)) return answer_early(core, call, false);
    if (r->content_length > 0 && (uint64_t)r->content_length > body_max) {
        answer_error(core, call, 413, "The body is larger than is allowed here.");
        return answer_early(core, call, false);
    }
    call->body.max = body_max;
    call->stage = CALL_BODY;
    answer_before_invitation(core, call);
    return false;
}

void call_invite(struct http_core *core, struct call *call) {
    call->stage = CALL_BODY;
    await_more(core, call);
}

void call_take(struct http_core *core, struct call *call, const char *bytes, size_t len) {
    buffer_add(&call->body, bytes, len);
    if (!call->body.overflow) {
        await_more(core, call);
        return;
    }
    answer_error(core, call, 413, "The body is larger than is allowed here.");
    finish_reply(core, call);
    linger(call);
}

void call_complete(struct http_core *core, struct call *call) {
    (void)core;
    call->request.body = buffer_as_text(&call->body);
    hand_over(call);
}

static void answered(struct http_core *core, struct call *call) {
    finish_reply(core, call);
    call->stage = CALL_ANSWERED;
    core->resume(call);
}

bool call_at_once(struct http_core *core, struct call *call) {
    struct http_request *r = &call->request;
    if (!core->app.at_once) return false;
    log_context("request", r->request_id);
    bool done = core->app.at_once(core->app.state, r, &call->reply);
    log_context_clear();
    if (!done) {
        call->reply = (struct http_reply){.a = r->a};
        return false;
    }
    finish_reply(core, call);
    call->stage = CALL_ANSWERED;
    return true;
}

void call_give(struct http_core *core, struct call *call) {
    if (http_workers_give(&core->workers, &call->job)) return;
    answer_error(core, call, 503, "The server has too much to do at the moment.");
    http_reply_header(&call->reply, T("Retry-After"), T("1"));
    answered(core, call);
}

void call_work(void *state, struct http_job *job, bool ending) {
    struct http_core *core = state;
    struct call *call = (struct call *)job;
    log_context("request", call->request.request_id);
    bool invited = false;
    if (ending) {
        answer_error(core, call, 503, "The server is being stopped.");
    } else if (call->request.awaited) {
        invited = core->app.check(core->app.state, &call->request, &call->reply);
    } else {
        core->app.handle(core->app.state, &call->request, &call->reply);
    }
    log_context_clear();
    if (invited) {
        call->request.awaited = false, call->request.checked = true;
        call->stage = CALL_INVITED;
        core->resume(call);
    } else {
        answered(core, call);
    }
}

static void write_access_line(const struct call *call, int64_t nanoseconds) {
    const struct http_request *r = &call->request;
    log_line(LOG_INFORMATION, "request", "%s %.*s %d %zu bytes %.1f ms from %.*s id %.*s",
             r->head ? "HEAD" : http_method_name(r->method), TEXT_ARG(r->path.at ? r->path : T("(unreadable)")), call->reply.status,
             call->reply.body.len, (double)nanoseconds / 1e6, TEXT_ARG(r->client), TEXT_ARG(r->request_id));
}

static const char *sentence_of(int status) {
    switch (status) {
    case 413:
        return "The body is larger than can be read.";
    case 414:
        return "The request target is longer than can be read.";
    case 431:
        return "The headers are larger than can be read.";
    case 505:
        return "Only HTTP/1.1 is spoken here.";
    default:
        return "The request is malformed.";
    }
}

void call_refuse(struct http_core *core, struct http_socket *socket, struct call *call, int status) {
    if (call) {
        if (!call->request.raw_path.at) call->request.raw_path = http_target_front(call->target);
        answer_error(core, call, status, sentence_of(status));
        finish_reply(core, call);
        linger(call);
        return;
    }
    OWNED(arena) a = arena_new(1 << 20);
    struct http_reply reply = {.a = a};
    core->app.error(core->app.state, NULL, status, sentence_of(status), &reply);
    reply.status = status;
    http_reply_finish(&reply, NULL);
    write_directly(socket, &reply, true);
}

void call_stream(struct http_core *core, struct call *call) {
    WITH_LOCK(&core->lock);
    call->previous_stream = NULL;
    call->next_stream = core->streams;
    if (core->streams) core->streams->previous_stream = call;
    core->streams = call;
    if (atomic_load(&core->ending)) http_stream_stop(call->reply.stream);
}

void call_stop_streams(struct http_core *core) {
    WITH_LOCK(&core->lock);
    for (struct call *call = core->streams; call; call = call->next_stream) http_stream_stop(call->reply.stream);
}

static void end_stream(struct http_core *core, struct call *call) {
    if (call->stage == CALL_SENT) {
        WITH_LOCK(&core->lock);
        if (call->previous_stream) call->previous_stream->next_stream = call->next_stream;
        if (core->streams == call) core->streams = call->next_stream;
        if (call->next_stream) call->next_stream->previous_stream = call->previous_stream;
    }
    http_stream_leave(call->reply.stream);
}

static void leave(struct http_core *core) {
    WITH_LOCK(&core->lock);
    if (--core->in_hand == 0) pthread_cond_broadcast(&core->calm);
}

/* What the client is told, and the books, when the request did not come to its reply. */
static void settle_unfinished(struct http_core *core, struct call *call) {
    call->reply.status = 0;
    if (!atomic_load(&call->socket->late)) return; /* the client left */
    if (!call->request.path.at) call->request.raw_path = http_target_front(call->target);
    answer_error(core, call, 408, "The request did not arrive in time.");
    finish_reply(core, call);
    write_directly(call->socket, &call->reply, true);
}

static void count(const struct http_core *core, const struct call *call) {
    int64_t nanoseconds = monotonic_ns() - call->request.started_ns;
    int class = call->reply.status / 100;
    metric_add(&requests[class >= 1 && class <= 5 ? class : 0], 1);
    if (!call->reply.stream) metric_observe_ns(&seconds, nanoseconds);
    if (core->settings.log_requests) write_access_line(call, nanoseconds);
}

/* Keeps the call for the next request, unless it has grown large. */
static void recycle(struct http_core *core, struct call *call) {
    bool large = arena_used(call->request.a) > KEPT_ARENA || call->body.room > DISCARD_MAX;
    if (large || core->spare_count >= KEPT_CALLS) {
        free_call(call);
        return;
    }
    arena_reset(call->request.a);
    buffer_clear(&call->body);
    call->job.next = (struct http_job *)core->spare;
    core->spare = call;
    core->spare_count++;
}

void call_end(struct http_core *core, struct call *call) {
    if (call->stage <= CALL_BODY || call->stage == CALL_INVITED) settle_unfinished(core, call);
    count(core, call);
    if (call->reply.stream) end_stream(core, call);
    call->socket->call = NULL;
    if (!call->socket->lingering) http_socket_within(call->socket, core->settings.idle_ms);
    if (call->counted) leave(core);
    recycle(core, call);
}

void call_free_spares(struct http_core *core) {
    for (struct call *call = core->spare, *next; call; call = next) {
        next = (struct call *)call->job.next;
        free_call(call);
    }
    core->spare = NULL;
}
