/* The objects of the metaverse: lists, counts, one with all its values (contract §5, §8; sync-engine §2.2). */
#include "api/mv_header.h"

/* ---- what travels ---- */

SHAPE(object_header, "MetaverseObjectHeaderDto",
      FIELDS(FIELD(object_header, id, "id"), FIELD(object_header, created, "created"),
             FIELD(object_header, display_name, "displayName", .nullable = true),
             FIELD(object_header, status, "status", .names = &mvo_status_names), OBJECT(object_header, type, "type", named_id),
             MAP(object_header, attributes, "attributes", json_entry,
                 .doc = "The first value of each attribute that was asked for, by name.")));
PAGE_SHAPE(object_page, object_header, "PaginatedResponseOfMetaverseObjectHeaderDto");

struct object_value {
    uuid id;
    int32_t attribute_id;
    text attribute_name;
    enum data_type attribute_type;
    enum plurality attribute_plurality;
    struct typed_value value;
    uuid reference_value_id;
    text reference_value_display_name;
    struct maybe_int32 contributed_by_system_id;
    text contributed_by_system_name;
    struct maybe_int32 contributed_by_sync_rule_id;
    text contributed_by_sync_rule_name;
    bool null_value;
};
static SHAPE(object_value, "MetaverseObjectAttributeValueDto",
             FIELDS(FIELD(object_value, id, "id"), FIELD(object_value, attribute_id, "attributeId"),
                    FIELD(object_value, attribute_name, "attributeName"),
                    FIELD(object_value, attribute_type, "attributeType", .names = &data_type_names),
                    FIELD(object_value, attribute_plurality, "attributePlurality", .names = &plurality_names),
                    EMBED(object_value, value, typed_value),
                    FIELD(object_value, reference_value_id, "referenceValueId", .nullable = true),
                    FIELD(object_value, reference_value_display_name, "referenceValueDisplayName", .nullable = true),
                    FIELD(object_value, contributed_by_system_id, "contributedBySystemId"),
                    FIELD(object_value, contributed_by_system_name, "contributedBySystemName", .nullable = true),
                    FIELD(object_value, contributed_by_sync_rule_id, "contributedBySyncRuleId"),
                    FIELD(object_value, contributed_by_sync_rule_name, "contributedBySyncRuleName", .nullable = true),
                    FIELD(object_value, null_value, "nullValue", .doc = "A contributor asserts that there is no value.")));

struct connector_reference {
    uuid id;
    int32_t connected_system_id;
    text connected_system_name;
    text display_name;
};
static SHAPE(connector_reference, "ConnectedSystemObjectReferenceDto",
             FIELDS(FIELD(connector_reference, id, "id"), FIELD(connector_reference, connected_system_id, "connectedSystemId"),
                    FIELD(connector_reference, connected_system_name, "connectedSystemName"),
                    FIELD(connector_reference, display_name, "displayName", .nullable = true)));

struct object_detail {
    uuid id;
    instant created, last_updated;
    text display_name;
    enum mvo_status status;
    enum mvo_origin origin;
    instant last_connector_disconnected_date;
    bool is_pending_deletion;
    instant deletion_eligible_date;
    struct named_id type;
    struct object_values LIST(struct object_value) attribute_values;
    struct LIST(struct connector_reference) connected_system_objects;
};
static SHAPE(object_detail, "MetaverseObjectDto",
             FIELDS(FIELD(object_detail, id, "id"), FIELD(object_detail, created, "created"),
                    FIELD(object_detail, last_updated, "lastUpdated", .nullable = true),
                    FIELD(object_detail, display_name, "displayName", .nullable = true),
                    FIELD(object_detail, status, "status", .names = &mvo_status_names),
                    FIELD(object_detail, origin, "origin", .names = &mvo_origin_names),
                    FIELD(object_detail, last_connector_disconnected_date, "lastConnectorDisconnectedDate", .nullable = true),
                    FIELD(object_detail, is_pending_deletion, "isPendingDeletion"),
                    FIELD(object_detail, deletion_eligible_date, "deletionEligibleDate", .nullable = true),
                    OBJECT(object_detail, type, "type", named_id),
                    OBJECTS(object_detail, attribute_values, "attributeValues", object_value),
                    OBJECTS(object_detail, connected_system_objects, "connectedSystemObjects", connector_reference)));

struct object_filter {
    struct maybe_int32 object_type_id;
    text search, filter_attribute_name, filter_attribute_value;
};
static SHAPE(object_filter, NULL,
             FIELDS(FIELD(object_filter, object_type_id, "objectTypeId"),
                    FIELD(object_filter, search, "search", .doc = "A part of the display name, in any case."),
                    FIELD(object_filter, filter_attribute_name, "filterAttributeName"),
                    FIELD(object_filter, filter_attribute_value, "filterAttributeValue",
                          .doc = "The attribute's whole value, in any case.")));
struct object_list_query {
    struct list_query list;
    struct object_filter filter;
    struct texts attributes;
};
static SHAPE(object_list_query, NULL,
             FIELDS(EMBED(object_list_query, list, list_query), EMBED(object_list_query, filter, object_filter),
                    FIELD(object_list_query, attributes, "attributes", .doc = "Names of attributes to show; * is all.")));
struct object_count {
    int32_t count;
};
static SHAPE(object_count, NULL, FIELDS(FIELD(object_count, count, "count")), .bare = true);

/* ---- lists ---- */

/* False when nothing can match: an attribute that does not exist is on no object. */
static bool query_of(snapshot *s, const struct object_filter *f, struct object_query *out) {
    *out = (struct object_query){
        .type = f->object_type_id.given ? f->object_type_id.value : 0, .search = f->search, .status = -1, .join = -1, .sort = 1};
    if (f->object_type_id.given && !config_mv_type(s, out->type)) return false;
    if (text_is_empty(f->filter_attribute_name) || text_is_empty(f->filter_attribute_value)) return true;
    const struct mv_attribute *m = config_mv_attribute_named(s, f->filter_attribute_name);
    if (!m) return false;
    out->filter_attribute = m->id;
    out->filter_value = f->filter_attribute_value;
    return true;
}

static bool selected(arena *a, snapshot *s, const struct texts *names, struct int32s *out) {
    bool all = false;
    for (EACH(const text, name, names)) {
        const struct mv_attribute *m = config_mv_attribute_named(s, *name);
        if (text_equal(*name, T("*"))) all = true;
        if (m) *LIST_ADD(a, out) = m->id;
    }
    return all;
}

static void show_value(arena *a, snapshot *s, const struct values *set, struct json_entries *out) {
    const struct mv_attribute *m = set ? config_mv_attribute(s, set->attribute) : NULL;
    if (!m || m == s->display[0]) return;
    *LIST_ADD(a, out) = (struct json_entry){m->name, set->count ? json_value_of(a, &set->at[0]) : (struct json_value){0}};
}

void object_header_of(arena *a, snapshot *s, const struct mvo *o, const struct object_query *q, struct object_header *out) {
    *out = (struct object_header){.id = id_to_uuid(ID_MVO, o->id),
                                  .created = o->created,
                                  .display_name = mvo_display_name(a, s, o),
                                  .status = o->status,
                                  .type = mv_type_reference(s, o->type)};
    for (size_t i = 0; q->all_large && i < o->values.count; i++) show_value(a, s, &o->values.at[i], &out->attributes);
    for (size_t i = 0; !q->all_large && i < q->large.count; i++)
        show_value(a, s, attributes_find(&o->values, q->large.at[i]), &out->attributes);
}

static FALLIBLE objects_list(struct call *c, const struct object_list_query *in, struct object_page *out) {
    snapshot *s;
    struct object_query q;
    struct mvos found = {0};
    int64_t total = 0;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    bool possible = query_of(s, &in->filter, &q);
    q.descending = list_descending(&in->list);
    q.offset = list_offset(&in->list);
    q.limit = in->list.page_size;
    q.all_large = selected(c->a, s, &in->attributes, &q.large);
    if (possible) {
        TRY(store_read(c->services->store, &tx));
        TRY(store_list_mvos(tx, c->a, s, &q, &found, &total));
    }
    for (EACH(const struct mvo, o, &found)) object_header_of(c->a, s, o, &q, LIST_ADD(c->a, &out->items));
    page_fill(&out->counts, in->list.page, in->list.page_size, found.count ? total : 0);
    return NULL;
}
HANDLER(objects_list, object_list_query, object_page)

static FALLIBLE objects_count(struct call *c, const struct object_filter *in, struct object_count *out) {
    snapshot *s;
    struct object_query q;
    struct mvos found = {0};
    int64_t total = 0;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    if (!query_of(s, in, &q)) return NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(store_list_mvos(tx, c->a, s, &q, &found, &total));
    out->count = total > INT32_MAX ? INT32_MAX : (int32_t)total;
    return NULL;
}
HANDLER(objects_count, object_filter, object_count)

/* ---- one object ---- */

/* Above this a reply would be larger than what one request may hold. */
enum { VALUES_MOST = 200000 };

/* Where values came from, after their rule is gone too. */
static void contributor(snapshot *s, int32_t mapping, struct object_value *out) {
    const struct mapping *m = mapping ? config_mapping(s, mapping) : NULL;
    const struct sync_rule *r = m ? config_rule(s, m->rule) : NULL;
    const struct retired_mapping *gone = NULL;
    for (EACH(const struct retired_mapping, each, &s->retired))
        if (!m && mapping && each->mapping == mapping) gone = each;
    if (!r && !gone) return;
    const struct connected_system *system = config_system(s, r ? r->system : gone->system);
    out->contributed_by_system_id = id_or_null(system ? system->id : 0);
    out->contributed_by_system_name = system ? system->name : gone ? gone->system_name : (text){0};
    out->contributed_by_sync_rule_id = id_or_null(r ? r->id : 0);
    out->contributed_by_sync_rule_name = r ? r->name : gone->rule_name;
}

static void show_set(snapshot *s, const struct mvo *o, const struct values *set, const struct int_map *names,
                     struct object_values *out) {
    const struct mv_attribute *m = config_mv_attribute(s, set->attribute);
    if (!m) return;
    struct object_value common = {.attribute_id = m->id,
                                  .attribute_name = m->name,
                                  .attribute_type = m->type,
                                  .attribute_plurality = m->plurality,
                                  .null_value = set->null_marker};
    contributor(s, set->mapping, &common);
    size_t count = set->null_marker ? 1 : set->count;
    for (size_t i = 0; i < count; i++) {
        struct object_value *v = &out->at[out->count++];
        *v = common;
        v->id = value_id(ID_MVO, o->id, m->id, i);
        if (set->null_marker) continue;
        typed_value_of(&set->at[i], &v->value);
        if (set->at[i].type != TYPE_REFERENCE || !set->at[i].reference.target) continue;
        v->reference_value_id = id_to_uuid(ID_MVO, set->at[i].reference.target);
        v->reference_value_display_name = name_of(names, set->at[i].reference.target);
    }
}

static FALLIBLE show_values(struct call *c, store_tx *tx, snapshot *s, const struct mvo *o, struct object_values *out) {
    struct int64s targets = {0};
    struct int_map names;
    size_t total = 0;
    for (EACH(const struct values, set, &o->values)) {
        total += set->null_marker ? 1 : set->count;
        for (size_t i = 0; i < set->count && set->at[0].type == TYPE_REFERENCE; i++)
            *LIST_ADD(c->a, &targets) = set->at[i].reference.target;
    }
    if (total > VALUES_MOST)
        return FAIL(ERROR_TOO_LARGE, "The object has %zu values; %d can be shown at once.", total, VALUES_MOST);
    TRY(mvo_names(c, tx, s, &targets, &names));
    out->at = ARENA_ARRAY(c->a, struct object_value, total);
    out->room = total;
    for (EACH(const struct values, set, &o->values)) show_set(s, o, set, &names, out);
    return NULL;
}

static FALLIBLE show_connectors(struct call *c, store_tx *tx, snapshot *s, const struct mvo *o, struct object_detail *out) {
    struct csos list = {0};
    TRY(store_connectors_brief(tx, c->a, s, &o->id, 1, &list));
    for (EACH(const struct cso, each, &list)) {
        const struct connected_system *system = config_system(s, each->system);
        *LIST_ADD(c->a, &out->connected_system_objects) =
            (struct connector_reference){.id = id_to_uuid(ID_CSO, each->id),
                                         .connected_system_id = each->system,
                                         .connected_system_name = system ? system->name : T(""),
                                         .display_name = cso_display_name(c->a, s, each)};
    }
    return NULL;
}

static FALLIBLE object_get(struct call *c, const struct by_uuid *in, struct object_detail *out) {
    snapshot *s;
    struct mvos found = {0};
    OWNED(store_tx) tx = NULL;
    int64_t id = id_from_uuid(ID_MVO, in->id);
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    if (id) TRY(store_mvos(tx, c->a, s, &id, 1, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "There is no such metaverse object.");
    const struct mvo *o = &found.at[0];
    struct deletion_state deletion = deletion_state_of(s, o);
    *out = (struct object_detail){.id = in->id,
                                  .created = o->created,
                                  .last_updated = o->updated,
                                  .display_name = mvo_display_name(c->a, s, o),
                                  .status = o->status,
                                  .origin = o->origin,
                                  .last_connector_disconnected_date = o->deletion.disconnected,
                                  .is_pending_deletion = deletion.pending,
                                  .deletion_eligible_date = deletion.eligible,
                                  .type = mv_type_reference(s, o->type)};
    TRY(show_values(c, tx, s, o, &out->attribute_values));
    return show_connectors(c, tx, s, o, out);
}
HANDLER(object_get, by_uuid, object_detail)

const struct routes mv_object_routes =
    ROUTES("Metaverse", "/api/v1/metaverse",
           ROUTE(GET, "/objects", objects_list, "Lists metaverse objects in the order in which they were created.",
                 .operation = "GetObjects", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/objects/count", objects_count, "Counts metaverse objects.", .operation = "GetObjectsCount",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/objects/{id}", object_get, "A metaverse object with all its values.", .operation = "GetObject",
                 .role = ROLE_ADMINISTRATOR, .also = ALSO({404, NULL, "There is no such metaverse object."})));
