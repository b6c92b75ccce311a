/* The look-up table of an import: every external id the connector space knows, in 48 bytes (sync-engine §5.2 step 2, §23). */
#ifndef JOINERY_RUNS_IMPORT_TABLE_H
#define JOINERY_RUNS_IMPORT_TABLE_H

#include "connectors/exchange.h"
#include "store/store.h"

/* Keys are those of import_key. */
struct import_slot {
    uint64_t key[2]; /* both 0: free */
    uint8_t import_hash[16];
    int64_t cso;
    int32_t type;
    uint32_t partition : 24;
    uint32_t status : 2;
    uint32_t seen : 1;
    uint32_t awaiting : 1; /* a pending export awaits confirmation */
    uint32_t fresh : 1;    /* its key came in this run; cso 0: not created, or not yet */
    uint32_t repeated : 1; /* came more than once in a file */
};

struct import_table {
    struct import_slot *slots;
    size_t room, count;
};

/* Room for so many entries before it grows. */
void import_table_init(struct import_table *t, size_t expected);
void import_table_free(struct import_table *t);
OWNED_STRUCT(import_table, import_table_free)

/* Asks the memory for the key's place, so that it is near when it is looked up a little later: the table is larger than any cache.
 */
void import_table_fetch(const struct import_table *t, const uint64_t key[2]);
/* The slot with the key, or NULL. Slots move when the table grows. */
struct import_slot *import_table_find(const struct import_table *t, const uint64_t key[2]);
/* A new slot for a key that is not there. */
struct import_slot *import_table_add(struct import_table *t, const uint64_t key[2]);

#endif
