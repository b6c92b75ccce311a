/* Scope of a synchronisation rule: groups of criteria that an object must meet (sync-engine §2.7, §9). */
#include "api/scoping_view.h"

struct scope_group_list {
    struct scope_group_views items;
};
static SHAPE(scope_group_list, NULL, FIELDS(OBJECTS(scope_group_list, items, "items", scope_group_view)), .bare = true);

struct group_create {
    int32_t rule;
    int32_t parent;
    enum scope_group_type type;
    int32_t position;
};
static SHAPE(group_create, "CreateScopingCriteriaGroupRequest",
             FIELDS(FIELD(group_create, rule, "syncRuleId"),
                    FIELD(group_create, type, "type", .names = &scope_group_type_names, .by_default = "All"),
                    FIELD(group_create, position, "position", .by_default = "0")));
/* The same below a group. */
struct child_group_create {
    struct group_create group;
};
static SHAPE(child_group_create, "CreateChildScopingCriteriaGroupRequest",
             FIELDS(FIELD(child_group_create, group.rule, "syncRuleId"), FIELD(child_group_create, group.parent, "parentGroupId"),
                    FIELD(child_group_create, group.type, "type", .names = &scope_group_type_names, .by_default = "All"),
                    FIELD(child_group_create, group.position, "position", .by_default = "0")));

struct group_update {
    int32_t rule, group;
    struct maybe_enum type;
    struct maybe_int32 position;
};
static SHAPE(group_update, "UpdateScopingCriteriaGroupRequest",
             FIELDS(FIELD(group_update, rule, "syncRuleId"), FIELD(group_update, group, "groupId"),
                    FIELD(group_update, type, "type", .names = &scope_group_type_names),
                    FIELD(group_update, position, "position")));

struct criterion_create {
    int32_t rule, group;
    struct criterion_request k;
};
static SHAPE(criterion_create, "CreateScopingCriterionRequest",
             FIELDS(FIELD(criterion_create, rule, "syncRuleId"), FIELD(criterion_create, group, "groupId"),
                    EMBED(criterion_create, k, criterion_request)));
struct criterion_update {
    int32_t rule, group, criterion;
    struct criterion_request k;
};
static SHAPE(criterion_update, "UpdateScopingCriterionRequest",
             FIELDS(FIELD(criterion_update, rule, "syncRuleId"), FIELD(criterion_update, group, "groupId"),
                    FIELD(criterion_update, criterion, "criterionId"), EMBED(criterion_update, k, criterion_request)));

struct by_group {
    int32_t rule, group;
};
static SHAPE(by_group, NULL, FIELDS(FIELD(by_group, rule, "syncRuleId"), FIELD(by_group, group, "groupId")));
struct by_criterion {
    int32_t rule, group, criterion;
};
static SHAPE(by_criterion, NULL,
             FIELDS(FIELD(by_criterion, rule, "syncRuleId"), FIELD(by_criterion, group, "groupId"),
                    FIELD(by_criterion, criterion, "criterionId")));

/* ---- reading ---- */

static FALLIBLE find_group(snapshot *s, int32_t rule, int32_t id, const struct sync_rule **r, const struct scope_group **out) {
    TRY(find_rule(s, rule, r));
    for (EACH(const struct scope_group, g, &(*r)->groups))
        if (g->id == id) return *out = g, NULL;
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no scoping group %d.", TEXT_ARG((*r)->name), id);
}

static FALLIBLE find_criterion(const struct scope_group *g, int32_t id, const struct scope_criterion **out) {
    for (EACH(const struct scope_criterion, k, &g->criteria))
        if (k->id == id) return *out = k, NULL;
    return FAIL(ERROR_NOT_FOUND, "Scoping group %d has no criterion %d.", g->id, id);
}

static FALLIBLE groups_list(struct call *c, const struct of_rule *in, struct scope_group_list *out) {
    snapshot *config;
    const struct sync_rule *r;
    TRY(call_config(c, &config));
    TRY(find_rule(config, in->rule, &r));
    for (size_t i = 0; i < r->top_groups.count; i++)
        scope_group_view_of(c->a, config, r, r->top_groups.at[i], LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(groups_list, of_rule, scope_group_list)

static FALLIBLE group_get(struct call *c, const struct by_group *in, struct scope_group_view *out) {
    snapshot *config;
    const struct sync_rule *r;
    const struct scope_group *g;
    TRY(call_config(c, &config));
    TRY(find_group(config, in->rule, in->group, &r, &g));
    scope_group_view_of(c->a, config, r, g, out);
    return NULL;
}
HANDLER(group_get, by_group, scope_group_view)

/* ---- groups ---- */

/* A reply nests two levels of JSON for each level of groups. */
enum { GROUP_DEPTH_MAX = 16 };

static int depth_of(const struct sync_rule *r, const struct scope_group *g) {
    int depth = 1;
    for (int32_t parent = g->parent; parent && depth <= GROUP_DEPTH_MAX; depth++) {
        int32_t above = 0;
        for (EACH(const struct scope_group, other, &r->groups))
            if (other->id == parent) above = other->parent;
        parent = above;
    }
    return depth;
}

static FALLIBLE save_group(struct call *c, struct change *x, const struct sync_rule *r, struct scope_group *g,
                           struct scope_group_view *out) {
    TRY(store_save_scope_group(x->tx, g));
    struct change_note note = rule_note(r, OPERATION_UPDATE, (text){0});
    TRY(change_commit(c, x, &note, NULL));
    scope_group_view_of(c->a, x->before, r, g, out);
    return NULL;
}

static FALLIBLE group_create(struct call *c, const struct group_create *in, struct scope_group_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    TRY(change_begin(c, &x));
    TRY(find_rule(x.before, in->rule, &r));
    struct scope_group g = {.rule = r->id, .type = in->type, .position = in->position};
    TRY(save_group(c, &x, r, &g, out));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d/scoping-criteria", r->id);
    return NULL;
}
HANDLER(group_create, group_create, scope_group_view)

static FALLIBLE child_group_create(struct call *c, const struct child_group_create *in, struct scope_group_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *parent;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->group.rule, in->group.parent, &r, &parent));
    if (depth_of(r, parent) >= GROUP_DEPTH_MAX)
        return call_invalid(c, "parentGroupId", "Groups nest at most %d levels deep.", GROUP_DEPTH_MAX);
    struct scope_group g = {.rule = r->id, .parent = parent->id, .type = in->group.type, .position = in->group.position};
    TRY(save_group(c, &x, r, &g, out));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d/scoping-criteria/%d", r->id, parent->id);
    return NULL;
}
HANDLER(child_group_create, child_group_create, scope_group_view)

static FALLIBLE group_update(struct call *c, const struct group_update *in, struct scope_group_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *stored;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->rule, in->group, &r, &stored));
    struct scope_group g = *stored;
    if (in->type.given) g.type = in->type.value;
    if (in->position.given) g.position = in->position.value;
    return save_group(c, &x, r, &g, out);
}
HANDLER(group_update, group_update, scope_group_view)

static FALLIBLE group_delete(struct call *c, const struct by_group *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *g;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->rule, in->group, &r, &g));
    TRY(store_delete_scope_group(x.tx, g->id));
    struct change_note note = rule_note(r, OPERATION_UPDATE, (text){0});
    return change_commit(c, &x, &note, NULL);
}
HANDLER(group_delete, by_group, nothing)

/* ---- criteria ---- */

static FALLIBLE save_criterion(struct call *c, struct change *x, const struct sync_rule *r, const struct criterion_request *in,
                               struct scope_criterion *k, struct criterion_view *out) {
    TRY(criterion_read(c, x->before, r, in, k));
    TRY(store_save_scope_criterion(x->tx, k));
    struct change_note note = rule_note(r, OPERATION_UPDATE, (text){0});
    TRY(change_commit(c, x, &note, NULL));
    *out = criterion_view_of(x->before, r, k);
    return NULL;
}

static FALLIBLE criterion_create(struct call *c, const struct criterion_create *in, struct criterion_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *g;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->rule, in->group, &r, &g));
    struct scope_criterion k = {.group = g->id};
    TRY(save_criterion(c, &x, r, &in->k, &k, out));
    call_location(c, "/api/v1/synchronisation/sync-rules/%d/scoping-criteria/%d", r->id, g->id);
    return NULL;
}
HANDLER(criterion_create, criterion_create, criterion_view)

static FALLIBLE criterion_update(struct call *c, const struct criterion_update *in, struct criterion_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *g;
    const struct scope_criterion *stored;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->rule, in->group, &r, &g));
    TRY(find_criterion(g, in->criterion, &stored));
    struct scope_criterion k = {.id = stored->id, .group = g->id, .attribute = stored->attribute};
    return save_criterion(c, &x, r, &in->k, &k, out);
}
HANDLER(criterion_update, criterion_update, criterion_view)

static FALLIBLE criterion_delete(struct call *c, const struct by_criterion *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct sync_rule *r;
    const struct scope_group *g;
    const struct scope_criterion *k;
    TRY(change_begin(c, &x));
    TRY(find_group(x.before, in->rule, in->group, &r, &g));
    TRY(find_criterion(g, in->criterion, &k));
    TRY(store_delete_scope_criterion(x.tx, k->id));
    struct change_note note = rule_note(r, OPERATION_UPDATE, (text){0});
    return change_commit(c, &x, &note, NULL);
}
HANDLER(criterion_delete, by_criterion, nothing)

#define SCOPE "/sync-rules/{syncRuleId}/scoping-criteria"
#define GROUP SCOPE "/{groupId}"
#define UNKNOWN ALSO({404, NULL, "There is no such rule, group, criterion or attribute."})
const struct routes scoping_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, SCOPE, groups_list, "The scope of a rule; an object meets it when it meets one of the groups.",
                 .operation = "GetScopingCriteriaGroups", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, SCOPE, group_create, "Adds a group to the scope of a rule.", .operation = "CreateScopingCriteriaGroup",
                 .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, GROUP, group_get, "A group of the scope.", .operation = "GetScopingCriteriaGroup", .role = ROLE_ADMINISTRATOR,
                 .also = UNKNOWN),
           ROUTE(PUT, GROUP, group_update, "Changes a group.", .operation = "UpdateScopingCriteriaGroup",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, GROUP, group_delete, "Deletes a group with all that stands in it.",
                 .operation = "DeleteScopingCriteriaGroup", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, SCOPE "/{parentGroupId}/child-groups", child_group_create, "Adds a group inside a group.",
                 .operation = "CreateChildScopingCriteriaGroup", .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, GROUP "/criteria", criterion_create, "Adds a criterion to a group.", .operation = "CreateScopingCriterion",
                 .status = 201, .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, GROUP "/criteria/{criterionId}", criterion_update, "Replaces a criterion.",
                 .operation = "UpdateScopingCriterion", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, GROUP "/criteria/{criterionId}", criterion_delete, "Deletes a criterion.",
                 .operation = "DeleteScopingCriterion", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
