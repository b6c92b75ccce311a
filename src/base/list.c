/* Doubles a list's array inside its arena. */
#include "base/list.h"

void *list_grow_(arena *a, void *old, size_t *room, size_t element_size) {
    size_t old_room = *room;
    *room = old_room ? old_room * 2 : 8;
    return arena_grow(a, old, old_room * element_size, *room * element_size);
}
