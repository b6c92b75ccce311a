/* A connected system as the world outside sees it: objects in memory that people and exports change. Engine and model have one copy
 * each of every system, with the same behaviour. */
#ifndef JOINERY_TEST_MODEL_SIM_H
#define JOINERY_TEST_MODEL_SIM_H

#include "story.h"

enum { SIM_OBJECTS = 96, SIM_ITEMS = 2 * SIM_OBJECTS };

struct sim_object {
    int type;
    long version; /* of its last change */
    bool claimed; /* by a Create that was sent again */
    struct words values[ATTRS];
};
struct sim {
    int count, gone_count, created;
    long version;
    int refuse;      /* see HAPPENS_REFUSE */
    bool file;       /* rows of a file */
    bool by_content; /* new objects get ids by what they hold, not by their number */
    bool named;      /* its second names address objects: they are never cleared */
    bool twins;      /* … and two held the same: who is who then depends on their order */
    long resumed;    /* what was written from this version on may come again after a kill; 0: nothing */
    struct sim_object objects[SIM_OBJECTS], gone[SIM_OBJECTS];
};
/* What an import gets. */
struct delivery {
    int count;
    struct delivered {
        const struct sim_object *object;
        bool deleted;
    } at[SIM_ITEMS];
};
/* What an export wants; a change without a word clears. */
struct sim_change {
    int attr;
    enum attribute_change how;
    const char *word;
};
struct sim_write {
    enum export_change what;
    int type, count;
    const char *id;
    struct sim_change changes[64];
    struct words known[ATTRS]; /* of a file: what else the object is known to hold, for cells that are empty */
};

/* The same address for the same word, for the life of the process. */
const char *intern(const char *word, size_t length);
bool same_words(const struct words *x, const struct words *y);

/* The values of a cell that takes several, as a file is read: without blanks around them, each once. */
void sim_trim(struct words *w);
void sim_happen(struct sim *s, const struct event *e);
/* Everything, or what changed after the version. */
void sim_deliver(const struct sim *s, bool delta, long after, struct delivery *out);
/* False when it is refused; *id is the id of the object, *dn its second name or NULL. */
bool sim_write(struct sim *s, const struct sim_write *w, const char **id, const char **dn);
void sim_print(const struct sim *s, int system, FILE *out);

#endif
