/* The object types and attributes of a connected system: what is selected, what identifies (connectors §6). */
#include "api/system_view.h"
#include "model/credentials.h"
#include "runs/systems.h"

struct cs_type_update {
    int32_t system, type;
    struct maybe_bool selected;
    struct maybe_bool remove_contributed_attributes_on_obsoletion;
};
static SHAPE(cs_type_update, "UpdateConnectedSystemObjectTypeRequest",
             FIELDS(FIELD(cs_type_update, system, "connectedSystemId"), FIELD(cs_type_update, type, "objectTypeId"),
                    FIELD(cs_type_update, selected, "selected"),
                    FIELD(cs_type_update, remove_contributed_attributes_on_obsoletion, "removeContributedAttributesOnObsoletion")));

struct attribute_problem {
    int32_t attribute_id;
    text error_message;
};
static SHAPE(attribute_problem, "BulkUpdateAttributeError",
             FIELDS(FIELD(attribute_problem, attribute_id, "attributeId"),
                    FIELD(attribute_problem, error_message, "errorMessage")));

struct cs_attributes_updated {
    uuid activity_id;
    int32_t updated_count;
    struct cs_attribute_views updated_attributes;
    struct attribute_problems LIST(struct attribute_problem) errors;
};
static SHAPE(cs_attributes_updated, "BulkUpdateConnectedSystemAttributesResponse",
             FIELDS(FIELD(cs_attributes_updated, activity_id, "activityId"),
                    FIELD(cs_attributes_updated, updated_count, "updatedCount"),
                    OBJECTS(cs_attributes_updated, updated_attributes, "updatedAttributes", cs_attribute_view),
                    OBJECTS(cs_attributes_updated, errors, "errors", attribute_problem, .nullable = true)));

struct cs_attribute_update {
    struct maybe_bool selected;
    struct maybe_bool is_external_id;
    struct maybe_bool is_secondary_external_id;
    struct maybe_enum type;
};
static SHAPE(cs_attribute_update, "UpdateConnectedSystemAttributeRequest",
             FIELDS(FIELD(cs_attribute_update, selected, "selected"), FIELD(cs_attribute_update, is_external_id, "isExternalId"),
                    FIELD(cs_attribute_update, is_secondary_external_id, "isSecondaryExternalId"),
                    FIELD(cs_attribute_update, type, "type", .names = &data_type_names)));

struct one_attribute_update {
    int32_t system, type_id, attribute;
    struct cs_attribute_update change;
};
static SHAPE(one_attribute_update, "UpdateConnectedSystemAttributeOfTypeRequest",
             FIELDS(FIELD(one_attribute_update, system, "connectedSystemId"), FIELD(one_attribute_update, type_id, "objectTypeId"),
                    FIELD(one_attribute_update, attribute, "attributeId"),
                    EMBED(one_attribute_update, change, cs_attribute_update)));

struct attribute_entry {
    text name;
    struct cs_attribute_update value;
};
static SHAPE(attribute_entry, NULL, FIELDS(OBJECT(attribute_entry, value, "value", cs_attribute_update)), .bare = true);
struct many_attributes_update {
    int32_t system, type_id;
    struct attribute_entries LIST(struct attribute_entry) attributes;
};
static SHAPE(many_attributes_update, "BulkUpdateConnectedSystemAttributesRequest",
             FIELDS(FIELD(many_attributes_update, system, "connectedSystemId"),
                    FIELD(many_attributes_update, type_id, "objectTypeId"),
                    MAP(many_attributes_update, attributes, "attributes", attribute_entry, .int_keys = true)));

struct of_type {
    int32_t system, type;
};
static SHAPE(of_type, NULL, FIELDS(FIELD(of_type, system, "connectedSystemId"), FIELD(of_type, type, "objectTypeId")));
struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
struct cs_type_list {
    struct cs_type_views items;
};
static SHAPE(cs_type_list, NULL, FIELDS(OBJECTS(cs_type_list, items, "items", cs_type_view)), .bare = true);

/* ---- reading ---- */

static FALLIBLE types_list(struct call *c, const struct of_system *in, struct cs_type_list *out) {
    snapshot *config;
    TRY(call_config(c, &config));
    const struct connected_system *s = config_system(config, in->system); /* an unknown one has none (contract §5) */
    if (!s) return NULL;
    for (EACH(struct cs_type, t, &s->types)) cs_type_view_of(c->a, config, t, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(types_list, of_system, cs_type_list)

static FALLIBLE type_get(struct call *c, const struct of_type *in, struct cs_type_view *out) {
    snapshot *config;
    const struct cs_type *t;
    TRY(call_config(c, &config));
    TRY(find_cs_type(config, in->system, in->type, &t));
    cs_type_view_of(c->a, config, t, out);
    return NULL;
}
HANDLER(type_get, of_type, cs_type_view)

/* ---- object types ---- */

static struct change_note note_of(snapshot *config, const struct cs_type *t) {
    const struct connected_system *s = config_system(config, t->system);
    return (struct change_note){.target = TARGET_CONNECTED_SYSTEM,
                                .operation = OPERATION_UPDATE,
                                .name = s->name,
                                .context = t->name,
                                .system = s->id,
                                .id = s->id};
}

static FALLIBLE type_update(struct call *c, const struct cs_type_update *in, struct cs_type_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct cs_type *stored;
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(find_cs_type(x.before, in->system, in->type, &stored));
    struct cs_type t = *stored;
    if (in->selected.given) t.selected = in->selected.value;
    if (in->remove_contributed_attributes_on_obsoletion.given)
        t.remove_contributed = in->remove_contributed_attributes_on_obsoletion.value;
    TRY(store_save_cs_type(x.tx, &t));
    struct change_note note = note_of(x.before, &t);
    TRY(change_commit(c, &x, &note, &after));
    cs_type_view_of(c->a, after, config_cs_type(after, t.id), out);
    return NULL;
}
HANDLER(type_update, cs_type_update, cs_type_view)

/* ---- attributes ---- */

static bool is_used(snapshot *config, int32_t attribute) {
    for (EACH(struct sync_rule, r, &config->rules))
        for (EACH(struct mapping, m, &r->mappings)) {
            if (m->cs_target == attribute) return true;
            for (EACH(struct mapping_source, source, &m->sources))
                if (source->cs_attribute == attribute) return true;
        }
    return false;
}

static bool is_identifying_type(enum data_type t) {
    return t == TYPE_TEXT || t == TYPE_NUMBER || t == TYPE_LONG_NUMBER || t == TYPE_DECIMAL || t == TYPE_GUID;
}

/* The reason why the type may not change, or NULL. */
static FALLIBLE type_refusal(struct call *c, struct change *x, const struct cs_attribute *t, enum data_type wanted,
                             const char **why) {
    const struct connected_system *s = config_system(x->before, config_cs_type(x->before, t->type_id)->system);
    const struct connector_definition *d = connector_by_id(s->definition);
    int64_t uses = 0;
    *why = NULL;
    if (wanted == t->type) return NULL;
    TRY(store_cs_attribute_uses(x->tx, t->id, &uses));
    if (!d || !d->can.user_selected_attribute_types)
        *why = "The connector decides the data types of its attributes.";
    else if (wanted == TYPE_NOT_SET)
        *why = "NotSet is no data type.";
    else if (is_used(x->before, t->id))
        *why = "The attribute is used by a synchronisation rule; remove the mapping first.";
    else if (uses)
        *why = "The attribute holds values already; clear the connector space first.";
    (void)c;
    return NULL;
}

static bool is_yes(struct maybe_bool b) { return b.given && b.value; }
static bool is_no(struct maybe_bool b) { return b.given && !b.value; }

static const char *external_id_refusal(const struct cs_attribute *t, const struct connector_definition *d) {
    if (d && !d->can.user_selected_external_id) return "The connector decides the external id.";
    if (t->plurality == SINGLE_VALUED && is_identifying_type(t->type)) return NULL;
    return "An external id must be single-valued and of type Text, Number, LongNumber, Decimal or Guid.";
}

static const char *selection_refusal(const struct cs_attribute *t, const struct cs_attribute_update *u,
                                     const struct connector_definition *d) {
    bool identifies = t->external_id || t->secondary_external_id;
    bool toggles = u->selected.given && u->selected.value != t->selected;
    if ((is_yes(u->selected) || is_yes(u->is_external_id)) && is_credential_attribute(t->name))
        return "Credential attributes are never imported or exported.";
    if (is_no(u->selected) && identifies) return "An external id attribute cannot be deselected.";
    if (toggles && t->selection_locked && !identifies) return "The connector has locked this selection.";
    return is_yes(u->is_external_id) && !t->external_id ? external_id_refusal(t, d) : NULL;
}

static FALLIBLE move_external_id(struct change *x, const struct cs_type *type, int32_t to) {
    for (EACH(struct cs_attribute, other, &type->attributes)) {
        if (!other->external_id || other->id == to) continue;
        struct cs_attribute before = *other;
        before.external_id = before.selection_locked = false;
        TRY(store_save_cs_attribute(x->tx, &before));
    }
    return NULL;
}

static FALLIBLE apply(struct call *c, struct change *x, const struct cs_type *type, const struct cs_attribute *stored,
                      const struct cs_attribute_update *u, const char **why) {
    const struct connected_system *s = config_system(x->before, type->system);
    *why = selection_refusal(stored, u, connector_by_id(s->definition));
    if (!*why && u->type.given) TRY(type_refusal(c, x, stored, (enum data_type)u->type.value, why));
    if (*why) return NULL;
    struct cs_attribute t = *stored;
    if (u->selected.given) t.selected = u->selected.value;
    if (u->type.given && (enum data_type)u->type.value != t.type) {
        t.type = (enum data_type)u->type.value;
        t.type_set_by_administrator = true;
    }
    if (u->is_external_id.given) t.external_id = u->is_external_id.value;
    if (u->is_secondary_external_id.given) t.secondary_external_id = u->is_secondary_external_id.value;
    if (t.external_id || t.secondary_external_id) t.selected = true;
    if (t.external_id && !stored->external_id) TRY(move_external_id(x, type, t.id));
    return store_save_cs_attribute(x->tx, &t);
}

static FALLIBLE find_attribute(const struct cs_type *t, int32_t id, const struct cs_attribute **out) {
    for (EACH(struct cs_attribute, attribute, &t->attributes)) {
        if (attribute->id != id) continue;
        *out = attribute;
        return NULL;
    }
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no attribute %d.", TEXT_ARG(t->name), id);
}

static FALLIBLE attribute_update(struct call *c, const struct one_attribute_update *in, struct cs_attribute_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct cs_type *type;
    const struct cs_attribute *stored;
    const char *why;
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(find_cs_type(x.before, in->system, in->type_id, &type));
    TRY(find_attribute(type, in->attribute, &stored));
    TRY(apply(c, &x, type, stored, &in->change, &why));
    if (why) return FAIL(ERROR_INVALID, "%.*s: %s", TEXT_ARG(stored->name), why);
    struct change_note note = note_of(x.before, type);
    TRY(change_commit(c, &x, &note, &after));
    cs_attribute_view_of(after, config_cs_attribute(after, stored->id), out);
    return NULL;
}
HANDLER(attribute_update, one_attribute_update, cs_attribute_view)

static FALLIBLE apply_many(struct call *c, struct change *x, const struct cs_type *type, const struct many_attributes_update *in,
                           struct cs_attributes_updated *out, struct int32s *done) {
    for (EACH(struct attribute_entry, e, &in->attributes)) {
        int32_t id = 0;
        const struct cs_attribute *stored = NULL;
        const char *why = "There is no such attribute.";
        if (text_to_int32(e->name, &id)) {
            OWNED(error) unknown = find_attribute(type, id, &stored);
            if (!unknown) TRY(apply(c, x, type, stored, &e->value, &why));
        }
        if (why)
            *LIST_ADD(c->a, &out->errors) = (struct attribute_problem){id, text_of(why)};
        else
            *LIST_ADD(c->a, done) = id;
    }
    return NULL;
}

static FALLIBLE attributes_update(struct call *c, const struct many_attributes_update *in, struct cs_attributes_updated *out) {
    OWNED_VALUE(change) x = {0};
    const struct cs_type *type;
    struct int32s done = {0};
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(find_cs_type(x.before, in->system, in->type_id, &type));
    if (!in->attributes.count) return call_invalid(c, "attributes", "Name at least one attribute.");
    for (EACH(struct attribute_entry, e, &in->attributes))
        if (e->value.type.given) return call_invalid(c, "attributes", "Data types change one by one, not in bulk.");
    TRY(apply_many(c, &x, type, in, out, &done));
    struct change_note note = note_of(x.before, type);
    TRY(change_commit(c, &x, &note, &after));
    out->activity_id = note.activity;
    out->updated_count = (int32_t)done.count;
    for (EACH(int32_t, id, &done))
        cs_attribute_view_of(after, config_cs_attribute(after, *id), LIST_ADD(c->a, &out->updated_attributes));
    return NULL;
}
HANDLER(attributes_update, many_attributes_update, cs_attributes_updated)

#define TYPES "/connected-systems/{connectedSystemId}/object-types"
#define UNKNOWN ALSO({404, NULL, "There is no such system, object type or attribute."})
const struct routes object_type_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, TYPES, types_list, "Lists the object types of a connected system.",
                 .operation = "GetConnectedSystemObjectTypes", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, TYPES "/{objectTypeId}", type_get, "An object type with its attributes.",
                 .operation = "GetConnectedSystemObjectType", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, TYPES "/{objectTypeId}", type_update, "Selects an object type.",
                 .operation = "UpdateConnectedSystemObjectType", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, TYPES "/{objectTypeId}/attributes", attributes_update,
                 "Selects several attributes; problems are reported one by one.",
                 .operation = "BulkUpdateConnectedSystemAttributes", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, TYPES "/{objectTypeId}/attributes/{attributeId}", attribute_update, "Changes one attribute.",
                 .operation = "UpdateConnectedSystemAttribute", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
