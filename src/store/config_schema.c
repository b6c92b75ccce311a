/* Saves the metaverse schema: object types, attributes and what binds them. */
#include "store/config_save.h"

#include "base/unicode.h"

void config_touch(store_tx *tx, bool matters) {
    tx->config_changed = true;
    tx->config_matters = tx->config_matters || matters;
}

FALLIBLE save_begin(store_tx *tx, const char *counter, int32_t *id, bool matters) {
    TRY(need_write(tx));
    config_touch(tx, matters);
    return *id ? NULL : config_id(tx, counter, id);
}

FALLIBLE name_release(store_tx *tx, const char *kind, int32_t id) {
    return q_name_release(tx, &(struct q_name_release_in){text_of(kind), id}, 1);
}

FALLIBLE name_claim(store_tx *tx, const char *kind, int32_t owner, text name, int32_t id) {
    TRY(name_release(tx, kind, id));
    struct q_name_claim_in in = {text_of(kind), owner, text_fold(tx->scratch, name), id};
    error *e = q_name_claim(tx, &in, 1);
    if (!e || e->kind != ERROR_CONFLICT) return e;
    error_free(e);
    return FAIL(ERROR_CONFLICT, "the %s \"%.*s\" exists already; choose another name", kind, TEXT_ARG(name));
}

static struct pair_row *pairs(store_tx *tx, int32_t owner, const struct int32s *members, bool swap) {
    struct pair_row *rows = ARENA_ARRAY(tx->scratch, struct pair_row, members->count);
    for (size_t i = 0; i < members->count; i++)
        rows[i] = swap ? (struct pair_row){members->at[i], owner} : (struct pair_row){owner, members->at[i]};
    return rows;
}

FALLIBLE store_save_mv_type(store_tx *tx, struct mv_type *t) {
    TRY(save_begin(tx, "config:mv_type", &t->id, false));
    TRY(name_claim(tx, "metaverse object type", 0, t->name, t->id));
    TRY(name_claim(tx, "metaverse object type's plural name", 0, t->plural, t->id));
    TRY(q_mv_type_save(tx, t, 1));
    TRY(q_mv_bindings_of_type_delete(tx, &(struct q_mv_bindings_of_type_delete_in){t->id}, 1));
    TRY(q_mv_binding_add(tx, pairs(tx, t->id, &t->attributes, true), t->attributes.count));
    TRY(q_mv_triggers_of_type_delete(tx, &(struct q_mv_triggers_of_type_delete_in){t->id}, 1));
    return q_mv_trigger_add(tx, pairs(tx, t->id, &t->trigger_systems, false), t->trigger_systems.count);
}

FALLIBLE store_delete_mv_type(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    int64_t objects;
    TRY(tally_get(tx, TALLY_MVO_TYPE, id, &objects));
    if (objects) return FAIL(ERROR_CONFLICT, "the metaverse object type still has %lld objects", (long long)objects);
    config_touch(tx, true);
    TRY(name_release(tx, "metaverse object type", id));
    TRY(name_release(tx, "metaverse object type's plural name", id));
    TRY(q_mv_bindings_of_type_delete(tx, &(struct q_mv_bindings_of_type_delete_in){id}, 1));
    TRY(q_mv_triggers_of_type_delete(tx, &(struct q_mv_triggers_of_type_delete_in){id}, 1));
    return q_mv_type_delete(tx, &(struct q_mv_type_delete_in){id}, 1);
}

FALLIBLE store_save_mv_attribute(store_tx *tx, struct mv_attribute *t) {
    TRY(save_begin(tx, "config:mv_attribute", &t->id, true));
    TRY(name_claim(tx, "metaverse attribute", 0, t->name, t->id));
    struct q_mv_attribute_indexed_row before = {0};
    bool found;
    TRY(q_mv_attribute_indexed_one(tx, tx->scratch, &(struct q_mv_attribute_indexed_in){t->id}, &before, &found));
    TRY(q_mv_attribute_save(tx, t, 1));
    TRY(q_mv_bindings_of_attribute_delete(tx, &(struct q_mv_bindings_of_attribute_delete_in){t->id}, 1));
    TRY(q_mv_binding_add(tx, pairs(tx, t->id, &t->object_types, false), t->object_types.count));
    return found && before.indexed != t->indexed ? index_mv_attribute(tx, t->id, t->indexed) : NULL;
}

FALLIBLE store_delete_mv_attribute(store_tx *tx, int32_t id) {
    TRY(need_write(tx));
    int64_t objects;
    TRY(store_mv_attribute_uses(tx, id, &objects));
    if (objects) return FAIL(ERROR_CONFLICT, "the metaverse attribute still has values on %lld objects", (long long)objects);
    config_touch(tx, true);
    TRY(name_release(tx, "metaverse attribute", id));
    TRY(q_mv_bindings_of_attribute_delete(tx, &(struct q_mv_bindings_of_attribute_delete_in){id}, 1));
    TRY(q_mv_attribute_retire(tx, &(struct q_mv_attribute_retire_in){id}, 1));
    return q_mv_attribute_delete(tx, &(struct q_mv_attribute_delete_in){id}, 1);
}

FALLIBLE store_save_setting(store_tx *tx, text key, text value) {
    TRY(need_write(tx));
    config_touch(tx, false);
    if (text_is_null(value)) return q_service_setting_delete(tx, &(struct q_service_setting_delete_in){key}, 1);
    return q_service_setting_save(tx, &(struct q_service_setting_save_in){key, value}, 1);
}
