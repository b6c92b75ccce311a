/* How much is recorded about a system's objects, and forgetting what is old (operations §18.1). */
#include "api/change.h"

#include "runs/retention.h"

enum { CLEANUP_MS = 20000 };

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));

struct history_count {
    int32_t connected_system_id;
    text connected_system_name;
    int32_t change_record_count;
};
static SHAPE(history_count, "HistoryCountResponse",
             FIELDS(FIELD(history_count, connected_system_id, "connectedSystemId"),
                    FIELD(history_count, connected_system_name, "connectedSystemName"),
                    FIELD(history_count, change_record_count, "changeRecordCount")));

struct history_cleanup {
    int32_t cso_changes_deleted;
    int32_t mvo_changes_deleted;
    int32_t activities_deleted;
    int32_t configuration_change_activities_deleted;
    int32_t configuration_change_retention_period_days;
    int32_t security_event_activities_deleted;
    int32_t security_event_retention_period_days;
    int32_t initial_password_work_records_deleted;
    int32_t initial_password_retention_period_days;
    instant oldest_record_deleted;
    instant newest_record_deleted;
    instant cutoff_date;
    int32_t retention_period_days;
    int32_t batch_size;
};
static SHAPE(history_cleanup, "HistoryCleanupResponse",
             FIELDS(FIELD(history_cleanup, cso_changes_deleted, "csoChangesDeleted"),
                    FIELD(history_cleanup, mvo_changes_deleted, "mvoChangesDeleted"),
                    FIELD(history_cleanup, activities_deleted, "activitiesDeleted"),
                    FIELD(history_cleanup, configuration_change_activities_deleted, "configurationChangeActivitiesDeleted"),
                    FIELD(history_cleanup, configuration_change_retention_period_days, "configurationChangeRetentionPeriodDays"),
                    FIELD(history_cleanup, security_event_activities_deleted, "securityEventActivitiesDeleted"),
                    FIELD(history_cleanup, security_event_retention_period_days, "securityEventRetentionPeriodDays"),
                    FIELD(history_cleanup, initial_password_work_records_deleted, "initialPasswordWorkRecordsDeleted"),
                    FIELD(history_cleanup, initial_password_retention_period_days, "initialPasswordRetentionPeriodDays"),
                    FIELD(history_cleanup, oldest_record_deleted, "oldestRecordDeleted", .nullable = true),
                    FIELD(history_cleanup, newest_record_deleted, "newestRecordDeleted", .nullable = true),
                    FIELD(history_cleanup, cutoff_date, "cutoffDate"),
                    FIELD(history_cleanup, retention_period_days, "retentionPeriodDays"),
                    FIELD(history_cleanup, batch_size, "batchSize")));

static FALLIBLE history_count(struct call *c, const struct of_system *in, struct history_count *out) {
    OWNED(store_tx) tx = NULL;
    snapshot *config;
    const struct connected_system *s;
    int64_t count;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(store_change_records(tx, s->id, &count));
    *out = (struct history_count){s->id, s->name, (int32_t)count};
    return NULL;
}
HANDLER(history_count, of_system, history_count)

static int32_t days(timespan t) { return (int32_t)(t.ticks / TICKS_PER_DAY); }

static FALLIBLE history_cleanup(struct call *c, const struct nothing *in, struct history_cleanup *out) {
    (void)in;
    snapshot *config;
    struct cleanup done;
    timespan passwords;
    struct initiator by = caller_initiator(c->a, &c->caller);
    TRY(call_config(c, &config));
    TRY(runs_cleanup(c->services->runs, &by, CLEANUP_MS, &done));
    if (!timespan_read(config_setting(config, T("History.InitialPasswordRetentionPeriod")), &passwords))
        passwords.ticks = 90 * TICKS_PER_DAY;
    *out = (struct history_cleanup){
        .cso_changes_deleted = (int32_t)done.cso_changes,
        .mvo_changes_deleted = (int32_t)done.mvo_changes,
        .activities_deleted = (int32_t)done.activities[RETAIN_ORDINARY],
        .configuration_change_activities_deleted = (int32_t)done.activities[RETAIN_CONFIGURATION],
        .configuration_change_retention_period_days = days(done.periods[RETAIN_CONFIGURATION]),
        .security_event_activities_deleted = (int32_t)done.activities[RETAIN_SECURITY],
        .security_event_retention_period_days = days(done.periods[RETAIN_SECURITY]),
        .initial_password_retention_period_days = days(passwords),
        .oldest_record_deleted = done.oldest,
        .newest_record_deleted = done.newest,
        .cutoff_date = done.cutoff,
        .retention_period_days = days(done.periods[RETAIN_ORDINARY]),
        .batch_size = done.batch,
    };
    return NULL;
}
HANDLER(history_cleanup, nothing, history_cleanup)

const struct routes history_cleanup_routes =
    ROUTES("History", "/api/v1/history",
           ROUTE(GET, "/connected-systems/{connectedSystemId}/count", history_count,
                 "How many changes of its objects are recorded.", .operation = "GetConnectedSystemChangeCount",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such connected system."})),
           ROUTE(POST, "/cleanup", history_cleanup, "Forgets what is older than the settings History.… say.",
                 .operation = "CleanupHistory", .role = ROLE_ADMINISTRATOR,
                 .doc = "It also happens by itself every six hours. What is in progress, and the newest version of each object of "
                        "the configuration, is never forgotten. A large backlog takes several calls."));
