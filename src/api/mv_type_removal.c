/* Deleting an object type of the metaverse: what that means, then doing it (contract §7). */
#include "api/predefined.h"
#include "api/search_uses.h"

#define TYPE_REFERENCE_KINDS(X)                                                                                                    \
    X(TYPE_USED_BY_RULE, "SynchronisationRule")                                                                                    \
    X(TYPE_USED_BY_SEARCH, "PredefinedSearch")                                                                                     \
    X(TYPE_USED_BY_EXAMPLE_DATA, "ExampleDataTemplate") X(TYPE_USED_BY_BINDING, "AttributeBinding")
NAMED_ENUM(type_reference_kind, TYPE_REFERENCE_KINDS)
NAMED_ENUM_TABLE(type_reference_kind, "ObjectTypeReferenceKind", TYPE_REFERENCE_KINDS)

struct type_use {
    enum type_reference_kind kind;
    text description;
};
static SHAPE(type_use, "ObjectTypeReference",
             FIELDS(FIELD(type_use, kind, "kind", .names = &type_reference_kind_names),
                    FIELD(type_use, description, "description")));
struct type_uses_list LIST(struct type_use);

struct type_impact {
    int32_t object_type_id;
    text object_type_name;
    bool built_in;
    int32_t metaverse_object_count;
    struct type_uses_list synchronisation_rules, cascade_references;
    bool deleted, blocked_by_objects, blocked_by_synchronisation_rules, blocked, requires_confirmation;
};
static SHAPE(type_impact, "ObjectTypeDeletionImpact",
             FIELDS(FIELD(type_impact, object_type_id, "objectTypeId"), FIELD(type_impact, object_type_name, "objectTypeName"),
                    FIELD(type_impact, built_in, "builtIn"), FIELD(type_impact, metaverse_object_count, "metaverseObjectCount"),
                    OBJECTS(type_impact, synchronisation_rules, "synchronisationRules", type_use),
                    OBJECTS(type_impact, cascade_references, "cascadeReferences", type_use), FIELD(type_impact, deleted, "deleted"),
                    FIELD(type_impact, blocked_by_objects, "blockedByObjects"),
                    FIELD(type_impact, blocked_by_synchronisation_rules, "blockedBySynchronisationRules"),
                    FIELD(type_impact, blocked, "blocked"), FIELD(type_impact, requires_confirmation, "requiresConfirmation")));

/* Matching rules of a connected system block as synchronisation rules do: both decide where objects belong. So do templates and
 * searches of the Public Data API, which could not be carried out any more. */
static void rules_of_type(struct call *c, snapshot *s, int32_t type, struct type_uses_list *out) {
    for (EACH(const struct sync_rule, r, &s->rules))
        if (r->mv_type == type) *LIST_ADD(c->a, out) = (struct type_use){TYPE_USED_BY_RULE, r->name};
    for (EACH(const struct connected_system, system, &s->systems))
        for (EACH(const struct cs_type, t, &system->types))
            for (EACH(const struct matching_rule, k, &t->matching))
                if (k->mv_type == type)
                    *LIST_ADD(c->a, out) =
                        (struct type_use){TYPE_USED_BY_RULE, arena_print(c->a, "A matching rule of '%.*s' (%.*s).",
                                                                         TEXT_ARG(system->name), TEXT_ARG(t->name))};
}

static FALLIBLE impact_of(struct call *c, store_tx *tx, snapshot *s, const struct mv_type *t, struct type_impact *out) {
    int64_t objects;
    *out = (struct type_impact){.object_type_id = t->id, .object_type_name = t->name, .built_in = t->built_in};
    TRY(store_count_mvos(tx, t->id, &objects));
    out->metaverse_object_count = objects > INT32_MAX ? INT32_MAX : (int32_t)objects;
    rules_of_type(c, s, t->id, &out->synchronisation_rules);
    struct texts uses = {0};
    TRY(search_uses_of_type(c, tx, t->id, &uses));
    for (EACH(const text, use, &uses)) *LIST_ADD(c->a, &out->synchronisation_rules) = (struct type_use){TYPE_USED_BY_RULE, *use};
    for (EACH(const int32_t, id, &t->attributes))
        *LIST_ADD(c->a, &out->cascade_references) = (struct type_use){TYPE_USED_BY_BINDING, mv_attribute_name(s, *id)};
    struct predefined_searches searches = {0};
    TRY(predefined_all(tx, c->a, s, &searches));
    for (EACH(const struct predefined_search, p, &searches))
        if (p->facts.type == t->id)
            *LIST_ADD(c->a, &out->cascade_references) = (struct type_use){TYPE_USED_BY_SEARCH, p->facts.name};
    out->blocked_by_objects = objects > 0;
    out->blocked_by_synchronisation_rules = out->synchronisation_rules.count > 0;
    out->blocked = out->blocked_by_objects || out->blocked_by_synchronisation_rules;
    out->requires_confirmation = out->cascade_references.count > 0;
    return NULL;
}

static FALLIBLE delete_preview(struct call *c, const struct by_id *in, struct type_impact *out) {
    snapshot *s;
    const struct mv_type *t;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(find_mv_type(s, in->id, &t));
    TRY(store_read(c->services->store, &tx));
    return impact_of(c, tx, s, t, out);
}
HANDLER(delete_preview, by_id, type_impact)

struct type_delete {
    int32_t id;
    text confirmation_name, change_reason;
};
static SHAPE(type_delete, NULL,
             FIELDS(FIELD(type_delete, id, "id"),
                    FIELD(type_delete, confirmation_name, "confirmationName",
                          .doc = "The type's name, needed when attributes belong to it."),
                    CHANGE_REASON(type_delete, change_reason)));

static FALLIBLE type_delete(struct call *c, const struct type_delete *in, struct type_impact *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_type *t;
    TRY(change_begin(c, &x));
    TRY(find_mv_type(x.before, in->id, &t));
    if (t->built_in) return FAIL(ERROR_INVALID, "A built-in object type cannot be deleted.");
    TRY(impact_of(c, x.tx, x.before, t, out));
    if (out->blocked) return CALL_REPLY(c, 409, type_impact, out);
    if (out->requires_confirmation && !text_equal(in->confirmation_name, t->name))
        return FAIL(ERROR_INVALID,
                    "%zu attributes and predefined searches belong to '%.*s'; repeat its name in confirmationName to go on.",
                    out->cascade_references.count, TEXT_ARG(t->name));
    TRY(store_delete_mv_type(x.tx, t->id));
    struct change_note note = {
        .target = TARGET_MV_TYPE, .operation = OPERATION_DELETE, .name = t->name, .reason = in->change_reason, .id = t->id};
    TRY(change_commit(c, &x, &note, NULL));
    out->deleted = true;
    return NULL;
}
HANDLER(type_delete, type_delete, type_impact)

#define TYPE "/object-types/{id}"
#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such object type." }
const struct routes mv_type_removal_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, TYPE "/delete-preview", delete_preview, "What deleting the object type would mean.",
                 .operation = "GetObjectTypeDeletePreview", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(DELETE, TYPE, type_delete, "Deletes an object type without objects and rules.", .operation = "DeleteObjectType",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN, {409, &type_impact_shape, "Objects or rules keep it."})));
