/* Matching rules: by which attributes an object of a system is found to be an identity (sync-engine §2.6). */
#include "api/history_views.h"
#include "api/rule_parts.h"

struct matching_source_view {
    int32_t id;
    int32_t order;
    struct maybe_int32 connected_system_attribute_id;
    text connected_system_attribute_name;
};
static SHAPE(matching_source_view, "ObjectMatchingRuleSourceDto",
             FIELDS(FIELD(matching_source_view, id, "id"), FIELD(matching_source_view, order, "order"),
                    FIELD(matching_source_view, connected_system_attribute_id, "connectedSystemAttributeId"),
                    FIELD(matching_source_view, connected_system_attribute_name, "connectedSystemAttributeName",
                          .nullable = true)));

struct matching_rule_view {
    int32_t id;
    int32_t order;
    int32_t connected_system_object_type_id;
    text connected_system_object_type_name;
    struct maybe_int32 metaverse_object_type_id;
    text metaverse_object_type_name;
    struct maybe_int32 sync_rule_id;
    struct maybe_int32 target_metaverse_attribute_id;
    text target_metaverse_attribute_name;
    struct matching_source_views LIST(struct matching_source_view) sources;
    bool case_sensitive;
    instant created;
};
static SHAPE(matching_rule_view, "ObjectMatchingRuleDto",
             FIELDS(FIELD(matching_rule_view, id, "id"), FIELD(matching_rule_view, order, "order"),
                    FIELD(matching_rule_view, connected_system_object_type_id, "connectedSystemObjectTypeId"),
                    FIELD(matching_rule_view, connected_system_object_type_name, "connectedSystemObjectTypeName", .nullable = true),
                    FIELD(matching_rule_view, metaverse_object_type_id, "metaverseObjectTypeId",
                          .doc = "Null where the type of the synchronisation rule applies."),
                    FIELD(matching_rule_view, metaverse_object_type_name, "metaverseObjectTypeName", .nullable = true),
                    FIELD(matching_rule_view, sync_rule_id, "syncRuleId"),
                    FIELD(matching_rule_view, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
                    FIELD(matching_rule_view, target_metaverse_attribute_name, "targetMetaverseAttributeName", .nullable = true),
                    OBJECTS(matching_rule_view, sources, "sources", matching_source_view),
                    FIELD(matching_rule_view, case_sensitive, "caseSensitive"), FIELD(matching_rule_view, created, "created")));

struct matching_rule_list {
    struct LIST(struct matching_rule_view) items;
};
static SHAPE(matching_rule_list, NULL, FIELDS(OBJECTS(matching_rule_list, items, "items", matching_rule_view)), .bare = true);

struct matching_source_create {
    int32_t order;
    struct maybe_int32 connected_system_attribute_id;
};
static SHAPE(matching_source_create, "CreateObjectMatchingRuleSourceRequest",
             FIELDS(FIELD(matching_source_create, order, "order", .by_default = "0"),
                    FIELD(matching_source_create, connected_system_attribute_id, "connectedSystemAttributeId")));
struct matching_sources_create LIST(struct matching_source_create);

/* The contract has a request for each mode; they differ in the types alone. */
struct matching_rule_create {
    int32_t system;
    struct maybe_int32 order;
    int32_t connected_system_object_type_id;
    int32_t metaverse_object_type_id;
    int32_t target_metaverse_attribute_id;
    struct matching_sources_create sources;
    bool case_sensitive;
};
static SHAPE(matching_rule_create, "CreateObjectMatchingRuleRequest",
             FIELDS(FIELD(matching_rule_create, system, "connectedSystemId"), FIELD(matching_rule_create, order, "order"),
                    FIELD(matching_rule_create, connected_system_object_type_id, "connectedSystemObjectTypeId"),
                    FIELD(matching_rule_create, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(matching_rule_create, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
                    OBJECTS(matching_rule_create, sources, "sources", matching_source_create, .required = true),
                    FIELD(matching_rule_create, case_sensitive, "caseSensitive", .by_default = "true")));
struct rule_matching_create {
    int32_t rule;
    struct maybe_int32 order;
    int32_t target_metaverse_attribute_id;
    struct matching_sources_create sources;
    bool case_sensitive;
};
static SHAPE(rule_matching_create, "CreateSyncRuleObjectMatchingRuleRequest",
             FIELDS(FIELD(rule_matching_create, rule, "syncRuleId"), FIELD(rule_matching_create, order, "order"),
                    FIELD(rule_matching_create, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
                    OBJECTS(rule_matching_create, sources, "sources", matching_source_create, .required = true),
                    FIELD(rule_matching_create, case_sensitive, "caseSensitive", .by_default = "true")));

struct matching_changes {
    struct maybe_int32 order;
    struct maybe_int32 metaverse_object_type_id;
    struct maybe_int32 target_metaverse_attribute_id;
    struct matching_sources_create sources;
    struct maybe_bool case_sensitive;
};
static SHAPE(matching_changes, NULL,
             FIELDS(FIELD(matching_changes, order, "order"),
                    FIELD(matching_changes, metaverse_object_type_id, "metaverseObjectTypeId",
                          .doc = "Not for rules of a synchronisation rule."),
                    FIELD(matching_changes, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
                    OBJECTS(matching_changes, sources, "sources", matching_source_create, .nullable = true),
                    FIELD(matching_changes, case_sensitive, "caseSensitive")));
struct matching_rule_update {
    int32_t system, id;
    struct matching_changes set;
};
static SHAPE(matching_rule_update, "UpdateObjectMatchingRuleRequest",
             FIELDS(FIELD(matching_rule_update, system, "connectedSystemId"), FIELD(matching_rule_update, id, "ruleId"),
                    EMBED(matching_rule_update, set, matching_changes)));
struct rule_matching_update {
    int32_t rule, id;
    struct matching_changes set;
};
static SHAPE(rule_matching_update, "UpdateSyncRuleObjectMatchingRuleRequest",
             FIELDS(FIELD(rule_matching_update, rule, "syncRuleId"), FIELD(rule_matching_update, id, "ruleId"),
                    EMBED(rule_matching_update, set, matching_changes)));

struct of_type {
    int32_t system, type;
};
static SHAPE(of_type, NULL, FIELDS(FIELD(of_type, system, "connectedSystemId"), FIELD(of_type, type, "objectTypeId")));
struct of_system {
    int32_t system, id;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId"), FIELD(of_system, id, "ruleId")));
struct of_sync_rule {
    int32_t rule, id;
};
static SHAPE(of_sync_rule, NULL, FIELDS(FIELD(of_sync_rule, rule, "syncRuleId"), FIELD(of_sync_rule, id, "ruleId")));

/* ---- reading ---- */

/* Where a matching rule hangs: on an object type (simple mode) or on a synchronisation rule (advanced). */
struct owner {
    const struct connected_system *system;
    const struct cs_type *type;
    const struct sync_rule *rule; /* NULL in simple mode */
};

static void view(arena *a, snapshot *s, const struct matching_rule *m, struct matching_rule_view *out) {
    const struct sync_rule *r = m->sync_rule ? config_rule(s, m->sync_rule) : NULL;
    int32_t type = r ? r->cs_type : m->cs_type;
    *out = (struct matching_rule_view){.id = m->id,
                                       .order = m->order,
                                       .connected_system_object_type_id = type,
                                       .connected_system_object_type_name = cs_type_name(s, type),
                                       .metaverse_object_type_id = id_or_null(m->mv_type),
                                       .metaverse_object_type_name = mv_type_name(s, m->mv_type),
                                       .sync_rule_id = id_or_null(m->sync_rule),
                                       .target_metaverse_attribute_id = id_or_null(m->mv_attribute),
                                       .target_metaverse_attribute_name = mv_attribute_name(s, m->mv_attribute),
                                       .case_sensitive = m->case_sensitive,
                                       .created = m->created};
    /* There is exactly one source, so it needs no id of its own. */
    *LIST_ADD(a, &out->sources) =
        (struct matching_source_view){.id = m->id,
                                      .connected_system_attribute_id = id_or_null(m->cs_attribute),
                                      .connected_system_attribute_name = cs_attribute_name(s, m->cs_attribute)};
}

void matching_rule_write(struct json_writer *w, arena *a, snapshot *s, const struct matching_rule *m) {
    struct matching_rule_view v;
    view(a, s, m, &v);
    describe_write_members(w, &matching_rule_view_shape, &v);
}

static const struct matching_rule *matching_rule_of(const struct matching_rules *list, int32_t id) {
    for (EACH(const struct matching_rule, m, list))
        if (m->id == id) return m;
    return NULL;
}

static FALLIBLE find_of_system(snapshot *s, int32_t system, int32_t id, struct owner *o, const struct matching_rule **out) {
    TRY(find_system(s, system, &o->system));
    for (EACH(const struct cs_type, t, &o->system->types)) {
        *out = matching_rule_of(&t->matching, id);
        o->type = t;
        if (*out) return NULL;
    }
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no matching rule %d.", TEXT_ARG(o->system->name), id);
}

static FALLIBLE find_owner_rule(snapshot *s, int32_t rule, struct owner *o) {
    TRY(find_rule(s, rule, &o->rule));
    o->system = config_system(s, o->rule->system);
    o->type = config_cs_type(s, o->rule->cs_type);
    return o->system && o->type ? NULL : FAIL(ERROR_CORRUPT, "rule %d has no system or object type", rule);
}

static FALLIBLE find_of_rule(snapshot *s, int32_t rule, int32_t id, struct owner *o, const struct matching_rule **out) {
    TRY(find_owner_rule(s, rule, o));
    *out = matching_rule_of(&o->rule->matching, id);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "'%.*s' has no matching rule %d.", TEXT_ARG(o->rule->name), id);
}

static FALLIBLE type_matching_list(struct call *c, const struct of_type *in, struct matching_rule_list *out) {
    snapshot *config;
    const struct cs_type *t;
    TRY(call_config(c, &config));
    TRY(find_cs_type(config, in->system, in->type, &t));
    for (EACH(const struct matching_rule, m, &t->matching)) view(c->a, config, m, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(type_matching_list, of_type, matching_rule_list)

static FALLIBLE matching_get(struct call *c, const struct of_system *in, struct matching_rule_view *out) {
    snapshot *config;
    struct owner o = {0};
    const struct matching_rule *m;
    TRY(call_config(c, &config));
    TRY(find_of_system(config, in->system, in->id, &o, &m));
    view(c->a, config, m, out);
    return NULL;
}
HANDLER(matching_get, of_system, matching_rule_view)

static FALLIBLE rule_matching_list(struct call *c, const struct of_rule *in, struct matching_rule_list *out) {
    snapshot *config;
    const struct sync_rule *r;
    TRY(call_config(c, &config));
    TRY(find_rule(config, in->rule, &r));
    for (EACH(const struct matching_rule, m, &r->matching)) view(c->a, config, m, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(rule_matching_list, of_rule, matching_rule_list)

static FALLIBLE rule_matching_get(struct call *c, const struct of_sync_rule *in, struct matching_rule_view *out) {
    snapshot *config;
    struct owner o = {0};
    const struct matching_rule *m;
    TRY(call_config(c, &config));
    TRY(find_of_rule(config, in->rule, in->id, &o, &m));
    view(c->a, config, m, out);
    return NULL;
}
HANDLER(rule_matching_get, of_sync_rule, matching_rule_view)

/* ---- checking ---- */

static bool can_identify(enum data_type type) {
    return type == TYPE_TEXT || type == TYPE_NUMBER || type == TYPE_LONG_NUMBER || type == TYPE_DECIMAL || type == TYPE_GUID;
}

static FALLIBLE check(struct call *c, snapshot *s, const struct owner *o, const struct matching_rule *m) {
    const struct mv_attribute *target;
    const struct cs_attribute *from;
    int32_t mv_type = o->rule ? o->rule->mv_type : m->mv_type;
    if (!config_mv_type(s, mv_type)) return FAIL(ERROR_NOT_FOUND, "There is no metaverse object type %d.", mv_type);
    TRY(find_mv_attribute(s, m->mv_attribute, &target));
    TRY(find_cs_attribute(s, m->cs_attribute, &from));
    check_mv_attribute(c, s, "targetMetaverseAttributeId", target, mv_type);
    check_cs_attribute(c, s, "sources[0].connectedSystemAttributeId", from, o->type->id);
    if (target->type != from->type)
        call_problem(c, "sources[0].connectedSystemAttributeId", "'%.*s' is %s and '%.*s' is %s; only equal types can match.",
                     TEXT_ARG(from->name), enum_name(&data_type_names, from->type), TEXT_ARG(target->name),
                     enum_name(&data_type_names, target->type));
    else if (!can_identify(target->type))
        call_problem(c, "targetMetaverseAttributeId", "An attribute of type %s cannot identify an object.",
                     enum_name(&data_type_names, target->type));
    return call_check(c);
}

FALLIBLE matching_rule_check(struct call *c, snapshot *s, const struct cs_type *type, const struct sync_rule *rule,
                             const struct matching_rule *m) {
    struct owner o = {.system = config_system(s, type->system), .type = type, .rule = rule};
    return check(c, s, &o, m);
}

static void check_sources(struct call *c, const struct matching_sources_create *sources) {
    if (sources->count != 1)
        call_problem(c, "sources", "Give exactly one source.");
    else if (!sources->at[0].connected_system_attribute_id.given)
        call_problem(c, "sources[0].connectedSystemAttributeId", "Is required.");
}

/* Rules of the other mode would never be looked at. */
static void check_mode(struct call *c, const struct owner *o) {
    bool simple = o->system->matching_mode == MATCHING_SIMPLE;
    if (simple && o->rule)
        call_problem(c, "$", "'%.*s' matches by the rules of its object types; switch its matching mode to SyncRule first.",
                     TEXT_ARG(o->system->name));
    if (!simple && !o->rule)
        call_problem(c, "$", "'%.*s' matches by synchronisation rule; add the matching rule there, or switch the mode.",
                     TEXT_ARG(o->system->name));
}

static int32_t next_order(const struct matching_rules *list) {
    int32_t next = 0;
    for (EACH(const struct matching_rule, m, list))
        if (m->order >= next) next = m->order < INT32_MAX ? m->order + 1 : m->order;
    return next;
}

/* ---- writing ---- */

/* A matching rule has no history of its own: it is a part of what it hangs on. */
static struct change_note note_of(snapshot *s, const struct owner *o, const struct matching_rule *m) {
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_UPDATE,
                               .name = o->system->name,
                               .system = o->system->id,
                               .id = o->system->id};
    if (o->rule) note = rule_note(o->rule, OPERATION_UPDATE, (text){0});
    note.context = mv_attribute_name(s, m->mv_attribute);
    return note;
}

static FALLIBLE save(struct call *c, struct change *x, const struct owner *o, struct matching_rule *m,
                     struct matching_rule_view *out) {
    TRY(check(c, x->before, o, m));
    TRY(store_save_matching_rule(x->tx, m));
    struct change_note note = note_of(x->before, o, m);
    TRY(change_commit(c, x, &note, NULL));
    view(c->a, x->before, m, out);
    return NULL;
}

static FALLIBLE matching_create(struct call *c, const struct matching_rule_create *in, struct matching_rule_view *out) {
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    TRY(change_begin(c, &x));
    TRY(find_cs_type(x.before, in->system, in->connected_system_object_type_id, &o.type));
    o.system = config_system(x.before, in->system);
    check_sources(c, &in->sources);
    check_mode(c, &o);
    TRY(call_check(c));
    struct matching_rule m = {.order = in->order.given ? in->order.value : next_order(&o.type->matching),
                              .cs_type = o.type->id,
                              .mv_type = in->metaverse_object_type_id,
                              .mv_attribute = in->target_metaverse_attribute_id,
                              .cs_attribute = in->sources.at[0].connected_system_attribute_id.value,
                              .case_sensitive = in->case_sensitive,
                              .created = c->now};
    TRY(save(c, &x, &o, &m, out));
    call_location(c, "/api/v1/synchronisation/connected-systems/%d/matching-rules/%d", o.system->id, m.id);
    return NULL;
}
HANDLER(matching_create, matching_rule_create, matching_rule_view)

static FALLIBLE rule_matching_create(struct call *c, const struct rule_matching_create *in, struct matching_rule_view *out) {
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    TRY(change_begin(c, &x));
    TRY(find_owner_rule(x.before, in->rule, &o));
    check_sources(c, &in->sources);
    check_mode(c, &o);
    TRY(call_check(c));
    struct matching_rule m = {.order = in->order.given ? in->order.value : next_order(&o.rule->matching),
                              .sync_rule = o.rule->id,
                              .mv_attribute = in->target_metaverse_attribute_id,
                              .cs_attribute = in->sources.at[0].connected_system_attribute_id.value,
                              .case_sensitive = in->case_sensitive,
                              .created = c->now};
    TRY(save(c, &x, &o, &m, out));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d/matching-rules/%d", o.rule->id, m.id);
    return NULL;
}
HANDLER(rule_matching_create, rule_matching_create, matching_rule_view)

static void propose(struct call *c, const struct matching_changes *set, struct matching_rule *m) {
    if (set->order.given) m->order = set->order.value;
    if (set->metaverse_object_type_id.given) {
        if (m->sync_rule) call_problem(c, "metaverseObjectTypeId", "The type of the synchronisation rule applies.");
        m->mv_type = set->metaverse_object_type_id.value;
    }
    if (set->target_metaverse_attribute_id.given) m->mv_attribute = set->target_metaverse_attribute_id.value;
    if (set->sources.at) {
        check_sources(c, &set->sources);
        if (set->sources.count == 1) m->cs_attribute = set->sources.at[0].connected_system_attribute_id.value;
    }
    if (set->case_sensitive.given) m->case_sensitive = set->case_sensitive.value;
}

static FALLIBLE matching_update(struct call *c, const struct matching_rule_update *in, struct matching_rule_view *out) {
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    const struct matching_rule *stored;
    TRY(change_begin(c, &x));
    TRY(find_of_system(x.before, in->system, in->id, &o, &stored));
    struct matching_rule m = *stored;
    propose(c, &in->set, &m);
    TRY(call_check(c));
    return save(c, &x, &o, &m, out);
}
HANDLER(matching_update, matching_rule_update, matching_rule_view)

static FALLIBLE rule_matching_update(struct call *c, const struct rule_matching_update *in, struct matching_rule_view *out) {
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    const struct matching_rule *stored;
    TRY(change_begin(c, &x));
    TRY(find_of_rule(x.before, in->rule, in->id, &o, &stored));
    struct matching_rule m = *stored;
    propose(c, &in->set, &m);
    TRY(call_check(c));
    return save(c, &x, &o, &m, out);
}
HANDLER(rule_matching_update, rule_matching_update, matching_rule_view)

static FALLIBLE delete_one(struct call *c, struct change *x, const struct owner *o, const struct matching_rule *m) {
    TRY(store_delete_matching_rule(x->tx, m->id));
    struct change_note note = note_of(x->before, o, m);
    return change_commit(c, x, &note, NULL);
}

static FALLIBLE matching_delete(struct call *c, const struct of_system *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    const struct matching_rule *m;
    TRY(change_begin(c, &x));
    TRY(find_of_system(x.before, in->system, in->id, &o, &m));
    return delete_one(c, &x, &o, m);
}
HANDLER(matching_delete, of_system, nothing)

static FALLIBLE rule_matching_delete(struct call *c, const struct of_sync_rule *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct owner o = {0};
    const struct matching_rule *m;
    TRY(change_begin(c, &x));
    TRY(find_of_rule(x.before, in->rule, in->id, &o, &m));
    return delete_one(c, &x, &o, m);
}
HANDLER(rule_matching_delete, of_sync_rule, nothing)

#define OF_SYSTEM "/connected-systems/{connectedSystemId}/matching-rules"
#define OF_TYPE "/connected-systems/{connectedSystemId}/object-types/{objectTypeId}/matching-rules"
#define OF_RULE "/sync-rules/{syncRuleId}/matching-rules"
#define UNKNOWN ALSO({404, NULL, "There is no such system, type, rule or attribute."})
const struct routes matching_rule_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, OF_TYPE, type_matching_list, "Lists the matching rules of an object type.",
                 .operation = "GetObjectMatchingRules", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, OF_SYSTEM, matching_create, "Creates a matching rule of an object type.",
                 .operation = "CreateObjectMatchingRule", .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, OF_SYSTEM "/{ruleId}", matching_get, "A matching rule of an object type.",
                 .operation = "GetObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, OF_SYSTEM "/{ruleId}", matching_update, "Changes a matching rule of an object type.",
                 .operation = "UpdateObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, OF_SYSTEM "/{ruleId}", matching_delete, "Deletes a matching rule of an object type.",
                 .operation = "DeleteObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, OF_RULE, rule_matching_list, "Lists the matching rules of a synchronisation rule.",
                 .operation = "GetSyncRuleObjectMatchingRules", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, OF_RULE, rule_matching_create, "Creates a matching rule of a synchronisation rule.",
                 .operation = "CreateSyncRuleObjectMatchingRule", .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, OF_RULE "/{ruleId}", rule_matching_get, "A matching rule of a synchronisation rule.",
                 .operation = "GetSyncRuleObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, OF_RULE "/{ruleId}", rule_matching_update, "Changes a matching rule of a synchronisation rule.",
                 .operation = "UpdateSyncRuleObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, OF_RULE "/{ruleId}", rule_matching_delete, "Deletes a matching rule of a synchronisation rule.",
                 .operation = "DeleteSyncRuleObjectMatchingRule", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
