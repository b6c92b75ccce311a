/* Hashes sorted by radix, suspects verified by their text. */
#include "connectors/duplicates.h"

#include "base/die.h"

#include <stdlib.h>

static uint64_t key_hash(int32_t type, text folded) {
    return text_hash(folded) ^ ((uint64_t)(uint32_t)type * UINT64_C(0x9E3779B97F4A7C15));
}

void key_hashes_add(struct key_hashes *h, int32_t type, text folded) {
    if (h->count == h->room) {
        h->room = h->room ? h->room * 2 : 1024;
        h->at = reallocarray(h->at, h->room, sizeof *h->at);
        if (!h->at) die("out of memory");
    }
    h->at[h->count++] = key_hash(type, folded);
}

/* One step of a radix sort: stable, by one byte. */
static void sort_by_byte(const uint64_t *from, uint64_t *to, size_t count, int shift) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++) starts[(from[i] >> shift & 0xff) + 1]++;
    for (int b = 0; b < 256; b++) starts[b + 1] += starts[b];
    for (size_t i = 0; i < count; i++) to[starts[from[i] >> shift & 0xff]++] = from[i];
}

static void sort(uint64_t *at, size_t count) {
    uint64_t *other = malloc(count * sizeof *other + 1);
    if (!other) die("out of memory");
    for (int shift = 0; shift < 64; shift += 16) {
        sort_by_byte(at, other, count, shift);
        sort_by_byte(other, at, count, shift + 8);
    }
    free(other);
}

void key_hashes_finish(struct key_hashes *h) {
    if (h->count) sort(h->at, h->count);
    size_t kept = 0;
    for (size_t i = 0, run; i < h->count; i += run) {
        for (run = 1; i + run < h->count && h->at[i + run] == h->at[i];) run++;
        if (run > 1) h->at[kept++] = h->at[i];
    }
    h->repeated = kept;
}

bool key_hashes_suspect(const struct key_hashes *h, int32_t type, text folded) {
    uint64_t wanted = key_hash(type, folded);
    size_t low = 0, high = h->repeated;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->at[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < h->repeated && h->at[low] == wanted;
}

void key_hashes_free(struct key_hashes *h) {
    free(h->at);
    *h = (struct key_hashes){0};
}

struct duplicate_keys {
    arena *a;
    struct text_map seen; /* type and folded id → bool: whether it came again */
    size_t repeated;
};

enum { MEMORY_MAX = 1 << 30, SHORT_KEY = 512 };

/* The type's four bytes before the folded id, written to `room`. */
static text map_key(char *room, int32_t type, text folded) {
    memcpy(room, &type, sizeof type);
    memcpy(room + sizeof type, folded.at, folded.len);
    return (text){room, folded.len + sizeof type};
}

static bool *find(const struct duplicate_keys *keys, int32_t type, text folded) {
    char room[SHORT_KEY];
    if (folded.len + sizeof type <= sizeof room) return text_map_get(&keys->seen, map_key(room, type, folded));
    OWNED(arena) a = arena_new(folded.len + SHORT_KEY);
    return text_map_get(&keys->seen, map_key(arena_bytes(a, folded.len + sizeof type), type, folded));
}

struct duplicate_keys *duplicate_keys_new(void) {
    struct duplicate_keys *keys = calloc(1, sizeof *keys);
    if (!keys) die("out of memory");
    keys->a = arena_new(MEMORY_MAX);
    text_map_init(&keys->seen, keys->a, 16);
    return keys;
}

error *duplicate_keys_add(struct duplicate_keys *keys, int32_t type, text folded) {
    bool *again = find(keys, type, folded);
    if (again) {
        keys->repeated += !*again;
        *again = true;
        return NULL;
    }
    if (arena_left(keys->a) / 2 < arena_used(keys->a) + folded.len + 4096)
        return FAIL(ERROR_TOO_LARGE, "Too many external ids occur more than once (over %zu).", keys->seen.count);
    text key = map_key(arena_bytes(keys->a, folded.len + sizeof type), type, folded);
    text_map_put(&keys->seen, key, ARENA_NEW(keys->a, bool));
    return NULL;
}

bool duplicate_keys_has(const struct duplicate_keys *keys, int32_t type, text folded) {
    const bool *again = keys && keys->repeated ? find(keys, type, folded) : NULL;
    return again && *again;
}

size_t duplicate_keys_count(const struct duplicate_keys *keys) { return keys ? keys->repeated : 0; }

void duplicate_keys_free(struct duplicate_keys *keys) {
    if (!keys) return;
    arena_free(keys->a);
    free(keys);
}
