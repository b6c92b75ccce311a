/* The API describes itself: the OpenAPI document. Its page /api/reference is one of the embedded files. */
#include "api/private.h"
#include "api/resources.h"

struct document_request {
    text if_none_match;
};
static SHAPE(document_request, NULL, FIELDS(FIELD(document_request, if_none_match, "If-None-Match", .header = true)));

static FALLIBLE document(struct call *c, const struct document_request *in, struct nothing *out) {
    (void)out;
    if (!api_shows_reference(c->services)) return FAIL(ERROR_NOT_FOUND, "There is nothing at this path.");
    text etag = api_document_etag(c->services->api);
    call_header(c, "ETag", etag);
    call_header(c, "Cache-Control", T("no-cache"));
    if (in->if_none_match.at && text_find(in->if_none_match, etag) != SIZE_MAX) return call_bytes(c, 304, NULL, T(""));
    return call_bytes(c, 200, "application/json; charset=utf-8", api_document(c->services->api));
}
HANDLER(document, document_request, nothing)

const struct routes reference_routes = ROUTES(
    "Reference", "/api", ROUTE(GET, "/openapi/v1.json", document, "The OpenAPI document.", .role = ROLE_ANONYMOUS, .hidden = true));
