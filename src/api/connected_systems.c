/* Connected systems: what is connected, with which settings (connectors §3, contract §7). */
#include "api/system_view.h"
#include "runs/systems.h"

#include <stdlib.h>

struct system_create {
    text name;
    text description;
    int32_t connector_definition_id;
    struct maybe_int32 tenant;
    text change_reason;
};
static SHAPE(system_create, "CreateConnectedSystemRequest",
             FIELDS(FIELD(system_create, name, "name", .required = true, .max_length = 200),
                    FIELD(system_create, description, "description", .max_length = 1000, .nullable = true),
                    FIELD(system_create, connector_definition_id, "connectorDefinitionId"),
                    FIELD(system_create, tenant, "tenantId",
                          .doc = "The tenant of all its objects, for good; 1 when it is not said."),
                    FIELD(system_create, change_reason, "changeReason", .max_length = 2000, .nullable = true)));

struct setting_update {
    text string_value;
    struct maybe_int32 int_value;
    struct maybe_bool checkbox_value;
};
static SHAPE(setting_update, "ConnectedSystemSettingValueUpdate",
             FIELDS(FIELD(setting_update, string_value, "stringValue", .nullable = true),
                    FIELD(setting_update, int_value, "intValue"), FIELD(setting_update, checkbox_value, "checkboxValue")));

struct setting_entry {
    text name;
    struct setting_update value;
};
static SHAPE(setting_entry, NULL, FIELDS(OBJECT(setting_entry, value, "value", setting_update)), .bare = true);

struct system_update {
    int32_t system;
    text name;
    text description;
    struct setting_entries LIST(struct setting_entry) setting_values;
    struct maybe_int32 max_export_parallelism;
    struct maybe_timespan initial_password_time_to_live;
    struct maybe_bool require_secure_transport;
    struct maybe_enum unresolved_reference_handling;
    text change_reason;
};
static SHAPE(system_update, "UpdateConnectedSystemRequest",
             FIELDS(FIELD(system_update, system, "connectedSystemId"),
                    FIELD(system_update, name, "name", .max_length = 200, .nullable = true),
                    FIELD(system_update, description, "description", .max_length = 1000, .nullable = true),
                    MAP(system_update, setting_values, "settingValues", setting_entry, .int_keys = true, .nullable = true),
                    FIELD(system_update, max_export_parallelism, "maxExportParallelism", BETWEEN(1, 16)),
                    FIELD(system_update, initial_password_time_to_live, "initialPasswordTimeToLive"),
                    FIELD(system_update, require_secure_transport, "requireSecureTransport"),
                    FIELD(system_update, unresolved_reference_handling, "unresolvedReferenceHandling",
                          .names = &unresolved_handling_names),
                    FIELD(system_update, change_reason, "changeReason", .max_length = 2000, .nullable = true)));

struct capability {
    text name;
    text value;
};
static SHAPE(capability, "ConnectorCapabilityDto", FIELDS(FIELD(capability, name, "name"), FIELD(capability, value, "value")));

struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));

/* ---- reading ---- */

struct system_page PAGE_OF(system_header);
static PAGE_SHAPE(system_page, system_header, "PaginatedResponseOfConnectedSystemHeader");

static FALLIBLE count(struct call *c, int32_t system, struct system_counts *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    return store_system_counts(tx, system, out);
}

static int by_name(const void *one, const void *two) {
    const struct system_header *a = one, *b = two;
    return text_compare(a->name, b->name);
}

static FALLIBLE systems_list(struct call *c, const struct list_query *in, struct system_page *out) {
    snapshot *config;
    TRY(call_config(c, &config));
    for (EACH(struct connected_system, s, &config->systems)) {
        const struct connector_definition *d = connector_by_id(s->definition);
        struct system_counts n;
        TRY(count(c, s->id, &n));
        *LIST_ADD(c->a, &out->items) = (struct system_header){.id = s->id,
                                                              .name = s->name,
                                                              .description = s->description,
                                                              .created = s->created,
                                                              .status = s->status,
                                                              .object_count = (int32_t)n.objects,
                                                              .pending_export_objects_count = (int32_t)n.pending_exports,
                                                              .connector_name = d ? text_of(d->name) : T(""),
                                                              .connector_id = s->definition};
    }
    if (out->items.count) qsort(out->items.at, out->items.count, sizeof out->items.at[0], by_name);
    LIST_PAGE(c, in, system_header, &out->items, &out->counts);
    return NULL;
}
HANDLER(systems_list, list_query, system_page)

static FALLIBLE system_get(struct call *c, const struct of_system *in, struct system_detail *out) {
    snapshot *config;
    const struct connected_system *s;
    struct system_counts n;
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    TRY(count(c, s->id, &n));
    system_detail_of(c->a, config, s, out);
    out->object_count = (int32_t)n.objects;
    out->pending_export_count = (int32_t)n.pending_exports;
    return NULL;
}
HANDLER(system_get, of_system, system_detail)

struct capabilities {
    struct capability_list LIST(struct capability) items;
};
static SHAPE(capabilities, NULL, FIELDS(OBJECTS(capabilities, items, "items", capability)), .bare = true);

static FALLIBLE system_capabilities(struct call *c, const struct of_system *in, struct capabilities *out) {
    snapshot *config;
    const struct connected_system *s;
    struct named_values found = {0};
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &s));
    const struct connector_definition *d = connector_by_id(s->definition);
    if (!d || !d->ops.detected_capabilities) return NULL;
    OWNED(store_tx) tx = NULL;
    struct system_state state = {0};
    TRY(store_read(c->services->store, &tx));
    TRY(store_system_state(tx, c->a, s->id, &state));
    d->ops.detected_capabilities(state.persisted, c->a, &found);
    for (EACH(struct named_value, v, &found)) *LIST_ADD(c->a, &out->items) = (struct capability){v->name, v->value};
    return NULL;
}
HANDLER(system_capabilities, of_system, capabilities)

/* ---- writing ---- */

static void check_name(struct call *c, snapshot *config, const struct connected_system *s) {
    for (EACH(struct connected_system, other, &config->systems))
        if (other->id != s->id && text_equal_ascii_case(other->name, s->name))
            call_problem(c, "name", "A connected system of that name exists.");
}

static FALLIBLE check_tenant(struct call *c, store_tx *tx, int32_t tenant) {
    struct public_item item;
    bool found;
    TRY(store_public_item(tx, c->a, PUBLIC_TENANT, tenant, &item, &found));
    if (!found) call_problem(c, "tenantId", "There is no tenant %d.", tenant);
    return NULL;
}

static FALLIBLE report(struct call *c, const struct validation_results *found) {
    for (EACH(struct validation_result, v, found)) {
        const char *field = text_is_null(v->setting) ? "settingValues" : arena_cstring(c->a, v->setting);
        if (!v->valid) call_problem(c, field, "%.*s", TEXT_ARG(v->message));
    }
    return call_check(c);
}

static FALLIBLE system_create(struct call *c, const struct system_create *in, struct system_detail *out) {
    const struct connector_definition *d = connector_by_id(in->connector_definition_id);
    if (!d) return call_invalid(c, "connectorDefinitionId", "There is no connector definition %d.", in->connector_definition_id);
    OWNED_VALUE(change) x = {0};
    struct validation_results found = {0};
    TRY(change_begin(c, &x));
    struct connected_system s = {.definition = d->id,
                                 .tenant = in->tenant.given ? in->tenant.value : 1,
                                 .name = in->name,
                                 .description = in->description,
                                 .status = SYSTEM_ACTIVE,
                                 .created = c->now};
    s.initial_password_ttl = (timespan){7 * TICKS_PER_DAY};
    check_name(c, x.before, &s);
    TRY(check_tenant(c, x.tx, s.tenant));
    TRY(call_check(c));
    settings_defaults(c->a, d, &s.settings);
    settings_validate(c->a, d, &s.settings, &found);
    s.settings_valid = !found.count;
    TRY(store_save_system(x.tx, &s));
    struct change_note note = {
        .target = TARGET_CONNECTED_SYSTEM, .operation = OPERATION_CREATE, .name = s.name, .reason = in->change_reason};
    note.id = note.system = s.id;
    snapshot *after;
    TRY(change_commit(c, &x, &note, &after));
    call_location(c, "/api/v1/synchronisation/connected-systems/%d", s.id);
    system_detail_of(c->a, after, config_system(after, s.id), out);
    return NULL;
}
HANDLER(system_create, system_create, system_detail)

static struct setting_value *value_of(struct call *c, struct setting_values *values, int32_t setting) {
    for (EACH(struct setting_value, v, values))
        if (v->setting == setting) return v;
    struct setting_value *v = LIST_ADD(c->a, values);
    v->setting = setting;
    return v;
}

static void take_setting(struct call *c, const struct connector_definition *d, const struct setting_entry *e,
                         struct connected_system *s) {
    int32_t id = 0;
    const struct setting_definition *def = text_to_int32(e->name, &id) ? setting_by_id(d, id) : NULL;
    if (!def) {
        call_problem(c, arena_cstring(c->a, arena_print(c->a, "settingValues.%.*s", TEXT_ARG(e->name))),
                     "The connector has no setting %.*s.", TEXT_ARG(e->name));
        return;
    }
    struct setting_value *v = value_of(c, &s->settings, id);
    if (def->type == SETTING_INTEGER && e->value.int_value.given)
        v->value = settings_integer(c->a, e->value.int_value.value);
    else if (def->type == SETTING_CHECK_BOX && e->value.checkbox_value.given)
        v->value = settings_checked(e->value.checkbox_value.value);
    else if (!text_is_null(e->value.string_value))
        v->value = e->value.string_value;
}

static void propose(struct call *c, const struct system_update *in, const struct connector_definition *d,
                    struct connected_system *s) {
    struct setting_values stored = s->settings;
    s->settings = (struct setting_values){0};
    for (EACH(struct setting_value, v, &stored)) *LIST_ADD(c->a, &s->settings) = *v;
    if (!text_is_null(in->name)) s->name = in->name;
    if (!text_is_null(in->description)) s->description = in->description;
    for (EACH(struct setting_entry, e, &in->setting_values)) take_setting(c, d, e, s);
    if (in->max_export_parallelism.given) s->max_export_parallelism = in->max_export_parallelism.value;
    if (in->initial_password_time_to_live.given) s->initial_password_ttl = in->initial_password_time_to_live.value;
    if (in->require_secure_transport.given) s->require_secure_transport = in->require_secure_transport.value;
    if (in->unresolved_reference_handling.given) s->unresolved = in->unresolved_reference_handling.value;
    s->updated = c->now;
    if (!text_is_null(in->name) && text_is_empty(text_trim_ascii(in->name))) call_problem(c, "name", "The name must not be blank.");
}

/* The live test takes its time, so it comes before the lock; what it judged is what is stored. */
static FALLIBLE validate(struct call *c, const struct system_update *in) {
    snapshot *config;
    const struct connected_system *stored;
    struct validation_results found = {0};
    TRY(call_config(c, &config));
    TRY(find_system(config, in->system, &stored));
    if (!in->setting_values.count) return NULL;
    const struct connector_definition *d = connector_by_id(stored->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of this system is not part of this program.");
    struct connected_system proposed = *stored;
    propose(c, in, d, &proposed);
    TRY(call_check(c));
    TRY(system_validate(c->services->runs, c->a, &proposed, false, &found));
    if (!found.count) TRY(system_validate_selection(c->services->runs, c->a, &proposed, &found));
    return report(c, &found);
}

static FALLIBLE system_update(struct call *c, const struct system_update *in, struct system_detail *out) {
    TRY(validate(c, in));
    OWNED_VALUE(change) x = {0};
    const struct connected_system *stored;
    TRY(change_begin(c, &x));
    TRY(find_system(x.before, in->system, &stored));
    const struct connector_definition *d = connector_by_id(stored->definition);
    if (!d) return FAIL(ERROR_UNSUPPORTED, "The connector of this system is not part of this program.");
    struct connected_system s = *stored;
    propose(c, in, d, &s);
    check_name(c, x.before, &s);
    TRY(call_check(c));
    struct validation_results found = {0};
    settings_validate(c->a, d, &s.settings, &found);
    s.settings_valid = !found.count;
    TRY(store_save_system(x.tx, &s));
    struct change_note note = {
        .target = TARGET_CONNECTED_SYSTEM, .operation = OPERATION_UPDATE, .name = s.name, .reason = in->change_reason};
    note.id = note.system = s.id;
    snapshot *after;
    TRY(change_commit(c, &x, &note, &after));
    system_detail_of(c->a, after, config_system(after, s.id), out);
    return NULL;
}
HANDLER(system_update, system_update, system_detail)

#define SYSTEM "/connected-systems/{connectedSystemId}"
#define UNKNOWN ALSO({404, NULL, "There is no such connected system."})
const struct routes connected_system_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, "/connected-systems", systems_list, "Lists the connected systems.", .operation = "GetConnectedSystems",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/connected-systems", system_create, "Connects a system.", .operation = "CreateConnectedSystem",
                 .status = 201, .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, SYSTEM, system_get, "A connected system with its schema.", .operation = "GetConnectedSystem",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, SYSTEM, system_update, "Changes a connected system; settings are tested before they are stored.",
                 .operation = "UpdateConnectedSystem", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, SYSTEM "/capabilities", system_capabilities, "What the connector has found out about the system.",
                 .operation = "GetConnectedSystemCapabilities", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
