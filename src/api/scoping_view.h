/* Scoping groups and criteria as they travel, and what is checked about a criterion; for the rules and their previews. */
#ifndef JOINERY_API_SCOPING_VIEW_H
#define JOINERY_API_SCOPING_VIEW_H

#include "api/rule_parts.h"

struct criterion_view {
    int32_t id;
    struct maybe_int32 metaverse_attribute_id;
    text metaverse_attribute_name;
    struct maybe_int32 connected_system_attribute_id;
    text connected_system_attribute_name;
    enum data_type attribute_data_type;
    enum comparison comparison_type;
    text string_value;
    struct maybe_int32 int_value;
    struct maybe_int64 long_value;
    struct maybe_decimal decimal_value;
    struct maybe_instant date_time_value;
    struct maybe_bool bool_value;
    struct maybe_uuid guid_value;
    bool case_sensitive;
    enum value_mode value_mode;
    struct maybe_int32 relative_count;
    struct maybe_enum relative_unit;
    struct maybe_enum relative_direction;
};
extern const struct shape criterion_view_shape;

struct scope_group_views LIST(struct scope_group_view);
struct scope_group_view {
    int32_t id;
    enum scope_group_type type;
    int32_t position;
    struct LIST(struct criterion_view) criteria;
    struct scope_group_views child_groups;
};
extern const struct shape scope_group_view_shape;

/* What a request says of a criterion. */
struct criterion_request {
    struct maybe_int32 metaverse_attribute_id;
    struct maybe_int32 connected_system_attribute_id;
    enum comparison comparison_type;
    text string_value;
    struct maybe_int32 int_value;
    struct maybe_int64 long_value;
    struct maybe_decimal decimal_value;
    struct maybe_instant date_time_value;
    struct maybe_bool bool_value;
    struct maybe_uuid guid_value;
    bool case_sensitive;
    struct maybe_enum value_mode;
    struct maybe_int32 relative_count;
    struct maybe_enum relative_unit;
    struct maybe_enum relative_direction;
};
extern const struct shape criterion_request_shape;
/* All its members but the attributes and the comparison, for other shapes; `in` is "", or "k." of a member k. */
#define CRITERION_FIELDS(tag, in)                                                                                                  \
    FIELD(tag, in string_value, "stringValue", .nullable = true), FIELD(tag, in int_value, "intValue"),                            \
        FIELD(tag, in long_value, "longValue"), FIELD(tag, in decimal_value, "decimalValue"),                                      \
        FIELD(tag, in date_time_value, "dateTimeValue"), FIELD(tag, in bool_value, "boolValue"),                                   \
        FIELD(tag, in guid_value, "guidValue"), FIELD(tag, in case_sensitive, "caseSensitive", .by_default = "true"),              \
        FIELD(tag, in value_mode, "valueMode", .names = &value_mode_names), FIELD(tag, in relative_count, "relativeCount"),        \
        FIELD(tag, in relative_unit, "relativeUnit", .names = &relative_unit_names),                                               \
        FIELD(tag, in relative_direction, "relativeDirection", .names = &relative_direction_names)

/* The rule tells whether attributes are the system's (import) or the metaverse's (export). */
struct criterion_view criterion_view_of(snapshot *s, const struct sync_rule *r, const struct scope_criterion *k);
/* With everything below it. */
void scope_group_view_of(arena *a, snapshot *s, const struct sync_rule *r, const struct scope_group *g,
                         struct scope_group_view *out);
/* Fills *k, whose attribute may be known already, from the request; 400 with all that is wrong by sync-engine §9.2 and §9.3, 404
 * for an attribute that does not exist. */
FALLIBLE criterion_read(struct call *c, snapshot *s, const struct sync_rule *r, const struct criterion_request *in,
                        struct scope_criterion *k);
/* Its parts for criteria that belong to no rule: all but the attribute is read, and what is wrong is collected; all but the
 * attribute is shown. */
void criterion_read_values(struct call *c, enum data_type type, const struct criterion_request *in, struct scope_criterion *k);
void criterion_show(const struct scope_criterion *k, struct criterion_view *out);
/* The member that holds a value of the type ("intValue"). */
const char *criterion_value_field(enum data_type type);

#endif
