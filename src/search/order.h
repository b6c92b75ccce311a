/* What the two files that order a result share. */
#ifndef JOINERY_SEARCH_ORDER_H
#define JOINERY_SEARCH_ORDER_H

#include "search/private.h"

/* The keys of index rows that a group of equal sort keys has: from one up to before another one (null: open). */
struct bounds {
    text from, behind;
};

/* Objects that are equal in all sort keys before `level`. */
struct part {
    size_t level;
    bool bound;           /* they equal the position there, so that some of them stand before it */
    bool check;           /* only those whose key of this level lies within */
    struct bounds bounds; /* … these */
};

text sort_key_of(arena *a, enum field_type type, const struct search_value *v);
/* The order of two sort keys, null: no value. */
int sort_compare(const struct search_sort *sort, text x, text y);
/* Does an object with this sort key belong to the group? */
bool bounds_hold(const struct bounds *b, const struct search_sort *sort, text key);

/* Hand on, in their order, the objects of a set (NULL: all), of a list (which may be reordered), or all of the list in the order it
 * has (behind an id). */
FALLIBLE order_part(struct ordering *o, const struct id_set *set, const struct part *part);
/* A filter on the field of the sort key leaves a range of its index. */
bool walk_is_cut(struct ordering *o, size_t level);
FALLIBLE order_by_walk(struct ordering *o, const struct id_set *set, const struct part *part);
FALLIBLE order_list(struct ordering *o, struct int64s *ids, const struct part *part);
/* Whether the order of the part is known from ranks. */
bool ranks_tell(const struct ordering *o, const struct part *part);
/* Is there an index of the sort key that tells its order? */
bool sort_is_walkable(const struct work *w, size_t level);
FALLIBLE hand_list(struct ordering *o, const struct int64s *ids, int64_t after);

#endif
