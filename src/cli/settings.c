/* One row a setting: the same row reads the environment, the file and the command line, checks, prints and explains. */
#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"

enum kind { KIND_TEXT, KIND_BOOL, KIND_INT, KIND_LATER };

struct row {
    const char *name;   /* JOINERY_<name> */
    const char *option; /* --option, or NULL */
    enum kind kind;
    size_t at; /* offset in struct settings */
    const char *normal;
    bool secret;
    const char *doc;
    const char *const *allowed;
};

#define AT(member) offsetof(struct settings, member)
static const char *const levels[] = {"Verbose", "Debug", "Information", "Warning", "Error", "Fatal", NULL};
static const char *const roles[] = {"all", "web", "worker", "scheduler", NULL};

/* In alphabetical order, as `joinery settings` shows them. KIND_LATER is refused: nothing is accepted and then ignored. */
static const struct row rows[] = {
    {"ALLOW_PASSWORDS_WITHOUT_TLS", NULL, KIND_BOOL, AT(allow_passwords_without_tls), "false", false,
     "accept passwords over plain HTTP (trials only)", NULL},
    {"API_REFERENCE", NULL, KIND_BOOL, AT(api_reference), "true", false, "serve /api/reference and the API document", NULL},
    {"DATABASE_URL", "database-url", KIND_TEXT, AT(database_url), NULL, true,
     "sqlite:PATH; default: joinery.db in the data directory", NULL},
    {"DATA_DIR", "data-dir", KIND_TEXT, AT(data_dir), "/var/lib/joinery", false, "holds joinery.db and admin.key", NULL},
    {"ENCRYPTION_KEY_PATH", NULL, KIND_TEXT, AT(encryption_key_path), NULL, false,
     "folder of the keys that protect secrets; default: keys in the data directory", NULL},
    {"FILE_ROOTS", "file-roots", KIND_TEXT, AT(file_roots), "/connector-files", false,
     "folders that file connectors may use, separated by ':'", NULL},
    {"HEALTH_PRODUCT", NULL, KIND_TEXT, AT(health_product), "Joinery", false, "product name that /health/version answers", NULL},
    {"INFRASTRUCTURE_API_KEY", NULL, KIND_TEXT, AT(infrastructure_api_key), NULL, true,
     "an administrator key for automation, good for 24 hours from its first start", NULL},
    {"LISTEN", "listen", KIND_TEXT, AT(listen), ":8080", false, "ADDRESS:PORT; without address all, port 0 any free one", NULL},
    {"LOG_LEVEL", "log-level", KIND_TEXT, AT(log_level), "Information", false, "least level that is logged", levels},
    {"LOG_PATH", "log-path", KIND_TEXT, AT(log_path), NULL, false, "folder for daily log files, beside standard error", NULL},
    {"LOG_REQUESTS", NULL, KIND_BOOL, AT(log_requests), "false", false, "one line for each HTTP request", NULL},
    {"LOG_SLOW_SQL_MS", NULL, KIND_INT, AT(log_slow_sql_ms), "1000", false, "log statements that take longer; -1: never", NULL},
    {"ROLE", "role", KIND_TEXT, AT(role), "all", false, "which parts this process runs", roles},
    {"SSO_ALLOW_HTTP", NULL, KIND_BOOL, AT(sso_allow_http), "false", false, "ask the identity provider over plain HTTP", NULL},
    {"SSO_API_SCOPE", NULL, KIND_TEXT, AT(sso_api_scope), NULL, false, "the scope that programs ask for", NULL},
    {"SSO_AUTHORITY", NULL, KIND_TEXT, AT(sso_authority), NULL, false, "the OpenID Connect provider whose tokens are accepted",
     NULL},
    {"SSO_CLAIM_TYPE", NULL, KIND_TEXT, AT(sso_claim_type), "sub", false, "the claim that says who it is", NULL},
    {"SSO_CLIENT_ID", NULL, KIND_TEXT, AT(sso_client_id), NULL, false, "by what name this installation is known there", NULL},
    {"SSO_INITIAL_ADMIN", NULL, KIND_TEXT, AT(sso_initial_admin), NULL, false, "the claim's value that is always an administrator",
     NULL},
    {"SSO_MV_ATTRIBUTE", NULL, KIND_TEXT, AT(sso_mv_attribute), "Subject Identifier", false,
     "the attribute of people that the claim is compared with", NULL},
    {"SSO_PUBLIC_AUTHORITY", NULL, KIND_TEXT, AT(sso_public_authority), NULL, false, "the provider as browsers and scripts see it",
     NULL},
    {"SSO_PUBLIC_CLIENT_ID", NULL, KIND_TEXT, AT(sso_public_client_id), NULL, false, "the client for scripts", NULL},
    {"SSO_VALID_AUDIENCES", NULL, KIND_TEXT, AT(sso_valid_audiences), NULL, false,
     "audiences of tokens for us, separated by commas", NULL},
    {"SSO_VALID_ISSUERS", NULL, KIND_TEXT, AT(sso_valid_issuers), NULL, false, "issuers of tokens, separated by commas", NULL},
    {"TLS_CERT", NULL, KIND_TEXT, AT(tls_cert), NULL, false,
     "certificate chain (PEM file): serve HTTPS; read again when it changes", NULL},
    {"TLS_CLIENT_CA", NULL, KIND_TEXT, AT(tls_client_ca), NULL, false,
     "authorities (PEM file) whose client certificates are accepted under /ws", NULL},
    {"TLS_KEY", NULL, KIND_TEXT, AT(tls_key), NULL, false, "private key of the certificate (PEM file)", NULL},
    {"TRUSTED_PROXIES", NULL, KIND_TEXT, AT(trusted_proxies), NULL, false,
     "addresses and CIDR ranges whose X-Forwarded headers are believed", NULL},
    {"ALLOW_RESET", NULL, KIND_LATER, 0, NULL, false, NULL, NULL},
    {"CACHE_WARM_PARALLELISM", NULL, KIND_LATER, 0, NULL, false, NULL, NULL},
    {"SSO_SECRET", NULL, KIND_LATER, 0, NULL, true, NULL, NULL},
    {"THEME", NULL, KIND_LATER, 0, NULL, false, NULL, NULL},
    {"WRITE_PARALLELISM", NULL, KIND_LATER, 0, NULL, false, NULL, NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

struct reading {
    arena *a;
    struct settings *out;
    struct buffer problems;
};

static const struct row *row_named(text name) {
    for (int i = 0; i < ROWS; i++)
        if (text_equal(text_of(rows[i].name), name)) return &rows[i];
    return NULL;
}

static void *member(struct settings *s, const struct row *row) { return (char *)s + row->at; }

static void problem(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct reading *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text sentence = arena_vprint(r->a, format, args);
    va_end(args);
    buffer_text(&r->problems, sentence);
    buffer_byte(&r->problems, '\n');
}

static bool is_allowed(const struct row *row, text *value) {
    if (!row->allowed) return true;
    for (const char *const *name = row->allowed; *name; name++) {
        if (!text_equal_ascii_case(text_of(*name), *value)) continue;
        *value = text_of(*name);
        return true;
    }
    return false;
}

static text allowed_list(arena *a, const struct row *row) {
    text all = T("");
    for (const char *const *name = row->allowed; *name; name++)
        all = arena_print(a, "%.*s%s%s", TEXT_ARG(all), all.len ? ", " : "", *name);
    return all;
}

static void set_text(struct reading *r, const struct row *row, text value, const char *where) {
    if (is_allowed(row, &value))
        *(text *)member(r->out, row) = value;
    else
        problem(r, "%s: '%.*s' is not one of %.*s", where, TEXT_ARG(value), TEXT_ARG(allowed_list(r->a, row)));
}

static void set_bool(struct reading *r, const struct row *row, text value, const char *where) {
    bool yes = text_equal_ascii_case(value, T("true")) || text_equal(value, T("1"));
    bool no = text_equal_ascii_case(value, T("false")) || text_equal(value, T("0"));
    if (yes || no)
        *(bool *)member(r->out, row) = yes;
    else
        problem(r, "%s: '%.*s' is neither true nor false", where, TEXT_ARG(value));
}

static void set_int(struct reading *r, const struct row *row, text value, const char *where) {
    int64_t n;
    if (text_to_int64(value, &n) && n >= -1)
        *(int64_t *)member(r->out, row) = n;
    else
        problem(r, "%s: '%.*s' is not a whole number from -1 up", where, TEXT_ARG(value));
}

static void set(struct reading *r, const struct row *row, text value, const char *where) {
    switch (row->kind) {
    case KIND_TEXT:
        set_text(r, row, value, where);
        break;
    case KIND_BOOL:
        set_bool(r, row, value, where);
        break;
    case KIND_INT:
        set_int(r, row, value, where);
        break;
    case KIND_LATER:
        problem(r, "%s: this setting belongs to a part that this version does not have", where);
        break;
    }
}

/* ---- where values come from ---- */

static bool read_value_file(struct reading *r, const char *path, const char *where, text *value) {
    FILE *f = fopen(path, "re");
    if (!f) {
        problem(r, "%s: cannot read %s: %s", where, path, strerror(errno));
        return false;
    }
    char bytes[65536];
    size_t got = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    *value = arena_text(r->a, text_trim_ascii((text){bytes, got}));
    return true;
}

static bool has_name(char *const *environment, text name) {
    for (char *const *e = environment; *e; e++) {
        text entry = text_of(*e);
        if (text_starts_with(entry, name) && entry.len > name.len && entry.at[name.len] == '=') return true;
    }
    return false;
}

static void read_variable(struct reading *r, char *const *environment, text name, text value, FILE *warn) {
    text prefix = T("JOINERY_"), suffix = T("_FILE");
    text bare = text_slice(name, prefix.len, name.len);
    const struct row *row = row_named(bare);
    const char *where = arena_cstring(r->a, name);
    if (row) return set(r, row, arena_text(r->a, value), where);
    if (text_ends_with(bare, suffix)) row = row_named(text_slice(bare, 0, bare.len - suffix.len));
    if (!row) {
        fprintf(warn, "joinery: unknown setting %s in the environment (ignored)\n", where);
        return;
    }
    text direct = text_slice(name, 0, name.len - suffix.len);
    if (has_name(environment, direct)) return problem(r, "%s: set together with %.*s; keep one of them", where, TEXT_ARG(direct));
    text content;
    if (read_value_file(r, arena_cstring(r->a, value), where, &content)) set(r, row, content, where);
}

static void read_environment(struct reading *r, char *const *environment, FILE *warn) {
    for (char *const *e = environment; *e; e++) {
        text entry = text_of(*e);
        size_t equals = text_find_byte(entry, '=');
        if (!text_starts_with(entry, T("JOINERY_")) || equals == SIZE_MAX) continue;
        read_variable(r, environment, text_slice(entry, 0, equals), text_slice(entry, equals + 1, entry.len), warn);
    }
}

/* In the file: lower-case names without prefix, one a line. */
static int file_line(void *state, const char *section, const char *name, const char *value) {
    struct reading *r = state;
    (void)section;
    text upper = arena_text(r->a, text_of(name));
    char *at = arena_bytes(r->a, upper.len + 1);
    for (size_t i = 0; i < upper.len; i++) at[i] = upper.at[i] == '-' ? '_' : (char)toupper((unsigned char)upper.at[i]);
    const struct row *row = row_named((text){at, upper.len});
    const char *where = arena_cstring(r->a, arena_print(r->a, "settings file, %s", name));
    if (row)
        set(r, row, arena_text(r->a, text_of(value)), where);
    else
        problem(r, "%s: there is no such setting", where);
    return 1;
}

static void read_file(struct reading *r, const char *file) {
    int line = ini_parse(file, file_line, r);
    if (line < 0) problem(r, "settings file %s: cannot be read: %s", file, strerror(errno));
    if (line > 0) problem(r, "settings file %s: line %d is not NAME = VALUE", file, line);
}

static const struct row *row_of_option(const char *name) {
    for (int i = 0; i < ROWS; i++)
        if (rows[i].option && strcmp(rows[i].option, name) == 0) return &rows[i];
    return NULL;
}

bool settings_is_option(const char *name) { return row_of_option(name) != NULL; }

/* ---- what follows from the values ---- */

/* Settings that need others. */
static void check_pairs(struct reading *r) {
    const struct settings *s = r->out;
    if (text_is_null(s->tls_cert) != text_is_null(s->tls_key))
        problem(r, "JOINERY_TLS_CERT and JOINERY_TLS_KEY belong together; set both or none");
    if (!text_is_null(s->tls_client_ca) && text_is_null(s->tls_cert))
        problem(r, "JOINERY_TLS_CLIENT_CA: client certificates need JOINERY_TLS_CERT and JOINERY_TLS_KEY");
    if (!text_is_null(s->sso_authority) && text_is_null(s->sso_client_id))
        problem(r, "JOINERY_SSO_AUTHORITY: single sign-on needs JOINERY_SSO_CLIENT_ID as well");
}

static void derive(struct reading *r) {
    struct settings *s = r->out;
    if (text_is_null(s->database_url)) s->database_url = arena_print(r->a, "sqlite:%.*s/joinery.db", TEXT_ARG(s->data_dir));
    if (text_is_null(s->encryption_key_path)) s->encryption_key_path = arena_print(r->a, "%.*s/keys", TEXT_ARG(s->data_dir));
    bool postgres = text_starts_with(s->database_url, T("postgresql://"));
    if (!text_starts_with(s->database_url, T("sqlite:")) && !postgres)
        problem(r, "JOINERY_DATABASE_URL: must begin with sqlite: or postgresql://");
    if (postgres)
        problem(r, "JOINERY_DATABASE_URL: PostgreSQL is not available in this version; use sqlite:PATH");
    else if (!text_equal(s->role, T("all")))
        problem(r, "JOINERY_ROLE: on SQLite one process runs everything; leave it at 'all'");
    check_pairs(r);
    text rest = s->file_roots;
    while (rest.len) {
        size_t colon = text_find_byte(rest, ':');
        text root = colon == SIZE_MAX ? rest : text_slice(rest, 0, colon);
        rest = colon == SIZE_MAX ? T("") : text_slice(rest, colon + 1, rest.len);
        if (!root.len) continue;
        if (root.at[0] != '/') problem(r, "JOINERY_FILE_ROOTS: '%.*s' is not an absolute path", TEXT_ARG(root));
        *LIST_ADD(r->a, &s->roots) = arena_text(r->a, root);
    }
}

FALLIBLE settings_read(arena *a, const char *file, char *const *environment, const struct setting_options *options, FILE *warn,
                       struct settings *out) {
    *out = (struct settings){0};
    struct reading r = {.a = a, .out = out, .problems = {.max = 1 << 20}};
    for (int i = 0; i < ROWS; i++)
        if (rows[i].normal) set(&r, &rows[i], text_of(rows[i].normal), rows[i].name);
    if (file) read_file(&r, file);
    read_environment(&r, environment, warn);
    for (EACH(struct setting_option, o, options))
        set(&r, row_of_option(o->name), text_of(o->value), arena_cstring(a, arena_print(a, "--%s", o->name)));
    derive(&r);
    error *e = NULL;
    if (r.problems.len) e = FAIL(ERROR_INVALID, "these settings are wrong:\n%.*s", (int)r.problems.len, r.problems.at);
    buffer_free(&r.problems);
    return e;
}

/* ---- for people ---- */

static text value_of(arena *a, const struct settings *s, const struct row *row) {
    const char *at = (const char *)s + row->at;
    if (row->kind == KIND_BOOL) return *(const bool *)at ? T("true") : T("false");
    if (row->kind == KIND_INT) return arena_print(a, "%lld", (long long)*(const int64_t *)at);
    text t = *(const text *)at;
    if (text_is_null(t)) return T("-");
    return row->secret && strcmp(row->name, "DATABASE_URL") != 0 ? T("********") : t;
}

void settings_print(FILE *to, const struct settings *s) {
    OWNED(arena) a = arena_new(1 << 20);
    fprintf(to, "%-36s %-28s %s\n", "setting", "value", "what it does (default)");
    for (int i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        if (row->kind == KIND_LATER) continue;
        text value = value_of(a, s, row);
        fprintf(to, "JOINERY_%-28s %-28.*s %s (%s)\n", row->name, TEXT_ARG(value), row->doc, row->normal ? row->normal : "none");
    }
    fputs("\nEach also as JOINERY_…_FILE, which names a file that holds the value. The command line wins over the environment, the "
          "environment\n"
          "over the settings file (--settings FILE: lines NAME = VALUE, names in lower case without prefix).\n",
          to);
}

void settings_help(FILE *to) {
    for (int i = 0; i < ROWS; i++) {
        if (!rows[i].option) continue;
        fprintf(to, "  --%-14s %s (%s)\n", rows[i].option, rows[i].doc, rows[i].normal ? rows[i].normal : "none");
    }
    fputs("  --settings     FILE with lines NAME = VALUE\nAll settings: joinery settings\n", to);
}
