/* What changed on objects, attribute by attribute, as the API shows it: shared by histories, deleted objects and items of runs. */
#ifndef JOINERY_API_VALUE_CHANGES_H
#define JOINERY_API_VALUE_CHANGES_H

#include "api/value_view.h"

#define VALUE_CHANGE_TYPES(X) X(VALUE_CHANGE_NOT_SET, "NotSet") X(VALUE_ADDED, "Add") X(VALUE_REMOVED, "Remove")
NAMED_ENUM(value_change_type, VALUE_CHANGE_TYPES)

enum { CHANGES_SHOWN = 1000 }; /* values of one attribute and change */

struct mvo_change_reference {
    uuid id;
    text display_name, type_name, type_plural_name;
};
struct cso_change_reference {
    uuid id;
    int32_t connected_system_id;
    text type_name, display_name, secondary_id;
};
struct changed_value {
    enum value_change_type value_change_type;
    text string_value;
    struct maybe_instant date_time_value;
    struct maybe_int32 int_value;
    struct maybe_int64 long_value;
    struct maybe_decimal decimal_value;
    struct maybe_int32 byte_value_length;
    struct maybe_uuid guid_value;
    struct maybe_bool bool_value;
};
struct mvo_changed_value {
    struct changed_value value;
    bool null_value;
    const struct mvo_change_reference *reference;
};
struct cso_changed_value {
    struct changed_value value;
    const struct cso_change_reference *reference;
};
struct changed_attribute {
    text attribute_name;
    enum data_type attribute_type;
    enum plurality attribute_plurality;
    int32_t value_change_count;
};
struct mvo_attribute_change {
    struct changed_attribute attribute;
    struct maybe_int32 sync_rule_id;
    text sync_rule_name;
    struct LIST(struct mvo_changed_value) value_changes;
};
struct cso_attribute_change {
    struct changed_attribute attribute;
    struct LIST(struct cso_changed_value) value_changes;
};
struct mvo_attribute_changes LIST(struct mvo_attribute_change);
struct cso_attribute_changes LIST(struct cso_attribute_change);
extern const struct shape mvo_attribute_change_shape, cso_attribute_change_shape;

/* Where references of some changes lead: what the objects are called today, or were when they were deleted. */
struct change_names {
    struct int_map mvos, csos; /* id → struct mvo_change_reference, struct cso_change_reference */
};
struct change_reader {
    struct call *c;
    store_tx *tx;
    snapshot *s;
    enum history_of of;
    struct change_names names;
};
/* Once for all records that will be shown. */
FALLIBLE changes_prepare(struct change_reader *r, const struct change_records *records);
FALLIBLE mvo_changes_show(struct change_reader *r, const struct value_changes *changes, struct mvo_attribute_changes *out);
FALLIBLE cso_changes_show(struct change_reader *r, const struct value_changes *changes, struct cso_attribute_changes *out);
/* The rule behind a mapping, also one that was deleted; id 0: it is gone, or there is none. */
void mapping_rule(snapshot *s, int32_t mapping, int32_t *id, text *name);
/* What a metaverse object is called, or was; names null: nothing is known. */
FALLIBLE mvo_reference(struct change_reader *r, int64_t mvo, struct mvo_change_reference *out);

#endif
