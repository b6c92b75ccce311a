/* Hashes that are stored: the same on every machine and in every process. */
#ifndef JOINERY_MODEL_HASH_H
#define JOINERY_MODEL_HASH_H

#include "base/text.h"

/* XXH3-64 without a seed. For tables in memory take text_hash. */
uint64_t stable_hash(text t);
/* XXH3-128 without a seed. */
void stable_hash128(text t, uint64_t out[2]);

#endif
