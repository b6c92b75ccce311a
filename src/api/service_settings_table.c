/* The keys of the service settings, with type, default and effect (operations §9.2), and what may be their values. */
#include "api/service_settings.h"

#include "base/uuid.h"

NAMED_ENUM_TABLE(service_setting_type, "ServiceSettingValueType", SERVICE_SETTING_TYPES)
NAMED_ENUM_TABLE(service_setting_category, "ServiceSettingCategory", SERVICE_SETTING_CATEGORIES)

#define VALIDATION_MODES(X) X(VALIDATION_ERROR, "Error") X(VALIDATION_WARNING, "Warning")
NAMED_ENUM(partition_validation, VALIDATION_MODES)
NAMED_ENUM_TABLE(partition_validation, "PartitionValidationMode", VALIDATION_MODES)

enum { VALUE_LENGTH = 2000, DAY = 86400 };

static text sso_authority(const struct services *s) { return s->sso ? s->sso->authority : (text){0}; }
static text sso_client_id(const struct services *s) { return s->sso ? s->sso->client_id : (text){0}; }
static text sso_api_scope(const struct services *s) { return s->sso ? s->sso->api_scope : (text){0}; }
static text sso_claim_type(const struct services *s) { return s->sso && s->settings ? s->settings->sso_claim_type : (text){0}; }
static text sso_mv_attribute(const struct services *s) { return s->sso && s->settings ? s->settings->sso_mv_attribute : (text){0}; }
static text key_folder(const struct services *s) { return s->settings ? s->settings->encryption_key_path : (text){0}; }
static text file_roots(const struct services *s) { return s->settings ? s->settings->file_roots : (text){0}; }
static text nothing_set(const struct services *s) {
    (void)s;
    return (text){0};
}

#define MIRROR(function) .read_only = true, .mirror = function
#define BOOLEAN(standard) .type = SERVICE_BOOLEAN, .by_default = standard
#define WHOLE(standard, from, to) .type = SERVICE_INTEGER, .by_default = standard, .least = from, .most = to
#define SPAN(standard, from, to) .type = SERVICE_TIMESPAN, .by_default = standard, .least = from, .most = to
#define RETENTION(standard) SPAN(standard, DAY, INT64_C(36500) * DAY)

const struct service_setting service_settings[] = {
    {"SSO.Authority", "Authority", "Where the identity provider is; from the environment.", SERVICE_SSO, MIRROR(sso_authority)},
    {"SSO.ClientId", "Client id", "By what name this installation is known there; from the environment.", SERVICE_SSO,
     MIRROR(sso_client_id)},
    {"SSO.Secret", "Client secret", "The secret that goes with the client id; from the environment, never stored.", SERVICE_SSO,
     MIRROR(nothing_set), .type = SERVICE_SECRET},
    {"SSO.ApiScope", "API scope", "The scope that programs ask for; from the environment.", SERVICE_SSO, MIRROR(sso_api_scope)},
    {"SSO.ClaimType", "Claim", "Which claim of a token tells who it is; from the environment.", SERVICE_SSO,
     MIRROR(sso_claim_type)},
    {"SSO.UniqueIdentifierClaimType", "Unique identifier claim", "The older name of the setting above.", SERVICE_SSO,
     MIRROR(sso_claim_type), .by_default = "sub"},
    {"SSO.MvAttribute", "Metaverse attribute", "The attribute of people that the claim is compared with; from the environment.",
     SERVICE_SSO, MIRROR(sso_mv_attribute)},
    {"SSO.EnableLogOut", "Show sign-out", "Offer people to sign out.", SERVICE_SSO, BOOLEAN("true"), .unused = true},

    {"Sync.PartitionValidationMode", "Runs without a selected partition",
     "Whether a run of a system without a selected partition or container is refused or only warned about.",
     SERVICE_SYNCHRONISATION, .type = SERVICE_ENUM, .by_default = "Error", .names = &partition_validation_names},
    {"Sync.VerboseNoChangeRecording", "Record unchanged objects",
     "Synchronisation runs write an item with the reason for every object that they did not change.", SERVICE_SYNCHRONISATION,
     BOOLEAN("false")},
    {"Sync.PageSize", "Objects a page",
     "How many objects a synchronisation run decides and writes at a time; 200 to 1,000 are useful.", SERVICE_SYNCHRONISATION,
     WHOLE("500", 1, 1000)},
    {"Preview.WorkerThreshold", "Previews in the worker", "Previews that touch more objects than this run in the background.",
     SERVICE_SYNCHRONISATION, WHOLE("2500", 1, INT32_MAX)},
    {"Preview.FullDataSetPromptThreshold", "Previews of every row",
     "Above this number of rows the portal asks: a sample or every row.", SERVICE_SYNCHRONISATION, WHOLE("100000", 1, INT32_MAX),
     .unused = true},
    {"Worker.StaleTaskTimeout", "Stale tasks", "A worker that was silent for so long has crashed, and its tasks return.",
     SERVICE_SYNCHRONISATION, SPAN("00:05:00", 10, DAY), .unused = true},
    {"Files.Roots", "Folders for files", "The folders that file connectors may use; from the environment.", SERVICE_SYNCHRONISATION,
     MIRROR(file_roots)},

    {"Safety.MinimumPopulation", "Smallest population", "Percentages count for object types with so many objects or more.",
     SERVICE_SYNCHRONISATION, WHOLE("50", 1, INT32_MAX)},
    {"Safety.ImportDeletePercent", "Deletions of an import, per cent",
     "How many objects of a type a full import may take for deleted, as a share; 100 is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE("10", 0, 100)},
    {"Safety.ImportDeleteCount", "Deletions of an import, number",
     "How many objects of a type a full import may take for deleted, as a number; not set is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.DisconnectPercent", "Disconnects of a synchronisation, per cent",
     "How many objects of a type a synchronisation may disconnect or deprovision, as a share; 100 is no limit.",
     SERVICE_SYNCHRONISATION, WHOLE("10", 0, 100)},
    {"Safety.DisconnectCount", "Disconnects of a synchronisation, number",
     "How many objects of a type a synchronisation may disconnect or deprovision, as a number; not set is no limit.",
     SERVICE_SYNCHRONISATION, WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.ExportDeletePercent", "Deletions of an export, per cent",
     "How many objects of a system an export may delete, as a share; 100 is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE("10", 0, 100)},
    {"Safety.ExportDeleteCount", "Deletions of an export, number",
     "How many objects of a system an export may delete, as a number; not set is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.ExportCreatePercent", "Creations of an export, per cent",
     "How many objects an export may create in a system, as a share; 100 is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, 100)},
    {"Safety.ExportCreateCount", "Creations of an export, number",
     "How many objects an export may create in a system, as a number; not set is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.ExportUpdatePercent", "Changes of an export, per cent",
     "How many objects of a system an export may change, as a share; 100 is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, 100)},
    {"Safety.ExportUpdateCount", "Changes of an export, number",
     "How many objects of a system an export may change, as a number; not set is no limit.", SERVICE_SYNCHRONISATION,
     WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.MetaverseDeletePercent", "Deletions in the metaverse, per cent",
     "How many objects of a type may be deleted from the metaverse within 24 hours, as a share; 100 is no limit.",
     SERVICE_SYNCHRONISATION, WHOLE("10", 0, 100)},
    {"Safety.MetaverseDeleteCount", "Deletions in the metaverse, number",
     "How many objects of a type may be deleted from the metaverse within 24 hours, as a number; not set is no limit.",
     SERVICE_SYNCHRONISATION, WHOLE(NULL, 0, INT32_MAX)},
    {"Safety.ErrorPercent", "Errors of a run, per cent", "A run ends when more of its objects have errors; 100 is no limit.",
     SERVICE_SYNCHRONISATION, WHOLE("50", 0, 100)},

    {"History.RetentionPeriod", "Keep history", "How long activities, changes of objects and previews are kept.", SERVICE_HISTORY,
     RETENTION("90.00:00:00")},
    {"History.ConfigurationChangeRetentionPeriod", "Keep configuration history",
     "How long activities that carry a version of the configuration are kept.", SERVICE_HISTORY, RETENTION("3650.00:00:00")},
    {"History.SecurityEventRetentionPeriod", "Keep security events", "How long sign-ins and refusals are kept.", SERVICE_HISTORY,
     RETENTION("365.00:00:00")},
    {"History.InitialPasswordRetentionPeriod", "Keep initial password records",
     "How long finished records of initial passwords are kept.", SERVICE_HISTORY, RETENTION("90.00:00:00"), .unused = true},
    {"History.CleanupBatchSize", "Clean-up batch", "How many rows of a kind one pass of the clean-up removes.", SERVICE_HISTORY,
     WHOLE("100", 1, 100000)},
    {"ChangeTracking.CsoChanges.Enabled", "Track connected objects", "Keep what changed on objects of connected systems.",
     SERVICE_HISTORY, BOOLEAN("true")},
    {"ChangeTracking.MvoChanges.Enabled", "Track identities", "Keep what changed on objects of the metaverse.", SERVICE_HISTORY,
     BOOLEAN("true")},
    {SETTING_TRACK_CONFIGURATION, "Track the configuration", "Keep a version of each object of the configuration that changes.",
     SERVICE_HISTORY, BOOLEAN("true")},
    {"ChangeTracking.SyncOutcomes.Level", "Detail of outcomes", "How much of what happened to each object runs record.",
     SERVICE_HISTORY, .type = SERVICE_ENUM, .by_default = "Detailed", .names = &tracking_level_names},

    {"Maintenance.IsEnabled", "Maintenance", "Refuse work while the installation is maintained.", SERVICE_MAINTENANCE,
     BOOLEAN("false"), .unused = true},

    {"Security.CredentialEncryptionEnabled", "Encrypt stored secrets",
     "Whether secrets of connected systems are encrypted in the store. They are not yet: guard the data directory and its backups.",
     SERVICE_SECURITY, BOOLEAN("false"), .read_only = true},
    {"Security.EncryptionKeyPath", "Key folder", "Where the keys for stored secrets lie; from the environment.", SERVICE_SECURITY,
     MIRROR(key_folder)},
    {SETTING_HASH_KEY, "Key of history hashes", "Made once; with it the history shows that a secret changed, and not the secret.",
     SERVICE_SECURITY, .type = SERVICE_SECRET, .read_only = true},
    {"Security.RateLimiting.Enabled", "Limit requests", "Refuse callers that ask too often.", SERVICE_SECURITY, BOOLEAN("true")},
    {"Security.RateLimiting.AuthenticatedRequestsPerMinute", "Requests of known callers",
     "How many requests a person or key may make in a minute.", SERVICE_SECURITY, WHOLE("300", 1, 1000000)},
    {"Security.RateLimiting.UnauthenticatedRequestsPerMinute", "Requests of unknown callers",
     "How many requests without valid credentials an address may make in a minute.", SERVICE_SECURITY, WHOLE("30", 1, 1000000)},

    {"PublicApi.Jwt.MaxDurationMinutes", "JWT max duration in minutes",
     "How long a token may live; lowering it ends older tokens at once.", SERVICE_PUBLIC_API, WHOLE("30", 1, 1440)},
    {"PublicApi.Jwt.BindRemoteAddress", "Bind tokens to addresses", "Tokens work only from the address that they were given to.",
     SERVICE_PUBLIC_API, BOOLEAN("true")},
    {"PublicApi.RateLimit.RequestsPerMinute", "Requests of a user", "How many requests a user may make in a minute; 0: no limit.",
     SERVICE_PUBLIC_API, WHOLE("6000", 0, 1000000)},
    {"PublicApi.RateLimit.FailedAuthPerMinute", "Failed log-ins of an address",
     "How many log-ins may fail from one address in a minute; 0: no limit.", SERVICE_PUBLIC_API, WHOLE("30", 0, 1000000)},
    {"PublicApi.OpenApiDocs.Enabled", "Open API docs enabled",
     "Serve the explorer and the OpenAPI document of the Public REST API; for development.", SERVICE_PUBLIC_API, BOOLEAN("false")},
    {"PublicApi.DefaultPageSize", "Rows a page", "How many rows a page has when the request does not say.", SERVICE_PUBLIC_API,
     WHOLE("100", 1, 10000)},
    {"PublicApi.MaxPageSize", "Most rows a page", "How many rows a page may have.", SERVICE_PUBLIC_API, WHOLE("1000", 1, 10000)},
    {"PublicApi.MaxOffset", "Deepest page", "How many rows a page may skip; cursors go further.", SERVICE_PUBLIC_API,
     WHOLE("1000000", 0, INT32_MAX)},
    {"PublicApi.SearchTimeoutSeconds", "Time of a search", "How many seconds a search may take.", SERVICE_PUBLIC_API,
     WHOLE("30", 1, 3600)},
    {"PublicApi.HideForbiddenSearches", "Hide forbidden searches",
     "Answer as if a search did not exist to those who may not execute it.", SERVICE_PUBLIC_API, BOOLEAN("false")},
    {"PublicApi.MaxBodyBytes", "Largest request", "How many bytes the body of a request may have.", SERVICE_PUBLIC_API,
     WHOLE("1048576", 1024, 67108864)},
    {"PublicApi.Async.TimeoutSeconds", "Time of an asynchronous search", "How many seconds an asynchronous search may take.",
     SERVICE_PUBLIC_API, WHOLE("600", 1, 86400)},
    {"PublicApi.Async.RetentionMinutes", "Keep result sets", "For how many minutes a finished result set can be fetched.",
     SERVICE_PUBLIC_API, WHOLE("60", 1, 10080)},
    {"PublicApi.Async.StorageLimitMiB", "Room for result sets", "How much all result sets may take; 0 refuses every order.",
     SERVICE_PUBLIC_API, WHOLE("256", 0, 1048576)},
    {"PublicApi.Async.TenantSharePercent", "Share of a tenant", "How much of that room one tenant may take, per cent.",
     SERVICE_PUBLIC_API, WHOLE("50", 1, 100)},
    {"PublicApi.Async.MaxPerUser", "Result sets of a user", "How many live result sets a user may have.", SERVICE_PUBLIC_API,
     WHOLE("20", 1, 10000)},
    {"PublicApi.Async.MaxRunning", "Asynchronous searches at once", "How many run at the same time; 0 pauses the queue.",
     SERVICE_PUBLIC_API, WHOLE("4", 0, 64)},
    {"PublicApi.Async.TombstoneDays", "Remember expired result sets",
     "For how many days the number of an expired or deleted result set is still recognised.", SERVICE_PUBLIC_API,
     WHOLE("7", 1, 365)},
    {"PublicApi.Async.LinksToSearch", "Links of result sets", "Whether the links in a result set lead to the search itself.",
     SERVICE_PUBLIC_API, BOOLEAN("true")},
    {"PublicApi.RequireTls", "Require HTTPS", "Refuse requests in clear text, but from this machine.", SERVICE_PUBLIC_API,
     BOOLEAN("true")},

    {"UI.ProgressUpdateInterval", "Progress interval", "How often running work says how far it is.", SERVICE_UI,
     SPAN("00:00:01", 1, 3600), .unused = true},
    {"Instance.Name", "Name of the installation", "Shown in the title bar and the footer.", SERVICE_INSTANCE,
     .type = SERVICE_STRING},
    {"Instance.Id", "Id of the installation", "Made once; part of every id that this installation gives.", SERVICE_INSTANCE,
     .type = SERVICE_GUID, .read_only = true},
};
const size_t service_settings_count = sizeof service_settings / sizeof *service_settings;

const struct service_setting *service_setting_find(text key) {
    for (size_t i = 0; i < service_settings_count; i++)
        if (text_equal(text_of(service_settings[i].key), key)) return &service_settings[i];
    return NULL;
}

text service_setting_value(const struct config *config, const struct services *services, const struct service_setting *row) {
    return row->mirror ? row->mirror(services) : config_setting(config, text_of(row->key));
}

/* ---- values ---- */

static size_t characters(text t) {
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += ((unsigned char)t.at[i] & 0xC0) != 0x80;
    return n;
}

static bool read_boolean(text given, text *stored) {
    bool yes = text_equal_ascii_case(given, T("true"));
    *stored = yes ? T("true") : T("false");
    return yes || text_equal_ascii_case(given, T("false"));
}

static bool read_integer(arena *a, const struct service_setting *row, text given, text *stored, const char **why) {
    int64_t n;
    *why =
        arena_cstring(a, arena_print(a, "Must be a whole number from %lld to %lld.", (long long)row->least, (long long)row->most));
    if (!text_to_int64(given, &n) || n < row->least || n > row->most) return false;
    *stored = arena_print(a, "%lld", (long long)n);
    return true;
}

static text span_text(arena *a, int64_t seconds) {
    char out[32];
    size_t len = timespan_write((timespan){seconds * TICKS_PER_SECOND}, out);
    return arena_text(a, (text){out, len});
}

static bool read_span(arena *a, const struct service_setting *row, text given, text *stored, const char **why) {
    timespan span;
    *why = arena_cstring(a, arena_print(a, "Must be a time such as 1.12:30:00 (days, hours, minutes, seconds) from %.*s to %.*s.",
                                        TEXT_ARG(span_text(a, row->least)), TEXT_ARG(span_text(a, row->most))));
    if (!timespan_read(given, &span) || span.ticks < row->least * TICKS_PER_SECOND || span.ticks > row->most * TICKS_PER_SECOND)
        return false;
    char out[32];
    size_t len = timespan_write(span, out);
    *stored = arena_text(a, (text){out, len});
    return true;
}

static bool read_enum(arena *a, const struct service_setting *row, text given, text *stored, const char **why) {
    unsigned found;
    text all = {0};
    for (unsigned i = 0; i < row->names->count; i++)
        all = arena_print(a, "%.*s%s%s", TEXT_ARG(all), i ? ", " : "", enum_name(row->names, i));
    *why = arena_cstring(a, arena_print(a, "Must be one of %.*s.", TEXT_ARG(all)));
    if (!enum_find(row->names, given, true, &found)) return false;
    *stored = enum_text(row->names, found);
    return true;
}

bool service_setting_read(arena *a, const struct service_setting *row, text given, text *stored, const char **why) {
    *why = "Must not be longer than 2,000 characters.";
    if (characters(given) > VALUE_LENGTH) return false;
    uuid id;
    text trimmed = text_trim_ascii(given);
    switch (row->type) {
    case SERVICE_BOOLEAN:
        *why = "Must be true or false.";
        return read_boolean(trimmed, stored);
    case SERVICE_INTEGER:
        return read_integer(a, row, trimmed, stored, why);
    case SERVICE_TIMESPAN:
        return read_span(a, row, trimmed, stored, why);
    case SERVICE_ENUM:
        return read_enum(a, row, trimmed, stored, why);
    case SERVICE_GUID:
        *why = "Must be a UUID.";
        *stored = trimmed;
        return uuid_read(trimmed, &id);
    case SERVICE_STRING:
    case SERVICE_SECRET:
        *stored = given;
        return true;
    }
    return false;
}
