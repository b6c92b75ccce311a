/* The state of one export run, shared by its files. */
#ifndef JOINERY_RUNS_EXPORT_H
#define JOINERY_RUNS_EXPORT_H

#include "connectors/host.h"
#include "connectors/scope.h"
#include "runs/safety.h"

struct export {
    struct run *r;
    const struct connector_definition *definition;
    struct connector_use use;
    arena *batch; /* reset with every batch */
    arena *kept;
    struct text_map claimed; /* external ids that this batch, or this file, gives: hashed, to the object */
    struct int64s deferred;  /* pending exports with references that may become writable in this run */
    int64_t done, total;
    int64_t unresolved;            /* references to objects that are not in the target system */
    struct scope_containers scope; /* what is managed, with the containers that this run created */
    struct texts created;          /* … these */
    bool auto_confirm;             /* a successful write needs no import (§7, J+40) */
    unsigned changes;              /* bits of enum export_change: what goes out; 0: everything */
    int64_t released, handed_out;  /* the hold whose list goes out, and nothing else, 0: none; the last place taken from it */
    int failed_batches;            /* in a row */
    bool lost;                     /* the connector lost its connection */
    error *failure;                /* the first error of the connector */
};

/* One pending export on its way out. */
struct export_work {
    const struct pending_export *stored;
    struct pending_export before; /* as it is when it is handed over */
    const struct cso *object;
    const struct cs_type *type;
    struct export_item item;
    bool *sent;             /* by place in before.changes: handed to the connector */
    bool send;              /* false: nothing writable */
    bool outside;           /* its place is not managed: failed without asking the connector */
    text taken;             /* the external id that it would get and another object has: likewise; else null */
    bool awaiting, missing; /* some reference awaits its anchor / names nothing in this system */
    bool left;              /* somebody changed it before it was sent: for the next run */
    bool object_gone;       /* … with its object */
    bool replaced;          /* … while it was sent: a deletion took its place, or it is gone, so that only the object follows */
    size_t place;           /* in results */
};
struct export_works LIST(struct export_work);

struct export_batch {
    arena *a;
    instant now;
    bool final; /* the final pass over deferred references */
    struct export_works work;
    struct export_result *results;
    struct pending_export_changes exports;
    struct cso_changes objects;
    struct run_items items;
};

/* What an export of the system would create, change and delete, as far as limits ask for it: counted is only what may reach half of
 * one, the others are 0 and fine. */
struct export_measure {
    int64_t counts[EXPORT_CHANGES_COUNT], population;
    enum safety_verdict verdicts[EXPORT_CHANGES_COUNT];
};
FALLIBLE export_measure(store_tx *tx, const struct safety_policy *policy, int32_t system, instant due, struct export_measure *out);
enum hold_guard export_guard_of(enum export_change change);
/* Judges what would go out; what is too much is listed as a hold and left out of ex->changes (operations §23). */
FALLIBLE export_guard(struct export *ex);
/* As export_next_page for a released hold: what of its list still qualifies; the others are marked. */
FALLIBLE export_next_released(struct export *ex, arena *a, struct pending_page_query *q, struct pending_exports *due);
/* Everything that qualified has been sent; not `all`: the run was stopped, and what of it is due still waits on. */
FALLIBLE export_released_done(struct export *ex, bool all);
/* Objects with the values that an export needs: large sets are partial and empty where only the connector applies what changes on
 * them. known_for: their pending exports by object, while the connector may still ask for attributes that stay as they are; NULL:
 * it has written. */
FALLIBLE export_objects(struct export *ex, store_tx *tx, arena *a, const int64_t *ids, size_t count,
                        const struct int_map *known_for, struct csos *out);
/* Loads objects and reference targets, decides what of each pending export is sent (§16.1–16.2, §16.6). */
FALLIBLE export_prepare(struct export *ex, struct export_batch *b, const struct pending_exports *due);
/* Marks what will be sent as Executing, unless somebody has changed it since it was read. */
FALLIBLE export_mark(struct export *ex, struct export_batch *b);
/* The next page of what is due, behind what the query names, which moves on. */
FALLIBLE export_next_page(struct export *ex, arena *a, struct pending_page_query *q, struct pending_exports *due);
/* What is to be handed over, by place; gives results to what lies outside the managed scope. */
size_t export_items(struct export *ex, struct export_batch *b, struct export_item **items);
/* The whole export of a connector that writes one file; `final`: what was deferred. */
FALLIBLE export_to_file(struct export *ex, bool final);
/* Stores results, objects and items together, on top of what others staged meanwhile (§24). */
FALLIBLE export_store(struct export *ex, struct export_batch *b);
/* What people know the object of a pending export by; of one that no import has seen, by what is staged for it. Texts are borrowed
 * from the object or lie in `a`; the id is null when there is none yet. */
struct export_names {
    text display_name, external_id;
};
struct export_names export_names(arena *a, const struct config *c, const struct cso *o, const struct pending_export *p);
/* What a result means for the pending export, its changes and the object (§16.3), and the item that tells of it. */
void export_result_apply(struct export *ex, struct export_batch *b, struct export_work *w, int64_t *item_id);
/* What was written changes the stored values at once; else an import does. */
bool export_applies_values(const struct export *ex);
/* File systems in Mode Export Only confirm their own writes. */
bool export_auto_confirms(const struct export *ex);

#endif
