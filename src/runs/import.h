/* The state of one import run, shared by its files. */
#ifndef JOINERY_RUNS_IMPORT_H
#define JOINERY_RUNS_IMPORT_H

#include "connectors/host.h"
#include "connectors/scope.h"
#include "runs/import_table.h"
#include "runs/run.h"

/* A reference of a touched object whose target is not known yet. */
struct waiting_reference {
    int64_t cso, item; /* item 0: the object has none */
    int32_t attribute;
    text raw;
};
struct waiting_references LIST(struct waiting_reference);

enum { ARRIVING = 32 };

struct import {
    struct run *r;
    const struct connector_definition *definition;
    struct import_table table;
    struct import_slot arriving[ARRIVING]; /* on their way into the table while it is loaded */
    size_t arriving_count;
    bool partly;                /* the table holds only what a delta has asked for */
    int64_t objects, looked_up; /* of the connector space at the beginning; keys that were asked for */
    bool foreseen;              /* every key of the file stands in the table before its first object comes */
    bool asked_again;           /* the file is seen once more, because keys repeat */
    int64_t repeated;           /* keys that came more than once in the file */
    uint64_t *fingerprints;     /* by place in system->types */
    arena *batch;               /* reset with every batch */
    arena *kept;                /* waiting references */
    struct waiting_references waiting;
    int64_t received, expected;
    int64_t first_fresh;    /* ids from here on were created in this run */
    int64_t stopped_ns;     /* when a cancelled run began to end, 0: not yet */
    bool had_objects;       /* the connector space was not empty at the beginning */
    bool verify;            /* VerifyImportContentHashes */
    struct int_map emptied; /* attribute → int64_t: objects that have lost their last value of it */
    bool distrust;          /* an earlier attempt of this run was interrupted: its stamps are no reason to skip */
};

/* Fills the table with every key, but for a delta; then each batch asks for its own, in the memory of the batch. */
struct incoming;
FALLIBLE import_keys_begin(struct import *im);
FALLIBLE import_keys_ask(struct import *im, arena *a, const struct incoming *in, size_t count);
/* What the first reading of a file says of rows: enters their keys, finds repeated ones, and asks for the rows that must be looked
 * at. */
void import_foresee(struct import *im, struct import_glimpse *rows, size_t count);
/* The whole of a file, read by a second thread. */
FALLIBLE import_feed(struct import *im, const struct connector_use *use, const struct import_request *request);
FALLIBLE import_begin(struct import *im, int64_t total, bool *again);
/* Checks each object by itself; needs nothing that changes during the run, so that any thread may do it. */
FALLIBLE import_look(const struct import *im, arena *a, const struct import_objects *batch, struct incoming **out);
/* Takes in one batch: refuses, skips, creates, updates, confirms; one transaction at most. */
FALLIBLE import_batch(struct import *im, struct incoming *in, size_t count);
/* Marks what was not seen as obsolete (sync-engine §5.8), but for what the limits of safety hold back. */
FALLIBLE import_deletions(struct import *im);
/* Marks these objects as obsolete with items that say so; their pending exports go. The caller commits. */
FALLIBLE import_obsolete(struct run *r, store_tx *tx, arena *a, const int64_t *ids, size_t count);
/* Of missing objects whose pending exports await confirmation: those that an export has deleted, and the others. */
FALLIBLE import_expected(struct import *im, arena *a, struct int64s *awaiting, struct int64s *missing, struct int64s *expected);
/* Judges what is missing of a type: held, it is listed and nothing of it may be deleted; else earlier holds have no object any
 * more. */
FALLIBLE import_guard(struct import *im, const struct cs_type *type, const struct int64s *missing, bool *held);
/* Objects of open holds that this import has met again do not qualify any more. */
FALLIBLE import_guard_seen(struct import *im);
/* Notes which attributes an object has lost its last value of; at the end, those that very many have lost are told: most likely the
 * source has lost a column, and the next synchronisation would believe it. `own`: the object's pending export or NULL; what it
 * writes has not been lost. */
void import_guard_values(struct import *im, const struct attributes *before, const struct attributes *after,
                         const struct pending_export *own);
void import_guard_tell(struct import *im);
/* Judges the references that had no target when their object came (§6). */
FALLIBLE import_references(struct import *im);
/* Tells of each reference whether its raw text names exactly one object of this run or of the store, as §6 rules 2–4 say. */
FALLIBLE import_resolve(struct import *im, store_tx *tx, arena *a, const struct waiting_reference *at, size_t count,
                        bool *resolved);
/* The same of one reference, from the table of keys; not where only the store knows those by which objects are referred to. */
bool import_knows(const struct import *im, arena *a, const struct cs_attribute *attribute, text raw);
bool import_knows_by_store(const struct import *im, const struct cs_attribute *attribute);

/* ERROR_CANCELLED when the run is to stop: asked between objects; what is not committed is then lost. */
static inline FALLIBLE import_goes_on(const struct import *im) {
    return run_cancelled(im->r) ? FAIL(ERROR_CANCELLED, "The import was stopped.") : NULL;
}
/* The partition of an object: where it was found, else the run profile's; 0: unknown. */
static inline int32_t import_partition(const struct import *im, const struct import_object *o) {
    return o->partition ? o->partition : im->r->profile->partition;
}

struct outcome_node *import_outcome(arena *a, struct run_item *item, enum outcome type, int32_t count);

#endif
