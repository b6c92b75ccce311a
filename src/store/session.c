/* Sessions: the pool of reading connections, the one that writes, and the lock before it. */
#include "store/session.h"
#include "base/die.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { API_IN_A_ROW = 20, WRITE_MEMORY_KEPT = 32 << 20 };
#define GROUP_NS INT64_C(1000000000)

struct write_waiter {
    pthread_cond_t turn;
    bool called;
    struct write_waiter *next;
};

void write_lock_init(struct write_lock *l) {
    *l = (struct write_lock){0};
    pthread_mutex_init(&l->m, NULL);
}

void write_lock_take(struct write_lock *l, enum store_priority priority) {
    WITH_LOCK(&l->m);
    if (!l->held) {
        l->held = true;
        return;
    }
    struct write_waiter w = {.turn = PTHREAD_COND_INITIALIZER};
    if (l->last[priority])
        l->last[priority]->next = &w;
    else
        l->first[priority] = &w;
    l->last[priority] = &w;
    while (!w.called) pthread_cond_wait(&w.turn, &l->m);
    pthread_cond_destroy(&w.turn);
}

/* Hands the lock over while it stays held, so that nobody slips in between. */
void write_lock_give(struct write_lock *l) {
    WITH_LOCK(&l->m);
    enum store_priority who = STORE_API;
    if (!l->first[STORE_API] || (l->first[STORE_BULK] && l->api_in_a_row >= API_IN_A_ROW)) who = STORE_BULK;
    struct write_waiter *w = l->first[who];
    l->held = w != NULL;
    l->api_in_a_row = who == STORE_API && l->first[STORE_BULK] ? l->api_in_a_row + 1 : 0;
    if (!w) return;
    l->first[who] = w->next;
    if (!w->next) l->last[who] = NULL;
    w->called = true;
    pthread_cond_signal(&w->turn);
}

static store_tx *session_new(store *s, struct db *db) {
    store_tx *tx = calloc(1, sizeof *tx);
    if (!tx) die("out of memory");
    *tx = (store_tx){.s = s, .db = db, .scratch = arena_new((size_t)1 << 32)};
    return tx;
}

static void session_free(store_tx *tx) {
    arena_free(tx->scratch);
    free(tx);
}

static FALLIBLE reader(store *s, struct db **out) {
    {
        WITH_LOCK(&s->pool_lock);
        if (s->idle_count) {
            *out = s->idle[--s->idle_count];
            return NULL;
        }
    }
    return store_connect(s, false, false, out);
}

static void reader_back(store *s, struct db *db) {
    {
        WITH_LOCK(&s->pool_lock);
        if (s->idle_count < IDLE_READERS) {
            s->idle[s->idle_count++] = db;
            return;
        }
    }
    db->driver->close(db);
}

FALLIBLE store_read(store *s, store_tx **out) {
    struct db *db;
    TRY(reader(s, &db));
    int64_t visible = atomic_load(&s->visible);
    error *e = db->driver->begin(db, false, false);
    if (e) {
        reader_back(s, db);
        return e;
    }
    *out = session_new(s, db);
    (*out)->number = visible;
    return NULL;
}

/* ---- Groups: the transaction of one bulk session stays open for the next ones, which are savepoints in it ---- */

/* With the lock held and everything committed: snapshots that begin from now on see all write sessions so far. */
static void see_all(store *s) { atomic_store(&s->visible, s->sessions); }

static void lose_group(store *s, error *why) {
    log_error("work of a run is lost", why);
    s->writer->driver->rollback(s->writer);
    s->group_open = false;
    s->groups_lost++;
    s->lost_because = why->kind;
    error_chain(why, s->lost_sentence, sizeof s->lost_sentence);
    error_free(why);
}

/* With the lock held: others are about to write, or want to see what was written. */
static void settle_group(store *s) {
    if (!s->group_open) return;
    error *e = s->writer->driver->commit(s->writer);
    if (e) lose_group(s, e);
    s->group_open = false;
    see_all(s);
}

static void give_up(store_tx *tx) {
    if (!tx->in_group) {
        tx->db->driver->rollback(tx->db);
        if (tx->write) see_all(tx->s);
        return;
    }
    error *e = tx->db->driver->script(tx->db, "rollback to savepoint session; release savepoint session");
    if (e) lose_group(tx->s, e);
}

static FALLIBLE begin(store *s, enum store_priority priority, bool durable, bool *in_group) {
    *in_group = s->group_open && priority == STORE_BULK && monotonic_ns() < s->group_ends;
    if (*in_group) return s->writer->driver->script(s->writer, "savepoint session");
    settle_group(s);
    return s->writer->driver->begin(s->writer, true, durable);
}

/* Whose sessions follow each other: those of one group, or all others (0). */
static void number(store *s, int64_t group) {
    if (s->streak_of != group) {
        s->streak_of = group;
        s->streak_before = s->sessions;
    }
    s->sessions++;
}

static FALLIBLE writer(store *s, enum store_priority priority, bool durable, int64_t group, store_tx **out) {
    write_lock_take(&s->write_lock, priority);
    bool in_group;
    error *e = begin(s, priority, durable, &in_group);
    if (e) {
        write_lock_give(&s->write_lock);
        return e;
    }
    *out = session_new(s, s->writer);
    (*out)->write = true;
    (*out)->priority = priority;
    (*out)->in_group = in_group;
    (*out)->recent_rows = s->recent_rows;
    number(s, group);
    (*out)->number = s->sessions;
    return NULL;
}

FALLIBLE store_migrate_session(store *s, store_tx **out) { return writer(s, STORE_API, true, 0, out); }

static FALLIBLE write_as(store *s, enum store_priority priority, bool durable, int64_t group, store_tx **out) {
    OWNED(store_tx) tx = NULL;
    TRY(writer(s, priority, durable, group, &tx));
    TRY(ids_refill(tx));
    *out = TAKE(tx);
    return NULL;
}

FALLIBLE store_write(store *s, enum store_priority priority, store_tx **out) {
    return write_as(s, priority, priority == STORE_API, 0, out);
}

FALLIBLE store_write_unsynced(store *s, store_tx **out) { return write_as(s, STORE_API, false, 0, out); }

FALLIBLE store_sync(store *s) { return s->writer->driver->sync(s->writer); }

void store_sync_soon(store *s) { keeper_call(s, TEND_SYNC, false); }

int64_t store_session_number(store_tx *tx) { return tx->number; }
int64_t store_others_wrote(store_tx *tx) { return tx->s->streak_before; }

/* The version is the time of the change, and more than the last one and than what any system has applied, also when the clock was
 * set back. */
static FALLIBLE raise_version(store_tx *tx) {
    text stored;
    int64_t before = 0, now = instant_now().ticks;
    struct q_system_state_newest_row newest = {0};
    bool found;
    TRY(q_system_state_newest_one(tx, tx->scratch, &newest, &found));
    TRY(meta_get(tx, tx->scratch, T("config_version"), &stored));
    if (!text_is_null(stored) && text_to_int64(stored, &before) && before >= now) now = before + 1;
    if (newest.applied.ticks >= now) now = newest.applied.ticks + 1;
    text version = arena_print(tx->scratch, "%lld", (long long)now);
    TRY(meta_put(tx, T("config_version"), version));
    return tx->config_matters ? meta_put(tx, T("rules_changed_at"), version) : NULL;
}

FALLIBLE store_commit(store_tx *tx) {
    if (tx->done) return FAIL(ERROR_INTERNAL, "a session was committed twice");
    if (tx->write && tx->config_changed) TRY(raise_version(tx));
    TRY(tx->db->driver->commit(tx->db));
    tx->done = true;
    if (!tx->write) return NULL;
    tx->s->group_open = false;
    see_all(tx->s);
    ids_committed(tx);
    tx->s->recent_rows = tx->recent_rows;
    if (tx->config_changed) {
        WITH_LOCK(&tx->s->config_lock);
        tx->s->config_stale = true;
    }
    return NULL;
}

static FALLIBLE group_whole(const store *s, const struct store_group *g) {
    if (s->groups_lost == g->lost) return NULL;
    return FAIL(s->lost_because, "work of this run could not be stored: %s", s->lost_sentence);
}

void store_group_begin(store *s, struct store_group *g) {
    write_lock_take(&s->write_lock, STORE_BULK);
    g->lost = s->groups_lost;
    g->number = ++s->groups;
    write_lock_give(&s->write_lock);
}

FALLIBLE store_group_write(store *s, const struct store_group *g, store_tx **out) {
    OWNED(store_tx) tx = NULL;
    TRY(write_as(s, STORE_BULK, false, g->number, &tx));
    TRY(group_whole(s, g));
    *out = TAKE(tx);
    return NULL;
}

static bool needs_commit(const store_tx *tx) {
    for (int space = 0; space < IDS_ALL; space++)
        if (tx->ids[space].next) return true;
    return tx->config_changed || (tx->in_group && monotonic_ns() >= tx->s->group_ends);
}

FALLIBLE store_group_commit(store_tx *tx) {
    if (tx->done || needs_commit(tx)) return store_commit(tx);
    if (tx->in_group)
        TRY(tx->db->driver->script(tx->db, "release savepoint session"));
    else
        tx->s->group_ends = monotonic_ns() + GROUP_NS;
    tx->s->group_open = tx->done = true;
    tx->s->recent_rows = tx->recent_rows;
    return NULL;
}

void store_settle(store *s) {
    write_lock_take(&s->write_lock, STORE_BULK);
    settle_group(s);
    write_lock_give(&s->write_lock);
}

FALLIBLE store_group_end(store *s, const struct store_group *g) {
    write_lock_take(&s->write_lock, STORE_BULK);
    settle_group(s);
    error *e = group_whole(s, g);
    write_lock_give(&s->write_lock);
    return e;
}

void session_tend(store *s, bool alone) {
    write_lock_take(&s->write_lock, STORE_BULK);
    settle_group(s);
    if (alone) s->writer->driver->tend(s->writer, TEND_ALONE);
    write_lock_give(&s->write_lock);
}

void store_end(store_tx *tx) {
    if (!tx) return;
    store *s = tx->s;
    if (!tx->done) give_up(tx);
    if (tx->write) {
        enum db_tending wish = tx->done ? tx->db->driver->wants_tending(tx->db) : TEND_NOT;
        write_lock_give(&s->write_lock);
        if (wish) keeper_call(s, wish, tx->priority == STORE_BULK);
    } else {
        reader_back(s, tx->db);
    }
    session_free(tx);
}

store *store_of(store_tx *tx) { return tx->s; }

void sort_rows(void *at, size_t count, size_t size, int (*compare)(const void *x, const void *y)) {
    const char *row = at;
    for (size_t i = 1; i < count; i++, row += size) {
        if (compare(row, row + size) <= 0) continue;
        qsort(at, count, size, compare);
        return;
    }
}

arena *write_memory(store_tx *tx) {
    store *s = tx->s;
    if (s->write_memory && arena_used(s->write_memory) > WRITE_MEMORY_KEPT) arena_free(TAKE(s->write_memory));
    if (!s->write_memory) s->write_memory = arena_new((size_t)1 << 34);
    arena_reset(s->write_memory);
    return s->write_memory;
}

FALLIBLE need_write(store_tx *tx) {
    return tx->write && !tx->done ? NULL : FAIL(ERROR_INTERNAL, "a write was attempted in a session that only reads");
}
