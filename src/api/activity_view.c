/* From the stored record of what happened to what people read. */
#include "api/activity_view.h"

#include "api/system_view.h"
#include "model/ids.h"
#include "runs/runs.h"

SHAPE(activity_common, NULL,
      FIELDS(FIELD(activity_common, id, "id"), FIELD(activity_common, created, "created"),
             FIELD(activity_common, executed, "executed", .nullable = true),
             FIELD(activity_common, status, "status", .names = &activity_status_names),
             FIELD(activity_common, target_type, "targetType", .names = &activity_target_names),
             FIELD(activity_common, target_operation_type, "targetOperationType", .names = &activity_operation_names),
             FIELD(activity_common, target_name, "targetName", .nullable = true),
             FIELD(activity_common, target_context, "targetContext", .nullable = true),
             FIELD(activity_common, message, "message", .nullable = true),
             FIELD(activity_common, initiated_by_type, "initiatedByType", .names = &initiator_type_names),
             FIELD(activity_common, initiated_by_id, "initiatedById", .nullable = true),
             FIELD(activity_common, initiated_by_name, "initiatedByName", .nullable = true),
             FIELD(activity_common, objects_to_process, "objectsToProcess"),
             FIELD(activity_common, objects_processed, "objectsProcessed"), FIELD(activity_common, execution_time, "executionTime"),
             FIELD(activity_common, total_activity_time, "totalActivityTime"),
             FIELD(activity_common, connected_system_run_type, "connectedSystemRunType", .names = &run_type_names)));

SHAPE(activity_schedule, NULL,
      FIELDS(FIELD(activity_schedule, schedule_execution_id, "scheduleExecutionId", .nullable = true),
             FIELD(activity_schedule, schedule_step_index, "scheduleStepIndex"),
             FIELD(activity_schedule, scheduled_by_schedule_id, "scheduledByScheduleId", .nullable = true),
             FIELD(activity_schedule, scheduled_by_schedule_name, "scheduledByScheduleName", .nullable = true)));

SHAPE(activity_header, "ActivityHeader",
      FIELDS(
          EMBED(activity_header, common, activity_common), EMBED(activity_header, schedule, activity_schedule),
          FIELD(activity_header, total_added, "totalAdded"), FIELD(activity_header, total_updated, "totalUpdated"),
          FIELD(activity_header, total_deleted, "totalDeleted"), FIELD(activity_header, total_projected, "totalProjected"),
          FIELD(activity_header, total_joined, "totalJoined"), FIELD(activity_header, total_attribute_flows, "totalAttributeFlows"),
          FIELD(activity_header, total_disconnected, "totalDisconnected"),
          FIELD(activity_header, total_disconnected_out_of_scope, "totalDisconnectedOutOfScope"),
          FIELD(activity_header, total_out_of_scope_retain_join, "totalOutOfScopeRetainJoin"),
          FIELD(activity_header, total_drift_corrections, "totalDriftCorrections"),
          FIELD(activity_header, total_provisioned, "totalProvisioned"), FIELD(activity_header, total_exported, "totalExported"),
          FIELD(activity_header, total_deprovisioned, "totalDeprovisioned"), FIELD(activity_header, total_created, "totalCreated"),
          FIELD(activity_header, total_pending_exports, "totalPendingExports"), FIELD(activity_header, total_errors, "totalErrors"),
          FIELD(activity_header, child_activity_count, "childActivityCount")));

SHAPE(activity_stats, "ActivityRunProfileExecutionStatsDto",
      FIELDS(FIELD(activity_stats, total_objects_processed, "totalObjectsProcessed"),
             FIELD(activity_stats, total_object_change_count, "totalObjectChangeCount"),
             FIELD(activity_stats, total_unchanged, "totalUnchanged"),
             FIELD(activity_stats, total_object_errors, "totalObjectErrors"),
             FIELD(activity_stats, total_object_types, "totalObjectTypes"), FIELD(activity_stats, total_cso_adds, "totalCsoAdds"),
             FIELD(activity_stats, total_cso_updates, "totalCsoUpdates"),
             FIELD(activity_stats, total_cso_deletes, "totalCsoDeletes"),
             FIELD(activity_stats, total_projections, "totalProjections"), FIELD(activity_stats, total_joins, "totalJoins"),
             FIELD(activity_stats, total_attribute_flows, "totalAttributeFlows"),
             FIELD(activity_stats, total_disconnections, "totalDisconnections"),
             FIELD(activity_stats, total_disconnected_out_of_scope, "totalDisconnectedOutOfScope"),
             FIELD(activity_stats, total_out_of_scope_retain_join, "totalOutOfScopeRetainJoin"),
             FIELD(activity_stats, total_drift_corrections, "totalDriftCorrections"),
             FIELD(activity_stats, total_provisioned, "totalProvisioned"), FIELD(activity_stats, total_exported, "totalExported"),
             FIELD(activity_stats, total_deprovisioned, "totalDeprovisioned"),
             FIELD(activity_stats, total_pending_exports, "totalPendingExports"),
             FIELD(activity_stats, total_pending_exports_confirmed, "totalPendingExportsConfirmed"),
             FIELD(activity_stats, total_pending_exports_retrying, "totalPendingExportsRetrying"),
             FIELD(activity_stats, total_pending_exports_failed, "totalPendingExportsFailed"),
             FIELD(activity_stats, total_created, "totalCreated"),
             MAP(activity_stats, entries_discarded_by_excluded_container, "entriesDiscardedByExcludedContainer", int32_entry),
             FIELD(activity_stats, total_entries_discarded_by_exclusion, "totalEntriesDiscardedByExclusion")));

SHAPE(phase_view, "ActivityPhaseDto",
      FIELDS(FIELD(phase_view, key, "key"), FIELD(phase_view, name, "name"),
             FIELD(phase_view, parent_key, "parentKey", .nullable = true), FIELD(phase_view, order, "order"),
             FIELD(phase_view, status, "status", .names = &phase_status_names),
             FIELD(phase_view, started, "started", .nullable = true), FIELD(phase_view, ended, "ended", .nullable = true),
             FIELD(phase_view, duration_seconds, "durationSeconds")));

static SHAPE(security_event_view, "SecurityEvent",
             FIELDS(FIELD(security_event_view, kind, "kind", .names = &audit_kind_names),
                    FIELD(security_event_view, api_key_prefix, "apiKeyPrefix", .doc = "Of the key that was offered."),
                    FIELD(security_event_view, client_ip_address, "clientIpAddress"),
                    FIELD(security_event_view, reason, "securityEventReason"),
                    FIELD(security_event_view, subject, "subject", .doc = "Who or what it is about."),
                    FIELD(security_event_view, window, "aggregationWindowStart"),
                    FIELD(security_event_view, first_seen, "firstSeen"), FIELD(security_event_view, last_seen, "lastSeen"),
                    FIELD(security_event_view, attempts, "attemptCount")),
             .doc = "Equal events within 15 minutes are one.");

SHAPE(activity_detail, "ActivityDetailDto",
      FIELDS(EMBED(activity_detail, common, activity_common), EMBED(activity_detail, schedule, activity_schedule),
             FIELD(activity_detail, parent_activity_id, "parentActivityId", .nullable = true),
             FIELD(activity_detail, warning_message, "warningMessage", .nullable = true),
             FIELD(activity_detail, error_message, "errorMessage", .nullable = true),
             FIELD(activity_detail, error_stack_trace, "errorStackTrace", .nullable = true),
             FIELD(activity_detail, error_detail, "errorDetail", .nullable = true),
             FIELD(activity_detail, connected_system_id, "connectedSystemId"),
             FIELD(activity_detail, connected_system_run_profile_id, "connectedSystemRunProfileId"),
             FIELD(activity_detail, sync_rule_id, "syncRuleId"),
             FIELD(activity_detail, metaverse_object_id, "metaverseObjectId", .nullable = true),
             FIELD(activity_detail, example_data_template_id, "exampleDataTemplateId"),
             OBJECT(activity_detail, execution_stats, "executionStats", activity_stats, .nullable = true),
             OBJECTS(activity_detail, phases, "phases", phase_view),
             FIELD(activity_detail, change_reason, "changeReason", .nullable = true),
             FIELD(activity_detail, preview_activity_id, "previewActivityId", .nullable = true,
                   .doc = "The preview that came before this change."),
             FIELD(activity_detail, configuration_change_version, "configurationChangeVersion"),
             OBJECT(activity_detail, configuration_change_snapshot, "configurationChangeSnapshot", configuration_snapshot,
                    .nullable = true),
             FIELD(activity_detail, configuration_change_class, "configurationChangeClass",
                   .names = &configuration_change_class_names, .doc = "What the change may do to data."),
             OBJECT(activity_detail, security_event, "securityEvent", security_event_view, .nullable = true)));

SHAPE(activity_progress, "ActivityProgressDto",
      FIELDS(FIELD(activity_progress, id, "id"), FIELD(activity_progress, status, "status", .names = &activity_status_names),
             FIELD(activity_progress, message, "message", .nullable = true),
             FIELD(activity_progress, objects_processed, "objectsProcessed"),
             FIELD(activity_progress, objects_to_process, "objectsToProcess"),
             FIELD(activity_progress, percent_complete, "percentComplete"),
             FIELD(activity_progress, elapsed_seconds, "elapsedSeconds"),
             FIELD(activity_progress, objects_per_second, "objectsPerSecond"),
             FIELD(activity_progress, estimated_seconds_remaining, "estimatedSecondsRemaining"),
             FIELD(activity_progress, target_type, "targetType", .names = &activity_target_names),
             FIELD(activity_progress, run_type, "runType", .names = &run_type_names),
             MAP(activity_progress, operation_counts, "operationCounts", int64_entry),
             FIELD(activity_progress, total_errors, "totalErrors"), FIELD(activity_progress, retrieved_at, "retrievedAt"),
             OBJECTS(activity_progress, phases, "phases", phase_view),
             OBJECT(activity_progress, current_phase, "currentPhase", phase_view, .nullable = true),
             FIELD(activity_progress, current_phase_number, "currentPhaseNumber"),
             FIELD(activity_progress, total_phases, "totalPhases")));

SHAPE(item_header, "ActivityRunProfileExecutionItemHeader",
      FIELDS(FIELD(item_header, id, "id"), FIELD(item_header, external_id_value, "externalIdValue", .nullable = true),
             FIELD(item_header, display_name, "displayName", .nullable = true),
             FIELD(item_header, connected_system_object_type, "connectedSystemObjectType", .nullable = true),
             FIELD(item_header, object_change_type, "objectChangeType", .names = &object_change_names),
             FIELD(item_header, error_type, "errorType", .names = &item_error_names),
             FIELD(item_header, outcome_summary, "outcomeSummary", .nullable = true)));

uuid initiator_uuid(text id) {
    uuid u = {0};
    if (!uuid_read(id, &u)) u = (uuid){0};
    return u;
}

static uuid id_or_zero(enum id_kind kind, int64_t id) { return id ? id_to_uuid(kind, id) : (uuid){0}; }
static struct maybe_int32 maybe_id(int32_t id) { return (struct maybe_int32){id != 0, id}; }
static int32_t number(int64_t n) { return n > INT32_MAX ? INT32_MAX : (int32_t)n; }
static struct maybe_enum run_type_of(const struct activity *f) {
    return (struct maybe_enum){f->run_type != RUN_NOT_SET, f->run_type};
}

static struct maybe_timespan span(instant from, instant to) {
    if (!from.ticks || !to.ticks) return (struct maybe_timespan){0};
    return (struct maybe_timespan){true, {to.ticks - from.ticks}};
}

static void common_of(const struct activity *f, struct activity_common *out) {
    *out = (struct activity_common){.id = id_to_uuid(ID_ACTIVITY, f->id),
                                    .created = f->created,
                                    .executed = f->executed,
                                    .status = f->status,
                                    .target_type = f->target,
                                    .target_operation_type = f->operation,
                                    .target_name = f->target_name,
                                    .target_context = f->target_context,
                                    .message = f->message,
                                    .initiated_by_type = f->initiator.type,
                                    .initiated_by_id = initiator_uuid(f->initiator.id),
                                    .initiated_by_name = f->initiator.name,
                                    .objects_to_process = number(f->to_process),
                                    .objects_processed = number(f->processed),
                                    .execution_time = span(f->executed, f->ended),
                                    .total_activity_time = span(f->created, f->ended),
                                    .connected_system_run_type = run_type_of(f)};
}

void activity_header_of(arena *a, const struct activity *f, struct activity_header *out) {
    (void)a;
    const struct activity_counters *n = &f->counters;
    *out = (struct activity_header){.total_added = number(n->added),
                                    .total_updated = number(n->updated),
                                    .total_deleted = number(n->deleted),
                                    .total_projected = number(n->projected),
                                    .total_joined = number(n->joined),
                                    .total_attribute_flows = number(n->attribute_flows),
                                    .total_disconnected = number(n->disconnected),
                                    .total_disconnected_out_of_scope = number(n->disconnected_out_of_scope),
                                    .total_out_of_scope_retain_join = number(n->out_of_scope_retain_join),
                                    .total_drift_corrections = number(n->drift_corrections),
                                    .total_provisioned = number(n->provisioned),
                                    .total_exported = number(n->exported),
                                    .total_deprovisioned = number(n->deprovisioned),
                                    .total_created = number(n->created),
                                    .total_pending_exports = number(n->pending_exports),
                                    .total_errors = number(n->errors),
                                    .child_activity_count = number(f->child_count)};
    common_of(f, &out->common);
}

void activity_stats_of(arena *a, const struct activity *f, int64_t object_types, struct activity_stats *out) {
    const struct activity_counters *n = &f->counters;
    int64_t processed = n->objects > n->items ? n->objects : n->items;
    *out = (struct activity_stats){.total_objects_processed = number(processed),
                                   .total_object_change_count = number(n->object_changes),
                                   .total_unchanged = number(processed > n->object_changes ? processed - n->object_changes : 0),
                                   .total_object_errors = number(n->objects_with_error),
                                   .total_object_types = number(object_types),
                                   .total_cso_adds = number(n->cso_adds),
                                   .total_cso_updates = number(n->cso_updates),
                                   .total_cso_deletes = number(n->cso_deletes),
                                   .total_projections = number(n->projected),
                                   .total_joins = number(n->joined),
                                   .total_attribute_flows = number(n->attribute_flows),
                                   .total_disconnections = number(n->disconnected),
                                   .total_disconnected_out_of_scope = number(n->disconnected_out_of_scope),
                                   .total_out_of_scope_retain_join = number(n->out_of_scope_retain_join),
                                   .total_drift_corrections = number(n->drift_corrections),
                                   .total_provisioned = number(n->provisioned),
                                   .total_exported = number(n->exported),
                                   .total_deprovisioned = number(n->deprovisioned),
                                   .total_pending_exports = number(n->pending_exports),
                                   .total_pending_exports_confirmed = number(n->pending_exports_confirmed),
                                   .total_pending_exports_retrying = number(n->export_retrying),
                                   .total_pending_exports_failed = number(n->export_failed),
                                   .total_created = number(n->created)};
    int64_t discarded = 0;
    for (EACH(const struct discarded_entries, d, &f->discarded)) {
        discarded += d->count;
        *LIST_ADD(a, &out->entries_discarded_by_excluded_container) =
            (struct int32_entry){arena_print(a, "%d", d->container), number(d->count)};
    }
    out->total_entries_discarded_by_exclusion = number(discarded);
}

static double seconds(int64_t ticks) { return (double)ticks / (double)TICKS_PER_SECOND; }

static void phases_of(arena *a, const struct activity *f, struct phase_list *out) {
    for (EACH(struct activity_phase, p, &f->phases)) {
        struct phase_view *v = LIST_ADD(a, out);
        *v = (struct phase_view){.key = p->key, .name = p->name, .parent_key = p->parent_key, .order = p->order};
        v->status = p->status;
        v->started = p->started;
        v->ended = p->ended;
        if (p->started.ticks && p->ended.ticks)
            v->duration_seconds = (struct maybe_double){true, seconds(p->ended.ticks - p->started.ticks)};
    }
}

void activity_detail_of(arena *a, const struct activity *f, int64_t object_types, struct activity_detail *out) {
    *out = (struct activity_detail){.parent_activity_id = id_or_zero(ID_ACTIVITY, f->parent),
                                    .warning_message = f->warning_message,
                                    .error_message = f->error_message,
                                    .error_detail = f->error_detail,
                                    .connected_system_id = maybe_id(f->system),
                                    .connected_system_run_profile_id = maybe_id(f->run_profile),
                                    .sync_rule_id = maybe_id(f->rule),
                                    .metaverse_object_id = id_or_zero(ID_MVO, f->mvo),
                                    .change_reason = f->change_reason};
    if (f->preview) out->preview_activity_id = id_to_uuid(ID_ACTIVITY, f->preview);
    common_of(f, &out->common);
    if (f->target != TARGET_RUN_PROFILE) return;
    phases_of(a, f, &out->phases);
    struct activity_stats *stats = ARENA_NEW(a, struct activity_stats);
    activity_stats_of(a, f, object_types, stats);
    out->execution_stats = stats;
}

static void add_count(arena *a, struct int64_entries *to, const char *name, int64_t n) {
    if (n) *LIST_ADD(a, to) = (struct int64_entry){text_of(name), n};
}

static void current_of(const struct activity *f, struct activity_progress *out) {
    int32_t top = 0;
    for (size_t i = 0; i < out->phases.count; i++) {
        const struct phase_view *p = &out->phases.at[i];
        if (!text_is_null(p->parent_key)) continue;
        top++;
        if (p->status != PHASE_ACTIVE) continue;
        out->current_phase = p;
        out->current_phase_number = (struct maybe_int32){true, top};
    }
    out->total_phases = top;
    (void)f;
}

void activity_progress_of(arena *a, const struct activity *f, struct runs *owner, instant now, struct activity_progress *out) {
    bool running = f->status == ACTIVITY_IN_PROGRESS;
    instant begun = f->executed.ticks ? f->executed : f->created, end = running || !f->ended.ticks ? now : f->ended;
    *out = (struct activity_progress){.id = id_to_uuid(ID_ACTIVITY, f->id),
                                      .status = f->status,
                                      .message = f->message,
                                      .objects_processed = number(f->processed),
                                      .objects_to_process = number(f->to_process),
                                      .elapsed_seconds = seconds(end.ticks - begun.ticks),
                                      .target_type = f->target,
                                      .run_type = run_type_of(f),
                                      .total_errors = f->counters.errors,
                                      .retrieved_at = now};
    if (f->to_process > 0) {
        double percent = (double)f->processed * 100 / (double)f->to_process;
        out->percent_complete = (struct maybe_double){true, (double)(int64_t)(percent * 10 + 0.5) / 10};
    }
    struct run_rate rate = running && owner ? runs_rate(owner, f->id) : (struct run_rate){-1, -1};
    if (rate.objects_per_second >= 0) out->objects_per_second = (struct maybe_double){true, rate.objects_per_second};
    if (rate.seconds_remaining >= 0) out->estimated_seconds_remaining = (struct maybe_double){true, rate.seconds_remaining};
    const struct activity_counters *n = &f->counters;
    struct int64_entries *counts = &out->operation_counts;
    add_count(a, counts, "Added", n->added);
    add_count(a, counts, "Updated", n->updated);
    add_count(a, counts, "Deleted", n->deleted);
    add_count(a, counts, "Projected", n->projected);
    add_count(a, counts, "Joined", n->joined);
    add_count(a, counts, "AttributeFlows", n->attribute_flows);
    add_count(a, counts, "Disconnected", n->disconnected);
    add_count(a, counts, "DriftCorrections", n->drift_corrections);
    add_count(a, counts, "Provisioned", n->provisioned);
    add_count(a, counts, "Exported", n->exported);
    add_count(a, counts, "Deprovisioned", n->deprovisioned);
    add_count(a, counts, "PendingExports", n->pending_exports);
    phases_of(a, f, &out->phases);
    current_of(f, out);
}

/* ---- items ---- */

static void sum_outcomes(const struct outcome_node *n, int64_t *sums) {
    for (; n; n = n->next) {
        bool counted = n->type == OUTCOME_ATTRIBUTE_FLOW || n->type == OUTCOME_ASSERTED_NULL || n->type == OUTCOME_NO_CONTRIBUTOR ||
                       n->type == OUTCOME_DRIFT_CORRECTION || n->type == OUTCOME_EXPORT_CONFIRMED ||
                       n->type == OUTCOME_EXPORT_FAILED;
        sums[n->type] += counted && n->count > 0 ? n->count : 1;
        sum_outcomes(n->children, sums);
    }
}

static text summary_of(arena *a, const struct outcome_node *roots) {
    int64_t sums[64] = {0};
    sum_outcomes(roots, sums);
    text all = {0};
    for (unsigned i = 0; i < outcome_names.count; i++) {
        if (!sums[i]) continue;
        all = arena_print(a, "%.*s%s%s:%lld", TEXT_ARG(all), all.len ? "," : "", enum_name(&outcome_names, i), (long long)sums[i]);
    }
    return all;
}

void item_header_of(arena *a, const struct run_item *f, struct item_header *out) {
    *out = (struct item_header){.id = id_to_uuid(ID_RUN_ITEM, f->id),
                                .external_id_value = f->external_id,
                                .display_name = f->display_name,
                                .connected_system_object_type = f->object_type,
                                .object_change_type = f->change,
                                .error_type = {f->error != ITEM_NO_ERROR, f->error},
                                .outcome_summary = summary_of(a, f->outcomes)};
}
