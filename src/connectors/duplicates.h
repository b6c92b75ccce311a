/* Finding the external ids that occur more than once, in few bytes a row, and exactly. */
#ifndef JOINERY_CONNECTORS_DUPLICATES_H
#define JOINERY_CONNECTORS_DUPLICATES_H

#include "base/owned.h"
#include "connectors/exchange.h"

/* First every key's hash is collected (8 bytes a row, as many again while sorting). Hashes that occur more than once make suspects;
 * a second reading adds the suspects' keys in full, and only equal keys count. */
struct key_hashes {
    uint64_t *at;
    size_t count, room;
    size_t repeated; /* after key_hashes_finish: at[0 … repeated-1] are the hashes that occur more than once, ascending */
};
void key_hashes_add(struct key_hashes *h, int32_t type, text folded);
/* Sorts and keeps the repeated ones. */
void key_hashes_finish(struct key_hashes *h);
bool key_hashes_suspect(const struct key_hashes *h, int32_t type, text folded);
void key_hashes_free(struct key_hashes *h);
OWNED_STRUCT(key_hashes, key_hashes_free)

struct duplicate_keys *duplicate_keys_new(void);
/* ERROR_TOO_LARGE when the keys that repeat do not fit into a gigabyte. */
FALLIBLE duplicate_keys_add(struct duplicate_keys *keys, int32_t type, text folded);
void duplicate_keys_free(struct duplicate_keys *keys);
typedef struct duplicate_keys duplicate_keys;
OWNED_TYPE(duplicate_keys, duplicate_keys_free)

#endif
