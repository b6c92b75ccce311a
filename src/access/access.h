/* Who is asking, and what may they do: callers, roles, API keys. */
#ifndef JOINERY_ACCESS_ACCESS_H
#define JOINERY_ACCESS_ACCESS_H

#include "base/base.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "model/activity.h"
#include "model/enums.h"
#include "store/store.h"

#include <stdio.h>

/* What a route asks for. Administrator includes all. On GET routes that ask for an administrator, Auditor and Operator are let in
 * as well (operations §3: every GET). */
enum access_role {
    ROLE_UNSET,             /* a route without a role does not start */
    ROLE_ANONYMOUS,         /* everybody, without credentials */
    ROLE_USER,              /* whoever is known */
    ROLE_PASSWORD_OPERATOR, /* password endpoints */
    ROLE_OPERATOR,          /* run profiles, schedules, cancelling */
    ROLE_AUDITOR,           /* reading; Operator as well */
    ROLE_ADMINISTRATOR,
};
#define ROLES_COUNT (ROLE_ADMINISTRATOR + 1)
/* "Administrator", "Auditor", … as on the wire; "anonymous" and "authenticated" for the first two, as in the contract. */
const char *role_name(enum access_role role);
/* The stored role of that exact name, or ROLE_UNSET. */
enum access_role role_by_name(text name);
#define ROLE_BIT(role) (1u << (role))

/* The authenticated principal: the one place that initiators of activities and history are taken from. */
struct caller {
    enum initiator_type kind; /* BY_ANONYMOUS, BY_USER, BY_API_KEY, BY_SYSTEM */
    uuid id;                  /* of the key or of the person's metaverse object; zero when there is none */
    text name;
    uint32_t roles; /* ROLE_BIT of the stored roles */
    bool infrastructure;
    text method; /* "api_key", "oauth", "session", or null */
    text key_prefix;
    uuid person; /* metaverse object, zero when there is none */
};

/* May this caller use a route that asks for `need`? `reading` says that it is a GET. */
bool caller_may(const struct caller *caller, enum access_role need, bool reading);
extern const struct caller caller_system, caller_anonymous;
/* For activities and history; the id as text in `a`. */
struct initiator caller_initiator(arena *a, const struct caller *caller);
/* Names of the stored roles that the caller has. */
struct texts caller_role_names(arena *a, const struct caller *caller);

/* ---- API keys (operations §2.2) ---- */

enum { API_KEY_LENGTH = 71, API_KEY_PREFIX_LENGTH = 12 };
/* jny_ak_ and 64 random hex digits. */
text api_key_make(arena *a);
/* Does it begin with jny_ak_ or jim_ak_? Infrastructure keys may be shorter or other than hex. */
bool api_key_known_prefix(text key);
void api_key_hash(text key, uint8_t out[32]);

/* The keys and roles as they stood at one moment; immutable. */
struct key_set {
    struct api_keys keys;
    struct roles roles;
    struct text_map by_hash; /* 32 bytes → struct api_key * */
};
void key_set_index(struct key_set *set, arena *a);
/* The key that these credentials name, or NULL with the fixed reason text of operations §2.2 (the checks in their order). */
const struct api_key *key_set_find(const struct key_set *set, text key, instant now, const char **reason);
void key_set_caller(const struct key_set *set, const struct api_key *key, struct caller *out);

/* ---- The keeper of callers ---- */

typedef struct callers callers;

struct callers_options {
    store *store;
    struct oidc *oidc;                   /* NULL: no single sign-on; it must outlive the keeper */
    const struct people_options *people; /* with oidc; likewise */
    uint8_t session_secret[32];          /* signs session cookies; all zero: a fresh one, so that sessions end with the process */
};
/* Starts the thread that notes the last use of keys. */
FALLIBLE callers_new(const struct callers_options *options, callers **out);
/* Writes what is still to be noted and ends the thread; NULL is allowed. */
void callers_free(callers *x);
OWNED_TYPE(callers, callers_free)
/* Keys or roles have changed: read them anew at the next request. Other nodes notice within five seconds. */
void callers_changed(callers *x);

struct credentials {
    text api_key;       /* X-API-Key, or null */
    text authorisation; /* Authorization, or null */
    text session;       /* the session cookie, or null */
    text client;        /* address, for the last use */
};
/* Who is this? Without any credentials: caller_anonymous and success. ERROR_UNKNOWN_CALLER with the fixed reason as its sentence,
 * which is for the audit and not for the caller. The caller's texts live in `a`. */
FALLIBLE callers_identify(callers *x, arena *a, const struct credentials *given, instant now, struct caller *out);

/* Makes the infrastructure key when `wanted` can be one, else, when the store holds no key at all, the first administrator's key,
 * which is printed once on `say` and written to admin.key (mode 0600) in `data_dir` (operations §2.3). */
FALLIBLE callers_first_start(callers *x, text wanted, text data_dir, FILE *say, instant now);
/* Fills prefix, hash and created of a new key and gives its secret, which is shown once. The caller saves it. */
text api_key_new_secret(arena *a, struct api_key *key, instant now);

/* ---- Sessions of the portal (operations §2.5) ---- */

#define SESSION_COOKIE "joinery_session"
#define SESSION_TOKEN_COOKIE "joinery_token" /* readable by the portal, which repeats it in the header below on writes */
#define SESSION_TOKEN_HEADER "X-Joinery-Token"
enum { SESSION_SECONDS = 8 * 3600 };
/* A cookie value for the holder of this key; ERROR_UNKNOWN_CALLER as in callers_identify. `token` is the anti-forgery token. */
FALLIBLE session_begin(callers *x, arena *a, text api_key, text client, instant now, text *cookie, text *token);
/* Refuses the cookie from now on. */
void session_end(callers *x, text cookie, instant now);
/* The anti-forgery token of a session cookie. */
text session_token(const callers *x, arena *a, text cookie);
/* Used by callers_identify: the id of the key that the cookie was made for, 0 when it is none, spoilt, too old or ended. The
 * signature depends on the key's hash, so a session ends with its key. */
int64_t session_key_id(callers *x, text cookie, instant now);
bool session_signed(const callers *x, text cookie, const struct api_key *key);

#endif
