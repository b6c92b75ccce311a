/* The files of each service are read from their ends in blocks, and their lines merged by the times that they begin with. */
#include "base/log_read.h"

#include "base/die.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SERVICES_MAX = 8, BLOCK_BYTES = 256 << 10, LINE_MOST = 4 << 20 };

/* ---- which files there are ---- */

static bool number_at(text t, size_t from, size_t digits, int *out) {
    *out = 0;
    if (t.len < from + digits) return false;
    for (size_t i = from; i < from + digits; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') return false;
        *out = *out * 10 + (t.at[i] - '0');
    }
    return true;
}

/* joinery-SERVICE-yyyyMMdd.log or joinery-SERVICE-yyyyMMdd_001.log */
static bool name_read(text name, struct log_file *out) {
    text prefix = T("joinery-"), end = T(".log");
    if (!text_starts_with(name, prefix) || !text_ends_with(name, end)) return false;
    text rest = text_slice(name, prefix.len, name.len - end.len);
    size_t hyphen = rest.len;
    while (hyphen && rest.at[hyphen - 1] != '-') hyphen--;
    if (hyphen < 2) return false;
    text when = text_slice(rest, hyphen, rest.len);
    struct date_parts p = {0};
    out->service = text_slice(rest, 0, hyphen - 1);
    out->part = 0;
    if (!number_at(when, 0, 4, &p.year) || !number_at(when, 4, 2, &p.month) || !number_at(when, 6, 2, &p.day)) return false;
    if (when.len != 8 && (when.len != 12 || when.at[8] != '_' || !number_at(when, 9, 3, &out->part))) return false;
    return instant_from_parts(p, &out->day);
}

static int by_name(const void *x, const void *y) {
    const struct log_file *a = x, *b = y;
    int order = text_compare(a->service, b->service);
    if (order) return order;
    if (a->day.ticks != b->day.ticks) return a->day.ticks < b->day.ticks ? -1 : 1;
    return a->part - b->part;
}

FALLIBLE log_files_list(arena *a, const char *folder, struct log_file_list *out) {
    DIR *d = opendir(folder);
    if (!d && errno == ENOENT) return NULL;
    if (!d) return FAIL(ERROR_IO, "the log folder %s cannot be read: %s", folder, strerror(errno));
    for (const struct dirent *e; (e = readdir(d));) {
        struct log_file f = {.name = arena_text(a, text_of(e->d_name))};
        struct stat s;
        if (!name_read(f.name, &f) || fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(s.st_mode)) continue;
        f.bytes = s.st_size;
        *LIST_ADD(a, out) = f;
    }
    closedir(d);
    if (out->count) qsort(out->at, out->count, sizeof *out->at, by_name);
    return NULL;
}

/* ---- lines from the end ---- */

/* The files of one service, the last one first; the block holds the bytes from `at` on, of which those before `end` are unread. */
struct cursor {
    char service[32];
    char names[64][128];
    size_t files;
    int fd;
    char *block;
    off_t at;
    size_t end;
    text line; /* the newest unread one, or null */
};
struct log_lines {
    int folder;
    struct cursor cursors[SERVICES_MAX];
    size_t count, current; /* whose line was given last */
};

static bool open_next(log_lines *l, struct cursor *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    while (c->files) {
        c->fd = openat(l->folder, c->names[--c->files], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (c->fd < 0) continue;
        c->at = lseek(c->fd, 0, SEEK_END);
        c->end = 0;
        if (c->at > 0) return true;
    }
    return false;
}

/* Puts the bytes before the unread ones in front of them. */
static bool read_back(struct cursor *c) {
    off_t from = c->at > BLOCK_BYTES ? c->at - BLOCK_BYTES : 0;
    size_t more = (size_t)(c->at - from);
    char *block = c->end > LINE_MOST ? NULL : malloc(more + c->end + 1);
    if (!block) return false;
    if (c->end) memcpy(block + more, c->block, c->end);
    ssize_t got = pread(c->fd, block, more, from);
    free(c->block);
    c->block = block;
    if (got != (ssize_t)more) return false;
    c->at = from;
    c->end += more;
    return true;
}

static bool line_before(struct cursor *c, text *out) {
    for (size_t looked = 0;;) { /* so many bytes at the end hold no line's end */
        while (!looked && c->end && c->block[c->end - 1] == '\n') c->end--;
        size_t from = c->end - looked;
        while (from && c->block[from - 1] != '\n') from--;
        if (c->end && (from || !c->at)) {
            *out = (text){c->block + from, c->end - from};
            c->end = from;
            return true;
        }
        if (!c->at) return false;
        looked = c->end;
        if (!read_back(c)) return false;
    }
}

#define LINE_START T("{\"@t\":\"")

/* What does not begin as lines of the log do is left out. */
static void advance(log_lines *l, struct cursor *c) {
    for (;;) {
        while (c->fd >= 0 && line_before(c, &c->line))
            if (text_starts_with(c->line, LINE_START)) return;
        c->line = (text){0};
        if (!open_next(l, c)) return;
    }
}

static struct cursor *cursor_of(log_lines *l, text service) {
    for (size_t i = 0; i < l->count; i++)
        if (text_equal(text_of(l->cursors[i].service), service)) return &l->cursors[i];
    if (l->count == SERVICES_MAX || service.len >= sizeof l->cursors[0].service) return NULL;
    struct cursor *c = &l->cursors[l->count++];
    memcpy(c->service, service.at, service.len);
    c->fd = -1;
    return c;
}

/* More parts of a day than there is room for: the oldest ones are left out. */
static void add_file(struct cursor *c, text name) {
    enum { MOST = sizeof c->names / sizeof c->names[0] };
    if (name.len >= sizeof c->names[0]) return;
    if (c->files == MOST) memmove(c->names, c->names + 1, sizeof c->names - sizeof c->names[0]), c->files--;
    memcpy(c->names[c->files], name.at, name.len);
    c->names[c->files++][name.len] = '\0';
}

FALLIBLE log_lines_open(const char *folder, const struct log_file_list *files, text service, instant day, log_lines **out) {
    log_lines *l = calloc(1, sizeof *l);
    if (!l) die("out of memory");
    l->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (EACH(const struct log_file, f, files)) {
        if (f->day.ticks != instant_floor_day(day).ticks || (service.at && !text_equal(service, f->service))) continue;
        struct cursor *c = cursor_of(l, f->service);
        if (c) add_file(c, f->name);
    }
    for (size_t i = 0; l->folder >= 0 && i < l->count; i++) advance(l, &l->cursors[i]);
    l->current = SERVICES_MAX;
    *out = l;
    return NULL;
}

void log_lines_close(log_lines *l) {
    if (!l) return;
    for (size_t i = 0; i < l->count; i++) {
        if (l->cursors[i].fd >= 0) close(l->cursors[i].fd);
        free(l->cursors[i].block);
    }
    if (l->folder >= 0) close(l->folder);
    free(l);
}

/* {"@t":"2026-03-04T05:06:07.0000000Z", … */
static text time_of(text line) { return text_slice(line, LINE_START.len, line.len < 35 ? line.len : 35); }

bool log_lines_next(log_lines *l, text *line, text *service) {
    if (l->current < l->count) advance(l, &l->cursors[l->current]);
    l->current = SERVICES_MAX;
    for (size_t i = 0; i < l->count; i++) {
        struct cursor *c = &l->cursors[i];
        if (!c->line.at) continue;
        if (l->current == SERVICES_MAX || text_compare(time_of(c->line), time_of(l->cursors[l->current].line)) > 0) l->current = i;
    }
    if (l->current == SERVICES_MAX) return false;
    *line = l->cursors[l->current].line;
    *service = text_of(l->cursors[l->current].service);
    return true;
}
