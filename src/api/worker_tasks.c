/* The queue of the workers: what waits, what runs, and cancelling (operations §14). */
#include "api/activity_view.h"
#include "model/ids.h"
#include "runs/runs.h"

struct run_phase_step {
    int32_t order;
    text name;
    enum phase_status status;
};
static SHAPE(run_phase_step, "RunPhaseStep",
             FIELDS(FIELD(run_phase_step, order, "order"), FIELD(run_phase_step, name, "name"),
                    FIELD(run_phase_step, status, "status", .names = &phase_status_names)));

struct run_phase_summary {
    text current_step_name;
    struct maybe_int32 current_step_number;
    int32_t total_steps;
    struct run_phase_step_list LIST(struct run_phase_step) steps;
};
static SHAPE(run_phase_summary, "RunPhaseSummary",
             FIELDS(FIELD(run_phase_summary, current_step_name, "currentStepName", .nullable = true),
                    FIELD(run_phase_summary, current_step_number, "currentStepNumber"),
                    FIELD(run_phase_summary, total_steps, "totalSteps"),
                    OBJECTS(run_phase_summary, steps, "steps", run_phase_step)));

struct task_header {
    uuid id;
    text name;
    text type;
    instant timestamp;
    enum task_status status;
    enum initiator_type initiated_by_type;
    uuid initiated_by_id;
    text initiated_by_name;
    uuid activity_id;
    struct maybe_int32 objects_to_process;
    struct maybe_int32 objects_processed;
    text progress_message;
    const struct run_phase_summary *steps;
    uuid schedule_execution_id;
    text schedule_execution_name;
    struct maybe_int32 schedule_step_index;
    struct maybe_int32 schedule_total_steps;
    struct maybe_int32 schedule_current_step_index;
};
static SHAPE(task_header, "WorkerTaskHeader",
             FIELDS(FIELD(task_header, id, "id"), FIELD(task_header, name, "name"), FIELD(task_header, type, "type"),
                    FIELD(task_header, timestamp, "timestamp"), FIELD(task_header, status, "status", .names = &task_status_names),
                    FIELD(task_header, initiated_by_type, "initiatedByType", .names = &initiator_type_names),
                    FIELD(task_header, initiated_by_id, "initiatedById", .nullable = true),
                    FIELD(task_header, initiated_by_name, "initiatedByName", .nullable = true),
                    FIELD(task_header, activity_id, "activityId", .nullable = true),
                    FIELD(task_header, objects_to_process, "objectsToProcess"),
                    FIELD(task_header, objects_processed, "objectsProcessed"),
                    FIELD(task_header, progress_message, "progressMessage", .nullable = true),
                    OBJECT(task_header, steps, "steps", run_phase_summary, .nullable = true),
                    FIELD(task_header, schedule_execution_id, "scheduleExecutionId", .nullable = true),
                    FIELD(task_header, schedule_execution_name, "scheduleExecutionName", .nullable = true),
                    FIELD(task_header, schedule_step_index, "scheduleStepIndex"),
                    FIELD(task_header, schedule_total_steps, "scheduleTotalSteps"),
                    FIELD(task_header, schedule_current_step_index, "scheduleCurrentStepIndex")));

struct tasks_in {
    int32_t page, page_size;
};
static SHAPE(tasks_in, NULL,
             FIELDS(FIELD(tasks_in, page, "page", .by_default = "1"), FIELD(tasks_in, page_size, "pageSize", .by_default = "50")));

struct task_page PAGE_OF(task_header);
static PAGE_SHAPE(task_page, task_header, "PaginatedResponseOfWorkerTaskHeader");

static void steps_of(struct call *c, const struct activity *activity, struct run_phase_summary *out) {
    for (EACH(struct activity_phase, p, &activity->phases)) {
        if (!text_is_null(p->parent_key)) continue;
        *LIST_ADD(c->a, &out->steps) = (struct run_phase_step){.order = p->order, .name = p->name, .status = p->status};
        out->total_steps++;
        if (p->status != PHASE_ACTIVE) continue;
        out->current_step_name = p->name;
        out->current_step_number = (struct maybe_int32){true, out->total_steps};
    }
}

static FALLIBLE view(struct call *c, store_tx *tx, const struct worker_task *t, struct task_header *out) {
    *out = (struct task_header){.id = id_to_uuid(ID_TASK, t->id),
                                .name = t->name,
                                .type = enum_text(&task_type_names, t->type),
                                .timestamp = t->queued,
                                .status = t->status,
                                .initiated_by_type = t->initiator.type,
                                .initiated_by_id = initiator_uuid(t->initiator.id),
                                .initiated_by_name = t->initiator.name};
    if (!t->activity) return NULL;
    struct activity activity;
    bool found;
    out->activity_id = id_to_uuid(ID_ACTIVITY, t->activity);
    TRY(store_activity(tx, c->a, t->activity, &activity, &found));
    if (!found) return NULL;
    out->objects_to_process = (struct maybe_int32){true, (int32_t)activity.to_process};
    out->objects_processed = (struct maybe_int32){true, (int32_t)activity.processed};
    out->progress_message = activity.message;
    struct run_phase_summary *steps = ARENA_NEW(c->a, struct run_phase_summary);
    steps_of(c, &activity, steps);
    out->steps = steps->total_steps ? steps : NULL;
    return NULL;
}

static FALLIBLE tasks_list(struct call *c, const struct tasks_in *in, struct task_page *out) {
    int32_t page = in->page, size = in->page_size;
    list_clamp(&page, &size, 50, 100);
    TRY(list_depth(c, page, size));
    OWNED(store_tx) tx = NULL;
    struct worker_tasks tasks = {0};
    int64_t total;
    TRY(store_read(c->services->store, &tx));
    TRY(store_tasks(tx, c->a, (int64_t)(page - 1) * size, size, &tasks, &total));
    for (EACH(struct worker_task, t, &tasks)) TRY(view(c, tx, t, LIST_ADD(c->a, &out->items)));
    page_fill(&out->counts, page, size, total);
    return NULL;
}
HANDLER(tasks_list, tasks_in, task_page)

static error *not_found(void) {
    return FAIL(ERROR_NOT_FOUND, "There is no worker task of this id; it has ended, its activity tells how.");
}

static FALLIBLE task_get(struct call *c, const struct by_uuid *in, struct task_header *out) {
    OWNED(store_tx) tx = NULL;
    struct worker_task task;
    bool found = false;
    int64_t id = id_from_uuid(ID_TASK, in->id);
    TRY(store_read(c->services->store, &tx));
    if (id) TRY(store_task(tx, c->a, id, &task, &found));
    return found ? view(c, tx, &task, out) : not_found();
}
HANDLER(task_get, by_uuid, task_header)

static FALLIBLE task_cancel(struct call *c, const struct by_uuid *in, struct nothing *out) {
    (void)out;
    bool found = false;
    int64_t id = id_from_uuid(ID_TASK, in->id);
    if (id) TRY(runs_cancel(c->services->runs, id, &found));
    return found ? NULL : not_found();
}
HANDLER(task_cancel, by_uuid, nothing)

const struct routes worker_task_routes =
    ROUTES("WorkerTasks", "/api/v1",
           ROUTE(GET, "/worker-tasks", tasks_list, "Lists what waits and runs, in the order of the queue.",
                 .operation = "GetWorkerTasks", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/worker-tasks/{id}", task_get, "One task of the queue.", .operation = "GetWorkerTask",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "It has ended, or never was."})),
           ROUTE(POST, "/worker-tasks/{id}/cancel", task_cancel, "Removes a waiting task, or asks a running one to stop.",
                 .operation = "CancelWorkerTask", .status = 202, .role = ROLE_OPERATOR,
                 .also = ALSO({404, NULL, "It has ended, or never was."})));
