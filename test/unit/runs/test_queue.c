/* The queue and the worker: refusals, order, cancelling, shutdown, crashes, and a store that cannot write. */
#include "px.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int reached, gate;

/* Holds the run at page 2 until the gate opens. */
static void hold_at_2(struct world *w, int page) {
    (void)w;
    if (page != 2) return;
    atomic_store(&reached, 1);
    while (!atomic_load(&gate)) usleep(500);
}

static void await_reached(void) {
    while (!atomic_load(&reached)) usleep(500);
}

static void three_pages(struct world *w) {
    atomic_store(&reached, 0);
    atomic_store(&gate, 0);
    for (int i = 1; i < 4; i++) px_page(w, "PX", arena_print(w->a, "person;hrId=%d", i).at);
    px_of("PX")->at_page = hold_at_2;
}

/* ---- 2.8 ---- */

TEST(refusals) {
    struct world *w = *state;
    struct run_ticket ticket;
    const struct run_profile *p = world_profile(w, "PX", RUN_FULL_IMPORT);
    struct run_request q = {.system = p->system, .profile = 4711};
    FAILS(ERROR_NOT_FOUND, runs_execute(w->runs, w->a, &q, &ticket));
    q = (struct run_request){.system = world_system(w, "AD")->id, .profile = p->id};
    FAILS(ERROR_NOT_FOUND, runs_execute(w->runs, w->a, &q, &ticket)); /* another system's profile */
    q = (struct run_request){.system = 4711, .profile = p->id};
    FAILS(ERROR_NOT_FOUND, runs_execute(w->runs, w->a, &q, &ticket));
    world_status(w, "PX", SYSTEM_DISABLED);
    FAILS(ERROR_INVALID, world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    world_status(w, "PX", SYSTEM_ACTIVE);
    FAILS(ERROR_INVALID, world_request(w, "HR", RUN_DELTA_IMPORT, "Ada", false, &ticket)); /* a file has none */
    struct cs_type *t = world_type_copy(w, "PX", "person");
    t->attributes.at[0].external_id = false;
    world_save_type(w, t);
    FAILS(ERROR_INVALID, world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    t = world_type_copy(w, "PX", "person");
    t->selected = false;
    world_save_type(w, t);
    FAILS(ERROR_INVALID, world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    assert_int_equal(world_tasks(w).count, 0);
    assert_int_equal(world_activities(w).count, 0);
    assert_int_equal(world_run(w, "PX", RUN_FULL_SYNCHRONISATION), ACTIVITY_COMPLETE); /* needs no type */
}

/* operations §14.2: one waiting request of the same person is enough. */
TEST(queued_twice) {
    struct world *w = *state;
    struct run_ticket first, second, third, fourth;
    three_pages(w);
    world_profile(w, "PX", RUN_FULL_SYNCHRONISATION);
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &first));
    await_reached();
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &second)); /* the first is not queued any more but runs */
    FAILS(ERROR_CONFLICT, world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &third));
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Bob", false, &third));
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", true, &fourth));
    OK(world_request(w, "PX", RUN_FULL_SYNCHRONISATION, "Ada", false, &first));
    struct worker_tasks tasks = world_tasks(w);
    assert_int_equal(tasks.count, 5);
    assert_int_equal(tasks.at[0].status, TASK_PROCESSING);
    assert_true(tasks.at[0].heartbeat.ticks > 0);
    for (int i = 1; i < 5; i++) assert_int_equal(tasks.at[i].status, TASK_QUEUED);
    bool busy;
    OK(runs_busy(w->runs, world_system(w, "PX")->id, &busy));
    assert_true(busy);
    OK(runs_busy(w->runs, world_system(w, "HR")->id, &busy));
    assert_false(busy);
    atomic_store(&gate, 1);
    world_await(w, first.activity);
    assert_int_equal(world_tasks(w).count, 0);
    instant before = {0};
    struct activities all = world_activities(w);
    for (size_t i = 0; i < all.count; i++) { /* one after the other, in the order in which they were queued */
        const struct activity *a = &all.at[i];
        assert_int_equal(a->status, ACTIVITY_COMPLETE);
        assert_true(a->executed.ticks >= before.ticks && a->ended.ticks >= a->executed.ticks);
        before = a->ended;
    }
    check(arena_cstring(w->a, all.at[all.count - 1].target_name), "FullSynchronisation");
    check(arena_cstring(w->a, all.at[0].target_context), "PX");
    check(arena_cstring(w->a, all.at[0].initiator.name), "Ada");
}

TEST(cancel_waiting) {
    struct world *w = *state;
    struct run_ticket first, second;
    bool found;
    three_pages(w);
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &first));
    await_reached();
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Bob", false, &second));
    OK(runs_cancel(w->runs, second.task, &found));
    assert_true(found);
    world_load_run(w, second.activity);
    assert_int_equal(w->run.status, ACTIVITY_CANCELLED);
    OK(runs_cancel(w->runs, second.task, &found));
    assert_false(found);
    atomic_store(&gate, 1);
    world_await(w, first.activity);
    world_load_run(w, first.activity);
    assert_int_equal(w->run.status, ACTIVITY_COMPLETE);
    OK(runs_cancel(w->runs, first.task, &found));
    assert_false(found);
}

/* Another process asks for the end: the heartbeat sees it. */
TEST(cancelled_elsewhere) {
    struct world *w = *state;
    struct run_ticket ticket;
    three_pages(w);
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    await_reached();
    struct worker_task task = world_tasks(w).at[0];
    task.status = TASK_CANCELLATION_REQUESTED;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_task(tx, &task));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    usleep(2500000);
    atomic_store(&gate, 1);
    world_await(w, ticket.activity);
    world_load_run(w, ticket.activity);
    assert_int_equal(w->run.status, ACTIVITY_CANCELLED);
    assert_int_equal(w->run.counters.added, 1);
}

/* ---- Shutdown ---- */

static void stop_soon(struct world *w, int page) {
    (void)w;
    if (page != 2) return;
    atomic_store(&reached, 1);
    usleep(200000);
}

TEST(parked) {
    struct world *w = *state;
    struct run_ticket ticket;
    three_pages(w);
    px_of("PX")->at_page = stop_soon;
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    await_reached();
    world_stop(w, 0);
    struct worker_tasks tasks = world_tasks(w);
    assert_int_equal(tasks.count, 1);
    assert_int_equal(tasks.at[0].status, TASK_QUEUED);
    assert_int_equal(tasks.at[0].interruptions, 0); /* an orderly end counts for nothing */
    assert_true(tasks.at[0].activity != ticket.activity);
    world_load_run(w, ticket.activity);
    assert_int_equal(w->run.status, ACTIVITY_CANCELLED);
    assert_true(w->run.warning_message.len > 0);
    assert_int_equal(w->run.counters.added, 1); /* what is committed stays */
    px_of("PX")->at_page = NULL;
    world_start(w);
    world_await(w, tasks.at[0].activity);
    world_load_run(w, tasks.at[0].activity);
    assert_int_equal(w->run.status, ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.added, 2);
    assert_true(text_equal(w->run.initiator.name, T("Ada")));
}

/* A run that ends in time is let. */
TEST(stop_waits) {
    struct world *w = *state;
    struct run_ticket ticket;
    three_pages(w);
    px_of("PX")->at_page = stop_soon;
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    await_reached();
    world_stop(w, 30000);
    world_load_run(w, ticket.activity);
    assert_int_equal(w->run.status, ACTIVITY_COMPLETE);
    assert_int_equal(world_tasks(w).count, 0);
}

/* ---- 4.5, operations §14.4 ---- */

/* As if the server had died over this task. */
static void leave_task(struct world *w, enum task_status status, int32_t interruptions) {
    struct run_ticket ticket;
    world_stop(w, 0);
    OK(runs_start(&(struct runs_options){.store = w->s, .execute = false}, &w->runs)); /* only queues */
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    w->task = ticket.task;
    world_stop(w, 0);
    struct worker_task task = world_tasks(w).at[0];
    task.status = status;
    task.interruptions = interruptions;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_task(tx, &task));
    OK(store_commit(tx));
}

TEST(crash_is_recovered) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=1");
    leave_task(w, TASK_PROCESSING, 1);
    int64_t old = world_tasks(w).at[0].activity;
    world_start(w);
    struct activities all = world_activities(w);
    int64_t again = all.at[0].id == old ? all.at[1].id : all.at[0].id;
    assert_int_equal(all.count, 2);
    world_await(w, again);
    world_load_run(w, again);
    assert_int_equal(w->run.status, ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.added, 1);
    world_load_run(w, old);
    assert_int_equal(w->run.status, ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("crash")) != SIZE_MAX);
    assert_int_equal(world_tasks(w).count, 0);
}

TEST(third_crash_removes) {
    struct world *w = *state;
    leave_task(w, TASK_PROCESSING, 2);
    int64_t old = world_tasks(w).at[0].activity;
    world_start(w);
    assert_int_equal(world_tasks(w).count, 0);
    assert_int_equal(world_activities(w).count, 1);
    world_load_run(w, old);
    assert_int_equal(w->run.status, ACTIVITY_FAILED);
}

TEST(cancellation_is_completed_at_start) {
    struct world *w = *state;
    leave_task(w, TASK_CANCELLATION_REQUESTED, 0);
    int64_t old = world_tasks(w).at[0].activity;
    world_start(w);
    assert_int_equal(world_tasks(w).count, 0);
    world_load_run(w, old);
    assert_int_equal(w->run.status, ACTIVITY_CANCELLED);
    assert_true(w->run.ended.ticks > 0);
}

/* After a crash no stamp of the interrupted run is a reason not to look: an unresolved reference is reported at last. */
TEST(rerun_distrusts_stamps) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    struct cso *o = world_cso(w, "PX", "1"), after = *o;
    after.values = attributes_copy(w->a, &o->values);
    attributes_remove(&after.values, world_attribute(w, "PX", "title")->id);
    world_write_cso(w, o, &after);
    leave_task(w, TASK_PROCESSING, 0);
    world_start(w);
    while (world_tasks(w).count) usleep(1000);
    check(world_cs(w, world_cso(w, "PX", "1"), "title"), "x");
}

TEST(system_changes_while_queued) {
    struct world *w = *state;
    leave_task(w, TASK_QUEUED, 0);
    int64_t activity = world_tasks(w).at[0].activity;
    world_status(w, "PX", SYSTEM_DISABLED);
    world_start(w);
    world_await(w, activity);
    world_load_run(w, activity);
    assert_int_equal(w->run.status, ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("not active")) != SIZE_MAX);
    world_status(w, "PX", SYSTEM_ACTIVE);
}

/* ---- A store that cannot write ---- */

/* Invariant 34: the page is named, nothing of it is kept, no counter tells of it; pages before it stand. */
TEST(page_cannot_be_stored) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=0");
    FULL(w, "PX");
    px_of("PX")->pages.count = 0;
    px_of("PX")->watermark = "new";
    px_page(w, "PX", "person;hrId=1\nperson;hrId=2");
    px_page(w, "PX", "person;hrId=3\nperson;hrId=4");
    /* the items of the second page cannot be written, whatever object they tell of */
    world_plant(w,
                "create trigger t before insert on item when new.external_id in ('3', '4') begin select raise(abort, 'no'); end");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("page behind object 2")) != SIZE_MAX);
    assert_int_equal(w->run.counters.added, 2);
    check(world_told(w), "1 Added: CsoAdded\n2 Added: CsoAdded");
    assert_null(world_cso(w, "PX", "3"));
    assert_int_equal(world_cso(w, "PX", "0")->status, CSO_NORMAL);
    check(world_persisted(w, "PX"), "");
    world_plant(w, "drop trigger t");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    check(world_told(w), "0 Deleted: DeletionDetected\n3 Added: CsoAdded\n4 Added: CsoAdded");
    check(world_persisted(w, "PX"), "new");
}

/* The disk is full: the run fails with a sentence that says so, as soon as there is room to write it down. */
TEST(disk_full) {
    struct world *w = *state;
    struct run_ticket ticket;
    struct rlimit limit, before;
    struct stat st;
    OWNED_VALUE(buffer) rows = {.max = 64 << 20};
    for (int page = 0; page < 3; page++) {
        buffer_clear(&rows);
        for (int i = 0; i < 1000; i++) buffer_print(&rows, "person;hrId=%d-%d;title=%0900d\n", page, i, i);
        px_page(w, "PX", arena_cstring(w->a, buffer_as_text(&rows)));
    }
    world_profile(w, "PX", RUN_FULL_IMPORT);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    assert_int_equal(stat(arena_print(w->a, "%s-wal", w->path).at, &st), 0);
    limit.rlim_cur = (rlim_t)st.st_size + (300 << 10);
    OK(world_request(w, "PX", RUN_FULL_IMPORT, "Ada", false, &ticket));
    setrlimit(RLIMIT_FSIZE, &limit);
    usleep(1500000);
    setrlimit(RLIMIT_FSIZE, &before);
    world_await(w, ticket.activity);
    world_load_run(w, ticket.activity);
    assert_int_equal(w->run.status, ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("is full")) != SIZE_MAX);
    assert_int_equal(world_csos(w, "PX").count, w->run.counters.added);
    world_check(w);
    assert_int_equal(world_tasks(w).count, 0);
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE); /* invariant 37 */
    assert_int_equal(world_csos(w, "PX").count, 3000);
}

/* ---- W85 ---- */

TEST(w85) {
    struct world *w = *state;
    world_setting(w, "Sync.PageSize", "2");
    world_rows(w, "HR",
               "hrId=1;employeeId=1\nhrId=2;employeeId=2\nhrId=3;employeeId=3\nhrId=4;employeeId=4\nhrId=5;employeeId=5\n"
               "hrId=6;employeeId=6");
    FULL(w, "HR");
    world_plant(w,
                arena_print(w->a, "create trigger t before update on cso when new.id = %lld begin select raise(abort, 'no'); end",
                            (long long)world_cso(w, "HR", "5")->id)
                    .at);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("page 3")) != SIZE_MAX);
    assert_int_equal(world_mvo_count(w), 4);
    assert_int_equal(w->run.counters.projected, 4);
    assert_int_equal(w->run.counters.items, 4);
    OWNED(store_tx) tx = NULL;
    struct system_state s = {0};
    OK(store_read(w->s, &tx));
    OK(store_system_state(tx, w->a, world_system(w, "HR")->id, &s));
    store_end(TAKE(tx));
    assert_int_equal(s.last_sync.ticks, 0); /* invariant 35 */
    world_check(w);
    world_plant(w, "drop trigger t");
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.projected, 2);
    assert_int_equal(world_mvo_count(w), 6);
}

/* Invariant 36: a synchronisation ends between objects; what it finished stands, the watermark does not move. */
TEST(cancelled_synchronisation) {
    struct world *w = *state;
    struct run_ticket ticket;
    enum { MANY = 1500 };
    OWNED_VALUE(buffer) rows = {.max = 1 << 20};
    for (int i = 0; i < MANY; i++) buffer_print(&rows, "hrId=%d;employeeId=%d\n", i, i);
    world_setting(w, "Sync.PageSize", "1");
    world_rows(w, "HR", arena_cstring(w->a, buffer_as_text(&rows)));
    FULL(w, "HR");
    OK(world_request(w, "HR", RUN_FULL_SYNCHRONISATION, "Ada", false, &ticket));
    while (world_tasks(w).at[0].status == TASK_QUEUED) usleep(200);
    bool found;
    OK(runs_cancel(w->runs, ticket.task, &found));
    world_await(w, ticket.activity);
    world_load_run(w, ticket.activity);
    assert_int_equal(w->run.status, ACTIVITY_CANCELLED);
    size_t done = world_mvo_count(w);
    assert_true(done < MANY);
    assert_int_equal(w->run.counters.projected, done);
    world_check(w);
    world_setting(w, "Sync.PageSize", "500");
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.projected, MANY - done);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(refusals),
        CASE(queued_twice),
        CASE(cancel_waiting),
        CASE(cancelled_elsewhere),
        CASE(parked),
        CASE(stop_waits),
        CASE(crash_is_recovered),
        CASE(third_crash_removes),
        CASE(cancellation_is_completed_at_start),
        CASE(rerun_distrusts_stamps),
        CASE(system_changes_while_queued),
        CASE(page_cannot_be_stored),
        CASE(disk_full),
        CASE(w85),
        CASE(cancelled_synchronisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
