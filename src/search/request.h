/* From a configured search and what a caller asks to the query that is carried out (public-data-api.md §7.2): a request narrows,
 * except where an administrator marked a filter as changeable. */
#ifndef JOINERY_SEARCH_REQUEST_H
#define JOINERY_SEARCH_REQUEST_H

#include "search/catalogue.h"
#include "search/expressions.h"

/* The body of a request, read strictly; what is absent is as configured. */
struct request_filter {
    uint64_t given;
    text name;
    struct json_value value;
    enum search_condition condition;
    bool case_sensitive;
};
struct request_filters LIST(struct request_filter);
struct request_search {
    uint64_t given;
    const struct search_reference *reference;
    struct request_filters filters;
};
struct request_columns {
    uint64_t given;
    struct texts fields, sort;
};
struct request_result {
    uint64_t given;
    const struct search_reference *reference;
    struct request_filters filters;
    const struct request_columns *columns;
};
struct search_request {
    uint64_t given;
    const struct request_search *search;
    const struct request_result *result;
    struct json_value links; /* not looked at, so that a description can be posted back */
};
extern const struct shape search_request_shape;

/* The query of this search for this asker; `request` may be NULL. What is wrong with the request goes into `problems`, by its
 * members ("search.filters[0].value"). An error is one of the configuration: an expression without a value, something that is gone.
 * Paging, deadline and the like are the caller's to set. */
FALLIBLE search_request_merge(arena *a, const struct search_item *item, const struct search_request *request,
                              const struct search_asker *who, struct problems *problems, struct search_query *out);
/* What is wrong with a configuration, by its members; it has been settled. */
void search_facts_check(arena *a, const struct search_item *item, struct problems *problems);
/* What is wrong with the scope of a template. */
void search_scope_check(arena *a, const struct search_origin *origin, struct problems *problems);

#endif
