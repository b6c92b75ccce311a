/* The connector of a file reads in a thread of its own while the run works off what came before: batches in order, a few at most.
 * What the connector says goes the same way, so that the state of the run has one thread. */
#include "runs/import_batch.h"

#include "base/thread.h"

#include <stdio.h>

enum { BATCHES = 4, WAITING = 16, SAID_BYTES = 200 };

/* Something that the connector asks of the run, and waits for. */
struct question {
    void (*answer)(struct import *im, struct question *q);
    text key, message;
    enum item_error kind;
    int64_t total;
    bool *again;
    error *failed;
    bool answered;
};

struct parcel {
    arena *memory; /* of a batch; NULL: another kind */
    struct incoming *in;
    size_t count;
    struct question *question;
    char said[SAID_BYTES]; /* else: what is reported */
    bool end;
};

struct feed {
    struct import *im;
    const struct connector_use *use;
    const struct import_request *request;
    mutex m;
    pthread_cond_t came, went;
    struct parcel waiting[WAITING];
    size_t first, count;
    arena *memory[BATCHES], *idle[BATCHES];
    size_t idle_count;
    bool broken; /* the run takes no more batches */
    error *ended;
};

/* ---- the connector's side ---- */

static void post(struct feed *f, const struct parcel *p) {
    WITH_LOCK(&f->m);
    while (f->count == WAITING) pthread_cond_wait(&f->went, &f->m);
    f->waiting[(f->first + f->count++) % WAITING] = *p;
    pthread_cond_signal(&f->came);
}

static error *ask(struct feed *f, struct question *q) {
    post(f, &(struct parcel){.question = q});
    WITH_LOCK(&f->m);
    while (!q->answered) pthread_cond_wait(&f->went, &f->m);
    return q->failed;
}

static void answer_phase(struct import *im, struct question *q) {
    run_connector_phase(im->r, T("import.fetch"), q->key, q->message);
}
static void answer_total(struct import *im, struct question *q) { run_progress(im->r, im->received, q->total); }
static void answer_warning(struct import *im, struct question *q) { run_warn(im->r, "%.*s", TEXT_ARG(q->message)); }
static void answer_begin(struct import *im, struct question *q) { q->failed = import_begin(im, q->total, q->again); }

static bool cancelled(void *state) { return run_cancelled(((struct feed *)state)->im->r); }
static instant now(void *state) {
    (void)state;
    return instant_now();
}
static void enter_phase(void *state, text key, text name) {
    error_free(ask(state, &(struct question){.answer = answer_phase, .key = key, .message = name}));
}
static void expect(void *state, int64_t total) {
    error_free(ask(state, &(struct question){.answer = answer_total, .total = total}));
}
static void warn(void *state, enum item_error kind, text message) {
    error_free(ask(state, &(struct question){.answer = answer_warning, .kind = kind, .message = message}));
}
static error *begin(void *state, int64_t total, bool *again) {
    return ask(state, &(struct question){.answer = answer_begin, .total = total, .again = again});
}

static void report(void *state, text message) {
    struct parcel p = {0};
    snprintf(p.said, sizeof p.said, "%.*s", TEXT_ARG(message));
    post(state, &p);
}

/* The run has nothing to do before `begin`, so that the table of keys may be used here. */
static error *glimpse(void *state, struct import_glimpse *rows, size_t count) {
    struct import *im = ((struct feed *)state)->im;
    TRY(import_goes_on(im));
    import_foresee(im, rows, count);
    return NULL;
}

static arena *memory(void *state) {
    struct feed *f = state;
    WITH_LOCK(&f->m);
    while (!f->idle_count) pthread_cond_wait(&f->went, &f->m);
    return f->idle[--f->idle_count];
}

static void give_back(struct feed *f, arena *a) {
    arena_reset(a);
    WITH_LOCK(&f->m);
    f->idle[f->idle_count++] = a;
    pthread_cond_broadcast(&f->went);
}

static bool is_broken(struct feed *f) {
    WITH_LOCK(&f->m);
    return f->broken;
}

static error *deliver(void *state, arena *a, const struct import_objects *batch) {
    struct feed *f = state;
    struct parcel p = {.memory = a, .count = batch->count};
    error *e = is_broken(f) ? FAIL(ERROR_CANCELLED, "The import goes on no more.") : import_look(f->im, a, batch, &p.in);
    if (e)
        give_back(f, a);
    else
        post(f, &p);
    return e;
}

static void *read_in(void *state) {
    struct feed *f = state;
    struct run_ctx ctx = *f->use->ctx;
    ctx.state = f;
    ctx.cancelled = cancelled;
    ctx.now = now;
    ctx.enter_phase = enter_phase;
    ctx.report = report;
    ctx.expected_objects = expect;
    struct connector_use use = *f->use;
    use.ctx = &ctx;
    struct import_sink sink = {.state = f, .glimpse = glimpse, .begin = begin, .memory = memory, .deliver = deliver, .warn = warn};
    f->ended = f->im->definition->ops.import_file(&use, f->request, &sink);
    post(f, &(struct parcel){.end = true});
    return NULL;
}

/* ---- the run's side ---- */

static struct parcel next(struct feed *f) {
    WITH_LOCK(&f->m);
    while (!f->count) pthread_cond_wait(&f->came, &f->m);
    struct parcel p = f->waiting[f->first];
    f->first = (f->first + 1) % WAITING;
    f->count--;
    pthread_cond_broadcast(&f->went);
    return p;
}

static void answer(struct feed *f, struct question *q) {
    q->answer(f->im, q);
    WITH_LOCK(&f->m);
    q->answered = true;
    pthread_cond_broadcast(&f->went);
}

static void break_off(struct feed *f) {
    WITH_LOCK(&f->m);
    f->broken = true;
}

static error *work_off(struct feed *f) {
    error *e = NULL;
    for (struct parcel p; !(p = next(f)).end;) {
        if (p.question) {
            answer(f, p.question);
        } else if (p.memory) {
            if (!e && (e = import_batch(f->im, p.in, p.count))) break_off(f);
            give_back(f, p.memory);
        } else {
            run_message(f->im->r, "%s", p.said);
        }
    }
    return e;
}

FALLIBLE import_feed(struct import *im, const struct connector_use *use, const struct import_request *request) {
    struct feed f = {.im = im, .use = use, .request = request};
    pthread_mutex_init(&f.m, NULL);
    condition_init(&f.came);
    condition_init(&f.went);
    for (size_t i = 0; i < BATCHES; i++) f.idle[f.idle_count++] = f.memory[i] = arena_new((size_t)2 << 30);
    pthread_t reader = thread_start("import reader", read_in, &f);
    error *e = work_off(&f);
    pthread_join(reader, NULL);
    for (size_t i = 0; i < BATCHES; i++) arena_free(f.memory[i]);
    pthread_cond_destroy(&f.came);
    pthread_cond_destroy(&f.went);
    pthread_mutex_destroy(&f.m);
    if (!e) return f.ended;
    error_free(f.ended);
    return e;
}
