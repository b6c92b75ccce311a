/* What travels between the core and a connector in a run: imported objects and exported changes (connectors §2.2, §2.4). */
#ifndef JOINERY_CONNECTORS_EXCHANGE_H
#define JOINERY_CONNECTORS_EXCHANGE_H

#include "base/base.h"
#include "model/activity.h"
#include "model/config.h"

/* ---- Import ---- */
/* One attribute of an imported object. values.attribute is the id of the type's attribute, or 0 when the schema does not know
 * it. Values may repeat (the core drops repeated ones). */
struct import_attribute {
    text name;     /* as the schema names it, or as the system does when unknown */
    bool unparsed; /* a value did not parse: the attribute keeps its stored values whole; values.count is 0 */
    struct values values;
};
struct import_attributes LIST(struct import_attribute);

/* One object as it stands in the source. Attributes should come ascending by attribute id (unknown ones last); the core sorts when
 * they do not. */
struct import_object {
    text type_name;             /* as the source names it; may be null */
    const struct cs_type *type; /* NULL: unknown to the schema */
    enum import_change change;
    struct import_attributes attributes;
    enum import_error error;
    text error_message; /* complete sentences for a person, with row and attribute names; null without an error */
    int64_t row;        /* row of a file (header = 1), 0 elsewhere */
    int32_t partition;  /* where it was found; 0: in the run profile's */
    /* Of the object as it stands in the source, and of how it is read: an object that was taken in without an error needs no look
     * when its print comes again. Both 0: the core compares the values. Stored, so the same in every process. */
    uint64_t print[2];
};
struct import_objects LIST(struct import_object);

struct import_token {
    text name, value;
};
struct import_tokens LIST(struct import_token);
struct import_request {
    const struct run_profile *profile;
    text persisted;              /* the stored PersistedConnectorData, the same for every page; null: none */
    struct import_tokens tokens; /* of the page before; empty for the first */
};

/* One page of a call connector. */
struct import_page {
    struct import_objects objects;
    struct import_tokens tokens; /* empty: that was the last page */
    text persisted;              /* null: none */
    text warning;                /* null: none */
    enum item_error warning_error;
    struct discarded_list discarded;
};

/* Hashes type and external id (the folded canonical text: text_fold of value_text) into 128 bits, seeded per process, so that
 * nobody can choose colliding ones. Never both 0. */
void import_key(int32_t type, text folded, uint64_t key[2]);

/* What a first reading sees of a row without turning it into an object. */
struct import_glimpse {
    int32_t type; /* id of its type */
    uint64_t key[2];
    uint64_t print[2]; /* as import_object.print; both 0: none */
    bool wanted;       /* must be delivered: set by the connector where it is sure, and by the core */
};

/* Where import_file delivers. The rows of a file are seen twice, because every row whose external id occurs more than once is
 * refused, wherever it stands (§11.4), and because most rows are as they were. First every row whose external id can be read goes
 * through `glimpse`, at most 1,000 at a time; then `begin` is told the number of rows, and may ask for that once `again`, when what
 * was said of rows has changed meanwhile. Then `deliver` takes the wanted rows, and those without a readable external id, at most
 * 1,000 each. All of a batch lives in the arena that `memory` gave for it, which is the core's again from then on: the batch is
 * worked off while the next one is read. An error of any of them ends the import and is passed on. Called by one thread. */
struct import_sink {
    void *state;
    error *(*glimpse)(void *state, struct import_glimpse *rows, size_t count);
    error *(*begin)(void *state, int64_t total, bool *again);
    arena *(*memory)(void *state);
    error *(*deliver)(void *state, arena *a, const struct import_objects *batch);
    /* A warning for the activity as a whole; may be NULL. */
    void (*warn)(void *state, enum item_error kind, text message);
};

/* ---- Export ---- */
/* One staged change of one attribute. A reference's value.reference.raw is the target's external id text as the system writes it
 * (its secondary external id where the type has one); unresolved references are never handed over. */
struct export_attribute {
    const struct cs_attribute *attribute;
    enum attribute_change change;
    bool has_value; /* false: empty Update, RemoveAll */
    struct value value;
};
struct export_attributes LIST(struct export_attribute);

/* One pending export to be written. Everything is borrowed for the call. */
struct export_item {
    enum export_change change;
    const struct cs_type *type;
    text external_id, secondary_external_id; /* of the CSO, canonical text; null: not known (a new object) */
    const struct attributes *known;          /* the CSO's stored values; may be NULL */
    struct export_attributes changes;
};

/* `done` tells an item that was dealt with from one that was not attempted (cancelled): the core leaves the latter pending. An
 * attempted item without success is failed. Texts live in the call's arena. */
struct export_result {
    bool done, success;
    text external_id, secondary_external_id; /* null: unchanged or unknown */
    text error_message;                      /* never a secret, never an attribute value */
    enum export_error error;
};

/* The pending exports of a run for a connector that writes them all at once: asked for page by page, so that they are never in
 * memory together. */
struct export_source {
    void *state;
    /* The next page, which dies with the next call; *count 0: that was all. */
    error *(*next)(void *state, const struct export_item **items, size_t *count);
    /* The results of that page, one for each item, in order; copied. */
    error *(*told)(void *state, const struct export_result *results);
};

#endif
