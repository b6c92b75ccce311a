/* Open addressing without a power of two, so that the room fits the number of objects. */
#include "runs/import_table.h"

#include "base/die.h"

#include <stdlib.h>

void import_table_init(struct import_table *t, size_t expected) {
    size_t room = expected + expected / 3 + 64;
    *t = (struct import_table){.slots = calloc(room, sizeof *t->slots), .room = room};
    if (!t->slots) die("out of memory");
}

void import_table_free(struct import_table *t) {
    free(t->slots);
    *t = (struct import_table){0};
}

static bool is_free(const struct import_slot *s) { return !s->key[0] && !s->key[1]; }

static size_t home(const struct import_table *t, const uint64_t key[2]) {
    return (size_t)(((unsigned __int128)key[0] * t->room) >> 64);
}

void import_table_fetch(const struct import_table *t, const uint64_t key[2]) {
    const struct import_slot *s = &t->slots[home(t, key)];
    __builtin_prefetch(s, 1);
    __builtin_prefetch(s + 1, 1);
}

static struct import_slot *place(const struct import_table *t, const uint64_t key[2]) {
    size_t i = home(t, key);
    for (;; i = i + 1 == t->room ? 0 : i + 1) {
        struct import_slot *s = &t->slots[i];
        if (is_free(s) || (s->key[0] == key[0] && s->key[1] == key[1])) return s;
    }
}

struct import_slot *import_table_find(const struct import_table *t, const uint64_t key[2]) {
    struct import_slot *s = place(t, key);
    return is_free(s) ? NULL : s;
}

static void enlarge(struct import_table *t) {
    struct import_table larger;
    import_table_init(&larger, t->count * 2);
    for (size_t i = 0; i < t->room; i++)
        if (!is_free(&t->slots[i])) *place(&larger, t->slots[i].key) = t->slots[i];
    larger.count = t->count;
    free(t->slots);
    *t = larger;
}

struct import_slot *import_table_add(struct import_table *t, const uint64_t key[2]) {
    if (t->count + t->count / 4 + 16 >= t->room) enlarge(t);
    struct import_slot *s = place(t, key);
    *s = (struct import_slot){.key = {key[0], key[1]}};
    t->count++;
    return s;
}
