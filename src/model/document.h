/* The stored form of an object's values: one JSON document keyed by attribute id, canonical, so that equal objects have equal
 * bytes. */
#ifndef JOINERY_MODEL_DOCUMENT_H
#define JOINERY_MODEL_DOCUMENT_H

#include "model/activity.h"
#include "model/config.h"
#include "model/object.h"

/* Connector space: {"12":"Ada","13":["a","b"],"14":7,"15":true,"16":"E7"}: attributes ascending; one value bare, several as an
 * array; a reference is its raw text only (the target is found by its key when the object is loaded, never stored twice).
 * Metaverse: {"3":[5,"Ada"],"4":[5,null],"7":[6,4711,4712]}: first the contributing mapping (0: none), then the values; null:
 * asserted NullValue; a reference is the target's id. Text, Guid, Decimal and base64 Binary are strings; Number, LongNumber,
 * DateTime (ticks) numbers; Boolean true/false. */
void document_write_cso(struct buffer *out, const struct attributes *values);
void document_write_mvo(struct buffer *out, const struct attributes *values);
/* Read back; types come from the configuration (an attribute that is not configured any more is ERROR_CORRUPT). Texts without
 * escapes point into `document`, which must live as long as `a`. On the path of every object: measured. */
FALLIBLE document_read_cso(arena *a, const struct config *c, text document, struct attributes *out);
FALLIBLE document_read_mvo(arena *a, const struct config *c, text document, struct attributes *out);

/* 128-bit content hash of imported values (sync-engine §5.6): the order of several values does not matter, nor decimal scale. */
void document_hash(const struct attributes *values, uint8_t out[16]);
/* Hash over algorithm version and the attributes of a type (name, type, plurality, selected): mixed into each content hash, so that
 * a schema change invalidates all skips. */
uint64_t schema_fingerprint(const struct cs_type *type);

/* A pending export's staged changes as a document, and back. */
void document_write_changes(struct buffer *out, const struct staged_changes *changes);
FALLIBLE document_read_changes(arena *a, const struct config *c, text document, struct staged_changes *out);
/* An item's outcome tree, causes: the compact form kept in history, and back. */
void document_write_outcomes(struct buffer *out, const struct outcome_node *roots);
FALLIBLE document_read_outcomes(arena *a, text document, struct outcome_node **out);

/* Display names (§2.2, §2.4): Display Name, Common Name / displayName, cn, name, else ids. Never null. */
text mvo_display_name(arena *a, const struct config *c, const struct mvo *o);
text cso_display_name(arena *a, const struct config *c, const struct cso *o);
/* The values of the external id attributes as canonical text (null when missing), from the values. */
text cso_external_id(arena *a, const struct cs_type *t, const struct attributes *values);
text cso_secondary_id(arena *a, const struct cs_type *t, const struct attributes *values);

#endif
