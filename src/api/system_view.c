/* From the configuration to what people read; setting values are never shown. */
#include "api/system_view.h"

#include "runs/systems.h"

NAMED_ENUM_TABLE(configuration_change_class, "ConfigurationChangeClass", CONFIGURATION_CHANGE_CLASSES)

SHAPE(connector_reference, "ConnectorReferenceDto",
      FIELDS(FIELD(connector_reference, id, "id"), FIELD(connector_reference, name, "name")));

SHAPE(cs_type_tag, "ConnectedSystemObjectTypeTagDto", FIELDS(FIELD(cs_type_tag, key, "key"), FIELD(cs_type_tag, value, "value")));

SHAPE(cs_attribute_view, "ConnectedSystemAttributeDto",
      FIELDS(FIELD(cs_attribute_view, id, "id"), FIELD(cs_attribute_view, name, "name"),
             FIELD(cs_attribute_view, description, "description", .nullable = true),
             FIELD(cs_attribute_view, class_name, "className", .nullable = true), FIELD(cs_attribute_view, created, "created"),
             FIELD(cs_attribute_view, type, "type"), FIELD(cs_attribute_view, type_set_by_administrator, "typeSetByAdministrator"),
             FIELD(cs_attribute_view, attribute_plurality, "attributePlurality"), FIELD(cs_attribute_view, selected, "selected"),
             FIELD(cs_attribute_view, is_external_id, "isExternalId"),
             FIELD(cs_attribute_view, is_secondary_external_id, "isSecondaryExternalId"),
             FIELD(cs_attribute_view, selection_locked, "selectionLocked"), FIELD(cs_attribute_view, writability, "writability"),
             FIELD(cs_attribute_view, referenced_object_type_id, "referencedObjectTypeId"),
             FIELD(cs_attribute_view, referenced_object_type_name, "referencedObjectTypeName", .nullable = true)));

SHAPE(cs_type_view, "ConnectedSystemObjectTypeDto",
      FIELDS(FIELD(cs_type_view, id, "id"), FIELD(cs_type_view, name, "name"), FIELD(cs_type_view, created, "created"),
             FIELD(cs_type_view, selected, "selected"),
             FIELD(cs_type_view, remove_contributed_attributes_on_obsoletion, "removeContributedAttributesOnObsoletion"),
             FIELD(cs_type_view, attribute_count, "attributeCount"), OBJECTS(cs_type_view, tags, "tags", cs_type_tag),
             FIELD(cs_type_view, is_internal, "isInternal"),
             OBJECTS(cs_type_view, attributes, "attributes", cs_attribute_view, .nullable = true)));

SHAPE(configuration_drift, "ConfigurationDriftDto",
      FIELDS(FIELD(configuration_drift, has_pending_changes, "hasPendingChanges"),
             FIELD(configuration_drift, is_determinable, "isDeterminable"),
             FIELD(configuration_drift, never_fully_synchronised, "neverFullySynchronised"),
             FIELD(configuration_drift, tracking_disabled, "trackingDisabled"),
             FIELD(configuration_drift, last_full_synchronisation, "lastFullSynchronisation", .nullable = true),
             FIELD(configuration_drift, most_recent_change, "mostRecentChange", .nullable = true),
             FIELD(configuration_drift, change_count, "changeCount"),
             FIELD(configuration_drift, highest_change_class, "highestChangeClass", .names = &configuration_change_class_names)));

SHAPE(system_detail, "ConnectedSystemDetailDto",
      FIELDS(FIELD(system_detail, id, "id"), FIELD(system_detail, name, "name"),
             FIELD(system_detail, description, "description", .nullable = true), FIELD(system_detail, created, "created"),
             FIELD(system_detail, last_updated, "lastUpdated", .nullable = true),
             FIELD(system_detail, status, "status", .names = &system_status_names),
             FIELD(system_detail, setting_values_valid, "settingValuesValid"),
             OBJECT(system_detail, connector, "connector", connector_reference),
             OBJECTS(system_detail, object_types, "objectTypes", cs_type_view), FIELD(system_detail, object_count, "objectCount"),
             FIELD(system_detail, pending_export_count, "pendingExportCount"), FIELD(system_detail, tenant, "tenantId"),
             FIELD(system_detail, max_export_parallelism, "maxExportParallelism"),
             FIELD(system_detail, initial_password_time_to_live, "initialPasswordTimeToLive"),
             FIELD(system_detail, require_secure_transport, "requireSecureTransport"),
             FIELD(system_detail, unresolved_reference_handling, "unresolvedReferenceHandling",
                   .names = &unresolved_handling_names),
             OBJECT(system_detail, configuration_drift, "configurationDrift", configuration_drift, .nullable = true),
             FIELD(system_detail, parked_initial_password_count, "parkedInitialPasswordCount"),
             FIELD(system_detail, expired_initial_password_count, "expiredInitialPasswordCount")));

SHAPE(system_header, "ConnectedSystemHeader",
      FIELDS(FIELD(system_header, id, "id"), FIELD(system_header, name, "name"),
             FIELD(system_header, description, "description", .nullable = true), FIELD(system_header, created, "created"),
             FIELD(system_header, status, "status", .names = &system_status_names),
             FIELD(system_header, object_count, "objectCount"), FIELD(system_header, connectors_count, "connectorsCount"),
             FIELD(system_header, pending_export_objects_count, "pendingExportObjectsCount"),
             FIELD(system_header, connector_name, "connectorName"), FIELD(system_header, connector_id, "connectorId")));

void cs_attribute_view_of(snapshot *config, const struct cs_attribute *f, struct cs_attribute_view *out) {
    const struct cs_type *target = f->references_type ? config_cs_type(config, f->references_type) : NULL;
    *out = (struct cs_attribute_view){.id = f->id,
                                      .name = f->name,
                                      .description = f->description,
                                      .class_name = f->class_name,
                                      .created = f->created,
                                      .type = enum_text(&data_type_names, f->type),
                                      .type_set_by_administrator = f->type_set_by_administrator,
                                      .attribute_plurality = enum_text(&plurality_names, f->plurality),
                                      .selected = f->selected,
                                      .is_external_id = f->external_id,
                                      .is_secondary_external_id = f->secondary_external_id,
                                      .selection_locked = f->selection_locked,
                                      .writability = enum_text(&writability_names, f->writability)};
    if (!target) return;
    out->referenced_object_type_id = (struct maybe_int32){true, target->id};
    out->referenced_object_type_name = target->name;
}

void cs_type_view_of(arena *a, snapshot *config, const struct cs_type *f, struct cs_type_view *out) {
    *out = (struct cs_type_view){.id = f->id,
                                 .name = f->name,
                                 .created = f->created,
                                 .selected = f->selected,
                                 .remove_contributed_attributes_on_obsoletion = f->remove_contributed,
                                 .attribute_count = (int32_t)f->attributes.count,
                                 .is_internal = f->internal};
    for (EACH(struct cs_attribute, t, &f->attributes)) cs_attribute_view_of(config, t, LIST_ADD(a, &out->attributes));
}

void system_detail_of(arena *a, snapshot *config, const struct connected_system *f, struct system_detail *out) {
    const struct connector_definition *d = connector_by_id(f->definition);
    *out = (struct system_detail){.id = f->id,
                                  .name = f->name,
                                  .description = f->description,
                                  .created = f->created,
                                  .last_updated = f->updated,
                                  .status = f->status,
                                  .setting_values_valid = f->settings_valid,
                                  .tenant = f->tenant,
                                  .connector = {f->definition, d ? text_of(d->name) : T("")},
                                  .initial_password_time_to_live = {true, f->initial_password_ttl},
                                  .require_secure_transport = f->require_secure_transport,
                                  .unresolved_reference_handling = f->unresolved};
    if (f->max_export_parallelism) out->max_export_parallelism = (struct maybe_int32){true, f->max_export_parallelism};
    for (EACH(struct cs_type, t, &f->types)) cs_type_view_of(a, config, t, LIST_ADD(a, &out->object_types));
}
