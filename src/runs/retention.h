/* Forgetting what happened long ago (operations §18.1). */
#ifndef JOINERY_RUNS_RETENTION_H
#define JOINERY_RUNS_RETENTION_H

#include "runs/runs.h"

struct cleanup {
    timespan periods[RETENTION_KINDS]; /* as they are set */
    int32_t batch;                     /* rows a transaction */
    instant cutoff;                    /* of what is ordinary */
    int64_t activities[RETENTION_KINDS];
    int64_t cso_changes, mvo_changes; /* as old as ordinary activities */
    instant oldest, newest;           /* of what was removed; ticks 0: nothing was */
    bool more;                        /* the time was over before all was done */
};
/* Removes for so long at most, in small transactions that let others write; then records what was removed, if anything was. */
FALLIBLE runs_cleanup(runs *r, const struct initiator *by, int milliseconds, struct cleanup *out);

#endif
