/* What the administration of templates, pools and searches shares (public-data-api.md §8). */
#ifndef JOINERY_API_SEARCH_ITEMS_H
#define JOINERY_API_SEARCH_ITEMS_H

#include "api/public_items.h"
#include "search/request.h"

/* Everything as the session sees it, changes of its own included; it lives until the reply is written. */
FALLIBLE search_items_now(struct call *c, store_tx *tx, struct search_catalogue *out);
/* Before a change of the schema, of templates or of pools is committed: ERROR_INVALID naming a template, pool or search that was
 * fine and would not be any more. */
FALLIBLE search_items_still_fit(struct call *c, store_tx *tx, enum activity_target target);
/* ERROR_CONFLICT when a search of the tenant names this template or pool. */
FALLIBLE search_items_unused(const struct search_catalogue *k, int32_t tenant, const struct search_reference *reference);
/* Finds what is wrong with fields: names, repetitions. */
void search_items_check_fields(struct call *c, const struct fields_facts *fields);

#define SEARCH_ITEM_STALE                                                                                                          \
    { 412, NULL, "It has changed since the version that If-Match names." }

#endif
