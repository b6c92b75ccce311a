/* The HTTP server as the rest of the program sees it: requests that are whole and checked, replies, and the application between. */
#ifndef JOINERY_HTTP_HTTP_H
#define JOINERY_HTTP_HTTP_H

#include "base/base.h"
#include "base/instant.h"

#include <stdatomic.h>

struct http_pair {
    text name, value;
};
struct http_pairs LIST(struct http_pair);

/* The certificate that a client showed, which the authorities of the server vouch for: its SHA-256 and serial number in lower-case
 * hex, its issuer as a distinguished name (RFC 4514). */
struct http_certificate {
    text thumbprint, issuer, serial;
};

/* HEAD arrives as HTTP_GET with `head` set; the server leaves the body out. HTTP_TRACE is recognised so that the application can
 * answer 405 with Allow; it is never served. Other methods are answered 501 before the application sees them. */
enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_TRACE };
enum { HTTP_METHODS = HTTP_TRACE + 1 };
/* "GET", "POST" … */
const char *http_method_name(enum http_method method);

/* One request, after the checks of the server: exactly one Host, at most one of Content-Length and Transfer-Encoding, HTTP/1.1, a
 * path that decodes. All texts live as long as the request, which ends after the reply was sent; `a` as well. */
struct http_request {
    arena *a;
    enum http_method method;
    bool head;
    bool secure;             /* came in over TLS here, or a trusted proxy says so */
    text raw_path;           /* as sent, without the query; for signatures and the log of refusals */
    text path;               /* decoded once: valid UTF-8, begins with '/', no empty, "." or ".." segments, no control characters; a
                                trailing '/' is kept. An escaped slash (%2F) is refused. */
    text raw_query;          /* behind '?', as sent; empty when there is none */
    struct http_pairs query; /* decoded ('+' is a space), in order, names may repeat; valid UTF-8 */
    struct http_pairs headers;                  /* as sent, in order; the values trimmed */
    text host;                                  /* the Host header */
    text content_type;                          /* null when absent */
    int64_t content_length;                     /* 0 without a body, -1 when chunked (length not known before the end) */
    text body;                                  /* whole; empty until handle() */
    bool awaited;                               /* in check(): there will be a body */
    bool checked;                               /* in handle(): check() has let it pass, or at_once() could not finish it */
    const struct http_certificate *certificate; /* NULL: none was shown, or the connection is not TLS of this server */
    text client;     /* the address of the client as text, behind trusted proxies; IPv4 never in its mapped form; "unknown"
                        when a proxy names none */
    text request_id; /* fresh and unguessable; also in the reply header X-Request-Id and in the log */
    instant started;
    int64_t started_ns;      /* monotonic */
    const atomic_bool *left; /* becomes true within a second or two when the client has closed its side of the connection; for
                                handlers that work long. May be NULL */
    const void *route;       /* two slots that belong to the application: what it found in limit() … */
    void *caller;            /* … and who is asking */
};

/* The first header of that name (without regard to case), or null. */
text http_header(const struct http_request *r, text name);
/* The first query parameter of exactly that name, or null; http_query_ascii_case ignores case. */
text http_query(const struct http_request *r, text name);
text http_query_ascii_case(const struct http_request *r, text name);
/* The value of a cookie, or null. */
text http_cookie(const struct http_request *r, text name);
/* True under /api (`/api` itself or anything below, without regard to case); true for a root such as T("/ws") as well. */
bool http_path_is_under(text path, text root);

/* One reply. `body` and the pairs must live in `a` (the request's arena) or for ever; they are not copied. The server adds
 * Content-Length, Date, X-Request-Id, the security headers (those that the application has not set itself), and under /api
 * `api-supported-versions` and `Cache-Control: no-store`. Zeroed but for `a`, it is 200 without a body. */
struct http_reply {
    arena *a;
    int status;        /* 0 means 200 */
    text content_type; /* null: no Content-Type header */
    text body;
    struct http_pairs headers;
    bool close;                 /* Connection: close */
    struct http_stream *stream; /* set by http_reply_stream(); `body` is then not looked at */
};

/* A reply that goes on: server-sent events. No thread waits for it; a stream that has nothing to say costs a socket and its buffer.
 */
typedef struct http_stream http_stream;

/* Makes the reply a stream and returns the application's end of it, which outlives the request; call it in handle(). */
http_stream *http_reply_stream(struct http_reply *reply);
/* Appends bytes (whole events: "id: 7\ndata: …\n\n"); any thread, never blocks. False when the client has left, the server stops or
 * the client reads so slowly that 256 KiB wait: then the stream is at its end, and only http_stream_end() remains to be done. A
 * client that left silently is noticed only by sending, so the application sends a comment (":\n\n") every half minute. */
bool http_stream_send(http_stream *s, text bytes);
/* Ends the stream behind what was sent and gives the application's end up. NULL is allowed. */
void http_stream_end(http_stream *s);

/* Adds a header; the value is copied. A value with control characters is cut before the first one, so that nothing can be smuggled
 * into a reply. */
void http_reply_header(struct http_reply *reply, text name, text value);
void http_reply_header_print(struct http_reply *reply, text name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The usual reason phrase, "Unknown" for a strange status. */
const char *http_status_phrase(int status);

/* A file of the portal, embedded in the program: all bytes are constant. `br` and `gz` may be null. `immutable` says that the name
 * contains a hash of the content, so that browsers need not ask again. */
struct http_asset {
    text path; /* /assets/index-4f2a.js */
    text content_type;
    text bytes, br, gz;
    text etag; /* with its quotation marks */
    bool immutable;
};

/* Answers with a static file: chooses the encoding by Accept-Encoding, answers 304 when If-None-Match names the tag, sets ETag,
 * Vary and Cache-Control. */
void http_reply_asset(struct http_reply *reply, const struct http_request *r, const struct http_asset *asset);

/* Sentences with which a path is refused (400) before it can be read. */
#define HTTP_ESCAPED_SLASH "The path contains an escaped slash or backslash."
#define HTTP_DOT_SEGMENT "The path contains a dot segment."
#define HTTP_EMPTY_SEGMENT "The path contains an empty segment."

/* What the server asks of the application. `state` is handed to each.
 *
 * limit: called on the I/O thread when the headers are complete, before a byte of the body was read; it must not block (no
 *   database). True: go on, with *body_max bytes of body at most (0: a body is refused with 413). False: `reply` holds the answer
 * (404, 405, 415 …), and handle() is never called. A Content-Length above *body_max is answered 413 by the server through error().
 * check: may be NULL. Called on a worker thread, may block, before handle() and only when the client wants to be invited to send
 * its body (Expect: 100-continue). True: it is invited, and handle() follows. False: `reply` holds the answer, and the body is not
 * read. at_once: may be NULL. Called on the I/O thread when the request is whole; it must not wait for anything and be done within
 * a few milliseconds. True: `reply` holds the answer. False: handle() follows as if nothing had been. handle: called on a worker
 * thread, may block; fills the reply. Several calls run at once. error: fills the reply for an error that the server found itself:
 * 400, 408, 413, 414, 431, 500, 501, 503, 505. `r` may be NULL when no request could be understood; its path is null when only that
 * failed. Called on any thread, must not block. `sentence` says what was wrong and never repeats input. The application may choose
 * another status. */
struct http_app {
    void *state;
    bool (*limit)(void *state, struct http_request *r, size_t *body_max, struct http_reply *reply);
    void (*handle)(void *state, struct http_request *r, struct http_reply *reply);
    void (*error)(void *state, const struct http_request *r, int status, const char *sentence, struct http_reply *reply);
    bool (*check)(void *state, struct http_request *r, struct http_reply *reply);
    bool (*at_once)(void *state, struct http_request *r, struct http_reply *reply);
};

/* Paths of PEM files; certificate null: plain HTTP. client_ca null: no certificate is asked of clients. */
struct http_tls_files {
    text certificate, key, client_ca;
};

/* Zero or null means the default that stands behind it. */
struct http_settings {
    text listen;                 /* "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses, both families), port 0: any free port */
    int workers;                 /* threads that run handle(); 8 */
    struct http_tls_files tls;   /* files that change are read again */
    text trusted_proxies;        /* comma list of addresses and CIDR ranges; what does not parse is warned about and skipped */
    int header_ms;               /* from the first sight of a request to the end of its headers; 10,000 */
    int request_ms;              /* … to the end of its body; 30,000 */
    int progress_ms;             /* between two pieces of a body; 10,000 */
    int idle_ms;                 /* between two requests of a connection; 60,000 */
    int connections;             /* in all; 1,024 */
    int connections_per_address; /* trusted proxies are not counted; 256 */
    int queue;                   /* requests that wait for a worker, above that 503; 512 */
    size_t memory;               /* the arena of one request may grow to this; 256 MiB */
    bool log_requests;           /* one line per request */
};

typedef struct http_server http_server;

/* Binds, and serves until http_server_stop(). The application must live longer than the server. Ignores SIGPIPE in the whole
 * process. ERROR_INVALID for an address that cannot be read, ERROR_IO when it cannot be bound. */
FALLIBLE http_server_start(const struct http_settings *settings, const struct http_app *app, http_server **out);
/* The port that is bound, for settings with port 0. */
int http_server_port(const http_server *s);
/* Accepts nothing more, lets the calls in hand finish, for at most `milliseconds`; then the connections are cut, requests that no
 * worker has begun are answered 503, and the call returns when the handlers that still run have returned. Frees the server. NULL is
 * allowed. */
void http_server_stop(http_server *s, int milliseconds);

#endif
