/* The table "input": the structs that a statement is given, as rows with the columns c0, c1 …, so that one run of an insert takes
 * them all. Starting a statement for each row costs as much as the row. */
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_COLUMNS = 48 };

struct input_table {
    sqlite3_vtab base;
    struct sqlite_db *db;
};

struct input_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
};

static const struct sqlite_db *db_of(const sqlite3_vtab_cursor *c) {
    return ((const struct input_table *)(const void *)c->pVtab)->db;
}

static struct input_cursor *cursor_of(sqlite3_vtab_cursor *c) { return (struct input_cursor *)(void *)c; }

static int declare(sqlite3 *handle) {
    char columns[MOST_COLUMNS * 5 + 20] = "create table x(c0";
    size_t len = strlen(columns);
    for (int i = 1; i < MOST_COLUMNS; i++) len += (size_t)snprintf(columns + len, sizeof columns - len, ",c%d", i);
    snprintf(columns + len, sizeof columns - len, ")");
    return sqlite3_declare_vtab(handle, columns);
}

static int connect(sqlite3 *handle, void *db, int argc, const char *const *argv, sqlite3_vtab **out, char **message) {
    (void)argc, (void)argv, (void)message;
    int code = declare(handle);
    if (code != SQLITE_OK) return code;
    struct input_table *t = calloc(1, sizeof *t);
    if (!t) return SQLITE_NOMEM;
    t->db = db;
    *out = &t->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *t) {
    free(t);
    return SQLITE_OK;
}

static int best_index(sqlite3_vtab *t, sqlite3_index_info *info) {
    (void)t;
    info->estimatedCost = 1000;
    info->estimatedRows = 1000;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *t, sqlite3_vtab_cursor **out) {
    (void)t;
    struct input_cursor *c = calloc(1, sizeof *c);
    if (!c) return SQLITE_NOMEM;
    *out = &c->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *c) {
    free(c);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *c, int number, const char *name, int argc, sqlite3_value **argv) {
    (void)number, (void)name, (void)argc, (void)argv;
    cursor_of(c)->at = 0;
    return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *c) {
    cursor_of(c)->at++;
    return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *c) { return cursor_of(c)->at >= db_of(c)->input.count; }

static int column(sqlite3_vtab_cursor *c, sqlite3_context *out, int number) {
    const struct sqlite_db *db = db_of(c);
    const char *from = (const char *)db->input.at + db->input.size * cursor_of(c)->at;
    struct sqlite_value v = sqlite_value_of(&db->input_of->in[number], from);
    switch (v.type) {
    case SQLITE_TEXT:
        sqlite3_result_text64(out, v.at, v.len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case SQLITE_BLOB:
        sqlite3_result_blob64(out, v.at, v.len, SQLITE_STATIC);
        break;
    case SQLITE_INTEGER:
        sqlite3_result_int64(out, v.number);
        break;
    default:
        break; /* null */
    }
    return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *c, sqlite3_int64 *id) {
    *id = (sqlite3_int64)cursor_of(c)->at;
    return SQLITE_OK;
}

int sqlite_add_inputs(struct sqlite_db *db) {
    static const sqlite3_module module = {
        .xConnect = connect, /* without xCreate: it is there by its name */
        .xBestIndex = best_index,
        .xDisconnect = disconnect,
        .xDestroy = disconnect,
        .xOpen = open_cursor,
        .xClose = close_cursor,
        .xFilter = filter,
        .xNext = next,
        .xEof = eof,
        .xColumn = column,
        .xRowid = row_id,
    };
    return sqlite3_create_module(db->handle, "input", &module, db);
}
