/* Configuration goes into the store and comes back whole; names are unique; deleting takes what is owned. */
#include "world.h"

static void test_seeds(void **state) {
    struct world *w = *state;
    const struct mv_type *user = config_mv_type_named(w->c, T("user"));
    assert_non_null(user);
    assert_true(user->built_in);
    ASSERT_TEXT(user->plural, T("Users"));
    assert_int_equal(user->deletion_rule, DELETE_WHEN_LAST_CONNECTOR);
    const struct mv_attribute *members = config_mv_attribute_named(w->c, T("Members"));
    assert_int_equal(members->type, TYPE_REFERENCE);
    assert_int_equal(members->plurality, MULTI_VALUED);
    assert_int_equal(members->object_types.count, 1);
    assert_int_equal(members->object_types.at[0], w->mv_group);
    uuid id;
    assert_true(uuid_read(config_setting(w->c, T("Instance.Id")), &id));
    OWNED(store_tx) tx = NULL;
    struct roles roles = {0};
    OK(store_read(w->s, &tx));
    OK(store_roles(tx, w->a, &roles));
    assert_int_equal(roles.count, 4);
    ASSERT_TEXT(roles.at[0].name, T("Administrator"));
    OK(store_ready(w->s));
}

static void test_mv_schema(void **state) {
    struct world *w = *state;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    struct mv_type t = {.name = T("Device"),
                        .plural = T("Devices"),
                        .created = {77},
                        .deletion_rule = DELETE_WHEN_AUTHORITATIVE_SOURCE,
                        .grace = {TICKS_PER_DAY},
                        .trigger_mode = SPECIFIC_SOURCES_DISCONNECT};
    *LIST_ADD(w->a, &t.trigger_systems) = w->hr;
    *LIST_ADD(w->a, &t.attributes) = w->mv_name;
    OK(store_save_mv_type(tx, &t));
    struct mv_attribute serial = {
        .name = T("Seriennummer Größe"), .type = TYPE_TEXT, .rendering = RENDER_CHIP_SET, .indexed = true};
    *LIST_ADD(w->a, &serial.object_types) = t.id;
    OK(store_save_mv_attribute(tx, &serial));
    struct mv_attribute clash = {.name = T("SERIENNUMMER GRÖßE"), .type = TYPE_TEXT};
    FAILS(ERROR_CONFLICT, store_save_mv_attribute(tx, &clash));
    FAILS(ERROR_CONFLICT, store_save_mv_type(tx, &(struct mv_type){.name = T("device"), .plural = T("Others")}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    int64_t version = w->c->version;
    world_configuration(w);
    assert_true(w->c->version > version);
    const struct mv_type *got = config_mv_type(w->c, t.id);
    assert_int_equal(got->grace.ticks, TICKS_PER_DAY);
    assert_int_equal(got->trigger_mode, SPECIFIC_SOURCES_DISCONNECT);
    assert_int_equal(got->trigger_systems.at[0], w->hr);
    assert_int_equal(got->attributes.count, 2);
    assert_true(text_is_null(got->icon));
    assert_int_equal(config_mv_attribute_named(w->c, T("seriennummer größe"))->rendering, RENDER_CHIP_SET);
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_delete_mv_attribute(tx, serial.id));
    OK(store_delete_mv_type(tx, t.id));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_reopen(w);
    assert_null(config_mv_type(w->c, t.id));
    assert_null(config_mv_attribute(w->c, serial.id));
}

static void save_rule(struct world *w, struct sync_rule *r, struct mapping *m, struct scope_group *top, struct scope_criterion *k) {
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    *r = (struct sync_rule){.system = w->hr,
                            .cs_type = w->person,
                            .mv_type = w->mv_user,
                            .name = T("HR in"),
                            .direction = DIRECTION_IMPORT,
                            .project = true,
                            .enabled = true,
                            .created = {9}};
    OK(store_save_rule(tx, r));
    *m = (struct mapping){.rule = r->id,
                          .mv_target = w->mv_name,
                          .source_type = MAPPING_EXPRESSION,
                          .priority = INT32_MAX,
                          .enabled = true,
                          .processing = 5,
                          .case_normalisation = CASE_TITLE};
    *LIST_ADD(w->a, &m->sources) =
        (struct mapping_source){.order = 1, .expression = T("cs[\"a\"]"), .missing = MISSING_FAIL_OBJECT};
    OK(store_save_mapping(tx, m));
    *top = (struct scope_group){.rule = r->id, .type = SCOPE_ANY, .position = 3};
    OK(store_save_scope_group(tx, top));
    struct scope_group child = {.rule = r->id, .parent = top->id};
    OK(store_save_scope_group(tx, &child));
    *k = (struct scope_criterion){.group = child.id, .attribute = w->shoe, .comparison = COMPARE_LESS, .has_value = true};
    assert_true(value_read(w->a, TYPE_DECIMAL, T("41.50"), &k->value));
    OK(store_save_scope_criterion(tx, k));
    struct matching_rule match = {
        .order = 1, .cs_type = w->person, .mv_type = w->mv_user, .mv_attribute = w->mv_employee, .cs_attribute = w->hr_id};
    OK(store_save_matching_rule(tx, &match));
    OK(store_commit(tx));
}

static void test_rules(void **state) {
    struct world *w = *state;
    struct sync_rule r;
    struct mapping m;
    struct scope_group top;
    struct scope_criterion k;
    save_rule(w, &r, &m, &top, &k);
    world_configuration(w);
    const struct sync_rule *got = config_rule(w->c, r.id);
    assert_int_equal(got->mappings.count, 1);
    assert_int_equal(got->mappings.at[0].processing, 5);
    assert_int_equal(got->mappings.at[0].priority, INT32_MAX);
    ASSERT_TEXT(got->mappings.at[0].sources.at[0].expression, T("cs[\"a\"]"));
    assert_int_equal(got->mappings.at[0].sources.at[0].missing, MISSING_FAIL_OBJECT);
    assert_int_equal(got->top_groups.count, 1);
    assert_int_equal(got->top_groups.at[0]->children.count, 1);
    const struct scope_criterion *criterion = got->top_groups.at[0]->children.at[0]->criteria.at;
    ASSERT_TEXT(value_text(w->a, &criterion->value), T("41.5"));
    assert_int_equal(criterion->value.type, TYPE_DECIMAL);
    assert_true(config_cs_attribute(w->c, w->hr_id)->indexed); /* by the matching rule */
    assert_int_equal(config_cs_type(w->c, w->person)->matching.count, 1);
    assert_int_equal(w->c->rules_changed_at, w->c->version);

    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_setting(tx, T("Sync.PageSize"), T("250")));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    ASSERT_TEXT(config_setting(w->c, T("Sync.PageSize")), T("250"));
    assert_true(w->c->rules_changed_at < w->c->version); /* a setting is no rule */

    OK(store_write(w->s, STORE_API, &tx));
    OK(store_delete_rule(tx, r.id));
    OK(store_save_setting(tx, T("Sync.PageSize"), (text){0}));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    assert_null(config_rule(w->c, r.id));
    assert_null(config_mapping(w->c, m.id));
    assert_int_equal(w->c->retired.count, 1);
    assert_int_equal(w->c->retired.at[0].mapping, m.id);
    ASSERT_TEXT(w->c->retired.at[0].rule_name, T("HR in"));
    assert_true(text_is_null(config_setting(w->c, T("Sync.PageSize"))));
    OK(store_write(w->s, STORE_API, &tx));
    struct mapping later = m;
    later.id = 0;
    later.rule = r.id;
    OK(store_save_mapping(tx, &later));
    assert_true(later.id > m.id); /* numbers are never used again */
}

static void test_systems(void **state) {
    struct world *w = *state;
    OWNED(store_tx) tx = NULL;
    struct connected_system s = {.name = T("Payroll"),
                                 .description = T("old"),
                                 .max_export_parallelism = 4,
                                 .initial_password_ttl = {7},
                                 .unresolved = UNRESOLVED_WARN,
                                 .matching_mode = MATCHING_ADVANCED,
                                 .settings_valid = true};
    *LIST_ADD(w->a, &s.settings) = (struct setting_value){3, T("/data")};
    *LIST_ADD(w->a, &s.settings) = (struct setting_value){4, (text){0}};
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_system(tx, &s));
    struct run_profile p = {.system = s.id, .name = T("Full"), .type = RUN_FULL_IMPORT, .page_size = 100, .verify_hashes = true};
    OK(store_save_run_profile(tx, &p));
    FAILS(ERROR_CONFLICT, store_save_run_profile(tx, &(struct run_profile){.system = s.id, .name = T("FULL")}));
    struct cs_type t = {.system = s.id, .name = T("row")};
    *LIST_ADD(w->a, &t.attributes) = (struct cs_attribute){.name = T("id"), .type = TYPE_LONG_NUMBER, .external_id = true};
    *LIST_ADD(w->a, &t.attributes) = (struct cs_attribute){.name = T("gone"), .type = TYPE_TEXT};
    OK(store_save_cs_type(tx, &t));
    t.attributes.count = 1;
    *LIST_ADD(w->a, &t.attributes) = (struct cs_attribute){.name = T("Gone"), .type = TYPE_NUMBER};
    OK(store_save_cs_type(tx, &t)); /* drops one attribute and adds another of that name */
    struct system_state before = {.last_sync = {5}, .persisted = T("cookie")}, after;
    OK(store_save_system_state(tx, s.id, &before));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_reopen(w);
    const struct connected_system *got = config_system(w->c, s.id);
    assert_int_equal(got->settings.count, 2);
    ASSERT_TEXT(got->settings.at[0].value, T("/data"));
    assert_true(text_is_null(got->settings.at[1].value));
    assert_int_equal(got->unresolved, UNRESOLVED_WARN);
    assert_int_equal(got->run_profiles.at[0].page_size, 100);
    assert_int_equal(got->types.at[0].attributes.count, 2);
    assert_int_equal(got->types.at[0].attributes.at[1].type, TYPE_NUMBER);
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_system_state(tx, w->a, s.id, &after));
    assert_int_equal(after.last_sync.ticks, 5);
    assert_int_equal(after.configuration_applied.ticks, 0);
    ASSERT_TEXT(after.persisted, T("cookie"));
    OK(store_delete_system(tx, s.id));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    assert_null(config_system(w->c, s.id));
    assert_null(config_run_profile(w->c, p.id));
}

static void test_callers(void **state) {
    struct world *w = *state;
    OWNED(store_tx) tx = NULL;
    struct api_key k = {.name = T("ci"), .prefix = T("jny_ak_01234"), .hash = {1, 2, 3}, .created = {4}, .enabled = true};
    *LIST_ADD(w->a, &k.roles) = 1;
    *LIST_ADD(w->a, &k.roles) = 3;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_api_key(tx, &k));
    struct api_key same = {.name = T("other"), .prefix = T("x"), .hash = {1, 2, 3}};
    FAILS(ERROR_CONFLICT, store_save_api_key(tx, &same));
    OK(store_touch_api_key(tx, k.id, (instant){99}, T("10.0.0.1")));
    struct api_keys keys = {0};
    OK(store_api_keys(tx, w->a, &keys));
    assert_int_equal(keys.count, 1);
    assert_int_equal(keys.at[0].roles.count, 2);
    assert_int_equal(keys.at[0].last_used.ticks, 99);
    assert_int_equal(keys.at[0].expires.ticks, 0);
    assert_memory_equal(keys.at[0].hash, k.hash, 32);
    ASSERT_TEXT(keys.at[0].last_used_from, T("10.0.0.1"));
    bool found;
    OK(store_delete_api_key(tx, k.id, &found));
    assert_true(found);
    OK(store_delete_api_key(tx, k.id, &found));
    assert_false(found);
    OK(store_commit(tx));
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seeds, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_mv_schema, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_rules, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_systems, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_callers, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
