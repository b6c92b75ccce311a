/* What the files of the SQLite driver share. */
#ifndef JOINERY_STORE_SQLITE_SQLITE_H
#define JOINERY_STORE_SQLITE_SQLITE_H

#include "store/driver.h"

#include <sqlite3.h>

struct sqlite_db {
    struct db base;
    sqlite3 *handle;
    char *path;
    bool durable;               /* synchronous = full is in force */
    int log_pages;              /* pages in the write-ahead log after the last commit */
    int tended_pages;           /* … when it was tended last */
    int synced_pages;           /* … when it was brought to the disk last */
    int taken_back;             /* the code of the failure that made SQLite roll back by itself; 0: none */
    const struct sql *input_of; /* what the table "input" shows */
    struct sql_inputs input;
    sqlite3_stmt *statements[]; /* by number of the statement; those for many inputs follow */
};
static inline struct sqlite_db *sqlite_of(struct db *base) { return (struct sqlite_db *)(void *)base; }

/* A member of a struct as a value: SQLITE_NULL, SQLITE_INTEGER, SQLITE_TEXT or SQLITE_BLOB. */
struct sqlite_value {
    int type;
    int64_t number;
    const char *at;
    size_t len;
};
struct sqlite_value sqlite_value_of(const struct sql_field *f, const char *from);
/* Adds the table "input". */
int sqlite_add_inputs(struct sqlite_db *db);

error *sqlite_failure(struct sqlite_db *db, int code, const char *did);
FALLIBLE sqlite_script(struct db *base, const char *statements);
FALLIBLE sqlite_open(const struct db_options *options, struct db **out);
void sqlite_close(struct db *base);
enum db_tending sqlite_wants_tending(struct db *base);
void sqlite_tend(struct db *base, enum db_tending how);
FALLIBLE sqlite_sync(struct db *base);
FALLIBLE sqlite_check(struct db *base, arena *a, struct texts *findings);
FALLIBLE sqlite_backup(struct db *base, text path, void (*progress)(void *state, text message), void *state);

/* The name of a file layer that counts; made at the first call. */
const char *sqlite_counting_files(void);
void sqlite_io(int64_t *syncs, int64_t *bytes);
/* For a sync that passes it by. */
void sqlite_count_sync(void);

#endif
