/* Carries out one asynchronous search: from what was asked to a file of rows (public-data-api.md §5). */
#include "search/result_private.h"

#include "base/log.h"
#include "search/request.h"

enum { BODY_DEPTH = 16 };

static const struct search_item *item_of(const struct search_catalogue *k, const struct result_set *r) {
    for (EACH(const struct search_item, s, &k->searches))
        if (s->id == r->search && s->tenant == r->tenant && s->version == r->version) return s;
    return NULL;
}

static FALLIBLE query_of(arena *a, const struct search_item *item, const struct result_set *r, instant now,
                         struct search_query *q) {
    struct search_request request = {0}, *asked = NULL;
    struct problems problems = {.a = a};
    if (!text_is_empty(r->body)) {
        const struct json *body;
        TRY(json_read(a, r->body, (struct json_limits){.depth = BODY_DEPTH, .refuse_repeated = true}, &body, NULL));
        describe_read(a, &search_request_shape, body, (struct reading){.strict = true}, &request, &problems);
        asked = &request;
    }
    struct search_asker who = {
        .user = r->user, .user_name = r->user_name, .full_name = r->full_name, .address = r->address, .now = now};
    if (!text_is_null(r->object_id)) (void)uuid_read(r->object_id, &who.object_id);
    TRY(search_request_merge(a, item, asked, &who, &problems, q));
    return problems.count ? FAIL(ERROR_INVALID, "the request does not fit the search any more") : NULL;
}

/* ---- into the file ---- */

struct filling {
    struct result_run *run;
    struct result_set *r;
};

static error *begin(void *state, int64_t total) {
    struct filling *f = state;
    f->r->total = total;
    return NULL;
}

/* All that are being written count against what the budget had left when this one began. */
static error *take_row(void *state, int64_t place, text row) {
    struct result_run *run = ((struct filling *)state)->run;
    int64_t before = run->file.bytes;
    TRY(rows_file_add(&run->file, place, row));
    int64_t more = run->file.bytes - before;
    run->spooled += more;
    int64_t all = atomic_fetch_add(&run->of->spooling, more) + more;
    return all > run->room ? FAIL(ERROR_FULL, "the budget of result sets is used up") : NULL;
}

static void fail(struct result_set *r, const char *code, text detail) {
    r->state = RESULT_FAILED;
    r->failure = text_of(code);
    r->detail = detail;
}

static FALLIBLE stream(struct result_run *run, arena *a, const struct config *c, const struct search_query *q,
                       struct result_set *r) {
    char path[RESULT_PATH_BYTES];
    struct filling f = {run, r};
    struct search_sink sink = {.state = &f, .begin = begin, .row = take_row};
    enum search_outcome outcome = SEARCH_CANCELLED;
    result_path(run->of, run->id, path);
    TRY(rows_file_create(&run->file, path));
    TRY(search_stream(run->tx, c, q, &sink, &outcome));
    if (outcome == SEARCH_TOO_MANY) fail(r, "RESULT_TOO_LARGE", arena_print(a, "maxResultCount=%lld", (long long)q->max_results));
    if (outcome == SEARCH_TIMED_OUT) fail(r, "SEARCH_TIMEOUT", (text){0});
    if (outcome != SEARCH_DONE) return NULL;
    TRY(rows_file_finish(&run->file));
    r->state = RESULT_COMPLETED;
    r->bytes = run->file.bytes;
    return NULL;
}

static FALLIBLE carry_out(struct result_run *run, arena *a, const struct config *c, struct result_set *r) {
    struct result_limits limits = result_limits_of(c);
    struct search_catalogue k = {0};
    struct search_query q = {0};
    struct result_usage usage;
    TRY(store_result_usage(run->tx, r->tenant, r->user, &usage));
    run->room = limits.storage_mib * (INT64_C(1) << 20) - usage.bytes;
    TRY(search_catalogue_read(run->tx, a, c, &k));
    const struct search_item *item = item_of(&k, r);
    if (!item) {
        r->state = RESULT_EXPIRED;
        return NULL;
    }
    TRY(query_of(a, item, r, run->taken, &q));
    q.deadline = monotonic_ns() + limits.timeout_seconds * INT64_C(1000000000);
    q.cancelled = &run->stop;
    return stream(run, a, c, &q, r);
}

FALLIBLE result_carry_out(struct result_run *run, arena *a, struct result_set *r) {
    const struct config *c;
    TRY(store_config_in(run->tx, &c));
    error *e = carry_out(run, a, c, r);
    config_release(c);
    if (!e) return NULL;
    if (e->kind == ERROR_IO || e->kind == ERROR_CORRUPT || e->kind == ERROR_INTERNAL) log_error("an asynchronous search failed", e);
    fail(r, e->kind == ERROR_FULL ? "RESULT_STORAGE_EXHAUSTED" : "SEARCH_FAILED", (text){0});
    error_free(e);
    return NULL;
}
