/* Reads the next page of a synchronisation in a thread of its own, while the one before is decided and written. */
#ifndef JOINERY_RUNS_SYNC_AHEAD_H
#define JOINERY_RUNS_SYNC_AHEAD_H

#include "runs/run.h"
#include "sync/sync.h"

/* What was read ahead comes from a snapshot that may be older than the page's turn. It is used only where nobody has written since:
 * others nothing at all, the run itself not this object. So a run decides the same with and without it. */
struct sync_ahead;

/* What was read: the page's objects, their metaverse objects, the connectors of these, and where the page's references lead. */
struct sync_page {
    arena *a;
    struct csos objects;
    int64_t seen; /* the last write session that the snapshot sees */
    struct mvos mvos;
    struct csos connectors, targets;                       /* heads */
    struct int_map mvo_by_id, target_by_id, connectors_of; /* the last: MVO id → struct sync_span */
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

struct sync_ahead *sync_ahead_start(struct run *r, int32_t system);
void sync_ahead_stop(struct sync_ahead *h); /* NULL allowed */
/* Begins to read; `ids` are copied. One request at a time: the one before must have been taken or is given up. */
void sync_ahead_ask(struct sync_ahead *h, const struct sync_request *q);
/* What was asked for when it was the same and still holds, else NULL. Valid until the ask after the next one. */
const struct sync_page *sync_ahead_take(struct sync_ahead *h, store_tx *tx, const struct sync_request *q);
/* Notes what the run writes in the session, before later pages are taken. */
void sync_ahead_wrote(struct sync_ahead *h, store_tx *tx, const struct sync_outcome *o);

/* Single objects of a page that was taken, or NULL: not read, or written since. */
const struct mvo *sync_ahead_mvo(const struct sync_ahead *h, const struct sync_page *p, int64_t id);
const struct cso *sync_ahead_target(const struct sync_ahead *h, const struct sync_page *p, int64_t id);
const struct sync_span *sync_ahead_connectors(const struct sync_ahead *h, const struct sync_page *p, int64_t mvo);

#endif
