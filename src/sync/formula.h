/* What a mapping yields: the values of its source attribute, or of its expression, as values of its target. */
#ifndef JOINERY_SYNC_FORMULA_H
#define JOINERY_SYNC_FORMULA_H

#include "sync/plan.h"

/* A parsed expression whose inputs are bound to attributes of the metaverse and of one object type. */
struct formula;

/* NULL and a sentence in *problem when the source does not parse. */
struct formula *formula_new(arena *a, const struct config *c, const struct cs_type *cs_type, text source, text *problem);
/* Metaverse attributes that it reads by a literal name. */
const struct int32s *formula_mv_inputs(const struct formula *f);
/* True when each evaluation gives another value (RandomPassword): nothing to compare with, so it is written on creation only. */
bool formula_is_random(const struct formula *f);

/* Why a mapping yields nothing usable. */
struct problem {
    enum item_error kind; /* ITEM_NO_ERROR: none */
    text message;
    bool whole_object; /* nothing of the object may flow or be staged, not only this mapping */
};

struct formula_inputs {
    const struct attributes *mv, *cs; /* NULL: empty */
    instant now;
    bool mask;         /* previews: random secrets are masked (§20) */
    bool *needs_whole; /* as in struct expression_inputs */
    arena *scratch;    /* what an evaluation needs and drops: emptied here; NULL: everything stays in the arena of the result */
};

enum yield {
    YIELD_VALUES,  /* *out holds the values; none: no value */
    YIELD_NOTHING, /* the mapping has no opinion: export with ContributeNoValue (expressions §8.3) */
    YIELD_PROBLEM,
};
/* Import (sync-engine §11.2, §11.3): values for the metaverse attribute, processed, without repetitions. Not for references. Values
 * are shared with the object wherever nothing had to change. */
enum yield yield_import(arena *a, const struct plan_mapping *m, const struct formula_inputs *in, struct values *out,
                        struct problem *problem);
/* Export (§13.3): values of the source for the target; a direct reference yields metaverse references. */
enum yield yield_export(arena *a, const struct plan_mapping *m, const struct formula_inputs *in, struct values *out,
                        struct problem *problem);

#endif
