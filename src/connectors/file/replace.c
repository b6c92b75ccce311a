/* Temporary file, fsync, rename, fsync of the folder. */
#include "connectors/file/replace.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static error *failed(const struct replacement *r, const char *doing, int number) {
    if (number == ENOSPC || number == EDQUOT || number == EFBIG)
        return FAIL(ERROR_FULL, "There is no space left to write \"%s\"; the old file stays as it was.", r->place->name);
    if (number == EACCES || number == EPERM || number == EROFS)
        return FAIL(ERROR_DENIED, "The service, running as user id %u, has no permission to %s \"%s\" in its folder.",
                    (unsigned)geteuid(), doing, r->place->name);
    return FAIL(ERROR_IO, "It was not possible to %s \"%s\": %s. The old file stays as it was.", doing, r->place->name,
                strerror(number));
}

error *replacement_open(const struct file_place *place, struct replacement *r) {
    *r = (struct replacement){.place = place, .fd = -1};
    snprintf(r->temporary, sizeof r->temporary, ".%s.partial", place->name);
    unlinkat(place->folder, r->temporary, 0); /* what a crash left behind */
    r->fd = openat(place->folder, r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return r->fd >= 0 ? NULL : failed(r, "create", errno);
}

error *replacement_write(struct replacement *r, text bytes) {
    while (bytes.len) {
        ssize_t written = write(r->fd, bytes.at, bytes.len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed(r, "write", errno);
        bytes = text_slice(bytes, (size_t)written, bytes.len);
    }
    return NULL;
}

/* The owner is kept where the system allows it; the mode always. */
static error *keep_owner_and_mode(struct replacement *r) {
    struct stat old;
    if (fstatat(r->place->folder, r->place->name, &old, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? NULL : failed(r, "look at", errno);
    if (fchown(r->fd, old.st_uid, old.st_gid) < 0 && fchown(r->fd, (uid_t)-1, old.st_gid) < 0)
        log_line(LOG_WARNING, "export file changes its owner", "%s: %s", r->place->name, strerror(errno));
    return fchmod(r->fd, old.st_mode & 07777) < 0 ? failed(r, "set the mode of", errno) : NULL;
}

/* NAME.2 becomes NAME.3, NAME.1 becomes NAME.2, and NAME.1 a second name of the present file: the name itself never vanishes. */
static error *rotate(const struct replacement *r, int keep) {
    char from[300], to[300];
    struct stat st;
    if (keep <= 0 || fstatat(r->place->folder, r->place->name, &st, AT_SYMLINK_NOFOLLOW) < 0) return NULL;
    for (int i = keep - 1; i >= 1; i--) {
        snprintf(from, sizeof from, "%s.%d", r->place->name, i);
        snprintf(to, sizeof to, "%s.%d", r->place->name, i + 1);
        if (renameat(r->place->folder, from, r->place->folder, to) < 0 && errno != ENOENT) return failed(r, "rename", errno);
    }
    snprintf(to, sizeof to, "%s.1", r->place->name);
    if (unlinkat(r->place->folder, to, 0) < 0 && errno != ENOENT) return failed(r, "remove", errno);
    if (linkat(r->place->folder, r->place->name, r->place->folder, to, 0) < 0) return failed(r, "keep", errno);
    return NULL;
}

static error *sync_folder(const struct replacement *r) {
    int folder = openat(r->place->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return failed(r, "sync", errno);
    int result = fsync(folder), saved = errno;
    close(folder);
    return result < 0 ? failed(r, "sync", saved) : NULL;
}

error *replacement_commit(struct replacement *r, int keep) {
    TRY(keep_owner_and_mode(r));
    if (fsync(r->fd) < 0) return failed(r, "write", errno);
    TRY(rotate(r, keep));
    if (renameat(r->place->folder, r->temporary, r->place->folder, r->place->name) < 0) return failed(r, "replace", errno);
    close(r->fd);
    r->fd = -1;
    return sync_folder(r);
}

void replacement_close(struct replacement *r) {
    if (r->fd < 0) return;
    close(r->fd);
    r->fd = -1;
    unlinkat(r->place->folder, r->temporary, 0);
}
