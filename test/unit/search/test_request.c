/* What a request may change of a configured search (public-data-api.md §7.2), and expressions in configured values (§6.2). */
#include "search/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static arena *a;

static int set_up(void **state) {
    (void)state;
    a = arena_new(16 << 20);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static const struct json *json_of(const char *source) {
    const struct json *out;
    assert_null(json_read(a, text_of(source), (struct json_limits){0}, &out, NULL));
    return out;
}

/* ---- a search over three fields ---- */

static struct search_field fields[] = {
    {T("First"), FIELD_TYPE_TEXT, false, 1}, {T("Last"), FIELD_TYPE_TEXT, false, 2}, {T("Number"), FIELD_TYPE_NUMBER, false, 3}};
static struct search_origin origin = {.reference = {REFERENCE_CORE_TEMPLATE, T("Person")},
                                      .source = {.kind = SEARCH_METAVERSE, .tenant = 1, .type = 1},
                                      .fields = {fields, 3, 3}};
static const struct search_asker asker = {.user = 7, .user_name = T("alice"), .now = {TICKS_1970 + 31 * TICKS_PER_DAY + 5}};

static struct search_item *item_of(const char *facts) {
    struct search_item *item = ARENA_NEW(a, struct search_item);
    struct problems problems = {.a = a};
    *item = (struct search_item){.id = 1, .tenant = 1, .version = 1, .search = &origin, .result = &origin};
    assert_true(describe_read(a, &search_facts_shape, json_of(facts), (struct reading){0}, &item->facts, &problems));
    return item;
}

#define PERSON "\"reference\":{\"type\":\"CORE_TEMPLATE\",\"name\":\"Person\"}"
#define CONFIGURED(filters, more)                                                                                                  \
    item_of("{\"name\":\"S\",\"search\":{" PERSON ",\"filters\":[" filters "]},\"result\":{" PERSON                                \
            ",\"columns\":{\"fields\":[\"First\",\"Last\"],\"sort\":[\"Number|DESC\"]}}" more "}")

struct merged {
    struct search_query q;
    struct problems problems;
    error *error;
};

/* The request is one of /ws: read strictly. NULL: none. */
static struct merged merge(const struct search_item *item, const char *request) {
    struct merged m = {.problems = {.a = a}};
    struct search_request read = {0};
    if (request)
        assert_true(
            describe_read(a, &search_request_shape, json_of(request), (struct reading){.strict = true}, &read, &m.problems));
    m.error = search_request_merge(a, item, request ? &read : NULL, &asker, &m.problems, &m.q);
    return m;
}

/* "First EQUALS John, Last LIKE a*": what holds in the end. */
static const char *held(const struct merged *m) {
    text out = T("");
    assert_null(m->error);
    assert_int_equal(m->problems.count, 0);
    for (EACH(const struct search_filter, f, &m->q.filters))
        out =
            arena_print(a, "%.*s%s%.*s %s %.*s", TEXT_ARG(out), out.len ? ", " : "", TEXT_ARG(f->field.name),
                        enum_name(&search_condition_names, f->condition), TEXT_ARG(f->values.count ? f->values.at[0].text : T("")));
    return arena_cstring(a, out);
}

static void expect_problem(const struct merged *m, const char *pointer) {
    assert_null(m->error);
    assert_int_equal(m->problems.count, 1);
    assert_string_equal(arena_cstring(a, m->problems.at[0].pointer), pointer);
}

#define FILTERS(list) "{\"search\":{\"filters\":[" list "]}}"
#define FILTER(name, condition, value) "{\"name\":\"" name "\",\"condition\":\"" condition "\",\"value\":\"" value "\"}"
#define FIXED "{\"name\":\"First\",\"condition\":\"EQUALS\",\"value\":\"John\"}"
#define HIDDEN "{\"name\":\"Number\",\"condition\":\"EQUALS\",\"value\":5,\"hidden\":true}"
#define HIDDEN_EDITABLE "{\"name\":\"Last\",\"condition\":\"EQUALS\",\"value\":\"x\",\"hidden\":true,\"mode\":\"EDITABLE\"}"
#define EDITABLE "{\"name\":\"Last\",\"condition\":\"EQUALS\",\"value\":\"Smith\",\"mode\":\"EDITABLE\"}"
#define EDITABLE_USER "{\"name\":\"Last\",\"condition\":\"EQUALS\",\"value\":\"${user.name}\",\"mode\":\"EDITABLE\"}"
#define MANDATORY "{\"name\":\"Last\",\"condition\":\"EQUALS\",\"mode\":\"MANDATORY\"}"

static void fixed_filters_stay(void **state) {
    (void)state;
    const struct search_item *item = CONFIGURED(FIXED, "");
    struct merged none = merge(item, NULL), dropped = merge(item, FILTERS("")), same = merge(item, FILTERS(FIXED));
    struct merged more = merge(item, FILTERS(FILTER("First", "STARTS_WITH", "J")));
    assert_string_equal(held(&none), "First EQUALS John");
    assert_string_equal(held(&dropped), "First EQUALS John");
    assert_string_equal(held(&same), "First EQUALS John");
    assert_string_equal(held(&more), "First EQUALS John, First STARTS_WITH J");
}

/* Repeating a hidden filter must not tell that it was guessed. */
static void hidden_filters_cannot_be_guessed(void **state) {
    (void)state;
    const struct search_item *item = CONFIGURED(HIDDEN, "");
    struct merged right = merge(item, FILTERS("{\"name\":\"Number\",\"condition\":\"EQUALS\",\"value\":5}"));
    struct merged wrong = merge(item, FILTERS("{\"name\":\"Number\",\"condition\":\"EQUALS\",\"value\":6}"));
    expect_problem(&right, "/search/filters/0/name");
    expect_problem(&wrong, "/search/filters/0/name");
    struct merged kept = merge(CONFIGURED(HIDDEN_EDITABLE, ""), FILTERS(""));
    assert_string_equal(held(&kept), "Last EQUALS x");
}

static void editable_filters_are_replaced_or_dropped(void **state) {
    (void)state;
    const struct search_item *item = CONFIGURED(EDITABLE, "");
    struct merged none = merge(item, NULL), dropped = merge(item, FILTERS("")),
                  empty = merge(item, FILTERS(FILTER("Last", "EQUALS", "")));
    struct merged replaced = merge(item, FILTERS(FILTER("Last", "LIKE", "D*") "," FILTER("Last", "CONTAINS", "o")));
    struct merged value = merge(item, FILTERS("{\"name\":\"Last\",\"value\":\"Doe\"}"));
    assert_string_equal(held(&none), "Last EQUALS Smith");
    assert_string_equal(held(&dropped), "");
    assert_string_equal(held(&empty), "");
    assert_string_equal(held(&replaced), "Last LIKE D*, Last CONTAINS o");
    assert_string_equal(held(&value), "Last EQUALS Doe");
    struct merged own = merge(CONFIGURED(EDITABLE_USER, ""), FILTERS(FILTER("Last", "EQUALS", "${user.name}")));
    assert_string_equal(held(&own), "Last EQUALS alice");
    struct merged other = merge(CONFIGURED(EDITABLE_USER, ""), FILTERS(FILTER("Last", "STARTS_WITH", "${user.name}")));
    assert_string_equal(held(&other), "Last STARTS_WITH ${user.name}");
}

static void mandatory_filters_are_needed(void **state) {
    (void)state;
    const struct search_item *item = CONFIGURED(MANDATORY, "");
    struct merged none = merge(item, NULL), empty = merge(item, FILTERS("")),
                  given = merge(item, FILTERS(FILTER("Last", "EQUALS", "Doe")));
    struct merged blank = merge(item, FILTERS("{\"name\":\"Last\",\"value\":null}"));
    expect_problem(&none, "/search/filters");
    expect_problem(&empty, "/search/filters");
    expect_problem(&blank, "/search/filters/0/value");
    assert_string_equal(held(&given), "Last EQUALS Doe");
}

static void only_filterable_fields_may_be_asked(void **state) {
    (void)state;
    struct merged column = merge(CONFIGURED("", ""), FILTERS(FILTER("First", "EQUALS", "J")));
    struct merged invisible = merge(CONFIGURED("", ""), FILTERS("{\"name\":\"Number\",\"condition\":\"EQUALS\",\"value\":1}"));
    struct merged named = merge(CONFIGURED("", ",\"filterableFields\":[\"Number\"]"),
                                FILTERS("{\"name\":\"Number\",\"condition\":\"EQUALS\",\"value\":1}"));
    struct merged not_named = merge(CONFIGURED("", ",\"filterableFields\":[\"Number\"]"), FILTERS(FILTER("First", "EQUALS", "J")));
    assert_string_equal(held(&column), "First EQUALS J");
    expect_problem(&invisible, "/search/filters/0/name");
    assert_int_equal(named.problems.count, 0);
    assert_int_equal(named.q.filters.at[0].values.at[0].number, 1);
    expect_problem(&not_named, "/search/filters/0/name");
}

static void columns_and_sort_keys_only_narrow(void **state) {
    (void)state;
    const struct search_item *item = CONFIGURED("", "");
    struct merged configured = merge(item, NULL);
    struct merged swapped =
        merge(item, "{\"result\":{\"columns\":{\"fields\":[\"Last\"],\"sort\":[\"First|DESC\",\"Number|DESC\"]}}}");
    struct merged foreign = merge(item, "{\"result\":{\"columns\":{\"fields\":[\"Number\"]}}}");
    struct merged sorted = merge(item, "{\"result\":{\"columns\":{\"sort\":[\"Number|ASC\"]}}}");
    assert_int_equal(configured.q.columns.count, 2);
    assert_int_equal(configured.q.sort.count, 1);
    assert_int_equal(swapped.problems.count, 0);
    assert_int_equal(swapped.q.columns.count, 1);
    assert_int_equal(swapped.q.sort.count, 2);
    expect_problem(&foreign, "/result/columns/fields/0");
    expect_problem(&sorted, "/result/columns/sort/0");
}

static void operators_have_a_meaning_only_where_it_is_allowed(void **state) {
    (void)state;
    const char *either = FILTERS(FILTER("First", "EQUALS", "a OR b")), *both = FILTERS(FILTER("First", "CONTAINS", "a AND b"));
    struct merged plain = merge(CONFIGURED("", ""), either), any = merge(CONFIGURED("", ",\"valueOperators\":true"), either);
    struct merged all = merge(CONFIGURED("", ",\"valueOperators\":true"), both);
    struct merged mixed = merge(CONFIGURED("", ",\"valueOperators\":true"), FILTERS(FILTER("First", "EQUALS", "a OR b AND c")));
    assert_string_equal(held(&plain), "First EQUALS a OR b");
    assert_int_equal(any.q.filters.at[0].values.count, 2);
    assert_string_equal(held(&all), "First CONTAINS a, First CONTAINS b");
    expect_problem(&mixed, "/search/filters/0/value");
}

static void what_is_gone_fails_the_search(void **state) {
    (void)state;
    struct search_item *item = CONFIGURED("{\"name\":\"Gone\",\"condition\":\"EQUALS\",\"value\":\"x\"}", "");
    struct merged m = merge(item, NULL);
    assert_non_null(m.error);
    assert_int_equal(m.error->kind, ERROR_INVALID);
    error_free(m.error);
}

static void expressions_have_values(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"plain", "plain"},
        {"${today}", "1970-02-01T00:00:00+0000"},
        {"${today.plusDays(-1)}", "1970-01-31T00:00:00+0000"},
        {"${today.plusDays(-1).plusMonths(1)}", "1970-02-28T00:00:00+0000"},
        {"${today.plusYears(1)}", "1971-02-01T00:00:00+0000"},
        {"${now.plusHours(2).plusMinutes(-1).plusSeconds(3)}", "1970-02-01T01:59:03+0000"},
        {"<${user.id}/${user.name}>", "<7/alice>"},
        {"$user {}", "$user {}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text out;
        assert_true(expressions_evaluate(a, text_of(cases[i].from), &asker, &out));
        assert_string_equal(arena_cstring(a, out), cases[i].to);
    }
    static const char *const bad[] = {"${",
                                      "${x}",
                                      "${today.plusHours(1)}",
                                      "${now.plusDays(1)}",
                                      "${today.plusDays()}",
                                      "${today.plusDays(1)x}",
                                      "${user.password}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(expressions_known(a, text_of(bad[i])));
    text out;
    assert_true(expressions_known(a, T("${user.objectId}${user.fullName}")));
    assert_false(expressions_evaluate(a, T("${user.objectId}"), &asker, &out));
    assert_false(expressions_evaluate(a, T("${user.fullName}"), &asker, &out));
}

static void names_have_their_forms(void **state) {
    (void)state;
    static const char *const good[] = {"S", "_a.b-c", "0"}, *const bad[] = {"", "a..b", "-a", ".a", "a b", "ä", "x'--"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(is_search_name(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(is_search_name(text_of(bad[i])));
    assert_true(is_field_name(T("Display Name")));
    assert_false(is_field_name(T(" a")) || is_field_name(T("a|b")) || is_field_name(T("")) || is_field_name(T("a\n")));
    text field;
    bool descending;
    assert_true(sort_read(T("A B|DESC"), &field, &descending) && descending && text_equal(field, T("A B")));
    assert_false(sort_read(T("A"), &field, &descending) || sort_read(T("A|asc"), &field, &descending));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fixed_filters_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hidden_filters_cannot_be_guessed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(editable_filters_are_replaced_or_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mandatory_filters_are_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_filterable_fields_may_be_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_and_sort_keys_only_narrow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(operators_have_a_meaning_only_where_it_is_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_fails_the_search, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expressions_have_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_have_their_forms, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
