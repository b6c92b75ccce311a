/* A set of object ids. */
#include "search/set.h"

enum { PIECE_IDS = 4096, PIECE_WORDS = PIECE_IDS / 64 };

struct id_set *id_set_new(arena *a) {
    struct id_set *s = ARENA_NEW(a, struct id_set);
    s->a = a;
    return s;
}

static uint64_t *piece(struct id_set *s, size_t at) {
    if (at >= s->piece_count) {
        size_t count = at + at / 4 + 8;
        uint64_t **grown = ARENA_ARRAY(s->a, uint64_t *, count);
        if (s->piece_count) memcpy(grown, s->pieces, s->piece_count * sizeof *grown);
        s->pieces = grown;
        s->piece_count = count;
    }
    if (!s->pieces[at]) s->pieces[at] = ARENA_ARRAY(s->a, uint64_t, PIECE_WORDS);
    return s->pieces[at];
}

bool id_set_add(struct id_set *s, int64_t id) {
    size_t n = (size_t)id;
    uint64_t *word = &piece(s, n / PIECE_IDS)[n % PIECE_IDS / 64], bit = UINT64_C(1) << n % 64;
    if (*word & bit) return false;
    *word |= bit;
    s->count++;
    return true;
}

bool id_set_has(const struct id_set *s, int64_t id) {
    size_t n = (size_t)id, at = n / PIECE_IDS;
    return at < s->piece_count && s->pieces[at] && (s->pieces[at][n % PIECE_IDS / 64] >> n % 64 & 1);
}

void id_set_remove(struct id_set *s, int64_t id) {
    if (!id_set_has(s, id)) return;
    size_t n = (size_t)id;
    s->pieces[n / PIECE_IDS][n % PIECE_IDS / 64] &= ~(UINT64_C(1) << n % 64);
    s->count--;
}

bool id_set_next(const struct id_set *s, int64_t after, int64_t *id) {
    size_t n = (size_t)(after + 1);
    for (size_t at = n / PIECE_IDS; at < s->piece_count; at++, n = at * PIECE_IDS) {
        if (!s->pieces[at]) continue;
        for (size_t w = n % PIECE_IDS / 64; w < PIECE_WORDS; w++) {
            uint64_t bits = s->pieces[at][w];
            if (at == (size_t)(after + 1) / PIECE_IDS && w == n % PIECE_IDS / 64) bits &= ~UINT64_C(0) << n % 64;
            if (!bits) continue;
            *id = (int64_t)(at * PIECE_IDS + w * 64) + __builtin_ctzll(bits);
            return true;
        }
    }
    return false;
}

struct id_set *id_set_except(arena *a, const struct id_set *of, const struct id_set *without) {
    struct id_set *out = id_set_new(a);
    for (size_t at = 0; at < of->piece_count; at++) {
        if (!of->pieces[at]) continue;
        const uint64_t *minus = at < without->piece_count ? without->pieces[at] : NULL;
        uint64_t *to = piece(out, at);
        for (size_t w = 0; w < PIECE_WORDS; w++) {
            to[w] = of->pieces[at][w] & ~(minus ? minus[w] : 0);
            out->count += __builtin_popcountll(to[w]);
        }
    }
    return out;
}

void id_set_some(arena *a, const struct id_set *s, int64_t *after, size_t most, struct int64s *out) {
    for (int64_t id; most && id_set_next(s, *after, &id); most--) *LIST_ADD(a, out) = *after = id;
}
