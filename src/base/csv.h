/* Delimited text (RFC 4180 with the fixed points of the connectors specification §11.2), read as a stream of records. */
#ifndef JOINERY_BASE_CSV_H
#define JOINERY_BASE_CSV_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

struct csv_limits {
    size_t field_max, record_max, columns_max; /* 0 means 16 MiB, 64 MiB, 10,000 */
};

/* Where the bytes come from: fills up to `room` bytes, *got = 0 at the end. */
struct csv_source {
    void *state;
    error *(*read)(void *state, char *into, size_t room, size_t *got);
};

typedef struct csv_reader csv_reader;

/* The delimiter may be several bytes; it may not hold a quote or a line end. Input must be UTF-8 by then or arbitrary bytes: the
 * reader does not decode. The reader keeps a window of the stream, so memory stays bounded by the record limit. */
FALLIBLE csv_reader_new(struct csv_source source, text delimiter, struct csv_limits limits, csv_reader **out);
void csv_reader_free(csv_reader *r);
OWNED_TYPE(csv_reader, csv_reader_free)

/* One record. `fields` are slices that live until the next call and lie in order in one piece of
 * memory; quotes are undone. `row` counts records from 1 (the
 * header is row 1; blank lines are skipped and not counted); `offset` is the byte offset of its first byte. */
struct csv_record {
    const text *fields;
    size_t count;
    int64_t row;
    uint64_t offset;
    const char *raw; /* its first byte as it stands in the input */
};
/* *found = false at the end. Malformed quoting and exceeded limits are ERROR_INVALID / ERROR_TOO_LARGE with the row in the
 * sentence ("row 17: …"); a quote that is never closed names the row where it opened. After an error the reader is spent. */
FALLIBLE csv_next(csv_reader *r, struct csv_record *record, bool *found);
/* The same in two steps: in the record the bytes are as in the input, doubled quotes too, until they are undone (in place). */
FALLIBLE csv_next_raw(csv_reader *r, struct csv_record *record, bool *found);
void csv_undo_quotes(csv_reader *r);

/* Appends one field, quoted when it contains the delimiter, a quote, CR or LF, or begins or ends with a space. */
void csv_write_field(struct buffer *out, text field, text delimiter);

#endif
