/* The open connections: how many there may be, until when each must have said something, and whether its client is still there. */
#ifndef JOINERY_HTTP_SOCKETS_H
#define JOINERY_HTTP_SOCKETS_H

#include "http/proxies.h"

#include "base/thread.h"

#include <stdatomic.h>

/* One open connection. Belongs to the I/O thread; the sweep looks at it under the lock of its list. */
struct http_socket {
    struct http_socket *next, *previous;
    int fd;
    struct http_address peer;
    void *tls;                   /* the session, or NULL: plain */
    int64_t accounted;           /* of the I/O thread: bytes of the requests that were whole; -1: not known (chunks) */
    struct call *call;           /* of the I/O thread: the request in hand, or NULL */
    _Atomic int64_t deadline_ns; /* monotonic; 0: none */
    _Atomic int late;            /* how often the sweep has shut it down for reading */
    atomic_bool left;            /* the sweep has seen that the client is gone */
    _Atomic bool lingering;      /* the reply is out and what still arrives is thrown away: the sweep shuts it down wholly */
};

struct http_sockets {
    mutex lock; /* over the list and `ending` */
    pthread_cond_t wake;
    pthread_t sweeper;
    struct http_socket *first;
    int most_per_address;
    int tick_ms;
    bool ending;
    const struct http_networks *trusted;
};

/* Starts the sweep, which looks at all deadlines and for clients that have left every tick_ms. */
void http_sockets_start(struct http_sockets *s, const struct http_networks *trusted, int most_per_address, int tick_ms);
void http_sockets_stop(struct http_sockets *s);
/* Whether one more connection of that address may be taken; trusted proxies always may. */
bool http_sockets_admit(struct http_sockets *s, const struct sockaddr *peer);
struct http_socket *http_sockets_open(struct http_sockets *s, int fd, const struct sockaddr *peer);
/* Must be called before the descriptor is closed. */
void http_sockets_close(struct http_sockets *s, struct http_socket *socket);
/* Whether all that was read from the socket belongs to requests that are over: nothing of another one has come. Asks the kernel. */
bool http_socket_is_quiet(const struct http_socket *socket);
/* A deadline from now; 0 takes it away. */
void http_socket_within(struct http_socket *socket, int milliseconds);

#endif
