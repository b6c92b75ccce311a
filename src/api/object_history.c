/* What changed on an object, the newest first, also after it was deleted (operations §11.12). */
#include "api/activity_view.h"
#include "api/value_changes.h"

#define CHANGE_INITIATORS(X)                                                                                                       \
    X(CHANGED_BY_NOBODY, "NotSet")                                                                                                 \
    X(CHANGED_BY_USER, "User")                                                                                                     \
    X(CHANGED_BY_WORKFLOW, "WorkflowInstance")                                                                                     \
    X(CHANGED_BY_MEMBERSHIP_RULE, "GroupMembershipRuleEvaluation")                                                                 \
    X(CHANGED_BY_RULE, "SynchronisationRule") X(CHANGED_BY_EXAMPLE_DATA, "ExampleData") X(CHANGED_BY_SYSTEM, "System")
NAMED_ENUM(change_initiator, CHANGE_INITIATORS)
NAMED_ENUM_TABLE(change_initiator, "MetaverseObjectChangeInitiatorType", CHANGE_INITIATORS)

/* ---- what travels ---- */

/* Which change, when, and who or which run made it. */
struct change_head {
    uuid id;
    enum object_change change_type;
    instant change_time;
    enum initiator_type initiated_by_type;
    uuid initiated_by_id;
    text initiated_by_name;
    uuid activity_id, item_id;
    text run_profile_name;
    bool values_unknown;
};
static SHAPE(change_head, NULL,
             FIELDS(FIELD(change_head, id, "id"), FIELD(change_head, change_type, "changeType", .names = &object_change_names),
                    FIELD(change_head, change_time, "changeTime"),
                    FIELD(change_head, initiated_by_type, "initiatedByType", .names = &initiator_type_names,
                          .doc = "NotSet where the activity is kept no more."),
                    FIELD(change_head, initiated_by_id, "initiatedById", .nullable = true),
                    FIELD(change_head, initiated_by_name, "initiatedByName", .nullable = true),
                    FIELD(change_head, activity_id, "activityId", .nullable = true),
                    FIELD(change_head, item_id, "activityRunProfileExecutionItemId", .nullable = true),
                    FIELD(change_head, run_profile_name, "runProfileName", .nullable = true),
                    FIELD(change_head, values_unknown, "valuesUnknown",
                          .doc = "The object was made here, and what it had is not known: changes went unrecorded since.")));

struct cso_change_view {
    struct change_head head;
    struct cso_attribute_changes attribute_changes;
};
static SHAPE(cso_change_view, "CsoChangeHistoryDto",
             FIELDS(EMBED(cso_change_view, head, change_head),
                    OBJECTS(cso_change_view, attribute_changes, "attributeChanges", cso_attribute_change)));
struct cso_change_page PAGE_OF(cso_change_view);
static PAGE_SHAPE(cso_change_page, cso_change_view, "PaginatedResponseOfCsoChangeHistoryDto");

struct mvo_change_view {
    struct change_head head;
    enum change_initiator change_initiator_type;
    struct maybe_int32 sync_rule_id;
    text sync_rule_name;
    uuid cso_id;
    text cso_external_id;
    struct maybe_int32 connected_system_id;
    text connected_system_name;
    struct maybe_enum connected_system_run_type;
    struct mvo_attribute_changes attribute_changes;
};
static SHAPE(mvo_change_view, "MvoChangeHistoryDto",
             FIELDS(EMBED(mvo_change_view, head, change_head),
                    FIELD(mvo_change_view, change_initiator_type, "changeInitiatorType", .names = &change_initiator_names),
                    FIELD(mvo_change_view, sync_rule_id, "syncRuleId"),
                    FIELD(mvo_change_view, sync_rule_name, "syncRuleName", .nullable = true),
                    FIELD(mvo_change_view, cso_id, "csoId", .nullable = true),
                    FIELD(mvo_change_view, cso_external_id, "csoExternalId", .nullable = true),
                    FIELD(mvo_change_view, connected_system_id, "connectedSystemId"),
                    FIELD(mvo_change_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(mvo_change_view, connected_system_run_type, "connectedSystemRunType", .names = &run_type_names),
                    OBJECTS(mvo_change_view, attribute_changes, "attributeChanges", mvo_attribute_change)));
struct mvo_change_page PAGE_OF(mvo_change_view);
static PAGE_SHAPE(mvo_change_page, mvo_change_view, "PaginatedResponseOfMvoChangeHistoryDto");

struct of_mvo {
    uuid id;
    struct list_query list;
};
static SHAPE(of_mvo, NULL, FIELDS(FIELD(of_mvo, id, "id"), EMBED(of_mvo, list, list_query)));
struct of_cso {
    int32_t system;
    uuid id;
    struct list_query list;
};
static SHAPE(of_cso, NULL,
             FIELDS(FIELD(of_cso, system, "connectedSystemId"), FIELD(of_cso, id, "csoId"), EMBED(of_cso, list, list_query)));

/* ---- why ---- */

/* Activities of a page, each read once. */
struct reasons {
    struct change_reader *r;
    struct int_map activities;
};

static FALLIBLE activity_of(struct reasons *w, int64_t id, const struct activity **out) {
    bool found;
    *out = id ? int_map_get(&w->activities, id) : NULL;
    if (*out || !id) return NULL;
    struct activity *a = ARENA_NEW(w->r->c->a, struct activity);
    TRY(store_activity(w->r->tx, w->r->c->a, id, a, &found));
    if (!found) return NULL;
    int_map_put(&w->activities, id, a);
    *out = a;
    return NULL;
}

static FALLIBLE item_of(struct reasons *w, const struct change_record *k, const struct run_item **out) {
    struct run_items found = {0};
    *out = NULL;
    if (!k->item) return NULL;
    TRY(store_items_of(w->r->tx, w->r->c->a, k->activity, &k->item, 1, &found));
    if (found.count) *out = found.at;
    return NULL;
}

static bool is_run(const struct activity *a) { return a && a->target == TARGET_RUN_PROFILE; }

static void show_head(const struct change_record *k, const struct activity *a, const struct run_item *item,
                      struct change_head *out) {
    *out = (struct change_head){
        .id = id_to_uuid(ID_CHANGE, k->id), .change_type = k->change, .change_time = k->at, .values_unknown = k->unknown};
    if (item) out->item_id = id_to_uuid(ID_RUN_ITEM, item->id);
    if (!a) return;
    out->activity_id = id_to_uuid(ID_ACTIVITY, a->id);
    out->initiated_by_type = a->initiator.type;
    out->initiated_by_id = initiator_uuid(a->initiator.id);
    out->initiated_by_name = a->initiator.name;
    if (is_run(a)) out->run_profile_name = a->target_name;
}

static enum change_initiator initiator_of(const struct activity *a) {
    if (!a) return CHANGED_BY_NOBODY;
    if (is_run(a)) return CHANGED_BY_RULE;
    return a->initiator.type == BY_SYSTEM ? CHANGED_BY_SYSTEM : CHANGED_BY_USER;
}

/* The rule of the first attribute that has one, else the one that the item names. */
static void show_rule(struct change_reader *r, const struct change_record *k, const struct run_item *item,
                      struct mvo_change_view *out) {
    for (EACH(const struct value_change, change, &k->changes)) {
        int32_t rule;
        mapping_rule(r->s, change->mapping, &rule, &out->sync_rule_name);
        out->sync_rule_id = (struct maybe_int32){rule != 0, rule};
        if (!text_is_null(out->sync_rule_name)) return;
    }
    for (const struct outcome_node *node = item ? item->outcomes : NULL; node; node = node->next) {
        if (!node->rule) continue;
        out->sync_rule_id = (struct maybe_int32){true, node->rule};
        out->sync_rule_name = node->rule_name;
        return;
    }
}

/* A deletion that was scheduled is theirs whose run scheduled it (sync-engine §12.7). */
static FALLIBLE show_scheduler(struct reasons *w, const struct change_record *k, struct change_head *out) {
    struct tombstones found = {0};
    TRY(store_tombstones_of(w->r->tx, w->r->c->a, HISTORY_OF_MVO, &k->object, 1, &found));
    const struct initiator *by = found.count ? &found.at[0].initiator : NULL;
    if (!by || !by->type) return NULL;
    out->initiated_by_type = by->type;
    out->initiated_by_id = initiator_uuid(by->id);
    out->initiated_by_name = by->name;
    return NULL;
}

static FALLIBLE show_mvo_change(struct reasons *w, const struct change_record *k, struct mvo_change_view *out) {
    const struct activity *a;
    const struct run_item *item;
    *out = (struct mvo_change_view){0};
    TRY(activity_of(w, k->activity, &a));
    TRY(item_of(w, k, &item));
    show_head(k, a, item, &out->head);
    out->change_initiator_type = initiator_of(a);
    if (k->change == OBJECT_DELETED && a && a->initiator.type == BY_SYSTEM) TRY(show_scheduler(w, k, &out->head));
    show_rule(w->r, k, item, out);
    if (item && item->cso) out->cso_id = id_to_uuid(ID_CSO, item->cso);
    if (item) out->cso_external_id = item->external_id;
    if (a && a->system) {
        const struct connected_system *system = config_system(w->r->s, a->system);
        out->connected_system_id = (struct maybe_int32){true, a->system};
        out->connected_system_name = system ? system->name : a->target_context;
        out->connected_system_run_type = (struct maybe_enum){a->run_type != RUN_NOT_SET, a->run_type};
    }
    return mvo_changes_show(w->r, &k->changes, &out->attribute_changes);
}

static FALLIBLE show_cso_change(struct reasons *w, const struct change_record *k, struct cso_change_view *out) {
    const struct activity *a;
    const struct run_item *item;
    *out = (struct cso_change_view){0};
    TRY(activity_of(w, k->activity, &a));
    TRY(item_of(w, k, &item));
    show_head(k, a, item, &out->head);
    return cso_changes_show(w->r, &k->changes, &out->attribute_changes);
}

/* ---- one object ---- */

static FALLIBLE load(struct reasons *w, int64_t object, const struct list_query *list, struct change_records *out, int64_t *total) {
    struct change_query q = {.of = w->r->of, .object = object, .offset = list_offset(list), .limit = list->page_size};
    int_map_init(&w->activities, w->r->c->a, 16);
    TRY(store_object_history(w->r->tx, w->r->c->a, w->r->s, &q, out, total));
    return changes_prepare(w->r, out);
}

static FALLIBLE show_mvo_history(struct change_reader *r, const struct of_mvo *in, struct mvo_change_page *out) {
    struct reasons why = {.r = r};
    struct change_records records = {0};
    struct mvos there = {0};
    int64_t id = id_from_uuid(ID_MVO, in->id), total = 0;
    if (id) TRY(load(&why, id, &in->list, &records, &total));
    if (id && !total) TRY(store_mvos_brief(r->tx, r->c->a, r->s, &id, 1, &there));
    if (!total && !there.count) return FAIL(ERROR_NOT_FOUND, "There is no such metaverse object, and nothing is recorded of one.");
    for (EACH(const struct change_record, k, &records)) TRY(show_mvo_change(&why, k, LIST_ADD(r->c->a, &out->items)));
    page_fill(&out->counts, in->list.page, in->list.page_size, total);
    return NULL;
}

static FALLIBLE mvo_history(struct call *c, const struct of_mvo *in, struct mvo_change_page *out) {
    OWNED(store_tx) tx = NULL;
    struct change_reader r = {.c = c, .of = HISTORY_OF_MVO};
    TRY(call_config(c, &r.s));
    TRY(store_read(c->services->store, &tx));
    r.tx = tx;
    return show_mvo_history(&r, in, out);
}
HANDLER(mvo_history, of_mvo, mvo_change_page)

static FALLIBLE show_cso_history(struct change_reader *r, const struct of_cso *in, struct cso_change_page *out) {
    struct reasons why = {.r = r};
    struct change_records records = {0};
    struct csos there = {0};
    int64_t id = id_from_uuid(ID_CSO, in->id), total = 0;
    if (id) TRY(load(&why, id, &in->list, &records, &total));
    if (id && !records.count) TRY(store_csos_brief(r->tx, r->c->a, r->s, &id, 1, &there));
    bool found = records.count ? records.at[0].owner == in->system : there.count && there.at[0].system == in->system;
    if (!found) return FAIL(ERROR_NOT_FOUND, "The connected system has no such object, and nothing is recorded of one.");
    for (EACH(const struct change_record, k, &records)) TRY(show_cso_change(&why, k, LIST_ADD(r->c->a, &out->items)));
    page_fill(&out->counts, in->list.page, in->list.page_size, total);
    return NULL;
}

static FALLIBLE cso_history(struct call *c, const struct of_cso *in, struct cso_change_page *out) {
    OWNED(store_tx) tx = NULL;
    struct change_reader r = {.c = c, .of = HISTORY_OF_CSO};
    TRY(call_config(c, &r.s));
    TRY(store_read(c->services->store, &tx));
    r.tx = tx;
    return show_cso_history(&r, in, out);
}
HANDLER(cso_history, of_cso, cso_change_page)

#define OF_DELETED                                                                                                                 \
    " The order is fixed: sortBy, sortDirection and filter change nothing. The history of a deleted object stays readable under its id for as long as it is kept."
const struct routes mvo_history_routes = ROUTES(
    "Metaverse", "/api/v1/metaverse",
    ROUTE(
        GET, "/objects/{id}/change-history", mvo_history, "What changed on a metaverse object, the newest first.",
        .operation = "GetObjectChangeHistory", .role = ROLE_ADMINISTRATOR,
        .doc =
            "A change of a value is a Remove and an Add. The change that made the object tells all values that it began with." OF_DELETED,
        .also = ALSO({404, NULL, "There is no such metaverse object, and nothing is recorded of one."})));
const struct routes cso_history_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(
        GET, "/connected-systems/{connectedSystemId}/connector-space/{csoId}/change-history", cso_history,
        "What imports and exports changed on an object of a connector space, the newest first.",
        .operation = "GetConnectedSystemObjectChangeHistory", .role = ROLE_ADMINISTRATOR,
        .doc =
            "A change of a value is a Remove and an Add. The change that made the object tells all values that it began with." OF_DELETED,
        .also = ALSO({404, NULL, "The connected system has no such object, and nothing is recorded of one."})));
