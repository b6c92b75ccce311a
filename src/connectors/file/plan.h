/* What an import reads of each row: decided once, so that a row costs no look-up by name. */
#ifndef JOINERY_CONNECTORS_FILE_PLAN_H
#define JOINERY_CONNECTORS_FILE_PLAN_H

#include "connectors/file/source.h"

struct attribute_plan {
    const struct cs_attribute *attribute;
    const struct file_column *column; /* NULL: the file has none; the stored values are kept */
};
/* Fields that stand side by side, from the first to the last. */
struct field_run {
    size_t first, last;
};
struct type_plan {
    const struct cs_type *type;
    bool read;                                                     /* selected */
    struct attribute_plans LIST(struct attribute_plan) attributes; /* ascending by attribute id */
    struct attribute_plan external_id;
    struct field_runs LIST(struct field_run) runs; /* all fields that are read */
    uint64_t reading[2];                           /* hash of all that decides how they are read */
};
struct import_plan {
    struct type_plans LIST(struct type_plan) types; /* all of the system's schema */
    const struct type_plan *fixed;                  /* the type of every row, or NULL */
    int32_t type_place;                             /* number of the type column when there is no fixed type */
    size_t attributes_max;
    const struct type_plan *last; /* the type of the row before: rows come in runs */
    struct texts missing;         /* columns of selected attributes that the file does not have */
};

/* Failures: object type column missing, object type not in the schema, no external id chosen, external id column missing. */
FALLIBLE import_plan_make(arena *a, const struct connected_system *system, const struct file_options *o,
                          const struct file_source *s, struct import_plan *plan);
/* The type of a row by its cell, NULL when the schema has none of that name (any case). */
const struct type_plan *import_plan_type(struct import_plan *plan, const struct csv_record *record);
/* The fingerprint of a row with as many fields as the header, whose quotes were not undone: of what is read of it, and how. */
void import_plan_print(const struct type_plan *type, const struct csv_record *record, uint64_t print[2]);

#endif
