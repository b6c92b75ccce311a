/* What an imported object changes on the stored one (sync-engine §5.3): pure. */
#ifndef JOINERY_SYNC_IMPORT_DIFF_H
#define JOINERY_SYNC_IMPORT_DIFF_H

#include "model/config.h"
#include "model/object.h"

struct import_diff {
    struct attributes values; /* the object's values afterwards; stored order is kept, new values come last */
    int32_t added, removed;   /* value changes */
};

/* Compares all attributes of the type. `imported` holds only selected attributes, without repeated or empty values; `unparsed`
 * names the attributes that keep what is stored. A stored reference stays as it is when the imported text equals, without regard to
 * case, the id that addresses its resolved target (`target_id` gives that id for a target, or null). Everything in `a`; texts are
 * borrowed from both sides. */
void import_diff(arena *a, const struct cs_type *type, const struct attributes *stored, const struct attributes *imported,
                 const struct int32s *unparsed, text (*target_id)(void *state, int64_t cso), void *state, struct import_diff *out);

#endif
