/* Lists in memory: filter, sorting, paging (contract §5). */
#include "api/api.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct animal {
    int32_t legs;
    text name;
    bool wild;
};
static SHAPE(animal, "Animal",
             FIELDS(FIELD(animal, legs, "legs"), FIELD(animal, name, "name", .nullable = true), FIELD(animal, wild, "isWild")));
struct animals LIST(struct animal);

static arena *a;
static int setup(void **state) {
    (void)state;
    a = arena_new(1 << 24);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static struct animals zoo(void) {
    static const struct animal all[] = {
        {4, {"ant lion", 8}, true}, {2, {"Bird", 4}, true}, {4, {"cat", 3}, false}, {0, {NULL, 0}, true}, {4, {"Dog", 3}, false}};
    struct animals list = {0};
    for (size_t i = 0; i < 5; i++) *LIST_ADD(a, &list) = all[i];
    return list;
}

static const char *select_names(const char *sort_by, const char *direction, const char *filter, int32_t page, int32_t size,
                                struct page_counts *counts) {
    struct list_query q = {page, size, text_of(sort_by), text_of(direction), text_of(filter)};
    struct animals list = zoo();
    list_select(a, &q, &animal_shape, list.at, &list.count, counts);
    OWNED_VALUE(buffer) b = {.max = 1000};
    for (EACH(struct animal, x, &list)) buffer_print(&b, "%.*s,", TEXT_ARG(x->name));
    return arena_cstring(a, buffer_as_text(&b));
}

static void sorts_by_any_member_and_ignores_unknown_ones(void **state) {
    (void)state;
    struct page_counts n;
    assert_string_equal(select_names("NAME", "asc", NULL, 1, 25, &n), ",ant lion,Bird,cat,Dog,");
    assert_string_equal(select_names("name", "desc", NULL, 1, 25, &n), "Dog,cat,Bird,ant lion,,");
    assert_string_equal(select_names("legs", "asc", NULL, 1, 25, &n), ",Bird,ant lion,cat,Dog,");
    assert_string_equal(select_names("legs", "desc", NULL, 1, 25, &n), "ant lion,cat,Dog,Bird,,"); /* equal ones keep their order */
    assert_string_equal(select_names("colour", "asc", NULL, 1, 25, &n), "ant lion,Bird,cat,,Dog,");
    assert_string_equal(select_names(NULL, "desc", NULL, 1, 25, &n), "Dog,,cat,Bird,ant lion,");
}

static void filters_by_one_clause_and_ignores_bad_ones(void **state) {
    (void)state;
    struct page_counts n;
    assert_string_equal(select_names(NULL, "asc", "name:contains:a", 1, 25, &n), "ant lion,cat,");
    assert_string_equal(select_names(NULL, "asc", "name:eq:bird", 1, 25, &n), ""); /* values keep their case */
    assert_string_equal(select_names(NULL, "asc", "name:startswith:B", 1, 25, &n), "Bird,");
    assert_string_equal(select_names(NULL, "asc", "name:endswith:g", 1, 25, &n), "Dog,");
    assert_string_equal(select_names(NULL, "asc", "name:ne:cat", 1, 25, &n), "ant lion,Bird,,Dog,");
    assert_string_equal(select_names(NULL, "asc", "legs:gte:3", 1, 25, &n), "ant lion,cat,Dog,");
    assert_string_equal(select_names(NULL, "asc", "legs:lt:3", 1, 25, &n), "Bird,,");
    assert_string_equal(select_names(NULL, "asc", "isWild:eq:false", 1, 25, &n), "cat,Dog,");
    assert_int_equal(n.total_count, 2);
    const char *const ignored[] = {"name",         "name:eq",       "name:like:x", "legs:contains:4",
                                   "legs:eq:many", "colour:eq:red", "name:gt:a"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        assert_string_equal(select_names(NULL, "asc", ignored[i], 1, 25, &n), "ant lion,Bird,cat,,Dog,");
}

static void cuts_pages_and_counts(void **state) {
    (void)state;
    struct page_counts n;
    assert_string_equal(select_names("name", "asc", NULL, 2, 2, &n), "Bird,cat,");
    assert_true(n.total_count == 5 && n.total_pages == 3 && n.has_next && n.has_previous && n.page == 2 && n.page_size == 2);
    assert_string_equal(select_names("name", "asc", NULL, 3, 2, &n), "Dog,");
    assert_true(!n.has_next && n.has_previous);
    assert_string_equal(select_names("name", "asc", NULL, 9, 2, &n), "");
    assert_int_equal(n.total_count, 5);
}

static bool read_query(const char *name, const char *value, struct list_query *q, struct problems *p) {
    struct text_entries pairs = {0};
    *LIST_ADD(a, &pairs) = (struct text_entry){text_of(name), text_of(value)};
    *q = (struct list_query){0};
    *p = (struct problems){.a = a};
    return describe_read_pairs(a, &list_query_shape, &pairs, (struct reading){0}, q, p);
}

static void clamps_the_request(void **state) {
    (void)state;
    struct list_query q;
    struct problems p;
    assert_true(read_query("page", "-3", &q, &p) && q.page == 1 && q.page_size == 25);
    assert_true(read_query("PageSize", "0", &q, &p) && q.page_size == 25);
    assert_true(read_query("pageSize", "101", &q, &p) && q.page_size == 100);
    assert_true(read_query("sortDirection", "desc", &q, &p) && list_descending(&q));
    assert_false(read_query("sortDirection", "DESC", &q, &p));
    assert_true(text_equal(p.at[0].field, T("sortDirection")));
    assert_true(read_query("page", "40001", &q, &p));
    assert_false(read_query("page", "40002", &q, &p));
    assert_true(text_equal(p.at[0].field, T("page")));
    assert_false(read_query("page", "many", &q, &p));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_any_member_and_ignores_unknown_ones),
        cmocka_unit_test(filters_by_one_clause_and_ignores_bad_ones),
        cmocka_unit_test(cuts_pages_and_counts),
        cmocka_unit_test(clamps_the_request),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
