/* What every resource of the configuration does: read one snapshot, change it in one transaction, record who and why. */
#ifndef JOINERY_API_CHANGE_H
#define JOINERY_API_CHANGE_H

#include "api/api.h"
#include "model/activity.h"

typedef const struct config snapshot;

/* The current configuration for reading; it lives until the reply is written, so that replies may borrow its texts. */
FALLIBLE call_config(struct call *c, snapshot **out);

/* A change of the configuration: the lock is held, so `before` is what will be changed; it lives until the reply is written. */
struct change {
    store_tx *tx;
    snapshot *before;
};
FALLIBLE change_begin(struct call *c, struct change *out);
void change_end(struct change *x);
OWNED_STRUCT(change, change_end)

/* An object with a text key that changes, or goes, along with another. */
struct changed_object {
    enum activity_target target;
    text key;
};
struct changed_objects LIST(struct changed_object);

/* What is recorded about it (operations §11, §12). */
struct change_note {
    enum activity_target target;
    enum activity_operation operation;
    text name, context, reason;
    int32_t system, rule; /* ids or 0 */
    int32_t id;           /* of the object that changed; its history is kept under (target, id, or key) */
    uuid guid;            /* for objects with a UUID */
    text key;             /* for objects with a text key */
    struct changed_objects along;
    struct texts warnings; /* make it CompleteWithWarning */
    int64_t preview;       /* that came before; 0: none */
    int64_t number;        /* of the activity, where it was taken beforehand (store_ids) */
    uuid activity;         /* set by change_commit */
};
/* Writes the activity and the versions of what changed (api/history.h), then commits. *after (may be NULL) is the configuration as
 * it is now. A change after which the engine could not carry something out that it could before is refused as a problem of "$". */
FALLIBLE change_commit(struct call *c, struct change *x, struct change_note *note, snapshot **after);

/* The thing of this id, or ERROR_NOT_FOUND. */
FALLIBLE find_system(snapshot *s, int32_t id, const struct connected_system **out);
FALLIBLE find_cs_type(snapshot *s, int32_t system, int32_t id, const struct cs_type **out);
FALLIBLE find_rule(snapshot *s, int32_t id, const struct sync_rule **out);

#endif
