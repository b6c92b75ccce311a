/* A set of object ids: a bitmap in pieces, since ids are given out in order. */
#ifndef JOINERY_SEARCH_SET_H
#define JOINERY_SEARCH_SET_H

#include "base/base.h"

struct id_set {
    arena *a;
    uint64_t **pieces; /* of 4,096 ids each, or NULL */
    size_t piece_count;
    int64_t count;
};
struct id_set *id_set_new(arena *a);
/* True when it was not there. */
bool id_set_add(struct id_set *s, int64_t id);
bool id_set_has(const struct id_set *s, int64_t id);
void id_set_remove(struct id_set *s, int64_t id);
/* The smallest id above `after`; false: none. */
bool id_set_next(const struct id_set *s, int64_t after, int64_t *id);
/* What is in `of` and not in `without`. */
struct id_set *id_set_except(arena *a, const struct id_set *of, const struct id_set *without);
/* The next ids above *after, `most` at most; moves *after. */
void id_set_some(arena *a, const struct id_set *s, int64_t *after, size_t most, struct int64s *out);

#endif
