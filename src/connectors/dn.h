/* Distinguished names: compared by their parts, however they are written (connectors §7.2 rules 1 and 7). */
#ifndef JOINERY_CONNECTORS_DN_H
#define JOINERY_CONNECTORS_DN_H

#include "base/base.h"

/* The parts of a name from the object to the root, each as "type=value" in a form that is bytewise equal for equal parts: folded,
 * unescaped, without spaces around. False when `dn` is empty or not a distinguished name; everything lives in `a`. */
bool dn_parts(arena *a, text dn, struct texts *out);
/* Does the object lie at `base` or below it; with `one_level`, directly below it? False when either is no distinguished name. */
bool dn_within(text dn, text base, bool one_level);
/* One text that is bytewise equal for equal names; null when it is none. */
text dn_key(arena *a, text dn);
/* The name without its first part, as it is written; null at the top and for what is no name. */
text dn_parent(text dn);
/* The value of the first part as people read it, unescaped; null for what is no name. */
text dn_first_value(arena *a, text dn);

#endif
