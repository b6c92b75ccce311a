/* What a synchronisation, or export evaluation, would do to one object now; nothing is applied (sync-engine §20). */
#include "api/activity_view.h"
#include "api/rule_parts.h"
#include "api/shown_values.h"
#include "runs/preview.h"

/* ---- what travels ---- */

#define PREVIEW_CHANGES(X) X(WOULD_CREATE, "Create") X(WOULD_UPDATE, "Update") X(WOULD_DELETE, "Delete")
NAMED_ENUM(preview_change, PREVIEW_CHANGES)
NAMED_ENUM_TABLE(preview_change, "PreviewChange", PREVIEW_CHANGES)

#define DELETION_FATES(X)                                                                                                          \
    X(FATE_KEPT, "NotDeleted") X(FATE_GONE, "Deleted") X(FATE_SCHEDULED_NOW, "Scheduled") X(FATE_SAVED, "DeletionCancelled")
NAMED_ENUM(deletion_fate, DELETION_FATES)
NAMED_ENUM_TABLE(deletion_fate, "DeletionFate", DELETION_FATES)

struct preview_node {
    enum outcome outcome_type;
    text target_description;
    uuid metaverse_object_id, connected_system_object_id;
    struct maybe_int32 connected_system_id, sync_rule_id;
    text sync_rule_name;
    struct maybe_int32 detail_count;
    text detail_message;
    struct preview_nodes LIST(struct preview_node) children;
};
static const struct shape preview_node_shape;
static SHAPE(preview_node, "PreviewOutcome",
             FIELDS(FIELD(preview_node, outcome_type, "outcomeType", .names = &outcome_names),
                    FIELD(preview_node, target_description, "targetDescription", .nullable = true),
                    FIELD(preview_node, metaverse_object_id, "metaverseObjectId", .nullable = true),
                    FIELD(preview_node, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(preview_node, connected_system_id, "connectedSystemId"), FIELD(preview_node, sync_rule_id, "syncRuleId"),
                    FIELD(preview_node, sync_rule_name, "syncRuleName", .nullable = true),
                    FIELD(preview_node, detail_count, "detailCount"),
                    FIELD(preview_node, detail_message, "detailMessage", .nullable = true),
                    OBJECTS(preview_node, children, "children", preview_node)));

struct preview_item {
    uuid connected_system_object_id;
    text display_name, external_id_value, object_type;
    enum object_change object_change_type;
    struct maybe_enum error_type;
    text error_message;
    int32_t attribute_flow_count;
    text outcome_summary;
    struct preview_nodes outcomes;
};
static SHAPE(preview_item, "PreviewItem",
             FIELDS(FIELD(preview_item, connected_system_object_id, "connectedSystemObjectId", .nullable = true,
                          .doc = "Null for an object that would be made."),
                    FIELD(preview_item, display_name, "displayName", .nullable = true),
                    FIELD(preview_item, external_id_value, "externalIdValue", .nullable = true),
                    FIELD(preview_item, object_type, "connectedSystemObjectType", .nullable = true),
                    FIELD(preview_item, object_change_type, "objectChangeType", .names = &object_change_names),
                    FIELD(preview_item, error_type, "errorType", .names = &item_error_names),
                    FIELD(preview_item, error_message, "errorMessage", .nullable = true),
                    FIELD(preview_item, attribute_flow_count, "attributeFlowCount"),
                    FIELD(preview_item, outcome_summary, "outcomeSummary", .nullable = true),
                    OBJECTS(preview_item, outcomes, "outcomes", preview_node)),
             .doc = "An item that the run would write.");

struct value_change_view {
    int32_t attribute_id;
    text attribute_name;
    struct shown_values before, after, added, removed;
    bool null_value_before, null_value_after;
    struct supplier *supplier_before, *supplier_after;
};
static SHAPE(
    value_change_view, "PreviewAttributeChange",
    FIELDS(FIELD(value_change_view, attribute_id, "attributeId"), FIELD(value_change_view, attribute_name, "attributeName"),
           OBJECT(value_change_view, before, "before", shown_values), OBJECT(value_change_view, after, "after", shown_values),
           OBJECT(value_change_view, added, "added", shown_values), OBJECT(value_change_view, removed, "removed", shown_values),
           FIELD(value_change_view, null_value_before, "nullValueBefore"),
           FIELD(value_change_view, null_value_after, "nullValueAfter"),
           OBJECT(value_change_view, supplier_before, "supplierBefore", supplier, .nullable = true),
           OBJECT(value_change_view, supplier_after, "supplierAfter", supplier, .nullable = true)));

struct mvo_change_view {
    uuid metaverse_object_id;
    text display_name;
    struct named_id type;
    enum preview_change change;
    enum deletion_fate deletion_fate;
    instant deletion_eligible_date;
    struct LIST(struct value_change_view) attributes;
};
static SHAPE(mvo_change_view, "PreviewMetaverseObjectChange",
             FIELDS(FIELD(mvo_change_view, metaverse_object_id, "metaverseObjectId", .nullable = true,
                          .doc = "Null for an object that would be made."),
                    FIELD(mvo_change_view, display_name, "displayName", .nullable = true),
                    OBJECT(mvo_change_view, type, "type", named_id),
                    FIELD(mvo_change_view, change, "change", .names = &preview_change_names),
                    FIELD(mvo_change_view, deletion_fate, "deletionFate", .names = &deletion_fate_names),
                    FIELD(mvo_change_view, deletion_eligible_date, "deletionEligibleDate", .nullable = true),
                    OBJECTS(mvo_change_view, attributes, "attributes", value_change_view)));

struct join_view {
    uuid connected_system_object_id;
    text display_name;
    int32_t connected_system_id;
    text connected_system_name;
    enum preview_change change;
    enum cso_join join_before, join_after;
    enum cso_status status;
    uuid metaverse_object_id_before, metaverse_object_id_after;
};
static SHAPE(join_view, "PreviewJoinChange",
             FIELDS(FIELD(join_view, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(join_view, display_name, "displayName", .nullable = true),
                    FIELD(join_view, connected_system_id, "connectedSystemId"),
                    FIELD(join_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(join_view, change, "change", .names = &preview_change_names),
                    FIELD(join_view, join_before, "joinTypeBefore", .names = &cso_join_names),
                    FIELD(join_view, join_after, "joinTypeAfter", .names = &cso_join_names),
                    FIELD(join_view, status, "status", .names = &cso_status_names),
                    FIELD(join_view, metaverse_object_id_before, "metaverseObjectIdBefore", .nullable = true),
                    FIELD(join_view, metaverse_object_id_after, "metaverseObjectIdAfter", .nullable = true)),
             .doc = "An object of a connector space that would be made, joined, released or removed.");

struct staged_view {
    int32_t attribute_id;
    text attribute_name;
    enum attribute_change change_type;
    struct typed_value value;
    uuid reference_id;
    text reference_name;
};
static SHAPE(staged_view, "PreviewPendingExportAttributeChange",
             FIELDS(FIELD(staged_view, attribute_id, "attributeId"), FIELD(staged_view, attribute_name, "attributeName"),
                    FIELD(staged_view, change_type, "changeType", .names = &attribute_change_names),
                    EMBED(staged_view, value, typed_value),
                    FIELD(staged_view, reference_id, "referencedMetaverseObjectId", .nullable = true),
                    FIELD(staged_view, reference_name, "referencedMetaverseObjectDisplayName", .nullable = true)));

struct staged_export_view {
    enum preview_change change;
    enum export_change change_type;
    int32_t connected_system_id;
    text connected_system_name;
    uuid connected_system_object_id;
    int32_t attribute_change_count;
    struct LIST(struct staged_view) attribute_changes;
};
static SHAPE(staged_export_view, "PreviewPendingExport",
             FIELDS(FIELD(staged_export_view, change, "change", .names = &preview_change_names,
                          .doc = "Delete: what is staged now would be cancelled."),
                    FIELD(staged_export_view, change_type, "changeType", .names = &export_change_names),
                    FIELD(staged_export_view, connected_system_id, "connectedSystemId"),
                    FIELD(staged_export_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(staged_export_view, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(staged_export_view, attribute_change_count, "attributeChangeCount"),
                    OBJECTS(staged_export_view, attribute_changes, "attributeChanges", staged_view, .doc = "The first 100.")));

struct sync_preview {
    bool would_be_processed, waits_for_references;
    struct LIST(struct preview_item) items;
    struct LIST(struct mvo_change_view) metaverse_changes;
    struct LIST(struct join_view) joins;
    struct LIST(struct staged_export_view) pending_exports;
    int32_t error_count, already_current_count;
};
static SHAPE(sync_preview, "SynchronisationPreview",
             FIELDS(FIELD(sync_preview, would_be_processed, "wouldBeProcessed",
                          .doc = "False: nothing has changed since the last run, which would pass the object by."),
                    FIELD(sync_preview, waits_for_references, "waitsForReferences",
                          .doc = "Some references lead to objects that are not joined yet; a run that joins them flows them."),
                    OBJECTS(sync_preview, items, "items", preview_item),
                    OBJECTS(sync_preview, metaverse_changes, "metaverseChanges", mvo_change_view),
                    OBJECTS(sync_preview, joins, "joins", join_view),
                    OBJECTS(sync_preview, pending_exports, "pendingExports", staged_export_view),
                    FIELD(sync_preview, error_count, "errorCount"),
                    FIELD(sync_preview, already_current_count, "alreadyCurrentCount",
                          .doc = "Changes that the targets hold already.")));

/* ---- items ---- */

struct show {
    arena *a;
    snapshot *s;
    struct int_map names; /* display names of metaverse objects by id */
};

static text system_name(snapshot *s, int32_t id) {
    const struct connected_system *system = config_system(s, id);
    return system ? system->name : (text){0};
}

static void show_nodes(struct show *w, const struct outcome_node *from, struct preview_nodes *out) {
    for (; from; from = from->next) {
        struct preview_node *to = LIST_ADD(w->a, out);
        *to = (struct preview_node){.outcome_type = from->type,
                                    .target_description = from->target_description,
                                    .connected_system_id = id_or_null(from->target_system),
                                    .sync_rule_id = id_or_null(from->rule),
                                    .sync_rule_name = from->rule_name,
                                    .detail_count = {from->count >= 0, from->count},
                                    .detail_message = from->message};
        if (from->target_is_mvo)
            to->metaverse_object_id = uuid_if_stored(ID_MVO, from->target);
        else
            to->connected_system_object_id = uuid_if_stored(ID_CSO, from->target);
        show_nodes(w, from->children, &to->children);
    }
}

static void show_item(struct show *w, const struct run_item *item, struct preview_item *out) {
    struct item_header header;
    item_header_of(w->a, item, &header);
    *out = (struct preview_item){.connected_system_object_id = uuid_if_stored(ID_CSO, item->cso),
                                 .display_name = item->display_name,
                                 .external_id_value = item->external_id,
                                 .object_type = item->object_type,
                                 .object_change_type = item->change,
                                 .error_type = {item->error != ITEM_NO_ERROR, item->error},
                                 .error_message = item->error_message,
                                 .attribute_flow_count = item->attribute_flows,
                                 .outcome_summary = header.outcome_summary};
    show_nodes(w, item->outcomes, &out->outcomes);
}

/* ---- metaverse objects ---- */

static bool same_attribute(const struct values *x, const struct values *y) {
    return x && y && x->mapping == y->mapping && x->null_marker == y->null_marker && x->count == y->count && values_same(x, y);
}

/* Both lists ascend by attribute: visits each attribute of either. */
static void each_difference(const struct mvo_change *k, void (*visit)(void *state, const struct values *x, const struct values *y),
                            void *state) {
    static const struct attributes none;
    const struct attributes *before = k->before ? &k->before->values : &none, *after = k->after ? &k->after->values : &none;
    for (size_t i = 0, n = 0; i < before->count || n < after->count;) {
        const struct values *x = i < before->count ? &before->at[i] : NULL, *y = n < after->count ? &after->at[n] : NULL;
        if (x && y && x->attribute > y->attribute) x = NULL;
        if (x && y && x->attribute < y->attribute) y = NULL;
        if (!same_attribute(x, y)) visit(state, x, y);
        i += x != NULL;
        n += y != NULL;
    }
}

struct showing {
    struct show *w;
    struct mvo_change_view *out;
};

static void show_difference(void *state, const struct values *x, const struct values *y) {
    struct showing *to = state;
    struct show *w = to->w;
    const struct mv_attribute *m = config_mv_attribute(w->s, x ? x->attribute : y->attribute);
    struct value_diff diff;
    if (!m) return;
    struct value_change_view *v = LIST_ADD(w->a, &to->out->attributes);
    values_diff(w->a, x, y, &diff);
    *v = (struct value_change_view){.attribute_id = m->id,
                                    .attribute_name = m->name,
                                    .null_value_before = x && x->null_marker,
                                    .null_value_after = y && y->null_marker,
                                    .supplier_before = supplier_of(w->a, w->s, x ? x->mapping : 0),
                                    .supplier_after = supplier_of(w->a, w->s, y ? y->mapping : 0)};
    show_values(w->a, x, &w->names, &v->before);
    show_values(w->a, y, &w->names, &v->after);
    show_values(w->a, &diff.added, &w->names, &v->added);
    show_values(w->a, &diff.removed, &w->names, &v->removed);
}

static enum deletion_fate fate_of(const struct mvo_change *k) {
    if (!k->after) return FATE_GONE;
    if (k->after->deletion.disconnected.ticks) return FATE_SCHEDULED_NOW;
    return k->before && k->before->deletion.disconnected.ticks ? FATE_SAVED : FATE_KEPT;
}

static void show_mvo(struct show *w, const struct mvo_change *k, struct mvo_change_view *out) {
    const struct mvo *o = k->after ? k->after : k->before;
    *out = (struct mvo_change_view){.metaverse_object_id = uuid_if_stored(ID_MVO, o->id),
                                    .display_name = mvo_display_name(w->a, w->s, o),
                                    .type = mv_type_reference(w->s, o->type),
                                    .change = !k->before ? WOULD_CREATE
                                              : k->after ? WOULD_UPDATE
                                                         : WOULD_DELETE,
                                    .deletion_fate = fate_of(k)};
    if (k->after) out->deletion_eligible_date = deletion_state_of(w->s, o).eligible;
    each_difference(k, show_difference, &(struct showing){w, out});
}

/* ---- connector spaces and pending exports ---- */

static bool concerns_join(const struct cso_change *k) {
    return !k->before || !k->after || k->before->mvo != k->after->mvo || k->before->status != k->after->status;
}

static void show_join(struct show *w, const struct cso_change *k, struct join_view *out) {
    const struct cso *o = k->after ? k->after : k->before;
    *out = (struct join_view){.connected_system_object_id = uuid_if_stored(ID_CSO, o->id),
                              .display_name = cso_display_name(w->a, w->s, o),
                              .connected_system_id = o->system,
                              .connected_system_name = system_name(w->s, o->system),
                              .change = !k->before ? WOULD_CREATE
                                        : k->after ? WOULD_UPDATE
                                                   : WOULD_DELETE,
                              .join_before = k->before ? k->before->join : JOIN_NONE,
                              .join_after = k->after ? k->after->join : JOIN_NONE,
                              .status = o->status,
                              .metaverse_object_id_before = uuid_if_stored(ID_MVO, k->before ? k->before->mvo : 0),
                              .metaverse_object_id_after = uuid_if_stored(ID_MVO, k->after ? k->after->mvo : 0)};
}

static void show_staged(struct show *w, const struct staged_change *k, struct staged_view *out) {
    text name = cs_attribute_name(w->s, k->attribute);
    *out = (struct staged_view){
        .attribute_id = k->attribute, .attribute_name = text_is_null(name) ? T("") : name, .change_type = k->change};
    if (k->has_value) typed_value_of(&k->value, &out->value);
    out->reference_id = uuid_if_stored(ID_MVO, k->reference_mvo);
    out->reference_name = name_of(&w->names, k->reference_mvo);
}

static void show_export(struct show *w, const struct pending_export_change *k, struct staged_export_view *out) {
    const struct pending_export *p = k->after ? k->after : k->before;
    *out = (struct staged_export_view){.change = !k->before ? WOULD_CREATE
                                                 : k->after ? WOULD_UPDATE
                                                            : WOULD_DELETE,
                                       .change_type = p->change,
                                       .connected_system_id = p->system,
                                       .connected_system_name = system_name(w->s, p->system),
                                       .connected_system_object_id = uuid_if_stored(ID_CSO, p->cso),
                                       .attribute_change_count = (int32_t)p->changes.count};
    for (size_t i = 0; i < p->changes.count && i < VALUES_SHOWN_AT_ONCE; i++)
        show_staged(w, &p->changes.at[i], LIST_ADD(w->a, &out->attribute_changes));
}

/* ---- the whole ---- */

struct wanting {
    arena *a;
    struct int64s ids;
};

static void want_names(void *state, const struct values *x, const struct values *y) {
    struct wanting *w = state;
    struct value_diff diff;
    values_diff(w->a, x, y, &diff);
    const struct values *sets[] = {x, y, &diff.added, &diff.removed};
    for (size_t i = 0; i < 4; i++) shown_references(w->a, sets[i], &w->ids);
}

static FALLIBLE load_names(struct call *c, store_tx *tx, struct show *w, const struct sync_outcome *o) {
    struct wanting wanted = {.a = w->a};
    for (EACH(const struct mvo_change, k, &o->mvos)) each_difference(k, want_names, &wanted);
    for (EACH(const struct pending_export_change, k, &o->pending)) {
        const struct staged_changes *list = k->after ? &k->after->changes : &k->before->changes;
        for (size_t i = 0; i < list->count && i < VALUES_SHOWN_AT_ONCE; i++) {
            int64_t id = list->at[i].reference_mvo;
            if (id && !preview_made(id)) *LIST_ADD(w->a, &wanted.ids) = id;
        }
    }
    TRY(mvo_names(c, tx, w->s, &wanted.ids, &w->names));
    for (EACH(const struct mvo_change, k, &o->mvos)) {
        if (k->before) continue;
        text *name = ARENA_NEW(w->a, text);
        *name = mvo_display_name(w->a, w->s, k->after);
        int_map_put(&w->names, k->after->id, name);
    }
    return NULL;
}

static FALLIBLE reply(struct call *c, store_tx *tx, snapshot *s, const struct preview *p) {
    const struct sync_outcome *o = p->outcome;
    struct show w = {.a = p->a, .s = s};
    struct sync_preview out = {.would_be_processed = p->selected,
                               .waits_for_references = o->waiting.count > 0,
                               .already_current_count = (int32_t)o->already_current};
    TRY(load_names(c, tx, &w, o));
    for (EACH(const struct run_item, item, &o->items)) {
        show_item(&w, item, LIST_ADD(w.a, &out.items));
        out.error_count += item->error != ITEM_NO_ERROR;
    }
    for (EACH(const struct mvo_change, k, &o->mvos)) show_mvo(&w, k, LIST_ADD(w.a, &out.metaverse_changes));
    for (EACH(const struct cso_change, k, &o->csos))
        if (concerns_join(k)) show_join(&w, k, LIST_ADD(w.a, &out.joins));
    for (EACH(const struct pending_export_change, k, &o->pending)) show_export(&w, k, LIST_ADD(w.a, &out.pending_exports));
    return CALL_REPLY(c, 200, sync_preview, &out);
}

/* ---- handlers ---- */

struct sync_preview_request {
    int32_t system;
    uuid id;
    enum run_type run_type;
};
static SHAPE(sync_preview_request, "SynchronisationPreviewRequest",
             FIELDS(FIELD(sync_preview_request, system, "connectedSystemId"), FIELD(sync_preview_request, id, "csoId"),
                    FIELD(sync_preview_request, run_type, "runType", .names = &run_type_names, .by_default = "DeltaSynchronisation",
                          .doc = "DeltaSynchronisation or FullSynchronisation.")));

static FALLIBLE preview_sync(struct call *c, const struct sync_preview_request *in, struct sync_preview *unused) {
    (void)unused;
    snapshot *s;
    const struct connected_system *system;
    struct csos found = {0};
    OWNED(arena) a = arena_new((size_t)1 << 32);
    OWNED(store_tx) tx = NULL;
    OWNED_VALUE(preview) p = {0};
    int64_t id = id_from_uuid(ID_CSO, in->id);
    if (in->run_type != RUN_DELTA_SYNCHRONISATION && in->run_type != RUN_FULL_SYNCHRONISATION)
        return call_invalid(c, "runType", "Only a synchronisation can be previewed.");
    TRY(call_config(c, &s));
    TRY(find_system(s, in->system, &system));
    TRY(store_read(c->services->store, &tx));
    if (id) TRY(store_csos(tx, a, s, &id, 1, true, &found));
    if (!found.count || found.at[0].system != system->id)
        return FAIL(ERROR_NOT_FOUND, "'%.*s' has no such object.", TEXT_ARG(system->name));
    TRY(preview_synchronisation(tx, s, in->run_type, &found.at[0], &p));
    return reply(c, tx, s, &p);
}
HANDLER(preview_sync, sync_preview_request, sync_preview)

static FALLIBLE preview_export(struct call *c, const struct by_uuid *in, struct sync_preview *unused) {
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
    TRY(preview_exports(tx, s, &found.at[0], &p));
    return reply(c, tx, s, &p);
}
HANDLER(preview_export, by_uuid, sync_preview)

const struct routes sync_preview_routes =
    ROUTES("Synchronisation", "/api/v1",
           ROUTE(POST, "/synchronisation/connected-systems/{connectedSystemId}/connector-space/{csoId}/synchronisation-preview",
                 preview_sync, "What a synchronisation would do to this object now.",
                 .operation = "PreviewConnectedSystemObjectSynchronisation",
                 .doc = "The decisions of a run over this object alone; nothing is changed. Random passwords are masked.",
                 .status = 200, .role = ROLE_ADMINISTRATOR, .body_optional = true,
                 .also = ALSO({404, NULL, "There is no such connected system or object."})),
           ROUTE(POST, "/metaverse/objects/{id}/export-preview", preview_export,
                 "What the export rules would stage for this metaverse object now.", .operation = "PreviewMetaverseObjectExport",
                 .doc = "All attributes are evaluated; nothing is changed. Random passwords are masked.", .status = 200,
                 .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such metaverse object."})));
