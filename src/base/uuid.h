/* UUIDs and the textual forms of bytes. */
#ifndef JOINERY_BASE_UUID_H
#define JOINERY_BASE_UUID_H

#include "base/arena.h"

typedef struct uuid {
    uint8_t bytes[16];
} uuid; /* in the order of the text (RFC 4122) */

/* Hyphenated, any case. */
bool uuid_read(text t, uuid *out);
/* Also braced {…} and plain 32 digits, as source systems write them. */
bool uuid_read_any(text t, uuid *out);
/* Lower case with hyphens, 36 characters. */
void uuid_write(uuid u, char out[36]);
bool uuid_equal(uuid a, uuid b);
bool uuid_is_zero(uuid u);
uuid uuid_random(void); /* version 4 */

/* Lower-case hex. */
void hex_write(const uint8_t *bytes, size_t len, char *out);
bool hex_read(text t, uint8_t *out, size_t len);
/* RFC 4648 with padding. base64_read refuses anything else; null when malformed. */
text base64_write(arena *a, text bytes);
text base64_read(arena *a, text t);
text base64url_write(arena *a, text bytes); /* without padding */
text base64url_read(arena *a, text t);

#endif
