/* Partitions and containers of a connected system: refreshed on request, extended by exports (connectors §7). */
#ifndef JOINERY_RUNS_HIERARCHY_H
#define JOINERY_RUNS_HIERARCHY_H

#include "connectors/host.h"
#include "connectors/scope.h"
#include "runs/run.h"

/* Asks the system for its partitions and containers and merges them into what is configured; stores nothing. ERROR_INVALID when its
 * connector has none. */
FALLIBLE system_find_hierarchy(runs *r, arena *a, const struct connected_system *s, struct hierarchy_merge *out);
/* Stores a merge, giving ids to what is new. */
FALLIBLE system_store_hierarchy(store_tx *tx, struct hierarchy_merge *merge);
/* Adds containers that an export created to the configuration, with a child activity; selected where their surroundings are
 * (connectors §7.6). */
FALLIBLE run_add_containers(struct run *r, const struct connector_definition *d, const struct texts *created);

#endif
