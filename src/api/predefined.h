/* Predefined searches: named queries over the objects of one metaverse type, which also say the columns of a list (operations §22).
 *
 * One is kept as a document. What it names of the metaverse schema may go: attributes that its type does not have any more are
 * neither shown nor asked for, and a search of a type that is gone is none. */
#ifndef JOINERY_API_PREDEFINED_H
#define JOINERY_API_PREDEFINED_H

#include "api/mv_view.h"
#include "api/scoping_view.h"
#include "search/catalogue.h"

struct predefined_column {
    int32_t id, attribute;
    text name; /* of the attribute, filled when shown */
    int32_t position;
};
struct predefined_criterion {
    int32_t attribute;
    struct criterion_view v; /* name and type of the attribute are filled when shown */
};
struct predefined_groups LIST(struct predefined_group);
struct predefined_group {
    int32_t id;
    enum scope_group_type type;
    int32_t position;
    struct predefined_criteria LIST(struct predefined_criterion) criteria;
    struct predefined_groups children;
};
extern const struct shape predefined_column_shape, predefined_criterion_shape, predefined_group_shape;

struct predefined_facts {
    text name, uri;
    bool built_in, enabled, is_default;
    int32_t type;
    text created_by, updated_by;                                      /* names */
    struct predefined_columns LIST(struct predefined_column) columns; /* by position */
    struct predefined_groups groups;                                  /* by position, any of which must hold */
};
struct predefined_search {
    struct public_head head; /* updated: 0 when never */
    struct predefined_facts facts;
    int32_t last_id; /* of columns, groups and criteria; never used again */
    text type_name;
};
struct predefined_searches LIST(struct predefined_search);
/* All that is shown of one. */
extern const struct shape predefined_search_shape;

/* As it is shown with this configuration; ERROR_NOT_FOUND when there is none, or its type is gone. */
FALLIBLE predefined_find(store_tx *tx, arena *a, snapshot *s, int32_t id, struct predefined_search *out);
FALLIBLE predefined_find_uri(store_tx *tx, arena *a, snapshot *s, text uri, struct predefined_search *out);
/* All, by id. */
FALLIBLE predefined_all(store_tx *tx, arena *a, snapshot *s, struct predefined_searches *out);
/* Writes it with its lists in order; id 0: a new one. ERROR_CONFLICT when another one has the URI. */
FALLIBLE predefined_save(store_tx *tx, arena *a, struct predefined_search *p);
/* Deletes those whose type is gone. */
FALLIBLE predefined_forget_orphans(store_tx *tx, arena *a, snapshot *s);
/* Makes what is built in, in a store that has none. */
FALLIBLE predefined_start(store *s);

/* Adds the searches that show the attribute or ask for it; type 0: of all types. */
FALLIBLE predefined_uses(store_tx *tx, arena *a, snapshot *s, const struct mv_attribute *m, int32_t type,
                         struct attribute_references *out);

/* A search_wants (search/catalogue.h): the attributes that enabled searches ask for where an index helps them. */
FALLIBLE predefined_indexes(store_tx *tx, arena *a, const struct config *c, struct search_indexes *out);

/* ---- a change of a search ---- */
struct predefined_edit {
    struct change x;
    struct predefined_search p;
};
FALLIBLE predefined_edit_begin(struct call *c, int32_t id, struct predefined_edit *out);
/* Saves and records. */
FALLIBLE predefined_edit_commit(struct call *c, struct predefined_edit *e, enum activity_operation operation, text reason);
void predefined_edit_end(struct predefined_edit *e);
OWNED_STRUCT(predefined_edit, predefined_edit_end)

#endif
