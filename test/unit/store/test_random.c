/* Random changes to connected objects and identities: what is read equals a model in memory, and the check stays clean. */
#include "world.h"

#include <stdlib.h>

enum { OBJECTS = 40, ROUNDS = 60, CHANGES = 12 };

/* A small generator of our own, so that a failure can be repeated. */
static uint64_t seed = 88172645463325252u;
static uint32_t below(uint32_t n) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % n);
}

struct model {
    struct cso *csos[OBJECTS];
    struct mvo *mvos[OBJECTS];
};

static text word(struct world *w) {
    static const char *const words[] = {"Ann",
                                        "ANN",
                                        "ann",
                                        "Größe",
                                        "GRÖSSE",
                                        "",
                                        "a\"b\\c\n",
                                        "\x01"
                                        "blob:x",
                                        "Straße",
                                        "İstanbul"};
    uint32_t n = below(14);
    if (n < 10) return text_of(words[n]);
    if (n < 12) return arena_print(w->a, "w%u", below(30));
    size_t len = 150 + below(200);
    if (below(4) == 0) len = 4097 + below(3000);
    char *at = arena_bytes(w->a, len);
    memset(at, 'a' + (int)below(3), len);
    return (text){at, len};
}

static void add_unique(struct world *w, struct attributes *list, int32_t attribute, struct value v) {
    struct values *set = put(w->a, list, attribute);
    values_add(w->a, set, v);
}

static struct cso *random_cso(struct world *w, const struct cso *before, int index) {
    struct cso *o = person(w, arena_print(w->a, "%s%d", below(2) ? "E" : "e", index), below(4) ? word(w) : (text){0});
    if (before) o->id = before->id;
    o->partition = (int32_t)below(3);
    o->status = below(5) ? CSO_NORMAL : CSO_OBSOLETE;
    o->updated.ticks = below(1000);
    o->sync_failed = below(2);
    for (uint32_t n = below(6); n; n--) add_unique(w, &o->values, w->mail, (struct value){.type = TYPE_TEXT, .text = word(w)});
    if (below(2)) put_raw(w->a, &o->values, w->manager, arena_print(w->a, "e%u", below(OBJECTS + 5)));
    return o;
}

static struct mvo *random_mvo(struct world *w, const struct mvo *before, struct model *m) {
    struct mvo *o = identity(w, word(w));
    if (before) o->id = before->id, o->version = before->version;
    if (below(2)) put_text(w->a, &o->values, w->mv_employee, word(w));
    for (uint32_t n = below(4); n; n--) add_unique(w, &o->values, w->mv_mails, (struct value){.type = TYPE_TEXT, .text = word(w)});
    const struct mvo *boss = m->mvos[below(OBJECTS)];
    if (boss && below(2)) put_target(w->a, &o->values, w->mv_manager, boss->id);
    if (below(6) == 0) /* a large set */
        for (int i = 0; i < 1200; i++) {
            const struct mvo *other = m->mvos[below(OBJECTS)];
            struct value v = {.type = TYPE_REFERENCE, .reference.target = other ? other->id : o->id};
            add_unique(w, &o->values, w->mv_members, v);
        }
    return o;
}

static void same_values(const struct attributes *got, const struct attributes *expected) {
    size_t n = 0;
    for (EACH(const struct values, set, expected)) {
        if (!set->count) continue;
        n++;
        const struct values *other = attributes_find(got, set->attribute);
        assert_non_null(other);
        assert_int_equal(other->count, set->count);
        for (size_t i = 0; i < set->count; i++) {
            const struct value *a = &set->at[i], *b = &other->at[i];
            if (a->type == TYPE_REFERENCE && !text_is_null(a->reference.raw))
                ASSERT_TEXT(b->reference.raw, a->reference.raw);
            else
                assert_true(value_equal(a, b));
        }
    }
    assert_int_equal(got->count, n);
}

static void change_csos(struct world *w, struct model *m, store_tx *tx) {
    struct cso_changes changes = {0};
    bool used[OBJECTS] = {false};
    for (int n = 0; n < CHANGES; n++) {
        int i = (int)below(OBJECTS);
        if (used[i]) continue;
        used[i] = true;
        struct cso *before = m->csos[i], *after = before && below(4) == 0 ? NULL : random_cso(w, before, i);
        *LIST_ADD(w->a, &changes) = (struct cso_change){before, after, true};
        m->csos[i] = after;
    }
    OK(store_write_csos(tx, w->c, &changes));
}

/* Who is referred to is not deleted here: the engine withdraws references first. */
static void change_mvos(struct world *w, struct model *m, store_tx *tx) {
    OWNED_VALUE(buffer) room = {.max = 1 << 20};
    struct mvo_changes changes = {0};
    bool used[OBJECTS] = {false};
    for (int n = 0; n < CHANGES; n++) {
        int i = (int)below(OBJECTS);
        if (used[i]) continue;
        used[i] = true;
        struct mvo *before = m->mvos[i], *after = random_mvo(w, before, m);
        struct mvo_change *k = LIST_ADD(w->a, &changes);
        *k = (struct mvo_change){before, after};
        /* some rows are worked out before their turn, where nothing is large */
        if (!before && below(2) == 0) k->prepared = store_prepare_mvo(w->a, w->c, &room, after);
    }
    OK(store_write_mvos(tx, w->c, &changes));
    for (EACH(struct mvo_change, change, &changes)) {
        struct mvo *after = (struct mvo *)(uintptr_t)change->after;
        if (change->before) after->version++;
        int at = -1;
        for (int i = 0; i < OBJECTS && at < 0; i++)
            if (change->before ? m->mvos[i] == change->before : !m->mvos[i]) at = i;
        m->mvos[at] = after;
    }
}

static void compare(struct world *w, const struct model *m) {
    for (int i = 0; i < OBJECTS; i++) {
        if (m->csos[i]) {
            const struct cso *got = load_cso(w, m->csos[i]->id);
            assert_non_null(got);
            ASSERT_TEXT(got->external_id, m->csos[i]->external_id);
            assert_int_equal(got->status, m->csos[i]->status);
            assert_int_equal(got->updated.ticks, m->csos[i]->updated.ticks);
            same_values(&got->values, &m->csos[i]->values);
            const struct value *manager = attributes_first(&got->values, w->manager);
            for (int k = 0; manager && k < OBJECTS; k++) {
                bool meant = text_equal(manager->reference.raw, arena_print(w->a, "e%d", k));
                if (meant) assert_int_equal(manager->reference.target, m->csos[k] ? m->csos[k]->id : 0);
            }
        }
        if (m->mvos[i]) {
            const struct mvo *got = load_mvo(w, m->mvos[i]->id);
            assert_non_null(got);
            assert_int_equal(got->version, m->mvos[i]->version);
            same_values(&got->values, &m->mvos[i]->values);
        }
    }
}

static void test_random(void **state) {
    struct world *w = *state;
    struct model m = {0};
    for (int round = 0; round < ROUNDS; round++) {
        OWNED(store_tx) tx = NULL;
        struct model before = m;
        OK(store_write(w->s, STORE_BULK, &tx));
        change_csos(w, &m, tx);
        change_mvos(w, &m, tx);
        if (below(5)) {
            OK(store_commit(tx));
        } else {
            for (int i = 0; i < OBJECTS; i++) /* the versions of the model went up */
                if (before.mvos[i] && m.mvos[i] != before.mvos[i])
                    assert_int_equal(m.mvos[i]->version, before.mvos[i]->version + 1);
            m = before; /* rolled back */
        }
        store_end(TAKE(tx));
        if (round % 10 != 9) continue;
        compare(w, &m);
        struct texts findings = world_check(w);
        for (EACH(const text, f, &findings)) print_message("%.*s\n", TEXT_ARG(*f));
        assert_int_equal(findings.count, 0);
    }
}

/* Lists for people agree with the objects. */
static void test_lists(void **state) {
    struct world *w = *state;
    static const char *const names[] = {"delta", "Alpha", "charlie", "Bravo", "Écho"};
    int64_t ids[5];
    for (int i = 0; i < 5; i++) {
        struct cso *o = person(w, arena_print(w->a, "Key%d", 9 - i), text_of(names[i]));
        if (i == 2) o->status = CSO_OBSOLETE;
        write_cso(w, NULL, o);
        struct mvo *m = identity(w, text_of(names[i]));
        put_text(w->a, &m->values, w->mv_employee, arena_print(w->a, "N%d", i / 2));
        ids[i] = m->id;
        write_mvo(w, NULL, m);
    }
    OWNED(store_tx) tx = NULL;
    OK(store_read(w->s, &tx));
    struct csos csos = {0};
    int64_t total;
    struct object_query q = {.system = w->hr, .status = -1, .join = -1, .limit = 2, .sort = 2};
    OK(store_list_csos(tx, w->a, w->c, &q, &csos, &total));
    assert_int_equal(total, 5);
    assert_int_equal(csos.count, 2);
    ASSERT_TEXT(cso_display_name(w->a, w->c, &csos.at[0]), T("Alpha"));
    q = (struct object_query){.system = w->hr, .status = -1, .join = -1, .limit = 9, .sort = 3, .descending = true};
    csos.count = 0;
    OK(store_list_csos(tx, w->a, w->c, &q, &csos, &total));
    ASSERT_TEXT(csos.at[0].external_id, T("Key9"));
    q.search = T("ÉCH");
    csos.count = 0;
    OK(store_list_csos(tx, w->a, w->c, &q, &csos, &total));
    assert_int_equal(total, 1);
    q.search = T("KEY");
    q.status = CSO_OBSOLETE;
    q.type = w->person;
    q.unjoined_only = true;
    csos.count = 0;
    OK(store_list_csos(tx, w->a, w->c, &q, &csos, &total));
    assert_int_equal(total, 1);
    q.search = T("%"); /* literal */
    OK(store_list_csos(tx, w->a, w->c, &q, &csos, &total));
    assert_int_equal(total, 0);

    struct mvos mvos = {0};
    q = (struct object_query){.type = w->mv_user, .sort = 2, .limit = 3, .descending = true};
    OK(store_list_mvos(tx, w->a, w->c, &q, &mvos, &total));
    assert_int_equal(total, 5);
    assert_int_equal(mvos.at[0].id, ids[4]); /* Écho is behind all others: bytewise */
    assert_int_equal(mvos.at[1].id, ids[0]);
    mvos.count = 0;
    q = (struct object_query){.limit = 3, .offset = 4};
    OK(store_list_mvos(tx, w->a, w->c, &q, &mvos, &total));
    assert_int_equal(total, 5);
    assert_int_equal(mvos.count, 1);
    assert_int_equal(mvos.at[0].id, ids[4]);
    mvos.count = 0;
    q = (struct object_query){.search = T("ALPH"), .limit = 3};
    OK(store_list_mvos(tx, w->a, w->c, &q, &mvos, &total));
    assert_int_equal(total, 1);
    assert_int_equal(mvos.at[0].id, ids[1]);
    for (int scanned = 0; scanned < 2; scanned++) { /* by index row, then by documents */
        mvos.count = 0;
        q = (struct object_query){
            .type = scanned ? 0 : w->mv_user, .filter_attribute = w->mv_employee, .filter_value = T("n0"), .limit = 9};
        OK(store_list_mvos(tx, w->a, w->c, &q, &mvos, &total));
        assert_int_equal(total, 2);
        assert_int_equal(mvos.at[1].id, ids[1]);
    }
    mvos.count = 0;
    q = (struct object_query){.type = w->mv_group, .sort = 2, .limit = 3};
    OK(store_list_mvos(tx, w->a, w->c, &q, &mvos, &total));
    assert_int_equal(total, 0);
}

int main(void) {
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random, world_open, world_close),
        cmocka_unit_test_setup_teardown(test_lists, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
