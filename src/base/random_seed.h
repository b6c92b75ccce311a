/* One random number per process that seeds the tables in memory, so that nobody can choose colliding keys. */
#ifndef JOINERY_BASE_RANDOM_SEED_H
#define JOINERY_BASE_RANDOM_SEED_H

#include <stdint.h>

uint64_t random_seed(void);

#endif
