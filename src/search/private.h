/* What the files of the search share. */
#ifndef JOINERY_SEARCH_PRIVATE_H
#define JOINERY_SEARCH_PRIVATE_H

#include "search/query.h"
#include "search/set.h"
#include "store/search.h"

/* ---- Values ---- */
/* One value of JSON; false with *why (a constant sentence). */
bool scalar_read(enum field_type type, const struct json *v, struct search_value *out, const char **why);
/* NULL, or what is wrong with the pattern. */
const char *pattern_fault(text pattern);
int search_value_compare(enum field_type type, const struct search_value *x, const struct search_value *y);
/* A stored value as its field presents it; false for a reference that leads nowhere yet. */
bool present(enum search_kind kind, enum field_type type, const struct value *v, struct search_value *out);
/* The same from an index row; false: only the document knows. */
bool present_hit(enum field_type type, const struct index_hit *hit, struct search_value *out);

/* ---- Patterns ---- */
struct pattern_piece {
    size_t any; /* so many characters, then the literal */
    text literal;
};
struct pattern_run LIST(struct pattern_piece);
struct pattern_runs LIST(struct pattern_run);
struct pattern {
    struct pattern_runs runs; /* with any run of characters between two */
};
struct patterns LIST(struct pattern);
/* Of a pattern without fault. */
void pattern_read(arena *a, text from, struct pattern *out);
bool pattern_matches(const struct pattern *p, text t);
/* A literal that every match holds; empty: none. */
text pattern_longest(const struct pattern *p);

/* ---- Filters made ready ---- */
struct test {
    const struct search_filter *filter;
    enum field_type type;
    int32_t attribute;
    enum search_condition positive;
    bool negative, any_case;
    struct search_values values; /* folded with any_case; in order for EQUALS and IN */
    struct patterns patterns;
};
struct tests LIST(struct test);
void test_make(arena *a, const struct search_filter *f, int32_t attribute, struct test *out);
/* The positive condition; text already folded with any_case. */
bool test_value(const struct test *t, const struct search_value *v);
/* … for any value of an object. */
bool test_positive(arena *scratch, enum search_kind kind, const struct test *t, const struct attributes *values);

/* ---- A search at work ---- */
struct work {
    store_tx *tx;
    arena *a;     /* for the time of the search */
    arena *batch; /* for the time of some objects */
    const struct config *c;
    const struct search_query *q;
    struct search_fields columns; /* of lookup tables: the fields that are used, in the order of their numbers */
    unsigned looked;
    enum search_outcome stopped; /* by the deadline or on request */
};
enum { BATCH_OBJECTS = 500 };
/* What is measured, and other in tests, where few objects must take every way. */
struct search_tuning {
    int64_t few;          /* so many objects are read rather than looked for in index rows */
    double document_cost; /* of reading an object, in index rows */
};
extern struct search_tuning search_tuning;

/* Asked for every row: ends the search when its time is over. */
FALLIBLE look_up(struct work *w);
static inline FALLIBLE look(struct work *w) { return ++w->looked % 1024 ? NULL : look_up(w); }

/* The number under which an object has the field's values. */
int32_t field_number(struct work *w, const struct search_source *source, const struct search_field *field);
bool field_indexed(const struct work *w, const struct search_source *source, const struct search_field *field);

/* Objects of a source by their ids, in w->batch, which is emptied before. */
FALLIBLE objects_of(struct work *w, const struct search_source *source, const struct int64s *ids, const struct int32s *wanted,
                    struct search_objects *out);
/* Adds an attribute in its place. */
void want(arena *a, struct int32s *wanted, int32_t attribute);

/* All objects of a source, or some. */
struct selection {
    struct id_set *set; /* NULL: all */
    int64_t count;
};
/* Every object of the source. */
FALLIBLE all_of(struct work *w, const struct search_source *source, struct id_set **out);
FALLIBLE count_of(struct work *w, const struct search_source *source, int64_t *count);
/* Those of `within` (set NULL: all) that fulfil every filter. */
FALLIBLE narrow(struct work *w, const struct search_source *source, const struct search_filters *filters, struct id_set *within,
                struct selection *out);
/* Over the hops of the query. */
FALLIBLE follow_hops(struct work *w, const struct selection *from, struct id_set **out);
/* The objects that have index rows of the field. */
FALLIBLE having(struct work *w, const struct search_source *source, const struct search_field *field, struct id_set **out);

/* ---- How index rows answer a filter ---- */
enum access { BY_DOCUMENTS, BY_REFERENCES, BY_SCAN, BY_RANGE };
struct spans LIST(struct index_span);
/* What to read for the positive condition. */
enum access access_of(struct work *w, const struct search_source *source, const struct test *t, struct spans *out);
/* The key of a row that presents this value, and the first key behind all that do. */
text key_from(arena *a, enum field_type type, const struct search_value *v);
text key_behind(arena *a, enum field_type type, const struct search_value *v);
/* The first text behind all that begin so. */
text behind_prefix(arena *a, text prefix);
/* All rows of the field. */
struct index_span whole_span(struct work *w, const struct search_source *source, const struct search_field *field);

/* ---- Order ---- */
/* Where a page begins or ends: sort keys as of sort_key, and the id. */
struct position {
    bool given;
    int64_t id;
    text *keys;
};
bool position_read(arena *a, const struct search_query *q, struct position *out);
text position_write(arena *a, const struct search_query *q, const struct position *p);
/* The text whose bytes order objects by a sort key (null: no value). */
text sort_key(struct work *w, arena *a, const struct search_sort *sort, const struct attributes *values);

/* Hands ids to `deliver` in their order, `skip` fewer at the beginning, until `take` were delivered. */
struct ordering {
    struct work *w;
    const struct selection *from;
    struct position after;
    int64_t skip, take;
    error *(*deliver)(void *state, int64_t id);
    void *state;
    const struct ranks *ranks; /* of the objects by the sort keys from rank_level on, where so many are asked for that it pays */
    size_t rank_level;
};
FALLIBLE in_order(struct ordering *o);

/* ---- Rows ---- */
/* Numbers the fields of lookup tables, selects, follows the relation and narrows. */
FALLIBLE select_objects(struct work *w, struct selection *out);
void row_write(struct work *w, struct json_writer *out, const struct search_object *o);

#endif
