/* Sessions of the portal: a signed cookie that ends with the key it was made for, and its anti-forgery token. */
#include "access/private.h"
#include "base/crypto.h"

/* Cookie: hex of 8 bytes key id, 8 bytes end (ticks), 16 bytes session id, 32 bytes signature. */
struct session {
    int64_t key;
    int64_t until;
    uint8_t id[16];
    uint8_t signature[32];
};
enum { SIGNED_BYTES = offsetof(struct session, signature), COOKIE_LENGTH = 2 * sizeof(struct session) };

/* The signature depends on the hash of the key: a session ends when its key is replaced. */
static void sign(const callers *x, const struct session *s, const uint8_t key_hash[32], uint8_t out[32]) {
    uint8_t bound[SIGNED_BYTES + 32];
    memcpy(bound, s, SIGNED_BYTES);
    memcpy(bound + SIGNED_BYTES, key_hash, 32);
    hmac_sha256((text){(const char *)x->session_secret, sizeof x->session_secret}, (text){(const char *)bound, sizeof bound}, out);
}

static bool unpack(text cookie, struct session *s) {
    return cookie.len == COOKIE_LENGTH && hex_read(cookie, (uint8_t *)s, sizeof *s);
}

static bool ended(callers *x, const struct session *s) {
    WITH_LOCK(&x->lock);
    size_t count = x->ended_count < ENDED_MAX ? x->ended_count : ENDED_MAX;
    for (size_t i = 0; i < count; i++)
        if (!memcmp(x->ended[i].id, s->id, sizeof s->id)) return true;
    return false;
}

int64_t session_key_id(callers *x, text cookie, instant now) {
    struct session s;
    if (!unpack(cookie, &s) || s.until < now.ticks || ended(x, &s)) return 0;
    return s.key;
}

bool session_signed(const callers *x, text cookie, const struct api_key *key) {
    struct session s;
    if (!unpack(cookie, &s) || s.key != key->id) return false;
    uint8_t signature[32];
    sign(x, &s, key->hash, signature);
    return equal_constant_time(signature, s.signature, sizeof signature);
}

text session_token(const callers *x, arena *a, text cookie) {
    uint8_t mac[32];
    hmac_sha256((text){(const char *)x->session_secret, sizeof x->session_secret}, arena_print(a, "token:%.*s", TEXT_ARG(cookie)),
                mac);
    char *out = arena_bytes(a, 64);
    hex_write(mac, sizeof mac, out);
    return (text){out, 64};
}

FALLIBLE session_begin(callers *x, arena *a, text api_key, text client, instant now, text *cookie, text *token) {
    struct snapshot *snap;
    TRY(snapshot_take(x, &snap));
    const char *reason;
    const struct api_key *key = key_set_find(&snap->set, api_key, now, &reason);
    struct session s = {.key = key ? key->id : 0, .until = now.ticks + SESSION_SECONDS * TICKS_PER_SECOND};
    if (key) {
        random_bytes(s.id, sizeof s.id);
        sign(x, &s, key->hash, s.signature);
    }
    snapshot_give(x, snap);
    if (!s.key) return FAIL(ERROR_UNKNOWN_CALLER, "%s", reason);
    touch_note(x, s.key, now, client);
    char *out = arena_bytes(a, COOKIE_LENGTH);
    hex_write((const uint8_t *)&s, sizeof s, out);
    *cookie = (text){out, COOKIE_LENGTH};
    *token = session_token(x, a, *cookie);
    return NULL;
}

void session_end(callers *x, text cookie, instant now) {
    struct session s;
    if (!unpack(cookie, &s) || s.until < now.ticks) return;
    WITH_LOCK(&x->lock);
    struct ended_session *e = &x->ended[x->ended_count++ % ENDED_MAX];
    memcpy(e->id, s.id, sizeof e->id);
    e->until = (instant){s.until};
}
