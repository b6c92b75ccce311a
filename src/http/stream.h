/* The server's end of a stream. */
#ifndef JOINERY_HTTP_STREAM_H
#define JOINERY_HTTP_STREAM_H

#include "http/http.h"

#include <sys/types.h>

/* How the stream stops and wakes its connection; set before the first read. */
struct http_stream_link {
    void *connection;
    void (*suspend)(void *connection), (*resume)(void *connection);
};

void http_stream_attach(http_stream *s, struct http_stream_link link);
/* Takes at most `room` bytes out. 0 means that there is nothing: then the connection was suspended. -1 is the end. */
ssize_t http_stream_read(http_stream *s, char *into, size_t room);
/* Nothing more can be sent; what waits still goes out. */
void http_stream_stop(http_stream *s);
/* The connection has ended: gives the server's end up. */
void http_stream_leave(http_stream *s);

#endif
