/* Sessions: snapshots, roll-back, the write lock, ids, migrations, the backup, and the configuration of another process. */
#include "world.h"

#include "base/thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void save_setting(store *s, text key, text value) {
    OWNED(store_tx) tx = NULL;
    OK(store_write(s, STORE_API, &tx));
    OK(store_save_setting(tx, key, value));
    OK(store_commit(tx));
}

static void test_snapshot_and_rollback(void **state) {
    struct world *w = *state;
    OWNED(store_tx) before = NULL;
    OWNED(store_tx) tx = NULL;
    struct activity found, a = {.created = {1}, .target_name = T("x")};
    bool exists;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, &a));
    store_end(TAKE(tx)); /* not committed */
    OK(store_read(w->s, &before));
    OK(store_activity(before, w->a, a.id, &found, &exists));
    assert_false(exists);
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, &a));
    OK(store_activity(tx, w->a, a.id, &found, &exists));
    assert_true(exists);
    OK(store_commit(tx));
    FAILS(ERROR_INTERNAL, store_commit(tx));
    store_end(TAKE(tx));
    OK(store_activity(before, w->a, a.id, &found, &exists));
    assert_false(exists); /* the snapshot stays */
    FAILS(ERROR_INTERNAL, store_save_activity(before, &a));
    assert_ptr_equal(store_of(before), w->s);
}

static void test_ids(void **state) {
    struct world *w = *state;
    int64_t last = 0, first;
    for (int i = 0; i < 40; i++) {
        OK(store_ids(w->s, IDS_ITEM, 100000, &first));
        assert_true(first > last);
        last = first + 99999;
        if (i % 10 == 9) world_reopen(w);
    }
    OK(store_ids(w->s, IDS_CSO, 1, &first));
    FAILS(ERROR_INTERNAL, store_ids(w->s, IDS_CSO, 0, &first));
}

struct turn {
    store *s;
    enum store_priority priority;
    _Atomic int *order, *place;
    _Atomic int waiting;
};

static void *take_turn(void *state) {
    struct turn *t = state;
    OWNED(store_tx) tx = NULL;
    atomic_store(&t->waiting, 1);
    error *e = store_write(t->s, t->priority, &tx);
    if (!e) atomic_store(t->place, atomic_fetch_add(t->order, 1));
    if (!e) e = store_commit(tx);
    error_free(e);
    return NULL;
}

/* While the lock is held, bulk writers queue up before API writers; the API writers still pass, but not for ever. */
static void test_fair_lock(void **state) {
    struct world *w = *state;
    enum { BULK = 2, API = 30, ALL = BULK + API };
    _Atomic int order = 0, places[ALL];
    struct turn turns[ALL];
    pthread_t threads[ALL];
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    for (int i = 0; i < ALL; i++) {
        turns[i] = (struct turn){w->s, i < BULK ? STORE_BULK : STORE_API, &order, &places[i], 0};
        threads[i] = thread_start("turn", take_turn, &turns[i]);
        while (!atomic_load(&turns[i].waiting)) usleep(100);
        usleep(20000); /* it stands in the queue now */
    }
    OK(store_commit(tx));
    store_end(TAKE(tx));
    for (int i = 0; i < ALL; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&order), ALL);
    assert_int_equal(places[BULK], 0);
    assert_true(places[0] >= 15);     /* many API writers first … */
    assert_true(places[0] < ALL - 2); /* … but it need not wait for all of them */
    for (int i = BULK + 1; i < ALL; i++) assert_true(places[i] > places[i - 1]);
}

struct writers {
    store *s;
    atomic_bool stop;
    _Atomic int64_t written;
};

static void *write_on(void *state) {
    struct writers *w = state;
    while (!atomic_load(&w->stop)) {
        OWNED(store_tx) tx = NULL;
        struct activity a = {.created = {7}, .target_name = T("written while a backup is made")};
        error *e = store_write(w->s, STORE_BULK, &tx);
        if (!e) e = store_save_activity(tx, &a);
        if (!e) e = store_commit(tx);
        if (!e) atomic_fetch_add(&w->written, 1);
        error_free(e);
    }
    return NULL;
}

static void count_progress(void *state, text message) { *(int *)state += message.len > 0; }

static void test_backup_while_writing(void **state) {
    struct world *w = *state;
    for (int i = 0; i < 500; i++) write_cso(w, NULL, person(w, arena_print(w->a, "%d", i), T("somebody")));
    struct writers writers = {.s = w->s};
    pthread_t thread = thread_start("writer", write_on, &writers);
    while (atomic_load(&writers.written) < 50) usleep(1000);
    text copy = arena_print(w->a, "%s/copy.db", w->folder);
    int steps = 0;
    OK(store_backup(w->s, copy, count_progress, &steps));
    int64_t at_end = atomic_load(&writers.written);
    while (atomic_load(&writers.written) < at_end + 20) usleep(1000);
    atomic_store(&writers.stop, true);
    pthread_join(thread, NULL);
    assert_true(steps > 0);
    FAILS(ERROR_CONFLICT, store_backup(w->s, copy, NULL, NULL)); /* never over a file */
    text wal = arena_print(w->a, "%.*s-wal", TEXT_ARG(copy));
    assert_int_not_equal(access(arena_cstring(w->a, wal), F_OK), 0); /* one file */

    store *restored;
    OK(store_open(&(struct store_options){arena_print(w->a, "sqlite:%.*s", TEXT_ARG(copy)), -1, false}, &restored));
    struct texts findings = {0};
    OK(store_check(restored, w->a, NULL, NULL, &findings));
    assert_int_equal(findings.count, 0);
    OWNED(store_tx) tx = NULL;
    struct system_counts counts;
    OK(store_read(restored, &tx));
    OK(store_system_counts(tx, w->hr, &counts));
    assert_int_equal(counts.objects, 500);
    store_end(TAKE(tx));
    store_close(restored);
}

static void test_migrations(void **state) {
    struct world *w = *state;
    store *other = NULL;
    struct store_options options = {text_of(w->url), -1, false};
    OK(store_open(&options, &other));
    store_close(other);
    plant(w, "insert into migration values (9999, '9999_future', 'x', 1)");
    FAILS(ERROR_CONFLICT, store_open(&options, &other));
    plant(w, "delete from migration where number = 9999; update migration set checksum = 'x' || checksum");
    FAILS(ERROR_CORRUPT, store_open(&options, &other));
    plant(w, "update migration set checksum = substr(checksum, 2)");
    OK(store_open(&options, &other));
    store_close(other);
}

static void test_urls(void **state) {
    struct world *w = *state;
    store *s = NULL;
    text missing = arena_print(w->a, "sqlite:%s/missing.db", w->folder),
         folder = arena_print(w->a, "sqlite:%s/no/such/j.db", w->folder);
    FAILS(ERROR_IO, store_open(&(struct store_options){missing, -1, false}, &s));
    FAILS(ERROR_IO, store_open(&(struct store_options){folder, -1, true}, &s));
    FAILS(ERROR_INVALID, store_open(&(struct store_options){T("mysql://x"), -1, true}, &s));
    text stranger = arena_print(w->a, "%s/stranger.db", w->folder);
    FILE *f = fopen(arena_cstring(w->a, stranger), "w");
    for (int i = 0; i < 1000; i++) fputs("this is no database\n", f);
    fclose(f);
    FAILS(ERROR_CORRUPT, store_open(&(struct store_options){arena_print(w->a, "sqlite:%.*s", TEXT_ARG(stranger)), -1, true}, &s));
}

/* Another process changes the configuration: seen within seconds. */
static void test_other_process(void **state) {
    struct world *w = *state;
    store *other;
    OK(store_open(&(struct store_options){text_of(w->url), -1, false}, &other));
    save_setting(other, T("UI.ProgressUpdateInterval"), T("00:00:05"));
    usleep(1100000);
    world_configuration(w);
    ASSERT_TEXT(config_setting(w->c, T("UI.ProgressUpdateInterval")), T("00:00:05"));
    int64_t syncs, bytes;
    store_io(other, &syncs, &bytes);
    assert_true(syncs >= 1); /* an API write is on the disk when commit returns */
    assert_true(bytes > 0);
    store_close(other);
}

static void test_bulk_does_not_sync(void **state) {
    struct world *w = *state;
    int64_t before, after, bytes;
    store_io(w->s, &before, &bytes);
    for (int i = 0; i < 20; i++) write_cso(w, NULL, person(w, arena_print(w->a, "%d", i), T("n")));
    store_io(w->s, &after, &bytes);
    assert_true(after - before <= 1);
    save_setting(w->s, T("Instance.Name"), T("test"));
    int64_t last;
    store_io(w->s, &last, &bytes);
    assert_true(last > after);
}

/* ---- Groups ---- */

static void save_activity(store_tx *tx, int64_t name, int64_t *id) {
    char text_of_name[20];
    snprintf(text_of_name, sizeof text_of_name, "%lld", (long long)name);
    struct activity a = {.created = {name}, .target_name = text_of(text_of_name)};
    OK(store_save_activity(tx, &a));
    *id = a.id;
}

static bool in_session(struct world *w, store_tx *tx, int64_t id) {
    struct activity found;
    bool exists;
    OK(store_activity(tx, w->a, id, &found, &exists));
    return exists;
}

static bool visible(struct world *w, int64_t id) {
    OWNED(store_tx) tx = NULL;
    OK(store_read(w->s, &tx));
    return in_session(w, tx, id);
}

/* Seen at once, durable when asked for, and nobody is kept from writing meanwhile. */
static void test_unsynced(void **state) {
    struct world *w = *state;
    int64_t before, after, last, bytes, id;
    store_tx *tx;
    save_setting(w->s, T("Instance.Name"), T("test")); /* a new log is brought to the disk once */
    store_io(w->s, &before, &bytes);
    OK(store_write_unsynced(w->s, &tx));
    save_activity(tx, 1, &id);
    OK(store_commit(tx));
    store_end(TAKE(tx));
    store_io(w->s, &after, &bytes);
    assert_int_equal(after, before);
    assert_true(visible(w, id));
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_sync(w->s));
    store_end(TAKE(tx));
    store_io(w->s, &last, &bytes);
    assert_int_equal(last, after + 1);
    store_sync_soon(w->s);
    for (int i = 0; i < 10000 && last == after + 1; i++) {
        usleep(1000);
        store_io(w->s, &last, &bytes);
    }
    assert_int_equal(last, after + 2);
}

static void test_group(void **state) {
    struct world *w = *state;
    struct store_group g;
    int64_t ids[4];
    store_group_begin(w->s, &g);
    for (int i = 0; i < 4; i++) {
        OWNED(store_tx) tx = NULL;
        OK(store_group_write(w->s, &g, &tx));
        for (int k = 0; k < i; k++) assert_int_equal(in_session(w, tx, ids[k]), k != 1);
        save_activity(tx, i + 1, &ids[i]);
        if (i != 1) OK(store_group_commit(tx)); /* the second one rolls back, alone */
    }
    assert_false(visible(w, ids[0]));
    OK(store_group_end(w->s, &g));
    for (int i = 0; i < 4; i++) assert_int_equal(visible(w, ids[i]), i != 1);
}

/* Another writer commits what it finds, and rolls back only its own; so does closing. */
static void test_group_and_others(void **state) {
    struct world *w = *state;
    struct store_group g = {0};
    int64_t ids[3];
    for (int i = 0; i < 3; i++) {
        OWNED(store_tx) tx = NULL;
        OK(store_group_write(w->s, &g, &tx));
        save_activity(tx, i + 1, &ids[i]);
        OK(store_group_commit(tx));
        store_end(TAKE(tx));
        if (i != 0) continue;
        OK(store_write(w->s, STORE_API, &tx));
        assert_true(visible(w, ids[0]));
    }
    assert_false(visible(w, ids[2]));
    world_reopen(w);
    for (int i = 0; i < 3; i++) assert_true(visible(w, ids[i]));
}

/* A group that cannot be committed fails the run, not the next one. */
static void test_group_is_lost(void **state) {
    struct world *w = *state;
    struct store_group g, next;
    int64_t id;
    OWNED(store_tx) tx = NULL;
    store_group_begin(w->s, &g);
    OK(store_group_write(w->s, &g, &tx));
    save_activity(tx, 1, &id);
    OK(store_group_commit(tx));
    store_end(TAKE(tx));
    void (*was)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max});
    FAILS(ERROR_FULL, store_group_end(w->s, &g));
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, was);
    assert_false(visible(w, id));
    FAILS(ERROR_FULL, store_group_write(w->s, &g, &tx));
    store_group_begin(w->s, &next);
    OK(store_group_write(w->s, &next, &tx));
    save_activity(tx, 1, &id);
    OK(store_group_commit(tx));
    store_end(TAKE(tx));
    OK(store_group_end(w->s, &next));
    assert_true(visible(w, id));
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_snapshot_and_rollback, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_ids, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_fair_lock, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_backup_while_writing, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_migrations, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_urls, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_other_process, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_bulk_does_not_sync, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_unsynced, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_group, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_group_and_others, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_group_is_lost, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
