/* What the files of the world share. */
#ifndef JOINERY_TEST_WORLD_PRIVATE_H
#define JOINERY_TEST_WORLD_PRIVATE_H

#include "world.h"

struct cs_attribute *cs_attribute_of(struct cs_type *t, text name);
struct mv_attribute *mv_attribute_of(struct world *w, text name);
struct mvo *mvo_by_id(struct world *w, int64_t id);
struct cso *cso_by_id(struct world *w, int64_t id);
bool next_word(text *rest, char separator, text *word);

#endif
