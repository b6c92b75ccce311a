/* What a run lets the store keep of its changes, and what it confirms (sync-engine §21). */
#include "runs/run.h"

void run_note(const struct run *r, store_tx *tx) { store_note_tracked(tx, r->config, r->activity.id, instant_now()); }

/* What was exported is what an import sees again: the item of the export is its cause. */
void run_confirms(arena *a, struct run_item *item, const struct pending_export *p) {
    if (!p->exported_by) return;
    struct cause *all = ARENA_ARRAY(a, struct cause, item->cause_count + 1);
    for (size_t i = 0; i < item->cause_count; i++) all[i] = item->causes[i];
    all[item->cause_count++] = (struct cause){.edge = EDGE_EXPORT_CONFIRMED,
                                              .reason = (int)REASON_CREATE_STAGED + (int)p->change - (int)EXPORT_CREATE,
                                              .item = p->exported_by,
                                              .mvo = p->mvo};
    item->causes = all;
}
