/* Content hashes of objects (sync-engine §5.6) and fingerprints of schemas: XXH3, which never leaves the product. */
#include "model/hash.h"

#include "model/document.h"

#define XXH_STATIC_LINKING_ONLY /* the state on the stack */
#include <xxhash.h>

enum { ALGORITHM = 1 };

uint64_t stable_hash(text t) { return XXH3_64bits(t.at, t.len); }

void stable_hash128(text t, uint64_t out[2]) {
    XXH128_hash_t h = XXH3_128bits(t.at, t.len);
    out[0] = h.high64;
    out[1] = h.low64;
}

/* What stands for a value: its bytes, equal for equal values. `room` holds them where they lie nowhere else. */
static text value_bytes(const struct value *v, char room[40]) {
    switch (v->type) {
    case TYPE_TEXT:
    case TYPE_BINARY:
        return v->text;
    case TYPE_DECIMAL:
        return (text){room, decimal_write(*v->decimal, room)};
    case TYPE_GUID:
        return (text){(const char *)v->guid.bytes, sizeof v->guid.bytes};
    case TYPE_REFERENCE:
        if (!text_is_null(v->reference.raw)) return v->reference.raw;
        memcpy(room, &v->reference.target, sizeof v->reference.target);
        return (text){room, sizeof v->reference.target};
    default:
        memcpy(room, &v->integer, sizeof v->integer);
        return (text){room, sizeof v->integer};
    }
}

/* Several values: the sum of their hashes, so that their order does not matter. */
static void hash_set(XXH3_state_t *state, const struct values *set) {
    unsigned __int128 sum = 0;
    char room[40];
    for (size_t i = 0; i < set->count; i++) {
        text bytes = value_bytes(&set->at[i], room);
        XXH128_hash_t h = XXH3_128bits(bytes.at, bytes.len);
        sum += (unsigned __int128)h.high64 << 64 | h.low64;
    }
    XXH3_128bits_update(state, &sum, sizeof sum);
}

static void hash_attribute(XXH3_state_t *state, const struct values *set) {
    char room[40];
    text only = set->count == 1 ? value_bytes(&set->at[0], room) : (text){0};
    uint64_t head[3] = {(uint64_t)(uint32_t)set->attribute << 32 | (uint64_t)set->at[0].type, set->count, only.len};
    XXH3_128bits_update(state, head, sizeof head);
    if (set->count == 1)
        XXH3_128bits_update(state, only.at, only.len);
    else
        hash_set(state, set);
}

void document_hash(const struct attributes *values, uint8_t out[16]) {
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    for (EACH(const struct values, set, values)) {
        if (set->count) hash_attribute(&state, set);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
    memcpy(out, canonical.digest, 16);
}

uint64_t schema_fingerprint(const struct cs_type *type) {
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    uint32_t version = ALGORITHM;
    XXH3_64bits_update(&state, &version, sizeof version);
    for (EACH(const struct cs_attribute, a, &type->attributes)) {
        uint32_t head[5] = {(uint32_t)a->id, (uint32_t)a->type, (uint32_t)a->plurality, a->selected, (uint32_t)a->name.len};
        XXH3_64bits_update(&state, head, sizeof head);
        XXH3_64bits_update(&state, a->name.at, a->name.len);
    }
    return XXH3_64bits_digest(&state);
}
