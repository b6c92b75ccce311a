/* What the browser of files shows: roots, and folders inside them. */
#include "base/instant.h"
#include "base/unicode.h"
#include "connectors/file/roots.h"
#include "connectors/file/roots_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENTRIES_MAX = 10000 };

static bool is_presentable(text name) {
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f) return false;
    return utf8_valid(name, NULL) && !text_equal(name, T(".")) && !text_equal(name, T(".."));
}

/* The state of an entry, through links that stay inside the root. */
static bool entry_state(int folder, text root, text path, const char *name, struct stat *st) {
    if (fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) < 0) return false;
    if (S_ISLNK(st->st_mode)) {
        int fd = path_open(root, path, O_PATH | O_CLOEXEC);
        if (fd < 0) return false;
        int failed = fstat(fd, st);
        close(fd);
        if (failed) return false;
    }
    return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

static int by_kind_and_name(const void *a, const void *b) {
    const struct folder_entry *x = a, *y = b;
    if (x->is_folder != y->is_folder) return x->is_folder ? -1 : 1;
    return text_compare(x->name, y->name);
}

static void add_entry(arena *a, DIR *folder, text root, const char *name, struct folder_listing *out) {
    text path = arena_print(a, "%.*s%s%s", TEXT_ARG(out->path), out->path.len > 1 ? "/" : "", name);
    struct stat st;
    if (!entry_state(dirfd(folder), root, path, name, &st)) return;
    *LIST_ADD(a, &out->entries) = (struct folder_entry){
        .name = arena_text(a, text_of(name)),
        .path = path,
        .is_folder = S_ISDIR(st.st_mode),
        .size = S_ISDIR(st.st_mode) ? 0 : (int64_t)st.st_size,
        .modified = TICKS_1970 + st.st_mtim.tv_sec * TICKS_PER_SECOND + st.st_mtim.tv_nsec / 100,
    };
}

static text without_last(text path) {
    size_t end = path.len;
    while (end > 1 && path.at[end - 1] != '/') end--;
    return text_slice(path, 0, end > 1 ? end - 1 : 1);
}

error *roots_list(arena *a, const struct texts *roots, text path, struct folder_listing *out) {
    *out = (struct folder_listing){0};
    if (path.len == 0) {
        if (!roots || roots->count == 0) return FAIL(ERROR_NOT_FOUND, "No folder is configured for connector files.");
        path = roots->at[0];
    }
    while (path.len > 1 && path.at[path.len - 1] == '/') path.len--;
    const text *root;
    TRY(path_check(roots, path, &root));
    int fd = path_open(*root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return path_error(roots, path, errno);
    DIR *folder = fdopendir(fd);
    if (!folder) return close(fd), path_error(roots, path, ENOMEM);
    out->path = arena_text(a, path);
    out->is_root = path.len <= root->len;
    if (!out->is_root) out->parent = arena_text(a, without_last(path));
    for (struct dirent *e; !out->cut && (e = readdir(folder));) {
        if (!is_presentable(text_of(e->d_name))) continue;
        if (out->entries.count == ENTRIES_MAX)
            out->cut = true;
        else
            add_entry(a, folder, *root, e->d_name, out);
    }
    closedir(folder);
    if (out->entries.count) qsort(out->entries.at, out->entries.count, sizeof *out->entries.at, by_kind_and_name);
    return NULL;
}

void roots_existing(arena *a, const struct texts *roots, struct texts *out) {
    for (size_t i = 0; roots && i < roots->count; i++) {
        struct stat st;
        if (stat(arena_cstring(a, roots->at[i]), &st) == 0 && S_ISDIR(st.st_mode)) *LIST_ADD(a, out) = roots->at[i];
    }
}

bool roots_allow(const struct texts *roots, text path) {
    const text *root;
    OWNED(error) problem = path_check(roots, path, &root);
    if (problem) return false;
    int fd = path_open(*root, path, O_PATH | O_CLOEXEC);
    if (fd >= 0) close(fd);
    return fd >= 0 || (errno != EXDEV && errno != ELOOP);
}
