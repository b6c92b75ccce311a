/* The log: one line per event on standard error (and in a daily JSON file when a folder is set), with the thread's context added.
 */
#ifndef JOINERY_BASE_LOG_H
#define JOINERY_BASE_LOG_H

#include "base/error.h"
#include "base/text.h"

enum log_level { LOG_VERBOSE, LOG_DEBUG, LOG_INFORMATION, LOG_WARNING, LOG_ERROR, LOG_FATAL };

/* Called once before threads start. `folder` may be NULL. */
FALLIBLE log_open(enum log_level least, const char *folder);
void log_close(void);
bool log_wants(enum log_level level);
/* Names the service whose file gets this thread's lines: "web" (the default), "worker", "scheduler", "database". The text must
 * live for ever. */
void log_service(const char *service);
/* log_line(LOG_INFORMATION, "run finished", "activity %s, %d objects", …): the event is a constant phrase, the details vary. Never
 * log secrets or attribute values. */
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Logs an error with its causes, file and line; used once, by whoever answers the error. */
void log_error(const char *event, const error *e);
/* Fields added to every line of this thread until cleared: request id, run id. */
void log_context(const char *name, text value);
void log_context_clear(void);
bool log_level_read(text name, enum log_level *out);
const char *log_level_name(enum log_level level);

#endif
