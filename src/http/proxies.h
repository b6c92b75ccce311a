/* Which peers may speak for others, and the client address that follows (operations §5). */
#ifndef JOINERY_HTTP_PROXIES_H
#define JOINERY_HTTP_PROXIES_H

#include "http/http.h"

#include <sys/socket.h>

/* IPv6, with IPv4 in its mapped form. */
struct http_address {
    uint8_t bytes[16];
};
struct http_network {
    struct http_address address;
    int bits;
};
struct http_networks LIST(struct http_network);

bool http_address_read(text t, struct http_address *out);
struct http_address http_address_of(const struct sockaddr *peer);
/* Plain IPv4 for mapped addresses. */
text http_address_text(arena *a, struct http_address address);
bool http_address_equal(struct http_address a, struct http_address b);

/* Reads a comma list of addresses and ranges ("10.0.0.0/8, ::1"); what does not parse is logged and left out. */
void http_networks_read(arena *a, text list, struct http_networks *out);
bool http_networks_hold(const struct http_networks *networks, struct http_address address);

/* The client of a request that came from `peer`: when the peer is trusted, X-Forwarded-For is walked from its end to the first hop
 * that is not. False when a trusted hop names what is no address: then nobody knows who the client is. */
bool http_client_of(const struct http_networks *trusted, struct http_address peer, const struct http_pairs *headers,
                    struct http_address *client);
/* True when a trusted peer says in X-Forwarded-Proto that its client uses TLS; the last value counts. */
bool http_client_uses_tls(const struct http_networks *trusted, struct http_address peer, const struct http_pairs *headers);

#endif
