/* Previews of changes of the configuration: their state, their groups, their rows (operations §16.3). */
#include "api/proposals.h"
#include "api/shown_values.h"

/* ---- what travels ---- */

struct preview_count_view {
    enum outcome transition_type;
    int32_t object_count;
    struct maybe_int32 connected_system_id, metaverse_object_type_id;
};
static SHAPE(preview_count_view, "PreviewImpactCount",
             FIELDS(FIELD(preview_count_view, transition_type, "transitionType", .names = &outcome_names),
                    FIELD(preview_count_view, object_count, "objectCount"),
                    FIELD(preview_count_view, connected_system_id, "connectedSystemId"),
                    FIELD(preview_count_view, metaverse_object_type_id, "metaverseObjectTypeId")));

struct preview_group_view {
    uuid id;
    enum outcome transition_type;
    struct maybe_int32 metaverse_object_type_id;
    text metaverse_object_type_name;
    struct maybe_int32 connected_system_id;
    text connected_system_name, attribute_name, old_value, new_value, pattern_key;
    int32_t object_count;
    bool deltas_sampled;
};
static SHAPE(preview_group_view, "ConfigurationChangePreviewGroupResponse",
             FIELDS(FIELD(preview_group_view, id, "id"),
                    FIELD(preview_group_view, transition_type, "transitionType", .names = &outcome_names),
                    FIELD(preview_group_view, metaverse_object_type_id, "metaverseObjectTypeId"),
                    FIELD(preview_group_view, metaverse_object_type_name, "metaverseObjectTypeName", .nullable = true),
                    FIELD(preview_group_view, connected_system_id, "connectedSystemId"),
                    FIELD(preview_group_view, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(preview_group_view, attribute_name, "attributeName", .nullable = true),
                    FIELD(preview_group_view, old_value, "oldValue", .nullable = true,
                          .doc = "Null also where the values of the group's rows differ."),
                    FIELD(preview_group_view, new_value, "newValue", .nullable = true),
                    FIELD(preview_group_view, pattern_key, "patternKey", .nullable = true,
                          .doc = "How every new value of the group differs from the old one."),
                    FIELD(preview_group_view, object_count, "objectCount"),
                    FIELD(preview_group_view, deltas_sampled, "deltasSampled", .doc = "There are fewer rows than objects.")));

struct preview_view {
    uuid activity_id;
    enum preview_surface surface;
    enum activity_status activity_status;
    text message, error_message;
    int32_t objects_processed, objects_to_process;
    enum preview_stage validation_status, impact_counts_status, summary_status, deltas_status;
    bool is_complete, has_failed;
    struct preview_finding_views validation_findings;
    struct LIST(struct preview_count_view) impact_counts;
    struct LIST(struct preview_group_view) groups;
    int32_t estimated_affected_objects;
    int64_t estimated_delta_rows;
    enum preview_persistence delta_persistence;
    bool dispatched_to_worker;
    instant staleness_baseline;
};
static SHAPE(
    preview_view, "ConfigurationChangePreviewResponse",
    FIELDS(FIELD(preview_view, activity_id, "activityId"), FIELD(preview_view, surface, "surface", .names = &preview_surface_names),
           FIELD(preview_view, activity_status, "activityStatus", .names = &activity_status_names),
           FIELD(preview_view, message, "message", .nullable = true),
           FIELD(preview_view, error_message, "errorMessage", .nullable = true),
           FIELD(preview_view, objects_processed, "objectsProcessed"), FIELD(preview_view, objects_to_process, "objectsToProcess"),
           FIELD(preview_view, validation_status, "validationStatus", .names = &preview_stage_names),
           FIELD(preview_view, impact_counts_status, "impactCountsStatus", .names = &preview_stage_names),
           FIELD(preview_view, summary_status, "summaryStatus", .names = &preview_stage_names),
           FIELD(preview_view, deltas_status, "deltasStatus", .names = &preview_stage_names),
           FIELD(preview_view, is_complete, "isComplete"),
           FIELD(preview_view, has_failed, "hasFailed", .doc = "Also of a preview that was cancelled: there will be no figures."),
           OBJECTS(preview_view, validation_findings, "validationFindings", preview_finding_view),
           OBJECTS(preview_view, impact_counts, "impactCounts", preview_count_view, .doc = "Objects, each once a transition."),
           OBJECTS(preview_view, groups, "groups", preview_group_view),
           FIELD(preview_view, estimated_affected_objects, "estimatedAffectedObjects"),
           FIELD(preview_view, estimated_delta_rows, "estimatedDeltaRows"),
           FIELD(preview_view, delta_persistence, "deltaPersistence", .names = &preview_persistence_names),
           FIELD(preview_view, dispatched_to_worker, "dispatchedToWorker"),
           FIELD(preview_view, staleness_baseline, "stalenessBaseline", .nullable = true,
                 .doc = "What was looked at is as of then.")));

struct preview_row_view {
    uuid id, group_id;
    enum outcome transition_type;
    uuid metaverse_object_id, connected_system_object_id;
    struct maybe_int32 connected_system_id;
    text object_display_name, object_type_name, attribute_name, old_value, new_value, pattern_key;
};
static SHAPE(preview_row_view, "ConfigurationChangePreviewDeltaResponse",
             FIELDS(FIELD(preview_row_view, id, "id"), FIELD(preview_row_view, group_id, "groupId"),
                    FIELD(preview_row_view, transition_type, "transitionType", .names = &outcome_names),
                    FIELD(preview_row_view, metaverse_object_id, "metaverseObjectId", .nullable = true,
                          .doc = "Null for an object that would be made."),
                    FIELD(preview_row_view, connected_system_object_id, "connectedSystemObjectId", .nullable = true),
                    FIELD(preview_row_view, connected_system_id, "connectedSystemId"),
                    FIELD(preview_row_view, object_display_name, "objectDisplayName", .nullable = true),
                    FIELD(preview_row_view, object_type_name, "objectTypeName", .nullable = true),
                    FIELD(preview_row_view, attribute_name, "attributeName", .nullable = true),
                    FIELD(preview_row_view, old_value, "oldValue", .nullable = true),
                    FIELD(preview_row_view, new_value, "newValue", .nullable = true),
                    FIELD(preview_row_view, pattern_key, "patternKey", .nullable = true)));
struct preview_row_page PAGE_OF(preview_row_view);
static PAGE_SHAPE(preview_row_page, preview_row_view, "PaginatedResponseOfConfigurationChangePreviewDeltaResponse");

struct by_preview {
    uuid id;
};
static SHAPE(by_preview, NULL, FIELDS(FIELD(by_preview, id, "activityId")));
struct rows_query {
    uuid id;
    struct list_query list;
    uuid group;
    text search;
};
static SHAPE(rows_query, NULL,
             FIELDS(FIELD(rows_query, id, "activityId"), EMBED(rows_query, list, list_query), FIELD(rows_query, group, "groupId"),
                    FIELD(rows_query, search, "search", .doc = "Part of object, attribute, old or new value, in any case.")));

/* ---- reading ---- */

/* Groups and rows have ids of their own, made of the preview's and of their place in it. */
static uuid group_id(int64_t preview, int32_t part) { return value_id(ID_OTHER, preview, part, 0); }
static uuid row_id(int64_t preview, int32_t part, int64_t number) { return value_id(ID_CHANGE, preview, part, (size_t)number); }

static text pattern_key(enum preview_pattern p) { return p == PATTERN_NONE ? (text){0} : enum_text(&preview_pattern_names, p); }

struct found_preview {
    struct change_preview p;
    struct activity activity;
    struct preview_document d;
    bool ended_well; /* only then figures and rows are shown */
};

static FALLIBLE find_preview(struct call *c, store_tx *tx, uuid id, struct found_preview *out) {
    bool found = false;
    int64_t activity = id_from_uuid(ID_ACTIVITY, id);
    if (activity) TRY(store_change_preview(tx, c->a, activity, &out->p, &found));
    if (found) TRY(store_activity(tx, c->a, activity, &out->activity, &found));
    if (!found) return FAIL(ERROR_NOT_FOUND, "There is no such preview.");
    enum activity_status s = out->activity.status;
    out->ended_well = out->p.complete && (s == ACTIVITY_COMPLETE || s == ACTIVITY_COMPLETE_WITH_WARNING);
    return preview_document_read(c->a, out->p.document, &out->d);
}

static bool is_blocked(const struct preview_document *d) {
    for (EACH(const struct preview_finding, f, &d->findings))
        if (f->severity == FINDING_BLOCKING) return true;
    return false;
}

static enum preview_stage stage_of(const struct found_preview *f, text key) {
    enum phase_status status = PHASE_PENDING;
    if (f->ended_well) return is_blocked(&f->d) ? STAGE_NOT_APPLICABLE : STAGE_COMPLETE;
    for (EACH(const struct activity_phase, p, &f->activity.phases))
        if (text_equal(p->key, key)) status = p->status;
    if (f->activity.status == ACTIVITY_CANCELLED) return STAGE_CANCELLED;
    if (f->activity.status != ACTIVITY_IN_PROGRESS) return STAGE_FAILED;
    return status == PHASE_COMPLETED ? STAGE_COMPLETE : status == PHASE_ACTIVE ? STAGE_IN_PROGRESS : STAGE_NOT_STARTED;
}

static struct preview_group_view group_view(int64_t preview, const struct preview_group *g) {
    return (struct preview_group_view){.id = group_id(preview, g->part),
                                       .transition_type = g->transition,
                                       .metaverse_object_type_id = id_or_null(g->mv_type),
                                       .metaverse_object_type_name = g->mv_type_name,
                                       .connected_system_id = id_or_null(g->system),
                                       .connected_system_name = g->system_name,
                                       .attribute_name = g->attribute,
                                       .old_value = g->old_value,
                                       .new_value = g->new_value,
                                       .pattern_key = pattern_key(g->pattern),
                                       .object_count = (int32_t)g->objects,
                                       .deltas_sampled = g->sampled};
}

static void show_figures(struct call *c, const struct found_preview *f, struct preview_view *out) {
    for (EACH(const struct preview_count, k, &f->d.counts))
        *LIST_ADD(c->a, &out->impact_counts) =
            (struct preview_count_view){k->transition, (int32_t)k->objects, id_or_null(k->system), id_or_null(k->mv_type)};
    for (EACH(const struct preview_group, g, &f->d.groups)) *LIST_ADD(c->a, &out->groups) = group_view(f->p.activity, g);
}

static FALLIBLE preview_get(struct call *c, const struct by_preview *in, struct preview_view *out) {
    struct found_preview f = {0};
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find_preview(c, tx, in->id, &f));
    bool ended = f.activity.status != ACTIVITY_IN_PROGRESS;
    int64_t estimate = f.p.estimated_objects < INT32_MAX ? f.p.estimated_objects : INT32_MAX;
    *out = (struct preview_view){.activity_id = in->id,
                                 .surface = f.p.surface,
                                 .activity_status = f.activity.status,
                                 .message = f.activity.message,
                                 .error_message = f.activity.error_message,
                                 .objects_processed = (int32_t)f.activity.processed,
                                 .objects_to_process = (int32_t)f.activity.to_process,
                                 .validation_status = STAGE_COMPLETE,
                                 .impact_counts_status = stage_of(&f, T("preview.count")),
                                 .summary_status = stage_of(&f, T("preview.summarise")),
                                 .deltas_status = stage_of(&f, T("preview.store")),
                                 .is_complete = f.ended_well,
                                 .has_failed = ended && !f.ended_well,
                                 .estimated_affected_objects = (int32_t)estimate,
                                 .estimated_delta_rows = f.p.estimated_rows,
                                 .delta_persistence = f.p.persistence,
                                 .dispatched_to_worker = f.p.dispatched,
                                 .staleness_baseline = f.p.baseline};
    preview_finding_views_of(c->a, &f.d.findings, &out->validation_findings);
    if (f.ended_well) show_figures(c, &f, out);
    return NULL;
}
HANDLER(preview_get, by_preview, preview_view)

static struct preview_row_view row_view(const struct preview_row *r) {
    return (struct preview_row_view){.id = row_id(r->preview, r->part, r->number),
                                     .group_id = group_id(r->preview, r->part),
                                     .transition_type = r->transition,
                                     .metaverse_object_id = uuid_if_stored(ID_MVO, r->mvo),
                                     .connected_system_object_id = uuid_if_stored(ID_CSO, r->cso),
                                     .connected_system_id = id_or_null(r->system),
                                     .object_display_name = r->display_name,
                                     .object_type_name = r->object_type,
                                     .attribute_name = r->attribute,
                                     .old_value = r->old_value,
                                     .new_value = r->new_value,
                                     .pattern_key = pattern_key(r->pattern)};
}

static int32_t part_of(const struct found_preview *f, uuid group) {
    for (EACH(const struct preview_group, g, &f->d.groups))
        if (uuid_equal(group_id(f->p.activity, g->part), group)) return g->part;
    return INT32_MAX; /* an unknown group has no rows */
}

static FALLIBLE preview_rows_list(struct call *c, const struct rows_query *in, struct preview_row_page *out) {
    struct found_preview f = {0};
    struct preview_rows rows = {0};
    int64_t total = 0;
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find_preview(c, tx, in->id, &f));
    struct preview_row_query q = {.preview = f.p.activity,
                                  .part = uuid_is_zero(in->group) ? -1 : part_of(&f, in->group),
                                  .search = in->search,
                                  .offset = list_offset(&in->list),
                                  .limit = in->list.page_size};
    if (f.ended_well) TRY(store_preview_rows(tx, c->a, &q, &rows, &total));
    for (EACH(const struct preview_row, r, &rows)) *LIST_ADD(c->a, &out->items) = row_view(r);
    page_fill(&out->counts, in->list.page, in->list.page_size, total);
    return NULL;
}
HANDLER(preview_rows_list, rows_query, preview_row_page)

/* ---- cancelling ---- */

static FALLIBLE preview_cancel(struct call *c, const struct by_preview *in, struct nothing *out) {
    (void)out;
    bool found = false, stopping = false;
    int64_t activity = id_from_uuid(ID_ACTIVITY, in->id);
    if (activity) TRY(change_preview_cancel(c->services->runs, activity, &found, &stopping));
    if (!found) return FAIL(ERROR_NOT_FOUND, "There is no such preview.");
    return stopping ? NULL : FAIL(ERROR_CONFLICT, "The preview has ended already.");
}
HANDLER(preview_cancel, by_preview, nothing)

#define PREVIEW "/previews/{activityId}"
#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such preview." }
const struct routes change_preview_routes =
    ROUTES("Previews", "/api/v1",
           ROUTE(GET, PREVIEW, preview_get, "A preview of a change: its state, and its figures once it is complete.",
                 .operation = "GetConfigurationChangePreview", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(DELETE, PREVIEW, preview_cancel, "Stops a preview; nothing of it will be shown.",
                 .operation = "CancelConfigurationChangePreview", .role = ROLE_ADMINISTRATOR,
                 .also = ALSO(UNKNOWN, {409, NULL, "The preview has ended already."})),
           ROUTE(GET, PREVIEW "/deltas", preview_rows_list, "What would become of which objects.",
                 .operation = "GetConfigurationChangePreviewDeltas", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)));
