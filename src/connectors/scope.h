/* What of a system's hierarchy is managed: one answer for import, export and previews (sync-engine §18, connectors §7.2). */
#ifndef JOINERY_CONNECTORS_SCOPE_H
#define JOINERY_CONNECTORS_SCOPE_H

#include "connectors/connector.h"

/* What is stated of the selected partitions, or of one (partition 0: all): selected and excluded containers; a selected partition
 * without a selected container stands for itself, with container 0. Empty: nothing is restricted. */
void scope_stated(arena *a, const struct connected_system *s, int32_t partition, struct scope_containers *out);
/* Where to look: the selections that lie in no other selected subtree. */
void scope_bases(arena *a, const struct connector_ops *ops, const struct scope_containers *stated, struct scope_containers *out);
/* Is the object in scope? *by (may be NULL) becomes what decided, or NULL. A null id cannot be placed, and is in scope. */
bool scope_allows(const struct connector_ops *ops, const struct scope_containers *stated, text object_id,
                  const struct scope_container **by);

/* The external id of a partition or container in a form that is bytewise equal for the same place, however it is written. */
text scope_key(arena *a, text external_id);

#endif
