/* Must not compile: a list of another struct than the one that is named. */
#include "describe/describe.h"

struct one {
    text name;
};
struct other {
    text name;
};
SHAPE(one, "One", FIELDS(FIELD(one, name, "name")));
struct wrong {
    struct LIST(struct other) items;
};
SHAPE(wrong, "Wrong", FIELDS(OBJECTS(wrong, items, "items", one)));
