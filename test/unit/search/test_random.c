/* Random searches over random identities: every way of carrying them out equals the naive evaluator, page by page and as a stream.
 */
#include "../store/world.h"
#include "base/unicode.h"
#include "model/ids.h"
#include "naive.h"
#include "search/private.h"

#include <stdio.h>
#include <stdlib.h>

enum { OBJECTS = 150, QUERIES = 300 };

static uint64_t seed = 88172645463325252u;
static uint32_t below(uint32_t n) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % n);
}

/* The attributes: most with index rows, some without. */
static const struct {
    const char *name;
    enum data_type type;
    bool multi, indexed;
    enum field_type field;
} table[] = {
    {"PName", TYPE_TEXT, false, true, FIELD_TYPE_TEXT},
    {"PTags", TYPE_TEXT, true, true, FIELD_TYPE_TEXT},
    {"PNote", TYPE_TEXT, false, false, FIELD_TYPE_TEXT},
    {"PLevel", TYPE_NUMBER, false, true, FIELD_TYPE_NUMBER},
    {"PBig", TYPE_LONG_NUMBER, true, true, FIELD_TYPE_LONG_NUMBER},
    {"PDecimal", TYPE_DECIMAL, false, true, FIELD_TYPE_DECIMAL},
    {"PActive", TYPE_BOOLEAN, false, true, FIELD_TYPE_BOOLEAN},
    {"PGuid", TYPE_GUID, false, true, FIELD_TYPE_GUID},
    {"PWhen", TYPE_DATETIME, false, true, FIELD_TYPE_DATETIME},
    {"PDays", TYPE_DATETIME, true, true, FIELD_TYPE_DATE},
    {"PTime", TYPE_DATETIME, false, true, FIELD_TYPE_TIME},
    {"PBoss", TYPE_REFERENCE, false, false, FIELD_TYPE_REFERENCE},
    {"PPeers", TYPE_REFERENCE, true, false, FIELD_TYPE_REFERENCE},
    {"PPicture", TYPE_BINARY, false, false, FIELD_TYPE_BINARY},
    {"PCode", TYPE_LONG_NUMBER, false, false, FIELD_TYPE_LONG_NUMBER},
};
enum { ATTRIBUTES = sizeof table / sizeof *table };

struct probe {
    struct world *w;
    int32_t type, ids[ATTRIBUTES];
    struct mvos all;
    int64_t first;
};

static text word(arena *a) {
    static const char *const words[] = {"John",
                                        "JOHN",
                                        "john",
                                        "Jöhn",
                                        "Åsa",
                                        "åsa",
                                        "",
                                        "100%_*",
                                        "a\\b?",
                                        "O'Brien",
                                        "ß",
                                        "ss",
                                        "SS",
                                        "İx",
                                        "ix",
                                        "\x01"
                                        "blob:",
                                        "\x01",
                                        "John\x01x",
                                        "😀a",
                                        "😁",
                                        "Ⱥ",
                                        "ⱥ"};
    uint32_t n = below(30);
    if (n < 22) return text_of(words[n]);
    if (n < 27) return arena_print(a, "%c%c%u", 'a' + (int)below(3), below(2) ? 'B' : 'b', below(20));
    size_t len = below(8) ? 175 + below(40) : 1000 + below(3500);
    char *at = arena_bytes(a, len + 8);
    memset(at, below(4) ? 'l' : 'L', len);
    if (below(2)) memcpy(at + 176, "Ö", 2);
    if (below(2)) at[len - 1] = (char)('a' + (int)below(3));
    return (text){at, len};
}

static struct value random_value(struct probe *p, arena *a, int which) {
    struct value v = {.type = table[which].type};
    static const int64_t numbers[] = {0, 1, -1, 9, 10, -10, 99, 100, 2147483647, -2147483647};
    switch (v.type) {
    case TYPE_TEXT:
        v.text = word(a);
        break;
    case TYPE_NUMBER:
        v.integer = numbers[below(10)];
        break;
    case TYPE_LONG_NUMBER:
        v.integer = below(4) ? numbers[below(10)] : INT64_C(9007199254740992) * (below(2) ? 1 : -1) + below(5);
        break;
    case TYPE_DECIMAL: {
        static const char *const written[] = {"0", "1", "1.5", "1.50", "-1.5", "-1.55", "-1", "10", "9.99", "0.001", "-0.001"};
        decimal *d = ARENA_NEW(a, decimal);
        assert_true(decimal_read(text_of(written[below(11)]), d));
        v.decimal = d;
        break;
    }
    case TYPE_BOOLEAN:
        v.integer = below(2);
        break;
    case TYPE_GUID:
        v.guid.bytes[0] = (uint8_t)(1 + below(4)), v.guid.bytes[15] = (uint8_t)below(3);
        break;
    case TYPE_DATETIME:
        v.integer = TICKS_1970 + (int64_t)below(5) * TICKS_PER_DAY + (int64_t)below(4) * TICKS_PER_SECOND + (int64_t)below(2) * 77;
        break;
    case TYPE_REFERENCE:
        do v.reference.target = p->first + below(OBJECTS);
        while ((v.reference.target - p->first) % 15 == 4); /* those are removed again */
        break;
    default:
        v.text = T("\x01\x02");
    }
    return v;
}

static struct mvo *random_object(struct probe *p, int64_t id) {
    struct mvo *o = identity(p->w, T("probe"));
    o->type = p->type;
    o->id = id;
    o->tenant = 1;
    for (int i = 0; i < ATTRIBUTES - 1; i++) {
        if (!below(4)) continue;
        struct values *set = put(p->w->a, &o->values, p->ids[i]);
        for (uint32_t n = table[i].multi ? 1 + below(4) : 1; n; n--) values_add(p->w->a, set, random_value(p, p->w->a, i));
    }
    values_add(p->w->a, put(p->w->a, &o->values, p->ids[ATTRIBUTES - 1]), (struct value){.type = TYPE_LONG_NUMBER, .integer = id});
    return o;
}

static void configure(struct probe *p) {
    OWNED(store_tx) tx = NULL;
    OK(store_write(p->w->s, STORE_API, &tx));
    struct mv_type t = {.name = T("Probe"), .plural = T("Probes"), .created = {1}};
    OK(store_save_mv_type(tx, &t));
    p->type = t.id;
    for (int i = 0; i < ATTRIBUTES; i++) {
        struct mv_attribute m = {.name = text_of(table[i].name),
                                 .type = table[i].type,
                                 .created = {1},
                                 .indexed = table[i].indexed,
                                 .plurality = table[i].multi ? MULTI_VALUED : SINGLE_VALUED};
        *LIST_ADD(p->w->a, &m.object_types) = t.id;
        OK(store_save_mv_attribute(tx, &m));
        p->ids[i] = m.id;
    }
    OK(store_commit(tx));
    store_end(TAKE(tx));
    world_configuration(p->w);
}

/* Objects of this type, some of another one, some changed and some removed again; half of the index rows in either table. */
static void fill(struct probe *p) {
    OK(store_ids(p->w->s, IDS_MVO, OBJECTS, &p->first));
    for (int i = 0; i < OBJECTS; i++) {
        struct mvo *o = random_object(p, p->first + i);
        if (i % 10 == 9) o->type = p->w->mv_user;
        write_mvo(p->w, NULL, o);
        if (i % 20 == 0)
            plant(p->w, "insert or ignore into mv_ix_settled select attribute, type, key, mvo, raw from mv_ix_recent;"
                        "delete from mv_ix_recent");
        if (i % 7 == 3) {
            struct mvo *changed = random_object(p, o->id);
            changed->type = o->type;
            changed->version = o->version + 1;
            write_mvo(p->w, o, changed);
            o = changed;
        }
        if (i % 15 == 4)
            write_mvo(p->w, o, NULL);
        else if (o->type == p->type)
            *LIST_ADD(p->w->a, &p->all) = *o;
    }
}

/* ---- Queries ---- */

static struct search_value filter_value(struct probe *p, arena *a, int which) {
    struct value stored = random_value(p, a, which);
    struct search_value v;
    present(SEARCH_METAVERSE, table[which].field, &stored, &v);
    if (table[which].field == FIELD_TYPE_TEXT && v.text.len > 3 && below(2)) { /* a part, cut between characters */
        size_t from = utf8_offset(v.text, below(3)), to = utf8_offset(v.text, 2 + below((uint32_t)utf8_length(v.text)));
        if (to > from) v.text = text_slice(v.text, from, to);
    }
    return v;
}

static text random_pattern(arena *a, text from) {
    OWNED_VALUE(buffer) b = {.max = 1 << 16};
    int wild = 0;
    for (size_t i = 0; i < from.len && i < 60;) {
        size_t begin = i;
        utf8_next(from, &i);
        if (!below(4) && wild++ < 8) {
            buffer_byte(&b, below(2) ? '*' : '?');
            continue;
        }
        if (from.at[begin] == '*' || from.at[begin] == '?' || from.at[begin] == '\\') buffer_byte(&b, '\\');
        buffer_add(&b, from.at + begin, i - begin);
    }
    if (from.len > 60 || !below(3)) buffer_byte(&b, '*');
    return arena_text(a, buffer_as_text(&b));
}

static void random_filter(struct probe *p, arena *a, struct search_filter *f) {
    int which;
    do {
        which = (int)below(ATTRIBUTES - 1);
        f->condition = below(SEARCH_CONDITION_COUNT);
    } while (!condition_fits(f->condition, table[which].field));
    f->field = (struct search_field){text_of(table[which].name), table[which].field, table[which].multi, p->ids[which]};
    f->any_case = below(2);
    enum condition_value takes = condition_rules[f->condition].takes;
    size_t count = takes == TAKES_NONE ? 0 : takes == TAKES_TWO ? 2 : takes == TAKES_LIST ? 1 + below(6) : below(8) ? 1 : 2;
    for (size_t i = 0; i < count; i++) *LIST_ADD(a, &f->values) = filter_value(p, a, which);
    if (takes == TAKES_PATTERN)
        for (EACH(struct search_value, v, &f->values)) v->text = random_pattern(a, v->text);
    if (takes == TAKES_TWO && search_value_compare(table[which].field, &f->values.at[0], &f->values.at[1]) > 0) {
        struct search_value other = f->values.at[0];
        f->values.at[0] = f->values.at[1];
        f->values.at[1] = other;
    }
}

static void random_query(struct probe *p, arena *a, struct search_query *q) {
    *q = (struct search_query){.search = {.kind = SEARCH_METAVERSE, .tenant = 1, .type = p->type}};
    q->result = q->search;
    for (uint32_t n = below(4); n; n--) random_filter(p, a, LIST_ADD(a, below(2) ? &q->filters : &q->result_filters));
    for (uint32_t n = below(4); n; n--) {
        int which = (int)below(ATTRIBUTES);
        for (int i = 0; q->filters.count && below(2) && i < ATTRIBUTES; i++)
            if (p->ids[i] == q->filters.at[0].field.attribute) which = i;
        if (table[which].field == FIELD_TYPE_BINARY) continue;
        *LIST_ADD(a, &q->sort) =
            (struct search_sort){{text_of(table[which].name), table[which].field, table[which].multi, p->ids[which]}, below(2)};
    }
    *LIST_ADD(a, &q->columns) = (struct search_field){T("n"), FIELD_TYPE_LONG_NUMBER, false, p->ids[ATTRIBUTES - 1]};
    q->limit = 10000;
    static const int64_t few[] = {0, 3, 1000};
    static const double costs[] = {0.01, 12, 1e9};
    search_tuning = (struct search_tuning){few[below(3)], costs[below(3)]};
}

static text expected_rows(arena *a, const struct int64s *ids, int64_t from, int64_t count) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    buffer_byte(&b, '[');
    for (int64_t i = from; i < from + count && i < (int64_t)ids->count; i++)
        buffer_print(&b, "%s{\"n\":%lld}", i > from ? "," : "", (long long)ids->at[i]);
    buffer_byte(&b, ']');
    return arena_text(a, buffer_as_text(&b));
}

static const char *described(arena *a, const struct search_query *q) {
    text out = arena_print(a, "few %lld, cost %g;", (long long)search_tuning.few, search_tuning.document_cost);
    const struct search_filters *lists[] = {&q->filters, &q->result_filters};
    for (int i = 0; i < 2; i++)
        for (EACH(const struct search_filter, f, lists[i])) {
            out = arena_print(a, "%.*s %.*s %s%s", TEXT_ARG(out), TEXT_ARG(f->field.name),
                              enum_name(&search_condition_names, f->condition), f->any_case ? "/i" : "");
            for (EACH(const struct search_value, v, &f->values))
                out = arena_print(a, "%.*s '%.*s'%lld", TEXT_ARG(out), TEXT_ARG(v->text), (long long)v->number);
            out = arena_print(a, "%.*s;", TEXT_ARG(out));
        }
    for (EACH(const struct search_sort, s, &q->sort))
        out = arena_print(a, "%.*s %.*s|%s", TEXT_ARG(out), TEXT_ARG(s->field.name), s->descending ? "DESC" : "ASC");
    return arena_cstring(a, out);
}

static void expect(arena *a, const struct search_query *q, const char *what, text got, text wanted) {
    if (!text_equal(got, wanted))
        fail_msg("%s of %s\n  %.*s\n  instead of\n  %.*s", what, described(a, q), TEXT_ARG(got), TEXT_ARG(wanted));
}

struct streamed {
    arena *a;
    int64_t count;
    text rows[OBJECTS];
};

static error *stream_begin(void *state, int64_t total) {
    struct streamed *s = state;
    s->count = total;
    return NULL;
}

/* Every place once. */
static error *stream_row(void *state, int64_t place, text row) {
    struct streamed *s = state;
    assert_in_range(place, 0, s->count - 1);
    assert_null(s->rows[place].at);
    s->rows[place] = arena_text(s->a, row);
    return NULL;
}

static text streamed_rows(const struct streamed *s) {
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    buffer_byte(&b, '[');
    for (int64_t i = 0; i < s->count; i++) buffer_print(&b, "%s%.*s", i ? "," : "", TEXT_ARG(s->rows[i]));
    buffer_byte(&b, ']');
    return arena_text(s->a, buffer_as_text(&b));
}

static void walk_cursors(struct probe *p, arena *a, store_tx *tx, struct search_query q, const struct int64s *ids) {
    int64_t at = 0;
    q.cursor = true;
    q.limit = 1 + below(20);
    for (int pages = 0; pages < OBJECTS + 2; pages++) {
        struct search_page page;
        OK(search_run(tx, a, p->w->c, &q, &page));
        assert_int_equal(page.outcome, SEARCH_DONE);
        assert_int_equal(page.total, ids->count);
        expect(a, &q, "a page by cursor", page.rows, expected_rows(a, ids, at, q.limit));
        at += q.limit;
        if ((page.next.at != NULL) != (at < (int64_t)ids->count))
            fail_msg("cursor of %s: end at %lld", described(a, &q), (long long)at);
        if (!page.next.at) return;
        q.after = page.next;
    }
    fail_msg("cursor of %s does not end", described(a, &q));
}

static bool try_query(struct probe *p, arena *a) {
    struct search_query q;
    struct int64s ids = {0};
    struct search_page page;
    OWNED(store_tx) tx = NULL;
    random_query(p, a, &q);
    naive_search(a, &q, &p->all, &ids);
    OK(store_read(p->w->s, &tx));
    OK(search_run(tx, a, p->w->c, &q, &page));
    assert_int_equal(page.outcome, SEARCH_DONE);
    expect(a, &q, "the whole", page.rows, expected_rows(a, &ids, 0, 10000));
    assert_int_equal(page.total, ids.count);
    q.offset = below(OBJECTS);
    q.limit = 1 + below(30);
    OK(search_run(tx, a, p->w->c, &q, &page));
    expect(a, &q, "a page", page.rows, expected_rows(a, &ids, q.offset, q.limit));
    struct streamed streamed = {.a = a};
    enum search_outcome outcome;
    OK(search_stream(tx, p->w->c, &q, &(struct search_sink){&streamed, stream_begin, stream_row}, &outcome));
    expect(a, &q, "the stream", streamed_rows(&streamed), expected_rows(a, &ids, 0, 10000));
    q.offset = 0;
    walk_cursors(p, a, tx, q, &ids);
    q.brief = true; /* the same, or nothing */
    OK(search_run(tx, a, p->w->c, &q, &page));
    if (page.outcome == SEARCH_DONE)
        expect(a, &q, "in brief", page.rows, expected_rows(a, &ids, q.offset, q.limit));
    else
        assert_int_equal(page.outcome, SEARCH_TIMED_OUT);
    q.brief = false;
    q.max_results = (int64_t)ids.count;
    OK(search_run(tx, a, p->w->c, &q, &page));
    assert_int_equal(page.outcome, SEARCH_DONE);
    q.max_results = (int64_t)ids.count - 1;
    if (ids.count > 1) {
        OK(search_run(tx, a, p->w->c, &q, &page));
        assert_int_equal(page.outcome, SEARCH_TOO_MANY);
    }
    struct search_plan plan;
    OK(search_explain(tx, a, p->w->c, &q, &plan));
    assert_int_equal(plan.steps.count, q.filters.count + q.result_filters.count + q.sort.count);
    return ids.count > 0;
}

static void test_random_searches(void **state) {
    struct probe p = {.w = *state};
    configure(&p);
    fill(&p);
    if (getenv("SEED")) seed = strtoull(getenv("SEED"), NULL, 10) * 2654435761u + 1;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    int with_rows = 0;
    for (int i = 0; i < QUERIES; i++) {
        arena_reset(a);
        with_rows += try_query(&p, a);
    }
    assert_true(with_rows > QUERIES / 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_random_searches, world_open, world_close)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
