/* The settings of a file system, read once per operation. */
#ifndef JOINERY_CONNECTORS_FILE_OPTIONS_H
#define JOINERY_CONNECTORS_FILE_OPTIONS_H

#include "base/unicode.h"
#include "connectors/connector.h"

enum file_mode { MODE_IMPORT_ONLY, MODE_EXPORT_ONLY, MODE_BIDIRECTIONAL };

struct file_options {
    enum file_mode mode;
    text path;
    text type_column, object_type;   /* one of them */
    text delimiter, multi_delimiter; /* multi_delimiter may be empty: values are never split */
    text encoding;
    bool invariant;   /* no culture is set */
    culture *culture; /* NULL when invariant */
    bool stop_on_first_error;
    text declared; /* text of `Declared Schema`, null in Import Only */
    text line_ending;
    int32_t keep_previous;
};

/* Problems of single settings go into `problems` when it is not NULL; else the first one is the error. Texts are borrowed from
 * `values` and `a`. */
FALLIBLE file_options_read(arena *a, const struct setting_values *values, struct validation_results *problems,
                           struct file_options *out);
void file_options_close(struct file_options *o);
OWNED_STRUCT(file_options, file_options_close)

#endif
