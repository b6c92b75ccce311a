/* Carries out a search. */
#include "search/private.h"

#define NOT_YET FAIL(ERROR_UNSUPPORTED, "searches cannot be carried out yet")

FALLIBLE search_run(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_page *out) {
    (void)tx, (void)a, (void)c, (void)q, (void)out;
    return NOT_YET;
}

FALLIBLE search_stream(store_tx *tx, const struct config *c, const struct search_query *q, const struct search_sink *sink,
                       enum search_outcome *outcome) {
    (void)tx, (void)c, (void)q, (void)sink, (void)outcome;
    return NOT_YET;
}

FALLIBLE search_explain(store_tx *tx, arena *a, const struct config *c, const struct search_query *q, struct search_plan *out) {
    (void)tx, (void)a, (void)c, (void)q, (void)out;
    return NOT_YET;
}

void search_needed_index(arena *a, const struct config *c, const struct search_source *source, const struct search_field *field,
                         struct search_indexes *out) {
    if (source->kind == SEARCH_LOOKUP || field->type == FIELD_TYPE_REFERENCE) return;
    bool mv = source->kind == SEARCH_METAVERSE;
    const struct mv_attribute *m = mv ? config_mv_attribute(c, field->attribute) : NULL;
    const struct cs_attribute *k = mv ? NULL : config_cs_attribute(c, field->attribute);
    if ((!m || m->indexed) && (!k || k->indexed)) return;
    struct int32s *list = mv ? &out->mv : &out->cs;
    for (EACH(const int32_t, known, list))
        if (*known == field->attribute) return;
    *LIST_ADD(a, list) = field->attribute;
}

void search_needed_indexes(arena *a, const struct config *c, const struct search_query *q, struct search_indexes *out) {
    for (EACH(const struct search_filter, f, &q->filters)) search_needed_index(a, c, &q->search, &f->field, out);
    for (EACH(const struct search_filter, f, &q->result_filters)) search_needed_index(a, c, &q->result, &f->field, out);
    for (EACH(const struct search_sort, s, &q->sort)) search_needed_index(a, c, &q->result, &s->field, out);
}

FALLIBLE search_lookup_replace(store_tx *tx, arena *a, int32_t pool, const struct search_fields *fields, const struct json *rows,
                               struct problems *problems, bool *taken) {
    (void)tx, (void)a, (void)pool, (void)fields, (void)rows, (void)problems, (void)taken;
    return NOT_YET;
}
