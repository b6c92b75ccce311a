/* Why a metaverse object has the values that it has: each contributor of each attribute, and what became of its word (sync-engine
 * §11). */
#include "api/rule_parts.h"
#include "api/shown_values.h"
#include "runs/preview.h"

/* ---- what travels ---- */

struct contribution_view {
    int32_t mapping_id, priority;
    bool null_is_value;
    int32_t sync_rule_id, connected_system_id;
    text sync_rule_name, connected_system_name;
    uuid connected_system_object_id;
    enum contribution_state state;
    enum verdict verdict;
    bool supplies;
    text explanation;
    struct shown_values values;
};
static SHAPE(contribution_view, "AttributeContributionExplanation",
             FIELDS(FIELD(contribution_view, mapping_id, "mappingId"), FIELD(contribution_view, priority, "priority"),
                    FIELD(contribution_view, null_is_value, "nullIsValue"),
                    FIELD(contribution_view, connected_system_id, "connectedSystemId"),
                    FIELD(contribution_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(contribution_view, sync_rule_id, "syncRuleId"), FIELD(contribution_view, sync_rule_name, "syncRuleName"),
                    FIELD(contribution_view, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(contribution_view, state, "state", .names = &contribution_state_names),
                    FIELD(contribution_view, verdict, "verdict", .names = &verdict_names),
                    FIELD(contribution_view, supplies, "supplies", .doc = "The attribute's values are from this contributor."),
                    FIELD(contribution_view, explanation, "explanation"),
                    OBJECT(contribution_view, values, "values", shown_values, .doc = "What it says now.")));

struct last_change {
    instant at;
    uuid activity_id, item_id;
    text activity_name;
    struct maybe_int32 connected_system_id;
    text connected_system_name;
};
static SHAPE(last_change, "MetaverseObjectLastChange",
             FIELDS(FIELD(last_change, at, "at"), FIELD(last_change, activity_id, "activityId", .nullable = true),
                    FIELD(last_change, activity_name, "activityName", .nullable = true),
                    FIELD(last_change, item_id, "itemId", .nullable = true),
                    FIELD(last_change, connected_system_id, "connectedSystemId"),
                    FIELD(last_change, connected_system_name, "connectedSystemName", .nullable = true)));

struct attribute_explanation {
    int32_t attribute_id;
    text attribute_name;
    enum data_type attribute_type;
    enum plurality attribute_plurality;
    enum resolution outcome;
    bool frozen;
    text explanation;
    struct shown_values values;
    struct supplier *supplier;
    const struct last_change *last_change;
    struct LIST(struct contribution_view) contributors;
};
static SHAPE(attribute_explanation, "MetaverseAttributeExplanation",
             FIELDS(FIELD(attribute_explanation, attribute_id, "attributeId"),
                    FIELD(attribute_explanation, attribute_name, "attributeName"),
                    FIELD(attribute_explanation, attribute_type, "attributeType", .names = &data_type_names),
                    FIELD(attribute_explanation, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    FIELD(attribute_explanation, outcome, "outcome", .names = &resolution_names),
                    FIELD(attribute_explanation, frozen, "frozen",
                          .doc = "The contributor has left; the value stays while the deletion of the object is scheduled."),
                    FIELD(attribute_explanation, explanation, "explanation"),
                    OBJECT(attribute_explanation, values, "values", shown_values),
                    OBJECT(attribute_explanation, supplier, "supplier", supplier, .nullable = true,
                           .doc = "Who supplied the values, or asserted that there are none."),
                    OBJECT(attribute_explanation, last_change, "lastChange", last_change, .nullable = true,
                           .doc = "Which run last changed this attribute, while the history of the object tells."),
                    OBJECTS(attribute_explanation, contributors, "contributors", contribution_view,
                            .doc = "In the order of their priority, also disabled ones.")));

struct explanation {
    uuid id;
    text display_name;
    struct named_id type;
    bool is_pending_deletion;
    instant last_connector_disconnected_date, deletion_eligible_date;
    struct last_change last_change;
    struct LIST(struct attribute_explanation) attributes;
};
static SHAPE(explanation, "MetaverseObjectExplanation",
             FIELDS(FIELD(explanation, id, "id"), FIELD(explanation, display_name, "displayName", .nullable = true),
                    OBJECT(explanation, type, "type", named_id), FIELD(explanation, is_pending_deletion, "isPendingDeletion"),
                    FIELD(explanation, last_connector_disconnected_date, "lastConnectorDisconnectedDate", .nullable = true),
                    FIELD(explanation, deletion_eligible_date, "deletionEligibleDate", .nullable = true),
                    OBJECT(explanation, last_change, "lastChange", last_change,
                           .doc = "When the object last changed, and the run and item that did it, while they are kept."),
                    OBJECTS(explanation, attributes, "attributes", attribute_explanation)));

/* ---- the last change ---- */

/* What history says of the newest change, unless something went unrecorded since `at`. */
static FALLIBLE last_recorded(struct call *c, store_tx *tx, snapshot *s, const struct mvo *o, instant at, struct last_change *out,
                              struct activity *run, bool *found) {
    struct change_query q = {.of = HISTORY_OF_MVO, .object = o->id, .limit = 1};
    struct change_records list = {0};
    int64_t total;
    *found = false;
    TRY(store_object_history(tx, c->a, s, &q, &list, &total));
    if (!list.count || list.at[0].at.ticks < at.ticks) return NULL;
    if (list.at[0].activity) TRY(store_activity(tx, c->a, list.at[0].activity, run, found));
    if (*found && list.at[0].item) out->item_id = id_to_uuid(ID_RUN_ITEM, list.at[0].item);
    return NULL;
}

/* The synchronisation that was going on when the object was written: runs do not overlap. */
static FALLIBLE find_run(struct call *c, store_tx *tx, instant at, struct activity *out, bool *found) {
    struct activity_query q = {
        .parent = -1, .has_children = -1, .to = at, .targets = UINT64_C(1) << TARGET_RUN_PROFILE, .descending = true, .limit = 50};
    struct activities list = {0};
    int64_t total;
    *found = false;
    TRY(store_activities(tx, c->a, &q, &list, &total));
    for (EACH(const struct activity, f, &list)) {
        bool synchronises = f->run_type == RUN_FULL_SYNCHRONISATION || f->run_type == RUN_DELTA_SYNCHRONISATION;
        if (!synchronises || !f->executed.ticks || f->executed.ticks > at.ticks) continue;
        if (f->ended.ticks && f->ended.ticks < at.ticks) continue;
        *out = *f;
        *found = true;
        return NULL;
    }
    return NULL;
}

static FALLIBLE tell_last_change(struct call *c, store_tx *tx, snapshot *s, const struct mvo *o, struct last_change *out) {
    struct activity run;
    struct csos connectors = {0};
    bool recorded, found;
    out->at = o->updated.ticks ? o->updated : o->created;
    TRY(last_recorded(c, tx, s, o, out->at, out, &run, &recorded));
    found = recorded;
    if (!recorded) TRY(find_run(c, tx, out->at, &run, &found));
    if (!found) return NULL;
    const struct connected_system *system = config_system(s, run.system);
    out->activity_id = id_to_uuid(ID_ACTIVITY, run.id);
    out->activity_name = run.target_name;
    out->connected_system_id = id_or_null(run.system);
    out->connected_system_name = system ? system->name : run.target_context;
    if (!recorded) TRY(store_connectors(tx, c->a, s, &o->id, 1, false, &connectors));
    for (EACH(const struct cso, each, &connectors)) {
        struct run_items items = {0};
        int64_t total;
        if (each->system != run.system) continue;
        TRY(store_items(tx, c->a, &(struct item_query){.activity = run.id, .cso = each->id, .limit = 1}, &items, &total));
        if (items.count) out->item_id = id_to_uuid(ID_RUN_ITEM, items.at[0].id);
    }
    return NULL;
}

/* Of each attribute the newest of the object's recorded changes. */
enum { CHANGES_LOOKED_AT = 100 };

static FALLIBLE change_of_record(struct call *c, store_tx *tx, snapshot *s, const struct change_record *r,
                                 const struct last_change **out) {
    struct activity run = {0};
    bool found = false;
    struct last_change *l = ARENA_NEW(c->a, struct last_change);
    l->at = r->at;
    if (r->activity) TRY(store_activity(tx, c->a, r->activity, &run, &found));
    *out = l;
    if (!found) return NULL;
    const struct connected_system *system = config_system(s, run.system);
    l->activity_id = id_to_uuid(ID_ACTIVITY, run.id);
    l->activity_name = run.target_name;
    l->connected_system_id = id_or_null(run.system);
    l->connected_system_name = system ? system->name : run.target_context;
    if (r->item) l->item_id = id_to_uuid(ID_RUN_ITEM, r->item);
    return NULL;
}

static bool changes_attribute(const struct change_record *r, int32_t attribute) {
    for (EACH(const struct value_change, v, &r->changes))
        if (v->attribute == attribute) return true;
    return false;
}

static FALLIBLE tell_last_changes(struct call *c, store_tx *tx, snapshot *s, int64_t mvo, struct explanation *out) {
    struct change_query q = {.of = HISTORY_OF_MVO, .object = mvo, .limit = CHANGES_LOOKED_AT};
    struct change_records list = {0};
    int64_t total;
    TRY(store_object_history(tx, c->a, s, &q, &list, &total));
    for (size_t i = 0; i < out->attributes.count; i++) {
        struct attribute_explanation *x = &out->attributes.at[i];
        for (size_t k = 0; k < list.count && !x->last_change; k++)
            if (changes_attribute(&list.at[k], x->attribute_id)) TRY(change_of_record(c, tx, s, &list.at[k], &x->last_change));
    }
    return NULL;
}

/* ---- the explanation ---- */

static void show_contribution(arena *a, snapshot *s, const struct sync_contribution *k, const struct int_map *names,
                              struct contribution_view *out) {
    const struct connected_system *system = config_system(s, k->rule->system);
    *out = (struct contribution_view){.mapping_id = k->mapping->id,
                                      .priority = k->mapping->priority,
                                      .null_is_value = k->mapping->null_is_value,
                                      .sync_rule_id = k->rule->id,
                                      .sync_rule_name = k->rule->name,
                                      .connected_system_id = k->rule->system,
                                      .connected_system_name = system ? system->name : (text){0},
                                      .connected_system_object_id = uuid_if_stored(ID_CSO, k->cso),
                                      .state = k->state,
                                      .verdict = k->verdict,
                                      .supplies = k->holds,
                                      .explanation = k->sentence};
    show_values(a, &k->would_be, names, &out->values);
}

static void show_attribute(arena *a, snapshot *s, const struct sync_explained *x, const struct mv_attribute *m,
                           const struct int_map *names, struct attribute_explanation *out) {
    *out = (struct attribute_explanation){.attribute_id = m->id,
                                          .attribute_name = m->name,
                                          .attribute_type = m->type,
                                          .attribute_plurality = m->plurality,
                                          .outcome = x->resolution,
                                          .frozen = x->frozen,
                                          .explanation = x->sentence,
                                          .supplier = supplier_of(a, s, x->held ? x->held->mapping : 0)};
    show_values(a, x->held, names, &out->values);
    for (EACH(const struct sync_contribution, k, &x->contributions)) {
        show_contribution(a, s, k, names, LIST_ADD(a, &out->contributors));
        if (k->holds && out->supplier) out->supplier->connected_system_object_id = uuid_if_stored(ID_CSO, k->cso);
    }
}

static FALLIBLE show_attributes(struct call *c, store_tx *tx, snapshot *s, const struct preview *p, struct explanation *out) {
    struct int64s targets = {0};
    struct int_map names;
    for (EACH(const struct sync_explained, x, &p->explanation)) {
        shown_references(p->a, x->held, &targets);
        for (EACH(const struct sync_contribution, k, &x->contributions)) shown_references(p->a, &k->would_be, &targets);
    }
    TRY(mvo_names(c, tx, s, &targets, &names));
    for (EACH(const struct sync_explained, x, &p->explanation)) {
        const struct mv_attribute *m = config_mv_attribute(s, x->attribute);
        if (m) show_attribute(p->a, s, x, m, &names, LIST_ADD(p->a, &out->attributes));
    }
    return NULL;
}

static FALLIBLE explanation_get(struct call *c, const struct by_uuid *in, struct explanation *unused) {
    (void)unused;
    snapshot *s;
    struct mvos found = {0};
    OWNED(arena) a = arena_new((size_t)1 << 32);
    OWNED(store_tx) tx = NULL;
    OWNED_VALUE(preview) p = {0};
    int64_t id = id_from_uuid(ID_MVO, in->id);
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    if (id) TRY(store_mvos(tx, a, s, &id, 1, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "There is no such metaverse object.");
    const struct mvo *o = &found.at[0];
    TRY(preview_explanation(tx, s, o, &p));
    struct deletion_state deletion = deletion_state_of(s, o);
    struct explanation out = {.id = in->id,
                              .display_name = mvo_display_name(c->a, s, o),
                              .type = mv_type_reference(s, o->type),
                              .is_pending_deletion = deletion.pending,
                              .last_connector_disconnected_date = o->deletion.disconnected,
                              .deletion_eligible_date = deletion.eligible};
    TRY(tell_last_change(c, tx, s, o, &out.last_change));
    TRY(show_attributes(c, tx, s, &p, &out));
    TRY(tell_last_changes(c, tx, s, o->id, &out));
    return CALL_REPLY(c, 200, explanation, &out);
}
HANDLER(explanation_get, by_uuid, explanation)

const struct routes explanation_routes = ROUTES(
    "Metaverse", "/api/v1/metaverse",
    ROUTE(GET, "/objects/{id}/explanation", explanation_get, "Why a metaverse object has the values that it has.",
          .operation = "GetObjectExplanation",
          .doc = "For each attribute with values or contributors: who supplied it, and of every other contributor what it says "
                 "now and why it does not count.",
          .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such metaverse object."})));
