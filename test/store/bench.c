/* Measures the store with a great number of objects: bench_store DIRECTORY [OBJECTS]. Prints rates; judges nothing. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 1000, TEXTS = 17 };

static void must(error *e) {
    char said[2000];
    if (!e) return;
    fprintf(stderr, "bench_store: %s\n", error_chain(e, said, sizeof said));
    exit(1);
}

static int64_t began, cpu_began;
static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
static void start(void) {
    began = monotonic_ns();
    cpu_began = cpu_ns();
}
/* What the benchmark itself does between does not count. */
static void aside(int64_t wall, int64_t cpu) {
    began += monotonic_ns() - wall;
    cpu_began += cpu_ns() - cpu;
}
static void report(store *s, const char *what, int64_t count) {
    static int64_t last_syncs, last_bytes;
    double seconds = (double)(monotonic_ns() - began) / 1e9, cpu = (double)(cpu_ns() - cpu_began) / 1e9;
    int64_t syncs, bytes;
    struct rusage use;
    store_io(s, &syncs, &bytes);
    getrusage(RUSAGE_SELF, &use);
    printf("%-44s %8.3f s (CPU %7.3f) %10.0f/s (CPU %9.0f)  %4lld syncs %6lld MB  peak %ld MB\n", what, seconds, cpu,
           (double)count / seconds, (double)count / cpu, (long long)(syncs - last_syncs), (long long)((bytes - last_bytes) >> 20),
           use.ru_maxrss >> 10);
    last_syncs = syncs;
    last_bytes = bytes;
}

struct world {
    store *s;
    int32_t system, type, first, manager; /* attribute ids: `first` the external id, then texts */
    int32_t user, employee_id, manager_mv;
    int64_t first_cso, first_mvo;
    int64_t objects;
};

static void configure(struct world *w) {
    OWNED(arena) a = arena_new(1 << 26);
    OWNED(store_tx) tx = NULL;
    must(store_write(w->s, STORE_API, &tx));
    struct connected_system system = {.name = T("HR"), .definition = 1};
    must(store_save_system(tx, &system));
    struct cs_type type = {.system = system.id, .name = T("person"), .selected = true};
    for (int i = 0; i < TEXTS; i++) {
        struct cs_attribute *t = LIST_ADD(a, &type.attributes);
        t->name = i == 1 ? T("displayName") : arena_print(a, "attribute%d", i);
        t->type = TYPE_TEXT;
        t->selected = true;
        t->external_id = i == 0;
        t->indexed = i == 0;
    }
    struct cs_attribute *number = LIST_ADD(a, &type.attributes), *date = LIST_ADD(a, &type.attributes);
    number->name = T("number"), number->type = TYPE_NUMBER;
    date->name = T("date"), date->type = TYPE_DATETIME;
    struct cs_attribute *manager = LIST_ADD(a, &type.attributes);
    manager->name = T("manager"), manager->type = TYPE_REFERENCE;
    must(store_save_cs_type(tx, &type));
    must(store_commit(tx));
    w->system = system.id;
    w->type = type.id;
    w->first = type.attributes.at[0].id;
    w->manager = type.attributes.at[TEXTS + 2].id;
}

static void values_of(arena *a, const struct world *w, int64_t n, struct attributes *out) {
    for (int i = 0; i < TEXTS; i++) {
        struct values *set = attributes_ensure(a, out, w->first + i);
        set->at = ARENA_NEW(a, struct value);
        set->count = set->room = 1;
        text t = i == 0   ? arena_print(a, "E%07lld", (long long)n)
                 : i == 1 ? arena_print(a, "Person Number %lld", (long long)n)
                          : arena_print(a, "value %d of %lld", i, (long long)(n % 1000));
        set->at[0] = (struct value){.type = TYPE_TEXT, .text = t};
    }
    for (int i = 0; i < 2; i++) {
        struct values *set = attributes_ensure(a, out, w->first + TEXTS + i);
        set->at = ARENA_NEW(a, struct value);
        set->count = set->room = 1;
        set->at[0] = (struct value){.type = i ? TYPE_DATETIME : TYPE_NUMBER, .integer = i ? INT64_C(638000000000000000) + n : n};
    }
    if (n < 10) return;
    struct values *set = attributes_ensure(a, out, w->manager);
    set->at = ARENA_NEW(a, struct value);
    set->count = set->room = 1;
    set->at[0] = (struct value){.type = TYPE_REFERENCE, .reference = {.raw = arena_print(a, "E%07lld", (long long)(n / 10))}};
}

static struct cso *people(arena *a, const struct world *w, int64_t from, size_t count) {
    struct cso *list = ARENA_ARRAY(a, struct cso, count);
    for (size_t i = 0; i < count; i++) {
        struct cso *o = &list[i];
        *o = (struct cso){
            .id = w->first_cso + from + (int64_t)i, .system = w->system, .type = w->type, .status = CSO_NORMAL, .has_values = true};
        o->created.ticks = INT64_C(638000000000000000);
        o->import_hash[0] = 1;
        values_of(a, w, from + (int64_t)i, &o->values);
        o->external_id = o->values.at[0].at[0].text;
    }
    return list;
}

static void add_objects(struct world *w) {
    const struct config *c;
    must(store_config(w->s, &c));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    start();
    for (int64_t from = 0; from < w->objects; from += BATCH) {
        arena_reset(a);
        int64_t t = monotonic_ns(), cpu = cpu_ns();
        struct cso *list = people(a, w, from, BATCH);
        struct cso_changes changes = {0};
        for (size_t i = 0; i < BATCH; i++) LIST_ADD(a, &changes)->after = &list[i];
        int64_t first;
        must(store_ids(w->s, IDS_CSO, BATCH, &first));
        if (from == 0) {
            w->first_cso = first;
            for (size_t i = 0; i < BATCH; i++) list[i].id = first + (int64_t)i;
        }
        aside(t, cpu);
        OWNED(store_tx) tx = NULL;
        must(store_write(w->s, STORE_BULK, &tx));
        must(store_write_csos(tx, c, &changes));
        must(store_commit(tx));
    }
    report(w->s, "new connected objects", w->objects);
    config_release(c);
}

static void count_key(void *state, const struct cso_key *k) { *(int64_t *)state += (int64_t)k->key.len; }

static void scan(struct world *w) {
    OWNED(store_tx) tx = NULL;
    int64_t bytes = 0;
    must(store_read(w->s, &tx));
    start();
    must(store_each_cso_key(tx, w->system, count_key, &bytes));
    report(w->s, "scan of keys", w->objects);
}

static void pages(struct world *w, bool values, int64_t changed_after, const char *what) {
    const struct config *c;
    must(store_config(w->s, &c));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    start();
    int64_t after = 0, count = 0;
    for (;;) {
        OWNED(store_tx) tx = NULL;
        arena_reset(a);
        struct csos list = {0};
        must(store_read(w->s, &tx));
        must(store_cso_page(tx, a, c, &(struct cso_page_query){w->system, after, BATCH, {changed_after}, values}, &list));
        if (!list.count) break;
        count += (int64_t)list.count;
        after = list.at[list.count - 1].id;
    }
    report(w->s, what, changed_after ? w->objects : count);
    config_release(c);
}

/* Different for every number, in no order. */
static unsigned long long mixed(int64_t n) { return ((uint64_t)n * UINT64_C(2654435761)) & 0xFFFFFFFFu; }

/* What a synchronisation does for new people: identity, join, item. */
static void project(struct world *w) {
    const struct config *c;
    must(store_config(w->s, &c));
    w->user = config_mv_type_named(c, T("User"))->id;
    int32_t targets[20];
    size_t n = 0;
    for (EACH(const struct mv_attribute, t, &c->mv_attributes))
        if (t->type == TYPE_TEXT && t->plurality == SINGLE_VALUED && n < TEXTS &&
            (!t->indexed || text_equal(t->name, T("Employee ID")) || text_equal(t->name, T("Account Name"))))
            targets[n++] = t->id;
    w->manager_mv = config_mv_attribute_named(c, T("Manager"))->id;
    OWNED(arena) a = arena_new((size_t)1 << 30);
    start();
    for (int64_t from = 0; from < w->objects; from += BATCH) {
        arena_reset(a);
        int64_t t = monotonic_ns(), cpu = cpu_ns();
        struct cso *list = people(a, w, from, BATCH), *joined = ARENA_ARRAY(a, struct cso, BATCH);
        struct mvo *mvos = ARENA_ARRAY(a, struct mvo, BATCH);
        struct cso_changes heads = {0};
        struct mvo_changes changes = {0};
        struct run_items items = {0};
        int64_t first;
        must(store_ids(w->s, IDS_MVO, BATCH, &first));
        if (from == 0) w->first_mvo = first;
        for (size_t i = 0; i < BATCH; i++) {
            mvos[i] =
                (struct mvo){.id = first + (int64_t)i, .type = w->user, .created = {INT64_C(638000000000000000)}, .version = 1};
            for (size_t k = 0; k < n; k++) {
                struct values *set = attributes_ensure(a, &mvos[i].values, targets[k]);
                *set = list[i].values.at[k];
                set->attribute = targets[k];
                set->mapping = 7;
                if (!config_mv_attribute(c, targets[k])->indexed) continue;
                set->at = ARENA_NEW(a, struct value);
                set->at[0] = (struct value){.type = TYPE_TEXT, .text = arena_print(a, "u%08llx", mixed(from + (int64_t)i))};
            }
            LIST_ADD(a, &changes)->after = &mvos[i];
            joined[i] = list[i];
            joined[i].mvo = mvos[i].id;
            joined[i].join = JOIN_PROJECTED;
            joined[i].joined = mvos[i].created;
            *LIST_ADD(a, &heads) = (struct cso_change){&list[i], &joined[i], false};
            struct outcome_node *outcomes = ARENA_ARRAY(a, struct outcome_node, 2);
            outcomes[0] = (struct outcome_node){.type = OUTCOME_PROJECTED, .count = -1, .children = &outcomes[1]};
            outcomes[1] = (struct outcome_node){.type = OUTCOME_ATTRIBUTE_FLOW, .count = 18};
            *LIST_ADD(a, &items) = (struct run_item){.change = OBJECT_PROJECTED,
                                                     .cso = list[i].id,
                                                     .external_id = list[i].external_id,
                                                     .display_name = list[i].values.at[1].at[0].text,
                                                     .object_type = T("person"),
                                                     .attribute_flows = 18,
                                                     .outcomes = outcomes};
        }
        aside(t, cpu);
        OWNED(store_tx) tx = NULL;
        must(store_write(w->s, STORE_BULK, &tx));
        must(store_write_mvos(tx, c, &changes));
        must(store_write_csos(tx, c, &heads));
        must(store_write_items(tx, 1, &items));
        must(store_commit(tx));
    }
    report(w->s, "identities with join and item", w->objects);
    config_release(c);
}

static void match(struct world *w) {
    const struct config *c;
    must(store_config(w->s, &c));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    OWNED(store_tx) tx = NULL;
    must(store_read(w->s, &tx));
    start();
    size_t hits_count = 0;
    for (int round = 0; round < 100; round++) {
        arena_reset(a);
        struct match_query *q = ARENA_ARRAY(a, struct match_query, BATCH);
        struct match_hits hits = {0};
        int32_t attribute = config_mv_attribute_named(c, T("Account Name"))->id;
        for (int i = 0; i < BATCH; i++) q[i] = (struct match_query){w->user, attribute, arena_print(a, "value %d of %d", 12, i)};
        must(store_match_mvos(tx, a, q, BATCH, &hits));
        hits_count += hits.count;
    }
    report(w->s, "matches looked up", 100 * BATCH);
    config_release(c);
}

static void look(struct world *w, struct object_query q, bool mvos, const char *what) {
    const struct config *c;
    must(store_config(w->s, &c));
    OWNED(arena) a = arena_new((size_t)1 << 30);
    OWNED(store_tx) tx = NULL;
    must(store_read(w->s, &tx));
    int64_t total;
    q.limit = 100;
    start();
    struct csos csos = {0};
    struct mvos found = {0};
    if (mvos)
        must(store_list_mvos(tx, a, c, &q, &found, &total));
    else
        must(store_list_csos(tx, a, c, &q, &csos, &total));
    report(w->s, what, 1);
    config_release(c);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: bench_store DIRECTORY [OBJECTS]\n"), 2;
    struct world w = {.objects = argc > 2 ? atoll(argv[2]) : 100000};
    OWNED(arena) a = arena_new(1 << 20);
    must(store_open(&(struct store_options){arena_print(a, "sqlite:%s/bench.db", argv[1]), -1, true}, &w.s));
    configure(&w);
    add_objects(&w);
    scan(&w);
    pages(&w, false, 0, "pages of heads");
    pages(&w, false, INT64_C(639000000000000000), "pages of a delta without changes");
    pages(&w, true, 0, "pages with values and references");
    project(&w);
    match(&w);
    look(&w, (struct object_query){.system = w.system, .status = -1, .join = -1}, false, "list of connected objects");
    look(&w, (struct object_query){.system = w.system, .status = -1, .join = -1, .search = T("number 4711")}, false, "… searched");
    look(&w, (struct object_query){.type = w.user, .sort = 2}, true, "list of identities by name");
    look(&w, (struct object_query){.type = w.user, .search = T("number 4711")}, true, "… searched");
    store_close(w.s);
    return 0;
}
