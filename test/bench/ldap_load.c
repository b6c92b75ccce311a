/* Asks a directory over LDAP for entries by an equality, on several connections that wait for each answer: ldap_load PORT
 * CONNECTIONS SECONDS BASE ATTRIBUTE PREFIX COUNT. Prints one line of JSON: searches a second, entries, and the median and 99th of
 * a hundred in milliseconds. The few bytes of the protocol (RFC 4511) are written here, so that the client costs as little as
 * possible. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20, MOST = 256, TIMES = 1 << 20 };

struct connection {
    int socket;
    double asked;
    size_t len;
    uint8_t *in;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Adds a value with its tag; lengths below 65,536. */
static size_t put(uint8_t *out, uint8_t tag, const void *bytes, size_t len) {
    size_t at = 0;
    out[at++] = tag;
    if (len >= 128) {
        out[at++] = 0x82;
        out[at++] = (uint8_t)(len >> 8);
    }
    out[at++] = (uint8_t)len;
    memmove(out + at, bytes, len);
    return at + len;
}

static size_t request(uint8_t *out, const char *base, const char *attribute, const char *value) {
    uint8_t filter[600], search[1200], message[1300];
    size_t n = put(filter, 0x04, attribute, strlen(attribute));
    n += put(filter + n, 0x04, value, strlen(value));
    size_t s = put(search, 0x04, base, strlen(base));
    s += put(search + s, 0x0A, "\x02", 1); /* the whole subtree */
    s += put(search + s, 0x0A, "\x00", 1); /* aliases are not followed */
    s += put(search + s, 0x02, "\x00", 1); /* no limit of entries */
    s += put(search + s, 0x02, "\x00", 1); /* … nor of time */
    s += put(search + s, 0x01, "\x00", 1); /* values, too */
    s += put(search + s, 0xA3, filter, n); /* equality */
    uint8_t wanted[200];
    static const char *const names[] = {"employeeNumber", "givenName", "sn", "departmentNumber", "uid"};
    size_t w = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) w += put(wanted + w, 0x04, names[i], strlen(names[i]));
    s += put(search + s, 0x30, wanted, w);
    size_t m = put(message, 0x02, "\x01", 1);
    m += put(message + m, 0x63, search, s);
    return put(out, 0x30, message, m);
}

/* The length of the whole message at `at`, 0: not all of its head is there; *body: where it begins. */
static size_t message_length(const uint8_t *at, size_t have, size_t *body) {
    if (have < 2) return 0;
    size_t len = at[1], head = 2;
    if (len & 0x80) {
        size_t bytes = len & 0x7F;
        if (have < 2 + bytes) return 0;
        len = 0;
        for (size_t i = 0; i < bytes; i++) len = len << 8 | at[2 + i];
        head += bytes;
    }
    *body = head;
    return head + len;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int connect_to(int port) {
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to) != 0) fail("connect");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static uint64_t seed = 88172645463325252u;
static char **arguments;

static void ask(struct connection *c) {
    uint8_t out[1500];
    char value[100];
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    snprintf(value, sizeof value, "%s%llu", arguments[6], (unsigned long long)(seed % strtoull(arguments[7], NULL, 10)));
    size_t len = request(out, arguments[4], arguments[5], value);
    c->asked = now();
    if (write(c->socket, out, len) != (ssize_t)len) fail("write");
}

/* True when the answer is complete: the message whose operation is SearchResultDone. */
static bool answered(struct connection *c, long *entries) {
    ssize_t got = read(c->socket, c->in + c->len, ROOM - c->len);
    if (got <= 0) fail("read");
    c->len += (size_t)got;
    bool done = false;
    for (size_t body, len; (len = message_length(c->in, c->len, &body)) && len <= c->len;) {
        uint8_t operation = c->in[body + 2 + c->in[body + 1]]; /* behind the number of the message */
        *entries += operation == 0x64;
        done = operation == 0x65;
        memmove(c->in, c->in + len, c->len -= len);
    }
    return done;
}

static int by_time(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc != 8) return fprintf(stderr, "usage: ldap_load PORT CONNECTIONS SECONDS BASE ATTRIBUTE PREFIX COUNT\n"), 2;
    static struct connection connections[MOST];
    static struct pollfd polls[MOST];
    int count = atoi(argv[2]);
    long answers = 0, entries = 0;
    double *times = calloc(TIMES, sizeof *times);
    arguments = argv;
    if (count < 1 || count > MOST || !times) return 2;
    for (int i = 0; i < count; i++) {
        connections[i] = (struct connection){.socket = connect_to(atoi(argv[1])), .in = malloc(ROOM)};
        polls[i] = (struct pollfd){connections[i].socket, POLLIN, 0};
        ask(&connections[i]);
    }
    double began = now(), end = began + atof(argv[3]);
    while (now() < end) {
        if (poll(polls, (nfds_t)count, 1000) < 0) fail("poll");
        for (int i = 0; i < count; i++) {
            if (!polls[i].revents || !answered(&connections[i], &entries)) continue;
            times[answers++ % TIMES] = now() - connections[i].asked;
            ask(&connections[i]);
        }
    }
    double took = now() - began;
    size_t kept = answers < TIMES ? (size_t)answers : TIMES;
    qsort(times, kept, sizeof *times, by_time);
    printf("{\"rate\":%.0f,\"entries\":%ld,\"answers\":%ld,\"p50\":%.3f,\"p99\":%.3f}\n", (double)answers / took, entries, answers,
           times[kept / 2] * 1e3, times[kept * 99 / 100] * 1e3);
    return 0;
}
