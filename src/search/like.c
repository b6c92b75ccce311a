/* Patterns of LIKE: "*" any run, "?" one character, "\" takes the next one literally. */
#include "search/private.h"

/* One character further; SIZE_MAX behind the end. */
static size_t step(text t, size_t at) {
    if (at >= t.len) return SIZE_MAX;
    for (at++; at < t.len && ((unsigned char)t.at[at] & 0xC0) == 0x80;) at++;
    return at;
}
static size_t step_back(text t, size_t at) {
    if (at == 0) return SIZE_MAX;
    for (at--; at > 0 && ((unsigned char)t.at[at] & 0xC0) == 0x80;) at--;
    return at;
}

/* Literals without their escapes, each with the number of "?" before it; a run ends at a "*". */
void pattern_read(arena *a, text from, struct pattern *out) {
    *out = (struct pattern){0};
    char *bytes = arena_bytes(a, from.len + 1);
    size_t len = 0;
    struct pattern_run *run = LIST_ADD(a, &out->runs);
    struct pattern_piece *piece = LIST_ADD(a, run);
    piece->literal = (text){bytes, 0};
    for (size_t i = 0; i < from.len; i++) {
        char c = from.at[i];
        if (c == '*') {
            run = LIST_ADD(a, &out->runs);
        } else if (c != '?') {
            if (c == '\\' && i + 1 < from.len) c = from.at[++i];
            bytes[len++] = c;
            piece->literal.len++;
            continue;
        }
        if (c == '*' || piece->literal.len) {
            piece = LIST_ADD(a, run);
            piece->literal = (text){bytes + len, 0};
        }
        if (c == '?') piece->any++;
    }
}

static size_t piece_at(const struct pattern_piece *p, text t, size_t at) {
    for (size_t i = 0; i < p->any && at != SIZE_MAX; i++) at = step(t, at);
    if (at == SIZE_MAX || t.len - at < p->literal.len || memcmp(t.at + at, p->literal.at, p->literal.len) != 0) return SIZE_MAX;
    return at + p->literal.len;
}

/* Where the run ends when it begins at `at`. */
static size_t run_at(const struct pattern_run *run, text t, size_t at) {
    for (EACH(const struct pattern_piece, p, run)) {
        at = piece_at(p, t, at);
        if (at == SIZE_MAX) break;
    }
    return at;
}

/* Where the run begins when it ends with the text. */
static size_t run_back(const struct pattern_run *run, text t) {
    size_t at = t.len;
    for (size_t i = run->count; i-- > 0;) {
        const struct pattern_piece *p = &run->at[i];
        if (at < p->literal.len || memcmp(t.at + at - p->literal.len, p->literal.at, p->literal.len) != 0) return SIZE_MAX;
        at -= p->literal.len;
        for (size_t n = 0; n < p->any && at != SIZE_MAX; n++) at = step_back(t, at);
        if (at == SIZE_MAX) return SIZE_MAX;
    }
    return at;
}

/* The end of the first place at or behind `at` where the run stands. */
static size_t run_find(const struct pattern_run *run, text t, size_t at) {
    const struct pattern_piece *first = &run->at[0];
    while (at != SIZE_MAX) {
        if (!first->any) {
            size_t found = text_find(text_slice(t, at, t.len), first->literal);
            if (found == SIZE_MAX) return SIZE_MAX;
            at += found;
        }
        size_t end = run_at(run, t, at);
        if (end != SIZE_MAX) return end;
        at = step(t, at);
    }
    return SIZE_MAX;
}

/* Each run is sought once, from the left: linear in the text for each wildcard. */
bool pattern_matches(const struct pattern *p, text t) {
    const struct pattern_run *first = &p->runs.at[0], *last = &p->runs.at[p->runs.count - 1];
    size_t at = run_at(first, t, 0);
    if (first == last) return at == t.len;
    for (const struct pattern_run *run = first + 1; run < last && at != SIZE_MAX; run++) at = run_find(run, t, at);
    if (at == SIZE_MAX) return false;
    size_t begin = run_back(last, t);
    return begin != SIZE_MAX && begin >= at;
}

text pattern_longest(const struct pattern *p) {
    text longest = {0};
    for (EACH(const struct pattern_run, run, &p->runs))
        for (EACH(const struct pattern_piece, piece, run))
            if (piece->literal.len > longest.len) longest = piece->literal;
    return longest;
}
