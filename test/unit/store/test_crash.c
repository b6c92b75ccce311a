/* What survives: a writer that is killed at any moment, and a disk that is full. */
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 8, BATCH = 50 };

static void close_store(struct world *w) {
    config_release(w->c);
    w->c = NULL;
    store_close(w->s);
    w->s = NULL;
}

/* One page of a synchronisation: objects with their identities, joins, exports and items, in one transaction. */
static error *write_page(struct world *w, arena *a, int64_t activity, enum store_priority priority, int64_t *last) {
    struct cso_changes csos = {0};
    struct mvo_changes mvos = {0};
    struct pending_export_changes exports = {0};
    struct run_items items = {0};
    int64_t cso, mvo, pending;
    TRY(store_ids(w->s, IDS_CSO, BATCH, &cso));
    TRY(store_ids(w->s, IDS_MVO, BATCH, &mvo));
    TRY(store_ids(w->s, IDS_PENDING_EXPORT, BATCH, &pending));
    for (int i = 0; i < BATCH; i++) {
        struct mvo *m = ARENA_NEW(a, struct mvo);
        *m = (struct mvo){.id = mvo + i, .type = w->mv_user, .created = {1}, .version = 1};
        put_text(a, &m->values, w->mv_name, T("somebody"));
        put_text(a, &m->values, w->mv_employee, arena_print(a, "E%lld", (long long)(cso + i)));
        if (i) put_target(a, &m->values, w->mv_manager, mvo);
        LIST_ADD(a, &mvos)->after = m;
        struct cso *o = ARENA_NEW(a, struct cso);
        *o = (struct cso){.id = cso + i,
                          .system = w->hr,
                          .type = w->person,
                          .status = CSO_NORMAL,
                          .join = JOIN_PROJECTED,
                          .mvo = m->id,
                          .created = {1}};
        o->external_id = arena_print(a, "E%lld", (long long)o->id);
        put_text(a, &o->values, w->hr_id, o->external_id);
        put_text(a, &o->values, w->mail, arena_print(a, "%lld@x", (long long)o->id));
        put_raw(a, &o->values, w->manager, arena_print(a, "E%lld", (long long)cso));
        LIST_ADD(a, &csos)->after = o;
        struct pending_export *p = ARENA_NEW(a, struct pending_export);
        *p = (struct pending_export){
            .id = pending + i, .system = w->hr, .cso = o->id, .mvo = m->id, .change = EXPORT_UPDATE, .max_retries = 5};
        LIST_ADD(a, &exports)->after = p;
        *LIST_ADD(a, &items) = (struct run_item){.cso = o->id, .external_id = o->external_id};
    }
    OWNED(store_tx) tx = NULL;
    TRY(store_write(w->s, priority, &tx));
    TRY(store_write_mvos(tx, w->c, &mvos));
    TRY(store_write_csos(tx, w->c, &csos));
    TRY(store_write_pending(tx, w->c, &exports));
    TRY(store_write_items(tx, activity, &items));
    TRY(store_commit(tx));
    *last = cso + BATCH - 1;
    return NULL;
}

/* The child tells through the pipe which object it has committed last. */
static void write_for_ever(struct world *w, int64_t activity, int out) {
    OK(store_open(&(struct store_options){text_of(w->url), -1, false}, &w->s));
    OK(store_config(w->s, &w->c));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    for (int i = 0;; i++) {
        int64_t last;
        arena_reset(a);
        OK(write_page(w, a, activity, i % 4 ? STORE_BULK : STORE_API, &last));
        if (write(out, &last, sizeof last) != sizeof last) _exit(1);
    }
}

static void test_kill(void **state) {
    struct world *w = *state;
    struct activity activity = {.created = {1}};
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, &activity));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        close_store(w);
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) write_for_ever(w, activity.id, ends[1]);
        close(ends[1]);
        int64_t last = 0, told;
        usleep((useconds_t)(30000 + round * 37001));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &told, sizeof told) == sizeof told) last = told;
        close(ends[0]);
        world_reopen(w);
        struct texts findings = world_check(w);
        for (EACH(const text, f, &findings)) print_message("%.*s\n", TEXT_ARG(*f));
        assert_int_equal(findings.count, 0);
        if (last) assert_non_null(load_cso(w, last)); /* what was committed is there */
        int64_t fresh;
        OK(store_ids(w->s, IDS_CSO, 1, &fresh));
        assert_true(fresh > last);
    }
}

/* Until the disk is full; then the transaction is gone, everything before it stays, and writing goes on when there is room again.
 */
static void test_disk_full(void **state) {
    struct world *w = *state;
    struct activity activity = {.created = {1}};
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, &activity));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    struct rlimit limit, before;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 3 << 20;
    setrlimit(RLIMIT_FSIZE, &limit);
    OWNED(arena) a = arena_new((size_t)1 << 30);
    error *e = NULL;
    int64_t last = 0, pages = 0;
    while (!e && pages < 1000) {
        arena_reset(a);
        e = write_page(w, a, activity.id, STORE_BULK, &last);
        pages += e == NULL;
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_FULL);
    assert_true(text_find(text_of(e->sentence), T("is full")) != SIZE_MAX);
    error_free(e);
    assert_true(pages > 3);
    assert_int_equal(world_check(w).count, 0);
    int64_t count;
    OK(store_read(w->s, &tx));
    OK(store_count_mvos(tx, 0, &count));
    assert_int_equal(count, pages * BATCH);
    store_end(TAKE(tx));
    arena_reset(a);
    OK(write_page(w, a, activity.id, STORE_API, &last));
    assert_non_null(load_cso(w, last));
    world_reopen(w);
    assert_non_null(load_cso(w, last));
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_disk_full, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
