/* Listening sockets. */
#include "http/listen.h"

#include "base/arena.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Splits "host:port", "[v6]:port" or ":port". */
static FALLIBLE split(text address, text *host, int32_t *port) {
    size_t colon = address.len;
    while (colon > 0 && address.at[colon - 1] != ':') colon--;
    bool readable = colon > 0 && text_to_int32(text_slice(address, colon, address.len), port) && *port >= 0 && *port <= 65535;
    if (readable) {
        *host = text_slice(address, 0, colon - 1);
        bool bracketed = host->len > 2 && host->at[0] == '[' && host->at[host->len - 1] == ']';
        if (bracketed) *host = text_slice(*host, 1, host->len - 1);
        readable = bracketed || !memchr(host->at, ':', host->len);
    }
    if (readable && host->len < NI_MAXHOST) return NULL;
    return FAIL(ERROR_INVALID, "\"%.*s\" is no address to listen on; write 127.0.0.1:8080, [::1]:8080 or :8080", TEXT_ARG(address));
}

static bool open_socket(const struct addrinfo *info, int *out) {
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, 1024) == 0) {
        *out = fd;
        return true;
    }
    int kept = errno;
    close(fd);
    errno = kept;
    return false;
}

static int bound_port(int fd) {
    struct sockaddr_in6 at = {0}; /* the port lies at the same place in both families */
    socklen_t len = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 ? ntohs(at.sin6_port) : 0;
}

FALLIBLE http_listen(text address, int *fd, int *port) {
    text host = {0};
    int32_t wanted = 0;
    TRY(split(address, &host, &wanted));
    char name[NI_MAXHOST], service[8];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(host));
    snprintf(service, sizeof service, "%d", wanted);
    struct addrinfo hints = {.ai_family = host.len ? AF_UNSPEC : AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host.len ? name : "::", service, &hints, &found);
    bool open = false;
    for (struct addrinfo *i = found; i && !open && !failed; i = i->ai_next) open = open_socket(i, fd);
    if (found) freeaddrinfo(found);
    if (!open && !host.len) { /* a machine without IPv6 */
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wanted)};
        struct addrinfo v4 = {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&any, .ai_addrlen = sizeof any};
        failed = 0;
        open = open_socket(&v4, fd);
    }
    if (failed) return FAIL(ERROR_INVALID, "cannot listen on %.*s: %s", TEXT_ARG(address), gai_strerror(failed));
    if (!open) return FAIL(ERROR_IO, "cannot listen on %.*s: %s", TEXT_ARG(address), strerror(errno));
    *port = bound_port(*fd);
    return NULL;
}
