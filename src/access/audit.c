/* Collects equal events, and writes them as activities from a thread of its own. */
#include "access/audit.h"

#include "base/die.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "store/security_events.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

NAMED_ENUM_TABLE(audit_kind, "SecurityEventKind", AUDIT_KINDS)

enum { FLUSH_MS = 500, WAITING_MOST = 1024, DISTINCT_MOST = 5000, PREFIX_MOST = 16, CLIENT_MOST = 45, NAME_MOST = 200 };
static const int64_t window_ticks = 15 * 60 * TICKS_PER_SECOND;

static const struct {
    const char *message;
    enum log_level level;
    bool refused; /* the caller did not get what was asked for */
    bool kept;    /* is an activity */
} kinds[] = {
    [AUDIT_SIGNED_IN] = {"Interactive sign-in succeeded", LOG_INFORMATION, false, true},
    [AUDIT_SIGN_IN_FAILED] = {"Interactive sign-in failed", LOG_WARNING, true, true},
    [AUDIT_SIGNED_OUT] = {"Interactive sign-out", LOG_INFORMATION, false, true},
    [AUDIT_KEY_REFUSED] = {"API key authentication failed", LOG_WARNING, true, true},
    [AUDIT_TOKEN_REFUSED] = {"Bearer token refused", LOG_WARNING, true, true},
    [AUDIT_SESSION_REFUSED] = {"Session refused", LOG_WARNING, true, true},
    [AUDIT_DENIED] = {"Authorisation denied", LOG_WARNING, true, true},
    [AUDIT_LIMITED] = {"Rate limit exceeded", LOG_WARNING, true, true},
    [AUDIT_INFRASTRUCTURE_KEY] = {"Infrastructure key used", LOG_INFORMATION, false, false},
    [AUDIT_DATA_LOGIN_FAILED] = {"Log-in to the Public Data API failed", LOG_WARNING, true, true},
    [AUDIT_DATA_DENIED] = {"Access to the Public Data API denied", LOG_WARNING, true, true},
    [AUDIT_DATA_TOKEN_ISSUED] = {"Token of the Public Data API issued", LOG_INFORMATION, false, true},
    [AUDIT_DATA_TOKEN_REVOKED] = {"Token of the Public Data API revoked", LOG_INFORMATION, false, true},
    [AUDIT_CHANGED] = {"Security configuration changed", LOG_INFORMATION, false, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* What waits to be written: equal events as one. */
struct waiting {
    struct security_event e;
    struct initiator by;
};
struct audit {
    store *store;
    mutex lock; /* for all below */
    pthread_cond_t wake;
    arena *a; /* texts of what waits */
    struct waiting list[WAITING_MOST];
    size_t count;
    bool closing;
    pthread_t writer;
    int64_t window; /* the writer's own: of the rows that were made */
    int64_t distinct;
};

text audit_key_prefix(text key) {
    size_t len = key.len < API_KEY_PREFIX_LENGTH ? key.len : API_KEY_PREFIX_LENGTH;
    return api_key_known_prefix(key) ? text_slice(key, 0, len) : T("");
}

/* ---- metric and log ---- */

static struct metric *counter_of(enum audit_kind kind) {
    static struct metric counters[KINDS];
    static char labels[KINDS][64];
    static mutex lock = PTHREAD_MUTEX_INITIALIZER;
    WITH_LOCK(&lock);
    struct metric *m = &counters[kind];
    if (!m->name) {
        snprintf(labels[kind], sizeof labels[kind], "event=\"%s\"", enum_name(&audit_kind_names, kind));
        m->help = "Security events by kind.";
        m->labels = labels[kind];
        m->name = "joinery_security_events_total";
        metric_register(m);
    }
    return m;
}

static void member(struct json_writer *w, const char *name, text value) {
    if (text_is_empty(value)) return;
    json_name(w, text_of(name));
    json_string(w, value);
}

/* One line of stable JSON behind the words "security event". */
static void tell(const struct audit_event *e, const struct caller *who) {
    if (!log_wants(kinds[e->kind].level)) return;
    OWNED_VALUE(buffer) line = {.max = 16 << 10};
    struct json_writer w = {.out = &line};
    json_object(&w);
    member(&w, "event", enum_text(&audit_kind_names, e->kind));
    member(&w, "reason", text_of(e->reason));
    member(&w, "apiKeyPrefix", e->key_prefix);
    member(&w, "clientIpAddress", e->client);
    member(&w, "initiatedByType", enum_text(&initiator_type_names, who->kind));
    member(&w, "initiatedByName", who->name);
    member(&w, "subject", e->subject);
    member(&w, "detail", e->detail);
    json_object_end(&w);
    log_line(kinds[e->kind].level, "security event", "%.*s", TEXT_ARG(buffer_as_text(&line)));
}

/* ---- collecting ---- */

static text cut(text t, size_t most) {
    size_t len = t.len < most ? t.len : most;
    while (len < t.len && len && ((unsigned char)t.at[len] & 0xC0) == 0x80) len--;
    return t.at ? text_slice(t, 0, len) : T("");
}

static bool equal(const struct security_event *x, const struct security_event *y) {
    return x->kind == y->kind && x->window.ticks == y->window.ticks && text_equal(x->reason, y->reason) &&
           text_equal(x->prefix, y->prefix) && text_equal(x->client, y->client) && text_equal(x->subject, y->subject);
}

/* What is more than can be told apart becomes one row. */
static void blur(struct waiting *w) {
    w->e.prefix = w->e.client = w->e.subject = T("");
    w->e.reason = T("Too many different events");
    w->by = (struct initiator){.type = BY_ANONYMOUS};
}

/* Under the lock. */
static struct waiting *place_of(audit *x, const struct security_event *e) {
    for (size_t i = 0; i < x->count; i++)
        if (equal(&x->list[i].e, e)) return &x->list[i];
    return NULL;
}

static void keep_texts(arena *a, struct waiting *w, const struct caller *who) {
    struct initiator by = caller_initiator(a, who);
    w->by = (struct initiator){by.type, by.id, by.name.at ? arena_text(a, by.name) : by.name};
    text *texts[] = {&w->e.prefix, &w->e.client, &w->e.reason, &w->e.subject};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = arena_text(a, *texts[i]);
}

static void collect(audit *x, const struct audit_event *event, const struct caller *who, instant now) {
    WITH_LOCK(&x->lock);
    struct waiting w = {.e = {.kind = (int32_t)event->kind,
                              .prefix = cut(event->key_prefix, PREFIX_MOST),
                              .client = cut(event->client, CLIENT_MOST),
                              .reason = cut(text_of(event->reason), NAME_MOST),
                              .subject = cut(event->subject.at ? event->subject : who->name, NAME_MOST),
                              .window = {now.ticks - now.ticks % window_ticks},
                              .first = now,
                              .last = now,
                              .attempts = 1}};
    struct waiting *known = place_of(x, &w.e);
    if (!known && x->count >= WAITING_MOST - KINDS) {
        blur(&w);
        who = &caller_anonymous;
        known = place_of(x, &w.e);
    }
    if (known) {
        known->e.attempts++;
        known->e.last = now;
    } else if (x->count < WAITING_MOST) {
        keep_texts(x->a, &w, who);
        x->list[x->count++] = w;
    }
}

/* What comes with every request is told once in a window for each address. */
static bool is_news(const struct audit_event *event, instant now) {
    if (event->kind != AUDIT_INFRASTRUCTURE_KEY) return true;
    static mutex lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        uint64_t client;
        int64_t window;
    } told[64];
    WITH_LOCK(&lock);
    uint64_t client = text_hash(event->client);
    size_t at = client % (sizeof told / sizeof *told);
    int64_t window = now.ticks / window_ticks;
    if (told[at].client == client && told[at].window == window) return false;
    told[at].client = client;
    told[at].window = window;
    return true;
}

void audit_note(audit *x, const struct audit_event *event, instant now) {
    const struct caller *who = event->caller ? event->caller : &caller_anonymous;
    metric_add(counter_of(event->kind), 1);
    if (is_news(event, now)) tell(event, who);
    if (x && kinds[event->kind].kept) collect(x, event, who, now);
}

/* ---- writing ---- */

static FALLIBLE make(audit *x, store_tx *tx, const struct waiting *w, int64_t *activity) {
    bool refused = kinds[w->e.kind].refused;
    struct activity made = {.created = w->e.first,
                            .executed = w->e.first,
                            .ended = w->e.last,
                            .status = refused ? ACTIVITY_FAILED : ACTIVITY_COMPLETE,
                            .target = TARGET_AUTHENTICATION,
                            .operation = OPERATION_AUTHENTICATE,
                            .target_name = text_is_empty(w->e.subject) ? w->e.prefix : w->e.subject,
                            .target_context = w->e.client,
                            .message = text_of(kinds[w->e.kind].message),
                            .initiator = w->by,
                            .error_message = refused ? w->e.reason : (text){0}};
    TRY(store_save_activity(tx, &made));
    *activity = made.id;
    x->distinct++;
    return NULL;
}

static FALLIBLE write_one(audit *x, store_tx *tx, struct waiting w) {
    bool known;
    if (w.e.window.ticks > x->window) {
        x->window = w.e.window.ticks;
        x->distinct = 0;
    }
    TRY(store_repeat_security_event(tx, &w.e, &known));
    if (known) return NULL;
    if (x->distinct >= DISTINCT_MOST) {
        blur(&w);
        TRY(store_repeat_security_event(tx, &w.e, &known));
        if (known) return NULL;
    }
    TRY(make(x, tx, &w, &w.e.activity));
    return store_add_security_event(tx, &w.e);
}

static FALLIBLE write_all(audit *x, const struct waiting *list, size_t count) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->store, STORE_API, &tx));
    for (size_t i = 0; i < count; i++) TRY(write_one(x, tx, list[i]));
    return store_commit(tx);
}

static void flush(audit *x) {
    struct waiting *list = NULL;
    arena *texts;
    size_t count;
    {
        WITH_LOCK(&x->lock);
        count = x->count;
        if (!count) return;
        list = malloc(count * sizeof *list);
        if (!list) die("out of memory");
        memcpy(list, x->list, count * sizeof *list);
        texts = x->a;
        x->a = arena_new(64 << 20);
        x->count = 0;
    }
    OWNED(error) e = write_all(x, list, count);
    if (e) log_error("security events not recorded", e);
    free(list);
    arena_free(texts);
}

static void *keep(void *state) {
    audit *x = state;
    for (bool closing = false; !closing;) {
        {
            WITH_LOCK(&x->lock);
            if (!x->closing) condition_wait_ms(&x->wake, &x->lock, FLUSH_MS);
            closing = x->closing;
        }
        flush(x);
    }
    return NULL;
}

audit *audit_new(store *s) {
    audit *x = calloc(1, sizeof *x);
    if (!x) die("out of memory");
    x->store = s;
    x->a = arena_new(64 << 20);
    pthread_mutex_init(&x->lock, NULL);
    condition_init(&x->wake);
    x->writer = thread_start("audit", keep, x);
    return x;
}

void audit_free(audit *x) {
    if (!x) return;
    {
        WITH_LOCK(&x->lock);
        x->closing = true;
        pthread_cond_signal(&x->wake);
    }
    pthread_join(x->writer, NULL);
    pthread_cond_destroy(&x->wake);
    pthread_mutex_destroy(&x->lock);
    arena_free(x->a);
    free(x);
}
