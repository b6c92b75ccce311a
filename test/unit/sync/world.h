/* A small world in memory for tests of the engine: systems, rules and objects in few words, synchronisations that apply what was
 * decided, and short texts of what came of it. */
#ifndef JOINERY_TEST_WORLD_H
#define JOINERY_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync/sync.h"

struct world {
    arena *a;
    struct config *config;
    struct cso_refs objects; /* the connector spaces, ascending by id */
    struct mvo_refs identities;
    struct pending_refs {
        struct pending_export **at;
        size_t count, room;
    } exports;
    struct sync_ids ids;
    int32_t next_id; /* of configuration */
    instant now;
    size_t page_size;
    enum tracking_level tracking;
    bool verbose, configuration_changed;
    int stop_after;          /* the run is asked to stop after so many looks at that; 0: never */
    bool abandon;            /* … and at once */
    instant last_sync[1000]; /* by system; configuration too */
    struct run_items items;  /* of the last run */
    struct activity_counters counters;
    int64_t already_current;
    size_t asked; /* times the engine wanted something, in the last run */
    struct sync_type_counts disconnects, deletions;
};

struct world *world_new(void);
void world_free(struct world *w);
/* The notation of the specification's worked examples (§27): HR, AD (user, group) and User, Group; rule R1, simple matching. R2 is
 * there but disabled. */
struct world *world_examples(void);

/* ---- Configuration; names are unique within their kind ---- */
void world_system(struct world *w, const char *name);
/* Attributes as "name", "name:Type", "name:Type[]"; first the external id, then after "|" the secondary one if any, after "|" the
 * rest: "objectGUID:Guid|distinguishedName|department manager:Reference". */
void world_type(struct world *w, const char *system, const char *type, const char *attributes);
void world_mv_type(struct world *w, const char *type);
void world_mv_attributes(struct world *w, const char *attributes); /* "Display_Name Manager:Reference": _ is a blank */
/* direction 'i' or 'o'; flags: p project or provision, e not EnforceState, r RemainJoined, d deprovision Delete, - disabled */
struct sync_rule *world_rule(struct world *w, const char *name, char direction, const char *system, const char *type,
                             const char *mv_type, const char *flags);
struct sync_rule *world_find_rule(struct world *w, const char *name);
/* "source -> target"; an expression is what begins with '='. Returns the mapping, valid until the next world_map on that rule. */
struct mapping *world_map(struct world *w, const char *rule, const char *source_to_target);
struct mapping *world_mapping(struct world *w, const char *rule, const char *target);
void world_match(struct world *w, const char *system, const char *type, const char *attribute, const char *mv_type,
                 const char *mv_attribute, bool case_sensitive);
/* A top-level group of type "All" or "Any" with criteria "Department Equals Finance", "~" before the operator: any case; no value:
 * none; relative: "Employee_Start_Date LessThanOrEquals 0DaysAgo". Several by ";". */
struct scope_group *world_scope(struct world *w, const char *rule, const char *type, const char *criteria);
struct mv_type *world_mv_type_named(struct world *w, const char *type);
struct connected_system *world_system_named(struct world *w, const char *name);
struct cs_type *world_type_named(struct world *w, const char *system, const char *type);
void world_delete_rule(struct world *w, const char *type, enum deletion_rule rule, enum deletion_trigger_mode mode,
                       const char *systems, int grace_days);

/* ---- What an import would do. Values: "employeeId=E1;mail=a|b" replace all; the external id is the key. ---- */
struct cso *world_row(struct world *w, const char *system, const char *type, const char *key, const char *values);
void world_gone(struct world *w, const char *system, const char *key);
/* A joined, Normal object of a target, as if provisioned and confirmed long ago. */
struct cso *world_account(struct world *w, const char *system, const char *type, const char *key, const char *values,
                          struct mvo *m);
struct mvo *world_identity(struct world *w, const char *type, const char *values);
/* The connector accepted the object's pending export; `key`: the external id a Create got. */
void world_exported(struct world *w, struct cso *o, const char *key);

/* ---- Runs ---- */
void world_sync(struct world *w, const char *system);
void world_delta(struct world *w, const char *system);
void world_housekeeping(struct world *w);
/* What an administrator does (invariant 41); what the preview of an MVO would stage, without doing it (invariant 15). */
void world_remove(struct world *w, const struct mvo *m);
size_t world_preview(struct world *w, const struct mvo *m);
void world_days(struct world *w, int days); /* lets time pass */

/* ---- What stands there now ---- */
struct cso *world_cso(struct world *w, const char *system, const char *key); /* NULL when there is none */
struct mvo *world_mvo(struct world *w, const char *attribute, const char *value);
struct mvo *world_mvo_of(struct world *w, const struct cso *o);
struct cso *world_connector(struct world *w, const struct mvo *m, const char *system);
struct pending_export *world_pe(struct world *w, const struct cso *o);
/* An MVO attribute: values joined by "|", "-" without any, "null" asserted; and "@system" of its provenance. */
const char *world_mv(struct world *w, const struct mvo *m, const char *attribute);
const char *world_cs(struct world *w, const struct cso *o, const char *attribute);
/* "Create Pending department:=IT member+=3 title:=" in the order of attribute names; "none". */
const char *world_pe_text(struct world *w, const struct cso *o);
/* The items of the last run in the order of their texts, one a line: "1 Projected: Projected(AttributeFlow=2)" with "!Error" behind
 * the change. */
const char *world_told(struct world *w);

/* "Value: P* Boss Holds, S Clerk RanksAfter": the resolution, then the contributors with what they say, * with the one that holds.
 */
const char *world_explanation(struct world *w, const struct mvo *m, const char *attribute);

/* A test of a fresh world of the examples. */
#define EXAMPLE(name)                                                                                                              \
    static void name##_in(struct world *w);                                                                                        \
    static void name(void **state) {                                                                                               \
        (void)state;                                                                                                               \
        struct world *w = world_examples();                                                                                        \
        name##_in(w);                                                                                                              \
        world_free(w);                                                                                                             \
    }                                                                                                                              \
    static void name##_in(struct world *w)

#define check(actual, expected) assert_string_equal((actual), (expected))
#define check_mv(w, m, attribute, expected) assert_string_equal(world_mv((w), (m), (attribute)), (expected))

#endif
