/* What the typed statements of the catalogue stand on: running a statement in a session, and the rows that are wider than a noun of
 * the model. */
#ifndef JOINERY_STORE_ROWS_H
#define JOINERY_STORE_ROWS_H

#include "store/driver.h"
#include "store/public.h"
#include "store/result_sets.h"
#include "store/search.h"
#include "store/security_events.h"
#include "store/store.h"

struct sql_list {
    void *at;
    size_t size, count, room;
};

/* Runs the statement once for each input. `changed` may be NULL. */
FALLIBLE sql_execute(store_tx *tx, const struct sql *sql, struct sql_inputs in, int64_t *changed);
FALLIBLE sql_query(store_tx *tx, const struct sql *sql, struct sql_inputs in, struct rows *out);
static inline bool sql_next(struct rows *r, void *row) { return r->db && r->db->driver->next(r, row); }
FALLIBLE sql_one(store_tx *tx, const struct sql *sql, struct sql_inputs in, arena *a, void *row, bool *found);
FALLIBLE sql_all(store_tx *tx, const struct sql *sql, struct sql_inputs in, arena *a, struct sql_list *list);

/* ---- Rows ---- */
struct number_row {
    int64_t number;
};
struct pair_row {
    int32_t owner, member;
};
struct pair_rows LIST(struct pair_row);

struct setting_value_row {
    int32_t system;
    struct setting_value v;
};
struct setting_value_rows LIST(struct setting_value_row);

struct system_safety_row {
    int32_t system, number;
    int64_t value;
};
struct system_safety_rows LIST(struct system_safety_row);

struct service_setting_row {
    text key, value;
};
struct service_setting_rows LIST(struct service_setting_row);

struct mapping_row {
    struct mapping m;
    int32_t processing;
};
struct mapping_rows LIST(struct mapping_row);
struct mapping_source_row {
    int32_t mapping;
    struct mapping_source s;
};
struct mapping_source_rows LIST(struct mapping_source_row);

struct scope_criterion_row {
    struct scope_criterion k;
    enum data_type type;
    text value; /* canonical */
};
struct scope_criterion_rows LIST(struct scope_criterion_row);

/* The head of a connector space object. */
struct cso_row {
    struct cso o; /* external ids null when they equal their keys */
    text key, secondary_key, name_key;
    text document;
    /* what an update expects to find */
    int64_t was_mvo;
    enum cso_status was_status;
};

struct mvo_row {
    struct mvo o;
    text deletion; /* the marker's details as a JSON document, or null */
    text document;
    int64_t was_version;
};

/* An index row: cs_ix (no owner), mv_ix (owner: the type), cs_ref (owner: the system). */
struct index_row {
    int32_t attribute, owner;
    text key;
    int64_t object;
    text raw; /* cs_ix, mv_ix: index_raw */
};
struct index_rows LIST(struct index_row);
/* The rows of one attribute and owner from one key up to before another one. */
struct index_range {
    int32_t attribute, owner;
    text from, to;
};

/* A member of a large set of references, or a row of mv_ref. */
struct member_row {
    int64_t object;
    int32_t attribute;
    text raw;
    int64_t target, pos;
};
struct member_rows LIST(struct member_row);

enum blob_kind { BLOB_CSO = 1, BLOB_MVO };
struct blob_row {
    int32_t kind;
    int64_t object;
    uint8_t hash[32];
    text content;
};
struct blob_rows LIST(struct blob_row);

struct pending_row {
    struct pending_export p;
    bool due, awaiting; /* some change is to be written; some change or the whole waits for a confirming import */
    text document;
};

struct activity_row {
    struct activity a;
    text counters, phases, discarded; /* JSON documents */
    text search, initiator_key;       /* folded */
    int64_t outcomes;                 /* bits in the order of the outcome filter */
};

struct activity_rows LIST(struct activity_row);

struct item_row {
    struct run_item i;
    int64_t activity;
    int64_t outcomes; /* bits by enum outcome, of every node */
    text document;    /* the outcome tree, or null */
    int64_t cause;    /* the item that the first cause names */
    text causes;      /* JSON array, or null */
};

struct item_rows LIST(struct item_row);

/* A row of cso_history or mvo_history. */
struct history_row {
    int64_t id, object;
    int32_t owner;
    int64_t activity, item;
    instant at;
    enum object_change change;
    text document; /* null: made with all values */
};
struct history_rows LIST(struct history_row);

struct tombstone_row {
    struct tombstone t;
    int32_t kind;
    text name_key, external_key;
};
struct tombstone_rows LIST(struct tombstone_row);

struct held_row {
    struct held_object o;
    text document; /* the outcome tree, or null */
};
struct held_rows LIST(struct held_row);

struct api_key_role_row {
    int64_t key;
    int32_t role;
};
struct api_key_role_rows LIST(struct api_key_role_row);

#endif
