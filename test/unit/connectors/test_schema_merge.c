/* What a schema refresh keeps, changes and reports (connectors §6.2 … §6.4). */
#include "fixture.h"

#include "connectors/file/declared.h"

#define F struct fixture *f = *state

static struct connector_schema declared(struct fixture *f, const char *source) {
    struct connector_schema s;
    error *e = declared_schema_read(f->a, arena_text(f->a, text_of(source)), &s);
    assert_null(e);
    return s;
}

static struct schema_merge merge_with(struct fixture *f, const struct connector_definition *d,
                                      const struct connector_schema *found) {
    struct schema_merge m;
    schema_merge(f->a, d, &f->system, found, (instant){77}, &m);
    return m;
}

static struct schema_merge merge(struct fixture *f, const char *source) {
    struct connector_schema found = declared(f, source);
    return merge_with(f, &file_connector, &found);
}

static const struct cs_attribute *attribute(const struct schema_merge *m, const char *type, const char *name) {
    for (EACH(const struct cs_type, t, &m->types))
        for (EACH(const struct cs_attribute, c, &t->attributes))
            if (text_equal(t->name, text_of(type)) && text_equal(c->name, text_of(name))) return c;
    fail_msg("no %s.%s", type, name);
    return NULL;
}

static void a_first_retrieval_adds_all(void **state) {
    F;
    struct schema_merge m = merge(f, "user = dn!, mail[]");
    assert_int_equal(m.total_types, 1);
    assert_int_equal(m.total_attributes, 2);
    assert_int_equal(m.added_types.count, 1);
    assert_int_equal(m.added.at[0].attributes.count, 2);
    assert_true(m.has_changes && !m.has_removals_or_changes);
    assert_int_equal(m.types.at[0].id, 0);
    assert_true(m.types.at[0].selected && m.types.at[0].remove_contributed); /* the only type, and new */
    assert_int_equal(m.types.at[0].created.ticks, 77);
    const struct cs_attribute *dn = attribute(&m, "user", "dn");
    assert_true(dn->external_id && dn->selected && dn->selection_locked);
    assert_ptr_equal(m.types.at[0].external_id, dn);
    assert_false(attribute(&m, "user", "mail")->selected);
    m = merge(f, "user = dn!\ngroup = dn!");
    assert_false(m.types.at[0].selected || m.types.at[1].selected);
}

static void nothing_new_changes_nothing(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail[]\ngroup = dn!");
    struct schema_merge m = merge(f, "group = dn!\nuser = mail[], dn!");
    assert_false(m.has_changes || m.has_removals_or_changes);
    assert_int_equal(m.types.count, 2);
    assert_int_equal(m.types.at[0].id, fixture_type(f, "user")->id);
    assert_int_equal(attribute(&m, "user", "mail")->id, fixture_attribute(f, "user", "mail")->id);
}

static void what_the_administrator_chose_stays(void **state) {
    F;
    fixture_schema(f, "user = dn!, id, age:Number, zip");
    struct cs_type *t = fixture_type(f, "user");
    struct cs_attribute *dn = fixture_attribute(f, "user", "dn"), *id = fixture_attribute(f, "user", "id");
    dn->external_id = false;
    id->external_id = true; /* moved */
    dn->selected = false;
    t->selected = false;
    t->remove_contributed = false;
    fixture_attribute(f, "user", "age")->type = TYPE_TEXT;
    fixture_attribute(f, "user", "age")->type_set_by_administrator = true;
    struct schema_merge m = merge(f, "user = dn!, id, age:Number, zip:Number[]");
    assert_false(m.types.at[0].selected || m.types.at[0].remove_contributed);
    assert_false(attribute(&m, "user", "dn")->external_id || attribute(&m, "user", "dn")->selected);
    assert_ptr_equal(m.types.at[0].external_id, attribute(&m, "user", "id"));
    assert_int_equal(attribute(&m, "user", "age")->type, TYPE_TEXT);
    assert_int_equal(attribute(&m, "user", "zip")->type, TYPE_NUMBER);
    assert_true(m.has_removals_or_changes);
    assert_int_equal(m.changed.count, 1);
    assert_int_equal(m.changed.at[0].list.count, 2);
    const struct attribute_difference *d = m.changed.at[0].list.at;
    assert_string_equal(d[0].aspect, "Plurality");
    assert_true(text_equal(d[0].before, T("SingleValued")) && text_equal(d[0].after, T("MultiValued")));
    assert_string_equal(d[1].aspect, "DataType");
    assert_true(text_equal(d[1].before, T("Text")) && text_equal(d[1].after, T("Number")));
    assert_int_equal(fixture_attribute(f, "user", "zip")->type, TYPE_TEXT); /* the snapshot is untouched */
    assert_int_equal(m.updated_types.count, 1);
}

static void what_is_gone_is_retained_and_reported(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail\ngroup = dn!");
    struct schema_merge m = merge(f, "user = dn!, phone");
    assert_int_equal(m.types.count, 2);
    assert_true(attribute(&m, "user", "mail")->not_reported && attribute(&m, "user", "mail")->selected);
    assert_int_equal(m.removed.count, 1);
    assert_true(text_equal(m.removed.at[0].attributes.at[0], T("mail")));
    assert_int_equal(m.removed_types.count, 1);
    assert_true(m.types.at[1].not_reported);
    assert_true(m.has_removals_or_changes);
    f->system.types = m.types;
    m = merge(f, "user = dn!, phone, mail\ngroup = dn!"); /* back again */
    assert_false(attribute(&m, "user", "mail")->not_reported || m.types.at[1].not_reported);
    assert_false(m.has_removals_or_changes);
}

static void names_match_exactly(void **state) {
    F;
    fixture_schema(f, "user = dn!, mail");
    struct schema_merge m = merge(f, "user = dn!, Mail");
    assert_int_equal(m.added.at[0].attributes.count, 1);
    assert_int_equal(m.removed.at[0].attributes.count, 1);
}

static void credentials_are_never_managed(void **state) {
    F;
    fixture_schema(f, "user = dn!, a, b");
    fixture_attribute(f, "user", "a")->name = T("userPassword");
    struct connector_schema found = declared(f, "user = dn!, b, c");
    found.types.at[0].attributes.at[2].name = T("UNICODEPWD");
    found.types.at[0].external_id = T("unicodePwd");
    struct schema_merge m = merge_with(f, &file_connector, &found);
    assert_int_equal(m.blocked_credentials.count, 1);
    assert_true(text_equal(m.blocked_credentials.at[0].attributes.at[0], T("UNICODEPWD")));
    assert_int_equal(m.added.count, 0);
    assert_int_equal(m.removed.count, 0);
    assert_int_equal(m.total_attributes, 2);
    const struct cs_attribute *stored = attribute(&m, "user", "userPassword");
    assert_true(stored->selection_locked && !stored->selected && !stored->external_id);
}

static void references_find_types_declared_later(void **state) {
    F;
    fixture_schema(f, "user = dn!, boss:Reference, team:Reference\nsite = dn!");
    struct connector_schema found =
        declared(f, "user = dn!, boss:Reference, team:Reference, lost:Reference\ngroup = dn!\nsite = dn!");
    found.types.at[0].attributes.at[1].references_type = T("site");
    found.types.at[0].attributes.at[2].references_type = T("group");
    found.types.at[0].attributes.at[3].references_type = T("nowhere");
    struct schema_merge m = merge_with(f, &file_connector, &found);
    assert_int_equal(attribute(&m, "user", "boss")->references_type, fixture_type(f, "site")->id);
    assert_int_equal(attribute(&m, "user", "team")->references_type, 0);
    assert_int_equal(m.warnings.count, 1);
    assert_true(text_find(m.warnings.at[0], T("nowhere")) != SIZE_MAX);
    for (EACH(struct cs_type, t, &m.types))
        if (t->id == 0) t->id = 4711; /* saved */
    assert_true(schema_merge_resolve(&m));
    assert_int_equal(attribute(&m, "user", "team")->references_type, 4711);
    assert_false(schema_merge_resolve(&m));
}

static void a_secondary_id_needs_a_connector_that_has_them(void **state) {
    F;
    struct connector_definition ldap = file_connector;
    ldap.can.secondary_external_id = true;
    struct connector_schema found = declared(f, "user = guid!, dn");
    found.types.at[0].secondary_external_id = T("dn");
    struct schema_merge m = merge_with(f, &ldap, &found);
    assert_true(attribute(&m, "user", "dn")->secondary_external_id && attribute(&m, "user", "dn")->selection_locked);
    assert_ptr_equal(m.types.at[0].secondary, attribute(&m, "user", "dn"));
    m = merge_with(f, &file_connector, &found);
    assert_false(attribute(&m, "user", "dn")->secondary_external_id);
}

static void tags_tell_internal_types(void **state) {
    F;
    struct connector_schema found = declared(f, "user = dn!");
    *LIST_ADD(f->a, &found.types.at[0].tags) = (struct schema_tag){T("visibility"), T("internal")};
    struct schema_merge m = merge_with(f, &file_connector, &found);
    assert_true(m.types.at[0].internal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_first_retrieval_adds_all),
        TEST(nothing_new_changes_nothing),
        TEST(what_the_administrator_chose_stays),
        TEST(what_is_gone_is_retained_and_reported),
        TEST(names_match_exactly),
        TEST(credentials_are_never_managed),
        TEST(references_find_types_declared_later),
        TEST(a_secondary_id_needs_a_connector_that_has_them),
        TEST(tags_tell_internal_types),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
