/* Tokens of the Public Data API: what they say, when they are good, and the keys that sign them. */
#include "access/public_private.h"
#include "base/crypto.h"
#include "base/die.h"
#include "base/log.h"
#include "base/uuid.h"

#define KEY_PREFIX T("$JOINERY-KEY$v1$")
static const int64_t key_life_ticks = 90 * TICKS_PER_DAY;
enum { CLOCK_LEEWAY = 60 };

struct token_claims {
    text iss, sub;
    int32_t uid, tid;
    struct texts aud;
    int64_t iat, nbf, exp;
    text jti, cip;
    struct texts amr;
    int32_t ver;
};
static SHAPE(token_claims, NULL,
             FIELDS(FIELD(token_claims, iss, "iss", .required = true), FIELD(token_claims, sub, "sub", .required = true),
                    FIELD(token_claims, uid, "uid", .required = true), FIELD(token_claims, tid, "tid", .required = true),
                    FIELD(token_claims, aud, "aud", .required = true), FIELD(token_claims, iat, "iat", .required = true),
                    FIELD(token_claims, nbf, "nbf", .required = true), FIELD(token_claims, exp, "exp", .required = true),
                    FIELD(token_claims, jti, "jti", .required = true), FIELD(token_claims, cip, "cip", .required = true),
                    FIELD(token_claims, amr, "amr", .required = true), FIELD(token_claims, ver, "ver", .required = true)));

static int64_t seconds_of(instant t) { return (t.ticks - TICKS_1970) / TICKS_PER_SECOND; }
static instant instant_of(int64_t seconds) { return (instant){TICKS_1970 + seconds * TICKS_PER_SECOND}; }

/* ---- signing keys ---- */

static const struct shape signing_key_facts_shape = {.size = sizeof(struct signing_key_facts),
                                                     FIELDS(FIELD(signing_key_facts, kid, "kid"),
                                                            FIELD(signing_key_facts, sealed, "sealed"),
                                                            FIELD(signing_key_facts, retired, "retired", .nullable = true))};

SHAPE(public_key_view, "SigningKey",
      FIELDS(FIELD(public_key_view, kid, "kid"),
             FIELD(public_key_view, state, "state", .doc = "Active signs; Retired only verifies."),
             FIELD(public_key_view, created, "created"), FIELD(public_key_view, retired, "retired", .nullable = true),
             FIELD(public_key_view, jwk, "jwk", .schema = "{\"type\":\"object\"}", .doc = "The public half, as a JSON Web Key.")));

/* A key whose seal cannot be opened verifies nothing: its tokens are refused, all else works. */
static FALLIBLE open_pair(public_access *x, arena *a, struct signing_key *k) {
    text jwk;
    error *e = keyring_unseal(x->ring, a, KEY_PREFIX, k->facts.kid, k->facts.sealed, &jwk);
    if (e) {
        log_error("a signing key cannot be opened; its tokens are refused", e);
        error_free(e);
        return NULL;
    }
    e = jwt_key_read(jwk, &k->pair);
    wipe((char *)(uintptr_t)jwk.at, jwk.len);
    return e;
}

FALLIBLE public_keys_read(public_access *x, store_tx *tx, struct public_snapshot *s) {
    struct public_items items;
    TRY(store_public_items(tx, s->a, PUBLIC_KEY, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct signing_key *k = LIST_ADD(s->a, &s->keys);
        TRY(public_document_read(s->a, i, &signing_key_facts_shape, &k->head, &k->facts));
        TRY(open_pair(x, s->a, k));
        s->key_stamp = (int32_t)((uint32_t)s->key_stamp * 31 + (uint32_t)k->head.id);
    }
    return NULL;
}

static FALLIBLE save_key(store_tx *tx, arena *a, const struct signing_key *k) {
    struct public_item item;
    public_document_write(a, PUBLIC_KEY, &k->head, &signing_key_facts_shape, &k->facts, &item);
    return store_save_public_item(tx, &item, k->facts.kid);
}

/* A new pair signs from now on; the others only verify, and are forgotten when the last token that they can have signed has ended.
 */
static FALLIBLE add_key(public_access *x, store_tx *tx, arena *a, instant now) {
    struct public_items items;
    TRY(store_public_items(tx, a, PUBLIC_KEY, 0, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct signing_key old = {0};
        TRY(public_document_read(a, i, &signing_key_facts_shape, &old.head, &old.facts));
        if (old.facts.retired.ticks && old.facts.retired.ticks + TICKS_PER_DAY < now.ticks)
            TRY(store_delete_public_item(tx, PUBLIC_KEY, old.head.id));
        if (old.facts.retired.ticks) continue;
        old.facts.retired = old.head.updated = now;
        TRY(save_key(tx, a, &old));
    }
    OWNED(jwt_key) pair = NULL;
    TRY(jwt_key_make(&pair));
    struct signing_key fresh = {.head = {.created = now, .updated = now}, .facts = {.kid = arena_text(a, jwt_key_id(pair))}};
    fresh.facts.sealed = keyring_seal(x->ring, a, KEY_PREFIX, fresh.facts.kid, jwt_key_write(pair, a, true));
    return save_key(tx, a, &fresh);
}

static const struct signing_key *newest(const struct public_snapshot *s) {
    const struct signing_key *found = NULL;
    for (EACH(const struct signing_key, k, &s->keys))
        if (k->pair && !k->facts.retired.ticks) found = k;
    return found;
}

static FALLIBLE rotate(public_access *x, instant now) {
    OWNED(arena) a = arena_new(16 << 20);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->store, STORE_API, &tx));
    TRY(add_key(x, tx, a, now));
    TRY(store_commit(tx));
    public_access_changed(x);
    return NULL;
}

/* There is one that signs, and it is not too old. */
static FALLIBLE ensure_key(public_access *x, instant now) {
    struct public_snapshot *s;
    TRY(public_snapshot_take(x, now, &s));
    const struct signing_key *k = newest(s);
    bool good = k && now.ticks - k->head.created.ticks < key_life_ticks;
    public_snapshot_give(x, s);
    return good ? NULL : rotate(x, now);
}

FALLIBLE public_first_key(public_access *x, instant now) { return ensure_key(x, now); }

static void view_of(arena *a, const struct signing_key *k, struct public_key_view *out) {
    *out = (struct public_key_view){.kid = arena_text(a, k->facts.kid),
                                    .state = k->facts.retired.ticks ? T("Retired") : T("Active"),
                                    .created = k->head.created,
                                    .retired = k->facts.retired};
    if (k->pair) out->jwk.raw = jwt_key_write(k->pair, a, false);
}

FALLIBLE public_keys(public_access *x, arena *a, struct public_key_views *out) {
    struct public_snapshot *s;
    TRY(public_snapshot_take(x, instant_now(), &s));
    for (EACH(const struct signing_key, k, &s->keys)) view_of(a, k, LIST_ADD(a, out));
    public_snapshot_give(x, s);
    return NULL;
}

FALLIBLE public_rotate(public_access *x, arena *a, instant now, struct public_key_view *out) {
    TRY(rotate(x, now));
    struct public_snapshot *s;
    TRY(public_snapshot_take(x, now, &s));
    const struct signing_key *k = newest(s);
    if (k) view_of(a, k, out);
    public_snapshot_give(x, s);
    return k ? NULL : FAIL(ERROR_INTERNAL, "a key was made and is not there");
}

FALLIBLE public_kill_key(public_access *x, text kid, instant now) {
    struct public_snapshot *s;
    int32_t id = 0;
    TRY(public_snapshot_take(x, now, &s));
    for (EACH(const struct signing_key, k, &s->keys))
        if (text_equal(k->facts.kid, kid)) id = k->head.id;
    public_snapshot_give(x, s);
    if (!id) return FAIL(ERROR_NOT_FOUND, "There is no such key.");
    {
        OWNED(store_tx) tx = NULL;
        TRY(store_write(x->store, STORE_API, &tx));
        TRY(store_delete_public_item(tx, PUBLIC_KEY, id));
        TRY(store_commit(tx));
    }
    public_access_changed(x);
    return ensure_key(x, now);
}

/* ---- tokens ---- */

static text write_claims(arena *a, const struct token_claims *claims) {
    OWNED_VALUE(buffer) b = {.max = 1 << 16};
    struct json_writer w = {.out = &b};
    describe_write(&w, &token_claims_shape, claims);
    return arena_text(a, buffer_as_text(&b));
}

static FALLIBLE sign(public_access *x, arena *a, text claims, instant now, text *token) {
    struct public_snapshot *s;
    TRY(ensure_key(x, now));
    TRY(public_snapshot_take(x, now, &s));
    const struct signing_key *k = newest(s);
    error *e = k ? jwt_sign(a, k->pair, claims, token) : FAIL(ERROR_INTERNAL, "there is no key that signs");
    public_snapshot_give(x, s);
    return e;
}

FALLIBLE public_issue(public_access *x, arena *a, const struct public_caller *caller, const struct texts *services, int minutes,
                      text client, const struct public_limits *limits, instant now, text *token) {
    char jti[36];
    uuid_write(uuid_random(), jti);
    int64_t seconds = seconds_of(now);
    text method = caller->method;
    struct token_claims claims = {.iss = limits->issuer,
                                  .sub = caller->user_name,
                                  .uid = caller->user,
                                  .tid = caller->tenant,
                                  .aud = *services,
                                  .iat = seconds,
                                  .nbf = seconds,
                                  .exp = seconds + 60 * (int64_t)minutes,
                                  .jti = {jti, sizeof jti},
                                  .cip = client,
                                  .amr = {.at = &method, .count = 1},
                                  .ver = caller->token_version};
    return sign(x, a, write_claims(a, &claims), now, token);
}

FALLIBLE public_revoke(public_access *x, text jti, instant ends, instant now) {
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->store, STORE_API, &tx));
    TRY(store_revoke_token(tx, jti, ends, now));
    TRY(store_commit(tx));
    public_access_changed(x);
    return NULL;
}

/* The claims of a token with a good signature; a token that was seen before is only decoded. */
static FALLIBLE open_token(public_access *x, const struct public_snapshot *s, arena *a, text token, text *claims, bool *good) {
    uint8_t digest[32];
    int32_t user, version;
    public_digest(x, a, "token", 0, token, digest);
    bool seen = public_was_verified(x, digest, &user, &version) && version == s->key_stamp;
    if (seen) {
        size_t dot = text_find_byte(token, '.');
        text rest = text_slice(token, dot + 1, token.len);
        *claims = base64url_read(a, text_slice(rest, 0, text_find_byte(rest, '.')));
        *good = true;
        return NULL;
    }
    jwt_key **pairs = ARENA_ARRAY(a, jwt_key *, s->keys.count);
    size_t count = 0;
    for (EACH(const struct signing_key, k, &s->keys))
        if (k->pair) pairs[count++] = k->pair;
    OWNED(error) e = jwt_verify(a, pairs, count, token, claims);
    *good = !e;
    if (!e) public_note_verified(x, digest, INT64_C(3600) * 1000000000, 0, s->key_stamp);
    return NULL;
}

static const char *wrong_with(const struct public_snapshot *s, const struct token_claims *k, const struct data_user *u, text client,
                              const struct public_limits *limits, instant now) {
    int64_t seconds = seconds_of(now), longest = k->iat + 60 * (int64_t)limits->token_minutes;
    if (!text_equal(k->iss, limits->issuer)) return "another issuer";
    if (k->nbf > seconds || k->iat > seconds + CLOCK_LEEWAY) return "not yet good";
    if (seconds >= k->exp || seconds >= longest) return "too old";
    if (text_map_get(&s->revoked, k->jti)) return "taken back";
    if (!u || u->head.tenant_id != k->tid) return "its user is gone";
    if (u->secrets.token_version != k->ver) return "its user has changed";
    if (limits->bind_address && !text_equal(k->cip, client)) return "used from another address";
    return NULL;
}

FALLIBLE public_by_token(public_access *x, struct public_snapshot *s, arena *a, text token, text client, int32_t tenant,
                         const struct public_limits *limits, instant now, struct public_caller *out, enum public_refusal *refusal,
                         const char **why) {
    text document = {0};
    bool good = false;
    const struct json *json = NULL;
    struct problems problems = {.a = a};
    struct token_claims claims = {0};
    *refusal = PUBLIC_BAD_TOKEN;
    *why = "the signature does not fit";
    TRY(open_token(x, s, a, token, &document, &good));
    if (!good) return NULL;
    OWNED(error) unreadable = json_read(a, document, (struct json_limits){.refuse_repeated = true}, &json, NULL);
    *why = "the claims cannot be read";
    if (unreadable || !describe_read(a, &token_claims_shape, json, (struct reading){.strict = true}, &claims, &problems))
        return NULL;
    const struct data_user *u = public_user(s, claims.uid);
    *why = wrong_with(s, &claims, u, client, limits, now);
    if (*why) return NULL;
    *why = "user or tenant is disabled";
    if (!public_caller_of(s, u, a, out)) return NULL;
    out->by_token = true;
    out->method = claims.amr.count ? claims.amr.at[0] : T("pwd");
    out->audience = claims.aud;
    out->jti = claims.jti;
    out->token_ends = instant_of(claims.exp);
    *why = "a token of another tenant";
    *refusal = claims.tid == tenant ? PUBLIC_KNOWN : PUBLIC_FOREIGN_TENANT;
    return NULL;
}
