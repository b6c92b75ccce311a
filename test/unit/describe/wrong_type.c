/* Must not compile: a member of a type that no table knows. */
#include "describe/describe.h"

struct wrong {
    float ratio;
};
SHAPE(wrong, "Wrong", FIELDS(FIELD(wrong, ratio, "ratio")));
