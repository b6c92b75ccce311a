/* Security events: counted as one while they are equal. */
#include "store/security_events.h"

#include "store/session.h"

FALLIBLE store_repeat_security_event(store_tx *tx, const struct security_event *e, bool *known) {
    int64_t changed;
    TRY(need_write(tx));
    TRY(q_security_event_repeat(tx, e, 1, &changed));
    *known = changed > 0;
    return NULL;
}

FALLIBLE store_add_security_event(store_tx *tx, const struct security_event *e) {
    TRY(need_write(tx));
    return q_security_event_add(tx, e, 1);
}

FALLIBLE store_security_event(store_tx *tx, arena *a, int64_t activity, struct security_event *out, bool *found) {
    *out = (struct security_event){0};
    return q_security_event_of_one(tx, a, &(struct q_security_event_of_in){activity}, out, found);
}
