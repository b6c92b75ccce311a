/* What stands in the engine's store, in the form of the model. */
#include "engine_private.h"

#include <stdlib.h>
#include <string.h>

static int place_of(const int32_t *list, int count, int32_t id) {
    for (int i = 0; i < count; i++)
        if (list[i] == id) return i;
    return -1;
}

static const char *word(struct engine *e, const struct value *v) {
    text t = v->type == TYPE_REFERENCE ? v->reference.raw : value_text(e->page, v);
    return t.at ? intern(t.at, t.len) : "";
}

static void take_set(struct engine *e, const struct values *from, struct set *to) {
    for (size_t i = 0; i < from->count && to->n < VALUES; i++) {
        struct item *x = &to->at[to->n++];
        x->word = word(e, &from->at[i]);
        if (from->at[i].type == TYPE_REFERENCE) x->ref = (int)from->at[i].reference.target;
    }
}

static void take_cso(struct engine *e, int system, const struct cso *from, struct scso *to) {
    *to = (struct scso){.id = (int)from->id, .system = system, .status = from->status, .join = from->join};
    to->type = place_of(e->cs_types[system], TYPES, from->type);
    to->mvo = (int)from->mvo;
    to->review = from->scope_review;
    for (EACH(const struct values, v, &from->values)) {
        int at = place_of(e->cs_attributes[system][to->type], ATTRS, v->attribute);
        take_set(e, v, &to->v[at]);
    }
}

static void take_csos(struct engine *e, store_tx *tx, int system, struct space *out) {
    struct csos list = {0};
    struct cso_page_query q = {.system = e->systems[system], .limit = 100000, .values = true};
    OK(store_cso_page(tx, e->page, e->c, &q, &list));
    for (EACH(const struct cso, o, &list)) take_cso(e, system, o, &out->cso[out->csos++]);
}

static void take_mvo(struct engine *e, const struct mvo *from, struct smvo *to) {
    *to = (struct smvo){.id = (int)from->id, .type = place_of(e->mv_types, TYPES, from->type), .review = from->scope_review};
    to->marked = from->deletion.disconnected.ticks != 0;
    to->marked_at = to->marked ? engine_minutes(from->deletion.disconnected) : 0;
    to->trigger = place_of(e->systems, SYSTEMS, from->deletion.trigger_system);
    for (EACH(const struct values, v, &from->values)) {
        int at = place_of(e->mv_attributes, ATTRS, v->attribute);
        take_set(e, v, &to->v[at]);
        to->null[at] = v->null_marker;
        to->by[at] = v->mapping;
    }
}

static void take_change(struct engine *e, int system, int type, const struct staged_change *from, struct change *to) {
    *to = (struct change){.how = from->change, .status = from->status, .has = from->has_value, .attempts = from->attempts};
    to->attr = place_of(e->cs_attributes[system][type], ATTRS, from->attribute);
    to->drift = from->drift;
    if (!to->has) return;
    if (from->value.type != TYPE_REFERENCE || !from->reference_mvo) to->v.word = word(e, &from->value);
    to->v.ref = (int)from->reference_mvo;
}

static void take_export(struct engine *e, const struct pending_export *from, struct space *out) {
    struct spe *to = &out->pe[out->pes++];
    const struct scso *o = NULL;
    *to = (struct spe){.cso = (int)from->cso, .mvo = (int)from->mvo, .what = from->change, .status = from->status};
    to->errors = from->errors;
    to->retry = from->next_retry.ticks ? engine_minutes(from->next_retry) : 0;
    to->unresolved = from->unresolved;
    to->exported = from->ever_exported;
    for (int i = 0; i < out->csos; i++)
        if (out->cso[i].id == to->cso) o = &out->cso[i];
    for (EACH(const struct staged_change, k, &from->changes))
        if (o) take_change(e, o->system, o->type, k, &to->at[to->n++]);
}

static void count_outcomes(const struct outcome_node *node, int outcomes[32]) {
    for (; node; node = node->next) {
        outcomes[node->type]++;
        count_outcomes(node->children, outcomes);
    }
}

/* An error that stands on another item of the object already says nothing new. */
static bool repeats(const struct run_items *items, const struct run_item *item) {
    for (EACH(const struct run_item, other, items))
        if ((other->change != OBJECT_NOT_SET || other < item) && item->change == OBJECT_NOT_SET && other->cso == item->cso &&
            other->error == item->error && item->cso)
            return true;
    return false;
}

static void take_items(struct engine *e, store_tx *tx, struct space *out) {
    struct run_items items = {0};
    struct activity activity;
    int64_t total;
    bool found;
    if (!e->activity) return;
    OK(store_activity(tx, e->page, e->activity, &activity, &found));
    out->ended = activity.status;
    OK(store_items(tx, e->page, &(struct item_query){.activity = e->activity, .limit = 100000}, &items, &total));
    for (EACH(const struct run_item, item, &items)) {
        int outcomes[32] = {0};
        if (activity.run_type >= RUN_FULL_SYNCHRONISATION && repeats(&items, item)) continue;
        if (activity.run_type < RUN_FULL_SYNCHRONISATION || activity.run_type == RUN_EXPORT)
            count_outcomes(item->outcomes, outcomes);
        item_line(&out->items, item->external_id.len ? arena_cstring(e->page, item->external_id) : "-", item->change, item->error,
                  outcomes);
    }
}

void engine_look(struct engine *e, const struct story *s, struct space *out) {
    OWNED(store_tx) tx = NULL;
    struct mvos mvos = {0};
    memset(out, 0, sizeof *out);
    arena_reset(e->page);
    OK(store_read(e->s, &tx));
    for (int i = 0; i < s->systems; i++) take_csos(e, tx, i, out);
    OK(store_mvo_page(tx, e->page, e->c, MVO_ALL, 0, 0, 100000, &mvos));
    for (EACH(const struct mvo, m, &mvos)) take_mvo(e, m, &out->mvo[out->mvos++]);
    struct int64s ids = {0};
    struct pending_exports exports = {0};
    for (int i = 0; i < out->csos; i++) *LIST_ADD(e->page, &ids) = out->cso[i].id;
    OK(store_pending_by_cso(tx, e->page, e->c, ids.at, ids.count, &exports));
    for (EACH(const struct pending_export, p, &exports)) take_export(e, p, out);
    take_items(e, tx, out);
    memcpy(out->sim, e->sim, sizeof out->sim);
}
