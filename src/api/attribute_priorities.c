/* Which contributor of an attribute wins: the order of import mappings (sync-engine §11.4). */
#include "api/mv_view.h"
#include "api/proposals.h"

#include <stdlib.h>

struct contributor_view {
    int32_t mapping_id;
    int32_t priority;
    bool null_is_value;
    struct maybe_int32 sync_rule_id;
    text sync_rule_name;
    bool sync_rule_enabled;
    struct maybe_int32 connected_system_id;
    text connected_system_name;
};
static SHAPE(contributor_view, "AttributePriorityContributorDto",
             FIELDS(FIELD(contributor_view, mapping_id, "mappingId"), FIELD(contributor_view, priority, "priority"),
                    FIELD(contributor_view, null_is_value, "nullIsValue"), FIELD(contributor_view, sync_rule_id, "syncRuleId"),
                    FIELD(contributor_view, sync_rule_name, "syncRuleName", .nullable = true),
                    FIELD(contributor_view, sync_rule_enabled, "syncRuleEnabled"),
                    FIELD(contributor_view, connected_system_id, "connectedSystemId"),
                    FIELD(contributor_view, connected_system_name, "connectedSystemName", .nullable = true)));

struct priority_order {
    int32_t metaverse_object_type_id;
    int32_t metaverse_attribute_id;
    text metaverse_attribute_name;
    struct LIST(struct contributor_view) contributors;
};
static SHAPE(priority_order, "AttributePriorityOrderDto",
             FIELDS(FIELD(priority_order, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(priority_order, metaverse_attribute_id, "metaverseAttributeId"),
                    FIELD(priority_order, metaverse_attribute_name, "metaverseAttributeName", .nullable = true),
                    OBJECTS(priority_order, contributors, "contributors", contributor_view)));

struct priority_path {
    int32_t attribute, type;
};
static SHAPE(priority_path, NULL,
             FIELDS(FIELD(priority_path, attribute, "metaverseAttributeId"), FIELD(priority_path, type, "metaverseObjectTypeId")));

struct wanted_contributor {
    int32_t mapping_id;
    bool null_is_value;
};
static SHAPE(wanted_contributor, "SetAttributePriorityContributorRequest",
             FIELDS(FIELD(wanted_contributor, mapping_id, "mappingId"),
                    FIELD(wanted_contributor, null_is_value, "nullIsValue", .by_default = "false")));
struct priorities_put {
    int32_t attribute, type;
    struct LIST(struct wanted_contributor) contributors;
};
static SHAPE(priorities_put, "SetAttributePriorityOrderRequest",
             FIELDS(FIELD(priorities_put, attribute, "metaverseAttributeId"), FIELD(priorities_put, type, "metaverseObjectTypeId"),
                    OBJECTS(priorities_put, contributors, "contributors", wanted_contributor, .by_default = "[]")));

struct priority_request {
    int32_t attribute, type;
    struct LIST(struct wanted_contributor) contributors;
    enum preview_persistence persistence;
};
static SHAPE(priority_request, "StartAttributePriorityPreviewRequest",
             FIELDS(FIELD(priority_request, attribute, "metaverseAttributeId"),
                    FIELD(priority_request, type, "metaverseObjectTypeId"),
                    OBJECTS(priority_request, contributors, "contributors", wanted_contributor, .by_default = "[]",
                            .doc = "All contributors in the proposed order."),
                    PERSISTENCE(priority_request, persistence)));

struct priority_move {
    int32_t attribute, type, mapping;
    int32_t position;
    struct maybe_bool null_is_value;
};
static SHAPE(priority_move, "MoveAttributePriorityRequest",
             FIELDS(FIELD(priority_move, attribute, "metaverseAttributeId"), FIELD(priority_move, type, "metaverseObjectTypeId"),
                    FIELD(priority_move, mapping, "mappingId"),
                    FIELD(priority_move, position, "position", .doc = "From 1; beyond the ends: the first or the last."),
                    FIELD(priority_move, null_is_value, "nullIsValue")));

/* ---- the order ---- */

struct contributors LIST(struct mapping);

static int by_priority(const void *x, const void *y) {
    const struct mapping *a = x, *b = y;
    if (a->priority != b->priority) return a->priority < b->priority ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Those of disabled rules and mappings keep their places. */
static void contributors_of(arena *a, snapshot *s, int32_t attribute, int32_t type, struct contributors *out) {
    for (EACH(const struct sync_rule, r, &s->rules)) {
        if (r->mv_type != type || r->direction != DIRECTION_IMPORT) continue;
        for (EACH(const struct mapping, m, &r->mappings))
            if (m->mv_target == attribute) *LIST_ADD(a, out) = *m;
    }
    if (out->count > 1) qsort(out->at, out->count, sizeof *out->at, by_priority);
}

static void view(arena *a, snapshot *s, const struct mv_attribute *m, int32_t type, struct priority_order *out) {
    struct contributors list = {0};
    contributors_of(a, s, m->id, type, &list);
    *out = (struct priority_order){
        .metaverse_object_type_id = type, .metaverse_attribute_id = m->id, .metaverse_attribute_name = m->name};
    for (EACH(const struct mapping, k, &list)) {
        const struct sync_rule *r = config_rule(s, k->rule);
        const struct connected_system *system = config_system(s, r->system);
        *LIST_ADD(a, &out->contributors) = (struct contributor_view){.mapping_id = k->id,
                                                                     .priority = k->priority,
                                                                     .null_is_value = k->null_is_value,
                                                                     .sync_rule_id = GIVE(r->id),
                                                                     .sync_rule_name = r->name,
                                                                     .sync_rule_enabled = r->enabled,
                                                                     .connected_system_id = GIVE(r->system),
                                                                     .connected_system_name = system ? system->name : (text){0}};
    }
}

static FALLIBLE priorities_get(struct call *c, const struct priority_path *in, struct priority_order *out) {
    snapshot *s;
    const struct mv_attribute *m;
    const struct mv_type *t;
    TRY(call_config(c, &s));
    TRY(find_mv_attribute(s, in->attribute, &m));
    TRY(find_mv_type(s, in->type, &t));
    view(c->a, s, m, t->id, out);
    return NULL;
}
HANDLER(priorities_get, priority_path, priority_order)

/* ---- changing it ---- */

struct reordering {
    struct change x;
    const struct mv_attribute *attribute;
    const struct mv_type *type;
    struct contributors list; /* copies */
};

static FALLIBLE begin(struct call *c, int32_t attribute, int32_t type, struct reordering *r) {
    TRY(change_begin(c, &r->x));
    TRY(find_mv_attribute(r->x.before, attribute, &r->attribute));
    TRY(find_mv_type(r->x.before, type, &r->type));
    contributors_of(c->a, r->x.before, attribute, type, &r->list);
    return NULL;
}

static FALLIBLE finish(struct call *c, struct reordering *r, struct priority_order *out) {
    snapshot *after;
    for (size_t i = 0; i < r->list.count; i++) {
        struct mapping *m = &r->list.at[i];
        const struct mapping *stored = config_mapping(r->x.before, m->id);
        m->priority = (int32_t)i + 1;
        if (m->priority != stored->priority || m->null_is_value != stored->null_is_value) TRY(store_save_mapping(r->x.tx, m));
    }
    struct change_note note = {.target = TARGET_MV_ATTRIBUTE,
                               .operation = OPERATION_UPDATE,
                               .name = r->attribute->name,
                               .context = r->type->name,
                               .id = r->attribute->id};
    TRY(change_commit(c, &r->x, &note, &after));
    view(c->a, after, config_mv_attribute(after, r->attribute->id), r->type->id, out);
    return NULL;
}

static void swap(struct mapping *a, struct mapping *b) {
    struct mapping t = *a;
    *a = *b;
    *b = t;
}

/* Brings the mapping to place i, where those before it stand already; false when it is not (or no longer) among the rest. */
static bool place(struct contributors *list, size_t i, const struct wanted_contributor *w) {
    for (size_t from = i; from < list->count; from++) {
        if (list->at[from].id != w->mapping_id) continue;
        swap(&list->at[i], &list->at[from]);
        list->at[i].null_is_value = w->null_is_value;
        return true;
    }
    return false;
}

static FALLIBLE put_all(struct call *c, const struct priorities_put *in, struct reordering *r, struct priority_order *out) {
    TRY(begin(c, in->attribute, in->type, r));
    for (size_t i = 0; i < in->contributors.count; i++)
        if (!place(&r->list, i, &in->contributors.at[i]))
            return call_invalid(c, "contributors", "Mapping %d is named twice or does not contribute.",
                                in->contributors.at[i].mapping_id);
    if (in->contributors.count != r->list.count)
        return call_invalid(c, "contributors", "Name each of the %zu contributors once.", r->list.count);
    return finish(c, r, out);
}

static FALLIBLE priorities_put(struct call *c, const struct priorities_put *in, struct priority_order *out) {
    struct reordering r = {0};
    error *e = put_all(c, in, &r, out);
    change_end(&r.x);
    return e;
}
HANDLER(priorities_put, priorities_put, priority_order)

static FALLIBLE move_one(struct call *c, const struct priority_move *in, struct reordering *r, struct priority_order *out) {
    TRY(begin(c, in->attribute, in->type, r));
    size_t count = r->list.count, from = 0;
    while (from < count && r->list.at[from].id != in->mapping) from++;
    if (from == count) return FAIL(ERROR_NOT_FOUND, "Mapping %d does not contribute to this attribute.", in->mapping);
    size_t to = in->position < 1 ? 0 : (size_t)in->position > count ? count - 1 : (size_t)in->position - 1;
    for (; from < to; from++) swap(&r->list.at[from], &r->list.at[from + 1]);
    for (; from > to; from--) swap(&r->list.at[from], &r->list.at[from - 1]);
    if (in->null_is_value.given) r->list.at[to].null_is_value = in->null_is_value.value;
    return finish(c, r, out);
}

static FALLIBLE priority_move(struct call *c, const struct priority_move *in, struct priority_order *out) {
    struct reordering r = {0};
    error *e = move_one(c, in, &r, out);
    change_end(&r.x);
    return e;
}
HANDLER(priority_move, priority_move, priority_order)

/* ---- previewing it ---- */

static void propose(struct proposal *p, const struct mapping *wanted, int32_t priority) {
    for (EACH(struct sync_rule, r, &p->after->rules))
        for (EACH(struct mapping, m, &r->mappings))
            if (m->id == wanted->id) m->priority = priority, m->null_is_value = wanted->null_is_value;
}

static error *apply_priorities(struct proposal *p, const void *request) {
    const struct priority_request *in = request;
    struct contributors list = {0};
    contributors_of(p->a, p->before, in->attribute, in->type, &list);
    for (size_t i = 0; i < in->contributors.count; i++)
        if (!place(&list, i, &in->contributors.at[i]))
            return call_invalid(p->c, "contributors", "Mapping %d is named twice or does not contribute.",
                                in->contributors.at[i].mapping_id);
    if (in->contributors.count != list.count)
        return call_invalid(p->c, "contributors", "Name each of the %zu contributors once.", list.count);
    for (size_t i = 0; i < list.count; i++) propose(p, &list.at[i], (int32_t)i + 1);
    return NULL;
}
const struct proposal_kind priority_proposal = {SURFACE_MV_ATTRIBUTE, &priority_request_shape, apply_priorities};

static FALLIBLE priorities_start(struct call *c, const struct priority_request *in, struct preview_started *out) {
    snapshot *s;
    const struct mv_attribute *m;
    const struct mv_type *t;
    OWNED_VALUE(buffer) b = {.max = 1 << 20};
    struct json_writer w = {.out = &b};
    TRY(call_config(c, &s));
    TRY(find_mv_attribute(s, in->attribute, &m));
    TRY(find_mv_type(s, in->type, &t));
    describe_write(&w, &priority_request_shape, in); /* with the type, which stands in the path */
    return preview_start_with(c, SURFACE_MV_ATTRIBUTE, m->id, in->persistence, arena_text(c->a, buffer_as_text(&b)), out);
}
HANDLER(priorities_start, priority_request, preview_started)

#define PRIORITIES "/attributes/{metaverseAttributeId}/priorities/{metaverseObjectTypeId}"
#define UNKNOWN ALSO({404, NULL, "There is no such attribute, object type or mapping."})
const struct routes attribute_priority_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, PRIORITIES, priorities_get, "The contributors of an attribute in the order of their priority.",
                 .operation = "GetAttributePriorityOrder", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, PRIORITIES, priorities_put, "Orders all contributors anew.", .operation = "SetAttributePriorityOrder",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           PREVIEW_ROUTE(PRIORITIES "/preview", priorities_start, "What would happen if the contributors ranked so?",
                         "StartAttributePriorityPreview"),
           ROUTE(PUT, PRIORITIES "/mappings/{mappingId}", priority_move, "Moves one contributor to another place.",
                 .operation = "MoveAttributePriority", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
