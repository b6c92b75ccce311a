/* The resources /public-data/keys and /public-data/tokens: what signs tokens, and taking tokens back (public-data-api.md §8). */
#include "api/public_items.h"
#include "api/resources.h"

/* ---- what travels ---- */

struct signing_key_list {
    struct public_key_views items;
};
static SHAPE(signing_key_list, "SigningKeys", FIELDS(OBJECTS(signing_key_list, items, "items", public_key_view)));

struct by_kid {
    text kid;
};
static SHAPE(by_kid, NULL, FIELDS(FIELD(by_kid, kid, "kid")));

struct by_jti {
    uuid jti;
};
static SHAPE(by_jti, NULL, FIELDS(FIELD(by_jti, jti, "jti")));

/* ---- what is done ---- */

static FALLIBLE keys_list(struct call *c, const struct nothing *in, struct signing_key_list *out) {
    (void)in;
    return public_keys(c->services->public, c->a, &out->items);
}
HANDLER(keys_list, nothing, signing_key_list)

static FALLIBLE keys_rotate(struct call *c, const struct nothing *in, struct public_key_view *out) {
    (void)in;
    return public_rotate(c->services->public, c->a, c->now, out);
}
HANDLER(keys_rotate, nothing, public_key_view)

static FALLIBLE keys_kill(struct call *c, const struct by_kid *in, struct nothing *out) {
    (void)out;
    return public_kill_key(c->services->public, in->kid, c->now);
}
HANDLER(keys_kill, by_kid, nothing)

/* Nobody can tell how long an unknown token would have lived: as long as any can. */
static FALLIBLE token_revoke(struct call *c, const struct by_jti *in, struct nothing *out) {
    (void)out;
    char jti[36];
    uuid_write(in->jti, jti);
    instant ends = {c->now.ticks + 2 * TICKS_PER_DAY};
    return public_revoke(c->services->public, (text){jti, sizeof jti}, ends, c->now);
}
HANDLER(token_revoke, by_jti, nothing)

/* ---- where it is reached ---- */

const struct routes public_key_routes =
    ROUTES("PublicData", "/api/v1",
           ROUTE(GET, "/public-data/keys", keys_list, "Lists the keys that sign tokens.", .operation = "GetSigningKeys",
                 .role = ROLE_ADMINISTRATOR),
           ROUTE(POST, "/public-data/keys", keys_rotate, "Makes a new signing key; the older ones only verify from now on.",
                 .operation = "RotateSigningKey", .role = ROLE_ADMINISTRATOR, .status = 201),
           ROUTE(DELETE, "/public-data/keys/{kid}", keys_kill, "Deletes a signing key: all tokens that it signed end at once.",
                 .operation = "DeleteSigningKey", .role = ROLE_ADMINISTRATOR),
           ROUTE(DELETE, "/public-data/tokens/{jti}", token_revoke, "Takes one token back.", .operation = "RevokeDataToken",
                 .role = ROLE_ADMINISTRATOR));
