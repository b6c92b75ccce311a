/* How much a run may change before it is held, and what was held (operations §23). */
#ifndef JOINERY_MODEL_SAFETY_H
#define JOINERY_MODEL_SAFETY_H

#include "model/activity.h"

/* The limits in force for a run, by enum safety_limit; SAFETY_OFF: none. */
enum { SAFETY_OFF = -1 };
struct safety_policy {
    int64_t limit[SAFETY_LIMIT_COUNT];
};
/* What a connected system sets for itself; what it does not set is the service's. */
struct safety_own {
    bool set[SAFETY_LIMIT_COUNT];
    int64_t limit[SAFETY_LIMIT_COUNT];
};
/* The limit when nobody has set one. */
int64_t safety_default(enum safety_limit limit);

/* A part of a run that was not carried out because it would have changed too much. */
struct hold {
    int64_t id;
    enum hold_guard guard;
    int32_t system; /* whose run was held; 0: housekeeping */
    text system_name;
    int32_t object_type; /* of the system or of the metaverse; 0: all of them (exports) */
    text type_name;
    int32_t partition; /* of an import; 0: all */
    int64_t activity;
    bool review;                        /* held while the scope of export rules was reviewed, after the last page */
    int64_t measured, population;       /* objects */
    int64_t limit_percent, limit_count; /* as they were; SAFETY_OFF: none */
    bool complete;                      /* false: its list is still being made, or the run ended before it was */
    enum hold_status status;
    instant created, decided;
    struct initiator decided_by;
    text reason;
    int64_t objects;     /* of its list */
    int64_t fingerprint; /* of the list, where it is measured again and again */
};
struct holds LIST(struct hold);

/* What would have happened to one object. */
struct held_object {
    int64_t hold, place; /* from 1 */
    enum held_state state;
    int64_t cso, mvo, pending_export; /* 0: none */
    enum object_change change;
    text external_id, display_name, object_type; /* snapshots */
    struct outcome_node *outcomes;               /* or NULL */
};
struct held_objects LIST(struct held_object);

/* What was done and counts together with what is done later: by object type of a system, or of the metaverse (system 0). */
struct safety_count {
    enum hold_guard guard;
    int32_t system, type;
    instant at;
    int64_t objects;
};
struct safety_counts LIST(struct safety_count);

#endif
