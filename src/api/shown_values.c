/* From sets of values and mappings to what explanations and previews show. */
#include "api/shown_values.h"

#include "api/rule_parts.h"
#include "runs/preview.h"

SHAPE(shown_value, "ShownAttributeValue",
      FIELDS(EMBED(shown_value, value, typed_value), FIELD(shown_value, reference_value_id, "referenceValueId", .nullable = true),
             FIELD(shown_value, reference_value_display_name, "referenceValueDisplayName", .nullable = true)));
SHAPE(shown_values, "ShownAttributeValues",
      FIELDS(FIELD(shown_values, total_count, "totalCount"), FIELD(shown_values, has_more, "hasMore"),
             OBJECTS(shown_values, values, "values", shown_value, .doc = "The first 100.")));
SHAPE(supplier, "AttributeSupplier",
      FIELDS(FIELD(supplier, mapping_id, "mappingId"), FIELD(supplier, priority, "priority"),
             FIELD(supplier, connected_system_id, "connectedSystemId"),
             FIELD(supplier, connected_system_name, "connectedSystemName", .nullable = true),
             FIELD(supplier, sync_rule_id, "syncRuleId"), FIELD(supplier, sync_rule_name, "syncRuleName", .nullable = true),
             FIELD(supplier, connected_system_object_id, "connectedSystemObjectId", .nullable = true)));

uuid uuid_if_stored(enum id_kind kind, int64_t id) { return id && !preview_made(id) ? id_to_uuid(kind, id) : (uuid){{0}}; }

static size_t shown_of(const struct values *set) {
    if (!set) return 0;
    return set->count < VALUES_SHOWN_AT_ONCE ? set->count : VALUES_SHOWN_AT_ONCE;
}

void shown_references(arena *a, const struct values *set, struct int64s *out) {
    for (size_t i = 0; i < shown_of(set) && set->at[i].type == TYPE_REFERENCE; i++) {
        int64_t target = set->at[i].reference.target;
        if (target && !preview_made(target)) *LIST_ADD(a, out) = target;
    }
}

void show_values(arena *a, const struct values *set, const struct int_map *names, struct shown_values *out) {
    size_t shown = shown_of(set);
    *out = (struct shown_values){.total_count = set ? (int32_t)set->count : 0, .has_more = set && set->count > shown};
    for (size_t i = 0; i < shown; i++) {
        const struct value *v = &set->at[i];
        struct shown_value *to = LIST_ADD(a, &out->values);
        typed_value_of(v, &to->value);
        if (v->type != TYPE_REFERENCE) continue;
        to->reference_value_id = uuid_if_stored(ID_MVO, v->reference.target);
        to->reference_value_display_name = name_of(names, v->reference.target);
    }
}

static struct supplier *supplier_gone(arena *a, const struct retired_mapping *r) {
    struct supplier *out = ARENA_NEW(a, struct supplier);
    *out = (struct supplier){.mapping_id = r->mapping, .connected_system_name = r->system_name, .sync_rule_name = r->rule_name};
    return out;
}

struct supplier *supplier_of(arena *a, snapshot *s, int32_t mapping) {
    const struct mapping *m = mapping ? config_mapping(s, mapping) : NULL;
    const struct sync_rule *r = m ? config_rule(s, m->rule) : NULL;
    if (!r) {
        for (EACH(const struct retired_mapping, each, &s->retired))
            if (each->mapping == mapping) return supplier_gone(a, each);
        return NULL;
    }
    const struct connected_system *system = config_system(s, r->system);
    struct supplier *out = ARENA_NEW(a, struct supplier);
    *out = (struct supplier){.mapping_id = mapping,
                             .priority = GIVE(m->priority),
                             .connected_system_id = id_or_null(r->system),
                             .connected_system_name = system ? system->name : (text){0},
                             .sync_rule_id = id_or_null(r->id),
                             .sync_rule_name = r->name};
    return out;
}
