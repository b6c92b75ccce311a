/* Cursors of complete walks: sealed positions, bound to who asked for what (public-data-api.md §4.1). */
#ifndef JOINERY_API_WS_CURSOR_H
#define JOINERY_API_WS_CURSOR_H

#include "api/ws_search.h"

/* A walk: when it began (which stands for now in expressions) and the position behind the last row, null at its beginning. */
struct walk {
    instant began;
    text after;
};
/* From the parameter; empty begins a walk. 400 INVALID_CURSOR or EXPIRED_CURSOR. */
FALLIBLE ws_cursor_open(struct call *c, const struct search_item *item, text cursor, struct walk *out);
text ws_cursor_seal(struct call *c, const struct search_item *item, const struct walk *walk);

#endif
