/* Values, names and deletion dates of objects as the API shows them: shared by metaverse objects, connector space, pending exports.
 */
#ifndef JOINERY_API_VALUE_VIEW_H
#define JOINERY_API_VALUE_VIEW_H

#include "api/change.h"
#include "model/ids.h"

/* One value in the member of its type; all others are null. A reference of the connector space shows the source's text. */
struct typed_value {
    text string_value;
    struct maybe_instant date_time_value;
    struct maybe_int32 int_value;
    struct maybe_int64 long_value;
    struct maybe_decimal decimal_value;
    struct bytes byte_value;
    struct maybe_uuid guid_value;
    struct maybe_bool bool_value;
};
extern const struct shape typed_value_shape;
void typed_value_of(const struct value *v, struct typed_value *out);
/* The value in its native JSON form: text, number or boolean; ids, dates and GUIDs as text, bytes as base64. */
struct json_value json_value_of(arena *a, const struct value *v);

/* The id of a value: the object's UUID with attribute and place mixed into its end, so that no object has it. */
uuid value_id(enum id_kind kind, int64_t object, int32_t attribute, size_t place);

/* How many values of an attribute there are and how many of them a reply shows (contract §8). */
struct value_summary {
    text attribute_name;
    int32_t total_count;
    int32_t returned_count;
    bool has_more;
};
#define VALUE_SUMMARY_FIELDS(tag)                                                                                                  \
    FIELDS(FIELD(tag, attribute_name, "attributeName"), FIELD(tag, total_count, "totalCount"),                                     \
           FIELD(tag, returned_count, "returnedCount"), FIELD(tag, has_more, "hasMore"))
extern const struct shape value_summary_shape;
enum { VALUES_SHOWN = 10 }; /* of a multi-valued attribute in a detail body */

/* The request of a page of one attribute's values. */
struct value_query {
    int32_t page, page_size;
    text search;
};
extern const struct shape value_query_shape;
/* Clamps page and size, checks the depth. */
FALLIBLE value_query_check(struct call *c, struct value_query *q);
/* Is `folded` (empty: everything is) part of the value's text, in any case? `scratch` is reset. */
bool value_matches(arena *scratch, const struct value *v, text folded);

struct named_id {
    int32_t id;
    text name;
};
/* MetaverseObjectTypeDto */
extern const struct shape named_id_shape;
struct named_id mv_type_reference(snapshot *s, int32_t type);

/* Display names of metaverse objects, each object once, in one query; ids of 0 are left out. */
FALLIBLE mvo_names(struct call *c, store_tx *tx, snapshot *s, const struct int64s *ids, struct int_map *out);
/* The name in the map; null when the object is gone. */
text name_of(const struct int_map *names, int64_t id);

/* What the deletion marker means under the current rule of the type (sync-engine §2.2). */
struct deletion_state {
    bool pending;
    instant eligible; /* ticks 0: without a grace period, or not pending */
};
struct deletion_state deletion_state_of(snapshot *s, const struct mvo *o);

#endif
