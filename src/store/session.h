/* What the store's files share: the store itself, its sessions, the write lock and the id blocks. */
#ifndef JOINERY_STORE_SESSION_H
#define JOINERY_STORE_SESSION_H

#include "base/thread.h"
#include "queries.h"
#include "store/store.h"

/* A lock that is handed over, API writers first; after some of them in a row a waiting bulk writer has its turn. */
struct write_lock {
    mutex m;
    struct write_waiter *first[2], *last[2]; /* queues by enum store_priority */
    bool held;
    int api_in_a_row;
};
void write_lock_init(struct write_lock *l);
void write_lock_take(struct write_lock *l, enum store_priority priority);
void write_lock_give(struct write_lock *l);

/* Ids of the program's own use follow those of the interface. */
enum { IDS_API_KEY = IDS_SPACES, IDS_ALL };

struct id_block {
    int64_t next, end;
};

enum { IDLE_READERS = 16 };

struct store {
    const struct driver *driver;
    char *url;
    int64_t slow_ns;
    struct write_lock write_lock;
    struct db *writer;
    arena *write_memory; /* by the write lock */
    bool
        group_open; /* the writer's transaction holds work of sessions that have ended; this and the next five: by the write lock */
    int64_t group_ends, groups_lost;
    enum error_kind lost_because;
    char lost_sentence[400];    /* … in words */
    int64_t recent_rows;        /* this and the next two: by the write lock */
    struct index_range settled; /* from where rows of mv_ix_recent are moved next */
    char settled_key[200];
    int64_t sessions;                 /* write sessions begun; this and the next three: by the write lock */
    int64_t streak_of, streak_before; /* the group whose sessions were the last ones, and how many were begun before these */
    int64_t groups;                   /* numbers given out */
    _Atomic int64_t visible;          /* how many of the write sessions a new snapshot sees */
    struct keeper *keeper;
    mutex pool_lock;
    struct db *idle[IDLE_READERS];
    size_t idle_count;
    mutex ids_lock;
    struct id_block ids[IDS_ALL];
    mutex config_lock;
    const struct config *config;
    int64_t config_looked; /* monotonic time of the last look at the stored version */
    bool config_stale;
    int64_t first_syncs, first_bytes;
};

struct store_tx {
    store *s;
    struct db *db;
    bool write, done;
    bool in_group;
    int64_t number; /* the last write session that this one sees; a write session: its own */
    enum store_priority priority;
    bool config_changed;          /* raises the version at commit */
    bool config_matters;          /* … and the time of the last change that matters to synchronisation */
    struct id_block ids[IDS_ALL]; /* blocks that become valid at commit; next 0: none */
    struct history_note note;     /* why objects are written */
    int64_t recent_rows;          /* of mv_ix_recent, about: a write session takes the number and leaves it at commit */
    arena *scratch;               /* for the time of one call */
};

/* Opens a connection of its own; used by sessions and by the check. */
FALLIBLE store_connect(store *s, bool write, bool create, struct db **out);
/* Reserves more ids in this write session where a block runs out. */
FALLIBLE ids_refill(store_tx *tx);
void ids_committed(store_tx *tx);
/* The first of so many places in the order of insertion of large sets. */
FALLIBLE member_positions(store_tx *tx, int64_t count, int64_t *first);
/* The next number of a counter of configuration: never used again. */
FALLIBLE config_id(store_tx *tx, const char *counter, int32_t *id);
/* Commits what sessions of groups have left open. */
void store_settle(store *s);
/* The thread that keeps the database's log short while others write. `wait`: until it has been through once, when the log has grown
 * very long. */
FALLIBLE keeper_start(store *s);
void keeper_stop(store *s);
void keeper_call(store *s, enum db_tending wish, bool wait);
/* For the keeper: commits what groups have left open; with `alone` the log is moved wholly while nobody writes. */
void session_tend(store *s, bool alone);
/* Brings the database to the newest form; fresh: it was empty. */
FALLIBLE migrate(store_tx *tx, bool *fresh);
/* Index rows of identities gather in a small table and settle in the large one in the order of their keys, a part at a time, in
 * bulk sessions when there are many. */
FALLIBLE mv_index_add(store_tx *tx, const struct index_rows *rows);
/* Counts them, when the store is opened. */
FALLIBLE mv_index_open(store_tx *tx);
/* A write session before the id blocks exist. */
FALLIBLE store_migrate_session(store *s, store_tx **out);
/* Folds every stored key again: another Unicode version folds differently. */
FALLIBLE rebuild_keys(store_tx *tx);
FALLIBLE seed(store_tx *tx);
/* The configuration as this session sees it, not cached; release it. */
FALLIBLE config_read(store_tx *tx, const struct config **out);
/* The configuration that is in force for this session, which may be newer than the snapshot of a run; release it. */
FALLIBLE config_in(store_tx *tx, const struct config **out);
/* The session changes the configuration; `matters` to synchronisation or not. */
void config_touch(store_tx *tx, bool matters);
FALLIBLE meta_get(store_tx *tx, arena *a, text name, text *value);
FALLIBLE meta_put(store_tx *tx, text name, text value);
/* Adds to the stored count of things. */
enum tally_kind { TALLY_MVO_TYPE = 1, TALLY_CSO_SYSTEM, TALLY_PENDING_SYSTEM, TALLY_HISTORY_SYSTEM, TALLY_CSO_TYPE };
FALLIBLE tally_add(store_tx *tx, enum tally_kind kind, int64_t id, int64_t objects);
FALLIBLE tally_get(store_tx *tx, enum tally_kind kind, int64_t id, int64_t *objects);

/* As qsort, for rows that nearly always stand in their order already. */
void sort_rows(void *at, size_t count, size_t size, int (*compare)(const void *x, const void *y));
/* Memory for one call that writes many rows, until the next such call: taking it from the system each time costs as much as
 * writing. */
arena *write_memory(store_tx *tx);
/* Refuses to write in a session that only reads. */
FALLIBLE need_write(store_tx *tx);

#endif
