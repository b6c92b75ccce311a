/* Borrowed texts and the textual forms of bytes. */
#include "check.h"

#include "base/uuid.h"

static const text null = {0};

static void equality_and_order(void **state) {
    (void)state;
    assert_true(text_equal(T("a"), T("a")));
    assert_false(text_equal(T("a"), T("A")));
    assert_false(text_equal(T(""), null));
    assert_true(text_equal(null, null));
    assert_true(text_compare(null, T("")) < 0);
    assert_true(text_compare(T("a"), T("ab")) < 0);
    assert_true(text_compare(T("b"), T("ab")) > 0);
    assert_true(text_compare(T("\xC3"), T("z")) > 0);
    assert_int_equal(text_compare(T("ab"), T("ab")), 0);
    assert_true(text_equal_ascii_case(T("Name"), T("nAME")));
    assert_false(text_equal_ascii_case(T("["), T("{")));
    assert_true(text_hash(T("a")) == text_hash(T("a")) && text_hash(T("a")) != text_hash(T("b")));
}

static void searching_and_trimming(void **state) {
    (void)state;
    assert_int_equal(text_find(T("abcabc"), T("ca")), 2);
    assert_int_equal(text_find(T("abc"), T("")), 0);
    assert_true(text_find(T("abc"), T("abcd")) == SIZE_MAX);
    assert_true(text_find_byte(T("abc"), 'x') == SIZE_MAX);
    assert_true(text_find_byte(null, 'x') == SIZE_MAX);
    assert_true(text_starts_with(T("abc"), T("ab")) && text_ends_with(T("abc"), T("bc")));
    assert_false(text_starts_with(T("a"), T("ab")) || text_ends_with(T("c"), T("bc")));
    CHECK_TEXT(text_trim_ascii(T(" \t\r\na b \n")), "a b");
    CHECK_TEXT(text_trim_ascii(T("  ")), "");
}

static void integers(void **state) {
    (void)state;
    int64_t n;
    int32_t small;
    assert_true(text_to_int64(T("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(text_to_int64(T("+9223372036854775807"), &n) && n == INT64_MAX);
    assert_false(text_to_int64(T("9223372036854775808"), &n));
    assert_false(text_to_int64(T("-9223372036854775809"), &n));
    assert_false(text_to_int64(T(""), &n) || text_to_int64(T("-"), &n) || text_to_int64(T(" 1"), &n) || text_to_int64(T("1x"), &n));
    assert_true(text_to_int32(T("-2147483648"), &small) && small == INT32_MIN);
    assert_false(text_to_int32(T("2147483648"), &small));
}

static void uuids(void **state) {
    (void)state;
    uuid u, v;
    char out[36];
    assert_true(uuid_read(T("0F8FAD5B-d9cb-469f-A165-70867728950e"), &u));
    uuid_write(u, out);
    CHECK_TEXT(((text){out, 36}), "0f8fad5b-d9cb-469f-a165-70867728950e");
    assert_int_equal(u.bytes[0], 0x0F); /* in the order of the text */
    assert_int_equal(u.bytes[4], 0xD9);
    assert_true(uuid_read_any(T("{0f8fad5b-d9cb-469f-a165-70867728950e}"), &v) && uuid_equal(u, v));
    assert_true(uuid_read_any(T("0f8fad5bd9cb469fa16570867728950E"), &v) && uuid_equal(u, v));
    assert_false(uuid_read(T("{0f8fad5b-d9cb-469f-a165-70867728950e}"), &v));
    assert_false(uuid_read(T("0f8fad5bd9cb469fa16570867728950e"), &v));
    assert_false(uuid_read(T("0f8fad5b-d9cb-469f-a165-70867728950g"), &v));
    assert_false(uuid_read(T("0f8fad5bd-9cb-469f-a165-70867728950e"), &v));
    assert_false(uuid_read_any(T("{0f8fad5b-d9cb-469f-a165-70867728950e)"), &v) || uuid_read_any(null, &v));
    assert_true(uuid_is_zero((uuid){{0}}));
    u = uuid_random();
    assert_false(uuid_is_zero(u));
    assert_int_equal(u.bytes[6] >> 4, 4);
    assert_int_equal(u.bytes[8] >> 6, 2);
    assert_false(uuid_equal(u, uuid_random()));
}

static void hexadecimal(void **state) {
    (void)state;
    uint8_t all[256], back[256];
    char digits[512];
    for (int i = 0; i < 256; i++) all[i] = (uint8_t)i;
    hex_write(all, 256, digits);
    assert_memory_equal(digits, "000102", 6);
    assert_memory_equal(digits + 506, "fdfeff", 6);
    assert_true(hex_read((text){digits, 512}, back, 256));
    assert_memory_equal(all, back, 256);
    assert_true(hex_read(T("aF"), back, 1) && back[0] == 0xAF);
    assert_false(hex_read(T("a"), back, 1) || hex_read(T("ag"), back, 1) || hex_read(T("ga"), back, 1) ||
                 hex_read(T("\xFF\xFF"), back, 1));
}

/* RFC 4648 §10. */
static void base64(void **state) {
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CHECK_TEXT(base64_write(a, text_of(vectors[i][0])), vectors[i][1]);
        CHECK_TEXT(base64_read(a, text_of(vectors[i][1])), vectors[i][0]);
    }
    static const char *const bad[] = {
        "Zg", "Zg=", "Zg===", "Z===", "=", "====", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "Zg==Zg==", "Zm-_"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_null(base64_read(a, text_of(bad[i])).at);
}

static void base64_for_urls(void **state) {
    (void)state;
    CHECK_TEXT(base64url_write(a, T("\xFB\xFF\xFE")), "-__-");
    CHECK_TEXT(base64url_write(a, T("fo")), "Zm8");
    CHECK_TEXT(base64url_read(a, T("-__-")), "\xFB\xFF\xFE");
    CHECK_TEXT(base64url_read(a, T("Zg")), "f");
    CHECK_TEXT(base64_write(a, T("\xFB\xFF\xFE")), "+//+");
    assert_null(base64url_read(a, T("Zg==")).at);
    assert_null(base64url_read(a, T("Z")).at);
    assert_null(base64url_read(a, T("Zh")).at);
    assert_null(base64url_read(a, T("+//+")).at);
}

static void assert_apart(text one, uint64_t salt, text other, uint64_t other_salt) {
    uint64_t x[2], y[2];
    text_hash128(one, salt, x);
    text_hash128(other, other_salt, y);
    assert_true(x[0] != y[0] || x[1] != y[1]);
}

/* Short ids of one type, and others of another type, whatever bytes they differ in. */
static void salts_keep_short_texts_apart(void **state) {
    (void)state;
    uint64_t x[2], y[2];
    text_hash128(T("p0000000"), 7, x);
    text_hash128(T("p0000000"), 7, y);
    assert_true(x[0] == y[0] && x[1] == y[1]);
    for (size_t len = 1; len <= 17; len++) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned differs = 0; differs < 256; differs++) {
                char one[17], other[17];
                memset(one, '0', sizeof one);
                memset(other, '0', sizeof other);
                other[at] = (char)(other[at] ^ (int)differs);
                for (int shift = 0; shift <= 32; shift += 32)
                    assert_apart((text){one, len}, UINT64_C(1) << shift, (text){other, len}, UINT64_C(2) << shift);
                other[len - 1 - at] = other[at];
                assert_apart((text){one, len}, 1, (text){other, len}, 2);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(equality_and_order), TEST(searching_and_trimming),       TEST(integers), TEST(uuids), TEST(hexadecimal), TEST(base64),
        TEST(base64_for_urls),    TEST(salts_keep_short_texts_apart),
    };
    return RUN(tests);
}
