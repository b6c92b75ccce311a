/* Enumerations with the exact names that travel: described once, in one X-macro table. */
#ifndef JOINERY_BASE_NAMES_H
#define JOINERY_BASE_NAMES_H

#include "base/text.h"

/* #define COLOURS(X) X(COLOUR_RED, "Red") X(COLOUR_BLUE, "Blue")
 * NAMED_ENUM(colour, COLOURS)                      in the header: enum colour and colour_names
 * NAMED_ENUM_TABLE(colour, "Colour", COLOURS)      in one .c file; "Colour" is the schema's name in the API document */
struct enum_names {
    const char *name;         /* name of the enumeration on the wire */
    const char *const *names; /* by value, from 0 */
    size_t count;
    bool flags; /* values are bits: names[i] is the name of bit i; 0 is written as "None" */
};

#define NAMED_ENUM_MEMBER_(symbol, wire) symbol,
#define NAMED_ENUM_TEXT_(symbol, wire) wire,
#define NAMED_ENUM(tag, table)                                                                                                     \
    enum tag { table(NAMED_ENUM_MEMBER_) };                                                                                        \
    extern const struct enum_names tag##_names;
#define NAMED_ENUM_TABLE(tag, wire_name, table)                                                                                    \
    static const char *const tag##_texts_[] = {table(NAMED_ENUM_TEXT_)};                                                           \
    const struct enum_names tag##_names = {wire_name, tag##_texts_, sizeof tag##_texts_ / sizeof tag##_texts_[0], false};

/* The name of a value ("?" when out of range). */
const char *enum_name(const struct enum_names *names, unsigned value);
static inline text enum_text(const struct enum_names *names, unsigned value) { return text_of(enum_name(names, value)); }
/* Finds a name, exactly or without regard to ASCII case; false when there is none. */
bool enum_find(const struct enum_names *names, text name, bool any_case, unsigned *value);

#endif
