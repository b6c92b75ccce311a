/* What the server adds to every reply, and a reply as bytes for the few cases in which no library writes it. */
#ifndef JOINERY_HTTP_REPLY_H
#define JOINERY_HTTP_REPLY_H

#include "http/http.h"

/* Adds the headers that every reply has (operations §6) and those under /api, unless the application has set them; `r` may be NULL.
 */
void http_reply_finish(struct http_reply *reply, const struct http_request *r);
/* The whole reply on the wire, with Connection: close; after http_reply_finish(). */
text http_reply_wire(arena *a, const struct http_reply *reply, bool with_body);

#endif
