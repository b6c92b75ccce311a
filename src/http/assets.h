/* The files that are part of the program: the portal and the API reference, embedded by tools/embed.py at build time. */
#ifndef JOINERY_HTTP_ASSETS_H
#define JOINERY_HTTP_ASSETS_H

#include "http/http.h"

/* Sorted bytewise by path. Empty when the program was built without them. */
extern const struct http_asset http_assets[];
extern const size_t http_assets_count;

/* The file that is served at exactly this path, or NULL. May be called on any thread. */
static inline const struct http_asset *http_asset_find(text path) {
    size_t low = 0, high = http_assets_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = text_compare(http_assets[middle].path, path);
        if (order == 0) return &http_assets[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

#endif
