/* From mappings to attribute changes, and no change the target holds already (sync-engine §13.3, §13.4, §14). */
#include "sync/changes.h"

#include "sync/outbound.h"

/* ---- What the target holds ---- */

/* Raw text that several objects could mean means the one for which it was written. */
static bool learn_target(struct values *set, const struct value *written) {
    if (written->type != TYPE_REFERENCE || !written->reference.target) return false;
    for (EACH(struct value, v, set)) {
        if (v->reference.target || !value_equal(v, written)) continue;
        v->reference.target = written->reference.target;
        return true;
    }
    return false;
}

static void overlay(struct sync_batch *b, struct values *set, const struct staged_change *k) {
    switch (k->change) {
    case CHANGE_UPDATE:
    case CHANGE_REMOVE_ALL:
        *set = (struct values){.attribute = set->attribute};
        if (k->has_value) values_add(b->a, set, k->value);
        return;
    case CHANGE_ADD:
        if (!learn_target(set, &k->value)) values_add(b->a, set, k->value);
        return;
    case CHANGE_REMOVE:
        values_remove(set, &k->value);
        return;
    case CHANGE_NOT_SET:
        return;
    }
}

/* A written reference as the import will show it: by its target. */
static struct staged_change written(const struct sync_batch *b, const struct work_cso *c, const struct staged_change *k) {
    struct staged_change w = *k;
    if (k->value.type == TYPE_REFERENCE && k->has_value && !k->value.reference.target && k->reference_mvo) {
        w.value.reference.target = batch_link(b, k->reference_mvo, c->now.system);
    }
    return w;
}

/* Written and not confirmed yet; also when it waits for another write because new changes came (§13.5). */
static bool was_written(const struct staged_change *k) {
    return k->status == CHANGE_EXPORTED || (k->status == CHANGE_PENDING && k->attempts > 0);
}

struct values effective_values(struct sync_batch *b, const struct work_cso *c, int32_t attribute) {
    const struct values *stored = attributes_find(&c->now.values, attribute);
    const struct work_pe *pe = batch_pe(c);
    struct values set = stored ? *stored : (struct values){.attribute = attribute};
    bool own = false;
    for (size_t i = 0; pe && i < pe->now.changes.count; i++) {
        const struct staged_change *k = &pe->now.changes.at[i];
        if (k->attribute != attribute || !was_written(k)) continue;
        if (!own) {
            struct values copy = {.attribute = attribute, .partial = set.partial};
            for (size_t n = 0; n < set.count; n++) *LIST_ADD(b->a, &copy) = set.at[n];
            set = copy;
            own = true;
        }
        struct staged_change w = written(b, c, k);
        overlay(b, &set, &w);
    }
    return set;
}

/* A value as it would stand on an object of the system: a metaverse reference becomes that of the CSO, 0 while there is none. */
static struct value on_target(const struct sync_batch *b, int32_t system, const struct staged_change *k) {
    struct value v = k->value;
    if (v.type == TYPE_REFERENCE && k->reference_mvo && !v.reference.target) {
        v.reference.target = batch_link(b, k->reference_mvo, system);
    }
    return v;
}

bool same_key(const struct sync_batch *b, int32_t system, bool several, const struct staged_change *x,
              const struct staged_change *y) {
    if (x->attribute != y->attribute) return false;
    if (!several || !x->has_value || !y->has_value) return true;
    if (x->reference_mvo && x->reference_mvo == y->reference_mvo) return true;
    struct value left = on_target(b, system, x), right = on_target(b, system, y);
    return value_equal(&left, &right);
}

/* ---- Sorting wanted changes into new and already current ---- */

struct target {
    struct sync_batch *b;
    struct work_cso *c; /* NULL: a Create */
    const struct plan_mapping *mapping;
    struct values held;
    struct value_set index;   /* of `held`, when it is large */
    struct int_map by_target; /* the same for references: CSO id → const struct value */
    struct wanted *out;
};

static void open_target(struct target *t, struct sync_batch *b, struct work_cso *c, const struct plan_mapping *mapping,
                        size_t expected, struct wanted *out) {
    *t = (struct target){.b = b, .c = c, .mapping = mapping, .out = out};
    if (c) t->held = effective_values(b, c, mapping->target);
    if (t->held.count < 32 || expected < 4) return;
    value_set_init(&t->index, b->a, t->held.count);
    for (size_t i = 0; i < t->held.count; i++) value_set_add(&t->index, b->a, &t->held.at[i]);
    if (mapping->type != TYPE_REFERENCE) return;
    int_map_init(&t->by_target, b->a, t->held.count);
    for (size_t i = 0; i < t->held.count; i++) {
        if (t->held.at[i].reference.target) int_map_put(&t->by_target, t->held.at[i].reference.target, &t->held.at[i]);
    }
}

/* The held reference to a CSO, or NULL. */
static const struct value *held_reference(const struct target *t, int64_t cso) {
    if (!cso) return NULL;
    if (t->by_target.room) return int_map_get(&t->by_target, cso);
    for (size_t i = 0; i < t->held.count; i++) {
        if (t->held.at[i].reference.target == cso) return &t->held.at[i];
    }
    return NULL;
}

static bool holds(const struct target *t, const struct value *v) {
    if (v->type == TYPE_REFERENCE && !v->reference.target && text_is_null(v->reference.raw)) return false;
    return t->index.room ? value_set_has(&t->index, v) : values_contain(&t->held, v);
}

static bool is_current(const struct target *t, const struct staged_change *k) {
    if (!t->c) return false;
    if (!k->has_value) return t->held.count == 0 && !t->held.partial;
    struct value v = on_target(t->b, t->c->now.system, k);
    switch (k->change) {
    case CHANGE_UPDATE:
        return t->held.count == 1 && holds(t, &v);
    case CHANGE_ADD:
        return holds(t, &v);
    case CHANGE_REMOVE:
        return !holds(t, &v);
    default:
        return false;
    }
}

static void want_change(struct target *t, enum attribute_change change, const struct value *v) {
    struct staged_change k = {.attribute = t->mapping->target, .change = change, .has_value = v != NULL};
    k.value.type = t->mapping->type;
    if (v) k.value = *v;
    if (v && v->type == TYPE_REFERENCE && !t->mapping->formula) {
        k.reference_mvo = v->reference.target;
        k.value = (struct value){.type = TYPE_REFERENCE};
    }
    struct staged_changes *list = is_current(t, &k) ? &t->out->current : &t->out->changes;
    *LIST_ADD(t->b->a, list) = k;
}

/* The value as the target holds it is what is taken away: it carries the raw text that addresses it. */
static void want_removal(struct target *t, const struct value *v) {
    struct staged_change k = {.attribute = t->mapping->target, .change = CHANGE_REMOVE, .has_value = true, .value = *v};
    if (v->type == TYPE_REFERENCE && !t->mapping->formula) {
        k.value = (struct value){.type = TYPE_REFERENCE};
        k.value.reference.target = batch_link(t->b, v->reference.target, t->c->now.system);
        const struct value *held = held_reference(t, k.value.reference.target);
        if (held) k.value = *held;
        if (!k.value.reference.target) k.reference_mvo = v->reference.target;
    }
    struct staged_changes *list = is_current(t, &k) ? &t->out->current : &t->out->changes;
    *LIST_ADD(t->b->a, list) = k;
}

static void want_surplus_removed(struct target *t, const struct values *expected) {
    batch_whole(t->b, &t->held);
    struct value_set keep;
    value_set_init(&keep, t->b->a, expected->count);
    struct value *as_held = ARENA_ARRAY(t->b->a, struct value, expected->count);
    for (size_t i = 0; i < expected->count; i++) {
        as_held[i] = expected->at[i];
        if (as_held[i].type == TYPE_REFERENCE && !t->mapping->formula) {
            as_held[i].reference.target = batch_link(t->b, expected->at[i].reference.target, t->c->now.system);
        }
        value_set_add(&keep, t->b->a, &as_held[i]);
    }
    for (size_t i = 0; i < t->held.count; i++) {
        if (value_set_has(&keep, &t->held.at[i])) continue;
        *LIST_ADD(t->b->a, &t->out->changes) = (struct staged_change){
            .attribute = t->mapping->target, .change = CHANGE_REMOVE, .has_value = true, .value = t->held.at[i]};
    }
}

/* ---- Mappings ---- */

/* Values one by one, or one value for the whole attribute? */
static bool value_by_value(const struct plan_mapping *m) { return m->multi && (m->formula || m->source_multi); }

static bool is_empty_text(const struct value *v) { return v->type == TYPE_TEXT && v->text.len == 0; }

/* What addresses an object is never cleared: its identity may have forgotten the value, the system still knows it by it. */
static void want_single(struct target *t, const struct values *set) {
    batch_whole(t->b, set);
    bool clear = !set->count || (!t->mapping->multi && is_empty_text(&set->at[0]));
    if (clear && t->mapping->address) return;
    want_change(t, CHANGE_UPDATE, clear ? NULL : &set->at[0]);
}

static void want_all(struct target *t, const struct values *set) {
    batch_whole(t->b, set);
    for (size_t i = 0; i < set->count; i++) want_change(t, CHANGE_ADD, &set->at[i]);
}

/* The same without empty texts, which no system stores. */
static struct values without_empty(struct sync_batch *b, const struct values *set) {
    struct values out = {.attribute = set->attribute};
    for (EACH(const struct value, v, set))
        if (!is_empty_text(v)) *LIST_ADD(b->a, &out) = *v;
    return out;
}

static const struct attribute_diff *diff_of(const struct work_mvo *m, int32_t attribute) {
    for (EACH(const struct attribute_diff, d, &m->diffs)) {
        if (d->attribute == attribute) return d;
    }
    return NULL;
}

bool mapping_is_touched(const struct work_mvo *m, const struct plan_mapping *mapping) {
    if (!mapping->formula) return diff_of(m, mapping->source) != NULL;
    const struct int32s *inputs = formula_mv_inputs(mapping->formula);
    for (size_t i = 0; i < inputs->count; i++) {
        if (diff_of(m, inputs->at[i])) return true;
    }
    return false;
}

static bool yielded(struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping, const struct work_cso *c,
                    struct values *set, struct wanted *out) {
    struct formula_inputs in = batch_inputs(b, &m->now.values, c ? &c->now.values : NULL);
    struct problem problem = {0};
    enum yield got = yield_export(b->a, mapping, &in, set, &problem);
    if (got == YIELD_VALUES && mapping->type == TYPE_TEXT && !mapping->formula) *set = without_empty(b, set);
    if (got == YIELD_PROBLEM && (out->problem.kind == ITEM_NO_ERROR || problem.whole_object)) out->problem = problem;
    return got == YIELD_VALUES;
}

void wanted_on_create(struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule, struct wanted *out) {
    *out = (struct wanted){0};
    for (EACH(const struct plan_mapping, mapping, &rule->mappings)) {
        struct values set;
        if (mapping->never) continue;
        if (!yielded(b, m, mapping, NULL, &set, out)) {
            if (out->problem.whole_object) return;
            continue;
        }
        struct target t;
        open_target(&t, b, NULL, mapping, set.count, out);
        if (value_by_value(mapping))
            want_all(&t, &set);
        else if (set.count && !is_empty_text(&set.at[0]))
            want_single(&t, &set);
    }
}

static bool asserted_null(const struct work_mvo *m, const struct plan_mapping *mapping) {
    const struct values *entry = attributes_find(&m->now.values, mapping->source);
    return entry && entry->null_marker;
}

/* A direct mapping, all of it: what is absent is taken away only where the rule enforces its state, or where null is asserted, and
 * never from a system that rightly decides what is there (§14); what the MVO has just lost is taken away in any case (§13.3). */
static void want_state(struct target *t, const struct work_mvo *m, const struct value_diff *diff, const struct values *set) {
    bool enforce = (t->mapping->rule->config->enforce_state || asserted_null(m, t->mapping)) &&
                   !fed_by_itself(t->b, m, t->mapping, t->c->now.system);
    if (!value_by_value(t->mapping)) {
        if (set->count || enforce || (diff && diff->removed.count)) want_single(t, set);
        return;
    }
    want_all(t, set);
    if (enforce) want_surplus_removed(t, set);
    for (size_t i = 0; diff && !enforce && i < diff->removed.count; i++) want_removal(t, &diff->removed.at[i]);
}

static void want_difference(struct target *t, const struct value_diff *diff, const struct values *set) {
    if (!value_by_value(t->mapping)) {
        want_single(t, set);
        return;
    }
    for (size_t i = 0; i < diff->added.count; i++)
        if (!is_empty_text(&diff->added.at[i])) want_change(t, CHANGE_ADD, &diff->added.at[i]);
    for (size_t i = 0; i < diff->removed.count; i++) want_removal(t, &diff->removed.at[i]);
}

/* A result that is null or empty never clears (§13.3). */
static void want_result(struct target *t, const struct values *set) {
    if (!set->count) return;
    if (!t->mapping->multi) {
        want_single(t, set);
        return;
    }
    want_all(t, set);
    want_surplus_removed(t, set);
}

static void want_update(struct target *t, const struct work_mvo *m, const struct value_diff *diff, const struct values *set,
                        bool all) {
    if (t->mapping->formula)
        want_result(t, set);
    else if (all || !diff)
        want_state(t, m, diff, set);
    else
        want_difference(t, diff, set);
}

void wanted_on_update(struct sync_batch *b, const struct work_mvo *m, const struct plan_rule *rule, struct work_cso *c, bool all,
                      struct wanted *out) {
    *out = (struct wanted){0};
    for (EACH(const struct plan_mapping, mapping, &rule->mappings)) {
        struct values set;
        if (mapping->never || mapping->create_only || (!all && !mapping_is_touched(m, mapping))) continue;
        if (!yielded(b, m, mapping, c, &set, out)) {
            if (out->problem.whole_object) return;
            continue;
        }
        const struct attribute_diff *touched = mapping->formula ? NULL : diff_of(m, mapping->source);
        const struct value_diff *diff = touched ? &touched->values : NULL;
        struct target t;
        open_target(&t, b, c, mapping, set.count + (diff ? diff->removed.count : 0), out);
        size_t before = out->changes.count;
        want_update(&t, m, diff, &set, all);
        out->open |= mapping->type == TYPE_REFERENCE && out->changes.count > before;
    }
}

/* References to MVOs without an object in this system cannot have drifted. */
static struct values comparable(struct sync_batch *b, const struct work_cso *c, const struct plan_mapping *mapping,
                                const struct values *set) {
    if (mapping->type != TYPE_REFERENCE || mapping->formula) return *set;
    struct values out = {.attribute = set->attribute};
    for (size_t i = 0; i < set->count; i++) {
        if (batch_link(b, set->at[i].reference.target, c->now.system)) *LIST_ADD(b->a, &out) = set->at[i];
    }
    return out;
}

void wanted_by_drift(struct sync_batch *b, const struct work_mvo *m, const struct plan_mapping *mapping, struct work_cso *c,
                     struct wanted *out) {
    *out = (struct wanted){0};
    struct values set;
    if (!yielded(b, m, mapping, c, &set, out) || (mapping->formula && !set.count)) return;
    struct values expected = comparable(b, c, mapping, &set);
    out->open = expected.count < set.count;
    if (set.count && !expected.count && !value_by_value(mapping)) return;
    struct target t;
    open_target(&t, b, c, mapping, expected.count, out);
    if (value_by_value(mapping)) {
        want_all(&t, &expected);
        want_surplus_removed(&t, &expected);
    } else {
        want_single(&t, &expected);
    }
    out->open |= mapping->type == TYPE_REFERENCE && out->changes.count;
}
