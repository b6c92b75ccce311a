/* Saves connected systems: settings, object types, attributes, matching rules, run profiles, and what runs remember. */
#include "store/config_save.h"

FALLIBLE store_save_system(store_tx *tx, struct connected_system *s) {
    TRY(save_begin(tx, "config:system", &s->id, true));
    TRY(name_claim(tx, "connected system", 0, s->name, s->id));
    TRY(q_system_save(tx, s, 1));
    TRY(q_system_settings_delete(tx, &(struct q_system_settings_delete_in){s->id}, 1));
    struct setting_value_row *rows = ARENA_ARRAY(tx->scratch, struct setting_value_row, s->settings.count);
    for (size_t i = 0; i < s->settings.count; i++) rows[i] = (struct setting_value_row){s->id, s->settings.at[i]};
    return q_system_setting_add(tx, rows, s->settings.count);
}

FALLIBLE store_delete_system(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    int64_t objects;
    TRY(tally_get(tx, TALLY_CSO_SYSTEM, id, &objects));
    if (objects) return FAIL(ERROR_CONFLICT, "the connector space still has %lld objects; clear it first", (long long)objects);
    config_touch(tx, true);
    arena *a = tx->scratch;
    OWNED_VALUE(rows) r = {0};
    struct int32s types = {0}, profiles = {0};
    TRY(q_types_of_system(tx, &(struct q_types_of_system_in){id}, 1, &r));
    for (struct q_types_of_system_row row; q_types_of_system_next(&r, &row);) *LIST_ADD(a, &types) = row.id;
    TRY(rows_end(&r));
    for (EACH(const int32_t, t, &types)) TRY(delete_cs_type(tx, *t));
    TRY(q_run_profiles_of_system(tx, &(struct q_run_profiles_of_system_in){id}, 1, &r));
    for (struct q_run_profiles_of_system_row row; q_run_profiles_of_system_next(&r, &row);) *LIST_ADD(a, &profiles) = row.id;
    TRY(rows_end(&r));
    for (EACH(const int32_t, p, &profiles)) TRY(store_delete_run_profile(tx, *p));
    TRY(q_containers_of_system_delete(tx, &(struct q_containers_of_system_delete_in){id}, 1));
    TRY(q_partitions_of_system_delete(tx, &(struct q_partitions_of_system_delete_in){id}, 1));
    TRY(q_system_settings_delete(tx, &(struct q_system_settings_delete_in){id}, 1));
    TRY(q_system_safety_delete(tx, &(struct q_system_safety_delete_in){id}, 1));
    TRY(q_system_state_delete(tx, &(struct q_system_state_delete_in){id}, 1));
    TRY(q_holds_of_system_supersede(tx, &(struct q_holds_of_system_supersede_in){id, instant_now()}, 1));
    TRY(q_mv_triggers_of_system_delete(tx, &(struct q_mv_triggers_of_system_delete_in){id}, 1));
    TRY(name_release(tx, "connected system", id));
    return q_system_delete(tx, &(struct q_system_delete_in){id}, 1);
}

FALLIBLE store_save_safety(store_tx *tx, int32_t system, const struct safety_own *own) {
    struct system_safety_row rows[SAFETY_LIMIT_COUNT];
    size_t count = 0;
    TRY(need_write(tx));
    config_touch(tx, false);
    TRY(q_system_safety_delete(tx, &(struct q_system_safety_delete_in){system}, 1));
    for (int32_t i = 0; i < SAFETY_LIMIT_COUNT; i++)
        if (own->set[i]) rows[count++] = (struct system_safety_row){system, i, own->limit[i]};
    return q_system_safety_add(tx, rows, count);
}

static FALLIBLE save_attribute(store_tx *tx, struct cs_attribute *t, const struct cs_attribute *before) {
    TRY(save_begin(tx, "config:cs_attribute", &t->id, true));
    TRY(name_claim(tx, "attribute", t->type_id, t->name, t->id));
    TRY(q_cs_attribute_save(tx, t, 1));
    if (!before) return NULL;
    if (before->indexed != t->indexed) TRY(index_cs_attribute(tx, t->id, t->indexed));
    if (t->type == TYPE_REFERENCE && before->references_type != t->references_type) TRY(index_cs_references(tx, t->id));
    return NULL;
}

static FALLIBLE delete_attribute(store_tx *tx, int32_t id) {
    int64_t objects;
    TRY(store_cs_attribute_uses(tx, id, &objects));
    if (objects) return FAIL(ERROR_CONFLICT, "the attribute still has values on %lld objects", (long long)objects);
    TRY(name_release(tx, "attribute", id));
    TRY(q_cs_attribute_retire(tx, &(struct q_cs_attribute_retire_in){id}, 1));
    return q_cs_attribute_delete(tx, &(struct q_cs_attribute_delete_in){id}, 1);
}

static struct cs_attribute *attribute_of(const struct cs_attributes *list, int32_t id) {
    for (EACH(struct cs_attribute, t, list))
        if (t->id == id) return t;
    return NULL;
}

FALLIBLE store_save_cs_type(store_tx *tx, struct cs_type *t) {
    TRY(save_begin(tx, "config:cs_type", &t->id, true));
    TRY(name_claim(tx, "object type", t->system, t->name, t->id));
    TRY(q_cs_type_save(tx, t, 1));
    struct cs_attributes before = {0};
    TRY(q_cs_attributes_of_type_all(tx, tx->scratch, &(struct q_cs_attributes_of_type_in){t->id}, 1, &before));
    for (EACH(const struct cs_attribute, old, &before))
        if (!attribute_of(&t->attributes, old->id)) TRY(delete_attribute(tx, old->id));
    for (EACH(struct cs_attribute, m, &t->attributes)) {
        m->type_id = t->id;
        TRY(save_attribute(tx, m, m->id ? attribute_of(&before, m->id) : NULL));
    }
    return NULL;
}

FALLIBLE store_save_cs_attribute(store_tx *tx, struct cs_attribute *t) {
    struct cs_attributes before = {0};
    TRY(q_cs_attributes_of_type_all(tx, tx->scratch, &(struct q_cs_attributes_of_type_in){t->type_id}, 1, &before));
    return save_attribute(tx, t, t->id ? attribute_of(&before, t->id) : NULL);
}

FALLIBLE delete_cs_type(store_tx *tx, int32_t id) {
    OWNED_VALUE(rows) r = {0};
    struct int32s rules = {0};
    TRY(q_rules_of_cs_type(tx, &(struct q_rules_of_cs_type_in){id}, 1, &r));
    for (struct q_rules_of_cs_type_row row; q_rules_of_cs_type_next(&r, &row);) *LIST_ADD(tx->scratch, &rules) = row.id;
    TRY(rows_end(&r));
    for (EACH(const int32_t, rule, &rules)) TRY(store_delete_rule(tx, *rule));
    TRY(q_matching_rules_of_type_delete(tx, &(struct q_matching_rules_of_type_delete_in){id}, 1));
    struct cs_attributes attributes = {0};
    TRY(q_cs_attributes_of_type_all(tx, tx->scratch, &(struct q_cs_attributes_of_type_in){id}, 1, &attributes));
    for (EACH(const struct cs_attribute, t, &attributes)) TRY(delete_attribute(tx, t->id));
    TRY(name_release(tx, "object type", id));
    return q_cs_type_delete(tx, &(struct q_cs_type_delete_in){id}, 1);
}

FALLIBLE store_delete_cs_type(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    return delete_cs_type(tx, id);
}

static FALLIBLE need_index(store_tx *tx, const struct matching_rule *r) {
    const struct config *c;
    TRY(config_read(tx, &c));
    const struct mv_attribute *target = config_mv_attribute(c, r->mv_attribute);
    const struct cs_attribute *from = config_cs_attribute(c, r->cs_attribute);
    error *e = NULL;
    if (target && !target->indexed) {
        struct mv_attribute changed = *target;
        changed.indexed = true;
        e = store_save_mv_attribute(tx, &changed);
    }
    if (!e && from && !from->indexed) {
        struct cs_attribute changed = *from;
        changed.indexed = true;
        e = store_save_cs_attribute(tx, &changed);
    }
    config_release(c);
    return e;
}

FALLIBLE store_save_matching_rule(store_tx *tx, struct matching_rule *r) {
    TRY(save_begin(tx, "config:matching_rule", &r->id, true));
    TRY(q_matching_rule_save(tx, r, 1));
    return need_index(tx, r);
}

FALLIBLE store_delete_matching_rule(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    return q_matching_rule_delete(tx, &(struct q_matching_rule_delete_in){id}, 1);
}

FALLIBLE store_save_run_profile(store_tx *tx, struct run_profile *p) {
    TRY(save_begin(tx, "config:run_profile", &p->id, false));
    TRY(name_claim(tx, "run profile", p->system, p->name, p->id));
    return q_run_profile_save(tx, p, 1);
}

FALLIBLE store_delete_run_profile(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, false);
    TRY(name_release(tx, "run profile", id));
    return q_run_profile_delete(tx, &(struct q_run_profile_delete_in){id}, 1);
}

FALLIBLE store_save_partition(store_tx *tx, struct partition *p) {
    TRY(save_begin(tx, "config:partition", &p->id, false));
    return q_partition_save(tx, p, 1);
}

FALLIBLE store_delete_partition(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, false);
    return q_partition_delete(tx, &(struct q_partition_delete_in){id}, 1);
}

FALLIBLE store_save_container(store_tx *tx, struct container *c) {
    TRY(save_begin(tx, "config:container", &c->id, false));
    return q_container_save(tx, c, 1);
}

FALLIBLE store_delete_container(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, false);
    return q_container_delete(tx, &(struct q_container_delete_in){id}, 1);
}

FALLIBLE store_system_state(store_tx *tx, arena *a, int32_t system, struct system_state *out) {
    bool found;
    *out = (struct system_state){0};
    return q_system_state_one(tx, a, &(struct q_system_state_in){system}, out, &found);
}

FALLIBLE store_save_system_state(store_tx *tx, int32_t system, const struct system_state *state) {
    TRY(need_write(tx));
    struct q_system_state_save_in in = {system, state->last_sync, state->configuration_applied, state->persisted};
    return q_system_state_save(tx, &in, 1);
}
