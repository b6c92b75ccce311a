/* Data flows: every mapping of every rule in one list, to see where an attribute comes from and where it goes. */
#include "api/rule_parts.h"
#include "base/unicode.h"

#include <stdlib.h>

struct flow_source {
    int32_t order;
    struct maybe_int32 metaverse_attribute_id;
    text metaverse_attribute_name;
    struct maybe_int32 connected_system_attribute_id;
    text connected_system_attribute_name;
    text expression;
    bool is_expression;
    text display_name;
};
static SHAPE(flow_source, "DataFlowSource",
             FIELDS(FIELD(flow_source, order, "order"), FIELD(flow_source, metaverse_attribute_id, "metaverseAttributeId"),
                    FIELD(flow_source, metaverse_attribute_name, "metaverseAttributeName", .nullable = true),
                    FIELD(flow_source, connected_system_attribute_id, "connectedSystemAttributeId"),
                    FIELD(flow_source, connected_system_attribute_name, "connectedSystemAttributeName", .nullable = true),
                    FIELD(flow_source, expression, "expression", .nullable = true),
                    FIELD(flow_source, is_expression, "isExpression"),
                    FIELD(flow_source, display_name, "displayName", .doc = "The attribute's name, or the expression.")));

struct flow {
    int32_t sync_rule_mapping_id;
    int32_t sync_rule_id;
    text sync_rule_name;
    bool sync_rule_enabled;
    enum rule_direction direction;
    int32_t connected_system_id;
    text connected_system_name;
    int32_t connected_system_object_type_id;
    text connected_system_object_type_name;
    int32_t metaverse_object_type_id;
    text metaverse_object_type_name;
    struct maybe_int32 target_metaverse_attribute_id;
    text target_metaverse_attribute_name;
    struct maybe_int32 target_connected_system_attribute_id;
    text target_connected_system_attribute_name;
    struct flow_sources LIST(struct flow_source) sources;
    struct maybe_int32 priority;
    struct maybe_bool null_is_value;
    struct maybe_bool enforce_state;
    struct maybe_int32 contributor_count;
    bool has_multiple_contributors;
};
static SHAPE(
    flow, "DataFlowHeader",
    FIELDS(FIELD(flow, sync_rule_mapping_id, "syncRuleMappingId"), FIELD(flow, sync_rule_id, "syncRuleId"),
           FIELD(flow, sync_rule_name, "syncRuleName"), FIELD(flow, sync_rule_enabled, "syncRuleEnabled"),
           FIELD(flow, direction, "direction", .names = &rule_direction_names),
           FIELD(flow, connected_system_id, "connectedSystemId"), FIELD(flow, connected_system_name, "connectedSystemName"),
           FIELD(flow, connected_system_object_type_id, "connectedSystemObjectTypeId"),
           FIELD(flow, connected_system_object_type_name, "connectedSystemObjectTypeName"),
           FIELD(flow, metaverse_object_type_id, "metaverseObjectTypeId"),
           FIELD(flow, metaverse_object_type_name, "metaverseObjectTypeName"),
           FIELD(flow, target_metaverse_attribute_id, "targetMetaverseAttributeId"),
           FIELD(flow, target_metaverse_attribute_name, "targetMetaverseAttributeName", .nullable = true),
           FIELD(flow, target_connected_system_attribute_id, "targetConnectedSystemAttributeId"),
           FIELD(flow, target_connected_system_attribute_name, "targetConnectedSystemAttributeName", .nullable = true),
           OBJECTS(flow, sources, "sources", flow_source), FIELD(flow, priority, "priority", .doc = "Import: the smallest wins."),
           FIELD(flow, null_is_value, "nullIsValue", .doc = "Import."),
           FIELD(flow, enforce_state, "enforceState", .doc = "Export."),
           FIELD(flow, contributor_count, "contributorCount", .doc = "Import: how many enabled mappings contribute to the target."),
           FIELD(flow, has_multiple_contributors, "hasMultipleContributors")));

struct flows_query {
    struct list_query list;
    struct maybe_enum direction;
    struct maybe_int32 system;
    struct maybe_int32 cs_type;
    struct maybe_int32 mv_type;
    struct maybe_int32 cs_attribute;
    struct maybe_int32 mv_attribute;
    bool multiple_contributors_only;
    text search;
};
static SHAPE(flows_query, NULL,
             FIELDS(EMBED(flows_query, list, list_query),
                    FIELD(flows_query, direction, "direction", .names = &rule_direction_names),
                    FIELD(flows_query, system, "connectedSystemId"), FIELD(flows_query, cs_type, "connectedSystemObjectTypeId"),
                    FIELD(flows_query, mv_type, "metaverseObjectTypeId"),
                    FIELD(flows_query, cs_attribute, "connectedSystemAttributeId", .doc = "As target or source."),
                    FIELD(flows_query, mv_attribute, "metaverseAttributeId", .doc = "As target or source."),
                    FIELD(flows_query, multiple_contributors_only, "multipleContributorsOnly"),
                    FIELD(flows_query, search, "search",
                          .doc = "Part of a name of the rule, system, type or attributes, or of the expression; in any case.")));
struct flow_page PAGE_OF(flow);
static PAGE_SHAPE(flow_page, flow, "PaginatedResponseOfDataFlowHeader");

/* ---- contributors (sync-engine §11.4) ---- */

static int64_t target_key(int32_t mv_type, int32_t attribute) { return (int64_t)mv_type << 32 | attribute; }

static void count_contributors(arena *a, snapshot *s, struct int_map *counts) {
    int_map_init(counts, a, 64);
    for (EACH(const struct sync_rule, r, &s->rules)) {
        if (r->direction != DIRECTION_IMPORT || !r->enabled) continue;
        for (EACH(const struct mapping, m, &r->mappings)) {
            if (!m->enabled || !m->mv_target) continue;
            int64_t key = target_key(r->mv_type, m->mv_target);
            int32_t *n = int_map_get(counts, key);
            if (!n) int_map_put(counts, key, n = ARENA_NEW(a, int32_t));
            ++*n;
        }
    }
}

/* ---- one flow ---- */

static void add_source(arena *a, snapshot *s, const struct mapping_source *from, struct flow *out) {
    struct flow_source source = {.order = from->order,
                                 .metaverse_attribute_id = id_or_null(from->mv_attribute),
                                 .metaverse_attribute_name = mv_attribute_name(s, from->mv_attribute),
                                 .connected_system_attribute_id = id_or_null(from->cs_attribute),
                                 .connected_system_attribute_name = cs_attribute_name(s, from->cs_attribute),
                                 .expression = from->expression,
                                 .is_expression = !text_is_null(from->expression)};
    text name = from->mv_attribute ? source.metaverse_attribute_name : source.connected_system_attribute_name;
    source.display_name = source.is_expression ? from->expression : text_is_null(name) ? T("") : name;
    *LIST_ADD(a, &out->sources) = source;
}

static struct flow flow_of(arena *a, snapshot *s, const struct sync_rule *r, const struct mapping *m,
                           const struct int_map *counts) {
    const struct connected_system *system = config_system(s, r->system);
    bool import = r->direction == DIRECTION_IMPORT;
    const int32_t *contributors = import ? int_map_get(counts, target_key(r->mv_type, m->mv_target)) : NULL;
    int32_t count = contributors ? *contributors : 0;
    struct flow out = {.sync_rule_mapping_id = m->id,
                       .sync_rule_id = r->id,
                       .sync_rule_name = r->name,
                       .sync_rule_enabled = r->enabled,
                       .direction = r->direction,
                       .connected_system_id = r->system,
                       .connected_system_name = system ? system->name : T(""),
                       .connected_system_object_type_id = r->cs_type,
                       .connected_system_object_type_name = cs_type_name(s, r->cs_type),
                       .metaverse_object_type_id = r->mv_type,
                       .metaverse_object_type_name = mv_type_name(s, r->mv_type),
                       .target_metaverse_attribute_id = id_or_null(m->mv_target),
                       .target_metaverse_attribute_name = mv_attribute_name(s, m->mv_target),
                       .target_connected_system_attribute_id = id_or_null(m->cs_target),
                       .target_connected_system_attribute_name = cs_attribute_name(s, m->cs_target),
                       .priority = {.given = import, .value = m->priority},
                       .null_is_value = {.given = import, .value = m->null_is_value},
                       .enforce_state = {.given = !import, .value = r->enforce_state},
                       .contributor_count = {.given = import, .value = count},
                       .has_multiple_contributors = count > 1};
    for (EACH(const struct mapping_source, from, &m->sources)) add_source(a, s, from, &out);
    return out;
}

/* ---- which are wanted ---- */

static bool is(struct maybe_int32 wanted, int32_t id) { return !wanted.given || wanted.value == id; }

static bool uses(const struct flow *f, struct maybe_int32 wanted, bool metaverse) {
    struct maybe_int32 target = metaverse ? f->target_metaverse_attribute_id : f->target_connected_system_attribute_id;
    if (!wanted.given || (target.given && target.value == wanted.value)) return true;
    for (EACH(const struct flow_source, from, &f->sources)) {
        struct maybe_int32 id = metaverse ? from->metaverse_attribute_id : from->connected_system_attribute_id;
        if (id.given && id.value == wanted.value) return true;
    }
    return false;
}

static bool holds(arena *a, text where, text folded) {
    return !text_is_null(where) && text_find(text_fold(a, where), folded) != SIZE_MAX;
}

static bool found(arena *a, const struct flow *f, text search) {
    if (!search.len) return true;
    text folded = text_fold(a, search);
    const text names[] = {f->sync_rule_name,
                          f->connected_system_name,
                          f->connected_system_object_type_name,
                          f->metaverse_object_type_name,
                          f->target_metaverse_attribute_name,
                          f->target_connected_system_attribute_name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (holds(a, names[i], folded)) return true;
    for (EACH(const struct flow_source, from, &f->sources))
        if (holds(a, from->display_name, folded)) return true;
    return false;
}

static bool selected(arena *a, const struct flows_query *q, const struct flow *f) {
    return (!q->direction.given || q->direction.value == (unsigned)f->direction) && is(q->system, f->connected_system_id) &&
           is(q->cs_type, f->connected_system_object_type_id) && is(q->mv_type, f->metaverse_object_type_id) &&
           uses(f, q->cs_attribute, false) && uses(f, q->mv_attribute, true) &&
           (!q->multiple_contributors_only || f->has_multiple_contributors) && found(a, f, q->search);
}

/* ---- the list ---- */

static text target_of(const struct flow *f) {
    return f->direction == DIRECTION_IMPORT ? f->target_metaverse_attribute_name : f->target_connected_system_attribute_name;
}

static int compare_int(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* Object type, target attribute, direction, priority, id. */
static int in_order(const void *one, const void *two) {
    const struct flow *a = one, *b = two;
    int order = text_compare(a->metaverse_object_type_name, b->metaverse_object_type_name);
    if (!order) order = text_compare(target_of(a), target_of(b));
    if (!order) order = compare_int(a->direction, b->direction);
    if (!order) order = compare_int(a->priority.value, b->priority.value);
    return order ? order : compare_int(a->sync_rule_mapping_id, b->sync_rule_mapping_id);
}

static FALLIBLE flows_list(struct call *c, const struct flows_query *in, struct flow_page *out) {
    snapshot *config;
    struct int_map counts;
    TRY(call_config(c, &config));
    count_contributors(c->a, config, &counts);
    for (EACH(const struct sync_rule, r, &config->rules)) {
        for (EACH(const struct mapping, m, &r->mappings)) {
            struct flow f = flow_of(c->a, config, r, m, &counts);
            if (selected(c->a, in, &f)) *LIST_ADD(c->a, &out->items) = f;
        }
    }
    if (out->items.count) qsort(out->items.at, out->items.count, sizeof out->items.at[0], in_order);
    LIST_PAGE(c, &in->list, flow, &out->items, &out->counts);
    return NULL;
}
HANDLER(flows_list, flows_query, flow_page)

const struct routes data_flow_routes = ROUTES("Synchronisation", "/api/v1/synchronisation",
                                              ROUTE(GET, "/data-flows", flows_list, "Lists every mapping of every rule.",
                                                    .operation = "GetDataFlows", .role = ROLE_ADMINISTRATOR));
