/* JSON Web Tokens: signed and verified by cjose with one algorithm per key; what the claims mean is the caller's matter. */
#ifndef JOINERY_ACCESS_JWT_H
#define JOINERY_ACCESS_JWT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct jwt_key jwt_key;

/* A fresh key pair on P-256 for ES256. */
FALLIBLE jwt_key_make(jwt_key **out);
/* From a JWK: an EC key on P-256 (ES256) or an RSA key of at least 2,048 bits (RS256, PS256 when its `alg` says so); public keys
 * verify only. ERROR_UNSUPPORTED for others, also when `use` or `alg` say that it is for something else. */
FALLIBLE jwt_key_read(text jwk, jwt_key **out);
void jwt_key_free(jwt_key *k);
OWNED_TYPE(jwt_key, jwt_key_free)
/* The JWK of the pair; without `secret` only its public half. */
text jwt_key_write(const jwt_key *k, arena *a, bool secret);
/* The RFC 7638 thumbprint of a made key; else the `kid` it came with, null when it has none. Lives as long as the key. */
text jwt_key_id(const jwt_key *k);
const char *jwt_key_algorithm(const jwt_key *k);

/* header.payload.signature in base64url; the header has alg, kid and typ. */
FALLIBLE jwt_sign(arena *a, const jwt_key *k, text claims, text *out);
/* The claims, when one of the keys signed them. The algorithm is the key's and the header must agree; `none`, HMAC, a key or a link
 * in the header (jwk, jku, x5u, x5c), any crit and a token above 16 KiB are refused. A header without kid is tried with every key.
 * ERROR_UNKNOWN_CALLER says why, for the log; ERROR_NOT_FOUND when the kid names none of the keys. */
FALLIBLE jwt_verify(arena *a, jwt_key *const *keys, size_t count, text token, text *claims);

#endif
