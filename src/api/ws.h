/* What the resources of the Public Data API (/ws) share: its checks in their order, and its settings. */
#ifndef JOINERY_API_WS_H
#define JOINERY_API_WS_H

#include "access/public.h"
#include "api/api.h"

/* Service settings of category PublicApi, as they were when the request came (c->ws); texts live until the reply is written. */
struct ws_settings {
    struct public_limits limits;
    bool require_tls;
    int32_t requests, failures; /* a minute: of a user, of an address; 0: no limit */
    int32_t page_size, most_page_size, most_offset, search_seconds;
    bool hide_forbidden, explorer, links_to_search;
};
/* What every route may answer besides, for .also = ALSO(WS_REFUSALS, …). */
#define WS_REFUSALS                                                                                                                \
    {403, NULL, "A permission, the search or the scope of the token is missing."}, { 406, NULL, "JSON is not accepted." }
/* The eight services that a token can be for, in the order of §3.1. */
enum { WS_SERVICES = 8 };
extern const text ws_services[WS_SERVICES];
/* At the start of the program. */
void ws_search_register_metrics(void);
/* Who asks, for audits: "tenant 1: name". */
text ws_caller_name(struct call *c);

/* For what goes on while nobody asks (struct result_sets_options; state: struct services): whether the user may still carry out the
 * search. */
struct search_item;
FALLIBLE ws_may_go_on(void *state, const struct search_item *search, int32_t user, bool *out);

/* Whether a request can be checked and its search be found without waiting for the database or for the hash of a password. */
bool ws_is_at_hand(struct services *services, const struct http_request *r);

#endif
