/* One object's line in a run: what happened to it, and why, also across runs (operations §11.8, §11.9). */
#include "api/outcome_view.h"

#include "api/activity_view.h"
#include "api/value_changes.h"

#include "model/ids.h"

#define CAUSE_ENDS(X)                                                                                                              \
    X(CAUSE_RESOLVED, "Resolved")                                                                                                  \
    X(CAUSE_IS_FIRST, "NoFurtherCauses") X(CAUSE_NOT_RETAINED, "CauseNotRetained") X(CAUSE_TOO_DEEP, "DepthLimitReached")
NAMED_ENUM(cause_end, CAUSE_ENDS)
NAMED_ENUM_TABLE(cause_end, "CausalChainStatus", CAUSE_ENDS)

enum { DEEPEST = 8, MOST_CAUSES = 100 };

/* ---- what travels ---- */

SHAPE(outcome_view, "ActivityRunProfileExecutionItemOutcome",
      FIELDS(FIELD(outcome_view, outcome_type, "outcomeType", .names = &outcome_names),
             FIELD(outcome_view, target_entity_id, "targetEntityId", .nullable = true,
                   .doc = "A metaverse object or an object of a connector space."),
             FIELD(outcome_view, target_entity_description, "targetEntityDescription", .nullable = true, .doc = "As it was then."),
             FIELD(outcome_view, sync_rule_id, "syncRuleId"),
             FIELD(outcome_view, sync_rule_name, "syncRuleName", .nullable = true, .doc = "As it was then."),
             FIELD(outcome_view, detail_count, "detailCount"),
             FIELD(outcome_view, detail_message, "detailMessage", .nullable = true), FIELD(outcome_view, ordinal, "ordinal"),
             OBJECTS(outcome_view, children, "children", outcome_view)));

struct cause_view {
    enum causal_edge edge_type;
    enum causal_reason reason_code;
    enum cause_end chain_status;
    uuid cause_activity_id, cause_item_id;
    text cause_run_profile_name, cause_connected_system_name;
    instant cause_executed;
    text cause_object_display_name, cause_object_external_id;
    struct maybe_enum cause_object_change_type;
    uuid metaverse_object_id;
    text metaverse_object_display_name, metaverse_object_type_name;
    text attribute_name;
    int32_t effect_count;
    struct cause_views LIST(struct cause_view) causes;
};
const struct shape cause_view_shape;
SHAPE(cause_view, "ActivityRunProfileExecutionItemCause",
      FIELDS(FIELD(cause_view, edge_type, "edgeType", .names = &causal_edge_names),
             FIELD(cause_view, reason_code, "reasonCode", .names = &causal_reason_names),
             FIELD(cause_view, chain_status, "chainStatus", .names = &cause_end_names,
                   .doc = "Resolved: the cause has causes of its own, below. CauseNotRetained: it is known no more, which does not "
                          "make this the first of the chain."),
             FIELD(cause_view, cause_activity_id, "causeActivityId", .nullable = true),
             FIELD(cause_view, cause_item_id, "causeItemId", .nullable = true),
             FIELD(cause_view, cause_run_profile_name, "causeRunProfileName", .nullable = true),
             FIELD(cause_view, cause_connected_system_name, "causeConnectedSystemName", .nullable = true),
             FIELD(cause_view, cause_executed, "causeExecuted", .nullable = true),
             FIELD(cause_view, cause_object_display_name, "causeObjectDisplayName", .nullable = true),
             FIELD(cause_view, cause_object_external_id, "causeObjectExternalId", .nullable = true),
             FIELD(cause_view, cause_object_change_type, "causeObjectChangeType", .names = &object_change_names),
             FIELD(cause_view, metaverse_object_id, "metaverseObjectId", .nullable = true),
             FIELD(cause_view, metaverse_object_display_name, "metaverseObjectDisplayName", .nullable = true),
             FIELD(cause_view, metaverse_object_type_name, "metaverseObjectTypeName", .nullable = true),
             FIELD(cause_view, attribute_name, "attributeName", .nullable = true, .doc = "Of a reference that was taken away."),
             FIELD(cause_view, effect_count, "effectCount",
                   .doc = "So many items of the same run have this cause first; those of a deletion, for example."),
             OBJECTS(cause_view, causes, "causes", cause_view)));

/* What an item has led to in one run. */
struct effect_view {
    uuid activity_id;
    text run_profile_name, connected_system_name;
    instant executed;
    int32_t item_count;
    struct LIST(struct item_header) items;
};
static SHAPE(effect_view, "ActivityRunProfileExecutionItemEffects",
             FIELDS(FIELD(effect_view, activity_id, "activityId"),
                    FIELD(effect_view, run_profile_name, "runProfileName", .nullable = true),
                    FIELD(effect_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(effect_view, executed, "executed", .nullable = true), FIELD(effect_view, item_count, "itemCount"),
                    OBJECTS(effect_view, items, "items", item_header, .doc = "The first ten.")));

struct item_mvo_change {
    uuid metaverse_object_id;
    text metaverse_object_display_name, metaverse_object_type_name;
    enum object_change change_type;
    instant change_time;
    struct mvo_attribute_changes attribute_changes;
};
static SHAPE(item_mvo_change, "ActivityRunProfileExecutionItemMetaverseChange",
             FIELDS(FIELD(item_mvo_change, metaverse_object_id, "metaverseObjectId"),
                    FIELD(item_mvo_change, metaverse_object_display_name, "metaverseObjectDisplayName", .nullable = true),
                    FIELD(item_mvo_change, metaverse_object_type_name, "metaverseObjectTypeName"),
                    FIELD(item_mvo_change, change_type, "changeType", .names = &object_change_names),
                    FIELD(item_mvo_change, change_time, "changeTime"),
                    OBJECTS(item_mvo_change, attribute_changes, "attributeChanges", mvo_attribute_change)));

struct item_export {
    uuid id;
    enum export_change change_type;
    enum export_status status;
    instant created_at;
    int32_t attribute_change_count;
    int32_t error_count;
    text last_error_message;
};
static SHAPE(item_export, "ActivityRunProfileExecutionItemPendingExport",
             FIELDS(FIELD(item_export, id, "id"), FIELD(item_export, change_type, "changeType", .names = &export_change_names),
                    FIELD(item_export, status, "status", .names = &export_status_names),
                    FIELD(item_export, created_at, "createdAt"), FIELD(item_export, attribute_change_count, "attributeChangeCount"),
                    FIELD(item_export, error_count, "errorCount"),
                    FIELD(item_export, last_error_message, "lastErrorMessage", .nullable = true)));

struct item_detail {
    struct item_header header;
    uuid activity_id;
    struct maybe_int32 connected_system_id;
    uuid connected_system_object_id;
    struct maybe_enum no_change_reason;
    text error_message;
    int32_t attribute_flow_count;
    struct outcome_views outcomes;
    struct cause_views causes;
    struct LIST(struct effect_view) effects;
    struct cso_attribute_changes attribute_changes;
    struct LIST(struct item_mvo_change) metaverse_changes;
    uuid pending_export_id;
    const struct item_export *pending_export;
};
static SHAPE(item_detail, "ActivityRunProfileExecutionItemDetail",
             FIELDS(EMBED(item_detail, header, item_header), FIELD(item_detail, activity_id, "activityId"),
                    FIELD(item_detail, connected_system_id, "connectedSystemId"),
                    FIELD(item_detail, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(item_detail, no_change_reason, "noChangeReason", .names = &no_change_reason_names),
                    FIELD(item_detail, error_message, "errorMessage", .nullable = true),
                    FIELD(item_detail, attribute_flow_count, "attributeFlowCount"),
                    OBJECTS(item_detail, outcomes, "outcomes", outcome_view), OBJECTS(item_detail, causes, "causes", cause_view),
                    OBJECTS(item_detail, effects, "effects", effect_view,
                            .doc = "What it led to, here and in later runs: how many items, and the first of them."),
                    OBJECTS(item_detail, attribute_changes, "attributeChanges", cso_attribute_change,
                            .doc = "What changed on the connected object: a change of a value is a Remove and an Add."),
                    OBJECTS(item_detail, metaverse_changes, "metaverseObjectChanges", item_mvo_change,
                            .doc = "What changed on metaverse objects."),
                    FIELD(item_detail, pending_export_id, "pendingExportId", .nullable = true),
                    OBJECT(item_detail, pending_export, "pendingExport", item_export, .nullable = true,
                           .doc = "While it is there: what has been confirmed is gone.")));

struct of_item {
    uuid id, item;
};
static SHAPE(of_item, NULL, FIELDS(FIELD(of_item, id, "id"), FIELD(of_item, item, "itemId")));

static uuid uuid_or_none(enum id_kind kind, int64_t id) { return id ? id_to_uuid(kind, id) : (uuid){{0}}; }
static struct maybe_int32 id_or_none(int32_t id) { return (struct maybe_int32){id != 0, id}; }

/* ---- what happened ---- */

void outcome_views_of(arena *a, const struct outcome_node *from, struct outcome_views *out) {
    for (; from; from = from->next) {
        struct outcome_view *v = LIST_ADD(a, out);
        *v = (struct outcome_view){.outcome_type = from->type,
                                   .target_entity_id = uuid_or_none(from->target_is_mvo ? ID_MVO : ID_CSO, from->target),
                                   .target_entity_description = from->target_description,
                                   .sync_rule_id = id_or_none(from->rule),
                                   .sync_rule_name = from->rule_name,
                                   .detail_count = {from->count >= 0, from->count},
                                   .detail_message = from->message,
                                   .ordinal = (int32_t)out->count - 1};
        outcome_views_of(a, from->children, &v->children);
    }
}

/* ---- why ---- */

struct search_of_causes {
    struct call *call;
    int64_t activity;
    arena *a;
    store_tx *tx;
    snapshot *config;
    size_t found;
};

static FALLIBLE walk(struct search_of_causes *s, const struct run_item *item, int depth, struct cause_views *out);

/* What was not noted with the cause is what the object is called today, or was last. */
static FALLIBLE name_mvo(struct search_of_causes *s, const struct cause *c, struct cause_view *v) {
    struct mvo_change_reference known;
    if (!c->mvo || !text_is_null(c->mvo_name)) return NULL;
    struct change_reader r = {.c = s->call, .tx = s->tx, .s = s->config, .of = HISTORY_OF_MVO};
    TRY(mvo_reference(&r, c->mvo, &known));
    v->metaverse_object_display_name = known.display_name;
    if (known.type_name.len) v->metaverse_object_type_name = known.type_name;
    return NULL;
}

/* Many effects of one cause are one figure. */
static FALLIBLE count_effects(struct search_of_causes *s, const struct cause *c, struct cause_view *v) {
    struct item_effects runs = {0};
    if (!c->item) return NULL;
    TRY(store_item_effects(s->tx, s->a, c->item, &runs));
    for (EACH(const struct item_effect, e, &runs))
        if (e->activity == s->activity) v->effect_count = (int32_t)e->items;
    return NULL;
}

static FALLIBLE show_cause(struct search_of_causes *s, const struct cause *c, const struct run_item *of, int depth,
                           struct cause_view *v) {
    struct run_item item;
    struct activity in = {0};
    int64_t activity = 0;
    bool found = false;
    *v = (struct cause_view){.edge_type = (enum causal_edge)c->edge,
                             .reason_code = (enum causal_reason)c->reason,
                             .chain_status = CAUSE_NOT_RETAINED,
                             .cause_item_id = uuid_or_none(ID_RUN_ITEM, c->item),
                             .metaverse_object_id = uuid_or_none(ID_MVO, c->mvo),
                             .metaverse_object_display_name = c->mvo_name,
                             .metaverse_object_type_name = c->mvo_type,
                             .attribute_name = c->attribute};
    TRY(name_mvo(s, c, v));
    if (depth == 1) TRY(count_effects(s, c, v));
    if (c->item) TRY(store_item(s->tx, s->a, c->item, &item, &activity, &found));
    if (found) TRY(store_activity(s->tx, s->a, activity, &in, &found));
    if (!found) return NULL;
    v->cause_activity_id = id_to_uuid(ID_ACTIVITY, activity);
    v->cause_run_profile_name = in.target_name;
    v->cause_connected_system_name = in.target_context;
    v->cause_executed = in.executed;
    v->cause_object_display_name = item.display_name;
    v->cause_object_external_id = item.external_id;
    v->cause_object_change_type = (struct maybe_enum){true, item.change};
    v->chain_status = CAUSE_IS_FIRST;
    if (item.id == of->id) return NULL; /* what it led to stands in the same item */
    if (depth == DEEPEST || s->found >= MOST_CAUSES) {
        v->chain_status = CAUSE_TOO_DEEP;
        return NULL;
    }
    TRY(walk(s, &item, depth + 1, &v->causes));
    if (v->causes.count) v->chain_status = CAUSE_RESOLVED;
    return NULL;
}

static FALLIBLE walk(struct search_of_causes *s, const struct run_item *item, int depth, struct cause_views *out) {
    for (size_t i = 0; i < item->cause_count && s->found < MOST_CAUSES; i++, s->found++)
        TRY(show_cause(s, &item->causes[i], item, depth, LIST_ADD(s->a, out)));
    return NULL;
}

/* ---- what came of it ---- */

enum { EFFECTS_SHOWN = 10 };

static FALLIBLE show_effects(struct search_of_causes *s, const struct run_item *item, struct item_detail *out) {
    struct item_effects runs = {0};
    TRY(store_item_effects(s->tx, s->a, item->id, &runs));
    for (EACH(const struct item_effect, e, &runs)) {
        struct run_items some = {0};
        struct activity in;
        bool found;
        struct effect_view *v = LIST_ADD(s->a, &out->effects);
        *v = (struct effect_view){.activity_id = id_to_uuid(ID_ACTIVITY, e->activity), .item_count = (int32_t)e->items};
        TRY(store_activity(s->tx, s->a, e->activity, &in, &found));
        if (found) {
            v->run_profile_name = in.target_name;
            v->connected_system_name = in.target_context;
            v->executed = in.executed;
        }
        TRY(store_items_caused(s->tx, s->a, e->activity, item->id, EFFECTS_SHOWN, &some));
        for (EACH(const struct run_item, each, &some)) item_header_of(s->a, each, LIST_ADD(s->a, &v->items));
    }
    return NULL;
}

/* ---- values before and after ---- */

/* The metaverse objects that the item names, each once. */
static void named_mvos(arena *a, const struct outcome_node *node, struct int64s *out) {
    for (; node; node = node->next) {
        bool known = !node->target_is_mvo || !node->target;
        for (EACH(const int64_t, id, out)) known |= *id == node->target;
        if (!known) *LIST_ADD(a, out) = node->target;
        named_mvos(a, node->children, out);
    }
}

static FALLIBLE mvos_of(struct search_of_causes *s, const struct run_item *item, struct int64s *out) {
    struct csos found = {0};
    named_mvos(s->a, item->outcomes, out);
    if (item->cso) TRY(store_csos(s->tx, s->a, s->config, &item->cso, 1, false, &found));
    struct outcome_node joined = {.target_is_mvo = true, .target = found.count ? found.at[0].mvo : 0};
    named_mvos(s->a, &joined, out);
    return NULL;
}

enum { ROWS_OF_AN_ITEM = 10, MVOS_OF_AN_ITEM = 100 };

static FALLIBLE show_cso_changes(struct search_of_causes *s, const struct run_item *item, struct item_detail *out) {
    struct change_records records = {0};
    struct change_reader r = {.c = s->call, .tx = s->tx, .s = s->config, .of = HISTORY_OF_CSO};
    struct change_query q = {.of = r.of, .object = item->cso, .item = item->id, .limit = ROWS_OF_AN_ITEM};
    int64_t total;
    if (!item->cso) return NULL;
    TRY(store_object_history(s->tx, s->a, s->config, &q, &records, &total));
    TRY(changes_prepare(&r, &records));
    for (EACH(const struct change_record, k, &records)) TRY(cso_changes_show(&r, &k->changes, &out->attribute_changes));
    return NULL;
}

static FALLIBLE show_mvo_changes(struct search_of_causes *s, const struct run_item *item, struct item_detail *out) {
    struct change_records records = {0};
    struct change_reader r = {.c = s->call, .tx = s->tx, .s = s->config, .of = HISTORY_OF_MVO};
    struct int64s mvos = {0};
    TRY(mvos_of(s, item, &mvos));
    for (size_t i = 0; i < mvos.count && i < MVOS_OF_AN_ITEM; i++) {
        struct change_query q = {.of = r.of, .object = mvos.at[i], .item = item->id, .limit = ROWS_OF_AN_ITEM};
        int64_t total;
        TRY(store_object_history(s->tx, s->a, s->config, &q, &records, &total));
    }
    TRY(changes_prepare(&r, &records));
    for (EACH(const struct change_record, k, &records)) {
        struct mvo_change_reference object;
        TRY(mvo_reference(&r, k->object, &object));
        struct item_mvo_change *v = LIST_ADD(s->a, &out->metaverse_changes);
        *v = (struct item_mvo_change){.metaverse_object_id = object.id,
                                      .metaverse_object_display_name = object.display_name,
                                      .metaverse_object_type_name = object.type_name,
                                      .change_type = k->change,
                                      .change_time = k->at};
        TRY(mvo_changes_show(&r, &k->changes, &v->attribute_changes));
    }
    return NULL;
}

/* ---- all of it ---- */

static FALLIBLE show_export(struct search_of_causes *s, const struct run_item *item, struct item_detail *out) {
    struct pending_exports found = {0};
    if (!item->pending_export) return NULL;
    out->pending_export_id = id_to_uuid(ID_PENDING_EXPORT, item->pending_export);
    TRY(store_pending(s->tx, s->a, s->config, &item->pending_export, 1, &found));
    if (!found.count) return NULL;
    const struct pending_export *p = &found.at[0];
    struct item_export *v = ARENA_NEW(s->a, struct item_export);
    *v = (struct item_export){.id = id_to_uuid(ID_PENDING_EXPORT, p->id),
                              .change_type = p->change,
                              .status = p->status,
                              .created_at = p->created,
                              .attribute_change_count = (int32_t)p->changes.count,
                              .error_count = p->errors,
                              .last_error_message = p->last_error};
    out->pending_export = v;
    return NULL;
}

static FALLIBLE find(struct call *c, store_tx *tx, const struct of_item *in, struct activity *activity, struct run_item *item) {
    int64_t number = id_from_uuid(ID_ACTIVITY, in->id), line = id_from_uuid(ID_RUN_ITEM, in->item), of = 0;
    bool known = false, found = false;
    if (number) TRY(store_activity(tx, c->a, number, activity, &known));
    if (!known) return FAIL(ERROR_NOT_FOUND, "There is no activity of this id.");
    if (line) TRY(store_item(tx, c->a, line, item, &of, &found));
    return found && of == number ? NULL : FAIL(ERROR_NOT_FOUND, "The activity has no item of this id.");
}

static FALLIBLE activity_item(struct call *c, const struct of_item *in, struct item_detail *out) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    struct run_item item;
    snapshot *config;
    TRY(call_config(c, &config));
    TRY(store_read(c->services->store, &tx));
    TRY(find(c, tx, in, &activity, &item));
    *out = (struct item_detail){.activity_id = in->id,
                                .connected_system_id = id_or_none(activity.system),
                                .connected_system_object_id = uuid_or_none(ID_CSO, item.cso),
                                .no_change_reason = {item.no_change != NO_CHANGE_NOT_SET, item.no_change},
                                .error_message = item.error_message,
                                .attribute_flow_count = item.attribute_flows};
    item_header_of(c->a, &item, &out->header);
    outcome_views_of(c->a, item.outcomes, &out->outcomes);
    struct search_of_causes search = {.call = c, .activity = activity.id, .a = c->a, .tx = tx, .config = config};
    TRY(show_export(&search, &item, out));
    TRY(show_effects(&search, &item, out));
    TRY(show_cso_changes(&search, &item, out));
    TRY(show_mvo_changes(&search, &item, out));
    return walk(&search, &item, 1, &out->causes);
}
HANDLER(activity_item, of_item, item_detail)

const struct routes activity_item_routes = ROUTES(
    "Activities", "/api/v1",
    ROUTE(GET, "/activities/{id}/items/{itemId}", activity_item, "What happened to one object in a run, and why.",
          .operation = "GetActivityExecutionItem", .role = ROLE_ADMINISTRATOR,
          .doc = "`outcomes` is a tree with names and counts as they were then. `causes` go back over runs: which run, object and "
                 "identity led to this; `effects` go forward. `attributeChanges` and `metaverseObjectChanges` tell values before "
                 "and after.",
          .also = ALSO({404, NULL, "There is no such activity, or it has no such item."})));
