/* Objects that were deleted: what they were called, who deleted them, and what they had last (operations §18.2). */
#include "api/activity_view.h"
#include "api/value_changes.h"

/* ---- what travels ---- */

struct deleted_cso {
    uuid id;
    text external_id, display_name, object_type_name;
    int32_t connected_system_id;
    text connected_system_name;
    instant change_time;
    text initiated_by_type, initiated_by_name;
};
static SHAPE(deleted_cso, "DeletedCsoResponse",
             FIELDS(FIELD(deleted_cso, id, "id", .doc = "Of the object: its history is still found by it."),
                    FIELD(deleted_cso, external_id, "externalId", .nullable = true),
                    FIELD(deleted_cso, display_name, "displayName", .nullable = true),
                    FIELD(deleted_cso, object_type_name, "objectTypeName", .nullable = true),
                    FIELD(deleted_cso, connected_system_id, "connectedSystemId"),
                    FIELD(deleted_cso, connected_system_name, "connectedSystemName", .nullable = true),
                    FIELD(deleted_cso, change_time, "changeTime"),
                    FIELD(deleted_cso, initiated_by_type, "initiatedByType", .nullable = true, .doc = "User, ApiKey or Unknown."),
                    FIELD(deleted_cso, initiated_by_name, "initiatedByName", .nullable = true)));
struct deleted_cso_page PAGE_OF(deleted_cso);
static PAGE_SHAPE(deleted_cso_page, deleted_cso, "DeletedObjectsPagedResponseOfDeletedCsoResponse");

struct deleted_mvo {
    uuid id;
    text display_name, object_type_name;
    struct maybe_int32 object_type_id;
    instant change_time;
    text initiated_by_type, initiated_by_name;
};
static SHAPE(deleted_mvo, "DeletedMvoResponse",
             FIELDS(FIELD(deleted_mvo, id, "id", .doc = "Of the object: its history is still found by it."),
                    FIELD(deleted_mvo, display_name, "displayName", .nullable = true),
                    FIELD(deleted_mvo, object_type_name, "objectTypeName", .nullable = true),
                    FIELD(deleted_mvo, object_type_id, "objectTypeId"), FIELD(deleted_mvo, change_time, "changeTime"),
                    FIELD(deleted_mvo, initiated_by_type, "initiatedByType", .nullable = true, .doc = "User, ApiKey or Unknown."),
                    FIELD(deleted_mvo, initiated_by_name, "initiatedByName", .nullable = true)));
struct deleted_mvo_page PAGE_OF(deleted_mvo);
static PAGE_SHAPE(deleted_mvo_page, deleted_mvo, "DeletedObjectsPagedResponseOfDeletedMvoResponse");

struct deleted_cso_detail {
    struct deleted_cso header;
    uuid activity_id;
    struct cso_attribute_changes last_values;
};
static SHAPE(
    deleted_cso_detail, "DeletedCsoDetail",
    FIELDS(EMBED(deleted_cso_detail, header, deleted_cso), FIELD(deleted_cso_detail, activity_id, "activityId", .nullable = true),
           OBJECTS(deleted_cso_detail, last_values, "lastValues", cso_attribute_change, .doc = "What its deletion removed.")));
struct deleted_mvo_detail {
    struct deleted_mvo header;
    uuid activity_id;
    struct mvo_attribute_changes last_values;
};
static SHAPE(
    deleted_mvo_detail, "DeletedMvoDetail",
    FIELDS(EMBED(deleted_mvo_detail, header, deleted_mvo), FIELD(deleted_mvo_detail, activity_id, "activityId", .nullable = true),
           OBJECTS(deleted_mvo_detail, last_values, "lastValues", mvo_attribute_change, .doc = "What its deletion removed.")));

struct grave_query {
    instant from, to;
    int32_t page, page_size;
};
static SHAPE(grave_query, NULL,
             FIELDS(FIELD(grave_query, from, "fromDate"), FIELD(grave_query, to, "toDate"),
                    FIELD(grave_query, page, "page", .by_default = "1"),
                    FIELD(grave_query, page_size, "pageSize", .by_default = "50")));
struct cso_graves {
    struct maybe_int32 system;
    text search;
    struct grave_query query;
};
static SHAPE(cso_graves, NULL,
             FIELDS(FIELD(cso_graves, system, "connectedSystemId"),
                    FIELD(cso_graves, search, "externalIdSearch", .doc = "A part of the external id, in any case."),
                    EMBED(cso_graves, query, grave_query)));
struct mvo_graves {
    struct maybe_int32 type;
    text search;
    struct grave_query query;
};
static SHAPE(mvo_graves, NULL,
             FIELDS(FIELD(mvo_graves, type, "objectTypeId"),
                    FIELD(mvo_graves, search, "displayNameSearch", .doc = "A part of the display name, in any case."),
                    EMBED(mvo_graves, query, grave_query)));

/* ---- who ---- */

/* Runs that a person or key asked for are theirs; a deletion that was scheduled is theirs whose run scheduled it. What the system
 * does by itself has no name here. */
static FALLIBLE who(struct call *c, store_tx *tx, const struct tombstone *t, text *type, text *name) {
    struct activity a = {0};
    bool found = false;
    if (t->activity) TRY(store_activity(tx, c->a, t->activity, &a, &found));
    struct initiator by = t->initiator.type && (!found || a.initiator.type == BY_SYSTEM) ? t->initiator : a.initiator;
    bool named = by.type == BY_USER || by.type == BY_API_KEY;
    *type = named ? text_of(enum_name(&initiator_type_names, by.type)) : T("Unknown");
    *name = by.name;
    return NULL;
}

static FALLIBLE show_cso(struct call *c, store_tx *tx, snapshot *s, const struct tombstone *t, struct deleted_cso *out) {
    const struct connected_system *system = config_system(s, t->owner);
    *out = (struct deleted_cso){.id = id_to_uuid(ID_CSO, t->object),
                                .external_id = t->external_id,
                                .display_name = t->name,
                                .object_type_name = t->type_name,
                                .connected_system_id = t->owner,
                                .connected_system_name = system ? system->name : (text){0},
                                .change_time = t->at};
    return who(c, tx, t, &out->initiated_by_type, &out->initiated_by_name);
}

static FALLIBLE show_mvo(struct call *c, store_tx *tx, const struct tombstone *t, struct deleted_mvo *out) {
    *out = (struct deleted_mvo){.id = id_to_uuid(ID_MVO, t->object),
                                .display_name = t->name,
                                .object_type_name = t->type_name,
                                .object_type_id = {true, t->owner},
                                .change_time = t->at};
    return who(c, tx, t, &out->initiated_by_type, &out->initiated_by_name);
}

/* ---- lists ---- */

static FALLIBLE query_of(struct call *c, struct grave_query *in, enum history_of of, struct maybe_int32 owner, text search,
                         struct tombstone_query *out) {
    list_clamp(&in->page, &in->page_size, 50, 100);
    *out = (struct tombstone_query){.of = of,
                                    .owner = owner.given ? owner.value : 0,
                                    .search = search,
                                    .from = in->from,
                                    .to = in->to,
                                    .offset = (int64_t)(in->page - 1) * in->page_size,
                                    .limit = in->page_size};
    return list_depth(c, in->page, in->page_size);
}

static FALLIBLE deleted_csos(struct call *c, const struct cso_graves *in, struct deleted_cso_page *out) {
    OWNED(store_tx) tx = NULL;
    snapshot *s;
    struct grave_query page = in->query;
    struct tombstone_query q;
    struct tombstones found = {0};
    int64_t total;
    TRY(query_of(c, &page, HISTORY_OF_CSO, in->system, in->search, &q));
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(store_tombstones(tx, c->a, &q, &found, &total));
    for (EACH(const struct tombstone, t, &found)) TRY(show_cso(c, tx, s, t, LIST_ADD(c->a, &out->items)));
    page_fill(&out->counts, page.page, page.page_size, total);
    return NULL;
}
HANDLER(deleted_csos, cso_graves, deleted_cso_page)

static FALLIBLE deleted_mvos(struct call *c, const struct mvo_graves *in, struct deleted_mvo_page *out) {
    OWNED(store_tx) tx = NULL;
    struct grave_query page = in->query;
    struct tombstone_query q;
    struct tombstones found = {0};
    int64_t total;
    TRY(query_of(c, &page, HISTORY_OF_MVO, in->type, in->search, &q));
    TRY(store_read(c->services->store, &tx));
    TRY(store_tombstones(tx, c->a, &q, &found, &total));
    for (EACH(const struct tombstone, t, &found)) TRY(show_mvo(c, tx, t, LIST_ADD(c->a, &out->items)));
    page_fill(&out->counts, page.page, page.page_size, total);
    return NULL;
}
HANDLER(deleted_mvos, mvo_graves, deleted_mvo_page)

/* ---- one ---- */

static FALLIBLE find(struct change_reader *r, uuid id, struct tombstone *out, struct change_records *last) {
    int64_t object = id_from_uuid(r->of == HISTORY_OF_CSO ? ID_CSO : ID_MVO, id), total;
    struct tombstones found = {0};
    if (object) TRY(store_tombstones_of(r->tx, r->c->a, r->of, &object, 1, &found));
    if (!found.count) return FAIL(ERROR_NOT_FOUND, "Nothing is recorded of a deleted object of this id.");
    *out = found.at[0];
    struct change_query q = {.of = r->of, .object = object, .limit = 1};
    TRY(store_object_history(r->tx, r->c->a, r->s, &q, last, &total));
    return changes_prepare(r, last);
}

static uuid activity_id(const struct tombstone *t) { return t->activity ? id_to_uuid(ID_ACTIVITY, t->activity) : (uuid){{0}}; }

static FALLIBLE deleted_cso(struct call *c, const struct by_uuid *in, struct deleted_cso_detail *out) {
    OWNED(store_tx) tx = NULL;
    struct change_reader r = {.c = c, .of = HISTORY_OF_CSO};
    struct tombstone t;
    struct change_records last = {0};
    TRY(call_config(c, &r.s));
    TRY(store_read(c->services->store, &tx));
    r.tx = tx;
    TRY(find(&r, in->id, &t, &last));
    out->activity_id = activity_id(&t);
    if (last.count) TRY(cso_changes_show(&r, &last.at[0].changes, &out->last_values));
    return show_cso(c, tx, r.s, &t, &out->header);
}
HANDLER(deleted_cso, by_uuid, deleted_cso_detail)

static FALLIBLE deleted_mvo(struct call *c, const struct by_uuid *in, struct deleted_mvo_detail *out) {
    OWNED(store_tx) tx = NULL;
    struct change_reader r = {.c = c, .of = HISTORY_OF_MVO};
    struct tombstone t;
    struct change_records last = {0};
    TRY(call_config(c, &r.s));
    TRY(store_read(c->services->store, &tx));
    r.tx = tx;
    TRY(find(&r, in->id, &t, &last));
    out->activity_id = activity_id(&t);
    if (last.count) TRY(mvo_changes_show(&r, &last.at[0].changes, &out->last_values));
    return show_mvo(c, tx, &t, &out->header);
}
HANDLER(deleted_mvo, by_uuid, deleted_mvo_detail)

#define GONE ALSO({404, NULL, "Nothing is recorded of a deleted object of this id."})
const struct routes deleted_object_routes =
    ROUTES("History", "/api/v1/history",
           ROUTE(GET, "/deleted-objects/cso", deleted_csos, "Objects of connector spaces that were deleted, the newest first.",
                 .operation = "GetDeletedCsos", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/deleted-objects/mvo", deleted_mvos, "Metaverse objects that were deleted, the newest first.",
                 .operation = "GetDeletedMvos", .role = ROLE_ADMINISTRATOR),
           ROUTE(GET, "/deleted-objects/cso/{id}", deleted_cso, "A deleted object of a connector space with its last values.",
                 .operation = "GetDeletedCso", .role = ROLE_ADMINISTRATOR, .also = GONE),
           ROUTE(GET, "/deleted-objects/mvo/{id}", deleted_mvo, "A deleted metaverse object with its last values.",
                 .operation = "GetDeletedMvo", .role = ROLE_ADMINISTRATOR, .also = GONE));
