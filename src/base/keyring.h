/* The keys that protect secrets at rest: a folder of key files, and values sealed with the newest of them. */
#ifndef JOINERY_BASE_KEYRING_H
#define JOINERY_BASE_KEYRING_H

#include "base/arena.h"
#include "base/error.h"

typedef struct keyring keyring;

/* Opens the folder (mode 0700), reads all its keys, and makes the first one when there is none. A file HEX.key holds 32 bytes in
 * hex, mode 0600; its name, 16 hex digits, is the key's id, and the newest by time of change seals. ERROR_DENIED when others may
 * read the folder or a key, ERROR_CORRUPT names a file that is no key. Immutable afterwards; any thread may use it. */
FALLIBLE keyring_open(const char *folder, keyring **out);
void keyring_free(keyring *k);
OWNED_TYPE(keyring, keyring_free)
/* Seals with the newest key (connectors §10): PREFIX base64url(key id, nonce, ciphertext, tag). What is bound (purpose, table, row)
 * must be the same to open it, so that a value cannot be copied elsewhere; values of another prefix never open. */
text keyring_seal(const keyring *k, arena *a, text prefix, text bound, text plain);
/* ERROR_CORRUPT when it was changed, is bound elsewhere, or its key is not in the folder; the caller names what it belongs to. */
FALLIBLE keyring_unseal(const keyring *k, arena *a, text prefix, text bound, text sealed, text *plain);
/* A key of 32 bytes for one purpose, made from the newest key by HMAC-SHA-256; not stored anywhere. */
void keyring_derive(const keyring *k, text purpose, uint8_t out[32]);

#endif
