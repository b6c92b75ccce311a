/* Threads, locks and conditions with the few calls that Joinery uses. */
#ifndef JOINERY_BASE_THREAD_H
#define JOINERY_BASE_THREAD_H

#include "base/owned.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef pthread_mutex_t mutex;
static inline void mutex_owned_unlock(pthread_mutex_t **m) {
    if (*m) pthread_mutex_unlock(*m);
}
/* WITH_LOCK(&m); holds the lock until the end of the scope. */
#define WITH_LOCK(m) WITH_LOCK_NAMED((m), __COUNTER__)
#define WITH_LOCK_NAMED(m, n) WITH_LOCK_JOINED(m, n)
#define WITH_LOCK_JOINED(m, n)                                                                                                     \
    __attribute__((cleanup(mutex_owned_unlock), unused)) pthread_mutex_t *held_##n = (pthread_mutex_lock(m), (m))

/* Waits on a condition (initialised by condition_init) at most so many milliseconds; false on time-out. */
void condition_init(pthread_cond_t *c);
bool condition_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int64_t milliseconds);
/* Starts a named thread; the process ends when none can be had. */
pthread_t thread_start(const char *name, void *(*body)(void *), void *state);

#endif
