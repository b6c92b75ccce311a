/* TLS of the server: its certificate and key, the authorities of client certificates, and their renewal while it runs. */
#ifndef JOINERY_HTTP_TLS_H
#define JOINERY_HTTP_TLS_H

#include "http/http.h"

#include <sys/types.h>

/* Reads the certificate chain, its key and the authorities (PEM files; client_ca may be null) that every later handshake uses; one
 * set for the process, because the library underneath hands no state to its callback. ERROR_INVALID names the file that cannot be
 * read or does not fit the others. While it is open, changed files take effect for new connections within about a second; files
 * that are wrong then are logged, and the ones in use stay. */
FALLIBLE http_tls_open(const struct http_tls_files *files);
void http_tls_close(void);
/* The callback that gives the library certificate and key for a handshake. */
void *http_tls_retrieve(void);
/* Sends without blocking over a session whose handshake is done; as send(2). For the few replies that the library does not write.
 */
ssize_t http_tls_send(void *session, text bytes);
/* The client's certificate, texts in `a`; false when it showed none. A chain that the authorities do not vouch for never gets here:
 * its handshake is aborted. */
bool http_tls_client(void *session, arena *a, struct http_certificate *out);

#endif
