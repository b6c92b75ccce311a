/* argon2id behind two functions, at most two at once. */
#include "access/passwords.h"

#include "base/crypto.h"
#include "base/die.h"
#include "base/metrics.h"
#include "base/thread.h"

#include <argon2.h>

enum { MEMORY_KIB = 19 * 1024, PASSES = 2, LANES = 1, HASH = 32, SALT = 16, ENCODED = 128, AT_ONCE = 2 };

static mutex lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int running;
static struct metric hashes = {
    .name = "joinery_password_hashes_total", .help = "Hashes of passwords that were computed.", .kind = METRIC_COUNTER};

void passwords_register_metrics(void) { metric_register(&hashes); }

static void enter(void) {
    WITH_LOCK(&lock);
    while (running == AT_ONCE) pthread_cond_wait(&freed, &lock);
    running++;
}

static void leave(void) {
    WITH_LOCK(&lock);
    running--;
    pthread_cond_signal(&freed);
}

text password_hash(arena *a, text password) {
    uint8_t salt[SALT];
    char *encoded = arena_bytes(a, ENCODED);
    random_bytes(salt, sizeof salt);
    enter();
    int code =
        argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.at, password.len, salt, sizeof salt, HASH, encoded, ENCODED);
    leave();
    metric_add(&hashes, 1);
    if (code != ARGON2_OK) die("argon2id: %s", argon2_error_message(code));
    return text_of(encoded);
}

bool password_matches(text hash, text password) {
    /* Of no password: a random value that nobody kept. */
    static const char nobody[] =
        "$argon2id$v=19$m=19456,t=2,p=1$a2VlcC10aGUtc2FtZS10aW1l$Q2JvV2pKa3p6bE5UeXh3dnV0c3JxcG9ubWxramloZ2Y";
    char encoded[ENCODED];
    bool known = hash.len && hash.len < sizeof encoded;
    if (known) {
        memcpy(encoded, hash.at, hash.len);
        encoded[hash.len] = '\0';
    }
    enter();
    int code = argon2id_verify(known ? encoded : nobody, password.at, password.len);
    leave();
    if (code == ARGON2_OK || code == ARGON2_VERIFY_MISMATCH) metric_add(&hashes, 1);
    wipe(encoded, sizeof encoded);
    return known && code == ARGON2_OK;
}
