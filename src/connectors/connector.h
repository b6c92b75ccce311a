/* The interface between the core and connectors: what a connector declares, is given, and gives back (connectors §2). */
#ifndef JOINERY_CONNECTORS_CONNECTOR_H
#define JOINERY_CONNECTORS_CONNECTOR_H

#include "connectors/context.h"
#include "connectors/exchange.h"
#include "connectors/passwords.h"
#include "model/config.h"

/* ---- Settings (§3) ---- */
/* One setting; static data. Ids are explicit and permanent: configurations of every installation store them. */
struct setting_definition {
    int32_t id;
    const char *name, *description;
    enum setting_category category;
    enum setting_type type;
    const char *default_text; /* String, Text, DropDown, File; NULL: none */
    bool default_checked;     /* CheckBox */
    bool has_default_integer;
    int32_t default_integer;
    int32_t minimum, maximum;     /* Integer: allowed range, when maximum > minimum */
    const char *const *drop_down; /* NULL-ended list, or NULL */
    bool required;
    const char *group; /* name of its required group, or NULL */
    enum group_cardinality cardinality;
    const char *when_setting;       /* name of the setting that conditions it, or NULL */
    const char *const *when_values; /* NULL-ended: the condition is met when it has one of them (any case) */
};

/* One finding of a validation. */
struct validation_result {
    bool valid;
    text message;
    text setting;                                     /* name of the setting, or null: the whole */
    const struct certificate_diagnostic *certificate; /* or NULL */
};
struct validation_results LIST(struct validation_result);

/* ---- Schema (§6.1) ---- */
struct schema_attribute {
    text name, description, class_name; /* the last two may be null */
    enum data_type type;
    enum plurality plurality;
    enum writability writability;
    bool required;
    text references_type; /* name of the object type it points to, or null */
};
struct schema_attributes LIST(struct schema_attribute);
struct schema_tag {
    text key, value;
};
struct schema_tags LIST(struct schema_tag);
struct schema_type {
    text name;
    struct schema_attributes attributes;
    struct schema_tags tags;                 /* class-kind, visibility */
    text external_id, secondary_external_id; /* recommended attributes, or null */
};
struct schema_types LIST(struct schema_type);
struct connector_schema {
    struct schema_types types;
    struct texts warnings;
};

/* ---- Partitions and containers (§7) ---- */
struct found_container {
    text external_id, stable_id, name, description; /* stable_id, description may be null */
    bool hidden;
    struct found_containers LIST(struct found_container) children;
};
struct found_partition {
    text external_id, name;
    struct found_containers containers;
};
struct found_partitions LIST(struct found_partition);
struct container_count {
    text container; /* external id */
    int64_t objects;
};
struct container_counts {
    struct container_counts_list LIST(struct container_count) list;
    bool complete;
    text reason; /* why it is not complete */
};
/* One container an administrator stated, as the pure scope predicate needs it; connectors/scope.h decides with them. */
struct scope_container {
    int32_t id, partition; /* id 0: the whole partition */
    text external_id;
    bool one_level, excluded;
};
struct scope_containers LIST(struct scope_container);

struct named_value {
    text name, value;
};
struct named_values LIST(struct named_value);
struct phase {
    text key, name;
};
struct phases LIST(struct phase);

/* Where the TLS of a configuration leads, so that only that place is probed (§9.3). */
struct secure_endpoint {
    text host, description;
    int port;
    int64_t timeout_ms;
    enum endpoint_transport { TRANSPORT_TLS, TRANSPORT_START_TLS_LDAP } transport;
};

/* ---- Operations ---- */
/* One use of a connector: made by `make`, freed by `destroy`; NULL for connectors without state. One thread at a time. */
struct connector;
/* Settings of a connected system as stored (sealed secrets); the connector looks values up by setting id: setting_text() in
 * connectors/settings.h. */
struct connector_use {
    struct connector *connector;
    const struct run_ctx *ctx;
    const struct connected_system *system; /* settings, object types; for validation of unsaved settings a copy with them */
};

/* NULL = not supported. Everything returned lives in the arena that is given. Each may block only within ctx's deadline. */
struct connector_ops {
    struct connector *(*make)(void);
    void (*destroy)(struct connector *c);

    /* Connector-specific checks, after the generic ones, with a live test of the connection. Problems are results; an error means
     * that the check itself could not be made. */
    error *(*validate)(const struct connector_use *use, arena *a, struct validation_results *out);
    /* Judges the settings against the selected object types of use->system; opens no connection. */
    error *(*validate_selection)(const struct connector_use *use, arena *a, struct validation_results *out);
    error *(*schema)(const struct connector_use *use, arena *a, struct connector_schema *out);
    error *(*partitions)(const struct connector_use *use, arena *a, struct found_partitions *out);
    error *(*container_counts)(const struct connector_use *use, arena *a, text partition, const struct texts *types,
                               struct container_counts *out);
    /* Pure. `object_id` is what places an object: its secondary external id, or its external id where its type has none. */
    bool (*is_within_container)(text object_id, const struct scope_container *container);
    /* Called before an import or export is opened, when something is stated; lives until the use ends. What lies outside must
     * neither be delivered nor written; the core checks exports once more. */
    void (*set_managed_scope)(struct connector *c, const struct scope_containers *containers);
    /* The phases of a run in order; pure and cheap. */
    void (*phases)(const struct connected_system *system, enum run_type type, arena *a, struct phases *out);

    error *(*open_import)(const struct connector_use *use, const struct import_request *request);
    error *(*import_page)(const struct connector_use *use, arena *a, const struct import_request *request, struct import_page *out);
    /* *persisted stays null when there is nothing to keep. Runs also after a failure. */
    error *(*close_import)(const struct connector_use *use, arena *a, text *persisted);
    /* The whole import in one call; see struct import_sink for the order of its callbacks. */
    error *(*import_file)(const struct connector_use *use, const struct import_request *request, const struct import_sink *sink);

    error *(*open_export)(const struct connector_use *use, arena *a, text persisted);
    error *(*close_export)(const struct connector_use *use, arena *a, text *persisted);
    /* One result for each item, in order, in results[0 … count-1] (zeroed by the core: success false). An error fails the items
     * without a result, and the next batch is tried; ERROR_BUSY says that the connection is lost: the items without a result and
     * all that remains stay as they are, and the run ends as failed. */
    error *(*export_batch)(const struct connector_use *use, arena *a, const struct export_item *items, size_t count,
                           struct export_result *results);
    /* All changes of the run in one call; after an error nothing was written, and what was told does not count. */
    error *(*export_file)(const struct connector_use *use, const struct export_source *from);

    /* Whether a successful export is confirmed at once, without an import, under these settings (§11.6, sync-engine §16.3). NULL:
     * never. */
    bool (*auto_confirms)(const struct connected_system *system);

    /* Those that this use has created so far, parents first. */
    error *(*created_containers)(struct connector *c, arena *a, struct texts *external_ids);
    error *(*verify_container)(const struct connector_use *use, text external_id, bool *exists);
    text (*parent_container)(arena *a, text external_id);
    text (*container_display_name)(arena *a, text external_id);

    int32_t (*recommended_export_parallelism)(const struct connected_system *system); /* 0: no recommendation */
    void (*detected_capabilities)(text persisted, arena *a, struct named_values *out);
    error *(*directory_servers)(const struct connector_use *use, arena *a, struct named_values *host_and_site);
    /* False when no TLS is configured. */
    bool (*secure_endpoint)(const struct connector_use *use, arena *a, struct secure_endpoint *out);
    struct password_ops passwords;
};

/* ---- Definitions (§1) ---- */
struct connector_capabilities {
    bool full_import, delta_import, export, partitions, partition_containers, secondary_external_id, user_selected_external_id,
        user_selected_attribute_types, auto_confirm_export, parallel_export, paging, file_paths, password_set,
        password_policy_discovery;
};

struct connector_definition {
    int32_t id;        /* permanent: 1 File, 2 LDAP, 3 SCIM, 4 SQL */
    const char *name;  /* on the wire and the dispatch key, as in the contract */
    const char *label; /* what the portal shows */
    const char *description;
    enum standard schema_standard;
    struct connector_capabilities can;
    const struct setting_definition *settings;
    size_t settings_count;
    struct connector_ops ops;
};

#endif
