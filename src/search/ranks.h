/* The place of every object in an order, so that many groups can be brought into it without reading a document. */
#ifndef JOINERY_SEARCH_RANKS_H
#define JOINERY_SEARCH_RANKS_H

#include "base/base.h"

/* Four bytes an object where they lie close: a million take 4 MiB. Objects that were not added stand first. */
struct ranks {
    arena *a;
    uint32_t **pieces;
    size_t piece_count;
    uint32_t last;
};
struct ranks *ranks_new(arena *a);
/* The object stands behind those that were added before. */
void ranks_add(struct ranks *r, int64_t id);
/* The next id that was added, by its number, and its place from 0; false at the end. */
bool ranks_next(const struct ranks *r, int64_t after, int64_t *id, int64_t *place);
/* Brings ids into the order. */
void ranks_sort(const struct ranks *r, int64_t *ids, size_t count);

#endif
