/* The keys that exist without anybody having asked for them: infrastructure and first administrator (operations §2.3). */
#include "access/private.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INFRASTRUCTURE_LEAST = 32 };
static const int64_t infrastructure_life = 24 * 3600 * TICKS_PER_SECOND;

static int32_t administrator_role(const struct roles *roles) {
    for (EACH(struct role, role, roles))
        if (role_by_name(role->name) == ROLE_ADMINISTRATOR) return role->id;
    return 0;
}

static FALLIBLE give_administrator(store_tx *tx, arena *a, struct api_key *key) {
    struct roles roles = {0};
    TRY(store_roles(tx, a, &roles));
    int32_t id = administrator_role(&roles);
    if (!id) return FAIL(ERROR_CORRUPT, "the store has no role Administrator");
    *LIST_ADD(a, &key->roles) = id;
    return NULL;
}

/* A new one, or another 24 hours for one that has expired. */
static FALLIBLE infrastructure(store_tx *tx, arena *a, const struct api_keys *keys, text wanted, instant now) {
    uint8_t hash[32];
    api_key_hash(wanted, hash);
    for (EACH(struct api_key, k, keys)) {
        if (memcmp(k->hash, hash, sizeof hash) != 0) continue;
        if (!k->expires.ticks || k->expires.ticks >= now.ticks) return NULL;
        k->expires.ticks = now.ticks + infrastructure_life;
        return store_save_api_key(tx, k);
    }
    struct api_key key = {
        .name = T("Infrastructure Key"),
        .description = T("Made at start from the environment."),
        .prefix = text_slice(wanted, 0, API_KEY_PREFIX_LENGTH),
        .created = now,
        .expires = {now.ticks + infrastructure_life},
        .enabled = true,
        .infrastructure = true,
    };
    memcpy(key.hash, hash, sizeof hash);
    TRY(give_administrator(tx, a, &key));
    return store_save_api_key(tx, &key);
}

static FALLIBLE write_file(arena *a, text data_dir, text secret) {
    const char *path = arena_cstring(a, arena_print(a, "%.*s/admin.key", TEXT_ARG(data_dir)));
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return FAIL(ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
    text line = arena_print(a, "%.*s\n", TEXT_ARG(secret));
    bool fine = fchmod(fd, 0600) == 0 && write(fd, line.at, line.len) == (ssize_t)line.len && fsync(fd) == 0;
    int cause = errno;
    fine &= close(fd) == 0;
    return fine ? NULL : FAIL(ERROR_IO, "%s cannot be written: %s", path, strerror(cause));
}

/* The file first: a key that nobody can read must not be stored. */
static FALLIBLE first_administrator(store_tx *tx, arena *a, text data_dir, FILE *say, instant now) {
    struct api_key key = {.name = T("First administrator key"), .description = T("Made at the first start."), .enabled = true};
    text secret = api_key_new_secret(a, &key, now);
    TRY(give_administrator(tx, a, &key));
    TRY(write_file(a, data_dir, secret));
    TRY(store_save_api_key(tx, &key));
    TRY(store_commit(tx));
    fprintf(say, "First administrator key (shown once, kept in %.*s/admin.key): %.*s\n", TEXT_ARG(data_dir), TEXT_ARG(secret));
    fflush(say);
    return NULL;
}

static bool usable(text wanted) {
    if (text_is_empty(wanted)) return false;
    if (api_key_known_prefix(wanted) && wanted.len >= INFRASTRUCTURE_LEAST) return true;
    log_line(LOG_WARNING, "infrastructure key ignored", "it must begin with jny_ak_ or jim_ak_ and have at least %d characters",
             INFRASTRUCTURE_LEAST);
    return false;
}

FALLIBLE callers_first_start(callers *x, text wanted, text data_dir, FILE *say, instant now) {
    OWNED(arena) a = arena_new(64 << 20);
    OWNED(store_tx) tx = NULL;
    TRY(store_write(x->store, STORE_API, &tx));
    struct api_keys keys = {0};
    TRY(store_api_keys(tx, a, &keys));
    if (usable(wanted)) {
        TRY(infrastructure(tx, a, &keys, wanted, now));
        TRY(store_commit(tx));
    } else if (keys.count == 0)
        TRY(first_administrator(tx, a, data_dir, say, now));
    callers_changed(x);
    return NULL;
}
