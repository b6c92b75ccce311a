/* Finds the connected objects that raw references name. */
#include "store/objects.h"

/* One different text that references name. */
struct wanted {
    text key;
    int64_t target, mvo;
    int32_t type;
    enum cso_status status;
    int hits;
    bool obsolete; /* all of them: what has left its system gives way to who bears its name now */
};
struct wanted_refs LIST(struct wanted *);

/* How one attribute's references are resolved (sync-engine §6 rule 2); attributes with the same way share it. */
struct rule {
    enum reference_way kind;
    int32_t system, type;
    struct text_map seen; /* key → struct wanted */
    struct wanted_refs list;
};
typedef struct rule *rule_ref;
struct rule_refs LIST(rule_ref);

struct resolver {
    arena *a;
    const struct config *c;
    struct int_map by_attribute;
    struct rule_refs rules;
};

enum reference_way reference_way(const struct config *c, const struct cs_attribute *attribute) {
    const struct cs_type *type = config_cs_type(c, attribute->type_id);
    if (attribute->references_type) return BY_DECLARED_TYPE;
    return type && type->secondary && type->secondary->type == TYPE_TEXT ? BY_SECONDARY_ID : BY_EXTERNAL_ID;
}

static struct rule *rule_of(struct resolver *r, const struct cs_attribute *attribute) {
    struct rule *known = int_map_get(&r->by_attribute, attribute->id);
    if (known) return known;
    const struct cs_type *type = config_cs_type(r->c, attribute->type_id);
    struct rule wanted = {.kind = reference_way(r->c, attribute), .system = type ? type->system : 0};
    if (wanted.kind == BY_DECLARED_TYPE) wanted.type = attribute->references_type;
    struct rule *found = NULL;
    for (EACH(rule_ref, other, &r->rules))
        if ((*other)->kind == wanted.kind && (*other)->system == wanted.system && (*other)->type == wanted.type) found = *other;
    if (!found) {
        found = ARENA_NEW(r->a, struct rule);
        *found = wanted;
        text_map_init(&found->seen, r->a, 64);
        *LIST_ADD(r->a, &r->rules) = found;
    }
    int_map_put(&r->by_attribute, attribute->id, found);
    return found;
}

static struct wanted *want(struct resolver *r, struct rule *rule, text key) {
    struct wanted *w = text_map_get(&rule->seen, key);
    if (w) return w;
    w = ARENA_NEW(r->a, struct wanted);
    w->key = key;
    text_map_put(&rule->seen, key, w);
    *LIST_ADD(r->a, &rule->list) = w;
    return w;
}

typedef void visit_reference(struct resolver *r, struct rule *rule, text key, struct value *v);

static void each_reference(struct resolver *r, struct csos *list, visit_reference *visit) {
    for (EACH(struct cso, o, list)) {
        for (EACH(struct values, set, &o->values)) {
            if (!set->count || set->at[0].type != TYPE_REFERENCE) continue;
            const struct cs_attribute *attribute = config_cs_attribute(r->c, set->attribute);
            if (!attribute) continue;
            struct rule *rule = rule_of(r, attribute);
            for (size_t i = 0; i < set->count; i++) {
                struct value *v = &set->at[i];
                if (text_is_null(v->reference.raw)) continue;
                visit(r, rule, reference_key(r->a, r->c, attribute, v->reference.raw), v);
            }
        }
    }
}

static void note(struct resolver *r, struct rule *rule, text key, struct value *v) {
    (void)v;
    want(r, rule, key);
}

static void settle(struct resolver *r, struct rule *rule, text key, struct value *v) {
    const struct wanted *w = want(r, rule, key);
    v->reference.target = w->hits == 1 ? w->target : 0;
}

static FALLIBLE look_up(store_tx *tx, arena *a, struct rule *rule) {
    struct q_find_key_in *in = ARENA_ARRAY(a, struct q_find_key_in, rule->list.count);
    for (size_t i = 0; i < rule->list.count; i++) in[i] = (struct q_find_key_in){rule->system, rule->list.at[i]->key};
    OWNED_VALUE(rows) r = {0};
    if (rule->kind == BY_SECONDARY_ID) {
        struct q_find_secondary_in *same = ARENA_ARRAY(a, struct q_find_secondary_in, rule->list.count);
        for (size_t i = 0; i < rule->list.count; i++) same[i] = (struct q_find_secondary_in){in[i].system, in[i].key};
        TRY(q_find_secondary(tx, same, rule->list.count, &r));
    } else {
        TRY(q_find_key(tx, in, rule->list.count, &r));
    }
    for (struct q_find_key_row row; sql_next(&r, &row);) {
        if (rule->kind == BY_DECLARED_TYPE && row.type != rule->type) continue;
        struct wanted *w = rule->list.at[r.input];
        bool obsolete = row.status == CSO_OBSOLETE;
        if (w->hits && obsolete && !w->obsolete) continue;
        if (w->obsolete && !obsolete) w->hits = 0;
        w->obsolete = obsolete;
        w->target = row.id;
        w->mvo = row.mvo;
        w->type = row.type;
        w->status = row.status;
        w->hits++;
    }
    return rows_end(&r);
}

/* Each of which exactly one was found. */
static void tell_targets(const struct resolver *r, struct cso_targets *out) {
    for (size_t i = 0; i < r->rules.count; i++) {
        const struct rule *rule = r->rules.at[i];
        for (size_t n = 0; n < rule->list.count && out->count < out->most; n++) {
            const struct wanted *w = rule->list.at[n];
            if (w->hits == 1) *LIST_ADD(r->a, out) = (struct cso_target){w->target, w->mvo, rule->system, w->type, w->status};
        }
    }
}

FALLIBLE resolve_and_tell(store_tx *tx, arena *a, const struct config *c, struct csos *list, struct cso_targets *targets) {
    struct resolver r = {.a = a, .c = c};
    int_map_init(&r.by_attribute, a, 16);
    each_reference(&r, list, note);
    for (EACH(rule_ref, rule, &r.rules)) TRY(look_up(tx, a, *rule));
    if (r.rules.count) each_reference(&r, list, settle);
    if (targets) tell_targets(&r, targets);
    return NULL;
}

FALLIBLE resolve_references(store_tx *tx, arena *a, const struct config *c, struct csos *list) {
    return resolve_and_tell(tx, a, c, list, NULL);
}
