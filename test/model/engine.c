/* The real engine living through a story. */
#include "engine.h"

#include "base/log.h"
#include "engine_private.h"
#include "runs/runs_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The clock ---- */

static int64_t ticks;                                                  /* each look at the clock takes a microsecond */
#define FIRST (INT64_C(639029088000000000) + 9 * INT64_C(36000000000)) /* 2026-01-02T09:00Z */

instant __wrap_instant_now(void);
instant __wrap_instant_now(void) { return (instant){ticks += 10}; }

int64_t engine_minutes(instant t) { return (t.ticks - FIRST) / (60 * TICKS_PER_SECOND); }

/* ---- Life ---- */

void engine_ok(error *e) {
    char said[2000];
    if (!e) return;
    fprintf(stderr, "the engine: %s\n", error_chain(e, said, sizeof said));
    abort();
}

void engine_copy(const char *from, const char *to) {
    static char bytes[4 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (!in || !out) abort();
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        if (fwrite(bytes, 1, n, out) != n) abort();
    fclose(in);
    fclose(out);
}

/* A migrated and seeded database is made once and copied. */
static const char *template(void) {
    static char path[80];
    if (*path) return path;
    snprintf(path, sizeof path, "%s/joinery-model-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    char url[100];
    snprintf(url, sizeof url, "sqlite:%s", path);
    store *s;
    ticks = FIRST - TICKS_PER_SECOND;
    OK(store_open(&(struct store_options){text_of(url), -1, true}, &s));
    store_close(s);
    return path;
}

void engine_forget(void) { unlink(template()); }

struct engine *engine_open(struct story *s, const struct variation *v) {
    static bool prepared;
    if (!prepared) OK(log_open(LOG_FATAL, NULL));
    if (!prepared && !connector_add(&sim_connector)) abort();
    if (!prepared && !connector_add(&sim_confirming)) abort();
    prepared = true;
    arena *a = arena_new((size_t)1 << 34);
    struct engine *e = ARENA_NEW(a, struct engine);
    e->a = a;
    e->page = arena_new((size_t)1 << 34);
    if (v) e->variation = *v;
    for (int i = 0; i < SYSTEMS && v; i++) e->sim[i].by_content = true;
    for (int i = 0; i < SYSTEMS; i++) e->sim[i].named = s->system[i].secondary;
    for (int i = 0; i < SYSTEMS; i++) e->sim[i].file = s->system[i].file;
    snprintf(e->path, sizeof e->path, "%s-copy", template());
    engine_copy(template(), e->path);
    char url[180];
    snprintf(url, sizeof url, "sqlite:%s", e->path);
    ticks = FIRST;
    OK(store_open(&(struct store_options){text_of(url), -1, true}, &e->s));
    e->story = s;
    engine_files_open(e);
    struct runs_options options = {.store = e->s};
    *LIST_ADD(a, &options.file_roots) = text_of(e->files);
    OK(runs_start(&options, &e->runs));
    sim_engine = e;
    engine_configure(e, s);
    return e;
}

void engine_close(struct engine *e) {
    char path[180];
    config_release(e->c);
    runs_stop(e->runs, 0);
    store_close(e->s);
    unlink(e->path);
    snprintf(path, sizeof path, "%s-wal", e->path);
    unlink(path);
    snprintf(path, sizeof path, "%s-shm", e->path);
    unlink(path);
    engine_files_close(e);
    arena_free(e->page);
    arena_free(e->a);
}

const char *engine_check(struct engine *e) {
    struct texts findings = {0};
    text all = T("");
    OK(store_check(e->s, e->a, NULL, NULL, &findings));
    for (EACH(const text, f, &findings)) all = arena_print(e->a, "%.*scheck: %.*s\n", TEXT_ARG(all), TEXT_ARG(*f));
    return all.at;
}

/* ---- What happens ---- */

static void run(struct engine *e, const struct story *s, const struct event *event) {
    struct run_ticket ticket;
    struct run_request q = {.system = e->systems[event->system],
                            .profile = e->profiles[event->system][event->run],
                            .initiator = {.type = BY_SYSTEM, .name = T("Story")}};
    (void)s;
    arena_reset(e->page);
    engine_files_write(e);
    OK(runs_execute(e->runs, e->page, &q, &ticket));
    e->activity = ticket.activity;
    while (runs_work(e->runs, e->page)) {}
    if (event->run == RUN_EXPORT) engine_files_read(e, e->sim);
}

static void housekeep(struct engine *e) {
    for (bool more = true; more;) {
        more = false;
        OK(housekeeping_pass(e->runs, false, &more));
    }
}

void engine_happen(struct engine *e, struct story *s, const struct event *event) {
    sim_engine = e;
    e->activity = 0;
    switch (event->what) {
    case HAPPENS_RUN:
        run(e, s, event);
        break;
    case HAPPENS_WAIT:
        ticks += event->number * 60 * TICKS_PER_SECOND;
        break;
    case HAPPENS_HOUSEKEEPING:
        housekeep(e);
        break;
    case HAPPENS_TEMPORAL:
        OK(temporal_pass(e->runs, true));
        break;
    case HAPPENS_PUT:
    case HAPPENS_REMOVE:
    case HAPPENS_EDIT:
    case HAPPENS_DROP:
    case HAPPENS_REFUSE:
        sim_happen(&e->sim[event->system], event);
        break;
    default:
        engine_reconfigure(e, s, event);
    }
}
