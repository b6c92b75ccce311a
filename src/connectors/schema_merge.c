/* What a schema refresh changes: the connector's findings merged into the stored object types (connectors §6.2 … §6.4). */
#include "connectors/host.h"
#include "model/credentials.h"

struct merge {
    arena *a;
    const struct connector_definition *d;
    instant now;
    struct schema_merge *out;
};

/* One type while it is merged. */
struct merging {
    struct cs_type *type;
    const struct schema_type *found;
    struct type_attributes added, removed, blocked;
    struct type_differences changed;
};

static const struct schema_attribute *found_attribute(const struct schema_type *t, text name) {
    for (EACH(const struct schema_attribute, s, &t->attributes))
        if (text_equal(s->name, name)) return s;
    return NULL;
}

static bool is_internal(const struct schema_type *t) {
    for (EACH(const struct schema_tag, tag, &t->tags))
        if (text_equal(tag->key, T("visibility")) && text_equal(tag->value, T("internal"))) return true;
    return false;
}

static void differs(const struct merge *m, struct merging *t, text attribute, const char *aspect, text before, text after) {
    *LIST_ADD(m->a, &t->changed.list) = (struct attribute_difference){attribute, aspect, before, after};
}

/* The connector's word replaces what is stored; the administrator's choices stay. */
static void take_over(struct cs_attribute *to, const struct schema_attribute *from) {
    to->description = from->description;
    to->class_name = from->class_name;
    to->plurality = from->plurality;
    to->writability = from->writability;
    to->required = from->required;
    to->references_type = 0;
    to->not_reported = false;
    if (!to->type_set_by_administrator) to->type = from->type;
}

static void lock_credential(struct cs_attribute *c) {
    c->selected = c->external_id = c->secondary_external_id = false;
    c->selection_locked = true;
}

static void merge_attribute(const struct merge *m, struct merging *t, struct cs_attribute *c) {
    if (is_credential_attribute(c->name)) {
        lock_credential(c);
        return;
    }
    const struct schema_attribute *f = found_attribute(t->found, c->name);
    if (!f) {
        c->not_reported = true;
        *LIST_ADD(m->a, &t->removed.attributes) = c->name;
        return;
    }
    if (c->plurality != f->plurality)
        differs(m, t, c->name, "Plurality", enum_text(&plurality_names, c->plurality), enum_text(&plurality_names, f->plurality));
    if (c->type != f->type && !c->type_set_by_administrator)
        differs(m, t, c->name, "DataType", enum_text(&data_type_names, c->type), enum_text(&data_type_names, f->type));
    take_over(c, f);
}

static bool has_attribute(const struct cs_type *t, text name) {
    for (EACH(const struct cs_attribute, c, &t->attributes))
        if (text_equal(c->name, name)) return true;
    return false;
}

static void add_new_attributes(const struct merge *m, struct merging *t) {
    for (EACH(const struct schema_attribute, f, &t->found->attributes)) {
        if (is_credential_attribute(f->name)) {
            *LIST_ADD(m->a, &t->blocked.attributes) = f->name;
            continue;
        }
        m->out->total_attributes++;
        if (has_attribute(t->type, f->name)) continue;
        struct cs_attribute *c = LIST_ADD(m->a, &t->type->attributes);
        *c = (struct cs_attribute){.type_id = t->type->id, .name = f->name, .type = f->type, .created = m->now};
        take_over(c, f);
        *LIST_ADD(m->a, &t->added.attributes) = f->name;
    }
}

/* A recommendation counts only while the type has none: an administrator who moved the id elsewhere keeps it there. */
static void recommend_ids(const struct merge *m, struct merging *t) {
    struct cs_attribute *external = NULL, *secondary = NULL;
    bool has_external = false, has_secondary = false;
    for (EACH(struct cs_attribute, c, &t->type->attributes)) {
        has_external |= c->external_id;
        has_secondary |= c->secondary_external_id;
        if (is_credential_attribute(c->name)) continue;
        if (text_equal(c->name, t->found->external_id)) external = c;
        if (m->d->can.secondary_external_id && text_equal(c->name, t->found->secondary_external_id)) secondary = c;
    }
    if (external && !has_external) external->external_id = true;
    if (secondary && !has_secondary) secondary->secondary_external_id = true;
    if (external && external->external_id) external->selected = external->selection_locked = true;
    if (secondary && secondary->secondary_external_id) secondary->selected = secondary->selection_locked = true;
}

static void point_to_ids(struct cs_type *t) {
    t->external_id = t->secondary = NULL;
    for (EACH(struct cs_attribute, c, &t->attributes)) {
        if (c->external_id) t->external_id = c;
        if (c->secondary_external_id) t->secondary = c;
    }
}

static void report_type(const struct merge *m, const struct merging *t, bool is_new, bool tags_changed) {
    struct schema_merge *out = m->out;
    text name = t->type->name;
    bool different = t->added.attributes.count || t->removed.attributes.count || t->changed.list.count || tags_changed;
    if (is_new)
        *LIST_ADD(m->a, &out->added_types) = name;
    else if (different)
        *LIST_ADD(m->a, &out->updated_types) = name;
    if (t->added.attributes.count) *LIST_ADD(m->a, &out->added) = (struct type_attributes){name, t->added.attributes};
    if (t->removed.attributes.count) *LIST_ADD(m->a, &out->removed) = (struct type_attributes){name, t->removed.attributes};
    if (t->changed.list.count) *LIST_ADD(m->a, &out->changed) = (struct type_differences){name, t->changed.list};
    if (t->blocked.attributes.count)
        *LIST_ADD(m->a, &out->blocked_credentials) = (struct type_attributes){name, t->blocked.attributes};
    out->has_changes |= is_new || different;
    out->has_removals_or_changes |= t->removed.attributes.count || t->changed.list.count;
}

static void merge_type(const struct merge *m, struct cs_type *type, const struct schema_type *found, bool is_new) {
    struct merging t = {.type = type, .found = found};
    bool internal = is_internal(found);
    bool tags_changed = !is_new && (type->internal != internal || type->not_reported);
    type->internal = internal;
    type->not_reported = false;
    for (EACH(struct cs_attribute, c, &type->attributes)) merge_attribute(m, &t, c);
    add_new_attributes(m, &t);
    recommend_ids(m, &t);
    point_to_ids(type);
    report_type(m, &t, is_new, tags_changed);
}

static const struct schema_type *found_type(const struct connector_schema *s, text name) {
    for (EACH(const struct schema_type, t, &s->types))
        if (text_equal(t->name, name)) return t;
    return NULL;
}

static size_t type_place(const struct cs_types *types, text name) {
    for (size_t i = 0; i < types->count; i++)
        if (text_equal(types->at[i].name, name)) return i;
    return SIZE_MAX;
}

/* The second pass: targets may be declared after those who point to them. */
static void merge_references(const struct merge *m, const struct connector_schema *found) {
    struct cs_types *types = &m->out->types;
    for (size_t i = 0; i < types->count; i++) {
        const struct schema_type *from = found_type(found, types->at[i].name);
        struct cs_attributes *attributes = &types->at[i].attributes;
        for (size_t k = 0; from && k < attributes->count; k++) {
            const struct schema_attribute *f = found_attribute(from, attributes->at[k].name);
            if (!f || text_is_empty(f->references_type) || is_credential_attribute(f->name)) continue;
            size_t target = type_place(types, f->references_type);
            if (target == SIZE_MAX)
                *LIST_ADD(m->a, &m->out->warnings) =
                    arena_print(m->a, "%.*s.%.*s points to the object type \"%.*s\", which does not exist.", TEXT_ARG(from->name),
                                TEXT_ARG(f->name), TEXT_ARG(f->references_type));
            else
                *LIST_ADD(m->a, &m->out->references) = (struct schema_reference){i, k, target};
        }
    }
    schema_merge_resolve(m->out);
}

/* The retained copy of a stored type: rows of its own, so that the snapshot stays as it is. */
static struct cs_type *copy_type(const struct merge *m, const struct cs_type *from) {
    struct cs_type *to = LIST_ADD(m->a, &m->out->types);
    *to = *from;
    to->attributes = (struct cs_attributes){0};
    for (EACH(const struct cs_attribute, c, &from->attributes)) *LIST_ADD(m->a, &to->attributes) = *c;
    return to;
}

static void retain_missing(const struct merge *m, struct cs_type *type) {
    type->not_reported = true;
    for (EACH(struct cs_attribute, c, &type->attributes))
        if (is_credential_attribute(c->name)) lock_credential(c);
    point_to_ids(type);
    *LIST_ADD(m->a, &m->out->removed_types) = type->name;
    m->out->has_changes = m->out->has_removals_or_changes = true;
}

void schema_merge(arena *a, const struct connector_definition *d, const struct connected_system *system,
                  const struct connector_schema *found, instant now, struct schema_merge *out) {
    *out = (struct schema_merge){.total_types = (int32_t)found->types.count};
    const struct merge m = {a, d, now, out};
    for (EACH(const text, w, &found->warnings)) *LIST_ADD(a, &out->warnings) = *w;
    for (EACH(const struct cs_type, stored, &system->types)) {
        struct cs_type *type = copy_type(&m, stored);
        const struct schema_type *f = found_type(found, type->name);
        if (f)
            merge_type(&m, type, f, false);
        else
            retain_missing(&m, type);
    }
    for (EACH(const struct schema_type, f, &found->types)) {
        if (type_place(&out->types, f->name) != SIZE_MAX) continue;
        struct cs_type *type = LIST_ADD(a, &out->types);
        *type = (struct cs_type){.system = system->id, .name = f->name, .remove_contributed = true, .created = now};
        type->selected = found->types.count == 1;
        merge_type(&m, type, f, true);
    }
    merge_references(&m, found);
}

bool schema_merge_resolve(struct schema_merge *m) {
    bool changed = false;
    for (EACH(const struct schema_reference, r, &m->references)) {
        struct cs_attribute *c = &m->types.at[r->type].attributes.at[r->attribute];
        int32_t id = m->types.at[r->target].id;
        changed |= c->references_type != id;
        c->references_type = id;
    }
    return changed;
}
