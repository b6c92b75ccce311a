/* The table of settings: read from a file, the environment and the command line, the later winning (operations §8). */
#ifndef JOINERY_CLI_SETTINGS_H
#define JOINERY_CLI_SETTINGS_H

#include "api/settings.h"

#include <stdio.h>

/* One occurrence on the command line. */
struct setting_option {
    const char *name, *value; /* "data-dir" */
};
struct setting_options LIST(struct setting_option);

/* Fills `out` from defaults, then `file` (may be NULL: none), the environment, the options. One error names everything that is
 * wrong, one line each. Warnings (unknown JOINERY_… names) go to `warn`. */
FALLIBLE settings_read(arena *a, const char *file, char *const *environment, const struct setting_options *options, FILE *warn,
                       struct settings *out);
/* Prints the table: names, default, current value (secrets masked), what it does. */
void settings_print(FILE *to, const struct settings *s);
/* Prints the options that `serve` takes. */
void settings_help(FILE *to);
/* Is this the name of an option that takes a value? */
bool settings_is_option(const char *name);

#endif
