/* An object's list of attributes, ascending by id. */
#include "model/value.h"

/* Position of the first entry whose id is not less. */
static size_t position(const struct attributes *list, int32_t attribute) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->at[middle].attribute < attribute)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct values *attributes_find(const struct attributes *list, int32_t attribute) {
    size_t i = position(list, attribute);
    return i < list->count && list->at[i].attribute == attribute ? &list->at[i] : NULL;
}

const struct value *attributes_first(const struct attributes *list, int32_t attribute) {
    const struct values *found = attributes_find(list, attribute);
    return found && found->count ? &found->at[0] : NULL;
}

struct values *attributes_ensure(arena *a, struct attributes *list, int32_t attribute) {
    size_t i = position(list, attribute);
    if (i < list->count && list->at[i].attribute == attribute) return &list->at[i];
    LIST_ADD(a, list);
    memmove(&list->at[i + 1], &list->at[i], (list->count - 1 - i) * sizeof *list->at);
    list->at[i] = (struct values){.attribute = attribute};
    return &list->at[i];
}

void attributes_remove(struct attributes *list, int32_t attribute) {
    struct values *found = attributes_find(list, attribute);
    if (!found) return;
    size_t i = (size_t)(found - list->at);
    memmove(found, found + 1, (list->count - i - 1) * sizeof *list->at);
    list->count--;
}

struct attributes attributes_copy(arena *a, const struct attributes *list) {
    struct attributes copy = {.at = ARENA_ARRAY(a, struct values, list->count), .count = list->count, .room = list->count};
    for (size_t i = 0; i < list->count; i++) {
        const struct values *from = &list->at[i];
        struct values *to = &copy.at[i];
        *to = *from;
        to->index = NULL;
        to->at = ARENA_ARRAY(a, struct value, from->count);
        to->room = from->count;
        for (size_t n = 0; n < from->count; n++) to->at[n] = value_copy(a, &from->at[n]);
    }
    return copy;
}
