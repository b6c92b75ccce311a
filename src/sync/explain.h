/* Why a metaverse object has its values: what each contributor says now, and why its word counts or not (sync-engine §11.4). */
#ifndef JOINERY_SYNC_EXPLAIN_H
#define JOINERY_SYNC_EXPLAIN_H

#include "sync/sync.h"

#define CONTRIBUTION_STATES(X)                                                                                                     \
    X(CONTRIBUTION_NOT_APPLICABLE, "RuleNotApplicable")                                                                            \
    X(CONTRIBUTION_NO_VALUE, "ConnectedNoValue") X(CONTRIBUTION_VALUE, "ConnectedWithValue")
NAMED_ENUM(contribution_state, CONTRIBUTION_STATES)

#define RESOLUTIONS(X)                                                                                                             \
    X(RESOLVED_VALUE, "Value") X(RESOLVED_ASSERTED_NULL, "AssertedNull") X(RESOLVED_NO_CONTRIBUTOR, "NoContributor")
NAMED_ENUM(resolution, RESOLUTIONS)

/* Why a contributor's word counts or does not. NOT_SYNCHRONISED: it would count, but its system has not been synchronised since. */
#define VERDICTS(X)                                                                                                                \
    X(VERDICT_HOLDS, "Holds")                                                                                                      \
    X(VERDICT_RANKS_AFTER, "RanksAfter")                                                                                           \
    X(VERDICT_NO_VALUE, "NoValue")                                                                                                 \
    X(VERDICT_NOT_SYNCHRONISED, "NotSynchronisedYet")                                                                              \
    X(VERDICT_RULE_DISABLED, "RuleDisabled")                                                                                       \
    X(VERDICT_MAPPING_DISABLED, "MappingDisabled")                                                                                 \
    X(VERDICT_NOT_JOINED, "NotJoined")                                                                                             \
    X(VERDICT_NOT_NORMAL, "ObjectNotNormal")                                                                                       \
    X(VERDICT_OTHER_TYPE, "OtherObjectType")                                                                                       \
    X(VERDICT_OUT_OF_SCOPE, "OutOfScope") X(VERDICT_ERROR, "Error") X(VERDICT_WAITS, "WaitsForReference")
NAMED_ENUM(verdict, VERDICTS)

struct sync_contribution {
    const struct sync_rule *rule;
    const struct mapping *mapping;
    int64_t cso; /* the joined object of its system, 0: none */
    enum contribution_state state;
    enum verdict verdict;
    bool holds;             /* the attribute's values are from this mapping */
    struct values would_be; /* what it says now */
    text sentence;
};
struct sync_contributions LIST(struct sync_contribution);

struct sync_explained {
    int32_t attribute;
    const struct values *held; /* NULL: no value and no asserted null */
    enum resolution resolution;
    bool frozen; /* the contributor has left, the value stays for the grace period */
    text sentence;
    struct sync_contributions contributions; /* in the order of their priority, also disabled ones */
};
struct sync_explanation LIST(struct sync_explained);

/* After sync_batch_explain and sync_finish: all attributes that have values or contributors, ascending by attribute. Expressions
 * read the values that the object has now. Lives in the batch's arena and borrows from the configuration. */
void sync_explain(sync_batch *b, struct sync_explanation *out);

/* The look-ups, in this order, before those of references (inbound.h). */
void want_contributors(struct sync_batch *b);
void want_contributions(struct sync_batch *b);

#endif
