/* A thin layer over SQLite's own file functions that counts syncs and bytes written. */
#include "base/die.h"
#include "base/metrics.h"
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <pthread.h>

static struct metric sync_calls = {
    .name = "joinery_store_syncs_total", .help = "Calls that waited until the database was on disk.", .kind = METRIC_COUNTER};
static struct metric bytes_written = {
    .name = "joinery_store_written_bytes_total", .help = "Bytes written to the database and its log.", .kind = METRIC_COUNTER};

/* The methods of a kind of file with two of them replaced; a file's pMethods points to `counting`. */
struct counted {
    sqlite3_io_methods counting;
    const sqlite3_io_methods *plain;
};
enum { KINDS_OF_FILES = 8 };
static struct counted counted[KINDS_OF_FILES];
static _Atomic int counted_count;
static pthread_mutex_t counted_lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs layer;

static const sqlite3_io_methods *plain_of(sqlite3_file *f) { return ((const struct counted *)(const void *)f->pMethods)->plain; }

static int count_write(sqlite3_file *f, const void *bytes, int len, sqlite3_int64 at) {
    metric_add(&bytes_written, len);
    int code = plain_of(f)->xWrite(f, bytes, len, at);
    /* a quota and a limit of the process mean the same as a full disk, but SQLite knows only ENOSPC */
    return code == SQLITE_IOERR_WRITE && (errno == EDQUOT || errno == EFBIG) ? SQLITE_FULL : code;
}

void sqlite_count_sync(void) { metric_add(&sync_calls, 1); }

static int count_sync(sqlite3_file *f, int flags) {
    metric_add(&sync_calls, 1);
    return plain_of(f)->xSync(f, flags);
}

static const sqlite3_io_methods *counting(const sqlite3_io_methods *plain) {
    pthread_mutex_lock(&counted_lock);
    int i = 0;
    while (i < counted_count && counted[i].plain != plain) i++;
    if (i == KINDS_OF_FILES) die("SQLite has more kinds of files than expected");
    if (i == counted_count) {
        counted[i] = (struct counted){*plain, plain};
        counted[i].counting.xWrite = count_write;
        counted[i].counting.xSync = count_sync;
        counted_count++;
    }
    pthread_mutex_unlock(&counted_lock);
    return &counted[i].counting;
}

static int open_counting(sqlite3_vfs *self, const char *name, sqlite3_file *f, int flags, int *out_flags) {
    (void)self;
    sqlite3_vfs *plain = sqlite3_vfs_find("unix");
    int code = plain->xOpen(plain, name, f, flags, out_flags);
    if (f->pMethods) f->pMethods = counting(f->pMethods);
    return code;
}

static void make_layer(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                   0); /* counting every allocation costs a lock each; refused, without harm, when SQLite runs */
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, 64 << 20); /* what a savepoint keeps of changed pages stays in memory */
    sqlite3_vfs *plain = sqlite3_vfs_find("unix");
    if (!plain) die("SQLite lacks its file layer");
    layer = *plain;
    layer.pNext = NULL;
    layer.zName = "joinery";
    layer.xOpen = open_counting;
    metric_register(&sync_calls);
    metric_register(&bytes_written);
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK) die("SQLite refuses the counting file layer");
}

const char *sqlite_counting_files(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_layer);
    return layer.zName;
}

void sqlite_io(int64_t *syncs, int64_t *bytes) {
    *syncs = atomic_load_explicit(&sync_calls.value, memory_order_relaxed);
    *bytes = atomic_load_explicit(&bytes_written.value, memory_order_relaxed);
}
