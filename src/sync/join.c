/* Matching, joining and projecting in the order of the page (sync-engine §10). */
#include "sync/join.h"

#include "sync/disconnect.h"

/* One value of an unjoined object, asked under one matching rule. */
struct probe {
    struct work_cso *cso;
    const struct plan_match *match;
    const struct value *value;
    text key;
    int64_t *hits; /* MVO ids that the look-up preselected */
    size_t hit_count, hit_room;
};
struct probes {
    struct probe *at;
    size_t count, room;
    struct int_map first; /* CSO id → its first probe's number + 1 */
};

/* An MVO projected in this page, under one of its matching values. */
struct new_key {
    struct work_mvo *mvo;
    int32_t mv_type, attribute;
    text key;
    struct new_key *next;
};

bool match_equal(const struct matching_rule *rule, const struct value *a, const struct value *b) {
    return rule->case_sensitive ? value_equal(a, b) : value_equal_any_case(a, b);
}

/* ---- Look-ups ---- */

static void probe_match(struct sync_batch *b, struct work_cso *c, const struct plan_match *match) {
    const struct values *source = text_is_null(match->broken) ? attributes_find(&c->now.values, match->config->cs_attribute) : NULL;
    for (size_t i = 0; source && i < source->count; i++) {
        text key = value_key(b->a, &source->at[i]);
        if (!key.len) continue;
        *LIST_ADD(b->a, b->probes) = (struct probe){.cso = c, .match = match, .value = &source->at[i], .key = key};
        *LIST_ADD(b->a, &b->wants.match_mvos) = (struct sync_match){match->mv_type, match->config->mv_attribute, key};
    }
}

/* Visits the matching rules that count for an object: those of its type, or those of each rule in scope. */
static void each_match(struct sync_batch *b, struct work_cso *c,
                       bool (*visit)(struct sync_batch *b, struct work_cso *c, const struct plan_match *m, void *state),
                       void *state) {
    const struct plan_type *type = c->type;
    if (type->system->matching_mode == MATCHING_SIMPLE) {
        if (type->imports.count && !c->scope.count) return;
        for (EACH(const struct plan_match, m, &type->matches)) {
            if (!visit(b, c, m, state)) return;
        }
        return;
    }
    for (size_t r = 0; r < c->scope.count; r++) {
        for (EACH(const struct plan_match, m, &c->scope.at[r]->matches)) {
            if (!visit(b, c, m, state)) return;
        }
    }
}

static bool visit_probe(struct sync_batch *b, struct work_cso *c, const struct plan_match *m, void *state) {
    (void)state;
    probe_match(b, c, m);
    return true;
}

void want_matches(struct sync_batch *b) {
    b->probes = ARENA_NEW(b->a, struct probes);
    int_map_init(&b->probes->first, b->a, b->page.count);
    for (size_t i = 0; i < b->page.count; i++) {
        struct work_cso *c = b->page.at[i];
        if (c->now.mvo || c->now.status != CSO_NORMAL || !c->type || !text_is_null(c->trouble)) continue;
        size_t first = b->probes->count;
        each_match(b, c, visit_probe, NULL);
        if (b->probes->count > first) int_map_put(&b->probes->first, c->now.id, (void *)(uintptr_t)(first + 1));
    }
}

void learn_matches(struct sync_batch *b, const struct sync_match_hits *hits) {
    for (EACH(const struct sync_match_hit, h, hits)) {
        struct probe *p = &b->probes->at[h->query];
        if (p->hit_count == p->hit_room) p->hits = list_grow_(b->a, p->hits, &p->hit_room, sizeof *p->hits);
        p->hits[p->hit_count++] = h->object;
        want_mvo(b, h->object);
    }
}

void want_matched(struct sync_batch *b) {
    if (!b->probes) return;
    for (EACH(const struct probe, p, b->probes)) {
        for (size_t i = 0; i < p->hit_count; i++) {
            struct work_mvo *m = batch_mvo(b, p->hits[i]);
            if (m) want_connectors(b, m);
        }
    }
}

/* ---- MVOs of this page ---- */

static int64_t new_key_hash(int32_t mv_type, int32_t attribute, text key) {
    return (int64_t)(text_hash(key) ^ (uint64_t)plan_key(mv_type, attribute) * UINT64_C(0x9E3779B97F4A7C15));
}

static bool visit_index(struct sync_batch *b, struct work_cso *c, const struct plan_match *m, void *state) {
    (void)state;
    if (m->mv_type != c->mvo->now.type) return true;
    const struct values *set = attributes_find(&c->mvo->now.values, m->config->mv_attribute);
    for (size_t i = 0; set && i < set->count; i++) {
        text key = value_key(b->a, &set->at[i]);
        int64_t hash = new_key_hash(m->mv_type, m->config->mv_attribute, key);
        struct new_key *k = ARENA_NEW(b->a, struct new_key);
        *k = (struct new_key){c->mvo, m->mv_type, m->config->mv_attribute, key, int_map_get(&b->new_keys, hash)};
        int_map_put(&b->new_keys, hash, k);
    }
    return true;
}

/* Under all keys by which another object of its type may look for it, also by rules that do not hold for this one (J+23). */
void join_index(struct sync_batch *b, struct work_cso *c) {
    if (c->type->system->matching_mode == MATCHING_SIMPLE) {
        for (EACH(const struct plan_match, m, &c->type->matches)) visit_index(b, c, m, NULL);
        return;
    }
    for (size_t r = 0; r < c->type->imports.count; r++)
        for (EACH(const struct plan_match, m, &c->type->imports.at[r]->matches)) visit_index(b, c, m, NULL);
}

/* ---- Decisions ---- */

struct search {
    struct work_mvo *found;
    size_t count;
    const struct plan_match *match, *broken;
};

static void consider(struct search *s, struct work_mvo *m) {
    if (!m || m->removed || s->found == m) return;
    s->found = m;
    s->count++;
}

/* Stored MVOs count with the values they had at the page's start. */
static bool stored_match(const struct work_mvo *m, const struct probe *p) {
    if (!m || !m->before || m->before->type != p->match->mv_type) return false;
    if (m->before->tenant != p->cso->type->system->tenant) return false;
    const struct values *set = attributes_find(&m->before->values, p->match->config->mv_attribute);
    for (size_t i = 0; set && i < set->count; i++) {
        if (match_equal(p->match->config, &set->at[i], p->value)) return true;
    }
    return false;
}

static bool projected_match(const struct new_key *k, const struct probe *p) {
    if (k->mv_type != p->match->mv_type || k->attribute != p->match->config->mv_attribute) return false;
    const struct values *set = attributes_find(&k->mvo->now.values, k->attribute);
    for (size_t i = 0; set && i < set->count; i++) {
        if (match_equal(p->match->config, &set->at[i], p->value)) return true;
    }
    return false;
}

static void search_probe(struct sync_batch *b, const struct probe *p, struct search *s) {
    for (size_t i = 0; i < p->hit_count; i++) {
        struct work_mvo *m = batch_mvo(b, p->hits[i]);
        if (stored_match(m, p)) consider(s, m);
    }
    int64_t hash = new_key_hash(p->match->mv_type, p->match->config->mv_attribute, p->key);
    for (struct new_key *k = int_map_get(&b->new_keys, hash); k; k = k->next) {
        if (projected_match(k, p)) consider(s, k->mvo);
    }
}

static bool visit_search(struct sync_batch *b, struct work_cso *c, const struct plan_match *m, void *state) {
    struct search *s = state;
    if (!text_is_null(m->broken)) {
        s->broken = m;
        return false;
    }
    uintptr_t first = (uintptr_t)int_map_get(&b->probes->first, c->now.id);
    for (size_t i = first ? first - 1 : b->probes->count; i < b->probes->count && b->probes->at[i].cso == c; i++) {
        if (b->probes->at[i].match == m) search_probe(b, &b->probes->at[i], s);
    }
    s->match = m;
    return s->count == 0;
}

enum match_result join_try(struct sync_batch *b, struct work_cso *c) {
    struct search s = {0};
    each_match(b, c, visit_search, &s);
    if (s.broken) {
        item_fail(b, c, ITEM_UNHANDLED, s.broken->broken);
        return MATCH_REFUSED;
    }
    if (s.count == 0) return MATCH_NONE;
    if (s.count > 1) {
        item_fail(b, c, ITEM_AMBIGUOUS_MATCH,
                  arena_print(b->a, "Matching rule %d finds %zu metaverse objects for this object.", s.match->config->id, s.count));
        return MATCH_REFUSED;
    }
    if (batch_connector(s.found, c->now.system)) {
        item_fail(b, c, ITEM_COULD_NOT_JOIN,
                  arena_print(b->a, "The metaverse object that matching rule %d finds is joined to another object of this system.",
                              s.match->config->id));
        return MATCH_REFUSED;
    }
    batch_join(b, c, s.found, JOIN_JOINED);
    c->event = EVENT_JOINED;
    c->rule = s.match->config->sync_rule;
    c->joined_here = true;
    rejoined(b, c);
    return MATCH_ONE;
}

const struct plan_rule *join_projecting_rule(const struct work_cso *c) {
    for (size_t i = 0; i < c->scope.count; i++) {
        if (c->scope.at[i]->config->project) return c->scope.at[i];
    }
    return NULL;
}

void join_project(struct sync_batch *b, struct work_cso *c, const struct plan_rule *rule) {
    batch_join(b, c, batch_project(b, rule->system->tenant, rule->mv_type), JOIN_PROJECTED);
    c->event = EVENT_PROJECTED;
    c->rule = rule->config->id;
    c->joined_here = true;
}
