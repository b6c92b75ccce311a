/* Who may use the Public Data API: tenants, their users and roles, passwords, certificates, tokens (public-data-api.md §§2, 3). */
#ifndef JOINERY_ACCESS_PUBLIC_H
#define JOINERY_ACCESS_PUBLIC_H

#include "base/base.h"
#include "base/keyring.h"
#include "describe/describe.h"
#include "model/enums.h"
#include "store/public.h"

/* ---- what is kept ----
 * Each is a document of the store (struct public_item); `head` stands in its row, the rest in the document. The shapes are those of
 * the wire (public-data-api.md §8); the document of a user holds its secrets as well. */

struct public_head {
    int32_t id, tenant_id, version;
    instant created, updated;
};
extern const struct shape public_head_shape;

struct tenant_facts {
    text name, description;
    bool enabled;
};
struct tenant {
    struct public_head head;
    struct tenant_facts facts;
};
struct tenants LIST(struct tenant);
extern const struct shape tenant_facts_shape, tenant_shape;

#define PUBLIC_PERMISSIONS(X) X(MAY_MAKE_TOKENS, "PublicDataApi.Token") X(MAY_SEARCH, "PublicDataApi.Search")
NAMED_ENUM(public_permission, PUBLIC_PERMISSIONS)

struct data_role_facts {
    text name, description;
    struct enums permissions;
};
struct data_role {
    struct public_head head;
    struct data_role_facts facts;
};
struct data_roles LIST(struct data_role);
extern const struct shape data_role_facts_shape, data_role_shape;

/* A certificate is known by its thumbprint, else by issuer and serial number. */
struct user_certificate {
    text thumbprint, issuer, serial;
};
/* A serial number in hexadecimal digits as tools print it: in any case, with colons or without, with or without leading zeros. */
bool is_serial(text t);
bool serial_equal(text a, text b);
struct data_user_facts {
    text user_name, full_name;
    bool enabled;
    struct LIST(struct user_certificate) certificates;
    struct texts allowed_networks; /* addresses and ranges that tokens are given to; empty: all */
    uuid object_id;                /* the person in the metaverse, or zero */
    struct int32s roles;
    struct enums permissions;
};
struct data_user_secrets {
    text password_hash;    /* null: no log-in by password */
    int32_t token_version; /* of the tokens that are good */
};
struct data_user {
    struct public_head head;
    struct data_user_facts facts;
    struct data_user_secrets secrets;
};
struct data_users LIST(struct data_user);
extern const struct shape user_certificate_shape, data_user_facts_shape, data_user_shape;

/* From a document of the store and back; texts live in the arena. ERROR_CORRUPT for a document that is none. The writers fill id,
 * tenant, version, times and document of `item`; its kind is set as well. */
FALLIBLE tenant_read(arena *a, const struct public_item *item, struct tenant *out);
FALLIBLE data_role_read(arena *a, const struct public_item *item, struct data_role *out);
FALLIBLE data_user_read(arena *a, const struct public_item *item, struct data_user *out);
void tenant_write(arena *a, const struct tenant *t, struct public_item *item);
void data_role_write(arena *a, const struct data_role *r, struct public_item *item);
void data_user_write(arena *a, const struct data_user *u, struct public_item *item);
/* What these and the nouns of searches are made of: the document of `item` into *facts, the head beside it. */
FALLIBLE public_document_read(arena *a, const struct public_item *item, const struct shape *shape, struct public_head *head,
                              void *facts);
void public_document_write(arena *a, enum public_kind kind, const struct public_head *head, const struct shape *shape,
                           const void *facts, struct public_item *item);

/* ---- who is asking ---- */

typedef struct public_access public_access;

struct public_access_options {
    struct store *store;
    const keyring *keys;
};
/* Makes tenant 1 and the first signing key when they are missing. Both must outlive it. */
FALLIBLE public_access_new(const struct public_access_options *options, public_access **out);
void public_access_free(public_access *x);
OWNED_TYPE(public_access, public_access_free)
/* After a change of what is kept; without it changes are seen within five seconds. */
void public_access_changed(public_access *x);

/* Whether what is kept need not be read at the moment. */
bool public_is_at_hand(public_access *x);

/* Service settings of category PublicApi that concern callers. */
struct public_limits {
    int32_t token_minutes; /* PublicApi.Jwt.MaxDurationMinutes */
    bool bind_address;     /* PublicApi.Jwt.BindRemoteAddress */
    text issuer;           /* Instance.Name, or Joinery */
};

struct public_credentials {
    text authorisation;              /* the header's value, or null */
    text thumbprint, issuer, serial; /* of the client certificate; null: none */
    text client;                     /* the address */
};
struct public_caller {
    int32_t tenant, user;
    text user_name, full_name;
    uuid object_id;
    unsigned permissions; /* bits of enum public_permission, roles included */
    struct int32s roles;
    struct texts allowed_networks;
    bool by_token;
    text method;           /* pwd or x509; of a token's caller as it was when the token was made */
    struct texts audience; /* of a token */
    text jti;
    instant token_ends;
    int32_t token_version;
};
enum public_refusal {
    PUBLIC_KNOWN,
    PUBLIC_BAD_CREDENTIALS, /* 401 */
    PUBLIC_BAD_TOKEN,       /* 401 with error="invalid_token" */
    PUBLIC_FOREIGN_TENANT,  /* 403 TOKEN_TENANT */
};
/* Who it is, within the tenant. Texts live in `a`. All refusals of passwords take the time of one hash. An error is one of the
 * store. `why` (may be NULL) is for the log. */
FALLIBLE public_identify(public_access *x, arena *a, const struct public_credentials *given, int32_t tenant,
                         const struct public_limits *limits, instant now, struct public_caller *out, enum public_refusal *refusal,
                         const char **why);
/* The user of this id as a caller, now; false when there is none, or it or its tenant is disabled. */
FALLIBLE public_caller_now(public_access *x, arena *a, int32_t user, instant now, struct public_caller *out, bool *found);
/* A signed token for the caller (§3.3). */
FALLIBLE public_issue(public_access *x, arena *a, const struct public_caller *caller, const struct texts *services, int minutes,
                      text client, const struct public_limits *limits, instant now, text *token);
/* Takes one token back, durably. */
FALLIBLE public_revoke(public_access *x, text jti, instant ends, instant now);

/* ---- signing keys ---- */

struct public_key_view {
    text kid, state; /* Active, Retired */
    instant created, retired;
    struct json_value jwk; /* the public half */
};
struct public_key_views LIST(struct public_key_view);
extern const struct shape public_key_view_shape;
FALLIBLE public_keys(public_access *x, arena *a, struct public_key_views *out);
/* Makes a new key, which signs from now on; older ones are retired. */
FALLIBLE public_rotate(public_access *x, arena *a, instant now, struct public_key_view *out);
/* Its tokens end at once. ERROR_NOT_FOUND. The last key is replaced by a new one. */
FALLIBLE public_kill_key(public_access *x, text kid, instant now);

#endif
