/* Open-addressing tables in an arena: text to pointer, and int64 to pointer. No removal; the arena ends them. */
#ifndef JOINERY_BASE_MAP_H
#define JOINERY_BASE_MAP_H

#include "base/arena.h"

struct text_map {
    arena *a;
    struct text_map_slot {
        text key;
        uint64_t hash;
        void *value;
    } * slots;
    size_t count, room;
};

struct int_map {
    arena *a;
    struct int_map_slot {
        int64_t key;
        void *value;
    } * slots; /* value NULL marks a free slot */
    size_t count, room;
};

/* Prepares an empty map with space for `expected` entries before it grows. */
void text_map_init(struct text_map *m, arena *a, size_t expected);
/* The value of the key, or NULL. */
void *text_map_get(const struct text_map *m, text key);
/* Stores a value (not NULL) under a borrowed key that must outlive the map; returns the value that stood there, or NULL. */
void *text_map_put(struct text_map *m, text key, void *value);

void int_map_init(struct int_map *m, arena *a, size_t expected);
void *int_map_get(const struct int_map *m, int64_t key);
void *int_map_put(struct int_map *m, int64_t key, void *value);

#endif
