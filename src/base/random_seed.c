/* Draws the seed once, from the kernel. */
#include "base/random_seed.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t seed;

static void draw(void) {
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) abort();
}

uint64_t random_seed(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, draw);
    return seed;
}
