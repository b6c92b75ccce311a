/* The columns of each attribute, found once. */
#include "connectors/file/plan.h"

#include "connectors/file/declared.h"
#include "model/credentials.h"

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

static error *plan_type(arena *a, const struct file_options *o, const struct connector_schema *declared,
                        const struct file_source *s, const struct cs_type *type, struct import_plan *plan) {
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
    for (EACH(const struct cs_type, t, &system->types)) TRY(plan_type(a, o, &declared, s, t, plan));
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
