/* The keeper of the Public Data API's callers, as its files see it. */
#ifndef JOINERY_ACCESS_PUBLIC_PRIVATE_H
#define JOINERY_ACCESS_PUBLIC_PRIVATE_H

#include "access/jwt.h"
#include "access/public.h"
#include "base/thread.h"

/* A pair of keys as it is kept; the secret half is sealed for its kid. */
struct signing_key_facts {
    text kid, sealed;
    instant retired; /* ticks 0: it signs, when it is the newest */
};
struct signing_key {
    struct public_head head;
    struct signing_key_facts facts;
    jwt_key *pair; /* NULL: its key of the ring is lost */
};
struct signing_keys LIST(struct signing_key);

/* One reading of everything, shared by the requests that began with it. */
struct public_snapshot {
    arena *a;
    struct tenants tenants;
    struct data_users users;
    struct data_roles roles;
    struct signing_keys keys; /* by id: the newest is the last */
    int32_t key_stamp;        /* another one when a key came or went: tokens are verified anew */
    struct text_map revoked;  /* by jti */
    int holders;              /* under the lock */
    int64_t read_ns, changes; /* when it was read, and after how many changes */
};

enum { VERIFIED = 4096, FAILURES = 4096 };

/* A credential that was verified not long ago, by a keyed digest of it. */
struct verified {
    uint8_t digest[32];
    int64_t until_ns;      /* passwords: a minute; tokens: as long as they are good, as every other check is made each time */
    int32_t user, version; /* of the user; of the keys, for tokens */
};
/* Failed log-ins of one name of one tenant. */
struct failures {
    uint64_t name;
    int count;
    int64_t since_ns;
};

struct public_access {
    store *store;
    const keyring *ring;
    uint8_t digest_key[32]; /* of this process */
    mutex lock;             /* over all below */
    struct public_snapshot *current;
    int64_t changes; /* so far */
    struct verified verified[VERIFIED];
    struct failures failures[FAILURES];
};

FALLIBLE public_snapshot_take(public_access *x, instant now, struct public_snapshot **out);
void public_snapshot_give(public_access *x, struct public_snapshot *s);
const struct data_user *public_user(const struct public_snapshot *s, int32_t id);
/* The caller of a user, without what a token adds; false when user or tenant are disabled. */
bool public_caller_of(const struct public_snapshot *s, const struct data_user *u, arena *a, struct public_caller *out);

/* The digest of a credential, and the table of those that were verified. */
void public_digest(const public_access *x, arena *a, const char *kind, int32_t tenant, text credential, uint8_t out[32]);
bool public_was_verified(public_access *x, const uint8_t digest[32], int32_t *user, int32_t *version);
void public_note_verified(public_access *x, const uint8_t digest[32], int64_t for_ns, int32_t user, int32_t version);

/* Who a token speaks for (§3.3). */
FALLIBLE public_by_token(public_access *x, struct public_snapshot *s, arena *a, text token, text client, int32_t tenant,
                         const struct public_limits *limits, instant now, struct public_caller *out, enum public_refusal *refusal,
                         const char **why);
/* The signing keys of the store into the snapshot. */
FALLIBLE public_keys_read(public_access *x, store_tx *tx, struct public_snapshot *s);
FALLIBLE public_first_key(public_access *x, instant now);

#endif
