/* The priority gate and re-election: which contributor's values an attribute of the metaverse holds (sync-engine §11). */
#include "sync/flow.h"

#include "sync/references.h"
#include "sync/scope.h"

bool flow_applies(struct sync_batch *b, const struct plan_rule *rule, const struct work_cso *c) {
    if (c->removed || c->now.status != CSO_NORMAL || c->now.type != rule->cs_type->id) return false;
    if (!rule->scoped) return true;
    return c->now.has_values && text_is_null(rule->broken_scope) && scope_holds(b->a, rule->config, &c->now.values, b->run->now);
}

/* The connector through which a mapping speaks for this MVO, or NULL. */
static struct work_cso *speaker(struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping,
                                const struct work_cso *leaving) {
    for (struct work_cso *c = m->connectors; c; c = c->next) {
        if (c != leaving && c->now.system == mapping->rule->system->id && flow_applies(b, mapping->rule, c)) return c;
    }
    return NULL;
}

static const struct plan_contributors *contributors_of(struct sync_batch *b, const struct work_mvo *m, int32_t attribute) {
    return plan_contributors_of(b->plan, m->now.type, attribute);
}

/* ---- Changing an attribute ---- */

/* Values that a mapping has brought before keep their place (§2.1): what was there when the batch began first, then the others. */
static struct values in_order(struct sync_batch *b, const struct work_mvo *m, int32_t mapping, const struct values *set) {
    const struct values *stored = m->before ? attributes_find(&m->before->values, set->attribute) : NULL;
    struct values out = {.attribute = set->attribute};
    struct value_set wanted, there;
    if (!stored || stored->mapping != mapping || stored->partial || set->partial || set->count < 2) return *set;
    value_set_init(&wanted, b->a, set->count);
    value_set_init(&there, b->a, stored->count);
    for (EACH(struct value, v, set)) value_set_add(&wanted, b->a, v);
    for (EACH(struct value, v, stored)) {
        value_set_add(&there, b->a, v);
        if (value_set_has(&wanted, v)) *LIST_ADD(b->a, &out) = *v;
    }
    for (EACH(const struct value, v, set))
        if (!value_set_has(&there, v)) *LIST_ADD(b->a, &out) = *v;
    return out;
}

/* Replaces the set; identical sets change nothing but, where a better mapping says the same, who said it. */
static void put_values(struct sync_batch *b, struct work_mvo *m, int32_t mapping, const struct values *set, struct tally *tally) {
    struct values *entry = attributes_find(&m->now.values, set->attribute);
    bool had = entry && !entry->null_marker;
    if (had && entry->partial && !set->partial) batch_whole(b, entry);
    if (had && values_same(entry, set)) {
        if (entry->mapping == mapping) return;
        batch_values(b, m);
        attributes_find(&m->now.values, set->attribute)->mapping = mapping;
        return;
    }
    if (had) {
        struct value_diff diff;
        values_diff(b->a, entry, set, &diff);
        tally->flows += (int32_t)(diff.added.count + diff.removed.count);
    } else {
        tally->flows += (int32_t)set->count;
    }
    struct values ordered = in_order(b, m, mapping, set);
    entry = attributes_ensure(b->a, batch_values(b, m), set->attribute);
    *entry = (struct values){.attribute = set->attribute,
                             .mapping = mapping,
                             .partial = set->partial,
                             .at = ordered.at,
                             .count = ordered.count,
                             .room = ordered.count};
}

static void put_null(struct sync_batch *b, struct work_mvo *m, int32_t attribute, int32_t mapping, struct tally *tally) {
    const struct values *entry = attributes_find(&m->now.values, attribute);
    if (entry && entry->null_marker && entry->mapping == mapping) return;
    batch_whole(b, entry);
    if (entry) tally->flows += (int32_t)entry->count;
    if (!entry || !entry->null_marker) tally->asserted_null++;
    *attributes_ensure(b->a, batch_values(b, m), attribute) =
        (struct values){.attribute = attribute, .mapping = mapping, .null_marker = true};
}

static void clear(struct sync_batch *b, struct work_mvo *m, int32_t attribute, struct tally *tally) {
    const struct values *entry = attributes_find(&m->now.values, attribute);
    if (!entry) return;
    batch_whole(b, entry);
    tally->flows += (int32_t)entry->count;
    tally->no_contributor++;
    attributes_remove(batch_values(b, m), attribute);
}

/* ---- Re-election (§11.6) ---- */

enum yield flow_says(struct sync_batch *b, const struct plan_mapping *mapping, const struct work_cso *c, const struct work_mvo *m,
                     struct values *out, struct problem *problem) {
    struct formula_inputs in = batch_inputs(b, &m->now.values, &c->now.values);
    if (mapping->type != TYPE_REFERENCE) return yield_import(b->a, mapping, &in, out, problem);
    size_t waiting;
    if (!reference_values(b, mapping, c, out, &waiting)) {
        *problem = (struct problem){.kind = ITEM_MULTI_TO_SINGLE,
                                    .message = T("There are several references for a target that takes one.")};
        return YIELD_PROBLEM;
    }
    return waiting ? YIELD_NOTHING : YIELD_VALUES;
}

/* Gives the attribute to the best contributor that has an opinion; false when there is none. */
static bool elect(struct sync_batch *b, struct work_mvo *m, int32_t attribute, const struct work_cso *leaving,
                  struct tally *tally) {
    const struct plan_contributors *list = contributors_of(b, m, attribute);
    for (size_t i = 0; list && i < list->count; i++) {
        const struct plan_mapping *mapping = list->at[i];
        struct work_cso *c = speaker(b, m, mapping, leaving);
        struct values set;
        struct problem problem;
        if (!c || !c->now.has_values || flow_says(b, mapping, c, m, &set, &problem) != YIELD_VALUES) continue;
        if (set.count)
            put_values(b, m, mapping->id, &set, tally);
        else if (mapping->config->null_is_value)
            put_null(b, m, attribute, mapping->id, tally);
        else
            continue;
        return true;
    }
    return false;
}

static void withdraw(struct sync_batch *b, struct work_mvo *m, int32_t attribute, const struct work_cso *leaving, bool freeze,
                     struct tally *tally) {
    if (!elect(b, m, attribute, leaving, tally) && !freeze) clear(b, m, attribute, tally);
}

/* ---- The gate (§11.4) ---- */

static void pass_gate(struct sync_batch *b, struct work_cso *c, const struct incoming *in) {
    const struct plan_mapping *mapping = in->mapping;
    struct work_mvo *m = c->mvo;
    const struct values *entry = attributes_find(&m->now.values, mapping->target);
    bool has = in->set.count > 0 || in->set.partial, asserts = mapping->config->null_is_value;
    if (entry && entry->mapping && entry->mapping != mapping->id && mapping->contributors->count > 1) {
        const struct plan_mapping *incumbent = plan_import_mapping(b->plan, entry->mapping);
        if (incumbent && incumbent->contributors == mapping->contributors && speaker(b, m, incumbent, NULL)) {
            if (incumbent->rank < mapping->rank) return;
            if (!has && !asserts) return;
        }
    }
    if (has)
        put_values(b, m, mapping->id, &in->set, &c->tally);
    else if (asserts)
        put_null(b, m, mapping->target, mapping->id, &c->tally);
    else if (entry)
        withdraw(b, m, mapping->target, NULL, false, &c->tally);
}

bool flow_compute(struct sync_batch *b, struct work_cso *c, const struct attributes *mv, struct incomings *out) {
    struct formula_inputs in = batch_inputs(b, mv, &c->now.values);
    bool told = c->item && c->item->item.error != ITEM_NO_ERROR;
    *out = (struct incomings){0};
    for (size_t r = 0; r < c->scope.count; r++) {
        for (EACH(struct plan_mapping, m, &c->scope.at[r]->mappings)) {
            if (m->type == TYPE_REFERENCE) continue;
            struct incoming *next = LIST_ADD(b->a, out);
            struct problem problem;
            next->mapping = m;
            if (yield_import(b->a, m, &in, &next->set, &problem) == YIELD_VALUES) continue;
            out->count--;
            c->stopped = problem.whole_object;
            /* what the others computed is discarded, and with it what was wrong with them */
            if (c->stopped && c->item && !told) c->item->item.error = ITEM_NO_ERROR;
            item_fail(b, c, problem.kind, problem.message);
            if (c->stopped) return false;
        }
    }
    return true;
}

bool flow_stops(struct sync_batch *b, const struct work_cso *c) {
    struct formula_inputs in = batch_inputs(b, c->mvo ? &c->mvo->now.values : NULL, &c->now.values);
    for (size_t r = 0; r < c->scope.count; r++) {
        for (EACH(const struct plan_mapping, m, &c->scope.at[r]->mappings)) {
            struct values set;
            struct problem problem = {0};
            if (m->type == TYPE_REFERENCE || !m->formula) continue;
            if (yield_import(b->a, m, &in, &set, &problem) == YIELD_PROBLEM && problem.whole_object) return true;
        }
    }
    return false;
}

/* A value of this system whose mapping speaks no more, neither through this object nor through another of the system. */
static bool is_stale(struct sync_batch *b, const struct work_cso *c, const struct values *entry) {
    if (!entry->mapping || plan_system_of_mapping(b->plan, entry->mapping) != c->now.system) return false;
    const struct plan_mapping *mapping = plan_import_mapping(b->plan, entry->mapping);
    if (!mapping) return true;
    for (size_t i = 0; i < c->scope.count; i++) {
        if (c->scope.at[i] == mapping->rule) return false;
    }
    return !speaker(b, c->mvo, mapping, NULL);
}

static void withdraw_stale(struct sync_batch *b, struct work_cso *c) {
    struct int32s stale = {0};
    for (EACH(const struct values, entry, &c->mvo->now.values)) {
        if (is_stale(b, c, entry)) *LIST_ADD(b->a, &stale) = entry->attribute;
    }
    for (size_t i = 0; i < stale.count; i++) withdraw(b, c->mvo, stale.at[i], NULL, false, &c->tally);
}

void flow_apply(struct sync_batch *b, struct work_cso *c, const struct incomings *list) {
    if (!c->mvo->before && !c->mvo->now.values.room) {
        c->mvo->now.values.at = ARENA_ARRAY(b->a, struct values, list->count + 4);
        c->mvo->now.values.room = list->count + 4;
    }
    if (c->mvo->before) withdraw_stale(b, c); /* first, so that the best of the others follows and not the next to speak */
    for (EACH(const struct incoming, in, list)) pass_gate(b, c, in);
}

void flow_references(struct sync_batch *b, struct work_cso *c) {
    c->referred = true;
    for (size_t r = 0; r < c->scope.count; r++) {
        for (EACH(struct plan_mapping, m, &c->scope.at[r]->mappings)) {
            if (m->type != TYPE_REFERENCE) continue;
            struct incoming in = {.mapping = m};
            struct problem problem;
            switch (reference_incoming(b, c, m, &in.set, &problem)) {
            case YIELD_VALUES:
                pass_gate(b, c, &in);
                break;
            case YIELD_PROBLEM:
                item_fail(b, c, problem.kind, problem.message);
                c->referred = false;
                break;
            case YIELD_NOTHING:
                break;
            }
        }
    }
}

void flow_recall(struct sync_batch *b, struct work_cso *leaving, bool freeze) {
    struct work_mvo *m = leaving->mvo;
    struct int32s held = {0};
    for (EACH(const struct values, entry, &m->now.values)) {
        bool ours = entry->mapping && plan_system_of_mapping(b->plan, entry->mapping) == leaving->now.system;
        if (ours) *LIST_ADD(b->a, &held) = entry->attribute;
    }
    for (size_t i = 0; i < held.count; i++) withdraw(b, m, held.at[i], leaving, freeze, &leaving->tally);
}
