/* Snapshots of configuration objects: from a view's JSON to the document that is kept, and from there to the tree on the wire. */
#include "api/history.h"

#include "model/ids.h"

NAMED_ENUM_TABLE(snapshot_node_type, "ConfigurationSnapshotNodeType", SNAPSHOT_NODE_TYPES)

const struct shape configuration_snapshot_node_shape;
SHAPE(configuration_snapshot_node, "ConfigurationSnapshotNode",
      FIELDS(FIELD(configuration_snapshot_node, key, "key"), FIELD(configuration_snapshot_node, label, "label", .nullable = true),
             FIELD(configuration_snapshot_node, node_type, "nodeType", .names = &snapshot_node_type_names),
             FIELD(configuration_snapshot_node, value, "value", .nullable = true),
             FIELD(configuration_snapshot_node, display_value, "displayValue", .nullable = true),
             FIELD(configuration_snapshot_node, is_secret, "isSecret", .doc = "The value is a keyed hash."),
             FIELD(configuration_snapshot_node, item_id, "itemId"),
             FIELD(configuration_snapshot_node, item_guid_id, "itemGuidId", .nullable = true),
             OBJECTS(configuration_snapshot_node, children, "children", configuration_snapshot_node, .nullable = true)));

SHAPE(configuration_snapshot, "ConfigurationSnapshot",
      FIELDS(FIELD(configuration_snapshot, schema_version, "schemaVersion"),
             FIELD(configuration_snapshot, object_type, "objectType"), FIELD(configuration_snapshot, object_id, "objectId"),
             FIELD(configuration_snapshot, object_guid_id, "objectGuidId", .nullable = true),
             FIELD(configuration_snapshot, object_key, "objectKey", .nullable = true),
             FIELD(configuration_snapshot, object_name, "objectName", .nullable = true),
             OBJECT(configuration_snapshot, root, "root", configuration_snapshot_node)));

enum { DOCUMENT_BYTES = 256 << 20, PATH_BYTES = 1024 };

/* ---- from the view to the document ---- */

struct cleaning {
    const struct history_kind *kind;
    struct json_writer w;
    char path[PATH_BYTES];
};

static void clean(struct cleaning *k, const struct json *v, size_t path_len);

static void clean_member(struct cleaning *k, const struct json *v, size_t path_len) {
    if (v->kind == JSON_NULL) return;
    size_t len = path_len;
    if (len && len < PATH_BYTES) k->path[len++] = '/';
    if (len + v->name.len >= PATH_BYTES) return;
    memcpy(k->path + len, v->name.at, v->name.len);
    len += v->name.len;
    const struct history_path *row = history_path_find(k->kind, (text){k->path, len});
    if (row && row->class == HISTORY_IGNORED) return;
    json_name(&k->w, v->name);
    clean(k, v, len);
}

static void clean(struct cleaning *k, const struct json *v, size_t path_len) {
    switch (v->kind) {
    case JSON_OBJECT:
        json_object(&k->w);
        for (EACH_JSON(child, v)) clean_member(k, child, path_len);
        json_object_end(&k->w);
        return;
    case JSON_ARRAY:
        json_array(&k->w);
        for (EACH_JSON(child, v)) clean(k, child, path_len);
        json_array_end(&k->w);
        return;
    case JSON_STRING:
        json_string(&k->w, v->content);
        return;
    case JSON_NUMBER:
        json_raw(&k->w, v->content);
        return;
    case JSON_BOOL:
        json_bool(&k->w, v->truth);
        return;
    case JSON_NULL:
        json_null(&k->w);
        return;
    }
}

static text text_member(const struct json *object, const char *name) {
    const struct json *found = json_member(object, text_of(name));
    return found && found->kind == JSON_STRING ? found->content : (text){0};
}

FALLIBLE history_capture(struct history_source *s, const struct history_kind *kind, text object, text *document, text *name) {
    *document = *name = (text){0};
    OWNED_VALUE(buffer) view = {.max = DOCUMENT_BYTES}, kept = {.max = DOCUMENT_BYTES};
    struct json_writer w = {.out = &view};
    TRY(kind->write(s, object, &w));
    if (!view.len) return NULL;
    OWNED(arena) scratch = arena_new((size_t)1 << 30);
    const struct json *root;
    TRY(json_read(scratch, buffer_as_text(&view), (struct json_limits){0}, &root, NULL));
    struct cleaning k = {.kind = kind, .w = {.out = &kept}};
    clean(&k, root, 0);
    if (view.overflow || kept.overflow) return FAIL(ERROR_TOO_LARGE, "The object is too large for its history.");
    *document = arena_text(s->a, buffer_as_text(&kept));
    text called = text_member(root, "name");
    *name = arena_text(s->a, text_is_null(called) ? text_member(root, "key") : called);
    return NULL;
}

/* ---- from the document to the tree ---- */

/* "deletionGracePeriod" → "Deletion grace period"; an id at the end is left out. */
static text label_of(arena *a, text key) {
    if (key.len > 3 && text_ends_with(key, T("Ids")))
        key.len -= 3;
    else if (key.len > 2 && text_ends_with(key, T("Id")))
        key.len -= 2;
    char *at = arena_bytes(a, key.len * 2 + 1);
    size_t len = 0;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        if (i == 0 && lower) c = (char)(c - 'a' + 'A');
        if (i > 0 && upper) {
            at[len++] = ' ';
            c = (char)(c - 'A' + 'a');
        }
        at[len++] = c;
    }
    return (text){at, len};
}

static bool is_id(const struct json *v) { return v && text_equal(v->name, T("id")); }

/* {"id": …, "name": …} and nothing else. */
static bool is_reference(const struct json *v) {
    return v->kind == JSON_OBJECT && v->count == 2 && is_id(v->first) && !text_is_null(text_member(v, "name"));
}

/* The name beside an id: of "systemId" it is "systemName". */
static const struct json *name_beside(arena *a, const struct json *object, text key) {
    if (key.len <= 2 || !text_ends_with(key, T("Id"))) return NULL;
    text name = arena_print(a, "%.*sName", (int)key.len - 2, key.at);
    const struct json *found = json_member(object, name);
    return found && found->kind == JSON_STRING ? found : NULL;
}

/* The id beside a name, when it is the id that stands for both. */
static bool has_id_beside(arena *a, const struct json *object, text key) {
    if (key.len <= 4 || !text_ends_with(key, T("Name"))) return false;
    return json_member(object, arena_print(a, "%.*sId", (int)key.len - 4, key.at)) != NULL;
}

static text scalar_text(const struct json *v) {
    if (v->kind == JSON_BOOL) return v->truth ? T("true") : T("false");
    return v->content;
}

static void node_of(arena *a, text key, const struct json *v, struct configuration_snapshot_node *out);

static void take_id(const struct json *id, struct configuration_snapshot_node *out) {
    int64_t number;
    if (json_int64(id, &number) && number >= INT32_MIN && number <= INT32_MAX)
        out->item_id = (struct maybe_int32){true, (int32_t)number};
    else if (id->kind == JSON_STRING && !uuid_read(id->content, &out->item_guid_id))
        out->item_guid_id = (uuid){0};
}

static void members_of(arena *a, const struct json *object, struct configuration_snapshot_node *out) {
    for (EACH_JSON(m, object)) {
        if (is_id(m) || has_id_beside(a, object, m->name)) continue;
        struct configuration_snapshot_node *n = LIST_ADD(a, &out->children);
        if (text_equal(m->name, T("secretHash"))) {
            *n = (struct configuration_snapshot_node){
                .key = T("value"), .label = T("Value"), .value = m->content, .is_secret = true};
            continue;
        }
        node_of(a, m->name, m, n);
        const struct json *name = name_beside(a, object, m->name);
        if (name) n->display_value = name->content;
    }
}

/* A member of a collection is known by its id, else by its name, else by itself. */
static void item_of(arena *a, const struct json *v, size_t place, struct configuration_snapshot_node *out) {
    const struct json *id = json_member(v, T("id"));
    text name = v->kind == JSON_OBJECT ? text_member(v, "name") : scalar_text(v);
    if (v->kind == JSON_OBJECT && text_is_null(name)) name = text_member(v, "key");
    text key = id ? id->content : name;
    if (text_is_null(key)) key = arena_print(a, "%zu", place);
    node_of(a, key, v, out);
    out->label = text_is_null(name) ? key : name;
    if (id) take_id(id, out);
}

static void node_of(arena *a, text key, const struct json *v, struct configuration_snapshot_node *out) {
    *out = (struct configuration_snapshot_node){.key = key, .label = label_of(a, key)};
    if (is_reference(v)) {
        out->value = v->first->content;
        out->display_value = text_member(v, "name");
    } else if (v->kind == JSON_OBJECT) {
        out->node_type = SNAPSHOT_OBJECT;
        members_of(a, v, out);
    } else if (v->kind == JSON_ARRAY) {
        out->node_type = SNAPSHOT_COLLECTION;
        size_t place = 0;
        for (EACH_JSON(item, v)) item_of(a, item, place++, LIST_ADD(a, &out->children));
    } else {
        out->value = scalar_text(v);
    }
}

FALLIBLE history_snapshot(arena *a, const struct configuration_change *from, struct configuration_snapshot *out) {
    const struct json *root;
    TRY_OR(json_read(a, from->snapshot, (struct json_limits){0}, &root, NULL), "the snapshot of activity %lld",
           (long long)from->activity);
    const struct history_kind *kind = history_kind_of(from->kind);
    text type = enum_text(&activity_target_names, from->kind);
    *out = (struct configuration_snapshot){.schema_version = 1, .object_type = type, .object_name = from->name};
    if (!kind || kind->identity == HISTORY_BY_KEY)
        out->object_key = from->object;
    else if (kind->identity == HISTORY_BY_ID && !text_to_int32(from->object, &out->object_id))
        return FAIL(ERROR_CORRUPT, "the history names an object by what is no number");
    else if (kind->identity == HISTORY_BY_UUID && !uuid_read(from->object, &out->object_guid_id))
        return FAIL(ERROR_CORRUPT, "the history names an object by what is no UUID");
    node_of(a, type, root, &out->root);
    out->root.node_type = SNAPSHOT_OBJECT;
    out->root.label = from->name;
    return NULL;
}
