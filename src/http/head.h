/* The checks of a request's first lines that make one meaning of it, whatever the library underneath would let through. */
#ifndef JOINERY_HTTP_HEAD_H
#define JOINERY_HTTP_HEAD_H

#include "http/http.h"

enum { HTTP_TARGET_MAX = 8192, HTTP_HEADER_BYTES_MAX = 16384, HTTP_HEADERS_MAX = 100 };

/* status 0: nothing is wrong. */
struct http_refusal {
    int status;
    const char *sentence;
};

/* Fills method, head, paths, query, host, content type and length of `r` from the parts of the request line and from r->headers,
 * whose values it trims. Everything that can be read is filled even when something is refused, so that the error is answered in the
 * form that its path wants. *broken says that the length of the body cannot be trusted. */
struct http_refusal http_head_read(struct http_request *r, text method, text target, text version, bool *broken);

/* Where the parser put its zeros: true when the lines of the block from `line` to `line + size` follow each other without a gap,
 * each closed by CR and LF. The parser of libmicrohttpd 0.9 splits lines in place: it writes a zero over the blanks of the request
 * line, over each colon, and over CR and LF. A folded line moves the header elsewhere, a bare LF leaves one zero instead of two, a
 * null character shortens a value: each breaks the chain. `headers` must still point into the block. */
bool http_head_is_contiguous(const char *line, size_t size, const char *target, size_t target_len, const char *version,
                             const struct http_pairs *headers);

#endif
