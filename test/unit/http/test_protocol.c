/* What the server lets through and what it refuses, byte by byte. */
#include "tiny.h"

#define HOST "Host: a.example\r\n"

static http_server *server;

static int start(void **state) {
    (void)state;
    server = tiny_start((struct http_settings){.trusted_proxies = T("127.0.0.0/8")});
    return 0;
}

static int stop(void **state) {
    (void)state;
    http_server_stop(server, 1000);
    return 0;
}

struct wire_case {
    const char *name, *bytes;
    int status;
    bool closed; /* the server must close after its answer */
};

static void check_all(const struct wire_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool closed;
        int before = atomic_load(&tiny_handled);
        const char *answer = tiny_exchange(server, cases[i].bytes, &closed);
        if (tiny_status(answer) != cases[i].status)
            fail_msg("%s: expected %d, got: %.400s", cases[i].name, cases[i].status, answer);
        if (cases[i].closed && !closed) fail_msg("%s: the connection stays open", cases[i].name);
        bool api = cases[i].status >= 400 && cases[i].status != 505 && strstr(cases[i].bytes, "/api");
        if (api && !strstr(answer, "{\"message\":")) fail_msg("%s: no envelope: %s", cases[i].name, answer);
        if (cases[i].closed && atomic_load(&tiny_handled) != before) fail_msg("%s: reached the application", cases[i].name);
        if (cases[i].status && tiny_count(answer, "Date: ") != 1) fail_msg("%s: more than one answer: %s", cases[i].name, answer);
    }
}

static void serves_good_requests(void **state) {
    (void)state;
    static const struct wire_case cases[] = {
        {"plain", "GET /x HTTP/1.1\r\n" HOST "\r\n", 200, false},
        {"leading blank line", "\r\nGET /x HTTP/1.1\r\n" HOST "\r\n", 200, false},
        {"absolute form", "GET http://A.example/x HTTP/1.1\r\n" HOST "\r\n", 200, false},
        {"port in host", "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200, false},
        {"body", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd", 200, false},
        {"chunks", "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nTrailer: x\r\n\r\n", 200,
         false},
        {"delete with body", "DELETE /x HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 200, false},
        {"empty header value", "GET /x HTTP/1.1\r\n" HOST "X-Empty:\r\nX-Other: \t \r\n\r\n", 200, false},
        {"server-wide options", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 204, false},
        {"trace reaches the application", "TRACE /x HTTP/1.1\r\n" HOST "\r\n", 200, false},
        {"early answer keeps the connection", "GET /missing HTTP/1.1\r\n" HOST "\r\n", 404, false},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

static void refuses_doubtful_requests(void **state) {
    (void)state;
    static const struct wire_case cases[] = {
        {"CL and TE", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
         400, true},
        {"TE and CL", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400, true},
        {"CL CL same", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400, true},
        {"CL CL different", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 4\r\nContent-Length: 0\r\n\r\nabcd", 400, true},
        {"CL 0 CL 4", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd", 400, true},
        {"TE TE", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         true},
        {"TE identity", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\nabc", 501, true},
        {"TE gzip, chunked", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, true},
        {"TE xchunked", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, true},
        {"CL +4", "POST /api HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\nabcd", 400, true},
        {"CL -1", "POST /api HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\nabcd", 400, true},
        {"CL 0x4", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n\r\nabcd", 400, true},
        {"CL 4, 4", "POST /api HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n\r\nabcd", 400, true},
        {"CL empty", "POST /api HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabcd", 400, true},
        {"no host", "GET /api HTTP/1.1\r\nX: y\r\n\r\n", 400, true},
        {"no header at all", "GET /api HTTP/1.1\r\n\r\n", 400, true},
        {"two hosts", "GET /api HTTP/1.1\r\n" HOST HOST "\r\n", 400, true},
        {"bad host", "GET /api HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, true},
        {"two in host", "GET /api HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, true},
        {"other host in target", "GET http://b.example/api HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"HTTP/1.0", "GET /api HTTP/1.0\r\n" HOST "\r\n", 505, true},
        {"HTTP/1.2", "GET /api HTTP/1.2\r\n" HOST "\r\n", 505, true},
        {"HTTP/2.0", "GET /api HTTP/2.0\r\n" HOST "\r\n", 505, true},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, true},
        {"lower-case method", "get /api HTTP/1.1\r\n" HOST "\r\n", 501, true},
        {"unknown method", "BREW /api HTTP/1.1\r\n" HOST "\r\n", 501, true},
        {"connect", "CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n", 501, true},
        {"space before the colon", "GET /api HTTP/1.1\r\n" HOST "X-A : b\r\n\r\n", 400, true},
        {"space before the colon of a length", "POST /api HTTP/1.1\r\n" HOST "Content-Length : 4\r\n\r\nabcd", 400, true},
        {"folded header", "GET /api HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n", 400, true},
        {"folded length", "POST /api HTTP/1.1\r\n" HOST "Content-Lengt: 4\r\n h\r\n\r\nabcd", 400, true},
        {"folded last header", "GET /api HTTP/1.1\r\nX-A: b\r\nHos: a\r\n\tt\r\n\r\n", 400, true},
        {"folded first header", "GET /api HTTP/1.1\r\n X: y\r\n" HOST "\r\n", 400, true},
        {"bare LF after the request line", "GET /api HTTP/1.1\n" HOST "\r\n", 400, true},
        {"bare LF after a header", "GET /api HTTP/1.1\r\n" HOST "X-A: b\nX-B: c\r\n\r\n", 400, true},
        {"bare LF after an empty value", "GET /api HTTP/1.1\r\n" HOST "X-A:\nX-B: c\r\n\r\n", 400, true},
        {"bare LF at the end", "GET /api HTTP/1.1\r\n" HOST "\n", 400, true},
        {"bare CR in a value", "GET /api HTTP/1.1\r\n" HOST "X-A: b\rc\r\n\r\n", 400, true},
        {"control character in a value", "GET /api HTTP/1.1\r\n" HOST "X-A: \x01\r\n\r\n", 400, true},
        {"strange header name", "GET /api HTTP/1.1\r\n" HOST "X(A): b\r\n\r\n", 400, true},
        {"empty header name", "GET /api HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400, true},
        {"header without a colon", "GET /api HTTP/1.1\r\n" HOST "rubbish\r\n\r\n", 400, true},
        {"two spaces", "GET  /api HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"two spaces before the version", "GET /api  HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"space in the target", "GET /api/a b HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"dot segment", "GET /api/../x HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"null in the path", "GET /api/%00 HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"two credentials", "GET /api HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n", 400, true},
        {"other expectation", "POST /api HTTP/1.1\r\n" HOST "Expect: magic\r\nContent-Length: 4\r\n\r\nabcd", 417, true},
        {"chunk size is no number", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, true},
        {"chunk size has a sign", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n+4\r\nabcd\r\n0\r\n\r\n", 400,
         true},
        {"chunk size with prefix", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n", 400,
         true},
        {"chunk longer than it says", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", 400,
         true},
        {"chunk size too large", "POST /api HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 413,
         true},
    };
    check_all(cases, sizeof cases / sizeof *cases);
}

/* The library closes these without a word; what matters is that nothing is served. */
static void serves_no_rubbish(void **state) {
    (void)state;
    static const char *const rubbish[] = {"RUBBISH\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
                                          "GET / HTTP/1.1 \r\n" HOST "\r\n"};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        bool closed;
        const char *answer = tiny_exchange(server, rubbish[i], &closed);
        if (!closed) fail_msg("stays open: %s", rubbish[i]);
        assert_true(!*answer || tiny_status(answer) == 400);
    }
}

/* A null character cannot be written in the tables above. */
static void refuses_null_in_header(void **state) {
    (void)state;
    static const char bytes[] = "GET /api HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n";
    bool closed;
    int fd = tiny_connect(server);
    tiny_send(fd, bytes, sizeof bytes - 1);
    assert_int_equal(tiny_status(tiny_receive(fd, 150, &closed)), 400);
    assert_true(closed);
    close(fd);
}

static void answers_errors_in_the_form_of_the_path(void **state) {
    (void)state;
    const char *answer = tiny_exchange(server, "GET /api/v1/%zz HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_non_null(strstr(answer, "{\"message\":"));
    assert_non_null(strstr(answer, "api-supported-versions: 1.0\r\n"));
    assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    answer = tiny_exchange(server, "GET /x/%zz HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_null(strstr(answer, "{\"message\":"));
    assert_null(strstr(answer, "api-supported-versions"));
}

static void sets_headers_of_every_reply(void **state) {
    (void)state;
    static const char *const expected[] = {"Content-Security-Policy: default-src 'self';",
                                           "X-Content-Type-Options: nosniff\r\n",
                                           "X-Frame-Options: DENY\r\n",
                                           "Referrer-Policy: strict-origin-when-cross-origin\r\n",
                                           "Permissions-Policy: camera=()",
                                           "X-Request-Id: ",
                                           "Date: ",
                                           "Content-Length: "};
    static const char *const requests[] = {"GET /x HTTP/1.1\r\n" HOST "X-Request-Id: mine\r\n\r\n",
                                           "GET /missing HTTP/1.1\r\n" HOST "\r\n", "GET /x HTTP/1.0\r\n" HOST "\r\n",
                                           "POST /small HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n"};
    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++) {
        const char *answer = tiny_exchange(server, requests[r], NULL);
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
            if (tiny_count(answer, expected[i]) != 1) fail_msg("%s is not once in: %s", expected[i], answer);
        assert_null(strstr(answer, "X-Request-Id: mine"));
    }
}

static void gives_each_request_its_own_id(void **state) {
    (void)state;
    char first[33];
    const char *answer = tiny_exchange(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", NULL);
    memcpy(first, strstr(answer, "X-Request-Id: ") + 14, 32);
    first[32] = 0;
    answer = tiny_exchange(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_null(strstr(answer, first));
}

static void answers_head_without_body(void **state) {
    (void)state;
    const char *answer = tiny_exchange(server, "HEAD /x HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_int_equal(tiny_status(answer), 200);
    assert_non_null(strstr(answer, "Content-Length: 18\r\n")); /* GET path=[/x] q=[] */
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    answer = tiny_exchange(server, "HEAD /missing HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_int_equal(tiny_status(answer), 404);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void serves_pipelined_requests_in_order(void **state) {
    (void)state;
    const char *answer =
        tiny_exchange(server,
                      "GET /slow/60 HTTP/1.1\r\n" HOST "\r\nPOST /b HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nsecond"
                      "" /* the d is no part of the body: what follows is refused */,
                      NULL);
    assert_int_equal(tiny_count(answer, "HTTP/1.1 200"), 2);
    answer = tiny_exchange(
        server, "GET /slow/60 HTTP/1.1\r\n" HOST "\r\nGET /missing HTTP/1.1\r\n" HOST "\r\nGET /last HTTP/1.1\r\n" HOST "\r\n",
        NULL);
    const char *one = strstr(answer, "[/slow/60]"), *two = strstr(answer, "nothing is here"), *three = strstr(answer, "[/last]");
    assert_true(one && two && three && one < two && two < three);
}

static void serves_nothing_after_a_refusal(void **state) {
    (void)state;
    const char *answer = tiny_exchange(server, "GET /x%zz HTTP/1.1\r\n" HOST "\r\nGET /y HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_int_equal(tiny_count(answer, "HTTP/1.1 "), 1);
    answer = tiny_exchange(server,
                           "POST /x HTTP/1.1\r\n" HOST
                           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /y HTTP/1.1\r\n" HOST "\r\n",
                           NULL);
    assert_int_equal(tiny_count(answer, "HTTP/1.1 "), 1);
}

static void continues_when_expected(void **state) {
    (void)state;
    bool closed;
    int fd = tiny_connect(server);
    const char *head = "POST /small HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    tiny_send(fd, head, strlen(head));
    assert_int_equal(tiny_status(tiny_receive(fd, 150, &closed)), 100);
    tiny_send(fd, "abcd", 4);
    assert_int_equal(tiny_status(tiny_receive(fd, 150, &closed)), 200);
    assert_false(closed);
    close(fd);
    const char *answer =
        tiny_exchange(server, "POST /small HTTP/1.1\r\n" HOST "Content-Length: 40000\r\nExpect: 100-continue\r\n\r\n", &closed);
    assert_int_equal(tiny_status(answer), 413);
    assert_true(closed);
    answer = tiny_exchange(server, "POST /missing HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", &closed);
    assert_int_equal(tiny_status(answer), 404);
}

static void checks_before_it_invites(void **state) {
    (void)state;
    bool closed;
    int handled = atomic_load(&tiny_handled);
    for (int i = 0; i < 2; i++) { /* in one piece with its body or without */
        const char *answer =
            tiny_exchange(server,
                          i ? "POST /forbidden HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nabcd"
                            : "POST /forbidden HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
                          &closed);
        assert_int_equal(tiny_status(answer), 403);
        assert_int_equal(tiny_count(answer, "HTTP/1.1 "), 1);
        assert_non_null(strstr(answer, "not for you"));
        assert_true(closed);
    }
    assert_int_equal(atomic_load(&tiny_handled), handled);
    int fd = tiny_connect(server);
    const char *head = "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    for (int i = 0; i < 2; i++) { /* the connection goes on afterwards */
        tiny_send(fd, head, strlen(head));
        assert_int_equal(tiny_status(tiny_receive(fd, 150, &closed)), 100);
        tiny_send(fd, "4\r\nabcd\r\n0\r\n\r\n", 14);
        const char *answer = tiny_receive(fd, 150, &closed);
        assert_int_equal(tiny_status(answer), 200);
        assert_non_null(strstr(answer, "abcd"));
    }
    head = "GET /forbidden HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n";
    tiny_send(fd, head, strlen(head));
    assert_int_equal(tiny_status(tiny_receive(fd, 150, &closed)), 200); /* there is nothing to be invited */
    close(fd);
}

/* Sends a head and then `count` bytes of body while the server may refuse them. */
static int status_of_upload(const char *head, size_t count, bool *closed) {
    int fd = tiny_connect(server);
    char *body = calloc(1, count + 1);
    memset(body, 'x', count);
    tiny_send(fd, head, strlen(head));
    tiny_send(fd, body, count);
    free(body);
    int status = tiny_status(tiny_receive(fd, 150, closed));
    close(fd);
    return status;
}

static void bounds_bodies(void **state) {
    (void)state;
    bool closed;
    assert_int_equal(status_of_upload("POST /small HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n", 1000, &closed), 200);
    assert_int_equal(status_of_upload("POST /small HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 1001, &closed), 413);
    assert_false(closed);
    assert_int_equal(status_of_upload("POST /missing HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n", 60000, &closed), 404);
    assert_false(closed);
    assert_int_equal(status_of_upload("POST /small HTTP/1.1\r\n" HOST "Content-Length: 20000000\r\n\r\n", 20000000, &closed), 413);
    assert_true(closed);
    assert_int_equal(status_of_upload("POST /none HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 1, &closed), 413);
    assert_int_equal(status_of_upload("POST /x HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n", 300000, &closed), 200);
    assert_int_equal(
        status_of_upload("POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 10000000, &closed), 413);
    assert_true(closed);
    assert_int_equal(
        status_of_upload("POST /missing HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n989680\r\n", 10000000, &closed), 404);
}

static const char *exchange_long(const char *front, char filler, size_t count, const char *back) {
    char *bytes = calloc(1, strlen(front) + count + strlen(back) + 1);
    strcpy(bytes, front);
    memset(bytes + strlen(front), filler, count);
    strcpy(bytes + strlen(front) + count, back);
    const char *answer = tiny_exchange(server, bytes, NULL);
    free(bytes);
    return answer;
}

static void bounds_heads(void **state) {
    (void)state;
    assert_int_equal(tiny_status(exchange_long("GET /api/", 'a', 8000, " HTTP/1.1\r\n" HOST "\r\n")), 200);
    const char *answer = exchange_long("GET /api/", 'a', 9000, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(tiny_status(answer), 414);
    assert_non_null(strstr(answer, "{\"message\":"));
    assert_int_equal(tiny_status(exchange_long("GET /api/", 'a', 100000, " HTTP/1.1\r\n" HOST "\r\n")), 414);
    assert_int_equal(tiny_status(exchange_long("GET /api HTTP/1.1\r\n" HOST "X: ", 'a', 15000, "\r\n\r\n")), 200);
    answer = exchange_long("GET /api HTTP/1.1\r\n" HOST "X: ", 'a', 20000, "\r\n\r\n");
    assert_int_equal(tiny_status(answer), 431);
    assert_non_null(strstr(answer, "{\"message\":"));
    assert_int_equal(tiny_status(exchange_long("GET /api HTTP/1.1\r\n" HOST "X: ", 'a', 100000, "\r\n\r\n")), 431);
    char many[4096] = "GET /api HTTP/1.1\r\n" HOST;
    for (int i = 0; i < 101; i++) strcat(many, "X-Another: header\r\n");
    strcat(many, "\r\n");
    assert_int_equal(tiny_status(tiny_exchange(server, many, NULL)), 431);
}

static void knows_the_client_behind_a_proxy(void **state) {
    (void)state;
    const char *answer =
        tiny_exchange(server, "GET /client HTTP/1.1\r\n" HOST "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n", NULL);
    assert_non_null(strstr(answer, "client=1.2.3.4 secure=1 host=a.example"));
}

static void sends_large_replies(void **state) {
    (void)state;
    bool closed;
    int fd = tiny_connect(server);
    const char *head = "GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    tiny_send(fd, head, strlen(head));
    size_t total = 0;
    for (closed = false; !closed;) {
        const char *answer = tiny_receive(fd, 2000, &closed);
        total += strlen(answer);
        if (!*answer) break;
    }
    close(fd);
    assert_true(total > 3000000 && total < 3002000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_good_requests),
        cmocka_unit_test(refuses_doubtful_requests),
        cmocka_unit_test(serves_no_rubbish),
        cmocka_unit_test(refuses_null_in_header),
        cmocka_unit_test(answers_errors_in_the_form_of_the_path),
        cmocka_unit_test(sets_headers_of_every_reply),
        cmocka_unit_test(gives_each_request_its_own_id),
        cmocka_unit_test(answers_head_without_body),
        cmocka_unit_test(serves_pipelined_requests_in_order),
        cmocka_unit_test(serves_nothing_after_a_refusal),
        cmocka_unit_test(continues_when_expected),
        cmocka_unit_test(checks_before_it_invites),
        cmocka_unit_test(bounds_bodies),
        cmocka_unit_test(bounds_heads),
        cmocka_unit_test(knows_the_client_behind_a_proxy),
        cmocka_unit_test(sends_large_replies),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
