/* The keeper of the Public Data API's callers: what is kept, in memory, read again every five seconds or after a change. */
#include "access/passwords.h"
#include "access/public_private.h"
#include "base/crypto.h"
#include "base/die.h"

#include <stdlib.h>

enum { SNAPSHOT_BYTES = 1 << 30, FIRST_TENANT = 1 };
static const int64_t snapshot_life_ns = INT64_C(5000000000);

static void drop(struct public_snapshot *s) {
    if (!s || --s->holders) return;
    for (EACH(struct signing_key, k, &s->keys)) jwt_key_free(k->pair);
    arena_free(s->a);
    free(s);
}

static FALLIBLE read_items(store_tx *tx, struct public_snapshot *s) {
    struct public_items items;
    TRY(store_public_items(tx, s->a, PUBLIC_TENANT, 0, &items));
    for (EACH(const struct public_item, i, &items)) TRY(tenant_read(s->a, i, LIST_ADD(s->a, &s->tenants)));
    TRY(store_public_items(tx, s->a, PUBLIC_USER, 0, &items));
    for (EACH(const struct public_item, i, &items)) TRY(data_user_read(s->a, i, LIST_ADD(s->a, &s->users)));
    TRY(store_public_items(tx, s->a, PUBLIC_ROLE, 0, &items));
    for (EACH(const struct public_item, i, &items)) TRY(data_role_read(s->a, i, LIST_ADD(s->a, &s->roles)));
    return NULL;
}

static FALLIBLE read_snapshot(public_access *x, instant now, struct public_snapshot *s) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(x->store, &tx));
    TRY(read_items(tx, s));
    TRY(public_keys_read(x, tx, s));
    struct revoked_tokens revoked;
    TRY(store_revoked_tokens(tx, s->a, now, &revoked));
    text_map_init(&s->revoked, s->a, revoked.count + 1);
    for (EACH(struct revoked_token, r, &revoked)) text_map_put(&s->revoked, r->jti, r);
    s->read_ns = monotonic_ns();
    return NULL;
}

/* Under the lock. */
static bool is_good(const public_access *x) {
    const struct public_snapshot *s = x->current;
    return s && s->changes == x->changes && monotonic_ns() - s->read_ns < snapshot_life_ns;
}

/* The current one, when it is good; under the lock. */
static struct public_snapshot *current(public_access *x) {
    if (!is_good(x)) return NULL;
    x->current->holders++;
    return x->current;
}

bool public_is_at_hand(public_access *x) {
    WITH_LOCK(&x->lock);
    return is_good(x);
}

FALLIBLE public_snapshot_take(public_access *x, instant now, struct public_snapshot **out) {
    int64_t changes;
    {
        WITH_LOCK(&x->lock);
        changes = x->changes;
        *out = current(x);
    }
    if (*out) return NULL;
    struct public_snapshot *s = calloc(1, sizeof *s);
    if (!s) die("out of memory");
    s->a = arena_new(SNAPSHOT_BYTES);
    s->holders = 1;
    s->changes = changes;
    error *e = read_snapshot(x, now, s);
    WITH_LOCK(&x->lock);
    if (e) {
        drop(s);
        return e;
    }
    *out = s;
    if (x->current && x->current->changes > changes) return NULL; /* somebody else read a later one meanwhile */
    drop(x->current);
    x->current = s;
    s->holders++;
    return NULL;
}

void public_snapshot_give(public_access *x, struct public_snapshot *s) {
    WITH_LOCK(&x->lock);
    drop(s);
}

void public_access_changed(public_access *x) {
    WITH_LOCK(&x->lock);
    x->changes++;
}

/* ---- credentials that were verified not long ago ---- */

void public_digest(const public_access *x, arena *a, const char *kind, int32_t tenant, text credential, uint8_t out[32]) {
    hmac_sha256((text){(const char *)x->digest_key, sizeof x->digest_key},
                arena_print(a, "%s\n%d\n%.*s", kind, tenant, TEXT_ARG(credential)), out);
}

static struct verified *slot(public_access *x, const uint8_t digest[32]) {
    uint32_t at;
    memcpy(&at, digest, sizeof at);
    return &x->verified[at % VERIFIED];
}

bool public_was_verified(public_access *x, const uint8_t digest[32], int32_t *user, int32_t *version) {
    WITH_LOCK(&x->lock);
    const struct verified *v = slot(x, digest);
    if (v->until_ns < monotonic_ns() || !equal_constant_time(v->digest, digest, sizeof v->digest)) return false;
    *user = v->user;
    *version = v->version;
    return true;
}

void public_note_verified(public_access *x, const uint8_t digest[32], int64_t for_ns, int32_t user, int32_t version) {
    WITH_LOCK(&x->lock);
    struct verified *v = slot(x, digest);
    *v = (struct verified){.until_ns = monotonic_ns() + for_ns, .user = user, .version = version};
    memcpy(v->digest, digest, sizeof v->digest);
}

/* ---- life ---- */

static FALLIBLE first_tenant(public_access *x, instant now) {
    OWNED(arena) a = arena_new(1 << 20);
    OWNED(store_tx) tx = NULL;
    struct public_items tenants;
    TRY(store_write(x->store, STORE_API, &tx));
    TRY(store_public_items(tx, a, PUBLIC_TENANT, 0, &tenants));
    if (tenants.count) return NULL;
    struct tenant first = {.head = {.created = now, .updated = now}, .facts = {.name = T("Default"), .enabled = true}};
    struct public_item item;
    tenant_write(a, &first, &item);
    TRY(store_save_public_item(tx, &item, first.facts.name));
    if (item.id != FIRST_TENANT) return FAIL(ERROR_CORRUPT, "tenant %d is missing", FIRST_TENANT);
    return store_commit(tx);
}

FALLIBLE public_access_new(const struct public_access_options *options, public_access **out) {
    OWNED(public_access) x = calloc(1, sizeof *x);
    if (!x) die("out of memory");
    x->store = options->store;
    x->ring = options->keys;
    random_bytes(x->digest_key, sizeof x->digest_key);
    pthread_mutex_init(&x->lock, NULL);
    passwords_register_metrics();
    instant now = instant_now();
    TRY(first_tenant(x, now));
    TRY(public_first_key(x, now));
    *out = TAKE(x);
    return NULL;
}

void public_access_free(public_access *x) {
    if (!x) return;
    drop(x->current);
    pthread_mutex_destroy(&x->lock);
    wipe(x->digest_key, sizeof x->digest_key);
    free(x);
}
