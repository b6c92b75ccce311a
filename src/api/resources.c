/* All tables of the API, in the order of its document. */
#include "api/resources.h"

const struct routes *const api_resources[] = {
    &health_routes, &auth_routes, &userinfo_routes, &apikeys_routes, &reference_routes, &metrics_routes, NULL,
};
