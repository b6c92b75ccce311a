/* One batch of imported objects on its way in: what the checks decide and what the writing needs. */
#ifndef JOINERY_RUNS_IMPORT_BATCH_H
#define JOINERY_RUNS_IMPORT_BATCH_H

#include "runs/import.h"

enum action { ACTION_NONE, ACTION_REFUSE, ACTION_SKIP, ACTION_CREATE, ACTION_LOAD };

/* One object on its way in. */
struct incoming {
    const struct import_object *object;
    enum action action; /* NONE until it is decided */
    struct attributes values;
    struct int32s unparsed;
    const struct cso_prepared *prepared; /* NULL: too large for a while */
    text external, folded;               /* the external id; folded null: it has no usable one */
    uint64_t key[2];
    uint8_t hash[16];
    int64_t cso;
    bool awaiting;
    enum item_error error;
    text message;
};

/* Checks an object by itself (sync-engine §5.3 no. 1–5): refused, or with values and key and still undecided. */
void import_check(const struct import *im, arena *a, struct incoming *n);
/* Then the objects of a batch together: repeated keys, skips, what is to be created and what compared (no. 6–10). */
void import_decide(struct import *im, arena *a, struct incoming *in, size_t count);
/* The partial, empty sets of `stored` and the large sets that were imported beside them become what differs between them, with what
 * an export (or NULL) or the telling of references that lead nowhere asks of the rest; the incoming object stays as it is,
 * *imported is its copy. *told false: only whole sets can tell. */
FALLIBLE import_compare_large(struct import *im, arena *a, store_tx *tx, const struct incoming *n, const struct pending_export *p,
                              struct cso *stored, struct attributes *imported, bool *told);
void import_refuse(struct incoming *n, enum item_error why, text message);

#endif
