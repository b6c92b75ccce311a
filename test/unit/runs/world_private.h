/* What the world's files share. */
#ifndef JOINERY_TEST_RUNS_WORLD_PRIVATE_H
#define JOINERY_TEST_RUNS_WORLD_PRIVATE_H

#include "world.h"

/* Reads the configuration again. */
void world_configuration(struct world *w);
store_tx *world_begin(struct world *w);
void world_commit(struct world *w, store_tx *tx);

#endif
