/* The record of what happened: activities, their items, the outcome trees, and the tasks that workers carry out. */
#ifndef JOINERY_MODEL_ACTIVITY_H
#define JOINERY_MODEL_ACTIVITY_H

#include "base/base.h"
#include "base/instant.h"
#include "model/enums.h"

/* Who started it (operations §3): the same three members everywhere. */
struct initiator {
    enum initiator_type type;
    text id;   /* uuid text of a person or key, or null */
    text name; /* as it was at the time */
};

/* One node of what happened to an object (sync-engine §22.2). */
struct outcome_node {
    enum outcome type;
    int32_t target_system; /* where the entity is a CSO of another system; else 0 */
    int64_t target;        /* CSO or MVO id, 0: none */
    bool target_is_mvo;
    text target_description; /* snapshot */
    int32_t rule;            /* 0: none */
    text rule_name;
    int32_t count; /* DetailCount, -1: none */
    text message;
    struct outcome_node *children; /* first child */
    struct outcome_node *next;     /* sibling */
};

/* Why, across runs (§22.2 causal edges). */
struct cause {
    int edge;     /* enum causal_edge */
    int reason;   /* enum causal_reason */
    int64_t item; /* the causing run item, 0: none */
    int64_t mvo;
    text mvo_name, mvo_type;
    text attribute; /* of a removed reference */
};

/* Run profile execution item (RPEI): one object's line in an activity. */
struct run_item {
    int64_t id; /* given by the store when 0 */
    enum object_change change;
    enum no_change_reason no_change;
    int64_t cso, pending_export;                 /* 0: none */
    text external_id, display_name, object_type; /* snapshots (invariant 39) */
    enum item_error error;
    text error_message;
    int32_t attribute_flows;
    struct outcome_node *outcomes; /* roots */
    text tree;                     /* document_write_outcomes of them, when another thread wrote it already; or null */
    struct cause *causes;
    size_t cause_count;
};
struct run_items LIST(struct run_item);

/* Counters of an activity (§22.4); never decrease. */
struct activity_counters {
    int64_t added, updated, deleted, projected, joined, attribute_flows, disconnected, disconnected_out_of_scope,
        out_of_scope_retain_join, drift_corrections, provisioned, exported, deprovisioned, created, pending_exports, errors,
        pending_exports_confirmed;
    /* beyond the header: the statistics of operations §11.7 */
    int64_t cso_adds, cso_updates, cso_deletes, export_retrying, export_failed, items, objects_with_error, unhandled_errors,
        object_changes,
        objects; /* objects: looked at by the run, also the unchanged ones; set by the run, not counted from items */
};
/* Adds one item to the counters: its outcomes, or its ObjectChangeType where the level is None. pending_exports_confirmed is the
 * run's to count: an outcome ExportConfirmed does not tell whether the pending export ended. */
void activity_count(struct activity_counters *c, const struct run_item *item, enum tracking_level level);

struct activity_phase {
    text key, name, parent_key;
    int32_t order;
    enum phase_status status;
    instant started, ended;
};
struct activity_phases LIST(struct activity_phase);

/* Entries that an import met in an excluded container (sync-engine §18). */
struct discarded_entries {
    int32_t container;
    int64_t count;
};
struct discarded_list LIST(struct discarded_entries);

struct activity {
    int64_t id;
    int64_t parent; /* 0: top level */
    instant created, executed, ended;
    enum activity_status status;
    enum activity_target target;
    enum activity_operation operation;
    text target_name, target_context, message;
    struct initiator initiator;
    int64_t to_process, processed;
    int32_t system, run_profile, rule; /* ids or 0 */
    int64_t mvo;
    enum run_type run_type;
    text warning_message, error_message, error_detail;
    text change_reason;
    int64_t preview; /* the preview that came before this change of the configuration; 0: none */
    struct activity_counters counters;
    struct activity_phases phases;
    struct discarded_list discarded; /* one for each container */
    int64_t child_count;             /* filled by lists */
};
struct activities LIST(struct activity);

/* Final status by the table of sync-engine §4.3, from counters and messages. */
enum activity_status activity_final_status(const struct activity *a, bool cancelled, bool threw);

struct worker_task {
    int64_t id;
    enum task_type type;
    enum task_status status;
    instant queued, heartbeat;
    struct initiator initiator;
    int64_t activity;
    int32_t system, run_profile;
    int32_t interruptions;
    text name;       /* "System - Profile" */
    text parameters; /* JSON document of the task type, or null */
};
struct worker_tasks LIST(struct worker_task);

#endif
