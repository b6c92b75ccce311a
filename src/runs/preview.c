/* Previews: batches of the engine over a reading session, with ids that are never stored (sync-engine §20). */
#include "runs/preview.h"

#include "runs/sync.h"

#define PREVIEW_BYTES ((size_t)16 << 30)
/* Ids are below 2^48; a store does not get to the upper half. */
#define SCRATCH_IDS (INT64_C(1) << 47)

bool preview_made(int64_t id) { return id >= SCRATCH_IDS; }

void preview_ids(struct sync_ids *ids) {
    struct sync_id_range range = {SCRATCH_IDS, SCRATCH_IDS * 2};
    *ids = (struct sync_ids){.mvo = range, .cso = range, .pending_export = range, .item = range};
}

static void open_preview(struct preview *p, const struct config *c) {
    *p = (struct preview){.a = arena_new(PREVIEW_BYTES), .plan = sync_plan_new(c), .scratch = arena_new(PREVIEW_BYTES)};
    preview_ids(&p->ids);
    p->facts = (struct sync_run){.tracking = TRACK_DETAILED, .now = instant_now(), .preview = true, .scratch = p->scratch};
}

void preview_close(struct preview *p) {
    sync_plan_free(p->plan);
    arena_free(p->a);
    arena_free(p->scratch);
    *p = (struct preview){0};
}

static FALLIBLE finish(struct preview *p, store_tx *tx, const struct config *c, sync_batch *b) {
    struct sync_loader loader = {.store = store_of(tx), .tx = tx, .config = c, .scratch = p->scratch};
    return sync_finish(b, sync_loader_source(&loader));
}

FALLIBLE preview_synchronisation(store_tx *tx, const struct config *c, enum run_type type, const struct cso *object,
                                 struct preview *p) {
    struct system_state state;
    open_preview(p, c);
    p->facts.system = object->system;
    TRY(store_system_state(tx, p->a, object->system, &state));
    sync_facts_of(&p->facts, c, type == RUN_FULL_SYNCHRONISATION, &state);
    p->selected = sync_takes_up(&p->facts, object);
    sync_batch *b = sync_batch_new(p->a, p->plan, &p->facts, &p->ids);
    struct csos *page = ARENA_NEW(p->a, struct csos);
    *LIST_ADD(p->a, page) = *object;
    sync_batch_page(b, page);
    TRY(finish(p, tx, c, b));
    p->outcome = sync_outcome(b);
    return NULL;
}

static struct mvos *only(struct preview *p, const struct mvo *object) {
    struct mvos *list = ARENA_NEW(p->a, struct mvos);
    *LIST_ADD(p->a, list) = *object;
    return list;
}

FALLIBLE preview_exports(store_tx *tx, const struct config *c, const struct mvo *object, struct preview *p) {
    open_preview(p, c);
    sync_batch *b = sync_batch_new(p->a, p->plan, &p->facts, &p->ids);
    sync_batch_evaluate(b, only(p, object));
    TRY(finish(p, tx, c, b));
    p->outcome = sync_outcome(b);
    p->selected = true;
    return NULL;
}

FALLIBLE preview_explanation(store_tx *tx, const struct config *c, const struct mvo *object, struct preview *p) {
    open_preview(p, c);
    sync_batch *b = sync_batch_new(p->a, p->plan, &p->facts, &p->ids);
    sync_batch_explain(b, &only(p, object)->at[0]);
    TRY(finish(p, tx, c, b));
    sync_explain(b, &p->explanation);
    return NULL;
}
