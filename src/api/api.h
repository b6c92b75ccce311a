/* What a resource of the API is made of: what travels (shapes), what is done (handlers), where it is reached (routes).
 *
 *     struct key_create { uint64_t given; text name; int32_t system_id; text reason; };     // path, query and body in one struct
 *     static SHAPE(key_create, "ApiKeyCreateRequest",
 *         FIELDS(FIELD(key_create, system_id, "systemId"),                                  // named in the path: a path segment
 *                FIELD(key_create, name, "name", .required = true, .max_length = 100),
 *                FIELD(key_create, reason, "changeReason", .query = true)));                // a query parameter
 *
 *     static FALLIBLE key_create(struct call *c, const struct key_create *in, struct api_key *out) {
 *         if (exists) return call_invalid(c, "name", "A key of this name exists.");         // 400 with validationErrors.name
 *         if (missing) return FAIL(ERROR_NOT_FOUND, "There is no system %d.", in->system_id); // 404
 *         TRY(store_…);
 *         call_location(c, "/api/v1/systems/%d/keys/%s", …);
 *         *out = …;
 *         return NULL;
 *     }
 *     HANDLER(key_create, key_create, api_key)                                              // function, tag of in, tag of out
 *
 *     const struct routes key_routes = ROUTES("ApiKeys", "/api/v1",
 *         ROUTE(POST, "/systems/{systemId}/keys", key_create, "Creates a key.", .operation = "CreateApiKey", .status = 201,
 *               .role = ROLE_ADMINISTRATOR, .also = ALSO({409, &impact_shape, "The name is taken."})));
 *
 * Where a field of `in` comes from: from the path when its wire name stands in braces there; from the query when the verb is GET or
 * DELETE or it is marked .query; from a header when marked .header; else it is a member of the JSON body. A field marked .body is
 * the whole body (OBJECT, OBJECTS, MAP or JSON); then all other fields that are not in the path come from the query. An EMBEDded
 * struct goes where it would go as a field. A handler that takes or gives nothing names the tag `nothing`.
 *
 * Register the table in api/resources.c. */
#ifndef JOINERY_API_API_H
#define JOINERY_API_API_H

#include "access/access.h"
#include "access/audit.h"
#include "access/public.h"
#include "api/settings.h"
#include "describe/describe.h"
#include "http/http.h"

#include <stdatomic.h>

/* What handlers work with, filled by the program before the server starts; members a node does not have are NULL. */
struct sso {
    text authority, client_id, api_scope; /* as browsers and scripts see them */
};
struct services {
    struct store *store;
    struct runs *runs;
    struct callers *callers;
    struct public_access *public; /* callers of /ws */
    struct audit *audit;
    struct search_keeper *search;    /* configurations of searches (search/catalogue.h) */
    struct result_sets *result_sets; /* of asynchronous searches (search/result_sets.h) */
    const keyring *keys;
    struct connectors *connectors;
    const struct settings *settings; /* NULL: all defaults */
    const struct version *version;
    const struct sso *sso;          /* NULL: not configured */
    const atomic_bool *maintenance; /* NULL: never */
    struct api *api;
    void *portal;
};

struct route;
struct failure;

/* One request in hand. The arena ends after the reply was sent. */
struct call {
    arena *a;
    const struct http_request *http;
    const struct route *route;
    struct caller caller;
    struct public_caller data_caller; /* under /ws */
    const struct ws_settings *ws;     /* … the settings there, as they are now */
    text audited;                     /* … what is asked, for the audit record */
    int64_t rows;                     /* … and how many rows are given */
    struct services *services;
    instant now;
    const struct json *body;  /* the body as it came, or NULL: for bodies that no shape can say */
    struct problems problems; /* what call_problem has collected */
    struct http_reply *reply; /* headers are set through call_header; body and status through the functions below */
    struct failure *failure;  /* set by call_fail and its like */
    int status;               /* 0: the route's */
    bool replied;             /* the reply's body stands already */
    bool reached_body;        /* all that comes before the body is right, and it is not there yet (http.h, check) */
    bool brief;               /* on the I/O thread: nothing may be done that can take long */
    bool too_long;            /* … and it would: a worker does it from the beginning */
    bool strict;              /* of the route's style */
    const struct config
        *configs[4]; /* snapshots taken by call_config and changes (api/change.h); released when the reply is written */
};

/* ---- failing ----
 * A handler returns an error; its kind gives the status (api/envelope.c): INVALID 400 BAD_REQUEST, NOT_FOUND 404, CONFLICT 409,
 * DENIED 403, UNKNOWN_CALLER 401, TOO_LARGE 413, UNSUPPORTED 501, BUSY 503 with Retry-After, IO 502, FULL 507, others 500. The
 * sentence is shown to the caller below 500; from 500 on it is only logged, but for BUSY, IO and FULL, which have fixed sentences.
 */

/* 400 VALIDATION_ERROR with one sentence for one field ("name", "steps[2].type"): return call_invalid(c, "name", "…"). */
FALLIBLE call_invalid(struct call *c, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for a parameter of the path or the query, whose key is its name in every style. */
FALLIBLE call_bad_parameter(struct call *c, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Collects; then TRY(call_check(c)) fails with all of them, or goes on when there is none. */
void call_problem(struct call *c, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
FALLIBLE call_check(struct call *c);
/* A status and code of its own: return call_fail(c, 502, "BAD_GATEWAY", "The server did not answer."). The sentence is shown. */
FALLIBLE call_fail(struct call *c, int status, const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* `details` of the envelope of the failure that follows or has been made. */
void call_details(struct call *c, text details);

/* A security event of this call (operations §27): its address and its caller, when there is one, are filled in. */
#define CALL_AUDIT(c, ...) call_audit((c), &(struct audit_event){__VA_ARGS__})
void call_audit(struct call *c, const struct audit_event *event);

/* ---- replying otherwise than by `out` ---- */

/* The status of a success, chosen at run time (200 or 201, 202). */
void call_status(struct call *c, int status);
/* The Location header; a path from the root becomes absolute with scheme and host of the request. */
void call_location(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_header(struct call *c, const char *name, text value);
/* A body of another shape, also for 4xx (a 409 that carries an impact): return CALL_REPLY(c, 409, impact, &impact); success for the
 * handler, `out` is not written. Announce it with .also. */
#define CALL_REPLY(c, status, tag, value) call_reply((c), (status), &tag##_shape, (const struct tag *){(value)})
FALLIBLE call_reply(struct call *c, int status, const struct shape *shape, const void *value);
/* As CALL_REPLY with the members of the error envelope beside (operations §7, second row): code and message as in call_fail. */
#define CALL_REPLY_FAILURE(c, status, code, message, tag, value)                                                                   \
    call_reply_failure((c), (status), (code), (message), &tag##_shape, (const struct tag *){(value)})
FALLIBLE call_reply_failure(struct call *c, int status, const char *code, const char *message, const struct shape *shape,
                            const void *value);
/* Bytes that are no JSON (say .produces in the route), or complete JSON; they live in c->a or for ever. */
FALLIBLE call_bytes(struct call *c, int status, const char *content_type, text bytes);

/* For routes with .late_body, which look at the body after other checks: TRY(CALL_BODY(c, tag, &value)); *value is zeroed. Fails
 * with 400 or 415. A client may wait for being invited to send its body: then the handler is run twice, and the first time ends
 * here, so nothing may have been changed before. */
#define CALL_BODY(c, tag, value) call_read_body((c), &tag##_shape, (struct tag *){(value)})
FALLIBLE call_read_body(struct call *c, const struct shape *shape, void *into);

/* ---- handlers ---- */

struct nothing {
    char unused;
};
extern const struct shape nothing_shape;
/* Paths with one id: shared by many routes. The wire name is "id". */
struct by_id {
    int32_t id;
};
struct by_uuid {
    uuid id;
};
struct by_name {
    text name;
};
extern const struct shape by_id_shape, by_uuid_shape, by_name_shape;
/* DELETE …/{id}?changeReason= */
struct delete_by_id {
    int32_t id;
    text change_reason;
};
struct delete_by_uuid {
    uuid id;
    text change_reason;
};
extern const struct shape delete_by_id_shape, delete_by_uuid_shape;
/* changeReason in bodies and queries. */
#define CHANGE_REASON(tag, member, ...)                                                                                            \
    FIELD(tag, member, "changeReason", .nullable = true, .max_length = 1000, .doc = "Why; kept in the change history.", __VA_ARGS__)

struct handler {
    error *(*run)(struct call *c, const void *in, void *out);
    const struct shape *in, *out;
};
/* Wraps `FALLIBLE function(struct call *c, const struct in_tag *in, struct out_tag *out)`. */
#define HANDLER(function, in_tag, out_tag)                                                                                         \
    static error *function##_run(struct call *c, const void *in, void *out) {                                                      \
        const struct in_tag *typed_in = in;                                                                                        \
        struct out_tag *typed_out = out;                                                                                           \
        return function(c, typed_in, typed_out);                                                                                   \
    }                                                                                                                              \
    static const struct handler function##_handler = {function##_run, &in_tag##_shape, &out_tag##_shape};

/* ---- routes ---- */

struct also {
    int status;
    const struct shape *shape; /* NULL: the error envelope from 400 on, no body below */
    const char *doc;
    bool enveloped; /* .enveloped: the members of the error envelope stand beside those of the shape (CALL_REPLY_FAILURE) */
};
#define ALSO(...) ((const struct also[]){__VA_ARGS__, {0}})

struct route {
    enum http_method verb;
    const char *path; /* below the table's base; segments in braces are typed by the field of that name: int32, int64, uuid that do
                         not parse do not match */
    const struct handler *handler;
    const char *summary;
    const char *operation;   /* .operation: the operationId; needed */
    const char *doc;         /* .doc: a longer description */
    enum access_role role;   /* .role: needed */
    int status;              /* .status of success; 0: 200, or 204 when the handler gives nothing */
    const struct also *also; /* .also = ALSO({409, &impact_shape, "…"}): further statuses; the usual errors add themselves */
    size_t body_limit;       /* .body_limit in bytes; 0: 10 MiB */
    bool late_body;          /* .late_body: the handler reads the body itself by CALL_BODY; `in` has it for the document only */
    bool body_optional;      /* .body_optional: an empty body is as `{}` */
    bool requires_tls;       /* .requires_tls: passwords; 403 on plain HTTP (operations §2.8) */
    const char *produces;    /* .produces: media type of the success when it is not JSON */
    const char *consumes;    /* .consumes: media type of the body when it is not JSON; then c->http->body is the handler's matter */
    bool brief;              /* .brief: may be answered on the I/O thread; the handler sets too_long when it would take long */
    bool hidden;             /* .hidden: not in the API document */
    bool unlimited;          /* .unlimited: exempt from rate limits */
};
#define ROUTE(VERB, at, function, what, ...)                                                                                       \
    { .verb = HTTP_##VERB, .path = at, .handler = &function##_handler, .summary = what, __VA_ARGS__ }

/* How a family of routes reads, answers errors and knows its callers: /api/v1 and /ws differ. */
struct api_style {
    bool strict;
    /* NULL: the credentials of /api (access.h). Else: fills c->caller or fails. */
    error *(*authenticate)(struct call *c);
    /* NULL: keys of validationErrors are camelCase paths; else JSON pointers. */
    bool pointers;
    bool unauthorised_error_member; /* 401 has `error` beside */
    /* NULL, or: told when the reply is known. */
    void (*audit)(struct call *c, int status, int64_t nanoseconds);
};
extern const struct api_style style_api, style_ws, style_ws_explorer;

struct routes {
    const char *tag;
    const char *base;              /* "/api/v1" */
    const struct api_style *style; /* NULL: style_api */
    const struct route *at;
    size_t count;
};
#define ROUTES(label, root, ...)                                                                                                   \
    {                                                                                                                              \
        .tag = label, .base = root, .at = (const struct route[]){__VA_ARGS__},                                                     \
        .count = sizeof((const struct route[]){__VA_ARGS__}) / sizeof(struct route)                                                \
    }
/* After a change of the settings: takes over what is asked for where nothing may be read. */
void api_settings_changed(struct api *x, const struct config *now);
/* All tables, in the order of the API document, ended by NULL (api/resources.c). */
extern const struct routes *const api_resources[];

/* ---- lists ---- */

/* The common list request (contract §5). Put it into `in` with EMBED(tag, list, list_query): page and size come clamped,
 * sortDirection and the depth of paging are checked. */
struct list_query {
    int32_t page, page_size;
    text sort_by;
    text sort_direction; /* "asc" or "desc" */
    text filter;
};
extern const struct shape list_query_shape;
static inline bool list_descending(const struct list_query *q) { return q->sort_direction.len == 4; }
static inline int64_t list_offset(const struct list_query *q) { return (int64_t)(q->page - 1) * q->page_size; }
/* For lists with page and pageSize of their own: page below 1 → 1, size below 1 → standard, above most → most. Then
 * TRY(list_depth(…)). */
void list_clamp(int32_t *page, int32_t *page_size, int32_t standard, int32_t most);
/* 400 with validationErrors.page when (page-1)*size is above 1,000,000. */
FALLIBLE list_depth(struct call *c, int32_t page, int32_t page_size);

/* struct activity_page PAGE_OF(activity_header);
 * PAGE_SHAPE(activity_page, activity_header, "PageOfActivityHeader")     (`static` before it when nobody else needs it) */
struct page_counts {
    int32_t total_count, page, page_size, total_pages;
    bool has_next, has_previous;
};
#define PAGE_OF(item)                                                                                                              \
    {                                                                                                                              \
        struct LIST(struct item) items;                                                                                            \
        struct page_counts counts;                                                                                                 \
    }
extern const struct shape page_counts_shape;
#define PAGE_SHAPE(tag, item, wire_name)                                                                                           \
    SHAPE(tag, wire_name, FIELDS(OBJECTS(tag, items, "items", item), EMBED(tag, counts, page_counts)))
/* Fills the counts from the request and the true total. */
void page_fill(struct page_counts *counts, int32_t page, int32_t page_size, int64_t total);

/* A list that is whole in memory (contract §5): applies filter=property:operator:value, sorts by any scalar member of the item by
 * its wire name (else keeps the order it comes in, which must be the default order; sortDirection desc reverses it), cuts the page
 * and fills the counts. Works in place on the array: LIST_PAGE(c, &in->list, activity_header, &out->items, &out->counts); */
#define LIST_PAGE(c, query, item, list, counts)                                                                                    \
    do {                                                                                                                           \
        struct item *page_at_ = (list)->at;                                                                                        \
        list_select((c)->a, (query), &item##_shape, page_at_, &(list)->count, (counts));                                           \
    } while (0)
void list_select(arena *a, const struct list_query *q, const struct shape *item, void *items, size_t *count,
                 struct page_counts *counts);

/* ---- the API as a whole ---- */

/* Checks all tables (shapes, roles, paths, operation ids), builds the tree of paths, writes the API document. ERROR_INTERNAL names
 * the first defect. `services` must outlive it and gets its `api`. */
typedef struct api api;
FALLIBLE api_new(struct services *services, const struct routes *const *tables, api **out);
void api_free(api *x);
OWNED_TYPE(api, api_free)
/* The application for http_server_start(). */
struct http_app api_app(struct api *x);
/* The document of another family of routes, such as T("/ws"); `security` is JSON as in OpenAPI. */
FALLIBLE api_document_of(const struct api *x, arena *a, text root, const char *title, const char *security, text *out);
/* The OpenAPI 3.1 document of /api, made once. */
text api_document(const struct api *x);
text api_document_etag(const struct api *x);

#endif
