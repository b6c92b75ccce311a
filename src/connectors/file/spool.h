/* Bytes that need not stay in memory: the first few do, the others go into a file without a name beside the one that is written. */
#ifndef JOINERY_CONNECTORS_FILE_SPOOL_H
#define JOINERY_CONNECTORS_FILE_SPOOL_H

#include "connectors/file/roots.h"

struct spool {
    const struct texts *roots;
    text path;             /* of the file that will be written */
    int fd;                /* -1: nothing has left the memory yet */
    uint64_t flushed;      /* bytes in the file */
    struct buffer pending; /* those behind them */
    char *window;          /* read back: window_len bytes from window_at */
    uint64_t window_at;
    size_t window_len, window_room;
};
void spool_begin(struct spool *s, const struct texts *roots, text path);
void spool_close(struct spool *s);
OWNED_STRUCT(spool, spool_close)

/* Where the bytes stand from now on. ERROR_FULL when there is no space. */
FALLIBLE spool_add(struct spool *s, text bytes, uint64_t *at);
/* Borrowed until the next call with the spool. */
FALLIBLE spool_read(struct spool *s, uint64_t at, size_t length, text *bytes);

#endif
