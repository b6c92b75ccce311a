/* A shape with every kind of member, for the tests of this folder. */
#include "sample.h"

NAMED_ENUM_TABLE(colour, "Colour", COLOURS)
static const char *const charm_texts[] = {"Up", "Down", "Strange"};
static const struct enum_names charm_names = {"Charm", charm_texts, 3, true};

static void address_check(const void *value, struct problems *problems) {
    const struct address *address = value;
    if (address->number == 13) describe_problem(problems, PROBLEM_RULE, "number", "There is no house 13.");
}

SHAPE(address, "Address",
      FIELDS(FIELD(address, street, "street", .required = true), FIELD(address, number, "number", BETWEEN(1, 999))),
      .check = address_check);
static SHAPE(stamp, NULL, FIELDS(FIELD(stamp, maker, "maker", .nullable = true), FIELD(stamp, made, "made", .nullable = true)),
             WITH_GIVEN(stamp));
SHAPE(sample, "Sample",
      FIELDS(FIELD(sample, name, "name", .required = true, .max_length = 10), FIELD(sample, note, "note", .nullable = true),
             FIELD(sample, open, "open", .by_default = "true"), FIELD(sample, small, "small", AT_MOST(100)),
             FIELD(sample, large, "large", .by_default = "7", AT_LEAST(1), .clamp = true), FIELD(sample, ratio, "ratio"),
             FIELD(sample, price, "price"), FIELD(sample, when, "when", .nullable = true), FIELD(sample, span, "span"),
             FIELD(sample, id, "id", .nullable = true),
             FIELD(sample, colour, "colour", .names = &colour_names, .by_default = "Blue"),
             FIELD(sample, charms, "charms", .names = &charm_names), FIELD(sample, blob, "blob", .nullable = true),
             FIELD(sample, maybe_open, "maybeOpen"), FIELD(sample, maybe_small, "maybeSmall"),
             FIELD(sample, maybe_large, "maybeLarge"), FIELD(sample, maybe_ratio, "maybeRatio"),
             FIELD(sample, maybe_price, "maybePrice"), FIELD(sample, maybe_when, "maybeWhen"),
             FIELD(sample, maybe_span, "maybeSpan"), FIELD(sample, maybe_id, "maybeId"),
             FIELD(sample, maybe_colour, "maybeColour", .names = &colour_names), FIELD(sample, tags, "tags", .max_length = 3),
             FIELD(sample, numbers, "numbers"), FIELD(sample, larges, "larges"), FIELD(sample, ids, "ids"),
             FIELD(sample, colours, "colours", .names = &colour_names), FIELD(sample, any, "any"), FIELD(sample, anys, "anys"),
             OBJECT(sample, home, "home", address, .nullable = true), OBJECT(sample, work, "work", address),
             OBJECTS(sample, others, "others", address), OBJECTS(sample, children, "children", sample),
             MAP(sample, counts, "counts", int32_entry, .int_keys = true), MAP(sample, labels, "labels", text_entry),
             FIELD(sample, password, "password", .secret = true), EMBED(sample, stamp, stamp)),
      WITH_GIVEN(sample), .doc = "Everything.");
