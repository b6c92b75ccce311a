/* The limit that a benchmark is compared with: parses the same file and writes, or reads, the same rows packed into a bare SQLite
 * table. usage: joinery-limit FILE DATABASE    prints JSON: seconds of parsing, of parsing and writing, of reading the rows back in
 * order. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/instant.h"

static error *read_file(void *state, char *into, size_t room, size_t *got) {
    ssize_t n = read(*(int *)state, into, room);
    if (n < 0) return FAIL(ERROR_IO, "cannot read the file");
    *got = (size_t)n;
    return NULL;
}

struct sink {
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct buffer row;
    int64_t rows, bytes;
};

static void sql(sqlite3 *db, const char *statement) {
    if (sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK) return;
    fprintf(stderr, "%s: %s\n", statement, sqlite3_errmsg(db));
    exit(1);
}

static void keep(struct sink *s, const struct csv_record *r) {
    buffer_clear(&s->row);
    for (size_t i = 0; i < r->count; i++) {
        uint32_t len = (uint32_t)r->fields[i].len;
        buffer_add(&s->row, &len, sizeof len);
        buffer_text(&s->row, r->fields[i]);
    }
    s->bytes += (int64_t)s->row.len;
    s->rows++;
    if (!s->db) return;
    if (s->rows % 1000 == 1) sql(s->db, "BEGIN");
    sqlite3_bind_int64(s->insert, 1, s->rows);
    sqlite3_bind_blob(s->insert, 2, s->row.at, (int)s->row.len, SQLITE_STATIC);
    sqlite3_step(s->insert);
    sqlite3_reset(s->insert);
    if (s->rows % 1000 == 0) sql(s->db, "COMMIT");
}

static double pass(const char *file, struct sink *s) {
    int64_t began = monotonic_ns();
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    OWNED(csv_reader) reader = NULL;
    error *e = csv_reader_new((struct csv_source){&fd, read_file}, T(","), (struct csv_limits){0}, &reader);
    struct csv_record record;
    for (bool found = true; !e && found;) {
        e = csv_next(reader, &record, &found);
        if (!e && found) keep(s, &record);
    }
    if (e) {
        fprintf(stderr, "%s\n", e->sentence);
        exit(1);
    }
    if (s->db && s->rows % 1000) sql(s->db, "COMMIT");
    close(fd);
    return (double)(monotonic_ns() - began) / 1e9;
}

static double read_back(sqlite3 *db, int64_t *bytes) {
    int64_t began = monotonic_ns();
    sqlite3_stmt *select;
    sqlite3_prepare_v2(db, "SELECT id, packed FROM limit_row ORDER BY id", -1, &select, NULL);
    while (sqlite3_step(select) == SQLITE_ROW) *bytes += sqlite3_column_bytes(select, 1) + (sqlite3_column_blob(select, 1) == NULL);
    sqlite3_finalize(select);
    return (double)(monotonic_ns() - began) / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: joinery-limit FILE DATABASE\n", stderr);
        return 2;
    }
    struct sink dry = {.row = {.max = 64 << 20}};
    double parse = pass(argv[1], &dry);
    struct sink wet = {.row = {.max = 64 << 20}};
    if (sqlite3_open(argv[2], &wet.db) != SQLITE_OK) return 1;
    sql(wet.db, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
                "CREATE TABLE limit_row(id INTEGER PRIMARY KEY, packed BLOB)");
    sqlite3_prepare_v2(wet.db, "INSERT INTO limit_row VALUES (?, ?)", -1, &wet.insert, NULL);
    double write = pass(argv[1], &wet);
    sqlite3_finalize(wet.insert);
    int64_t bytes = 0;
    double back = read_back(wet.db, &bytes);
    sqlite3_close(wet.db);
    printf("{\"rows\":%lld,\"bytes\":%lld,\"parse\":%.4f,\"parseAndWrite\":%.4f,\"read\":%.4f}\n", (long long)wet.rows,
           (long long)wet.bytes, parse, write, back);
    buffer_free(&dry.row);
    buffer_free(&wet.row);
    return bytes <= 0;
}
