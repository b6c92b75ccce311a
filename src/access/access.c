/* The keeper of callers: keys in memory, who is asking, and the thread that notes the last use of keys. */
#include "access/private.h"
#include "base/crypto.h"
#include "base/die.h"
#include "base/log.h"

#include <stdlib.h>

enum { SNAPSHOT_BYTES = 256 << 20, FLUSH_MS = 5000 };
static const int64_t snapshot_life_ns = INT64_C(5000000000);

static void snapshot_drop(struct snapshot *s) {
    if (s && --s->users == 0) {
        arena_free(s->a);
        free(s);
    }
}

static FALLIBLE snapshot_read(store *st, struct snapshot *s) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(st, &tx));
    TRY(store_api_keys(tx, s->a, &s->set.keys));
    TRY(store_roles(tx, s->a, &s->set.roles));
    key_set_index(&s->set, s->a);
    s->read_ns = monotonic_ns();
    return NULL;
}

/* The current one, when it is good; under the lock. */
static struct snapshot *current(callers *x) {
    struct snapshot *s = x->current;
    bool good = s && s->changes == x->changes && monotonic_ns() - s->read_ns < snapshot_life_ns;
    if (good) s->users++;
    return good ? s : NULL;
}

FALLIBLE snapshot_take(callers *x, struct snapshot **out) {
    int64_t changes;
    {
        WITH_LOCK(&x->lock);
        changes = x->changes;
        *out = current(x);
    }
    if (*out) return NULL;
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) die("out of memory");
    s->a = arena_new(SNAPSHOT_BYTES);
    s->users = 1;
    s->changes = changes;
    error *e = snapshot_read(x->store, s);
    WITH_LOCK(&x->lock);
    if (e) {
        snapshot_drop(s);
        return e;
    }
    *out = s;
    if (x->current && x->current->changes > changes) return NULL; /* somebody else read a later one meanwhile */
    snapshot_drop(x->current);
    x->current = s;
    s->users++;
    return NULL;
}

void snapshot_give(callers *x, struct snapshot *s) {
    WITH_LOCK(&x->lock);
    snapshot_drop(s);
}

void callers_changed(callers *x) {
    WITH_LOCK(&x->lock);
    x->changes++;
}

/* ---- last use ---- */

void touch_note(callers *x, int64_t key, instant now, text client) {
    WITH_LOCK(&x->lock);
    struct touch *t = NULL;
    for (size_t i = 0; i < x->touch_count; i++)
        if (x->touches[i].key == key) t = &x->touches[i];
    if (!t && x->touch_count < TOUCHES_MAX) t = &x->touches[x->touch_count++];
    if (!t) return;
    size_t len = client.len < sizeof t->from - 1 ? client.len : sizeof t->from - 1;
    *t = (struct touch){.key = key, .used = now};
    if (len) memcpy(t->from, client.at, len);
}

static FALLIBLE write_touches(store *st, const struct touch *touches, size_t count) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(st, STORE_API, &tx));
    for (size_t i = 0; i < count; i++) TRY(store_touch_api_key(tx, touches[i].key, touches[i].used, text_of(touches[i].from)));
    return store_commit(tx);
}

static void flush(callers *x) {
    struct touch *touches = NULL;
    size_t count;
    {
        WITH_LOCK(&x->lock);
        count = x->touch_count;
        if (!count) return;
        touches = malloc(sizeof *touches * count);
        if (!touches) die("out of memory");
        memcpy(touches, x->touches, sizeof *touches * count);
        x->touch_count = 0;
    }
    OWNED(error) e = write_touches(x->store, touches, count);
    if (e) log_error("last use of keys not noted", e);
    free(touches);
}

static void *keep(void *state) {
    callers *x = state;
    bool closing = false;
    while (!closing) {
        {
            WITH_LOCK(&x->lock);
            if (!x->closing) condition_wait_ms(&x->wake, &x->lock, FLUSH_MS);
            closing = x->closing;
        }
        flush(x);
    }
    return NULL;
}

/* ---- who is asking ---- */

static FALLIBLE refused(const char *reason) { return FAIL(ERROR_UNKNOWN_CALLER, "%s", reason); }

/* Texts of the snapshot do not outlive it. */
static void keep_texts(arena *a, struct caller *c) {
    c->name = arena_text(a, c->name);
    c->key_prefix = arena_text(a, c->key_prefix);
}

static FALLIBLE by_key(callers *x, arena *a, const struct snapshot *s, const struct credentials *given, instant now,
                       struct caller *out) {
    const char *reason;
    const struct api_key *key = key_set_find(&s->set, given->api_key, now, &reason);
    if (!key) return refused(reason);
    key_set_caller(&s->set, key, out);
    keep_texts(a, out);
    touch_note(x, key->id, now, given->client);
    return NULL;
}

static FALLIBLE by_session(callers *x, arena *a, const struct snapshot *s, const struct credentials *given, instant now,
                           struct caller *out) {
    int64_t id = session_key_id(x, given->session, now);
    for (EACH(struct api_key, key, &s->set.keys)) {
        if (!id || key->id != id || !session_signed(x, given->session, key)) continue;
        if (!key->enabled) return refused("API key is disabled");
        if (key->expires.ticks && key->expires.ticks < now.ticks) return refused("API key has expired");
        key_set_caller(&s->set, key, out);
        keep_texts(a, out);
        out->method = T("session");
        touch_note(x, key->id, now, given->client);
        return NULL;
    }
    return refused("Session has ended");
}

static FALLIBLE by_token(callers *x, arena *a, const struct credentials *given, instant now, struct caller *out) {
    text scheme = T("Bearer "), value = given->authorisation;
    struct oidc_claims claims;
    if (!x->oidc) return refused("Single sign-on is not configured");
    if (value.len < scheme.len || !text_equal_ascii_case(text_slice(value, 0, scheme.len), scheme))
        return refused("The scheme is not known");
    TRY(oidc_verify(x->oidc, a, text_trim_ascii(text_slice(value, scheme.len, value.len)), now, &claims));
    return people_identify(x->store, a, x->people, &claims, now, out);
}

FALLIBLE callers_identify(callers *x, arena *a, const struct credentials *given, instant now, struct caller *out) {
    *out = caller_anonymous;
    bool any = given->api_key.at || given->authorisation.at || given->session.at;
    if (!any) return NULL;
    if (!given->api_key.at && given->authorisation.at) return by_token(x, a, given, now, out);
    struct snapshot *s = NULL;
    error *e = snapshot_take(x, &s);
    if (e) return e;
    e = given->api_key.at ? by_key(x, a, s, given, now, out) : by_session(x, a, s, given, now, out);
    snapshot_give(x, s);
    return e;
}

/* ---- life ---- */

FALLIBLE callers_new(const struct callers_options *options, callers **out) {
    callers *x = calloc(1, sizeof *x);
    if (!x) die("out of memory");
    static const uint8_t none[32];
    x->store = options->store;
    x->oidc = options->oidc;
    x->people = options->people;
    memcpy(x->session_secret, options->session_secret, sizeof x->session_secret);
    if (!memcmp(x->session_secret, none, sizeof none)) random_bytes(x->session_secret, sizeof x->session_secret);
    pthread_mutex_init(&x->lock, NULL);
    condition_init(&x->wake);
    x->keeper = thread_start("access", keep, x);
    *out = x;
    return NULL;
}

void callers_free(callers *x) {
    if (!x) return;
    {
        WITH_LOCK(&x->lock);
        x->closing = true;
        pthread_cond_signal(&x->wake);
    }
    pthread_join(x->keeper, NULL);
    snapshot_drop(x->current);
    pthread_cond_destroy(&x->wake);
    pthread_mutex_destroy(&x->lock);
    wipe(x->session_secret, sizeof x->session_secret);
    free(x);
}
