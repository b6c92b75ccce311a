/* The file of an asynchronous search: rows ended by line breaks, the marks, then how many there are of both. Numbers are those of
 * the machine: the file never leaves it. */
#include "search/rows_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AHEAD = 1 << 18, MAGIC = 0x4A53504C };

/* The end of the file. */
struct trailer {
    int64_t rows, data, marks; /* data: bytes of the rows */
    int64_t magic;
};

static error *failed(const char *doing) {
    int number = errno;
    bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return FAIL(full ? ERROR_FULL : ERROR_IO, "a result set cannot be %s: %s", doing, strerror(number));
}

FALLIBLE rows_file_create(struct rows_file *s, const char *path) {
    *s = (struct rows_file){.fd = -1, .ahead = {.max = (size_t)1 << 30}};
    if (unlink(path) < 0 && errno != ENOENT) return failed("replaced");
    s->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return s->fd < 0 ? failed("made") : NULL;
}

static FALLIBLE write_all(struct rows_file *s, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len) {
        ssize_t n = write(s->fd, at, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("written");
        at += n, len -= (size_t)n;
    }
    return NULL;
}

static FALLIBLE flush(struct rows_file *s) {
    TRY(write_all(s, s->ahead.at, s->ahead.len));
    buffer_clear(&s->ahead);
    return NULL;
}

FALLIBLE rows_file_add(struct rows_file *s, text row) {
    if (s->rows % ROWS_FILE_STRIDE == 0) {
        if (s->marks.count == s->marks.room) {
            size_t room = s->marks.room ? s->marks.room * 2 : 64;
            int64_t *more = realloc(s->marks.at, room * sizeof *more);
            if (!more) return FAIL(ERROR_FULL, "no memory for the marks of a result set");
            s->marks.at = more;
            s->marks.room = room;
        }
        s->marks.at[s->marks.count++] = s->bytes;
    }
    buffer_text(&s->ahead, row);
    buffer_byte(&s->ahead, '\n');
    if (s->ahead.overflow) return FAIL(ERROR_TOO_LARGE, "a row of a result set is too large");
    s->bytes += (int64_t)row.len + 1;
    s->rows++;
    return s->ahead.len >= AHEAD ? flush(s) : NULL;
}

FALLIBLE rows_file_finish(struct rows_file *s) {
    struct trailer end = {.rows = s->rows, .data = s->bytes, .marks = (int64_t)s->marks.count, .magic = MAGIC};
    TRY(flush(s));
    TRY(write_all(s, s->marks.at, s->marks.count * sizeof s->marks.at[0]));
    TRY(write_all(s, &end, sizeof end));
    return fsync(s->fd) < 0 ? failed("written") : NULL;
}

void rows_file_close(struct rows_file *s) {
    if (s->fd >= 0) close(s->fd);
    buffer_free(&s->ahead);
    free(s->marks.at);
    *s = (struct rows_file){.fd = -1};
}

/* ---- reading ---- */

static void closed(int *fd) {
    if (*fd >= 0) close(*fd);
}

static FALLIBLE read_at(int fd, void *into, int64_t len, int64_t at) {
    char *out = into;
    while (len) {
        ssize_t n = pread(fd, out, (size_t)len, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("read");
        if (n == 0) return FAIL(ERROR_CORRUPT, "a result set ends too early");
        out += n, at += n, len -= n;
    }
    return NULL;
}

static FALLIBLE read_trailer(int fd, struct trailer *end) {
    struct stat st;
    if (fstat(fd, &st) < 0) return failed("read");
    if (st.st_size < (off_t)sizeof *end) return FAIL(ERROR_CORRUPT, "a result set was not finished");
    TRY(read_at(fd, end, sizeof *end, st.st_size - (off_t)sizeof *end));
    bool sound = end->magic == MAGIC && end->data >= 0 && end->marks >= 0 && end->marks <= st.st_size &&
                 end->data + end->marks * (int64_t)sizeof(int64_t) + (int64_t)sizeof *end == st.st_size;
    return sound ? NULL : FAIL(ERROR_CORRUPT, "a result set was not finished");
}

/* Where the row of that mark begins; behind the last mark: where the rows end. */
static FALLIBLE mark(int fd, const struct trailer *end, int64_t number, int64_t *at) {
    *at = end->data;
    if (number >= end->marks) return NULL;
    return read_at(fd, at, sizeof *at, end->data + number * (int64_t)sizeof *at);
}

/* From lines to a JSON array, in place: `skip` rows are left out, `limit` taken. */
static text as_array(char *at, size_t len, int64_t skip, int64_t limit) {
    char *from = at, *end = at + len, *to = at;
    for (; skip; skip--) from = (char *)memchr(from, '\n', (size_t)(end - from)) + 1;
    *to++ = '[';
    for (int64_t i = 0; i < limit && from < end; i++) {
        char *stop = memchr(from, '\n', (size_t)(end - from));
        if (i) *to++ = ',';
        size_t row = (size_t)(stop - from);
        memmove(to, from, row);
        to += row;
        from = stop + 1;
    }
    *to++ = ']';
    return (text){at, (size_t)(to - at)};
}

FALLIBLE rows_file_page(arena *a, const char *path, int64_t offset, int64_t limit, text *rows) {
    __attribute__((cleanup(closed))) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct trailer end;
    int64_t from, to;
    *rows = T("[]");
    if (fd < 0) return failed("read");
    TRY(read_trailer(fd, &end));
    if (offset >= end.rows || limit <= 0) return NULL;
    if (limit > end.rows - offset) limit = end.rows - offset;
    TRY(mark(fd, &end, offset / ROWS_FILE_STRIDE, &from));
    TRY(mark(fd, &end, (offset + limit + ROWS_FILE_STRIDE - 1) / ROWS_FILE_STRIDE, &to));
    if (from < 0 || to < from || to > end.data) return FAIL(ERROR_CORRUPT, "the marks of a result set are wrong");
    /* a byte before the rows for the bracket; commas and the other bracket take the places of line breaks */
    char *bytes = arena_bytes(a, (size_t)(to - from) + 1);
    TRY(read_at(fd, bytes + 1, to - from, from));
    int64_t lines = 0, wanted = offset % ROWS_FILE_STRIDE + limit;
    for (const char *p = bytes + 1; lines < wanted && (p = memchr(p, '\n', (size_t)(bytes + 1 + (to - from) - p))); p++) lines++;
    if (lines < wanted) return FAIL(ERROR_CORRUPT, "rows of a result set are missing");
    bytes[0] = '\n';
    *rows = as_array(bytes, (size_t)(to - from) + 1, offset % ROWS_FILE_STRIDE + 1, limit);
    return NULL;
}
