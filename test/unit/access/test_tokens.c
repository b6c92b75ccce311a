/* Tests of tokens and password hashes: what is accepted, and the published ways to forge a token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "access/jwt.h"
#include "access/passwords.h"
#include "base/base.h"
#include "base/crypto.h"
#include "base/uuid.h"

static arena *a;
static jwt_key *ours, *theirs;

static int begin(void **state) {
    (void)state;
    a = arena_new(64 << 20);
    return jwt_key_make(&ours) != NULL || jwt_key_make(&theirs) != NULL;
}

static int end(void **state) {
    (void)state;
    jwt_key_free(ours);
    jwt_key_free(theirs);
    arena_free(a);
    return 0;
}

static text sign(const jwt_key *k, text claims) {
    text token = {0};
    assert_null(jwt_sign(a, k, claims, &token));
    return token;
}

static text part(text token, int number) {
    for (; number; number--) token = text_slice(token, text_find_byte(token, '.') + 1, token.len);
    size_t dot = text_find_byte(token, '.');
    return dot == SIZE_MAX ? token : text_slice(token, 0, dot);
}

static text with_header(text token, const char *header) {
    return arena_print(a, "%.*s.%.*s.%.*s", TEXT_ARG(base64url_write(a, text_of(header))), TEXT_ARG(part(token, 1)),
                       TEXT_ARG(part(token, 2)));
}

static void refuses(text token, enum error_kind kind) {
    text claims;
    OWNED(error) e = jwt_verify(a, &ours, 1, token, &claims);
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
}

static void a_signed_token_is_verified(void **state) {
    (void)state;
    text claims, token = sign(ours, T("{\"sub\":\"alice\"}"));
    assert_null(jwt_verify(a, &ours, 1, token, &claims));
    assert_true(text_equal(claims, T("{\"sub\":\"alice\"}")));
    text header = base64url_read(a, part(token, 0));
    assert_int_not_equal(text_find(header, T("\"alg\":\"ES256\"")), SIZE_MAX);
    assert_int_not_equal(text_find(header, T("\"typ\":\"JWT\"")), SIZE_MAX);
    assert_int_not_equal(text_find(header, jwt_key_id(ours)), SIZE_MAX);
}

static void a_key_survives_being_written(void **state) {
    (void)state;
    OWNED(jwt_key) copy = NULL;
    OWNED(jwt_key) public = NULL;
    text claims;
    assert_null(jwt_key_read(jwt_key_write(ours, a, true), &copy));
    assert_true(text_equal(jwt_key_id(copy), jwt_key_id(ours)));
    assert_null(jwt_verify(a, &ours, 1, sign(copy, T("{}")), &claims));
    text shown = jwt_key_write(ours, a, false);
    assert_int_equal(text_find(shown, T("\"d\"")), SIZE_MAX);
    assert_null(jwt_key_read(shown, &public));
    assert_null(jwt_verify(a, &public, 1, sign(ours, T("{}")), &claims));
}

static void another_key_does_not_open_it(void **state) {
    (void)state;
    refuses(sign(theirs, T("{}")), ERROR_NOT_FOUND);
    text header = arena_print(a, "{\"alg\":\"ES256\",\"kid\":\"%.*s\"}", TEXT_ARG(jwt_key_id(ours)));
    refuses(with_header(sign(theirs, T("{}")), arena_cstring(a, header)), ERROR_UNKNOWN_CALLER);
}

static void item_50_a_changed_payload_is_refused(void **state) {
    (void)state;
    text token = sign(ours, T("{\"sub\":\"alice\"}"));
    char *changed = arena_bytes(a, token.len);
    memcpy(changed, token.at, token.len);
    size_t at = text_find_byte(token, '.') + 5;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    refuses((text){changed, token.len}, ERROR_UNKNOWN_CALLER);
}

static void item_51_no_algorithm_and_no_signature_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"none", "None", "NONE", ""};
    text token = sign(ours, T("{}"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        text header = base64url_write(a, arena_print(a, "{\"alg\":\"%s\"}", names[i]));
        refuses(arena_print(a, "%.*s.%.*s.", TEXT_ARG(header), TEXT_ARG(part(token, 1))), ERROR_UNKNOWN_CALLER);
    }
    refuses(arena_print(a, "%.*s.%.*s.", TEXT_ARG(part(token, 0)), TEXT_ARG(part(token, 1))), ERROR_UNKNOWN_CALLER);
    refuses(arena_print(a, "%.*s.%.*s", TEXT_ARG(part(token, 0)), TEXT_ARG(part(token, 1))), ERROR_UNKNOWN_CALLER);
}

static void item_52_the_public_key_as_a_shared_secret_is_refused(void **state) {
    (void)state;
    uint8_t mac[32];
    text header = base64url_write(a, arena_print(a, "{\"alg\":\"HS256\",\"kid\":\"%.*s\"}", TEXT_ARG(jwt_key_id(ours))));
    text front = arena_print(a, "%.*s.%.*s", TEXT_ARG(header), TEXT_ARG(part(sign(ours, T("{}")), 1)));
    hmac_sha256(jwt_key_write(ours, a, false), front, mac);
    refuses(arena_print(a, "%.*s.%.*s", TEXT_ARG(front), TEXT_ARG(base64url_write(a, (text){(const char *)mac, sizeof mac}))),
            ERROR_UNKNOWN_CALLER);
}

static void keys_and_links_in_the_header_are_refused(void **state) {
    (void)state;
    text own = jwt_key_write(theirs, a, false), token = sign(theirs, T("{}"));
    const text headers[] = {
        arena_print(a, "{\"alg\":\"ES256\",\"jwk\":%.*s}", TEXT_ARG(own)),
        T("{\"alg\":\"ES256\",\"jku\":\"https://example.org/keys\"}"),
        T("{\"alg\":\"ES256\",\"x5u\":\"https://example.org/cert\"}"),
        T("{\"alg\":\"ES256\",\"x5c\":[]}"),
        T("{\"alg\":\"ES256\",\"crit\":[\"exp\"]}"),
        T("{\"alg\":\"ES256\",\"alg\":\"none\"}"),
        T("[]"),
        T("{"),
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        refuses(with_header(token, arena_cstring(a, headers[i])), ERROR_UNKNOWN_CALLER);
}

static void a_token_has_no_second_spelling(void **state) {
    (void)state;
    text token = sign(ours, T("{}"));
    refuses(arena_print(a, "%.*sA", TEXT_ARG(token)), ERROR_UNKNOWN_CALLER);
    refuses(arena_print(a, "%.*s=", TEXT_ARG(token)), ERROR_UNKNOWN_CALLER);
    refuses(arena_print(a, "%.*s.", TEXT_ARG(token)), ERROR_UNKNOWN_CALLER);
    refuses(arena_print(a, " %.*s", TEXT_ARG(token)), ERROR_UNKNOWN_CALLER);
}

static void rubbish_is_refused(void **state) {
    (void)state;
    refuses(T(""), ERROR_UNKNOWN_CALLER);
    refuses(T("."), ERROR_UNKNOWN_CALLER);
    refuses(T("..."), ERROR_UNKNOWN_CALLER);
    refuses(T("abc"), ERROR_UNKNOWN_CALLER);
    char *large = arena_bytes(a, 20000);
    memset(large, 'A', 20000);
    refuses((text){large, 20000}, ERROR_UNKNOWN_CALLER);
}

static void keys_for_other_things_are_refused(void **state) {
    (void)state;
    static const char *const jwks[] = {
        "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"alg\":\"RSA-OAEP\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"use\":\"enc\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\",\"alg\":\"HS256\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
    };
    for (size_t i = 0; i < sizeof jwks / sizeof *jwks; i++) {
        OWNED(jwt_key) k = NULL;
        OWNED(error) e = jwt_key_read(text_of(jwks[i]), &k);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_UNSUPPORTED);
    }
    OWNED(jwt_key) k = NULL;
    OWNED(error) off_the_curve = jwt_key_read(T("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"), &k);
    assert_non_null(off_the_curve);
}

static void a_password_fits_only_its_hash(void **state) {
    (void)state;
    text hash = password_hash(a, T("correct horse battery staple")), again = password_hash(a, T("correct horse battery staple"));
    assert_true(text_starts_with(hash, T("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_false(text_equal(hash, again));
    assert_true(password_matches(hash, T("correct horse battery staple")));
    assert_false(password_matches(hash, T("correct horse battery stable")));
    assert_false(password_matches(hash, T("")));
    assert_false(password_matches((text){0}, T("correct horse battery staple")));
    assert_false(password_matches(T("rubbish"), T("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_token_is_verified),
        cmocka_unit_test(a_key_survives_being_written),
        cmocka_unit_test(another_key_does_not_open_it),
        cmocka_unit_test(item_50_a_changed_payload_is_refused),
        cmocka_unit_test(item_51_no_algorithm_and_no_signature_are_refused),
        cmocka_unit_test(item_52_the_public_key_as_a_shared_secret_is_refused),
        cmocka_unit_test(keys_and_links_in_the_header_are_refused),
        cmocka_unit_test(a_token_has_no_second_spelling),
        cmocka_unit_test(rubbish_is_refused),
        cmocka_unit_test(keys_for_other_things_are_refused),
        cmocka_unit_test(a_password_fits_only_its_hash),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
