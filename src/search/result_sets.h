/* Asynchronous searches (public-data-api.md §5): ordered durably, carried out by threads of their own, spooled to files, read page
 * by page, and gone when their time is over or the right to them. */
#ifndef JOINERY_SEARCH_RESULT_SETS_H
#define JOINERY_SEARCH_RESULT_SETS_H

#include "search/catalogue.h"
#include "store/result_sets.h"

typedef struct result_sets result_sets;

struct result_sets_options {
    struct store *store;
    search_keeper *searches;
    const char *folder; /* for the files; made when it is missing */
    /* Whether the user may use the search now: asked for those that run or wait. */
    FALLIBLE (*allowed)(void *state, const struct search_item *search, int32_t user, bool *out);
    void *state;
};
/* Takes up again what a former process left queued; removes files that belong to nothing. */
FALLIBLE result_sets_new(const struct result_sets_options *options, result_sets **out);
/* Stops what runs; it stays queued for the next start. */
void result_sets_free(result_sets *x);
OWNED_TYPE(result_sets, result_sets_free)

enum order_outcome {
    ORDER_TAKEN,
    ORDER_NO_ROOM /* the budget, the tenant's share, or the user's number of sets is used up (507) */
};
/* Takes an order durably; the caller has checked that it can be carried out. `order` states tenant, user, search, version,
 * search_name, ordered, page, page_size, body and who asks; the rest is set. The data is that of this moment when one of the
 * executions that the settings allow is free, else that of the beginning. */
FALLIBLE result_sets_order(result_sets *x, arena *a, struct result_set *order, enum order_outcome *outcome);
/* As it is now: what has reached its end is RESULT_EXPIRED. `running`: it is queued no more, but not there yet. */
FALLIBLE result_sets_find(result_sets *x, arena *a, text id, instant now, struct result_set *out, bool *found, bool *running);
/* Rows of a completed one, as a JSON array. */
FALLIBLE result_sets_page(result_sets *x, arena *a, const struct result_set *r, int64_t offset, int64_t limit, text *rows);
/* Cancels it and removes its file before it returns; twice is as once. */
FALLIBLE result_sets_delete(result_sets *x, text id, instant now);
/* All that are kept, for administrators; with `running` as above in the same order. */
struct result_runs_now LIST(bool);
FALLIBLE result_sets_list(result_sets *x, arena *a, instant now, struct result_sets_kept *out, struct result_runs_now *running);

#endif
