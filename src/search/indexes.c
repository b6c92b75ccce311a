/* Which attributes a search wants to have index rows. */
#include "search/private.h"

void search_needed_index(arena *a, const struct config *c, const struct search_source *source, const struct search_field *field,
                         struct search_indexes *out) {
    struct work w = {.c = c};
    if (source->kind == SEARCH_LOOKUP || field->type == FIELD_TYPE_REFERENCE || field_indexed(&w, source, field)) return;
    struct int32s *list = source->kind == SEARCH_METAVERSE ? &out->mv : &out->cs;
    for (EACH(const int32_t, known, list))
        if (*known == field->attribute) return;
    *LIST_ADD(a, list) = field->attribute;
}

void search_needed_indexes(arena *a, const struct config *c, const struct search_query *q, struct search_indexes *out) {
    for (EACH(const struct search_filter, f, &q->filters)) search_needed_index(a, c, &q->search, &f->field, out);
    for (EACH(const struct search_filter, f, &q->result_filters)) search_needed_index(a, c, &q->result, &f->field, out);
    for (EACH(const struct search_sort, s, &q->sort)) search_needed_index(a, c, &q->result, &s->field, out);
}
