/* The resource /service-settings: what an administrator may change while the service runs (operations §9). */
#include "api/service_settings.h"

#include "api/change.h"

/* ---- what travels ---- */

struct setting_view {
    text key, display_name, description, category, value_type, default_value, value, effective_value;
    bool is_read_only, is_overridden;
};
static SHAPE(setting_view, "ServiceSettingDto",
             FIELDS(FIELD(setting_view, key, "key"), FIELD(setting_view, display_name, "displayName"),
                    FIELD(setting_view, description, "description", .nullable = true),
                    FIELD(setting_view, category, "category", .doc = "One of the names of ServiceSettingCategory."),
                    FIELD(setting_view, value_type, "valueType", .doc = "One of the names of ServiceSettingValueType."),
                    FIELD(setting_view, default_value, "defaultValue", .nullable = true),
                    FIELD(setting_view, value, "value", .nullable = true, .doc = "What was set; ******** stands for a secret."),
                    FIELD(setting_view, effective_value, "effectiveValue", .nullable = true),
                    FIELD(setting_view, is_read_only, "isReadOnly"),
                    FIELD(setting_view, is_overridden, "isOverridden", .doc = "A value other than the default was set.")));

struct setting_list {
    struct LIST(struct setting_view) items;
};
static SHAPE(setting_list, NULL, FIELDS(OBJECTS(setting_list, items, "", setting_view)), .bare = true);

struct by_key {
    text key;
};
static SHAPE(by_key, NULL, FIELDS(FIELD(by_key, key, "key")));

struct setting_update {
    text key, value, change_reason;
};
static SHAPE(setting_update, "ServiceSettingUpdateRequestDto",
             FIELDS(FIELD(setting_update, key, "key"),
                    FIELD(setting_update, value, "value", .nullable = true, .max_length = 2000,
                          .doc = "Null: back to the default. Time spans as [d.]hh:mm:ss."),
                    CHANGE_REASON(setting_update, change_reason)));

struct setting_revert {
    text key, change_reason;
};
static SHAPE(setting_revert, NULL, FIELDS(FIELD(setting_revert, key, "key"), CHANGE_REASON(setting_revert, change_reason)));

/* ---- what is done ---- */

static struct setting_view view_of(struct call *c, snapshot *s, const struct service_setting *row) {
    text value = service_setting_value(s, c->services, row), standard = text_of(row->by_default);
    bool stored = !row->mirror && !text_is_null(value);
    bool overridden = stored && !row->read_only && !text_equal(value, standard);
    if (row->type == SERVICE_SECRET && !text_is_null(value)) value = T("********");
    text description = text_of(row->description);
    if (row->unused)
        description = arena_print(c->a, "%.*s Not used by this version, so it cannot be changed.", TEXT_ARG(description));
    return (struct setting_view){.key = text_of(row->key),
                                 .display_name = text_of(row->name),
                                 .description = description,
                                 .category = enum_text(&service_setting_category_names, row->category),
                                 .value_type = enum_text(&service_setting_type_names, row->type),
                                 .default_value = standard,
                                 .value = value,
                                 .effective_value = text_is_null(value) ? standard : value,
                                 .is_read_only = row->read_only || row->unused,
                                 .is_overridden = overridden};
}

static FALLIBLE find_setting(text key, const struct service_setting **out) {
    *out = service_setting_find(key);
    return *out ? NULL : FAIL(ERROR_NOT_FOUND, "There is no service setting of this key.");
}

static FALLIBLE find_open(text key, const struct service_setting **out) {
    TRY(find_setting(key, out));
    if ((*out)->read_only) return FAIL(ERROR_INVALID, "The setting %s is read-only.", (*out)->key);
    if ((*out)->unused) return FAIL(ERROR_INVALID, "The setting %s is not used by this version, so it is read-only.", (*out)->key);
    return NULL;
}

static FALLIBLE settings_list(struct call *c, const struct nothing *in, struct setting_list *out) {
    (void)in;
    snapshot *s;
    TRY(call_config(c, &s));
    for (size_t i = 0; i < service_settings_count; i++) *LIST_ADD(c->a, &out->items) = view_of(c, s, &service_settings[i]);
    return NULL;
}
HANDLER(settings_list, nothing, setting_list)

static FALLIBLE setting_get(struct call *c, const struct by_key *in, struct setting_view *out) {
    snapshot *s;
    const struct service_setting *row;
    TRY(find_setting(in->key, &row));
    TRY(call_config(c, &s));
    *out = view_of(c, s, row);
    return NULL;
}
HANDLER(setting_get, by_key, setting_view)

static FALLIBLE save(struct call *c, const struct service_setting *row, enum activity_operation operation, text value, text reason,
                     struct setting_view *out) {
    OWNED_VALUE(change) x = {0};
    snapshot *after;
    TRY(change_begin(c, &x));
    TRY(store_save_setting(x.tx, text_of(row->key), value));
    struct change_note note = {.target = TARGET_SERVICE_SETTING,
                               .operation = operation,
                               .name = text_of(row->key),
                               .reason = reason,
                               .key = text_of(row->key)};
    TRY(change_commit(c, &x, &note, &after));
    api_settings_changed(c->services->api, after);
    *out = view_of(c, after, row);
    return NULL;
}

static FALLIBLE setting_update(struct call *c, const struct setting_update *in, struct setting_view *out) {
    const struct service_setting *row;
    const char *why;
    text value = {0};
    TRY(find_open(in->key, &row));
    if (!text_is_null(in->value) && !service_setting_read(c->a, row, in->value, &value, &why))
        return call_invalid(c, "value", "%s", why);
    return save(c, row, OPERATION_UPDATE, value, in->change_reason, out);
}
HANDLER(setting_update, setting_update, setting_view)

static FALLIBLE setting_revert(struct call *c, const struct setting_revert *in, struct setting_view *out) {
    const struct service_setting *row;
    TRY(find_open(in->key, &row));
    return save(c, row, OPERATION_REVERT, (text){0}, in->change_reason, out);
}
HANDLER(setting_revert, setting_revert, setting_view)

/* ---- where it is reached ---- */

#define UNKNOWN ALSO({404, NULL, "There is no such setting."})
const struct routes service_setting_routes =
    ROUTES("ServiceSettings", "/api/v1",
           ROUTE(GET, "/service-settings", settings_list, "Lists the settings of the service.", .operation = "GetServiceSettings",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/service-settings/{key}", setting_get, "Shows a setting.", .operation = "GetServiceSetting",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, "/service-settings/{key}", setting_update, "Changes a setting; it takes effect within seconds.",
                 .operation = "UpdateServiceSetting", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(DELETE, "/service-settings/{key}", setting_revert, "Takes a setting back to its default.",
                 .operation = "RevertServiceSetting", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
