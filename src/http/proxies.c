/* Addresses, ranges, and the walk through X-Forwarded-For. */
#include "http/proxies.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct http_address mapped(const struct in_addr *v4) {
    struct http_address address;
    memcpy(address.bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(address.bytes + 12, v4, 4);
    return address;
}

bool http_address_read(text t, struct http_address *out) {
    char closed[INET6_ADDRSTRLEN];
    if (t.len == 0 || t.len >= sizeof closed || memchr(t.at, 0, t.len)) return false;
    memcpy(closed, t.at, t.len);
    closed[t.len] = 0;
    struct in_addr v4;
    if (inet_pton(AF_INET, closed, &v4) == 1) {
        *out = mapped(&v4);
        return true;
    }
    return inet_pton(AF_INET6, closed, out->bytes) == 1;
}

struct http_address http_address_of(const struct sockaddr *peer) {
    struct http_address address = {0};
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, peer, sizeof v4);
        return mapped(&v4.sin_addr);
    }
    if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, peer, sizeof v6);
        memcpy(address.bytes, &v6.sin6_addr, sizeof address.bytes);
    }
    return address;
}

static bool is_mapped(struct http_address address) { return memcmp(address.bytes, mapped_prefix, sizeof mapped_prefix) == 0; }

text http_address_text(arena *a, struct http_address address) {
    char out[INET6_ADDRSTRLEN];
    bool v4 = is_mapped(address);
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address.bytes + 12 : address.bytes, out, sizeof out)) return T("unknown");
    return arena_text(a, text_of(out));
}

bool http_address_equal(struct http_address a, struct http_address b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }

static bool read_network(text entry, struct http_network *out) {
    size_t slash = text_find_byte(entry, '/');
    text address = slash == SIZE_MAX ? entry : text_slice(entry, 0, slash);
    if (!http_address_read(address, &out->address)) return false;
    int most = memchr(address.at, ':', address.len) ? 128 : 32;
    int32_t bits = most;
    if (slash != SIZE_MAX && !text_to_int32(text_slice(entry, slash + 1, entry.len), &bits)) return false;
    if (bits < 0 || bits > most) return false;
    out->bits = most == 32 ? bits + 96 : bits;
    return true;
}

void http_networks_read(arena *a, text list, struct http_networks *out) {
    for (size_t from = 0, i = 0; i <= list.len; i++) {
        if (i < list.len && list.at[i] != ',') continue;
        text entry = text_trim_ascii(text_slice(list, from, i));
        struct http_network network;
        if (read_network(entry, &network)) {
            *LIST_ADD(a, out) = network;
        } else if (!text_is_empty(entry)) {
            log_line(LOG_WARNING, "trusted proxy ignored", "\"%.*s\" is neither an address nor a range such as 10.0.0.0/8",
                     TEXT_ARG(entry));
        }
        from = i + 1;
    }
}

static bool network_holds(const struct http_network *network, struct http_address address) {
    int whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address.bytes, address.bytes, (size_t)whole) != 0) return false;
    if (!rest) return true;
    int mask = 0xff << (8 - rest);
    return ((network->address.bytes[whole] ^ address.bytes[whole]) & mask & 0xff) == 0;
}

bool http_networks_hold(const struct http_networks *networks, struct http_address address) {
    for (EACH(const struct http_network, network, networks))
        if (network_holds(network, address)) return true;
    return false;
}

/* An entry of X-Forwarded-For: an address, perhaps with a port, as some proxies write it. */
static bool read_hop(text entry, struct http_address *out) {
    if (http_address_read(entry, out)) return true;
    size_t close = text_find_byte(entry, ']');
    if (entry.len && entry.at[0] == '[' && close != SIZE_MAX) return http_address_read(text_slice(entry, 1, close), out);
    size_t colon = text_find_byte(entry, ':');
    return colon != SIZE_MAX && http_address_read(text_slice(entry, 0, colon), out);
}

/* Walks one header line from its end; true when the walk goes on in the line before. */
static bool walk(const struct http_networks *trusted, text line, struct http_address *client, bool *known) {
    for (size_t to = line.len, i = line.len + 1; i-- > 0;) {
        if (i > 0 && line.at[i - 1] != ',') continue;
        text entry = text_trim_ascii(text_slice(line, i, to));
        struct http_address hop;
        *known = text_is_empty(entry) || read_hop(entry, &hop);
        if (!*known) return false;
        if (!text_is_empty(entry)) *client = hop;
        if (!http_networks_hold(trusted, *client)) return false;
        to = i ? i - 1 : 0;
    }
    return true;
}

bool http_client_of(const struct http_networks *trusted, struct http_address peer, const struct http_pairs *headers,
                    struct http_address *client) {
    bool known = true;
    *client = peer;
    if (!http_networks_hold(trusted, peer)) return true;
    for (size_t i = headers->count; i-- > 0;) {
        if (!text_equal_ascii_case(headers->at[i].name, T("X-Forwarded-For"))) continue;
        if (!walk(trusted, headers->at[i].value, client, &known)) break;
    }
    return known;
}

bool http_client_uses_tls(const struct http_networks *trusted, struct http_address peer, const struct http_pairs *headers) {
    if (!http_networks_hold(trusted, peer)) return false;
    for (size_t i = headers->count; i-- > 0;) {
        if (!text_equal_ascii_case(headers->at[i].name, T("X-Forwarded-Proto"))) continue;
        text value = headers->at[i].value;
        for (size_t k = value.len; k-- > 0;)
            if (value.at[k] == ',') {
                value = text_slice(value, k + 1, value.len);
                break;
            }
        return text_equal_ascii_case(text_trim_ascii(value), T("https"));
    }
    return false;
}
