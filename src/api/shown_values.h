/* Sets of values with a limit, and who supplied them: shared by explanations and previews. */
#ifndef JOINERY_API_SHOWN_VALUES_H
#define JOINERY_API_SHOWN_VALUES_H

#include "api/value_view.h"

enum { VALUES_SHOWN_AT_ONCE = 100 };

/* A value as in the detail of a metaverse object. */
struct shown_value {
    struct typed_value value;
    uuid reference_value_id; /* zero: none, or an object that would be made */
    text reference_value_display_name;
};
/* The first values of a set. */
struct shown_values {
    int32_t total_count;
    bool has_more;
    struct LIST(struct shown_value) values;
};
extern const struct shape shown_value_shape, shown_values_shape;

/* Adds the metaverse objects that the shown values refer to: for mvo_names. */
void shown_references(arena *a, const struct values *set, struct int64s *out);
/* `set` may be NULL: empty. Texts are borrowed. */
void show_values(arena *a, const struct values *set, const struct int_map *names, struct shown_values *out);

/* The mapping that supplied a value, also one that was deleted. */
struct supplier {
    int32_t mapping_id;
    struct maybe_int32 priority, connected_system_id, sync_rule_id;
    text connected_system_name, sync_rule_name;
    uuid connected_system_object_id; /* the caller's */
};
extern const struct shape supplier_shape;
/* NULL when there is none. */
struct supplier *supplier_of(arena *a, snapshot *s, int32_t mapping);

/* The id, or zero for 0 and for objects that would only be made. */
uuid uuid_if_stored(enum id_kind kind, int64_t id);

#endif
