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
    char path[100], files[120]; /* files: the folder of those systems that are files */
    const struct story *story;
    struct variation variation;
    int32_t systems[SYSTEMS], cs_types[SYSTEMS][TYPES], cs_attributes[SYSTEMS][TYPES][ATTRS], profiles[SYSTEMS][RUN_EXPORT + 1];
    int32_t mv_types[TYPES], mv_attributes[ATTRS];
    int32_t criteria[RULES][CRITERIA], groups[RULES][CRITERIA];
    struct sim sim[SYSTEMS];
    int64_t activity; /* of the last run; 0: the last event was none */
};

extern struct engine *sim_engine; /* whose systems the connectors below serve */
extern const struct connector_definition sim_connector, sim_confirming;

/* ---- engine_file.c ---- */
void engine_files_open(struct engine *e);
void engine_files_close(struct engine *e);
/* The system's settings for the connector of files. */
struct connected_system;
void engine_file_settings(struct engine *e, int system, struct connected_system *c);
/* Carries the rows over into the files, and back. */
void engine_files_write(struct engine *e);
void engine_files_read(struct engine *e, struct sim *into);

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
