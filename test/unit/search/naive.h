/* Searches carried out plainly over objects in memory, after the specification alone: what the search is compared with. */
#ifndef TEST_SEARCH_NAIVE_H
#define TEST_SEARCH_NAIVE_H

#include "search/query.h"

/* Does the object fulfil all filters of the query (those of both sections)? */
bool naive_holds(arena *a, const struct search_query *q, const struct mvo *o);
/* The numbers of the objects that fulfil them, in the order of the query. */
void naive_search(arena *a, const struct search_query *q, const struct mvos *all, struct int64s *out);

#endif
