/* What the files of the search share. */
#ifndef JOINERY_SEARCH_PRIVATE_H
#define JOINERY_SEARCH_PRIVATE_H

#include "search/query.h"

/* ---- Values ---- */
/* One value of JSON; false with *why (a constant sentence). */
bool scalar_read(enum field_type type, const struct json *v, struct search_value *out, const char **why);
/* NULL, or what is wrong with the pattern. */
const char *pattern_fault(text pattern);
int search_value_compare(enum field_type type, const struct search_value *x, const struct search_value *y);

#endif
