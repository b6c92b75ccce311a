/* Hashes, random bytes, constant-time comparison, authenticated encryption; OpenSSL behind one file. */
#ifndef JOINERY_BASE_CRYPTO_H
#define JOINERY_BASE_CRYPTO_H

#include "base/arena.h"
#include "base/error.h"

void random_bytes(void *out, size_t len);
/* Uniform in [0, below) without modulo bias. */
uint32_t random_below(uint32_t below);
void sha256(text bytes, uint8_t out[32]);
void hmac_sha256(text key, text bytes, uint8_t out[32]);
bool equal_constant_time(const void *a, const void *b, size_t len);
/* AES-256-GCM. Sealed form: 12 bytes nonce, ciphertext, 16 bytes tag. `bound` is authenticated with it and not contained. */
text seal(arena *a, const uint8_t key[32], text bound, text plain);
FALLIBLE open_sealed(arena *a, const uint8_t key[32], text bound, text sealed, text *plain);
/* Overwrites memory that held a secret; the compiler may not drop it. */
void wipe(void *at, size_t len);

#endif
