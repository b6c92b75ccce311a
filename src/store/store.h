/* What is kept: the store in the product's own language, over SQLite or PostgreSQL.
 *
 * Every function that reads or writes takes a session (store_tx). Lists are allocated in the caller's arena. No session may be held
 * over a connector's call or across requests. Bulk writers commit at most 1,000 objects a transaction, so that API writes pass. */
#ifndef JOINERY_STORE_STORE_H
#define JOINERY_STORE_STORE_H

#include "model/activity.h"
#include "model/change_preview.h"
#include "model/config.h"
#include "model/document.h"
#include "model/object.h"

typedef struct store store;
typedef struct store_tx store_tx;

struct store_options {
    text url;        /* sqlite:PATH or postgresql://… */
    int64_t slow_ms; /* statements above are logged; -1: never */
    bool create;     /* make the database when it does not exist */
};

/* Opens, takes the migration lock, migrates forward and seeds built-ins. Errors name file and remedy. */
FALLIBLE store_open(const struct store_options *options, store **out);
void store_close(store *s);
OWNED_TYPE(store, store_close)
/* Reachable and migrated: for the readiness probe. */
FALLIBLE store_ready(store *s);
/* Compares documents with index rows, heads with documents, invariants 1–3, 16, 17, 24, foreign keys, and the database's own
 * integrity. Findings are sentences. */
FALLIBLE store_check(store *s, arena *a, void (*progress)(void *state, text message), void *state, struct texts *findings);
/* Online copy into a new file (refused when it exists). SQLite only; on PostgreSQL ERROR_UNSUPPORTED names pg_dump. */
FALLIBLE store_backup(store *s, text path, void (*progress)(void *state, text message), void *state);

/* ---- Sessions ---- */
enum store_priority { STORE_API, STORE_BULK }; /* API writes pass bulk writers at the lock */
/* A consistent read-only snapshot. */
FALLIBLE store_read(store *s, store_tx **out);
/* The write transaction; waits fairly for the lock. */
FALLIBLE store_write(store *s, enum store_priority priority, store_tx **out);
/* The same, before bulk writers, when its commit need not wait for the disk and hold up all writers meanwhile: for who answers for
 * it after store_sync, or can do it again. */
FALLIBLE store_write_unsynced(store *s, store_tx **out);
/* Waits until everything that was committed would survive the loss of power; needs no session, and nobody waits for it. */
FALLIBLE store_sync(store *s);
/* The same, without waiting. */
void store_sync_soon(store *s);
/* Commits; the session then only may be ended. */
FALLIBLE store_commit(store_tx *tx);
/* Ends a session; a write that was not committed rolls back. */
void store_end(store_tx *tx);
OWNED_TYPE(store_tx, store_end)
store *store_of(store_tx *tx);

/* ---- Sessions of a run that may be committed together ---- */
/* A run that writes thousand objects a session dirties the same pages again and again. Sessions of a group leave their transaction
 * open for the next bulk session, for a second at most; every other writer, and the end of the group, commits it first. A session
 * that fails rolls back alone. What sessions have left is seen by others once it is committed, and by every write session. When
 * such a transaction cannot be committed (a full disk), the next call with the group fails, and the run with it. Zero is a group
 * before the first loss; begin one when a run begins. */
struct store_group {
    int64_t lost, number;
};
void store_group_begin(store *s, struct store_group *g);
/* As store_write for bulk. */
FALLIBLE store_group_write(store *s, const struct store_group *g, store_tx **out);
/* As store_commit, now or later. */
FALLIBLE store_group_commit(store_tx *tx);
/* Commits what is left; to be asked before the end of a run, and before a store_read that must see the run's own work. */
FALLIBLE store_group_end(store *s, const struct store_group *g);

/* Write sessions are numbered as they begin. Of a read session: the last one that it surely sees, with all before it. Of a write
 * session: its own number. */
int64_t store_session_number(store_tx *tx);
/* In a write session of a group: the last one before it that was not of the group, 0: none. */
int64_t store_others_wrote(store_tx *tx);

/* ---- Ids ---- */
enum id_space { IDS_CSO, IDS_MVO, IDS_PENDING_EXPORT, IDS_ACTIVITY, IDS_ITEM, IDS_TASK, IDS_CHANGE, IDS_HOLD, IDS_SPACES };
/* The first of `count` consecutive fresh ids, given out in blocks, never twice, also after a crash. Thread-safe, needs no session.
 */
FALLIBLE store_ids(store *s, enum id_space space, int64_t count, int64_t *first);
/* The same when that needs no writing, else false: for who must not wait for other sessions. */
bool store_ids_at_hand(store *s, enum id_space space, int64_t count, int64_t *first);

/* ---- Configuration ---- */
/* The current snapshot, retained: release it with config_release. Re-read when a commit changed the version. */
FALLIBLE store_config(store *s, const struct config **out);
/* The same without reading anything, or NULL. */
const struct config *store_config_at_hand(store *s);
/* The configuration as this session sees it, with its own changes; release it. Its version is the one before the commit. */
FALLIBLE store_config_in(store_tx *tx, const struct config **out);
/* Each save inserts when the id is 0 (and sets it), else updates the row and its owned children as named; each delete removes the
 * thing with what it owns. The version grows at commit. Unique names are the caller's check; a clash is ERROR_CONFLICT. */
FALLIBLE store_save_mv_type(store_tx *tx, struct mv_type *t); /* with trigger systems */
FALLIBLE store_delete_mv_type(store_tx *tx, int32_t id);
FALLIBLE
store_save_mv_attribute(store_tx *tx,
                        struct mv_attribute *t); /* with object type bindings; a change of `indexed` builds or drops index rows */
/* The next part of an index that is built while others write: rows of some thousand objects more, and `indexed` when there are
 * none. *done: it is indexed, or gone. What is committed stays when the program ends; the next call goes on from there. */
FALLIBLE store_index_mv_part(store_tx *tx, int32_t id, bool *done);
FALLIBLE store_index_cs_part(store_tx *tx, int32_t id, bool *done);
FALLIBLE store_delete_mv_attribute(store_tx *tx, int32_t id);
FALLIBLE store_save_system(store_tx *tx, struct connected_system *s); /* with setting values; not types, not run profiles */
FALLIBLE store_delete_system(store_tx *tx, int32_t id);               /* configuration only: the connector space must be empty */
/* With its attributes: ids 0 are inserted, attributes that are missing from the list are deleted (ERROR_CONFLICT while objects have
 * values of them). Matching rules stay untouched. */
FALLIBLE store_save_cs_type(store_tx *tx, struct cs_type *t);
FALLIBLE store_delete_cs_type(store_tx *tx,
                              int32_t id); /* with attributes, matching and synchronisation rules; no objects may be left */
FALLIBLE store_save_cs_attribute(store_tx *tx, struct cs_attribute *t);   /* a change of `indexed` builds or drops index rows */
FALLIBLE store_save_matching_rule(store_tx *tx, struct matching_rule *r); /* makes source and target indexed */
FALLIBLE store_delete_matching_rule(store_tx *tx, int32_t id);
FALLIBLE store_save_run_profile(store_tx *tx, struct run_profile *p);
FALLIBLE store_delete_run_profile(store_tx *tx, int32_t id);
FALLIBLE store_save_partition(store_tx *tx, struct partition *p); /* its own row */
FALLIBLE store_delete_partition(store_tx *tx, int32_t id);        /* its containers must be gone */
FALLIBLE store_save_container(store_tx *tx, struct container *c);
FALLIBLE store_delete_container(store_tx *tx, int32_t id);
FALLIBLE store_save_rule(store_tx *tx, struct sync_rule *r);  /* the rule's own row */
FALLIBLE store_delete_rule(store_tx *tx, int32_t id);         /* its mappings are remembered as retired */
FALLIBLE store_save_mapping(store_tx *tx, struct mapping *m); /* with sources */
FALLIBLE store_delete_mapping(store_tx *tx, int32_t id);
FALLIBLE store_save_scope_group(store_tx *tx, struct scope_group *g); /* the group's own row */
FALLIBLE store_delete_scope_group(store_tx *tx, int32_t id);          /* with child groups and criteria */
FALLIBLE store_save_scope_criterion(store_tx *tx, struct scope_criterion *k);
FALLIBLE store_delete_scope_criterion(store_tx *tx, int32_t id);
FALLIBLE store_save_setting(store_tx *tx, text key, text value); /* null value: back to the default */
/* The limits of safety that the system sets for itself (operations §23); they do not matter to synchronisation. */
FALLIBLE store_save_safety(store_tx *tx, int32_t system, const struct safety_own *own);

/* What runs remember about a connected system; not configuration. */
struct system_state {
    instant last_sync;             /* LastSyncCompletedAt */
    instant configuration_applied; /* ConfigurationLastFullyAppliedAt */
    text persisted;                /* PersistedConnectorData */
};
FALLIBLE store_system_state(store_tx *tx, arena *a, int32_t system, struct system_state *out);
FALLIBLE store_save_system_state(store_tx *tx, int32_t system, const struct system_state *state);

/* ---- Connector space ---- */
/* Visits every CSO's key in id order, for an import's look-up table. `key` is the folded external id (null before it is known). */
struct cso_key {
    int64_t id;
    int32_t type, partition;
    enum cso_status status;
    bool awaiting; /* its pending export awaits confirmation: no skip (J+20) */
    text key;
    uint8_t import_hash[16];
};
FALLIBLE store_each_cso_key(store_tx *tx, int32_t system, void (*visit)(void *state, const struct cso_key *k), void *state);
/* The same for those with one of these keys, in the order of the keys; `a` holds what the call needs. */
FALLIBLE store_cso_keys_of(store_tx *tx, arena *a, int32_t system, const text *keys, size_t count,
                           void (*visit)(void *state, const struct cso_key *k), void *state);
/* Objects by id, in the order of ids; ids that do not exist are left out. With `values`, references get their targets (sync-engine
 * §6 rules 2–4). */
FALLIBLE store_csos(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, bool values,
                    struct csos *out);
/* The target of a reference: what it is joined to (0: nothing), and of what kind it is. */
struct cso_target {
    int64_t cso, mvo;
    int32_t system, type;
    enum cso_status status;
};
struct cso_targets {
    struct cso_target *at;
    size_t count, room, most;
};
/* The next objects of a system by id. */
struct cso_page_query {
    int32_t system;
    int64_t after; /* id, 0 at the beginning */
    size_t limit;
    instant changed_after; /* ticks 0: all; else those with (updated ?? created) > it, or scope_review, or sync_failed */
    bool values;
    struct cso_targets *targets; /* gets where references lead, as far as was looked up and there is room; or NULL */
};
FALLIBLE store_cso_page(store_tx *tx, arena *a, const struct config *c, const struct cso_page_query *q, struct csos *out);
/* The ids of a system's objects that store_cso_page finds with changed_after and after, ascending, at the cost of those alone; *few
 * false, and an incomplete list, when there are more than `most`. */
FALLIBLE store_changed_csos(store_tx *tx, arena *a, int32_t system, instant changed_after, int64_t after, size_t most,
                            struct int64s *ids, bool *few);
/* Which CSOs are joined to the MVOs, of every status: by MVO in the order given, then by id. */
struct connector_ref {
    int64_t mvo, cso;
};
struct connector_refs LIST(struct connector_ref);
FALLIBLE store_connector_ids(store_tx *tx, arena *a, const int64_t *mvos, size_t count, struct connector_refs *out);
/* CSOs joined to the MVOs, of every status. */
FALLIBLE store_connectors(store_tx *tx, arena *a, const struct config *c, const int64_t *mvos, size_t count, bool values,
                          struct csos *out);
/* The rows of a new object but for its id, which is given later, worked out by any thread: for cso_change.prepared, of an object
 * with these values, ids, type and system. `room` is memory for its document. NULL when it has large values, or a document larger
 * than the room takes. */
struct cso_prepared;
const struct cso_prepared *store_prepare_cso(arena *a, const struct config *c, struct buffer *room, const struct cso *o);
/* The same of a new metaverse object, for mvo_change.prepared. */
struct mvo_prepared;
const struct mvo_prepared *store_prepare_mvo(arena *a, const struct config *c, struct buffer *room, const struct mvo *o);
/* Writes objects: head, document, index, reference and member rows together. Created objects carry their ids. Rows are sorted
 * inside. */
FALLIBLE store_write_csos(store_tx *tx, const struct config *c, const struct cso_changes *changes);
/* Only the stamp of §5.6. */
struct import_stamp {
    int64_t cso;
    uint8_t hash[16];
};
FALLIBLE store_write_stamps(store_tx *tx, const struct import_stamp *stamps, size_t count);
/* Only LastUpdated. */
FALLIBLE store_touch_csos(store_tx *tx, const int64_t *ids, size_t count, instant updated);
/* Matching in reverse: unjoined Normal CSOs of the type whose attribute has the key (value_key). */
struct match_query {
    int32_t type;
    int32_t attribute;
    text key;
}; /* type: CS object type here, metaverse type below */
struct match_hit {
    uint32_t query;
    int64_t object;
};
struct match_hits LIST(struct match_hit);
FALLIBLE store_match_csos(store_tx *tx, arena *a, const struct match_query *queries, size_t count, struct match_hits *out);

/* ---- Metaverse ---- */
FALLIBLE store_mvos(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct mvos *out);
FALLIBLE store_match_mvos(store_tx *tx, arena *a, const struct match_query *queries, size_t count, struct match_hits *out);
/* Who refers to these MVOs: (referring MVO, attribute, target). */
struct mvo_referrer {
    int64_t mvo, target;
    int32_t attribute;
};
struct mvo_referrers LIST(struct mvo_referrer);
FALLIBLE store_mvo_referrers(store_tx *tx, arena *a, const int64_t *targets, size_t count, struct mvo_referrers *out);
/* The next MVOs by id: after a configuration change, scope review (flagged only), housekeeping candidates. */
enum mvo_page_kind { MVO_ALL, MVO_SCOPE_REVIEW, MVO_MARKED };
FALLIBLE store_mvo_page(store_tx *tx, arena *a, const struct config *c, enum mvo_page_kind kind, int32_t type, int64_t after,
                        size_t limit, struct mvos *out);
/* A stale version (concurrency token) is ERROR_BUSY. */
FALLIBLE store_write_mvos(store_tx *tx, const struct config *c, const struct mvo_changes *changes);

/* ---- What changed on objects (sync-engine §21, operations §11.12) ---- */
/* Why the objects of a session are written: with it store_write_csos and store_write_mvos keep a row for each object that is made,
 * goes, or whose values change, in the same transaction. Without it, or where a kind is not tracked, none. */
struct history_note {
    int64_t activity; /* 0: of none */
    instant at;
    bool csos, mvos; /* which are tracked */
};
void store_note(store_tx *tx, const struct history_note *note);
/* The same with what the settings ChangeTracking.… say is tracked. */
void store_note_tracked(store_tx *tx, const struct config *c, int64_t activity, instant at);

enum history_of { HISTORY_OF_CSO = 1, HISTORY_OF_MVO };
struct change_record {
    int64_t id, object;
    int32_t owner; /* the connected system, or the metaverse type */
    int64_t activity, item;
    instant at;
    enum object_change change;
    bool made;    /* the object was made: `changes` are the values that it was made with */
    bool unknown; /* … which are not known: changes went unrecorded since */
    struct value_changes changes;
};
struct change_records LIST(struct change_record);
/* The newest first. References of connected objects have their targets where these are known today. */
struct change_query {
    enum history_of of;
    int64_t object;
    int64_t item; /* only rows of this item; 0: all */
    int64_t offset, limit;
};
FALLIBLE store_object_history(store_tx *tx, arena *a, const struct config *c, const struct change_query *q,
                              struct change_records *out, int64_t *total);
/* What is left of objects that were deleted. */
struct tombstone {
    int64_t id, object;
    int32_t owner, tenant;
    instant at;
    int64_t activity;
    text name, external_id, type_name; /* as they were */
    struct initiator initiator;        /* who set a scheduled deletion off; type 0: the activity tells */
};
struct tombstones LIST(struct tombstone);
struct tombstone_query {
    enum history_of of;
    int32_t owner;    /* 0: all */
    text search;      /* part of the name (metaverse) or of the external id, any case */
    instant from, to; /* ticks 0: open */
    int64_t offset, limit;
};
/* The newest first. */
FALLIBLE store_tombstones(store_tx *tx, arena *a, const struct tombstone_query *q, struct tombstones *out, int64_t *total);
/* Of these objects, as far as they were deleted. */
FALLIBLE store_tombstones_of(store_tx *tx, arena *a, enum history_of of, const int64_t *objects, size_t count,
                             struct tombstones *out);
/* The object is there again. */
FALLIBLE store_forget_tombstone(store_tx *tx, enum history_of of, int64_t object);
/* What an attribute that is gone was called; name null: it never was. */
struct retired_attribute {
    text name;
    enum plurality plurality;
};
FALLIBLE store_retired_attribute(store_tx *tx, arena *a, enum history_of of, int32_t id, struct retired_attribute *out);
/* Forgets so many of the oldest rows at most, of a time before. */
struct forgotten {
    int64_t rows;
    instant oldest, newest;
};
FALLIBLE store_forget_history(store_tx *tx, enum history_of of, instant before, int64_t most, struct forgotten *out);
/* Forgets so many rows of a connected system's objects at most. */
FALLIBLE store_forget_system_history(store_tx *tx, int32_t system, int64_t most, int64_t *rows);

/* ---- Pending exports ---- */
FALLIBLE store_pending_by_cso(store_tx *tx, arena *a, const struct config *c, const int64_t *csos, size_t count,
                              struct pending_exports *out);
FALLIBLE store_pending(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count,
                       struct pending_exports *out);
struct pending_page_query {
    int32_t system;
    instant due;           /* next_retry null or ≤ due */
    instant after_created; /* keyset (created, id) */
    int64_t after_id;
    size_t limit;
    unsigned changes; /* bits of enum export_change; 0: all */
};
/* Executable ones of sync-engine §16.1 in (CreatedAt, Id) order. */
FALLIBLE store_pending_page(store_tx *tx, arena *a, const struct config *c, const struct pending_page_query *q,
                            struct pending_exports *out);
/* How many of them there are, by enum export_change; reads every pending export of the system. */
enum { EXPORT_CHANGES_COUNT = EXPORT_DELETE + 1 };
FALLIBLE store_pending_due(store_tx *tx, int32_t system, instant due, int64_t counts[EXPORT_CHANGES_COUNT]);
/* The deletions among them alone; reads only deletions. */
FALLIBLE store_pending_deletions_due(store_tx *tx, int32_t system, instant due, int64_t *count);
FALLIBLE store_write_pending(store_tx *tx, const struct config *c, const struct pending_export_changes *changes);
/* Pending exports left Executing by a dead owner become Pending (J+6). system 0: all. */
FALLIBLE store_reset_executing(store_tx *tx, int32_t system, int64_t *count);

/* ---- Activities, items, tasks ---- */
FALLIBLE store_save_activity(store_tx *tx, struct activity *a); /* id 0: insert */
FALLIBLE store_write_items(store_tx *tx, int64_t activity, const struct run_items *items);
FALLIBLE store_activity(store_tx *tx, arena *a, int64_t id, struct activity *out, bool *found);
struct activity_query {
    int64_t parent; /* 0: top-level ones, -1: all */
    text search, initiated_by, initiated_by_id;
    uint64_t targets, operations, statuses, initiator_types; /* bit masks of the enumerations; 0: all */
    unsigned outcomes;                                       /* bits in the order of the outcome filter, operations §11.1 */
    struct texts systems, run_profiles;
    instant from, to; /* ticks 0: open */
    int has_children; /* -1: any */
    int sort;         /* 0 created, 1 status, 2 type, 3 target, 4 executed */
    bool descending;
    int64_t offset, limit;
};
FALLIBLE store_activities(store_tx *tx, arena *a, const struct activity_query *q, struct activities *out, int64_t *total);
struct item_query {
    int64_t activity;
    text search, object_type;
    uint64_t errors, changes; /* bit masks; 0: all */
    uint64_t outcomes;
    int64_t cso; /* only items about this object; 0: all */
    int64_t offset, limit;
};
FALLIBLE store_items(store_tx *tx, arena *a, const struct item_query *q, struct run_items *out, int64_t *total);
FALLIBLE store_item(store_tx *tx, arena *a, int64_t id, struct run_item *out, int64_t *activity, bool *found);
/* Items of one activity by their ids, for a run that completes them; ids that do not exist are left out. */
FALLIBLE store_items_of(store_tx *tx, arena *a, int64_t activity, const int64_t *ids, size_t count, struct run_items *out);
/* What an item has led to: the items whose first cause it is, by run. */
struct item_effect {
    int64_t activity, items, first;
};
struct item_effects LIST(struct item_effect);
FALLIBLE store_item_effects(store_tx *tx, arena *a, int64_t item, struct item_effects *out);
FALLIBLE store_items_caused(store_tx *tx, arena *a, int64_t activity, int64_t item, int64_t limit, struct run_items *out);
FALLIBLE store_item_type_count(store_tx *tx, int64_t activity, int64_t *types);

FALLIBLE store_save_task(store_tx *tx, struct worker_task *t); /* id 0: insert */
FALLIBLE store_delete_task(store_tx *tx, int64_t id);
FALLIBLE store_task(store_tx *tx, arena *a, int64_t id, struct worker_task *out, bool *found);
FALLIBLE store_tasks(store_tx *tx, arena *a, int64_t offset, int64_t limit, struct worker_tasks *out,
                     int64_t *total); /* by time queued */

/* ---- The history of the configuration (operations §12) ---- */
/* One object after one change. An activity holds at most one of them. */
struct configuration_change {
    int64_t activity;
    enum activity_target kind;
    text object;     /* its id in decimal digits, its UUID, or its key */
    int32_t version; /* from 1 without gaps; 0: a tombstone */
    instant at;
    enum activity_operation operation;
    struct initiator initiator;
    text reason;
    unsigned class; /* number of ConfigurationChangeClass */
    text name;      /* as it was */
    text snapshot;  /* a JSON document of the API's */
};
struct configuration_changes LIST(struct configuration_change);
/* Gives the next version, unless the operation is a deletion. */
FALLIBLE store_add_configuration_change(store_tx *tx, struct configuration_change *k);
/* The versions of an object, the newest first. */
FALLIBLE store_configuration_changes(store_tx *tx, arena *a, enum activity_target kind, text object, int64_t offset, int64_t limit,
                                     struct configuration_changes *out, int64_t *total);
/* One version; 0: the newest. */
FALLIBLE store_configuration_change(store_tx *tx, arena *a, enum activity_target kind, text object, int32_t version,
                                    struct configuration_change *out, bool *found);
/* What the activity changed. */
FALLIBLE store_configuration_change_of(store_tx *tx, arena *a, int64_t activity, struct configuration_change *out, bool *found);

/* ---- Retention (operations §18.1) ---- */
enum retention_kind { RETAIN_ORDINARY, RETAIN_CONFIGURATION, RETAIN_SECURITY, RETENTION_KINDS };
struct old_activity {
    int64_t id;
    instant created;
};
struct old_activities LIST(struct old_activity);
struct old_activity_query {
    enum retention_kind kind;
    instant before;
    int64_t after; /* id */
    size_t limit;
};
/* Ended activities that nothing holds back, by id: nothing stands below them, and they are not the newest version of an object. */
FALLIBLE store_old_activities(store_tx *tx, arena *a, const struct old_activity_query *q, struct old_activities *out);
/* Removes so many rows at most: items, then the activity with its version, which is `gone` then. */
FALLIBLE store_forget_activity(store_tx *tx, int64_t id, int64_t rows, int64_t *removed, bool *gone);
/* How many changes of the system's objects are recorded. */
FALLIBLE store_change_records(store_tx *tx, int32_t system, int64_t *count);

/* ---- Previews of changes (operations §16) ---- */
FALLIBLE store_save_change_preview(store_tx *tx, const struct change_preview *p); /* inserts or replaces; rows stay */
FALLIBLE store_change_preview(store_tx *tx, arena *a, int64_t activity, struct change_preview *out, bool *found);
/* Activities of previews that are in progress and that no task carries out: a server that ended left them. */
FALLIBLE store_orphaned_previews(store_tx *tx, arena *a, struct int64s *activities);
FALLIBLE store_add_preview_rows(store_tx *tx, const struct preview_rows *rows);
/* Rows of one part become rows of another one. */
FALLIBLE store_move_preview_rows(store_tx *tx, int64_t preview, int32_t from, int32_t to);
/* Keeps the first rows of a part. */
FALLIBLE store_trim_preview_rows(store_tx *tx, int64_t preview, int32_t part, int64_t keep);
/* Removes all rows of a preview that did not come to its end, 10,000 at most in one call. */
FALLIBLE store_drop_preview_rows(store_tx *tx, int64_t preview, bool *more);
struct preview_row_query {
    int64_t preview;
    int32_t part; /* -1: all */
    text search;  /* part of object, attribute or values, any case, literal */
    int64_t offset, limit;
};
FALLIBLE store_preview_rows(store_tx *tx, arena *a, const struct preview_row_query *q, struct preview_rows *out, int64_t *total);

/* ---- Callers ---- */
struct api_key {
    int64_t id;
    text name, description, prefix;
    uint8_t hash[32];
    instant created, expires, last_used; /* ticks 0: never */
    text last_used_from;
    bool enabled, infrastructure;
    struct int32s roles;
};
struct api_keys LIST(struct api_key);
FALLIBLE store_api_keys(store_tx *tx, arena *a, struct api_keys *out);
FALLIBLE store_save_api_key(store_tx *tx, struct api_key *k); /* with roles; id 0: insert */
FALLIBLE store_delete_api_key(store_tx *tx, int64_t id, bool *found);
FALLIBLE store_touch_api_key(store_tx *tx, int64_t id, instant used, text from);
struct role {
    int32_t id;
    text name;
    bool built_in;
    instant created;
};
struct roles LIST(struct role);
FALLIBLE store_roles(store_tx *tx, arena *a, struct roles *out);
/* People with roles, by MVO; a deleted one is a member no more. */
struct role_count {
    int32_t role;
    int64_t members;
};
struct role_counts LIST(struct role_count);
FALLIBLE store_role_members(store_tx *tx, arena *a, int32_t role, struct int64s *out);
FALLIBLE store_role_member_counts(store_tx *tx, arena *a, struct role_counts *out);
FALLIBLE store_roles_of(store_tx *tx, arena *a, int64_t mvo, struct int32s *out);
FALLIBLE store_add_role_member(store_tx *tx, int32_t role, int64_t mvo, bool *added); /* false: is one already */
FALLIBLE store_remove_role_member(store_tx *tx, int32_t role, int64_t mvo, bool *removed);

/* ---- Lists for people (API) ---- */
struct object_query {
    int32_t system, type;     /* CS objects: system; type 0: all */
    text search;              /* part of the display name (MVO), or of names and ids (CSO), any case, literal */
    int32_t filter_attribute; /* MVO: exact attribute, 0: none */
    text filter_value;
    int status, join;         /* CSO: -1: all */
    uint32_t statuses, joins; /* CSO: several, as bits of the enumerations, instead; 0: as above */
    struct int32s types;      /* CSO: several, instead of type */
    int32_t partition;        /* CSO; 0: all */
    bool unjoined_only;
    /* MVO: only those that it accepts, which costs a look at every document of the type; NULL: all. */
    bool (*accepts)(void *state, arena *a, const struct mvo *o);
    void *state;
    int32_t sort_attribute; /* MVO: sorted by its first value, which costs the same; 0: none */
    int sort; /* 0 id, 1 created, 2 display name, 3 external id; CSO also 4 secondary id, 5 type, 6 joined, 7 status, 8 join */
    bool descending;
    int64_t offset, limit; /* limit 0: only count */
    struct int32s large;   /* MVO: attributes whose first large value is wanted; other large values are left out */
    bool all_large;        /* MVO: of all attributes */
};
/* With values, but without large ones and without the targets of references. */
FALLIBLE store_list_csos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct csos *out,
                         int64_t *total);
FALLIBLE store_list_mvos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, struct mvos *out,
                         int64_t *total);
/* These objects in their order, with the large values that the query asks for. */
FALLIBLE store_listed_mvos(store_tx *tx, arena *a, const struct config *c, const struct object_query *q, const struct int64s *ids,
                           struct mvos *out);
struct pending_query {
    int32_t system;
    text search;
    int status, change; /* -1: all */
    int sort;           /* 0 created */
    bool descending;
    int64_t offset, limit;
};
FALLIBLE store_list_pending(store_tx *tx, arena *a, const struct config *c, const struct pending_query *q,
                            struct pending_exports *out, int64_t *total);
struct system_counts {
    int64_t objects, pending_exports;
};
FALLIBLE store_system_counts(store_tx *tx, int32_t system, struct system_counts *out);
/* References that name no object of the system: reads all of them, 0.7 s for a million. */
FALLIBLE store_count_unresolved(store_tx *tx, int32_t system, int64_t *references);
FALLIBLE store_count_mvos(store_tx *tx, int32_t type, int64_t *count); /* 0: all */
/* Display names (sync-engine §2.2) in the order of the ids; null for objects that do not exist. */
FALLIBLE store_mvo_names(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, text *names);
/* As store_csos and store_connectors with values, but without large ones and without the targets of references: for names. */
FALLIBLE store_csos_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct csos *out);
FALLIBLE store_mvos_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *ids, size_t count, struct mvos *out);
FALLIBLE store_connectors_brief(store_tx *tx, arena *a, const struct config *c, const int64_t *mvos, size_t count,
                                struct csos *out);
/* MVOs that wait for their deletion: marked, projected, of a type whose rule is not Manual; type 0: all. The list begins with the
 * oldest marker; values without large ones. */
struct marked_counts {
    int64_t total;
    int64_t connected; /* CSOs are still joined */
    int64_t ready;     /* none is, and the grace period is over */
};
FALLIBLE store_marked_counts(store_tx *tx, int32_t type, instant now, struct marked_counts *out);
FALLIBLE store_list_marked(store_tx *tx, arena *a, const struct config *c, int32_t type, int64_t offset, int64_t limit,
                           struct mvos *out);
/* What the deletion of a connected system touches; see the contract's ConnectedSystemDeletionPreview. */
struct removal_counts {
    int64_t joined;     /* MVOs */
    int64_t shared;     /* … that other systems are joined to as well */
    int64_t ruled;      /* … of a type with a deletion rule */
    int64_t graced;     /* … and a grace period */
    int64_t activities; /* of the system */
};
FALLIBLE store_removal_counts(store_tx *tx, int32_t system, struct removal_counts *out);
/* How many objects of each type have values of the metaverse attribute; reads every document. */
struct type_count {
    int32_t type;
    int64_t objects;
};
struct type_counts LIST(struct type_count);
FALLIBLE store_mv_attribute_type_uses(store_tx *tx, arena *a, int32_t attribute, struct type_counts *out);
/* Number of stored values of a metaverse or connected system attribute, for refusals. */
FALLIBLE store_mv_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects);
FALLIBLE store_cs_attribute_uses(store_tx *tx, int32_t attribute, int64_t *objects);
/* Removes the next objects of a connector space, 1,000 at most, with their joins and pending exports (sync-engine §19); they are
 * told as they were. When none is left the watermarks are reset. */
FALLIBLE store_clear_some(store_tx *tx, arena *a, const struct config *c, int32_t system, struct csos *removed);
/* Empties a connector space in chunks of one transaction each; joins are dropped, pending exports deleted (sync-engine §19). */
FALLIBLE store_clear_system(store *s, int32_t system, bool (*cancelled)(void *), void *state, int64_t *removed);

/* Figures for benchmarks: calls of fsync and bytes written by this process's store since it opened. */
void store_io(store *s, int64_t *syncs, int64_t *bytes);

#endif
