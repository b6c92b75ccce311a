/* Published vectors of the hashes and of AES-GCM; sealing; random numbers. */
#include "check.h"

#include "base/crypto.h"
#include "base/uuid.h"

static const char *hex(const uint8_t *bytes, size_t len) {
    char *out = arena_bytes(a, 2 * len + 1);
    hex_write(bytes, len, out);
    out[2 * len] = '\0';
    return out;
}

static text bytes_of(const char *digits) {
    size_t len = strlen(digits) / 2;
    uint8_t *out = arena_alloc(a, len);
    assert_true(hex_read(text_of(digits), out, len));
    return (text){(char *)out, len};
}

/* FIPS 180-4 examples. */
static void sha_256(void **state) {
    (void)state;
    uint8_t out[32];
    sha256(T("abc"), out);
    assert_string_equal(hex(out, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(T(""), out);
    assert_string_equal(hex(out, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256((text){0}, out);
    assert_string_equal(hex(out, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(T("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), out);
    assert_string_equal(hex(out, 32), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231, cases 1, 2 and 6. */
static void hmac_sha_256(void **state) {
    (void)state;
    uint8_t out[32];
    hmac_sha256(bytes_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), T("Hi There"), out);
    assert_string_equal(hex(out, 32), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(T("Jefe"), T("what do ya want for nothing?"), out);
    assert_string_equal(hex(out, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    char key[131];
    memset(key, 0xAA, sizeof key);
    hmac_sha256((text){key, sizeof key}, T("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    assert_string_equal(hex(out, 32), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* The GCM specification's test cases 13, 14 and 16 (AES-256), opened: nonce, ciphertext, tag in one. */
static void gcm_vectors(void **state) {
    (void)state;
    uint8_t key[32] = {0};
    text plain;
    CHECK_GOOD(open_sealed(a, key, T(""),
                           bytes_of("000000000000000000000000"
                                    "530f8afbc74536b9a963b4f1c4cb738b"),
                           &plain));
    assert_int_equal(plain.len, 0);
    CHECK_GOOD(open_sealed(a, key, T(""),
                           bytes_of("000000000000000000000000"
                                    "cea7403d4d606b6e074ec5d3baf39d18"
                                    "d0d1c8a799996bf0265b98b5d48ab919"),
                           &plain));
    assert_string_equal(hex((const uint8_t *)plain.at, plain.len), "00000000000000000000000000000000");
    memcpy(key, bytes_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").at, 32);
    CHECK_GOOD(
        open_sealed(a, key, bytes_of("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                    bytes_of("cafebabefacedbaddecaf888"
                             "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                             "c5f61e6393ba7a0abcc9f662"
                             "76fc6ece0f4e1768cddf8853bb2d551b"),
                    &plain));
    assert_string_equal(
        hex((const uint8_t *)plain.at, plain.len),
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

static void sealing(void **state) {
    (void)state;
    uint8_t key[32], other[32];
    random_bytes(key, 32);
    random_bytes(other, 32);
    static const char *const secrets[] = {"", "x", "correct horse battery staple"};
    for (size_t i = 0; i < 3; i++) {
        text secret = text_of(secrets[i]), plain, sealed = seal(a, key, T("column:7"), secret);
        assert_int_equal(sealed.len, secret.len + 28);
        CHECK_GOOD(open_sealed(a, key, T("column:7"), sealed, &plain));
        CHECK_TEXT(plain, secrets[i]);
        assert_false(text_equal(sealed, seal(a, key, T("column:7"), secret))); /* a fresh nonce */
        CHECK_ERROR(open_sealed(a, other, T("column:7"), sealed, &plain), ERROR_CORRUPT, "another key");
        assert_null(plain.at);
        CHECK_ERROR(open_sealed(a, key, T("column:8"), sealed, &plain), ERROR_CORRUPT, "changed");
        CHECK_ERROR(open_sealed(a, key, T(""), sealed, &plain), ERROR_CORRUPT, "changed");
        CHECK_ERROR(open_sealed(a, key, T("column:7"), text_slice(sealed, 0, sealed.len - 1), &plain), ERROR_CORRUPT, "");
        for (size_t at = 0; at < sealed.len; at++) {
            char *changed = arena_bytes(a, sealed.len);
            memcpy(changed, sealed.at, sealed.len);
            changed[at] ^= 1;
            CHECK_ERROR(open_sealed(a, key, T("column:7"), (text){changed, sealed.len}, &plain), ERROR_CORRUPT, "changed");
        }
    }
    text plain;
    CHECK_ERROR(open_sealed(a, key, T(""), T("short"), &plain), ERROR_CORRUPT, "length");
    CHECK_ERROR(open_sealed(a, key, T(""), (text){0}, &plain), ERROR_CORRUPT, "length");
}

static void random_numbers(void **state) {
    (void)state;
    int counts[6] = {0};
    for (int i = 0; i < 6000; i++) {
        uint32_t n = random_below(6);
        assert_true(n < 6);
        counts[n]++;
    }
    for (int i = 0; i < 6; i++) assert_in_range(counts[i], 800, 1200); /* seven deviations */
    assert_int_equal(random_below(1), 0);
    assert_int_equal(random_below(0), 0);
    assert_true(random_below(UINT32_MAX) < UINT32_MAX);
    uint8_t one[32], two[32];
    random_bytes(one, 32);
    random_bytes(two, 32);
    assert_memory_not_equal(one, two, 32);
}

static void comparing_and_wiping(void **state) {
    (void)state;
    assert_true(equal_constant_time("abc", "abc", 3) && equal_constant_time("a", "b", 0));
    assert_false(equal_constant_time("abc", "abd", 3));
    char secret[] = "secret";
    wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++) assert_int_equal(secret[i], 0);
    wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sha_256), TEST(hmac_sha_256), TEST(gcm_vectors), TEST(sealing), TEST(random_numbers), TEST(comparing_and_wiping),
    };
    return RUN(tests);
}
