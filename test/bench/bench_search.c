/* Measures searches within the process: bench_search DIRECTORY [OBJECTS] fills a store with persons of 20 attributes (or uses the
 * one that is there), then runs each kind of search and prints wall and CPU time, and the peak of memory. Judges nothing. */
#include "search/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1000, ATTRIBUTES = 20, FIRST_NAMES = 500, LAST_NAMES = 5000 };

static void must(error *e) {
    char said[2000];
    if (!e) return;
    fprintf(stderr, "bench_search: %s\n", error_chain(e, said, sizeof said));
    exit(1);
}

static const struct {
    const char *name;
    enum data_type type;
    enum field_type field;
    bool indexed, multi;
} columns[ATTRIBUTES] = {
    {"EmployeeNumber", TYPE_LONG_NUMBER, FIELD_TYPE_LONG_NUMBER, true, false},
    {"FirstName", TYPE_TEXT, FIELD_TYPE_TEXT, true, false},
    {"LastName", TYPE_TEXT, FIELD_TYPE_TEXT, true, false},
    {"Department", TYPE_TEXT, FIELD_TYPE_TEXT, true, false},
    {"Login", TYPE_TEXT, FIELD_TYPE_TEXT, true, false},
    {"HireDate", TYPE_DATETIME, FIELD_TYPE_DATE, true, false},
    {"LastLogin", TYPE_DATETIME, FIELD_TYPE_DATETIME, false, false},
    {"Active", TYPE_BOOLEAN, FIELD_TYPE_BOOLEAN, false, false},
    {"Level", TYPE_NUMBER, FIELD_TYPE_NUMBER, false, false},
    {"Tags", TYPE_TEXT, FIELD_TYPE_TEXT, false, true},
    {"EMail", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"Telephone", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"Town", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"Street", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"PostCode", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"Country", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"JobTitle", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"CompanyName", TYPE_TEXT, FIELD_TYPE_TEXT, false, false},
    {"Room", TYPE_TEXT, FIELD_TYPE_TEXT, true, false},
    {"Superior", TYPE_REFERENCE, FIELD_TYPE_REFERENCE, false, false},
};

struct bench {
    store *s;
    const struct config *c;
    int32_t type, ids[ATTRIBUTES];
    int64_t objects, first;
};

/* ---- Persons ---- */

static void configure(struct bench *b) {
    OWNED(store_tx) tx = NULL;
    OWNED(arena) a = arena_new(1 << 20);
    must(store_write(b->s, STORE_API, &tx));
    struct mv_type t = {.name = T("Measured person"), .plural = T("Measured persons"), .created = {1}};
    must(store_save_mv_type(tx, &t));
    for (int i = 0; i < ATTRIBUTES; i++) {
        struct mv_attribute m = {.name = arena_print(a, "Measured %s", columns[i].name),
                                 .type = columns[i].type,
                                 .created = {1},
                                 .indexed = columns[i].indexed,
                                 .plurality = columns[i].multi ? MULTI_VALUED : SINGLE_VALUED};
        *LIST_ADD(a, &m.object_types) = t.id;
        must(store_save_mv_attribute(tx, &m));
    }
    must(store_commit(tx));
}

static bool look_around(struct bench *b) {
    OWNED(arena) a = arena_new(1 << 20);
    must(store_config(b->s, &b->c));
    const struct mv_type *t = config_mv_type_named(b->c, T("Measured person"));
    if (!t) {
        config_release(b->c);
        return false;
    }
    b->type = t->id;
    for (int i = 0; i < ATTRIBUTES; i++)
        b->ids[i] = config_mv_attribute_named(b->c, arena_print(a, "Measured %s", columns[i].name))->id;
    return true;
}

static uint64_t mixed(uint64_t n) {
    n = (n ^ n >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    n = (n ^ n >> 27) * UINT64_C(0x94D049BB133111EB);
    return n ^ n >> 31;
}

static text made_name(arena *a, uint64_t n) {
    static const char *const parts[] = {"an", "ber", "cor", "dal", "el",  "fir", "gun", "hol",
                                        "is", "jor", "kal", "lin", "mor", "nor", "ol",  "per"};
    text t = arena_print(a, "%s%s%s%s", parts[n & 15], parts[n >> 4 & 15], parts[n >> 8 & 15], parts[n >> 12 & 15]);
    char *first = arena_bytes(a, t.len);
    memcpy(first, t.at, t.len);
    first[0] = (char)(first[0] - 'a' + 'A');
    return (text){first, t.len};
}

static struct value person_value(const struct bench *b, arena *a, int64_t n, int i) {
    uint64_t r = mixed((uint64_t)n * ATTRIBUTES + (uint64_t)i + 1);
    struct value v = {.type = columns[i].type};
    switch (i) {
    case 0:
        v.integer = 1000000 + n;
        return v;
    case 1:
        v.text = made_name(a, mixed(r % FIRST_NAMES));
        return v;
    case 2:
        v.text = made_name(a, mixed(r % LAST_NAMES + 7777));
        return v;
    case 3:
        v.text = arena_print(a, "Department %c", 'A' + (int)(r % 20));
        return v;
    case 4:
        v.text = arena_print(a, "u%07lld", (long long)(n * 7919 % b->objects));
        return v;
    case 5:
    case 6:
        v.integer = TICKS_1970 + (int64_t)(r % 15000) * TICKS_PER_DAY + (i == 6 ? (int64_t)(r % 80000) * TICKS_PER_SECOND : 0);
        return v;
    case 7:
        v.integer = r & 1;
        return v;
    case 8:
        v.integer = (int64_t)(r % 12);
        return v;
    case 18:
        v.text = arena_print(a, "Room %lld", (long long)(n / 10));
        return v;
    case 19:
        v.reference.target = b->first + n / 100 % BATCH;
        return v;
    default:
        v.text = arena_print(a, "%s %llu", columns[i].name, (unsigned long long)(r % 100000));
        return v;
    }
}

static void fill(struct bench *b) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    for (int64_t from = 0; from < b->objects; from += BATCH) {
        struct mvo_changes changes = {0};
        OWNED(store_tx) tx = NULL;
        int64_t id;
        arena_reset(a);
        must(store_ids(b->s, IDS_MVO, BATCH, &id));
        if (!from) b->first = id;
        for (int64_t n = from; n < from + BATCH && n < b->objects; n++) {
            struct mvo *o = ARENA_NEW(a, struct mvo);
            *o = (struct mvo){.id = id + n - from, .type = b->type, .tenant = 1, .created = {100}, .version = 1};
            for (int i = 0; i < ATTRIBUTES; i++)
                for (int m = 0; m <= columns[i].multi; m++)
                    values_add(a, attributes_ensure(a, &o->values, b->ids[i]), person_value(b, a, n + m * b->objects, i));
            LIST_ADD(a, &changes)->after = o;
        }
        must(store_write(b->s, STORE_BULK, &tx));
        must(store_write_mvos(tx, b->c, &changes));
        must(store_commit(tx));
    }
}

/* ---- Searches ---- */

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static struct search_field field(const struct bench *b, int i) {
    return (struct search_field){text_of(columns[i].name), columns[i].field, columns[i].multi, b->ids[i]};
}

static void all_columns(const struct bench *b, arena *a, struct search_query *q, int count) {
    *q = (struct search_query){.search = {.kind = SEARCH_METAVERSE, .tenant = 1, .type = b->type}, .limit = 100};
    q->result = q->search;
    for (int i = 0; i < count; i++) *LIST_ADD(a, &q->columns) = field(b, i);
}

static void add_filter(const struct bench *b, arena *a, struct search_query *q, int i, enum search_condition condition,
                       text value) {
    struct search_filter *f = LIST_ADD(a, &q->filters);
    *f = (struct search_filter){.field = field(b, i), .condition = condition};
    LIST_ADD(a, &f->values)->text = value;
}

static void add_sort(const struct bench *b, arena *a, struct search_query *q, int i, bool descending) {
    *LIST_ADD(a, &q->sort) = (struct search_sort){field(b, i), descending};
}

static int by_double(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Runs the query so often and prints the median and the 99th of a hundred; returns the last page. */
static struct search_page measure(struct bench *b, arena *a, const char *what, const struct search_query *q, int times) {
    struct search_page page = {0};
    double *walls = calloc((size_t)times, sizeof *walls), began = cpu_seconds();
    for (int i = 0; i < times; i++) {
        OWNED(store_tx) tx = NULL;
        int64_t start = monotonic_ns();
        must(store_read(b->s, &tx));
        must(search_run(tx, a, b->c, q, &page));
        walls[i] = (double)(monotonic_ns() - start) / 1e6;
    }
    double cpu = (cpu_seconds() - began) / times * 1e3;
    qsort(walls, (size_t)times, sizeof *walls, by_double);
    printf("%-52s %10.3f ms CPU, median %9.3f ms, p99 %9.3f ms, %lld hits\n", what, cpu, walls[times / 2], walls[times * 99 / 100],
           (long long)page.total);
    free(walls);
    return page;
}

static void equality(struct bench *b, arena *a) {
    double walls[2000], began = cpu_seconds();
    int times = 2000;
    for (int i = 0; i < times; i++) {
        OWNED(arena) own = arena_new((size_t)1 << 30);
        struct search_query q;
        struct search_page page;
        OWNED(store_tx) tx = NULL;
        all_columns(b, own, &q, 5);
        add_filter(b, own, &q, 4, CONDITION_EQUALS,
                   arena_print(own, "u%07lld", (long long)(mixed((uint64_t)i) % (uint64_t)b->objects)));
        int64_t start = monotonic_ns();
        must(store_read(b->s, &tx));
        must(search_run(tx, own, b->c, &q, &page));
        walls[i] = (double)(monotonic_ns() - start) / 1e6;
        if (page.total != 1) must(FAIL(ERROR_INTERNAL, "a person was not found"));
    }
    double cpu = (cpu_seconds() - began) / times * 1e3;
    qsort(walls, (size_t)times, sizeof *walls, by_double);
    printf("%-52s %10.3f ms CPU, median %9.3f ms, p99 %9.3f ms\n", "equality, one of all", cpu, walls[times / 2],
           walls[times * 99 / 100]);
    (void)a;
}

static void cursors(struct bench *b, arena *a) {
    struct search_query q;
    all_columns(b, a, &q, 5);
    add_sort(b, a, &q, 2, false);
    add_sort(b, a, &q, 1, false);
    q.offset = b->objects / 10;
    q.cursor = true;
    struct search_page page = measure(b, a, "two keys, offset of a tenth, page of 100", &q, 5);
    q.offset = 0;
    q.after = page.next;
    measure(b, a, "… the next page by cursor", &q, 50);
    all_columns(b, a, &q, 5);
    add_sort(b, a, &q, 0, false);
    q.cursor = true;
    double worst = 0;
    int64_t start = monotonic_ns(), rows = 0;
    for (int pages = 0; pages < 2000; pages++) {
        OWNED(arena) own = arena_new((size_t)1 << 30);
        OWNED(store_tx) tx = NULL;
        int64_t began = monotonic_ns();
        must(store_read(b->s, &tx));
        must(search_run(tx, own, b->c, &q, &page));
        double took = (double)(monotonic_ns() - began) / 1e6;
        if (took > worst) worst = took;
        rows += (int64_t)page.count;
        q.after = arena_text(a, page.next);
        if (text_is_null(page.next)) break;
    }
    printf("%-52s %10.0f rows/s, worst page %.3f ms\n", "walk by cursor, 100 a page, one key",
           (double)rows / ((double)(monotonic_ns() - start) / 1e9), worst);
}

struct counted {
    int64_t rows, bytes, first_ns;
};
static error *count_row(void *state, int64_t place, text row) {
    struct counted *n = state;
    (void)place;
    n->rows++;
    n->bytes += (int64_t)row.len;
    return NULL;
}

static void stream_all(struct bench *b, arena *a, const char *what, const int *keys, int key_count) {
    struct search_query q;
    struct counted n = {0};
    enum search_outcome outcome;
    OWNED(store_tx) tx = NULL;
    all_columns(b, a, &q, 5);
    for (int i = 0; i < key_count; i++) add_sort(b, a, &q, keys[i], false);
    long before = peak_kib();
    double cpu = cpu_seconds();
    int64_t start = monotonic_ns();
    must(store_read(b->s, &tx));
    must(search_stream(tx, b->c, &q, &(struct search_sink){.state = &n, .row = count_row}, &outcome));
    printf("%-52s %10.3f s, %.3f s CPU, %lld rows, %lld MiB, %ld MiB more memory\n", what, (double)(monotonic_ns() - start) / 1e9,
           cpu_seconds() - cpu, (long long)n.rows, (long long)(n.bytes >> 20), (peak_kib() - before) >> 10);
}

static void run_all(struct bench *b) {
    OWNED(arena) a = arena_new((size_t)1 << 32);
    struct search_query q;
    equality(b, a);
    text name = made_name(a, mixed(7777 + 42));
    all_columns(b, a, &q, 5);
    add_filter(b, a, &q, 2, CONDITION_EQUALS, name);
    measure(b, a, "equality, 200 of a million", &q, 20);
    all_columns(b, a, &q, 5);
    add_filter(b, a, &q, 2, CONDITION_STARTS_WITH, text_slice(name, 0, 5));
    add_sort(b, a, &q, 2, false);
    measure(b, a, "prefix, sorted by the same field, first page of 100", &q, 50);
    q.sort.count = 0;
    add_sort(b, a, &q, 0, false);
    measure(b, a, "prefix, sorted by another field, first page of 100", &q, 50);
    all_columns(b, a, &q, 5);
    add_filter(b, a, &q, 2, CONDITION_CONTAINS, T("lin"));
    measure(b, a, "CONTAINS, frequent", &q, 5);
    all_columns(b, a, &q, 5);
    add_filter(b, a, &q, 4, CONDITION_CONTAINS, T("99777"));
    measure(b, a, "CONTAINS, rare", &q, 5);
    all_columns(b, a, &q, 5);
    add_filter(b, a, &q, 2, CONDITION_NOT_CONTAINS, T("lin"));
    measure(b, a, "NOT_CONTAINS", &q, 5);
    all_columns(b, a, &q, 5);
    measure(b, a, "no filter, no sort, first page", &q, 20);
    all_columns(b, a, &q, 5);
    add_sort(b, a, &q, 2, false);
    add_sort(b, a, &q, 1, true);
    measure(b, a, "no filter, two keys, first page", &q, 20);
    cursors(b, a);
    stream_all(b, a, "all rows by id", NULL, 0);
    stream_all(b, a, "all rows, sorted by a number", (const int[]){0}, 1);
    stream_all(b, a, "all rows, sorted by two names", (const int[]){2, 1}, 2);
    stream_all(b, a, "all rows, sorted by department and number", (const int[]){3, 0}, 2);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: bench_search DIRECTORY [OBJECTS]\n"), 2;
    struct bench b = {.objects = argc > 2 ? atoll(argv[2]) : 100000};
    OWNED(arena) a = arena_new(1 << 16);
    struct store_options options = {arena_print(a, "sqlite:%s/joinery.db", argv[1]), -1, true};
    must(store_open(&options, &b.s));
    if (!look_around(&b)) {
        configure(&b);
        if (!look_around(&b)) return 1;
        int64_t start = monotonic_ns();
        fill(&b);
        printf("filled with %lld persons in %.1f s\n", (long long)b.objects, (double)(monotonic_ns() - start) / 1e9);
    }
    run_all(&b);
    config_release(b.c);
    store_close(b.s);
    return 0;
}
