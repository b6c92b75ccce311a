/* The program: chooses the sub-command, reads the settings, prints errors. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"

struct command {
    const char *name, *arguments, *doc;
    error *(*run)(struct invocation *i, int *status);
};
static const struct command commands[] = {
    {"serve", "", "serve the REST API and run the workers until SIGTERM or SIGINT", command_serve},
    {"check", "", "verify the store: documents, index rows, joins, foreign keys; exit status 1 with findings", command_check},
    {"backup", "FILE", "copy the running database into a new file", command_backup},
    {"openapi", "", "write the OpenAPI document to standard output", command_openapi},
    {"settings", "", "print all settings with their values", command_settings},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *to) {
    fputs("usage: joinery COMMAND [OPTIONS]\n\nJoinery keeps people and groups in step between the systems of an "
          "organisation.\n\ncommands:\n",
          to);
    for (int i = 0; i < COMMANDS; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].doc);
    fputs("\noptions of all commands:\n", to);
    settings_help(to);
    fputs("  --help         this text; joinery COMMAND --help: of a command\n  --version      the version\n", to);
}

static void help(const struct command *c) {
    printf("usage: joinery %s%s%s [OPTIONS]\n\n%s\n\noptions:\n", c->name, *c->arguments ? " " : "", c->arguments, c->doc);
    settings_help(stdout);
}

static const struct command *find(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

struct line {
    const char *file;
    struct setting_options options;
    bool help;
};

static bool take_option(arena *a, struct line *line, int argc, char **argv, int *i) {
    char *name = argv[*i] + 2, *equals = strchr(name, '=');
    const char *value = equals ? equals + 1 : NULL;
    if (equals) *equals = '\0';
    if (strcmp(name, "help") == 0) return line->help = true;
    bool file = strcmp(name, "settings") == 0;
    if (!file && !settings_is_option(name)) {
        fprintf(stderr, "joinery: there is no option --%s; see joinery --help\n", name);
        return false;
    }
    if (!value && *i + 1 < argc) value = argv[++*i];
    if (!value) {
        fprintf(stderr, "joinery: the option --%s needs a value\n", name);
        return false;
    }
    if (file)
        line->file = value;
    else
        *LIST_ADD(a, &line->options) = (struct setting_option){name, value};
    return true;
}

static bool read_line(struct invocation *inv, struct line *line, int argc, char **argv) {
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(inv->a, line, argc, argv, &i)) return false;
        } else {
            *LIST_ADD(inv->a, &inv->arguments) = text_of(argv[i]);
        }
    }
    return true;
}

static int report(error *e) {
    char sentence[8192];
    fprintf(stderr, "joinery: %s\n", error_chain(e, sentence, sizeof sentence));
    error_free(e);
    return 1;
}

static int run(const struct command *c, int argc, char **argv) {
    OWNED(arena) a = arena_new(64 << 20);
    struct invocation inv = {.a = a};
    struct line line = {0};
    int status = 0;
    if (!read_line(&inv, &line, argc, argv)) return 2;
    if (line.help) {
        help(c);
        return 0;
    }
    error *e = settings_read(a, line.file, environ, &line.options, stderr, &inv.settings);
    if (!e) e = c->run(&inv, &status);
    return e ? report(e) : status;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) return puts("joinery " JOINERY_VERSION) < 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    const struct command *c = find(argv[1]);
    if (c) return run(c, argc, argv);
    fprintf(stderr, "joinery: there is no command '%s'; see joinery --help\n", argv[1]);
    return 2;
}
