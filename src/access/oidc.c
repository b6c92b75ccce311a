/* The provider's documents, kept in memory by a thread, and the checks of a token that is shown. */
#include "access/oidc.h"

#include "access/jwt.h"

#include "base/die.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/log.h"
#include "base/thread.h"
#include "describe/describe.h"

#include <stdlib.h>

enum {
    TIMEOUT_MS = 10000,
    DOCUMENT_BYTES = 1 << 20,
    KEYS = 64,
    FIRST_WAIT_MS = 2000,
    LONGEST_WAIT_MS = 60000,
    HOUR_MS = 3600 * 1000
};
enum { SKEW = 60 };
static const int64_t again_ns = INT64_C(10) * 1000000000;

/* One reading of the keys, shared by the requests that began with it. */
struct key_ring {
    jwt_key *at[KEYS];
    size_t count;
    int holders; /* under the lock */
};

struct oidc {
    arena *a;
    struct oidc_options o;
    text issuer; /* as the provider names itself; set once */
    mutex lock;  /* over all below */
    pthread_cond_t wake, fresh;
    struct key_ring *keys;
    bool closing, wanted;
    int64_t read_ns;
    pthread_t thread;
};

static void drop(struct key_ring *r) {
    if (!r || --r->holders) return;
    for (size_t i = 0; i < r->count; i++) jwt_key_free(r->at[i]);
    free(r);
}

/* ---- the provider's documents ---- */

static text member(const struct json *object, const char *name) {
    const struct json *v = json_member(object, text_of(name));
    return v && v->kind == JSON_STRING ? v->content : (text){0};
}

static FALLIBLE fetch(arena *a, text url, const struct json **out) {
    text document;
    TRY(http_get(a, url, TIMEOUT_MS, DOCUMENT_BYTES, &document));
    TRY_OR(json_read(a, document, (struct json_limits){0}, out, NULL), "%.*s answers with something else", TEXT_ARG(url));
    return NULL;
}

struct any_json {
    struct json_value value;
};
static SHAPE(any_json, NULL, FIELDS(FIELD(any_json, value, "")), .bare = true);

static text write_json(arena *a, const struct json *v) {
    OWNED_VALUE(buffer) b = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &b};
    describe_write(&w, &any_json_shape, &(struct any_json){.value.json = v});
    return arena_text(a, buffer_as_text(&b));
}

/* Keys for other purposes stand beside those for signatures: they are left out. */
static struct key_ring *read_keys(arena *a, const struct json *document) {
    struct key_ring *r = calloc(1, sizeof *r);
    if (!r) die("out of memory");
    r->holders = 1;
    for (EACH_JSON(k, json_member(document, T("keys")))) {
        if (r->count == KEYS) break;
        OWNED(error) unusable = jwt_key_read(write_json(a, k), &r->at[r->count]);
        if (!unusable) r->count++;
    }
    return r;
}

static FALLIBLE fetch_keys(oidc *x, arena *a, text at) {
    const struct json *document;
    TRY(fetch(a, at, &document));
    struct key_ring *r = read_keys(a, document);
    if (!r->count) {
        drop(r);
        return FAIL(ERROR_IO, "%.*s has no key for signatures", TEXT_ARG(at));
    }
    WITH_LOCK(&x->lock);
    drop(x->keys);
    x->keys = r;
    x->read_ns = monotonic_ns();
    x->wanted = false;
    pthread_cond_broadcast(&x->fresh);
    return NULL;
}

static FALLIBLE ask(oidc *x) {
    OWNED(arena) a = arena_new(64 << 20);
    const struct json *configuration;
    text authority = x->o.authority;
    while (text_ends_with(authority, T("/"))) authority.len--;
    TRY(fetch(a, arena_print(a, "%.*s/.well-known/openid-configuration", TEXT_ARG(authority)), &configuration));
    text issuer = member(configuration, "issuer"), keys = member(configuration, "jwks_uri");
    if (!issuer.len || !keys.len) return FAIL(ERROR_IO, "the provider's configuration names no issuer or no keys");
    {
        WITH_LOCK(&x->lock);
        if (text_is_null(x->issuer)) x->issuer = arena_text(x->a, issuer);
    }
    return fetch_keys(x, a, keys);
}

static void *keep(void *state) {
    oidc *x = state;
    int wait = FIRST_WAIT_MS;
    for (bool closing = false; !closing;) {
        OWNED(error) e = ask(x);
        if (e) log_error("the identity provider cannot be asked", e);
        WITH_LOCK(&x->lock);
        if (e) x->wanted = false;
        pthread_cond_broadcast(&x->fresh);
        int64_t until = monotonic_ns() + (e ? wait : HOUR_MS) * INT64_C(1000000);
        wait = !e ? FIRST_WAIT_MS : wait * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait * 2;
        for (int64_t now; !x->closing && !x->wanted && (now = monotonic_ns()) < until;)
            condition_wait_ms(&x->wake, &x->lock, (until - now) / 1000000 + 1);
        closing = x->closing;
    }
    return NULL;
}

/* ---- life ---- */

static bool is_loopback(text host) {
    return text_starts_with(host, T("localhost")) || text_starts_with(host, T("127.")) || text_starts_with(host, T("[::1]"));
}

FALLIBLE oidc_check(const struct oidc_options *o) {
    text plain = T("http://");
    if (text_starts_with(o->authority, T("https://"))) return NULL;
    if (!text_starts_with(o->authority, plain)) return FAIL(ERROR_INVALID, "JOINERY_SSO_AUTHORITY must begin with https://");
    if (o->allow_http || is_loopback(text_slice(o->authority, plain.len, o->authority.len))) return NULL;
    return FAIL(ERROR_INVALID, "JOINERY_SSO_AUTHORITY uses plain http: whoever sits between could forge tokens; use https, or set "
                               "JOINERY_SSO_ALLOW_HTTP in a closed network");
}

static struct texts copy_texts(arena *a, const struct texts *from) {
    struct texts out = {0};
    for (EACH(const text, t, from)) *LIST_ADD(a, &out) = arena_text(a, *t);
    return out;
}

/* Without a list: the client id, the scope, and the stem of a scope api://stem/name. */
static struct texts audiences_of(arena *a, const struct oidc_options *o) {
    struct texts out = copy_texts(a, &o->valid_audiences);
    if (out.count) return out;
    if (o->client_id.len) *LIST_ADD(a, &out) = arena_text(a, o->client_id);
    if (!o->api_scope.len) return out;
    *LIST_ADD(a, &out) = arena_text(a, o->api_scope);
    size_t slash = o->api_scope.len;
    while (slash && o->api_scope.at[slash - 1] != '/') slash--;
    if (text_starts_with(o->api_scope, T("api://")) && slash > T("api://").len)
        *LIST_ADD(a, &out) = arena_text(a, text_slice(o->api_scope, 0, slash - 1));
    return out;
}

oidc *oidc_new(const struct oidc_options *options) {
    oidc *x = calloc(1, sizeof *x);
    if (!x) die("out of memory");
    x->a = arena_new(16 << 20);
    x->o = (struct oidc_options){.authority = arena_text(x->a, options->authority),
                                 .valid_audiences = audiences_of(x->a, options),
                                 .valid_issuers = copy_texts(x->a, &options->valid_issuers),
                                 .claim_type = arena_text(x->a, options->claim_type.len ? options->claim_type : T("sub"))};
    pthread_mutex_init(&x->lock, NULL);
    condition_init(&x->wake);
    condition_init(&x->fresh);
    x->thread = thread_start("oidc", keep, x);
    return x;
}

void oidc_free(oidc *x) {
    if (!x) return;
    {
        WITH_LOCK(&x->lock);
        x->closing = true;
        pthread_cond_signal(&x->wake);
    }
    pthread_join(x->thread, NULL);
    drop(x->keys);
    pthread_cond_destroy(&x->wake);
    pthread_cond_destroy(&x->fresh);
    pthread_mutex_destroy(&x->lock);
    arena_free(x->a);
    free(x);
}

bool oidc_ready(oidc *x) {
    WITH_LOCK(&x->lock);
    return x->keys != NULL;
}

/* ---- tokens ---- */

static FALLIBLE refused(const char *why) { return FAIL(ERROR_UNKNOWN_CALLER, "%s", why); }

static struct key_ring *take_keys(oidc *x) {
    WITH_LOCK(&x->lock);
    if (x->keys) x->keys->holders++;
    return x->keys;
}

static void give_keys(oidc *x, struct key_ring *r) {
    WITH_LOCK(&x->lock);
    drop(r);
}

/* Providers change their keys; but nobody may make us ask all the time. */
static bool ask_again(oidc *x) {
    WITH_LOCK(&x->lock);
    int64_t before = x->read_ns;
    if (monotonic_ns() - before < again_ns) return false;
    x->wanted = true;
    pthread_cond_signal(&x->wake);
    for (int64_t until = monotonic_ns() + TIMEOUT_MS * INT64_C(1000000), now; x->wanted && (now = monotonic_ns()) < until;)
        condition_wait_ms(&x->fresh, &x->lock, (until - now) / 1000000 + 1);
    return x->read_ns != before;
}

static FALLIBLE open_token(oidc *x, arena *a, text token, text *claims) {
    for (int attempt = 0;; attempt++) {
        struct key_ring *r = take_keys(x);
        if (!r) return refused("the identity provider has not answered yet");
        error *e = jwt_verify(a, r->at, r->count, token, claims);
        give_keys(x, r);
        if (!e || e->kind != ERROR_NOT_FOUND) return e;
        error_free(e);
        if (attempt || !ask_again(x)) return refused("the token was signed with a key that is not known here");
    }
}

static bool holds(const struct texts *list, text value) {
    for (EACH(const text, t, list))
        if (text_equal(*t, value)) return true;
    return false;
}

/* One audience or a list of them. */
static bool is_for_us(const oidc *x, const struct json *audience) {
    if (!audience) return false;
    if (audience->kind == JSON_STRING) return holds(&x->o.valid_audiences, audience->content);
    bool found = false;
    for (EACH_JSON(one, audience)) found |= one->kind == JSON_STRING && holds(&x->o.valid_audiences, one->content);
    return audience->kind == JSON_ARRAY && found;
}

/* Entra names one tenant by two issuers. */
static bool is_entra_issuer(arena *a, text authority, text issuer) {
    text host = T("https://login.microsoftonline.com/");
    if (!text_starts_with(authority, host)) return false;
    text rest = text_slice(authority, host.len, authority.len);
    size_t slash = text_find_byte(rest, '/');
    text tenant = slash == SIZE_MAX ? rest : text_slice(rest, 0, slash);
    return text_equal(issuer, arena_print(a, "https://sts.windows.net/%.*s/", TEXT_ARG(tenant))) ||
           text_equal(issuer, arena_print(a, "https://login.microsoftonline.com/%.*s/v2.0", TEXT_ARG(tenant)));
}

static bool is_known_issuer(oidc *x, arena *a, text issuer) {
    if (text_is_empty(issuer)) return false;
    if (x->o.valid_issuers.count) return holds(&x->o.valid_issuers, issuer);
    return text_equal(issuer, x->o.authority) || text_equal(issuer, x->issuer) || is_entra_issuer(a, x->o.authority, issuer);
}

static bool seconds_of(const struct json *claims, const char *name, double *out) {
    const struct json *v = json_member(claims, text_of(name));
    if (!v || v->kind != JSON_NUMBER || v->content.len > 30) return false;
    char digits[32] = "";
    memcpy(digits, v->content.at, v->content.len);
    *out = strtod(digits, NULL);
    return true;
}

static FALLIBLE judge(oidc *x, arena *a, const struct json *claims, instant now) {
    double present = (double)(now.ticks - TICKS_1970) / TICKS_PER_SECOND, ends, begins;
    if (!seconds_of(claims, "exp", &ends)) return refused("the token has no end");
    if (present > ends + SKEW) return refused("OIDC token expired");
    if (seconds_of(claims, "nbf", &begins) && present < begins - SKEW) return refused("the token is not good yet");
    if (!is_known_issuer(x, a, member(claims, "iss"))) return refused("the token comes from another issuer");
    if (!is_for_us(x, json_member(claims, T("aud")))) return refused("the token is for somebody else");
    return NULL;
}

FALLIBLE oidc_verify(oidc *x, arena *a, text token, instant now, struct oidc_claims *out) {
    text document;
    const struct json *claims = NULL;
    TRY(open_token(x, a, token, &document));
    OWNED(error) unreadable = json_read(a, document, (struct json_limits){.refuse_repeated = true}, &claims, NULL);
    if (unreadable || claims->kind != JSON_OBJECT) return refused("the token's claims cannot be read");
    TRY(judge(x, a, claims, now));
    *out = (struct oidc_claims){.id = member(claims, arena_cstring(a, x->o.claim_type)),
                                .name = member(claims, "name"),
                                .given_name = member(claims, "given_name"),
                                .family_name = member(claims, "family_name"),
                                .preferred_username = member(claims, "preferred_username")};
    return text_is_empty(out->id) ? refused("the token does not say who it is") : NULL;
}
