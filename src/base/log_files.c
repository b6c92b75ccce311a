/* Opens, changes and prunes the daily files. */
#include "base/log_files.h"

#include "base/thread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SERVICES = 8, KEPT = 100, FILE_MAX_BYTES = 50 << 20, PARTS_MAX = 999, NAME_MAX_BYTES = 128 };

struct service_file {
    char service[32];
    int64_t day;
    int fd, part;
    off_t size;
};

static mutex lock = PTHREAD_MUTEX_INITIALIZER;
static char *folder_path;
static atomic_bool wanted;
static struct service_file files[SERVICES];
static size_t file_count;

error *log_files_open(const char *folder) {
    log_files_close();
    WITH_LOCK(&lock);
    if (mkdir(folder, 0750) != 0 && errno != EEXIST)
        return FAIL(ERROR_IO, "the log folder %s cannot be made: %s", folder, strerror(errno));
    if (access(folder, W_OK | X_OK) != 0) return FAIL(ERROR_IO, "the log folder %s cannot be written: %s", folder, strerror(errno));
    folder_path = strdup(folder);
    atomic_store(&wanted, folder_path != NULL);
    return NULL;
}

void log_files_close(void) {
    WITH_LOCK(&lock);
    atomic_store(&wanted, false);
    for (size_t i = 0; i < file_count; i++)
        if (files[i].fd >= 0) close(files[i].fd);
    file_count = 0;
    free(folder_path);
    folder_path = NULL;
}

bool log_files_wanted(void) { return atomic_load_explicit(&wanted, memory_order_relaxed); }

static struct service_file *file_of(const char *service) {
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].service, service) == 0) return &files[i];
    if (file_count == SERVICES) return NULL;
    struct service_file *f = &files[file_count++];
    *f = (struct service_file){.fd = -1, .day = -1};
    snprintf(f->service, sizeof f->service, "%s", service);
    return f;
}

static void name_of(const struct service_file *f, char out[NAME_MAX_BYTES]) {
    struct date_parts p = instant_parts((instant){f->day * TICKS_PER_DAY});
    char part[16] = "";
    if (f->part) snprintf(part, sizeof part, "_%03d", f->part);
    snprintf(out, NAME_MAX_BYTES, "joinery-%s-%04d%02d%02d%s.log", f->service, p.year, p.month, p.day, part);
}

static void prune(int folder, const struct service_file *f) {
    char prefix[64];
    size_t len = (size_t)snprintf(prefix, sizeof prefix, "joinery-%s-", f->service);
    struct dirent **found;
    int count = scandirat(folder, ".", &found, NULL, alphasort);
    if (count < 0) return;
    int ours = 0;
    for (int i = count; i-- > 0;) { /* the newest names are the last */
        if (strncmp(found[i]->d_name, prefix, len) == 0 && ++ours > KEPT) unlinkat(folder, found[i]->d_name, 0);
        free(found[i]);
    }
    free(found);
}

/* Opens the day's first file that has room. */
static void open_file(struct service_file *f) {
    int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    for (; f->part <= PARTS_MAX; f->part++) {
        char name[NAME_MAX_BYTES];
        struct stat s;
        name_of(f, name);
        f->fd = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (f->fd < 0) break;
        f->size = fstat(f->fd, &s) == 0 ? s.st_size : 0;
        if (f->size < FILE_MAX_BYTES || f->part == PARTS_MAX) break;
        close(f->fd);
        f->fd = -1;
    }
    prune(folder, f);
    close(folder);
}

void log_files_write(const char *service, instant now, text line) {
    WITH_LOCK(&lock);
    struct service_file *f = folder_path ? file_of(service) : NULL;
    if (!f) return;
    int64_t day = now.ticks / TICKS_PER_DAY;
    bool full = f->size >= FILE_MAX_BYTES && f->part < PARTS_MAX;
    if (f->day != day || full || f->fd < 0) {
        if (f->fd >= 0) close(f->fd);
        f->part = f->day == day ? f->part : 0;
        f->day = day;
        f->fd = -1;
        open_file(f);
    }
    if (f->fd < 0) return;
    ssize_t written = write(f->fd, line.at, line.len);
    if (written > 0) f->size += written;
}
