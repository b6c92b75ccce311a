/* A server without its door for tests of runs: a store in a folder of its own, the real worker, files, and scripted systems. */
#ifndef JOINERY_TEST_RUNS_WORLD_H
#define JOINERY_TEST_RUNS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "connectors/host.h"
#include "runs/runs.h"

/* Ends the test with the error's chain when there is one. */
#define OK(call)                                                                                                                   \
    do {                                                                                                                           \
        error *ok_ = (call);                                                                                                       \
        char said_[2000];                                                                                                          \
        if (ok_) fail_msg("%s", error_chain(ok_, said_, sizeof said_));                                                            \
    } while (0)
/* The call must fail in that way. */
#define FAILS(expected, call)                                                                                                      \
    do {                                                                                                                           \
        error *failed_ = (call);                                                                                                   \
        assert_non_null(failed_);                                                                                                  \
        assert_int_equal(failed_->kind, expected);                                                                                 \
        error_free(failed_);                                                                                                       \
    } while (0)

struct world {
    arena *a;
    store *s;
    const struct config *c;
    runs *runs;
    char folder[64], path[80], url[96];
    struct texts roots;
    struct activity run; /* the last run, as it ended */
    struct run_items items;
    int64_t task; /* of the last request */
};

/* For cmocka: an empty world, or one of the specification's examples (§27): HR (a file), AD and PX (scripted, see px.h), the rule
 * R1 over HR, simple matching; safety and tracking as they are by default. The tear-down checks the whole store. */
int world_open_empty(void **state);
int world_open(void **state);
int world_close(void **state);
/* Stops the worker and starts it again as after a crash: whatever stands in the store is recovered. */
void world_restart(struct world *w);
void world_stop(struct world *w, int milliseconds);
void world_start(struct world *w);
/* Opens the store again, after world_stop, when a child process has used it. */
void world_shut(struct world *w);
void world_reopen(struct world *w);
void world_check(struct world *w);

/* ---- Configuration ---- */
/* A file system: NAME.csv in the world's folder; mode "Import Only", "Export Only" or "Bidirectional". */
void world_file_system(struct world *w, const char *name, const char *type, const char *mode);
/* A scripted system (px.h). */
void world_px_system(struct world *w, const char *name);
/* Attributes as "name", "name:Type", "name:Type[]", with "!" not selected and ">type" for a declared type of reference; first the
 * external id, then after "|" the secondary one if any, after "|" the rest. */
void world_type(struct world *w, const char *system, const char *type, const char *attributes);
/* direction 'i' or 'o'; flags: p project or provision, e not EnforceState, d deprovision Delete, - disabled */
void world_rule(struct world *w, const char *name, char direction, const char *system, const char *type, const char *flags);
/* "source -> target"; an expression begins with '='. `rule` by name. */
void world_map(struct world *w, const char *rule, const char *source_to_target);
void world_match(struct world *w, const char *system, const char *type, const char *attribute, const char *mv_attribute);
/* The rule R2 of the examples: over AD, with Department; `more`: further mappings by ";", or NULL. */
void world_r2(struct world *w, const char *more);
void world_setting(struct world *w, const char *key, const char *value);
void world_unresolved(struct world *w, const char *system, enum unresolved_handling handling);
void world_status(struct world *w, const char *system, enum system_status status);
struct cs_type *world_type_copy(struct world *w, const char *system, const char *type); /* to change and to save */
void world_save_type(struct world *w, struct cs_type *t);
const struct connected_system *world_system(struct world *w, const char *name);
const struct cs_attribute *world_attribute(struct world *w, const char *system, const char *name);
/* The profile of that type, made when there is none; `page_size` and others may be changed and saved; its partition is made. */
struct run_profile *world_profile(struct world *w, const char *system, enum run_type type);
void world_save_profile(struct world *w, struct run_profile *p);

/* ---- Files ---- */
/* Rows "hrId=1;displayName=Ann\nhrId=2" under the header of all attributes of the system's first type. */
void world_rows(struct world *w, const char *system, const char *rows);
const char *world_read_file(struct world *w, const char *system); /* "" when there is none */

/* ---- Runs ---- */
/* Queues, waits until it has ended, loads activity and items. */
enum activity_status world_run(struct world *w, const char *system, enum run_type type);
/* The same in parts. */
error *world_request(struct world *w, const char *system, enum run_type type, const char *initiator, bool force,
                     struct run_ticket *out);
void world_await(struct world *w, int64_t activity);
void world_load_run(struct world *w, int64_t activity);
struct worker_tasks world_tasks(struct world *w);
struct activities world_activities(struct world *w); /* the newest last */
#define FULL(w, system) world_run((w), (system), RUN_FULL_IMPORT)
#define DELTA(w, system) world_run((w), (system), RUN_DELTA_IMPORT)
#define SYNC(w, system) world_run((w), (system), RUN_FULL_SYNCHRONISATION)
#define DELTA_SYNC(w, system) world_run((w), (system), RUN_DELTA_SYNCHRONISATION)
#define EXPORT(w, system) world_run((w), (system), RUN_EXPORT)

/* ---- What stands there ---- */
/* By external or secondary id; NULL when there is none. Loaded anew with each call. */
struct cso *world_cso(struct world *w, const char *system, const char *key);
struct csos world_csos(struct world *w, const char *system);
struct mvo *world_mvo_of(struct world *w, const struct cso *o);
size_t world_mvo_count(struct world *w);
struct cso *world_connector(struct world *w, const char *hr_key, const char *system); /* of the MVO joined to HR's object */
struct pending_export *world_pe(struct world *w, const struct cso *o);
void world_write_pe(struct world *w, struct pending_export *before, struct pending_export *after);
void world_write_cso(struct world *w, const struct cso *before, const struct cso *after);
const char *world_persisted(struct world *w, const char *system); /* "" for null */
/* As in the engine's tests: "-" without values, several by "|"; a reference is raw text, and ">" before it when it is resolved. */
const char *world_cs(struct world *w, const struct cso *o, const char *attribute);
const char *world_mv(struct world *w, const struct mvo *o, const char *attribute);
/* "Create Pending department:=IT member+=3 title:="; behind a change "(status attempts)" unless Pending and never sent; "none". */
const char *world_pe_text(struct world *w, const struct cso *o);
/* The items of the last run in the order of their texts, one a line: "1 Added: CsoAdded", "2 NotSet!DuplicateObject". */
const char *world_told(struct world *w);
/* The phases of the last run: "import.connect=Completed …". */
const char *world_phases(struct world *w);
/* Runs SQL behind the store's back. */
void world_plant(struct world *w, const char *sql);

#define check(actual, expected) assert_string_equal((actual), (expected))
#define TEST(name) static void name(void **state)

#endif
