/* The file of an asynchronous search: its rows as they came, and where the row of each place stands. */
#ifndef JOINERY_SEARCH_ROWS_FILE_H
#define JOINERY_SEARCH_ROWS_FILE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

#include <stdint.h>

/* One that is being written. */
struct rows_file {
    int fd;
    struct buffer ahead;         /* not written yet */
    int64_t bytes, rows;         /* bytes: of all that will be in it but its end */
    int64_t data;                /* bytes of the rows */
    struct LIST(int64_t) places; /* where the row of each place begins, -1: nowhere yet; on the heap */
};

/* A new file that only the service may read; one of that name is replaced. ERROR_FULL, ERROR_IO. */
FALLIBLE rows_file_create(struct rows_file *s, const char *path);
/* One row: JSON without a line break. Places (from 0) come in any order, each once. */
FALLIBLE rows_file_add(struct rows_file *s, int64_t place, text row);
/* Writes what is left, durably. ERROR_INTERNAL when a place before the last one has no row. */
FALLIBLE rows_file_finish(struct rows_file *s);
/* Closes it; what was not finished is no such file. */
void rows_file_close(struct rows_file *s);
OWNED_STRUCT(rows_file, rows_file_close)

/* A JSON array of so many rows from the offset on, in the arena. ERROR_CORRUPT for a file that rows_file_finish did not write,
 * ERROR_IO. */
FALLIBLE rows_file_page(arena *a, const char *path, int64_t offset, int64_t limit, text *rows);

#endif
