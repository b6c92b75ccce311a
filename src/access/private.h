/* The keeper of callers, as the files of this folder see it. */
#ifndef JOINERY_ACCESS_PRIVATE_H
#define JOINERY_ACCESS_PRIVATE_H

#include "access/access.h"
#include "access/people.h"
#include "base/thread.h"

/* One reading of the keys, shared by the requests that began with it. */
struct snapshot {
    arena *a;
    struct key_set set;
    int users; /* under the lock */
    int64_t read_ns;
    int64_t changes; /* of the keeper, before it was read */
};

struct touch {
    int64_t key;
    instant used;
    char from[64];
};

struct ended_session {
    uint8_t id[16];
    instant until;
};

enum { TOUCHES_MAX = 1024, ENDED_MAX = 4096 };

struct callers {
    store *store;
    oidc *oidc;
    const struct people_options *people;
    uint8_t session_secret[32];
    pthread_mutex_t lock; /* for all below */
    struct snapshot *current;
    int64_t changes; /* so far */
    struct touch touches[TOUCHES_MAX];
    size_t touch_count;
    struct ended_session ended[ENDED_MAX]; /* a ring: the oldest is overwritten */
    size_t ended_count;
    bool closing;
    pthread_cond_t wake;
    pthread_t keeper;
};

/* The present keys; give them back. */
FALLIBLE snapshot_take(callers *x, struct snapshot **out);
void snapshot_give(callers *x, struct snapshot *s);
/* Notes that the key was used, to be written later. */
void touch_note(callers *x, int64_t key, instant now, text client);

#endif
