/* A story: a random configuration and what happens to it. Both the engine and the reference model live through it. */
#ifndef JOINERY_TEST_MODEL_STORY_H
#define JOINERY_TEST_MODEL_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/enums.h"

enum { SYSTEMS = 4, TYPES = 3, RULES = 14, MAPS = 9, MATCHES = 2, CRITERIA = 2, EVENTS = 64, VALUES = 10, ALTERNATIVES = 3 };

/* The attributes, the same in every connected system and (from KEY on) in the metaverse. */
enum attr { AT_ID, AT_DN, AT_KEY, AT_A, AT_B, AT_N, AT_M, AT_R, AT_RS, AT_D, ATTRS };
struct attr_kind {
    const char *name;
    enum data_type type;
    bool multi;
};
extern const struct attr_kind kinds[ATTRS];
static inline bool is_reference(int at) { return kinds[at].type == TYPE_REFERENCE; }
static inline bool is_multi(int at) { return kinds[at].multi; }

/* What is in the source of an attribute, by its words. */
struct words {
    int n;
    const char *at[VALUES];
};

struct match {
    bool on;
    int attr, target; /* of the connected system, of the metaverse */
    bool any_case;
};
struct criterion {
    bool on;
    int attr;
    enum comparison how;
    const char *word; /* NULL: no value */
    bool any_case;
    int days; /* of a relative date: so many days ago; -1: absolute */
};
struct map {
    bool on, gone; /* gone: deleted while the story goes on */
    int id;        /* as the engine numbers it: ascending in the order of creation */
    int source, target;
    int formula; /* 0: direct; else see formulas */
    int priority;
    bool null_is_value, initial_only, enabled;
    unsigned processing;
    enum case_normalisation casing;
    enum missing_input missing;
};
struct rule {
    bool on; /* false: left out of the story */
    int id, system, type, mv_type;
    bool import, act; /* act: project, provision */
    bool enabled, enforce;
    enum out_of_scope_action exit;
    enum deprovision_action deprovision;
    bool scoped, any; /* one group, of kind Any; or several with one criterion each when `apart` */
    bool apart;
    struct criterion criteria[CRITERIA];
    struct map maps[MAPS];
    struct match matches[MATCHES]; /* advanced mode */
};
struct system_plan {
    bool on, secondary, advanced, confirms, keep; /* keep: RemoveContributedAttributesOnObsoletion is false */
    bool create_only_b;
    bool file; /* a CSV file, read and written by the real connector */
    enum unresolved_handling unresolved;
    int page; /* of imports */
    struct match matches[TYPES][MATCHES];
};
struct type_plan {
    enum deletion_rule rule;
    int grace_days;
    enum deletion_trigger_mode mode;
    unsigned triggers; /* systems by bits */
};

enum happening {
    HAPPENS_PUT,    /* an object appears or changes in a system */
    HAPPENS_REMOVE, /* … vanishes */
    HAPPENS_EDIT,   /* somebody changes one attribute of some object there */
    HAPPENS_DROP,   /* somebody deletes some object there */
    HAPPENS_REFUSE, /* the next exports to a system fail: 1 all, 2 some, 3 one attribute is stored otherwise; 0 none */
    HAPPENS_RUN,
    HAPPENS_WAIT, /* minutes */
    HAPPENS_HOUSEKEEPING,
    HAPPENS_TEMPORAL,
    HAPPENS_RULE,     /* enabled or disabled */
    HAPPENS_MAP,      /* enabled or disabled */
    HAPPENS_NULL,     /* NullIsValue changes */
    HAPPENS_UNMAP,    /* an import mapping is deleted */
    HAPPENS_PRIORITY, /* changes */
    HAPPENS_SCOPE,    /* the word of a criterion changes */
    HAPPENS_DELETION, /* deletion rule and grace of a type change */
    HAPPENINGS
};
struct event {
    bool on;
    enum happening what;
    int system, type, object, rule, map, number;
    enum run_type run;
    struct words values[ATTRS];
};
struct story {
    uint64_t seed, random;
    int systems, types, page; /* page: of synchronisations */
    struct system_plan system[SYSTEMS];
    struct type_plan type[TYPES];
    int rules;
    struct rule rule[RULES];
    int events;
    struct event event[EVENTS];
};

/* Makes the story of a seed. */
void story_make(struct story *s, uint64_t seed);
/* Prints what is left on of it. */
void story_print(const struct story *s, FILE *out);
void event_print(const struct story *s, const struct event *e, FILE *out);
/* The parts that can be left out one by one, in an order that leaves the large ones out first: flips part n, false when there is
 * none. */
bool story_part(struct story *s, int n, bool **on);
/* Applies a change of the configuration to the plan itself; false when the event is none, or changes nothing. */
bool story_apply(struct story *s, const struct event *e);

uint64_t story_random(struct story *s);
int story_pick(struct story *s, int n);
bool story_chance(struct story *s, int percent);
const char *word_of(struct story *s, int attr);

#endif
