/* By what connected objects are called: look-ups by their ids, who refers to them by these, and what follows when they change. */
#ifndef JOINERY_STORE_NAMES_H
#define JOINERY_STORE_NAMES_H

#include "store/store.h"

/* Which CSO has this external or secondary id (any case)? Several hits are possible over several types. */
struct cso_key_query {
    int32_t system;
    int32_t type; /* 0: any */
    bool secondary;
    text value;
};
struct cso_key_hit {
    uint32_t query;
    int32_t type;
    enum cso_status status;
    int64_t cso, mvo;
};
struct cso_key_hits LIST(struct cso_key_hit);
FALLIBLE store_find_keys(store_tx *tx, arena *a, const struct cso_key_query *queries, size_t count, struct cso_key_hits *out);
/* CSOs whose raw references name one of these ids (late resolution, J+33). */
FALLIBLE store_referrers(store_tx *tx, arena *a, int32_t system, const text *folded_ids, size_t count, struct int64s *csos);
/* store_write_csos for objects of one system, and those who refer to a renamed one follow it: their raw text becomes its new name,
 * their stamp goes. Not those of which `stays` (NULL: nobody) says that their text is what the system says just now. */
typedef bool store_referrer_stays(void *state, const struct cso *referrer);
FALLIBLE store_write_renamed_csos(store_tx *tx, const struct config *c, const struct cso_changes *changes,
                                  store_referrer_stays *stays, void *state);

#endif
