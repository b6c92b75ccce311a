/* The configuration as one immutable snapshot: schema, connected systems, rules, run profiles. A run keeps the one it began with.
 */
#ifndef JOINERY_MODEL_CONFIG_H
#define JOINERY_MODEL_CONFIG_H

#include "model/safety.h"
#include "model/value.h"

/* ---- Metaverse schema ---- */
struct mv_attribute {
    int32_t id;
    text name;
    enum data_type type;
    enum plurality plurality;
    enum rendering_hint rendering;
    bool built_in;
    bool indexed;       /* has index rows: matched, sorted, searched; references always have reference rows */
    int64_t indexed_to; /* not indexed yet: objects up to this id have their rows already */
    instant created;
    struct int32s object_types; /* bound to these metaverse types */
    text standards;             /* its names in standards, a JSON array as the API shows it; or null */
};
struct mv_attributes LIST(struct mv_attribute);

struct mv_type {
    int32_t id;
    text name, plural, icon; /* icon may be null */
    bool built_in;
    instant created;
    enum deletion_rule deletion_rule;
    timespan grace; /* 0: none */
    enum deletion_trigger_mode trigger_mode;
    struct int32s trigger_systems;
    struct int32s attributes; /* bound attribute ids, ascending */
};
struct mv_types LIST(struct mv_type);

/* ---- Connected systems ---- */
struct cs_attribute {
    int32_t id, type_id;
    text name, description, class_name;
    enum data_type type;
    enum plurality plurality;
    enum writability writability;
    bool type_set_by_administrator, selected, external_id, secondary_external_id, selection_locked, required, not_reported;
    int32_t references_type; /* ReferencedObjectTypeId, 0: any */
    bool indexed;            /* has connector-space index rows: source of a matching rule */
    int64_t indexed_to;      /* not indexed yet: objects up to this id have their rows already */
    instant created;
};
struct cs_attributes LIST(struct cs_attribute);

struct matching_rule {
    int32_t id, order;
    int32_t cs_type;   /* simple mode, else 0 */
    int32_t sync_rule; /* advanced mode, else 0 */
    int32_t mv_type;   /* simple mode */
    int32_t mv_attribute, cs_attribute;
    bool case_sensitive;
    instant created;
};
struct matching_rules LIST(struct matching_rule);

struct cs_type {
    int32_t id, system;
    text name;
    bool selected, remove_contributed, internal, not_reported; /* remove_contributed: RemoveContributedAttributesOnObsoletion */
    instant created;
    struct cs_attributes attributes;                    /* ascending by id */
    struct matching_rules matching;                     /* simple mode, by order then id */
    const struct cs_attribute *external_id, *secondary; /* or NULL */
    const struct cs_attribute *display[3];              /* displayName, cn, name: or NULL; set by config_index */
    struct text_map names;                              /* exact name → attribute, built by config_index */
};
struct cs_types LIST(struct cs_type);

struct setting_value {
    int32_t setting; /* id of the connector's setting */
    text value;      /* canonical: text, decimal digits, true/false; sealed when encrypted; null: none */
};
struct setting_values LIST(struct setting_value);

struct run_profile {
    int32_t id, system;
    text name, file_path; /* file_path may be null */
    enum run_type type;
    int32_t page_size, partition; /* partition 0: all */
    bool verify_hashes;
    instant created;
};
struct run_profiles LIST(struct run_profile);

/* A place within a partition, such as an organisational unit (sync-engine §18). */
struct container {
    int32_t id, system, partition, parent;          /* parent 0: directly in its partition */
    text external_id, stable_id, name, description; /* stable_id and description may be null */
    bool hidden, selected, excluded;                /* never both of the last two */
    bool missing;                                   /* selected, and not found by the last refresh */
    enum container_scope scope;
    int32_t objects; /* of selected types directly within, at the last refresh; -1: not counted */
    instant created;
};
struct containers LIST(struct container);

struct partition {
    int32_t id, system;
    text external_id, name;
    bool selected;
    instant created;
    struct containers containers; /* ascending by id */
};
struct partitions LIST(struct partition);

struct connected_system {
    int32_t id, definition; /* connector definition id */
    int32_t tenant;         /* it never changes; its objects and what they project are of it too */
    text name, description;
    enum system_status status;
    enum matching_mode matching_mode;
    enum unresolved_handling unresolved;
    int32_t max_export_parallelism; /* 0: not set */
    timespan initial_password_ttl;
    bool require_secure_transport, settings_valid;
    instant created, updated; /* updated 0: never */
    struct setting_values settings;
    struct safety_own safety;
    struct cs_types types;
    struct run_profiles run_profiles;
    struct partitions partitions; /* ascending by id */
};
struct connected_systems LIST(struct connected_system);

/* ---- Synchronisation rules ---- */
struct mapping_source {
    int32_t id, order;
    int32_t cs_attribute, mv_attribute; /* direct; 0 for an expression */
    text expression;                    /* null for a direct source */
    enum missing_input missing;
};
struct mapping_sources LIST(struct mapping_source);

struct mapping {
    int32_t id, rule;
    int32_t mv_target, cs_target; /* one of them */
    enum mapping_source_type source_type;
    struct mapping_sources sources;
    int32_t priority; /* 2147483647: unranked */
    bool null_is_value, initial_export_only, enabled;
    unsigned processing; /* bits of enum value_processing */
    enum case_normalisation case_normalisation;
    text disabled_reason;
    instant created;
};
struct mappings LIST(struct mapping);

struct scope_criterion {
    int32_t id, group;
    int32_t attribute; /* metaverse (export rules) or connected system (import rules) */
    enum comparison comparison;
    bool has_value; /* absolute value present */
    struct value value;
    bool case_sensitive;
    enum value_mode mode;
    int32_t relative_count;
    enum relative_unit unit;
    enum relative_direction direction;
};
struct scope_criteria LIST(struct scope_criterion);

struct scope_group {
    int32_t id, rule, parent; /* parent 0: top level */
    enum scope_group_type type;
    int32_t position;
    struct scope_criteria criteria;
    struct scope_group_refs {
        struct scope_group **at;
        size_t count, room;
    } children;
};
struct scope_groups LIST(struct scope_group);

struct sync_rule {
    int32_t id, system, cs_type, mv_type;
    text name, description, disabled_reason;
    enum rule_direction direction;
    bool project, provision; /* null on the wire for the other direction */
    bool enabled, enforce_state;
    enum out_of_scope_action out_of_scope;
    enum deprovision_action deprovision;
    instant created, updated;
    struct mappings mappings;           /* ascending by id */
    struct scope_groups groups;         /* all, flat, ascending by id */
    struct scope_group_refs top_groups; /* by position then id */
    struct matching_rules matching;     /* advanced mode */
};
struct sync_rules LIST(struct sync_rule);

/* Where values of deleted mappings came from, so that provenance survives (§19). */
struct retired_mapping {
    int32_t mapping, system, rule;
    text rule_name, system_name;
};
struct retired_mappings LIST(struct retired_mapping);

/* ---- The snapshot ---- */
struct config {
    arena *a; /* owns everything below */
    _Atomic int references;
    int64_t version;          /* grows with every committed change */
    int64_t rules_changed_at; /* ticks of the last change that matters to synchronisation (sync-engine §8.2) */
    struct mv_types mv_types; /* all lists ascending by id */
    struct mv_attributes mv_attributes;
    struct connected_systems systems;
    struct sync_rules rules;
    struct retired_mappings retired;
    struct int_map by_id[8];               /* indexes built by config_index, see enum config_kind */
    struct text_map mv_attribute_names;    /* exact name → attribute, built by config_index */
    const struct mv_attribute *display[2]; /* Display Name, Common Name: or NULL */
    struct text_map service_settings;      /* key → const text * : stored overrides only */
};
enum config_kind {
    CONFIG_MV_TYPE,
    CONFIG_MV_ATTRIBUTE,
    CONFIG_SYSTEM,
    CONFIG_CS_TYPE,
    CONFIG_CS_ATTRIBUTE,
    CONFIG_RULE,
    CONFIG_MAPPING,
    CONFIG_RUN_PROFILE
};

/* An empty snapshot with one reference. */
struct config *config_new(void);
/* Called once, after the lists are filled: sorts, links groups and rules, sets external ids, builds the indexes. */
void config_index(struct config *c);
/* A copy with lists of its own and one reference, to be changed and then given to config_index. Texts and settings are those of
 * `from`, which must outlive it. */
struct config *config_copy(const struct config *from);
const struct config *config_retain(const struct config *c);
void config_release(const struct config *c); /* frees at the last reference; NULL allowed */

const struct mv_type *config_mv_type(const struct config *c, int32_t id);
const struct mv_attribute *config_mv_attribute(const struct config *c, int32_t id);
const struct mv_attribute *config_mv_attribute_named(const struct config *c, text name); /* any case; NULL */
const struct mv_type *config_mv_type_named(const struct config *c, text name);
const struct connected_system *config_system(const struct config *c, int32_t id);
const struct cs_type *config_cs_type(const struct config *c, int32_t id);
const struct cs_type *config_cs_type_named(const struct connected_system *s, text name); /* any case */
const struct cs_attribute *config_cs_attribute(const struct config *c, int32_t id);
const struct cs_attribute *config_cs_attribute_named(const struct cs_type *t, text name); /* any case */
const struct sync_rule *config_rule(const struct config *c, int32_t id);
const struct mapping *config_mapping(const struct config *c, int32_t id);
const struct run_profile *config_run_profile(const struct config *c, int32_t id);
/* NULL when the system has none of that id. */
const struct partition *config_partition(const struct connected_system *s, int32_t id);
const struct container *config_container(const struct connected_system *s, int32_t id);
/* A service setting's stored text, or null. */
text config_setting(const struct config *c, text key);

#endif
