/* The versions of a configuration object: snapshots and their differences. */
#include "api/history.h"

NAMED_ENUM_TABLE(snapshot_node_type, "ConfigurationSnapshotNodeType", SNAPSHOT_NODE_TYPES)

const struct shape configuration_snapshot_node_shape;
SHAPE(configuration_snapshot_node, "ConfigurationSnapshotNode",
      FIELDS(FIELD(configuration_snapshot_node, key, "key"), FIELD(configuration_snapshot_node, label, "label", .nullable = true),
             FIELD(configuration_snapshot_node, node_type, "nodeType", .names = &snapshot_node_type_names),
             FIELD(configuration_snapshot_node, value, "value", .nullable = true),
             FIELD(configuration_snapshot_node, display_value, "displayValue", .nullable = true),
             FIELD(configuration_snapshot_node, is_secret, "isSecret"), FIELD(configuration_snapshot_node, item_id, "itemId"),
             FIELD(configuration_snapshot_node, item_guid_id, "itemGuidId", .nullable = true),
             OBJECTS(configuration_snapshot_node, children, "children", configuration_snapshot_node, .nullable = true)));

SHAPE(configuration_snapshot, "ConfigurationSnapshot",
      FIELDS(FIELD(configuration_snapshot, schema_version, "schemaVersion"), FIELD(configuration_snapshot, object_type, "objectType"),
             FIELD(configuration_snapshot, object_id, "objectId"),
             FIELD(configuration_snapshot, object_guid_id, "objectGuidId", .nullable = true),
             FIELD(configuration_snapshot, object_key, "objectKey", .nullable = true),
             FIELD(configuration_snapshot, object_name, "objectName", .nullable = true),
             OBJECT(configuration_snapshot, root, "root", configuration_snapshot_node)));
