/* Places of objects in an order. */
#include "search/ranks.h"

#include <stdlib.h>

enum { PIECE_IDS = 256 };

struct ranks *ranks_new(arena *a) {
    struct ranks *r = ARENA_NEW(a, struct ranks);
    r->a = a;
    return r;
}

static uint32_t *piece(struct ranks *r, size_t at) {
    if (at >= r->piece_count) {
        size_t count = at + at / 4 + 8;
        uint32_t **grown = ARENA_ARRAY(r->a, uint32_t *, count);
        if (r->piece_count) memcpy(grown, r->pieces, r->piece_count * sizeof *grown);
        r->pieces = grown;
        r->piece_count = count;
    }
    if (!r->pieces[at]) r->pieces[at] = ARENA_ARRAY(r->a, uint32_t, PIECE_IDS);
    return r->pieces[at];
}

void ranks_add(struct ranks *r, int64_t id) {
    size_t n = (size_t)id;
    piece(r, n / PIECE_IDS)[n % PIECE_IDS] = ++r->last;
}

bool ranks_next(const struct ranks *r, int64_t after, int64_t *id, int64_t *place) {
    size_t n = (size_t)(after + 1);
    for (size_t at = n / PIECE_IDS; at < r->piece_count; at++, n = at * PIECE_IDS) {
        for (; r->pieces[at] && n < (at + 1) * PIECE_IDS; n++) {
            if (!r->pieces[at][n % PIECE_IDS]) continue;
            *id = (int64_t)n;
            *place = (int64_t)r->pieces[at][n % PIECE_IDS] - 1;
            return true;
        }
    }
    return false;
}

static uint32_t rank_of(const struct ranks *r, int64_t id) {
    size_t n = (size_t)id, at = n / PIECE_IDS;
    return at < r->piece_count && r->pieces[at] ? r->pieces[at][n % PIECE_IDS] : 0;
}

static int by_rank(const void *x, const void *y, void *state) {
    const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    uint32_t ra = rank_of(state, a), rb = rank_of(state, b);
    return ra != rb ? (ra > rb) - (ra < rb) : (a > b) - (a < b);
}

void ranks_sort(const struct ranks *r, int64_t *ids, size_t count) {
    if (count > 1) qsort_r(ids, count, sizeof *ids, by_rank, (void *)(uintptr_t)r);
}
