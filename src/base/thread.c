/* Conditions that wait by the monotonic clock, and named threads. */
#include "base/thread.h"

#include "base/die.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void condition_init(pthread_cond_t *c) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (pthread_cond_init(c, &attributes) != 0) die("cannot make a condition");
    pthread_condattr_destroy(&attributes);
}

bool condition_wait_ms(pthread_cond_t *c, pthread_mutex_t *m, int64_t milliseconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (milliseconds < 0) milliseconds = 0;
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    return pthread_cond_timedwait(c, m, &until) == 0;
}

pthread_t thread_start(const char *name, void *(*body)(void *), void *state) {
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, body, state);
    if (failed) die("cannot start the thread %s: %s", name, strerror(failed));
    char cut[16]; /* what the kernel keeps */
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(thread, cut);
    return thread;
}
