/* Partitions and containers as they travel (connectors §7.1). */
#ifndef JOINERY_API_HIERARCHY_VIEW_H
#define JOINERY_API_HIERARCHY_VIEW_H

#include "api/change.h"

struct container_views LIST(struct container_view);
struct container_view {
    int32_t id;
    text name;
    text external_id;
    text description;
    bool hidden;
    bool selected;
    bool excluded;
    enum container_scope scope;
    struct maybe_int32 object_count;
    struct maybe_int32 subtree_object_count;
    struct maybe_int32 partition_id;
    struct maybe_int32 connected_system_id;
    struct container_views child_containers;
};
extern const struct shape container_view_shape;

struct partition_view {
    int32_t id;
    text name;
    text external_id;
    bool selected;
    int32_t connected_system_id;
    struct container_views containers;
};
extern const struct shape partition_view_shape;

/* With everything below it. */
void container_view_of(arena *a, const struct partition *p, const struct container *c, struct container_view *out);
void partition_view_of(arena *a, const struct partition *p, struct partition_view *out);

FALLIBLE find_partition(snapshot *s, int32_t system, int32_t id, const struct partition **out);
FALLIBLE find_container(snapshot *s, int32_t system, int32_t id, const struct container **out);

#endif
