/* Appends through a buffer, reads through a window. */
#include "connectors/file/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };
#define PENDING_MAX ((size_t)1 << 32)

void spool_begin(struct spool *s, const struct texts *roots, text path) {
    *s = (struct spool){.roots = roots, .path = path, .fd = -1, .pending.max = PENDING_MAX};
}

void spool_close(struct spool *s) {
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    buffer_free(&s->pending);
    free(s->window);
    s->window = NULL;
}

static error *failed(const struct spool *s, const char *doing) {
    int number = errno;
    if (number == ENOSPC || number == EDQUOT || number == EFBIG)
        return FAIL(ERROR_FULL, "There is no space left to write \"%.*s\"; the old file stays as it was.", TEXT_ARG(s->path));
    return FAIL(ERROR_IO, "It was not possible to %s rows beside \"%.*s\": %s. The old file stays as it was.", doing,
                TEXT_ARG(s->path), strerror(number));
}

/* A file that vanishes with the program, whatever happens. */
static error *open_nameless(struct spool *s) {
    OWNED_VALUE(file_place) place = {.folder = -1};
    char name[300];
    TRY(roots_open_place(s->roots, s->path, true, &place));
    s->fd = openat(place.folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (s->fd >= 0) return NULL;
    snprintf(name, sizeof name, ".%s.rows", place.name);
    unlinkat(place.folder, name, 0);
    s->fd = openat(place.folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->fd < 0) return failed(s, "keep");
    unlinkat(place.folder, name, 0);
    return NULL;
}

static error *flush(struct spool *s) {
    if (s->fd < 0) TRY(open_nameless(s));
    for (size_t done = 0; done < s->pending.len;) {
        ssize_t n = pwrite(s->fd, s->pending.at + done, s->pending.len - done, (off_t)(s->flushed + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(s, "keep");
        done += (size_t)n;
    }
    s->flushed += s->pending.len;
    buffer_clear(&s->pending);
    return NULL;
}

error *spool_add(struct spool *s, text bytes, uint64_t *at) {
    *at = s->flushed + s->pending.len;
    buffer_text(&s->pending, bytes);
    if (s->pending.overflow) return FAIL(ERROR_TOO_LARGE, "A row of \"%.*s\" is too long.", TEXT_ARG(s->path));
    return s->pending.len < CHUNK ? NULL : flush(s);
}

/* At least `length` bytes from `at`, and as many more as a window holds: rows are mostly read in their order. */
static error *fill_window(struct spool *s, uint64_t at, size_t length) {
    size_t wanted = length > CHUNK ? length : CHUNK;
    if (s->window_room < wanted) {
        char *more = realloc(s->window, wanted);
        if (!more) return FAIL(ERROR_TOO_LARGE, "A row of \"%.*s\" does not fit into the memory.", TEXT_ARG(s->path));
        s->window = more;
        s->window_room = wanted;
    }
    s->window_at = at;
    s->window_len = 0;
    while (s->window_len < length) {
        ssize_t n = pread(s->fd, s->window + s->window_len, wanted - s->window_len, (off_t)(at + s->window_len));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed(s, "read");
        s->window_len += (size_t)n;
    }
    return NULL;
}

error *spool_read(struct spool *s, uint64_t at, size_t length, text *bytes) {
    if (at >= s->flushed) {
        *bytes = (text){length ? s->pending.at + (at - s->flushed) : "", length};
        return NULL;
    }
    bool inside = at >= s->window_at && at + length <= s->window_at + s->window_len;
    if (!inside) TRY(fill_window(s, at, length));
    *bytes = (text){s->window + (at - s->window_at), length};
    return NULL;
}
