/* Exports that go wrong, and what others stage while an export runs (sync-engine §16.3, §16.4, §24). */
#include "px.h"

#include "world_private.h"

#define GUID1 "00000000-0000-0000-0000-000000000001"
#define GUID2 "00000000-0000-0000-0000-000000000002"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

/* From the source to staged exports. */
static void feed(struct world *w, const char *rows) {
    world_rows(w, "HR", rows);
    FULL(w, "HR");
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
}

/* W58 */
static void ann(struct world *w) {
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    check(world_pe_text(w, world_connector(w, "1", "AD")), "Create Pending department:=IT distinguishedName:=" DN("Ann Lee"));
}

/* Time passes until the pending export is due. */
static void make_due(struct world *w, struct cso *o) {
    struct pending_export *p = world_pe(w, o), after = *p;
    after.next_retry = (instant){p->next_retry.ticks ? 1 : 0};
    world_write_pe(w, p, &after);
}

/* ---- 16.3, 16.4 ---- */

TEST(ids_that_others_have) {
    struct world *w = *state;
    world_r2(w, NULL);
    px_object(w, "AD", "user;objectGUID=" GUID2 ";distinguishedName=CN=Other");
    FULL(w, "AD");
    feed(w, "hrId=1;employeeId=1;displayName=A\nhrId=2;employeeId=2;displayName=B\nhrId=3;employeeId=3;displayName=C");
    px_of("AD")->same_id = GUID1;
    px_of("AD")->refuse_as_id = "=CN=C,";
    EXPORT(w, "AD");
    check(world_told(w), DN("A") " Exported: Exported=1\n" DN("B") " Exported!InvalidGeneratedExternalId\n" DN(
                             "C") " Exported!InvalidGeneratedExternalId");
    assert_int_equal(world_pe(w, world_connector(w, "2", "AD"))->errors, 1);
    assert_true(text_is_null(world_connector(w, "2", "AD")->external_id));
    px_of("AD")->same_id = GUID2;
    px_of("AD")->refuse_as_id = NULL;
    make_due(w, world_connector(w, "2", "AD"));
    EXPORT(w, "AD"); /* also one that an older object has */
    check(world_told(w), DN("B") " Exported!InvalidGeneratedExternalId");
}

static void many(struct world *w, int count) {
    OWNED_VALUE(buffer) rows = {.max = 1 << 20};
    world_r2(w, NULL);
    for (int i = 0; i < count; i++) buffer_print(&rows, "%shrId=%d;employeeId=%d;displayName=N%d", i ? "\n" : "", i, i, i);
    feed(w, arena_cstring(w->a, buffer_as_text(&rows)));
}

static void counts(struct world *w, size_t exported, size_t failed, size_t untouched) {
    struct csos list = world_csos(w, "AD");
    size_t e = 0, f = 0, u = 0;
    for (EACH(struct cso, o, &list)) {
        const struct pending_export *p = world_pe(w, o);
        e += p->status == EXPORT_EXPORTED;
        f += p->status == EXPORT_PENDING && p->errors == 1;
        u += p->status == EXPORT_PENDING && !p->errors && !p->attempted.ticks;
    }
    assert_int_equal(e, exported);
    assert_int_equal(f, failed);
    assert_int_equal(u, untouched);
}

/* J+7: an exception fails those of its batch that have no result yet; the sweep goes on. */
TEST(batch_breaks_off) {
    struct world *w = *state;
    struct px *px = px_of("AD");
    many(w, 250);
    px->break_at = 2, px->break_times = 1, px->break_after_items = 40, px->break_kind = ERROR_IO;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_ERROR);
    counts(w, 190, 60, 0);
    assert_int_equal(w->run.counters.exported, 190);
    assert_true(text_find(w->run.warning_message, T("broke off")) != SIZE_MAX);
}

TEST(connection_lost) {
    struct world *w = *state;
    struct px *px = px_of("AD");
    many(w, 350);
    px->break_at = 2, px->break_times = 1, px->break_after_items = 40, px->break_kind = ERROR_BUSY;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_FAILED);
    counts(w, 140, 0, 210);
    assert_int_equal(px->batches, 2);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    counts(w, 350, 0, 0);
}

TEST(three_batches_fail) {
    struct world *w = *state;
    struct px *px = px_of("AD");
    world_setting(w, "Safety.ErrorPercent", "100"); /* else the first batch would end the run */
    many(w, 450);
    px->break_at = 1, px->break_times = 9, px->break_kind = ERROR_IO;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_FAILED);
    assert_int_equal(px->batches, 3);
    counts(w, 0, 300, 150);
    assert_true(text_find(w->run.error_message, T("Three batches")) != SIZE_MAX);
}

static void cancel_now(struct world *w, int batch) {
    bool found;
    OWNED(arena) a = arena_new(16 << 20);
    OWNED(store_tx) tx = NULL;
    struct worker_tasks tasks = {0};
    int64_t total;
    if (batch != 1) return;
    OK(store_read(w->s, &tx));
    OK(store_tasks(tx, a, 0, 10, &tasks, &total));
    store_end(TAKE(tx));
    OK(runs_cancel(w->runs, tasks.at[0].id, &found));
}

/* The batch in hand is finished and its results are stored (4.4). */
TEST(cancelled_between_batches) {
    struct world *w = *state;
    many(w, 150);
    px_of("AD")->at_batch = cancel_now;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_CANCELLED);
    counts(w, 100, 0, 50);
    assert_int_equal(w->run.counters.exported, 100);
    px_of("AD")->at_batch = NULL;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    counts(w, 150, 0, 0);
}

/* One object's refusal is its own (invariant 32). */
TEST(one_is_refused) {
    struct world *w = *state;
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=1;displayName=A\nhrId=2;employeeId=2;displayName=B");
    px_of("AD")->refuse = "CN=A";
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_ERROR);
    check(world_told(w), DN("A") " Exported!UnhandledError\n" DN("B") " Exported: Exported=1");
    check(px_objects(w, "AD"), "user;objectGUID=" GUID1 ";distinguishedName=" DN("B"));
}

/* Results that cannot be stored: nothing stays Executing (invariant 38), and no counter tells of what is not there. */
TEST(results_cannot_be_stored) {
    struct world *w = *state;
    ann(w);
    world_plant(w, "create trigger t before insert on item begin select raise(abort, 'no'); end");
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_FAILED);
    world_plant(w, "drop trigger t");
    assert_int_equal(w->run.counters.exported, 0);
    struct cso *o = world_connector(w, "1", "AD");
    check(world_pe_text(w, o), "Create Pending department:=IT distinguishedName:=" DN("Ann Lee"));
    FULL(w, "AD"); /* invariant 37: the import finds what was written */
    o = world_connector(w, "1", "AD");
    assert_int_equal(o->status, CSO_NORMAL);
    EXPORT(w, "AD");
    FULL(w, "AD");
    check(world_pe_text(w, o), "none");
    assert_int_equal(world_csos(w, "AD").count, 1);
}

/* ---- 24: what others stage while a batch is in the connector ---- */

static const struct cso *staged_on;
static enum export_change staged_change;

static void stage(struct world *w, int batch) {
    if (batch != 1) return;
    struct pending_export *p = world_pe(w, staged_on), after = *p;
    assert_int_equal(p->status, EXPORT_EXECUTING);
    struct staged_change more = {.attribute = world_attribute(w, "AD", "title")->id,
                                 .change = CHANGE_UPDATE,
                                 .has_value = true,
                                 .value = {.type = TYPE_TEXT, .text = T("Boss")}};
    after.changes = (struct staged_changes){0};
    if (staged_change == EXPORT_DELETE) {
        after.change = EXPORT_DELETE;
        after.status = EXPORT_PENDING;
    } else {
        for (EACH(struct staged_change, c, &p->changes)) *LIST_ADD(w->a, &after.changes) = *c;
        *LIST_ADD(w->a, &after.changes) = more;
    }
    OWNED(store_tx) tx = NULL;
    struct pending_export_change change = {p, staged_change == EXPORT_NOT_SET ? NULL : &after};
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_write_pending(tx, w->c, &(struct pending_export_changes){&change, 1, 1}));
    OK(store_commit(tx));
}

TEST(merged_while_executing) {
    struct world *w = *state;
    ann(w);
    staged_on = world_connector(w, "1", "AD");
    staged_change = EXPORT_UPDATE;
    px_of("AD")->at_batch = stage;
    EXPORT(w, "AD");
    check(world_pe_text(w, staged_on), "Update Pending department:=IT(ExportedPendingConfirmation 1) distinguishedName:=" DN(
                                           "Ann Lee") "(ExportedPendingConfirmation 1) title:=Boss");
    px_log(w, "AD");
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "Update " GUID1 " title:=Boss");
}

TEST(deleted_while_executing) {
    struct world *w = *state;
    ann(w);
    staged_on = world_connector(w, "1", "AD");
    staged_change = EXPORT_DELETE;
    px_of("AD")->at_batch = stage;
    EXPORT(w, "AD");
    check(world_pe_text(w, staged_on), "Delete Pending"); /* invariant 25 */
    assert_true(text_equal(world_connector(w, "1", "AD")->external_id, T(GUID1)));
    px_log(w, "AD");
    EXPORT(w, "AD");
    check(px_log(w, "AD"), "Delete " GUID1);
    check(px_objects(w, "AD"), "");
}

TEST(discarded_while_executing) {
    struct world *w = *state;
    ann(w);
    staged_on = world_connector(w, "1", "AD");
    staged_change = EXPORT_NOT_SET;
    px_of("AD")->at_batch = stage;
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    check(world_pe_text(w, staged_on), "none");
    assert_true(text_equal(world_connector(w, "1", "AD")->external_id, T(GUID1)));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(ids_that_others_have),      CASE(batch_breaks_off),          CASE(connection_lost),
        CASE(three_batches_fail),        CASE(cancelled_between_batches), CASE(one_is_refused),
        CASE(results_cannot_be_stored),  CASE(merged_while_executing),    CASE(deleted_while_executing),
        CASE(discarded_while_executing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
