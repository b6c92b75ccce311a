/* The versions of a configuration object: snapshots, differences, and who changed what (operations §12). */
#ifndef JOINERY_API_HISTORY_H
#define JOINERY_API_HISTORY_H

#include "api/api.h"
#include "model/activity.h"

#define SNAPSHOT_NODE_TYPES(X) X(SNAPSHOT_SCALAR, "Scalar") X(SNAPSHOT_OBJECT, "Object") X(SNAPSHOT_COLLECTION, "Collection")
NAMED_ENUM(snapshot_node_type, SNAPSHOT_NODE_TYPES)

struct configuration_snapshot_node {
    text key, label;
    enum snapshot_node_type node_type;
    text value, display_value;
    bool is_secret;
    struct maybe_int32 item_id;
    uuid item_guid_id;
    struct configuration_snapshot_nodes LIST(struct configuration_snapshot_node) children;
};

struct configuration_snapshot {
    int32_t schema_version;
    text object_type;
    int32_t object_id;
    uuid object_guid_id;
    text object_key, object_name;
    struct configuration_snapshot_node root;
};
extern const struct shape configuration_snapshot_node_shape, configuration_snapshot_shape;

#endif
