/* Pieces that the documents of objects and of staged changes share. */
#ifndef JOINERY_MODEL_DOCUMENT_TEXT_H
#define JOINERY_MODEL_DOCUMENT_TEXT_H

#include "model/value.h"

void document_int(struct buffer *out, int64_t n);
void document_string(struct buffer *out, text t);
/* One value as JSON. A reference of the connector space is its raw text, or [raw, target] once resolved; of the metaverse the
 * target's id. */
void document_value(struct buffer *out, const struct value *v, bool metaverse);
/* Back, of the connector space; false when it is none of the type. Texts are borrowed. */
struct json;
bool document_value_read(arena *a, enum data_type type, const struct json *v, struct value *out);

#endif
