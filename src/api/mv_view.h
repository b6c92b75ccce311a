/* The metaverse schema as the API shows it, and what uses its attributes and types. */
#ifndef JOINERY_API_MV_VIEW_H
#define JOINERY_API_MV_VIEW_H

#include "api/rule_parts.h"

#define ATTRIBUTE_REFERENCE_KINDS(X)                                                                                               \
    X(USED_BY_BINDING, "Binding")                                                                                                  \
    X(USED_BY_IMPORT_FLOW, "ImportAttributeFlow")                                                                                  \
    X(USED_BY_EXPORT_SOURCE, "ExportAttributeFlowSource")                                                                          \
    X(USED_BY_CRITERION, "ScopingCriterion")                                                                                       \
    X(USED_BY_MATCHING_RULE, "ObjectMatchingRuleTarget")                                                                           \
    X(USED_BY_EXPORT_MAPPING, "ExportAttributeFlowMapping")                                                                        \
    X(USED_BY_SEARCH_ATTRIBUTE, "PredefinedSearchAttribute")                                                                       \
    X(USED_BY_SEARCH_CRITERION, "PredefinedSearchCriterion")                                                                       \
    X(USED_BY_EXAMPLE_DATA, "ExampleDataTemplateAttribute")                                                                        \
    X(USED_BY_EXAMPLE_DEPENDENCY, "ExampleDataTemplateAttributeDependency") X(USED_BY_SIGN_IN, "ServiceSettingsSsoIdentifier")
NAMED_ENUM(attribute_reference_kind, ATTRIBUTE_REFERENCE_KINDS)

/* One use of a metaverse attribute. `id` is that of the binding's type, the mapping, the source, the criterion or the rule. */
struct attribute_reference {
    enum attribute_reference_kind kind;
    int32_t id;
    text description;
    struct maybe_int32 sync_rule_id;
    text sync_rule_name;
    struct maybe_int32 metaverse_object_type_id;
    text metaverse_object_type_name;
};
struct attribute_references LIST(struct attribute_reference);
extern const struct shape attribute_reference_shape;

/* Everything that uses the attribute but predefined searches, also by name in expressions; type 0: for all object types. */
void attribute_uses(arena *a, snapshot *s, const struct mv_attribute *m, int32_t type, struct attribute_references *out);
/* True when removing it would take more away than bindings. */
bool attribute_uses_cascade(const struct attribute_references *uses);
/* Deletes mappings, criteria and matching rules among the uses; predefined searches leave out what is gone. */
FALLIBLE attribute_uses_delete(struct change *x, const struct attribute_references *uses);
/* True when an expression of some rule names it: mv["…"]. */
bool attribute_in_expressions(arena *a, snapshot *s, text name);

/* How many objects of each type have values of it. */
struct type_value_count {
    int32_t metaverse_object_type_id;
    text metaverse_object_type_name;
    text metaverse_object_type_plural_name;
    int32_t object_count;
};
struct type_value_counts LIST(struct type_value_count);
extern const struct shape type_value_count_shape;
FALLIBLE attribute_value_counts(struct call *c, store_tx *tx, snapshot *s, int32_t attribute, struct type_value_counts *out,
                                int32_t *total);

/* The type of this id, or ERROR_NOT_FOUND. */
FALLIBLE find_mv_type(snapshot *s, int32_t id, const struct mv_type **out);
bool contains_id(const struct int32s *list, int32_t id);
/* The list's query with the default order by name in it, when it names no member of the item (contract §5). */
struct list_query sorted_by_name(const struct list_query *q, const struct shape *item);

#endif
