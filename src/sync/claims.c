/* Export matching: does the target hold an unjoined object of this identity already? (sync-engine §13.2) */
#include "sync/join.h"
#include "sync/outbound.h"

/* One value of an MVO, asked in reverse under one matching rule. */
struct claim {
    const struct plan_match *match;
    const struct value *value;
    int64_t *hits;
    size_t hit_count, hit_room;
};
struct claims {
    struct claim *at;
    size_t count, room;
    struct int_map first; /* MVO id → struct claim_range of its rules */
    struct int_map asked; /* CSO ids asked for */
};
struct claim_range {
    const struct plan_rule *rule;
    size_t from, to;
    struct claim_range *next;
};

static struct claims *claims_of(struct sync_batch *b) {
    if (b->claims) return b->claims;
    b->claims = ARENA_NEW(b->a, struct claims);
    int_map_init(&b->claims->first, b->a, b->queue.count);
    int_map_init(&b->claims->asked, b->a, 16);
    return b->claims;
}

static struct claim_range *range_of(const struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule) {
    struct claim_range *r = b->claims ? int_map_get(&b->claims->first, m->now.id) : NULL;
    while (r && r->rule != rule) r = r->next;
    return r;
}

void want_claims(struct sync_batch *b, struct work_mvo *m, const struct plan_rule *rule) {
    struct claims *list = claims_of(b);
    size_t from = list->count;
    if (range_of(b, m, rule)) return;
    for (EACH(const struct plan_match, match, &rule->matches)) {
        if (match->mv_type != m->now.type || !text_is_null(match->broken)) continue;
        const struct values *set = attributes_find(&m->now.values, match->config->mv_attribute);
        for (size_t i = 0; set && i < set->count; i++) {
            text key = value_key(b->a, &set->at[i]);
            if (!key.len) continue;
            *LIST_ADD(b->a, list) = (struct claim){.match = match, .value = &set->at[i]};
            *LIST_ADD(b->a, &b->wants.match_csos) = (struct sync_match){rule->cs_type->id, match->config->cs_attribute, key};
        }
    }
    struct claim_range *range = ARENA_NEW(b->a, struct claim_range);
    *range = (struct claim_range){rule, from, list->count, int_map_get(&list->first, m->now.id)};
    int_map_put(&list->first, m->now.id, range);
}

void learn_claims(struct sync_batch *b, const struct sync_match_hits *hits) {
    static char mark;
    struct claims *list = b->claims;
    for (EACH(const struct sync_match_hit, h, hits)) {
        struct claim *k = &list->at[b->claims_asked + h->query];
        if (k->hit_count == k->hit_room) k->hits = list_grow_(b->a, k->hits, &k->hit_room, sizeof *k->hits);
        k->hits[k->hit_count++] = h->object;
        struct work_cso *c = batch_cso(b, h->object);
        if (c)
            want_values(b, c);
        else if (!int_map_put(&list->asked, h->object, &mark))
            *LIST_ADD(b->a, &b->wants.values) = h->object;
    }
    b->claims_asked = list->count;
}

void want_claimed(struct sync_batch *b) {
    for (size_t i = 0; b->claims && i < b->claims->count; i++) {
        const struct claim *k = &b->claims->at[i];
        for (size_t n = 0; n < k->hit_count; n++) {
            struct work_cso *c = batch_cso(b, k->hits[n]);
            if (c) want_pending(b, c);
        }
    }
}

/* What may be gone from the system already is no object to claim: after the import that confirms it a new one is created (§15.2).
 */
static bool is_being_deleted(const struct work_cso *c) {
    const struct work_pe *pe = batch_pe(c);
    return pe && pe->now.change == EXPORT_DELETE && pe->now.status != EXPORT_PENDING;
}

static bool claimable(const struct work_cso *c, const struct plan_rule *rule, const struct claim *k) {
    if (!c || c->removed || c->now.mvo || c->now.status != CSO_NORMAL || c->now.type != rule->cs_type->id) return false;
    if (is_being_deleted(c)) return false;
    const struct values *set = attributes_find(&c->now.values, k->match->config->cs_attribute);
    for (size_t i = 0; set && i < set->count; i++) {
        if (match_equal(k->match->config, &set->at[i], k->value)) return true;
    }
    return false;
}

size_t claim_candidates(struct sync_batch *b, struct work_mvo *m, const struct plan_rule *rule, struct work_cso **found) {
    const struct claim_range *range = range_of(b, m, rule);
    const struct plan_match *match = NULL;
    size_t count = 0;
    *found = NULL;
    for (size_t i = range ? range->from : 0; range && i < range->to; i++) {
        const struct claim *k = &b->claims->at[i];
        if (count && k->match != match) break;
        match = k->match;
        for (size_t n = 0; n < k->hit_count; n++) {
            struct work_cso *c = batch_cso(b, k->hits[n]);
            if (!claimable(c, rule, k) || c == *found) continue;
            *found = c;
            count++;
        }
    }
    return count;
}
