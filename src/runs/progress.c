/* Phases, figures and messages of a run, and the rate that people see. */
#include "runs/runs_private.h"

#include "base/log.h"

struct phase_row {
    const char *key, *name, *parent;
};
static const struct phase_row import_phases[] = {
    {"import.connect", "Connecting", NULL},
    {"import.fetch", "Fetching objects", NULL},
    {"import.process", "Processing objects", "import.fetch"},
    {"import.deletions", "Detecting deletions", NULL},
    {"import.references", "Resolving references", NULL},
    {"import.save", "Saving", NULL},
    {"import.reconcile", "Confirming pending exports", NULL},
    {"import.record", "Recording the run", NULL},
};
static const struct phase_row sync_phases[] = {
    {"sync.prepare", "Preparing", NULL},
    {"sync.process", "Synchronising objects", NULL},
    {"sync.crosspagereferences", "Resolving references across pages", NULL},
    {"sync.scopereview", "Reviewing scope", NULL},
};
static const struct phase_row export_phases[] = {
    {"export.prepare", "Preparing", NULL},
    {"export.execute", "Exporting", NULL},
    {"export.deferred", "Exporting deferred references", NULL},
    {"export.references", "Resolving references", NULL},
    {"export.containers", "Recording new containers", NULL},
    {"export.passwords", "Delivering initial passwords", NULL},
};

static const struct phase_row preview_phases[] = {
    {"preview.validate", "Checking the proposal", NULL},
    {"preview.count", "Looking at objects", NULL},
    {"preview.summarise", "Grouping what was found", NULL},
    {"preview.store", "Storing the result", NULL},
};

FALLIBLE run_take_stored_counters(struct run *r, store_tx *tx) {
    OWNED(arena) a = arena_new(16 << 20);
    struct activity stored;
    bool found = false;
    if (r->activity.id) TRY(store_activity(tx, a, r->activity.id, &stored, &found));
    if (!found) return NULL;
    stored.counters.objects = r->activity.counters.objects;
    r->activity.counters = stored.counters;
    return NULL;
}

/* For bulk with the batches of the run, where it has them. */
static FALLIBLE save(struct run *r, enum store_priority priority) {
    OWNED(store_tx) tx = NULL;
    if (priority == STORE_BULK && r->group.number)
        TRY(store_group_write(r->store, &r->group, &tx));
    else
        TRY(store_write(r->store, priority, &tx));
    TRY(run_take_stored_counters(r, tx));
    TRY(store_save_activity(tx, &r->activity));
    r->saved_ns = monotonic_ns();
    return store_commit(tx);
}

FALLIBLE run_save(struct run *r) { return save(r, STORE_API); }

static struct activity_phase *find_phase(struct run *r, text key) {
    for (EACH(struct activity_phase, p, &r->activity.phases))
        if (text_equal(p->key, key)) return p;
    return NULL;
}

static struct activity_phase *add_phase(struct run *r, text key, text name, text parent) {
    struct activity_phase *p = LIST_ADD(r->a, &r->activity.phases);
    p->key = arena_text(r->a, key);
    p->name = arena_text(r->a, name);
    p->parent_key = arena_text(r->a, parent);
    p->order = (int32_t)r->activity.phases.count - 1;
    return p;
}

static void declare(struct run *r, const struct phase_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) add_phase(r, text_of(rows[i].key), text_of(rows[i].name), text_of(rows[i].parent));
}

void run_declare_phases(struct run *r) {
    if (r->activity.operation == OPERATION_PREVIEW) declare(r, preview_phases, sizeof preview_phases / sizeof preview_phases[0]);
    switch (r->activity.run_type) {
    case RUN_FULL_IMPORT:
    case RUN_DELTA_IMPORT:
        declare(r, import_phases, sizeof import_phases / sizeof import_phases[0]);
        break;
    case RUN_FULL_SYNCHRONISATION:
    case RUN_DELTA_SYNCHRONISATION:
        declare(r, sync_phases, sizeof sync_phases / sizeof sync_phases[0]);
        break;
    case RUN_EXPORT:
        declare(r, export_phases, sizeof export_phases / sizeof export_phases[0]);
        break;
    default:
        break;
    }
}

static void close_phase(struct activity_phase *p, instant now, enum phase_status as) {
    if (p->status != PHASE_ACTIVE) return;
    p->status = as;
    p->ended = now;
}

/* A host stays active while its children work, and so does a declared child beside the connector's phases. */
static bool goes_on(const struct activity_phase *p, text parent) {
    if (text_is_null(parent)) return false;
    return text_equal(p->key, parent) || (text_equal(p->parent_key, parent) && !text_starts_with(p->key, T("connector:")));
}

static void enter(struct run *r, struct activity_phase *entered) {
    instant now = instant_now();
    bool before = true;
    for (EACH(struct activity_phase, p, &r->activity.phases)) {
        if (p == entered) {
            before = false;
            continue;
        }
        if (goes_on(p, entered->parent_key)) continue;
        close_phase(p, now, PHASE_COMPLETED);
        if (before && p->status == PHASE_PENDING && text_is_null(p->parent_key) && text_is_null(entered->parent_key))
            p->status = PHASE_SKIPPED;
    }
    if (entered->status != PHASE_ACTIVE) entered->started = now;
    entered->status = PHASE_ACTIVE;
    entered->ended = (instant){0};
    r->activity.processed = r->activity.to_process = 0;
    r->activity.message = arena_text(r->a, entered->name);
    error *e = save(r, STORE_BULK); /* the end of the run outlives the loss of power, and all before it then */
    if (e) log_error("activity not saved", e);
    error_free(e);
}

void run_phase(struct run *r, text key) {
    struct activity_phase *p = find_phase(r, key);
    enter(r, p ? p : add_phase(r, key, key, (text){0}));
}

void run_phase_beside(struct run *r, text key) {
    struct activity_phase *p = find_phase(r, key);
    if (!p || p->status != PHASE_PENDING) return;
    p->status = PHASE_ACTIVE;
    p->started = instant_now();
}

void run_phase_was_within(struct run *r, text key, text other) {
    struct activity_phase *p = find_phase(r, key), *within = find_phase(r, other);
    if (!p || !within || !within->started.ticks) return;
    p->status = PHASE_COMPLETED;
    p->started = within->started;
    p->ended = instant_now();
}

void run_connector_phase(struct run *r, text host, text key, text name) {
    text full = arena_print(r->a, "connector:%.*s", TEXT_ARG(key));
    struct activity_phase *p = find_phase(r, full);
    enter(r, p ? p : add_phase(r, full, name, host));
}

void run_close_phases(struct run *r, bool failed) {
    instant now = instant_now();
    for (EACH(struct activity_phase, p, &r->activity.phases)) {
        close_phase(p, now, failed ? PHASE_FAILED : PHASE_COMPLETED);
        if (p->status == PHASE_PENDING) p->status = PHASE_SKIPPED;
    }
}

void run_progress(struct run *r, int64_t processed, int64_t to_process) {
    r->activity.processed = processed;
    if (to_process >= 0) r->activity.to_process = to_process;
    if (monotonic_ns() - r->saved_ns < INT64_C(1000000000)) return;
    runs_sample(r->runs, r->activity.id, processed, r->activity.to_process);
    error *e = save(r, STORE_BULK); /* figures need not outlive the loss of power */
    if (e) log_error("activity not saved", e);
    error_free(e);
}

void run_message(struct run *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    r->activity.message = arena_vprint(r->a, format, args);
    va_end(args);
}

instant run_clock(const struct run *r) {
    instant now = instant_now();
    return now.ticks < r->not_before.ticks ? r->not_before : now;
}

bool run_cancelled(const struct run *r) { return atomic_load_explicit(r->stop, memory_order_relaxed); }

void run_warn(struct run *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text sentence = arena_vprint(r->a, format, args);
    va_end(args);
    for (EACH(text, w, &r->warnings))
        if (text_equal(*w, sentence)) return;
    *LIST_ADD(r->a, &r->warnings) = sentence;
    text so_far = r->activity.warning_message;
    r->activity.warning_message =
        text_is_null(so_far) ? sentence : arena_print(r->a, "%.*s %.*s", TEXT_ARG(so_far), TEXT_ARG(sentence));
}

/* What is counted is not always kept: nothing, or the roots only. */
static void keep_outcomes(struct run_item *item, enum tracking_level level) {
    if (level == TRACK_NONE) item->outcomes = NULL;
    for (struct outcome_node *node = item->outcomes; level == TRACK_STANDARD && node; node = node->next) node->children = NULL;
}

FALLIBLE run_write_items(struct run *r, store_tx *tx, struct run_items *items) {
    for (EACH(struct run_item, item, items)) {
        activity_count(&r->activity.counters, item, r->tracking);
        keep_outcomes(item, r->tracking);
    }
    if (items->count) TRY(store_write_items(tx, r->activity.id, items));
    return store_save_activity(tx, &r->activity);
}

int64_t run_setting_int(const struct config *c, text key, int64_t normal, int64_t least, int64_t most) {
    int64_t n;
    return text_to_int64(config_setting(c, key), &n) && n >= least && n <= most ? n : normal;
}

bool run_setting_bool(const struct config *c, text key, bool normal) {
    text t = config_setting(c, key);
    if (text_equal_ascii_case(t, T("true"))) return true;
    return text_equal_ascii_case(t, T("false")) ? false : normal;
}

/* ---- samples ---- */

static struct samples *samples_of(runs *r, int64_t activity, bool make) {
    struct samples *oldest = &r->samples[0];
    for (int i = 0; i < SAMPLED_ACTIVITIES; i++) {
        if (r->samples[i].activity == activity) return &r->samples[i];
        if (r->samples[i].used < oldest->used) oldest = &r->samples[i];
    }
    if (!make) return NULL;
    *oldest = (struct samples){.activity = activity};
    return oldest;
}

void runs_sample(runs *r, int64_t activity, int64_t processed, int64_t to_process) {
    WITH_LOCK(&r->mutex);
    struct samples *s = samples_of(r, activity, true);
    s->used = ++r->sample_clock;
    bool restarted = s->count && (processed < s->at[s->count - 1].processed || to_process != s->to_process);
    if (restarted) s->count = 0;
    int64_t now = monotonic_ns();
    bool full = s->count == SAMPLES;
    bool old = s->count && now - s->at[0].at_ns > INT64_C(120000000000);
    if (full || old) memmove(&s->at[0], &s->at[1], sizeof s->at[0] * (size_t)--s->count);
    s->at[s->count].at_ns = now;
    s->at[s->count++].processed = processed;
    s->to_process = to_process;
}

struct run_rate runs_rate(runs *r, int64_t activity) {
    struct run_rate unknown = {-1, -1};
    WITH_LOCK(&r->mutex);
    struct samples *s = samples_of(r, activity, false);
    if (!s || s->count < 2) return unknown;
    double seconds = (double)(s->at[s->count - 1].at_ns - s->at[0].at_ns) / 1e9;
    double done = (double)(s->at[s->count - 1].processed - s->at[0].processed);
    if (seconds <= 0 || done <= 0) return unknown;
    double rate = done / seconds;
    double left = (double)(s->to_process - s->at[s->count - 1].processed);
    return (struct run_rate){rate, s->to_process > 0 && left >= 0 ? left / rate : -1};
}
