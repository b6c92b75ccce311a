/* Boundaries between the kinds of runs (sync-engine §1): what an import, a synchronisation and an export leave alone. */
#include "px.h"
#include "world_private.h"

#define DN(name) "CN=" name ",OU=Staff,DC=x,DC=y"

/* Each MVO's id and version: whatever writes one shows. */
static const char *metaverse(struct world *w) {
    OWNED(store_tx) tx = NULL;
    struct mvos all = {0};
    text out = T("");
    OK(store_read(w->s, &tx));
    OK(store_mvo_page(tx, w->a, w->c, MVO_ALL, 0, 0, 1000, &all));
    for (EACH(const struct mvo, m, &all))
        out = arena_print(w->a, "%.*s %lld/%lld", TEXT_ARG(out), (long long)m->id, (long long)m->version);
    return arena_cstring(w->a, out);
}

static void joiner_and_mover(struct world *w) {
    world_r2(w, NULL);
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann;department=IT\nhrId=2;employeeId=E2;displayName=Bob;department=IT");
    FULL(w, "HR");
    SYNC(w, "HR");
    EXPORT(w, "AD");
    FULL(w, "AD");
    SYNC(w, "AD");
}

TEST(invariant_10_import_and_export_write_no_mvo) {
    struct world *w = *state;
    joiner_and_mover(w);
    const char *before = metaverse(w);
    assert_true(strlen(before) > 0);
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann;department=Law\nhrId=3;employeeId=E3;displayName=Cid");
    FULL(w, "HR"); /* a change, a new object and one that is gone */
    assert_int_equal(w->items.count, 3);
    check(metaverse(w), before);
    SYNC(w, "HR");
    const char *after = metaverse(w);
    assert_string_not_equal(after, before);
    EXPORT(w, "AD");
    assert_true(w->items.count > 0);
    check(metaverse(w), after);
    FULL(w, "AD");
    check(metaverse(w), after);
}

TEST(invariants_10_and_11_only_an_export_run_reaches_a_system) {
    struct world *w = *state;
    joiner_and_mover(w);
    px_log(w, "AD");
    const char *before = px_objects(w, "AD");
    int pages = px_of("AD")->imported_pages;
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann;department=Law");
    FULL(w, "HR");
    px_of("AD")->opened = false;
    SYNC(w, "HR");
    SYNC(w, "AD"); /* the synchronisation does not even open the connector */
    assert_false(px_of("AD")->opened);
    assert_int_equal(px_of("AD")->imported_pages, pages);
    check(px_log(w, "AD"), "");
    check(px_objects(w, "AD"), before);
    EXPORT(w, "HR"); /* nor does the export of another system */
    check(px_log(w, "AD"), "");
    EXPORT(w, "AD");
    assert_non_null(strstr(px_log(w, "AD"), "department:=Law"));
    EXPORT(w, "AD"); /* without a pending export nothing is written */
    check(px_log(w, "AD"), "");
}

/* Marks that a clock left which was a year ahead: changes after them are seen all the same, of data and of rules, and retries come.
 */
TEST(a_clock_set_back_hides_nothing) {
    struct world *w = *state;
    joiner_and_mover(w);
    world_plant(w, "update system_state set last_sync = last_sync + 315360000000000, "
                   "configuration_applied = configuration_applied + 315360000000000");
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann;department=Law");
    FULL(w, "HR");
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    check(world_mv(w, world_mvo_of(w, world_cso(w, "HR", "1")), "Department"), "Law");
    assert_null(world_cso(w, "HR", "2"));
    world_map(w, "R1", "title -> Job Title");
    world_rows(w, "HR", "hrId=1;employeeId=E1;displayName=Ann;department=Law;title=Boss");
    FULL(w, "HR");
    SYNC(w, "HR");
    world_map(w, "R2", "Job Title -> title"); /* nothing but the rule has changed */
    SYNC(w, "HR");
    assert_non_null(strstr(world_pe_text(w, world_connector(w, "1", "AD")), "title:=Boss"));
    world_plant(w, "update pending set next_retry = 700000000000000000");
    px_log(w, "AD");
    EXPORT(w, "AD");
    assert_non_null(strstr(px_log(w, "AD"), "title:=Boss"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(invariant_10_import_and_export_write_no_mvo, world_open, world_close),
        cmocka_unit_test_setup_teardown(invariants_10_and_11_only_an_export_run_reaches_a_system, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_clock_set_back_hides_nothing, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
