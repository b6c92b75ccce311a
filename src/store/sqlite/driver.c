/* The SQLite driver: connections, prepared statements, and structs bound to and read from rows. */
#include "store/sqlite/sqlite.h"

#include <stdlib.h>

/* The meaning of a failure; `did` says what was being done. */
error *sqlite_failure(struct sqlite_db *db, int code, const char *did) {
    const char *said = sqlite3_errmsg(db->handle);
    int kind = code & 0xFF;
    bool whole = kind == SQLITE_FULL || kind == SQLITE_IOERR || kind == SQLITE_NOMEM; /* these may end the transaction */
    if (whole && sqlite3_get_autocommit(db->handle)) db->taken_back = code;
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return FAIL(ERROR_FULL, "the disk with the database %s is full (%s); free space there and repeat", db->path, did);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FAIL(ERROR_BUSY, "the database %s is in use by another process (%s)", db->path, did);
    case SQLITE_CONSTRAINT:
        return FAIL(ERROR_CONFLICT, "the database refuses a row (%s): %s", did, said);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return FAIL(ERROR_CORRUPT, "%s is damaged or not a database (%s): %s", db->path, did, said);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_IOERR:
        return FAIL(ERROR_IO, "cannot use the database %s (%s): %s", db->path, did, said);
    case SQLITE_TOOBIG:
        return FAIL(ERROR_TOO_LARGE, "a value is larger than the database takes (%s)", did);
    default:
        return FAIL(ERROR_INTERNAL, "%s: %s", did, said);
    }
}

FALLIBLE sqlite_script(struct db *base, const char *statements) {
    struct sqlite_db *db = sqlite_of(base);
    int code = sqlite3_exec(db->handle, statements, NULL, NULL, NULL);
    if (code == SQLITE_OK) return NULL;
    if (sqlite3_get_autocommit(db->handle) && db->taken_back) code = db->taken_back; /* the savepoint went with it */
    return sqlite_failure(db, code, "script");
}

static FALLIBLE prepare(struct sqlite_db *db, const struct sql *sql, bool many, sqlite3_stmt **out) {
    sqlite3_stmt **cached = &db->statements[many ? sql_statement_count + sql->number : sql->number];
    if (!*cached) {
        const char *statement = many ? sql->many : sql->text[SQL_SQLITE];
        int code = sqlite3_prepare_v3(db->handle, statement, -1, SQLITE_PREPARE_PERSISTENT, cached, NULL);
        if (code != SQLITE_OK) return sqlite_failure(db, code, sql->name);
    }
    *out = *cached;
    return NULL;
}

static bool all_zero(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i]) return false;
    return true;
}

static struct sqlite_value bytes_value(int type, const char *at, size_t len) {
    return (struct sqlite_value){.type = at ? type : SQLITE_NULL, .at = at, .len = len};
}

struct sqlite_value sqlite_value_of(const struct sql_field *f, const char *from) {
    const void *member = from + f->offset;
    int64_t number = 0;
    switch (f->kind) {
    case SQL_TEXT:
        return bytes_value(SQLITE_TEXT, ((const text *)member)->at, ((const text *)member)->len);
    case SQL_BYTES:
        return bytes_value(SQLITE_BLOB, ((const text *)member)->at, ((const text *)member)->len);
    case SQL_FIXED:
        return bytes_value(SQLITE_BLOB, f->null && all_zero(member, f->size) ? NULL : member, f->size);
    case SQL_INT64:
        memcpy(&number, member, sizeof number);
        break;
    case SQL_INT32:
        number = *(const int32_t *)member;
        break;
    case SQL_BOOL:
        number = *(const bool *)member;
        break;
    }
    return (struct sqlite_value){.type = f->null && number == 0 ? SQLITE_NULL : SQLITE_INTEGER, .number = number};
}

static int bind_field(sqlite3_stmt *s, int at, const struct sql_field *f, const char *from) {
    struct sqlite_value v = sqlite_value_of(f, from);
    switch (v.type) {
    case SQLITE_TEXT:
        return sqlite3_bind_text64(s, at, v.at, v.len, SQLITE_STATIC, SQLITE_UTF8);
    case SQLITE_BLOB:
        return sqlite3_bind_blob64(s, at, v.at, v.len, SQLITE_STATIC);
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(s, at, v.number);
    default:
        return sqlite3_bind_null(s, at);
    }
}

static FALLIBLE bind(struct sqlite_db *db, sqlite3_stmt *s, const struct sql *sql, struct sql_inputs in, size_t which) {
    const char *from = (const char *)in.at + in.size * which;
    for (size_t i = 0; i < sql->in_count; i++) {
        int code = bind_field(s, (int)i + 1, &sql->in[i], from);
        if (code != SQLITE_OK) return sqlite_failure(db, code, sql->name);
    }
    return NULL;
}

static void read_field(sqlite3_stmt *s, int at, const struct sql_field *f, char *to) {
    void *member = to + f->offset;
    switch (f->kind) {
    case SQL_TEXT:
    case SQL_BYTES: {
        /* The blob form of a text column is the same bytes without the copy that a closing NUL would cost. */
        const char *bytes = sqlite3_column_blob(s, at);
        size_t len = (size_t)sqlite3_column_bytes(s, at);
        bool null = !bytes && sqlite3_column_type(s, at) == SQLITE_NULL;
        *(text *)member = null ? (text){0} : (text){bytes ? bytes : "", len};
        return;
    }
    case SQL_FIXED: {
        const void *bytes = sqlite3_column_blob(s, at);
        memset(member, 0, f->size);
        if (bytes && sqlite3_column_bytes(s, at) == (int)f->size) memcpy(member, bytes, f->size);
        return;
    }
    case SQL_INT64:
        *(int64_t *)member = sqlite3_column_int64(s, at);
        return;
    case SQL_INT32:
        *(int32_t *)member = sqlite3_column_int(s, at);
        return;
    case SQL_BOOL:
        *(bool *)member = sqlite3_column_int(s, at) != 0;
        return;
    }
}

static FALLIBLE execute_each(struct sqlite_db *db, const struct sql *sql, struct sql_inputs in) {
    sqlite3_stmt *s = NULL;
    TRY(prepare(db, sql, false, &s));
    for (size_t i = 0; i < in.count; i++) {
        TRY(bind(db, s, sql, in, i));
        int code = sqlite3_step(s);
        error *failed = code == SQLITE_DONE || code == SQLITE_ROW ? NULL : sqlite_failure(db, code, sql->name);
        sqlite3_reset(s);
        if (failed) return failed;
    }
    return NULL;
}

static FALLIBLE execute_many(struct sqlite_db *db, const struct sql *sql, struct sql_inputs in) {
    sqlite3_stmt *s = NULL;
    TRY(prepare(db, sql, true, &s));
    db->input_of = sql;
    db->input = in;
    int code = sqlite3_step(s);
    error *failed = code == SQLITE_DONE ? NULL : sqlite_failure(db, code, sql->name);
    sqlite3_reset(s);
    db->input = (struct sql_inputs){0};
    return failed;
}

static FALLIBLE execute(struct db *base, const struct sql *sql, struct sql_inputs in, int64_t *changed) {
    struct sqlite_db *db = sqlite_of(base);
    int64_t before = sqlite3_total_changes64(db->handle);
    TRY(sql->many && in.count > 1 ? execute_many(db, sql, in) : execute_each(db, sql, in));
    if (changed) *changed = sqlite3_total_changes64(db->handle) - before;
    return NULL;
}

static FALLIBLE query(struct db *base, const struct sql *sql, struct sql_inputs in, struct rows *out) {
    struct sqlite_db *db = sqlite_of(base);
    sqlite3_stmt *s = NULL;
    bool many = sql->many && in.count > 1;
    TRY(prepare(db, sql, many, &s));
    if (sqlite3_stmt_busy(s)) return FAIL(ERROR_INTERNAL, "the statement %s is open already", sql->name);
    *out = (struct rows){.db = base, .sql = sql, .statement = s, .in = in, .input = 0, .many = many};
    return in.count && !many ? bind(db, s, sql, in, 0) : NULL;
}

/* The table "input" is what it was for this statement, whatever others have run meanwhile. */
static bool next_of_many(struct rows *r, void *row) {
    struct sqlite_db *db = sqlite_of(r->db);
    sqlite3_stmt *s = r->statement;
    if (r->input >= r->in.count) return false;
    db->input_of = r->sql;
    db->input = r->in;
    int code = sqlite3_step(s);
    db->input = (struct sql_inputs){0};
    if (code == SQLITE_ROW) {
        for (size_t i = 0; i < r->sql->out_count; i++) read_field(s, (int)i, &r->sql->out[i], row);
        r->input = (size_t)sqlite3_column_int64(s, (int)r->sql->out_count);
        return true;
    }
    if (code != SQLITE_DONE) r->failed = sqlite_failure(db, code, r->sql->name);
    sqlite3_reset(s);
    r->input = r->in.count;
    return false;
}

static bool next(struct rows *r, void *row) {
    sqlite3_stmt *s = r->statement;
    if (!s || r->failed) return false;
    if (r->many) return next_of_many(r, row);
    while (r->input < r->in.count) {
        int code = sqlite3_step(s);
        if (code == SQLITE_ROW) {
            for (size_t i = 0; i < r->sql->out_count; i++) read_field(s, (int)i, &r->sql->out[i], row);
            return true;
        }
        if (code != SQLITE_DONE) r->failed = sqlite_failure(sqlite_of(r->db), code, r->sql->name);
        sqlite3_reset(s);
        if (r->failed) return false;
        if (++r->input < r->in.count) r->failed = bind(sqlite_of(r->db), s, r->sql, r->in, r->input);
        if (r->failed) return false;
    }
    return false;
}

static void end(struct rows *r) { sqlite3_reset(r->statement); }

static FALLIBLE begin(struct db *base, bool write, bool durable) {
    struct sqlite_db *db = sqlite_of(base);
    if (write && durable != db->durable) {
        TRY(sqlite_script(base, durable ? "pragma synchronous = full" : "pragma synchronous = normal"));
        db->durable = durable;
    }
    db->taken_back = 0;
    return sqlite_script(base, write ? "begin immediate" : "begin");
}

static FALLIBLE commit(struct db *base) { return sqlite_script(base, "commit"); }

static void rollback(struct db *base) {
    struct sqlite_db *db = sqlite_of(base);
    if (!sqlite3_get_autocommit(db->handle)) sqlite3_exec(db->handle, "rollback", NULL, NULL, NULL);
}

const struct driver sqlite_driver = {
    .scheme = "sqlite:",
    .dialect = SQL_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .script = sqlite_script,
    .execute = execute,
    .query = query,
    .next = next,
    .end = end,
    .wants_tending = sqlite_wants_tending,
    .tend = sqlite_tend,
    .sync = sqlite_sync,
    .check = sqlite_check,
    .backup = sqlite_backup,
    .io = sqlite_io,
};
