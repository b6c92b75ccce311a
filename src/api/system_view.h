/* Connected systems, their object types and attributes as the API shows them. */
#ifndef JOINERY_API_SYSTEM_VIEW_H
#define JOINERY_API_SYSTEM_VIEW_H

#include "api/change.h"

#define CONFIGURATION_CHANGE_CLASSES(X)                                                                                            \
    X(CLASS_NOT_CLASSIFIED, "NotClassified")                                                                                       \
    X(CLASS_COSMETIC, "Cosmetic") X(CLASS_SYNC_AFFECTING, "SyncAffecting") X(CLASS_DESTRUCTIVE, "Destructive")
NAMED_ENUM(configuration_change_class, CONFIGURATION_CHANGE_CLASSES)

struct connector_reference {
    int32_t id;
    text name;
};

struct cs_type_tag {
    text key;
    text value;
};

struct cs_attribute_view {
    int32_t id;
    text name;
    text description;
    text class_name;
    instant created;
    text type;
    bool type_set_by_administrator;
    text attribute_plurality;
    bool selected;
    bool is_external_id;
    bool is_secondary_external_id;
    bool selection_locked;
    text writability;
    struct maybe_int32 referenced_object_type_id;
    text referenced_object_type_name;
};

struct cs_type_view {
    int32_t id;
    text name;
    instant created;
    bool selected;
    bool remove_contributed_attributes_on_obsoletion;
    int32_t attribute_count;
    struct cs_type_tags LIST(struct cs_type_tag) tags;
    bool is_internal;
    struct cs_attribute_views LIST(struct cs_attribute_view) attributes;
};

struct configuration_drift {
    bool has_pending_changes;
    bool is_determinable;
    bool never_fully_synchronised;
    bool tracking_disabled;
    instant last_full_synchronisation;
    instant most_recent_change;
    int32_t change_count;
    enum configuration_change_class highest_change_class;
};

struct system_detail {
    int32_t id;
    text name;
    text description;
    instant created;
    instant last_updated;
    enum system_status status;
    bool setting_values_valid;
    struct connector_reference connector;
    struct cs_type_views LIST(struct cs_type_view) object_types;
    int32_t object_count;
    int32_t pending_export_count;
    int32_t tenant;
    struct maybe_int32 max_export_parallelism;
    struct maybe_timespan initial_password_time_to_live;
    bool require_secure_transport;
    enum unresolved_handling unresolved_reference_handling;
    const struct configuration_drift *configuration_drift;
    struct maybe_int32 parked_initial_password_count;
    struct maybe_int32 expired_initial_password_count;
};

struct system_header {
    int32_t id;
    text name;
    text description;
    instant created;
    enum system_status status;
    int32_t object_count;
    int32_t connectors_count;
    int32_t pending_export_objects_count;
    text connector_name;
    int32_t connector_id;
};

extern const struct shape connector_reference_shape, cs_type_tag_shape, cs_attribute_view_shape, cs_type_view_shape,
    configuration_drift_shape, system_detail_shape, system_header_shape;

void cs_attribute_view_of(snapshot *config, const struct cs_attribute *from, struct cs_attribute_view *out);
void cs_type_view_of(arena *a, snapshot *config, const struct cs_type *from, struct cs_type_view *out);
/* Without counts (they stay 0). */
void system_detail_of(arena *a, snapshot *config, const struct connected_system *from, struct system_detail *out);

#endif
