/* JSON: a strict reader into an arena that remembers where everything stood, and a streaming writer. */
#ifndef JOINERY_BASE_JSON_H
#define JOINERY_BASE_JSON_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One value. Children of arrays and objects are a linked list in their order in the text. */
struct json {
    enum json_kind kind;
    bool truth;               /* JSON_BOOL */
    uint32_t offset;          /* byte offset of the value in the source */
    uint32_t count;           /* number of children */
    text name;                /* the member's name when the parent is an object */
    text content;             /* JSON_STRING: decoded; JSON_NUMBER: as written */
    const struct json *first; /* children */
    const struct json *next;  /* next sibling */
};

struct json_limits {
    unsigned depth;         /* deepest nesting; 0 means 64 */
    bool refuse_repeated;   /* a repeated member name is an error */
    bool repeated_any_case; /* … and names that differ only in ASCII case count as repeated */
};

/* Reads exactly one value from the whole of `source` (RFC 8259, UTF-8 checked, surrogate pairs joined, \u0000 refused, no BOM).
 * Strings without escapes point into `source`, which must live as long as the tree. Sources up to 4 GiB.
 * A value takes about 64 bytes of the arena; ERROR_TOO_LARGE when the arena's limit does not allow it.
 * Errors: ERROR_INVALID with a sentence that names line, column and what is wrong; *offset (may be NULL) tells where. */
FALLIBLE json_read(arena *a, text source, struct json_limits limits, const struct json **out, size_t *offset);
/* The member of that exact name, or NULL; the object may be NULL. */
const struct json *json_member(const struct json *object, text name);
const struct json *json_member_any_case(const struct json *object, text name);
/* for (EACH_JSON(child, parent)) visits the children. */
#define EACH_JSON(child, parent)                                                                                                   \
    const struct json *child = (parent) ? (parent)->first : NULL;                                                                  \
    child;                                                                                                                         \
    child = child->next
/* The number as an integer; false for fractions, exponents and what does not fit. */
bool json_int64(const struct json *v, int64_t *out);

/* A writer appends to a buffer and puts commas and colons itself. Begin as {.out = &buffer}. Nesting at most 64. */
struct json_writer {
    struct buffer *out;
    uint64_t has_items; /* one bit a level: a comma is due */
    unsigned depth;
    bool after_name;
};

void json_object(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array(struct json_writer *w);
void json_array_end(struct json_writer *w);
/* A member's name; a value must follow. */
void json_name(struct json_writer *w, text name);
/* Null texts are written as null. Invalid UTF-8 is written as U+FFFD, one a byte. */
void json_string(struct json_writer *w, text t);
void json_int(struct json_writer *w, int64_t n);
void json_double(struct json_writer *w, double n); /* shortest form that reads back; not finite: null */
void json_bool(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
/* Bytes that are a complete JSON value already. */
void json_raw(struct json_writer *w, text value);
/* Appends the quoted and escaped form of t to a buffer, without a writer. */
void json_quote(struct buffer *out, text t);

#endif
