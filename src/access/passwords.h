/* Hashes of passwords: argon2id, slow and memory-hard on purpose. */
#ifndef JOINERY_ACCESS_PASSWORDS_H
#define JOINERY_ACCESS_PASSWORDS_H

#include "base/arena.h"
#include "base/error.h"

/* At the start of the program: joinery_password_hashes_total, by which one can see that refusals cost the same. */
void passwords_register_metrics(void);
/* The encoded hash ($argon2id$…) with a fresh salt: 19 MiB, two passes, about 30 ms. Blocks while two others are being made, so
 * that many log-ins cannot take the machine's memory; never call it on the I/O thread. */
text password_hash(arena *a, text password);
/* Does it match? A null hash costs the same time and is false, so that callers need not tell an unknown user from a wrong password.
 */
bool password_matches(text hash, text password);

#endif
