/* What the API asks of connectors, by way of the runs: definitions, validation, schema discovery, files. */
#ifndef JOINERY_RUNS_SYSTEMS_H
#define JOINERY_RUNS_SYSTEMS_H

#include "connectors/file/roots.h"
#include "connectors/host.h"
#include "runs/runs.h"

/* Validates proposed settings: the generic rules, then the connector's own with a live test (connectors §3.3). `s` is a copy with
 * the proposed values. All problems in `out`; none: valid. `generic_only` leaves the live test out. */
FALLIBLE system_validate(runs *r, arena *a, const struct connected_system *s, bool generic_only, struct validation_results *out);
/* Judges settings against the selected object types. */
FALLIBLE system_validate_selection(runs *r, arena *a, const struct connected_system *s, struct validation_results *out);
/* Asks the system for its schema and merges it into what is configured; stores nothing. */
FALLIBLE system_discover(runs *r, arena *a, const struct connected_system *s, struct schema_merge *out);
/* Refuses a merge that loses something when what depends on it was to be disabled or removed as well. */
FALLIBLE system_check_merge(const struct schema_merge *merge, bool with_dependents);
/* Stores a merge: types, attributes, references between types. */
FALLIBLE system_store_schema(store_tx *tx, struct schema_merge *merge);
/* The folders that file connectors may use. */
const struct texts *runs_file_roots(const runs *r);

#endif
