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
/* Only the attributes that are asked for, ascending by their ids; the others are passed over, and may be unknown. */
FALLIBLE document_read_mvo_some(arena *a, const struct config *c, text document, const struct int32s *wanted,
                                struct attributes *out);

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

/* What one write changed on the values of one attribute (sync-engine §21). */
struct value_change {
    int32_t attribute;
    enum data_type type;           /* as it was then; TYPE_NOT_SET: only the null marker moved */
    int32_t mapping;               /* metaverse: the contributing mapping afterwards; 0: nobody */
    bool null_removed, null_added; /* an asserted null went, or came */
    struct values removed, added;  /* of bytes only the number is kept: the text has the length and no content */
};
struct value_changes LIST(struct value_change);
/* The difference of two states of an attribute (NULL: without values); false: none. */
bool values_changes(arena *a, const struct values *before, const struct values *after, struct value_change *out);
/* The difference of two states of an object (NULL: it did not exist) as a document for history, and back; "{}": there is none. What
 * is read needs no configuration, so that it outlives its attributes. */
void document_write_history(arena *a, struct buffer *out, const struct attributes *before, const struct attributes *after,
                            bool metaverse);
FALLIBLE document_read_history(arena *a, text document, bool metaverse, struct value_changes *out);
/* Makes of the state after a change the state before it. False when the change does not fit: what it added is not there. */
bool values_rewind(arena *a, const struct value_changes *changes, struct attributes *values);

/* Display names (§2.2, §2.4): Display Name, Common Name / displayName, cn, name, else ids. Never null. */
text mvo_display_name(arena *a, const struct config *c, const struct mvo *o);
text cso_display_name(arena *a, const struct config *c, const struct cso *o);
/* The values of the external id attributes as canonical text (null when missing), from the values. */
text cso_external_id(arena *a, const struct cs_type *t, const struct attributes *values);
text cso_secondary_id(arena *a, const struct cs_type *t, const struct attributes *values);

#endif
