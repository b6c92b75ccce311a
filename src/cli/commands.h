/* The sub-commands of the program. */
#ifndef JOINERY_CLI_COMMANDS_H
#define JOINERY_CLI_COMMANDS_H

#include "cli/settings.h"

#define JOINERY_VERSION "0.1.0"

/* What main() has read before a command begins. */
struct invocation {
    arena *a;
    struct settings settings;
    struct texts arguments; /* behind the command, without options */
};

/* Each returns the process's exit status; an error is printed by main(). */
FALLIBLE command_serve(struct invocation *i, int *status);
FALLIBLE command_check(struct invocation *i, int *status);
FALLIBLE command_backup(struct invocation *i, int *status);
FALLIBLE command_openapi(struct invocation *i, int *status);
FALLIBLE command_settings(struct invocation *i, int *status);

#endif
