/* What the files that save configuration share. */
#ifndef JOINERY_STORE_CONFIG_SAVE_H
#define JOINERY_STORE_CONFIG_SAVE_H

#include "store/session.h"

/* Makes the name of a thing its own, within an owner (0: everywhere), without regard to case. `kind` is also the word for messages.
 */
FALLIBLE name_claim(store_tx *tx, const char *kind, int32_t owner, text name, int32_t id);
FALLIBLE name_release(store_tx *tx, const char *kind, int32_t id);
/* Builds or drops the index rows of an attribute (in this session). */
FALLIBLE index_mv_attribute(store_tx *tx, int32_t id, bool wanted);
FALLIBLE index_cs_attribute(store_tx *tx, int32_t id, bool wanted);
/* Builds the reverse look-up of a reference attribute again: its keys depend on what it may point to. */
FALLIBLE index_cs_references(store_tx *tx, int32_t id);
/* Deletes a connected system's object type with its attributes, matching rules and synchronisation rules. */
FALLIBLE delete_cs_type(store_tx *tx, int32_t id);

/* Begins every save: only in a write session; gives an id to what has none. */
FALLIBLE save_begin(store_tx *tx, const char *counter, int32_t *id, bool matters);

#endif
