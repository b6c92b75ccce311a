/* The log's lines and files (operations §25), metrics as Prometheus reads them, threads and conditions. */
#include "check.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/log.h"
#include "base/log_files.h"
#include "base/log_read.h"
#include "base/metrics.h"
#include "base/thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static int errors_before;

/* A folder of its own for each test; standard error goes to the file "stderr" in it. */
static int open_log(void **state) {
    make_arena(state);
    snprintf(folder, sizeof folder, "/var/tmp/joinery-log-XXXXXX");
    assert_non_null(mkdtemp(folder));
    errors_before = dup(STDERR_FILENO);
    int fd = open(arena_cstring(a, arena_print(a, "%s/stderr", folder)), O_CREAT | O_RDWR | O_APPEND, 0600);
    dup2(fd, STDERR_FILENO);
    close(fd);
    CHECK_GOOD(log_open(LOG_INFORMATION, folder));
    return 0;
}

static int close_log(void **state) {
    log_close();
    log_context_clear();
    log_service("web");
    dup2(errors_before, STDERR_FILENO);
    close(errors_before);
    struct dirent **found;
    int count = scandir(folder, &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (found[i]->d_name[0] != '.') unlink(arena_cstring(a, arena_print(a, "%s/%s", folder, found[i]->d_name)));
        free(found[i]);
    }
    free(found);
    rmdir(folder);
    return drop_arena(state);
}

static text file(const char *name) {
    FILE *f = fopen(arena_cstring(a, arena_print(a, "%s/%s", folder, name)), "r");
    if (!f) return (text){0};
    char *bytes = arena_bytes(a, 1 << 20);
    size_t len = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return (text){bytes, len};
}

static const char *todays(const char *service) {
    struct date_parts p = instant_parts(instant_now());
    return arena_cstring(a, arena_print(a, "joinery-%s-%04d%02d%02d.log", service, p.year, p.month, p.day));
}

static const struct json *only_line(const char *service) {
    const struct json *v;
    text t = file(todays(service));
    assert_int_equal(text_find_byte(t, '\n'), t.len - 1);
    CHECK_GOOD(json_read(a, t, (struct json_limits){.refuse_repeated = true}, &v, NULL));
    return v;
}

static void a_line_in_both_forms(void **state) {
    (void)state;
    log_context("run", T("42"));
    log_context("request", T("abc"));
    log_context("run", T("43"));
    log_line(LOG_WARNING, "run finished", "activity %d, %s", 7, "two\nlines\x1b[0m");
    const struct json *v = only_line("web");
    CHECK_TEXT(json_member(v, T("@l"))->content, "Warning");
    CHECK_TEXT(json_member(v, T("@mt"))->content, "run finished");
    CHECK_TEXT(json_member(v, T("@m"))->content, "run finished: activity 7, two lines [0m");
    CHECK_TEXT(json_member(v, T("service"))->content, "web");
    CHECK_TEXT(json_member(v, T("run"))->content, "43");
    CHECK_TEXT(json_member(v, T("request"))->content, "abc");
    assert_non_null(json_member(v, T("node")));
    assert_null(json_member(v, T("@x")));
    instant when;
    assert_true(instant_read(json_member(v, T("@t"))->content, &when));
    text readable = file("stderr");
    assert_true(text_find(readable, T(" WRN run finished: activity 7, two lines [0m run=43 request=abc\n")) != SIZE_MAX);
    assert_int_equal(text_find_byte(readable, '\n'), readable.len - 1);
}

static void lines_below_the_level_are_dropped(void **state) {
    (void)state;
    assert_false(log_wants(LOG_DEBUG));
    assert_true(log_wants(LOG_INFORMATION));
    log_line(LOG_DEBUG, "nothing", "%d", 1);
    assert_null(file(todays("web")).at);
    assert_int_equal(file("stderr").len, 0);
}

static void errors_with_causes(void **state) {
    (void)state;
    OWNED(error) e = error_make(ERROR_IO, FAIL(ERROR_IO, "the line was cut"), "/somewhere/src/page.c", 12, "page 3");
    log_error("request failed", e);
    const struct json *v = only_line("web");
    CHECK_TEXT(json_member(v, T("@l"))->content, "Error");
    CHECK_TEXT(json_member(v, T("@m"))->content, "request failed: page 3");
    text x = json_member(v, T("@x"))->content;
    assert_true(text_starts_with(x, T("page 3 (page.c:12); because: the line was cut (test_log.c:")));
}

static void services_have_files_of_their_own(void **state) {
    (void)state;
    log_service("worker");
    log_line(LOG_INFORMATION, "begun", " ");
    log_service("scheduler");
    log_line(LOG_FATAL, "ended", " ");
    CHECK_TEXT(json_member(only_line("worker"), T("@mt"))->content, "begun");
    CHECK_TEXT(json_member(only_line("scheduler"), T("@mt"))->content, "ended");
    assert_null(file(todays("web")).at);
}

static void long_lines_are_cut(void **state) {
    (void)state;
    char *much = arena_bytes(a, 200001);
    memset(much, 'x', 200000);
    much[200000] = '\0';
    log_line(LOG_INFORMATION, "much", "%s", much);
    text m = json_member(only_line("web"), T("@m"))->content;
    assert_in_range(m.len, 1000, 70000);
}

static void files_change_with_the_day_and_when_full(void **state) {
    (void)state;
    instant first, second;
    assert_true(instant_read(T("2026-11-21T23:59:59Z"), &first) && instant_read(T("2026-11-22T00:00:00Z"), &second));
    log_files_write("worker", first, T("one\n"));
    log_files_write("worker", second, T("two\n"));
    CHECK_TEXT(file("joinery-worker-20261121.log"), "one\n");
    CHECK_TEXT(file("joinery-worker-20261122.log"), "two\n");
    assert_int_equal(truncate(arena_cstring(a, arena_print(a, "%s/joinery-web-20261121.log", folder)), 0), -1);
    log_files_write("web", first, T("a\n"));
    log_files_close();
    assert_int_equal(truncate(arena_cstring(a, arena_print(a, "%s/joinery-web-20261121.log", folder)), 50 << 20), 0);
    CHECK_GOOD(log_files_open(folder));
    log_files_write("web", first, T("b\n"));
    CHECK_TEXT(file("joinery-web-20261121_001.log"), "b\n");
}

static void a_hundred_files_are_kept(void **state) {
    (void)state;
    instant day;
    assert_true(instant_read(T("2026-01-01"), &day));
    for (int i = 0; i < 105; i++, day.ticks += TICKS_PER_DAY) log_files_write("web", day, T("x\n"));
    assert_null(file("joinery-web-20260105.log").at);
    CHECK_TEXT(file("joinery-web-20260106.log"), "x\n");
}

static void folders_that_cannot_be_written(void **state) {
    (void)state;
    CHECK_ERROR(log_open(LOG_INFORMATION, "/proc/nowhere/logs"), ERROR_IO, "/proc/nowhere/logs");
    CHECK_GOOD(log_open(LOG_INFORMATION, NULL));
    log_line(LOG_INFORMATION, "only on standard error", " ");
}

static void levels(void **state) {
    (void)state;
    enum log_level level;
    assert_true(log_level_read(T("warning"), &level) && level == LOG_WARNING);
    assert_true(log_level_read(T("Verbose"), &level) && level == LOG_VERBOSE);
    assert_false(log_level_read(T("Warn"), &level));
    assert_string_equal(log_level_name(LOG_FATAL), "Fatal");
}

static void metrics_are_written_by_name(void **state) {
    (void)state;
    static struct metric one = {.name = "t_requests_total", .help = "Requests.", .labels = "route=\"/a\""};
    static struct metric depth = {.name = "t_queue", .help = "Jobs waiting.", .kind = METRIC_GAUGE};
    static struct metric two = {.name = "t_requests_total", .help = "Requests.", .labels = "route=\"/b\""};
    static struct metric took = {.name = "t_seconds", .help = "Time.", .kind = METRIC_HISTOGRAM};
    struct metric *all[] = {&one, &depth, &two, &took, &one};
    for (size_t i = 0; i < 5; i++) metric_register(all[i]);
    metric_add(&one, 2);
    metric_add(&two, 1);
    metric_set(&depth, -3);
    metric_observe_ns(&took, 50000);        /* 50 µs */
    metric_observe_ns(&took, 100000);       /* 100 µs, on the bound */
    metric_observe_ns(&took, 2000000000);   /* 2 s */
    metric_observe_ns(&took, 100000000000); /* 100 s */
    OWNED_VALUE(buffer) out = {.max = 1 << 16};
    metrics_write(&out);
    text t = buffer_as_text(&out);
    assert_true(
        text_find(t, T("# HELP t_requests_total Requests.\n# TYPE t_requests_total counter\nt_requests_total{route=\"/b\"} 1\n"
                       "t_requests_total{route=\"/a\"} 2\n")) != SIZE_MAX);
    assert_true(text_find(t, T("# TYPE t_queue gauge\nt_queue -3\n")) != SIZE_MAX);
    assert_true(text_find(t, T("# TYPE t_seconds histogram\nt_seconds_bucket{le=\"0.0001\"} 2\n")) != SIZE_MAX);
    assert_true(text_find(t, T("t_seconds_bucket{le=\"5\"} 3\nt_seconds_bucket{le=\"30\"} 3\nt_seconds_bucket{le=\"+Inf\"} 4\n"
                               "t_seconds_sum 102.000150000\nt_seconds_count 4\n")) != SIZE_MAX);
}

struct meeting {
    mutex lock;
    pthread_cond_t came;
    bool here;
};

static void *come(void *shared) {
    struct meeting *m = shared;
    WITH_LOCK(&m->lock);
    m->here = true;
    pthread_cond_signal(&m->came);
    return shared;
}

static void conditions_wait_and_time_out(void **state) {
    (void)state;
    struct meeting m = {.lock = PTHREAD_MUTEX_INITIALIZER};
    condition_init(&m.came);
    {
        WITH_LOCK(&m.lock);
        int64_t before = monotonic_ns();
        assert_false(condition_wait_ms(&m.came, &m.lock, 30));
        assert_true(monotonic_ns() - before >= 29000000);
        assert_false(condition_wait_ms(&m.came, &m.lock, -5));
    }
    pthread_t thread = thread_start("a name longer than the kernel keeps", come, &m);
    {
        WITH_LOCK(&m.lock);
        while (!m.here) assert_true(condition_wait_ms(&m.came, &m.lock, 10000));
    }
    void *result;
    pthread_join(thread, &result);
    assert_ptr_equal(result, &m);
    pthread_cond_destroy(&m.came);
}

static void put(const char *name, text bytes) {
    FILE *f = fopen(arena_cstring(a, arena_print(a, "%s/%s", folder, name)), "a");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, f), bytes.len);
    fclose(f);
}

/* Lines longer than a block, two services, two parts of a day, and what is no line. */
static void read_back_the_newest_first(void **state) {
    (void)state;
    enum { LINES = 400 };
    const char *names[] = {"joinery-web-20200203.log", "joinery-web-20200203_001.log", "joinery-worker-20200203.log"};
    char *padding = arena_bytes(a, 600000);
    memset(padding, 'x', 600000);
    put("joinery-web-2020020.log", T("{\"@t\":\"9\"}\n"));
    put("joinery-web-20200204.log", T("{\"@t\":\"9\"}\n"));
    for (int i = 0; i < LINES; i++) {
        text line = arena_print(a, "{\"@t\":\"2020-02-03T00:%02d:%02d.0000000Z\",\"n\":%d,\"p\":\"%.*s\"}\n", i / 60, i % 60, i,
                                i % 100 == 7 ? 600000 : i % 37, padding);
        put(names[i % 3 == 2 ? 2 : i < 200 ? 0 : 1], line);
        if (i % 50 == 0) put(names[2], T("\n\nnothing\n"));
    }
    struct log_file_list files = {0};
    OWNED(log_lines) lines = NULL;
    text line, service;
    instant day;
    assert_true(instant_read(T("2020-02-03T12:00:00Z"), &day));
    CHECK_GOOD(log_files_list(a, folder, &files));
    assert_int_equal(files.count, 4);
    assert_int_equal(files.at[1].part, 1);
    CHECK_GOOD(log_lines_open(folder, &files, (text){0}, day, &lines));
    for (int i = LINES; i-- > 0;) {
        assert_true(log_lines_next(lines, &line, &service));
        assert_true(text_find(line, arena_print(a, ",\"n\":%d,", i)) == 36);
        assert_true(text_ends_with(line, T("\"}")));
        CHECK_TEXT(service, i % 3 == 2 ? "worker" : "web");
    }
    assert_false(log_lines_next(lines, &line, &service));
}

#define LOG_TEST(function) cmocka_unit_test_setup_teardown(function, open_log, close_log)

int main(void) {
    const struct CMUnitTest tests[] = {
        LOG_TEST(a_line_in_both_forms),       LOG_TEST(lines_below_the_level_are_dropped),
        LOG_TEST(errors_with_causes),         LOG_TEST(services_have_files_of_their_own),
        LOG_TEST(long_lines_are_cut),         LOG_TEST(files_change_with_the_day_and_when_full),
        LOG_TEST(a_hundred_files_are_kept),   LOG_TEST(folders_that_cannot_be_written),
        LOG_TEST(read_back_the_newest_first), TEST(levels),
        TEST(metrics_are_written_by_name),    TEST(conditions_wait_and_time_out),
    };
    return RUN(tests);
}
