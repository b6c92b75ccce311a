/* The file of an asynchronous search: its rows one after the other, and where every hundredth one stands. */
#ifndef JOINERY_SEARCH_SPOOL_H
#define JOINERY_SEARCH_SPOOL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

#include <stdint.h>

/* One that is being written. */
struct spool {
    int fd;
    struct buffer ahead; /* not written yet */
    int64_t bytes, rows;
    struct LIST(int64_t) marks; /* where every SPOOL_STRIDE-th row begins; on the heap */
};
enum { SPOOL_STRIDE = 100 };

/* A new file that only the service may read; one of that name is replaced. ERROR_FULL, ERROR_IO. */
FALLIBLE spool_create(struct spool *s, const char *path);
/* One row: JSON without a line break. */
FALLIBLE spool_add(struct spool *s, text row);
/* Writes what is left, durably. */
FALLIBLE spool_finish(struct spool *s);
/* Closes it; what was not finished is no spool. */
void spool_close(struct spool *s);
OWNED_STRUCT(spool, spool_close)

/* A JSON array of so many rows from the offset on, in the arena. ERROR_CORRUPT for a file that spool_finish did not write,
 * ERROR_IO. */
FALLIBLE spool_page(arena *a, const char *path, int64_t offset, int64_t limit, text *rows);

#endif
