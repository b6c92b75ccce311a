/* Deadlines, limits, clients that leave, and the stop. */
#include "base/instant.h"

#include "tiny.h"

#include <pthread.h>

#define HOST "Host: a.example\r\n"

static const char *get_slow = "GET /slow/300 HTTP/1.1\r\n" HOST "\r\n";

static void cuts_trickled_headers(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.header_ms = 300});
    static const char head[] = "GET /api/x HTTP/1.1\r\n" HOST "X-Never-Ends: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    int fd = tiny_connect(server);
    int64_t began = monotonic_ns();
    bool closed = false;
    const char *answer = "";
    for (size_t i = 0; i < sizeof head - 1 && !closed; i++) {
        tiny_send(fd, head + i, 1);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, i < 25 ? 0 : 40) == 1) answer = tiny_receive(fd, 150, &closed);
    }
    assert_true(closed);
    assert_true(monotonic_ns() - began < INT64_C(2000000000));
    assert_int_equal(tiny_status(answer), 408);
    assert_non_null(strstr(answer, "{\"message\":"));
    close(fd);
    http_server_stop(server, 1000);
}

static void check_cut(const http_server *server, const char *bytes, int status) {
    bool closed;
    int fd = tiny_connect(server);
    tiny_send(fd, bytes, strlen(bytes));
    const char *answer = tiny_receive(fd, 2500, &closed);
    if (!closed) fail_msg("not cut: %s", bytes);
    assert_int_equal(tiny_status(answer), status);
    close(fd);
}

static void cuts_what_is_late(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.header_ms = 200, .request_ms = 400, .idle_ms = 600});
    check_cut(server, "", 0);
    check_cut(server, "GET /x", 0);
    check_cut(server, "GET /x HTTP/1.1\r\nHo", 408);
    check_cut(server, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc", 408);
    check_cut(server, "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\r\nab", 408);
    check_cut(server, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", 100); /* was invited */
    check_cut(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", 200);                                               /* idle afterwards */
    check_cut(server, "GET /slow/900 HTTP/1.1\r\n" HOST "\r\n", 200); /* the worker's time is not the client's */
    http_server_stop(server, 1000);
}

static void tells_who_works_that_the_client_has_left(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.workers = 1, .idle_ms = 1000});
    bool closed;
    int before = atomic_load(&tiny_left);
    int64_t began = monotonic_ns();
    for (int i = 0; i < 2; i++) { /* the second leaves while it waits for the worker */
        int fd = tiny_connect(server);
        tiny_send(fd, "GET /slow/60000 HTTP/1.1\r\n" HOST "\r\n", strlen("GET /slow/60000 HTTP/1.1\r\n" HOST "\r\n"));
        usleep(50000);
        close(fd);
    }
    assert_int_equal(tiny_status(tiny_exchange(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", &closed)), 200);
    assert_int_equal(atomic_load(&tiny_left), before + 2);
    assert_true(monotonic_ns() - began < INT64_C(30000000000));
    http_server_stop(server, 1000);
}

static void limits_connections_of_an_address(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.connections_per_address = 3});
    int fds[4];
    bool closed;
    for (int i = 0; i < 3; i++) {
        fds[i] = tiny_connect(server);
        tiny_send(fds[i], "GET /x HTTP/1.1\r\n" HOST "\r\n", 36);
        assert_int_equal(tiny_status(tiny_receive(fds[i], 100, &closed)), 200);
    }
    fds[3] = tiny_connect(server);
    assert_string_equal(tiny_receive(fds[3], 100, &closed), "");
    assert_true(closed);
    for (int i = 0; i < 4; i++) close(fds[i]);
    usleep(50000);
    assert_int_equal(tiny_status(tiny_exchange(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", NULL)), 200);
    http_server_stop(server, 1000);
}

static void answers_503_when_the_queue_is_full(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.workers = 1, .queue = 1});
    int fds[3], statuses[600] = {0};
    for (int i = 0; i < 3; i++) {
        fds[i] = tiny_connect(server);
        tiny_send(fds[i], get_slow, strlen(get_slow));
        usleep(30000);
    }
    for (int i = 0; i < 3; i++) {
        bool closed;
        statuses[tiny_status(tiny_receive(fds[i], 50, &closed))]++;
        close(fds[i]);
    }
    assert_int_equal(statuses[200], 2);
    assert_int_equal(statuses[503], 1);
    http_server_stop(server, 1000);
}

struct leaver {
    const http_server *server;
    unsigned seed;
};

/* Comes, asks for something slow in one of several ways, and leaves whenever it likes. */
static void *leave_at_random(void *state) {
    struct leaver *l = state;
    for (int i = 0; i < 10; i++) {
        static const char *const asks[] = {"GET /slow/20 HTTP/1.1\r\n" HOST "\r\n",
                                           "GET /big HTTP/1.1\r\n" HOST "\r\n",
                                           "GET /slow/5 HTTP/1.1\r\n" HOST "\r\nGET /slow/5 HTTP/1.1\r\n" HOST "\r\n",
                                           "POST /slow/9 HTTP/1.1\r\n" HOST "Content-Length: 50\r\n\r\nab",
                                           "GET /x HT",
                                           "POST /small HTTP/1.1\r\n" HOST "Content-Length: 900000\r\n\r\nabc"};
        const char *ask = asks[rand_r(&l->seed) % 6];
        int fd = tiny_connect(l->server);
        tiny_send(fd, ask, strlen(ask));
        usleep((useconds_t)(rand_r(&l->seed) % 40000));
        struct linger reset = {1, 0};
        if (rand_r(&l->seed) % 2) setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    return NULL;
}

static void survives_clients_that_leave(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.workers = 3, .queue = 20, .header_ms = 200, .request_ms = 300});
    pthread_t threads[20];
    struct leaver leavers[20];
    for (unsigned i = 0; i < 20; i++) {
        leavers[i] = (struct leaver){server, i + 1};
        pthread_create(&threads[i], NULL, leave_at_random, &leavers[i]);
    }
    for (int i = 0; i < 20; i++) pthread_join(threads[i], NULL);
    assert_int_equal(tiny_status(tiny_exchange(server, "GET /x HTTP/1.1\r\n" HOST "\r\n", NULL)), 200);
    http_server_stop(server, 3000);
    assert_int_equal(atomic_load(&tiny_slow_running), 0);
}

static void stop_waits_for_calls_in_hand(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.workers = 2});
    int fds[4];
    bool closed;
    for (int i = 0; i < 4; i++) {
        fds[i] = tiny_connect(server);
        tiny_send(fds[i], get_slow, strlen(get_slow));
    }
    usleep(50000);
    http_server_stop(server, 3000);
    for (int i = 0; i < 4; i++) {
        const char *answer = tiny_receive(fds[i], 100, &closed);
        assert_int_equal(tiny_status(answer), 200);
        assert_non_null(strstr(answer, "Connection: close"));
        assert_true(closed);
        close(fds[i]);
    }
}

/* Opens a stream and waits until the application has its end. */
static int open_stream(const http_server *server) {
    int before = atomic_load(&tiny_stream_count);
    int fd = tiny_connect(server);
    static const char ask[] = "GET /events HTTP/1.1\r\n" HOST "\r\n";
    tiny_send(fd, ask, sizeof ask - 1);
    for (int i = 0; i < 200 && atomic_load(&tiny_stream_count) == before; i++) usleep(10000);
    assert_int_equal(atomic_load(&tiny_stream_count), before + 1);
    return fd;
}

static void streams_events(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.idle_ms = 300});
    bool closed;
    int fd = open_stream(server);
    http_stream *s = tiny_streams[(atomic_load(&tiny_stream_count) - 1) % TINY_STREAMS];
    const char *answer = tiny_receive(fd, 50, &closed);
    assert_int_equal(tiny_status(answer), 200);
    assert_non_null(strstr(answer, "Content-Type: text/event-stream"));
    for (int i = 0; i < 3; i++) {
        usleep(200000); /* longer in all than a connection may be idle */
        assert_true(http_stream_send(s, T("data: x\n\n")));
        assert_int_equal(tiny_count(tiny_receive(fd, 20, &closed), "data: x\n\n"), 1);
        assert_false(closed);
    }
    assert_true(http_stream_send(s, T("data: last\n\n")));
    http_stream_end(s);
    answer = tiny_receive(fd, 100, &closed);
    assert_non_null(strstr(answer, "data: last\n\n"));
    assert_non_null(strstr(answer, "\r\n0\r\n"));
    close(fd);
    http_server_stop(server, 1000);
}

static void notices_that_a_listener_left(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){0});
    close(open_stream(server));
    http_stream *s = tiny_streams[(atomic_load(&tiny_stream_count) - 1) % TINY_STREAMS];
    int sent = 0;
    while (http_stream_send(s, T(":\n\n")) && sent++ < 100) usleep(10000);
    assert_true(sent < 100);
    http_stream_end(s);
    int slow = open_stream(server);
    s = tiny_streams[(atomic_load(&tiny_stream_count) - 1) % TINY_STREAMS];
    static char much[100000];
    memset(much, 'x', sizeof much);
    for (sent = 0; sent < 1000 && http_stream_send(s, (text){much, sizeof much}); sent++) usleep(1000);
    assert_true(sent < 1000);
    http_stream_end(s);
    close(slow);
    http_server_stop(server, 1000);
}

static void *publish(void *state) {
    atomic_bool *ended = state;
    while (!atomic_load(ended)) {
        for (int i = 0; i < TINY_STREAMS; i++) {
            http_stream *s = tiny_streams[i];
            if (s && !http_stream_send(s, T("data: something\n\n"))) {
                tiny_streams[i] = NULL;
                http_stream_end(s);
            }
        }
        usleep(500);
    }
    return NULL;
}

static void stop_ends_streams(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){0});
    for (int i = 0; i < TINY_STREAMS; i++) tiny_streams[i] = NULL;
    atomic_store(&tiny_stream_count, 0);
    atomic_bool ended = false;
    pthread_t publisher;
    pthread_create(&publisher, NULL, publish, &ended);
    int fds[40];
    for (int i = 0; i < 40; i++) fds[i] = open_stream(server);
    for (int i = 0; i < 20; i++) close(fds[i]);
    int64_t began = monotonic_ns();
    http_server_stop(server, 5000);
    assert_true(monotonic_ns() - began < INT64_C(2000000000));
    usleep(100000);
    atomic_store(&ended, true);
    pthread_join(publisher, NULL);
    for (int i = 0; i < TINY_STREAMS; i++) assert_null(tiny_streams[i]);
    for (int i = 20; i < 40; i++) close(fds[i]);
}

/* Asks again and again on one connection until the server closes it. */
static void *hammer(void *state) {
    int fd = *(int *)state;
    char answer[4096];
    static const char ask[] = "GET /x HTTP/1.1\r\n" HOST "\r\n";
    while (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) > 0 && recv(fd, answer, sizeof answer, 0) > 0) continue;
    close(fd);
    return NULL;
}

static void stop_ends_while_requests_keep_coming(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        http_server *server = tiny_start((struct http_settings){.workers = 2});
        pthread_t threads[10];
        int fds[10];
        for (int i = 0; i < 10; i++) {
            fds[i] = tiny_connect(server);
            pthread_create(&threads[i], NULL, hammer, &fds[i]);
        }
        usleep(50000);
        http_server_stop(server, round * 10);
        for (int i = 0; i < 10; i++) pthread_join(threads[i], NULL);
    }
}

static void stop_refuses_what_waits_too_long(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.workers = 1});
    int fds[3];
    bool closed;
    for (int i = 0; i < 3; i++) {
        fds[i] = tiny_connect(server);
        tiny_send(fds[i], get_slow, strlen(get_slow));
        usleep(20000);
    }
    http_server_stop(server, 50);
    assert_int_equal(atomic_load(&tiny_slow_running), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tiny_status(tiny_receive(fds[i], 100, &closed)), i == 0 ? 200 : 503);
        close(fds[i]);
    }
}

/* What needs no worker gets none, on one connection after the other kind; what was begun and given up leaves no trace. */
static void answers_at_once_what_is_brief(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){0});
    bool closed;
    int fd = tiny_connect(server);
    for (int i = 0; i < 3; i++) {
        static const char brief[] = "POST /brief HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
        static const char not_brief[] = "POST /brief/not HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
        int handled = atomic_load(&tiny_handled), tried = atomic_load(&tiny_tried);
        tiny_send(fd, brief, sizeof brief - 1);
        const char *answer = tiny_receive(fd, 150, &closed);
        assert_int_equal(tiny_status(answer), 200);
        assert_non_null(strstr(answer, "\r\n\r\nat once: abc"));
        assert_int_equal(atomic_load(&tiny_handled), handled);
        tiny_send(fd, not_brief, sizeof not_brief - 1);
        answer = tiny_receive(fd, 150, &closed);
        assert_int_equal(tiny_status(answer), 200);
        assert_non_null(strstr(answer, "\r\n\r\nabc"));
        assert_null(strstr(answer, "X-Begun"));
        assert_int_equal(atomic_load(&tiny_handled), handled + 1);
        assert_int_equal(atomic_load(&tiny_tried), tried + 2);
    }
    close(fd);
    http_server_stop(server, 1000);
}

static void stop_does_not_wait_for_idle_connections(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){0});
    int fd = tiny_connect(server);
    bool closed;
    tiny_send(fd, "GET /x HTTP/1.1\r\n" HOST "\r\n", 36);
    assert_int_equal(tiny_status(tiny_receive(fd, 50, &closed)), 200);
    int64_t began = monotonic_ns();
    http_server_stop(server, 5000);
    assert_true(monotonic_ns() - began < INT64_C(1500000000));
    close(fd);
}

static void refuses_bad_addresses(void **state) {
    (void)state;
    static const char *const bad[] = {"",      "8080",           "127.0.0.1", "::1:8080", "127.0.0.1:99999", "127.0.0.1:x",
                                      "[::1]", "no such host:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        http_server *server = NULL;
        OWNED(error) e = http_server_start(&(struct http_settings){.listen = text_of(bad[i])}, &tiny_app, &server);
        if (!e) fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e->kind, ERROR_INVALID);
    }
}

static void listens_on_all_addresses(void **state) {
    (void)state;
    http_server *server = tiny_start((struct http_settings){.listen = T(":0")});
    assert_true(http_server_port(server) > 0);
    const char *answer = tiny_exchange(server, "GET /client HTTP/1.1\r\n" HOST "\r\n", NULL);
    assert_non_null(strstr(answer, "client=127.0.0.1 ")); /* not ::ffff:127.0.0.1 */
    http_server *second = NULL;
    char address[32];
    snprintf(address, sizeof address, ":%d", http_server_port(server));
    OWNED(error) e = http_server_start(&(struct http_settings){.listen = text_of(address)}, &tiny_app, &second);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_IO);
    http_server_stop(server, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_trickled_headers),
        cmocka_unit_test(cuts_what_is_late),
        cmocka_unit_test(limits_connections_of_an_address),
        cmocka_unit_test(answers_503_when_the_queue_is_full),
        cmocka_unit_test(survives_clients_that_leave),
        cmocka_unit_test(streams_events),
        cmocka_unit_test(notices_that_a_listener_left),
        cmocka_unit_test(stop_ends_streams),
        cmocka_unit_test(stop_waits_for_calls_in_hand),
        cmocka_unit_test(stop_ends_while_requests_keep_coming),
        cmocka_unit_test(stop_refuses_what_waits_too_long),
        cmocka_unit_test(tells_who_works_that_the_client_has_left),
        cmocka_unit_test(answers_at_once_what_is_brief),
        cmocka_unit_test(stop_does_not_wait_for_idle_connections),
        cmocka_unit_test(refuses_bad_addresses),
        cmocka_unit_test(listens_on_all_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
