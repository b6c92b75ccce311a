/* All tables of the API, in the order of its document. */
#include "api/resources.h"

const struct routes *const api_resources[] = {
    &health_routes,
    &auth_routes,
    &userinfo_routes,
    &apikeys_routes,
    &role_routes,
    &reference_routes,
    &metrics_routes,
    &activity_routes,
    &worker_task_routes,
    &filesystem_routes,
    &connector_definition_routes,
    &connected_system_routes,
    &object_type_routes,
    &schema_import_routes,
    &run_profile_routes,
    &sync_rule_routes,
    &mapping_routes,
    &scoping_routes,
    &matching_rule_routes,
    &matching_mode_routes,
    &data_flow_routes,
    &test_expression_routes,
    NULL,
};
