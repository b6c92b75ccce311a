/* The record that each request to /ws leaves in the log (public-data-api.md §9). */
#ifndef JOINERY_API_WS_AUDIT_H
#define JOINERY_API_WS_AUDIT_H

#include "api/api.h"
#include "search/query.h"

/* Notes what is asked: names and conditions, never values. */
void ws_audit_query(struct call *c, const struct search_query *q);
/* Writes the record, when the reply is known. */
void ws_audit(struct call *c, int status, int64_t nanoseconds);
/* The same for a request that came to no route, or not to its handler; nothing when it is not under /ws. `r` may be NULL. */
void ws_audit_refusal(const struct http_request *r, int status);

#endif
