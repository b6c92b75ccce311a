/* A search as it is carried out: typed fields, conditions and values, and what comes of them (public-data-api §6, §7.1). Knows
 * neither users nor configurations: who calls has merged both into one effective query. */
#ifndef JOINERY_SEARCH_QUERY_H
#define JOINERY_SEARCH_QUERY_H

#include "describe/describe.h"
#include "store/store.h"

#include <stdatomic.h>

/* ---- Types and conditions ---- */

#define FIELD_TYPES(X)                                                                                                             \
    X(FIELD_TYPE_TEXT, "Text")                                                                                                     \
    X(FIELD_TYPE_NUMBER, "Number")                                                                                                 \
    X(FIELD_TYPE_LONG_NUMBER, "LongNumber")                                                                                        \
    X(FIELD_TYPE_DECIMAL, "Decimal")                                                                                               \
    X(FIELD_TYPE_BOOLEAN, "Boolean")                                                                                               \
    X(FIELD_TYPE_GUID, "Guid")                                                                                                     \
    X(FIELD_TYPE_REFERENCE, "Reference")                                                                                           \
    X(FIELD_TYPE_DATE, "Date")                                                                                                     \
    X(FIELD_TYPE_DATETIME, "DateTime")                                                                                             \
    X(FIELD_TYPE_TIME, "Time")                                                                                                     \
    X(FIELD_TYPE_BINARY, "Binary")
NAMED_ENUM(field_type, FIELD_TYPES)

/* The conditions of §6.2: a negative one is the exact complement of the positive one before it. */
#define SEARCH_CONDITIONS(X)                                                                                                       \
    X(CONDITION_EQUALS, "EQUALS")                                                                                                  \
    X(CONDITION_NOT_EQUALS, "NOT_EQUALS")                                                                                          \
    X(CONDITION_LIKE, "LIKE")                                                                                                      \
    X(CONDITION_NOT_LIKE, "NOT_LIKE")                                                                                              \
    X(CONDITION_CONTAINS, "CONTAINS")                                                                                              \
    X(CONDITION_NOT_CONTAINS, "NOT_CONTAINS")                                                                                      \
    X(CONDITION_STARTS_WITH, "STARTS_WITH")                                                                                        \
    X(CONDITION_NOT_STARTS_WITH, "NOT_STARTS_WITH")                                                                                \
    X(CONDITION_ENDS_WITH, "ENDS_WITH")                                                                                            \
    X(CONDITION_NOT_ENDS_WITH, "NOT_ENDS_WITH")                                                                                    \
    X(CONDITION_GREATER_THAN, "GREATER_THAN")                                                                                      \
    X(CONDITION_GREATER_OR_EQUAL, "GREATER_OR_EQUAL")                                                                              \
    X(CONDITION_LESS_THAN, "LESS_THAN")                                                                                            \
    X(CONDITION_LESS_OR_EQUAL, "LESS_OR_EQUAL")                                                                                    \
    X(CONDITION_BETWEEN, "BETWEEN")                                                                                                \
    X(CONDITION_IN, "IN")                                                                                                          \
    X(CONDITION_NOT_IN, "NOT_IN")                                                                                                  \
    X(CONDITION_IS_NOT_EMPTY, "IS_NOT_EMPTY")                                                                                      \
    X(CONDITION_IS_EMPTY, "IS_EMPTY")
NAMED_ENUM(search_condition, SEARCH_CONDITIONS)
enum { SEARCH_CONDITION_COUNT = CONDITION_IS_EMPTY + 1 };

enum condition_value {
    TAKES_NONE, /* absent or null */
    TAKES_ONE,
    TAKES_PATTERN, /* one, with wildcards */
    TAKES_TWO,     /* an array of two, low ≤ high */
    TAKES_LIST     /* an array of 1…1000 */
};
/* By enum search_condition: validation, documents and execution read this one table. */
struct condition_rule {
    enum condition_value takes;
    unsigned types;                 /* bits of enum field_type */
    enum search_condition positive; /* itself, or what it is the complement of */
};
extern const struct condition_rule condition_rules[SEARCH_CONDITION_COUNT];
bool condition_fits(enum search_condition condition, enum field_type type);
bool condition_negative(enum search_condition condition);
/* Whether a field of this type may present an attribute of that type: Date, DateTime and Time all present DateTime. */
bool field_type_presents(enum field_type type, enum data_type attribute);

/* ---- What is searched ---- */

enum search_kind { SEARCH_METAVERSE, SEARCH_CONNECTOR_SPACE, SEARCH_LOOKUP };
struct search_source {
    enum search_kind kind;
    int32_t tenant;
    int32_t type; /* metaverse type; type of a connected system's schema */
    int32_t pool; /* lookup table: the data pool's id */
};
/* Attribute: of the metaverse or the connected system's type. In a lookup table the name is the column. */
struct search_field {
    text name; /* the member of a row */
    enum field_type type;
    bool multi;
    int32_t attribute;
};
struct search_fields LIST(struct search_field);

/* One typed value of a filter. */
struct search_value {
    text text;      /* Text: as given; a pattern with its wildcards */
    int64_t number; /* Number, LongNumber; Boolean: 0 or 1; Date: ticks of the day's begin; DateTime: ticks of the whole second;
                       Time: ticks since midnight */
    decimal decimal;
    uuid guid; /* Guid, Reference */
};
struct search_values LIST(struct search_value);

enum { SEARCH_VALUE_BYTES = 4096, SEARCH_LIST_VALUES = 1000, SEARCH_WILDCARDS = 16 };

/* Reads a filter's value as §6.1 and §6.2 say; value NULL: absent. False when it added problems, with the pointer of the member
 * `member` ("value", "filters[2].value") of the struct that is being checked. Texts are borrowed from the JSON. The condition must
 * fit the type. */
bool search_value_read(arena *a, enum field_type type, enum search_condition condition, const struct json *value,
                       const char *member, struct problems *problems, struct search_values *out);

/* With a condition that takes one value (or pattern), several stand for alternatives: it holds when one of them holds, and its
 * complement when none does (" OR " of valueOperators; for " AND " make several filters). */
struct search_filter {
    struct search_field field;
    enum search_condition condition;
    struct search_values values;
    bool any_case; /* caseSensitive false */
};
struct search_filters LIST(struct search_filter);

struct search_sort {
    struct search_field field;
    bool descending;
};
struct search_sorts LIST(struct search_sort);

/* From the objects of the search to those of the result. */
struct search_hop {
    bool join;         /* "$join": over the link between connected and metaverse object, either way */
    int32_t attribute; /* a reference of the kind of object that stands there */
    bool incoming;     /* to those whose attribute names a selected object; else to those that it names */
};
struct search_hops LIST(struct search_hop);

struct search_query {
    struct search_source search;
    struct search_filters filters; /* on the search source, AND */
    struct search_hops hops;       /* 1–3 when the sources differ; without any, `search` and `result` are the same objects */
    struct search_source result;
    struct search_filters result_filters; /* AND */
    struct search_fields columns;         /* members of a row, in order */
    struct search_sorts sort;             /* then by object id */
    int64_t max_results;                  /* 0: unlimited */
    int64_t offset, limit;                /* of a page; offset 0 with a cursor */
    bool cursor;                          /* give the position behind the last row in `next` */
    text after;                           /* … of the page before; null: from the beginning. Trusted: seal it on the wire */
    int64_t deadline;                     /* monotonic_ns() until which it may run; 0: none */
    bool brief; /* SEARCH_TIMED_OUT at once unless an index leaves few objects: nothing that can take long is begun */
    const atomic_bool *cancelled; /* or NULL; looked at every few milliseconds */
};

/* ---- Carrying it out ---- */

enum search_outcome {
    SEARCH_DONE,
    SEARCH_TOO_MANY, /* more than max_results match (422 RESULT_TOO_LARGE) */
    SEARCH_TIMED_OUT,
    SEARCH_CANCELLED,
    SEARCH_BAD_POSITION /* `after` is no position of this query */
};
struct search_page {
    enum search_outcome outcome; /* anything but SEARCH_DONE: nothing below is set */
    int64_t total;               /* all that match, in the snapshot of the session */
    size_t count;
    text rows; /* a JSON array of `count` objects as §4.1 and §6.1 write them */
    text next; /* with `cursor`: null at the end */
};
/* One page. The session is the snapshot; take the time of it (meta.date) before it begins. */
FALLIBLE search_run(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_page *out);

/* The same page as ids of objects: columns, cursors and max_results are not looked at. Of the metaverse with tenant 0: of all
 * tenants. */
FALLIBLE search_ids(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct int64s *ids,
                    int64_t *total, enum search_outcome *outcome);

/* The whole result, whatever offset and limit say: `begin` (may be NULL) is told the number of rows, then `row` gets each row as a
 * JSON object, borrowed, with its place from 0. Places come in any order: documents are read in the order in which they lie. An
 * error of theirs ends the search and is passed on. The memory that it takes stays below 32 MiB for a million rows. */
struct search_sink {
    void *state;
    error *(*begin)(void *state, int64_t total);
    error *(*row)(void *state, int64_t place, text json);
};
FALLIBLE search_stream(store_tx *tx, const struct config *c, const struct search_query *q, const struct search_sink *sink,
                       enum search_outcome *outcome);

/* How it would be carried out, without data. */
struct search_step {
    text part;      /* "search", "relation", "result", "sort" */
    text field;     /* null for relation */
    text condition; /* its name, or "ASC", "DESC", "Incoming", "Outgoing", "$join" */
    text access;    /* "index range", "index scan", "references", "documents" */
    bool indexed;
    int64_t rows; /* estimate of what it leaves; -1: not known */
};
struct search_steps LIST(struct search_step);
struct search_plan {
    int64_t objects; /* of the result source */
    int64_t rows;    /* estimate */
    struct search_steps steps;
};
FALLIBLE search_explain(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_plan *out);

/* Attributes that filters and sort keys ask for and that have no index rows yet; index them with store_save_mv_attribute and
 * store_save_cs_attribute (`indexed`). A search is right without them, only slower. References and large columns need none. */
struct search_indexes {
    struct int32s mv, cs;
};
void search_needed_indexes(arena *a, const struct config *c, const struct search_query *q, struct search_indexes *out);
/* The same for one field of a source, which may be asked for later. */
void search_needed_index(arena *a, const struct config *c, const struct search_source *source, const struct search_field *field,
                         struct search_indexes *out);

/* ---- Lookup tables ---- */

/* Replaces the rows of a data pool by a JSON array of objects whose members are its fields: values as §6.1 writes them in rows, an
 * array where the field has several, null or absent for none. False in *taken when there are problems (member "[3].Serial");
 * nothing was written then. No rows: the pool is emptied, as it must be when it is deleted. */
FALLIBLE search_lookup_replace(store_tx *tx, arena *a, int32_t pool, const struct search_fields *fields, const struct json *rows,
                               struct problems *problems, bool *taken);

#endif
