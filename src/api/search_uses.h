/* What of the Public Data API keeps an attribute or an object type of the metaverse. */
#ifndef JOINERY_API_SEARCH_USES_H
#define JOINERY_API_SEARCH_USES_H

#include "api/api.h"

/* Adds a sentence for each core template that shows the attribute and each search that asks for it; type 0: of all object types.
 * While there is one, the attribute cannot be deleted or taken from the type. */
FALLIBLE search_uses_of_attribute(struct call *c, store_tx *tx, int32_t attribute, int32_t type, struct texts *out);
/* The same for an object type. */
FALLIBLE search_uses_of_type(struct call *c, store_tx *tx, int32_t type, struct texts *out);

#endif
