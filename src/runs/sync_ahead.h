/* Reads the next page of a synchronisation and decides it as far as that goes, in a thread of its own, while the one before is
 * written. */
#ifndef JOINERY_RUNS_SYNC_AHEAD_H
#define JOINERY_RUNS_SYNC_AHEAD_H

#include "runs/run.h"
#include "sync/sync.h"

/* What was read ahead comes from a snapshot that may be older than the page's turn. It is used only where nobody has written since:
 * others nothing at all, the run itself not this object, or what it wrote is known. So a run decides the same with and without it.
 */
struct sync_ahead;

/* What was read: the page's objects, their metaverse objects, the connectors of these, and where the page's references lead. */
struct sync_page {
    arena *a;
    struct csos objects;
    int64_t seen; /* the last write session that the snapshot sees */
    struct mvos mvos;
    struct csos connectors; /* heads */
    struct cso_targets targets;
    struct int_map mvo_by_id, target_by_id, connectors_of; /* the last: MVO id → struct sync_span */
    struct sync_run facts;
    sync_batch *batch;       /* decided as far as what was read reaches; NULL: there was no time for that */
    struct sync_wants wants; /* what it must know to go on */
    bool asks;               /* false: it is complete */
};
struct sync_span {
    const struct cso *first;
    size_t count;
};

/* Which objects: those named, or the next ones of the system after an id. */
struct sync_request {
    const int64_t *ids; /* NULL: the next `count` after `after` */
    int64_t after;
    size_t count;
};

/* Plan and ids are used by one thread at a time: by the reading one between sync_ahead_decide and the take that follows. */
struct sync_ahead *sync_ahead_start(struct run *r, int32_t system, const sync_plan *plan, struct sync_ids *ids);
void sync_ahead_stop(struct sync_ahead *h); /* NULL allowed */
/* Begins to read; `ids` are copied. One request at a time: the one before must have been taken or is given up. */
void sync_ahead_ask(struct sync_ahead *h, const struct sync_request *q);
/* What was asked for may be decided, unless the run wants it before that is begun: all that the run has decided so far was noted by
 * sync_ahead_wrote. */
void sync_ahead_decide(struct sync_ahead *h, const struct sync_run *facts);
/* What was asked for when it was the same and still holds, else NULL. Valid until the ask after the next one. */
const struct sync_page *sync_ahead_take(struct sync_ahead *h, store_tx *tx, const struct sync_request *q,
                                        const struct sync_run *facts);
/* Notes what the run is about to write in the session, before later pages are asked for. When that fails, nothing read ahead holds
 * any more. */
void sync_ahead_wrote(struct sync_ahead *h, store_tx *tx, const struct sync_outcome *o);

/* Single objects of a page that was taken, or NULL: not read, or written since. */
const struct mvo *sync_ahead_mvo(const struct sync_ahead *h, const struct sync_page *p, int64_t id);
const struct sync_span *sync_ahead_connectors(const struct sync_ahead *h, const struct sync_page *p, int64_t mvo);
/* Adds where a reference leads; true without adding: to nothing. False: it is not known. */
bool sync_ahead_target(const struct sync_ahead *h, const struct sync_page *p, arena *a, int64_t id, struct sync_links *out);

#endif
