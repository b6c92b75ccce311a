/* Opening and closing a SQLite database, its settings, its log, its own check and its online copy. */
#include "base/die.h"
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    LOG_PAGES = 64 * 1024 * 1024 / PAGE_BYTES, /* tend the log when it is larger */
    SYNC_PAGES = 4 * 1024 * 1024 / PAGE_BYTES, /* bring it to the disk after so many */
    LONG_LOGS = 4,                             /* let writers wait when it is so many times as long */
    READERS_MS = 50,                           /* how long a log that could begin anew waits for readers */
    BUSY_MS = 10000,
    WRITE_CACHE_KIB = 64 * 1024,
    READ_CACHE_KIB = 4 * 1024,
    BACKUP_STEP_PAGES = 2048,
};

static int note_log(void *state, sqlite3 *handle, const char *name, int pages) {
    (void)handle, (void)name;
    struct sqlite_db *db = state;
    db->log_pages = pages;
    if (pages < db->tended_pages) db->tended_pages = 0; /* the log has begun anew */
    if (pages < db->synced_pages) db->synced_pages = 0;
    return SQLITE_OK;
}

static FALLIBLE settings(struct sqlite_db *db, const struct db_options *options) {
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    char pragmas[640];
    snprintf(pragmas, sizeof pragmas,
             "pragma page_size = %d; pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 0;"
             "pragma journal_size_limit = %d; pragma cache_size = -%d; pragma temp_store = memory; pragma trusted_schema = off;"
             /* blanks what is deleted from a page, and does not write a page for that alone */
             "pragma secure_delete = fast;"
             "pragma foreign_keys = off; pragma cell_size_check = on; %s",
             PAGE_BYTES, LOG_PAGES * PAGE_BYTES, options->write ? WRITE_CACHE_KIB : READ_CACHE_KIB,
             options->write ? "" : "pragma query_only = on;");
    TRY(sqlite_script(&db->base, pragmas));
    sqlite3_wal_hook(db->handle, note_log, db);
    if (sqlite_add_inputs(db) != SQLITE_OK) return FAIL(ERROR_INTERNAL, "SQLite refuses the table of inputs");
    return NULL;
}

/* An empty file that only its owner may read, unless there is a file; the log beside a database has the database's mode. */
static void make_private(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

FALLIBLE sqlite_open(const struct db_options *options, struct db **out) {
    struct sqlite_db *db = calloc(1, sizeof *db + 2 * sql_statement_count * sizeof *db->statements);
    if (!db) die("out of memory");
    db->base.driver = &sqlite_driver;
    db->path = strdup(options->url + strlen(sqlite_driver.scheme));
    if (!db->path) die("out of memory");
    if (options->create) make_private(db->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (options->create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(db->path, &db->handle, flags, sqlite_counting_files());
    error *failed = code == SQLITE_OK ? settings(db, options) : NULL;
    if (code != SQLITE_OK)
        failed = FAIL(ERROR_IO,
                      "cannot open the database %s: %s; check that the folder exists and may be written, and that the database "
                      "was made by joinery",
                      db->path, sqlite3_errmsg(db->handle));
    if (failed) {
        sqlite_close(&db->base);
        return failed;
    }
    *out = &db->base;
    return NULL;
}

void sqlite_close(struct db *base) {
    struct sqlite_db *db = sqlite_of(base);
    for (size_t i = 0; i < 2 * sql_statement_count; i++) sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

/* While an old reader keeps the log from beginning anew, it is tended again only after as much more. */
enum db_tending sqlite_wants_tending(struct db *base) {
    struct sqlite_db *db = sqlite_of(base);
    if (db->log_pages > db->tended_pages + LONG_LOGS * LOG_PAGES) return TEND_ALONE;
    if (db->log_pages > db->tended_pages + LOG_PAGES) return TEND_MOVE;
    if (db->log_pages <= db->synced_pages + SYNC_PAGES) return TEND_NOT;
    db->synced_pages = db->log_pages;
    return TEND_SYNC;
}

/* Through a file of our own: whose closing ends no lock, since SQLite locks the log by another file. Without a log everything
 * stands in the database. */
FALLIBLE sqlite_sync(struct db *base) {
    struct sqlite_db *db = sqlite_of(base);
    OWNED_VALUE(buffer) name = {.max = 1 << 16};
    buffer_print(&name, "%s-wal", db->path);
    buffer_add(&name, "", 1);
    int fd = name.overflow ? -1 : open(name.at, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return NULL;
    sqlite_count_sync();
    int failed = fd < 0 || fdatasync(fd) != 0 ? errno : 0;
    if (fd >= 0) close(fd);
    if (!failed) return NULL;
    return FAIL(failed == ENOSPC || failed == EDQUOT ? ERROR_FULL : ERROR_IO,
                "the log of the database %s cannot be brought to the disk: %s", db->path, strerror(failed));
}

void sqlite_tend(struct db *base, enum db_tending how) {
    struct sqlite_db *db = sqlite_of(base);
    switch (how) {
    case TEND_NOT:
        return;
    case TEND_SYNC:
        error_free(sqlite_sync(base)); /* who needs it to succeed asks again */
        return;
    case TEND_MOVE:
        sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        return;
    case TEND_ALONE:
        sqlite3_busy_timeout(db->handle, READERS_MS);
        sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        sqlite3_busy_timeout(db->handle, BUSY_MS);
        db->tended_pages = db->log_pages;
        return;
    }
}

/* Runs a pragma that lists what is wrong, and "ok" when nothing is; `before` begins the sentence. */
static FALLIBLE list_wrong(struct sqlite_db *db, arena *a, const char *pragma, const char *before, struct texts *findings) {
    sqlite3_stmt *s;
    int code = sqlite3_prepare_v2(db->handle, pragma, -1, &s, NULL);
    if (code != SQLITE_OK) return sqlite_failure(db, code, pragma);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        text said = text_of((const char *)sqlite3_column_text(s, 0));
        if (!text_equal(said, T("ok"))) *LIST_ADD(a, findings) = arena_print(a, "%s: %.*s.", before, TEXT_ARG(said));
    }
    sqlite3_finalize(s);
    if (code != SQLITE_DONE)
        *LIST_ADD(a, findings) = arena_print(a, "The database file cannot be read: %s.", sqlite3_errmsg(db->handle));
    return NULL;
}

FALLIBLE sqlite_check(struct db *base, arena *a, struct texts *findings) {
    struct sqlite_db *db = sqlite_of(base);
    TRY(list_wrong(db, a, "pragma integrity_check(100)", "The database file", findings));
    return list_wrong(db, a, "pragma foreign_key_check", "A row points to nothing in the table", findings);
}

static FALLIBLE copy(struct sqlite_db *db, sqlite3 *target, const char *path, void (*progress)(void *state, text message),
                     void *state) {
    sqlite3_backup *b = sqlite3_backup_init(target, "main", db->handle, "main");
    if (!b) return FAIL(ERROR_IO, "cannot write the backup %s: %s", path, sqlite3_errmsg(target));
    int code;
    do {
        code = sqlite3_backup_step(b, BACKUP_STEP_PAGES);
        int total = sqlite3_backup_pagecount(b), left = sqlite3_backup_remaining(b);
        char said[64];
        int len = snprintf(said, sizeof said, "%d of %d MB", (total - left) / 128, total / 128);
        if (progress && len > 0) progress(state, (text){said, (size_t)len});
    } while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED);
    sqlite3_backup_finish(b);
    if (code == SQLITE_FULL) return FAIL(ERROR_FULL, "the disk is full; the backup %s was not made", path);
    if (code != SQLITE_DONE) return FAIL(ERROR_IO, "the backup %s failed: %s", path, sqlite3_errstr(code));
    return NULL;
}

/* The caller holds a read transaction, so that writers never make the copy start again. The copy leaves the log mode, so that it is
 * one file. */
FALLIBLE sqlite_backup(struct db *base, text path, void (*progress)(void *state, text message), void *state) {
    struct sqlite_db *db = sqlite_of(base);
    char name[4096];
    if (path.len >= sizeof name) return FAIL(ERROR_INVALID, "the path of the backup is too long");
    memcpy(name, path.at, path.len);
    name[path.len] = '\0';
    if (access(name, F_OK) == 0) return FAIL(ERROR_CONFLICT, "the backup %s exists already; name a new file", name);
    make_private(name);
    sqlite3 *target;
    int code = sqlite3_open_v2(name, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    error *failed = code == SQLITE_OK ? copy(db, target, name, progress, state)
                                      : FAIL(ERROR_IO, "cannot make the backup %s: %s", name, sqlite3_errmsg(target));
    if (!failed && sqlite3_exec(target, "pragma journal_mode = delete", NULL, NULL, NULL) != SQLITE_OK)
        failed = FAIL(ERROR_IO, "the backup %s failed: %s", name, sqlite3_errmsg(target));
    sqlite3_close(target);
    if (failed) unlink(name);
    return failed;
}
