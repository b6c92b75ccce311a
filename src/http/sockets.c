/* The list of open connections and the sweep that ends late ones. */
#include "http/sockets.h"

#include "base/die.h"
#include "base/metrics.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static struct metric connections_open = {
    .name = "joinery_http_connections", .help = "Open HTTP connections.", .kind = METRIC_GAUGE};

enum { POLITE = 3 };

/* Shutting for reading makes the library see the end of the request, so that the client can still be told. A byte that arrives at
 * the same moment hides the end from it; so it is done again, and at last wholly: then a further byte resets the connection. */
static void shut_if_late(struct http_socket *socket, int64_t now) {
    int64_t deadline = atomic_load(&socket->deadline_ns);
    if (!deadline || now < deadline) return;
    bool wholly = atomic_fetch_add(&socket->late, 1) >= POLITE || atomic_load(&socket->lingering);
    shutdown(socket->fd, wholly ? SHUT_RDWR : SHUT_RD);
}

/* A client that has ended its side waits for nothing any more. */
static void look_whether_left(struct http_socket *socket) {
    struct pollfd p = {.fd = socket->fd, .events = POLLRDHUP};
    if (poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR)) atomic_store(&socket->left, true);
}

static void *sweep(void *state) {
    struct http_sockets *s = state;
    WITH_LOCK(&s->lock);
    while (!s->ending) {
        condition_wait_ms(&s->wake, &s->lock, s->tick_ms);
        int64_t now = monotonic_ns();
        for (struct http_socket *socket = s->first; socket; socket = socket->next) {
            look_whether_left(socket);
            shut_if_late(socket, now);
        }
    }
    return NULL;
}

void http_sockets_start(struct http_sockets *s, const struct http_networks *trusted, int most_per_address, int tick_ms) {
    *s = (struct http_sockets){.trusted = trusted, .most_per_address = most_per_address, .tick_ms = tick_ms};
    pthread_mutex_init(&s->lock, NULL);
    condition_init(&s->wake);
    metric_register(&connections_open);
    s->sweeper = thread_start("http sweep", sweep, s);
}

void http_sockets_stop(struct http_sockets *s) {
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->sweeper, NULL);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
}

bool http_sockets_admit(struct http_sockets *s, const struct sockaddr *peer) {
    struct http_address address = http_address_of(peer);
    if (http_networks_hold(s->trusted, address)) return true;
    int count = 0;
    WITH_LOCK(&s->lock);
    for (const struct http_socket *socket = s->first; socket; socket = socket->next)
        count += http_address_equal(socket->peer, address);
    return count < s->most_per_address;
}

struct http_socket *http_sockets_open(struct http_sockets *s, int fd, const struct sockaddr *peer) {
    struct http_socket *socket = calloc(1, sizeof *socket);
    if (!socket) die("out of memory");
    socket->fd = fd;
    socket->peer = http_address_of(peer);
    metric_add(&connections_open, 1);
    WITH_LOCK(&s->lock);
    socket->next = s->first;
    if (s->first) s->first->previous = socket;
    s->first = socket;
    return socket;
}

void http_sockets_close(struct http_sockets *s, struct http_socket *socket) {
    pthread_mutex_lock(&s->lock);
    if (socket->previous) {
        socket->previous->next = socket->next;
    } else {
        s->first = socket->next;
    }
    if (socket->next) socket->next->previous = socket->previous;
    pthread_mutex_unlock(&s->lock);
    metric_add(&connections_open, -1);
    free(socket);
}

void http_socket_within(struct http_socket *socket, int milliseconds) {
    atomic_store(&socket->deadline_ns, milliseconds ? monotonic_ns() + milliseconds * INT64_C(1000000) : 0);
}

bool http_socket_is_quiet(const struct http_socket *socket) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int unread = 0;
    if (socket->call || socket->accounted < 0) return false;
    if (getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ioctl(socket->fd, FIONREAD, &unread) != 0) return false;
    return (int64_t)info.tcpi_bytes_received - unread == socket->accounted;
}
