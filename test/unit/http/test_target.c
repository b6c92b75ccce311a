/* Tests of decoding targets, of forwarded addresses, and of static files. */
#include "http/proxies.h"
#include "http/target.h"

#include "tiny.h"

static const char *read_target(arena *a, const char *raw, struct http_target *out) {
    return http_target_read(a, text_of(raw), out);
}

static void decodes_path_and_query(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct http_target t;
    assert_null(read_target(a, "/api/v1/caf%C3%A9%20x/?q=a%2Bb+c&q=2&empty=&bare&&n=%3d", &t));
    assert_true(text_equal(t.path, T("/api/v1/caf\xc3\xa9 x/")));
    assert_true(text_equal(t.raw_path, T("/api/v1/caf%C3%A9%20x/")));
    assert_int_equal(t.query.count, 5);
    assert_true(text_equal(t.query.at[0].value, T("a+b c")));
    assert_true(text_equal(t.query.at[1].value, T("2")));
    assert_true(text_equal(t.query.at[2].value, T("")));
    assert_true(text_equal(t.query.at[3].name, T("bare")));
    assert_true(text_equal(t.query.at[4].value, T("=")));
    assert_null(read_target(a, "/", &t));
    assert_true(text_equal(t.path, T("/")));
    assert_null(read_target(a, "/x?", &t));
    assert_int_equal(t.query.count, 0);
    assert_null(read_target(a, "/x?lines=a%0Ab", &t));
}

static void reads_absolute_form(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct http_target t;
    assert_null(read_target(a, "http://a.example:80/x?q=1", &t));
    assert_true(text_equal(t.authority, T("a.example:80")));
    assert_true(text_equal(t.path, T("/x")));
    assert_null(read_target(a, "https://a.example?q=1", &t));
    assert_true(text_equal(t.path, T("/")));
    assert_null(read_target(a, "/http://x", &t) == NULL ? "accepted" : NULL);
}

static void refuses_bad_targets(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",         "*",          "x",        "a.example:443", "/%00",         "/a%00b",
        "/%",       "/%4",        "/%zz",     "/%4g",          "/a//b",        "//",
        "//a",      "/a/./b",     "/a/../b",  "/..",           "/.",           "/%2e%2e/a",
        "/%2E",     "/a%2fb",     "/a%5cb",   "/a\\b",         "/a#b",         "/a%0d%0ab",
        "/a%7f",    "/a%1f",      "/a b",     "/a\tb",         "/caf\xc3\xa9", "/%ff",
        "/%c0%af",  "/%ed%a0%80", "/x?q=%00", "/x?%00=1",      "/x?q=%",       "/x?q=%f",
        "/x?q=%ff", "/x?q=\x7f",  "/x?q=a#b", "ftp://a/x",
    };
    OWNED(arena) a = arena_new(1 << 20);
    struct http_target t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!read_target(a, bad[i], &t)) fail_msg("accepted: %s", bad[i]);
}

static void check_client(const char *trusted, const char *peer, const char *forwarded, const char *expected) {
    OWNED(arena) a = arena_new(1 << 20);
    struct http_networks networks = {0};
    struct http_pairs headers = {0};
    struct http_address address;
    http_networks_read(a, text_of(trusted), &networks);
    assert_true(http_address_read(text_of(peer), &address));
    *LIST_ADD(a, &headers) = (struct http_pair){T("x-forwarded-for"), text_of(forwarded)};
    bool known = http_client_of(&networks, address, &headers, &address);
    text client = known ? http_address_text(a, address) : T("unknown");
    if (!text_equal(client, text_of(expected))) fail_msg("%s through %s: %.*s", forwarded, peer, TEXT_ARG(client));
}

static void walks_forwarded_addresses(void **state) {
    (void)state;
    check_client("", "10.0.0.1", "1.2.3.4", "10.0.0.1");
    check_client("10.0.0.0/8", "11.0.0.1", "1.2.3.4", "11.0.0.1");
    check_client("10.0.0.0/8", "10.0.0.1", "1.2.3.4", "1.2.3.4");
    check_client("10.0.0.0/8", "::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4");
    check_client("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.2.3.4 , 10.9.9.9", "1.2.3.4");
    check_client("10.0.0.0/8,1.2.3.4", "10.0.0.1", "6.6.6.6, 1.2.3.4", "6.6.6.6");
    check_client("10.0.0.0/8", "10.0.0.1", "6.6.6.6, rubbish, 10.9.9.9", "unknown");
    check_client("10.0.0.0/8", "10.0.0.1", "rubbish, 6.6.6.6", "6.6.6.6");
    check_client("10.0.0.0/8", "11.0.0.1", "rubbish", "11.0.0.1");
    check_client("10.0.0.0/8", "10.0.0.1", "6.6.6.6,,10.9.9.9", "6.6.6.6");
    check_client("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1");
    check_client("10.0.0.0/8", "10.0.0.1", "1.2.3.4:5555", "1.2.3.4");
    check_client("fd00::/8", "fd00::1", "[2001:db8::7]:443", "2001:db8::7");
    check_client("10.0.0.0/33, nonsense, 10.0.0.1/32", "10.0.0.1", "2001:db8::7", "2001:db8::7");
    check_client("10.0.0.4/30", "10.0.0.7", "1.2.3.4", "1.2.3.4");
    check_client("10.0.0.4/30", "10.0.0.8", "1.2.3.4", "10.0.0.8");
}

static void joins_forwarded_lines(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct http_networks networks = {0};
    struct http_pairs headers = {0};
    struct http_address peer;
    http_networks_read(a, T("10.0.0.0/8"), &networks);
    assert_true(http_address_read(T("10.0.0.1"), &peer));
    *LIST_ADD(a, &headers) = (struct http_pair){T("X-Forwarded-For"), T("6.6.6.6")};
    *LIST_ADD(a, &headers) = (struct http_pair){T("X-Forwarded-For"), T("10.0.0.3")};
    *LIST_ADD(a, &headers) = (struct http_pair){T("X-Forwarded-Proto"), T("http, HTTPS")};
    struct http_address client;
    assert_true(http_client_of(&networks, peer, &headers, &client));
    assert_true(text_equal(http_address_text(a, client), T("6.6.6.6")));
    assert_true(http_client_uses_tls(&networks, peer, &headers));
    networks.count = 0;
    assert_false(http_client_uses_tls(&networks, peer, &headers));
}

static struct http_reply asset_reply(arena *a, const char *accept, const char *known) {
    static const struct http_asset asset = {
        .content_type = {"text/css", 8}, .bytes = {"plain", 5}, .br = {"br", 2}, .gz = {"gz", 2}, .etag = {"\"t\"", 3}};
    struct http_request r = {.a = a};
    struct http_reply reply = {.a = a};
    if (accept) *LIST_ADD(a, &r.headers) = (struct http_pair){T("accept-encoding"), text_of(accept)};
    if (known) *LIST_ADD(a, &r.headers) = (struct http_pair){T("If-None-Match"), text_of(known)};
    http_reply_asset(&reply, &r, &asset);
    return reply;
}

static void negotiates_assets(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    assert_true(text_equal(asset_reply(a, NULL, NULL).body, T("plain")));
    assert_true(text_equal(asset_reply(a, "gzip, deflate, br", NULL).body, T("br")));
    assert_true(text_equal(asset_reply(a, "gzip;q=0.5, br;q=0", NULL).body, T("gz")));
    assert_true(text_equal(asset_reply(a, "br;q=0.001", NULL).body, T("br")));
    assert_true(text_equal(asset_reply(a, "*", NULL).body, T("br")));
    assert_true(text_equal(asset_reply(a, "identity", NULL).body, T("plain")));
    assert_int_equal(asset_reply(a, "br", "\"x\", W/\"t\"").status, 304);
    assert_int_equal(asset_reply(a, "br", "*").status, 304);
    assert_int_equal(asset_reply(a, "br", "\"x\"").status, 200);
}

static void reads_cookies(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct http_request r = {.a = a};
    *LIST_ADD(a, &r.headers) = (struct http_pair){T("Cookie"), T("a=1; session=\"x=y\";b")};
    assert_true(text_equal(http_cookie(&r, T("session")), T("x=y")));
    assert_true(text_equal(http_cookie(&r, T("a")), T("1")));
    assert_true(text_is_null(http_cookie(&r, T("b"))));
    assert_true(http_path_is_under(T("/API/v1"), T("/api")));
    assert_true(http_path_is_under(T("/api"), T("/api")));
    assert_false(http_path_is_under(T("/apix"), T("/api")));
}

static void cuts_header_values(void **state) {
    (void)state;
    OWNED(arena) a = arena_new(1 << 20);
    struct http_reply reply = {.a = a};
    http_reply_header(&reply, T("Location"), T("/x\r\nSet-Cookie: a=b"));
    assert_true(text_equal(reply.headers.at[0].value, T("/x")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_path_and_query), cmocka_unit_test(reads_absolute_form),
        cmocka_unit_test(refuses_bad_targets),    cmocka_unit_test(walks_forwarded_addresses),
        cmocka_unit_test(joins_forwarded_lines),  cmocka_unit_test(negotiates_assets),
        cmocka_unit_test(reads_cookies),          cmocka_unit_test(cuts_header_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
