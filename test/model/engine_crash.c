/* A server that is killed in the middle of a run: what was committed until then is copied, and another engine goes on from there.
 */
#include "engine_private.h"
#include "runs/runs_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct engine *e; /* NULL: nothing is awaited */
    int commits;      /* until the copy is made */
    bool before, made;
    long versions[SYSTEMS];
    struct sim sim[SYSTEMS];
} crash;

/* The database of the engine, or what lies beside it. */
static const char *path_of(struct engine *e, const char *end) { return arena_print(e->a, "%s%s", e->path, end).at; }

static void die(void) {
    struct engine *e = crash.e;
    memcpy(crash.sim, e->sim, sizeof crash.sim);
    engine_files_read(e, crash.sim);
    engine_copy(e->path, path_of(e, "x"));
    engine_copy(path_of(e, "-wal"), path_of(e, "x-wal"));
    crash.made = true;
    crash.e = NULL;
}

static void commits(void) {
    if (crash.e && crash.before && crash.commits == 1) die();
}

static void committed(void) {
    if (crash.e && --crash.commits == 0) die();
}

error *__real_store_commit(store_tx *tx);
error *__wrap_store_commit(store_tx *tx);
error *__wrap_store_commit(store_tx *tx) {
    commits();
    error *e = __real_store_commit(tx);
    if (!e) committed();
    return e;
}

error *__real_store_group_commit(store_tx *tx);
error *__wrap_store_group_commit(store_tx *tx);
error *__wrap_store_group_commit(store_tx *tx) {
    commits();
    error *e = __real_store_group_commit(tx);
    if (!e) committed();
    return e;
}

void engine_kill_at(struct engine *e, int number, bool before) {
    crash.e = e;
    crash.commits = number;
    crash.before = before;
    for (int i = 0; i < SYSTEMS; i++) crash.versions[i] = e->sim[i].version;
    crash.made = false;
}

bool engine_after_crash(struct engine *e, const struct story *s, struct space *out) {
    crash.e = NULL;
    if (!crash.made) return false;
    struct engine again = *e;
    const char *path = path_of(e, "x"), *url = arena_print(e->a, "sqlite:%s", path).at;
    memcpy(again.sim, crash.sim, sizeof again.sim);
    for (int i = 0; i < SYSTEMS; i++) again.sim[i].resumed = crash.versions[i] + 1;
    again.c = NULL;
    again.page = arena_new((size_t)1 << 34);
    sim_engine = &again;
    OK(store_open(&(struct store_options){text_of(url), -1, false}, &again.s));
    OK(store_config(again.s, &again.c));
    OK(runs_recover(again.s));
    struct runs_options options = {.store = again.s};
    *LIST_ADD(again.page, &options.file_roots) = text_of(again.files);
    engine_files_write(&again);
    OK(runs_start(&options, &again.runs));
    while (runs_work(again.runs, again.page)) {}
    engine_files_read(&again, again.sim);
    again.activity = 0;
    engine_look(&again, s, out);
    fputs(engine_check(&again), stdout);
    config_release(again.c);
    runs_stop(again.runs, 0);
    store_close(again.s);
    arena_free(again.page);
    unlink(path);
    unlink(path_of(e, "x-wal"));
    unlink(path_of(e, "x-shm"));
    sim_engine = e;
    return true;
}
