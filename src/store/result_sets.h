/* Asynchronous searches as they are kept (public-data-api §5); their rows stand in files that search/ writes. */
#ifndef JOINERY_STORE_RESULT_SETS_H
#define JOINERY_STORE_RESULT_SETS_H

#include "store/store.h"

struct result_set {
    text id; /* a UUID in lower case */
    int32_t tenant, user;
    int32_t search, version; /* of the search configuration when it was ordered */
    text search_name;
    enum result_state state;
    instant ordered;
    int32_t page, page_size;                       /* what a page is when the reader says nothing */
    text body;                                     /* what was asked, or null */
    text user_name, full_name, address, object_id; /* of the asker; full name and object may be null */
    instant taken;                                 /* the instant of the data; ticks 0: not yet */
    instant ends;                                  /* until when it can be read; since when it is gone */
    int64_t total, bytes;
    text failure, detail; /* of a failed one: the code, and what it says; or null */
};
struct result_sets_kept LIST(struct result_set);

FALLIBLE store_add_result_set(store_tx *tx, const struct result_set *r);
FALLIBLE store_result_set(store_tx *tx, arena *a, text id, struct result_set *out, bool *found);
/* Keeps state, taken, ends, total, bytes, failure and detail. */
FALLIBLE store_turn_result_set(store_tx *tx, const struct result_set *r);
/* In the order in which they were ordered; state -1: all. */
FALLIBLE store_result_sets(store_tx *tx, arena *a, int state, struct result_sets_kept *out);
/* Forgets those that have been gone since before that instant. */
FALLIBLE store_forget_result_sets(store_tx *tx, instant before);

/* What those take that are not gone. */
struct result_usage {
    int64_t bytes, tenant_bytes;
    int64_t of_user; /* how many */
};
FALLIBLE store_result_usage(store_tx *tx, int32_t tenant, int32_t user, struct result_usage *out);

#endif
