/* The resource /public-data/result-sets: what asynchronous searches have made, for administrators (public-data-api.md §8). */
#include "search/result_sets.h"

#include "api/resources.h"

/* ---- what travels ---- */

struct result_set_view {
    uuid id;
    int32_t tenant_id, user_id;
    text user_name, search;
    text state;
    instant ordered, taken, ends;
    int64_t rows, bytes;
    text failure;
};
static SHAPE(result_set_view, "ResultSet",
             FIELDS(FIELD(result_set_view, id, "id"), FIELD(result_set_view, tenant_id, "tenantId"),
                    FIELD(result_set_view, user_id, "userId"), FIELD(result_set_view, user_name, "userName"),
                    FIELD(result_set_view, search, "search"),
                    FIELD(result_set_view, state, "state", .doc = "QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED or EXPIRED."),
                    FIELD(result_set_view, ordered, "ordered"),
                    FIELD(result_set_view, taken, "taken", .nullable = true, .doc = "The instant of the data."),
                    FIELD(result_set_view, ends, "expires", .nullable = true,
                          .doc = "Until when it can be read, or since when it is gone."),
                    FIELD(result_set_view, rows, "rows"), FIELD(result_set_view, bytes, "bytes"),
                    FIELD(result_set_view, failure, "failure", .nullable = true)));
struct result_set_page PAGE_OF(result_set_view);
static PAGE_SHAPE(result_set_page, result_set_view, "PageOfResultSet");

/* ---- what is done ---- */

static FALLIBLE result_sets_all(struct call *c, const struct list_query *in, struct result_set_page *out) {
    struct result_sets_kept all;
    struct result_runs_now running = {0};
    TRY(result_sets_list(c->services->result_sets, c->a, c->now, &all, &running));
    for (size_t i = 0; i < all.count; i++) {
        const struct result_set *r = &all.at[i];
        struct result_set_view *v = LIST_ADD(c->a, &out->items);
        *v = (struct result_set_view){.tenant_id = r->tenant,
                                      .user_id = r->user,
                                      .user_name = r->user_name,
                                      .search = r->search_name,
                                      .state = running.at[i] ? T("RUNNING") : enum_text(&result_state_names, r->state),
                                      .ordered = r->ordered,
                                      .taken = r->taken,
                                      .ends = r->ends,
                                      .rows = r->total,
                                      .bytes = r->bytes,
                                      .failure = r->failure};
        (void)uuid_read(r->id, &v->id);
    }
    LIST_PAGE(c, in, result_set_view, &out->items, &out->counts);
    return NULL;
}
HANDLER(result_sets_all, list_query, result_set_page)

static FALLIBLE result_sets_remove(struct call *c, const struct by_uuid *in, struct nothing *out) {
    (void)out;
    char id[36];
    struct result_set set;
    bool found, running;
    uuid_write(in->id, id);
    text t = {id, sizeof id};
    TRY(result_sets_find(c->services->result_sets, c->a, t, c->now, &set, &found, &running));
    if (!found) return FAIL(ERROR_NOT_FOUND, "There is no such result set.");
    return result_sets_delete(c->services->result_sets, t, c->now);
}
HANDLER(result_sets_remove, by_uuid, nothing)

/* ---- where it is reached ---- */

const struct routes result_set_routes = ROUTES(
    "PublicData", "/api/v1",
    ROUTE(GET, "/public-data/result-sets", result_sets_all, "Lists the result sets of asynchronous searches.",
          .operation = "GetResultSets", .role = ROLE_ADMINISTRATOR),
    ROUTE(DELETE, "/public-data/result-sets/{id}", result_sets_remove, "Deletes a result set, or cancels the search that makes it.",
          .operation = "DeleteResultSetOfUser", .role = ROLE_ADMINISTRATOR));
