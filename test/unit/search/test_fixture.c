/* The persons of the conformance checklist (public-data-api §13), searched by typed queries; the numbers of its items in the names.
 */
#include "../store/world.h"
#include "base/unicode.h"
#include "model/ids.h"
#include "search/query.h"

#include <stdio.h>

enum { PERSONS = 100, FIELDS = 11 };

static const struct {
    const char *name;
    enum data_type type;
    enum field_type field;
    bool multi;
} table[FIELDS] = {
    {"FirstName", TYPE_TEXT, FIELD_TYPE_TEXT, false},          {"LastName", TYPE_TEXT, FIELD_TYPE_TEXT, false},
    {"EmployeeNumber", TYPE_NUMBER, FIELD_TYPE_NUMBER, false}, {"Level", TYPE_LONG_NUMBER, FIELD_TYPE_LONG_NUMBER, false},
    {"Active", TYPE_BOOLEAN, FIELD_TYPE_BOOLEAN, false},       {"HireDate", TYPE_DATETIME, FIELD_TYPE_DATE, false},
    {"LastLogin", TYPE_DATETIME, FIELD_TYPE_DATETIME, false},  {"ShiftStart", TYPE_DATETIME, FIELD_TYPE_TIME, false},
    {"Department", TYPE_TEXT, FIELD_TYPE_TEXT, false},         {"Tags", TYPE_TEXT, FIELD_TYPE_TEXT, true},
    {"Manager", TYPE_REFERENCE, FIELD_TYPE_REFERENCE, false},
};

struct fixture {
    struct world *w;
    int32_t type, ids[FIELDS];
    int64_t first;
    bool indexed;
    arena *a;
};

static int number_of(const char *name) {
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(table[i].name, name) == 0) return i;
    fail_msg("no field %s", name);
    return 0;
}

static struct search_field field(const struct fixture *f, const char *name) {
    int i = number_of(name);
    return (struct search_field){text_of(name), table[i].field, table[i].multi, f->ids[i]};
}

static void put_number(struct fixture *f, struct mvo *o, const char *name, int64_t n) {
    int i = number_of(name);
    values_add(f->w->a, put(f->w->a, &o->values, f->ids[i]), (struct value){.type = table[i].type, .integer = n});
}

static struct mvo *fixture_person(struct fixture *f, int n) {
    struct mvo *o = identity(f->w, T("somebody"));
    int64_t day = TICKS_PER_DAY, start = 0, login = 0;
    instant at;
    o->type = f->type, o->id = f->first + n - 1, o->tenant = 1;
    text first = n <= 40 ? T("John") : n <= 60 ? T("Jane") : n <= 80 ? T("John") : T("Åsa");
    text last = n <= 60 ? T("Smith") : n <= 80 ? T("Doe") : n <= 99 ? T("Öberg") : T("O'Brien");
    if (n < 100) put_text(f->w->a, &o->values, f->ids[0], first);
    put_text(f->w->a, &o->values, f->ids[1], last);
    put_number(f, o, "EmployeeNumber", 1000 + n);
    put_number(f, o, "Level", INT64_C(9007199254740992) + n);
    put_number(f, o, "Active", n % 2);
    if (instant_read(T("2020-01-01"), &at)) start = at.ticks;
    if (instant_read(T("2025-06-05"), &at)) login = at.ticks;
    put_number(f, o, "HireDate", start + n * day);
    put_number(f, o, "LastLogin", login + n * 3600 * TICKS_PER_SECOND);
    put_number(f, o, "ShiftStart", TICKS_1970 + (360 + n) * 60 * TICKS_PER_SECOND);
    put_text(f->w->a, &o->values, f->ids[8], n <= 50 ? T("Sales North") : n <= 80 ? T("Sales South") : T("Research 100%_*"));
    put_text(f->w->a, &o->values, f->ids[9], arena_print(f->w->a, "t%d", n % 3));
    put_text(f->w->a, &o->values, f->ids[9], T("all"));
    if (n > 1) put_target(f->w->a, &o->values, f->ids[10], f->first);
    return o;
}

static void set_up(struct fixture *f, struct world *w, bool indexed) {
    OWNED(store_tx) tx = NULL;
    *f = (struct fixture){.w = w, .a = w->a, .indexed = indexed};
    OK(store_write(w->s, STORE_API, &tx));
    struct mv_type t = {.name = T("Person §13"), .plural = T("Persons §13"), .created = {1}};
    OK(store_save_mv_type(tx, &t));
    f->type = t.id;
    for (int i = 0; i < FIELDS; i++) {
        struct mv_attribute m = {.name = arena_print(w->a, "§13 %s", table[i].name),
                                 .type = table[i].type,
                                 .created = {1},
                                 .indexed = indexed && table[i].type != TYPE_REFERENCE,
                                 .plurality = table[i].multi ? MULTI_VALUED : SINGLE_VALUED};
        *LIST_ADD(w->a, &m.object_types) = t.id;
        OK(store_save_mv_attribute(tx, &m));
        f->ids[i] = m.id;
    }
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(w);
    OK(store_ids(w->s, IDS_MVO, PERSONS, &f->first));
    for (int n = 1; n <= PERSONS; n++) write_mvo(w, NULL, fixture_person(f, n));
}

static struct search_query query(struct fixture *f) {
    struct search_query q = {.search = {.kind = SEARCH_METAVERSE, .tenant = 1, .type = f->type}, .limit = 1000};
    q.result = q.search;
    *LIST_ADD(f->a, &q.columns) = field(f, "EmployeeNumber");
    return q;
}

/* A filter as a request has it; the value as JSON. */
static void filter(struct fixture *f, struct search_query *q, const char *name, const char *condition, const char *json) {
    struct search_filter *out = LIST_ADD(f->a, &q->filters);
    struct problems problems = {.a = f->a};
    const struct json *value = NULL;
    unsigned number;
    assert_true(enum_find(&search_condition_names, text_of(condition), false, &number));
    *out = (struct search_filter){.field = field(f, name), .condition = number};
    if (json) OK(json_read(f->a, text_of(json), (struct json_limits){0}, &value, NULL));
    assert_true(condition_fits(number, out->field.type));
    if (!search_value_read(f->a, out->field.type, number, value, "value", &problems, &out->values))
        fail_msg("%s %s %s: %.*s", name, condition, json, TEXT_ARG(problems.at[0].message));
}

static struct search_page run(struct fixture *f, const struct search_query *q) {
    struct search_page page;
    OWNED(store_tx) tx = NULL;
    OK(store_read(f->w->s, &tx));
    OK(search_run(tx, f->a, f->w->c, q, &page));
    return page;
}

static int64_t count(struct fixture *f, const char *name, const char *condition, const char *json) {
    struct search_query q = query(f);
    filter(f, &q, name, condition, json);
    struct search_page page = run(f, &q);
    assert_int_equal(page.outcome, SEARCH_DONE);
    assert_int_equal(page.count, page.total);
    return page.total;
}

static void counts(struct fixture *f) {
    static const struct {
        int item;
        const char *name, *condition, *json;
        int64_t total;
    } cases[] = {
        {93, "EmployeeNumber", "GREATER_THAN", "1090", 10},
        {94, "EmployeeNumber", "BETWEEN", "[1001,1010]", 10},
        {94, "EmployeeNumber", "BETWEEN", "[\"1001\",\"1010\"]", 10},
        {95, "FirstName", "IS_EMPTY", NULL, 1},
        {95, "FirstName", "IS_NOT_EMPTY", "null", 99},
        {96, "FirstName", "NOT_EQUALS", "\"John\"", 40},
        {97, "LastName", "IN", "[\"Doe\",\"Öberg\"]", 39},
        {98, "LastName", "STARTS_WITH", "\"O'\"", 1},
        {99, "Department", "CONTAINS", "\"100%_*\"", 20},
        {99, "Department", "LIKE", "\"%\"", 0},
        {100, "FirstName", "LIKE", "\"J*n\"", 60},
        {100, "FirstName", "LIKE", "\"J?hn\"", 60},
        {101, "Tags", "EQUALS", "\"t0\"", 33},
        {101, "Tags", "NOT_EQUALS", "\"t0\"", 67},
        {102, "LastLogin", "EQUALS", "\"2025-06-05T03:00:00+0200\"", 1},
        {103, "HireDate", "EQUALS", "\"2020-01-02T23:59:59-0500\"", 1},
        {104, "FirstName", "EQUALS", "\"john\"", 0},
        {123, "EmployeeNumber", "LESS_OR_EQUAL", "1050", 50},
        {125, "FirstName", "EQUALS", "\"' OR '1'='1\"", 0},
        {126, "FirstName", "EQUALS", "\"${user.name}\"", 0},
        {0, "ShiftStart", "EQUALS", "\"1970-01-01T06:01:00+0500\"", 1},
        {0, "ShiftStart", "LESS_THAN", "\"2020-01-01T06:11:00Z\"", 10},
        {0, "Active", "EQUALS", "\"true\"", 50},
        {0, "Active", "IN", "[true,false]", 100},
        {0, "Level", "EQUALS", "9007199254740993", 1},
        {0, "Manager", "IS_EMPTY", NULL, 1},
        {0, "Manager", "IS_NOT_EMPTY", NULL, 99},
        {0, "Manager", "EQUALS", "\"00000000-0000-0000-0000-000000000000\"", 0},
        {0, "LastName", "GREATER_THAN", "\"Smith\"", 19},
        {0, "LastName", "ENDS_WITH", "\"erg\"", 19},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = count(f, cases[i].name, cases[i].condition, cases[i].json);
        if (got != cases[i].total)
            fail_msg("item %d: %s %s %s finds %lld", cases[i].item, cases[i].name, cases[i].condition,
                     cases[i].json ? cases[i].json : "", (long long)got);
    }
}

static void items_90_to_104(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    counts(&f);
    struct search_query q = query(&f);
    filter(&f, &q, "FirstName", "EQUALS", "\"Jane\"");
    filter(&f, &q, "LastName", "EQUALS", "\"Smith\"");
    assert_int_equal(run(&f, &q).total, 20); /* 90 */
    q = query(&f);
    filter(&f, &q, "FirstName", "EQUALS", "\"john\"");
    q.filters.at[0].any_case = true;
    assert_int_equal(run(&f, &q).total, 60); /* 104 */
    q = query(&f);
    char id[36], json[40];
    uuid_write(id_to_uuid(ID_MVO, f.first), id);
    snprintf(json, sizeof json, "\"%.36s\"", id);
    filter(&f, &q, "Manager", "EQUALS", json);
    assert_int_equal(run(&f, &q).total, 99);
}

static void items_without_index_rows(void **state) {
    struct fixture f;
    set_up(&f, *state, false);
    counts(&f);
}

static void items_78_to_80_rows(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    struct search_query q = query(&f);
    q.columns = (struct search_fields){0};
    for (int i = 0; i < FIELDS; i++) *LIST_ADD(f.a, &q.columns) = field(&f, table[i].name);
    *LIST_ADD(f.a, &q.sort) = (struct search_sort){field(&f, "EmployeeNumber"), false};
    q.limit = 1;
    ASSERT_TEXT(run(&f, &q).rows,
                T("[{\"FirstName\":\"John\",\"LastName\":\"Smith\",\"EmployeeNumber\":1001,\"Level\":9007199254740993,"
                  "\"Active\":true,\"HireDate\":\"2020-01-02T00:00:00+0000\",\"LastLogin\":\"2025-06-05T01:00:00+0000\","
                  "\"ShiftStart\":\"1970-01-01T06:01:00+0000\",\"Department\":\"Sales North\",\"Tags\":[\"t1\",\"all\"],"
                  "\"Manager\":null}]"));
    q.columns.count = 1;
    q.offset = 99;
    ASSERT_TEXT(run(&f, &q).rows, T("[{\"FirstName\":null}]"));
    q.offset = 100;
    ASSERT_TEXT(run(&f, &q).rows, T("[]"));
    assert_int_equal(run(&f, &q).total, 100);
}

static void items_119_and_122(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    struct search_query q = query(&f);
    *LIST_ADD(f.a, &q.sort) = (struct search_sort){field(&f, "LastName"), true};
    *LIST_ADD(f.a, &q.sort) = (struct search_sort){field(&f, "EmployeeNumber"), false};
    q.limit = 1;
    ASSERT_TEXT(run(&f, &q).rows, T("[{\"EmployeeNumber\":1081}]"));
    q.max_results = 50;
    assert_int_equal(run(&f, &q).outcome, SEARCH_TOO_MANY);
    q.max_results = 100;
    assert_int_equal(run(&f, &q).outcome, SEARCH_DONE);
}

static void item_124_reports(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    struct search_query q = query(&f);
    filter(&f, &q, "EmployeeNumber", "EQUALS", "1001");
    struct search_hop *hop = LIST_ADD(f.a, &q.hops);
    *hop = (struct search_hop){.attribute = field(&f, "Manager").attribute, .incoming = true};
    assert_int_equal(run(&f, &q).total, 99);
    hop->incoming = false;
    assert_int_equal(run(&f, &q).total, 0);
    q.filters.at[0].condition = CONDITION_GREATER_THAN;
    assert_int_equal(run(&f, &q).total, 1);
    *LIST_ADD(f.a, &q.hops) = (struct search_hop){.attribute = field(&f, "Manager").attribute, .incoming = true};
    assert_int_equal(run(&f, &q).total, 99);
    struct search_filter only = {.field = field(&f, "FirstName"), .condition = CONDITION_IS_EMPTY};
    *LIST_ADD(f.a, &q.result_filters) = only;
    ASSERT_TEXT(run(&f, &q).rows, T("[{\"EmployeeNumber\":1100}]"));
}

static void time_and_position(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    atomic_bool cancelled = true;
    struct search_query q = query(&f);
    q.cancelled = &cancelled;
    assert_int_equal(run(&f, &q).outcome, SEARCH_CANCELLED);
    q.cancelled = NULL;
    q.deadline = 1;
    assert_int_equal(run(&f, &q).outcome, SEARCH_TIMED_OUT);
    q.deadline = 0;
    *LIST_ADD(f.a, &q.sort) = (struct search_sort){field(&f, "LastName"), true};
    static const char *const bad[] = {"x", "", "1", "1.", "1.+%", "1.-.-", "-1.-", "1.+YQ.", "99999999999999999999.-"};
    q.cursor = true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        q.after = text_of(bad[i]);
        assert_int_equal(run(&f, &q).outcome, SEARCH_BAD_POSITION);
    }
}

static void other_tenants_stay_apart(void **state) {
    struct fixture f;
    set_up(&f, *state, true);
    struct mvo *o = fixture_person(&f, 7);
    struct mvo other = *o;
    OK(store_ids(f.w->s, IDS_MVO, 1, &other.id));
    other.tenant = 2;
    write_mvo(f.w, NULL, &other);
    struct search_query q = query(&f);
    assert_int_equal(run(&f, &q).total, 100);
    filter(&f, &q, "EmployeeNumber", "EQUALS", "1007");
    assert_int_equal(run(&f, &q).total, 1);
    q.filters.at[0].condition = CONDITION_NOT_EQUALS;
    assert_int_equal(run(&f, &q).total, 99);
    q.search.tenant = q.result.tenant = 2;
    assert_int_equal(run(&f, &q).total, 0);
    q.filters.count = 0;
    assert_int_equal(run(&f, &q).total, 1);
    q.search.tenant = q.result.tenant = 3;
    assert_int_equal(run(&f, &q).total, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(items_90_to_104, world_open, world_close),
        cmocka_unit_test_setup_teardown(items_without_index_rows, world_open, world_close),
        cmocka_unit_test_setup_teardown(items_78_to_80_rows, world_open, world_close),
        cmocka_unit_test_setup_teardown(items_119_and_122, world_open, world_close),
        cmocka_unit_test_setup_teardown(item_124_reports, world_open, world_close),
        cmocka_unit_test_setup_teardown(time_and_position, world_open, world_close),
        cmocka_unit_test_setup_teardown(other_tenants_stay_apart, world_open, world_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
