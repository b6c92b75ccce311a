/* The inbound half of a page: what must be known, pass 1, pass 2, references (sync-engine §8.3). */
#ifndef JOINERY_SYNC_INBOUND_H
#define JOINERY_SYNC_INBOUND_H

#include "sync/batch.h"

/* The look-ups, in this order; each may need the answers of the one before. */
void want_identities(struct sync_batch *b); /* joined MVOs, matches, pending exports */
void want_neighbours(struct sync_batch *b); /* connectors of those MVOs; MVOs that matched */
void want_rivals(struct sync_batch *b); /* (after want_matched of join.h) values of competing connectors; targets of references */
void want_rival_targets(struct sync_batch *b);
/* Both passes and the items. */
void decide_inbound(struct sync_batch *b);
/* Only references, of objects that a page left waiting (§8.5 no. 1). */
void decide_references(struct sync_batch *b);

#endif
