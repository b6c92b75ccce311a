/* The columns of each attribute, found once. */
#include "connectors/file/plan.h"

#include "connectors/file/declared.h"
#include "connectors/file/file.h"
#include "connectors/settings.h"
#include "model/credentials.h"
#include "model/hash.h"

#include <stdlib.h>

/* To be raised whenever the same bytes come to be read as other values. */
enum { READING_VERSION = 1 };

/* A declared column that no export has needed yet is no loss: its values are known to be none. */
static bool is_declared(const struct connector_schema *declared, text type, text name) {
    for (EACH(const struct schema_type, t, &declared->types))
        for (EACH(const struct schema_attribute, c, &t->attributes))
            if (text_equal_fold(t->name, type) && text_equal_fold(c->name, name)) return true;
    return false;
}

/* Types that the settings rule out need no columns. */
static bool can_occur(const struct file_options *o, const struct cs_type *type) {
    return !text_is_empty(o->type_column) || text_equal_fold(type->name, o->object_type);
}

static int by_place(const void *one, const void *two) {
    int32_t a = *(const int32_t *)one, b = *(const int32_t *)two;
    return (a > b) - (a < b);
}

static void find_runs(arena *a, struct type_plan *p) {
    struct int32s places = {0};
    for (EACH(const struct attribute_plan, c, &p->attributes)) {
        if (!c->column) continue;
        for (EACH(const int32_t, place, &c->column->places)) *LIST_ADD(a, &places) = *place;
    }
    if (places.count) qsort(places.at, places.count, sizeof *places.at, by_place);
    for (EACH(const int32_t, place, &places)) {
        struct field_run *last = p->runs.count ? &p->runs.at[p->runs.count - 1] : NULL;
        if (last && (size_t)*place <= last->last + 1)
            last->last = (size_t)*place;
        else
            *LIST_ADD(a, &p->runs) = (struct field_run){(size_t)*place, (size_t)*place};
    }
}

/* Names are of no account: the ids of attributes stand for them. */
static void hash_reading(const struct connected_system *system, const struct file_options *o, struct type_plan *p) {
    text tag = setting_text(&system->settings, FILE_CULTURE);
    OWNED_VALUE(buffer) b = {.max = 16 << 20};
    buffer_print(&b, "%d %s %s|%zu:%.*s|%zu:%.*s|%zu:%.*s|%zu:%.*s", READING_VERSION, o->invariant ? "" : culture_version(),
                 unicode_version(), o->delimiter.len, TEXT_ARG(o->delimiter), o->multi_delimiter.len, TEXT_ARG(o->multi_delimiter),
                 o->encoding.len, TEXT_ARG(o->encoding), tag.len, TEXT_ARG(tag));
    for (EACH(const struct attribute_plan, c, &p->attributes)) {
        buffer_print(&b, "|%d %d %d", c->attribute->id, (int)c->attribute->type, (int)c->attribute->plurality);
        for (size_t i = 0; c->column && i < c->column->places.count; i++) buffer_print(&b, " %d", c->column->places.at[i]);
    }
    stable_hash128(buffer_as_text(&b), p->reading);
}

static error *plan_type(arena *a, const struct connected_system *system, const struct file_options *o,
                        const struct connector_schema *declared, const struct file_source *s, const struct cs_type *type,
                        struct import_plan *plan) {
    struct type_plan *p = LIST_ADD(a, &plan->types);
    p->type = type;
    p->read = type->selected && can_occur(o, type);
    if (!p->read) return NULL;
    const struct cs_attribute *id = type->external_id;
    if (!id)
        return FAIL(ERROR_INVALID, "The object type \"%.*s\" has no External ID attribute; choose one in its schema.",
                    TEXT_ARG(type->name));
    p->external_id = (struct attribute_plan){id, file_column_named(a, &s->columns, id->name)};
    if (!p->external_id.column)
        return FAIL(ERROR_INVALID, "\"%.*s\" lacks the column \"%.*s\", the External ID of the object type \"%.*s\".",
                    TEXT_ARG(s->path), TEXT_ARG(id->name), TEXT_ARG(type->name));
    for (EACH(const struct cs_attribute, c, &type->attributes)) {
        if ((!c->selected && !c->external_id) || is_credential_attribute(c->name)) continue;
        const struct file_column *column = file_column_named(a, &s->columns, c->name);
        if (!column && is_declared(declared, type->name, c->name)) continue;
        if (!column) *LIST_ADD(a, &plan->missing) = c->name;
        *LIST_ADD(a, &p->attributes) = (struct attribute_plan){c, column};
    }
    if (p->attributes.count > plan->attributes_max) plan->attributes_max = p->attributes.count;
    find_runs(a, p);
    hash_reading(system, o, p);
    return NULL;
}

static error *find_type_column(arena *a, const struct file_options *o, const struct file_source *s, struct import_plan *plan) {
    const struct file_column *column = file_column_named(a, &s->columns, o->type_column);
    if (!column)
        return FAIL(ERROR_INVALID, "\"%.*s\" lacks the object type column \"%.*s\".", TEXT_ARG(s->path), TEXT_ARG(o->type_column));
    plan->type_place = column->places.at[0];
    return NULL;
}

error *import_plan_make(arena *a, const struct connected_system *system, const struct file_options *o, const struct file_source *s,
                        struct import_plan *plan) {
    struct connector_schema declared = {0};
    *plan = (struct import_plan){.type_place = -1};
    if (!text_is_null(o->declared)) TRY(declared_schema_read(a, o->declared, &declared));
    for (EACH(const struct cs_type, t, &system->types)) TRY(plan_type(a, system, o, &declared, s, t, plan));
    if (!text_is_empty(o->type_column)) return find_type_column(a, o, s, plan);
    for (EACH(const struct type_plan, p, &plan->types))
        if (text_equal_fold(p->type->name, o->object_type)) plan->fixed = p;
    if (plan->fixed) return NULL;
    return FAIL(ERROR_INVALID, "The object type \"%.*s\" of the settings is not in the schema; retrieve the schema again.",
                TEXT_ARG(o->object_type));
}

const struct type_plan *import_plan_type(struct import_plan *plan, const struct csv_record *record) {
    if (plan->fixed) return plan->fixed;
    if ((size_t)plan->type_place >= record->count) return NULL;
    text name = record->fields[plan->type_place];
    if (plan->last && text_equal(plan->last->type->name, name)) return plan->last;
    if (!utf8_valid(name, NULL)) return NULL;
    for (EACH(const struct type_plan, p, &plan->types))
        if (text_equal_fold(p->type->name, name)) return plan->last = p;
    return NULL;
}

/* The opening quote belongs to a field: without it, where a field ends could not be told from the bytes alone. */
static const char *beginning(const struct csv_record *record, size_t field) {
    const char *at = record->fields[field].at;
    if (field == 0) return record->raw;
    return at[-1] == '"' ? at - 1 : at;
}

void import_plan_print(const struct type_plan *type, const struct csv_record *record, uint64_t print[2]) {
    uint64_t high = type->reading[0], low = type->reading[1];
    for (EACH(const struct field_run, run, &type->runs)) {
        const char *from = beginning(record, run->first);
        const text *last = &record->fields[run->last];
        uint64_t h[2];
        stable_hash128((text){from, (size_t)(last->at + last->len - from)}, h);
        high = (high << 23 | high >> 41) * UINT64_C(0x9E3779B97F4A7C15) ^ h[0];
        low = (low << 29 | low >> 35) * UINT64_C(0xC2B2AE3D27D4EB4F) ^ h[1];
    }
    print[0] = high;
    print[1] = low | 1;
}
