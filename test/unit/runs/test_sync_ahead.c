/* What was read ahead holds only while nobody has written it since; and pages read ahead decide the same. */
#include "runs/sync.h"
#include "world.h"

#include <stdio.h>

/* Two joined people and a read-ahead of both, in a group as a run has it. */
struct bed {
    struct world *w;
    struct run r;
    sync_plan *plan;
    struct sync_run facts;
    struct sync_ids all_ids;
    struct sync_ahead *h;
    struct csos people;
    int64_t ids[2];
    store_tx *tx;
    const struct sync_page *page;
};

static struct sync_request both(const struct bed *b) { return (struct sync_request){.ids = b->ids, .count = 2}; }

/* The second time it waits until the first one has been read. */
static void ask(struct bed *b) {
    struct sync_request q = both(b);
    sync_ahead_ask(b->h, &q);
    sync_ahead_decide(b->h, &b->facts);
    sync_ahead_ask(b->h, &q);
}

static void leave_to_group(struct bed *b) {
    OK(store_group_commit(b->tx));
    store_end(b->tx);
    b->tx = NULL;
}

/* Ends the session, so that a failed test does not leave the lock behind. */
static const struct sync_page *take(struct bed *b) {
    struct sync_request q = both(b);
    b->page = sync_ahead_take(b->h, b->tx, &q, &b->facts);
    leave_to_group(b);
    return b->page;
}

static void write_as_run(struct bed *b) { OK(store_group_write(b->w->s, &b->r.group, &b->tx)); }

static void open_bed(struct bed *b, struct world *w) {
    *b = (struct bed){.w = w};
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann Lee\nhrId=2;employeeId=E2;displayName=Bob Roe");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    b->people = world_csos(w, "HR");
    assert_int_equal(b->people.count, 2);
    for (int i = 0; i < 2; i++) b->ids[i] = b->people.at[i].id;
    b->r = (struct run){.store = w->s};
    OK(store_config(w->s, &b->r.config));
    store_group_begin(w->s, &b->r.group);
    b->plan = sync_plan_new(b->r.config);
    b->facts =
        (struct sync_run){.system = world_system(w, "HR")->id, .full = true, .configuration_changed = true, .no_pending = true};
    b->h = sync_ahead_start(&b->r, b->facts.system, b->plan, &b->all_ids);
}

static void close_bed(struct bed *b) {
    sync_ahead_stop(b->h);
    store_end(b->tx);
    OK(store_group_end(b->w->s, &b->r.group));
    sync_plan_free(b->plan);
    config_release(b->r.config);
}

TEST(a_page_is_read_with_its_identities) {
    struct bed b;
    open_bed(&b, *state);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_int_equal(b.page->objects.count, 2);
    assert_true(b.page->objects.at[1].has_values);
    const struct mvo *ann = sync_ahead_mvo(b.h, b.page, b.people.at[0].mvo);
    assert_non_null(ann);
    assert_true(ann->values.count > 0);
    const struct sync_span *span = sync_ahead_connectors(b.h, b.page, ann->id);
    assert_non_null(span);
    assert_int_equal(span->count, 1);
    assert_int_equal(span->first->id, b.ids[0]);
    assert_null(sync_ahead_mvo(b.h, b.page, 4711));
    write_as_run(&b);
    assert_null(take(&b)); /* once */
    close_bed(&b);
}

TEST(a_page_is_decided_when_nothing_else_must_be_known) {
    struct bed b;
    open_bed(&b, *state);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_false(b.page->asks);
    assert_int_equal(sync_outcome(b.page->batch)->processed, 2);
    b.facts.no_pending = false;
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_true(b.page->asks);
    assert_int_equal(b.page->wants.pending.count, 2);
    close_bed(&b);
}

TEST(a_page_that_was_decided_without_pending_exports_is_decided_again_after_the_first_of_them) {
    struct bed b;
    open_bed(&b, *state);
    ask(&b);
    b.facts.no_pending = false;
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_null(b.page->batch);
    close_bed(&b);
}

TEST(a_page_that_may_not_be_decided_yet_is_given_as_it_was_read) {
    struct bed b;
    struct sync_request q;
    open_bed(&b, *state);
    q = both(&b);
    sync_ahead_ask(b.h, &q);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_int_equal(b.page->objects.count, 2);
    assert_null(b.page->batch);
    close_bed(&b);
}

TEST(where_a_reference_leads_is_known_of_what_the_run_wrote) {
    struct bed b;
    open_bed(&b, *state);
    OWNED(arena) a = arena_new(1 << 20);
    struct sync_links links = {0};
    struct cso before[2] = {b.people.at[0], b.people.at[1]}, after = before[0];
    for (int i = 0; i < 2; i++) before[i].system = after.system = before[i].system + 1; /* the page stays */
    before[0].id = after.id = 900001;
    before[1].id = 900002;
    after.mvo = 4711;
    struct cso_change changes[] = {{.before = &before[0], .after = &after}, {.before = &before[1]}};
    write_as_run(&b);
    sync_ahead_wrote(b.h, b.tx, &(struct sync_outcome){.csos = {changes, 2, 2}});
    leave_to_group(&b);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_true(sync_ahead_target(b.h, b.page, a, 900001, &links));
    assert_int_equal(links.count, 1);
    assert_int_equal(links.at[0].mvo, 4711);
    assert_true(sync_ahead_target(b.h, b.page, a, 900002, &links)); /* gone */
    assert_false(sync_ahead_target(b.h, b.page, a, 900003, &links));
    assert_int_equal(links.count, 1);
    close_bed(&b);
}

TEST(another_request_gets_nothing) {
    struct bed b;
    open_bed(&b, *state);
    ask(&b);
    write_as_run(&b);
    const struct sync_page *page = sync_ahead_take(b.h, b.tx, &(struct sync_request){.ids = b.ids, .count = 1}, &b.facts);
    leave_to_group(&b);
    assert_null(page);
    close_bed(&b);
}

TEST(what_others_write_ends_it) {
    struct bed b;
    open_bed(&b, *state);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    ask(&b);
    store_tx *other = NULL;
    OK(store_write(b.w->s, STORE_API, &other));
    OK(store_commit(other));
    store_end(other);
    write_as_run(&b);
    assert_null(take(&b));
    OK(store_group_end(b.w->s, &b.r.group));
    ask(&b); /* a snapshot that sees the other one's work */
    write_as_run(&b);
    assert_non_null(take(&b));
    close_bed(&b);
}

/* The run's own writing is not seen by the snapshot before its group is committed. */
TEST(what_the_run_writes_ends_that_object) {
    struct bed b;
    open_bed(&b, *state);
    struct mvo bob = *world_mvo_of(b.w, &b.people.at[1]);
    struct mvo_change change = {.before = &bob, .after = &bob};
    struct sync_outcome wrote = {.mvos = {&change, 1, 1}};
    write_as_run(&b);
    sync_ahead_wrote(b.h, b.tx, &wrote);
    leave_to_group(&b);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_non_null(sync_ahead_mvo(b.h, b.page, b.people.at[0].mvo));
    assert_null(sync_ahead_mvo(b.h, b.page, bob.id));
    assert_null(sync_ahead_connectors(b.h, b.page, bob.id));
    close_bed(&b);
}

TEST(what_the_run_writes_is_read_again_once_it_is_committed) {
    struct bed b;
    open_bed(&b, *state);
    struct mvo bob = *world_mvo_of(b.w, &b.people.at[1]);
    struct mvo_change change = {.before = &bob, .after = &bob};
    struct sync_outcome wrote = {.mvos = {&change, 1, 1}};
    write_as_run(&b);
    sync_ahead_wrote(b.h, b.tx, &wrote);
    leave_to_group(&b);
    OK(store_group_end(b.w->s, &b.r.group));
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    assert_non_null(sync_ahead_mvo(b.h, b.page, bob.id));
    close_bed(&b);
}

static void expect_nothing(struct bed *b, struct cso_change change) {
    struct sync_outcome wrote = {.csos = {&change, 1, 1}};
    write_as_run(b);
    sync_ahead_wrote(b->h, b->tx, &wrote);
    leave_to_group(b);
    ask(b);
    write_as_run(b);
    assert_null(take(b));
    close_bed(b);
}

TEST(an_object_of_the_page_that_the_run_wrote_ends_the_page) {
    struct bed b;
    open_bed(&b, *state);
    expect_nothing(&b, (struct cso_change){.before = &b.people.at[1], .after = &b.people.at[1]});
}

/* References may lead elsewhere: an object of the system came, or has another id. */
TEST(other_ids_in_the_system_end_the_page) {
    struct bed b;
    open_bed(&b, *state);
    struct cso fresh = {.id = 999999, .system = b.people.at[0].system, .type = b.people.at[0].type, .external_id = T("9")};
    expect_nothing(&b, (struct cso_change){.after = &fresh});
}

TEST(objects_of_other_systems_do_no_harm) {
    struct bed b;
    open_bed(&b, *state);
    struct cso fresh = {.id = 999999, .system = b.people.at[0].system + 1, .external_id = T("9")};
    struct cso_change change = {.after = &fresh};
    struct sync_outcome wrote = {.csos = {&change, 1, 1}};
    write_as_run(&b);
    sync_ahead_wrote(b.h, b.tx, &wrote);
    leave_to_group(&b);
    ask(&b);
    write_as_run(&b);
    assert_non_null(take(&b));
    close_bed(&b);
}

/* Twenty pages, each read while the one before is written; then again for another system. */
TEST(pages_see_what_the_pages_before_them_wrote) {
    enum { PEOPLE = 60 };
    struct world *w = *state;
    OWNED_VALUE(buffer) rows = {.max = 1 << 16};
    world_setting(w, "Sync.PageSize", "3");
    for (int i = 1; i <= PEOPLE; i++)
        buffer_print(&rows, "%shrId=%d;employeeId=E%d;displayName=Person %d", i > 1 ? "\n" : "", i, i, i);
    buffer_add(&rows, "", 1);
    world_rows(w, "HR", rows.at);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), PEOPLE);
    world_r2(w, NULL);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_csos(w, "AD").count, PEOPLE);
    check(world_mv(w, world_mvo_of(w, world_cso(w, "HR", "60")), "Display Name"), "Person 60");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_is_read_with_its_identities, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_page_is_decided_when_nothing_else_must_be_known, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_page_that_was_decided_without_pending_exports_is_decided_again_after_the_first_of_them,
                                        world_open, world_close),
        cmocka_unit_test_setup_teardown(a_page_that_may_not_be_decided_yet_is_given_as_it_was_read, world_open, world_close),
        cmocka_unit_test_setup_teardown(where_a_reference_leads_is_known_of_what_the_run_wrote, world_open, world_close),
        cmocka_unit_test_setup_teardown(another_request_gets_nothing, world_open, world_close),
        cmocka_unit_test_setup_teardown(what_others_write_ends_it, world_open, world_close),
        cmocka_unit_test_setup_teardown(what_the_run_writes_ends_that_object, world_open, world_close),
        cmocka_unit_test_setup_teardown(what_the_run_writes_is_read_again_once_it_is_committed, world_open, world_close),
        cmocka_unit_test_setup_teardown(an_object_of_the_page_that_the_run_wrote_ends_the_page, world_open, world_close),
        cmocka_unit_test_setup_teardown(other_ids_in_the_system_end_the_page, world_open, world_close),
        cmocka_unit_test_setup_teardown(objects_of_other_systems_do_no_harm, world_open, world_close),
        cmocka_unit_test_setup_teardown(pages_see_what_the_pages_before_them_wrote, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
