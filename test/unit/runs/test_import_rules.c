/* Imports by the rules behind the examples: content hash, references, refusals, deletion detection, saving, phases. */
#include "px.h"

#include "connectors/file/file.h"
#include "world_private.h"

#include <stdio.h>

static void pages(struct world *w, const char *system, const char *page) {
    px_of(system)->pages.count = 0;
    px_page(w, system, page);
}

static bool has_stamp(struct world *w, const char *system, const char *key) {
    static const uint8_t none[16];
    return memcmp(world_cso(w, system, key)->import_hash, none, sizeof none) != 0;
}

/* Changes the stored values behind the back of the hash: whoever looks, corrects them. */
static void falsify_in(struct world *w, const char *system, const char *key) {
    struct cso *o = world_cso(w, system, key), after = *o;
    after.values = attributes_copy(w->a, &o->values);
    attributes_remove(&after.values, world_attribute(w, system, "title")->id);
    world_write_cso(w, o, &after);
}

static void falsify(struct world *w, const char *key) { falsify_in(w, "PX", key); }

static bool looked(struct world *w) { return strcmp(world_cs(w, world_cso(w, "PX", "1"), "title"), "x") == 0; }

/* ---- 5.6 ---- */

TEST(hash_skips) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x;mail=a|b");
    FULL(w, "PX");
    assert_true(has_stamp(w, "PX", "1"));
    falsify(w, "1");
    pages(w, "PX", "person;mail=b|a|b;title=x;hrId=1"); /* order and repetition do not matter */
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    assert_false(looked(w));
    assert_int_equal(w->items.count, 0);
}

TEST(hash_verification) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x\nperson;hrId=2");
    FULL(w, "PX");
    struct run_profile *p = world_profile(w, "PX", RUN_FULL_IMPORT);
    p->verify_hashes = true;
    world_save_profile(w, p);
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    assert_int_equal(w->items.count, 0);
    falsify(w, "1");
    FULL(w, "PX");
    check(world_told(w), "1 Updated!ImportHashVerificationFailed: CsoUpdated=1");
    assert_true(looked(w));
    assert_true(has_stamp(w, "PX", "1"));
}

TEST(hash_and_partition) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    falsify(w, "1");
    struct run_profile *p = world_profile(w, "PX", RUN_FULL_IMPORT);
    p->partition = 5;
    world_save_profile(w, p);
    FULL(w, "PX");
    assert_true(looked(w));
    assert_int_equal(world_cso(w, "PX", "1")->partition, 5);
    instant updated = world_cso(w, "PX", "1")->updated;
    p->partition = 6; /* J+25; only the partition follows: nothing to tell */
    world_save_profile(w, p);
    FULL(w, "PX");
    assert_int_equal(w->items.count, 0);
    assert_int_equal(world_cso(w, "PX", "1")->partition, 6);
    assert_true(world_cso(w, "PX", "1")->updated.ticks == updated.ticks);
}

TEST(hash_and_awaiting_export) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    struct cso *o = world_cso(w, "PX", "1");
    struct staged_change change = {.attribute = world_attribute(w, "PX", "title")->id,
                                   .change = CHANGE_UPDATE,
                                   .status = CHANGE_EXPORTED,
                                   .has_value = true,
                                   .attempts = 1,
                                   .value = {.type = TYPE_TEXT, .text = T("y")}};
    struct pending_export p = {.system = o->system, .cso = o->id, .change = EXPORT_UPDATE, .status = EXPORT_EXPORTED};
    p.created = (instant){100}, p.max_retries = 5, p.changes = (struct staged_changes){&change, 1, 1};
    world_write_pe(w, NULL, &p);
    FULL(w, "PX"); /* J+20: the written value has not arrived although the object is as it was */
    check(world_told(w), "1 Updated!ExportNotConfirmed: ExportFailed=1");
    check(world_pe_text(w, o), "Update ExportNotConfirmed title:=y(ExportedNotConfirmed 1)");
    assert_true(text_equal(world_pe(w, o)->changes.at[0].last_imported, T("x")));
    pages(w, "PX", "person;hrId=1;title=y"); /* it arrives later */
    FULL(w, "PX");
    check(world_told(w), "1 Updated: CsoUpdated=2,ExportConfirmed=1");
    check(world_pe_text(w, o), "none");
    assert_int_equal(w->run.counters.pending_exports_confirmed, 1);
}

/* … nor what an error was told of, though nothing waits any more. */
TEST(hash_and_refused_export) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    struct cso *o = world_cso(w, "PX", "1");
    struct pending_export p = {.system = o->system, .cso = o->id, .change = EXPORT_UPDATE, .status = EXPORT_EXPORTED};
    p.created = (instant){100}, p.max_retries = 5;
    *LIST_ADD(w->a, &p.changes) = (struct staged_change){.attribute = world_attribute(w, "PX", "title")->id,
                                                         .change = CHANGE_UPDATE,
                                                         .status = CHANGE_EXPORTED,
                                                         .attempts = 1,
                                                         .has_value = true,
                                                         .value = {.type = TYPE_TEXT, .text = T("y")}};
    world_write_pe(w, NULL, &p);
    FULL(w, "PX");
    check(world_told(w), "1 Updated!ExportNotConfirmed: ExportFailed=1");
    assert_false(has_stamp(w, "PX", "1"));
}

TEST(hash_and_schema) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x;department=d");
    FULL(w, "PX");
    falsify(w, "1");
    struct cs_type *t = world_type_copy(w, "PX", "person");
    for (EACH(struct cs_attribute, at, &t->attributes))
        if (text_equal(at->name, T("department"))) at->selected = false;
    world_save_type(w, t);
    FULL(w, "PX");
    assert_true(looked(w));
    check(world_cs(w, world_cso(w, "PX", "1"), "department"), "-"); /* only selected attributes are stored */
    pages(w, "PX", "person;hrId=2;department=d");
    FULL(w, "PX");
    check(world_cs(w, world_cso(w, "PX", "2"), "department"), "-");
}

TEST(hash_and_errors) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    pages(w, "PX", "!person;hrId=1;title=x;startDate=?");
    FULL(w, "PX");
    check(world_told(w), "1 Updated!ImportAttributeValueError");
    assert_false(has_stamp(w, "PX", "1"));
    FULL(w, "PX"); /* reported each time */
    check(world_told(w), "1 Updated!ImportAttributeValueError");
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    assert_int_equal(w->items.count, 0);
    assert_true(has_stamp(w, "PX", "1"));
}

TEST(hash_and_delta) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x\nperson;hrId=2");
    FULL(w, "PX");
    pages(w, "PX", "person;hrId=1;title=x");
    DELTA(w, "PX");
    assert_true(has_stamp(w, "PX", "1")); /* nothing changed */
    pages(w, "PX", "person;hrId=1;title=y");
    DELTA(w, "PX");
    check(world_told(w), "1 Updated: CsoUpdated=2");
    assert_false(has_stamp(w, "PX", "1"));
    pages(w, "PX", "person;hrId=1;title=x\nperson;hrId=2");
    FULL(w, "PX"); /* and the old hash does not make the change back unseen */
    check(world_told(w), "1 Updated: CsoUpdated=2");
    assert_true(looked(w));
}

/* J+46 */
TEST(unparsed_keeps_stored) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=x;startDate=2026-01-01T00:00:00Z");
    FULL(w, "PX");
    const char *before = world_cs(w, world_cso(w, "PX", "1"), "startDate");
    pages(w, "PX", "!person;hrId=1;title=y;startDate=?");
    FULL(w, "PX");
    check(world_told(w), "1 Updated!ImportAttributeValueError: CsoUpdated=2");
    check(world_cs(w, world_cso(w, "PX", "1"), "startDate"), before);
    check(world_cs(w, world_cso(w, "PX", "1"), "title"), "y");
}

/* ---- 5.3 ---- */

TEST(refusals) {
    struct world *w = *state;
    world_type(w, "PX", "blob", "id:Binary||name");
    pages(w, "PX",
          "person;displayName=Ann\nrobot;hrId=2\nperson;hrId=3;title=a;title=b\nperson;hrId=4;title=a|b\nblob;id=AAAA\n"
          "person;hrId=5;displayName=Eve;mail=x||x|y\nperson;hrId=6|7");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), " NotSet!CouldNotMatchObjectType\n NotSet!MissingExternalIdAttributeValue\n"
                         " NotSet!MissingExternalIdAttributeValue\n3 NotSet!DuplicateImportedAttributes\n"
                         "4 Added!ImportAttributeValueError: CsoAdded\n5 Added: CsoAdded\n"
                         "AAAA NotSet!UnsupportedExternalIdAttributeType");
    check(world_cs(w, world_cso(w, "PX", "5"), "mail"), "x|y"); /* no empty, no repeated values */
    check(world_cs(w, world_cso(w, "PX", "4"), "title"), "-");
    assert_int_equal(world_csos(w, "PX").count, 2);
}

/* Invariant 3: text ids are found without regard to case; a change of case alone is an ordinary update. */
TEST(ids_in_any_case) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=Ann1");
    FULL(w, "PX");
    pages(w, "PX", "person;hrId=ANN1");
    FULL(w, "PX");
    check(world_told(w), "ANN1 Updated: CsoUpdated=2");
    assert_int_equal(world_csos(w, "PX").count, 1);
    assert_non_null(world_cso(w, "PX", "ANN1"));
}

/* A refused object that can be named counts as seen; so does one that the connector refused. */
TEST(refused_is_not_gone) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1;title=a\nperson;hrId=2");
    FULL(w, "PX");
    pages(w, "PX", "person;hrId=1;title=b;title=c\nperson;hrId=3");
    FULL(w, "PX");
    check(world_told(w), "1 NotSet!DuplicateImportedAttributes\n2 Deleted: DeletionDetected\n3 Added: CsoAdded");
    assert_int_equal(world_cso(w, "PX", "1")->status, CSO_NORMAL);
}

/* ---- 5.8, invariant 13 ---- */

TEST(deletions_stay_within) {
    struct world *w = *state;
    world_type(w, "PX", "room", "id||name");
    struct run_profile *p = world_profile(w, "PX", RUN_FULL_IMPORT);
    p->partition = 1;
    world_save_profile(w, p);
    pages(w, "PX", "person;hrId=1\nperson;hrId=2\nroom;id=r1");
    FULL(w, "PX");
    p->partition = 2;
    world_save_profile(w, p);
    pages(w, "PX", "person;hrId=3\nperson;hrId=4");
    FULL(w, "PX");
    check(world_told(w), "3 Added: CsoAdded\n4 Added: CsoAdded");
    pages(w, "PX", "person;hrId=3"); /* only of its own partition */
    FULL(w, "PX");
    check(world_told(w), "4 Deleted: DeletionDetected");
    DELTA(w, "PX"); /* never by a delta import */
    assert_int_equal(w->items.count, 0);
    p->partition = 1;
    world_save_profile(w, p);
    struct cs_type *room = world_type_copy(w, "PX", "room");
    room->selected = false;
    world_save_type(w, room);
    pages(w, "PX", "person;hrId=1"); /* a type that is not selected is frozen */
    FULL(w, "PX");
    check(world_told(w), "2 Deleted: DeletionDetected");
    assert_int_equal(world_cso(w, "PX", "r1")->status, CSO_NORMAL);
    room = world_type_copy(w, "PX", "room");
    room->selected = true;
    world_save_type(w, room);
    FULL(w, "PX"); /* a type of which nothing came is processed as the others */
    check(world_told(w), "r1 Deleted: DeletionDetected");
}

TEST(delta_deletes) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1\nperson;hrId=2");
    FULL(w, "PX");
    pages(w, "PX", "-person;hrId=1\n-person;hrId=9;shoeSize=3");
    DELTA(w, "PX");
    check(world_told(w), "1 Deleted: DeletionDetected");
    assert_int_equal(world_cso(w, "PX", "1")->status, CSO_OBSOLETE);
    DELTA(w, "PX"); /* already obsolete, or never known */
    assert_int_equal(w->items.count, 0);
    pages(w, "PX", "person;hrId=1");
    DELTA(w, "PX"); /* J+5 */
    check(world_told(w), "1 Updated");
    assert_int_equal(world_cso(w, "PX", "1")->status, CSO_NORMAL);
    pages(w, "PX", "person;hrId=abc");
    FULL(w, "PX");
    pages(w, "PX", "-person;hrId=ABC");
    DELTA(w, "PX"); /* invariant 39: the item tells the id of the object, not how the system writes it now */
    check(world_told(w), "abc Deleted: DeletionDetected");
}

/* ---- 6 ---- */

TEST(unresolved_warn_and_ignore) {
    struct world *w = *state;
    world_unresolved(w, "PX", UNRESOLVED_WARN);
    pages(w, "PX", "person;hrId=1;managerId=8\nperson;hrId=2;managerId=9");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "1 Added: CsoAdded\n2 Added: CsoAdded");
    assert_true(text_starts_with(w->run.warning_message, T("2 references")));
    world_unresolved(w, "PX", UNRESOLVED_IGNORE);
    pages(w, "PX", "person;hrId=1;managerId=8\nperson;hrId=3;managerId=9");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    check(world_cs(w, world_cso(w, "PX", "3"), "managerId"), "9");
}

/* J+17: an object without another change is reported, too, each time, and only once for several references. */
TEST(unresolved_without_change) {
    struct world *w = *state;
    pages(w, "AD", "group;objectGUID=22222222-2222-2222-2222-222222222222;distinguishedName=CN=G;member=CN=A|CN=B");
    FULL(w, "AD");
    assert_int_equal(w->run.status, ACTIVITY_FAILED); /* every item has an error (4.3) */
    check(world_told(w), "22222222-2222-2222-2222-222222222222 Added!UnresolvedReference: CsoAdded");
    FULL(w, "AD");
    check(world_told(w), "22222222-2222-2222-2222-222222222222 NotSet!UnresolvedReference");
    assert_int_equal(w->run.counters.errors, 1);
}

/* One id in two types is a guess that nobody makes (invariant 21), unless the attribute declares its type; J+21. */
TEST(ambiguous_and_declared_references) {
    struct world *w = *state;
    world_px_system(w, "R");
    world_type(w, "R", "person", "id||name");
    world_type(w, "R", "room", "id||owner:Reference guest:Reference>person");
    pages(w, "R", "person;id=7\nroom;id=7\nroom;id=8;owner=7;guest=7");
    FULL(w, "R");
    check(world_told(w), "7 Added: CsoAdded\n7 Added: CsoAdded\n8 Added!UnresolvedReference: CsoAdded");
    check(world_cs(w, world_cso(w, "R", "8"), "owner"), "7");
    check(world_cs(w, world_cso(w, "R", "8"), "guest"), ">7");
}

/* J+33 for secondary ids: the target comes later, or takes the name that was waited for. */
TEST(late_resolution_by_secondary_id) {
    struct world *w = *state;
    const char *group = "group;objectGUID=22222222-2222-2222-2222-222222222222;distinguishedName=CN=G;member=cn=Ann|CN=Bob";
    pages(w, "AD", group);
    FULL(w, "AD");
    instant before = world_cso(w, "AD", "CN=G")->updated;
    pages(w, "AD",
          arena_print(w->a, "%s\nuser;objectGUID=11111111-1111-1111-1111-111111111111;distinguishedName=CN=Ann", group).at);
    FULL(w, "AD");
    check(world_cs(w, world_cso(w, "AD", "CN=G"), "member"), ">cn=Ann|CN=Bob");
    assert_true(world_cso(w, "AD", "CN=G")->updated.ticks > before.ticks);
    before = world_cso(w, "AD", "CN=G")->updated;
    pages(w, "AD", "user;objectGUID=33333333-3333-3333-3333-333333333333;distinguishedName=CN=Robert");
    DELTA(w, "AD");
    assert_true(world_cso(w, "AD", "CN=G")->updated.ticks == before.ticks);
    pages(w, "AD", "user;objectGUID=33333333-3333-3333-3333-333333333333;distinguishedName=cn=bob");
    DELTA(w, "AD");
    check(world_cs(w, world_cso(w, "AD", "CN=G"), "member"), ">cn=Ann|>CN=Bob");
    assert_true(world_cso(w, "AD", "CN=G")->updated.ticks > before.ticks);
}

/* Thousands of references renamed, dropped and kept take no time that grows with their square. */
TEST(many_references) {
    struct world *w = *state;
    enum { MANY = 3000 };
    world_unresolved(w, "AD", UNRESOLVED_IGNORE);
    OWNED_VALUE(buffer) users = {.max = 1 << 26}, upper = {.max = 1 << 26}, lower = {.max = 1 << 26};
    for (int i = 0; i < MANY; i++) {
        buffer_print(&users, "user;objectGUID=00000000-0000-0000-0000-%012d;distinguishedName=CN=U%d\n", i, i);
        buffer_print(&upper, "%sCN=U%d", i ? "|" : "", i);
        if (i >= MANY / 2) buffer_print(&lower, "%scn=u%d", i > MANY / 2 ? "|" : "", i);
    }
    buffer_print(&users, "group;objectGUID=22222222-2222-2222-2222-222222222222;distinguishedName=CN=G;member=");
    text all = buffer_as_text(&users), first = buffer_as_text(&upper), second = buffer_as_text(&lower);
    pages(w, "AD", arena_print(w->a, "%.*s%.*s", TEXT_ARG(all), TEXT_ARG(first)).at);
    FULL(w, "AD");
    pages(w, "AD", arena_print(w->a, "%.*s%.*s", TEXT_ARG(all), TEXT_ARG(second)).at);
    FULL(w, "AD"); /* half are gone, the other half only look different */
    check(world_told(w), "22222222-2222-2222-2222-222222222222 Updated: CsoUpdated=1500");
}

/* ---- 5.7, invariants 32, 34 ---- */

TEST(one_object_cannot_be_stored) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1\nperson;hrId=old;title=a");
    FULL(w, "PX");
    world_plant(w, "create trigger t1 before insert on cso when new.key = 'bad' begin select raise(abort, 'no room for it'); end");
    world_plant(w, "create trigger t2 before update on cso_doc when new.doc like '%poison%' begin select raise(abort, 'bad'); end");
    pages(w, "PX",
          "person;hrId=1;title=b\nperson;hrId=bad;displayName=Bad\nperson;hrId=2;managerId=bad\nperson;hrId=old;title=poison");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_ERROR);
    check(world_told(w), "1 Updated: CsoUpdated=1\n2 Added!UnresolvedReference: CsoAdded\nbad NotSet!CsoCreationFailed\n"
                         "old NotSet!UnhandledError");
    assert_int_equal(w->run.counters.added, 1);
    assert_int_equal(w->run.counters.updated, 1);
    check(world_cs(w, world_cso(w, "PX", "old"), "title"), "a");
    world_plant(w, "drop trigger t1");
    world_plant(w, "drop trigger t2");
    FULL(w, "PX");
    check(world_told(w), "bad Added: CsoAdded\nold Updated: CsoUpdated=2");
}

/* ---- Files ---- */

/* A file counts as one page, however long it is: neither of two distant rows wins (5.4). */
TEST(repeated_far_apart) {
    struct world *w = *state;
    OWNED_VALUE(buffer) rows = {.max = 1 << 20};
    for (int i = 0; i < 2500; i++) buffer_print(&rows, "hrId=%d\n", i == 2400 ? 3 : i);
    world_rows(w, "HR", arena_cstring(w->a, buffer_as_text(&rows)));
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE_WITH_WARNING);
    assert_int_equal(w->run.counters.added, 2498);
    assert_int_equal(w->run.counters.errors, 2);
    assert_null(world_cso(w, "HR", "3"));
}

/* The first row is as it was, which only the later one makes wrong; what is stored stays and counts as seen. */
TEST(repeated_though_unchanged) {
    struct world *w = *state;
    OWNED_VALUE(buffer) rows = {.max = 1 << 20};
    for (int i = 0; i < 2500; i++) buffer_print(&rows, "hrId=%d;title=x\n", i);
    world_rows(w, "HR", arena_cstring(w->a, buffer_as_text(&rows)));
    FULL(w, "HR");
    buffer_print(&rows, "hrId=3;title=y\nhrId=2500\n");
    world_rows(w, "HR", arena_cstring(w->a, buffer_as_text(&rows)));
    FULL(w, "HR");
    check(world_told(w), "2500 Added: CsoAdded\n3 NotSet!DuplicateObject\n3 NotSet!DuplicateObject");
    assert_int_equal(w->run.counters.objects, 2502);
    assert_string_equal(world_cs(w, world_cso(w, "HR", "3"), "title"), "x");
    assert_int_equal(world_cso(w, "HR", "3")->status, CSO_NORMAL);
}

static void change_setting(struct world *w, const char *system, int32_t setting, const char *value) {
    struct connected_system s = *world_system(w, system);
    struct setting_values own = {0};
    for (EACH(struct setting_value, v, &s.settings)) {
        struct setting_value *copy = LIST_ADD(w->a, &own);
        *copy = *v;
        if (v->setting == setting) copy->value = text_of(value);
    }
    s.settings = own;
    store_tx *tx = world_begin(w);
    OK(store_save_system(tx, &s));
    world_commit(w, tx);
}

static const char *title_in_hr(struct world *w) { return world_cs(w, world_cso(w, "HR", "1"), "title"); }

/* A row with the same bytes, read in the same way, is not looked at. */
TEST(rows_by_their_print) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1;title=x");
    FULL(w, "HR");
    assert_true(has_stamp(w, "HR", "1"));
    falsify_in(w, "HR", "1");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.objects, 1);
    assert_string_not_equal(title_in_hr(w), "x");
    change_setting(w, "HR", FILE_CULTURE, "de-DE");
    FULL(w, "HR");
    assert_string_equal(title_in_hr(w), "x");
    falsify_in(w, "HR", "1");
    struct run_profile *p = world_profile(w, "HR", RUN_FULL_IMPORT);
    p->verify_hashes = true;
    world_save_profile(w, p);
    FULL(w, "HR");
    check(world_told(w), "1 Updated!ImportHashVerificationFailed: CsoUpdated=1");
    assert_string_equal(title_in_hr(w), "x");
}

/* Rows behind the one that ended the import were not read: nothing is taken for deleted. */
TEST(stop_on_first_error) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1\nhrId=2\nhrId=3");
    FULL(w, "HR");
    change_setting(w, "HR", FILE_STOP_ON_FIRST_ERROR, "true");
    world_rows(w, "HR", "hrId=1;title=x\nhrId=2;startDate=tomorrow\nhrId=4");
    assert_int_equal(FULL(w, "HR"), ACTIVITY_FAILED);
    check(world_told(w), "1 Updated: CsoUpdated=1\n2 Updated!ImportAttributeValueError");
    assert_int_equal(world_cso(w, "HR", "3")->status, CSO_NORMAL);
    assert_null(world_cso(w, "HR", "4"));
}

/* ---- 4.2 ---- */

TEST(phases) {
    struct world *w = *state;
    world_rows(w, "HR", "hrId=1");
    FULL(w, "HR");
    check(world_phases(w), "import.connect=Completed import.fetch=Completed import.process=Completed import.deletions=Completed "
                           "import.references=Completed import.save=Completed import.reconcile=Completed import.record=Completed "
                           "connector:read=Completed");
    pages(w, "PX", "person;hrId=1");
    DELTA(w, "PX");
    check(world_phases(w), "import.connect=Completed import.fetch=Completed import.process=Completed import.deletions=Skipped "
                           "import.references=Completed import.save=Completed import.reconcile=Completed import.record=Completed");
    px_of("PX")->fail_to_open = true;
    assert_int_equal(DELTA(w, "PX"), ACTIVITY_FAILED);
    check(world_phases(w), "import.connect=Failed import.fetch=Skipped import.process=Skipped import.deletions=Skipped "
                           "import.references=Skipped import.save=Skipped import.reconcile=Skipped import.record=Skipped");
}

/* A connector that breaks off: what came stays, nothing is deleted, no watermark (5.2 no. 3, 8). */
TEST(broken_off) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=0");
    FULL(w, "PX");
    px_of("PX")->watermark = "new";
    px_of("PX")->warning = "The server asked to read it all.";
    px_of("PX")->fail_at_page = 2;
    pages(w, "PX", "person;hrId=1;managerId=2");
    px_page(w, "PX", "person;hrId=2");
    assert_int_equal(FULL(w, "PX"), ACTIVITY_FAILED);
    check(world_told(w), "1 Added!UnresolvedReference: CsoAdded");
    assert_true(text_find(w->run.error_message, T("broke off")) != SIZE_MAX);
    assert_int_equal(world_cso(w, "PX", "0")->status, CSO_NORMAL);
    check(world_persisted(w, "PX"), "");
    assert_true(px_of("PX")->closed);
    px_of("PX")->fail_at_page = 0; /* invariant 37 */
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE_WITH_WARNING);
    check(world_told(w), "0 Deleted: DeletionDetected\n2 Added: CsoAdded");
    assert_true(text_find(w->run.warning_message, T("read it all")) != SIZE_MAX);
    check(world_persisted(w, "PX"), "new");
}

/* Counters of a running activity never decrease (invariant 47), and pages are seen while it runs. */
static int64_t last_added;
static void look_at_counters(struct world *w, int page) {
    OWNED(arena) a = arena_new(16 << 20);
    OWNED(store_tx) tx = NULL;
    struct activities list = {0};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_activities(tx, a, &(struct activity_query){.parent = -1, .has_children = -1, .limit = 10}, &list, &total));
    assert_int_equal(list.at[0].counters.added, page - 1);
    assert_true(list.at[0].counters.added >= last_added);
    last_added = list.at[0].counters.added;
}

TEST(counters_grow) {
    struct world *w = *state;
    last_added = 0;
    px_of("PX")->at_page = look_at_counters;
    for (int i = 0; i < 5; i++) px_page(w, "PX", arena_print(w->a, "person;hrId=%d", i).at);
    assert_int_equal(FULL(w, "PX"), ACTIVITY_COMPLETE);
    assert_int_equal(w->run.counters.added, 5);
    assert_int_equal(last_added, 4);
}

/* Without outcomes the counters come from the kind of change (22.4). */
TEST(no_tracking) {
    struct world *w = *state;
    world_setting(w, "ChangeTracking.SyncOutcomes.Level", "None");
    pages(w, "PX", "person;hrId=1\nperson;hrId=2");
    FULL(w, "PX");
    check(world_told(w), "1 Added\n2 Added");
    assert_int_equal(w->run.counters.added, 2);
    pages(w, "PX", "person;hrId=1;title=x");
    FULL(w, "PX");
    check(world_told(w), "1 Updated\n2 Deleted");
    assert_int_equal(w->run.counters.updated, 1);
    assert_int_equal(w->run.counters.deleted, 1);
}

/* A refused row of a known object leads to it. */
TEST(refused_names_its_object) {
    struct world *w = *state;
    pages(w, "PX", "person;hrId=1");
    FULL(w, "PX");
    pages(w, "PX", "person;hrId=1;title=a;title=b");
    FULL(w, "PX");
    assert_true(w->items.at[0].cso == world_cso(w, "PX", "1")->id);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        CASE(hash_skips),
        CASE(hash_verification),
        CASE(hash_and_partition),
        CASE(hash_and_awaiting_export),
        CASE(hash_and_refused_export),
        CASE(hash_and_schema),
        CASE(hash_and_errors),
        CASE(hash_and_delta),
        CASE(unparsed_keeps_stored),
        CASE(refusals),
        CASE(ids_in_any_case),
        CASE(refused_is_not_gone),
        CASE(deletions_stay_within),
        CASE(delta_deletes),
        CASE(unresolved_warn_and_ignore),
        CASE(unresolved_without_change),
        CASE(ambiguous_and_declared_references),
        CASE(late_resolution_by_secondary_id),
        CASE(many_references),
        CASE(one_object_cannot_be_stored),
        CASE(repeated_far_apart),
        CASE(repeated_though_unchanged),
        CASE(rows_by_their_print),
        CASE(stop_on_first_error),
        CASE(phases),
        CASE(broken_off),
        CASE(counters_grow),
        CASE(no_tracking),
        CASE(refused_names_its_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
