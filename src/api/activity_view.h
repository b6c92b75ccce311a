/* Activities as the API shows them. */
#ifndef JOINERY_API_ACTIVITY_VIEW_H
#define JOINERY_API_ACTIVITY_VIEW_H

#include "api/api.h"
#include "api/history.h"

struct activity_common {
    uuid id;
    instant created;
    instant executed;
    enum activity_status status;
    enum activity_target target_type;
    enum activity_operation target_operation_type;
    text target_name;
    text target_context;
    text message;
    enum initiator_type initiated_by_type;
    uuid initiated_by_id;
    text initiated_by_name;
    int32_t objects_to_process;
    int32_t objects_processed;
    struct maybe_timespan execution_time;
    struct maybe_timespan total_activity_time;
    struct maybe_enum connected_system_run_type;
};

struct activity_schedule {
    uuid schedule_execution_id;
    struct maybe_int32 schedule_step_index;
    uuid scheduled_by_schedule_id;
    text scheduled_by_schedule_name;
};

struct activity_header {
    struct activity_common common;
    struct activity_schedule schedule;
    int32_t total_added;
    int32_t total_updated;
    int32_t total_deleted;
    int32_t total_projected;
    int32_t total_joined;
    int32_t total_attribute_flows;
    int32_t total_disconnected;
    int32_t total_disconnected_out_of_scope;
    int32_t total_out_of_scope_retain_join;
    int32_t total_drift_corrections;
    int32_t total_provisioned;
    int32_t total_exported;
    int32_t total_deprovisioned;
    int32_t total_created;
    int32_t total_pending_exports;
    int32_t total_errors;
    int32_t child_activity_count;
};

struct activity_stats {
    int32_t total_objects_processed;
    int32_t total_object_change_count;
    int32_t total_unchanged;
    int32_t total_object_errors;
    int32_t total_object_types;
    int32_t total_cso_adds;
    int32_t total_cso_updates;
    int32_t total_cso_deletes;
    int32_t total_projections;
    int32_t total_joins;
    int32_t total_attribute_flows;
    int32_t total_disconnections;
    int32_t total_disconnected_out_of_scope;
    int32_t total_out_of_scope_retain_join;
    int32_t total_drift_corrections;
    int32_t total_provisioned;
    int32_t total_exported;
    int32_t total_deprovisioned;
    int32_t total_pending_exports;
    int32_t total_pending_exports_confirmed;
    int32_t total_pending_exports_retrying;
    int32_t total_pending_exports_failed;
    int32_t total_created;
    struct stats_containers LIST(struct int32_entry) entries_discarded_by_excluded_container;
    int32_t total_entries_discarded_by_exclusion;
};

struct phase_view {
    text key;
    text name;
    text parent_key;
    int32_t order;
    enum phase_status status;
    instant started;
    instant ended;
    struct maybe_double duration_seconds;
};

/* Equal security events of a quarter of an hour (operations §27). */
struct security_event_view {
    enum audit_kind kind;
    text api_key_prefix, client_ip_address, reason, subject;
    instant window, first_seen, last_seen;
    int64_t attempts;
};

struct activity_detail {
    struct activity_common common;
    struct activity_schedule schedule;
    uuid parent_activity_id;
    text warning_message;
    text error_message;
    text error_stack_trace;
    text error_detail;
    struct maybe_int32 connected_system_id;
    struct maybe_int32 connected_system_run_profile_id;
    struct maybe_int32 sync_rule_id;
    uuid metaverse_object_id;
    struct maybe_int32 example_data_template_id;
    const struct activity_stats *execution_stats;
    struct phase_list LIST(struct phase_view) phases;
    text change_reason;
    uuid preview_activity_id;
    struct maybe_int32 configuration_change_version;
    const struct configuration_snapshot *configuration_change_snapshot;
    struct maybe_enum configuration_change_class;
    const struct security_event_view *security_event;
};

struct activity_progress {
    uuid id;
    enum activity_status status;
    text message;
    int32_t objects_processed;
    int32_t objects_to_process;
    struct maybe_double percent_complete;
    double elapsed_seconds;
    struct maybe_double objects_per_second;
    struct maybe_double estimated_seconds_remaining;
    enum activity_target target_type;
    struct maybe_enum run_type;
    struct int64_entries operation_counts;
    int64_t total_errors;
    instant retrieved_at;
    struct phase_list phases;
    const struct phase_view *current_phase;
    struct maybe_int32 current_phase_number;
    int32_t total_phases;
};

struct item_header {
    uuid id;
    text external_id_value;
    text display_name;
    text connected_system_object_type;
    enum object_change object_change_type;
    struct maybe_enum error_type;
    text outcome_summary;
};

extern const struct shape activity_common_shape, activity_schedule_shape, activity_header_shape, activity_stats_shape,
    phase_view_shape, activity_detail_shape, activity_progress_shape, item_header_shape;

/* Everything in `a`; texts are borrowed from the activity. */
void activity_header_of(arena *a, const struct activity *from, struct activity_header *out);
void activity_detail_of(arena *a, const struct activity *from, int64_t object_types, struct activity_detail *out);
void activity_stats_of(arena *a, const struct activity *from, int64_t object_types, struct activity_stats *out);
struct runs;
void activity_progress_of(arena *a, const struct activity *from, struct runs *runs, instant now, struct activity_progress *out);
void item_header_of(arena *a, const struct run_item *from, struct item_header *out);

/* An id text of an initiator as a UUID; zero when it is none. */
uuid initiator_uuid(text id);

#endif
