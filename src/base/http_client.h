/* Fetching a document from another server over HTTP, by libcurl. */
#ifndef JOINERY_BASE_HTTP_CLIENT_H
#define JOINERY_BASE_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/error.h"

/* GET of an http or https URL: follows no redirect, checks the certificate against the authorities of the system (SSL_CERT_FILE
 * names others), waits so long at most, takes so many bytes at most. ERROR_IO says what went wrong, also for every status but 200.
 */
FALLIBLE http_get(arena *a, text url, int milliseconds, size_t max_bytes, text *out);

#endif
