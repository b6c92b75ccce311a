/* A queue of bytes between whoever has something to say and the I/O thread. */
#include "http/stream.h"

#include "base/die.h"
#include "base/thread.h"

#include <stdlib.h>

enum { PENDING_MAX = 256 * 1024 };

/* The lock is taken before the library's own: suspending and resuming happen under it, so that no wake-up is lost. */
struct http_stream {
    mutex lock;
    struct buffer pending;
    struct http_stream_link link;
    bool stopped; /* nothing more is taken */
    bool asleep;  /* the connection is suspended */
    int holders;  /* application and server */
};

http_stream *http_reply_stream(struct http_reply *reply) {
    http_stream *s = calloc(1, sizeof *s);
    if (!s) die("out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->pending.max = PENDING_MAX;
    s->holders = 2;
    return reply->stream = s;
}

void http_stream_attach(http_stream *s, struct http_stream_link link) {
    WITH_LOCK(&s->lock);
    s->link = link;
}

static void wake(http_stream *s) {
    if (!s->asleep) return;
    s->asleep = false;
    s->link.resume(s->link.connection);
}

bool http_stream_send(http_stream *s, text bytes) {
    WITH_LOCK(&s->lock);
    if (s->stopped) return false;
    buffer_text(&s->pending, bytes);
    s->stopped = s->pending.overflow;
    wake(s);
    return !s->stopped;
}

ssize_t http_stream_read(http_stream *s, char *into, size_t room) {
    WITH_LOCK(&s->lock);
    size_t len = s->pending.len < room ? s->pending.len : room;
    if (len) {
        memcpy(into, s->pending.at, len);
        memmove(s->pending.at, s->pending.at + len, s->pending.len - len);
        s->pending.len -= len;
        return (ssize_t)len;
    }
    if (s->stopped) return -1;
    s->asleep = true;
    s->link.suspend(s->link.connection);
    return 0;
}

void http_stream_stop(http_stream *s) {
    WITH_LOCK(&s->lock);
    s->stopped = true;
    wake(s);
}

static void let_go(http_stream *s) {
    pthread_mutex_lock(&s->lock);
    bool last = --s->holders == 0;
    pthread_mutex_unlock(&s->lock);
    if (!last) return;
    pthread_mutex_destroy(&s->lock);
    buffer_free(&s->pending);
    free(s);
}

void http_stream_end(http_stream *s) {
    if (!s) return;
    http_stream_stop(s);
    let_go(s);
}

void http_stream_leave(http_stream *s) {
    http_stream_stop(s); /* never asleep here: a suspended connection does not end */
    let_go(s);
}
