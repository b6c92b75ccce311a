/* Linear probing, at most three quarters full. */
#include "base/map.h"

static size_t room_for(size_t expected) {
    size_t room = 16;
    while (room * 3 / 4 < expected) room *= 2;
    return room;
}

void text_map_init(struct text_map *m, arena *a, size_t expected) {
    size_t room = room_for(expected);
    *m = (struct text_map){.a = a, .slots = ARENA_ARRAY(a, struct text_map_slot, room), .room = room};
}

static struct text_map_slot *text_slot(const struct text_map *m, text key, uint64_t hash) {
    for (size_t i = hash & (m->room - 1);; i = (i + 1) & (m->room - 1)) {
        struct text_map_slot *s = &m->slots[i];
        if (!s->value || (s->hash == hash && text_equal(s->key, key))) return s;
    }
}

void *text_map_get(const struct text_map *m, text key) { return m->count ? text_slot(m, key, text_hash(key))->value : NULL; }

static void text_map_double(struct text_map *m) {
    struct text_map old = *m;
    text_map_init(m, old.a, old.room * 3 / 4 + 1);
    for (size_t i = 0; i < old.room; i++) {
        if (!old.slots[i].value) continue;
        *text_slot(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
        m->count++;
    }
}

void *text_map_put(struct text_map *m, text key, void *value) {
    if ((m->count + 1) * 4 > m->room * 3) text_map_double(m);
    uint64_t hash = text_hash(key);
    struct text_map_slot *s = text_slot(m, key, hash);
    void *before = s->value;
    if (!before) m->count++;
    *s = (struct text_map_slot){before ? s->key : key, hash, value};
    return before;
}

void int_map_init(struct int_map *m, arena *a, size_t expected) {
    size_t room = room_for(expected);
    *m = (struct int_map){.a = a, .slots = ARENA_ARRAY(a, struct int_map_slot, room), .room = room};
}

static struct int_map_slot *int_slot(const struct int_map *m, int64_t key) {
    uint64_t mixed = (uint64_t)key * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = (mixed >> 20) & (m->room - 1);; i = (i + 1) & (m->room - 1)) {
        struct int_map_slot *s = &m->slots[i];
        if (!s->value || s->key == key) return s;
    }
}

void *int_map_get(const struct int_map *m, int64_t key) { return m->count ? int_slot(m, key)->value : NULL; }

void *int_map_put(struct int_map *m, int64_t key, void *value) {
    if ((m->count + 1) * 4 > m->room * 3) {
        struct int_map old = *m;
        int_map_init(m, old.a, old.room * 3 / 4 + 1);
        for (size_t i = 0; i < old.room; i++) {
            if (!old.slots[i].value) continue;
            *int_slot(m, old.slots[i].key) = old.slots[i];
            m->count++;
        }
    }
    struct int_map_slot *s = int_slot(m, key);
    void *before = s->value;
    if (!before) m->count++;
    *s = (struct int_map_slot){key, value};
    return before;
}
