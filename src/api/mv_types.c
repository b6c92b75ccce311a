/* The object types of the metaverse, and when their objects are deleted (contract §7, sync-engine §2.2). */
#include "api/predefined.h"

#include "api/history_views.h"
#include "api/proposals.h"

#include "base/unicode.h"

/* ---- what travels ---- */

struct type_header {
    int32_t id;
    text name, plural_name;
    instant created;
    int32_t attributes_count;
    bool built_in;
    text icon;
    bool has_predefined_searches;
    enum deletion_rule deletion_rule;
    enum deletion_trigger_mode deletion_trigger_mode;
    struct maybe_timespan deletion_grace_period;
};
static SHAPE(type_header, "MetaverseObjectTypeHeader",
             FIELDS(FIELD(type_header, id, "id"), FIELD(type_header, name, "name"), FIELD(type_header, plural_name, "pluralName"),
                    FIELD(type_header, created, "created"),
                    FIELD(type_header, attributes_count, "attributesCount", .doc = "0 without includeChildObjects."),
                    FIELD(type_header, built_in, "builtIn"), FIELD(type_header, icon, "icon", .nullable = true),
                    FIELD(type_header, has_predefined_searches, "hasPredefinedSearches"),
                    FIELD(type_header, deletion_rule, "deletionRule", .names = &deletion_rule_names),
                    FIELD(type_header, deletion_trigger_mode, "deletionTriggerMode", .names = &deletion_trigger_mode_names),
                    FIELD(type_header, deletion_grace_period, "deletionGracePeriod")));
struct type_page PAGE_OF(type_header);
static PAGE_SHAPE(type_page, type_header, "PaginatedResponseOfMetaverseObjectTypeHeader");

struct attribute_summary {
    int32_t id;
    text name;
    enum data_type type;
    enum plurality attribute_plurality;
    bool built_in;
};
static SHAPE(attribute_summary, "MetaverseAttributeSummaryDto",
             FIELDS(FIELD(attribute_summary, id, "id"), FIELD(attribute_summary, name, "name"),
                    FIELD(attribute_summary, type, "type", .names = &data_type_names),
                    FIELD(attribute_summary, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    FIELD(attribute_summary, built_in, "builtIn")));

struct type_detail {
    int32_t id;
    text name, plural_name;
    instant created;
    bool built_in;
    text icon;
    enum deletion_rule deletion_rule;
    struct maybe_timespan deletion_grace_period;
    enum deletion_trigger_mode deletion_trigger_mode;
    struct int32s deletion_trigger_connected_system_ids;
    struct LIST(struct attribute_summary) attributes;
};
static SHAPE(type_detail, "MetaverseObjectTypeDetailDto",
             FIELDS(FIELD(type_detail, id, "id"), FIELD(type_detail, name, "name"), FIELD(type_detail, plural_name, "pluralName"),
                    FIELD(type_detail, created, "created"), FIELD(type_detail, built_in, "builtIn"),
                    FIELD(type_detail, icon, "icon", .nullable = true),
                    FIELD(type_detail, deletion_rule, "deletionRule", .names = &deletion_rule_names),
                    FIELD(type_detail, deletion_grace_period, "deletionGracePeriod"),
                    FIELD(type_detail, deletion_trigger_mode, "deletionTriggerMode", .names = &deletion_trigger_mode_names),
                    FIELD(type_detail, deletion_trigger_connected_system_ids, "deletionTriggerConnectedSystemIds"),
                    OBJECTS(type_detail, attributes, "attributes", attribute_summary)));

/* What may be said about a type, when it is created and later. */
struct type_settings {
    text icon;
    struct maybe_enum deletion_rule;
    struct maybe_timespan deletion_grace_period;
    struct maybe_enum deletion_trigger_mode;
    struct int32s deletion_trigger_connected_system_ids; /* null: unchanged */
    text change_reason;
};
static SHAPE(type_settings, NULL,
             FIELDS(FIELD(type_settings, icon, "icon", .nullable = true, .max_length = 100, .doc = "Empty: none."),
                    FIELD(type_settings, deletion_rule, "deletionRule", .names = &deletion_rule_names),
                    FIELD(type_settings, deletion_grace_period, "deletionGracePeriod", .doc = "00:00:00: none."),
                    FIELD(type_settings, deletion_trigger_mode, "deletionTriggerMode", .names = &deletion_trigger_mode_names),
                    FIELD(type_settings, deletion_trigger_connected_system_ids, "deletionTriggerConnectedSystemIds",
                          .nullable = true),
                    CHANGE_REASON(type_settings, change_reason)));

struct type_create {
    text name, plural_name;
    struct int32s attribute_ids;
    struct type_settings settings;
};
static SHAPE(type_create, "CreateMetaverseObjectTypeRequest",
             FIELDS(FIELD(type_create, name, "name", .required = true, .max_length = 200),
                    FIELD(type_create, plural_name, "pluralName", .required = true, .max_length = 200),
                    FIELD(type_create, attribute_ids, "attributeIds", .nullable = true),
                    EMBED(type_create, settings, type_settings)));

struct type_update {
    int32_t id;
    text name, plural_name;
    struct type_settings settings;
    uuid preview_activity_id;
};
static SHAPE(type_update, "UpdateMetaverseObjectTypeRequest",
             FIELDS(FIELD(type_update, id, "id"),
                    FIELD(type_update, name, "name", .nullable = true, .not_blank = true, .max_length = 200),
                    FIELD(type_update, plural_name, "pluralName", .nullable = true, .not_blank = true, .max_length = 200),
                    EMBED(type_update, settings, type_settings),
                    FIELD(type_update, preview_activity_id, "previewActivityId", .nullable = true)));

struct type_list_query {
    struct list_query list;
    bool include_child_objects;
};
static SHAPE(type_list_query, NULL,
             FIELDS(EMBED(type_list_query, list, list_query),
                    FIELD(type_list_query, include_child_objects, "includeChildObjects", .by_default = "false")));
struct type_query {
    int32_t id;
    bool include_child_objects;
};
static SHAPE(type_query, NULL,
             FIELDS(FIELD(type_query, id, "id"),
                    FIELD(type_query, include_child_objects, "includeChildObjects", .by_default = "false")));

struct names_query {
    text name, plural_name;
    struct maybe_int32 exclude_id;
};
static SHAPE(names_query, NULL,
             FIELDS(FIELD(names_query, name, "name", .max_length = 200),
                    FIELD(names_query, plural_name, "pluralName", .max_length = 200),
                    FIELD(names_query, exclude_id, "excludeId", .doc = "The type that may have the names.")));
struct names_availability {
    text name;
    struct maybe_bool name_available;
    text plural_name;
    struct maybe_bool plural_name_available;
};
static SHAPE(names_availability, "MetaverseObjectTypeNameAvailabilityDto",
             FIELDS(FIELD(names_availability, name, "name", .nullable = true),
                    FIELD(names_availability, name_available, "nameAvailable"),
                    FIELD(names_availability, plural_name, "pluralName", .nullable = true),
                    FIELD(names_availability, plural_name_available, "pluralNameAvailable")));

/* ---- reading ---- */

static struct maybe_timespan grace_of(const struct mv_type *t) {
    return (struct maybe_timespan){.given = t->grace.ticks > 0, .value = t->grace};
}

static bool has_searches(const struct predefined_searches *all, int32_t type) {
    for (EACH(const struct predefined_search, p, all))
        if (p->facts.type == type) return true;
    return false;
}

static FALLIBLE types_list(struct call *c, const struct type_list_query *in, struct type_page *out) {
    snapshot *s;
    struct predefined_searches searches = {0};
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(predefined_all(tx, c->a, s, &searches));
    for (EACH(const struct mv_type, t, &s->mv_types))
        *LIST_ADD(c->a, &out->items) =
            (struct type_header){.id = t->id,
                                 .name = t->name,
                                 .plural_name = t->plural,
                                 .created = t->created,
                                 .attributes_count = in->include_child_objects ? (int32_t)t->attributes.count : 0,
                                 .built_in = t->built_in,
                                 .icon = t->icon,
                                 .has_predefined_searches = has_searches(&searches, t->id),
                                 .deletion_rule = t->deletion_rule,
                                 .deletion_trigger_mode = t->trigger_mode,
                                 .deletion_grace_period = grace_of(t)};
    struct list_query q = sorted_by_name(&in->list, &type_header_shape);
    LIST_PAGE(c, &q, type_header, &out->items, &out->counts);
    return NULL;
}
HANDLER(types_list, type_list_query, type_page)

static void detail(arena *a, snapshot *s, const struct mv_type *t, bool attributes, struct type_detail *out) {
    *out = (struct type_detail){.id = t->id,
                                .name = t->name,
                                .plural_name = t->plural,
                                .created = t->created,
                                .built_in = t->built_in,
                                .icon = t->icon,
                                .deletion_rule = t->deletion_rule,
                                .deletion_grace_period = grace_of(t),
                                .deletion_trigger_mode = t->trigger_mode,
                                .deletion_trigger_connected_system_ids = t->trigger_systems};
    for (size_t i = 0; attributes && i < t->attributes.count; i++) {
        const struct mv_attribute *m = config_mv_attribute(s, t->attributes.at[i]);
        if (m) *LIST_ADD(a, &out->attributes) = (struct attribute_summary){m->id, m->name, m->type, m->plurality, m->built_in};
    }
}

void mv_type_write(struct json_writer *w, arena *a, snapshot *s, const struct mv_type *t) {
    struct type_detail v;
    detail(a, s, t, true, &v);
    describe_write_members(w, &type_detail_shape, &v);
}

static FALLIBLE type_get(struct call *c, const struct type_query *in, struct type_detail *out) {
    snapshot *s;
    const struct mv_type *t;
    TRY(call_config(c, &s));
    TRY(find_mv_type(s, in->id, &t));
    detail(c->a, s, t, in->include_child_objects, out);
    return NULL;
}
HANDLER(type_get, type_query, type_detail)

static bool is_taken(snapshot *s, text name, bool plural, int32_t except) {
    for (EACH(const struct mv_type, t, &s->mv_types))
        if (t->id != except && text_equal_fold(plural ? t->plural : t->name, name)) return true;
    return false;
}

static FALLIBLE type_names(struct call *c, const struct names_query *in, struct names_availability *out) {
    snapshot *s;
    TRY(call_config(c, &s));
    bool name = !text_is_empty(text_trim_ascii(in->name)), plural = !text_is_empty(text_trim_ascii(in->plural_name));
    int32_t except = in->exclude_id.given ? in->exclude_id.value : 0;
    if (!name && !plural) return FAIL(ERROR_INVALID, "Give name, pluralName or both.");
    if (name) out->name = in->name, out->name_available = (struct maybe_bool){true, !is_taken(s, in->name, false, except)};
    if (plural)
        out->plural_name = in->plural_name,
        out->plural_name_available = (struct maybe_bool){true, !is_taken(s, in->plural_name, true, except)};
    return NULL;
}
HANDLER(type_names, names_query, names_availability)

/* ---- writing ---- */

static void take_settings(struct call *c, snapshot *s, const struct type_settings *in, struct mv_type *t) {
    if (in->deletion_rule.given) t->deletion_rule = in->deletion_rule.value;
    if (in->deletion_trigger_mode.given) t->trigger_mode = in->deletion_trigger_mode.value;
    if (in->deletion_grace_period.given) t->grace = in->deletion_grace_period.value;
    if (t->grace.ticks < 0) call_problem(c, "deletionGracePeriod", "The grace period must not be negative.");
    if (!text_is_null(in->icon)) t->icon = text_is_empty(in->icon) ? (text){0} : in->icon;
    if (in->deletion_trigger_connected_system_ids.at) {
        t->trigger_systems = (struct int32s){0};
        for (EACH(const int32_t, id, &in->deletion_trigger_connected_system_ids)) {
            if (!config_system(s, *id))
                call_problem(c, "deletionTriggerConnectedSystemIds", "There is no connected system %d.", *id);
            if (!contains_id(&t->trigger_systems, *id)) *LIST_ADD(c->a, &t->trigger_systems) = *id;
        }
    }
    if (t->deletion_rule == DELETE_WHEN_AUTHORITATIVE_SOURCE && !t->trigger_systems.count)
        call_problem(c, "deletionTriggerConnectedSystemIds",
                     "WhenAuthoritativeSourceDisconnected needs at least one connected system.");
    if (is_taken(s, t->name, false, t->id)) call_problem(c, "name", "A metaverse object type of that name exists.");
    if (is_taken(s, t->plural, true, t->id)) call_problem(c, "pluralName", "A metaverse object type of that plural name exists.");
}

static FALLIBLE save(struct call *c, struct change *x, struct mv_type *t, struct change_note note, struct type_detail *out) {
    snapshot *after;
    TRY(store_save_mv_type(x->tx, t));
    note.target = TARGET_MV_TYPE;
    note.name = t->name;
    note.id = t->id;
    TRY(change_commit(c, x, &note, &after));
    detail(c->a, after, config_mv_type(after, t->id), true, out);
    return NULL;
}

static FALLIBLE type_create(struct call *c, const struct type_create *in, struct type_detail *out) {
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    struct mv_type t = {.name = in->name,
                        .plural = in->plural_name,
                        .created = c->now,
                        .deletion_rule = DELETE_WHEN_LAST_CONNECTOR,
                        .trigger_mode = ALL_SOURCES_DISCONNECT};
    for (EACH(const int32_t, id, &in->attribute_ids)) {
        if (!config_mv_attribute(x.before, *id)) call_problem(c, "attributeIds", "There is no metaverse attribute %d.", *id);
        if (!contains_id(&t.attributes, *id)) *LIST_ADD(c->a, &t.attributes) = *id;
    }
    take_settings(c, x.before, &in->settings, &t);
    TRY(call_check(c));
    TRY(save(c, &x, &t, (struct change_note){.operation = OPERATION_CREATE, .reason = in->settings.change_reason}, out));
    call_location(c, "/api/v1/metaverse/object-types/%d", t.id);
    return NULL;
}
HANDLER(type_create, type_create, type_detail)

static bool differs(text given, text stored) {
    return !text_is_null(given) && !(text_is_empty(given) && text_is_empty(stored)) && !text_equal(given, stored);
}

static FALLIBLE type_update(struct call *c, const struct type_update *in, struct type_detail *out) {
    OWNED_VALUE(change) x = {0};
    const struct mv_type *stored;
    TRY(change_begin(c, &x));
    TRY(find_mv_type(x.before, in->id, &stored));
    bool dressed =
        differs(in->name, stored->name) || differs(in->plural_name, stored->plural) || differs(in->settings.icon, stored->icon);
    if (stored->built_in && dressed) return FAIL(ERROR_INVALID, "Names and icon of a built-in object type cannot change.");
    struct mv_type t = *stored;
    if (!text_is_null(in->name)) t.name = in->name;
    if (!text_is_null(in->plural_name)) t.plural = in->plural_name;
    take_settings(c, x.before, &in->settings, &t);
    struct change_note note = {.operation = OPERATION_UPDATE, .reason = in->settings.change_reason};
    TRY(preview_reference(c, x.tx, in->preview_activity_id, &note.preview));
    TRY(call_check(c));
    return save(c, &x, &t, note, out);
}
HANDLER(type_update, type_update, type_detail)

#define TYPE "/object-types/{id}"
#define UNKNOWN ALSO({404, NULL, "There is no such object type."})
const struct routes mv_type_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, "/object-types", types_list, "Lists the object types of the metaverse.", .operation = "GetObjectTypes",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/object-types", type_create, "Creates an object type.", .operation = "CreateObjectType", .status = 201,
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/object-types/name-availability", type_names, "Are name and plural name free?",
                 .operation = "GetObjectTypeNameAvailability", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, TYPE, type_get, "An object type, with its attributes when asked.", .operation = "GetObjectType",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(PUT, TYPE, type_update, "Changes an object type; what is left out stays.", .operation = "UpdateObjectType",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN));
