/* From recorded changes to what travels. */
#include "api/value_changes.h"

NAMED_ENUM_TABLE(value_change_type, "ValueChangeType", VALUE_CHANGE_TYPES)

static SHAPE(changed_value, NULL,
             FIELDS(FIELD(changed_value, value_change_type, "valueChangeType", .names = &value_change_type_names),
                    FIELD(changed_value, string_value, "stringValue", .nullable = true),
                    FIELD(changed_value, date_time_value, "dateTimeValue"), FIELD(changed_value, int_value, "intValue"),
                    FIELD(changed_value, long_value, "longValue"), FIELD(changed_value, decimal_value, "decimalValue"),
                    FIELD(changed_value, byte_value_length, "byteValueLength", .doc = "Of bytes only the number is recorded."),
                    FIELD(changed_value, guid_value, "guidValue"), FIELD(changed_value, bool_value, "boolValue")));
static SHAPE(changed_attribute, NULL,
             FIELDS(FIELD(changed_attribute, attribute_name, "attributeName", .doc = "As it is today, or was when it was deleted."),
                    FIELD(changed_attribute, attribute_type, "attributeType", .names = &data_type_names),
                    FIELD(changed_attribute, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    FIELD(changed_attribute, value_change_count, "valueChangeCount", .doc = "Of all; the first 1,000 are shown.")));

static SHAPE(mvo_change_reference, "MvoChangeReferenceDto",
             FIELDS(FIELD(mvo_change_reference, id, "id"),
                    FIELD(mvo_change_reference, display_name, "displayName", .nullable = true),
                    FIELD(mvo_change_reference, type_name, "typeName"),
                    FIELD(mvo_change_reference, type_plural_name, "typePluralName")));
static SHAPE(cso_change_reference, "CsoChangeReferenceDto",
             FIELDS(FIELD(cso_change_reference, id, "id"), FIELD(cso_change_reference, connected_system_id, "connectedSystemId"),
                    FIELD(cso_change_reference, type_name, "typeName"),
                    FIELD(cso_change_reference, display_name, "displayName", .nullable = true),
                    FIELD(cso_change_reference, secondary_id, "secondaryId", .nullable = true)));
static SHAPE(mvo_changed_value, "MvoValueChangeDto",
             FIELDS(EMBED(mvo_changed_value, value, changed_value),
                    FIELD(mvo_changed_value, null_value, "nullValue", .doc = "A contributor asserts that there is no value."),
                    OBJECT(mvo_changed_value, reference, "referenceValue", mvo_change_reference, .nullable = true)));
static SHAPE(cso_changed_value, "CsoValueChangeDto",
             FIELDS(EMBED(cso_changed_value, value, changed_value),
                    OBJECT(cso_changed_value, reference, "referenceValue", cso_change_reference, .nullable = true,
                           .doc = "The object that the text in stringValue leads to today.")));
SHAPE(mvo_attribute_change, "MvoAttributeChangeDto",
      FIELDS(EMBED(mvo_attribute_change, attribute, changed_attribute),
             FIELD(mvo_attribute_change, sync_rule_id, "syncRuleId", .doc = "The rule that the values come from afterwards."),
             FIELD(mvo_attribute_change, sync_rule_name, "syncRuleName", .nullable = true),
             OBJECTS(mvo_attribute_change, value_changes, "valueChanges", mvo_changed_value)));
SHAPE(cso_attribute_change, "CsoAttributeChangeDto",
      FIELDS(EMBED(cso_attribute_change, attribute, changed_attribute),
             OBJECTS(cso_attribute_change, value_changes, "valueChanges", cso_changed_value)));

/* ---- names ---- */

static struct mvo_change_reference *mvo_named(struct change_reader *r, int64_t id, text name, int32_t type, text type_name) {
    const struct mv_type *t = config_mv_type(r->s, type);
    struct mvo_change_reference *v = ARENA_NEW(r->c->a, struct mvo_change_reference);
    *v = (struct mvo_change_reference){.id = id_to_uuid(ID_MVO, id), .display_name = name, .type_name = t ? t->name : type_name};
    if (text_is_null(v->type_name)) v->type_name = T("");
    v->type_plural_name = t ? t->plural : v->type_name;
    return v;
}

static FALLIBLE name_mvos(struct change_reader *r, const struct int64s *ids) {
    struct mvos found = {0};
    struct tombstones gone = {0};
    TRY(store_mvos_brief(r->tx, r->c->a, r->s, ids->at, ids->count, &found));
    for (EACH(const struct mvo, o, &found))
        int_map_put(&r->names.mvos, o->id, mvo_named(r, o->id, mvo_display_name(r->c->a, r->s, o), o->type, (text){0}));
    TRY(store_tombstones_of(r->tx, r->c->a, HISTORY_OF_MVO, ids->at, ids->count, &gone));
    for (EACH(const struct tombstone, t, &gone))
        int_map_put(&r->names.mvos, t->object, mvo_named(r, t->object, t->name, t->owner, t->type_name));
    for (EACH(const int64_t, id, ids))
        if (!int_map_get(&r->names.mvos, *id)) int_map_put(&r->names.mvos, *id, mvo_named(r, *id, (text){0}, 0, (text){0}));
    return NULL;
}

static void add_cso(struct change_reader *r, int64_t id, const struct cso_change_reference *v) {
    struct cso_change_reference *copy = ARENA_NEW(r->c->a, struct cso_change_reference);
    *copy = *v;
    copy->id = id_to_uuid(ID_CSO, id);
    if (text_is_null(copy->type_name)) copy->type_name = T("");
    int_map_put(&r->names.csos, id, copy);
}

static FALLIBLE name_csos(struct change_reader *r, const struct int64s *ids) {
    struct csos found = {0};
    struct tombstones gone = {0};
    TRY(store_csos_brief(r->tx, r->c->a, r->s, ids->at, ids->count, &found));
    for (EACH(const struct cso, o, &found)) {
        const struct cs_type *t = config_cs_type(r->s, o->type);
        add_cso(r, o->id,
                &(struct cso_change_reference){.connected_system_id = o->system,
                                               .type_name = t ? t->name : (text){0},
                                               .display_name = cso_display_name(r->c->a, r->s, o),
                                               .secondary_id = o->secondary_external_id});
    }
    TRY(store_tombstones_of(r->tx, r->c->a, HISTORY_OF_CSO, ids->at, ids->count, &gone));
    for (EACH(const struct tombstone, t, &gone))
        add_cso(
            r, t->object,
            &(struct cso_change_reference){.connected_system_id = t->owner, .type_name = t->type_name, .display_name = t->name});
    return NULL;
}

/* Each target once. */
static void add_targets(arena *a, const struct values *set, struct int_map *seen, struct int64s *out) {
    for (size_t i = 0; i < set->count && i < CHANGES_SHOWN && set->at[0].type == TYPE_REFERENCE; i++) {
        int64_t id = set->at[i].reference.target;
        if (id && !int_map_put(seen, id, out)) *LIST_ADD(a, out) = id;
    }
}

FALLIBLE changes_prepare(struct change_reader *r, const struct change_records *records) {
    struct int64s targets = {0};
    struct int_map seen;
    int_map_init(&seen, r->c->a, 16);
    int_map_init(&r->names.mvos, r->c->a, 16);
    int_map_init(&r->names.csos, r->c->a, 16);
    for (EACH(const struct change_record, k, records)) {
        for (EACH(const struct value_change, change, &k->changes)) {
            add_targets(r->c->a, &change->removed, &seen, &targets);
            add_targets(r->c->a, &change->added, &seen, &targets);
        }
    }
    if (!targets.count) return NULL;
    return r->of == HISTORY_OF_MVO ? name_mvos(r, &targets) : name_csos(r, &targets);
}

FALLIBLE mvo_reference(struct change_reader *r, int64_t mvo, struct mvo_change_reference *out) {
    struct int64s one = {.at = &mvo, .count = 1};
    if (!r->names.mvos.room) int_map_init(&r->names.mvos, r->c->a, 16);
    if (!int_map_get(&r->names.mvos, mvo)) TRY(name_mvos(r, &one));
    *out = *(const struct mvo_change_reference *)int_map_get(&r->names.mvos, mvo);
    return NULL;
}

/* ---- values ---- */

static struct changed_value value_of(const struct value *v, enum value_change_type type) {
    struct changed_value out = {.value_change_type = type};
    struct typed_value t;
    if (v->type == TYPE_BINARY) {
        out.byte_value_length = (struct maybe_int32)GIVE((int32_t)v->text.len);
        return out;
    }
    typed_value_of(v, &t);
    out.string_value = t.string_value;
    out.date_time_value = t.date_time_value;
    out.int_value = t.int_value;
    out.long_value = t.long_value;
    out.decimal_value = t.decimal_value;
    out.guid_value = t.guid_value;
    out.bool_value = t.bool_value;
    return out;
}

static const void *target_of(const struct int_map *names, const struct value *v) {
    return v->type == TYPE_REFERENCE && v->reference.target ? int_map_get(names, v->reference.target) : NULL;
}

static void show_mvo_values(struct change_reader *r, const struct values *set, bool null, enum value_change_type type,
                            struct mvo_attribute_change *out) {
    if (null)
        *LIST_ADD(r->c->a, &out->value_changes) = (struct mvo_changed_value){.value.value_change_type = type, .null_value = true};
    for (size_t i = 0; i < set->count && out->value_changes.count < CHANGES_SHOWN; i++)
        *LIST_ADD(r->c->a, &out->value_changes) =
            (struct mvo_changed_value){.value = value_of(&set->at[i], type), .reference = target_of(&r->names.mvos, &set->at[i])};
}

static void show_cso_values(struct change_reader *r, const struct values *set, enum value_change_type type,
                            struct cso_attribute_change *out) {
    for (size_t i = 0; i < set->count && out->value_changes.count < CHANGES_SHOWN; i++)
        *LIST_ADD(r->c->a, &out->value_changes) =
            (struct cso_changed_value){.value = value_of(&set->at[i], type), .reference = target_of(&r->names.csos, &set->at[i])};
}

/* ---- attributes ---- */

static FALLIBLE name_attribute(struct change_reader *r, const struct value_change *k, struct changed_attribute *out) {
    const struct mv_attribute *mv = r->of == HISTORY_OF_MVO ? config_mv_attribute(r->s, k->attribute) : NULL;
    const struct cs_attribute *cs = r->of == HISTORY_OF_CSO ? config_cs_attribute(r->s, k->attribute) : NULL;
    struct retired_attribute gone = {0};
    *out = (struct changed_attribute){.attribute_type = k->type};
    out->value_change_count = (int32_t)(k->removed.count + k->added.count) + k->null_removed + k->null_added;
    if (!mv && !cs) TRY(store_retired_attribute(r->tx, r->c->a, r->of, k->attribute, &gone));
    out->attribute_name = mv ? mv->name : cs ? cs->name : gone.name;
    out->attribute_plurality = mv ? mv->plurality : cs ? cs->plurality : gone.plurality;
    if (k->type == TYPE_NOT_SET && mv) out->attribute_type = mv->type;
    if (text_is_null(out->attribute_name)) out->attribute_name = arena_print(r->c->a, "(attribute %d)", k->attribute);
    return NULL;
}

void mapping_rule(snapshot *s, int32_t mapping, int32_t *id, text *name) {
    const struct mapping *m = mapping ? config_mapping(s, mapping) : NULL;
    const struct sync_rule *rule = m ? config_rule(s, m->rule) : NULL;
    *id = rule ? rule->id : 0;
    *name = rule ? rule->name : (text){0};
    for (EACH(const struct retired_mapping, each, &s->retired))
        if (!rule && mapping && each->mapping == mapping) *name = each->rule_name;
}

FALLIBLE mvo_changes_show(struct change_reader *r, const struct value_changes *changes, struct mvo_attribute_changes *out) {
    for (EACH(const struct value_change, k, changes)) {
        struct mvo_attribute_change *v = LIST_ADD(r->c->a, out);
        int32_t rule;
        *v = (struct mvo_attribute_change){0};
        TRY(name_attribute(r, k, &v->attribute));
        mapping_rule(r->s, k->mapping, &rule, &v->sync_rule_name);
        v->sync_rule_id = (struct maybe_int32){rule != 0, rule};
        show_mvo_values(r, &k->removed, k->null_removed, VALUE_REMOVED, v);
        show_mvo_values(r, &k->added, k->null_added, VALUE_ADDED, v);
    }
    return NULL;
}

FALLIBLE cso_changes_show(struct change_reader *r, const struct value_changes *changes, struct cso_attribute_changes *out) {
    for (EACH(const struct value_change, k, changes)) {
        struct cso_attribute_change *v = LIST_ADD(r->c->a, out);
        *v = (struct cso_attribute_change){0};
        TRY(name_attribute(r, k, &v->attribute));
        show_cso_values(r, &k->removed, VALUE_REMOVED, v);
        show_cso_values(r, &k->added, VALUE_ADDED, v);
    }
    return NULL;
}
