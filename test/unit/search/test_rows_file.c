/* The file of an asynchronous search: what goes in comes out, page by page, and nothing but a finished file is read. */
#include "search/rows_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/joinery-spool-XXXXXX", path[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/set.rows", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* Rows of many lengths: an empty one, and one longer than what is read at once. */
static text row_of(arena *a, int64_t i) {
    static char filling[20000];
    memset(filling, 'y', sizeof filling - 1);
    if (i == 3) return T("{}");
    return arena_print(a, "{\"n\":%lld%s%s}", (long long)i, i % 7 ? "" : ",\"x\":\"padding of this row\"", i == 205 ? filling : "");
}

/* `step` has no factor in common with the counts: the order in which rows come. */
static void write_rows(arena *a, int64_t count, int64_t step, bool finish) {
    OWNED_VALUE(rows_file) s = {.fd = -1};
    assert_null(rows_file_create(&s, path));
    for (int64_t i = 0; i < count; i++) assert_null(rows_file_add(&s, i * step % count, row_of(a, i * step % count)));
    if (finish) assert_null(rows_file_finish(&s));
}

static void expect(int64_t count, int64_t offset, int64_t limit) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    OWNED_VALUE(buffer) wanted = {.max = (size_t)1 << 30};
    text rows;
    assert_null(rows_file_page(a, path, offset, limit, &rows));
    buffer_byte(&wanted, '[');
    for (int64_t i = offset; i < offset + limit && i < count; i++) {
        if (i > offset) buffer_byte(&wanted, ',');
        buffer_text(&wanted, row_of(a, i));
    }
    buffer_byte(&wanted, ']');
    assert_int_equal(rows.len, wanted.len);
    assert_memory_equal(rows.at, wanted.at, wanted.len);
}

static void every_page_of_every_size_is_what_was_written(void **state) {
    (void)state;
    static const int64_t counts[] = {0, 1, 99, 100, 101, 200, 1234};
    for (size_t c = 0; c < 2 * sizeof counts / sizeof counts[0]; c++) {
        OWNED(arena) a = arena_new((size_t)1 << 30);
        write_rows(a, counts[c / 2], c % 2 ? 7919 : 1, true);
        for (int64_t limit = 1; limit < 1500; limit = limit * 3 + 1)
            for (int64_t offset = 0; offset < counts[c / 2] + 120; offset += 33) expect(counts[c / 2], offset, limit);
    }
}

static void what_was_not_finished_or_was_cut_is_refused(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    text rows;
    write_rows(a, 500, 1, false);
    error *e = rows_file_page(a, path, 0, 10, &rows);
    assert_int_equal(e->kind, ERROR_CORRUPT);
    error_free(e);
    write_rows(a, 500, 1, true);
    assert_int_equal(truncate(path, 4000), 0);
    e = rows_file_page(a, path, 0, 10, &rows);
    assert_int_equal(e->kind, ERROR_CORRUPT);
    error_free(e);
    unlink(path);
    e = rows_file_page(a, path, 0, 10, &rows);
    assert_int_equal(e->kind, ERROR_IO);
    error_free(e);
}

static void a_place_without_a_row_is_no_result(void **state) {
    (void)state;
    OWNED_VALUE(rows_file) s = {.fd = -1};
    assert_null(rows_file_create(&s, path));
    assert_null(rows_file_add(&s, 0, T("{}")));
    assert_null(rows_file_add(&s, 2, T("{}")));
    error *e = rows_file_finish(&s);
    assert_int_equal(e->kind, ERROR_INTERNAL);
    error_free(e);
}

static void only_the_service_may_read_it(void **state) {
    (void)state;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    write_rows(a, 1, 1, true);
    assert_int_equal(access(path, R_OK), 0);
    FILE *mode = popen(arena_cstring(a, arena_print(a, "stat -c %%a %s", path)), "r");
    char said[16] = "";
    assert_non_null(fgets(said, sizeof said, mode));
    pclose(mode);
    assert_string_equal(said, "600\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_of_every_size_is_what_was_written),
        cmocka_unit_test(what_was_not_finished_or_was_cut_is_refused),
        cmocka_unit_test(a_place_without_a_row_is_no_result),
        cmocka_unit_test(only_the_service_may_read_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
