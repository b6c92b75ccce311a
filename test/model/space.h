/* What stands in connector spaces and metaverse: the state of the reference model, and a copy of the engine's in the same form. */
#ifndef JOINERY_TEST_MODEL_SPACE_H
#define JOINERY_TEST_MODEL_SPACE_H

#include "sim.h"

enum { CSOS = 160, MVOS = 128, CHANGES = 48, LINES = 160 };

/* A value: its word; a reference: the raw text in a connector space, and the id of the object it leads to. */
struct item {
    const char *word;
    int ref;
};
struct set {
    int n;
    struct item at[VALUES];
};
struct scso {
    int id; /* 0: gone */
    int system, type;
    enum cso_status status;
    enum cso_join join;
    int mvo;
    long touched; /* LastUpdated, else Created */
    int was;      /* the MVO that it left in the page at hand */
    bool failed, review;
    uint64_t stamp; /* of the content that a full import saw last; 0: none (5.6) */
    struct set v[ATTRS];
};
struct smvo {
    int id; /* 0: gone */
    int type;
    bool marked, review;
    bool fresh;        /* made in the page at hand */
    int64_t marked_at; /* minutes */
    int trigger;       /* system, -1: none */
    struct set v[ATTRS];
    bool null[ATTRS];
    int by[ATTRS]; /* the contributing mapping */
};
struct change {
    int attr;
    enum attribute_change how;
    enum attribute_change_status status;
    bool has;
    struct item v; /* a reference: ref is the MVO it names; without one the word is raw text */
    int attempts;
    bool drift;
};
struct spe {
    int cso; /* 0: gone */
    int mvo;
    long order;
    enum export_change what;
    enum export_status status;
    int errors;
    int64_t retry; /* minutes; 0: none */
    bool unresolved, exported;
    int n;
    struct change at[CHANGES];
};
/* The items of a run, each as one line. */
struct lines {
    int n;
    const char *at[LINES];
};
struct space {
    int csos, mvos, pes;
    struct scso cso[CSOS];
    struct smvo mvo[MVOS];
    struct spe pe[CSOS];
    struct sim sim[SYSTEMS];
    struct lines items;
    enum activity_status ended;
};

/* As text, in an order that does not depend on ids. To be freed. */
char *space_text(const struct space *s, int systems);
/* The line of an item. */
void item_line(struct lines *l, const char *id, enum object_change change, enum item_error error, const int outcomes[32]);

#endif
