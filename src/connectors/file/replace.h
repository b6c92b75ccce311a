/* Replacing a file as a whole, so that readers and crashes see the old one or the new one, never a part. */
#ifndef JOINERY_CONNECTORS_FILE_REPLACE_H
#define JOINERY_CONNECTORS_FILE_REPLACE_H

#include "connectors/file/roots.h"

/* A new file beside the old one. Opened by replacement_open, written, then put in place by replacement_commit; closing before that
 * removes it and leaves the old file as it was. */
struct replacement {
    const struct file_place *place;
    char temporary[280];
    int fd; /* -1: none */
};
FALLIBLE replacement_open(const struct file_place *place, struct replacement *r);
/* ERROR_FULL when there is no space. */
FALLIBLE replacement_write(struct replacement *r, text bytes);
/* Syncs, gives it the owner and mode of the old file, keeps `keep` earlier versions as NAME.1 … NAME.n, renames, syncs the folder.
 */
FALLIBLE replacement_commit(struct replacement *r, int keep);
void replacement_close(struct replacement *r);
OWNED_STRUCT(replacement, replacement_close)

#endif
