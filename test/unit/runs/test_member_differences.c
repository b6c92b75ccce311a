/* Changes of large sets travel as differences (sync-engine §23, §29): whatever happens, the outcome is that of whole sets. */
#include "base/metrics.h"
#include "px.h"

#include <stdio.h>
#include <stdlib.h>

enum { PEOPLE = 1300, BIG = 1100, STEPS = 24 };

/* A file of groups: many without members, and one with nearly all of them; `way` of spelling each. */
struct source {
    bool exists[PEOPLE], member[PEOPLE], loud[PEOPLE];
    int names;
    unsigned random;
};

static unsigned draw(struct source *s, unsigned below) {
    s->random = s->random * 1103515245 + 12345;
    return (s->random >> 16) % below;
}

static void open_pair(struct world *both[2]) {
    for (int i = 0; i < 2; i++) {
        void *state = NULL;
        assert_int_equal(world_open_empty(&state), 0);
        struct world *w = both[i] = state;
        world_file_system(w, "SRC", "group", "Import Only");
        world_type(w, "SRC", "group", "gid||name members:Reference[]");
        world_rule(w, "IN", 'i', "SRC", "group", "p");
        world_map(w, "IN", "gid -> Account_Name");
        world_map(w, "IN", "name -> Display_Name");
        world_map(w, "IN", "members -> Members");
        world_file_system(w, "OUT", "group", "Bidirectional");
        world_type(w, "OUT", "group", "dn||cn member:Reference[]");
        world_rule(w, "EX", 'o', "OUT", "group", "p");
        world_map(w, "EX", "=\"cn=\" + mv[\"Account Name\"] -> dn");
        world_map(w, "EX", "Display_Name -> cn");
        world_map(w, "EX", "Members -> member");
    }
}

static void write_source(struct world *w, const struct source *s) {
    struct buffer rows = {.max = 1 << 24};
    for (int i = 0; i < PEOPLE; i++)
        if (s->exists[i]) buffer_print(&rows, "gid=m%d;name=Member %d\n", i, i);
    buffer_print(&rows, "gid=big;name=Name %d;members=", s->names);
    for (int i = 0; i < PEOPLE; i++)
        if (s->member[i]) buffer_print(&rows, "%s%d|", s->loud[i] ? "M" : "m", i);
    buffer_byte(&rows, '\0');
    world_rows(w, "SRC", rows.at);
    buffer_free(&rows);
}

static void toggle(struct source *s, bool *flags, unsigned most) {
    for (unsigned n = draw(s, most) + 1; n > 0; n--) {
        unsigned i = draw(s, PEOPLE);
        flags[i] = !flags[i];
    }
}

static void change(struct source *s) {
    toggle(s, s->member, draw(s, 10) ? 5 : 400);
    if (!draw(s, 5)) toggle(s, s->exists, 3);
    if (!draw(s, 5)) toggle(s, s->loud, 8);
    if (!draw(s, 4)) s->names++;
}

/* With `whole`, nothing is remembered of what has flowed: every change makes the whole set flow. */
static void synchronise(struct world *w, bool full, bool whole) {
    if (whole) world_plant(w, "delete from cs_member_flow");
    assert_int_equal(full ? SYNC(w, "SRC") : DELTA_SYNC(w, "SRC"), ACTIVITY_COMPLETE);
}

static void send(struct world *w) {
    EXPORT(w, "OUT");
    FULL(w, "OUT");
    DELTA_SYNC(w, "OUT");
}

static struct cso *exported(struct world *w, int64_t mvo) {
    struct csos list = world_csos(w, "OUT");
    for (EACH(struct cso, o, &list))
        if (o->mvo == mvo) return o;
    return NULL;
}

/* Tells what the one list holds and the other does not. */
static void tell_rest(const char *name, const char *one, const char *other) {
    char around[80];
    for (const char *at = one; *at;) {
        size_t len = strcspn(at, "|\n ");
        int made = snprintf(around, sizeof around, "%.*s", (int)len, at);
        const char *found = made > 0 ? strstr(other, around) : other;
        while (found && strchr("|\n ", found[len]) == NULL && found[len]) found = strstr(found + 1, around);
        if (!found) print_message("only %s: %s\n", name, around);
        at += len + (at[len] != '\0');
    }
}

/* By the names of the source: which ids identities have depends on what was read ahead. */
static const char *members_of(struct world *w, const struct mvo *m) {
    const struct values *set = attributes_find(&m->values, config_mv_attribute_named(w->c, T("Members"))->id);
    struct csos list = world_csos(w, "SRC");
    struct int_map names;
    OWNED_VALUE(buffer) all = {.max = 1 << 20};
    int_map_init(&names, w->a, list.count);
    for (EACH(struct cso, o, &list)) int_map_put(&names, o->mvo, o);
    for (size_t i = 0; set && i < set->count; i++) {
        const struct cso *o = int_map_get(&names, set->at[i].reference.target);
        buffer_print(&all, "%.*s|", TEXT_ARG(o ? o->external_id : T("?")));
    }
    return arena_text(w->a, buffer_as_text(&all)).at;
}

/* The connector space has as many members as the file. */
static void check_members(struct world *w, const struct source *s, int step) {
    const char *held = world_cs(w, world_cso(w, "SRC", "big"), "members");
    size_t count = 0, there = 0;
    for (int i = 0; i < PEOPLE; i++) count += s->member[i];
    for (const char *at = held; *at; at++) there += *at == '|';
    if (count != there + 1) fail_msg("step %d: %zu members instead of %zu", step, there + 1, count);
}

static void check_same(struct world *both[2], int step) {
    const char *said[2][4];
    for (int i = 0; i < 2; i++) {
        struct world *w = both[i];
        const struct cso *big = world_cso(w, "SRC", "big");
        const struct mvo *m = world_mvo_of(w, big);
        const struct cso *out = exported(w, big->mvo);
        said[i][0] = members_of(w, m);
        said[i][1] = out ? world_cs(w, out, "member") : "-";
        said[i][2] = out ? world_pe_text(w, out) : "-";
        said[i][3] = world_read_file(w, "OUT");
    }
    for (int k = 0; k < 4; k++) {
        if (strcmp(said[0][k], said[1][k]) == 0) continue;
        tell_rest("by differences", said[0][k], said[1][k]);
        tell_rest("as a whole", said[1][k], said[0][k]);
        fail_msg("step %d: the texts %d are not the same (%zu and %zu bytes)", step, k, strlen(said[0][k]), strlen(said[1][k]));
    }
}

static int64_t differences(void) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    metrics_write(&b);
    text all = buffer_as_text(&b), name = T("\njoinery_sync_differences_total ");
    size_t at = text_find(all, name);
    return at == SIZE_MAX ? 0 : atoll(all.at + at + name.len);
}

static struct source everybody(unsigned seed) {
    struct source s = {.random = seed};
    for (int i = 0; i < PEOPLE; i++) {
        s.exists[i] = true;
        s.member[i] = i < BIG;
    }
    return s;
}

static void live(unsigned seed) {
    struct world *both[2];
    struct source s = everybody(seed);
    open_pair(both);
    int64_t before = differences();
    for (int step = 0; step < STEPS; step++) {
        unsigned what = draw(&s, 16);
        for (int i = 0; i < 2; i++) {
            write_source(both[i], &s);
            FULL(both[i], "SRC");
            if (!step || what % 4) synchronise(both[i], what == 1, i == 1);
            if (!step || what > 7) send(both[i]);
        }
        check_members(both[0], &s, step);
        check_same(both, step);
        change(&s);
    }
    assert_true(differences() > before);
    for (int i = 0; i < 2; i++) {
        void *state = both[i];
        assert_int_equal(world_close(&state), 0);
    }
}

TEST(s29_differences_of_a_large_group_end_as_the_whole_group_would) {
    (void)state;
    live(1);
    live(2);
}

/* One who leaves and one who comes, and nothing else, go by differences all the way to the file. */
TEST(s29_one_member_of_a_large_group_changes) {
    (void)state;
    struct world *both[2];
    struct source s = everybody(3);
    open_pair(both);
    struct world *w = both[0];
    write_source(w, &s);
    FULL(w, "SRC");
    synchronise(w, true, false);
    send(w);
    int64_t before = differences();
    s.member[7] = false;
    s.member[1200] = true;
    write_source(w, &s);
    FULL(w, "SRC");
    synchronise(w, false, false);
    assert_int_equal(differences() - before, 1);
    int64_t mvo = world_cso(w, "SRC", "big")->mvo;
    check(world_pe_text(w, exported(w, mvo)), "Update Pending member+=# member-=cn=m7");
    send(w);
    check(world_pe_text(w, exported(w, mvo)), "none");
    assert_null(strstr(world_read_file(w, "OUT"), "|cn=m7|"));
    assert_non_null(strstr(world_read_file(w, "OUT"), "cn=m1200"));
    for (int i = 0; i < 2; i++) {
        void *close = both[i];
        assert_int_equal(world_close(&close), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s29_one_member_of_a_large_group_changes),
        cmocka_unit_test(s29_differences_of_a_large_group_end_as_the_whole_group_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
