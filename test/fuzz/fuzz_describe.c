/* Reads any JSON into a struct of many kinds, in both modes; what was read without problems must be written and read back alike. */
#include "describe/describe.h"

#include <stdlib.h>

#define LEVELS(X) X(LEVEL_LOW, "Low") X(LEVEL_HIGH, "High")
NAMED_ENUM(level, LEVELS)
NAMED_ENUM_TABLE(level, "Level", LEVELS)

struct node {
    uint64_t given;
    text name;
    struct maybe_int32 small;
    int64_t large;
    double ratio;
    decimal price;
    instant when;
    timespan span;
    uuid id;
    enum level level;
    struct bytes blob;
    struct texts tags;
    struct json_value any;
    const struct node *inner;
    struct LIST(struct node) children;
    struct LIST(struct int64_entry) counts;
};
static const struct shape node_shape;
static SHAPE(node, "Node",
             FIELDS(FIELD(node, name, "name", .max_length = 20), FIELD(node, small, "small", BETWEEN(-5, 5)),
                    FIELD(node, large, "large"), FIELD(node, ratio, "ratio"), FIELD(node, price, "price"),
                    FIELD(node, when, "when", .nullable = true), FIELD(node, span, "span"), FIELD(node, id, "id", .nullable = true),
                    FIELD(node, level, "level", .names = &level_names), FIELD(node, blob, "blob", .nullable = true),
                    FIELD(node, tags, "tags"), FIELD(node, any, "any"), OBJECT(node, inner, "inner", node, .nullable = true),
                    OBJECTS(node, children, "children", node), MAP(node, counts, "counts", int64_entry)),
             WITH_GIVEN(node));

static text written(arena *a, const struct node *n) {
    OWNED_VALUE(buffer) b = {.max = 1 << 24};
    struct json_writer w = {.out = &b};
    describe_write(&w, &node_shape, n);
    if (b.overflow) abort();
    return arena_text(a, buffer_as_text(&b));
}

static bool read_node(arena *a, text source, bool strict, struct node *n) {
    const struct json *tree;
    OWNED(error) e = json_read(a, source, (struct json_limits){.depth = 32}, &tree, NULL);
    struct problems problems = {.a = a};
    return !e && describe_read(a, &node_shape, tree, (struct reading){.strict = strict}, n, &problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16) return 0;
    OWNED(arena) a = arena_new(1 << 28);
    for (int strict = 0; strict < 2; strict++) {
        struct node n = {0}, again = {0};
        if (!read_node(a, (text){(const char *)data, size}, strict, &n)) continue;
        text first = written(a, &n);
        if (!read_node(a, first, true, &again)) abort();
        if (!text_equal(first, written(a, &again))) abort();
    }
    return 0;
}
