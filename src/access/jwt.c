/* Tokens by cjose: the header is read and judged here before the library sees the token. */
#include "access/jwt.h"

#include "base/base.h"
#include "base/crypto.h"
#include "base/die.h"
#include "base/json.h"
#include "base/uuid.h"

#include <cjose/cjose.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_MAX = 16 * 1024, MODULUS_MIN = 256 };

struct jwt_key {
    cjose_jwk_t *jwk;
    const char *algorithm;
    char *kid; /* NULL: none */
};

static FALLIBLE failed(const char *doing, const cjose_err *e) {
    return FAIL(ERROR_INTERNAL, "%s: %s", doing, e->message ? e->message : "no reason given");
}

void jwt_key_free(jwt_key *k) {
    if (!k) return;
    cjose_jwk_release(k->jwk);
    free(k->kid);
    free(k);
}

text jwt_key_id(const jwt_key *k) { return text_of(k->kid); }
const char *jwt_key_algorithm(const jwt_key *k) { return k->algorithm; }

static text write_jwk(const cjose_jwk_t *jwk, arena *a, bool secret) {
    cjose_err e = {0};
    char *json = cjose_jwk_to_json(jwk, secret, &e);
    if (!json) die("a key cannot be written: %s", e.message);
    text out = arena_text(a, text_of(json));
    wipe(json, out.len);
    free(json);
    return out;
}

text jwt_key_write(const jwt_key *k, arena *a, bool secret) { return write_jwk(k->jwk, a, secret); }

/* ---- keys ---- */

static FALLIBLE read_object(arena *a, text source, const struct json **out) {
    TRY(json_read(a, source, (struct json_limits){.depth = 8, .refuse_repeated = true}, out, NULL));
    return (*out)->kind == JSON_OBJECT ? NULL : FAIL(ERROR_INVALID, "it is not a JSON object");
}

static text member(const struct json *object, const char *name) {
    const struct json *found = json_member(object, text_of(name));
    return found && found->kind == JSON_STRING ? found->content : (text){0};
}

/* The members that RFC 7638 asks for, in its order. */
static FALLIBLE thumbprint(arena *a, const cjose_jwk_t *key, text *out) {
    const struct json *jwk;
    uint8_t digest[32];
    TRY(read_object(a, write_jwk(key, a, false), &jwk));
    sha256(arena_print(a, "{\"crv\":\"%.*s\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", TEXT_ARG(member(jwk, "crv")),
                       TEXT_ARG(member(jwk, "x")), TEXT_ARG(member(jwk, "y"))),
           digest);
    *out = base64url_write(a, (text){(const char *)digest, sizeof digest});
    return NULL;
}

static jwt_key *new_key(cjose_jwk_t *jwk, const char *algorithm, text kid) {
    jwt_key *k = calloc(1, sizeof *k);
    if (!k) die("out of memory");
    *k = (jwt_key){.jwk = jwk, .algorithm = algorithm};
    if (kid.at && !(k->kid = strndup(kid.at, kid.len))) die("out of memory");
    return k;
}

FALLIBLE jwt_key_make(jwt_key **out) {
    cjose_err e = {0};
    OWNED(arena) a = arena_new(1 << 20);
    cjose_jwk_t *jwk = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &e);
    if (!jwk) return failed("a signing key cannot be made", &e);
    text kid;
    error *problem = thumbprint(a, jwk, &kid);
    if (!problem && !cjose_jwk_set_kid(jwk, kid.at, kid.len, &e)) problem = failed("a signing key cannot be named", &e);
    if (problem)
        cjose_jwk_release(jwk);
    else
        *out = new_key(jwk, CJOSE_HDR_ALG_ES256, kid);
    return problem;
}

/* The one algorithm that a key is good for, or NULL. */
static const char *algorithm_of(const struct json *jwk) {
    static const struct {
        const char *type, *curve, *algorithm; /* the first of a kind is taken when the key does not say */
    } known[] = {
        {"EC", "P-256", "ES256"}, {"EC", "P-384", "ES384"}, {"EC", "P-521", "ES512"},
        {"RSA", NULL, "RS256"},   {"RSA", NULL, "RS384"},   {"RSA", NULL, "RS512"},
        {"RSA", NULL, "PS256"},   {"RSA", NULL, "PS384"},   {"RSA", NULL, "PS512"},
    };
    text algorithm = member(jwk, "alg");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        bool kind = text_equal(member(jwk, "kty"), text_of(known[i].type)) &&
                    (!known[i].curve || text_equal(member(jwk, "crv"), text_of(known[i].curve)));
        if (kind && (text_is_null(algorithm) || text_equal(algorithm, text_of(known[i].algorithm)))) return known[i].algorithm;
    }
    return NULL;
}

FALLIBLE jwt_key_read(text source, jwt_key **out) {
    cjose_err e = {0};
    OWNED(arena) a = arena_new(1 << 20);
    const struct json *read;
    TRY(read_object(a, source, &read));
    text use = member(read, "use"), modulus = member(read, "n");
    const char *algorithm = algorithm_of(read);
    if (!algorithm || (use.at && !text_equal(use, T("sig"))))
        return FAIL(ERROR_UNSUPPORTED, "the key is not one for signatures that are known here");
    if (modulus.at && base64url_read(a, modulus).len < MODULUS_MIN)
        return FAIL(ERROR_UNSUPPORTED, "the key has less than 2,048 bits");
    cjose_jwk_t *jwk = cjose_jwk_import(source.at, source.len, &e);
    if (!jwk) return FAIL(ERROR_INVALID, "the key cannot be read: %s", e.message ? e.message : "no reason given");
    *out = new_key(jwk, algorithm, member(read, "kid"));
    return NULL;
}

/* ---- tokens ---- */

static FALLIBLE sign(cjose_header_t *header, const jwt_key *k, text claims, arena *a, text *out) {
    cjose_err e = {0};
    const char *wire = NULL;
    if (!cjose_header_set(header, CJOSE_HDR_ALG, k->algorithm, &e) || !cjose_header_set(header, CJOSE_HDR_KID, k->kid, &e) ||
        !cjose_header_set(header, "typ", "JWT", &e))
        return failed("the header of a token cannot be made", &e);
    cjose_jws_t *jws = cjose_jws_sign(k->jwk, header, (const uint8_t *)claims.at, claims.len, &e);
    if (!jws) return failed("a token cannot be signed", &e);
    if (cjose_jws_export(jws, &wire, &e)) *out = arena_text(a, text_of(wire));
    cjose_jws_release(jws);
    return wire ? NULL : failed("a token cannot be written", &e);
}

FALLIBLE jwt_sign(arena *a, const jwt_key *k, text claims, text *out) {
    cjose_err e = {0};
    cjose_header_t *header = cjose_header_new(&e);
    if (!header) die("out of memory");
    error *problem = sign(header, k, claims, a, out);
    cjose_header_release(header);
    return problem;
}

static FALLIBLE refused(const char *why) { return FAIL(ERROR_UNKNOWN_CALLER, "%s", why); }

/* What the header may say; a key that comes with the token proves nothing. */
static FALLIBLE judge_header(const struct json *header) {
    static const char *const forbidden[] = {"jku", "jwk", "x5u", "x5c", "crit", "zip", "enc"};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (json_member(header, text_of(forbidden[i]))) return refused("the token's header brings a key, a link or a condition");
    if (text_is_null(member(header, "alg"))) return refused("the token names no algorithm");
    return NULL;
}

/* Bytes behind the end of a signature on a curve would go unseen. */
static bool has_length(const jwt_key *k, text token) {
    static const struct {
        const char *algorithm;
        size_t characters;
    } curves[] = {{"ES256", 86}, {"ES384", 128}, {"ES512", 176}};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (strcmp(k->algorithm, curves[i].algorithm) == 0)
            return token.len > curves[i].characters && token.at[token.len - curves[i].characters - 1] == '.';
    return true;
}

static bool signed_by(const jwt_key *k, text token, arena *a, text *claims) {
    if (!has_length(k, token)) return false;
    cjose_err e = {0};
    uint8_t *plain = NULL;
    size_t len = 0;
    cjose_jws_t *jws = cjose_jws_import(token.at, token.len, &e);
    if (!jws) return false;
    bool good = cjose_jws_verify(jws, k->jwk, &e) && cjose_jws_get_plaintext(jws, &plain, &len, &e);
    if (good) *claims = arena_text(a, (text){(const char *)plain, len});
    cjose_jws_release(jws);
    return good;
}

/* Three parts, each the one way to write its bytes: a token has no second spelling. */
static bool is_canonical(arena *a, text token) {
    int parts = 0;
    for (text rest = token; parts < 4; parts++) {
        size_t dot = text_find_byte(rest, '.');
        text part = text_slice(rest, 0, dot == SIZE_MAX ? rest.len : dot), bytes = base64url_read(a, part);
        if (text_is_null(bytes) || !text_equal(base64url_write(a, bytes), part)) return false;
        if (dot == SIZE_MAX) return parts == 2;
        rest = text_slice(rest, dot + 1, rest.len);
    }
    return false;
}

FALLIBLE jwt_verify(arena *a, jwt_key *const *keys, size_t count, text token, text *claims) {
    size_t dot = token.len <= TOKEN_MAX ? text_find_byte(token, '.') : SIZE_MAX;
    text decoded = dot == SIZE_MAX ? (text){0} : base64url_read(a, text_slice(token, 0, dot));
    if (text_is_null(decoded) || !is_canonical(a, token)) return refused("it is not a token");
    const struct json *header = NULL;
    OWNED(error) unreadable = read_object(a, decoded, &header);
    if (unreadable) return refused("the token's header cannot be read");
    TRY(judge_header(header));
    text kid = member(header, "kid"), algorithm = member(header, "alg");
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        if (kid.at && !text_equal(jwt_key_id(keys[i]), kid)) continue;
        known = true;
        if (text_equal(algorithm, text_of(keys[i]->algorithm)) && signed_by(keys[i], token, a, claims)) return NULL;
    }
    if (!known) return FAIL(ERROR_NOT_FOUND, "the token was signed with a key that is not known here");
    return refused("the token's signature does not fit");
}
