/* Saves synchronisation rules: mappings with their sources, scope groups with their criteria. */
#include "store/config_save.h"

FALLIBLE store_save_rule(store_tx *tx, struct sync_rule *r) {
    TRY(save_begin(tx, "config:sync_rule", &r->id, true));
    return q_sync_rule_save(tx, r, 1);
}

FALLIBLE store_delete_rule(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    OWNED_VALUE(rows) r = {0};
    struct int32s mappings = {0}, groups = {0};
    TRY(q_mappings_of_rule(tx, &(struct q_mappings_of_rule_in){id}, 1, &r));
    for (struct q_mappings_of_rule_row row; q_mappings_of_rule_next(&r, &row);) *LIST_ADD(tx->scratch, &mappings) = row.id;
    TRY(rows_end(&r));
    for (EACH(const int32_t, m, &mappings)) TRY(store_delete_mapping(tx, *m));
    TRY(q_scope_groups_of_rule(tx, &(struct q_scope_groups_of_rule_in){id}, 1, &r));
    for (struct q_scope_groups_of_rule_row row; q_scope_groups_of_rule_next(&r, &row);) *LIST_ADD(tx->scratch, &groups) = row.id;
    TRY(rows_end(&r));
    for (EACH(const int32_t, g, &groups)) TRY(store_delete_scope_group(tx, *g));
    TRY(q_matching_rules_of_sync_rule_delete(tx, &(struct q_matching_rules_of_sync_rule_delete_in){id}, 1));
    return q_sync_rule_delete(tx, &(struct q_sync_rule_delete_in){id}, 1);
}

FALLIBLE store_save_mapping(store_tx *tx, struct mapping *m) {
    TRY(save_begin(tx, "config:mapping", &m->id, true));
    TRY(q_mapping_save(tx, &(struct mapping_row){*m, (int32_t)m->processing}, 1));
    TRY(q_mapping_sources_delete(tx, &(struct q_mapping_sources_delete_in){m->id}, 1));
    for (EACH(struct mapping_source, s, &m->sources)) {
        if (!s->id) TRY(config_id(tx, "config:mapping_source", &s->id));
        TRY(q_mapping_source_add(tx, &(struct mapping_source_row){m->id, *s}, 1));
    }
    return NULL;
}

FALLIBLE store_delete_mapping(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    TRY(q_mapping_retire(tx, &(struct q_mapping_retire_in){id}, 1));
    TRY(q_mapping_sources_delete(tx, &(struct q_mapping_sources_delete_in){id}, 1));
    return q_mapping_delete(tx, &(struct q_mapping_delete_in){id}, 1);
}

FALLIBLE store_save_scope_group(store_tx *tx, struct scope_group *g) {
    TRY(save_begin(tx, "config:scope_group", &g->id, true));
    return q_scope_group_save(tx, g, 1);
}

/* Nesting is as deep as administrators wrote it; each level is one query. */
FALLIBLE store_delete_scope_group(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    struct int32s groups = {0};
    *LIST_ADD(tx->scratch, &groups) = id;
    for (size_t i = 0; i < groups.count; i++) {
        OWNED_VALUE(rows) r = {0};
        TRY(q_scope_group_children(tx, &(struct q_scope_group_children_in){groups.at[i]}, 1, &r));
        for (struct q_scope_group_children_row row; q_scope_group_children_next(&r, &row);)
            *LIST_ADD(tx->scratch, &groups) = row.id;
        TRY(rows_end(&r));
    }
    for (EACH(const int32_t, g, &groups)) {
        TRY(q_scope_criteria_of_group_delete(tx, &(struct q_scope_criteria_of_group_delete_in){*g}, 1));
        TRY(q_scope_group_delete(tx, &(struct q_scope_group_delete_in){*g}, 1));
    }
    return NULL;
}

FALLIBLE store_save_scope_criterion(store_tx *tx, struct scope_criterion *k) {
    TRY(save_begin(tx, "config:scope_criterion", &k->id, true));
    struct scope_criterion_row row = {.k = *k};
    if (k->has_value) {
        row.type = k->value.type;
        row.value = value_text(tx->scratch, &k->value);
    }
    return q_scope_criterion_save(tx, &row, 1);
}

FALLIBLE store_delete_scope_criterion(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    config_touch(tx, true);
    return q_scope_criterion_delete(tx, &(struct q_scope_criterion_delete_in){id}, 1);
}
