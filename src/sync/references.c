/* Inbound references: resolved by identity, held back while a target is not joined, never guessed (sync-engine §11.7). */
#include "sync/references.h"

/* Adds the MVOs that raw references lead to; counts those whose targets are not joined. */
static void resolve(const struct sync_batch *b, const struct values *raw, struct values *out, size_t *waiting) {
    for (size_t i = 0; raw && i < raw->count; i++) {
        int64_t mvo;
        if (!raw->at[i].reference.target || !batch_target(b, raw->at[i].reference.target, &mvo)) continue;
        if (!mvo)
            ++*waiting;
        else
            values_add(b->a, out, (struct value){.type = TYPE_REFERENCE, .reference = {.target = mvo}});
    }
}

bool reference_values(struct sync_batch *b, const struct plan_mapping *m, const struct work_cso *c, struct values *out,
                      size_t *waiting) {
    *out = (struct values){.attribute = m->target};
    *waiting = 0;
    const struct values *raw = attributes_find(&c->now.values, m->source);
    batch_whole(b, raw);
    resolve(b, raw, out, waiting);
    return m->multi || out->count + *waiting <= 1;
}

/* A difference: what came and went is applied to what the metaverse holds. Only where nobody else has a say about the attribute,
 * and where it held what this mapping said of the whole set. */
static enum yield difference_incoming(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m,
                                      const struct values *raw, struct values *out) {
    const struct values *held = attributes_find(&c->mvo->now.values, m->target);
    const struct values *went = b->gone ? attributes_find(b->gone, m->source) : NULL;
    struct values came = {.attribute = m->target}, left = {.attribute = m->target};
    size_t waiting = 0, ignored = 0;
    bool ours = held && held->mapping == m->id && m->multi && m->contributors->count == 1 && text_is_null(m->broken);
    if (!ours || c->joined_here) {
        batch_whole(b, raw);
        return YIELD_NOTHING;
    }
    resolve(b, raw, &came, &waiting);
    resolve(b, went, &left, &ignored);
    if (waiting) c->waiting = true;
    *out = (struct values){.attribute = m->target, .partial = held->partial};
    for (size_t i = 0; i < held->count; i++) {
        bool stays = waiting || !values_contain(&left, &held->at[i]) || values_contain(&came, &held->at[i]);
        if (stays) *LIST_ADD(b->a, out) = held->at[i];
    }
    for (size_t i = 0; i < came.count; i++) values_add(b->a, out, came.at[i]);
    return YIELD_VALUES;
}

/* Adds what the mapping has brought before: a partial view never shrinks a group. Sets of others are never merged with it. */
static void keep_held(struct sync_batch *b, const struct work_mvo *to, const struct plan_mapping *m, struct values *out) {
    const struct values *held = attributes_find(&to->now.values, m->target);
    if (!m->multi || !held || held->null_marker || held->mapping != m->id) return;
    batch_whole(b, held);
    struct values kept = {.attribute = m->target};
    for (size_t i = 0; i < held->count; i++) *LIST_ADD(b->a, &kept) = held->at[i];
    for (size_t i = 0; i < out->count; i++) values_add(b->a, &kept, out->at[i]);
    *out = kept;
}

enum yield reference_incoming(struct sync_batch *b, struct work_cso *c, const struct plan_mapping *m, struct values *out,
                              struct problem *problem) {
    const struct values *raw = attributes_find(&c->now.values, m->source);
    if (raw && raw->partial) return difference_incoming(b, c, m, raw, out);
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
    keep_held(b, c->mvo, m, out);
    return YIELD_VALUES;
}

static void want_targets(struct sync_batch *b, const struct values *raw) {
    for (size_t i = 0; raw && i < raw->count; i++) {
        if (raw->at[i].reference.target) want_target(b, raw->at[i].reference.target);
    }
}

void want_reference_targets(struct sync_batch *b, const struct work_cso *c) {
    if (!c->type || !c->type->flows_references || c->now.status != CSO_NORMAL) return;
    for (size_t r = 0; r < c->type->imports.count; r++) {
        for (EACH(const struct plan_mapping, m, &c->type->imports.at[r]->mappings)) {
            if (m->type != TYPE_REFERENCE) continue;
            want_targets(b, attributes_find(&c->now.values, m->source));
            if (c->in_page && b->gone) want_targets(b, attributes_find(b->gone, m->source));
        }
    }
}
