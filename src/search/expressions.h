/* ${…} in the values of configurations: today, now, and who is asking (public-data-api.md §6.2). */
#ifndef JOINERY_SEARCH_EXPRESSIONS_H
#define JOINERY_SEARCH_EXPRESSIONS_H

#include "base/base.h"
#include "base/instant.h"
#include "base/uuid.h"

/* Who asks, and when. */
struct search_asker {
    int32_t user;
    text user_name, full_name, address; /* full name may be null */
    uuid object_id;                     /* zero: none */
    instant now;
};

/* Whether the text holds an expression. */
bool has_expression(text t);
/* The text with each expression replaced by what it is now; false when one is unknown or has no value for this asker. */
bool expressions_evaluate(arena *a, text t, const struct search_asker *who, text *out);
/* Whether all expressions in the text are ones that exist. */
bool expressions_known(arena *a, text t);

#endif
