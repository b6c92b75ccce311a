/* The commands that look at the store and at the program itself. */
#include "api/api.h"
#include "cli/commands.h"
#include "store/store.h"

static FALLIBLE open_existing(struct invocation *i, store **out) {
    struct store_options o = {.url = i->settings.database_url, .slow_ms = i->settings.log_slow_sql_ms};
    return store_open(&o, out);
}

static void say(void *state, text message) {
    (void)state;
    fprintf(stderr, "%.*s\n", TEXT_ARG(message));
}

FALLIBLE command_check(struct invocation *i, int *status) {
    OWNED(store) s = NULL;
    struct texts findings = {0};
    TRY(open_existing(i, &s));
    TRY(store_check(s, i->a, say, NULL, &findings));
    for (EACH(text, f, &findings)) printf("%.*s\n", TEXT_ARG(*f));
    if (findings.count)
        printf("%zu findings\n", findings.count);
    else
        puts("the store is sound");
    *status = findings.count > 0;
    return NULL;
}

FALLIBLE command_backup(struct invocation *i, int *status) {
    OWNED(store) s = NULL;
    *status = 0;
    if (i->arguments.count != 1) return FAIL(ERROR_INVALID, "backup needs one file name: joinery backup FILE");
    TRY(open_existing(i, &s));
    TRY(store_backup(s, i->arguments.at[0], say, NULL));
    printf("copied to %.*s\n", TEXT_ARG(i->arguments.at[0]));
    return NULL;
}

FALLIBLE command_openapi(struct invocation *i, int *status) {
    struct version version = {T("Joinery"), T(JOINERY_VERSION)};
    struct services services = {.settings = &i->settings, .version = &version};
    OWNED(api) all = NULL;
    TRY(api_new(&services, api_resources, &all));
    text document = api_document(all);
    *status = fwrite(document.at, 1, document.len, stdout) != document.len;
    return NULL;
}

FALLIBLE command_settings(struct invocation *i, int *status) {
    settings_print(stdout, &i->settings);
    *status = 0;
    return NULL;
}
