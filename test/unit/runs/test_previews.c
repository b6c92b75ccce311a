/* What a preview keeps of many rows (operations §16.4): patterns, groups by value and by pattern, caps, and rows that go. */
#include "world.h"

#include "runs/preview_private.h"
#include "runs/retention.h"

static enum preview_pattern pattern(struct world *w, const char *old, const char *new) {
    return preview_pattern_of(w->a, text_of(old), text_of(new));
}

static void test_patterns_of_values(void **state) {
    struct world *w = *state;
    assert_int_equal(pattern(w, "Ada", "ADA"), PATTERN_CASING);
    assert_int_equal(pattern(w, "ada@old.example", "ada@new.example"), PATTERN_EMAIL_DOMAIN);
    assert_int_equal(pattern(w, "ada@old.example", "grace@new.example"), PATTERN_NONE);
    assert_int_equal(pattern(w, "ada@b@old", "ada@b@new"), PATTERN_NONE);
    assert_int_equal(pattern(w, "CN=Ada,OU=Old,DC=x", "CN=Ada,OU=New,DC=x"), PATTERN_CONTAINER);
    assert_int_equal(pattern(w, "Ada, Lovelace", "Ada, Byron"), PATTERN_NONE);
    assert_int_equal(pattern(w, "Ada", "Dr Ada"), PATTERN_PREFIX_ADDED);
    assert_int_equal(pattern(w, "Dr Ada", "Ada"), PATTERN_PREFIX_REMOVED);
    assert_int_equal(pattern(w, "Ada", "Ada (guest)"), PATTERN_SUFFIX_ADDED);
    assert_int_equal(pattern(w, "Ada (guest)", "Ada"), PATTERN_SUFFIX_REMOVED);
    assert_int_equal(pattern(w, "Ada", "Grace"), PATTERN_NONE);
    assert_int_equal(pattern(w, "Ada", "Ada"), PATTERN_NONE);
    assert_int_equal(pattern(w, "", "Ada"), PATTERN_NONE);
}

struct collected {
    struct collector k;
    struct preview_document d;
    const struct config *config;
    int64_t id;
};

static void begin(struct world *w, struct collected *c, int64_t id, enum preview_persistence persistence) {
    struct change_preview p = {.activity = id, .persistence = persistence};
    *c = (struct collected){.id = id};
    OK(store_config(w->s, &c->config));
    collector_open(&c->k, w->s, c->config, &p);
}

static void add(struct collected *c, int64_t mvo, text old, text new) {
    struct preview_row row = {.transition = OUTCOME_ATTRIBUTE_FLOW,
                              .mvo = mvo,
                              .attribute = T("Team"),
                              .display_name = old,
                              .old_value = old,
                              .new_value = new};
    collector_add(&c->k, &row, 1);
    OK(collector_spill(&c->k, false));
}

static int64_t stored(struct world *w, int64_t preview, int32_t part, text search) {
    OWNED(store_tx) tx = NULL;
    struct preview_rows rows = {0};
    int64_t total;
    struct preview_row_query q = {.preview = preview, .part = part, .search = search, .limit = 10};
    OK(store_read(w->s, &tx));
    OK(store_preview_rows(tx, w->a, &q, &rows, &total));
    return total;
}

static void finish(struct world *w, struct collected *c) { OK(collector_finish(&c->k, w->a, &c->d)); }

static void end(struct collected *c) {
    collector_close(&c->k);
    config_release(c->config);
}

static void test_few_values_are_groups_of_their_own_and_capped(void **state) {
    struct world *w = *state;
    struct collected c;
    begin(w, &c, 901, PERSIST_CAPPED);
    for (int i = 0; i < 2500; i++) add(&c, i + 1, T("Sales"), T("SALES"));
    for (int i = 0; i < 3; i++) add(&c, 5000 + i, (text){0}, T("Navy"));
    finish(w, &c);
    assert_int_equal(c.d.groups.count, 2);
    const struct preview_group *sales = &c.d.groups.at[0], *navy = &c.d.groups.at[1];
    assert_int_equal(sales->objects, 2500);
    assert_true(sales->sampled);
    assert_int_equal(sales->pattern, PATTERN_CASING);
    assert_int_equal(stored(w, c.id, sales->part, (text){0}), PREVIEW_CAP);
    assert_int_equal(navy->objects, 3);
    assert_false(navy->sampled);
    assert_true(text_is_null(navy->old_value) && text_equal(navy->new_value, T("Navy")));
    assert_int_equal(stored(w, c.id, -1, T("navy")), 3);
    assert_int_equal(stored(w, c.id, -1, T("%")), 0);
    end(&c);
}

static void many(struct world *w, struct collected *c, int64_t id, enum preview_persistence persistence) {
    begin(w, c, id, persistence);
    for (int i = 0; i < 2600; i++) add(c, i + 1, arena_print(w->a, "p%d@old.example", i), arena_print(w->a, "p%d@new.example", i));
    for (int i = 0; i < 5; i++) add(c, 4000 + i, arena_print(w->a, "x%d", i), arena_print(w->a, "X%d", i));
    finish(w, c);
    assert_int_equal(c->d.groups.count, 2);
    assert_int_equal(c->d.groups.at[0].objects, 2600);
    assert_int_equal(c->d.groups.at[0].pattern, PATTERN_EMAIL_DOMAIN);
    assert_true(text_is_null(c->d.groups.at[0].old_value));
    assert_int_equal(c->d.groups.at[1].pattern, PATTERN_CASING);
    assert_int_equal(stored(w, id, c->d.groups.at[1].part, (text){0}), 5);
}

static void test_many_values_are_groups_by_pattern(void **state) {
    struct world *w = *state;
    struct collected c;
    many(w, &c, 902, PERSIST_FULL);
    assert_false(c.d.groups.at[0].sampled);
    assert_int_equal(stored(w, 902, c.d.groups.at[0].part, (text){0}), 2600);
    end(&c);
    many(w, &c, 903, PERSIST_CAPPED);
    assert_true(c.d.groups.at[0].sampled);
    assert_int_equal(stored(w, 903, c.d.groups.at[0].part, (text){0}), PREVIEW_CAP);
    assert_int_equal(stored(w, 903, -1, (text){0}), PREVIEW_CAP + 5);
    end(&c);
}

static void test_the_result_reads_back(void **state) {
    struct world *w = *state;
    struct preview_document d = {0}, back;
    *LIST_ADD(w->a, &d.findings) = (struct preview_finding){FINDING_WARNING, T("Mind this."), {0}};
    *LIST_ADD(w->a, &d.counts) = (struct preview_count){WOULD_RETAIN_VALUES, 3, 4, INT64_C(5000000000)};
    *LIST_ADD(w->a, &d.groups) = (struct preview_group){.part = 64,
                                                        .transition = WOULD_STAGE_DELETE,
                                                        .old_value = T("a\"b"),
                                                        .pattern = PATTERN_SUFFIX_REMOVED,
                                                        .objects = 7,
                                                        .sampled = true};
    OK(preview_document_read(w->a, preview_document_write(w->a, &d), &back));
    assert_int_equal(back.findings.at[0].severity, FINDING_WARNING);
    assert_true(text_is_null(back.findings.at[0].property));
    assert_int_equal(back.counts.at[0].objects, INT64_C(5000000000));
    assert_int_equal(back.groups.at[0].transition, WOULD_STAGE_DELETE);
    assert_true(text_equal(back.groups.at[0].old_value, T("a\"b")) && text_is_null(back.groups.at[0].new_value));
    assert_true(back.groups.at[0].sampled);
}

/* Operations §16.4: expiry with general history retention. */
static void test_old_previews_go_with_their_rows(void **state) {
    struct world *w = *state;
    struct cleanup done;
    struct activity old = {.status = ACTIVITY_COMPLETE, .operation = OPERATION_PREVIEW, .target = TARGET_SYNC_RULE};
    struct preview_rows rows = {0};
    bool found;
    assert_true(instant_add_ticks(instant_now(), -91 * TICKS_PER_DAY, &old.created));
    {
        OWNED(store_tx) tx = NULL;
        OK(store_write(w->s, STORE_API, &tx));
        OK(store_save_activity(tx, &old));
        OK(store_save_change_preview(tx, &(struct change_preview){.activity = old.id, .proposal = T("{}"), .complete = true}));
        for (int i = 0; i < 2000; i++)
            *LIST_ADD(w->a, &rows) = (struct preview_row){.preview = old.id, .number = i + 1, .transition = WOULD_FALL_IN_SCOPE};
        OK(store_add_preview_rows(tx, &rows));
        OK(store_commit(tx));
    }
    const struct initiator by = {.type = BY_SYSTEM, .name = T("System")};
    OK(runs_cleanup(w->runs, &by, 20000, &done));
    OWNED(store_tx) tx = NULL;
    struct change_preview p;
    OK(store_read(w->s, &tx));
    OK(store_change_preview(tx, w->a, old.id, &p, &found));
    assert_false(found);
    assert_int_equal(stored(w, old.id, -1, (text){0}), 0);
}

#define IN_WORLD(function) cmocka_unit_test_setup_teardown(function, world_open_empty, world_close)
int main(void) {
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_patterns_of_values),
        IN_WORLD(test_few_values_are_groups_of_their_own_and_capped),
        IN_WORLD(test_many_values_are_groups_by_pattern),
        IN_WORLD(test_the_result_reads_back),
        IN_WORLD(test_old_previews_go_with_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
