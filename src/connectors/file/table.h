/* The whole of an exported file in memory: rows in order, found by external id (connectors §11.6). */
#ifndef JOINERY_CONNECTORS_FILE_TABLE_H
#define JOINERY_CONNECTORS_FILE_TABLE_H

#include "connectors/file/source.h"

struct table_row {
    const struct cs_type *type; /* NULL: a type that the schema does not know; such rows stay as they are */
    text key;                   /* canonical text of the external id; null with type NULL */
    bool removed;
    text *cells; /* as many as the table has columns when it was last touched; `count` of them */
    size_t count;
    struct table_row *next; /* row behind it */
};

struct table {
    arena *a;
    const struct connected_system *system;
    const struct file_options *o;
    struct texts header;         /* as it will be written, repeated names included */
    struct file_columns columns; /* the header by name */
    int32_t type_place;          /* -1: fixed type */
    const struct cs_type *fixed; /* the only type, or NULL */
    struct table_row *first, **end;
    struct text_map rows; /* type and key → table_row */
    size_t rows_read;
};

/* An empty table without columns. The fixed type of the settings must be in the schema. */
FALLIBLE table_begin(arena *a, const struct connected_system *system, const struct file_options *o, struct table *t);
/* Reads the existing file; *found false when there is none. A file that cannot be read whole is an error: nothing may be lost. */
FALLIBLE table_load(struct table *t, const struct run_ctx *ctx, struct file_source *source, bool *found);
/* The column of that name in any case, or NULL. */
const struct file_column *table_column(const struct table *t, text name);
/* Appends a column behind the others unless there is one of that name. */
void table_add_column(struct table *t, text name);
/* The row of an object, or NULL. */
struct table_row *table_find(const struct table *t, const struct cs_type *type, text key);
/* A new row at the end, its type cell filled. */
struct table_row *table_add(struct table *t, const struct cs_type *type, text key);
/* Gives the row a key; a row that had it is forgotten. A null key takes the row out of the look-up. */
void table_set_key(struct table *t, struct table_row *row, text key);
/* The cells of a row, as many as the header has; writable. */
text *table_cells(struct table *t, struct table_row *row);

#endif
