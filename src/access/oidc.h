/* Bearer tokens of an OpenID Connect provider (operations §2.4): what it says of itself, its keys, and the claims of its tokens. */
#ifndef JOINERY_ACCESS_OIDC_H
#define JOINERY_ACCESS_OIDC_H

#include "base/base.h"
#include "base/instant.h"

struct oidc_options {
    text authority;            /* https://login.example.org/realm */
    text client_id, api_scope; /* audiences, when none are named */
    struct texts valid_audiences, valid_issuers;
    text claim_type; /* which claim says who it is; null: sub */
    bool allow_http;
};
/* Plain http is refused but for loopback addresses, unless allow_http says otherwise: ERROR_INVALID. */
FALLIBLE oidc_check(const struct oidc_options *options);

typedef struct oidc oidc;

/* Copies the options and begins to ask the provider in a thread of its own, again and again until it answers. */
oidc *oidc_new(const struct oidc_options *options);
void oidc_free(oidc *x);
OWNED_TYPE(oidc, oidc_free)
/* Whether the provider has answered; until then every token is refused. */
bool oidc_ready(oidc *x);

struct oidc_claims {
    text id; /* the value of claim_type */
    text name, given_name, family_name, preferred_username;
};
/* The claims of a token that is signed by the provider, good now, from a known issuer and for us; texts in `a`. An unknown key
 * makes it ask for keys again, at most once in ten seconds. ERROR_UNKNOWN_CALLER with a fixed sentence for the log. */
FALLIBLE oidc_verify(oidc *x, arena *a, text token, instant now, struct oidc_claims *out);

#endif
