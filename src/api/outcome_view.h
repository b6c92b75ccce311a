/* What happened to an object, or would have happened, as a tree (operations §11.8). */
#ifndef JOINERY_API_OUTCOME_VIEW_H
#define JOINERY_API_OUTCOME_VIEW_H

#include "api/api.h"
#include "model/activity.h"

struct outcome_view {
    enum outcome outcome_type;
    uuid target_entity_id;
    text target_entity_description;
    struct maybe_int32 sync_rule_id;
    text sync_rule_name;
    struct maybe_int32 detail_count;
    text detail_message;
    int32_t ordinal;
    struct outcome_views LIST(struct outcome_view) children;
};
extern const struct shape outcome_view_shape;
/* Texts are borrowed from the nodes. */
void outcome_views_of(arena *a, const struct outcome_node *from, struct outcome_views *out);

#endif
