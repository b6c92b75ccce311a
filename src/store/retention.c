/* Forgets activities, their items and versions of the configuration when their time has passed (operations §18). */
#include "store/session.h"

FALLIBLE store_old_activities(store_tx *tx, arena *a, const struct old_activity_query *q, struct old_activities *out) {
    struct q_old_activities_in in = {(int32_t)q->kind, q->before, q->after, (int64_t)q->limit};
    return q_old_activities_all(tx, a, &in, 1, out);
}

FALLIBLE store_forget_activity(store_tx *tx, int64_t id, int64_t rows, int64_t *removed, bool *gone) {
    int64_t self = 0, shown = 0;
    *gone = false;
    TRY(need_write(tx));
    TRY(q_items_forget(tx, &(struct q_items_forget_in){id, rows}, 1, removed));
    if (*removed >= rows) return NULL;
    TRY(q_change_preview_rows_forget(tx, &(struct q_change_preview_rows_forget_in){id, rows - *removed}, 1, &shown));
    *removed += shown;
    if (*removed >= rows) return NULL;
    TRY(q_item_types_forget(tx, &(struct q_item_types_forget_in){id}, 1));
    TRY(q_change_preview_forget(tx, &(struct q_change_preview_forget_in){id}, 1));
    TRY(q_configuration_change_forget(tx, &(struct q_configuration_change_forget_in){id}, 1));
    TRY(q_security_event_forget(tx, &(struct q_security_event_forget_in){id}, 1));
    TRY(q_activity_forget(tx, &(struct q_activity_forget_in){id}, 1, &self));
    *removed += self;
    *gone = self > 0;
    return NULL;
}

FALLIBLE store_change_records(store_tx *tx, int32_t system, int64_t *count) {
    return tally_get(tx, TALLY_HISTORY_SYSTEM, system, count);
}
