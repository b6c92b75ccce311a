/* A metaverse object in lists, with some of its values. */
#ifndef JOINERY_API_MV_HEADER_H
#define JOINERY_API_MV_HEADER_H

#include "api/rule_parts.h"
#include "api/value_view.h"

struct object_header {
    uuid id;
    instant created;
    text display_name;
    enum mvo_status status;
    struct named_id type;
    struct json_entries attributes;
};
struct object_page PAGE_OF(object_header);
extern const struct shape object_header_shape, object_page_shape;

/* With the first value of each attribute that the query asked for (large, all_large). */
void object_header_of(arena *a, snapshot *s, const struct mvo *o, const struct object_query *q, struct object_header *out);

#endif
