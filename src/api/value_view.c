/* From values of the model to what travels. */
#include "api/value_view.h"

#include "base/unicode.h"

SHAPE(typed_value, NULL,
      FIELDS(FIELD(typed_value, string_value, "stringValue", .nullable = true),
             FIELD(typed_value, date_time_value, "dateTimeValue"), FIELD(typed_value, int_value, "intValue"),
             FIELD(typed_value, long_value, "longValue"), FIELD(typed_value, decimal_value, "decimalValue"),
             FIELD(typed_value, byte_value, "byteValue", .nullable = true), FIELD(typed_value, guid_value, "guidValue"),
             FIELD(typed_value, bool_value, "boolValue")));
SHAPE(value_summary, "AttributeValueSummaryDto", VALUE_SUMMARY_FIELDS(value_summary));
SHAPE(value_query, NULL,
      FIELDS(FIELD(value_query, page, "page", .by_default = "1"), FIELD(value_query, page_size, "pageSize", .by_default = "50"),
             FIELD(value_query, search, "search", .doc = "A part of the value, in any case.")));
SHAPE(named_id, "MetaverseObjectTypeDto", FIELDS(FIELD(named_id, id, "id"), FIELD(named_id, name, "name")));

void typed_value_of(const struct value *v, struct typed_value *out) {
    *out = (struct typed_value){0};
    switch (v->type) {
    case TYPE_TEXT:
        out->string_value = v->text;
        return;
    case TYPE_NUMBER:
        out->int_value = (struct maybe_int32)GIVE((int32_t)v->integer);
        return;
    case TYPE_LONG_NUMBER:
        out->long_value = (struct maybe_int64)GIVE(v->integer);
        return;
    case TYPE_DATETIME:
        out->date_time_value = (struct maybe_instant){true, {v->integer}};
        return;
    case TYPE_BOOLEAN:
        out->bool_value = (struct maybe_bool)GIVE(v->integer != 0);
        return;
    case TYPE_DECIMAL:
        out->decimal_value = (struct maybe_decimal)GIVE(*v->decimal);
        return;
    case TYPE_GUID:
        out->guid_value = (struct maybe_uuid)GIVE(v->guid);
        return;
    case TYPE_BINARY:
        out->byte_value.raw = v->text;
        return;
    case TYPE_REFERENCE:
        out->string_value = v->reference.raw;
        return;
    case TYPE_NOT_SET:
        return;
    }
}

static struct json_value quoted_uuid(arena *a, uuid u) {
    char *out = arena_bytes(a, 38);
    uuid_write(u, out + 1);
    out[0] = out[37] = '"';
    return (struct json_value){.raw = {out, 38}};
}

struct json_value json_value_of(arena *a, const struct value *v) {
    switch (v->type) {
    case TYPE_NUMBER:
    case TYPE_LONG_NUMBER:
        return json_value_int(a, v->integer);
    case TYPE_BOOLEAN:
        return json_value_bool(v->integer != 0);
    case TYPE_DECIMAL:
        return (struct json_value){.raw = value_text(a, v)};
    case TYPE_REFERENCE:
        return v->reference.target ? quoted_uuid(a, id_to_uuid(ID_MVO, v->reference.target)) : json_value_text(a, v->reference.raw);
    case TYPE_BINARY:
        return json_value_text(a, base64_write(a, v->text));
    default:
        return json_value_text(a, value_text(a, v));
    }
}

uuid value_id(enum id_kind kind, int64_t object, int32_t attribute, size_t place) {
    uuid u = id_to_uuid(kind, object);
    uint64_t mixed = ((uint64_t)attribute << 24) ^ (uint64_t)(place + 1);
    for (int i = 0; i < 7; i++) u.bytes[15 - i] ^= (uint8_t)(mixed >> 8 * i);
    return u;
}

FALLIBLE value_query_check(struct call *c, struct value_query *q) {
    list_clamp(&q->page, &q->page_size, 50, 100);
    return list_depth(c, q->page, q->page_size);
}

bool value_matches(arena *scratch, const struct value *v, text folded) {
    if (text_is_empty(folded)) return true;
    arena_reset(scratch);
    text t = value_text(scratch, v);
    return t.at && text_find(text_fold(scratch, t), folded) != SIZE_MAX;
}

struct named_id mv_type_reference(snapshot *s, int32_t type) {
    const struct mv_type *t = config_mv_type(s, type);
    return (struct named_id){type, t ? t->name : T("")};
}

FALLIBLE mvo_names(struct call *c, store_tx *tx, snapshot *s, const struct int64s *ids, struct int_map *out) {
    struct int64s wanted = {0};
    int_map_init(out, c->a, ids->count);
    for (EACH(const int64_t, id, ids))
        if (*id && !int_map_get(out, *id)) {
            int_map_put(out, *id, ARENA_NEW(c->a, text));
            *LIST_ADD(c->a, &wanted) = *id;
        }
    if (!wanted.count) return NULL;
    text *names = ARENA_ARRAY(c->a, text, wanted.count);
    TRY(store_mvo_names(tx, c->a, s, wanted.at, wanted.count, names));
    for (size_t i = 0; i < wanted.count; i++) *(text *)int_map_get(out, wanted.at[i]) = names[i];
    return NULL;
}

text name_of(const struct int_map *names, int64_t id) {
    const text *found = id ? int_map_get(names, id) : NULL;
    return found ? *found : (text){0};
}

struct deletion_state deletion_state_of(snapshot *s, const struct mvo *o) {
    struct deletion_state out = {0};
    const struct mv_type *t = config_mv_type(s, o->type);
    out.pending = o->deletion.disconnected.ticks && o->origin == ORIGIN_PROJECTED && t && t->deletion_rule != DELETE_MANUAL;
    if (out.pending && t->grace.ticks > 0 && !instant_add_ticks(o->deletion.disconnected, t->grace.ticks, &out.eligible))
        out.eligible = (instant){TICKS_MAX};
    return out;
}
