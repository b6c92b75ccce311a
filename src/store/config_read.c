/* Reads the configuration into a snapshot, and keeps the newest one at hand. */
#include "base/text.h"
#include "store/session.h"

enum { LOOK_EVERY_NS = 1000000000 };

static void *find(const struct int_map *m, int64_t id) { return int_map_get(m, id); }

#define INDEX_BY_ID(map, arena, list)                                                                                              \
    do {                                                                                                                           \
        int_map_init((map), (arena), (list)->count);                                                                               \
        for (size_t i_ = 0; i_ < (list)->count; i_++) int_map_put((map), (list)->at[i_].id, &(list)->at[i_]);                      \
    } while (0)

static FALLIBLE read_metaverse(store_tx *tx, struct config *c) {
    TRY(q_mv_types_all(tx, c->a, &c->mv_types));
    TRY(q_mv_attributes_all(tx, c->a, &c->mv_attributes));
    struct int_map types, attributes;
    INDEX_BY_ID(&types, c->a, &c->mv_types);
    INDEX_BY_ID(&attributes, c->a, &c->mv_attributes);
    struct pair_rows bindings = {0}, triggers = {0};
    TRY(q_mv_bindings_all(tx, c->a, &bindings));
    for (EACH(const struct pair_row, b, &bindings)) {
        struct mv_attribute *m = find(&attributes, b->owner);
        struct mv_type *t = find(&types, b->member);
        if (!m || !t) continue;
        *LIST_ADD(c->a, &m->object_types) = t->id;
        *LIST_ADD(c->a, &t->attributes) = m->id;
    }
    TRY(q_mv_triggers_all(tx, c->a, &triggers));
    for (EACH(const struct pair_row, b, &triggers)) {
        struct mv_type *t = find(&types, b->owner);
        if (t) *LIST_ADD(c->a, &t->trigger_systems) = b->member;
    }
    return NULL;
}

static FALLIBLE read_cs_types(store_tx *tx, struct config *c, const struct int_map *systems) {
    struct cs_types types = {0};
    TRY(q_cs_types_all(tx, c->a, &types));
    struct cs_attributes attributes = {0};
    TRY(q_cs_attributes_all(tx, c->a, &attributes));
    size_t next = 0;
    struct int_map by_id;
    INDEX_BY_ID(&by_id, c->a, &types);
    for (; next < attributes.count; next++) {
        struct cs_type *t = find(&by_id, attributes.at[next].type_id);
        if (t) *LIST_ADD(c->a, &t->attributes) = attributes.at[next];
    }
    struct matching_rules matching = {0};
    TRY(q_matching_rules_all(tx, c->a, &matching));
    for (EACH(const struct matching_rule, m, &matching)) {
        struct cs_type *t = m->cs_type ? find(&by_id, m->cs_type) : NULL;
        if (t) *LIST_ADD(c->a, &t->matching) = *m;
    }
    for (EACH(const struct cs_type, t, &types)) {
        struct connected_system *s = find(systems, t->system);
        if (s) *LIST_ADD(c->a, &s->types) = *t;
    }
    return NULL;
}

static FALLIBLE read_hierarchy(store_tx *tx, struct config *c, const struct int_map *systems) {
    struct partitions partitions = {0};
    struct containers containers = {0};
    TRY(q_partitions_all(tx, c->a, &partitions));
    TRY(q_containers_all(tx, c->a, &containers));
    struct int_map by_id;
    INDEX_BY_ID(&by_id, c->a, &partitions);
    for (EACH(const struct container, k, &containers)) {
        struct partition *p = find(&by_id, k->partition);
        if (p) *LIST_ADD(c->a, &p->containers) = *k;
    }
    for (EACH(const struct partition, p, &partitions)) {
        struct connected_system *s = find(systems, p->system);
        if (s) *LIST_ADD(c->a, &s->partitions) = *p;
    }
    return NULL;
}

static FALLIBLE read_systems(store_tx *tx, struct config *c) {
    TRY(q_systems_all(tx, c->a, &c->systems));
    struct int_map systems;
    INDEX_BY_ID(&systems, c->a, &c->systems);
    struct setting_value_rows settings = {0};
    TRY(q_system_settings_all(tx, c->a, &settings));
    for (EACH(const struct setting_value_row, r, &settings)) {
        struct connected_system *s = find(&systems, r->system);
        if (s) *LIST_ADD(c->a, &s->settings) = r->v;
    }
    struct system_safety_rows limits = {0};
    TRY(q_system_safety_all(tx, c->a, &limits));
    for (EACH(const struct system_safety_row, r, &limits)) {
        struct connected_system *s = find(&systems, r->system);
        if (!s || r->number < 0 || r->number >= SAFETY_LIMIT_COUNT) continue;
        s->safety.set[r->number] = true;
        s->safety.limit[r->number] = r->value;
    }
    TRY(read_cs_types(tx, c, &systems));
    TRY(read_hierarchy(tx, c, &systems));
    struct run_profiles profiles = {0};
    TRY(q_run_profiles_all(tx, c->a, &profiles));
    for (EACH(const struct run_profile, p, &profiles)) {
        struct connected_system *s = find(&systems, p->system);
        if (s) *LIST_ADD(c->a, &s->run_profiles) = *p;
    }
    return NULL;
}

static FALLIBLE read_mappings(store_tx *tx, struct config *c, const struct int_map *rules) {
    struct mapping_rows rows = {0};
    TRY(q_mappings_all(tx, c->a, &rows));
    struct mapping_source_rows sources = {0};
    TRY(q_mapping_sources_all(tx, c->a, &sources));
    size_t next = 0; /* both ascend, but by rule and by mapping: a map brings them together */
    struct int_map by_id;
    int_map_init(&by_id, c->a, rows.count);
    for (EACH(struct mapping_row, r, &rows)) {
        r->m.processing = (unsigned)r->processing;
        int_map_put(&by_id, r->m.id, &r->m);
    }
    for (; next < sources.count; next++) {
        struct mapping *m = find(&by_id, sources.at[next].mapping);
        if (m) *LIST_ADD(c->a, &m->sources) = sources.at[next].s;
    }
    for (EACH(const struct mapping_row, r, &rows)) {
        struct sync_rule *rule = find(rules, r->m.rule);
        if (rule) *LIST_ADD(c->a, &rule->mappings) = r->m;
    }
    return NULL;
}

static FALLIBLE read_scope(store_tx *tx, struct config *c, const struct int_map *rules) {
    struct scope_groups groups = {0};
    TRY(q_scope_groups_all(tx, c->a, &groups));
    struct int_map by_id;
    INDEX_BY_ID(&by_id, c->a, &groups);
    struct scope_criterion_rows criteria = {0};
    TRY(q_scope_criteria_all(tx, c->a, &criteria));
    for (EACH(struct scope_criterion_row, r, &criteria)) {
        struct scope_group *g = find(&by_id, r->k.group);
        if (!g) continue;
        if (r->k.has_value && !value_read(c->a, r->type, r->value, &r->k.value))
            return FAIL(ERROR_CORRUPT, "the value of scope_criterion %d cannot be read", r->k.id);
        *LIST_ADD(c->a, &g->criteria) = r->k;
    }
    for (EACH(const struct scope_group, g, &groups)) {
        struct sync_rule *rule = find(rules, g->rule);
        if (rule) *LIST_ADD(c->a, &rule->groups) = *g;
    }
    return NULL;
}

static FALLIBLE read_rules(store_tx *tx, struct config *c) {
    TRY(q_sync_rules_all(tx, c->a, &c->rules));
    struct int_map rules;
    INDEX_BY_ID(&rules, c->a, &c->rules);
    TRY(read_mappings(tx, c, &rules));
    TRY(read_scope(tx, c, &rules));
    struct matching_rules matching = {0};
    TRY(q_matching_rules_all(tx, c->a, &matching));
    for (EACH(const struct matching_rule, m, &matching)) {
        struct sync_rule *rule = m->sync_rule ? find(&rules, m->sync_rule) : NULL;
        if (rule) *LIST_ADD(c->a, &rule->matching) = *m;
    }
    return q_retired_mappings_all(tx, c->a, &c->retired);
}

static FALLIBLE read_number(store_tx *tx, arena *a, text name, int64_t *out) {
    text value;
    TRY(meta_get(tx, a, name, &value));
    *out = 0;
    if (!text_is_null(value) && !text_to_int64(value, out)) return FAIL(ERROR_CORRUPT, "meta %.*s is no number", TEXT_ARG(name));
    return NULL;
}

static FALLIBLE read_all(store_tx *tx, struct config *c) {
    TRY(read_number(tx, c->a, T("config_version"), &c->version));
    TRY(read_number(tx, c->a, T("rules_changed_at"), &c->rules_changed_at));
    TRY(read_metaverse(tx, c));
    TRY(read_systems(tx, c));
    TRY(read_rules(tx, c));
    struct service_setting_rows settings = {0};
    TRY(q_service_settings_all(tx, c->a, &settings));
    for (EACH(struct service_setting_row, s, &settings)) text_map_put(&c->service_settings, s->key, &s->value);
    config_index(c);
    return NULL;
}

FALLIBLE config_read(store_tx *tx, const struct config **out) {
    struct config *c = config_new();
    error *e = read_all(tx, c);
    if (e) {
        config_release(c);
        return e;
    }
    *out = c;
    return NULL;
}

FALLIBLE store_config_in(store_tx *tx, const struct config **out) { return config_read(tx, out); }

/* Another process may have changed it too: the stored version is looked at now and then. */
static FALLIBLE is_current(store *s, store_tx *tx, bool *current) {
    int64_t version;
    TRY(read_number(tx, tx->scratch, T("config_version"), &version));
    *current = s->config && s->config->version == version;
    return NULL;
}

FALLIBLE config_in(store_tx *tx, const struct config **out) {
    if (tx->config_changed) return config_read(tx, out);
    int64_t version;
    TRY(read_number(tx, tx->scratch, T("config_version"), &version));
    {
        WITH_LOCK(&tx->s->config_lock);
        if (tx->s->config && tx->s->config->version == version) {
            *out = config_retain(tx->s->config);
            return NULL;
        }
    }
    return config_read(tx, out);
}

static bool must_look(const store *s, int64_t now) {
    return !s->config || s->config_stale || now - s->config_looked > LOOK_EVERY_NS;
}

const struct config *store_config_at_hand(store *s) {
    if (pthread_mutex_trylock(&s->config_lock)) return NULL; /* it may be held while all is read */
    const struct config *c = must_look(s, monotonic_ns()) ? NULL : config_retain(s->config);
    pthread_mutex_unlock(&s->config_lock);
    return c;
}

FALLIBLE store_config(store *s, const struct config **out) {
    WITH_LOCK(&s->config_lock);
    int64_t now = monotonic_ns();
    if (must_look(s, now)) {
        OWNED(store_tx) tx = NULL;
        TRY(store_read(s, &tx));
        bool current;
        TRY(is_current(s, tx, &current));
        if (!current) {
            const struct config *fresh;
            TRY(config_read(tx, &fresh));
            config_release(s->config);
            s->config = fresh;
        }
        s->config_stale = false;
        s->config_looked = now;
    }
    *out = config_retain(s->config);
    return NULL;
}
