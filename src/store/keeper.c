/* The thread that keeps the database's log short and on the disk, so that nobody who writes has to wait for that. */
#include "store/session.h"

#include "base/die.h"

#include <stdlib.h>

struct keeper {
    store *s;
    struct db *db;
    pthread_t thread;
    mutex m;
    pthread_cond_t called, done;
    enum db_tending wish;
    int64_t rounds;
    bool stop;
};

/* The log is moved in three steps: most of it while others may write, then what was left open meanwhile, and the short rest with
 * the writers held off, so that the log can begin anew. */
static void tend(struct keeper *k) {
    k->db->driver->tend(k->db, TEND_MOVE);
    session_tend(k->s, false);
    k->db->driver->tend(k->db, TEND_MOVE);
    session_tend(k->s, true);
}

static void *keep(void *state) {
    struct keeper *k = state;
    pthread_mutex_lock(&k->m);
    while (!k->stop) {
        enum db_tending wish = k->wish;
        if (wish == TEND_NOT) {
            pthread_cond_wait(&k->called, &k->m);
            continue;
        }
        k->wish = TEND_NOT;
        pthread_mutex_unlock(&k->m);
        if (wish == TEND_SYNC)
            k->db->driver->tend(k->db, TEND_SYNC);
        else
            tend(k);
        pthread_mutex_lock(&k->m);
        k->rounds++;
        pthread_cond_broadcast(&k->done);
    }
    pthread_mutex_unlock(&k->m);
    return NULL;
}

FALLIBLE keeper_start(store *s) {
    struct db *db;
    TRY(store_connect(s, true, false, &db));
    struct keeper *k = calloc(1, sizeof *k);
    if (!k) die("out of memory");
    k->s = s;
    k->db = db;
    pthread_mutex_init(&k->m, NULL);
    pthread_cond_init(&k->called, NULL);
    pthread_cond_init(&k->done, NULL);
    s->keeper = k;
    k->thread = thread_start("store", keep, k);
    return NULL;
}

void keeper_stop(store *s) {
    struct keeper *k = s->keeper;
    if (!k) return;
    pthread_mutex_lock(&k->m);
    k->stop = true;
    pthread_cond_signal(&k->called);
    pthread_mutex_unlock(&k->m);
    pthread_join(k->thread, NULL);
    k->db->driver->close(k->db);
    pthread_cond_destroy(&k->called);
    pthread_cond_destroy(&k->done);
    pthread_mutex_destroy(&k->m);
    free(k);
    s->keeper = NULL;
}

void keeper_call(store *s, enum db_tending wish, bool wait) {
    struct keeper *k = s->keeper;
    if (!k) return;
    WITH_LOCK(&k->m);
    if (wish > k->wish) k->wish = wish;
    pthread_cond_signal(&k->called);
    if (!wait || wish != TEND_ALONE) return;
    for (int64_t round = k->rounds; k->rounds == round && !k->stop;) pthread_cond_wait(&k->done, &k->m);
}
