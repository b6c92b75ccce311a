/* The criteria of predefined searches: groups, any of which must hold, and what stands in them (operations §22.2). */
#include "api/predefined.h"
#include "api/resources.h"

/* A reply nests groups in groups; a search that people can read needs no more. */
enum { DEPTH_MOST = 3, PARTS_MOST = 500 };

/* ---- what travels ---- */

struct group_list {
    struct predefined_groups items;
};
static SHAPE(group_list, NULL, FIELDS(OBJECTS(group_list, items, "", predefined_group)), .bare = true);

struct group_new {
    int32_t id, parent;
    enum scope_group_type type;
    int32_t position;
    text change_reason;
};
static SHAPE(group_new, "CreatePredefinedSearchCriteriaGroupRequest",
             FIELDS(FIELD(group_new, id, "id"),
                    FIELD(group_new, type, "type", .names = &scope_group_type_names, .by_default = "All"),
                    FIELD(group_new, position, "position", .by_default = "0"), CHANGE_REASON(group_new, change_reason)));
/* The same below a group. */
struct child_group_new {
    struct group_new group;
};
static SHAPE(child_group_new, "CreatePredefinedSearchChildCriteriaGroupRequest",
             FIELDS(FIELD(child_group_new, group.id, "id"), FIELD(child_group_new, group.parent, "groupId"),
                    FIELD(child_group_new, group.type, "type", .names = &scope_group_type_names, .by_default = "All"),
                    FIELD(child_group_new, group.position, "position", .by_default = "0"),
                    CHANGE_REASON(child_group_new, group.change_reason)));

struct group_change {
    int32_t id, group;
    struct maybe_enum type;
    struct maybe_int32 position;
    text change_reason;
};
static SHAPE(group_change, "UpdatePredefinedSearchCriteriaGroupRequest",
             FIELDS(FIELD(group_change, id, "id"), FIELD(group_change, group, "groupId"),
                    FIELD(group_change, type, "type", .names = &scope_group_type_names), FIELD(group_change, position, "position"),
                    CHANGE_REASON(group_change, change_reason)));

struct group_path {
    int32_t id, group, criterion;
    text change_reason;
};
static SHAPE(group_path, NULL,
             FIELDS(FIELD(group_path, id, "id"), FIELD(group_path, group, "groupId"), CHANGE_REASON(group_path, change_reason)));
struct criterion_path {
    struct group_path path;
};
static SHAPE(criterion_path, NULL,
             FIELDS(FIELD(criterion_path, path.id, "id"), FIELD(criterion_path, path.group, "groupId"),
                    FIELD(criterion_path, path.criterion, "criterionId"), CHANGE_REASON(criterion_path, path.change_reason)));

/* What a request says of a criterion. */
struct criterion_said {
    struct criterion_request k;
    text change_reason;
};
static SHAPE(criterion_said, NULL,
             FIELDS(FIELD(criterion_said, k.metaverse_attribute_id, "metaverseAttributeId"),
                    FIELD(criterion_said, k.comparison_type, "comparisonType", .names = &comparison_names, .required = true),
                    CRITERION_FIELDS(criterion_said, k.), CHANGE_REASON(criterion_said, change_reason)));
struct criterion_new {
    int32_t id, group;
    struct criterion_said said;
};
static SHAPE(criterion_new, "PredefinedSearchCriterionRequest",
             FIELDS(FIELD(criterion_new, id, "id"), FIELD(criterion_new, group, "groupId"),
                    EMBED(criterion_new, said, criterion_said)));
struct criterion_change {
    int32_t id, group, criterion;
    struct criterion_said said;
};
static SHAPE(criterion_change, "UpdatePredefinedSearchCriterionRequest",
             FIELDS(FIELD(criterion_change, id, "id"), FIELD(criterion_change, group, "groupId"),
                    FIELD(criterion_change, criterion, "criterionId"), EMBED(criterion_change, said, criterion_said)));

/* ---- finding ---- */

/* Where a group stands. */
struct group_place {
    struct predefined_groups *list;
    struct predefined_group *at;
    int depth; /* 1: at the top */
};

static bool seek(struct predefined_groups *list, int32_t id, int depth, struct group_place *out) {
    for (EACH(struct predefined_group, g, list)) {
        *out = (struct group_place){list, g, depth};
        if (g->id == id || seek(&g->children, id, depth + 1, out)) return true;
    }
    return false;
}

static FALLIBLE find_group(struct predefined_search *p, int32_t id, struct group_place *out) {
    if (seek(&p->facts.groups, id, 1, out)) return NULL;
    return FAIL(ERROR_NOT_FOUND, "The search has no group %d.", id);
}

static FALLIBLE find_criterion(struct predefined_group *g, int32_t id, struct predefined_criterion **out) {
    for (EACH(struct predefined_criterion, k, &g->criteria))
        if (k->v.id == id) return *out = k, NULL;
    return FAIL(ERROR_NOT_FOUND, "The group has no criterion %d.", id);
}

static size_t parts_of(const struct predefined_groups *list) {
    size_t n = 0;
    for (EACH(const struct predefined_group, g, list)) n += 1 + g->criteria.count + parts_of(&g->children);
    return n;
}

static FALLIBLE check_room(const struct predefined_search *p) {
    if (parts_of(&p->facts.groups) < PARTS_MOST) return NULL;
    return FAIL(ERROR_INVALID, "A search has %d groups and criteria at most.", PARTS_MOST);
}

/* ---- groups ---- */

static FALLIBLE groups_list(struct call *c, const struct by_id *in, struct group_list *out) {
    snapshot *s;
    struct predefined_search p;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(predefined_find(tx, c->a, s, in->id, &p));
    out->items = p.facts.groups;
    return NULL;
}
HANDLER(groups_list, by_id, group_list)

static FALLIBLE add_group(struct call *c, struct predefined_edit *e, struct predefined_groups *list, const struct group_new *in,
                          struct predefined_group *out) {
    TRY(check_room(&e->p));
    *out = (struct predefined_group){.id = ++e->p.last_id, .type = in->type, .position = in->position};
    *LIST_ADD(c->a, list) = *out;
    TRY(predefined_edit_commit(c, e, OPERATION_UPDATE, in->change_reason));
    call_location(c, "/api/v1/predefined-searches/%d/criteria-groups", in->id);
    return NULL;
}

static FALLIBLE group_create(struct call *c, const struct group_new *in, struct predefined_group *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    TRY(predefined_edit_begin(c, in->id, &e));
    return add_group(c, &e, &e.p.facts.groups, in, out);
}
HANDLER(group_create, group_new, predefined_group)

static FALLIBLE child_group_create(struct call *c, const struct child_group_new *in, struct predefined_group *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place parent;
    TRY(predefined_edit_begin(c, in->group.id, &e));
    TRY(find_group(&e.p, in->group.parent, &parent));
    if (parent.depth >= DEPTH_MOST) return FAIL(ERROR_INVALID, "Groups nest %d levels deep at most.", DEPTH_MOST);
    return add_group(c, &e, &parent.at->children, &in->group, out);
}
HANDLER(child_group_create, child_group_new, predefined_group)

static FALLIBLE group_update(struct call *c, const struct group_change *in, struct predefined_group *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place place;
    TRY(predefined_edit_begin(c, in->id, &e));
    TRY(find_group(&e.p, in->group, &place));
    if (in->type.given) place.at->type = in->type.value;
    if (in->position.given) place.at->position = in->position.value;
    *out = *place.at;
    return predefined_edit_commit(c, &e, OPERATION_UPDATE, in->change_reason);
}
HANDLER(group_update, group_change, predefined_group)

static FALLIBLE group_delete(struct call *c, const struct group_path *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place place;
    TRY(predefined_edit_begin(c, in->id, &e));
    TRY(find_group(&e.p, in->group, &place));
    struct predefined_group *end = place.list->at + --place.list->count;
    for (struct predefined_group *g = place.at; g < end; g++) g[0] = g[1];
    return predefined_edit_commit(c, &e, OPERATION_UPDATE, in->change_reason);
}
HANDLER(group_delete, group_path, nothing)

/* ---- criteria ---- */

/* A value is always needed; that there is none cannot be asked for. */
static FALLIBLE read_criterion(struct call *c, snapshot *s, int32_t type, const struct criterion_request *in,
                               struct predefined_criterion *out) {
    const struct mv_attribute *m = NULL;
    int32_t id = in->metaverse_attribute_id.given ? in->metaverse_attribute_id.value : out->attribute;
    if (!id) return call_invalid(c, "metaverseAttributeId", "Is required.");
    TRY(find_mv_attribute(s, id, &m));
    check_mv_attribute(c, s, "metaverseAttributeId", m, type);
    struct scope_criterion k = {.id = out->v.id, .attribute = id};
    criterion_read_values(c, m->type, in, &k);
    TRY(call_check(c));
    if (k.mode == VALUE_ABSOLUTE && !k.has_value)
        return call_invalid(c, criterion_value_field(m->type), "Is required for an attribute of type %s.",
                            enum_name(&data_type_names, m->type));
    *out =
        (struct predefined_criterion){.attribute = id, .v = {.attribute_data_type = m->type, .metaverse_attribute_name = m->name}};
    criterion_show(&k, &out->v);
    return NULL;
}

static FALLIBLE criterion_create(struct call *c, const struct criterion_new *in, struct predefined_criterion *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place place;
    TRY(predefined_edit_begin(c, in->id, &e));
    TRY(find_group(&e.p, in->group, &place));
    TRY(check_room(&e.p));
    out->v.id = ++e.p.last_id;
    TRY(read_criterion(c, e.x.before, e.p.facts.type, &in->said.k, out));
    *LIST_ADD(c->a, &place.at->criteria) = *out;
    TRY(predefined_edit_commit(c, &e, OPERATION_UPDATE, in->said.change_reason));
    call_location(c, "/api/v1/predefined-searches/%d/criteria-groups", in->id);
    return NULL;
}
HANDLER(criterion_create, criterion_new, predefined_criterion)

static FALLIBLE criterion_update(struct call *c, const struct criterion_change *in, struct predefined_criterion *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place place;
    struct predefined_criterion *k;
    TRY(predefined_edit_begin(c, in->id, &e));
    TRY(find_group(&e.p, in->group, &place));
    TRY(find_criterion(place.at, in->criterion, &k));
    TRY(read_criterion(c, e.x.before, e.p.facts.type, &in->said.k, k));
    *out = *k;
    return predefined_edit_commit(c, &e, OPERATION_UPDATE, in->said.change_reason);
}
HANDLER(criterion_update, criterion_change, predefined_criterion)

static FALLIBLE criterion_delete(struct call *c, const struct criterion_path *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(predefined_edit) e = {0};
    struct group_place place;
    struct predefined_criterion *k;
    TRY(predefined_edit_begin(c, in->path.id, &e));
    TRY(find_group(&e.p, in->path.group, &place));
    TRY(find_criterion(place.at, in->path.criterion, &k));
    struct predefined_criterion *end = place.at->criteria.at + --place.at->criteria.count;
    for (; k < end; k++) k[0] = k[1];
    return predefined_edit_commit(c, &e, OPERATION_UPDATE, in->path.change_reason);
}
HANDLER(criterion_delete, criterion_path, nothing)

/* ---- where it is reached ---- */

#define GROUPS "/predefined-searches/{id}/criteria-groups"
#define CRITERIA GROUPS "/{groupId}/criteria"
#define UNKNOWN ALSO({404, NULL, "There is no such search, group, criterion or attribute."})
const struct routes predefined_criteria_routes = ROUTES(
    "PredefinedSearches", "/api/v1",
    ROUTE(GET, GROUPS, groups_list, "The criteria; an object is found when it meets one of the groups.",
          .operation = "GetPredefinedSearchCriteriaGroups", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(POST, GROUPS, group_create, "Adds a group.", .operation = "CreatePredefinedSearchCriteriaGroup", .status = 201,
          .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(PUT, GROUPS "/{groupId}", group_update, "Changes a group.", .operation = "UpdatePredefinedSearchCriteriaGroup",
          .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(DELETE, GROUPS "/{groupId}", group_delete, "Deletes a group with all that stands in it.",
          .operation = "DeletePredefinedSearchCriteriaGroup", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(POST, GROUPS "/{groupId}/child-groups", child_group_create, "Adds a group inside a group.",
          .operation = "CreatePredefinedSearchChildCriteriaGroup", .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(POST, CRITERIA, criterion_create, "Adds a criterion to a group.", .operation = "CreatePredefinedSearchCriterion",
          .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(PUT, CRITERIA "/{criterionId}", criterion_update, "Replaces a criterion.", .operation = "UpdatePredefinedSearchCriterion",
          .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(DELETE, CRITERIA "/{criterionId}", criterion_delete, "Deletes a criterion.",
          .operation = "DeletePredefinedSearchCriterion", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
