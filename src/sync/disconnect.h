/* Objects that leave an identity, and what becomes of the identity (sync-engine §12). */
#ifndef JOINERY_SYNC_DISCONNECT_H
#define JOINERY_SYNC_DISCONNECT_H

#include "sync/batch.h"

/* Pass 1 of an obsolete object (§12.1). */
void obsolete(struct sync_batch *b, struct work_cso *c);
/* A joined object that no scoped rule covers any more (§9.5). */
void out_of_scope(struct sync_batch *b, struct work_cso *c);
/* An object of a target system whose join an export rule breaks (§15.1): its values stay, the deletion rule is evaluated. */
void release_target(struct sync_batch *b, struct work_cso *c);
/* Called after every join to a stored MVO: clears its markers, or saves it from deletion, when the rule says so (§12.4). */
void rejoined(struct sync_batch *b, struct work_cso *c);

#endif
