/* The core's side of connectors: the registry, and what holds for every connector (settings, schema refresh). */
#ifndef JOINERY_CONNECTORS_HOST_H
#define JOINERY_CONNECTORS_HOST_H

#include "connectors/connector.h"

/* ---- Registry ---- */
/* All definitions with code behind them, ascending by id; `count` of them. */
const struct connector_definition *const *connector_definitions(size_t *count);
const struct connector_definition *connector_by_id(int32_t id); /* NULL when there is none */
/* By its name, without regard to case; also with "Joinery" in place of "JIM". NULL when there is none. */
const struct connector_definition *connector_by_name(text name);
/* Adds a connector that is not built in; `d` lives as long as the program. Only before other threads use the registry. False when
 * its id or name is taken already, or there are too many. */
bool connector_add(const struct connector_definition *d);

/* A use with its own connector instance, destroyed by connector_use_end. */
struct connector_use connector_use_begin(const struct connector_definition *d, const struct run_ctx *ctx,
                                         const struct connected_system *system);
void connector_use_end(const struct connector_definition *d, struct connector_use *use);

/* ---- Settings (§3) ---- */
const struct setting_definition *setting_by_id(const struct connector_definition *d, int32_t id);
const struct setting_definition *setting_by_name(const struct connector_definition *d, text name); /* any case */
/* One value for every setting that carries one, filled with the defaults (§3.1). Texts are static. */
void settings_defaults(arena *a, const struct connector_definition *d, struct setting_values *out);
/* The generic validation of §3.2 with the forms of §3.3: all problems together; none: out stays empty. Unknown setting ids are
 * problems. `settings_valid` of a connected system is "no problem here". Pure. */
void settings_validate(arena *a, const struct connector_definition *d, const struct setting_values *values,
                       struct validation_results *out);
/* The stored form of a value given by type: an integer's decimal digits, true/false, text as it is. */
text settings_integer(arena *a, int64_t value);
text settings_checked(bool checked);

/* ---- Schema refresh (§6.2 … §6.4) ---- */
struct type_attributes {
    text type;               /* name of the object type */
    struct texts attributes; /* names */
};
struct type_attributes_list LIST(struct type_attributes);
struct attribute_difference {
    text attribute;
    const char *aspect; /* "Plurality" or "DataType" */
    text before, after;
};
struct type_differences {
    text type;
    struct attribute_differences LIST(struct attribute_difference) list;
};
struct type_differences_list LIST(struct type_differences);
/* An attribute (by places in `types`) that points to the type at place `target`. */
struct schema_reference {
    size_t type, attribute, target;
};

/* The result fields that the schema itself decides; dependents, attributes in use and removal impact are the caller's. */
struct schema_merge {
    struct cs_types types; /* the whole new list in place of the system's: matched ones with their ids, new ones with id 0 */
    struct schema_references LIST(struct schema_reference) references;
    int32_t total_types, total_attributes; /* reported by the connector, without credential attributes */
    struct texts added_types, removed_types, updated_types;
    struct type_attributes_list added, removed; /* of types that exist on both sides; an added type lists all of its attributes */
    struct type_differences_list changed;
    struct type_attributes_list blocked_credentials;
    struct texts warnings;
    bool has_changes, has_removals_or_changes;
};
/* Merges what a connector found into a system's types. Pure: nothing is stored. Lists live in `a`, texts are
 * borrowed from `system` and `found`. Retained types and attributes that were not found are reported as removed every time. */
void schema_merge(arena *a, const struct connector_definition *d, const struct connected_system *system,
                  const struct connector_schema *found, instant now, struct schema_merge *out);
/* After new types were saved and have ids: sets references_type of the attributes that point to them; true when any changed, so
 * that the types must be saved once more. */
bool schema_merge_resolve(struct schema_merge *m);

/* ---- Hierarchy refresh (§7.3) ---- */
struct hierarchy_change {
    text external_id, name;
    bool was_selected, partition; /* partition: not a container */
};
struct hierarchy_changes LIST(struct hierarchy_change);
struct hierarchy_rename {
    text external_id, before, after;
    bool partition;
};
struct hierarchy_renames LIST(struct hierarchy_rename);
struct hierarchy_move {
    text external_id, name, before, after; /* external ids of the parents; null: directly in a partition */
};
struct hierarchy_moves LIST(struct hierarchy_move);
/* A container as it shall be stored; places instead of ids, which new ones do not have yet. */
struct merged_container {
    struct container c;
    size_t partition, parent; /* parent SIZE_MAX: none; a parent stands before its children */
};
struct hierarchy_merge {
    struct partitions partitions; /* the whole new list, without containers; new ones with id 0 */
    struct merged_containers LIST(struct merged_container) containers;
    struct int32s gone_partitions, gone_containers; /* ids to delete */
    struct hierarchy_changes added_partitions, removed_partitions, added_containers, removed_containers;
    struct hierarchy_renames renamed_partitions, renamed_containers;
    struct hierarchy_moves moved_containers;
    struct texts warnings;
    bool changed, selected_removed;
};
/* Merges what a connector found into a system's hierarchy: a selection follows its container through renames and moves. A selected
 * container that is not found any more stays, marked missing, until the next refresh misses it too. Nothing found keeps everything,
 * with a warning. Pure; lists live in `a`, texts are borrowed. */
void hierarchy_merge(arena *a, const struct connected_system *system, const struct found_partitions *found, instant now,
                     struct hierarchy_merge *out);

#endif
