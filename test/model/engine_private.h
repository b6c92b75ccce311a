/* What the engine's files share. */
#ifndef JOINERY_TEST_MODEL_ENGINE_PRIVATE_H
#define JOINERY_TEST_MODEL_ENGINE_PRIVATE_H

#include "connectors/host.h"
#include "engine.h"
#include "store/store.h"

struct runs;

struct engine {
    arena *a, *page; /* page: of one run or look */
    struct store *s;
    struct runs *runs;
    const struct config *c;
    char path[100];
    struct variation variation;
    int32_t systems[SYSTEMS], cs_types[SYSTEMS][TYPES], cs_attributes[SYSTEMS][TYPES][ATTRS], profiles[SYSTEMS][RUN_EXPORT + 1];
    int32_t mv_types[TYPES], mv_attributes[ATTRS];
    int32_t criteria[RULES][CRITERIA], groups[RULES][CRITERIA];
    struct sim sim[SYSTEMS];
    int64_t activity; /* of the last run; 0: the last event was none */
};

extern struct engine *sim_engine; /* whose systems the connectors below serve */
extern const struct connector_definition sim_connector, sim_confirming;

void engine_copy(const char *from, const char *to); /* a file */
/* Ends the process when there is an error. */
void engine_ok(error *e);
#define OK(call) engine_ok(call)
/* Minutes since the story began. */
int64_t engine_minutes(instant t);
void engine_configure(struct engine *e, struct story *s);
/* Carries a change of the plan over into the stored configuration. */
void engine_reconfigure(struct engine *e, struct story *s, const struct event *event);

#endif
