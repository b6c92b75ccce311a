/* Connector definitions: which kinds of systems can be connected, and their settings (connectors §1). */
#include "api/history_views.h"

struct definition_header {
    int32_t id;
    text name;
    text description;
    bool built_in;
    instant created;
    instant last_updated;
    int32_t files;
    text versions;
    bool in_use;
};
static SHAPE(definition_header, "ConnectorDefinitionHeader",
             FIELDS(FIELD(definition_header, id, "id"), FIELD(definition_header, name, "name"),
                    FIELD(definition_header, description, "description", .nullable = true),
                    FIELD(definition_header, built_in, "builtIn"), FIELD(definition_header, created, "created"),
                    FIELD(definition_header, last_updated, "lastUpdated", .nullable = true),
                    FIELD(definition_header, files, "files"), FIELD(definition_header, versions, "versions", .nullable = true),
                    FIELD(definition_header, in_use, "inUse")));

struct definition_setting {
    int32_t id;
    text name;
    text description;
    text category;
    text type;
    struct maybe_bool default_checkbox_value;
    text default_string_value;
    struct maybe_int32 default_int_value;
    struct texts drop_down_values;
    bool required;
    text required_group;
    text required_group_cardinality;
    text required_when_setting;
    text required_when_value;
    struct texts required_when_values;
};
static SHAPE(definition_setting, "ConnectorDefinitionSettingDto",
             FIELDS(FIELD(definition_setting, id, "id"), FIELD(definition_setting, name, "name", .nullable = true),
                    FIELD(definition_setting, description, "description", .nullable = true),
                    FIELD(definition_setting, category, "category"), FIELD(definition_setting, type, "type"),
                    FIELD(definition_setting, default_checkbox_value, "defaultCheckboxValue"),
                    FIELD(definition_setting, default_string_value, "defaultStringValue", .nullable = true),
                    FIELD(definition_setting, default_int_value, "defaultIntValue"),
                    FIELD(definition_setting, drop_down_values, "dropDownValues", .nullable = true),
                    FIELD(definition_setting, required, "required"),
                    FIELD(definition_setting, required_group, "requiredGroup", .nullable = true),
                    FIELD(definition_setting, required_group_cardinality, "requiredGroupCardinality"),
                    FIELD(definition_setting, required_when_setting, "requiredWhenSetting", .nullable = true),
                    FIELD(definition_setting, required_when_value, "requiredWhenValue", .nullable = true),
                    FIELD(definition_setting, required_when_values, "requiredWhenValues",
                          .doc = "All values that make it required; the contract knows only the first.")));

struct definition_file {
    int32_t id;
    text filename;
    text version;
    int32_t file_size_bytes;
    bool implements_iconnector;
    bool implements_icapabilities;
    bool implements_ischema;
    bool implements_isettings;
    bool implements_iexport_using_calls;
    bool implements_iexport_using_files;
    bool implements_iimport_using_calls;
    bool implements_iimport_using_files;
};
static SHAPE(definition_file, "ConnectorDefinitionFileDto",
             FIELDS(FIELD(definition_file, id, "id"), FIELD(definition_file, filename, "filename"),
                    FIELD(definition_file, version, "version"), FIELD(definition_file, file_size_bytes, "fileSizeBytes"),
                    FIELD(definition_file, implements_iconnector, "implementsIConnector"),
                    FIELD(definition_file, implements_icapabilities, "implementsICapabilities"),
                    FIELD(definition_file, implements_ischema, "implementsISchema"),
                    FIELD(definition_file, implements_isettings, "implementsISettings"),
                    FIELD(definition_file, implements_iexport_using_calls, "implementsIExportUsingCalls"),
                    FIELD(definition_file, implements_iexport_using_files, "implementsIExportUsingFiles"),
                    FIELD(definition_file, implements_iimport_using_calls, "implementsIImportUsingCalls"),
                    FIELD(definition_file, implements_iimport_using_files, "implementsIImportUsingFiles")));

struct definition_detail {
    int32_t id;
    text name;
    text description;
    text url;
    bool built_in;
    instant created;
    text created_by_name;
    instant last_updated;
    text last_updated_by_name;
    struct definition_settings LIST(struct definition_setting) settings;
    struct definition_files LIST(struct definition_file) files;
    bool supports_full_import;
    bool supports_delta_import;
    bool supports_export;
    bool supports_partitions;
    bool supports_partition_containers;
    bool supports_secondary_external_id;
    bool supports_user_selected_external_id;
    bool supports_user_selected_attribute_types;
    bool supports_auto_confirm_export;
    bool supports_parallel_export;
    bool supports_paging;
    bool supports_file_paths;
    bool supports_password_set;
    bool supports_password_policy_discovery;
    text schema_standard;
};
static SHAPE(definition_detail, "ConnectorDefinitionDto",
             FIELDS(FIELD(definition_detail, id, "id"), FIELD(definition_detail, name, "name"),
                    FIELD(definition_detail, description, "description", .nullable = true),
                    FIELD(definition_detail, url, "url", .nullable = true), FIELD(definition_detail, built_in, "builtIn"),
                    FIELD(definition_detail, created, "created"),
                    FIELD(definition_detail, created_by_name, "createdByName", .nullable = true),
                    FIELD(definition_detail, last_updated, "lastUpdated", .nullable = true),
                    FIELD(definition_detail, last_updated_by_name, "lastUpdatedByName", .nullable = true),
                    OBJECTS(definition_detail, settings, "settings", definition_setting),
                    OBJECTS(definition_detail, files, "files", definition_file),
                    FIELD(definition_detail, supports_full_import, "supportsFullImport"),
                    FIELD(definition_detail, supports_delta_import, "supportsDeltaImport"),
                    FIELD(definition_detail, supports_export, "supportsExport"),
                    FIELD(definition_detail, supports_partitions, "supportsPartitions"),
                    FIELD(definition_detail, supports_partition_containers, "supportsPartitionContainers"),
                    FIELD(definition_detail, supports_secondary_external_id, "supportsSecondaryExternalId"),
                    FIELD(definition_detail, supports_user_selected_external_id, "supportsUserSelectedExternalId"),
                    FIELD(definition_detail, supports_user_selected_attribute_types, "supportsUserSelectedAttributeTypes"),
                    FIELD(definition_detail, supports_auto_confirm_export, "supportsAutoConfirmExport"),
                    FIELD(definition_detail, supports_parallel_export, "supportsParallelExport"),
                    FIELD(definition_detail, supports_paging, "supportsPaging"),
                    FIELD(definition_detail, supports_file_paths, "supportsFilePaths"),
                    FIELD(definition_detail, supports_password_set, "supportsPasswordSet"),
                    FIELD(definition_detail, supports_password_policy_discovery, "supportsPasswordPolicyDiscovery"),
                    FIELD(definition_detail, schema_standard, "schemaStandard")));

struct definition_list {
    struct definition_headers LIST(struct definition_header) items;
};
static SHAPE(definition_list, NULL, FIELDS(OBJECTS(definition_list, items, "items", definition_header)), .bare = true);

static FALLIBLE definitions_list(struct call *c, const struct nothing *in, struct definition_list *out) {
    (void)in;
    snapshot *config;
    size_t count;
    TRY(call_config(c, &config));
    const struct connector_definition *const *all = connector_definitions(&count);
    for (size_t i = 0; i < count; i++) {
        struct definition_header *h = LIST_ADD(c->a, &out->items);
        *h = (struct definition_header){
            .id = all[i]->id, .name = text_of(all[i]->name), .description = text_of(all[i]->description)};
        h->built_in = true;
        h->created = (instant){TICKS_1970};
        for (EACH(struct connected_system, s, &config->systems)) h->in_use |= s->definition == all[i]->id;
    }
    return NULL;
}
HANDLER(definitions_list, nothing, definition_list)

static void setting_of(arena *a, const struct setting_definition *d, struct definition_setting *out) {
    *out = (struct definition_setting){.id = d->id,
                                       .name = text_of(d->name),
                                       .description = text_of(d->description),
                                       .category = enum_text(&setting_category_names, d->category),
                                       .type = enum_text(&setting_type_names, d->type),
                                       .default_string_value = text_of(d->default_text),
                                       .required = d->required,
                                       .required_group = text_of(d->group),
                                       .required_when_setting = text_of(d->when_setting)};
    if (d->type == SETTING_CHECK_BOX) out->default_checkbox_value = (struct maybe_bool){true, d->default_checked};
    if (d->has_default_integer) out->default_int_value = (struct maybe_int32){true, d->default_integer};
    if (d->group) out->required_group_cardinality = enum_text(&group_cardinality_names, d->cardinality);
    for (const char *const *v = d->drop_down; v && *v; v++) *LIST_ADD(a, &out->drop_down_values) = text_of(*v);
    for (const char *const *v = d->when_values; v && *v; v++) *LIST_ADD(a, &out->required_when_values) = text_of(*v);
    if (out->required_when_values.count) out->required_when_value = out->required_when_values.at[0];
}

static void detail_of(arena *a, const struct connector_definition *d, struct definition_detail *out) {
    const struct connector_capabilities *can = &d->can;
    *out = (struct definition_detail){.id = d->id,
                                      .name = text_of(d->name),
                                      .description = text_of(d->description),
                                      .built_in = true,
                                      .created = {TICKS_1970},
                                      .supports_full_import = can->full_import,
                                      .supports_delta_import = can->delta_import,
                                      .supports_export = can->export,
                                      .supports_partitions = can->partitions,
                                      .supports_partition_containers = can->partition_containers,
                                      .supports_secondary_external_id = can->secondary_external_id,
                                      .supports_user_selected_external_id = can->user_selected_external_id,
                                      .supports_user_selected_attribute_types = can->user_selected_attribute_types,
                                      .supports_auto_confirm_export = can->auto_confirm_export,
                                      .supports_parallel_export = can->parallel_export,
                                      .supports_paging = can->paging,
                                      .supports_file_paths = can->file_paths,
                                      .supports_password_set = can->password_set,
                                      .supports_password_policy_discovery = can->password_policy_discovery,
                                      .schema_standard = enum_text(&standard_names, d->schema_standard)};
    for (size_t i = 0; i < d->settings_count; i++) setting_of(a, &d->settings[i], LIST_ADD(a, &out->settings));
}

void connector_definition_write(struct json_writer *w, arena *a, const struct connector_definition *d) {
    struct definition_detail v;
    detail_of(a, d, &v);
    describe_write_members(w, &definition_detail_shape, &v);
}

static FALLIBLE show(struct call *c, const struct connector_definition *d, struct definition_detail *out) {
    if (!d) return FAIL(ERROR_NOT_FOUND, "There is no such connector definition.");
    detail_of(c->a, d, out);
    return NULL;
}

static FALLIBLE definition_get(struct call *c, const struct by_id *in, struct definition_detail *out) {
    return show(c, connector_by_id(in->id), out);
}
HANDLER(definition_get, by_id, definition_detail)

static FALLIBLE definition_by_name(struct call *c, const struct by_name *in, struct definition_detail *out) {
    return show(c, connector_by_name(in->name), out);
}
HANDLER(definition_by_name, by_name, definition_detail)

const struct routes connector_definition_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, "/connector-definitions", definitions_list, "Lists the kinds of systems that can be connected.",
                 .operation = "GetConnectorDefinitions", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/connector-definitions/{id}", definition_get, "A connector with its settings and abilities.",
                 .operation = "GetConnectorDefinition", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO({404, NULL, "There is no such definition."})),
           ROUTE(GET, "/connector-definitions/by-name/{name}", definition_by_name, "The same, found by its name.",
                 .operation = "GetConnectorDefinitionByName", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO({404, NULL, "There is no such definition."})));
