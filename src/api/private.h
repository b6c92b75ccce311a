/* What the files of the framework share: routes bound to their parameters, the tree of paths, failures. */
#ifndef JOINERY_API_PRIVATE_H
#define JOINERY_API_PRIVATE_H

#include "api/api.h"
#include "api/rate_limit.h"
#include "base/metrics.h"

enum { PATH_PARAMETERS = 8, SEGMENTS_MAX = 32 };

/* A route with what follows from its table: where every field of `in` comes from. */
struct bound_route {
    const struct route *route;
    const struct routes *table;
    const struct api_style *style;
    text path; /* with the table's base */
    uint64_t path_fields, query_fields, header_fields, body_fields;
    const struct field *body; /* the field that is the whole body, or NULL */
    const struct field *parameters[PATH_PARAMETERS];
    size_t parameter_count;
    struct metric *requests, *failures, *bytes, *seconds;
    struct metric *replies[4]; /* 2xx to 5xx */
};

struct path_node {
    text literal;              /* a fixed segment, or … */
    enum field_kind parameter; /* … one of this kind */
    bool exact;                /* of a strict family: its letters as they stand, and no '/' at the end */
    struct path_node *next, *children;
    const struct bound_route *routes[HTTP_METHODS];
};

struct match {
    const struct bound_route *route; /* NULL: no route, or not this verb */
    text values[PATH_PARAMETERS];
    size_t count;
    unsigned allowed; /* bits of enum http_method that the path knows */
};

/* Works out the masks; ERROR_INTERNAL for a defect of the table. */
FALLIBLE route_bind(arena *a, const struct routes *table, const struct route *route, struct bound_route *out);
/* Adds the route to the tree; ERROR_INTERNAL when the place is taken. */
FALLIBLE route_add(arena *a, struct path_node *root, const struct bound_route *route);
/* Finds the route of a path; fixed segments match in any letter case (but exactly in strict families) and win over parameters,
 * int32 over int64, uuid, text. */
void route_find(const struct path_node *root, enum http_method verb, text path, struct match *out);

/* ---- envelope.c ---- */

struct failure {
    const error *error; /* the error it belongs to, or NULL */
    int status;
    const char *code;
    text message, details;
};
/* Status and code of an error that a handler returned. */
void failure_of_error(const struct call *c, const error *e, struct failure *out);
/* The code of a status that has no better one. */
const char *code_of_status(int status);
/* Puts the envelope into the reply. `problems` may be NULL. */
void envelope_reply(struct http_reply *reply, const struct failure *f, const struct problems *problems,
                    const struct api_style *style, instant now);
void envelope_members(struct json_writer *w, const struct failure *f, const struct problems *problems,
                      const struct api_style *style, instant now);
extern const struct shape envelope_shape, envelope_401_shape;
/* What JSON is called: under /api with a charset, because old clients of that API guess another one without it. */
static inline text json_type(bool strict) { return strict ? T("application/json") : T("application/json; charset=utf-8"); }
/* The body of the reply from a buffer; content type JSON. */
void reply_json(struct http_reply *reply, bool strict, const struct buffer *body);
enum {
    REPLY_BYTES_MAX = 256 << 20,
    BODY_BYTES_DEFAULT = 10 << 20,
    BODY_BYTES_IGNORED = 64 << 10,
    WS_BODY_BYTES_STANDARD = 1 << 20
};

/* Problems from this one on are of parameters: they have a name and no place in the body. */
static inline void problems_of_parameters(struct problems *p, size_t from) {
    for (size_t i = from; i < p->count; i++) p->at[i].pointer = p->at[i].field;
}

/* ---- binding.c ---- */

/* Checks the media type and reads the body as JSON into c->body; NULL when it is empty and may be. */
FALLIBLE call_parse_body(struct call *c);

/* Fills `in` from path, query, headers and body; problems are in c->problems. An error is one of the whole body (malformed,
 * missing, wrong media type). */
FALLIBLE bind_request(struct call *c, const struct match *m, void *in);

/* ---- api.c ---- */

struct bound_routes {
    struct bound_route *at;
    size_t count;
};
struct api {
    arena *a;
    struct services *services;
    struct bound_routes routes;
    struct path_node root;
    text document, document_etag;
    rate_limiter *limiter, *ws_limiter; /* of /api and of /ws */
    _Atomic size_t ws_body_max;         /* PublicApi.MaxBodyBytes as it was last seen: threads that must not block ask for it */
};

/* JOINERY_API_REFERENCE */
bool api_shows_reference(const struct services *services);

/* ---- openapi.c ---- */

/* The document of the routes under `root` that are not hidden; `security` is the JSON of its member, NULL: key or bearer. */
FALLIBLE openapi_write(arena *a, const struct bound_routes *routes, text root, const char *title, const char *security, text *out);

#endif
