/* A role as it travels; keys and people have some. */
#ifndef JOINERY_API_ROLE_VIEW_H
#define JOINERY_API_ROLE_VIEW_H

#include "api/api.h"

struct role_view {
    int32_t id;
    text name;
    bool built_in;
    instant created;
    int32_t members;
};
struct role_views LIST(struct role_view);
extern const struct shape role_view_shape;
struct role_view role_view_of(const struct role *role); /* without the count of members */
/* Fills in how many people have each role. */
FALLIBLE role_views_count(store_tx *tx, arena *a, const struct role_views *views);

#endif
