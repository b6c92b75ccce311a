/* The deliberate differences [J+n] that runs decide (sync-engine §30), by their numbers; J+2 and J+3 are W17, J+19 is queued_twice.
 */
#include "px.h"

#define GUID1 "00000000-0000-0000-0000-000000000001"
#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

static void feed(struct world *w, const char *rows) {
    world_rows(w, "HR", rows);
    FULL(w, "HR");
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
}

/* Ann in HR and AD, exported and confirmed. */
static struct cso *ann(struct world *w) {
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    EXPORT(w, "AD");
    FULL(w, "AD");
    px_log(w, "AD");
    return world_connector(w, "1", "AD");
}

/* What a crash left Executing is exported by the next run. */
TEST(j6_executing_exports_of_a_crash_are_taken_up) {
    struct world *w = *state;
    world_r2(w, NULL);
    feed(w, "hrId=1;employeeId=E1;displayName=Ann Lee;department=IT");
    struct pending_export *p = world_pe(w, world_connector(w, "1", "AD")), after = *p;
    after.status = EXPORT_EXECUTING;
    world_write_pe(w, p, &after);
    world_restart(w);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    check(px_log(w, "AD"), "Create user department:=IT distinguishedName:=" DN("Ann Lee"));
}

/* An object that is still there after its Delete was not deleted: it is tried again. */
TEST(j14_a_delete_without_effect_is_kept) {
    struct world *w = *state;
    struct cso *o = ann(w);
    struct pending_export p = {.system = o->system, .cso = o->id, .change = EXPORT_DELETE, .status = EXPORT_EXPORTED};
    p.created = (instant){100}, p.max_retries = 5;
    world_write_pe(w, NULL, &p);
    FULL(w, "AD");
    p = *world_pe(w, o);
    assert_int_equal(p.change, EXPORT_DELETE);
    assert_true(p.status == EXPORT_NOT_CONFIRMED || p.status == EXPORT_PENDING);
}

static struct system_state state_of(struct world *w, const char *system) {
    store_tx *tx = NULL;
    struct system_state kept;
    OK(store_read(w->s, &tx));
    OK(store_system_state(tx, w->a, world_system(w, system)->id, &kept));
    store_end(tx);
    return kept;
}

/* What is imported while a synchronisation runs is not older than its watermark: the start counts. */
TEST(j22_the_watermark_of_a_synchronisation_is_its_start) {
    struct world *w = *state;
    feed(w, "hrId=1;employeeId=E1;displayName=Ann");
    instant began = w->run.executed;
    struct system_state kept = state_of(w, "HR");
    assert_true(kept.last_sync.ticks <= w->run.ended.ticks);
    assert_true(kept.last_sync.ticks - began.ticks < TICKS_PER_SECOND / 2 && kept.last_sync.ticks >= began.ticks);
}

/* A cleared connector space forgets where its imports stood. */
TEST(j27_clearing_resets_the_watermarks) {
    struct world *w = *state;
    int64_t removed;
    px_of("PX")->watermark = "here";
    px_page(w, "PX", "person;hrId=1");
    FULL(w, "PX");
    DELTA_SYNC(w, "PX");
    check(world_persisted(w, "PX"), "here");
    assert_true(state_of(w, "PX").last_sync.ticks > 0);
    world_stop(w, 5000);
    OK(store_clear_system(w->s, world_system(w, "PX")->id, NULL, NULL, &removed));
    world_start(w);
    assert_int_equal(removed, 1);
    check(world_persisted(w, "PX"), "");
    assert_int_equal(state_of(w, "PX").last_sync.ticks, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(j6_executing_exports_of_a_crash_are_taken_up),
        CASE(j14_a_delete_without_effect_is_kept),
        CASE(j22_the_watermark_of_a_synchronisation_is_its_start),
        CASE(j27_clearing_resets_the_watermarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
