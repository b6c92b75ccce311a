/* Scoping: the matrix of the specification, missing values, every operator, relative dates (sync-engine §9, §27). */
#include "world.h"

#include "sync/scope.h"

#include <stdio.h>

/* E1 … E6 of the matrix; which of them project under the criteria on the import rule. */
static const char *in_scope(struct world *w) {
    static const char *const departments[] = {"Finance", "finance", "FinancePartners", "CorporateFinance", "Sales", NULL};
    char out[64] = "";
    for (int i = 0; i < 6; i++) {
        char key[8];
        snprintf(key, sizeof key, "E%d", i + 1);
        text values = departments[i] ? arena_print(w->a, "employeeId=%s;department=%s", key, departments[i])
                                     : arena_print(w->a, "employeeId=%s", key);
        world_row(w, "HR", "person", key, arena_cstring(w->a, values));
    }
    world_sync(w, "HR");
    for (int i = 0; i < 6; i++) {
        char key[8];
        snprintf(key, sizeof key, "E%d", i + 1);
        if (!world_cso(w, "HR", key)->mvo) continue;
        if (*out) strcat(out, " ");
        strcat(out, key);
    }
    return arena_cstring(w->a, text_of(out));
}

static void expect_scope(const char *type, const char *criteria, const char *expected) {
    struct world *w = world_examples();
    world_scope(w, "R1", type, criteria);
    check(in_scope(w), expected);
    world_free(w);
}

static void matrix(void **state) {
    (void)state;
    expect_scope("All", "department Equals Finance", "E1");
    expect_scope("All", "department ~Equals Finance", "E1 E2");
    expect_scope("All", "department NotEquals Finance", "E2 E3 E4 E5");
    expect_scope("All", "department StartsWith Finance", "E1 E3");
    expect_scope("All", "department ~NotStartsWith Finance", "E4 E5");
    expect_scope("All", "department EndsWith Finance", "E1 E4");
    expect_scope("All", "department Contains Finance", "E1 E3 E4");
    expect_scope("All", "department NotContains Finance", "E2 E5");
    expect_scope("All", "department Equals", "E6");
    expect_scope("All", "department NotEquals", "E1 E2 E3 E4 E5");
    expect_scope("Any", "department Equals Sales;department Equals Finance", "E1 E5");
    expect_scope("All", "department Contains Finance;department NotStartsWith Finance", "E4");
    expect_scope("All", "", "E1 E2 E3 E4 E5 E6");
}

EXAMPLE(top_level_groups_are_alternatives) {
    world_scope(w, "R1", "All", "department Equals Sales");
    world_scope(w, "R1", "All", "department Equals Finance");
    check(in_scope(w), "E1 E5");
}

EXAMPLE(no_groups) { check(in_scope(w), "E1 E2 E3 E4 E5 E6"); }

EXAMPLE(nested_groups) {
    int32_t outer = world_scope(w, "R1", "All", "department NotEquals Sales")->id;
    world_scope(w, "R1", "Any", "department StartsWith Finance;department EndsWith Finance");
    struct sync_rule *r = world_find_rule(w, "R1");
    r->groups.at[1].parent = outer;
    config_index(w->config);
    check(in_scope(w), "E1 E3 E4");
}

/* The table of actual and criterion values in §9.2, for each kind of type. */
static bool holds(enum data_type type, const char *actual, enum comparison comparison, const char *wanted) {
    OWNED(arena) a = arena_new(SIZE_MAX);
    struct attributes values = {0};
    struct value v;
    if (actual) {
        assert_true(value_read(a, type, text_of(actual), &v));
        values_add(a, attributes_ensure(a, &values, 1), v);
    }
    struct scope_criterion k = {.attribute = 1, .comparison = comparison, .case_sensitive = true, .has_value = wanted != NULL};
    if (wanted) assert_true(value_read(a, type, text_of(wanted), &k.value));
    struct scope_group g = {.criteria = {.at = &k, .count = 1}}, *top = &g;
    struct sync_rule rule = {.top_groups = {.at = &top, .count = 1}};
    return scope_holds(a, &rule, &values, (instant){1});
}

static void operators(void **state) {
    (void)state;
    static const struct {
        enum data_type type;
        const char *low, *same, *high;
    } types[] = {{TYPE_NUMBER, "-5", "7", "8"},
                 {TYPE_LONG_NUMBER, "-9000000000", "0", "9000000000"},
                 {TYPE_DECIMAL, "1.49", "1.50", "1.51"},
                 {TYPE_DATETIME, "2025-12-31T23:59:59Z", "2026-01-01", "2026-01-01T00:00:01Z"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        enum data_type t = types[i].type;
        const char *low = types[i].low, *same = types[i].same, *high = types[i].high;
        assert_true(holds(t, same, COMPARE_EQUALS, same) && !holds(t, low, COMPARE_EQUALS, same));
        assert_true(holds(t, low, COMPARE_NOT_EQUALS, same) && !holds(t, same, COMPARE_NOT_EQUALS, same));
        assert_true(holds(t, low, COMPARE_LESS, same) && !holds(t, same, COMPARE_LESS, same));
        assert_true(holds(t, same, COMPARE_LESS_OR_EQUAL, same) && !holds(t, high, COMPARE_LESS_OR_EQUAL, same));
        assert_true(holds(t, high, COMPARE_GREATER, same) && !holds(t, same, COMPARE_GREATER, same));
        assert_true(holds(t, same, COMPARE_GREATER_OR_EQUAL, same) && !holds(t, low, COMPARE_GREATER_OR_EQUAL, same));
        for (enum comparison c = COMPARE_EQUALS; c <= COMPARE_GREATER_OR_EQUAL; c++) {
            assert_int_equal(holds(t, NULL, c, NULL), c == COMPARE_EQUALS);
            assert_false(holds(t, NULL, c, same));
            assert_false(holds(t, same, c, NULL));
        }
    }
    assert_true(holds(TYPE_DECIMAL, "1.50", COMPARE_EQUALS, "1.5"));
    assert_true(holds(TYPE_BOOLEAN, "true", COMPARE_EQUALS, "true") && holds(TYPE_BOOLEAN, "true", COMPARE_NOT_EQUALS, "false"));
    assert_true(holds(TYPE_BOOLEAN, "true", COMPARE_NOT_EQUALS, NULL) && !holds(TYPE_BOOLEAN, "true", COMPARE_EQUALS, NULL));
    assert_true(holds(TYPE_TEXT, "x", COMPARE_STARTS_WITH, NULL) && holds(TYPE_TEXT, "x", COMPARE_ENDS_WITH, NULL) &&
                holds(TYPE_TEXT, "x", COMPARE_CONTAINS, NULL));
    assert_false(holds(TYPE_TEXT, "x", COMPARE_NOT_STARTS_WITH, NULL) || holds(TYPE_TEXT, "x", COMPARE_NOT_ENDS_WITH, NULL) ||
                 holds(TYPE_TEXT, "x", COMPARE_NOT_CONTAINS, NULL));
}

static void relative_dates(void **state) {
    (void)state;
    static const struct {
        const char *now;
        int32_t count;
        enum relative_unit unit;
        enum relative_direction direction;
        const char *boundary;
    } rows[] = {
        {"2026-03-31T14:05:00Z", 1, UNIT_MONTHS, RELATIVE_AGO, "2026-02-28T00:00:00Z"},
        {"2026-03-31T14:05:00Z", 0, UNIT_DAYS, RELATIVE_AGO, "2026-03-31T00:00:00Z"},
        {"2026-03-31T14:05:00Z", 36, UNIT_HOURS, RELATIVE_FROM_NOW, "2026-04-02T02:05:00Z"},
        {"2024-02-29T08:00:00Z", 1, UNIT_YEARS, RELATIVE_FROM_NOW, "2025-02-28T00:00:00Z"},
        {"2026-03-31T14:05:00Z", 2, UNIT_WEEKS, RELATIVE_AGO, "2026-03-17T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        instant now;
        char out[32];
        assert_true(instant_read(text_of(rows[i].now), &now));
        struct scope_criterion k = {.relative_count = rows[i].count, .unit = rows[i].unit, .direction = rows[i].direction};
        out[instant_write(scope_boundary(&k, now), out)] = 0;
        check(out, rows[i].boundary);
    }
}

/* An operator that the type does not have is the object's error, and the object stays untouched (§9.1). */
EXAMPLE(operator_of_another_type) {
    world_scope(w, "R1", "All", "startDate Contains 1");
    world_row(w, "HR", "person", "1", "employeeId=E1");
    world_sync(w, "HR");
    check(world_told(w), "1 NotSet!UnhandledError");
    assert_int_equal(w->identities.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix),
        cmocka_unit_test(top_level_groups_are_alternatives),
        cmocka_unit_test(no_groups),
        cmocka_unit_test(nested_groups),
        cmocka_unit_test(operators),
        cmocka_unit_test(relative_dates),
        cmocka_unit_test(operator_of_another_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
