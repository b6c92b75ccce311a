/* Keeps asynchronous searches: takes orders, starts them, ends them, and cleans up behind them (public-data-api.md §5). */
#include "search/result_private.h"

#include "base/die.h"
#include "base/log.h"
#include "base/metrics.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct metric live_sets = {
    .name = "joinery_search_result_sets", .help = "Result sets that wait, run or can be read.", .kind = METRIC_GAUGE};
static struct metric spool_bytes = {
    .name = "joinery_search_spool_bytes", .help = "Bytes of the files of result sets.", .kind = METRIC_GAUGE};

enum { RUN_BYTES = 1 << 30, LOOK_MS = 500, STOP_MS = 1000 };

/* ---- settings and files ---- */

static int32_t setting(const struct config *c, const char *key, int32_t standard) {
    int32_t n;
    text value = config_setting(c, text_of(key));
    return !text_is_null(value) && text_to_int32(value, &n) ? n : standard;
}

struct result_limits result_limits_of(const struct config *c) {
    return (struct result_limits){.retention_minutes = setting(c, "PublicApi.Async.RetentionMinutes", 60),
                                  .storage_mib = setting(c, "PublicApi.Async.StorageLimitMiB", 256),
                                  .tenant_percent = setting(c, "PublicApi.Async.TenantSharePercent", 50),
                                  .per_user = setting(c, "PublicApi.Async.MaxPerUser", 20),
                                  .running = setting(c, "PublicApi.Async.MaxRunning", 4),
                                  .tombstone_days = setting(c, "PublicApi.Async.TombstoneDays", 7),
                                  .timeout_seconds = setting(c, "PublicApi.Async.TimeoutSeconds", 600)};
}

static FALLIBLE limits_now(result_sets *x, struct result_limits *out) {
    const struct config *c;
    TRY(store_config(x->options.store, &c));
    *out = result_limits_of(c);
    config_release(c);
    return NULL;
}

void result_path(const result_sets *x, const char *id, char out[static RESULT_PATH_BYTES]) {
    snprintf(out, RESULT_PATH_BYTES, "%s/%s.rows", x->options.folder, id);
}

static void remove_file(const result_sets *x, text id) {
    char path[RESULT_PATH_BYTES], name[RESULT_ID_LEN + 1];
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(id));
    result_path(x, name, path);
    if (unlink(path) < 0 && errno != ENOENT) log_line(LOG_WARNING, "result set stays on the disk", "%s: %s", path, strerror(errno));
}

/* Keeps what a set has become and removes its file, unless it can be read. */
static FALLIBLE turn(result_sets *x, store_tx *tx, const struct result_set *r) {
    TRY(store_turn_result_set(tx, r));
    TRY(store_commit(tx));
    if (r->state != RESULT_COMPLETED) remove_file(x, r->id);
    return NULL;
}

static void gone(struct result_set *r, enum result_state state, instant now) {
    r->state = state;
    r->ends = now;
    r->bytes = 0;
}

/* ---- executions ---- */

static struct result_run *run_of(const result_sets *x, text id) {
    for (struct result_run *run = x->runs; run; run = run->next)
        if (text_equal(text_of(run->id), id)) return run;
    return NULL;
}

/* What the run made of it, unless it was cancelled meanwhile. */
static FALLIBLE settle(struct result_run *run, arena *a, struct result_set *r) {
    result_sets *x = run->of;
    struct result_set now;
    struct result_limits limits;
    bool found;
    if (r->state == RESULT_QUEUED && !run->stop) return FAIL(ERROR_INTERNAL, "an asynchronous search has no end");
    if (r->state == RESULT_QUEUED) return NULL;
    TRY(limits_now(x, &limits));
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->options.store, STORE_API, &tx));
    TRY(store_result_set(tx, a, r->id, &now, &found));
    if (!found || now.state != RESULT_QUEUED) {
        remove_file(x, r->id);
        return NULL;
    }
    r->taken = run->taken;
    r->ends = (instant){instant_now().ticks + limits.retention_minutes * 60 * TICKS_PER_SECOND};
    if (r->state == RESULT_EXPIRED) gone(r, RESULT_EXPIRED, instant_now());
    return turn(x, tx, r);
}

static FALLIBLE carry_out(struct result_run *run) {
    OWNED(arena) a = arena_new(RUN_BYTES);
    struct result_set r;
    bool found;
    TRY(store_result_set(run->tx, a, text_of(run->id), &r, &found));
    if (!found || r.state != RESULT_QUEUED) return NULL;
    TRY(result_carry_out(run, a, &r));
    rows_file_close(&run->file);
    store_end(run->tx);
    run->tx = NULL;
    return settle(run, a, &r);
}

static void *run_body(void *state) {
    struct result_run *run = state;
    result_sets *x = run->of;
    OWNED(error) e = carry_out(run);
    if (e) log_error("an asynchronous search stays queued", e);
    rows_file_close(&run->file);
    if (run->tx) store_end(run->tx);
    atomic_fetch_sub(&x->spooling, run->spooled);
    WITH_LOCK(&x->lock);
    run->done = true;
    pthread_cond_broadcast(&x->wake);
    return NULL;
}

/* With the lock held. The session becomes the run's. */
static void start(result_sets *x, text id, store_tx *tx, instant taken) {
    struct result_run *run = calloc(1, sizeof *run);
    if (!run) die("out of memory");
    *run = (struct result_run){.of = x, .tx = tx, .taken = taken, .file.fd = -1, .next = x->runs};
    snprintf(run->id, sizeof run->id, "%.*s", TEXT_ARG(id));
    x->runs = run;
    x->running++;
    run->thread = thread_start("result-set", run_body, run);
}

/* With the lock held: forgets the runs that have ended. */
static void reap(result_sets *x) {
    for (struct result_run **at = &x->runs; *at;) {
        struct result_run *run = *at;
        if (!run->done) {
            at = &run->next;
            continue;
        }
        *at = run->next;
        x->running--;
        pthread_join(run->thread, NULL);
        free(run);
    }
}

/* ---- orders ---- */

static bool has_room(const struct result_limits *limits, const struct result_usage *used, int64_t spooling) {
    int64_t budget = limits->storage_mib * (INT64_C(1) << 20);
    if (used->bytes + spooling >= budget) return false;
    return used->tenant_bytes < budget / 100 * limits->tenant_percent && used->of_user < limits->per_user;
}

FALLIBLE result_sets_order(result_sets *x, arena *a, struct result_set *order, enum order_outcome *outcome) {
    struct result_limits limits;
    struct result_usage used;
    char id[RESULT_ID_LEN];
    TRY(limits_now(x, &limits));
    uuid_write(uuid_random(), id);
    order->id = arena_text(a, (text){id, sizeof id});
    order->state = RESULT_QUEUED;
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(x->options.store, STORE_API, &tx));
        TRY(store_result_usage(tx, order->tenant, order->user, &used));
        *outcome = has_room(&limits, &used, x->spooling) ? ORDER_TAKEN : ORDER_NO_ROOM;
        if (*outcome == ORDER_NO_ROOM) return NULL;
        TRY(store_add_result_set(tx, order));
        TRY(store_commit(tx));
    }
    WITH_LOCK(&x->lock);
    reap(x);
    if (x->running >= (size_t)limits.running) return NULL;
    store_tx *tx;
    TRY(store_read(x->options.store, &tx));
    start(x, order->id, tx, instant_now());
    return NULL;
}

/* ---- reading ---- */

static void see(const result_sets *x, instant now, struct result_set *r, bool *running) {
    bool readable = r->state == RESULT_COMPLETED || r->state == RESULT_FAILED;
    if (readable && r->ends.ticks <= now.ticks) gone(r, RESULT_EXPIRED, r->ends);
    *running = r->state == RESULT_QUEUED && run_of(x, r->id) != NULL;
}

FALLIBLE result_sets_find(result_sets *x, arena *a, text id, instant now, struct result_set *out, bool *found, bool *running) {
    OWNED(store_tx) tx = NULL;
    *running = false;
    TRY(store_read(x->options.store, &tx));
    TRY(store_result_set(tx, a, id, out, found));
    WITH_LOCK(&x->lock);
    if (*found) see(x, now, out, running);
    return NULL;
}

FALLIBLE result_sets_page(result_sets *x, arena *a, const struct result_set *r, int64_t offset, int64_t limit, text *rows) {
    char path[RESULT_PATH_BYTES];
    result_path(x, arena_cstring(a, r->id), path);
    return rows_file_page(a, path, offset, limit, rows);
}

FALLIBLE result_sets_list(result_sets *x, arena *a, instant now, struct result_sets_kept *out, struct result_runs_now *running) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(x->options.store, &tx));
    TRY(store_result_sets(tx, a, -1, out));
    WITH_LOCK(&x->lock);
    for (EACH(struct result_set, r, out)) see(x, now, r, LIST_ADD(a, running));
    return NULL;
}

/* ---- ending ---- */

/* Asks the run to stop and waits until it has, so that its file is closed. */
static void stop(result_sets *x, text id) {
    WITH_LOCK(&x->lock);
    struct result_run *run;
    int64_t until = monotonic_ns() + STOP_MS * INT64_C(1000000);
    while ((run = run_of(x, id)) && !run->done && monotonic_ns() < until) {
        run->stop = true;
        (void)condition_wait_ms(&x->wake, &x->lock, STOP_MS);
    }
}

static FALLIBLE end_set(result_sets *x, arena *a, text id, enum result_state state, instant now) {
    struct result_set r;
    bool found;
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(x->options.store, STORE_API, &tx));
        TRY(store_result_set(tx, a, id, &r, &found));
        if (!found || r.state > RESULT_COMPLETED) return NULL;
        gone(&r, state, now);
        TRY(turn(x, tx, &r));
    }
    stop(x, id);
    remove_file(x, id);
    return NULL;
}

FALLIBLE result_sets_delete(result_sets *x, text id, instant now) {
    OWNED(arena) a = arena_new(RUN_BYTES);
    return end_set(x, a, id, RESULT_CANCELLED, now);
}

/* ---- the keeper ---- */

static const struct search_item *search_of(const struct search_catalogue *k, const struct result_set *r) {
    for (EACH(const struct search_item, s, &k->searches))
        if (s->id == r->search && s->tenant == r->tenant) return s;
    return NULL;
}

/* Sets of searches that changed are expired; what runs or waits for somebody who may not any more is cancelled. */
static FALLIBLE review(result_sets *x, arena *a, const struct search_catalogue *k, const struct result_set *r, instant now) {
    const struct search_item *s = search_of(k, r);
    bool readable = r->state == RESULT_COMPLETED || r->state == RESULT_FAILED;
    if (!s || s->version > r->version || (readable && r->ends.ticks <= now.ticks)) return end_set(x, a, r->id, RESULT_EXPIRED, now);
    bool may = true;
    if (!readable) TRY(x->options.allowed(x->options.state, s, r->user, &may));
    return may ? NULL : end_set(x, a, r->id, RESULT_CANCELLED, now);
}

static FALLIBLE start_waiting(result_sets *x, const struct result_sets_kept *all, const struct result_limits *limits) {
    for (EACH(const struct result_set, r, all)) {
        WITH_LOCK(&x->lock);
        if (x->running >= (size_t)limits->running || x->stopping) return NULL;
        if (r->state != RESULT_QUEUED || run_of(x, r->id)) continue;
        store_tx *tx;
        TRY(store_read(x->options.store, &tx));
        start(x, r->id, tx, instant_now());
    }
    return NULL;
}

/* Looks at every set with the searches as they are now, and counts. */
static FALLIBLE review_all(result_sets *x, arena *a, const struct search_catalogue *k, const struct result_sets_kept *all,
                           instant now) {
    int64_t live = 0, bytes = 0;
    for (EACH(const struct result_set, r, all)) {
        if (r->state > RESULT_COMPLETED) continue;
        live++, bytes += r->bytes;
        TRY(review(x, a, k, r, now));
    }
    metric_set(&live_sets, live);
    metric_set(&spool_bytes, bytes + x->spooling);
    return NULL;
}

static FALLIBLE forget(result_sets *x, const struct result_sets_kept *all, instant before) {
    bool any = false;
    for (EACH(const struct result_set, r, all)) any |= r->state > RESULT_COMPLETED && r->ends.ticks <= before.ticks;
    if (!any) return NULL;
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->options.store, STORE_API, &tx));
    TRY(store_forget_result_sets(tx, before));
    return store_commit(tx);
}

static FALLIBLE kept_now(result_sets *x, arena *a, struct result_sets_kept *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(x->options.store, &tx));
    return store_result_sets(tx, a, -1, out);
}

static FALLIBLE look(result_sets *x, arena *a) {
    struct result_sets_kept all;
    struct search_catalogue *k;
    instant now = instant_now();
    TRY(kept_now(x, a, &all));
    if (!all.count) return NULL;
    TRY(search_take(x->options.searches, &k));
    struct result_limits limits = result_limits_of(k->config);
    error *e = review_all(x, a, k, &all, now);
    search_give(x->options.searches, k);
    TRY(e);
    TRY(forget(x, &all, (instant){now.ticks - limits.tombstone_days * TICKS_PER_DAY}));
    return start_waiting(x, &all, &limits);
}

static void *keep(void *state) {
    result_sets *x = state;
    OWNED(arena) a = arena_new(RUN_BYTES);
    for (;;) {
        OWNED(error) e = look(x, a);
        if (e) log_error("asynchronous searches are not looked after", e);
        arena_reset(a);
        WITH_LOCK(&x->lock);
        if (!x->stopping) (void)condition_wait_ms(&x->wake, &x->lock, LOOK_MS);
        reap(x);
        if (x->stopping) return NULL;
    }
}

/* ---- beginning and end ---- */

static FALLIBLE remove_strays(result_sets *x) {
    OWNED(arena) a = arena_new(RUN_BYTES);
    OWNED(store_tx) tx = NULL;
    TRY(store_read(x->options.store, &tx));
    DIR *folder = opendir(x->options.folder);
    if (!folder) return FAIL(ERROR_IO, "the folder of result sets cannot be read: %s", strerror(errno));
    error *e = NULL;
    for (struct dirent *d; !e && (d = readdir(folder));) {
        text name = text_of(d->d_name);
        struct result_set r;
        bool found = false;
        if (name.len != RESULT_ID_LEN + 5 || !text_ends_with(name, T(".rows"))) continue;
        text id = text_slice(name, 0, RESULT_ID_LEN);
        e = store_result_set(tx, a, id, &r, &found);
        if (!e && (!found || r.state != RESULT_COMPLETED)) remove_file(x, id);
    }
    closedir(folder);
    return e;
}

FALLIBLE result_sets_new(const struct result_sets_options *options, result_sets **out) {
    OWNED(result_sets) x = calloc(1, sizeof *x);
    if (!x) die("out of memory");
    x->options = *options;
    metric_register(&live_sets);
    metric_register(&spool_bytes);
    pthread_mutex_init(&x->lock, NULL);
    condition_init(&x->wake);
    if (mkdir(options->folder, 0700) < 0 && errno != EEXIST)
        return FAIL(ERROR_IO, "the folder of result sets \"%s\" cannot be made: %s", options->folder, strerror(errno));
    TRY(remove_strays(x));
    x->keeper = thread_start("result-sets", keep, x);
    x->keeping = true;
    *out = TAKE(x);
    return NULL;
}

void result_sets_free(result_sets *x) {
    if (!x) return;
    pthread_mutex_lock(&x->lock);
    x->stopping = true;
    for (struct result_run *run = x->runs; run; run = run->next) run->stop = true;
    pthread_cond_broadcast(&x->wake);
    pthread_mutex_unlock(&x->lock);
    if (x->keeping) pthread_join(x->keeper, NULL);
    for (struct result_run *run = x->runs, *next; run; run = next) {
        next = run->next;
        pthread_join(run->thread, NULL);
        free(run);
    }
    pthread_cond_destroy(&x->wake);
    pthread_mutex_destroy(&x->lock);
    free(x);
}
