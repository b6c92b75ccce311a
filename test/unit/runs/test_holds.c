/* Holds: releases that are stopped or fail and are given again, references that go with identities, and exports of files with too
 * many errors (operations §23). */
#include "holding.h"

#include "runs/runs_private.h"

#include <unistd.h>

/* ---- releases that come to no end ---- */

static int64_t begin_release(struct world *w, const struct hold *h) {
    struct run_ticket ticket;
    OK(runs_release_hold(w->runs, w->a, h->id, &ada, T("They have left."), &ticket));
    return ticket.activity;
}

/* The session keeps the run from writing; what it has done by then is some of the list. False: nothing, or all of it. */
static bool stop_in_the_middle(struct world *w, const struct hold *h) {
    OWNED(store_tx) tx = NULL;
    int64_t done, waiting;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_count_held(tx, h->id, HELD_DONE, &done));
    OK(store_count_held(tx, h->id, HELD_WAITING, &waiting));
    if (!waiting) fail_msg("the release was not met in its middle");
    if (!done) return false;
    pthread_mutex_lock(&w->runs->mutex);
    w->runs->cancelled = true;
    atomic_store(&w->runs->stop, true);
    pthread_mutex_unlock(&w->runs->mutex);
    return true;
}

static enum activity_status stopped_release(struct world *w, const struct hold *h) {
    int64_t activity = begin_release(w, h);
    while (!stop_in_the_middle(w, h)) usleep(200);
    world_await(w, activity);
    world_load_run(w, activity);
    return w->run.status;
}

/* Some is done, the rest waits, and nothing is said to qualify no longer. Returns how many were done. */
static size_t is_open_again(struct world *w, enum hold_guard guard) {
    struct hold h = the_hold(w, guard, HOLD_HELD);
    size_t done = in_state(w, &h, HELD_DONE), waiting = in_state(w, &h, HELD_WAITING);
    assert_true(done > 0 && waiting > 0);
    assert_int_equal(done + waiting, h.objects);
    assert_int_equal(h.decided.ticks, 0);
    assert_true(text_is_null(h.reason));
    assert_true(text_find(w->run.warning_message, T("the hold is open again")) != SIZE_MAX);
    return done;
}

enum { MANY = 1300 };

TEST(a_stopped_release_of_deletions_goes_on_where_it_was) {
    struct world *w = *state;
    so_many(w, MANY);
    people(w, MANY, MANY);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    assert_int_equal(stopped_release(w, &h), ACTIVITY_CANCELLED);
    size_t done = is_open_again(w, GUARD_IMPORT_DELETIONS);
    assert_int_equal(obsolete(w), done);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.deleted, MANY - 1 - done);
    assert_int_equal(obsolete(w), MANY - 1);
    h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_RELEASED);
    assert_int_equal(in_state(w, &h, HELD_DONE), MANY - 1);
}

/* The second chunk comes more than a second after progress was written last, so that it writes it again. */
TEST(a_release_of_deletions_that_takes_long_comes_to_its_end) {
    struct world *w = *state;
    int64_t done = 0;
    so_many(w, MANY);
    people(w, MANY, MANY);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    int64_t activity = begin_release(w, &h);
    while (!done) {
        OWNED(store_tx) tx = NULL;
        OK(store_write(w->s, STORE_API, &tx));
        OK(store_count_held(tx, h.id, HELD_DONE, &done));
        usleep(done ? 1200000 : 200);
    }
    world_await(w, activity);
    assert_int_equal(obsolete(w), MANY - 1);
}

TEST(a_stopped_release_of_a_synchronisation_goes_on_where_it_was) {
    struct world *w = *state;
    so_many(w, MANY);
    world_setting(w, "Safety.ImportDeletePercent", "100");
    people(w, MANY, MANY);
    FULL(w, "HR");
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_int_equal(stopped_release(w, &h), ACTIVITY_CANCELLED);
    size_t done = is_open_again(w, GUARD_DISCONNECTS);
    assert_int_equal(world_mvo_count(w), MANY - done);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 1);
    h = the_hold(w, GUARD_DISCONNECTS, HOLD_RELEASED);
    assert_int_equal(in_state(w, &h, HELD_DONE), MANY - 1);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
}

static void so_many_creations(struct world *w, int count) {
    world_r2(w, NULL);
    world_setting(w, "Safety.ExportCreateCount", "1");
    so_many(w, count);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_WARNING);
}

static void stop_now(struct world *w, int batch) {
    if (batch != 1) return;
    pthread_mutex_lock(&w->runs->mutex);
    w->runs->cancelled = true;
    atomic_store(&w->runs->stop, true);
    pthread_mutex_unlock(&w->runs->mutex);
}

TEST(a_stopped_release_of_an_export_sends_nothing_twice) {
    struct world *w = *state;
    so_many_creations(w, 150);
    struct hold h = the_hold(w, GUARD_EXPORT_CREATES, HOLD_HELD);
    px_of("AD")->at_batch = stop_now;
    assert_int_equal(release(w, &h), ACTIVITY_CANCELLED);
    px_of("AD")->at_batch = NULL;
    assert_int_equal(is_open_again(w, GUARD_EXPORT_CREATES), 100);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.exported, 50);
    assert_int_equal(px_of("AD")->log.count, 150);
    h = the_hold(w, GUARD_EXPORT_CREATES, HOLD_RELEASED);
    assert_int_equal(in_state(w, &h, HELD_DONE), 150);
}

TEST(a_release_that_fails_can_be_given_again) {
    struct world *w = *state;
    so_many_creations(w, 150);
    struct px *px = px_of("AD");
    struct hold h = the_hold(w, GUARD_EXPORT_CREATES, HOLD_HELD);
    px->break_at = 2, px->break_times = 1, px->break_kind = ERROR_BUSY; /* the connection is lost */
    assert_int_equal(release(w, &h), ACTIVITY_FAILED);
    assert_int_equal(is_open_again(w, GUARD_EXPORT_CREATES), 100);
    px->break_at = 0;
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    the_hold(w, GUARD_EXPORT_CREATES, HOLD_RELEASED);
    assert_int_equal(px->log.count, 150);
}

static int64_t queued_hold;

static void release_and_cancel(struct world *w, int batch) {
    struct run_ticket ticket;
    OWNED(arena) a = arena_new(16 << 20);
    bool found;
    if (batch != 1) return;
    OK(runs_release_hold(w->runs, a, queued_hold, &ada, T("They have left."), &ticket));
    OK(runs_cancel(w->runs, ticket.task, &found));
    assert_true(found);
}

TEST(a_release_that_is_cancelled_before_it_begins_is_open_again) {
    struct world *w = *state;
    world_r2(w, NULL);
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    queued_hold = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD).id;
    px_of("AD")->at_batch = release_and_cancel; /* behind this export in the queue */
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    px_of("AD")->at_batch = NULL;
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    assert_int_equal(in_state(w, &h, HELD_WAITING), 11);
    assert_int_equal(obsolete(w), 0);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(obsolete(w), 11);
}

TEST(a_stopped_release_stays_closed_when_a_later_hold_took_its_place) {
    struct world *w = *state;
    so_many(w, MANY);
    people(w, MANY, MANY);
    FULL(w, "HR");
    struct hold first = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    world_plant(w,
                "insert into hold select id + 1, guard, system, system_name, object_type, type_name, partition, activity, review, "
                "measured, population, limit_percent, limit_count, complete, status, created, decided, decided_by_type, "
                "decided_by_id, decided_by_name, reason, 0, fingerprint from hold");
    assert_int_equal(stopped_release(w, &first), ACTIVITY_CANCELLED);
    struct holds all = holds(w);
    assert_int_equal(all.at[0].status, HOLD_HELD);
    assert_int_equal(all.at[1].id, first.id);
    assert_int_equal(all.at[1].status, HOLD_SUPERSEDED);
}

/* ---- references that go with an identity ---- */

/* Sixty people whose manager is one of twelve others; all in AD, with their managers. */
static void managed(struct world *w, int first) {
    text rows = T("");
    for (int i = first; i <= 72; i++) {
        text boss = i > 12 && i % 12 + 1 >= first ? arena_print(w->a, ";managerId=%d", i % 12 + 1) : T("");
        rows = arena_print(w->a, "%.*s%shrId=%d;employeeId=E%d;displayName=P%d%.*s", TEXT_ARG(rows), rows.len ? "\n" : "", i, i, i,
                           TEXT_ARG(boss));
    }
    world_rows(w, "HR", arena_cstring(w->a, rows));
}

static void managed_in_ad(struct world *w) {
    world_r2(w, "Manager -> manager");
    int32_t source = world_system(w, "HR")->id;
    struct mv_type user = *config_mv_type_named(w->c, T("User"));
    store_tx *tx = world_begin(w);
    user.deletion_rule = DELETE_WHEN_AUTHORITATIVE_SOURCE;
    user.trigger_systems = (struct int32s){&source, 1, 1};
    OK(store_save_mv_type(tx, &user));
    world_commit(w, tx);
    managed(w, 1);
    FULL(w, "HR");
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    for (int i = 0; i < 2; i++) {
        EXPORT(w, "AD");
        assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
        assert_int_equal(DELTA_SYNC(w, "AD"), ACTIVITY_COMPLETE);
    }
}

static size_t references(struct world *w, const struct hold *h, enum held_state held) {
    size_t n = 0;
    struct held_objects list = list_of(w, h);
    for (EACH(const struct held_object, o, &list)) {
        if (o->change != OBJECT_PENDING_EXPORT || o->state != held) continue;
        assert_int_not_equal(o->mvo, 0); /* the identity that takes them */
        assert_true(text_starts_with(o->external_id, T("0")));
        n++;
    }
    return n;
}

/* The twelve managers leave, while the rows of their people still name them. */
TEST(references_that_go_with_identities_are_listed_and_done) {
    struct world *w = *state;
    managed_in_ad(w);
    world_setting(w, "Safety.ImportDeletePercent", "100");
    managed(w, 13);
    FULL(w, "HR");
    world_setting(w, "Sync.PageSize",
                  "5"); /* pages with leavers only, before those who lose their manager with a value of their own */
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    size_t listed = references(w, &h, HELD_WAITING);
    assert_true(listed > 0);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(references(w, &h, HELD_DONE), listed);
    assert_int_equal(references(w, &h, HELD_SKIPPED), 0);
    assert_int_equal(world_mvo_count(w), 60);
}

/* ---- ErrorRate of files ---- */

static void target_file(struct world *w, const char *id) {
    world_file_system(w, "OUT", "user", "Export Only");
    world_type(w, "OUT", "user", "employeeID||name");
    world_rule(w, "R4", 'o', "OUT", "user", "pd");
    world_map(w, "R4", id);
    world_map(w, "R4", "Display_Name -> name");
}

static void counted(struct world *w, size_t failed, size_t untouched) {
    struct csos all = world_csos(w, "OUT");
    size_t f = 0, u = 0;
    for (EACH(struct cso, o, &all)) {
        const struct pending_export *p = world_pe(w, o);
        f += p && p->errors == 1;
        u += p && !p->errors && p->status == EXPORT_PENDING;
    }
    assert_int_equal(f, failed);
    assert_int_equal(u, untouched);
}

/* Two of three would get an id that another one has. */
TEST(a_file_of_which_most_would_be_wrong_is_not_written) {
    struct world *w = *state;
    target_file(w, "=Substring(mv[\"Employee ID\"], 0, 2) -> employeeID"); /* E1, E2 … E9 */
    so_many(w, 120);
    assert_int_equal(EXPORT(w, "OUT"), ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("of 120 objects have errors")) != SIZE_MAX ||
                text_find(w->run.error_message, T("objects have errors, more than 50")) != SIZE_MAX);
    check(world_read_file(w, "OUT"), "");
    counted(w, 111, 9);
    assert_int_equal(holds(w).count, 0);
}

TEST(a_file_with_few_errors_is_written) {
    struct world *w = *state;
    world_setting(w, "Safety.ErrorPercent", "95");
    target_file(w, "=Substring(mv[\"Employee ID\"], 0, 2) -> employeeID");
    so_many(w, 120);
    assert_int_equal(EXPORT(w, "OUT"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_non_null(strstr(world_read_file(w, "OUT"), "E9"));
    counted(w, 111, 0);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        CASE(a_stopped_release_of_deletions_goes_on_where_it_was),
        CASE(a_release_of_deletions_that_takes_long_comes_to_its_end),
        CASE(a_stopped_release_of_a_synchronisation_goes_on_where_it_was),
        CASE(a_stopped_release_of_an_export_sends_nothing_twice),
        CASE(a_release_that_fails_can_be_given_again),
        CASE(a_release_that_is_cancelled_before_it_begins_is_open_again),
        CASE(a_stopped_release_stays_closed_when_a_later_hold_took_its_place),
        CASE(references_that_go_with_identities_are_listed_and_done),
        CASE(a_file_of_which_most_would_be_wrong_is_not_written),
        CASE(a_file_with_few_errors_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
