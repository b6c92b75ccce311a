/* A story lived through by the engine and by the reference model side by side. */
#ifndef JOINERY_TEST_MODEL_LIFE_H
#define JOINERY_TEST_MODEL_LIFE_H

#include "story.h"

/* The lines that only one of two sorted texts has. */
void print_difference(const char *engine, const char *model, FILE *out);
/* Lives through the story on both sides; the number of the event after which they disagree, or -1. `again`: afterwards every cycle
 * runs until nothing changes any more, and once more, which must change nothing: no value, no pending export, no outside system,
 * and no item but repeated errors. `out`, unless NULL, gets the story and the difference. */
int live(const struct story *made, bool again, FILE *out);
/* Leaves out of the story what can be left out while it still fails. */
void shrink(struct story *s, bool again);
/* How many stories never came to rest: rules that feed each other. Only where a system is read and written that is no failure. */
int restless_stories(void);

#endif
