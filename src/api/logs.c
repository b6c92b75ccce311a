/* The resource /logs: what the server wrote into its daily files (operations §25). */
#include "api/api.h"
#include "api/resources.h"
#include "base/log.h"
#include "base/log_read.h"
#include "base/unicode.h"

enum { LIMIT_STANDARD = 500, LIMIT_MOST = 5000, LINES_LOOKED_AT = 2000000 };

static const char *const services[] = {"web", "worker", "scheduler", "database"};

/* ---- what travels ---- */

struct log_entry {
    instant timestamp;
    text level, level_short, message, exception, service;
    struct json_entries properties;
};
static SHAPE(log_entry, "LogEntryDto",
             FIELDS(FIELD(log_entry, timestamp, "timestamp"),
                    FIELD(log_entry, level, "level", .doc = "Verbose, Debug, Information, Warning, Error or Fatal."),
                    FIELD(log_entry, level_short, "levelShort", .doc = "VRB, DBG, INF, WRN, ERR or FTL."),
                    FIELD(log_entry, message, "message"), FIELD(log_entry, exception, "exception", .nullable = true),
                    FIELD(log_entry, service, "service"),
                    MAP(log_entry, properties, "properties", json_entry, .nullable = true, .doc = "What else the line says.")));
struct log_entries {
    struct LIST(struct log_entry) items;
};
static SHAPE(log_entries, NULL, FIELDS(OBJECTS(log_entries, items, "", log_entry)), .bare = true);

struct log_file_view {
    text file_name, service;
    instant date;
    int64_t size_bytes;
    text size_formatted;
};
static SHAPE(log_file_view, "LogFileDto",
             FIELDS(FIELD(log_file_view, file_name, "fileName"), FIELD(log_file_view, service, "service"),
                    FIELD(log_file_view, date, "date"), FIELD(log_file_view, size_bytes, "sizeBytes"),
                    FIELD(log_file_view, size_formatted, "sizeFormatted")));
struct log_file_views {
    struct LIST(struct log_file_view) items;
};
static SHAPE(log_file_views, NULL, FIELDS(OBJECTS(log_file_views, items, "", log_file_view)), .bare = true);

struct log_names {
    struct texts items;
};
static SHAPE(log_names, NULL, FIELDS(FIELD(log_names, items, "")), .bare = true);

struct log_query {
    text service;
    struct maybe_instant date;
    struct texts levels;
    text search;
    int32_t limit, offset;
};
static SHAPE(log_query, NULL,
             FIELDS(FIELD(log_query, service, "service", .max_length = 31, .doc = "web, worker, scheduler or database; else all."),
                    FIELD(log_query, date, "date", .doc = "The day, in UTC; else today."),
                    FIELD(log_query, levels, "levels", .max_length = 6, .doc = "Only these levels."),
                    FIELD(log_query, search, "search", .max_length = 1000, .doc = "A part of message or exception, in any case."),
                    FIELD(log_query, limit, "limit", .by_default = "500", .doc = "1 to 5,000."),
                    FIELD(log_query, offset, "offset", .by_default = "0", .doc = "So many of the newest are left out.")));

/* ---- lines ---- */

struct wanted {
    unsigned levels; /* bits; 0: all */
    text search;     /* folded, or null */
};

static text text_member(const struct json *line, text name) {
    const struct json *m = json_member(line, name);
    return m && m->kind == JSON_STRING ? m->content : (text){0};
}

static bool is_own_member(text name) { return text_starts_with(name, T("@")) || text_equal(name, T("service")); }

static bool contains(arena *a, text whole, text folded) { return whole.at && text_find(text_fold(a, whole), folded) != SIZE_MAX; }

/* False for what is no line of the log, or not wanted. Texts are the line's. */
static bool read_line(arena *a, text line, text service, const struct wanted *w, struct log_entry *out) {
    static const char *const shorts[] = {"VRB", "DBG", "INF", "WRN", "ERR", "FTL"};
    const struct json *j;
    enum log_level level;
    OWNED(error) e = json_read(a, line, (struct json_limits){0}, &j, NULL);
    if (e || j->kind != JSON_OBJECT || !log_level_read(text_member(j, T("@l")), &level)) return false;
    if (w->levels && !(w->levels & 1U << level)) return false;
    *out = (struct log_entry){.level = text_of(log_level_name(level)),
                              .level_short = text_of(shorts[level]),
                              .message = text_member(j, T("@m")),
                              .exception = text_member(j, T("@x")),
                              .service = service};
    if (!instant_read(text_member(j, T("@t")), &out->timestamp) || !out->message.at) return false;
    if (w->search.at && !contains(a, out->message, w->search) && !contains(a, out->exception, w->search)) return false;
    for (EACH_JSON(m, j))
        if (!is_own_member(m->name)) *LIST_ADD(a, &out->properties) = (struct json_entry){m->name, {.json = m}};
    return true;
}

static FALLIBLE wanted_of(struct call *c, const struct log_query *in, struct wanted *out) {
    if (!text_is_empty(in->search)) out->search = text_fold(c->a, in->search);
    for (EACH(const text, name, &in->levels)) {
        enum log_level level;
        if (!log_level_read(*name, &level)) return call_invalid(c, "levels", "One of them is no level.");
        out->levels |= 1U << level;
    }
    return NULL;
}

static int32_t limit_of(int32_t given) { return given < 1 ? 1 : given > LIMIT_MOST ? LIMIT_MOST : given; }

static const char *folder_of(struct call *c) {
    const struct settings *s = c->services->settings;
    return s && !text_is_empty(s->log_path) ? arena_cstring(c->a, s->log_path) : NULL;
}

static FALLIBLE logs_list(struct call *c, const struct log_query *in, struct log_entries *out) {
    struct wanted w = {0};
    struct log_file_list files = {0};
    OWNED(log_lines) lines = NULL;
    OWNED(arena) scratch = arena_new(64 << 20);
    const char *folder = folder_of(c);
    TRY(wanted_of(c, in, &w));
    if (!folder) return NULL;
    TRY(log_files_list(c->a, folder, &files));
    text service = text_is_empty(in->service) ? (text){0} : in->service, line, of;
    TRY(log_lines_open(folder, &files, service, in->date.given ? in->date.value : c->now, &lines));
    int64_t skip = in->offset > 0 ? in->offset : 0;
    size_t limit = (size_t)limit_of(in->limit);
    for (int64_t looked = 0; looked < LINES_LOOKED_AT && out->items.count < limit && log_lines_next(lines, &line, &of); looked++) {
        struct log_entry entry;
        arena_reset(scratch);
        if (!read_line(scratch, line, of, &w, &entry) || skip-- > 0) continue;
        struct log_entry *kept = LIST_ADD(c->a, &out->items);
        if (!read_line(c->a, arena_text(c->a, line), arena_text(c->a, of), &w, kept)) out->items.count--;
    }
    return NULL;
}
HANDLER(logs_list, log_query, log_entries)

/* ---- files and names ---- */

static text size_text(arena *a, int64_t bytes) {
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    if (bytes < 1024) return arena_print(a, "%lld B", (long long)bytes);
    double size = (double)bytes / 1024;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++) size /= 1024;
    return arena_print(a, "%.1f %s", size, units[unit]);
}

/* The newest first. */
static FALLIBLE files_list(struct call *c, const struct nothing *in, struct log_file_views *out) {
    (void)in;
    struct log_file_list files = {0};
    const char *folder = folder_of(c);
    if (folder) TRY(log_files_list(c->a, folder, &files));
    for (size_t i = files.count; i-- > 0;) {
        const struct log_file *f = &files.at[i];
        *LIST_ADD(c->a, &out->items) = (struct log_file_view){f->name, f->service, f->day, f->bytes, size_text(c->a, f->bytes)};
    }
    return NULL;
}
HANDLER(files_list, nothing, log_file_views)

static FALLIBLE levels_list(struct call *c, const struct nothing *in, struct log_names *out) {
    (void)in;
    for (int level = LOG_VERBOSE; level <= LOG_FATAL; level++)
        *LIST_ADD(c->a, &out->items) = text_of(log_level_name((enum log_level)level));
    return NULL;
}
HANDLER(levels_list, nothing, log_names)

static FALLIBLE services_list(struct call *c, const struct nothing *in, struct log_names *out) {
    (void)in;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) *LIST_ADD(c->a, &out->items) = text_of(services[i]);
    return NULL;
}
HANDLER(services_list, nothing, log_names)

const struct routes log_routes = ROUTES(
    "Logs", "/api/v1",
    ROUTE(GET, "/logs", logs_list, "Lists lines of the log of a day, the newest first; nothing without a folder for logs.",
          .operation = "GetLogEntries", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/logs/files", files_list, "Lists the files of the log.", .operation = "GetLogFiles", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/logs/levels", levels_list, "The levels, from the least.", .operation = "GetLogLevels", .role = ROLE_ADMINISTRATOR),
    ROUTE(GET, "/logs/services", services_list, "The services that write logs.", .operation = "GetLogServices",
          .role = ROLE_ADMINISTRATOR));
