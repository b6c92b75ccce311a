/* The real engine living through a story: a store in memory-backed files, the real runs in the calling thread, a clock of its own.
 */
#ifndef JOINERY_TEST_MODEL_ENGINE_H
#define JOINERY_TEST_MODEL_ENGINE_H

#include "space.h"

struct engine;

/* What may differ without making a difference. */
struct variation {
    int sync_page, import_page; /* 0: as the story says */
    int order;                  /* of the objects of an imported page: 0 as they are, 1 backwards, 2 from the middle */
};

/* A fresh engine with the story's configuration; its ids are written into the story. */
struct engine *engine_open(struct story *s, const struct variation *v);
void engine_close(struct engine *e);
/* Removes what engines share on the disk. */
void engine_forget(void);
/* Lets the event happen; `s` has it applied already where it changes the configuration. */
void engine_happen(struct engine *e, struct story *s, const struct event *event);
/* A copy of what stands there now, and of the items of the last run. */
void engine_look(struct engine *e, const struct story *s, struct space *out);
/* Copies what stands in the store, and in the systems, after so many commits of the run to come, as a killed server would leave it;
 * or before the last of them, when what it tells of has been done already. */
void engine_kill_at(struct engine *e, int commits, bool before);
/* Another engine takes the copy up, ends what was begun, and shows what stands there; false: the run had fewer commits. */
bool engine_after_crash(struct engine *e, const struct story *s, struct space *out);
/* The findings of the check of the store, as lines; "" when there are none. */
const char *engine_check(struct engine *e);

#endif
