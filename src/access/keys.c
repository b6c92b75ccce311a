/* API keys: their form, and the checks in their order (operations §2.2). */
#include "access/access.h"
#include "base/crypto.h"
#include "model/ids.h"

#define ISSUED_PREFIX "jny_ak_"
#define OTHER_PREFIX "jim_ak_"

text api_key_make(arena *a) {
    uint8_t secret[32];
    random_bytes(secret, sizeof secret);
    char *key = arena_bytes(a, API_KEY_LENGTH);
    memcpy(key, ISSUED_PREFIX, sizeof ISSUED_PREFIX - 1);
    hex_write(secret, sizeof secret, key + sizeof ISSUED_PREFIX - 1);
    wipe(secret, sizeof secret);
    return (text){key, API_KEY_LENGTH};
}

bool api_key_known_prefix(text key) { return text_starts_with(key, T(ISSUED_PREFIX)) || text_starts_with(key, T(OTHER_PREFIX)); }

void api_key_hash(text key, uint8_t out[32]) { sha256(key, out); }

void key_set_index(struct key_set *set, arena *a) {
    text_map_init(&set->by_hash, a, set->keys.count);
    for (EACH(struct api_key, k, &set->keys)) text_map_put(&set->by_hash, (text){(const char *)k->hash, sizeof k->hash}, k);
}

const struct api_key *key_set_find(const struct key_set *set, text key, instant now, const char **reason) {
    *reason = "Invalid API key format";
    if (!api_key_known_prefix(key)) return NULL;
    uint8_t hash[32];
    api_key_hash(key, hash);
    const struct api_key *found = text_map_get(&set->by_hash, (text){(const char *)hash, sizeof hash});
    *reason = "API key not found";
    if (!found || !equal_constant_time(found->hash, hash, sizeof hash)) return NULL;
    *reason = "API key is disabled";
    if (!found->enabled) return NULL;
    *reason = "API key has expired";
    if (found->expires.ticks && found->expires.ticks < now.ticks) return NULL;
    *reason = NULL;
    return found;
}

static uint32_t role_bits(const struct key_set *set, const struct api_key *key) {
    uint32_t bits = 0;
    for (EACH(int32_t, id, &key->roles))
        for (EACH(struct role, role, &set->roles))
            if (role->id == *id) bits |= ROLE_BIT(role_by_name(role->name));
    return bits & ~ROLE_BIT(ROLE_UNSET);
}

void key_set_caller(const struct key_set *set, const struct api_key *key, struct caller *out) {
    *out = (struct caller){
        .kind = BY_API_KEY,
        .id = id_to_uuid(ID_API_KEY, key->id),
        .name = key->name,
        .roles = role_bits(set, key),
        .infrastructure = key->infrastructure,
        .method = T("api_key"),
        .key_prefix = key->prefix,
    };
}

text api_key_new_secret(arena *a, struct api_key *key, instant now) {
    text secret = api_key_make(a);
    api_key_hash(secret, key->hash);
    key->prefix = arena_text(a, text_slice(secret, 0, API_KEY_PREFIX_LENGTH));
    key->created = now;
    return secret;
}
