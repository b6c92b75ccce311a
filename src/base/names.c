/* From an enumeration's value to its name and back. */
#include "base/names.h"

const char *enum_name(const struct enum_names *names, unsigned value) { return value < names->count ? names->names[value] : "?"; }

bool enum_find(const struct enum_names *names, text name, bool any_case, unsigned *value) {
    for (size_t i = 0; i < names->count; i++) {
        text candidate = text_of(names->names[i]);
        if (!(any_case ? text_equal_ascii_case(candidate, name) : text_equal(candidate, name))) continue;
        *value = (unsigned)i;
        return true;
    }
    return false;
}
