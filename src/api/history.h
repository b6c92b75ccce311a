/* The versions of configuration objects: snapshots, their differences, and who changed what (operations §12).
 *
 * A snapshot is kept as the JSON of the object's own view, without what is no configuration (times, counts) and without nulls; the
 * tree of nodes on the wire is built from it. So nothing is described twice: what a resource shows is what its history shows.
 *
 *     a view's JSON                                    becomes
 *     "pageSize": 100                                  Scalar pageSize = 100
 *     "connector": {"id": 1, "name": "File"}           Scalar connector = 1, shown as File: a reference
 *     "systemId": 3, "systemName": "HR"                Scalar systemId = 3, shown as HR: a reference
 *     "mappings": [{"id": 7, "enabled": true}]         Collection mappings of an Object with itemId 7
 *     "secretHash": "5f…"                              Scalar value, isSecret
 *
 * Another kind of object: a row in history_kinds.c (its view, and what each path means), three routes in history_routes.c, and
 * target with id, guid or key in the notes of its changes. A path without a row is logged, and the tests fail. */
#ifndef JOINERY_API_HISTORY_H
#define JOINERY_API_HISTORY_H

#include "api/change.h"
#include "model/activity.h"

#define SNAPSHOT_NODE_TYPES(X) X(SNAPSHOT_SCALAR, "Scalar") X(SNAPSHOT_OBJECT, "Object") X(SNAPSHOT_COLLECTION, "Collection")
NAMED_ENUM(snapshot_node_type, SNAPSHOT_NODE_TYPES)
#define DIFF_CHANGES(X)                                                                                                            \
    X(DIFF_UNCHANGED, "Unchanged") X(DIFF_ADDED, "Added") X(DIFF_REMOVED, "Removed") X(DIFF_MODIFIED, "Modified")
NAMED_ENUM(diff_change, DIFF_CHANGES)

struct configuration_snapshot_node {
    text key, label;
    enum snapshot_node_type node_type;
    text value, display_value;
    bool is_secret;
    struct maybe_int32 item_id;
    uuid item_guid_id;
    struct configuration_snapshot_nodes LIST(struct configuration_snapshot_node) children;
};
struct configuration_snapshot {
    int32_t schema_version;
    text object_type;
    int32_t object_id;
    uuid object_guid_id;
    text object_key, object_name;
    struct configuration_snapshot_node root;
};

struct configuration_diff_node {
    text key, label;
    enum snapshot_node_type node_type;
    enum diff_change change_type;
    text old_value, new_value, old_display_value, new_display_value;
    bool is_secret;
    struct maybe_int32 item_id;
    uuid item_guid_id;
    struct configuration_diff_nodes LIST(struct configuration_diff_node) children;
};
struct configuration_diff {
    text object_type;
    int32_t object_id;
    uuid object_guid_id;
    text object_name;
    struct maybe_int32 old_version, new_version;
    struct configuration_diff_node root;
    int32_t added_count, removed_count, modified_count;
    bool has_changes;
};
extern const struct shape configuration_snapshot_node_shape, configuration_snapshot_shape, configuration_diff_shape;

/* ---- the kinds of objects that have a history ---- */

/* What captures work on: the configuration and the session of the change. */
struct history_source {
    arena *a;
    store_tx *tx;
    snapshot *config;
    const struct services *services;
};

/* What a path of a snapshot means: "name", "mappings/enabled"; "mappings/…" stands for everything below as well,
 * "…" for everything. The first row that fits holds. */
struct history_path {
    const char *path;
    unsigned class; /* enum configuration_change_class, or HISTORY_IGNORED: no configuration, not kept */
    unsigned lost;  /* the class when it is taken away, or a flag goes from true to false; 0: the same */
};
enum { HISTORY_IGNORED = 100 };

enum history_identity { HISTORY_BY_ID, HISTORY_BY_UUID, HISTORY_BY_KEY };
struct history_kind {
    enum activity_target target;
    enum history_identity identity;
    bool swept;   /* changes with the configuration: every change of anything looks at all of them */
    bool mirrors; /* may change without a request: compared when the program starts */
    const struct history_path *paths;
    size_t paths_count;
    /* Adds the ids of all objects, as text. */
    error *(*each)(struct history_source *s, struct texts *objects);
    /* Writes the object's view, as one JSON object with a name or key; writes nothing when it does not exist. */
    error *(*write)(struct history_source *s, text object, struct json_writer *w);
};
extern const struct history_kind *const history_kinds[];                 /* ended by NULL */
const struct history_kind *history_kind_of(enum activity_target target); /* NULL: it has no history */

/* ---- snapshots and differences ---- */

/* The object as a document that is kept; null when it does not exist. */
FALLIBLE history_capture(struct history_source *s, const struct history_kind *kind, text object, text *document, text *name);
/* The tree of what was kept. */
FALLIBLE history_snapshot(arena *a, const struct configuration_change *from, struct configuration_snapshot *out);
/* What differs; `before` may be NULL: then everything is added. `whole`: with what is unchanged. */
void history_diff(arena *a, const struct configuration_snapshot *before, const struct configuration_snapshot *after, bool whole,
                  struct configuration_diff *out);
/* "Created", the labels of what changed at the top, or "No changes". */
text history_summary(arena *a, const struct configuration_diff *diff);
/* The highest class of anything that changed (operations §12.5). Paths that the table does not know are logged. */
unsigned history_class(const struct history_kind *kind, const struct configuration_diff *diff);
/* The row of a path, or NULL. */
const struct history_path *history_path_find(const struct history_kind *kind, text path);

/* ---- recording ---- */

/* Within the transaction of a change, after its activity was written: keeps a snapshot of the object that the note names when it
 * is not what it was, and of every other object that changed with it; those get activities of their own below this one. */
FALLIBLE history_record(struct call *c, struct change *x, const struct change_note *note, const struct activity *activity);
/* The same for a change that a task makes: struct runs_options.record; `services` is the state. */
FALLIBLE history_of_task(void *services, arena *a, store_tx *tx, const struct config *before, const struct activity *activity);
/* When the program starts: the first version of everything that has none, and versions of what the environment or a new program
 * changed; one activity of the system above them all. */
FALLIBLE history_start(const struct services *services);

#endif
