/* Applying one staged export to the rows of a file (connectors §11.6). */
#ifndef JOINERY_CONNECTORS_FILE_MERGE_H
#define JOINERY_CONNECTORS_FILE_MERGE_H

#include "connectors/file/encoder.h"
#include "connectors/file/table.h"

/* Adds the columns that an item needs behind the existing ones. */
void merge_columns(struct table *t, const struct export_item *item);
/* Applies an item or explains in the result why not; the table changes only with success. Texts live in the table's scratch, which
 * the caller empties. An error is the spool's. */
FALLIBLE merge_item(struct table *t, const struct encoder *encoder, const struct export_item *item, struct export_result *result);

#endif
