/* Imports by the worked examples W1 … W18. */
#include "px.h"

#include <sys/wait.h>
#include <unistd.h>

TEST(w1) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;displayName=Ann\nhrId=2;displayName=Bob");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    check(world_told(w), "1 Added: CsoAdded\n2 Added: CsoAdded");
    assert_int_equal(w->run.counters.added, 2);
    assert_int_equal(world_csos(w, "HR").count, 2);
    assert_int_equal(world_cso(w, "HR", "1")->status, CSO_NORMAL);
    assert_int_equal(world_cso(w, "HR", "2")->status, CSO_NORMAL);
    for (EACH(const struct run_item, item, &w->items)) { /* invariant 39 */
        check(arena_cstring(w->a, item->display_name), text_equal(item->external_id, T("1")) ? "Ann" : "Bob");
        check(arena_cstring(w->a, item->object_type), "person");
    }
}

TEST(w2) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1\nhrId=2");
    FULL(w, "HR");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(w->items.count, 0);
    assert_int_equal(w->run.counters.objects, 2);
    assert_int_equal(world_cso(w, "HR", "1")->updated.ticks, 0);
}

TEST(w3) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;department=IT");
    FULL(w, "HR");
    world_rows(w, "HR", "hrId=1;department=it");
    FULL(w, "HR");
    check(world_told(w), "1 Updated: CsoUpdated=2");
    check(world_cs(w, world_cso(w, "HR", "1"), "department"), "it");
    assert_true(world_cso(w, "HR", "1")->updated.ticks > 0);
}

TEST(w4) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;title=X;department=IT");
    FULL(w, "HR");
    world_rows(w, "HR", "hrId=1;department=IT");
    FULL(w, "HR");
    check(world_told(w), "1 Updated: CsoUpdated=1");
    check(world_cs(w, world_cso(w, "HR", "1"), "title"), "-");
    check(world_cs(w, world_cso(w, "HR", "1"), "department"), "IT");
}

TEST(w5) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=7;title=old");
    FULL(w, "HR");
    world_rows(w, "HR", "hrId=7;title=a\nhrId=7;title=b\nhrId=8");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "7 NotSet!DuplicateObject\n7 NotSet!DuplicateObject\n8 Added: CsoAdded");
    struct cso *seven = world_cso(w, "HR", "7");
    assert_int_equal(seven->status, CSO_NORMAL);
    assert_int_equal(seven->updated.ticks, 0);
    check(world_cs(w, seven, "title"), "old");
}

TEST(w6) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=7;title=a");
    px_page(w, "PX", "person;hrId=8");
    px_page(w, "PX", "person;hrId=7;title=b");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "7 Added: CsoAdded\n7 NotSet!DuplicateObject\n8 Added: CsoAdded");
    check(world_cs(w, world_cso(w, "PX", "7"), "title"), "a");
}

/* Both of one page are refused, whether the object is new or stored, and a third one, too (5.4, invariant 33). */
static void twice_in_a_page(void **state) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=A;title=1");
    FULL(w, "PX");
    px_of("PX")->pages.count = 0;
    px_page(w, "PX",
            "person;hrId=a;title=2\nperson;hrId=B;title=1\nperson;hrId=A;title=3\nperson;hrId=b;title=2\nperson;hrId=b;title=3");
    px_page(w, "PX", "person;hrId=C");
    FULL(w, "PX");
    check(world_told(w), "A NotSet!DuplicateObject\nB NotSet!DuplicateObject\nC Added: CsoAdded\na NotSet!DuplicateObject\n"
                         "b NotSet!DuplicateObject\nb NotSet!DuplicateObject");
    check(world_cs(w, world_cso(w, "PX", "A"), "title"), "1");
    assert_int_equal(world_cso(w, "PX", "A")->status, CSO_NORMAL); /* seen, so not gone */
    assert_null(world_cso(w, "PX", "B"));
}

TEST(w7) {
    struct world *w = *state;
    for (int i = 0; i < 100; i++) px_object(w, "PX", arena_print(w->a, "person;hrId=%d", i).at);
    FULL(w, "PX");
    px_of("PX")->objects.count = 0;
    FULL(w, "PX"); /* invariant 12 */
    assert_int_equal(w->items.count, 0);
    struct csos list = world_csos(w, "PX");
    assert_int_equal(list.count, 100);
    for (EACH(const struct cso, o, &list)) assert_int_equal(o->status, CSO_NORMAL);
}

static void joined_pair(struct world *w) {
    world_map(w, "R1", "alias -> Email");
    world_rows(w, "HR", "hrId=1;employeeId=1\nhrId=2;employeeId=2");
    FULL(w, "HR");
    SYNC(w, "HR");
    struct cso *two = world_cso(w, "HR", "2");
    assert_true(two->mvo != 0);
    struct pending_export p = {
        .system = two->system, .cso = two->id, .mvo = two->mvo, .change = EXPORT_UPDATE, .status = EXPORT_PENDING};
    p.created = (instant){100}, p.max_retries = 5;
    world_write_pe(w, NULL, &p);
}

TEST(w8_and_w9) {
    struct world *w = *state;
    joined_pair(w);
    int64_t mvo = world_cso(w, "HR", "2")->mvo;
    world_rows(w, "HR", "hrId=1;employeeId=1");
    FULL(w, "HR");
    check(world_told(w), "2 Deleted: DeletionDetected");
    struct cso *two = world_cso(w, "HR", "2");
    assert_int_equal(two->status, CSO_OBSOLETE);
    assert_true(two->updated.ticks > 0);
    assert_null(world_pe(w, two));
    /* W9 */
    FULL(w, "HR"); /* J+43: not a second time */
    assert_int_equal(w->items.count, 0);
    world_rows(w, "HR", "hrId=1;employeeId=1\nhrId=2;employeeId=2");
    FULL(w, "HR");
    check(world_told(w), "2 Updated");
    two = world_cso(w, "HR", "2");
    assert_int_equal(two->status, CSO_NORMAL);
    assert_true(two->mvo == mvo);
}

TEST(w10) {
    struct world *w = *state;
    world_px_system(w, "N");
    world_type(w, "N", "thing", "id:LongNumber||name");
    px_page(w, "N", "thing;id=9000000001\nthing;id=9000000002");
    FULL(w, "N");
    px_of("N")->pages.count = 0;
    px_page(w, "N", "thing;id=9000000002");
    FULL(w, "N");
    check(world_told(w), "9000000001 Deleted: DeletionDetected");
    assert_int_equal(world_cso(w, "N", "9000000001")->status, CSO_OBSOLETE);
    assert_int_equal(world_cso(w, "N", "9000000002")->status, CSO_NORMAL);
    assert_int_equal(world_cso(w, "N", "9000000002")->updated.ticks, 0);
}

TEST(w11) {
    struct world *w = *state;
    world_px_system(w, "N");
    world_type(w, "N", "thing", "id:Decimal||name");
    px_page(w, "N", "thing;id=1.50");
    FULL(w, "N");
    px_of("N")->pages.count = 0;
    px_page(w, "N", "thing;id=1.5");
    FULL(w, "N");
    assert_int_equal(w->items.count, 0);
    assert_int_equal(world_csos(w, "N").count, 1);
}

#define ANN "11111111-1111-1111-1111-111111111111"
#define STAFF "22222222-2222-2222-2222-222222222222"

TEST(w12) {
    struct world *w = *state;
    px_page(w, "AD",
            "user;objectGUID=" ANN ";distinguishedName=CN=Ann,OU=S\ngroup;objectGUID=" STAFF
            ";distinguishedName=CN=Staff;member=CN=Ann,OU=S");
    FULL(w, "AD");
    check(world_cs(w, world_cso(w, "AD", "CN=Staff"), "member"), ">CN=Ann,OU=S");
    px_of("AD")->pages.count = 0;
    px_page(w, "AD",
            "user;objectGUID=" ANN ";distinguishedName=CN=Ann,OU=S\ngroup;objectGUID=" STAFF
            ";distinguishedName=CN=Staff;member=cn=ann,ou=s");
    FULL(w, "AD");
    assert_int_equal(w->items.count, 0);
    check(world_cs(w, world_cso(w, "AD", "CN=Staff"), "member"), ">CN=Ann,OU=S");
    assert_int_equal(world_cso(w, "AD", "CN=Staff")->updated.ticks, 0);
}

TEST(w13_and_w14) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;employeeId=1");
    FULL(w, "HR"); /* so that the connector space is not empty */
    world_rows(w, "HR", "hrId=1;employeeId=1\nhrId=3;employeeId=3;managerId=99\nhrId=4;employeeId=4");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "3 Added!UnresolvedReference: CsoAdded\n4 Added: CsoAdded");
    check(world_cs(w, world_cso(w, "HR", "3"), "managerId"), "99");
    assert_int_equal(w->run.counters.errors, 1);
    /* W14 */
    SYNC(w, "HR");
    world_rows(w, "HR", "hrId=1;employeeId=1\nhrId=3;employeeId=3;managerId=99\nhrId=4;employeeId=4\nhrId=99;employeeId=99");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    check(world_told(w), "99 Added: CsoAdded");
    struct cso *three = world_cso(w, "HR", "3");
    check(world_cs(w, three, "managerId"), ">99");
    assert_true(three->updated.ticks > 0);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    text boss = arena_print(w->a, "#%lld", (long long)world_cso(w, "HR", "99")->mvo);
    check(world_mv(w, world_mvo_of(w, world_cso(w, "HR", "3")), "Manager"), boss.at);
}

TEST(w15) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=A;managerId=B\nhrId=B;managerId=A");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    check(world_told(w), "A Added: CsoAdded\nB Added: CsoAdded");
    check(world_cs(w, world_cso(w, "HR", "A"), "managerId"), ">B");
    check(world_cs(w, world_cso(w, "HR", "B"), "managerId"), ">A");
}

TEST(w16) {
    struct world *w = *state;
    px_page(w, "PX", "person;hrId=1;displayName=Ann;shoeSize=44\nperson;hrId=2");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "1 NotSet!UnexpectedAttribute\n2 Added: CsoAdded");
    for (EACH(const struct run_item, item, &w->items)) /* invariant 39 also for what was refused */
        if (item->error) check(arena_cstring(w->a, item->display_name), "Ann");
    /* on a stored object it is ignored (5.3 no. 11) */
    px_of("PX")->pages.count = 0;
    px_page(w, "PX", "person;hrId=1\nperson;hrId=2;title=x;shoeSize=44");
    FULL(w, "PX");
    check(world_told(w), "1 Added: CsoAdded\n2 Updated: CsoUpdated=1");
}

static void cancel_at_3(struct world *w, int page) {
    bool found;
    if (page != 3) return;
    OWNED(store_tx) tx = NULL;
    struct worker_tasks tasks = {0};
    int64_t total;
    OWNED(arena) a = arena_new(1 << 20);
    OK(store_read(w->s, &tx));
    OK(store_tasks(tx, a, 0, 10, &tasks, &total));
    store_end(TAKE(tx));
    OK(runs_cancel(w->runs, tasks.at[0].id, &found));
    assert_true(found);
    OK(runs_cancel(w->runs, tasks.at[0].id, &found)); /* twice is harmless */
}

TEST(w17) {
    struct world *w = *state;
    struct px *px = px_of("PX");
    px->watermark = "old";
    px_page(w, "PX", "person;hrId=gone");
    FULL(w, "PX");
    check(world_persisted(w, "PX"), "old");
    px->pages.count = 0;
    px_page(w, "PX", "person;hrId=1;managerId=2");
    px_page(w, "PX", "person;hrId=2;managerId=3");
    for (int i = 3; i < 6; i++) px_page(w, "PX", arena_print(w->a, "person;hrId=%d", i).at);
    px->watermark = "new";
    px->at_page = cancel_at_3;
    assert_int_equal(FULL(w, "PX"), ACTIVITY_CANCELLED);
    assert_int_equal(w->run.counters.added, 2);
    check(world_cs(w, world_cso(w, "PX", "1"), "managerId"), ">2");
    check(world_cs(w, world_cso(w, "PX", "2"), "managerId"), "3");
    check(world_told(w), "1 Added: CsoAdded\n2 Added!UnresolvedReference: CsoAdded");
    assert_int_equal(world_cso(w, "PX", "gone")->status, CSO_NORMAL);
    assert_null(world_cso(w, "PX", "3"));
    check(world_persisted(w, "PX"), "old"); /* invariants 35, 36 */
    assert_int_equal(world_tasks(w).count, 0);
    assert_true(px->closed);
}

static void die_at_4(struct world *w, int page) {
    (void)w;
    if (page == 4) _exit(77);
}

/* The whole process is killed in the middle of the run; the next one takes the task up again. */
TEST(w18) {
    struct world *w = *state;
    struct px *px = px_of("PX");
    px->watermark = "range 1";
    px_page(w, "PX", "person;hrId=0");
    FULL(w, "PX");
    px->pages.count = px->persisted_seen.count = 0;
    for (int i = 0; i < 5; i++) px_page(w, "PX", arena_print(w->a, "person;hrId=%d;title=new;managerId=%d", i, i + 1 - i / 4).at);
    px->watermark = "range 2";
    world_profile(w, "PX", RUN_DELTA_IMPORT);
    world_shut(w);
    pid_t child = fork();
    if (child == 0) {
        px->at_page = die_at_4;
        world_reopen(w);
        world_start(w);
        DELTA(w, "PX");
        _exit(1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 77);
    world_reopen(w);
    world_check(w);
    assert_int_equal(world_csos(w, "PX").count, 3); /* the pages before stand */
    check(world_persisted(w, "PX"), "range 1");
    world_start(w);
    struct activities all = world_activities(w);
    assert_int_equal(all.count, 3); /* the first, the killed, the new one */
    int64_t last = 0;
    for (EACH(const struct activity, a, &all)) last = a->id > last ? a->id : last;
    world_await(w, last);
    world_load_run(w, last);
    assert_int_equal(w->run.status, ACTIVITY_COMPLETE);
    check(world_told(w), "3 Added: CsoAdded\n4 Added: CsoAdded"); /* the rest of what one undisturbed run would have told */
    for (EACH(const text, t, &px->persisted_seen)) assert_true(text_equal(*t, T("range 1")));
    assert_int_equal(px->persisted_seen.count, 5); /* the same range again */
    check(world_persisted(w, "PX"), "range 2");
    assert_int_equal(world_csos(w, "PX").count, 5);
    for (int i = 0; i < 5; i++) {
        struct cso *o = world_cso(w, "PX", arena_print(w->a, "%d", i).at);
        check(world_cs(w, o, "title"), "new");
        check(world_cs(w, o, "managerId"), arena_print(w->a, ">%d", i + 1 - i / 4).at);
    }
    /* the killed run's activity */
    all = world_activities(w);
    for (EACH(const struct activity, a, &all)) {
        if (a->status != ACTIVITY_FAILED) continue;
        assert_true(text_find(a->error_message, T("crash")) != SIZE_MAX);
        for (EACH(const struct activity_phase, p, &a->phases)) assert_true(p->status != PHASE_ACTIVE && p->status != PHASE_PENDING);
    }
    assert_int_equal(world_tasks(w).count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(w1),  CASE(w2),        CASE(w3),  CASE(w4),  CASE(w5),  CASE(w6),          CASE(twice_in_a_page),
        CASE(w7),  CASE(w8_and_w9), CASE(w10), CASE(w11), CASE(w12), CASE(w13_and_w14), CASE(w15),
        CASE(w16), CASE(w17),       CASE(w18),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
