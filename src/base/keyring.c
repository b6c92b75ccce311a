/* Key files: read when the program starts, one made at the first start. */
#include "base/keyring.h"

#include "base/crypto.h"
#include "base/die.h"
#include "base/uuid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS = 64, ID_BYTES = 8, KEY_BYTES = 32, NAME_LENGTH = 2 * ID_BYTES + 4 };

struct key {
    uint8_t id[ID_BYTES], bytes[KEY_BYTES];
    struct timespec changed;
};

struct keyring {
    struct key keys[KEYS];
    size_t count;
    const struct key *newest;
};

void keyring_free(keyring *k) {
    if (!k) return;
    wipe(k, sizeof *k);
    free(k);
}

static void write_name(const uint8_t id[ID_BYTES], char out[NAME_LENGTH + 1]) {
    hex_write(id, ID_BYTES, out);
    memcpy(out + 2 * ID_BYTES, ".key", 5);
}

static bool read_name(const char *name, uint8_t id[ID_BYTES]) {
    return strlen(name) == NAME_LENGTH && strcmp(name + 2 * ID_BYTES, ".key") == 0 &&
           hex_read((text){name, 2 * ID_BYTES}, id, ID_BYTES);
}

static FALLIBLE read_key(const char *folder, int dir, const char *name, struct key *out) {
    char hex[2 * KEY_BYTES + 2];
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return FAIL(ERROR_IO, "the key %s/%s cannot be read: %s", folder, name, strerror(errno));
    ssize_t len = fstat(fd, &st) == 0 ? read(fd, hex, sizeof hex) : -1;
    close(fd);
    if (len >= 0 && (st.st_mode & 077)) {
        wipe(hex, sizeof hex);
        return FAIL(ERROR_DENIED, "others may read the key %s/%s; change its mode to 0600", folder, name);
    }
    bool whole = len == 2 * KEY_BYTES || (len == 2 * KEY_BYTES + 1 && hex[2 * KEY_BYTES] == '\n');
    bool good = whole && hex_read((text){hex, 2 * KEY_BYTES}, out->bytes, KEY_BYTES);
    wipe(hex, sizeof hex);
    if (!good) return FAIL(ERROR_CORRUPT, "%s/%s is not a key: it must hold %d hex digits", folder, name, 2 * KEY_BYTES);
    out->changed = st.st_mtim;
    return NULL;
}

static bool is_newer(const struct key *a, const struct key *b) {
    if (a->changed.tv_sec != b->changed.tv_sec) return a->changed.tv_sec > b->changed.tv_sec;
    if (a->changed.tv_nsec != b->changed.tv_nsec) return a->changed.tv_nsec > b->changed.tv_nsec;
    return memcmp(a->id, b->id, ID_BYTES) > 0;
}

static FALLIBLE read_keys(const char *folder, int dir, keyring *k) {
    DIR *list = fdopendir(dup(dir));
    if (!list) return FAIL(ERROR_IO, "the folder of keys %s cannot be read: %s", folder, strerror(errno));
    error *e = NULL;
    for (struct dirent *entry; !e && (entry = readdir(list));) {
        struct key *next = &k->keys[k->count];
        if (!read_name(entry->d_name, next->id)) continue;
        if (k->count == KEYS - 1)
            e = FAIL(ERROR_TOO_LARGE, "%s holds more than %d keys; remove those that nothing uses", folder, KEYS - 1);
        else
            e = read_key(folder, dir, entry->d_name, next);
        if (e) break;
        k->count++;
    }
    closedir(list);
    for (size_t i = 0; i < k->count; i++)
        if (!k->newest || is_newer(&k->keys[i], k->newest)) k->newest = &k->keys[i];
    return e;
}

/* The name appears when the content is on the disk: a key that was used and then is gone would be worse than none. */
static FALLIBLE make_key(const char *folder, int dir, struct key *out) {
    char name[NAME_LENGTH + 1], hex[2 * KEY_BYTES + 1];
    random_bytes(out->id, ID_BYTES);
    random_bytes(out->bytes, KEY_BYTES);
    write_name(out->id, name);
    hex_write(out->bytes, KEY_BYTES, hex);
    hex[2 * KEY_BYTES] = '\n';
    int fd = openat(dir, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write(fd, hex, sizeof hex) == (ssize_t)sizeof hex && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    wipe(hex, sizeof hex);
    if (good && (renameat(dir, "new", dir, name) != 0 || fsync(dir) != 0)) {
        why = errno;
        good = false;
    }
    return good ? NULL : FAIL(ERROR_IO, "no key can be made in %s: %s", folder, strerror(why));
}

static FALLIBLE fill(const char *folder, int dir, keyring *k) {
    struct stat st;
    if (fstat(dir, &st) != 0) return FAIL(ERROR_IO, "the folder of keys %s cannot be read: %s", folder, strerror(errno));
    if (st.st_mode & 077) return FAIL(ERROR_DENIED, "others may use the folder of keys %s; change its mode to 0700", folder);
    TRY(read_keys(folder, dir, k));
    if (k->count) return NULL;
    TRY(make_key(folder, dir, &k->keys[0]));
    k->newest = &k->keys[k->count++];
    return NULL;
}

FALLIBLE keyring_open(const char *folder, keyring **out) {
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return FAIL(ERROR_IO, "the folder of keys %s cannot be made: %s", folder, strerror(errno));
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return FAIL(ERROR_IO, "the folder of keys %s cannot be read: %s", folder, strerror(errno));
    keyring *k = calloc(1, sizeof *k);
    if (!k) die("out of memory");
    error *e = fill(folder, dir, k);
    close(dir);
    if (e)
        keyring_free(k);
    else
        *out = k;
    return e;
}

/* What is authenticated with the ciphertext: the purpose as well, so that a value of one kind never opens as another. */
static text binding(arena *a, text prefix, text bound) { return arena_print(a, "%.*s\n%.*s", TEXT_ARG(prefix), TEXT_ARG(bound)); }

text keyring_seal(const keyring *k, arena *a, text prefix, text bound, text plain) {
    text sealed = seal(a, k->newest->bytes, binding(a, prefix, bound), plain);
    char *raw = arena_bytes(a, ID_BYTES + sealed.len);
    memcpy(raw, k->newest->id, ID_BYTES);
    memcpy(raw + ID_BYTES, sealed.at, sealed.len);
    return arena_print(a, "%.*s%.*s", TEXT_ARG(prefix), TEXT_ARG(base64url_write(a, (text){raw, ID_BYTES + sealed.len})));
}

FALLIBLE keyring_unseal(const keyring *k, arena *a, text prefix, text bound, text sealed, text *plain) {
    text raw = {0};
    if (text_starts_with(sealed, prefix)) raw = base64url_read(a, text_slice(sealed, prefix.len, sealed.len));
    if (raw.len <= ID_BYTES) return FAIL(ERROR_CORRUPT, "it is not a sealed value of this kind");
    for (size_t i = 0; i < k->count; i++)
        if (memcmp(k->keys[i].id, raw.at, ID_BYTES) == 0)
            return open_sealed(a, k->keys[i].bytes, binding(a, prefix, bound), text_slice(raw, ID_BYTES, raw.len), plain);
    return FAIL(ERROR_CORRUPT,
                "the key that sealed it is not in the folder of keys; put the key file back, or enter the secret again");
}

void keyring_derive(const keyring *k, text purpose, uint8_t out[32]) {
    hmac_sha256((text){(const char *)k->newest->bytes, KEY_BYTES}, purpose, out);
}
