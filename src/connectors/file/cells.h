/* Cells and values: how a file writes each type, and which type the values of a column suggest (connectors §11.3, §11.4, §11.6). */
#ifndef JOINERY_CONNECTORS_FILE_CELLS_H
#define JOINERY_CONNECTORS_FILE_CELLS_H

#include "connectors/file/options.h"
#include "model/value.h"

/* The value of one cell, or of one part of a multi-valued cell; false when it is none of that type. The cell is not empty and valid
 * UTF-8. Texts are borrowed from the cell, everything else lives in `a`. */
bool cell_read(arena *a, const struct file_options *o, enum data_type type, text cell, struct value *out);
/* The form in exported files. */
text cell_write(arena *a, const struct value *v);
/* Cuts the next part off *rest: trimmed, never empty; false when nothing is left. An empty delimiter gives the whole. */
bool cell_part(text *rest, text delimiter, text *part);
size_t cell_parts_count(text cell, text delimiter);

/* The types that a non-empty value fits, as bits 1 << enum data_type; Text always. Values that a narrower type would not give back
 * as they stand (leading zeros, a leading plus) fit Text only. */
unsigned infer_fitting(arena *a, const struct file_options *o, text value);
/* The narrowest type that all values fit (the intersection of their bits): Number, LongNumber, Decimal, Boolean, Guid, DateTime,
 * Text. */
enum data_type infer_narrowest(unsigned fitting);

#endif
