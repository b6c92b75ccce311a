/* Tells how a search would be carried out, and about how many rows it would have. */
#include "search/private.h"

enum { ESTIMATE_ROWS = 10000 };

static const char *const access_names[] = {
    [BY_DOCUMENTS] = "documents", [BY_REFERENCES] = "references", [BY_SCAN] = "index scan", [BY_RANGE] = "index range"};

/* Rows of a range, counted up to a limit; -1: not known without work. */
static FALLIBLE estimate(struct work *w, enum access access, const struct spans *spans, int64_t *rows) {
    *rows = -1;
    if (access != BY_RANGE) return NULL;
    *rows = 0;
    for (EACH(const struct index_span, span, spans)) {
        OWNED(index_walk) walk = NULL;
        TRY(index_walk_open(w->tx, span, &walk));
        for (struct index_hit hit; *rows < ESTIMATE_ROWS && index_walk_next(walk, &hit);) ++*rows;
        TRY(index_walk_end(walk));
    }
    return NULL;
}

static FALLIBLE explain_filters(struct work *w, arena *a, const char *part, const struct search_source *source,
                                const struct search_filters *filters, struct search_plan *out, int64_t *least) {
    for (EACH(const struct search_filter, f, filters)) {
        struct test t;
        struct spans spans;
        test_make(w->a, f, field_number(w, source, &f->field), &t);
        enum access access = access_of(w, source, &t, &spans);
        struct search_step *step = LIST_ADD(a, &out->steps);
        *step = (struct search_step){text_of(part),
                                     f->field.name,
                                     enum_text(&search_condition_names, f->condition),
                                     text_of(access_names[access]),
                                     access != BY_DOCUMENTS,
                                     -1};
        TRY(estimate(w, access, &spans, &step->rows));
        if (step->rows >= 0 && !t.negative && step->rows < *least) *least = step->rows;
    }
    return NULL;
}

static void explain_hops(const struct search_query *q, arena *a, struct search_plan *out) {
    for (EACH(const struct search_hop, hop, &q->hops))
        *LIST_ADD(a, &out->steps) = (struct search_step){T("relation"),
                                                         (text){0},
                                                         hop->join       ? T("$join")
                                                         : hop->incoming ? T("Incoming")
                                                                         : T("Outgoing"),
                                                         hop->join || hop->incoming ? T("references") : T("documents"),
                                                         hop->join || hop->incoming,
                                                         -1};
}

FALLIBLE search_explain(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_plan *out) {
    OWNED(arena) own = arena_new((size_t)1 << 32);
    struct work w = {.tx = tx, .a = own, .batch = own, .c = c, .q = q};
    int64_t selected = INT64_MAX;
    *out = (struct search_plan){0};
    TRY(count_of(&w, &q->result, &out->objects));
    int64_t least = out->objects;
    TRY(explain_filters(&w, a, "search", &q->search, &q->filters, out, q->hops.count ? &selected : &least));
    explain_hops(q, a, out);
    TRY(explain_filters(&w, a, "result", &q->result, &q->result_filters, out, &least));
    for (EACH(const struct search_sort, s, &q->sort)) {
        bool indexed = s->field.type != FIELD_TYPE_TIME && field_indexed(&w, &q->result, &s->field);
        *LIST_ADD(a, &out->steps) = (struct search_step){
            T("sort"), s->field.name, s->descending ? T("DESC") : T("ASC"), indexed ? T("index scan") : T("documents"), indexed,
            -1};
    }
    out->rows = least;
    return NULL;
}
