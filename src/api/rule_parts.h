/* What the parts of synchronisation rules share: names of attributes, what may be chosen for a rule, how a change is recorded. */
#ifndef JOINERY_API_RULE_PARTS_H
#define JOINERY_API_RULE_PARTS_H

#include "api/change.h"

static inline struct maybe_int32 id_or_null(int32_t id) { return (struct maybe_int32){.given = id != 0, .value = id}; }

/* Names by id; null when there is none. */
text mv_attribute_name(snapshot *s, int32_t id);
text cs_attribute_name(snapshot *s, int32_t id);
text mv_type_name(snapshot *s, int32_t id);
text cs_type_name(snapshot *s, int32_t id);

/* The attribute of this id, or ERROR_NOT_FOUND. */
FALLIBLE find_mv_attribute(snapshot *s, int32_t id, const struct mv_attribute **out);
FALLIBLE find_cs_attribute(snapshot *s, int32_t id, const struct cs_attribute **out);
/* Collects as problems of `field` that the attribute does not belong to the type, or holds a credential (sync-engine §2.5, §26). */
void check_mv_attribute(struct call *c, snapshot *s, const char *field, const struct mv_attribute *m, int32_t mv_type);
void check_cs_attribute(struct call *c, snapshot *s, const char *field, const struct cs_attribute *m, int32_t cs_type);

/* What is wrong with a mapping or a matching rule as it would be saved: problems, or ERROR_NOT_FOUND for an attribute that does not
 * exist. A matching rule belongs to an object type (rule NULL) or to a synchronisation rule. */
FALLIBLE mapping_check(struct call *c, snapshot *s, const struct sync_rule *r, const struct mapping *m, struct texts *warnings);
FALLIBLE matching_rule_check(struct call *c, snapshot *s, const struct cs_type *type, const struct sync_rule *rule,
                             const struct matching_rule *m);
/* The priority of a new contributor: behind all others (sync-engine §11.4). */
int32_t mapping_last_priority(snapshot *s, int32_t mv_type, int32_t attribute);

/* How a change of a rule or of its parts is recorded: in the history of the rule. */
struct change_note rule_note(const struct sync_rule *r, enum activity_operation operation, text reason);

/* Paths of the parts of a rule. */
struct of_rule {
    int32_t rule;
};
extern const struct shape of_rule_shape;

#endif
