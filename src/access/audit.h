/* Security events (operations §27): who was let in and who was refused. Each is counted in a metric and told in a line of the log
 * that programs can read; those that matter for long are activities of the target Authentication, too.
 *
 * Equal events within 15 minutes share one activity, so that a flood writes one row: equal are kind, reason, key prefix, address
 * and who. Rows are written by a thread twice a second; nothing here fails or delays a request. */
#ifndef JOINERY_ACCESS_AUDIT_H
#define JOINERY_ACCESS_AUDIT_H

#include "access/access.h"

#define AUDIT_KINDS(X)                                                                                                             \
    X(AUDIT_SIGNED_IN, "SignInSucceeded")                                                                                          \
    X(AUDIT_SIGN_IN_FAILED, "SignInFailed")                                                                                        \
    X(AUDIT_SIGNED_OUT, "SignedOut")                                                                                               \
    X(AUDIT_KEY_REFUSED, "ApiKeyRefused")                                                                                          \
    X(AUDIT_TOKEN_REFUSED, "BearerTokenRefused")                                                                                   \
    X(AUDIT_SESSION_REFUSED, "SessionRefused")                                                                                     \
    X(AUDIT_DENIED, "AuthorisationDenied")                                                                                         \
    X(AUDIT_LIMITED, "RateLimitExceeded")                                                                                          \
    X(AUDIT_INFRASTRUCTURE_KEY, "InfrastructureKeyUsed")                                                                           \
    X(AUDIT_DATA_LOGIN_FAILED, "DataLogInFailed")                                                                                  \
    X(AUDIT_DATA_DENIED, "DataAccessDenied")                                                                                       \
    X(AUDIT_DATA_TOKEN_ISSUED, "DataTokenIssued")                                                                                  \
    X(AUDIT_DATA_TOKEN_REVOKED, "DataTokenRevoked")                                                                                \
    X(AUDIT_CHANGED, "ConfigurationChanged")
NAMED_ENUM(audit_kind, AUDIT_KINDS)

struct audit_event {
    enum audit_kind kind;
    const char *reason;          /* one of few fixed sentences; never what was offered */
    text key_prefix;             /* of the key that was offered, or null */
    text client;                 /* address, after trusted proxies */
    const struct caller *caller; /* NULL: anonymous */
    text subject;                /* who or what it is about: a user of a tenant, an operation, a role; or null */
    text detail;                 /* for the log alone: the id of a token; or null */
};

typedef struct audit audit;
audit *audit_new(store *s);
/* Writes what is left. */
void audit_free(audit *x);
OWNED_TYPE(audit, audit_free)
/* Thread-safe. x NULL: counted and logged only. */
void audit_note(audit *x, const struct audit_event *event, instant now);
/* The visible part of a key that was offered: at most 12 characters of what begins as keys do, else empty. */
text audit_key_prefix(text key);

#endif
