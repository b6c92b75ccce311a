/* Tenants, users and roles as documents. */
#include "access/public.h"

NAMED_ENUM_TABLE(public_permission, "PublicDataPermission", PUBLIC_PERMISSIONS)

SHAPE(public_head, NULL,
      FIELDS(FIELD(public_head, id, "id"), FIELD(public_head, tenant_id, "tenantId"),
             FIELD(public_head, version, "version", .doc = "Counts the changes; the ETag names it."),
             FIELD(public_head, created, "created"), FIELD(public_head, updated, "lastUpdated")));

SHAPE(tenant_facts, NULL,
      FIELDS(FIELD(tenant_facts, name, "name", .required = true, .max_length = 128),
             FIELD(tenant_facts, description, "description", .nullable = true, .max_length = 1000),
             FIELD(tenant_facts, enabled, "enabled", .by_default = "true")));
SHAPE(tenant, "Tenant", FIELDS(EMBED(tenant, head, public_head), EMBED(tenant, facts, tenant_facts)),
      .doc = "A sealed space: its users see nothing of another one.");

SHAPE(data_role_facts, NULL,
      FIELDS(FIELD(data_role_facts, name, "name", .required = true, .max_length = 128),
             FIELD(data_role_facts, description, "description", .nullable = true, .max_length = 1000),
             FIELD(data_role_facts, permissions, "permissions", .names = &public_permission_names)));
SHAPE(data_role, "DataRole", FIELDS(EMBED(data_role, head, public_head), EMBED(data_role, facts, data_role_facts)),
      .doc = "A role of the Public Data API.");

SHAPE(user_certificate, "UserCertificate",
      FIELDS(FIELD(user_certificate, thumbprint, "thumbprintSha256", .nullable = true, .pattern = "^[0-9a-f]{64}$"),
             FIELD(user_certificate, issuer, "issuer", .nullable = true, .max_length = 1000,
                   .doc = "Distinguished name (RFC 4514); with serial an alternative to the thumbprint."),
             FIELD(user_certificate, serial, "serial", .nullable = true, .max_length = 128, .doc = "Hex digits.")));
SHAPE(data_user_facts, NULL,
      FIELDS(FIELD(data_user_facts, user_name, "userName", .required = true, .max_length = 128,
                   .pattern = "^[^:\\u0000-\\u001f]+$"),
             FIELD(data_user_facts, full_name, "fullName", .nullable = true, .max_length = 256),
             FIELD(data_user_facts, enabled, "enabled", .by_default = "true"),
             OBJECTS(data_user_facts, certificates, "certificates", user_certificate, .max_length = 100),
             FIELD(data_user_facts, allowed_networks, "allowedNetworks", .max_length = 100,
                   .doc = "Addresses and CIDR ranges that tokens are given to; empty: all."),
             FIELD(data_user_facts, object_id, "objectId", .nullable = true, .doc = "The person in the metaverse."),
             FIELD(data_user_facts, roles, "roles", .max_length = 1000),
             FIELD(data_user_facts, permissions, "permissions", .names = &public_permission_names)));
SHAPE(data_user, "DataUser", FIELDS(EMBED(data_user, head, public_head), EMBED(data_user, facts, data_user_facts)),
      .doc = "A user of the Public Data API; no password is ever shown.");

static const struct shape data_user_secrets_shape = {
    .size = sizeof(struct data_user_secrets),
    FIELDS(FIELD(data_user_secrets, password_hash, "passwordHash", .nullable = true),
           FIELD(data_user_secrets, token_version, "tokenVersion"))};

/* The document of a user: what is shown and what is not. */
struct user_document {
    struct data_user_facts facts;
    struct data_user_secrets secrets;
};
static SHAPE(user_document, NULL,
             FIELDS(EMBED(user_document, facts, data_user_facts), EMBED(user_document, secrets, data_user_secrets)));

FALLIBLE public_document_read(arena *a, const struct public_item *item, const struct shape *shape, struct public_head *head,
                              void *facts) {
    const struct json *document;
    struct problems problems = {.a = a};
    TRY_OR(json_read(a, item->doc, (struct json_limits){0}, &document, NULL), "document %d of kind %d", item->id, (int)item->kind);
    if (!describe_read(a, shape, document, (struct reading){0}, facts, &problems))
        return FAIL(ERROR_CORRUPT, "document %d of kind %d is damaged: %.*s", item->id, (int)item->kind,
                    TEXT_ARG(problems.at->message));
    *head = (struct public_head){item->id, item->tenant, item->version, item->created, item->updated};
    return NULL;
}

void public_document_write(arena *a, enum public_kind kind, const struct public_head *head, const struct shape *shape,
                           const void *facts, struct public_item *item) {
    OWNED_VALUE(buffer) b = {.max = 64 << 20};
    struct json_writer w = {.out = &b};
    describe_write(&w, shape, facts);
    *item = (struct public_item){.kind = kind,
                                 .id = head->id,
                                 .tenant = head->tenant_id,
                                 .version = head->version,
                                 .created = head->created,
                                 .updated = head->updated,
                                 .doc = arena_text(a, buffer_as_text(&b))};
}

FALLIBLE tenant_read(arena *a, const struct public_item *item, struct tenant *out) {
    *out = (struct tenant){0};
    return public_document_read(a, item, &tenant_facts_shape, &out->head, &out->facts);
}

void tenant_write(arena *a, const struct tenant *t, struct public_item *item) {
    public_document_write(a, PUBLIC_TENANT, &t->head, &tenant_facts_shape, &t->facts, item);
}

FALLIBLE data_role_read(arena *a, const struct public_item *item, struct data_role *out) {
    *out = (struct data_role){0};
    return public_document_read(a, item, &data_role_facts_shape, &out->head, &out->facts);
}

void data_role_write(arena *a, const struct data_role *r, struct public_item *item) {
    public_document_write(a, PUBLIC_ROLE, &r->head, &data_role_facts_shape, &r->facts, item);
}

FALLIBLE data_user_read(arena *a, const struct public_item *item, struct data_user *out) {
    struct user_document document = {0};
    TRY(public_document_read(a, item, &user_document_shape, &out->head, &document));
    out->facts = document.facts;
    out->secrets = document.secrets;
    return NULL;
}

void data_user_write(arena *a, const struct data_user *u, struct public_item *item) {
    struct user_document document = {u->facts, u->secrets};
    public_document_write(a, PUBLIC_USER, &u->head, &user_document_shape, &document, item);
}
