/* The file of an asynchronous search: rows ended by line breaks, then where each of them begins, then how many there are. Numbers
 * are those of the machine: the file never leaves it. */
#include "search/rows_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AHEAD = 1 << 18, MAGIC = 0x4A53504D, WINDOW = 4096 };

/* The end of the file. */
struct trailer {
    int64_t rows, data; /* data: bytes of the rows */
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

static FALLIBLE make_room(struct rows_file *s, size_t place) {
    if (place >= s->places.room) {
        size_t room = place + place / 2 + 64;
        int64_t *more = realloc(s->places.at, room * sizeof *more);
        if (!more) return FAIL(ERROR_FULL, "no memory for the places of a result set");
        s->places.at = more;
        s->places.room = room;
    }
    while (s->places.count <= place) s->places.at[s->places.count++] = -1;
    return NULL;
}

FALLIBLE rows_file_add(struct rows_file *s, int64_t place, text row) {
    TRY(make_room(s, (size_t)place));
    s->places.at[place] = s->data;
    buffer_text(&s->ahead, row);
    buffer_byte(&s->ahead, '\n');
    if (s->ahead.overflow) return FAIL(ERROR_TOO_LARGE, "a row of a result set is too large");
    s->data += (int64_t)row.len + 1;
    s->bytes += (int64_t)(row.len + 1 + sizeof s->places.at[0]);
    s->rows++;
    return s->ahead.len >= AHEAD ? flush(s) : NULL;
}

FALLIBLE rows_file_finish(struct rows_file *s) {
    struct trailer end = {.rows = s->rows, .data = s->data, .magic = MAGIC};
    if (s->rows != (int64_t)s->places.count) return FAIL(ERROR_INTERNAL, "a result set has places without rows");
    TRY(flush(s));
    TRY(write_all(s, s->places.at, s->places.count * sizeof s->places.at[0]));
    TRY(write_all(s, &end, sizeof end));
    return fsync(s->fd) < 0 ? failed("written") : NULL;
}

void rows_file_close(struct rows_file *s) {
    if (s->fd >= 0) close(s->fd);
    buffer_free(&s->ahead);
    free(s->places.at);
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
    bool sound = end->magic == MAGIC && end->data >= 0 && end->rows >= 0 && end->rows <= st.st_size &&
                 end->data + end->rows * (int64_t)sizeof(int64_t) + (int64_t)sizeof *end == st.st_size;
    return sound ? NULL : FAIL(ERROR_CORRUPT, "a result set was not finished");
}

/* A piece of the rows; neighbours are often in one. */
struct window {
    int fd;
    int64_t end; /* of the rows */
    int64_t at;
    struct buffer *bytes;
};

static FALLIBLE move_window(struct window *w, int64_t at, int64_t len) {
    if (len > w->end - at) len = w->end - at;
    buffer_clear(w->bytes);
    if (!buffer_reserve(w->bytes, (size_t)len)) return FAIL(ERROR_TOO_LARGE, "a row of a result set is too large");
    TRY(read_at(w->fd, w->bytes->at, len, at));
    w->bytes->len = (size_t)len;
    w->at = at;
    return NULL;
}

/* Appends the row that begins there. */
static FALLIBLE add_row(struct window *w, int64_t at, struct buffer *out) {
    if (at < 0 || at >= w->end) return FAIL(ERROR_CORRUPT, "the places of a result set are wrong");
    bool inside = at >= w->at && at < w->at + (int64_t)w->bytes->len;
    for (int64_t len = inside ? 0 : WINDOW;; len = len ? 4 * len : WINDOW) {
        if (len) TRY(move_window(w, at, len));
        text rest = text_slice(buffer_as_text(w->bytes), (size_t)(at - w->at), w->bytes->len);
        size_t end = text_find_byte(rest, '\n');
        if (end != SIZE_MAX) {
            buffer_text(out, text_slice(rest, 0, end));
            return NULL;
        }
        if (len >= w->end - at) return FAIL(ERROR_CORRUPT, "a row of a result set does not end");
    }
}

FALLIBLE rows_file_page(arena *a, const char *path, int64_t offset, int64_t limit, text *rows) {
    __attribute__((cleanup(closed))) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct trailer end;
    *rows = T("[]");
    if (fd < 0) return failed("read");
    TRY(read_trailer(fd, &end));
    if (offset >= end.rows || limit <= 0) return NULL;
    if (limit > end.rows - offset) limit = end.rows - offset;
    int64_t *places = ARENA_ARRAY(a, int64_t, (size_t)limit);
    TRY(read_at(fd, places, limit * (int64_t)sizeof *places, end.data + offset * (int64_t)sizeof *places));
    OWNED_VALUE(buffer) out = {.max = (size_t)1 << 30};
    OWNED_VALUE(buffer) seen = {.max = (size_t)1 << 30};
    struct window w = {.fd = fd, .end = end.data, .bytes = &seen};
    for (int64_t i = 0; i < limit; i++) {
        buffer_byte(&out, i ? ',' : '[');
        TRY(add_row(&w, places[i], &out));
    }
    buffer_byte(&out, ']');
    if (out.overflow) return FAIL(ERROR_TOO_LARGE, "a page of a result set is too large");
    *rows = arena_text(a, buffer_as_text(&out));
    return NULL;
}
