/* From rows to batches of imported objects (connectors §11.4). */
#ifndef JOINERY_CONNECTORS_FILE_ROWS_H
#define JOINERY_CONNECTORS_FILE_ROWS_H

#include "connectors/file/plan.h"

enum { BATCH_ROWS = 1000 };

/* The batch being filled; all of it lives in `batch`. */
struct row_batch {
    const struct file_options *options;
    struct file_source *source;
    struct import_plan *plan;
    arena *batch; /* NULL: none is begun */
    struct import_objects objects;
    struct import_attribute *attributes;
    struct value *values;
    size_t room, attributes_used, values_used; /* room of both arrays */
    size_t arrays;                             /* bytes of all three */
    text *cells;                               /* of the current row, in memory of the batch */
    struct buffer problems;                    /* of the current row */
};

struct row_batch *rows_new(const struct file_options *o, struct file_source *s, struct import_plan *plan);
void row_batch_free(struct row_batch *r);
typedef struct row_batch row_batch;
OWNED_TYPE(row_batch, row_batch_free)

/* Adds to the begun batch the object of a row that was read raw; nothing for a type that is not selected. *flagged tells that it
 * carries an error. An error is the run's. */
FALLIBLE rows_add(struct row_batch *r, const struct csv_record *record, bool *flagged);
/* Whether the batch must be delivered before another row. */
bool rows_full(const struct row_batch *r);
/* An empty batch in this memory. */
void rows_begin(struct row_batch *r, arena *a);
/* What a first reading sees of a row that was read raw. False when its external id cannot be read; `wanted` tells also then whether
 * the row must be delivered. */
bool rows_glimpse(const struct file_options *o, struct file_source *s, struct import_plan *plan, const struct csv_record *record,
                  arena *scratch, struct import_glimpse *out);

#endif
