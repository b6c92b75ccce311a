/* Limits of safety: what passes and what is held, what a hold lists, releases and discards (operations §23). */
#include "holding.h"

#include <stdio.h>
#include <unistd.h>

/* ---- ImportDeletions ---- */

TEST(an_import_may_miss_ten_of_a_hundred) {
    struct world *w = *state;
    hundred(w);
    people(w, 11, 100);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(obsolete(w), 10);
    assert_int_equal(holds(w).count, 0);
    assert_true(text_find(w->run.message, T("Half of the limit")) != SIZE_MAX);
}

TEST(an_import_that_misses_eleven_of_a_hundred_is_held) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 101);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(obsolete(w), 0);
    assert_non_null(world_cso(w, "HR", "101")); /* what is new came in */
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    assert_int_equal(h.measured, 11);
    assert_int_equal(h.population, 100);
    assert_int_equal(h.limit_percent, 10);
    assert_int_equal(h.limit_count, SAFETY_OFF);
    assert_int_equal(h.activity, w->run.id);
    check(arena_cstring(w->a, h.type_name), "person");
    check(arena_cstring(w->a, h.system_name), "HR");
    assert_true(text_find(w->run.message, T("hold")) != SIZE_MAX);
    assert_true(text_find(w->run.warning_message, T("11 of 100 objects of type 'person'")) != SIZE_MAX);
    struct held_objects list = list_of(w, &h);
    assert_int_equal(list.count, 11);
    check(arena_cstring(w->a, list.at[0].external_id), "1");
    check(arena_cstring(w->a, list.at[0].display_name), "P1");
    assert_int_equal(list.at[0].outcomes->type, OUTCOME_DELETION_DETECTED);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 101);
}

TEST(w49_an_import_of_fortynine_may_miss_all_but_one) {
    struct world *w = *state;
    people(w, 1, 49);
    FULL(w, "HR");
    people(w, 1, 1);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(obsolete(w), 48);
}

TEST(a_release_does_exactly_the_list_once) {
    struct world *w = *state;
    hundred(w);
    people(w, 13, 100);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    people(w, 12, 99); /* 12 is back, 100 misses now: nothing of that is known yet */
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(obsolete(w), 12);
    assert_int_equal(w->items.count, 12);
    assert_int_equal(w->run.counters.deleted, 12);
    check(arena_cstring(w->a, w->run.change_reason), "They have left.");
    assert_int_equal(in_state(w, &h, HELD_DONE), 12);
    h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_RELEASED);
    check(arena_cstring(w->a, h.reason), "They have left.");
    check(arena_cstring(w->a, h.decided_by.name), "Ada");
    struct run_ticket ticket;
    FAILS(ERROR_CONFLICT, runs_release_hold(w->runs, w->a, h.id, &ada, T("Again"), &ticket));
    FAILS(ERROR_CONFLICT, runs_discard_hold(w->runs, w->a, h.id, &ada, T("No")));
    FAILS(ERROR_NOT_FOUND, runs_release_hold(w->runs, w->a, 4711, &ada, T("What"), &ticket));
}

TEST(a_discard_does_nothing) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    OK(runs_discard_hold(w->runs, w->a, h.id, &ada, T("The file was cut.")));
    the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_DISCARDED);
    assert_int_equal(obsolete(w), 0);
    struct run_ticket ticket;
    FAILS(ERROR_CONFLICT, runs_release_hold(w->runs, w->a, h.id, &ada, T("Still"), &ticket));
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING); /* the next run is judged anew */
    the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
}

TEST(a_later_hold_supersedes_an_open_one) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    people(w, 21, 100);
    FULL(w, "HR");
    struct holds all = holds(w);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.at[0].status, HOLD_HELD);
    assert_int_equal(all.at[0].measured, 20);
    assert_int_equal(all.at[1].status, HOLD_SUPERSEDED);
    struct run_ticket ticket;
    FAILS(ERROR_CONFLICT, runs_release_hold(w->runs, w->a, all.at[1].id, &ada, T("The first"), &ticket));
}

TEST(an_import_within_the_limits_makes_an_open_hold_void) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    people(w, 1, 100);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_SUPERSEDED);
}

TEST(held_objects_that_came_back_are_left_alone) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    const struct cso *o = world_cso(w, "HR", "3");
    struct cso gone = *o;
    gone.status = CSO_OBSOLETE; /* … and one was deleted by other means */
    world_write_cso(w, o, &gone);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(w->items.count, 10);
    assert_int_equal(in_state(w, &h, HELD_SKIPPED), 1);
    assert_int_equal(in_state(w, &h, HELD_DONE), 10);
}

/* ---- Disconnects ---- */

static void leave(struct world *w, int last) {
    world_setting(w, "Safety.ImportDeletePercent", "100");
    people(w, last + 1, 100);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
}

TEST(a_synchronisation_may_disconnect_ten_of_a_hundred) {
    struct world *w = *state;
    hundred(w);
    leave(w, 10);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(holds(w).count, 0);
    assert_int_equal(world_mvo_count(w), 90);
}

TEST(a_synchronisation_that_disconnects_eleven_is_held_before_the_page) {
    struct world *w = *state;
    hundred(w);
    leave(w, 11);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(w->items.count, 0);
    assert_int_equal(world_mvo_count(w), 100);
    assert_int_equal(joined(w), 100);
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_int_equal(h.measured, 11);
    assert_int_equal(h.population, 100);
    struct held_objects list = list_of(w, &h);
    assert_int_equal(list.count, 11);
    assert_int_equal(list.at[0].change, OBJECT_DISCONNECTED);
    check(arena_cstring(w->a, list.at[0].external_id), "1");
    assert_int_equal(list.at[0].outcomes->type, OUTCOME_DISCONNECTED);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 89);
    assert_int_equal(world_csos(w, "HR").count, 89);
    assert_int_equal(w->run.counters.disconnected, 11);
    assert_int_equal(in_state(w, &h, HELD_DONE), 11);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(holds(w).count, 1);
}

TEST(pages_within_the_limit_are_written_and_the_rest_is_held) {
    struct world *w = *state;
    hundred(w);
    world_setting(w, "Sync.PageSize", "4");
    leave(w, 15);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(world_mvo_count(w), 92); /* two pages of four */
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_int_equal(h.measured, 15);
    assert_int_equal(list_of(w, &h).count, 7);
    /* A second attempt goes on counting where the first was stopped: the limit cannot be crept over run by run. */
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(world_mvo_count(w), 92);
    assert_int_equal(holds(w).count, 2);
    h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_int_equal(h.population, 92);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 85);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_csos(w, "HR").count, 85);
}

TEST(a_release_leaves_out_who_came_back) {
    struct world *w = *state;
    hundred(w);
    leave(w, 12);
    DELTA_SYNC(w, "HR");
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    people(w, 10, 100); /* three are back */
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 91);
    assert_int_equal(in_state(w, &h, HELD_DONE), 9);
    assert_int_equal(in_state(w, &h, HELD_SKIPPED), 3);
}

/* ---- MetaverseDeletions ---- */

TEST(deletions_of_24_hours_count_together) {
    struct world *w = *state;
    hundred(w);
    world_setting(w, "Safety.DisconnectPercent", "100");
    leave(w, 6);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    leave(w, 12);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    struct hold h = the_hold(w, GUARD_METAVERSE_DELETIONS, HOLD_HELD);
    assert_int_equal(h.measured, 12);
    assert_int_equal(h.population, 94);
    check(arena_cstring(w->a, h.type_name), "User");
    world_plant(w, "update safety_count set at = at - 864000000000"); /* a day later */
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 88);
}

/* ---- objects of other systems ---- */

static size_t in_ad(struct world *w) {
    size_t n = 0;
    struct csos all = world_csos(w, "AD");
    for (EACH(const struct cso, o, &all)) n += o->mvo != 0;
    return n;
}

/* A hundred people of the department IT, in AD by a rule that has only IT in its scope. */
static void hundred_in_ad(struct world *w) {
    world_r2(w, NULL);
    const struct sync_rule *rule = &w->c->rules.at[w->c->rules.count - 1];
    struct scope_group group = {.rule = rule->id, .type = SCOPE_ALL};
    store_tx *tx = world_begin(w);
    OK(store_save_scope_group(tx, &group));
    struct scope_criterion k = {.group = group.id,
                                .attribute = config_mv_attribute_named(w->c, T("Department"))->id,
                                .comparison = COMPARE_EQUALS,
                                .has_value = true,
                                .value = {.type = TYPE_TEXT, .text = T("IT")},
                                .case_sensitive = true};
    OK(store_save_scope_criterion(tx, &k));
    world_commit(w, tx);
    text rows = T("");
    for (int i = 1; i <= 100; i++)
        rows = arena_print(w->a, "%.*s%shrId=%d;employeeId=E%d;displayName=P%d;department=IT", TEXT_ARG(rows), rows.len ? "\n" : "",
                           i, i, i);
    world_rows(w, "HR", arena_cstring(w->a, rows));
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(DELTA_SYNC(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(in_ad(w), 100);
}

/* Somebody mistypes the criterion: nobody is in scope any more. */
static void mistype(struct world *w) {
    struct scope_criterion k = w->c->rules.at[w->c->rules.count - 1].groups.at[0].criteria.at[0];
    store_tx *tx = world_begin(w);
    k.value.text = T("TI");
    OK(store_save_scope_criterion(tx, &k));
    world_commit(w, tx);
}

TEST(a_mistyped_scope_is_held_by_the_objects_that_it_would_let_go) {
    struct world *w = *state;
    hundred_in_ad(w);
    mistype(w);
    assert_int_equal(SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(in_ad(w), 100);
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_int_equal(h.measured, 100);
    assert_int_equal(h.system, world_system(w, "HR")->id);
    check(arena_cstring(w->a, h.type_name), "user");
    assert_int_equal(list_of(w, &h).count, 100);
    assert_int_equal(list_of(w, &h).at[0].change, OBJECT_DISCONNECTED);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(in_ad(w), 0);
    assert_int_equal(in_state(w, &h, HELD_DONE), 100);
}

TEST(a_review_of_scope_is_held_by_identities) {
    struct world *w = *state;
    hundred_in_ad(w);
    mistype(w);
    world_plant(w, "update mvo set scope_review = 1 where id in (select id from mvo order by id limit 60)");
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(in_ad(w), 100);
    struct hold h = the_hold(w, GUARD_DISCONNECTS, HOLD_HELD);
    assert_true(h.review);
    assert_int_equal(h.measured, 60);
    struct held_objects list = list_of(w, &h);
    assert_int_equal(list.count, 60);
    assert_int_not_equal(list.at[0].mvo, 0);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(in_ad(w), 40);
    assert_int_equal(in_state(w, &h, HELD_DONE), 60);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
}

/* ---- exports ---- */

TEST(an_export_holds_one_operation_and_lets_the_others_out) {
    struct world *w = *state;
    world_r2(w, NULL);
    hundred(w);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE); /* creations have no limit */
    assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(DELTA_SYNC(w, "AD"), ACTIVITY_COMPLETE);
    for (int i = 1; i <= 11; i++) {
        struct cso *o = world_connector(w, arena_cstring(w->a, arena_print(w->a, "%d", i)), "AD");
        struct pending_export p = {
            .system = o->system, .cso = o->id, .change = EXPORT_DELETE, .created = instant_now(), .max_retries = 5};
        assert_non_null(o);
        world_write_pe(w, NULL, &p);
    }
    const struct cso *twelve = world_connector(w, "12", "AD");
    struct staged_change title = {.attribute = world_attribute(w, "AD", "title")->id,
                                  .change = CHANGE_UPDATE,
                                  .has_value = true,
                                  .value = {.type = TYPE_TEXT, .text = T("Head")}};
    struct pending_export update = {.system = twelve->system,
                                    .cso = twelve->id,
                                    .change = EXPORT_UPDATE,
                                    .created = instant_now(),
                                    .max_retries = 5,
                                    .changes = {&title, 1, 1}};
    world_write_pe(w, NULL, &update);
    px_log(w, "AD");
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(w->items.count, 1);
    assert_true(text_starts_with(text_of(px_log(w, "AD")), T("Update")));
    struct hold h = the_hold(w, GUARD_EXPORT_DELETES, HOLD_HELD);
    assert_int_equal(h.measured, 11);
    assert_int_equal(h.population, 100);
    assert_true(text_is_null(h.type_name));
    assert_int_equal(list_of(w, &h).at[0].change, OBJECT_DEPROVISIONED);
    struct cso *first = world_connector(w, "1", "AD"); /* one does not qualify any more */
    world_write_pe(w, world_pe(w, first), NULL);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.deprovisioned, 10);
    assert_int_equal(in_state(w, &h, HELD_DONE), 10);
    assert_int_equal(in_state(w, &h, HELD_SKIPPED), 1);
    /* What was deleted by an export is expected to be missing. */
    assert_int_equal(FULL(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.deleted, 10);
}

TEST(an_export_may_be_limited_to_a_number_of_creations) {
    struct world *w = *state;
    world_r2(w, NULL);
    world_setting(w, "Safety.ExportCreateCount", "99");
    hundred(w);
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(px_of("AD")->batches, 0);
    struct hold h = the_hold(w, GUARD_EXPORT_CREATES, HOLD_HELD);
    assert_int_equal(h.limit_count, 99);
    world_setting(w, "Safety.ExportCreateCount", "100");
    assert_int_equal(EXPORT(w, "AD"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.exported, 100);
    the_hold(w, GUARD_EXPORT_CREATES, HOLD_SUPERSEDED);
}

/* ---- scheduled deletions ---- */

static void pass(struct world *w) {
    bool more;
    OK(housekeeping_pass(w->runs, false, &more));
}

TEST(housekeeping_holds_all_that_are_due) {
    struct world *w = *state;
    hundred(w);
    world_setting(w, "Safety.DisconnectPercent", "100");
    world_plant(w, "update mv_type set grace = 864000000000; update meta set value = value + 1 where name = 'config_version'");
    sleep(1);
    leave(w, 11);
    assert_int_equal(DELTA_SYNC(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 100);
    world_plant(w, "update mvo set marked = marked - 1728000000000 where marked is not null");
    pass(w);
    assert_int_equal(world_mvo_count(w), 100);
    struct hold h = the_hold(w, GUARD_METAVERSE_DELETIONS, HOLD_HELD);
    assert_int_equal(h.system, 0);
    assert_int_equal(h.measured, 11);
    struct held_objects list = list_of(w, &h);
    assert_int_equal(list.count, 11);
    assert_int_not_equal(list.at[0].mvo, 0);
    pass(w); /* the same list is not made again */
    assert_int_equal(holds(w).count, 1);
    assert_int_equal(release(w, &h), ACTIVITY_COMPLETE);
    assert_int_equal(world_mvo_count(w), 89);
    assert_int_equal(in_state(w, &h, HELD_DONE), 11);
}

/* ---- ErrorRate ---- */

static void bad_rows(struct world *w, int good, int bad) {
    text rows = T("");
    for (int i = 1; i <= good + bad; i++) {
        text id = i <= good ? arena_print(w->a, "hrId=%d;", i) : T("");
        rows = arena_print(w->a, "%.*s%s%.*stitle=T%d", TEXT_ARG(rows), rows.len ? "\n" : "", TEXT_ARG(id), i);
    }
    world_rows(w, "HR", arena_cstring(w->a, rows));
}

TEST(a_run_with_more_errors_than_half_ends) {
    struct world *w = *state;
    bad_rows(w, 49, 51);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_FAILED);
    assert_true(text_find(w->run.error_message, T("51 of 100 objects have errors")) != SIZE_MAX);
    assert_int_equal(holds(w).count, 0);
    bad_rows(w, 50, 50);
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
}

/* ---- interruptions ---- */

TEST(a_hold_and_its_release_survive_restarts) {
    struct world *w = *state;
    struct run_ticket ticket;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    struct hold h = the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
    world_restart(w);
    OK(runs_release_hold(w->runs, w->a, h.id, &ada, T("They have left."), &ticket));
    world_restart(w);
    for (int i = 0; i < 10000 && world_tasks(w).count; i++) usleep(1000);
    assert_int_equal(obsolete(w), 11);
    assert_int_equal(in_state(w, &h, HELD_DONE), 11);
}

/* A server that ends while it makes a list leaves one that nobody sees; the next run makes its own. */
TEST(an_incomplete_hold_is_not_shown_and_is_forgotten) {
    struct world *w = *state;
    hundred(w);
    people(w, 12, 100);
    FULL(w, "HR");
    world_plant(w, "update hold set complete = 0");
    assert_int_equal(holds(w).count, 0);
    OK(safety_forget(w->runs));
    FULL(w, "HR");
    assert_int_equal(holds(w).count, 1);
    the_hold(w, GUARD_IMPORT_DELETIONS, HOLD_HELD);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        CASE(an_import_may_miss_ten_of_a_hundred),
        CASE(an_import_that_misses_eleven_of_a_hundred_is_held),
        CASE(w49_an_import_of_fortynine_may_miss_all_but_one),
        CASE(a_release_does_exactly_the_list_once),
        CASE(a_discard_does_nothing),
        CASE(a_later_hold_supersedes_an_open_one),
        CASE(an_import_within_the_limits_makes_an_open_hold_void),
        CASE(held_objects_that_came_back_are_left_alone),
        CASE(a_synchronisation_may_disconnect_ten_of_a_hundred),
        CASE(a_synchronisation_that_disconnects_eleven_is_held_before_the_page),
        CASE(pages_within_the_limit_are_written_and_the_rest_is_held),
        CASE(a_release_leaves_out_who_came_back),
        CASE(deletions_of_24_hours_count_together),
        CASE(a_mistyped_scope_is_held_by_the_objects_that_it_would_let_go),
        CASE(a_review_of_scope_is_held_by_identities),
        CASE(an_export_holds_one_operation_and_lets_the_others_out),
        CASE(an_export_may_be_limited_to_a_number_of_creations),
        CASE(housekeeping_holds_all_that_are_due),
        CASE(a_run_with_more_errors_than_half_ends),
        CASE(a_hold_and_its_release_survive_restarts),
        CASE(an_incomplete_hold_is_not_shown_and_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
