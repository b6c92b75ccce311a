/* Paths that administrators name: opened only inside the configured roots, and only when they are what they should be (connectors
 * §11.5, operations §17). */
#ifndef JOINERY_CONNECTORS_FILE_ROOTS_H
#define JOINERY_CONNECTORS_FILE_ROOTS_H

#include "base/base.h"

#include <sys/stat.h>

/* `roots` are absolute folder paths. A path is absolute and begins with the whole components of a root; it may hold "..", and its
 * symbolic links are followed, as long as the result stays inside that root. Failures, each with the path: ERROR_INVALID (relative,
 * control characters, empty component, not a regular file or folder), ERROR_DENIED (outside the roots, whether it exists or not; or
 * no permission, with the user id of the process), ERROR_NOT_FOUND, ERROR_IO. */

/* Opens a regular file for reading. The caller closes *fd (-1 after a failure). */
FALLIBLE roots_open_file(const struct texts *roots, text path, int *fd);

/* A place where a file is, or will be: an open folder and the file's name in it. */
struct file_place {
    int folder; /* -1: closed */
    char name[256];
};
/* The folder of a file to be written. A symbolic link at the path itself is followed to its target inside the root. With `create`,
 * missing folders are made. */
FALLIBLE roots_open_place(const struct texts *roots, text path, bool create, struct file_place *place);
void file_place_close(struct file_place *p);
OWNED_STRUCT(file_place, file_place_close)

/* ---- For the browser of files (operations §17) ---- */
struct folder_entry {
    text name, path;
    bool is_folder;
    int64_t size;     /* bytes; 0 for folders */
    int64_t modified; /* ticks of base/instant.h */
};
struct folder_entries LIST(struct folder_entry);
struct folder_listing {
    text path;
    text parent;                   /* null at a root */
    bool is_root, cut;             /* cut: more than 10,000 entries, the rest is missing */
    struct folder_entries entries; /* folders first, then files, by name; nothing else, and no link that leads outside */
};
/* Lists a folder; a null or empty path means the first root. ERROR_NOT_FOUND without roots. */
FALLIBLE roots_list(arena *a, const struct texts *roots, text path, struct folder_listing *out);
/* Those roots that exist. */
void roots_existing(arena *a, const struct texts *roots, struct texts *out);
/* True when the path lies inside a root by its text and, as far as it exists, in fact. Whether it exists does not matter. */
bool roots_allow(const struct texts *roots, text path);

/* Opens `path`, relative to the folder `root`, never leaving it: openat2, or the walk where the kernel has none. Returns a
 * descriptor, or -1 with errno (EXDEV: leaves the root; the walk also refuses links with ELOOP). */
int open_beneath(int root, const char *path, int flags);
int open_beneath_walking(int root, const char *path, int flags);

#endif
