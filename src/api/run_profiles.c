/* Run profiles of a connected system, and running them (sync-engine §2.8). */
#include "api/history_views.h"
#include "model/ids.h"
#include "runs/systems.h"

struct run_profile_view {
    int32_t id;
    text name;
    int32_t connected_system_id;
    enum run_type run_type;
    int32_t page_size;
    text partition_name;
    bool targets_deselected_partition;
    text file_path;
    bool verify_import_content_hashes;
};
static SHAPE(run_profile_view, "RunProfileDto",
             FIELDS(FIELD(run_profile_view, id, "id"), FIELD(run_profile_view, name, "name"),
                    FIELD(run_profile_view, connected_system_id, "connectedSystemId"),
                    FIELD(run_profile_view, run_type, "runType", .names = &run_type_names),
                    FIELD(run_profile_view, page_size, "pageSize"),
                    FIELD(run_profile_view, partition_name, "partitionName", .nullable = true),
                    FIELD(run_profile_view, targets_deselected_partition, "targetsDeselectedPartition"),
                    FIELD(run_profile_view, file_path, "filePath", .nullable = true),
                    FIELD(run_profile_view, verify_import_content_hashes, "verifyImportContentHashes")));

struct run_profile_create {
    int32_t system;
    text name;
    enum run_type run_type;
    int32_t page_size;
    struct maybe_int32 partition_id;
    text file_path;
    bool verify_import_content_hashes;
};
static SHAPE(run_profile_create, "CreateRunProfileRequest",
             FIELDS(FIELD(run_profile_create, system, "connectedSystemId"),
                    FIELD(run_profile_create, name, "name", .required = true, .max_length = 200),
                    FIELD(run_profile_create, run_type, "runType", .names = &run_type_names),
                    FIELD(run_profile_create, page_size, "pageSize", BETWEEN(1, 10000), .by_default = "100"),
                    FIELD(run_profile_create, partition_id, "partitionId"),
                    FIELD(run_profile_create, file_path, "filePath", .max_length = 500, .nullable = true),
                    FIELD(run_profile_create, verify_import_content_hashes, "verifyImportContentHashes")));

struct run_profile_update {
    uint64_t given;
    int32_t system, profile;
    text name;
    struct maybe_int32 page_size;
    struct maybe_int32 partition_id;
    text file_path;
    struct maybe_bool verify_import_content_hashes;
};
static SHAPE(run_profile_update, "UpdateRunProfileRequest",
             FIELDS(FIELD(run_profile_update, system, "connectedSystemId"), FIELD(run_profile_update, profile, "runProfileId"),
                    FIELD(run_profile_update, name, "name", .max_length = 200, .nullable = true),
                    FIELD(run_profile_update, page_size, "pageSize", BETWEEN(1, 10000)),
                    FIELD(run_profile_update, partition_id, "partitionId"),
                    FIELD(run_profile_update, file_path, "filePath", .max_length = 500, .nullable = true),
                    FIELD(run_profile_update, verify_import_content_hashes, "verifyImportContentHashes")));

struct execution_ticket {
    uuid activity_id;
    uuid task_id;
    text message;
    struct texts warnings;
};
static SHAPE(execution_ticket, "RunProfileExecutionResponse",
             FIELDS(FIELD(execution_ticket, activity_id, "activityId"), FIELD(execution_ticket, task_id, "taskId"),
                    FIELD(execution_ticket, message, "message"), FIELD(execution_ticket, warnings, "warnings")));

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
struct of_profile {
    int32_t system, profile;
    text reason;
};
static SHAPE(of_profile, NULL,
             FIELDS(FIELD(of_profile, system, "connectedSystemId"), FIELD(of_profile, profile, "runProfileId"),
                    CHANGE_REASON(of_profile, reason)));
struct run_profile_list {
    struct run_profile_views LIST(struct run_profile_view) items;
};
static SHAPE(run_profile_list, NULL, FIELDS(OBJECTS(run_profile_list, items, "items", run_profile_view)), .bare = true);

static void view(snapshot *config, const struct run_profile *p, struct run_profile_view *out) {
    const struct connected_system *s = config_system(config, p->system);
    const struct partition *partition = s && p->partition ? config_partition(s, p->partition) : NULL;
    *out = (struct run_profile_view){.id = p->id,
                                     .name = p->name,
                                     .connected_system_id = p->system,
                                     .run_type = p->type,
                                     .page_size = p->page_size,
                                     .partition_name = partition ? partition->name : (text){0},
                                     .targets_deselected_partition = p->partition && !(partition && partition->selected),
                                     .file_path = p->file_path,
                                     .verify_import_content_hashes = p->verify_hashes};
}

void run_profile_write(struct json_writer *w, snapshot *s, const struct run_profile *p) {
    struct run_profile_view v;
    view(s, p, &v);
    describe_write_members(w, &run_profile_view_shape, &v);
}

static FALLIBLE profiles_list(struct call *c, const struct of_system *in, struct run_profile_list *out) {
    snapshot *config;
    const struct connected_system *s;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    for (EACH(struct run_profile, p, &s->run_profiles)) view(config, p, LIST_ADD(c->a, &out->items));
    return NULL;
}
HANDLER(profiles_list, of_system, run_profile_list)

static FALLIBLE find_profile(snapshot *config, int32_t system, int32_t id, const struct run_profile **out) {
    const struct connected_system *s;
    TRY(find_system(config, system, &s));
    *out = config_run_profile(config, id);
    if (*out && (*out)->system == system) return NULL;
    return FAIL(ERROR_NOT_FOUND, "'%.*s' has no run profile %d.", TEXT_ARG(s->name), id);
}

static void check_name(struct call *c, const struct connected_system *s, const struct run_profile *p) {
    for (EACH(struct run_profile, other, &s->run_profiles))
        if (other->id != p->id && text_equal_ascii_case(other->name, p->name))
            call_problem(c, "name", "This system has a run profile of that name.");
}

/* What a profile asks of its connector is refused here, not at its first run. */
static FALLIBLE check(struct call *c, const struct connected_system *s, const struct run_profile *p) {
    const struct connector_definition *d = connector_by_id(s->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of this system is not part of this program.");
    if (p->type == RUN_NOT_SET) call_problem(c, "runType", "Choose a run type.");
    if (p->type == RUN_DELTA_IMPORT && !d->can.delta_import) call_problem(c, "runType", "This connector has no delta import.");
    if (p->type == RUN_EXPORT && !d->can.export) call_problem(c, "runType", "This connector cannot export.");
    if (p->verify_hashes && p->type != RUN_FULL_IMPORT)
        call_problem(c, "verifyImportContentHashes", "Only a full import can verify content hashes.");
    if (p->partition && !config_partition(s, p->partition))
        call_problem(c, "partitionId", "This connected system has no partition %d.", p->partition);
    if (p->file_path.len && !roots_allow(runs_file_roots(c->services->runs), p->file_path))
        call_problem(c, "filePath", "The path does not lie inside a folder of JOINERY_FILE_ROOTS.");
    check_name(c, s, p);
    return call_check(c);
}

static struct change_note note_of(const struct connected_system *s, const struct run_profile *p, text reason) {
    return (struct change_note){.target = TARGET_CONNECTED_SYSTEM,
                                .operation = OPERATION_UPDATE,
                                .name = s->name,
                                .context = p->name,
                                .reason = reason,
                                .system = s->id,
                                .id = s->id};
}

static FALLIBLE profile_create(struct call *c, const struct run_profile_create *in, struct run_profile_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct connected_system *s;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &s));
    struct run_profile p = {.system = s->id,
                            .name = in->name,
                            .file_path = in->file_path,
                            .type = in->run_type,
                            .page_size = in->page_size,
                            .partition = in->partition_id.given ? in->partition_id.value : 0,
                            .verify_hashes = in->verify_import_content_hashes,
                            .created = c->now};
    TRY(check(c, s, &p));
    TRY(store_save_run_profile(x.tx, &p));
    struct change_note note = note_of(s, &p, (text){0});
    TRY(change_commit(c, &x, &note, NULL));
    call_location(c, "/api/v1/synchronisation/connected-systems/%d/run-profiles", s->id);
    view(x.before, &p, out);
    return NULL;
}
HANDLER(profile_create, run_profile_create, run_profile_view)

static FALLIBLE profile_update(struct call *c, const struct run_profile_update *in, struct run_profile_view *out) {
    OWNED_VALUE(change) x = {0};
    const struct run_profile *stored;
    TRY(change_begin(c, &x));
    TRY(find_profile(x.before, in->system, in->profile, &stored));
    struct run_profile p = *stored;
    if (!text_is_null(in->name)) p.name = in->name;
    if (!text_is_null(in->file_path)) p.file_path = in->file_path;
    if (in->page_size.given) p.page_size = in->page_size.value;
    if (in->partition_id.given) p.partition = in->partition_id.value;
    if (in->verify_import_content_hashes.given) p.verify_hashes = in->verify_import_content_hashes.value;
    const struct connected_system *s = config_system(x.before, p.system);
    TRY(check(c, s, &p));
    TRY(store_save_run_profile(x.tx, &p));
    struct change_note note = note_of(s, &p, (text){0});
    TRY(change_commit(c, &x, &note, NULL));
    view(x.before, &p, out);
    return NULL;
}
HANDLER(profile_update, run_profile_update, run_profile_view)

static FALLIBLE profile_delete(struct call *c, const struct of_profile *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    const struct run_profile *p;
    TRY(change_begin(c, &x));
    TRY(find_profile(x.before, in->system, in->profile, &p));
    TRY(store_delete_run_profile(x.tx, p->id));
    struct change_note note = note_of(config_system(x.before, p->system), p, in->reason);
    return change_commit(c, &x, &note, NULL);
}
HANDLER(profile_delete, of_profile, nothing)

struct execute_in {
    int32_t system, profile;
    bool force;
};
static SHAPE(execute_in, NULL,
             FIELDS(FIELD(execute_in, system, "connectedSystemId"), FIELD(execute_in, profile, "runProfileId"),
                    FIELD(execute_in, force, "force", .query = true,
                          .doc = "Queue it although the same caller has queued it already.")));

static FALLIBLE profile_execute(struct call *c, const struct execute_in *in, struct execution_ticket *out) {
    struct run_request q = {
        .system = in->system, .profile = in->profile, .initiator = caller_initiator(c->a, &c->caller), .force = in->force};
    struct run_ticket ticket = {0};
    TRY(runs_execute(c->services->runs, c->a, &q, &ticket));
    *out = (struct execution_ticket){.activity_id = id_to_uuid(ID_ACTIVITY, ticket.activity),
                                     .task_id = id_to_uuid(ID_TASK, ticket.task),
                                     .message = ticket.message,
                                     .warnings = ticket.warnings};
    return NULL;
}
HANDLER(profile_execute, execute_in, execution_ticket)

#define PROFILES "/connected-systems/{connectedSystemId}/run-profiles"
#define UNKNOWN ALSO({404, NULL, "There is no such system or run profile."})
const struct routes run_profile_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, PROFILES, profiles_list, "Lists the run profiles of a connected system.", .operation = "GetRunProfiles",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, PROFILES, profile_create, "Creates a run profile.", .operation = "CreateRunProfile", .status = 201,
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, PROFILES "/{runProfileId}", profile_update, "Changes a run profile.", .operation = "UpdateRunProfile",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, PROFILES "/{runProfileId}", profile_delete, "Deletes a run profile.", .operation = "DeleteRunProfile",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(POST, PROFILES "/{runProfileId}/execute", profile_execute, "Queues a run; follow it by the activity's id.",
                 .operation = "ExecuteRunProfile", .status = 202, .role = ROLE_OPERATOR,
                 .also = ALSO({404, NULL, "There is no such system or run profile."},
                              {409, NULL, "The same caller has queued it already."})));
