/* Settings of the service that an administrator may change while it runs: one table says everything about each (operations §9). */
#ifndef JOINERY_API_SERVICE_SETTINGS_H
#define JOINERY_API_SERVICE_SETTINGS_H

#include "api/api.h"
#include "model/config.h"

#define SERVICE_SETTING_TYPES(X)                                                                                                   \
    X(SERVICE_STRING, "String")                                                                                                    \
    X(SERVICE_BOOLEAN, "Boolean")                                                                                                  \
    X(SERVICE_INTEGER, "Integer")                                                                                                  \
    X(SERVICE_TIMESPAN, "TimeSpan") X(SERVICE_ENUM, "Enum") X(SERVICE_SECRET, "StringEncrypted") X(SERVICE_GUID, "Guid")
NAMED_ENUM(service_setting_type, SERVICE_SETTING_TYPES)
#define SERVICE_SETTING_CATEGORIES(X)                                                                                              \
    X(SERVICE_SSO, "SSO")                                                                                                          \
    X(SERVICE_SYNCHRONISATION, "Synchronisation")                                                                                  \
    X(SERVICE_MAINTENANCE, "Maintenance")                                                                                          \
    X(SERVICE_HISTORY, "History")                                                                                                  \
    X(SERVICE_SECURITY, "Security") X(SERVICE_UI, "UI") X(SERVICE_INSTANCE, "Instance") X(SERVICE_PUBLIC_API, "PublicApi")
NAMED_ENUM(service_setting_category, SERVICE_SETTING_CATEGORIES)

struct service_setting {
    const char *key, *name, *description;
    enum service_setting_category category;
    enum service_setting_type type;
    const char *by_default;         /* NULL: none */
    const struct enum_names *names; /* Enum */
    int64_t least, most;            /* Integer; TimeSpan in seconds */
    bool read_only;
    bool unused; /* nothing reads it yet, so it cannot be changed: remove this when its effect is built */
    text (*mirror)(const struct services *services); /* read-only: what the program was started with; may give null */
};
extern const struct service_setting service_settings[];
extern const size_t service_settings_count;

#define SETTING_HASH_KEY "Security.ConfigurationChangeHashKey"
#define SETTING_TRACK_CONFIGURATION "ChangeTracking.ConfigurationChanges.Enabled"

/* By its key, exactly; NULL when there is none. */
const struct service_setting *service_setting_find(text key);
/* What was set, or mirrors the environment; null when there is nothing but the default. Secrets are plain: not for the wire. */
text service_setting_value(const struct config *config, const struct services *services, const struct service_setting *row);
/* The form that is stored of a value for this setting; false with *why (a sentence) when it is no value for it. */
bool service_setting_read(arena *a, const struct service_setting *row, text given, text *stored, const char **why);

#endif
