/* Worker threads. */
#include "http/workers.h"

#include "base/die.h"

#include <stdlib.h>

static struct http_job *take(struct http_workers *w, bool *ending) {
    WITH_LOCK(&w->lock);
    while (!w->first && !w->ending) {
        w->idle++;
        pthread_cond_wait(&w->wake, &w->lock);
        w->idle--;
    }
    *ending = w->ending;
    struct http_job *job = w->first;
    if (!job) return NULL;
    w->first = job->next;
    if (!w->first) w->last = NULL;
    w->waiting--;
    return job;
}

static void *run(void *state) {
    struct http_workers *w = state;
    bool ending;
    for (struct http_job *job; (job = take(w, &ending));) w->work(w->state, job, ending);
    return NULL;
}

void http_workers_start(struct http_workers *w, int threads, int most_waiting, void *state,
                        void (*work)(void *state, struct http_job *job, bool ending)) {
    *w = (struct http_workers){.most_waiting = most_waiting, .thread_count = threads, .state = state, .work = work};
    pthread_mutex_init(&w->lock, NULL);
    condition_init(&w->wake);
    w->threads = calloc((size_t)threads, sizeof *w->threads);
    if (!w->threads) die("out of memory");
    for (int i = 0; i < threads; i++) w->threads[i] = thread_start("http worker", run, w);
}

/* True when it was queued; *wake when somebody sleeps. */
static bool append(struct http_workers *w, struct http_job *job, bool *wake) {
    WITH_LOCK(&w->lock);
    if (w->ending || w->waiting >= w->most_waiting) return false;
    job->next = NULL;
    if (w->last) {
        w->last->next = job;
    } else {
        w->first = job;
    }
    w->last = job;
    w->waiting++;
    *wake = w->idle > 0;
    return true;
}

bool http_workers_give(struct http_workers *w, struct http_job *job) {
    bool wake = false;
    if (!append(w, job, &wake)) return false;
    if (wake) pthread_cond_signal(&w->wake); /* outside the lock: the woken thread finds it free */
    return true;
}

void http_workers_stop(struct http_workers *w) {
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->thread_count; i++) pthread_join(w->threads[i], NULL);
}

void http_workers_free(struct http_workers *w) {
    free(w->threads);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
}
