/* Growing arrays in an arena. */
#ifndef JOINERY_BASE_LIST_H
#define JOINERY_BASE_LIST_H

#include "base/arena.h"

/* struct numbers LIST(int64_t); declares a list type's body: elements `at`, their `count`, and the `room` in the array. */
#define LIST(type)                                                                                                                 \
    {                                                                                                                              \
        type *at;                                                                                                                  \
        size_t count;                                                                                                              \
        size_t room;                                                                                                               \
    }

struct texts LIST(text);
struct int64s LIST(int64_t);
struct int32s LIST(int32_t);

/* Adds a zeroed element and returns its address: *LIST_ADD(a, &numbers) = 7; */
#define LIST_ADD(a, list)                                                                                                          \
    __extension__({                                                                                                                \
        __typeof__(list) l_ = (list);                                                                                              \
        if (l_->count == l_->room) l_->at = list_grow_((a), l_->at, &l_->room, sizeof *l_->at);                                    \
        memset(&l_->at[l_->count], 0, sizeof *l_->at);                                                                             \
        &l_->at[l_->count++];                                                                                                      \
    })
/* for (EACH(struct rule, r, rules)) visits every element by address. */
#define EACH(type, name, list)                                                                                                     \
    type *name = (list)->at, *name##_end = (list)->count ? (list)->at + (list)->count : (list)->at;                                \
    name < name##_end;                                                                                                             \
    name++

void *list_grow_(arena *a, void *old, size_t *room, size_t element_size);

#endif
