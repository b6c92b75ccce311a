/* Emptying a connector space and deleting a connected system (sync-engine §19, contract §6). */
#include "api/change.h"

#include "model/ids.h"
#include "runs/removal.h"

#define DELETION_OUTCOMES(X)                                                                                                       \
    X(DELETED_IMMEDIATELY, "CompletedImmediately")                                                                                 \
    X(DELETION_QUEUED, "QueuedAsBackgroundJob") X(DELETION_QUEUED_AFTER_SYNC, "QueuedAfterSync") X(DELETION_FAILED, "Failed")
NAMED_ENUM(deletion_outcome, DELETION_OUTCOMES)
NAMED_ENUM_TABLE(deletion_outcome, "DeletionOutcome", DELETION_OUTCOMES)

enum { CLEARING_MS = 20000, OBJECTS_A_SECOND = 5000 };

struct deletion_preview {
    int32_t connected_system_id;
    text connected_system_name;
    int32_t connected_system_object_count;
    int32_t sync_rule_count;
    int32_t run_profile_count;
    int32_t partition_count;
    int32_t container_count;
    int32_t pending_export_count;
    int32_t activity_count;
    int32_t joined_mvo_count;
    int32_t mvos_with_other_connectors_count;
    int32_t mvos_with_deletion_rule_count;
    int32_t mvos_with_grace_period_count;
    struct texts warnings;
    timespan estimated_deletion_time;
    bool will_run_as_background_job;
    bool has_running_sync_operation;
};
static SHAPE(
    deletion_preview, "ConnectedSystemDeletionPreview",
    FIELDS(FIELD(deletion_preview, connected_system_id, "connectedSystemId"),
           FIELD(deletion_preview, connected_system_name, "connectedSystemName"),
           FIELD(deletion_preview, connected_system_object_count, "connectedSystemObjectCount"),
           FIELD(deletion_preview, sync_rule_count, "syncRuleCount"), FIELD(deletion_preview, run_profile_count, "runProfileCount"),
           FIELD(deletion_preview, partition_count, "partitionCount"), FIELD(deletion_preview, container_count, "containerCount"),
           FIELD(deletion_preview, pending_export_count, "pendingExportCount"),
           FIELD(deletion_preview, activity_count, "activityCount"), FIELD(deletion_preview, joined_mvo_count, "joinedMvoCount"),
           FIELD(deletion_preview, mvos_with_other_connectors_count, "mvosWithOtherConnectorsCount"),
           FIELD(deletion_preview, mvos_with_deletion_rule_count, "mvosWithDeletionRuleCount"),
           FIELD(deletion_preview, mvos_with_grace_period_count, "mvosWithGracePeriodCount"),
           FIELD(deletion_preview, warnings, "warnings"), FIELD(deletion_preview, estimated_deletion_time, "estimatedDeletionTime"),
           FIELD(deletion_preview, will_run_as_background_job, "willRunAsBackgroundJob"),
           FIELD(deletion_preview, has_running_sync_operation, "hasRunningSyncOperation")));

struct deletion_result {
    bool success;
    enum deletion_outcome outcome;
    text error_message;
    uuid worker_task_id;
    uuid activity_id;
};
static SHAPE(deletion_result, "ConnectedSystemDeletionResult",
             FIELDS(FIELD(deletion_result, success, "success"),
                    FIELD(deletion_result, outcome, "outcome", .names = &deletion_outcome_names),
                    FIELD(deletion_result, error_message, "errorMessage", .nullable = true),
                    FIELD(deletion_result, worker_task_id, "workerTaskId", .nullable = true),
                    FIELD(deletion_result, activity_id, "activityId", .nullable = true)));

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
#define DELETE_HISTORY                                                                                                             \
    "Also forgets what changed on its objects. Otherwise that stays, and its objects are among those that were deleted."
struct clear_in {
    int32_t system;
    bool delete_change_history;
};
static SHAPE(clear_in, NULL,
             FIELDS(FIELD(clear_in, system, "connectedSystemId"),
                    FIELD(clear_in, delete_change_history, "deleteChangeHistory", .query = true, .by_default = "true",
                          .doc = DELETE_HISTORY)));
struct delete_in {
    int32_t system;
    bool delete_change_history;
    text change_reason;
};
static SHAPE(delete_in, NULL,
             FIELDS(FIELD(delete_in, system, "connectedSystemId"),
                    FIELD(delete_in, delete_change_history, "deleteChangeHistory", .doc = DELETE_HISTORY),
                    CHANGE_REASON(delete_in, change_reason)));

/* ---- emptying ---- */

/* Few objects: in the session of the request, which no run can meet. */
static FALLIBLE clear_now(struct call *c, struct change *x, const struct connected_system *s, bool forget) {
    int64_t removed;
    struct removal q = {.config = x->before, .system = s, .initiator = caller_initiator(c->a, &c->caller), .forget = forget};
    TRY(store_ids(c->services->store, IDS_ACTIVITY, 1, &q.activity));
    TRY(removal_at_once(x->tx, &q, &removed));
    struct activity activity = {.id = q.activity,
                                .created = c->now,
                                .executed = c->now,
                                .ended = instant_now(),
                                .status = ACTIVITY_COMPLETE,
                                .target = TARGET_CONNECTED_SYSTEM,
                                .operation = OPERATION_CLEAR,
                                .target_name = s->name,
                                .message = T("Finished"),
                                .initiator = q.initiator,
                                .to_process = removed,
                                .processed = removed,
                                .system = s->id};
    TRY(store_save_activity(x->tx, &activity));
    return store_commit(x->tx);
}

/* The reply waits for the worker; where that takes too long the client has its answer, and runs stay behind the task in the queue.
 */
static FALLIBLE wait_for(struct call *c, const struct run_ticket *ticket) {
    OWNED(store_tx) tx = NULL;
    struct activity activity;
    bool ended, found;
    TRY(runs_wait(c->services->runs, ticket->task, CLEARING_MS, &ended));
    if (!ended) return NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(store_activity(tx, c->a, ticket->activity, &activity, &found));
    if (!found || activity.status == ACTIVITY_COMPLETE) return NULL;
    return FAIL(ERROR_INVALID, "The connector space was not emptied wholly; its activity tells why. Clear it again to go on.");
}

static FALLIBLE system_clear(struct call *c, const struct clear_in *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct connected_system *s;
    struct queue_state queue;
    struct system_counts counts;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &s));
    TRY(runs_queue_state(x.tx, c->a, s->id, &queue));
    if (s->status == SYSTEM_DELETING) return FAIL(ERROR_INVALID, "'%.*s' is being deleted.", TEXT_ARG(s->name));
    if (queue.busy)
        return FAIL(ERROR_INVALID, "A run of '%.*s' waits or is carried out; clear it when the queue has none of its runs.",
                    TEXT_ARG(s->name));
    TRY(store_system_counts(x.tx, s->id, &counts));
    if (counts.objects <= REMOVED_AT_ONCE) return clear_now(c, &x, s, in->delete_change_history);
    struct task_request q = {
        .type = TASK_CLEAR_SPACE, .system = s, .operation = OPERATION_CLEAR, .initiator = caller_initiator(c->a, &c->caller)};
    q.parameters = removal_parameters(in->delete_change_history);
    struct run_ticket ticket;
    TRY(runs_enqueue(x.tx, c->a, &q, &ticket));
    TRY(store_commit(x.tx));
    change_end(&x);
    runs_wake(c->services->runs);
    return wait_for(c, &ticket);
}
HANDLER(system_clear, clear_in, nothing)

/* ---- deleting ---- */

static void warn(struct call *c, const struct removal_counts *n, struct deletion_preview *p) {
    struct texts *list = &p->warnings;
    int64_t only = n->joined - n->shared;
    if (p->has_running_sync_operation) *LIST_ADD(c->a, list) = T("A run is in progress; the deletion begins when it has ended.");
    if (only > 0)
        *LIST_ADD(c->a, list) = arena_print(
            c->a, "%lld metaverse objects are joined to no other system; the deletion rules of their types decide about them.",
            (long long)only);
    if (n->joined)
        *LIST_ADD(c->a, list) = T("Values that the system has contributed stay; nothing is recalled and nothing exported.");
    if (p->pending_export_count)
        *LIST_ADD(c->a, list) =
            arena_print(c->a, "%d changes that wait for their export are never exported.", p->pending_export_count);
}

static int32_t count_containers(const struct connected_system *s) {
    size_t count = 0;
    for (EACH(const struct partition, p, &s->partitions)) count += p->containers.count;
    return (int32_t)count;
}

static FALLIBLE deletion_preview(struct call *c, const struct of_system *in, struct deletion_preview *out) {
    snapshot *config;
    const struct connected_system *s;
    OWNED(store_tx) tx = NULL;
    struct queue_state queue;
    struct system_counts counts;
    struct removal_counts joined;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(runs_queue_state(tx, c->a, s->id, &queue));
    TRY(store_system_counts(tx, s->id, &counts));
    TRY(store_removal_counts(tx, s->id, &joined));
    *out = (struct deletion_preview){.connected_system_id = s->id,
                                     .connected_system_name = s->name,
                                     .connected_system_object_count = (int32_t)counts.objects,
                                     .run_profile_count = (int32_t)s->run_profiles.count,
                                     .partition_count = (int32_t)s->partitions.count,
                                     .container_count = count_containers(s),
                                     .pending_export_count = (int32_t)counts.pending_exports,
                                     .activity_count = (int32_t)joined.activities,
                                     .joined_mvo_count = (int32_t)joined.joined,
                                     .mvos_with_other_connectors_count = (int32_t)joined.shared,
                                     .mvos_with_deletion_rule_count = (int32_t)joined.ruled,
                                     .mvos_with_grace_period_count = (int32_t)joined.graced,
                                     .estimated_deletion_time = {(counts.objects / OBJECTS_A_SECOND + 1) * TICKS_PER_SECOND},
                                     .will_run_as_background_job = queue.running || counts.objects > REMOVED_AT_ONCE,
                                     .has_running_sync_operation = queue.running};
    for (EACH(const struct sync_rule, r, &config->rules)) out->sync_rule_count += r->system == s->id;
    warn(c, &joined, out);
    return NULL;
}
HANDLER(deletion_preview, of_system, deletion_preview)

static FALLIBLE delete_now(struct call *c, struct change *x, const struct connected_system *s, const struct delete_in *in,
                           struct deletion_result *out) {
    int64_t removed;
    struct removal q = {.config = x->before, .system = s, .initiator = caller_initiator(c->a, &c->caller), .orphans = true};
    q.forget = in->delete_change_history;
    TRY(store_ids(c->services->store, IDS_ACTIVITY, 1, &q.activity));
    TRY(removal_at_once(x->tx, &q, &removed));
    TRY(store_delete_system(x->tx, s->id));
    struct change_note note = {.target = TARGET_CONNECTED_SYSTEM,
                               .operation = OPERATION_DELETE,
                               .name = s->name,
                               .reason = in->change_reason,
                               .system = s->id};
    note.id = s->id;
    note.number = q.activity;
    TRY(change_commit(c, x, &note, NULL));
    *out = (struct deletion_result){.success = true, .outcome = DELETED_IMMEDIATELY, .activity_id = note.activity};
    return NULL;
}

/* The state Deleting keeps runs away; the worker comes to the task when the run in hand has ended. */
static FALLIBLE delete_later(struct call *c, struct change *x, const struct connected_system *stored, const struct delete_in *in,
                             bool running, struct deletion_result *out) {
    struct connected_system s = *stored;
    struct run_ticket ticket;
    struct task_request q = {.type = TASK_DELETE_SYSTEM,
                             .system = stored,
                             .operation = OPERATION_DELETE,
                             .initiator = caller_initiator(c->a, &c->caller),
                             .reason = in->change_reason,
                             .parameters = removal_parameters(in->delete_change_history)};
    s.status = SYSTEM_DELETING;
    TRY(store_save_system(x->tx, &s));
    TRY(runs_enqueue(x->tx, c->a, &q, &ticket));
    TRY(store_commit(x->tx));
    change_end(x);
    runs_wake(c->services->runs);
    *out = (struct deletion_result){.success = true,
                                    .outcome = running ? DELETION_QUEUED_AFTER_SYNC : DELETION_QUEUED,
                                    .worker_task_id = id_to_uuid(ID_TASK, ticket.task),
                                    .activity_id = id_to_uuid(ID_ACTIVITY, ticket.activity)};
    call_status(c, 202);
    return NULL;
}

static FALLIBLE system_delete(struct call *c, const struct delete_in *in, struct deletion_result *out) {
    OWNED_VALUE(change) x = {0};
    struct queue_state queue;
    struct system_counts counts;
    TRY(change_begin(c, &x));
    const struct connected_system *s = config_system(x.before, in->system);
    if (!s) return FAIL(ERROR_INVALID, "There is no connected system %d.", in->system);
    TRY(runs_queue_state(x.tx, c->a, s->id, &queue));
    if (s->status == SYSTEM_DELETING && queue.busy) /* else a deletion was cancelled: this one goes on */
        return FAIL(ERROR_INVALID, "'%.*s' is being deleted already.", TEXT_ARG(s->name));
    TRY(store_system_counts(x.tx, s->id, &counts));
    if (queue.running || counts.objects > REMOVED_AT_ONCE) return delete_later(c, &x, s, in, queue.running, out);
    return delete_now(c, &x, s, in, out);
}
HANDLER(system_delete, delete_in, deletion_result)

#define SYSTEM "/connected-systems/{connectedSystemId}"
#define UNKNOWN ALSO({404, NULL, "There is no such connected system."})
const struct routes system_removal_routes = ROUTES(
    "Synchronisation", "/api/v1/synchronisation",
    ROUTE(DELETE, SYSTEM, system_delete, "Deletes a connected system with its rules and objects.",
          .operation = "DeleteConnectedSystem", .role = ROLE_ADMINISTRATOR,
          .doc = "Metaverse objects stay: those that lose their last object are marked for deletion as the rules of their "
                 "types say. Values that the system has contributed stay too.",
          .also = ALSO({202, &deletion_result_shape, "The worker does it: there are many objects, or a run is in progress."})),
    ROUTE(GET, SYSTEM "/deletion-preview", deletion_preview, "What deleting the system would mean.",
          .operation = "GetConnectedSystemDeletionPreview", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
    ROUTE(POST, SYSTEM "/clear", system_clear, "Removes all objects of the connector space, with joins and pending exports.",
          .operation = "ClearConnectorSpace", .status = 200, .role = ROLE_ADMINISTRATOR,
          .doc = "Identities stay as they are: nothing is recalled and nothing deleted. The next full import and full "
                 "synchronisation build everything anew.",
          .also = UNKNOWN));
