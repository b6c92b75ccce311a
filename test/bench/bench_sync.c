/* Measures synchronisation through the store: bench_sync DIRECTORY [OBJECTS]. A system of persons with 20 attributes is projected,
 * then synchronised again with nothing to do, then staged for a second system. Prints rates; judges nothing. */
#include "runs/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 1000, TEXTS = 17 };

static void must(error *e) {
    char said[2000];
    if (!e) return;
    fprintf(stderr, "bench_sync: %s\n", error_chain(e, said, sizeof said));
    exit(1);
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct bench {
    store *s;
    runs *r;
    struct connected_system hr, target;
    struct cs_type person, account;
    int32_t user, mv_first;
    int64_t objects;
};

static void add_type(store_tx *tx, struct connected_system *system, const char *name, struct cs_type *type, bool references) {
    OWNED(arena) a = arena_new(1 << 26);
    system->name = text_of(name);
    system->definition = 1;
    must(store_save_system(tx, system));
    *type = (struct cs_type){.system = system->id, .name = T("person"), .selected = true, .remove_contributed = true};
    for (int i = 0; i < TEXTS + 2 + references; i++) {
        struct cs_attribute *t = LIST_ADD(a, &type->attributes);
        t->name = i == 1 ? T("displayName") : arena_print(a, "attribute%d", i);
        t->type = i < TEXTS ? TYPE_TEXT : i == TEXTS ? TYPE_NUMBER : i == TEXTS + 1 ? TYPE_DATETIME : TYPE_REFERENCE;
        t->selected = true;
        t->external_id = i == 0;
    }
    must(store_save_cs_type(tx, type));
    struct cs_attributes list = type->attributes;
    type->attributes.at = malloc(list.count * sizeof *list.at);
    memcpy(type->attributes.at, list.at, list.count * sizeof *list.at);
}

static void add_rule(struct bench *b, store_tx *tx, const char *name, enum rule_direction direction, const struct cs_type *type) {
    struct sync_rule rule = {.system = type->system,
                             .cs_type = type->id,
                             .mv_type = b->user,
                             .name = text_of(name),
                             .direction = direction,
                             .project = direction == DIRECTION_IMPORT,
                             .provision = direction == DIRECTION_EXPORT,
                             .enabled = true,
                             .enforce_state = true};
    must(store_save_rule(tx, &rule));
    for (size_t i = 0; i < type->attributes.count; i++) {
        struct mapping_source source = {0};
        struct mapping m = {
            .rule = rule.id, .source_type = MAPPING_ATTRIBUTE, .priority = INT32_MAX, .enabled = true, .processing = 1};
        bool import = direction == DIRECTION_IMPORT;
        *(import ? &m.mv_target : &m.cs_target) = import ? b->mv_first + (int32_t)i : type->attributes.at[i].id;
        *(import ? &source.cs_attribute : &source.mv_attribute) = import ? type->attributes.at[i].id : b->mv_first + (int32_t)i;
        m.sources = (struct mapping_sources){.at = &source, .count = 1, .room = 1};
        must(store_save_mapping(tx, &m));
    }
}

static void configure(struct bench *b) {
    OWNED(store_tx) tx = NULL;
    must(store_write(b->s, STORE_API, &tx));
    struct mv_type user = {.name = T("Bench person"), .plural = T("Bench persons"), .deletion_rule = DELETE_WHEN_LAST_CONNECTOR};
    must(store_save_mv_type(tx, &user));
    b->user = user.id;
    for (int i = 0; i < TEXTS + 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "Bench attribute %d", i);
        struct mv_attribute at = {.name = text_of(name), .object_types = {.at = &b->user, .count = 1, .room = 1}};
        at.type = i < TEXTS ? TYPE_TEXT : i == TEXTS ? TYPE_NUMBER : i == TEXTS + 1 ? TYPE_DATETIME : TYPE_REFERENCE;
        at.indexed = i == 0;
        must(store_save_mv_attribute(tx, &at));
        if (i == 0) b->mv_first = at.id;
    }
    add_type(tx, &b->hr, "Bench source", &b->person, true);
    add_type(tx, &b->target, "Bench target", &b->account, false);
    add_rule(b, tx, "Bench import", DIRECTION_IMPORT, &b->person);
    struct matching_rule match = {.cs_type = b->person.id,
                                  .mv_type = b->user,
                                  .mv_attribute = b->mv_first,
                                  .cs_attribute = b->person.attributes.at[0].id,
                                  .case_sensitive = true};
    must(store_save_matching_rule(tx, &match));
    must(store_commit(tx));
}

static void set_value(arena *a, struct attributes *out, int32_t attribute, struct value v) {
    values_add(a, attributes_ensure(a, out, attribute), v);
}

static void person(arena *a, const struct bench *b, int64_t n, struct cso *o) {
    for (int i = 0; i < TEXTS; i++) {
        text t = i == 0   ? arena_print(a, "E%07lld", (long long)n)
                 : i == 1 ? arena_print(a, "Person Number %lld", (long long)n)
                          : arena_print(a, "value %d of %lld", i, (long long)(n % 1000));
        set_value(a, &o->values, b->person.attributes.at[i].id, (struct value){.type = TYPE_TEXT, .text = t});
    }
    set_value(a, &o->values, b->person.attributes.at[TEXTS].id, (struct value){.type = TYPE_NUMBER, .integer = n});
    set_value(a, &o->values, b->person.attributes.at[TEXTS + 1].id,
              (struct value){.type = TYPE_DATETIME, .integer = INT64_C(638000000000000000) + n});
    if (n >= 10) {
        struct value v = {.type = TYPE_REFERENCE, .reference = {.raw = arena_print(a, "E%07lld", (long long)(n / 10))}};
        set_value(a, &o->values, b->person.attributes.at[TEXTS + 2].id, v);
    }
    o->external_id = o->values.at[0].at[0].text;
}

static void import(struct bench *b) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    const struct config *c;
    must(store_config(b->s, &c));
    for (int64_t from = 0; from < b->objects; from += BATCH) {
        int64_t first;
        arena_reset(a);
        struct cso_changes changes = {0};
        must(store_ids(b->s, IDS_CSO, BATCH, &first));
        for (int64_t n = from; n < from + BATCH && n < b->objects; n++) {
            struct cso *o = ARENA_NEW(a, struct cso);
            *o = (struct cso){.id = first + n - from, .system = b->hr.id, .type = b->person.id, .has_values = true};
            o->created = instant_now();
            person(a, b, n, o);
            *LIST_ADD(a, &changes) = (struct cso_change){.after = o, .values_changed = true};
        }
        OWNED(store_tx) tx = NULL;
        must(store_write(b->s, STORE_BULK, &tx));
        must(store_write_csos(tx, c, &changes));
        must(store_commit(tx));
    }
    config_release(c);
}

static void synchronise(struct bench *b, const char *what) {
    OWNED(arena) a = arena_new((size_t)1 << 30);
    const struct config *c;
    atomic_bool stop = false;
    must(store_config(b->s, &c));
    struct run run = {.runs = b->r, .store = b->s, .config = c, .system = config_system(c, b->hr.id), .a = a, .stop = &stop};
    run.started = instant_now();
    run.tracking = TRACK_DETAILED;
    run.activity = (struct activity){.created = run.started, .run_type = RUN_FULL_SYNCHRONISATION, .target = TARGET_RUN_PROFILE};
    OWNED(store_tx) tx = NULL;
    must(store_write(b->s, STORE_API, &tx));
    must(store_save_activity(tx, &run.activity));
    must(store_commit(tx));
    store_end(TAKE(tx));
    int64_t began = monotonic_ns();
    double cpu = cpu_seconds();
    must(sync_run(&run));
    cpu = cpu_seconds() - cpu;
    double seconds = (double)(monotonic_ns() - began) / 1e9;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%-16s %8.3f s %9.0f/s, CPU %7.3f s %9.0f/s, projected %lld, pending %lld, items %lld, errors %lld, peak %ld MB\n", what,
           seconds, (double)b->objects / seconds, cpu, (double)b->objects / cpu, (long long)run.activity.counters.projected,
           (long long)run.activity.counters.pending_exports, (long long)run.activity.counters.items,
           (long long)run.activity.counters.errors, use.ru_maxrss >> 10);
    config_release(c);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: bench_sync DIRECTORY [OBJECTS]\n");
        return 2;
    }
    struct bench b = {.objects = argc > 2 ? atoll(argv[2]) : 100000};
    char url[4000];
    snprintf(url, sizeof url, "sqlite:%s/bench_sync.db", argv[1]);
    must(store_open(&(struct store_options){.url = text_of(url), .slow_ms = -1, .create = true}, &b.s));
    must(runs_start(&(struct runs_options){.store = b.s}, &b.r));
    configure(&b);
    import(&b);
    synchronise(&b, "all new");
    synchronise(&b, "nothing to do");
    OWNED(store_tx) tx = NULL;
    must(store_write(b.s, STORE_API, &tx));
    add_rule(&b, tx, "Bench export", DIRECTION_EXPORT, &b.account);
    must(store_commit(tx));
    store_end(TAKE(tx));
    synchronise(&b, "stage exports");
    synchronise(&b, "nothing to do");
    runs_stop(b.r, 0);
    store_close(b.s);
    return 0;
}
