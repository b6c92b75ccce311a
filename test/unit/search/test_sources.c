/* Searches over connected systems and lookup tables, over the links between both kinds of objects, and over large values. */
#include "../store/world.h"
#include "base/unicode.h"
#include "model/ids.h"
#include "search/query.h"

#include <stdio.h>

static struct search_page run(struct world *w, const struct search_query *q) {
    struct search_page page;
    OWNED(store_tx) tx = NULL;
    OK(store_read(w->s, &tx));
    OK(search_run(tx, w->a, w->c, q, &page));
    assert_int_equal(page.outcome, SEARCH_DONE);
    return page;
}

static struct search_query over(struct world *w, enum search_kind kind, int32_t type, struct search_field column) {
    int32_t tenant = kind == SEARCH_CONNECTOR_SPACE ? config_system(w->c, w->hr)->tenant : 1;
    struct search_query q = {.search = {.kind = kind, .tenant = tenant, .type = type}, .limit = 100};
    q.result = q.search;
    *LIST_ADD(w->a, &q.columns) = column;
    return q;
}

static void add(struct world *w, struct search_filters *filters, struct search_field f, enum search_condition condition,
                struct search_value v) {
    struct search_filter *out = LIST_ADD(w->a, filters);
    *out = (struct search_filter){.field = f, .condition = condition};
    if (condition_rules[condition].takes != TAKES_NONE) *LIST_ADD(w->a, &out->values) = v;
}

static struct search_value text_value(text t) { return (struct search_value){.text = t}; }

static void connected_objects(void **state) {
    struct world *w = *state;
    struct cso *boss = person(w, T("B1"), T("Boss")), *ann = person(w, T("a1"), T("Ann")), *bob = person(w, T("a2"), T("bob"));
    put_text(w->a, &ann->values, w->mail, T("Ann@x"));
    put_text(w->a, &ann->values, w->mail, T("ann@y"));
    put_text(w->a, &bob->values, w->mail, T("bob@x"));
    put_raw(w->a, &ann->values, w->manager, T("b1"));
    put_raw(w->a, &bob->values, w->manager, T("gone"));
    struct cso *all[] = {boss, ann, bob};
    for (int i = 0; i < 3; i++) write_cso(w, NULL, all[i]);
    struct search_field name = {T("Name"), FIELD_TYPE_TEXT, false, w->name}, mail = {T("Mail"), FIELD_TYPE_TEXT, true, w->mail},
                        manager = {T("Manager"), FIELD_TYPE_REFERENCE, false, w->manager};
    struct search_query q = over(w, SEARCH_CONNECTOR_SPACE, w->person, name);
    *LIST_ADD(w->a, &q.sort) = (struct search_sort){mail, true};
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Boss\"},{\"Name\":\"bob\"},{\"Name\":\"Ann\"}]"));
    add(w, &q.filters, mail, CONDITION_ENDS_WITH, text_value(T("@x")));
    assert_int_equal(run(w, &q).total, 2);
    q.filters.at[0].condition = CONDITION_NOT_ENDS_WITH;
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Boss\"}]"));
    /* references, by the text that the source holds and by what it resolves to */
    q.filters = (struct search_filters){0};
    add(w, &q.filters, manager, CONDITION_EQUALS, (struct search_value){.guid = id_to_uuid(ID_CSO, boss->id)});
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Ann\"}]"));
    q.filters.at[0].condition = CONDITION_IS_NOT_EMPTY;
    assert_int_equal(run(w, &q).total, 2);
    q.columns.at[0] = manager;
    char id[36];
    uuid_write(id_to_uuid(ID_CSO, boss->id), id);
    ASSERT_TEXT(run(w, &q).rows, arena_print(w->a, "[{\"Manager\":null},{\"Manager\":\"%.36s\"}]", id));
    q.columns.at[0] = name;
    q.filters = (struct search_filters){0};
    add(w, &q.filters, name, CONDITION_EQUALS, text_value(T("Boss")));
    *LIST_ADD(w->a, &q.hops) = (struct search_hop){.attribute = w->manager, .incoming = true};
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Ann\"}]"));
    q.hops.at[0].incoming = false;
    q.filters.at[0].condition = CONDITION_NOT_EQUALS;
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Boss\"}]"));
    q.search.tenant = q.result.tenant = 2;
    assert_int_equal(run(w, &q).total, 0);
}

static void joins(void **state) {
    struct world *w = *state;
    struct mvo *one = identity(w, T("One")), *two = identity(w, T("Two"));
    one->tenant = two->tenant = 1;
    struct cso *a = person(w, T("p1"), T("First")), *b = person(w, T("p2"), T("Second"));
    a->mvo = one->id, a->join = JOIN_JOINED;
    write_mvo(w, NULL, one);
    write_mvo(w, NULL, two);
    write_cso(w, NULL, a);
    write_cso(w, NULL, b);
    struct search_field name = {T("Name"), FIELD_TYPE_TEXT, false, w->name},
                        shown = {T("Shown"), FIELD_TYPE_TEXT, false, w->mv_name};
    struct search_query q = over(w, SEARCH_CONNECTOR_SPACE, w->person, shown);
    q.result = (struct search_source){.kind = SEARCH_METAVERSE, .tenant = 1, .type = w->mv_user};
    *LIST_ADD(w->a, &q.hops) = (struct search_hop){.join = true};
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Shown\":\"One\"}]"));
    add(w, &q.filters, name, CONDITION_EQUALS, text_value(T("Second")));
    assert_int_equal(run(w, &q).total, 0);
    q = over(w, SEARCH_METAVERSE, w->mv_user, name);
    q.result = over(w, SEARCH_CONNECTOR_SPACE, w->person, name).search;
    *LIST_ADD(w->a, &q.hops) = (struct search_hop){.join = true};
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"First\"}]"));
    q.result.type = w->user;
    assert_int_equal(run(w, &q).total, 0);
}

/* A group with more members than a document holds, and a text that stands elsewhere. */
static void large_values(void **state) {
    struct world *w = *state;
    enum { MEMBERS = 1200 };
    struct mvo *group = identity(w, T("Everybody"));
    group->type = w->mv_group, group->tenant = 1;
    int64_t first;
    OK(store_ids(w->s, IDS_MVO, MEMBERS, &first));
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    for (int i = 0; i < MEMBERS; i++) {
        struct mvo member = {.id = first + i, .type = w->mv_user, .tenant = 1, .created = {1}, .version = 1};
        put_text(w->a, &member.values, w->mv_name, arena_print(w->a, "m%d", i));
        put_target(w->a, &group->values, w->mv_members, first + i);
        struct mvo_change change = {NULL, &member};
        OK(store_write_mvos(tx, w->c, &(struct mvo_changes){&change, 1, 1}));
    }
    OK(store_commit(tx));
    store_end(TAKE(tx));
    char *bytes = arena_bytes(w->a, 6000);
    memset(bytes, 'x', 6000);
    put_text(w->a, &group->values, w->mv_mails, (text){bytes, 6000});
    write_mvo(w, NULL, group);
    struct search_field name = {T("Name"), FIELD_TYPE_TEXT, false, w->mv_name},
                        members = {T("Members"), FIELD_TYPE_REFERENCE, true, w->mv_members},
                        mails = {T("Mails"), FIELD_TYPE_TEXT, true, w->mv_mails};
    struct search_query q = over(w, SEARCH_METAVERSE, w->mv_group, name);
    add(w, &q.filters, members, CONDITION_EQUALS, (struct search_value){.guid = id_to_uuid(ID_MVO, first + 1100)});
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Name\":\"Everybody\"}]"));
    add(w, &q.filters, mails, CONDITION_ENDS_WITH, text_value((text){bytes, 4096}));
    assert_int_equal(run(w, &q).total, 1);
    q.filters.at[1].values.at[0].text = T("xy");
    assert_int_equal(run(w, &q).total, 0);
    *LIST_ADD(w->a, &q.hops) = (struct search_hop){.attribute = w->mv_members};
    q.filters.count = 1;
    q.result.type = w->mv_user;
    assert_int_equal(run(w, &q).total, MEMBERS);
    q.hops.count = 0;
    q.result.type = w->mv_group;
    q.columns.at[0] = members;
    assert_int_equal(run(w, &q).rows.len, 14 + MEMBERS * 39 + 1);
}

static bool load(struct world *w, const struct search_fields *fields, const char *json, struct problems *problems) {
    OWNED(store_tx) tx = NULL;
    const struct json *rows = NULL;
    bool taken;
    if (json) OK(json_read(w->a, text_of(json), (struct json_limits){0}, &rows, NULL));
    OK(store_write(w->s, STORE_API, &tx));
    OK(search_lookup_replace(tx, w->a, 7, fields, rows, problems, &taken));
    OK(store_commit(tx));
    return taken;
}

static void lookup_tables(void **state) {
    struct world *w = *state;
    struct search_fields fields = {0};
    struct problems problems = {.a = w->a};
    struct search_field serial = {T("Serial"), FIELD_TYPE_NUMBER}, subject = {T("Subject"), FIELD_TYPE_TEXT, true},
                        until = {T("ValidTo"), FIELD_TYPE_DATE};
    *LIST_ADD(w->a, &fields) = serial, *LIST_ADD(w->a, &fields) = subject, *LIST_ADD(w->a, &fields) = until;
    assert_true(
        load(w, &fields,
             "[{\"Serial\":3,\"Subject\":[\"CN=a\",\"CN=b\"],\"ValidTo\":\"2030-01-01T00:00:00+0000\"},{\"Serial\":1,\"Subject\":"
             "\"cn=A\"},{\"Serial\":20,\"Subject\":[],\"ValidTo\":null}]",
             &problems));
    struct search_query q = over(w, SEARCH_LOOKUP, 0, serial);
    q.search.pool = q.result.pool = 7;
    *LIST_ADD(w->a, &q.sort) = (struct search_sort){subject, false};
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Serial\":3},{\"Serial\":1},{\"Serial\":20}]"));
    add(w, &q.filters, until, CONDITION_IS_EMPTY, text_value(T("")));
    *LIST_ADD(w->a, &q.columns) = subject;
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Serial\":1,\"Subject\":[\"cn=A\"]},{\"Serial\":20,\"Subject\":null}]"));
    q.filters.at[0] = (struct search_filter){.field = serial, .condition = CONDITION_GREATER_THAN};
    LIST_ADD(w->a, &q.filters.at[0].values)->number = 2;
    q.cursor = true, q.limit = 1;
    struct search_page page = run(w, &q);
    assert_int_equal(page.total, 2);
    q.after = page.next;
    ASSERT_TEXT(run(w, &q).rows, T("[{\"Serial\":20,\"Subject\":null}]"));
    /* what is wrong is told, and nothing is taken */
    assert_false(load(w, &fields, "[{\"Serial\":1},{\"Serial\":\"x\"}]", &problems));
    ASSERT_TEXT(problems.at[0].pointer, T("/1/Serial"));
    assert_false(load(w, &fields, "[{\"Else\":1}]", &problems));
    assert_false(load(w, &fields, "[{\"Serial\":[1]}]", &problems));
    assert_false(load(w, &fields, "{}", &problems));
    q.filters.count = 0, q.cursor = false, q.after = (text){0};
    assert_int_equal(run(w, &q).total, 3);
    assert_true(load(w, &fields, NULL, &problems));
    assert_int_equal(run(w, &q).total, 0);
}

static void needed_indexes(void **state) {
    struct world *w = *state;
    struct search_indexes needed = {0};
    struct search_field name = {T("Name"), FIELD_TYPE_TEXT, false, w->name}, mail = {T("Mail"), FIELD_TYPE_TEXT, true, w->mail},
                        manager = {T("Manager"), FIELD_TYPE_REFERENCE, false, w->manager};
    struct search_query q = over(w, SEARCH_CONNECTOR_SPACE, w->person, name);
    add(w, &q.filters, mail, CONDITION_IS_EMPTY, text_value(T("")));
    add(w, &q.filters, manager, CONDITION_IS_EMPTY, text_value(T("")));
    search_needed_indexes(w->a, w->c, &q, &needed);
    assert_int_equal(needed.cs.count, 0);
    *LIST_ADD(w->a, &q.sort) = (struct search_sort){name, true};
    add(w, &q.filters, name, CONDITION_IS_EMPTY, text_value(T("")));
    search_needed_indexes(w->a, w->c, &q, &needed);
    assert_int_equal(needed.cs.count, 1);
    assert_int_equal(needed.cs.at[0], w->name);
    assert_int_equal(needed.mv.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(connected_objects, world_open, world_close),
        cmocka_unit_test_setup_teardown(joins, world_open, world_close),
        cmocka_unit_test_setup_teardown(large_values, world_open, world_close),
        cmocka_unit_test_setup_teardown(lookup_tables, world_open, world_close),
        cmocka_unit_test_setup_teardown(needed_indexes, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
