/* The objects of a connected system as they were imported: lists, counts, one with its values (contract §5, §8). */
#include "api/rule_parts.h"
#include "api/value_view.h"

#include "base/unicode.h"

#include <stdlib.h>

/* ---- what travels ---- */

struct cso_header {
    uuid id;
    int32_t connected_system_id;
    text display_name;
    text external_id_value, external_id_attribute_name;
    text secondary_external_id_value, secondary_external_id_attribute_name;
    instant created, last_updated;
    int32_t type_id;
    text type_name;
    enum cso_status status;
    enum cso_join join_type;
    instant date_joined;
    text pending_display_name, pending_external_id, pending_secondary_external_id;
    bool has_pending_export;
    uuid pending_export_id;
};
static SHAPE(cso_header, "ConnectedSystemObjectHeader",
             FIELDS(FIELD(cso_header, id, "id"), FIELD(cso_header, connected_system_id, "connectedSystemId"),
                    FIELD(cso_header, display_name, "displayName", .nullable = true),
                    FIELD(cso_header, external_id_value, "externalIdValue", .nullable = true),
                    FIELD(cso_header, external_id_attribute_name, "externalIdAttributeName", .nullable = true),
                    FIELD(cso_header, secondary_external_id_value, "secondaryExternalIdValue", .nullable = true),
                    FIELD(cso_header, secondary_external_id_attribute_name, "secondaryExternalIdAttributeName", .nullable = true),
                    FIELD(cso_header, created, "created"), FIELD(cso_header, last_updated, "lastUpdated", .nullable = true),
                    FIELD(cso_header, type_id, "typeId"), FIELD(cso_header, type_name, "typeName"),
                    FIELD(cso_header, status, "status", .names = &cso_status_names),
                    FIELD(cso_header, join_type, "joinType", .names = &cso_join_names),
                    FIELD(cso_header, date_joined, "dateJoined", .nullable = true),
                    FIELD(cso_header, pending_display_name, "pendingDisplayName", .nullable = true),
                    FIELD(cso_header, pending_external_id, "pendingExternalId", .nullable = true),
                    FIELD(cso_header, pending_secondary_external_id, "pendingSecondaryExternalId", .nullable = true),
                    FIELD(cso_header, has_pending_export, "hasPendingExport"),
                    FIELD(cso_header, pending_export_id, "pendingExportId", .nullable = true)));
struct cso_header_page PAGE_OF(cso_header);
static PAGE_SHAPE(cso_header_page, cso_header, "PaginatedResponseOfConnectedSystemObjectHeader");

struct cso_value {
    uuid id;
    int32_t attribute_id;
    text attribute_name;
    struct typed_value value;
    uuid reference_value_id;
};
static SHAPE(cso_value, "ConnectedSystemObjectAttributeValueDto",
             FIELDS(FIELD(cso_value, id, "id"), FIELD(cso_value, attribute_id, "attributeId"),
                    FIELD(cso_value, attribute_name, "attributeName"), EMBED(cso_value, value, typed_value),
                    FIELD(cso_value, reference_value_id, "referenceValueId", .nullable = true)));
struct cso_value_page PAGE_OF(cso_value);
static PAGE_SHAPE(cso_value_page, cso_value, "PaginatedResponseOfConnectedSystemObjectAttributeValueDto");

struct cso_detail {
    uuid id;
    instant created, last_updated;
    enum cso_status status;
    enum cso_join join_type;
    instant date_joined;
    text display_name;
    int32_t connected_system_id;
    text connected_system_name;
    int32_t type_id;
    text type_name;
    uuid metaverse_object_id;
    text metaverse_object_display_name;
    struct LIST(struct cso_value) attribute_values;
    struct value_summaries LIST(struct value_summary) attribute_value_summaries;
};
static SHAPE(cso_detail, "ConnectedSystemObjectDetailDto",
             FIELDS(FIELD(cso_detail, id, "id"), FIELD(cso_detail, created, "created"),
                    FIELD(cso_detail, last_updated, "lastUpdated", .nullable = true),
                    FIELD(cso_detail, status, "status", .names = &cso_status_names),
                    FIELD(cso_detail, join_type, "joinType", .names = &cso_join_names),
                    FIELD(cso_detail, date_joined, "dateJoined", .nullable = true),
                    FIELD(cso_detail, display_name, "displayName", .nullable = true),
                    FIELD(cso_detail, connected_system_id, "connectedSystemId"),
                    FIELD(cso_detail, connected_system_name, "connectedSystemName"), FIELD(cso_detail, type_id, "typeId"),
                    FIELD(cso_detail, type_name, "typeName"),
                    FIELD(cso_detail, metaverse_object_id, "metaverseObjectId", .nullable = true),
                    FIELD(cso_detail, metaverse_object_display_name, "metaverseObjectDisplayName", .nullable = true),
                    OBJECTS(cso_detail, attribute_values, "attributeValues", cso_value),
                    OBJECTS(cso_detail, attribute_value_summaries, "attributeValueSummaries", value_summary, .nullable = true)));

struct cso_list_query {
    int32_t system;
    int32_t page, page_size;
    text search, sort_by;
    bool sort_descending;
    struct enums status;
    struct int32s object_type_id;
    struct enums join_type;
};
static SHAPE(cso_list_query, NULL,
             FIELDS(FIELD(cso_list_query, system, "connectedSystemId"), FIELD(cso_list_query, page, "page", .by_default = "1"),
                    FIELD(cso_list_query, page_size, "pageSize", .by_default = "50"),
                    FIELD(cso_list_query, search, "search", .doc = "A part of a name or an external id, in any case."),
                    FIELD(cso_list_query, sort_by, "sortBy",
                          .doc = "externalId, secondaryExternalId, displayName, type, dateJoined, status or joinType; else by "
                                 "the time of creation."),
                    FIELD(cso_list_query, sort_descending, "sortDescending", .by_default = "true"),
                    FIELD(cso_list_query, status, "status", .names = &cso_status_names),
                    FIELD(cso_list_query, object_type_id, "objectTypeId"),
                    FIELD(cso_list_query, join_type, "joinType", .names = &cso_join_names)));
struct cso_count_query {
    int32_t system;
    struct maybe_int32 object_type_id, partition_id;
};
static SHAPE(cso_count_query, NULL,
             FIELDS(FIELD(cso_count_query, system, "connectedSystemId"), FIELD(cso_count_query, object_type_id, "objectTypeId"),
                    FIELD(cso_count_query, partition_id, "partitionId")));
struct of_system {
    int32_t system;
};
static SHAPE(of_system, NULL, FIELDS(FIELD(of_system, system, "connectedSystemId")));
struct of_object {
    int32_t system;
    uuid id;
};
static SHAPE(of_object, NULL, FIELDS(FIELD(of_object, system, "connectedSystemId"), FIELD(of_object, id, "id")));
struct of_values {
    int32_t system;
    uuid id;
    text attribute;
    struct value_query query;
};
static SHAPE(of_values, NULL,
             FIELDS(FIELD(of_values, system, "connectedSystemId"), FIELD(of_values, id, "csoId"),
                    FIELD(of_values, attribute, "attributeName"), EMBED(of_values, query, value_query)));
struct cso_count {
    int32_t count;
};
static SHAPE(cso_count, NULL, FIELDS(FIELD(cso_count, count, "count")), .bare = true);

/* ---- lists ---- */

static uint32_t bits(const struct enums *list) {
    uint32_t out = 0;
    for (EACH(const unsigned, n, list)) out |= 1U << *n;
    return out;
}

static int sort_key(text name) {
    static const struct {
        const char *name;
        int sort;
    } keys[] = {{"displayname", 2}, {"externalid", 3}, {"secondaryexternalid", 4}, {"type", 5}, {"datejoined", 6},
                {"status", 7},      {"jointype", 8}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_equal_ascii_case(name, text_of(keys[i].name))) return keys[i].sort;
    return 1;
}

/* What the object will be called, by what is staged for it. */
static text staged_text(arena *a, const struct pending_export *p, const struct cs_attribute *attribute) {
    for (EACH(const struct staged_change, change, &p->changes))
        if (attribute && change->attribute == attribute->id && change->has_value) return value_text(a, &change->value);
    return (text){0};
}

static void pending_part(arena *a, const struct cs_type *t, const struct pending_export *p, struct cso_header *out) {
    out->has_pending_export = true;
    out->pending_export_id = id_to_uuid(ID_PENDING_EXPORT, p->id);
    if (!t) return;
    for (size_t i = 0; i < 3 && text_is_null(out->pending_display_name); i++)
        out->pending_display_name = staged_text(a, p, t->display[i]);
    out->pending_external_id = staged_text(a, p, t->external_id);
    out->pending_secondary_external_id = staged_text(a, p, t->secondary);
}

static void header(arena *a, snapshot *s, const struct cso *o, const struct pending_export *p, struct cso_header *out) {
    const struct cs_type *t = config_cs_type(s, o->type);
    *out = (struct cso_header){.id = id_to_uuid(ID_CSO, o->id),
                               .connected_system_id = o->system,
                               .display_name = cso_display_name(a, s, o),
                               .external_id_value = o->external_id,
                               .external_id_attribute_name = t && t->external_id ? t->external_id->name : (text){0},
                               .secondary_external_id_value = o->secondary_external_id,
                               .secondary_external_id_attribute_name = t && t->secondary ? t->secondary->name : (text){0},
                               .created = o->created,
                               .last_updated = o->updated,
                               .type_id = o->type,
                               .type_name = t ? t->name : T(""),
                               .status = o->status,
                               .join_type = o->join,
                               .date_joined = o->joined};
    if (p) pending_part(a, t, p, out);
}

static FALLIBLE headers(struct call *c, store_tx *tx, snapshot *s, const struct csos *list, struct cso_header_page *out) {
    struct pending_exports exports = {0};
    struct int64s ids = {0};
    struct int_map by_cso;
    for (EACH(const struct cso, o, list)) *LIST_ADD(c->a, &ids) = o->id;
    TRY(store_pending_by_cso(tx, c->a, s, ids.at, ids.count, &exports));
    int_map_init(&by_cso, c->a, exports.count);
    for (EACH(struct pending_export, p, &exports)) int_map_put(&by_cso, p->cso, p);
    for (EACH(const struct cso, o, list)) header(c->a, s, o, int_map_get(&by_cso, o->id), LIST_ADD(c->a, &out->items));
    return NULL;
}

static FALLIBLE csos_list(struct call *c, const struct cso_list_query *in, struct cso_header_page *out) {
    snapshot *s;
    const struct connected_system *system;
    struct csos found = {0};
    int64_t total;
    int32_t page = in->page, page_size = in->page_size;
    OWNED(store_tx) tx = NULL;
    list_clamp(&page, &page_size, 50, 100);
    TRY(list_depth(c, page, page_size));
    TRY(call_config(c, &s));
    TRY(find_system(s, in->system, &system));
    struct object_query q = {.system = system->id,
                             .search = in->search,
                             .status = -1,
                             .join = -1,
                             .statuses = bits(&in->status),
                             .joins = bits(&in->join_type),
                             .types = in->object_type_id,
                             .sort = sort_key(in->sort_by),
                             .descending = in->sort_descending,
                             .offset = (int64_t)(page - 1) * page_size,
                             .limit = page_size};
    TRY(store_read(c->services->store, &tx));
    TRY(store_list_csos(tx, c->a, s, &q, &found, &total));
    TRY(headers(c, tx, s, &found, out));
    page_fill(&out->counts, page, page_size, found.count ? total : 0);
    return NULL;
}
HANDLER(csos_list, cso_list_query, cso_header_page)

static FALLIBLE csos_count(struct call *c, const struct cso_count_query *in, struct cso_count *out) {
    snapshot *s;
    struct csos none = {0};
    int64_t total;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    struct object_query q = {.system = in->system,
                             .type = in->object_type_id.given ? in->object_type_id.value : 0,
                             .partition = in->partition_id.given ? in->partition_id.value : 0,
                             .status = -1,
                             .join = -1};
    TRY(store_read(c->services->store, &tx));
    TRY(store_list_csos(tx, c->a, s, &q, &none, &total));
    out->count = (int32_t)total;
    return NULL;
}
HANDLER(csos_count, cso_count_query, cso_count)

static FALLIBLE unresolved_count(struct call *c, const struct of_system *in, struct cso_count *out) {
    int64_t references;
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(store_count_unresolved(tx, in->system, &references));
    out->count = references > INT32_MAX ? INT32_MAX : (int32_t)references;
    return NULL;
}
HANDLER(unresolved_count, of_system, cso_count)

/* ---- one object ---- */

static FALLIBLE find_cso(struct call *c, store_tx *tx, snapshot *s, int32_t system, uuid id, struct csos *out) {
    int64_t number = id_from_uuid(ID_CSO, id);
    if (number) TRY(store_csos(tx, c->a, s, &number, 1, true, out));
    if (out->count && out->at[0].system != system) out->count = 0;
    return NULL;
}

static void show_value(const struct cso *o, const struct cs_attribute *attribute, const struct value *v, size_t place,
                       struct cso_value *out) {
    *out = (struct cso_value){
        .id = value_id(ID_CSO, o->id, attribute->id, place), .attribute_id = attribute->id, .attribute_name = attribute->name};
    typed_value_of(v, &out->value);
    if (v->type == TYPE_REFERENCE && v->reference.target) out->reference_value_id = id_to_uuid(ID_CSO, v->reference.target);
}

static int by_name(const void *one, const void *two) {
    const struct value_summary *a = one, *b = two;
    return text_compare(a->attribute_name, b->attribute_name);
}

static void show_values(arena *a, snapshot *s, const struct cso *o, struct cso_detail *out) {
    for (EACH(const struct values, set, &o->values)) {
        const struct cs_attribute *attribute = config_cs_attribute(s, set->attribute);
        if (!attribute) continue;
        size_t shown = set->count < VALUES_SHOWN ? set->count : VALUES_SHOWN;
        for (size_t i = 0; i < shown; i++) show_value(o, attribute, &set->at[i], i, LIST_ADD(a, &out->attribute_values));
        *LIST_ADD(a, &out->attribute_value_summaries) =
            (struct value_summary){attribute->name, (int32_t)set->count, (int32_t)shown, shown < set->count};
    }
    struct value_summaries *list = &out->attribute_value_summaries;
    if (list->count > 1) qsort(list->at, list->count, sizeof *list->at, by_name);
}

static FALLIBLE cso_get(struct call *c, const struct of_object *in, struct cso_detail *out) {
    snapshot *s;
    const struct connected_system *system;
    struct csos found = {0};
    struct int_map names;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(find_system(s, in->system, &system));
    TRY(store_read(c->services->store, &tx));
    TRY(find_cso(c, tx, s, system->id, in->id, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "'%.*s' has no such object.", TEXT_ARG(system->name));
    const struct cso *o = &found.at[0];
    struct int64s joined = {.at = &found.at[0].mvo, .count = 1};
    TRY(mvo_names(c, tx, s, &joined, &names));
    *out = (struct cso_detail){.id = in->id,
                               .created = o->created,
                               .last_updated = o->updated,
                               .status = o->status,
                               .join_type = o->join,
                               .date_joined = o->joined,
                               .display_name = cso_display_name(c->a, s, o),
                               .connected_system_id = o->system,
                               .connected_system_name = system->name,
                               .type_id = o->type,
                               .type_name = cs_type_name(s, o->type),
                               .metaverse_object_display_name = name_of(&names, o->mvo)};
    if (text_is_null(out->type_name)) out->type_name = T("");
    if (o->mvo) out->metaverse_object_id = id_to_uuid(ID_MVO, o->mvo);
    show_values(c->a, s, o, out);
    return NULL;
}
HANDLER(cso_get, of_object, cso_detail)

/* Values in stored order; without an object, or an attribute of that name, there are none. */
static FALLIBLE cso_values(struct call *c, const struct of_values *in, struct cso_value_page *out) {
    snapshot *s;
    struct csos found = {0};
    struct value_query q = in->query;
    OWNED(store_tx) tx = NULL;
    TRY(value_query_check(c, &q));
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(find_cso(c, tx, s, in->system, in->id, &found));
    const struct cs_type *t = found.count ? config_cs_type(s, found.at[0].type) : NULL;
    const struct cs_attribute *attribute = t ? config_cs_attribute_named(t, in->attribute) : NULL;
    const struct values *set = attribute ? attributes_find(&found.at[0].values, attribute->id) : NULL;
    OWNED(arena) scratch = arena_new(1 << 30);
    text folded = text_fold(c->a, q.search);
    int64_t total = 0, first = (int64_t)(q.page - 1) * q.page_size;
    for (size_t i = 0; set && i < set->count; i++) {
        if (!value_matches(scratch, &set->at[i], folded)) continue;
        if (total >= first && total < first + q.page_size)
            show_value(&found.at[0], attribute, &set->at[i], i, LIST_ADD(c->a, &out->items));
        total++;
    }
    page_fill(&out->counts, q.page, q.page_size, total);
    return NULL;
}
HANDLER(cso_values, of_values, cso_value_page)

#define SPACE "/connected-systems/{connectedSystemId}/connector-space"
#define UNKNOWN ALSO({404, NULL, "There is no such connected system or object."})
const struct routes connector_space_routes =
    ROUTES("Synchronisation", "/api/v1/synchronisation",
           ROUTE(GET, SPACE, csos_list, "Lists the objects of a connected system.", .operation = "GetConnectedSystemObjects",
                 .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, SPACE "/count", csos_count, "Counts the objects of a connected system.",
                 .operation = "GetConnectorSpaceCount", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, SPACE "/unresolved-references/count", unresolved_count,
                 "Counts references that name no object of the connected system.", .operation = "GetUnresolvedReferenceCount",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, SPACE "/{id}", cso_get, "An object with the first values of each attribute.",
                 .operation = "GetConnectedSystemObject", .role = ROLE_ADMINISTRATOR, .also = UNKNOWN),
           ROUTE(GET, SPACE "/{csoId}/attributes/{attributeName}/values", cso_values, "A page of the values of one attribute.",
                 .operation = "GetAttributeValuesPaged", .role = ROLE_ADMINISTRATOR));
