/* Opening beneath a root: the kernel decides where a path leads, by descriptor, so nothing can be swapped in between. */
#include "connectors/file/roots.h"

#include "connectors/file/roots_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_ALWAYS (O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int open_beneath_walking(int root, const char *path, int flags) {
    char rest[PATH_MAX];
    size_t size = strlen(path) + 1;
    if (size > sizeof rest) return errno = ENAMETOOLONG, -1;
    memcpy(rest, path, size);
    int at = dup(root);
    char *state = NULL;
    for (char *part = strtok_r(rest, "/", &state); part && at >= 0;) {
        char *next = strtok_r(NULL, "/", &state);
        int opened = -1;
        if (strcmp(part, "..") == 0)
            errno = EXDEV;
        else
            opened = openat(at, part, O_NOFOLLOW | O_CLOEXEC | (next ? O_PATH | O_DIRECTORY : flags));
        int saved = errno;
        close(at);
        errno = saved;
        at = opened;
        part = next;
    }
    return at;
}

int open_beneath(int root, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return (int)fd;
    return open_beneath_walking(root, path, flags);
}

bool path_begins_with(text path, text root) {
    while (root.len > 1 && root.at[root.len - 1] == '/') root.len--;
    if (!text_starts_with(path, root)) return false;
    return path.len == root.len || root.len == 1 || path.at[root.len] == '/';
}

/* The part of `path` behind `root`, as a path relative to it. */
static const char *behind(const char *path, text root) {
    while (root.len > 0 && root.at[root.len - 1] == '/') root.len--;
    const char *rest = path + root.len;
    while (*rest == '/') rest++;
    return *rest ? rest : ".";
}

const text *path_root(const struct texts *roots, text path) {
    const text *best = NULL;
    for (size_t i = 0; roots && i < roots->count; i++)
        if (path_begins_with(path, roots->at[i]) && (!best || roots->at[i].len > best->len)) best = &roots->at[i];
    return best;
}

static bool bad_bytes(text path) {
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.at[i] < 0x20 || path.at[i] == 0x7f) return true;
    return false;
}

error *path_outside(const struct texts *roots, text path) {
    text first = roots && roots->count ? roots->at[0] : T("none");
    return FAIL(ERROR_DENIED, "The path \"%.*s\" lies outside the folders that this server may use (%.*s%s).", TEXT_ARG(path),
                TEXT_ARG(first), roots && roots->count > 1 ? " and others" : "");
}

error *path_check(const struct texts *roots, text path, const text **root) {
    if (bad_bytes(path)) return FAIL(ERROR_INVALID, "The path holds a control character.");
    if (path.len == 0) return FAIL(ERROR_INVALID, "No path is given.");
    if (path.len >= PATH_MAX) return FAIL(ERROR_INVALID, "The path is longer than %d bytes.", PATH_MAX - 1);
    if (path.at[0] != '/') return FAIL(ERROR_INVALID, "The path \"%.*s\" is not absolute.", TEXT_ARG(path));
    if (text_find(path, T("//")) != SIZE_MAX)
        return FAIL(ERROR_INVALID, "The path \"%.*s\" has an empty component.", TEXT_ARG(path));
    *root = path_root(roots, path);
    return *root ? NULL : path_outside(roots, path);
}

error *path_error(const struct texts *roots, text path, int number) {
    unsigned user = (unsigned)geteuid();
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return FAIL(ERROR_NOT_FOUND, "The path \"%.*s\" does not exist.", TEXT_ARG(path));
    case EACCES:
    case EPERM:
        return FAIL(ERROR_DENIED, "The service, running as user id %u, has no permission for \"%.*s\".", user, TEXT_ARG(path));
    case EROFS:
        return FAIL(ERROR_DENIED, "\"%.*s\" lies on a file system that is read-only.", TEXT_ARG(path));
    case EXDEV:
    case ELOOP:
        return path_outside(roots, path);
    case ENXIO:
    case ENODEV:
        return FAIL(ERROR_INVALID, "\"%.*s\" is not a regular file.", TEXT_ARG(path));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return FAIL(ERROR_FULL, "There is no space left for \"%.*s\".", TEXT_ARG(path));
    default:
        return FAIL(ERROR_IO, "\"%.*s\" (as user id %u): %s.", TEXT_ARG(path), user, strerror(number));
    }
}

/* A link that leads to an absolute path inside the root is fine, but the kernel refuses it: open where it leads to instead. */
static int open_where_it_leads(int root, const char *root_path, const char *path, int flags) {
    char real_root[PATH_MAX], real[PATH_MAX];
    if (!realpath(root_path, real_root) || !realpath(path, real)) return errno = EXDEV, -1;
    if (!path_begins_with(text_of(real), text_of(real_root))) return errno = EXDEV, -1;
    return open_beneath(root, behind(real, text_of(real_root)), flags);
}

int path_open(text root, text path, int flags) {
    char root_path[PATH_MAX], whole[PATH_MAX];
    if (root.len >= sizeof root_path || path.len >= sizeof whole) return errno = ENAMETOOLONG, -1;
    snprintf(root_path, sizeof root_path, "%.*s", TEXT_ARG(root));
    snprintf(whole, sizeof whole, "%.*s", TEXT_ARG(path));
    int folder = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    int fd = open_beneath(folder, behind(whole, root), flags);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP)) fd = open_where_it_leads(folder, root_path, whole, flags);
    int saved = errno;
    close(folder);
    errno = saved;
    return fd;
}

error *roots_open_file(const struct texts *roots, text path, int *fd) {
    const text *root;
    *fd = -1;
    TRY(path_check(roots, path, &root));
    int opened = path_open(*root, path, O_RDONLY | OPEN_ALWAYS);
    if (opened < 0) return path_error(roots, path, errno);
    struct stat st;
    if (fstat(opened, &st) == 0 && S_ISREG(st.st_mode)) return *fd = opened, NULL;
    close(opened);
    return FAIL(ERROR_INVALID, "\"%.*s\" is not a regular file%s.", TEXT_ARG(path), S_ISDIR(st.st_mode) ? " but a folder" : "");
}

static text parent_of(text path) {
    while (path.len > 1 && path.at[path.len - 1] != '/') path.len--;
    if (path.len > 1) path.len--;
    return path;
}

/* The folder `path`, with every missing folder above it made. Recursion ends at the root. */
static error *open_folder(const struct texts *roots, text path, text root, bool create, int *fd) {
    *fd = path_begins_with(path, root) ? path_open(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC) : (errno = EXDEV, -1);
    if (*fd >= 0) return NULL;
    if (errno != ENOENT || !create || path.len <= root.len) return path_error(roots, path, errno);
    int above;
    TRY(open_folder(roots, parent_of(path), root, true, &above));
    char name[NAME_MAX + 1];
    text last = text_slice(path, parent_of(path).len + (parent_of(path).len > 1), path.len);
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(last));
    int made = mkdirat(above, name, 0775), saved = errno;
    close(above);
    if (made < 0 && saved != EEXIST) return path_error(roots, path, saved);
    *fd = path_open(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? NULL : path_error(roots, path, errno);
}

static error *open_place_at(const struct texts *roots, text path, text root, bool create, struct file_place *place) {
    text folder = parent_of(path), name = text_slice(path, folder.len + (folder.len > 1), path.len);
    if (name.len == 0 || name.len >= sizeof place->name - 16 || text_equal(name, T(".")) || text_equal(name, T("..")))
        return FAIL(ERROR_INVALID, "\"%.*s\" does not end in a usable file name.", TEXT_ARG(path));
    snprintf(place->name, sizeof place->name, "%.*s", TEXT_ARG(name));
    return open_folder(roots, folder, root, create, &place->folder);
}

/* The path is a link: the place is where it leads to, when that is a file inside the root. */
static error *open_place_behind_link(const struct texts *roots, text path, text root, struct file_place *place) {
    char link[PATH_MAX], root_path[PATH_MAX], real[PATH_MAX], real_root[PATH_MAX];
    struct stat st;
    snprintf(link, sizeof link, "%.*s", TEXT_ARG(path));
    snprintf(root_path, sizeof root_path, "%.*s", TEXT_ARG(root));
    if (!realpath(link, real) || !realpath(root_path, real_root) || !path_begins_with(text_of(real), text_of(real_root)))
        return path_outside(roots, path);
    if (lstat(real, &st) < 0 || !S_ISREG(st.st_mode)) return FAIL(ERROR_INVALID, "\"%.*s\" is not a regular file.", TEXT_ARG(path));
    return open_place_at(roots, text_of(real), text_of(real_root), false, place);
}

error *roots_open_place(const struct texts *roots, text path, bool create, struct file_place *place) {
    const text *root;
    *place = (struct file_place){.folder = -1};
    TRY(path_check(roots, path, &root));
    TRY(open_place_at(roots, path, *root, create, place));
    struct stat st;
    if (fstatat(place->folder, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? NULL : path_error(roots, path, errno);
    if (S_ISREG(st.st_mode)) return NULL;
    if (!S_ISLNK(st.st_mode)) return FAIL(ERROR_INVALID, "\"%.*s\" is not a regular file.", TEXT_ARG(path));
    file_place_close(place);
    return open_place_behind_link(roots, path, *root, place);
}

void file_place_close(struct file_place *p) {
    if (p->folder >= 0) close(p->folder);
    p->folder = -1;
}
