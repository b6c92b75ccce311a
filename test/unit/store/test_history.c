/* Activities, items, tasks and pending exports: round trips, filters, order, selection. */
#include "world.h"

static void save(struct world *w, struct activity *a) {
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_activity(tx, a));
    OK(store_commit(tx));
}

static struct activity run(const char *system, const char *profile, int64_t created) {
    return (struct activity){.created = {created},
                             .status = ACTIVITY_COMPLETE,
                             .target = TARGET_RUN_PROFILE,
                             .operation = OPERATION_EXECUTE,
                             .target_name = text_of(profile),
                             .target_context = text_of(system),
                             .initiator = {BY_USER, T("0e1b2c3d-0000-4000-8000-000000000001"), T("Ägnes Admin")}};
}

static void test_activity(void **state) {
    struct world *w = *state;
    struct activity a = run("HR", "Full", 10);
    a.executed.ticks = 11, a.ended.ticks = 12, a.to_process = 5, a.processed = 4, a.system = 1, a.run_profile = 2, a.mvo = 9;
    a.run_type = RUN_FULL_IMPORT, a.warning_message = T("w"), a.error_message = T("e"), a.error_detail = T("d"),
    a.change_reason = T("r");
    a.counters.added = 3, a.counters.object_changes = 77;
    *LIST_ADD(w->a, &a.phases) = (struct activity_phase){T("import"), T("Importing"), (text){0}, 1, PHASE_ACTIVE, {1}, {0}};
    *LIST_ADD(w->a, &a.phases) = (struct activity_phase){T("page"), T("Page \"1\""), T("import"), 2, PHASE_COMPLETED, {1}, {2}};
    save(w, &a);
    a.status = ACTIVITY_COMPLETE_WITH_WARNING; /* saved again */
    save(w, &a);
    struct activity child = run("HR", "child", 20), got;
    child.parent = a.id;
    save(w, &child);
    OWNED(store_tx) tx = NULL;
    bool found;
    OK(store_read(w->s, &tx));
    OK(store_activity(tx, w->a, a.id, &got, &found));
    assert_true(found);
    assert_int_equal(got.status, ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(got.child_count, 1);
    assert_int_equal(got.counters.added, 3);
    assert_int_equal(got.counters.object_changes, 77);
    assert_int_equal(got.phases.count, 2);
    ASSERT_TEXT(got.phases.at[1].name, T("Page \"1\""));
    ASSERT_TEXT(got.phases.at[1].parent_key, T("import"));
    assert_true(text_is_null(got.phases.at[0].parent_key));
    ASSERT_TEXT(got.initiator.name, T("Ägnes Admin"));
    assert_int_equal(got.run_type, RUN_FULL_IMPORT);
    assert_int_equal(got.ended.ticks, 12);
    OK(store_activity(tx, w->a, 12345678, &got, &found));
    assert_false(found);
}

static int64_t search(struct world *w, struct activity_query q, struct activities *out) {
    OWNED(store_tx) tx = NULL;
    int64_t total;
    if (!q.limit) q.limit = 100;
    out->count = 0;
    OK(store_read(w->s, &tx));
    OK(store_activities(tx, w->a, &q, out, &total));
    return total;
}

static void test_activity_list(void **state) {
    struct world *w = *state;
    struct activity list[4] = {run("HR", "Full", 10), run("HR", "Delta", 20), run("AD", "Full", 30), run("HR|AD", "Child", 40)};
    list[1].status = ACTIVITY_FAILED;
    list[1].initiator.name = T("ÖMER");
    list[2].counters.projected = 1;
    list[2].operation = OPERATION_DELETE;
    for (int i = 0; i < 3; i++) save(w, &list[i]);
    list[3].parent = list[0].id;
    save(w, &list[3]);
    struct activities got = {0};
    const int any = -1;
    assert_int_equal(search(w, (struct activity_query){.has_children = any}, &got), 3);
    assert_int_equal(got.at[0].id, list[0].id);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .descending = true, .limit = 1, .offset = 1}, &got), 3);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.at[0].id, list[1].id);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .parent = -1}, &got), 4);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .parent = list[0].id}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = 1}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = 0}, &got), 2);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .search = T("öme")}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .search = T("100%")}, &got), 0);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .initiated_by = T("ÄGNES")}, &got), 2);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .statuses = 1u << ACTIVITY_FAILED}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .targets = 1u << TARGET_RUN_PROFILE}, &got), 3);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .targets = 1u << TARGET_SYSTEM}, &got), 0);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .operations = 1u << OPERATION_DELETE}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .initiator_types = 1u << BY_API_KEY}, &got), 0);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .outcomes = 1u << 3}, &got), 1); /* Projected */
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .from = {20}, .to = {30}}, &got), 2);
    struct texts systems = {0}, profiles = {0};
    *LIST_ADD(w->a, &systems) = T("AD");
    *LIST_ADD(w->a, &profiles) = T("Full");
    *LIST_ADD(w->a, &profiles) = T("Delta");
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .systems = systems}, &got), 1);
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .run_profiles = profiles, .sort = 3}, &got), 3);
    ASSERT_TEXT(got.at[0].target_name, T("Delta"));
    *LIST_ADD(w->a, &systems) = T("HR");
    assert_int_equal(search(w, (struct activity_query){.has_children = any, .systems = systems}, &got), 3);
}

static void test_items(void **state) {
    struct world *w = *state;
    struct activity a = run("HR", "Full", 10);
    save(w, &a);
    struct outcome_node flow = {.type = OUTCOME_ATTRIBUTE_FLOW, .count = 12, .rule = 3, .rule_name = T("HR in")};
    struct outcome_node root = {.type = OUTCOME_PROJECTED, .target = 7, .target_is_mvo = true, .count = -1, .children = &flow};
    struct cause why = {1, 2, 3, 4, T("Ann"), T("User"), T("Manager")};
    struct run_item list[] = {
        {.change = OBJECT_PROJECTED,
         .cso = 5,
         .external_id = T("E1"),
         .display_name = T("Ämilia"),
         .object_type = T("person"),
         .attribute_flows = 12,
         .outcomes = &root,
         .causes = &why,
         .cause_count = 1},
        {.change = OBJECT_NO_CHANGE, .no_change = NO_CHANGE_CSO, .pending_export = 6, .object_type = T("group")},
        {.change = OBJECT_NOT_SET, .error = ITEM_DUPLICATE_OBJECT, .error_message = T("twice"), .external_id = T("äx")},
    };
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_items(tx, a.id, &(struct run_items){list, 3, 3}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    OK(store_read(w->s, &tx));
    struct run_items got = {0};
    int64_t total, activity, types;
    OK(store_items(tx, w->a, &(struct item_query){.activity = a.id, .limit = 10}, &got, &total));
    assert_int_equal(total, 3);
    const struct run_item *i = &got.at[0];
    ASSERT_TEXT(i->display_name, T("Ämilia"));
    assert_int_equal(i->outcomes->type, OUTCOME_PROJECTED);
    assert_int_equal(i->outcomes->children->count, 12);
    ASSERT_TEXT(i->outcomes->children->rule_name, T("HR in"));
    assert_int_equal(i->cause_count, 1);
    ASSERT_TEXT(i->causes[0].attribute, T("Manager"));
    struct item_effects effects = {0};
    struct run_items caused = {0};
    OK(store_item_effects(tx, w->a, why.item, &effects));
    assert_int_equal(effects.count, 1);
    assert_true(effects.at[0].activity == a.id && effects.at[0].items == 1 && effects.at[0].first == i->id);
    OK(store_items_caused(tx, w->a, a.id, why.item, 10, &caused));
    assert_int_equal(caused.count, 1);
    assert_int_equal(got.at[1].no_change, NO_CHANGE_CSO);
    struct run_item one;
    bool found;
    OK(store_item(tx, w->a, got.at[2].id, &one, &activity, &found));
    assert_true(found);
    assert_int_equal(activity, a.id);
    ASSERT_TEXT(one.error_message, T("twice"));
    OK(store_item_type_count(tx, a.id, &types));
    assert_int_equal(types, 2);
    const struct item_query filters[] = {
        {.activity = a.id, .limit = 10, .errors = 1u << ITEM_DUPLICATE_OBJECT},
        {.activity = a.id, .limit = 10, .outcomes = 1u << OUTCOME_ATTRIBUTE_FLOW},
        {.activity = a.id, .limit = 10, .object_type = T("group")},
        {.activity = a.id, .limit = 10, .changes = 1u << OBJECT_PROJECTED, .search = T("ÄMI")},
    };
    for (size_t n = 0; n < 4; n++) {
        got.count = 0;
        OK(store_items(tx, w->a, &filters[n], &got, &total));
        assert_int_equal(total, 1);
        assert_int_equal(got.count, 1);
    }
    got.count = 0;
    OK(store_items(tx, w->a, &(struct item_query){.activity = a.id, .limit = 1, .offset = 1, .search = T("Ä")}, &got, &total));
    assert_int_equal(total, 2);
    ASSERT_TEXT(got.at[0].external_id, T("äx"));
    store_end(TAKE(tx));
    /* an item is written again */
    one.error = ITEM_UNHANDLED;
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_items(tx, a.id, &(struct run_items){&one, 1, 1}));
    got.count = 0;
    OK(store_items(tx, w->a, &(struct item_query){.activity = a.id, .limit = 10, .errors = 1u << ITEM_UNHANDLED}, &got, &total));
    assert_int_equal(total, 1);
    OK(store_commit(tx));
}

static void test_tasks(void **state) {
    struct world *w = *state;
    struct activity a = run("HR", "Full", 10);
    save(w, &a);
    struct worker_task t = {.type = TASK_RUN_PROFILE,
                            .status = TASK_QUEUED,
                            .queued = {50},
                            .activity = a.id,
                            .system = 1,
                            .run_profile = 2,
                            .name = T("HR - Full"),
                            .initiator = {BY_API_KEY, T("k"), T("ci")},
                            .parameters = T("{}")};
    struct worker_task early = {.type = TASK_CLEAR_SPACE, .queued = {40}}, got;
    OWNED(store_tx) tx = NULL;
    bool found;
    int64_t total;
    struct worker_tasks list = {0};
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_task(tx, &t));
    OK(store_save_task(tx, &early));
    t.status = TASK_PROCESSING, t.heartbeat.ticks = 60, t.interruptions = 2;
    OK(store_save_task(tx, &t));
    OK(store_tasks(tx, w->a, 0, 10, &list, &total));
    assert_int_equal(total, 2);
    assert_int_equal(list.at[0].id, early.id);
    OK(store_task(tx, w->a, t.id, &got, &found));
    assert_int_equal(got.status, TASK_PROCESSING);
    assert_int_equal(got.interruptions, 2);
    ASSERT_TEXT(got.initiator.name, T("ci"));
    OK(store_delete_task(tx, t.id));
    OK(store_task(tx, w->a, t.id, &got, &found));
    assert_false(found);
    OK(store_commit(tx));
}

/* ---- Pending exports ---- */

static struct pending_export *stage(struct world *w, const char *key, enum export_change change, enum export_status status,
                                    enum attribute_change_status change_status, int64_t created) {
    struct cso *o = person(w, text_of(key), text_of(key));
    write_cso(w, NULL, o);
    struct pending_export *p = ARENA_NEW(w->a, struct pending_export);
    *p = (struct pending_export){.system = w->hr,
                                 .cso = o->id,
                                 .change = change,
                                 .status = status,
                                 .created = {created},
                                 .max_retries = 5,
                                 .last_error = T("none yet"),
                                 .ever_exported = true,
                                 .rule = 4};
    OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &p->id));
    *LIST_ADD(w->a, &p->changes) = (struct staged_change){.attribute = w->name,
                                                          .change = CHANGE_UPDATE,
                                                          .status = change_status,
                                                          .has_value = true,
                                                          .value = {.type = TYPE_TEXT, .text = T("new")},
                                                          .last_imported = T("old"),
                                                          .attempts = 2,
                                                          .drift = true};
    return p;
}

static error *write_pending(struct world *w, const struct pending_export *before, const struct pending_export *after) {
    OWNED(store_tx) tx = NULL;
    struct pending_export_change change = {before, after};
    TRY(store_write(w->s, STORE_BULK, &tx));
    TRY(store_write_pending(tx, w->c, &(struct pending_export_changes){&change, 1, 1}));
    return store_commit(tx);
}

/* Selection of sync-engine §16.1. */
static void test_pending(void **state) {
    struct world *w = *state;
    struct pending_export *all[] = {
        stage(w, "0", EXPORT_UPDATE, EXPORT_PENDING, CHANGE_PENDING, 50),        /* taken, second */
        stage(w, "1", EXPORT_CREATE, EXPORT_PENDING, CHANGE_PENDING, 40),        /* taken, first */
        stage(w, "2", EXPORT_UPDATE, EXPORT_EXPORTED, CHANGE_EXPORTED, 60),      /* waits for confirmation */
        stage(w, "3", EXPORT_UPDATE, EXPORT_EXPORTED, CHANGE_NOT_CONFIRMED, 70), /* a change is due: taken */
        stage(w, "4", EXPORT_CREATE, EXPORT_EXPORTED, CHANGE_NOT_CONFIRMED, 80), /* not again */
        stage(w, "5", EXPORT_UPDATE, EXPORT_FAILED, CHANGE_PENDING, 90),         /* parked */
        stage(w, "6", EXPORT_UPDATE, EXPORT_NOT_CONFIRMED, CHANGE_PENDING, 90),  /* later */
        stage(w, "7", EXPORT_UPDATE, EXPORT_PENDING, CHANGE_PENDING, 90),        /* retries spent */
        stage(w, "8", EXPORT_UPDATE, EXPORT_EXECUTING, CHANGE_PENDING, 95),      /* in the connector's hands */
    };
    all[6]->next_retry.ticks = 1000;
    all[7]->errors = 5;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) OK(write_pending(w, NULL, all[i]));
    OWNED(store_tx) tx = NULL;
    struct pending_exports got = {0};
    OK(store_read(w->s, &tx));
    struct pending_page_query q = {w->hr, {999}, {0}, 0, 100};
    OK(store_pending_page(tx, w->a, w->c, &q, &got));
    assert_int_equal(got.count, 3);
    assert_int_equal(got.at[0].id, all[1]->id);
    assert_int_equal(got.at[1].id, all[0]->id);
    assert_int_equal(got.at[2].id, all[3]->id);
    q = (struct pending_page_query){w->hr, {1000}, got.at[1].created, got.at[1].id, 100};
    got.count = 0;
    OK(store_pending_page(tx, w->a, w->c, &q, &got));
    assert_int_equal(got.count, 2);
    const struct staged_change *change = &got.at[0].changes.at[0];
    ASSERT_TEXT(change->value.text, T("new"));
    ASSERT_TEXT(change->last_imported, T("old"));
    assert_int_equal(change->attempts, 2);
    assert_true(change->drift);
    assert_true(got.at[0].ever_exported);
    assert_int_equal(got.at[0].rule, 4);
    store_end(TAKE(tx));

    struct pending_export second = *all[0];
    OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &second.id));
    FAILS(ERROR_CONFLICT, write_pending(w, NULL, &second)); /* invariant 24 */
    struct pending_export changed = *all[0];
    changed.status = EXPORT_EXECUTING;
    OK(write_pending(w, all[0], &changed));
    OK(write_pending(w, all[1], NULL));
    FAILS(ERROR_BUSY, write_pending(w, all[1], NULL));
    int64_t reset, total;
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_reset_executing(tx, w->ad, &reset));
    assert_int_equal(reset, 0);
    OK(store_reset_executing(tx, 0, &reset));
    assert_int_equal(reset, 2);
    got.count = 0;
    OK(store_pending_by_cso(tx, w->a, w->c, &all[8]->cso, 1, &got));
    OK(store_pending(tx, w->a, w->c, &all[0]->id, 1, &got));
    assert_int_equal(got.count, 2);
    assert_int_equal(got.at[0].status, EXPORT_PENDING);
    assert_int_equal(got.at[1].status, EXPORT_PENDING);
    got.count = 0;
    OK(store_list_pending(tx, w->a, w->c,
                          &(struct pending_query){.system = w->hr, .status = -1, .change = -1, .limit = 2, .descending = true},
                          &got, &total));
    assert_int_equal(total, 8);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.at[0].id, all[8]->id);
    got.count = 0;
    OK(store_list_pending(
        tx, w->a, w->c,
        &(struct pending_query){.system = w->hr, .status = EXPORT_FAILED, .change = EXPORT_UPDATE, .search = T("5"), .limit = 2},
        &got, &total));
    assert_int_equal(total, 1);
    OK(store_commit(tx));
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_activity, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_activity_list, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_items, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_tasks, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_pending, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
