/* The check finds what was damaged behind the store's back, and names it. */
#include "world.h"

#include <stdio.h>

/* One person joined to one identity, a manager reference, a pending export, a photo, an item. */
struct scene {
    struct cso *o;
    struct mvo *m, *boss;
};

static struct scene build(struct world *w) {
    struct scene s = {person(w, T("E1"), T("Ann")), identity(w, T("Ann")), identity(w, T("Boss"))};
    char *big = arena_bytes(w->a, 5000);
    memset(big, 'x', 5000);
    put_text(w->a, &s.o->values, w->mail, T("ann@x"));
    put_text(w->a, &s.o->values, w->mail, (text){big, 5000});
    put_raw(w->a, &s.o->values, w->manager, T("E0"));
    put_target(w->a, &s.m->values, w->mv_manager, s.boss->id);
    put_text(w->a, &s.m->values, w->mv_employee, T("E1"));
    s.o->mvo = s.m->id, s.o->join = JOIN_JOINED;
    write_mvo(w, NULL, s.boss);
    write_mvo(w, NULL, s.m);
    write_cso(w, NULL, s.o);
    struct pending_export p = {.system = w->hr, .cso = s.o->id, .mvo = s.m->id, .change = EXPORT_UPDATE, .max_retries = 5};
    struct activity a = {.created = {1}};
    struct run_item item = {.cso = s.o->id};
    OWNED(store_tx) tx = NULL;
    OK(store_ids(w->s, IDS_PENDING_EXPORT, 1, &p.id));
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_pending(tx, w->c, &(struct pending_export_changes){&(struct pending_export_change){NULL, &p}, 1, 1}));
    OK(store_save_activity(tx, &a));
    OK(store_write_items(tx, a.id, &(struct run_items){&item, 1, 1}));
    OK(store_commit(tx));
    return s;
}

struct damage {
    const char *sql, *repair, *finding; /* $n: numbers of the scene are the same in every run */
};

static void test_damage(void **state) {
    struct world *w = *state;
    build(w);
    assert_int_equal(world_check(w).count, 0);
    static const struct damage all[] = {
        {"create table saved as select * from cs_ix; delete from cs_ix where key = 'ann@x'",
         "insert into cs_ix select * from saved where key = 'ann@x'", "lacks an index row"},
        {"insert into cs_ix values (77, 'stray', 5, null)", "delete from cs_ix where key = 'stray'",
         "The index cs_ix has 3 rows where the documents ask for 2"},
        {"create table saved as select * from cs_ref; delete from cs_ref", "insert into cs_ref select * from saved",
         "lacks a reference row"},
        {"create table saved as select * from mv_ix_recent where attribute = 0; delete from mv_ix_recent where attribute = 0 and "
         "key = 'boss'",
         "insert into mv_ix_recent select * from saved where key = 'boss'", "lacks an index row of attribute 0"},
        {"create table saved as select * from mv_ref; delete from mv_ref", "insert into mv_ref select * from saved",
         "lacks a reference row"},
        {"update cso set key = 'e2'", "update cso set key = 'e1'", "keys are not those of its ids"},
        {"update cso set name_key = 'x'", "update cso set name_key = 'ann'", "name key is not that of the document"},
        {"update cso set external_id = 'E9'", "update cso set external_id = 'E1'", "external id is not that of the document"},
        {"create table saved as select * from cso_doc; update cso_doc set doc = substr(doc, 1, 40)",
         "update cso_doc set doc = (select doc from saved)", "(cso_doc) cannot be read"},
        {"create table saved as select * from cso_doc; delete from cso_doc", "insert into cso_doc select * from saved",
         "has no document"},
        {"insert into cso_doc values (99, '{}')", "delete from cso_doc where id = 99", "belongs to no connected object"},
        {"update cso set mvo = mvo + 1000", "update cso set mvo = mvo - 1000", "joined to a metaverse object that does not exist"},
        {"update cso set join_type = 0", "update cso set join_type = 3", "invariant 1"},
        {"update cso set type = 900", "update cso set type = (select min(id) from cs_type)",
         "object type that its system does not have"},
        {"create table saved as select * from mvo; update mvo set doc = '{\"1\":' ",
         "update mvo set doc = (select doc from saved where saved.id = mvo.id)", "(mvo) cannot be read"},
        {"update mvo set type = 900", "update mvo set type = (select min(id) from mv_type)", "object type that does not exist"},
        {"update pending set cso = 900", "update pending set cso = (select id from cso)", "invariant 24"},
        {"update pending set mvo = 900", "update pending set mvo = (select mvo from cso)",
         "comes from a metaverse object that does not exist"},
        {"create table saved as select * from blob; delete from blob", "insert into blob select * from saved",
         "missing in the table blob"},
        {"insert into blob_use values (1, 900, x'00')", "delete from blob_use where object = 900",
         "A large value is kept for connected object 900"},
        {"insert into cs_member values (900, 1, 'x', 1)", "delete from cs_member where cso = 900",
         "Members are kept for connected object 900"},
        {"insert into mv_member values (900, 1, 2, 1)", "delete from mv_member where mvo = 900",
         "Members are kept for metaverse object 900"},
        {"update item set activity = 900", "update item set activity = (select id from activity)", "Items belong to activity 900"},
        {"update tally set objects = objects + 1 where kind = 1", "update tally set objects = objects - 1 where kind = 1",
         "number of metaverse objects"},
        {"update tally set objects = objects + 1 where kind = 2", "update tally set objects = objects - 1 where kind = 2",
         "number of connected objects"},
        {"update tally set objects = objects + 1 where kind = 3", "update tally set objects = objects - 1 where kind = 3",
         "number of pending exports"},
        {"pragma foreign_keys = off; insert into mapping_source values (900, 900, 1, 0, 0, null, 0)",
         "delete from mapping_source where id = 900", "points to nothing in the table: mapping_source"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        plant(w, "drop table if exists saved");
        plant(w, all[i].sql);
        struct texts findings = world_check(w);
        bool found = false;
        for (EACH(const text, f, &findings)) found = found || text_find(*f, text_of(all[i].finding)) != SIZE_MAX;
        if (!found) {
            for (EACH(const text, f, &findings)) print_message("%.*s\n", TEXT_ARG(*f));
            fail_msg("not found after: %s", all[i].sql);
        }
        plant(w, all[i].repair);
    }
}

/* Invariants about values that the engine promises. */
static void test_values(void **state) {
    struct world *w = *state;
    struct cso *two = person(w, T("E1"), T("Ann")), *twice = person(w, T("E2"), T("Bob"));
    put_text(w->a, &two->values, w->name, T("second")); /* a single-valued attribute */
    put_text(w->a, &twice->values, w->mail, T("m"));
    put_text(w->a, &twice->values, w->mail, T("m"));
    write_cso(w, NULL, two);
    write_cso(w, NULL, twice);
    struct texts findings = world_check(w);
    assert_int_equal(findings.count, 2);
    for (EACH(const text, f, &findings)) assert_true(text_find(*f, T("invariant 16")) != SIZE_MAX);
    write_cso(w, two, NULL);
    write_cso(w, twice, NULL);
}

/* Reading a damaged document is an error that names table and id, and harms nothing else. */
static void test_corrupt_document(void **state) {
    struct world *w = *state;
    struct scene s = build(w);
    plant(w, "create table saved as select * from cso_doc; update cso_doc set doc = '{\"1\":[' ");
    OWNED(store_tx) tx = NULL;
    struct csos list = {0};
    OK(store_read(w->s, &tx));
    error *e = store_csos(tx, w->a, w->c, &s.o->id, 1, true, &list);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_CORRUPT);
    assert_true(text_find(text_of(e->sentence), arena_print(w->a, "cso_doc with id %lld", (long long)s.o->id)) != SIZE_MAX);
    error_free(e);
    list.count = 0;
    OK(store_csos(tx, w->a, w->c, &s.o->id, 1, false, &list));
    assert_int_equal(list.count, 1);
    store_end(TAKE(tx));
    plant(w, "update cso_doc set doc = (select doc from saved); drop table saved");
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_damage, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_values, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_corrupt_document, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
