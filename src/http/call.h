/* One request on its way through the server, from its first line to the end of its reply; knows nothing of the library below. */
#ifndef JOINERY_HTTP_CALL_H
#define JOINERY_HTTP_CALL_H

#include "http/sockets.h"
#include "http/workers.h"

/* The stages, in the order in which a call can pass them. Who may touch the call: the I/O thread, but in CALL_WAITING the worker.
 *
 *   HEADERS ──→ BODY ──→ WAITING ──→ ANSWERED ──→ SENT
 *      │          │                     ↑
 *      ├──────────┼─────────────────────┤  refused: the rest of a small body is thrown away first
 *      └──────────┴──→ LINGERING           refused, and nobody knows how much is still to come
 *
 * A client that wants to be invited to send its body: HEADERS ──→ WAITING ──→ INVITED ──→ BODY, or from WAITING to ANSWERED.
 *
 * In each stage the connection can end, which ends the call, but not in WAITING: then the connection is suspended, and the worker
 * always resumes it. So the call is freed in one place, when the library reports the end of the request. */
enum call_stage { CALL_HEADERS, CALL_BODY, CALL_WAITING, CALL_INVITED, CALL_ANSWERED, CALL_SENT, CALL_LINGERING };

struct call {
    struct http_job job; /* first, so that a job is a call */
    enum call_stage stage;
    struct http_request request;
    struct http_reply reply;
    struct http_socket *socket;
    void *connection;      /* the library's; for resuming */
    const char *target_at; /* where the target lies in the library's buffer */
    text target;
    struct buffer body;
    int64_t ends_ns;                            /* when all of it must be there */
    bool counted;                               /* in `in_hand` */
    struct call *next_stream, *previous_stream; /* in `streams` */
};

/* What all calls of a server share. */
struct http_core {
    struct http_settings settings; /* with the defaults filled in */
    struct http_app app;
    arena *a;
    struct http_networks trusted;
    struct http_sockets sockets;
    struct http_workers workers;
    mutex lock; /* over in_hand and streams */
    pthread_cond_t calm;
    int in_hand;          /* requests whose headers are complete and whose reply is not sent */
    struct call *streams; /* replies that go on */
    _Atomic bool ending;
    struct call *spare; /* of the I/O thread */
    int spare_count;
    void (*resume)(struct call *call);
};

/* The request line as the library gives it; the headers are in call->request.headers already. */
struct call_lines {
    const char *method, *version;
    size_t header_bytes;
    bool check_layout; /* http_head_is_contiguous() applies to this library */
};

/* A new request was seen: only its target is known. `target` is copied. */
struct call *call_new(struct http_core *core, struct http_socket *socket, const char *target);
/* The headers are complete: checks them, asks the application. True when the reply must be sent at once; else the stage says how
 * it goes on: CALL_WAITING is for a worker, as behind call_complete(). */
bool call_begin(struct http_core *core, struct call *call, const struct call_lines *lines);
/* The worker has let it pass: from now on the body is read. */
void call_invite(struct http_core *core, struct call *call);
/* A piece of the body. */
void call_take(struct http_core *core, struct call *call, const char *bytes, size_t len);
/* The body is complete: makes it ready for a worker (CALL_WAITING). */
void call_complete(struct http_core *core, struct call *call);
/* Answers without a worker when the application can; true: the reply must be sent. */
bool call_at_once(struct http_core *core, struct call *call);
/* Gives it to the workers; when they have too much, the call is answered 503 and resumed at once. */
void call_give(struct http_core *core, struct call *call);
/* What a worker does. */
void call_work(void *core, struct http_job *job, bool ending);
/* The library is about to refuse a request by itself, with a page of its own: writes our answer first and shuts the socket for
 * writing. `call` is NULL when not even the target was read. */
void call_refuse(struct http_core *core, struct http_socket *socket, struct call *call, int status);
/* The reply is a stream and begins now. */
void call_stream(struct http_core *core, struct call *call);
/* Ends all streams, after `ending` was set. */
void call_stop_streams(struct http_core *core);
/* The request has ended, well or not. */
void call_end(struct http_core *core, struct call *call);
void call_free_spares(struct http_core *core);
void call_register_metrics(void);

#endif
