/* The bounded queue between the I/O thread and the threads that may block. */
#ifndef JOINERY_HTTP_WORKERS_H
#define JOINERY_HTTP_WORKERS_H

#include "base/thread.h"
#include "http/http.h"

/* What is queued begins with this. */
struct http_job {
    struct http_job *next;
};

struct http_workers {
    mutex lock; /* over everything below */
    pthread_cond_t wake;
    struct http_job *first, *last;
    int waiting, most_waiting, idle;
    bool ending;
    pthread_t *threads;
    int thread_count;
    void *state;
    void (*work)(void *state, struct http_job *job, bool ending);
};

/* `work` is called for each job on one of the threads; `ending` asks it to refuse the job rather than to do it. */
void http_workers_start(struct http_workers *w, int threads, int most_waiting, void *state,
                        void (*work)(void *state, struct http_job *job, bool ending));
/* False when the queue is full or ends. */
bool http_workers_give(struct http_workers *w, struct http_job *job);
/* Returns when running jobs are done and waiting ones are refused; from then on nothing is taken. */
void http_workers_stop(struct http_workers *w);
/* After the stop, when nobody can give any more. */
void http_workers_free(struct http_workers *w);

#endif
