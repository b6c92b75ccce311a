/* Deleting an attribute of the metaverse and taking it from an object type: what that means, then doing it (contract §7). */
#include "api/predefined.h"
#include "api/search_uses.h"

struct deletion_impact {
    int32_t attribute_id;
    text attribute_name;
    bool built_in;
    int32_t total_objects_with_values;
    struct type_value_counts object_type_value_counts;
    struct attribute_references references;
    bool deleted;
    bool blocked_by_values;
    bool requires_confirmation;
};
static SHAPE(deletion_impact, "AttributeDeletionImpact",
             FIELDS(FIELD(deletion_impact, attribute_id, "attributeId"), FIELD(deletion_impact, attribute_name, "attributeName"),
                    FIELD(deletion_impact, built_in, "builtIn"),
                    FIELD(deletion_impact, total_objects_with_values, "totalObjectsWithValues"),
                    OBJECTS(deletion_impact, object_type_value_counts, "objectTypeValueCounts", type_value_count),
                    OBJECTS(deletion_impact, references, "references", attribute_reference),
                    FIELD(deletion_impact, deleted, "deleted"), FIELD(deletion_impact, blocked_by_values, "blockedByValues"),
                    FIELD(deletion_impact, requires_confirmation, "requiresConfirmation")));

struct unassign_impact {
    int32_t attribute_id;
    text attribute_name;
    bool built_in;
    int32_t metaverse_object_type_id;
    text metaverse_object_type_name;
    text metaverse_object_type_plural_name;
    bool was_bound;
    int32_t objects_with_values;
    struct attribute_references references;
    bool unassigned;
    bool blocked_by_values;
    bool requires_confirmation;
};
static SHAPE(unassign_impact, "AttributeUnassignImpact",
             FIELDS(FIELD(unassign_impact, attribute_id, "attributeId"), FIELD(unassign_impact, attribute_name, "attributeName"),
                    FIELD(unassign_impact, built_in, "builtIn"),
                    FIELD(unassign_impact, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(unassign_impact, metaverse_object_type_name, "metaverseObjectTypeName"),
                    FIELD(unassign_impact, metaverse_object_type_plural_name, "metaverseObjectTypePluralName"),
                    FIELD(unassign_impact, was_bound, "wasBound"), FIELD(unassign_impact, objects_with_values, "objectsWithValues"),
                    OBJECTS(unassign_impact, references, "references", attribute_reference),
                    FIELD(unassign_impact, unassigned, "unassigned"), FIELD(unassign_impact, blocked_by_values, "blockedByValues"),
                    FIELD(unassign_impact, requires_confirmation, "requiresConfirmation")));

/* A removal that takes other things with it wants the name repeated, letter by letter. */
static FALLIBLE check_confirmation(const struct mv_attribute *m, text given) {
    if (text_equal(given, m->name)) return NULL;
    return FAIL(ERROR_INVALID,
                "Rules or predefined searches use '%.*s' and would lose what depends on it; repeat the name in "
                "confirmationName to go on.",
                TEXT_ARG(m->name));
}

/* Everything that uses the attribute. Clients know no kind for what belongs to the Public Data API; it is shown as searches are. */
static FALLIBLE all_uses(struct call *c, store_tx *tx, snapshot *s, const struct mv_attribute *m, int32_t type,
                         struct attribute_references *out) {
    struct texts searches = {0};
    attribute_uses(c->a, s, m, type, out);
    TRY(predefined_uses(tx, c->a, s, m, type, out));
    TRY(search_uses_of_attribute(c, tx, m->id, type, &searches));
    for (EACH(const text, use, &searches))
        *LIST_ADD(c->a, out) = (struct attribute_reference){
            .kind = USED_BY_SEARCH_ATTRIBUTE,
            .description = arena_print(c->a, "%.*s It must be taken from there before.", TEXT_ARG(*use)),
            .metaverse_object_type_id = id_or_null(type),
            .metaverse_object_type_name = mv_type_name(s, type)};
    return NULL;
}

/* ---- deleting ---- */

static FALLIBLE deletion_impact_of(struct call *c, store_tx *tx, snapshot *s, const struct mv_attribute *m,
                                   struct deletion_impact *out) {
    *out = (struct deletion_impact){.attribute_id = m->id, .attribute_name = m->name, .built_in = m->built_in};
    TRY(attribute_value_counts(c, tx, s, m->id, &out->object_type_value_counts, &out->total_objects_with_values));
    TRY(all_uses(c, tx, s, m, 0, &out->references));
    out->blocked_by_values = out->total_objects_with_values > 0;
    out->requires_confirmation = attribute_uses_cascade(&out->references);
    return NULL;
}

static FALLIBLE deletion_preview(struct call *c, const struct by_id *in, struct deletion_impact *out) {
    snapshot *s;
    const struct mv_attribute *m;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(find_mv_attribute(s, in->id, &m));
    TRY(store_read(c->services->store, &tx));
    return deletion_impact_of(c, tx, s, m, out);
}
HANDLER(deletion_preview, by_id, deletion_impact)

struct attribute_delete {
    int32_t id;
    text confirmation_name, change_reason;
};
static SHAPE(attribute_delete, NULL,
             FIELDS(FIELD(attribute_delete, id, "id"),
                    FIELD(attribute_delete, confirmation_name, "confirmationName",
                          .doc = "The attribute's name, needed when rules use it."),
                    CHANGE_REASON(attribute_delete, change_reason)));

static FALLIBLE attribute_delete(struct call *c, const struct attribute_delete *in, struct deletion_impact *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_attribute *m;
    TRY(change_begin(c, &x));
    TRY(find_mv_attribute(x.before, in->id, &m));
    if (m->built_in) return FAIL(ERROR_INVALID, "A built-in attribute cannot be deleted.");
    TRY(deletion_impact_of(c, x.tx, x.before, m, out));
    if (out->blocked_by_values) return CALL_REPLY(c, 409, deletion_impact, out);
    if (out->requires_confirmation) TRY(check_confirmation(m, in->confirmation_name));
    TRY(attribute_uses_delete(&x, &out->references));
    TRY(store_delete_mv_attribute(x.tx, m->id));
    struct change_note note = {
        .target = TARGET_MV_ATTRIBUTE, .operation = OPERATION_DELETE, .name = m->name, .reason = in->change_reason, .id = m->id};
    TRY(change_commit(c, &x, &note, NULL));
    out->deleted = true;
    return NULL;
}
HANDLER(attribute_delete, attribute_delete, deletion_impact)

/* ---- taking from a type ---- */

struct unassign {
    int32_t id, type;
    text confirmation_name, change_reason;
};
static SHAPE(unassign, NULL,
             FIELDS(FIELD(unassign, id, "id"), FIELD(unassign, type, "objectTypeId"),
                    FIELD(unassign, confirmation_name, "confirmationName",
                          .doc = "The attribute's name, needed when rules of the type use it."),
                    CHANGE_REASON(unassign, change_reason)));
struct unassign_preview {
    int32_t id, type;
};
static SHAPE(unassign_preview, NULL, FIELDS(FIELD(unassign_preview, id, "id"), FIELD(unassign_preview, type, "objectTypeId")));

static FALLIBLE unassign_impact_of(struct call *c, store_tx *tx, snapshot *s, const struct mv_attribute *m, const struct mv_type *t,
                                   struct unassign_impact *out) {
    struct type_value_counts counts = {0};
    int32_t total;
    *out = (struct unassign_impact){.attribute_id = m->id,
                                    .attribute_name = m->name,
                                    .built_in = m->built_in,
                                    .metaverse_object_type_id = t->id,
                                    .metaverse_object_type_name = t->name,
                                    .metaverse_object_type_plural_name = t->plural,
                                    .was_bound = contains_id(&m->object_types, t->id)};
    TRY(attribute_value_counts(c, tx, s, m->id, &counts, &total));
    for (EACH(const struct type_value_count, n, &counts))
        if (n->metaverse_object_type_id == t->id) out->objects_with_values = n->object_count;
    TRY(all_uses(c, tx, s, m, t->id, &out->references));
    out->blocked_by_values = out->objects_with_values > 0;
    out->requires_confirmation = attribute_uses_cascade(&out->references);
    return NULL;
}

static FALLIBLE unassign_preview(struct call *c, const struct unassign_preview *in, struct unassign_impact *out) {
    snapshot *s;
    const struct mv_attribute *m;
    const struct mv_type *t;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(find_mv_attribute(s, in->id, &m));
    TRY(find_mv_type(s, in->type, &t));
    TRY(store_read(c->services->store, &tx));
    return unassign_impact_of(c, tx, s, m, t, out);
}
HANDLER(unassign_preview, unassign_preview, unassign_impact)

static FALLIBLE save_without(struct call *c, struct change *x, const struct mv_attribute *stored, int32_t type) {
    struct mv_attribute m = *stored;
    m.object_types = (struct int32s){0};
    for (EACH(const int32_t, bound, &stored->object_types))
        if (*bound != type) *LIST_ADD(c->a, &m.object_types) = *bound;
    return store_save_mv_attribute(x->tx, &m);
}

static FALLIBLE attribute_unassign(struct call *c, const struct unassign *in, struct unassign_impact *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_attribute *m;
    const struct mv_type *t;
    TRY(change_begin(c, &x));
    TRY(find_mv_attribute(x.before, in->id, &m));
    TRY(find_mv_type(x.before, in->type, &t));
    if (m->built_in) return FAIL(ERROR_INVALID, "Built-in attributes keep the object types they have.");
    TRY(unassign_impact_of(c, x.tx, x.before, m, t, out));
    if (!out->was_bound) return FAIL(ERROR_NOT_FOUND, "'%.*s' is no attribute of '%.*s'.", TEXT_ARG(m->name), TEXT_ARG(t->name));
    if (out->blocked_by_values) return CALL_REPLY(c, 409, unassign_impact, out);
    if (out->requires_confirmation) TRY(check_confirmation(m, in->confirmation_name));
    TRY(attribute_uses_delete(&x, &out->references));
    TRY(save_without(c, &x, m, t->id));
    struct change_note note = {.target = TARGET_MV_ATTRIBUTE,
                               .operation = OPERATION_UPDATE,
                               .name = m->name,
                               .context = t->name,
                               .reason = in->change_reason,
                               .id = m->id};
    TRY(change_commit(c, &x, &note, NULL));
    out->unassigned = true;
    return NULL;
}
HANDLER(attribute_unassign, unassign, unassign_impact)

#define ATTRIBUTE "/attributes/{id}"
#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such attribute or object type." }
const struct routes mv_attribute_removal_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, ATTRIBUTE "/deletion-preview", deletion_preview, "What deleting the attribute would mean.",
                 .operation = "GetAttributeDeletionPreview", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(DELETE, ATTRIBUTE, attribute_delete, "Deletes an attribute that no object has.", .operation = "DeleteAttribute",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN, {409, &deletion_impact_shape, "Objects have values of it."})),
           ROUTE(GET, ATTRIBUTE "/object-types/{objectTypeId}/unassign-preview", unassign_preview,
                 "What taking the attribute from the object type would mean.", .operation = "GetAttributeUnassignPreview",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(DELETE, ATTRIBUTE "/object-types/{objectTypeId}", attribute_unassign, "Takes the attribute from the object type.",
                 .operation = "UnassignAttributeFromObjectType", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO(UNKNOWN, {409, &unassign_impact_shape, "Objects of the type have values of it."})));
