/* Inbound references: resolved by identity, held back while a target is not joined, never guessed (sync-engine §11.7). */
#include "sync/references.h"

bool reference_values(struct sync_batch *b, const struct plan_mapping *m, const struct work_cso *c, struct values *out,
                      size_t *waiting) {
    *out = (struct values){.attribute = m->target};
    *waiting = 0;
    const struct values *raw = attributes_find(&c->now.values, m->source);
    for (size_t i = 0; raw && i < raw->count; i++) {
        int64_t mvo;
        if (!raw->at[i].reference.target || !batch_target(b, raw->at[i].reference.target, &mvo)) continue;
        if (!mvo)
            ++*waiting;
        else
            values_add(b->a, out, (struct value){.type = TYPE_REFERENCE, .reference = {.target = mvo}});
    }
    return m->multi || out->count + *waiting <= 1;
}

enum yield reference_incoming(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, struct values *out,
                              struct problem *problem) {
    size_t waiting;
    bool fits = reference_values(b, m, c, out, &waiting);
    if (waiting) c->waiting = true;
    if (!text_is_null(m->broken) || !fits) {
        *problem = (struct problem){
            .kind = fits ? ITEM_UNHANDLED : ITEM_MULTI_TO_SINGLE,
            .message =
                fits ? m->broken : arena_print(b->a, "Mapping %d has several references for a target that takes one.", m->id)};
        return YIELD_PROBLEM;
    }
    if (!waiting) return YIELD_VALUES;
    if (!out->count) return YIELD_NOTHING;
    const struct values *held = attributes_find(&c->mvo->now.values, m->target);
    if (!m->multi || !held || held->null_marker) return YIELD_VALUES;
    struct values kept = {.attribute = m->target};
    for (size_t i = 0; i < held->count; i++) *LIST_ADD(b->a, &kept) = held->at[i];
    for (size_t i = 0; i < out->count; i++) values_add(b->a, &kept, out->at[i]);
    *out = kept;
    return YIELD_VALUES;
}

void want_reference_targets(struct sync_batch *b, const struct work_cso *c) {
    if (!c->type || !c->type->flows_references || c->now.status != CSO_NORMAL) return;
    for (size_t r = 0; r < c->type->imports.count; r++) {
        for (EACH(const struct plan_mapping, m, &c->type->imports.at[r]->mappings)) {
            if (m->type != TYPE_REFERENCE) continue;
            const struct values *raw = attributes_find(&c->now.values, m->source);
            for (size_t i = 0; raw && i < raw->count; i++) {
                if (raw->at[i].reference.target) want_target(b, raw->at[i].reference.target);
            }
        }
    }
}
