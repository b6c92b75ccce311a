/* What makes no difference: the size of pages, the order of objects in them, and a kill at any commit of a run. */
#ifndef JOINERY_TEST_MODEL_VARY_H
#define JOINERY_TEST_MODEL_VARY_H

#include <stdint.h>

/* The engine against itself on the stories from that seed on; what differs is made short and printed. 1 when something did. */
int try_pages(uint64_t seed, uint64_t count);
int try_kills(uint64_t seed, uint64_t count);

#endif
