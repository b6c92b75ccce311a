/* Snapshots and differences of configuration objects (operations §12). */
#include "api/history.h"
#include "api/service_settings.h"
#include "api/system_view.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static arena *a;
static int setup(void **state) {
    (void)state;
    a = arena_new(1 << 24);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static struct configuration_snapshot *snapshot_of(enum activity_target kind, const char *object, const char *json) {
    struct configuration_snapshot *s = ARENA_NEW(a, struct configuration_snapshot);
    struct configuration_change k = {.kind = kind, .object = text_of(object), .name = T("Thing"), .snapshot = text_of(json)};
    assert_null(history_snapshot(a, &k, s));
    return s;
}

static struct configuration_diff *diff_of(enum activity_target kind, const char *before, const char *after, bool whole) {
    struct configuration_diff *d = ARENA_NEW(a, struct configuration_diff);
    history_diff(a, before ? snapshot_of(kind, "1", before) : NULL, snapshot_of(kind, "1", after), whole, d);
    return d;
}

static void assert_text(text t, const char *expected) {
    if (!expected) {
        assert_true(text_is_null(t));
        return;
    }
    assert_int_equal(t.len, strlen(expected));
    assert_memory_equal(t.at, expected, t.len);
}

static void a_snapshot_keeps_ids_and_names(void **state) {
    (void)state;
    struct configuration_snapshot *s =
        snapshot_of(TARGET_SYNC_RULE, "7",
                    "{\"id\":7,\"name\":\"In\",\"connectedSystemId\":3,\"connectedSystemName\":\"HR\",\"enabled\":true,"
                    "\"connector\":{\"id\":1,\"name\":\"File\"},\"mappings\":[{\"id\":9,\"priority\":2}]}");
    assert_int_equal(s->schema_version, 1);
    assert_text(s->object_type, "SynchronisationRule");
    assert_int_equal(s->object_id, 7);
    const struct configuration_snapshot_nodes *n = &s->root.children;
    assert_int_equal(n->count, 5); /* neither the id nor the name beside an id */
    assert_text(n->at[1].key, "connectedSystemId");
    assert_text(n->at[1].label, "Connected system");
    assert_text(n->at[1].value, "3");
    assert_text(n->at[1].display_value, "HR");
    assert_text(n->at[2].value, "true");
    assert_int_equal(n->at[3].node_type, SNAPSHOT_SCALAR);
    assert_text(n->at[3].value, "1");
    assert_text(n->at[3].display_value, "File");
    assert_int_equal(n->at[4].node_type, SNAPSHOT_COLLECTION);
    assert_int_equal(n->at[4].children.at[0].item_id.value, 9);
    assert_int_equal(n->at[4].children.at[0].node_type, SNAPSHOT_OBJECT);
}

static void members_pair_by_their_ids(void **state) {
    (void)state;
    const char *before = "{\"mappings\":[{\"id\":1,\"p\":1},{\"id\":2,\"p\":2},{\"id\":3,\"p\":3}]}";
    const char *moved = "{\"mappings\":[{\"id\":3,\"p\":3},{\"id\":1,\"p\":1},{\"id\":2,\"p\":2}]}";
    assert_false(diff_of(TARGET_SYNC_RULE, before, moved, false)->has_changes);
    struct configuration_diff *d =
        diff_of(TARGET_SYNC_RULE, before, "{\"mappings\":[{\"id\":4,\"p\":1},{\"id\":3,\"p\":9},{\"id\":2,\"p\":2}]}", false);
    assert_int_equal(d->added_count, 1);
    assert_int_equal(d->removed_count, 1);
    assert_int_equal(d->modified_count, 1);
    const struct configuration_diff_nodes *items = &d->root.children.at[0].children;
    assert_int_equal(items->count, 3);
    assert_int_equal(items->at[0].change_type, DIFF_ADDED);
    assert_int_equal(items->at[1].change_type, DIFF_MODIFIED);
    assert_text(items->at[1].children.at[0].old_value, "3");
    assert_text(items->at[1].children.at[0].new_value, "9");
    assert_int_equal(items->at[2].change_type, DIFF_REMOVED);
    assert_int_equal(items->at[2].item_id.value, 1);
}

static void texts_pair_by_themselves(void **state) {
    (void)state;
    struct configuration_diff *d = diff_of(TARGET_MV_TYPE, "{\"tags\":[\"a\",\"b\"]}", "{\"tags\":[\"b\",\"c\"]}", true);
    assert_int_equal(d->added_count, 1);
    assert_int_equal(d->removed_count, 1);
    assert_int_equal(d->modified_count, 0);
}

static void a_name_alone_is_no_change(void **state) {
    (void)state;
    struct configuration_diff *d = diff_of(TARGET_SYNC_RULE, "{\"typeId\":1,\"typeName\":\"a\",\"of\":{\"id\":2,\"name\":\"b\"}}",
                                           "{\"typeId\":1,\"typeName\":\"x\",\"of\":{\"id\":2,\"name\":\"y\"}}", true);
    assert_false(d->has_changes);
    assert_text(d->root.children.at[0].old_display_value, "a");
    assert_text(d->root.children.at[0].new_display_value, "x");
}

static void a_secret_changes_without_being_shown(void **state) {
    (void)state;
    const char *before = "{\"settingValues\":[{\"id\":1,\"name\":\"Password\",\"secretHash\":\"00ff\"}]}";
    const char *after = "{\"settingValues\":[{\"id\":1,\"name\":\"Password\",\"secretHash\":\"11ee\"}]}";
    struct configuration_diff *d = diff_of(TARGET_CONNECTED_SYSTEM, before, after, false);
    assert_int_equal(d->modified_count, 1);
    const struct configuration_diff_node *item = &d->root.children.at[0].children.at[0];
    assert_text(item->label, "Password");
    const struct configuration_diff_node *value = &item->children.at[0];
    assert_true(value->is_secret);
    assert_text(value->key, "value");
    assert_text(value->old_value, NULL);
    assert_text(value->new_value, NULL);
    assert_int_equal(history_class(history_kind_of(TARGET_CONNECTED_SYSTEM), d), CLASS_SYNC_AFFECTING);
}

static void a_secret_that_becomes_plain_stays_hidden(void **state) {
    (void)state;
    struct configuration_diff *d = diff_of(TARGET_SERVICE_SETTING, "{\"secretHash\":\"00\"}", "{\"value\":\"plain\"}", true);
    assert_int_equal(d->modified_count, 1);
    assert_text(d->root.children.at[0].new_value, NULL);
}

static void summaries(void **state) {
    (void)state;
    assert_text(history_summary(a, diff_of(TARGET_MV_TYPE, NULL, "{\"name\":\"A\"}", false)), "Created");
    assert_text(history_summary(a, diff_of(TARGET_MV_TYPE, "{\"name\":\"A\"}", "{\"name\":\"A\"}", true)), "No changes");
    assert_text(history_summary(a, diff_of(TARGET_MV_TYPE, "{\"name\":\"A\",\"deletionRule\":\"x\",\"icon\":\"i\"}",
                                           "{\"name\":\"B\",\"deletionRule\":\"x\"}", true)),
                "Name, Icon");
}

static void classes_are_the_highest_of_what_changed(void **state) {
    (void)state;
    static const struct {
        enum activity_target kind;
        const char *before, *after;
        unsigned class;
    } rows[] = {
        {TARGET_SYNC_RULE, "{\"name\":\"a\"}", "{\"name\":\"b\"}", CLASS_COSMETIC},
        {TARGET_SYNC_RULE, "{\"name\":\"a\",\"enabled\":true}", "{\"name\":\"b\",\"enabled\":false}", CLASS_SYNC_AFFECTING},
        {TARGET_SYNC_RULE, "{\"outboundDeprovisionAction\":\"Disconnect\",\"enabled\":true}",
         "{\"outboundDeprovisionAction\":\"Delete\",\"enabled\":false}", CLASS_DESTRUCTIVE},
        {TARGET_SYNC_RULE, "{\"mappings\":[{\"id\":1,\"sources\":[{\"id\":1,\"expression\":\"a\"}]}]}",
         "{\"mappings\":[{\"id\":1,\"sources\":[{\"id\":1,\"expression\":\"b\"}]}]}", CLASS_SYNC_AFFECTING},
        {TARGET_CONNECTED_SYSTEM, "{\"objectTypes\":[{\"id\":1,\"selected\":true}]}",
         "{\"objectTypes\":[{\"id\":1,\"selected\":false}]}", CLASS_DESTRUCTIVE},
        {TARGET_CONNECTED_SYSTEM, "{\"objectTypes\":[{\"id\":1,\"selected\":false}]}",
         "{\"objectTypes\":[{\"id\":1,\"selected\":true}]}", CLASS_SYNC_AFFECTING},
        {TARGET_CONNECTED_SYSTEM, "{\"objectTypes\":[{\"id\":1}]}", "{\"objectTypes\":[]}", CLASS_DESTRUCTIVE},
        {TARGET_CONNECTED_SYSTEM, "{\"runProfiles\":[]}", "{\"runProfiles\":[{\"id\":1,\"filePath\":\"f\"}]}", CLASS_COSMETIC},
        {TARGET_CONNECTED_SYSTEM, "{\"runProfiles\":[{\"id\":1,\"filePath\":\"f\"}]}",
         "{\"runProfiles\":[{\"id\":1,\"filePath\":\"g\"}]}", CLASS_SYNC_AFFECTING},
        {TARGET_MV_TYPE, "{\"deletionGracePeriod\":\"1\"}", "{}", CLASS_DESTRUCTIVE},
        {TARGET_MV_ATTRIBUTE, "{\"type\":\"Text\"}", "{\"type\":\"Number\"}", CLASS_SYNC_AFFECTING},
        {TARGET_API_KEY, "{\"name\":\"a\"}", "{\"name\":\"b\"}", CLASS_COSMETIC},
        {TARGET_SYNC_RULE, "{\"unheardOf\":1}", "{\"unheardOf\":2}", CLASS_NOT_CLASSIFIED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *object = rows[i].kind == TARGET_API_KEY ? "00000000-0000-4000-8000-000000000001" : "1";
        struct configuration_diff d;
        history_diff(a, snapshot_of(rows[i].kind, object, rows[i].before), snapshot_of(rows[i].kind, object, rows[i].after), false,
                     &d);
        unsigned class = history_class(history_kind_of(rows[i].kind), &d);
        if (class != rows[i].class) fail_msg("row %zu: class %u in place of %u", i, class, rows[i].class);
    }
}

static void spoilt_snapshots_are_errors(void **state) {
    (void)state;
    static const struct configuration_change spoilt[] = {
        {.kind = TARGET_SYNC_RULE, .object = {"1", 1}, .snapshot = {"{", 1}},
        {.kind = TARGET_SYNC_RULE, .object = {"x", 1}, .snapshot = {"{}", 2}},
        {.kind = TARGET_API_KEY, .object = {"1", 1}, .snapshot = {"{}", 2}},
    };
    for (size_t i = 0; i < 3; i++) {
        struct configuration_snapshot s;
        OWNED(error) e = history_snapshot(a, &spoilt[i], &s);
        assert_non_null(e);
    }
}

/* ---- values of settings ---- */

static void settings_are_read_by_type(void **state) {
    (void)state;
    static const struct {
        const char *key, *given, *stored; /* NULL: refused */
    } rows[] = {
        {"Sync.PageSize", " +7 ", "7"},
        {"Sync.PageSize", "0", NULL},
        {"Sync.PageSize", "99999999999999999999", NULL},
        {"History.RetentionPeriod", "30.00:00:00", "30.00:00:00"},
        {"History.RetentionPeriod", "24:00:00", NULL},
        {"History.RetentionPeriod", "23:59:59", NULL},
        {"History.RetentionPeriod", "-30.00:00:00", NULL},
        {"History.RetentionPeriod", "a while", NULL},
        {"Sync.PartitionValidationMode", "warning", "Warning"},
        {"Sync.PartitionValidationMode", "0", NULL},
        {"SSO.EnableLogOut", "False", "false"},
        {"SSO.EnableLogOut", "0", NULL},
        {"Instance.Name", "", ""},
        {"Instance.Id", "not an id", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct service_setting *row = service_setting_find(text_of(rows[i].key));
        text stored = {0};
        const char *why = NULL;
        assert_non_null(row);
        bool good = service_setting_read(a, row, text_of(rows[i].given), &stored, &why);
        if (good != (rows[i].stored != NULL)) fail_msg("row %zu is %s", i, good ? "taken" : "refused");
        if (good) assert_text(stored, rows[i].stored);
    }
}

static void defaults_are_values_of_their_settings(void **state) {
    (void)state;
    for (size_t i = 0; i < service_settings_count; i++) {
        const struct service_setting *row = &service_settings[i];
        text stored = {0};
        const char *why = NULL;
        if (!row->by_default) continue;
        if (!service_setting_read(a, row, text_of(row->by_default), &stored, &why)) fail_msg("%s: %s", row->key, why);
        assert_text(stored, row->by_default);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_snapshot_keeps_ids_and_names, setup, teardown),
        cmocka_unit_test_setup_teardown(members_pair_by_their_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_pair_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_alone_is_no_change, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_changes_without_being_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_that_becomes_plain_stays_hidden, setup, teardown),
        cmocka_unit_test_setup_teardown(summaries, setup, teardown),
        cmocka_unit_test_setup_teardown(classes_are_the_highest_of_what_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(spoilt_snapshots_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_are_read_by_type, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_are_values_of_their_settings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
