/* The explorer of the Public Data API and its document, behind their setting (public-data-api.md §1). */
#include "api/private.h"
#include "api/resources.h"
#include "api/ws.h"
#include "http/assets.h"

#define SECURITY "[{\"basic\":[]},{\"bearer\":[]}]"

struct explorer_request {
    text file;
};
static SHAPE(explorer_request, NULL, FIELDS(FIELD(explorer_request, file, "file")));

static FALLIBLE explorer_document(struct call *c, const struct nothing *in, struct nothing *out) {
    (void)in, (void)out;
    text document;
    TRY(api_document_of(c->services->api, c->a, T("/ws"), "Joinery Public Data API", SECURITY, &document));
    return call_bytes(c, 200, "application/json", document);
}
HANDLER(explorer_document, nothing, nothing)

static FALLIBLE explorer_file(struct call *c, const struct explorer_request *in, struct nothing *out) {
    (void)out;
    const struct http_asset *page = http_asset_find(arena_print(c->a, "/ws/swagger-ui/%.*s", TEXT_ARG(in->file)));
    if (!page) return FAIL(ERROR_NOT_FOUND, "There is nothing at this path.");
    return call_bytes(c, 200, arena_cstring(c->a, page->content_type), page->bytes);
}
HANDLER(explorer_file, explorer_request, nothing)

const struct routes ws_explorer_routes = {
    .tag = "Explorer",
    .base = "/ws",
    .style = &style_ws_explorer,
    .at =
        (const struct route[]){
            ROUTE(GET, "/v3/api-docs", explorer_document, "The OpenAPI document of the Public Data API.", .role = ROLE_USER,
                  .hidden = true),
            ROUTE(GET, "/swagger-ui/{file}", explorer_file, "The explorer.", .role = ROLE_USER, .hidden = true,
                  .produces = "text/html"),
        },
    .count = 2,
};
