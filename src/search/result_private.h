/* What the files of asynchronous searches share. */
#ifndef JOINERY_SEARCH_RESULT_PRIVATE_H
#define JOINERY_SEARCH_RESULT_PRIVATE_H

#include "search/result_sets.h"

#include "base/thread.h"
#include "search/rows_file.h"

enum { RESULT_ID_LEN = 36, RESULT_PATH_BYTES = 4096 };

/* One that is being carried out; the thread owns it until `done`. */
struct result_run {
    result_sets *of;
    char id[RESULT_ID_LEN + 1];
    pthread_t thread;
    store_tx *tx; /* the snapshot, begun by who started it */
    instant taken;
    atomic_bool stop;
    bool done;       /* under the lock of `of` */
    int64_t spooled; /* bytes that are in `spooling` */
    int64_t room;    /* bytes that the budget leaves */
    struct rows_file file;
    struct result_run *next;
};

struct result_sets {
    struct result_sets_options options;
    mutex lock;
    pthread_cond_t wake; /* something came, or ended */
    pthread_t keeper;
    bool keeping, stopping;
    struct result_run *runs;
    size_t running;
    _Atomic int64_t spooling; /* bytes of files that are being written */
};

/* Service settings of §1. */
struct result_limits {
    int32_t retention_minutes, storage_mib, tenant_percent, per_user, running, tombstone_days, timeout_seconds;
};
struct result_limits result_limits_of(const struct config *c);

void result_path(const result_sets *x, const char *id, char out[static RESULT_PATH_BYTES]);
/* Carries it out in the session of `run`, and says in *r how it ended: completed or failed with everything set, or queued still
 * when it was stopped, or expired when what it asked for is no more. Texts live in `a`. */
FALLIBLE result_carry_out(struct result_run *run, arena *a, struct result_set *r);

#endif
