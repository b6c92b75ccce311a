/* Security events as they are kept: equal ones of a quarter of an hour are one row (operations §27). */
#ifndef JOINERY_STORE_SECURITY_EVENTS_H
#define JOINERY_STORE_SECURITY_EVENTS_H

#include "store/store.h"

/* Texts are empty, never null. */
struct security_event {
    int64_t activity;
    int32_t kind; /* enum audit_kind */
    text prefix, client, reason, subject;
    instant window, first, last; /* the quarter of an hour that they lie in, by its begin */
    int64_t attempts;
};
struct security_events LIST(struct security_event);
/* Adds attempts to the equal event of the same window; not known: there is none yet. */
FALLIBLE store_repeat_security_event(store_tx *tx, const struct security_event *e, bool *known);
FALLIBLE store_add_security_event(store_tx *tx, const struct security_event *e);
/* Of an activity. */
FALLIBLE store_security_event(store_tx *tx, arena *a, int64_t activity, struct security_event *out, bool *found);

#endif
