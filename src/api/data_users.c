/* The resource /tenants/{tenantId}/users: users of the Public Data API (public-data-api.md §2, §8). */
#include "access/passwords.h"
#include "api/public_items.h"
#include "api/resources.h"
#include "http/proxies.h"

enum { NAME_BYTES = 128 };

/* ---- what travels ---- */

struct data_user_page PAGE_OF(data_user);
static PAGE_SHAPE(data_user_page, data_user, "PageOfDataUser");

struct data_user_save {
    int32_t tenant_id, id;
    struct data_user_facts facts;
    text password, if_match, change_reason;
};
static SHAPE(data_user_save, "DataUserRequest",
             FIELDS(FIELD(data_user_save, tenant_id, "tenantId"), FIELD(data_user_save, id, "id"),
                    EMBED(data_user_save, facts, data_user_facts),
                    FIELD(data_user_save, password, "password", .secret = true, .nullable = true, .min_length = 12,
                          .max_length = 256, .doc = "Absent: as it is; a new user has none then."),
                    FIELD(data_user_save, if_match, "If-Match", .header = true), CHANGE_REASON(data_user_save, change_reason)));

/* ---- what is done ---- */

static FALLIBLE data_users_list(struct call *c, const struct by_tenant *in, struct data_user_page *out) {
    OWNED(store_tx) tx = NULL;
    struct public_items items;
    struct tenant of;
    TRY(store_read(c->services->store, &tx));
    TRY(public_find_tenant(tx, c->a, in->tenant_id, &of));
    TRY(store_public_items(tx, c->a, PUBLIC_USER, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) TRY(data_user_read(c->a, i, LIST_ADD(c->a, &out->items)));
    LIST_PAGE(c, &in->list, data_user, &out->items, &out->counts);
    return NULL;
}
HANDLER(data_users_list, by_tenant, data_user_page)

static FALLIBLE find(store_tx *tx, arena *a, int32_t tenant, int32_t id, struct data_user *out) {
    struct public_item item;
    TRY(public_find(tx, a, PUBLIC_USER, "user", tenant, id, &item));
    return data_user_read(a, &item, out);
}

static FALLIBLE data_users_get(struct call *c, const struct by_tenant_and_id *in, struct data_user *out) {
    OWNED(store_tx) tx = NULL;
    TRY(store_read(c->services->store, &tx));
    TRY(find(tx, c->a, in->tenant_id, in->id, out));
    public_tag(c, out->head.version);
    return NULL;
}
HANDLER(data_users_get, by_tenant_and_id, data_user)

static bool is_hex(text t, size_t length) {
    if (t.len != length) return false;
    for (size_t i = 0; i < t.len; i++)
        if (!((t.at[i] >= '0' && t.at[i] <= '9') || (t.at[i] >= 'a' && t.at[i] <= 'f'))) return false;
    return true;
}

static void check_certificates(struct call *c, const struct data_user_facts *f) {
    size_t i = 0;
    for (EACH(const struct user_certificate, k, &f->certificates)) {
        const char *at = arena_cstring(c->a, arena_print(c->a, "certificates[%zu]", i++));
        bool named = !text_is_empty(k->issuer) && k->serial.at && is_serial(k->serial);
        if (text_is_empty(k->thumbprint) ? !named : !is_hex(k->thumbprint, 64))
            call_problem(c, at, "Needs a thumbprint of 64 lower-case hex digits, or issuer and a serial in hex digits.");
    }
}

static void check_networks(struct call *c, const struct data_user_facts *f) {
    for (size_t i = 0; i < f->allowed_networks.count; i++) {
        struct http_networks read = {0};
        text network = f->allowed_networks.at[i];
        if (text_find_byte(network, ',') == SIZE_MAX) http_networks_read(c->a, network, &read);
        if (read.count != 1)
            call_problem(c, arena_cstring(c->a, arena_print(c->a, "allowedNetworks[%zu]", i)), "Is no address and no CIDR range.");
    }
}

static bool same_certificate(const struct user_certificate *x, const struct user_certificate *y) {
    if (!text_is_empty(x->thumbprint)) return text_equal(x->thumbprint, y->thumbprint);
    return text_is_empty(y->thumbprint) && text_equal(x->issuer, y->issuer) && serial_equal(x->serial, y->serial);
}

/* A certificate is of one user of the tenant, or nobody would know who comes with it. */
static FALLIBLE check_owners(struct call *c, store_tx *tx, const struct data_user_save *in) {
    struct public_items items;
    if (!in->facts.certificates.count) return NULL;
    TRY(store_public_items(tx, c->a, PUBLIC_USER, in->tenant_id, &items));
    for (EACH(const struct public_item, i, &items)) {
        struct data_user other = {0};
        if (i->id == in->id) continue;
        TRY(data_user_read(c->a, i, &other));
        for (EACH(const struct user_certificate, theirs, &other.facts.certificates))
            for (EACH(const struct user_certificate, own, &in->facts.certificates))
                if (same_certificate(own, theirs))
                    return FAIL(ERROR_CONFLICT, "A certificate is that of the user '%.*s'.", TEXT_ARG(other.facts.user_name));
    }
    return NULL;
}

static FALLIBLE check(struct call *c, store_tx *tx, const struct data_user_save *in) {
    const struct data_user_facts *f = &in->facts;
    bool clean = f->user_name.len <= NAME_BYTES && text_find_byte(f->user_name, ':') == SIZE_MAX;
    for (size_t i = 0; i < f->user_name.len; i++) clean &= (unsigned char)f->user_name.at[i] >= 0x20;
    if (!clean) call_problem(c, "userName", "At most 128 bytes, without colons and control characters.");
    check_certificates(c, f);
    check_networks(c, f);
    for (size_t i = 0; i < f->roles.count; i++) {
        struct public_item item;
        bool found;
        TRY(store_public_item(tx, c->a, PUBLIC_ROLE, f->roles.at[i], &item, &found));
        if (!found || item.tenant != in->tenant_id)
            call_problem(c, arena_cstring(c->a, arena_print(c->a, "roles[%zu]", i)), "There is no role %d in this tenant.",
                         f->roles.at[i]);
    }
    TRY(call_check(c));
    return check_owners(c, tx, in);
}

static bool same_certificates(const struct data_user_facts *a, const struct data_user_facts *b) {
    bool same = a->certificates.count == b->certificates.count;
    for (size_t i = 0; same && i < a->certificates.count; i++) {
        const struct user_certificate *x = &a->certificates.at[i], *y = &b->certificates.at[i];
        same = text_equal(x->thumbprint, y->thumbprint) && text_equal(x->issuer, y->issuer) && text_equal(x->serial, y->serial);
    }
    return same;
}

/* What ends the tokens that are out: a new password, a certificate that is no longer the user's, being disabled (§3.3). */
static bool ends_tokens(const struct data_user *before, const struct data_user_save *in) {
    return in->password.at || (before->facts.enabled && !in->facts.enabled) || !same_certificates(&before->facts, &in->facts);
}

static FALLIBLE save(struct call *c, struct change *x, const struct data_user_save *in, struct data_user *u, text hash) {
    struct public_item item;
    if (u->head.id && ends_tokens(u, in)) u->secrets.token_version++;
    u->facts = in->facts;
    if (hash.at) u->secrets.password_hash = hash;
    u->head.updated = c->now;
    u->head.tenant_id = in->tenant_id;
    data_user_write(c->a, u, &item);
    struct public_change k = {.kind = PUBLIC_USER,
                              .target = TARGET_DATA_USER,
                              .what = "user",
                              .tenant = in->tenant_id,
                              .id = in->id,
                              .name = in->facts.user_name,
                              .reason = in->change_reason,
                              .saved = &item};
    TRY(public_commit(c, x, &k));
    u->head = (struct public_head){item.id, item.tenant, item.version, item.created, item.updated};
    public_tag(c, item.version);
    return NULL;
}

/* The hash is made before the lock is taken: it is slow on purpose. */
static text hash_of(struct call *c, const struct data_user_save *in) {
    return in->password.at ? password_hash(c->a, in->password) : (text){0};
}

static FALLIBLE data_users_create(struct call *c, const struct data_user_save *in, struct data_user *out) {
    text hash = hash_of(c, in);
    OWNED_VALUE(change) x = {0};
    struct tenant of;
    TRY(change_begin(c, &x));
    TRY(public_find_tenant(x.tx, c->a, in->tenant_id, &of));
    TRY(check(c, x.tx, in));
    out->head.created = c->now;
    TRY(save(c, &x, in, out, hash));
    call_location(c, "/api/v1/tenants/%d/users/%d", in->tenant_id, out->head.id);
    return NULL;
}
HANDLER(data_users_create, data_user_save, data_user)

static FALLIBLE data_users_update(struct call *c, const struct data_user_save *in, struct data_user *out) {
    text hash = hash_of(c, in);
    OWNED_VALUE(change) x = {0};
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, out));
    TRY(public_check_match(c, in->if_match, out->head.version));
    TRY(check(c, x.tx, in));
    return save(c, &x, in, out, hash);
}
HANDLER(data_users_update, data_user_save, data_user)

static FALLIBLE data_users_delete(struct call *c, const struct delete_in_tenant *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct data_user u;
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, &u));
    TRY(public_check_match(c, in->if_match, u.head.version));
    struct public_change k = {.kind = PUBLIC_USER,
                              .target = TARGET_DATA_USER,
                              .what = "user",
                              .tenant = in->tenant_id,
                              .id = in->id,
                              .name = u.facts.user_name,
                              .reason = in->change_reason};
    return public_commit(c, &x, &k);
}
HANDLER(data_users_delete, delete_in_tenant, nothing)

static FALLIBLE data_users_revoke(struct call *c, const struct by_tenant_and_id *in, struct nothing *out) {
    (void)out;
    OWNED_VALUE(change) x = {0};
    struct data_user u;
    struct public_item item;
    TRY(change_begin(c, &x));
    TRY(find(x.tx, c->a, in->tenant_id, in->id, &u));
    u.secrets.token_version++;
    u.head.updated = c->now;
    data_user_write(c->a, &u, &item);
    struct public_change k = {.kind = PUBLIC_USER,
                              .target = TARGET_DATA_USER,
                              .what = "user",
                              .tenant = in->tenant_id,
                              .id = in->id,
                              .name = u.facts.user_name,
                              .saved = &item};
    return public_commit(c, &x, &k);
}
HANDLER(data_users_revoke, by_tenant_and_id, nothing)

/* ---- where it is reached ---- */

#define TAKEN                                                                                                                      \
    { 409, NULL, "A user of this name, or with this certificate, exists in the tenant." }
#define STALE                                                                                                                      \
    { 412, NULL, "It has changed since the version that If-Match names." }
#define USERS "/tenants/{tenantId}/users"
const struct routes data_user_routes = ROUTES(
    "Tenants", "/api/v1",
    ROUTE(GET, USERS, data_users_list, "Lists the users of a tenant.", .operation = "GetDataUsers", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, USERS "/{id}", data_users_get, "Shows a user of a tenant.", .operation = "GetDataUser", .role = ROLE_ADMINISTRATOR),
    ROUTE(POST, USERS, data_users_create, "Makes a user.", .operation = "CreateDataUser", .role = ROLE_ADMINISTRATOR, .status = 201,
          .also = ALSO(TAKEN)),
    ROUTE(PUT, USERS "/{id}", data_users_update, "Replaces a user.", .operation = "UpdateDataUser", .role = ROLE_ADMINISTRATOR,
          .also = ALSO(TAKEN, STALE)),
    ROUTE(DELETE, USERS "/{id}", data_users_delete, "Deletes a user.", .operation = "DeleteDataUser", .role = ROLE_ADMINISTRATOR,
          .also = ALSO(STALE)),
    ROUTE(POST, USERS "/{id}/revoke-tokens", data_users_revoke, "Ends all tokens of a user.", .operation = "RevokeDataUserTokens",
          .role = ROLE_ADMINISTRATOR));
