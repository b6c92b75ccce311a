/* An index that is built in parts: others write in between, a kill costs at most a part, and it is used only when it is whole. */
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OBJECTS = 4500, BATCH = 500, ROUNDS = 4 };

static int32_t title;

static struct mvo *made(struct world *w, int64_t id, const char *value) {
    struct mvo *m = ARENA_NEW(w->a, struct mvo);
    *m = (struct mvo){.id = id, .type = w->mv_user, .created = {1}, .version = 1};
    put_text(w->a, &m->values, w->mv_name, T("somebody"));
    put_text(w->a, &m->values, title, arena_text(w->a, text_of(value)));
    return m;
}

/* In a session of another priority than the one that builds. */
static void write_one(struct world *w, struct mvo *before, struct mvo *after) {
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_write_mvos(tx, w->c, &(struct mvo_changes){&(struct mvo_change){before, after}, 1, 1}));
    OK(store_commit(tx));
}

static void change_one(struct world *w, int64_t id, const char *to) {
    struct mvo *after = made(w, id, to);
    after->version = 2;
    write_one(w, made(w, id, "clerk"), after);
}

/* Many objects with an attribute that has no index; returns the first. */
static int64_t fill(struct world *w) {
    int64_t first;
    OWNED(store_tx) tx = NULL;
    struct mv_attribute m = {.name = T("Title of parts"), .type = TYPE_TEXT, .created = {1}};
    *LIST_ADD(w->a, &m.object_types) = w->mv_user;
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_mv_attribute(tx, &m));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    title = m.id;
    world_configuration(w);
    OK(store_ids(w->s, IDS_MVO, OBJECTS, &first));
    for (int64_t from = 0; from < OBJECTS; from += BATCH) {
        struct mvo_changes changes = {0};
        for (int64_t i = from; i < from + BATCH; i++) LIST_ADD(w->a, &changes)->after = made(w, first + i, "clerk");
        OK(store_write(w->s, STORE_BULK, &tx));
        OK(store_write_mvos(tx, w->c, &changes));
        OK(store_commit(tx));
        store_end(TAKE(tx));
    }
    return first;
}

static bool part(struct world *w) {
    bool done = false;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_index_mv_part(tx, title, &done));
    OK(store_commit(tx));
    return done;
}

static size_t found(struct world *w, const char *value) {
    struct match_hits hits = {0};
    OWNED(store_tx) tx = NULL;
    OK(store_read(w->s, &tx));
    OK(store_match_mvos(tx, w->a, &(struct match_query){w->mv_user, title, text_of(value)}, 1, &hits));
    return hits.count;
}

static void expect_sound(struct world *w) {
    struct texts findings = world_check(w);
    for (EACH(const text, f, &findings)) print_message("%.*s\n", TEXT_ARG(*f));
    assert_int_equal(findings.count, 0);
}

static const struct mv_attribute *attribute(struct world *w) {
    world_configuration(w);
    return config_mv_attribute(w->c, title);
}

static void writers_get_in_between(void **state) {
    struct world *w = *state;
    int64_t first = fill(w), to = 0;
    int parts = 0;
    while (!part(w)) {
        const struct mv_attribute *m = attribute(w);
        assert_false(m->indexed);
        assert_true(m->indexed_to > to);
        to = m->indexed_to;
        change_one(w, first + parts, "changed");               /* it has its rows already */
        change_one(w, first + OBJECTS - 1 - parts, "changed"); /* at first it has none */
        write_one(w, made(w, first + 100 + parts, "clerk"), NULL);
        write_one(w, made(w, first + OBJECTS - 100 - parts, "clerk"), NULL);
        int64_t fresh;
        OK(store_ids(w->s, IDS_MVO, 1, &fresh));
        write_one(w, NULL, made(w, fresh, "new"));
        expect_sound(w);
        parts++;
    }
    assert_true(parts >= 2);
    assert_true(attribute(w)->indexed);
    assert_int_equal(attribute(w)->indexed_to, 0);
    expect_sound(w);
    assert_int_equal(found(w, "changed"), 2 * parts);
    assert_int_equal(found(w, "new"), parts);
    assert_int_equal(found(w, "clerk"), OBJECTS - 4 * parts);
    assert_true(part(w)); /* nothing is left to do */
}

/* Who needs the index at once gets the rest of it in one session, and dropping it takes all rows. */
static void the_rest_at_once_and_dropped(void **state) {
    struct world *w = *state;
    OWNED(store_tx) tx = NULL;
    fill(w);
    assert_false(part(w));
    for (int indexed = 1; indexed >= 0; indexed--) {
        struct mv_attribute changed = *attribute(w);
        changed.indexed = indexed;
        OK(store_write(w->s, STORE_API, &tx));
        OK(store_save_mv_attribute(tx, &changed));
        OK(store_commit(tx));
        store_end(TAKE(tx));
        assert_int_equal(attribute(w)->indexed_to, 0);
        expect_sound(w);
        if (indexed) assert_int_equal(found(w, "clerk"), OBJECTS);
    }
}

static bool cs_part(struct world *w, int32_t id) {
    bool done = false;
    OWNED(store_tx) tx = NULL;
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_index_cs_part(tx, id, &done));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    return done;
}

/* Objects of a connected system, some of which are written between the parts. */
static void connected_objects_too(void **state) {
    struct world *w = *state;
    OWNED(store_tx) tx = NULL;
    struct cs_attribute fresh = {.type_id = w->person, .name = T("title"), .type = TYPE_TEXT};
    OK(store_write(w->s, STORE_API, &tx));
    OK(store_save_cs_attribute(tx, &fresh));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    struct cso_changes changes = {0};
    for (int i = 0; i < 2100; i++) {
        struct cso *o = person(w, arena_print(w->a, "P%d", i), T("Ann"));
        put_text(w->a, &o->values, fresh.id, T("clerk"));
        *LIST_ADD(w->a, &changes) = (struct cso_change){NULL, o, true};
    }
    OK(store_write(w->s, STORE_BULK, &tx));
    OK(store_write_csos(tx, w->c, &changes));
    OK(store_commit(tx));
    store_end(TAKE(tx));
    assert_false(cs_part(w, fresh.id));
    assert_false(config_cs_attribute(w->c, fresh.id)->indexed);
    assert_true(config_cs_attribute(w->c, fresh.id)->indexed_to > 0);
    expect_sound(w);
    write_cso(w, changes.at[5].after, NULL);
    write_cso(w, changes.at[2090].after, NULL);
    expect_sound(w);
    assert_true(cs_part(w, fresh.id));
    assert_true(config_cs_attribute(w->c, fresh.id)->indexed);
    expect_sound(w);
}

static void build_and_tell(struct world *w, int out) {
    OK(store_open(&(struct store_options){text_of(w->url), -1, false}, &w->s));
    for (bool done = false; !done;) {
        done = part(w);
        int64_t to = done ? INT64_MAX : attribute(w)->indexed_to;
        if (write(out, &to, sizeof to) != sizeof to) _exit(1);
    }
    _exit(0);
}

/* kill -9 while it is built: what was committed stays, and the next start goes on behind it. */
static void a_kill_costs_a_part(void **state) {
    struct world *w = *state;
    fill(w);
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        config_release(w->c);
        w->c = NULL;
        store_close(w->s);
        w->s = NULL;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) build_and_tell(w, ends[1]);
        close(ends[1]);
        int64_t told = 0, last = 0;
        if (round % 2 == 0 && read(ends[0], &told, sizeof told) == sizeof told) last = told; /* a part was committed */
        usleep((useconds_t)(round * 7001));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &told, sizeof told) == sizeof told) last = told;
        close(ends[0]);
        world_reopen(w);
        expect_sound(w);
        const struct mv_attribute *m = attribute(w);
        assert_true(m->indexed || m->indexed_to >= last);
    }
    while (!part(w)) {}
    expect_sound(w);
    assert_int_equal(found(w, "clerk"), OBJECTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writers_get_in_between, world_open, world_close),
        cmocka_unit_test_setup_teardown(the_rest_at_once_and_dropped, world_open, world_close),
        cmocka_unit_test_setup_teardown(connected_objects_too, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_kill_costs_a_part, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
