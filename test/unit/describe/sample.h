/* A shape with every kind of member, for the tests of this folder. */
#ifndef JOINERY_TEST_DESCRIBE_SAMPLE_H
#define JOINERY_TEST_DESCRIBE_SAMPLE_H

#include "describe/describe.h"

#define COLOURS(X) X(COLOUR_RED, "Red") X(COLOUR_BLUE, "Blue") X(COLOUR_GREEN, "Green")
NAMED_ENUM(colour, COLOURS)

struct address {
    text street;
    int32_t number;
};
struct stamp {
    uint64_t given;
    text maker;
    instant made;
};
struct sample {
    uint64_t given;
    text name, note;
    bool open;
    int32_t small;
    int64_t large;
    double ratio;
    decimal price;
    instant when;
    timespan span;
    uuid id;
    enum colour colour;
    unsigned charms;
    struct bytes blob;
    struct maybe_bool maybe_open;
    struct maybe_int32 maybe_small;
    struct maybe_int64 maybe_large;
    struct maybe_double maybe_ratio;
    struct maybe_decimal maybe_price;
    struct maybe_instant maybe_when;
    struct maybe_timespan maybe_span;
    struct maybe_uuid maybe_id;
    struct maybe_enum maybe_colour;
    struct texts tags;
    struct int32s numbers;
    struct int64s larges;
    struct uuids ids;
    struct enums colours;
    struct json_value any;
    struct json_values anys;
    const struct address *home;
    struct address work;
    struct LIST(struct address) others;
    struct LIST(struct sample) children;
    struct LIST(struct int32_entry) counts;
    struct LIST(struct text_entry) labels;
    text password;
    struct stamp stamp;
};
extern const struct shape sample_shape, address_shape;

#endif
