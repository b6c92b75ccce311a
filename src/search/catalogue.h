/* All templates, pools and searches as they are now, with what they name found: one reading, shared by the requests that began with
 * it. */
#ifndef JOINERY_SEARCH_CATALOGUE_H
#define JOINERY_SEARCH_CATALOGUE_H

#include "search/model.h"

/* A template or pool with what it stands for. Fields whose attribute is gone are left out. */
struct search_origin {
    struct search_reference reference;
    struct search_source source;
    struct search_fields fields;
    struct filters_facts scope; /* of a template */
};
struct template_item {
    int32_t id, tenant; /* of a default template: minus the object type's id, and no tenant */
    struct core_template_facts facts;
};
struct pool_item {
    int32_t id, tenant;
    struct data_pool_facts facts;
};
struct search_item {
    int32_t id, tenant, version;
    struct search_facts facts;
    const struct search_origin *search, *result; /* NULL: what is named is gone */
    struct search_hops hops;
    text broken; /* why it cannot run at all, or null */
};
struct search_catalogue {
    arena *a;
    const struct config *config;
    struct LIST(struct template_item) templates;
    struct LIST(struct pool_item) pools;
    struct LIST(struct search_item) searches; /* by id: in the order in which they were made */
    struct text_map by_name;                  /* "tenant/name" → struct search_item */
    int holders;                              /* of the keeper */
    int64_t read_ns, generation;              /* … when it was read, and after how many changes */
};

/* Reads what the session sees. Everything lives in `a`, and as long as the configuration. */
FALLIBLE search_catalogue_read(store_tx *tx, arena *a, const struct config *c, struct search_catalogue *out);
/* The template or pool of a tenant by its reference: a stored template before the default one of the same name. NULL: there is
 * none, or what it shows is gone. Names match exactly. */
const struct search_origin *search_origin_find(const struct search_catalogue *k, arena *a, int32_t tenant,
                                               const struct search_reference *reference);
/* A template or pool that is not in the catalogue (yet). False when its type or system is gone. */
bool search_origin_of_template(arena *a, const struct config *c, int32_t tenant, const struct core_template_facts *facts,
                               struct search_origin *out);
bool search_origin_of_pool(arena *a, const struct config *c, int32_t tenant, int32_t id, const struct data_pool_facts *facts,
                           struct search_origin *out);
/* Finds origins and hops of a search that is not in the catalogue (yet). */
void search_item_settle(const struct search_catalogue *k, arena *a, struct search_item *item);
/* What the search asks for and is not indexed yet: its filters, sort keys, and the fields that are named filterable. */
void search_item_indexes(arena *a, const struct config *c, const struct search_item *item, struct search_indexes *out);
/* By its exact name; NULL: there is none. */
const struct search_item *search_find(const struct search_catalogue *k, arena *a, int32_t tenant, text name);
const struct search_field *search_field_find(const struct search_origin *o, text name);

/* ---- the keeper ---- */

typedef struct search_keeper search_keeper;
/* The store must outlive it. Its thread builds the indexes that searches need, one attribute at a time. */
search_keeper *search_new(struct store *of);
void search_free(search_keeper *s);
OWNED_TYPE(search_keeper, search_free)
/* Adds what somebody else wants to have indexed; asked by the builder, in its thread. */
typedef error *(*search_wants)(store_tx *tx, arena *a, const struct config *c, struct search_indexes *out);
void search_also_index(search_keeper *s, search_wants wants);
/* What is current: read again after a change, when the configuration changed, and every five seconds (other nodes may have changed
 * it). Give it back. */
FALLIBLE search_take(search_keeper *s, struct search_catalogue **out);
void search_give(search_keeper *s, struct search_catalogue *k);
/* Whether search_take() would read nothing. */
bool search_is_at_hand(search_keeper *s);
/* After a change of templates, pools or searches. */
void search_changed(search_keeper *s);

#endif
