/* The tables of the resources: one line each; add yours here and in resources.c. */
#ifndef JOINERY_API_RESOURCES_H
#define JOINERY_API_RESOURCES_H

#include "api/api.h"
extern const struct routes health_routes;
extern const struct routes metrics_routes;
extern const struct routes auth_routes;
extern const struct routes userinfo_routes;
extern const struct routes apikeys_routes;
extern const struct routes reference_routes;
extern const struct routes role_routes;
extern const struct routes role_member_routes;
extern const struct routes activity_routes;
extern const struct routes activity_item_routes;
extern const struct routes worker_task_routes;
extern const struct routes history_cleanup_routes;
extern const struct routes filesystem_routes;
extern const struct routes connector_definition_routes;
extern const struct routes connected_system_routes;
extern const struct routes system_removal_routes;
extern const struct routes object_type_routes;
extern const struct routes schema_import_routes;
extern const struct routes run_profile_routes;
extern const struct routes sync_rule_routes;
extern const struct routes mapping_routes;
extern const struct routes scoping_routes;
extern const struct routes matching_rule_routes;
extern const struct routes matching_mode_routes;
extern const struct routes data_flow_routes;
extern const struct routes test_expression_routes;
extern const struct routes mv_attribute_routes;
extern const struct routes mv_attribute_removal_routes;
extern const struct routes attribute_priority_routes;
extern const struct routes mv_type_routes;
extern const struct routes mv_type_removal_routes;
extern const struct routes mv_object_routes;
extern const struct routes predefined_run_routes;
extern const struct routes predefined_search_routes;
extern const struct routes predefined_criteria_routes;
extern const struct routes predefined_history_routes;
extern const struct routes mvo_history_routes;
extern const struct routes cso_history_routes;
extern const struct routes deleted_object_routes;
extern const struct routes restore_routes;
extern const struct routes explanation_routes;
extern const struct routes sync_preview_routes;
extern const struct routes change_preview_routes;
extern const struct routes rule_proposal_routes;
extern const struct routes flow_proposal_routes;
extern const struct routes matching_proposal_routes;
extern const struct routes system_proposal_routes;
extern const struct routes type_proposal_routes;
extern const struct routes run_proposal_routes;
extern const struct routes pending_deletion_routes;
extern const struct routes hierarchy_routes;
extern const struct routes container_text_routes;
extern const struct routes connector_space_routes;
extern const struct routes pending_export_routes;
extern const struct routes hold_routes;
extern const struct routes system_safety_routes;

extern const struct routes log_routes;
extern const struct routes service_setting_routes;
extern const struct routes api_key_history_routes;
extern const struct routes role_history_routes;
extern const struct routes setting_history_routes;
extern const struct routes metaverse_history_routes;
extern const struct routes synchronisation_history_routes;
extern const struct routes tenant_routes;
extern const struct routes data_role_routes;
extern const struct routes data_user_routes;
extern const struct routes public_key_routes;
extern const struct routes core_template_routes;
extern const struct routes data_pool_routes;
extern const struct routes search_configuration_routes;
extern const struct routes public_history_routes;
extern const struct routes ws_token_routes;
extern const struct routes ws_resource_routes;
extern const struct routes ws_search_routes;
extern const struct routes ws_async_routes;
extern const struct routes result_set_routes;
extern const struct routes ws_explorer_routes;

#endif
