/* Holds and their lists, and what counts together though it was done in parts (operations §23). */
#ifndef JOINERY_STORE_HOLDS_H
#define JOINERY_STORE_HOLDS_H

#include "store/store.h"

FALLIBLE store_save_hold(store_tx *tx, struct hold *h); /* id 0: insert */
FALLIBLE store_hold(store_tx *tx, arena *a, int64_t id, struct hold *out, bool *found);
/* Complete ones, the newest first. */
struct hold_query {
    unsigned statuses;   /* bits of enum hold_status; 0: all */
    int32_t system;      /* 0: all */
    int guard;           /* -1: all */
    int32_t object_type; /* -1: all; where guard is given */
    int64_t offset, limit;
};
FALLIBLE store_holds(store_tx *tx, arena *a, const struct hold_query *q, struct holds *out, int64_t *total);
/* Open holds of the same guard, system and type (-1: of any) as this one become Superseded, but this one itself. `partition` -1: of
 * any. */
FALLIBLE store_supersede_holds(store_tx *tx, const struct hold *by, int32_t partition, instant now);
FALLIBLE store_add_held(store_tx *tx, const struct held_objects *objects);
/* Keeps only the outcomes of these objects, which stand in their list. */
FALLIBLE store_retell_held(store_tx *tx, const struct held_objects *objects);
/* The list by place; state -1: any. */
struct held_query {
    int64_t hold;
    int state;
    int64_t after; /* place */
    int64_t offset, limit;
};
FALLIBLE store_held(store_tx *tx, arena *a, const struct held_query *q, struct held_objects *out);
FALLIBLE store_count_held(store_tx *tx, int64_t hold, int state, int64_t *count);
/* Keeps only the state of these objects. */
FALLIBLE store_mark_held(store_tx *tx, const struct held_objects *objects);
/* Removes so many rows at most of lists that nobody needs: of superseded holds, of holds whose run ended before they were complete,
 * and of holds decided before that instant, which then go themselves. */
FALLIBLE store_forget_holds(store_tx *tx, instant before, int64_t rows, int64_t *removed);
/* Objects of the connector space by type. */
FALLIBLE store_count_csos(store_tx *tx, int32_t type, int64_t *count);
/* What counts together though it was done in parts: adds to it, sums it by type since an instant, forgets it. */
FALLIBLE store_add_safety_count(store_tx *tx, const struct safety_count *k);
FALLIBLE store_safety_counts(store_tx *tx, arena *a, enum hold_guard guard, int32_t system, instant since,
                             struct safety_counts *out);
FALLIBLE store_forget_safety_counts(store_tx *tx, enum hold_guard guard, int32_t system, instant before);

#endif
