/* Reads the daily files of the log back, the newest line first. */
#ifndef JOINERY_BASE_LOG_READ_H
#define JOINERY_BASE_LOG_READ_H

#include "base/arena.h"
#include "base/error.h"
#include "base/instant.h"
#include "base/list.h"

struct log_file {
    text name, service;
    instant day;
    int part; /* 0, then 1, 2 … when a file had grown full */
    int64_t bytes;
};
struct log_file_list LIST(struct log_file);
/* The files of the folder, by service, day and part. A folder that does not exist has none. */
FALLIBLE log_files_list(arena *a, const char *folder, struct log_file_list *out);

typedef struct log_lines log_lines;
/* The lines of the day that holds `day`; service null: of all. */
FALLIBLE log_lines_open(const char *folder, const struct log_file_list *files, text service, instant day, log_lines **out);
void log_lines_close(log_lines *l);
OWNED_TYPE(log_lines, log_lines_close)
/* The next older line, without its end; both texts live until the next call. False when there is none. */
bool log_lines_next(log_lines *l, text *line, text *service);

#endif
