/* The rows of an exported file in order, found by external id (connectors §11.6): of each a few bytes stay in memory, its cells
 * stand in a spool. */
#ifndef JOINERY_CONNECTORS_FILE_TABLE_H
#define JOINERY_CONNECTORS_FILE_TABLE_H

#include "connectors/file/source.h"
#include "connectors/file/spool.h"

struct table_row {
    const struct cs_type *type; /* NULL: a type that the schema does not know; such rows stay as they are */
    uint64_t key[2];            /* of type and external id; zeros: none */
    uint64_t at;                /* where its cells stand in the spool */
    uint32_t length, count;     /* bytes there, cells */
    bool removed;
    struct table_row *next; /* row behind it */
};

struct table {
    arena *a;       /* as long as the table */
    arena *scratch; /* emptied by the caller between rows and items */
    const struct connected_system *system;
    const struct file_options *o;
    struct spool *spool;
    struct buffer *bytes;        /* a row on its way into the spool */
    struct texts header;         /* columns by place, repeated names included; those that the file had come first */
    size_t header_read;          /* … so many */
    struct int32s shown;         /* by place: 1, or 0 for a column that is only kept ready, should a later row need it */
    struct file_columns columns; /* the header by name */
    int32_t type_place;          /* -1: fixed type */
    const struct cs_type *fixed; /* the only type, or NULL */
    struct table_row *first, **end;
    struct table_row **slots; /* by key */
    size_t room, used;
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
/* The same, not to be written unless it is added later. */
void table_reserve_column(struct table *t, text name);
/* The row of an object, or NULL. */
struct table_row *table_find(const struct table *t, const struct cs_type *type, text key);
/* A new row at the end, without cells. */
struct table_row *table_add(struct table *t, const struct cs_type *type, text key);
/* Gives the row a key; a row that had it is forgotten. */
void table_set_key(struct table *t, struct table_row *row, text key);
/* The cells of a row, as many as the header has, in scratch; writable. */
FALLIBLE table_cells(struct table *t, const struct table_row *row, text **cells);
/* Replaces them. */
FALLIBLE table_put(struct table *t, struct table_row *row, const text *cells, size_t count);
/* The places of the columns in the order in which they are written: those of the file, then new ones by name. */
struct int32s table_order(struct table *t);

#endif
