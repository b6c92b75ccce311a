/* What the store asks of a database: a dozen functions, and statements that describe their own inputs and outputs. */
#ifndef JOINERY_STORE_DRIVER_H
#define JOINERY_STORE_DRIVER_H

#include "base/base.h"
#include "base/instant.h"

/* How a member of a struct travels to and from a column. */
enum sql_kind {
    SQL_INT64,
    SQL_INT32, /* enumerations too */
    SQL_BOOL,  /* 0 or 1 */
    SQL_TEXT,
    SQL_BYTES, /* a text whose bytes are a binary column */
    SQL_FIXED, /* an array of bytes; all zero is NULL when `null` is set */
};

struct sql_field {
    enum sql_kind kind;
    bool null;     /* zero and NULL are the same; a text without pointer always is NULL */
    uint16_t size; /* SQL_FIXED */
    uint16_t offset;
};

#define SQL_KIND(type, member)                                                                                                     \
    _Generic(((type *)NULL)->member,                                                                                               \
        int64_t: SQL_INT64,                                                                                                        \
        uint64_t: SQL_INT64,                                                                                                       \
        instant: SQL_INT64,                                                                                                        \
        timespan: SQL_INT64,                                                                                                       \
        int32_t: SQL_INT32,                                                                                                        \
        unsigned: SQL_INT32,                                                                                                       \
        bool: SQL_BOOL,                                                                                                            \
        text: SQL_TEXT,                                                                                                            \
        uint8_t *: SQL_FIXED)
#define SQL_SIZE(type, member) ((uint16_t)sizeof((type *)NULL)->member)

enum sql_dialect { SQL_SQLITE, SQL_POSTGRES, SQL_DIALECTS };

/* A statement of the catalogue, made by tools/sqlgen.py. */
struct sql {
    const char *name;
    unsigned number; /* place in a connection's cache of prepared statements */
    const struct sql_field *in;
    size_t in_count;
    const struct sql_field *out;
    size_t out_count;
    const char *text[SQL_DIALECTS];
    const char *many; /* SQLite: for all inputs, which are the rows of the table "input"; or NULL */
};
extern const size_t sql_statement_count;

struct migration {
    int number;
    const char *name, *checksum; /* SHA-256 of the file, hex */
    const char *text[SQL_DIALECTS];
};
extern const struct migration migrations[];
extern const size_t migration_count;

/* Inputs of a statement: it runs once for each struct of the array. */
struct sql_inputs {
    const void *at;
    size_t size, count;
};

struct db;

/* An open query. Texts of a row are borrowed until the next row. Begin as OWNED_VALUE(rows) r = {0}; */
struct rows {
    struct db *db;
    struct store_tx *tx; /* the session */
    const struct sql *sql;
    void *statement;
    struct sql_inputs in;
    size_t input; /* the input that the current row answers */
    bool many;    /* one run of the statement answers all inputs */
    int64_t began;
    error *failed;
};
/* Ends a query early or at its end; a second call does nothing. */
void rows_free(struct rows *r);
OWNED_STRUCT(rows, rows_free)
/* What went wrong while rows were read, or NULL: asked after the last row. */
FALLIBLE rows_end(struct rows *r);

struct db_options {
    const char *url;
    bool create;
    bool write; /* the one connection that writes */
};

enum db_tending {
    TEND_NOT,
    TEND_SYNC,  /* brings to the disk what a durable commit would have to wait for */
    TEND_MOVE,  /* moves the log into the database */
    TEND_ALONE, /* … so that it can begin anew; as a wish: the log is so long that writers should wait */
};

struct driver {
    const char *scheme; /* "sqlite:" */
    enum sql_dialect dialect;
    FALLIBLE (*open)(const struct db_options *options, struct db **out);
    void (*close)(struct db *db);
    /* A transaction: a read-only snapshot, or the write transaction (no other may be open). A durable one survives the loss of
     * power from the moment that commit returns; else it survives the end of the process, and the loss of power after the next
     * durable one. */
    FALLIBLE (*begin)(struct db *db, bool write, bool durable);
    FALLIBLE (*commit)(struct db *db);
    void (*rollback)(struct db *db);
    /* Several statements, without inputs: migrations. */
    FALLIBLE (*script)(struct db *db, const char *statements);
    FALLIBLE (*execute)(struct db *db, const struct sql *sql, struct sql_inputs in, int64_t *changed);
    FALLIBLE (*query)(struct db *db, const struct sql *sql, struct sql_inputs in, struct rows *out);
    bool (*next)(struct rows *r, void *row);
    void (*end)(struct rows *r);
    /* What the writer's log asks for, and the doing of it: TEND_SYNC and TEND_MOVE on another connection while others write,
     * TEND_ALONE on the writer's while nobody does. */
    enum db_tending (*wants_tending)(struct db *db);
    void (*tend)(struct db *db, enum db_tending how);
    /* Waits until all commits of the process so far are durable; from any thread, whatever the connection does meanwhile. */
    FALLIBLE (*sync)(struct db *db);
    /* The database's own check of its files; findings are sentences. */
    FALLIBLE (*check)(struct db *db, arena *a, struct texts *findings);
    FALLIBLE (*backup)(struct db *db, text path, void (*progress)(void *state, text message), void *state);
    /* Calls of fsync and bytes written by the process since it began. */
    void (*io)(int64_t *syncs, int64_t *bytes);
};

/* What every connection begins with. */
struct db {
    const struct driver *driver;
};

extern const struct driver sqlite_driver;

#endif
