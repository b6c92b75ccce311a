/* The resource /apikeys: keys by which programs identify themselves (operations §2.2). */
#include "api/history_views.h"
#include "api/resources.h"
#include "api/role_view.h"
#include "model/ids.h"

#include <stdlib.h>

/* ---- what travels ---- */

struct key_view {
    uuid id;
    text name, description, prefix;
    instant created, expires, last_used;
    text last_used_from;
    bool enabled, infrastructure;
    struct LIST(struct role_view) roles;
};
static SHAPE(key_view, "ApiKeyDto",
             FIELDS(FIELD(key_view, id, "id"), FIELD(key_view, name, "name"),
                    FIELD(key_view, description, "description", .nullable = true),
                    FIELD(key_view, prefix, "keyPrefix", .doc = "The first twelve characters."),
                    FIELD(key_view, created, "createdAt"), FIELD(key_view, expires, "expiresAt", .nullable = true),
                    FIELD(key_view, last_used, "lastUsedAt", .nullable = true),
                    FIELD(key_view, last_used_from, "lastUsedFromIp", .nullable = true), FIELD(key_view, enabled, "isEnabled"),
                    FIELD(key_view, infrastructure, "isInfrastructureKey"), OBJECTS(key_view, roles, "roles", role_view)));

struct key_list {
    struct LIST(struct key_view) keys;
};
static SHAPE(key_list, NULL, FIELDS(OBJECTS(key_list, keys, "", key_view)), .bare = true);

struct key_made {
    text key;
    struct key_view view;
};
static SHAPE(key_made, "ApiKeyCreateResponseDto",
             FIELDS(FIELD(key_made, key, "key", .doc = "The whole key; shown only here."), EMBED(key_made, view, key_view)));

struct key_create {
    text name, description;
    struct int32s role_ids;
    instant expires;
    text change_reason;
};
static SHAPE(key_create, "ApiKeyCreateRequestDto",
             FIELDS(FIELD(key_create, name, "name", .not_blank = true, .max_length = 200),
                    FIELD(key_create, description, "description", .nullable = true, .max_length = 1000),
                    FIELD(key_create, role_ids, "roleIds"), FIELD(key_create, expires, "expiresAt", .nullable = true),
                    CHANGE_REASON(key_create, change_reason)));

struct key_update {
    uuid id;
    text name, description;
    struct int32s role_ids;
    instant expires;
    bool enabled;
    text change_reason;
};
static SHAPE(key_update, "ApiKeyUpdateRequestDto",
             FIELDS(FIELD(key_update, id, "id"), FIELD(key_update, name, "name", .not_blank = true, .max_length = 200),
                    FIELD(key_update, description, "description", .nullable = true, .max_length = 1000),
                    FIELD(key_update, role_ids, "roleIds"), FIELD(key_update, expires, "expiresAt", .nullable = true),
                    FIELD(key_update, enabled, "isEnabled"), CHANGE_REASON(key_update, change_reason)),
             .doc = "Replaces everything: what is left out becomes empty.");

/* ---- what is done ---- */

static struct key_view view_of(arena *a, const struct api_key *key, const struct roles *roles) {
    struct key_view v = {
        .id = id_to_uuid(ID_API_KEY, key->id),
        .name = key->name,
        .description = key->description,
        .prefix = key->prefix,
        .created = key->created,
        .expires = key->expires,
        .last_used = key->last_used,
        .last_used_from = key->last_used_from,
        .enabled = key->enabled,
        .infrastructure = key->infrastructure,
    };
    for (EACH(struct role, role, roles))
        for (EACH(const int32_t, id, &key->roles))
            if (*id == role->id) *LIST_ADD(a, &v.roles) = role_view_of(role);
    return v;
}

void api_key_write(struct json_writer *w, arena *a, const struct api_key *key, const struct roles *roles) {
    struct key_view v = view_of(a, key, roles);
    describe_write_members(w, &key_view_shape, &v);
}

/* The change is recorded as an activity of its own; the key itself never is. */
static FALLIBLE commit(struct call *c, struct change *change, enum activity_operation operation, const struct api_key *key,
                       text reason) {
    struct change_note note = {.target = TARGET_API_KEY,
                               .operation = operation,
                               .name = key->name,
                               .reason = reason,
                               .guid = id_to_uuid(ID_API_KEY, key->id)};
    TRY(change_commit(c, change, &note, NULL));
    callers_changed(c->services->callers);
    return NULL;
}

/* All keys and roles; there are few. */
struct known {
    struct api_keys keys;
    struct roles roles;
};

static FALLIBLE read_known(store_tx *tx, arena *a, struct known *out) {
    *out = (struct known){0};
    TRY(store_api_keys(tx, a, &out->keys));
    return store_roles(tx, a, &out->roles);
}

static FALLIBLE find_key(const struct known *known, uuid id, struct api_key **out) {
    int64_t wanted = id_from_uuid(ID_API_KEY, id);
    for (EACH(struct api_key, key, &known->keys))
        if (wanted && key->id == wanted) {
            *out = key;
            return NULL;
        }
    return FAIL(ERROR_NOT_FOUND, "There is no such API key.");
}

static FALLIBLE check_roles(struct call *c, const struct known *known, const struct int32s *ids) {
    for (size_t i = 0; i < ids->count; i++) {
        bool found = false;
        for (EACH(struct role, role, &known->roles)) found |= role->id == ids->at[i];
        if (!found) call_problem(c, "roleIds", "There is no role %d.", ids->at[i]);
    }
    return call_check(c);
}

static int by_name(const void *a, const void *b) {
    const struct key_view *x = a, *y = b;
    int order = text_compare(x->name, y->name);
    return order ? order : memcmp(&x->id, &y->id, sizeof x->id);
}

static FALLIBLE keys_list(struct call *c, const struct nothing *in, struct key_list *out) {
    (void)in;
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    struct known known;
    TRY(read_known(tx, c->a, &known));
    for (EACH(struct api_key, key, &known.keys)) *LIST_ADD(c->a, &out->keys) = view_of(c->a, key, &known.roles);
    if (out->keys.count) qsort(out->keys.at, out->keys.count, sizeof *out->keys.at, by_name);
    return NULL;
}
HANDLER(keys_list, nothing, key_list)

static FALLIBLE keys_get(struct call *c, const struct by_uuid *in, struct key_view *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    struct known known;
    struct api_key *key;
    TRY(read_known(tx, c->a, &known));
    TRY(find_key(&known, in->id, &key));
    *out = view_of(c->a, key, &known.roles);
    return NULL;
}
HANDLER(keys_get, by_uuid, key_view)

static FALLIBLE keys_create(struct call *c, const struct key_create *in, struct key_made *out) {
    if (text_is_empty(in->name)) return call_invalid(c, "name", "Is required.");
    OWNED_VALUE(change) change = {0};
    TRY(change_begin(c, &change));
    struct known known;
    TRY(read_known(change.tx, c->a, &known));
    TRY(check_roles(c, &known, &in->role_ids));
    struct api_key key = {
        .name = in->name, .description = in->description, .expires = in->expires, .enabled = true, .roles = in->role_ids};
    out->key = api_key_new_secret(c->a, &key, c->now);
    TRY(store_save_api_key(change.tx, &key));
    TRY(commit(c, &change, OPERATION_CREATE, &key, in->change_reason));
    out->view = view_of(c->a, &key, &known.roles);
    char id[36];
    uuid_write(out->view.id, id);
    call_location(c, "/api/v1/apikeys/%.36s", id);
    return NULL;
}
HANDLER(keys_create, key_create, key_made)

static FALLIBLE keys_update(struct call *c, const struct key_update *in, struct key_view *out) {
    if (text_is_empty(in->name)) return call_invalid(c, "name", "Is required.");
    OWNED_VALUE(change) change = {0};
    TRY(change_begin(c, &change));
    struct known known;
    struct api_key *key;
    TRY(read_known(change.tx, c->a, &known));
    TRY(find_key(&known, in->id, &key));
    TRY(check_roles(c, &known, &in->role_ids));
    key->name = in->name;
    key->description = in->description;
    key->roles = in->role_ids;
    key->expires = in->expires;
    key->enabled = in->enabled;
    TRY(store_save_api_key(change.tx, key));
    TRY(commit(c, &change, OPERATION_UPDATE, key, in->change_reason));
    *out = view_of(c->a, key, &known.roles);
    return NULL;
}
HANDLER(keys_update, key_update, key_view)

static FALLIBLE keys_delete(struct call *c, const struct delete_by_uuid *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) change = {0};
    TRY(change_begin(c, &change));
    struct known known;
    struct api_key *key;
    bool found;
    TRY(read_known(change.tx, c->a, &known));
    TRY(find_key(&known, in->id, &key));
    TRY(store_delete_api_key(change.tx, key->id, &found));
    TRY(commit(c, &change, OPERATION_DELETE, key, in->change_reason));
    return NULL;
}
HANDLER(keys_delete, delete_by_uuid, nothing)

/* ---- where it is reached ---- */

const struct routes apikeys_routes = ROUTES(
    "ApiKeys", "/api/v1",
    ROUTE(GET, "/apikeys", keys_list, "Lists the API keys.", .operation = "GetApiKeys", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/apikeys/{id}", keys_get, "Shows an API key.", .operation = "GetApiKey", .role = ROLE_ADMINISTRATOR),
    ROUTE(POST, "/apikeys", keys_create, "Makes an API key; the answer shows it for the only time.", .operation = "CreateApiKey",
          .role = ROLE_ADMINISTRATOR, .status = 201),
    ROUTE(PUT, "/apikeys/{id}", keys_update, "Replaces an API key's name, roles, expiry and state.", .operation = "UpdateApiKey",
          .role = ROLE_ADMINISTRATOR),
    ROUTE(DELETE, "/apikeys/{id}", keys_delete, "Deletes an API key.", .operation = "DeleteApiKey", .role = ROLE_ADMINISTRATOR));
