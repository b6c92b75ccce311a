/* The only file of this layer that includes OpenSSL. */
#include "base/crypto.h"

#include "base/die.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

enum { NONCE = 12, TAG = 16 };

void random_bytes(void *out, size_t len) {
    while (len) {
        int part = len > 1 << 20 ? 1 << 20 : (int)len;
        if (RAND_bytes(out, part) != 1) die("the system gives no random bytes");
        out = (char *)out + part;
        len -= (size_t)part;
    }
}

uint32_t random_below(uint32_t below) {
    if (below < 2) return 0;
    uint32_t drawn, unfair = (uint32_t)(-below) % below; /* 2^32 mod below: so many values would come too often */
    do random_bytes(&drawn, sizeof drawn);
    while (drawn < unfair);
    return drawn % below;
}

void sha256(text bytes, uint8_t out[32]) { SHA256((const unsigned char *)(bytes.at ? bytes.at : ""), bytes.len, out); }

void hmac_sha256(text key, text bytes, uint8_t out[32]) {
    unsigned len = 32;
    if (key.len > INT32_MAX) die("a key is longer than 2 GiB");
    const unsigned char *data = (const unsigned char *)(bytes.at ? bytes.at : "");
    if (!HMAC(EVP_sha256(), key.at ? key.at : "", (int)key.len, data, bytes.len, out, &len)) die("HMAC-SHA-256 failed");
}

bool equal_constant_time(const void *a, const void *b, size_t len) { return CRYPTO_memcmp(a, b, len) == 0; }

void wipe(void *at, size_t len) {
    if (len) OPENSSL_cleanse(at, len);
}

static const unsigned char *bytes_of(text t) { return (const unsigned char *)(t.at ? t.at : ""); }

static EVP_CIPHER_CTX *start(const uint8_t key[32], const uint8_t *nonce, text bound, bool sealing) {
    int made;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!c || bound.len > INT32_MAX || EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce, sealing) != 1 ||
        (bound.len && EVP_CipherUpdate(c, NULL, &made, bytes_of(bound), (int)bound.len) != 1))
        die("AES-256-GCM cannot be started");
    return c;
}

text seal(arena *a, const uint8_t key[32], text bound, text plain) {
    int made = 0, rest = 0;
    size_t len = NONCE + plain.len + TAG;
    if (plain.len > INT32_MAX - NONCE - TAG) die("a secret is longer than 2 GiB");
    uint8_t *out = (uint8_t *)arena_bytes(a, len);
    random_bytes(out, NONCE);
    EVP_CIPHER_CTX *c = start(key, out, bound, true);
    if (EVP_CipherUpdate(c, out + NONCE, &made, bytes_of(plain), (int)plain.len) != 1 ||
        EVP_CipherFinal_ex(c, out + NONCE + made, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, out + NONCE + plain.len) != 1)
        die("AES-256-GCM failed");
    EVP_CIPHER_CTX_free(c);
    return (text){(char *)out, len};
}

error *open_sealed(arena *a, const uint8_t key[32], text bound, text sealed, text *plain) {
    *plain = (text){0};
    if (sealed.len < NONCE + TAG || sealed.len > INT32_MAX) return FAIL(ERROR_CORRUPT, "a sealed value has an impossible length");
    int made = 0, rest = 0;
    size_t len = sealed.len - NONCE - TAG;
    uint8_t tag[TAG], *out = (uint8_t *)arena_bytes(a, len + 1);
    memcpy(tag, sealed.at + NONCE + len, TAG);
    EVP_CIPHER_CTX *c = start(key, bytes_of(sealed), bound, false);
    bool good = EVP_CipherUpdate(c, out, &made, bytes_of(sealed) + NONCE, (int)len) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 && EVP_CipherFinal_ex(c, out + made, &rest) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!good) {
        wipe(out, len);
        return FAIL(ERROR_CORRUPT, "a sealed value was changed, or was sealed with another key");
    }
    out[len] = '\0';
    *plain = (text){(char *)out, len};
    return NULL;
}
