/* Composes one line per event and writes it with one call, so that lines of several threads and processes never mix. */
#include "base/log.h"

#include "base/instant.h"
#include "base/json.h"
#include "base/log_files.h"
#include "base/thread.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONTEXT_FIELDS = 8, LINE_MAX_BYTES = 64 << 10 };

struct field {
    char name[32], value[128];
};

static _Atomic int least_level = LOG_INFORMATION;
static char node[64];
static _Thread_local const char *service = "web";
static _Thread_local struct field fields[CONTEXT_FIELDS];
static _Thread_local size_t field_count;

static const char *const level_names[] = {"Verbose", "Debug", "Information", "Warning", "Error", "Fatal"};
static const char *const level_shorts[] = {"VRB", "DBG", "INF", "WRN", "ERR", "FTL"};

const char *log_level_name(enum log_level level) { return level_names[level]; }

bool log_level_read(text name, enum log_level *out) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (!text_equal_ascii_case(name, text_of(level_names[i]))) continue;
        *out = (enum log_level)i;
        return true;
    }
    return false;
}

error *log_open(enum log_level least, const char *folder) {
    atomic_store(&least_level, (int)least);
    if (gethostname(node, sizeof node - 1) != 0) snprintf(node, sizeof node, "unknown");
    return folder && *folder ? log_files_open(folder) : NULL;
}

void log_close(void) { log_files_close(); }

bool log_wants(enum log_level level) { return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed); }

void log_service(const char *name) { service = name; }

/* Copies what fits, without control characters: nobody may forge lines. */
static void copy_clean(char *to, size_t size, text from) {
    size_t len = from.len < size ? from.len : size - 1;
    while (len && len < from.len && ((unsigned char)from.at[len] & 0xC0) == 0x80) len--;
    for (size_t i = 0; i < len; i++) to[i] = (char)((unsigned char)from.at[i] < 0x20 || from.at[i] == 0x7F ? ' ' : from.at[i]);
    to[len] = '\0';
}

void log_context(const char *name, text value) {
    size_t i = 0;
    while (i < field_count && strcmp(fields[i].name, name) != 0) i++;
    if (i == CONTEXT_FIELDS) return;
    if (i == field_count) field_count++;
    copy_clean(fields[i].name, sizeof fields[i].name, text_of(name));
    copy_clean(fields[i].value, sizeof fields[i].value, value);
}

void log_context_clear(void) { field_count = 0; }

static void write_readable(enum log_level level, text when, text message, text exception) {
    OWNED_VALUE(buffer) line = {.max = 2 * LINE_MAX_BYTES};
    buffer_print(&line, "%.*s %s %.*s", TEXT_ARG(when), level_shorts[level], TEXT_ARG(message));
    for (size_t i = 0; i < field_count; i++) buffer_print(&line, " %s=%s", fields[i].name, fields[i].value);
    if (exception.len) buffer_print(&line, "\n    %.*s", TEXT_ARG(exception));
    buffer_byte(&line, '\n');
    ssize_t written = write(STDERR_FILENO, line.at, line.len);
    (void)written; /* nobody is left to be told */
}

static void member(struct json_writer *w, const char *name, text value) {
    json_name(w, text_of(name));
    json_string(w, value);
}

static void write_json(enum log_level level, instant now, text when, const char *event, text message, text exception) {
    OWNED_VALUE(buffer) line = {.max = 16 * LINE_MAX_BYTES};
    struct json_writer w = {.out = &line};
    json_object(&w);
    member(&w, "@t", when);
    member(&w, "@l", text_of(level_names[level]));
    member(&w, "@m", message);
    member(&w, "@mt", text_of(event));
    if (exception.len) member(&w, "@x", exception);
    member(&w, "service", text_of(service));
    member(&w, "node", text_of(node));
    for (size_t i = 0; i < field_count; i++) member(&w, fields[i].name, text_of(fields[i].value));
    json_object_end(&w);
    buffer_byte(&line, '\n');
    if (!line.overflow) log_files_write(service, now, buffer_as_text(&line));
}

static void write_line(enum log_level level, const char *event, text message, text exception) {
    instant now = instant_now();
    char digits[32];
    text when = {digits, instant_write_full(now, digits)};
    write_readable(level, when, message, exception);
    if (log_files_wanted()) write_json(level, now, when, event, message, exception);
}

static void clean(struct buffer *b) {
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->at[i] < 0x20 || b->at[i] == 0x7F) b->at[i] = ' ';
}

void log_line(enum log_level level, const char *event, const char *format, ...) {
    if (!log_wants(level)) return;
    OWNED_VALUE(buffer) message = {.max = LINE_MAX_BYTES};
    buffer_print(&message, "%s: ", event);
    size_t prefix = message.len;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t wanted = len < 0 ? 0 : (size_t)len < LINE_MAX_BYTES / 2 ? (size_t)len : LINE_MAX_BYTES / 2;
    if (wanted && buffer_reserve(&message, wanted + 1)) {
        vsnprintf(message.at + message.len, wanted + 1, format, args);
        message.len += wanted;
    }
    va_end(args);
    if (message.len == prefix && prefix >= 2) message.len -= 2;
    clean(&message);
    write_line(level, event, buffer_as_text(&message), (text){0});
}

void log_error(const char *event, const error *e) {
    if (!e || !log_wants(LOG_ERROR)) return;
    OWNED_VALUE(buffer) message = {.max = LINE_MAX_BYTES};
    OWNED_VALUE(buffer) trace = {.max = LINE_MAX_BYTES};
    buffer_print(&message, "%s: %s", event, e->sentence);
    for (const error *cause = e; cause; cause = cause->cause) {
        const char *slash = strrchr(cause->file, '/');
        buffer_print(&trace, "%s%s (%s:%d)", cause == e ? "" : "; because: ", cause->sentence, slash ? slash + 1 : cause->file,
                     cause->line);
    }
    clean(&message);
    clean(&trace);
    write_line(LOG_ERROR, event, buffer_as_text(&message), buffer_as_text(&trace));
}
