/* The resource /predefined-searches: named queries over the metaverse and the columns of their lists (operations §22). */
#include "api/predefined.h"
#include "api/resources.h"

enum { COLUMNS_MOST = 50 };

/* ---- what travels ---- */

struct search_header {
    int32_t id;
    text type_name;
    bool is_default;
    text name, uri;
    bool built_in, enabled;
    int32_t attribute_count;
    instant created;
};
static SHAPE(search_header, "PredefinedSearchHeader",
             FIELDS(FIELD(search_header, id, "id"), FIELD(search_header, type_name, "metaverseObjectTypeName"),
                    FIELD(search_header, is_default, "isDefaultForMetaverseObjectType"), FIELD(search_header, name, "name"),
                    FIELD(search_header, uri, "uri"), FIELD(search_header, built_in, "builtIn"),
                    FIELD(search_header, enabled, "isEnabled"), FIELD(search_header, attribute_count, "metaverseAttributeCount"),
                    FIELD(search_header, created, "created")));
struct search_headers {
    struct LIST(struct search_header) items;
};
static SHAPE(search_headers, NULL, FIELDS(OBJECTS(search_headers, items, "", search_header)), .bare = true);

struct by_uri {
    text uri;
};
static SHAPE(by_uri, NULL, FIELDS(FIELD(by_uri, uri, "uri")));

#define URI(tag, ...)                                                                                                              \
    FIELD(tag, uri, "uri", .max_length = 100, .pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", .doc = "Unique; stands in addresses.",        \
          __VA_ARGS__)
#define COLUMNS(tag)                                                                                                               \
    FIELD(tag, attribute_ids, "attributeIds", .nullable = true, .max_length = COLUMNS_MOST,                                        \
          .doc = "Attributes of the type, in the order of the columns.")

struct search_create {
    text name, uri;
    int32_t type;
    bool enabled, is_default;
    struct int32s attribute_ids;
    text change_reason;
};
static SHAPE(search_create, "CreatePredefinedSearchRequest",
             FIELDS(FIELD(search_create, name, "name", .required = true, .max_length = 200), URI(search_create, .required = true),
                    FIELD(search_create, type, "metaverseObjectTypeId", .required = true),
                    FIELD(search_create, enabled, "isEnabled", .by_default = "true"),
                    FIELD(search_create, is_default, "isDefaultForMetaverseObjectType", .by_default = "false"),
                    COLUMNS(search_create), CHANGE_REASON(search_create, change_reason)));

struct search_update {
    int32_t id;
    text name, uri;
    struct maybe_bool enabled, is_default;
    struct int32s attribute_ids; /* null: unchanged */
    text change_reason;
};
static SHAPE(search_update, "UpdatePredefinedSearchRequest",
             FIELDS(FIELD(search_update, id, "id"),
                    FIELD(search_update, name, "name", .nullable = true, .not_blank = true, .max_length = 200),
                    URI(search_update, .nullable = true, .not_blank = true), FIELD(search_update, enabled, "isEnabled"),
                    FIELD(search_update, is_default, "isDefaultForMetaverseObjectType"), COLUMNS(search_update),
                    CHANGE_REASON(search_update, change_reason)));

/* ---- reading ---- */

static FALLIBLE searches_list(struct call *c, const struct nothing *in, struct search_headers *out) {
    (void)in;
    snapshot *s;
    struct predefined_searches all = {0};
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    TRY(predefined_all(tx, c->a, s, &all));
    for (EACH(const struct predefined_search, p, &all))
        *LIST_ADD(c->a, &out->items) = (struct search_header){.id = p->head.id,
                                                              .type_name = p->type_name,
                                                              .is_default = p->facts.is_default,
                                                              .name = p->facts.name,
                                                              .uri = p->facts.uri,
                                                              .built_in = p->facts.built_in,
                                                              .enabled = p->facts.enabled,
                                                              .attribute_count = (int32_t)p->facts.columns.count,
                                                              .created = p->head.created};
    return NULL;
}
HANDLER(searches_list, nothing, search_headers)

static FALLIBLE search_get(struct call *c, const struct by_id *in, struct predefined_search *out) {
    snapshot *s;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    return predefined_find(tx, c->a, s, in->id, out);
}
HANDLER(search_get, by_id, predefined_search)

static FALLIBLE search_by_uri(struct call *c, const struct by_uri *in, struct predefined_search *out) {
    snapshot *s;
    OWNED(store_tx) tx = NULL;
    TRY(call_config(c, &s));
    TRY(store_read(c->services->store, &tx));
    return predefined_find_uri(tx, c->a, s, in->uri, out);
}
HANDLER(search_by_uri, by_uri, predefined_search)

/* ---- writing ---- */

static bool uri_fits(text uri) {
    bool letter = false; /* a hyphen stands between two others */
    for (size_t i = 0; i < uri.len; i++) {
        char b = uri.at[i];
        bool plain = (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9');
        if (!plain && (b != '-' || !letter)) return false;
        letter = plain;
    }
    return letter;
}

static void check_uri(struct call *c, text uri) {
    if (!uri_fits(uri)) call_problem(c, "uri", "Use small letters, digits, and single hyphens between them.");
}

/* Keeps the numbers of columns that were there before. */
static FALLIBLE set_columns(struct call *c, snapshot *s, const struct int32s *ids, struct predefined_search *p) {
    struct predefined_columns before = p->facts.columns;
    p->facts.columns = (struct predefined_columns){0};
    for (size_t i = 0; i < ids->count; i++) {
        const struct mv_attribute *m;
        TRY(find_mv_attribute(s, ids->at[i], &m));
        const char *field = arena_cstring(c->a, arena_print(c->a, "attributeIds[%zu]", i));
        check_mv_attribute(c, s, field, m, p->facts.type);
        struct predefined_column column = {.attribute = m->id, .name = m->name, .position = (int32_t)i};
        for (EACH(const struct predefined_column, other, &before))
            if (other->attribute == m->id) column.id = other->id;
        for (EACH(const struct predefined_column, other, &p->facts.columns))
            if (other->attribute == m->id) call_problem(c, field, "The attribute is named twice.");
        if (!column.id) column.id = ++p->last_id;
        *LIST_ADD(c->a, &p->facts.columns) = column;
    }
    return call_check(c);
}

/* A type has one default. */
static FALLIBLE take_default(struct call *c, struct predefined_edit *e) {
    struct predefined_searches all = {0};
    TRY(predefined_all(e->x.tx, c->a, e->x.before, &all));
    for (EACH(struct predefined_search, p, &all)) {
        if (p->head.id == e->p.head.id || p->facts.type != e->p.facts.type || !p->facts.is_default) continue;
        p->facts.is_default = false;
        TRY(predefined_save(e->x.tx, c->a, p));
    }
    e->p.facts.is_default = true;
    return NULL;
}

static FALLIBLE search_create(struct call *c, const struct search_create *in, struct predefined_search *out) {
    OWNED_VALUE(predefined_edit) e = {0};
    const struct mv_type *type;
    check_uri(c, in->uri);
    TRY(call_check(c));
    TRY(change_begin(c, &e.x));
    TRY(find_mv_type(e.x.before, in->type, &type));
    e.p = (struct predefined_search){
        .head = {.created = c->now},
        .facts = {.name = in->name, .uri = in->uri, .enabled = in->enabled, .type = type->id, .created_by = c->caller.name},
        .type_name = type->name};
    TRY(set_columns(c, e.x.before, &in->attribute_ids, &e.p));
    TRY(predefined_forget_orphans(e.x.tx, c->a, e.x.before));
    if (in->is_default) TRY(take_default(c, &e));
    TRY(predefined_edit_commit(c, &e, OPERATION_CREATE, in->change_reason));
    *out = e.p;
    call_location(c, "/api/v1/predefined-searches/%d", out->head.id);
    return NULL;
}
HANDLER(search_create, search_create, predefined_search)

static FALLIBLE search_update(struct call *c, const struct search_update *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(predefined_edit) e = {0};
    TRY(predefined_edit_begin(c, in->id, &e));
    struct predefined_facts *f = &e.p.facts;
    if (f->built_in && (in->name.at || in->uri.at)) return FAIL(ERROR_INVALID, "A built-in search keeps its name and URI.");
    if (in->name.at) f->name = in->name;
    if (in->uri.at) {
        check_uri(c, in->uri);
        TRY(call_check(c));
        f->uri = in->uri;
    }
    if (in->enabled.given) f->enabled = in->enabled.value;
    if (in->attribute_ids.at) TRY(set_columns(c, e.x.before, &in->attribute_ids, &e.p));
    if (in->is_default.given && !in->is_default.value) f->is_default = false;
    if (in->is_default.given && in->is_default.value) TRY(take_default(c, &e));
    return predefined_edit_commit(c, &e, OPERATION_UPDATE, in->change_reason);
}
HANDLER(search_update, search_update, nothing)

static FALLIBLE search_delete(struct call *c, const struct delete_by_id *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(predefined_edit) e = {0};
    TRY(predefined_edit_begin(c, in->id, &e));
    if (e.p.facts.built_in) return FAIL(ERROR_INVALID, "A built-in search cannot be deleted; it can be disabled.");
    TRY(store_delete_public_item(e.x.tx, PUBLIC_PREDEFINED, in->id));
    struct change_note note = {.target = TARGET_PREDEFINED_SEARCH,
                               .operation = OPERATION_DELETE,
                               .name = e.p.facts.name,
                               .reason = in->change_reason,
                               .id = in->id};
    return change_commit(c, &e.x, &note, NULL);
}
HANDLER(search_delete, delete_by_id, nothing)

/* ---- where it is reached ---- */

#define UNKNOWN                                                                                                                    \
    { 404, NULL, "There is no such predefined search, object type or attribute." }
#define TAKEN                                                                                                                      \
    { 409, NULL, "Another predefined search has the URI." }
const struct routes predefined_search_routes =
    ROUTES("PredefinedSearches", "/api/v1",
           ROUTE(GET, "/predefined-searches", searches_list, "Lists the predefined searches.", .operation = "GetPredefinedSearches",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/predefined-searches", search_create, "Makes a predefined search.", .operation = "CreatePredefinedSearch",
                 .status = 201, .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN, TAKEN)),
           ROUTE(GET, "/predefined-searches/by-uri/{uri}", search_by_uri, "Shows a predefined search by its URI.",
                 .operation = "GetPredefinedSearchByUri", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(GET, "/predefined-searches/{id}", search_get, "Shows a predefined search with its columns and criteria.",
                 .operation = "GetPredefinedSearchById", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)),
           ROUTE(PATCH, "/predefined-searches/{id}", search_update, "Changes what is given of a predefined search.",
                 .operation = "UpdatePredefinedSearch", .role = ROLE_ADMINISTRATOR, .status = 204, .also = ALSO(UNKNOWN, TAKEN)),
           ROUTE(DELETE, "/predefined-searches/{id}", search_delete, "Deletes a predefined search that is not built in.",
                 .operation = "DeletePredefinedSearch", .role = ROLE_ADMINISTRATOR, .also = ALSO(UNKNOWN)));
