/* A delimited file as a stream of records: opened inside the roots, decoded, with its header, and watched for changes. */
#ifndef JOINERY_CONNECTORS_FILE_SOURCE_H
#define JOINERY_CONNECTORS_FILE_SOURCE_H

#include "base/csv.h"
#include "connectors/file/options.h"

#include <sys/stat.h>

/* The columns whose headers are the same name in any case, in order; the first spelling names them. */
struct file_column {
    text name, folded;
    struct int32s places; /* numbers of the fields, from 0 */
};
struct file_columns LIST(struct file_column);

struct file_source {
    int fd;
    text path;
    struct stat state; /* when it was opened */
    struct csv_reader *reader;
    struct decoder *decoder;
    struct csv_source stream;
    char *raw; /* bytes read and not yet decoded */
    size_t raw_at, raw_len;
    bool at_end;
    size_t fields; /* number of fields of the header */
    struct file_columns columns;
};

/* Opens the file, reads its header and stands before the first row. Its path and header live in `a`. Failures tell apart: not
 * found, outside the roots, no permission, empty file, empty header name, malformed quoting, bad encoding. */
FALLIBLE file_source_open(arena *a, const struct texts *roots, const struct file_options *o, text path, struct file_source *s);
/* Begins again before the first row. */
FALLIBLE file_source_rewind(const struct file_options *o, struct file_source *s);
/* The next row; rows are numbered from 2, the header being row 1. */
FALLIBLE file_source_next(struct file_source *s, struct csv_record *record, bool *found);
/* The same in two steps, as csv_next_raw and csv_undo_quotes. */
FALLIBLE file_source_next_raw(struct file_source *s, struct csv_record *record, bool *found);
void file_source_undo_quotes(struct file_source *s);
/* ERROR_CONFLICT when the file was changed since it was opened. */
FALLIBLE file_source_unchanged(const struct file_source *s);
void file_source_close(struct file_source *s);
OWNED_STRUCT(file_source, file_source_close)

/* The columns of that name in any case, or NULL. */
const struct file_column *file_column_named(arena *a, const struct file_columns *columns, text name);
/* Where the first byte stands that is no UTF-8, in the file as it lies on disk; `fallback` when that cannot be told. */
uint64_t file_source_bad_byte(const struct file_source *s, uint64_t record_offset, size_t record_length, uint64_t fallback);

#endif
