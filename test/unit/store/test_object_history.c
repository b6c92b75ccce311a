/* What the store keeps of changes (sync-engine §21, invariants 39 and 40): with the object or not at all, small, findable,
 * forgotten. */
#include "world.h"

enum { ACTIVITY = 77, ITEM = 5 };

static void write_as(struct world *w, const struct history_note *note, const struct cso *before, const struct cso *after) {
    OWNED(store_tx) tx = NULL;
    struct cso_change change = {before, after, true, OBJECT_NOT_SET, ITEM};
    OK(store_write(w->s, STORE_BULK, &tx));
    store_note(tx, note);
    OK(store_write_csos(tx, w->c, &(struct cso_changes){&change, 1, 1}));
    OK(store_commit(tx));
}

static const struct history_note tracked = {.activity = ACTIVITY, .at = {1000}, .csos = true, .mvos = true};
static const struct history_note *at(int64_t ticks) {
    static struct history_note note;
    note = tracked;
    note.at.ticks = ticks;
    return &note;
}

static struct change_records records_of(struct world *w, enum history_of of, int64_t object) {
    OWNED(store_tx) tx = NULL;
    struct change_records out = {0};
    struct change_query q = {.of = of, .object = object, .limit = 100};
    int64_t total;
    OK(store_read(w->s, &tx));
    OK(store_object_history(tx, w->a, w->c, &q, &out, &total));
    assert_int_equal(total, out.count);
    return out;
}

static const struct value_change *of_attribute(const struct change_record *k, int32_t attribute) {
    for (EACH(const struct value_change, change, &k->changes))
        if (change->attribute == attribute) return change;
    return NULL;
}

static void assert_text(const struct values *set, const char *expected) {
    assert_int_equal(set->count, 1);
    assert_int_equal(set->at[0].text.len, strlen(expected));
    assert_memory_equal(set->at[0].text.at, expected, strlen(expected));
}

static struct cso *renamed(struct world *w, const struct cso *o, const char *name) {
    struct cso *after = ARENA_NEW(w->a, struct cso);
    *after = *o;
    after->values = attributes_copy(w->a, &o->values);
    attributes_remove(&after->values, w->name);
    put_text(w->a, &after->values, w->name, text_of(name));
    return after;
}

static void test_an_object_from_its_first_to_its_last_value(void **state) {
    struct world *w = *state;
    struct cso *first = person(w, T("1"), T("Ann"));
    write_as(w, at(1000), NULL, first);
    struct cso *second = renamed(w, first, "Anna"), *third = renamed(w, first, "Ann-Marie");
    write_as(w, at(2000), first, second);
    write_as(w, at(3000), second, third);
    struct change_records k = records_of(w, HISTORY_OF_CSO, first->id);
    assert_int_equal(k.count, 3);
    assert_int_equal(k.at[2].change, OBJECT_ADDED);
    assert_int_equal(k.at[2].item, ITEM);
    assert_int_equal(k.at[2].activity, ACTIVITY);
    assert_text(&of_attribute(&k.at[2], w->name)->added, "Ann");
    assert_text(&of_attribute(&k.at[1], w->name)->removed, "Ann");
    assert_text(&of_attribute(&k.at[1], w->name)->added, "Anna");
    assert_text(&of_attribute(&k.at[0], w->name)->added, "Ann-Marie");
    assert_int_equal(k.at[0].changes.count, 1);
    write_as(w, at(4000), third, NULL);
    k = records_of(w, HISTORY_OF_CSO, first->id);
    assert_int_equal(k.count, 4);
    assert_int_equal(k.at[0].change, OBJECT_DELETED);
    assert_text(&of_attribute(&k.at[0], w->name)->removed, "Ann-Marie");
    assert_text(&of_attribute(&k.at[3], w->name)->added, "Ann");
    assert_false(k.at[3].unknown);
}

static struct tombstones graves(struct world *w, struct tombstone_query q) {
    OWNED(store_tx) tx = NULL;
    struct tombstones out = {0};
    int64_t total;
    q.limit = 10;
    OK(store_read(w->s, &tx));
    OK(store_tombstones(tx, w->a, &q, &out, &total));
    assert_int_equal(total, out.count);
    return out;
}

static void test_deleted_objects_keep_their_names(void **state) {
    struct world *w = *state;
    struct cso *o = person(w, T("A-17"), T("Zo\xc3\xab"));
    struct mvo *m = identity(w, T("Zo\xc3\xab"));
    OWNED(store_tx) tx = NULL;
    struct mvo_change made = {.after = m}, gone = {.before = m};
    write_as(w, at(1000), NULL, o);
    write_as(w, at(2000), o, NULL);
    OK(store_write(w->s, STORE_BULK, &tx));
    store_note(tx, at(3000));
    OK(store_write_mvos(tx, w->c, &(struct mvo_changes){&made, 1, 1}));
    OK(store_write_mvos(tx, w->c, &(struct mvo_changes){&gone, 1, 1}));
    OK(store_commit(tx));
    struct tombstones found = graves(w, (struct tombstone_query){.of = HISTORY_OF_CSO, .owner = w->hr, .search = T("a-1")});
    assert_int_equal(found.count, 1);
    assert_int_equal(found.at[0].object, o->id);
    assert_true(text_equal(found.at[0].external_id, T("A-17")) && text_equal(found.at[0].type_name, T("person")));
    assert_int_equal(graves(w, (struct tombstone_query){.of = HISTORY_OF_CSO, .owner = w->ad}).count, 0);
    assert_int_equal(graves(w, (struct tombstone_query){.of = HISTORY_OF_CSO, .from = {2001}}).count, 0);
    found = graves(w, (struct tombstone_query){.of = HISTORY_OF_MVO, .search = T("ZO\xc3\x8b")});
    assert_int_equal(found.count, 1);
    assert_int_equal(found.at[0].owner, w->mv_user);
}

static void test_a_write_that_fails_leaves_no_history(void **state) {
    struct world *w = *state;
    struct cso *o = person(w, T("1"), T("Ann"));
    OWNED(store_tx) tx = NULL;
    struct cso_change change = {.after = o, .values_changed = true};
    OK(store_write(w->s, STORE_BULK, &tx));
    store_note(tx, &tracked);
    OK(store_write_csos(tx, w->c, &(struct cso_changes){&change, 1, 1}));
    store_end(TAKE(tx));
    assert_int_equal(records_of(w, HISTORY_OF_CSO, o->id).count, 0);
}

static void test_what_went_unrecorded_is_not_guessed(void **state) {
    struct world *w = *state;
    struct cso *first = person(w, T("1"), T("Ann")), *second = renamed(w, first, "Anna"), *third = renamed(w, first, "Bea");
    write_as(w, at(1000), NULL, first);
    write_as(w, &(struct history_note){.activity = ACTIVITY, .at = {2000}}, first, second);
    write_as(w, at(instant_now().ticks), second, third);
    struct change_records k = records_of(w, HISTORY_OF_CSO, first->id);
    assert_int_equal(k.count, 2);
    assert_true(k.at[1].unknown);
    assert_int_equal(k.at[1].changes.count, 0);
    assert_text(&of_attribute(&k.at[0], w->name)->removed, "Anna");
}

static int64_t count_of(struct world *w, int32_t system) {
    OWNED(store_tx) tx = NULL;
    int64_t n;
    OK(store_read(w->s, &tx));
    OK(store_change_records(tx, system, &n));
    return n;
}

static void test_old_rows_are_forgotten_with_their_counts(void **state) {
    struct world *w = *state;
    struct cso *old = person(w, T("1"), T("Ann")), *young = person(w, T("2"), T("Bea"));
    write_as(w, at(1000), NULL, old);
    write_as(w, at(2000), old, NULL);
    write_as(w, at(9000), NULL, young);
    assert_int_equal(count_of(w, w->hr), 3);
    OWNED(store_tx) tx = NULL;
    struct forgotten some;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_forget_history(tx, HISTORY_OF_CSO, (instant){5000}, 100, &some));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    assert_int_equal(some.rows, 2);
    assert_int_equal(some.oldest.ticks, 1000);
    assert_int_equal(some.newest.ticks, 2000);
    assert_int_equal(count_of(w, w->hr), 1);
    assert_int_equal(graves(w, (struct tombstone_query){.of = HISTORY_OF_CSO}).count, 0);
    assert_int_equal(records_of(w, HISTORY_OF_CSO, young->id).count, 1);
    OK(store_write(w->s, STORE_API, &tx));
    int64_t rows;
    OK(store_forget_system_history(tx, w->hr, 100, &rows));
    OK(store_commit(tx));
    assert_int_equal(rows, 1);
    assert_int_equal(count_of(w, w->hr), 0);
}

/* Invariant 40's other side: `joinery check` sees where history and objects part. */
static void test_the_check_finds_what_does_not_fit(void **state) {
    struct world *w = *state;
    struct cso *first = person(w, T("1"), T("Ann")), *second = renamed(w, first, "Anna");
    write_as(w, at(1000), NULL, first);
    write_as(w, at(2000), first, second);
    assert_int_equal(world_check(w).count, 0);
    plant(w, "update cso_history set doc = replace(doc, 'Anna', 'Otto') where doc is not null");
    assert_int_equal(world_check(w).count, 1);
    plant(w, "update cso_history set doc = '{broken' where doc is not null");
    assert_int_equal(world_check(w).count, 1);
    plant(w, "delete from cso_history where doc is not null");
    assert_int_equal(world_check(w).count, 1); /* the count of the system */
    plant(w, "update tally set objects = 1 where kind = 4");
    assert_int_equal(world_check(w).count, 0);
}

#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(test_an_object_from_its_first_to_its_last_value), HISTORY_TEST(test_deleted_objects_keep_their_names),
        HISTORY_TEST(test_a_write_that_fails_leaves_no_history),       HISTORY_TEST(test_what_went_unrecorded_is_not_guessed),
        HISTORY_TEST(test_old_rows_are_forgotten_with_their_counts),   HISTORY_TEST(test_the_check_finds_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
