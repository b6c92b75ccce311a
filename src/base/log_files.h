/* The daily files of the log, one per service; only log.c uses them. */
#ifndef JOINERY_BASE_LOG_FILES_H
#define JOINERY_BASE_LOG_FILES_H

#include "base/error.h"
#include "base/instant.h"

/* Makes the folder when it is missing; ERROR_IO when it cannot be written. Files are named joinery-SERVICE-yyyyMMdd.log, then
 * joinery-SERVICE-yyyyMMdd_001.log and so on when one has grown to 50 MB; a hundred of a service are kept (operations.md §25). */
FALLIBLE log_files_open(const char *folder);
void log_files_close(void);
bool log_files_wanted(void);
/* Appends one whole line. What cannot be written is dropped: standard error has it too. */
void log_files_write(const char *service, instant now, text line);

#endif
